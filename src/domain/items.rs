//! [`Item`] and [`ItemSet`]: grants put up for decision, by their line number.

use std::{fmt, str::FromStr};

/// One grant put up for decision: its position in the snapshot's grants, from 0. Files and people count
/// from 1: see [`Item::number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item(pub u32);

impl Item {
    /// The item number: the line of `grants.jsonl`, from 1.
    pub fn number(self) -> u64 {
        u64::from(self.0) + 1
    }

    /// The position, for slices.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of items as runs, written `17,40-99,1203` in item numbers. A million neighbours take one run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemSet {
    /// First and last item of each run; sorted, disjoint, not adjacent.
    runs: Vec<(u32, u32)>,
}

/// The text is not a set of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a set of item numbers in rising order, like 17,40-99,1203")]
pub struct BadItems;

impl ItemSet {
    /// The items `first..end` without `end`.
    pub fn range(first: Item, end: Item) -> Self {
        if first < end {
            Self {
                runs: vec![(first.0, end.0 - 1)],
            }
        } else {
            Self::default()
        }
    }

    /// The items whose bit is set: item `n` is bit `n % 64` of word `n / 64`.
    ///
    /// # Panics
    /// When there are more than four billion bits.
    pub fn from_bits(words: &[u64]) -> Self {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (place, &word) in words.iter().enumerate() {
            let base =
                u32::try_from(place * 64).expect("a snapshot has fewer than four billion items");
            let mut rest = word;
            while rest != 0 {
                let from = rest.trailing_zeros();
                let length = (rest >> from).trailing_ones();
                let (first, last) = (base + from, base + from + length - 1);
                match runs.last_mut() {
                    Some((_, end)) if *end + 1 == first => *end = last,
                    _ => runs.push((first, last)),
                }
                // The run ends the word, or its bits are taken out.
                let end = from + length;
                rest = if end == 64 { 0 } else { rest >> end << end };
            }
        }
        Self { runs }
    }

    /// How many of the items from `first` on and before `end` it holds.
    pub fn within(&self, first: Item, end: Item) -> usize {
        let from = self.runs.partition_point(|run| run.1 < first.0);
        self.runs[from..]
            .iter()
            .take_while(|run| first < end && run.0 < end.0)
            .map(|run| (run.1.min(end.0 - 1) - run.0.max(first.0)) as usize + 1)
            .sum()
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.runs
            .iter()
            .map(|(first, last)| (last - first) as usize + 1)
            .sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether it holds `item`.
    pub fn contains(&self, item: Item) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= item.0);
        after > 0 && self.runs[after - 1].1 >= item.0
    }

    /// The items in rising order.
    pub fn iter(&self) -> impl Iterator<Item = Item> + '_ {
        self.runs
            .iter()
            .flat_map(|&(first, last)| (first..=last).map(Item))
    }

    /// The items in rising order without the first `n`, which cost only their runs.
    pub fn iter_from(&self, n: usize) -> impl Iterator<Item = Item> + '_ {
        let mut skip = u32::try_from(n).unwrap_or(u32::MAX);
        let runs = self.runs.iter().filter_map(move |&(first, last)| {
            let long = last - first;
            if skip > long {
                skip -= long + 1;
                return None;
            }
            Some((first + std::mem::take(&mut skip), last))
        });
        runs.flat_map(|(first, last)| (first..=last).map(Item))
    }

    /// First and last item of each run, in rising order.
    pub fn runs(&self) -> impl Iterator<Item = (Item, Item)> + '_ {
        self.runs
            .iter()
            .map(|&(first, last)| (Item(first), Item(last)))
    }

    /// The lowest item.
    pub fn first(&self) -> Option<Item> {
        self.runs.first().map(|run| Item(run.0))
    }

    /// The highest item.
    pub fn last(&self) -> Option<Item> {
        self.runs.last().map(|run| Item(run.1))
    }

    /// The items that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Self::default();
        let (mut one, mut two) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        while let (Some(a), Some(b)) = (one.peek(), two.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                both.runs.push((first, last));
            }
            if a.1 < b.1 {
                one.next()
            } else {
                two.next()
            };
        }
        both
    }

    /// The items that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self::default();
        let mut gone = other.runs.iter().peekable();
        for &(first, last) in &self.runs {
            let mut from = Some(first);
            while gone.next_if(|run| run.1 < first).is_some() {}
            while let (Some(at), Some(run)) = (from, gone.peek().filter(|run| run.0 <= last)) {
                if at < run.0 {
                    left.runs.push((at, run.0 - 1));
                }
                from = run.1.checked_add(1).filter(|next| *next <= last);
                if run.1 > last {
                    break;
                }
                gone.next();
            }
            left.runs.extend(from.map(|from| (from, last)));
        }
        left
    }

    /// The items that are in one of them or in both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut all = Self::default();
        let (mut one, mut two) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        loop {
            let (first, last) = match (one.peek(), two.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => one.next(),
                (_, Some(_)) => two.next(),
                (_, None) => one.next(),
            }
            .copied()
            .unwrap_or((1, 0));
            if first > last {
                return all;
            }
            match all.runs.last_mut() {
                Some(run) if first <= run.1.saturating_add(1) => run.1 = run.1.max(last),
                _ => all.runs.push((first, last)),
            }
        }
    }

    /// Adds an item above all that are in the set.
    pub(super) fn push(&mut self, item: Item) {
        match self.runs.last_mut() {
            Some((_, last)) if *last + 1 == item.0 => *last = item.0,
            _ => self.runs.push((item.0, item.0)),
        }
    }
}

