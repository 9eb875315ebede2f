//! `muster decide`: what a filter chooses, decided as one event.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::{Answer, Context, Exceptions, count, failure, failure_at, now, writer};
use crate::domain::{
    bulk::{self, Bulk, Unfit},
    campaign::{Campaign, Refusal},
    decision::{Change, Decision},
    filter::Filter,
    items::{Item, ItemSet},
    journal::{Chosen, Event},
    remains::Remains,
    text::Raw,
};

/// What to decide, and how.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    /// Which items; `None` is what is unchanged since the previous record kept it.
    pub(crate) filter: Option<String>,
    pub(crate) change: Change,
    pub(crate) reason: Option<String>,
    /// Change items that are decided already too.
    pub(crate) redecide: bool,
    pub(crate) expect: Option<usize>,
    pub(crate) dry_run: bool,
    pub(crate) json: bool,
    pub(crate) exceptions: Exceptions,
}

/// Decides as `options` say and tells what came of it.
pub(crate) fn decide(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let filter = options.filter.as_deref();
    if filter.is_some_and(|filter| filter.trim().is_empty()) {
        return Err(failure(
            "the filter is empty",
            "say which items with --where; `is:undecided` is all that is left",
        ));
    }
    let filter = filter.map(parse).transpose()?;
    // The exception is written only when something is decided with it.
    let exceptions = Exceptions {
        self_review: None,
        ..options.exceptions.clone()
    };
    let mut review = super::review::work(context, &options.name, &exceptions)?;
    let allowed = options.exceptions.self_review.as_deref();
    let with = super::review::with_self_review(review.campaign(), allowed)?;
    let campaign = with.as_ref().unwrap_or(review.campaign());
    let bulk = match &filter {
        Some(filter) => select(campaign, filter, options.change, options.redecide),
        None => kept_before(campaign)?,
    };
    let remark = filter
        .as_ref()
        .and_then(|filter| filter.remark(campaign, bulk.is_empty()));
    let remark = remark.as_deref();
    if let Some(expected) = options.expect
        && expected != bulk.items.len()
    {
        return Err(failure(
            format!(
                "the filter chooses {}, not {expected}; nothing was decided",
                count(bulk.items.len() as u64, "item", "items")
            ),
            "look at it with --dry-run, then give the number that is right to --expect",
        ));
    }
    let event = (!bulk.items.is_empty()).then(|| event(options, campaign, &bulk));
    if let Some(event) = &event {
        campaign
            .check(event, now())
            .map_err(|refusal| match refusal {
                Refusal::KeepNeedsReason(_) => {
                    failure(refusal.to_string(), "give the reason with --reason")
                }
                refusal => refusal.into(),
            })?;
    }
    if let Some(event) = event.filter(|_| !options.dry_run) {
        super::review::allow_self_review(&mut review, &options.exceptions)?;
        let by = writer(review.campaign());
        review
            .append(event, now(), &by)
            .map_err(super::review::explain)?;
    }
    let text = if options.json {
        as_json(options, &bulk, remark, review.campaign())
    } else {
        as_text(options, &bulk, remark, review.campaign())
    };
    // Nothing to decide is a "no", so that a script notices a filter that matches nothing.
    Ok(Answer {
        text,
        code: u8::from(bulk.items.is_empty()),
    })
}

/// Understands a filter from the command line.
pub(crate) fn parse(text: &str) -> anyhow::Result<Filter> {
    Filter::parse(text).map_err(|error| {
        failure_at(
            error.pointed(text),
            error.to_string(),
            "`muster decide --help` explains filters",
        )
    })
}

/// What `filter` chooses for `change`. Decided items are left alone unless `redecide` says otherwise: a filter
/// that is wider than it was meant must not take earlier decisions away.
pub(crate) fn select(campaign: &Campaign, filter: &Filter, change: Change, redecide: bool) -> Bulk {
    // Taking decisions away is what clearing is for.
    let redecide = redecide || change == Change::Clear;
    Bulk::of(campaign, change, &filter.select(campaign), redecide)
}

