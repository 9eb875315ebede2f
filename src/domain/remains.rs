//! [`Remains`]: what revokes leave standing, and how many others they touch.
//!
//! A revoke takes one stored grant away. What the grant gave may be reached in other ways all the same: by another role
//! on the same project, through a team, through a team below the one that is left. A signed revoke that hides this would
//! be a false statement.

use std::collections::BTreeMap;

use super::{
    access::{Access, Certainty},
    account::Fact,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    resource::RoleKind,
    snapshot::{DEPTH_LIMIT, ProjectIx, RoleIx, Snapshot, Subject, TeamIx},
    words::{count, number},
};

/// What is left when the revokes of one act are carried out, and nothing else changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remains {
    /// Revoked items whose project, role or team is still reached in another way.
    pub standing: ItemSet,
    /// Revoked items of which nobody can tell: the only ways left do not count yet, or may not count.
    pub unsure: ItemSet,
    /// For each of both, the stored grants through which it is reached. Empty when they are more than [`NAMED`].
    pub through: Vec<(Item, ItemSet)>,
    /// How many accounts reach something through a team from which it is taken.
    pub others: u64,
}

/// Up to so many items are named together with what they are still reached through.
pub const NAMED: usize = 20;

/// So many items are named before revokes are made.
const TOLD: usize = 4;

/// One way by which something is still reached when revokes are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The stored grant that gives it: another role of the holder, a team's role, or another membership.
    pub item: Item,
    /// Whether it is known to give it now.
    pub certainty: Certainty,
}

impl Remains {
    /// What is left when exactly `revoked` is gone; `None` when nothing is and nobody else is touched.
    ///
    /// It follows from the snapshot alone, whatever else was decided.
    pub fn of(snapshot: &Snapshot, access: &Access, revoked: &ItemSet) -> Option<Box<Self>> {
        let (mut standing, mut unsure, mut through) = (Vec::new(), Vec::new(), Vec::new());
        ways(snapshot, access, revoked, |item, ways| {
            if ways.is_empty() {
                return;
            }
            let sure = ways.iter().any(|way| way.certainty == Certainty::Now);
            if sure { &mut standing } else { &mut unsure }.push(item);
            if through.len() <= NAMED {
                through.push((item, ways.iter().map(|way| way.item).collect()));
            }
        });
        if through.len() > NAMED {
            through.clear();
        }
        let remains = Self {
            standing: standing.into_iter().collect(),
            unsure: unsure.into_iter().collect(),
            through,
            others: others(snapshot, access, revoked),
        };
        (remains != Self::default()).then(|| Box::new(remains))
    }

    /// What has to be said before the revokes are made, as sentences without a full stop; `name` names an item.
    pub fn words(&self, name: impl Fn(Item) -> String) -> Vec<String> {
        let mut words = Vec::new();
        for (items, leave, leaves) in [
            (&self.standing, "revoke leaves", "revokes leave"),
            (&self.unsure, "revoke may leave", "revokes may leave"),
        ] {
            if items.is_empty() {
                continue;
            }
            let named: Vec<String> = items.iter().take(TOLD).map(&name).collect();
            let more = match items.len().saturating_sub(TOLD) {
                0 => String::new(),
                more => format!(" and {} more", number(more as u64)),
            };
            words.push(format!(
                "{} the access standing by another way: {}{more}",
                count(items.len() as u64, leave, leaves),
                named.join(", ")
            ));
        }
        if self.others > 0 {
            let others = count(self.others, "account reaches", "accounts reach");
            words.push(format!(
                "{others} something through a team that it is taken from"
            ));
        }
        words
    }

    /// How many revokes leave something standing, or may.
    pub fn count(&self) -> u64 {
        (self.standing.len() + self.unsure.len()) as u64
    }
}

/// How many accounts reach something through a team whose grant is among `revoked`.
fn others(snapshot: &Snapshot, access: &Access, revoked: &ItemSet) -> u64 {
    let teams = subjects(snapshot, revoked).filter_map(|(subject, _)| match subject.holder {
        Holder::Team(team) => Some(team),
        Holder::Account(_) | Holder::Everyone(_) => None,
    });
    let teams: Vec<TeamIx> = teams.collect();
    if teams.is_empty() {
        return 0;
    }
    access.members_of_any(snapshot, teams).len() as u64
}

/// What something is access to, apart from how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Project(ProjectIx),
    Role(RoleIx),
    Team(TeamIx),
}

/// Calls `tell` with each item of `revoked` in order and the ways by which it is still reached once all of them are
/// gone, each grant once. Nothing is reached by an account that is deactivated.
pub fn ways(
    snapshot: &Snapshot,
    access: &Access,
    revoked: &ItemSet,
    mut tell: impl FnMut(Item, &[Way]),
) {
    for (subject, items) in subjects(snapshot, revoked) {
        let found = Found::of(snapshot, access, revoked, &subject, &items);
        for item in items {
            let ways = target(snapshot, item).map_or_else(Vec::new, |target| found.ways(target));
            tell(item, &ways);
        }
    }
}

/// The holders of `items`, each with those of them it holds.
fn subjects(snapshot: &Snapshot, items: &ItemSet) -> impl Iterator<Item = (Subject, Vec<Item>)> {
    let mut items = items.iter().peekable();
    std::iter::from_fn(move || {
        let first = items.next()?;
        let subject = snapshot.subjects()[snapshot.subject_of(first)];
        let mut own = vec![first];
        while let Some(item) = items.next_if(|item| *item < subject.end) {
            own.push(item);
        }
        Some((subject, own))
    })
}

