//! [`Chain`]: how records name the ones before them, and what does not fit.
//!
//! A record that was compared with the one before names it by id and by the digest of its `SHA256SUMS`. So whoever has
//! several can see whether one is missing in between, whether two go on from the same one, and whether a record
//! describes the one before as it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Digest, journal::PreviousRecord, text::SafeText, time::Timestamp};

/// A record as far as its place among others goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it is, for people.
    pub place: String,
    /// Its id.
    pub record: String,
    /// The digest of its `SHA256SUMS`.
    pub sums: Digest,
    /// What its review is called.
    pub review: String,
    /// The id of the organization.
    pub organization: String,
    /// When it was sealed, as it claims.
    pub sealed_at: Timestamp,
    /// The record it names as the one before.
    pub previous: Option<PreviousRecord>,
}

/// Records in their order, and what does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    /// Every record once, each after the one it names, the oldest first.
    pub links: Vec<Placed>,
    /// What does not fit.
    pub problems: Vec<Problem>,
}

/// A record in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its place in the list the chain was made of.
    pub at: usize,
    /// What it comes after.
    pub after: After,
    /// How many forks are above it.
    pub forks: usize,
}

/// What a record comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It names none.
    Nothing,
    /// One that is not here.
    Missing,
    /// The one above, alone.
    Alone,
    /// The same one as another record.
    Fork {
        /// Whether it is the last of them.
        last: bool,
    },
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub kind: Kind,
    /// What is wrong, in words; safe to show.
    pub text: String,
}

/// What can be wrong between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A record that another one names is not here.
    Missing,
    /// Two records go on from the same one.
    Fork,
    /// The same record is here twice.
    Duplicate,
    /// Two different records have the same id.
    SameId,
    /// A record describes the one before otherwise than it is.
    Misdescribed,
}

impl Kind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Fork => "fork",
            Self::Duplicate => "duplicate",
            Self::SameId => "same id",
            Self::Misdescribed => "misdescribed",
        }
    }
}

impl Chain {
    /// Puts records in their order.
    pub fn of(links: &[Link]) -> Self {
        let mut chain = Self::default();
        let mut by_sums: BTreeMap<Digest, usize> = BTreeMap::new();
        let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
        let mut order: Vec<usize> = (0..links.len()).collect();
        order.sort_by_key(|at| (links[*at].sealed_at, *at));
        let mut once = Vec::new();
        for at in order {
            let link = &links[at];
            if let Some(first) = by_sums.get(&link.sums) {
                let text = format!(
                    "{} and {} are the same record, {}",
                    links[*first].place, link.place, link.record
                );
                chain.add(Kind::Duplicate, &text);
                continue;
            }
            by_sums.insert(link.sums, at);
            if let Some(first) = by_id.insert(&link.record, at) {
                let text = format!(
                    "{} and {} are different records with the same id, {}",
                    links[first].place, link.place, link.record
                );
                chain.add(Kind::SameId, &text);
            }
            once.push(at);
        }
        // Who goes on from which; a digest cannot be part of what it is taken of, so there is no circle.
        let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut missing: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
        let mut first = Vec::new();
        for at in once {
            let Some(previous) = &links[at].previous else {
                first.push(at);
                continue;
            };
            if let Some(before) = by_sums.get(&previous.sums) {
                next.entry(*before).or_default().push(at);
                chain.describe(&links[at], previous, &links[*before]);
            } else {
                missing.entry(previous.sums).or_default().push(at);
                first.push(at);
            }
        }
        let mut told = BTreeSet::new();
        for at in &first {
            let Some(previous) = &links[*at].previous else {
                continue;
            };
            if told.insert(previous.sums) {
                let places = places(links, &missing[&previous.sums]);
                chain.miss(
                    previous,
                    &places,
                    by_id.get(&*previous.record).map(|at| &links[*at]),
                );
                if missing[&previous.sums].len() > 1 {
                    let text = format!("{places} go on from the same record, {}", previous.record);
                    chain.add(Kind::Fork, &text);
                }
            }
        }
        for (before, after) in next.iter().filter(|(_, after)| after.len() > 1) {
            let text = format!(
                "{} go on from the same record, {}",
                places(links, after),
                links[*before].place
            );
            chain.add(Kind::Fork, &text);
        }
        let begins = |at: &usize| match links[*at].previous {
            Some(_) => (*at, After::Missing, 0),
            None => (*at, After::Nothing, 0),
        };
        let mut open: Vec<(usize, After, usize)> = first.iter().rev().map(begins).collect();
        while let Some((at, after, forks)) = open.pop() {
            chain.links.push(Placed { at, after, forks });
            match next.get(&at).map(Vec::as_slice) {
                None => {}
                Some([alone]) => open.push((*alone, After::Alone, forks)),
                Some(many) => {
                    let branches = many.iter().enumerate().rev().map(|(number, one)| {
                        let last = number + 1 == many.len();
                        (*one, After::Fork { last }, forks + 1)
                    });
                    open.extend(branches);
                }
            }
        }
        chain
    }

    fn add(&mut self, kind: Kind, text: &str) {
        self.problems.push(Problem {
            kind,
            text: SafeText::of(text).to_string(),
        });
    }

    /// A record that others name is not here.
    fn miss(&mut self, previous: &PreviousRecord, places: &str, same_id: Option<&Link>) {
        let but = match same_id {
            Some(other) => format!("; {} has that id and is another record", other.place),
            None => String::new(),
        };
        let text = format!(
            "the record {} ({}, sealed {} UTC by {}), which {places} names, is not here{but}",
            previous.record,
            previous.review,
            previous.sealed_at.minute(),
            previous.principal.raw()
        );
        self.add(Kind::Missing, &text);
    }

