//! The data folder: reviews in progress and sealed records, and where each file of them lives.
//!
//! ```text
//! <data>/reviews/NAME/    accounts, resources, grants, evidence, opened.sums, journal.jsonl, lock;
//!                         earlier/: the same of the review that this one took the place of
//! <data>/records/NAME/    a sealed record; never rewritten
//! ```
//!
//! A review's population never changes after it was fetched; only its journal grows, by one line and one sync an
//! entry. What is made of several files is written aside, synced, and renamed into place.
#![allow(clippy::disallowed_methods, reason = "files are kept here")]

mod approval;
mod draft;
mod files;
mod journal_file;
mod lock;
mod record;
mod review;
mod threads;

use std::{
    fs, io,
    io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
};

pub use approval::{ApprovalFiles, has_approval, write_approval};
pub use draft::Draft;
use draft::Place;
pub use lock::Holder;
pub use record::Written;
pub use review::Review;
pub use threads::Threads;

use crate::{
    domain::{
        campaign::Refusal,
        journal::{Event, Opened},
        text::SafeText,
        time::Timestamp,
    },
    format::{self, Problem, journal, record as names},
};

/// Why something could not be stored or read back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be that of a review or record.
    #[error("`{name}` cannot be a name: {why}")]
    BadName {
        /// The name, safe to show.
        name: SafeText,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is a review of this name.
    #[error("there is a review `{0}` already")]
    ReviewExists(String),
    /// There is no review of this name.
    #[error("there is no review `{0}`")]
    NoSuchReview(String),
    /// Another process fetches a review of this name right now.
    #[error("the review `{name}` is being fetched {holder}")]
    Fetching {
        /// The review.
        name: String,
        /// By whom.
        holder: Holder,
    },
    /// Whoever asked for a snapshot asked to give it up.
    #[error("stopped before the snapshot was whole; there is no review of it")]
    Stopped,
    /// Another process has the review open; it can only be looked at.
    #[error("the review is open {0}; it is read-only here")]
    Held(Holder),
    /// There is something where the record belongs.
    #[error("{0} exists already, and a record is never rewritten")]
    RecordExists(PathBuf),
    /// The record is approved.
    #[error("{0} exists already, and an approval is never rewritten")]
    ApprovalExists(PathBuf),
    /// A folder is in the way that is not one of ours.
    #[error("{0} is in the way and has files that are not of a record")]
    InTheWay(PathBuf),
    /// A file or folder could not be used.
    #[error("cannot {doing} {path}")]
    Io {
        /// `read`, `write`, `create`, …
        doing: &'static str,
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{folder}: {problem}")]
    Damaged {
        /// Where the file is.
        folder: PathBuf,
        /// What is wrong, with file and line.
        problem: format::Error,
    },
    /// A file was changed since the review was opened.
    #[error("{0} was changed since the review was opened: its digest differs")]
    Changed(PathBuf),
    /// The journal says something that cannot have happened.
    #[error("{path}, line {line}: this cannot have happened: {refusal}")]
    Impossible {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Why not.
        refusal: Refusal,
    },
    /// The event may not happen now. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The event is too long for a journal. Nothing was written.
    #[error("the entry is longer than {0} bytes")]
    TooLong(u64),
    /// Writing failed earlier. What is on disk is only known after reading it again.
    #[error("{0} failed earlier: reopen the review to see what was saved")]
    Broken(PathBuf),
    /// The review was opened to look only.
    #[error("the review was opened to look only")]
    OnlyLooked,
    /// A record is made right after the attestation.
    #[error("the review is not attested, so there is nothing to sign")]
    NotAttested,
    /// There is no signature.
    #[error("the record was not signed: {0}")]
    Unsigned(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The next step, in a sentence for a person.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadName { .. } => "use letters, digits, - _ and . only, as in 2026-q4",
            Self::ReviewExists(_) => "open it with muster review, or give the new one another name",
            Self::NoSuchReview(_) => "muster alone lists the reviews; muster snapshot makes one",
            Self::Fetching { .. } => "wait for it, or give this one another name",
            Self::Held(_) => "close it there, or look at it with --read-only",
            Self::RecordExists(_) | Self::InTheWay(_) => "name another folder with --out",
            Self::ApprovalExists(_) => "muster verify tells who approved the record",
            Self::Io { .. } => {
                "check that the disk is there, has room and may be written; --data-dir names another folder, review --read-only only looks"
            }
            Self::Damaged { problem, .. } if problem.is_newer() => "open it with a newer muster",
            Self::Damaged { .. } | Self::Changed(_) | Self::Impossible { .. } => {
                "nothing was repaired or changed; bring the file back from a backup"
            }
            Self::Broken(_) => "open the review again; what was acknowledged is there",
            Self::Refused(_)
            | Self::TooLong(_)
            | Self::OnlyLooked
            | Self::Stopped
            | Self::NotAttested
            | Self::Unsigned(_) => return None,
        })
    }

    /// Whether a newer version of the program is needed, rather than something being wrong.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Damaged { problem, .. } if problem.is_newer())
    }

    /// What is wrong with a file in `folder`.
    fn damaged(folder: &Path) -> impl Fn(format::Error) -> Self + use<> {
        let folder = folder.to_owned();
        move |problem| match problem {
            format::Error::Read { file, source } => Self::io("read", &folder.join(file))(source),
            problem => Self::Damaged {
                folder: folder.clone(),
                problem,
            },
        }
    }

    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// The data folder.
