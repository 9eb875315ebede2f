//! Text from outside: kept byte for byte as [`Raw`], shown only as [`SafeText`].

use std::borrow::Cow;

/// Text as Space, a file or a person gave it, kept exactly. It has no `Display`: what is shown goes
/// through [`Raw::safe`], what is stored or compared through [`Raw::raw`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Raw(Box<str>);

impl Raw {
    /// The exact text, for storing, hashing and comparing. Never for a screen.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text for a screen.
    pub fn safe(&self) -> SafeText {
        SafeText::of(&self.0)
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self(text.into())
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
    /// Makes `text` safe to show.
    pub fn of(text: &str) -> Self {
        Self(sanitize(text).into_owned())
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect(),
    )
}
