//! [`Replay`]: a campaign at any moment of its journal.

mod checkpoint;
mod moment;

pub use self::moment::NoMoment;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use self::checkpoint::{Budget, Checkpoints};
use super::{
    super::{
        check::Rule,
        items::{Item, ItemSet},
        journal::{Entry, Event},
        text::Raw,
        time::Timestamp,
    },
    Before, Campaign, Confirmed, Delta, Refusal, Slot,
};

/// A journal and the campaign after any of its entries. It only looks: what it shows is not written into.
///
/// What each entry replaced is kept, and what was known at some moments. So going from one moment to another costs what
/// lies between them, or between the nearest known moment and the other one.
#[derive(Debug)]
pub struct Replay {
    /// The campaign at the moment that is shown.
    shown: Campaign,
    /// The campaign after its last entry.
    end: Campaign,
    /// What each entry after the first changed, in order.
    steps: Vec<Step>,
    checkpoints: Checkpoints,
    sought: Sought,
}

/// What the last [`Replay::seek`] took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sought {
    /// Entries that were gone over.
    pub entries: u32,
    /// Items that these entries changed, each as often as it was changed.
    pub items: u64,
    /// Whether it began at a moment that is known.
    pub jumped: bool,
}

/// An item about which something else is recorded at another moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The item.
    pub item: Item,
    /// What is recorded at the first moment.
    pub before: Slot,
    /// What is recorded at the second.
    pub after: Slot,
}

/// What one entry changed, both ways.
#[derive(Debug)]
struct Step {
    entry: Arc<Entry>,
    /// How many entries and items have changed with it, all before counted.
    work: u64,
    /// Neighbours that had the same slot before and have the same after.
    slots: Box<[Run]>,
    /// The changes that were taken back and could be made again, and no longer can.
    cleared: Box<[(u32, u32)]>,
    /// All that seldom changes.
    rest: Option<Box<Rest>>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    first: Item,
    length: u32,
    before: Slot,
    after: Slot,
}

/// What seldom changes.
#[derive(Debug)]
struct Rest {
    before: Few,
    after: Few,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Few {
    note: Option<(Item, Option<Raw>)>,
    self_review: Option<Raw>,
    waivers: BTreeMap<Rule, u32>,
    attested: Option<Confirmed>,
    sealed: Option<String>,
    kept_as_before: u64,
    /// The entry of the last change that stands, with the entry since which it stands.
    done: Option<(u32, u32)>,
    /// The same of the last change that was taken back.
    undone: Option<(u32, u32)>,
}

impl Few {
    fn of(campaign: &Campaign, noted: Option<Item>) -> Self {
        Self {
            note: noted.map(|item| (item, campaign.notes.get(&item).cloned())),
            self_review: campaign.self_review.clone(),
            waivers: campaign.waivers.clone(),
            attested: campaign.attested.clone(),
            sealed: campaign.sealed.clone(),
            kept_as_before: campaign.kept_as_before,
            done: campaign.done.last().map(pair),
            undone: campaign.undone.last().map(pair),
        }
    }
}

impl Replay {
    /// Replays the journal of `campaign`, which shows its last moment first. `progress` is told how many entries are done.
    ///
    /// # Errors
    /// Never for a campaign that was made of its journal.
    pub fn of(campaign: &Campaign, progress: &mut dyn FnMut(usize)) -> Result<Self, Refusal> {
        Self::within(Budget::of(campaign.slots.len()), campaign, progress)
    }

