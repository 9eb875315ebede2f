//! Records that are attacked where no stored file could: links, sparse files, every single byte, a list of
//! signers that says otherwise, files that change or cannot be read.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use muster::{
    domain::Digest,
    format::record,
    signing::NAMESPACE_REVIEW,
    store::Threads,
    verify::{
        Folder, FolderEntry, Stage, Verdict, allowed_signers::AllowedSigners, verify, verify_with,
    },
};
use tempfile::TempDir;

use super::{
    files::{Disk, Files},
    record::{good, time},
    vectors::{folder, signers, stored},
};
use crate::ssh_tools::{Keys, PRINCIPAL, have};

/// The verdict, which is the same however many hands there are.
fn judge(folder: &dyn Folder) -> Verdict {
    let (signers, at) = (signers(), time("2026-10-02T00:00:00Z"));
    let verdict = judge_once(folder);
    let by_many = verify_with(&Threads, folder, Some(&signers), at);
    assert_eq!(verdict.to_string(), by_many.to_string());
    verdict
}

fn judge_once(folder: &dyn Folder) -> Verdict {
    verify(folder, Some(&signers()), time("2026-10-02T00:00:00Z"))
}

fn bad(verdict: &Verdict, stage: Stage, file: &str) {
    match verdict {
        Verdict::Bad(bad) => assert_eq!((bad.stage, bad.file.as_deref()), (stage, Some(file))),
        verdict => panic!("{verdict}"),
    }
}

fn could_not_tell(verdict: &Verdict, why: &str) {
    assert_eq!(verdict.exit_code(), 2, "{verdict}");
    assert!(verdict.to_string().contains(why), "{verdict}");
}

/// The good record in a folder of its own.
fn copy() -> (TempDir, Disk) {
    let temporary = TempDir::new().expect("a temporary folder");
    let folder = temporary.path().join("record");
    stored("good").write(&folder);
    (temporary, Disk(folder))
}

