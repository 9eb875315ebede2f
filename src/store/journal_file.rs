//! [`JournalFile`]: append and sync; recovery of a torn last line.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Error, files};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Terms},
        journal::Entry,
        snapshot::Snapshot,
    },
    format::{self, Problem, journal, record},
};

/// A journal that is being appended to.
#[derive(Debug)]
pub(super) struct JournalFile {
    path: PathBuf,
    file: File,
    /// Whether writing failed: what is on disk is then unknown, and nothing more is written.
    broken: bool,
}

impl JournalFile {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(record::JOURNAL);
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(Error::io("write", &path))?;
        Ok(Self {
            path,
            file,
            broken: false,
        })
    }

    /// Whether anything may still be appended.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Broken(self.path.clone()));
        }
        Ok(())
    }

    /// Appends a whole line with one write and one sync, and returns once it is on disk.
    ///
    /// After any failure the file takes nothing more: a sync that failed once may report success the next time
    /// although the line is lost.
    pub(super) fn append(&mut self, line: &str) -> Result<(), Error> {
        self.check()?;
        if line.len() as u64 > journal::LINE_LIMIT {
            return Err(Error::TooLong(journal::LINE_LIMIT));
        }
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            self.broken = true;
            Error::io("write", &self.path)(error)
        })
    }

    /// Cuts what follows the first `bytes` bytes.
    fn cut(&mut self, bytes: u64) -> Result<(), Error> {
        let cut = self.file.set_len(bytes).and_then(|()| self.file.sync_all());
        cut.map_err(Error::io("write", &self.path))
    }

    #[cfg(test)]
    pub(super) fn replace(&mut self, file: File) {
        self.file = file;
    }
}

/// A journal's first entry, and the rest of it to be replayed.
pub(super) struct Replay {
    folder: PathBuf,
    reader: journal::Reader<BufReader<File>>,
    pub(super) first: Entry,
}

impl Replay {
    /// Reads the first entry.
    pub(super) fn begin(folder: &Path) -> Result<Self, Error> {
        let file = files::open(folder, record::JOURNAL)?;
        let mut reader = journal::Reader::new(BufReader::with_capacity(files::PIECE, file));
        let damaged = Error::damaged(folder);
        let first = reader.next().map_err(&damaged)?;
        let first = first.ok_or_else(|| {
            let empty = Problem::Malformed("the journal is empty".into());
            damaged(empty.at(record::JOURNAL, 1))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            reader,
            first,
        })
    }

    /// Folds the whole journal over `snapshot` under `terms`. With the file to write to, a torn last line is cut from it; the
    /// answer's last part then says so.
    pub(super) fn finish(
        mut self,
        snapshot: Arc<Snapshot>,
        terms: Terms,
        writer: Option<&mut JournalFile>,
    ) -> Result<(Campaign, Digest, Option<String>), Error> {
        let path = self.folder.join(record::JOURNAL);
        let impossible = |line: u32, refusal| Error::Impossible {
            path: path.clone(),
            line: line.into(),
            refusal,
        };
        let mut campaign = Campaign::open(snapshot, terms, self.first.clone())
            .map_err(|refusal| impossible(1, refusal))?;
        let torn = loop {
            let line = campaign.next_seq();
            match self.reader.next() {
                Ok(Some(entry)) => {
                    campaign
                        .apply(entry)
                        .map_err(|refusal| impossible(line, refusal))?;
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let (head, bytes) = (self.reader.head(), self.reader.bytes());
        let Some(source) = torn else {
            return Ok((campaign, head, None));
        };
        let rest = self.rest(bytes)?;
        if !matches!(source, format::Error::Line { .. }) || !is_torn(bytes, &rest) {
            return Err(Error::damaged(&self.folder)(source));
        }
        let Some(writer) = writer else {
            // Somebody else is writing it at this moment.
            return Ok((campaign, head, None));
        };
        writer.cut(bytes)?;
        let recovered = format!(
            "the last entry was cut short when the program stopped, and its {} bytes were removed; \
             the {} entries before it are whole",
            rest.len(),
            campaign.entries().len()
        );
        Ok((campaign, head, Some(recovered)))
    }

    /// What follows the first `bytes` bytes.
    fn rest(&self, bytes: u64) -> Result<Vec<u8>, Error> {
        let path = self.folder.join(record::JOURNAL);
        let mut rest = Vec::new();
        let mut read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(bytes))?;
            file.take(journal::LINE_LIMIT + 1).read_to_end(&mut rest)
        };
        read().map_err(Error::io("read", &path))?;
        Ok(rest)
    }
}

/// What a disk writes at once.
const SECTOR: u64 = 512;

/// Whether `rest`, which begins at the byte `start` of the file, can be what one interrupted append left: the start
/// of one line, or a line of which whole sectors never reached the disk and read as zeros. Anything else was
/// written whole and then changed.
fn is_torn(start: u64, rest: &[u8]) -> bool {
    const BEGIN: &[u8] = b"{\"seq\":";
    let (last, before) = match rest.split_last() {
        Some(split) if rest.len() as u64 <= journal::LINE_LIMIT => split,
        _ => return false,
    };
    // Quotes inside a text are escaped, so this stands nowhere but at the start of an entry.
    let second = rest
        .windows(BEGIN.len())
        .skip(1)
        .any(|bytes| bytes == BEGIN);
    if before.contains(&b'\n') || second {
        return false;
    }
    *last != b'\n' || lacks_sectors(start, rest)
}

/// Whether there are zeros, and all of them fill sectors as far as they belong to `rest`.
fn lacks_sectors(start: u64, rest: &[u8]) -> bool {
    let at_edge =
        |at: usize| at == 0 || at == rest.len() || (start + at as u64).is_multiple_of(SECTOR);
    let mut edges = (0..=rest.len()).filter(|&at| {
        let zero = |byte: Option<&u8>| byte == Some(&0);
        zero(at.checked_sub(1).and_then(|before| rest.get(before))) != zero(rest.get(at))
    });
    rest.contains(&0) && edges.all(at_edge)
}
