//! `muster sample`: items for an auditor to look at, drawn so that everybody draws the same.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::json;

use super::{Answer, failure, record, thousands};
use crate::{
    domain::{
        campaign::Campaign,
        items::Item,
        sample::{ALGORITHM, Stratum, draw, draw_by_risk, sizes},
        text::{Raw, SafeText},
    },
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
    /// The strata of risk take turns.
    pub(crate) by_risk: bool,
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
    let (seed, size) = (&options.seed, options.size);
    let drawn: Vec<(Item, Option<Stratum>)> = if options.by_risk {
        let drawn = draw_by_risk(campaign, &items, seed, size).into_iter();
        drawn.map(|(item, stratum)| (item, Some(stratum))).collect()
    } else {
        let drawn = draw(campaign, &items, seed, size).into_iter();
        drawn.map(|item| (item, None)).collect()
    };
    // What each stratum has, and what was drawn from it.
    let strata = options.by_risk.then(|| {
        let has = sizes(campaign, &items);
        Stratum::ALL.map(|stratum| {
            let of = drawn.iter().filter(|(_, of)| *of == Some(stratum));
            (stratum, of.count() as u64, has[stratum as usize])
        })
    });
    let snapshot = campaign.snapshot();
    if options.json {
        let strata = strata.map(|strata| {
            let strata = strata.iter().map(|(stratum, drawn, of)| {
                json!({ "stratum": stratum.word(), "drawn": drawn, "of": of })
            });
            strata.collect::<Vec<_>>()
        });
        return Ok(Answer::done(super::json_line(&json!({
            "record": good.record.review().record_id,
            "record_sha256sums": good.record.sums().to_string(),
            "verdict": good.verdict,
            "algorithm": ALGORITHM,
            "seed": options.seed,
            "filter": options.filter,
            "of": items.len(),
            "strata": strata,
            "items": drawn.iter().map(|(item, stratum)| json!({
                "item": item.number(),
                "id": snapshot.grant(*item).id.to_string(),
                "stratum": stratum.map(Stratum::word),
                "holder": snapshot.holder_label(snapshot.grant(*item).holder).raw(),
                "resource": snapshot.resource_label(*item).raw(),
                "role": snapshot.role_label(*item).raw(),
                "decision": decided(campaign, *item),
                "reason": reason(campaign, *item).map(Raw::raw),
            })).collect::<Vec<_>>(),
        }))));
    }
    let mut text = format!(
        "{} of {} items, {ALGORITHM} with seed {}; {}\n",
        thousands(drawn.len() as u64),
        thousands(items.len() as u64),
        SafeText::of(seed),
        good.verdict
    );
    if let Some(strata) = strata {
        let strata = strata.map(|(stratum, drawn, of)| {
            format!(
                "{} {} of {}",
                stratum.word(),
                thousands(drawn),
                thousands(of)
            )
        });
        // Writing to a string cannot fail.
        let _ = writeln!(text, "by risk, the strata in turn: {}", strata.join(", "));
    }
    for (item, stratum) in &drawn {
        let reason = reason(campaign, *item)
            .map_or_else(String::new, |reason| format!(": {}", reason.safe()));
        let stratum = stratum.map_or_else(String::new, |it| format!("{:<8} ", it.word()));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:>7}  {}  {stratum}{:<12} {}{reason}",
            item.number(),
            snapshot.grant(*item).id,
            decided(campaign, *item),
            phrase::item_of(snapshot, *item)
        );
    }
    Ok(Answer::done(text))
}

/// Why it was decided so, when it was told.
fn reason(campaign: &Campaign, item: Item) -> Option<&Raw> {
    let (_, decided) = campaign.deciding_entry(item)?;
    decided.reason.as_ref()
}
