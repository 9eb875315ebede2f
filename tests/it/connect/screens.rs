//! The guided screens: the real program in a real terminal, from the address to the first review.

use muster::demo::{self, Server, Size, State};

use super::{in_terminal, list, secrets};
use crate::{
    keyring::{LOCK, PROGRAMS, UNLOCK},
    program::{Home, Serving, have},
    terminal::Terminal,
};

const NO_KEYRING: &str = "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere";

/// What anybody could read of the terminal, who has it recorded.
fn written(terminal: &Terminal) -> String {
    String::from_utf8_lossy(terminal.bytes()).into_owned()
}

/// Types the address and goes on to the token.
fn to_the_token(terminal: &mut Terminal, url: &str) {
    terminal.wait_for("1 of 3: the organization");
    terminal.press(&format!("{url}/p/FW/repositories?tab=1"));
    terminal.wait_for(&format!("This is read as  {url} "));
    terminal.press("<enter>");
    terminal.wait_for("2 of 3: a token");
}

/// From what was found out, once keys that were typed ahead are through, to where it is kept.
fn to_keeping(terminal: &mut Terminal) {
    terminal.wait_for("9 of 9 permissions granted");
    terminal.listen(std::time::Duration::from_millis(300));
    terminal.press("<enter>");
    terminal.wait_for("3 of 3: where it is kept");
}

#[test]
fn a_person_is_led_from_the_address_to_a_kept_token_and_the_first_review() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let (url, token) = (&serving.url, &serving.token);
    let mut terminal = in_terminal(&home, UNLOCK, "connect");
    terminal.wait_for("1 of 3: the organization");
    terminal.press("ftp://nowhere");
    terminal.wait_for("No address yet: ftp is not a way to reach Space");
    terminal.press("<c-u>http://evil.example<enter>");
    terminal.wait_for("unprotected");
    terminal.press("<c-u>");
    to_the_token(&mut terminal, url);

    terminal.paste("wrong-token-0123456789");
    terminal.wait_for("22 characters, not shown");
    terminal.press("<enter>");
    terminal.wait_for("refused the token");
    terminal.paste(&format!("  {token}\r\n"));
    terminal.wait_for(&format!("{} characters, not shown", token.len()));
    terminal.press("<enter>");
    terminal.wait_for("The token belongs to Rosa Lind");
    terminal.wait_for("9 of 9 permissions granted");
    to_keeping(&mut terminal);
    terminal.wait_for("it keeps what it is given");
    terminal.press("<enter>");
    terminal.wait_for("Kept in the system keyring as");
    terminal.wait_for("Name it, such as");
    terminal.press("two words<enter>");
    terminal.wait_for("cannot be a name");
    terminal.press("<c-u>q4<enter>");
    terminal.wait_for("Halden Instruments · q4");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
    terminal.assert_restored();

    assert!(list(&home).exists());
    let status = home.run(&["status", "q4", "--json"]).good();
    let shown = written(&terminal) + &status.out;
    let wanted = [token.clone(), "wrong-token-0123456789".to_owned()];
    assert_eq!(secrets::found(&home, &shown, &wanted), [""; 0]);
}

#[test]
fn a_token_that_cannot_be_kept_is_used_until_muster_ends_and_never_stored() {
    if !have(PROGRAMS) {
        return;
    }
    for (before, why) in [
        (LOCK, "is locked"),
        (NO_KEYRING, "there is no system keyring to reach"),
    ] {
        let home = Home::new();
        let serving = Serving::start(&home, "s");
        let mut terminal = in_terminal(&home, before, "connect");
        to_the_token(&mut terminal, &serving.url);
        // Typed, as in a terminal that does not tell a paste from keys.
        terminal.press(&format!("{}<enter>", serving.token));
        to_keeping(&mut terminal);
        terminal.wait_for(why);
        terminal.wait_for("✓ 2 Nowhere");
        terminal.press("1<enter>");
        terminal.wait_for("the token was not kept, and nothing was stored");
        terminal.press("2<enter>");
        terminal.wait_for("Nothing was stored");
        terminal.press("<esc>");
        assert!(terminal.wait_for_exit().success());
        let said = terminal.after_the_screens();
        assert!(said.contains("granted      View teams"), "{said}");
        assert!(said.contains("--token-stdin"), "{said}");
        assert!(!list(&home).exists());
        let wanted = [serving.token.clone()];
        assert_eq!(secrets::found(&home, &written(&terminal), &wanted), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_the_token_is_given_and_nothing_kept_by_leaving() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let server = Server::start(State::of(Size::S), demo::Options::default()).await;
    let server = server.expect("loopback has a free port");
    let mut terminal = in_terminal(&home, NO_KEYRING, &format!("connect {}/p/FW", server.url()));
    terminal.wait_for(&format!("This is read as  {} ", server.url()));
    terminal.press("<enter>");
    terminal.wait_for("2 of 3: a token");
    terminal.paste("some-token");
    terminal.wait_for("10 characters");
    terminal.press("<esc>");
    terminal.wait_for("1 of 3: the organization");
    terminal.press("<esc>");
    assert!(!terminal.wait_for_exit().success());
    assert!(terminal.after_the_screens().contains("nothing was sent"));
    assert_eq!(server.requests(), []);
    assert!(!written(&terminal).contains("some-token"));
}

#[test]
fn an_address_where_nobody_answers_is_told_there_and_the_token_stays() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("it has an address").port()
    };
    let mut terminal = in_terminal(&home, NO_KEYRING, "connect");
    to_the_token(&mut terminal, &format!("http://127.0.0.1:{closed}"));
    terminal.paste(&serving.token);
    terminal.press("<enter>");
    terminal.wait_for("cannot be reached");
    terminal.wait_for("1 of 3: the organization");
    terminal.press(&format!("<c-u>{}", serving.url));
    terminal.wait_for(&format!("This is read as  {} ", serving.url));
    terminal.press("<enter>");
    terminal.wait_for(&format!("{} characters", serving.token.len()));
    terminal.press("<enter>");
    terminal.wait_for("9 of 9 permissions granted");
    terminal.press("<c-c>");
    terminal.wait_for_exit();
    terminal.assert_restored();
    assert!(terminal.after_the_screens().contains("nothing was kept"));
    let wanted = [serving.token.clone()];
    assert_eq!(secrets::found(&home, &written(&terminal), &wanted), [""; 0]);
}

#[test]
fn an_application_is_connected_and_its_first_review_has_the_reviewer_that_is_named() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let mut terminal = in_terminal(&home, NO_KEYRING, "connect");
    to_the_token(&mut terminal, &serving.url);
    terminal.press("<up>2<enter>demo-application<enter>");
    // The demo tells it to everybody; here it stands for one that is secret.
    terminal.paste("demo-client-secret");
    terminal.wait_for("18 characters, not shown");
    terminal.press("<enter>");
    terminal.wait_for("the application Access reviews");
    to_keeping(&mut terminal);
    terminal.wait_for("✓ 2 Nowhere");
    terminal.press("<enter>");
    terminal.wait_for("Login name of the reviewer:");
    terminal.press("q4<enter>rosa.lind<enter>");
    terminal.wait_for("Halden Instruments · q4 · rosa.lind");
    terminal.press("q");
    assert!(terminal.wait_for_exit().success());
    assert!(!written(&terminal).contains("demo-client-secret"));
    assert!(!list(&home).exists());
}
