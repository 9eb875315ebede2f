//! [`Ledger`]: what was called, what came of it, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        account::Fact,
        provenance::{Endpoint, Gap},
        text::Raw,
    },
    space::{
        error::Error,
        rights::Outcome,
        wire::{Told, Withheld},
    },
};

use super::{
    calls::{Call, Optional, Particulars},
    fields::Unasked,
};

/// What was called, what came of it, and what is missing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    calls: BTreeMap<Call, Counts>,
    gaps: BTreeSet<Gap>,
    notes: BTreeMap<Call, Notes>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: u64,
    retries: u64,
    refusals: u64,
    errors: u64,
    pages: u64,
    rows: u64,
    distinct: u64,
    total: u64,
    /// Some list had no total.
    uncounted: bool,
    /// Why it was refused for want of a permission, and why otherwise; of several reasons the first in order.
    denied: Option<String>,
    odd: Option<String>,
    /// Fields that were not asked for.
    unasked: Vec<&'static str>,
}

/// The size of one list that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) pages: u64,
    pub(crate) rows: u64,
    pub(crate) distinct: u64,
    pub(crate) total: Option<u64>,
}

impl Ledger {
    /// Notes a request that was sent `tries` times; in its answer `errors` objects were not told whole.
    pub(crate) fn sent(&mut self, call: Call, tries: u32, refused: bool, errors: u64) {
        let counts = self.calls.entry(call).or_default();
        counts.requests += u64::from(tries);
        counts.retries += u64::from(tries.saturating_sub(1));
        counts.refusals += u64::from(refused);
        counts.errors += errors;
    }

    /// Notes why a call, or one like it, was not answered.
    pub(crate) fn failed(&mut self, call: Call, error: &Error) {
        let reason = error.reason();
        let counts = self.calls.entry(call).or_default();
        let kept = if error.is_denied() || error.is_withheld() {
            &mut counts.denied
        } else {
            &mut counts.odd
        };
        if kept.as_ref().is_none_or(|kept| reason < *kept) {
            *kept = Some(reason);
        }
    }

    /// What came of `calls`, which all need the same permission.
    pub(crate) fn outcome(&self, calls: &[Call]) -> Outcome {
        let calls = calls.iter().filter_map(|call| self.calls.get(call));
        let (mut answered, mut odd) = (false, None);
        for counts in calls {
            if let Some(why) = &counts.denied {
                return Outcome::Denied(why.clone());
            }
            answered |= counts.pages > 0;
            odd = odd.or(counts.odd.as_ref());
        }
        match (answered, odd) {
            (true, _) => Outcome::Answered,
            (false, Some(why)) => Outcome::Odd(why.clone()),
            (false, None) => Outcome::Unasked,
        }
    }

    /// Whether the rows of a list told all of `fields`.
    pub(crate) fn told(&self, call: Call, fields: &[&str]) -> Outcome {
        let notes = self.notes.get(&call);
        let notes = fields.iter().filter_map(|field| notes?.fields.get(field));
        let mut odd = None;
        for note in notes {
            if note.withheld {
                return Outcome::Denied(note.reason.clone());
            }
            odd = odd.or(Some(&note.reason));
        }
        match (
            odd,
            self.calls.get(&call).is_some_and(|counts| counts.rows > 0),
        ) {
            (Some(why), _) => Outcome::Odd(why.clone()),
            (None, true) => Outcome::Answered,
            (None, false) => Outcome::Unasked,
        }
    }

    /// Notes a list that was read.
    pub(crate) fn read(&mut self, call: Call, size: Size) {
        let counts = self.calls.entry(call).or_default();
        counts.pages += size.pages;
        counts.rows += size.rows;
        counts.distinct += size.distinct;
        counts.total += size.total.unwrap_or_default();
        counts.uncounted |= size.total.is_none();
    }

    /// Notes what rows of a list did not tell.
    pub(crate) fn note(&mut self, call: Call, notes: Notes) {
        self.notes.entry(call).or_default().add_all(notes);
    }

    /// Notes that something is missing.
    pub(crate) fn gap(&mut self, call: Call, missing: impl Into<Raw>, reason: impl Into<Raw>) {
        self.gaps.insert(Gap {
            call: call.particulars().name.to_owned(),
            missing: missing.into(),
            reason: reason.into(),
        });
    }

    /// Notes that the server does not know fields of a call. What only helps to judge counts beside other gaps.
    pub(crate) fn unasked(&mut self, call: Call, group: &Optional) {
        let counts = self.calls.entry(call).or_default();
        counts.unasked.extend(group.names);
        if !group.context || !self.gaps.is_empty() {
            let missing = format!("{} could not be read", group.label);
            let names = group.names.join(" and ");
            let reason = format!("this server is older and does not know {names}");
            self.gap(call, missing, reason);
        }
    }

