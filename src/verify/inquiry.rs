//! [`Inquiry`]: what is asked about a record, and with what help.

use std::cell::Cell;

use super::{Stage, allowed_signers::AllowedSigners, evidence::Reread, revoked_keys::RevokedKeys};
use crate::{
    domain::time::Timestamp,
    format::{
        crew::{Alone, Crew},
        record::Review,
    },
};

/// How closely a record is looked at. Each level does what the one before does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Is every file what was signed, and by whom?
    Quick,
    /// Does the record follow from itself: journal, decisions, totals?
    #[default]
    Usual,
    /// Does the population follow from the raw answers of the server?
    Deep,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Usual, Self::Deep];

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Usual => "default",
            Self::Deep => "deep",
        }
    }

    /// What it looks at, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Quick => {
                "whether every file is what was signed; not whether they follow from each other, and no approval"
            }
            Self::Usual => {
                "whether every file is what was signed, and whether journal, decisions and totals follow from each other; \
                 the raw answers of the server by their digest alone"
            }
            Self::Deep => {
                "whether every file is what was signed, whether journal, decisions and totals follow from each other, and \
                 whether the population follows from the raw answers of the server"
            }
        }
    }

    /// Whether it goes through a stage.
    pub fn has(self, stage: Stage) -> bool {
        match self {
            Self::Quick => stage <= Stage::Hashes,
            Self::Usual => stage != Stage::Evidence,
            Self::Deep => true,
        }
    }
}

/// Begins to read the answers of a record's server again.
pub type Begin<'a> = dyn Fn(&Review) -> Result<Box<dyn Reread + 'a>, String> + 'a;

/// What is asked about a record, and with what help.
pub struct Inquiry<'a> {
    /// Who does what can be done at the same time.
    pub crew: &'a dyn Crew,
    /// How closely it is looked at.
    pub level: Level,
    /// The auditor's own list, never one from the record; without it a good record's signer is unknown.
    pub signers: Option<&'a AllowedSigners>,
    /// Keys that count for nothing, whenever they signed.
    pub revoked: Option<&'a RevokedKeys>,
    /// The time at which the list must allow the signer: nothing in a record proves when it was signed.
    pub at: Timestamp,
    /// Whether whoever asks chose that time, because they know when the record was made. Otherwise it is the present, and
    /// a key that was allowed only when the record claims to have been sealed leaves a doubt.
    pub at_is_known: bool,
    /// Who knows how the server puts things; only [`Level::Deep`] needs it.
    pub reread: Option<&'a Begin<'a>>,
}

impl<'a> Inquiry<'a> {
    /// The usual questions at the time `at`, answered by one hand.
    pub fn at(at: Timestamp) -> Self {
        Self {
            crew: &Alone,
            level: Level::Usual,
            signers: None,
            revoked: None,
            at,
            at_is_known: false,
            reread: None,
        }
    }

    /// The same, with the auditor's list.
    #[must_use]
    pub fn with(self, signers: Option<&'a AllowedSigners>) -> Self {
        Self { signers, ..self }
    }
}

impl std::fmt::Debug for Inquiry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inquiry")
            .field("level", &self.level)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Where verification is.
pub(super) struct Trail(Cell<Stage>);

impl Trail {
    pub(super) fn new() -> Self {
        Self(Cell::new(Stage::Files))
    }

    /// A stage begins.
    pub(super) fn enter(&self, stage: Stage) {
        self.0.set(stage);
    }

    /// The stage that began last.
    pub(super) fn stage(&self) -> Stage {
        self.0.get()
    }
}
