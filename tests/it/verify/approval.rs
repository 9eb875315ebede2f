//! Approvals of the small record, good and forged.

use muster::{
    domain::{Digest, provenance::Reader, text::Raw},
    format::{
        approval::{Approval, Approver, Grants, Reread},
        record::{self, NAMESPACE, NAMESPACE_APPROVE, Review, Tool},
    },
    signing::key_file,
    verify::{Signer, Stage, Verdict, allowed_signers::AllowedSigners, verify},
};

use super::{
    files::Files,
    record::time,
    vectors::{signers, stored},
};
use crate::ssh_tools::{Keys, PRINCIPAL};

/// Whose approval is good.
pub(crate) const APPROVER: &str = "ben@example.org";
/// Their key.
pub(crate) const KEY: &str = "ed25519-other";

/// What the approver of `files` says.
fn approval(files: &Files, key: &str) -> Approval {
    let review = Review::parse(files.get(record::REVIEW)).expect("a review");
    let signer = key_file::load(&Keys::new().path(key), None).expect("a test key");
    Approval {
        record_id: review.record_id,
        sums: Digest::of(files.get(record::SUMS)),
        approver: Approver {
            principal: Raw::from(APPROVER),
            key_fingerprint: signer.public().fingerprint.clone(),
            key_type: signer.public().key_type.clone(),
        },
        approved_at: time("2026-10-01T10:00:00Z"),
        tool: Tool {
            name: "muster".to_owned(),
            version: "0.1.0".to_owned(),
        },
        reviewer_known: true,
        statement: Raw::from("I, ben@example.org, approve it"),
        reread: Some(Reread {
            since: review.provenance.ended,
            began: time("2026-10-01T09:58:00Z"),
            ended: time("2026-10-01T09:59:00Z"),
            reader: Reader::Account(muster::domain::account::AccountId("2bob".into())),
            requests: 12,
            gaps: Vec::new(),
            grants: Grants {
                before: 12,
                now: 12,
                unchanged: 12,
            },
            differences: Vec::new(),
        }),
    }
}

/// Approves the record in `files` with `key`, after `change`.
pub(crate) fn approve(files: &mut Files, key: &str, change: impl FnOnce(&mut Approval)) {
    let mut approval = approval(files, key);
    change(&mut approval);
    let text = approval.print();
    let signature = sign(key, NAMESPACE_APPROVE, files.get(record::SUMS));
    files.set(record::APPROVER_SIGNATURE, signature);
    files.set(
        record::APPROVAL_SIGNATURE,
        sign(key, NAMESPACE_APPROVE, text.as_bytes()),
    );
    files.set(record::APPROVAL, text);
}

fn sign(key: &str, namespace: &str, message: &[u8]) -> String {
    let signer = key_file::load(&Keys::new().path(key), None).expect("a test key");
    signer.sign(namespace, message).expect("a signature")
}

fn judge(files: &Files) -> Verdict {
    verify(files, Some(&signers()), time("2026-10-02T00:00:00Z"))
}

fn approved() -> Files {
    let mut files = stored("good");
    approve(&mut files, KEY, |_| {});
    files
}

#[test]
fn an_approval_is_known_unknown_or_bad_beside_a_good_record() {
    let files = approved();
    let Verdict::Good { record, .. } = judge(&files) else {
        panic!("{}", judge(&files));
    };
    let found = record.approved().expect("it is approved");
    assert_eq!(found.approver(), Signer::Known { line: 2 });
    let verdict = verify(&files, None, time("2026-10-02T00:00:00Z"));
    assert_eq!(
        verdict.to_string(),
        "good, signer unknown: no list of allowed signers was given; approved by ben@example.org, whom no list names"
    );
    let only = format!("{PRINCIPAL} {}\n", Keys::new().public("ed25519"));
    let only = AllowedSigners::parse(only.as_bytes());
    let verdict = verify(&files, Some(&only), time("2026-10-02T00:00:00Z"));
    assert!(
        matches!(&verdict, Verdict::Bad(bad) if bad.stage == Stage::Approval),
        "{verdict}"
    );
}

#[test]
fn a_key_of_the_approver_that_was_replaced_leaves_the_question_open() {
    let keys = Keys::new();
    let list = format!(
        "{PRINCIPAL} {}\n{APPROVER} valid-before=\"20261001115959Z\" {}\n",
        keys.public("ed25519"),
        keys.public(KEY)
    );
    let list = AllowedSigners::parse(list.as_bytes());
    let verdict = verify(&approved(), Some(&list), time("2026-10-02T00:00:00Z"));
    assert_eq!(verdict.exit_code(), 2, "{verdict}");
    assert!(verdict.to_string().contains("it was approved"), "{verdict}");
    // A record that is bad stays bad.
    let mut files = approved();
    files.set(record::APPROVAL_SIGNATURE, "");
    let verdict = verify(&files, Some(&list), time("2026-10-02T00:00:00Z"));
    assert_eq!(verdict.exit_code(), 1, "{verdict}");
}

