//! `muster verify`: records on disk, judged by `verify`.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Answer, Hint as _, elapsed_ms, now, progress::ProgressLine, thousands};
use crate::{
    domain::time::Timestamp,
    format::{
        crew::{self, Alone, Crew},
        record,
    },
    space::Progress,
    store::Threads,
    verify::{
        self, Inquiry, Verdict,
        allowed_signers::AllowedSigners,
        revoked_keys::RevokedKeys,
        signature::{self, Fault, SigningKey},
    },
};

mod answers;
mod folder;
mod keys;
mod told;

pub(crate) use crate::verify::Level;
pub(crate) use folder::DiskFolder;
use folder::Unapproved;
pub(crate) use keys::signers;
pub(crate) use told::reread;
use told::{Judged, Report};

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) records: Vec<PathBuf>,
    pub(crate) level: Level,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) revoked_keys: Option<PathBuf>,
    /// The time to judge the key at.
    pub(crate) at: Option<String>,
    /// Where the report goes as a page.
    pub(crate) html: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Judges the records.
pub(crate) fn verify(options: &Options) -> anyhow::Result<Answer> {
    let asked = Asked {
        level: options.level,
        signers: options
            .allowed_signers
            .as_deref()
            .map(signers)
            .transpose()?,
        revoked: options
            .revoked_keys
            .as_deref()
            .map(keys::revoked)
            .transpose()?,
        at: options.at.as_deref().map(keys::time).transpose()?,
        now: now(),
    };
    if let [one] = &options.records[..]
        && let Some(answer) = super::disclose::judged(one, &asked.inquiry(), options)
    {
        return answer;
    }
    let judged = match &options.records[..] {
        [one] => {
            // One that cannot be looked at is a mistake of whoever asks; among many it is one answer of many.
            DiskFolder::open(one, &|_| ()).hint(FOLDER)?;
            judge_all(&asked, &options.records, &Threads)
        }
        many => judge_all(&asked, many, &Threads),
    };
    let report = Report::of(judged, &asked);
    if let Some(path) = &options.html {
        write_page(path, &report)?;
    }
    let text = if options.json {
        super::json_line(&report.json())
    } else {
        report.text()
    };
    Ok(Answer {
        text,
        code: report.code(),
    })
}

/// Writes the page to a file that is not there yet.
#[expect(
    clippy::disallowed_methods,
    reason = "the page that was asked for is made here"
)]
fn write_page(path: &Path, report: &Report) -> anyhow::Result<()> {
    let made = std::fs::File::create_new(path).and_then(|file| {
        let mut file = std::io::BufWriter::new(file);
        report.html(&mut file)?;
        file.into_inner()?.sync_all()
    });
    made.map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))
        .hint("name a file that is not there yet with --html, in a folder you may write to")
}

const FOLDER: &str = "give the folder that holds SHA256SUMS";

/// What is asked about every record.
#[derive(Debug)]
struct Asked {
    level: Level,
    signers: Option<AllowedSigners>,
    revoked: Option<RevokedKeys>,
    at: Option<Timestamp>,
    now: Timestamp,
}

impl Asked {
    /// The same, about a signer.
    fn inquiry(&self) -> Inquiry<'_> {
        Inquiry {
            revoked: self.revoked.as_ref(),
            at_is_known: self.at.is_some(),
            ..Inquiry::at(self.at.unwrap_or(self.now)).with(self.signers.as_ref())
        }
    }
}

/// Judges records at the same time, with a line on stderr that tells how far it is; the answers stand in the order of
/// the records.
fn judge_all(asked: &Asked, records: &[PathBuf], hands: &dyn Crew) -> Vec<Judged> {
    let line = Line::new(records.len());
    let judged = match records {
        // All hands for the one record, else a hand for each.
        [one] => vec![judge_one(asked, one, hands, &line)],
        many => crew::each(hands, many.len(), |at| {
            judge_one(asked, &many[at], &Alone, &line)
        }),
    };
    line.finish();
    judged
}

