//! Drawing a sample that everybody can draw again.
//!
//! Each item is given the SHA-256 of `muster-sample/1`, the seed and the item's id, each followed by a line feed. The
//! items with the smallest digests are the sample. So it depends on the seed and the ids alone: not on the order of the
//! items, not on this program, and a larger sample from the same seed holds the smaller one.
//!
//! By risk, each item is in one [`Stratum`], by its signals alone, as `decisions.jsonl` has them. The strata take turns, the
//! riskiest first: each gives the next of its items in the order above, one that has none left is passed over, until the
//! sample is full. So every stratum is looked at alike, however few items it has, and a larger sample still holds the
//! smaller one.

use super::{
    Digest,
    campaign::Campaign,
    items::{Item, ItemSet},
    signal::{Rule, Signals},
};

/// The name of the algorithm, which is part of what is digested.
pub const ALGORITHM: &str = "muster-sample/1";

/// The signals that put an item into [`Stratum::High`].
pub const HIGH: [Rule; 6] = [
    Rule::Own,
    Rule::StillHere,
    Rule::Privileged,
    Rule::PrivateAdmin,
    Rule::Left,
    Rule::Suspended,
];

/// How risky an item is, by its signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stratum {
    /// One of [`HIGH`] says yes.
    High,
    /// Another signal says yes.
    Medium,
    /// None says yes, and of one nobody can tell.
    Unknown,
    /// All say no.
    Low,
}

impl Stratum {
    /// All of them, the riskiest first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Unknown, Self::Low];

    /// The word for people and scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Unknown => "unknown",
            Self::Low => "low",
        }
    }

    /// Where `item` belongs.
    pub fn of(signals: &Signals, item: Item) -> Self {
        let mut any = false;
        // What was not read is told rule by rule.
        for rule in signals.of_item(item).filter(|rule| *rule != Rule::Unread) {
            if HIGH.contains(&rule) {
                return Self::High;
            }
            any = true;
        }
        if any {
            Self::Medium
        } else if signals.unread_of(item).next().is_some() {
            Self::Unknown
        } else {
            Self::Low
        }
    }
}

/// The first `size` of `items` in the order that `seed` gives them; all of them when there are fewer.
pub fn draw(campaign: &Campaign, items: &ItemSet, seed: &str, size: usize) -> Vec<Item> {
    let mut drawn: Vec<(Digest, Item)> = items
        .iter()
        .map(|item| {
            let id = campaign.snapshot().grant(item).id;
            let text = format!("{ALGORITHM}\n{seed}\n{id}\n");
            (Digest::of(text.as_bytes()), item)
        })
        .collect();
    if size < drawn.len() {
        drawn.select_nth_unstable(size);
        drawn.truncate(size);
    }
    drawn.sort_unstable();
    drawn.into_iter().map(|(_, item)| item).collect()
}

/// How many of `items` are in each stratum, in the order of [`Stratum::ALL`].
pub fn sizes(campaign: &Campaign, items: &ItemSet) -> [u64; 4] {
    let mut sizes = [0; 4];
    for item in items.iter() {
        sizes[Stratum::of(campaign.signals(), item) as usize] += 1;
    }
    sizes
}

/// As [`draw`], with the strata taking turns.
pub fn draw_by_risk(
    campaign: &Campaign,
    items: &ItemSet,
    seed: &str,
    size: usize,
) -> Vec<(Item, Stratum)> {
    let mut strata = [const { Vec::new() }; 4];
    for item in items.iter() {
        strata[Stratum::of(campaign.signals(), item) as usize].push(item);
    }
    let mut drawn: Vec<(usize, Stratum, Item)> = Vec::new();
    for (stratum, items) in Stratum::ALL.into_iter().zip(strata) {
        let items: ItemSet = items.into_iter().collect();
        // No stratum gives more than the whole sample.
        let own = draw(campaign, &items, seed, size);
        drawn.extend(
            own.into_iter()
                .enumerate()
                .map(|(turn, item)| (turn, stratum, item)),
        );
    }
    drawn.sort_unstable();
    drawn.truncate(size);
    drawn
        .into_iter()
        .map(|(_, stratum, item)| (item, stratum))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{acme, campaign};

    #[test]
    fn a_sample_depends_on_the_seed_and_the_ids_alone_and_a_larger_one_holds_the_smaller() {
        let campaign = campaign(&acme().snapshot());
        let all = campaign.items();
        let whole = draw(&campaign, all, "7", usize::MAX);
        assert_eq!(whole.iter().copied().collect::<ItemSet>().len(), all.len());
        for size in 0..=all.len() {
            assert_eq!(draw(&campaign, all, "7", size), whole[..size]);
        }
        assert_ne!(draw(&campaign, all, "8", usize::MAX), whole);
        let some: ItemSet = all.iter().skip(1).collect();
        let without: Vec<Item> = whole
            .iter()
            .copied()
            .filter(|item| some.contains(*item))
            .collect();
        assert_eq!(draw(&campaign, &some, "7", usize::MAX), without);
    }

    #[test]
    fn the_strata_take_turns_until_the_sample_is_full() {
        let campaign = campaign(&acme().snapshot());
        let all = campaign.items();
        let sizes = sizes(&campaign, all);
        assert_eq!(sizes.iter().sum::<u64>(), all.len() as u64);
        assert!(
            sizes.iter().filter(|size| **size > 0).count() > 1,
            "{sizes:?}"
        );
        let whole = draw_by_risk(&campaign, all, "7", usize::MAX);
        for size in 0..=all.len() {
            let drawn = draw_by_risk(&campaign, all, "7", size);
            assert_eq!(drawn, whole[..size]);
            for (stratum, has) in Stratum::ALL.into_iter().zip(sizes) {
                let of = |stratum| drawn.iter().filter(|(_, of)| *of == stratum).count() as u64;
                // No stratum gives more than one more than another that has some left.
                let most = Stratum::ALL.into_iter().map(of).max().unwrap_or(0);
                assert!(of(stratum) + 1 >= most || of(stratum) == has, "{drawn:?}");
            }
        }
        // In each stratum the order is that of the plain sample.
        let plain = draw(&campaign, all, "7", usize::MAX);
        for stratum in Stratum::ALL {
            let own = |item: &Item| Stratum::of(campaign.signals(), *item) == stratum;
            let in_plain: Vec<Item> = plain.iter().copied().filter(own).collect();
            let in_turns: Vec<Item> = whole.iter().map(|(item, _)| *item).filter(own).collect();
            assert_eq!(in_turns, in_plain);
        }
    }
}
