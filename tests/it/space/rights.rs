//! What a snapshot says about the rights of the token that it was read with.

use muster::{
    demo::{Fault, Token},
    domain::rights::{Holding, Permission, Right},
    space::rights,
};

use super::{told::unexplained, *};

const TOKEN: &str = "token-of-the-rights";

/// A server with a token of the reviewer that has these rights.
async fn with_rights(rights: Vec<String>) -> Server {
    let state = State::of(Size::S);
    let token = Token {
        secret: TOKEN.to_owned(),
        me: Some(state.reviewer().to_owned()),
        rights,
        ..Token::default()
    };
    let options = demo::Options {
        tokens: vec![token],
        ..demo::Options::default()
    };
    serve_with(state, options).await
}

fn codes() -> Vec<String> {
    Permission::ALL.map(|one| one.code().to_owned()).to_vec()
}

fn words(rights: &[Right]) -> Vec<(Permission, &'static str)> {
    let word = |right: &Right| (right.permission, right.holding.word());
    rights.iter().map(word).collect()
}

#[tokio::test]
async fn a_snapshot_tells_the_same_rights_as_connecting_does() {
    for removed in Permission::ALL.map(Some).into_iter().chain([None]) {
        // Without its accounts there is no snapshot.
        if removed == Some(Permission::Profiles) {
            continue;
        }
        let mut codes = codes();
        codes.retain(|code| removed.is_none_or(|removed| code != removed.code()));
        let server = with_rights(codes).await;
        let address = server.url().parse().expect("an address");
        let client = Client::new(address, TOKEN.into(), impatient()).expect("a client");
        let tried = rights(&client).await.expect("it is tried");
        let run = run_at(&server.url(), TOKEN, impatient()).await;
        let told = &run.fetched().rights;
        for right in told {
            let missing = matches!(right.holding, Holding::Missing(_));
            assert_eq!(
                missing,
                Some(right.permission) == removed
                    // Only the server's word tells, and a snapshot does without it where names are told.
                    && removed != Some(Permission::BasicInfo),
                "without {removed:?}: {right:?}"
            );
            assert!(missing || right.holding.is_granted(), "{right:?}");
        }
        if removed != Some(Permission::BasicInfo) {
            assert_eq!(words(told), words(&tried.rights), "without {removed:?}");
        }
    }
}

#[tokio::test]
async fn what_no_call_of_a_snapshot_shows_cannot_be_told_without_the_servers_word() {
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Status(500)] {
        let server = with_rights(codes()).await;
        let word = When::path("permissions/check-permission");
        server.faults().arm(word, fault);
        let run = run_at(&server.url(), TOKEN, impatient()).await;
        for right in &run.fetched().rights {
            let by_word = [
                Permission::ExternalUsers,
                Permission::GrantedPermissions,
                Permission::RestrictedProjects,
            ];
            match &right.holding {
                Holding::Unclear(_) => assert!(by_word.contains(&right.permission), "{right:?}"),
                holding => assert_eq!(*holding, Holding::Shown, "{right:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_is_refused_broken_or_cut_is_told_from_one_that_was_answered() {
    for (path, permission) in [
        ("team-directory/teams", Permission::Teams),
        ("team-directory/memberships", Permission::Memberships),
        ("projects", Permission::Projects),
        ("projects/*/people/members", Permission::Projects),
        ("permission-roles/get", Permission::OrganizationRoles),
        ("permission-roles/*/profiles", Permission::OrganizationRoles),
    ] {
        for (fault, word) in [
            (Fault::Status(403), "missing"),
            (Fault::Status(500), "cannot tell"),
            (Fault::TruncatedJson, "cannot tell"),
        ] {
            let server = with_rights(codes()).await;
            // Many calls that are broken are a broken server.
            let many = path.contains('*') || path == "permission-roles/get";
            if many && word == "cannot tell" {
                continue;
            }
            server
                .faults()
                .arm(When::path(path).exactly(), fault.clone());
            let run = run_at(&server.url(), TOKEN, impatient()).await;
            for right in &run.fetched().rights {
                let expected = if right.permission == permission {
                    word
                } else {
                    "granted"
                };
                assert_eq!(
                    right.holding.word(),
                    expected,
                    "{path} {fault:?}: {right:?}"
                );
            }
        }
    }
    // Names that are withheld although the list is answered.
    let server = with_rights(codes()).await;
    let fault = Fault::Inaccessible {
        of: "TDMemberProfile".to_owned(),
        fields: vec!["name".to_owned()],
    };
    let accounts = When::path("team-directory/profiles").exactly();
    server.faults().arm(accounts.requests(1..), fault);
    let run = run_at(&server.url(), TOKEN, impatient()).await;
    let right = &run.fetched().rights[3];
    assert_eq!(right.permission, Permission::BasicInfo);
    assert!(matches!(right.holding, Holding::Missing(_)), "{right:?}");
}

#[tokio::test]
async fn a_token_for_some_projects_does_not_leave_the_others_out_in_silence() {
    let mut codes = codes();
    codes.retain(|code| code != Permission::Projects.code());
    codes.push("project:key:FW:Project.View".to_owned());
    let server = with_rights(codes).await;
    let run = run_at(&server.url(), TOKEN, impatient()).await;
    let (snapshot, gaps) = (&run.fetched().snapshot, run.gaps());
    assert_eq!(snapshot.projects().len(), 1);
    let gap = "Projects that are not restricted and that this token cannot open could not be read";
    assert!(gaps.iter().any(|one| one.starts_with(gap)), "{gaps:#?}");
    assert_eq!(
        unexplained(snapshot, &gaps, &server.state()),
        Vec::<String>::new()
    );
    let mut rights = run.fetched().rights.iter();
    let right = rights.find(|right| right.permission == Permission::Projects);
    let holding = &right.expect("it is told").holding;
    assert!(matches!(holding, Holding::Unclear(_)), "{holding:?}");
}
