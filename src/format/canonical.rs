//! The one encoding that is hashed and signed.
//!
//! Compact JSON with the fields in the order in which the writer names them, integers and strings only,
//! UTF-8, a line feed after each line. A character that could act on a terminal or hide in a text is written
//! as `\uXXXX`: `cat` of such a file is safe, and nothing is lost.

use std::{
    borrow::Cow,
    fmt::{self, Display, Write as _},
    io::{BufRead, Read as _},
};

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use super::{Error, Problem};
use crate::domain::time::{Day, Timestamp};

/// Whether `c` is written as `\uXXXX`: controls, bidi and other format characters, and everything that is
/// drawn as nothing. The list belongs to the version of the formats: what later standards add to it is left as it is.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes `text` as a JSON string, quotes included.
pub fn text(out: &mut String, text: &str) {
    out.push('"');
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
    {
        out.push_str(text);
    } else {
        text.chars().for_each(|c| character(out, c));
    }
    out.push('"');
}

fn character(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_hidden(c) => escaped(out, c),
        c => out.push(c),
    }
}

/// JSON that is safe to show on a terminal: hidden characters can only be inside its texts, and are escaped there.
pub fn shown(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            escaped(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

fn escaped(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04x}").expect("a string takes any text");
    }
}

/// Writes `bytes` as lower-case hexadecimal digits.
pub fn hex(out: &mut String, bytes: &[u8]) {
    let digit = |value: u8| {
        char::from(if value < 10 {
            b'0' | value
        } else {
            value.wrapping_add(b'a' - 10)
        })
    };
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]),
    );
}

/// One JSON object being written, its members in the order of the calls.
#[derive(Debug)]
#[must_use = "an object is closed by `end`"]
pub struct Object<'a> {
    out: &'a mut String,
    /// What stands before the next member.
    before: &'static str,
    /// What stands before every member after the first.
    between: &'static str,
    end: &'static str,
}

impl<'a> Object<'a> {
    /// Opens an object on one line.
    pub fn begin(out: &'a mut String) -> Self {
        out.push('{');
        Self {
            out,
            before: "",
            between: ",",
            end: "}",
        }
    }

    /// Opens an object that has each of its members on a line of its own, for a small file.
    pub fn begin_file(out: &'a mut String) -> Self {
        out.push_str("{\n");
        Self {
            out,
            before: "",
            between: ",\n",
            end: "\n}\n",
        }
    }

    fn name(&mut self, name: &'static str) -> &mut String {
        self.out.push_str(self.before);
        self.before = self.between;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// A member that is a string.
    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        text(self.name(name), value);
        self
    }

    /// A member that is a string or null.
    pub fn maybe_text(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    /// A member that is a string, left out when there is none.
    pub fn some_text(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A member that is a string of plain characters: a time, a word, a digest.
    pub fn plain(mut self, name: &'static str, value: impl Display) -> Self {
        let out = self.name(name);
        write!(out, "\"{value}\"").expect("a string takes any text");
        self
    }

    /// A member that is a string of plain characters, or null.
    pub fn maybe_plain(self, name: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.plain(name, value),
            None => self.null(name),
        }
    }

    /// A member that is `bytes` in hexadecimal digits.
    pub fn hex(mut self, name: &'static str, bytes: &[u8]) -> Self {
        let out = self.name(name);
        out.push('"');
        hex(out, bytes);
        out.push('"');
        self
    }

    /// A member that is an integer.
    pub fn number(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        let value: u64 = value.into();
        write!(self.name(name), "{value}").expect("a string takes any text");
        self
    }

    /// A member that is an integer or null.
    pub fn maybe_number(self, name: &'static str, value: Option<impl Into<u64>>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self.null(name),
        }
    }

    /// A member that is an integer, left out when there is none.
    pub fn some_number(self, name: &'static str, value: Option<impl Into<u64>>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// A member that is true or false.
    pub fn truth(mut self, name: &'static str, value: bool) -> Self {
        self.name(name)
            .push_str(if value { "true" } else { "false" });
        self
    }

    /// A member that is null.
    pub fn null(mut self, name: &'static str) -> Self {
        self.name(name).push_str("null");
        self
    }

    /// A member that is an object.
    pub fn object(
        mut self,
        name: &'static str,
        write: impl FnOnce(Object<'_>) -> Object<'_>,
    ) -> Self {
        write(Object::begin(self.name(name))).end();
        self
    }

    /// A member that is an object or null.
    pub fn maybe_object<T>(
        self,
        name: &'static str,
        value: Option<&T>,
        write: impl for<'o> FnOnce(Object<'o>, &T) -> Object<'o>,
    ) -> Self {
        match value {
            Some(value) => self.object(name, |object| write(object, value)),
            None => self.null(name),
        }
    }

    /// A member that is an array of `items`, each written by `write`.
    pub fn array<T>(
        mut self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut String, T),
    ) -> Self {
        let out = self.name(name);
        out.push('[');
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                out.push(',');
            }
            write(out, item);
        }
        out.push(']');
        self
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push_str(self.end);
    }

    /// Closes the object and its line.
    pub fn end_line(self) {
        self.out.push_str("}\n");
    }
}

