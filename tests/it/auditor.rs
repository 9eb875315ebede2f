//! What an auditor asks of a record, years later, from the command line.

use std::fs;

use crate::{
    program::{Home, have},
    review::sealed,
};

#[test]
fn a_sample_is_drawn_again_with_stock_tools() {
    if !have(&["ssh-keygen", "sh", "jq", "sha256sum", "awk"]) {
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

    assert_eq!(by_hand(&home, &record, "9"), ids);

    // By risk, the strata take turns.
    let drawn = home
        .run(&[
            "sample",
            &record,
            "--seed",
            "7",
            "--size",
            "23",
            "--stratify",
            "risk",
            "--json",
        ])
        .good()
        .json();
    let rows = drawn["items"].as_array().expect("items");
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect(name).to_owned();
    let drawn_by_risk: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", text(row, "stratum"), text(row, "id")))
        .collect();
    assert_eq!(by_hand_by_risk(&home, &record, "23"), drawn_by_risk);
    for stratum in drawn["strata"].as_array().expect("strata") {
        let of = |name: &str| stratum[name].as_u64().expect(name);
        assert!(of("drawn") == of("of") || of("drawn") >= 5, "{stratum}");
    }

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

/// Runs the commands that the help of `sample` teaches, with a seed of 7: the text from `begin` to the size after it.
fn taught(home: &Home, record: &str, begin: &str, size: &str) -> String {
    let help = home.run(&["sample", "--help"]).good().out;
    let from = help.find(begin).expect("the help has it");
    let upto = from + help[from..].find("head -n SIZE").expect("the help has it");
    let script = format!("{}head -n {size}", &help[from..upto]).replace("SEED", "7");
    let output = home
        .command("sh")
        .args(["-c", &script])
        .current_dir(record)
        .output()
        .expect("sh starts");
    assert!(output.stderr.is_empty(), "{script}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn by_hand(home: &Home, record: &str, size: &str) -> Vec<String> {
    let text = taught(
        home,
        record,
        "  jq -r 'select(.decision != \"out-of-scope\").id'",
        size,
    );
    let ids = text.lines().filter_map(|line| line.split_once(' '));
    ids.map(|(_, id)| id.to_owned()).collect()
}

/// Stratum and id.
fn by_hand_by_risk(home: &Home, record: &str, size: &str) -> Vec<String> {
    let text = taught(
        home,
        record,
        "  jq -r 'select(.decision != \"out-of-scope\") | (",
        size,
    );
    let drawn = text.lines().filter_map(|line| line.splitn(3, ' ').nth(2));
    drawn.map(str::to_owned).collect()
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

    let chosen = home
        .run(&["log", &record, "--where", "event:revoke", "--json"])
        .good()
        .out;
    let told = |line: &str| line.contains("\"event\":\"revoke\"");
    assert!(chosen.lines().count() > 0 && chosen.lines().all(told));
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
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("decisions");
    let record = record.display().to_string();
    for (number, line) in (1..).zip(grants.lines()) {
        let grant: serde_json::Value = serde_json::from_str(line).expect("JSON");
        // One of each kind is enough.
        if number % 13 != 1 {
            continue;
        }
        let (number, at) = (number.to_string(), number - 1);
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
        // The signals are those that were signed.
        let decided: serde_json::Value =
            serde_json::from_str(decisions.lines().nth(at).expect("a line")).expect("JSON");
        for (value, member) in [("yes", "signals"), ("unknown", "unknown")] {
            let shown = shown["signals"].as_array().expect("signals");
            let shown = shown.iter().filter(|signal| signal["value"] == value);
            let shown: Vec<&serde_json::Value> = shown.map(|signal| &signal["signal"]).collect();
            let signed = decided[member].as_array();
            assert_eq!(
                shown,
                signed.map_or(Vec::new(), |signed| signed.iter().collect())
            );
        }
        assert_eq!(shown["signature"]["principal"], "rosa@example.com");
        let row = shown["source"]["row"].to_string();
        let holder = grant["account"].as_str().or(grant["team"].as_str());
        assert!(
            holder.is_none_or(|holder| row.contains(holder)),
            "{holder:?} in {row}"
        );
    }
    let text = home.run(&["show", &record, "3"]).good().out;
    for part in [
        "signed by        rosa@example.com with SHA256:",
        "\nSignals\n",
        "decision",
        "What happened to it",
        "What the server said",
        "item id",
        "SHA-256 of the body",
    ] {
        assert!(text.contains(part), "{text}");
    }
}
