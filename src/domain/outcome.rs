//! [`Outcome`]: what became of a revoke by the time of a later snapshot.

use std::collections::BTreeMap;

use super::{
    access::Certainty,
    campaign::Campaign,
    decision::Decision,
    earlier::{Delta, Lot, stands},
    grant::{Entitlement, Grant, Holder},
    items::Item,
    snapshot::{AccountIx, DEPTH_LIMIT, ProjectIx, RoleIx, Snapshot, Subject, TeamIx},
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
///
/// Ask in the order of the items: what there is to know about a holder is then found once.
#[derive(Debug)]
pub struct Outcomes<'a> {
    old: &'a Campaign,
    new: &'a Campaign,
    partial: bool,
    accounts: BTreeMap<&'a str, AccountIx>,
    teams: BTreeMap<&'a str, TeamIx>,
    projects: BTreeMap<&'a str, ProjectIx>,
    roles: BTreeMap<&'a str, RoleIx>,
    /// What each team was given itself.
    given: BTreeMap<(TeamIx, Target), Item>,
    /// Items that came since, in rising order.
    added: &'a [u32],
    reach: Option<Reach>,
}

/// What something is access to in the later snapshot, apart from how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Project(ProjectIx),
    Role(RoleIx),
    Team(TeamIx),
}

/// What a holder has in the later snapshot.
#[derive(Debug)]
struct Reach {
    holder: Holder,
    /// By grants of its own; the first of each.
    own: BTreeMap<Target, Item>,
    /// The teams it is in or that stand above it: how surely, and by which grant.
    teams: BTreeMap<TeamIx, (Certainty, Option<Item>)>,
}

impl<'a> Outcomes<'a> {
    /// Prepares to look for what `old` decided in the snapshot of `new`. `added` are the items of the new snapshot that are
    /// known not to have been in the old one, in rising order.
    pub fn new(old: &'a Campaign, new: &'a Campaign, added: &'a [u32]) -> Self {
        let snapshot: &'a Snapshot = new.snapshot();
        let teams = snapshot.subjects().iter().filter_map(|subject| {
            let Holder::Team(team) = subject.holder else {
                return None;
            };
            Some(subject.items().map(move |item| (team, item)))
        });
        let mut given = BTreeMap::new();
        for (team, item) in teams.flatten() {
            if let Some(target) = target(snapshot, item) {
                given.entry((team, target)).or_insert(item);
            }
        }
        Self {
            old,
            new,
            partial: !new.opened().provenance.gaps.is_empty(),
            accounts: places(
                snapshot.accounts().iter().map(|it| &*it.id.0),
                AccountIx::at,
            ),
            teams: places(snapshot.teams().iter().map(|it| &*it.id), TeamIx::at),
            projects: places(snapshot.projects().iter().map(|it| &*it.id), ProjectIx::at),
            roles: places(snapshot.roles().iter().map(|it| &*it.key), RoleIx::at),
            given,
            added,
            reach: None,
        }
    }

    /// What became of `item` of the old campaign, which is at `place` in the new snapshot, if it is there.
    pub fn of(&mut self, item: Item, place: Option<Item>) -> Outcome {
        let grant = self.old.snapshot().grant(item);
        // Revoking it means deactivating the account, which stays in the list. What else such an account holds is still there:
        // it works again once the account does.
        if let Some(item) = place.filter(|item| self.stands(*item)) {
            return if self.again(grant, item) || self.was_gone(item) {
                Outcome::Back { item }
            } else {
                Outcome::Still { item }
            };
        }
        let Some(holder) = self.holder(grant) else {
            return if self.partial {
                Outcome::NotSeen
            } else {
                Outcome::HolderGone
            };
        };
        if place.is_some() && grant.entitlement == Entitlement::SignIn {
            return Outcome::Gone;
        }
        match self.another(grant, holder) {
            Some(other) => other,
            // Another way may be among what could not be read.
            None if self.partial => Outcome::NotSeen,
            None => Outcome::Gone,
        }
    }

    fn stands(&self, item: Item) -> bool {
        stands(self.new.snapshot(), item, self.new.as_of())
    }

