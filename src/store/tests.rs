use std::{process::Command, sync::Arc};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    domain::{
        Digest,
        campaign::Progress,
        decision::{Change, Decision},
        journal::Chosen,
        text::Raw,
    },
    format::{canonical::Lines, evidence::Answer, population, record::Seal, sample},
};

const NAME: &str = "2026-q4";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn answer() -> Answer {
    Answer {
        number: 1,
        at: sample::at(0),
        method: "GET".into(),
        url: "https://acme.jetbrains.space/api/http/projects".into(),
        request: None,
        status: 200,
        date: None,
        body: b"{\"data\":[]}".to_vec(),
    }
}

/// A review of the sample that was just opened.
fn begun(store: &Store) -> Review {
    let mut draft = store.draft(NAME, sample::at(0)).expect("a new review");
    draft.evidence(&answer()).expect("room on the disk");
    let snapshot = Arc::new(sample::snapshot());
    draft
        .finish(Arc::clone(&snapshot), sample::provenance(), |provenance| {
            sample::entry(1, sample::opened(&snapshot, provenance))
        })
        .expect("a whole draft")
}

fn append(review: &mut Review, event: Event) -> Arc<crate::domain::journal::Entry> {
    let at = sample::at(i64::from(review.campaign().next_seq()) * 1000);
    review
        .append(event, at, &Raw::from("bob"))
        .expect("it may happen")
}

/// A review in which everything happened that can, up to and with the attestation.
fn attested(store: &Store) -> Review {
    let mut review = begun(store);
    for event in sample::events(review.campaign()) {
        append(&mut review, event);
    }
    let last = sample::attestation(review.campaign());
    append(&mut review, last);
    review
}

/// A review with a journal short enough to try something at each of its bytes.
fn short(store: &Store) -> Review {
    let mut review = begun(store);
    for event in sample::events(review.campaign()).into_iter().take(3) {
        append(&mut review, event);
    }
    review
}

fn open(store: &Store) -> Result<Review, Error> {
    store.open(NAME, sample::at(5_000_000))
}

fn journal_path(store: &Store) -> PathBuf {
    store
        .review_folder(NAME)
        .expect("a name")
        .join(names::JOURNAL)
}

fn seal() -> Seal {
    Seal {
        record_id: "0193511e-7c00-7000-8000-000000000000".into(),
        sealed_at: sample::at(99_000),
        key_fingerprint: "SHA256:7yLs".into(),
        key_type: "ssh-ed25519".into(),
        tool: names::Tool {
            name: "muster".into(),
            version: "0.1.0".into(),
        },
    }
}

fn signed(_: &[u8]) -> Result<String, io::Error> {
    Ok("a signature\n".into())
}

#[test]
fn a_review_comes_back_as_it_was() {
    let data = folder();
    let store = Store::new(data.path());
    let review = attested(&store);
    let (entries, progress) = (
        review.campaign().entries().to_vec(),
        review.campaign().progress(),
    );
    drop(review);
    let again = open(&store).expect("what was written");
    assert_eq!(again.campaign().entries(), entries);
    assert_eq!(again.campaign().progress(), progress);
    assert_eq!(**again.campaign().snapshot(), sample::snapshot());
    assert_eq!((again.recovered(), again.held_by()), (None, None));
}

#[test]
fn only_the_owner_can_read_what_is_stored() {
    use std::os::unix::fs::PermissionsExt as _;

    let data = folder();
    let store = Store::new(data.path().join("muster"));
    let review = attested(&store);
    review
        .write_record("acme", None, seal(), &mut signed)
        .expect("a record");
    let mut open = vec![data.path().join("muster")];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(
            metadata.permissions().mode() & 0o777,
            expected,
            "{}",
            path.display()
        );
        seen += 1;
        if metadata.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn a_name_is_plain_or_refused() {
    let data = folder();
    let store = Store::new(data.path());
    for name in ["2026-q4", "a", "A_b.c-9"] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    let long = "x".repeat(65);
    for (name, why) in [
        ("", "it is empty"),
        (".hidden", "begins with a dot"),
        ("..", "begins with a dot"),
        ("a/b", "only letters"),
        ("a\u{1b}[2J", "only letters"),
        ("q4 2026", "only letters"),
        ("a.partial", "unfinished"),
        ("a.fetching-1", "unfinished"),
        (&long, "longer than 64"),
    ] {
        let error = store
            .draft(name, sample::at(0))
            .expect_err(name)
            .to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.chars().any(char::is_control));
    }
    assert!(matches!(open(&store), Err(Error::NoSuchReview(_))));
}

