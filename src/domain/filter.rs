//! The filter language: one line of text chooses items, on the screen and on the command line alike.
//!
//! Terms stand side by side and all must hold; `or`, `not` and parentheses join them otherwise. A term is a word,
//! which is looked for in every name around an item, or `field:value`; `-` or `!` in front turns it around. Quotes keep
//! words together, `|` separates alternatives: `role:"project admin"|owner -is:kept`. Times and numbers are compared:
//! `signin:>90d`, `since:2024..2025-06`. Case and accents do not matter: see [`fold()`].
//!
//! What nobody could read is neither true nor false: `signin:>90d` and `-signin:>90d` both leave out whose last sign-in
//! is unknown, and `signin:unknown` asks for them. Ages count from the time the snapshot speaks of, so the same text
//! chooses the same items for ever.

mod complete;
mod evaluate;
mod events;
mod expr;
mod field;
mod fold;
mod help;
mod index;
mod near;
mod nothing;
mod reader;
mod when;

pub use self::{
    complete::{Candidate, Completion, complete},
    events::{EVENT_FIELDS, EVENT_WORDS, EventFilter},
    field::{FIELDS, STATES},
    fold::fold,
    help::{Line, help},
};
pub(super) use self::{index::Index, near::nearness, reader::Reader};

use self::{
    evaluate::Asked,
    expr::{Expr, Test},
    reader::Value,
};
use super::{campaign::Campaign, items::ItemSet, text::SafeText};

/// A filter that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// What must hold; `None` asks nothing.
    expr: Option<Expr>,
    parts: Vec<Part>,
}

/// One of the terms and groups of a filter that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As it was typed. What is shown of it goes through [`SafeText`].
    pub text: String,
    /// Whether it excludes.
    pub negated: bool,
}

/// Where a filter cannot be understood, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column} of the filter)")]
pub struct Error {
    /// The character it begins at, from 1.
    pub column: usize,
    /// How many characters are wrong, at least one; the first may stand after the end of the text.
    pub width: usize,
    /// What is wrong, with what would be right.
    pub message: String,
}

impl Error {
    fn at(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
            width: 1,
            message: message.into(),
        }
    }

    fn of(value: &Value, message: impl Into<String>) -> Self {
        Self::at(value.column, message).over(value.width)
    }

    /// The same, so many characters further on.
    fn moved(self, by: usize) -> Self {
        Self {
            column: self.column + by,
            ..self
        }
    }

    fn over(self, width: usize) -> Self {
        Self {
            width: width.max(1),
            ..self
        }
    }

    /// `text`, which is not understood, as it may be shown, and a line of `^` below what is wrong in it, whatever
    /// the width of the characters.
    pub fn pointed(&self, text: &str) -> [String; 2] {
        let part = |from: usize, many: usize| -> String {
            let part: String = text.chars().skip(from).take(many).collect();
            SafeText::of(&part).to_string()
        };
        let width = |text: &str| SafeText::of(text).width();
        let (before, wrong) = (part(0, self.column - 1), part(self.column - 1, self.width));
        let carets = "^".repeat(width(&wrong).max(1));
        let line = format!("{}{carets}", " ".repeat(width(&before)));
        [SafeText::of(text).to_string(), line]
    }
}

impl Filter {
    /// Understands `text`. An empty text matches everything.
    ///
    /// # Errors
    /// With the place and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (expr, parts) = expr::parse(text)?;
        Ok(Self { expr, parts })
    }

    /// Whether it matches everything because nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// The terms and groups that must all hold, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All items that `campaign` puts up for decision and for which it holds.
    pub fn select(&self, campaign: &Campaign) -> ItemSet {
        match &self.expr {
            None => campaign.items().clone(),
            Some(expr) => Asked::new(campaign).items(expr),
        }
    }

    /// What there is to say about its answer in `campaign`, safe to show: why it is empty, or that words were taken by
    /// their letters.
    pub fn remark(&self, campaign: &Campaign, is_empty: bool) -> Option<String> {
        if is_empty {
            let why = self.why_nothing(campaign);
            return (!why.is_empty()).then(|| why.join("; "));
        }
        let loose = self.loose(campaign);
        let words = loose.iter().map(|word| format!("`{}`", SafeText::of(word)));
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| {
            let words = words.join(", ");
            format!("no name has {words}, so names with the letters in this order are taken")
        })
    }

    /// Why it chooses nothing in `campaign`, in sentences that are safe to show: what has no such name and which name is
    /// near, or which part matches nothing by itself. Empty when nothing was asked.
    pub fn why_nothing(&self, campaign: &Campaign) -> Vec<String> {
        let asked = Asked::new(campaign);
        self.expr
            .as_ref()
            .map_or_else(Vec::new, |expr| nothing::why(&asked, expr, &self.parts))
    }

    /// The words that no name in `campaign` has, so that names with their letters in order are taken.
    pub fn loose(&self, campaign: &Campaign) -> Vec<String> {
        let asked = Asked::new(campaign);
        let mut loose = Vec::new();
        if let Some(expr) = &self.expr {
            expr.tests(&mut |test| {
                if let Test::Name { wanted, .. } = test
                    && asked.is_loose(test)
                {
                    loose.extend(wanted.iter().map(|wanted| wanted.typed.clone()));
                }
            });
        }
        loose
    }
}

#[cfg(test)]
mod tests;
