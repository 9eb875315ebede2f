//! What each rule looks for.

use std::collections::BTreeMap;

use super::Rule;
use crate::domain::{
    account::{Fact, Kind},
    campaign::Campaign,
    decision::{Change, Decision},
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    journal::{Chosen, Decided, Entry, Event, How},
    remains,
    seal::PAUSE_MS,
    time::Timestamp,
    words::{count, number},
};

/// What a rule found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) items: ItemSet,
    pub(super) unknown: ItemSet,
    /// How much there is of what is not counted in items.
    pub(super) count: u64,
    /// Whether it is known to be so, where that does not follow from the items.
    pub(super) sure: Option<bool>,
    pub(super) facts: String,
}

/// From so many decided items on a share of them means something.
const SHARE_FROM: u64 = 50;
/// From so many decisions on their pace means something.
const PACE_FROM: usize = 30;
/// From so many decisions on it is pointed out that they have the same time.
const SAME_INSTANT_FROM: u64 = 100;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn apply(rule: Rule, campaign: &Campaign, now: Timestamp) -> Option<Found> {
    match rule {
        Rule::Undecided => undecided(campaign),
        Rule::SelfReview => self_review(campaign),
        Rule::NoReason => no_reason(campaign),
        Rule::ExternalPrivileged => external_privileged(campaign),
        Rule::RemovesNothing => removes_nothing(campaign),
        Rule::Gaps => gaps(campaign),
        Rule::Stale => stale(campaign, now),
        Rule::AllKept => all_kept(campaign),
        Rule::BulkShare => bulk_share(campaign),
        Rule::Pace => pace(campaign),
        Rule::SameInstant => same_instant(campaign),
    }
}

fn are(n: u64) -> String {
    count(n, "item is", "items are")
}

/// The items that `holds` for.
fn select(campaign: &Campaign, mut holds: impl FnMut(Item) -> bool) -> ItemSet {
    campaign
        .items()
        .iter()
        .filter(|item| holds(*item))
        .collect()
}

fn decision(campaign: &Campaign, item: Item) -> Option<Decision> {
    campaign.slot(item).decision
}

fn undecided(campaign: &Campaign) -> Option<Found> {
    let progress = campaign.progress();
    if progress.undecided == 0 {
        return None;
    }
    let items = select(campaign, |item| decision(campaign, item).is_none());
    let own = items.iter().filter(|item| campaign.is_own(*item)).count() as u64;
    let whose = match own {
        0 => String::new(),
        own => format!(
            ", {} of them your own access, which another reviewer decides",
            number(own)
        ),
    };
    let facts = format!(
        "{} of {} undecided{whose}",
        number(progress.undecided),
        are(progress.items)
    );
    Some(Found {
        items,
        facts,
        ..Found::default()
    })
}

fn self_review(campaign: &Campaign) -> Option<Found> {
    if campaign.opened().reviewer_account.is_none() {
        return Some(Found {
            count: 1,
            sure: Some(false),
            facts:
                "nobody said which account is the reviewer's, so their own access was not set apart"
                    .to_owned(),
            ..Found::default()
        });
    }
    let items = select(campaign, |item| {
        campaign.is_own(item) && decision(campaign, item).is_some()
    });
    (!items.is_empty()).then(|| Found {
        facts: format!(
            "{} the reviewer's own access and decided by the reviewer",
            are(items.len() as u64)
        ),
        items,
        ..Found::default()
    })
}

/// For each item whether it is a privileged role, by the policy.
fn privileged(campaign: &Campaign) -> impl Fn(Item) -> Fact<bool> {
    let snapshot = campaign.snapshot();
    let roles = snapshot.roles().iter();
    let roles: Vec<Fact<bool>> = roles
        .map(|role| campaign.policy().privileged(role))
        .collect();
    move |item| match snapshot.grant(item).entitlement {
        Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => {
            roles[role.index()]
        }
        Entitlement::SignIn | Entitlement::Membership(_) => Fact::Known(false),
    }
}

/// Whether an item was kept and nothing was said about it.
fn kept_silently(campaign: &Campaign, item: Item) -> bool {
    decision(campaign, item) == Some(Decision::Keep)
        && campaign.note(item).is_none()
        && campaign
            .deciding_entry(item)
            .is_none_or(|(_, decided)| decided.reason.is_none())
}

