//! What an auditor sees of a record, moment by moment, in a real terminal.

use std::{fs, path::Path, time::Duration};

use portable_pty::CommandBuilder;

use crate::{
    program::{Home, MUSTER, have},
    review::sealed,
    terminal::Terminal,
};

fn replay(home: &Home, arguments: &[&str], (columns, rows): (u16, u16)) -> Terminal {
    let mut command = CommandBuilder::new(MUSTER);
    command.arg("replay");
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
}

/// Every file below `folder` with its bytes.
fn bytes(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        (path, bytes)
    });
    let mut files: Vec<_> = entries.collect();
    files.sort();
    files
}

#[test]
fn a_sealed_record_is_replayed_and_nothing_changes() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let before = bytes(&record);
    let path = record.display().to_string();
    let list = "--allowed-signers=allowed_signers";
    let mut terminal = replay(&home, &[&path, list, "--at", "2"], (120, 40));
    terminal.wait_for("signer known, line 1");
    terminal.wait_for("entry 2 of");
    assert!(!terminal.screen().contains("UNPROVEN"));
    terminal.press("s");
    terminal.wait_for("read-only: this is a replay");
    terminal.press("b");
    terminal.wait_for("all that match is:implicit");
    terminal.press("qm.d");
    terminal.wait_for("between entry 2 and entry 3");
    terminal.press("q/event:attested<enter>n");
    terminal.wait_for("1 of ");
    terminal.wait_for("attested as rosa@example.com");
    // Idle is idle.
    terminal.listen(Duration::from_secs(1));
    #[cfg(target_os = "linux")]
    let awake = terminal.wake_ups();
    assert_eq!(terminal.listen(Duration::from_secs(2)), b"");
    #[cfg(target_os = "linux")]
    assert_eq!(terminal.wake_ups(), awake);
    // It plays from the beginning to the end, and stops there.
    terminal.press("<esc>");
    terminal.wait_until("no filter", |screen| {
        !screen.contents().contains("event:attested")
    });
    terminal.press("gg+++ ");
    terminal.wait_for("this is the end, entry");
    terminal.press(",,<enter>");
    terminal.wait_for("Queue");
    terminal.press("a");
    terminal.wait_for("read-only: this is a replay");
    terminal.press("q");
    terminal.wait_for("Entries");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();
    assert_eq!(bytes(&record), before);
}

#[test]
fn without_a_list_of_signers_every_screen_says_that_nobody_vouches() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let path = sealed(&home).display().to_string();
    let mut terminal = replay(&home, &[&path], (40, 10));
    terminal.wait_for("UNPROVEN: nobody vouches for the key");
    terminal.press("?");
    terminal.wait_for("Keys");
    assert!(terminal.screen().contains("UNPROVEN"));
    terminal.resize(100, 30);
    terminal.wait_for("NOT PROVEN WHO SIGNED THIS");
    terminal.press("q<enter>");
    terminal.wait_for("q back");
    assert!(terminal.screen().contains("NOT PROVEN WHO SIGNED THIS"));
    terminal.press("Q");
    terminal.wait_for_exit();
    terminal.assert_restored();
}

#[test]
fn a_record_that_was_changed_is_shown_only_under_a_warning() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let path = record.display().to_string();
    let decisions = record.join("decisions.jsonl");
    let text = fs::read_to_string(&decisions).expect("decisions");
    fs::write(&decisions, text.replacen("\"revoke\"", "\"keep\"", 1)).expect("a file of ours");
    let mut terminal = replay(
        &home,
        &[&path, "--allowed-signers=allowed_signers"],
        (120, 40),
    );
    terminal.wait_for("DO NOT RELY ON THIS");
    terminal.wait_for("decisions.jsonl");
    terminal.wait_for("checks failed");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());

    // A journal that does not hold together is not shown at all.
    let journal = record.join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    fs::write(
        &journal,
        text.replacen("left the company", "left the campany", 1),
    )
    .expect("a file of ours");
    let mut terminal = replay(&home, &[&path], (100, 24));
    terminal.wait_for("cannot be replayed: journal.jsonl, line 3");
    terminal.wait_for("muster verify");
    assert!(!terminal.wait_for_exit().success());
    terminal.assert_restored();
}

#[test]
fn a_review_in_progress_is_replayed_by_name_and_by_folder() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    drop(sealed(&home));
    let folder = home.data().join("reviews/q4").display().to_string();
    for subject in ["q4", &folder] {
        let mut terminal = replay(&home, &[subject, "--where", "event:revoke"], (100, 30));
        terminal.wait_for("NOT SIGNED: this is a review in progress");
        terminal.wait_for("event:revoke");
        terminal.press("q");
        assert!(terminal.wait_for_exit().success());
    }
    // A copy elsewhere is nobody's review any more.
    let copy = home.path().join("copy");
    fs::create_dir(&copy).expect("a folder of ours");
    for (path, bytes) in files_of(Path::new(&folder)) {
        fs::write(copy.join(path), bytes).expect("a file of ours");
    }
    let mut terminal = replay(&home, &["./copy"], (100, 30));
    terminal.wait_for("NOT PROVEN: it could not be told");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
}

/// The files of a folder by their names.
fn files_of(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .filter_map(|entry| {
            let entry = entry.expect("an entry");
            let file = entry.path();
            file.is_file()
                .then(|| (entry.file_name(), fs::read(file).expect("a file")))
        })
        .collect()
}

#[test]
fn without_a_terminal_the_same_is_offered_as_text() {
    let home = Home::new();
    let ended = home.run(&["replay", "somewhere"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("a replay needs a terminal")
            && ended.err.contains("muster log somewhere"),
        "{}",
        ended.err
    );
}
