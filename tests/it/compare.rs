//! Two moments of an organization beside each other.

use std::fs;

use muster::{
    demo::{Fault, When},
    domain::text::SafeText,
};
use serde_json::Value;

use crate::{
    delta::Quarter,
    program::{Ended, Home, Serving, have},
    review::sealed,
};

/// A record of another organization.
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/good");

/// The rows of lines of JSON: neither what is compared nor the totals.
fn rows(ended: &Ended) -> Vec<Value> {
    let lines: Vec<Value> = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(lines[0]["kind"], "compared", "{}", ended.err);
    assert_eq!(lines[lines.len() - 1]["kind"], "totals");
    lines[1..lines.len() - 1].to_vec()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().expect(name)
}

impl Quarter {
    /// Compares the record of the first quarter with the organization as it is now.
    fn live(&self, more: &[&str]) -> Ended {
        let (record, url) = (self.record.display().to_string(), self.running.server.url());
        let arguments = ["diff", &record, "--live", "--org", &url, "--token-stdin"];
        let arguments = [&arguments[..], more].concat();
        self.home.run_with(&arguments, self.running.server.token())
    }
}

#[test]
fn a_record_is_compared_with_the_organization_as_it_is_now() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    let before = quarter.home.files();
    let live = quarter.live(&["--json"]);
    assert_eq!(live.code, Some(1), "{}", live.err);
    assert_eq!(quarter.home.files(), before, "nothing of it is kept");
    let told = rows(&live);
    let found = |kind: &str, change: &str, what: &str| {
        told.iter().any(|row| {
            text(row, "kind") == kind
                && text(row, "change") == change
                && text(row, "what").contains(what)
        })
    };
    let labels = |username: &str| {
        let state = quarter.running.server.state();
        let account = state.account(username).expect("an account");
        let account = &state.accounts()[account as usize];
        let name = format!("{} {}", account.first_name, account.last_name);
        SafeText::of(&name).to_string()
    };
    let of = |(username, resource): &(String, String)| (labels(username), resource.clone());
    let (who, team) = of(&quarter.anew);
    assert!(
        found("revoke", "came-back", &format!("{team} / ")),
        "{}",
        live.out
    );
    assert!(found("revoke", "came-back", &who), "{}", live.out);
    let (who, project) = of(&quarter.there);
    assert!(
        found("revoke", "still-there", &format!("{project} / "))
            && found("revoke", "still-there", &who),
        "{}",
        live.out
    );
    let (who, team) = of(&quarter.removed);
    assert!(
        found("grant", "removed", &format!("of {who}")),
        "{team}: {}",
        live.out
    );
    let (who, project) = of(&quarter.added);
    assert!(
        found("grant", "added", &format!("of {who}")),
        "{project}: {}",
        live.out
    );
    let suspended = told
        .iter()
        .find(|row| {
            text(row, "kind") == "account" && text(row, "what").contains(&quarter.suspended)
        })
        .expect("the account changed");
    let state = suspended["fields"].as_array().expect("fields");
    assert!(
        state.iter().any(|field| {
            field["field"] == "state" && field["from"] == "active" && field["to"] == "suspended"
        }),
        "{suspended}"
    );

    // The same through a review that is kept, and through the record that it becomes.
    quarter.second(&[]).good();
    let record = quarter.record.display().to_string();
    let review = quarter.home.run(&["diff", &record, "q2", "--json"]);
    assert_eq!(rows(&review), told);
    let same = quarter.home.run(&["diff", "q2", "q2", "--json"]).good();
    assert_eq!(rows(&same), Vec::<Value>::new());
    quarter
        .home
        .run(&["decide", "q2", "--where", "is:implicit", "--acknowledge"])
        .good();
    let rest = "is:undecided -is:implicit -is:own";
    quarter
        .home
        .run(&[
            "decide", "q2", "--where", rest, "--keep", "--reason", "fine",
        ])
        .good();
    let sealed = quarter.seal("q2").display().to_string();
    let records = quarter.home.run(&["diff", &record, &sealed, "--json"]);
    assert_eq!(rows(&records), told);

    // Text ends with totals, and a filter leaves the rest out.
    let all = quarter.home.run(&["diff", &record, "q2"]).out;
    let totals = all.split("\ntotals\n").nth(1).expect("totals");
    assert!(
        totals.contains("came-back") && totals.contains("same in both"),
        "{all}"
    );
    let filter = format!("account:{}", quarter.there.0);
    let chosen = quarter
        .home
        .run(&["diff", &record, "q2", "--where", &filter, "--json"]);
    let chosen = rows(&chosen);
    assert!(
        !chosen.is_empty() && chosen.len() < told.len(),
        "{chosen:?}"
    );
    assert!(chosen.iter().all(|row| told.contains(row)));
}

