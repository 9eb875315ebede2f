//! [`Snapshot`]: accounts, resources and grants at one time, frozen in one order.

mod order;
mod pointers;

use std::{ops::Range, sync::OnceLock};

use super::{
    account::{Account, Fact},
    filter,
    grant::{Audience, Entitlement, Grant, Holder, Membership},
    items::Item,
    resource::{Organization, Project, Role, Team},
    text::Raw,
};

macro_rules! index {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position, for slices.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The position `index` of a slice.
            ///
            /// # Panics
            /// When a snapshot has more than four billion of something.
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).expect("a snapshot has fewer than four billion of anything"))
            }
        }
    )*};
}

index! {
    /// The position of an account in its snapshot.
    AccountIx
    /// The position of a team in its snapshot.
    TeamIx
    /// The position of a project in its snapshot.
    ProjectIx
    /// The position of a role in its snapshot.
    RoleIx
    /// The position of a membership in its snapshot.
    MembershipIx
}

/// What a snapshot is made of. The indices inside point into these lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The organization.
    pub organization: Organization,
    /// Every account that was listed or that a grant names.
    pub accounts: Vec<Account>,
    /// Every team that was listed or that something names.
    pub teams: Vec<Team>,
    /// Every project.
    pub projects: Vec<Project>,
    /// Every role that was listed or that a grant names.
    pub roles: Vec<Role>,
    /// The particulars of each membership grant.
    pub memberships: Vec<Membership>,
    /// Every stored grant.
    pub grants: Vec<Grant>,
}

/// Accounts, resources and grants as they were read at one time. It never changes.
///
/// Everything stands in one order that depends on nothing but the content: accounts, teams and projects by
/// name and then id, roles by key, grants by holder and then by what is held. So the same population
/// always makes the same files, and one holder's items are neighbours.
#[derive(Debug)]
pub struct Snapshot {
    parts: Parts,
    subjects: Vec<Subject>,
    index: OnceLock<filter::Index>,
}

impl PartialEq for Snapshot {
    /// Two snapshots are equal when they were made of the same parts; the rest follows from those.
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Snapshot {}

/// One holder and its items, which are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who holds them.
    pub holder: Holder,
    /// The first item.
    pub first: Item,
    /// The item after the last.
    pub end: Item,
}

impl Subject {
    /// The positions of its items.
    pub fn range(&self) -> Range<usize> {
        self.first.index()..self.end.index()
    }

    /// Its items.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = Item> + ExactSizeIterator + use<> {
        (self.first.0..self.end.0).map(Item)
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.range().len()
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.first == self.end
    }
}

/// Why a list cannot be a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Two entries have the same id.
    #[error("{what} {id} is there twice")]
    Twice {
        /// `account`, `team`, `project`, `role` or `grant`.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// Something points at an entry that is not there.
    #[error("{what} {position} points at something that is not in the snapshot")]
    Dangling {
        /// `team`, `membership` or `grant`.
        what: &'static str,
        /// Its place in the list, from 1.
        position: usize,
    },
    /// A team stands below more than [`DEPTH_LIMIT`] others.
    #[error("team {position} stands below more than {DEPTH_LIMIT} others")]
    TooDeep {
        /// Its place in the list, from 1.
        position: usize,
    },
    /// The entries do not stand in a snapshot's order.
    #[error("{what} {position} is not where it belongs in the order")]
    Disorder {
        /// `account`, `team`, `project`, `role`, `membership` or `grant`.
        what: &'static str,
        /// Its place in the list, from 1.
        position: usize,
    },
}

/// How many teams may stand above a team. No organization has so many; a hostile record could have any number, and
/// every path through them would be followed.
pub const DEPTH_LIMIT: usize = 1000;

impl Snapshot {
    /// Puts `parts` in order and freezes them.
    ///
    /// # Errors
    /// When something is there twice or points nowhere.
    pub fn assemble(parts: Parts) -> Result<Self, Error> {
        pointers::check_pointers(&parts)?;
        let memberships = parts.memberships.len();
        let parts = order::sorted(parts);
        if parts.memberships.len() != memberships {
            // A membership that no grant carries would be lost without a word.
            return Err(Error::Dangling {
                what: "membership",
                position: memberships,
            });
        }
        Self::from_ordered(parts)
    }

