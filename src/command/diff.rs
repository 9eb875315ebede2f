//! `muster diff`: what changed between two records or reviews, and what became of the revokes of the older one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
};

use serde_json::json;

use super::{Answer, Context, count, failure, record::Subject, thousands};
use crate::{
    domain::{
        campaign::Campaign,
        drift::{Aspect, Drift},
        items::{Item, ItemSet},
        outcome::{Outcome, Outcomes},
        text::SafeText,
    },
    export::{csv, items::revoked, table::Cell},
    tui::phrase,
};

/// How many lines of a kind people are shown.
const LISTED: usize = 40;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) old: PathBuf,
    pub(crate) new: PathBuf,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) form: Form,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
    Csv,
}

/// Compares two moments of one organization.
pub(crate) fn diff(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let signers = options.allowed_signers.as_deref();
    let old = Subject::open(context, &options.old, signers)?;
    let new = Subject::open(context, &options.new, signers)?;
    let (one, other) = (old.campaign(), new.campaign());
    let ids = [one, other].map(|campaign| &*campaign.snapshot().organization().id);
    if ids[0] != ids[1] {
        return Err(failure(
            format!(
                "they are of different organizations: {} and {}",
                SafeText::of(ids[0]),
                SafeText::of(ids[1])
            ),
            "compare two records or reviews of the same organization",
        ));
    }
    if one.as_of() > other.as_of() {
        return Err(failure(
            format!(
                "the second is older: {} UTC, the first {} UTC",
                other.as_of().minute(),
                one.as_of().minute()
            ),
            "give the older one first",
        ));
    }
    let compared = Compared::of(one, other);
    let text = match options.form {
        Form::Text => as_text(&compared, &old.standing(), &new.standing()),
        Form::Json => compared
            .lines()
            .map(|line| {
                super::json_line(&json!({
                    "kind": line.kind,
                    "change": line.change,
                    "id": line.id,
                    "what": line.what,
                    "detail": line.detail,
                    "old_item": line.old.map(Item::number),
                    "new_item": line.new.map(Item::number),
                }))
            })
            .collect(),
        Form::Csv => as_csv(&compared),
    };
    Ok(Answer {
        text,
        code: u8::from(compared.lines().next().is_some()),
    })
}

/// What differs, a line each.
pub(super) struct Compared<'a> {
    old: &'a Campaign,
    new: &'a Campaign,
    /// How many grants are the same.
    pub(super) unchanged: u64,
    accounts: Vec<Line>,
    roles: Vec<Line>,
    grants: Vec<Line>,
    revokes: Vec<Line>,
    outcomes: BTreeMap<&'static str, u64>,
}

/// One thing that differs.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// `account`, `role`, `grant` or `revoke`.
    pub(super) kind: &'static str,
    /// `added`, `removed`, `changed`, or what became of a revoke.
    pub(super) change: &'static str,
    pub(super) id: String,
    pub(super) what: String,
    pub(super) detail: String,
    old: Option<Item>,
    new: Option<Item>,
}

impl<'a> Compared<'a> {
    /// Compares the whole snapshots, whatever the scope of the reviews.
    pub(super) fn of(old: &'a Campaign, new: &'a Campaign) -> Self {
        let (one, other) = (old.snapshot(), new.snapshot());
        let accounts = |campaign: &Campaign| -> BTreeMap<String, String> {
            campaign
                .snapshot()
                .accounts()
                .iter()
                .map(|account| (account.id.0.to_string(), account.label().safe().to_string()))
                .collect()
        };
        let roles = |campaign: &Campaign| -> BTreeMap<String, String> {
            let roles = campaign.snapshot().roles().iter();
            roles
                .map(|role| (role.key.to_string(), role.name.safe().to_string()))
                .collect()
        };
        // What was outside a scope was read all the same: whole snapshots are compared.
        let all = |length: usize| {
            let end = u32::try_from(length).expect("items are counted in 32 bits");
            ItemSet::range(Item(0), Item(end))
        };
        let (all_old, all_new) = (all(one.len()), all(other.len()));
        let drift = Drift::between((one, old.as_of(), &all_old), (other, new.as_of(), &all_new));
        let grant = |campaign: &Campaign, item: Item, change, detail| Line {
            kind: "grant",
            change,
            id: campaign.snapshot().grant(item).id.to_string(),
            what: phrase::item_of(campaign.snapshot(), item),
            detail,
            old: None,
            new: None,
        };
        let mut grants: Vec<Line> = Vec::new();
        grants.extend(drift.new.iter().map(|item| Line {
            new: Some(item),
            ..grant(new, item, "added", String::new())
        }));
        grants.extend(drift.gone.iter().map(|item| Line {
            old: Some(item),
            ..grant(old, item, "removed", String::new())
        }));
        grants.extend(drift.changed.iter().map(|changed| {
            let words: Vec<&str> = changed
                .what
                .iter()
                .map(|what| Aspect::word(*what))
                .collect();
            Line {
                old: Some(changed.before),
                new: Some(changed.item),
                ..grant(new, changed.item, "changed", words.join(", "))
            }
        }));
        let outcomes = Outcomes::new(old, new);
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        let revokes = revoked(old, old.items())
            .iter()
            .map(|item| {
                let outcome = outcomes.of(item);
                *counts.entry(outcome.word()).or_default() += 1;
                revoke(old, new, item, outcome)
            })
            .collect();
        Self {
            accounts: named("account", &accounts(old), &accounts(new)),
            roles: named("role", &roles(old), &roles(new)),
            unchanged: drift.unchanged,
            grants,
            revokes,
            outcomes: counts,
            old,
            new,
        }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        let changes = self.accounts.iter().chain(&self.roles).chain(&self.grants);
        changes.chain(&self.revokes)
    }
}

