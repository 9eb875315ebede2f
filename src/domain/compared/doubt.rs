//! [`Doubt`]: of what a snapshot may lack something that is there.

use super::Kind;
use crate::domain::{grant::Entitlement, items::Item, provenance::Gap, snapshot::Snapshot};

/// Of what a snapshot may lack something, by the calls that left gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt(u8);

const ACCOUNTS: u8 = 1;
const TEAMS: u8 = 1 << 1;
const MEMBERSHIPS: u8 = 1 << 2;
const PROJECTS: u8 = 1 << 3;
const PARTICIPANTS: u8 = 1 << 4;
const ROLES: u8 = 1 << 5;
const HOLDERS: u8 = 1 << 6;

impl Doubt {
    pub(super) fn of(gaps: &[Gap]) -> Self {
        Self(gaps.iter().fold(0, |doubt, gap| doubt | lacking(&gap.call)))
    }

    /// Whether it may have `at`, which stands in the other snapshot, without showing it.
    pub(super) fn may_lack(self, kind: Kind, other: &Snapshot, at: u32) -> bool {
        let part = match kind {
            Kind::Account => ACCOUNTS,
            Kind::Team => TEAMS,
            Kind::Project => PROJECTS,
            Kind::Role => ROLES,
            Kind::Grant | Kind::Revoke => match other.grant(Item(at)).entitlement {
                Entitlement::SignIn => ACCOUNTS,
                Entitlement::Membership(_) => MEMBERSHIPS,
                Entitlement::OrganizationRole(_) => HOLDERS,
                Entitlement::ProjectRole(..) => PARTICIPANTS,
            },
        };
        self.0 & part != 0
    }
}

/// What a gap in the answers of `call` may hide. A call that is not known may hide anything.
fn lacking(call: &str) -> u8 {
    let path = call.split_once(' ').map_or(call, |(_, path)| path);
    match path {
        "team-directory/profiles" => ACCOUNTS,
        "team-directory/teams" => TEAMS,
        "team-directory/memberships" => MEMBERSHIPS,
        "projects" | "projects/private-projects" => PROJECTS | PARTICIPANTS | ROLES,
        _ if path.starts_with("projects/{project}/") => PARTICIPANTS | ROLES,
        // The same calls tell of roles of the organization and of projects.
        _ if path.starts_with("permission-roles/") => ROLES | HOLDERS | PARTICIPANTS,
        _ => u8::MAX,
    }
}
