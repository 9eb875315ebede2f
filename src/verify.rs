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
//! 13. [`Stage::Evidence`]: the raw answers of the server, read again, come to this population and to what the record
//!     says about its own completeness.
//! 14. [`Stage::Approval`]: where a second person signed beside it, that they did, and that it was somebody else.
//!
//! How far it goes is the [`Level`]: the quick one ends with the digests, the usual one leaves the raw answers at their
//! digest.

pub mod allowed_signers;
pub mod approval;
pub mod chain;
pub mod disclosure;
pub mod revoked_keys;
pub mod signature;

mod contents;
mod evidence;
mod facts;
mod inquiry;
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
        crew::{self, Crew},
        record::{self, Review},
        sums::Sums,
    },
};
use allowed_signers::{AllowedSigners, Answer};
use approval::{Approved, Found};
pub use evidence::{Population, Reread};
use inquiry::Trail;
pub use inquiry::{Begin, Inquiry, Level};
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
    /// Every file of the record is what was signed. Nobody asked whether they follow from each other.
    Intact {
        /// What the record says about itself, and who signed it.
        record: Box<IntactRecord>,
        /// What is known of the one who signed.
        signer: Signer,
    },
    /// The record is not what it claims to be.
    Bad(Bad),
    /// Neither can be said.
    CouldNotTell {
        /// What was being checked.
        stage: Stage,
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
    /// What else is wrong, where all of it was looked for.
    pub further: Vec<Finding>,
    /// How many more things are wrong than are named.
    pub more: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
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
    /// The raw answers of the server, and what they come to.
    Evidence,
    /// What a second person signed beside it.
    Approval,
}

/// A record of which every file is what was signed; more is not known of it.
#[derive(Debug)]
pub struct IntactRecord {
    /// What the record says about itself; nobody checked it against the other files.
    pub review: Review,
    /// The key that signed.
    pub key: SigningKey,
    /// The digest of `SHA256SUMS`, which stands for the whole record.
    pub sums: Digest,
}

/// A record that was verified. There is no other way to get one.
#[derive(Debug)]
pub struct VerifiedRecord {
    review: Review,
    campaign: Campaign,
    key: SigningKey,
    sums: Digest,
    approved: Option<Box<Approved>>,
    level: Level,
}

impl VerifiedRecord {
    /// How closely it was looked at.
    pub fn level(&self) -> Level {
        self.level
    }

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
            Self::Good { .. } | Self::Intact { .. } => 0,
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
            Self::Intact {
                signer: Signer::Known { .. },
                ..
            } => f.write_str(
                "intact: every file is what was signed, the signer is known; what follows from what was not looked at",
            ),
            Self::Intact {
                signer: Signer::Unknown,
                ..
            } => f.write_str(
                "intact, signer unknown: every file is what was signed; what follows from what was not looked at",
            ),
            Self::Bad(bad) => write!(f, "bad: {bad}"),
            Self::CouldNotTell { reason, .. } => write!(f, "could not tell: {reason}"),
        }
    }
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 16] = [
        Self::Files,
        Self::Sizes,
        Self::Signature,
        Self::Sums,
        Self::Review,
        Self::Signer,
        Self::Hashes,
        Self::Population,
        Self::Policy,
        Self::Earlier,
        Self::Journal,
        Self::Decisions,
        Self::Merkle,
        Self::Totals,
        Self::Evidence,
        Self::Approval,
    ];

    /// What it checks, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Files => "all files of a record are there, as plain files, and nothing else",
            Self::Sizes => {
                "no file is larger than a record's can be, and each has the size that was signed"
            }
            Self::Signature => "the signature fits the exact bytes of SHA256SUMS",
            Self::Sums => "SHA256SUMS lists exactly the other files",
            Self::Review => "review.json can be read and names the key that signed",
            Self::Signer => {
                "the key may sign: the list of signers allows it, and it is not revoked"
            }
            Self::Hashes => "every file has the digest that was signed",
            Self::Population => {
                "accounts, resources and grants are the snapshot the review was opened on"
            }
            Self::Policy => "the rules the review was opened under can be read",
            Self::Earlier => "what the previous record decided is about this population",
            Self::Journal => {
                "the entries are a chain, each may follow the one before, and the last one attests"
            }
            Self::Decisions => "each decision is the one the journal leads to",
            Self::Merkle => "the Merkle root is that of the grants and decisions",
            Self::Totals => "review.json says what the journal and the files come to",
            Self::Evidence => {
                "the raw answers of the server come to this population, and nothing was dropped or added"
            }
            Self::Approval => {
                "where somebody approved the record, it was another person with another key"
            }
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
            Self::Evidence => "evidence",
            Self::Approval => "approval",
        })
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_finding(f, self.file.as_deref(), self.line, &self.reason)?;
        match self.further.len() as u64 + self.more {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_finding(f, self.file.as_deref(), self.line, &self.reason)
    }
}

