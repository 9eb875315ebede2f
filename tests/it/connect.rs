//! Connecting an organization: the real program, the real Secret Service through D-Bus, a real terminal.

mod screens;
mod secrets;

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use muster::demo::{self, Fault, Server, Size, State, When};
use portable_pty::CommandBuilder;

use crate::{
    keyring::{LOCK, PROGRAMS, UNLOCK, session_with},
    program::{Home, MUSTER, Serving, have},
    terminal::Terminal,
};

/// The file that lists what is connected.
fn list(home: &Home) -> std::path::PathBuf {
    home.path()
        .join(".config")
        .join("muster")
        .join("connections.json")
}

#[test]
fn a_connected_organization_needs_no_token_until_it_is_disconnected() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let (url, token) = (&serving.url, &serving.token);
    let script = format!(
        "{UNLOCK}
         set -e
         printf %s \"$T\" | \"$MUSTER\" connect $U/p/FW/repositories --token-stdin
         echo --- && \"$MUSTER\" connections
         echo --- && \"$MUSTER\" snapshot q4 --org $U
         echo --- && \"$MUSTER\" snapshot q5 --org 'halden INSTRUMENTS' --json
         echo --- && secret-tool search --all service muster
         echo --- && printf %s \"$T\" | \"$MUSTER\" connect $U --token-stdin
         secret-tool search --all service muster 2>&1 | grep -c attribute.username
         echo --- && \"$MUSTER\" disconnect $U
         echo --- && \"$MUSTER\" connections
         secret-tool search --all service muster
         ! \"$MUSTER\" snapshot q6 --org $U
         ! \"$MUSTER\" disconnect $U"
    );
    let (ok, text) = session_with(&home, &script, &[("U", url), ("T", token)]);
    assert!(ok, "{text}");
    let kept = format!("token of {url}");
    for part in [
        format!("Organization: {url}\n"),
        "granted      View teams".to_owned(),
        format!("Kept in the system keyring as \"{kept}\""),
        "Halden Instruments, token of rosa.lind".to_owned(),
        "using the token from the system keyring".to_owned(),
        format!("Halden Instruments is connected at {url}"),
        format!("attribute.username = {kept}"),
        format!("secret = {token}"),
        "in place of the one before".to_owned(),
        format!("\"{kept}\" was removed from the system keyring"),
        "No organization is connected.".to_owned(),
        "no token was given".to_owned(),
        format!("{url} is not connected. The system keyring had no token"),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    let counted = text.lines().any(|line| line == "1");
    assert!(counted, "connecting again replaces the secret: {text}");
    let connections = fs::read_to_string(list(&home)).expect("the list is there");
    assert!(!connections.contains(token), "{connections}");
    // secret-tool has shown it: what is printed is not looked at here.
    let secrets = [token.clone()];
    assert_eq!(secrets::found(&home, "", &secrets), [""; 0]);
}

#[test]
fn a_locked_or_missing_keyring_keeps_nothing_and_names_the_choices() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let variables = [("U", &*serving.url), ("T", &*serving.token)];
    let connect = "printf %s \"$T\" | \"$MUSTER\" connect $U --token-stdin; echo code $?";
    for (before, reason) in [
        // The session may start one by itself, locked.
        (String::new(), "system keyring"),
        (format!("{LOCK}; "), "is locked"),
        (
            "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere; ".to_owned(),
            "there is no system keyring to reach",
        ),
    ] {
        let (_, text) = session_with(&home, &format!("{before}{connect}"), &variables);
        for part in [
            "code 2",
            "nothing was stored",
            reason,
            "--token-command",
            "--token-stdin",
            "SPACE_TOKEN",
            "granted      View teams",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!list(&home).exists(), "nothing is connected");
    }
}

