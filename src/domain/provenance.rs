//! [`Provenance`]: where a snapshot came from and how complete it is.

use super::{
    Digest,
    account::AccountId,
    rights::Right,
    text::{Raw, SafeText},
    time::Timestamp,
    words::{count, number},
};

/// Where a snapshot came from, when, with whose eyes, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// When reading began, by this machine's clock.
    pub began: Timestamp,
    /// When reading went on after it had been interrupted, each time; the lists that were finished before were not read again.
    pub resumed: Vec<Timestamp>,
    /// When reading ended; what the snapshot says is as of this time.
    pub ended: Timestamp,
    /// The server's own clock when reading began, from its `Date` header.
    pub server_began: Option<Timestamp>,
    /// The server's own clock at its last answer.
    pub server_ended: Option<Timestamp>,
    /// Whose token it was read with.
    pub reader: Reader,
    /// What that token may read, as far as the reading showed it, in the order of
    /// [`Permission::ALL`](super::rights::Permission::ALL).
    pub rights: Vec<Right>,
    /// What was called and what came of it, in order.
    pub endpoints: Vec<Endpoint>,
    /// What is missing. Empty means that everything asked for was read.
    pub gaps: Vec<Gap>,
    /// What was kept of the raw answers.
    pub evidence: Evidence,
    /// Digests of the population files, in the bytes of `opened.sums`.
    pub population: Digest,
}

/// Whose token an organization was read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A person's.
    Account(AccountId),
    /// An application's.
    Application {
        /// Its id.
        id: Box<str>,
        /// Its name.
        name: Raw,
    },
    /// The server did not say.
    Unknown,
}

impl Reader {
    /// The account, when it is a person's.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Application { .. } | Self::Unknown => None,
        }
    }
}

/// One call, over all its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The call, such as `GET team-directory/profiles` or `GET projects/{project}/people/members`.
    pub call: String,
    /// What was asked, apart from paging: the query without `$skip`, `$top` and `$fields`, and which fields were left
    /// out because the server does not know them.
    pub parameters: String,
    /// Requests sent, repeats after errors included.
    pub requests: u64,
    /// Answers that were used.
    pub pages: u64,
    /// Rows in those answers, repeated ones included.
    pub rows: u64,
    /// Different ids among the rows.
    pub distinct: u64,
    /// The sum of the totals the server gave, when it gave one for each list.
    pub server_total: Option<u64>,
    /// Requests that had to be repeated.
    pub retries: u64,
    /// Requests the server refused for good.
    pub refusals: u64,
    /// Objects in the answers from which the server withheld something: those with `$errors`.
    pub errors: u64,
}

/// What is kept of the server's raw answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evidence {
    /// All of each: an auditor sees where a grant was read from.
    #[default]
    Full,
    /// Where and when each was asked, and its digest. Whoever kept the answers elsewhere can compare.
    Hashes,
    /// Nothing.
    None,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Hashes, Self::None];

    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Hashes => "hashes",
            Self::None => "none",
        }
    }

    /// What it means, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Full => "the raw answers of the server are kept",
            Self::Hashes => "the digests of the raw answers are kept, not the answers",
            Self::None => "nothing is kept of the raw answers",
        }
    }
}

/// One thing that could not be read. It is never the same as "there is none".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The call it belongs to, as in [`Endpoint::call`].
    pub call: String,
    /// What is missing, in words a manager understands; ends without a full stop.
    pub missing: Raw,
    /// Why: the server's refusal, the fields it withheld, the list that kept moving.
    pub reason: Raw,
}

/// How much of the organization a review covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it.
    Full,
    /// All that was asked for was read, and only a part of it is put up for decision.
    Scoped,
    /// Something could not be read: see the gaps. There may be a scope, too.
    Partial,
}

