//! What came of judging records, as text and as JSON.

use std::{fmt::Write as _, io, path::Path};

use serde_json::{Map, Value, json};

use super::{
    super::{check, count, status, version},
    Asked,
};
use crate::{
    domain::{
        provenance::Completeness,
        text::{Raw, SafeText},
        time::Timestamp,
    },
    export::verdicts,
    format::{approval::Reread, record::Review},
    verify::{
        Level, Signer, Stage, Verdict,
        approval::Approved,
        chain::{Chain, Link},
        signature::SigningKey,
    },
};

/// What came of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    CouldNotTell,
    /// Something before it failed.
    NotReached,
    /// The level does not have it, or there was nothing to check with.
    NotAsked,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::CouldNotTell => "could not tell",
            Self::NotReached => "not reached",
            Self::NotAsked => "not asked",
        }
    }
}

/// One record, judged. What is large of it is gone.
#[derive(Debug)]
pub(super) struct Judged {
    /// Where it is; safe to show.
    pub(super) place: String,
    /// `good`, `intact`, `bad` or `could not tell`.
    pub(super) word: &'static str,
    /// The verdict in a line.
    pub(super) verdict: String,
    pub(super) code: u8,
    pub(super) facts: Vec<(&'static str, SafeText)>,
    pub(super) checks: Vec<(Stage, Outcome)>,
    /// Everything that is wrong and named, and how much more there is.
    pub(super) findings: Vec<String>,
    pub(super) more: u64,
    /// The digest of `SHA256SUMS`, when the record is known to be what was signed.
    pub(super) sums: Option<String>,
    link: Option<Link>,
    json: Value,
}

impl Judged {
    pub(super) fn of(record: &Path, verdict: &Verdict, asked: &Asked) -> Self {
        let place = SafeText::of(&record.display().to_string()).to_string();
        let (word, facts, link) = match verdict {
            Verdict::Good { record, .. } => {
                let mut facts = record.facts();
                let attestation = SafeText::of(&record.review().attestation);
                facts.push(("attestation", attestation));
                let link = link(&place, record.review(), record.sums());
                ("good", facts, Some(link))
            }
            Verdict::Intact { record, .. } => {
                let link = link(&place, &record.review, record.sums);
                let facts = intact_facts(&record.review, &record.key, record.sums);
                ("intact", facts, Some(link))
            }
            Verdict::Bad(_) => ("bad", Vec::new(), None),
            Verdict::CouldNotTell { .. } => ("could not tell", Vec::new(), None),
        };
        let (findings, more) = match verdict {
            Verdict::Bad(bad) => (
                bad.findings().map(|one| one.to_string()).collect(),
                bad.more,
            ),
            _ => (Vec::new(), 0),
        };
        let checks = checks(verdict, asked);
        Self {
            word,
            verdict: verdict.to_string(),
            code: verdict.exit_code(),
            facts,
            findings,
            more,
            sums: link.as_ref().map(|link| link.sums.to_string()),
            link,
            json: as_json(&place, verdict, asked.level, &checks),
            checks,
            place,
        }
    }
}

impl Judged {
    fn on_page(&self) -> verdicts::Record<'_> {
        let checks = self.checks.iter();
        let checks =
            checks.map(|(stage, outcome)| (stage.to_string(), stage.words(), outcome.word()));
        verdicts::Record {
            place: &self.place,
            word: self.word,
            verdict: &self.verdict,
            facts: &self.facts,
            checks: checks.collect(),
            findings: &self.findings,
            more: self.more,
            sums: self.sums.as_deref(),
        }
    }
}

/// What came of each check.
fn checks(verdict: &Verdict, asked: &Asked) -> Vec<(Stage, Outcome)> {
    let outcome = |stage: Stage| {
        if !asked.level.has(stage) {
            return Outcome::NotAsked;
        }
        let nothing = asked.signers.is_none() && asked.revoked.is_none();
        let passed = match stage {
            Stage::Signer if nothing => Outcome::NotAsked,
            _ => Outcome::Passed,
        };
        let (at, then) = match verdict {
            Verdict::Good { .. } | Verdict::Intact { .. } => return passed,
            Verdict::Bad(bad) => (bad.stage, Outcome::Failed),
            // A doubt about the signer counts after everything else.
            Verdict::CouldNotTell {
                stage: Stage::Signer,
                ..
            } if stage != Stage::Signer => return passed,
            Verdict::CouldNotTell { stage, .. } => (*stage, Outcome::CouldNotTell),
        };
        match stage.cmp(&at) {
            std::cmp::Ordering::Less => passed,
            std::cmp::Ordering::Equal => then,
            std::cmp::Ordering::Greater => Outcome::NotReached,
        }
    };
    let outcomes = Stage::ALL.into_iter();
    outcomes.map(|stage| (stage, outcome(stage))).collect()
}

