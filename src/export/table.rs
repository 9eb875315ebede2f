//! [`Column`] and [`Cell`]: rows of typed values, before they become CSV, a spreadsheet or a page.

use crate::domain::{
    text::{Raw, SafeText},
    time::{Day, Timestamp},
};

/// A column: its name never changes and its place only moves to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name in the first row: lower case, `_` between words.
    pub(crate) name: &'static str,
    /// How wide a spreadsheet shows it, in characters.
    pub(crate) width: u8,
}

/// A column of this name and width.
pub(crate) const fn column(name: &'static str, width: u8) -> Column {
    Column { name, width }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing is there, or nothing is known where the column says so in words.
    Empty,
    /// Words of ours.
    Word(&'static str),
    /// Text, safe to show.
    Text(SafeText),
    /// A whole number.
    Number(u64),
    /// An instant in UTC.
    Time(Timestamp),
    /// A day.
    Day(Day),
}

impl Cell {
    /// Text from outside, made safe.
    pub(crate) fn raw(text: &Raw) -> Self {
        Self::Text(text.safe())
    }

    /// Text of ours or from outside, made safe.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(SafeText::of(text))
    }

    /// The value as text, as CSV and pages write it.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Word(word) => (*word).to_owned(),
            Self::Text(text) => text.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<&'static str> for Cell {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<SafeText> for Cell {
    fn from(text: SafeText) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Timestamp> for Cell {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Day> for Cell {
    fn from(day: Day) -> Self {
        Self::Day(day)
    }
}

/// Rows with columns that are made one at a time, so that a million of them need no memory.
pub(crate) trait Table {
    /// What each row has, in order.
    fn columns(&self) -> &'static [Column];

    /// How many rows there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives each row, in order, to `take`, which may end it with an error.
    fn rows<E>(&self, take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E>
    where
        Self: Sized;
}
