//! What each screen looks like, at each size, and that nothing is ever drawn that could act on a terminal.

use proptest::prelude::*;

use super::{
    fixture::{Run, acme, begun, gap, many, scoped, styles},
    signing::{at_sign_off, keys},
};
use crate::{
    domain::text::SafeText,
    tui::{
        app::{self, State},
        message::{Loading, Message},
        theme::{Colors, Look},
    },
};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 10)];

/// A review in the middle: something is kept, revoked, left for later, and marked.
fn begun_review(size: (u16, u16)) -> Run {
    let mut run = Run::of(&acme(), size);
    run.press("a a s d 2 a m").types("ask Eva").press("enter");
    run
}

fn stored(name: &str, keys: &str, sizes: &[(u16, u16)]) {
    for size in sizes {
        let mut run = begun_review(*size);
        run.press(keys);
        run.tell(Message::Deadline);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), run.screen());
    }
}

#[test]
fn the_review() {
    stored("review", "", &SIZES);
    stored("review", "", &[(60, 16)]);
}

#[test]
fn the_queue_on_a_narrow_screen() {
    stored("queue", "tab", &[(80, 24), (40, 10)]);
}

#[test]
fn access_through_a_team_with_its_path() {
    stored("derived", "end", &[(80, 24), (120, 40)]);
    stored("path_sheet", "end enter", &SIZES);
}

#[test]
fn a_decided_item_tells_who_decided_it_when_and_why() {
    stored("decided", "home down down", &[(120, 40)]);
    stored("why", "home down down w", &[(80, 24), (40, 10)]);
}

#[test]
fn the_reason_for_a_revoke() {
    stored("reason", "home down d", &SIZES);
    stored("reason_typed", "home down d / x", &[(80, 24)]);
}

#[test]
fn confirmations() {
    stored("rest", "A", &[(80, 24)]);
    stored("bulk_revoke", "* d 1", &[(80, 24), (120, 40), (40, 10)]);
    let mut run = Run::of(&many(40), (80, 24));
    run.press("a A 4 2 enter");
    insta::assert_snapshot!("bulk_keep_80x24", run.screen());
}

#[test]
fn filter_and_commands() {
    stored("filter_mistake", "/ r o l e : x space i s : z", &[(80, 24)]);
    stored(
        "filter_shown",
        "space / b e n enter",
        &[(80, 24), (120, 40)],
    );
    stored("commands", ": k e", &[(80, 24), (40, 10)]);
}

#[test]
fn history_and_help() {
    stored("history", "u U", &SIZES);
    stored("help", "?", &SIZES);
}

#[test]
fn sign_off() {
    for size in SIZES {
        let mut run = at_sign_off(size);
        run.press("tab tab");
        insta::assert_snapshot!(format!("sign_off_{}x{}", size.0, size.1), run.screen());
    }
    let mut run = at_sign_off((80, 24));
    run.tell(Message::Sealed {
        record: "/home/ada/muster/acme-2026-q1".into(),
        signer: format!(
            "ada@example.com namespaces=\"muster-review\" ssh-ed25519 {}",
            "A".repeat(68)
        ),
    });
    insta::assert_snapshot!("sealed_80x24", run.screen());
}

/// A review by Ada of what Payments has.
fn scoped_review(size: (u16, u16), gaps: Vec<crate::domain::provenance::Gap>) -> Run {
    let campaign = scoped(&acme(), gaps, Some("team:Payments"));
    Run::open(campaign, size, Look::new(Colors::Full, false), None)
}

#[test]
fn a_scoped_review_shows_only_what_is_in_it_and_says_so() {
    for size in SIZES {
        let mut run = scoped_review(size, vec![]);
        run.press("a");
        insta::assert_snapshot!(format!("scoped_{}x{}", size.0, size.1), run.screen());
    }
    // What is reached through a team above, outside the scope, is told; it is not decided here.
    let mut run = scoped_review((120, 40), vec![]);
    run.press("end enter 2");
    insta::assert_snapshot!("scoped_derived_120x40", run.screen());
    assert_eq!(run.sent, []);
    let mut run = scoped_review((80, 24), vec![gap()]);
    run.press("/ p a y enter S");
    insta::assert_snapshot!("scoped_sign_off_80x24", run.screen());
}

