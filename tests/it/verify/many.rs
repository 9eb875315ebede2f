//! Levels, many records at once, keys judged at a time, and the report as a page.

use std::fs;

use muster::{domain::text::Raw, format::record};
use serde_json::Value;

use super::{files::Files, vectors::stored};
use crate::{
    program::{Home, have},
    ssh_tools::{Keys, PRINCIPAL},
};

/// A home with stored records in `records/`, and the list of signers they need.
fn home_with(names: &[&str]) -> Home {
    let home = Home::new();
    for name in names {
        stored(name).write(&home.path().join("records").join(name));
    }
    let list = format!("{PRINCIPAL} {}\n", Keys::new().public("ed25519"));
    fs::write(home.path().join("signers"), list).expect("a file of ours");
    home
}

/// A record that another one names: the good one under another id and name, sealed at another time.
fn another(id: u8, previous: Option<&Files>) -> Files {
    use muster::domain::{
        Digest,
        journal::{Event, PreviousRecord},
    };
    let mut files = stored("good");
    let sealed = format!("2026-10-{:02}T09:00:00Z", id + 1);
    let sealed_at = sealed.parse().expect("a time");
    let named = previous.map(|before| {
        let review = record::Review::parse(before.get(record::REVIEW)).expect("a review");
        PreviousRecord {
            record: review.record_id.clone(),
            sums: Digest::of(before.get(record::SUMS)),
            review: review.title.clone(),
            as_of: review.provenance.ended,
            sealed_at: review.sealed_at,
            principal: Raw::from(PRINCIPAL),
            key_fingerprint: review.reviewer.key_fingerprint.clone(),
            signer_known: true,
        }
    });
    files.rechain(|entry| {
        if let Event::Opened(opened) = &mut entry.event {
            opened.previous_record.clone_from(&named);
        }
    });
    files.change_review(|review| {
        review.record_id = format!("019a0000-0000-7000-8000-0000000000{id:02}");
        review.sealed_at = sealed_at;
        review.previous.clone_from(&named);
    });
    files.recompute_review();
    files.resign();
    files
}

fn words(answer: &Value, list: &str, name: &str) -> Vec<String> {
    let list = answer[list].as_array().expect(list).iter();
    list.map(|one| one[name].as_str().expect(name).to_owned())
        .collect()
}

#[test]
fn each_of_many_records_is_judged_and_the_worst_one_gives_the_exit_code() {
    let home = home_with(&["good", "bad-grant-edited", "good-scoped", "bad-crlf"]);
    let records = [
        "verify",
        "records/bad-crlf",
        "records/bad-grant-edited",
        "records/good",
        "records/good-scoped",
        "--allowed-signers",
        "signers",
    ];
    let ended = home.run(&records);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.starts_with("4 records: 2 good, 2 bad\n"),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .contains("  records/good  good: the signer is known"),
        "{}",
        ended.out
    );
    let json = home.run(&[&records[..], &["--json"]].concat()).json();
    assert_eq!(
        words(&json, "records", "verdict"),
        ["bad", "bad", "good", "good"]
    );
    assert_eq!(json["records"][1]["file"], "grants.jsonl");
    // A folder that is none is one answer of many, and no reason not to judge the others.
    let some = home.run(&["verify", "records/good", "records/none", "--json"]);
    assert_eq!(some.code, Some(2), "{some:?}");
    assert_eq!(
        words(&some.json(), "records", "verdict"),
        ["good", "could not tell"]
    );
    let none = home.run(&["verify", "records/none"]);
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));
    assert!(none.err.contains("hint: give the folder"), "{none:?}");
}

#[test]
fn the_chain_of_records_is_drawn_with_what_is_missing_doubled_or_forked() {
    let home = Home::new();
    let first = another(1, None);
    let second = another(2, Some(&first));
    let third = another(3, Some(&second));
    let fork = another(4, Some(&second));
    for (name, files) in [
        ("a", &first),
        ("b", &second),
        ("c", &third),
        ("d", &fork),
        ("copy-of-a", &first),
    ] {
        files.write(&home.path().join(name));
    }
    let whole = home
        .run(&["verify", "c", "b", "a", "--quick", "--json"])
        .good()
        .json();
    assert_eq!(words(&whole, "chain", "path"), ["a", "b", "c"]);
    assert_eq!(whole["problems"], serde_json::json!([]));
    let drawn = home.run(&["verify", "c", "b", "a", "--quick"]).good().out;
    let lines: Vec<&str> = drawn
        .lines()
        .skip_while(|line| *line != "Which record follows which")
        .skip(1)
        .take(3)
        .map(|line| line.split_whitespace().next().unwrap_or_default())
        .collect();
    assert_eq!(lines, ["●", "↳", "↳"], "{drawn}");

    let gap = home
        .run(&["verify", "a", "c", "--quick", "--json"])
        .good()
        .json();
    assert_eq!(words(&gap, "problems", "kind"), ["missing"]);
    assert_eq!(gap["chain"][1]["previous"]["here"], false);
    let text = &words(&gap, "problems", "text")[0];
    assert!(
        text.contains("0002") && text.contains("which c names"),
        "{text}"
    );

    let all = home
        .run(&[
            "verify",
            "a",
            "b",
            "c",
            "d",
            "copy-of-a",
            "--json",
            "--quick",
        ])
        .good()
        .json();
    assert_eq!(words(&all, "problems", "kind"), ["duplicate", "fork"]);
    assert_eq!(words(&all, "records", "verdict"), ["intact"; 5]);
    // A record that is bad says nothing about others.
    let mut bad = fork.clone();
    bad.set(record::README, "edited");
    bad.write(&home.path().join("bad"));
    let with_bad = home.run(&["verify", "a", "bad", "--json"]).json();
    assert_eq!(words(&with_bad, "chain", "path"), ["a"], "{with_bad}");
}

