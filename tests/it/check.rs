//! The red flags before the signature: told, waived, grown, and in the record.

use std::fs;

use crate::program::{Ended, Home, Serving, have, new_key};

/// A review in which everything is decided but the reviewer's own access; Jonas Berg loses a role that he has through a
/// team, too.
fn decided(home: &Home) {
    Serving::start(home, "s").snapshot(home, "q4").good();
    let jonas = "account:jonas.berg -account:jonas.berg2 project:\"Device Firmware\" role:\"Project Member\"";
    for more in [
        &["--where", "is:implicit", "--acknowledge"][..],
        &["--where", jonas, "--revoke", "--reason", "has it twice"],
        &["--where", "is:undecided -is:own", "--keep"],
    ] {
        home.run(&[&["decide", "q4"], more].concat()).good();
    }
    home.keep_left_out("q4");
    let why = ["--reason", "runs it for us", "--redecide"];
    home.keep_one_by_one("q4", "flag:external-privileged", &why);
}

#[test]
fn what_revokes_leave_standing_is_told_before_they_are_made() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let revoke = |filter: &str, more: &[&str]| {
        let fixed = [
            "decide",
            "q4",
            "--where",
            filter,
            "--revoke",
            "--reason",
            "x",
            "--dry-run",
        ];
        home.run(&[&fixed[..], more].concat()).good()
    };
    let jonas = "account:jonas.berg -account:jonas.berg2 project:\"Device Firmware\" role:\"Project Member\"";
    let told = revoke(jonas, &[]);
    assert!(
        told.out
            .contains("note: 1 revoke leaves the access standing by another way: ")
            && told.out.contains("of Jonas Berg"),
        "{}",
        told.out
    );
    let told = revoke(jonas, &["--json"]).json();
    assert_eq!(
        (
            &told["remains"]["standing"],
            &told["remains"]["others"]["lose"]
        ),
        (&told["chosen"][0]["number"].to_string().into(), &0.into())
    );
    // With the team's grant it goes, and everybody in the team is touched.
    let both = format!("({jonas}) or is:team project:\"Device Firmware\"");
    let told = revoke(&both, &["--json"]).json();
    assert_eq!(told["remains"]["standing"], "");
    assert!(
        told["remains"]["others"]["lose"].as_u64() > Some(0),
        "{told}"
    );
}

fn check(home: &Home, more: &[&str]) -> Ended {
    home.run(&[&["check", "q4"], more].concat())
}

fn seal(home: &Home, more: &[&str]) -> Ended {
    let key = home.path().join("id_test");
    let key = if key.exists() {
        key
    } else {
        new_key(home, "id_test")
    };
    let key = key.display().to_string();
    let fixed = ["seal", "q4", "--key", &key, "--attest", "--json"];
    home.run(&[&fixed[..], &["--principal", "rosa@example.com"], more].concat())
}

/// Name, count and whether it is open of each flag.
fn flags(answer: &serde_json::Value) -> Vec<(String, u64, bool)> {
    let flags = answer["flags"].as_array().expect("flags");
    let one = |flag: &serde_json::Value| {
        (
            flag["flag"].as_str().expect("a name").to_owned(),
            flag["count"].as_u64().expect("a count"),
            flag["open"].as_bool().expect("open or not"),
        )
    };
    flags.iter().map(one).collect()
}

