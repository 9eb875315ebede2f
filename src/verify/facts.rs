//! What a verified record says, as lines for people.

use super::{Signer, VerifiedRecord, approval::Approved, signature::SigningKey};
use crate::domain::{
    account::AccountId,
    campaign::Campaign,
    check::Flag,
    earlier, origin,
    provenance::{Endpoint, Reader},
    rights,
    text::SafeText,
    time::Timestamp,
};

fn doubts(campaign: &Campaign, sealed_at: Timestamp) -> Vec<(&'static str, String)> {
    let opened = campaign.opened();
    let mut doubts = Vec::new();
    let id = |account: &AccountId| account.0.to_string();
    match (&opened.reviewer_account, opened.provenance.reader.account()) {
        (None, _) => doubts.push((
            "own access",
            "not kept apart: nobody said which account is the reviewer's".to_owned(),
        )),
        (Some(own), Some(reader)) if own != reader => doubts.push((
            "read by",
            format!(
                "account {}, not the reviewer's account {}",
                id(reader),
                id(own)
            ),
        )),
        (Some(_), _) => {}
    }
    let others =
        |entry: &&std::sync::Arc<crate::domain::journal::Entry>| entry.by != opened.reviewer;
    let foreign = campaign.entries().iter().filter(others).count();
    if let Some(entry) = campaign.entries().iter().find(others) {
        doubts.push((
            "written by others",
            format!("{foreign} entries, the first by {}", entry.by.raw()),
        ));
    }
    let short = |endpoint: &&Endpoint| {
        endpoint.refusals > 0
            || endpoint
                .server_total
                .is_some_and(|total| endpoint.rows < total)
    };
    if opened.provenance.gaps.is_empty()
        && let Some(endpoint) = opened.provenance.endpoints.iter().find(short)
    {
        doubts.push((
            "no gap is named",
            format!("and not everything was answered: {}", endpoint.call),
        ));
    }
    let provenance = std::iter::once(opened.provenance.began)
        .chain(opened.provenance.resumed.iter().copied())
        .chain([opened.provenance.ended]);
    let entries = campaign.entries().iter().map(|entry| entry.at);
    let times = provenance.chain(entries).chain([sealed_at]);
    let (mut last, mut back) = (None, 0);
    for time in times {
        back += u64::from(last.is_some_and(|last| time < last));
        last = Some(time);
    }
    if back > 0 {
        doubts.push((
            "clock",
            format!("its times go back {back} times: the clock was wrong or was set"),
        ));
    }
    doubts
}

impl VerifiedRecord {
    /// What an auditor reads first: a label and a text for each fact, safe to show.
    ///
    /// The times are what the signer's clock said; nothing here proves them.
    pub fn facts(&self) -> Vec<(&'static str, SafeText)> {
        let review = self.review();
        let (organization, reviewer) = (&review.organization, &review.reviewer);
        let counts = review.progress;
        let mut facts = vec![
            ("record", review.record_id.clone()),
            (
                "organization",
                format!("{} ({})", organization.name.raw(), organization.url),
            ),
            ("review", review.title.clone()),
            (
                "reviewer",
                format!("{} ({})", reviewer.principal.raw(), reviewer.name.raw()),
            ),
            ("key", self.key().fingerprint.clone()),
            ("key type", key_words(self.key())),
            (
                "items",
                format!(
                    "{}, {} accounts: {} kept, {} revoked, {} acknowledged, {} undecided",
                    counts.items,
                    review.accounts,
                    counts.kept,
                    counts.revoked,
                    counts.acknowledged,
                    counts.undecided
                ),
            ),
        ];
        if let Some(approved) = self.approved() {
            facts.extend(approval(approved));
        }
        if let Some(reason) = &review.self_review {
            facts.push(("own access decided because", reason.raw().to_owned()));
        }
        for flag in self.flags() {
            let words = format!("{}: {}", flag.rule.name(), flag.facts);
            match flag.waiver.as_ref().filter(|waiver| waiver.covers) {
                Some(waiver) => {
                    facts.push((
                        "waived",
                        format!("{words}; because: {}", waiver.reason.raw()),
                    ));
                }
                None => facts.push(("red flag", words)),
            }
        }
        facts.push(("completeness", self.campaign.complete()));
        for gap in &review.provenance.gaps {
            facts.push((
                "missing",
                format!("{}: {}", gap.missing.raw(), gap.reason.raw()),
            ));
        }
        facts.push(("token of", origin::token_of(&self.campaign)));
        facts.push(("rights", rights::summary(&review.provenance.rights)));
        facts.extend(self.doubts());
        let utc = |at: Timestamp| format!("{} UTC", at.minute());
        facts.extend(earlier::compared(&self.campaign));
        facts.push(("access as of", utc(review.provenance.ended)));
        if !review.provenance.resumed.is_empty() {
            facts.push(("read from", review.provenance.interrupted()));
        }
        if let Some(previous) = self.campaign.opened().previous {
            let carried = "decisions that were carried over have the time they were made at";
            let before = format!(
                "from a review as of {}, with {} entries; {carried}",
                utc(previous.as_of),
                previous.entries
            );
            facts.push(("refreshed", before));
        }
        facts.extend([
            ("evidence", review.provenance.evidence.words().to_owned()),
            ("opened", utc(review.opened_at)),
            (
                "sealed",
                format!(
                    "{}; time is claimed by the signer only",
                    utc(review.sealed_at)
                ),
            ),
            (
                "made by",
                format!("{} {}", review.tool.name, review.tool.version),
            ),
            ("digest of SHA256SUMS", self.sums().to_string()),
        ]);
        facts
            .into_iter()
            .map(|(label, text)| (label, SafeText::of(&text)))
            .collect()
    }