#[test]
fn a_review_is_never_fetched_over_another() {
    let data = folder();
    let store = Store::new(data.path());
    drop(begun(&store));
    assert!(matches!(
        store.draft(NAME, sample::at(0)),
        Err(Error::ReviewExists(_))
    ));
}

#[test]
fn a_fetch_that_was_given_up_leaves_nothing() {
    let data = folder();
    let store = Store::new(data.path());
    let draft = store.draft(NAME, sample::at(0)).expect("a new review");
    let error = store
        .draft(NAME, sample::at(0))
        .expect_err("it is being fetched")
        .to_string();
    assert!(
        error.contains(&format!("in process {}", std::process::id())),
        "{error}"
    );
    drop(draft);
    assert_eq!(folders(&store.reviews_folder()).expect("a folder"), []);
    // As a crash leaves it.
    let crashed = store.reviews_folder().join(format!("{NAME}{FETCHING}1"));
    fs::create_dir(&crashed).expect("a folder");
    fs::write(crashed.join(names::EVIDENCE), "half").expect("a file");
    assert!(store.reviews().expect("a list").is_empty());
    drop(begun(&store));
    assert!(!crashed.exists());
    assert_eq!(store.reviews().expect("a list").len(), 1);
}

#[test]
fn the_list_tells_how_a_review_began_and_ended() {
    let data = folder();
    let store = Store::new(data.path());
    assert!(store.reviews().expect("no folder yet").is_empty());
    assert!(store.records().expect("no folder yet").is_empty());
    let mut review = attested(&store);
    let summary = |store: &Store| {
        let listed = store.reviews().expect("a list").pop().expect("one review");
        assert_eq!(listed.name, NAME);
        listed.summary.expect("whole lines")
    };
    let before = summary(&store);
    assert_eq!(
        (before.opened_at, before.entries, before.sealed),
        (sample::at(1000), 12, None)
    );
    append(
        &mut review,
        Event::Sealed {
            record: "acme".into(),
            sums: Digest::of(b""),
        },
    );
    let after = summary(&store);
    assert_eq!((after.entries, after.sealed.as_deref()), (13, Some("acme")));
    fs::write(journal_path(&store), "{}\n").expect("a file");
    assert!(store.reviews().expect("a list")[0].summary.is_err());
}

#[test]
fn a_journal_cut_anywhere_keeps_every_whole_entry_and_invents_none() {
    let data = folder();
    let store = Store::new(data.path());
    let review = short(&store);
    let entries = review.campaign().entries().to_vec();
    drop(review);
    let path = journal_path(&store);
    let whole = fs::read(&path).expect("the journal");
    let first = whole
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).expect("a file");
        let kept = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        match open(&store) {
            Ok(review) => {
                assert!(cut >= first);
                assert_eq!(
                    review.campaign().entries(),
                    &entries[..kept],
                    "cut at {cut}"
                );
                let at_end = whole[cut - 1] == b'\n';
                assert_eq!(review.recovered().is_none(), at_end, "cut at {cut}");
                let bytes: usize = whole[..cut]
                    .split_inclusive(|byte| *byte == b'\n')
                    .take(kept)
                    .map(<[u8]>::len)
                    .sum();
                assert_eq!(
                    fs::read(&path).expect("the journal"),
                    &whole[..bytes],
                    "cut at {cut}"
                );
            }
            Err(error) => {
                assert!(cut < first, "cut at {cut}: {error}");
                assert_eq!(
                    fs::read(&path).expect("the journal"),
                    &whole[..cut],
                    "nothing is cut off"
                );
            }
        }
    }
}

