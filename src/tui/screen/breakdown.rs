//! [`Breakdown`]: many items counted by role, project, team and last sign-in, and what is out of the ordinary among
//! them.

use crate::{
    domain::{
        account::Fact,
        campaign::Campaign,
        grant::{Entitlement, Holder},
        items::ItemSet,
        snapshot::{AccountIx, Snapshot},
    },
    tui::{
        phrase, unusual,
        widget::text::{count, number},
    },
};

/// Counts over a set of items. They go by position, and names are made only for what is told: a set may hold a million
/// items.
#[derive(Debug)]
pub(super) struct Breakdown {
    items: u64,
    accounts: u64,
    teams: u64,
    roles: Vec<u64>,
    projects: Vec<u64>,
    in_teams: Vec<u64>,
    /// Sign-ins, leads and members of teams, grants on the organization.
    sign_ins: u64,
    leads: u64,
    joined: u64,
    seen: Seen,
    unusual: String,
}

/// Items by how long ago their account signed in last.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    month: u64,
    quarter: u64,
    longer: u64,
    never: u64,
    unknown: u64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Breakdown {
    /// Counts `items`.
    pub(super) fn of(campaign: &Campaign, items: &ItemSet) -> Self {
        let snapshot = campaign.snapshot();
        let mut all = Self {
            items: 0,
            accounts: 0,
            teams: 0,
            roles: vec![0; snapshot.roles().len()],
            projects: vec![0; snapshot.projects().len()],
            in_teams: vec![0; snapshot.teams().len()],
            sign_ins: 0,
            leads: 0,
            joined: 0,
            seen: Seen::default(),
            unusual: unusual::told(campaign, items),
        };
        let mut before = None;
        for item in items.iter() {
            let grant = snapshot.grant(item);
            all.items += 1;
            if before != Some(grant.holder) {
                before = Some(grant.holder);
                match grant.holder {
                    Holder::Account(_) => all.accounts += 1,
                    Holder::Team(_) => all.teams += 1,
                    Holder::Everyone(_) => {}
                }
            }
            match grant.holder {
                Holder::Account(account) => all.seen.count(campaign, account),
                Holder::Team(team) => all.in_teams[team.index()] += 1,
                Holder::Everyone(_) => {}
            }
            match grant.entitlement {
                Entitlement::SignIn => all.sign_ins += 1,
                Entitlement::OrganizationRole(role) => all.roles[role.index()] += 1,
                Entitlement::Membership(ix) => {
                    let membership = snapshot.membership(ix);
                    if membership.lead == Fact::Known(true) {
                        all.leads += 1;
                    } else {
                        all.joined += 1;
                    }
                    all.in_teams[membership.team.index()] += 1;
                }
                Entitlement::ProjectRole(project, role) => {
                    all.roles[role.index()] += 1;
                    all.projects[project.index()] += 1;
                }
            }
        }
        all
    }

    /// How many items of how many holders.
    pub(super) fn size(&self) -> String {
        let holders = [
            (self.accounts, "account", "accounts"),
            (self.teams, "team", "teams"),
        ];
        let there = holders.iter().filter(|(n, ..)| *n > 0);
        let there: Vec<String> = there.map(|(n, one, many)| count(*n, one, many)).collect();
        let items = count(self.items, "item", "items");
        if there.is_empty() {
            items
        } else {
            format!("{items} of {}", there.join(", "))
        }
    }

    /// What is out of the ordinary; empty when nothing is.
    pub(super) fn unusual(&self) -> &str {
        &self.unusual
    }

    /// By role, project, team and last sign-in, each with at most `most` names; nothing stands for what there is none of.
    pub(super) fn told(&self, snapshot: &Snapshot, most: usize) -> Vec<(&'static str, String)> {
        let mut roles = vec![
            (self.sign_ins, None, "Can sign in"),
            (self.leads, None, "Team Lead"),
            (self.joined, None, "Team Member"),
        ];
        let by_role = self.roles.iter().enumerate();
        roles.extend(by_role.map(|(role, n)| (*n, Some(role), "")));
        let role = |role: Option<usize>, name: &str| match role {
            Some(role) => snapshot.roles()[role].name.safe().to_string(),
            None => name.to_owned(),
        };
        let named = |counts: &[u64]| -> Vec<(u64, Option<usize>, &str)> {
            let counts = counts.iter().enumerate();
            counts.map(|(at, n)| (*n, Some(at), "")).collect()
        };
        let project =
            |at: Option<usize>, _: &str| at.map_or(String::new(), |at| project(snapshot, at));
        let team = |at: Option<usize>, _: &str| at.map_or(String::new(), |at| team(snapshot, at));
        let told = [
            ("by role", top(roles, most, role)),
            ("by project", top(named(&self.projects), most, project)),
            ("by team", top(named(&self.in_teams), most, team)),
            ("sign-in", self.seen.told()),
        ];
        told.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}

fn project(snapshot: &Snapshot, at: usize) -> String {
    snapshot.projects()[at].name.safe().to_string()
}

fn team(snapshot: &Snapshot, at: usize) -> String {
    phrase::team_name(snapshot, crate::domain::snapshot::TeamIx::at(at))
}

/// The commonest, and how many more there are.
fn top(
    mut counts: Vec<(u64, Option<usize>, &str)>,
    most: usize,
    name: impl Fn(Option<usize>, &str) -> String,
) -> String {
    counts.retain(|(n, ..)| *n > 0);
    // Of equals the one that stands first in the snapshot.
    counts.sort_by_key(|(n, ..)| std::cmp::Reverse(*n));
    let more = counts.len().saturating_sub(most);
    let mut text: Vec<String> = counts
        .iter()
        .take(most)
        .map(|(n, at, word)| format!("{} {}", name(*at, word), number(*n)))
        .collect();
    if more > 0 {
        text.push(format!("{} more", number(more as u64)));
    }
    text.join(", ")
}

impl Seen {
    fn count(&mut self, campaign: &Campaign, account: AccountIx) {
        let place = match campaign.snapshot().account(account).last_sign_in {
            Fact::Known(at) => match (campaign.as_of().ms() - at.ms()) / DAY_MS {
                ..=30 => &mut self.month,
                31..=90 => &mut self.quarter,
                _ => &mut self.longer,
            },
            Fact::Absent => &mut self.never,
            Fact::Unknown => &mut self.unknown,
        };
        *place += 1;
    }

    fn told(self) -> String {
        let counts = [
            (self.month, "within 30 days"),
            (self.quarter, "31 to 90 days ago"),
            (self.longer, "longer ago"),
            (self.never, "never"),
            (self.unknown, "unknown"),
        ];
        let there = counts.into_iter().filter(|(n, _)| *n > 0);
        let there: Vec<String> = there
            .map(|(n, when)| format!("{when} {}", number(n)))
            .collect();
        there.join(", ")
    }
}
