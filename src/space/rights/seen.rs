//! [`Seen`]: what calls show about each permission, whether they were made to find out or for a snapshot.

use crate::domain::{
    rights::{Holding, Permission, Right},
    text::Raw,
};

/// What came of the calls that need one permission.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::space) enum Outcome {
    /// Nothing was asked.
    #[default]
    Unasked,
    Answered,
    /// The permission is missing; why.
    Denied(String),
    /// Neither; what went wrong.
    Odd(String),
}

/// What came of the calls, by what they ask for.
#[derive(Debug, Clone, Default)]
pub(in crate::space) struct Seen {
    pub(in crate::space) profiles: Outcome,
    /// Whether login and name of accounts were told.
    pub(in crate::space) names: Outcome,
    /// A list of external users alone.
    pub(in crate::space) guests: Outcome,
    pub(in crate::space) memberships: Outcome,
    pub(in crate::space) teams: Outcome,
    pub(in crate::space) projects: Outcome,
    pub(in crate::space) participants: Outcome,
    /// The roles of the organization.
    pub(in crate::space) roles: Outcome,
}

impl Seen {
    /// Every permission of [`Permission::ALL`], in that order: what the calls show, and where they show nothing, the
    /// server's `word`.
    pub(in crate::space) fn rights(&self, word: impl Fn(Permission) -> Option<bool>) -> Vec<Right> {
        let right = |permission| Right {
            permission,
            holding: self.judge(permission, word(permission)),
        };
        Permission::ALL.into_iter().map(right).collect()
    }

    fn judge(&self, permission: Permission, word: Option<bool>) -> Holding {
        match permission {
            Permission::Memberships => shown(&self.memberships, word),
            Permission::Profiles => shown(&self.profiles, word),
            Permission::Teams => shown(&self.teams, word),
            Permission::ExternalUsers => match (&self.guests, &self.profiles) {
                // A list of those one shares a project with looks the same; and who may list no accounts at
                // all may not list these either.
                (Outcome::Answered, _) | (_, Outcome::Denied(_)) => by_word(word),
                (guests, _) => shown(guests, word),
            },
            Permission::BasicInfo => match &self.names {
                Outcome::Answered if word == Some(false) => by_word(word),
                names => shown(names, word),
            },
            Permission::GrantedPermissions | Permission::RestrictedProjects => by_word(word),
            Permission::Projects => self.projects(word),
            Permission::OrganizationRoles => shown(&self.roles, word),
        }
    }

    fn projects(&self, word: Option<bool>) -> Holding {
        if self.projects != Outcome::Answered {
            return shown(&self.projects, word);
        }
        match (&self.participants, word) {
            (Outcome::Denied(why), _) => Holding::Missing(Raw::from(&**why)),
            (_, Some(false)) => Holding::Unclear(Raw::from(
                "some projects can be read, but the server says that not all can",
            )),
            // An empty list is what one who may see no project gets too.
            (Outcome::Unasked, _) => by_word(word),
            // An older server may not know this call; the list alone was answered.
            (Outcome::Answered | Outcome::Odd(_), _) => Holding::Shown,
        }
    }
}

/// What a call shows that needs the permission.
fn shown(outcome: &Outcome, word: Option<bool>) -> Holding {
    match outcome {
        Outcome::Unasked => by_word(word),
        Outcome::Answered => Holding::Shown,
        Outcome::Denied(why) => Holding::Missing(Raw::from(&**why)),
        // A "no" of the server stands; a "yes" is not enough where a call should have shown it.
        Outcome::Odd(_) if word == Some(false) => by_word(word),
        Outcome::Odd(why) => Holding::Unclear(Raw::from(&**why)),
    }
}

/// Only the server's word tells.
fn by_word(word: Option<bool>) -> Holding {
    match word {
        Some(true) => Holding::Said,
        Some(false) => Holding::Missing(Raw::from("the server says so")),
        None => Holding::Unclear(Raw::from(
            "no call shows it, and the server does not say it either",
        )),
    }
}