#[test]
fn all_that_is_marked_is_in_the_scope() {
    let mut run = scoped_review((80, 24), vec![]);
    run.press("* -");
    run.press("esc *");
    let screen = run.screen();
    assert!(screen.contains("· 11 items ·"), "{screen}");
    assert!(screen.contains("11 marked"), "{screen}");
}

#[test]
fn a_partial_review_that_is_read_only_says_so_on_every_screen() {
    let look = Look::new(Colors::Full, false);
    let why = Some("ben has it open since 09:00");
    for keys in ["", "tab", "w", "U", "?", ":", "/"] {
        let mut run = Run::open(begun(&acme(), vec![gap()]), (80, 24), look.clone(), why);
        run.press(keys);
        assert!(
            run.screen().contains("READ-ONLY: ben has it open"),
            "{keys}"
        );
        assert!(
            keys == "/" || run.screen().contains("PARTIAL: 1 gap"),
            "{keys}: {}",
            run.screen()
        );
    }
    let mut run = Run::open(begun(&acme(), vec![gap()]), (80, 24), look, why);
    insta::assert_snapshot!("partial_read_only_80x24", run.screen());
}

#[test]
fn loading_and_its_failure() {
    let mut state = State::new(Look::new(Colors::Full, false), (80, 24));
    let screen = |state: &State, size: (u16, u16)| {
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(size.0, size.1))
                .expect("memory");
        terminal
            .draw(|frame| app::view(state, frame))
            .expect("memory");
        super::fixture::text(terminal.backend().buffer())
    };
    insta::assert_snapshot!("opening_80x24", screen(&state, (80, 24)));
    let loading = Loading {
        what: "fetching participants of projects".to_owned(),
        done: 31_400,
        total: Some(100_000),
        requests: 412,
        retries: 3,
        wait_ms: Some(11_500),
    };
    app::update(&mut state, Message::Loading(loading), 0);
    for size in SIZES {
        insta::assert_snapshot!(
            format!("loading_{}x{}", size.0, size.1),
            screen(&state, size)
        );
    }
    let stop = app::update(&mut state, Message::Key(super::fixture::key("esc")), 0);
    assert!(matches!(
        stop[..],
        [crate::tui::effect::Effect::CancelLoading]
    ));
    assert!(screen(&state, (80, 24)).contains("Stopping"));
    let error = SafeText::of("the organization at http://127.0.0.1:8084 does not answer");
    let hint = SafeText::of("check the address, then run: muster review");
    app::update(&mut state, Message::LoadingFailed { error, hint }, 0);
    // A failure stays to be read.
    app::update(&mut state, Message::Stopped, 0);
    assert_eq!(state.finished(), None);
    for size in [(80, 24), (40, 10)] {
        insta::assert_snapshot!(
            format!("failed_{}x{}", size.0, size.1),
            screen(&state, size)
        );
    }
    app::update(&mut state, Message::Key(super::fixture::key("q")), 0);
    assert_eq!(state.finished(), Some(crate::tui::runtime::Exit::Quit));
}

#[test]
fn fetching_that_was_stopped_leaves_the_screens() {
    let mut state = State::new(Look::new(Colors::Full, false), (80, 24));
    app::update(&mut state, Message::Key(super::fixture::key("esc")), 0);
    assert_eq!(state.finished(), None, "something may still be tidied up");
    app::update(&mut state, Message::Stopped, 0);
    assert_eq!(state.finished(), Some(crate::tui::runtime::Exit::Quit));
}

#[test]
fn a_screen_too_small_says_so() {
    stored("tiny", "", &[(38, 9)]);
}

#[test]
fn nothing_is_told_by_colour_alone() {
    for (name, look) in [
        ("mono", Look::new(Colors::None, false)),
        ("sixteen", Look::new(Colors::Sixteen, false)),
        ("full", Look::new(Colors::Full, false)),
    ] {
        let mut run = Run::open(begun(&acme(), vec![]), (80, 24), look, None);
        run.press("a a s d 2 space up up");
        insta::assert_snapshot!(format!("styles_{name}"), styles(&run.buffer().0));
    }
}

