//! `muster status`: how far a review is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Answer, Context, count, thousands};
use crate::{
    domain::{
        bulk::Bulk,
        campaign::Campaign,
        decision::Decision,
        earlier,
        origin::origin,
        provenance::Reader,
        rights::Right,
        seal::Effort,
        text::{Raw, SafeText},
    },
    store::{self, Review},
    verify::Verdict,
};

/// Tells how far the review `name` is, and how complete its snapshot.
pub(crate) fn status(context: &Context, name: &str, json: bool) -> anyhow::Result<Answer> {
    let review = super::review::look(context, name)?;
    Ok(Answer::done(if json {
        let mut value = as_json(&review);
        value["approval"] = approval(context, &review).into();
        super::json_line(&value)
    } else {
        let approval = approval(context, &review);
        let approval = approval.map(|state| format!("approval      {state}\n"));
        as_text(&review) + &approval.unwrap_or_default()
    }))
}

/// What came of an approval of its record, when it was sealed among the records. It is verified, without a list of signers.
fn approval(context: &Context, review: &Review) -> Option<String> {
    let record = context
        .store
        .records_folder()
        .join(review.campaign().sealed()?);
    if !record.is_dir() {
        return None;
    }
    if !store::has_approval(&record) {
        return Some("nobody approved the record".to_owned());
    }
    Some(match super::verify::judge_aloud(&record, None) {
        Ok(Verdict::Good { record, .. }) => record.approved().map_or_else(
            || "nobody approved the record".to_owned(),
            |approved| SafeText::of(&approved.words()).to_string(),
        ),
        Ok(verdict) => verdict.to_string(),
        Err(error) => format!("could not tell: {}", super::sentences(&error)),
    })
}

/// How many gone items are listed for people; scripts get all.
const GONE: usize = 20;

fn as_text(review: &Review) -> String {
    let campaign = review.campaign();
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "review        {}", opened.review);
    let _ = writeln!(text, "as of         {} UTC", campaign.as_of().minute());
    if let Some(previous) = &opened.previous {
        let refreshed = campaign
            .entries()
            .first()
            .map_or(campaign.as_of(), |first| first.at);
        let _ = writeln!(
            text,
            "refreshed     {} UTC, over the snapshot of {} UTC",
            refreshed.minute(),
            previous.as_of.minute()
        );
    }
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
    if let Some(scope) = &opened.scope {
        let _ = writeln!(
            text,
            "scope         {}: {} outside, not put up for decision",
            scope.safe(),
            count(campaign.out_of_scope(), "item is", "items are")
        );
    }
    let _ = writeln!(text, "completeness  {}", campaign.complete());
    for gap in &provenance.gaps {
        let _ = writeln!(text, "  - {}", gap.words());
    }
    for (label, line) in earlier::compared(campaign) {
        let _ = writeln!(text, "{label:<13} {line}");
    }
    if let Some(earlier) = campaign.earlier() {
        for gone in earlier.gone().iter().take(GONE) {
            let _ = writeln!(
                text,
                "  - {}: {} / {}, {}",
                gone.holder.safe(),
                gone.resource.safe(),
                gone.role.safe(),
                earlier::decided(earlier, gone.was)
            );
        }
        let more = earlier.gone().len().saturating_sub(GONE);
        if more > 0 {
            let _ = writeln!(
                text,
                "  - and {} more; --json lists all",
                thousands(more as u64)
            );
        }
    }
    for (label, line) in origin(campaign) {
        let _ = writeln!(text, "{label:<13} {line}");
    }
    for (name, digest) in review.digests() {
        let _ = writeln!(text, "file          {digest} {name}");
    }
    match campaign.sealed() {
        Some(record) => {
            let _ = writeln!(text, "sealed        as {record}");
        }
        None => text.push_str("sealed        no\n"),
    }
    text
}

/// The application whose token it was, for scripts.
pub(super) fn application(reader: &Reader) -> Value {
    match reader {
        Reader::Application { id, name } => json!({"id": **id, "name": name.raw()}),
        Reader::Account(_) | Reader::Unknown => Value::Null,
    }
}

