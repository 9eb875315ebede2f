//! The program in a real terminal: a handful of stories, each watched to its end.

use std::{process::Command, time::Duration};

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::terminal::Terminal;

const MUSTER: &str = env!("CARGO_BIN_EXE_muster");

/// Chooses what anybody may decide on, so that the keys below mean the same wherever the review begins.
const ORDINARY: &str = "/is:undecided -is:own -is:implicit<enter>";

/// A folder for one story.
struct Home(TempDir);

impl Home {
    /// `None` when there is no demo to show.
    fn new() -> Option<Self> {
        let help = Command::new(MUSTER)
            .args(["demo", "--help"])
            .output()
            .expect("the program starts");
        if !String::from_utf8_lossy(&help.stdout).contains("demo") {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "the demo is there"
            );
            crate::program::skipped("muster demo");
            return None;
        }
        Some(Self(tempfile::tempdir().expect("a temporary folder")))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.cwd(self.0.path());
        command
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.0.path().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        vec![
            ("MUSTER_DATA_DIR", format!("{home}/data")),
            ("HOME", home),
            ("PATH", path),
            ("LANG", "C.UTF-8".to_owned()),
        ]
    }

    /// The demo's review on a screen of this size, when it can be decided on.
    fn demo(&self, columns: u16, rows: u16) -> Terminal {
        review(self.command(MUSTER, &["demo"]), columns, rows)
    }

    /// How many items are decided in this way, as the program tells it afterwards.
    fn count(&self, what: &str) -> u64 {
        let status = Command::new(MUSTER)
            .args(["status", "demo", "--json"])
            .env_clear()
            .envs(self.environment())
            .output()
            .expect("the program starts");
        let status: serde_json::Value =
            serde_json::from_slice(&status.stdout).expect("the status is JSON");
        status[what].as_u64().expect("the status counts it")
    }
}

/// Starts a review and waits until it can be decided on.
fn review(command: CommandBuilder, columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::start(command, columns, rows);
    terminal.wait_for("a keep");
    terminal
}

#[test]
fn a_review_is_decided_undone_and_left() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(120, 40);
    assert!(terminal.emulator().alternate_screen());
    terminal.press(ORDINARY);
    terminal.wait_for("a keep");
    terminal.press("a");
    terminal.wait_for("kept");
    terminal.press("d");
    terminal.wait_for("why?");
    terminal.press("1");
    terminal.wait_for("no longer needed");
    terminal.wait_for("revoked");
    terminal.press("u");
    terminal.wait_for("took back");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();
    assert_eq!((home.count("kept"), home.count("revoked")), (1, 0));
}

#[test]
fn a_snapshot_that_is_stopped_leaves_nothing_behind() {
    let Some(home) = Home::new() else { return };
    let command = home.command(MUSTER, &["demo", "--size", "m"]);
    let mut terminal = Terminal::start(command, 100, 30);
    terminal.wait_for("Fetching");
    terminal.press("<esc>");
    terminal.wait_for_exit();
    terminal.assert_restored();
    let reviews = home.0.path().join("data/reviews");
    let left = std::fs::read_dir(reviews).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn a_review_that_is_open_elsewhere_is_read_only_and_tells_so_for_good() {
    let Some(home) = Home::new() else { return };
    let mut first = home.demo(100, 30);
    let mut second = Terminal::start(home.command(MUSTER, &["review", "demo"]), 100, 30);
    second.wait_for("READ-ONLY: it was open in process");
    first.press("Q");
    first.wait_for_exit();
    second.press("a");
    second.wait_for("read-only: it was open in process");
    second.press("Q");
    assert!(second.wait_for_exit().success());
    assert_eq!(home.count("kept"), 0);
}

#[test]
fn a_review_goes_on_where_it_was_left() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(100, 30);
    terminal.press(ORDINARY);
    terminal.press("a");
    terminal.wait_for("kept");
    terminal.press("Q");
    terminal.wait_for_exit();

    let mut terminal = home.demo(80, 24);
    terminal.press(ORDINARY);
    terminal.press("a");
    terminal.wait_for("kept");
    terminal.press("Q");
    terminal.wait_for_exit();
    assert_eq!(home.count("kept"), 2);
}

#[test]
fn every_screen_holds_only_what_a_terminal_can_be_shown() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(200, 60);
    // The auditor reads all bytes when the terminal goes; here everything is looked at once.
    for keys in [
        "?", "<esc>", "w", "<esc>", "U", "<esc>", ":", "<esc>", "<tab>", "G", "g", "g", "<tab>",
        "L", "<esc>",
    ] {
        terminal.press(keys);
        terminal.listen(Duration::from_millis(50));
    }
    for _ in 0..70 {
        terminal.press("]");
        terminal.listen(Duration::from_millis(20));
    }
    terminal.press("Q");
    terminal.wait_for_exit();
    terminal.assert_restored();
}