#[test]
fn a_key_is_judged_at_the_time_that_is_asked_for() {
    let home = home_with(&["good"]);
    let key = Keys::new().public("ed25519");
    let list = format!("{PRINCIPAL} valid-before=\"20261015Z\" {key}\n");
    fs::write(home.path().join("replaced"), list).expect("a file of ours");
    let at = |list: &str, more: &[&str]| {
        let usual = [
            "verify",
            "records/good",
            "--allowed-signers",
            list,
            "--json",
        ];
        let ended = home.run(&[&usual[..], more].concat());
        let json = ended.json();
        (ended.code, json["text"].as_str().expect("words").to_owned())
    };
    // Sealed while the key was good, by its own word: whoever knows that it is true says so.
    let (code, text) = at("replaced", &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("nothing in the record proves that time"),
        "{text}"
    );
    for time in [
        "2026-10-02T00:00:00Z",
        "2026-10-15T02:00:00+02:00",
        "20261001Z",
        "202610140101Z",
    ] {
        assert_eq!(at("replaced", &["--at", time]).0, Some(0), "{time}");
    }
    for time in ["2026-10-15T00:00:01Z", "20270101Z"] {
        let (code, text) = at("replaced", &["--at", time]);
        assert_eq!(code, Some(1), "{time}: {text}");
        assert!(text.contains("at this time"), "{text}");
    }
    for time in ["20261001", "yesterday", "2026-10-01", "2026-10-01T00:00:00"] {
        let wrong = home.run(&[
            "verify",
            "records/good",
            "--allowed-signers",
            "replaced",
            "--at",
            time,
        ]);
        assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
        assert!(wrong.err.contains("is no time"), "{wrong:?}");
    }
    // Without a list nobody's word counts at any time.
    assert_eq!(
        home.run(&["verify", "records/good", "--at", "20261001Z"])
            .code,
        Some(2)
    );
}

#[test]
fn a_revoked_key_counts_for_nothing_and_a_list_that_cannot_be_read_stops() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = home_with(&["good"]);
    let (keys, list) = (Keys::new(), home.path().join("revoked"));
    let judged = || {
        let all = [
            "verify",
            "records/good",
            "--allowed-signers",
            "signers",
            "--revoked-keys",
            "revoked",
        ];
        home.run(&all)
    };
    fs::write(
        &list,
        format!("# lost\n\n{}\n", keys.public("ed25519-other")),
    )
    .expect("a file of ours");
    judged().good();
    fs::write(
        &list,
        format!("# lost\n{} laptop\n", keys.public("ed25519")),
    )
    .expect("a file of ours");
    let ended = judged();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("list of revoked keys"), "{}", ended.out);
    // It counts without a list of signers, too.
    let alone = home.run(&[
        "verify",
        "records/good",
        "--revoked-keys",
        "revoked",
        "--quick",
    ]);
    assert_eq!(alone.code, Some(1), "{alone:?}");

    for broken in [
        "ssh-ed25519 AAAA\n",
        "all keys of 2025\n",
        "SSHKRL\n\0\0\0\0\x01",
        "\u{fffd}\n",
    ] {
        fs::write(&list, broken).expect("a file of ours");
        let ended = judged();
        assert_eq!(
            (ended.code, ended.out.as_str()),
            (Some(2), ""),
            "{broken:?}"
        );
        assert!(ended.err.contains("ssh-keygen -Q"), "{ended:?}");
    }
    fs::remove_file(&list).expect("it was there");
    assert_eq!(judged().code, Some(2));
}

#[test]
fn the_report_is_a_page_that_a_browser_reads_and_nothing_in_it_acts() {
    if !have(&["chromium"]) {
        return;
    }
    let home = home_with(&["good", "good-scoped"]);
    let mut forged = stored("good");
    forged.set("x<script>document.title='gone';", "");
    forged.write(&home.path().join("records/a<b>&\"c\""));
    let ended = home.run(&[
        "verify",
        "records/good",
        "records/good-scoped",
        "records/a<b>&\"c\"",
        "--allowed-signers",
        "signers",
        "--html",
        "report.html",
    ]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let page = home.path().join("report.html");
    let text = fs::read_to_string(&page).expect("a page");
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script"));
    let output = home
        .command("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            home.path().join("browser").display()
        ))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium starts");
    let dom = String::from_utf8(output.stdout).expect("a page");
    assert!(
        dom.contains("<title>Verification of 3 records</title>"),
        "{dom}"
    );
    for (verdict, times) in [("good", 2), ("bad", 1)] {
        let row = format!("data-verdict=\"{verdict}\"");
        assert_eq!(dom.matches(&row).count(), times, "{dom}");
    }
    assert_eq!(
        dom.matches("data-check=\"files\" data-outcome=\"failed\"")
            .count(),
        1
    );
    assert_eq!(
        dom.matches("data-check=\"totals\" data-outcome=\"passed\"")
            .count(),
        2
    );
    assert_eq!(
        dom.matches("data-check=\"evidence\" data-outcome=\"not asked\"")
            .count(),
        3
    );
    assert!(dom.contains("ssh-keygen -Y verify") && dom.contains("records/good-scoped"));
    // A page that is there is not written over.
    let again = home.run(&["verify", "records/good", "--html", "report.html"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert_eq!(fs::read_to_string(&page).expect("a page"), text);
}
