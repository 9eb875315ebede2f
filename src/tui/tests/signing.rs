//! Sign-off: what is told, what is asked for, what is sent.

use secrecy::ExposeSecret as _;

use super::fixture::{Run, acme, begun, gap};
use crate::{
    domain::{journal::Event, text::SafeText},
    tui::{
        effect::{Effect, SealRequest},
        message::{KeyChoice, Message},
        runtime::Exit,
        theme::{Colors, Look},
    },
};

pub(super) fn keys() -> Vec<KeyChoice> {
    vec![
        KeyChoice {
            label: SafeText::of("ada@laptop"),
            place: "ssh-agent",
            fingerprint: "SHA256:2v9mS8gGmB0gq1d5P1p6Lk7o3a5Yh7dUu0V7bq2cX1E".to_owned(),
            needs_passphrase: false,
        },
        KeyChoice {
            label: SafeText::of("~/.ssh/id_ed25519"),
            place: "key file",
            fingerprint: "SHA256:9fJm1Vq2cX1E2v9mS8gGmB0gq1d5P1p6Lk7o3a5Yh7d".to_owned(),
            needs_passphrase: true,
        },
    ]
}

/// At the sign-off of a review in which something is decided.
pub(super) fn at_sign_off(size: (u16, u16)) -> Run {
    let look = Look::new(Colors::Full, false);
    let mut run = Run::open(begun(&acme(), vec![gap()]), size, look, None);
    run.press("a a s d 2 S");
    run.tell(Message::Keys(keys()));
    run
}

fn request(run: &Run) -> Option<&SealRequest> {
    run.asked.iter().find_map(|effect| match effect {
        Effect::Seal(request) => Some(&**request),
        _ => None,
    })
}

fn requests(run: &Run) -> Vec<&SealRequest> {
    let requests = run.asked.iter().filter_map(|effect| match effect {
        Effect::Seal(request) => Some(&**request),
        _ => None,
    });
    requests.collect()
}

#[test]
fn sign_off_tells_what_is_decided_open_missing_and_left_standing() {
    let mut run = at_sign_off((120, 40));
    let screen = run.screen();
    for told in [
        "3 of 30 items are decided: 1 kept, 1 revoked, 1 acknowledged",
        "27 items are undecided, 1 of them left for later",
        "open undecided: 27 of 30 items are undecided, 3 of them your own access, which another reviewer decides",
        "answers SOC 2 practice, PCI DSS 7.2.4. To settle it: decide them, or say why they stay open",
        "PARTIAL: 1 thing could not be read",
        "participants of 3 projects: the token may not read them",
        "1 revoke leaves the access standing by another way",
        "4 changes, 0 items decided in bulk",
        "I, ada@example.com, reviewed the access of 12 accounts in Acme",
        "ada@laptop",
    ] {
        assert!(screen.contains(told), "{told}\n{screen}");
    }
    assert!(matches!(run.asked[..], [Effect::ListKeys]));
}

/// Goes from the key through all red flags and says why each may stand.
fn waive(run: &mut Run) {
    for _ in 0..2 {
        run.types("because").press("enter");
    }
}

fn waived(run: &Run) -> Vec<(&'static str, u64, &str)> {
    let waived = run.sent.iter().filter_map(|event| match event {
        Event::Waived(waived) => Some((waived.flag.name(), waived.count, waived.reason.raw())),
        _ => None,
    });
    waived.collect()
}

#[test]
fn a_record_is_asked_for_when_everything_is_filled_in_and_the_name_is_typed() {
    let mut run = at_sign_off((120, 40));
    run.press("enter enter enter enter enter");
    assert!(
        request(&run).is_none(),
        "Enter on an empty line signs nothing"
    );
    run.types("2026-q1").press("enter");
    assert!(request(&run).is_none());
    assert!(
        run.screen()
            .contains("settle undecided, or say here why it may stand and press Enter"),
        "{}",
        run.screen()
    );
    waive(&mut run);
    assert_eq!(
        waived(&run),
        [("undecided", 27, "because"), ("gaps", 1, "because")]
    );
    run.press("^u").types("2026-q2").press("enter");
    assert!(request(&run).is_none());
    assert!(
        run.screen()
            .contains("type the review's name exactly: 2026-q1")
    );
    run.press("bs").types("1").press("enter");
    let request = request(&run).expect("it is asked for");
    assert_eq!((request.key, &*request.principal), (0, "ada@example.com"));
    assert!(request.passphrase.is_none());
    for told in [
        "I, ada@example.com, reviewed",
        "partial",
        " 2 red flags were waived with a reason that stands in this record: undecided items (27 items), what could not be \
         read (1 thing). ",
    ] {
        assert!(request.statement.contains(told), "{}", request.statement);
    }
}

