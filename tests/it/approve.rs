//! A second person approves a record: with another key, another name, and eyes of their own.

use std::{collections::BTreeMap, fs, path::Path};

use muster::demo::{self, Fault, Roles, State, When};
use serde_json::Value;

use crate::{
    by_hand::{HOLD, TOOLS, follow, steps},
    program::{Ended, Home, have, new_key},
    resume::Running,
    review::{decided_and_sealed, sealed},
    ssh_tools::{Keys, RunningAgent},
};

const BOSS: &str = "boss@example.com";
const TOKEN: &str = "the-approvers-own-token";

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("a file");
        let name = entry.file_name().into_string().expect("a name");
        (name, fs::read(entry.path()).expect("a file"))
    };
    fs::read_dir(folder).expect("a folder").map(entry).collect()
}

fn sums(record: &Path) -> String {
    let bytes = fs::read(record.join("SHA256SUMS")).expect("the sums");
    muster::domain::Digest::of(&bytes).to_string()
}

/// Approves from the command line as the boss, confirmed, with `more` arguments.
fn approve(home: &Home, record: &Path, more: &[&str]) -> Ended {
    let (record, sums) = (record.display().to_string(), sums(record));
    let fixed = ["approve", &record, "--principal", BOSS, "--sums", &sums];
    home.run(&[&fixed, more].concat())
}

/// The list of the one who reviewed, and the boss with the key in `line`.
fn list_with(home: &Home, key: &str) -> String {
    let list = fs::read_to_string(home.path().join("allowed_signers")).expect("a list");
    let list = format!("{list}{BOSS} namespaces=\"muster-approve\" {key}\n");
    fs::write(home.path().join("both"), list).expect("a list");
    "both".to_owned()
}

#[track_caller]
fn refused(ended: &Ended, why: &str) {
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains(why), "{why}: {}", ended.err);
    assert!(ended.err.contains("hint: "), "{}", ended.err);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one approval from start to end")]
fn a_second_person_approves_and_everybody_can_tell() {
    if !have(&TOOLS) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let name = record.display().to_string();
    let before = files(&record);
    let boss = new_key(&home, "id_boss").display().to_string();
    let own = home.path().join("id_test").display().to_string();

    // Not by the reviewer, not unseen, not for another record, not of a signer nobody knows.
    refused(
        &approve(&home, &record, &["--key", &own, "--unknown-signer"]),
        "is the key that signed the record",
    );
    let sums_of_it = sums(&record);
    refused(
        &home.run(&[
            "approve",
            &name,
            "--as",
            "Rosa@Example.com",
            "--key",
            &boss,
            "--sums",
            &sums_of_it,
        ]),
        "somebody else approves it",
    );
    refused(
        &approve(&home, &record, &["--key", &boss]),
        "the signer of the record is unknown",
    );
    let plain = ["approve", &name, "--principal", BOSS, "--key", &boss];
    let unconfirmed = home.run(&[&plain[..], &["--unknown-signer"]].concat());
    refused(&unconfirmed, "nobody confirmed it");
    for told in ["completeness:", "waived:", "attestation:", "revoke"] {
        assert!(
            unconfirmed.err.contains(told),
            "{told}: {}",
            unconfirmed.err
        );
    }
    let wrong = "0".repeat(64);
    refused(
        &home.run(&[&plain[..], &["--unknown-signer", "--sums", &wrong]].concat()),
        "is not the digest of this record's SHA256SUMS",
    );
    // A list that does not know the approver would call the approval bad.
    let only = ["--key", &boss, "--allowed-signers", "allowed_signers"];
    let not_listed = approve(&home, &record, &only);
    refused(&not_listed, "does not let you approve");
    assert_eq!(files(&record), before);

    let public = fs::read_to_string(home.path().join("id_boss.pub")).expect("a key");
    let list = list_with(&home, public.trim());
    let both = ["--key", &boss, "--allowed-signers", &list, "--json"];
    let answer = approve(&home, &record, &both).good().json();
    assert_eq!(answer["principal"], BOSS);
    let mut after = files(&record);
    for name in [
        "approval.json",
        "approval.json.sig",
        "SHA256SUMS.approver.sig",
    ] {
        assert!(after.remove(name).is_some(), "{name}");
    }
    assert_eq!(after, before, "what the reviewer signed is as it was");

    // muster tells.
    let verified = home
        .run(&["verify", &name, "--allowed-signers", &list])
        .good();
    assert!(
        verified.out.contains("; approved by boss@example.com\n"),
        "{}",
        verified.out
    );
    let json = home
        .run(&["verify", &name, "--allowed-signers", &list, "--json"])
        .good()
        .json();
    assert_eq!(json["approval"]["approver"], BOSS);
    assert_eq!(json["approval"]["signer"], "known");
    assert_eq!(json["approval"]["reviewer_known"], true);
    assert_eq!(json["approval"]["reread"], Value::Null);
    let unknown = home.run(&["verify", &name]).good().out;
    assert!(unknown.contains("whom no list names"), "{unknown}");
    let bad = home.run(&["verify", &name, "--allowed-signers", "allowed_signers"]);
    assert_eq!(bad.code, Some(1));
    assert!(
        bad.out
            .contains("the approval is bad, the record itself is in order"),
        "{}",
        bad.out
    );
    assert!(home.run(&[]).good().out.contains("(with an approval)"));
    let status = home.run(&["status", "q4"]).good().out;
    assert!(status.contains("approved by boss@example.com"), "{status}");
    let log = home.run(&["log", &name]).good().out;
    assert!(log.contains("approved by boss@example.com"), "{log}");
    let page = home.run(&["export", &name, "--format", "html"]).good().out;
    assert!(page.contains("approved by boss@example.com"), "{page}");

    // So do stock tools, by the instructions in the record.
    let readme = fs::read_to_string(record.join("README.txt")).expect("instructions");
    let steps = steps(&readme);
    let output = follow(&home, &steps, &record, &home.path().join(&list));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains(HOLD), "{output:?}");
    assert_eq!(
        said.matches("Good \"muster-approve\" signature for boss@example.com")
            .count(),
        2,
        "{said}"
    );
    let only = home.path().join("allowed_signers");
    assert!(!follow(&home, &steps, &record, &only).status.success());

    refused(
        &approve(&home, &record, &["--key", &boss, "--unknown-signer"]),
        "has an approval already",
    );
}

