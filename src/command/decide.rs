//! `muster decide`: what a filter chooses, decided as one event.

use std::fmt::Write as _;

use serde_json::json;

use super::{Answer, Context, Exceptions, count, failure, failure_at, now, writer};
use crate::domain::{
    campaign::{Campaign, Refusal},
    decision::{Change, Decision},
    filter::Filter,
    items::{Item, ItemSet},
    journal::{Chosen, Decided, Event},
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

/// What a filter chose, and what of it the change may touch.
#[derive(Debug)]
pub(crate) struct Selection {
    /// All that matched.
    pub(crate) matched: usize,
    /// Those that will change.
    pub(crate) items: ItemSet,
    /// The reviewer's own access, left out.
    pub(crate) own: usize,
    /// Implicit grants where a verb for stored ones was used, or the other way round; left out.
    pub(crate) other_kind: usize,
    /// Decided items, left alone.
    pub(crate) decided: usize,
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
    let selection = match &filter {
        Some(filter) => select(campaign, filter, options.change, options.redecide),
        None => kept_before(campaign)?,
    };
    let remark = filter
        .as_ref()
        .and_then(|filter| filter.remark(campaign, selection.matched == 0));
    let remark = remark.as_deref();
    if let Some(expected) = options.expect
        && expected != selection.items.len()
    {
        return Err(failure(
            format!(
                "the filter chooses {}, not {expected}; nothing was decided",
                count(selection.items.len() as u64, "item", "items")
            ),
            "look at it with --dry-run, then give the number that is right to --expect",
        ));
    }
    let event = (!selection.items.is_empty()).then(|| event(options, campaign, &selection));
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
        as_json(options, &selection, remark, review.campaign())
    } else {
        as_text(options, &selection, remark, review.campaign())
    };
    // Nothing to decide is a "no", so that a script notices a filter that matches nothing.
    Ok(Answer {
        text,
        code: u8::from(selection.items.is_empty()),
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
pub(crate) fn select(
    campaign: &Campaign,
    filter: &Filter,
    change: Change,
    redecide: bool,
) -> Selection {
    choose(campaign, &filter.select(campaign), change, redecide)
}

/// All that is unchanged since the previous record kept it, as far as it is undecided.
fn kept_before(campaign: &Campaign) -> anyhow::Result<Selection> {
    let Some(earlier) = campaign.earlier() else {
        let name = &campaign.opened().review;
        return Err(failure(
            format!("the review {name} is not compared with a previous record"),
            format!(
                "muster snapshot {name} --org … --previous RECORD --refresh compares it with one"
            ),
        ));
    };
    let items = campaign.items().iter();
    let matched = items.filter(|item| earlier.as_before(*item)).collect();
    let keep = Change::Decide(Decision::Keep);
    Ok(choose(campaign, &matched, keep, false))
}

/// What of `matched` the change may touch.
fn choose(campaign: &Campaign, matched: &ItemSet, change: Change, redecide: bool) -> Selection {
    let mut selection = Selection {
        matched: matched.len(),
        items: ItemSet::default(),
        own: 0,
        other_kind: 0,
        decided: 0,
    };
    let keeps = matches!(change, Change::Decide(_)) && !redecide;
    let may = |item: &Item| match campaign.may(change, *item) {
        Ok(()) if keeps && campaign.slot(*item).decision.is_some() => {
            selection.decided += 1;
            false
        }
        Ok(()) => true,
        Err(Refusal::OwnAccess(_)) => {
            selection.own += 1;
            false
        }
        Err(Refusal::LaterIsUndecided(_)) => {
            selection.decided += 1;
            false
        }
        Err(_) => {
            selection.other_kind += 1;
            false
        }
    };
    let items = matched.iter().filter(may).collect();
    Selection { items, ..selection }
}

fn event(options: &Options, campaign: &Campaign, selection: &Selection) -> Event {
    let previous = campaign.opened().previous_record.as_ref();
    let chosen = match (&options.filter, previous) {
        (None, Some(previous)) => Chosen::AsBefore {
            record: previous.record.clone(),
        },
        (filter, _) => Chosen::Filter(Raw::from(filter.as_deref().unwrap_or_default())),
    };
    Event::Decided(Decided {
        change: options.change,
        items: selection.items.clone(),
        reason: options.reason.as_deref().map(Raw::from),
        chosen,
    })
}

fn as_text(
    options: &Options,
    selection: &Selection,
    remark: Option<&str>,
    campaign: &Campaign,
) -> String {
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
        "{} {verb}",
        count(selection.items.len() as u64, "item", "items")
    );
    let left_out = [
        (selection.own, "your own access, another reviewer decides"),
        (
            selection.other_kind,
            if options.change == Change::Decide(Decision::Acknowledge) {
                "stored grants, keep or revoke them"
            } else {
                "implicit, only acknowledged"
            },
        ),
        (
            selection.decided,
            "decided already; --redecide changes them",
        ),
    ];
    for (n, why) in left_out.into_iter().filter(|(n, _)| *n > 0) {
        // Writing to a string cannot fail.
        let _ = write!(text, "; left out {n} ({why})");
    }
    text.push('\n');
    if let Some(remark) = remark {
        let _ = writeln!(text, "note: {remark}");
    }
    if let Some(remains) = remains(options, selection, campaign) {
        for words in remains.words(|item| describe(campaign, item).trim_start().to_owned()) {
            let _ = writeln!(text, "note: {words}");
        }
    }
    if options.dry_run {
        for item in selection.items.iter().take(LISTED) {
            let _ = writeln!(text, "{}", describe(campaign, item));
        }
        let more = selection.items.len().saturating_sub(LISTED);
        if more > 0 {
            let _ = writeln!(text, "        and {more} more; --json lists all");
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
fn listed(campaign: &Campaign, selection: &Selection) -> Vec<serde_json::Value> {
    let items = selection.items.iter();
    items.map(|item| as_json_item(campaign, item)).collect()
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
fn remains(options: &Options, selection: &Selection, campaign: &Campaign) -> Option<Box<Remains>> {
    if options.change != Change::Decide(Decision::Revoke) {
        return None;
    }
    Remains::of(campaign, &selection.items)
}

fn as_json(
    options: &Options,
    selection: &Selection,
    remark: Option<&str>,
    campaign: &Campaign,
) -> String {
    let progress = campaign.progress();
    let mut answer = json!({
        "review": options.name,
        "change": options.change.word(),
        "filter": options.filter,
        "as_before": options.filter.is_none(),
        "matched": selection.matched,
        "remark": remark,
        "items": selection.items.len(),
        "left_out": {"own_access": selection.own, "other_kind": selection.other_kind, "decided": selection.decided},
        "dry_run": options.dry_run,
        "entry": (!options.dry_run && !selection.items.is_empty()).then(|| campaign.entries().len()),
        "undecided": progress.undecided,
    });
    if let Some(remains) = remains(options, selection, campaign) {
        answer["remains"] = json!({
            "standing": remains.standing.to_string(),
            "unsure": remains.unsure.to_string(),
            "along": remains.along.to_string(),
            "others": {
                "lose": remains.others.lose,
                "keep": remains.others.keep,
                "unsure": remains.others.unsure,
            },
        });
    }
    if options.dry_run {
        answer["chosen"] = listed(campaign, selection).into();
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
        Some(select(campaign, &filter, Change::Clear, true).items)
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
