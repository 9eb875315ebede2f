//! `muster show`: everything a record has about one item.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{Answer, Hint as _, failure, log, record, verify};
use crate::{
    domain::{
        campaign::Campaign,
        grant::{Audience, Entitlement, Holder},
        items::Item,
        signal::Rule,
        text::SafeText,
    },
    export::{
        items::{self, Items},
        table::Cell,
    },
    format::{
        evidence::{self, Body, Reader},
        record::EVIDENCE,
    },
    tui::phrase,
    verify::Folder as _,
};

/// How many lines of an answer people are shown.
const LINES: usize = 60;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) record: PathBuf,
    pub(crate) item: String,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Tells all about one item of a good record.
pub(crate) fn show(options: &Options) -> anyhow::Result<Answer> {
    let good = record::open(&options.record, options.allowed_signers.as_deref())?;
    let campaign = good.record.campaign();
    let item = record::find_item(campaign, &options.item)?;
    let source = campaign.snapshot().grant(item).source;
    let found = excerpt(&options.record, campaign, item, source)?;
    let entries: Vec<_> = campaign
        .entries()
        .iter()
        .filter(|entry| log::touches(campaign, entry, item))
        .collect();
    let row = Items::new(campaign, &item.into()).row(item);
    let columns = items::COLUMNS.iter().zip(row);
    if options.json {
        let row: Map<String, Value> = columns
            .map(|(column, cell)| {
                let value = match cell {
                    Cell::Empty => Value::Null,
                    Cell::Number(number) => number.into(),
                    other => other.words().into(),
                };
                (column.name.to_owned(), value)
            })
            .collect();
        return Ok(Answer::done(super::json_line(&json!({
            "verdict": good.verdict,
            "record": good.record.review().record_id,
            "record_sha256sums": good.record.sums().to_string(),
            "signature": {
                "principal": good.record.review().reviewer.principal.raw(),
                "key": good.record.key().openssh(),
                "key_fingerprint": good.record.key().fingerprint,
                "sealed_at": good.record.review().sealed_at.to_string(),
            },
            "item": row,
            "signals": signals(campaign, item),
            "entries": entries.iter().map(|entry| log::as_json(campaign, entry)).collect::<Vec<_>>(),
            "source": found.as_ref().map(|found| json!({
                "n": source,
                "request": format!("{} {}", found.answer.method, found.answer.url),
                "status": found.answer.status,
                "at": found.answer.at.to_string(),
                "sha256": found.answer.body.digest().to_string(),
                "row": found.row,
            })),
        }))));
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", phrase::item_of(campaign.snapshot(), item));
    let review = good.record.review();
    let _ = writeln!(text, "  {:<16} {}", "record", good.verdict);
    let _ = writeln!(
        text,
        "  {:<16} {} with {}, {} UTC by the signer's clock",
        "signed by",
        review.reviewer.principal.safe(),
        SafeText::of(&good.record.key().fingerprint),
        review.sealed_at.minute()
    );
    for (column, cell) in columns.filter(|(_, cell)| *cell != Cell::Empty) {
        let _ = writeln!(
            text,
            "  {:<16} {}",
            column.name.replace('_', " "),
            cell.words()
        );
    }
    for fact in phrase::facts(campaign, item) {
        let _ = writeln!(text, "  {:<16} {fact}", "worth knowing");
    }
    let _ = writeln!(text, "\nSignals");
    let told = phrase::signals(campaign, item);
    if told.is_empty() {
        let _ = writeln!(text, "  none says yes, and none is unknown");
    }
    for signal in told {
        let _ = writeln!(text, "  {signal}");
    }
    let _ = writeln!(text, "\nWhat happened to it");
    for entry in entries {
        let _ = writeln!(text, "{}", log::line(campaign, entry));
    }
    let _ = writeln!(text, "\nWhat the server said");
    match &found {
        None => {
            let _ = writeln!(text, "  nothing was kept of its answers");
        }
        Some(found) => tell(found, source, &mut text),
    }
    Ok(Answer::done(text))
}

/// The signals that say yes or cannot tell, each with what its rule looked at.
fn signals(campaign: &Campaign, item: Item) -> Vec<Value> {
    let signals = campaign.signals();
    let told = |rule: Rule, value: &str| {
        json!({
            "signal": rule.name(),
            "version": rule.version(),
            "value": value,
            "inputs": signals.told(campaign, rule, item),
        })
    };
    // What was not read is told rule by rule.
    let yes = signals.of_item(item).filter(|rule| *rule != Rule::Unread);
    let unknown = signals.unread_of(item).map(|rule| told(rule, "unknown"));
    yes.map(|rule| told(rule, "yes")).chain(unknown).collect()
}

/// The answer an item was read from, and what in it is about the item.
struct Found {
    answer: evidence::Answer,
    row: Option<Value>,
}

fn tell(found: &Found, source: u32, text: &mut String) {
    let answer = &found.answer;
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "  answer {source} of {EVIDENCE}: {} {}\n  status {}, {} UTC, SHA-256 of the body {}",
        SafeText::of(&answer.method),
        SafeText::of(&answer.url),
        answer.status,
        answer.at.minute(),
        answer.body.digest()
    );
    match (&found.row, &answer.body) {
        (_, Body::Digest(_)) => {
            let _ = writeln!(text, "  only the digest of the answer was kept");
        }
        (None, Body::Whole(_)) => {
            let _ = writeln!(text, "  nothing in it names the item as it is written here");
        }
        (Some(row), Body::Whole(_)) => {
            let pretty = serde_json::to_string_pretty(row).unwrap_or_default();
            for line in pretty.lines().take(LINES) {
                let _ = writeln!(text, "  {}", SafeText::of(line));
            }
            let more = pretty.lines().count().saturating_sub(LINES);
            if more > 0 {
                let _ = writeln!(text, "  … {more} more lines; --json has all");
            }
        }
    }
}

