//! Where in a record an auditor finds what controls ask for, and what the record does not have.
//!
//! The clauses: SOC 2 (2017 criteria, 2022 points of focus), ISO/IEC 27001:2022 Annex A, PCI DSS 4.0, NIST SP 800-53 r5,
//! PCAOB AS 1105 and AS 1215, HIPAA 164.3. A reading for orientation, not advice.

use std::sync::Arc;

use super::Source;
use crate::{
    domain::{journal::Entry, provenance::Evidence, text::SafeText, words::count},
    format::record::EVIDENCE,
};

/// One thing an auditor asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its number in this list, which never changes.
    pub(crate) number: u8,
    /// What is asked for.
    pub(crate) evidence: &'static str,
    /// The clauses that ask for it.
    pub(crate) clauses: &'static str,
    /// Whether the record has it, and what of it.
    pub(crate) held: Held,
    /// Where: a file of the record, after `#` the member in it, or in some of its lines.
    pub(crate) places: Vec<&'static str>,
}

/// Whether a record has what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// It has; what.
    Yes(String),
    /// It has a part; which, and what is not there.
    Partly(String),
    /// It has not; why, or where else to look.
    No(String),
}

impl Held {
    /// What is there, and what is not.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Yes(words) | Self::Partly(words) | Self::No(words) => words,
        }
    }

    /// `yes`, `partly` or `no`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Yes(_) => "yes",
            Self::Partly(_) => "partly",
            Self::No(_) => "no",
        }
    }
}

/// Makes one answer from the record.
type Answer = fn(&Source<'_>) -> Held;

/// How many things auditors ask for.
pub(crate) const ROWS_LEN: u32 = 24;

/// The places that hold an answer: a file of the record, after `#` the member in it, or in some of its lines.
type Places = &'static [&'static str];