#[test]
fn a_bad_record_is_not_approved_and_an_unfinished_approval_is_finished() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let name = record.display().to_string();
    let boss = new_key(&home, "id_boss").display().to_string();
    let with = ["--key", &boss, "--unknown-signer"];

    // As if the machine had stopped between the files.
    fs::write(record.join("approval.json"), "{").expect("a file");
    let unfinished = home.run(&["verify", &name]);
    assert_eq!(unfinished.code, Some(1), "{}", unfinished.out);
    assert!(
        unfinished.out.contains("the approval was not finished"),
        "{}",
        unfinished.out
    );
    let own_words = [&with[..], &["--statement", "I looked at all of it"]].concat();
    approve(&home, &record, &own_words).good();
    let json = home.run(&["verify", &name, "--json"]).good().json();
    assert_eq!(json["approval"]["statement"], "I looked at all of it");
    assert_eq!(json["approval"]["reviewer_known"], false);
    assert!(json["text"].as_str().expect("text").contains(BOSS));

    for file in [
        "approval.json",
        "approval.json.sig",
        "SHA256SUMS.approver.sig",
    ] {
        fs::remove_file(record.join(file)).expect("it is there");
    }
    let path = record.join("decisions.jsonl");
    let text = fs::read_to_string(&path).expect("decisions");
    fs::write(&path, text.replacen("keep", "kept", 1)).expect("a change");
    refused(&approve(&home, &record, &with), "is not approved: bad: ");
    assert!(!record.join("approval.json").exists());
}

#[test]
fn the_reviewers_key_is_refused_inside_a_certificate_and_another_of_the_agent_signs() {
    if !have(&["ssh-keygen", "ssh-agent", "ssh-add"]) {
        return;
    }
    let home = Home::new();
    let keys = Keys::new();
    // The review is signed with a test key whose certificate the agent has.
    let test_key = keys.path("ed25519");
    crate::review::Serving::start(&home, "s")
        .snapshot(&home, "q4")
        .good();
    let key = test_key.display().to_string();
    let seal = [
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--allow-undecided",
        "pilot",
        "--attest",
        "--json",
    ];
    let answer = home.run(&seal).good().json();
    let record = Path::new(answer["record"].as_str().expect("a path")).to_owned();

    let agent = RunningAgent::start();
    agent.add(&test_key);
    agent.add(&keys.path("ecdsa-256"));
    let run = |fingerprint: &str| {
        let (folder, sums) = (record.display().to_string(), sums(&record));
        let output = home
            .muster(&["approve", &folder, "--principal", BOSS, "--sums", &sums])
            .args(["--unknown-signer", "--agent", fingerprint])
            .env("SSH_AUTH_SOCK", agent.socket())
            .output()
            .expect("the program starts");
        Ended::of(output)
    };
    // The key and its certificate have one fingerprint.
    let fingerprint = answer["key_fingerprint"].clone();
    refused(
        &run(fingerprint.as_str().expect("a fingerprint")),
        "is the key that signed the record",
    );
    let listed = home
        .command("ssh-keygen")
        .arg("-lf")
        .arg(keys.path("ecdsa-256.pub"))
        .output()
        .expect("ssh-keygen runs");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let other = listed.split(' ').nth(1).expect("a fingerprint");
    run(other).good();
    let allowed = format!(
        "rosa@example.com {}\n{BOSS} namespaces=\"muster-approve\" {}\n",
        keys.public("ed25519"),
        keys.public("ecdsa-256")
    );
    let read = |name: &str| fs::read(record.join(name)).expect(name);
    for (signature, message) in [
        ("SHA256SUMS.approver.sig", "SHA256SUMS"),
        ("approval.json.sig", "approval.json"),
    ] {
        let signature = String::from_utf8(read(signature)).expect("text");
        let accepts = |namespace| {
            keys.ssh_keygen_accepts(&allowed, BOSS, namespace, &signature, &read(message))
        };
        assert!(accepts("muster-approve") && !accepts("muster-review"));
    }
}