/// A string of a line that is being read: borrowed from the line unless it holds an escape.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for Box<str> {
    fn from(text: Text<'_>) -> Self {
        text.0.into()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        from.deserialize_str(Either)
    }
}

/// Reads one object from a whole line.
///
/// # Errors
/// When it is not exactly one object of this type and a line feed.
pub(crate) fn object<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, Problem> {
    if !line.ends_with(b"\n") {
        return Err(Problem::CutShort);
    }
    if !(line.starts_with(b"{") && line.ends_with(b"}\n")) {
        return Err(Problem::malformed("not one JSON object"));
    }
    serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        let what = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(what, _)| what);
        Problem::malformed(format!("{what} in column {}", error.column()))
    })
}

/// Whether bytes that are not understood say that they have another schema than `schema`, which a newer version wrote.
pub(crate) fn other_schema(bytes: &[u8], schema: &str) -> Option<Problem> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        schema: Text<'a>,
    }
    let peek: Peek<'_> = serde_json::from_slice(bytes).ok()?;
    (*peek.schema != *schema).then(|| Problem::newer(format!("it has schema {}", peek.schema.0)))
}

/// Reads an instant in the one text that is written: `2026-11-21T16:37:58.123Z`.
pub(crate) fn instant(text: &str) -> Result<Timestamp, Problem> {
    exact_instant(text.as_bytes()).ok_or_else(|| {
        Problem::malformed(format!(
            "`{text}` is not a time like 2026-11-21T16:37:58.123Z"
        ))
    })
}