    fn within(
        budget: Budget,
        campaign: &Campaign,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Self, Refusal> {
        let entries = campaign.entries();
        let first = entries.first().ok_or(Refusal::NotOpening)?;
        let mut shown = Campaign::open(
            campaign.snapshot.clone(),
            campaign.terms.clone(),
            Entry::clone(first),
        )?;
        // What was worked out about the snapshot is not worked out again.
        shown.access = Arc::clone(&campaign.access);
        if let Some(last) = shown.entries.last_mut() {
            *last = first.clone();
        }
        let mut checkpoints = Checkpoints::new(budget);
        checkpoints.keep(&shown);
        let mut steps: Vec<Step> = Vec::with_capacity(entries.len());
        let (mut work, mut kept) = (0, 0);
        for (done, entry) in entries.iter().enumerate().skip(1) {
            let step = step(&mut shown, entry, work)?;
            work = step.work;
            steps.push(step);
            if checkpoints.is_due(work - kept) || done + 1 == entries.len() {
                checkpoints.keep(&shown);
                kept = work;
            }
            progress(done);
        }
        // Nothing is taken back from here on.
        for delta in shown.done.iter_mut().chain(&mut shown.undone) {
            *delta = bare(pair(delta));
        }
        Ok(Self {
            end: shown.clone(),
            shown,
            steps,
            checkpoints,
            sought: Sought::default(),
        })
    }

    /// The campaign at the moment that is shown.
    pub fn campaign(&self) -> &Campaign {
        &self.shown
    }

    /// The campaign after its last entry.
    pub fn end(&self) -> &Campaign {
        &self.end
    }

    /// The number of the last entry.
    pub fn last(&self) -> u32 {
        seq(self.steps.len())
    }

    /// The number of the entry right after which the campaign is shown.
    pub fn at(&self) -> u32 {
        seq(self.shown.entries.len() - 1)
    }

    /// The last entry that was written at `time` or before; the first one when there is none. Where a clock was set
    /// back, the last that says so.
    pub fn at_time(&self, time: Timestamp) -> u32 {
        let entries = self.end.entries();
        let before = entries.iter().rposition(|entry| entry.at <= time);
        seq(before.unwrap_or(0))
    }

    /// Shows the campaign right after entry `to`, or after the last one when there is no such entry.
    pub fn seek(&mut self, to: u32) {
        let to = to.clamp(1, self.last());
        self.sought = Sought::default();
        let entries = to as usize;
        let way = |from: usize| self.work(from).abs_diff(self.work(entries));
        // A pass over all items in their order is worth some of the steps.
        let pass = self.shown.slots.len() as u64 / 16;
        let near = self.checkpoints.around(entries);
        let near = near.min_by_key(|known| way(known.entries));
        if let Some(known) = near
            && way(known.entries) + pass < way(self.shown.entries.len())
        {
            known.set_up(&mut self.shown);
            let (there, all) = (self.shown.entries.len(), &self.end.entries);
            self.shown.entries.truncate(known.entries);
            if there < known.entries {
                let more = all[there..known.entries].iter().cloned();
                self.shown.entries.extend(more);
            }
            self.sought.jumped = true;
        }
        while self.at() > to {
            self.back();
        }
        while self.at() < to {
            self.forth();
        }
    }

    /// What the last [`Replay::seek`] took.
    pub fn sought(&self) -> Sought {
        self.sought
    }

    /// The items about which something else is recorded after entry `to` than after entry `from`, in order. The campaign
    /// is shown at `to` then.
    pub fn differences(&mut self, from: u32, to: u32) -> Vec<Difference> {
        self.seek(from);
        let before = self.shown.slots.clone();
        self.seek(to);
        let slots = (0..)
            .map(Item)
            .zip(before.into_iter().zip(&self.shown.slots));
        slots
            .filter(|(_, (before, after))| {
                (before.decision, before.later) != (after.decision, after.later)
            })
            .map(|(item, (before, after))| Difference {
                item,
                before,
                after: *after,
            })
            .collect()
    }

    /// How much there is to do up to the moment with so many entries.
    fn work(&self, entries: usize) -> u64 {
        let before = entries.checked_sub(2);
        before.map_or(0, |place| self.steps[place].work)
    }

    fn count(&mut self, slots: u64) {
        self.sought.entries += 1;
        self.sought.items += slots;
    }

    fn forth(&mut self) {
        let there = self.shown.entries.len();
        self.count(self.work(there + 1) - self.work(there) - 1);
        let step = &self.steps[there - 1];
        let campaign = &mut self.shown;
        for run in &step.slots {
            put(campaign, *run, run.after);
        }
        match &step.entry.event {
            event if event.is_change() => {
                campaign.done.push(bare((step.entry.seq, step.entry.seq)));
                campaign.undone.clear();
            }
            Event::Undone { .. } => {
                campaign.done.pop();
                let undone = step.rest.as_ref().and_then(|rest| rest.after.undone);
                campaign.undone.extend(undone.map(bare));
            }
            Event::Redone { .. } => {
                campaign.undone.pop();
                let done = step.rest.as_ref().and_then(|rest| rest.after.done);
                campaign.done.extend(done.map(bare));
            }
            _ => {}
        }
        if let Some(rest) = &step.rest {
            few(campaign, &rest.after);
        }
        campaign.entries.push(step.entry.clone());
    }

    fn back(&mut self) {
        let there = self.shown.entries.len();
        self.count(self.work(there) - self.work(there - 1) - 1);
        let step = &self.steps[there - 2];
        let campaign = &mut self.shown;
        campaign.entries.pop();
        for run in step.slots.iter().rev() {
            put(campaign, *run, run.before);
        }
        match &step.entry.event {
            event if event.is_change() => {
                campaign.done.pop();
                campaign
                    .undone
                    .extend(step.cleared.iter().copied().map(bare));
            }
            Event::Undone { .. } => {
                campaign.undone.pop();
                let done = step.rest.as_ref().and_then(|rest| rest.before.done);
                campaign.done.extend(done.map(bare));
            }
            Event::Redone { .. } => {
                campaign.done.pop();
                let undone = step.rest.as_ref().and_then(|rest| rest.before.undone);
                campaign.undone.extend(undone.map(bare));
            }
            _ => {}
        }
        if let Some(rest) = &step.rest {
            few(campaign, &rest.before);
        }
    }
}

impl Campaign {
    /// The items that `entry` is about; those of a change are those of whatever takes it back or makes it again.
    pub fn touched<'e>(&'e self, entry: &'e Entry) -> Cow<'e, ItemSet> {
        let none = || Cow::Owned(ItemSet::default());
        match &entry.event {
            Event::Decided(decided) => Cow::Borrowed(&decided.items),
            Event::Waived(waived) => Cow::Borrowed(&waived.items),
            Event::Noted { item, .. } => Cow::Owned(ItemSet::from(*item)),
            Event::Undone { entry } | Event::Redone { entry } => match self.entry(*entry) {
                Some(change) if change.event.is_change() => self.touched(change),
                _ => none(),
            },
            Event::Opened(_)
            | Event::SelfReviewAllowed { .. }
            | Event::Attested(_)
            | Event::Sealed { .. } => none(),
        }
    }
}

/// Applies `entry` and notes what it changed; `work` is what all entries before changed.
fn step(campaign: &mut Campaign, entry: &Arc<Entry>, work: u64) -> Result<Step, Refusal> {
    let (items, noted) = match &entry.event {
        Event::Undone { entry } | Event::Redone { entry } => {
            touched(campaign.entry(*entry).map(|entry| &entry.event))
        }
        event => touched(Some(event)),
    };
    let items = items.cloned().unwrap_or_default();
    let before: Vec<Slot> = items.iter().map(|item| campaign.slot(item)).collect();
    let few_before = Few::of(campaign, noted);
    let clears = entry.event.is_change();
    let cleared = campaign
        .undone
        .iter()
        .filter(|_| clears)
        .map(pair)
        .collect();
    campaign.apply(Entry::clone(entry))?;
    // The entry is shared, not kept twice.
    if let Some(last) = campaign.entries.last_mut() {
        *last = entry.clone();
    }
    let few_after = Few::of(campaign, noted);
    let mut runs: Vec<Run> = Vec::new();
    for (item, before) in items.iter().zip(before) {
        let after = campaign.slot(item);
        match runs.last_mut() {
            Some(run)
                if run.before == before
                    && run.after == after
                    && run.first.0 + run.length == item.0 =>
            {
                run.length += 1;
            }
            _ => runs.push(Run {
                first: item,
                length: 1,
                before,
                after,
            }),
        }
    }
    let plain = matches!(entry.event, Event::Decided(_))
        && few_before.attested.is_none()
        && few_before.kept_as_before == few_after.kept_as_before;
    let rest = (!plain).then(|| {
        Box::new(Rest {
            before: few_before,
            after: few_after,
        })
    });
    let changed: u64 = runs.iter().map(|run| u64::from(run.length)).sum();
    Ok(Step {
        entry: entry.clone(),
        work: work + 1 + changed,
        slots: runs.into(),
        cleared,
        rest,
    })
}

/// The items whose slots an event changes, and the item whose note.
fn touched(event: Option<&Event>) -> (Option<&ItemSet>, Option<Item>) {
    match event {
        Some(Event::Decided(decided)) => (Some(&decided.items), None),
        Some(Event::Noted { item, .. }) => (None, Some(*item)),
        _ => (None, None),
    }
}

/// Sets the slots of a run.
fn put(campaign: &mut Campaign, run: Run, slot: Slot) {
    let (first, end) = (run.first, Item(run.first.0 + run.length));
    let there = campaign.slot(first);
    campaign.put(first, end, there, slot);
}

fn few(campaign: &mut Campaign, few: &Few) {
    if let Some((item, note)) = &few.note {
        match note {
            Some(note) => campaign.notes.insert(*item, note.clone()),
            None => campaign.notes.remove(item),
        };
    }
    campaign.self_review.clone_from(&few.self_review);
    campaign.waivers.clone_from(&few.waivers);
    campaign.attested.clone_from(&few.attested);
    campaign.sealed.clone_from(&few.sealed);
    campaign.kept_as_before = few.kept_as_before;
}

fn pair(delta: &Delta) -> (u32, u32) {
    (delta.entry, delta.since)
}

/// A change of which only the numbers of its entries are known: it cannot be taken back.
fn bare((entry, since): (u32, u32)) -> Delta {
    Delta {
        entry,
        since,
        before: Before::Slots(Vec::new()),
    }
}

fn seq(position: usize) -> u32 {
    u32::try_from(position + 1).expect("a journal has fewer than four billion entries")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        decision::{Change, Decision},
        fixture::{acme, campaign, entry, flags},
        journal::{Attested, Chosen, Decided, LeftOut},
        seal::statement,
    };

