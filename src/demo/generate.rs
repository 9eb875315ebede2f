//! The larger organizations: made by rule from a seed, the same each time.

mod chance;

use self::chance::{Chance, Walk};
use super::{
    ids::ORGANIZATION,
    state::{
        Account, AccountIx, CustomRole, Membership, OrganizationRole, Participant, Project, Roles,
        State, Team, TeamIx, Text,
    },
};
use crate::domain::{
    account::{Kind, TwoFactor},
    grant::Audience,
    time::Timestamp,
};

/// How much of everything there is.
pub(super) struct Plan {
    pub(super) accounts: u32,
    /// All grants together, as [`State::grant_count`] counts them.
    pub(super) grants: usize,
    pub(super) memberships: u32,
    pub(super) teams: u32,
    /// How many teams stand directly below one.
    pub(super) breadth: u32,
    pub(super) projects: u32,
    pub(super) administrators: u32,
    pub(super) custom_roles: u32,
}

/// 1,000 accounts, 10,000 grants.
pub(super) const MEDIUM: Plan = Plan {
    accounts: 1_000,
    grants: 10_000,
    memberships: 3_000,
    teams: 60,
    breadth: 4,
    projects: 60,
    administrators: 4,
    custom_roles: 4,
};

/// 100,000 accounts, 1,000,000 grants.
pub(super) const LARGE: Plan = Plan {
    accounts: 100_000,
    grants: 1_000_000,
    memberships: 300_000,
    teams: 2_500,
    breadth: 8,
    projects: 3_000,
    administrators: 12,
    custom_roles: 24,
};

/// 2019-01-01 and 2026-09-01, between which things begin.
const BEGINNING_MS: u64 = 1_546_300_800_000;
const RECENTLY_MS: u64 = 1_788_220_800_000;
/// 2031-01-01.
const FUTURE_MS: u64 = 1_924_992_000_000;
const DAY_MS: u64 = 86_400_000;

/// Names, each with how it is spelled in a login name.
const FIRST_NAMES: &str = include_str!("../../assets/demo/first-names.txt");
const LAST_NAMES: &str = include_str!("../../assets/demo/last-names.txt");

const POSITIONS: &[&str] = &[
    "Software Engineer",
    "Test Engineer",
    "Engineering Manager",
    "Product Manager",
    "Designer",
    "Data Analyst",
    "Support Engineer",
    "Account Manager",
    "Technician",
    "Buyer",
    "Controller",
    "Reliability Engineer",
];

const AREAS: &[&str] = &[
    "Payments",
    "Logistics",
    "Devices",
    "Search",
    "Platform",
    "Identity",
    "Reporting",
    "Mobile",
    "Web",
    "Factory",
    "Optics",
    "Billing",
    "Support",
    "Data",
    "Research",
    "Procurement",
    "Quality",
    "Sensors",
    "Fleet",
    "Documents",
];

const KINDS: &[&str] = &[
    "Core",
    "Tools",
    "Services",
    "Operations",
    "Engineering",
    "Design",
    "Experience",
    "Integration",
    "Delivery",
    "Security",
    "Analytics",
    "Planning",
];

const CUSTOM_ROLES: &[&str] = &[
    "Release Manager",
    "On-call",
    "Auditor",
    "Key Custodian",
    "Triage",
];

/// Makes the organization that `plan` describes.
pub(super) fn organization(plan: &Plan) -> State {
    let mut state = State {
        id: ORGANIZATION.into(),
        name: "Halden Group".into(),
        reviewer: "rosa.lind".into(),
        positions: POSITIONS.iter().map(|name| Text::Borrowed(name)).collect(),
        ..State::default()
    };
    let mut chance = Chance::new(0x4d75_7374_6572_2026);
    let (first_names, last_names) = (names(FIRST_NAMES), names(LAST_NAMES));
    state.accounts = (0..plan.accounts)
        .map(|number| {
            let (first, last) = (*chance.of(&first_names), *chance.of(&last_names));
            account(number, first, last, &mut chance)
        })
        .collect();
    state.teams = (0..plan.teams)
        .map(|number| team(number, plan, &mut chance))
        .collect();
    state.memberships = memberships(&state.accounts, plan, &mut chance);
    state.roles = roles(&state.accounts, plan, &mut chance);
    // What the other grants leave over is held in projects.
    let pairs = plan.grants - state.grant_count();
    state.projects = projects(&state.accounts, pairs, plan, &mut chance);
    state.changed();
    state
}

