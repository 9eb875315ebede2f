//! A journal on a screen in memory: keys in, screens and moments out.

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend};

use super::{Proof, Start, State};
use crate::{
    domain::{
        bulk::Bulk,
        campaign::{Campaign, replay::Replay},
        decision::{Change, Decision},
        filter::Filter,
        fixture::entry,
        items::{Item, ItemSet},
        journal::{Attested, Chosen, Decided, Entry, Event, LeftOut},
        text::{Raw, SafeText},
    },
    tui::{
        keymap::{self, Context, Key},
        message::Input,
        runtime::{Exit, Screens as _},
        tests::fixture::{acme, begun, key, repeated, text},
        theme::{Colors, Look},
    },
};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 10)];

/// Events of a review over three mornings: bulks, single decisions, what was taken back, a note, names of all kinds.
fn story() -> Campaign {
    let mut campaign = begun(&acme(), Vec::new());
    let items = |campaign: &Campaign, text: &str| {
        let filter = Filter::parse(text).expect("a filter");
        filter.select(campaign)
    };
    let decided = |change, items: ItemSet, reason: Option<&str>, chosen| {
        let bulk = Bulk::of(&campaign, change, &items, true);
        Event::Decided(bulk.decided(reason.map(Raw::from), chosen))
    };
    let keep = Change::Decide(Decision::Keep);
    let revoke = Change::Decide(Decision::Revoke);
    let ben = items(&campaign, "account:ben kind:project");
    let one = |set: &ItemSet, n: usize| ItemSet::from(set.iter().nth(n).expect("an item"));
    let hiro = items(&campaign, "account:hiro");
    let left = items(&campaign, "is:left");
    let wide = items(&campaign, "is:active -is:own -is:implicit -account:ben");
    let by_filter = |text: &str| Chosen::Filter(Raw::from(text));
    let acts = [
        (40, decided(keep, one(&ben, 0), None, Chosen::Single)),
        (
            52,
            decided(revoke, one(&ben, 1), Some("unused"), Chosen::Single),
        ),
        (60, Event::Undone { entry: 3 }),
        (61, Event::Redone { entry: 3 }),
        (
            75,
            decided(revoke, left, Some("left the company"), by_filter("is:left")),
        ),
        (
            86_400,
            decided(Change::Later, one(&hiro, 0), None, Chosen::Single),
        ),
        (
            86_410,
            Event::Noted {
                item: hiro.first().expect("an item"),
                text: Raw::from("ask \u{202e}oriH\u{1b}[2J"),
            },
        ),
        (
            86_500,
            decided(keep, hiro.clone(), None, Chosen::RestOfSubject),
        ),
        (86_530, Event::Undone { entry: 9 }),
        (
            180_000,
            decided(keep, wide, None, by_filter("is:active -is:own")),
        ),
        (
            180_020,
            decided(
                revoke,
                one(&ben, 2),
                Some("left \u{202e}team"),
                Chosen::Single,
            ),
        ),
    ];
    let start = campaign.entries()[0].at.ms();
    for (seconds, event) in acts {
        let at = crate::domain::time::Timestamp::from_ms(start + seconds * 1000);
        let next = Entry {
            at: at.expect("a time"),
            by: Raw::from(if seconds > 100_000 { "b\u{e9}a" } else { "ada" }),
            ..entry(campaign.next_seq(), event)
        };
        campaign.apply(next).expect("it may happen");
    }
    campaign
}

struct Run {
    state: State,
    now_ms: u64,
}

impl Run {
    fn of(campaign: &Campaign, proof: Proof, size: (u16, u16)) -> Self {
        let replay = Replay::of(campaign, &mut |_| {}).expect("a journal of its own");
        let start = Start {
            replay,
            proof,
            approved: None,
            filter: None,
        };
        let mut run = Self {
            state: State::new(Look::new(Colors::Full, false), start),
            now_ms: 1_000,
        };
        run.tell(Input::Resize(size.0, size.1));
        run
    }

    fn good(size: (u16, u16)) -> Self {
        Self::of(&story(), Proof::Known(1), size)
    }

