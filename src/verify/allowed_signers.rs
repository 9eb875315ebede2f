//! [`AllowedSigners`]: the auditor's list of who may sign what, and when.
//!
//! It is OpenSSH's `allowed_signers` file and is read as `ssh-keygen -Y verify` reads it: a line that cannot
//! be read is passed over, patterns are case-sensitive, `valid-before` includes its own second, and a
//! certificate counts when a `cert-authority` made it for this principal and time. Two things are answered with
//! "could not tell" where OpenSSH has an answer: a time without `Z` is meant in the zone of the machine that
//! runs `ssh-keygen`, which nothing here knows, so only what holds in every zone is taken as an answer; and
//! the certificates of an authority with an RSA key are not checked.

use chrono::NaiveDateTime;
use ssh_key::{Certificate, PublicKey, public::KeyData};

use super::signature::SigningKey;
use crate::domain::time::Timestamp;

/// The largest list that makes sense to read.
pub const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// Who may sign what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedSigners {
    lines: Vec<Line>,
    problems: Vec<Problem>,
}

/// A line that is passed over because it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    number: usize,
    principals: String,
    options: Options,
    key: KeyData,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Options {
    authority: bool,
    namespaces: Option<String>,
    after: Option<Limit>,
    before: Option<Limit>,
}

/// A point in time, in seconds since 1970, as if it were in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    seconds: i64,
    utc: bool,
}

/// Whether a key may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may, by this line.
    Yes {
        /// The line, from 1.
        line: usize,
    },
    /// It may not; why, in words.
    No(String),
    /// Nobody can tell from here; why, in words.
    CouldNotTell(String),
}

impl AllowedSigners {
    /// Reads a list.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut list = Self::default();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = at + 1;
            let read = std::str::from_utf8(line)
                .map_err(|_| "it is not UTF-8")
                .and_then(|line| Line::parse(number, line));
            match read {
                Ok(Some(line)) => list.lines.push(line),
                Ok(None) => {}
                Err(what) => list.problems.push(Problem { line: number, what }),
            }
        }
        list
    }

    /// The lines that are passed over.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many lines name a key.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line names a key.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether `key` may sign as `principal` for `namespace` at the time `at`.
    pub fn may_sign(
        &self,
        principal: &str,
        namespace: &str,
        key: &SigningKey,
        at: Timestamp,
    ) -> Answer {
        let seconds = at.ms().div_euclid(1000);
        let mut nearest = Miss::Principal;
        for line in &self.lines {
            match line.judge(principal, namespace, key, seconds) {
                Ok(()) => return Answer::Yes { line: line.number },
                Err(miss) => nearest = nearest.max(miss),
            }
        }
        match nearest {
            Miss::Principal => Answer::No("no line of the list is for the named signer".to_owned()),
            Miss::Key(line) => Answer::No(format!(
                "the list gives the named signer another key, for instance in line {line}"
            )),
            Miss::Namespace(line) => Answer::No(format!(
                "line {line} of the list does not allow this key to sign for {namespace}"
            )),
            Miss::Time(line) => Answer::No(format!(
                "line {line} of the list does not allow this key to sign at this time"
            )),
            Miss::Zone(line) => Answer::CouldNotTell(format!(
                "line {line} of the list has a time without Z, which depends on the time zone of the machine; \
                 write it in UTC with Z"
            )),
            Miss::Certificate(line) => Answer::No(format!(
                "the authority in line {line} of the list did not certify the key for this signer and time"
            )),
            Miss::Authority(line) => Answer::CouldNotTell(format!(
                "the key comes with a certificate of the authority in line {line} of the list, whose kind of key is \
                 not supported here; `ssh-keygen -Y verify` can judge it"
            )),
        }
    }
}

/// Why a line does not allow a signature, from the farthest miss to the nearest; with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    Principal,
    Key(usize),
    Certificate(usize),
    Namespace(usize),
    Time(usize),
    Zone(usize),
    Authority(usize),
}

