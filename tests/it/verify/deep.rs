//! Records whose signer forged the population, and sealed it anew: each lie is found in the answers of the server.

use std::io::Read as _;

use muster::{
    demo::{self, Server, Size, State},
    domain::{
        account::Fact,
        grant::{Entitlement, Grant, GrantId, Holder},
        journal::{Event, Opened},
        provenance::{Evidence, Provenance, Reader},
        rights::Holding,
        snapshot::{Parts, RoleIx, Snapshot},
        text::Raw,
    },
    format::{
        evidence::{Answer, Body, Writer},
        record,
    },
    space::{self, Client, ClientOptions, Fetched, fetch},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{files::Files, record::seal};
use crate::program::Home;

/// What an honest reading of the small organization, in small pages, comes to.
struct Read {
    parts: Parts,
    provenance: Provenance,
    answers: Vec<Answer>,
}

impl Read {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (fetched, answers) = runtime.block_on(async {
            let options = demo::Options {
                largest_page: 7,
                ..demo::Options::default()
            };
            let server = Server::start(State::of(Size::S), options).await;
            let server = server.expect("loopback has a free port");
            let address = server.url().parse().expect("an address");
            let options = ClientOptions::default();
            let client = Client::new(address, server.token().into(), options).expect("a client");
            let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
            let taker = tokio::spawn(async move {
                let mut answers = Vec::new();
                while let Some(answer) = receiver.recv().await {
                    answers.push(as_evidence(answer));
                }
                answers
            });
            let clock = || "2026-10-01T08:00:00Z".parse().expect("a time");
            let cancel = CancellationToken::new();
            let fetched = fetch(&client, &|_| (), sender, &clock, cancel).await;
            (fetched.expect("a snapshot"), taker.await.expect("answers"))
        });
        let provenance = provenance(&fetched);
        let snapshot = fetched.snapshot;
        Self {
            parts: Parts {
                organization: snapshot.organization().clone(),
                accounts: snapshot.accounts().to_vec(),
                teams: snapshot.teams().to_vec(),
                projects: snapshot.projects().to_vec(),
                roles: snapshot.roles().to_vec(),
                memberships: snapshot.memberships().to_vec(),
                grants: snapshot.grants().to_vec(),
            },
            provenance,
            answers,
        }
    }

    /// The record of it, signed by its reviewer.
    fn seal(self) -> Files {
        let evidence = packed(&self.answers);
        self.seal_with(&evidence)
    }

    /// The same, with other evidence than its answers.
    fn seal_with(self, evidence: &[u8]) -> Files {
        let snapshot = Snapshot::assemble(self.parts).expect("a sound population");
        let provenance = self.provenance;
        let events = |population, snapshot: &Snapshot| {
            vec![Event::Opened(Box::new(Opened {
                review: "q4".to_owned(),
                reviewer: Raw::from("anna"),
                reviewer_account: None,
                items: snapshot.len() as u64,
                accounts: snapshot.accounts().len() as u64,
                scope: None,
                provenance: Provenance {
                    population,
                    ..provenance
                },
                tool: "muster 0.1.0".to_owned(),
                previous: None,
                previous_record: None,
            }))]
        };
        seal(snapshot, evidence, events, "ed25519")
    }

    /// A grant of a role on a project to an account: its place.
    fn project_grant(&self) -> usize {
        let is_one = |grant: &Grant| {
            matches!(grant.entitlement, Entitlement::ProjectRole(..))
                && matches!(grant.holder, Holder::Account(_))
        };
        self.parts.grants.iter().position(is_one).expect("a grant")
    }

    /// The line of a grant in the record's file, once it is in order.
    fn line(&self, id: GrantId) -> u64 {
        let snapshot = Snapshot::assemble(self.parts.clone()).expect("a sound population");
        let at = snapshot.grants().iter().position(|grant| grant.id == id);
        at.expect("it is there") as u64 + 1
    }
}

fn packed(answers: &[Answer]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    for answer in answers {
        writer.write(answer).expect("memory");
    }
    writer.finish().expect("memory")
}

