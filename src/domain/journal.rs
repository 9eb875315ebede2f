//! [`Entry`] and [`Event`]: what may happen in a campaign.

use std::collections::BTreeMap;

use super::{
    Digest,
    account::AccountId,
    campaign::Progress,
    check::Rule,
    decision::Change,
    items::{Item, ItemSet},
    provenance::{Completeness, Provenance},
    remains::Remains,
    signal,
    text::Raw,
    time::Timestamp,
};

/// One line of a campaign's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1, without holes.
    pub seq: u32,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// Who wrote it: the reviewer's login name.
    pub by: Raw,
    /// What happened.
    pub event: Event,
    /// What its revokes leave standing and whom they touch, as it was then; `None` when there is nothing to tell.
    pub remains: Option<Box<Remains>>,
}

impl Entry {
    /// The entry and the change of items in it, when it is one.
    pub fn decided(&self) -> Option<(&Self, &Decided)> {
        match &self.event {
            Event::Decided(decided) => Some((self, decided)),
            _ => None,
        }
    }
}

/// What may happen in a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The review was opened over a snapshot. Always the first entry, and only the first.
    Opened(Box<Opened>),
    /// Items were decided, bookmarked or cleared, all in the same way.
    Decided(Decided),
    /// The latest change that stood was taken back.
    Undone {
        /// The entry that no longer counts.
        entry: u32,
    },
    /// The latest change that was taken back counts again.
    Redone {
        /// The entry that counts again.
        entry: u32,
    },
    /// A note was written on an item; an empty one takes it away.
    Noted {
        /// The item.
        item: Item,
        /// The note.
        text: Raw,
    },
    /// From here on the reviewer may decide on their own access.
    SelfReviewAllowed {
        /// Why.
        reason: Raw,
    },
    /// A red flag may stand as it was seen, for a reason.
    Waived(Box<Waived>),
    /// The reviewer confirmed the attestation. The last entry of a record's journal; any later change of a
    /// decision makes it void.
    Attested(Box<Attested>),
    /// The record was made. Nothing follows.
    Sealed {
        /// The record's folder name.
        record: String,
        /// The digest of its `SHA256SUMS`.
        sums: Digest,
    },
}

impl Event {
    /// Whether it is a change that an undo takes back.
    pub fn is_change(&self) -> bool {
        matches!(
            self,
            Self::Decided(_) | Self::Noted { .. } | Self::Waived(_)
        )
    }
}

/// How a review began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The review's name.
    pub review: String,
    /// What the reviewer is called.
    pub reviewer: Raw,
    /// The reviewer's own account, on which they may not decide; `None` when nobody knows it.
    pub reviewer_account: Option<AccountId>,
    /// How many items the snapshot has, put up for decision or not.
    pub items: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// Which of the items are put up for decision, as [`Scope::parse`](super::scope::Scope::parse) reads it; `None` is
    /// all of them.
    pub scope: Option<Raw>,
    /// Where the snapshot came from.
    pub provenance: Provenance,
    /// The program and version that opened it.
    pub tool: String,
    /// The journal that was carried over, when the review was refreshed.
    pub previous: Option<Previous>,
    /// The sealed record that this review is compared with, when one was named.
    pub previous_record: Option<PreviousRecord>,
}

/// A sealed record that a later review of the same organization is compared with. It was verified when it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousRecord {
    /// The record's own id.
    pub record: String,
    /// The digest of its `SHA256SUMS`.
    pub sums: Digest,
    /// What its review was called.
    pub review: String,
    /// The time its snapshot speaks of.
    pub as_of: Timestamp,
    /// When it was sealed, as it claims.
    pub sealed_at: Timestamp,
    /// Who signed it.
    pub principal: Raw,
    /// The fingerprint of the key that signed it.
    pub key_fingerprint: String,
    /// Whether a list of signers that is no part of the record allowed that key.
    pub signer_known: bool,
}

/// The journal of a review before it was refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// The `h` of its last entry.
    pub head: Digest,
    /// How many entries it has.
    pub entries: u32,
    /// The time its snapshot speaks of.
    pub as_of: Timestamp,
}

impl Opened {
    /// How complete the review is.
    pub fn completeness(&self) -> Completeness {
        Completeness::of(&self.provenance, self.scope.is_some())
    }
}

