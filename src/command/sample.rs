//! `muster sample`: items for an auditor to look at, drawn so that everybody draws the same.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::json;

use super::{Answer, failure, record, thousands};
use crate::{
    domain::sample::{ALGORITHM, draw},
    export::items::decided,
    tui::phrase,
};

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) record: PathBuf,
    pub(crate) seed: String,
    pub(crate) size: usize,
    pub(crate) filter: Option<String>,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Draws a sample from a good record.
pub(crate) fn sample(options: &Options) -> anyhow::Result<Answer> {
    if options.seed.contains(['\n', '\r']) {
        return Err(failure(
            "the seed has a line end in it",
            "a seed is one line of text, such as a number or a date",
        ));
    }
    let (good, items) = record::open_some(
        &options.record,
        options.allowed_signers.as_deref(),
        options.filter.as_deref(),
    )?;
    let campaign = good.record.campaign();
    let drawn = draw(campaign, &items, &options.seed, options.size);
    let snapshot = campaign.snapshot();
    let text = if options.json {
        super::json_line(&json!({
            "record": good.record.review().record_id,
            "record_sha256sums": good.record.sums().to_string(),
            "verdict": good.verdict,
            "algorithm": ALGORITHM,
            "seed": options.seed,
            "filter": options.filter,
            "of": items.len(),
            "items": drawn.iter().map(|item| json!({
                "item": item.number(),
                "id": snapshot.grant(*item).id.to_string(),
                "holder": snapshot.holder_label(snapshot.grant(*item).holder).raw(),
                "resource": snapshot.resource_label(*item).raw(),
                "role": snapshot.role_label(*item).raw(),
                "decision": decided(campaign, *item),
                "reason": campaign.deciding_entry(*item).and_then(|(_, decided)| decided.reason.as_ref()).map(crate::domain::text::Raw::raw),
            })).collect::<Vec<_>>(),
        }))
    } else {
        let mut text = format!(
            "{} of {} items, {ALGORITHM} with seed {}; {}\n",
            thousands(drawn.len() as u64),
            thousands(items.len() as u64),
            crate::domain::text::SafeText::of(&options.seed),
            good.verdict
        );
        for item in &drawn {
            let reason = campaign
                .deciding_entry(*item)
                .and_then(|(_, decided)| decided.reason.as_ref())
                .map_or_else(String::new, |reason| format!(": {}", reason.safe()));
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:>7}  {}  {:<12} {}{reason}",
                item.number(),
                snapshot.grant(*item).id,
                decided(campaign, *item),
                phrase::item_of(snapshot, *item)
            );
        }
        text
    };
    Ok(Answer::done(text))
}
