//! [`Field`]: one line that a person types.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation as _;
use zeroize::Zeroizing;

use super::text;
use crate::domain::text::SafeText;

/// The most characters a line takes.
const LIMIT: usize = 2_000;

/// One line of input; the place where typing goes in is its end.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Field {
    text: Zeroizing<String>,
}

impl std::fmt::Debug for Field {
    /// Without the text: it may be a passphrase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field(…)")
    }
}

impl Field {
    /// A line that holds `text` already.
    pub(crate) fn of(text: &str) -> Self {
        let mut field = Self::default();
        field.insert(text);
        field
    }

    /// What was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What was typed, without blanks around it.
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.text = Zeroizing::default();
    }

    /// Takes pasted or typed text in; line breaks become blanks, other control characters stay out.
    pub(crate) fn insert(&mut self, typed: &str) {
        for c in typed.chars().map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        }) {
            if !c.is_control() && self.text.len() + c.len_utf8() <= LIMIT {
                self.text.push(c);
            }
        }
    }

    /// Takes a key; the answer is whether it was one for a line.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if ctrl => self.clear(),
            KeyCode::Char('w') if ctrl => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.truncate(kept);
            }
            KeyCode::Char('h') if ctrl => self.backspace(),
            KeyCode::Char(c)
                if !key
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => self.backspace(),
            _ => return false,
        }
        true
    }

    fn backspace(&mut self) {
        let kept = self
            .text
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at);
        self.text.truncate(kept);
    }

    /// The end of the text that fits in `room` cells with a cell left for the cursor, and the cells it takes.
    pub(crate) fn shown(&self, room: usize) -> (String, usize) {
        tail(SafeText::of(&self.text).as_str(), room)
    }

    /// As [`Field::shown`], with a mark in place of each character.
    pub(crate) fn masked(&self, room: usize) -> (String, usize) {
        tail(&"*".repeat(self.text.graphemes(true).count()), room)
    }
}

fn tail(text: &str, room: usize) -> (String, usize) {
    let room = room.saturating_sub(1);
    let mut from = 0;
    let mut wide = text::width(text);
    for (at, cluster) in text.grapheme_indices(true) {
        if wide <= room {
            break;
        }
        wide -= text::width(cluster).min(wide);
        from = at + cluster.len();
    }
    (text[from..].to_owned(), wide)
}