#[test]
fn a_screen_too_small_says_so_and_comes_back() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(100, 30);
    terminal.resize(20, 5);
    terminal.wait_for("review needs 40");
    terminal.resize(1, 1);
    terminal.resize(100, 30);
    terminal.wait_for("a keep");
}

#[test]
fn a_suspended_review_is_continued_by_the_shell() {
    let Some(home) = Home::new() else { return };
    let script = "set -m; \"$0\" demo; echo stopped; read word; fg; echo over";
    let mut terminal = review(home.command("/bin/sh", &["-c", script, MUSTER]), 100, 30);
    terminal.press("<c-z>");
    terminal.wait_for("stopped");
    terminal.assert_restored();
    terminal.press("go<enter>");
    terminal.wait_for("a keep");
    assert!(terminal.emulator().alternate_screen() && terminal.is_raw());
    terminal.press("Q");
    terminal.wait_for_exit();
    assert!(terminal.after_the_screens().contains("over"));
    terminal.assert_restored();
}

#[test]
fn a_signal_gives_the_terminal_back_and_loses_no_decision() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let Some(home) = Home::new() else { return };
        let mut terminal = home.demo(100, 30);
        terminal.press(ORDINARY);
        terminal.press("a");
        terminal.wait_for("kept");
        terminal.signal(signal);
        let status = terminal.wait_for_exit();
        assert_eq!(status.exit_code(), 128 + signal.as_raw().cast_unsigned());
        terminal.assert_restored();
        assert_eq!(home.count("kept"), 1, "{signal:?}");
    }
}

#[test]
fn without_colour_the_cursor_row_can_still_be_seen() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb-but-not-quite")] {
        let Some(home) = Home::new() else { return };
        let mut command = home.command(MUSTER, &["demo"]);
        command.env(name, value);
        let terminal = review(command, 100, 30);
        let screen = terminal.emulator();
        let cells =
            || (0..30).flat_map(|row| (0..100).filter_map(move |column| screen.cell(row, column)));
        let plain = cells().all(|cell| {
            cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default
        });
        assert_eq!(plain, name == "NO_COLOR", "{name}");
        assert!(cells().any(|cell| cell.inverse() || cell.bold()), "{name}");
    }
}

#[test]
fn a_paste_decides_nothing() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(100, 30);
    terminal.press(ORDINARY);
    terminal.paste("aaad1\rQ");
    terminal.press("a");
    terminal.wait_for("kept");
    terminal.press("Q");
    terminal.wait_for_exit();
    assert_eq!((home.count("kept"), home.count("revoked")), (1, 0));
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(120, 40);
    terminal.press(ORDINARY);
    terminal.listen(Duration::from_secs(1));
    #[cfg(target_os = "linux")]
    let before = terminal.wake_ups();
    assert_eq!(terminal.listen(Duration::from_secs(3)), b"");
    #[cfg(target_os = "linux")]
    assert_eq!(terminal.wake_ups(), before);
}

#[test]
fn one_step_costs_few_bytes() {
    let Some(home) = Home::new() else { return };
    let mut terminal = home.demo(120, 40);
    // Somewhere among holders with several items.
    terminal.press("]]]]");
    terminal.listen(Duration::from_millis(500));
    let mut moved = 0;
    for key in ["j", "k", "]", "[", "j"] {
        let before = terminal.bytes().len();
        terminal.press(key);
        terminal.listen(Duration::from_millis(300));
        let bytes = terminal.bytes().len() - before;
        moved += usize::from(bytes > 0);
        // One pane at most is another one; everything would be 5000.
        let limit = if key == "j" || key == "k" { 1024 } else { 3072 };
        assert!(bytes <= limit, "{key} cost {bytes} bytes");
    }
    assert!(moved >= 3, "the cursor moves");
}

#[test]
fn the_review_by_lines_runs_in_a_terminal_too() {
    let Some(home) = Home::new() else { return };
    let mut terminal = Terminal::start(home.command(MUSTER, &["demo", "--plain"]), 100, 30);
    terminal.wait_for("Say help to hear what you can say.");
    terminal.press("filter is:undecided -is:own -is:implicit<enter>");
    terminal.wait_for("The filter matches");
    terminal.press("keep<enter>");
    terminal.wait_for("Kept. Undo is available.");
    terminal.press("quit<enter>");
    assert!(terminal.wait_for_exit().success());
    assert!(!terminal.bytes().contains(&0x1b));
    assert_eq!(home.count("kept"), 1);
}