#[test]
fn without_colour_no_cell_asks_for_one() {
    use ratatui::style::Color;
    for keys in ["", "d", "*", "U", "?", "S", "w", ":", "/"] {
        let mut run = Run::open(
            begun(&acme(), vec![gap()]),
            (120, 40),
            Look::new(Colors::None, false),
            None,
        );
        run.press("a a d 1 s").press(keys);
        let (buffer, _) = run.buffer();
        assert!(
            buffer
                .content
                .iter()
                .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
        );
    }
}

#[test]
fn the_ascii_look_draws_nothing_of_its_own_beyond_ascii() {
    for keys in [
        "",
        "space",
        "d",
        "* d 1",
        "U",
        "?",
        "S",
        "w",
        ":",
        "end enter",
        "A",
    ] {
        let mut run = Run::open(
            begun(&many(30), vec![gap()]),
            (120, 40),
            Look::new(Colors::None, true),
            None,
        );
        run.press("a a s d 1").press(keys);
        let screen = run.screen().replace('Ô', "O");
        let beyond: String = screen.chars().filter(|c| !c.is_ascii()).collect();
        assert!(beyond.is_empty(), "{keys}: {beyond}");
    }
    let mut run = Run::open(
        begun(&acme(), vec![]),
        (80, 24),
        Look::new(Colors::None, true),
        None,
    );
    run.press("a a s d 2");
    insta::assert_snapshot!("ascii_80x24", run.screen());
}

#[test]
fn no_name_acts_on_the_terminal_and_columns_stay_aligned() {
    for size in SIZES {
        for keys in [
            "",
            "tab",
            "end",
            "end enter",
            "w",
            "d",
            "* d 1",
            "U",
            "S",
            "/ a c c o u n t : z o e enter",
        ] {
            let mut run = begun_review(size);
            run.press(keys);
            for _ in 0..16 {
                let (buffer, _) = run.buffer();
                for cell in &buffer.content {
                    // A left-to-right mark after a cell is ours: it keeps columns apart on terminals that reorder.
                    let symbol = cell
                        .symbol()
                        .strip_suffix('\u{200e}')
                        .unwrap_or(cell.symbol());
                    let acts = |c: char| {
                        c.is_control()
                            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                    };
                    assert!(!symbol.contains(acts), "{symbol:?} with {keys}");
                }
                run.press("]");
            }
        }
    }
}

#[test]
fn the_cursor_stands_where_the_keys_act() {
    for (keys, row) in [
        ("", "esrever"),
        ("tab", "Ben"),
        ("d /", "Reason:"),
        ("/", "/"),
        (":", " :"),
        ("m", "Note"),
        ("A", "keep 1 item"),
        ("U", "noted"),
    ] {
        let mut run = begun_review((80, 24));
        run.press("home down down down down down");
        run.press(keys);
        assert!(
            run.cursor_row().contains(row) || keys == "A",
            "{keys}: {}",
            run.cursor_row()
        );
    }
}

/// Keys that open everything there is.
const TOUR: [&str; 14] = [
    "",
    "tab",
    "d",
    "d /",
    "end enter",
    "w",
    "A",
    "* d 1",
    "* a",
    "U",
    "?",
    ":",
    "/ r o l e :",
    "S",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_size_breaks_a_screen(wide in 0u16..250, high in 0u16..80, tour in 0..TOUR.len(), later in (0u16..250, 0u16..80)) {
        let mut run = begun_review((wide, high));
        run.press(TOUR[tour]);
        if TOUR[tour] == "S" {
            run.tell(Message::Keys(keys()));
        }
        run.screen();
        // A frame may be drawn at another size than the state has heard of.
        run.tell(Message::Resize(later.0, later.1));
        run.screen();
        run.resize(later.0, later.1);
        run.press("down pgdn end up");
        run.screen();
    }

    #[test]
    fn no_keys_break_a_screen(keys in prop::collection::vec(prop::sample::select(vec![
        "a", "s", "d", ".", "c", "A", "D", "space", "v", "*", "-", "u", "^r", "U", "n", "N", "[", "]", "/", ":", "m",
        "w", "S", "?", "esc", "enter", "tab", "up", "down", "pgup", "pgdn", "home", "end", "1", "2", "7", "y", "bs", "h", "l",
    ]), 0..60)) {
        let mut run = Run::of(&acme(), (80, 24));
        for key in keys {
            run.press(key);
        }
        run.screen();
        // Whatever was pressed, the campaign took every entry.
        prop_assert!(!run.toast().contains("the journal went another way"));
    }
}
