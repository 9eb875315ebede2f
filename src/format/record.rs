//! A sealed record: which files it has, and what is in those that are made for it.
//!
//! `review.json` and `decisions.jsonl` follow from the campaign alone, apart from the facts in [`Seal`]; so
//! whoever reads a record can make them again from its journal and compare byte for byte.

mod decisions;
mod review;
mod roots;

pub use decisions::{Decisions, Made};
pub use review::{Contents, Flagged, Review, Reviewer, Seal, Tool};
pub use roots::Roots;

use super::{Error, sums::Sums};

/// What is signed: the digests of all files but the signatures.
pub const SUMS: &str = "SHA256SUMS";
/// The reviewer's signature over [`SUMS`].
pub const SIGNATURE: &str = "SHA256SUMS.reviewer.sig";
/// The approver's signature over [`SUMS`]; there only when somebody approved.
pub const APPROVER_SIGNATURE: &str = "SHA256SUMS.approver.sig";
/// Who approved, when, and what they found; there only when somebody approved, and not listed in [`SUMS`].
pub const APPROVAL: &str = "approval.json";
/// The approver's signature over [`APPROVAL`].
pub const APPROVAL_SIGNATURE: &str = "approval.json.sig";
/// Who reviewed what, when, with which result.
pub const REVIEW: &str = "review.json";
/// One account a line.
pub const ACCOUNTS: &str = "accounts.jsonl";
/// The organization, teams, projects and roles.
pub const RESOURCES: &str = "resources.jsonl";
/// One stored grant a line; the line number is the item number.
pub const GRANTS: &str = "grants.jsonl";
/// Line n decides line n of [`GRANTS`].
pub const DECISIONS: &str = "decisions.jsonl";
/// Every entry in order; the last one attests.
pub const JOURNAL: &str = "journal.jsonl";
/// The raw answers of the server.
pub const EVIDENCE: &str = "evidence.jsonl.zst";
/// The digests of the population when the review was opened.
pub const OPENED_SUMS: &str = "opened.sums";
/// What the previous record decided; there only when one was named.
pub const EARLIER: &str = "earlier.jsonl";
/// The rules the review was opened under.
pub const POLICY: &str = "policy.toml";
/// Which record it is and the roots of its trees: what is shown with single lines of it.
pub const ROOTS: &str = "roots.json";
/// How to verify the record with stock tools.
pub const README: &str = "README.txt";

/// The namespace of a reviewer's signature.
pub const NAMESPACE: &str = "muster-review";

/// The namespace of an approver's signatures.
pub const NAMESPACE_APPROVE: &str = "muster-approve";

/// The text of [`README`].
pub const README_TEXT: &str = include_str!("record/README.txt");

/// The files that [`SUMS`] lists, sorted by name: all of a record but [`SUMS`] and [`SIGNATURE`].
pub const LISTED: [&str; 11] = [
    README,
    ACCOUNTS,
    DECISIONS,
    EVIDENCE,
    GRANTS,
    JOURNAL,
    OPENED_SUMS,
    POLICY,
    RESOURCES,
    REVIEW,
    ROOTS,
];

/// The files that [`OPENED_SUMS`] lists, sorted by name: what was fetched, and the rules that were set for it.
pub const POPULATION: [&str; 5] = [ACCOUNTS, EVIDENCE, GRANTS, POLICY, RESOURCES];

/// The files that both lists have only when the review was compared with a record.
pub const OPTIONAL: [&str; 1] = [EARLIER];

/// The files of an approval, in the order in which they are written: all of them are there, or none.
pub const APPROVED: [&str; 3] = [APPROVAL, APPROVAL_SIGNATURE, APPROVER_SIGNATURE];

/// The largest size of a file that is read; `None` for a name that a record does not have.
pub fn limit(name: &str) -> Option<u64> {
    Some(match name {
        SUMS | SIGNATURE | OPENED_SUMS | APPROVER_SIGNATURE | APPROVAL_SIGNATURE => 16 << 10,
        README | ROOTS => 64 << 10,
        POLICY => super::policy::LIMIT,
        REVIEW | APPROVAL => 64 << 20,
        ACCOUNTS | RESOURCES | EARLIER => 1 << 30,
        GRANTS | DECISIONS | JOURNAL | EVIDENCE => 8 << 30,
        _ => return None,
    })
}

/// Reads `SHA256SUMS`.
///
/// # Errors
/// When it does not list exactly the files of a record; [`OPTIONAL`] ones may be missing.
pub fn parse_sums(bytes: &[u8]) -> Result<Sums, Error> {
    Sums::parse(SUMS, bytes, &LISTED, &OPTIONAL)
}

/// Reads `opened.sums`.
///
/// # Errors
/// When it does not list exactly the population files; [`OPTIONAL`] ones may be missing.
pub fn parse_opened_sums(bytes: &[u8]) -> Result<Sums, Error> {
    Sums::parse(OPENED_SUMS, bytes, &POPULATION, &OPTIONAL)
}

#[cfg(test)]
mod tests;
