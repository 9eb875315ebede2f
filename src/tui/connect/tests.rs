//! Keys in, screens and effects out.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use ratatui::{Terminal, backend::TestBackend};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    message::{Attempt, Begin, Connected, Credentials, Keep, Refusal, Row, Trying, Understood},
    *,
};
use crate::{
    domain::{
        rights::{Holding, Permission, Right},
        text::{Raw, SafeText},
    },
    tui::{
        tests::fixture::{key, text},
        theme::{Colors, Look},
    },
};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (60, 16)];

const TOKEN: &str = "eyJhbGciOiJSUzUxMiJ9.the-token.its-signature";

/// The screens, and everything they asked for.
struct Run {
    state: State,
    now_ms: u64,
    size: (u16, u16),
    asked: Vec<Effect>,
}

impl Run {
    fn begin(size: (u16, u16), start: &Start) -> Self {
        let mut run = Self {
            state: State::new(Look::new(Colors::Full, false), start),
            now_ms: 1_000,
            size,
            asked: Vec::new(),
        };
        run.tell(Message::Resize(size.0, size.1));
        run
    }

    fn new(size: (u16, u16)) -> Self {
        Self::begin(size, &Start::default())
    }

    /// Sends a message; what is to be understood is, at once.
    fn tell(&mut self, message: Message) {
        for effect in self.state.update(message, self.now_ms) {
            if let Effect::Understand(typed) = effect {
                let meaning = meaning(&typed);
                self.tell(Message::Understood { typed, meaning });
            } else {
                self.asked.push(effect);
            }
        }
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ').filter(|word| !word.is_empty()) {
            self.now_ms += 400;
            let key = match word {
                "f1" => KeyEvent::from(KeyCode::F(1)),
                word => key(word),
            };
            self.tell(Message::Key(key));
        }
        self
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Message::Key(KeyEvent::from(KeyCode::Char(c))));
        }
        self
    }

    fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Message::Paste(SecretString::from(text)));
        self
    }

    fn screen(&self) -> String {
        let (wide, high) = self.size;
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).expect("a screen in memory");
        terminal
            .draw(|frame| self.state.view(frame))
            .expect("drawing to memory");
        text(terminal.backend().buffer())
    }

    #[track_caller]
    fn shows(&self, part: &str) {
        let screen = self.screen();
        // A sentence may go on in the next line.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&screen).contains(part), "{part}:\n{screen}");
    }

    fn attempts(&self) -> Vec<&Attempt> {
        let attempts = self.asked.iter().filter_map(|effect| match effect {
            Effect::Try(attempt) => Some(&**attempt),
            _ => None,
        });
        attempts.collect()
    }

    /// With the token typed in, before it is tried.
    fn at_token(size: (u16, u16)) -> Self {
        let mut run = Self::new(size);
        run.types("acme").press("enter").paste(TOKEN);
        run.tell(Message::Keyring(Ok(())));
        run
    }

    /// With everything found out.
    fn at_found(size: (u16, u16)) -> Self {
        let mut run = Self::at_token(size);
        run.press("enter");
        run.tell(Message::Found(Box::new(found())));
        run
    }
}

fn refused(why: &str, hint: &str, at: At) -> Refusal {
    Refusal {
        why: SafeText::of(why),
        hint: SafeText::of(hint),
        at,
    }
}

/// As the program would understand it, without knowing what an address is.
fn meaning(typed: &str) -> Result<Understood, Refusal> {
    if let Some((scheme, _)) = typed.split_once("://")
        && scheme != "https"
    {
        let why = format!("{scheme} is not a way to reach Space");
        return Err(refused(&why, "give the address", At::Organization));
    }
    Ok(Understood {
        url: format!("https://{typed}.jetbrains.space"),
        encrypted: typed != "localhost",
        host: format!("{typed}.jetbrains.space"),
        port: 443,
        prefix: String::new(),
        call: format!("https://{typed}.jetbrains.space/api/http/organization"),
        connected: (typed == "again").then(|| SafeText::of("Acme is connected there already")),
    })
}

