//! [`Bits`]: a yes or no for each item, and [`Answer`]: a yes, a no or an unknown for each.

use crate::domain::items::{Item, ItemSet};

/// A yes or no for each item of a snapshot. A million take 125 kB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Bits {
    words: Vec<u64>,
    /// How many items there are; the bits above are 0.
    len: usize,
}

impl Bits {
    /// No for all.
    pub(in crate::domain) fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// Yes for the items of `set`.
    pub(in crate::domain) fn of(set: &ItemSet, len: usize) -> Self {
        let mut bits = Self::none(len);
        for (first, last) in set.runs() {
            bits.put(first.index(), last.index() + 1);
        }
        bits
    }

    /// For each entry of `column` the answer of `yes`.
    pub(in crate::domain) fn each<T>(column: &[T], yes: impl Fn(&T) -> bool) -> Self {
        let word = |part: &[T]| {
            let bits = part.iter().enumerate();
            bits.fold(0, |word, (at, entry)| word | u64::from(yes(entry)) << at)
        };
        Self {
            words: column.chunks(64).map(word).collect(),
            len: column.len(),
        }
    }

    /// For each of `len` items the answer of `yes`.
    pub(super) fn by_item(len: usize, yes: impl Fn(Item) -> bool) -> Self {
        let mut bits = Self::none(len);
        let mut items = (0..).map(Item);
        for (word, at) in bits.words.iter_mut().zip((0..len).step_by(64)) {
            let items = items.by_ref().take(64.min(len - at)).enumerate();
            *word = items.fold(0, |word, (at, item)| word | u64::from(yes(item)) << at);
        }
        bits
    }

    /// Yes for `first..end`.
    pub(in crate::domain) fn put(&mut self, first: usize, end: usize) {
        let end = end.min(self.len);
        if first >= end {
            return;
        }
        let (from, to) = (first / 64, (end - 1) / 64);
        let head = u64::MAX << (first % 64);
        let tail = u64::MAX >> (63 - (end - 1) % 64);
        if from == to {
            self.words[from] |= head & tail;
            return;
        }
        self.words[from] |= head;
        self.words[from + 1..to].fill(u64::MAX);
        self.words[to] |= tail;
    }

    /// How many items there are.
    pub(in crate::domain) fn len(&self) -> usize {
        self.len
    }

    /// The answer for one item.
    pub(in crate::domain) fn get(&self, item: Item) -> bool {
        let word = self.words.get(item.index() / 64);
        word.is_some_and(|word| word >> (item.index() % 64) & 1 == 1)
    }

    /// Says `yes` or no for one item.
    pub(in crate::domain) fn set(&mut self, item: Item, yes: bool) {
        let bit = 1 << (item.index() % 64);
        let word = &mut self.words[item.index() / 64];
        *word = if yes { *word | bit } else { *word & !bit };
    }

    /// For how many items both say yes.
    pub(in crate::domain) fn shared(&self, other: &Self) -> u64 {
        let pairs = self.words.iter().zip(&other.words);
        pairs
            .map(|(one, other)| u64::from((one & other).count_ones()))
            .sum()
    }

    /// Whether it is no for all.
    pub(in crate::domain) fn is_none(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    fn join(mut self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = join(*word, *other);
        }
        self
    }

    /// Where both say yes.
    pub(in crate::domain) fn and(self, other: &Self) -> Self {
        self.join(other, |one, other| one & other)
    }

    /// Where one says yes.
    pub(in crate::domain) fn or(self, other: &Self) -> Self {
        self.join(other, |one, other| one | other)
    }

    /// Where this says yes and the other no.
    pub(in crate::domain) fn without(self, other: &Self) -> Self {
        self.join(other, |one, other| one & !other)
    }

    /// The other way round.
    pub(in crate::domain) fn not(mut self) -> Self {
        for word in &mut self.words {
            *word = !*word;
        }
        if let Some(last) = self.words.last_mut()
            && !self.len.is_multiple_of(64)
        {
            *last &= u64::MAX >> (64 - self.len % 64);
        }
        self
    }

    /// The items it says yes for.
    pub(in crate::domain) fn items(&self) -> ItemSet {
        ItemSet::from_bits(&self.words)
    }
}

/// A yes, a no or an unknown for each item: what cannot be told is neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Answer {
    pub(in crate::domain) yes: Bits,
    /// Never yes at the same time; `None` when everything is known.
    pub(in crate::domain) unknown: Option<Bits>,
}

impl From<Bits> for Answer {
    fn from(yes: Bits) -> Self {
        Self { yes, unknown: None }
    }
}

impl Answer {
    /// No for all.
    pub(in crate::domain) fn none(len: usize) -> Self {
        Self::from(Bits::none(len))
    }

    /// An answer of both; where `yes` says yes, it is known.
    pub(in crate::domain) fn new(yes: Bits, unknown: Bits) -> Self {
        let unknown = unknown.without(&yes);
        let unknown = (!unknown.is_none()).then_some(unknown);
        Self { yes, unknown }
    }

