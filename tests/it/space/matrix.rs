//! Every fault with every call, every right taken away, alone and together: a snapshot is what the server has,
//! or it says what it lacks, or there is none.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use muster::{
    demo::{self, Fault, Older, Size, State, When},
    space::ClientOptions,
};

use super::{Run, again::differences, impatient, run_at, serve_with, told::unexplained};

/// Every call of a fetch.
const CALLS: &[&str] = &[
    "organization",
    "team-directory/profiles",
    "team-directory/profiles/me",
    "team-directory/teams",
    "team-directory/memberships",
    "projects",
    "projects/private-projects",
    "projects/*/people/members",
    "projects/*/people/teams",
    "permission-roles/get",
    "permission-roles/*/profiles",
    "permission-roles/*/teams",
    "permissions/check-permission",
];

/// Every right of the token that reads.
const RIGHTS: &[&str] = &[
    "Profile.View",
    "Profile.View.Basic",
    "Profile.ViewAllGuests",
    "Profile.Memberships.View",
    "Team.View",
    "Permissions.View",
    "Project.View",
    "Project.ViewPrivate",
    "Roles.View",
    "Superadmin",
    "AuthModule.Manage",
];

/// Fields that may be withheld or null, by type.
const FIELDS: &[(&str, &[&str])] = &[
    ("OrganizationRecord", &["name"]),
    ("TDMemberProfile", &["username", "archived"]),
    ("TDMemberProfile", &["name", "emails", "status"]),
    ("TDMemberProfile", &["id"]),
    ("TDProfileName", &["firstName"]),
    ("TDTeam", &["id"]),
    ("TDTeam", &["name", "archived"]),
    ("TDMembership", &["member"]),
    ("TDMembership", &["team", "lead"]),
    ("TDMembership", &["requiresApproval", "archived", "role"]),
    ("PRProject", &["id"]),
    ("PRProject", &["name", "key"]),
    ("PRProject", &["private", "archived"]),
    ("PRPrivateProject", &["key", "name", "accessAllowed"]),
    ("ParticipantOnProject", &["profile"]),
    ("ParticipantOnProject", &["roles"]),
    ("ParticipantTeamOnProject", &["team", "roles"]),
    ("ProjectRoleApi", &["role"]),
    ("RoleDTO", &["roleId"]),
    ("RoleDTO", &["name", "type"]),
    ("RoleDTO", &["membersEditable", "code"]),
];

/// Fields that may also be empty: withheld they are unknown, null they are empty.
const NULLABLE: &[(&str, &[&str])] = &[
    ("TDMemberProfile", &["leftAt", "joined", "externalId"]),
    ("TDMemberProfile", &["external", "externalLight"]),
    (
        "TDMemberProfile",
        &["accessSuspended", "accessSuspendedAt", "logins"],
    ),
    ("TDTeam", &["parent", "disbanded", "disbandedAt"]),
    (
        "TDMembership",
        &["since", "till", "activeSince", "activeTill"],
    ),
];

fn owned((of, fields): &(&str, &[&str])) -> (String, Vec<String>) {
    let fields = fields.iter().map(ToString::to_string).collect();
    ((*of).to_owned(), fields)
}

fn inaccessible(what: &(&str, &[&str])) -> Fault {
    let (of, fields) = owned(what);
    Fault::Inaccessible { of, fields }
}

fn null(what: &(&str, &[&str])) -> Fault {
    let (of, fields) = owned(what);
    Fault::Null { of, fields }
}

/// Faults that can meet any call.
fn faults() -> Vec<Fault> {
    let mut faults = vec![
        Fault::RepeatPage,
        Fault::Overlap(3),
        Fault::NextRepeats,
        Fault::NextMissing,
        Fault::NoTotal,
        Fault::RateLimited { retry_after: None },
        Fault::RateLimited {
            retry_after: Some(0),
        },
        Fault::Expired,
        Fault::Latency(Duration::from_millis(1)),
        Fault::Stall(Some(Duration::from_millis(1))),
        Fault::Reset,
        Fault::TruncatedJson,
        Fault::Html,
        Fault::UnknownRole("ProjectOwnerRoleApi".to_owned()),
        Fault::MoreFields,
        Fault::OtherShapes,
    ];
    faults.extend([400, 401, 403, 404, 413, 429, 500, 503].map(Fault::Status));
    faults
}

/// What is wrong with one server and one token.
#[derive(Debug, Clone, Default)]
struct Trouble {
    faults: Vec<(When, Fault)>,
    without: Vec<&'static str>,
    older: Older,
    passes_over: bool,
    application: bool,
    /// It may view one project, whatever it may do with the others.
    one_project: bool,
    page_size: u32,
}

impl Trouble {
    fn of(when: When, fault: Fault) -> Self {
        Self {
            faults: vec![(when, fault)],
            page_size: 10,
            ..Self::default()
        }
    }

