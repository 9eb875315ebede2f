//! The main job from the command line: snapshot, decide, seal, verify; with stock tools as the judge.

use std::{fs, path::PathBuf, process::Stdio};

pub(crate) use crate::program::Serving;
use crate::program::{Home, have, new_key};

/// A sealed record of the small organization, all through the command line.
pub(crate) fn sealed(home: &Home) -> PathBuf {
    sealed_with(home, LEAVERS, &[])
}

/// A filter of revokes and their reason.
const LEAVERS: &[(&str, &str)] = &[("is:left", "left the company")];

/// The same with these revokes, a filter and a reason each, and these flags waived, each with a reason.
pub(crate) fn sealed_with(
    home: &Home,
    revokes: &[(&str, &str)],
    waived: &[(&str, &str)],
) -> PathBuf {
    let serving = Serving::start(home, "s");
    serving.snapshot(home, "q4").good();
    decided_with(home, revokes, waived)
}

/// Decides everything in the review q4 and seals it; the answer is the record's folder.
pub(crate) fn decided_and_sealed(home: &Home) -> PathBuf {
    decided_with(home, LEAVERS, &[])
}

fn decided_with(home: &Home, revokes: &[(&str, &str)], waived: &[(&str, &str)]) -> PathBuf {
    home.run(&["decide", "q4", "--where", "is:implicit", "--acknowledge"])
        .good();
    for (filter, reason) in revokes {
        home.run(&[
            "decide", "q4", "--where", filter, "--revoke", "--reason", reason,
        ])
        .good();
    }
    home.run(&["decide", "q4", "--where", "is:undecided -is:own", "--keep"])
        .good();
    for (flag, reason) in waived {
        // Other flags may still be open, which is the answer.
        home.run(&["check", "q4", "--waive", flag, "--reason", reason]);
    }
    let key = new_key(home, "id_test");
    let key = key.display().to_string();
    let reason = "another reviewer decides on my own access and on what is privileged";
    let arguments = [
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--allow-undecided",
        reason,
        "--attest",
        "--json",
    ];
    let answer = home.run(&arguments).good().json();
    let line = format!(
        "rosa@example.com namespaces=\"muster-review\" {}\n",
        answer["key"].as_str().expect("a key")
    );
    fs::write(home.path().join("allowed_signers"), line).expect("a file of ours");
    PathBuf::from(answer["record"].as_str().expect("a path"))
}

