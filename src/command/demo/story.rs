//! The demo without a terminal: the whole story, told line by line.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{ProgressLine, Reading, base_name, elapsed_ms, next_name, read, snapshot};
use crate::{
    command::{
        Answer, Context, count, decide, keys, now,
        seal::{self, Sealing, Step},
        verify, writer,
    },
    domain::{
        bulk::Bulk,
        campaign::Campaign,
        check::{self, Rule},
        decision::{Change, Decision},
        earlier,
        items::ItemSet,
        journal::{Chosen, Decided, Event, LeftOut},
        text::{Raw, SafeText},
    },
    signing,
    store::Review,
    verify::allowed_signers::AllowedSigners,
};

/// The decisions of the story, and the reasons for them.
const SCRIPT: &str = include_str!("../../../assets/demo/script.json");

/// Why what is privileged is kept, when the policy wants to know.
const OWNER: &str = "the owner confirmed it";

/// Who signs in the story.
const PRINCIPAL: &str = "rosa.lind@example.com";

/// One step of the script.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ScriptStep {
    /// Items are decided.
    Decide(DecideStep),
    /// A red flag may stand.
    Waive {
        /// Its name.
        waive: String,
        /// Why.
        because: String,
    },
}

/// Which items, and what is done with them.
#[derive(Debug, Deserialize)]
struct DecideStep {
    #[serde(rename = "where")]
    filter: String,
    #[serde(flatten)]
    verb: Verb,
}

/// `"keep": true`, `"acknowledge": true`, or `"revoke": "the reason"`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Keep(Yes),
    Acknowledge(Yes),
    Revoke(String),
}

/// The word `true`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "bool")]
struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(yes: bool) -> Result<Self, Self::Error> {
        if yes {
            Ok(Self)
        } else {
            Err("a step of the script does something")
        }
    }
}

impl DecideStep {
    fn change(&self) -> Change {
        Change::Decide(match self.verb {
            Verb::Keep(Yes) => Decision::Keep,
            Verb::Acknowledge(Yes) => Decision::Acknowledge,
            Verb::Revoke(_) => Decision::Revoke,
        })
    }

    fn reason(&self) -> Option<&str> {
        match &self.verb {
            Verb::Revoke(reason) => Some(reason),
            Verb::Keep(Yes) | Verb::Acknowledge(Yes) => None,
        }
    }
}

impl DecideStep {
    fn event(&self, campaign: &Campaign, bulk: Bulk) -> Event {
        let wanted = campaign.wants_reason(bulk.change, &bulk.items);
        let reason = self.reason().or_else(|| wanted.as_ref().map(|_| OWNER));
        let chosen = Chosen::Filter(Raw::from(self.filter.as_str()));
        Event::Decided(bulk.decided(reason.map(Raw::from), chosen))
    }
}

/// Keeps what is unchanged since the previous record kept it, where one was named.
fn keep_as_before(review: &mut Review, out: &mut impl io::Write) -> anyhow::Result<()> {
    let campaign = review.campaign();
    let by = writer(campaign);
    let Some(previous) = &campaign.opened().previous_record else {
        return Ok(());
    };
    let chosen = Chosen::AsBefore {
        record: previous.record.clone(),
    };
    let bulk = Bulk::as_before(campaign);
    let (kept, left_out) = (bulk.items.len(), decide::left_out(&bulk));
    if kept > 0 {
        let wanted = campaign.wants_reason(bulk.change, &bulk.items);
        let reason = wanted.map(|_| Raw::from(OWNER));
        review.append(Event::Decided(bulk.decided(reason, chosen)), now(), &by)?;
    }
    writeln!(out, "decide    {:<11} {kept:>6}  as before", "keep")?;
    for line in left_out.lines() {
        writeln!(out, "          {line}")?;
    }
    Ok(())
}

/// The script as it stands in the assets.
fn script() -> Vec<ScriptStep> {
    serde_json::from_str(SCRIPT).expect("the script in the assets is checked by a test")
}

/// Decides what a step says, and tells it.
fn carry_out(
    review: &mut Review,
    step: &DecideStep,
    out: &mut impl io::Write,
) -> anyhow::Result<()> {
    let filter = decide::parse(&step.filter)?;
    let bulk = decide::select(review.campaign(), &filter, step.change(), false);
    let (decided, left_out) = (bulk.items.len(), decide::left_out(&bulk));
    if !bulk.items.is_empty() {
        let event = step.event(review.campaign(), bulk);
        let by = writer(review.campaign());
        review.append(event, now(), &by)?;
    }
    let reason = step
        .reason()
        .map_or_else(String::new, |reason| format!("  ({reason})"));
    writeln!(
        out,
        "decide    {:<11} {:>6}  {}{reason}",
        step.change().word(),
        decided,
        step.filter
    )?;
    for line in left_out.lines() {
        writeln!(out, "          {line}")?;
    }
    Ok(())
}

/// Keeps what policy left out of the bulks, each by itself; the answer is how many they were.
fn keep_one_by_one(review: &mut Review) -> anyhow::Result<usize> {
    let mut kept = 0;
    let keep = Change::Decide(Decision::Keep);
    for item in review.campaign().left_out().iter() {
        let items = ItemSet::from(item);
        let wanted = review.campaign().wants_reason(keep, &items);
        let event = Event::Decided(Decided {
            change: keep,
            items,
            reason: wanted.map(|_| Raw::from(OWNER)),
            chosen: Chosen::Single,
            left_out: LeftOut::default(),
        });
        if review.campaign().check(&event, now()).is_ok() {
            let by = writer(review.campaign());
            review.append(event, now(), &by)?;
            kept += 1;
        }
    }
    Ok(kept)
}

