//! Reading the answers of a fetch again: the same comes of it.

use std::collections::BTreeSet;

use muster::{
    domain::{
        provenance::{Endpoint, Gap},
        snapshot::Snapshot,
        time::Timestamp,
    },
    format::evidence,
    space::{Kept, again},
};

use super::{Answer, Client, Run, State, demo, impatient, resume, run, serve, serve_with};
use muster::demo::{Fault, Size, When};

/// An answer as it is kept as evidence.
pub(super) fn as_evidence(answer: &Answer) -> evidence::Answer {
    evidence::Answer {
        number: answer.number,
        at: answer.at,
        method: answer.method.to_owned(),
        url: answer.url.clone(),
        request: answer.request_body.clone(),
        status: answer.status,
        date: answer.date.clone(),
        body: evidence::Body::Whole(answer.body.clone()),
    }
}

/// A gap, whether a list was refused or fell short: of a request without an answer nothing was kept.
fn missing(gap: &Gap) -> (String, String) {
    let missing = gap.missing.raw();
    let kind = [" could not be read", " may be missing"];
    let stem = kind.iter().find_map(|end| missing.strip_suffix(end));
    (gap.call.clone(), stem.unwrap_or(missing).to_owned())
}

fn grants(snapshot: &Snapshot) -> Vec<String> {
    let grants = snapshot.grants().iter();
    grants.map(|grant| format!("{grant:?}")).collect()
}

/// What differs between a fetch and what its answers come to when they are read again.
pub(super) fn differences(
    run: &Run,
    url: &str,
    before: &[Answer],
    resumed: Option<Timestamp>,
) -> Vec<String> {
    let Ok(fetched) = &run.result else {
        return Vec::new();
    };
    let mut kept = Kept::of(&url.parse().expect("an address"), resumed);
    for answer in before.iter().chain(&run.answers) {
        kept.take(&as_evidence(answer)).expect("an honest answer");
    }
    let read = match again(&kept, &|_| ()) {
        Ok(read) => read,
        Err(error) => return vec![format!("reading again fails: {error}")],
    };
    let mut wrong = Vec::new();
    let mut same = |what: &str, is: bool, text: String| {
        if !is {
            wrong.push(format!("{what}: {text}"));
        }
    };
    let (then, now) = (&fetched.snapshot, &read.snapshot);
    let differ = |then: Vec<String>, now: Vec<String>| {
        let then: BTreeSet<_> = then.into_iter().collect();
        let now: BTreeSet<_> = now.into_iter().collect();
        let differ: Vec<_> = then.symmetric_difference(&now).take(4).cloned().collect();
        format!("{differ:#?}")
    };
    let list = |all: &[_]| -> Vec<String> { all.iter().map(|one| format!("{one:?}")).collect() };
    same(
        "accounts",
        then.accounts() == now.accounts(),
        differ(list(then.accounts()), list(now.accounts())),
    );
    same("teams", then.teams() == now.teams(), String::new());
    same("projects", then.projects() == now.projects(), String::new());
    let roles = |snapshot: &Snapshot| -> Vec<_> {
        let roles = snapshot.roles().iter();
        roles
            .map(|role| format!("{} {} {:?}", role.key, role.name.raw(), role.kind))
            .collect()
    };
    same(
        "roles",
        roles(then) == roles(now),
        differ(roles(then), roles(now)),
    );
    same(
        "memberships",
        then.memberships() == now.memberships(),
        String::new(),
    );
    same(
        "grants",
        then.grants() == now.grants(),
        differ(grants(then), grants(now)),
    );
    same(
        "reader",
        fetched.reader == read.reader,
        format!("{:?}", read.reader),
    );
    let rights = |rights: &[muster::domain::rights::Right]| -> Vec<_> {
        let rights = rights.iter();
        rights
            .map(|right| (right.permission, right.holding.word()))
            .collect()
    };
    same(
        "rights",
        rights(&fetched.rights) == rights(&read.rights),
        format!("{:?} {:?}", fetched.rights, read.rights),
    );
    let gaps = |gaps: &[Gap]| -> BTreeSet<_> { gaps.iter().map(missing).collect() };
    same(
        "gaps",
        gaps(&fetched.gaps) == gaps(&read.gaps),
        format!(
            "{:#?}",
            gaps(&fetched.gaps)
                .symmetric_difference(&gaps(&read.gaps))
                .collect::<Vec<_>>()
        ),
    );
    // A call of which nothing came may have been made more often the first time, or less.
    let sizes = |endpoints: &[Endpoint]| -> BTreeSet<_> {
        let read = endpoints.iter().filter(|one| one.pages > 0);
        read.map(|one| {
            let sizes = (one.pages, one.rows, one.distinct, one.server_total);
            (one.call.clone(), sizes)
        })
        .collect()
    };
    let (then, now) = (sizes(&fetched.endpoints), sizes(&read.endpoints));
    let differ: Vec<_> = then.symmetric_difference(&now).collect();
    same("sizes", differ.is_empty(), format!("{differ:#?}"));
    wrong
}

#[tokio::test]
async fn the_answers_of_a_fetch_come_to_the_same_when_they_are_read_again() {
    for size in [Size::S, Size::M] {
        let server = serve(size).await;
        let run = run(&server).await;
        run.fetched();
        let none: [String; 0] = [];
        assert_eq!(differences(&run, &server.url(), &[], None), none);
    }
}

#[tokio::test]
async fn an_answer_that_is_left_out_shows_as_a_gap_or_as_what_lacks() {
    let options = demo::Options {
        largest_page: 7,
        ..demo::Options::default()
    };
    let server = serve_with(State::of(Size::S), options).await;
    let mut run = run(&server).await;
    run.fetched();
    let answers = run.answers.clone();
    for (at, left_out) in answers.iter().enumerate() {
        run.answers = answers.clone();
        run.answers.remove(at);
        let differences = differences(&run, &server.url(), &[], None);
        assert!(
            !differences.is_empty(),
            "{} {}",
            left_out.method,
            left_out.url
        );
    }
}

#[tokio::test]
async fn what_an_interrupted_fetch_left_is_read_again_with_the_rest() {
    let later = |answer: &Answer| Answer {
        at: "2026-11-01T10:00:00.000Z".parse().expect("a time"),
        ..answer.clone()
    };
    for stopped in 3..60 {
        let options = demo::Options {
            largest_page: 7,
            ..demo::Options::default()
        };
        let server = serve_with(State::of(Size::S), options).await;
        server
            .faults()
            .arm(When::always().requests(stopped..), Fault::Expired);
        let first = run(&server).await;
        server.faults().clear();
        let address = server.url().parse().expect("an address");
        let client = Client::new(address, server.token().into(), impatient()).expect("a client");
        let earlier = (!first.answers.is_empty()).then(|| resume::earlier(&client, &first.answers));
        let mut second = super::run_client(&client, server.token(), earlier).await;
        second.fetched();
        second.answers = second.answers.iter().map(later).collect();
        let resumed = Some("2026-11-01T09:30:00.000Z".parse().expect("a time"));
        let none: [String; 0] = [];
        let differences = differences(&second, &server.url(), &first.answers, resumed);
        assert_eq!(differences, none, "stopped at {stopped}");
    }
}
