//! What is decided as lines in an editor: a real program that has the terminal, as `$EDITOR` says.

use std::{fs, path::PathBuf};

use portable_pty::CommandBuilder;

use crate::{
    program::{Home, MUSTER},
    terminal::Terminal,
};

/// What the tests below decide on: some of it is taken out of a bulk by policy.
const FILTER: &str = "is:undecided -is:own -is:implicit";

/// An editor that does what the test says, after a look at what it was given and where.
const EDITOR: &str = r#"
[ "$1" = --now ] && [ $# = 2 ] || exit 70
[ -t 0 ] && [ -t 1 ] || exit 71
stty -a | grep -q -e ' -icanon' -e ' -echo ' && exit 72
[ -z "$SPACE_TOKEN" ] || exit 73
ls -ld "$(dirname "$2")" "$2" | cut -c 1-10 > "$HOME/modes"
cp "$2" "$HOME/given"
. "$HOME/what"
"#;

struct Desk {
    home: Home,
}

impl Desk {
    /// A demo's review that has begun, and an editor whose path has a blank.
    fn new() -> Self {
        let home = Home::new();
        home.run(&["demo", "--plain"]);
        fs::write(home.path().join("an editor"), EDITOR).expect("the editor");
        Self { home }
    }

    /// The review on the screen, with what [`FILTER`] shows.
    fn open(&self) -> Terminal {
        let mut command = CommandBuilder::new(MUSTER);
        command.args(["review", "demo"]);
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let editor = self.home.path().join("an editor");
        command.env("EDITOR", format!("sh '{}' --now", editor.display()));
        command.env("SPACE_TOKEN", "never for an editor");
        command.env("HOME", self.home.path());
        command.env("MUSTER_DATA_DIR", self.home.data());
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        command.cwd(self.home.path());
        let mut terminal = Terminal::start(command, 120, 40);
        terminal.wait_for("a keep");
        terminal.press(&format!("/{FILTER}<enter>"));
        terminal.wait_for("items matched");
        terminal
    }

    /// What the editor does when it is opened next: a line of shell, in which `edit` is `sed` on the file.
    fn next(&self, what: &str) {
        let edit = r#"edit() { sed "$@" "$file" > "$file.new" && mv "$file.new" "$file"; }"#;
        let what = format!("file=$2\n{edit}\n{what}\n");
        fs::write(self.home.path().join("what"), what).expect("what to do");
    }

    /// What the editor was given last.
    fn given(&self) -> String {
        fs::read_to_string(self.home.path().join("given")).expect("the editor was run")
    }

    /// Files and folders that were made for an editor and are still there.
    fn left(&self) -> Vec<PathBuf> {
        let files = self.home.files().into_iter();
        files
            .filter(|path| path.to_string_lossy().contains("decisions"))
            .collect()
    }

    fn status(&self) -> serde_json::Value {
        self.home.run(&["status", "demo", "--json"]).good().json()
    }

    /// How many items a keep of what `filter` matches takes, and how many policy takes out of it.
    fn would_keep(&self, filter: &str) -> (u64, u64) {
        let dry = ["decide", "demo", "--where", filter, "--keep", "--dry-run"];
        let dry = self.home.run(&[&dry[..], &["--json"]].concat()).good();
        let dry = dry.json();
        let left_out = dry["left_out"]["by_policy"].as_object();
        let left_out = left_out.expect("what policy takes out").values();
        let left_out = left_out.map(|n| n.as_u64().expect("a number")).sum();
        (dry["items"].as_u64().expect("a number"), left_out)
    }
}

/// The screens have the terminal again, and show the review.
fn is_back(terminal: &mut Terminal) {
    terminal.wait_for("a keep");
    assert!(terminal.emulator().alternate_screen() && terminal.is_raw());
}

/// The numbers of the items in a table.
fn items(table: &str) -> Vec<u32> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let number = line.split_whitespace().nth(1);
            number.and_then(|it| it.parse().ok()).expect("a number")
        })
        .collect()
}