#[test]
fn a_review_made_by_commands_alone_is_accepted_by_muster_and_by_stock_tools() {
    if !have(&["ssh-keygen", "sha256sum", "jq", "sh"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let record_text = record.display().to_string();

    let status = home.run(&["status", "q4", "--json"]).good().json();
    let count = |name: &str| status[name].as_u64().expect(name);
    assert_eq!(
        count("items"),
        count("kept") + count("revoked") + count("acknowledged") + count("undecided")
    );
    assert!(count("revoked") > 0 && count("acknowledged") > 0 && count("kept") > 0);
    // What policy left out of the bulk keep was decided by nobody, and is not passed over in silence.
    assert!(count("undecided") > count("own_undecided"));
    assert_eq!(status["completeness"].as_str(), Some("full"));

    let known = home
        .run(&[
            "verify",
            &record_text,
            "--allowed-signers",
            "allowed_signers",
        ])
        .good();
    assert!(known.out.contains("good"), "{}", known.out);
    let unknown = home.run(&["verify", &record_text]).good();
    assert!(unknown.out.contains("signer unknown"), "{}", unknown.out);

    let sums = fs::File::open(record.join("SHA256SUMS")).expect("it is there");
    let verify = home
        .command("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-f",
            "../../allowed_signers",
            "-I",
            "rosa@example.com",
            "-n",
            "muster-review",
            "-s",
            "SHA256SUMS.reviewer.sig",
        ])
        .arg("-f")
        .arg(home.path().join("allowed_signers"))
        .current_dir(&record)
        .stdin(Stdio::from(sums))
        .output()
        .expect("ssh-keygen starts");
    assert!(verify.status.success(), "{verify:?}");
    let sums = home
        .command("sha256sum")
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(&record)
        .output()
        .expect("it starts");
    assert!(sums.status.success(), "{sums:?}");

    // What jq counts is what status says; undecided items are never counted as kept.
    let jq = home
        .command("jq")
        .args([
            "-n",
            "-c",
            "reduce inputs as $d ({}; .[$d.decision] += 1)",
            "decisions.jsonl",
        ])
        .current_dir(&record)
        .output()
        .expect("jq starts");
    let counts: serde_json::Value = serde_json::from_slice(&jq.stdout).expect("jq prints JSON");
    for (word, name) in [
        ("keep", "kept"),
        ("revoke", "revoked"),
        ("acknowledge", "acknowledged"),
        ("undecided", "undecided"),
    ] {
        assert_eq!(counts[word].as_u64(), Some(count(name)), "{word}");
    }
    let joined = home
        .command("sh")
        .args([
            "-c",
            "jq -r .id grants.jsonl > ../g && jq -r .id decisions.jsonl > ../d && cmp ../g ../d",
        ])
        .current_dir(&record)
        .status();
    assert!(joined.expect("sh starts").success());
}

#[test]
fn a_sealed_review_changes_no_more_and_a_changed_record_is_bad() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let again = home.run(&["decide", "q4", "--where", "is:kept", "--clear"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("sealed"), "{}", again.err);

    let decisions = record.join("decisions.jsonl");
    let text = fs::read_to_string(&decisions).expect("it is there");
    fs::write(&decisions, text.replacen("\"keep\"", "\"undo\"", 1))
        .expect("it can be written by its owner");
    let verdict = home.run(&["verify", &record.display().to_string(), "--json"]);
    assert_eq!(verdict.code, Some(1), "{}", verdict.out);
    assert!(verdict.out.contains("decisions.jsonl"), "{}", verdict.out);
}

/// Takes the last entry from the journal of `q4`, as when the program stopped before it was written.
fn forget_the_last_entry(home: &Home) {
    let journal = home.data().join("reviews/q4/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    let end = text.trim_end().rfind('\n').expect("two lines") + 1;
    assert!(text[end..].contains("\"op\":\"seal\""), "{}", &text[end..]);
    fs::write(&journal, &text[..end]).expect("it is ours");
}

#[test]
fn a_review_that_was_signed_before_the_program_stopped_is_closed_with_that_record() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    forget_the_last_entry(&home);
    let key = home.path().join("id_test").display().to_string();
    let seal = [
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "eve@example.com",
        "--allow-undecided",
        "x",
        "--attest",
        "--json",
    ];
    let again = home.run(&seal).good();
    assert!(again.err.contains("signed before"), "{}", again.err);
    let answer = again.json();
    assert_eq!(answer["record"].as_str(), record.to_str());
    assert_eq!(answer["principal"], "rosa@example.com");
    let list = fs::read_to_string(home.path().join("allowed_signers")).expect("a list");
    assert!(
        list.contains(answer["key"].as_str().expect("a key")),
        "{answer}"
    );
    let records = || {
        fs::read_dir(home.data().join("records"))
            .expect("ours")
            .count()
    };
    assert_eq!(records(), 1);

    // Whoever opens the review to decide finds it closed, too.
    forget_the_last_entry(&home);
    let late = home.run(&["decide", "q4", "--where", "is:kept", "--clear"]);
    assert_eq!(late.code, Some(2));
    assert!(late.err.contains("the review is sealed as"), "{}", late.err);

    // A record that does not verify is not taken for the one that was signed.
    forget_the_last_entry(&home);
    fs::write(record.join("README.txt"), "other").expect("it is ours");
    let second = home.run(&seal).good();
    assert_ne!(second.json()["record"].as_str(), record.to_str());
    assert_eq!(records(), 2);
}

/// Members and admins of projects; the latter are privileged.
const MEMBERS: &str = "role:project";

/// How many items policy left out.
fn by_policy(answer: &serde_json::Value) -> u64 {
    let rules = answer["left_out"]["by_policy"].as_object().expect("rules");
    rules.values().filter_map(serde_json::Value::as_u64).sum()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one bulk from start to end")]
fn a_bulk_decision_is_one_entry_and_refuses_another_number() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let dry = home
        .run(&[
            "decide",
            "q4",
            "--where",
            MEMBERS,
            "--keep",
            "--dry-run",
            "--json",
        ])
        .good()
        .json();
    let n = dry["items"].as_u64().expect("a number");
    assert!(n > 1 && dry["entry"].is_null());
    let left_out = by_policy(&dry);
    assert!(
        left_out > 0 && dry["matched"].as_u64() == Some(n + left_out),
        "{dry}"
    );

    let wrong = home.run(&[
        "decide",
        "q4",
        "--where",
        MEMBERS,
        "--keep",
        "--expect",
        &(n + 1).to_string(),
    ]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("nothing was decided") && wrong.err.contains("hint:"),
        "{}",
        wrong.err
    );

    let right = home
        .run(&[
            "decide",
            "q4",
            "--where",
            MEMBERS,
            "--keep",
            "--expect",
            &n.to_string(),
            "--json",
        ])
        .good()
        .json();
    assert_eq!(
        (right["items"].as_u64(), right["entry"].as_u64()),
        (Some(n), Some(2))
    );
    assert_eq!(
        home.run(&["status", "q4", "--json"]).good().json()["kept"].as_u64(),
        Some(n)
    );

    let left = home
        .run(&[
            "decide",
            "q4",
            "--where",
            "is:exception",
            "--keep",
            "--dry-run",
            "--json",
        ])
        .json();
    assert_eq!(
        (left["items"].as_u64(), by_policy(&left)),
        (Some(0), left_out),
        "what policy left out stays undecided and goes into no other bulk"
    );
    let first = &left["exceptions"]["privileged"][0];
    let name = |member: &str| first[member].as_str().expect("a name");
    let (holder, project) = (name("holder"), name("resource"));
    let alone = format!("is:exception role:project \"{holder}\" project:\"{project}\"");
    let alone = home
        .run(&["decide", "q4", "--where", &alone, "--keep", "--json"])
        .good()
        .json();
    assert_eq!(alone["items"].as_u64(), Some(1), "one by one it is decided");

    let own = home.run(&["decide", "q4", "--where", "is:own", "--keep", "--json"]);
    assert_eq!((own.code, own.json()["items"].as_u64()), (Some(1), Some(0)));
    let nothing = home.run(&["decide", "q4", "--where", "nobody-has-this-name", "--keep"]);
    assert_eq!(
        nothing.code,
        Some(1),
        "a filter that matches nothing is a no"
    );
    assert!(
        nothing
            .out
            .contains("note: no name has `nobody-has-this-name`"),
        "{}",
        nothing.out
    );
    let near = home.run(&["decide", "q4", "--where", "role:admn", "--keep"]);
    assert!(
        near.out.contains("no role `admn`; did you mean `admin`?"),
        "{}",
        near.out
    );
    let mistaken = home.run(&["decide", "q4", "--where", "会計 is:kept|lfet", "--keep"]);
    assert_eq!(mistaken.code, Some(2));
    let lines: Vec<&str> = mistaken.err.lines().collect();
    assert_eq!(
        lines[1..],
        [
            "  会計 is:kept|lfet",
            "               ^^^^",
            "hint: `muster decide --help` explains filters"
        ],
        "{}",
        mistaken.err
    );
}

#[test]
fn an_exception_for_own_access_is_written_only_with_a_decision_that_uses_it() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let journal = || {
        let text = fs::read_to_string(home.data().join("reviews/q4/journal.jsonl"));
        text.expect("a journal").lines().count()
    };
    let decide = |more: &[&str]| {
        let own = ["decide", "q4", "--where", "is:own", "--json"];
        home.run(&[&own, more].concat())
    };
    // Keeping own access together is what policy leaves out even then.
    let revoke = ["--revoke", "--reason", "passed on"];
    let allow = ["--allow-self-review", "only I know these systems"];
    let dry = decide(&[&allow[..], &revoke, &["--dry-run"]].concat())
        .good()
        .json();
    let n = dry["items"].as_u64().expect("a number");
    assert!(n > 0, "{dry}");
    assert_eq!(journal(), 1, "a dry run writes nothing");
    let wrong = decide(&[&allow[..], &revoke, &["--expect", "9999"]].concat());
    assert_eq!((wrong.code, journal()), (Some(2), 1), "{}", wrong.err);
    let blank = decide(&[&allow[..], &["--revoke", "--reason", " "]].concat());
    assert_eq!((blank.code, journal()), (Some(2), 1), "{}", blank.err);
    let revoked = decide(&[&allow[..], &revoke].concat()).good().json();
    assert_eq!((revoked["items"].as_u64(), journal()), (Some(n), 3));
}

