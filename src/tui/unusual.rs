//! What is out of the ordinary among many items, counted before they are decided together.

use super::widget::text::number;
use crate::domain::{campaign::Campaign, items::ItemSet, signal::Rule};

/// The signals that are counted, each as it is told.
const TOLD: [(Rule, &str); 7] = [
    (Rule::Privileged, "privileged"),
    (Rule::StillHere, "revoked before and still here"),
    (Rule::External, "of externals"),
    (Rule::Left, "of accounts that left"),
    (Rule::Suspended, "of suspended accounts"),
    (Rule::Hidden, "with hidden characters"),
    (Rule::LookAlike, "with look-alike names"),
];

/// The counts among `items` in words, without what there is none of. An item may count in several of them.
pub(crate) fn told(campaign: &Campaign, items: &ItemSet) -> String {
    let counts = campaign.signals().counts(items);
    let yes = |wanted: Rule| {
        let found = counts.iter().find(|(rule, _)| *rule == wanted);
        found.map_or(0, |(_, count)| count.yes)
    };
    let decided = items
        .iter()
        .filter(|item| campaign.slot(*item).decision.is_some())
        .count() as u64;
    let told = TOLD.map(|(rule, what)| (yes(rule), what));
    let all = told
        .into_iter()
        .chain([(decided, "decided before: they change")]);
    let there: Vec<String> = all
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", number(n)))
        .collect();
    there.join(", ")
}