#[test]
fn what_was_saved_in_the_editor_is_decided_once_its_number_is_typed() {
    let desk = Desk::new();
    let before = desk.status();

    // A text that nobody changed.
    desk.next(":");
    let mut terminal = desk.open();
    terminal.press("E");
    terminal.wait_for("every line was left as it was");
    is_back(&mut terminal);
    terminal.press("Q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();
    assert_eq!(desk.status(), before);
    let modes = fs::read_to_string(desk.home.path().join("modes")).expect("modes");
    assert_eq!(modes, "drwx------\n-rw-------\n");
    assert_eq!(desk.left(), Vec::<PathBuf>::new());
    let numbers = items(&desk.given());
    let [first, second, .., last] = numbers[..] else {
        panic!("{numbers:?}")
    };
    let rest = format!("{FILTER} -item:{first} -item:{second} -item:{last}");
    let (kept, left_out) = desk.would_keep(&rest);
    assert_eq!(kept + left_out + 3, numbers.len() as u64);
    assert!(kept > 1 && left_out > 1, "{kept} {left_out}");

    // Two are revoked, the last line is left alone, everything else is kept.
    desk.next(&format!(
        r"edit -e 's/^- \( *{first} .*\)$/revoke \1 left in May/' -e 's/^- \( *{second} .*\)$/revoke \1 left in May/' \
           -e '/^- *{last} /!s/^-/keep/'"
    ));
    let mut terminal = desk.open();
    terminal.press("E");
    let wanted = format!("{} revoke 2", kept + 2);
    terminal.wait_for(&format!("Type {wanted} and Enter, Esc cancels"));
    assert!(terminal.screen().contains("line by line in a table"));
    assert!(terminal.screen().contains("left in May"));
    let told = format!("{left_out} by policy");
    assert!(terminal.screen().contains(&told), "{}", terminal.screen());
    terminal.press("<esc>");
    is_back(&mut terminal);
    terminal.press("E");
    terminal.wait_for(&format!("Type {wanted} and Enter, Esc cancels"));
    terminal.press(&format!("{wanted}<enter>"));
    terminal.wait_for(&format!("kept {kept} items in a table"));
    terminal.press("Q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();
    let after = desk.status();
    assert_eq!(after["kept"], kept);
    assert_eq!(after["revoked"], 2);
    let undecided = before["undecided"].as_u64().expect("a number");
    assert_eq!(after["undecided"], undecided - kept - 2);

    // What is marked goes before what is shown, and one item is decided by itself.
    desk.next("edit 's/^-/keep/'");
    let mut terminal = desk.open();
    terminal.press("<tab> E");
    terminal.wait_for("Type 1 and Enter, Esc cancels");
    assert_eq!(items(&desk.given()).len(), 1);
    terminal.press("<esc>");
    is_back(&mut terminal);
}

#[test]
fn a_text_that_is_not_taken_is_not_lost_and_decides_nothing() {
    let desk = Desk::new();
    let before = desk.status();
    desk.next("edit '1,/^-/s/^-/keap/'");
    let mut terminal = desk.open();
    terminal.press("E");
    terminal.wait_for("there is no verb keap");
    let line = 1 + desk
        .given()
        .lines()
        .take_while(|line| line.starts_with('#'))
        .count();
    assert!(
        terminal
            .screen()
            .contains(&format!("line {line}: there is no verb keap")),
        "{}",
        terminal.screen()
    );

    // An editor that fails, and one that is not there.
    desk.next("exit 3");
    terminal.press("E");
    terminal.wait_for("nothing is decided: the editor ended with exit status: 3");
    terminal.wait_for("there is no verb keap");
    assert!(desk.given().contains("\nkeap "));
    desk.next("edit 's/^keap/kaep/'; kill -9 $$");
    terminal.press("E");
    terminal.wait_for("the editor ended with signal: 9");
    desk.next("edit 's/^kaep/later/'");
    terminal.press("E");
    terminal.wait_for("Type 1 and Enter, Esc cancels");
    assert!(desk.given().contains("\nkaep "));
    terminal.press("<esc>");
    is_back(&mut terminal);
    desk.next("exit 1");
    terminal.press("E");
    terminal.wait_for("nothing is decided: the editor ended with exit status: 1");
    is_back(&mut terminal);
    terminal.press("Q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();
    assert_eq!(desk.status(), before);
    assert_eq!(desk.left(), Vec::<PathBuf>::new());
}

#[test]
fn names_in_the_table_hide_nothing() {
    let desk = Desk::new();
    desk.next(":");
    let mut terminal = desk.open();
    terminal.press("E");
    terminal.wait_for("every line was left as it was");
    let table = desk.given();
    assert!(
        table.contains("‹U+200B›") && table.contains("␛]0;"),
        "{table}"
    );
    // The joiner of an emoji is no trap.
    let acts = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    assert!(!table.contains(acts), "{table:?}");
}