    /// Whether a membership began after the older snapshot. Other grants do not say since when they are, and then nobody
    /// can tell one that was given again from one that stayed.
    fn again(&self, grant: &Grant, item: Item) -> bool {
        let new = self.new.snapshot();
        let Entitlement::Membership(ix) = new.grant(item).entitlement else {
            return false;
        };
        let since = new.membership(ix).since.known();
        since.is_some_and(|since| *since > self.old.as_of())
            && old_since(self.old, grant).as_ref() != since
    }

    /// Whether the newer review knows from a record in between that it was gone for a while.
    fn was_gone(&self, item: Item) -> bool {
        let (Some(record), Some(earlier)) =
            (&self.new.opened().previous_record, self.new.earlier())
        else {
            return false;
        };
        let revoked = |lot: &Lot| lot.was.decision == Some(Decision::Revoke);
        record.as_of >= self.old.as_of()
            && earlier.delta(item) == Delta::Back
            && earlier.lot(item).is_some_and(|lot| !revoked(lot))
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

    /// What an old grant was access to, where the new snapshot has it.
    fn wanted(&self, grant: &Grant) -> Option<Target> {
        let old = self.old.snapshot();
        match grant.entitlement {
            Entitlement::SignIn => None,
            Entitlement::Membership(ix) => {
                let team = old.team(old.membership(ix).team);
                self.teams.get(&*team.id).copied().map(Target::Team)
            }
            Entitlement::OrganizationRole(ix) => {
                let role = self.roles.get(&*old.role(ix).key);
                role.copied().map(Target::Role)
            }
            Entitlement::ProjectRole(ix, _) => {
                let project = self.projects.get(&*old.project(ix).id);
                project.copied().map(Target::Project)
            }
        }
    }

    /// Another way in which `holder` has what `grant` gave: a grant of its own, or of a team it is in.
    fn another(&mut self, grant: &Grant, holder: Holder) -> Option<Outcome> {
        let wanted = self.wanted(grant)?;
        if self
            .reach
            .as_ref()
            .is_none_or(|reach| reach.holder != holder)
        {
            let (snapshot, now) = (self.new.snapshot(), self.new.as_of());
            self.reach = Some(Reach::of(snapshot, now, holder));
        }
        let reach = self.reach.as_ref()?;
        if let Some(item) = reach.own.get(&wanted).copied() {
            // A membership of the same team that came since was given again; one that was there before, or another role on
            // the same project, is another way.
            let since = self.added.binary_search(&item.0).is_ok() || self.again(grant, item);
            return Some(if since && matches!(wanted, Target::Team(_)) {
                Outcome::Back { item }
            } else {
                Outcome::Elsewhere {
                    item,
                    team: None,
                    certainty: Certainty::Now,
                }
            });
        }
        let ways = reach.teams.iter().filter_map(|(team, (certainty, by))| {
            let (item, team) = match (wanted, by) {
                (Target::Team(wanted), Some(by)) if wanted == *team => {
                    (*by, member_of(self.new.snapshot(), *by))
                }
                (Target::Team(_), _) => return None,
                _ => (*self.given.get(&(*team, wanted))?, Some(*team)),
            };
            Some((*certainty, item, team))
        });
        // A way that surely leads there is told before one that may.
        let (certainty, item, team) = ways.min()?;
        Some(Outcome::Elsewhere {
            item,
            team,
            certainty,
        })
    }
}

impl Reach {
    fn of(snapshot: &Snapshot, now: Timestamp, holder: Holder) -> Self {
        let mut reach = Self {
            holder,
            own: BTreeMap::new(),
            teams: BTreeMap::new(),
        };
        // What a team is given counts for itself; the way through its own grants is no other way.
        if let Holder::Team(team) = holder
            && let Some(parent) = snapshot.team(team).parent
        {
            reach.climb(snapshot, parent, Certainty::Now, None);
        }
        let subject = snapshot.subject_of_holder(holder);
        for item in subject.into_iter().flat_map(Subject::items) {
            let Some(target) = target(snapshot, item) else {
                continue;
            };
            if let Entitlement::Membership(ix) = snapshot.grant(item).entitlement {
                let membership = snapshot.membership(ix);
                let Some(certainty) = Certainty::of(membership.standing(now)) else {
                    continue;
                };
                reach.climb(snapshot, membership.team, certainty, Some(item));
            }
            reach.own.entry(target).or_insert(item);
        }
        reach
    }

