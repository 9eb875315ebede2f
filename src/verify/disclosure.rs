//! Do these few lines belong to a record that its reviewer signed?
//!
//! A disclosure has no other line of the record, so only this is judged: the signature over `SHA256SUMS`, that `roots.json`
//! and the instructions are the ones listed there, and that each line leads to a root. Whether the record as a whole
//! is in order, only the record tells.

use std::io::Read as _;

use super::{
    Bad, Folder, Inquiry, Signer, Stage, Stop,
    allowed_signers::{AllowedSigners, Answer},
    signature::{self, Fault, SigningKey},
    standing,
};
use crate::{
    domain::{Digest, text::SafeText, time::Timestamp},
    format::{
        disclosure::{self, DISCLOSED, PROOFS, Proof},
        merkle,
        record::{self, Roots},
    },
};

/// What came of judging a disclosure.
#[derive(Debug)]
pub enum Verdict {
    /// The lines belong to the record that was signed.
    Belongs {
        /// What is now known to be true.
        disclosure: Box<Disclosure>,
        /// What is known of the one who signed.
        signer: Signer,
    },
    /// It is not what it claims to be.
    Bad(Bad),
    /// Neither can be said.
    CouldNotTell {
        /// Why, in words; safe to show.
        reason: String,
    },
}

/// A disclosure that was judged. There is no other way to get one.
#[derive(Debug)]
pub struct Disclosure {
    roots: Roots,
    key: SigningKey,
    sums: Digest,
    parts: Vec<Part>,
}

/// Lines that belong to the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which tree they are in.
    pub tree: merkle::Of,
    /// Which line of their file it is, from 1; for an item its number.
    pub number: u64,
    /// The lines: those of the grant and of the decision, or the one of an account or resource.
    pub lines: Vec<String>,
}

impl Disclosure {
    /// Which record it is of.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// The key that signed the record.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The digest of the record's `SHA256SUMS`.
    pub fn sums(&self) -> Digest {
        self.sums
    }

    /// What is disclosed: items, then accounts, then resources.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Verdict {
    /// 0 when the lines belong to the record, 1 for bad, 2 when nobody can tell.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Belongs { .. } => 0,
            Self::Bad(_) => 1,
            Self::CouldNotTell { .. } => 2,
        }
    }
}

/// Whether `folder` looks like a disclosure, and not like a whole record.
pub fn is_one(folder: &dyn Folder) -> bool {
    folder
        .entries()
        .is_ok_and(|entries| entries.iter().any(|entry| entry.name == PROOFS))
}

/// Judges the disclosure in `folder`; the rest is as for [`verify`](super::verify()).
pub fn verify(folder: &dyn Folder, signers: Option<&AllowedSigners>, at: Timestamp) -> Verdict {
    verify_as(folder, &Inquiry::at(at).with(signers))
}

/// The same with all that can be asked about a signer.
pub fn verify_as(folder: &dyn Folder, inquiry: &Inquiry<'_>) -> Verdict {
    match judge(folder, inquiry) {
        Ok((disclosure, signer)) => Verdict::Belongs {
            disclosure: Box::new(disclosure),
            signer,
        },
        Err(Stop::Bad(bad)) => Verdict::Bad(Bad {
            reason: SafeText::of(&bad.reason).to_string(),
            ..bad
        }),
        Err(Stop::CouldNotTell(reason)) => Verdict::CouldNotTell {
            reason: SafeText::of(&reason).to_string(),
        },
    }
}

fn judge(folder: &dyn Folder, inquiry: &Inquiry<'_>) -> Result<(Disclosure, Signer), Stop> {
    closed(folder)?;
    let sums_bytes = read(folder, record::SUMS)?;
    let key = signature::check(
        &read(folder, record::SIGNATURE)?,
        record::NAMESPACE,
        &sums_bytes,
    )
    .map_err(|fault| match fault {
        Fault::Bad(why) => Stop::bad(Stage::Signature, record::SIGNATURE, why),
        Fault::Unsupported(why) => Stop::CouldNotTell(why),
    })?;
    let sums = record::parse_sums(&sums_bytes)
        .map_err(|error| Stop::bad_line(Stage::Sums, &error, record::SUMS))?;
    let listed = |name: &'static str| {
        let bytes = read(folder, name)?;
        if sums.get(name) == Some(Digest::of(&bytes)) {
            Ok(bytes)
        } else {
            let why = "its digest is not the one that was signed".to_owned();
            Err(Stop::bad(Stage::Hashes, name, why))
        }
    };
    listed(record::README)?;
    let roots =
        Roots::parse(&listed(record::ROOTS)?).map_err(|error| Stop::of(Stage::Review, &error))?;
    if (&roots.key_fingerprint, &roots.key_type) != (&key.fingerprint, &key.key_type) {
        return Err(Stop::bad(
            Stage::Review,
            record::ROOTS,
            format!(
                "it names another key than the one that signed, {} {}",
                key.key_type, key.fingerprint
            ),
        ));
    }
    let parts = parts(&roots, &read(folder, PROOFS)?, &read(folder, DISCLOSED)?)?;
    let signer = match standing(
        inquiry,
        (roots.principal.raw(), record::NAMESPACE, &key),
        (roots.sealed_at, "it was sealed"),
    ) {
        None => Signer::Unknown,
        Some(Answer::Yes { line }) => Signer::Known { line },
        Some(Answer::No(why)) => {
            return Err(Stop::bad(Stage::Signer, record::SIGNATURE, why));
        }
        Some(Answer::CouldNotTell(why)) => return Err(Stop::CouldNotTell(why)),
    };
    let disclosure = Disclosure {
        roots,
        key,
        sums: Digest::of(&sums_bytes),
        parts,
    };
    Ok((disclosure, signer))
}

