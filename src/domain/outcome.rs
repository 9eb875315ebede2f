//! [`Outcome`]: what became of a revoke by the time of a later snapshot.

use std::collections::HashMap;

use super::{
    access::{Access, Certainty},
    account::State,
    campaign::Campaign,
    grant::{Entitlement, Grant, GrantId, Holder},
    items::Item,
    snapshot::{AccountIx, Snapshot, TeamIx},
    time::Timestamp,
};

/// What became of a revoked grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is not there, and its holder reaches nothing of the kind another way.
    Gone,
    /// Its holder is not there any more.
    HolderGone,
    /// It is there as it was.
    Still {
        /// Its place in the later snapshot.
        item: Item,
    },
    /// It is not there, and its holder reaches the same another way.
    Elsewhere {
        /// The grant through which it is reached.
        item: Item,
        /// The team through which, when it is not the holder's own grant.
        team: Option<TeamIx>,
        /// Whether that way is known to lead there.
        certainty: Certainty,
    },
    /// It was taken away and given again since.
    Back {
        /// The grant that is there now.
        item: Item,
    },
    /// It is not there, and the later snapshot does not have everything.
    NotSeen,
}

impl Outcome {
    /// The word in tables and for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::HolderGone => "holder-gone",
            Self::Still { .. } => "still-there",
            Self::Elsewhere { .. } => "another-path",
            Self::Back { .. } => "came-back",
            Self::NotSeen => "not-seen",
        }
    }

    /// Whether the revoke has its effect.
    pub fn carried_out(self) -> bool {
        matches!(self, Self::Gone | Self::HolderGone)
    }
}

/// Answers what became of the revokes of one campaign by the snapshot of a later one.
#[derive(Debug)]
pub struct Outcomes<'a> {
    old: &'a Campaign,
    new: &'a Snapshot,
    now: Timestamp,
    partial: bool,
    access: Access,
    grants: HashMap<GrantId, Item>,
    accounts: HashMap<&'a str, AccountIx>,
    teams: HashMap<&'a str, TeamIx>,
}

impl<'a> Outcomes<'a> {
    /// Prepares to look for what `old` decided in the snapshot of `new`.
    pub fn new(old: &'a Campaign, new: &'a Campaign) -> Self {
        let snapshot: &'a Snapshot = new.snapshot();
        let now = new.as_of();
        Self {
            old,
            new: snapshot,
            now,
            partial: !new.opened().provenance.gaps.is_empty(),
            access: Access::of(snapshot, now),
            grants: snapshot
                .grants()
                .iter()
                .zip(0..)
                .map(|(grant, at)| (grant.id, Item(at)))
                .collect(),
            accounts: snapshot
                .accounts()
                .iter()
                .enumerate()
                .map(|(at, account)| (&*account.id.0, AccountIx::at(at)))
                .collect(),
            teams: snapshot
                .teams()
                .iter()
                .enumerate()
                .map(|(at, team)| (&*team.id, TeamIx::at(at)))
                .collect(),
        }
    }

    /// What became of `item` of the old campaign.
    pub fn of(&self, item: Item) -> Outcome {
        let old = self.old.snapshot();
        let grant = old.grant(item);
        let holder = self.holder(grant);
        // Revoking it means deactivating the account, which stays in the list. What else such an account holds is still there:
        // it works again once the account does.
        if let (Some(Holder::Account(account)), Entitlement::SignIn) = (holder, grant.entitlement)
            && self.new.account(account).state(self.now) == State::Left
        {
            return Outcome::Gone;
        }
        if let Some(item) = self.grants.get(&grant.id).copied() {
            // A membership says since when it is; other grants do not, and then nobody can tell it from one that stayed.
            let again = match self.new.grant(item).entitlement {
                Entitlement::Membership(ix) => {
                    let since = self.new.membership(ix).since.known();
                    since.is_some_and(|since| *since > self.old.as_of())
                        && old_since(self.old, grant).as_ref() != since
                }
                _ => false,
            };
            return if again {
                Outcome::Back { item }
            } else {
                Outcome::Still { item }
            };
        }
        let Some(holder) = holder else {
            return if self.partial {
                Outcome::NotSeen
            } else {
                Outcome::HolderGone
            };
        };
        if let Some(other) = self.another(grant, holder) {
            return other;
        }
        if self.partial {
            Outcome::NotSeen
        } else {
            Outcome::Gone
        }
    }

    /// The holder of an old grant in the new snapshot.
    fn holder(&self, grant: &Grant) -> Option<Holder> {
        let old = self.old.snapshot();
        match grant.holder {
            Holder::Account(ix) => {
                let id = &*old.account(ix).id.0;
                self.accounts.get(id).copied().map(Holder::Account)
            }
            Holder::Team(ix) => {
                let id = &*old.team(ix).id;
                self.teams.get(id).copied().map(Holder::Team)
            }
            everyone @ Holder::Everyone(_) => Some(everyone),
        }
    }

