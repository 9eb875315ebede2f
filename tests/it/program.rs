//! The real program in a home of its own, and the other programs it is checked with.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// The program under test.
pub(crate) const MUSTER: &str = env!("CARGO_BIN_EXE_muster");

/// A home folder for one test: no settings, no keys, no agent, no token of the person who runs the tests.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where this home keeps reviews and records.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// `program` as it runs in this home.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        for kept in ["PATH", "CI", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
            .env("HOME", self.path())
            .env("LANG", "C.UTF-8")
            .env("MUSTER_DATA_DIR", self.data())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// The program with these arguments.
    pub(crate) fn muster(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(MUSTER);
        command.args(arguments);
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.muster(arguments).output().expect("the program starts"))
    }

    /// Keeps what policy left out of the bulks of a review, one by one.
    pub(crate) fn keep_left_out(&self, review: &str) {
        self.keep_one_by_one(review, "is:exception", &[]);
    }

    /// Keeps what a filter chooses, be it taken out by policy or not, one by one.
    pub(crate) fn keep_one_by_one(&self, review: &str, filter: &str, more: &[&str]) {
        let keep = |filter: &str, last: &[&str]| {
            let fixed = ["decide", review, "--where", filter, "--keep"];
            self.run(&[&fixed[..], more, last].concat())
        };
        let dry = keep(filter, &["--dry-run", "--json"]).json();
        let rules = dry["exceptions"].as_object().expect("rules").iter();
        let left_out = rules.filter(|(rule, _)| *rule != "own");
        for items in left_out.map(|(_, items)| items).chain([&dry["chosen"]]) {
            for item in items.as_array().expect("a list") {
                keep(&format!("item:{}", item["number"]), &[]).good();
            }
        }
    }

    /// Runs the program to its end with `input` on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = piped(&mut self.muster(arguments));
        // A program that ends without reading everything is fine.
        let _ = child
            .stdin
            .take()
            .expect("it is piped")
            .write_all(input.as_bytes());
        Ended::of(child.wait_with_output().expect("it ends"))
    }

    /// Every file below this home.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut open) = (Vec::new(), vec![self.path().to_owned()]);
        while let Some(folder) = open.pop() {
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                // A keyring that ends takes its folder along.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => panic!("a folder of ours: {error}"),
            };
            for entry in entries {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }
}

/// Starts `command` with all three streams in our hands.
pub(crate) fn piped(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The same, when it ended with 0.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.out,
            self.err
        );
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\nstderr: {}", self.out, self.err))
    }
}

/// Says that a test is left out because `what` is not here. Written past what the test harness holds back, so that it is
/// seen.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: needs {what}");
}

/// Whether all of `programs` are here. If not, says so; where everything must be there, fails.
pub(crate) fn have(programs: &[&str]) -> bool {
    let missing: Vec<&&str> = programs
        .iter()
        .filter(|program| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            !std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        })
        .collect();
    let all = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(missing.is_empty() || !all, "needs {missing:?}");
    if !missing.is_empty() {
        skipped(
            &missing
                .iter()
                .map(|program| **program)
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    missing.is_empty()
}

/// The demo server of the real program; it ends when this is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Serving {
    pub(crate) fn start(home: &Home, size: &str) -> Self {
        use std::io::BufRead as _;
        let mut child = piped(&mut home.muster(&["demo", "--serve", "--size", size]));
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("a line");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let text = |name: &str| line[name].as_str().expect(name).to_owned();
        Self {
            child,
            url: text("url"),
            token: text("token"),
        }
    }

    /// Takes a snapshot of it as the review `name`.
    pub(crate) fn snapshot(&self, home: &Home, name: &str) -> Ended {
        home.run_with(
            &[
                "snapshot",
                name,
                "--org",
                &self.url,
                "--token-stdin",
                "--json",
            ],
            &self.token,
        )
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an unencrypted Ed25519 key with the real `ssh-keygen`.
pub(crate) fn new_key(home: &Home, name: &str) -> PathBuf {
    let path = home.path().join(name);
    let made = home
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&path)
        .status();
    assert!(made.expect("ssh-keygen starts").success());
    path
}
