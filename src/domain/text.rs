//! Text from outside: kept byte for byte as [`Raw`], shown only as [`SafeText`].

mod hidden;
mod shared;

pub use shared::{Pack, Packed, Place, Shared};

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Text as Space, a file or a person gave it, kept exactly. It has no `Display`: what is shown goes
/// through [`Raw::safe`], what is stored or compared through [`Raw::raw`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Raw(Shared);

impl Raw {
    /// The exact text, for storing, hashing and comparing. Never for a screen.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text for a screen.
    pub fn safe(&self) -> SafeText {
        SafeText::of(&self.0)
    }

    /// Whether it says nothing: there is no character in it that leaves ink. The list is fixed, for journals are judged
    /// by it for ever.
    pub fn is_blank(&self) -> bool {
        self.0.chars().all(|c| {
            matches!(c,
                '\0'..=' ' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
                | '\u{1680}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}')
        })
    }

    /// Whether something in it could not be seen, or could act on a terminal, as it is.
    pub fn has_hidden(&self) -> bool {
        matches!(hidden::shown(&self.0), Cow::Owned(_))
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<Shared> for Raw {
    fn from(text: Shared) -> Self {
        Self(text)
    }
}

impl From<Raw> for Shared {
    fn from(text: Raw) -> Self {
        text.0
    }
}

impl From<String> for Raw {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Text that cannot act on a terminal: every control, bidi, zero-width and other invisible character is
/// replaced by something that can be seen. What was there is never silently removed, so two different
/// names never look the same because of a hidden character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SafeText(String);

impl SafeText {
    /// Makes `text` safe to show. Safe text comes out as it went in.
    pub fn of(text: &str) -> Self {
        Self(hidden::shown(text).into_owned())
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many cells of a terminal it takes.
    pub fn width(&self) -> usize {
        self.0.graphemes(true).map(cells).sum()
    }

    /// The text in at most `width` cells, cut at the end: `Inès Duarte de…`.
    #[must_use]
    pub fn truncate(&self, width: usize) -> Self {
        if self.width() <= width {
            return self.clone();
        }
        let Some(room) = width.checked_sub(1) else {
            return Self::default();
        };
        Self(format!("{}…", unjoined(head(&self.0, room))))
    }

    /// The text in at most `width` cells, cut in the middle, for what differs at its end: `atlas…archive`.
    #[must_use]
    pub fn truncate_middle(&self, width: usize) -> Self {
        if self.width() <= width {
            return self.clone();
        }
        let Some(room) = width.checked_sub(1) else {
            return Self::default();
        };
        let start = unjoined(head(&self.0, room - room / 2));
        let end = tail(&self.0, room / 2);
        Self(format!("{start}…{end}"))
    }

    /// The text without clusters on whose width terminals disagree: an emoji made of several characters
    /// becomes its first, a flag a `□`. For columns; the whole text belongs on a line of its own.
    #[must_use]
    pub fn simple(&self) -> Self {
        if self.0.is_ascii() {
            return self.clone();
        }
        Self(self.0.graphemes(true).map(hidden::simple).collect())
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` without the joiners at its end, which have lost what they joined to.
fn unjoined(text: &str) -> &str {
    text.trim_end_matches(['\u{200c}', '\u{200d}'])
}

/// The cells of one grapheme, counted as the screen counts them: halfwidth voiced sound marks stand beside
/// their letter, not on it.
fn cells(grapheme: &str) -> usize {
    let sound_marks = grapheme
        .chars()
        .filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}'))
        .count();
    grapheme.width() + sound_marks
}

/// The longest start of `text` of whole graphemes in `room` cells.
fn head(text: &str, room: usize) -> &str {
    let mut left = room;
    let cut = text.grapheme_indices(true).find(|(_, grapheme)| {
        let fits = left.checked_sub(cells(grapheme));
        left = fits.unwrap_or(0);
        fits.is_none()
    });
    cut.map_or(text, |(at, _)| &text[..at])
}

/// The longest end of `text` of whole graphemes in `room` cells.
fn tail(text: &str, room: usize) -> &str {
    let mut left = room;
    let cut = text.grapheme_indices(true).rev().find(|(_, grapheme)| {
        let fits = left.checked_sub(cells(grapheme));
        left = fits.unwrap_or(0);
        fits.is_none()
    });
    cut.map_or(text, |(at, grapheme)| &text[at + grapheme.len()..])
}

#[cfg(test)]
mod tests;