const ROWS: [(&str, &str, Places, Answer); ROWS_LEN as usize] = [
    (
        "Written control: scope, cadence, owner, rule for late answers",
        "SOC 2 CC6.2, CC6.3; ISO A.5.15, A.5.18; PCI 7.2.4, 7.2.5.1; NIST AC-2(j), AC-6(7)",
        &["policy.toml", "review.json#/policy", "review.json#/scope"],
        |_| {
            partly(
                "the rules that were set, and the scope; the control statement with its cadence, owner, due date and rule for late answers is kept by the organization",
            )
        },
    ),
    (
        "Complete and accurate population (IPE)",
        "PCAOB AS 1105.10; SOC 2; NIST AC-2",
        &[
            "review.json#/organization/url",
            "review.json#/snapshot/endpoints",
            "review.json#/snapshot/gaps",
            "review.json#/snapshot/rights",
            "review.json#/snapshot/server_began",
            "review.json#/completeness",
            "review.json#/tool",
        ],
        population,
    ),
    (
        "Nothing edited between extraction and review",
        "PCAOB AS 1105; SOC 2",
        &[
            "opened.sums",
            "journal.jsonl#/snapshot/population",
            "evidence.jsonl.zst#/sha256",
        ],
        raw,
    ),
    (
        "Everyone in scope is there: contractors, vendors, guests, service accounts",
        "PCI 7.2.4, 7.2.5.1; SOC 2 CC6.2",
        &[
            "accounts.jsonl#/kind",
            "review.json#/accounts",
            "review.json#/scope",
        ],
        scope,
    ),
    (
        "Privileged access reviewed distinctly",
        "ISO A.8.2; NIST AC-6(7), AC-2(7); SOC 2 CC6.3",
        &[
            "policy.toml",
            "decisions.jsonl#/signals",
            "review.json#/signals",
            "journal.jsonl#/chosen",
        ],
        |_| {
            yes(
                "which names of roles count as privileged, which items are, how many there are, and whether each was decided alone or in bulk",
            )
        },
    ),
    (
        "Roles and rules themselves reviewed",
        "SOC 2 CC6.3; NIST AC-6(7)",
        &[],
        |_| no("roles are named in resources.jsonl; the rights inside a role are not read"),
    ),
    (
        "Competent, authorised reviewer",
        "SOC 2 CC6.3; ISO A.5.18; PCI 7.2.4",
        &[
            "review.json#/reviewer/principal",
            "review.json#/reviewer/key_fingerprint",
            "journal.jsonl#/by",
            "SHA256SUMS.reviewer.sig",
        ],
        |_| {
            partly(
                "who decided each item, and who signed with which key; the basis of the authority is kept by the organization, with the list of allowed signers",
            )
        },
    ),
    (
        "Independence",
        "ISO A.5.3; NIST AC-5; SOC 2 practice",
        &[
            "journal.jsonl#/reviewer_account",
            "review.json#/self_review",
            "review.json#/effort/own_undecided",
        ],
        own,
    ),
    (
        "Delegation",
        "as for reviewer and independence",
        &[],
        |_| no("a review has one reviewer; a delegation is not recorded"),
    ),
    (
        "A decision per access item",
        "SOC 2; PCI 7.2.4",
        &[
            "grants.jsonl#/id",
            "decisions.jsonl#/id",
            "decisions.jsonl#/decision",
            "journal.jsonl#/items",
            "journal.jsonl#/at",
        ],
        |_| {
            yes(
                "decisions line by line beside the grants; time, decider, reason, and how each was chosen in the journal",
            )
        },
    ),
    (
        "Meaningful review, not rubber stamp",
        "auditor practice",
        &[
            "review.json#/effort",
            "review.json#/flags",
            "journal.jsonl#/count",
        ],
        meaningful,
    ),
    (
        "Management acknowledgement",
        "PCI 7.2.4, 7.2.5.1; SOX",
        &[
            "review.json#/attestation",
            "journal.jsonl#/statement",
            "SHA256SUMS.reviewer.sig",
        ],
        attested,
    ),
    (
        "Inappropriate access addressed",
        "PCI 7.2.4, 7.2.5.1; SOC 2 CC6.2, CC6.3; NIST AC-6(7)(b)",
        &["decisions.jsonl#/decision", "review.json#/counts/revoke"],
        |_| {
            partly(
                "each revoke with its reason and what it leaves standing, and `muster export --revokes` the operations; who carried them out and when is not in the record",
            )
        },
    ),
    ("Proof it is gone", "auditor practice", &[], |_| {
        no(
            "`muster diff` compares this record with a later snapshot and tells what became of each revoke; the answer is not in the record",
        )
    }),
    (
        "Leavers and movers caught",
        "NIST PS-4, PS-5, AC-2(3); HIPAA termination procedures; PCI 8.2.6",
        &[
            "accounts.jsonl#/archived",
            "accounts.jsonl#/unknown",
            "review.json#/signals",
            "policy.toml",
        ],
        |_| {
            partly(
                "state, dates and last sign-in of each account where Space told them, and after how many days that is pointed out; there is no comparison with a list of employees",
            )
        },
    ),
    (
        "Vendor remote and support access only when needed",
        "PCI 8.2.7, 12.8.1; ISO A.5.19, A.5.22; NIST PS-7; SOC 2 CC6.1",
        &[],
        |_| no("support access is not read"),
    ),
    (
        "Timeliness",
        "auditor practice: within the quarter and its grace",
        &[
            "review.json#/campaign/as_of",
            "review.json#/opened_at",
            "review.json#/effort/first",
            "review.json#/effort/last",
            "review.json#/sealed_at",
        ],
        sealed,
    ),
    (
        "Exceptions",
        "ISO A.5.18; NIST",
        &["review.json#/flags", "journal.jsonl#/op"],
        |_| {
            partly(
                "what was waived, by whom, each with its reason; compensating measures and expiry are not kept",
            )
        },
    ),
    (
        "Changes since the snapshot",
        "auditor practice",
        &[
            "review.json#/campaign/as_of",
            "review.json#/previous_journal",
        ],
        |_| {
            partly(
                "a refresh before sealing is in the journal; changes after it are found with `muster diff` and a later snapshot",
            )
        },
    ),
    (
        "Sampling by the auditor",
        "audit method",
        &[
            "grants.jsonl#/id",
            "review.json#/counts/grants",
            "review.json#/merkle_root",
        ],
        |_| {
            yes(
                "ids and numbers of items are stable; `muster sample` is reproducible from seed and algorithm, `muster show` tells all about one item",
            )
        },
    ),
    (
        "Protected, non-repudiable record",
        "NIST AU-9, AU-10; ISO A.5.33, A.5.28",
        &[
            "SHA256SUMS",
            "SHA256SUMS.reviewer.sig",
            "README.txt",
            "journal.jsonl#/h",
            "review.json#/previous",
        ],
        |_| {
            yes(
                "all files under one SSHSIG signature, a chained journal, the record before where one was named; README.txt tells how to verify with stock tools",
            )
        },
    ),
    (
        "Retention",
        "PCAOB AS 1215; HIPAA 164.316(b)(2); NIST AU-11",
        &[],
        |_| no("how long records are kept is the organization's rule"),
    ),
    (
        "Re-performance",
        "PCAOB AS 1105; NIST examine and test",
        &[
            "README.txt",
            "review.json#/tool/version",
            "review.json#/flags",
            "review.json#/signals",
            "policy.toml",
        ],
        |_| {
            yes(
                "decisions, totals, flags and signals follow from the other files; `muster verify` works them out again, and README.txt tells how stock tools do it; rules have versions",
            )
        },
    ),
    (
        "Personal-data minimisation",
        "privacy law",
        &["accounts.jsonl", "review.json#/snapshot/evidence"],
        |_| partly("the record names people; raw answers need not be kept (`--evidence`)"),
    ),
];