/// All that is unchanged since the previous record kept it, as far as it is undecided.
fn kept_before(campaign: &Campaign) -> anyhow::Result<Bulk> {
    if campaign.earlier().is_none() {
        let name = &campaign.opened().review;
        return Err(failure(
            format!("the review {name} is not compared with a previous record"),
            format!(
                "muster snapshot {name} --org … --previous RECORD --refresh compares it with one"
            ),
        ));
    }
    Ok(Bulk::as_before(campaign))
}

fn event(options: &Options, campaign: &Campaign, bulk: &Bulk) -> Event {
    let previous = campaign.opened().previous_record.as_ref();
    let chosen = match (&options.filter, previous) {
        (None, Some(previous)) => Chosen::AsBefore {
            record: previous.record.clone(),
        },
        (filter, _) => Chosen::Filter(Raw::from(filter.as_deref().unwrap_or_default())),
    };
    let reason = options.reason.as_deref().map(Raw::from);
    Event::Decided(bulk.clone().decided(reason, chosen))
}

/// What was left out and why, a line each.
pub(crate) fn left_out(bulk: &Bulk) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if !bulk.left_out.is_empty() {
        let _ = writeln!(
            text,
            "left out by policy, still undecided, to be decided one by one:"
        );
        for (rule, items) in bulk.left_out.iter() {
            let _ = writeln!(text, "{:>8}  {}", items.len(), bulk::words(rule));
        }
    }
    if !bulk.unfit.is_empty() {
        let _ = writeln!(text, "left alone:");
        for (why, items) in &bulk.unfit {
            let more = match (why, bulk.change) {
                (Unfit::Decided, Change::Decide(_)) => "; --redecide changes them",
                _ => "",
            };
            let _ = writeln!(text, "{:>8}  {}{more}", items.len(), why.words(bulk.change));
        }
    }
    text
}

fn as_text(options: &Options, bulk: &Bulk, remark: Option<&str>, campaign: &Campaign) -> String {
    let verb = match options.change {
        _ if options.filter.is_none() => "kept as before",
        Change::Decide(decision) => decision.past(),
        Change::Later => "bookmarked for later",
        Change::Clear => "cleared",
    };
    let verb = if options.dry_run {
        format!("would be {verb}")
    } else {
        verb.to_owned()
    };
    let mut text = format!(
        "{} {verb}\n",
        count(bulk.items.len() as u64, "item", "items")
    );
    if let Some(remark) = remark {
        let _ = writeln!(text, "note: {remark}");
    }
    if let Some(remains) = remains(options, bulk, campaign) {
        for words in remains.words(|item| describe(campaign, item).trim_start().to_owned()) {
            let _ = writeln!(text, "note: {words}");
        }
    }
    if options.dry_run {
        text.push_str(&list(campaign, &bulk.items));
    }
    text.push_str(&left_out(bulk));
    if !bulk.left_out.is_empty() {
        if options.dry_run {
            text.push_str(&list(campaign, &bulk.left_out.items()));
        } else {
            let _ = writeln!(text, "  X in `muster review {}` shows them", options.name);
        }
    }
    let progress = campaign.progress();
    let _ = writeln!(
        text,
        "{} of {} decided",
        progress.decided(),
        count(progress.items, "item", "items")
    );
    text
}

/// The first of `items`, a line each.
fn list(campaign: &Campaign, items: &ItemSet) -> String {
    let mut text = String::new();
    for item in items.iter().take(LISTED) {
        let _ = writeln!(text, "{}", describe(campaign, item));
    }
    let more = items.len().saturating_sub(LISTED);
    if more > 0 {
        let _ = writeln!(text, "        and {more} more; --json lists all");
    }
    text
}

/// How many items a dry run names to people.
const LISTED: usize = 20;

/// One item in a line.
pub(crate) fn describe(campaign: &Campaign, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let holder = snapshot.holder_label(snapshot.grant(item).holder);
    format!(
        "{:>6}  {} / {} of {}",
        item.number(),
        snapshot.resource_label(item).safe(),
        snapshot.role_label(item).safe(),
        holder.safe()
    )
}

/// All items of a dry run, for scripts.
fn listed(campaign: &Campaign, items: &ItemSet) -> Vec<serde_json::Value> {
    items
        .iter()
        .map(|item| as_json_item(campaign, item))
        .collect()
}

