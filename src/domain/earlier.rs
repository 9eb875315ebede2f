//! [`Earlier`]: what the previous signed record decided about the items of a snapshot, and what changed since.

mod told;

pub use told::{compared, decided, since, was};

use std::collections::BTreeMap;

use super::{
    account::State,
    campaign::Campaign,
    decision::Decision,
    drift::{self, Aspect, Drift},
    grant::{Entitlement, GrantId, Holder, Standing},
    items::{Item, ItemSet},
    journal::{Chosen, Entry, How},
    snapshot::Snapshot,
    text::Raw,
    time::Timestamp,
};

/// What an item is beside the previous record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delta {
    /// The record did not put it up for decision.
    New,
    /// Something differs that a decision may rest on.
    Changed,
    /// Nothing differs.
    Unchanged,
    /// It was revoked and is here, or it was gone in between.
    Back,
}

impl Delta {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 4] = [Self::New, Self::Changed, Self::Unchanged, Self::Back];

    /// The word in files and filters.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Back => "back",
        }
    }
}

/// What the previous record decided about the items of one snapshot.
///
/// It speaks of the items by their number in that snapshot, and holds for them whatever a scope puts up for decision.
/// Items with the same past share it, so a million of them take little room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// By entry number.
    acts: Vec<Act>,
    lots: Vec<Lot>,
    /// For each item the place of its lot; [`NO_LOT`] where it is new.
    places: Vec<u32>,
    /// By holder, resource, role and id.
    gone: Vec<Gone>,
}

const NO_LOT: u32 = u32::MAX;

/// One act of the previous review that decided items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The number of its entry in the record's journal.
    pub entry: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// Who decided.
    pub by: Raw,
    /// How it came about.
    pub how: How,
    /// How many items were decided in it.
    pub together: u64,
    /// Why, when it was told.
    pub reason: Option<Raw>,
}

/// Items with the same past.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// What they are now; never [`Delta::New`].
    pub delta: Delta,
    /// What differs, in rising order.
    pub what: Vec<Aspect>,
    /// What was decided about them.
    pub was: Was,
}

/// What was decided about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Was {
    /// The decision; `None` is undecided.
    pub decision: Option<Decision>,
    /// The entry that decided it; there when there is a decision.
    pub entry: Option<u32>,
    /// How many records in a row kept it because the one before did.
    pub again: u32,
}

/// An item of the previous record that is not in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// What its holder was called.
    pub holder: Raw,
    /// What it was access to.
    pub resource: Raw,
    /// What it allowed.
    pub role: Raw,
    /// What tells it apart.
    pub id: GrantId,
    /// What was decided about it.
    pub was: Was,
}

/// How many items are what beside the previous record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not in it.
    pub new: u64,
    /// Something differs.
    pub changed: u64,
    /// Nothing differs.
    pub unchanged: u64,
    /// Revoked in it and here, or gone in between.
    pub back: u64,
}

/// Why lists are not what a previous record decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The acts are not in order.
    #[error("the act of entry {0} does not stand where it belongs in the order")]
    ActOrder(u32),
    /// An act decided nothing that is told.
    #[error("the act of entry {0} decided none of the items")]
    IdleAct(u32),
    /// There is no such act.
    #[error("there is no act of entry {0}")]
    NoAct(u32),
    /// An item is there twice, or is not in the snapshot.
    #[error("item {0} is told about twice, or is not in the snapshot")]
    BadItem(u64),
    /// Lots with the same past, without items, or out of order.
    #[error("the items from {0} on do not stand where they belong in the order")]
    LotOrder(u64),
    /// What is said of items cannot be so.
    #[error("what is told of item {0} cannot be so: {1}")]
    Impossible(u64, &'static str),
    /// What is gone is not in order.
    #[error("the gone grant {0} does not stand where it belongs in the order")]
    GoneOrder(GrantId),
    /// What is said to be gone is there.
    #[error("the grant {0} is said to be gone, and is in the snapshot")]
    NotGone(GrantId),
}

