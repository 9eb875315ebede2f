//! Bad input and bad luck: a clear message with a next step, nothing lost.

use std::{fs, io::Write as _, net::TcpListener, path::Path};

use muster::domain::Digest;

use crate::program::{Home, Serving};

#[track_caller]
fn fails(home: &Home, arguments: &[&str], input: &str, parts: &[&str]) {
    let ended = home.run_with(arguments, input);
    assert_eq!(
        ended.code,
        Some(2),
        "{arguments:?}: {} {}",
        ended.out,
        ended.err
    );
    for part in parts.iter().chain(&["error: ", "hint: "]) {
        assert!(
            ended.err.contains(part),
            "{arguments:?} lacks {part:?}: {}",
            ended.err
        );
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn an_address_that_is_no_space_is_named_with_a_next_step() {
    let home = Home::new();
    let serving = Serving::start(&home, "s");
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let prefixed = format!("{}/wrong/prefix", serving.url);
    for (url, token, parts) in [
        (closed.as_str(), "t", &["cannot be reached"][..]),
        (serving.url.as_str(), "wrong", &["refused the token"]),
        (
            prefixed.as_str(),
            serving.token.as_str(),
            &["/wrong/prefix"],
        ),
        ("ftp://example.com", "t", &["ftp"]),
        ("http://example.com", "t", &["https"]),
        (serving.url.as_str(), "", &["token"]),
    ] {
        fails(
            &home,
            &["snapshot", "q4", "--org", url, "--token-stdin"],
            token,
            parts,
        );
    }
    assert!(
        home.run(&[]).good().out.contains("No reviews yet"),
        "a failed snapshot leaves nothing behind"
    );
}

#[test]
fn a_review_that_is_not_there_or_badly_named_is_said_so() {
    let home = Home::new();
    fails(&home, &["status", "nope"], "", &["nope"]);
    fails(&home, &["status", "../etc"], "", &["../etc"]);
    fails(&home, &["verify", "nowhere"], "", &["nowhere"]);
    fails(
        &home,
        &[
            "snapshot",
            "a/b",
            "--org",
            "http://127.0.0.1:9",
            "--token-stdin",
        ],
        "t",
        &["a/b"],
    );
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    fails(
        &home,
        &["decide", "q4", "--where", "is:kepd", "--keep"],
        "",
        &["is:kepd", "column 4"],
    );
    let serving = Serving::start(&home, "s");
    let twice = serving.snapshot(&home, "q4");
    // Somebody who reads again into an open review is shown what changed, and nothing else happens.
    assert_eq!(twice.code, Some(1));
    assert_eq!(twice.json()["refreshed"], false);
}

fn journal(home: &Home) -> std::path::PathBuf {
    home.data().join("reviews").join("q4").join("journal.jsonl")
}

fn with(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("it is there");
    change(&mut bytes);
    fs::write(path, bytes).expect("it is ours");
}

#[test]
fn a_torn_journal_is_mended_and_said_and_a_damaged_one_is_refused() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    home.run(&["decide", "q4", "--where", "is:lead", "--keep"])
        .good();
    home.run(&[
        "decide", "q4", "--where", "is:left", "--revoke", "--reason", "left",
    ])
    .good();
    let kept = home.run(&["status", "q4", "--json"]).good().json()["kept"].clone();

    with(&journal(&home), |bytes| bytes.truncate(bytes.len() - 7));
    let ended = home
        .run(&["decide", "q4", "--where", "is:suspended", "--later"])
        .good();
    assert!(ended.err.contains("note:"), "{}", ended.err);
    let status = home.run(&["status", "q4", "--json"]).good().json();
    assert_eq!(
        (&status["kept"], status["revoked"].as_u64()),
        (&kept, Some(0)),
        "what was whole is kept"
    );

    let whole = fs::read(journal(&home)).expect("it is there");
    with(&journal(&home), |bytes| {
        let middle = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("two lines")
            + 40;
        bytes[middle] ^= 1;
    });
    fails(&home, &["status", "q4"], "", &["journal.jsonl", "line 2"]);
    fs::write(journal(&home), &whole).expect("it is ours");
    home.run(&["status", "q4"]).good();

    let grants = home.data().join("reviews").join("q4").join("grants.jsonl");
    with(&grants, |bytes| bytes[10] ^= 1);
    fails(&home, &["status", "q4"], "", &["grants.jsonl"]);
}

#[test]
fn a_review_of_a_newer_version_says_so() {
    let home = Home::new();
    Serving::start(&home, "s").snapshot(&home, "q4").good();
    let path = journal(&home);
    let text = fs::read_to_string(&path).expect("it is there");
    // As a newer version would write it: with a digest that fits.
    let body = text
        .lines()
        .next()
        .expect("an entry")
        .replacen("\"schema\":1", "\"schema\":2", 1);
    let body = format!("{}}}\n", body.split_once(",\"h\":").expect("a digest").0);
    let line = body.replace(
        "}\n",
        &format!(",\"h\":\"{}\"}}\n", Digest::of(body.as_bytes())),
    );
    fs::write(&path, line).expect("it is ours");
    fails(&home, &["status", "q4"], "", &["newer version"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let home = Home::new();
    let file = home.path().join("in-the-way");
    fs::File::create(&file)
        .expect("ours")
        .write_all(b"x")
        .expect("ours");
    let path = file.display().to_string();
    let serving = Serving::start(&home, "s");
    let arguments = [
        "--data-dir",
        &path,
        "snapshot",
        "q4",
        "--org",
        &serving.url,
        "--token-stdin",
    ];
    fails(&home, &arguments, &serving.token, &["in-the-way"]);
}