#[test]
fn a_reason_that_is_not_yet_written_down_is_seen_and_what_was_said_goes_with_the_next_key() {
    let mut run = at_sign_off((120, 40));
    run.press("enter enter enter enter enter");
    run.types("2026-q1").press("enter");
    let wants = "settle undecided, or say here why it may stand and press Enter";
    assert!(run.screen().contains(wants), "{}", run.screen());
    run.types("Bob decides them").press("tab");
    let screen = run.screen();
    assert!(
        screen.contains("undecided: typed, Enter here writes it down: Bob decides them"),
        "{screen}"
    );
    assert!(!screen.contains(wants), "{screen}");
    assert_eq!(waived(&run), []);
    run.press("backtab enter");
    assert_eq!(waived(&run), [("undecided", 27, "Bob decides them")]);
    let screen = run.screen();
    assert!(
        !screen.contains(wants) && !screen.contains("typed, Enter here"),
        "{screen}"
    );
}

#[test]
fn a_passphrase_is_asked_for_when_the_key_needs_one_and_never_shown() {
    let mut run = at_sign_off((120, 40));
    run.press("enter")
        .types("2")
        .press("enter")
        .types("correct horse");
    let screen = run.screen();
    assert!(
        screen.contains("Passphrase of the key: *************"),
        "{screen}"
    );
    assert!(!screen.contains("horse"));
    run.press("enter");
    waive(&mut run);
    run.types("2026-q1").press("enter");
    let request = request(&run).expect("it is asked for");
    assert_eq!(request.key, 1);
    assert_eq!(
        request
            .passphrase
            .as_ref()
            .map(|secret| secret.expose_secret().to_owned())
            .as_deref(),
        Some("correct horse")
    );
    assert!(!format!("{:?}", run.state).contains("horse"));
}

#[test]
fn a_paste_never_confirms_a_signature() {
    let mut run = at_sign_off((120, 40));
    run.press("enter enter");
    waive(&mut run);
    run.tell(Message::Paste("2026-q1\n".to_owned()));
    run.press("enter");
    assert!(request(&run).is_none());
    assert!(run.screen().contains("a paste confirms nothing"));
}

#[test]
fn a_seal_that_failed_is_told_and_can_be_tried_again() {
    let mut run = at_sign_off((120, 40));
    run.press("enter enter");
    waive(&mut run);
    run.types("2026-q1").press("enter");
    run.tell(Message::Sealing(SafeText::of(
        "waiting for your key: touch it",
    )));
    assert!(run.screen().contains("waiting for your key: touch it"));
    run.press("esc q a");
    assert_eq!(run.state.finished(), None);
    run.tell(Message::SealFailed(SafeText::of("the agent refused")));
    assert!(
        run.screen()
            .contains("not sealed: the agent refused; decisions are untouched"),
        "{}",
        run.screen()
    );
    // A key that is held down does not try again; one that is pressed does, with everything as it was.
    run.tell(Message::Key(super::fixture::repeated("enter")));
    assert_eq!(requests(&run).len(), 1);
    run.press("enter");
    let requests = requests(&run);
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].statement, requests[0].statement);
}

#[test]
fn a_seal_that_failed_keeps_the_key_and_its_passphrase() {
    let mut run = at_sign_off((120, 40));
    run.press("enter").types("2").press("enter").types("horse");
    run.press("enter");
    waive(&mut run);
    run.types("2026-q1").press("enter");
    run.tell(Message::SealFailed(SafeText::of("the disk is full")));
    run.press("enter");
    for request in requests(&run) {
        assert_eq!(request.key, 1);
        assert_eq!(
            request
                .passphrase
                .as_ref()
                .map(|secret| secret.expose_secret().to_owned())
                .as_deref(),
            Some("horse")
        );
    }
    assert_eq!(requests(&run).len(), 2);
}

