//! [`Found`]: what a holder still reaches once some revokes are carried out.

use std::collections::BTreeMap;

use crate::domain::{
    access::Certainty,
    campaign::Campaign,
    decision::Decision,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    snapshot::{DEPTH_LIMIT, ProjectIx, RoleIx, Snapshot, Subject, TeamIx},
};

/// One way by which something is still reached when revokes are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The stored grant that gives it: another role of the holder, a team's role, or another membership.
    pub item: Item,
    /// Whether it is known to give it now.
    pub certainty: Certainty,
}

/// What is gone once some revokes are carried out together with all that is revoked already.
pub(super) struct Gone<'a> {
    pub(super) campaign: &'a Campaign,
    /// The revokes that are asked about.
    pub(super) items: &'a ItemSet,
}

impl Gone<'_> {
    pub(super) fn has(&self, item: Item) -> bool {
        self.campaign.slot(item).decision == Some(Decision::Revoke) || self.items.contains(item)
    }

    /// Whether a holder is an account that may no longer sign in, so that nothing else of it counts.
    pub(super) fn signs_in_no_more(&self, subject: &Subject) -> bool {
        let snapshot = self.campaign.snapshot();
        let sign_in = |item: &Item| snapshot.grant(*item).entitlement == Entitlement::SignIn;
        matches!(subject.holder, Holder::Account(_))
            && subject
                .items()
                .find(sign_in)
                .is_some_and(|item| self.has(item))
    }

    /// Where a membership leads, and how surely; `None` for anything else, and when it is over.
    pub(super) fn leads(&self, item: Item) -> Option<(TeamIx, Certainty)> {
        let snapshot = self.campaign.snapshot();
        let Entitlement::Membership(ix) = snapshot.grant(item).entitlement else {
            return None;
        };
        let membership = snapshot.membership(ix);
        let standing = membership.standing(self.campaign.access().now());
        Some((membership.team, Certainty::of(standing)?))
    }
}

/// What something is access to, apart from how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Project(ProjectIx),
    Role(RoleIx),
    Team(TeamIx),
}

/// Calls `tell` with each of `items` in order and the ways by which it is still reached once all of them are gone together
/// with all that is revoked in `campaign`, each grant once. Nothing is reached by an account that is deactivated.
pub fn ways(campaign: &Campaign, items: &ItemSet, mut tell: impl FnMut(Item, &[Way])) {
    each(&Gone { campaign, items }, |found, own| {
        for item in own {
            tell(*item, &found.ways_of(*item));
        }
    });
}

/// Calls `tell` with each holder of what is asked about: what it still reaches of that, and which of the items it holds.
pub(super) fn each(gone: &Gone<'_>, mut tell: impl FnMut(&Found<'_>, &[Item])) {
    let snapshot = gone.campaign.snapshot();
    for (subject, items) in subjects(snapshot, gone.items) {
        let wanted = if gone.signs_in_no_more(&subject) {
            Vec::new()
        } else {
            let targets = items.iter().filter_map(|item| target(snapshot, *item));
            targets.collect()
        };
        tell(&Found::of(gone, &subject, wanted), &items);
    }
}

/// Goes from `team` upwards and calls `at` with each team and how surely the way leads there.
pub(super) fn climb(
    snapshot: &Snapshot,
    team: TeamIx,
    mut certainty: Certainty,
    mut at: impl FnMut(TeamIx, Certainty),
) {
    let (start, mut next) = (team, Some(team));
    // A circle that leads past another team ends after as many steps as a tree can have.
    for _ in 0..=DEPTH_LIMIT {
        let Some(team) = next else {
            break;
        };
        certainty = certainty.past(snapshot.team(team));
        at(team, certainty);
        next = snapshot.team(team).parent.filter(|next| *next != start);
    }
}

