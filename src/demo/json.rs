//! [`Json`]: JSON text in the making.

use crate::domain::time::{Day, Timestamp};

/// Answers longer than this are refused.
const LARGEST: usize = 64 << 20;
/// Objects nested deeper than this are cut off, and the answer is refused.
const DEEPEST: usize = 48;

/// JSON text in the making.
#[derive(Default)]
pub(super) struct Json {
    bytes: Vec<u8>,
    depth: usize,
    too_much: bool,
}

impl Json {
    /// The text, or nothing when it grew too long or too deep.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (!self.too_much).then_some(self.bytes)
    }

    /// Begins an object or list; `false` when there is no room for it, and then `null` stands there.
    pub(super) fn open(&mut self, bracket: u8) -> bool {
        if self.depth >= DEEPEST || self.bytes.len() > LARGEST {
            self.too_much = true;
            self.null();
            return false;
        }
        self.depth += 1;
        self.bytes.push(bracket);
        true
    }

    /// Ends an object or list.
    pub(super) fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.bytes.push(bracket);
    }

    /// Begins the next member of an object.
    pub(super) fn key(&mut self, name: &str) {
        self.next();
        self.text(name);
        self.bytes.push(b':');
    }

    /// Begins the next element of a list.
    pub(super) fn next(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'[' | b'{')) {
            self.bytes.push(b',');
        }
    }

    /// A list, `each` writing one element.
    pub(super) fn list<T>(
        &mut self,
        elements: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        if !self.open(b'[') {
            return;
        }
        for element in elements {
            self.next();
            each(self, element);
        }
        self.close(b']');
    }

    pub(super) fn null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    pub(super) fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut self.bytes, text).expect("text can always be written to memory");
    }

    pub(super) fn bool(&mut self, value: bool) {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.bytes.extend_from_slice(text);
    }

    pub(super) fn number(&mut self, value: impl std::fmt::Display) {
        self.bytes.extend_from_slice(value.to_string().as_bytes());
    }

    /// The value, or `null`.
    pub(super) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    pub(super) fn day(&mut self, day: Day) {
        self.bytes
            .extend_from_slice(format!("{{\"iso\":\"{day}\"}}").as_bytes());
    }

    pub(super) fn instant(&mut self, at: Timestamp) {
        let text = format!("{{\"iso\":\"{at}\",\"timestamp\":{}}}", at.ms());
        self.bytes.extend_from_slice(text.as_bytes());
    }
}