    /// The red flags there were when it was attested, those that were waived among them.
    pub fn flags(&self) -> &[Flag] {
        self.campaign.attested_flags().unwrap_or_default()
    }

    /// What is in order and still worth a question: a label and a text for each, not safe to show.
    pub fn doubts(&self) -> Vec<(&'static str, String)> {
        doubts(&self.campaign, self.review.sealed_at)
    }
}

fn key_words(key: &SigningKey) -> String {
    match key.user_verified {
        None => key.key_type.clone(),
        Some(false) => format!("{}, touched", key.key_type),
        Some(true) => format!("{}, touched, its holder checked", key.key_type),
    }
}

/// What a second person signed.
fn approval(approved: &Approved) -> Vec<(&'static str, String)> {
    let approval = approved.approval();
    let known = match approved.approver() {
        Signer::Known { line } => format!("known by line {line} of the list"),
        Signer::Unknown => "unknown: no list of allowed signers was given".to_owned(),
    };
    let mut facts = vec![
        (
            "approved by",
            format!("{}; {known}", approval.approver.principal.raw()),
        ),
        (
            "approver's key",
            format!(
                "{}, {}",
                approved.key().fingerprint,
                key_words(approved.key())
            ),
        ),
        (
            "approved",
            format!(
                "{} UTC; time is claimed by the approver only",
                approval.approved_at.minute()
            ),
        ),
        ("approval", approval.statement.raw().to_owned()),
    ];
    if !approval.reviewer_known {
        let unknown = "no list of signers named the reviewer when it was approved";
        facts.push(("approved although", unknown.to_owned()));
    }
    match &approval.reread {
        None => facts.push(("read again", "no".to_owned())),
        Some(reread) => {
            let whose = match &reread.reader {
                Reader::Account(id) => format!("the token of account {}", id.0),
                Reader::Application { id, name } => {
                    format!("a token of the application {} ({id})", name.raw())
                }
                Reader::Unknown => "a token of which the server did not say whose it is".to_owned(),
            };
            facts.push(("read again", format!("{}; with {whose}", reread.words())));
            for gap in &reread.gaps {
                facts.push((
                    "missing then",
                    format!("{}: {}", gap.missing.raw(), gap.reason.raw()),
                ));
            }
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::{
            campaign::Terms,
            journal::{Entry, Event, Opened},
            provenance::Reader,
            text::Raw,
        },
        format::sample,
    };

    /// What is doubted when a review was opened as `change` says, by `by`, and a note was written at `at`.
    fn doubted(change: impl FnOnce(&mut Opened), by: &str, at: i64) -> Vec<String> {
        let snapshot = Arc::new(sample::snapshot());
        let Event::Opened(mut opened) = sample::opened(&snapshot, sample::provenance()) else {
            panic!("it opens");
        };
        change(&mut opened);
        let entry = |seq, ms, event| Entry {
            seq,
            at: sample::at(ms),
            by: Raw::from(by),
            event,
            remains: None,
        };
        let first = entry(1, 1000, Event::Opened(opened));
        let mut campaign = Campaign::open(snapshot, Terms::default(), first).expect("it opens");
        let (item, text) = (crate::domain::items::Item(0), Raw::from("seen"));
        let noted = entry(2, at, Event::Noted { item, text });
        campaign.apply(noted).expect("it may happen");
        let doubts = doubts(&campaign, sample::at(3000));
        doubts
            .into_iter()
            .map(|(label, text)| format!("{label}: {text}"))
            .collect()
    }

    #[test]
    fn what_is_worth_a_question_is_told() {
        let same = |_: &mut Opened| {};
        assert_eq!(doubted(same, "Bob", 2000), [""; 0]);
        assert_eq!(
            doubted(|opened| opened.reviewer_account = None, "Bob", 2000),
            ["own access: not kept apart: nobody said which account is the reviewer's"]
        );
        let other = |opened: &mut Opened| {
            opened.provenance.reader = Reader::Account(AccountId("a1".into()));
        };
        assert_eq!(
            doubted(other, "Bob", 2000),
            ["read by: account a1, not the reviewer's account b1"]
        );
        assert_eq!(
            doubted(same, "eve", 2000),
            ["written by others: 2 entries, the first by eve"]
        );
        for short in [
            |endpoint: &mut Endpoint| endpoint.refusals = 1,
            |endpoint: &mut Endpoint| endpoint.rows = 1,
        ] {
            let unnamed = |opened: &mut Opened| {
                opened.provenance.gaps.clear();
                short(&mut opened.provenance.endpoints[0]);
            };
            assert_eq!(
                doubted(unnamed, "Bob", 2000),
                ["no gap is named: and not everything was answered: GET team-directory/profiles"]
            );
        }
        for late in [999, 3001] {
            assert_eq!(
                doubted(same, "Bob", late),
                ["clock: its times go back 1 times: the clock was wrong or was set"]
            );
        }
    }
}