/// A change of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What was done to them.
    pub change: Change,
    /// Which ones; never empty.
    pub items: ItemSet,
    /// Why; always there for a revoke.
    pub reason: Option<Raw>,
    /// How they were chosen.
    pub chosen: Chosen,
    /// What policy took out of the choice; these stay as they were.
    pub left_out: LeftOut,
}

/// What policy took out of a choice before it was decided together: by rule, each item once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut(BTreeMap<&'static str, (signal::Rule, ItemSet)>);

impl LeftOut {
    /// The rules with what each took out, by the name of the rule.
    pub fn iter(&self) -> impl Iterator<Item = (signal::Rule, &ItemSet)> + Clone {
        self.0.values().map(|(rule, items)| (*rule, items))
    }

    /// Whether nothing was taken out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many items were taken out.
    pub fn len(&self) -> usize {
        self.iter().map(|(_, items)| items.len()).sum()
    }

    /// All that was taken out.
    pub fn items(&self) -> ItemSet {
        let sets = self.iter().map(|(_, items)| items);
        sets.fold(ItemSet::default(), |all, items| all.or(items))
    }
}

impl FromIterator<(signal::Rule, ItemSet)> for LeftOut {
    /// A rule that took nothing out is left away.
    fn from_iter<I: IntoIterator<Item = (signal::Rule, ItemSet)>>(sets: I) -> Self {
        let sets = sets.into_iter().filter(|(_, items)| !items.is_empty());
        Self(
            sets.map(|(rule, items)| (rule.name(), (rule, items)))
                .collect(),
        )
    }
}

/// How the items of a change were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// One by one.
    Single,
    /// What was still undecided of one account or team.
    RestOfSubject,
    /// The marked ones.
    Marked,
    /// All that a filter matched; its text.
    Filter(Raw),
    /// What a filter matched, with some marked besides or unmarked by hand.
    Adjusted {
        /// The filter's text.
        filter: Raw,
        /// How many were marked besides.
        added: u32,
        /// How many were unmarked.
        removed: u32,
    },
    /// One by one in a table of them, taken over together.
    Table,
    /// They were decided before the review was refreshed and did not need to be decided again.
    Carried {
        /// The entry that decided them, in the journal before.
        entry: u32,
        /// When they were first decided.
        at: Timestamp,
        /// How that decision came about.
        how: How,
    },
    /// All that the previous record kept and that is unchanged since; they were not looked at again.
    AsBefore {
        /// The id of that record.
        record: String,
    },
    /// They changed between the snapshots, so what was decided about them is asked again.
    Drift,
}

impl Chosen {
    /// How the decision came about.
    pub fn how(&self) -> How {
        match self {
            Self::Single | Self::Drift => How::Single,
            Self::RestOfSubject
            | Self::Marked
            | Self::Filter(_)
            | Self::Adjusted { .. }
            | Self::Table => How::Bulk,
            Self::Carried { how, .. } => *how,
            Self::AsBefore { .. } => How::AsBefore,
        }
    }

    /// Whether they were chosen in this review, and not taken over from before it was refreshed.
    pub fn is_new(&self) -> bool {
        !matches!(self, Self::Carried { .. } | Self::Drift)
    }

    /// Whether several items were decided in one act.
    pub fn is_bulk(&self) -> bool {
        self.how() != How::Single
    }
}

/// How a decision came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// By itself.
    Single,
    /// With others in one act.
    Bulk,
    /// With others, because the previous record decided so and nothing changed since.
    AsBefore,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Single, Self::Bulk, Self::AsBefore];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bulk => "bulk",
            Self::AsBefore => "as-before",
        }
    }
}

/// A red flag that may stand. When it grows, this is no longer for all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// Which one.
    pub flag: Rule,
    /// All its items as they were then.
    pub items: ItemSet,
    /// How much there was of it.
    pub count: u64,
    /// Why it may stand.
    pub reason: Raw,
}

/// What the reviewer confirmed before the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The words that were confirmed.
    pub statement: String,
    /// Who signs, as the auditor's list of signers names them.
    pub principal: Raw,
    /// The counts that were shown.
    pub progress: Progress,
}