#[test]
fn a_review_goes_on_after_a_torn_line() {
    let data = folder();
    let store = Store::new(data.path());
    drop(attested(&store));
    let path = journal_path(&store);
    let mut bytes = fs::read(&path).expect("the journal");
    bytes.extend_from_slice(b"{\"seq\":13,\"prev\":\"");
    fs::write(&path, &bytes).expect("a file");
    let mut review = open(&store).expect("a torn tail");
    let said = review.recovered().expect("it is said").to_owned();
    assert!(
        said.contains("18 bytes were removed") && said.contains("the 12 entries"),
        "{said}"
    );
    append(
        &mut review,
        sample::decide(Change::Clear, &[1], None, Chosen::Single),
    );
    drop(review);
    let again = open(&store).expect("whole again");
    assert_eq!(
        (again.recovered(), again.campaign().entries().len()),
        (None, 13)
    );
}

#[test]
fn a_line_whose_middle_never_reached_the_disk_is_a_torn_one() {
    let data = folder();
    let store = Store::new(data.path());
    let mut review = begun(&store);
    let text = Raw::from("a long note ".repeat(200));
    append(
        &mut review,
        Event::Noted {
            item: crate::domain::items::Item(0),
            text,
        },
    );
    let before = review.campaign().entries().len();
    drop(review);
    let path = journal_path(&store);
    let whole = fs::read(&path).expect("the journal");
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .expect("lines")
        + 1;
    let sector = whole.len() / 512 * 512;
    assert!(last + 40 < sector, "the last line spans sectors");
    let start = last.div_ceil(512) * 512;
    for (from, to) in [
        (last, start),
        (start, start + 512),
        (sector, whole.len()),
        (last, whole.len()),
    ] {
        let mut torn = whole.clone();
        torn[from..to].fill(0);
        fs::write(&path, &torn).expect("a file");
        let review = open(&store).expect("a torn tail");
        assert_eq!(review.campaign().entries().len(), before - 1);
        assert!(review.recovered().is_some());
    }
    // Zeros elsewhere are not what a power cut leaves.
    for (from, to) in [
        (last + 30, last + 31),
        (last, last + 50),
        (start + 1, start + 512),
    ] {
        let mut changed = whole.clone();
        changed[from..to].fill(0);
        fs::write(&path, &changed).expect("a file");
        assert!(
            matches!(open(&store), Err(Error::Damaged { .. })),
            "{from}..{to}"
        );
    }
}

#[test]
fn a_changed_byte_anywhere_in_a_journal_is_noticed() {
    let data = folder();
    let store = Store::new(data.path());
    drop(short(&store));
    let path = journal_path(&store);
    let whole = fs::read(&path).expect("the journal");
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).expect("a file");
        match open(&store) {
            // A last line without its end looks like a torn one, and is told.
            Ok(review) => {
                assert_eq!(at, whole.len() - 1);
                assert!(review.recovered().is_some());
            }
            Err(error) => {
                let line = whole[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                let text = error.to_string();
                let place = format!("journal.jsonl, line {line}: ");
                let told = text.contains(&place) || matches!(error, Error::Changed(_));
                assert!(told && line <= lines, "byte {at}: {text}");
                assert_eq!(
                    fs::read(&path).expect("the journal"),
                    flipped,
                    "damage is never repaired"
                );
            }
        }
    }
}