/// What is told of a record of which only the digests were checked: who signed what, by its own word.
fn intact_facts(
    review: &Review,
    key: &SigningKey,
    sums: crate::domain::Digest,
) -> Vec<(&'static str, SafeText)> {
    let principal = review.reviewer.principal.raw();
    let facts = [
        ("record", review.record_id.clone()),
        ("organization", review.organization.name.raw().to_owned()),
        ("review", review.title.clone()),
        ("reviewer", principal.to_owned()),
        ("key", key.fingerprint.clone()),
        (
            "sealed",
            format!(
                "{} UTC; time is claimed by the signer only",
                review.sealed_at.minute()
            ),
        ),
        ("digest of SHA256SUMS", sums.to_string()),
    ];
    let facts = facts.into_iter();
    facts
        .map(|(label, text)| (label, SafeText::of(&text)))
        .collect()
}

fn link(place: &str, review: &Review, sums: crate::domain::Digest) -> Link {
    Link {
        place: place.to_owned(),
        record: review.record_id.clone(),
        sums,
        review: review.title.clone(),
        organization: review.organization.id.to_string(),
        sealed_at: review.sealed_at,
        previous: review.previous.clone(),
    }
}

/// Everything that came of one question about some records.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) judged: Vec<Judged>,
    pub(super) level: Level,
    pub(super) at: Timestamp,
    at_is_known: bool,
    chain: Chain,
    /// For each link of the chain, which of the records it is.
    linked: Vec<usize>,
}

impl Report {
    pub(super) fn of(judged: Vec<Judged>, asked: &Asked) -> Self {
        let linked: Vec<usize> = (0..judged.len())
            .filter(|at| judged[*at].link.is_some())
            .collect();
        let links: Vec<Link> = judged.iter().filter_map(|one| one.link.clone()).collect();
        Self {
            chain: Chain::of(&links),
            linked,
            judged,
            level: asked.level,
            at: asked.at.unwrap_or(asked.now),
            at_is_known: asked.at.is_some(),
        }
    }

    /// The worst exit code: a record that is bad before one of which nobody can tell.
    pub(super) fn code(&self) -> u8 {
        let codes = || self.judged.iter().map(|one| one.code);
        if codes().any(|code| code == 1) {
            1
        } else {
            codes().max().unwrap_or(0)
        }
    }

    /// How many records there are of each verdict, in a line.
    pub(super) fn counts(&self) -> String {
        let of = |word: &str| self.judged.iter().filter(|one| one.word == word).count();
        let words = ["good", "intact", "bad", "could not tell"];
        let counts = words.into_iter().filter(|word| of(word) > 0);
        let counts: Vec<String> = counts.map(|word| format!("{} {word}", of(word))).collect();
        let records = count(self.judged.len() as u64, "record", "records");
        format!("{records}: {}", counts.join(", "))
    }

    /// At which time the keys were judged.
    pub(super) fn key_time(&self) -> String {
        let why = if self.at_is_known {
            "the time that was asked for"
        } else {
            "the present"
        };
        format!("{} UTC, {why}", self.at.minute())
    }

    /// The chain of the records that can be trusted so far, in lines.
    pub(super) fn chain(&self) -> Vec<String> {
        self.chain.draw(|at| {
            let one = &self.judged[self.linked[at]];
            let link = one.link.as_ref().expect("only those are linked");
            let review = SafeText::of(&link.review);
            format!(
                "{review}, sealed {} UTC  {}  {}",
                link.sealed_at.minute(),
                one.word,
                one.place
            )
        })
    }

