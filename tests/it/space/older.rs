//! Servers that are older than this program.

use std::collections::BTreeSet;

use muster::{
    demo::{self, Fault, Older, Roles, Server, Size, State, When},
    domain::{
        account::{Fact, Kind},
        provenance::Endpoint,
    },
};

use super::{
    assert_whole,
    facts::{Held, HolderId},
    impatient, run, run_at, serve, serve_with,
    told::unexplained,
};

async fn of(older: Older, passes_over: bool) -> Server {
    let options = demo::Options {
        older,
        ignore_unknown_fields: passes_over,
        ..demo::Options::default()
    };
    serve_with(State::of(Size::S), options).await
}

#[tokio::test]
async fn a_server_without_the_calls_of_2023_is_read_whole_by_the_roles_of_its_projects() {
    let older = Older {
        calls: Older::of_2022().calls,
        ..Older::default()
    };
    let server = of(older, false).await;
    let run = run(&server).await;
    assert_whole(&run, &server);
    let endpoints = &run.fetched().endpoints;
    let used = |call: &str| endpoints.iter().find(|one| one.call == call);
    let people = used("GET projects/{project}/people/members").expect("it was tried");
    assert_eq!((people.pages, people.refusals), (0, people.requests));
    let holders = used("GET permission-roles/{roleId}/teams").expect("it was used");
    assert_eq!((holders.pages, holders.refusals), (holders.requests, 0));
}

#[tokio::test]
async fn what_a_server_of_2022_does_not_know_is_unknown_and_told() {
    for (passes_over, vague) in [(false, false), (false, true), (true, false)] {
        let older = Older {
            vague,
            ..Older::of_2022()
        };
        let server = of(older, passes_over).await;
        let run = run(&server).await;
        let snapshot = &run.fetched().snapshot;
        let gaps = run.gaps();
        assert_eq!(
            unexplained(snapshot, &gaps, &server.state()),
            Vec::<String>::new(),
            "{gaps:#?}"
        );
        for account in snapshot.accounts() {
            assert_eq!(account.suspended, Fact::Unknown);
            assert_eq!(account.suspended_at, Fact::Unknown);
            assert_eq!(account.two_factor, Fact::Unknown);
            assert!(matches!(account.kind, Kind::Member | Kind::Unknown));
        }
        assert_eq!(gaps.len(), 4, "{gaps:#?}");
        let expected = if passes_over {
            "The state (suspended or not) of "
        } else {
            "Whether accounts are suspended could not be read: this server is older"
        };
        assert!(
            gaps.iter().any(|gap| gap.starts_with(expected)),
            "{gaps:#?}"
        );
        assert_eq!(snapshot.len(), server.state().grant_count());
    }
}

/// Every field that a server may be too old for: its type, its name, and what the gap about it begins with.
const MAY_BE_UNKNOWN: &[(&str, &str, &str)] = &[
    (
        "TDMemberProfile",
        "accessSuspended",
        "Whether accounts are suspended",
    ),
    (
        "TDMemberProfile",
        "accessSuspendedAt",
        "Whether accounts are suspended",
    ),
    (
        "TDMemberProfile",
        "externalLight",
        "Whether external users are collaborators or guests",
    ),
    (
        "TDMemberProfile",
        "status",
        "The two-factor status of accounts",
    ),
    (
        "TDMemberProfile",
        "external",
        "Whether accounts are external",
    ),
    (
        "TDMemberProfile",
        "externalId",
        "The outside ids of accounts",
    ),
    ("TDMemberProfile", "logins", "The last sign-in of accounts"),
    ("TDMemberProfile", "emails", "E-mail addresses of accounts"),
    ("TDTeam", "disbandedAt", "When teams were disbanded"),
    ("TDTeam", "disbanded", "Whether teams are disbanded"),
    (
        "TDMembership",
        "activeSince",
        "The exact start and end of team memberships",
    ),
    (
        "TDMembership",
        "activeTill",
        "The exact start and end of team memberships",
    ),
    (
        "TDMembership",
        "requiresApproval",
        "Whether team memberships wait for approval",
    ),
    (
        "RoleDTO",
        "membersEditable",
        "Whether organization roles are held by everybody of a kind",
    ),
    ("RoleDTO", "code", "The codes of roles"),
    (
        "PRPrivateProject",
        "accessAllowed",
        "Which restricted projects this token may open",
    ),
];

