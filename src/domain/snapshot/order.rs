//! The order of a snapshot, which depends on nothing but the content.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash as _, Hasher as _},
};

use super::{AccountIx, Error, MembershipIx, Parts, ProjectIx, RoleIx, TeamIx};
use crate::domain::{
    account::Account,
    grant::{Entitlement, GrantId, Holder, Membership},
    resource::{Project, Team},
};

pub(super) fn team_key(team: &Team) -> (String, &str) {
    (team.name.raw().to_ascii_lowercase(), &team.id)
}

pub(super) fn project_key(project: &Project) -> (String, &str) {
    (project.name.raw().to_ascii_lowercase(), &project.id)
}

/// Checks that each entry's key is above the one before.
pub(super) fn check_order<'a, T, K: Ord>(
    what: &'static str,
    list: &'a [T],
    key: impl Fn(&'a T) -> K,
    id: impl Fn(&T) -> String,
) -> Result<(), Error> {
    let mut before: Option<K> = None;
    for (position, entry) in list.iter().enumerate() {
        let this = key(entry);
        match before.as_ref().map(|before| before.cmp(&this)) {
            None | Some(Ordering::Less) => before = Some(this),
            Some(Ordering::Equal) => {
                return Err(Error::Twice {
                    what,
                    id: id(entry),
                });
            }
            Some(Ordering::Greater) => {
                return Err(Error::Disorder {
                    what,
                    position: position + 1,
                });
            }
        }
    }
    Ok(())
}

/// Checks that each account stands after the one before: by label, and then by id.
pub(super) fn check_accounts(accounts: &[Account]) -> Result<(), Error> {
    // There are a hundred thousand of them, and two pieces of memory are enough.
    let (mut before, mut this) = (String::new(), String::new());
    for (position, account) in accounts.iter().enumerate() {
        std::mem::swap(&mut before, &mut this);
        this.clear();
        this.extend(account.label_parts());
        this.make_ascii_lowercase();
        let Some(last) = position.checked_sub(1).map(|last| &accounts[last]) else {
            continue;
        };
        match (&before, &last.id).cmp(&(&this, &account.id)) {
            Ordering::Less => {}
            Ordering::Equal => {
                return Err(Error::Twice {
                    what: "account",
                    id: account.id.0.to_string(),
                });
            }
            Ordering::Greater => {
                return Err(Error::Disorder {
                    what: "account",
                    position: position + 1,
                });
            }
        }
    }
    Ok(())
}

/// Checks that no id is there twice. `brief` is a number that equal ids have in common, and others hardly ever.
pub(super) fn check_unique<T: Ord + fmt::Display>(
    what: &'static str,
    ids: impl Iterator<Item = T> + Clone,
    brief: impl Fn(&T) -> u64,
) -> Result<(), Error> {
    // Numbers sort several times as fast as what they stand for.
    let mut numbers: Vec<u64> = ids.clone().map(|id| brief(&id)).collect();
    numbers.sort_unstable();
    if numbers.windows(2).all(|pair| pair[0] != pair[1]) {
        return Ok(());
    }
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::Twice {
            what,
            id: pair[0].to_string(),
        }),
        None => Ok(()),
    }
}

/// A number for [`check_unique`].
pub(super) fn brief_text(text: &&str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A number for [`check_unique`]: an id of a grant is a part of a digest.
pub(super) fn brief_grant(id: &GrantId) -> u64 {
    u64::from_be_bytes(*id.0.first_chunk().expect("an id has twelve bytes"))
}

/// Puts everything in a snapshot's order and points all indices at the new places.
pub(super) fn sorted(mut parts: Parts) -> Parts {
    let accounts = sort_by(&mut parts.accounts, |account| {
        (
            account.label().raw().to_ascii_lowercase(),
            account.id.0.clone(),
        )
    });
    let teams = sort_by(&mut parts.teams, |team| {
        (team.name.raw().to_ascii_lowercase(), team.id.clone())
    });
    let projects = sort_by(&mut parts.projects, |project| {
        (project.name.raw().to_ascii_lowercase(), project.id.clone())
    });
    let roles = sort_by(&mut parts.roles, |role| role.key.clone());
    for team in &mut parts.teams {
        team.parent = team.parent.map(|parent| TeamIx(teams[parent.index()]));
    }
    for membership in &mut parts.memberships {
        membership.team = TeamIx(teams[membership.team.index()]);
    }
    let memberships = sort_by(&mut parts.memberships, |membership| {
        (membership.team, membership.id.clone())
    });
    for grant in &mut parts.grants {
        grant.holder = match grant.holder {
            Holder::Everyone(audience) => Holder::Everyone(audience),
            Holder::Account(ix) => Holder::Account(AccountIx(accounts[ix.index()])),
            Holder::Team(ix) => Holder::Team(TeamIx(teams[ix.index()])),
        };
        grant.entitlement = match grant.entitlement {
            Entitlement::SignIn => Entitlement::SignIn,
            Entitlement::OrganizationRole(ix) => {
                Entitlement::OrganizationRole(RoleIx(roles[ix.index()]))
            }
            Entitlement::Membership(ix) => {
                Entitlement::Membership(MembershipIx(memberships[ix.index()]))
            }
            Entitlement::ProjectRole(project, role) => Entitlement::ProjectRole(
                ProjectIx(projects[project.index()]),
                RoleIx(roles[role.index()]),
            ),
        };
    }
    parts
        .grants
        .sort_by_key(|grant| (grant.holder, grant.entitlement, grant.id));
    // Now that the grants have their order, memberships take theirs from it.
    let mut old: Vec<Option<Membership>> = std::mem::take(&mut parts.memberships)
        .into_iter()
        .map(Some)
        .collect();
    for grant in &mut parts.grants {
        if let Entitlement::Membership(ix) = &mut grant.entitlement
            && let Some(membership) = old[ix.index()].take()
        {
            *ix = MembershipIx::at(parts.memberships.len());
            parts.memberships.push(membership);
        }
    }
    parts
}

/// Sorts `list`; the answer tells for each old place the new one.
fn sort_by<T, K: Ord>(list: &mut Vec<T>, key: impl Fn(&T) -> K) -> Vec<u32> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_cached_key(|&place| key(&list[place]));
    let mut places = vec![0; list.len()];
    for (new, &old) in order.iter().enumerate() {
        places[old] =
            u32::try_from(new).expect("a snapshot has fewer than four billion of anything");
    }
    let mut taken: Vec<Option<T>> = std::mem::take(list).into_iter().map(Some).collect();
    *list = order
        .into_iter()
        .map(|old| taken[old].take().expect("an order names each place once"))
        .collect();
    places
}