impl Earlier {
    /// What `previous`, the review of a sealed record, decided about the items of `snapshot`, which is as of `as_of`.
    pub fn of(previous: &Campaign, snapshot: &Snapshot, as_of: Timestamp) -> Self {
        let old = previous.snapshot();
        let (before, now) = (
            (&**old, previous.as_of(), previous.items()),
            (snapshot, as_of, &everything(snapshot)),
        );
        let drift = Drift::between(before, now);
        let mut making = Making::new(snapshot.len());
        let mut changed = drift.changed.iter().peekable();
        for item in previous.items().iter() {
            let Some(place) = drift.place(item) else {
                continue;
            };
            let what = changed
                .next_if(|changed| changed.before == item)
                .map_or_else(Vec::new, |changed| changed.what.clone());
            let was = was_of(previous, item);
            let back = was.decision == Some(Decision::Revoke) && stands(snapshot, place, as_of);
            making.put(place, lot(what, was, back));
        }
        let anew = made_anew(previous, &drift.gone, snapshot, &drift.new);
        for (item, place) in &anew {
            let what = drift::differences(before, old.grant(*item), now, snapshot.grant(*place));
            making.put(*place, lot(what, was_of(previous, *item), true));
        }
        for item in drift.gone.iter().filter(|item| !anew.contains_key(item)) {
            making.gone(old, item, was_of(previous, item));
        }
        making.done(|entry| previous.entry(entry).and_then(act))
    }

    /// The same about the items of `new`, a later snapshot of the same organization than `old`, about which this is.
    ///
    /// What is changed in between stays changed, even if it were as it was in the record again.
    #[must_use]
    pub fn moved(&self, old: (&Snapshot, Timestamp), new: (&Snapshot, Timestamp)) -> Self {
        let drift = Drift::between(
            (old.0, old.1, &everything(old.0)),
            (new.0, new.1, &everything(new.0)),
        );
        let mut making = Making::new(new.0.len());
        let mut changed = drift.changed.iter().peekable();
        for before in everything(old.0).iter() {
            let more = changed.next_if(|changed| changed.before == before);
            let Some(past) = self.lot(before) else {
                continue;
            };
            match drift.place(before) {
                Some(place) => {
                    let mut what = past.what.clone();
                    what.extend(more.iter().flat_map(|changed| &changed.what));
                    let back = match past.was.decision {
                        Some(Decision::Revoke) => stands(new.0, place, new.1),
                        _ => past.delta == Delta::Back,
                    };
                    making.put(place, lot(what, past.was, back));
                }
                None => making.gone(old.0, before, past.was),
            }
        }
        let mut gone: BTreeMap<GrantId, &Gone> =
            self.gone.iter().map(|gone| (gone.id, gone)).collect();
        for item in drift.new.iter() {
            if let Some(gone) = gone.remove(&new.0.grant(item).id) {
                making.put(item, lot(Vec::new(), gone.was, true));
            }
        }
        making.gone.extend(gone.into_values().cloned());
        making.done(|entry| self.act(entry).cloned())
    }

    /// The acts that decided what is told of, by entry number.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Items with the same past, and which ones, by the first of them.
    pub fn lots(&self) -> Vec<(&Lot, ItemSet)> {
        let mut sets = vec![ItemSet::default(); self.lots.len()];
        for (place, item) in self.places.iter().zip(0..) {
            if *place != NO_LOT {
                sets[*place as usize].push(Item(item));
            }
        }
        self.lots.iter().zip(sets).collect()
    }

    /// The items of the previous record that are not in the snapshot.
    pub fn gone(&self) -> &[Gone] {
        &self.gone
    }

    /// How many items the snapshot has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether the snapshot has no items.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What an item is beside the previous record.
    pub fn delta(&self, item: Item) -> Delta {
        self.lot(item).map_or(Delta::New, |lot| lot.delta)
    }

    /// What is known of an item's past; `None` when it is new.
    pub fn lot(&self, item: Item) -> Option<&Lot> {
        self.lots.get(self.places[item.index()] as usize)
    }

