//! What must hold before a campaign closes, and the words that are signed.

use super::{
    campaign::Campaign,
    check::{Flag, Rule},
    decision::Decision,
    journal::{Chosen, Event, How},
    provenance::Completeness,
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
    /// Items that are kept because the previous record kept them and nothing changed since; not among those in bulk.
    pub as_before: u64,
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
        let mut effort = Self {
            as_before: campaign.kept_as_before(),
            ..Self::default()
        };
        let mut gaps = Vec::new();
        for entry in campaign.entries() {
            // What was carried over took its effort then; what drift reopened took none.
            let at = match &entry.event {
                Event::Decided(decided) => match decided.chosen {
                    Chosen::Carried { at, .. } => at,
                    Chosen::Drift => continue,
                    _ => entry.at,
                },
                _ => continue,
            };
            effort.changes += u64::from(campaign.stands(entry.seq));
            if let Some(last) = effort.last {
                let gap = at.ms() - last.ms();
                if (0..=PAUSE_MS).contains(&gap) {
                    effort.active_ms += gap;
                    gaps.push(gap);
                }
            }
            effort.first = effort.first.or(Some(at));
            effort.last = Some(at);
        }
        gaps.sort_unstable();
        effort.median_ms = gaps.get(gaps.len() / 2).copied();
        for item in campaign.items().iter() {
            let slot = campaign.slot(item);
            let bulk = || {
                campaign
                    .deciding_entry(item)
                    .is_some_and(|(_, decided)| decided.chosen.how() == How::Bulk)
            };
            effort.in_bulk += u64::from(slot.decision.is_some() && bulk());
            effort.own_undecided += u64::from(slot.decision.is_none() && campaign.is_own(item));
        }
        effort
    }
}

impl Effort {
    /// `, 412 kept as before`, when there are some.
    pub fn as_before_words(&self) -> String {
        match self.as_before {
            0 => String::new(),
            n => format!(", {} kept as before", super::words::number(n)),
        }
    }
}

