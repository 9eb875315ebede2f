//! The rules of an organization: written by a person, kept by a review, part of its record.

use std::{fs, path::PathBuf};

use crate::program::{Ended, Home, Serving, have, new_key};

const STRICT: &str = "\
schema = \"muster-policy/1\"

[privileged]
keep-needs-reason = true # our auditors ask

[bulk]
keep-leaves-out = []
";

fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    fs::write(&path, text).expect("a file");
    path.display().to_string()
}

/// Puts a policy where new reviews look for one.
fn put(home: &Home, text: &str) -> PathBuf {
    let folder = home.path().join(".config").join("muster");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("policy.toml");
    fs::write(&path, text).expect("a file");
    path
}

fn keep_all(home: &Home, more: &[&str]) -> Ended {
    let fixed = [
        "decide",
        "q4",
        "--where",
        "is:undecided -is:implicit",
        "--keep",
    ];
    home.run(&[&fixed, more].concat())
}

#[test]
fn a_policy_is_printed_to_start_from_and_checked_before_it_is_used() {
    let home = Home::new();
    let default = home.run(&["policy", "--default"]);
    let default = &default.good().out;
    assert!(default.contains("sign-in-days = 90"), "{default}");
    let file = write(&home, "start.toml", default);
    assert_eq!(&home.run(&["policy", &file]).good().out, default);
    // Without a file the built-in policy is in force.
    assert_eq!(&home.run(&["policy"]).good().out, default);

    let part = write(&home, "part.toml", STRICT);
    let full = home.run(&["policy", &part]);
    let full = &full.good().out;
    assert!(
        full.contains("keep-needs-reason = true") && full.contains("snapshot-days = 14"),
        "{full}"
    );

    let wrong = write(
        &home,
        "wrong.toml",
        &STRICT.replace("needs-reason", "needs-reasons"),
    );
    for arguments in [
        &["policy", &wrong][..],
        &["demo", "--plain", "--policy", &wrong],
        &[
            "snapshot",
            "q4",
            "--org",
            "http://127.0.0.1:9",
            "--token-stdin",
            "--policy",
            &wrong,
        ],
    ] {
        let refused = home.run_with(arguments, "t");
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let told = "wrong.toml is not taken: line 4, column 1: there is no key `keep-needs-reasons` in [privileged]; \
                    the nearest is `keep-needs-reason`";
        assert!(refused.err.contains(told), "{}", refused.err);
    }
    let refused = home.run(&["policy", "no-such-file.toml"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    // What is in the usual place is never passed over in silence.
    put(&home, "schema = 1");
    for arguments in [&["policy"][..], &["demo"]] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.err.contains("policy.toml is not taken"),
            "{refused:?}"
        );
    }
}

#[test]
fn a_record_holds_the_policy_it_was_decided_under() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let usual = put(&home, STRICT);
    let serving = Serving::start(&home, "s");
    serving.snapshot(&home, "q4").good();
    // What comes later changes nothing in this review.
    fs::remove_file(usual).expect("the policy");

    let refused = keep_all(&home, &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.err.contains("wants a reason to keep it") && refused.err.contains("--reason"),
        "{}",
        refused.err
    );
    keep_all(&home, &["--reason", "owner confirmed it"]).good();
    home.run(&["decide", "q4", "--where", "is:implicit", "--acknowledge"])
        .good();
    let key = new_key(&home, "id_test").display().to_string();
    let sealed = home.run(&[
        "seal",
        "q4",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--allow-undecided",
        "another reviewer decides on my own access",
        "--attest",
        "--json",
    ]);
    let record = sealed.good().json()["record"].clone();
    let record = PathBuf::from(record.as_str().expect("a path"));
    let verify = || home.run(&["verify", &record.display().to_string()]);
    verify().good();
    let policy = record.join("policy.toml");
    assert_eq!(fs::read_to_string(&policy).expect("the policy"), STRICT);

    fs::write(&policy, STRICT.replace("true ", "false")).expect("the policy");
    let bad = verify();
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.out.contains("policy.toml: its digest"), "{bad:?}");
}

#[test]
fn a_review_whose_policy_was_changed_is_refused() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    serving.snapshot(&home, "q4").good();
    let path = home.data().join("reviews/q4/policy.toml");
    let text = fs::read_to_string(&path).expect("the policy");
    fs::write(&path, text.replace("= 90", "= 10")).expect("the policy");
    let refused = home.run(&["status", "q4"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("policy.toml"), "{}", refused.err);
}

#[test]
fn a_refresh_keeps_the_policy_unless_another_one_is_given() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    serving.snapshot(&home, "q4").good();
    keep_all(&home, &[]).good();
    home.keep_left_out("q4");
    let snapshot = |more: &[&str]| {
        let fixed = [
            "snapshot",
            "q4",
            "--org",
            &serving.url,
            "--token-stdin",
            "--json",
        ];
        home.run_with(&[&fixed, more].concat(), &serving.token)
    };
    let stored = || {
        let path = home.data().join("reviews/q4/policy.toml");
        fs::read_to_string(path).expect("the policy")
    };
    // A policy that was written meanwhile is for new reviews.
    let other = put(&home, STRICT).display().to_string();
    let kept = snapshot(&["--refresh"]);
    let kept = kept.good().json();
    assert_eq!(kept["policy_changed"], false, "{kept}");
    assert_eq!(kept["decisions_reopened"], 0, "{kept}");
    assert_ne!(stored(), STRICT);

    let changed = snapshot(&["--refresh", "--policy", &other]);
    let changed = changed.good().json();
    assert_eq!(changed["policy_changed"], true, "{changed}");
    assert_eq!(stored(), STRICT);
    // What was kept without a reason is asked again where one is wanted now.
    let reopened = changed["decisions_reopened"].as_u64().expect("a number");
    assert!(reopened > 0, "{changed}");
    let status = home.run(&["status", "q4", "--json"]);
    let status = status.good().json();
    let undecided = home.run(&[
        "decide",
        "q4",
        "--where",
        "is:undecided -is:implicit -is:own",
        "--keep",
        "--reason",
        "seen",
        "--json",
    ]);
    let undecided = undecided.good().json()["items"].as_u64();
    assert_eq!(undecided, Some(reopened), "{status}");
}
