//! Drawing a sample that everybody can draw again.
//!
//! Each item is given the SHA-256 of `muster-sample/1`, the seed and the item's id, each followed by a line feed. The
//! items with the smallest digests are the sample. So it depends on the seed and the ids alone: not on the order of the
//! items, not on this program, and a larger sample from the same seed holds the smaller one.

use super::{
    Digest,
    campaign::Campaign,
    items::{Item, ItemSet},
};

/// The name of the algorithm, which is part of what is digested.
pub const ALGORITHM: &str = "muster-sample/1";

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
}
