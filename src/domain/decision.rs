//! [`Decision`]: what a reviewer said about an item.

/// What a reviewer decided about an item. An item without one is undecided, which never counts as keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The grant stays.
    Keep,
    /// The grant goes; a reason is always given.
    Revoke,
    /// The grant is implicit: it was seen, and nobody can take it away.
    Acknowledge,
}

impl Decision {
    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Revoke => "revoke",
            Self::Acknowledge => "acknowledge",
        }
    }

    /// The word for a finished one: "kept".
    pub fn past(self) -> &'static str {
        match self {
            Self::Keep => "kept",
            Self::Revoke => "revoked",
            Self::Acknowledge => "acknowledged",
        }
    }
}

/// What an event does to items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Decides them.
    Decide(Decision),
    /// Puts a bookmark on undecided items, which stay undecided.
    Later,
    /// Takes decision and bookmark away.
    Clear,
}

impl Change {
    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decide(decision) => decision.word(),
            Self::Later => "later",
            Self::Clear => "clear",
        }
    }
}

/// What is recorded about one item at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slot {
    /// The decision; `None` is undecided.
    pub decision: Option<Decision>,
    /// Whether an undecided item is bookmarked.
    pub later: bool,
    /// The number of the entry that made it so; 0 before any.
    pub entry: u32,
}
