//! [`Draft`]: a review while its population is being fetched.

use std::{
    fs,
    io::{self, BufReader, BufWriter, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    EARLIER, Error, FETCHING, REFRESHED, Review, Store, check_name,
    files::{self, HashedFile},
    folders,
    lock::{self, Lock},
};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Refusal, Terms},
        earlier::Earlier,
        journal::Entry,
        provenance::Provenance,
        snapshot::Snapshot,
        time::Timestamp,
    },
    format::{earlier, evidence, journal, policy::PolicyFile, population, record, sums::Sums},
};

/// Where a draft is to stand when it is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where nothing is yet.
    Free,
    /// Where a review is, which it replaces.
    Taken,
}

/// A review that is being fetched, in a folder aside. Dropped, one that was begun to be resumed keeps the answers that
/// came, when there is some use in them; any other leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    store: Store,
    name: String,
    folder: PathBuf,
    evidence: Option<evidence::Writer<BufWriter<HashedFile>>>,
    lock: Option<Lock>,
    policy: PolicyFile,
    earlier: Option<Arc<Earlier>>,
    /// Whether an interrupted fetch leaves its answers.
    lasting: bool,
    /// When reading began, and each time it went on.
    runs: Vec<Timestamp>,
    answers: u32,
    /// How many of them say something, rather than refuse.
    useful: u32,
    last: Option<Timestamp>,
    /// The client id of the application whose answers were taken over.
    client: Option<String>,
    /// How many lines of the population are written.
    lines: Arc<AtomicU64>,
    /// How much was written since a reader could last find all of it.
    unseen: usize,
}

/// In a draft's folder: a line for the time when reading began, and one for each time it went on.
const RUNS: &str = "runs";
/// In a draft's folder: the client id of the application that reads, when one does.
const CLIENT: &str = "client";
/// What the evidence is called while earlier answers are copied into it.
const COPY: &str = "evidence.copy";
/// After so many bytes the answers are put where the next run finds them.
const UNSEEN: usize = 64 << 10;
/// The organization and the token's owner are asked for each time: these two answers are worth nothing later.
const ASKED_EACH_TIME: u32 = 2;
/// An answer counts for at least so much of that, so that many small ones are found too.
const SMALL: usize = 4 << 10;

