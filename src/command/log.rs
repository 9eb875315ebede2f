//! `muster log`: the journal of a record or of a review in progress, as text, at any moment.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use serde_json::{Value, json};

use super::{
    Answer, Context, failure, failure_at,
    record::{self, Subject},
    thousands,
};
use crate::{
    domain::{
        campaign::{
            Campaign,
            replay::{Difference, Replay},
        },
        decision::{Decision, Slot},
        filter::EventFilter,
        items::Item,
        journal::{Entry, Event},
        text::Raw,
    },
    export::items::decided,
    tui::phrase,
};

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    /// A record's folder, or the name of a review in progress.
    pub(crate) subject: PathBuf,
    pub(crate) at: Option<String>,
    pub(crate) item: Option<String>,
    /// A filter of entries.
    pub(crate) events: Option<String>,
    pub(crate) diff: Option<(String, String)>,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Tells what happened.
pub(crate) fn log(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let filter = options.events.as_deref().map(events).transpose()?;
    let subject = Subject::open(
        context,
        &options.subject,
        options.allowed_signers.as_deref(),
    )?;
    let campaign = subject.campaign();
    let item = options
        .item
        .as_deref()
        .map(|text| record::find_item(campaign, text))
        .transpose()?;
    if let Some((from, to)) = &options.diff {
        return differences(campaign, from, to, item, options.json);
    }
    let mut replay = replay(campaign)?;
    if let Some(at) = &options.at {
        let at = moment(&replay, at)?;
        replay.seek(at);
    }
    let shown = replay.campaign();
    let chosen = filter.map(|filter| filter.select(replay.end()));
    let entries = shown.entries().iter().filter(|entry| {
        let asked = |chosen: &Vec<u32>| chosen.binary_search(&entry.seq).is_ok();
        chosen.as_ref().is_none_or(asked) && item.is_none_or(|item| touches(shown, entry, item))
    });
    let mut text = String::new();
    for entry in entries {
        if options.json {
            text.push_str(&super::json_line(&as_json(shown, entry)));
        } else {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line(shown, entry));
        }
    }
    if !options.json {
        let _ = writeln!(text, "{}", standing(shown, &subject.standing()));
        if let Some(item) = item {
            let _ = writeln!(
                text,
                "item {}: {}, {}",
                item.number(),
                phrase::item_of(shown.snapshot(), item),
                decided(shown, item)
            );
        }
    }
    Ok(Answer::done(text))
}

/// Understands a filter of entries.
pub(super) fn events(text: &str) -> anyhow::Result<EventFilter> {
    EventFilter::parse(text).map_err(|error| {
        let hint = "`muster log --help` explains filters of entries";
        failure_at(error.pointed(text), error.message, hint)
    })
}

/// The journal of `campaign`, ready to show any moment.
pub(super) fn replay(campaign: &Campaign) -> anyhow::Result<Replay> {
    let mut line = super::progress::ProgressLine::new();
    let all = campaign.entries().len();
    let replay = Replay::of(campaign, &mut |done| {
        // Asking the clock costs more than an entry.
        if done.is_multiple_of(4096) {
            let text = format!(
                "replaying {} of {} entries",
                thousands(done as u64),
                thousands(all as u64)
            );
            line.show(super::elapsed_ms(), "replay", &text);
        }
    })?;
    line.finish();
    Ok(replay)
}

/// The entry that `text` names: its number, or the last one at a time or a day.
pub(super) fn moment(replay: &Replay, text: &str) -> anyhow::Result<u32> {
    let moment = replay.moment(text);
    moment.map_err(|error| failure(error.to_string(), error.hint()))
}

/// Whether an entry is about `item`.
pub(super) fn touches(campaign: &Campaign, entry: &Entry, item: Item) -> bool {
    campaign.touched(entry).contains(item)
}