/// The crosswalk of `source`.
pub(crate) fn of(source: &Source<'_>) -> Vec<Row> {
    (1..)
        .zip(ROWS)
        .map(|(number, (evidence, clauses, places, held))| Row {
            number,
            evidence,
            clauses,
            held: held(source),
            places: there(source, number, places),
        })
        .collect()
}

/// The row about the acknowledgement by management.
const ACKNOWLEDGED: u8 = 12;

/// The row about what was done with revokes.
const REVOKES: u8 = 13;

/// Those of `places` that this record has, and those that only some records have.
fn there(source: &Source<'_>, number: u8, places: Places) -> Vec<&'static str> {
    let sizes = &source.review.contents.bytes;
    let evidence = sizes.iter().any(|(name, _)| *name == EVIDENCE);
    let has = |place: &&&str| evidence || !place.starts_with(EVIDENCE);
    let mut places: Vec<&str> = places.iter().filter(has).copied().collect();
    let told = |entry: &Arc<Entry>| entry.remains.is_some();
    if number == REVOKES && source.campaign.entries().iter().any(told) {
        places.push("journal.jsonl#/remains");
    }
    if number == ACKNOWLEDGED && approved_by(source).is_some() {
        places.extend(["approval.json", "SHA256SUMS.approver.sig"]);
    }
    places
}

fn yes(words: &str) -> Held {
    Held::Yes(words.to_owned())
}

fn partly(words: &str) -> Held {
    Held::Partly(words.to_owned())
}

fn no(words: &str) -> Held {
    Held::No(words.to_owned())
}

fn population(source: &Source<'_>) -> Held {
    let missing = match source.review.provenance.gaps.len() as u64 {
        0 => "nothing is named as missing".to_owned(),
        gaps => format!("{} named as missing", count(gaps, "thing is", "things are")),
    };
    Held::Partly(format!(
        "address, organization id, calls, parameters, pages, rows, server totals, refusals, rights of the token, times of both clocks; {missing}; that somebody compared it with another list is not in the record"
    ))
}

fn raw(source: &Source<'_>) -> Held {
    const FROZEN: &str = "opened.sums froze the population before the first decision";
    match source.review.provenance.evidence {
        Evidence::Full => Held::Yes(format!("each raw answer is kept with its digest; {FROZEN}")),
        Evidence::Hashes => Held::Partly(format!(
            "the digests of the raw answers are kept, not the answers; {FROZEN}"
        )),
        Evidence::None => Held::Partly(format!("{FROZEN}; of the raw answers nothing was kept")),
    }
}

fn scope(source: &Source<'_>) -> Held {
    let review = source.review;
    match &review.scope {
        None => partly(
            "every account that was listed, with its kind and state, deactivated ones as well; service accounts (applications) are not read",
        ),
        Some(scope) => Held::Partly(format!(
            "only the scope {} was put up for decision, {}; every account that was listed is there; service accounts (applications) are not read",
            scope.safe(),
            count(
                review.out_of_scope,
                "item is outside it",
                "items are outside it"
            )
        )),
    }
}

fn own(source: &Source<'_>) -> Held {
    const NOT: &str = "who granted the access, and who reviews the reviewer, is not read";
    match &source.review.self_review {
        None => Held::Partly(format!(
            "the reviewer's own access is refused to them, and no exception was made; {NOT}"
        )),
        Some(reason) => Held::Partly(format!(
            "an exception for the reviewer's own access was made: {}; {NOT}",
            reason.safe()
        )),
    }
}

fn meaningful(source: &Source<'_>) -> Held {
    Held::Yes(format!(
        "first and last change, median pace, {} decided together with others; each bulk with its filter and size",
        count(source.review.effort.in_bulk, "item was", "items were")
    ))
}

/// Who approved the record besides its reviewer.
fn approved_by<'a>(source: &Source<'a>) -> Option<&'a SafeText> {
    let mut facts = source.facts.iter();
    let (_, who) = facts.find(|(label, _)| *label == "approved by")?;
    Some(who)
}

fn attested(source: &Source<'_>) -> Held {
    let reviewer = &source.review.reviewer;
    let approval = match approved_by(source) {
        Some(who) => format!("a second person approved it: {who}"),
        None => "no second person approved it".to_owned(),
    };
    Held::Yes(format!(
        "the attestation, signed by {} with {} over SHA256SUMS; {approval}",
        reviewer.principal.safe(),
        SafeText::of(&reviewer.key_fingerprint)
    ))
}

fn sealed(source: &Source<'_>) -> Held {
    let review = source.review;
    Held::Partly(format!(
        "as of {}, sealed {} (claimed by the signer's clock), first and last decision; no due date is kept",
        review.provenance.ended, review.sealed_at
    ))
}
