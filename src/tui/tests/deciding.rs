//! What keys decide, and what never does.

use super::fixture::{Run, acme, begun, item, key, many, repeated};
use crate::{
    domain::{
        Digest,
        decision::{Change, Decision},
        fixture::{entry, under},
        journal::{Attested, Chosen, Event},
        policy::Policy,
        text::{Raw, SafeText},
    },
    tui::{
        message::Message,
        theme::{Colors, Look},
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const SIZE: (u16, u16) = (80, 24);
const KEEP: Change = Change::Decide(Decision::Keep);
const REVOKE: Change = Change::Decide(Decision::Revoke);
const ACKNOWLEDGE: Change = Change::Decide(Decision::Acknowledge);

/// At Ben's first item; the implicit role before it is acknowledged.
fn at_ben() -> Run {
    let mut run = Run::of(&acme(), SIZE);
    run.press("a");
    run.sent.clear();
    run
}

#[test]
fn one_key_keeps_and_moves_on() {
    let mut run = at_ben();
    run.press("a a");
    let kept: Vec<_> = run
        .decided()
        .iter()
        .map(|decided| (decided.change, decided.chosen.clone()))
        .collect();
    assert_eq!(kept, [(KEEP, Chosen::Single), (KEEP, Chosen::Single)]);
    assert!(
        run.cursor_row().contains("atlas-billing"),
        "{}",
        run.screen()
    );
    assert!(
        run.toast()
            .starts_with("✓ kept Payments / Team Member of Ben Ôkafor"),
        "{}",
        run.toast()
    );
    assert!(run.toast().ends_with("u undo  U history"));
}

#[test]
fn an_implicit_grant_is_acknowledged_by_the_same_key_and_never_revoked() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("d");
    assert!(run.sent.is_empty());
    assert!(
        run.toast()
            .ends_with("implicit grant: nobody can remove it; press a to acknowledge it"),
        "{}",
        run.toast()
    );
    run.press("a");
    assert_eq!(run.decided()[0].change, ACKNOWLEDGE);
}

#[test]
fn a_revoke_needs_a_reason_by_a_different_key() {
    let mut run = at_ben();
    run.press("d d d enter space");
    assert!(run.sent.is_empty(), "{:?}", run.sent);
    run.press("2");
    let decided = run.decided();
    assert_eq!(decided[0].change, REVOKE);
    assert_eq!(
        decided[0]
            .reason
            .as_ref()
            .map(crate::domain::text::Raw::raw),
        Some("changed team or job")
    );
}

/// A review that wants reasons for what is privileged, and offers few.
fn strict() -> Run {
    let policy = Policy {
        privileged_keep_needs_reason: true,
        keep_reasons: vec!["on call".to_owned()],
        revoke_reasons: Vec::new(),
        bulk_typed_above: 2,
        ..Policy::default()
    };
    let campaign = under(&acme(), policy);
    Run::open(campaign, SIZE, Look::new(Colors::Full, false), None)
}

#[test]
fn what_is_privileged_is_kept_for_a_reason_the_policy_offers() {
    let mut run = strict();
    run.press("a");
    run.sent.clear();
    while !run.cursor_row().contains("Admin") {
        let before = run.cursor_row();
        run.press("down");
        assert_ne!(run.cursor_row(), before, "{}", run.screen());
    }
    run.press("a");
    assert!(run.sent.is_empty());
    let screen = run.screen();
    assert!(
        screen.contains("Keep what is privileged: why?") && screen.contains("1 on call"),
        "{screen}"
    );
    run.press("a 2");
    assert!(run.sent.is_empty(), "neither key is a reason");
    run.press("1");
    let decided = run.decided();
    assert_eq!(decided.len(), 1);
    assert_eq!(decided[0].change, KEEP);
    assert_eq!(decided[0].reason, Some(Raw::from("on call")));
}

#[test]
fn a_reason_can_be_typed_and_an_empty_one_is_none() {
    let mut run = at_ben();
    run.press("d / enter").types("  ").press("enter");
    assert!(run.sent.is_empty());
    run.types("left in May").press("enter");
    assert_eq!(
        run.decided()[0]
            .reason
            .as_ref()
            .map(crate::domain::text::Raw::raw),
        Some("left in May")
    );
    let mut run = at_ben();
    run.press("d / x esc esc esc");
    assert!(run.sent.is_empty());
    assert!(run.cursor_row().contains("Can sign in"));
}

#[test]
fn a_revoke_says_what_stays_reachable_and_what_goes_too() {
    let mut run = at_ben();
    run.press("down down d");
    assert!(
        run.screen()
            .contains("still reaches atlas-billing as Project Member via team Payments"),
        "{}",
        run.screen()
    );
    run.press("esc up d");
    assert!(
        run.screen()
            .contains("also loses 会計レポート / Project Member, atlas-billing"),
        "{}",
        run.screen()
    );
    run.press("esc ] ] ] ] ] ] ] ] ] ] ] ] d");
    let screen = run.screen();
    assert!(
        screen.contains("会計レポート / Project Member of team Engineering"),
        "{screen}"
    );
    assert!(
        screen.contains("3 accounts reach it through this team: 1 loses it, 2 keep it by another"),
        "{screen}"
    );
}

#[test]
fn the_last_decision_is_repeated_with_its_reason() {
    let mut run = at_ben();
    run.press(".");
    assert_eq!(
        run.decided()[0].change,
        KEEP,
        "an acknowledgement repeats as keep on a stored grant"
    );
    run.press("d 4 . .");
    let reasons: Vec<_> = run.decided()[1..]
        .iter()
        .map(|decided| decided.reason.clone())
        .collect();
    assert_eq!(reasons.len(), 3);
    assert!(reasons.iter().all(|reason| {
        reason
            .as_ref()
            .is_some_and(|reason| reason.raw() == "role too high")
    }));
}

#[test]
fn later_bookmarks_and_clear_takes_away() {
    let mut run = at_ben();
    run.press("s up c");
    let changes: Vec<_> = run.decided().iter().map(|decided| decided.change).collect();
    assert_eq!(changes, [Change::Later, Change::Clear]);
    run.press("c");
    assert_eq!(run.decided().len(), 2);
    assert!(run.toast().contains("nothing to clear"));
}

#[test]
fn enter_never_decides() {
    let snapshot = acme();
    for keys in [
        "",
        "down",
        "end",
        "tab",
        "d",
        "d /",
        "A",
        "space space",
        "*",
        "U",
        "w",
        "S",
        "?",
        ":",
        "/",
        "m",
    ] {
        let mut run = Run::of(&snapshot, SIZE);
        run.press("]")
            .press("]")
            .press(keys)
            .press("enter enter enter");
        assert!(run.sent.is_empty(), "{keys}: {:?}", run.sent);
    }
}

#[test]
fn ctrl_and_a_letter_never_decides() {
    for c in 'a'..='z' {
        if c == 'r' || c == 'c' {
            continue;
        }
        let mut run = at_ben();
        run.tell(Message::Key(KeyEvent::new(
            KeyCode::Char(c),
            KeyModifiers::CONTROL,
        )));
        run.tell(Message::Key(KeyEvent::new(
            KeyCode::Char(c),
            KeyModifiers::ALT,
        )));
        assert!(run.sent.is_empty(), "^{c}");
    }
}

#[test]
fn a_paste_never_decides() {
    let mut run = at_ben();
    for keys in ["", "d", "esc A", "esc D 1", "esc"] {
        run.press(keys);
        run.tell(Message::Paste("a\ny\n1\nrevoke 7\n".to_owned()));
        assert!(run.sent.is_empty(), "{keys}");
    }
    run.press("esc esc");
    run.tell(Message::Paste("aaa".to_owned()));
    assert!(run.toast().contains("a paste decides nothing"));
    // In a line of words it is text, and line breaks do not end it.
    run.press("d /");
    run.tell(Message::Paste("gone\nsince May".to_owned()));
    assert!(run.sent.is_empty());
    run.press("enter");
    assert_eq!(
        run.decided()[0]
            .reason
            .as_ref()
            .map(crate::domain::text::Raw::raw),
        Some("gone since May")
    );
}

#[test]
fn own_access_is_refused_and_says_who_decides() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("] a");
    assert!(
        run.toast()
            .contains("your own access; another reviewer decides"),
        "{}",
        run.toast()
    );
    run.press("d");
    assert!(run.screen().contains("your own access"));
    assert!(run.sent.is_empty());
}