/// An entry in a line, and a line more for each thing that its revokes leave standing, take along or touch.
pub(super) fn line(campaign: &Campaign, entry: &Entry) -> String {
    let taken_back = entry.event.is_change() && !campaign.stands(entry.seq);
    let mut line = format!(
        "{:>6}  {} {}  {:<12} {}{}",
        entry.seq,
        entry.at.day(),
        entry.at.clock(),
        entry.by.safe(),
        phrase::entry(campaign, entry),
        if taken_back { "  (taken back)" } else { "" }
    );
    let name = |item| phrase::item_of(campaign.snapshot(), item);
    let remains = entry.remains.iter();
    for words in remains.flat_map(|remains| remains.words(name)) {
        // Writing to a string cannot fail.
        let _ = write!(line, "\n        note: {words}");
    }
    line
}

/// How far the campaign is at the moment that is shown.
fn standing(campaign: &Campaign, verdict: &str) -> String {
    let progress = campaign.progress();
    let last = campaign.entries().last();
    format!(
        "after entry {}: {} kept, {} revoked, {} acknowledged, {} undecided ({} for later); {verdict}",
        last.map_or(0, |entry| entry.seq),
        thousands(progress.kept),
        thousands(progress.revoked),
        thousands(progress.acknowledged),
        thousands(progress.undecided),
        thousands(progress.later)
    )
}

/// An entry for scripts.
pub(super) fn as_json(campaign: &Campaign, entry: &Arc<Entry>) -> Value {
    let (event, items, reason) = match &entry.event {
        Event::Opened(_) => ("opened", None, None),
        Event::Decided(decided) => (
            decided.change.word(),
            Some(decided.items.to_string()),
            decided.reason.as_ref(),
        ),
        Event::Undone { .. } => ("undone", None, None),
        Event::Redone { .. } => ("redone", None, None),
        Event::Noted { item, .. } => ("noted", Some(item.number().to_string()), None),
        Event::SelfReviewAllowed { reason } => ("self-review", None, Some(reason)),
        Event::Waived(waived) => (
            "waived",
            Some(waived.items.to_string()),
            Some(&waived.reason),
        ),
        Event::Attested(_) => ("attested", None, None),
        Event::Sealed { .. } => ("sealed", None, None),
    };
    json!({
        "entry": entry.seq,
        "at": entry.at.to_string(),
        "by": entry.by.raw(),
        "event": event,
        "items": items,
        "reason": reason.map(Raw::raw),
        "stands": entry.event.is_change().then(|| campaign.stands(entry.seq)),
        "remains": entry.remains.as_deref().map(super::decide::remains_json),
        "text": phrase::entry(campaign, entry),
    })
}

/// The items whose decision is another one at the second moment.
fn differences(
    campaign: &Campaign,
    from: &str,
    to: &str,
    only: Option<Item>,
    json: bool,
) -> anyhow::Result<Answer> {
    let mut replay = replay(campaign)?;
    let (from, to) = (moment(&replay, from)?, moment(&replay, to)?);
    let differences = replay.differences(from, to);
    let after = replay.campaign();
    let mut text = String::new();
    let mut changed = 0u64;
    let word = |slot: Slot| slot.decision.map_or("undecided", Decision::word);
    for Difference {
        item,
        before,
        after: now,
    } in differences
    {
        let (before, now) = (word(before), word(now));
        if before == now || only.is_some_and(|only| only != item) {
            continue;
        }
        changed += 1;
        let deciding = after.deciding_entry(item).map(|(entry, _)| entry.seq);
        if json {
            text.push_str(&super::json_line(&json!({
                "item": item.number(),
                "id": after.snapshot().grant(item).id.to_string(),
                "before": before,
                "after": now,
                "entry": deciding,
            })));
        } else {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:>7}  {before} → {now}{}  {}",
                item.number(),
                deciding.map_or_else(String::new, |seq| format!(" ({seq})")),
                phrase::item_of(after.snapshot(), item)
            );
        }
    }
    if !json {
        let _ = writeln!(
            text,
            "{} between entry {from} and entry {to}",
            super::count(changed, "decision differs", "decisions differ")
        );
    }
    Ok(Answer {
        text,
        code: u8::from(changed > 0),
    })
}
