//! Whether everything in a snapshot points at something, and no team stands below too many others.

use super::{DEPTH_LIMIT, Error, Parts, RoleIx, TeamIx};
use crate::domain::{
    grant::{Entitlement, Holder},
    resource::Team,
};

/// Checks that no team stands below too many others. In a circle each team stands below all of them.
pub(super) fn check_depth(teams: &[Team]) -> Result<(), Error> {
    // How many teams are on the way up from each, itself included; 0 is not known yet.
    let mut known = vec![0; teams.len()];
    let mut walks = vec![usize::MAX; teams.len()];
    for start in 0..teams.len() {
        let (mut way, mut at, mut above) = (Vec::new(), Some(start), 0);
        while let Some(team) = at {
            if known[team] > 0 || walks[team] == start {
                above = known[team].max(way.len() * usize::from(walks[team] == start));
                break;
            }
            walks[team] = start;
            way.push(team);
            at = teams[team].parent.map(TeamIx::index);
        }
        for team in way.into_iter().rev() {
            if above > DEPTH_LIMIT {
                return Err(Error::TooDeep { position: team + 1 });
            }
            above += 1;
            known[team] = above;
        }
    }
    Ok(())
}

pub(super) fn check_pointers(parts: &Parts) -> Result<(), Error> {
    let team = |ix: TeamIx| ix.index() < parts.teams.len();
    let dangling = |what, position: usize| {
        Err(Error::Dangling {
            what,
            position: position + 1,
        })
    };
    for (position, entry) in parts.teams.iter().enumerate() {
        if !entry.parent.is_none_or(team) {
            return dangling("team", position);
        }
    }
    for (position, entry) in parts.memberships.iter().enumerate() {
        if !team(entry.team) {
            return dangling("membership", position);
        }
    }
    for (position, grant) in parts.grants.iter().enumerate() {
        let holder = match grant.holder {
            Holder::Everyone(_) => true,
            Holder::Account(account) => account.index() < parts.accounts.len(),
            Holder::Team(ix) => team(ix),
        };
        let role = |role: RoleIx| role.index() < parts.roles.len();
        let entitlement = match grant.entitlement {
            Entitlement::SignIn => true,
            Entitlement::Membership(membership) => membership.index() < parts.memberships.len(),
            Entitlement::OrganizationRole(ix) => role(ix),
            Entitlement::ProjectRole(project, ix) => {
                role(ix) && project.index() < parts.projects.len()
            }
        };
        if !holder || !entitlement {
            return dangling("grant", position);
        }
    }
    Ok(())
}
