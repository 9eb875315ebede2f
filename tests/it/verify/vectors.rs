//! Stored records, good and bad, each in a folder named for its verdict. No later version may change one, and
//! every later version must judge it the same.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use muster::{
    domain::{
        Digest,
        check::Rule,
        decision::Decision,
        items::{Item, ItemSet},
        journal::Event,
        signal,
        text::Raw,
    },
    format::record::{self, Roots},
    verify::{Stage, Verdict, allowed_signers::AllowedSigners, verify},
};

use super::{
    approval::{self, APPROVER, approve},
    files::{Disk, Files},
    record::{SCOPE, evidence, good, good_scoped, hashes, time},
};
use crate::ssh_tools::{Keys, PRINCIPAL};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

pub(crate) fn stored(name: &str) -> Files {
    Files::read(&folder().join(name))
}

/// The list of signers by which every record is judged.
pub(crate) fn allowed_signers() -> String {
    let keys = Keys::new();
    format!(
        "{PRINCIPAL} {}\n{APPROVER} namespaces=\"muster-approve\" {}\n",
        keys.public("ed25519"),
        keys.public(approval::KEY)
    )
}

pub(crate) fn signers() -> AllowedSigners {
    AllowedSigners::parse(allowed_signers().as_bytes())
}

/// What becomes of a record.
type Expected = Option<(Stage, &'static str, Option<u64>)>;

/// One stored record: its name, how it is made from the good one, and what is wrong with it: stage, file, line.
type Vector = (&'static str, fn(&mut Files), Expected);

/// Makes the review one that was opened on the files as they are, and signs.
fn opened_again(files: &mut Files) {
    files.recompute_opened_sums();
    let population = Digest::of(files.get(record::OPENED_SUMS));
    files.rechain(|entry| {
        if let Event::Opened(opened) = &mut entry.event {
            opened.provenance.population = population;
        }
    });
    files.change_review(|review| review.provenance.population = population);
    files.recompute_review();
    files.resign();
}

fn flip_decision(files: &mut Files) {
    let text = files.text(record::DECISIONS);
    let line = text.lines().nth(8).expect("nine decisions").to_owned();
    assert!(line.contains("\"decision\":\"revoke\""), "{text}");
    let (start, _) = line.split_once(",\"decision\"").expect("a decision");
    let kept = format!("{start},\"decision\":\"keep\",\"entry\":2}}");
    files.replace(record::DECISIONS, &line, &kept);
}

fn drop_grant(files: &mut Files) {
    files.drop_line(record::GRANTS, 12);
    files.drop_line(record::DECISIONS, 12);
    files.change_review(|review| {
        review.progress.items -= 1;
        review.progress.kept -= 1;
    });
}

const VECTORS: &[Vector] = &[
    ("good", |_| {}, None),
    (
        "good-scoped",
        |files| {
            let evidence = fs::read(folder().join("good-scoped").join(record::EVIDENCE));
            let mut scoped = good_scoped(&evidence.unwrap_or_else(|_| hashes()));
            scoped.set(record::README, files.get(record::README));
            scoped.recompute_review();
            scoped.resign();
            *files = scoped;
        },
        None,
    ),
    (
        "good-approved",
        |files| approve(files, approval::KEY, |_| {}),
        None,
    ),
    (
        "bad-approval-by-the-reviewers-key",
        |files| approve(files, "ed25519", |_| {}),
        Some((Stage::Approval, record::APPROVAL, None)),
    ),
    (
        "bad-approval-of-another-record",
        |files| {
            let mut other = good_scoped(&hashes());
            approve(&mut other, approval::KEY, |_| {});
            for name in record::APPROVED {
                files.set(name, other.get(name));
            }
        },
        Some((Stage::Approval, record::APPROVER_SIGNATURE, None)),
    ),
    (
        "bad-approval-unfinished",
        |files| {
            approve(files, approval::KEY, |_| {});
            files.0.remove(record::APPROVER_SIGNATURE);
        },
        Some((Stage::Approval, record::APPROVER_SIGNATURE, None)),
    ),
    (
        "bad-scope-widened-resigned",
        |files| {
            // As if the whole organization had been reviewed, with the few decisions there are.
            *files = good_scoped(files.get(record::EVIDENCE));
            files.rechain(|entry| {
                if let Event::Opened(opened) = &mut entry.event {
                    opened.scope = None;
                }
            });
            files.change_review(|review| review.scope = None);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(3))),
    ),
    (
        "bad-scope-of-nothing-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Opened(opened) = &mut entry.event {
                    opened.scope = Some(Raw::from("team:Nowhere"));
                }
            });
            files.change_review(|review| review.scope = Some(Raw::from("team:Nowhere")));
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(1))),
    ),
    (
        "bad-decision-flipped",
        flip_decision,
        Some((Stage::Sizes, record::DECISIONS, None)),
    ),
    (
        "bad-decision-flipped-sums-recomputed",
        |files| {
            flip_decision(files);
            files.recompute_review();
            files.recompute_sums();
        },
        Some((Stage::Signature, record::SIGNATURE, None)),
    ),
    (
        "bad-decision-flipped-resigned",
        |files| {
            flip_decision(files);
            files.change_review(|review| {
                review.progress.kept += 1;
                review.progress.revoked -= 1;
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(9))),
    ),
    (
        "bad-reason-edited",
        |files| files.replace(record::DECISIONS, "unknown account", "unknown accomnt"),
        Some((Stage::Hashes, record::DECISIONS, None)),
    ),
    (
        "bad-grant-edited",
        |files| {
            let text = files
                .text(record::GRANTS)
                .replacen("\"ev\":5", "\"ev\":6", 1);
            files.set(record::GRANTS, text);
        },
        Some((Stage::Hashes, record::GRANTS, None)),
    ),
    (
        "bad-grant-dropped-resigned",
        |files| {
            drop_grant(files);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Population, record::OPENED_SUMS, Some(3))),
    ),
    (
        "bad-grant-dropped-everywhere-resigned",
        |files| {
            drop_grant(files);
            files.recompute_opened_sums();
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(1))),
    ),
    (
        "bad-signals-miscounted-resigned",
        |files| {
            files.change_review(|review| {
                let privileged = review.signals.iter_mut();
                let mut privileged =
                    privileged.filter(|(rule, _)| *rule == signal::Rule::Privileged);
                privileged.next().expect("a rule").1.yes = 0;
            });
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(19))),
    ),
    (
        "bad-signals-left-out-resigned",
        |files| {
            // A privileged role that was kept, as if nobody had pointed it out.
            files.replace(
                record::DECISIONS,
                "\"entry\":12,\"signals\":[\"privileged\",\"hidden\"]",
                "\"entry\":12,\"signals\":[\"hidden\"]",
            );
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(6))),
    ),
    (
        "bad-policy-exchanged",
        |files| files.replace(record::POLICY, "sign-in-days = 90", "sign-in-days = 99"),
        Some((Stage::Hashes, record::POLICY, None)),
    ),
    (
        "bad-policy-exchanged-resigned",
        |files| {
            files.replace(record::POLICY, "sign-in-days = 90", "sign-in-days = 99");
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Population, record::OPENED_SUMS, Some(4))),
    ),
    (
        "bad-policy-with-an-unknown-key-resigned",
        |files| {
            files.replace(record::POLICY, "sign-in-days", "sign-in-dogs");
            opened_again(files);
        },
        Some((Stage::Policy, record::POLICY, Some(17))),
    ),
    (
        "bad-policy-that-wants-reasons-resigned",
        |files| {
            // Under these rules bob's roles could not have been kept without a reason.
            let all = "schema = \"muster-policy/1\"\n[privileged]\nroles = [\"*\"]\nkeep-needs-reason = true\n";
            files.set(record::POLICY, all);
            opened_again(files);
        },
        Some((Stage::Journal, record::JOURNAL, Some(2))),
    ),
    (
        "bad-decision-dropped-resigned",
        |files| {
            files.drop_line(record::DECISIONS, 12);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(12))),
    ),
    (
        "bad-decision-added-resigned",
        |files| {
            let last = files
                .text(record::DECISIONS)
                .lines()
                .last()
                .expect("a line");
            let text = format!("{}{last}\n", files.text(record::DECISIONS));
            files.set(record::DECISIONS, text);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(13))),
    ),
    (
        "bad-journal-cut-resigned",
        |files| {
            files.drop_line(record::JOURNAL, 15);
            files.rechain(|_| {});
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(14))),
    ),
    (
        "bad-journal-entry-dropped-resigned",
        |files| {
            files.drop_line(record::JOURNAL, 5);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(5))),
    ),
    (
        "bad-journal-head-resigned",
        |files| {
            files.change_review(|review| review.contents.journal_entries += 1);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, None)),
    ),
    (
        "bad-entry-edited-resigned",
        |files| {
            files.replace(record::JOURNAL, "unknown account", "unknown accomnt");
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(11))),
    ),
    (
        "bad-entry-edited-rechained-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Decided(decided) = &mut entry.event
                    && entry.seq == 11
                {
                    decided.reason = Some(Raw::from("another reason"));
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(2))),
    ),
    (
        "bad-revoke-without-reason-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Decided(decided) = &mut entry.event {
                    decided.reason = None;
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(3))),
    ),
    (
        "bad-remains-false-resigned",
        |files| {
            files.rechain(|entry| {
                if entry.seq == 3 {
                    entry.remains = Some(Box::default());
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(3))),
    ),
    (
        "bad-own-access-decided-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Decided(decided) = &mut entry.event
                    && entry.seq == 2
                {
                    // The reviewer's own items are the third and fourth.
                    decided.items = muster::domain::items::ItemSet::range(Item(2), Item(4));
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(2))),
    ),
    (
        "bad-exception-kept-in-bulk-resigned",
        |files| {
            // As if policy had taken nothing out.
            files.rechain(|entry| {
                if let Event::Decided(decided) = &mut entry.event {
                    let left_out = std::mem::take(&mut decided.left_out);
                    decided.items = decided.items.or(&left_out.items());
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(2))),
    ),
    (
        "bad-left-out-by-another-rule-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Decided(decided) = &mut entry.event {
                    let left_out = decided.left_out.items();
                    decided.left_out = [(signal::Rule::External, left_out)].into_iter().collect();
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(2))),
    ),
    (
        "bad-attestation-false-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Attested(attested) = &mut entry.event {
                    "I reviewed everything.".clone_into(&mut attested.statement);
                }
            });
            files.change_review(|review| {
                "I reviewed everything.".clone_into(&mut review.attestation);
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(15))),
    ),
    (
        "bad-counts-attested-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Attested(attested) = &mut entry.event {
                    attested.progress.kept += 1;
                    attested.progress.undecided -= 1;
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(15))),
    ),
    (
        "bad-other-population-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Opened(opened) = &mut entry.event {
                    opened.provenance.population = muster::domain::Digest::of(b"another");
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(1))),
    ),
    (
        "bad-totals-resigned",
        |files| {
            files.change_review(|review| review.progress.kept += 1);
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(11))),
    ),
    (
        "bad-flag-hidden-resigned",
        |files| {
            files.change_review(|review| drop(review.flags.pop()));
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(18))),
    ),
    (
        "bad-waiver-reason-edited-resigned",
        |files| {
            files.change_review(|review| {
                let waiver = review.flags[0].waiver.as_mut().expect("it is waived");
                waiver.reason = Raw::from("Bob decided it meanwhile");
            });
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(18))),
    ),
    (
        "bad-waiver-of-more-resigned",
        |files| {
            // As if the flag had been larger when it was waived, so that it could grow.
            files.rechain(|entry| {
                if let Event::Waived(waived) = &mut entry.event
                    && waived.flag == Rule::Undecided
                {
                    waived.items = ItemSet::range(Item(0), Item(12));
                    waived.count = 12;
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(13))),
    ),
    (
        "bad-flag-open-resigned",
        |files| {
            files.rechain(|entry| {
                if let Event::Waived(waived) = &entry.event
                    && waived.flag == Rule::Undecided
                {
                    entry.event = Event::Noted {
                        item: Item(2),
                        text: waived.reason.clone(),
                    };
                }
            });
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(15))),
    ),
    (
        "bad-gap-hidden-resigned",
        |files| {
            files.change_review(|review| review.provenance.gaps.clear());
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(12))),
    ),
    (
        "bad-rights-embellished-resigned",
        |files| {
            files.change_review(|review| {
                for right in &mut review.provenance.rights {
                    right.holding = muster::domain::rights::Holding::Shown;
                }
            });
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(15))),
    ),
    (
        "bad-refresh-claimed-resigned",
        |files| {
            files.change_review(|review| {
                review.previous_journal = Some(muster::domain::journal::Previous {
                    head: muster::domain::Digest::of(b"another"),
                    entries: 7,
                    as_of: review.provenance.began,
                });
            });
            files.resign();
        },
        Some((Stage::Totals, record::REVIEW, Some(28))),
    ),
    (
        "bad-merkle-root-resigned",
        |files| {
            files.change_review(|review| {
                review.contents.merkle_root = muster::domain::Digest::of(b"another");
            });
            files.resign();
        },
        Some((Stage::Merkle, record::REVIEW, None)),
    ),
    (
        "bad-roots-of-other-accounts-resigned",
        |files| {
            let mut roots = Roots::parse(files.get(record::ROOTS)).expect("the roots");
            roots.trunks[1].root = muster::domain::Digest::of(b"another");
            files.set(record::ROOTS, roots.print());
            files.resign();
        },
        Some((Stage::Merkle, record::ROOTS, None)),
    ),
    (
        "bad-extra-file",
        |files| files.set("run-me.sh", "#!/bin/sh\n"),
        Some((Stage::Files, "run-me.sh", None)),
    ),
    (
        "bad-file-missing",
        |files| {
            files.0.remove(record::EVIDENCE);
        },
        Some((Stage::Files, record::EVIDENCE, None)),
    ),
    (
        "bad-dotdot-in-sums",
        |files| {
            files.replace(record::SUMS, "  accounts.jsonl", "  ../accounts.jsonl");
            files.sign("ed25519", record::NAMESPACE);
        },
        Some((Stage::Sums, record::SUMS, Some(2))),
    ),
    (
        "bad-file-left-out-of-sums-resigned",
        |files| {
            files.drop_line(record::SUMS, 3);
            files.sign("ed25519", record::NAMESPACE);
        },
        Some((Stage::Sums, record::SUMS, Some(11))),
    ),
    (
        "bad-other-namespace",
        |files| files.sign("ed25519", "muster-approve"),
        Some((Stage::Signature, record::SIGNATURE, None)),
    ),
    (
        "bad-swapped-key",
        |files| files.sign("ed25519-other", record::NAMESPACE),
        Some((Stage::Review, record::REVIEW, None)),
    ),
    (
        "bad-signer-not-in-list",
        |files| {
            let keys = Keys::new();
            let other = muster::signing::key_file::load(&keys.path("ed25519-other"), None);
            let fingerprint = other.expect("a test key").public().fingerprint.clone();
            files.change_review(|review| review.reviewer.key_fingerprint = fingerprint);
            files.recompute_sums();
            files.sign("ed25519-other", record::NAMESPACE);
        },
        Some((Stage::Signer, record::SIGNATURE, None)),
    ),
    (
        "bad-empty-signature",
        |files| files.set(record::SIGNATURE, ""),
        Some((Stage::Signature, record::SIGNATURE, None)),
    ),
    (
        "bad-duplicate-key-resigned",
        |files| {
            let twice = "\"record_id\":\"x\",\n\"record_id\":";
            files.replace(record::REVIEW, "\"record_id\":", twice);
            files.resign();
        },
        Some((Stage::Review, record::REVIEW, Some(1))),
    ),
    (
        "bad-duplicate-key-in-decision-resigned",
        |files| {
            let text = files.text(record::DECISIONS).replacen(
                ",\"decision\":",
                ",\"decision\":\"revoke\",\"decision\":",
                1,
            );
            files.set(record::DECISIONS, text);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Decisions, record::DECISIONS, Some(1))),
    ),
    (
        "bad-journal-reordered-resigned",
        |files| {
            let text = files.text(record::JOURNAL).to_owned();
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            lines.swap(2, 3);
            files.set(record::JOURNAL, lines.concat());
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(3))),
    ),
    (
        "bad-evidence-replaced",
        |files| {
            let stored = fs::read(folder().join("good-scoped").join(record::EVIDENCE));
            files.set(record::EVIDENCE, stored.unwrap_or_else(|_| hashes()));
        },
        Some((Stage::Sizes, record::EVIDENCE, None)),
    ),
    (
        "bad-evidence-replaced-resigned",
        |files| {
            let stored = fs::read(folder().join("good-scoped").join(record::EVIDENCE));
            files.set(record::EVIDENCE, stored.unwrap_or_else(|_| hashes()));
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Population, record::OPENED_SUMS, Some(2))),
    ),
    (
        "bad-parts-of-two-records",
        |files| {
            let other = good_scoped(files.get(record::EVIDENCE));
            files.set(record::JOURNAL, other.get(record::JOURNAL));
        },
        Some((Stage::Sizes, record::JOURNAL, None)),
    ),
    (
        "bad-parts-of-two-records-resigned",
        |files| {
            let other = good_scoped(files.get(record::EVIDENCE));
            files.set(record::JOURNAL, other.get(record::JOURNAL));
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, None)),
    ),
    (
        "bad-nested-too-deep-resigned",
        |files| {
            let deep = format!("{{\"seq\":{}{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
            let text = files.text(record::JOURNAL).to_owned();
            let first = text.split_inclusive('\n').next().expect("an entry");
            files.set(record::JOURNAL, format!("{first}{deep}"));
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Journal, record::JOURNAL, Some(2))),
    ),
    (
        "bad-file-cut-resigned",
        |files| {
            let grants = files.text(record::GRANTS);
            let third = grants.match_indices('\n').nth(2).expect("more lines").0;
            let cut = grants[..third + 20].to_owned();
            files.set(record::GRANTS, cut);
            files.recompute_review();
            files.resign();
        },
        Some((Stage::Population, record::OPENED_SUMS, Some(3))),
    ),
    (
        "bad-crlf",
        |files| {
            for (name, bytes) in &mut files.0 {
                if name != record::EVIDENCE {
                    let text = String::from_utf8(bytes.clone()).expect("text");
                    *bytes = text.replace('\n', "\r\n").into_bytes();
                }
            }
        },
        Some((Stage::Signature, record::SIGNATURE, None)),
    ),
];