#[test]
fn a_key_held_down_does_not_decide() {
    let mut run = at_ben();
    for _ in 0..5 {
        run.tell(Message::Key(repeated("a")));
    }
    assert!(run.sent.is_empty());
    run.tell(Message::Key(repeated("down")));
    assert!(run.cursor_row().contains("Payments"));
}

#[test]
fn the_seventh_same_key_at_once_is_stopped() {
    let mut run = Run::of(&many(40), SIZE);
    run.press("a");
    run.sent.clear();
    for _ in 0..12 {
        run.now_ms += 30;
        run.tell(Message::Key(key("a")));
    }
    assert_eq!(run.sent.len(), 5, "with the one before, six");
    assert!(
        run.toast().contains("seven times at once"),
        "{}",
        run.toast()
    );
    run.press("a");
    assert_eq!(run.sent.len(), 6);
}

#[test]
fn an_item_is_saving_until_its_entry_is_on_disk() {
    let mut run = at_ben();
    run.saves = false;
    run.press("a");
    let screen = run.screen();
    assert!(screen.contains("⟳ saving 1"), "{screen}");
    assert!(screen.contains("1 ⟳ account Acme"), "{screen}");
    assert!(
        run.cursor_row().contains("Payments"),
        "the cursor has moved on"
    );
    assert!(screen.contains("1/30"), "nothing counts yet");
    run.save();
    let screen = run.screen();
    assert!(
        screen.contains("2/30") && screen.contains("· saved"),
        "{screen}"
    );
}