#[test]
fn a_wide_filter_takes_no_earlier_decision_away() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let revoke = [
        "decide", "q4", "--where", "is:left", "--revoke", "--reason", "left",
    ];
    let revoked = home.run(&[&revoke[..], &["--json"]].concat()).good().json();
    let n = revoked["items"].as_u64().expect("a number");

    let empty = home.run(&["decide", "q4", "--where", "", "--keep"]);
    assert_eq!(
        empty.code,
        Some(2),
        "an empty filter is a variable that was not set"
    );
    assert!(empty.err.contains("the filter is empty"), "{}", empty.err);

    let all = [
        "decide",
        "q4",
        "--where",
        "is:active|left",
        "--keep",
        "--json",
    ];
    let dry = home.run(&[&all[..], &["--dry-run"]].concat()).good().json();
    assert_eq!(dry["left_out"]["decided"].as_u64(), Some(n));
    assert_eq!(
        dry["chosen"].as_array().map(|all| all.len() as u64),
        dry["items"].as_u64()
    );
    home.run(&all).good();
    let status = || home.run(&["status", "q4", "--json"]).good().json();
    assert_eq!(status()["revoked"].as_u64(), Some(n));
    let again = ["decide", "q4", "--where", "is:left", "--keep", "--redecide"];
    let again = home.run(&[&again[..], &["--json"]].concat()).good().json();
    let left_out = by_policy(&again);
    assert!(left_out < n, "{again}");
    assert_eq!(
        status()["revoked"].as_u64(),
        Some(left_out),
        "it was asked for"
    );
}

