//! Marking: one by one, in ranges, all that is shown, around, and back again.

use super::fixture::{Run, acme, many};
use crate::{
    domain::{filter::Filter, journal::Chosen},
    tui::message::Message,
};

const SIZE: (u16, u16) = (80, 24);

/// At Ben's first item.
fn at_ben() -> Run {
    let mut run = Run::of(&acme(), SIZE);
    run.press("] ]");
    run
}

#[test]
fn a_range_of_accounts_marks_all_that_is_shown_of_them() {
    let mut run = at_ben();
    run.press("V ] ]");
    assert!(
        run.screen().contains("range of accounts: v ends it"),
        "{}",
        run.screen()
    );
    // Ben has nine items, Cleo two, Dan two.
    assert!(run.screen().contains("11 marked"), "{}", run.screen());
    run.press("V");
    assert_eq!(run.toast(), "11 items are marked");
    run.press("- V [ v");
    assert_eq!(run.toast(), "4 items are marked", "backwards, ended by v");
}

#[test]
fn a_range_of_accounts_holds_only_what_the_filter_shows() {
    let mut run = at_ben();
    run.press("/").types("project:billing").press("enter");
    run.press("tab home V end v");
    let shown = Filter::parse("project:billing").expect("a filter");
    let expected = shown
        .select(&super::fixture::begun(&acme(), Vec::new()))
        .len();
    assert_eq!(run.toast(), format!("{expected} items are marked"));
}

#[test]
fn a_range_ends_where_another_account_begins_unless_it_is_one_of_accounts() {
    let mut run = at_ben();
    run.press("v down ]");
    assert!(!run.screen().contains("range"), "{}", run.screen());
    run.press("V ]");
    assert!(run.screen().contains("range"), "{}", run.screen());
    run.press("esc");
    assert!(!run.screen().contains("marked"), "{}", run.screen());
}

#[test]
fn shift_and_an_arrow_make_a_range() {
    let mut run = at_ben();
    let mut shift = |word: &str| {
        let key = crossterm::event::KeyEvent::new(
            super::fixture::key(word).code,
            crossterm::event::KeyModifiers::SHIFT,
        );
        run.tell(Message::Key(key));
    };
    shift("down");
    shift("down");
    shift("up");
    assert!(run.screen().contains("2 marked"), "{}", run.screen());
    run.press("v");
    assert_eq!(run.toast(), "2 items are marked");
}

#[test]
fn in_the_queue_space_marks_a_whole_account() {
    let mut run = Run::of(&acme(), (120, 40));
    run.press("tab home down space");
    assert_eq!(run.toast(), "3 items are marked", "Ada's");
    assert!(
        run.screen().contains("· ◆ Ada") || run.screen().contains("·◆Ada"),
        "{}",
        run.screen()
    );
    run.press("up space");
    assert_eq!(run.toast(), "nothing is marked");
}

#[test]
fn all_that_is_shown_is_marked_besides_what_is_marked() {
    let mut run = at_ben();
    run.press("space /").types("account:hiro").press("enter *");
    assert!(
        run.toast().starts_with("4 items are marked (1 hidden by"),
        "{}",
        run.toast()
    );
    assert!(
        run.screen().contains("4 marked (1 hidden)"),
        "{}",
        run.screen()
    );
}

#[test]
fn marks_are_turned_around_within_what_is_shown() {
    let mut run = Run::of(&many(10), SIZE);
    run.press("] ] space space ~");
    // Twelve items are not Ben's first two: his other nine, Ada's sign-in, and two implicit ones.
    let all = 11 + 1 + 1;
    assert_eq!(run.toast(), format!("{} items are marked", all - 2));
    run.press("~");
    assert_eq!(run.toast(), "2 items are marked");
    run.press("/").types("p003").press("enter ~");
    assert_eq!(
        run.toast(),
        "3 items are marked (2 hidden by the filter)",
        "what is hidden stays as it is"
    );
}

#[test]
fn marks_come_back_after_they_were_taken_away_or_decided() {
    let mut run = at_ben();
    run.press("g m");
    assert_eq!(run.toast(), "! nothing was marked before");
    run.press("space space space - g m");
    assert_eq!(run.toast(), "3 items are marked, as they were before");
    run.press("s y");
    assert_eq!(run.decided().len(), 1);
    assert!(!run.screen().contains("marked ("), "{}", run.screen());
    run.press("g m c y");
    let decided = run.decided();
    assert_eq!(decided[0].items, decided[1].items);
}