#[test]
fn a_refusal_from_the_disk_is_told_and_changes_nothing() {
    let mut run = at_ben();
    run.saves = false;
    run.press("a");
    run.refuse("another process sealed it");
    assert!(
        run.toast()
            .contains("not recorded: another process sealed it")
    );
    assert!(run.screen().contains("1/30"));
}

#[test]
fn a_broken_disk_leaves_a_banner_and_refuses_every_decision() {
    let mut run = at_ben();
    run.saves = false;
    run.press("a");
    run.tell(Message::Broken(SafeText::of("no space left on device")));
    assert!(run.toast().contains("not recorded"), "{}", run.toast());
    // What was sent meanwhile fails too, and says less.
    run.tell(Message::Broken(SafeText::of("writing failed before")));
    run.sent.clear();
    for keys in ["a", "s", "d", ".", "c", "A", "D", "u", "^r", "m", "S"] {
        run.press(keys);
        assert!(run.sent.is_empty(), "{keys}");
        assert!(
            run.toast()
                .contains("nothing more is recorded; see to the disk, leave with q"),
            "{keys}: {}",
            run.toast()
        );
        assert!(
            run.screen()
                .contains("NOTHING MORE CAN BE WRITTEN: no space left on device")
        );
    }
}

#[test]
fn a_broken_disk_tells_cause_and_way_on_at_any_size() {
    let cause = "writing /home/ada/.local/state/muster/reviews/acme-2026-q1/journal.jsonl: no space left on device";
    for size in [(80, 24), (60, 16), (40, 10)] {
        let mut run = Run::of(&acme(), size);
        run.tell(Message::Broken(SafeText::of(cause)));
        let screen = run.screen();
        assert!(screen.contains("NOTHING MORE CAN BE WRITTEN: "), "{screen}");
        assert!(screen.contains("reopen the review."), "{screen}");
        if size.0 >= 60 {
            let told = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(cause) || size.0 < 80, "{screen}");
        }
    }
}

#[test]
fn a_read_only_review_says_why_on_every_deciding_key() {
    let look = Look::new(Colors::Full, false);
    let mut run = Run::open(
        begun(&acme(), vec![]),
        SIZE,
        look,
        Some("ben has it open since 09:00"),
    );
    for keys in ["a", "s", "d", ".", "c", "A", "D", "u", "^r", "m", "S"] {
        run.press(keys);
        assert!(run.sent.is_empty());
        assert!(
            run.toast().contains("read-only: ben has it open"),
            "{keys}: {}",
            run.toast()
        );
    }
    assert!(
        !run.screen().contains("a keep"),
        "keys that do nothing are not offered"
    );
}

