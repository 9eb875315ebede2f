//! [`Grant`]: one stored assignment, the thing that is decided on.

use std::{fmt, str::FromStr};

use super::{
    BadHex, Digest,
    account::Fact,
    read_hex,
    snapshot::{AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, TeamIx},
    text::{Raw, Shared},
    time::Timestamp,
    write_hex,
};

/// What tells a grant apart, for ever: derived from what the grant is, not from its place in a snapshot,
/// so the same grant has the same id next quarter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub [u8; 12]);

impl GrantId {
    /// The id of the grant that `parts` name: kind, holder, resource and role by their Space ids.
    ///
    /// It is the start of the SHA-256 of the parts, each followed by a zero byte, after the organization's id.
    pub fn derive(organization: &str, parts: &[&str]) -> Self {
        let parts = || std::iter::once(&organization).chain(parts);
        let length: usize = parts().map(|part| part.len() + 1).sum();
        // A snapshot has a million of them, and hardly any is longer.
        let (mut short, mut long) = ([0; 192], Vec::new());
        let bytes = if let Some(bytes) = short.get_mut(..length) {
            bytes
        } else {
            long.resize(length, 0);
            &mut long[..]
        };
        let mut at = 0;
        for part in parts() {
            bytes[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len() + 1;
        }
        let Digest(digest) = Digest::of(bytes);
        Self(*digest.first_chunk().expect("a SHA-256 value has 32 bytes"))
    }

    /// The id of the grant by which somebody has the membership `id`.
    pub fn of_membership(organization: &str, id: &str) -> Self {
        Self::derive(organization, &["membership", id])
    }

    /// The id of the grant by which `holder` has `entitlement`, among `parts`; their own grants are not looked at.
    ///
    /// The parts of the id are `sign-in` and the account; `membership` and its id; `org-role`, holder and role;
    /// `implicit` and the role; or `project-role`, holder, project and role.
    ///
    /// # Panics
    /// When `holder` or `entitlement` points outside `parts`.
    pub fn of(parts: &Parts, holder: Holder, entitlement: Entitlement) -> Self {
        let organization = &*parts.organization.id;
        let role = |ix: RoleIx| &*parts.roles[ix.index()].key;
        let (holder_kind, holder_id) = match holder {
            Holder::Everyone(_) => ("everyone", ""),
            Holder::Account(ix) => ("account", &*parts.accounts[ix.index()].id.0),
            Holder::Team(ix) => ("team", &*parts.teams[ix.index()].id),
        };
        match entitlement {
            Entitlement::SignIn => Self::derive(organization, &["sign-in", holder_id]),
            Entitlement::Membership(ix) => {
                Self::of_membership(organization, &parts.memberships[ix.index()].id)
            }
            Entitlement::OrganizationRole(ix) if matches!(holder, Holder::Everyone(_)) => {
                Self::derive(organization, &["implicit", role(ix)])
            }
            Entitlement::OrganizationRole(ix) => Self::derive(
                organization,
                &["org-role", holder_kind, holder_id, role(ix)],
            ),
            Entitlement::ProjectRole(project, ix) => {
                let project = &*parts.projects[project.index()].id;
                let parts = ["project-role", holder_kind, holder_id, project, role(ix)];
                Self::derive(organization, &parts)
            }
        }
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for GrantId {
    type Err = BadHex;

    fn from_str(text: &str) -> Result<Self, BadHex> {
        read_hex(text).map(Self)
    }
}

/// One stored grant: a holder has an entitlement. One grant is one item of a review, so that one revoke is
/// one operation in Space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What tells it apart.
    pub id: GrantId,
    /// Who has it.
    pub holder: Holder,
    /// What they have.
    pub entitlement: Entitlement,
    /// The number of the raw answer it was read from; 0 when there is none.
    pub source: u32,
}

/// Who has a grant. The order is the order in which subjects stand in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Everybody of a kind, without being named: how implicit roles are held.
    Everyone(Audience),
    /// One account.
    Account(AccountIx),
    /// A team, and through it its members and those of the teams below.
    Team(TeamIx),
}

/// Whom an implicit role covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// All members of the organization.
    Members,
    /// All external users.
    Externals,
    /// Implicit, and Space does not tell for whom.
    Unknown,
}

/// What a holder has. The order is the order of a holder's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entitlement {
    /// The account itself: it can sign in. Revoking it means deactivating the account.
    SignIn,
    /// A role on the whole organization.
    OrganizationRole(RoleIx),
    /// Membership of a team.
    Membership(MembershipIx),
    /// A role on a project.
    ProjectRole(ProjectIx, RoleIx),
}

/// The particulars of a team membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Space's id of it.
    pub id: Shared,
    /// The team.
    pub team: TeamIx,
    /// Whether the account leads the team.
    pub lead: Fact<bool>,
    /// The job title in the team; it grants nothing.
    pub position: Fact<Raw>,
    /// The start.
    pub since: Fact<Timestamp>,
    /// The end; `Absent` is open-ended.
    pub till: Fact<Timestamp>,
    /// Whether it still waits for an approval.
    pub pending: Fact<bool>,
    /// Whether it ended or was removed.
    pub archived: Fact<bool>,
}

/// Whether a membership counts at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It counts.
    Live,
    /// It waits for an approval.
    Pending,
    /// It starts later.
    Future,
    /// It is over.
    Ended,
    /// Space did not say enough to tell.
    Unknown,
}

impl Standing {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Pending => "pending",
            Self::Future => "future",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

impl Membership {
    /// Whether it counts at `now`: not archived, approved, begun, and not over.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.archived == Fact::Known(true) || self.till.known().is_some_and(|till| *till <= now)
        {
            Standing::Ended
        } else if self.pending == Fact::Known(true) {
            Standing::Pending
        } else if self.since.known().is_some_and(|since| *since > now) {
            Standing::Future
        } else if self.archived.is_unknown()
            || self.pending.is_unknown()
            || self.till.is_unknown()
            || self.since.is_unknown()
        {
            Standing::Unknown
        } else {
            Standing::Live
        }
    }
}
