//! What a verified record says, as lines for people.

use super::VerifiedRecord;
use crate::domain::{provenance::Completeness, text::SafeText, time::Timestamp};

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
            ("key type", self.key_words()),
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
        if let Some(reason) = &review.undecided_reason {
            facts.push(("undecided because", reason.raw().to_owned()));
        }
        if let Some(reason) = &review.self_review {
            facts.push(("own access decided because", reason.raw().to_owned()));
        }
        let complete = match review.provenance.completeness() {
            Completeness::Full => "full: everything that was asked for was read".to_owned(),
            Completeness::Partial => "partial".to_owned(),
        };
        facts.push(("completeness", complete));
        for gap in &review.provenance.gaps {
            facts.push((
                "missing",
                format!("{}: {}", gap.missing.raw(), gap.reason.raw()),
            ));
        }
        let utc = |at: Timestamp| format!("{} UTC", at.minute());
        facts.extend([
            ("access as of", utc(review.provenance.ended)),
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

    fn key_words(&self) -> String {
        let key = self.key();
        match key.user_verified {
            None => key.key_type.clone(),
            Some(false) => format!("{}, touched", key.key_type),
            Some(true) => format!("{}, touched, its holder checked", key.key_type),
        }
    }
}
