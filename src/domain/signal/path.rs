//! Rules about the ways to a role: whether it is also held through a team, and whether peers have it.

use super::Rule;
use crate::domain::{
    account::Fact,
    bits::Answer,
    campaign::Campaign,
    grant::{Entitlement, Holder, Standing},
    items::Item,
    resource::Team,
    snapshot::{AccountIx, RoleIx, Snapshot, Subject, TeamIx},
    time::Timestamp,
    words::count,
};

/// A team with fewer members than this has no peers to compare with.
const PEERS: u32 = 3;

/// Accounts in more teams than this are compared with nobody.
const TEAMS: usize = 64;

/// What the rules say: is it also held through a team, and is its holder alone with it?
pub(super) fn answers(snapshot: &Snapshot, as_of: Timestamp) -> (Answer, Answer) {
    let len = snapshot.len();
    let (mut duplicate, mut alone) = (Answer::none(len), Answer::none(len));
    let ways = Ways::of(snapshot, as_of);
    let mut sure = Stretches::default();
    let mut possible = Stretches::default();
    let mut here = vec![0u32; snapshot.teams().len()];
    by_entitlement(snapshot, |items| {
        let grants = || {
            items
                .iter()
                .map(|item| (*item, snapshot.grant(*item).holder))
        };
        sure.fill(&ways.sure, teams(grants()));
        possible.fill(&ways.possible, teams(grants()));
        for (_, account) in accounts(grants()) {
            for team in ways.teams.get(account) {
                here[team.index()] += 1;
            }
        }
        for (item, holder) in grants() {
            let next = Item(item.0 + 1);
            match holder {
                Holder::Everyone(_) => {}
                Holder::Team(team) => {
                    duplicate.put(item, next, ways.above(snapshot, team, &sure, &possible));
                }
                Holder::Account(account) => {
                    let also = ways.also(account, &sure, &possible);
                    duplicate.put(item, next, also);
                    let alone_here = match also {
                        // Then others of that team hold it too.
                        Some(true) => Some(false),
                        Some(false) => ways.alone(account, &here),
                        None => ways.alone(account, &here).filter(|alone| !alone),
                    };
                    alone.put(item, next, alone_here);
                }
            }
        }
        for (_, account) in accounts(grants()) {
            for team in ways.teams.get(account) {
                here[team.index()] = 0;
            }
        }
    });
    (duplicate, alone)
}

fn teams(grants: impl Iterator<Item = (Item, Holder)>) -> impl Iterator<Item = TeamIx> {
    grants.filter_map(|(_, holder)| match holder {
        Holder::Team(team) => Some(team),
        Holder::Account(_) | Holder::Everyone(_) => None,
    })
}

fn accounts(
    grants: impl Iterator<Item = (Item, Holder)>,
) -> impl Iterator<Item = (Item, AccountIx)> {
    grants.filter_map(|(item, holder)| match holder {
        Holder::Account(account) => Some((item, account)),
        Holder::Team(_) | Holder::Everyone(_) => None,
    })
}

/// Calls `with` with the items of each role on each resource.
fn by_entitlement(snapshot: &Snapshot, mut with: impl FnMut(&[Item])) {
    let organization = snapshot.projects().len();
    let place = |entitlement: Entitlement| match entitlement {
        Entitlement::SignIn | Entitlement::Membership(_) => None,
        Entitlement::OrganizationRole(role) => Some((organization, role)),
        Entitlement::ProjectRole(project, role) => Some((project.index(), role)),
    };
    let roles = || {
        let grants = snapshot.grants().iter().zip(0..);
        grants.filter_map(|(grant, item)| Some((place(grant.entitlement)?, Item(item))))
    };
    // Sorted by counting: there may be a million of them.
    let mut starts = vec![0u32; organization + 2];
    for ((resource, _), _) in roles() {
        starts[resource + 1] += 1;
    }
    for resource in 0..=organization {
        starts[resource + 1] += starts[resource];
    }
    let all = starts[organization + 1] as usize;
    let mut sorted: Vec<(RoleIx, Item)> = vec![(RoleIx(0), Item(0)); all];
    let mut next = starts.clone();
    for ((resource, role), item) in roles() {
        sorted[next[resource] as usize] = (role, item);
        next[resource] += 1;
    }
    let mut items = Vec::new();
    for ends in starts.windows(2) {
        let on_one = &mut sorted[ends[0] as usize..ends[1] as usize];
        on_one.sort_unstable();
        for group in on_one.chunk_by(|one, other| one.0 == other.0) {
            items.clear();
            items.extend(group.iter().map(|(_, item)| *item));
            with(&items);
        }
    }
}