fn found() -> Found {
    let why = || Raw::from("the server says: permission \u{202e}denied");
    let row = |permission: Permission, holding| Row {
        right: Right {
            permission,
            holding,
        },
        grant: SafeText::of(&format!(
            "Preferences, Personal Tokens, this token, Limited access, global permissions: {}",
            permission.title()
        )),
    };
    Found {
        organization: SafeText::of("Acme \u{1b}[31m 会計"),
        url: "https://acme.jetbrains.space".to_owned(),
        owner: SafeText::of("The token belongs to Ada Keller (ada), who will be the reviewer."),
        expiry: SafeText::of("It expires on 2026-11-15 09:00 UTC."),
        warnings: vec![
            SafeText::of("the token is over in 14 days"),
            SafeText::of("the token is unrestricted: it may do everything its owner may"),
        ],
        rights: vec![
            row(Permission::Memberships, Holding::Shown),
            row(Permission::Teams, Holding::Missing(why())),
            row(Permission::ExternalUsers, Holding::Said),
            row(Permission::OrganizationRoles, Holding::Unclear(why())),
        ],
    }
}

fn connected() -> Connected {
    Connected {
        kept: SafeText::of(
            "Acme is connected. Kept in the system keyring as \"token of https://acme.jetbrains.space\" of muster.",
        ),
        next: SafeText::of("muster snapshot NAME --org https://acme.jetbrains.space"),
        begin: Begin::Named,
    }
}

fn token(attempt: &Attempt) -> &str {
    match &attempt.credentials {
        Credentials::Token(token) => token.expose_secret(),
        Credentials::Application { .. } => panic!("it is a token"),
    }
}

fn stored(name: &str, sizes: &[(u16, u16)], lead: impl Fn((u16, u16)) -> Run) {
    for size in sizes {
        let run = lead(*size);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), run.screen());
    }
}

#[test]
fn the_organization_and_how_it_is_understood() {
    stored("organization", &SIZES, |size| {
        let mut run = Run::new(size);
        run.types("acme");
        run
    });
}

#[test]
fn the_token_is_masked_and_counted() {
    stored("token", &SIZES, Run::at_token);
}

#[test]
fn a_refused_token_is_told_where_it_is_typed() {
    stored("refused", &[(80, 24)], |size| {
        let mut run = Run::at_token(size);
        run.press("enter");
        run.tell(Message::TryFailed(refused(
            "https://acme.jetbrains.space/api/http/organization refused the token: no such token",
            "make a new personal token in Space under Preferences, Personal Tokens, and connect again",
            At::Credentials,
        )));
        run
    });
}

#[test]
fn what_the_token_may_read_permission_by_permission() {
    stored("found", &SIZES, Run::at_found);
}

#[test]
fn where_the_token_is_kept() {
    stored("keep", &[(80, 24), (60, 16)], |size| {
        let mut run = Run::at_found(size);
        run.press("enter");
        run
    });
}

#[test]
fn the_last_page_tells_what_was_stored_and_goes_on() {
    stored("connected", &[(80, 24), (60, 16)], |size| {
        let mut run = Run::at_found(size);
        run.press("enter enter");
        run.tell(Message::Connected(connected()));
        run
    });
}

#[test]
fn the_guide_over_the_whole_screen() {
    stored("guide", &[(80, 24)], |size| {
        let mut run = Run::new(size);
        run.press("f1");
        run
    });
}

