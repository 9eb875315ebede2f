//! A [`Fact`] as a member of a line, and back.

use std::fmt::Display;

use serde::{Deserialize, Deserializer};

use crate::{
    domain::{account::Fact, text::Raw},
    format::{
        Problem,
        canonical::{self, Object, Text},
    },
};

/// Writes facts, and at the end the names of those that are unknown.
pub(super) struct Facts<'a> {
    object: Object<'a>,
    unknown: Vec<&'static str>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(object: Object<'a>) -> Self {
        Self {
            object,
            unknown: Vec::new(),
        }
    }

    fn fact<T>(
        mut self,
        name: &'static str,
        fact: Fact<T>,
        write: impl FnOnce(Object<'a>, T) -> Object<'a>,
    ) -> Self {
        self.object = match fact {
            Fact::Known(value) => write(self.object, value),
            Fact::Absent => self.object.null(name),
            Fact::Unknown => {
                self.unknown.push(name);
                self.object
            }
        };
        self
    }

    pub(super) fn text(self, name: &'static str, fact: &Fact<Raw>) -> Self {
        let fact = match fact {
            Fact::Known(text) => Fact::Known(text.raw()),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => Fact::Unknown,
        };
        self.fact(name, fact, |object, text| object.text(name, text))
    }

    pub(super) fn truth(self, name: &'static str, fact: Fact<bool>) -> Self {
        self.fact(name, fact, |object, value| object.truth(name, value))
    }

    pub(super) fn plain(self, name: &'static str, fact: Fact<impl Display>) -> Self {
        self.fact(name, fact, |object, value| object.plain(name, value))
    }

    pub(super) fn word<T>(
        self,
        name: &'static str,
        fact: Fact<T>,
        word: fn(T) -> &'static str,
    ) -> Self {
        self.fact(name, fact, |object, value| object.plain(name, word(value)))
    }

    /// Writes the names of the unknown facts.
    pub(super) fn end(self) -> Object<'a> {
        self.object.array("unknown", self.unknown, canonical::text)
    }
}

/// A fact of a line.
#[derive(Debug, Default)]
pub(super) enum Member<T> {
    #[default]
    Missing,
    Null,
    Value(T),
}

impl<T> Member<T> {
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(from)? {
            Some(value) => Self::Value(value),
            None => Self::Null,
        })
    }
}

/// Reads facts in the order in which they are written, and checks that `unknown` names exactly the missing ones.
pub(super) struct Reader<'a> {
    unknown: std::slice::Iter<'a, Text<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(unknown: &'a [Text<'a>]) -> Self {
        Self {
            unknown: unknown.iter(),
        }
    }

    pub(super) fn read<'t, T, F>(
        &mut self,
        name: &'static str,
        member: &'t Member<T>,
        value: impl FnOnce(&'t T) -> Result<F, Problem>,
    ) -> Result<Fact<F>, Problem> {
        match member {
            Member::Value(known) => value(known).map(Fact::Known),
            Member::Null => Ok(Fact::Absent),
            Member::Missing
                if self
                    .unknown
                    .next()
                    .is_some_and(|unknown| **unknown == *name) =>
            {
                Ok(Fact::Unknown)
            }
            Member::Missing => Err(Problem::malformed(format!(
                "`{name}` is neither there nor next in `unknown`"
            ))),
        }
    }

    pub(super) fn text<'t>(
        &mut self,
        name: &'static str,
        member: &'t Member<Text<'_>>,
    ) -> Result<Fact<&'t str>, Problem> {
        self.read(name, member, |text| Ok(&**text))
    }

    pub(super) fn truth(
        &mut self,
        name: &'static str,
        member: &Member<bool>,
    ) -> Result<Fact<bool>, Problem> {
        self.read(name, member, |value| Ok(*value))
    }

    /// Checks that no other name stands in `unknown`.
    pub(super) fn end(mut self) -> Result<(), Problem> {
        match self.unknown.next() {
            Some(name) => Err(Problem::malformed(format!(
                "`unknown` names `{}`, which is there or is not a fact",
                name.0
            ))),
            None => Ok(()),
        }
    }
}

/// Finds the value of a word.
pub(super) fn value<T: Copy>(
    word: &str,
    values: &[T],
    print: fn(T) -> &'static str,
) -> Result<T, Problem> {
    let found = values.iter().find(|value| print(**value) == word);
    found
        .copied()
        .ok_or_else(|| Problem::newer(format!("nothing is known of `{word}`")))
}