#[test]
fn a_bad_line_in_the_middle_is_refused_and_nothing_is_cut() {
    let data = folder();
    let store = Store::new(data.path());
    drop(attested(&store));
    let path = journal_path(&store);
    let text = fs::read_to_string(&path).expect("the journal");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let half = &lines[3][..40];
    let (three, rest) = (lines[..3].concat(), lines[4..].concat());
    for changed in [
        format!("{three}{half}{rest}"),
        format!("{three}{half}\n{rest}"),
        format!("{three}\n{}{rest}", lines[3]),
        format!("{three}{rest}"),
        format!("{text}garbage\n"),
        format!("{text}\n"),
        format!("{text}{}", lines[11]),
        // Two lines without an end between them: the first of them was once whole.
        format!(
            "{}{}\0{}",
            lines[..11].concat(),
            lines[11].trim_end(),
            &lines[11][..50]
        ),
    ] {
        fs::write(&path, &changed).expect("a file");
        let error = open(&store).expect_err(&changed);
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("the journal"), changed);
    }
}

#[test]
fn a_changed_population_is_refused_by_name() {
    let data = folder();
    let store = Store::new(data.path());
    drop(begun(&store));
    let folder = store.review_folder(NAME).expect("a name");
    for name in names::POPULATION.iter().chain([&names::OPENED_SUMS]) {
        let path = folder.join(name);
        let whole = fs::read(&path).expect("a file");
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).expect("a file");
            let error = open(&store).expect_err(name);
            assert!(
                matches!(&error, Error::Changed(changed) if *changed == path),
                "{error}"
            );
        }
        fs::remove_file(&path).expect("a file");
        let error = open(&store).expect_err(name).to_string();
        assert_eq!(error, format!("cannot read {}", path.display()));
        fs::write(&path, &whole).expect("a file");
    }
    open(&store).expect("all is as it was");
}

#[test]
fn an_entry_that_cannot_have_happened_is_refused() {
    let data = folder();
    let store = Store::new(data.path());
    let review = begun(&store);
    let head = review.head;
    drop(review);
    // The chain is whole; only the fold can tell that the first item is implicit.
    let event = sample::decide(Change::Decide(Decision::Keep), &[1], None, Chosen::Single);
    let (line, _) = journal::line(&sample::entry(2, event), head);
    let path = journal_path(&store);
    let text = fs::read_to_string(&path).expect("the journal") + &line;
    fs::write(&path, text).expect("a file");
    let error = open(&store).expect_err("impossible").to_string();
    assert!(
        error.contains(
            "journal.jsonl, line 2: this cannot have happened: item 1 is an implicit grant"
        ),
        "{error}"
    );
}

#[test]
fn a_review_of_a_newer_version_says_so() {
    let data = folder();
    let store = Store::new(data.path());
    let review = begun(&store);
    let head = review.head;
    drop(review);
    let event = sample::decide(Change::Later, &[1], None, Chosen::Single);
    let (line, digest) = journal::line(&sample::entry(2, event), head);
    let body = line
        .replace(&format!(",\"h\":\"{digest}\""), "")
        .replace("\"later\"", "\"delegate\"");
    let line = format!(
        "{},\"h\":\"{}\"}}\n",
        &body[..body.len() - 2],
        Digest::of(body.as_bytes())
    );
    let path = journal_path(&store);
    let text = fs::read_to_string(&path).expect("the journal") + &line;
    fs::write(&path, text).expect("a file");
    let error = open(&store).expect_err("newer");
    assert!(
        error.is_newer() && error.to_string().contains("newer version of muster"),
        "{error}"
    );
}

#[test]
fn a_second_opening_is_read_only_and_says_who_holds_the_review() {
    let data = folder();
    let store = Store::new(data.path());
    let mut first = begun(&store);
    let mut second = open(&store).expect("a look");
    let holder = second.held_by().expect("it is held").clone();
    assert_eq!(holder.pid, Some(std::process::id()));
    assert_eq!(holder.since, Some(sample::at(0)));
    let event = || sample::decide(Change::Later, &[1], None, Chosen::Single);
    let error = second
        .append(event(), sample::at(9), &Raw::from("eve"))
        .expect_err("read-only")
        .to_string();
    let expected = format!(
        "in process {} since 2026-09-21 14:13 UTC; it is read-only here",
        std::process::id()
    );
    assert!(error.ends_with(&expected), "{error}");
    append(&mut first, event());
    drop(first);
    assert!(open(&store).expect("free again").held_by().is_none());
}