fn as_evidence(answer: space::Answer) -> Answer {
    Answer {
        number: answer.number,
        at: answer.at,
        method: answer.method.to_owned(),
        url: answer.url,
        request: answer.request_body,
        status: answer.status,
        date: answer.date,
        body: Body::Whole(answer.body),
    }
}

fn provenance(fetched: &Fetched) -> Provenance {
    Provenance {
        began: fetched.began,
        resumed: Vec::new(),
        ended: fetched.ended,
        server_began: fetched.server_began,
        server_ended: fetched.server_ended,
        reader: match &fetched.reader {
            Some(space::Reader::Account { account, .. }) => Reader::Account(account.clone()),
            _ => Reader::Unknown,
        },
        rights: fetched.rights.clone(),
        endpoints: fetched.endpoints.clone(),
        gaps: fetched.gaps.clone(),
        evidence: Evidence::Full,
        population: muster::domain::Digest::of(b""),
    }
}

/// What the program says of a record, with all levels.
fn judged(files: &Files) -> Value {
    let home = Home::new();
    files.write(&home.path().join("record"));
    let usual = home.run(&["verify", "record", "--json"]).good().json();
    assert_eq!(usual["verdict"], "good", "the forger did well: {usual}");
    let quick = home.run(&["verify", "record", "--quick", "--json"]).good();
    assert_eq!(quick.json()["verdict"], "intact");
    home.run(&["verify", "record", "--deep", "--json"]).json()
}

/// The findings, as a person reads them.
fn findings(answer: &Value) -> Vec<String> {
    assert_eq!(
        (answer["verdict"].as_str(), answer["stage"].as_str()),
        (Some("bad"), Some("evidence")),
        "{answer}"
    );
    let findings = answer["findings"].as_array().expect("findings").iter();
    findings
        .map(|one| {
            let file = one["file"].as_str().unwrap_or("-");
            let line = one["line"].as_u64().unwrap_or(0);
            format!("{file}:{line}: {}", one["reason"].as_str().expect("a text"))
        })
        .collect()
}

#[test]
fn an_honest_record_follows_from_the_answers_of_the_server() {
    let answer = judged(&Read::new().seal());
    assert_eq!(answer["verdict"], "good", "{answer}");
    assert_eq!(answer["level"], "deep");
    let checks = answer["checks"].as_array().expect("checks").iter();
    let outcomes: Vec<_> = checks
        .filter(|check| check["outcome"] != "passed")
        .map(|check| check["stage"].as_str().expect("a stage"))
        .collect();
    assert_eq!(outcomes, ["signer"], "no list was given");
}

#[test]
fn a_grant_that_was_dropped_is_named_with_the_answer_that_shows_it() {
    let mut read = Read::new();
    let dropped = read.parts.grants.remove(read.project_grant());
    let findings = findings(&judged(&read.seal()));
    let place = format!("{}:{}:", record::EVIDENCE, dropped.source);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with(&place)
            && findings[0].contains(&dropped.id.to_string())
            && findings[0].ends_with("grants.jsonl leaves it out"),
        "{findings:?}"
    );
}

#[test]
fn a_grant_that_was_invented_is_named_with_its_line() {
    let mut read = Read::new();
    let model = read.parts.grants[read.project_grant()];
    let Entitlement::ProjectRole(project, role) = model.entitlement else {
        panic!("a role on a project");
    };
    let free = |parts: &Parts, holder| {
        let id = GrantId::of(parts, holder, Entitlement::ProjectRole(project, role));
        parts.grants.iter().all(|grant| grant.id != id)
    };
    let accounts = 0..u32::try_from(read.parts.accounts.len()).expect("few");
    let holder = accounts
        .map(|at| Holder::Account(muster::domain::snapshot::AccountIx(at)))
        .find(|holder| free(&read.parts, *holder))
        .expect("somebody has it not");
    let invented = Grant {
        id: GrantId::of(&read.parts, holder, model.entitlement),
        holder,
        ..model
    };
    read.parts.grants.push(invented);
    let line = read.line(invented.id);
    let findings = findings(&judged(&read.seal()));
    let place = format!(
        "grants.jsonl:{line}: answer {}, which it cites, does not show",
        model.source
    );
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with(&place), "{findings:?}");
}

