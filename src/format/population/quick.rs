//! The lines of a population as they nearly always are, read without a detour.
//!
//! A line is taken here when it is, byte for byte, what the writer makes of texts without escapes and of facts that are
//! all told. Every other line is `None` and goes the long way, which alone says what is wrong with a line. What is taken
//! here means the same there: a test holds both side by side.

use super::{
    accounts::{AccountLine, KINDS, TWO_FACTOR, kind_word, two_factor_word},
    facts::value,
    grants::{
        GrantLine, HolderId, MEMBERSHIP, MembershipLine, ORGANIZATION_ROLE, PROJECT_ROLE, SIGN_IN,
        What,
    },
};
use crate::{
    domain::{account::Fact, time::Timestamp},
    format::canonical,
};

/// Reads a line of `accounts.jsonl`.
pub(super) fn account(line: &str) -> Option<AccountLine<&str>> {
    let mut at = Cursor(line);
    let account = AccountLine {
        id: at.text(b"{\"id\":")?,
        username: at.text(b",\"username\":")?,
        first_name: at.text(b",\"first_name\":")?,
        last_name: at.text(b",\"last_name\":")?,
        kind: value(at.text(b",\"kind\":")?, &KINDS, kind_word).ok()?,
        email: at.fact(b",\"email\":", Some)?,
        archived: at.truth(b",\"archived\":")?,
        left_at: at.instant(b",\"left_at\":")?,
        suspended: at.truth(b",\"suspended\":")?,
        suspended_at: at.instant(b",\"suspended_at\":")?,
        joined: at.fact(b",\"joined\":", |text| canonical::day(text).ok())?,
        two_factor: at.fact(b",\"two_factor\":", |text| {
            value(text, &TWO_FACTOR, two_factor_word).ok()
        })?,
        last_sign_in: at.instant(b",\"last_sign_in\":")?,
        external_id: at.fact(b",\"external_id\":", Some)?,
        listed: match at.truth(b",\"unknown\":[],\"listed\":")? {
            Fact::Known(listed) => listed,
            Fact::Absent | Fact::Unknown => return None,
        },
        source: at.number(b",\"ev\":")?,
    };
    at.end()?;
    Some(account)
}

/// Reads a line of `grants.jsonl`.
pub(super) fn grant(line: &str) -> Option<GrantLine<'_>> {
    let mut at = Cursor(line);
    let id = at.text(b"{\"id\":")?.parse().ok()?;
    let kind = at.text(b",\"kind\":")?;
    let holder = if let Some(id) = at.text(b",\"account\":") {
        HolderId::Account(id)
    } else if kind == ORGANIZATION_ROLE || kind == PROJECT_ROLE {
        match at.text(b",\"everyone\":") {
            Some(word) => HolderId::Everyone(word),
            None => HolderId::Team(at.text(b",\"team\":")?),
        }
    } else {
        return None;
    };
    let what = match kind {
        SIGN_IN => What::SignIn,
        MEMBERSHIP => {
            let membership = MembershipLine {
                team: at.text(b",\"team\":")?,
                id: at.text(b",\"membership\":")?,
                lead: at.truth(b",\"lead\":")?,
                position: at.fact(b",\"position\":", Some)?,
                since: at.instant(b",\"since\":")?,
                till: at.instant(b",\"till\":")?,
                pending: at.truth(b",\"pending\":")?,
                archived: at.truth(b",\"archived\":")?,
            };
            at.literal(b",\"unknown\":[]")?;
            What::Membership(membership)
        }
        ORGANIZATION_ROLE => What::Role {
            project: None,
            key: at.text(b",\"role\":")?,
            name: at.text(b",\"role_name\":")?,
        },
        PROJECT_ROLE => What::Role {
            project: Some(at.text(b",\"project\":")?),
            key: at.text(b",\"role\":")?,
            name: at.text(b",\"role_name\":")?,
        },
        _ => return None,
    };
    let source = at.number(b",\"ev\":")?;
    at.end()?;
    Some(GrantLine {
        id,
        holder,
        what,
        source,
    })
}

/// What of a line is still to be read. Each step takes what is there, or leaves everything where it is.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// What stands behind `name`. Its length is known when this is compiled, and the comparison a few instructions.
    fn behind<const N: usize>(&self, name: &[u8; N]) -> Option<&'a str> {
        let there = self.0.as_bytes().first_chunk() == Some(name);
        there.then(|| self.0.get(N..)).flatten()
    }

    fn literal<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        self.0 = self.behind(literal)?;
        Some(())
    }

    /// A string without escapes, behind its name.
    fn text<const N: usize>(&mut self, name: &[u8; N]) -> Option<&'a str> {
        let (text, rest) = string(self.behind(name)?)?;
        self.0 = rest;
        Some(text)
    }

    /// A fact that is a string, behind its name.
    fn fact<T, const N: usize>(
        &mut self,
        name: &[u8; N],
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<Fact<T>> {
        let rest = self.behind(name)?;
        if let Some(rest) = Cursor(rest).behind(b"null") {
            self.0 = rest;
            return Some(Fact::Absent);
        }
        let (text, rest) = string(rest)?;
        let value = read(text)?;
        self.0 = rest;
        Some(Fact::Known(value))
    }

    fn instant<const N: usize>(&mut self, name: &[u8; N]) -> Option<Fact<Timestamp>> {
        self.fact(name, |text| canonical::instant(text).ok())
    }

    /// A fact that is true or false, behind its name.
    fn truth<const N: usize>(&mut self, name: &[u8; N]) -> Option<Fact<bool>> {
        let rest = Cursor(self.behind(name)?);
        let (fact, rest) = if let Some(rest) = rest.behind(b"false") {
            (Fact::Known(false), rest)
        } else if let Some(rest) = rest.behind(b"true") {
            (Fact::Known(true), rest)
        } else {
            (Fact::Absent, rest.behind(b"null")?)
        };
        self.0 = rest;
        Some(fact)
    }

    /// A number behind its name.
    fn number<const N: usize>(&mut self, name: &[u8; N]) -> Option<u32> {
        let rest = self.behind(name)?;
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = rest.split_at_checked(length)?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    fn end(self) -> Option<()> {
        (self.0 == "}\n").then_some(())
    }
}

/// A string without escapes at the start of `line`, and what follows it.
fn string(line: &str) -> Option<(&str, &str)> {
    let line = Cursor(line).behind(b"\"")?;
    let (text, rest) = line.split_at_checked(plain(line.as_bytes()))?;
    Some((text, Cursor(rest).behind(b"\"")?))
}

/// How many bytes there are before the first quote, backslash or control character. Eight are looked at in one go.
fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (before, word) in words.iter().enumerate() {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            let within = found.trailing_zeros() >> 3;
            return before.saturating_mul(8).saturating_add(within as usize);
        }
    }
    let more = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))
        .unwrap_or(rest.len());
    words.len().saturating_mul(8).saturating_add(more)
}

/// The lowest bit that is set stands in the first byte of `word` that is a quote, a backslash or a control character.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // A byte below `limit` borrows from its own top bit; only bytes above it can be taken for one, too.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES.wrapping_mul(limit)) & !word & TOPS;
    let is = |byte: u8| below(word ^ ONES.wrapping_mul(byte.into()), 1);
    below(word, 0x20) | is(b'"') | is(b'\\')
}
