//! Records whose reviewer is the attacker: every value of every file is exchanged for one that a careless reader
//! would stumble over, and everything around it is made to fit and signed.

use std::fmt::Write as _;

use muster::{
    domain::Digest,
    format::record,
    signing::{Signer, key_file},
    verify::{Verdict, verify},
};

use super::{
    files::Files,
    record::time,
    vectors::{signers, stored},
};
use crate::ssh_tools::Keys;

/// How many of the values each place meets, in turn; all places together meet each of them many times.
const STEP: usize = 3;

fn values() -> Vec<String> {
    let deep = |open: &str, close: &str| open.repeat(20_000) + &close.repeat(20_000);
    [
        "0",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
        "1e999",
        "1.0",
        "null",
        "true",
        "\"\"",
        "\"1-4294967295\"",
        "\"4294967295\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"9999-12-31T23:59:59.999Z\"",
        "\"0000-01-01T00:00:00.000Z\"",
        "\"seal\"",
        "\"undo\"",
        "\"attest\"",
        "[]",
        "{}",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!("\"{}\"", "x".repeat(1 << 20)),
    ])
    .collect()
}

/// Where the plain values of members stand in `text`: strings, numbers, words.
fn places(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    for (at, _) in text.match_indices("\":") {
        let start = at + 2;
        let end = match bytes[start] {
            b'[' | b'{' => start + 1,
            b'"' => {
                let mut end = start + 1;
                while bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                end + 1
            }
            _ => start + text[start..].find([',', '}', ']', '\n']).expect("an end"),
        };
        places.push((start, end));
    }
    places
}

/// Gives each line of the journal its place in the chain again, without understanding it.
fn rechain(journal: &str) -> (String, u64, String) {
    let (mut text, mut head, mut count) = (String::new(), "0".repeat(64), 0);
    for line in journal.lines() {
        let body = line.rfind(",\"h\":").map_or(line, |at| &line[..at]);
        let body = match (body.find("\"prev\":\""), body.find("\",\"at\"")) {
            (Some(from), Some(to)) if from < to => {
                format!("{}\"prev\":\"{head}{}", &body[..from], &body[to..])
            }
            _ => body.to_owned(),
        };
        head = Digest::of(format!("{body}}}\n").as_bytes()).to_string();
        writeln!(text, "{body},\"h\":\"{head}\"}}").expect("a string takes any text");
        count += 1;
    }
    (text, count, head)
}

/// Puts the value of a member of `review.json` in place of what is there.
fn member(review: &mut String, name: &str, value: &str) {
    let Some(at) = review.find(&format!("\"{name}\":")) else {
        return;
    };
    let start = at + name.len() + 3;
    let end = start + review[start..].find([',', '\n', '}']).unwrap_or(0);
    review.replace_range(start..end, value);
}

/// Makes everything fit that can be made to fit without understanding it, and signs.
fn fit(files: &mut Files, signer: &dyn Signer) {
    files.recompute_opened_sums();
    let population = Digest::of(files.get(record::OPENED_SUMS)).to_string();
    let old = Digest::of(stored("good").get(record::OPENED_SUMS)).to_string();
    let journal = files.text(record::JOURNAL).replace(&old, &population);
    let (journal, count, head) = rechain(&journal);
    files.set(record::JOURNAL, journal);
    let mut review = files.text(record::REVIEW).replace(&old, &population);
    member(&mut review, "journal_entries", &count.to_string());
    member(&mut review, "journal_head", &format!("\"{head}\""));
    for name in record::LISTED
        .iter()
        .filter(|name| **name != record::REVIEW)
    {
        member(&mut review, name, &files.get(name).len().to_string());
    }
    let policy = Digest::of(files.get(record::POLICY));
    member(&mut review, "sha256", &format!("\"{policy}\""));
    files.set(record::REVIEW, review);
    files.recompute_sums();
    let signature = signer.sign(record::NAMESPACE, files.get(record::SUMS));
    files.set(record::SIGNATURE, signature.expect("a signature"));
}

#[test]
fn a_value_of_any_kind_is_judged_and_never_changes_what_was_decided() {
    let good = stored("good");
    let keys = Keys::new();
    let signer = key_file::load(&keys.path("ed25519"), None).expect("a test key");
    let (list, at) = (signers(), time("2026-10-02T00:00:00Z"));
    let mut fitted = good.clone();
    fit(&mut fitted, &*signer);
    assert_eq!(
        fitted, good,
        "nothing was changed, so nothing is to be made to fit"
    );

    let values = values();
    let (mut turn, mut judged) = (0, 0);
    for name in [
        record::JOURNAL,
        record::REVIEW,
        record::ACCOUNTS,
        record::RESOURCES,
        record::GRANTS,
        record::DECISIONS,
    ] {
        for (start, end) in places(good.text(name)) {
            for _ in 0..STEP {
                turn += 7;
                let mut files = good.clone();
                let mut text = good.text(name).to_owned();
                text.replace_range(start..end, &values[turn % values.len()]);
                files.set(name, text);
                fit(&mut files, &*signer);
                let verdict = verify(&files, Some(&list), at);
                judged += 1;
                if let Verdict::Good { record, .. } = verdict {
                    // A free text or the number of an answer; nothing that was decided.
                    let progress = record.campaign().progress();
                    assert_eq!((progress.revoked, progress.undecided), (2, 2), "{name}");
                }
            }
        }
    }
    assert!(judged > 1_000, "{judged}");
}