#[test]
fn a_refused_event_writes_nothing() {
    let data = folder();
    let store = Store::new(data.path());
    let mut review = begun(&store);
    let before = fs::read(journal_path(&store)).expect("the journal");
    let revoke = sample::decide(Change::Decide(Decision::Revoke), &[2], None, Chosen::Single);
    let error = review
        .append(revoke, sample::at(9), &Raw::from("bob"))
        .expect_err("no reason");
    assert!(matches!(error, Error::Refused(Refusal::NoReason)));
    assert_eq!(fs::read(journal_path(&store)).expect("the journal"), before);
    append(
        &mut review,
        sample::decide(Change::Later, &[2], None, Chosen::Single),
    );
}

/// A full disk fails the write; a file that cannot be synced fails the sync.
#[cfg(target_os = "linux")]
#[test]
fn after_a_failed_write_nothing_is_appended_until_the_review_is_reopened() {
    for broken in ["/dev/full", "/dev/null"] {
        let data = folder();
        let store = Store::new(data.path());
        let mut review = begun(&store);
        let event = || sample::decide(Change::Later, &[2], None, Chosen::Single);
        append(&mut review, event());
        let whole = fs::OpenOptions::new()
            .append(true)
            .open(journal_path(&store))
            .expect("the journal");
        let failing = fs::OpenOptions::new()
            .write(true)
            .open(broken)
            .expect("a device");
        review.journal().replace(failing);
        let undo = || Event::Undone { entry: 2 };
        let error = review
            .append(undo(), sample::at(9), &Raw::from("bob"))
            .expect_err(broken)
            .to_string();
        assert_eq!(
            error,
            format!("cannot write {}", journal_path(&store).display())
        );
        assert_eq!(
            review.campaign().entries().len(),
            2,
            "what is not on disk did not happen"
        );
        // Even when the disk works again: what it kept of the failed line is not known.
        review.journal().replace(whole);
        let error = review
            .append(undo(), sample::at(9), &Raw::from("bob"))
            .expect_err("still broken");
        assert!(
            matches!(&error, Error::Broken(_)) && error.to_string().contains("reopen the review"),
            "{error}"
        );
        drop(review);
        let mut again = open(&store).expect("whole");
        assert_eq!(again.campaign().entries().len(), 2);
        append(&mut again, undo());
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let data = folder();
    let file = data.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = Store::new(&file)
        .draft(NAME, sample::at(0))
        .expect_err("a file is no folder");
    assert_eq!(
        error.to_string(),
        format!("cannot create {}", file.join("reviews").display())
    );
}

#[test]
fn a_record_is_whole_and_verifies_with_stock_tools() {
    let data = folder();
    let store = Store::new(data.path());
    let mut review = attested(&store);
    let mut signed_bytes = Vec::new();
    let written = review
        .write_record("acme-2026-q4", None, seal(), &mut |sums: &[u8]| {
            signed_bytes = sums.to_vec();
            signed(sums)
        })
        .expect("a record");
    let read = |name: &str| fs::read(written.path.join(name)).expect(name);
    assert_eq!(read(names::SUMS), signed_bytes);
    assert_eq!(Digest::of(&signed_bytes), written.sums);
    let sums = names::parse_sums(&signed_bytes).expect("own text");
    for (name, digest) in sums.iter() {
        assert_eq!(Digest::of(&read(name)), digest, "{name}");
    }
    assert_eq!(
        names::Review::parse(&read(names::REVIEW)).expect("own text"),
        written.review
    );
    for (name, size) in &written.review.contents.bytes {
        assert_eq!(read(name).len() as u64, *size);
    }
    assert_eq!(
        read(names::JOURNAL),
        fs::read(journal_path(&store)).expect("the journal")
    );
    append(
        &mut review,
        Event::Sealed {
            record: "acme-2026-q4".into(),
            sums: written.sums,
        },
    );
    assert_eq!(
        written.review.contents.journal_entries, 12,
        "the seal is not in the record"
    );
    let list = store.records().expect("a list");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].path, written.path);
    by_hand(&written.path);
}