fn write_finding(
    f: &mut fmt::Formatter<'_>,
    file: Option<&str>,
    line: Option<u64>,
    reason: &str,
) -> fmt::Result {
    match (file, line) {
        (Some(file), Some(line)) => write!(f, "{file}, line {line}: {reason}"),
        (Some(file), None) => write!(f, "{file}: {reason}"),
        (None, _) => f.write_str(reason),
    }
}

impl Finding {
    fn at(file: &str, line: u64, reason: String) -> Self {
        Self {
            file: Some(file.to_owned()),
            line: Some(line),
            reason,
        }
    }

    /// The same, safe to show: the words may quote the record, and whoever made it may want to write on the reader's
    /// screen.
    fn safe(self) -> Self {
        Self {
            reason: SafeText::of(&self.reason).to_string(),
            ..self
        }
    }
}

impl Bad {
    fn of(stage: Stage, finding: Finding) -> Self {
        Self {
            stage,
            file: finding.file,
            line: finding.line,
            reason: finding.reason,
            further: Vec::new(),
            more: 0,
        }
    }

    /// Everything that is wrong and named.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let first = Finding {
            file: self.file.clone(),
            line: self.line,
            reason: self.reason.clone(),
        };
        std::iter::once(first).chain(self.further.iter().cloned())
    }
}

/// Verifies the record in `folder`, with the usual questions and one hand.
///
/// `signers` is the auditor's own list, never one from the record; without it a good record's signer is unknown.
/// `at` is the time at which the list must allow the signer: nothing in a record proves when it was signed.
pub fn verify(folder: &dyn Folder, signers: Option<&AllowedSigners>, at: Timestamp) -> Verdict {
    verify_as(folder, &Inquiry::at(at).with(signers))
}

/// As [`verify()`], with a crew to do what can be done at the same time. The order of the stages is the same: nothing is
/// parsed before it is authenticated.
pub fn verify_with(
    crew: &dyn Crew,
    folder: &dyn Folder,
    signers: Option<&AllowedSigners>,
    at: Timestamp,
) -> Verdict {
    let inquiry = Inquiry {
        crew,
        ..Inquiry::at(at).with(signers)
    };
    verify_as(folder, &inquiry)
}

/// Answers all that `inquiry` asks about the record in `folder`.
pub fn verify_as(folder: &dyn Folder, inquiry: &Inquiry<'_>) -> Verdict {
    let trail = Trail::new();
    match judge(folder, inquiry, &trail) {
        Ok(verdict) => verdict,
        Err(Stop::Bad(bad)) => {
            let further = bad.further.into_iter().map(Finding::safe).collect();
            Verdict::Bad(Bad {
                reason: SafeText::of(&bad.reason).to_string(),
                further,
                ..bad
            })
        }
        Err(Stop::CouldNotTell(reason)) => Verdict::CouldNotTell {
            stage: trail.stage(),
            reason: SafeText::of(&reason).to_string(),
        },
    }
}

/// Why verification ends before a record is known to be good.
enum Stop {
    Bad(Bad),
    CouldNotTell(String),
}

