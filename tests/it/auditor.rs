//! What an auditor asks of a record, years later, from the command line.

use std::fs;

use crate::{
    program::{Home, Serving, have},
    review::sealed,
};

#[test]
fn a_sample_is_drawn_again_with_stock_tools() {
    if !have(&["ssh-keygen", "sh", "jq", "sha256sum"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home).display().to_string();
    let drawn = home
        .run(&["sample", &record, "--seed", "7", "--size", "9", "--json"])
        .good()
        .json();
    let ids: Vec<&str> = drawn["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), 9);

    // The commands are the ones that the help teaches.
    let help = home.run(&["sample", "--help"]).good().out;
    let from = help.find("  jq -r .id").expect("the help has it");
    let upto = from + help[from..].find("head -n SIZE").expect("the help has it");
    let script = format!("{}head -n 9", &help[from..upto]).replace("SEED", "7");
    let output = home
        .command("sh")
        .args(["-c", &script])
        .current_dir(&record)
        .output()
        .expect("sh starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let again: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, id)| id)
        .collect();
    assert_eq!(again, ids, "{script}");

    let text = home
        .run(&[
            "sample",
            &record,
            "--seed",
            "7",
            "--size",
            "3",
            "--where",
            "is:revoked",
        ])
        .good()
        .out;
    assert_eq!(text.matches(" revoke ").count(), 3, "{text}");
}

#[test]
fn the_journal_is_told_at_any_moment() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("decisions");
    let journal = fs::read_to_string(record.join("journal.jsonl")).expect("a journal");
    let record = record.display().to_string();
    let whole = home.run(&["log", &record]).good().out;
    assert_eq!(
        whole.lines().count(),
        journal.lines().count() + 1,
        "{whole}"
    );

    let first = home.run(&["log", &record, "--at", "1"]).good().out;
    assert!(first.contains(" 0 kept, 0 revoked"), "{first}");
    let last = journal.lines().count().to_string();
    let differ = home.run(&["log", &record, "--diff", "1", &last, "--json"]);
    assert_eq!(differ.code, Some(1));
    let decided = decisions
        .lines()
        .filter(|line| !line.contains("\"undecided\""))
        .count();
    assert_eq!(differ.out.lines().count(), decided);
    let same = home.run(&["log", &record, "--diff", &last, &last]).good();
    assert!(same.out.contains("0 decisions differ"), "{}", same.out);

    let revoked = decisions
        .lines()
        .position(|line| line.contains("\"revoke\""))
        .expect("one was revoked")
        + 1;
    let item = revoked.to_string();
    let about = home.run(&["log", &record, "--item", &item]).good().out;
    assert!(
        about.contains("left the company") && about.contains(", revoke"),
        "{about}"
    );
    let id = &decisions.lines().nth(revoked - 1).expect("a line")[7..31];
    assert_eq!(home.run(&["log", &record, "--item", id]).good().out, about);

    let revokes = home
        .run(&["log", &record, "--where", "event:revoke", "--json"])
        .good()
        .out;
    let told = |line: &str| line.contains("\"event\":\"revoke\"");
    assert!(revokes.lines().count() > 0 && revokes.lines().all(told));
    let text = format!("item:{item} -event:undone");
    let chosen = home.run(&["log", &record, "--events", &text, "--json"]);
    let same = home.run(&["log", &record, "--item", &item, "--json"]);
    assert_eq!(chosen.good().out, same.good().out);

    for (arguments, said) in [
        (&["--where", "event:revok"][..], "did you mean revoke?"),
        (&["--at", "9999"], "there is no entry 9999"),
        (
            &["--at", "1999-01-01"],
            "nothing had happened by 1999-01-01",
        ),
        (
            &["--at", "noon"],
            "neither the number of an entry nor a time",
        ),
        (&["--item", "9999"], "there is no item 9999"),
    ] {
        let ended = home.run(&[&["log", &record], arguments].concat());
        assert!(
            ended.code == Some(2) && ended.err.contains(said),
            "{}",
            ended.err
        );
    }
    // The review it came from has the same journal, and its seal.
    let open = home.run(&["log", "q4"]).good().out;
    assert!(open.contains("sealed as"), "{open}");
    let day = home.run(&["log", &record, "--at", "9998-01-01"]).good().out;
    assert_eq!(day, whole);
}

#[test]
fn everything_about_one_item_is_told_down_to_the_servers_answer() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let grants = fs::read_to_string(record.join("grants.jsonl")).expect("grants");
    let record = record.display().to_string();
    for (number, line) in (1..).zip(grants.lines()) {
        let grant: serde_json::Value = serde_json::from_str(line).expect("JSON");
        // One of each kind is enough.
        if number % 13 != 1 {
            continue;
        }
        let number = number.to_string();
        let shown = home
            .run(&["show", &record, &number, "--json"])
            .good()
            .json();
        assert_eq!(
            shown["item"]["item_id"]
                .as_str()
                .map(|id| id.trim_start_matches('\'')),
            grant["id"].as_str()
        );
        assert_eq!(shown["source"]["n"], grant["ev"]);
        let row = shown["source"]["row"].to_string();
        let holder = grant["account"].as_str().or(grant["team"].as_str());
        assert!(
            holder.is_none_or(|holder| row.contains(holder)),
            "{holder:?} in {row}"
        );
    }
    let text = home.run(&["show", &record, "3"]).good().out;
    for part in [
        "What happened to it",
        "What the server said",
        "item id",
        "SHA-256 of the body",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_record_is_compared_with_a_later_snapshot() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home).display().to_string();
    // The server of the record is gone; another with the same organization stands for the time after.
    let serving = Serving::start(&home, "s");
    serving.snapshot(&home, "now").good();
    let text = home.run(&["diff", &record, "now"]);
    assert_eq!(text.code, Some(1), "{}", text.err);
    assert!(
        text.out.contains("grants: 0 added, 0 removed"),
        "{}",
        text.out
    );
    assert!(text.out.contains("still-there"), "{}", text.out);
    let lines = home.run(&["diff", &record, "now", "--json"]).out;
    let revokes = lines
        .lines()
        .filter(|line| line.contains("\"kind\":\"revoke\""))
        .count();
    let decisions = fs::read_to_string(format!("{record}/decisions.jsonl")).expect("decisions");
    assert_eq!(
        revokes,
        decisions.matches("\"decision\":\"revoke\"").count()
    );
    let back = home.run(&["diff", "now", &record]);
    assert!(
        back.code == Some(2) && back.err.contains("give the older one first"),
        "{}",
        back.err
    );
}