    fn tell(&mut self, input: Input) {
        // There is nothing that could come back: nobody can make an effect.
        assert!(self.state.update(input, self.now_ms).is_empty());
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ').filter(|word| !word.is_empty()) {
            self.now_ms += 400;
            self.tell(Input::Key(key(word)));
        }
        self
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let code = crossterm::event::KeyCode::Char(c);
            self.tell(Input::Key(crossterm::event::KeyEvent::from(code)));
        }
        self
    }

    fn at(&self) -> u32 {
        self.state.replay.at()
    }

    fn screen_of(&self, (wide, high): (u16, u16)) -> String {
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).expect("in memory");
        terminal
            .draw(|frame| self.state.view(frame))
            .expect("drawing to memory");
        text(terminal.backend().buffer())
    }

    fn screen(&self) -> String {
        self.screen_of(self.state.size)
    }

    fn said(&self) -> &str {
        &self.state.said.text
    }
}

/// The proofs that need a warning.
fn doubts() -> [Proof; 4] {
    let why = SafeText::of("SHA256SUMS.reviewer.sig: the signature is not one over SHA256SUMS");
    [
        Proof::SignerUnknown,
        Proof::Bad(why.clone()),
        Proof::NotTold(why),
        Proof::Unsigned,
    ]
}

fn stored(name: &str, keys: &str, sizes: &[(u16, u16)]) {
    for size in sizes {
        let mut run = Run::good(*size);
        run.press(keys);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), run.screen());
    }
}

#[test]
fn the_entries_and_what_they_are_about() {
    stored("entries", "", &SIZES);
    stored("undone", "home . . .", &SIZES);
    stored(
        "bulk_beside",
        "up tab down down",
        &[(80, 24), (120, 40), (40, 10)],
    );
    stored("entries", "", &[(60, 16)]);
}

#[test]
fn what_nobody_vouches_for_says_so() {
    for (n, proof) in doubts().into_iter().enumerate() {
        for size in SIZES {
            let run = Run::of(&story(), proof.clone(), size);
            let screen = run.screen();
            let first: Vec<&str> = screen.lines().take(4).collect();
            let name = format!("warning_{n}_{}x{}", size.0, size.1);
            insta::assert_snapshot!(name, first.join("\n"));
        }
    }
}

#[test]
fn who_approved_it_is_told_with_the_attestation() {
    let mut campaign = story();
    let attested = event(&campaign, Act::Attest).expect("it may happen");
    let flags = crate::domain::fixture::flags(&campaign);
    for flag in flags.iter().filter(|flag| flag.stops()) {
        let waived = entry(campaign.next_seq(), flag.waive(Raw::from("a pilot")));
        campaign.apply(waived).expect("it may be waived");
    }
    let last = entry(campaign.next_seq(), attested);
    campaign.apply(last).expect("nothing stops it");
    let mut run = Run::of(&campaign, Proof::Known(1), (120, 40));
    run.state.approved = Some(SafeText::of("approved by bo@example.com"));
    let screen = run.screen();
    assert!(
        screen.contains("attested as ada; approved by bo@example.com"),
        "{screen}"
    );
}

#[test]
fn sheets_over_the_entries() {
    stored("bulk", "up b", &SIZES);
    stored("differences", "home . . m end d down", &SIZES);
    stored("help", "?", &[(80, 24), (120, 40)]);
    for size in [(80, 24), (40, 10)] {
        let mut run = Run::good(size);
        run.press("/").types("actor:bea evnt:keep").press("enter");
        insta::assert_snapshot!(format!("mistake_{}x{}", size.0, size.1), run.screen());
        run.press("^u").types("event:revoke").press("enter");
        insta::assert_snapshot!(format!("filtered_{}x{}", size.0, size.1), run.screen());
    }
}

