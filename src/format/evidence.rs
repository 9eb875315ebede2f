//! [`Answer`]: one raw answer of the server, kept so that an auditor can see where a grant was read from.
//!
//! `evidence.jsonl.zst` holds one answer a line, compressed. The digest in a line is that of the body as it was
//! received; a body is a JSON string, or base64 when it is not UTF-8.

use std::io::{self, BufReader, Read, Write};

use serde::Deserialize;

use super::{
    Error, Problem,
    canonical::{self, Lines, Object, Text},
    record,
};
use crate::domain::{Digest, time::Timestamp};

/// The longest line that is written or read: the largest answer with all its characters escaped.
pub const LINE_LIMIT: u64 = 256 << 20;

/// The largest window a reader provides memory for; the writer stays far below.
const WINDOW_LOG_MAX: u32 = 23;

/// One answer of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its number, from 1: what accounts and grants name as their source.
    pub number: u32,
    /// When it arrived, by this machine's clock.
    pub at: Timestamp,
    /// The method of the request.
    pub method: String,
    /// The address of the request, without any credentials.
    pub url: String,
    /// The body of the request, when it had one.
    pub request: Option<String>,
    /// The status code.
    pub status: u16,
    /// The server's `Date` header as it was.
    pub date: Option<String>,
    /// The body as it was received.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// Only its digest was kept.
    Digest(Digest),
}

impl Body {
    /// The digest of the body as it was received.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Whole(body) => Digest::of(body),
            Self::Digest(digest) => *digest,
        }
    }

    /// How many bytes of it were kept.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(body) => body.len(),
            Self::Digest(_) => 0,
        }
    }
}

/// The line of one answer.
pub fn line(answer: &Answer) -> String {
    let mut out = String::with_capacity(answer.body.len().saturating_mul(5) / 4);
    let object = Object::begin(&mut out)
        .number("n", answer.number)
        .plain("at", answer.at)
        .text("method", &answer.method)
        .text("url", &answer.url)
        .some_text("request", answer.request.as_deref())
        .number("status", answer.status)
        .maybe_text("date", answer.date.as_deref())
        .hex("sha256", &answer.body.digest().0);
    match &answer.body {
        Body::Digest(_) => object,
        Body::Whole(body) => match std::str::from_utf8(body) {
            Ok(body) => object.text("body", body),
            Err(_) => object.plain("body_base64", base64(body)),
        },
    }
    .end_line();
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    n: u32,
    #[serde(borrow)]
    at: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow, default)]
    request: Option<Text<'a>>,
    status: u16,
    #[serde(borrow)]
    date: Option<Text<'a>>,
    #[serde(borrow)]
    sha256: Text<'a>,
    #[serde(borrow, default)]
    body: Option<Text<'a>>,
    #[serde(borrow, default)]
    body_base64: Option<Text<'a>>,
}

/// Reads one answer and checks the digest of its body.
///
/// # Errors
/// When the line is not one that [`line()`] writes.
pub fn parse(line: &[u8]) -> Result<Answer, Problem> {
    let fields: Fields<'_> = canonical::object(line)?;
    let body = match (&fields.body, &fields.body_base64) {
        (Some(body), None) => Body::Whole(body.as_bytes().to_vec()),
        (None, Some(text)) => Body::Whole(
            bytes(text).ok_or_else(|| Problem::malformed("`body_base64` is not base64"))?,
        ),
        (None, None) => Body::Digest(fields.sha256.parse().map_err(Problem::malformed)?),
        (Some(_), Some(_)) => {
            return Err(Problem::malformed("it has both `body` and `body_base64`"));
        }
    };
    let answer = Answer {
        number: fields.n,
        at: canonical::instant(&fields.at)?,
        method: fields.method.to_string(),
        url: fields.url.to_string(),
        request: fields.request.map(|text| text.to_string()),
        status: fields.status,
        date: fields.date.map(|text| text.to_string()),
        body,
    };
    if answer.body.digest().to_string() != *fields.sha256 {
        return Err(Problem::Damaged);
    }
    if self::line(&answer).as_bytes() != line {
        return Err(Problem::OtherText);
    }
    Ok(answer)
}

/// Writes answers, compressed.
pub struct Writer<W: Write> {
    out: zstd::Encoder<'static, W>,
}

impl<W: Write> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Begins to write into `out`.
    ///
    /// # Errors
    /// When there is no memory for the compression.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = zstd::Encoder::new(out, 3)?;
        out.include_checksum(true)?;
        Ok(Self { out })
    }

    /// Writes one answer.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write(&mut self, answer: &Answer) -> io::Result<()> {
        self.out.write_all(line(answer).as_bytes())
    }

    /// Puts what was written so far where a reader finds it, even when nothing follows.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the compressed data; the answer is where it was written to.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}

/// Reads compressed answers, one after the other, in bounded memory.
pub struct Reader<R: Read> {
    lines: Lines<BufReader<zstd::Decoder<'static, BufReader<R>>>>,
}

