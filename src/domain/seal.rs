//! What must hold before a campaign closes, and the words that are signed.

use super::{
    campaign::Campaign, decision::Decision, items::Item, journal::Event, provenance::Completeness,
    time::Timestamp,
};

/// Facts about how the decisions were made, shown before the signature and kept for the auditor. They are
/// facts, not a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// The first change.
    pub first: Option<Timestamp>,
    /// The last change.
    pub last: Option<Timestamp>,
    /// Changes that stand.
    pub changes: u64,
    /// Items whose decision was made together with others.
    pub in_bulk: u64,
    /// The longest pauseless stretches between changes added up: gaps over [`PAUSE_MS`] are left out.
    pub active_ms: i64,
    /// The median time between two changes within [`PAUSE_MS`] of each other; `None` below two changes.
    pub median_ms: Option<i64>,
    /// Own items of the reviewer that nobody decided.
    pub own_undecided: u64,
}

/// A gap between two changes from which it counts as a pause: five minutes.
pub const PAUSE_MS: i64 = 5 * 60 * 1000;

impl Effort {
    /// Counts it over the whole journal.
    pub fn of(campaign: &Campaign) -> Self {
        let mut effort = Self::default();
        let mut gaps = Vec::new();
        for entry in campaign.entries() {
            if !matches!(entry.event, Event::Decided(_)) {
                continue;
            }
            effort.changes += u64::from(campaign.stands(entry.seq));
            if let Some(last) = effort.last {
                let gap = entry.at.ms() - last.ms();
                if (0..=PAUSE_MS).contains(&gap) {
                    effort.active_ms += gap;
                    gaps.push(gap);
                }
            }
            effort.first = effort.first.or(Some(entry.at));
            effort.last = Some(entry.at);
        }
        gaps.sort_unstable();
        effort.median_ms = gaps.get(gaps.len() / 2).copied();
        for index in 0..campaign.snapshot().len() {
            let item =
                Item(u32::try_from(index).expect("a snapshot has fewer than four billion items"));
            let slot = campaign.slot(item);
            let bulk = || {
                campaign
                    .deciding_entry(item)
                    .is_some_and(|(_, decided)| decided.chosen.is_bulk())
            };
            effort.in_bulk += u64::from(slot.decision.is_some() && bulk());
            effort.own_undecided += u64::from(slot.decision.is_none() && campaign.is_own(item));
        }
        effort
    }
}

/// The words the reviewer confirms and signs: what was reviewed, what was decided, what is missing.
pub fn statement(campaign: &Campaign, principal: &str) -> String {
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let organization = campaign.snapshot().organization();
    let complete = match opened.provenance.completeness() {
        Completeness::Full => "Everything that was asked for was read.".to_owned(),
        Completeness::Partial => {
            format!(
                "The snapshot is partial: {} could not be read and are listed in this record.",
                things(opened.provenance.gaps.len() as u64)
            )
        }
    };
    let undecided = match progress.undecided {
        0 => String::new(),
        n => format!(
            " {n} {} left undecided and {} not count as kept.",
            plural(n, "item is", "items are"),
            plural(n, "does", "do")
        ),
    };
    let own = match campaign.self_review() {
        Some(_) => " An exception for deciding on my own access is part of this record.",
        None => "",
    };
    format!(
        "I, {principal}, reviewed the access of {accounts} accounts in {name}, as of {as_of} UTC, {items} items: \
         {kept} to {keep}, {revoked} to {revoke}, {acknowledged} acknowledged.{undecided}{own} {complete} \
         The decisions in this record are mine.",
        accounts = opened.accounts,
        name = organization.name.raw(),
        as_of = campaign.as_of().minute(),
        items = progress.items,
        kept = progress.kept,
        keep = Decision::Keep.word(),
        revoked = progress.revoked,
        revoke = Decision::Revoke.word(),
        acknowledged = progress.acknowledged,
    )
}

fn things(n: u64) -> String {
    format!("{n} {}", plural(n, "thing", "things"))
}

fn plural<'a>(n: u64, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}
