//! The bytes that outlive this program: what is stored, hashed and signed, and how it is read back.
//!
//! Every file is JSON Lines or small JSON in the one encoding of [`canonical`], so that a file can be read with
//! stock tools and the same content always makes the same bytes. Everything read here may be hostile: lines
//! have limits, fields are typed, unknown and repeated ones are refused, and a journal line, a list of digests
//! and `review.json` have exactly one text.

#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod approval;
pub mod blocks;
pub mod canonical;
pub mod crew;
pub mod disclosure;
pub mod earlier;
pub mod evidence;
pub mod journal;
pub mod merkle;
pub mod policy;
pub mod population;
pub mod record;
pub mod sums;
pub mod views;

#[cfg(test)]
pub(crate) mod sample;

use std::io;

use crate::domain::{snapshot, text::SafeText};

/// The version of the formats in this module. A journal and a record say which one they were written in.
///
/// Records of a version are judged by making their files again and comparing bytes. So all that decides about those
/// bytes belongs to the version, and whoever changes it makes a new one and keeps the old: the characters that are
/// escaped, the order of a snapshot and the ids of grants, what may happen in a campaign and what counts as a blank
/// reason, the words of [`seal::statement`](crate::domain::seal::statement) and of the ways that stand beside a revoke
/// and the rules by which they are found, and how the effort is counted. Tests and stored records hold each in place.
pub const SCHEMA: u64 = 1;

/// Why stored bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes could not be had.
    #[error("cannot read {file}")]
    Read {
        /// The file's name.
        file: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A line is not what was written.
    #[error("{file}, line {line}: {problem}")]
    Line {
        /// The file's name.
        file: &'static str,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The lines are well formed but are not a snapshot together.
    #[error("the population files do not fit together: {0}")]
    Snapshot(snapshot::Error),
}

impl From<snapshot::Error> for Error {
    fn from(error: snapshot::Error) -> Self {
        Self::Snapshot(error)
    }
}

impl Error {
    /// Whether a newer version of the program is needed, rather than something being wrong.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Line { problem, .. } if problem.is_newer())
    }
}

/// What is wrong with one line, or with one small file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It does not say what it should.
    #[error("{0}")]
    Malformed(String),
    /// A newer version of the program wrote it.
    #[error("it was written by a newer version of muster: {0}")]
    Newer(String),
    /// It is longer than anything this program writes.
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    /// The line feed at the end is missing.
    #[error("it is cut short")]
    CutShort,
    /// Its own digest does not fit.
    #[error("its digest does not fit: it was changed or damaged")]
    Damaged,
    /// It does not continue what stands before it.
    #[error("it does not follow the line before it: a line was removed, added or moved")]
    Unchained,
    /// It says something that is valid, in another text than this program gives it.
    #[error("it is not written the way muster writes it")]
    OtherText,
}

impl Problem {
    /// A malformed line; `why` may quote it.
    pub(crate) fn malformed(why: impl std::fmt::Display) -> Self {
        Self::Malformed(SafeText::of(&why.to_string()).as_str().to_owned())
    }

    /// A line of a newer version; `what` may quote it.
    pub(crate) fn newer(what: impl std::fmt::Display) -> Self {
        Self::Newer(SafeText::of(&what.to_string()).as_str().to_owned())
    }

    /// Whether a newer version of the program is needed.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Newer(_))
    }

    /// The error of line `line` of `file`.
    pub fn at(self, file: &'static str, line: u64) -> Error {
        Error::Line {
            file,
            line,
            problem: self,
        }
    }
}