#[derive(Debug, Clone)]
pub struct Store {
    data: PathBuf,
}

/// A review in the data folder, as its journal's first and last lines tell it. Nothing is checked beyond them.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What could be learned.
    pub summary: Result<Summary, Error>,
}

/// What can be told of a review without reading all of it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// How it began.
    pub opened: Opened,
    /// When.
    pub opened_at: Timestamp,
    /// When something last happened.
    pub last_at: Timestamp,
    /// How many entries it has.
    pub entries: u32,
    /// The record it was sealed as.
    pub sealed: Option<String>,
}

/// A record in the data folder. Nothing about it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl ListedRecord {
    /// Whether it says that it was made of `review` as its journal now stands. What it says is not verified.
    pub fn is_of(&self, review: &Review) -> bool {
        self.says()
            .is_some_and(|said| said.contents.journal_head == review.head)
    }

    /// What it says about itself, when it can be understood. Nothing of it is verified.
    pub fn says(&self) -> Option<names::Review> {
        let said = files::read(&self.path, names::REVIEW).ok()?;
        names::Review::parse(&said).ok()
    }
}

impl Store {
    /// The data folder at `data`; it is made when something is first written.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into() }
    }

    /// The reviews, by name.
    ///
    /// # Errors
    /// When the folder cannot be read. A review that cannot be read is in the list, with its error.
    pub fn reviews(&self) -> Result<Vec<Listed>, Error> {
        let folders = folders(&self.reviews_folder())?;
        let mut listed: Vec<(String, PathBuf)> = folders
            .into_iter()
            .map(|(name, path)| match name.strip_suffix(REFRESHED) {
                Some(name) if self.place(name) == path => (name.to_owned(), path),
                _ => (name, path),
            })
            .filter(|(name, _)| check_name(name).is_ok())
            .collect();
        listed.sort();
        Ok(listed
            .into_iter()
            .map(|(name, path)| Listed {
                summary: summary(&path),
                name,
            })
            .collect())
    }

    /// The sealed records, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn records(&self) -> Result<Vec<ListedRecord>, Error> {
        Self::records_in(&self.records_folder())
    }

    /// The sealed records in `folder`, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn records_in(folder: &Path) -> Result<Vec<ListedRecord>, Error> {
        let folders = folders(folder)?.into_iter();
        Ok(folders
            .filter(|(name, path)| check_name(name).is_ok() && path.join(names::SUMS).is_file())
            .map(|(name, path)| ListedRecord { name, path })
            .collect())
    }

    /// Where a review of this name is or would be.
    ///
    /// # Errors
    /// When it cannot be a name.
    pub fn review_folder(&self, name: &str) -> Result<PathBuf, Error> {
        check_name(name)?;
        Ok(self.reviews_folder().join(name))
    }

    /// Begins a review of this name; what is fetched is kept aside until [`Draft::finish`]. What an earlier fetch
    /// of the same name left behind is removed.
    ///
    /// # Errors
    /// When there is such a review, or another process fetches it.
    pub fn draft(&self, name: &str, now: Timestamp) -> Result<Draft, Error> {
        Draft::begin(self, name, now, Place::Free)
    }

    /// As [`Store::draft`], but goes on with what an interrupted fetch of this name left: its answers are given to `take`
    /// in order and kept. When this draft is dropped, its answers stay for the next one.
    ///
    /// # Errors
    /// As [`Store::draft`].
    pub fn resume(
        &self,
        name: &str,
        now: Timestamp,
        take: &mut dyn FnMut(&format::evidence::Answer),
    ) -> Result<Draft, Error> {
        Draft::resume(self, name, now, Place::Free, take)
    }

    /// As [`Store::draft`], beside the review of this name, which [`Draft::replace`] then replaces.
    ///
    /// # Errors
    /// As [`Store::draft`], but that there is such a review.
    pub fn draft_beside(&self, name: &str, now: Timestamp) -> Result<Draft, Error> {
        Draft::begin(self, name, now, Place::Taken)
    }

    /// As [`Store::resume`], beside the review of this name, which [`Draft::replace`] then replaces.
    ///
    /// # Errors
    /// As [`Store::resume`], but that there is such a review.
    pub fn resume_beside(
        &self,
        name: &str,
        now: Timestamp,
        take: &mut dyn FnMut(&format::evidence::Answer),
    ) -> Result<Draft, Error> {
        Draft::resume(self, name, now, Place::Taken, take)
    }

    /// Whether there is a review of this name.
    pub fn has(&self, name: &str) -> bool {
        check_name(name).is_ok() && fs::symlink_metadata(self.place(name)).is_ok()
    }

    /// Where the review of this name stands now: in its place, or where a refresh that was stopped left it.
    fn place(&self, name: &str) -> PathBuf {
        let folder = self.reviews_folder().join(name);
        let next = self.reviews_folder().join(format!("{name}{REFRESHED}"));
        if fs::symlink_metadata(&folder).is_err() && next.join(EARLIER).is_dir() {
            next
        } else {
            folder
        }
    }

    /// Ends a refresh that was stopped after the old review had been put away.
    fn settle(&self, name: &str) -> Result<(), Error> {
        let (place, folder) = (self.place(name), self.review_folder(name)?);
        if place != folder
            && let Err(error) = fs::rename(&place, &folder)
            && !folder.is_dir()
        {
            return Err(Error::io("create", &folder)(error));
        }
        Ok(())
    }

    /// Opens a review: checks the population against what was fetched, and replays its journal.
    ///
    /// When another process has it open, the answer is read-only and says who holds it.
    ///
    /// # Errors
    /// When it is not there, or any file of it is not what was written.
    pub fn open(&self, name: &str, now: Timestamp) -> Result<Review, Error> {
        self.open_telling(name, now, &AtomicU64::new(0))
    }

    /// As [`Store::open`]; `read` tells meanwhile how many bytes of the population are read.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_telling(
        &self,
        name: &str,
        now: Timestamp,
        read: &AtomicU64,
    ) -> Result<Review, Error> {
        Review::open(self, name, now, read)?.whole()
    }

    /// As [`Store::open`], as soon as there is something to show: what takes longer to check is left to
    /// [`Review::check_rest`], and nothing can be appended before that.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_early(&self, name: &str, now: Timestamp) -> Result<Review, Error> {
        Review::open(self, name, now, &AtomicU64::new(0))
    }

    /// Opens a review to look only: it takes no lock, writes nothing, and works where nothing can be written. A torn
    /// last line is left where it is and not counted.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn look(&self, name: &str) -> Result<Review, Error> {
        self.look_early(name)?.whole()
    }

    /// As [`Store::look`], as soon as there is something to show; see [`Store::open_early`].
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn look_early(&self, name: &str) -> Result<Review, Error> {
        Review::look(self, name)
    }

    fn reviews_folder(&self) -> PathBuf {
        self.data.join("reviews")
    }

    /// Where records go unless another folder is named.
    pub fn records_folder(&self) -> PathBuf {
        self.data.join("records")
    }
}