    /// Freezes `parts` that already stand in a snapshot's order, as they do in a file.
    ///
    /// # Errors
    /// When something is there twice, points nowhere, or stands elsewhere than it should.
    pub fn from_ordered(parts: Parts) -> Result<Self, Error> {
        let snapshot = Self::from_ordered_early(parts)?;
        snapshot.check_unique()?;
        Ok(snapshot)
    }

    /// As [`Snapshot::from_ordered`], but leaves it to [`Snapshot::check_unique`] that no account or grant has the id of
    /// another one.
    ///
    /// # Errors
    /// As [`Snapshot::from_ordered`].
    pub fn from_ordered_early(parts: Parts) -> Result<Self, Error> {
        pointers::check_pointers(&parts)?;
        order::check_accounts(&parts.accounts)?;
        order::check_order("team", &parts.teams, order::team_key, |team| {
            team.id.to_string()
        })?;
        order::check_order("project", &parts.projects, order::project_key, |project| {
            project.id.to_string()
        })?;
        order::check_order(
            "role",
            &parts.roles,
            |role| &role.key,
            |role| role.key.to_string(),
        )?;
        order::check_order(
            "grant",
            &parts.grants,
            |grant| (grant.holder, grant.entitlement, grant.id),
            |grant| grant.id.to_string(),
        )?;
        let teams = parts.teams.iter().map(|team| &*team.id);
        order::check_unique("team", teams, order::brief_text)?;
        pointers::check_depth(&parts.teams)?;
        let projects = parts.projects.iter().map(|project| &*project.id);
        order::check_unique("project", projects, order::brief_text)?;
        let mut next = 0;
        for (position, grant) in parts.grants.iter().enumerate() {
            if let Entitlement::Membership(membership) = grant.entitlement {
                // Memberships stand in the order of their grants, so a file needs no second list.
                if membership.0 != next {
                    return Err(Error::Disorder {
                        what: "membership",
                        position: position + 1,
                    });
                }
                next += 1;
            }
        }
        if next as usize != parts.memberships.len() {
            return Err(Error::Dangling {
                what: "membership",
                position: next as usize + 1,
            });
        }
        Ok(Self {
            subjects: subjects(&parts.grants),
            parts,
            index: OnceLock::new(),
        })
    }

