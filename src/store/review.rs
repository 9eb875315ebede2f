//! [`Review`]: one review in progress, on disk.

use std::{
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    thread,
};

use super::{
    Error, Store, Threads, check_name,
    files::{self, Hashing},
    journal_file::{JournalFile, Replay},
    lock::{Holder, Lock},
};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Refusal, Terms},
        earlier::Earlier,
        journal::{Entry, Event},
        snapshot::Snapshot,
        text::Raw,
        time::Timestamp,
    },
    format::{
        Problem, earlier, journal,
        policy::PolicyFile,
        population,
        record::{self, POPULATION},
        sums::Sums,
    },
};

/// One review in progress: the fold of its journal, and the file the journal grows in.
#[derive(Debug)]
pub struct Review {
    pub(super) store: Store,
    pub(super) folder: PathBuf,
    pub(super) sums: Sums,
    pub(super) head: Digest,
    policy: PolicyFile,
    name: String,
    campaign: Campaign,
    writer: Writer,
    recovered: Option<String>,
    /// Whether all of it is checked; nothing is appended before.
    checked: bool,
}

#[derive(Debug)]
enum Writer {
    /// This process may write.
    Here { journal: JournalFile, _lock: Lock },
    /// Another process may.
    Elsewhere(Holder),
    /// Nobody asked to write.
    Nobody,
}

