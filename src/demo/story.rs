//! The small organization: written by hand in `assets/demo`, one record a line.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    ids::ORGANIZATION,
    state::{
        Account, CustomRole, Membership, OrganizationRole, Participant, Project, Roles, State,
        Team, Text,
    },
};
use crate::domain::{
    account::{Kind, TwoFactor},
    grant::Audience,
    time::{Day, Timestamp},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountLine {
    username: String,
    first: String,
    last: String,
    email: Option<String>,
    #[serde(default = "yes")]
    verified: bool,
    kind: Option<String>,
    joined: Option<String>,
    left: Option<String>,
    suspended: Option<String>,
    two_factor: Option<String>,
    seen: Option<String>,
    external_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamLine {
    name: String,
    parent: Option<String>,
    #[serde(default)]
    about: String,
    disbanded: Option<String>,
    #[serde(default)]
    archived: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembershipLine {
    account: String,
    team: String,
    position: String,
    #[serde(default)]
    lead: bool,
    #[serde(default)]
    pending: bool,
    #[serde(default)]
    archived: bool,
    since: Option<String>,
    till: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleLine {
    name: String,
    #[serde(default)]
    about: String,
    code: Option<String>,
    implicit: Option<String>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
    #[serde(default)]
    rights: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectLine {
    key: String,
    name: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    archived: bool,
    created: Option<String>,
    active: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParticipantLine {
    project: String,
    account: Option<String>,
    team: Option<String>,
    roles: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Halden Instruments.
///
/// # Panics
///
/// When a line of the story does not fit the others; the tests read all of them.
pub(super) fn halden() -> State {
    let mut state = State {
        id: ORGANIZATION.into(),
        name: "Halden Instruments".into(),
        reviewer: "rosa.lind".into(),
        ..State::default()
    };
    let accounts: Vec<AccountLine> = lines(include_str!("../../assets/demo/accounts.json"));
    state.accounts = accounts.into_iter().map(account).collect();
    let teams: Vec<TeamLine> = lines(include_str!("../../assets/demo/teams.json"));
    for line in teams {
        let parent = line.parent.map(|name| team(&state, &name));
        state.teams.push(Team {
            name: line.name.into(),
            description: line.about.into(),
            parent,
            archived: line.archived,
            disbanded_at: line.disbanded.as_deref().map(day),
        });
    }
    state.changed();
    memberships(&mut state);
    let roles: Vec<RoleLine> = lines(include_str!("../../assets/demo/roles.json"));
    state.roles = roles.into_iter().map(|line| role(&state, line)).collect();
    projects(&mut state);
    state.changed();
    state
}

fn account(line: AccountLine) -> Account {
    Account {
        kind: match line.kind.as_deref() {
            None => Kind::Member,
            Some("collaborator") => Kind::Collaborator,
            Some("guest") => Kind::Guest,
            Some(other) => panic!("{} is a {other}", line.username),
        },
        two_factor: match line.two_factor.as_deref() {
            None => TwoFactor::Active,
            Some("off") => TwoFactor::Inactive,
            Some("never") => TwoFactor::NotSetUp,
            Some(other) => panic!("{} has {other}", line.username),
        },
        email: line.email.map(Text::from),
        email_verified: line.verified,
        archived: line.left.as_deref().is_some_and(|at| at < "2030"),
        left_at: line.left.as_deref().map(instant),
        suspended_at: line.suspended.as_deref().map(instant),
        joined: line.joined.as_deref().map(day),
        last_sign_in: line.seen.as_deref().map(instant),
        external_id: line.external_id.map(Text::from),
        username: line.username.into(),
        first_name: line.first.into(),
        last_name: line.last.into(),
    }
}

fn memberships(state: &mut State) {
    let lines: Vec<MembershipLine> = lines(include_str!("../../assets/demo/memberships.json"));
    for (serial, line) in (0..).zip(lines) {
        let membership = Membership {
            serial,
            member: person(state, &line.account),
            team: team(state, &line.team),
            position: state.position_called(&line.position),
            lead: line.lead,
            pending: line.pending,
            archived: line.archived,
            since: line.since.as_deref().map(instant),
            till: line.till.as_deref().map(instant),
        };
        state.memberships.push(membership);
    }
}

fn role(state: &State, line: RoleLine) -> OrganizationRole {
    let profiles = line.profiles.iter().map(|name| person(state, name));
    let teams = line.teams.iter().map(|name| team(state, name));
    OrganizationRole {
        profiles: profiles.collect(),
        teams: teams.collect(),
        name: line.name.into(),
        description: line.about.into(),
        code: line.code.map(Text::from),
        implicit: line.implicit.as_deref().map(|audience| match audience {
            "members" => Audience::Members,
            "externals" => Audience::Externals,
            other => panic!("a role is implicit for {other}"),
        }),
        rights: line.rights.into_iter().map(Text::from).collect(),
    }
}

fn projects(state: &mut State) {
    let projects: Vec<ProjectLine> = lines(include_str!("../../assets/demo/projects.json"));
    for line in projects {
        let roles = line.roles.into_iter().map(|name| CustomRole {
            name: name.into(),
            rights: vec!["Project.View".into()],
        });
        state.projects.push(Project {
            key: line.key.into(),
            name: line.name.into(),
            description: line.about.into(),
            private: line.private,
            archived: line.archived,
            created_at: line.created.as_deref().map(instant),
            active_at: line.active.as_deref().map(instant),
            custom_roles: roles.collect(),
            people: Vec::new(),
            teams: Vec::new(),
        });
    }
    let participants: Vec<ParticipantLine> =
        lines(include_str!("../../assets/demo/participants.json"));
    for line in participants {
        let project = state
            .project(&line.project)
            .expect("the project is in the story");
        let own = &state.projects[project as usize].custom_roles;
        let roles = line.roles.iter().map(|name| match name.as_str() {
            "admin" => Roles::ADMIN,
            "member" => Roles::MEMBER,
            "external" => Roles::EXTERNAL,
            name => {
                let number = own.iter().position(|role| role.name == name);
                Roles::custom(number.expect("the role is in the project's line"))
            }
        });
        let roles = roles.fold(Roles::default(), Roles::and);
        let (holder, is_team) = match (&line.account, &line.team) {
            (Some(name), None) => (person(state, name), false),
            (None, Some(name)) => (team(state, name), true),
            _ => panic!("a participant of {} is a person or a team", line.project),
        };
        let project = &mut state.projects[project as usize];
        let list = if is_team {
            &mut project.teams
        } else {
            &mut project.people
        };
        list.push(Participant { holder, roles });
    }
}

fn lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    match serde_json::from_str(text) {
        Ok(lines) => lines,
        Err(error) => panic!("the story does not read: {error}"),
    }
}

fn person(state: &State, username: &str) -> u32 {
    let found = state.account(username);
    found.unwrap_or_else(|| panic!("{username} is not in the story"))
}

fn team(state: &State, name: &str) -> u32 {
    let found = state.team(name);
    found.unwrap_or_else(|| panic!("team {name} is not in the story"))
}

fn day(text: &str) -> Day {
    text.parse().unwrap_or_else(|_| panic!("{text} is no day"))
}

/// An instant, or the start of a day.
fn instant(text: &str) -> Timestamp {
    let parsed = text.parse();
    parsed.unwrap_or_else(|_| day(text).start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_has_what_a_review_has_to_cope_with() {
        let state = halden();
        let now = instant("2026-11-01");
        let accounts = state.accounts();
        let count = |is: &dyn Fn(&Account) -> bool| accounts.iter().filter(|one| is(one)).count();
        assert_eq!(accounts.len(), 61);
        assert_eq!(count(&|one| one.kind == Kind::Collaborator), 5);
        assert_eq!(count(&|one| one.kind == Kind::Guest), 5);
        assert_eq!(count(&|one| one.archived), 3);
        assert_eq!(count(&|one| one.left_at.is_some_and(|at| at > now)), 1);
        assert_eq!(count(&|one| one.suspended_at.is_some()), 2);
        assert_eq!(
            count(&|one| one.joined.is_some_and(|day| day.start() > now)),
            2
        );
        assert!(count(&|one| one.two_factor == TwoFactor::NotSetUp) > 5);
        assert!(count(&|one| one.last_name.is_empty()) == 1);
        assert!(count(&|one| one.first_name.chars().count() >= 200) == 1);
        assert_eq!(
            count(&|one| one.first_name == "Jonas" && one.last_name == "Berg"),
            2
        );
        for hidden in ['\u{1b}', '\u{202e}', '\u{200b}', '\u{200d}', '\u{308}'] {
            assert_eq!(
                count(&|one| one.first_name.contains(hidden)),
                1,
                "{hidden:?}"
            );
        }

        let memberships = state.memberships().iter();
        let standing = memberships.filter(|one| !one.counts(now)).count();
        // Two wait for approval, three begin later, three are over.
        assert_eq!(standing, 8);
        let disbanded = state.team("Pump Rewrite").expect("a team");
        assert!(state.teams()[disbanded as usize].disbanded_at.is_some());

        let jonas = state.account("jonas.berg").expect("an account");
        let firmware = &state.projects()[state.project("FW").expect("a project") as usize];
        let teams = state.effective_teams(jonas, now);
        let direct = firmware.people.iter().find(|one| one.holder == jonas);
        assert!(direct.is_some_and(|one| one.roles.has(Roles::MEMBER)));
        let paths = firmware
            .teams
            .iter()
            .filter(|one| teams.contains(&one.holder));
        assert_eq!(
            paths.count(),
            2,
            "through Firmware, and through Engineering above it"
        );

        let everywhere = state.account("tobias.krantz").expect("an account");
        assert!(state.projects().iter().all(|project| {
            let mut people = project.people.iter();
            people.any(|one| one.holder == everywhere && one.roles.has(Roles::ADMIN))
        }));
    }
}
