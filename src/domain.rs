//! The nouns of an access review and how they relate.
//!
//! A [`Snapshot`](snapshot::Snapshot) holds accounts, resources and the grants between them as they
//! were read at one time. A [`Campaign`](campaign::Campaign) is the fold of a journal over that
//! snapshot: who decided what about which item. Nothing here can ask for the time, for randomness or
//! for a file; those arrive as arguments.

pub mod access;
pub mod account;
mod bits;
pub mod campaign;
pub mod check;
pub mod decision;
pub mod drift;
pub mod earlier;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod grant;
pub mod items;
pub mod journal;
pub mod origin;
pub mod outcome;
pub mod policy;
pub mod provenance;
pub mod remains;
pub mod resource;
pub mod rights;
pub mod sample;
pub mod scope;
pub mod seal;
pub mod signal;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod words;

use std::{fmt, str::FromStr};

/// A SHA-256 value, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a digest in lower-case hexadecimal digits of the right length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a lower-case hexadecimal value of the expected length")]
pub struct BadHex;

impl FromStr for Digest {
    type Err = BadHex;

    fn from_str(text: &str) -> Result<Self, BadHex> {
        read_hex(text).map(Self)
    }
}

/// Writes `bytes` as lower-case hexadecimal digits.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads exactly `N` bytes from lower-case hexadecimal digits.
pub(crate) fn read_hex<const N: usize>(text: &str) -> Result<[u8; N], BadHex> {
    let digits = text.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(BadHex);
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadHex),
    };
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Ok(bytes)
}