#[test]
fn a_role_that_was_changed_is_one_grant_too_many_and_one_too_few() {
    let mut read = Read::new();
    let at = read.project_grant();
    let Entitlement::ProjectRole(project, role) = read.parts.grants[at].entitlement else {
        panic!("a role on a project");
    };
    let others = (0..u32::try_from(read.parts.roles.len()).expect("few")).map(RoleIx);
    let other = others
        .filter(|other| {
            *other != role && read.parts.roles[other.index()].key.starts_with("project:")
        })
        .find(|other| {
            let other = Entitlement::ProjectRole(project, *other);
            let id = GrantId::of(&read.parts, read.parts.grants[at].holder, other);
            read.parts.grants.iter().all(|grant| grant.id != id)
        })
        .expect("another role");
    let before = read.parts.grants[at].id;
    let entitlement = Entitlement::ProjectRole(project, other);
    let id = GrantId::of(&read.parts, read.parts.grants[at].holder, entitlement);
    (read.parts.grants[at].id, read.parts.grants[at].entitlement) = (id, entitlement);
    let line = read.line(id);
    let findings = findings(&judged(&read.seal()));
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].starts_with(&format!("grants.jsonl:{line}:")),
        "{findings:?}"
    );
    assert!(findings[1].contains(&before.to_string()), "{findings:?}");
}

#[test]
fn facts_of_an_account_or_a_membership_that_were_changed_are_named() {
    let mut read = Read::new();
    read.parts.accounts[3].archived = Fact::Known(true);
    read.parts.accounts[3].last_sign_in = Fact::Absent;
    read.parts.memberships[0].lead =
        Fact::Known(read.parts.memberships[0].lead != Fact::Known(true));
    let id = read.parts.accounts[3].id.0.to_string();
    let findings = findings(&judged(&read.seal()));
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].starts_with("accounts.jsonl:4:")
            && findings[0].contains(&id)
            && findings[0].ends_with("archived, last sign in"),
        "{findings:?}"
    );
    assert!(
        findings[1].starts_with("grants.jsonl:") && findings[1].ends_with("lead"),
        "{findings:?}"
    );
}

#[test]
fn a_page_that_was_dropped_breaks_the_list_and_everything_on_it() {
    let mut read = Read::new();
    let page = read.answers.iter().position(|answer| {
        answer.url.contains("team-directory/profiles?") && answer.url.contains("$skip=14")
    });
    let page = page.expect("a page");
    read.answers.remove(page);
    for (number, answer) in (1..).zip(&mut read.answers) {
        answer.number = number;
    }
    let moved = |source: &mut u32| *source -= u32::from(*source as usize > page + 1);
    let parts = &mut read.parts;
    parts
        .accounts
        .iter_mut()
        .for_each(|one| moved(&mut one.source));
    parts
        .teams
        .iter_mut()
        .for_each(|one| moved(&mut one.source));
    parts
        .projects
        .iter_mut()
        .for_each(|one| moved(&mut one.source));
    parts
        .grants
        .iter_mut()
        .for_each(|one| moved(&mut one.source));
    let findings = findings(&judged(&read.seal()));
    let all = findings.join("\n");
    let accounts = findings
        .iter()
        .filter(|one| one.starts_with("accounts.jsonl:"));
    assert_eq!(accounts.count(), 7, "{all}");
    assert!(
        all.contains("it says of GET team-directory/profiles: 61 rows in 9 pages")
            && all.contains("54 rows in 8 pages"),
        "{all}"
    );
    assert!(
        all.contains("a gap that it does not name: Some accounts could not be read"),
        "{all}"
    );
}

#[test]
fn an_answer_that_was_changed_contradicts_the_population() {
    let mut read = Read::new();
    let first = &read.parts.accounts[0];
    let (source, username) = (first.source, first.username.raw().to_owned());
    let answer = &mut read.answers[source as usize - 1];
    let Body::Whole(body) = &answer.body else {
        panic!("it was kept");
    };
    let text = String::from_utf8(body.clone()).expect("text");
    let other = text.replace(&format!("\"{username}\""), "\"somebody\"");
    assert_ne!(text, other);
    answer.body = Body::Whole(other.into_bytes());
    let findings = findings(&judged(&read.seal()));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with("accounts.jsonl:1:") && findings[0].ends_with("username"),
        "{findings:?}"
    );
}