fn target(snapshot: &Snapshot, item: Item) -> Option<Target> {
    Some(match snapshot.grant(item).entitlement {
        Entitlement::SignIn => return None,
        Entitlement::OrganizationRole(role) => Target::Role(role),
        Entitlement::Membership(ix) => Target::Team(snapshot.membership(ix).team),
        Entitlement::ProjectRole(project, _) => Target::Project(project),
    })
}

/// What one holder still reaches of what is taken from it.
struct Found<'a> {
    snapshot: &'a Snapshot,
    revoked: &'a ItemSet,
    /// What is taken.
    wanted: Vec<Target>,
    /// The surest way through each grant.
    ways: BTreeMap<(Target, Item), Certainty>,
    /// The surest way to each team whose grants were looked at.
    teams: BTreeMap<TeamIx, Certainty>,
}

impl<'a> Found<'a> {
    fn of(
        snapshot: &'a Snapshot,
        access: &Access,
        revoked: &'a ItemSet,
        subject: &Subject,
        items: &[Item],
    ) -> Self {
        let gone = |item: &Item| snapshot.grant(*item).entitlement == Entitlement::SignIn;
        let mut wanted: Vec<Target> = if items.iter().any(gone) {
            Vec::new()
        } else {
            items
                .iter()
                .filter_map(|item| target(snapshot, *item))
                .collect()
        };
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = Self {
            snapshot,
            revoked,
            wanted,
            ways: BTreeMap::new(),
            teams: BTreeMap::new(),
        };
        if found.wanted.is_empty() {
            return found;
        }
        match subject.holder {
            Holder::Everyone(_) => {}
            Holder::Team(team) => found.climb(team, Certainty::Now, None),
            Holder::Account(_) => {
                for item in subject.items().filter(|item| !revoked.contains(*item)) {
                    if let Entitlement::Membership(ix) = snapshot.grant(item).entitlement {
                        let membership = snapshot.membership(ix);
                        if let Some(certainty) = Certainty::of(membership.standing(access.now())) {
                            found.climb(membership.team, certainty, Some(item));
                        }
                    } else {
                        found.gives(item, Certainty::Now);
                    }
                }
            }
        }
        found
    }

    /// Goes from `team` upwards; `membership` is what makes the holder a member of it.
    fn climb(&mut self, team: TeamIx, mut certainty: Certainty, membership: Option<Item>) {
        let (start, mut at) = (team, Some(team));
        // A circle that leads past another team ends after as many steps as a tree can have.
        for _ in 0..=DEPTH_LIMIT {
            let Some(team) = at else {
                break;
            };
            certainty = certainty.past(self.snapshot.team(team));
            if let Some(membership) = membership
                && self.wants(Target::Team(team))
            {
                self.note(Target::Team(team), membership, certainty);
            }
            if self.teams.get(&team).is_none_or(|known| certainty < *known) {
                self.teams.insert(team, certainty);
                let subject = self.snapshot.subject_of_holder(Holder::Team(team));
                for item in subject.into_iter().flat_map(Subject::items) {
                    if !self.revoked.contains(item) {
                        self.gives(item, certainty);
                    }
                }
            }
            at = self.snapshot.team(team).parent.filter(|at| *at != start);
        }
    }

    fn wants(&self, target: Target) -> bool {
        self.wanted.binary_search(&target).is_ok()
    }

    fn gives(&mut self, item: Item, certainty: Certainty) {
        if let Some(target) = target(self.snapshot, item).filter(|target| self.wants(*target)) {
            self.note(target, item, certainty);
        }
    }

    fn note(&mut self, target: Target, item: Item, certainty: Certainty) {
        let known = self.ways.entry((target, item)).or_insert(certainty);
        *known = certainty.min(*known);
    }

    fn ways(&self, target: Target) -> Vec<Way> {
        let all = (target, Item(0))..=(target, Item(u32::MAX));
        self.ways
            .range(all)
            .map(|((_, item), certainty)| Way {
                item: *item,
                certainty: *certainty,
            })
            .collect()
    }
}

/// Whether `way` gives all that `revoked` gave, so that the revoke removes nothing. Rights of custom roles are not read,
/// so of those it is unknown.
pub fn gives_as_much(snapshot: &Snapshot, revoked: Item, way: Way) -> Fact<bool> {
    let gives = match (
        snapshot.grant(revoked).entitlement,
        snapshot.grant(way.item).entitlement,
    ) {
        (Entitlement::ProjectRole(_, before), Entitlement::ProjectRole(_, after)) => {
            let kind = |role| snapshot.role(role).kind;
            match (kind(before), kind(after)) {
                _ if before == after => Fact::Known(true),
                (_, RoleKind::ProjectAdmin) => Fact::Known(true),
                (RoleKind::ProjectAdmin, RoleKind::ProjectMember | RoleKind::ProjectExternal)
                | (RoleKind::ProjectMember, RoleKind::ProjectExternal) => Fact::Known(false),
                _ => Fact::Unknown,
            }
        }
        _ => Fact::Known(true),
    };
    match gives {
        Fact::Known(true) if way.certainty != Certainty::Now => Fact::Unknown,
        gives => gives,
    }
}

#[cfg(test)]
mod tests;
