//! What an auditor asks of a record, years later, from the command line.

use std::fs;

use crate::{
    program::{Home, have},
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

    for (arguments, said) in [
        (&["--at", "9999"][..], "there is no entry 9999"),
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