#[test]
fn a_flag_that_stops_sealing_is_waived_with_a_reason_that_lands_in_the_record() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    decided(&home);
    let told = check(&home, &["--json", "--items"]);
    assert_eq!(told.code, Some(1));
    let told = told.json();
    let open: Vec<_> = flags(&told).into_iter().take(2).collect();
    assert_eq!(
        open,
        [
            ("undecided".to_owned(), 5, true),
            ("removes-nothing".to_owned(), 1, true)
        ]
    );
    assert_eq!(told["stops"], 2);
    assert_eq!(told["flags"][1]["listed"][0]["holder"], "Jonas Berg");
    assert!(
        told["flags"][1]["clauses"]
            .as_array()
            .expect("clauses")
            .contains(&"PCI DSS 7.2.4".into())
    );

    let journal = home.data().join("reviews/q4/journal.jsonl");
    let lines = || {
        fs::read_to_string(&journal)
            .expect("a journal")
            .lines()
            .count()
    };
    let before = lines();
    let refused = seal(&home, &["--allow-undecided", "my own access"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .err
            .contains("removes-nothing: 1 item is revoked and still reached")
            && refused.err.contains("muster check q4 --waive FLAG")
            && !refused.err.contains("undecided:"),
        "{}",
        refused.err
    );
    assert_eq!(lines(), before, "what is refused writes nothing");

    let reason = "the team keeps it \u{202e}for him";
    let waived = check(&home, &["--waive", "removes-nothing", "--reason", reason]);
    assert_eq!(waived.code, Some(1), "others are open");
    assert!(
        waived.out.contains("waived   removes-nothing"),
        "{}",
        waived.out
    );
    assert!(!waived.out.contains('\u{202e}'));
    let record = seal(&home, &["--allow-undecided", "my own access"])
        .good()
        .json();
    let record = record["record"].as_str().expect("a path").to_owned();

    let verdict = home.run(&["verify", &record, "--json"]).good().json();
    let given = |n: usize| verdict["flags"][n]["waiver"].clone();
    assert_eq!(given(0)["reason"], "my own access");
    assert_eq!(
        (given(1)["reason"].as_str(), &given(1)["covers"]),
        (Some(reason), &true.into())
    );
    let told = home.run(&["verify", &record]).good();
    assert!(
        told.out.contains("2 red flags were waived with a reason that stands in this record: undecided items (5 items), \
                           revokes that remove nothing (1 item)."),
        "{}",
        told.out
    );
    let review = fs::read_to_string(format!("{record}/review.json")).expect("it is there");
    let review: serde_json::Value = serde_json::from_str(&review).expect("JSON");
    assert_eq!(review["flags"][1]["flag"], "removes-nothing");
    // A sealed review is told as it was signed.
    let sealed = check(&home, &["--json"]).json();
    assert_eq!(
        flags(&sealed)[..2],
        [
            ("undecided".to_owned(), 5, false),
            ("removes-nothing".to_owned(), 1, false)
        ]
    );
}

#[test]
fn a_waiver_does_not_cover_what_the_flag_grows_by() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    decided(&home);
    for flag in ["undecided", "removes-nothing"] {
        check(&home, &["--waive", flag, "--reason", "a pilot"]);
    }
    let again = [
        "decide",
        "q4",
        "--where",
        "account:theo.marsh is:kept",
        "--clear",
    ];
    home.run(&again).good();
    let told = check(&home, &[]);
    assert!(
        told.out
            .contains("it grew since it was waived because: a pilot"),
        "{}",
        told.out
    );
    let refused = seal(&home, &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("undecided:"), "{}", refused.err);
    // Said again, it is for all of it.
    seal(&home, &["--allow-undecided", "Theo Marsh, too"]).good();
}

#[test]
fn a_flag_that_is_not_there_or_not_known_is_not_waived() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let journal = home.data().join("reviews/q4/journal.jsonl");
    let lines = || {
        fs::read_to_string(&journal)
            .expect("a journal")
            .lines()
            .count()
    };
    for (flag, reason, said) in [
        ("gaps", "none", "there is no flag gaps"),
        ("gap", "none", "flags are undecided, self-review"),
        ("undecided", " ", "a reason is missing"),
    ] {
        let refused = check(&home, &["--waive", flag, "--reason", reason]);
        assert_eq!(refused.code, Some(2), "{flag}");
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    let bare = check(&home, &["--waive", "undecided"]);
    assert!(
        bare.code == Some(2) && bare.err.contains("--reason"),
        "{}",
        bare.err
    );
    assert_eq!(lines(), 1);
    // The items of a flag are those of a filter.
    let all = home.run(&[
        "decide",
        "q4",
        "--where",
        "flag:undecided",
        "--later",
        "--dry-run",
        "--json",
    ]);
    let status = home.run(&["status", "q4", "--json"]).good().json();
    assert_eq!(all.good().json()["items"], status["undecided"]);
}
