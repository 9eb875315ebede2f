//! Whether a snapshot is what the server has, or says what it lacks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use muster::{
    demo::{Roles, State},
    domain::{
        account::{Account, Fact, Kind},
        grant::{Audience, Entitlement, GrantId},
        resource::RoleKind,
        snapshot::Snapshot,
    },
};

use super::facts::{Held, HolderId};

/// Every difference between a snapshot and the server's state that no gap names. What a snapshot claims to know
/// must be so in any case.
pub(super) fn unexplained(snapshot: &Snapshot, gaps: &[String], state: &State) -> Vec<String> {
    let mut judge = Judge {
        gaps,
        wrong: Vec::new(),
    };
    judge.accounts(snapshot, state);
    judge.teams(snapshot, state);
    judge.projects(snapshot, state);
    judge.memberships(snapshot, state);
    judge.grants(snapshot, state);
    judge.wrong
}

struct Judge<'g> {
    gaps: &'g [String],
    wrong: Vec<String>,
}

impl Judge<'_> {
    fn is_told(&self, words: &[&str]) -> bool {
        let told = |gap: &String| words.iter().any(|word| tells(gap, word));
        self.gaps.iter().any(told)
    }

    fn must_be_told(&mut self, what: &str, words: &[&str]) {
        if !self.is_told(words) {
            self.wrong.push(what.to_owned());
        }
    }

    fn fact<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        told: &Fact<T>,
        truth: Option<&T>,
        words: &[&str],
    ) {
        match told {
            Fact::Known(value) if Some(value) == truth => {}
            Fact::Absent if truth.is_none() => {}
            Fact::Unknown => self.must_be_told(&format!("{what} is unknown"), words),
            _ => self
                .wrong
                .push(format!("{what} is {told:?} and not {truth:?}")),
        }
    }

    fn text(&mut self, what: &str, told: &str, truth: &str, words: &[&str]) {
        match told {
            _ if told == truth => {}
            "" => self.must_be_told(what, words),
            _ => self.wrong.push(format!("{what} is {told}")),
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one line for each fact of an account"
    )]
    fn accounts(&mut self, snapshot: &Snapshot, state: &State) {
        let mut told: BTreeMap<&str, &Account> = BTreeMap::new();
        for account in snapshot.accounts() {
            let before = told.insert(&account.id.0, account);
            assert!(before.is_none(), "{} is there twice", account.id.0);
        }
        for (ix, truth) in (0..).zip(state.accounts()) {
            let id = state.account_id(ix);
            let name = format!("account {id}");
            let external = truth.kind != Kind::Member;
            let Some(account) = told.remove(id.as_str()) else {
                let mut words = vec!["Some accounts"];
                words.extend(NO_ACCOUNT);
                if external {
                    words.extend(EXTERNALS);
                }
                self.must_be_told(&format!("{name} is missing"), &words);
                continue;
            };
            if !account.listed {
                self.must_be_told(&format!("{name} is not listed"), &["only what they hold"]);
                assert!(account.archived.is_unknown() && account.suspended.is_unknown());
                continue;
            }
            let text = |of: &str| format!("{of} of {name}");
            self.text(
                &text("login"),
                account.username.raw(),
                &truth.username,
                &["User names"],
            );
            let words = ["Given names", "Names of"];
            self.text(
                &text("name"),
                account.first_name.raw(),
                &truth.first_name,
                &words,
            );
            let words = ["Family names", "Names of"];
            self.text(
                &text("name"),
                account.last_name.raw(),
                &truth.last_name,
                &words,
            );
            let email = account.email.known().map(|email| email.raw().to_owned());
            let email = email.map_or(Fact::Unknown, Fact::Known);
            self.fact(
                &text("e-mail"),
                &email,
                Some(&state.email(truth)),
                &["E-mail addresses"],
            );
            match account.kind {
                Kind::Unknown => {
                    self.must_be_told(&text("kind"), &["The kind", "collaborators or guests"]);
                }
                kind if kind == truth.kind => {}
                kind => self.wrong.push(format!("{name} is {kind:?}")),
            }
            let words = ["The state (archived or not)"];
            self.fact(
                &text("archived"),
                &account.archived,
                Some(&truth.archived),
                &words,
            );
            let words = ["The time of deactivation"];
            self.fact(
                &text("left"),
                &account.left_at,
                truth.left_at.as_ref(),
                &words,
            );
            let suspended = truth.suspended_at.is_some();
            let words = ["suspended"];
            self.fact(
                &text("suspended"),
                &account.suspended,
                Some(&suspended),
                &words,
            );
            let words = ["suspended", "The time of suspension"];
            let truth_at = truth.suspended_at.as_ref();
            self.fact(
                &text("suspended at"),
                &account.suspended_at,
                truth_at,
                &words,
            );
            self.fact(
                &text("joined"),
                &account.joined,
                truth.joined.as_ref(),
                &["The first day"],
            );
            let words = ["two-factor status"];
            self.fact(
                &text("two-factor"),
                &account.two_factor,
                Some(&truth.two_factor),
                &words,
            );
            // The last sign-in is context: it may be unknown without a gap, but never wrong.
            if !account.last_sign_in.is_unknown() {
                let truth_at = truth.last_sign_in.as_ref();
                self.fact(&text("sign-in"), &account.last_sign_in, truth_at, &[]);
            }
            let outside = match &account.external_id {
                Fact::Known(id) => Fact::Known(id.raw().to_owned()),
                Fact::Absent => Fact::Absent,
                Fact::Unknown => Fact::Unknown,
            };
            let truth_id = truth.external_id.as_ref().map(ToString::to_string);
            self.fact(
                &text("outside id"),
                &outside,
                truth_id.as_ref(),
                &["outside id"],
            );
        }
        for id in told.keys() {
            self.wrong.push(format!("there is no account {id}"));
        }
    }

    fn teams(&mut self, snapshot: &Snapshot, state: &State) {
        let mut told: BTreeMap<&str, _> = BTreeMap::new();
        for team in snapshot.teams() {
            assert!(
                told.insert(&team.id, team).is_none(),
                "{} is there twice",
                team.id
            );
        }
        for (ix, truth) in (0..).zip(state.teams()) {
            let id = state.team_id(ix);
            let name = format!("team {id}");
            let Some(team) = told.remove(id.as_str()) else {
                let mut words = vec!["Teams could not", "Some teams"];
                words.extend(NO_TEAM);
                self.must_be_told(&format!("{name} is missing"), &words);
                continue;
            };
            if !team.listed {
                self.must_be_told(&format!("{name} is not listed"), &["only what they hold"]);
                continue;
            }
            let text = |of: &str| format!("{of} of {name}");
            self.text(&text("name"), team.name.raw(), &truth.name, &["Names of"]);
            let parent = team
                .parent
                .map(|parent| snapshot.team(parent).id.to_string());
            let truth_parent = truth.parent.map(|parent| state.team_id(parent));
            if parent != truth_parent {
                let words = ["The team above"];
                assert!(parent.is_none(), "{name} is below {parent:?}");
                self.must_be_told(&text("parent"), &words);
            }
            let words = ["The state (archived or not)"];
            self.fact(
                &text("archived"),
                &team.archived,
                Some(&truth.archived),
                &words,
            );
            let disbanded = truth.disbanded_at.is_some();
            let words = ["disbanded"];
            self.fact(
                &text("disbanded"),
                &team.disbanded,
                Some(&disbanded),
                &words,
            );
            let words = ["disband"];
            let truth_at = truth.disbanded_at.as_ref();
            self.fact(&text("disbanded at"), &team.disbanded_at, truth_at, &words);
        }
        for id in told.keys() {
            self.wrong.push(format!("there is no team {id}"));
        }
    }

    fn projects(&mut self, snapshot: &Snapshot, state: &State) {
        let mut told: BTreeMap<&str, _> = BTreeMap::new();
        for project in snapshot.projects() {
            assert!(
                told.insert(&project.id, project).is_none(),
                "{} is there twice",
                project.id
            );
        }
        for (ix, truth) in (0..).zip(state.projects()) {
            let id = state.project_id(ix);
            let Some(project) = told.remove(id.as_str()) else {
                let label = format!("the project {} ({})", truth.name, truth.key);
                let mut words = vec![
                    "Projects and who takes part",
                    "#project could not",
                    "#projects could not",
                    "Some projects and who",
                    &label,
                ];
                words.extend(if truth.private { RESTRICTED } else { OPEN });
                self.must_be_told(&format!("{label} is missing"), &words);
                continue;
            };
            let text = |of: &str| format!("{of} of project {id}");
            self.text(
                &text("name"),
                project.name.raw(),
                &truth.name,
                &["Names of"],
            );
            self.text(&text("key"), project.key.raw(), &truth.key, &["Keys of"]);
            self.fact(
                &text("private"),
                &project.private,
                Some(&truth.private),
                &["The visibility"],
            );
            let words = ["The state (archived or not)"];
            self.fact(
                &text("archived"),
                &project.archived,
                Some(&truth.archived),
                &words,
            );
        }
        for id in told.keys() {
            self.wrong.push(format!("there is no project {id}"));
        }
    }

    fn memberships(&mut self, snapshot: &Snapshot, state: &State) {
        let truth = state.memberships().iter().filter(|one| !one.archived);
        let truth: BTreeMap<String, _> = truth.map(|one| (state.membership_id(one), one)).collect();
        for told in snapshot.memberships() {
            let Some(truth) = truth.get(&*told.id) else {
                self.wrong
                    .push(format!("there is no membership {}", told.id));
                continue;
            };
            let text = |of: &str| format!("{of} of membership {}", told.id);
            if *snapshot.team(told.team).id != *state.team_id(truth.team) {
                self.wrong.push(text("team"));
            }
            self.fact(
                &text("lead"),
                &told.lead,
                Some(&truth.lead),
                &["The lead flag"],
            );
            let words = ["approval"];
            self.fact(
                &text("pending"),
                &told.pending,
                Some(&truth.pending),
                &words,
            );
            let words = ["The state (archived or not)"];
            self.fact(&text("archived"), &told.archived, Some(&false), &words);
            if let Some(position) = told.position.known()
                && position.raw() != state.position(truth)
            {
                self.wrong.push(text("position"));
            }
            for (of, told, truth) in [
                ("start", &told.since, truth.since.as_ref()),
                ("end", &told.till, truth.till.as_ref()),
            ] {
                // Where only the day could be read, the time is off by less than one.
                let near = told.known().zip(truth).is_some_and(|(told, truth)| {
                    (told.ms() - truth.ms()).abs() <= 24 * 60 * 60 * 1000
                });
                let words = ["start", "end", "The first day of", "The last day of"];
                if near && told.known() != truth {
                    self.must_be_told(&text(of), &words);
                } else {
                    self.fact(&text(of), told, truth, &words);
                }
            }
        }
    }

    fn grants(&mut self, snapshot: &Snapshot, state: &State) {
        let mut told: BTreeMap<GrantId, Entitlement> = BTreeMap::new();
        for grant in snapshot.grants() {
            let before = told.insert(grant.id, grant.entitlement);
            assert!(before.is_none(), "grant {} is there twice", grant.id);
        }
        for (id, name, words) in expected(state, &snapshot.organization().id) {
            if told.remove(&id).is_none() {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                self.must_be_told(&format!("{name} is missing"), &words);
            }
        }
        for (id, entitlement) in told {
            match entitlement {
                // Such a role is one that the server was told to make up.
                Entitlement::ProjectRole(_, role)
                    if snapshot.role(role).kind == RoleKind::ProjectUnknown => {}
                _ => self
                    .wrong
                    .push(format!("there is no grant {id}: {entitlement:?}")),
            }
        }
        let names: BTreeSet<(String, String)> = (0..)
            .zip(state.projects())
            .flat_map(|(ix, project)| {
                let roles = project.custom_roles.iter().enumerate();
                roles.map(move |(number, role)| {
                    (state.custom_role_id(ix, number), role.name.to_string())
                })
            })
            .collect();
        for (id, name) in names {
            let key = format!("project:role:{id}");
            let role = snapshot.roles().iter().find(|role| *role.key == *key);
            if role.is_some_and(|role| role.name.raw() != name) {
                let told = format!("The name of the role {id}");
                self.must_be_told(&format!("the name of role {id}"), &[&told]);
            }
        }
    }
}