#[test]
fn what_cannot_be_read_now_is_unknown_and_never_gone() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    // Of no project anybody who takes part is told.
    quarter
        .running
        .server
        .faults()
        .arm(When::path("projects/*/people"), Fault::Status(403));
    let live = quarter.live(&["--json"]);
    assert_eq!(live.code, Some(1), "{}", live.err);
    let told = rows(&live);
    let removed: Vec<&Value> = told
        .iter()
        .filter(|row| text(row, "kind") == "grant" && text(row, "change") == "removed")
        .collect();
    // The membership that really went was read.
    assert!(
        !removed.is_empty()
            && removed
                .iter()
                .all(|row| text(row, "what").contains(" / Team")),
        "{removed:?}"
    );
    let unknown = |row: &&Value| text(row, "change") == "unknown";
    assert!(told.iter().filter(unknown).count() > 10);
    let gone = |row: &&Value| text(row, "kind") == "revoke" && text(row, "change") == "gone";
    assert_eq!(told.iter().filter(gone).count(), 0, "{}", live.out);
    let head: Value = serde_json::from_str(live.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!(head["new"]["complete"], "partial");
    let said = quarter.live(&[]).out;
    assert!(said.contains("PARTIAL: "), "{said}");

    // Where nothing is seen to differ, but not everything was seen, that is no yes.
    let filter = format!(
        "account:{} project:\"{}\" is:kept",
        quarter.there.0, quarter.there.1
    );
    let none = quarter.live(&["--where", &filter]);
    assert_eq!(none.code, Some(2), "{}", none.out);
}

#[test]
fn csv_has_a_row_for_each_value_and_no_formula() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    quarter
        .running
        .server
        .state_mut()
        .change_account(3, |account| {
            account.last_name = "=cmd|' /C calc'!A1".into();
        });
    let out = quarter.home.path().join("changes.csv");
    let file = out.display().to_string();
    let live = quarter.live(&["--format", "csv", "--out", &file]);
    assert!(live.code == Some(1) && live.out.is_empty(), "{}", live.err);
    let csv = fs::read_to_string(&out).expect("the file");
    assert!(
        csv.starts_with("kind,change,id,what,field,from,to,detail,old_item,new_item,old,new\r\n")
    );
    assert!(csv.ends_with("\r\n") && !csv.replace("\r\n", "").contains(['\r', '\n']));
    assert!(csv.contains(",state,active,suspended,"), "{csv}");
    assert!(csv.contains("calc'!A1"), "{csv}");
    for cell in csv.split(',') {
        let cell = cell.trim_start_matches('"');
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    // Another time it is there already.
    let again = quarter.live(&["--out", &file]);
    assert!(
        again.code == Some(2) && again.err.contains("is already there"),
        "{}",
        again.err
    );
    assert_eq!(fs::read_to_string(&out).expect("the file"), csv);
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
    let other = home.run(&["diff", OTHER, &record]);
    assert!(
        other.code == Some(2) && other.err.contains("of different organizations"),
        "{}",
        other.err
    );
    let url = home.run(&["diff", &record, "--live"]);
    assert!(
        url.code == Some(2)
            && url
                .err
                .contains("you have no connection to http://127.0.0.1"),
        "{}",
        url.err
    );
    let back = home.run(&["diff", "now", &record]);
    assert!(
        back.code == Some(2) && back.err.contains("give the older one first"),
        "{}",
        back.err
    );
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_shown_on_screens_and_the_exit_code_still_tells() {
    use crate::{program::MUSTER, terminal::Terminal};

    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home).display().to_string();
    let diff = |arguments: &[&str], (columns, rows)| {
        let mut command = portable_pty::CommandBuilder::new(MUSTER);
        command.arg("diff");
        command.args(arguments);
        command.env_clear();
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", home.path().display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("MUSTER_DATA_DIR", home.data().display().to_string()),
        ] {
            command.env(name, value);
        }
        command.cwd(home.path());
        Terminal::start(command, columns, rows)
    };
    let mut terminal = diff(&[&record, "q4"], (100, 30));
    // Nothing differs but the revokes, so that is where it begins.
    terminal.wait_for("[6 revokes");
    terminal.wait_for("UNPROVEN: nobody vouches for the key of the older");
    assert!(terminal.emulator().alternate_screen());
    terminal.press("]");
    terminal.wait_for("Can sign in");
    terminal.press("<enter>");
    // The list has the particulars beside it; alone they can be closed.
    terminal.wait_for("Esc close");
    terminal.wait_for("revoked by rosa.lind");
    terminal.press("<esc>");
    // Before the next key, or it would be one with Alt.
    terminal.wait_for("Revokes of the older one");
    terminal.press("/is:kept<enter>");
    terminal.wait_for("0 of ");
    terminal.press("<esc>");
    terminal.wait_for("[6 revokes 11]");
    terminal.resize(40, 10);
    terminal.wait_for("[6 revokes");
    terminal.press("?");
    terminal.wait_for("Keys");
    terminal.press("qq");
    assert_eq!(terminal.wait_for_exit().exit_code(), 1);
    terminal.assert_restored();

    // Asked for text, it is text.
    let mut terminal = diff(&[&record, "q4", "--text"], (100, 30));
    terminal.wait_for("same in both");
    assert_eq!(terminal.wait_for_exit().exit_code(), 1);
    assert!(!terminal.emulator().alternate_screen());
}