    /// All that a campaign knows, but what its changes replaced.
    fn known(campaign: &Campaign) -> impl PartialEq + std::fmt::Debug + use<> {
        let pairs = |deltas: &[Delta]| deltas.iter().map(pair).collect::<Vec<_>>();
        (
            campaign.slots.clone(),
            campaign.notes.clone(),
            campaign.progress,
            campaign.decided.clone(),
            campaign.entries.clone(),
            (pairs(&campaign.done), pairs(&campaign.undone)),
            campaign.self_review.clone(),
            (campaign.attested.clone(), campaign.waivers.clone()),
            campaign.kept_as_before,
        )
    }

    #[derive(Debug, Clone)]
    enum Act {
        Decide(u8, Vec<u32>),
        Note(u32),
        Undo,
        Redo,
        SelfReview,
        Waive(usize),
        Attest,
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => (0u8..5, prop::collection::vec(0u32..18, 1..6)).prop_map(|(change, items)| Act::Decide(change, items)),
            1 => (0u32..18).prop_map(Act::Note),
            3 => Just(Act::Undo),
            2 => Just(Act::Redo),
            1 => Just(Act::SelfReview),
            2 => (0usize..3).prop_map(Act::Waive),
            1 => Just(Act::Attest),
        ]
    }

    /// The event of an act, when there is one now.
    fn event(campaign: &Campaign, act: &Act) -> Option<Event> {
        Some(match act {
            Act::Decide(change, items) => Event::Decided(Decided {
                change: match change {
                    0 => Change::Decide(Decision::Keep),
                    1 => Change::Decide(Decision::Revoke),
                    2 => Change::Decide(Decision::Acknowledge),
                    3 => Change::Later,
                    _ => Change::Clear,
                },
                items: items.iter().copied().map(Item).collect(),
                reason: Some(Raw::from("why")),
                chosen: Chosen::Marked,
                left_out: LeftOut::default(),
            }),
            Act::Note(item) => Event::Noted {
                item: Item(*item),
                text: Raw::from(format!("note {}", campaign.next_seq())),
            },
            Act::Undo => Event::Undone {
                entry: campaign.undoable()?.seq,
            },
            Act::Redo => Event::Redone {
                entry: campaign.redoable()?.seq,
            },
            Act::SelfReview => Event::SelfReviewAllowed {
                reason: Raw::from("alone"),
            },
            Act::Waive(place) => {
                let flags = flags(campaign);
                flags
                    .get(place % flags.len().max(1))?
                    .waive(Raw::from("a pilot"))
            }
            Act::Attest => Event::Attested(Box::new(Attested {
                statement: statement(campaign, "ada@example.com", &flags(campaign)),
                principal: Raw::from("ada@example.com"),
                progress: campaign.progress(),
            })),
        })
    }

