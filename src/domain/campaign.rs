//! [`Campaign`]: one review, made only by folding its journal over its snapshot.

pub mod replay;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{
    access::Access,
    account::{AccountId, Fact},
    bulk::{self, Exceptions},
    check::{self, Flag, Rule},
    decision::{Change, Decision, Slot},
    earlier::Earlier,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    journal::{Attested, Chosen, Decided, Entry, Event, How, Opened, Waived},
    policy::Policy,
    provenance,
    remains::{self, Remains},
    scope::{self, Scope},
    signal::{self, Signals},
    snapshot::{AccountIx, Snapshot, Subject},
    text::Raw,
    time::Timestamp,
};

/// One review of one snapshot, at one moment of its journal.
///
/// There is one way to make it: [`Campaign::open`] with the first entry, then [`Campaign::apply`] with
/// each that follows. Screens, verification and exports share that fold, so they cannot disagree.
#[derive(Debug, Clone)]
pub struct Campaign {
    snapshot: Arc<Snapshot>,
    terms: Terms,
    opened: Arc<Opened>,
    /// Who reaches what through teams; made when it is first asked for.
    access: Arc<OnceLock<Access>>,
    own: Option<AccountIx>,
    /// The items that are put up for decision.
    items: Arc<ItemSet>,
    /// For each subject, how many of its items are put up for decision.
    put_up: Vec<u32>,
    /// For each role, whether it is known to be privileged.
    privileged_roles: Arc<[bool]>,
    self_review: Option<Raw>,
    /// For each flag that was waived, the entry that did it last.
    waivers: BTreeMap<Rule, u32>,
    /// Made when they are asked for.
    signals: Arc<OnceLock<Signals>>,
    exceptions: Arc<OnceLock<Exceptions>>,
    slots: Vec<Slot>,
    notes: BTreeMap<Item, Raw>,
    progress: Progress,
    /// How many items are kept because the previous record kept them.
    kept_as_before: u64,
    /// For each subject, how many of its items are decided.
    decided: Vec<u32>,
    /// What policy took out of the bulks that stand; counted when somebody asks.
    left_out: OnceLock<ItemSet>,
    entries: Vec<Arc<Entry>>,
    done: Vec<Delta>,
    undone: Vec<Delta>,
    attested: Option<Confirmed>,
    sealed: Option<String>,
}

/// What a review is opened under besides its snapshot. It stays the same until the review is sealed.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The rules of the organization.
    pub policy: Arc<Policy>,
    /// What the previous record decided, when one was named.
    pub earlier: Option<Arc<Earlier>>,
}

/// An attestation, and what it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Confirmed {
    attested: Attested,
    flags: Arc<[Flag]>,
}

/// What a change replaced, so that it can be taken back.
#[derive(Debug, Clone)]
struct Delta {
    entry: u32,
    /// The entry since which it stands: itself, or the redo that made it again.
    since: u32,
    before: Before,
}

#[derive(Debug, Clone)]
enum Before {
    /// Runs of neighbours that had the same slot. A bulk over untouched items is one run.
    Slots(Vec<(Item, u32, Slot)>),
    Note(Item, Option<Raw>),
    Waiver(Rule, Option<u32>),
}

/// How far a review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// All items that are put up for decision.
    pub items: u64,
    /// Decided to stay.
    pub kept: u64,
    /// Decided to go.
    pub revoked: u64,
    /// Implicit ones that were seen.
    pub acknowledged: u64,
    /// Not decided, whether bookmarked or not.
    pub undecided: u64,
    /// Those of the undecided that are bookmarked.
    pub later: u64,
}

impl Progress {
    /// How many items are decided.
    pub fn decided(&self) -> u64 {
        self.items - self.undecided
    }

    fn count(&mut self, slot: Slot, by: i64) {
        let add = |count: &mut u64| {
            *count = count
                .checked_add_signed(by)
                .expect("a slot is counted before it is taken off");
        };
        match slot.decision {
            Some(Decision::Keep) => add(&mut self.kept),
            Some(Decision::Revoke) => add(&mut self.revoked),
            Some(Decision::Acknowledge) => add(&mut self.acknowledged),
            None => {
                add(&mut self.undecided);
                if slot.later {
                    add(&mut self.later);
                }
            }
        }
    }
}