    /// The act of this entry.
    pub fn act(&self, entry: u32) -> Option<&Act> {
        let found = self.acts.binary_search_by_key(&entry, |act| act.entry);
        found.ok().map(|place| &self.acts[place])
    }

    /// Whether it is unchanged since it was kept, so that it may be kept as before.
    pub fn as_before(&self, item: Item) -> bool {
        self.lot(item).is_some_and(|lot| {
            lot.delta == Delta::Unchanged && lot.was.decision == Some(Decision::Keep)
        })
    }

    /// How many of `items` are what.
    pub fn counts(&self, items: &ItemSet) -> Counts {
        let mut counts = Counts::default();
        for item in items.iter() {
            *match self.delta(item) {
                Delta::New => &mut counts.new,
                Delta::Changed => &mut counts.changed,
                Delta::Unchanged => &mut counts.unchanged,
                Delta::Back => &mut counts.back,
            } += 1;
        }
        counts
    }
}

impl Counts {
    /// How many are `delta`.
    pub fn of(&self, delta: Delta) -> u64 {
        match delta {
            Delta::New => self.new,
            Delta::Changed => self.changed,
            Delta::Unchanged => self.unchanged,
            Delta::Back => self.back,
        }
    }
}

fn everything(snapshot: &Snapshot) -> ItemSet {
    let end = u32::try_from(snapshot.len()).expect("a snapshot has fewer than four billion items");
    ItemSet::range(Item(0), Item(end))
}

/// The past of an item, by what differs, what was decided, and whether it came back.
fn lot(mut what: Vec<Aspect>, was: Was, back: bool) -> Lot {
    what.sort_unstable();
    what.dedup();
    let delta = if back {
        Delta::Back
    } else if what.is_empty() {
        Delta::Unchanged
    } else {
        Delta::Changed
    };
    Lot { delta, what, was }
}

/// Whether a lot can be as it says.
fn possible(lot: &Lot) -> Result<(), &'static str> {
    if !lot.what.is_sorted_by(|one, other| one < other) {
        return Err("what differs does not stand in order, each once");
    }
    if lot.was.decision.is_some() != lot.was.entry.is_some() {
        return Err("a decision and the entry that made it go together");
    }
    match lot.delta {
        Delta::Back => Ok(()),
        Delta::Changed if !lot.what.is_empty() => Ok(()),
        Delta::Unchanged if lot.what.is_empty() => Ok(()),
        Delta::New | Delta::Changed | Delta::Unchanged => Err("what differs does not make it that"),
    }
}

/// Whether a grant is one that a revoke would still end. An account that was deactivated stays listed, and so may a
/// membership that is over: there the revoke was carried out.
pub(super) fn stands(snapshot: &Snapshot, item: Item, as_of: Timestamp) -> bool {
    let grant = snapshot.grant(item);
    match (grant.holder, grant.entitlement) {
        (Holder::Account(account), Entitlement::SignIn) => {
            snapshot.account(account).state(as_of) != State::Left
        }
        (_, Entitlement::Membership(ix)) => {
            snapshot.membership(ix).standing(as_of) != Standing::Ended
        }
        _ => true,
    }
}

/// What a sealed review decided about an item.
fn was_of(previous: &Campaign, item: Item) -> Was {
    let decision = previous.slot(item).decision;
    let decided = previous.deciding_entry(item).filter(|_| decision.is_some());
    let as_before = decided.is_some_and(|(_, decided)| decided.chosen.how() == How::AsBefore);
    let before = previous.earlier().and_then(|earlier| earlier.lot(item));
    Was {
        decision,
        entry: decided.map(|(entry, _)| entry.seq),
        again: match before {
            Some(before) if as_before => before.was.again.saturating_add(1),
            _ => 0,
        },
    }
}

fn act(entry: &Entry) -> Option<Act> {
    let (entry, decided) = entry.decided()?;
    Some(Act {
        entry: entry.seq,
        at: match decided.chosen {
            Chosen::Carried { at, .. } => at,
            _ => entry.at,
        },
        by: entry.by.clone(),
        how: decided.chosen.how(),
        together: decided.items.len() as u64,
        reason: decided.reason.clone(),
    })
}

