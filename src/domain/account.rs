//! [`Account`]: one identity that can sign in.

use std::borrow::Cow;

use super::{
    text::{Raw, Shared},
    time::{Day, Timestamp},
};

/// One thing about an account or a resource that Space may or may not have told.
///
/// `Unknown` is what the token was not allowed to read, or a value this version does not know. It never
/// reads as [`Fact::Absent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<T> {
    /// Space gave this value.
    Known(T),
    /// Space said that there is none.
    Absent,
    /// Space did not say, or said something that is not understood.
    Unknown,
}

impl<T> Fact<T> {
    /// The value, when Space gave one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// The same about another value.
    pub fn map<U>(self, value: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(known) => Fact::Known(value(known)),
            Self::Absent => Fact::Absent,
            Self::Unknown => Fact::Unknown,
        }
    }

    /// Whether Space did not say.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// The id Space gave an account: short, opaque, stable while names change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub Shared);

/// One identity in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Space's id of it.
    pub id: AccountId,
    /// The login name; it can change.
    pub username: Raw,
    /// Given name.
    pub first_name: Raw,
    /// Family name.
    pub last_name: Raw,
    /// The first e-mail address.
    pub email: Fact<Raw>,
    /// Member or a kind of external user.
    pub kind: Kind,
    /// Whether the account was deactivated (`archived` in Space).
    pub archived: Fact<bool>,
    /// When it was, or will be, deactivated.
    pub left_at: Fact<Timestamp>,
    /// Whether it is suspended, a lock that can be lifted.
    pub suspended: Fact<bool>,
    /// Since when, or from when, it is suspended.
    pub suspended_at: Fact<Timestamp>,
    /// The first day in the organization.
    pub joined: Fact<Day>,
    /// Two-factor authentication.
    pub two_factor: Fact<TwoFactor>,
    /// The last use of any login, where Space tells.
    pub last_sign_in: Fact<Timestamp>,
    /// The id in an outside system, such as human resources.
    pub external_id: Fact<Raw>,
    /// `false`: a grant names this account but the account list does not. Its facts are then unknown.
    pub listed: bool,
    /// The number of the raw answer it was read from; 0 when there is none.
    pub source: u32,
}

/// What kind of user an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A member of the organization.
    Member,
    /// An external collaborator, who may be in several projects.
    Collaborator,
    /// An external guest, confined to one project.
    Guest,
    /// Space did not say.
    Unknown,
}

impl Kind {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Collaborator => "external",
            Self::Guest => "guest",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether an account can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It can sign in.
    Active,
    /// Locked until somebody lifts the lock; its grants revive then.
    Suspended,
    /// Deactivated; its grants may revive on reactivation.
    Left,
    /// Not yet there.
    Future,
    /// Space did not say enough to tell.
    Unknown,
}

impl State {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Left => "left",
            Self::Future => "future",
            Self::Unknown => "unknown",
        }
    }
}

/// Two-factor authentication of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TwoFactor {
    /// Set up and required at sign-in.
    Active,
    /// Set up once, switched off.
    Inactive,
    /// Never set up.
    NotSetUp,
}

impl TwoFactor {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "on",
            Self::Inactive => "off",
            Self::NotSetUp => "never set up",
        }
    }
}

impl Account {
    /// An account of which only the id is known, because a grant names it and the account list does not.
    pub fn unlisted(id: AccountId) -> Self {
        Self {
            username: Raw::from(""),
            first_name: Raw::from(""),
            last_name: Raw::from(""),
            email: Fact::Unknown,
            kind: Kind::Unknown,
            archived: Fact::Unknown,
            left_at: Fact::Unknown,
            suspended: Fact::Unknown,
            suspended_at: Fact::Unknown,
            joined: Fact::Unknown,
            two_factor: Fact::Unknown,
            last_sign_in: Fact::Unknown,
            external_id: Fact::Unknown,
            listed: false,
            source: 0,
            id,
        }
    }

    /// What a person calls it: the full name, else the login name, else the id.
    pub fn label(&self) -> Raw {
        Raw::from(&*self.label_text())
    }

    /// The exact text of [`Account::label`], for comparing. Never for a screen.
    pub(super) fn label_text(&self) -> Cow<'_, str> {
        match self.label_parts() {
            [whole, "", ""] | ["", "", whole] => Cow::Borrowed(whole),
            parts => Cow::Owned(parts.concat()),
        }
    }

    /// What [`Account::label_text`] is put together of.
    pub(super) fn label_parts(&self) -> [&str; 3] {
        let (first, last) = (self.first_name.raw(), self.last_name.raw());
        let username = self.username.raw();
        match (first.is_empty(), last.is_empty()) {
            (false, false) => [first, " ", last],
            (false, true) => [first, "", ""],
            (true, false) => ["", "", last],
            (true, true) if !username.is_empty() => [username, "", ""],
            (true, true) => [&self.id.0, "", ""],
        }
    }

    /// Whether it can act at `now`, by the rules Space's fields imply: deactivated before suspended
    /// before not yet joined.
    pub fn state(&self, now: Timestamp) -> State {
        let left =
            self.archived == Fact::Known(true) || self.left_at.known().is_some_and(|at| *at <= now);
        let suspended = match self.suspended {
            // `suspended_at` may lie ahead: the lock is then announced, not in force.
            Fact::Known(true) => self.suspended_at.known().is_none_or(|at| *at <= now),
            _ => false,
        };
        if left {
            State::Left
        } else if suspended {
            State::Suspended
        } else if self.joined.known().is_some_and(|day| day.start() > now) {
            State::Future
        } else if self.archived.is_unknown()
            || self.left_at.is_unknown()
            || self.suspended.is_unknown()
        {
            State::Unknown
        } else {
            State::Active
        }
    }
}