fn judge(folder: &dyn Folder, inquiry: &Inquiry<'_>, trail: &Trail) -> Result<Verdict, Stop> {
    trail.enter(Stage::Files);
    let reading = Reading::begin(folder)?;

    trail.enter(Stage::Signature);
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

    trail.enter(Stage::Sums);
    // Other files cannot be here, so another name in the list is never the mark of a newer version.
    let sums = record::parse_sums(&sums_bytes)
        .map_err(|error| Stop::bad_line(Stage::Sums, &error, record::SUMS))?;

    reading.same_optional(&sums)?;

    trail.enter(Stage::Review);
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
    trail.enter(Stage::Signer);
    let signer = standing(
        inquiry,
        (review.reviewer.principal.raw(), record::NAMESPACE, &key),
        (review.sealed_at, "it was sealed"),
    );
    if let Some(Answer::No(why)) = signer {
        return Err(Stop::bad(Stage::Signer, record::SIGNATURE, why));
    }
    reading.exact_sizes(&review.contents.bytes)?;

    trail.enter(Stage::Hashes);
    hashes(inquiry.crew, &reading, &sums)?;

    // A record that is broken is bad, whoever signed it; only after all else does the doubt about the signer count.
    let signer = || match signer {
        None => Ok(Signer::Unknown),
        Some(Answer::Yes { line }) => Ok(Signer::Known { line }),
        Some(Answer::CouldNotTell(why) | Answer::No(why)) => {
            trail.enter(Stage::Signer);
            Err(Stop::CouldNotTell(why))
        }
    };
    let digest = Digest::of(&sums_bytes);
    if inquiry.level == Level::Quick {
        let signer = signer()?;
        let record = IntactRecord {
            review,
            key,
            sums: digest,
        };
        return Ok(Verdict::Intact {
            record: Box::new(record),
            signer,
        });
    }

    let campaign = contents::check(inquiry.crew, trail, &reading, &sums, &review, &review_bytes)?;
    if inquiry.level == Level::Deep {
        trail.enter(Stage::Evidence);
        let begin = inquiry
            .reread
            .ok_or_else(|| Stop::CouldNotTell("nobody here can read the raw answers".to_owned()))?;
        evidence::check(&reading, &sums, &review, &campaign, begin)?;
    }
    trail.enter(Stage::Approval);
    let of = approval::Of {
        review: &review,
        sums: &sums_bytes,
    };
    let approved = approval::check(&reading, &of, inquiry)?;
    let signer = signer()?;
    let approved = match approved {
        Found::None => None,
        Found::Good(approved) => Some(approved),
        Found::Doubt(why) => return Err(Stop::CouldNotTell(why)),
    };
    let record = VerifiedRecord {
        review,
        campaign,
        key,
        sums: digest,
        approved,
        level: inquiry.level,
    };
    Ok(Verdict::Good {
        record: Box::new(record),
        signer,
    })
}

/// What the auditor's lists say of a key that signed as `principal` for a purpose; `None` without a list that says
/// anything. The signature claims the time and the deed in `claimed`.
fn standing(
    inquiry: &Inquiry<'_>,
    (principal, namespace, key): (&str, &str, &SigningKey),
    (claimed, deed): (Timestamp, &str),
) -> Option<Answer> {
    if let Some(why) = inquiry.revoked.and_then(|revoked| revoked.revokes(key)) {
        return Some(Answer::No(why.to_owned()));
    }
    let signers = inquiry.signers?;
    let may_sign = |at| signers.may_sign(principal, namespace, key, at);
    Some(match may_sign(inquiry.at) {
        // Keys are replaced, and the records they signed are kept. But the time is only claimed.
        Answer::No(why) if !inquiry.at_is_known && claimed <= inquiry.at => match may_sign(claimed)
        {
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
        Self::Bad(Bad::of(
            stage,
            Finding {
                file: Some(SafeText::of(file).to_string()),
                line: None,
                reason,
            },
        ))
    }

    fn bad_at(stage: Stage, file: &str, line: u64, reason: impl Into<String>) -> Self {
        Self::Bad(Bad::of(stage, Finding::at(file, line, reason.into())))
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
            } => Self::bad_at(stage, file, *line, problem.to_string()),
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