/// Memberships that went and were made again: Space gives a new one a new id, so what tells them apart is who is in
/// which team. For each of `gone` its place among `new`. A revoked one comes before others of the same person.
fn made_anew(
    previous: &Campaign,
    gone: &ItemSet,
    snapshot: &Snapshot,
    new: &ItemSet,
) -> BTreeMap<Item, Item> {
    fn of(snapshot: &Snapshot, item: Item) -> Option<(&str, &str)> {
        let grant = snapshot.grant(item);
        match (grant.holder, grant.entitlement) {
            (Holder::Account(account), Entitlement::Membership(ix)) => Some((
                &snapshot.account(account).id.0,
                &snapshot.team(snapshot.membership(ix).team).id,
            )),
            _ => None,
        }
    }
    let mut went: BTreeMap<(&str, &str), Vec<Item>> = BTreeMap::new();
    for item in gone.iter() {
        if let Some(key) = of(previous.snapshot(), item) {
            went.entry(key).or_default().push(item);
        }
    }
    for items in went.values_mut() {
        items.sort_by_key(|item| previous.slot(*item).decision == Some(Decision::Revoke));
    }
    let mut anew = BTreeMap::new();
    for place in new.iter() {
        let known = of(snapshot, place).and_then(|key| went.get_mut(&key));
        if let Some(item) = known.and_then(Vec::pop) {
            anew.insert(item, place);
        }
    }
    anew
}

/// An [`Earlier`] that is put together again from its stored parts: first the acts, then the lots, then what is gone,
/// each in the order in which they are given out.
#[derive(Debug)]
pub struct Builder<'a> {
    snapshot: &'a Snapshot,
    made: Earlier,
    /// For each act whether nothing was told yet that it decided.
    idle: Vec<bool>,
    last: Option<Item>,
}

impl<'a> Builder<'a> {
    /// Begins with nothing known about the items of `snapshot`.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            made: Earlier {
                acts: Vec::new(),
                lots: Vec::new(),
                places: vec![NO_LOT; snapshot.len()],
                gone: Vec::new(),
            },
            idle: Vec::new(),
            last: None,
        }
    }

    /// Adds an act.
    ///
    /// # Errors
    /// When it does not belong after what was added.
    pub fn act(&mut self, act: Act) -> Result<(), Error> {
        let made = &mut self.made;
        let after = made.acts.last().is_none_or(|last| last.entry < act.entry);
        if !after || !made.lots.is_empty() || !made.gone.is_empty() {
            return Err(Error::ActOrder(act.entry));
        }
        made.acts.push(act);
        self.idle.push(true);
        Ok(())
    }

    /// Adds items with the same past.
    ///
    /// # Errors
    /// When they do not belong after what was added, or what is said of them cannot be so.
    pub fn lot(&mut self, lot: Lot, items: &ItemSet) -> Result<(), Error> {
        let first = items.first().ok_or(Error::LotOrder(0))?;
        if self.last.is_some_and(|last| last >= first) || !self.made.gone.is_empty() {
            return Err(Error::LotOrder(first.number()));
        }
        self.last = Some(first);
        possible(&lot).map_err(|why| Error::Impossible(first.number(), why))?;
        self.refer(lot.was)?;
        let place = u32::try_from(self.made.lots.len()).expect("there are no more lots than items");
        for (first, end) in items.runs() {
            let run = self.made.places.get_mut(first.index()..=end.index());
            let run = run.ok_or(Error::BadItem(end.number()))?;
            for (at, item) in run.iter_mut().zip(first.0..) {
                if *at != NO_LOT {
                    return Err(Error::BadItem(Item(item).number()));
                }
                *at = place;
            }
        }
        self.made.lots.push(lot);
        Ok(())
    }

    /// Adds what is gone.
    ///
    /// # Errors
    /// When it does not belong after what was added.
    pub fn gone(&mut self, gone: Gone) -> Result<(), Error> {
        if self.made.gone.last().is_some_and(|last| *last >= gone) {
            return Err(Error::GoneOrder(gone.id));
        }
        self.refer(gone.was)?;
        self.made.gone.push(gone);
        Ok(())
    }

    fn refer(&mut self, was: Was) -> Result<(), Error> {
        if let Some(entry) = was.entry {
            let acts = &self.made.acts;
            let found = acts.binary_search_by_key(&entry, |act| act.entry);
            self.idle[found.map_err(|_| Error::NoAct(entry))?] = false;
        }
        Ok(())
    }

    /// Everything was added.
    ///
    /// # Errors
    /// When something is there for nothing or twice, or is said to be gone and is not.
    pub fn finish(self) -> Result<Earlier, Error> {
        let made = self.made;
        if let Some(act) = self.idle.iter().position(|idle| *idle) {
            return Err(Error::IdleAct(made.acts[act].entry));
        }
        let mut lots: Vec<(&Lot, usize)> = made.lots.iter().zip(0..).collect();
        lots.sort_unstable();
        if let Some(pair) = lots.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let twice = made.places.iter().zip(0..);
            let mut twice = twice.filter(|(place, _)| **place as usize == pair[1].1);
            let first = twice.next().map_or(0, |(_, item)| Item(item).number());
            return Err(Error::LotOrder(first));
        }
        let mut ids: Vec<GrantId> = made.gone.iter().map(|gone| gone.id).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::GoneOrder(pair[0]));
        }
        let mut grants = self.snapshot.grants().iter();
        match grants.find(|grant| ids.binary_search(&grant.id).is_ok()) {
            Some(grant) => Err(Error::NotGone(grant.id)),
            None => Ok(made),
        }
    }
}

