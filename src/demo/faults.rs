//! [`Faults`]: what the server is told to do wrong.

use std::{
    ops::{Bound, RangeBounds},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The page before comes once more instead of this one, while `next` moves on: its records never come.
    RepeatPage,
    /// The page begins so many records too early, so pages overlap; nothing is lost.
    Overlap(usize),
    /// `next` is what the request gave as `$skip`.
    NextRepeats,
    /// `next` is left out.
    NextMissing,
    /// So many records at the head of the list are removed just before the first matching request: all later
    /// records move up, and `totalCount` is lower from then on.
    Removed(usize),
    /// So many records are added at the head of the list just before the first matching request: all others
    /// move down, and `totalCount` is higher from then on.
    Inserted(usize),
    /// `totalCount` is null.
    NoTotal,
    /// An answer with this status and the documented body for it.
    Status(u16),
    /// 429, with a `Retry-After` in seconds or without.
    RateLimited {
        /// Seconds.
        retry_after: Option<u32>,
    },
    /// 401: the token has just expired.
    Expired,
    /// The answer comes so much later.
    Latency(Duration),
    /// Nothing comes: for so long, or until the server stops.
    Stall(Option<Duration>),
    /// The connection is reset in the middle of the body.
    Reset,
    /// The body ends too early, though the answer says 200 and its length agrees.
    TruncatedJson,
    /// A page for people, with 200.
    Html,
    /// These fields of objects of this type may not be read: they are left out and named in `$errors`.
    Inaccessible {
        /// The documented name of the type, such as `TDMemberProfile`.
        of: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// These fields of objects of this type are null.
    Null {
        /// The documented name of the type.
        of: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// Every object has a field more, which nobody asked for and no version knows.
    MoreFields,
    /// Identifiers and keys come in their other shape: an object where text is usual, and the other way round.
    OtherShapes,
    /// The first participant on a page has one more role, of this class.
    UnknownRole(String),
}

/// Which requests a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    path: Vec<String>,
    whole: bool,
    first: u64,
    last: u64,
}

impl When {
    /// Every request.
    pub fn always() -> Self {
        Self::path("")
    }

    /// Requests whose path after `/api/http/` begins with these segments; `*` stands for any one.
    ///
    /// `projects/*/people` meets every call about participants: an older server has none of them.
    pub fn path(prefix: &str) -> Self {
        let segments = prefix.split('/').filter(|segment| !segment.is_empty());
        Self {
            path: segments.map(str::to_owned).collect(),
            whole: false,
            first: 1,
            last: u64::MAX,
        }
    }

    /// Of these, only those whose path ends there too.
    #[must_use]
    pub fn exactly(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Of these, only some: `2..=3` is the second and third, `5..` all but the first four.
    #[must_use]
    pub fn requests(mut self, which: impl RangeBounds<u64>) -> Self {
        self.first = match which.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before + 1,
            Bound::Unbounded => 1,
        };
        self.last = match which.end_bound() {
            Bound::Included(last) => *last,
            Bound::Excluded(after) => after.saturating_sub(1),
            Bound::Unbounded => u64::MAX,
        };
        self
    }

    pub(super) fn matches(&self, path: &[String]) -> bool {
        let same = |(pattern, segment): (&String, &String)| pattern == "*" || pattern == segment;
        self.path.len() <= path.len()
            && (!self.whole || self.path.len() == path.len())
            && self.path.iter().zip(path).all(same)
    }
}

/// What a server is told to do wrong; it starts with nothing and can be changed while the server runs.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    when: When,
    fault: Fault,
    met: u64,
}

impl Faults {
    /// Makes this go wrong with these requests, counted from now on. Several faults can be armed at a time.
    pub fn arm(&self, when: When, fault: Fault) {
        let met = 0;
        self.locked().push(Armed { when, fault, met });
    }

    /// Makes nothing go wrong from now on.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// Counts a request and returns what goes wrong with it.
    pub(super) fn meet(&self, path: &[String]) -> Bend {
        let mut bend = Bend::default();
        for armed in self
            .locked()
            .iter_mut()
            .filter(|one| one.when.matches(path))
        {
            armed.met += 1;
            let begun = armed.met >= armed.when.first;
            match &armed.fault {
                // What is inserted later is there from the start, and not shown until then.
                Fault::Inserted(records) => bend.hidden += if begun { 0 } else { *records },
                Fault::Removed(records) => bend.hidden += if begun { *records } else { 0 },
                fault if begun && armed.met <= armed.when.last => bend.faults.push(fault.clone()),
                _ => {}
            }
        }
        bend
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes wrong with one request.
#[derive(Debug, Default)]
pub(super) struct Bend {
    pub(super) faults: Vec<Fault>,
    /// Records at the head of a list that are not there.
    pub(super) hidden: usize,
}

impl Bend {
    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    /// How many records too early a page begins.
    pub(super) fn overlap(&self) -> usize {
        let overlap = |fault: &Fault| match fault {
            Fault::Overlap(records) => Some(*records),
            _ => None,
        };
        self.faults.iter().find_map(overlap).unwrap_or(0)
    }

    pub(super) fn unknown_role(&self) -> Option<&str> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::UnknownRole(class) => Some(class.as_str()),
            _ => None,
        })
    }

    /// Whether a field is null.
    pub(super) fn nulls(&self, type_name: &str, field: &str) -> bool {
        self.faults.iter().any(|fault| match fault {
            Fault::Null { of, fields } => of == type_name && fields.iter().any(|one| one == field),
            _ => false,
        })
    }

    /// Whether a field may not be read.
    pub(super) fn denies(&self, type_name: &str, field: &str) -> bool {
        self.faults.iter().any(|fault| match fault {
            Fault::Inaccessible { of, fields } => {
                of == type_name && fields.iter().any(|one| one == field)
            }
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_fault_meets_only_the_requests_it_is_limited_to() {
        let faults = Faults::default();
        faults.arm(
            When::path("projects/*/people").requests(2..=3),
            Fault::Status(404),
        );
        let mut met = Vec::new();
        for request in [
            "projects",
            "projects/key:FW/people/teams",
            "projects/key:FW/people/members",
            "projects/key:FW/access/admins",
            "projects/key:OS/people",
            "projects/key:OS/people",
        ] {
            met.push(faults.meet(&path(request)).faults.len());
        }
        assert_eq!(met, [0, 0, 1, 0, 1, 0]);
        faults.clear();
        faults.arm(When::path("projects").exactly(), Fault::NoTotal);
        assert_eq!(faults.meet(&path("projects")).faults, [Fault::NoTotal]);
        assert!(
            faults
                .meet(&path("projects/key:OS/people"))
                .faults
                .is_empty()
        );
    }

    #[test]
    fn a_record_that_comes_later_is_hidden_before_and_a_removed_one_after() {
        let faults = Faults::default();
        faults.arm(When::always().requests(2..), Fault::Inserted(1));
        faults.arm(When::always().requests(3..), Fault::Removed(4));
        let hidden: Vec<usize> = (0..4).map(|_| faults.meet(&path("teams")).hidden).collect();
        assert_eq!(hidden, [1, 0, 4, 4]);
    }
}
