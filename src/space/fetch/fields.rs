//! [`Fields`]: which fields a server knows, found out by asking for fewer.
//!
//! A server that is older than this program refuses a request for a field it does not know. It may name the
//! field; otherwise the newest ones are left out first, and given back one by one as far as they are not the
//! trouble.

use std::collections::BTreeMap;

use super::calls::{Call, Optional};

/// Optional fields of one call that were not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unasked {
    of: &'static [Optional],
    /// One bit for each of `of`.
    left_out: u32,
}

impl Unasked {
    /// Everything is asked for.
    pub(crate) fn nothing(call: Call) -> Self {
        Self {
            of: call.particulars().optional,
            left_out: 0,
        }
    }

    /// What a request left out that asked for `fields`.
    pub(crate) fn of_query(call: Call, fields: &str) -> Self {
        let mut unasked = Self::nothing(call);
        let asked: Vec<&str> = fields
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        for (at, group) in unasked.of.iter().enumerate() {
            if !group.names.iter().all(|name| asked.contains(name)) {
                unasked.left_out |= 1 << at;
            }
        }
        unasked
    }

    /// Whether `name` was not asked for.
    pub(crate) fn has(self, name: &str) -> bool {
        self.left_out != 0 && self.groups().any(|group| group.names.contains(&name))
    }

    /// What was not asked for.
    pub(crate) fn groups(self) -> impl Iterator<Item = &'static Optional> {
        let groups = self.of.iter().enumerate();
        groups
            .filter(move |(at, _)| self.left_out & (1 << at) != 0)
            .map(|(_, group)| group)
    }

    /// The fields to ask for, in `$fields` words.
    pub(crate) fn query(self, base: &str) -> String {
        let mut query = base.to_owned();
        for (at, group) in self.of.iter().enumerate() {
            if self.left_out & (1 << at) == 0 {
                query.push(',');
                query.push_str(group.asked);
            }
        }
        query
    }
}

/// What to do after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Take it.
    Take,
    /// Ask again, with the fields as they are now.
    AskAgain,
}

/// Which fields are asked for, by call.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<Call, Search>);

/// The search for the fields that a server does not know.
#[derive(Debug)]
struct Search {
    unasked: Unasked,
    /// Left out on suspicion alone, in order.
    guessed: Vec<usize>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is known against what is asked.
    Asking,
    /// One that was left out is asked for again.
    GivingBack(usize),
    /// The search is over.
    Settled,
}

impl Fields {
    /// What is not asked for now.
    pub(crate) fn unasked(&mut self, call: Call) -> Unasked {
        self.of(call).unasked
    }

    /// All that is not asked for, by call.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Call, &'static Optional)> {
        let searches = self.0.iter();
        searches.flat_map(|(call, search)| search.unasked.groups().map(|group| (*call, group)))
    }

    /// It is known what the server was not asked for in the end.
    pub(crate) fn settle(&mut self, call: Call, unasked: Unasked) {
        let search = self.of(call);
        search.unasked = unasked;
        search.stage = Stage::Settled;
    }

    /// The server refused a request that left out `unasked`, in these words.
    pub(crate) fn refused(&mut self, call: Call, unasked: Unasked, words: &str) -> Then {
        let search = self.of(call);
        if search.unasked != unasked {
            // Another request has found out meanwhile.
            return Then::AskAgain;
        }
        match search.stage {
            Stage::Settled => Then::Take,
            Stage::GivingBack(at) => {
                search.unasked.left_out |= 1 << at;
                search.give_back();
                Then::AskAgain
            }
            Stage::Asking => search.leave_out(words),
        }
    }

    /// The server answered a request that left out `unasked`.
    pub(crate) fn answered(&mut self, call: Call, unasked: Unasked) -> Then {
        let search = self.of(call);
        if search.unasked != unasked || search.stage == Stage::Settled || search.guessed.is_empty()
        {
            return Then::Take;
        }
        if search.stage == Stage::Asking {
            // The last one that was left out is the one that helped.
            search.guessed.pop();
        }
        search.give_back();
        match search.stage {
            Stage::GivingBack(_) => Then::AskAgain,
            Stage::Asking | Stage::Settled => Then::Take,
        }
    }

    fn of(&mut self, call: Call) -> &mut Search {
        self.0.entry(call).or_insert_with(|| Search {
            unasked: Unasked::nothing(call),
            guessed: Vec::new(),
            stage: Stage::Asking,
        })
    }
}

