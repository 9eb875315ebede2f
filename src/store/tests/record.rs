use super::*;

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
        written.review.contents.journal_entries, 14,
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
        skipped(tool);
        return;
    }
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
    let body = shell("zstd -dc evidence.jsonl.zst | sed -n 1p | jq -j .body | sha256sum");
    assert!(
        body.starts_with(&answer().body.digest().to_string()),
        "{body}"
    );
}

fn skipped(tool: &str) {
    use std::io::Write as _;
    // Written past what the test harness holds back, so that it is seen.
    let _ = writeln!(std::io::stderr(), "skipped: needs {tool}");
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
    let mut salts = (1..).map(|n| written.review.salts.of(format::merkle::Of::Items, n));
    while let Some(grant) = grants.next().expect("whole") {
        let decision = decisions.next().expect("whole").expect("as many lines");
        let salt = salts.next().expect("numbers do not end");
        tree.push(format::merkle::leaf(salt, &[grant, decision]));
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
    let inside = theirs.join(names::README);
    fs::create_dir(&inside).expect("a folder");
    fs::rename(theirs.join("thesis.txt"), inside.join("thesis.txt")).expect("a rename");
    let error = review
        .write_record("acme", Some(&out), seal(), &mut signed)
        .expect_err("in the way");
    assert!(matches!(error, Error::InTheWay(_)), "{error}");
    assert!(inside.join("thesis.txt").exists());
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
fn a_record_stays_what_it_is_when_the_review_is_written_over() {
    let data = folder();
    let store = Store::new(data.path());
    let review = attested(&store);
    let written = review
        .write_record("acme", None, seal(), &mut signed)
        .expect("a record");
    for name in names::POPULATION.iter().chain([&names::OPENED_SUMS]) {
        let before = fs::read(written.path.join(name)).expect(name);
        // Not a new file in place of the old one: the bytes of the review's own file.
        fs::write(review.folder().join(name), "other").expect(name);
        assert_eq!(fs::read(written.path.join(name)).expect(name), before);
    }
}

#[test]
fn a_record_can_be_written_to_another_file_system() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        skipped("/dev/shm");
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
