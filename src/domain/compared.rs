//! [`Compared`]: what differs between two moments of one organization, and what became of the revokes of the older one.
//!
//! Whole snapshots are compared, whatever a scope puts up for decision. What only one of them has was added or removed
//! only if the other could have shown it: where the other has a gap, nobody can tell, and it is [`Change::Unknown`].
//! Likewise a value that only one of them tells.

mod doubt;
mod fields;

pub use fields::Field;

use std::collections::BTreeMap;

use self::{
    doubt::Doubt,
    fields::{Differ, Side},
};
use super::{
    campaign::Campaign,
    decision::Decision,
    filter::Filter,
    grant::{Entitlement, Grant, Holder},
    items::{Item, ItemSet},
    outcome::{Outcome, Outcomes},
    snapshot::Snapshot,
};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account.
    Account,
    /// A team.
    Team,
    /// A project.
    Project,
    /// A role.
    Role,
    /// A stored grant.
    Grant,
    /// A revoke of the older one, and what became of it.
    Revoke,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Account,
        Self::Team,
        Self::Project,
        Self::Role,
        Self::Grant,
        Self::Revoke,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Team => "team",
            Self::Project => "project",
            Self::Role => "role",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }

    /// The word for several of them.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Team => "teams",
            Self::Project => "projects",
            Self::Role => "roles",
            Self::Grant => "grants",
            Self::Revoke => "revokes",
        }
    }
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Only the newer one has it.
    Added,
    /// Only the older one has it.
    Removed,
    /// Both have it, and something about it differs.
    Changed,
    /// Nobody can tell: one of them could not read it, or not what differs.
    Unknown,
}

impl Change {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Added, Self::Removed, Self::Changed, Self::Unknown];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// How it differs.
    Change(Change),
    /// What became of a revoke.
    Outcome(Outcome),
}

impl Said {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Change(change) => change.word(),
            Self::Outcome(outcome) => outcome.word(),
        }
    }
}

/// One thing that differs, or one revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub kind: Kind,
    /// What is said about it.
    pub said: Said,
    /// Its position in the older snapshot, among those of its kind.
    pub old: Option<u32>,
    /// Its position in the newer one.
    pub new: Option<u32>,
}

impl Row {
    /// The item of the older review, where it is one.
    pub fn old_item(&self) -> Option<Item> {
        self.old.filter(|_| self.is_item()).map(Item)
    }

    /// The item of the newer one.
    pub fn new_item(&self) -> Option<Item> {
        self.new.filter(|_| self.is_item()).map(Item)
    }

    fn is_item(&self) -> bool {
        matches!(self.kind, Kind::Grant | Kind::Revoke)
    }
}

/// Rows by kind: a list each, in the order of [`Kind::ALL`].
pub type Rows = [Vec<Row>; 6];

/// Two moments of one organization beside each other.
#[derive(Debug)]
pub struct Compared<'a> {
    old: &'a Campaign,
    new: &'a Campaign,
    rows: Rows,
    /// How many grants are the same in both.
    pub unchanged: u64,
}

impl<'a> Compared<'a> {
    /// Compares `old` with `new`, a later review of the same organization.
    pub fn of(old: &'a Campaign, new: &'a Campaign) -> Self {
        let (one, other) = (&**old.snapshot(), &**new.snapshot());
        let sides = [Side::of(one, old.as_of()), Side::of(other, new.as_of())];
        let doubts = [old, new].map(|campaign| Doubt::of(&campaign.opened().provenance.gaps));
        let compare = |kind, pairs: Pairs| {
            let mut rows = Vec::new();
            let unchanged = pairs.rows(kind, &sides, doubts, &mut rows);
            (rows, unchanged)
        };
        let ids = |snapshot: &'a Snapshot| snapshot.accounts().iter().map(|it| &*it.id.0);
        let (accounts, _) = compare(Kind::Account, Pairs::of(ids(one), ids(other)));
        let ids = |snapshot: &'a Snapshot| snapshot.teams().iter().map(|it| &*it.id);
        let (teams, _) = compare(Kind::Team, Pairs::of(ids(one), ids(other)));
        let ids = |snapshot: &'a Snapshot| snapshot.projects().iter().map(|it| &*it.id);
        let (projects, _) = compare(Kind::Project, Pairs::of(ids(one), ids(other)));
        let ids = |snapshot: &'a Snapshot| snapshot.roles().iter().map(|it| &*it.key);
        let (roles, _) = compare(Kind::Role, Pairs::of(ids(one), ids(other)));
        let ids = |snapshot: &'a Snapshot| snapshot.grants().iter().map(|it| it.id);
        let pairs = Pairs::of(ids(one), ids(other));
        let revokes = revokes(old, new, &pairs, doubts[0]);
        let (grants, unchanged) = compare(Kind::Grant, pairs);
        Self {
            old,
            new,
            rows: [accounts, teams, projects, roles, grants, revokes],
            unchanged,
        }
    }