/// Runs what `README.txt` tells an auditor to run, the signature apart.
fn by_hand(record: &Path) {
    let missing = ["sha256sum", "jq", "python3", "zstd"]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err());
    if let Some(tool) = missing {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "{tool} is needed"
        );
        eprintln_skipped(tool);
        return;
    }
    let readme = fs::read_to_string(record.join(names::README)).expect("the README");
    let shell = |script: &str| {
        let output = Command::new("bash")
            .arg("-c")
            .arg(script)
            .current_dir(record)
            .output()
            .expect("bash");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(
            output.status.success(),
            "{script}\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    let part = |from: &str, to: &str| {
        let start = readme.find(from).expect(from);
        let rest = &readme[start..];
        rest[..rest.find(to).expect(to)]
            .split_once('\n')
            .expect("lines")
            .1
            .to_owned()
    };
    let commands = |text: &str| {
        text.split_once("\n\n")
            .expect("an explanation, then commands")
            .1
            .to_owned()
    };
    let review = names::Review::parse(&fs::read(record.join(names::REVIEW)).expect("a file"))
        .expect("own text");
    shell("! grep -Evx '[0-9a-f]{64}  [A-Za-z]+([.][a-z]+)+' SHA256SUMS");
    shell("sha256sum --strict -c SHA256SUMS && sha256sum --strict -c opened.sums");
    let Progress { kept, revoked, .. } = review.progress;
    let counts = shell("jq -nc 'reduce inputs as $d ({}; .[$d.decision] += 1)' decisions.jsonl");
    assert!(
        counts.contains(&format!("\"keep\":{kept}"))
            && counts.contains(&format!("\"revoke\":{revoked}")),
        "{counts}"
    );
    assert_eq!(
        shell("cmp <(jq -r .id grants.jsonl) <(jq -r .id decisions.jsonl)"),
        ""
    );
    let contents = &review.contents;
    let chain = format!("{} {}\n", contents.journal_entries, contents.journal_head);
    assert_eq!(
        shell(&commands(&part("5. The journal", "6. The Merkle"))),
        chain.repeat(2)
    );
    assert_eq!(
        shell(&commands(&part("6. The Merkle", "7. One answer"))),
        format!("{0}\n{0}\n", contents.merkle_root)
    );
    let body = shell("zstd -dc evidence.jsonl.zst | sed -n 1p | jq -j .body | sha256sum");
    assert!(
        body.starts_with(&Digest::of(&answer().body).to_string()),
        "{body}"
    );
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn eprintln_skipped(tool: &str) {
    eprintln!("skipped: needs {tool}");
}

#[test]
fn a_record_has_the_merkle_root_and_the_decisions_of_its_lines() {
    let data = folder();
    let store = Store::new(data.path());
    let review = attested(&store);
    let written = review
        .write_record("acme", None, seal(), &mut signed)
        .expect("a record");
    let file = |name| io::BufReader::new(fs::File::open(written.path.join(name)).expect(name));
    let mut grants = Lines::new(names::GRANTS, file(names::GRANTS), population::LINE_LIMIT);
    let mut decisions = Lines::new(
        names::DECISIONS,
        file(names::DECISIONS),
        population::LINE_LIMIT,
    );
    let mut tree = format::merkle::Tree::default();
    while let Some(grant) = grants.next().expect("whole") {
        let decision = decisions.next().expect("whole").expect("as many lines");
        tree.push(format::merkle::leaf(grant, decision));
    }
    assert_eq!(decisions.next().expect("the end"), None);
    assert_eq!(tree.root(), written.review.contents.merkle_root);
}

#[test]
fn a_record_is_there_signed_or_not_at_all() {
    let data = folder();
    let store = Store::new(data.path());
    let mut review = attested(&store);
    let mut refuse = |_: &[u8]| Err::<String, _>(io::Error::other("the key was not touched"));
    let error = review
        .write_record("acme", None, seal(), &mut refuse)
        .expect_err("no signature");
    assert_eq!(
        error.to_string(),
        "the record was not signed: the key was not touched"
    );
    assert_eq!(
        folders(&store.records_folder()).expect("a folder"),
        [],
        "nothing is left behind"
    );
    // As a crash leaves it.
    let partial = store.records_folder().join("acme.partial");
    fs::create_dir(&partial).expect("a folder");
    fs::write(partial.join(names::SUMS), "half").expect("a file");
    assert!(store.records().expect("a list").is_empty());
    let written = review
        .write_record("acme", None, seal(), &mut signed)
        .expect("a record");
    assert!(!partial.exists());
    let before = fs::read(written.path.join(names::SUMS)).expect("a file");
    let error = review
        .write_record("acme", None, seal(), &mut signed)
        .expect_err("it is there");
    assert!(matches!(error, Error::RecordExists(_)), "{error}");
    assert_eq!(
        fs::read(written.path.join(names::SUMS)).expect("a file"),
        before
    );
    // A folder of somebody else is not removed.
    let theirs = data.path().join("out/acme.partial");
    fs::create_dir_all(&theirs).expect("a folder");
    fs::write(theirs.join("thesis.txt"), "precious").expect("a file");
    let out = data.path().join("out");
    let error = review
        .write_record("acme", Some(&out), seal(), &mut signed)
        .expect_err("in the way");
    assert!(matches!(error, Error::InTheWay(_)), "{error}");
    assert!(theirs.join("thesis.txt").exists());
    // An attestation no longer counts when something was decided after it.
    append(
        &mut review,
        sample::decide(Change::Clear, &[1], None, Chosen::Single),
    );
    let error = review
        .write_record("acme-2", None, seal(), &mut signed)
        .expect_err("not attested");
    assert!(matches!(error, Error::NotAttested));
}

#[test]
fn a_record_is_not_made_from_a_population_that_changed() {
    for name in names::POPULATION {
        let data = folder();
        let store = Store::new(data.path());
        let review = attested(&store);
        let path = review.folder().join(name);
        let mut bytes = fs::read(&path).expect("a file");
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        fs::write(&path, bytes).expect("a file");
        let error = review
            .write_record("acme", None, seal(), &mut signed)
            .expect_err(name);
        assert!(
            matches!(&error, Error::Changed(changed) if *changed == path),
            "{error}"
        );
        assert!(store.records().expect("a list").is_empty());
    }
}

#[test]
fn a_record_can_be_written_to_another_file_system() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        eprintln_skipped("/dev/shm");
        return;
    };
    let data = folder();
    let store = Store::new(data.path());
    let review = attested(&store);
    let here = review
        .write_record("acme", None, seal(), &mut signed)
        .expect("a record");
    let there = review
        .write_record("acme", Some(other.path()), seal(), &mut signed)
        .expect("a record");
    assert_eq!(there.path, other.path().join("acme"));
    assert_eq!(
        (here.sums, here.review),
        (there.sums, there.review),
        "the same review makes the same bytes"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_at_the_end_of_a_journal_no_entry_is_lost_or_invented(
        tail in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b'\n'), Just(b'{')], 1..300)
    ) {
        let data = folder();
        let store = Store::new(data.path());
        let review = short(&store);
        let entries = review.campaign().entries().to_vec();
        drop(review);
        let path = journal_path(&store);
        let mut bytes = fs::read(&path).expect("the journal");
        bytes.extend_from_slice(&tail);
        fs::write(&path, &bytes).expect("a file");
        match open(&store) {
            Ok(review) => {
                prop_assert_eq!(review.campaign().entries(), entries);
                prop_assert!(review.recovered().is_some());
            }
            Err(error) => {
                let damaged = matches!(error, Error::Damaged { .. });
                prop_assert!(damaged);
                prop_assert_eq!(fs::read(&path).expect("the journal"), bytes);
            }
        }
    }
}