/// Checks a verdict; `None` is good by a known signer.
fn check(name: &str, verdict: &Verdict, expected: Expected) {
    match (verdict, expected) {
        (Verdict::Good { signer, .. }, None) => {
            assert_eq!(*signer, muster::verify::Signer::Known { line: 1 }, "{name}");
        }
        (Verdict::Bad(bad), Some((stage, file, line))) => {
            assert_eq!(
                (bad.stage, bad.file.as_deref(), bad.line),
                (stage, Some(file), line),
                "{name}: {bad}"
            );
            assert_eq!(verdict.exit_code(), 1);
        }
        (verdict, expected) => panic!("{name}: {verdict}, not {expected:?}"),
    }
}

#[test]
fn every_stored_record_gets_the_verdict_it_is_named_for() {
    let known: BTreeMap<&str, Expected> = VECTORS
        .iter()
        .map(|(name, _, expected)| (*name, *expected))
        .collect();
    let mut seen = 0;
    for entry in fs::read_dir(folder()).expect("the stored records") {
        let entry = entry.expect("a stored record");
        if !entry.metadata().expect("a stored record").is_dir() {
            continue;
        }
        let name = entry.file_name().into_string().expect("a plain name");
        let expected = known.get(&*name).expect("a verdict for each stored record");
        let at = time("2026-10-02T00:00:00Z");
        let verdict = verify(&Disk(entry.path()), Some(&signers()), at);
        check(&name, &verdict, *expected);
        assert_eq!(name.starts_with("good"), expected.is_none(), "{name}");
        seen += 1;
    }
    assert_eq!(seen, VECTORS.len());
}

