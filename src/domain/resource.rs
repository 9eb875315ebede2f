//! Organization, [`Team`], [`Project`], [`Role`]: what access is held on and what it allows.

use super::{account::Fact, snapshot::TeamIx, text::Raw, time::Day};

/// The reviewed organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Space's id of it.
    pub id: Box<str>,
    /// Its name.
    pub name: Raw,
    /// The address it was read from: scheme, host, port, path prefix; no credentials.
    pub url: Box<str>,
}

/// A team. Teams form a tree; a member of a team counts as a member of every team above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Space's id of it.
    pub id: Box<str>,
    /// Its name.
    pub name: Raw,
    /// The team above; `None` at the top.
    pub parent: Option<TeamIx>,
    /// Whether it was removed.
    pub archived: Fact<bool>,
    /// Whether it was dissolved.
    pub disbanded: Fact<bool>,
    /// When it was dissolved.
    pub disbanded_at: Fact<Day>,
    /// `false`: something names this team but the team list does not.
    pub listed: bool,
    /// The number of the raw answer it was read from; 0 when there is none.
    pub source: u32,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Space's id of it.
    pub id: Box<str>,
    /// The short key people know it by; it can change.
    pub key: Raw,
    /// Its name.
    pub name: Raw,
    /// Whether only participants can see it.
    pub private: Fact<bool>,
    /// Whether it was archived.
    pub archived: Fact<bool>,
    /// The number of the raw answer it was read from; 0 when there is none.
    pub source: u32,
}

/// A permission role: a named set of rights that a holder can have on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What tells it apart: `org:<id>`, `project:admin`, `project:member`, `project:external`,
    /// `project:role:<id>`, or `project:unknown:<class>`.
    pub key: Box<str>,
    /// Its name as Space gives it; for Space's own project roles, the name its pages use.
    pub name: Raw,
    /// What it is a role of and who may be given it.
    pub kind: RoleKind,
    /// The number of the raw answer it was read from; 0 when there is none.
    pub source: u32,
}

/// What a role is a role of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// A role of the whole organization that Space ships and people can be given, such as System Admin.
    OrganizationPredefined,
    /// A role of the whole organization that this organization made.
    OrganizationCustom,
    /// A role of the whole organization that follows from being in it (Member, External User). Nobody
    /// can be taken out of it, so it is acknowledged and never kept or revoked.
    OrganizationImplicit,
    /// Project Admin.
    ProjectAdmin,
    /// Project Member.
    ProjectMember,
    /// External collaborator or guest of a project.
    ProjectExternal,
    /// A role that one project made.
    ProjectCustom,
    /// A kind of project role that this version does not know.
    ProjectUnknown,
}

impl Role {
    /// Whether it is known to give control over others' access: Project Admin and the organization's
    /// predefined roles. Rights of custom roles are not read, so for those the answer is unknown.
    pub fn privileged(&self) -> Fact<bool> {
        match self.kind {
            RoleKind::ProjectAdmin | RoleKind::OrganizationPredefined => Fact::Known(true),
            RoleKind::OrganizationCustom | RoleKind::ProjectCustom | RoleKind::ProjectUnknown => {
                Fact::Unknown
            }
            RoleKind::OrganizationImplicit
            | RoleKind::ProjectMember
            | RoleKind::ProjectExternal => Fact::Known(false),
        }
    }
}