#[test]
fn a_frozen_keyring_is_given_up_and_said() {
    if !have(PROGRAMS) || !have(&["dbus-send"]) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let frozen = "the system keyring did not answer within 5 seconds";
    let script = format!(
        "{UNLOCK}
         printf %s \"$T\" | \"$MUSTER\" connect $U --token-stdin || exit 9
         keyring=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \\
            org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets)
         kill -STOP ${{keyring##* }}
         echo --- frozen
         printf %s \"$T\" | \"$MUSTER\" connect $U --token-stdin; echo code $?
         \"$MUSTER\" snapshot q4 --org $U; echo code $?
         \"$MUSTER\" disconnect $U; echo code $?
         \"$MUSTER\" connections
         kill -CONT ${{keyring##* }}
         echo --- thawed
         \"$MUSTER\" snapshot q4 --org $U; echo code $?"
    );
    let variables = [("U", &*serving.url), ("T", &*serving.token)];
    let (ok, text) = session_with(&home, &script, &variables);
    assert!(ok, "{text}");
    // Talk and data come one after the other here.
    assert_eq!(text.matches(frozen).count(), 3, "{text}");
    assert_eq!(text.matches("code 2").count(), 3, "{text}");
    assert!(text.contains("the connection stays"), "{text}");
    assert!(text.contains("code 0") && text.contains("using the token from the system keyring"));
}

#[test]
fn without_a_terminal_what_is_missing_is_an_error_with_a_next_step() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let url = serving.url.as_str();
    for (arguments, input, part) in [
        (vec!["connect"], "", "no organization was named"),
        (vec!["connect", url], "", "no token was given"),
        (
            vec!["connect", url, "--token-stdin"],
            "\n",
            "the token is empty",
        ),
        (
            vec!["connect", url, "--token-stdin"],
            "wrong-token-1\n",
            "refused the token",
        ),
        (
            vec!["connect", url, "--token-stdin"],
            "two words\n",
            "holds blanks",
        ),
        (
            vec!["connect", "http://evil.example", "--token-stdin"],
            "secret-1\n",
            "unprotected",
        ),
        (
            vec![
                "connect",
                "https://ada:pw-1234@evil.example",
                "--token-stdin",
            ],
            "secret-1\n",
            "password",
        ),
        (
            vec!["connect", url, "--token-command", "exit 3"],
            "",
            "the token command failed",
        ),
        (
            vec!["connect", url, "--token-command", "true"],
            "",
            "printed nothing",
        ),
        (
            vec!["connect", url, "--client-id", "c"],
            "",
            "no client secret was given",
        ),
        (
            vec!["connect", url, "--client-id", "c", "--client-secret-stdin"],
            "secret-1\n",
            "gave the application no token",
        ),
        (
            vec![
                "connect",
                url,
                "--client-id",
                "a:b",
                "--client-secret-stdin",
            ],
            "secret-1\n",
            "the client id",
        ),
        (
            vec!["disconnect", "ftp://x"],
            "",
            "not a way to reach Space",
        ),
    ] {
        let ended = home.run_with(&arguments, input);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
        assert!(ended.err.contains("hint: "), "{}", ended.err);
        for secret in ["wrong-token-1", "secret-1", "pw-1234"] {
            assert!(!ended.err.contains(secret), "{}", ended.err);
        }
    }
    assert!(!list(&home).exists());
    let none = home.run(&["connections"]).good();
    assert!(none.out.contains("muster connect"), "{}", none.out);
    assert_eq!(
        home.run(&["connections", "--json"]).good().json()["connections"],
        serde_json::json!([])
    );

    fs::create_dir_all(list(&home).parent().expect("a folder")).expect("a folder of ours");
    fs::write(list(&home), "{").expect("a file of ours");
    let damaged = home.run(&["connections"]);
    assert_eq!(damaged.code, Some(2));
    assert!(
        damaged.err.contains("connections.json") && damaged.err.contains("hint: "),
        "{}",
        damaged.err
    );
}

/// The program in a terminal, within a session that begins with `before`.
pub(super) fn in_terminal(home: &Home, before: &str, arguments: &str) -> Terminal {
    let runtime = home.path().join("runtime");
    fs::create_dir_all(&runtime).expect("a folder of ours");
    fs::set_permissions(
        &runtime,
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .expect("it is ours");
    // The services of the session talk on stderr: the terminal is the program's alone.
    let script = format!("{before}; exec \"$MUSTER\" {arguments} 2>&1");
    let session = "exec dbus-run-session -- sh -c \"$SCRIPT\" 2>session.log";
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", session]);
    command.env_clear();
    command.env("SCRIPT", script);
    for (name, value) in [
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("HOME", home.path().display().to_string()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TERM", "xterm-256color".to_owned()),
        ("MUSTER", MUSTER.to_owned()),
        ("MUSTER_DATA_DIR", home.data().display().to_string()),
        ("XDG_RUNTIME_DIR", runtime.display().to_string()),
        (
            "XDG_DATA_HOME",
            home.path().join("keyrings").display().to_string(),
        ),
    ] {
        command.env(name, value);
    }
    command.cwd(home.path());
    Terminal::start(command, 120, 50)
}

#[test]
fn a_person_is_asked_line_by_line_from_the_address_to_a_kept_token() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let mut terminal = in_terminal(&home, UNLOCK, "connect --plain");
    terminal.wait_for("Organization:");
    terminal.press("ftp://nowhere<enter>");
    terminal.wait_for("not a way to reach Space");
    terminal.press("acme<enter>");
    terminal.wait_for("This is read as https://acme.jetbrains.space");
    terminal.press("n<enter>");
    terminal.press(&format!("{}/m/rosa.lind?tab=1<enter>", serving.url));
    terminal.wait_for(&format!("This is read as {}", serving.url));
    terminal.press("maybe<enter>");
    terminal.wait_for("Please say y or n.");
    terminal.press("y<enter>");
    terminal.wait_for("Token (not shown):");
    terminal.press(&format!("  {}  <enter>", serving.token));
    terminal.wait_for("Kept in the system keyring");
    assert!(terminal.wait_for_exit().success());
    let shown = String::from_utf8_lossy(terminal.bytes()).into_owned();
    assert!(!shown.contains(&serving.token), "the token is never shown");
    assert!(shown.contains("Welcome") && shown.contains("granted      View teams"));
    assert!(list(&home).exists());
}

#[test]
fn nobody_types_a_token_that_cannot_be_kept() {
    if !have(PROGRAMS) {
        return;
    }
    for before in [LOCK, "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"] {
        let home = Home::new();
        let mut terminal = in_terminal(&home, before, "connect acme --plain");
        terminal.wait_for("Is that right?");
        terminal.press("<enter>");
        terminal.wait_for("none is asked for");
        terminal.wait_for("--token-command");
        assert!(!terminal.wait_for_exit().success());
        assert!(!list(&home).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_the_address_is_confirmed() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let server = Server::start(State::of(Size::S), demo::Options::default()).await;
    let server = server.expect("loopback has a free port");
    let mut terminal = in_terminal(
        &home,
        UNLOCK,
        &format!("connect {}/p/FW --plain", server.url()),
    );
    terminal.wait_for(&format!("Organization: {}", server.url()));
    terminal.wait_for("Is that right?");
    terminal.press("n<enter>");
    terminal.wait_for("nothing was sent");
    assert!(!terminal.wait_for_exit().success());
    assert_eq!(server.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_application_reads_with_tokens_that_end_meanwhile() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let application = demo::Application {
        name: "Access reviews".to_owned(),
        id: "client-1".to_owned(),
        secret: "client-secret-1".to_owned(),
        rights: vec!["**".to_owned()],
        expires_in: 600,
        calls: Some(20),
    };
    let server = Server::start(
        State::of(Size::S),
        demo::Options {
            applications: vec![application],
            ..demo::Options::default()
        },
    );
    let server = server.await.expect("loopback has a free port");
    let url = server.url();
    // The first one is of connecting; then all places in flight are taken.
    let people = |request: &demo::Request| request.path.contains("/people/");
    let stuck = When::path("projects/*/people").requests(3..);
    server.faults().arm(stuck, Fault::Stall(None));
    let stall = home.path().join("stall");
    let script = format!(
        "{UNLOCK}
         set -e
         mkfifo $STALL
         echo client-secret-1 | \"$MUSTER\" connect $U --client-id client-1 --client-secret-stdin
         \"$MUSTER\" snapshot q3 --org $U --reviewer rosa.lind & reading=$!
         read -r stuck < $STALL
         rm $STALL
         kill -9 $reading
         ! wait $reading
         \"$MUSTER\" snapshot q3 --org $U --reviewer rosa.lind
         \"$MUSTER\" connections --json
         export RUST_BACKTRACE=full
         ! MUSTER_BREAK_DOWN=snapshot \"$MUSTER\" snapshot q4 --org $U --reviewer rosa.lind
         \"$MUSTER\" snapshot q4 --org $U --reviewer rosa.lind --fresh
         secret-tool search --all service muster 2>&1 | grep attribute.username
         \"$MUSTER\" disconnect $U"
    );
    let over = AtomicBool::new(false);
    let (ok, text) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.requests().iter().filter(|one| people(one)).count() < 10 {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::yield_now();
            }
            server.faults().clear();
            fs::write(&stall, "stuck\n").expect("the script reads");
        });
        let variables = [("U", &*url), ("STALL", stall.to_str().expect("UTF-8"))];
        let ended = session_with(&home, &script, &variables);
        over.store(true, Ordering::Relaxed);
        ended
    });
    assert!(ok, "{text}");
    for part in [
        "going on from ",
        "the application Access reviews",
        "lasts 600 s and is renewed",
        "\"kind\":\"application\"",
        "using the client secret from the system keyring",
        &format!("attribute.username = client secret of {url}"),
        "is disconnected",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let broke = text.contains("panicked at src/command/snapshot.rs");
    assert!(broke || !cfg!(debug_assertions), "{text}");
    assert!(server.issued().len() > 2, "the tokens ended meanwhile");
    let mut wanted = server.issued();
    wanted.push("client-secret-1".to_owned());
    let found = secrets::found(&home, &text, &wanted);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_demo_server_can_be_connected_as_an_application() {
    if !have(&["jq", "sh"]) || !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let script = format!(
        "{UNLOCK}
         set -e
         mkfifo served
         \"$MUSTER\" demo --serve > served & serving=$!
         read -r line < served
         told() {{ echo \"$line\" | jq -r .$1; }}
         told client_secret | \"$MUSTER\" connect $(told url) --client-id $(told client_id) --client-secret-stdin --json
         kill $serving"
    );
    let (ok, text) = session_with(&home, &script, &[]);
    assert!(ok && text.contains("\"kind\":\"application\""), "{text}");
}

#[test]
fn the_help_of_connect_is_a_guide_for_making_the_token() {
    let help = Command::new(MUSTER).args(["connect", "--help"]).output();
    let help = help.expect("the program starts").stdout;
    let help = String::from_utf8(help).expect("it is UTF-8");
    for permission in muster::domain::rights::Permission::ALL {
        assert!(help.contains(permission.title()), "{}", permission.title());
    }
    for part in [
        "Limited access",
        "Personal Tokens",
        "--token-command",
        "--client-id",
    ] {
        assert!(help.contains(part), "{part}");
    }
}