#[test]
fn the_name_of_who_signs_is_one_word() {
    for size in [(120, 40), (80, 24), (40, 10)] {
        let mut run = at_sign_off(size);
        assert!(
            run.screen().contains("one word, such as your e-mail"),
            "{}",
            run.screen()
        );
    }
    for name in [
        "",
        " ",
        "Ada Keller",
        "a\"b",
        "a'b",
        "a,b",
        "a!",
        "*",
        "a?",
        "#ada",
        "a\u{200b}b",
        "\u{202e}ada",
    ] {
        for leave in ["enter", "tab", "down"] {
            let mut run = at_sign_off((120, 40));
            run.press("^u").types(name).press(leave);
            assert!(
                run.screen()
                    .contains("say who signs in one word, such as your e-mail address"),
                "{name:?}: {}",
                run.screen()
            );
            // The keys are still in the field.
            run.press("^u")
                .types("ada.keller+q1@example.com")
                .press(leave)
                .types("2");
            assert!(
                run.screen().contains("✓ 2 ~/.ssh/id_ed25519"),
                "{}",
                run.screen()
            );
        }
    }
}

#[test]
fn the_last_page_tells_where_the_record_is_and_how_anybody_verifies_it() {
    let mut run = at_sign_off((120, 40));
    run.tell(Message::Sealed {
        record: "/home/ada/access reviews/acme-2026-q1".into(),
        signer: "ada@example.com namespaces=\"muster-review\" ssh-ed25519 AAAA".to_owned(),
    });
    let screen = run.screen();
    assert!(
        screen.contains("muster verify '/home/ada/access reviews/acme-2026-q1'"),
        "{screen}"
    );
    assert!(
        screen.contains("ssh-keygen -Y verify -f ALLOWED_SIGNERS -I ada@example.com"),
        "{screen}"
    );
    run.press("q");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn the_items_of_a_flag_are_one_key_away() {
    let mut run = at_sign_off((80, 24));
    run.press("^o");
    assert!(
        run.screen().contains("go to a red flag first"),
        "{}",
        run.screen()
    );
    run.press("enter enter");
    insta::assert_snapshot!("a_red_flag_at_sign_off", run.screen());
    run.press("^o");
    let screen = run.screen();
    assert!(screen.contains("/ [flag:undecided]"), "{screen}");
    assert!(screen.contains("27 items matched"), "{screen}");
    assert!(
        run.toast().contains("27 items of the flag undecided"),
        "{}",
        run.toast()
    );
    // What is not about items has none to show.
    run.press("esc S enter enter enter ^o");
    assert!(
        run.screen().contains("gaps is not about single items"),
        "{}",
        run.screen()
    );
}

#[test]
fn a_waiver_is_undone_like_any_change_and_no_longer_covers_what_grew() {
    let mut run = at_sign_off((120, 40));
    run.press("enter enter");
    waive(&mut run);
    assert!(
        run.screen()
            .contains("waived undecided: 27 of 30 items are undecided"),
        "{}",
        run.screen()
    );
    // Undone, the flag is open again.
    run.press("esc u S");
    assert!(
        run.screen()
            .contains("open gaps: 1 thing could not be read"),
        "{}",
        run.screen()
    );
    assert!(
        run.screen().contains("waived undecided"),
        "{}",
        run.screen()
    );
    // One more item is undecided.
    run.press("esc ^r home c S");
    assert!(
        run.screen()
            .contains("it grew since it was waived because: because"),
        "{}",
        run.screen()
    );
    run.press("enter enter enter enter")
        .types("2026-q1")
        .press("enter");
    assert!(request(&run).is_none());
}

#[test]
fn a_waiver_that_is_not_written_is_told_where_it_was_typed() {
    let mut run = at_sign_off((80, 24));
    run.saves = false;
    run.press("enter enter").types("because").press("enter");
    run.refuse("the disk is full");
    assert!(
        run.screen().contains("not recorded: the disk is full"),
        "{}",
        run.screen()
    );
    run.press("up");
    assert!(
        run.screen().contains("why it may stand: because"),
        "{}",
        run.screen()
    );
}

#[test]
fn sign_off_waits_until_everything_is_saved() {
    let mut run = Run::of(&acme(), (80, 24));
    run.saves = false;
    run.press("a S");
    assert!(run.asked.is_empty());
    assert!(run.toast().contains("still saving"));
}
