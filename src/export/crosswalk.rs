//! Where in a record an auditor finds what controls ask for, and what the record does not have.
//!
//! The clauses: SOC 2 (2017 criteria, 2022 points of focus), ISO/IEC 27001:2022 Annex A, PCI DSS 4.0, NIST SP 800-53 r5,
//! PCAOB AS 1105 and AS 1215, HIPAA 164.3. A reading for orientation, not advice.

use crate::domain::{provenance::Evidence, text::SafeText, words::count};

use super::Source;

/// One thing an auditor asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its number in this list, which never changes.
    pub(crate) number: u8,
    /// What is asked for.
    pub(crate) evidence: &'static str,
    /// The clauses that ask for it.
    pub(crate) clauses: &'static str,
    /// Whether the record has it, and where.
    pub(crate) held: Held,
}

/// Whether a record has what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// It has; where.
    Yes(String),
    /// It has a part; where, and what is not there.
    Partly(String),
    /// It has not; why, or where else to look.
    No(String),
}

impl Held {
    /// Where it is, or what is not there.
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

const ROWS: [(&str, &str, Answer); 24] = [
    (
        "Written control: scope, cadence, owner, rule for late answers",
        "SOC 2 CC6.2, CC6.3; ISO A.5.15, A.5.18; PCI 7.2.4, 7.2.5.1; NIST AC-2(j), AC-6(7)",
        |_| {
            no(
                "the control statement is kept by the organization; the record has its scope and its times only",
            )
        },
    ),
    (
        "Complete and accurate population (IPE)",
        "PCAOB AS 1105.10; SOC 2; NIST AC-2",
        population,
    ),
    (
        "Nothing edited between extraction and review",
        "PCAOB AS 1105; SOC 2",
        raw,
    ),
    (
        "Everyone in scope is there: contractors, vendors, guests, service accounts",
        "PCI 7.2.4, 7.2.5.1; SOC 2 CC6.2",
        scope,
    ),
    (
        "Privileged access reviewed distinctly",
        "ISO A.8.2; NIST AC-6(7), AC-2(7); SOC 2 CC6.3",
        |_| {
            yes(
                "resources.jsonl: the kind of each role; policy.toml: which names count as privileged; decisions.jsonl: the signals of each item; journal.jsonl: whether each was decided alone or in bulk",
            )
        },
    ),
    (
        "Roles and rules themselves reviewed",
        "SOC 2 CC6.3; NIST AC-6(7)",
        |_| no("the rights inside a role are not read"),
    ),
    (
        "Competent, authorised reviewer",
        "SOC 2 CC6.3; ISO A.5.18; PCI 7.2.4",
        |_| {
            partly(
                "review.json, reviewer: principal, account and key; the basis of the authority is kept by the organization, with the list of allowed signers",
            )
        },
    ),
    ("Independence", "ISO A.5.3; NIST AC-5; SOC 2 practice", own),
    ("Delegation", "as for reviewer and independence", |_| {
        no("a review has one reviewer; a delegation is not recorded")
    }),
    ("A decision per access item", "SOC 2; PCI 7.2.4", |_| {
        yes(
            "decisions.jsonl, line by line beside grants.jsonl; journal.jsonl: time, decider, reason, and how it was chosen",
        )
    }),
    (
        "Meaningful review, not rubber stamp",
        "auditor practice",
        meaningful,
    ),
    (
        "Management acknowledgement",
        "PCI 7.2.4, 7.2.5.1; SOX",
        attested,
    ),
    (
        "Inappropriate access addressed",
        "PCI 7.2.4, 7.2.5.1; SOC 2 CC6.2, CC6.3; NIST AC-6(7)(b)",
        |_| {
            partly(
                "decisions.jsonl has each revoke with its reason, and `muster export --revokes` the operations; when they were carried out is not in the record",
            )
        },
    ),
    ("Proof it is gone", "auditor practice", |_| {
        no(
            "`muster diff` compares this record with a later snapshot and tells what became of each revoke; the answer is not in the record",
        )
    }),
    (
        "Leavers and movers caught",
        "NIST PS-4, PS-5, AC-2(3); HIPAA termination procedures; PCI 8.2.6",
        |_| {
            partly(
                "accounts.jsonl: state, dates and last sign-in where Space told them; there is no comparison with a list of employees",
            )
        },
    ),
    (
        "Vendor remote and support access only when needed",
        "PCI 8.2.7, 12.8.1; ISO A.5.19, A.5.22; NIST PS-7; SOC 2 CC6.1",
        |_| no("support access is not read"),
    ),
    (
        "Timeliness",
        "auditor practice: within the quarter and its grace",
        sealed,
    ),
    ("Exceptions", "ISO A.5.18; NIST", |_| {
        partly(
            "journal.jsonl and review.json, flags: what was waived, each with its reason; compensating measures and expiry are not kept",
        )
    }),
    ("Changes since the snapshot", "auditor practice", |_| {
        partly(
            "a refresh before sealing is in the journal; changes after it are found with `muster diff` and a later snapshot",
        )
    }),
    ("Sampling by the auditor", "audit method", |_| {
        partly(
            "ids and numbers of items are stable, their total is in review.json, and `muster sample` is reproducible from seed and algorithm",
        )
    }),
    (
        "Protected, non-repudiable record",
        "NIST AU-9, AU-10; ISO A.5.33, A.5.28",
        |_| {
            yes(
                "SHA256SUMS with its SSHSIG signature; README.txt tells how to verify it with stock tools",
            )
        },
    ),
    (
        "Retention",
        "PCAOB AS 1215; HIPAA 164.316(b)(2); NIST AU-11",
        |_| no("how long records are kept is the organization's rule"),
    ),
    (
        "Re-performance",
        "PCAOB AS 1105; NIST examine and test",
        |_| {
            yes(
                "decisions.jsonl and review.json follow from the other files; `muster verify` and README.txt recompute them; the version of the program is in review.json",
            )
        },
    ),
    ("Personal-data minimisation", "privacy law", |_| {
        partly("the record names people; raw answers need not be kept (`--evidence`)")
    }),
];

/// The crosswalk of `source`.
pub(crate) fn of(source: &Source<'_>) -> Vec<Row> {
    (1..)
        .zip(ROWS)
        .map(|(number, (evidence, clauses, held))| Row {
            number,
            evidence,
            clauses,
            held: held(source),
        })
        .collect()
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
    const WHERE: &str = "review.json, snapshot: address, organization id, calls, parameters, pages, rows, server totals, refusals, times of both clocks";
    match source.review.provenance.gaps.len() as u64 {
        0 => Held::Yes(format!("{WHERE}; nothing is named as missing")),
        gaps => Held::Partly(format!(
            "{WHERE}; {} named as missing",
            count(gaps, "thing is", "things are")
        )),
    }
}

fn raw(source: &Source<'_>) -> Held {
    const FROZEN: &str = "opened.sums froze the population before the first decision";
    match source.review.provenance.evidence {
        Evidence::Full => Held::Yes(format!(
            "evidence.jsonl.zst has each raw answer with its digest; {FROZEN}"
        )),
        Evidence::Hashes => Held::Partly(format!(
            "evidence.jsonl.zst has the digests of the raw answers, not the answers; {FROZEN}"
        )),
        Evidence::None => Held::Partly(format!("{FROZEN}; of the raw answers nothing was kept")),
    }
}

fn scope(source: &Source<'_>) -> Held {
    let review = source.review;
    match &review.scope {
        None => yes(
            "accounts.jsonl: every account that was listed, with its kind and state, deactivated ones as well; service accounts (applications) are not read",
        ),
        Some(scope) => Held::Partly(format!(
            "only the scope {} was put up for decision, {}; accounts.jsonl has every account that was listed; applications are not read",
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
    match &source.review.self_review {
        None => yes(
            "the reviewer's own access is refused to them; review.json, self_review: no exception was made",
        ),
        Some(reason) => Held::Yes(format!(
            "review.json, self_review: an exception was made: {}",
            reason.safe()
        )),
    }
}

fn meaningful(source: &Source<'_>) -> Held {
    Held::Yes(format!(
        "review.json, effort: first and last change, {} decided together with others, median pace; journal.jsonl: each bulk with its filter and size",
        count(source.review.effort.in_bulk, "item was", "items were")
    ))
}

fn attested(source: &Source<'_>) -> Held {
    let reviewer = &source.review.reviewer;
    let by = source
        .facts
        .iter()
        .find(|(label, _)| *label == "approved by");
    let approval = match by {
        Some((_, who)) => format!("approval.json and SHA256SUMS.approver.sig: approved by {who}"),
        None => "no second person approved it".to_owned(),
    };
    Held::Yes(format!(
        "review.json, attestation, signed by {} with {} over SHA256SUMS; {approval}",
        reviewer.principal.safe(),
        SafeText::of(&reviewer.key_fingerprint)
    ))
}

fn sealed(source: &Source<'_>) -> Held {
    let review = source.review;
    Held::Partly(format!(
        "review.json: as of {}, sealed {} (claimed by the signer's clock), first and last decision; no due date is kept",
        review.provenance.ended, review.sealed_at
    ))
}