    /// What does not fit between the records, in lines.
    pub(super) fn problems(&self) -> Vec<String> {
        let problems = self.chain.problems.iter();
        problems
            .map(|problem| format!("{}: {}", problem.kind.word(), problem.text))
            .collect()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let [one] = &self.judged[..] {
            tell(&mut text, one);
            let _ = writeln!(text, "  {:<20} {}", "key judged at", self.key_time());
            let _ = writeln!(text, "  {:<20} {}", "checked", self.checked());
            return text;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", self.counts());
        for one in &self.judged {
            let _ = writeln!(text, "  {}  {}", one.place, one.verdict);
        }
        for one in self.judged.iter().filter(|one| one.code > 0) {
            let _ = writeln!(text, "\n{}", one.place);
            tell(&mut text, one);
        }
        if !self.chain.links.is_empty() {
            let _ = writeln!(text, "\nWhich record follows which");
            for line in self.chain() {
                let _ = writeln!(text, "  {line}");
            }
            for line in self.problems() {
                let _ = writeln!(text, "  {line}");
            }
        }
        let _ = writeln!(text, "\nchecked  {}", self.checked());
        text
    }

    /// What was looked at, in a line.
    pub(super) fn checked(&self) -> String {
        format!("{}: {}", self.level.word(), self.level.words())
    }

    /// The page of it.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(super) fn html(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let records: Vec<_> = self.judged.iter().map(Judged::on_page).collect();
        let asked = [
            ("checked", SafeText::of(&self.checked())),
            ("key judged at", SafeText::of(&self.key_time())),
            ("by", SafeText::of(&format!("muster {}", version()))),
        ];
        verdicts::write(
            out,
            &verdicts::Page {
                counts: &self.counts(),
                asked: &asked,
                records: &records,
                chain: &self.chain(),
                problems: &self.problems(),
            },
        )
    }

