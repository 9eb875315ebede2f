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
        provenance::Provenance,
        text::Raw,
    },
    format::{
        canonical::Lines,
        evidence::{Answer, Body},
        population,
        record::Seal,
        sample,
    },
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
        body: Body::Whole(b"{\"data\":[]}".to_vec()),
    }
}

/// A review of the sample that was just opened.
fn begun(store: &Store) -> Review {
    let mut draft = store.draft(NAME, sample::at(0)).expect("a new review");
    draft.evidence(&answer()).expect("room on the disk");
    let snapshot = Arc::new(sample::snapshot());
    draft
        .finish(
            Arc::clone(&snapshot),
            sample::provenance(),
            &|| false,
            |provenance| sample::entry(1, sample::opened(&snapshot, provenance)),
        )
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
    for event in sample::waivers(review.campaign()) {
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

/// Opens the review. Another test may start a program at this moment, and until that has begun it shares our locks: it
/// is waited for.
fn open(store: &Store) -> Result<Review, Error> {
    patiently(|| store.open(NAME, sample::at(5_000_000)))
}

fn patiently(open: impl Fn() -> Result<Review, Error>) -> Result<Review, Error> {
    let mut review = open()?;
    for _ in 0..200 {
        if review.held_by().is_none() {
            break;
        }
        std::thread::yield_now();
        review = open()?;
    }
    Ok(review)
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
        salts: format::merkle::Salts(Digest::of(b"salt")),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for a key that can fail"
)]
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
fn a_fetch_that_is_stopped_while_it_is_written_leaves_nothing() {
    let data = folder();
    let store = Store::new(data.path());
    // After nothing, and after so many pieces were written.
    for pieces in 0..4 {
        let draft = store.draft(NAME, sample::at(0)).expect("a new review");
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) >= pieces;
        let snapshot = Arc::new(sample::snapshot());
        let opened = Arc::clone(&snapshot);
        let stopped = draft.finish(snapshot, sample::provenance(), &stop, |provenance| {
            sample::entry(1, sample::opened(&opened, provenance))
        });
        assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
        assert_eq!(folders(&store.reviews_folder()).expect("a folder"), []);
    }
}

/// The draft of an interrupted fetch with so many answers, and what it gave back.
fn resumed(store: &Store, at: i64) -> (Draft, Vec<Answer>) {
    let mut taken = Vec::new();
    let draft = store.resume(NAME, sample::at(at), &mut |answer| {
        taken.push(answer.clone());
    });
    (draft.expect("it can be begun"), taken)
}

fn numbered(number: u32) -> Answer {
    let body = format!("{{\"data\":[{number}],\"next\":\"{}\"}}", "x".repeat(900)).into_bytes();
    Answer {
        number,
        body: Body::Whole(body),
        ..answer()
    }
}

#[test]
fn an_interrupted_fetch_is_gone_on_with_from_its_last_whole_answer() {
    let data = folder();
    let store = Store::new(data.path());
    let (mut draft, taken) = resumed(&store, 0);
    assert!(taken.is_empty());
    let answers: Vec<Answer> = (1..=40).map(numbered).collect();
    for answer in &answers {
        draft.evidence(answer).expect("room on the disk");
    }
    let folder = folders(&store.reviews_folder())
        .expect("a folder")
        .remove(0)
        .1;
    // As `kill -9` leaves it: most answers are on disk before the fetch is over.
    let seen = fs::read(folder.join(names::EVIDENCE)).expect("a file");
    drop(draft);
    let whole = fs::read(folder.join(names::EVIDENCE)).expect("a file");
    assert!(whole.starts_with(&seen) && whole.len() > seen.len());
    let runs = fs::read(folder.join("runs")).expect("a file");
    let (mut most, mut least) = (0, 40);
    let cuts = (0..=whole.len()).rev().step_by(7).chain([seen.len(), 0]);
    for cut in cuts {
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(names::EVIDENCE), &whole[..cut]).expect("a file");
        fs::write(folder.join("runs"), &runs).expect("a file");
        fs::write(folder.join(names::ACCOUNTS), "half").expect("a file");
        let (mut draft, taken) = resumed(&store, 5);
        assert_eq!(taken, answers[..taken.len()], "cut at {cut}");
        assert_eq!(draft.answers() as usize, taken.len());
        let resumed_at: &[Timestamp] = if taken.is_empty() {
            &[]
        } else {
            &[sample::at(5)]
        };
        assert_eq!(draft.resumed(), resumed_at);
        assert_eq!(
            draft.began(),
            sample::at(if taken.is_empty() { 5 } else { 0 })
        );
        // What comes now follows what was there, and all of it is there the next time.
        draft
            .evidence(&numbered(draft.answers() + 1))
            .expect("room on the disk");
        if cut == seen.len() {
            assert!(taken.len() > 20, "{}", taken.len());
        }
        (most, least) = (most.max(taken.len()), least.min(taken.len()));
        let stays = draft.stays();
        drop(draft);
        assert_eq!(folder.exists(), stays);
        if stays && cut % 2 == 0 {
            let (draft, again) = resumed(&store, 9);
            let number = draft.answers();
            let expected = [&answers[..taken.len()], &[numbered(number)]].concat();
            assert_eq!(again, expected);
            assert_eq!(draft.resumed(), [sample::at(5), sample::at(9)]);
        }
    }
    assert_eq!((most, least), (40, 0));
}