impl Draft {
    pub(super) fn begin(
        store: &Store,
        name: &str,
        now: Timestamp,
        place: Place,
    ) -> Result<Self, Error> {
        let (reviews, left) = Self::left(store, name, now, place)?;
        for (path, lock) in left {
            drop(lock);
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
        let folder = reviews.join(format!("{name}{FETCHING}{}", std::process::id()));
        files::create_folder(&folder)?;
        match Lock::take(&folder, now)? {
            Ok(lock) => {
                let mut draft = Self::at(store, name, folder, lock);
                draft.start_over(now)?;
                Ok(draft)
            }
            Err(holder) => {
                let name = name.to_owned();
                Err(Error::Fetching { name, holder })
            }
        }
    }

    pub(super) fn resume(
        store: &Store,
        name: &str,
        now: Timestamp,
        place: Place,
        take: &mut dyn FnMut(&evidence::Answer),
    ) -> Result<Self, Error> {
        let (_, mut left) = Self::left(store, name, now, place)?;
        // There is more than one only when two fetches began in the same moment.
        let size = |(path, _): &(PathBuf, Lock)| {
            fs::metadata(path.join(record::EVIDENCE)).map_or(0, |file| file.len())
        };
        left.sort_by_key(size);
        let Some((folder, lock)) = left.pop() else {
            let mut draft = Self::begin(store, name, now, place)?;
            draft.lasting = true;
            return Ok(draft);
        };
        for (path, lock) in left {
            drop(lock);
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
        let mut draft = Self::at(store, name, folder, lock);
        draft.lasting = true;
        draft.go_on(now, take)?;
        Ok(draft)
    }

    fn at(store: &Store, name: &str, folder: PathBuf, lock: Lock) -> Self {
        Self {
            store: store.clone(),
            name: name.to_owned(),
            folder,
            evidence: None,
            lock: Some(lock),
            policy: PolicyFile::default(),
            earlier: None,
            lasting: false,
            runs: Vec::new(),
            answers: 0,
            useful: 0,
            last: None,
            client: None,
            lines: Arc::default(),
            unseen: 0,
        }
    }

    /// The folder of reviews, and what earlier fetches of this name left in it.
    fn left(
        store: &Store,
        name: &str,
        now: Timestamp,
        place: Place,
    ) -> Result<(PathBuf, Vec<(PathBuf, Lock)>), Error> {
        check_name(name)?;
        let reviews = store.reviews_folder();
        files::create_folders(&reviews)?;
        if place == Place::Free && fs::symlink_metadata(store.place(name)).is_ok() {
            return Err(Error::ReviewExists(name.to_owned()));
        }
        let prefix = format!("{name}{FETCHING}");
        let mut left = Vec::new();
        for (found, path) in folders(&reviews)? {
            if found.starts_with(&prefix) {
                match Lock::take(&path, now)? {
                    Ok(lock) => left.push((path, lock)),
                    Err(holder) => {
                        let name = name.to_owned();
                        return Err(Error::Fetching { name, holder });
                    }
                }
            }
        }
        Ok((reviews, left))
    }

    /// Takes the answers that an interrupted fetch left, up to where they were cut short.
    fn go_on(
        &mut self,
        now: Timestamp,
        take: &mut dyn FnMut(&evidence::Answer),
    ) -> Result<(), Error> {
        let runs = self.read_runs();
        let left = files::open(&self.folder, record::EVIDENCE);
        let (Ok(left), false) = (left, runs.is_empty()) else {
            return self.start_over(now);
        };
        self.client = self.read_note(CLIENT).lines().next().map(str::to_owned);
        self.clear(&[record::EVIDENCE, RUNS, CLIENT])?;
        let copy = self.folder.join(COPY);
        let file = HashedFile::create(&copy)?;
        let mut writer = evidence::Writer::new(file).map_err(Error::io("write", &copy))?;
        if let Ok(mut reader) = evidence::Reader::new(BufReader::new(left)) {
            // Whatever ends the answers, a cut or damage: what follows is asked for again.
            while let Ok(Some(answer)) = reader.next() {
                let whole = matches!(answer.body, evidence::Body::Whole(_));
                if !whole || Some(answer.number) != self.answers.checked_add(1) {
                    break;
                }
                writer.write(&answer).map_err(Error::io("write", &copy))?;
                take(&answer);
                self.count(&answer);
            }
        }
        if self.answers == 0 {
            return self.start_over(now);
        }
        writer.flush().map_err(Error::io("write", &copy))?;
        fs::File::open(&copy)
            .and_then(|file| file.sync_all())
            .map_err(Error::io("sync", &copy))?;
        let path = self.folder.join(record::EVIDENCE);
        fs::rename(&copy, &path).map_err(Error::io("replace", &path))?;
        self.evidence = Some(writer);
        self.runs = runs;
        self.note_run(now)
    }

    /// When the runs before this one began; none when nobody can tell.
    fn read_runs(&self) -> Vec<Timestamp> {
        let text = self.read_note(RUNS);
        text.lines().map_while(|line| line.parse().ok()).collect()
    }

    /// A small file of the folder; empty when it is not there or not small.
    fn read_note(&self, name: &str) -> String {
        let path = self.folder.join(name);
        // Nobody waits on a pipe, nor reads a million lines here.
        let sound = fs::symlink_metadata(&path)
            .is_ok_and(|found| found.is_file() && found.len() < UNSEEN as u64);
        if sound {
            fs::read_to_string(path).unwrap_or_default()
        } else {
            String::new()
        }
    }

    /// Throws away what came so far.
    ///
    /// # Errors
    /// When it cannot be removed or begun again.
    pub fn start_over(&mut self, now: Timestamp) -> Result<(), Error> {
        self.evidence = None;
        self.clear(&[])?;
        (self.answers, self.useful, self.last, self.unseen) = (0, 0, None, 0);
        self.client = None;
        self.runs.clear();
        self.note_run(now)?;
        let path = self.folder.join(record::EVIDENCE);
        let file = HashedFile::create(&path)?;
        self.evidence = Some(evidence::Writer::new(file).map_err(Error::io("write", &path))?);
        Ok(())
    }

    fn note_run(&mut self, now: Timestamp) -> Result<(), Error> {
        self.runs.push(now);
        let lines: Vec<String> = self.runs.iter().map(ToString::to_string).collect();
        self.write_note(RUNS, &lines.join("\n"))
    }

    fn write_note(&self, name: &str, text: &str) -> Result<(), Error> {
        let aside = self.folder.join("note.new");
        if fs::symlink_metadata(&aside).is_ok() {
            fs::remove_file(&aside).map_err(Error::io("remove", &aside))?;
        }
        files::write(&aside, |out| writeln!(out, "{text}"))?;
        let path = self.folder.join(name);
        fs::rename(&aside, &path).map_err(Error::io("replace", &path))
    }

    /// Notes the client id of the application that reads from now on, when one does. The server may not say who an
    /// application is, and only the same one may go on from here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_client(&mut self, id: Option<&str>) -> Result<(), Error> {
        self.write_note(CLIENT, id.unwrap_or_default())
    }

    /// The client id of the application that read the answers which were taken over, when it was one.
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref().filter(|id| !id.is_empty())
    }