fn exact_instant(text: &[u8]) -> Option<Timestamp> {
    let (date, time) = text.split_at_checked(10)?;
    let &[
        b'T',
        h1,
        h2,
        b':',
        m1,
        m2,
        b':',
        s1,
        s2,
        b'.',
        t1,
        t2,
        t3,
        b'Z',
    ] = time
    else {
        return None;
    };
    let (hour, minute) = (digits([h1, h2])?, digits([m1, m2])?);
    let (second, thousandths) = (digits([s1, s2])?, digits([t1, t2, t3])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = u32::from(hour)
        .saturating_mul(60)
        .saturating_add(minute.into())
        .saturating_mul(60)
        .saturating_add(second.into());
    let ms = seconds
        .saturating_mul(1000)
        .saturating_add(thousandths.into());
    Timestamp::of_day(exact_day(date)?, ms)
}

/// Reads a day in the one text that is written: `2026-11-21`.
pub(crate) fn day(text: &str) -> Result<Day, Problem> {
    exact_day(text.as_bytes())
        .ok_or_else(|| Problem::malformed(format!("`{text}` is not a day like 2026-11-21")))
}

fn exact_day(text: &[u8]) -> Option<Day> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let (month, day) = (digits([m1, m2])?, digits([d1, d2])?);
    let year = digits([y1, y2, y3, y4])?;
    Day::of(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

fn digits<const N: usize>(text: [u8; N]) -> Option<u16> {
    text.iter().try_fold(0u16, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// The lines of a file, one at a time, none longer than a limit.
#[derive(Debug)]
pub struct Lines<R> {
    file: &'static str,
    input: R,
    limit: u64,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `input`, called `file` in errors, each of at most `limit` bytes.
    pub fn new(file: &'static str, input: R, limit: u64) -> Self {
        Self {
            file,
            input,
            limit,
            number: 0,
            line: Vec::new(),
        }
    }

    /// The next line with its line feed; `None` after the last. Only the last can lack the line feed.
    ///
    /// # Errors
    /// When the file cannot be read or the line is too long.
    #[expect(
        clippy::should_implement_trait,
        reason = "the line is borrowed from the reader"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        self.line.clear();
        self.number = self.number.saturating_add(1);
        let room = self.limit.saturating_add(1);
        let length = (&mut self.input)
            .take(room)
            .read_until(b'\n', &mut self.line)
            .map_err(|source| Error::Read {
                file: self.file,
                source,
            })?;
        if length as u64 > self.limit {
            return Err(Problem::TooLong(self.limit).at(self.file, self.number));
        }
        Ok((length > 0).then_some(&self.line))
    }

    /// The number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The file's name in errors.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The error of the line that was read last.
    pub fn error(&self, problem: Problem) -> Error {
        problem.at(self.file, self.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Digest;

    fn printed(value: &str) -> String {
        let mut out = String::new();
        text(&mut out, value);
        out
    }

    #[test]
    fn text_that_could_act_on_a_terminal_is_written_as_escapes() {
        for (value, expected) in [
            ("Ada", r#""Ada""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\x1b[2J", r#""\u001b[2J""#),
            ("\u{9b}31m", r#""\u009b31m""#),
            ("\x7f", r#""\u007f""#),
            ("a\u{202e}b", r#""a\u202eb""#),
            ("pay\u{200b}pal", r#""pay\u200bpal""#),
            ("\u{ad}\u{feff}\u{2028}", r#""\u00ad\ufeff\u2028""#),
            ("\u{e0041}", r#""\udb40\udc41""#),
            ("\u{fe0f}\u{e0100}", r#""\ufe0f\udb40\udd00""#),
            ("Zoë 木村 🦀", "\"Zoë 木村 🦀\""),
        ] {
            assert_eq!(printed(value), expected);
        }
    }

    #[test]
    fn every_character_survives_and_no_hidden_one_comes_out() {
        for c in '\0'..=char::MAX {
            let printed = printed(&c.to_string());
            let read: String = serde_json::from_str(&printed).expect("a JSON string");
            assert!(read.chars().eq([c]), "{:x}", u32::from(c));
            assert!(
                !printed.chars().any(|c| is_hidden(c) || c.is_control()),
                "{:x}",
                u32::from(c)
            );
        }
    }

    #[test]
    fn the_characters_that_are_escaped_are_the_same_for_ever() {
        // An older journal would not be taken for one if a single one were added.
        let hidden: String = ('\0'..=char::MAX).filter(|c| is_hidden(*c)).collect();
        assert_eq!(
            (
                hidden.chars().count(),
                &*Digest::of(hidden.as_bytes()).to_string()
            ),
            (
                4308,
                "5317251d187e5200a8c4f43dfe7082b89a199d8c5c76b38417af520b5c2e6259"
            )
        );
    }

    #[test]
    fn a_time_has_one_text() {
        for text in ["2026-11-21T16:37:58.123Z", "0000-01-01T00:00:00.000Z"] {
            assert_eq!(instant(text).expect(text).to_string(), text);
        }
        for text in [
            "2026-11-21T16:37:58Z",
            "2026-11-21T16:37:58.1234Z",
            "2026-11-21t16:37:58.123Z",
            "2026-11-21T16:37:58.123z",
            "2026-12-31T23:59:60.000Z",
            "2026-11-21T16:37:58+01:00",
            "2026-11-21 16:37:58.123Z",
            "",
        ] {
            assert!(instant(text).is_err(), "{text}");
        }
        assert!(day("2026-1-1").is_err() && day("2026-01-01").is_ok());
    }

    #[test]
    fn a_line_over_the_limit_is_refused_with_its_place() {
        let mut lines = Lines::new("grants.jsonl", &b"{}\n{      }\n"[..], 5);
        assert_eq!(lines.next().expect("short"), Some(&b"{}\n"[..]));
        let error = lines.next().expect_err("long").to_string();
        assert_eq!(error, "grants.jsonl, line 2: it is longer than 5 bytes");
    }

    proptest! {
        #[test]
        fn text_survives(value in any::<String>()) {
            let printed = printed(&value);
            prop_assert_eq!(serde_json::from_str::<String>(&printed).expect("a JSON string"), value);
            prop_assert!(!printed.chars().any(is_hidden));
        }

        #[test]
        fn an_instant_of_the_right_shape_is_the_one_that_is_written(
            ms in -62_167_219_200_000i64..=253_402_300_799_999
        ) {
            let at = Timestamp::from_ms(ms).expect("within the years 0 to 9999");
            prop_assert_eq!(instant(&at.to_string()), Ok(at));
        }

        #[test]
        fn any_text_taken_as_an_instant_is_its_own_print(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{3}[Zz]"
        ) {
            if let Ok(at) = instant(&text) {
                prop_assert_eq!(at.to_string(), text);
            }
        }
    }
}