/// The parts of an [`Earlier`] while it is made.
struct Making {
    lots: BTreeMap<Lot, u32>,
    places: Vec<u32>,
    gone: Vec<Gone>,
}

impl Making {
    fn new(items: usize) -> Self {
        Self {
            lots: BTreeMap::new(),
            places: vec![NO_LOT; items],
            gone: Vec::new(),
        }
    }

    fn put(&mut self, item: Item, lot: Lot) {
        let next = u32::try_from(self.lots.len()).expect("there are no more lots than items");
        self.places[item.index()] = *self.lots.entry(lot).or_insert(next);
    }

    fn gone(&mut self, old: &Snapshot, item: Item, was: Was) {
        let grant = old.grant(item);
        self.gone.push(Gone {
            holder: old.holder_label(grant.holder),
            resource: old.resource_label(item).clone(),
            role: old.role_label(item),
            id: grant.id,
            was,
        });
    }

    /// Puts everything in order; `act` tells of an entry.
    fn done(mut self, act: impl Fn(u32) -> Option<Act>) -> Earlier {
        self.gone.sort_unstable();
        let known = self.lots.keys().map(|lot| lot.was);
        let known = known.chain(self.gone.iter().map(|gone| gone.was));
        let mut entries: Vec<u32> = known.filter_map(|was| was.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        // Lots take the order of their first items, for which a file is read once.
        let mut order = vec![NO_LOT; self.lots.len()];
        let mut next = 0;
        for place in self.places.iter_mut().filter(|place| **place != NO_LOT) {
            let known = &mut order[*place as usize];
            if *known == NO_LOT {
                *known = next;
                next += 1;
            }
            *place = *known;
        }
        let mut lots: Vec<(u32, Lot)> = self
            .lots
            .into_iter()
            .map(|(lot, place)| (order[place as usize], lot))
            .collect();
        lots.sort_unstable_by_key(|(place, _)| *place);
        Earlier {
            acts: entries.into_iter().filter_map(act).collect(),
            lots: lots.into_iter().map(|(_, lot)| lot).collect(),
            places: self.places,
            gone: self.gone,
        }
    }
}

#[cfg(test)]
mod tests;