#[test]
fn marks_that_are_a_filters_answer_again_are_recorded_under_its_name() {
    let mut run = at_ben();
    run.press("/").types("account:hiro").press("enter * - g m");
    run.press("s y");
    assert_eq!(
        run.decided()[0].chosen,
        Chosen::Filter("account:hiro".into())
    );
}

#[test]
fn a_key_that_needs_another_one_tells_what_may_follow() {
    let mut run = at_ben();
    run.press("g");
    let at = run.state.deadline_ms().expect("it is explained soon");
    assert!(!run.screen().contains("gm"), "{}", run.screen());
    run.now_ms = at;
    run.tell(Message::Deadline);
    let screen = run.screen();
    assert!(
        screen.contains("gg  to the first row") && screen.contains("gm  mark again"),
        "{screen}"
    );
    run.press("esc");
    assert!(!run.screen().contains("gg  to the first row"));
    run.press("g a");
    assert!(run.sent.is_empty(), "the second key means nothing else");
    assert!(
        run.toast().contains("g needs another key: "),
        "{}",
        run.toast()
    );
    run.press("g ^c");
    assert!(run.state.finished().is_some());
}

#[test]
fn what_is_marked_is_shown_before_anything_is_done_to_it() {
    let mut run = Run::of(&acme(), (120, 40));
    run.press("p");
    assert!(run.toast().contains("nothing is marked"), "{}", run.toast());
    run.press("/").types("project:billing").press("enter *");
    run.press("/").types("account:hiro").press("enter p");
    let screen = run.screen();
    for told in [
        "marked, as of now; nothing is decided here",
        "chosen     all that match project:billing",
        "hidden by the filter",
        "by role ",
        "sample: ",
    ] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    run.press("tab");
    assert!(run.sent.is_empty());
    run.press("pgdn end home p a");
    assert!(run.screen().contains("marked items?"), "{}", run.screen());
}

#[test]
fn marks_that_were_changed_by_hand_are_recorded_with_the_filter_and_how_many() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("/").types("project:billing").press("enter *");
    run.press("space s y");
    assert_eq!(
        run.decided()[0].chosen,
        Chosen::Adjusted {
            filter: "project:billing".into(),
            added: 0,
            removed: 1
        }
    );
    assert!(
        run.toast().contains("3 items that match project:billing ("),
        "{}",
        run.toast()
    );
}

#[test]
fn what_policy_left_out_of_a_bulk_is_one_key_away_until_it_is_decided() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("X");
    assert!(
        run.toast().contains("policy has left nothing out"),
        "{}",
        run.toast()
    );
    run.press("] ] A y X");
    let screen = run.screen();
    assert!(
        screen.contains("is:exception") && screen.contains("1 holder · 3 items matched"),
        "{screen}"
    );
    assert!(
        run.cursor_row().contains("atlas-billing"),
        "the first of them: {screen}"
    );
    run.press("a");
    assert_eq!(run.decided()[1].chosen, Chosen::Single);
    run.press("esc X");
    assert!(run.screen().contains("2 items matched"), "{}", run.screen());
    run.press("esc u u X");
    assert!(
        run.toast().contains("policy has left nothing out"),
        "{}",
        run.toast()
    );
}

#[test]
fn the_sheet_before_a_bulk_tells_what_is_left_out_and_why_and_lists_every_item() {
    let mut run = Run::of(&acme(), (100, 30));
    run.press("* a");
    // Few are left: they are kept after a yes. More are typed.
    run.press("esc");
    let mut run = Run::of(&many(30), (100, 30));
    run.press("* a");
    let screen = run.screen();
    for told in [
        "chosen     what is marked",
        "size       31 items of 1 account",
        "left out   1 by policy: 1 your own access",
        "! 1 item left alone: implicit, only acknowledged",
        "more lines below",
    ] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    run.press("end");
    let screen = run.screen();
    assert!(screen.contains("p029 / Project Member of Ben"), "{screen}");
    assert!(screen.contains("the end; "), "{screen}");
    run.press("home").types("31").press("enter");
    let decided = run.decided();
    assert_eq!((decided[0].items.len(), decided[0].left_out.len()), (31, 1));
}
