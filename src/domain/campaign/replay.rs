//! [`Replay`]: a campaign at any moment of its journal.

use std::{collections::BTreeMap, sync::Arc};

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
/// What each entry replaced is kept, so that going from one moment to another costs what lies between them, and never more
/// than half of the journal.
#[derive(Debug)]
pub struct Replay {
    /// The campaign at the moment that is shown.
    shown: Campaign,
    /// The campaign right after its first entry.
    start: Campaign,
    /// The campaign after its last entry.
    end: Campaign,
    /// What each entry after the first changed, in order.
    steps: Vec<Step>,
}

/// What one entry changed, both ways.
#[derive(Debug)]
struct Step {
    entry: Arc<Entry>,
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
        let entries = campaign.entries();
        let first = entries.first().ok_or(Refusal::NotOpening)?;
        let start = Campaign::open(
            campaign.snapshot.clone(),
            campaign.terms.clone(),
            Entry::clone(first),
        )?;
        let mut shown = start.clone();
        let mut steps = Vec::with_capacity(entries.len());
        for (done, entry) in entries.iter().enumerate().skip(1) {
            steps.push(step(&mut shown, entry)?);
            progress(done);
        }
        // Nothing is taken back from here on.
        for delta in shown.done.iter_mut().chain(&mut shown.undone) {
            *delta = bare(pair(delta));
        }
        Ok(Self {
            end: shown.clone(),
            shown,
            start,
            steps,
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
        let (from, last) = (self.at(), self.last());
        let way = from.abs_diff(to);
        if to - 1 < way {
            self.shown = self.start.clone();
        } else if last - to < way {
            self.shown = self.end.clone();
        }
        while self.at() > to {
            self.back();
        }
        while self.at() < to {
            self.forth();
        }
    }

    fn forth(&mut self) {
        let step = &self.steps[self.shown.entries.len() - 1];
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
        let step = &self.steps[self.shown.entries.len() - 2];
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

/// Applies `entry` and notes what it changed.
fn step(campaign: &mut Campaign, entry: &Arc<Entry>) -> Result<Step, Refusal> {
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
    Ok(Step {
        entry: entry.clone(),
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
    let end = run.first.0 + run.length;
    if run.length == 1 {
        campaign.put(run.first, |_| slot);
    } else {
        campaign.set(&ItemSet::range(run.first, Item(end)), |_| slot);
    }
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
        journal::{Attested, Chosen, Decided},
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
            let mut replay = Replay::of(&campaign, &mut |_| {}).expect("a journal of its own");
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
}