impl Line {
    /// Reads one line; `None` for an empty one and a comment.
    fn parse(number: usize, line: &str) -> Result<Option<Self>, &'static str> {
        let line = line.trim_end_matches('\r').trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (principals, rest) = first_word(line)?;
        if let Some(key) = read_key(rest) {
            return Ok(Some(Self {
                number,
                principals,
                options: Options::default(),
                key,
            }));
        }
        let end = end_of_options(rest)?;
        let (options, rest) = rest.split_at(end);
        let key = read_key(rest.trim_start_matches([' ', '\t']));
        Ok(Some(Self {
            number,
            principals,
            options: Options::parse(options)?,
            key: key.ok_or("it has no key, or one that cannot be read")?,
        }))
    }

    fn judge(
        &self,
        principal: &str,
        namespace: &str,
        key: &SigningKey,
        seconds: i64,
    ) -> Result<(), Miss> {
        if !matches_list(principal.as_bytes(), self.principals.as_bytes()) {
            return Err(Miss::Principal);
        }
        match &key.key {
            KeyData::Certificate(certificate) if self.options.authority => {
                if *certificate.signature_key() != self.key {
                    return Err(Miss::Key(self.number));
                }
                if !certifies(certificate, principal, seconds) {
                    return Err(Miss::Certificate(self.number));
                }
                match certificate.verify_signature() {
                    Ok(()) => {}
                    Err(_) if self.key.is_rsa() => return Err(Miss::Authority(self.number)),
                    Err(_) => return Err(Miss::Certificate(self.number)),
                }
            }
            bare if !self.options.authority && *bare == self.key => {}
            _ => return Err(Miss::Key(self.number)),
        }
        let namespaces = self.options.namespaces.as_ref();
        if namespaces.is_some_and(|list| !matches_list(namespace.as_bytes(), list.as_bytes())) {
            return Err(Miss::Namespace(self.number));
        }
        // East of Greenwich clocks are up to 14 hours ahead, west of it up to 12 behind.
        let range = |limit: Limit| {
            if limit.utc {
                (limit.seconds, limit.seconds)
            } else {
                (limit.seconds - 14 * 3600, limit.seconds + 12 * 3600)
            }
        };
        let after = self.options.after.map(range);
        let before = self.options.before.map(range);
        if after.is_some_and(|(earliest, _)| seconds < earliest)
            || before.is_some_and(|(_, latest)| seconds > latest)
        {
            return Err(Miss::Time(self.number));
        }
        if after.is_some_and(|(_, latest)| seconds < latest)
            || before.is_some_and(|(earliest, _)| seconds > earliest)
        {
            return Err(Miss::Zone(self.number));
        }
        Ok(())
    }
}

impl Options {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut options = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = strip_word(rest, "cert-authority") {
                options.authority = true;
                rest = after;
            } else if let Some(after) = strip_word(rest, "namespaces=") {
                let value = quoted(after)?;
                if options.namespaces.replace(value.0).is_some() {
                    return Err("it has several namespaces options");
                }
                rest = value.1;
            } else if let Some(after) = strip_word(rest, "valid-after=") {
                let value = quoted(after)?;
                if options.after.replace(Limit::parse(&value.0)?).is_some() {
                    return Err("it has several valid-after options");
                }
                rest = value.1;
            } else if let Some(after) = strip_word(rest, "valid-before=") {
                let value = quoted(after)?;
                if options.before.replace(Limit::parse(&value.0)?).is_some() {
                    return Err("it has several valid-before options");
                }
                rest = value.1;
            }
            if rest.is_empty() {
                break;
            }
            rest = rest
                .strip_prefix(',')
                .ok_or("it has an option that is not known")?;
            if rest.is_empty() {
                return Err("its options end with a comma");
            }
        }
        if let (Some(after), Some(before)) = (options.after, options.before)
            && after.utc == before.utc
            && before.seconds <= after.seconds
        {
            return Err("its valid-before is not later than its valid-after");
        }
        Ok(options)
    }
}

impl Limit {
    /// Reads `YYYYMMDD[HHMM[SS]]` with `Z` or `UTC` for universal time.
    fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str =
            "it has a time that is not of the form 20260331, 202603310912 or 20260331091200";
        let upper = text.to_ascii_uppercase();
        let (digits, utc) = match upper.strip_suffix('Z').or(upper.strip_suffix("UTC")) {
            Some(digits) => (digits, true),
            None => (upper.as_str(), false),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WRONG);
        }
        let full = match digits.len() {
            8 => format!("{digits}000000"),
            12 => format!("{digits}00"),
            14 => digits.to_owned(),
            _ => return Err(WRONG),
        };
        let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%S").map_err(|_| WRONG)?;
        let seconds = time.and_utc().timestamp();
        if seconds <= 0 {
            return Err("it has a time before 1970");
        }
        Ok(Self { seconds, utc })
    }
}

/// The time that OpenSSH writes as `text`, when it is in UTC: `20260331Z`, `202603310912Z` or `20260331091200Z`.
pub fn universal_time(text: &str) -> Option<Timestamp> {
    let limit = Limit::parse(text).ok().filter(|limit| limit.utc)?;
    Timestamp::from_ms(limit.seconds.checked_mul(1000)?)
}

