//! The real Secret Service through D-Bus: gnome-keyring unlocked, locked and absent.

use std::{fs, process::Command};

use crate::program::{Home, MUSTER, Serving, have};

pub(crate) const PROGRAMS: &[&str] = &[
    "dbus-run-session",
    "gnome-keyring-daemon",
    "secret-tool",
    "sh",
];

/// Runs `script` in a D-Bus session of its own, with folders of its own, so that no keyring of the person
/// who runs the tests is touched.
fn session(home: &Home, script: &str) -> (bool, String) {
    session_with(home, script, &[])
}

/// The same with these variables besides.
pub(crate) fn session_with(
    home: &Home,
    script: &str,
    variables: &[(&str, &str)],
) -> (bool, String) {
    let runtime = home.path().join("runtime");
    fs::create_dir_all(&runtime).expect("a folder of ours");
    #[cfg(unix)]
    fs::set_permissions(
        &runtime,
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .expect("it is ours");
    let mut command: Command = home.command("dbus-run-session");
    command
        .args(["--", "sh", "-c", script])
        .env("XDG_RUNTIME_DIR", runtime)
        .env("XDG_DATA_HOME", home.path().join("keyrings"));
    let output = command
        .env("MUSTER", MUSTER)
        .envs(variables.iter().copied())
        .output()
        .expect("dbus-run-session starts");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), text)
}

/// Starts an unlocked keyring in a session.
pub(crate) const UNLOCK: &str =
    "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null";

/// Starts a locked keyring in a session.
pub(crate) const LOCK: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null";

const SEAL: &str =
    "\"$MUSTER\" seal q4 --new-key --principal rosa@example.com --allow-undecided pilot --attest";

#[test]
fn the_passphrase_of_a_new_key_is_kept_in_the_unlocked_keyring() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let (ok, text) = session(
        &home,
        &format!("{UNLOCK} && {SEAL} && secret-tool search --all service muster"),
    );
    assert!(ok && text.contains("signed by rosa@example.com"), "{text}");
    assert!(
        text.contains("passphrase of"),
        "secret-tool finds it: {text}"
    );
    let key = home
        .path()
        .join(".config")
        .join("muster")
        .join("muster_ed25519");
    let key = fs::read_to_string(&key).unwrap_or_else(|error| panic!("{}: {error}", key.display()));
    assert!(key.contains("OPENSSH PRIVATE KEY"));
    // The key is encrypted: without the keyring nobody signs with it.
    let locked = home.run(&[
        "seal",
        "q4",
        "--new-key",
        "--principal",
        "rosa@example.com",
        "--attest",
    ]);
    assert_ne!(locked.code, Some(0));
}

#[test]
fn a_key_that_is_gone_is_never_replaced_without_a_word() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    for review in ["q4", "q5", "q6"] {
        serving.snapshot(&home, review).good();
    }
    let unlock = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
    let seal = |review| SEAL.replace("q4", review);
    let script = [
        unlock,
        &seal("q4"),
        "cd .config/muster",
        // The key alone is gone.
        "mv muster_ed25519 first",
        &format!("! {}", seal("q5")),
        // Its public half is, too.
        "mv muster_ed25519.pub first.pub",
        &seal("q5"),
        // The first one comes back from a backup.
        "mv first muster_ed25519",
        &seal("q6"),
        "echo all done",
    ];
    let (ok, text) = session(&home, &script.join(" && "));
    assert!(ok && text.contains("all done"), "{text}");
    assert!(text.contains("is gone, and"), "{text}");
    assert!(
        text.contains("a key was made here before and is gone"),
        "{text}"
    );
    // Without the keyring the key cannot be opened, and nothing takes its place.
    let key = fs::read(home.path().join(".config/muster/muster_ed25519")).expect("a key");
    let (ok, text) = session(
        &home,
        &format!("rm -r \"$XDG_DATA_HOME\" && {unlock} && {SEAL}"),
    );
    assert!(!ok, "{text}");
    serving.snapshot(&home, "q7").good();
    let (ok, text) = session(&home, &format!("{unlock} && {}", seal("q7")));
    assert!(!ok && text.contains("to begin with another key"), "{text}");
    let after = fs::read(home.path().join(".config/muster/muster_ed25519")).expect("a key");
    assert_eq!(key, after);
}

#[test]
fn a_locked_or_missing_keyring_is_said_with_the_choices_left() {
    if !have(PROGRAMS) {
        return;
    }
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let (ok, text) = session(&home, SEAL);
    assert!(
        !ok && text.contains("keyring") && text.contains("--passphrase-stdin"),
        "{text}"
    );
    let (ok, text) = session(&home, &format!("{LOCK} && {SEAL}"));
    assert!(
        !ok && text.contains("keyring") && text.contains("--passphrase-stdin"),
        "{text}"
    );
    assert!(
        !home
            .path()
            .join(".config")
            .join("muster")
            .join("muster_ed25519")
            .exists(),
        "no key stays that nobody can open"
    );

    let typed = home.run_with(
        &[
            "seal",
            "q4",
            "--new-key",
            "--principal",
            "rosa@example.com",
            "--allow-undecided",
            "pilot",
            "--attest",
            "--passphrase-stdin",
        ],
        "correct horse\n",
    );
    assert!(typed.good().out.contains("signed by rosa@example.com"));
}
