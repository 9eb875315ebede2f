//! How a record's files are read: known names only, within limits, with digests.

use std::io::{self, BufRead, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::{Folder, Stage, Stop};
use crate::{
    domain::Digest,
    format::{record, sums::Sums},
};

/// Pieces of this size are read: large enough to be fast, small enough to stay in the cache.
const PIECE: usize = 256 * 1024;

/// A record's folder, once its names and sizes were found in order.
pub(super) struct Reading<'a> {
    folder: &'a dyn Folder,
    sizes: Vec<(&'static str, u64)>,
}

impl<'a> Reading<'a> {
    /// Checks that the files are exactly those of a record, and none is too large.
    pub(super) fn begin(folder: &'a dyn Folder) -> Result<Self, Stop> {
        let entries = folder
            .entries()
            .map_err(|source| Stop::unreadable("the folder", &source))?;
        let known = || {
            record::LISTED
                .into_iter()
                .chain(record::OPTIONAL)
                .chain(record::APPROVED)
                .chain([record::SUMS, record::SIGNATURE])
        };
        let mut later = false;
        for entry in &entries {
            if !known().any(|name| name == entry.name) {
                let rest = entry.name.strip_prefix(record::SUMS);
                let kind = rest.and_then(|rest| rest.strip_prefix('.')?.rsplit('.').next());
                if entry.regular && matches!(kind, Some("sig" | "tsr")) {
                    later = true;
                    continue;
                }
                return Err(Stop::bad(
                    Stage::Files,
                    &entry.name,
                    "it does not belong to a record".to_owned(),
                ));
            }
            if !entry.regular {
                return Err(Stop::bad(
                    Stage::Files,
                    &entry.name,
                    "it is not a regular file".to_owned(),
                ));
            }
        }
        let mut sizes = Vec::new();
        for name in known() {
            let found = entries.iter().find(|entry| entry.name == name);
            let Some(entry) = found else {
                if record::OPTIONAL.contains(&name) || record::APPROVED.contains(&name) {
                    continue;
                }
                return Err(Stop::bad(Stage::Files, name, "it is missing".to_owned()));
            };
            sizes.push((name, entry.size));
        }
        for (name, size) in &sizes {
            if record::limit(name).is_none_or(|limit| *size > limit) {
                return Err(Stop::bad(
                    Stage::Sizes,
                    name,
                    "it is larger than such a file can be".to_owned(),
                ));
            }
        }
        if later {
            return Err(Stop::CouldNotTell(
                "the record has further signatures or time stamps, which this version cannot judge"
                    .to_owned(),
            ));
        }
        Ok(Self { folder, sizes })
    }

    /// Only the files `needed`, and those that may be there; what else is in the folder is passed over.
    pub(super) fn of_some(folder: &'a dyn Folder, needed: &[&'static str]) -> Result<Self, Stop> {
        let entries = folder
            .entries()
            .map_err(|source| Stop::unreadable("the folder", &source))?;
        let mut sizes = Vec::new();
        for name in needed.iter().chain(&record::OPTIONAL).copied() {
            let why = match entries.iter().find(|entry| entry.name == name) {
                None if record::OPTIONAL.contains(&name) => continue,
                None => "it is missing",
                Some(entry) if !entry.regular => "it is not a regular file",
                Some(entry) if record::limit(name).is_none_or(|limit| entry.size > limit) => {
                    "it is larger than such a file can be"
                }
                Some(entry) => {
                    sizes.push((name, entry.size));
                    continue;
                }
            };
            return Err(Stop::bad(Stage::Files, name, why.to_owned()));
        }
        Ok(Self { folder, sizes })
    }

    /// Checks that the files that may be there are those that `sums` lists.
    pub(super) fn same_optional(&self, sums: &Sums) -> Result<(), Stop> {
        for name in record::OPTIONAL {
            let reason = match (self.has(name), sums.get(name).is_some()) {
                (true, false) => "it is not in the list of digests",
                (false, true) => "it is missing",
                _ => continue,
            };
            return Err(Stop::bad(Stage::Sums, name, reason.to_owned()));
        }
        Ok(())
    }

    /// Whether a file that may be there is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sizes.iter().any(|(known, _)| *known == name)
    }

    /// Checks that the files have exactly these sizes.
    pub(super) fn exact_sizes(&self, exact: &[(&'static str, u64)]) -> Result<(), Stop> {
        for name in record::LISTED
            .into_iter()
            .chain(record::OPTIONAL)
            .filter(|name| *name != record::REVIEW)
        {
            let signed = exact.iter().find(|(known, _)| *known == name);
            let found = self.has(name).then(|| self.size(name));
            if signed.map(|(_, size)| *size) != found {
                return Err(Stop::bad(
                    Stage::Sizes,
                    name,
                    "its size is not the one that was signed".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// The size a file had at the beginning.
    pub(super) fn size(&self, name: &str) -> u64 {
        let found = self.sizes.iter().find(|(known, _)| *known == name);
        found.expect("only files of a record are asked for").1
    }

    /// A small file as a whole.
    pub(super) fn small(&self, name: &'static str) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        self.open(name)?
            .read_to_end(&mut bytes)
            .map_err(|source| Stop::unreadable(name, &source))?;
        if bytes.len() as u64 == self.size(name) {
            Ok(bytes)
        } else {
            Err(Stop::changed(name))
        }
    }

    /// The digest of a file.
    pub(super) fn digest(&self, name: &'static str) -> Result<Digest, Stop> {
        let mut input = self.hashed(name)?;
        drain(name, &mut input)?;
        Ok(digest(input))
    }

    /// A file for reading that takes its digest on the way.
    pub(super) fn hashed(&self, name: &'static str) -> Result<Hashed<'a>, Stop> {
        let hash = Hash {
            input: self.open(name)?,
            hash: Sha256::new(),
        };
        Ok(BufReader::with_capacity(PIECE, hash))
    }

    /// A file for reading, without its digest.
    pub(super) fn plain(&self, name: &'static str) -> Result<impl BufRead + Send + use<'a>, Stop> {
        Ok(BufReader::with_capacity(PIECE, self.open(name)?))
    }

    /// Opens a file; at most one byte more than its size at the beginning is read.
    fn open(&self, name: &'static str) -> Result<io::Take<Box<dyn Read + Send + 'a>>, Stop> {
        let input = self
            .folder
            .open(name)
            .map_err(|source| Stop::unreadable(name, &source))?;
        Ok(input.take(self.size(name).saturating_add(1)))
    }
}

/// Reads what is left of a file.
pub(super) fn drain(name: &str, input: &mut Hashed<'_>) -> Result<(), Stop> {
    loop {
        let piece = input
            .fill_buf()
            .map_err(|source| Stop::unreadable(name, &source))?
            .len();
        if piece == 0 {
            return Ok(());
        }
        input.consume(piece);
    }
}

/// A file that is read and hashed in one go.
pub(super) type Hashed<'a> = BufReader<Hash<'a>>;

/// Takes the digest of what passes.
pub(super) struct Hash<'a> {
    input: io::Take<Box<dyn Read + Send + 'a>>,
    hash: Sha256,
}

impl Read for Hash<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.hash.update(&buffer[..length]);
        Ok(length)
    }
}

/// The digest of all that was read.
pub(super) fn digest(input: Hashed<'_>) -> Digest {
    Digest(input.into_inner().hash.finalize().into())
}