#[test]
fn undecided_items_are_not_sealed_without_a_reason() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let key = new_key(&home, "id_test").display().to_string();
    let refused = home.run(&[
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--attest",
    ]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("undecided") && refused.err.contains("--allow-undecided"),
        "{}",
        refused.err
    );
    let unconfirmed = home.run(&[
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--allow-undecided",
        "pilot",
    ]);
    assert_eq!(unconfirmed.code, Some(2));
    assert!(
        unconfirmed.err.contains("not confirmed"),
        "{}",
        unconfirmed.err
    );
    assert!(
        !home.data().join("records").exists()
            || fs::read_dir(home.data().join("records"))
                .expect("ours")
                .next()
                .is_none()
    );
}

#[test]
fn the_token_is_nowhere_on_disk_and_in_no_output() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let ended = serving.snapshot(&home, "q4").good();
    assert!(!ended.out.contains(&serving.token) && !ended.err.contains(&serving.token));
    for path in home.files() {
        let mut bytes = fs::read(&path).expect("a file of ours");
        if path.extension().is_some_and(|it| it == "zst") {
            bytes = zstd::stream::decode_all(&*bytes).expect("zstd");
        }
        assert!(
            !bytes
                .windows(serving.token.len())
                .any(|part| part == serving.token.as_bytes()),
            "{}",
            path.display()
        );
    }
    let wrong = home.run_with(
        &["snapshot", "q5", "--org", &serving.url, "--token-stdin"],
        "a-wrong-token",
    );
    assert_eq!(wrong.code, Some(2));
    assert!(
        !wrong.err.contains("a-wrong-token") && wrong.err.contains("hint:"),
        "{}",
        wrong.err
    );
}

#[test]
fn without_a_terminal_the_demo_tells_the_whole_story() {
    let home = Home::new();
    let told = home.run(&["demo"]).good();
    for part in ["snapshot", "decide", "seal", "verify    good", "record"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let record = told
        .out
        .lines()
        .find_map(|line| line.strip_prefix("record    "))
        .expect("it says where");
    home.run(&["verify", record]).good();
    // It can be told again, and the first record stays what it was.
    home.run(&["demo"]).good();
    home.run(&["verify", record]).good();
}
