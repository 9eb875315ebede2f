//! Is this record what its reviewer signed, and does it follow from itself? The file an auditor reads.
//!
//! [`verify`] takes the bytes of a record and answers with a [`Verdict`]. It reads in one order, and nothing is
//! parsed before it is authenticated:
//!
//! 1. [`Stage::Files`]: the names are known, each is a regular file, nothing else is there.
//! 2. [`Stage::Sizes`]: no file is larger than a record's can be.
//! 3. [`Stage::Signature`]: a good signature over the exact bytes of `SHA256SUMS`.
//! 4. [`Stage::Sums`]: `SHA256SUMS` names exactly the other files.
//! 5. [`Stage::Review`]: `review.json` has its digest and is well formed; its key is the one that signed;
//!    the auditor's list allows that key, if there is a list. It gives the exact sizes of the other files.
//! 6. [`Stage::Hashes`]: every file has its digest.
//! 7. [`Stage::Population`]: accounts, resources and grants are a snapshot, the one the review was opened on.
//! 8. [`Stage::Policy`]: the rules the review was opened under can be read.
//! 9. [`Stage::Earlier`]: what the previous record decided is about this population, where one was named.
//! 10. [`Stage::Journal`]: the chain of entries holds and may happen in this order under these rules; the last one
//!     attests.
//! 11. [`Stage::Decisions`]: each decision is the one the journal leads to, byte for byte.
//! 12. [`Stage::Merkle`] and [`Stage::Totals`]: `review.json` says what all this comes to, byte for byte.
//!
//! 13. [`Stage::Approval`]: where a second person signed beside it, that they did, and that it was somebody else.
//!
//! The raw answers of the server are checked by their digest alone.

pub mod allowed_signers;
pub mod approval;
pub mod signature;

mod contents;
mod facts;
mod reading;
mod unproven;

use std::{
    fmt,
    io::{self, Read},
};

use crate::{
    domain::{Digest, campaign::Campaign, text::SafeText, time::Timestamp},
    format::{
        self,
        crew::{self, Alone, Crew},
        record::{self, Review},
        sums::Sums,
    },
};
use allowed_signers::{AllowedSigners, Answer};
use approval::{Approved, Found};
use reading::Reading;
use signature::{Fault, SigningKey};

pub use unproven::fold_unproven;

/// The folder of a record, wherever it is kept.
pub trait Folder: Sync {
    /// Everything that is in it, links not followed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn entries(&self) -> io::Result<Vec<FolderEntry>>;

    /// Opens a file of it, without following a link.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: String,
    /// Whether it is a regular file; a link, a folder or a device is not.
    pub regular: bool,
    /// Its size in bytes.
    pub size: u64,
}

/// What came of verifying a record.
#[derive(Debug)]
pub enum Verdict {
    /// The record is what was signed, and everything in it follows.
    Good {
        /// What is now known to be true.
        record: Box<VerifiedRecord>,
        /// What is known of the one who signed.
        signer: Signer,
    },
    /// The record is not what it claims to be.
    Bad(Bad),
    /// Neither can be said.
    CouldNotTell {
        /// Why, in words; safe to show.
        reason: String,
    },
}

/// What is known of the one who signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The auditor's list names the principal with this key, for this purpose and time.
    Known {
        /// The line of the list, from 1.
        line: usize,
    },
    /// There is no list: the key fits the record, and nobody says whose it is.
    Unknown,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// What was being checked.
    pub stage: Stage,
    /// The file that is wrong, where it is one file; safe to show.
    pub file: Option<String>,
    /// The line of that file, from 1, where it is one line.
    pub line: Option<u64>,
    /// What is wrong, in words; safe to show.
    pub reason: String,
}

/// The steps of verification, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Which files are there.
    Files,
    /// How large they are.
    Sizes,
    /// The signature over `SHA256SUMS`.
    Signature,
    /// What `SHA256SUMS` lists.
    Sums,
    /// What `review.json` says, and whether its signer is the one who signed.
    Review,
    /// Whether the auditor's list allows the signer.
    Signer,
    /// The digests of all files.
    Hashes,
    /// The reviewed accounts, resources and grants.
    Population,
    /// The rules the review was opened under.
    Policy,
    /// What the previous record decided.
    Earlier,
    /// The entries of the journal.
    Journal,
    /// The decisions.
    Decisions,
    /// The tree over grants and decisions.
    Merkle,
    /// Counts, times and the attestation.
    Totals,
    /// What a second person signed beside it.
    Approval,
}

/// A record that was verified. There is no other way to get one.
#[derive(Debug)]
pub struct VerifiedRecord {
    review: Review,
    campaign: Campaign,
    key: SigningKey,
    sums: Digest,
    approved: Option<Box<Approved>>,
}

impl VerifiedRecord {
    /// What the record says about itself. Its times are the signer's own claim.
    pub fn review(&self) -> &Review {
        &self.review
    }