/// A server that two people have tokens for, the second one being `boss`.
fn for_two(rights: &[&str], boss: Option<&str>) -> Running {
    let state = State::of(demo::Size::S);
    let another = || {
        let own = state.account(state.reviewer());
        let (_, account) = (0..)
            .zip(state.accounts())
            .find(|(at, account)| {
                Some(*at) != own && !account.archived && account.left_at.is_none()
            })
            .expect("more than one person");
        account.username.to_string()
    };
    let boss = boss.map_or_else(another, str::to_owned);
    let token = demo::Token {
        secret: TOKEN.to_owned(),
        me: Some(boss),
        rights: rights.iter().map(ToString::to_string).collect(),
        ..demo::Token::default()
    };
    Running::with(demo::Options {
        tokens: vec![token],
        ..demo::Options::default()
    })
}

fn refetch(home: &Home, running: &Running, record: &Path, more: &[&str]) -> Ended {
    let (record, sums, url) = (
        record.display().to_string(),
        sums(record),
        running.server.url(),
    );
    let key = home.path().join("id_boss").display().to_string();
    let fixed = [
        "approve",
        &record,
        "--principal",
        BOSS,
        "--sums",
        &sums,
        "--key",
        &key,
        "--unknown-signer",
        "--refetch",
        "--org",
        &url,
        "--token-stdin",
        "--json",
    ];
    home.run_with(&[&fixed, more].concat(), TOKEN)
}