/// The teams of accounts and what stands above them, for questions about ways.
struct Ways {
    /// Teams below each other through teams that surely give access, and memberships that count.
    sure: Forest,
    /// The same through all teams.
    possible: Forest,
    /// The teams of each account in which its membership counts.
    teams: Lists,
    /// The teams of each account of which it cannot be told whether its membership counts.
    unsure: Lists,
    /// How many accounts count in each team.
    sizes: Vec<u32>,
}

impl Ways {
    fn of(snapshot: &Snapshot, as_of: Timestamp) -> Self {
        let circles = circles(snapshot.teams());
        let parents = |at: usize| snapshot.teams()[at].parent.map(TeamIx::index);
        let clean: Vec<bool> = snapshot
            .teams()
            .iter()
            .zip(&circles)
            .map(|(team, circle)| !circle && gives(team))
            .collect();
        let standing = |wanted: Standing| Lists::of(snapshot, as_of, wanted);
        let teams = standing(Standing::Live);
        let mut sizes = vec![0; clean.len()];
        for team in &teams.entries {
            sizes[team.index()] += 1;
        }
        Self {
            sure: Forest::of(&clean, &circles, parents),
            possible: Forest::of(&vec![true; clean.len()], &circles, parents),
            teams,
            unsure: standing(Standing::Unknown),
            sizes,
        }
    }

    /// Whether an account also holds through a team what the teams of `sure` and `possible` hold.
    fn also(&self, account: AccountIx, sure: &Stretches, possible: &Stretches) -> Option<bool> {
        if possible.is_empty() {
            return Some(false);
        }
        let live = self.teams.get(account);
        if live.iter().any(|team| sure.hold(&self.sure, *team)) {
            return Some(true);
        }
        let unsure = self.unsure.get(account);
        let mut teams = live.iter().chain(unsure);
        let maybe = teams.any(|team| possible.hold(&self.possible, *team));
        (!maybe).then_some(false)
    }

    /// The same for a team and what stands above it.
    fn above(
        &self,
        snapshot: &Snapshot,
        team: TeamIx,
        sure: &Stretches,
        possible: &Stretches,
    ) -> Option<bool> {
        let Some(parent) = snapshot.team(team).parent else {
            return Some(false);
        };
        if self.sure.has(team) && sure.hold(&self.sure, parent) {
            return Some(true);
        }
        (!possible.hold(&self.possible, parent)).then_some(false)
    }

    /// Whether nobody else in the account's teams is among those that were counted in `here`.
    fn alone(&self, account: AccountIx, here: &[u32]) -> Option<bool> {
        let teams = self.teams.get(account);
        if teams.len() > TEAMS {
            return None;
        }
        let peers = teams.iter().any(|team| self.sizes[team.index()] >= PEERS);
        if !peers || teams.iter().any(|team| here[team.index()] > 1) {
            return Some(false);
        }
        self.unsure.get(account).is_empty().then_some(true)
    }
}

/// Whether a team surely gives its members what it holds.
fn gives(team: &Team) -> bool {
    team.archived == Fact::Known(false)
        && matches!(team.disbanded, Fact::Known(false) | Fact::Absent)
}

/// Which teams stand below themselves, which only a broken server could send.
fn circles(teams: &[Team]) -> Vec<bool> {
    let mut walks = vec![usize::MAX; teams.len()];
    let mut circles = vec![false; teams.len()];
    for start in 0..teams.len() {
        let mut at = Some(start);
        while let Some(team) = at.filter(|team| walks[*team] == usize::MAX) {
            walks[team] = start;
            at = teams[team].parent.map(TeamIx::index);
        }
        // Back on its own walk, and not there already.
        while let Some(team) = at.filter(|team| walks[*team] == start && !circles[*team]) {
            circles[team] = true;
            at = teams[team].parent.map(TeamIx::index);
        }
    }
    circles
}