/// What stands in the name of a folder that is being fetched into.
const FETCHING: &str = ".fetching-";
/// What stands behind the name of a review that is about to take the place of the one before.
const REFRESHED: &str = ".refreshed";
/// In a review's folder: the review that it replaced.
const EARLIER: &str = "earlier";
/// What a record's folder is called until it is whole.
const PARTIAL: &str = ".partial";

/// Whether `name` can be that of a review or record.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > 64 {
        "it is longer than 64 characters"
    } else if !name.chars().all(plain) {
        "only letters, digits, `-`, `_` and `.` can be in it"
    } else if name.starts_with('.') {
        "it begins with a dot"
    } else if name.contains(FETCHING) || name.ends_with(PARTIAL) || name.ends_with(REFRESHED) {
        "that is how unfinished folders are called"
    } else {
        return Ok(());
    };
    Err(Error::BadName {
        name: SafeText::of(&name.chars().take(80).collect::<String>()),
        why,
    })
}

/// The folders inside `folder`, by name; none when it is not there.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let list = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        list => list.map_err(Error::io("read", folder))?,
    };
    let mut folders = Vec::new();
    for entry in list {
        let entry = entry.map_err(Error::io("read", folder))?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            folders.push((name, entry.path()));
        }
    }
    folders.sort();
    Ok(folders)
}

