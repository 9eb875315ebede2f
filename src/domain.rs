//! The nouns of an access review and how they relate.
//!
//! A [`Snapshot`](snapshot::Snapshot) holds accounts, resources and the grants between them as they
//! were read at one time. A [`Campaign`](campaign::Campaign) is the fold of a journal over that
//! snapshot: who decided what about which item. Nothing here can ask for the time, for randomness or
//! for a file; those arrive as arguments.

pub mod access;
pub mod account;
mod bits;
pub mod bulk;
pub mod campaign;
pub mod check;
pub mod compared;
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
pub mod view;
pub mod words;

use std::{fmt, str::FromStr};

/// A SHA-256 value, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::of_short(bytes).unwrap_or_else(|| Self(sha2::Sha256::digest(bytes).into()))
    }

    /// The digest of so few bytes that they fit into two blocks with their padding. A snapshot has a million of them, and
    /// without what long ones need they take half the time.
    fn of_short(bytes: &[u8]) -> Option<Self> {
        let mut blocks = [[0; 64]; 2];
        let flat = blocks.as_flattened_mut();
        // After the bytes stands a set bit, and at the end of the last block how many bits they are.
        let used = if bytes.len() < 56 { 1 } else { 2 };
        let bits = flat.get_mut(bytes.len() + 1..used * 64)?.last_chunk_mut()?;
        *bits = (bytes.len() as u64 * 8).to_be_bytes();
        flat[..bytes.len()].copy_from_slice(bytes);
        flat[bytes.len()] = 0x80;
        let mut state = SHA256_START;
        sha2::block_api::compress256(&mut state, &blocks[..used]);
        let mut digest = [0; 32];
        for (to, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
            *to = word.to_be_bytes();
        }
        Some(Self(digest))
    }
}

/// What SHA-256 begins with.
const SHA256_START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

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
    let (mut bytes, mut wrong) = ([0; N], 0);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
        wrong |= high | low;
        *byte = high << 4 | low & 15;
    }
    // A snapshot has a million of them: whether all were digits is asked once.
    if wrong > 15 { Err(BadHex) } else { Ok(bytes) }
}

/// What each byte is worth as a lower-case hexadecimal digit; more than 15 when it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([u8::MAX; 256], 0);
    while value < 16 {
        let digit = if value < 10 {
            b'0' + value
        } else {
            b'a' + value - 10
        };
        digits[digit as usize] = value;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_whatever_the_length() {
        use sha2::Digest as _;
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..=bytes.len() {
            let bytes = &bytes[..length];
            let expected = Digest(sha2::Sha256::digest(bytes).into());
            assert_eq!(Digest::of(bytes), expected, "{length}");
            assert_eq!(Digest::of_short(bytes).is_some(), length < 120);
        }
    }
}