/// Reads the answer with the number `source`; `None` when nothing was kept.
fn excerpt(
    record: &Path,
    campaign: &Campaign,
    item: Item,
    source: u32,
) -> anyhow::Result<Option<Found>> {
    let hint = "judge the record with `muster verify`";
    let folder = verify::DiskFolder::open(record, &|_| ()).hint(hint)?;
    let mut reader = Reader::new(folder.open(EVIDENCE).hint(hint)?).hint(hint)?;
    while let Some(answer) = reader.next().hint(hint)? {
        if answer.number == source {
            let row = match &answer.body {
                Body::Whole(body) => serde_json::from_slice(body)
                    .ok()
                    .and_then(|body| row(&body, &names(campaign, item)).cloned()),
                Body::Digest(_) => None,
            };
            return Ok(Some(Found { answer, row }));
        }
    }
    if source == 0
        || campaign.opened().provenance.evidence == crate::domain::provenance::Evidence::None
    {
        return Ok(None);
    }
    Err(failure(
        format!("{EVIDENCE} has no answer {source}"),
        "the record says that it was read from there; ask whoever made it",
    ))
}

/// The ids of Space that tell an item apart in an answer.
fn names(campaign: &Campaign, item: Item) -> Vec<&str> {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    let holder = match grant.holder {
        Holder::Account(account) => Some(&*snapshot.account(account).id.0),
        Holder::Team(team) => Some(&*snapshot.team(team).id),
        Holder::Everyone(Audience::Members | Audience::Externals | Audience::Unknown) => None,
    };
    match grant.entitlement {
        Entitlement::Membership(membership) => vec![&*snapshot.membership(membership).id],
        Entitlement::SignIn | Entitlement::ProjectRole(..) => holder.into_iter().collect(),
        // Holders are listed role by role; an implicit role names nobody.
        Entitlement::OrganizationRole(role) => match holder {
            Some(holder) => vec![holder],
            None => snapshot
                .role(role)
                .key
                .strip_prefix("org:")
                .into_iter()
                .collect(),
        },
    }
}

/// The row of a list that names all of `names`, wherever in it.
fn row<'v>(body: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let rows = match body {
        Value::Array(rows) => rows.as_slice(),
        Value::Object(object) => match object.get("data") {
            Some(Value::Array(rows)) => rows.as_slice(),
            _ => std::slice::from_ref(body),
        },
        _ => return None,
    };
    rows.iter()
        .find(|row| !names.is_empty() && names.iter().all(|name| mentions(row, name)))
}

fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name,
        Value::Array(values) => values.iter().any(|value| mentions(value, name)),
        Value::Object(object) => object.values().any(|value| mentions(value, name)),
        _ => false,
    }
}
