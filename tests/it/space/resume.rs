//! Going on after a reading was interrupted: finished lists are not asked for again, and nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use muster::{
    demo::{self, Request, Token},
    format::evidence,
    space::{Application, Earlier},
};

use super::{again::as_evidence, *};

/// What an interrupted reading left, by way of the evidence that is kept of it.
pub(super) fn earlier(client: &Client, answers: &[Answer]) -> Earlier {
    let mut earlier = Earlier::of(client.address());
    for answer in answers {
        let line = evidence::line(&as_evidence(answer));
        earlier.take(&evidence::parse(line.as_bytes()).expect("what was written"));
    }
    earlier
}

fn small_pages() -> demo::Options {
    demo::Options {
        largest_page: 7,
        ..demo::Options::default()
    }
}

/// A list: its path and what a `POST` sends.
type ListName = (String, String);

fn list_of(request: &Request) -> ListName {
    let path = request.path.trim_start_matches("/api/http/").to_owned();
    (path, request.body.clone())
}

/// What each list takes to be read whole, in queries.
async fn needed() -> BTreeMap<ListName, BTreeSet<String>> {
    let server = serve_with(State::of(Size::S), small_pages()).await;
    run(&server).await.fetched();
    let mut needed = BTreeMap::<_, BTreeSet<_>>::new();
    for request in server.requests() {
        needed
            .entry(list_of(&request))
            .or_default()
            .insert(request.query);
    }
    needed
}

fn asked_each_time((path, _): &ListName) -> bool {
    matches!(
        path.as_str(),
        "organization" | "team-directory/profiles/me" | "permissions/check-permission"
    )
}

#[tokio::test]
async fn what_was_read_whole_is_not_asked_for_again_wherever_reading_stopped() {
    let needed = needed().await;
    let total: usize = needed.values().map(BTreeSet::len).sum();
    let (mut some_reused, mut some_begun) = (0, 0);
    // Before that nothing is known but the organization and whose token it is.
    for stopped in 3..=total as u64 {
        let server = serve_with(State::of(Size::S), small_pages()).await;
        server
            .faults()
            .arm(When::always().requests(stopped..), Fault::Expired);
        let first = run(&server).await;
        assert!(matches!(first.error(), Error::Unauthorized { .. }));
        let mut answered = BTreeMap::<_, BTreeSet<_>>::new();
        for answer in &first.answers {
            let url = answer.url.strip_prefix(&server.url()).expect("its own");
            // A question of yes or no has no fields to ask for.
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let path = path.trim_start_matches("/api/http/").to_owned();
            let list = (path, answer.request_body.clone().unwrap_or_default());
            answered.entry(list).or_default().insert(query.to_owned());
        }
        server.faults().clear();
        let before = server.requests().len();
        let second = run_after(&server.url(), server.token(), impatient(), &first.answers).await;
        assert_whole(&second, &server);

        let asked: BTreeSet<ListName> = server.requests()[before..].iter().map(list_of).collect();
        for (list, queries) in &needed {
            let finished = answered.get(list) == Some(queries) && !asked_each_time(list);
            assert_eq!(
                asked.contains(list),
                !finished,
                "stopped at {stopped}: {list:?}"
            );
            some_reused += usize::from(finished);
            some_begun += usize::from(!finished && answered.contains_key(list));
        }
        // No number is given twice, and none is left out.
        let all = first.answers.iter().chain(&second.answers);
        let numbers: Vec<u32> = all.map(|answer| answer.number).collect();
        assert_eq!(
            numbers,
            (1..=u32::try_from(numbers.len()).expect("few")).collect::<Vec<_>>()
        );
        let last = second.progress.last().expect("there is progress");
        assert_eq!(last.requests, (server.requests().len() - before) as u64);
        // What a grant was read from is among the answers that are kept.
        for grant in second.fetched().snapshot.grants() {
            assert!(numbers.contains(&grant.source));
        }
    }
    assert!(
        some_reused > 300 && some_begun > 30,
        "{some_reused} {some_begun}"
    );
}

#[tokio::test]
async fn a_list_that_was_refused_is_asked_for_again() {
    let server = serve(Size::S).await;
    let path = "team-directory/memberships";
    server.faults().arm(When::path(path), Fault::Status(403));
    server.faults().arm(
        When::path("projects/*/people").requests(9..),
        Fault::Expired,
    );
    let first = run(&server).await;
    assert!(first.answers.iter().any(|answer| answer.status == 403));
    server.faults().clear();
    let second = run_after(&server.url(), server.token(), impatient(), &first.answers).await;
    assert_whole(&second, &server);
}