/// Run with `UPDATE_VECTORS=1` to store them, which is right only for a version that was never released.
#[test]
fn the_stored_records_are_the_ones_this_version_writes() {
    let write = std::env::var_os("UPDATE_VECTORS").is_some();
    // Another version of the compressor writes other bytes, and instructions may be worded better one day.
    let kept = |name: &str| fs::read(folder().join("good").join(name)).ok();
    let mut good = good(&kept(record::EVIDENCE).unwrap_or_else(evidence));
    if let Some(readme) = kept(record::README).filter(|_| !write) {
        good.set(record::README, readme);
        good.recompute_review();
        good.resign();
    }
    for (name, make, _) in VECTORS {
        let mut files = good.clone();
        make(&mut files);
        if write {
            let _ = fs::remove_dir_all(folder().join(name));
            files.write(&folder().join(name));
        }
        let stored = stored(name);
        for (file, bytes) in &files.0 {
            let stored = stored
                .0
                .get(file)
                .map(|bytes| String::from_utf8_lossy(bytes));
            assert_eq!(
                stored.as_deref(),
                Some(&*String::from_utf8_lossy(bytes)),
                "{name}/{file}"
            );
        }
        assert_eq!(stored.0.len(), files.0.len(), "{name}");
    }
}

#[test]
fn the_good_record_says_what_was_decided() {
    let verdict = verify(&stored("good"), None, time("2026-10-02T00:00:00Z"));
    let text = verdict.to_string();
    assert_eq!(
        text,
        "good, signer unknown: no list of allowed signers was given"
    );
    assert_eq!(verdict.exit_code(), 0);
    let Verdict::Good { record, signer } = verdict else {
        panic!("{text}");
    };
    assert_eq!(signer, muster::verify::Signer::Unknown);
    assert_eq!(record.review().reviewer.principal.raw(), PRINCIPAL);
    assert_eq!(record.key().key_type, "ssh-ed25519");
    let progress = record.campaign().progress();
    assert_eq!(
        (progress.items, progress.revoked, progress.undecided),
        (12, 2, 2)
    );
    let facts: Vec<String> = record
        .facts()
        .iter()
        .map(|(label, text)| format!("{label}: {text}"))
        .collect();
    insta::assert_snapshot!(facts.join("\n"));
    let decided = record.campaign().slot(Item(0)).decision;
    assert_eq!(decided, Some(Decision::Acknowledge));
}