/// What was added, removed or given another name.
fn named(
    kind: &'static str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<Line> {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    ids.into_iter()
        .filter_map(|id| {
            let (change, what, detail) = match (old.get(id), new.get(id)) {
                (None, Some(name)) => ("added", name, String::new()),
                (Some(name), None) => ("removed", name, String::new()),
                (Some(one), Some(other)) if one != other => {
                    ("changed", other, format!("was called {one}"))
                }
                _ => return None,
            };
            Some(Line {
                kind,
                change,
                id: SafeText::of(id).to_string(),
                what: what.clone(),
                detail,
                old: None,
                new: None,
            })
        })
        .collect()
}

fn revoke(old: &Campaign, new: &Campaign, item: Item, outcome: Outcome) -> Line {
    let (found, detail) = match outcome {
        Outcome::Gone | Outcome::HolderGone | Outcome::NotSeen => (None, String::new()),
        Outcome::Still { item } | Outcome::Back { item } => (Some(item), String::new()),
        Outcome::Elsewhere {
            item,
            team,
            certainty,
        } => {
            let way = team.map_or_else(
                || "directly".to_owned(),
                |team| format!("via team {}", phrase::team_name(new.snapshot(), team)),
            );
            let role = phrase::role(new.snapshot(), item);
            let detail = format!("as {role} {way}{}", phrase::certainty(certainty));
            (Some(item), detail)
        }
    };
    Line {
        kind: "revoke",
        change: outcome.word(),
        id: old.snapshot().grant(item).id.to_string(),
        what: phrase::item_of(old.snapshot(), item),
        detail,
        old: Some(item),
        new: found,
    }
}

fn as_text(compared: &Compared<'_>, old: &str, new: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let as_of = |campaign: &Campaign| campaign.as_of().minute();
    let _ = writeln!(
        text,
        "old  {}, as of {} UTC; {old}\nnew  {}, as of {} UTC; {new}",
        compared.old.opened().review,
        as_of(compared.old),
        compared.new.opened().review,
        as_of(compared.new),
    );
    for (title, lines) in [
        ("accounts", &compared.accounts),
        ("roles", &compared.roles),
        ("grants", &compared.grants),
    ] {
        let of = |change| lines.iter().filter(|line| line.change == change).count() as u64;
        let _ = writeln!(
            text,
            "\n{title}: {} added, {} removed, {} changed",
            thousands(of("added")),
            thousands(of("removed")),
            thousands(of("changed"))
        );
        list(&mut text, lines);
    }
    let _ = writeln!(
        text,
        "\nrevokes of the older one: {}",
        thousands(compared.revokes.len() as u64)
    );
    for (word, n) in &compared.outcomes {
        let _ = writeln!(text, "  {:<13} {}", word, thousands(*n));
    }
    // What was carried out is counted; what was not is listed first.
    let (open, done): (Vec<Line>, Vec<Line>) = compared
        .revokes
        .iter()
        .cloned()
        .partition(|line| !matches!(line.change, "gone" | "holder-gone"));
    list(&mut text, &open);
    list(&mut text, &done);
    text
}

fn list(text: &mut String, lines: &[Line]) {
    for line in lines.iter().take(LISTED) {
        let detail = if line.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", line.detail)
        };
        let _ = writeln!(text, "  {:<12} {}{detail}", line.change, line.what);
    }
    let more = lines.len().saturating_sub(LISTED) as u64;
    if more > 0 {
        let _ = writeln!(
            text,
            "  and {}; --csv and --json list all",
            count(more, "more", "more")
        );
    }
}

fn as_csv(compared: &Compared<'_>) -> String {
    let mut text = csv::row(
        &[
            "kind", "change", "id", "what", "detail", "old_item", "new_item",
        ]
        .map(Cell::Word),
    );
    for line in compared.lines() {
        text.push_str(&csv::row(&[
            line.kind.into(),
            line.change.into(),
            Cell::text(&line.id),
            Cell::text(&line.what),
            Cell::text(&line.detail),
            line.old.map(Item::number).into(),
            line.new.map(Item::number).into(),
        ]));
    }
    text
}