/// What is true of some items and unknown of others, in words for each.
fn of_both(items: ItemSet, unknown: ItemSet, is: &str, may_be: &str) -> Option<Found> {
    let told = |set: &ItemSet, what: &str| {
        (!set.is_empty()).then(|| format!("{} {what}", are(set.len() as u64)))
    };
    let facts: Vec<String> = [told(&items, is), told(&unknown, may_be)]
        .into_iter()
        .flatten()
        .collect();
    (!facts.is_empty()).then(|| Found {
        facts: facts.join("; "),
        items,
        unknown,
        ..Found::default()
    })
}

fn no_reason(campaign: &Campaign) -> Option<Found> {
    if !campaign.policy().privileged_keep_needs_reason {
        return None;
    }
    let privileged = privileged(campaign);
    let of = |wanted: Fact<bool>| {
        select(campaign, |item| {
            privileged(item) == wanted && kept_silently(campaign, item)
        })
    };
    of_both(
        of(Fact::Known(true)),
        of(Fact::Unknown),
        "privileged and kept without a reason, which the policy asks for",
        "kept without a reason, and the rights of the role were not read",
    )
}

fn external_privileged(campaign: &Campaign) -> Option<Found> {
    let snapshot = campaign.snapshot();
    let privileged = privileged(campaign);
    let external = |item: Item| match snapshot.grant(item).holder {
        Holder::Account(account) => match snapshot.account(account).kind {
            Kind::Collaborator | Kind::Guest => Fact::Known(true),
            Kind::Member => Fact::Known(false),
            Kind::Unknown => Fact::Unknown,
        },
        Holder::Everyone(_) | Holder::Team(_) => Fact::Known(false),
    };
    let of = |wanted: Fact<bool>| {
        select(campaign, |item| {
            let both = match (external(item), privileged(item)) {
                (Fact::Known(true), Fact::Known(true)) => Fact::Known(true),
                (Fact::Known(false), _) | (_, Fact::Known(false)) => Fact::Known(false),
                _ => Fact::Unknown,
            };
            both == wanted && kept_silently(campaign, item)
        })
    };
    of_both(
        of(Fact::Known(true)),
        of(Fact::Unknown),
        "a privileged role of an external user and kept without a reason or a note",
        "kept without a reason or a note and may be one: the kind of user or the rights of the role were not read",
    )
}

fn removes_nothing(campaign: &Campaign) -> Option<Found> {
    if campaign.progress().revoked == 0 {
        return None;
    }
    let snapshot = campaign.snapshot();
    let revoked = remains::revoked(campaign);
    let (mut items, mut unknown) = (Vec::new(), Vec::new());
    remains::ways(campaign, &revoked, |item, ways| {
        let mut gives = ways
            .iter()
            .map(|way| remains::gives_as_much(snapshot, item, *way));
        if gives.clone().any(|gives| gives == Fact::Known(true)) {
            items.push(item);
        } else if gives.any(|gives| gives != Fact::Known(false)) {
            unknown.push(item);
        }
    });
    of_both(
        items.into_iter().collect(),
        unknown.into_iter().collect(),
        "revoked and still reached in another way, with just as much",
        "revoked and may still be reached in another way with just as much",
    )
}

fn gaps(campaign: &Campaign) -> Option<Found> {
    let gaps = &campaign.opened().provenance.gaps;
    let n = gaps.len() as u64;
    let named: Vec<String> = gaps
        .iter()
        .take(3)
        .map(|gap| gap.missing.safe().to_string())
        .collect();
    let more = match gaps.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (n > 0).then(|| Found {
        count: n,
        sure: Some(true),
        facts: format!(
            "{} not be read: {}{more}",
            count(n, "thing could", "things could"),
            named.join(", ")
        ),
        ..Found::default()
    })
}

fn stale(campaign: &Campaign, now: Timestamp) -> Option<Found> {
    let as_of = campaign.as_of();
    let age = now.ms() - as_of.ms();
    if age < 0 {
        return Some(Found {
            count: 1,
            sure: Some(false),
            facts: format!(
                "the clock shows {} UTC, before the snapshot of {} UTC, so nobody can tell how old that is",
                now.minute(),
                as_of.minute()
            ),
            ..Found::default()
        });
    }
    let days = u64::try_from(age / DAY_MS).unwrap_or(0);
    let limit = u64::from(campaign.policy().snapshot_days);
    (days > limit).then(|| Found {
        count: days,
        sure: Some(true),
        facts: format!(
            "the snapshot is {} old; the policy allows {}",
            count(days, "day", "days"),
            number(limit)
        ),
        ..Found::default()
    })
}