    /// The review as its journal tells it.
    pub fn campaign(&self) -> &Campaign {
        &self.campaign
    }

    /// Gives the review away.
    pub fn into_campaign(self) -> Campaign {
        self.campaign
    }

    /// The key that signed.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The digest of `SHA256SUMS`, which stands for the whole record.
    pub fn sums(&self) -> Digest {
        self.sums
    }

    /// Who approved it, when somebody did.
    pub fn approved(&self) -> Option<&Approved> {
        self.approved.as_deref()
    }
}

impl Verdict {
    /// 0 for good, 1 for bad, 2 when nobody can tell.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Good { .. } => 0,
            Self::Bad(_) => 1,
            Self::CouldNotTell { .. } => 2,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good { signer, record } => {
                f.write_str(match signer {
                    Signer::Known { .. } => {
                        "good: the signer is known, time is claimed by the signer only"
                    }
                    Signer::Unknown => "good, signer unknown: no list of allowed signers was given",
                })?;
                match record.approved() {
                    Some(approved) => write!(f, "; {}", SafeText::of(&approved.words())),
                    None => Ok(()),
                }
            }
            Self::Bad(bad) => write!(f, "bad: {bad}"),
            Self::CouldNotTell { reason } => write!(f, "could not tell: {reason}"),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files",
            Self::Sizes => "sizes",
            Self::Signature => "signature",
            Self::Sums => "list of digests",
            Self::Review => "review.json",
            Self::Signer => "signer",
            Self::Hashes => "digests",
            Self::Population => "population",
            Self::Policy => "policy",
            Self::Earlier => "previous record",
            Self::Journal => "journal",
            Self::Decisions => "decisions",
            Self::Merkle => "Merkle tree",
            Self::Totals => "totals",
            Self::Approval => "approval",
        })
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}, line {line}: {}", self.reason),
            (Some(file), None) => write!(f, "{file}: {}", self.reason),
            (None, _) => f.write_str(&self.reason),
        }
    }
}

/// Verifies the record in `folder`.
///
/// `signers` is the auditor's own list, never one from the record; without it a good record's signer is unknown.
/// `at` is the time at which the list must allow the signer: nothing in a record proves when it was signed.
pub fn verify(folder: &dyn Folder, signers: Option<&AllowedSigners>, at: Timestamp) -> Verdict {
    verify_with(&Alone, folder, signers, at)
}

/// As [`verify()`], with a crew to do what can be done at the same time. The order of the stages is the same: nothing is
/// parsed before it is authenticated.
pub fn verify_with(
    crew: &dyn Crew,
    folder: &dyn Folder,
    signers: Option<&AllowedSigners>,
    at: Timestamp,
) -> Verdict {
    match judge(crew, folder, signers, at) {
        Ok((record, signer)) => Verdict::Good {
            record: Box::new(record),
            signer,
        },
        // The words may quote the record, and whoever made it may want to write on the reader's screen.
        Err(Stop::Bad(bad)) => Verdict::Bad(Bad {
            reason: SafeText::of(&bad.reason).to_string(),
            ..bad
        }),
        Err(Stop::CouldNotTell(reason)) => Verdict::CouldNotTell {
            reason: SafeText::of(&reason).to_string(),
        },
    }
}

/// Why verification ends before a record is known to be good.
enum Stop {
    Bad(Bad),
    CouldNotTell(String),
}

fn judge(
    crew: &dyn Crew,
    folder: &dyn Folder,
    signers: Option<&AllowedSigners>,
    at: Timestamp,
) -> Result<(VerifiedRecord, Signer), Stop> {
    let reading = Reading::begin(folder)?;

    let sums_bytes = reading.small(record::SUMS)?;
    let key = signature::check(
        &reading.small(record::SIGNATURE)?,
        record::NAMESPACE,
        &sums_bytes,
    )
    .map_err(|fault| match fault {
        Fault::Bad(why) => Stop::bad(Stage::Signature, record::SIGNATURE, why),
        Fault::Unsupported(why) => Stop::CouldNotTell(why),
    })?;

    // Other files cannot be here, so another name in the list is never the mark of a newer version.
    let sums = record::parse_sums(&sums_bytes)
        .map_err(|error| Stop::bad_line(Stage::Sums, &error, record::SUMS))?;

    reading.same_optional(&sums)?;

    let review_bytes = reading.small(record::REVIEW)?;
    same_digest(record::REVIEW, Digest::of(&review_bytes), &sums)?;
    let review = Review::parse(&review_bytes).map_err(|error| Stop::of(Stage::Review, &error))?;
    if review.reviewer.key_fingerprint != key.fingerprint
        || review.reviewer.key_type != key.key_type
    {
        return Err(Stop::bad(
            Stage::Review,
            record::REVIEW,
            format!(
                "it names another key than the one that signed, {} {}",
                key.key_type, key.fingerprint
            ),
        ));
    }
    let signer = standing(
        signers,
        (review.reviewer.principal.raw(), record::NAMESPACE, &key),
        (review.sealed_at, "it was sealed"),
        at,
    );
    if let Some(Answer::No(why)) = signer {
        return Err(Stop::bad(Stage::Signer, record::SIGNATURE, why));
    }
    reading.exact_sizes(&review.contents.bytes)?;

    hashes(crew, &reading, &sums)?;

    let campaign = contents::check(crew, &reading, &sums, &review, &review_bytes)?;
    let of = approval::Of {
        review: &review,
        sums: &sums_bytes,
    };
    let approved = approval::check(&reading, &of, signers, at)?;
    // A record that is broken is bad, whoever signed it; only now does the doubt about the signer count.
    let signer = match signer {
        None => Signer::Unknown,
        Some(Answer::Yes { line }) => Signer::Known { line },
        Some(Answer::CouldNotTell(why) | Answer::No(why)) => return Err(Stop::CouldNotTell(why)),
    };
    let approved = match approved {
        Found::None => None,
        Found::Good(approved) => Some(approved),
        Found::Doubt(why) => return Err(Stop::CouldNotTell(why)),
    };
    let record = VerifiedRecord {
        review,
        campaign,
        key,
        sums: Digest::of(&sums_bytes),
        approved,
    };
    Ok((record, signer))
}