impl Completeness {
    /// How complete a review is that was made from `provenance`, with or without a scope.
    pub fn of(provenance: &Provenance, scoped: bool) -> Self {
        match (provenance.gaps.is_empty(), scoped) {
            (false, _) => Self::Partial,
            (true, true) => Self::Scoped,
            (true, false) => Self::Full,
        }
    }

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Scoped => "scoped",
            Self::Partial => "partial",
        }
    }
}

/// How complete a review is, in one line for people, the same wherever it is told: `scope` is its scope, `left_out`
/// how many grants are outside it.
pub fn complete(provenance: &Provenance, scope: Option<&Raw>, left_out: u64) -> String {
    let gaps = provenance.gaps.len() as u64;
    let read = match gaps {
        0 => "everything that was asked for was read".to_owned(),
        gaps => format!("{} not be read", count(gaps, "thing could", "things could")),
    };
    let scoped = scope.map(|scope| {
        let outside = count(left_out, "item is", "items are");
        format!("only {} is reviewed, {outside} outside", scope.safe())
    });
    match (gaps, scoped) {
        (0, None) => format!("full: {read}"),
        (0, Some(scoped)) => format!("scoped: {scoped}; {read}"),
        (_, None) => format!("PARTIAL: {read}"),
        (_, Some(scoped)) => format!("PARTIAL: {read}; scoped: {scoped}"),
    }
}

impl Provenance {
    /// In words, when reading began and that it was interrupted.
    pub fn interrupted(&self) -> String {
        let resumed: Vec<String> = self.resumed.iter().map(|at| at.minute()).collect();
        format!(
            "{} UTC, interrupted, and again from {} UTC; lists that were finished before were not read again",
            self.began.minute(),
            resumed.join(", ")
        )
    }

    /// When it was read, in one line: this machine's clock, and the server's beside it.
    pub fn when(&self) -> String {
        let beside = |at: Option<Timestamp>| match at {
            Some(at) => format!(" (server: {at})"),
            None => " (the server told no time)".to_owned(),
        };
        format!(
            "{}{} to {}{}",
            self.began,
            beside(self.server_began),
            self.ended,
            beside(self.server_ended)
        )
    }

    /// How many calls were answered, which ones the server refused, and which withheld fields.
    pub fn answers(&self) -> String {
        let refused = self.endpoints.iter().filter(|call| call.refusals > 0);
        let refused: Vec<&str> = refused.map(|call| call.call.as_str()).collect();
        let withheld = self.endpoints.iter().filter(|call| call.errors > 0);
        let withheld: Vec<&str> = withheld.map(|call| call.call.as_str()).collect();
        let calls = self.endpoints.len() as u64;
        let mut text = match refused.len() as u64 {
            0 => format!(
                "{} answered, none refused",
                count(calls, "call was", "calls were")
            ),
            n => format!(
                "{n} of {} refused: {}",
                count(calls, "call", "calls"),
                refused.join(", ")
            ),
        };
        if !withheld.is_empty() {
            text = format!("{text}; fields withheld by {}", withheld.join(", "));
        }
        SafeText::of(&text).to_string()
    }
}

impl Endpoint {
    /// What was asked and what came of it, in one line.
    pub fn words(&self) -> String {
        let asked = match &*self.parameters {
            "" => self.call.clone(),
            parameters => format!("{} ({parameters})", self.call),
        };
        let total = self.server_total.map_or_else(
            || "no total".to_owned(),
            |total| format!("server total {}", number(total)),
        );
        let text = format!(
            "{asked}: {}, {}, {}, {} distinct, {total}, {} repeated, {} refused, {} with $errors",
            count(self.requests, "request", "requests"),
            count(self.pages, "page", "pages"),
            count(self.rows, "row", "rows"),
            number(self.distinct),
            number(self.retries),
            number(self.refusals),
            number(self.errors),
        );
        SafeText::of(&text).to_string()
    }
}

impl Gap {
    /// What is missing and why, in one line.
    pub fn words(&self) -> String {
        format!("{}: {}", self.missing.safe(), self.reason.safe())
    }
}