#[test]
fn the_rest_of_an_account_is_kept_after_a_yes() {
    let mut run = at_ben();
    run.press("a A");
    assert!(
        run.toast()
            .contains("keep 3 items of Ben Ôkafor? (3 left out: hidden, privileged)"),
        "{}",
        run.toast()
    );
    run.press("A enter");
    assert_eq!(run.sent.len(), 1, "neither the same key nor Enter says yes");
    run.press("y");
    let decided = run.decided();
    assert_eq!(
        (decided[1].items.len(), decided[1].chosen.clone()),
        (3, Chosen::RestOfSubject)
    );
    let left_out = decided[1].left_out.iter();
    let left_out: Vec<_> = left_out
        .map(|(rule, items)| (rule.name(), items.len()))
        .collect();
    assert_eq!(left_out, [("hidden", 1), ("privileged", 2)]);
    assert!(
        run.toast()
            .contains("kept 3 items of Ben Ôkafor; 3 left out by policy")
    );
}

#[test]
fn what_is_typed_ahead_of_a_confirmation_is_dropped() {
    let mut run = at_ben();
    run.press("A");
    for word in ["y", "y"] {
        run.now_ms += 100;
        run.tell(Message::Key(key(word)));
    }
    assert!(run.sent.is_empty());
    assert_eq!(run.state.deadline_ms(), Some(run.now_ms + 50));
    run.now_ms += 50;
    run.tell(Message::Deadline);
    assert_eq!(run.state.deadline_ms(), None);
    run.tell(Message::Key(key("y")));
    assert_eq!(run.sent.len(), 1);
}

#[test]
fn a_large_keep_is_confirmed_by_its_count() {
    let mut run = Run::of(&many(40), SIZE);
    run.press("a A y enter ^u");
    run.types("40").press("enter");
    assert!(
        run.screen().contains("type exactly: 41"),
        "{}",
        run.screen()
    );
    run.press("bs bs").types("41");
    assert_eq!(run.sent.len(), 1);
    run.press("enter");
    assert_eq!(run.decided()[1].items.len(), 41);
}

#[test]
fn a_bulk_revoke_is_confirmed_by_the_word_and_the_count() {
    let mut run = at_ben();
    run.press("D");
    assert!(
        run.screen()
            .contains("one reason for all; then you will type `revoke 7`"),
        "{}",
        run.screen()
    );
    run.press("1");
    assert!(run.sent.is_empty());
    run.types("7").press("enter");
    assert!(run.sent.is_empty());
    run.tell(Message::Paste("revoke 7".to_owned()));
    run.press("enter");
    assert!(run.sent.is_empty());
    assert!(
        run.screen().contains("Type revoke 7 and Enter"),
        "{}",
        run.screen()
    );
    run.press("^u").types("revoke 7").press("enter");
    let decided = run.decided();
    assert_eq!((decided[0].change, decided[0].items.len()), (REVOKE, 7));
    assert_eq!(
        decided[0]
            .reason
            .as_ref()
            .map(crate::domain::text::Raw::raw),
        Some("no longer needed")
    );
}

#[test]
fn a_bulk_tells_what_is_out_of_the_ordinary_among_its_items() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("* d 1");
    let told = run.screen().replace('│', " ");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains(
            "among them 3 privileged, 3 of externals, 2 of accounts that left, 1 of suspended accounts, \
             3 with hidden characters"
        ),
        "{told}"
    );
}

#[test]
fn marked_items_are_decided_together_and_own_access_is_left_out() {
    let snapshot = acme();
    let mut run = Run::of(&snapshot, SIZE);
    run.press("] space space ] space a");
    assert!(
        run.toast()
            .starts_with("keep 1 marked item? (2 left out: own)"),
        "{}",
        run.toast()
    );
    run.press("y");
    let decided = run.decided();
    assert_eq!(
        decided[0].items.iter().collect::<Vec<_>>(),
        [item(&snapshot, "Ben", "Acme", "Can sign in")]
    );
    assert_eq!(decided[0].chosen, Chosen::Marked);
    assert!(
        !run.screen().contains("marked?") && run.screen().contains("30 items\n"),
        "marks are gone: {}",
        run.screen()
    );
}

#[test]
fn all_that_a_filter_shows_is_decided_under_its_name() {
    let mut run = Run::of(&acme(), SIZE);
    run.press("/")
        .types("project:billing -account:zoe")
        .press("enter * d 3");
    run.now_ms += 300;
    run.types("revoke 4").press("enter");
    let decided = run.decided();
    assert_eq!(decided.len(), 1, "{}", run.screen());
    assert!(
        matches!(&decided[0].chosen, Chosen::Filter(text) if text.raw() == "project:billing -account:zoe")
    );
}