/// The holders of `items`, each with those of them it holds.
pub(super) fn subjects(
    snapshot: &Snapshot,
    items: &ItemSet,
) -> impl Iterator<Item = (Subject, Vec<Item>)> {
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

pub(super) fn target(snapshot: &Snapshot, item: Item) -> Option<Target> {
    Some(match snapshot.grant(item).entitlement {
        Entitlement::SignIn => return None,
        Entitlement::OrganizationRole(role) => Target::Role(role),
        Entitlement::Membership(ix) => Target::Team(snapshot.membership(ix).team),
        Entitlement::ProjectRole(project, _) => Target::Project(project),
    })
}

/// What one holder still reaches of what is asked about.
pub(super) struct Found<'a> {
    gone: &'a Gone<'a>,
    /// What is asked about.
    pub(super) wanted: Vec<Target>,
    /// The surest way through each grant.
    ways: BTreeMap<(Target, Item), Certainty>,
    /// The surest way to each team whose grants were looked at.
    teams: BTreeMap<TeamIx, Certainty>,
}

impl<'a> Found<'a> {
    pub(super) fn of(gone: &'a Gone<'_>, subject: &Subject, mut wanted: Vec<Target>) -> Self {
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = Self {
            gone,
            wanted,
            ways: BTreeMap::new(),
            teams: BTreeMap::new(),
        };
        if found.wanted.is_empty() {
            return found;
        }
        match subject.holder {
            Holder::Everyone(_) => {}
            Holder::Team(team) => found.through(team, Certainty::Now, None),
            Holder::Account(_) => found.of_account(subject),
        }
        found
    }

    fn of_account(&mut self, subject: &Subject) {
        let snapshot = self.gone.campaign.snapshot();
        for item in subject.items().filter(|item| !self.gone.has(*item)) {
            if let Some((team, certainty)) = self.gone.leads(item) {
                self.through(team, certainty, Some(item));
            } else if !matches!(target(snapshot, item), Some(Target::Team(_))) {
                self.gives(item, Certainty::Now);
            }
        }
    }

    /// What `team` and those above it give; `membership` is what makes the holder a member of it.
    fn through(&mut self, team: TeamIx, certainty: Certainty, membership: Option<Item>) {
        let snapshot = self.gone.campaign.snapshot();
        climb(snapshot, team, certainty, |team, certainty| {
            if let Some(membership) = membership
                && self.wants(Target::Team(team))
            {
                self.note(Target::Team(team), membership, certainty);
            }
            if self.teams.get(&team).is_none_or(|known| certainty < *known) {
                self.teams.insert(team, certainty);
                let subject = snapshot.subject_of_holder(Holder::Team(team));
                for item in subject.into_iter().flat_map(Subject::items) {
                    if !self.gone.has(item) {
                        self.gives(item, certainty);
                    }
                }
            }
        });
    }

    /// Marks the teams that the holder is in only by those of its memberships that are among `own`.
    pub(super) fn left(&self, own: &[Item], left: &mut [bool]) {
        if self.wanted.is_empty() {
            return;
        }
        for (team, certainty) in own.iter().filter_map(|item| self.gone.leads(*item)) {
            climb(self.gone.campaign.snapshot(), team, certainty, |team, _| {
                left[team.index()] |= !self.teams.contains_key(&team);
            });
        }
    }

    fn wants(&self, target: Target) -> bool {
        self.wanted.binary_search(&target).is_ok()
    }

    fn gives(&mut self, item: Item, certainty: Certainty) {
        let snapshot = self.gone.campaign.snapshot();
        if let Some(target) = target(snapshot, item).filter(|target| self.wants(*target)) {
            self.note(target, item, certainty);
        }
    }

    fn note(&mut self, target: Target, item: Item, certainty: Certainty) {
        let known = self.ways.entry((target, item)).or_insert(certainty);
        *known = certainty.min(*known);
    }

    pub(super) fn ways_of(&self, item: Item) -> Vec<Way> {
        target(self.gone.campaign.snapshot(), item)
            .map_or_else(Vec::new, |target| self.ways(target))
    }

    pub(super) fn ways(&self, target: Target) -> Vec<Way> {
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
