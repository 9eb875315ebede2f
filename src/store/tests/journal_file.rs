use super::*;

/// How many line feeds there are.
fn ends(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
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
        let kept = ends(&whole[..cut]);
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
        said.contains("18 bytes were removed") && said.contains("the 14 entries"),
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
        (None, 15)
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
    let lines = ends(&whole);
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
                let line = ends(&whole[..at]) + 1;
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