    /// Whether there was a snapshot, and what is wrong with the outcome.
    async fn check(self, name: String) -> (bool, Option<String>) {
        let state = State::of(Size::S);
        let rights = RIGHTS.iter().filter(|right| !self.without.contains(right));
        let one_project = self.one_project.then_some(&"project:key:FW:Project.View");
        let token = demo::Token {
            secret: "token-of-the-matrix".to_owned(),
            me: (!self.application).then(|| state.reviewer().to_owned()),
            rights: rights.chain(one_project).map(ToString::to_string).collect(),
            expired: false,
            ..demo::Token::default()
        };
        let options = demo::Options {
            tokens: vec![token],
            older: self.older.clone(),
            ignore_unknown_fields: self.passes_over,
            ..demo::Options::default()
        };
        let server = serve_with(state, options).await;
        for (when, fault) in &self.faults {
            server.faults().arm(when.clone(), fault.clone());
        }
        let options = ClientOptions {
            page_size: self.page_size,
            backoff: Duration::from_micros(10),
            backoff_limit: Duration::from_micros(10),
            ..impatient()
        };
        let run = run_at(&server.url(), "token-of-the-matrix", options).await;
        let mut wrong = judge(&run, &server.state());
        // Whoever reads the answers again finds the same.
        wrong.extend(differences(&run, &server.url(), &[], None));
        let wrong =
            (!wrong.is_empty()).then(|| format!("{name}: {self:?}\n  {}", wrong.join("\n  ")));
        (run.result.is_ok(), wrong)
    }
}

/// What is wrong with the outcome: a difference that nothing tells, or an error that does not help.
fn judge(run: &Run, state: &State) -> Vec<String> {
    match &run.result {
        Ok(fetched) => {
            let gaps = run.gaps();
            let mut wrong = unexplained(&fetched.snapshot, &gaps, state);
            if !wrong.is_empty() {
                wrong.truncate(4);
                wrong.push(format!("gaps: {gaps:#?}"));
            }
            wrong
        }
        Err(error) if error.hint().is_none() => vec![format!("no next step: {error}")],
        Err(_) => Vec::new(),
    }
}

/// Checks all; of so many, at least so many lead to a snapshot.
async fn check_all(troubles: Vec<(String, Trouble)>, at_least: usize) {
    let all = troubles.len();
    let checks = troubles.into_iter().map(|(name, trouble)| async move {
        let check = tokio::spawn(trouble.check(name.clone()));
        let outcome = check.await;
        outcome.unwrap_or_else(|panic| (false, Some(format!("{name}: {panic}"))))
    });
    let outcomes: Vec<_> = stream::iter(checks).buffer_unordered(4).collect().await;
    let wrong: Vec<&String> = outcomes
        .iter()
        .filter_map(|(_, wrong)| wrong.as_ref())
        .collect();
    let shown: Vec<&str> = wrong.iter().take(8).map(|wrong| wrong.as_str()).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    let snapshots = outcomes.iter().filter(|(is_ok, _)| *is_ok).count();
    assert!(
        snapshots >= at_least,
        "only {snapshots} of {all} led to a snapshot"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_with_any_call_makes_a_snapshot_short_in_silence() {
    let mut troubles = Vec::new();
    for call in CALLS {
        for fault in faults() {
            for (name, when) in [
                ("always", When::path(call).exactly()),
                ("later", When::path(call).exactly().requests(2..=3)),
            ] {
                let name = format!("{call} {name}");
                troubles.push((name, Trouble::of(when, fault.clone())));
            }
        }
    }
    check_all(troubles, 450).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_field_that_is_withheld_or_null_makes_a_snapshot_short_in_silence() {
    let withheld = FIELDS.iter().chain(NULLABLE).map(inaccessible);
    let faults = withheld.chain(FIELDS.iter().map(null));
    let troubles = faults.flat_map(|fault| {
        [
            ("always", When::always()),
            ("later", When::always().requests(6..=12)),
        ]
        .map(|(name, when)| (name.to_owned(), Trouble::of(when, fault.clone())))
    });
    check_all(troubles.collect(), 94).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_right_that_is_missing_makes_a_snapshot_short_in_silence() {
    let mut troubles = Vec::new();
    for application in [false, true] {
        for right in RIGHTS {
            for more in RIGHTS {
                let trouble = Trouble {
                    without: vec![right, more],
                    application,
                    one_project: true,
                    page_size: 100,
                    ..Trouble::default()
                };
                troubles.push(("rights".to_owned(), trouble));
            }
        }
    }
    check_all(troubles, 190).await;
}

/// Numbers that look random and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit).expect("it fits");
        usize::try_from((mixed ^ (mixed >> 31)) % limit).expect("it fits")
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn trouble(&mut self) -> Trouble {
        let mut all = faults();
        all.extend(FIELDS.iter().chain(NULLABLE).map(inaccessible));
        all.extend(FIELDS.iter().map(null));
        let armed = (0..=self.below(4)).map(|_| {
            let call = When::path(self.of::<&str>(CALLS)).exactly();
            let from = 1 + self.below(4) as u64;
            let when = match self.below(3) {
                0 => call,
                1 => call.requests(from..=from + 2),
                _ => When::always().requests(10 * from..=10 * from + 3),
            };
            (when, self.of(&all).clone())
        });
        let faults = armed.collect();
        let without = (0..self.below(3)).map(|_| *self.of(RIGHTS)).collect();
        let mut older = match self.below(4) {
            0 => Older::of_2022(),
            1 => Older::of_2021(),
            _ => Older::default(),
        };
        older.vague = self.below(2) == 0;
        Trouble {
            faults,
            without,
            older,
            passes_over: self.below(3) == 0,
            application: self.below(4) == 0,
            one_project: self.below(3) == 0,
            page_size: *self.of(&[3, 10, 100]),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_combination_of_troubles_makes_a_snapshot_short_in_silence() {
    let seed = std::env::var("MUSTER_TEST_SEED").ok();
    let seed = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_101);
    let troubles =
        (seed..seed + 150).map(|seed| (format!("MUSTER_TEST_SEED={seed}"), Chance(seed).trouble()));
    check_all(troubles.collect(), 75).await;
}
