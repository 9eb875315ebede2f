//! [`Drift`]: what changed between two snapshots of one organization, and [`carry`]: which decisions outlive it.

use std::collections::BTreeMap;

use super::{
    campaign::{Campaign, Refusal},
    decision::Change,
    grant::{Entitlement, Grant, GrantId, Holder, Membership},
    items::{Item, ItemSet},
    journal::{Chosen, Decided, Entry, Event, LeftOut},
    resource::Team,
    snapshot::{Snapshot, TeamIx},
    text::Raw,
    time::Timestamp,
};

/// What changed between two snapshots of one organization, among the items that are put up for decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Items put up for decision in the new snapshot that the old one lacks, or that were outside the scope then.
    pub new: ItemSet,
    /// Items put up for decision in the old snapshot that the new one lacks, or that are outside the scope now.
    pub gone: ItemSet,
    /// Items that both have, and about which something differs that a decision may rest on.
    pub changed: Vec<Changed>,
    /// How many items are the same in both.
    pub unchanged: u64,
    /// For each old item its place in the new snapshot, when both put it up for decision.
    places: Vec<Option<Item>>,
}

/// One item about which something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its place in the old snapshot.
    pub before: Item,
    /// Its place in the new one.
    pub item: Item,
    /// What differs; never empty.
    pub what: Vec<Aspect>,
}

/// Something about an item that a decision may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The name or kind of the role, or the position in the team.
    Role,
    /// Whether the member leads the team.
    Lead,
    /// When the membership begins or ends, or whether that time has come.
    Dates,
    /// Whether the membership still needs to be approved, or is archived.
    Standing,
    /// The name of the team, what it stands below, or whether it is archived or disbanded.
    Team,
    /// What kind of account holds it, or whether that account is active.
    Holder,
    /// The name of the project, or whether it is private or archived.
    Resource,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Role,
        Self::Lead,
        Self::Dates,
        Self::Standing,
        Self::Team,
        Self::Holder,
        Self::Resource,
    ];

    /// What differs, for people and scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Lead => "lead",
            Self::Dates => "dates",
            Self::Standing => "standing",
            Self::Team => "team",
            Self::Holder => "holder",
            Self::Resource => "project",
        }
    }
}

/// A snapshot, the time it speaks of, and which of its items are put up for decision.
pub(super) type At<'a> = (&'a Snapshot, Timestamp, &'a ItemSet);

