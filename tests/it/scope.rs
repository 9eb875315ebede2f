//! A manager reviews only their own people, and decides what is kept of the raw answers.

use std::{fs, path::PathBuf};

use muster::format::evidence;

use crate::program::{Ended, Home, Serving, have, new_key};

const SCOPE: &str = "team:Engineering state:active";

fn snapshot(serving: &Serving, home: &Home, name: &str, more: &[&str]) -> Ended {
    let mut arguments = vec!["snapshot", name, "--org", &serving.url, "--token-stdin"];
    arguments.extend(more);
    home.run_with(&arguments, &serving.token)
}

/// How many grants the snapshot of `name` has.
fn grants(home: &Home, name: &str) -> u64 {
    let path = home.data().join("reviews").join(name).join("grants.jsonl");
    let text = fs::read_to_string(path).expect("the grants of the review");
    text.lines().count() as u64
}

fn seal(home: &Home, name: &str) -> PathBuf {
    let key = new_key(home, &format!("id_{name}")).display().to_string();
    let reason = "another reviewer decides on my own access";
    let arguments = [
        "seal",
        name,
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--allow-undecided",
        reason,
        "--attest",
        "--json",
    ];
    let ended = home.run(&arguments);
    let answer = ended.good().json();
    PathBuf::from(answer["record"].as_str().expect("a path"))
}

#[test]
fn a_manager_reviews_only_their_own_people_and_the_record_says_so() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    // Given in two parts, which is one scope.
    let (team, state) = SCOPE.split_once(' ').expect("two terms");
    let answer = snapshot(
        &serving,
        &home,
        "q4",
        &["--scope", team, "--scope", state, "--json"],
    );
    let answer = answer.good().json();
    let count = |name: &str| answer[name].as_u64().expect(name);
    assert_eq!(answer["scope"].as_str(), Some(SCOPE));
    assert_eq!(answer["completeness"].as_str(), Some("scoped"));
    assert!(count("items") > 0 && count("out_of_scope") > 0, "{answer}");
    // What is read is whole, whatever is put up for decision.
    assert_eq!(count("items") + count("out_of_scope"), grants(&home, "q4"));

    let none = home.run(&[
        "decide", "q4", "--where", "is:left", "--revoke", "--reason", "left",
    ]);
    assert_eq!(none.code, Some(1), "{none:?}");
    home.run(&["decide", "q4", "--where", "is:undecided -is:own", "--keep"])
        .good();
    home.keep_left_out("q4");
    let status = home.run(&["status", "q4", "--json"]).good().json();
    let now = |name: &str| status[name].as_u64().expect(name);
    assert_eq!(now("kept") + now("undecided"), count("items"));
    assert_eq!(now("undecided"), now("own_undecided"));
    let calls = status["endpoints"].as_array().expect("a list");
    assert!(
        calls
            .iter()
            .any(|call| call["call"] == "GET projects" && call["errors"].is_u64())
    );
    assert!(
        status["server_ended"].is_string()
            && status["tool"].as_str().expect("a tool").contains('+')
    );
    let text = home.run(&["status", "q4"]).good().out.clone();
    for expected in [
        "\nscope         team:Engineering state:active: ",
        "\ncompleteness  scoped: only team:Engineering state:active is reviewed, ",
        "\ntoken of      ",
        "\nrights        ",
        "\ncalled        GET team-directory/profiles (orgRelation=ANY",
        "\nevidence      the raw answers of the server are kept\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }

    let record = seal(&home, "q4");
    let verified = home
        .run(&["verify", &record.display().to_string(), "--json"])
        .good()
        .json();
    assert_eq!(verified["scope"].as_str(), Some(SCOPE));
    assert_eq!(verified["completeness"].as_str(), Some("scoped"));
    assert_eq!(verified["out_of_scope"], answer["out_of_scope"]);
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("the decisions");
    let outside = decisions
        .matches("\"decision\":\"out-of-scope\",\"entry\":null")
        .count() as u64;
    assert_eq!(outside, count("out_of_scope"));
    let statement = verified_statement(&record);
    assert!(
        statement.contains("reviewed a part of the access of")
            && statement.contains(
                "Only what is in the scope team:Engineering state:active was put up for decision"
            ),
        "{statement}"
    );
}

fn verified_statement(record: &std::path::Path) -> String {
    let review = fs::read(record.join("review.json")).expect("review.json");
    let review: serde_json::Value = serde_json::from_slice(&review).expect("JSON");
    review["attestation"]
        .as_str()
        .expect("a statement")
        .to_owned()
}

#[test]
fn a_mistyped_scope_reviews_nothing_and_names_what_was_meant() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    for (scope, message) in [
        (
            "team:Enginering",
            "there is no team Enginering; there is Engineering (at column 6 of the scope)",
        ),
        (
            "team:Finance",
            "there is no team Finance; there is Finance & People (at column 6 of the scope)",
        ),
        (
            "teams:Engineering",
            "a scope has no field teams:; the fields are team: project: role: state:",
        ),
        (
            "state:gone",
            "there is no state gone; try active, suspended, left, future, unknown",
        ),
    ] {
        let ended = snapshot(&serving, &home, "q4", &["--scope", scope]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(message), "{scope}: {}", ended.err);
        assert!(!home.data().join("reviews/q4").exists(), "{scope}");
    }
}

#[test]
fn what_is_kept_of_the_raw_answers_is_chosen_and_told() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    for kept in ["full", "hashes", "none"] {
        snapshot(&serving, &home, kept, &["--evidence", kept]).good();
        home.run(&[
            "decide",
            kept,
            "--where",
            "is:undecided -is:own -is:implicit",
            "--keep",
        ])
        .good();
        let record = seal(&home, kept);
        let verified = home
            .run(&["verify", &record.display().to_string(), "--json"])
            .good()
            .json();
        assert_eq!(verified["evidence"].as_str(), Some(kept));
        let file = fs::File::open(record.join("evidence.jsonl.zst")).expect("the evidence");
        let mut answers = evidence::Reader::new(file).expect("it is compressed");
        let (mut whole, mut digests) = (0, 0);
        while let Some(answer) = answers.next().expect("it is sound") {
            match answer.body {
                evidence::Body::Whole(_) => whole += 1,
                evidence::Body::Digest(_) => digests += 1,
            }
        }
        assert_eq!(
            (whole > 0, digests > 0),
            (kept == "full", kept == "hashes"),
            "{kept}: {whole} {digests}"
        );
    }
}
