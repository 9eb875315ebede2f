//! Where a token must never be: files, arguments, environments, output.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    keyring::{PROGRAMS, UNLOCK, session_with},
    program::{Ended, Home, Serving, have},
};

/// The places in a home, and in what was printed, that hold one of the secrets.
pub(super) fn found(home: &Home, printed: &str, secrets: &[String]) -> Vec<String> {
    let mut places = Vec::new();
    for secret in secrets {
        let secret = secret.as_bytes();
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret);
        if holds(printed.as_bytes()) {
            places.push("the output".to_owned());
        }
        for path in home.files() {
            let mut bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                // The sockets of a keyring are no files, and go when it ends.
                Err(_) if path.starts_with(home.path().join("runtime")) => continue,
                Err(error) => panic!("{}: {error}", path.display()),
            };
            if path.extension().is_some_and(|it| it == "zst") {
                // What was cut short is looked at as far as it goes.
                let mut whole = Vec::new();
                let _ = zstd::stream::copy_decode(&*bytes, &mut whole);
                assert!(!whole.is_empty(), "{}", path.display());
                bytes = whole;
            }
            if holds(&bytes) {
                places.push(path.display().to_string());
            }
        }
    }
    places
}

/// Makes a script that anybody may run.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}")).expect("a file of ours");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// A folder outside of all homes: a program that hands the token out, and an `ssh-keygen` that notes what it is given.
struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    fn new(token: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        fs::write(path.join("token"), format!("{token}\nlogin: rosa\n")).expect("a file of ours");
        let note = "{ tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$$/environ; \
                    tr '\\0' ' ' < /proc/$PPID/cmdline; } >> ";
        let real = std::env::var_os("PATH").unwrap_or_default();
        let real = std::env::split_paths(&real)
            .map(|folder| folder.join("ssh-keygen"))
            .find(|path| path.is_file())
            .unwrap_or_default();
        let here = path.display();
        script(
            &path.join("hand-out"),
            &format!("{note}{here}/noted.hand-out\ncat {here}/token\n"),
        );
        script(
            &path.join("ssh-keygen"),
            &format!(
                "{note}{here}/noted.ssh-keygen\nexec {} \"$@\"\n",
                real.display()
            ),
        );
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What children were given: arguments and environments.
    fn noted(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.path(name)).unwrap_or_default();
        let (one, other) = (read("noted.hand-out"), read("noted.ssh-keygen"));
        assert!(
            !cfg!(target_os = "linux") || (one.contains("PATH=") && other.contains("PATH=")),
            "both were run: {one} {other}"
        );
        one + &other
    }
}

#[test]
fn from_connect_to_seal_no_source_of_the_token_leaves_it_anywhere() {
    if !have(PROGRAMS) || !have(&["ssh-keygen", "tr", "cat"]) {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let outside = Outside::new(&serving.token);
    let made = home
        .command("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", "id_rsa"])
        .status();
    assert!(made.expect("ssh-keygen starts").success());
    let script = format!(
        "{UNLOCK}
         set -e
         export RUST_BACKTRACE=full RUST_LOG=trace
         SPACE_TOKEN=$(head -1 $O/token) \"$MUSTER\" connect $U
         \"$MUSTER\" snapshot q1 --org $U
         \"$MUSTER\" snapshot q2 --org $U --token-stdin < $O/token
         \"$MUSTER\" snapshot q3 --org $U --token-command $O/hand-out
         export SPACE_TOKEN=$(head -1 $O/token)
         \"$MUSTER\" snapshot q4 --org $U
         \"$MUSTER\" snapshot q5 --org $U --token-command $O/hand-out --json
         \"$MUSTER\" snapshot q6 --org $U --token-stdin --json < $O/token
         PATH=$O:$PATH \"$MUSTER\" seal q4 --key id_rsa --principal rosa@example.com --allow-undecided pilot --attest
         ! \"$MUSTER\" snapshot q1 --org $U
         ! \"$MUSTER\" snapshot q7 --org ${{U}}0/wrong
         ! MUSTER_BREAK_DOWN=snapshot \"$MUSTER\" snapshot q8 --org $U
         ! env -u SPACE_TOKEN MUSTER_BREAK_DOWN=snapshot \"$MUSTER\" snapshot q9 --org $U
         \"$MUSTER\" connections --json
         \"$MUSTER\" status q4 --json
         \"$MUSTER\" disconnect $U"
    );
    let folder = outside.folder.path().display().to_string();
    let variables = [("U", &*serving.url), ("O", &*folder)];
    let (ok, text) = session_with(&home, &script, &variables);
    assert!(ok, "{text}");
    for (source, times) in [
        ("using the token from SPACE_TOKEN", 4),
        ("using the token from the system keyring", 2),
        ("using the token from standard input", 2),
        ("using the token that --token-command printed", 2),
    ] {
        let said = text.matches(source).count();
        assert!(said >= times, "{source}, {said} times: {text}");
    }
    let secrets = [serving.token.clone()];
    assert_eq!(found(&home, &text, &secrets), [""; 0]);
    let noted = outside.noted();
    assert!(!noted.contains(&serving.token), "{noted}");
    assert!(!noted.contains("SPACE_TOKEN"), "{noted}");
}