#[test]
fn the_address_is_understood_while_it_is_typed_and_nothing_else_is_asked_for() {
    let mut run = Run::new((80, 24));
    for (typed, part) in [
        ("a", "https://a.jetbrains.space"),
        ("cme", "https://acme.jetbrains.space"),
    ] {
        run.types(typed);
        run.shows(&format!("This is read as {part}"));
    }
    run.press("^u").types("localhost");
    run.shows("http, not encrypted");
    run.press("^u").types("again");
    run.shows("Acme is connected there already");
    run.press("^u").types("ftp://x");
    run.shows("No address yet: ftp is not a way to reach Space");
    run.press("enter");
    run.shows("! ftp is not a way to reach Space give the address");
    run.shows("1 of 3");
    assert!(run.asked.is_empty(), "{:?}", run.asked);
    run.press("esc");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn an_organization_named_on_the_command_line_is_shown_and_confirmed_by_enter() {
    let start = Start {
        organization: Some("acme".to_owned()),
        ..Start::default()
    };
    let mut run = Run::begin((80, 24), &start);
    run.shows("This is read as https://acme.jetbrains.space");
    run.press("enter");
    run.shows("For https://acme.jetbrains.space");
}

#[test]
fn an_address_is_shown_whole_however_long_it_is() {
    let mut run = Run::new((60, 16));
    let host = format!("acme.jetbrains.space.{}example", "x-".repeat(20));
    run.types(&host);
    let screen = run.screen();
    let joined: String = screen.split_whitespace().collect();
    assert!(
        joined.contains(&format!("https://{host}.jetbrains.space")),
        "{screen}"
    );
    run.press("enter");
    let joined: String = run.screen().split_whitespace().collect();
    assert!(
        joined.contains(&format!("Forhttps://{host}.jetbrains.space")),
        "{joined}"
    );
}

#[test]
fn an_answer_about_what_was_typed_before_counts_for_nothing() {
    let mut state = State::new(Look::new(Colors::None, true), &Start::default());
    let mut update = |message| state.update(message, 0);
    update(Message::Resize(80, 24));
    for c in "ab".chars() {
        update(Message::Key(KeyEvent::from(KeyCode::Char(c))));
    }
    // Enter comes before the answer: the next screen waits for the right one.
    update(Message::Key(key("enter")));
    for (typed, asked) in [("a", 0), ("ab", 1)] {
        let answer = Message::Understood {
            typed: typed.to_owned(),
            meaning: meaning(typed),
        };
        assert_eq!(update(answer).len(), asked, "{typed}");
    }
    assert_eq!(state.step, Step::Credentials);
}

#[test]
fn a_token_pasted_as_an_address_is_not_taken_in() {
    let token = format!("eyJhbGciOiJSUzUxMiJ9.{}.sig", "QUJD".repeat(20));
    let mut run = Run::new((120, 40));
    run.types("acme").paste(&token);
    run.shows("looks like a token");
    run.shows("Organization: acme");
    assert!(!run.screen().contains("QUJD"));
    // A terminal that does not tell a paste from keys.
    run.press("^u").types(&token);
    run.shows("looks like a token");
    assert!(!run.screen().contains("QUJD"));
    run.press("enter");
    run.shows("1 of 3");
    assert!(run.asked.is_empty(), "{:?}", run.asked);
}

#[test]
fn a_pasted_token_is_trimmed_and_never_drawn_or_printed() {
    let mut run = Run::new((120, 40));
    run.types("acme").press("enter");
    run.paste(&format!("  {TOKEN}\r\n"));
    run.shows("44 characters, not shown");
    assert!(!run.screen().contains("eyJ"));
    run.press("enter");
    let printed = format!("{:?} {:?}", run.state, run.asked);
    assert!(!printed.contains("eyJ"), "{printed}");
    let attempts = run.attempts();
    assert_eq!(attempts[0].url, "https://acme.jetbrains.space");
    assert_eq!(token(attempts[0]), TOKEN);
    let message = format!("{:?}", Message::Paste(SecretString::from(TOKEN)));
    assert!(!message.contains("eyJ"), "{message}");
}

#[test]
fn a_paste_counts_where_something_is_typed_and_nowhere_else() {
    let mut run = Run::at_found((120, 40));
    run.paste("x y").press("enter").paste("1\r");
    assert_eq!(run.attempts().len(), 1);
    run.shows("3 of 3");
    run.press("enter");
    run.tell(Message::Connected(connected()));
    run.paste(TOKEN);
    assert!(!run.screen().contains("eyJ"));
}

#[test]
fn an_error_leads_to_the_field_to_correct_and_nothing_typed_is_lost() {
    let mut run = Run::at_token((80, 24));
    run.press("enter");
    run.tell(Message::TryFailed(refused(
        "https://acme.jetbrains.space cannot be reached: no such host",
        "check the host",
        At::Organization,
    )));
    run.shows("1 of 3");
    run.shows("cannot be reached: no such host check the host");
    run.types("-2");
    run.shows("This is read as https://acme-2.jetbrains.space");
    run.press("enter");
    run.shows("44 characters, not shown");
    run.press("enter");
    run.tell(Message::TryFailed(refused(
        "refused the token",
        "make a new one",
        At::Credentials,
    )));
    run.shows("2 of 3");
    run.shows("! refused the token make a new one");
    // The next paste takes the place of what was refused.
    run.paste("another-token").press("enter");
    let attempts = run.attempts();
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[1].url, "https://acme-2.jetbrains.space");
    assert_eq!(token(attempts[1]), TOKEN);
    assert_eq!(token(attempts[2]), "another-token");
}