/// Whether a gap says these words; after a `#` they follow a number at its beginning.
fn tells(gap: &str, words: &str) -> bool {
    let Some(words) = words.strip_prefix('#') else {
        return gap.contains(words);
    };
    let behind = gap.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < gap.len() && behind.trim_start().starts_with(words)
}

const NO_ACCOUNT: [&str; 2] = ["#account could not", "#accounts could not"];
const NO_TEAM: [&str; 2] = ["#team could not", "#teams could not"];
const NO_HOLDER: [&str; 4] = [
    "#account holder of",
    "#account holders of",
    "#team holder of",
    "#team holders of",
];

const EXTERNALS: [&str; 2] = [
    "External users who share no project",
    "Whether all external users",
];

/// What tells that projects which are not restricted may be missing.
const OPEN: &[&str] = &[
    "Projects that are not restricted and that this token cannot open",
    "Whether all projects are listed could not",
];

const RESTRICTED: &[&str] = &[
    "Restricted projects that this token cannot open",
    "Whether there are restricted projects",
    "Whether all restricted projects",
];

/// Every grant: its id, what it is, and the gaps that would explain its lack.
#[expect(clippy::too_many_lines, reason = "one part for each kind of grant")]
fn expected(state: &State, organization: &str) -> Vec<(GrantId, String, Vec<String>)> {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let mut grants = Vec::new();
    for (ix, account) in (0..).zip(state.accounts()) {
        let id = state.account_id(ix);
        let held = Held::SignIn { account: &id };
        let mut reasons = words(&["Some accounts", "only what they hold"]);
        reasons.extend(words(&NO_ACCOUNT));
        if account.kind != Kind::Member {
            reasons.extend(words(&EXTERNALS));
        }
        grants.push((held.id(organization), format!("sign-in of {id}"), reasons));
    }
    for membership in state.memberships().iter().filter(|one| !one.archived) {
        let id = state.membership_id(membership);
        let held = Held::Membership { membership: &id };
        let reasons = words(&[
            "Team memberships could not",
            "Some team memberships",
            "#membership could not",
            "#memberships could not",
            "The account of",
            "The team of",
        ]);
        grants.push((held.id(organization), format!("membership {id}"), reasons));
    }
    for (ix, role) in (0..).zip(state.roles()) {
        let id = state.role_id(ix);
        let all = "and who holds them could not";
        let one = format!("organization role {} could not", role.name);
        if matches!(
            role.implicit,
            Some(Audience::Members | Audience::Externals | Audience::Unknown)
        ) {
            let held = Held::Implicit { role: &id };
            grants.push((
                held.id(organization),
                format!("implicit {id}"),
                words(&[all, "The name or type of"]),
            ));
            continue;
        }
        let accounts = role.profiles.iter().map(|ix| (true, state.account_id(*ix)));
        let teams = role.teams.iter().map(|ix| (false, state.team_id(*ix)));
        for (account, holder) in accounts.chain(teams) {
            let held = Held::OrganizationRole {
                holder: if account {
                    HolderId::Account(&holder)
                } else {
                    HolderId::Team(&holder)
                },
                role: &id,
            };
            let name = format!("organization role {id} of {holder}");
            grants.push((
                held.id(organization),
                name,
                [
                    words(&[all, &one, "and who holds them could not"]),
                    words(&NO_HOLDER),
                ]
                .concat(),
            ));
        }
    }
    for (ix, project) in (0..).zip(state.projects()) {
        // A project without a name goes by its key, one without either by its id.
        let label = format!("project {} ({})", project.name, project.key);
        let id = state.project_id(ix);
        let labels = [
            label.clone(),
            format!("project {}", project.name),
            format!("project {}", project.key),
            format!("project {id}"),
        ];
        let mut common = words(&[
            "Projects and who takes part",
            "#project could not",
            "#projects could not",
            "Some projects and who",
            "Roles of",
            "Who it is of",
        ]);
        common.extend(words(&NO_HOLDER));
        for label in &labels {
            common.push(format!("A role of the {label} could not"));
            common.push(format!("of the {label} is could not"));
            common.push(format!("Who takes part in the {label}"));
        }
        let hidden = if project.private { RESTRICTED } else { OPEN };
        common.extend(words(hidden));
        let people = project
            .people
            .iter()
            .map(|one| (true, state.account_id(one.holder), one.roles));
        let teams = project
            .teams
            .iter()
            .map(|one| (false, state.team_id(one.holder), one.roles));
        for (account, holder, roles) in people.chain(teams) {
            let who = if account { "ccounts with" } else { "eams with" };
            for key in keys(state, ix, roles) {
                let mut reasons = common.clone();
                // "Accounts with a role on …", "Some teams with the role … on …".
                for label in &labels {
                    reasons.push(format!("{who} a role on the {label}"));
                    let names = names_of(state, ix, &key);
                    reasons
                        .extend(names.map(|name| format!("{who} the role {name} on the {label}")));
                    if key == "project:member" {
                        reasons.push(format!("embers of the {label}"));
                    }
                }
                if !account {
                    reasons.extend(words(&["Roles of teams on projects"]));
                }
                match key.as_str() {
                    "project:admin" => {}
                    "project:member" => {
                        reasons.extend(words(&["Whether a role on a project is held directly"]));
                    }
                    "project:external" => reasons.extend(words(&["External users of projects"])),
                    _ => reasons.extend(words(&["Custom roles on projects"])),
                }
                let held = Held::ProjectRole {
                    holder: if account {
                        HolderId::Account(&holder)
                    } else {
                        HolderId::Team(&holder)
                    },
                    project: &state.project_id(ix),
                    role_key: &key,
                };
                let name = format!("{key} of {holder} on the {label}");
                grants.push((held.id(organization), name, reasons));
            }
        }
    }
    grants
}

fn keys(state: &State, project: u32, roles: Roles) -> Vec<String> {
    let shipped = [
        (Roles::ADMIN, "project:admin"),
        (Roles::MEMBER, "project:member"),
        (Roles::EXTERNAL, "project:external"),
    ];
    let shipped = shipped.into_iter().filter(|one| roles.has(one.0));
    let custom = roles.customs();
    shipped
        .map(|one| one.1.to_owned())
        .chain(
            custom.map(|number| format!("project:role:{}", state.custom_role_id(project, number))),
        )
        .collect()
}

/// What a project's role may be called in its list of roles.
fn names_of(state: &State, project: u32, key: &str) -> impl Iterator<Item = String> {
    let roles = state.projects()[project as usize]
        .custom_roles
        .iter()
        .enumerate();
    let custom = roles
        .filter(|(number, _)| key.ends_with(&state.custom_role_id(project, *number)))
        .map(|(_, role)| role.name.to_string())
        .collect::<Vec<_>>();
    let shipped: &[&str] = match key {
        "project:admin" => &["Project Admin"],
        "project:member" => &["Project Member"],
        "project:external" => &["Collaborator", "Guest"],
        _ => &[],
    };
    shipped.iter().map(ToString::to_string).chain(custom)
}
