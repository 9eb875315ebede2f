//! What was read and what was not, as rows.

use crate::domain::{campaign::Campaign, origin::origin, text::SafeText};

/// A label and a text each: completeness, every gap, and how the organization was read.
pub(crate) fn of(campaign: &Campaign) -> Vec<(&'static str, SafeText)> {
    let mut rows = vec![("complete", SafeText::of(&campaign.complete()))];
    let gaps = &campaign.opened().provenance.gaps;
    rows.extend(
        gaps.iter()
            .map(|gap| ("missing", SafeText::of(&gap.words()))),
    );
    rows.extend(
        origin(campaign)
            .into_iter()
            .map(|(label, text)| (label, SafeText::of(&text))),
    );
    rows
}