    /// For each entry of `column`, in order, what is `told`.
    pub(super) fn each<T>(column: &[T], mut told: impl FnMut(&T) -> Option<bool>) -> Self {
        let mut yes = Bits::none(column.len());
        let mut unknown = Bits::none(column.len());
        let words = yes.words.iter_mut().zip(&mut unknown.words);
        for ((yes, unknown), part) in words.zip(column.chunks(64)) {
            for (at, entry) in part.iter().enumerate() {
                match told(entry) {
                    Some(is) => *yes |= u64::from(is) << at,
                    None => *unknown |= 1 << at,
                }
            }
        }
        Self::new(yes, unknown)
    }

    /// Whether it is no for all, whatever else must hold.
    pub(in crate::domain) fn is_none(&self) -> bool {
        self.unknown.is_none() && self.yes.is_none()
    }

    /// The answer for one item; `None` is unknown.
    pub(in crate::domain) fn get(&self, item: Item) -> Option<bool> {
        let unknown = self.unknown.as_ref();
        (!unknown.is_some_and(|unknown| unknown.get(item))).then(|| self.yes.get(item))
    }

    /// The other way round; what is unknown stays so.
    pub(in crate::domain) fn not(self) -> Self {
        let no = match &self.unknown {
            Some(unknown) => self.yes.or(unknown).not(),
            None => self.yes.not(),
        };
        Self {
            yes: no,
            unknown: self.unknown,
        }
    }

    /// Both: a no beside an unknown is a no.
    pub(in crate::domain) fn and(self, other: &Self) -> Self {
        if self.unknown.is_none() && other.unknown.is_none() {
            return Self::from(self.yes.and(&other.yes));
        }
        let possible = self.possible().and(&other.possible());
        Self::new(self.yes.and(&other.yes), possible)
    }

    /// Either: a yes beside an unknown is a yes.
    pub(in crate::domain) fn or(self, other: &Self) -> Self {
        let unknown = match (self.unknown, &other.unknown) {
            (None, None) => return Self::from(self.yes.or(&other.yes)),
            (Some(one), None) => one,
            (None, Some(other)) => other.clone(),
            (Some(one), Some(other)) => one.or(other),
        };
        Self::new(self.yes.or(&other.yes), unknown)
    }

    /// What is not known to be no.
    fn possible(&self) -> Bits {
        match &self.unknown {
            Some(unknown) => self.yes.clone().or(unknown),
            None => self.yes.clone(),
        }
    }

    /// Says `told` for the items `first..end`; `None` is unknown.
    pub(in crate::domain) fn put(&mut self, first: Item, end: Item, told: Option<bool>) {
        let (first, end) = (first.index(), end.index());
        match told {
            Some(true) => self.yes.put(first, end),
            Some(false) => {}
            None => {
                let len = self.yes.len;
                let unknown = self.unknown.get_or_insert_with(|| Bits::none(len));
                unknown.put(first, end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(answer: &Answer, at: usize) -> Option<bool> {
        let item = Item(u32::try_from(at).expect("few"));
        let told = answer.get(item);
        assert!(
            told.is_some() || !answer.yes.get(item),
            "yes and unknown at once"
        );
        told
    }

    fn answer(told: &[Option<bool>]) -> Answer {
        let mut answer = Answer::none(told.len());
        for (at, told) in told.iter().enumerate() {
            let at = u32::try_from(at).expect("few");
            answer.put(Item(at), Item(at + 1), *told);
        }
        answer
    }

    proptest! {
        #[test]
        fn an_unknown_is_neither_a_yes_nor_a_no(
            pairs in prop::collection::vec((any::<Option<bool>>(), any::<Option<bool>>()), 0..200)
        ) {
            let one: Vec<Option<bool>> = pairs.iter().map(|pair| pair.0).collect();
            let other: Vec<Option<bool>> = pairs.iter().map(|pair| pair.1).collect();
            let (left, right) = (answer(&one), answer(&other));
            let each = Answer::each(&one, |told| *told);
            let (not, and, or) =
                (left.clone().not(), left.clone().and(&right), left.clone().or(&right));
            for (at, pair) in pairs.iter().enumerate() {
                prop_assert_eq!(told(&left, at), pair.0);
                prop_assert_eq!(told(&each, at), pair.0);
                prop_assert_eq!(told(&not, at), pair.0.map(|told| !told));
                let expected = match pair {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                prop_assert_eq!(told(&and, at), expected);
                let expected = match pair {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                prop_assert_eq!(told(&or, at), expected);
            }
            let yes: ItemSet = pairs
                .iter()
                .enumerate()
                .filter(|(_, pair)| pair.0 == Some(true))
                .map(|(at, _)| Item(u32::try_from(at).expect("few")))
                .collect();
            prop_assert_eq!(left.yes.items(), yes.clone());
            prop_assert_eq!(Bits::of(&yes, pairs.len()), left.yes);
        }

        #[test]
        fn a_range_is_all_items_in_it(first in 0usize..300, end in 0usize..300) {
            let mut bits = Bits::none(260);
            bits.put(first, end);
            let range: Vec<usize> = (0..260).collect();
            prop_assert_eq!(bits, Bits::each(&range, |at| (first..end).contains(at)));
        }
    }
}