    proptest! {
        #[test]
        fn every_moment_is_the_fold_of_the_entries_up_to_it(
            acts in prop::collection::vec(act(), 0..40),
            seeks in prop::collection::vec(0u32..60, 1..20),
            apart in 1u64..40,
            bytes in 200usize..20_000,
        ) {
            let mut campaign = campaign(&acme().snapshot());
            let mut moments = vec![known(&campaign)];
            for act in acts {
                let Some(event) = event(&campaign, &act) else { continue };
                let next = entry(campaign.next_seq(), event);
                if campaign.apply(next).is_ok() {
                    moments.push(known(&campaign));
                }
            }
            // Many checkpoints, and few.
            let budget = Budget { apart, bytes };
            let mut replay = Replay::within(budget, &campaign, &mut |_| {}).expect("a journal of its own");
            prop_assert!(replay.checkpoints.len() <= 2 || replay.checkpoints.bytes() <= bytes);
            prop_assert_eq!(known(replay.campaign()), known(&campaign));
            let last = u32::try_from(moments.len()).expect("few");
            prop_assert_eq!((replay.at(), replay.last()), (last, last));
            // One by one as well as far, which starts from an end.
            let steps = (1..=last).chain((1..=last).rev());
            for to in seeks.into_iter().chain(steps) {
                replay.seek(to);
                let at = to.clamp(1, last);
                prop_assert_eq!(replay.at(), at);
                prop_assert_eq!(&known(replay.campaign()), &moments[at as usize - 1]);
            }
        }
    }

