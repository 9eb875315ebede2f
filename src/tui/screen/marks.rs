//! [`Marks`]: a set of items that changes one by one, as bits. A million items take 125 kB.

use crate::domain::items::{Item, ItemSet};

/// Items that were marked, or that a filter shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
    len: usize,
}

impl Marks {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `item` is among them.
    pub(crate) fn contains(&self, item: Item) -> bool {
        self.bits
            .get(item.index() / 64)
            .is_some_and(|bits| bits & bit(item) != 0)
    }

    /// Puts `item` in.
    pub(crate) fn insert(&mut self, item: Item) {
        let place = item.index() / 64;
        if place >= self.bits.len() {
            self.bits.resize(place + 1, 0);
        }
        self.len += usize::from(self.bits[place] & bit(item) == 0);
        self.bits[place] |= bit(item);
    }

    /// Takes `item` out.
    pub(crate) fn remove(&mut self, item: Item) {
        if self.contains(item) {
            self.bits[item.index() / 64] &= !bit(item);
            self.len -= 1;
        }
    }

    /// Takes all out.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Those that are in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Item> + '_ {
        self.bits.iter().enumerate().flat_map(|(place, &bits)| {
            let mut rest = bits;
            std::iter::from_fn(move || {
                let low = rest.trailing_zeros();
                rest &= rest.checked_sub(1)?;
                Some(Item(u32::try_from(place * 64).ok()? + low))
            })
        })
    }

    /// How many are in both.
    pub(crate) fn shared(&self, other: &Self) -> usize {
        self.bits
            .iter()
            .zip(&other.bits)
            .map(|(one, other)| (one & other).count_ones() as usize)
            .sum()
    }
}

impl From<&ItemSet> for Marks {
    fn from(items: &ItemSet) -> Self {
        let mut marks = Self::default();
        items.iter().for_each(|item| marks.insert(item));
        marks
    }
}

fn bit(item: Item) -> u64 {
    1 << (item.index() % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_are_a_set(steps in prop::collection::vec((0u32..300, any::<bool>()), 0..120)) {
            let mut marks = Marks::default();
            let mut expected = std::collections::BTreeSet::new();
            for (item, put) in steps {
                if put { marks.insert(Item(item)); expected.insert(item); }
                else { marks.remove(Item(item)); expected.remove(&item); }
            }
            prop_assert_eq!(marks.len(), expected.len());
            prop_assert_eq!(marks.iter().map(|item| item.0).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