#[test]
fn no_forged_approval_passes() {
    type Forgery = (&'static str, &'static str, fn(&mut Files));
    let forgeries: &[Forgery] = &[
        ("reviewer's own key approved", record::APPROVAL, |files| {
            approve(files, "ed25519", |_| {});
        }),
        ("approved their own review", record::APPROVAL, |files| {
            approve(files, KEY, |it| {
                it.approver.principal = Raw::from(PRINCIPAL.to_uppercase());
            });
        }),
        ("about another record", record::APPROVAL, |files| {
            approve(files, KEY, |it| it.sums = Digest::of(b"another"));
        }),
        ("about another record", record::APPROVAL, |files| {
            approve(files, KEY, |it| it.record_id = "another".to_owned());
        }),
        ("names another key", record::APPROVAL, |files| {
            approve(files, KEY, |it| it.approver.key_fingerprint.push('x'));
        }),
        ("another snapshot", record::APPROVAL, |files| {
            approve(files, KEY, |it| {
                let reread = it.reread.as_mut().expect("it is there");
                reread.since = reread.began;
            });
        }),
        ("reviewer's own token", record::APPROVAL, |files| {
            approve(files, KEY, |it| {
                let own = muster::domain::account::AccountId("1anna".into());
                it.reread.as_mut().expect("it is there").reader = Reader::Account(own);
            });
        }),
        ("no line of the list", record::APPROVER_SIGNATURE, |files| {
            approve(files, KEY, |it| it.approver.principal = Raw::from("eve"));
        }),
        ("another key made it", record::APPROVAL_SIGNATURE, |files| {
            approve(files, KEY, |_| {});
            let signature = sign("ed25519", NAMESPACE_APPROVE, files.get(record::APPROVAL));
            files.set(record::APPROVAL_SIGNATURE, signature);
        }),
        ("another purpose", record::APPROVER_SIGNATURE, |files| {
            approve(files, KEY, |_| {});
            let signature = sign(KEY, NAMESPACE, files.get(record::SUMS));
            files.set(record::APPROVER_SIGNATURE, signature);
        }),
        ("does not fit", record::APPROVER_SIGNATURE, |files| {
            approve(files, KEY, |_| {});
            let signature = sign(KEY, NAMESPACE_APPROVE, b"other sums");
            files.set(record::APPROVER_SIGNATURE, signature);
        }),
        ("muster writes it", record::APPROVAL, |files| {
            approve(files, KEY, |_| {});
            let text = files.text(record::APPROVAL).replace("\":", "\": ");
            let signature = sign(KEY, NAMESPACE_APPROVE, text.as_bytes());
            files.set(record::APPROVAL_SIGNATURE, signature);
            files.set(record::APPROVAL, text);
        }),
        ("it is missing", record::APPROVER_SIGNATURE, |files| {
            approve(files, KEY, |_| {});
            files.0.remove(record::APPROVER_SIGNATURE);
        }),
        ("it is missing", record::APPROVAL, |files| {
            approve(files, KEY, |_| {});
            files.0.remove(record::APPROVAL);
        }),
        ("it is missing", record::APPROVAL_SIGNATURE, |files| {
            approve(files, KEY, |_| {});
            files.0.remove(record::APPROVAL_SIGNATURE);
        }),
    ];
    for (why, file, forge) in forgeries {
        let mut files = stored("good");
        forge(&mut files);
        match judge(&files) {
            Verdict::Bad(bad) => {
                assert_eq!(bad.stage, Stage::Approval, "{bad}");
                assert_eq!(bad.file.as_deref(), Some(*file), "{bad}");
                assert!(bad.reason.contains(why), "{why}: {bad}");
            }
            verdict => panic!("{why}: {verdict}"),
        }
    }
}

#[test]
fn an_approval_of_a_newer_version_leaves_the_question_open() {
    let mut files = approved();
    let text = files
        .text(record::APPROVAL)
        .replace("muster-approval/1", "muster-approval/2");
    files.set(
        record::APPROVAL_SIGNATURE,
        sign(KEY, NAMESPACE_APPROVE, text.as_bytes()),
    );
    files.set(record::APPROVAL, text);
    let verdict = judge(&files);
    assert_eq!(verdict.exit_code(), 2, "{verdict}");
}

#[test]
fn a_flipped_bit_in_any_byte_of_an_approval_is_noticed() {
    let (good, signers, at) = (approved(), signers(), time("2026-10-02T00:00:00Z"));
    for name in record::APPROVED {
        let mut files = good.clone();
        let mut bytes = good.get(name).to_vec();
        for byte in 0..bytes.len() {
            bytes[byte] ^= 1 << (byte % 8);
            files.set(name, bytes.clone());
            let verdict = verify(&files, Some(&signers), at);
            assert_ne!(verdict.exit_code(), 0, "byte {byte} of {name}: {verdict}");
            bytes[byte] ^= 1 << (byte % 8);
        }
    }
}
