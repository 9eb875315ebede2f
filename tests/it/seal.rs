//! Sealing when something is odd: names, keys, interruptions.

use std::fs;

use crate::program::{Ended, Home, Serving, have, new_key};

/// Seals `review` from the command line with `more` arguments; whatever is open stays open.
fn seal(home: &Home, review: &str, more: &[&str]) -> Ended {
    let fixed = ["seal", review, "--allow-undecided", "pilot", "--attest"];
    home.run(&[&fixed, more].concat())
}

fn records(home: &Home) -> usize {
    fs::read_dir(home.data().join("records")).map_or(0, Iterator::count)
}

#[test]
fn a_review_with_the_longest_name_can_be_sealed() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let name = "x".repeat(64);
    Serving::start(&home, "s").snapshot(&home, &name).good();
    let key = new_key(&home, "id_test").display().to_string();
    let principal = "rosa@example.com";
    let sealed = seal(
        &home,
        &name,
        &["--key", &key, "--principal", principal, "--json"],
    );
    let record = sealed.good().json()["record"].clone();
    home.run(&["verify", record.as_str().expect("a path")])
        .good();
}

#[test]
fn a_principal_that_a_list_of_signers_cannot_have_is_refused() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    for principal in [
        "",
        "#rosa",
        "rosa smith",
        "rosa\u{200b}@example.com",
        "a,b",
        "r\u{9b}",
    ] {
        let refused = seal(&home, "q4", &["--principal", principal, "--new-key"]);
        assert_eq!(refused.code, Some(2), "{principal:?}");
        assert!(refused.err.contains("one plain word"), "{}", refused.err);
    }
    let journal = fs::read_to_string(home.data().join("reviews/q4/journal.jsonl"));
    assert_eq!(journal.expect("a journal").lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_signature_of_another_key_makes_no_record() {
    use crate::{signing::scripted_agent, ssh_tools::Keys};

    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let keys = Keys::new();
    let string = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("short");
        [&length.to_be_bytes(), bytes].concat()
    };
    let key = ssh_key::PublicKey::from_openssh(&keys.public("ed25519")).expect("a test key");
    let key = key.to_bytes().expect("a test key");
    let list = [vec![12, 0, 0, 0, 1], string(&key), string(b"an agent")].concat();
    // What another key would answer: a signature of the right form that does not fit.
    let other = [string(b"ssh-ed25519"), string(&[7; 64])].concat();
    let answer = [vec![14], string(&other)].concat();
    let socket = scripted_agent(
        keys.folder(),
        move |kind| string(if kind == 11 { &list } else { &answer }),
        false,
    );
    let refused = home
        .muster(&[
            "seal",
            "q4",
            "--allow-undecided",
            "pilot",
            "--attest",
            "--agent",
        ])
        .args(["--principal", "rosa@example.com"])
        .env("SSH_AUTH_SOCK", socket)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("does not fit"), "{said}");
    assert_eq!(records(&home), 0);

    // Nothing is lost: another key seals it.
    if have(&["ssh-keygen"]) {
        let key = new_key(&home, "id_test").display().to_string();
        seal(
            &home,
            "q4",
            &["--key", &key, "--principal", "rosa@example.com"],
        )
        .good();
        assert_eq!(records(&home), 1);
    }
}