#[test]
fn stock_tools_accept_the_good_record() {
    if !have("ssh-keygen") || !have("sha256sum") {
        return;
    }
    let keys = Keys::new();
    let good = folder().join("good");
    let list = format!(
        "{PRINCIPAL} namespaces=\"{NAMESPACE_REVIEW}\" {}\n",
        keys.public("ed25519")
    );
    let list = keys.write("allowed_signers", list);
    let output = Command::new("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-I",
            PRINCIPAL,
            "-n",
            NAMESPACE_REVIEW,
            "-f",
        ])
        .arg(list)
        .arg("-s")
        .arg(good.join(record::SIGNATURE))
        .stdin(File::open(good.join(record::SUMS)).expect("the sums"))
        .output()
        .expect("ssh-keygen runs");
    assert!(output.status.success(), "{output:?}");
    for list in [record::SUMS, record::OPENED_SUMS] {
        let output = Command::new("sha256sum")
            .args(["--strict", "-c", list])
            .current_dir(&good)
            .output()
            .expect("sha256sum runs");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn no_bit_of_the_good_record_can_change() {
    let good = stored("good");
    let (list, at) = (signers(), time("2026-10-02T00:00:00Z"));
    for (name, bytes) in &good.0 {
        let mut files = good.clone();
        for byte in 0..bytes.len() {
            // Every bit of what is signed and of the signature, one bit of each other byte.
            let all = name.starts_with(record::SUMS);
            for bit in if all { 0..8 } else { byte % 8..byte % 8 + 1 } {
                let slot = files.0.get_mut(name).expect("a file");
                slot[byte] ^= 1 << bit;
                let verdict = verify(&files, Some(&list), at);
                assert_ne!(verdict.exit_code(), 0, "{name}, byte {byte}, bit {bit}");
                files.0.get_mut(name).expect("a file")[byte] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn no_signed_byte_that_is_signed_again_can_change_what_was_decided() {
    // The reviewer signs whatever they edited: only what does not change the meaning of a free text may pass.
    let good = stored("good");
    let (list, at) = (signers(), time("2026-10-02T00:00:00Z"));
    for name in [
        record::DECISIONS,
        record::GRANTS,
        record::ACCOUNTS,
        record::JOURNAL,
    ] {
        let length = good.get(name).len();
        for byte in (0..length).step_by(7) {
            let mut files = good.clone();
            files.0.get_mut(name).expect("a file")[byte] ^= 1;
            files.recompute_review_bytes();
            files.resign();
            let verdict = verify(&files, Some(&list), at);
            assert_eq!(verdict.exit_code(), 1, "{name}, byte {byte}: {verdict}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_or_a_folder_is_not_followed() {
    let (_keep, disk) = copy();
    let path = disk.0.join(record::ACCOUNTS);
    let aside = disk.0.with_file_name("aside");
    fs::rename(&path, &aside).expect("a rename");
    std::os::unix::fs::symlink(&aside, &path).expect("a link");
    bad(&judge(&disk), Stage::Files, record::ACCOUNTS);
    fs::remove_file(&path).expect("the link");
    fs::create_dir(&path).expect("a folder");
    bad(&judge(&disk), Stage::Files, record::ACCOUNTS);
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    for (name, size) in [
        (record::SIGNATURE, 100 << 20),
        (record::SUMS, 1 << 30),
        (record::GRANTS, 2 << 30),
        (record::GRANTS, 1 << 40),
        (record::REVIEW, 1 << 40),
        (record::EVIDENCE, 1 << 40),
    ] {
        /// Says that one file is huge, and is never asked for it.
        struct Grown {
            files: Files,
            name: &'static str,
            size: u64,
        }
        impl Folder for Grown {
            fn entries(&self) -> io::Result<Vec<FolderEntry>> {
                let mut entries = self.files.entries()?;
                let grown = entries.iter_mut().find(|entry| entry.name == self.name);
                grown.expect("the file").size = self.size;
                Ok(entries)
            }
            fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
                assert_ne!(name, self.name, "a huge file is not opened");
                self.files.open(name)
            }
        }
        let files = stored("good");
        bad(&judge(&Grown { files, name, size }), Stage::Sizes, name);
    }
}

#[test]
fn a_file_that_grew_on_disk_is_refused_at_once() {
    let (_keep, disk) = copy();
    let grants = File::options()
        .write(true)
        .open(disk.0.join(record::GRANTS));
    grants
        .and_then(|file| file.set_len(2 << 30))
        .expect("a sparse file");
    bad(&judge(&disk), Stage::Sizes, record::GRANTS);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_never_opened() {
    if !have("mkfifo") {
        return;
    }
    let (_keep, disk) = copy();
    for name in [record::GRANTS, record::SUMS, record::EVIDENCE] {
        let path = disk.0.join(name);
        let bytes = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("a file");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo starts").success());
        // Whoever reads a pipe that nobody writes into waits for ever.
        bad(&judge(&disk), Stage::Files, name);
        fs::remove_file(&path).expect("a pipe");
        std::os::unix::fs::symlink("/dev/zero", &path).expect("a link");
        bad(&judge(&disk), Stage::Files, name);
        fs::remove_file(&path).expect("a link");
        fs::write(&path, bytes).expect("a file");
    }
    assert_eq!(judge(&disk).exit_code(), 0);
}

#[test]
fn a_record_with_any_file_cut_anywhere_is_bad() {
    let good = stored("good");
    for (name, bytes) in &good.0 {
        for cut in [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut files = good.clone();
            files.set(name, &bytes[..cut]);
            let verdict = judge(&files);
            assert_eq!(verdict.exit_code(), 1, "{name} cut at {cut}: {verdict}");
            // The signer can cut a file, too; what he signs then does not follow. Instructions are only for people.
            let made = [
                record::SUMS,
                record::SIGNATURE,
                record::REVIEW,
                record::README,
            ];
            if made.contains(&name.as_str()) {
                continue;
            }
            let size = cut as u64;
            files.change_review(|review| {
                let bytes = review.contents.bytes.iter_mut();
                for (_, known) in bytes.filter(|(known, _)| known == name) {
                    *known = size;
                }
            });
            files.resign();
            let verdict = judge(&files);
            assert_eq!(verdict.exit_code(), 1, "{name} cut at {cut}: {verdict}");
        }
    }
}

#[test]
fn a_file_name_cannot_write_on_the_screen_of_its_reader() {
    for name in [
        "\u{1b}[2J\u{1b}[Hgood",
        "a\u{9b}31m",
        "grants.jsonl\u{202e}",
        "x\ny",
        "\u{7}",
    ] {
        let mut files = stored("good");
        files.set(name, "");
        let verdict = judge(&files);
        let Verdict::Bad(bad) = &verdict else {
            panic!("{verdict}");
        };
        assert_eq!(bad.stage, Stage::Files);
        let text = verdict.to_string();
        let acts = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.chars().any(acts), "{text:?}");
    }
}

#[test]
fn a_compression_bomb_is_hashed_and_not_inflated() {
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).expect("memory");
    io::copy(&mut io::repeat(0).take(256 << 20), &mut bomb).expect("memory");
    let files = good(&bomb.finish().expect("memory"));
    assert!(files.get(record::EVIDENCE).len() < 1 << 20);
    assert_eq!(judge(&files).exit_code(), 0);
}

#[test]
fn the_list_of_signers_must_allow_the_key_for_this_purpose_and_time() {
    let keys = Keys::new();
    let (own, other) = (keys.public("ed25519"), keys.public("ed25519-other"));
    let good = stored("good");
    let check = |list: &str, expected: u8, why: &str| {
        let list = AllowedSigners::parse(list.as_bytes());
        let verdict = verify(&good, Some(&list), time("2026-10-02T00:00:00Z"));
        assert_eq!(verdict.exit_code(), expected, "{verdict}");
        assert!(verdict.to_string().contains(why), "{verdict}");
        if let Verdict::Bad(bad) = verdict {
            assert_eq!(bad.stage, Stage::Signer);
        }
    };
    check(&format!("{PRINCIPAL} {own}"), 0, "the signer is known");
    check("", 1, "no line of the list");
    check(&format!("bob@example.org {own}"), 1, "no line of the list");
    check(&format!("{PRINCIPAL} {other}"), 1, "another key");
    check(
        &format!("{PRINCIPAL} namespaces=\"muster-approve\" {own}"),
        1,
        "sign for muster-review",
    );
    check(
        &format!("{PRINCIPAL} valid-before=\"20260701Z\" {own}"),
        1,
        "at this time",
    );
    check(
        &format!("{PRINCIPAL} valid-before=\"20261002\" {own}"),
        2,
        "without Z",
    );
}

#[test]
fn a_key_that_was_replaced_since_makes_its_records_neither_good_nor_bad() {
    let own = Keys::new().public("ed25519");
    let good = stored("good");
    let check = |until: &str, at: &str, expected: u8, why: &str| {
        let list = format!("{PRINCIPAL} valid-after=\"20260101Z\",valid-before=\"{until}Z\" {own}");
        let list = AllowedSigners::parse(list.as_bytes());
        let verdict = verify(&good, Some(&list), time(at));
        assert_eq!(verdict.exit_code(), expected, "{until}, {at}: {verdict}");
        assert!(verdict.to_string().contains(why), "{verdict}");
    };
    // It was sealed on 2026-10-01, or so it says.
    check("20270101", "2026-10-02T00:00:00Z", 0, "the signer is known");
    check(
        "20270101",
        "2031-01-01T00:00:00Z",
        2,
        "nothing in the record proves",
    );
    check("20260901", "2031-01-01T00:00:00Z", 1, "at this time");
    // Nothing was sealed in the future.
    check("20270101", "2025-01-01T00:00:00Z", 1, "at this time");
}

#[test]
fn a_broken_record_is_bad_even_when_nobody_can_tell_who_signed() {
    let list = format!(
        "{PRINCIPAL} valid-before=\"20261002\" {}",
        Keys::new().public("ed25519")
    );
    let list = AllowedSigners::parse(list.as_bytes());
    let files = stored("bad-decision-flipped-resigned");
    let verdict = verify(&files, Some(&list), time("2026-10-02T00:00:00Z"));
    bad(&verdict, Stage::Decisions, record::DECISIONS);
}

#[test]
fn every_kind_of_key_signs_a_record() {
    for key in ["ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-3072"] {
        if !have("ssh-keygen") {
            return;
        }
        let files = super::record::seal(super::record::snapshot(), b"", super::record::events, key);
        let list = format!("{PRINCIPAL} {}\n", Keys::new().public(key));
        let list = AllowedSigners::parse(list.as_bytes());
        let verdict = verify(&files, Some(&list), time("2026-10-02T00:00:00Z"));
        assert_eq!(verdict.exit_code(), 0, "{key}: {verdict}");
    }
}

#[test]
fn what_a_newer_version_wrote_is_left_to_it() {
    let mut files = stored("good");
    files.replace(record::REVIEW, "muster-review/1", "muster-review/2");
    files.resign();
    could_not_tell(&judge(&files), "newer");

    let mut files = stored("good");
    files.set("SHA256SUMS.reviewer.sig.tsr", "");
    could_not_tell(&judge(&files), "further signatures");
}

/// A folder in which one file fails, or is another one each time it is opened.
struct Faulty {
    files: Files,
    name: &'static str,
    /// How often the file is opened as it was.
    good: AtomicUsize,
    /// What comes then; nothing is an error.
    then: Option<Vec<u8>>,
}

impl Folder for Faulty {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        self.files.entries()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        if name != self.name || self.good.load(Ordering::Relaxed) > 0 {
            if name == self.name {
                self.good.fetch_sub(1, Ordering::Relaxed);
            }
            return self.files.open(name);
        }
        match &self.then {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::Error::other("the disk failed")),
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_question_open() {
    let every = record::LISTED
        .into_iter()
        .chain([record::SUMS, record::SIGNATURE]);
    for name in every {
        for good in 0..3 {
            let faulty = Faulty {
                files: stored("good"),
                name,
                good: AtomicUsize::new(good),
                then: None,
            };
            let verdict = judge_once(&faulty);
            // A file that is not opened again is of no matter.
            if faulty.good.load(Ordering::Relaxed) == 0 && verdict.exit_code() != 0 {
                could_not_tell(&verdict, "the disk failed");
            } else {
                assert_eq!(verdict.exit_code(), 0, "{name}: {verdict}");
            }
            if good == 0 {
                could_not_tell(&verdict, name);
            }
        }
    }
}

#[test]
fn a_file_that_is_exchanged_while_it_is_read_never_passes() {
    let every = record::LISTED
        .into_iter()
        .chain([record::SUMS, record::SIGNATURE]);
    for name in every {
        let files = stored("good");
        let text = files.get(name);
        let exchanged = [
            Vec::new(),
            text[..text.len() - 1].to_vec(),
            [text, b"\n"].concat(),
            String::from_utf8_lossy(text)
                .replace("Project", "Prolect")
                .into_bytes(),
            text.iter()
                .map(|byte| byte ^ u8::from(*byte == b'5'))
                .collect(),
        ];
        for then in exchanged.into_iter().filter(|then| then != text) {
            for good in 0..3 {
                let faulty = Faulty {
                    files: files.clone(),
                    name,
                    good: AtomicUsize::new(good),
                    then: Some(then.clone()),
                };
                let verdict = judge_once(&faulty);
                let Verdict::Good { record, .. } = verdict else {
                    continue;
                };
                // It can only be good when the exchanged file was never used.
                assert_eq!(record.sums(), Digest::of(files.get(record::SUMS)));
                let reads = match name {
                    record::GRANTS | record::ACCOUNTS | record::RESOURCES => 3,
                    record::ROOTS
                    | record::JOURNAL
                    | record::DECISIONS
                    | record::POLICY
                    | record::OPENED_SUMS => 2,
                    _ => 1,
                };
                assert!(good >= reads, "{name} was exchanged after {good} readings");
            }
        }
    }
}

#[test]
fn a_reason_cannot_write_on_the_screen_of_its_reader() {
    let mut files = stored("good");
    files.set("\u{1b}[2J\u{1b}[Hgood", "");
    let text = judge(&files).to_string();
    assert!(
        text.starts_with("bad: ") && !text.contains('\u{1b}'),
        "{text:?}"
    );

    // A team that is its own namesake is named in the reason.
    let mut files = stored("good");
    let twice = files
        .text(record::RESOURCES)
        .lines()
        .nth(1)
        .expect("a team")
        .to_owned();
    let twice = twice.replace("\"t1\"", "\"\\u001b]0;good\"");
    let text = files.text(record::RESOURCES);
    files.set(record::RESOURCES, format!("{text}{twice}\n{twice}\n"));
    files.recompute_opened_sums();
    files.recompute_review();
    files.resign();
    let text = judge(&files).to_string();
    assert!(
        text.starts_with("bad: ") && !text.contains('\u{1b}'),
        "{text:?}"
    );
}

/// Counts the bytes that are read of each file.
struct Counting {
    files: Files,
    read: Mutex<BTreeMap<String, u64>>,
}

struct CountingReader<'a> {
    counting: &'a Counting,
    name: String,
    rest: &'a [u8],
}

impl Read for CountingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.rest.read(buffer)?;
        let mut read = self.counting.read.lock().expect("nobody failed");
        *read.entry(self.name.clone()).or_default() += length as u64;
        Ok(length)
    }
}

impl Folder for Counting {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        self.files.entries()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(CountingReader {
            counting: self,
            name: name.to_owned(),
            rest: self.files.get(name),
        }))
    }
}

#[test]
fn a_large_record_is_read_at_most_three_times() {
    let files = super::record::seal(
        super::record::large_snapshot(20_000, 10),
        b"",
        super::record::bulk_events,
        "ed25519",
    );
    let counting = Counting {
        files,
        read: Mutex::default(),
    };
    assert_eq!(judge_once(&counting).exit_code(), 0);
    for (name, read) in counting.read.into_inner().expect("nobody failed") {
        let times = match &*name {
            record::GRANTS | record::ACCOUNTS | record::RESOURCES => 3,
            record::ROOTS
            | record::DECISIONS
            | record::JOURNAL
            | record::POLICY
            | record::OPENED_SUMS => 2,
            _ => 1,
        };
        assert_eq!(
            read,
            counting.files.get(&name).len() as u64 * times,
            "{name}"
        );
    }
}

#[test]
fn a_line_of_any_length_is_refused_where_it_differs() {
    // One line of decisions as large as a file can be must not be held in memory to be refused.
    let mut files = stored("good");
    let first = files
        .text(record::DECISIONS)
        .lines()
        .next()
        .expect("a line");
    let long = first.trim_end_matches('}').to_owned() + &" ".repeat(16 << 20);
    let size = long.len() as u64;
    files.set(record::DECISIONS, long);
    files.recompute_review();
    files.resign();
    let counting = Counting {
        files,
        read: Mutex::default(),
    };
    bad(&judge_once(&counting), Stage::Decisions, record::DECISIONS);
    let read = counting.read.into_inner().expect("nobody failed")[record::DECISIONS];
    assert!(read < size + (1 << 20), "{read}");
}