fn all_kept(campaign: &Campaign) -> Option<Found> {
    let (progress, from) = (campaign.progress(), campaign.policy().pace.all_kept_items);
    if progress.revoked > 0 || progress.kept == 0 || progress.kept < from {
        return None;
    }
    Some(Found {
        items: select(campaign, |item| {
            decision(campaign, item) == Some(Decision::Keep)
        }),
        facts: format!(
            "{} kept and none is revoked; that is pointed out from {} on",
            are(progress.kept),
            number(from)
        ),
        ..Found::default()
    })
}

fn bulk_share(campaign: &Campaign) -> Option<Found> {
    let decided = campaign.progress().decided();
    if decided < SHARE_FROM {
        return None;
    }
    let items = select(campaign, |item| {
        decision(campaign, item).is_some()
            && campaign
                .deciding_entry(item)
                .is_some_and(|(_, decided)| decided.chosen.how() == How::Bulk)
    });
    let (bulk, limit) = (items.len() as u64, campaign.policy().pace.bulk_percent);
    (bulk * 100 > decided * u64::from(limit)).then(|| Found {
        facts: format!(
            "{} of {} together with others, {} %; the policy allows {limit} %",
            number(bulk),
            count(decided, "item was decided", "items were decided"),
            bulk * 100 / decided,
        ),
        items,
        ..Found::default()
    })
}

/// When a change was made, in whichever review that was; `None` for what drift reopened.
fn made_at(entry: &Entry, decided: &Decided) -> Option<Timestamp> {
    match decided.chosen {
        Chosen::Carried { at, .. } => Some(at),
        Chosen::Drift => None,
        _ => Some(entry.at),
    }
}

fn pace(campaign: &Campaign) -> Option<Found> {
    let seconds = campaign.policy().pace.median_seconds;
    let limit = i64::from(seconds) * 1000;
    let (mut gaps, mut quick, mut back) = (Vec::new(), vec![], 0u64);
    let mut last: Option<Timestamp> = None;
    for entry in campaign.entries() {
        let Event::Decided(decided) = &entry.event else {
            continue;
        };
        let Some(at) = made_at(entry, decided) else {
            continue;
        };
        let gap = last.map(|last| at.ms() - last.ms());
        last = Some(at);
        let judged = matches!(decided.change, Change::Decide(_)) && !decided.chosen.is_bulk();
        match gap {
            Some(gap) if gap < 0 => back += 1,
            Some(gap) if judged && gap <= PAUSE_MS => {
                gaps.push(gap);
                if gap < limit {
                    quick.push(entry.seq);
                }
            }
            _ => {}
        }
    }
    if gaps.len() < PACE_FROM {
        return None;
    }
    if back > 0 {
        return Some(Found {
            count: back,
            sure: Some(false),
            facts: format!(
                "the times of the journal go back {}, so nobody can tell how quickly it was decided",
                count(back, "time", "times")
            ),
            ..Found::default()
        });
    }
    gaps.sort_unstable();
    let median = gaps[gaps.len() / 2];
    (median < limit).then(|| Found {
        count: 1,
        items: select(campaign, |item| {
            let slot = campaign.slot(item);
            slot.decision.is_some() && quick.binary_search(&slot.entry).is_ok()
        }),
        sure: Some(true),
        facts: format!(
            "{}.{} s between two single decisions in the median of {}; the policy asks for {}",
            median / 1000,
            median % 1000 / 100,
            number(gaps.len() as u64),
            count(u64::from(seconds), "second", "seconds"),
        ),
        ..Found::default()
    })
}

fn same_instant(campaign: &Campaign) -> Option<Found> {
    let at = |item: Item| {
        let (entry, decided) = campaign.deciding_entry(item)?;
        // What was decided as before is told by itself, in the statement.
        let judged = decided.chosen.how() != How::AsBefore;
        made_at(entry, decided).filter(|_| judged && decision(campaign, item).is_some())
    };
    let mut times: BTreeMap<Timestamp, u64> = BTreeMap::new();
    for at in campaign.items().iter().filter_map(at) {
        *times.entry(at).or_default() += 1;
    }
    times.retain(|_, n| *n >= SAME_INSTANT_FROM);
    let most = times.values().max()?;
    Some(Found {
        facts: format!(
            "{} decided at the same instant as {} or more others, {} of them at one",
            are(times.values().sum()),
            number(SAME_INSTANT_FROM - 1),
            number(*most)
        ),
        items: select(campaign, |item| {
            at(item).is_some_and(|at| times.contains_key(&at))
        }),
        ..Found::default()
    })
}