#[test]
fn the_scoped_record_says_what_was_not_put_up_for_decision() {
    let files = stored("good-scoped");
    let verdict = verify(&files, Some(&signers()), time("2026-10-02T00:00:00Z"));
    let Verdict::Good { record, .. } = verdict else {
        panic!("{verdict}");
    };
    let review = record.review();
    assert_eq!(review.scope.as_ref().map(Raw::raw), Some(SCOPE));
    let progress = record.campaign().progress();
    assert_eq!(
        (progress.items, progress.kept, progress.undecided),
        (7, 3, 4)
    );
    assert_eq!(review.out_of_scope, 5);
    let decisions = files.text(record::DECISIONS);
    let count = |word: &str| {
        let word = format!("\"decision\":\"{word}\",\"entry\":");
        decisions.matches(&word).count()
    };
    assert_eq!(
        (count("keep"), count("undecided"), count("out-of-scope")),
        (3, 4, 5),
        "{decisions}"
    );
    assert!(
        files
            .text(record::REVIEW)
            .contains("\"completeness\":\"scoped\"")
    );
    let facts = record.facts();
    let told = |label: &str| {
        let fact = facts.iter().find(|(known, _)| *known == label);
        fact.map(|(_, text)| text.to_string()).expect(label)
    };
    assert_eq!(
        told("completeness"),
        "scoped: only team:\"Payments\" state:active is reviewed, 5 items are outside; everything that was asked for \
         was read"
    );
    assert_eq!(
        told("evidence"),
        "the digests of the raw answers are kept, not the answers"
    );
}