fn names(lines: &'static str) -> Vec<(&'static str, &'static str)> {
    lines
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect()
}

fn account(
    number: AccountIx,
    (first_name, first): (&'static str, &'static str),
    (last_name, last): (&'static str, &'static str),
    chance: &mut Chance,
) -> Account {
    if number == 0 {
        return reviewer();
    }
    let kind = match chance.below(100) {
        0..3 => Kind::Collaborator,
        3..5 => Kind::Guest,
        _ => Kind::Member,
    };
    let external = kind != Kind::Member;
    let joined = chance.between(BEGINNING_MS, RECENTLY_MS);
    let later = chance.between(joined, RECENTLY_MS);
    let (mut joined, mut left_at, mut suspended_at, mut archived) =
        (instant(joined), None, None, false);
    let mut last_sign_in = Some(instant(later));
    match chance.below(200) {
        0..4 => (left_at, archived) = (last_sign_in, true),
        4..6 => suspended_at = last_sign_in,
        6 => {
            joined = instant(chance.between(FUTURE_MS, FUTURE_MS + 300 * DAY_MS));
            last_sign_in = None;
        }
        7 => left_at = Some(instant(chance.between(FUTURE_MS, FUTURE_MS + 300 * DAY_MS))),
        _ => {}
    }
    let username = format!("{first}.{last}.{number}");
    Account {
        first_name: match number % 2_000 {
            // One in a long while carries what a screen must not obey.
            777 => "\u{1b}[2JNadia".into(),
            1_333 => "\u{202e}aidaN".into(),
            1_666 => "Na\u{200b}dia".into(),
            _ => first_name.into(),
        },
        last_name: last_name.into(),
        email: external.then(|| format!("{username}@partner.example.org").into()),
        username: username.into(),
        email_verified: !external || chance.below(4) > 0,
        kind,
        archived,
        left_at,
        suspended_at,
        joined: Some(joined.day()),
        two_factor: match chance.below(100) {
            0..5 => TwoFactor::NotSetUp,
            5..8 => TwoFactor::Inactive,
            _ if external => TwoFactor::NotSetUp,
            _ => TwoFactor::Active,
        },
        last_sign_in,
        external_id: (!external).then(|| format!("H-{number}").into()),
    }
}

fn reviewer() -> Account {
    Account {
        first_name: "Rosa".into(),
        last_name: "Lind".into(),
        username: "rosa.lind".into(),
        email: None,
        email_verified: true,
        kind: Kind::Member,
        archived: false,
        left_at: None,
        suspended_at: None,
        joined: Some(instant(BEGINNING_MS).day()),
        two_factor: TwoFactor::Active,
        last_sign_in: Some(instant(RECENTLY_MS)),
        external_id: Some("H-0".into()),
    }
}

fn team(number: TeamIx, plan: &Plan, chance: &mut Chance) -> Team {
    let (area, kind) = (*chance.of(AREAS), *chance.of(KINDS));
    let disbanded = number > plan.breadth && chance.below(60) == 0;
    Team {
        name: match number {
            0 => "Halden Group".into(),
            _ => format!("{area} {kind} {number}").into(),
        },
        description: "".into(),
        parent: number.checked_sub(1).map(|number| number / plan.breadth),
        archived: false,
        disbanded_at: disbanded.then(|| instant(chance.between(BEGINNING_MS, RECENTLY_MS)).day()),
    }
}

fn memberships(accounts: &[Account], plan: &Plan, chance: &mut Chance) -> Vec<Membership> {
    let members: Vec<AccountIx> = (0..)
        .zip(accounts)
        .filter(|(_, account)| account.kind == Kind::Member)
        .map(|(number, _)| number)
        .collect();
    // Everybody is in one team; the rest falls to some more than to others.
    let mut counts = vec![1u32; members.len()];
    let mut left =
        plan.memberships - u32::try_from(members.len()).expect("fewer members than memberships");
    while left > 0 {
        let at = chance.skewed(members.len());
        if counts[at] < 12 {
            counts[at] += 1;
            left -= 1;
        }
    }
    let mut all = Vec::with_capacity(plan.memberships as usize);
    let mut teams: Vec<TeamIx> = Vec::new();
    for (member, count) in members.into_iter().zip(counts) {
        teams.clear();
        while teams.len() < count as usize {
            let team = chance.skewed(plan.teams as usize);
            let team = u32::try_from(team).expect("teams are counted in 32 bits");
            if !teams.contains(&team) {
                teams.push(team);
            }
        }
        for team in &teams {
            let serial = u32::try_from(all.len()).expect("memberships are counted in 32 bits");
            all.push(membership(serial, member, *team, chance));
        }
    }
    all
}