/// Checks that the files are exactly those of a disclosure, and none is too large.
fn closed(folder: &dyn Folder) -> Result<(), Stop> {
    let entries = folder
        .entries()
        .map_err(|source| Stop::unreadable("the folder", &source))?;
    for entry in &entries {
        let bad = |stage, why: &str| Err(Stop::bad(stage, &entry.name, why.to_owned()));
        let Some(limit) = disclosure::limit(&entry.name) else {
            return bad(Stage::Files, "it does not belong to a disclosure");
        };
        if !entry.regular {
            return bad(Stage::Files, "it is not a regular file");
        }
        if entry.size > limit {
            return bad(Stage::Sizes, "it is larger than such a file can be");
        }
    }
    let there = |name: &&str| entries.iter().any(|entry| entry.name == **name);
    match disclosure::FILES.iter().find(|name| !there(name)) {
        Some(name) => Err(Stop::bad(Stage::Files, name, "it is missing".to_owned())),
        None => Ok(()),
    }
}

/// A file as a whole, within its limit.
fn read(folder: &dyn Folder, name: &'static str) -> Result<Vec<u8>, Stop> {
    let limit = disclosure::limit(name).unwrap_or(0);
    let mut bytes = Vec::new();
    folder
        .open(name)
        .and_then(|input| input.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|source| Stop::unreadable(name, &source))?;
    if bytes.len() as u64 > limit {
        return Err(Stop::changed(name));
    }
    Ok(bytes)
}

/// Leads each disclosed line to its root.
fn parts(roots: &Roots, proofs: &[u8], disclosed: &[u8]) -> Result<Vec<Part>, Stop> {
    let proofs =
        disclosure::parse_proofs(proofs).map_err(|error| Stop::of(Stage::Merkle, &error))?;
    let text = std::str::from_utf8(disclosed)
        .map_err(|_| Stop::bad(Stage::Merkle, DISCLOSED, "it is not text".to_owned()))?;
    let (mut lines, mut line) = (text.split_inclusive('\n'), 0u64);
    let mut parts = Vec::new();
    for proof in proofs {
        let of_it: Vec<&str> = lines.by_ref().take(proof.tree.lines()).collect();
        let first = line + 1;
        line += of_it.len() as u64;
        if of_it.len() < proof.tree.lines() || !leads(roots, &proof, &of_it) {
            return Err(Stop::Bad(Bad {
                stage: Stage::Merkle,
                file: Some(DISCLOSED.to_owned()),
                line: Some(first),
                reason: format!(
                    "it is not line {} of the record's {}",
                    proof.number,
                    proof.tree.word()
                ),
                further: Vec::new(),
                more: 0,
            }));
        }
        parts.push(Part {
            tree: proof.tree,
            number: proof.number,
            lines: of_it
                .into_iter()
                .map(|line| line.trim_end_matches('\n').to_owned())
                .collect(),
        });
    }
    if lines.next().is_some() {
        return Err(Stop::Bad(Bad {
            stage: Stage::Merkle,
            file: Some(DISCLOSED.to_owned()),
            line: Some(line + 1),
            reason: "nothing proves that it belongs to the record".to_owned(),
            further: Vec::new(),
            more: 0,
        }));
    }
    Ok(parts)
}

fn leads(roots: &Roots, proof: &Proof, lines: &[&str]) -> bool {
    let Some(index) = proof.number.checked_sub(1) else {
        return false;
    };
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    let leaf = merkle::leaf(proof.salt, &lines);
    roots.trunk(proof.tree).holds(index, leaf, &proof.path)
}
