//! [`Draft`]: a review while its population is being fetched.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::Arc,
};

use super::{
    Error, FETCHING, Review, Store, check_name,
    files::{self, HashedFile},
    folders,
    lock::Lock,
};
use crate::{
    domain::{
        Digest, campaign::Campaign, journal::Entry, provenance::Provenance, snapshot::Snapshot,
        time::Timestamp,
    },
    format::{evidence, journal, population, record, sums::Sums},
};

/// A review that is being fetched, in a folder aside. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    store: Store,
    name: String,
    folder: PathBuf,
    evidence: Option<evidence::Writer<BufWriter<HashedFile>>>,
    lock: Option<Lock>,
}

impl Draft {
    pub(super) fn begin(store: &Store, name: &str, now: Timestamp) -> Result<Self, Error> {
        check_name(name)?;
        let reviews = store.reviews_folder();
        files::create_folders(&reviews)?;
        if fs::symlink_metadata(reviews.join(name)).is_ok() {
            return Err(Error::ReviewExists(name.to_owned()));
        }
        let prefix = format!("{name}{FETCHING}");
        for (found, path) in folders(&reviews)? {
            if found.starts_with(&prefix) {
                if let Err(holder) = Lock::take(&path, now)? {
                    let name = name.to_owned();
                    return Err(Error::Fetching { name, holder });
                }
                fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
            }
        }
        let folder = reviews.join(format!("{prefix}{}", std::process::id()));
        files::create_folder(&folder)?;
        let mut draft = Self {
            store: store.clone(),
            name: name.to_owned(),
            folder,
            evidence: None,
            lock: None,
        };
        match Lock::take(&draft.folder, now)? {
            Ok(lock) => draft.lock = Some(lock),
            Err(holder) => {
                let name = name.to_owned();
                return Err(Error::Fetching { name, holder });
            }
        }
        let path = draft.folder.join(record::EVIDENCE);
        let file = HashedFile::create(&path)?;
        draft.evidence = Some(evidence::Writer::new(file).map_err(Error::io("write", &path))?);
        Ok(draft)
    }

    /// Keeps one raw answer of the server.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// Never: a draft has its evidence until it is finished.
    pub fn evidence(&mut self, answer: &evidence::Answer) -> Result<(), Error> {
        let writer = self
            .evidence
            .as_mut()
            .expect("a draft has its evidence until it is finished");
        let path = self.folder.join(record::EVIDENCE);
        writer.write(answer).map_err(Error::io("write", &path))
    }

    /// Freezes what was fetched and opens the review over it.
    ///
    /// `first` makes the first entry, one that opens a review, from `provenance` with the digest of the population put in.
    /// `stop` is asked now and then whether to give up.
    ///
    /// # Errors
    /// [`Error::Stopped`] when `stop` said so; when something cannot be written, or the first entry does not open a review
    /// of this snapshot. There is then no review.
    ///
    /// # Panics
    /// Never: a draft has evidence and lock until it is finished.
    pub fn finish(
        mut self,
        snapshot: Arc<Snapshot>,
        provenance: Provenance,
        stop: &dyn Fn() -> bool,
        first: impl FnOnce(Provenance) -> Entry,
    ) -> Result<Review, Error> {
        let path = |name: &str| self.folder.join(name);
        let evidence = self
            .evidence
            .take()
            .expect("a draft has its evidence until it is finished");
        let evidence = evidence
            .finish()
            .map_err(Error::io("write", &path(record::EVIDENCE)))?;
        let evidence = HashedFile::finish(evidence, &path(record::EVIDENCE))?;
        let write = |name, lines: fn(&Snapshot, &mut dyn Write) -> io::Result<()>| {
            let written = files::write(&path(name), |out| {
                lines(&snapshot, &mut Stoppable { out, stop })
            });
            if stop() { Err(Error::Stopped) } else { written }
        };
        let accounts = write(record::ACCOUNTS, population::write_accounts)?;
        let resources = write(record::RESOURCES, population::write_resources)?;
        let grants = write(record::GRANTS, population::write_grants)?;
        let sums = Sums::new([
            (record::EVIDENCE, evidence.0),
            (record::ACCOUNTS, accounts.0),
            (record::RESOURCES, resources.0),
            (record::GRANTS, grants.0),
        ]);
        let text = sums.print();
        files::write(&path(record::OPENED_SUMS), |out| {
            out.write_all(text.as_bytes())
        })?;
        let first = first(Provenance {
            population: Digest::of(text.as_bytes()),
            ..provenance
        });
        let (line, head) = journal::line(&first, journal::START);
        if line.len() as u64 > journal::LINE_LIMIT {
            return Err(Error::TooLong(journal::LINE_LIMIT));
        }
        let campaign = Campaign::open(snapshot, first)?;
        files::write(&path(record::JOURNAL), |out| out.write_all(line.as_bytes()))?;
        files::sync_folder(&self.folder)?;
        let folder = self.store.review_folder(&self.name)?;
        if fs::symlink_metadata(&folder).is_ok() {
            return Err(Error::ReviewExists(self.name.clone()));
        }
        fs::rename(&self.folder, &folder).map_err(Error::io("create", &folder))?;
        let lock = self
            .lock
            .take()
            .expect("a draft has its lock until it is finished");
        files::sync_folder(&self.store.reviews_folder())?;
        Review::begun(&self.store, &self.name, campaign, head, sums, lock)
    }
}

/// Writes on as long as nobody asks to stop.
struct Stoppable<'a> {
    out: &'a mut dyn Write,
    stop: &'a dyn Fn() -> bool,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.stop)() {
            return Err(io::Error::other("stopped"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the rename the folder is gone under this name. Before it, what was fetched is given up; what cannot
        // be removed now is removed by the next fetch of this name.
        if self.lock.is_some() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
