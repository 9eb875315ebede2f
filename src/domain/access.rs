//! Effective access: who reaches what by which path, and what a revoke leaves standing.
//!
//! An account holds what is granted to it, and what is granted to its teams and to every team above
//! them. Only the first is stored with the account; the rest is derived here and is never an item of the
//! account.

use super::{
    account::Fact,
    grant::{Entitlement, Holder, Standing},
    items::Item,
    resource::Team,
    snapshot::{AccountIx, DEPTH_LIMIT, Snapshot, Subject, TeamIx},
    time::Timestamp,
};

/// Who reaches what through teams, at one time. Made once for a snapshot; every question is then answered
/// from the few teams around one account or one team.
#[derive(Debug)]
pub struct Access {
    /// For each team, the teams right below it.
    below: Vec<Vec<TeamIx>>,
    /// For each team, its memberships: item and account.
    members: Vec<Vec<(Item, AccountIx)>>,
    /// For each team, the steps of all ways from it to the grants of itself and of the teams above it.
    steps: Vec<u64>,
    now: Timestamp,
}

/// Access that an account has because a team holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The team's grant.
    pub item: Item,
    /// The account's membership that leads to it.
    pub membership: Item,
    /// The way: the account's own team first, the team that holds the grant last.
    pub path: Vec<TeamIx>,
    /// Whether the way is known to lead there now.
    pub certainty: Certainty,
}

/// Whether a path gives access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It does.
    Now,
    /// Not yet: the membership starts later or waits for approval.
    NotYet,
    /// It cannot be told: Space withheld what decides it, or a disbanded or archived team stands in the
    /// way and Space's answer to that is not documented.
    Unknown,
}

impl Certainty {
    /// What a membership that stands so leads to; `None` when it leads nowhere any more.
    pub fn of(standing: Standing) -> Option<Self> {
        match standing {
            Standing::Live => Some(Self::Now),
            Standing::Pending | Standing::Future => Some(Self::NotYet),
            Standing::Unknown => Some(Self::Unknown),
            Standing::Ended => None,
        }
    }

    /// The same for a way that also leads through `team`.
    #[must_use]
    pub fn past(self, team: &Team) -> Self {
        let stands = team.archived == Fact::Known(false)
            && matches!(team.disbanded, Fact::Known(false) | Fact::Absent);
        if stands { self } else { Self::Unknown }
    }
}

/// Something an account still reaches when one grant is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remaining {
    /// The grant through which it is reached.
    pub item: Item,
    /// The teams in between, empty for the account's own grant.
    pub path: Vec<TeamIx>,
    /// Whether the path is known to give the access now.
    pub certainty: Certainty,
}

/// One stored grant whose removal takes derived access away, and what else goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The grant to revoke: the account's membership, or the team's grant.
    pub item: Item,
    /// For leaving a team: the other grants the account no longer reaches. Empty for the team's grant.
    pub also: Vec<Item>,
    /// For the team's grant: how many accounts reach it through the team. 1 for leaving a team.
    pub accounts: usize,
}

impl Access {
    /// Reads the team tree and the memberships of `snapshot`, as of `now`.
    pub fn of(snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut below = vec![Vec::new(); snapshot.teams().len()];
        for (index, team) in snapshot.teams().iter().enumerate() {
            if let Some(parent) = team.parent {
                below[parent.index()].push(TeamIx::at(index));
            }
        }
        let mut members = vec![Vec::new(); snapshot.teams().len()];
        for subject in snapshot.subjects() {
            let Holder::Account(account) = subject.holder else {
                continue;
            };
            for item in subject.items() {
                if let Entitlement::Membership(membership) = snapshot.grant(item).entitlement {
                    members[snapshot.membership(membership).team.index()].push((item, account));
                }
            }
        }
        Self {
            below,
            members,
            steps: steps(snapshot),
            now,
        }
    }

    /// The time as of which it speaks.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What `account` has through its teams, in the order of its memberships, nearest team first. Ended
    /// memberships lead nowhere.
    pub fn derived(&self, snapshot: &Snapshot, account: AccountIx) -> Vec<Derived> {
        self.derived_without(snapshot, account, None)
    }

    /// How much [`Access::derived`] makes for `account` at most, counted in the teams of all its paths.
    pub fn steps(&self, snapshot: &Snapshot, account: AccountIx) -> u64 {
        let subject = snapshot.subject_of_holder(Holder::Account(account));
        let items = subject.into_iter().flat_map(Subject::items);
        items
            .filter_map(|item| match snapshot.grant(item).entitlement {
                Entitlement::Membership(ix) => Some(snapshot.membership(ix).team),
                _ => None,
            })
            .fold(0, |steps, team| {
                u64::saturating_add(steps, self.steps[team.index()])
            })
    }

    fn derived_without(
        &self,
        snapshot: &Snapshot,
        account: AccountIx,
        gone: Option<Item>,
    ) -> Vec<Derived> {
        let mut derived = Vec::new();
        let Some(subject) = snapshot.subject_of_holder(Holder::Account(account)) else {
            return derived;
        };
        for membership_item in subject.items().filter(|item| Some(*item) != gone) {
            let Entitlement::Membership(ix) = snapshot.grant(membership_item).entitlement else {
                continue;
            };
            let membership = snapshot.membership(ix);
            let Some(mut certainty) = Certainty::of(membership.standing(self.now)) else {
                continue;
            };
            for path in upwards(snapshot, membership.team) {
                let holder = *path.last().expect("a path has the team it starts at");
                certainty = certainty.past(snapshot.team(holder));
                let Some(subject) = snapshot.subject_of_holder(Holder::Team(holder)) else {
                    continue;
                };
                derived.extend(
                    subject
                        .items()
                        .filter(|item| Some(*item) != gone)
                        .map(|item| Derived {
                            item,
                            membership: membership_item,
                            path: path.clone(),
                            certainty,
                        }),
                );
            }
        }
        derived
    }

