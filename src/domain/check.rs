//! The red flags an auditor looks for, found before the signature: [`check`] runs every [`Rule`].
//!
//! A flag is a fact with its items and the clauses it answers, never a judgement. Some stop the signature until they are
//! settled or waived with a reason; the others are there to be looked at. A [`Waiver`] is for the flag as it was seen:
//! when the flag grows, it no longer covers it.

mod rules;

use std::sync::Arc;

use super::{
    campaign::Campaign,
    items::ItemSet,
    journal::{Entry, Event, Waived},
    text::Raw,
    time::Timestamp,
    words::count,
};

macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident $name:literal $severity:ident $title:literal [$($clause:literal),+] $to_do:literal,)*) => {
        /// What is looked for. Another meaning is another version of the rule, beside the one records were made with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])+ $rule),* }

        impl Rule {
            /// All of them, those first that stop the signature.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// The word in files and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$rule => $name),* }
            }

            /// Whether it stops the signature.
            pub fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity),* }
            }

            /// What it finds, in a few words for people.
            pub fn title(self) -> &'static str {
                match self { $(Self::$rule => $title),* }
            }

            /// The clauses and practices of auditors it answers.
            pub fn clauses(self) -> &'static [&'static str] {
                match self { $(Self::$rule => &[$($clause),+]),* }
            }

            /// What settles it.
            pub fn to_do(self) -> &'static str {
                match self { $(Self::$rule => $to_do),* }
            }
        }
    };
}

rules! {
    /// Items that nobody decided.
    Undecided "undecided" Stops "undecided items"
        ["SOC 2 practice", "PCI DSS 7.2.4"]
        "decide them, or say why they stay open",
    /// Decisions of the reviewer on their own access, or nobody knows which access that is.
    SelfReview "self-review" Stops "the reviewer's own access"
        ["SOC 2 practice", "ISO 27001 A.5.3", "NIST 800-53 AC-5"]
        "clear these decisions and let another reviewer decide, or say why there is none",
    /// Privileged grants that were kept without a reason although the policy asks for one.
    NoReason "no-reason" Stops "no reason where one is due"
        ["SOC 2 CC6.3", "ISO 27001 A.8.2", "NIST 800-53 AC-6(7)", "NIST 800-53 AC-2(7)"]
        "decide them again with a reason, or write a note on each",
    /// External users whose privileged roles were kept without a reason or a note.
    ExternalPrivileged "external-privileged" Stops "privileged externals kept without a note"
        ["SOC 2 CC6.3", "ISO 27001 A.8.2", "PCI DSS 7.2.4", "NIST 800-53 AC-6(7)", "NIST 800-53 AC-2(7)"]
        "write a note on each, decide them again with a reason, or revoke them",
    /// Revokes after which the holder has just as much in another way.
    RemovesNothing "removes-nothing" Stops "revokes that remove nothing"
        ["SOC 2 CC6.2", "SOC 2 CC6.3", "PCI DSS 7.2.4", "PCI DSS 7.2.5.1", "NIST 800-53 AC-6(7)(b)"]
        "revoke the team's grant or the membership too, or say why it may stay",
    /// Things that could not be read.
    Gaps "gaps" Stops "what could not be read"
        ["SOC 2 CC6.2", "PCI DSS 7.2.4", "PCAOB AS 1105.10", "NIST 800-53 AC-2"]
        "take a new snapshot with more permissions, or say why these may be missing",
    /// The snapshot is older than the policy allows.
    Stale "stale" Stops "an old snapshot"
        ["auditors' practice"]
        "run muster snapshot again: it shows what changed and carries the decisions over",
    /// Nothing was revoked in a review of some size.
    AllKept "all-kept" Look "everything kept"
        ["SOC 2 practice"]
        "make sure that each was looked at; the record says that none was revoked",
    /// A large share was decided together with others.
    BulkShare "bulk-share" Look "decided in bulk"
        ["auditors' practice"]
        "look at some of them one by one; the record tells how they were chosen",
    /// Decisions that followed each other very quickly.
    Pace "pace" Look "decided very quickly"
        ["auditors' practice"]
        "look at some of them again; the record tells the times",
    /// Hundreds of decisions with one and the same time.
    SameInstant "same-instant" Look "decided at the same instant"
        ["auditors' practice"]
        "look at some of them one by one; the record tells how they were chosen",
}

/// Whether a flag stops the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Until it is settled or waived with a reason.
    Stops,
    /// It is there to be looked at.
    Look,
}

impl Severity {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stops => "stops",
            Self::Look => "look",
        }
    }

    /// What it means for the signature.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stops => "stops sealing until it is settled or waived",
            Self::Look => "to be looked at",
        }
    }
}