fn membership(serial: u32, member: AccountIx, team: TeamIx, chance: &mut Chance) -> Membership {
    let mut since = chance.between(BEGINNING_MS, RECENTLY_MS);
    let mut till = None;
    let mut pending = false;
    match chance.below(200) {
        0..2 => till = Some(chance.between(since, RECENTLY_MS)),
        2 => till = Some(FUTURE_MS),
        3 => since = FUTURE_MS,
        4..6 => pending = true,
        _ => {}
    }
    Membership {
        serial,
        member,
        team,
        position: u16::try_from(chance.below(POSITIONS.len() as u64)).expect("few positions"),
        lead: chance.below(25) == 0,
        pending,
        archived: false,
        since: Some(instant(since)),
        till: till.map(instant),
    }
}

fn roles(accounts: &[Account], plan: &Plan, chance: &mut Chance) -> Vec<OrganizationRole> {
    let role = |name: Text, code: Option<&'static str>, rights: &[&'static str]| OrganizationRole {
        name,
        description: "".into(),
        code: code.map(Text::Borrowed),
        implicit: None,
        profiles: Vec::new(),
        teams: Vec::new(),
        rights: rights.iter().map(|right| Text::Borrowed(right)).collect(),
    };
    let mut members = |count: u32| {
        let mut found = Vec::new();
        while found.len() < count as usize {
            let at =
                u32::try_from(chance.below(accounts.len() as u64)).expect("counted in 32 bits");
            if accounts[at as usize].kind == Kind::Member && !found.contains(&at) {
                found.push(at);
            }
        }
        found
    };
    let mut roles = vec![
        OrganizationRole {
            profiles: members(plan.administrators),
            ..role("System Admin".into(), Some("system-admin"), &["*"])
        },
        OrganizationRole {
            implicit: Some(Audience::Members),
            ..role(
                "Member".into(),
                Some("member"),
                &["Profile.View", "Team.View", "Project.View"],
            )
        },
        OrganizationRole {
            implicit: Some(Audience::Externals),
            ..role(
                "External User".into(),
                Some("external-user"),
                &["Profile.View.Basic"],
            )
        },
        OrganizationRole {
            profiles: vec![0],
            ..role("Access Reviewer".into(), None, super::REVIEW_RIGHTS)
        },
    ];
    for number in 1..plan.custom_roles {
        let name = format!("{} Stewards", AREAS[number as usize % AREAS.len()]);
        let name = if (number as usize) < AREAS.len() {
            name
        } else {
            format!("{name} {number}")
        };
        roles.push(OrganizationRole {
            profiles: members(number % 9),
            teams: (1..=number % 3)
                .map(|team| team * number % plan.teams)
                .collect(),
            ..role(name.into(), None, &["Profile.View"])
        });
    }
    roles
}

fn projects(accounts: &[Account], pairs: usize, plan: &Plan, chance: &mut Chance) -> Vec<Project> {
    // A few large projects and many small ones.
    let weight = |number: u32| 1_000_000 / (number as usize + 8);
    let weights: usize = (0..plan.projects).map(weight).sum();
    let mut left = pairs;
    let mut guests = vec![false; accounts.len()];
    let mut projects = Vec::with_capacity(plan.projects as usize);
    for number in (0..plan.projects).rev() {
        // What rounding leaves over falls to the first project.
        let share = pairs * weight(number) / weights;
        let share = if number == 0 { left } else { share };
        left -= share;
        projects.push(project(number, share, accounts, &mut guests, plan, chance));
    }
    projects.reverse();
    projects
}