/// What the token may read, for scripts.
pub(super) fn rights(rights: &[Right]) -> Value {
    let right = |right: &Right| {
        json!({
            "permission": right.permission.title(),
            "code": right.permission.code(),
            "state": right.holding.word(),
            "shown_by": right.holding.shown_by(),
            "why": right.holding.why().map(Raw::raw),
        })
    };
    rights.iter().map(right).collect()
}

/// The same for scripts. Names of people and things are as Space gave them, escaped by JSON.
pub(crate) fn as_json(review: &Review) -> Value {
    let campaign = review.campaign();
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let organization = campaign.snapshot().organization();
    let provenance = &opened.provenance;
    json!({
        "review": opened.review,
        "organization": {"id": &*organization.id, "name": organization.name.raw(), "url": &*organization.url},
        "as_of": campaign.as_of().to_string(),
        "refreshed": opened.previous.and_then(|_| campaign.entries().first()).map(|first| first.at.to_string()),
        "as_of_before": opened.previous.map(|previous| previous.as_of.to_string()),
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
        "scope": opened.scope.as_ref().map(Raw::raw),
        "out_of_scope": campaign.out_of_scope(),
        "completeness": opened.completeness().word(),
        "gaps": provenance.gaps.iter().map(|gap| json!({
            "call": gap.call, "missing": gap.missing.raw(), "reason": gap.reason.raw(),
        })).collect::<Vec<_>>(),
        "began": provenance.began.to_string(),
        "ended": provenance.ended.to_string(),
        "server_began": provenance.server_began.map(|at| at.to_string()),
        "server_ended": provenance.server_ended.map(|at| at.to_string()),
        "reader": provenance.reader.account().map(|id| &*id.0),
        "application": application(&provenance.reader),
        "rights": rights(&provenance.rights),
        "endpoints": provenance.endpoints.iter().map(|endpoint| json!({
            "call": endpoint.call,
            "parameters": endpoint.parameters,
            "requests": endpoint.requests,
            "pages": endpoint.pages,
            "rows": endpoint.rows,
            "distinct": endpoint.distinct,
            "server_total": endpoint.server_total,
            "retries": endpoint.retries,
            "refusals": endpoint.refusals,
            "errors": endpoint.errors,
        })).collect::<Vec<_>>(),
        "evidence": provenance.evidence.word(),
        "population": provenance.population.to_string(),
        "files": review.digests().map(|(name, digest)| (name.to_owned(), digest.to_string().into())).collect::<serde_json::Map<_, _>>(),
        "tool": opened.tool,
        "sealed": campaign.sealed(),
        "previous": previous(campaign),
    })
}

/// The record it is compared with, and what came of that.
pub(super) fn previous(campaign: &Campaign) -> Option<Value> {
    let (record, earlier) = (
        campaign.opened().previous_record.as_ref()?,
        campaign.earlier()?,
    );
    let counts = earlier.counts(campaign.items());
    let gone = earlier.gone().iter().map(|gone| {
        let act = gone.was.entry.and_then(|entry| earlier.act(entry));
        json!({
            "grant": gone.id.to_string(),
            "holder": gone.holder.raw(),
            "resource": gone.resource.raw(),
            "role": gone.role.raw(),
            "was": gone.was.decision.map(Decision::word),
            "reason": act.and_then(|act| act.reason.as_ref()).map(Raw::raw),
        })
    });
    let before = Bulk::as_before(campaign);
    Some(json!({
        "record": record.record,
        "sums": record.sums.to_string(),
        "review": record.review,
        "as_of": record.as_of.to_string(),
        "sealed_at": record.sealed_at.to_string(),
        "principal": record.principal.raw(),
        "key_fingerprint": record.key_fingerprint,
        "signer": if record.signer_known { "known" } else { "unknown" },
        "new": counts.new,
        "changed": counts.changed,
        "back": counts.back,
        "unchanged": counts.unchanged,
        "kept_as_before": campaign.kept_as_before(),
        "may_be_kept_as_before": before.items.len(),
        "to_be_decided_one_by_one": before.left_out.len(),
        "gone": gone.collect::<Vec<_>>(),
    }))
}