/// Where the record lies, and what can be done with it.
fn tell_where_it_lies(
    context: &Context,
    record: &Path,
    beside: &Path,
    out: &mut impl io::Write,
) -> anyhow::Result<()> {
    let (record, beside) = (record.display().to_string(), beside.display().to_string());
    let (record, beside) = (SafeText::of(&record), SafeText::of(&beside));
    writeln!(out, "record    {record}")?;
    writeln!(
        out,
        "\nCheck it again:  muster verify {record} --allowed-signers {beside}"
    )?;
    writeln!(
        out,
        "Without muster:  cd {record} &&\n                 ssh-keygen -Y verify -f {beside} -I {PRINCIPAL} -n {} -s SHA256SUMS.reviewer.sig < SHA256SUMS &&\n                 sha256sum --strict -c SHA256SUMS",
        signing::NAMESPACE_REVIEW
    )?;
    let next = context.again(&format!(
        "demo --previous {record} --allowed-signers {beside}"
    ));
    writeln!(out, "The next quarter: {next}")?;
    Ok(())
}

/// Tells it: snapshot, decisions, seal, verify.
pub(super) fn tell(context: &Context, reading: Reading<'_>) -> anyhow::Result<Answer> {
    let name = next_name(context, &base_name("demo-story", reading.size))?;
    let mut out = io::stdout();
    let mut line = ProgressLine::new();
    let mut review = snapshot::runtime()?.block_on(async {
        let progress = &mut |progress: &crate::space::Progress| {
            line.show(elapsed_ms(), progress.what, &snapshot::describe(progress));
        };
        read(context, reading, &name, CancellationToken::new(), progress).await
    })?;
    line.finish();
    {
        let campaign = review.campaign();
        let (opened, organization) = (campaign.opened(), campaign.snapshot().organization());
        writeln!(
            out,
            "snapshot  {}: {}, {}, frozen as {name}",
            organization.name.safe(),
            count(opened.accounts, "account", "accounts"),
            count(opened.items, "item", "items")
        )?;
    }
    let mut waive = Vec::new();
    for (label, line) in earlier::compared(review.campaign()) {
        writeln!(out, "previous  {label} {line}")?;
    }
    keep_as_before(&mut review, &mut out)?;
    for step in script() {
        match step {
            ScriptStep::Decide(step) => carry_out(&mut review, &step, &mut out)?,
            ScriptStep::Waive {
                waive: name,
                because,
            } => {
                let rule =
                    Rule::find(&name).expect("the script in the assets is checked by a test");
                waive.push((rule, because));
            }
        }
    }
    let kept = keep_one_by_one(&mut review)?;
    writeln!(
        out,
        "decide    keep        {kept:>6}  one by one, what policy left out"
    )?;
    let progress = review.campaign().progress();
    writeln!(
        out,
        "status    kept {}, revoked {}, acknowledged {}, undecided {}",
        progress.kept, progress.revoked, progress.acknowledged, progress.undecided
    )?;

    for flag in check::check(review.campaign(), now()) {
        writeln!(out, "check     {}", flag.line())?;
        let why = waive.iter().find(|(rule, _)| *rule == flag.rule);
        if let Some((rule, because)) = why {
            writeln!(out, "waive     {}: {because}", rule.name())?;
        }
    }
    let signer = keys::throw_away_signer()?;
    let sealing = Sealing {
        principal: PRINCIPAL,
        waive: &waive,
        confirmed: None,
        out: None,
    };
    let sealed = seal::seal_review(context, &mut review, &sealing, &*signer, &mut |_: Step<
        '_,
    >| {})?;
    writeln!(
        out,
        "seal      signed by {PRINCIPAL} with {} (a throw-away key)",
        signer.public().fingerprint
    )?;

    // The list of signers is the auditor's. Here we play the auditor too, so it lies beside the record, not in it.
    let list = format!(
        "{}\n",
        seal::reviewer_line(PRINCIPAL, &signer.public().openssh)
    );
    let beside = PathBuf::from(format!("{}.allowed_signers", sealed.record.display()));
    seal::write_beside(&beside, &list)?;
    let signers = AllowedSigners::parse(list.as_bytes());
    let verdict = verify::judge(&sealed.record, Some(&signers), &|_| ())?;
    writeln!(out, "verify    {verdict}")?;

    tell_where_it_lies(context, &sealed.record, &beside, &mut out)?;
    Ok(Answer {
        text: String::new(),
        code: verdict.exit_code(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    #[test]
    fn every_step_of_the_script_is_understood() {
        let script = script();
        assert!(script.len() >= 5);
        for step in script {
            match step {
                ScriptStep::Decide(step) => {
                    Filter::parse(&step.filter)
                        .unwrap_or_else(|error| panic!("{}: {error}", step.filter));
                    assert!(step.reason().is_none_or(|reason| !reason.trim().is_empty()));
                }
                ScriptStep::Waive { waive, because } => {
                    assert!(Rule::find(&waive).is_some(), "{waive}");
                    assert!(!because.trim().is_empty());
                }
            }
        }
    }
}