#[tokio::test]
async fn several_unknown_fields_at_once_are_left_out_of_each_call_and_told() {
    let types: BTreeSet<&str> = MAY_BE_UNKNOWN.iter().map(|one| one.0).collect();
    // Those of each call alone, then of all calls together.
    let mut cases: Vec<Vec<_>> = Vec::new();
    for of in types {
        cases.push(MAY_BE_UNKNOWN.iter().filter(|one| one.0 == of).collect());
    }
    cases.push(MAY_BE_UNKNOWN.iter().collect());
    for (unknown, vague) in cases.iter().flat_map(|case| [(case, false), (case, true)]) {
        let older = Older {
            fields: unknown.iter().map(|(of, name, _)| (*of, *name)).collect(),
            vague,
            ..Older::default()
        };
        let server = of(older, false).await;
        let run = run(&server).await;
        let (snapshot, gaps) = (&run.fetched().snapshot, run.gaps());
        assert_eq!(
            unexplained(snapshot, &gaps, &server.state()),
            Vec::<String>::new(),
            "{gaps:#?}"
        );
        let told: BTreeSet<&str> = unknown.iter().map(|one| one.2).collect();
        for missing in &told {
            let gap = gaps.iter().find(|gap| gap.starts_with(missing));
            let older = "could not be read: this server is older and does not know ";
            assert!(
                gap.is_some_and(|gap| gap.contains(older)),
                "{missing}: {gaps:#?}"
            );
        }
        assert_eq!(gaps.len(), told.len(), "{gaps:#?}");
        assert_eq!(snapshot.len(), server.state().grant_count());
        let endpoints = &run.fetched().endpoints;
        for (_, name, _) in unknown {
            let left_out = |one: &Endpoint| {
                let without = one.parameters.split_once("without ");
                without.is_some_and(|(_, names)| names.split(", ").any(|one| one == *name))
            };
            assert!(endpoints.iter().any(left_out), "{name}: {endpoints:#?}");
        }
        // Nobody's fact is made up.
        let has = |name: &str| unknown.iter().any(|one| one.1 == name);
        for account in snapshot.accounts() {
            assert_eq!(account.suspended.is_unknown(), has("accessSuspended"));
            assert_eq!(account.email.is_unknown(), has("emails"));
            assert_eq!(account.two_factor.is_unknown(), has("status"));
            assert_eq!(account.external_id.is_unknown(), has("externalId"));
        }
        assert!(
            snapshot
                .teams()
                .iter()
                .all(|team| team.disbanded.is_unknown() == has("disbanded"))
        );
    }
}

#[tokio::test]
async fn a_field_whose_lack_is_no_gap_is_still_told_to_be_left_out() {
    let older = Older {
        fields: vec![("TDMemberProfile", "logins")],
        ..Older::default()
    };
    let server = of(older, false).await;
    let run = run(&server).await;
    assert_eq!(run.gaps(), Vec::<String>::new());
    let accounts = run.fetched().snapshot.accounts();
    assert!(
        accounts
            .iter()
            .all(|account| account.last_sign_in.is_unknown())
    );
    let mut endpoints = run.fetched().endpoints.iter();
    let accounts = endpoints.find(|one| one.call == "GET team-directory/profiles");
    let told = accounts.expect("it was called").words();
    assert!(
        told.contains("reportFutureMembers=true without logins)"),
        "{told}"
    );
}

#[tokio::test]
async fn a_server_of_2021_tells_what_it_can_and_names_the_rest() {
    let server = of(Older::of_2021(), false).await;
    let run = run(&server).await;
    let (snapshot, gaps) = (&run.fetched().snapshot, run.gaps());
    assert_eq!(
        unexplained(snapshot, &gaps, &server.state()),
        Vec::<String>::new(),
        "{gaps:#?}"
    );
    assert_eq!(snapshot.accounts().len(), server.state().accounts().len());
}