#[test]
fn a_resumed_fetch_makes_a_review_that_opens_again() {
    let data = folder();
    let store = Store::new(data.path());
    let (mut draft, _) = resumed(&store, 0);
    for number in 1..=3 {
        draft.evidence(&numbered(number)).expect("room on the disk");
    }
    drop(draft);
    let (mut draft, taken) = resumed(&store, 1);
    assert_eq!(taken.len(), 3);
    draft.evidence(&numbered(4)).expect("room on the disk");
    let snapshot = Arc::new(sample::snapshot());
    let provenance = Provenance {
        began: draft.began(),
        resumed: draft.resumed().to_vec(),
        ..sample::provenance()
    };
    let opened = Arc::clone(&snapshot);
    let review = draft.finish(snapshot, provenance, &|| false, |provenance| {
        sample::entry(1, sample::opened(&opened, provenance))
    });
    drop(review.expect("a whole draft"));
    let again = open(&store).expect("what was written");
    assert_eq!(
        again.campaign().opened().provenance.resumed,
        [sample::at(1)]
    );
    let mut names: Vec<_> = fs::read_dir(again.folder())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "accounts.jsonl",
            "evidence.jsonl.zst",
            "grants.jsonl",
            "journal.jsonl",
            "lock",
            "opened.sums",
            "policy.toml",
            "resources.jsonl"
        ]
    );
    assert!(matches!(
        store.resume(NAME, sample::at(2), &mut |_| {}),
        Err(Error::ReviewExists(_))
    ));
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
        (sample::at(1000), 14, None)
    );
    append(
        &mut review,
        Event::Sealed {
            record: "acme".into(),
            sums: Digest::of(b""),
        },
    );
    let after = summary(&store);
    assert_eq!((after.entries, after.sealed.as_deref()), (15, Some("acme")));
    fs::write(journal_path(&store), "{}\n").expect("a file");
    assert!(store.reviews().expect("a list")[0].summary.is_err());
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
fn what_an_early_opening_left_is_checked_before_anything_is_appended() {
    let data = folder();
    let store = Store::new(data.path());
    drop(begun(&store));
    let path = store
        .review_folder(NAME)
        .expect("a name")
        .join(names::EVIDENCE);
    let whole = fs::read(&path).expect("a file");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&path, &flipped).expect("a file");
    let journal = fs::read(journal_path(&store)).expect("a journal");
    let early = || store.open_early(NAME, sample::at(0));
    let mut review = patiently(early).expect("it can be shown");
    let later = sample::decide(Change::Later, &[2], None, Chosen::Single);
    for _ in 0..2 {
        let error = review
            .append(later.clone(), sample::at(1), &Raw::from("ada"))
            .expect_err("changed");
        assert!(
            matches!(&error, Error::Changed(changed) if *changed == path),
            "{error}"
        );
    }
    assert_eq!(fs::read(journal_path(&store)).expect("a journal"), journal);
    fs::write(&path, &whole).expect("a file");
    review.check_rest().expect("as it was");
    append(&mut review, later);
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

/// A full disk fails the write; a file that cannot be synced fails the sync.
#[cfg(target_os = "linux")]
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
        format!("cannot create {}", file.display())
    );
}

mod journal_file;
mod record;