#[test]
fn the_screens_of_the_review_are_shown_as_they_were() {
    stored(
        "inside",
        "home . . enter",
        &[(80, 24), (120, 40), (200, 60)],
    );
    let mut run = Run::good((80, 24));
    run.press("home . . enter");
    let before = run.screen();
    assert!(before.contains("after entry 3 of 12"), "{before}");
    // Step there and back, then leave; the moment stays.
    run.press("> > <");
    let stepped = run.screen();
    assert!(stepped.contains("after entry 4 of 12"), "{stepped}");
    run.press("q");
    assert_eq!((run.at(), run.state.finished()), (4, None));
    assert!(run.screen().contains("entry 4 of 12"), "{}", run.screen());
    run.press("q");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

/// Keys that lead to each screen.
const SCREENS: &[&str] = &[
    "", "tab", "/", "t", "?", "up b", "m home d", "enter", "enter ?", "enter w", "enter U",
    "enter /", "enter :",
];

#[test]
fn the_warning_never_leaves_the_screen() {
    let campaign = story();
    for proof in doubts() {
        let (short, whole) = match &proof {
            Proof::SignerUnknown => (
                "UNPROVEN: nobody vouches for the key",
                "NOT PROVEN WHO SIGNED",
            ),
            Proof::Bad(_) => (
                "DO NOT RELY ON THIS: checks failed",
                "DO NOT RELY ON THIS: it is not what",
            ),
            Proof::NotTold(_) => (
                "UNPROVEN: it could not be checked",
                "NOT PROVEN: it could not",
            ),
            _ => (
                "NOT SIGNED: a review in progress",
                "NOT SIGNED: this is a review",
            ),
        };
        for keys in SCREENS {
            let mut run = Run::of(&campaign, proof.clone(), (120, 40));
            run.press(keys);
            for size in [
                (1, 1),
                (12, 3),
                (39, 9),
                (40, 10),
                (60, 16),
                (80, 24),
                (120, 40),
                (200, 60),
            ] {
                run.tell(Input::Resize(size.0, size.1));
                let screen = run.screen();
                let first = screen.lines().next().unwrap_or("");
                let shown = first.trim_start_matches([' ', '!']).trim_end_matches('…');
                assert!(
                    if size.0 >= 40 {
                        first.contains(short) || first.contains(whole)
                    } else {
                        short.starts_with(shown) && (size.0 < 6 || !shown.is_empty())
                    },
                    "{keys} at {size:?}: {first}"
                );
            }
        }
    }
    // What is proven needs no warning.
    assert!(Run::good((40, 10)).screen().starts_with(" 12/12"));
}

#[test]
fn every_key_that_would_decide_answers_that_this_is_a_replay() {
    let deciding = Context::Review.bindings().iter();
    let deciding = deciding.filter(|binding| binding.action.decides());
    let keys: Vec<Key> = deciding.flat_map(|binding| binding.keys).copied().collect();
    assert!(keys.len() > 10);
    let before = story();
    for bound in keys {
        let word = match bound {
            Key::Char(c) => c.to_string(),
            Key::Ctrl(c) => format!("^{c}"),
            other => panic!("another kind of key: {other:?}"),
        };
        let mut run = Run::good((120, 40));
        run.press("home . . ");
        if keymap::meaning(Context::Replay, key(&word)).is_none() {
            run.press(&word);
            assert_eq!(run.said(), "read-only: this is a replay", "{word}");
        }
        run.press("enter").press(&word);
        let screen = run.screen();
        assert!(
            screen.contains("! read-only: this is a replay"),
            "{word}:\n{screen}"
        );
        assert_eq!(run.state.replay.end().entries(), before.entries());
        assert_eq!(run.at(), 3);
    }
}

#[test]
fn steps_sessions_and_jumps() {
    let mut run = Run::good((120, 40));
    for (keys, at) in [
        ("", 12),
        ("home", 1),
        (",", 1),
        (".", 2),
        ("right right left", 3),
        ("down down up", 4),
        ("end .", 12),
        ("g g", 1),
        ("G", 12),
        ("<", 11),
        ("<", 7),
        (">", 11),
        ("< < <", 1),
        (">", 7),
    ] {
        run.press(keys);
        assert_eq!(run.at(), at, "{keys}");
    }
    for (typed, at) in [
        ("4", 4),
        ("2026-04-01", 10),
        ("2026-03-31", 6),
        ("2026-04-01 09:00", 8),
    ] {
        run.press("t").types(typed).press("enter");
        assert_eq!(run.at(), at, "{typed}: {}", run.said());
        assert!(run.state.sheet.is_none());
    }
    for typed in ["99", "noon", "2020-01-01", "\u{202e}"] {
        run.press(":").types(typed).press("enter");
        assert!(
            run.state.said.refused && run.state.sheet.is_some(),
            "{typed}"
        );
        assert!(run.screen().contains('!'), "{typed}");
        run.press("esc");
        assert_eq!(run.at(), 8);
    }
}

#[test]
fn a_filter_chooses_entries_and_n_goes_through_them() {
    let mut run = Run::good((120, 40));
    run.press("n");
    assert_eq!(run.said(), "there is no filter; / sets one");
    run.press("home /").types("event:revoke").press("enter");
    for (keys, at) in [
        ("n", 3),
        ("n", 6),
        (".", 7),
        ("n", 12),
        ("n", 12),
        ("N", 6),
        ("up", 3),
        ("down", 6),
        ("home", 3),
        ("end", 12),
        (",", 11),
        ("down", 12),
    ] {
        run.press(keys);
        assert_eq!(run.at(), at, "{keys}");
    }
    run.press("esc");
    assert!(run.state.chosen.is_none());
    // Only what is about the item under the cursor: it was bookmarked, noted on, kept, that was taken back, and kept
    // with others.
    run.press("t").types("7").press("enter i");
    let chosen = run.state.chosen.as_ref().expect("a filter");
    assert_eq!(chosen.entries, [7, 8, 9, 10, 11]);
}

#[test]
fn it_plays_at_its_pace_and_rests_otherwise() {
    let mut run = Run::good((80, 24));
    assert_eq!(run.state.deadline_ms(), None);
    run.press("space");
    assert_eq!(run.said(), "this is the last entry; Home goes to the first");
    run.press("home space");
    let due = run.state.deadline_ms().expect("it plays");
    // Not before its time.
    run.now_ms = due - 1;
    run.tell(Input::Deadline);
    assert_eq!(run.at(), 1);
    for at in 2..=4 {
        run.now_ms = run.state.deadline_ms().expect("it plays");
        run.tell(Input::Deadline);
        assert_eq!(run.at(), at);
    }
    // Two a second; then five.
    let due = run.state.deadline_ms().expect("it plays");
    assert_eq!(due - run.now_ms, 500);
    run.press("+");
    run.now_ms = due;
    run.tell(Input::Deadline);
    assert_eq!(run.state.deadline_ms().expect("it plays") - run.now_ms, 200);
    run.press("space");
    assert_eq!(run.state.deadline_ms(), None);
    let stopped = run.at();
    run.tell(Input::Deadline);
    assert_eq!(run.at(), stopped);
    // At the end it stops by itself, however fast, and a key stops it as well.
    run.press("home + + + + + space");
    run.now_ms += 5_000;
    run.tell(Input::Deadline);
    assert_eq!((run.at(), run.state.deadline_ms()), (12, None));
    run.press("home space .");
    assert_eq!(run.state.deadline_ms(), None);
    // Nothing that is looked at needs the clock.
    for keys in SCREENS {
        let mut run = Run::good((80, 24));
        run.press(keys);
        assert_eq!(run.state.deadline_ms(), None, "{keys}");
    }
}

#[test]
fn with_a_filter_it_plays_what_the_filter_chooses() {
    let mut run = Run::good((80, 24));
    run.press("home /")
        .types("event:revoke")
        .press("enter space");
    let mut seen = Vec::new();
    while let Some(due) = run.state.deadline_ms() {
        run.now_ms = due;
        run.tell(Input::Deadline);
        seen.push(run.at());
    }
    assert_eq!(seen, [3, 6, 12]);
}

#[test]
fn two_moments_are_compared_either_way() {
    let mut run = Run::good((120, 40));
    run.press("d");
    assert!(run.said().starts_with("mark an entry with m"));
    run.press("m d");
    assert!(run.said().starts_with("this entry is the marked one"));
    run.press("home d");
    let screen = run.screen();
    assert!(screen.contains("between entry 1 and entry 12"), "{screen}");
    assert!(
        screen.contains("undecided") && screen.contains("revoked"),
        "{screen}"
    );
    run.press("esc");
    assert_eq!(run.at(), 1);
}

#[test]
fn a_bulk_is_shown_as_it_was_before_it_was_made() {
    let mut run = Run::good((120, 40));
    run.press("home . b");
    assert!(run.said().starts_with("this entry is no bulk"));
    run.press("t").types("11").press("enter b");
    let screen = run.screen();
    assert!(
        screen.contains("all that match is:active -is:own"),
        "{screen}"
    );
    // What is kept by it was not yet.
    let sample = screen
        .lines()
        .skip_while(|line| !line.contains("sample 5 of"));
    let sample: Vec<&str> = sample.skip(1).take(5).collect();
    assert!(
        sample
            .iter()
            .all(|line| line.contains("│  · ") || line.contains("│  » ")),
        "{sample:?}"
    );
    assert_eq!(run.at(), 11);
    run.press("esc");
    assert!(run.state.sheet.is_none());
}

#[test]
fn a_key_that_is_held_down_and_a_paste_do_no_harm() {
    let mut run = Run::good((80, 24));
    run.tell(Input::Paste("q".to_owned()));
    assert!(run.said().starts_with("a paste does nothing"));
    for _ in 0..40 {
        run.tell(Input::Key(repeated("up")));
    }
    assert_eq!((run.at(), run.state.finished()), (1, None));
}

/// Draws at `size`, and checks that nothing is on the screen that could act on a terminal.
fn drawn(run: &Run, size: (u16, u16)) {
    let screen = run.screen_of(size);
    let hidden = |c: char| {
        c != '\n'
            && (c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{2066}'..='\u{2069}'))
    };
    assert!(!screen.contains(hidden), "{screen:?}");
}

#[test]
fn every_small_size_is_drawn() {
    for proof in [Proof::Known(1), Proof::SignerUnknown] {
        for keys in SCREENS {
            let mut run = Run::of(&story(), proof.clone(), (120, 40));
            run.press(keys);
            for wide in (0..38).step_by(5).chain([39, 40, 41, 59, 60, 99, 100]) {
                for high in (0..13).chain([15, 16, 29, 30]) {
                    run.tell(Input::Resize(wide, high));
                    drawn(&run, (wide, high));
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Decide(u8, Vec<u32>, bool),
    Note(u32),
    Undo,
    Redo,
    Attest,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0u8..5, prop::collection::vec(0u32..30, 1..8), any::<bool>())
            .prop_map(|(change, items, bulk)| Act::Decide(change, items, bulk)),
        1 => (0u32..30).prop_map(Act::Note),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
        1 => Just(Act::Attest),
    ]
}

fn event(campaign: &Campaign, act: Act) -> Option<Event> {
    Some(match act {
        Act::Decide(change, items, bulk) => Event::Decided(Decided {
            change: match change {
                0 => Change::Decide(Decision::Keep),
                1 => Change::Decide(Decision::Revoke),
                2 => Change::Decide(Decision::Acknowledge),
                3 => Change::Later,
                _ => Change::Clear,
            },
            items: items.into_iter().map(Item).collect(),
            reason: Some(Raw::from("w\u{202e}hy")),
            chosen: if bulk { Chosen::Marked } else { Chosen::Single },
            left_out: LeftOut::default(),
        }),
        Act::Note(item) => Event::Noted {
            item: Item(item),
            text: Raw::from("note"),
        },
        Act::Undo => Event::Undone {
            entry: campaign.undoable()?.seq,
        },
        Act::Redo => Event::Redone {
            entry: campaign.redoable()?.seq,
        },
        Act::Attest => Event::Attested(Box::new(Attested {
            statement: "all of it".to_owned(),
            principal: Raw::from("ada"),
            progress: campaign.progress(),
        })),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_shown_is_the_fold_of_the_entries_up_to_it(
        acts in prop::collection::vec(act(), 0..30),
        apart in prop::collection::vec(-10i64..7_200, 30),
        keys in prop::collection::vec(prop::sample::select(vec![
            ".", ",", "j", "k", "home", "end", "pgup", "pgdn", "<", ">", "space", "+", "n", "N", "m", "d", "b", "i", "esc",
            "enter", "tab", "q", "/", "a", "c", "u", "S", "t", "3", "?", "w", "^l",
        ]), 0..25),
        (wide, high) in (0u16..220, 0u16..70),
    ) {
        let mut campaign = begun(&acme(), Vec::new());
        let mut at = campaign.entries()[0].at.ms();
        for (act, apart) in acts.into_iter().zip(apart) {
            let Some(event) = event(&campaign, act) else { continue };
            at += apart * 1000;
            let next = Entry {
                at: crate::domain::time::Timestamp::from_ms(at).expect("a time"),
                ..entry(campaign.next_seq(), event)
            };
            _ = campaign.apply(next);
        }
        let mut run = Run::of(&campaign, Proof::Unsigned, (wide, high));
        for key in keys {
            run.press(key);
            if let Some(due) = run.state.deadline_ms() {
                run.now_ms = run.now_ms.max(due);
                run.tell(Input::Deadline);
            }
            // The same again, from the beginning.
            let mut folded = Campaign::open(
                Arc::clone(campaign.snapshot()),
                campaign.terms().clone(),
                Entry::clone(&campaign.entries()[0]),
            ).expect("it opened once");
            for entry in &campaign.entries()[1..run.at() as usize] {
                folded.apply(Entry::clone(entry)).expect("it happened once");
            }
            let shown = run.state.replay.campaign();
            prop_assert_eq!(shown.slots(), folded.slots());
            prop_assert_eq!(shown.progress(), folded.progress());
            prop_assert_eq!(shown.entries(), folded.entries());
            prop_assert!(shown.notes().eq(folded.notes()));
            for seq in 1..=run.at() {
                prop_assert_eq!(shown.stands(seq), folded.stands(seq));
            }
            drawn(&run, (wide, high));
        }
        prop_assert_eq!(run.state.replay.end().entries(), campaign.entries());
    }
}