/// How far back the last line of a journal is looked for.
const TAIL: u64 = 1 << 20;

fn summary(folder: &Path) -> Result<Summary, Error> {
    let path = folder.join(names::JOURNAL);
    let damaged = |problem: Problem, line| Error::damaged(folder)(problem.at(names::JOURNAL, line));
    let file = fs::File::open(&path).map_err(Error::io("read", &path))?;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    (&mut reader)
        .take(journal::LINE_LIMIT)
        .read_until(b'\n', &mut line)
        .map_err(Error::io("read", &path))?;
    let (first, _) =
        journal::parse(&line, journal::START).map_err(|problem| damaged(problem, 1))?;
    let Event::Opened(opened) = first.event else {
        return Err(damaged(
            Problem::Malformed("it does not open a review".into()),
            1,
        ));
    };
    let mut file = reader.into_inner();
    let mut tail = Vec::new();
    let length = file.metadata().map_err(Error::io("read", &path))?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .and_then(|_| file.take(TAIL).read_to_end(&mut tail))
        .map_err(Error::io("read", &path))?;
    // A torn last line, or one longer than what was read, leaves the one before it or none.
    let last = tail
        .split_inclusive(|byte| *byte == b'\n')
        .rev()
        .find_map(|line| journal::parse_alone(line).ok());
    let (last_at, entries, sealed) = match last {
        Some((entry, ..)) => {
            let sealed = match entry.event {
                Event::Sealed { record, .. } => Some(record),
                _ => None,
            };
            (entry.at, entry.seq, sealed)
        }
        None => (first.at, first.seq, None),
    };
    Ok(Summary {
        opened: *opened,
        opened_at: first.at,
        last_at,
        entries,
        sealed,
    })
}

#[cfg(test)]
mod tests;