/// A list of teams for each account.
struct Lists {
    starts: Vec<u32>,
    entries: Vec<TeamIx>,
}

impl Lists {
    /// The teams in which the membership of an account has this standing.
    fn of(snapshot: &Snapshot, as_of: Timestamp, standing: Standing) -> Self {
        let mut starts = Vec::with_capacity(snapshot.accounts().len() + 1);
        let mut entries: Vec<TeamIx> = Vec::new();
        let end = |entries: &[TeamIx]| {
            u32::try_from(entries.len())
                .expect("a snapshot has fewer than four billion of anything")
        };
        for account in (0..snapshot.accounts().len()).map(AccountIx::at) {
            let first = entries.len();
            starts.push(end(&entries));
            let subject = snapshot.subject_of_holder(Holder::Account(account));
            for item in subject.into_iter().flat_map(Subject::items) {
                if let Entitlement::Membership(ix) = snapshot.grant(item).entitlement
                    && snapshot.membership(ix).standing(as_of) == standing
                {
                    entries.push(snapshot.membership(ix).team);
                }
            }
            // Two memberships of one team count once.
            entries[first..].sort_unstable();
            let mut kept = first;
            for at in first..entries.len() {
                if at == first || entries[at] != entries[kept - 1] {
                    entries[kept] = entries[at];
                    kept += 1;
                }
            }
            entries.truncate(kept);
        }
        starts.push(end(&entries));
        Self { starts, entries }
    }

    fn get(&self, account: AccountIx) -> &[TeamIx] {
        let ends = (
            self.starts[account.index()],
            self.starts[account.index() + 1],
        );
        &self.entries[ends.0 as usize..ends.1 as usize]
    }
}

/// Teams numbered so that those below one are a stretch.
struct Forest {
    /// For each team the first number of its stretch and the one after the last; the same where it is left out.
    stretches: Vec<(u32, u32)>,
}

impl Forest {
    /// Teams in a circle all stand below each other, so they have one stretch.
    fn of(included: &[bool], circles: &[bool], parent: impl Fn(usize) -> Option<usize>) -> Self {
        let len = included.len();
        let parent = |at: usize| parent(at).filter(|above| included[*above]);
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); len];
        let mut roots = Vec::new();
        for at in (0..len).filter(|at| included[*at]) {
            match parent(at) {
                Some(above) => below[above].push(TeamIx::at(at).0),
                None => roots.push(at),
            }
        }
        let mut stretches = vec![(0, 0); len];
        let mut next = 0;
        let mut walk = |root: usize, stretches: &mut Vec<(u32, u32)>| {
            let mut open = vec![(root, 0)];
            while let Some((at, done)) = open.last_mut() {
                if *done == 0 {
                    stretches[*at].0 = next;
                    next += 1;
                }
                let (at, child) = (*at, below[*at].get(*done).copied());
                *done += 1;
                match child.map(|child| child as usize) {
                    // In a circle the way leads back to where it began.
                    Some(child) if child == root => {}
                    Some(child) => open.push((child, 0)),
                    None => {
                        stretches[at].1 = next;
                        open.pop();
                    }
                }
            }
        };
        for root in roots {
            walk(root, &mut stretches);
        }
        for start in 0..len {
            if included[start] && circles[start] && stretches[start].1 == 0 {
                walk(start, &mut stretches);
                let whole = stretches[start];
                let mut at = parent(start);
                while let Some(above) = at.filter(|above| *above != start) {
                    stretches[above] = whole;
                    at = parent(above);
                }
            }
        }
        Self { stretches }
    }

    fn has(&self, team: TeamIx) -> bool {
        let (first, end) = self.stretches[team.index()];
        first < end
    }
}

/// What stands below some teams, as stretches in rising order that do not touch.
#[derive(Default)]
struct Stretches(Vec<(u32, u32)>);