#[test]
fn a_panic_while_the_token_is_held_shows_it_nowhere() {
    if !cfg!(debug_assertions) {
        crate::program::skipped("a debug build, for only that can be told to break down");
        return;
    }
    for backtrace in ["0", "1", "full"] {
        let home = Home::new();
        let serving = Serving::start(&home, "s");
        let outside = Outside::new(&serving.token);
        let command = outside.path("hand-out").display().to_string();
        for (name, extra, variable) in [
            ("a", &["--token-stdin"][..], None),
            ("b", &["--token-command", &command], None),
            ("c", &[], Some(serving.token.as_str())),
            // What an interrupted reading left is in use when it breaks down again.
            ("c", &["--json"], Some(serving.token.as_str())),
        ] {
            use std::io::Write as _;
            let mut arguments = vec!["snapshot", name, "--org", &serving.url];
            arguments.extend(extra);
            let mut program = home.muster(&arguments);
            program
                .env("MUSTER_BREAK_DOWN", "snapshot")
                .env("RUST_BACKTRACE", backtrace)
                .envs(variable.map(|value| ("SPACE_TOKEN", value)));
            let mut child = crate::program::piped(&mut program);
            // A program that ends without reading everything is fine.
            let _ = child
                .stdin
                .take()
                .expect("it is piped")
                .write_all(serving.token.as_bytes());
            let ended = Ended::of(child.wait_with_output().expect("it ends"));
            assert_eq!(ended.code, Some(101), "{}", ended.err);
            let said = "panicked at src/command/snapshot.rs";
            assert!(ended.err.contains(said), "{}", ended.err);
            assert!(ended.err.contains("Client { address: "), "{}", ended.err);
            if backtrace == "full" {
                assert!(ended.err.contains("stack backtrace:"), "{}", ended.err);
            }
            let printed = ended.out + &ended.err;
            assert_eq!(
                found(&home, &printed, std::slice::from_ref(&serving.token)),
                [""; 0]
            );
        }
    }
}

#[test]
fn the_first_source_that_is_given_is_used_and_said() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let outside = Outside::new(&serving.token);
    let command = outside.path("hand-out").display().to_string();
    let run = |name: &str, extra: &[&str], variable: Option<&str>, input: &str| -> Ended {
        use std::io::Write as _;
        let mut arguments = vec!["snapshot", name, "--org", &serving.url];
        arguments.extend(extra);
        let mut program = home.muster(&arguments);
        program.envs(variable.map(|value| ("SPACE_TOKEN", value)));
        let mut child = crate::program::piped(&mut program);
        // A program that ends without reading everything is fine.
        let _ = child
            .stdin
            .take()
            .expect("it is piped")
            .write_all(input.as_bytes());
        Ended::of(child.wait_with_output().expect("it ends"))
    };
    let wrong = Some("a-wrong-token");
    let token = serving.token.as_str();
    let stdin = run("a", &["--token-stdin"], wrong, token).good();
    assert!(stdin.err.contains("from standard input"), "{}", stdin.err);
    let printed = run("b", &["--token-command", &command], wrong, "").good();
    assert!(
        printed.err.contains("--token-command printed"),
        "{}",
        printed.err
    );
    let variable = run("c", &[], Some(token), "").good();
    assert!(
        variable.err.contains("from SPACE_TOKEN"),
        "{}",
        variable.err
    );
    let refused = run("d", &[], wrong, "");
    assert_eq!(refused.code, Some(2));
    assert!(!refused.err.contains("a-wrong-token"), "{}", refused.err);
    let none = run("e", &[], None, "");
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("muster connect"), "{}", none.err);
    let both = run(
        "f",
        &["--token-stdin", "--token-command", &command],
        None,
        token,
    );
    assert_eq!(both.code, Some(2), "two sources at a time are a mistake");
}