/// Whether a certificate says that its key is `principal`'s at this time; who signed it is not looked at.
fn certifies(certificate: &Certificate, principal: &str, seconds: i64) -> bool {
    let valid = certificate.valid_after()..certificate.valid_before();
    certificate.cert_type().is_user()
        && u64::try_from(seconds).is_ok_and(|seconds| valid.contains(&seconds))
        && certificate
            .valid_principals()
            .iter()
            .any(|known| known == principal)
}

/// The first word, which may be quoted in part, and what follows it.
fn first_word(line: &str) -> Result<(String, &str), &'static str> {
    let missing = "it has no key";
    let end = line.find([' ', '\t', '\r', '"']).ok_or(missing)?;
    let (mut word, rest) = (line[..end].to_owned(), &line[end..]);
    let rest = match rest.strip_prefix('"') {
        Some(rest) => {
            let close = rest.find('"').ok_or("it has a quote that does not end")?;
            word.push_str(&rest[..close]);
            &rest[close + 1..]
        }
        None => rest,
    };
    Ok((word, rest.trim_start_matches([' ', '\t', '\r'])))
}

/// A public key, with or without a comment after it.
fn read_key(text: &str) -> Option<KeyData> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (kind, base64) = (words.next()?, words.next()?);
    let key = PublicKey::from_openssh(&format!("{kind} {base64}")).ok()?;
    Some(key.key_data().clone())
}

/// Where the options end: at the first blank outside quotes.
fn end_of_options(text: &str) -> Result<usize, &'static str> {
    let (mut in_quotes, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b'\t' if !in_quotes => return Ok(at),
            b'"' if !escaped => in_quotes = !in_quotes,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    Err("it has no key, or one that cannot be read")
}

/// What follows `word` at the start of `text`, in any case of letters.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text.get(..word.len())?;
    start
        .eq_ignore_ascii_case(word)
        .then(|| &text[word.len()..])
}

/// The text between quotes, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let text = text
        .strip_prefix('"')
        .ok_or("it has an option without quotes")?;
    let mut value = String::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' if rest.peek().is_some_and(|(_, next)| *next == '"') => {
                rest.next();
                value.push('"');
            }
            c => value.push(c),
        }
    }
    Err("it has a quote that does not end")
}

/// Whether `text` matches a list of patterns with commas between; one with `!` in front that matches forbids.
fn matches_list(text: &[u8], list: &[u8]) -> bool {
    let mut matched = false;
    for pattern in list.split(|byte| *byte == b',') {
        let (negated, pattern) = match pattern.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        // OpenSSH gives up on a list with a longer pattern.
        if pattern.len() >= 1023 {
            return false;
        }
        if matches(text, pattern) {
            if negated {
                return false;
            }
            matched = true;
        }
    }
    matched
}

/// Whether `text` matches `pattern`, in which `*` stands for any bytes and `?` for one.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut t, mut p) = (0, 0);
    // Where to go on when the rest does not fit: after the last star, one byte further in the text.
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((t, p));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                t += 1;
                p += 1;
            }
            _ => match &mut star {
                Some((from, at)) => {
                    *from += 1;
                    (t, p) = (*from, *at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_openssh() {
        let check = |text: &str, list: &str, expected| {
            assert_eq!(
                matches_list(text.as_bytes(), list.as_bytes()),
                expected,
                "{text} in {list}"
            );
        };
        check("anna@example.org", "anna@example.org", true);
        check("anna@example.org", "Anna@example.org", false);
        check("anna@example.org", "*@example.org", true);
        check("anna@example.org", "a??a@*", true);
        check("anna@example.org", "*@example.org,!anna@*", false);
        check("anna@example.org", "!bob@example.org", false);
        check("anna@example.org", "bob@example.org,*a*e*g", true);
        check("", "*", true);
        check("", "?", false);
        check(
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
            "*a*a*a*a*a*a*a*a*c",
            false,
        );
    }

    #[test]
    fn a_time_has_one_of_three_forms() {
        let check = |text, expected| assert_eq!(Limit::parse(text).ok(), expected, "{text}");
        let limit = |seconds, utc| Some(Limit { seconds, utc });
        check("19700102Z", limit(86_400, true));
        check("19700102", limit(86_400, false));
        check("197001020001utc", limit(86_460, true));
        check("19700102000001Z", limit(86_401, true));
        for text in [
            "",
            "Z",
            "1970010",
            "20261301Z",
            "19700101Z",
            "2026-01-01",
            "+2026010",
        ] {
            check(text, None);
        }
    }
}