    /// Compares what a record says of the one before with what that one is.
    fn describe(&mut self, link: &Link, said: &PreviousRecord, before: &Link) {
        let mut wrong = Vec::new();
        if said.record != before.record {
            wrong.push("another id");
        }
        if said.review != before.review {
            wrong.push("another name");
        }
        if said.sealed_at != before.sealed_at {
            wrong.push("another time of sealing");
        }
        if link.organization != before.organization {
            wrong.push("it is of another organization");
        }
        if link.sealed_at < before.sealed_at {
            wrong.push("it was sealed later than the one that names it");
        }
        if !wrong.is_empty() {
            let text = format!(
                "{} names {}, which is not as it says: {}",
                link.place,
                before.place,
                wrong.join(", ")
            );
            self.add(Kind::Misdescribed, &text);
        }
    }

    /// The chain as lines for people, the oldest record first; `words` tells of the record at a place.
    pub fn draw(&self, words: impl Fn(usize) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        for placed in &self.links {
            let room = |forks: usize| "   ".repeat(forks.min(20));
            let mark = match placed.after {
                After::Nothing => "●".to_owned(),
                After::Missing => {
                    lines.push("? a record that is not here".to_owned());
                    "↳".to_owned()
                }
                After::Alone => format!("{}↳", room(placed.forks)),
                After::Fork { last } => {
                    let mark = if last { "└─" } else { "├─" };
                    format!("{}{mark}", room(placed.forks - 1))
                }
            };
            lines.push(format!("{mark} {}", words(placed.at)));
        }
        lines
    }
}

fn places(links: &[Link], at: &[usize]) -> String {
    let names: Vec<&str> = at.iter().map(|at| links[*at].place.as_str()).collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Raw;

    fn link(name: &str, after: Option<&str>) -> Link {
        let at = |name: &str| {
            let day = name.bytes().next().map_or(1, |letter| letter - b'a' + 1);
            format!("2026-01-{day:02}T00:00:00Z")
                .parse()
                .expect("a time")
        };
        let sums = |name: &str| Digest::of(name.as_bytes());
        Link {
            place: format!("records/{name}"),
            record: format!("id-{name}"),
            sums: sums(name),
            review: name.to_owned(),
            organization: "o".to_owned(),
            sealed_at: at(name),
            previous: after.map(|after| PreviousRecord {
                record: format!("id-{after}"),
                sums: sums(after),
                review: after.to_owned(),
                as_of: at(after),
                sealed_at: at(after),
                principal: Raw::from("anna"),
                key_fingerprint: String::new(),
                signer_known: true,
            }),
        }
    }

    fn drawn(links: &[Link]) -> (Vec<String>, Vec<(Kind, String)>) {
        let chain = Chain::of(links);
        let problems = chain.problems.iter();
        let problems = problems.map(|one| (one.kind, one.text.clone())).collect();
        (chain.draw(|at| links[at].review.clone()), problems)
    }

    #[test]
    fn records_stand_after_those_they_name_in_whatever_order_they_come() {
        let all = [
            link("c", Some("b")),
            link("a", None),
            link("d", Some("c")),
            link("b", Some("a")),
        ];
        let (lines, problems) = drawn(&all);
        assert_eq!(lines, ["● a", "↳ b", "↳ c", "↳ d"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_record_that_is_not_here_is_named() {
        let (lines, problems) = drawn(&[link("a", None), link("c", Some("b"))]);
        assert_eq!(lines, ["● a", "? a record that is not here", "↳ c"]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].0, Kind::Missing);
        assert!(
            problems[0].1.contains("id-b") && problems[0].1.contains("records/c"),
            "{problems:?}"
        );
    }

    #[test]
    fn two_records_that_go_on_from_one_are_a_fork_also_when_that_one_is_missing() {
        let (lines, problems) = drawn(&[
            link("a", None),
            link("b", Some("a")),
            link("c", Some("a")),
            link("d", Some("b")),
        ]);
        assert_eq!(lines, ["● a", "├─ b", "   ↳ d", "└─ c"]);
        assert_eq!(
            problems,
            [(
                Kind::Fork,
                "records/b and records/c go on from the same record, records/a".to_owned()
            )]
        );
        let (_, problems) = drawn(&[link("b", Some("a")), link("c", Some("a"))]);
        let kinds: Vec<Kind> = problems.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Kind::Missing, Kind::Fork]);
    }

    #[test]
    fn copies_namesakes_and_false_descriptions_are_told() {
        let copy = Link {
            place: "mail/a".to_owned(),
            ..link("a", None)
        };
        let namesake = Link {
            record: "id-a".to_owned(),
            ..link("b", None)
        };
        let mut liar = link("c", Some("a"));
        if let Some(previous) = &mut liar.previous {
            previous.review = "q1\u{1b}[2J".to_owned();
        }
        let (lines, problems) = drawn(&[link("a", None), copy, namesake, liar]);
        assert_eq!(lines, ["● a", "↳ c", "● b"]);
        let kinds: Vec<Kind> = problems.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Kind::Duplicate, Kind::SameId, Kind::Misdescribed]);
    }

    #[test]
    fn a_chain_of_any_length_is_drawn() {
        let mut all = vec![link("a", None)];
        for number in 1..3000_u32 {
            let mut next = link("b", Some("a"));
            next.sums = Digest::of(&number.to_be_bytes());
            next.record = format!("id-{number}");
            let before = &all[all.len() - 1];
            if let Some(previous) = &mut next.previous {
                previous.sums = before.sums;
                previous.record.clone_from(&before.record);
                previous.review.clone_from(&before.review);
                previous.sealed_at = before.sealed_at;
            }
            all.push(next);
        }
        let (lines, problems) = drawn(&all);
        assert_eq!((lines.len(), problems.len()), (3000, 0));
    }
}
