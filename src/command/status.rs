//! `muster status`: how far a review is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Answer, Context, count, thousands};
use crate::domain::{campaign::Campaign, provenance::Completeness, seal::Effort};

/// Tells how far the review `name` is, and how complete its snapshot.
pub(crate) fn status(context: &Context, name: &str, json: bool) -> anyhow::Result<Answer> {
    let review = super::review::look(context, name)?;
    let campaign = review.campaign();
    Ok(Answer::done(if json {
        super::json_line(&as_json(campaign))
    } else {
        as_text(campaign)
    }))
}

fn as_text(campaign: &Campaign) -> String {
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let organization = campaign.snapshot().organization();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "review        {}", opened.review);
    let _ = writeln!(
        text,
        "organization  {} at {}",
        organization.name.safe(),
        organization.url
    );
    let _ = writeln!(text, "as of         {} UTC", campaign.as_of().minute());
    let _ = writeln!(text, "reviewer      {}", opened.reviewer.safe());
    let _ = writeln!(text, "accounts      {}", thousands(opened.accounts));
    let _ = writeln!(text, "items         {}", thousands(progress.items));
    let _ = writeln!(text, "  kept          {}", thousands(progress.kept));
    let _ = writeln!(text, "  revoked       {}", thousands(progress.revoked));
    let _ = writeln!(text, "  acknowledged  {}", thousands(progress.acknowledged));
    let _ = writeln!(text, "  undecided     {}", thousands(progress.undecided));
    let _ = writeln!(text, "    for later     {}", thousands(progress.later));
    let own = Effort::of(campaign).own_undecided;
    if own > 0 {
        let _ = writeln!(
            text,
            "    your own      {} (another reviewer decides)",
            thousands(own)
        );
    }
    let provenance = &opened.provenance;
    if !provenance.resumed.is_empty() {
        let _ = writeln!(text, "read from     {}", provenance.interrupted());
    }
    match provenance.completeness() {
        Completeness::Full => {
            text.push_str("completeness  full: everything that was asked for was read\n");
        }
        Completeness::Partial => {
            let _ = writeln!(
                text,
                "completeness  PARTIAL: {}",
                count(provenance.gaps.len() as u64, "gap", "gaps")
            );
            for gap in &provenance.gaps {
                let _ = writeln!(text, "  - {} ({})", gap.missing.safe(), gap.reason.safe());
            }
        }
    }
    match campaign.sealed() {
        Some(record) => {
            let _ = writeln!(text, "sealed        as {record}");
        }
        None => text.push_str("sealed        no\n"),
    }
    text
}

/// The same for scripts. Names of people and things are as Space gave them, escaped by JSON.
pub(crate) fn as_json(campaign: &Campaign) -> Value {
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let organization = campaign.snapshot().organization();
    let provenance = &opened.provenance;
    json!({
        "review": opened.review,
        "organization": {"id": &*organization.id, "name": organization.name.raw(), "url": &*organization.url},
        "as_of": campaign.as_of().to_string(),
        "read_from": provenance.began.to_string(),
        "resumed": provenance.resumed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "reviewer": opened.reviewer.raw(),
        "accounts": opened.accounts,
        "items": progress.items,
        "kept": progress.kept,
        "revoked": progress.revoked,
        "acknowledged": progress.acknowledged,
        "undecided": progress.undecided,
        "later": progress.later,
        "own_undecided": Effort::of(campaign).own_undecided,
        "completeness": match provenance.completeness() {
            Completeness::Full => "full",
            Completeness::Partial => "partial",
        },
        "gaps": provenance.gaps.iter().map(|gap| json!({
            "call": gap.call, "missing": gap.missing.raw(), "reason": gap.reason.raw(),
        })).collect::<Vec<_>>(),
        "sealed": campaign.sealed(),
    })
}