    /// Another way in which `holder` has what `grant` gave: a grant of its own, or of a team it is in.
    fn another(&self, grant: &Grant, holder: Holder) -> Option<Outcome> {
        let own = self.new.subject_of_holder(holder);
        let own = own.into_iter().flat_map(super::snapshot::Subject::items);
        if let Some(item) = own
            .into_iter()
            .find(|item| self.gives_the_same(grant, *item))
        {
            // The same membership under another id was given again; another role on the same project is another way.
            return Some(match grant.entitlement {
                Entitlement::Membership(_) => Outcome::Back { item },
                _ => Outcome::Elsewhere {
                    item,
                    team: None,
                    certainty: Certainty::Now,
                },
            });
        }
        let Holder::Account(account) = holder else {
            return None;
        };
        let derived = self.access.derived(self.new, account);
        let mut ways = derived
            .into_iter()
            .filter(|way| self.gives_the_same(grant, way.item))
            .map(|way| Outcome::Elsewhere {
                item: way.item,
                team: way.path.last().copied(),
                certainty: way.certainty,
            })
            .collect::<Vec<_>>();
        // A way that surely leads there is told before one that may.
        ways.sort_by_key(|way| match way {
            Outcome::Elsewhere { certainty, .. } => *certainty,
            _ => Certainty::Unknown,
        });
        ways.into_iter().next()
    }

    /// Whether an item of the new snapshot is access to what an old grant was access to.
    fn gives_the_same(&self, grant: &Grant, item: Item) -> bool {
        let (old, new) = (self.old.snapshot(), self.new);
        match (grant.entitlement, new.grant(item).entitlement) {
            (Entitlement::Membership(one), Entitlement::Membership(other)) => {
                let (one, other) = (old.membership(one).team, new.membership(other).team);
                old.team(one).id == new.team(other).id
            }
            (Entitlement::ProjectRole(one, _), Entitlement::ProjectRole(other, _)) => {
                old.project(one).id == new.project(other).id
            }
            (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => {
                old.role(one).key == new.role(other).key
            }
            _ => false,
        }
    }
}

fn old_since(old: &Campaign, grant: &Grant) -> Option<Timestamp> {
    match grant.entitlement {
        Entitlement::Membership(ix) => old.snapshot().membership(ix).since.known().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        account::Fact,
        fixture::{Org, campaign, item, now},
    };

    /// What there is of Ben in an organization where team Pay has Project Member on Pay.
    #[derive(Default, Clone, Copy)]
    struct Ben {
        here: bool,
        left: bool,
        admin: bool,
        member_since: Option<i64>,
    }

    fn org(ben: Ben) -> Campaign {
        let mut org = Org::new();
        org.account("Ada", "Keller", |_| {});
        if ben.here {
            org.account("Ben", "Ok", |it| it.archived = Fact::Known(ben.left));
        }
        org.team("Pay", None, |_| {}).project("Ledger");
        if ben.admin {
            org.account_role("Ben", Some("Ledger"), "project:admin");
        }
        if let Some(days) = ben.member_since {
            let since = Timestamp::from_ms(now().ms() + days * 24 * 60 * 60 * 1000);
            org.join("Ben", "Pay", |it| {
                it.since = Fact::Known(since.expect("a time"));
            });
        }
        org.team_role("Pay", Some("Ledger"), "project:member");
        campaign(&org.snapshot())
    }

    #[test]
    fn what_became_of_a_revoke_is_told_from_the_later_snapshot() {
        let all = Ben {
            here: true,
            left: false,
            admin: true,
            member_since: Some(-9),
        };
        let (role, team, account) = (
            ("Ledger", "Project Admin"),
            ("Pay", "Team Member"),
            ("Acme", "Can sign in"),
        );
        for (later, (resource, name), word) in [
            (all, role, "still-there"),
            (
                Ben {
                    admin: false,
                    ..all
                },
                role,
                "another-path",
            ),
            (
                Ben {
                    admin: false,
                    member_since: None,
                    ..all
                },
                role,
                "gone",
            ),
            (Ben { left: true, ..all }, role, "still-there"),
            (all, team, "still-there"),
            (
                Ben {
                    member_since: None,
                    ..all
                },
                team,
                "gone",
            ),
            (
                Ben {
                    member_since: Some(9),
                    ..all
                },
                team,
                "came-back",
            ),
            (all, account, "still-there"),
            (Ben { left: true, ..all }, account, "gone"),
            (Ben::default(), account, "holder-gone"),
            (Ben::default(), role, "holder-gone"),
            (Ben::default(), team, "holder-gone"),
        ] {
            let (old, new) = (org(all), org(later));
            let revoked = item(old.snapshot(), "Ben", resource, name);
            let outcome = Outcomes::new(&old, &new).of(revoked);
            assert_eq!(outcome.word(), word, "{resource} {name}: {outcome:?}");
            assert_eq!(
                outcome.carried_out(),
                matches!(word, "gone" | "holder-gone")
            );
        }
    }
}