#[tokio::test]
async fn answers_for_somebody_else_are_not_gone_on_with() {
    let mut options = demo::Options::default();
    let token = |secret: &str, me: Option<&str>| Token {
        secret: secret.to_owned(),
        me: me.map(str::to_owned),
        rights: vec!["**".to_owned()],
        expired: false,
        name: "review".to_owned(),
        expires: None,
    };
    let other = {
        let state = State::of(Size::S);
        let mut names = state.accounts().iter().map(|account| &account.username);
        let other = names.find(|name| *name != state.reviewer());
        other.expect("more than one account").clone()
    };
    options.tokens = vec![
        token("token-of-somebody-else", Some(&other)),
        token("token-of-an-application", None),
    ];
    let server = serve_with(State::of(Size::S), options).await;
    let whole = run(&server).await;
    let elsewhere = serve(Size::S).await;
    let moved = elsewhere.url();
    for (url, token, why) in [
        (
            server.url(),
            "token-of-somebody-else",
            "token of somebody else",
        ),
        (server.url(), "token-of-an-application", "nobody can tell"),
        (moved, server.token(), "another address"),
    ] {
        let run = run_after(&url, token, impatient(), &whole.answers).await;
        let error = run.error();
        assert!(matches!(error, Error::NotTheSame { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    let mut renamed = whole.answers.clone();
    for answer in &mut renamed {
        if answer.url.contains("/organization?") {
            let body = String::from_utf8(answer.body.clone()).expect("JSON");
            answer.body = body.replace("\"id\":\"", "\"id\":\"x").into_bytes();
        }
    }
    let run = run_after(&server.url(), server.token(), impatient(), &renamed).await;
    assert!(run.error().to_string().contains("another organization"));
}

const SECRET: &str = "client-secret-under-test";

/// A server with two applications.
async fn with_applications() -> Server {
    let application = |id: &str| demo::Application {
        name: format!("Access reviews of {id}"),
        id: id.to_owned(),
        secret: SECRET.to_owned(),
        rights: vec!["**".to_owned()],
        expires_in: 600,
        calls: None,
    };
    let options = demo::Options {
        applications: vec![application("client-1"), application("client-2")],
        ..small_pages()
    };
    serve_with(State::of(Size::S), options).await
}

fn application(server: &Server, id: &str) -> Client {
    let address = server.url().parse().expect("an address");
    let application = Application::new(id, SECRET.into()).expect("an application");
    Client::of_application(address, application, impatient()).expect("a client")
}

#[tokio::test]
async fn an_application_goes_on_where_it_stopped_and_no_other_one_does() {
    let refused = "applications/me";
    for told in [true, false] {
        let server = with_applications().await;
        let hide = || {
            if !told {
                let who = When::path(refused);
                server.faults().arm(who, Fault::Status(403));
            }
        };
        let client = application(&server, "client-1");
        hide();
        let whole = run_client(&client, SECRET, None).await;
        let all = whole.fetched().snapshot.len();
        let name = match &whole.fetched().reader {
            Some(Reader::Application { name, .. }) => Some(name.raw()),
            Some(Reader::Account { .. }) | None => None,
        };
        assert_eq!(name, told.then_some("Access reviews of client-1"));

        server
            .faults()
            .arm(When::always().requests(40..), Fault::Status(401));
        let first = run_client(&client, SECRET, None).await;
        assert!(first.result.is_err());
        let left = || earlier(&client, &first.answers).read_by(client.client_id());
        server.faults().clear();
        hide();
        let other = application(&server, "client-2");
        let run = run_client(&other, SECRET, Some(left())).await;
        let error = run.error();
        assert!(matches!(error, Error::NotTheSame { .. }), "{error}");
        // A token of a person is not that of the application either.
        let run = run_after(&server.url(), server.token(), impatient(), &first.answers).await;
        let error = run.error();
        assert!(matches!(error, Error::NotTheSame { .. }), "{error}");

        let before = server.requests().len();
        let second = run_client(&client, SECRET, Some(left())).await;
        assert_eq!(second.fetched().snapshot.len(), all);
        let asked = server.requests().len() - before;
        assert!(asked + 10 < whole.answers.len(), "{asked}");
    }
}
