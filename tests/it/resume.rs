//! The real program, stopped while it reads and started again.

use std::{fs, process::Child};

use muster::demo::{Fault, Older, Options, Server, Size, State, When};

use crate::program::{Ended, Home, have, new_key, piped};

/// The server and a runtime that keeps it going while the test waits for the program.
pub(crate) struct Running {
    pub(crate) server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self::with(Options {
            largest_page: 10,
            ..Options::default()
        })
    }

    pub(crate) fn with(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = runtime.block_on(Server::start(State::of(Size::S), options));
        Self {
            server: server.expect("a port"),
            _runtime: runtime,
        }
    }

    fn arguments<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["snapshot", "q4", "--org", url, "--token-stdin"], more].concat()
    }

    pub(crate) fn snapshot(&self, home: &Home, more: &[&str]) -> Ended {
        let url = self.server.url();
        home.run_with(&Self::arguments(&url, more), self.server.token())
    }

    /// Starts the program and waits until the server keeps it waiting for its `n`th answer.
    pub(crate) fn stuck_at(&self, home: &Home, n: u64) -> Child {
        use std::io::Write as _;
        self.server
            .faults()
            .arm(When::always().requests(n..), Fault::Stall(None));
        let before = self.server.requests().len() as u64;
        let url = self.server.url();
        let mut child = piped(&mut home.muster(&Self::arguments(&url, &[])));
        let mut input = child.stdin.take().expect("it is piped");
        writeln!(input, "{}", self.server.token()).expect("it reads");
        // Eight requests run at a time: with so many waiting, all others are answered.
        while (self.server.requests().len() as u64) < before + n + 7 {
            assert!(child.try_wait().expect("it can be asked").is_none());
            std::thread::yield_now();
        }
        child
    }
}

#[test]
fn a_killed_snapshot_goes_on_where_it_was_and_the_record_says_so() {
    let home = Home::new();
    let running = Running::new();
    let whole = {
        let other = Home::new();
        let before = running.server.requests().len();
        running.snapshot(&other, &[]).good();
        running.server.requests().len() - before
    };
    let mut child = running.stuck_at(&home, whole as u64 - 12);
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    running.server.faults().clear();
    assert!(
        home.run(&[]).good().out.contains("No reviews yet"),
        "half a snapshot is no review"
    );

    let before = running.server.requests().len();
    let ended = running.snapshot(&home, &["--json"]).good();
    assert!(ended.err.contains("going on from "), "{}", ended.err);
    let asked = running.server.requests().len() - before;
    assert!(asked + 10 < whole, "{asked} of {whole}");
    let items = ended.json()["items"].as_u64().expect("a number");
    assert_eq!(items, running.server.state().grant_count() as u64);
    let journal = fs::read_to_string(home.data().join("reviews/q4/journal.jsonl"));
    assert!(journal.expect("a journal").contains("\"resumed\":[\"20"));
    if !have(&["ssh-keygen"]) {
        return;
    }
    let key = new_key(&home, "id_test").display().to_string();
    let sealed = home.run(&[
        "seal",
        "q4",
        "--allow-undecided",
        "pilot",
        "--attest",
        "--key",
        &key,
        "--principal",
        "rosa@example.com",
        "--json",
    ]);
    let record = sealed.good().json()["record"].clone();
    let record = record.as_str().expect("a path");
    let verdict = home.run(&["verify", record]).good();
    assert!(verdict.out.contains("interrupted"), "{}", verdict.out);
    let review = fs::read_to_string(format!("{record}/review.json")).expect("a file");
    assert!(review.contains("\"resumed\":[\"20"), "{review}");
    // Whose token it was and which rights it had is in the record, too.
    let right =
        "{\"permission\":\"Profile.Memberships.View\",\"state\":\"granted\",\"shown_by\":\"call\"}";
    assert!(review.contains(right), "{review}");
    let told = "9 of 9 permissions granted";
    assert!(verdict.out.contains(told), "{}", verdict.out);
    let status = home.run(&["status", "q4"]).good();
    assert!(status.out.contains(told), "{}", status.out);
    let judged = home.run(&["verify", record, "--json"]).good().json();
    let resumed = judged["resumed"].as_array().map(Vec::len);
    assert_eq!(
        (resumed, judged["refreshed"].is_null()),
        (Some(1), true),
        "{judged}"
    );
    let rights = home.run(&["status", "q4", "--json"]).good().json()["rights"].clone();
    assert_eq!(rights.as_array().map(Vec::len), Some(9), "{rights}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_came_and_fresh_throws_it_away() {
    let home = Home::new();
    let running = Running::new();
    let child = running.stuck_at(&home, 30);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let ended = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("29 answers are kept for a day"), "{said}");
    running.server.faults().clear();
    let before = running.server.requests().len();
    let ended = running.snapshot(&home, &["--fresh"]).good();
    assert!(!ended.err.contains("going on"), "{}", ended.err);
    let fresh = running.server.requests().len() - before;
    running.snapshot(&Home::new(), &[]).good();
    assert_eq!(running.server.requests().len() - before, 2 * fresh);
    let journal = fs::read_to_string(home.data().join("reviews/q4/journal.jsonl"));
    assert!(!journal.expect("a journal").contains("resumed"));
}

#[test]
fn a_token_that_ran_out_is_replaced_and_another_organization_is_not_mixed_in() {
    let home = Home::new();
    let running = Running::new();
    let expired = |running: &Running| {
        let faults = running.server.faults();
        faults.arm(When::always().requests(40..), Fault::Expired);
        let ended = running.snapshot(&home, &[]);
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        assert!(ended.err.contains("new personal token"), "{}", ended.err);
        assert!(
            ended.err.contains("the same command goes on"),
            "{}",
            ended.err
        );
        faults.clear();
    };
    expired(&running);
    // Moved: another server, whose answers have nothing to do with these.
    let other = Running::new();
    let before = other.server.requests().len();
    expired(&other);
    assert!(other.server.requests().len() > before + 39);
    let ended = other.snapshot(&home, &["--json"]).good();
    assert!(ended.err.contains("going on from "), "{}", ended.err);
    let evidence = home.data().join("reviews/q4/evidence.jsonl.zst");
    let file = fs::File::open(evidence).expect("a file");
    let mut reader = muster::format::evidence::Reader::new(file).expect("memory");
    let mut number = 0;
    while let Some(answer) = reader.next().expect("whole") {
        number += 1;
        assert_eq!(answer.number, number);
        assert!(
            answer.url.starts_with(&other.server.url()),
            "{}",
            answer.url
        );
    }
    assert!(number > 40);
}

#[test]
fn what_an_older_server_does_not_know_is_told_by_status() {
    let home = Home::new();
    let running = Running::with(Options {
        older: Older {
            vague: true,
            ..Older::of_2022()
        },
        ..Options::default()
    });
    let ended = running.snapshot(&home, &[]).good();
    let status = home.run(&["status", "q4"]).good().out;
    for gap in [
        "Whether accounts are suspended could not be read: this server is older and does not know accessSuspended and accessSuspendedAt",
        "The two-factor status of accounts could not be read: this server is older and does not know status",
        "Whether organization roles are held by everybody of a kind could not be read: this server is older and does not know membersEditable",
    ] {
        assert!(ended.out.contains(gap), "{}", ended.out);
        assert!(status.contains(gap), "{status}");
    }
    // The calls of 2023 that it does not have were tried, and older ones answered in their place.
    assert!(status.contains("completeness  PARTIAL"), "{status}");
    assert!(
        status.contains(
            "called        POST permission-roles/get (contextIdentifier=project:id:{project})"
        ),
        "{status}"
    );
}
