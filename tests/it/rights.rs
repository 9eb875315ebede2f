//! What a token may read, permission by permission, tried against a real server over HTTP; and applications, whose
//! tokens end while they are used.

use std::time::Duration;

use muster::{
    demo::{self, Fault, Server, Size, State, When},
    domain::{
        rights::{Holding, Permission},
        text::Raw,
    },
    space::{Application, Client, ClientOptions, Error, Expiry, Owner, Rights, fetch, rights},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::contract;

const TOKEN: &str = "token-under-test";
const SECRET: &str = "client-secret-under-test";

fn impatient() -> ClientOptions {
    ClientOptions {
        backoff: Duration::from_millis(1),
        ..ClientOptions::default()
    }
}

async fn serve(options: demo::Options) -> Server {
    let server = Server::start(State::of(Size::S), options).await;
    server.expect("loopback has a free port")
}

/// A server with one token of the reviewer that has these rights.
async fn with_rights(rights: &[&str]) -> Server {
    let token = demo::Token {
        secret: TOKEN.to_owned(),
        me: Some(State::of(Size::S).reviewer().to_owned()),
        rights: rights.iter().map(ToString::to_string).collect(),
        ..demo::Token::default()
    };
    serve(demo::Options {
        tokens: vec![token],
        ..demo::Options::default()
    })
    .await
}

fn client(server: &Server) -> Client {
    let address = server.url().parse().expect("an address");
    Client::new(address, TOKEN.into(), impatient()).expect("a client")
}

fn codes() -> Vec<&'static str> {
    Permission::ALL.iter().map(|one| one.code()).collect()
}

fn holding(rights: &Rights, permission: Permission) -> &Holding {
    let mut all = rights.rights.iter();
    &all.find(|one| one.permission == permission)
        .expect("all are told")
        .holding
}

fn is_granted(holding: &Holding) -> bool {
    matches!(holding, Holding::Shown | Holding::Said)
}

/// The requests so far keep to the documented contract.
fn keep_to_the_contract(server: &Server) {
    for request in server.requests() {
        if request.path.ends_with("/oauth/token") {
            continue;
        }
        let (method, path) = (&request.method, &request.path);
        contract::check_request(method, path, &request.query, &request.body)
            .unwrap_or_else(|error| panic!("{method} {path}?{}: {error}", request.query));
    }
}

#[tokio::test]
async fn each_right_that_is_removed_is_told_missing_and_no_other() {
    for removed in Permission::ALL {
        let mut codes = codes();
        codes.retain(|code| *code != removed.code());
        let server = with_rights(&codes).await;
        let told = rights(&client(&server)).await.expect("it is tried");
        for permission in Permission::ALL {
            let holding = holding(&told, permission);
            if permission == removed {
                // Whoever reads profiles reads their names: there it is only the server's word that tells.
                assert!(
                    matches!(holding, Holding::Missing(_)),
                    "{permission:?}: {holding:?}"
                );
            } else if removed == Permission::Profiles
                && matches!(
                    permission,
                    Permission::BasicInfo | Permission::ExternalUsers
                )
            {
                // Without the list of accounts no call shows them.
                assert_eq!(*holding, Holding::Said);
            } else {
                assert!(
                    is_granted(holding),
                    "without {removed:?}, {permission:?}: {holding:?}"
                );
            }
        }
        keep_to_the_contract(&server);
    }
}

#[tokio::test]
async fn a_token_with_all_rights_is_told_whose_it_is_and_none_is_missing() {
    let server = with_rights(&codes()).await;
    let told = rights(&client(&server)).await.expect("it is tried");
    assert!(
        told.rights.iter().all(|right| is_granted(&right.holding)),
        "{told:?}"
    );
    let state = server.state();
    assert_eq!(told.organization.raw(), state.name());
    assert!(
        matches!(&told.owner, Owner::Account { username, .. } if username.raw() == state.reviewer())
    );
    let Expiry::NotTold(why) = &told.token.expires else {
        panic!("a token without the right to manage tokens is told nothing about them");
    };
    assert!(
        why.raw().contains("Profile.PermanentTokens.Edit"),
        "{why:?}"
    );
    assert!(server.requests().len() < 30, "trying costs few requests");
}

#[tokio::test]
async fn a_token_with_exactly_the_permissions_of_the_guide_leaves_no_gap() {
    let server = with_rights(&codes()).await;
    let client = client(&server);
    let (sender, mut receiver) = mpsc::channel::<muster::space::Answer>(2);
    let taker = tokio::spawn(async move { while receiver.recv().await.is_some() {} });
    let clock = || "2026-11-01T09:00:00.000Z".parse().expect("a time");
    let fetched = fetch(&client, &|_| (), sender, &clock, CancellationToken::new()).await;
    taker.await.expect("the taker does not panic");
    assert_eq!(fetched.expect("it is fetched").gaps, []);
}

