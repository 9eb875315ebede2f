//! The records of an organization.

use super::{AccountIx, TeamIx, Text};
use crate::domain::{
    account::{Kind, TwoFactor},
    grant::Audience,
    time::{Day, Timestamp},
};

/// One identity that can sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Given name.
    pub first_name: Text,
    /// Family name.
    pub last_name: Text,
    /// Login name.
    pub username: Text,
    /// The address; `None` stands for the login name at the organization's domain.
    pub email: Option<Text>,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// Member or a kind of external user.
    pub kind: Kind,
    /// Whether it was deactivated.
    pub archived: bool,
    /// When it was or will be deactivated.
    pub left_at: Option<Timestamp>,
    /// Since when, or from when, it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// The first day.
    pub joined: Option<Day>,
    /// Two-factor authentication.
    pub two_factor: TwoFactor,
    /// The last use of a login.
    pub last_sign_in: Option<Timestamp>,
    /// The number in the personnel system.
    pub external_id: Option<Text>,
}

/// A team.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub description: Text,
    /// The team above.
    pub parent: Option<TeamIx>,
    /// Whether it was removed; then it is listed only when archived teams are asked for.
    pub archived: bool,
    /// The day it was dissolved.
    pub disbanded_at: Option<Day>,
}

/// That an account is in a team.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    pub(in crate::demo) serial: u32,
    /// The account.
    pub member: AccountIx,
    /// The team.
    pub team: TeamIx,
    pub(in crate::demo) position: u16,
    /// Whether the account leads the team.
    pub lead: bool,
    /// Whether it waits for an approval.
    pub pending: bool,
    /// Whether it ended or was removed; then it is listed only when archived memberships are asked for.
    pub archived: bool,
    /// The start.
    pub since: Option<Timestamp>,
    /// The end.
    pub till: Option<Timestamp>,
}

/// A role of the whole organization.
#[derive(Debug, Clone)]
pub struct OrganizationRole {
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub description: Text,
    /// The code of a role that Space ships.
    pub code: Option<Text>,
    /// Who has it without being named.
    pub implicit: Option<Audience>,
    /// The accounts that have it.
    pub profiles: Vec<AccountIx>,
    /// The teams that have it.
    pub teams: Vec<TeamIx>,
    /// The permission codes; `*` stands for all.
    pub rights: Vec<Text>,
}

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The short key.
    pub key: Text,
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub description: Text,
    /// Whether only participants and administrators can see it.
    pub private: bool,
    /// Whether it was archived.
    pub archived: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The last Git activity.
    pub active_at: Option<Timestamp>,
    /// The roles it made itself; [`Roles::custom`] counts from their start.
    pub custom_roles: Vec<CustomRole>,
    /// The accounts with roles of their own, holder by place in [`State::accounts`](super::State::accounts).
    pub people: Vec<Participant>,
    /// The teams with roles, holder by place in [`State::teams`](super::State::teams).
    pub teams: Vec<Participant>,
}

/// A role that one project made.
#[derive(Debug, Clone)]
pub struct CustomRole {
    /// Its name.
    pub name: Text,
    /// The permission codes.
    pub rights: Vec<Text>,
}

/// Who has which roles in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Participant {
    /// An account or a team.
    pub holder: u32,
    /// What it has.
    pub roles: Roles,
}

/// A set of roles in one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u16);

impl Roles {
    /// Project Admin.
    pub const ADMIN: Self = Self(1);
    /// Project Member.
    pub const MEMBER: Self = Self(2);
    /// External collaborator or guest.
    pub const EXTERNAL: Self = Self(4);
    /// How many roles of its own a project can have.
    pub const MOST_CUSTOM: usize = 13;

    /// The role that the project made as its `number`th, from 0.
    ///
    /// # Panics
    ///
    /// When the number is not below [`Roles::MOST_CUSTOM`].
    pub fn custom(number: usize) -> Self {
        assert!(
            number < Self::MOST_CUSTOM,
            "a project has {} custom roles at most",
            Self::MOST_CUSTOM
        );
        Self(8 << number)
    }

    /// Both sets together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` is in it.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// How many roles it holds.
    pub fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The numbers of the custom roles in it.
    pub fn customs(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST_CUSTOM).filter(move |number| self.has(Self::custom(*number)))
    }
}

impl Membership {
    /// Whether it counts at `now`: approved, begun and not over.
    pub fn counts(&self, now: Timestamp) -> bool {
        !self.archived
            && !self.pending
            && self.since.is_none_or(|since| since <= now)
            && self.till.is_none_or(|till| till > now)
    }
}
