//! One quarter by keys alone: from a filter to a record that stock tools accept.

use std::fs::{self, File};

use portable_pty::CommandBuilder;

use crate::{
    program::{Home, MUSTER, have, new_key},
    terminal::Terminal,
};

const PRINCIPAL: &str = "rosa.lind@example.com";

/// The people of some teams, as far as nothing changed since the last quarter.
const TEAMS: &str = "team:Platform|Billing|Quality delta:unchanged is:undecided -is:own";

#[test]
#[expect(clippy::too_many_lines, reason = "one quarter from start to end")]
fn a_quarter_is_reviewed_by_keys_alone_and_its_record_is_accepted_by_stock_tools() {
    if !have(&["ssh-keygen", "sha256sum"]) {
        return;
    }
    let home = Home::new();
    fs::create_dir(home.path().join(".ssh")).expect("a folder");
    let key = new_key(&home, ".ssh/id_ed25519").display().to_string();

    // The quarter before, from the command line.
    home.run(&["demo", "--size", "m", "--plain"]);
    let keep = ["decide", "demo-m", "--where", "is:undecided", "--keep"];
    home.run(&keep).good();
    let seal = ["seal", "demo-m", "--principal", PRINCIPAL, "--key", &key];
    let more = ["--allow-undecided", "a pilot", "--attest", "--json"];
    let sealed = home.run(&[&seal[..], &more].concat()).good().json();
    let text = |member: &str| sealed[member].as_str().expect(member);
    let list = home.path().join("signers");
    let signer = format!("{PRINCIPAL} namespaces=\"muster-review\" {}\n", text("key"));
    fs::write(&list, signer).expect("a list of signers");
    let previous = text("record");
    home.run(&["demo", "--size", "m", "--plain", "--previous", previous]);
    let review = "demo-m.2";
    let dry = ["decide", review, "--where", TEAMS, "--keep", "--dry-run"];
    let dry = home.run(&[&dry[..], &["--json"]].concat()).good().json();
    let n = dry["items"].as_u64().expect("a number");
    assert!(n >= 500, "{n}");
    let left_out = serde_json::json!({"privileged": 2});
    assert_eq!(dry["left_out"]["by_policy"], left_out);

    // This quarter, by keys.
    let mut command = CommandBuilder::new(MUSTER);
    command.args(["review", review]);
    command.env_clear();
    for name in ["PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", home.path());
    command.env("MUSTER_DATA_DIR", home.data());
    command.env("LANG", "C.UTF-8");
    command.env("TERM", "xterm-256color");
    command.cwd(home.path());
    let mut terminal = Terminal::start(command, 80, 24);
    let decided = |n: u64| format!(" {n}/10 001");
    terminal.wait_for("a keep");
    terminal.press(&format!("/{TEAMS}<enter>"));
    terminal.wait_for("items matched");
    terminal.press("*");
    terminal.wait_for(&format!("a keep {}", n + 2));
    terminal.press("a");
    terminal.wait_for(&format!("Type {n} and Enter, Esc cancels"));
    assert!(
        terminal.screen().contains("2 by policy: 2 a privileged"),
        "{}",
        terminal.screen()
    );
    terminal.press(&format!("{n}<enter>"));
    terminal.wait_for(&format!("kept {n} items"));
    terminal.wait_for(&decided(n));
    terminal.press("/<c-u>team:Platform is:kept -is:own<enter>");
    terminal.wait_for("[is:kept]");
    for reason in ["1", "2", "3"] {
        terminal.press("d");
        terminal.wait_for("why?");
        terminal.press(reason);
        terminal.wait_until("the revoke", |screen| {
            let screen = screen.contents();
            !screen.contains("why?") && screen.contains(" revoked ") && screen.contains("saved")
        });
    }
    for entry in [5, 4, 3, 2] {
        terminal.press("u");
        terminal.wait_for(&format!("took back {entry}"));
    }
    terminal.wait_for(&decided(0));
    for entry in [2, 3, 4, 5] {
        terminal.press("<c-r>");
        terminal.wait_for(&format!("made {entry} again"));
    }
    terminal.wait_for(&decided(n));
    terminal.press("U");
    terminal.wait_for("History · 13 entries");
    terminal.wait_for(&format!("kept {n} items that match"));
    terminal.wait_for("Esc close");
    terminal.press("<esc>");
    terminal.wait_until("the history to close", |screen| {
        !screen.contents().contains("History · 13") && screen.contents().contains("a keep")
    });
    terminal.press("S");
    terminal.wait_for("Key: ");
    terminal.wait_for("open undecided");
    terminal.wait_for("id_ed25519");
    terminal.press(&format!("{PRINCIPAL}<enter><enter>"));
    terminal.wait_for("undecided, why it may stand");
    terminal.press("the rest is for the team leads<enter>");
    terminal.wait_for("undecided: waived: the rest");
    terminal.press("<tab><tab><tab><tab><tab><tab>");
    terminal.press(review);
    terminal.wait_for(&format!("Enter to sign: {review}"));
    terminal.press("<enter>");
    terminal.wait_for("The record is written");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();

    // One entry holds the bulk, with its filter and what policy took out.
    let records = fs::read_dir(home.data().join("records")).expect("records");
    let record = records
        .map(|entry| entry.expect("a record").path())
        .find(|path| path.to_string_lossy().contains(review))
        .expect("it was written");
    let journal = fs::read_to_string(record.join("journal.jsonl")).expect("a journal");
    let bulk: serde_json::Value = journal
        .lines()
        .nth(1)
        .and_then(|line| serde_json::from_str(line).ok())
        .expect("the second entry");
    assert_eq!(
        (&bulk["op"], &bulk["count"], &bulk["filter"]),
        (&"keep".into(), &n.into(), &TEAMS.into())
    );
    let items = bulk["left_out"]["privileged"].as_str().expect("items");
    assert_eq!(items.split(',').count(), 2, "{bulk}");

    // An auditor with stock tools, and with the program.
    let sums = home
        .command("sha256sum")
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(&record)
        .output();
    assert!(sums.expect("sha256sum runs").status.success());
    let accepted = home
        .command("ssh-keygen")
        .args(["-Y", "verify", "-I", PRINCIPAL, "-n", "muster-review", "-f"])
        .arg(&list)
        .arg("-s")
        .arg(record.join("SHA256SUMS.reviewer.sig"))
        .stdin(File::open(record.join("SHA256SUMS")).expect("the sums"))
        .output();
    assert!(accepted.expect("ssh-keygen runs").status.success());
    let (record, list) = (record.display().to_string(), list.display().to_string());
    let verify = ["verify", &record, "--allowed-signers", &list, "--json"];
    let verdict = home.run(&verify).good().json();
    assert_eq!(verdict["verdict"], "good");
}