    /// A journal of `changes` changes, each of one item.
    fn long(changes: u32) -> Campaign {
        let mut campaign = campaign(&acme().snapshot());
        for n in 0..changes {
            let event = Event::Decided(Decided {
                change: Change::Clear,
                items: ItemSet::from(Item(n % 12)),
                reason: None,
                chosen: Chosen::Single,
                left_out: LeftOut::default(),
            });
            let next = entry(campaign.next_seq(), event);
            campaign.apply(next).expect("anything may be cleared");
        }
        campaign
    }

    #[test]
    fn a_far_moment_is_reached_over_a_checkpoint() {
        let campaign = long(50_000);
        let mut replay = Replay::of(&campaign, &mut |_| {}).expect("a journal of its own");
        assert!(replay.checkpoints.bytes() < 64 << 20);
        for to in [1, 50_001, 25_000, 24_999, 3, 49_000, 12_345, 37_777, 25_500] {
            let from = replay.at();
            replay.seek(to);
            assert_eq!(replay.at(), to);
            let sought = replay.sought();
            assert!(sought.entries <= 512, "{from} to {to}: {sought:?}");
            assert_eq!(sought.items, u64::from(sought.entries));
        }
        replay.seek(25_501);
        let one = Sought {
            entries: 1,
            items: 1,
            jumped: false,
        };
        assert_eq!(replay.sought(), one);
    }

    #[test]
    fn what_differs_between_two_moments_is_told_both_ways() {
        let mut campaign = campaign(&acme().snapshot());
        for act in [
            Act::Decide(3, vec![4]),
            Act::Decide(4, vec![4, 5]),
            Act::Decide(3, vec![5, 6]),
            Act::Undo,
        ] {
            let event = event(&campaign, &act).expect("it may happen");
            let next = entry(campaign.next_seq(), event);
            campaign.apply(next).expect("it may happen");
        }
        let mut replay = Replay::of(&campaign, &mut |_| {}).expect("a journal of its own");
        let mut told = |from, to| -> Vec<(u32, bool, bool)> {
            let differences = replay.differences(from, to).into_iter();
            differences
                .map(|it| (it.item.0, it.before.later, it.after.later))
                .collect()
        };
        assert_eq!(told(1, 2), [(4, false, true)]);
        assert_eq!(
            told(2, 4),
            [(4, true, false), (5, false, true), (6, false, true)]
        );
        assert_eq!(
            told(4, 2),
            [(4, false, true), (5, true, false), (6, true, false)]
        );
        assert_eq!(told(3, 5), []);
        assert_eq!(replay.at(), 5);
    }

    #[test]
    fn a_moment_is_a_number_a_day_or_a_time() {
        let replay = Replay::of(&long(3), &mut |_| {}).expect("a journal of its own");
        let at = replay.end().entries()[0].at;
        let day = at.day().to_string();
        assert_eq!(replay.moment("2"), Ok(2));
        assert_eq!(replay.moment(&day), Ok(4));
        assert_eq!(replay.moment(&at.to_string()).map(|at| at >= 1), Ok(true));
        for (text, says) in [
            ("0", "there is no entry 0"),
            ("5", "there is no entry 5"),
            ("99999999999999999999", "neither"),
            ("1999-01-01", "nothing had happened"),
            ("\u{1b}[2J", "neither"),
            ("", "neither"),
        ] {
            let error = replay.moment(text).expect_err(text);
            assert!(error.to_string().contains(says), "{text}: {error}");
            assert!(!error.to_string().contains('\u{1b}') && !error.hint().is_empty());
        }
    }
}
