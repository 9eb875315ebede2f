//! [`Remains`]: what revokes leave standing, and how many others they touch.
//!
//! A revoke takes one stored grant away. What the grant gave may be reached in other ways all the same: by another role
//! on the same project, through a team, through a team below the one that is left. A signed revoke that hides this would
//! be a false statement. So it is told before the revoke is made and written into its entry, where `verify` works it out
//! again.
//!
//! Whatever else is revoked in the same review is gone, too: a membership and the teams it leads to, the role of a team, an
//! account that may no longer sign in.

mod found;

use std::collections::BTreeMap;

pub use found::{Way, ways};

use self::found::{Found, Gone, Target, climb, each, subjects, target};
use super::{
    access::Certainty,
    account::Fact,
    campaign::Campaign,
    decision::Decision,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    resource::RoleKind,
    snapshot::{Snapshot, Subject, TeamIx},
    words::{count, number},
};

/// What is left when the revokes of one act are carried out together with all others of the review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remains {
    /// Revoked items whose project, role or team is still reached in another way.
    pub standing: ItemSet,
    /// Revoked items of which nobody can tell: the only ways left do not count yet, or may not count.
    pub unsure: ItemSet,
    /// For each of both, the stored grants through which it is reached. Empty when they are more than [`NAMED`].
    pub through: Vec<(Item, ItemSet)>,
    /// What goes besides: grants of teams that somebody who leaves a team has through no other.
    pub along: ItemSet,
    /// Who else is touched.
    pub others: Others,
}

/// The accounts that reach something through a team from which it is taken. Those that leave the team, too, or may no
/// longer sign in, are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Others {
    /// How many no longer reach all of it.
    pub lose: u64,
    /// How many still reach all of it in other ways.
    pub keep: u64,
    /// How many perhaps still reach all of it: some way does not count yet, or may not count.
    pub unsure: u64,
}

impl Others {
    /// How many there are.
    pub fn count(self) -> u64 {
        self.lose + self.keep + self.unsure
    }

    /// What becomes of them; `None` when there are none.
    pub fn words(self) -> Option<String> {
        let parts: Vec<String> = [
            (self.lose, "lose", "loses", "it"),
            (self.keep, "keep", "keeps", "it by another way"),
            (self.unsure, "may keep", "may keep", "it by another way"),
        ]
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, many, one, it)| {
            let verb = if n == 1 { one } else { many };
            format!("{} {verb} {it}", number(n))
        })
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Up to so many items are named together with what they are still reached through.
pub const NAMED: usize = 20;

/// So many items are named before revokes are made.
const TOLD: usize = 4;

impl Remains {
    /// What is left when `items` are gone, and all that is revoked in `campaign` by now; `None` when nothing is, nothing
    /// else goes and nobody else is touched.
    pub fn of(campaign: &Campaign, items: &ItemSet) -> Option<Box<Self>> {
        let gone = Gone { campaign, items };
        let (mut standing, mut unsure, mut through) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = vec![false; campaign.snapshot().teams().len()];
        each(&gone, |found, own| {
            found.left(own, &mut left);
            for item in own {
                let ways = found.ways_of(*item);
                if ways.is_empty() {
                    continue;
                }
                let sure = ways.iter().any(|way| way.certainty == Certainty::Now);
                if sure { &mut standing } else { &mut unsure }.push(*item);
                if through.len() <= NAMED {
                    through.push((*item, ways.iter().map(|way| way.item).collect()));
                }
            }
        });
        if through.len() > NAMED {
            through.clear();
        }
        let remains = Self {
            standing: standing.into_iter().collect(),
            unsure: unsure.into_iter().collect(),
            through,
            along: along(&gone, &left),
            others: others(&gone),
        };
        (remains != Self::default()).then(|| Box::new(remains))
    }

    /// The same for all that is revoked in `campaign`.
    pub fn of_all(campaign: &Campaign) -> Option<Box<Self>> {
        let revoked = revoked(campaign);
        if revoked.is_empty() {
            return None;
        }
        Self::of(campaign, &revoked)
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
            words.push(format!(
                "{} the access standing by another way: {}",
                count(items.len() as u64, leave, leaves),
                named(items, &name)
            ));
        }
        if !self.along.is_empty() {
            words.push(format!(
                "leaving takes along {}: {}",
                count(self.along.len() as u64, "role of a team", "roles of teams"),
                named(&self.along, &name)
            ));
        }
        if let Some(what) = self.others.words() {
            let others = self.others.count();
            let others = count(others, "account reaches", "accounts reach");
            words.push(format!(
                "{others} something through a team that it is taken from: {what}"
            ));
        }
        words
    }

    /// How many revokes leave something standing, or may.
    pub fn count(&self) -> u64 {
        (self.standing.len() + self.unsure.len()) as u64
    }
}