#[test]
fn a_range_marks_what_lies_between() {
    let mut run = at_ben();
    run.press("v down down v");
    assert!(run.screen().contains("3 marked"), "{}", run.screen());
    assert_eq!(run.toast(), "3 items are marked");
    run.press("space");
    assert_eq!(run.toast(), "2 items are marked");
    run.press("-");
    assert!(!run.screen().contains("marked ·"));
    assert_eq!(run.toast(), "nothing is marked");
    run.press("home v down");
    assert!(run.screen().contains("2 marked"), "{}", run.screen());
    run.press("esc");
    assert!(!run.screen().contains("2 marked"), "{}", run.screen());
    run.press("home v down s y");
    assert_eq!(
        run.decided()[0].items.len(),
        2,
        "a range counts as marked when a key decides"
    );
}

#[test]
fn hidden_marks_are_counted() {
    let mut run = at_ben();
    run.press("space space /")
        .types("account:hiro")
        .press("enter");
    assert!(
        run.screen().contains("2 marked (2 hidden)"),
        "{}",
        run.screen()
    );
    run.press("a");
    assert!(
        run.toast().contains("2 items are hidden by the filter"),
        "{}",
        run.toast()
    );
}

#[test]
fn undo_goes_back_to_what_changed_and_redo_makes_it_again() {
    let mut run = at_ben();
    run.press("a d 1 ] ] u");
    assert_eq!(run.sent.last(), Some(&Event::Undone { entry: 4 }));
    assert!(run.cursor_row().contains("Payments"), "{}", run.screen());
    assert!(run.cursor_row().contains('↶'));
    assert!(
        run.toast()
            .contains("took back 4: revoked Payments / Team Member of Ben Ôkafor"),
        "{}",
        run.toast()
    );
    run.press("u");
    assert!(run.cursor_row().contains("Can sign in"));
    run.press("^r ^r");
    assert_eq!(run.sent.last(), Some(&Event::Redone { entry: 4 }));
    assert!(run.cursor_row().contains('✗'), "{}", run.screen());
    assert!(!run.screen().contains('↶'), "{}", run.screen());
    run.press("^r");
    assert!(run.toast().contains("nothing to redo"));
}

#[test]
fn an_undo_waits_for_what_is_on_its_way_to_the_disk() {
    let mut run = at_ben();
    run.saves = false;
    run.press("a u");
    assert_eq!(run.sent.len(), 1);
    run.save();
    assert_eq!(run.sent.last(), Some(&Event::Undone { entry: 3 }));
    run.save();
    assert!(run.screen().contains("1/30"));
}

#[test]
fn history_takes_back_everything_after_an_entry_when_asked_to() {
    let mut run = at_ben();
    run.press("a a a U down down enter");
    assert!(
        run.toast()
            .contains("take back 2 changes after 3? Nothing was sent to the server"),
        "{}",
        run.toast()
    );
    run.press("enter");
    assert_eq!(run.sent.len(), 3);
    run.press("y");
    assert_eq!(
        run.sent[3..],
        [Event::Undone { entry: 5 }, Event::Undone { entry: 4 }]
    );
    assert!(run.screen().contains("2/30"));
    assert!(
        run.toast().contains("took back 2 changes"),
        "{}",
        run.toast()
    );
}

#[test]
fn history_takes_back_what_was_made_again_after_an_entry() {
    let mut run = at_ben();
    run.press("a a u u ^r ^r U down down enter");
    assert!(
        run.toast()
            .contains("take back 2 changes after 6? Nothing was sent to the server"),
        "{}",
        run.screen()
    );
    run.press("y");
    assert_eq!(
        run.sent[6..],
        [Event::Undone { entry: 4 }, Event::Undone { entry: 3 }]
    );
    assert!(run.toast().contains("took back 2 changes"));
    run.press("U enter");
    assert!(
        run.toast().contains("no change after this one stands"),
        "{}",
        run.toast()
    );
}

#[test]
fn a_note_is_written_changed_and_removed() {
    let mut run = at_ben();
    run.press("m").types("ask Eva").press("enter");
    assert!(matches!(&run.sent[0], Event::Noted { text, .. } if text.raw() == "ask Eva"));
    run.press("m enter");
    assert_eq!(run.sent.len(), 1, "the same note again is no change");
    run.press("m ^u enter");
    assert!(matches!(&run.sent[1], Event::Noted { text, .. } if text.raw().is_empty()));
}