    /// Checks that no account or grant has the id of another one.
    ///
    /// # Errors
    /// The id that is there twice.
    pub fn check_unique(&self) -> Result<(), Error> {
        let accounts = self.parts.accounts.iter().map(|account| &*account.id.0);
        order::check_unique("account", accounts, order::brief_text)?;
        let grants = self.parts.grants.iter().map(|grant| grant.id);
        order::check_unique("grant", grants, order::brief_grant)
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The organization.
    pub fn organization(&self) -> &Organization {
        &self.parts.organization
    }

    /// All accounts.
    pub fn accounts(&self) -> &[Account] {
        &self.parts.accounts
    }

    /// All teams.
    pub fn teams(&self) -> &[Team] {
        &self.parts.teams
    }

    /// All projects.
    pub fn projects(&self) -> &[Project] {
        &self.parts.projects
    }

    /// All roles.
    pub fn roles(&self) -> &[Role] {
        &self.parts.roles
    }

    /// The particulars of all memberships.
    pub fn memberships(&self) -> &[Membership] {
        &self.parts.memberships
    }

    /// All stored grants; the position is the item.
    pub fn grants(&self) -> &[Grant] {
        &self.parts.grants
    }

    /// All holders that have items, in order.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// One account.
    pub fn account(&self, ix: AccountIx) -> &Account {
        &self.parts.accounts[ix.index()]
    }

    /// One team.
    pub fn team(&self, ix: TeamIx) -> &Team {
        &self.parts.teams[ix.index()]
    }

    /// One project.
    pub fn project(&self, ix: ProjectIx) -> &Project {
        &self.parts.projects[ix.index()]
    }

    /// One role.
    pub fn role(&self, ix: RoleIx) -> &Role {
        &self.parts.roles[ix.index()]
    }

    /// One membership.
    pub fn membership(&self, ix: MembershipIx) -> &Membership {
        &self.parts.memberships[ix.index()]
    }

    /// The grant an item stands for.
    pub fn grant(&self, item: Item) -> &Grant {
        &self.parts.grants[item.index()]
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.parts.grants.len()
    }

    /// Whether there is nothing to decide.
    pub fn is_empty(&self) -> bool {
        self.parts.grants.is_empty()
    }

    /// The position in [`Snapshot::subjects`] of the subject an item belongs to.
    pub fn subject_of(&self, item: Item) -> usize {
        self.subjects.partition_point(|subject| subject.end <= item)
    }

    /// The subject of `holder`, when it has items.
    pub fn subject_of_holder(&self, holder: Holder) -> Option<&Subject> {
        let at = self
            .subjects
            .partition_point(|subject| subject.holder < holder);
        self.subjects
            .get(at)
            .filter(|subject| subject.holder == holder)
    }

    /// Whether the item is an implicit grant, which can only be acknowledged.
    pub fn implicit(&self, item: Item) -> bool {
        match self.grant(item).entitlement {
            Entitlement::OrganizationRole(role) => {
                self.role(role).kind == super::resource::RoleKind::OrganizationImplicit
            }
            Entitlement::SignIn | Entitlement::Membership(_) | Entitlement::ProjectRole(..) => {
                false
            }
        }
    }

    /// What a person calls the resource an item is access to: the team, the project, or the organization.
    pub fn resource_label(&self, item: Item) -> &Raw {
        match self.grant(item).entitlement {
            Entitlement::SignIn | Entitlement::OrganizationRole(_) => &self.parts.organization.name,
            Entitlement::Membership(membership) => {
                &self.team(self.membership(membership).team).name
            }
            Entitlement::ProjectRole(project, _) => &self.project(project).name,
        }
    }

    /// What a person calls what an item allows: the role, the place in a team, or signing in.
    pub fn role_label(&self, item: Item) -> Raw {
        match self.grant(item).entitlement {
            Entitlement::SignIn => Raw::from("Can sign in"),
            Entitlement::Membership(membership) => {
                let lead = self.membership(membership).lead == Fact::Known(true);
                Raw::from(if lead { "Team Lead" } else { "Team Member" })
            }
            Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => {
                self.role(role).name.clone()
            }
        }
    }

    /// What a person calls a holder.
    pub fn holder_label(&self, holder: Holder) -> Raw {
        match holder {
            Holder::Everyone(Audience::Members) => Raw::from("Every member"),
            Holder::Everyone(Audience::Externals) => Raw::from("Every external user"),
            Holder::Everyone(Audience::Unknown) => Raw::from("Everyone it applies to"),
            Holder::Account(account) => self.account(account).label(),
            Holder::Team(team) => self.team(team).name.clone(),
        }
    }

    /// Makes what filters need now, so that the first one does not have to wait for it.
    pub fn prepare_filters(&self) {
        self.index();
    }

    /// The names in this snapshot, prepared for filters; made on first use.
    pub(super) fn index(&self) -> &filter::Index {
        self.index.get_or_init(|| filter::Index::of(self))
    }

    /// The account with this Space id.
    pub fn find_account(&self, id: &str) -> Option<AccountIx> {
        self.parts
            .accounts
            .iter()
            .position(|account| &*account.id.0 == id)
            .map(AccountIx::at)
    }
}

fn subjects(grants: &[Grant]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for (position, grant) in grants.iter().enumerate() {
        let item = Item(
            u32::try_from(position).expect("a snapshot has fewer than four billion of anything"),
        );
        match subjects.last_mut() {
            Some(subject) if subject.holder == grant.holder => subject.end = Item(item.0 + 1),
            _ => subjects.push(Subject {
                holder: grant.holder,
                first: item,
                end: Item(item.0 + 1),
            }),
        }
    }
    subjects
}

#[cfg(test)]
mod tests;