impl Rule {
    /// The rule with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// The version of what it looks for.
    pub fn version(self) -> u32 {
        1
    }
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The rule.
    pub rule: Rule,
    /// Whether it stops the signature; what only may be so never does.
    pub severity: Severity,
    /// The items of which it is true.
    pub items: ItemSet,
    /// The items of which nobody can tell.
    pub unknown: ItemSet,
    /// How much there is of it: items, those of which nobody can tell among them; or things, or days.
    pub count: u64,
    /// The same in words, with the numbers behind it and the limit.
    pub facts: String,
    /// What was said about it when it was waived.
    pub waiver: Option<Waiver>,
}

/// Why a flag may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Why.
    pub reason: Raw,
    /// The entry that says so.
    pub entry: u32,
    /// How much there was of the flag then.
    pub count: u64,
    /// Whether it is for all there is of the flag now.
    pub covers: bool,
}

impl Flag {
    /// Whether nothing was said about it, or not about all there is of it now.
    pub fn is_open(&self) -> bool {
        !self.waiver.as_ref().is_some_and(|waiver| waiver.covers)
    }

    /// Whether the signature has to wait for it.
    pub fn stops(&self) -> bool {
        self.severity == Severity::Stops && self.is_open()
    }

    /// How much there is of it, in words; empty when there is nothing to count.
    pub fn amount(&self) -> String {
        match self.rule {
            Rule::Gaps => count(self.count, "thing", "things"),
            Rule::Stale if self.severity == Severity::Stops => count(self.count, "day", "days"),
            _ if self.items.is_empty() && self.unknown.is_empty() => String::new(),
            _ => count(self.count, "item", "items"),
        }
    }

    /// What there is of it, in one line that is safe to show: `undecided: 14 of 200 items are undecided`.
    pub fn words(&self) -> String {
        format!("{}: {}", self.rule.name(), self.facts)
    }

    /// The same with what it means for the signature, or why it may stand.
    pub fn line(&self) -> String {
        let words = self.words();
        match &self.waiver {
            Some(waiver) if waiver.covers => {
                format!("waived   {words}; because: {}", waiver.reason.safe())
            }
            Some(waiver) => format!(
                "open     {words}; it grew since it was waived because: {}",
                waiver.reason.safe()
            ),
            None if self.stops() => format!("open     {words}"),
            None => format!("look     {words}"),
        }
    }

    /// The event that lets it stand as it is, for `reason`.
    pub fn waive(&self, reason: Raw) -> Event {
        Event::Waived(Box::new(Waived {
            flag: self.rule,
            items: self.all(),
            count: self.count,
            reason,
        }))
    }

    /// All its items, those of which nobody can tell among them.
    pub fn all(&self) -> ItemSet {
        self.items.iter().chain(self.unknown.iter()).collect()
    }
}

/// Everything there is to point out in `campaign` at `now`, in the order of [`Rule::ALL`].
pub fn check(campaign: &Campaign, now: Timestamp) -> Vec<Flag> {
    let rules = Rule::ALL.iter();
    rules
        .filter_map(|rule| find(campaign, *rule, now))
        .collect()
}

/// What `rule` points out in `campaign` at `now`.
pub fn find(campaign: &Campaign, rule: Rule, now: Timestamp) -> Option<Flag> {
    let found = rules::apply(rule, campaign, now)?;
    let sure = found.sure.unwrap_or(!found.items.is_empty());
    let mut flag = Flag {
        rule,
        severity: if sure {
            rule.severity()
        } else {
            Severity::Look
        },
        count: found
            .count
            .max((found.items.len() + found.unknown.len()) as u64),
        items: found.items,
        unknown: found.unknown,
        facts: found.facts,
        waiver: None,
    };
    flag.waiver = waiver(campaign, &flag);
    Some(flag)
}

/// What was said about `flag`, if anything.
fn waiver(campaign: &Campaign, flag: &Flag) -> Option<Waiver> {
    if let Some((entry, waived)) = campaign.waived(flag.rule) {
        let all = flag.items.iter().chain(flag.unknown.iter());
        let covers =
            flag.count <= waived.count && all.into_iter().all(|it| waived.items.contains(it));
        return Some(Waiver {
            reason: waived.reason.clone(),
            entry: entry.seq,
            count: waived.count,
            covers,
        });
    }
    // Who may decide on their own access was told why before the first such decision.
    let reason = campaign
        .self_review()
        .filter(|_| flag.rule == Rule::SelfReview)?;
    let allowed = |entry: &&Arc<Entry>| matches!(entry.event, Event::SelfReviewAllowed { .. });
    Some(Waiver {
        reason: reason.clone(),
        entry: campaign.entries().iter().rev().find(allowed)?.seq,
        count: flag.count,
        covers: true,
    })
}

#[cfg(test)]
mod tests;