impl Drift {
    /// Compares two snapshots, each as of its time. Items that are not put up for decision are as if they were not there.
    pub fn between(old: At<'_>, new: At<'_>) -> Self {
        let places: BTreeMap<GrantId, Item> = new
            .2
            .iter()
            .map(|item| (new.0.grant(item).id, item))
            .collect();
        let mut at = vec![None; old.0.len()];
        for before in old.2.iter() {
            at[before.index()] = places.get(&old.0.grant(before).id).copied();
        }
        let mut known = vec![false; new.0.len()];
        let (mut changed, mut gone, mut unchanged) = (Vec::new(), Vec::new(), 0);
        for before in old.2.iter() {
            let Some(item) = at[before.index()] else {
                gone.push(before);
                continue;
            };
            known[item.index()] = true;
            let what = differences(old, old.0.grant(before), new, new.0.grant(item));
            if what.is_empty() {
                unchanged += 1;
            } else {
                changed.push(Changed { before, item, what });
            }
        }
        Self {
            new: new.2.iter().filter(|item| !known[item.index()]).collect(),
            gone: gone.into_iter().collect(),
            changed,
            unchanged,
            places: at,
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty() && self.changed.is_empty()
    }

    /// Where an item of the old snapshot is in the new one.
    pub fn place(&self, before: Item) -> Option<Item> {
        *self.places.get(before.index())?
    }
}

fn items(snapshot: &Snapshot) -> impl Iterator<Item = Item> + use<> {
    let end = u32::try_from(snapshot.len()).expect("a snapshot has fewer than four billion items");
    (0..end).map(Item)
}

pub(super) fn differences(old: At<'_>, before: &Grant, new: At<'_>, after: &Grant) -> Vec<Aspect> {
    let mut what = Vec::new();
    let mut note = |differs: bool, aspect: Aspect| {
        if differs && !what.contains(&aspect) {
            what.push(aspect);
        }
    };
    match (before.entitlement, after.entitlement) {
        (Entitlement::SignIn, Entitlement::SignIn) => {}
        (Entitlement::Membership(one), Entitlement::Membership(other)) => {
            let (one, other) = (old.0.membership(one), new.0.membership(other));
            note(one.position != other.position, Aspect::Role);
            note(one.lead != other.lead, Aspect::Lead);
            note(
                (&one.since, &one.till) != (&other.since, &other.till),
                Aspect::Dates,
            );
            let told = |of: &Membership| (of.pending, of.archived);
            note(told(one) != told(other), Aspect::Standing);
            // The same dates may have come or passed meanwhile.
            let passed = one.standing(old.1) != other.standing(new.1);
            note(passed && told(one) == told(other), Aspect::Dates);
            note(
                team(old.0, one.team) != team(new.0, other.team),
                Aspect::Team,
            );
        }
        (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => {
            let (one, other) = (old.0.role(one), new.0.role(other));
            note(
                (&one.name, one.kind) != (&other.name, other.kind),
                Aspect::Role,
            );
        }
        (
            Entitlement::ProjectRole(project, one),
            Entitlement::ProjectRole(other_project, other),
        ) => {
            let (one, other) = (old.0.role(one), new.0.role(other));
            note(
                (&one.name, one.kind) != (&other.name, other.kind),
                Aspect::Role,
            );
            let (one, other) = (old.0.project(project), new.0.project(other_project));
            note(
                (&one.name, one.private, one.archived)
                    != (&other.name, other.private, other.archived),
                Aspect::Resource,
            );
        }
        _ => note(true, Aspect::Role),
    }
    match (before.holder, after.holder) {
        (Holder::Account(one), Holder::Account(other)) => {
            let (one, other) = (old.0.account(one), new.0.account(other));
            note(
                (one.kind, one.state(old.1), one.listed, &one.id)
                    != (other.kind, other.state(new.1), other.listed, &other.id),
                Aspect::Holder,
            );
        }
        (Holder::Team(one), Holder::Team(other)) => {
            note(team(old.0, one) != team(new.0, other), Aspect::Team);
        }
        (one, other) => note(one != other, Aspect::Holder),
    }
    what
}

/// What of a team matters, with the id of the team above it.
fn team(snapshot: &Snapshot, ix: TeamIx) -> impl PartialEq + use<'_> {
    let Team {
        id,
        name,
        parent,
        archived,
        disbanded,
        listed,
        ..
    } = snapshot.team(ix);
    let parent = parent.map(|parent| &*snapshot.team(parent).id);
    (&**id, name, parent, archived, disbanded, listed)
}

/// Carries the decisions, bookmarks and notes of `old` over to `new`, a review that was just opened over the new
/// snapshot. Decisions on changed items are then taken back in one change of its own, so that one undo restores them.
///
/// A decision that cannot be made on the new item is left behind: a keep on what became an implicit grant, or one that
/// has no reason where the new policy wants one.
///
/// # Errors
/// When `new` is not a review that was just opened over the snapshot that `drift` compared with.
pub fn carry(
    old: &Campaign,
    drift: &Drift,
    mut new: Campaign,
    at: Timestamp,
    by: &Raw,
) -> Result<Campaign, Refusal> {
    let write = |new: &mut Campaign, event| {
        let entry = new.next(event, at, by.clone());
        new.apply(entry)
    };
    if let Some(reason) = old.self_review() {
        let reason = reason.clone();
        write(&mut new, Event::SelfReviewAllowed { reason })?;
    }
    let mut groups: BTreeMap<(u32, Change), Vec<Item>> = BTreeMap::new();
    let mut notes = Vec::new();
    for before in items(old.snapshot()) {
        let Some(item) = drift.place(before) else {
            continue;
        };
        if let Some(text) = old.note(before) {
            let text = text.clone();
            notes.push(Event::Noted { item, text });
        }
        let slot = old.slot(before);
        let change = match slot.decision {
            Some(decision) => Change::Decide(decision),
            None if slot.later => Change::Later,
            None => continue,
        };
        let unreasoned = |entry: &Entry| {
            entry
                .decided()
                .is_some_and(|(_, decided)| decided.reason.is_none())
        };
        let wanting = new.wants_reason(change, &item.into()).is_some()
            && old.entry(slot.entry).is_some_and(unreasoned);
        if new.may(change, item).is_ok() && !wanting {
            groups.entry((slot.entry, change)).or_default().push(item);
        }
    }
    for ((entry, change), items) in groups {
        let Some((made, decided)) = old.entry(entry).and_then(Entry::decided) else {
            continue;
        };
        let at = match decided.chosen {
            Chosen::Carried { at, .. } => at,
            _ => made.at,
        };
        let how = decided.chosen.how();
        let decided = Decided {
            change,
            items: items.into_iter().collect(),
            reason: decided.reason.clone(),
            chosen: Chosen::Carried { entry, at, how },
            left_out: LeftOut::default(),
        };
        write(&mut new, Event::Decided(decided))?;
    }
    // What left the scope takes its note along.
    for note in notes {
        if new.check(&note, at).is_ok() {
            write(&mut new, note)?;
        }
    }
    let reopened: ItemSet = drift
        .changed
        .iter()
        .map(|changed| changed.item)
        .filter(|item| new.deciding_entry(*item).is_some())
        .collect();
    if !reopened.is_empty() {
        let decided = Decided {
            change: Change::Clear,
            items: reopened,
            reason: None,
            chosen: Chosen::Drift,
            left_out: LeftOut::default(),
        };
        write(&mut new, Event::Decided(decided))?;
    }
    Ok(new)
}

#[cfg(test)]
mod tests;