    /// Removes every file of the folder but the lock and those to `keep`.
    fn clear(&self, keep: &[&str]) -> Result<(), Error> {
        let list = fs::read_dir(&self.folder).map_err(Error::io("read", &self.folder))?;
        for entry in list {
            let entry = entry.map_err(Error::io("read", &self.folder))?;
            let name = entry.file_name();
            if name != lock::NAME && !keep.iter().any(|kept| name == *kept) {
                let path = entry.path();
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }

    fn count(&mut self, answer: &evidence::Answer) {
        self.answers = answer.number;
        self.useful += u32::from(answer.status == 200);
        self.last = Some(answer.at);
    }

    /// From here on, dropping this draft leaves nothing.
    pub fn give_up(&mut self) {
        self.lasting = false;
    }

    /// Whether dropping this draft leaves its answers to the next one.
    pub fn stays(&self) -> bool {
        self.lasting && self.useful > ASKED_EACH_TIME
    }

    /// The review will be opened under `policy` instead of the built-in one.
    pub fn set_policy(&mut self, policy: PolicyFile) {
        self.policy = policy;
    }

    /// The policy the review will be opened under.
    pub fn policy(&self) -> &PolicyFile {
        &self.policy
    }

    /// The review will be compared with a record, which decided `earlier` about the snapshot that it is finished with.
    pub fn set_earlier(&mut self, earlier: Arc<Earlier>) {
        self.earlier = Some(earlier);
    }

    /// How many lines of the population are written, for whoever waits for the end of it.
    pub fn lines(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.lines)
    }

    /// How many answers there are.
    pub fn answers(&self) -> u32 {
        self.answers
    }

    /// When the last answer came, when there is one.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// When reading began.
    ///
    /// # Panics
    /// Never: a draft notes its first run before it is given out.
    pub fn began(&self) -> Timestamp {
        *self.runs.first().expect("a draft notes its first run")
    }

    /// When reading went on after it had been interrupted, each time.
    pub fn resumed(&self) -> &[Timestamp] {
        self.runs.get(1..).unwrap_or_default()
    }

    /// Keeps one raw answer of the server.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// Never: a draft has its evidence until it is finished.
    pub fn evidence(&mut self, answer: &evidence::Answer) -> Result<(), Error> {
        self.count(answer);
        let writer = self
            .evidence
            .as_mut()
            .expect("a draft has its evidence until it is finished");
        let path = self.folder.join(record::EVIDENCE);
        writer.write(answer).map_err(Error::io("write", &path))?;
        self.unseen += answer.body.len() + SMALL;
        if self.unseen > UNSEEN {
            self.unseen = 0;
            writer.flush().map_err(Error::io("write", &path))?;
        }
        Ok(())
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
        let (campaign, sums) = self.freeze(snapshot, provenance, stop, first)?;
        let head = self.write_journal(&campaign)?;
        let folder = self.store.review_folder(&self.name)?;
        if fs::symlink_metadata(&folder).is_ok() {
            return Err(Error::ReviewExists(self.name.clone()));
        }
        fs::rename(&self.folder, &folder).map_err(Error::io("create", &folder))?;
        self.begun(campaign, head, sums)
    }

    /// Freezes what was fetched and puts it in the place of `old`, which is kept inside as the folder `earlier`.
    ///
    /// `first` and `stop` are as in [`Draft::finish`]; `carry` takes over what is to outlive the old review.
    /// Whenever this is interrupted, the review is there whole: either the old one or the new one.
    ///
    /// # Errors
    /// As [`Draft::finish`]; when `old` cannot be written to here, or `carry` fails. The old review is then as it was.
    pub fn replace(
        mut self,
        old: &Review,
        snapshot: Arc<Snapshot>,
        provenance: Provenance,
        stop: &dyn Fn() -> bool,
        first: impl FnOnce(Provenance) -> Entry,
        carry: impl FnOnce(Campaign) -> Result<Campaign, Refusal>,
    ) -> Result<Review, Error> {
        old.may_be_replaced()?;
        let (campaign, sums) = self.freeze(snapshot, provenance, stop, first)?;
        let campaign = carry(campaign)?;
        let head = self.write_journal(&campaign)?;
        let reviews = self.store.reviews_folder();
        let (folder, next) = (
            self.store.review_folder(&self.name)?,
            reviews.join(format!("{}{REFRESHED}", self.name)),
        );
        if next.join(EARLIER).exists() {
            return Err(Error::InTheWay(next));
        }
        if next.exists() {
            // Stopped before the old review was touched.
            fs::remove_dir_all(&next).map_err(Error::io("remove", &next))?;
        }
        fs::rename(&self.folder, &next).map_err(Error::io("create", &next))?;
        self.folder = next;
        files::sync_folder(&reviews)?;
        let earlier = self.folder.join(EARLIER);
        fs::rename(&folder, &earlier).map_err(Error::io("keep", &folder))?;
        // From here on the new review is the one that is opened, wherever it stands.
        let lock = self.lock.take();
        files::sync_folder(&self.folder)?;
        if let Err(error) = fs::rename(&self.folder, &folder)
            && !folder.join(EARLIER).is_dir()
        {
            return Err(Error::io("create", &folder)(error));
        }
        self.lock = lock;
        self.begun(campaign, head, sums)
    }

    fn begun(mut self, campaign: Campaign, head: Digest, sums: Sums) -> Result<Review, Error> {
        let lock = self
            .lock
            .take()
            .expect("a draft has its lock until it is finished");
        files::sync_folder(&self.store.reviews_folder())?;
        let policy = std::mem::take(&mut self.policy);
        let parts = (campaign, policy, head, sums);
        Review::begun(&self.store, &self.name, parts, lock)
    }

    /// Writes the population, and folds the first entry over it.
    fn freeze(
        &mut self,
        snapshot: Arc<Snapshot>,
        provenance: Provenance,
        stop: &dyn Fn() -> bool,
        first: impl FnOnce(Provenance) -> Entry,
    ) -> Result<(Campaign, Sums), Error> {
        let path = |name: &str| self.folder.join(name);
        let evidence = self
            .evidence
            .take()
            .expect("a draft has its evidence until it is finished");
        let evidence = evidence
            .finish()
            .map_err(Error::io("write", &path(record::EVIDENCE)))?;
        let evidence = HashedFile::finish(evidence, &path(record::EVIDENCE))?;
        let count = &*self.lines;
        let write = |name, lines: fn(&Snapshot, &mut dyn Write) -> io::Result<()>| {
            let written = files::write(&path(name), |out| {
                let out = &mut Stoppable { out, stop, count };
                lines(&snapshot, out)
            });
            if stop() { Err(Error::Stopped) } else { written }
        };
        let accounts = write(record::ACCOUNTS, population::write_accounts)?;
        let resources = write(record::RESOURCES, population::write_resources)?;
        let grants = write(record::GRANTS, population::write_grants)?;
        let policy = files::write(&path(record::POLICY), |out| {
            out.write_all(self.policy.bytes())
        })?;
        let earlier = self.earlier.as_ref().map(|earlier| {
            files::write(&path(record::EARLIER), |out| {
                earlier::write(earlier, &mut Stoppable { out, stop, count })
            })
        });
        if stop() {
            return Err(Error::Stopped);
        }
        let earlier = earlier.transpose()?;
        let sums = [
            (record::EVIDENCE, evidence.0),
            (record::POLICY, policy.0),
            (record::ACCOUNTS, accounts.0),
            (record::RESOURCES, resources.0),
            (record::GRANTS, grants.0),
        ];
        let sums = Sums::new(
            sums.into_iter()
                .chain(earlier.map(|earlier| (record::EARLIER, earlier.0))),
        );
        let text = sums.print();
        files::write(&path(record::OPENED_SUMS), |out| {
            out.write_all(text.as_bytes())
        })?;
        let first = first(Provenance {
            population: Digest::of(text.as_bytes()),
            ..provenance
        });
        let terms = Terms {
            policy: Arc::clone(self.policy.policy()),
            earlier: self.earlier.take(),
        };
        Ok((Campaign::open(snapshot, terms, first)?, sums))
    }

    /// Writes the journal and puts the whole folder on disk; the answer is the journal's head.
    fn write_journal(&self, campaign: &Campaign) -> Result<Digest, Error> {
        let mut head = journal::START;
        let mut too_long = false;
        let written = files::write(&self.folder.join(record::JOURNAL), |out| {
            campaign.entries().iter().try_for_each(|entry| {
                let (line, next) = journal::line(entry, head);
                too_long |= line.len() as u64 > journal::LINE_LIMIT;
                head = next;
                out.write_all(line.as_bytes())
            })
        });
        written?;
        if too_long {
            return Err(Error::TooLong(journal::LINE_LIMIT));
        }
        for note in [RUNS, CLIENT] {
            let path = self.folder.join(note);
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(Error::io("remove", &path))?,
            }
        }
        files::sync_folder(&self.folder)?;
        Ok(head)
    }
}

/// Writes on as long as nobody asks to stop.
struct Stoppable<'a> {
    out: &'a mut dyn Write,
    stop: &'a dyn Fn() -> bool,
    count: &'a AtomicU64,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.stop)() {
            return Err(io::Error::other("stopped"));
        }
        let written = self.out.write(bytes)?;
        let lines = bytes[..written].iter().filter(|byte| **byte == b'\n');
        self.count
            .fetch_add(lines.count() as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the rename the folder is gone under this name.
        if self.lock.is_none() {
            return;
        }
        if self.stays() {
            // What cannot be written is asked for again.
            if let Some(evidence) = self.evidence.take() {
                let _ = evidence.finish().and_then(|mut file| file.flush());
            }
        } else {
            // What was fetched is given up; what cannot be removed now is removed by the next fetch of this name.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