    /// What was called, and what is missing, in order.
    pub(crate) fn close(mut self) -> (Vec<Endpoint>, Vec<Gap>) {
        let notes = std::mem::take(&mut self.notes);
        for context in [false, true] {
            // What is only context is not worth a gap of its own, but belongs beside the others.
            if context && self.gaps.is_empty() {
                break;
            }
            for (call, notes) in &notes {
                for note in notes.fields.values().filter(|note| note.context == context) {
                    let rows = count(note.count, call.particulars().noun);
                    let missing = match note.label {
                        "" => format!("{rows} could not be read"),
                        label => format!("{label} of {rows} could not be read"),
                    };
                    self.gap(*call, missing, note.reason.as_str());
                }
            }
        }
        let endpoints = self.calls.into_iter().map(|(call, counts)| {
            let Particulars {
                name, parameters, ..
            } = call.particulars();
            Endpoint {
                call: name.to_owned(),
                parameters: match &*counts.unasked {
                    [] => parameters.to_owned(),
                    unasked => {
                        let without = format!("{parameters} without {}", unasked.join(", "));
                        without.trim_start().to_owned()
                    }
                },
                requests: counts.requests,
                pages: counts.pages,
                rows: counts.rows,
                distinct: counts.distinct,
                server_total: (!counts.uncounted && counts.pages > 0).then_some(counts.total),
                retries: counts.retries,
                refusals: counts.refusals,
                errors: counts.errors,
            }
        });
        (endpoints.collect(), self.gaps.into_iter().collect())
    }
}

/// `1 account`, `3 accounts`, `3 accounts on projects`.
pub(crate) fn count(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.split_once(" on ").or_else(|| noun.split_once(" of ")) {
        Some((head, _)) => format!("{count} {head}s{}", &noun[head.len()..]),
        None => format!("{count} {noun}s"),
    }
}

/// A field of a row: its name in JSON, and what people call it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) json: &'static str,
    /// Empty when the row is nothing without it.
    pub(crate) label: &'static str,
    /// It helps to judge, but says nothing about who has what: withheld alone, it is no gap.
    pub(crate) context: bool,
    /// What it means when the field is null or not there.
    pub(crate) without: Without,
}

/// What it means when a field that was asked for has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// There is nothing to tell.
    Nothing,
    /// The server did not tell what it always can.
    Silence,
    /// There is nothing to tell, if any row has the field. If none has, the server does not know the field and
    /// passed over it.
    Ignorance,
}

/// What the rows of a list did not tell, by field.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    fields: BTreeMap<&'static str, Note>,
    /// What the rows at hand were not asked for.
    unasked: Unasked,
    /// Of the fields whose lack may mean ignorance: how many rows lack each, and whether any has it.
    lacking: BTreeMap<&'static str, (u64, bool)>,
}

#[derive(Debug)]
struct Note {
    label: &'static str,
    context: bool,
    count: u64,
    reason: String,
    /// Whether the server withheld it in some row.
    withheld: bool,
}

impl Notes {
    /// The rows that come now were not asked for these fields.
    pub(crate) fn unasked(&mut self, unasked: Unasked) {
        self.unasked = unasked;
    }

    /// What the answer says about `field`, and a note if it withheld it.
    pub(crate) fn fact<T>(&mut self, told: Told<T>, field: Field, errors: &Withheld) -> Fact<T> {
        if self.unasked.has(field.json) {
            // One gap tells it of all rows.
            return Fact::Unknown;
        }
        let missing = matches!(told, Told::Missing);
        let withheld = match told {
            Told::Null | Told::Missing => errors.reason(field.json),
            Told::Value(_) | Told::Odd => None,
        };
        if field.without == Without::Ignorance {
            let (lacking, seen) = self.lacking.entry(field.json).or_default();
            *lacking += u64::from(missing);
            *seen |= !missing || withheld.is_some();
        }
        match told {
            Told::Value(value) => Fact::Known(value),
            Told::Odd => {
                self.add(field, "the server sent a value that is not understood");
                Fact::Unknown
            }
            Told::Null | Told::Missing => match withheld {
                Some(reason) => {
                    self.add(field, reason);
                    if let Some(note) = self.fields.get_mut(field.json) {
                        note.withheld = true;
                    }
                    Fact::Unknown
                }
                None if field.without == Without::Silence => {
                    self.add(field, "the server sent nothing; it may be older");
                    Fact::Unknown
                }
                // A field that was asked for and is not there is null, unless the server withheld it.
                None => Fact::Absent,
            },
        }
    }

    /// Adds what other rows did not tell.
    pub(crate) fn add_all(&mut self, others: Self) {
        for (field, note) in others.fields {
            match self.fields.get_mut(field) {
                Some(known) => {
                    known.count += note.count;
                    known.withheld |= note.withheld;
                }
                None => {
                    self.fields.insert(field, note);
                }
            }
        }
        for (field, (rows, seen)) in others.lacking {
            let lacking = self.lacking.entry(field).or_default();
            lacking.0 += rows;
            lacking.1 |= seen;
        }
    }

    /// Whether no row had `field`: the server does not know it. That becomes a note.
    pub(crate) fn was_passed_over(&mut self, field: Field) -> bool {
        let Some((rows @ 1.., false)) = self.lacking.get(field.json).copied() else {
            return false;
        };
        self.add(field, "the server is older and passed over the question");
        if let Some(note) = self.fields.get_mut(field.json) {
            note.count = rows;
        }
        true
    }

    /// Notes that one row does not tell `field`.
    pub(crate) fn add(&mut self, field: Field, reason: &str) {
        let note = self.fields.entry(field.json).or_insert_with(|| Note {
            label: field.label,
            context: field.context,
            count: 0,
            reason: reason.to_owned(),
            withheld: false,
        });
        note.count += 1;
    }
}