    /// The older review.
    pub fn older(&self) -> &'a Campaign {
        self.old
    }

    /// The newer one.
    pub fn newer(&self) -> &'a Campaign {
        self.new
    }

    /// All rows.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Whether nothing differs and there were no revokes.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(Vec::is_empty)
    }

    /// What `filter` chooses: the grants and revokes that it chooses in the older review or in the newer, and the accounts,
    /// teams, projects and roles that a grant names which it chooses.
    pub fn chosen(&self, filter: &Filter) -> Rows {
        if filter.is_empty() {
            return self.rows.clone();
        }
        let [old, new] = [self.old, self.new].map(|campaign| {
            let items = filter.select(campaign);
            Named::of(campaign.snapshot(), items)
        });
        let chosen = |row: &&Row| {
            row.old.is_some_and(|at| old.has(row.kind, at))
                || row.new.is_some_and(|at| new.has(row.kind, at))
        };
        self.rows
            .each_ref()
            .map(|rows| rows.iter().filter(chosen).copied().collect())
    }

    /// What differs about something that both have: each value that is not the same, before and after.
    pub fn fields(&self, row: &Row) -> Vec<Field> {
        let mut fields = Vec::new();
        if let (Said::Change(_), Some(old), Some(new)) = (row.said, row.old, row.new) {
            let sides = [
                Side::of(self.old.snapshot(), self.old.as_of()),
                Side::of(self.new.snapshot(), self.new.as_of()),
            ];
            let mut differ = Differ::telling(&mut fields);
            fields::compare(row.kind, &sides, (old, new), &mut differ);
        }
        fields
    }
}

/// How many rows say what, by word.
pub fn counts(rows: &[Row]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.said.word()).or_default() += 1;
    }
    counts
}

/// What two lists have, by their ids: positions in rising order.
struct Pairs {
    added: Vec<u32>,
    removed: Vec<u32>,
    /// Positions in the older and in the newer list.
    both: Vec<(u32, u32)>,
}

impl Pairs {
    fn of<K: Ord>(old: impl Iterator<Item = K>, new: impl Iterator<Item = K>) -> Self {
        let (old, new) = (sorted(old), sorted(new));
        let mut pairs = Self {
            added: Vec::new(),
            removed: Vec::new(),
            both: Vec::new(),
        };
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            match (old.peek(), new.peek()) {
                (Some((one, before)), Some((other, after))) if one == other => {
                    pairs.both.push((*before, *after));
                    old.next();
                    new.next();
                }
                (Some((one, before)), other) if other.is_none_or(|(other, _)| one < other) => {
                    pairs.removed.push(*before);
                    old.next();
                }
                (_, Some((_, after))) => {
                    pairs.added.push(*after);
                    new.next();
                }
                (Some(_) | None, None) => break,
            }
        }
        pairs.added.sort_unstable();
        pairs.removed.sort_unstable();
        pairs.both.sort_unstable_by_key(|(_, new)| *new);
        pairs
    }

    /// Puts what differs into `rows`, and answers how many are the same.
    fn rows(
        self,
        kind: Kind,
        sides: &[Side<'_>; 2],
        doubts: [Doubt; 2],
        rows: &mut Vec<Row>,
    ) -> u64 {
        let row = |change, old, new| Row {
            kind,
            said: Said::Change(change),
            old,
            new,
        };
        let mut unknown = Vec::new();
        for at in self.added {
            // The older one may just not have seen it.
            if doubts[0].may_lack(kind, sides[1].snapshot, at) {
                unknown.push(row(Change::Unknown, None, Some(at)));
            } else {
                rows.push(row(Change::Added, None, Some(at)));
            }
        }
        for at in self.removed {
            if doubts[1].may_lack(kind, sides[0].snapshot, at) {
                unknown.push(row(Change::Unknown, Some(at), None));
            } else {
                rows.push(row(Change::Removed, Some(at), None));
            }
        }
        let mut unchanged = 0;
        for (old, new) in self.both {
            let mut differ = Differ::default();
            fields::compare(kind, sides, (old, new), &mut differ);
            match (differ.known, differ.unknown) {
                (true, _) => rows.push(row(Change::Changed, Some(old), Some(new))),
                (false, true) => unknown.push(row(Change::Unknown, Some(old), Some(new))),
                (false, false) => unchanged += 1,
            }
        }
        rows.append(&mut unknown);
        unchanged
    }
}