    /// The accounts that are members of `team` or of a team below it, each once, ended memberships apart.
    pub fn members(&self, snapshot: &Snapshot, team: TeamIx) -> Vec<AccountIx> {
        self.members_of_any(snapshot, vec![team])
    }

    /// The accounts that are members of one of `teams` or of a team below them, each once, ended memberships apart.
    pub fn members_of_any(&self, snapshot: &Snapshot, teams: Vec<TeamIx>) -> Vec<AccountIx> {
        let mut accounts = Vec::new();
        let mut seen = vec![false; self.below.len()];
        let mut open = teams;
        while let Some(team) = open.pop() {
            if std::mem::replace(&mut seen[team.index()], true) {
                continue;
            }
            for (item, account) in &self.members[team.index()] {
                let Entitlement::Membership(membership) = snapshot.grant(*item).entitlement else {
                    continue;
                };
                if snapshot.membership(membership).standing(self.now) != Standing::Ended {
                    accounts.push(*account);
                }
            }
            open.extend(&self.below[team.index()]);
        }
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// For a direct role of an account: how the account still reaches the same resource once it is gone,
    /// be it with this role or another. Empty for anything else.
    pub fn remaining(&self, snapshot: &Snapshot, item: Item) -> Vec<Remaining> {
        let grant = snapshot.grant(item);
        let Holder::Account(account) = grant.holder else {
            return Vec::new();
        };
        let same: fn(Entitlement, Entitlement) -> bool = |one, other| match (one, other) {
            (Entitlement::ProjectRole(one, _), Entitlement::ProjectRole(other, _)) => one == other,
            (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => {
                one == other
            }
            _ => false,
        };
        let direct = snapshot
            .subject_of_holder(grant.holder)
            .into_iter()
            .flat_map(Subject::items)
            .filter(|other| *other != item);
        let direct = direct.map(|item| Remaining {
            item,
            path: Vec::new(),
            certainty: Certainty::Now,
        });
        let derived = self.derived(snapshot, account).into_iter();
        let derived = derived.map(|derived| Remaining {
            item: derived.item,
            path: derived.path,
            certainty: derived.certainty,
        });
        direct
            .chain(derived)
            .filter(|remaining| {
                same(
                    grant.entitlement,
                    snapshot.grant(remaining.item).entitlement,
                )
            })
            .collect()
    }

    /// The grants that `account` no longer reaches through any team once its membership `item` is gone.
    pub fn lost_by_leaving(
        &self,
        snapshot: &Snapshot,
        account: AccountIx,
        item: Item,
    ) -> Vec<Item> {
        let kept: Vec<Item> = self
            .derived_without(snapshot, account, Some(item))
            .into_iter()
            .map(|derived| derived.item)
            .collect();
        let mut lost: Vec<Item> = self
            .derived(snapshot, account)
            .into_iter()
            .filter(|derived| derived.membership == item)
            .map(|derived| derived.item)
            .filter(|item| !kept.contains(item))
            .collect();
        lost.dedup();
        lost
    }

    /// The stored grants whose removal would take `derived` from `account`: leaving the team, or taking the
    /// grant from the team that holds it.
    pub fn ways_to_remove(
        &self,
        snapshot: &Snapshot,
        account: AccountIx,
        derived: &Derived,
    ) -> [Way; 2] {
        let holder = *derived
            .path
            .last()
            .expect("a path has the team it starts at");
        let also = self.lost_by_leaving(snapshot, account, derived.membership);
        let also = also
            .into_iter()
            .filter(|item| *item != derived.item)
            .collect();
        [
            Way {
                item: derived.membership,
                also,
                accounts: 1,
            },
            Way {
                item: derived.item,
                also: Vec::new(),
                accounts: self.members(snapshot, holder).len(),
            },
        ]
    }
}

fn steps(snapshot: &Snapshot) -> Vec<u64> {
    let teams = 0..snapshot.teams().len();
    let own: Vec<u64> = teams
        .clone()
        .map(|index| {
            let subject = snapshot.subject_of_holder(Holder::Team(TeamIx::at(index)));
            subject.map_or(1, |subject| subject.len() as u64 + 1)
        })
        .collect();
    teams
        .map(|start| {
            let (mut steps, mut at, mut length) = (own[start], start, 1u64);
            // A circle that leads past another team ends after as many steps as a tree can have.
            while let Some(above) = snapshot.teams()[at].parent.map(TeamIx::index)
                && above != start
                && length <= DEPTH_LIMIT as u64
            {
                length += 1;
                steps = steps.saturating_add(own[above].saturating_mul(length));
                at = above;
            }
            steps
        })
        .collect()
}

/// The paths from `team` to itself and to each team above it. A tree that runs in a circle, which only a
/// broken server could send, ends where it meets itself.
fn upwards(snapshot: &Snapshot, team: TeamIx) -> Vec<Vec<TeamIx>> {
    let mut paths: Vec<Vec<TeamIx>> = vec![vec![team]];
    let mut path = vec![team];
    while let Some(parent) = snapshot.team(path[path.len() - 1]).parent {
        if path.contains(&parent) {
            break;
        }
        path.push(parent);
        paths.push(path.clone());
    }
    paths
}

#[cfg(test)]
mod tests;