#[tokio::test]
async fn the_end_and_the_reach_of_a_token_are_told_when_the_server_tells() {
    let ends = "2027-01-01T00:00:00.000Z".parse().expect("a time");
    for (rights_of, expires, unrestricted) in [
        (vec!["**"], Some(ends), true),
        (
            vec!["Profile.PermanentTokens.Edit", "Team.View"],
            None,
            false,
        ),
    ] {
        let token = demo::Token {
            secret: TOKEN.to_owned(),
            me: Some(State::of(Size::S).reviewer().to_owned()),
            rights: rights_of.iter().map(ToString::to_string).collect(),
            name: "for reviews".to_owned(),
            expires,
            ..demo::Token::default()
        };
        let server = serve(demo::Options {
            tokens: vec![token],
            ..demo::Options::default()
        })
        .await;
        let told = rights(&client(&server)).await.expect("it is tried").token;
        assert_eq!(told.name.as_ref().map(Raw::raw), Some("for reviews"));
        assert_eq!(told.unrestricted, Some(unrestricted));
        match expires {
            Some(at) => assert_eq!(told.expires, Expiry::At(at)),
            None => assert_eq!(told.expires, Expiry::Never),
        }
        keep_to_the_contract(&server);
    }
}

#[tokio::test]
async fn whatever_a_call_answers_is_never_taken_for_granted() {
    use Permission::{ExternalUsers, Memberships, OrganizationRoles, Profiles, Projects, Teams};
    for (path, touched) in [
        ("team-directory/memberships", vec![Memberships]),
        ("team-directory/teams", vec![Teams]),
        ("projects", vec![Projects]),
        ("permission-roles/get", vec![OrganizationRoles]),
        ("team-directory/profiles", vec![Profiles, ExternalUsers]),
    ] {
        for fault in [
            Fault::Status(403),
            Fault::Status(404),
            Fault::Status(400),
            Fault::Status(500),
            Fault::Html,
            Fault::TruncatedJson,
        ] {
            let server = with_rights(&codes()).await;
            server
                .faults()
                .arm(When::path(path).exactly(), fault.clone());
            let told = rights(&client(&server)).await.expect("it is tried");
            for permission in Permission::ALL {
                let holding = holding(&told, permission);
                let denied = fault == Fault::Status(403);
                match holding {
                    Holding::Missing(_) => assert!(touched.contains(&permission) && denied),
                    Holding::Unclear(_) => assert!(touched.contains(&permission) && !denied),
                    // Whether the list of accounts or that of external users was refused cannot be told apart.
                    Holding::Said if denied && permission == ExternalUsers => {}
                    Holding::Shown | Holding::Said => {
                        assert!(
                            !touched.contains(&permission),
                            "{path} {fault:?} {permission:?}"
                        );
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn without_the_servers_word_what_no_call_shows_cannot_be_told() {
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Html] {
        let server = with_rights(&codes()).await;
        let word = When::path("permissions/check-permission");
        server.faults().arm(word, fault);
        let told = rights(&client(&server)).await.expect("it is tried");
        for right in &told.rights {
            let by_word = [
                Permission::ExternalUsers,
                Permission::GrantedPermissions,
                Permission::RestrictedProjects,
            ];
            if by_word.contains(&right.permission) {
                assert!(matches!(right.holding, Holding::Unclear(_)), "{right:?}");
            } else {
                assert_eq!(right.holding, Holding::Shown, "{right:?}");
            }
        }
    }
    // Names that are withheld although the list is answered.
    let server = with_rights(&codes()).await;
    let fields = vec!["name".to_owned()];
    let of = "TDMemberProfile".to_owned();
    server
        .faults()
        .arm(When::always(), Fault::Inaccessible { of, fields });
    let told = rights(&client(&server)).await.expect("it is tried");
    assert!(matches!(
        holding(&told, Permission::BasicInfo),
        Holding::Missing(_)
    ));
}

#[tokio::test]
async fn a_token_that_is_refused_or_an_address_that_is_not_space_is_an_error() {
    let server = with_rights(&codes()).await;
    let address = server.url().parse().expect("an address");
    let wrong = Client::new(address, "another-token".into(), impatient()).expect("a client");
    assert!(matches!(
        rights(&wrong).await,
        Err(Error::Unauthorized { .. })
    ));

    let address = format!("{}/elsewhere", server.url())
        .parse()
        .expect("an address");
    let elsewhere = Client::new(address, TOKEN.into(), impatient()).expect("a client");
    assert!(matches!(
        rights(&elsewhere).await,
        Err(Error::NotSpace { .. })
    ));
}

/// A server with one application.
async fn with_application(expires_in: u64, calls: Option<u32>) -> Server {
    let application = demo::Application {
        name: "Access reviews".to_owned(),
        id: "client-1".to_owned(),
        secret: SECRET.to_owned(),
        rights: codes().iter().map(ToString::to_string).collect(),
        expires_in,
        calls,
    };
    serve(demo::Options {
        applications: vec![application],
        ..demo::Options::default()
    })
    .await
}

fn application(server: &Server, id: &str, secret: &str) -> Client {
    let address = server.url().parse().expect("an address");
    let application = Application::new(id, secret.into()).expect("an application");
    Client::of_application(address, application, impatient()).expect("a client")
}

/// Fetches everything; tells how many accounts came and whether any answer or error holds one of the secrets.
async fn fetched(server: &Server, client: &Client) -> Result<usize, Error> {
    let (sender, mut receiver) = mpsc::channel::<muster::space::Answer>(2);
    let taker = tokio::spawn(async move {
        let mut bodies = Vec::new();
        while let Some(answer) = receiver.recv().await {
            bodies.push(format!(
                "{answer:?}{}",
                String::from_utf8_lossy(&answer.body)
            ));
        }
        bodies
    });
    let clock = || "2026-11-01T09:00:00.000Z".parse().expect("a time");
    let result = fetch(client, &|_| (), sender, &clock, CancellationToken::new()).await;
    let bodies = taker.await.expect("the taker does not panic");
    let mut secrets = server.issued();
    secrets.push(SECRET.to_owned());
    for secret in secrets {
        let shown = format!("{client:?}{:?}", result.as_ref().err());
        assert!(!shown.contains(&secret), "{shown}");
        assert!(bodies.iter().all(|body| !body.contains(&secret)));
    }
    Ok(result?.snapshot.accounts().len())
}

#[tokio::test]
async fn an_application_is_told_its_name_and_rights() {
    let server = with_application(600, None).await;
    let client = application(&server, "client-1", SECRET);
    let told = rights(&client).await.expect("it is tried");
    assert!(
        told.rights.iter().all(|right| is_granted(&right.holding)),
        "{told:?}"
    );
    assert!(matches!(&told.owner, Owner::Application { name } if name.raw() == "Access reviews"));
    assert_eq!(told.token.expires, Expiry::Renewed(Some(600)));
    assert_eq!(
        server.issued().len(),
        1,
        "one access token does for all calls"
    );
    keep_to_the_contract(&server);
}

#[tokio::test]
async fn access_tokens_are_renewed_while_a_snapshot_is_read() {
    let all = State::of(Size::S).accounts().len();
    for (expires_in, calls, concurrency) in [
        (600, None, 8),
        (600, Some(20), 8),
        (600, Some(5), 1),
        (600, Some(1), 1),
        (0, None, 8),
    ] {
        let server = with_application(expires_in, calls).await;
        let address = server.url().parse().expect("an address");
        let options = ClientOptions {
            concurrency,
            ..impatient()
        };
        let application = Application::new("client-1", SECRET.into()).expect("an application");
        let client = Client::of_application(address, application, options).expect("a client");
        assert_eq!(fetched(&server, &client).await.expect("it is fetched"), all);
        let requests = server.requests();
        let asked = requests
            .iter()
            .filter(|one| one.path == "/oauth/token")
            .count();
        assert_eq!(asked, server.issued().len());
        assert_eq!(
            client.requests(),
            requests.len() as u64,
            "every request is counted"
        );
        match (expires_in, calls) {
            (600, None) => assert_eq!(asked, 1),
            // Renewed before each call, for the server says that they last no time at all.
            (0, _) => assert_eq!(asked * 2, requests.len()),
            _ => assert!(asked > 1, "{asked} tokens for {} requests", requests.len()),
        }
    }
}

#[tokio::test]
async fn an_access_token_that_ended_is_replaced_once_and_a_revoked_application_is_said() {
    let server = with_application(600, None).await;
    let client = application(&server, "client-1", SECRET);
    rights(&client).await.expect("it is tried");
    server.pass(601);
    rights(&client)
        .await
        .expect("it is tried with another token");
    assert_eq!(server.issued().len(), 2);

    // The server gives tokens and takes none of them.
    server
        .faults()
        .arm(When::path("organization"), Fault::Expired);
    assert!(matches!(
        rights(&client).await,
        Err(Error::Unauthorized { .. })
    ));
    assert_eq!(server.issued().len(), 3, "it is not asked for ever");
}

#[tokio::test]
async fn wrong_client_credentials_and_a_broken_token_endpoint_are_told_apart() {
    let server = with_application(600, None).await;
    for (id, secret) in [("client-1", "wrong-secret"), ("client-2", SECRET)] {
        let error = rights(&application(&server, id, secret)).await;
        let error = error.expect_err("it is refused");
        assert!(matches!(error, Error::ClientRefused { .. }), "{error}");
        assert!(error.to_string().contains("Client authentication failed"));
        assert!(!format!("{error}{error:?}").contains(secret));
    }
    let client = application(&server, "client-1", SECRET);
    // A failure that passes is none.
    server
        .faults()
        .arm(When::path("").requests(1..=2), Fault::Status(500));
    rights(&client).await.expect("it is tried again");
    for (fault, expected) in [
        (Fault::Html, "a web page came instead"),
        (Fault::Status(500), "failed"),
        (Fault::Status(403), "gave the application no token"),
    ] {
        let client = application(&server, "client-1", SECRET);
        server.faults().clear();
        server.faults().arm(When::always(), fault);
        let error = rights(&client).await.expect_err("there is no token");
        assert!(
            error.to_string().contains(expected) && error.to_string().contains("/oauth/token"),
            "{error}"
        );
    }
}
