//! [`Provenance`]: where a snapshot came from and how complete it is.

use super::{Digest, account::AccountId, text::Raw, time::Timestamp};

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
    /// The account the token belongs to; `None` for an application's token.
    pub reader: Option<AccountId>,
    /// What was called and what came of it, in order.
    pub endpoints: Vec<Endpoint>,
    /// What is missing. Empty means that everything asked for was read.
    pub gaps: Vec<Gap>,
    /// Digests of the population files, in the bytes of `opened.sums`.
    pub population: Digest,
}

/// One call, over all its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The call, such as `GET team-directory/profiles` or `GET projects/{project}/people/members`.
    pub call: String,
    /// What was asked, apart from paging: the query without `$skip`, `$top` and `$fields`.
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

/// How much of what was asked for is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it.
    Full,
    /// Something is missing: see the gaps.
    Partial,
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

    /// How complete the snapshot is.
    pub fn completeness(&self) -> Completeness {
        if self.gaps.is_empty() {
            Completeness::Full
        } else {
            Completeness::Partial
        }
    }
}