/// What the auditor's list says of a key that signed as `principal` for a purpose; `None` without a list. The signature
/// claims the time and the deed in `claimed`.
fn standing(
    signers: Option<&AllowedSigners>,
    (principal, namespace, key): (&str, &str, &SigningKey),
    (claimed, deed): (Timestamp, &str),
    at: Timestamp,
) -> Option<Answer> {
    let signers = signers?;
    let may_sign = |at| signers.may_sign(principal, namespace, key, at);
    Some(match may_sign(at) {
        // Keys are replaced, and the records they signed are kept. But the time is only claimed.
        Answer::No(why) if claimed <= at => match may_sign(claimed) {
            Answer::Yes { line } => Answer::CouldNotTell(format!(
                "line {line} of the list allowed this key when the record says {deed}, {} UTC, and does not \
                 allow it now; nothing in the record proves that time",
                claimed.minute()
            )),
            _ => Answer::No(why),
        },
        answer => answer,
    })
}

/// Checks the digest of every file but the one that was checked before.
fn hashes(crew: &dyn Crew, reading: &Reading<'_>, sums: &Sums) -> Result<(), Stop> {
    let mut files: Vec<(&'static str, Digest)> = sums
        .iter()
        .filter(|(name, _)| *name != record::REVIEW)
        .collect();
    // The largest first, so that nobody begins with it when all others are done.
    files.sort_by_key(|(name, _)| std::cmp::Reverse(reading.size(name)));
    let found = crew::each(crew, files.len(), |at| reading.digest(files[at].0));
    let mut found: Vec<_> = files.into_iter().zip(found).collect();
    found.sort_by_key(|((name, _), _)| *name);
    for ((name, signed), found) in found {
        if found? != signed {
            return Err(Stop::bad(
                Stage::Hashes,
                name,
                "its digest is not the one that was signed".to_owned(),
            ));
        }
    }
    Ok(())
}

fn same_digest(name: &'static str, digest: Digest, sums: &Sums) -> Result<(), Stop> {
    if sums.get(name) == Some(digest) {
        Ok(())
    } else {
        Err(Stop::bad(
            Stage::Hashes,
            name,
            "its digest is not the one that was signed".to_owned(),
        ))
    }
}

impl Stop {
    fn bad(stage: Stage, file: &str, reason: String) -> Self {
        Self::Bad(Bad {
            stage,
            file: Some(SafeText::of(file).to_string()),
            line: None,
            reason,
        })
    }

    /// An error of a stored format: bad, unless a newer version wrote it or it could not be read at all.
    fn of(stage: Stage, error: &format::Error) -> Self {
        match error {
            format::Error::Read { file, source } => Self::unreadable(file, source),
            error if error.is_newer() => Self::CouldNotTell(error.to_string()),
            error => Self::bad_line(stage, error, record::GRANTS),
        }
    }

    /// An error of a stored format that is never the mark of a newer version; `file` is for one that names none.
    fn bad_line(stage: Stage, error: &format::Error, file: &'static str) -> Self {
        match error {
            format::Error::Line {
                file,
                line,
                problem,
            } => Self::Bad(Bad {
                stage,
                file: Some((*file).to_owned()),
                line: Some(*line),
                reason: problem.to_string(),
            }),
            error => Self::bad(stage, file, error.to_string()),
        }
    }

    fn unreadable(name: &str, source: &io::Error) -> Self {
        Self::CouldNotTell(format!("cannot read {}: {source}", SafeText::of(name)))
    }

    fn changed(name: &str) -> Self {
        Self::CouldNotTell(format!("{} changed while it was read", SafeText::of(name)))
    }
}
