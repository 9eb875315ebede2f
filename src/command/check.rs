//! `muster check`: the red flags before the signature, and why some of them may stand.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Answer, Context, count, decide, failure, now, seal, snapshot::eprint_line, writer};
use crate::domain::{
    campaign::Campaign,
    check::{self, Flag, Rule, Severity, Waiver},
    text::Raw,
    time::Timestamp,
};

/// What to check, and what to waive.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    /// The flag that may stand, and why.
    pub(crate) waive: Option<(String, String)>,
    /// Name every item.
    pub(crate) items: bool,
    pub(crate) json: bool,
}

/// Tells the red flags of a review; first waives one, when that is asked for.
pub(crate) fn check(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let at = now();
    let review = match &options.waive {
        None => super::review::look(context, &options.name)?,
        Some((name, reason)) => {
            let flag = rule(name)?;
            let mut review = super::review::open(context, &options.name)?;
            if let Some(sealed) = seal::resume(context, &mut review, None)? {
                seal::tell_resumed(&sealed);
            }
            let Some(found) = check::find(review.campaign(), flag, at) else {
                return Err(failure(
                    format!("there is no flag {name} in {}", options.name),
                    format!("muster check {} tells which there are", options.name),
                ));
            };
            let by = writer(review.campaign());
            let event = found.waive(Raw::from(reason.as_str()));
            review
                .append(event, at, &by)
                .map_err(super::review::explain)?;
            eprint_line(&format!("waived {}", found.words()));
            review
        }
    };
    let campaign = review.campaign();
    // A sealed review is told as it was when it was attested.
    let flags = match campaign.attested_flags() {
        Some(flags) if campaign.sealed().is_some() => flags.to_vec(),
        _ => check::check(campaign, at),
    };
    let text = if options.json {
        super::json_line(&as_json(campaign, &flags, options.items, at))
    } else {
        as_text(context, campaign, &flags, options.items)
    };
    Ok(Answer {
        text,
        code: u8::from(flags.iter().any(Flag::is_open)),
    })
}

/// The flag with this name.
fn rule(name: &str) -> anyhow::Result<Rule> {
    Rule::find(name).ok_or_else(|| {
        let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        failure(
            format!("nothing is known of a flag {name:?}"),
            format!("flags are {}", known.join(", ")),
        )
    })
}

fn as_text(context: &Context, campaign: &Campaign, flags: &[Flag], items: bool) -> String {
    let name = &campaign.opened().review;
    let (open, stops) = (
        flags.iter().filter(|flag| flag.is_open()).count() as u64,
        flags.iter().filter(|flag| flag.stops()).count() as u64,
    );
    let mut text = match (open, flags.len()) {
        (0, 0) => "no red flags\n".to_owned(),
        (0, _) => "no red flag is open\n".to_owned(),
        (open, _) => format!(
            "{} open, {stops} of them {} sealing\n",
            count(open, "red flag is", "red flags are"),
            if stops == 1 { "stops" } else { "stop" },
        ),
    };
    for flag in flags {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{}", flag.line());
        let _ = writeln!(text, "  means    {}", flag.severity.words());
        let _ = writeln!(text, "  answers  {}", flag.rule.clauses().join(", "));
        if flag.is_open() {
            let _ = writeln!(text, "  to do    {}", flag.rule.to_do());
            if campaign.sealed().is_none() {
                let waive = format!("check {name} --waive {} --reason REASON", flag.rule.name());
                let _ = writeln!(text, "  waive    {}", context.again(&waive));
            }
        }
        if items {
            for item in flag.items.iter() {
                let _ = writeln!(text, "  {}", decide::describe(campaign, item));
            }
            for item in flag.unknown.iter() {
                let _ = writeln!(text, "? {}", decide::describe(campaign, item));
            }
        }
    }
    text
}

fn as_json(campaign: &Campaign, flags: &[Flag], items: bool, at: Timestamp) -> Value {
    let one = |flag: &Flag| {
        let mut told = told(flag);
        if items {
            let all = flag.all();
            let all = all.iter().map(|item| decide::as_json_item(campaign, item));
            told["listed"] = all.collect();
        }
        told
    };
    json!({
        "review": campaign.opened().review,
        "at": at.to_string(),
        "open": flags.iter().filter(|flag| flag.is_open()).count(),
        "stops": flags.iter().filter(|flag| flag.stops()).count(),
        "sealed": campaign.sealed(),
        "flags": flags.iter().map(one).collect::<Vec<_>>(),
    })
}

/// A flag for scripts.
pub(crate) fn told(flag: &Flag) -> Value {
    let waiver = |waiver: &Waiver| {
        json!({
            "reason": waiver.reason.raw(),
            "entry": waiver.entry,
            "count": waiver.count,
            "covers": waiver.covers,
        })
    };
    json!({
        "flag": flag.rule.name(),
        "version": flag.rule.version(),
        "title": flag.rule.title(),
        "severity": flag.severity.word(),
        "stops": flag.severity == Severity::Stops && flag.is_open(),
        "open": flag.is_open(),
        "count": flag.count,
        "items": flag.items.to_string(),
        "unknown": flag.unknown.to_string(),
        "facts": flag.facts,
        "clauses": flag.rule.clauses(),
        "to_do": flag.rule.to_do(),
        "waiver": flag.waiver.as_ref().map(waiver),
    })
}
