//! From an opened review to a record on disk to a verdict, with the parts that the program uses.

use std::sync::Arc;

use muster::{
    domain::{
        Digest,
        campaign::Campaign,
        check::check,
        journal::{Attested, Entry, Event},
        seal,
        text::Raw,
    },
    format::record::{self, Seal, Tool},
    signing::{NAMESPACE_REVIEW, Signer, agent::Agent, key_file},
    store::Store,
    verify::{Verdict, allowed_signers::AllowedSigners, verify},
};
use tempfile::TempDir;

use super::{
    files::Disk,
    record::{answers, events, policy, provenance, snapshot, time},
};
use crate::ssh_tools::{Keys, PRINCIPAL, RunningAgent, have};

/// Reviews the small organization and seals it with `signer`; the answer is the record's folder.
fn review(data: &TempDir, signer: &dyn Signer) -> (Disk, Campaign) {
    let now = time("2026-10-01T08:10:00Z");
    let by = Raw::from("anna");
    let snapshot = Arc::new(snapshot());
    let store = Store::new(data.path());
    let mut draft = store.draft("q4", now).expect("a draft");
    draft.set_policy(policy());
    for answer in answers() {
        draft.evidence(&answer).expect("it is kept");
    }
    let mut rest = events(Digest::of(b""), &snapshot).into_iter();
    let Some(Event::Opened(mut opened)) = rest.next() else {
        panic!("a review is opened first");
    };
    let first = |provenance| {
        opened.provenance = provenance;
        Entry {
            seq: 1,
            at: now,
            by: by.clone(),
            remains: None,
            event: Event::Opened(opened),
        }
    };
    let mut review = draft
        .finish(snapshot, provenance(Digest::of(b"")), &|| false, first)
        .expect("a review");
    for event in rest {
        review.append(event, now, &by).expect("it may happen");
    }
    for flag in check(review.campaign(), now)
        .iter()
        .filter(|flag| flag.stops())
    {
        let event = flag.waive(Raw::from("my own access is for Bob to review"));
        review.append(event, now, &by).expect("it is there");
    }
    let flags = check(review.campaign(), now);
    let attested = Attested {
        statement: seal::statement(review.campaign(), PRINCIPAL, &flags),
        principal: Raw::from(PRINCIPAL),
        progress: review.campaign().progress(),
    };
    let event = Event::Attested(Box::new(attested));
    review.append(event, now, &by).expect("it may happen");
    let seal = Seal {
        record_id: "019a0000-0000-7000-8000-000000000002".to_owned(),
        sealed_at: now,
        key_fingerprint: signer.public().fingerprint.clone(),
        key_type: signer.public().key_type.clone(),
        tool: Tool {
            name: "muster".to_owned(),
            version: "0.1.0".to_owned(),
        },
        salts: muster::format::merkle::Salts(Digest::of(b"salt")),
    };
    let written = review
        .write_record("acme-2026-q4", None, seal, &mut |sums| {
            signer.sign(NAMESPACE_REVIEW, sums)
        })
        .expect("a record");
    (Disk(written.path), review.campaign().clone())
}

fn good(folder: &Disk, campaign: &Campaign, list: &str) {
    let list = AllowedSigners::parse(list.as_bytes());
    let verdict = verify(folder, Some(&list), time("2026-10-02T00:00:00Z"));
    let text = verdict.to_string();
    let Verdict::Good { record, .. } = verdict else {
        panic!("{text}");
    };
    assert_eq!(record.campaign().entries(), campaign.entries());
    assert_eq!(record.campaign().progress(), campaign.progress());
}

#[test]
fn a_record_sealed_with_a_key_file_is_good() {
    let (data, keys) = (TempDir::new().expect("a folder"), Keys::new());
    let signer = key_file::load(&keys.path("ed25519"), None).expect("the test key");
    let (record, campaign) = review(&data, &*signer);
    let list = format!("{PRINCIPAL} {}\n", keys.public("ed25519"));
    good(&record, &campaign, &list);
}

#[test]
fn a_record_sealed_with_a_certificate_in_ssh_agent_is_good() {
    if !have("ssh-agent") || !have("ssh-add") {
        return;
    }
    let (data, keys) = (TempDir::new().expect("a folder"), Keys::new());
    let agent = RunningAgent::start();
    agent.add(&keys.path("ed25519"));
    let identities = Agent::connect(&agent.socket()).and_then(|agent| agent.identities());
    let certificate = identities
        .expect("the agent answers")
        .into_iter()
        .find(|identity| identity.public().key_type.contains("cert"))
        .expect("the certificate was added with the key");
    let (record, campaign) = review(&data, &*certificate.signer());
    let list = format!("* cert-authority {}\n", keys.public("authority"));
    good(&record, &campaign, &list);
}

#[test]
fn a_record_is_bad_once_a_file_of_it_is_touched() {
    let (data, keys) = (TempDir::new().expect("a folder"), Keys::new());
    let signer = key_file::load(&keys.path("ed25519"), None).expect("the test key");
    let (folder, _) = review(&data, &*signer);
    let path = folder.0.join(record::DECISIONS);
    let text = std::fs::read_to_string(&path).expect("the decisions");
    std::fs::write(&path, text.replacen("keep", "Keep", 1)).expect("a change");
    let verdict = verify(&folder, None, time("2026-10-02T00:00:00Z"));
    assert_eq!(verdict.exit_code(), 1, "{verdict}");
}