fn judge_one(asked: &Asked, record: &Path, crew: &dyn Crew, line: &Line) -> Judged {
    let tell = |bytes| line.bytes(bytes);
    let verdict = match DiskFolder::open(record, &tell) {
        Err(error) => Verdict::CouldNotTell {
            stage: verify::Stage::Files,
            reason: super::sentences(&error.into()),
        },
        Ok(folder) => {
            let reading = |progress: &Progress| line.reading(progress);
            let reread = |review: &record::Review| answers::begin(review, &reading);
            let inquiry = Inquiry {
                crew,
                level: asked.level,
                reread: Some(&reread),
                ..asked.inquiry()
            };
            verify::verify_as(&folder, &inquiry)
        }
    };
    line.done();
    Judged::of(record, &verdict, asked)
}

/// A line on stderr that tells how far the judging is; whoever judges tells it from any thread.
struct Line {
    shown: Mutex<ProgressLine>,
    done: AtomicUsize,
    all: usize,
    since_ms: u64,
}

impl Line {
    fn new(all: usize) -> Self {
        Self {
            shown: Mutex::new(ProgressLine::new()),
            done: AtomicUsize::new(0),
            all,
            since_ms: elapsed_ms(),
        }
    }

    fn show(&self, what: &str, text: &str) {
        let mut line = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        line.show(elapsed_ms(), what, text);
    }

    /// So many bytes of a record were read.
    fn bytes(&self, bytes: u64) {
        if self.all == 1 {
            self.show(CHECKING, &how_far(bytes));
        } else {
            let done = self.done.load(Ordering::Relaxed);
            let text = format!("checking {} records: {done} done", self.all);
            self.show(CHECKING, &text);
        }
    }

    /// So far are the answers of a server read again.
    fn reading(&self, progress: &Progress) {
        const AGAIN: &str = "reading the answers of the server again";
        // What is done in a moment is not worth a line.
        if elapsed_ms() < self.since_ms + 1000 {
            return;
        }
        if self.all == 1 {
            let text = format!("{AGAIN}: {} {}", progress.what, thousands(progress.done));
            self.show(AGAIN, &text);
        } else {
            self.bytes(0);
        }
    }

    fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn finish(self) {
        let line = self.shown.into_inner();
        line.unwrap_or_else(PoisonError::into_inner).finish();
    }
}

/// The verdict on the record in `record`, as of now.
///
/// `tell` hears how many bytes were read, now and then: a large record is read for a while.
pub(crate) fn judge(
    record: &Path,
    signers: Option<&AllowedSigners>,
    tell: &(dyn Fn(u64) + Sync),
) -> anyhow::Result<Verdict> {
    let folder = DiskFolder::open(record, tell).hint(FOLDER)?;
    Ok(verify::verify_with(&Threads, &folder, signers, now()))
}

/// The same, with a line on stderr that tells how far it is.
pub(crate) fn judge_aloud(
    record: &Path,
    signers: Option<&AllowedSigners>,
) -> anyhow::Result<Verdict> {
    aloud(|tell| judge(record, signers, tell))
}

/// The verdict on the record in `record` as if nobody had approved it.
pub(crate) fn judge_unapproved(
    record: &Path,
    signers: Option<&AllowedSigners>,
) -> anyhow::Result<Verdict> {
    aloud(|tell| {
        let folder = Unapproved(DiskFolder::open(record, tell).hint(FOLDER)?);
        Ok(verify::verify_with(&Threads, &folder, signers, now()))
    })
}

/// Does `judge` with a line on stderr that tells how far it is.
fn aloud(
    judge: impl FnOnce(&(dyn Fn(u64) + Sync)) -> anyhow::Result<Verdict>,
) -> anyhow::Result<Verdict> {
    let line = Line::new(1);
    let verdict = judge(&|bytes| line.bytes(bytes));
    line.finish();
    verdict
}

/// What is done while a record is judged.
pub(crate) const CHECKING: &str = "checking the record";

/// How far the judging of a record is.
pub(crate) fn how_far(bytes: u64) -> String {
    format!("{CHECKING}: {} MB read", thousands(bytes / 1_000_000))
}

/// The key that made `signature` for `namespace` over `message`.
pub(crate) fn signing_key(
    signature: &str,
    namespace: &str,
    message: &[u8],
) -> Result<SigningKey, Fault> {
    signature::check(signature.as_bytes(), namespace, message)
}