impl Stretches {
    fn fill(&mut self, forest: &Forest, teams: impl Iterator<Item = TeamIx>) {
        self.0.clear();
        self.0.extend(
            teams
                .filter(|team| forest.has(*team))
                .map(|team| forest.stretches[team.index()]),
        );
        self.0.sort_unstable();
        self.0.dedup_by(|next, before| {
            let joined = next.0 <= before.1;
            if joined {
                before.1 = before.1.max(next.1);
            }
            joined
        });
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a team stands in one of them.
    fn hold(&self, forest: &Forest, team: TeamIx) -> bool {
        let (at, end) = forest.stretches[team.index()];
        let after = self.0.partition_point(|(first, _)| *first <= at);
        at < end && after > 0 && self.0[after - 1].1 > at
    }
}

pub(super) fn told(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    match (rule, grant.holder) {
        (Rule::Alone, Holder::Account(account)) => {
            let own = teams_of(snapshot, account, campaign.as_of());
            if own.len() > TEAMS {
                return format!("its holder is in more than {TEAMS} teams");
            }
            let names: Vec<String> = own
                .iter()
                .take(FEW)
                .map(|(team, _)| snapshot.team(*team).name.safe().to_string())
                .collect();
            let names = names.join(", ");
            let more = match own.len().saturating_sub(FEW) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("nobody else in {names}{more} was given it")
        }
        (Rule::Duplicate, Holder::Account(account)) => {
            let own = teams_of(snapshot, account, campaign.as_of());
            let mut ways = own
                .iter()
                .take(TEAMS)
                .filter_map(|(team, sure)| way(snapshot, *team, *sure, grant.entitlement));
            via(snapshot, ways.next())
        }
        (Rule::Duplicate, Holder::Team(team)) => {
            let sure = gives(snapshot.team(team));
            let parent = snapshot.team(team).parent;
            let above = parent.and_then(|above| way(snapshot, above, sure, grant.entitlement));
            via(snapshot, above)
        }
        _ => String::new(),
    }
}

/// So many names are told.
const FEW: usize = 3;

/// The teams of an account whose membership counts or may count, the first ones first.
fn teams_of(snapshot: &Snapshot, account: AccountIx, as_of: Timestamp) -> Vec<(TeamIx, bool)> {
    let subject = snapshot.subject_of_holder(Holder::Account(account));
    let items = subject.into_iter().flat_map(Subject::items);
    let teams = items.filter_map(|item| match snapshot.grant(item).entitlement {
        Entitlement::Membership(ix) => {
            let membership = snapshot.membership(ix);
            match membership.standing(as_of) {
                Standing::Live => Some((membership.team, true)),
                Standing::Unknown => Some((membership.team, false)),
                Standing::Pending | Standing::Future | Standing::Ended => None,
            }
        }
        _ => None,
    });
    let mut teams: Vec<(TeamIx, bool)> = teams.collect();
    teams.sort_by_key(|(_, sure)| !sure);
    teams
}

/// The way up from `team` to the nearest one that holds `entitlement`, and whether it surely leads there.
fn way(
    snapshot: &Snapshot,
    team: TeamIx,
    mut sure: bool,
    entitlement: Entitlement,
) -> Option<(Vec<TeamIx>, bool)> {
    let mut path: Vec<TeamIx> = Vec::new();
    let mut at = Some(team);
    while let Some(team) = at.filter(|team| !path.contains(team)) {
        path.push(team);
        sure &= gives(snapshot.team(team));
        let subject = snapshot.subject_of_holder(Holder::Team(team));
        let holds = subject.is_some_and(|subject| {
            let grants = &snapshot.grants()[subject.range()];
            let place = grants.partition_point(|grant| grant.entitlement < entitlement);
            grants
                .get(place)
                .is_some_and(|grant| grant.entitlement == entitlement)
        });
        if holds {
            return Some((path, sure));
        }
        at = snapshot.team(team).parent;
    }
    None
}

fn via(snapshot: &Snapshot, way: Option<(Vec<TeamIx>, bool)>) -> String {
    let Some((path, sure)) = way else {
        return String::new();
    };
    let names: Vec<String> = path
        .iter()
        .take(FEW)
        .map(|team| snapshot.team(*team).name.safe().to_string())
        .collect();
    let more = match path.len().saturating_sub(FEW) as u64 {
        0 => String::new(),
        more => format!(", {} above it", count(more, "team", "teams")),
    };
    let doubt = if sure { "" } else { ", which may not count" };
    format!("via team {}{more}{doubt}", names.join(", below "))
}