/// One item for scripts.
pub(crate) fn as_json_item(campaign: &Campaign, item: Item) -> serde_json::Value {
    let snapshot = campaign.snapshot();
    json!({
        "number": item.number(),
        "id": snapshot.grant(item).id.to_string(),
        "holder": snapshot.holder_label(snapshot.grant(item).holder).raw(),
        "resource": snapshot.resource_label(item).raw(),
        "role": snapshot.role_label(item).raw(),
    })
}

/// What the revokes leave standing, and whom they touch.
fn remains(options: &Options, bulk: &Bulk, campaign: &Campaign) -> Option<Box<Remains>> {
    if options.change != Change::Decide(Decision::Revoke) {
        return None;
    }
    Remains::of(campaign, &bulk.items)
}

/// What revokes leave standing, for scripts.
pub(super) fn remains_json(remains: &Remains) -> serde_json::Value {
    json!({
        "standing": remains.standing.to_string(),
        "unsure": remains.unsure.to_string(),
        "along": remains.along.to_string(),
        "others": {
            "lose": remains.others.lose,
            "keep": remains.others.keep,
            "unsure": remains.others.unsure,
        },
    })
}

fn as_json(options: &Options, bulk: &Bulk, remark: Option<&str>, campaign: &Campaign) -> String {
    let progress = campaign.progress();
    let unfit = bulk.unfit.iter().map(|(_, items)| items.len());
    let rules = bulk.left_out.iter();
    let by_policy: BTreeMap<&str, usize> = rules
        .clone()
        .map(|(rule, items)| (rule.name(), items.len()))
        .collect();
    let other = |which: Unfit| {
        let found = bulk.unfit.iter().find(|(why, _)| *why == which);
        found.map_or(0, |(_, items)| items.len())
    };
    let mut answer = json!({
        "review": options.name,
        "change": options.change.word(),
        "filter": options.filter,
        "as_before": options.filter.is_none(),
        "matched": bulk.items.len() + bulk.left_out.len() + unfit.sum::<usize>(),
        "remark": remark,
        "items": bulk.items.len(),
        "left_out": {
            "by_policy": by_policy,
            "other_kind": other(Unfit::OtherKind),
            "decided": other(Unfit::Decided),
            "undecided": other(Unfit::Bare),
        },
        "dry_run": options.dry_run,
        "entry": (!options.dry_run && !bulk.items.is_empty()).then(|| campaign.entries().len()),
        "undecided": progress.undecided,
    });
    if let Some(remains) = remains(options, bulk, campaign) {
        answer["remains"] = remains_json(&remains);
    }
    if options.dry_run {
        answer["chosen"] = listed(campaign, &bulk.items).into();
        let rules = rules.map(|(rule, items)| (rule.name(), listed(campaign, items)));
        answer["exceptions"] = rules.collect::<BTreeMap<_, _>>().into_iter().collect();
    }
    super::json_line(&answer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fixture::{acme, campaign};

    /// What `decide --where` chooses; `None` when the filter is not understood.
    fn by_line(campaign: &Campaign, filter: &str) -> Option<ItemSet> {
        let filter = parse(filter).ok()?;
        Some(select(campaign, &filter, Change::Later, true).items)
    }

    /// Parts of filters, such as people put together.
    fn part() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "ada",
            "Okafor",
            "pay",
            "bokfr",
            "zzz",
            "-lead",
            "!team:attic",
            "role:admin|member",
            "role:=member",
            "project:lab",
            "account:\"ben\"",
            "is:left",
            "-is:own",
            "is:undecided|later",
            "state:active",
            "kind:team",
            "2fa:unknown",
            "signin:>90d",
            "-signin:never",
            "since:none",
            "until:unknown",
            "item:2..6",
            "open:>1",
            "or",
            "and",
            "not",
            "(",
            ")",
            "\"",
            "is:x",
            "role:",
            "note:x",
            "delta:new",
        ])
    }

    proptest! {
        #[test]
        fn a_filter_chooses_the_same_on_the_screen_and_on_the_command_line(
            parts in prop::collection::vec(part(), 1..6)
        ) {
            let text = parts.join(" ");
            let campaign = campaign(&acme().snapshot());
            let shown = crate::tui::tests::filtered(campaign.clone(), &text);
            prop_assert_eq!(shown, by_line(&campaign, &text), "{}", text);
        }
    }
}