impl Review {
    /// The files that a review was opened on, each with its digest; the raw answers of the server among them.
    pub fn digests(&self) -> impl Iterator<Item = (&'static str, Digest)> + '_ {
        self.sums.iter()
    }

    /// The review of a draft that was just moved into place.
    pub(super) fn begun(
        store: &Store,
        name: &str,
        (campaign, policy, head, sums): (Campaign, PolicyFile, Digest, Sums),
        lock: Lock,
    ) -> Result<Self, Error> {
        let folder = store.review_folder(name)?;
        let journal = JournalFile::open(&folder)?;
        Ok(Self {
            store: store.clone(),
            name: name.to_owned(),
            folder,
            sums,
            head,
            policy,
            campaign,
            writer: Writer::Here {
                journal,
                _lock: lock,
            },
            recovered: None,
            checked: true,
        })
    }

    pub(super) fn open(
        store: &Store,
        name: &str,
        now: Timestamp,
        read: &AtomicU64,
    ) -> Result<Self, Error> {
        store.settle(name)?;
        let folder = store.review_folder(name)?;
        if !folder.is_dir() {
            return Err(Error::NoSuchReview(name.to_owned()));
        }
        let writer = match Lock::take(&folder, now)? {
            Ok(lock) => Writer::Here {
                journal: JournalFile::open(&folder)?,
                _lock: lock,
            },
            Err(holder) => Writer::Elsewhere(holder),
        };
        Self::read(store, name, folder, writer, read)
    }

    /// Opens the review without asking to write: no lock is taken and no file is touched.
    pub(super) fn look(store: &Store, name: &str) -> Result<Self, Error> {
        check_name(name)?;
        let folder = store.place(name);
        if !folder.is_dir() {
            return Err(Error::NoSuchReview(name.to_owned()));
        }
        Self::read(store, name, folder, Writer::Nobody, &AtomicU64::new(0))
    }

    fn read(
        store: &Store,
        name: &str,
        folder: PathBuf,
        mut writer: Writer,
        read: &AtomicU64,
    ) -> Result<Self, Error> {
        let replay = Replay::begin(&folder)?;
        let sums = opened_sums(&folder, &replay.first)?;
        let policy = read_policy(&folder, &sums)?;
        let snapshot = Arc::new(read_population(&folder, &sums, read)?);
        let terms = Terms {
            policy: Arc::clone(policy.policy()),
            earlier: read_earlier(&folder, &sums, &snapshot)?,
        };
        let journal = match &mut writer {
            Writer::Here { journal, .. } => Some(journal),
            Writer::Elsewhere(_) | Writer::Nobody => None,
        };
        let (campaign, head, recovered) = replay.finish(snapshot, terms, journal)?;
        Ok(Self {
            store: store.clone(),
            name: name.to_owned(),
            folder,
            sums,
            head,
            policy,
            campaign,
            writer,
            recovered,
            checked: false,
        })
    }

    /// Checks what an early opening left: the ids of all grants, and the raw answers of the server against their digest.
    /// When that was done before, it does nothing.
    ///
    /// # Errors
    /// When a file is not what was written. Nothing can be appended then.
    pub fn check_rest(&mut self) -> Result<(), Error> {
        if self.checked {
            return Ok(());
        }
        let (folder, sums) = (&self.folder, &self.sums);
        let ids = thread::scope(|scope| {
            let evidence = scope.spawn(|| check_file(folder, sums, record::EVIDENCE));
            let ids = population::check_ids(self.campaign.snapshot(), &Threads);
            match evidence.join() {
                Ok(checked) => checked?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
            Ok::<_, Error>(ids)
        })?;
        ids.map_err(Error::damaged(folder))?;
        self.checked = true;
        Ok(())
    }

    /// All of a review that was opened early.
    pub(super) fn whole(mut self) -> Result<Self, Error> {
        self.check_rest()?;
        Ok(self)
    }

    /// The review's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The review as its journal tells it.
    pub fn campaign(&self) -> &Campaign {
        &self.campaign
    }

    /// The policy it was opened under, as it was written.
    pub fn policy(&self) -> &PolicyFile {
        &self.policy
    }

    /// What was done about a torn last line, for the reviewer to read.
    pub fn recovered(&self) -> Option<&str> {
        self.recovered.as_deref()
    }

    /// Who has the review open, when it is not this process; nothing can be appended then.
    pub fn held_by(&self) -> Option<&Holder> {
        match &self.writer {
            Writer::Here { .. } | Writer::Nobody => None,
            Writer::Elsewhere(holder) => Some(holder),
        }
    }

    /// The `h` of the last entry.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// Whether this process may put another review in its place.
    pub(super) fn may_be_replaced(&self) -> Result<(), Error> {
        if let Some(record) = self.campaign.sealed() {
            return Err(Refusal::Sealed(record.to_owned()).into());
        }
        match &self.writer {
            Writer::Here { journal, .. } => journal.check(),
            Writer::Elsewhere(holder) => Err(Error::Held(holder.clone())),
            Writer::Nobody => Err(Error::OnlyLooked),
        }
    }

    /// Appends `event` and returns once it is on disk.
    ///
    /// A screen may call a decision saved when this returns: after a power cut, opening the review finds the entry.
    ///
    /// # Errors
    /// [`Error::Refused`] when it may not happen, with nothing written. After any failure to write, nothing can be
    /// appended any more until the review is opened again.
    ///
    /// # Panics
    /// Never: what the fold allows, it takes.
    pub fn append(&mut self, event: Event, at: Timestamp, by: &Raw) -> Result<Arc<Entry>, Error> {
        self.check_rest()?;
        let journal = match &mut self.writer {
            Writer::Here { journal, .. } => journal,
            Writer::Elsewhere(holder) => return Err(Error::Held(holder.clone())),
            Writer::Nobody => return Err(Error::OnlyLooked),
        };
        journal.check()?;
        self.campaign.check(&event, at)?;
        let entry = self.campaign.next(event, at, by.clone());
        let (line, head) = journal::line(&entry, self.head);
        journal.append(&line)?;
        self.campaign
            .apply(entry)
            .expect("what the fold allows, it takes");
        self.head = head;
        let last = self.campaign.entries().last();
        Ok(Arc::clone(last.expect("an entry was just taken")))
    }

    #[cfg(test)]
    pub(super) fn journal(&mut self) -> &mut JournalFile {
        match &mut self.writer {
            Writer::Here { journal, .. } => journal,
            Writer::Elsewhere(_) | Writer::Nobody => panic!("the review is read-only"),
        }
    }
}

/// Reads `opened.sums`, whose digest the first entry has.
fn opened_sums(folder: &Path, first: &Entry) -> Result<Sums, Error> {
    let damaged = Error::damaged(folder);
    let Event::Opened(opened) = &first.event else {
        let problem = Problem::Malformed("it does not open a review".into());
        return Err(damaged(problem.at(record::JOURNAL, 1)));
    };
    let bytes = files::read(folder, record::OPENED_SUMS)?;
    if Digest::of(&bytes) != opened.provenance.population {
        return Err(Error::Changed(folder.join(record::OPENED_SUMS)));
    }
    record::parse_opened_sums(&bytes).map_err(damaged)
}

/// Reads the policy, whose digest `opened.sums` has.
fn read_policy(folder: &Path, sums: &Sums) -> Result<PolicyFile, Error> {
    let bytes = files::read(folder, record::POLICY)?;
    if sums.get(record::POLICY) != Some(Digest::of(&bytes)) {
        return Err(Error::Changed(folder.join(record::POLICY)));
    }
    PolicyFile::read(bytes).map_err(|wrong| Error::damaged(folder)(wrong.into()))
}

/// Reads the snapshot and checks the digest of the files that it is made of, in one reading of each.
fn read_population(folder: &Path, sums: &Sums, bytes: &AtomicU64) -> Result<Snapshot, Error> {
    let open = |name| Ok::<_, Error>(Hashing::new(files::open(folder, name)?, bytes));
    let mut accounts = open(record::ACCOUNTS)?;
    let mut resources = BufReader::with_capacity(files::PIECE, open(record::RESOURCES)?);
    let mut grants = open(record::GRANTS)?;
    let read = population::read_early(&mut accounts, &mut resources, &mut grants, &Threads);
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(problem) => {
            // A changed file is told as such, not by what is odd in it.
            check_population(folder, sums)?;
            return Err(Error::damaged(folder)(problem));
        }
    };
    for (name, read) in [
        (record::ACCOUNTS, accounts),
        (record::RESOURCES, resources.into_inner()),
        (record::GRANTS, grants),
    ] {
        if sums.get(name) != Some(read.digest()) {
            return Err(Error::Changed(folder.join(name)));
        }
    }
    Ok(snapshot)
}

/// Reads what the previous record decided, when one was named. Its digest was not checked before.
fn read_earlier(
    folder: &Path,
    sums: &Sums,
    snapshot: &Snapshot,
) -> Result<Option<Arc<Earlier>>, Error> {
    let Some(digest) = sums.get(record::EARLIER) else {
        return Ok(None);
    };
    // A changed file is told as such, not by what is odd in it.
    if digest != files::digest(folder, record::EARLIER)?.0 {
        return Err(Error::Changed(folder.join(record::EARLIER)));
    }
    let file = files::open(folder, record::EARLIER)?;
    let input = BufReader::with_capacity(files::PIECE, file);
    let earlier = earlier::read(input, snapshot).map_err(Error::damaged(folder))?;
    Ok(Some(Arc::new(earlier)))
}

fn check_population(folder: &Path, sums: &Sums) -> Result<(), Error> {
    POPULATION
        .into_iter()
        .try_for_each(|name| check_file(folder, sums, name))
}

fn check_file(folder: &Path, sums: &Sums, name: &'static str) -> Result<(), Error> {
    if sums.get(name) == Some(files::digest(folder, name)?.0) {
        Ok(())
    } else {
        Err(Error::Changed(folder.join(name)))
    }
}
