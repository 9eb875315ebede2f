//! Renderings of a sealed record for people and other programs. They are derived and never read back: each says from
//! which record it was made, and the record's signature does not cover it.
//!
//! Text from outside is shown as [`SafeText`]; the exact bytes are in the record.

pub(crate) mod completeness;
pub(crate) mod crosswalk;
pub(crate) mod csv;
pub(crate) mod events;
pub(crate) mod flags;
pub(crate) mod html;
pub(crate) mod items;
pub(crate) mod json;
pub(crate) mod removal;
pub(crate) mod signals;
pub(crate) mod standing;
pub(crate) mod table;
pub(crate) mod verdicts;
pub(crate) mod xlsx;

use crate::{
    domain::{Digest, campaign::Campaign, items::ItemSet, text::SafeText},
    format::record::Review,
};

/// The record that is rendered, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The review as its journal tells it.
    pub(crate) campaign: &'a Campaign,
    /// What the record says about itself.
    pub(crate) review: &'a Review,
    /// The digest of `SHA256SUMS`, which stands for the whole record.
    pub(crate) sums: Digest,
    /// What verifying it said, in one line: `good: the signer is known, …`.
    pub(crate) verdict: &'a str,
    /// What verifying it found, a label and a text each.
    pub(crate) facts: &'a [(&'static str, SafeText)],
    /// Which items are wanted, and the filter that chose them when one did.
    pub(crate) items: &'a ItemSet,
    /// The text of that filter.
    pub(crate) filter: Option<&'a str>,
}

impl Source<'_> {
    /// The sentence that every rendering carries.
    pub(crate) fn origin(&self) -> String {
        format!(
            "Derived from record {}; the SHA-256 of its SHA256SUMS is {}. What counts is the signed record, not this rendering.",
            SafeText::of(&self.review.record_id),
            self.sums
        )
    }
}
