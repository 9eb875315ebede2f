//! [`Checkpoints`]: what a campaign knew at some of its moments, packed, so that a far moment is near.

use std::collections::BTreeMap;

use super::{
    super::{
        super::{check::Rule, decision::Slot, items::Item, text::Raw},
        Campaign, Confirmed, Progress,
    },
    bare, pair,
};

/// How much work may lie between two checkpoints at first, and how many bytes all of them may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Entries and changes of items.
    pub(super) apart: u64,
    /// Bytes, as far as they are counted: slots and the order of the changes.
    pub(super) bytes: usize,
}

impl Budget {
    /// For a campaign of so many items. To set a checkpoint up again takes a pass over all items, in their order;
    /// that is worth some of the steps, which touch them in any order.
    pub(super) fn of(items: usize) -> Self {
        Self {
            apart: (items as u64 / 16).max(1024),
            bytes: 64 << 20,
        }
    }
}

/// Some moments of a campaign, in order, the first one among them.
#[derive(Debug)]
pub(super) struct Checkpoints {
    kept: Vec<Checkpoint>,
    budget: Budget,
}

/// What a campaign knew at a moment.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// How many entries there are.
    pub(super) entries: usize,
    slots: Slots,
    done: Pairs,
    undone: Pairs,
    progress: Progress,
    kept_as_before: u64,
    notes: BTreeMap<Item, Raw>,
    self_review: Option<Raw>,
    waivers: BTreeMap<Rule, u32>,
    attested: Option<Confirmed>,
    sealed: Option<String>,
}

#[derive(Debug)]
enum Slots {
    /// Neighbours that have the same slot: where each run ends, and the slot.
    Runs(Vec<(u32, Slot)>),
    /// Each one, where hardly any neighbours are the same.
    Each(Box<[Slot]>),
}

/// The entries of changes with the entries since which they stand: runs of neighbours that stand since they were made,
/// and others one by one.
#[derive(Debug, Default)]
struct Pairs(Vec<(u32, u32, u32)>);

impl Pairs {
    fn of(pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut runs: Vec<(u32, u32, u32)> = Vec::new();
        for (entry, since) in pairs {
            match runs.last_mut() {
                Some((first, begun, length))
                    if entry == since && first == begun && *first + *length == entry =>
                {
                    *length += 1;
                }
                _ => runs.push((entry, since, 1)),
            }
        }
        runs.shrink_to_fit();
        Self(runs)
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let pairs = self.0.iter();
        pairs.flat_map(|&(entry, since, length)| (0..length).map(move |n| (entry + n, since + n)))
    }
}

impl Slots {
    fn of(slots: &[Slot]) -> Self {
        let mut runs: Vec<(u32, Slot)> = Vec::new();
        for (end, slot) in (1..).zip(slots) {
            match runs.last_mut() {
                Some((last, same)) if same == slot => *last = end,
                _ => runs.push((end, *slot)),
            }
            if runs.len() * 3 > slots.len() * 2 + 8 {
                return Self::Each(slots.into());
            }
        }
        runs.shrink_to_fit();
        Self::Runs(runs)
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Runs(runs) => size_of_val(runs.as_slice()),
            Self::Each(slots) => size_of_val(&**slots),
        }
    }

    fn put_into(&self, slots: &mut [Slot]) {
        match self {
            Self::Each(each) => slots.copy_from_slice(each),
            Self::Runs(runs) => {
                let mut from = 0;
                for (end, slot) in runs {
                    slots[from..*end as usize].fill(*slot);
                    from = *end as usize;
                }
            }
        }
    }
}

impl Checkpoint {
    fn of(campaign: &Campaign) -> Self {
        Self {
            entries: campaign.entries.len(),
            slots: Slots::of(&campaign.slots),
            done: Pairs::of(campaign.done.iter().map(pair)),
            undone: Pairs::of(campaign.undone.iter().map(pair)),
            progress: campaign.progress,
            kept_as_before: campaign.kept_as_before,
            notes: campaign.notes.clone(),
            self_review: campaign.self_review.clone(),
            waivers: campaign.waivers.clone(),
            attested: campaign.attested.clone(),
            sealed: campaign.sealed.clone(),
        }
    }

    fn bytes(&self) -> usize {
        let pairs = self.done.0.len() + self.undone.0.len();
        let notes = self.notes.len() * size_of::<(Item, Raw)>();
        self.slots.bytes() + pairs * size_of::<(u32, u32, u32)>() + notes
    }

    /// Makes `campaign` what it was then, apart from its entries.
    pub(super) fn set_up(&self, campaign: &mut Campaign) {
        self.slots.put_into(&mut campaign.slots);
        let subjects = campaign.snapshot.subjects().iter();
        for (decided, subject) in campaign.decided.iter_mut().zip(subjects) {
            let slots = &campaign.slots[subject.first.index()..subject.end.index()];
            let there = slots.iter().filter(|slot| slot.decision.is_some()).count();
            *decided = u32::try_from(there).expect("items are counted in 32 bits");
        }
        for (deltas, pairs) in [
            (&mut campaign.done, &self.done),
            (&mut campaign.undone, &self.undone),
        ] {
            deltas.clear();
            deltas.extend(pairs.iter().map(bare));
        }
        campaign.progress = self.progress;
        campaign.kept_as_before = self.kept_as_before;
        campaign.notes.clone_from(&self.notes);
        campaign.self_review.clone_from(&self.self_review);
        campaign.waivers.clone_from(&self.waivers);
        campaign.attested.clone_from(&self.attested);
        campaign.sealed.clone_from(&self.sealed);
    }
}

impl Checkpoints {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            kept: Vec::new(),
            budget,
        }
    }

    /// Whether one more is due, `work` after the last.
    pub(super) fn is_due(&self, work: u64) -> bool {
        work >= self.budget.apart
    }

    /// Keeps the moment of `campaign`. When all of them take too much, every other one is dropped, and the next ones
    /// stand further apart.
    pub(super) fn keep(&mut self, campaign: &Campaign) {
        self.kept.push(Checkpoint::of(campaign));
        while self.kept.len() > 2 && self.bytes() > self.budget.bytes {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.budget.apart = self.budget.apart.saturating_mul(2);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.kept.iter().map(Checkpoint::bytes).sum()
    }

    /// The last one at `entries` or before, and the first one after it.
    pub(super) fn around(&self, entries: usize) -> impl Iterator<Item = &Checkpoint> {
        let after = self.kept.partition_point(|kept| kept.entries <= entries);
        let near = after.saturating_sub(1)..self.kept.len().min(after + 1);
        self.kept[near].iter()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}