    pub(super) fn json(&self) -> Value {
        if let [one] = &self.judged[..] {
            return one.json.clone();
        }
        let links = self.chain.links.iter().map(|placed| {
            let one = &self.judged[self.linked[placed.at]];
            let link = one.link.as_ref().expect("only those are linked");
            json!({
                "path": one.place,
                "record_id": link.record,
                "sums": link.sums.to_string(),
                "sealed_at": link.sealed_at.to_string(),
                "previous": link.previous.as_ref().map(|previous| json!({
                    "record_id": previous.record,
                    "sums": previous.sums.to_string(),
                    "here": placed.after != crate::verify::chain::After::Missing,
                })),
            })
        });
        let problems = self.chain.problems.iter();
        let problems =
            problems.map(|problem| json!({"kind": problem.kind.word(), "text": problem.text}));
        json!({
            "text": self.counts(),
            "exit_code": self.code(),
            "level": self.level.word(),
            "key_judged_at": self.at.to_string(),
            "records": self.judged.iter().map(|one| one.json.clone()).collect::<Vec<_>>(),
            "chain": links.collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}

/// All that is told of one record.
fn tell(text: &mut String, one: &Judged) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", one.verdict);
    for (name, value) in &one.facts {
        let _ = writeln!(text, "  {name:<20} {value}");
    }
    if one.findings.len() > 1 {
        for finding in &one.findings {
            let _ = writeln!(text, "  - {finding}");
        }
        if one.more > 0 {
            let _ = writeln!(text, "  - and {} more", one.more);
        }
    }
}

fn as_json(place: &str, verdict: &Verdict, level: Level, checks: &[(Stage, Outcome)]) -> Value {
    let checks = checks
        .iter()
        .map(|(stage, outcome)| json!({"stage": stage_word(*stage), "outcome": outcome.word()}));
    let mut answer = json!({
        "path": place,
        "text": verdict.to_string(),
        "exit_code": verdict.exit_code(),
        "level": level.word(),
        "checks": checks.collect::<Vec<_>>(),
    });
    let more = match verdict {
        Verdict::Good { record, signer } => {
            let review = record.review();
            let progress = review.progress;
            let mut more = json!({
                "verdict": "good",
                "approval": record.approved().map(approval),
                "as_of": review.provenance.ended.to_string(),
                "read_from": review.provenance.began.to_string(),
                "resumed": review.provenance.resumed.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "refreshed": review.previous_journal.map(|_| review.opened_at.to_string()),
                "as_of_before": review.previous_journal.map(|previous| previous.as_of.to_string()),
                "accounts": review.accounts,
                "items": progress.items,
                "kept": progress.kept,
                "revoked": progress.revoked,
                "acknowledged": progress.acknowledged,
                "undecided": progress.undecided,
                "flags": record.flags().iter().map(check::told).collect::<Vec<_>>(),
                "completeness": Completeness::of(&review.provenance, review.scope.is_some()).word(),
                "scope": review.scope.as_ref().map(Raw::raw),
                "out_of_scope": review.out_of_scope,
                "evidence": review.provenance.evidence.word(),
                "gaps": review.provenance.gaps.len(),
                "reader": review.provenance.reader.account().map(|id| &*id.0),
                "application": status::application(&review.provenance.reader),
                "rights": status::rights(&review.provenance.rights),
                "previous": status::previous(record.campaign()),
                "doubts": record.doubts().iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>(),
            });
            extend(
                &mut more,
                signed(review, *signer, record.key(), record.sums()),
            );
            more
        }
        Verdict::Intact { record, signer } => {
            let mut more = json!({"verdict": "intact"});
            extend(
                &mut more,
                signed(&record.review, *signer, &record.key, record.sums),
            );
            more
        }
        Verdict::Bad(bad) => json!({
            "verdict": "bad",
            "stage": stage_word(bad.stage),
            "file": bad.file,
            "line": bad.line,
            "reason": bad.reason,
            "findings": bad.findings().map(|one| json!({
                "file": one.file,
                "line": one.line,
                "reason": one.reason,
            })).collect::<Vec<_>>(),
            "more_findings": bad.more,
        }),
        Verdict::CouldNotTell { stage, reason } => json!({
            "verdict": "could not tell",
            "stage": stage_word(*stage),
            "reason": reason,
        }),
    };
    extend(&mut answer, more);
    answer
}

/// An approval, for scripts.
fn approval(approved: &Approved) -> Value {
    let approval = approved.approval();
    let line = match approved.approver() {
        Signer::Known { line } => Some(line),
        Signer::Unknown => None,
    };
    json!({
        "approver": approval.approver.principal.raw(),
        "signer": if line.is_some() { "known" } else { "unknown" },
        "signer_line": line,
        "key": {"fingerprint": approved.key().fingerprint, "type": approved.key().key_type},
        "approved_at": approval.approved_at.to_string(),
        "time": "claimed by the approver only",
        "reviewer_known": approval.reviewer_known,
        "statement": approval.statement.raw(),
        "reread": approval.reread.as_ref().map(reread),
    })
}

/// What an approver found who read the organization again, for scripts.
pub(crate) fn reread(reread: &Reread) -> Value {
    let (revokes, done) = reread.revokes();
    json!({
        "since": reread.since.to_string(),
        "as_of": reread.ended.to_string(),
        "reader": reread.reader.account().map(|id| &*id.0),
        "application": status::application(&reread.reader),
        "completeness": if reread.is_whole() { "full" } else { "partial" },
        "gaps": reread.gaps.iter().map(|gap| json!({
            "call": gap.call, "missing": gap.missing.raw(), "reason": gap.reason.raw(),
        })).collect::<Vec<_>>(),
        "grants": {"before": reread.grants.before, "now": reread.grants.now, "unchanged": reread.grants.unchanged},
        "revokes": revokes,
        "carried_out": done,
        "differences": reread.differences.iter().map(|one| json!({
            "kind": one.kind, "change": one.change, "id": one.id, "what": one.what, "detail": one.detail,
        })).collect::<Vec<_>>(),
    })
}

/// Who signed what, by the record's own word and the key that fits.
fn signed(review: &Review, signer: Signer, key: &SigningKey, sums: crate::domain::Digest) -> Value {
    json!({
        "signer": match signer { Signer::Known { .. } => "known", Signer::Unknown => "unknown" },
        "signer_line": match signer { Signer::Known { line } => Some(line), Signer::Unknown => None },
        "time": "claimed by the signer only",
        "record_id": review.record_id,
        "organization": {"id": &*review.organization.id, "name": review.organization.name.raw(), "url": &*review.organization.url},
        "review": review.title,
        "reviewer": {"name": review.reviewer.name.raw(), "principal": review.reviewer.principal.raw()},
        "key": {"fingerprint": key.fingerprint, "type": key.key_type},
        "sealed_at": review.sealed_at.to_string(),
        "sums": sums.to_string(),
    })
}

fn extend(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        let more: Map<String, Value> = more;
        answer.extend(more);
    }
}

/// A stage in one word, for programs.
pub(super) fn stage_word(stage: Stage) -> String {
    format!("{stage:?}").to_lowercase()
}
