//! [`RevokedKeys`]: the auditor's list of keys that count for nothing, whenever they signed.
//!
//! It is what `ssh-keygen -Y verify -r` takes: a list of public keys, one a line, or OpenSSH's binary key revocation list
//! (KRL). It is read as OpenSSH reads it. A list that cannot be read, in whole or in part, is an error: a key that was
//! meant to be on it must not pass for a good one.

use std::collections::BTreeSet;

use ring::digest;
use ssh_encoding::Encode as _;
use ssh_key::{Certificate, PublicKey, public::KeyData};

use super::signature::SigningKey;

/// The largest list that makes sense to read.
pub const MAX_SIZE: u64 = 64 * 1024 * 1024;

const MAGIC: &[u8] = b"SSHKRL\n\0";

/// Keys that count for nothing, whenever they signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevokedKeys {
    /// Keys without a certificate, in their encoding.
    keys: BTreeSet<Vec<u8>>,
    sha1: BTreeSet<Vec<u8>>,
    sha256: BTreeSet<Vec<u8>>,
    certificates: Vec<Certificates>,
}

/// Revoked certificates of one authority, or of any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Certificates {
    /// The authority's key in its encoding; empty for any.
    authority: Vec<u8>,
    /// First and last serial number of each range.
    serials: Vec<(u64, u64)>,
    /// Where a bitmap begins, and its bits, the lowest last.
    bitmaps: Vec<(u64, Vec<u8>)>,
    ids: BTreeSet<Vec<u8>>,
}

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A line of a plain list is no public key.
    #[error("line {0} is not a public key")]
    Line(usize),
    /// A binary list is damaged.
    #[error("this key revocation list is damaged: {0}")]
    Damaged(&'static str),
    /// A binary list has something this version does not know.
    #[error("this key revocation list has {0}, which this version does not know")]
    Unknown(String),
}

impl RevokedKeys {
    /// Reads a list.
    ///
    /// # Errors
    /// When any of it cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.starts_with(MAGIC) {
            return Self::parse_krl(&mut Parts(&bytes[MAGIC.len()..]));
        }
        let mut list = Self::default();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let text = std::str::from_utf8(line).map_err(|_| Error::Line(number))?;
            let text = text.trim_matches([' ', '\t', '\r']);
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
            let (Some(kind), Some(base64)) = (words.next(), words.next()) else {
                return Err(Error::Line(number));
            };
            let text = format!("{kind} {base64}");
            let key = match PublicKey::from_openssh(&text) {
                Ok(key) => encoded(key.key_data()),
                // It stands for its key.
                Err(_) => Certificate::from_openssh(&text)
                    .map(|certificate| encoded(certificate.public_key()))
                    .map_err(|_| Error::Line(number))?,
            };
            list.keys.insert(key);
        }
        Ok(list)
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Why `key` counts for nothing, in words; `None` when it is not on the list.
    pub fn revokes(&self, key: &SigningKey) -> Option<&'static str> {
        if self.has(bare(&key.key)) {
            return Some("its key is on the list of revoked keys");
        }
        let KeyData::Certificate(certificate) = &key.key else {
            return None;
        };
        if self.has(certificate.signature_key()) {
            return Some("the authority that certified its key is on the list of revoked keys");
        }
        let authority = encoded(certificate.signature_key());
        let mut of_it = self
            .certificates
            .iter()
            .filter(|revoked| revoked.authority.is_empty() || revoked.authority == authority);
        of_it
            .any(|revoked| revoked.has(certificate))
            .then_some("its certificate is on the list of revoked keys")
    }

    fn has(&self, key: &KeyData) -> bool {
        let blob = encoded(key);
        let hash = |algorithm| digest::digest(algorithm, &blob).as_ref().to_vec();
        self.keys.contains(&blob)
            || self.sha1.contains(&hash(&digest::SHA1_FOR_LEGACY_USE_ONLY))
            || self.sha256.contains(&hash(&digest::SHA256))
    }

    /// Reads what follows the magic number of a binary list.
    fn parse_krl(file: &mut Parts<'_>) -> Result<Self, Error> {
        let version = file.u32()?;
        if version != 1 {
            return Err(Error::Unknown(format!("the format version {version}")));
        }
        // Its own version, when it was made, flags, something reserved, and a comment.
        for _ in 0..3 {
            file.u64()?;
        }
        file.string()?;
        file.string()?;
        let mut list = Self::default();
        while !file.0.is_empty() {
            let kind = file.u8()?;
            let mut section = Parts(file.string()?);
            match kind {
                1 => list.certificates.push(Certificates::parse(&mut section)?),
                2 => section.strings(&mut list.keys)?,
                3 => section.strings(&mut list.sha1)?,
                5 => section.strings(&mut list.sha256)?,
                // A signature over the list; OpenSSH does not look at it either.
                4 => {}
                255 => section.extension()?,
                other => return Err(Error::Unknown(format!("a section of type {other}"))),
            }
        }
        Ok(list)
    }
}