#[test]
fn derived_access_is_decided_on_the_stored_grants_it_comes_from() {
    let snapshot = acme();
    for (way, expected) in [
        ("1", item(&snapshot, "Ben", "Payments", "Team Member")),
        (
            "2",
            item(&snapshot, "Payments", "atlas-billing", "Project Member"),
        ),
    ] {
        let mut run = at_ben();
        run.press("end up a");
        assert!(
            run.screen()
                .contains("Ben Ôkafor has this via team Payments"),
            "{}",
            run.screen()
        );
        assert!(run.sent.is_empty());
        // Another way to the same project is not passed over in silence.
        let told = run
            .screen()
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            told.contains("Also directly as Project Admin: that stays when only one way goes."),
            "{told}"
        );
        run.press(way).press("6");
        let decided = run.decided();
        assert_eq!(decided[0].items.iter().collect::<Vec<_>>(), [expected]);
        assert!(
            run.cursor_row().contains("via Payments"),
            "the cursor stays: {}",
            run.screen()
        );
    }
}

#[test]
fn access_through_a_revoked_membership_says_so() {
    let mut run = at_ben();
    run.press("down d 1");
    assert!(
        run.screen().contains("via Payments, revoked"),
        "{}",
        run.screen()
    );
    run.press("u");
    assert!(!run.screen().contains("via Payments, revoked"));
}

#[test]
fn a_sealed_review_changes_no_more() {
    let snapshot = acme();
    let mut campaign = begun(&snapshot, vec![]);
    crate::domain::fixture::waive(&mut campaign);
    let next = campaign.next_seq();
    let progress = campaign.progress();
    let attested = Attested {
        statement: "it is so".to_owned(),
        principal: "ada".into(),
        progress,
    };
    for (event, seq) in [
        Event::Attested(Box::new(attested)),
        Event::Sealed {
            record: "acme-2026-q1".to_owned(),
            sums: Digest([0; 32]),
        },
    ]
    .into_iter()
    .zip(next..)
    {
        campaign.apply(entry(seq, event)).expect("it may be sealed");
    }
    let mut run = Run::open(campaign, SIZE, Look::new(Colors::Full, false), None);
    assert!(
        run.screen()
            .contains("SEALED: nothing in this review changes any more")
    );
    for keys in [
        "a", "s", "d", ".", "c", "A", "D", "u", "^r", "m", "S", "end a",
    ] {
        run.press(keys);
        assert!(run.sent.is_empty() && run.asked.is_empty(), "{keys}");
        assert!(
            run.toast().contains("sealed as acme-2026-q1"),
            "{keys}: {}",
            run.toast()
        );
    }
}

#[test]
fn a_bulk_of_revokes_tells_what_it_leaves_standing_and_whom_it_touches() {
    let mut run = Run::of(&acme(), (120, 40));
    run.press("/")
        .types("role:\"project admin\" ben or team:payments project:atlas");
    run.press("enter * d");
    let screen = run.screen();
    assert!(
        screen.contains("accounts reach something through a team that it is taken from")
            || screen.contains("account reaches something through a team that it is taken from"),
        "{screen}"
    );
    let mut run = Run::of(&acme(), (120, 40));
    run.press("/").types("ben project:atlas|会計");
    run.press("enter * d");
    assert!(
        run.screen()
            .contains("2 revokes leave the access standing by another way: atlas-billing / Project Admin of Ben"),
        "{}",
        run.screen()
    );
    run.press("1");
    assert!(
        run.screen().contains("2 revokes leave the access standing"),
        "{}",
        run.screen()
    );
}

#[test]
fn nothing_is_decided_on_a_screen_too_small_to_see_it() {
    let mut run = at_ben();
    run.press("d");
    run.resize(30, 8);
    run.press("1 a y");
    assert!(run.sent.is_empty());
    run.resize(80, 24);
    run.press("1");
    assert_eq!(run.sent.len(), 1);
    run.resize(39, 9);
    for keys in [
        "a", "s", "d", ".", "c", "A", "D", "space", "*", "y", "1", "7", "enter", "u", "^r", "S",
        "m", ":", "/",
    ] {
        run.press(keys);
        assert_eq!(run.sent.len(), 1, "{keys}");
        assert!(run.asked.is_empty(), "{keys}");
    }
    run.resize(30, 8);
    run.press("q");
    assert!(run.state.finished().is_some());
}