/// The first of `items` by name, and how many more there are.
fn named(items: &ItemSet, name: impl Fn(Item) -> String) -> String {
    let names: Vec<String> = items.iter().take(TOLD).map(name).collect();
    let more = match items.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {} more", number(more as u64)),
    };
    format!("{}{more}", names.join(", "))
}

/// All that is revoked in `campaign`.
pub fn revoked(campaign: &Campaign) -> ItemSet {
    if campaign.progress().revoked == 0 {
        return ItemSet::default();
    }
    let revoked = |item: &Item| campaign.slot(*item).decision == Some(Decision::Revoke);
    campaign.items().iter().filter(revoked).collect()
}

/// How many steps from team to team it takes at most to know what revokes of `items` leave standing.
pub fn steps(campaign: &Campaign, items: &ItemSet) -> u64 {
    let (snapshot, access) = (campaign.snapshot(), campaign.access());
    let mut teams = Vec::new();
    let mut steps = 0u64;
    let mut add = |account| {
        let own = snapshot.subject_of_holder(Holder::Account(account));
        let own = own.map_or(0, |subject| subject.len() as u64);
        steps = steps.saturating_add(access.steps(snapshot, account) + own);
    };
    for (subject, _) in subjects(snapshot, items) {
        match subject.holder {
            Holder::Account(account) => add(account),
            Holder::Team(team) => teams.push(team),
            Holder::Everyone(_) => {}
        }
    }
    if !teams.is_empty() {
        access
            .members_of_any(snapshot, teams)
            .into_iter()
            .for_each(add);
    }
    steps
}

/// Whether `item` is held by an account that is to be deactivated in this review, so that nothing is left to take from it.
pub fn is_moot(campaign: &Campaign, item: Item) -> bool {
    let snapshot = campaign.snapshot();
    let gone = Gone {
        campaign,
        items: &ItemSet::default(),
    };
    snapshot.grant(item).entitlement != Entitlement::SignIn
        && gone.signs_in_no_more(&snapshot.subjects()[snapshot.subject_of(item)])
}

/// The grants of the teams that are `left`, as far as they are not taken from the team itself.
fn along(gone: &Gone<'_>, left: &[bool]) -> ItemSet {
    let snapshot = gone.campaign.snapshot();
    let teams = left.iter().enumerate().filter(|(_, left)| **left);
    teams
        .filter_map(|(team, _)| snapshot.subject_of_holder(Holder::Team(TeamIx::at(team))))
        .flat_map(Subject::items)
        .filter(|item| !gone.has(*item))
        .collect()
}

/// What becomes of the accounts that reach something through a team whose grant is among the items.
fn others(gone: &Gone<'_>) -> Others {
    let (snapshot, access) = (gone.campaign.snapshot(), gone.campaign.access());
    let mut taken: BTreeMap<TeamIx, Vec<Target>> = BTreeMap::new();
    for (subject, items) in subjects(snapshot, gone.items) {
        if let Holder::Team(team) = subject.holder {
            let targets = items.iter().filter_map(|item| target(snapshot, *item));
            taken.insert(team, targets.collect());
        }
    }
    let mut others = Others::default();
    if taken.is_empty() {
        return others;
    }
    for account in access.members_of_any(snapshot, taken.keys().copied().collect()) {
        let Some(subject) = snapshot.subject_of_holder(Holder::Account(account)) else {
            continue;
        };
        if gone.signs_in_no_more(subject) {
            continue;
        }
        let mut wanted = Vec::new();
        let stay = subject.items().filter(|item| !gone.has(*item));
        for (team, certainty) in stay.filter_map(|item| gone.leads(item)) {
            climb(snapshot, team, certainty, |team, _| {
                wanted.extend(taken.get(&team).into_iter().flatten());
            });
        }
        if wanted.is_empty() {
            continue;
        }
        let found = Found::of(gone, subject, wanted);
        let mut all = Some(Certainty::Now);
        for target in &found.wanted {
            let ways = found.ways(*target);
            let surest = ways.iter().map(|way| way.certainty).min();
            all = all.zip(surest).map(|(one, other)| one.max(other));
        }
        match all {
            None => others.lose += 1,
            Some(Certainty::Now) => others.keep += 1,
            Some(Certainty::NotYet | Certainty::Unknown) => others.unsure += 1,
        }
    }
    others
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
