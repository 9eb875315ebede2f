//! Going around: keys, mouse, filter, commands, resuming, and frames only when something changed.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixture::{Run, acme, begun, many};
use crate::{
    domain::fixture::entry,
    tui::{
        message::Message,
        runtime::{Exit, Request},
        theme::{Colors, Look},
    },
};

fn run(size: (u16, u16)) -> Run {
    Run::of(&acme(), size)
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Message {
    Message::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

#[test]
fn arrows_and_letters_move_alike() {
    for (keys, row) in [
        ("down down", "atlas-billing"),
        ("j j", "atlas-billing"),
        ("down down up", "Payments"),
        ("end home", "Can sign in"),
        ("G", "via Payments ‹ Eng"),
        ("end", "via Payments ‹ Eng"),
        ("G g g", "Can sign in"),
        ("pgdn", "via Payments ‹ Eng"),
        ("^d ^u", "Can sign in"),
    ] {
        let mut run = run((80, 24));
        run.press("a").press(keys);
        assert!(
            run.cursor_row().contains(row),
            "{keys}: {}",
            run.cursor_row()
        );
    }
}

#[test]
fn next_and_previous_undecided_go_over_accounts_and_pass_own_access() {
    let mut run = run((80, 24));
    run.press("n");
    assert!(
        run.screen().contains("3/16  Ben"),
        "Ada's own access is passed over: {}",
        run.screen()
    );
    run.press("N");
    assert!(run.screen().contains("1/16  Every member"));
    run.press("N");
    assert!(
        run.screen().contains("16/16  team Payments"),
        "{}",
        run.screen()
    );
    assert!(run.toast().contains("went on from the end"));
    run.press("n");
    assert!(run.screen().contains("1/16"));
}

#[test]
fn what_was_left_for_later_comes_last() {
    let mut run = Run::of(&many(3), (80, 24));
    run.press("a s");
    run.press("A");
    run.press("esc a a a n");
    assert!(run.cursor_row().contains("Can sign in"), "{}", run.screen());
    assert!(run.toast().contains("only what was left for later"));
    run.press("a n");
    assert!(
        run.toast()
            .contains("your own access: another reviewer decides; S signs off"),
        "{}",
        run.toast()
    );
}

#[test]
fn brackets_go_from_account_to_account() {
    let mut run = run((80, 24));
    run.press("[");
    assert!(run.toast().contains("first of the queue"));
    run.press("] ] [");
    assert!(run.screen().contains("2/16  Ada"));
}

#[test]
fn the_queue_stands_behind_tab_on_a_narrow_screen() {
    let mut run = run((80, 24));
    run.press("tab down down a");
    assert!(run.sent.is_empty());
    assert!(run.toast().contains("Enter goes to the items first"));
    run.press("enter");
    assert!(run.screen().contains("3/16  Ben"));
    run.press("h");
    assert!(run.screen().contains("── Queue 3/16"));
    run.press("l a");
    assert_eq!(run.sent.len(), 1);
}

#[test]
fn a_filter_is_live_keeps_its_place_and_points_at_mistakes() {
    let mut run = run((80, 24));
    run.press("/").types("account:hiro");
    assert!(
        run.screen().contains("1 holder · 3 items") || run.toast().contains("3 items shown"),
        "{}",
        run.screen()
    );
    run.types(" \"");
    let screen = run.screen();
    assert!(screen.contains("column 14"), "{screen}");
    assert!(screen.contains("Hiro"), "the previous result stays");
    assert!(screen.contains("showing the last good filter"), "{screen}");
    run.press("enter");
    assert!(run.screen().contains("column 14"), "a mistake is not taken");
    run.press("^w enter");
    assert!(
        run.screen().contains("/ [account:hiro]"),
        "{}",
        run.screen()
    );
    run.press("n");
    assert!(run.screen().contains("1/1  Hiro"));
    run.press("esc");
    assert!(run.screen().contains("16 holders · 30 items"));
    assert!(run.screen().contains("Hiro"), "stays where it was");
}

#[test]
fn a_filter_answers_anew_when_it_is_taken_again() {
    let mut run = run((80, 24));
    run.press("/").types("is:undecided").press("enter a");
    assert!(
        run.screen().contains("30 items"),
        "rows stay while they are decided: {}",
        run.screen()
    );
    assert!(
        run.screen().contains("30 items matched"),
        "{}",
        run.screen()
    );
    run.press("/ enter");
    assert!(
        run.screen().contains("29 items matched"),
        "{}",
        run.screen()
    );
}

#[test]
fn a_mistaken_state_is_answered_with_all_that_there_are() {
    let mut run = run((80, 24));
    run.press("/").types("is:zzz");
    let told = run.screen();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("column 4: there is no state is:zzz; try undecided, pending, decided")
            && told.contains("left, future, unlisted, unknown (showing the last good filter: is)"),
        "{told}"
    );
}

#[test]
fn undo_outside_the_filter_says_so() {
    let mut run = run((80, 24));
    run.press("a a /").types("account:hiro").press("enter u");
    assert!(run.toast().contains("took back 3"), "{}", run.toast());
    run.resize(120, 40);
    assert!(
        run.screen().contains("outside the filter: Ben Ôkafor"),
        "{}",
        run.screen()
    );
}

#[test]
fn commands_run_by_name() {
    let mut run = run((80, 24));
    run.press(":").types("keep").press("enter");
    assert_eq!(run.sent.len(), 1);
    run.press(": ").types("hist").press("enter");
    assert!(run.screen().contains("── History"));
    run.press("esc :").types("nothing-like-that").press("enter");
    assert!(run.screen().contains("no command has that"));
    run.press("esc esc :").types("back").press("enter");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn commands_are_found_by_the_words_people_try() {
    for words in ["seal", "sign", "sign off", "sign-off"] {
        let mut run = run((80, 24));
        run.press(":").types(words).press("enter");
        assert!(run.screen().contains("── Sign-off"), "{words}");
    }
    for words in ["q", "q!", "wq", "quit"] {
        let mut run = run((80, 24));
        run.press(":").types(words).press("enter");
        assert_eq!(run.state.finished(), Some(Exit::Quit), "{words}");
    }
    let mut run = run((80, 24));
    run.press(":").types("w").press("enter");
    assert_eq!(run.toast(), "everything is saved");
    assert_eq!(run.state.finished(), None);
}

#[test]
fn enter_runs_the_command_that_was_chosen_with_the_arrows() {
    let mut run = run((80, 24));
    run.press(": enter");
    assert!(run.screen().contains("choose with the arrows"));
    assert!(run.sent.is_empty());
    run.press("down enter");
    assert_eq!(run.sent.len(), 1, "the first command keeps");
    run.press(": down down down down enter");
    assert!(run.screen().contains("─ Why"), "{}", run.screen());
}

#[test]
fn the_end_of_an_account_says_how_to_go_on() {
    let mut run = run((80, 24));
    run.press("] end down");
    assert_eq!(
        run.toast(),
        "this is the last row: ] goes on to the next account"
    );
    run.press("tab end enter end j");
    assert_eq!(run.toast(), "this is the last row of the last account");
}

#[test]
fn the_keys_to_get_around_stand_in_the_footer() {
    let screen = run((80, 24)).screen();
    let footer = screen.lines().last().unwrap_or_default();
    for hint in ["w why", "] next", "Tab queue", "o view", "? keys"] {
        assert!(footer.contains(hint), "{hint}: {footer}");
    }
    let screen = run((60, 16)).screen();
    let footer = screen.lines().last().unwrap_or_default();
    assert!(
        footer.contains("w why") && footer.contains("? keys"),
        "{footer}"
    );
}

#[test]
fn help_says_how_to_scroll_when_it_does_not_fit() {
    let mut small = run((80, 24));
    small.press("?");
    assert!(
        small.screen().contains("j k scroll · "),
        "{}",
        small.screen()
    );
    let mut large = run((200, 200));
    large.press("?");
    assert!(!large.screen().contains("j k scroll"));
}

#[test]
fn a_row_tells_how_many_signals_it_has_where_their_names_have_no_room() {
    let mut run = run((60, 16));
    run.press("a");
    let screen = run.screen();
    for (row, flag) in [
        ("1 · account", "!1"),
        ("3 · project", "!2"),
        ("4 · project", "!1"),
        ("5 · project", "!3"),
        ("└ project atlas", "Member"),
    ] {
        let line = screen
            .lines()
            .find(|line| line.contains(row))
            .unwrap_or_default();
        assert!(line.ends_with(flag), "{row}: {line}\n{screen}");
    }
}

#[test]
fn a_click_selects_and_the_wheel_scrolls_and_neither_decides() {
    let mut run = run((120, 40));
    run.press("a");
    run.sent.clear();
    let left = MouseEventKind::Down(MouseButton::Left);
    run.tell(mouse(left, 60, 8));
    assert!(
        run.cursor_row().contains("atlas-billing"),
        "{}",
        run.screen()
    );
    run.tell(mouse(left, 5, 7));
    assert!(run.screen().contains("4/16  Cleo"), "{}", run.screen());
    run.tell(mouse(MouseEventKind::ScrollDown, 5, 10));
    assert!(run.screen().contains("7/16  Farid"), "{}", run.screen());
    run.tell(mouse(MouseEventKind::ScrollUp, 5, 10));
    run.tell(mouse(left, 119, 39));
    run.tell(mouse(left, 0, 0));
    assert!(run.sent.is_empty());
}

#[test]
fn a_review_opens_where_it_was_left() {
    let snapshot = acme();
    let mut run = Run::of(&snapshot, (80, 24));
    run.press("a a d 1");
    let mut campaign = begun(&snapshot, vec![]);
    for (event, seq) in run.sent.iter().zip(2..) {
        campaign
            .apply(entry(seq, event.clone()))
            .expect("it was applied before");
    }
    let mut again = Run::open(campaign, (80, 24), Look::new(Colors::Full, false), None);
    assert!(
        again.cursor_row().contains("atlas-billing"),
        "{}",
        again.screen()
    );
    again.press(".");
    assert_eq!(
        again.decided()[0]
            .reason
            .as_ref()
            .map(crate::domain::text::Raw::raw),
        Some("no longer needed")
    );
}

#[test]
fn leaving_waits_for_what_is_being_saved() {
    let mut run = run((80, 24));
    run.saves = false;
    run.press("a q");
    assert_eq!(run.state.finished(), None);
    run.save();
    assert_eq!(run.state.finished(), Some(Exit::Quit));
    let mut run = Run::of(&acme(), (80, 24));
    run.saves = false;
    run.press("a ^c ^c");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn suspend_and_redraw_are_asked_of_the_loop() {
    let mut run = run((80, 24));
    run.press("^z");
    assert_eq!(run.state.take_request(), Some(Request::Suspend));
    assert_eq!(run.state.take_request(), None);
    run.press("^l");
    assert_eq!(run.state.take_request(), Some(Request::Redraw));
    run.press(":").types("susp").press("enter");
    assert_eq!(run.state.take_request(), Some(Request::Suspend));
}

#[test]
fn a_frame_is_drawn_only_when_something_changed() {
    let mut run = run((80, 24));
    for keys in [
        "up",
        "left left",
        "home",
        "x",
        "Y",
        "1",
        "^a",
        "esc",
        "U up",
        "pgup",
        "esc",
        "? pgup",
        "esc",
    ] {
        let (last, before) = keys
            .rsplit_once(' ')
            .map_or((keys, ""), |(before, last)| (last, before));
        run.press(before);
        run.screen();
        assert!(!run.state.dirty);
        if last == "esc" && keys == "esc" {
            run.press("esc");
            run.screen();
        }
        run.press(last);
        assert!(!run.state.dirty, "{keys} changes nothing");
    }
    for keys in ["]", "down", "tab", "?", "esc"] {
        run.screen();
        run.press(keys);
        assert!(run.state.dirty, "{keys} changes something");
    }
    run.screen();
    run.tell(Message::Resize(80, 24));
    assert!(!run.state.dirty, "the same size again");
    run.tell(Message::Deadline);
    assert!(!run.state.dirty);
}

#[test]
fn accounts_of_the_same_name_are_told_apart() {
    let mut org = crate::domain::fixture::Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Jon", "Berg", |_| {})
        .account("Jonas", "Berg", |it| it.first_name = "Jon".into())
        .account("Zoe", "Ek", |_| {});
    let mut run = Run::of(&org.snapshot(), (80, 24));
    run.press("tab");
    let screen = run.screen();
    assert!(
        screen.contains("Jon Berg (jon)") && screen.contains("Jon Berg (jonas)"),
        "{screen}"
    );
    assert!(screen.contains("Zoe Ek  "), "{screen}");
}

#[test]
fn a_long_queue_is_gone_through_once() {
    let mut org = crate::domain::fixture::Org::new();
    org.account("Ada", "Keller", |_| {});
    for place in 0..2_000 {
        org.account(&format!("a{place:05}"), "x", |_| {});
    }
    let mut run = Run::of(&org.snapshot(), (80, 24));
    for _ in 0..2_000 {
        run.press("a");
    }
    assert_eq!(run.sent.len(), 2_000);
    assert!(run.screen().contains("2 000/2 002"), "{}", run.screen());
}

#[test]
fn tab_completes_a_filter_and_goes_through_what_may_stand_there() {
    let mut run = run((100, 24));
    run.press("/").types("ro").press("tab");
    assert!(run.screen().contains(" / role:"), "{}", run.screen());
    assert!(run.toast().starts_with("role: the role"), "{}", run.toast());
    // What Tab put in stays when typing goes on.
    run.types("proj").press("tab");
    assert!(
        run.screen().contains(" / role:\"Project Member\""),
        "{}",
        run.screen()
    );
    assert!(run.toast().ends_with("1/2"), "{}", run.toast());
    run.press("tab");
    assert!(
        run.screen().contains(" / role:\"Project Admin\""),
        "{}",
        run.screen()
    );
    run.press("backtab backtab");
    assert!(run.toast().ends_with("2/2"), "{}", run.toast());
    // Esc goes back to what was typed, then clears it.
    run.press("esc");
    assert!(run.screen().contains(" / role:proj\n"), "{}", run.screen());
    assert!(
        run.toast().contains("items shown"),
        "what was typed is shown: {}",
        run.toast()
    );
    run.types("zz").press("tab");
    assert!(
        run.toast()
            .contains("nothing is known that could stand here"),
        "{}",
        run.toast()
    );
    run.press("^u tab");
    assert!(run.toast().starts_with("is: a state"), "{}", run.toast());
    run.press("esc esc");
    assert!(run.screen().contains("16 holders"), "{}", run.screen());
}

#[test]
fn what_a_filter_asks_stands_in_the_header_part_by_part() {
    let mut run = run((120, 40));
    run.press("/")
        .types("role:project -is:privileged (is:left or is:active)")
        .press("enter");
    let screen = run.screen();
    let header = "/ [role:project] [-is:privileged] [(is:left or is:active)] · as of";
    assert!(screen.contains(header), "{screen}");
    // What excludes looks different, and says so.
    let (buffer, _) = run.buffer();
    let row = screen
        .lines()
        .position(|line| line.contains(header))
        .expect("the header");
    let row = u16::try_from(row).expect("few");
    let style = |column: u16| buffer[(column, row)].style();
    assert_ne!(style(5), style(22));
}

#[test]
fn a_filter_that_matches_nothing_says_what_is_near() {
    let mut run = run((80, 24));
    run.press("/").types("role:admn");
    assert!(
        run.screen()
            .contains("0 items shown; no role `admn`; did you mean `admin`?"),
        "{}",
        run.screen()
    );
    run.press("enter");
    let screen = run.screen();
    assert!(
        screen.contains("Nothing matches the filter: no role `admn`; did you mean `admin`?"),
        "{screen}"
    );
    run.press("/ ^u").types("bokfr");
    assert!(
        run.screen()
            .contains("7 items shown; no name has `bokfr`, so names with the letters"),
        "{}",
        run.screen()
    );
}

#[test]
fn a_mistake_is_underlined_where_it_is_on_the_screen() {
    let underlined = |filter: &str, wide: u16| -> String {
        let mut run = run((wide, 24));
        run.press("/").types(filter);
        let (buffer, _) = run.buffer();
        let cells = (0..wide).map(|column| &buffer[(column, 1)]);
        cells
            .filter(|cell| {
                let style = cell.style();
                style
                    .add_modifier
                    .contains(ratatui::style::Modifier::UNDERLINED)
            })
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    };
    for (filter, expected) in [
        ("ada is:kepd", "kepd"),
        ("会計 is:kepd|left", "kepd"),
        ("\u{202e}x is:kepd ada", "kepd"),
        ("is:kepd x", "kepd"),
        ("ada or", " "),
    ] {
        assert_eq!(underlined(filter, 80), expected, "{filter}");
    }
    // The end of a long line is in sight; a mistake before it is not.
    let long = format!("is:kepd {}", "a".repeat(80));
    assert_eq!(underlined(&long, 80), "");
    let long = format!("{} is:kepd", "a".repeat(80));
    assert_eq!(underlined(&long, 80), "kepd");
}