/// The words the reviewer confirms and signs: what was reviewed, what was decided, what is missing.
///
/// `flags` are those of the moment it is confirmed at. A record's statement is compared with this one for ever, so another
/// wording needs another version of the record's format beside this one.
pub fn statement(campaign: &Campaign, principal: &str, flags: &[Flag]) -> String {
    let (progress, opened) = (campaign.progress(), campaign.opened());
    let organization = campaign.snapshot().organization();
    let complete = match opened.completeness() {
        Completeness::Full | Completeness::Scoped => {
            "Everything that was asked for was read.".to_owned()
        }
        Completeness::Partial => {
            let gaps = opened.provenance.gaps.len() as u64;
            format!(
                "The snapshot is partial: {gaps} {} not be read and {} listed in this record.",
                plural(gaps, "thing could", "things could"),
                plural(gaps, "is", "are")
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
    let as_before = match (&opened.previous_record, campaign.kept_as_before()) {
        (None, _) | (_, 0) => String::new(),
        (Some(record), n) => format!(
            " {n} of the items to {keep} {} not looked at one by one: {} unchanged since the record of {}{}, sealed {} UTC, \
             kept {}.",
            plural(n, "was", "were"),
            plural(n, "it is", "they are"),
            record.review,
            if record.signer_known {
                ""
            } else {
                " (signer unknown)"
            },
            record.sealed_at.minute(),
            plural(n, "it", "them"),
            keep = Decision::Keep.word(),
        ),
    };
    let own = match campaign.self_review() {
        Some(_) => " An exception for deciding on my own access is part of this record.",
        None => "",
    };
    let scope = match &opened.scope {
        None => String::new(),
        Some(scope) => {
            let outside = campaign.out_of_scope();
            format!(
                " Only what is in the scope {} was put up for decision; {outside} {} outside it and not reviewed.",
                scope.raw(),
                plural(outside, "item is", "items are")
            )
        }
    };
    format!(
        "I, {principal}, reviewed {part}the access of {accounts} {accounts_word} in {name}, as of {as_of} UTC, {items} {items_word}: \
         {kept} to {keep}, {revoked} to {revoke}, {acknowledged} acknowledged.{as_before}{undecided}{scope}{own}{waived} {complete} \
         The decisions in this record are mine.",
        part = if opened.scope.is_some() {
            "a part of "
        } else {
            ""
        },
        accounts = opened.accounts,
        accounts_word = plural(opened.accounts, "account", "accounts"),
        items_word = plural(progress.items, "item", "items"),
        name = organization.name.raw(),
        as_of = campaign.as_of().minute(),
        items = progress.items,
        kept = progress.kept,
        keep = Decision::Keep.word(),
        revoked = progress.revoked,
        revoke = Decision::Revoke.word(),
        acknowledged = progress.acknowledged,
        waived = waived(flags),
    )
}

/// What was waived, in plain words. An exception for one's own access is told by itself.
fn waived(flags: &[Flag]) -> String {
    let waived = flags
        .iter()
        .filter(|flag| !flag.is_open() && flag.rule != Rule::SelfReview);
    let waived: Vec<String> = waived
        .map(|flag| match &*flag.amount() {
            "" => flag.rule.title().to_owned(),
            amount => format!("{} ({amount})", flag.rule.title()),
        })
        .collect();
    match waived.len() as u64 {
        0 => String::new(),
        n => format!(
            " {n} {} with a reason that stands in this record: {}.",
            plural(n, "red flag was waived", "red flags were waived"),
            waived.join(", ")
        ),
    }
}

fn plural<'a>(n: u64, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        campaign::{Campaign, Terms},
        decision::Change,
        fixture::{acme, entry, flags, lenient, provenance, waive},
        items::{Item, ItemSet},
        journal::{Chosen, Decided, Entry, LeftOut, Opened},
        provenance::Gap,
        text::Raw,
    };

    /// A review of the fixture with this many gaps, after `events`.
    fn campaign(gaps: usize, events: Vec<Event>) -> Campaign {
        let snapshot = acme().snapshot();
        let mut provenance = provenance();
        let gap = Gap {
            call: "GET projects".to_owned(),
            missing: Raw::from("projects"),
            reason: Raw::from("403"),
        };
        provenance.gaps = vec![gap; gaps];
        let opened = Opened {
            previous: None,
            previous_record: None,
            review: "q1".to_owned(),
            reviewer: Raw::from("ada"),
            reviewer_account: None,
            items: snapshot.len() as u64,
            accounts: snapshot.accounts().len() as u64,
            scope: None,
            provenance,
            tool: "muster 0.1.0".to_owned(),
        };
        let first = entry(1, Event::Opened(Box::new(opened)));
        let terms = Terms {
            policy: std::sync::Arc::new(lenient()),
            ..Terms::default()
        };
        let mut campaign = Campaign::open(snapshot, terms, first).expect("it opens");
        for event in events {
            let entry = entry(campaign.next_seq(), event);
            campaign.apply(entry).expect("it may happen");
        }
        campaign
    }

    fn decide(decision: Decision, items: impl IntoIterator<Item = u32>) -> Event {
        Event::Decided(Decided {
            change: Change::Decide(decision),
            items: items.into_iter().map(Item).collect::<ItemSet>(),
            reason: Some(Raw::from("left")),
            chosen: Chosen::Marked,
            left_out: LeftOut::default(),
        })
    }

    #[test]
    fn words_that_were_signed_once_stay_as_they_are() {
        let items = u32::try_from(acme().snapshot().len()).expect("few");
        let all = |but: u32| {
            vec![
                decide(Decision::Acknowledge, [0]),
                decide(Decision::Keep, 1..items - 2 - but),
                decide(Decision::Revoke, items - 2 - but..items - but),
            ]
        };
        let exception = Event::SelfReviewAllowed {
            reason: Raw::from("alone"),
        };
        let begin = "I, ada@example.com, reviewed the access of 4 accounts in Acme, as of 2026-03-31 09:00 UTC";
        for (campaign, words) in [
            (
                campaign(0, all(0)),
                ", 14 items: 11 to keep, 2 to revoke, 1 acknowledged. Everything that was asked for was read.",
            ),
            (
                campaign(1, all(1)),
                ", 14 items: 10 to keep, 2 to revoke, 1 acknowledged. 1 item is left undecided and does not count as \
                 kept. The snapshot is partial: 1 thing could not be read and is listed in this record.",
            ),
            (
                campaign(2, [vec![exception], all(2)].concat()),
                ", 14 items: 9 to keep, 2 to revoke, 1 acknowledged. 2 items are left undecided and do not count as \
                 kept. An exception for deciding on my own access is part of this record. The snapshot is partial: 2 \
                 things could not be read and are listed in this record.",
            ),
        ] {
            assert_eq!(
                statement(&campaign, "ada@example.com", &flags(&campaign)),
                format!("{begin}{words} The decisions in this record are mine.")
            );
        }
    }

    #[test]
    fn what_was_waived_is_said_in_plain_words() {
        let mut campaign = campaign(2, Vec::new());
        assert!(!statement(&campaign, "ada", &flags(&campaign)).contains("waived"));
        waive(&mut campaign);
        let words = statement(&campaign, "ada", &flags(&campaign));
        let told = " 2 red flags were waived with a reason that stands in this record: undecided items (14 items), what \
                    could not be read (2 things). ";
        assert!(words.contains(told), "{words}");
    }

    #[test]
    fn one_is_counted_in_the_singular() {
        let mut org = crate::domain::fixture::Org::new();
        org.account("Ada", "Keller", |_| {});
        let campaign = crate::domain::fixture::campaign(&org.snapshot());
        let words = statement(&campaign, "ada@example.org", &[]);
        assert!(words.contains("access of 1 account in"), "{words}");
    }

    #[test]
    fn effort_is_counted_as_it_always_was() {
        let times = [
            0,
            4_000,
            10_000,
            10_000 + PAUSE_MS,
            20_000 + 2 * PAUSE_MS,
            1_000,
        ];
        let mut campaign = campaign(0, Vec::new());
        for (at, item) in times.into_iter().zip(1..) {
            let at = Timestamp::from_ms(campaign.as_of().ms() + at).expect("a time");
            let event = decide(Decision::Keep, [item]);
            let entry = entry(campaign.next_seq(), event);
            campaign
                .apply(Entry { at, ..entry })
                .expect("it may happen");
        }
        let undo = entry(campaign.next_seq(), Event::Undone { entry: 7 });
        campaign.apply(undo).expect("the last change");
        let effort = Effort::of(&campaign);
        // Gaps of 4 s, 6 s and exactly a pause count; a longer one and one backwards do not.
        assert_eq!(effort.active_ms, 10_000 + PAUSE_MS);
        assert_eq!(effort.median_ms, Some(6_000));
        assert_eq!(
            (effort.changes, effort.in_bulk, effort.own_undecided),
            (5, 5, 0)
        );
        let at = |ms: i64| Timestamp::from_ms(campaign.as_of().ms() + ms);
        assert_eq!((effort.first, effort.last), (at(0), at(1_000)));
    }
}
