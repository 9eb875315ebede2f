//! Fetching an organization: from a real server over HTTP into a snapshot, with everything that can go wrong.

mod again;
mod facts;
mod gaps;
mod matrix;
mod older;
mod resume;
mod rights;
mod tls;
mod told;

use std::{sync::Mutex, time::Duration};

use muster::{
    demo::{self, Fault, Server, Size, State, When},
    domain::{
        grant::{Entitlement, Holder},
        time::Timestamp,
    },
    space::{
        Answer, Client, ClientOptions, Earlier, Error, Fetched, Progress, Reader, fetch, go_on,
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::facts::{facts, truth};
use crate::contract;

async fn serve(size: Size) -> Server {
    serve_with(State::of(size), demo::Options::default()).await
}

async fn serve_with(state: State, options: demo::Options) -> Server {
    let server = Server::start(state, options).await;
    server.expect("loopback has a free port")
}

/// Options under which no test waits.
fn impatient() -> ClientOptions {
    ClientOptions {
        backoff: Duration::from_millis(1),
        request_timeout: Duration::from_secs(5),
        ..ClientOptions::default()
    }
}

/// What came of a fetch.
struct Run {
    result: Result<Fetched, Error>,
    answers: Vec<Answer>,
    progress: Vec<Progress>,
}

impl Run {
    fn fetched(&self) -> &Fetched {
        match &self.result {
            Ok(fetched) => fetched,
            Err(error) => panic!("{error}"),
        }
    }

    fn error(&self) -> &Error {
        match &self.result {
            Ok(_) => panic!("it was fetched"),
            Err(error) => error,
        }
    }

    /// The gaps as a person reads them.
    fn gaps(&self) -> Vec<String> {
        let gaps = self.fetched().gaps.iter();
        gaps.map(|gap| format!("{}: {}", gap.missing.raw(), gap.reason.raw()))
            .collect()
    }
}

async fn run(server: &Server) -> Run {
    run_with(server, impatient()).await
}

async fn run_with(server: &Server, options: ClientOptions) -> Run {
    run_at(&server.url(), server.token(), options).await
}

async fn run_at(url: &str, token: &str, options: ClientOptions) -> Run {
    run_after(url, token, options, &[]).await
}

/// As `run_at`, after a reading that was interrupted and left `earlier`.
async fn run_after(url: &str, token: &str, options: ClientOptions, before: &[Answer]) -> Run {
    let address = url.parse().expect("an address");
    let client = Client::new(address, token.into(), options).expect("a client");
    let earlier = (!before.is_empty()).then(|| resume::earlier(&client, before));
    run_client(&client, token, earlier).await
}

/// What comes of a fetch by `client`, which must not show `secret`.
async fn run_client(client: &Client, secret: &str, earlier: Option<Earlier>) -> Run {
    let url = client.address().to_string();
    let (sender, mut receiver) = mpsc::channel(2);
    let taker = tokio::spawn(async move {
        let mut answers = Vec::new();
        while let Some(answer) = receiver.recv().await {
            answers.push(answer);
        }
        answers
    });
    let progress = Mutex::new(Vec::new());
    let note = |now| progress.lock().expect("no test panics here").push(now);
    let cancel = CancellationToken::new();
    let result = go_on(client, earlier, &note, sender, &clock, cancel).await;
    let answers = taker.await.expect("the taker does not panic");
    let run = Run {
        result,
        answers,
        progress: progress.into_inner().expect("no test panics here"),
    };
    let shown = format!(
        "{client:?}{:?}{:?}{:?}",
        run.result.as_ref().err(),
        run.answers,
        run.progress
    );
    assert!(!shown.contains(secret), "the secret shows");
    for answer in &run.answers {
        assert!(!String::from_utf8_lossy(&answer.body).contains(secret));
    }
    if let Err(error) = &run.result {
        assert!(
            error.to_string().contains(&url)
                || matches!(error, Error::Cancelled | Error::NotTheSame { .. }),
            "{error}"
        );
    }
    run
}

fn clock() -> Timestamp {
    "2026-11-01T09:00:00.000Z".parse().expect("a time")
}

/// Checks that a fetch got all that is there: nothing missing, nothing twice, nothing else.
fn assert_whole(run: &Run, server: &Server) {
    let fetched = run.fetched();
    assert_eq!(run.gaps(), Vec::<String>::new());
    let organization = &fetched.snapshot.organization().id;
    let (truth, facts) = (
        truth(&server.state(), organization),
        facts(&fetched.snapshot),
    );
    let missing: Vec<_> = truth
        .iter()
        .filter(|fact| facts.binary_search(fact).is_err())
        .take(5)
        .collect();
    let other: Vec<_> = facts
        .iter()
        .filter(|fact| truth.binary_search(fact).is_err())
        .take(5)
        .collect();
    assert!(
        missing.is_empty() && other.is_empty(),
        "missing: {missing:#?}, other: {other:#?}"
    );
    assert_eq!(facts.len(), truth.len());
    assert_eq!(fetched.snapshot.len(), server.state().grant_count());
}

#[tokio::test]
async fn a_fetch_gets_all_that_is_there_and_nothing_twice() {
    for size in [Size::S, Size::M] {
        let server = serve(size).await;
        let run = run(&server).await;
        assert_whole(&run, &server);
        let fetched = run.fetched();
        let Some(Reader::Account { username, .. }) = &fetched.reader else {
            panic!("the token belongs to somebody: {:?}", fetched.reader);
        };
        assert_eq!(username.raw(), server.state().reviewer());
        assert!(fetched.server_began.is_some());
        let numbers: Vec<u32> = run.answers.iter().map(|answer| answer.number).collect();
        assert_eq!(
            numbers,
            (1..=u32::try_from(numbers.len()).expect("few")).collect::<Vec<_>>()
        );
        let last = run.progress.last().expect("there is progress");
        assert_eq!((last.requests, last.retries), (run.answers.len() as u64, 0));
    }
}

/// How many pages a list of so many rows takes.
fn pages(rows: usize) -> usize {
    rows.div_ceil(100).max(1)
}

#[tokio::test]
async fn a_fetch_sends_no_more_requests_than_it_needs() {
    for size in [Size::S, Size::M] {
        let server = serve(size).await;
        let run = run(&server).await;
        let state = server.state();
        let memberships = state
            .memberships()
            .iter()
            .filter(|one| !one.archived)
            .count();
        let explicit = state
            .roles()
            .iter()
            .filter(|role| role.implicit.is_none())
            .count();
        let mut expected = 2 // the organization, and whose token it is
            + 4 // whether it sees all external users, all projects, all restricted ones, and all roles of others
            + pages(state.accounts().len())
            + pages(state.teams().len())
            + pages(memberships)
            + pages(state.projects().len())
            + 1 // restricted projects
            + 1 // the roles of the organization
            + 2 * explicit;
        for project in state.projects() {
            expected += pages(project.people.len()) + pages(project.teams.len());
            let participants = project.people.iter().chain(&project.teams);
            let custom = participants
                .map(|one| one.roles.customs().count())
                .sum::<usize>();
            expected += usize::from(custom > 0);
        }
        assert_eq!(server.requests().len(), expected);
        assert_eq!(run.answers.len(), expected);
        let endpoints = &run.fetched().endpoints;
        assert_eq!(
            endpoints.iter().map(|one| one.requests).sum::<u64>(),
            expected as u64
        );
        for endpoint in endpoints {
            assert_eq!(endpoint.pages, endpoint.requests, "{}", endpoint.call);
            assert_eq!(endpoint.rows, endpoint.distinct, "{}", endpoint.call);
            assert_eq!(
                (endpoint.retries, endpoint.refusals),
                (0, 0),
                "{}",
                endpoint.call
            );
            assert!(
                endpoint
                    .server_total
                    .is_none_or(|total| total == endpoint.rows)
            );
        }
    }
}

#[tokio::test]
async fn a_fetch_asks_only_what_is_documented() {
    for older in [false, true] {
        let server = serve(Size::S).await;
        if older {
            server
                .faults()
                .arm(When::path("projects/*/people"), Fault::Status(404));
        }
        let options = ClientOptions {
            page_size: 10,
            ..impatient()
        };
        let run = run_with(&server, options).await;
        assert!(run.result.is_ok());
        for request in server.requests() {
            let demo::Request {
                method,
                path,
                query,
                body,
            } = &request;
            let told = contract::check_request(method, path, query, body);
            assert_eq!(told, Ok(()), "{request:?}");
            assert!(
                method == "GET"
                    || path.ends_with("/permission-roles/get")
                    || path.ends_with("/permissions/check-permission"),
                "{request:?}"
            );
        }
    }
}

#[tokio::test]
async fn each_thing_names_the_answer_it_was_read_from() {
    let server = serve(Size::S).await;
    let run = run(&server).await;
    let snapshot = &run.fetched().snapshot;
    let body = |source: u32| {
        let answer = &run.answers[source as usize - 1];
        assert_eq!(answer.number, source);
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    let quoted = |id: &str| format!("\"{id}\"");
    for account in snapshot.accounts() {
        assert!(body(account.source).contains(&quoted(&account.id.0)));
    }
    for team in snapshot.teams() {
        assert!(body(team.source).contains(&quoted(&team.id)));
    }
    for grant in snapshot.grants() {
        let body = body(grant.source);
        match (grant.entitlement, grant.holder) {
            (Entitlement::Membership(membership), _) => {
                assert!(body.contains(&quoted(&snapshot.membership(membership).id)));
            }
            (_, Holder::Account(account)) => {
                assert!(body.contains(&quoted(&snapshot.account(account).id.0)));
            }
            (_, Holder::Team(team)) => assert!(body.contains(&quoted(&snapshot.team(team).id))),
            (_, Holder::Everyone(_)) => assert!(body.contains("membersEditable")),
        }
    }
}

#[tokio::test]
async fn trouble_that_passes_leaves_no_trace_in_a_snapshot() {
    let accounts = "team-directory/profiles";
    let once = |path: &str| When::path(path).requests(2..=2);
    let twice = |path: &str| When::path(path).requests(1..=2);
    let short = |path: &str| When::path(path).requests(3..=3);
    for (when, fault) in [
        (When::path(accounts), Fault::Overlap(3)),
        (When::path("team-directory/memberships"), Fault::Overlap(7)),
        (short(accounts), Fault::RepeatPage),
        (once("team-directory/memberships"), Fault::RepeatPage),
        (short(accounts), Fault::NextRepeats),
        (short(accounts), Fault::NextMissing),
        (
            When::path("team-directory/memberships").requests(2..),
            Fault::Inserted(2),
        ),
        (When::path(accounts).requests(4..), Fault::Inserted(1)),
        (When::always(), Fault::NoTotal),
        (When::path("projects"), Fault::NoTotal),
        (twice("projects"), Fault::Status(500)),
        (twice("organization"), Fault::Status(503)),
        (twice("permission-roles"), Fault::Status(502)),
        (
            twice("team-directory"),
            Fault::RateLimited { retry_after: None },
        ),
        (
            twice("projects/*/people"),
            Fault::RateLimited {
                retry_after: Some(0),
            },
        ),
        (once(accounts), Fault::Stall(None)),
        (twice("projects/*/people"), Fault::Reset),
        (twice(accounts), Fault::TruncatedJson),
        (twice("permission-roles"), Fault::TruncatedJson),
    ] {
        let server = serve(Size::S).await;
        let trouble = format!("{when:?} {fault:?}");
        server.faults().arm(when, fault);
        let options = ClientOptions {
            page_size: 10,
            request_timeout: Duration::from_millis(500),
            ..impatient()
        };
        let run = run_with(&server, options).await;
        assert!(run.result.is_ok(), "{trouble}: {}", run.error());
        assert_eq!(run.gaps(), Vec::<String>::new(), "{trouble}");
        assert_whole(&run, &server);
        let requests: u64 = run.fetched().endpoints.iter().map(|one| one.requests).sum();
        assert_eq!(requests, server.requests().len() as u64, "{trouble}");
    }
}

#[tokio::test]
async fn what_is_removed_while_a_list_is_read_takes_nothing_else_with_it() {
    let server = serve(Size::S).await;
    let when = When::path("team-directory/memberships").requests(3..);
    server.faults().arm(when, Fault::Removed(2));
    let options = ClientOptions {
        page_size: 10,
        ..impatient()
    };
    let run = run_with(&server, options).await;
    assert_eq!(run.gaps(), Vec::<String>::new());
    let (facts, truth) = {
        let snapshot = &run.fetched().snapshot;
        (
            facts(snapshot),
            truth(&server.state(), &snapshot.organization().id),
        )
    };
    let gone: Vec<_> = truth.iter().filter(|fact| !facts.contains(fact)).collect();
    assert_eq!(gone.len(), 2, "{gone:#?}");
    assert!(
        gone.iter().all(|fact| fact.contains(" membership ")),
        "{gone:#?}"
    );
    assert_eq!(facts.len(), truth.len() - 2);
}

#[tokio::test]
async fn without_its_accounts_an_organization_cannot_be_fetched() {
    for path in ["team-directory/profiles", "organization"] {
        let server = serve(Size::S).await;
        server.faults().arm(When::path(path), Fault::Status(403));
        let run = run(&server).await;
        let error = run.error();
        assert!(
            matches!(error, Error::Refused { status: 403, .. }),
            "{error}"
        );
        assert!(error.to_string().contains(path), "{error}");
        assert!(error.hint().expect("a next step").contains("administrator"));
    }
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_counted_down() {
    let server = serve(Size::S).await;
    let fault = Fault::RateLimited {
        retry_after: Some(2),
    };
    let first = When::path("organization").requests(1..=1);
    server.faults().arm(first, fault);
    let run = run(&server).await;
    assert_whole(&run, &server);
    let mut waits: Vec<u64> = run.progress.iter().filter_map(|one| one.wait_ms).collect();
    assert!(waits.is_sorted_by(|one, next| one >= next), "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 1, "{waits:?}");
    assert_eq!(run.progress.last().and_then(|one| one.wait_ms), None);
}

#[tokio::test]
async fn a_token_that_expires_half_way_stops_the_fetch() {
    let server = serve(Size::S).await;
    server
        .faults()
        .arm(When::always().requests(12..), Fault::Expired);
    let run = run(&server).await;
    let error = run.error();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(
        error.to_string().contains("Access token has expired"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .expect("a next step")
            .contains("new personal token")
    );
    // What came before was handed on whole, and the error says how much that is.
    let read = run.answers.len();
    assert!(read > 0 && run.answers.iter().all(|answer| answer.status == 200));
    let after = format!("after {read} answers");
    assert!(error.to_string().contains(&after), "{error}");
}

#[tokio::test]
async fn a_server_that_breaks_down_stops_the_fetch() {
    let server = serve(Size::S).await;
    server
        .faults()
        .arm(When::always().requests(8..), Fault::Status(500));
    let run = run(&server).await;
    assert!(
        matches!(run.error(), Error::Unavailable { tries: 6, .. }),
        "{}",
        run.error()
    );
}

#[tokio::test]
async fn implicit_roles_make_one_item_each_whether_or_not_their_holders_are_listed() {
    let mut found = Vec::new();
    for list_implicit_holders in [false, true] {
        let options = demo::Options {
            list_implicit_holders,
            ..demo::Options::default()
        };
        let server = serve_with(State::of(Size::S), options).await;
        let run = run(&server).await;
        assert_whole(&run, &server);
        found.push(facts(&run.fetched().snapshot));
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn a_wrong_address_or_token_is_told_with_the_next_step() {
    let options = demo::Options {
        prefix: "/space".to_owned(),
        ..demo::Options::default()
    };
    let server = serve_with(State::of(Size::S), options).await;
    let run = run(&server).await;
    assert!(run.result.is_ok(), "a path prefix is part of the address");
    let host = server.url().replace("/space", "");

    let run = run_at(&host, server.token(), impatient()).await;
    assert!(
        matches!(run.error(), Error::NotSpace { .. }),
        "{}",
        run.error()
    );
    assert!(
        run.error()
            .hint()
            .expect("a next step")
            .contains("https://host/space")
    );

    let run = run_at(&format!("{host}/elsewhere"), server.token(), impatient()).await;
    assert!(
        matches!(run.error(), Error::NotSpace { .. }),
        "{}",
        run.error()
    );
    assert!(
        run.error()
            .hint()
            .expect("a next step")
            .contains("path behind the host")
    );

    let run = run_at(&server.url(), "not-the-token-of-anybody", impatient()).await;
    assert!(
        matches!(run.error(), Error::Unauthorized { .. }),
        "{}",
        run.error()
    );

    drop(server);
    let run = run_at(&host, "any-token-at-all", impatient()).await;
    assert!(
        matches!(run.error(), Error::Unreachable { .. }),
        "{}",
        run.error()
    );
}

#[tokio::test]
async fn a_web_page_half_way_stops_the_fetch() {
    let server = serve(Size::S).await;
    server.faults().arm(When::path("projects"), Fault::Html);
    let run = run(&server).await;
    assert!(
        matches!(run.error(), Error::NotSpace { .. }),
        "{}",
        run.error()
    );
    assert!(
        run.error().to_string().contains("/api/http/projects"),
        "{}",
        run.error()
    );
}

#[tokio::test]
async fn a_fetch_can_be_stopped_while_the_server_is_silent() {
    let server = serve(Size::S).await;
    server
        .faults()
        .arm(When::path("projects"), Fault::Stall(None));
    let address = server.url().parse().expect("an address");
    let client =
        Client::new(address, server.token().into(), ClientOptions::default()).expect("a client");
    let (sender, mut receiver) = mpsc::channel(64);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    // The fetch can move to another thread, as a program needs it.
    let fetching =
        tokio::spawn(async move { fetch(&client, &|_| {}, sender, &clock, cancel).await });
    receiver.recv().await.expect("the fetch has begun");
    stop.cancel();
    let result = fetching.await.expect("it does not panic");
    assert!(matches!(result, Err(Error::Cancelled)));
}

#[tokio::test]
async fn a_fetch_whose_answers_nobody_takes_stops() {
    let server = serve(Size::S).await;
    let address = server.url().parse().expect("an address");
    let client = Client::new(address, server.token().into(), impatient()).expect("a client");
    let (sender, mut receiver) = mpsc::channel(1);
    let taker = async move {
        receiver.recv().await;
        drop(receiver);
    };
    let cancel = CancellationToken::new();
    let (result, ()) = tokio::join!(fetch(&client, &|_| {}, sender, &clock, cancel), taker);
    assert!(matches!(result, Err(Error::Cancelled)));
}