#[test]
fn an_approver_reads_the_organization_again_and_signs_what_changed() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let (home, running) = (Home::new(), for_two(&["**"], None));
    running.snapshot(&home, &[]).good();
    let record = decided_and_sealed(&home);
    new_key(&home, "id_boss");

    // One membership goes, one role comes, and one of the revokes is carried out.
    let (gone, came) = {
        let mut state = running.server.state_mut();
        let reviewer = state.account(state.reviewer()).expect("an account");
        let name = |state: &State, account: demo::AccountIx| {
            state.accounts()[account as usize].username.to_string()
        };
        let left = |state: &State, account: demo::AccountIx| {
            state.accounts()[account as usize].left_at.is_some()
        };
        let gone = *state
            .memberships()
            .iter()
            .find(|one| {
                !one.archived
                    && !one.pending
                    && one.till.is_none()
                    && one.member != reviewer
                    && !left(&state, one.member)
            })
            .expect("a membership");
        let came = (0..60)
            .find(|account| {
                ![reviewer, gone.member].contains(account)
                    && !left(&state, *account)
                    && !state.projects()[0]
                        .people
                        .iter()
                        .any(|one| one.holder == *account)
            })
            .expect("an account outside the project");
        let names = (name(&state, gone.member), name(&state, came));
        assert!(state.remove_membership(gone.member, gone.team));
        state.change_person(0, came, Roles::ADMIN, Roles::default());
        names
    };
    let answer = refetch(&home, &running, &record, &[]).good().json();
    let reread = &answer["reread"];
    assert_eq!(reread["completeness"], "full");
    let differences = reread["differences"].as_array().expect("a list").clone();
    let of = |kind: &str, change: &str| -> Vec<String> {
        differences
            .iter()
            .filter(|one| one["kind"] == kind && one["change"] == change)
            .map(|one| one["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(
        (of("grant", "added").len(), of("grant", "removed").len()),
        (1, 1)
    );
    assert!(of("account", "added").is_empty() && of("account", "removed").is_empty());
    let grants = fs::read_to_string(record.join("grants.jsonl")).expect("grants");
    assert!(grants.contains(&of("grant", "removed")[0]), "{gone}");
    assert!(!grants.contains(&of("grant", "added")[0]), "{came}");
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("decisions");
    let revoked = decisions.matches("\"decision\":\"revoke\"").count();
    assert!(revoked > 0);
    assert_eq!(reread["revokes"], revoked);

    let name = record.display().to_string();
    let told = home.run(&["verify", &name]).good().out;
    assert!(
        told.contains("read again") && told.contains("1 added, 1 removed"),
        "{told}"
    );
    // One flipped digit of what was found, and it is not approved.
    let path = record.join("approval.json");
    let text = fs::read_to_string(&path).expect("an approval");
    fs::write(&path, text.replacen("\"removed\"", "\"changed\"", 1)).expect("a change");
    let bad = home.run(&["verify", &name]);
    assert_eq!(bad.code, Some(1));
    assert!(bad.out.contains("approval.json.sig"), "{}", bad.out);
}

#[test]
fn what_the_approver_could_not_read_is_never_told_as_gone() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let (home, running) = (Home::new(), for_two(&["**"], None));
    running.snapshot(&home, &[]).good();
    let record = decided_and_sealed(&home);
    new_key(&home, "id_boss");
    running
        .server
        .faults()
        .arm(When::path("projects/"), Fault::Status(403));
    let answer = refetch(&home, &running, &record, &[]).good().json();
    let reread = &answer["reread"];
    assert_eq!(reread["completeness"], "partial", "{reread}");
    assert!(!reread["gaps"].as_array().expect("gaps").is_empty());
    let differences = reread["differences"].as_array().expect("a list");
    let projects = |one: &&Value| {
        let what = one["what"].as_str().expect("text");
        one["kind"] == "revoke" && what.contains(" / Project ")
    };
    let unseen: Vec<&Value> = differences.iter().filter(projects).collect();
    assert!(!unseen.is_empty());
    for one in unseen {
        assert_eq!(one["change"], "not-seen", "{one}");
    }
    let told = home
        .run(&["verify", &record.display().to_string()])
        .good()
        .out;
    assert!(
        told.contains("PARTIAL: ") && told.contains("missing then"),
        "{told}"
    );
}

#[test]
fn a_token_of_the_reviewer_or_another_organization_is_no_second_look() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let reviewer = State::of(demo::Size::S).reviewer().to_owned();
    let (home, running) = (Home::new(), for_two(&["**"], Some(&reviewer)));
    running.snapshot(&home, &[]).good();
    let record = decided_and_sealed(&home);
    new_key(&home, "id_boss");
    refused(
        &refetch(&home, &running, &record, &[]),
        "with the reviewer's own token",
    );
    // Without a connection the token goes nowhere that only the record names.
    let (name, sums) = (record.display().to_string(), sums(&record));
    let nowhere = [
        "approve",
        &name,
        "--principal",
        BOSS,
        "--sums",
        &sums,
        "--key",
        "id_boss",
        "--unknown-signer",
        "--refetch",
        "--token-stdin",
    ];
    refused(&home.run_with(&nowhere, TOKEN), "you have no connection to");
    let useless = ["approve", &name, "--principal", BOSS, "--token-stdin"];
    refused(
        &home.run_with(&useless, TOKEN),
        "only to read the organization again",
    );
    assert!(!record.join("approval.json").exists());
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_name_of_the_review_is_typed() {
    use crate::terminal::Terminal;
    use portable_pty::CommandBuilder;

    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let name = record.display().to_string();
    new_key(&home, "id_boss");
    let start = || {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_muster"));
        command.args(["approve", &name, "--principal", BOSS, "--key", "id_boss"]);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("MUSTER_DATA_DIR", home.data());
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        Terminal::start(command, 120, 60)
    };
    let mut terminal = start();
    terminal.wait_for("Approve all the same? Type it (unknown): ");
    terminal.press("unknown<enter>");
    terminal.wait_for("Type the review's name to approve and sign (q4): ");
    terminal.press("q5<enter>");
    terminal.wait_for("nothing was approved");
    assert_eq!(terminal.wait_for_exit().exit_code(), 2);
    assert!(!record.join("approval.json").exists());

    let mut terminal = start();
    terminal.wait_for("Type it (unknown): ");
    terminal.press("unknown<enter>");
    terminal.wait_for("approve and sign (q4): ");
    terminal.press("q4<enter>");
    terminal.wait_for("approved by boss@example.com");
    assert!(terminal.wait_for_exit().success());
    home.run(&["verify", &name]).good();
}