/// Why something may not happen in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The first entry does not open a review, or a later one does.
    #[error("a journal opens its review once, in its first entry")]
    NotOpening,
    /// The entry's number is not the next one.
    #[error("entry {found} stands where entry {expected} belongs")]
    OutOfSequence {
        /// The number that belongs there.
        expected: u32,
        /// The number that was found.
        found: u32,
    },
    /// The entry says other counts than the snapshot has.
    #[error(
        "the journal was opened over another snapshot: it names {journal} items, the snapshot has {snapshot}"
    )]
    OtherSnapshot {
        /// Items the journal names.
        journal: u64,
        /// Items the snapshot has.
        snapshot: u64,
    },
    /// The entry names a previous record and there is nothing of what it decided, or the other way round.
    #[error("the journal and what the previous record decided do not belong together")]
    OtherEarlier,
    /// The item was not kept in the previous record, or it changed since.
    #[error(
        "item {0} is not as the previous record kept it, so it is not kept as before but decided"
    )]
    NotAsBefore(u64),
    /// What was kept before was kept by another record than the one this review is compared with.
    #[error("this review is not compared with the record {0}")]
    OtherRecord(String),
    /// The scope cannot be understood, or names what is not there.
    #[error("the scope is not taken: {0}")]
    BadScope(scope::Error),
    /// The item is not put up for decision.
    #[error("item {0} is outside the scope of this review")]
    OutOfScope(u64),
    /// The change names no item.
    #[error("no items are chosen")]
    NoItems,
    /// The change names an item that is not there.
    #[error("there is no item {0}")]
    NoSuchItem(u64),
    /// A revoke came without a reason.
    #[error("a revoke needs a reason")]
    NoReason,
    /// A privileged grant was kept without a reason, and the policy wants one.
    #[error("item {0} is privileged, and the policy of this review wants a reason to keep it")]
    KeepNeedsReason(u64),
    /// The item is the reviewer's own access.
    #[error("item {0} is your own access; another reviewer decides on it")]
    OwnAccess(u64),
    /// An implicit grant was kept or revoked.
    #[error("item {0} is an implicit grant: nobody can remove it, so it is acknowledged")]
    OnlyAcknowledge(u64),
    /// A stored grant was acknowledged.
    #[error("item {0} is a stored grant: keep or revoke it")]
    NotImplicit(u64),
    /// Policy wants the item decided by itself, and it was decided together with others.
    #[error("item {0} is not decided together with others ({words}): decide it by itself", words = bulk::words(*.1))]
    OneByOne(u64, signal::Rule),
    /// Something is said to be left out of a choice that policy does not take out, or that was decided.
    #[error("item {0} cannot have been left out of this choice")]
    NotLeftOut(u64),
    /// A decided item was bookmarked.
    #[error("item {0} is decided; clear it to look at it later")]
    LaterIsUndecided(u64),
    /// There is nothing to undo, or it is not the latest change.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// There is nothing to redo, or it is not the latest change taken back.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// Nothing of the kind is there to be waived.
    #[error("there is no flag {0} to waive")]
    NoSuchFlag(&'static str),
    /// There is more or less of the flag than the waiver names.
    #[error("the flag {0} is not what was waived; look at it again")]
    OtherFlag(&'static str),
    /// The review is attested although something stops that.
    #[error("the flag {0} is open: settle it, or waive it with a reason")]
    OpenFlag(&'static str),
    /// The attestation states other counts than the journal gives.
    #[error("the attestation does not state what was decided")]
    FalseAttestation,
    /// A seal came without an attestation right before it.
    #[error("a review is sealed right after its attestation")]
    NotAttested,
    /// The review is closed.
    #[error("the review is sealed as {0}; nothing in it changes any more")]
    Sealed(String),
    /// The reason or the text is empty.
    #[error("a reason is missing")]
    EmptyReason,
}

impl Campaign {
    /// Begins the fold with the first entry.
    ///
    /// # Errors
    /// When the entry does not open a review of this snapshot.
    pub fn open(snapshot: Arc<Snapshot>, terms: Terms, first: Entry) -> Result<Self, Refusal> {
        let Event::Opened(opened) = &first.event else {
            return Err(Refusal::NotOpening);
        };
        if first.seq != 1 {
            return Err(Refusal::OutOfSequence {
                expected: 1,
                found: first.seq,
            });
        }
        let items = snapshot.len() as u64;
        let end =
            u32::try_from(snapshot.len()).expect("a snapshot has fewer than four billion items");
        if opened.items != items || opened.accounts != snapshot.accounts().len() as u64 {
            return Err(Refusal::OtherSnapshot {
                journal: opened.items,
                snapshot: items,
            });
        }
        let earlier = terms.earlier.as_ref();
        if opened.previous_record.is_some() != earlier.is_some()
            || earlier.is_some_and(|earlier| earlier.len() != snapshot.len())
        {
            return Err(Refusal::OtherEarlier);
        }
        let put_up = match &opened.scope {
            None => ItemSet::range(Item(0), Item(end)),
            Some(scope) => Scope::parse(scope.raw())
                .and_then(|scope| scope.select(&snapshot, opened.provenance.ended))
                .map_err(Refusal::BadScope)?,
        };
        let items = put_up.len() as u64;
        let of = |subject: &Subject| put_up.within(subject.first, subject.end);
        let of = |subject| u32::try_from(of(subject)).expect("a part of the snapshot");
        let opened = Arc::new(Opened::clone(opened));
        Ok(Self {
            put_up: snapshot.subjects().iter().map(of).collect(),
            items: Arc::new(put_up),
            own: opened
                .reviewer_account
                .as_ref()
                .and_then(|AccountId(id)| snapshot.find_account(id)),
            privileged_roles: snapshot
                .roles()
                .iter()
                .map(|role| terms.policy.privileged(role) == Fact::Known(true))
                .collect(),
            self_review: None,
            signals: Arc::default(),
            exceptions: Arc::default(),
            slots: vec![Slot::default(); snapshot.len()],
            waivers: BTreeMap::new(),
            notes: BTreeMap::new(),
            kept_as_before: 0,
            progress: Progress {
                items,
                undecided: items,
                ..Progress::default()
            },
            decided: vec![0; snapshot.subjects().len()],
            left_out: OnceLock::new(),
            entries: vec![Arc::new(first)],
            done: Vec::new(),
            undone: Vec::new(),
            attested: None,
            sealed: None,
            access: Arc::default(),
            snapshot,
            terms,
            opened,
        })
    }

    /// Whether `event` may happen at `at`.
    ///
    /// # Errors
    /// The reason why not.
    pub fn check(&self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        if let Some(record) = &self.sealed {
            return Err(Refusal::Sealed(record.clone()));
        }
        match event {
            Event::Opened(_) => Err(Refusal::NotOpening),
            Event::Decided(decided) => self.check_decided(decided),
            Event::Undone { entry } => match self.done.last() {
                Some(delta) if delta.entry == *entry => Ok(()),
                _ => Err(Refusal::NothingToUndo),
            },
            Event::Redone { entry } => match self.undone.last() {
                Some(delta) if delta.entry == *entry => Ok(()),
                _ => Err(Refusal::NothingToRedo),
            },
            Event::Noted { item, .. } if item.index() >= self.slots.len() => {
                Err(Refusal::NoSuchItem(item.number()))
            }
            Event::Noted { item, .. } if !self.items.contains(*item) => {
                Err(Refusal::OutOfScope(item.number()))
            }
            Event::SelfReviewAllowed { reason } if reason.is_blank() => Err(Refusal::EmptyReason),
            Event::Waived(waived) => self.check_waived(waived, at),
            Event::Attested(attested) => self.flags_of(attested, at).map(drop),
            Event::Sealed { .. } if self.attested.is_none() => Err(Refusal::NotAttested),
            Event::Noted { .. } | Event::SelfReviewAllowed { .. } | Event::Sealed { .. } => Ok(()),
        }
    }

    /// A waiver is for a flag as it is.
    fn check_waived(&self, waived: &Waived, at: Timestamp) -> Result<(), Refusal> {
        if waived.reason.is_blank() {
            return Err(Refusal::EmptyReason);
        }
        let name = waived.flag.name();
        let flag = check::find(self, waived.flag, at).ok_or(Refusal::NoSuchFlag(name))?;
        if (flag.count, &flag.all()) == (waived.count, &waived.items) {
            Ok(())
        } else {
            Err(Refusal::OtherFlag(name))
        }
    }

    /// The flags that an attestation at `at` stands on.
    fn flags_of(&self, attested: &Attested, at: Timestamp) -> Result<Vec<Flag>, Refusal> {
        if attested.progress != self.progress {
            return Err(Refusal::FalseAttestation);
        }
        let flags = check::check(self, at);
        match flags.iter().find(|flag| flag.stops()) {
            Some(flag) => Err(Refusal::OpenFlag(flag.rule.name())),
            None => Ok(flags),
        }
    }

    fn check_decided(&self, decided: &Decided) -> Result<(), Refusal> {
        let Some(last) = decided.items.last() else {
            return Err(Refusal::NoItems);
        };
        if last.index() >= self.slots.len() {
            return Err(Refusal::NoSuchItem(last.number()));
        }
        if decided.reason.as_ref().is_some_and(Raw::is_blank) {
            return Err(Refusal::EmptyReason);
        }
        if let Some(refusal) = self.wants_reason(decided.change, &decided.items)
            && decided.reason.is_none()
        {
            return Err(refusal);
        }
        match &decided.chosen {
            Chosen::AsBefore { record } => self.check_as_before(decided, record)?,
            Chosen::Carried {
                how: How::AsBefore, ..
            } if self.earlier().is_none() => return Err(Refusal::OtherEarlier),
            _ => {}
        }
        let mut items = decided.items.iter();
        items.try_for_each(|item| self.may(decided.change, item))?;
        self.check_left_out(decided)
    }

    /// Whether policy lets the items be decided together, and whether what is left out is what it takes out: in the
    /// scope, under the rule that it names, and not decided all the same.
    fn check_left_out(&self, decided: &Decided) -> Result<(), Refusal> {
        // What is kept as before was not looked at, be it one item.
        let many = decided.items.len() + decided.left_out.len() > 1
            || decided.chosen.how() == How::AsBefore;
        let keeps = matches!(
            decided.change,
            Change::Decide(Decision::Keep | Decision::Acknowledge)
        );
        if many
            && keeps
            && decided.chosen.is_new()
            && let Some((item, rule)) = self.exceptions().among(&decided.items)
        {
            return Err(Refusal::OneByOne(item.number(), rule));
        }
        let bulk = decided.chosen.is_bulk();
        for (rule, items) in decided.left_out.iter() {
            let wrong = items.iter().find(|item| {
                !bulk
                    || !self.items.contains(*item)
                    || decided.items.contains(*item)
                    || bulk::exception(self, decided.change, *item) != Some(rule)
            });
            if let Some(item) = wrong {
                return Err(Refusal::NotLeftOut(item.number()));
            }
        }
        Ok(())
    }

    /// Whether all items of `decided` can be kept because `record` kept them.
    fn check_as_before(&self, decided: &Decided, record: &str) -> Result<(), Refusal> {
        let named = self.opened.previous_record.as_ref();
        let (Some(earlier), true) = (
            self.earlier(),
            named.is_some_and(|named| named.record == record),
        ) else {
            return Err(Refusal::OtherRecord(record.to_owned()));
        };
        let not = |item: &Item| {
            let decided = self.slot(*item).decision.is_some();
            decided || !earlier.as_before(*item)
        };
        let other = match decided.change {
            Change::Decide(Decision::Keep) => decided.items.iter().find(not),
            _ => decided.items.first(),
        };
        other.map_or(Ok(()), |item| Err(Refusal::NotAsBefore(item.number())))
    }

    /// Why `change` may be made to `items` only with a reason, when that is so: to revoke always, and to keep what is
    /// privileged when the policy says so.
    pub fn wants_reason(&self, change: Change, items: &ItemSet) -> Option<Refusal> {
        match change {
            Change::Decide(Decision::Revoke) => Some(Refusal::NoReason),
            Change::Decide(Decision::Keep) if self.policy().privileged_keep_needs_reason => {
                let item = items.iter().find(|item| self.is_privileged(*item))?;
                Some(Refusal::KeepNeedsReason(item.number()))
            }
            Change::Decide(_) | Change::Later | Change::Clear => None,
        }
    }

    /// Whether `change` may be made to `item`, its reason apart.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may(&self, change: Change, item: Item) -> Result<(), Refusal> {
        if !self.items.contains(item) {
            return Err(Refusal::OutOfScope(item.number()));
        }
        match change {
            Change::Decide(decision) => {
                let implicit = self.snapshot.implicit(item);
                match decision {
                    Decision::Acknowledge if !implicit => {
                        return Err(Refusal::NotImplicit(item.number()));
                    }
                    Decision::Keep | Decision::Revoke if implicit => {
                        return Err(Refusal::OnlyAcknowledge(item.number()));
                    }
                    _ => {}
                }
                if self.is_own(item) && self.self_review.is_none() {
                    return Err(Refusal::OwnAccess(item.number()));
                }
                Ok(())
            }
            Change::Later if self.slot(item).decision.is_some() => {
                Err(Refusal::LaterIsUndecided(item.number()))
            }
            Change::Later | Change::Clear => Ok(()),
        }
    }

    /// Whether an item is known to be privileged under the policy.
    pub fn is_privileged(&self, item: Item) -> bool {
        match self.snapshot.grant(item).entitlement {
            Entitlement::OrganizationRole(ix) | Entitlement::ProjectRole(_, ix) => {
                self.privileged_roles[ix.index()]
            }
            Entitlement::SignIn | Entitlement::Membership(_) => false,
        }
    }

    /// Takes the next entry into the fold. When it is refused, nothing has changed.
    ///
    /// # Errors
    /// The reason why this entry cannot follow.
    pub fn apply(&mut self, entry: Entry) -> Result<(), Refusal> {
        let expected = self.next_seq();
        if entry.seq != expected {
            return Err(Refusal::OutOfSequence {
                expected,
                found: entry.seq,
            });
        }
        if let (Event::Attested(attested), None) = (&entry.event, &self.sealed) {
            // It takes a pass over the review to know them, so they are kept.
            let flags = self.flags_of(attested, entry.at)?.into();
            let attested = Attested::clone(attested);
            self.attested = Some(Confirmed { attested, flags });
        } else {
            self.check(&entry.event, entry.at)?;
        }
        match &entry.event {
            Event::Opened(_) => unreachable!("`check` refuses it"),
            Event::Decided(decided) => {
                let (change, mut before) = (decided.change, Vec::new());
                for (first, last) in decided.items.runs() {
                    let change = |slot| after(change, slot, entry.seq);
                    self.set(first, Item(last.0 + 1), change, &mut before);
                }
                self.kept_as_before -= self.as_before_among(&before);
                if decided.chosen.how() == How::AsBefore {
                    self.kept_as_before += decided.items.len() as u64;
                }
                self.record(entry.seq, Before::Slots(before));
            }
            Event::Noted { item, text } => {
                let before = if text.raw().is_empty() {
                    self.notes.remove(item)
                } else {
                    self.notes.insert(*item, text.clone())
                };
                self.record(entry.seq, Before::Note(*item, before));
            }
            Event::Undone { .. } => {
                let delta = self.done.pop().expect("`check` saw it");
                let back = self.restore(delta);
                self.undone.push(back);
                self.attested = None;
            }
            Event::Redone { .. } => {
                let delta = self.undone.pop().expect("`check` saw it");
                let back = self.restore(delta);
                self.done.push(Delta {
                    since: entry.seq,
                    ..back
                });
                self.attested = None;
            }
            Event::SelfReviewAllowed { reason } => {
                self.self_review = Some(reason.clone());
                self.attested = None;
            }
            Event::Waived(waived) => {
                let before = self.waivers.insert(waived.flag, entry.seq);
                self.record(entry.seq, Before::Waiver(waived.flag, before));
            }
            Event::Attested(_) => {}
            Event::Sealed { record, .. } => self.sealed = Some(record.clone()),
        }
        self.left_out = OnceLock::new();
        self.entries.push(Arc::new(entry));
        Ok(())
    }

    /// The entry that `event` makes when it is written next, with what its revokes leave standing.
    pub fn next(&self, event: Event, at: Timestamp, by: Raw) -> Entry {
        Entry {
            seq: self.next_seq(),
            at,
            by,
            remains: self.remains(&event),
            event,
        }
    }

    /// What the revokes of `event` leave standing when it happens next. It is not part of the fold, which would take
    /// long over it: [`Campaign::next`] writes it down, and `verify` asks for it again.
    pub fn remains(&self, event: &Event) -> Option<Box<Remains>> {
        Remains::of(self, self.revokes(event)?)
    }

    /// How many steps [`Campaign::remains`] takes at most.
    pub fn steps_to_remains(&self, event: &Event) -> u64 {
        self.revokes(event)
            .map_or(0, |items| remains::steps(self, items))
    }

    /// The items that `event` revokes, when it does and there are such.
    fn revokes<'e>(&self, event: &'e Event) -> Option<&'e ItemSet> {
        match event {
            Event::Decided(decided) if decided.change == Change::Decide(Decision::Revoke) => {
                let there = decided.items.last()?.index() < self.slots.len();
                there.then_some(&decided.items)
            }
            _ => None,
        }
    }

    fn record(&mut self, entry: u32, before: Before) {
        self.done.push(Delta {
            entry,
            since: entry,
            before,
        });
        self.undone.clear();
        self.attested = None;
    }

    /// Sets the slots of the items from `first` on and before `end`; what they were goes behind `before`.
    fn set(
        &mut self,
        first: Item,
        end: Item,
        change: impl Fn(Slot) -> Slot,
        before: &mut Vec<(Item, u32, Slot)>,
    ) {
        let mut at = first;
        while at < end {
            // Neighbours with the same slot are set at once: a bulk over a million is a few of those.
            let rest = &self.slots[at.index()..end.index()];
            let old = rest[0];
            let same = rest.iter().take_while(|slot| **slot == old).count();
            let length = u32::try_from(same).expect("a part of the snapshot");
            let next = Item(at.0 + length);
            self.put(at, next, old, change(old));
            match before.last_mut() {
                Some((first, run, slot)) if *slot == old && first.0 + *run == at.0 => {
                    *run += length;
                }
                _ => before.push((at, length, old)),
            }
            at = next;
        }
    }

    /// How many items of these runs are decided as before.
    fn as_before_among(&self, runs: &[(Item, u32, Slot)]) -> u64 {
        let as_before = |slot: &Slot| {
            let entry = self.entry(slot.entry).and_then(Entry::decided);
            slot.decision.is_some()
                && entry.is_some_and(|(_, decided)| decided.chosen.how() == How::AsBefore)
        };
        let runs = runs.iter().filter(|(_, _, slot)| as_before(slot));
        runs.map(|(_, length, _)| u64::from(*length)).sum()
    }

    /// Sets the slots of the items from `first` on and before `end`, all of which are `old`, to `new`.
    fn put(&mut self, first: Item, end: Item, old: Slot, new: Slot) {
        self.slots[first.index()..end.index()].fill(new);
        let items = i64::from(end.0 - first.0);
        self.progress.count(old, -items);
        self.progress.count(new, items);
        if old.decision.is_some() == new.decision.is_some() {
            return;
        }
        let subjects = self.snapshot.subjects();
        let from = self.snapshot.subject_of(first);
        let touched = subjects[from..].iter().take_while(|one| one.first < end);
        for (decided, subject) in self.decided[from..].iter_mut().zip(touched) {
            let items = subject.end.min(end).0 - subject.first.max(first).0;
            if new.decision.is_some() {
                *decided += items;
            } else {
                *decided -= items;
            }
        }
    }

    /// Puts back what a change replaced; the answer puts that back in turn.
    fn restore(&mut self, delta: Delta) -> Delta {
        let before = match delta.before {
            Before::Slots(runs) => {
                let back = self.as_before_among(&runs);
                let mut before = Vec::new();
                for (first, length, slot) in runs {
                    self.set(first, Item(first.0 + length), |_| slot, &mut before);
                }
                self.kept_as_before += back;
                self.kept_as_before -= self.as_before_among(&before);
                Before::Slots(before)
            }
            Before::Note(item, note) => {
                let old = match note {
                    Some(note) => self.notes.insert(item, note),
                    None => self.notes.remove(&item),
                };
                Before::Note(item, old)
            }
            Before::Waiver(rule, entry) => {
                let old = match entry {
                    Some(entry) => self.waivers.insert(rule, entry),
                    None => self.waivers.remove(&rule),
                };
                Before::Waiver(rule, old)
            }
        };
        Delta { before, ..delta }
    }

    /// The reviewed snapshot.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Who reaches what through teams, as of the snapshot; made when it is first asked for.
    pub fn access(&self) -> &Access {
        self.access
            .get_or_init(|| Access::of(&self.snapshot, self.as_of()))
    }

    /// The rules the review was opened under.
    pub fn policy(&self) -> &Policy {
        &self.terms.policy
    }

    /// What the previous record decided, when the review is compared with one.
    pub fn earlier(&self) -> Option<&Earlier> {
        self.terms.earlier.as_deref()
    }

    /// How many items are kept because the previous record kept them; nobody looked at them one by one.
    pub fn kept_as_before(&self) -> u64 {
        self.kept_as_before
    }

    /// Whether policy took an item out of a bulk that stands, and it is still undecided.
    pub fn is_left_out(&self, item: Item) -> bool {
        self.slot(item).decision.is_none() && self.taken_out().contains(item)
    }

    /// What policy took out of the bulks that stand and that is still undecided.
    pub fn left_out(&self) -> ItemSet {
        let items = self.taken_out().iter();
        items
            .filter(|item| self.slot(*item).decision.is_none())
            .collect()
    }

    fn taken_out(&self) -> &ItemSet {
        self.left_out.get_or_init(|| {
            let stand = self
                .done
                .iter()
                .filter_map(|delta| self.entry(delta.entry)?.decided());
            let taken = stand.flat_map(|(_, decided)| decided.left_out.iter());
            taken.flat_map(|(_, items)| items.iter()).collect()
        })
    }

    /// What the review was opened under, to open another one in the same way.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// How the review began.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The time as of which the snapshot speaks.
    pub fn as_of(&self) -> Timestamp {
        self.opened.provenance.ended
    }

    /// How far the review is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The items that are put up for decision: all of the snapshot's, or those in the scope.
    pub fn items(&self) -> &ItemSet {
        &self.items
    }

    /// How many items of the snapshot are not put up for decision.
    pub fn out_of_scope(&self) -> u64 {
        self.opened.items - self.progress.items
    }

    /// How many items of the subject at `position` in [`Snapshot::subjects`] are put up for decision.
    pub fn items_of(&self, position: usize) -> u32 {
        self.put_up[position]
    }

    /// How complete the review is, in one line for people.
    pub fn complete(&self) -> String {
        let opened = self.opened();
        provenance::complete(
            &opened.provenance,
            opened.scope.as_ref(),
            self.out_of_scope(),
        )
    }

    /// What is recorded about an item.
    pub fn slot(&self, item: Item) -> Slot {
        self.slots[item.index()]
    }

    /// What is recorded about every item, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The entry that decided an item, when it is decided or bookmarked.
    pub fn deciding_entry(&self, item: Item) -> Option<(&Entry, &Decided)> {
        let slot = self.slot(item);
        let entry = self
            .entry(slot.entry)
            .filter(|_| slot.decision.is_some() || slot.later)?;
        match &entry.event {
            Event::Decided(decided) => Some((entry, decided)),
            _ => None,
        }
    }

    /// The note on an item.
    pub fn note(&self, item: Item) -> Option<&Raw> {
        self.notes.get(&item)
    }

    /// All notes, by item.
    pub fn notes(&self) -> impl Iterator<Item = (Item, &Raw)> {
        self.notes.iter().map(|(item, note)| (*item, note))
    }

    /// How many items of the subject at `position` in [`Snapshot::subjects`] are decided.
    pub fn decided_of(&self, position: usize) -> u32 {
        self.decided[position]
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The entry with this number.
    pub fn entry(&self, seq: u32) -> Option<&Entry> {
        self.entries
            .get((seq as usize).checked_sub(1)?)
            .map(Arc::as_ref)
    }

    /// The number the next entry takes.
    pub fn next_seq(&self) -> u32 {
        u32::try_from(self.entries.len() + 1)
            .expect("a journal has fewer than four billion entries")
    }

    /// The change that an undo would take back.
    pub fn undoable(&self) -> Option<&Entry> {
        self.entry(self.done.last()?.entry)
    }

    /// The change that a redo would make again.
    pub fn redoable(&self) -> Option<&Entry> {
        self.entry(self.undone.last()?.entry)
    }

    /// Whether the change with this number stands: it was made and is not taken back.
    pub fn stands(&self, seq: u32) -> bool {
        self.done
            .binary_search_by_key(&seq, |delta| delta.entry)
            .is_ok()
    }

    /// How many changes stand now that did not yet stand right after entry `seq`: made later, or made again later.
    /// As many undos take them back.
    pub fn changes_after(&self, seq: u32) -> usize {
        let before = self.done.partition_point(|delta| delta.since <= seq);
        self.done.len() - before
    }

    /// What every rule says about every item; made when it is first asked for.
    pub fn signals(&self) -> &Signals {
        self.signals.get_or_init(|| Signals::of(self))
    }

    /// The same when it is made already: it takes a while for a million items, and a screen does not wait for it.
    pub fn signals_made(&self) -> Option<&Signals> {
        self.signals.get()
    }

    /// What policy takes out of many items that are kept together; made when it is first asked for.
    pub(super) fn exceptions(&self) -> &Exceptions {
        self.exceptions.get_or_init(|| Exceptions::of(self))
    }

    /// The reviewer's own account, when it is known and in the snapshot.
    pub fn own_account(&self) -> Option<AccountIx> {
        self.own
    }

    /// Whether an item is the reviewer's own access.
    pub fn is_own(&self, item: Item) -> bool {
        self.own
            .is_some_and(|own| self.snapshot.grant(item).holder == Holder::Account(own))
    }

    /// Why the reviewer may decide on their own access, when they may.
    pub fn self_review(&self) -> Option<&Raw> {
        self.self_review.as_ref()
    }

    /// The attestation, when it is the last word on the decisions.
    pub fn attested(&self) -> Option<&Attested> {
        self.attested.as_ref().map(|confirmed| &confirmed.attested)
    }

    /// The red flags there were when it was attested.
    pub fn attested_flags(&self) -> Option<&[Flag]> {
        self.attested.as_ref().map(|confirmed| &*confirmed.flags)
    }

    /// The last waiver of a flag that stands, with its entry; it need not be for all there is of the flag now.
    pub fn waived(&self, flag: Rule) -> Option<(&Entry, &Waived)> {
        let entry = self.entry(*self.waivers.get(&flag)?)?;
        match &entry.event {
            Event::Waived(waived) => Some((entry, waived)),
            _ => None,
        }
    }

    /// The record it was sealed as.
    pub fn sealed(&self) -> Option<&str> {
        self.sealed.as_deref()
    }
}

fn after(change: Change, slot: Slot, entry: u32) -> Slot {
    match change {
        Change::Decide(decision) => Slot {
            decision: Some(decision),
            later: false,
            entry,
        },
        Change::Later => Slot {
            later: true,
            entry,
            ..slot
        },
        Change::Clear => Slot {
            decision: None,
            later: false,
            entry,
        },
    }
}

#[cfg(test)]
mod tests;
