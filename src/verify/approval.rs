//! Whether a second person approved a record: their signatures, and what they say beside it.
//!
//! It is looked at when the record itself was found in order, so whatever is wrong here is wrong with the approval alone.

use super::{
    Signer, Stage, Stop,
    allowed_signers::Answer,
    inquiry::Inquiry,
    reading::Reading,
    signature::{self, Fault, SigningKey},
    standing,
};
use crate::{
    domain::{Digest, provenance::Reader},
    format::{
        approval::Approval,
        record::{self, Review},
    },
};

/// A good approval of a good record.
#[derive(Debug)]
pub struct Approved {
    approval: Approval,
    key: SigningKey,
    approver: Signer,
}

impl Approved {
    /// What the approver says. Its time is their own claim.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// The key that signed.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// What is known of the one who approved.
    pub fn approver(&self) -> Signer {
        self.approver
    }

    /// Who approved and whether they are known, in a few words; not safe to show.
    pub fn words(&self) -> String {
        let who = self.approval.approver.principal.raw();
        match self.approver {
            Signer::Known { .. } => format!("approved by {who}"),
            Signer::Unknown => format!("approved by {who}, whom no list names"),
        }
    }
}

/// Whether two principals are the same person's, as far as their names tell.
pub fn same_principal(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Why a token cannot be the approver's own, when it was used by whoever made the record.
pub fn not_their_own(reader: &Reader, review: &Review) -> Option<&'static str> {
    if *reader == Reader::Unknown {
        return None;
    }
    let own = review.reviewer.account.as_deref();
    if own.is_some() && reader.account().map(|id| &*id.0) == own {
        Some("the organization was read again with the reviewer's own token")
    } else if *reader == review.provenance.reader {
        Some("the organization was read again with a token of whoever read it for the review")
    } else {
        None
    }
}

/// The parts of the record that an approval is about.
pub(super) struct Of<'a> {
    pub(super) review: &'a Review,
    pub(super) sums: &'a [u8],
}

/// What is found of an approval, before it is known whether the list has its last word.
pub(super) enum Found {
    None,
    Good(Box<Approved>),
    /// It is sound, and nobody can tell whether its approver may sign; why.
    Doubt(String),
}

/// Checks the approval of a record that is in order, where there is one.
pub(super) fn check(
    reading: &Reading<'_>,
    of: &Of<'_>,
    inquiry: &Inquiry<'_>,
) -> Result<Found, Stop> {
    let there = record::APPROVED.map(|name| reading.has(name));
    if !there.contains(&true) {
        return Ok(Found::None);
    }
    if let Some((name, _)) = record::APPROVED.iter().zip(there).find(|(_, there)| !there) {
        return Err(bad(
            name,
            "it is missing: the approval was not finished, or a part of it was taken away",
        ));
    }
    let key = signed(reading, record::APPROVER_SIGNATURE, of.sums)?;
    let bytes = reading.small(record::APPROVAL)?;
    let also = signed(reading, record::APPROVAL_SIGNATURE, &bytes)?;
    if (&also.fingerprint, &also.key_type) != (&key.fingerprint, &key.key_type) {
        return Err(bad(
            record::APPROVAL_SIGNATURE,
            &format!(
                "another key made it than {}: {} {}",
                record::APPROVER_SIGNATURE,
                also.key_type,
                also.fingerprint
            ),
        ));
    }
    let approval = Approval::parse(&bytes).map_err(|error| Stop::of(Stage::Approval, &error))?;
    follows(&approval, &key, of)?;
    let principal = approval.approver.principal.raw();
    let approver = match standing(
        inquiry,
        (principal, record::NAMESPACE_APPROVE, &key),
        (approval.approved_at, "it was approved"),
    ) {
        None => Signer::Unknown,
        Some(Answer::Yes { line }) => Signer::Known { line },
        Some(Answer::No(why)) => return Err(bad(record::APPROVER_SIGNATURE, &why)),
        Some(Answer::CouldNotTell(why)) => {
            return Ok(Found::Doubt(format!("about the approval: {why}")));
        }
    };
    Ok(Found::Good(Box::new(Approved {
        approval,
        key,
        approver,
    })))
}

/// The key that made the approver's signature in the file `name` over `message`.
fn signed(reading: &Reading<'_>, name: &'static str, message: &[u8]) -> Result<SigningKey, Stop> {
    let signature = reading.small(name)?;
    signature::check(&signature, record::NAMESPACE_APPROVE, message).map_err(|fault| match fault {
        Fault::Bad(why) => bad(name, &why),
        Fault::Unsupported(why) => Stop::CouldNotTell(format!("about the approval: {why}")),
    })
}

/// Whether the approval is of this record, by this key, and by somebody else than the reviewer.
fn follows(approval: &Approval, key: &SigningKey, of: &Of<'_>) -> Result<(), Stop> {
    let (review, approver) = (of.review, &approval.approver);
    let wrong = |why: &str| Err(bad(record::APPROVAL, why));
    if approval.sums != Digest::of(of.sums) || approval.record_id != review.record_id {
        return wrong("it is about another record");
    }
    if (&approver.key_fingerprint, &approver.key_type) != (&key.fingerprint, &key.key_type) {
        return wrong(&format!(
            "it names another key than the one that signed, {} {}",
            key.key_type, key.fingerprint
        ));
    }
    if key.fingerprint == review.reviewer.key_fingerprint {
        return wrong("the reviewer's own key approved");
    }
    if same_principal(approver.principal.raw(), review.reviewer.principal.raw()) {
        return wrong("the reviewer approved their own review");
    }
    if let Some(reread) = &approval.reread {
        if reread.since != review.provenance.ended {
            return wrong("it compares with another snapshot than the record's");
        }
        if let Some(why) = not_their_own(&reread.reader, review) {
            return wrong(why);
        }
    }
    Ok(())
}

fn bad(file: &'static str, why: &str) -> Stop {
    Stop::bad(
        Stage::Approval,
        file,
        format!("the approval is bad, the record itself is in order: {why}"),
    )
}