/// A refresh of the short review, up to where it would take its place; what is carried is one note.
fn refresh(store: &Store, old: &Review) -> Result<Review, Error> {
    let mut draft = store.resume_beside(NAME, sample::at(50_000), &mut |_| {})?;
    draft.evidence(&answer())?;
    let snapshot = Arc::new(sample::snapshot());
    let opened = Arc::clone(&snapshot);
    draft.replace(
        old,
        snapshot,
        sample::provenance(),
        &|| false,
        |provenance| sample::entry(1, sample::opened(&opened, provenance)),
        |mut new| {
            let text = Raw::from("carried");
            let item = crate::domain::items::Item(0);
            new.apply(sample::entry(2, Event::Noted { item, text }))?;
            Ok(new)
        },
    )
}

#[test]
fn a_refresh_takes_the_place_of_the_review_and_keeps_it() {
    let data = folder();
    let store = Store::new(data.path());
    let old = short(&store);
    let before = old.campaign().entries().to_vec();
    let mut new = refresh(&store, &old).expect("room on the disk");
    drop(old);
    // The one that replaced it is held, and takes more.
    assert!(open(&store).expect("a look").held_by().is_some());
    append(
        &mut new,
        sample::decide(Change::Later, &[2], None, Chosen::Single),
    );
    drop(new);
    assert_eq!(
        open(&store)
            .expect("it is there")
            .campaign()
            .entries()
            .len(),
        3
    );
    let place = store.review_folder(NAME).expect("a name");
    assert_eq!(store.reviews().expect("a list").len(), 1);
    // What was there is still a whole review.
    let other = folder();
    let kept = Store::new(other.path());
    fs::create_dir_all(kept.reviews_folder()).expect("a folder");
    fs::rename(
        place.join(EARLIER),
        kept.review_folder(NAME).expect("a name"),
    )
    .expect("a move");
    assert_eq!(
        open(&kept).expect("it is there").campaign().entries(),
        before
    );
}

#[test]
fn a_refresh_that_is_stopped_between_its_steps_leaves_one_whole_review() {
    let data = folder();
    let store = Store::new(data.path());
    let old = short(&store);
    let before = old.campaign().entries().len();
    drop(refresh(&store, &old).expect("room on the disk"));
    drop(old);
    let (place, reviews) = (
        store.review_folder(NAME).expect("a name"),
        store.reviews_folder(),
    );
    let next = reviews.join(format!("{NAME}{REFRESHED}"));

    // As it is when the old one was put away and the new one not yet in its place.
    fs::rename(&place, &next).expect("a move");
    assert!(store.has(NAME));
    assert!(matches!(
        store.draft(NAME, sample::at(0)),
        Err(Error::ReviewExists(_))
    ));
    let names = |store: &Store| -> Vec<String> {
        let listed = store.reviews().expect("a list").into_iter();
        listed.map(|one| one.name).collect()
    };
    assert_eq!(names(&store), [NAME]);
    assert_eq!(
        store.look(NAME).expect("a look").campaign().entries().len(),
        2
    );
    assert!(next.is_dir(), "a look changes nothing");
    assert_eq!(
        open(&store)
            .expect("it is there")
            .campaign()
            .entries()
            .len(),
        2
    );
    assert!(place.is_dir() && !next.exists());

    // As it is when the new one stands beside the old one, which nobody touched yet.
    fs::rename(&place, &next).expect("a move");
    fs::rename(next.join(EARLIER), &place).expect("a move");
    assert_eq!(names(&store), [NAME]);
    let old = open(&store).expect("it is there");
    assert_eq!(old.campaign().entries().len(), before);
    let new = refresh(&store, &old).expect("what was left is removed");
    assert_eq!(new.campaign().entries().len(), 2);
    assert_eq!(folders(&reviews).expect("a folder").len(), 1);
}

#[test]
fn a_review_that_is_held_or_closed_is_not_replaced() {
    let data = folder();
    let store = Store::new(data.path());
    let mut first = attested(&store);
    let second = open(&store).expect("a look");
    assert!(matches!(refresh(&store, &second), Err(Error::Held(_))));
    let looked = store.look(NAME).expect("a look");
    assert!(matches!(refresh(&store, &looked), Err(Error::OnlyLooked)));
    let sums = Digest::of(b"");
    append(
        &mut first,
        Event::Sealed {
            record: "acme".into(),
            sums,
        },
    );
    assert!(matches!(refresh(&store, &first), Err(Error::Refused(_))));
    assert_eq!(folders(&store.reviews_folder()).expect("a folder").len(), 1);
}