#[test]
fn what_a_record_claims_about_its_own_completeness_is_held_against_the_answers() {
    let mut read = Read::new();
    read.provenance.endpoints[3].rows += 1;
    read.provenance.reader = Reader::Unknown;
    let missing = Holding::Missing(Raw::from("no"));
    read.provenance.rights[0].holding = missing;
    let findings = findings(&judged(&read.seal()));
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(
        findings
            .iter()
            .all(|one| one.starts_with("journal.jsonl:1:")),
        "{findings:?}"
    );

    // Answers of another organization.
    let mut read = Read::new();
    for answer in &mut read.answers[5..] {
        answer.url = answer.url.replace("127.0.0.1", "127.0.0.2");
    }
    let answer = judged(&read.seal());
    let findings = self::findings(&answer);
    assert!(
        findings[0].starts_with("evidence.jsonl.zst:6: it came from another address"),
        "{findings:?}"
    );

    // A list of answers that skips a number.
    let mut read = Read::new();
    read.answers.remove(5);
    let answer = judged(&read.seal());
    assert_eq!(answer["line"], 6, "{answer}");
}

#[test]
fn without_the_answers_nobody_can_tell_what_they_said() {
    let mut read = Read::new();
    read.provenance.evidence = Evidence::Hashes;
    for answer in &mut read.answers {
        answer.body = Body::Digest(answer.body.digest());
    }
    let answer = judged(&read.seal());
    assert_eq!(
        (answer["verdict"].as_str(), answer["exit_code"].as_u64()),
        (Some("could not tell"), Some(2)),
        "{answer}"
    );
    let mut read = Read::new();
    read.provenance.evidence = Evidence::None;
    read.answers.clear();
    assert_eq!(judged(&read.seal())["verdict"], "could not tell");
    // It cannot say so and keep them, nor say that it kept them and not.
    let mut read = Read::new();
    read.provenance.evidence = Evidence::Hashes;
    let findings = findings(&judged(&read.seal()));
    assert!(
        findings[0].starts_with("evidence.jsonl.zst:1:"),
        "{findings:?}"
    );
}

#[test]
fn evidence_that_is_cut_or_none_at_all_is_found_however_it_was_sealed() {
    let whole = packed(&Read::new().answers);
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let answer = judged(&Read::new().seal_with(&whole[..cut]));
        assert_eq!(
            (answer["verdict"].as_str(), answer["stage"].as_str()),
            (Some("bad"), Some("evidence")),
            "cut at {cut}: {answer}"
        );
    }
    let answer = judged(&Read::new().seal_with(b"no answers"));
    assert_eq!(answer["verdict"], "bad", "{answer}");
}

#[test]
fn evidence_that_unpacks_without_end_is_given_up_at_the_limit_of_a_line() {
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).expect("memory");
    std::io::copy(&mut std::io::repeat(b' ').take(1 << 30), &mut bomb).expect("memory");
    let answer = judged(&Read::new().seal_with(&bomb.finish().expect("memory")));
    assert_eq!(
        (answer["stage"].as_str(), answer["line"].as_u64()),
        (Some("evidence"), Some(1)),
        "{answer}"
    );
}

#[test]
fn answers_that_no_server_gives_never_break_the_reader() {
    let deep = ["[".repeat(10_000), "]".repeat(10_000)].concat();
    let twice = r#"{"next":"","next":"7","totalCount":1,"data":[],"data":[{"id":"a"}]}"#;
    let circle = r#"{"next":"7","totalCount":99999999999,"data":[{"id":"a"}]}"#;
    let escapes = "{\"data\":[{\"id\":\"\\u001b[2J\"}],\"next\":\"1\"}";
    for body in [&*deep, twice, circle, escapes, "", "null", "\u{feff}{}"] {
        for place in [0, 1, 8, 12, 40] {
            let mut read = Read::new();
            read.answers[place].body = Body::Whole(body.as_bytes().to_vec());
            let evidence = packed(&read.answers);
            let answer = judged(&read.seal_with(&evidence));
            assert_eq!(
                answer["verdict"], "bad",
                "{body} in answer {place}: {answer}"
            );
        }
    }
}