fn project(
    number: u32,
    pairs: usize,
    accounts: &[Account],
    guests: &mut [bool],
    plan: &Plan,
    chance: &mut Chance,
) -> Project {
    let (area, kind) = (*chance.of(AREAS), *chance.of(KINDS));
    let customs = if chance.below(7) == 0 {
        1 + chance.below(3)
    } else {
        0
    };
    let customs: Vec<CustomRole> = CUSTOM_ROLES[..usize::try_from(customs).expect("at most three")]
        .iter()
        .map(|name| CustomRole {
            name: Text::Borrowed(name),
            rights: vec!["Project.View".into()],
        })
        .collect();
    let created = chance.between(BEGINNING_MS, RECENTLY_MS);

    let mut left = pairs;
    let role_of = |place: usize, left: &mut usize, chance: &mut Chance| {
        let usual = if place < 2 || chance.below(30) == 0 {
            Roles::ADMIN
        } else {
            Roles::MEMBER
        };
        let mut roles = usual;
        if !customs.is_empty() && *left > 1 && chance.below(8) == 0 {
            let custom =
                usize::try_from(chance.below(customs.len() as u64)).expect("at most three");
            roles = roles.and(Roles::custom(custom));
        }
        *left -= roles.count();
        roles
    };

    let mut teams = Vec::new();
    let (mut walk, wanted) = (Walk::through(plan.teams, chance), pairs / 12);
    while teams.len() < wanted.min(plan.teams as usize / 4) {
        let holder = walk.step();
        // Of the teams, few administer.
        let roles = role_of(2, &mut left, chance);
        teams.push(Participant { holder, roles });
    }
    let mut people = Vec::with_capacity(left);
    let mut walk = Walk::through(plan.accounts, chance);
    while left > 0 {
        let holder = walk.step();
        let roles = match accounts[holder as usize].kind {
            Kind::Member => role_of(people.len(), &mut left, chance),
            // A guest is in one project only.
            Kind::Guest if std::mem::replace(&mut guests[holder as usize], true) => continue,
            _ => {
                left -= 1;
                Roles::EXTERNAL
            }
        };
        people.push(Participant { holder, roles });
    }
    Project {
        key: format!("{}{number}", area[..2].to_ascii_uppercase()).into(),
        name: format!("{area} {kind} {number}").into(),
        description: "".into(),
        private: number % 13 == 5,
        archived: number % 17 == 9,
        created_at: Some(instant(created)),
        active_at: Some(instant(chance.between(created, RECENTLY_MS))),
        custom_roles: customs,
        people,
        teams,
    }
}

fn instant(ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).ok().and_then(Timestamp::from_ms);
    ms.expect("all times here are in this century")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: &State, accounts: usize, grants: usize) {
        assert_eq!(state.accounts.len(), accounts);
        assert_eq!(state.grant_count(), grants);
        assert_eq!(state.accounts[0].username, state.reviewer);
        let mut held = 0;
        for project in &state.projects {
            for list in [&project.people, &project.teams] {
                let mut holders: Vec<u32> = list.iter().map(|one| one.holder).collect();
                holders.sort_unstable();
                holders.dedup();
                assert_eq!(
                    holders.len(),
                    list.len(),
                    "{} has somebody twice",
                    project.key
                );
                held += list.len();
            }
            assert!(!project.people.is_empty(), "{} has nobody", project.key);
        }
        assert!(held > accounts);
        let depth = |mut team: TeamIx| {
            let mut depth = 1;
            while let Some(parent) = state.teams[team as usize].parent {
                (team, depth) = (parent, depth + 1);
            }
            depth
        };
        let deepest = (0..).take(state.teams.len()).map(depth).max();
        assert!(matches!(deepest, Some(4 | 5)), "{deepest:?}");
        let externals = state.accounts.iter().filter(|one| one.kind != Kind::Member);
        let share = externals.count() * 100 / accounts;
        assert!((3..=7).contains(&share), "{share} percent are external");
    }

    #[test]
    fn the_medium_organization_has_a_thousand_accounts_and_ten_thousand_grants() {
        check(&organization(&MEDIUM), 1_000, 10_000);
    }

    #[test]
    fn the_large_organization_has_a_hundred_thousand_accounts_and_a_million_grants() {
        check(&organization(&LARGE), 100_000, 1_000_000);
    }
}
