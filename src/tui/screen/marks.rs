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

    /// Puts in the items from `first` on and before `end`.
    pub(crate) fn insert_run(&mut self, first: Item, end: Item) {
        for (place, run) in words(first, end) {
            if place >= self.bits.len() {
                self.bits.resize(place + 1, 0);
            }
            self.len += (run & !self.bits[place]).count_ones() as usize;
            self.bits[place] |= run;
        }
    }

    /// Puts in all of `other`.
    pub(crate) fn insert_all(&mut self, other: &Self) {
        self.combine(other, |one, other| one | other);
    }

    /// Leaves only those that are in `other`, too.
    pub(crate) fn keep_only(&mut self, other: &Self) {
        self.combine(other, |one, other| one & other);
    }

    /// Takes out all of `other`.
    pub(crate) fn remove_all(&mut self, other: &Self) {
        self.combine(other, |one, other| one & !other);
    }

    /// Turns those of `other` around: what is in goes out, what is out comes in.
    pub(crate) fn invert(&mut self, other: &Self) {
        self.combine(other, |one, other| one ^ other);
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        if self.bits.len() < other.bits.len() {
            self.bits.resize(other.bits.len(), 0);
        }
        let others = other.bits.iter().copied().chain(std::iter::repeat(0));
        self.len = 0;
        for (bits, other) in self.bits.iter_mut().zip(others) {
            *bits = with(*bits, other);
            self.len += bits.count_ones() as usize;
        }
    }

    /// How many there are from `first` on and before `end`.
    pub(crate) fn between(&self, first: Item, end: Item) -> usize {
        words(first, end)
            .map(|(place, run)| {
                let bits = self.bits.get(place).copied().unwrap_or(0);
                (bits & run).count_ones() as usize
            })
            .sum()
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
        for (first, last) in items.runs() {
            marks.insert_run(first, Item(last.0 + 1));
        }
        marks
    }
}

impl From<&Marks> for ItemSet {
    fn from(marks: &Marks) -> Self {
        Self::from_bits(&marks.bits)
    }
}

/// The items from `first` on and before `end` as words: the place of each and its bits.
fn words(first: Item, end: Item) -> impl Iterator<Item = (usize, u64)> {
    let (first, end) = (first.index(), end.index().max(first.index()));
    let from = first / 64;
    (from..end.div_ceil(64)).map(move |place| {
        let mut run = u64::MAX;
        if place == from {
            run &= u64::MAX << (first % 64);
        }
        if place + 1 == end.div_ceil(64) && end % 64 > 0 {
            run &= u64::MAX >> (64 - end % 64);
        }
        (place, if first < end { run } else { 0 })
    })
}

fn bit(item: Item) -> u64 {
    1 << (item.index() % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn marks(items: &BTreeSet<u32>) -> Marks {
        let mut marks = Marks::default();
        for item in items {
            marks.insert(Item(*item));
        }
        marks
    }

    fn items(marks: &Marks) -> BTreeSet<u32> {
        ItemSet::from(marks).iter().map(|item| item.0).collect()
    }

    fn some() -> impl Strategy<Value = BTreeSet<u32>> {
        prop::collection::btree_set(0u32..300, 0..120)
    }

    proptest! {
        #[test]
        fn marks_are_a_set(steps in prop::collection::vec((0u32..300, 0u32..130, 0u8..3), 0..120)) {
            let mut marks = Marks::default();
            let mut expected = BTreeSet::new();
            for (item, more, step) in steps {
                match step {
                    0 => { marks.insert(Item(item)); expected.insert(item); }
                    1 => { marks.remove(Item(item)); expected.remove(&item); }
                    _ => {
                        marks.insert_run(Item(item), Item(item + more));
                        expected.extend(item..item + more);
                    }
                }
                prop_assert_eq!(marks.between(Item(item), Item(item + more)), expected.range(item..item + more).count());
            }
            prop_assert_eq!(marks.len(), expected.len());
            prop_assert_eq!(items(&marks), expected);
        }

        #[test]
        fn two_sets_are_combined(one in some(), other in some()) {
            let check = |combined: fn(&mut Marks, &Marks), expected: BTreeSet<u32>| {
                let mut set = marks(&one);
                combined(&mut set, &marks(&other));
                prop_assert_eq!(set.len(), expected.len());
                prop_assert_eq!(items(&set), expected);
                Ok(())
            };
            check(Marks::insert_all, &one | &other)?;
            check(Marks::keep_only, &one & &other)?;
            check(Marks::remove_all, &one - &other)?;
            check(Marks::invert, &one ^ &other)?;
            prop_assert_eq!(marks(&one).shared(&marks(&other)), (&one & &other).len());
        }
    }
}