    /// Notes `team` and all above it, the surest way to each.
    fn climb(
        &mut self,
        snapshot: &Snapshot,
        team: TeamIx,
        mut certainty: Certainty,
        by: Option<Item>,
    ) {
        let mut next = Some(team);
        // A tree that runs in a circle ends after as many steps as a tree can have.
        for _ in 0..=DEPTH_LIMIT {
            let Some(team) = next else { return };
            certainty = certainty.past(snapshot.team(team));
            let known = self.teams.entry(team).or_insert((certainty, by));
            *known = (certainty, by).min(*known);
            next = snapshot.team(team).parent;
        }
    }
}

/// Where each id is.
fn places<'s, I>(
    ids: impl Iterator<Item = &'s str>,
    place: fn(usize) -> I,
) -> BTreeMap<&'s str, I> {
    ids.enumerate().map(|(at, id)| (id, place(at))).collect()
}

fn target(snapshot: &Snapshot, item: Item) -> Option<Target> {
    Some(match snapshot.grant(item).entitlement {
        Entitlement::SignIn => return None,
        Entitlement::OrganizationRole(role) => Target::Role(role),
        Entitlement::Membership(ix) => Target::Team(snapshot.membership(ix).team),
        Entitlement::ProjectRole(project, _) => Target::Project(project),
    })
}

/// The team that a membership is of.
fn member_of(snapshot: &Snapshot, item: Item) -> Option<TeamIx> {
    match snapshot.grant(item).entitlement {
        Entitlement::Membership(ix) => Some(snapshot.membership(ix).team),
        _ => None,
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
            let id = old.snapshot().grant(revoked).id;
            let place = new.snapshot().grants().iter().position(|it| it.id == id);
            let place = place.map(|at| Item(u32::try_from(at).expect("a small number")));
            let outcome = Outcomes::new(&old, &new, &[]).of(revoked, place);
            assert_eq!(outcome.word(), word, "{resource} {name}: {outcome:?}");
            assert_eq!(
                outcome.carried_out(),
                matches!(word, "gone" | "holder-gone")
            );
        }
    }

    #[test]
    fn a_team_below_the_one_that_was_left_and_a_team_above_are_other_ways() {
        let org = |below: bool, left: bool, given: Option<&str>| {
            let mut org = Org::new();
            org.account("Ben", "Ok", |_| {})
                .team("Eng", None, |_| {})
                .team("Pay", Some("Eng"), |_| {})
                .project("Ledger");
            if !left {
                org.join("Ben", "Eng", |_| {});
            }
            if below {
                org.join("Ben", "Pay", |_| {});
            }
            for team in ["Pay", "Eng"] {
                if given.is_none_or(|given| given == team) {
                    org.team_role(team, Some("Ledger"), "project:member");
                }
            }
            campaign(&org.snapshot())
        };
        let old = org(true, false, None);
        let became = |new: &Campaign, holder: &str, resource: &str, role: &str| {
            let revoked = item(old.snapshot(), holder, resource, role);
            Outcomes::new(&old, new, &[]).of(revoked, None)
        };
        let named = |new: &Campaign, outcome| match outcome {
            Outcome::Elsewhere {
                team: Some(team), ..
            } => new.snapshot().team(team).name.raw().to_owned(),
            other => other.word().to_owned(),
        };
        for (new, holder, resource, role, way) in [
            (org(true, true, None), "Ben", "Eng", "Team Member", "Pay"),
            (org(false, true, None), "Ben", "Eng", "Team Member", "gone"),
            (
                org(true, false, Some("Eng")),
                "Pay",
                "Ledger",
                "Project Member",
                "Eng",
            ),
            (
                org(true, false, Some("Pay")),
                "Eng",
                "Ledger",
                "Project Member",
                "gone",
            ),
        ] {
            let outcome = became(&new, holder, resource, role);
            assert_eq!(named(&new, outcome), way, "{role} of {holder}: {outcome:?}");
        }
    }
}
