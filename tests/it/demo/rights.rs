//! Who may read what.

use muster::demo::{Options, Server, Size, State, Token};
use serde_json::{Value, json};

use super::{Answer, ask, get, small};

async fn with(token: Token) -> Server {
    let tokens = vec![Token {
        secret: "secret".to_owned(),
        ..token
    }];
    let options = Options {
        tokens,
        ..Options::default()
    };
    let server = Server::start(State::of(Size::S), options).await;
    server.expect("loopback has a free port")
}

/// A server whose token `secret` is `me`'s and has these rights.
async fn limited(me: &str, rights: &[&str]) -> Server {
    let me = Some(me.to_owned());
    let rights = rights.iter().map(ToString::to_string).collect();
    with(Token {
        me,
        rights,
        ..Token::default()
    })
    .await
}

async fn try_get(server: &Server, path: &str) -> Answer {
    let answer = ask(server, "secret", "GET", path, "").await;
    answer.expect("the server answers")
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (status, &code.into()),
        "{}",
        answer.body
    );
    assert!(
        answer.json()["error_description"].is_string(),
        "{}",
        answer.body
    );
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn nobody_reads_without_a_valid_token() {
    let server = with(Token {
        expired: true,
        ..Token::default()
    })
    .await;
    for token in ["", "other", "secret"] {
        let answer = ask(&server, token, "GET", "organization", "").await;
        refused(
            &answer.expect("the server answers"),
            401,
            "authentication-required",
        );
    }
    let expired = try_get(&server, "organization").await.json();
    assert_eq!(expired["error_description"], "Access token has expired");
}

#[tokio::test]
async fn each_list_needs_its_right() {
    let server = limited("hugo.santos", &[]).await;
    assert_eq!(try_get(&server, "organization").await.status, 200);
    let me = try_get(
        &server,
        "team-directory/profiles/me?$fields=username,memberships",
    )
    .await;
    assert_eq!(me.json()["username"], "hugo.santos");
    for path in [
        "team-directory/profiles",
        "team-directory/profiles/username:rosa.lind",
        "team-directory/teams",
        "team-directory/memberships",
        "projects",
        "projects/private-projects",
        "projects/key:FW",
    ] {
        refused(&try_get(&server, path).await, 403, "permission-denied");
    }
    let body = r#"{"contextIdentifier":"global"}"#;
    let roles = ask(&server, "secret", "POST", "permission-roles/get", body).await;
    refused(
        &roles.expect("the server answers"),
        403,
        "permission-denied",
    );
}

#[tokio::test]
async fn what_may_not_be_read_is_named_and_not_left_out_in_silence() {
    let server = limited("hugo.santos", &["Profile.View", "Team.View"]).await;
    let call = "team-directory/profiles/username:ada.keller?$fields=username,memberships(id),logins(identifier)";
    let ada = try_get(&server, call).await;
    assert_eq!(ada.status, 200);
    let ada = ada.json();
    assert_eq!(
        ada["$errors"][0]["fields"],
        json!(["logins", "memberships"])
    );
    assert!(
        ada.get("memberships").is_none() && ada.get("logins").is_none(),
        "{ada}"
    );
    super::contract::check_answer(
        "GET",
        "team-directory/profiles/username:ada.keller",
        "$fields=username,memberships(id),logins(identifier)",
        &ada,
    )
    .expect("it is as documented");
}

#[tokio::test]
async fn an_application_is_nobody_and_reads_no_logins() {
    let rights = vec!["**".to_owned()];
    let server = with(Token {
        rights,
        ..Token::default()
    })
    .await;
    refused(
        &try_get(&server, "team-directory/profiles/me").await,
        404,
        "not-found",
    );
    let page = try_get(
        &server,
        "team-directory/profiles?$top=1&$fields=data(logins)",
    )
    .await
    .json();
    assert_eq!(page["data"][0]["$errors"][0]["fields"], json!(["logins"]));
}

#[tokio::test]
async fn a_private_project_is_seen_by_its_people_and_named_to_those_who_may_list_it() {
    let private = async |server: &Server| try_get(server, "projects/private-projects").await.json();
    let server = limited("alma.ruiz", &["Project.View", "Project.ViewPrivate"]).await;
    refused(
        &try_get(&server, "projects/key:SEC").await,
        404,
        "not-found",
    );
    assert_eq!(try_get(&server, "projects").await.json()["totalCount"], 7);
    assert_eq!(private(&server).await[0]["accessAllowed"], false);
    assert_eq!(private(&server).await[0]["name"], "Security");

    for (me, rights) in [
        ("erik.norrby", ["Project.View", "Project.ViewPrivate"]),
        (
            "alma.ruiz",
            ["project:key:SEC:Project.View", "Project.ViewPrivate"],
        ),
    ] {
        let server = limited(me, &rights).await;
        assert_eq!(
            try_get(&server, "projects/key:SEC").await.status,
            200,
            "{me}"
        );
        assert_eq!(private(&server).await[0]["accessAllowed"], true, "{me}");
    }
    let server = limited("alma.ruiz", &["Project.View"]).await;
    assert_eq!(private(&server).await, json!([]));
}