#[tokio::test]
async fn what_a_token_may_not_see_at_all_is_told_although_the_lists_agree_with_their_totals() {
    for (without, gap) in [
        (
            "Profile.ViewAllGuests",
            "External users who share no project",
        ),
        (
            "Project.ViewPrivate",
            "Restricted projects that this token cannot open",
        ),
    ] {
        let state = State::of(Size::S);
        let rights = [
            "Profile.View",
            "Profile.ViewAllGuests",
            "Profile.Memberships.View",
            "Team.View",
            "Project.View",
            "Project.ViewPrivate",
        ];
        let token = demo::Token {
            secret: "token-with-less".to_owned(),
            me: Some(state.reviewer().to_owned()),
            rights: rights
                .iter()
                .filter(|right| **right != without)
                .map(ToString::to_string)
                .collect(),
            expired: false,
            ..demo::Token::default()
        };
        let options = demo::Options {
            tokens: vec![token],
            ..demo::Options::default()
        };
        let server = serve_with(state, options).await;
        let run = run_at(&server.url(), "token-with-less", impatient()).await;
        let gaps = run.gaps();
        assert!(gaps.iter().any(|one| one.starts_with(gap)), "{gaps:#?}");
        let others = ["External users who", "Restricted projects that"];
        let told = gaps
            .iter()
            .filter(|one| others.iter().any(|start| one.starts_with(start)));
        assert_eq!(told.count(), 1, "{gaps:#?}");
    }
}

#[tokio::test]
async fn a_server_without_permission_roles_tells_administrators_and_members() {
    let server = serve(Size::S).await;
    for missing in ["projects/*/people", "permission-roles"] {
        server.faults().arm(When::path(missing), Fault::Status(404));
    }
    let run = run(&server).await;
    let gaps = run.gaps();
    // Four about projects, one about the roles of the organization.
    assert_eq!(gaps.len(), 5, "{gaps:#?}");
    assert!(
        gaps.iter()
            .any(|gap| gap.starts_with("Roles of teams on projects could not be read"))
    );
    let snapshot = &run.fetched().snapshot;
    let state = server.state();
    for (ix, project) in (0..).zip(state.projects()) {
        let id = state.project_id(ix);
        for one in &project.people {
            let account = state.account_id(one.holder);
            for (roles, key) in [
                (Roles::ADMIN, "project:admin"),
                (Roles::MEMBER, "project:member"),
            ] {
                // An administrator is not listed as a member too.
                if !one.roles.has(roles) || (roles == Roles::MEMBER && one.roles.has(Roles::ADMIN))
                {
                    continue;
                }
                let held = Held::ProjectRole {
                    holder: HolderId::Account(&account),
                    project: &id,
                    role_key: key,
                };
                let id = held.id(&snapshot.organization().id);
                assert!(
                    snapshot.grants().iter().any(|grant| grant.id == id),
                    "{key} of {account}"
                );
            }
        }
    }
    let older = run.fetched().endpoints.iter().map(|one| &*one.call);
    assert!(
        older
            .clone()
            .any(|call| call == "GET projects/{project}/access/admins")
    );
}

#[tokio::test]
async fn a_project_that_is_gone_is_a_gap_of_its_own() {
    let server = serve(Size::S).await;
    let id = server.state().project_id(0);
    for call in ["people", "access"] {
        let path = format!("projects/id:{id}/{call}");
        server.faults().arm(When::path(&path), Fault::Status(404));
    }
    // Who holds the roles of a project is only asked of a server that lists them.
    let roles = When::path("permission-roles/get");
    server.faults().arm(roles, Fault::Status(404));
    let run = run(&server).await;
    let gaps = run.gaps();
    let of_it = gaps.iter().filter(|gap| gap.contains("(FW)"));
    let of_it: Vec<_> = of_it.collect();
    assert_eq!(of_it.len(), 1, "{gaps:#?}");
    assert!(of_it[0].starts_with("Who takes part in the project "));
}