impl Certificates {
    fn parse(section: &mut Parts<'_>) -> Result<Self, Error> {
        let mut revoked = Self {
            authority: section.string()?.to_vec(),
            ..Self::default()
        };
        section.string()?;
        while !section.0.is_empty() {
            let kind = section.u8()?;
            let mut part = Parts(section.string()?);
            match kind {
                0x20 => {
                    while !part.0.is_empty() {
                        let serial = part.u64()?;
                        revoked.serials.push((serial, serial));
                    }
                }
                0x21 => {
                    revoked.serials.push((part.u64()?, part.u64()?));
                    part.end()?;
                }
                0x22 => {
                    revoked.bitmaps.push((part.u64()?, part.string()?.to_vec()));
                    part.end()?;
                }
                0x23 => part.strings(&mut revoked.ids)?,
                0x39 => part.extension()?,
                other => {
                    return Err(Error::Unknown(format!(
                        "a part of type {other} about certificates"
                    )));
                }
            }
        }
        Ok(revoked)
    }

    fn has(&self, certificate: &Certificate) -> bool {
        if self.ids.contains(certificate.key_id().as_bytes()) {
            return true;
        }
        let serial = certificate.serial();
        // An authority that does not number its certificates gives all of them this number.
        if serial == 0 {
            return false;
        }
        let in_bits = |(offset, bits): &(u64, Vec<u8>)| {
            let Some(bit) = serial.checked_sub(*offset) else {
                return false;
            };
            let byte = usize::try_from(bit / 8).ok();
            let byte = byte.and_then(|byte| bits.len().checked_sub(byte.checked_add(1)?));
            byte.is_some_and(|byte| bits[byte] & (1 << (bit % 8)) != 0)
        };
        self.serials
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&serial))
            || self.bitmaps.iter().any(in_bits)
    }
}

/// A key without its certificate.
fn bare(key: &KeyData) -> &KeyData {
    match key {
        KeyData::Certificate(certificate) => certificate.public_key(),
        key => key,
    }
}

fn encoded(key: &KeyData) -> Vec<u8> {
    key.encode_vec().unwrap_or_default()
}

/// What is still to be read of a binary list.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Error::Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes(bytes.try_into().expect("four bytes")))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        let bytes = self.take(8)?;
        Ok(u64::from_be_bytes(bytes.try_into().expect("eight bytes")))
    }

    fn string(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u32()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn strings(&mut self, out: &mut BTreeSet<Vec<u8>>) -> Result<(), Error> {
        while !self.0.is_empty() {
            out.insert(self.string()?.to_vec());
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Damaged("a part is longer than what it says"))
        }
    }

    /// Something newer versions may add. One that must be understood is not passed over.
    fn extension(&mut self) -> Result<(), Error> {
        let name = String::from_utf8_lossy(self.string()?).into_owned();
        if self.u8()? == 0 {
            Ok(())
        } else {
            Err(Error::Unknown(format!("the extension {name}")))
        }
    }
}
