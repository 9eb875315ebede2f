//! `muster verify`: a folder on disk, judged by `verify`.
#![allow(
    clippy::disallowed_methods,
    reason = "a folder on disk is read here, for `verify`"
)]

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use super::{
    Answer, Hint as _, elapsed_ms, now, progress::ProgressLine, snapshot::eprint_line, status,
    thousands,
};
use crate::{
    config,
    domain::{
        provenance::Completeness,
        text::{Raw, SafeText},
    },
    format::{approval::Reread, record},
    store::Threads,
    verify::{
        self, Folder, FolderEntry, Signer, Verdict,
        allowed_signers::AllowedSigners,
        approval::Approved,
        signature::{self, Fault, SigningKey},
    },
};

/// A list of signers is a few lines; one of this size is something else.
const LIST_LIMIT: u64 = 4 * 1024 * 1024;

/// Judges the record in `record`.
pub(crate) fn verify(
    record: &Path,
    allowed_signers: Option<&Path>,
    json: bool,
) -> anyhow::Result<Answer> {
    let signers = allowed_signers.map(signers).transpose()?;
    let verdict = judge_aloud(record, signers.as_ref())?;
    let text = if json {
        super::json_line(&as_json(&verdict))
    } else {
        as_text(&verdict)
    };
    Ok(Answer {
        text,
        code: verdict.exit_code(),
    })
}

/// The verdict on the record in `record`, as of now.
///
/// `tell` hears how many bytes were read, now and then: a large record is read for a while.
pub(crate) fn judge(
    record: &Path,
    signers: Option<&AllowedSigners>,
    tell: &(dyn Fn(u64) + Sync),
) -> anyhow::Result<Verdict> {
    let folder = DiskFolder::open(record, tell).hint("give the folder that holds SHA256SUMS")?;
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
        let folder =
            DiskFolder::open(record, tell).hint("give the folder that holds SHA256SUMS")?;
        let folder = Unapproved(folder);
        Ok(verify::verify_with(&Threads, &folder, signers, now()))
    })
}

/// Does `judge` with a line on stderr that tells how far it is.
fn aloud(
    judge: impl FnOnce(&(dyn Fn(u64) + Sync)) -> anyhow::Result<Verdict>,
) -> anyhow::Result<Verdict> {
    let line = Mutex::new(ProgressLine::new());
    let tell = |bytes| {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        line.show(elapsed_ms(), CHECKING, &how_far(bytes));
    };
    let verdict = judge(&tell);
    let mut line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
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

pub(crate) fn signers(path: &Path) -> anyhow::Result<AllowedSigners> {
    const LINE: &str = "each line is: principal namespaces=\"muster-review\" ssh-ed25519 AAAA…";
    let text = config::read_text(path, LIST_LIMIT)
        .map_err(|error| {
            anyhow::anyhow!(
                "cannot read the list of signers {}: {error}",
                path.display()
            )
        })
        .hint(LINE)?;
    let list = AllowedSigners::parse(text.as_bytes());
    for problem in list.problems() {
        eprint_line(&format!(
            "note: {}, line {}: {}; the line is passed over",
            path.display(),
            problem.line,
            problem.what
        ));
    }
    if list.is_empty() {
        return Err(super::failure(
            format!("the list of signers {} names no key", path.display()),
            LINE,
        ));
    }
    Ok(list)
}

fn as_text(verdict: &Verdict) -> String {
    let mut text = format!("{verdict}\n");
    if let Verdict::Good { record, .. } = verdict {
        for (name, value) in record.facts() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<20} {value}");
        }
        let attestation = SafeText::of(&record.review().attestation);
        let _ = writeln!(text, "  {:<20} {attestation}", "attestation");
    }
    text
}

fn as_json(verdict: &Verdict) -> Value {
    let mut answer = json!({"text": verdict.to_string(), "exit_code": verdict.exit_code()});
    let more = match verdict {
        Verdict::Good { record, signer } => {
            let review = record.review();
            let progress = review.progress;
            json!({
                "verdict": "good",
                "signer": match signer { Signer::Known { .. } => "known", Signer::Unknown => "unknown" },
                "signer_line": match signer { Signer::Known { line } => Some(line), Signer::Unknown => None },
                "time": "claimed by the signer only",
                "record_id": review.record_id,
                "organization": {"id": &*review.organization.id, "name": review.organization.name.raw(), "url": &*review.organization.url},
                "review": review.title,
                "reviewer": {"name": review.reviewer.name.raw(), "principal": review.reviewer.principal.raw()},
                "key": {"fingerprint": record.key().fingerprint, "type": record.key().key_type},
                "approval": record.approved().map(approval),
                "as_of": review.provenance.ended.to_string(),
                "read_from": review.provenance.began.to_string(),
                "resumed": review.provenance.resumed.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "refreshed": review.previous_journal.map(|_| review.opened_at.to_string()),
                "as_of_before": review.previous_journal.map(|previous| previous.as_of.to_string()),
                "sealed_at": review.sealed_at.to_string(),
                "accounts": review.accounts,
                "items": progress.items,
                "kept": progress.kept,
                "revoked": progress.revoked,
                "acknowledged": progress.acknowledged,
                "undecided": progress.undecided,
                "flags": record.flags().iter().map(super::check::told).collect::<Vec<_>>(),
                "completeness": Completeness::of(&review.provenance, review.scope.is_some()).word(),
                "scope": review.scope.as_ref().map(Raw::raw),
                "out_of_scope": review.out_of_scope,
                "evidence": review.provenance.evidence.word(),
                "gaps": review.provenance.gaps.len(),
                "reader": review.provenance.reader.account().map(|id| &*id.0),
                "application": status::application(&review.provenance.reader),
                "rights": status::rights(&review.provenance.rights),
                "previous": status::previous(record.campaign()),
                "doubts": record.doubts().iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>(),
                "sums": record.sums().to_string(),
            })
        }
        Verdict::Bad(bad) => json!({
            "verdict": "bad",
            "stage": format!("{:?}", bad.stage).to_lowercase(),
            "file": bad.file,
            "line": bad.line,
            "reason": bad.reason,
        }),
        Verdict::CouldNotTell { reason } => json!({"verdict": "could not tell", "reason": reason}),
    };
    if let (Value::Object(answer), Value::Object(more)) = (&mut answer, more) {
        answer.extend(more);
    }
    answer
}