impl<R: Read> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<R: Read> Reader<R> {
    /// Begins to read what a [`Writer`] wrote.
    ///
    /// # Errors
    /// When there is no memory for the decompression.
    pub fn new(input: R) -> Result<Self, Error> {
        let open = || {
            let mut decoder = zstd::Decoder::new(input)?;
            decoder.window_log_max(WINDOW_LOG_MAX)?;
            Ok(BufReader::with_capacity(1 << 16, decoder))
        };
        let input = open().map_err(|source| Error::Read {
            file: record::EVIDENCE,
            source,
        })?;
        Ok(Self {
            lines: Lines::new(record::EVIDENCE, input, LINE_LIMIT),
        })
    }

    /// The next answer; `None` after the last.
    ///
    /// # Errors
    /// When it is damaged, too long, or not in sequence.
    #[expect(clippy::should_implement_trait, reason = "like `Lines::next`")]
    pub fn next(&mut self) -> Result<Option<Answer>, Error> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let answer = parse(line);
        answer
            .map(Some)
            .map_err(|problem| self.lines.error(problem))
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(4) / 3);
    for group in bytes.chunks(3) {
        let byte = |n: usize| u32::from(group.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4usize {
            if n <= group.len() {
                let six = bits.unbounded_shr([18, 12, 6, 0].get(n).copied().unwrap_or(0)) & 63;
                let digit = ALPHABET.get(six as usize).copied().unwrap_or(b'=');
                out.push(char::from(digit));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Reads base64; `parse` compares with the print, so that there is one text for one value.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(digits.len());
    let (mut bits, mut held) = (0u32, 0u32);
    for digit in digits.bytes() {
        let six = ALPHABET.iter().position(|known| *known == digit)?;
        bits = (bits << 6 | u32::try_from(six).ok()?) & 0xfff;
        held = held.checked_add(6)?;
        if held >= 8 {
            held = held.checked_sub(8)?;
            out.push(u8::try_from(bits.unbounded_shr(held) & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(body: &[u8]) -> Answer {
        Answer {
            number: 1,
            at: "2026-11-21T16:37:58.123Z".parse().expect("a time"),
            method: "GET".into(),
            url: "https://acme.jetbrains.space/api/http/projects".into(),
            request: None,
            status: 200,
            date: Some("Sat, 21 Nov 2026 16:37:58 GMT".into()),
            body: Body::Whole(body.to_vec()),
        }
    }

    #[test]
    fn a_digest_stands_for_a_body_that_is_not_kept() {
        let whole = answer(b"{}");
        let digest = Body::Digest(whole.body.digest());
        let kept = Answer {
            body: digest,
            ..whole.clone()
        };
        let line = line(&kept);
        assert_eq!(parse(line.as_bytes()), Ok(kept));
        let end = format!("\"sha256\":\"{}\"}}\n", whole.body.digest());
        assert!(line.ends_with(&end), "{line}");
    }

    #[test]
    fn a_body_that_is_no_text_is_kept_in_base64() {
        for (body, expected) in [
            (&b"{}\n"[..], r#""body":"{}\n"}"#),
            (b"\xff", r#""body_base64":"/w=="}"#),
            (b"\xff\xfe", r#""body_base64":"//4="}"#),
            (b"\xff\xfe\xfd", r#""body_base64":"//79"}"#),
        ] {
            let line = line(&answer(body));
            assert!(line.trim_end().ends_with(expected), "{line}");
            assert_eq!(parse(line.as_bytes()), Ok(answer(body)));
        }
    }

    #[test]
    fn a_changed_body_is_noticed() {
        let line = line(&answer(b"role: member"));
        assert_eq!(
            parse(line.replace("member", "admin").as_bytes()),
            Err(Problem::Damaged)
        );
    }

    #[test]
    fn answers_come_back_from_the_compressed_file() {
        let mut writer = Writer::new(Vec::new()).expect("memory");
        for _ in 0..3 {
            writer.write(&answer(b"{\"data\":[]}")).expect("memory");
        }
        let file = writer.finish().expect("memory");
        let mut reader = Reader::new(&file[..]).expect("memory");
        for _ in 0..3 {
            assert_eq!(
                reader.next().expect("whole"),
                Some(answer(b"{\"data\":[]}"))
            );
        }
        assert_eq!(reader.next().expect("the end"), None);
        let mut cut = Reader::new(&file[..file.len() - 1]).expect("memory");
        while let Ok(answer) = cut.next() {
            assert!(answer.is_some(), "a cut file does not end quietly");
        }
    }

    proptest! {
        #[test]
        fn an_answer_survives_its_line(
            body in any::<Vec<u8>>(), text in any::<Option<String>>(), method in any::<String>()
        ) {
            let answer = Answer { request: text.clone(), date: text, method, ..answer(&body) };
            prop_assert_eq!(parse(line(&answer).as_bytes()), Ok(answer));
        }
    }
}
