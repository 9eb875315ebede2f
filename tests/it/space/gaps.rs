//! What cannot be read: a gap in plain words, and everything else as it is.

use muster::{
    demo::{self, Fault, Size, State, When},
    domain::{account::Fact, resource::RoleKind},
    space::ClientOptions,
};

use super::{impatient, run, run_at, run_with, serve, serve_with};

#[tokio::test]
async fn a_list_that_cannot_be_read_whole_is_a_gap() {
    let accounts = "team-directory/profiles";
    let some = "Some accounts may be missing: ";
    for (when, fault, gap) in [
        (When::path(accounts).requests(3..), Fault::RepeatPage, some),
        (When::path(accounts).requests(3..), Fault::NextRepeats, some),
        (When::path(accounts).requests(3..), Fault::NextMissing, some),
        (
            When::path("team-directory/teams"),
            Fault::NextMissing,
            "Some teams may be missing: ",
        ),
    ] {
        let server = serve(Size::S).await;
        let trouble = format!("{when:?} {fault:?}");
        server.faults().arm(when, fault);
        let options = ClientOptions {
            page_size: 10,
            ..impatient()
        };
        let run = run_with(&server, options).await;
        let gaps = run.gaps();
        assert!(
            gaps.iter().any(|one| one.starts_with(gap)),
            "{trouble}: {gaps:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_call_is_a_gap_in_plain_words() {
    for (path, gap) in [
        ("team-directory/teams", "Teams could not be read: "),
        (
            "team-directory/memberships",
            "Team memberships could not be read: ",
        ),
        (
            "projects",
            "Projects and who takes part in them could not be read: ",
        ),
        (
            "projects/private-projects",
            "Whether there are restricted projects that this token cannot open could not be read: ",
        ),
        (
            "permission-roles/get",
            "Organization roles and who holds them could not be read: ",
        ),
        (
            "permission-roles",
            "Organization roles and who holds them could not be read: ",
        ),
        ("projects/*/people", "Who takes part in the project "),
        (
            "projects/*/people/teams",
            "Teams with a role on the project ",
        ),
        (
            "projects/*/people/members",
            "Accounts with a role on the project ",
        ),
        (
            "permission-roles/*/profiles",
            "Accounts that hold the organization role System Admin could not",
        ),
        (
            "permission-roles/*/teams",
            "Teams that hold the organization role System Admin could not",
        ),
    ] {
        let server = serve(Size::S).await;
        server.faults().arm(When::path(path), Fault::Status(403));
        let run = run(&server).await;
        let gaps = run.gaps();
        assert!(
            gaps.iter().any(|one| one.starts_with(gap)),
            "{path}: {gaps:#?}"
        );
        assert!(run.fetched().gaps.is_sorted(), "{gaps:#?}");
        assert!(gaps.iter().all(|one| !one.ends_with('.')), "{gaps:#?}");
        let snapshot = &run.fetched().snapshot;
        assert_eq!(snapshot.accounts().len(), server.state().accounts().len());
        assert!(run.answers.iter().any(|answer| answer.status == 403));
        let refusals: u64 = run.fetched().endpoints.iter().map(|one| one.refusals).sum();
        assert!(refusals > 0);
    }
}

#[tokio::test]
async fn holders_that_no_list_has_are_kept_and_told() {
    let server = serve(Size::S).await;
    server
        .faults()
        .arm(When::path("team-directory/teams"), Fault::Status(403));
    let run = run(&server).await;
    let snapshot = &run.fetched().snapshot;
    assert!(snapshot.teams().iter().all(|team| !team.listed));
    assert_eq!(snapshot.len(), server.state().grant_count());
    let gaps = run.gaps();
    let gap = gaps.iter().find(|gap| gap.contains("only what they hold"));
    assert!(gap.is_some_and(|gap| gap.contains("teams (")), "{gaps:#?}");
}

#[tokio::test]
async fn one_call_that_is_broken_is_a_gap() {
    let server = serve(Size::S).await;
    let explicit = |state: &State| {
        state
            .roles()
            .iter()
            .position(|role| role.implicit.is_none())
    };
    let place = explicit(&server.state()).expect("somebody administers the organization");
    let role = server.state().role_id(u32::try_from(place).expect("few"));
    let path = format!("permission-roles/{role}/teams");
    server.faults().arm(When::path(&path), Fault::Status(500));
    let run = run(&server).await;
    let gaps = run.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert!(gaps[0].contains("failed 6 times"), "{gaps:#?}");
}

fn inaccessible(fields: &[&str]) -> Fault {
    Fault::Inaccessible {
        of: "TDMemberProfile".to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    }
}

#[tokio::test]
async fn a_withheld_field_is_unknown_and_not_empty() {
    let path = || When::path("team-directory/profiles");
    let server = serve(Size::S).await;
    server.faults().arm(path(), inaccessible(&["logins"]));
    let first = run(&server).await;
    let accounts = first.fetched().snapshot.accounts();
    assert!(
        accounts
            .iter()
            .all(|account| account.last_sign_in == Fact::Unknown)
    );
    // The last sign-in helps to judge, but the population is whole without it.
    assert_eq!(first.gaps(), Vec::<String>::new());

    server.faults().clear();
    server.faults().arm(
        path(),
        inaccessible(&["logins", "accessSuspended", "emails"]),
    );
    let run = run(&server).await;
    let accounts = run.fetched().snapshot.accounts();
    let unknown = |account: &muster::domain::account::Account| {
        account.suspended == Fact::Unknown && account.email == Fact::Unknown
    };
    assert!(accounts.iter().all(unknown));
    let count = accounts.len();
    let missing: Vec<String> = run
        .fetched()
        .gaps
        .iter()
        .map(|gap| gap.missing.raw().to_owned())
        .collect();
    assert_eq!(
        missing,
        [
            format!("E-mail addresses of {count} accounts could not be read"),
            format!("The last sign-in of {count} accounts could not be read"),
            format!("The state (suspended or not) of {count} accounts could not be read"),
        ]
    );
}

#[tokio::test]
async fn a_role_of_an_unknown_kind_is_kept_as_such() {
    let server = serve(Size::S).await;
    let fault = Fault::UnknownRole("ProjectOwnerRoleApi".to_owned());
    server
        .faults()
        .arm(When::path("projects/*/people/members"), fault);
    let run = run(&server).await;
    assert_eq!(run.gaps(), Vec::<String>::new());
    let role = |role: &&muster::domain::resource::Role| {
        &*role.key == "project:unknown:ProjectOwnerRoleApi"
    };
    let role = run.fetched().snapshot.roles().iter().find(role);
    assert_eq!(role.expect("it is there").kind, RoleKind::ProjectUnknown);
    assert!(run.fetched().snapshot.len() > server.state().grant_count());
}

#[tokio::test]
async fn a_token_with_few_rights_leaves_gaps_and_blind_spots() {
    let token = demo::Token {
        secret: "token-of-an-application".to_owned(),
        me: None,
        rights: [
            "Profile.View",
            "Profile.ViewAllGuests",
            "Team.View",
            "Project.ViewPrivate",
        ]
        .map(str::to_owned)
        .to_vec(),
        expired: false,
        ..demo::Token::default()
    };
    let options = demo::Options {
        tokens: vec![token],
        ..demo::Options::default()
    };
    let server = serve_with(State::of(Size::S), options).await;
    let run = run_at(&server.url(), "token-of-an-application", impatient()).await;
    assert_eq!(run.fetched().reader, None);
    assert!(
        run.fetched()
            .rights
            .iter()
            .all(|right| !right.holding.is_granted() || right.holding.shown_by() == Some("call"))
    );
    let gaps = run.gaps();
    for gap in [
        "Team memberships could not be read: ",
        "Organization roles and who holds them could not be read: ",
    ] {
        assert!(
            gaps.iter().any(|one| one.starts_with(gap)),
            "{gap}: {gaps:#?}"
        );
    }
    let state = server.state();
    for project in state.projects().iter().filter(|project| project.private) {
        let gap = format!(
            "Who takes part in the project {} ({}) could not be read",
            project.name, project.key
        );
        assert!(
            gaps.iter().any(|one| one.starts_with(&gap)),
            "{gap}: {gaps:#?}"
        );
    }
}