/// An approval, for scripts.
fn approval(approved: &Approved) -> Value {
    let approval = approved.approval();
    let line = match approved.approver() {
        Signer::Known { line } => Some(line),
        Signer::Unknown => None,
    };
    json!({
        "approver": approval.approver.principal.raw(),
        "signer": if line.is_some() { "known" } else { "unknown" },
        "signer_line": line,
        "key": {"fingerprint": approved.key().fingerprint, "type": approved.key().key_type},
        "approved_at": approval.approved_at.to_string(),
        "time": "claimed by the approver only",
        "reviewer_known": approval.reviewer_known,
        "statement": approval.statement.raw(),
        "reread": approval.reread.as_ref().map(reread),
    })
}

/// What an approver found who read the organization again, for scripts.
pub(crate) fn reread(reread: &Reread) -> Value {
    let (revokes, done) = reread.revokes();
    json!({
        "since": reread.since.to_string(),
        "as_of": reread.ended.to_string(),
        "reader": reread.reader.account().map(|id| &*id.0),
        "application": status::application(&reread.reader),
        "completeness": if reread.is_whole() { "full" } else { "partial" },
        "gaps": reread.gaps.iter().map(|gap| json!({
            "call": gap.call, "missing": gap.missing.raw(), "reason": gap.reason.raw(),
        })).collect::<Vec<_>>(),
        "grants": {"before": reread.grants.before, "now": reread.grants.now, "unchanged": reread.grants.unchanged},
        "revokes": revokes,
        "carried_out": done,
        "differences": reread.differences.iter().map(|one| json!({
            "kind": one.kind, "change": one.change, "id": one.id, "what": one.what, "detail": one.detail,
        })).collect::<Vec<_>>(),
    })
}

/// A record without what an approver put beside it.
struct Unapproved<'a>(DiskFolder<'a>);

impl Folder for Unapproved<'_> {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let mut entries = self.0.entries()?;
        entries.retain(|entry| !record::APPROVED.contains(&&*entry.name));
        Ok(entries)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        self.0.open(name)
    }
}

/// A folder on disk. Links are named as links and never followed.
pub(crate) struct DiskFolder<'a> {
    path: PathBuf,
    read: AtomicU64,
    tell: &'a (dyn Fn(u64) + Sync),
}

/// After so many bytes it is told how far reading is.
const TOLD_EACH: u64 = 4 << 20;

/// A file of a record; what is read of it counts.
struct Counted<'a> {
    file: fs::File,
    folder: &'a DiskFolder<'a>,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        let before = self.folder.read.fetch_add(read as u64, Ordering::Relaxed);
        let now = before + read as u64;
        if before / TOLD_EACH != now / TOLD_EACH {
            (self.folder.tell)(now);
        }
        Ok(read)
    }
}

/// The record cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into {path}", path = .path.display())]
pub(crate) struct CannotLook {
    path: PathBuf,
    source: io::Error,
}

impl<'a> DiskFolder<'a> {
    /// The folder at `path`; `tell` hears now and then how many bytes were read.
    pub(crate) fn open(path: &Path, tell: &'a (dyn Fn(u64) + Sync)) -> Result<Self, CannotLook> {
        let looked = fs::read_dir(path).map_err(|source| CannotLook {
            path: path.to_owned(),
            source,
        });
        looked.map(|_| Self {
            path: path.to_owned(),
            read: AtomicU64::new(0),
            tell,
        })
    }
}

impl Folder for DiskFolder<'_> {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            let data = entry.path().symlink_metadata()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(FolderEntry {
                name,
                regular: data.is_file(),
                size: data.len(),
            })
        };
        fs::read_dir(&self.path)?.map(entry).collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut options = OpenOptions::new();
        options.read(true);
        // Between the look at the folder and now the file may have become a link, or a pipe that nobody writes into.
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = options.open(self.path.join(name))?;
        Ok(Box::new(Counted { file, folder: self }))
    }
}
