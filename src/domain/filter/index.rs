//! [`Index`]: the names of a snapshot as they are compared, and what each item gives, by number.

use std::collections::HashMap;

use super::{fold::fold, near::letters};
use crate::domain::{
    account::{Account, Fact},
    grant::{Entitlement, Membership},
    snapshot::{ProjectIx, RoleIx, Snapshot, TeamIx},
    time::Timestamp,
};

/// What a filter needs to know of a snapshot, made once.
///
/// Each name is compared once, and what is held is asked once for each kind of it; an item then only looks up the
/// answer by number.
#[derive(Debug)]
pub(in crate::domain) struct Index {
    pub(super) accounts: Names,
    pub(super) teams: Names,
    pub(super) projects: Names,
    pub(super) roles: Names,
    pub(super) organization: Names,
    /// Everything that some item gives, each once.
    pub(super) gifts: Vec<Gift>,
    /// For each item the position of what it gives.
    pub(super) given: Vec<u32>,
    /// For each membership its beginning and its end.
    pub(super) since: Vec<Moment>,
    pub(super) until: Vec<Moment>,
}

/// A time that may be unknown, in little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(i64);

impl Moment {
    // Times have at most four digits for the year, so they are far from both.
    const ABSENT: i64 = i64::MIN;
    const UNKNOWN: i64 = i64::MAX;

    fn of(fact: Fact<Timestamp>) -> Self {
        Self(match fact {
            Fact::Known(at) => at.ms(),
            Fact::Absent => Self::ABSENT,
            Fact::Unknown => Self::UNKNOWN,
        })
    }

    /// The time, in milliseconds.
    pub(super) fn fact(self) -> Fact<i64> {
        match self.0 {
            Self::ABSENT => Fact::Absent,
            Self::UNKNOWN => Fact::Unknown,
            ms => Fact::Known(ms),
        }
    }
}

/// What an item gives, without the particulars of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Gift {
    SignIn,
    OrganizationRole(RoleIx),
    /// The team, and whether it is led.
    Membership(TeamIx, bool),
    ProjectRole(ProjectIx, RoleIx),
}

impl Index {
    pub(in crate::domain) fn of(snapshot: &Snapshot) -> Self {
        let mut positions: HashMap<Gift, u32> = HashMap::new();
        let mut gifts = Vec::new();
        let position = |gift: Gift| {
            *positions.entry(gift).or_insert_with(|| {
                gifts.push(gift);
                u32::try_from(gifts.len() - 1)
                    .expect("a snapshot has fewer than four billion items")
            })
        };
        let given = snapshot.grants().iter();
        let given = given
            .map(|grant| Gift::of(snapshot, grant.entitlement))
            .map(position)
            .collect();
        let moments = |of: fn(&Membership) -> Fact<Timestamp>| {
            let memberships = snapshot.memberships().iter();
            memberships
                .map(|membership| Moment::of(of(membership)))
                .collect()
        };
        Self {
            accounts: Names::of(snapshot.accounts(), account),
            teams: Names::of(snapshot.teams(), |team, names| names.line(team.name.raw())),
            projects: Names::of(snapshot.projects(), |project, names| {
                names.line(project.name.raw());
                names.line(project.key.raw());
            }),
            roles: Names::of(snapshot.roles(), |role, names| names.line(role.name.raw())),
            organization: Names::of(&[snapshot.organization()], |organization, names| {
                names.line(organization.name.raw());
            }),
            gifts,
            given,
            since: moments(|membership| membership.since),
            until: moments(|membership| membership.till),
        }
    }
}

impl Gift {
    fn of(snapshot: &Snapshot, entitlement: Entitlement) -> Self {
        match entitlement {
            Entitlement::SignIn => Self::SignIn,
            Entitlement::OrganizationRole(role) => Self::OrganizationRole(role),
            Entitlement::Membership(ix) => {
                let membership = snapshot.membership(ix);
                Self::Membership(membership.team, membership.lead == Fact::Known(true))
            }
            Entitlement::ProjectRole(project, role) => Self::ProjectRole(project, role),
        }
    }
}

/// Full name, login name, e-mail address and id.
fn account(account: &Account, names: &mut Names) {
    names.line(account.label().raw());
    names.line(account.username.raw());
    names.line(account.email.known().map_or("", |email| email.raw()));
    names.line(&account.id.0);
}

/// How many of an entry's lines are names a person knows it by; the rest are addresses and ids.
const KNOWN_BY: usize = 2;

/// Folded names, those of one thing in lines: no text that is looked for has a line break in it, so no match runs
/// from one name into the next.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    /// For each entry the end of its names.
    ends: Vec<usize>,
    /// For each entry which letters are in the names a person knows it by.
    letters: Vec<u64>,
}

impl Names {
    fn of<T>(list: &[T], write: impl Fn(&T, &mut Self)) -> Self {
        let mut names = Self::default();
        for entry in list {
            let start = names.text.len();
            write(entry, &mut names);
            names.ends.push(names.text.len());
            let known_by = known_by(&names.text[start..]);
            names
                .letters
                .push(known_by.fold(0, |all, name| all | letters(name)));
        }
        names
    }

    fn line(&mut self, name: &str) {
        if self.text.len() > self.ends.last().copied().unwrap_or(0) {
            self.text.push('\n');
        }
        self.text.push_str(&fold(name));
    }

    /// The names of each entry, in lines.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(&start, &end)| &self.text[start..end])
    }

    /// For each entry whether `hit` says yes of its names.
    pub(super) fn hits(&self, hit: impl Fn(&str) -> bool) -> Vec<bool> {
        self.iter().map(hit).collect()
    }

    /// The same for those that a person knows by names with all these letters; a no for the others.
    pub(super) fn hits_with(&self, letters: u64, hit: impl Fn(&str) -> bool) -> Vec<bool> {
        let all = self.iter().zip(&self.letters);
        all.map(|(lines, has)| has & letters == letters && hit(lines))
            .collect()
    }
}

/// The names in `lines` that a person knows a thing by.
pub(super) fn known_by(lines: &str) -> impl Iterator<Item = &str> {
    lines.split('\n').take(KNOWN_BY)
}