impl Search {
    fn leave_out(&mut self, words: &str) -> Then {
        let left = (0..self.unasked.of.len()).filter(|at| self.unasked.left_out & (1 << at) == 0);
        let left: Vec<usize> = left.collect();
        let words: Vec<&str> = words
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let is_named = |at: &&usize| {
            let names = self.unasked.of[**at].names.iter();
            names.clone().any(|name| words.contains(name))
        };
        let named: u32 = left.iter().filter(is_named).map(|at| 1 << at).sum();
        if named != 0 {
            self.unasked.left_out |= named;
            return Then::AskAgain;
        }
        if let Some(newest) = left.first() {
            self.unasked.left_out |= 1 << newest;
            self.guessed.push(*newest);
            return Then::AskAgain;
        }
        // The fields are not what the server objects to.
        self.unasked.left_out = 0;
        self.stage = Stage::Settled;
        Then::Take
    }

    fn give_back(&mut self) {
        self.stage = match self.guessed.pop() {
            Some(at) => {
                self.unasked.left_out &= !(1 << at);
                Stage::GivingBack(at)
            }
            None => Stage::Settled,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks a server that does not know `unknown` until the search is over; tells what is left out in the end
    /// and how many requests it took.
    fn search(unknown: &[&str], names_it: bool) -> (Vec<&'static str>, usize, Then) {
        let (call, mut fields) = (Call::Accounts, Fields::default());
        for requests in 1.. {
            let unasked = fields.unasked(call);
            let query = unasked.query("id");
            let trouble = unknown
                .iter()
                .find(|name| query.split([',', '(']).any(|asked| asked == **name));
            let then = match trouble {
                Some(name) if names_it => {
                    fields.refused(call, unasked, &format!("no field '{name}'"))
                }
                Some(_) => fields.refused(call, unasked, "invalid request"),
                None => fields.answered(call, unasked),
            };
            if then == Then::Take || requests > 50 {
                let out = fields.all().flat_map(|(_, group)| group.names).copied();
                return (out.collect(), requests, then);
            }
        }
        unreachable!("the search ends")
    }

    #[test]
    fn only_what_a_server_does_not_know_is_left_out() {
        let suspended = ["accessSuspended", "accessSuspendedAt"];
        for (unknown, left_out, named, guessed) in [
            (vec![], vec![], 1, 1),
            (vec!["accessSuspended"], suspended.to_vec(), 2, 2),
            (vec!["status"], vec!["status"], 2, 6),
            (vec!["emails"], vec!["emails"], 2, 14),
            (
                vec!["accessSuspendedAt", "status"],
                vec!["accessSuspended", "accessSuspendedAt", "status"],
                3,
                7,
            ),
        ] {
            let (out, requests, then) = search(&unknown, true);
            assert_eq!((out, then), (left_out.clone(), Then::Take), "{unknown:?}");
            assert_eq!(requests, named, "{unknown:?}");
            let (out, requests, then) = search(&unknown, false);
            assert_eq!((out, then), (left_out, Then::Take), "{unknown:?}");
            assert!(requests <= guessed, "{unknown:?}: {requests}");
        }
    }

    #[test]
    fn when_the_fields_are_not_the_trouble_all_are_asked_for_in_the_end() {
        for named in [false, true] {
            let (out, requests, then) = search(&["id"], named);
            assert_eq!((out.len(), then), (0, Then::Take));
            assert!(requests <= 8, "{requests}");
        }
    }

    #[test]
    fn what_one_request_finds_out_another_need_not() {
        let (call, mut fields) = (Call::Accounts, Fields::default());
        let before = fields.unasked(call);
        assert_eq!(fields.refused(call, before, "status"), Then::AskAgain);
        assert_eq!(fields.refused(call, before, "status"), Then::AskAgain);
        let now = fields.unasked(call);
        assert!(now.has("status") && !now.has("emails"));
        assert_eq!(fields.answered(call, now), Then::Take);
    }
}
