//! [`Reader`]: a line of terms, read from its start. Filters and scopes are written in it.

use super::Error;

/// A line of terms, read from its start.
pub(in crate::domain) struct Reader {
    chars: Vec<char>,
    at: usize,
    /// Whether parentheses make groups: then a `)` that closes nothing in a value ends it.
    grouping: bool,
}

/// One of the alternatives of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Value {
    /// The character it begins at, from 1.
    pub(in crate::domain) column: usize,
    /// How many characters it takes, with its quotes.
    pub(in crate::domain) width: usize,
    /// What it says, without its quotes.
    pub(in crate::domain) text: String,
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
    /// Whether a `=` stands before it.
    pub(super) whole: bool,
}

impl Reader {
    pub(in crate::domain) fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
            grouping: false,
        }
    }

    /// One in which parentheses make groups.
    pub(super) fn grouping(text: &str) -> Self {
        Self {
            grouping: true,
            ..Self::new(text)
        }
    }

    /// Whether another term follows.
    pub(in crate::domain) fn more(&mut self) -> bool {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.peek().is_some()
    }

    /// The character that is read next, from 1.
    pub(in crate::domain) fn column(&self) -> usize {
        self.at + 1
    }

    /// The field of the next term, with its column, when it has one.
    pub(in crate::domain) fn field(&mut self) -> Option<(usize, String)> {
        let start = self.at;
        let word: String = self.chars[start..]
            .iter()
            .take_while(|c| c.is_alphanumeric() || **c == '-')
            .collect();
        let colon = start + word.chars().count();
        if word.is_empty() || self.chars.get(colon) != Some(&':') {
            return None;
        }
        self.at = colon + 1;
        Some((start + 1, word))
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Takes `c`, when it is next.
    pub(super) fn take(&mut self, c: char) -> bool {
        let next = self.peek() == Some(c);
        self.at += usize::from(next);
        next
    }

    /// The next word, when it is one of `words` in either case and stands alone. It is not taken.
    pub(super) fn ahead(&self, words: &[&'static str]) -> Option<&'static str> {
        let word = self.chars[self.at..].iter();
        let word = word.take_while(|c| !c.is_whitespace() && !matches!(c, '(' | ')'));
        let word: String = word.map(char::to_ascii_lowercase).collect();
        words.iter().copied().find(|known| *known == word)
    }

    /// Takes `word`, which is ahead.
    pub(super) fn skip(&mut self, word: &str) {
        self.at += word.chars().count();
    }

    /// The text from column `column` to where it is read next.
    pub(super) fn since(&self, column: usize) -> String {
        self.chars[column - 1..self.at].iter().collect()
    }

    /// The alternatives up to the next space, each with its column.
    pub(in crate::domain) fn values(&mut self) -> Result<Vec<Value>, Error> {
        let mut values = Vec::new();
        loop {
            let column = self.column();
            let whole = self.grouping && self.take('=');
            let from = self.column();
            let quoted = self.peek() == Some('"');
            let text = if quoted { self.quoted()? } else { self.plain() };
            if text.is_empty() {
                return Err(Error::at(from, "a value is missing"));
            }
            values.push(Value {
                column,
                width: self.column() - column,
                text,
                quoted,
                whole,
            });
            match self.peek() {
                Some('|') => self.at += 1,
                Some(')') if self.grouping => return Ok(values),
                Some(c) if !c.is_whitespace() => {
                    let message = "a space is missing after the quote";
                    return Err(Error::at(self.column(), message));
                }
                _ => return Ok(values),
            }
        }
    }

    /// What stands between quotes; a doubled quote stands for one.
    fn quoted(&mut self) -> Result<String, Error> {
        let column = self.column();
        let mut text = String::new();
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    let width = self.column() - column;
                    let error = Error::at(column, "the closing quote is missing");
                    return Err(error.over(width));
                }
                Some('"') => {
                    self.at += 1;
                    if !self.take('"') {
                        return Ok(text);
                    }
                    text.push('"');
                }
                Some(c) => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
    }

    /// What stands before the next space or `|`. Parentheses that are closed in it belong to it.
    fn plain(&mut self) -> String {
        let (start, mut open) = (self.at, 0_usize);
        while let Some(c) = self.peek() {
            match c {
                '|' => break,
                c if c.is_whitespace() => break,
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' if self.grouping => break,
                _ => {}
            }
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }
}