#[test]
fn nothing_is_tried_before_everything_is_filled_in() {
    let mut run = Run::new((120, 40));
    run.types("acme").press("enter enter");
    run.shows("paste or type the token first");
    run.paste("two words");
    run.shows("blanks or line breaks");
    run.press("up").types("2").press("enter enter");
    run.shows("Client secret:");
    run.press("enter");
    run.shows("the client id is empty");
    run.types("app-1").press("enter enter");
    run.shows("paste or type the client secret first");
    assert!(run.attempts().is_empty());
    run.paste("client-secret-1").press("enter");
    let attempts = run.attempts();
    let Credentials::Application { client_id, secret } = &attempts[0].credentials else {
        panic!("it is an application");
    };
    assert_eq!(client_id, "app-1");
    assert_eq!(secret.expose_secret(), "client-secret-1");
    assert!(!run.screen().contains("client-secret-1"));
}

#[test]
fn a_client_id_from_the_command_line_is_filled_in() {
    let start = Start {
        organization: Some("acme".to_owned()),
        client_id: Some("app-1".to_owned()),
    };
    let mut run = Run::begin((80, 24), &start);
    run.press("enter").paste("client-secret-1").press("enter");
    run.shows("Client id: app-1");
    assert_eq!(run.attempts().len(), 1);
}

#[test]
fn a_secret_pasted_as_a_client_id_is_not_taken_in() {
    let mut run = Run::new((120, 40));
    run.types("acme").press("enter up").types("2");
    run.press("down").paste(&"0123456789abcdef".repeat(4));
    run.shows("too long for a client id");
    assert!(!run.screen().contains("0123456789abcdef"));
}

#[test]
fn the_calls_show_how_far_they_are_and_are_stopped_by_escape() {
    let mut run = Run::at_token((80, 24));
    run.press("enter");
    run.tell(Message::Trying(Trying {
        requests: 7,
        retries: 2,
        wait_ms: Some(1_500),
    }));
    run.shows("Trying what it may read 7 requests, 2 repeated");
    run.shows("The server asked to wait: 2 seconds.");
    // Keys for the form are nobody's business now.
    run.types("x").press("enter tab");
    assert_eq!(run.attempts().len(), 1);
    run.press("esc");
    assert!(matches!(run.asked.last(), Some(Effect::Stop)));
    run.shows("Stopping");
    run.tell(Message::Stopped);
    run.shows("stopped; nothing was kept");
    run.shows("44 characters, not shown");
}

#[test]
fn an_answer_that_crosses_the_escape_is_shown() {
    let mut run = Run::at_token((80, 24));
    run.press("enter esc");
    run.tell(Message::Found(Box::new(found())));
    run.tell(Message::Stopped);
    run.shows("what it may read");
}