/// Ids with their positions, by id.
fn sorted<K: Ord>(ids: impl Iterator<Item = K>) -> Vec<(K, u32)> {
    let mut ids: Vec<(K, u32)> = ids.zip(0..).collect();
    ids.sort_unstable();
    ids
}

/// What became of the revokes of `old`; those that are not carried out first.
fn revokes(old: &Campaign, new: &Campaign, pairs: &Pairs, doubt: Doubt) -> Vec<Row> {
    let items = old.items().iter();
    let mut revoked = items
        .filter(|item| old.slot(*item).decision == Some(Decision::Revoke))
        .peekable();
    if revoked.peek().is_none() {
        return Vec::new();
    }
    let mut places = vec![None; old.snapshot().len()];
    for (before, after) in &pairs.both {
        places[*before as usize] = Some(Item(*after));
    }
    let came = |at: &u32| !doubt.may_lack(Kind::Grant, new.snapshot(), *at);
    let added: Vec<u32> = pairs.added.iter().copied().filter(came).collect();
    let mut outcomes = Outcomes::new(old, new, &added);
    let mut rows: Vec<Row> = revoked
        .map(|item| {
            let outcome = outcomes.of(item, places[item.index()]);
            let found = match outcome {
                Outcome::Still { item }
                | Outcome::Back { item }
                | Outcome::Elsewhere { item, .. } => Some(item.0),
                Outcome::Gone | Outcome::HolderGone | Outcome::NotSeen => None,
            };
            Row {
                kind: Kind::Revoke,
                said: Said::Outcome(outcome),
                old: Some(item.0),
                new: found,
            }
        })
        .collect();
    rows.sort_by_key(|row| match row.said {
        Said::Outcome(outcome) => rank(outcome),
        Said::Change(_) => u8::MAX,
    });
    rows
}

/// What is to be looked at first.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Still { .. } => 0,
        Outcome::Back { .. } => 1,
        Outcome::Elsewhere { .. } => 2,
        Outcome::NotSeen => 3,
        Outcome::Gone => 4,
        Outcome::HolderGone => 5,
    }
}

/// Some items of a snapshot, and what their grants name.
struct Named {
    items: ItemSet,
    accounts: Vec<bool>,
    teams: Vec<bool>,
    projects: Vec<bool>,
    roles: Vec<bool>,
}

impl Named {
    fn of(snapshot: &Snapshot, items: ItemSet) -> Self {
        let mut named = Self {
            accounts: vec![false; snapshot.accounts().len()],
            teams: vec![false; snapshot.teams().len()],
            projects: vec![false; snapshot.projects().len()],
            roles: vec![false; snapshot.roles().len()],
            items: ItemSet::default(),
        };
        for item in items.iter() {
            named.name(snapshot, snapshot.grant(item));
        }
        named.items = items;
        named
    }

    fn name(&mut self, snapshot: &Snapshot, grant: &Grant) {
        match grant.holder {
            Holder::Account(account) => self.accounts[account.index()] = true,
            Holder::Team(team) => self.teams[team.index()] = true,
            Holder::Everyone(_) => {}
        }
        match grant.entitlement {
            Entitlement::SignIn => {}
            Entitlement::Membership(ix) => {
                self.teams[snapshot.membership(ix).team.index()] = true;
            }
            Entitlement::OrganizationRole(role) => self.roles[role.index()] = true,
            Entitlement::ProjectRole(project, role) => {
                self.projects[project.index()] = true;
                self.roles[role.index()] = true;
            }
        }
    }

    fn has(&self, kind: Kind, at: u32) -> bool {
        let place = at as usize;
        match kind {
            Kind::Account => self.accounts[place],
            Kind::Team => self.teams[place],
            Kind::Project => self.projects[place],
            Kind::Role => self.roles[place],
            Kind::Grant | Kind::Revoke => self.items.contains(Item(at)),
        }
    }
}

#[cfg(test)]
mod tests;
