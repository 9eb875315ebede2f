#![expect(
    clippy::disallowed_methods,
    reason = "a test starts itself again, in a terminal of its own"
)]

use super::*;

#[cfg(unix)]
#[path = "../../../tests/it/terminal.rs"]
mod harness;

fn look(variables: &[(&str, &str)]) -> Look {
    Look::of(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn colour_is_left_out_where_it_is_not_wanted() {
    for (variables, colour) in [
        (&[][..], true),
        (&[("TERM", "xterm-256color")], true),
        (&[("TERM", "dumb")], false),
        (&[("NO_COLOR", "1")], false),
        (&[("NO_COLOR", "")], true),
    ] {
        assert_eq!(look(variables).colour, colour, "{variables:?}");
    }
}

#[test]
fn copied_text_is_encoded_so_that_it_cannot_act() {
    let bytes = clipboard("item 9 \u{1b}]0;x\u{7}");
    assert_eq!(bytes, b"\x1b]52;c;aXRlbSA5IBtdMDt4Bw==\x1b\\");
}

#[test]
fn glyphs_follow_the_locale_that_counts() {
    for (variables, unicode) in [
        (&[][..], false),
        (&[("LANG", "de_DE.UTF-8")], true),
        (&[("LANG", "C.utf8")], true),
        (&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")], false),
        (
            &[("LANG", "C"), ("LC_CTYPE", "en_US.UTF-8"), ("LC_ALL", "")],
            true,
        ),
    ] {
        assert_eq!(look(variables).unicode, unicode, "{variables:?}");
    }
}

#[test]
fn a_terminal_that_was_not_taken_is_not_given_back() {
    assert!(!give_back());
}

/// The loop in a real terminal: this test program, started again with one test that shows screens.
#[cfg(unix)]
mod in_a_terminal {
    use std::{fmt::Write as _, time::Duration};

    use crossterm::event::KeyCode;
    use portable_pty::CommandBuilder;
    use ratatui::widgets::Paragraph;
    use rustix::process::Signal;
    use tokio::sync::mpsc::unbounded_channel;

    use super::{harness::Terminal, *};
    use crate::tui::{
        effect::Effect,
        message::Message,
        runtime::{Error, Exit, Request, Screens, run},
    };

    /// Shows what was typed, in red on a line of its own that is reversed.
    #[derive(Default)]
    struct Typed {
        text: String,
        dirty: bool,
        request: Option<Request>,
        quit: bool,
    }

    impl Screens for Typed {
        type Message = Message;
        type Effect = Effect;

        fn update(&mut self, message: Message, _: u64) -> Vec<Effect> {
            self.dirty = true;
            match message {
                Message::Key(key) => match key.code {
                    KeyCode::Char('z') => self.request = Some(Request::Suspend),
                    KeyCode::Char('l') => self.request = Some(Request::Redraw),
                    KeyCode::Char('q') => self.quit = true,
                    KeyCode::Char('p') => panic!("\u{1b}]0;oh no\u{7}"),
                    KeyCode::Char('t') => {
                        let _ = std::thread::spawn(|| panic!("elsewhere")).join();
                    }
                    KeyCode::Char(c) => self.text.push(c),
                    code => write!(self.text, "<{code}>").expect("a text takes everything"),
                },
                Message::Paste(text) => {
                    write!(self.text, "[{text}]").expect("a text takes everything");
                }
                Message::Resize(columns, rows) => {
                    write!(self.text, "({columns}x{rows})").expect("a text takes everything");
                }
                _ => {}
            }
            Vec::new()
        }

        fn view(&self, frame: &mut Frame<'_>) {
            use ratatui::style::Stylize as _;
            frame.render_widget(
                Paragraph::new(self.text.as_str()).red().reversed(),
                frame.area(),
            );
        }

        fn take_dirty(&mut self) -> bool {
            std::mem::take(&mut self.dirty)
        }

        fn deadline_ms(&self) -> Option<u64> {
            None
        }

        fn take_request(&mut self) -> Option<Request> {
            self.request.take()
        }

        fn finished(&self) -> Option<Exit> {
            self.quit.then_some(Exit::Quit)
        }
    }

    const SCREENS: &str = "tui::terminal::tests::in_a_terminal::screens_are_shown_when_asked_for";

    /// Does nothing unless one of the tests below started it.
    #[test]
    fn screens_are_shown_when_asked_for() {
        if std::env::var_os("SHOW_SCREENS").is_none() {
            return;
        }
        let (effects, _carrier) = unbounded_channel();
        let (_messages, receiver) = unbounded_channel();
        let look = Look::of(|name| std::env::var(name).ok());
        let exit = run(&mut Typed::default(), look, effects, receiver);
        let _ = writeln!(io::stderr(), "ended: {exit:?}");
        if let Err(Error::Draw(error)) = exit {
            let _ = writeln!(io::stderr(), "because {error}");
        }
    }

    fn screens(variables: &[(&str, &str)]) -> Terminal {
        let mut command =
            CommandBuilder::new(std::env::current_exe().expect("this program has a path"));
        command.args(["--exact", SCREENS, "--nocapture", "--test-threads=1"]);
        start(command, variables)
    }

    fn start(mut command: CommandBuilder, variables: &[(&str, &str)]) -> Terminal {
        command.env_clear();
        command.env("SHOW_SCREENS", "1");
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        for (name, value) in variables {
            command.env(name, value);
        }
        let mut terminal = Terminal::start(command, 40, 5);
        terminal.wait_for("(40x5)");
        terminal
    }

    #[test]
    fn the_terminal_is_taken_and_given_back() {
        let mut terminal = screens(&[]);
        assert!(terminal.emulator().alternate_screen() && terminal.is_raw());
        terminal.press("abc<esc>");
        terminal.wait_for("abc<Esc>");
        terminal.press("q");
        assert!(terminal.wait_for_exit().success());
        terminal.assert_restored();
        assert!(terminal.after_the_screens().contains("ended: Ok(Quit)"));
    }

    #[test]
    fn nothing_is_written_and_nothing_runs_while_nothing_happens() {
        let mut terminal = screens(&[]);
        terminal.listen(Duration::from_millis(200));
        #[cfg(target_os = "linux")]
        let before = terminal.wake_ups();
        assert_eq!(terminal.listen(Duration::from_secs(2)), b"");
        #[cfg(target_os = "linux")]
        assert_eq!(terminal.wake_ups(), before);
    }

    #[test]
    fn a_key_costs_one_small_frame() {
        let mut terminal = screens(&[]);
        terminal.press("a");
        terminal.wait_for("a");
        let before = terminal.bytes().len();
        terminal.press("b");
        terminal.wait_for("ab");
        terminal.listen(Duration::from_millis(200));
        let frame = &terminal.bytes()[before..];
        assert!(
            frame.starts_with(b"\x1b[?2026h") && frame.ends_with(b"\x1b[?2026l"),
            "{}",
            frame.escape_ascii()
        );
        assert!(frame.len() < 100, "{}", frame.escape_ascii());
    }

    #[test]
    fn a_new_size_is_drawn_in_full() {
        let mut terminal = screens(&[]);
        terminal.resize(30, 9);
        terminal.wait_for("(40x5)(30x9)");
        terminal.resize(90, 2);
        terminal.wait_for("(40x5)(30x9)(90x2)");
    }

    #[test]
    fn a_screen_that_others_wrote_on_can_be_drawn_anew() {
        let mut terminal = screens(&[]);
        let before = terminal.bytes().len();
        terminal.press("al");
        terminal.wait_for("a");
        terminal.listen(Duration::from_millis(200));
        let frame = terminal.bytes()[before..].escape_ascii().to_string();
        assert!(
            frame.contains("\\x1b[2J") && frame.contains("(40x5)a"),
            "{frame}"
        );
    }

    #[test]
    fn a_paste_is_one_message() {
        let mut terminal = screens(&[]);
        terminal.paste("qqq");
        terminal.wait_for("[qqq]");
    }

    #[test]
    fn without_colour_the_reverse_stays() {
        for (variables, coloured) in [(&[][..], true), (&[("NO_COLOR", "1")], true)] {
            // The theme decides about colours; the library must not drop what the theme asked for.
            let terminal = screens(variables);
            let cell = terminal
                .emulator()
                .cell(0, 0)
                .expect("the screen has a first cell");
            assert!(cell.inverse(), "{variables:?}");
            assert_eq!(
                cell.fgcolor() != vt100::Color::Default,
                coloured,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn the_keyboard_protocol_is_left_where_it_was_found() {
        let mut terminal = screens(&[("TERM", "xterm-kitty")]);
        assert!(
            terminal
                .bytes()
                .windows(5)
                .any(|bytes| bytes == b"\x1b[>1u")
        );
        terminal.press("q");
        terminal.wait_for_exit();
        terminal.assert_restored();
    }

    #[test]
    fn a_signal_to_end_gives_the_terminal_back() {
        for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
            let mut terminal = screens(&[]);
            terminal.signal(signal);
            terminal.wait_for_exit();
            terminal.assert_restored();
            let said = terminal.after_the_screens();
            assert!(
                said.contains(&format!("ended: Ok(Signal({}))", signal.as_raw())),
                "{said}"
            );
        }
    }

    #[test]
    fn a_bug_gives_the_terminal_back_and_is_told_in_one_paragraph() {
        let mut terminal = screens(&[]);
        terminal.press("p");
        assert!(!terminal.wait_for_exit().success());
        terminal.assert_restored();
        let said = terminal.after_the_screens();
        assert!(
            said.contains("muster stopped because of a bug in it"),
            "{said}"
        );
        assert!(said.contains("␛]0;oh no␇"), "{said}");
        assert!(said.contains("Your decisions are on disk"), "{said}");
    }

    #[test]
    fn a_bug_on_another_thread_ends_the_screens_too() {
        let mut terminal = screens(&[]);
        terminal.press("t");
        terminal.wait_for_exit();
        terminal.assert_restored();
        let said = terminal.after_the_screens();
        assert!(said.contains("elsewhere"), "{said}");
        assert!(
            said.contains("because the terminal was given back"),
            "{said}"
        );
    }

    /// The screens as a job of a shell that says when they are stopped and continues them on a word.
    fn job() -> Terminal {
        let mut shell = CommandBuilder::new("/bin/sh");
        let program = std::env::current_exe().expect("this program has a path");
        let script = "set -m; \"$0\" \"$@\"; echo stopped; read word; fg; echo over";
        shell.args(["-c", script]);
        shell.arg(program);
        shell.args(["--exact", SCREENS, "--nocapture", "--test-threads=1"]);
        start(shell, &[])
    }

    #[test]
    fn a_suspended_review_goes_on_where_it_was() {
        let mut terminal = job();
        for _ in 0..2 {
            terminal.press("a");
            terminal.wait_for("a");
        }
        terminal.press("z");
        terminal.wait_for("stopped");
        terminal.assert_restored();
        terminal.resize(50, 7);
        terminal.press("go<enter>");
        terminal.wait_for("(40x5)aa");
        assert!(terminal.emulator().alternate_screen() && terminal.is_raw());
        terminal.press("q");
        terminal.wait_for_exit();
        assert!(terminal.after_the_screens().contains("over"));
        terminal.assert_restored();
    }

    #[test]
    fn where_nobody_could_continue_it_a_suspension_is_refused() {
        let mut terminal = screens(&[]);
        terminal.press("za");
        terminal.wait_for("(40x5)a");
    }
}