#[test]
fn escape_peels_one_layer_at_a_time() {
    let mut run = Run::at_found((80, 24));
    run.press("enter f1");
    run.shows("Guide");
    for part in [
        "3 of 3",
        "2 of 3: what it may read",
        "2 of 3: a token",
        "1 of 3",
    ] {
        run.press("esc");
        run.shows(part);
    }
    run.shows("Organization: acme");
    assert_eq!(run.state.finished(), None);
    run.press("esc");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn a_long_result_is_scrolled() {
    let mut run = Run::at_found((60, 16));
    run.shows("more lines: PgDn");
    run.press("end");
    run.shows("grant it: Preferences");
    assert!(!run.screen().contains("more lines"));
    run.press("home");
    run.shows("The token belongs to");
    // A larger screen has no rows to spare at the end.
    run.press("end");
    run.size = (120, 40);
    run.tell(Message::Resize(120, 40));
    run.shows("The token belongs to");
}

#[test]
fn what_appears_by_itself_is_not_left_by_a_key_typed_ahead() {
    let mut run = Run::at_token((80, 24));
    run.press("enter");
    run.tell(Message::Found(Box::new(found())));
    run.tell(Message::Key(key("enter")));
    run.shows("what it may read");
    run.now_ms += GUARD_MS;
    run.tell(Message::Key(KeyEvent {
        kind: KeyEventKind::Repeat,
        ..key("enter")
    }));
    run.shows("what it may read");
    run.press("enter");
    run.shows("3 of 3");
}

#[test]
fn a_keyring_that_keeps_nothing_is_said_and_not_chosen() {
    let mut run = Run::at_found((80, 24));
    let why = "the system keyring is locked, or unlocking it was refused";
    run.tell(Message::Keyring(Err(SafeText::of(why))));
    run.press("esc");
    run.shows(&format!("only used until muster ends: {why}."));
    run.tell(Message::Found(Box::new(found())));
    run.press("enter");
    run.shows(&format!("It keeps nothing: {why}."));
    run.shows("✓ 2 Nowhere: only until muster ends");
    // It may be unlocked meanwhile: the choice stays free.
    run.press("1 enter");
    assert!(matches!(
        run.asked.last(),
        Some(Effect::Connect(Keep::Keyring))
    ));
    run.shows("Connecting");
    run.press("2 enter esc");
    run.tell(Message::KeepFailed(refused(
        "the token was not kept, and nothing was stored",
        "unlock it",
        At::Credentials,
    )));
    run.shows("! the token was not kept, and nothing was stored unlock it");
    run.shows("✓ 1 In the system keyring");
    run.press("2 enter");
    assert!(matches!(
        run.asked.last(),
        Some(Effect::Connect(Keep::Session))
    ));
}

#[test]
fn the_first_review_begins_with_a_name() {
    let mut run = Run::at_found((80, 24));
    run.press("enter enter");
    run.tell(Message::Connected(connected()));
    let begins = |run: &Run| matches!(run.asked.last(), Some(Effect::Begin { name, reviewer: None }) if name == "q4");
    run.press("enter");
    run.shows("! the review has no name yet");
    assert!(!begins(&run));
    run.types("q4").press("enter");
    assert!(begins(&run));
    run.tell(Message::NameRefused(SafeText::of(
        "there is a review q4 already",
    )));
    run.shows("! there is a review q4 already");
    assert_eq!(run.state.finished(), None);
    run.tell(Message::Begun);
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn with_an_application_the_first_review_needs_a_reviewer_too() {
    let mut run = Run::at_found((80, 24));
    run.press("enter enter");
    run.tell(Message::Connected(Connected {
        begin: Begin::WithReviewer,
        ..connected()
    }));
    run.types("q4").press("enter enter");
    run.shows("! say who reviews");
    run.types("ada").press("up").types("-2").press("tab enter");
    let Some(Effect::Begin { name, reviewer }) = run.asked.last() else {
        panic!("it begins");
    };
    assert_eq!((name.as_str(), reviewer.as_deref()), ("q4-2", Some("ada")));
}

#[test]
fn where_nobody_can_begin_the_reason_and_the_command_are_shown() {
    let mut run = Run::at_found((80, 24));
    run.press("enter enter");
    run.tell(Message::Connected(Connected {
        begin: Begin::Not(SafeText::of("Accounts cannot be read with this token")),
        ..connected()
    }));
    run.shows("! Accounts cannot be read with this token");
    run.shows("muster snapshot NAME");
    run.press("q");
    assert_eq!(run.state.finished(), Some(Exit::Quit));
}

#[test]
fn a_connected_organization_leaves_no_token_in_the_form() {
    let mut run = Run::at_found((80, 24));
    run.press("enter enter");
    run.tell(Message::Connected(connected()));
    assert!(run.state.form.is_empty());
}

#[test]
fn a_screen_too_small_says_so_and_loses_nothing() {
    for size in [(59, 16), (60, 15), (20, 5), (1, 1)] {
        let mut run = Run::at_token(size);
        let screen = run.screen();
        assert!(size.1 < 5 || screen.contains("connect needs"), "{screen}");
        run.size = (60, 16);
        run.tell(Message::Resize(60, 16));
        run.shows("44 characters, not shown");
    }
}

#[test]
fn without_colour_and_glyphs_everything_is_still_told() {
    let mut run = Run::at_found((80, 24));
    run.state.look = Look::new(Colors::None, true);
    for part in ["+ granted", "x missing", "? cannot tell", "!"] {
        run.shows(part);
    }
    // What is from outside is shown as everywhere.
    let ours = run.screen().replace(['会', '計', '␛', '‹', '›'], "");
    assert!(ours.is_ascii(), "{ours}");
}