#[tokio::test]
async fn external_users_are_shown_to_those_who_share_a_project_with_them() {
    let count = async |server: &Server| {
        let call = "team-directory/profiles?orgRelation=GUEST&$fields=data(username)";
        let page = try_get(server, call).await.json();
        let names = page["data"].as_array().expect("data").iter();
        names
            .map(|one| one["username"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let server = limited("noa.cohen", &["Profile.View"]).await;
    // Otto Frei is in a project that Noa Cohen reaches through the team above hers.
    let known = ["ada.keIler", "otto.frei", "dana.petrov", "guest.kim"];
    assert_eq!(count(&server).await, known);
    let server = limited("noa.cohen", &["Profile.View", "Profile.ViewAllGuests"]).await;
    assert!(count(&server).await.len() > known.len());
}

#[tokio::test]
async fn a_request_that_cannot_be_understood_is_refused_with_its_reason() {
    let server = small().await;
    for path in [
        "team-directory/profiles?$fields=data(usrname)",
        "team-directory/profiles?$fields=data(",
        "team-directory/profiles?$top=-1",
        "team-directory/profiles?$skip=x",
        "team-directory/profiles?orgRelation=ALL",
        "team-directory/profiles?reportPastMembers=yes",
        "team-directory/profiles/rosa.lind",
        "team-directory/memberships?since=yesterday",
        "projects/FW",
        "projects/key:FW/people/members?role=owner",
    ] {
        refused(&get(&server, path).await, 400, "validation-error");
    }
    let many = "profiles=me&".repeat(101);
    refused(
        &get(&server, &format!("team-directory/profiles?{many}")).await,
        400,
        "validation-error",
    );
    for path in [
        "",
        "teams",
        "projects/key:NONE",
        "team-directory/profiles/id:1a2B3c0000aa",
        "team-directory/teams/name:Nobody",
        "permission-roles/none/profiles",
        "administration/user-agreement",
    ] {
        refused(&get(&server, path).await, 404, "not-found");
    }
    for (path, body, status, code) in [
        ("permission-roles/get", "{", 400, "request-error"),
        ("permission-roles/get", "{}", 400, "validation-error"),
        ("administration/support", "{}", 404, "not-found"),
        (
            "permission-roles/get",
            &"x".repeat(70_000),
            413,
            "payload-too-large",
        ),
    ] {
        let answer = ask(&server, server.token(), "POST", path, body).await;
        refused(&answer.expect("the server answers"), status, code);
    }
}

async fn may(server: &Server, account: &str, right: &str, target: Value) -> bool {
    let body = json!({
        "principal": format!("profile:{account}"), "uniqueRightCode": right, "target": target,
    });
    let call = "permissions/check-permission";
    let answer = ask(server, server.token(), "POST", call, &body.to_string()).await;
    answer
        .expect("the server answers")
        .json()
        .as_bool()
        .expect("yes or no")
}

#[tokio::test]
async fn a_right_reaches_an_account_by_its_roles_and_its_teams() {
    let server = small().await;
    let global = || json!({"className": "GlobalPermissionTarget"});
    let project =
        |key| json!({"className": "ProjectPermissionTarget", "project": format!("key:{key}")});
    for (account, right, target, expected) in [
        ("me", "Team.View", global(), true),
        ("me", "Applications.View", global(), false),
        ("username:tobias.krantz", "Superadmin", global(), true),
        ("username:hugo.santos", "Profile.Create", global(), true),
        ("username:ada.keller", "Profile.Create", global(), false),
        ("username:viktor.hess", "Superadmin", global(), false),
        (
            "username:mehmet.yildiz",
            "VcsRepository.Write",
            project("FW"),
            true,
        ),
        (
            "username:greta.nilsen",
            "VcsRepository.Write",
            project("FW"),
            false,
        ),
        ("username:otto.frei", "Project.View", project("FW"), true),
        ("username:otto.frei", "Project.View", project("X2"), false),
        ("username:theo.marsh", "Project.View", project("FW"), false),
        (
            "username:clara.engel",
            "VcsRepository.Write",
            project("SEC"),
            false,
        ),
    ] {
        let told = may(&server, account, right, target.clone()).await;
        assert_eq!(told, expected, "{account} {right} {target}");
    }
}

#[tokio::test]
async fn implicit_roles_name_their_holders_only_when_told_to() {
    let state = State::of(Size::S);
    let role = state.role_id(1);
    let options = Options {
        list_implicit_holders: true,
        ..Options::default()
    };
    let members = state
        .accounts()
        .iter()
        .filter(|one| one.kind == muster::domain::account::Kind::Member)
        .count();
    let server = Server::start(state, options).await.expect("a free port");
    let listed = get(
        &server,
        &format!("permission-roles/{role}/profiles?$fields=id"),
    )
    .await
    .json();
    assert_eq!(listed.as_array().map(Vec::len), Some(members));
    let server = small().await;
    let listed = get(
        &server,
        &format!("permission-roles/{role}/profiles?$fields=id"),
    )
    .await
    .json();
    assert_eq!(listed, json!([]));
}