impl From<Item> for ItemSet {
    fn from(item: Item) -> Self {
        Self {
            runs: vec![(item.0, item.0)],
        }
    }
}

impl FromIterator<Item> for ItemSet {
    /// Takes items in any order, repeated or not.
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut items: Vec<u32> = items.into_iter().map(|item| item.0).collect();
        items.sort_unstable();
        items.dedup();
        let mut set = Self::default();
        for item in items {
            set.push(Item(item));
        }
        set
    }
}

impl fmt::Display for ItemSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, &(first, last)) in self.runs.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let (first, last) = (Item(first).number(), Item(last).number());
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for ItemSet {
    type Err = BadItems;

    /// Reads exactly what is written by `Display`: one text for one set.
    fn from_str(text: &str) -> Result<Self, BadItems> {
        let number = |text: &str| -> Result<u32, BadItems> {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            let number: u32 = if plain {
                text.parse().map_err(|_| BadItems)?
            } else {
                return Err(BadItems);
            };
            Ok(number - 1)
        };
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for run in text.split(',').filter(|_| !text.is_empty()) {
            let (first, last) = match run.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(run)?, number(run)?),
            };
            let ordered = runs
                .last()
                .is_none_or(|(_, before)| first > before.saturating_add(1));
            if first > last || (first == last && run.contains('-')) || !ordered {
                return Err(BadItems);
            }
            runs.push((first, last));
        }
        Ok(Self { runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_set_has_one_text() {
        for text in ["", "1", "17,40-99,1203", "1-1000000"] {
            assert_eq!(text.parse::<ItemSet>().expect(text).to_string(), text);
        }
        for text in [
            "0",
            "2,1",
            "1,2",
            "1-1",
            "1,,3",
            "01",
            "+1",
            "1-",
            "4294967296",
            "5-3",
            " 1",
            "1-2,3",
        ] {
            assert_eq!(text.parse::<ItemSet>(), Err(BadItems), "{text}");
        }
    }

    fn some() -> impl Strategy<Value = std::collections::BTreeSet<u32>> {
        prop::collection::btree_set(0u32..60, 0..40)
    }

    proptest! {
        #[test]
        fn two_sets_are_combined(one in some(), other in some()) {
            let set = |items: &std::collections::BTreeSet<u32>| -> ItemSet { items.iter().copied().map(Item).collect() };
            prop_assert_eq!(set(&one).and(&set(&other)), set(&(&one & &other)));
            prop_assert_eq!(set(&one).without(&set(&other)), set(&(&one - &other)));
            prop_assert_eq!(set(&one).or(&set(&other)), set(&(&one | &other)));
        }

        #[test]
        fn a_set_survives_its_text(items in prop::collection::vec(0u32..200, 0..80)) {
            let set: ItemSet = items.iter().copied().map(Item).collect();
            prop_assert_eq!(set.to_string().parse::<ItemSet>(), Ok(set.clone()));
            for item in 0..200 {
                prop_assert_eq!(set.contains(Item(item)), items.contains(&item));
            }
            prop_assert_eq!(set.iter().count(), set.len());
            let mut words = [0u64; 4];
            for item in &items {
                words[*item as usize / 64] |= 1 << (item % 64);
            }
            prop_assert_eq!(ItemSet::from_bits(&words), set.clone());
            for n in 0..set.len() + 2 {
                prop_assert!(set.iter_from(n).eq(set.iter().skip(n)), "without {}", n);
            }
            for (first, end) in [(0, 200), (17, 17), (3, 90), (199, 250)] {
                let counted = set.iter().filter(|item| (first..end).contains(&item.0)).count();
                prop_assert_eq!(set.within(Item(first), Item(end)), counted);
            }
        }
    }
}
