//! Making the record: attest, sign, write it, judge it as an auditor would, close the review.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    command::{
        Context, elapsed_ms, failure, keys::random, now, review::explain, thousands, verify,
        version, with, writer,
    },
    domain::{
        Digest,
        campaign::Campaign,
        check::{self, Flag, Rule},
        journal::{Attested, Entry, Event},
        seal::statement,
        text::Raw,
        time::Timestamp,
    },
    format::{
        merkle::Salts,
        record::{Seal, Tool},
    },
    signing::{self, Signer},
    store::{Review, Store},
    verify::Verdict,
};

/// What is done when the files of the record are written.
const WRITING: &str = "writing the record";

/// How often it is told how far the writing and the judging are.
const TOLD_EACH_MS: u64 = 500;

/// What is to be sealed, apart from the review and the key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealing<'a> {
    pub(crate) principal: &'a str,
    /// For each flag that is waived on the way, why.
    pub(crate) waive: &'a [(Rule, String)],
    /// The statement as a person saw and confirmed it; checked against what is true now.
    pub(crate) confirmed: Option<&'a str>,
    /// The folder in which the record is made, instead of the usual one.
    pub(crate) out: Option<&'a Path>,
}

/// Sealing goes on.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// What is being done.
    Doing(&'a str),
    /// An entry that was written.
    Written(&'a Entry),
}

/// Tells how far something is that several hands work on.
struct Telling<'a>(Mutex<(&'a mut Tell<'a>, u64)>);

/// Whom it is told.
type Tell<'a> = dyn FnMut(Step<'_>) + Send + 'a;

impl<'a> Telling<'a> {
    fn new(tell: &'a mut (dyn FnMut(Step<'_>) + Send)) -> Self {
        Self(Mutex::new((tell, elapsed_ms())))
    }

    /// Tells what begins now.
    fn at_once(&self, what: &str) {
        let mut telling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        telling.1 = elapsed_ms();
        (telling.0)(Step::Doing(what));
    }

    /// Tells how far it is, unless something was told a moment ago.
    fn now_and_then(&self, how_far: impl FnOnce() -> String) {
        let mut telling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if elapsed_ms() >= telling.1 + TOLD_EACH_MS {
            telling.1 = elapsed_ms();
            (telling.0)(Step::Doing(&how_far()));
        }
    }
}

/// A record that was made.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) record: PathBuf,
    pub(super) principal: String,
    pub(super) key_fingerprint: String,
    /// The public key, as in a list of signers.
    pub(super) key: String,
}

/// Closes `review` with the record that was signed right before the program stopped, if there is one among the
/// records or in `out`. Without this a second record would be made of the same review.
pub(crate) fn resume(
    context: &Context,
    review: &mut Review,
    out: Option<&Path>,
) -> anyhow::Result<Option<Sealed>> {
    let last = review.campaign().entries().last();
    if !last.is_some_and(|entry| matches!(entry.event, Event::Attested(_))) {
        return Ok(None);
    }
    let mut records = context.store.records().map_err(explain)?;
    if let Some(out) = out {
        records.extend(Store::records_in(out).map_err(explain)?);
    }
    for listed in records.iter().filter(|listed| listed.is_of(review)) {
        // A record that does not verify is no reason not to make a good one.
        let verdict = verify::judge(&listed.path, None, &|_| ())?;
        let Verdict::Good { record, .. } = verdict else {
            continue;
        };
        let sealed = Event::Sealed {
            record: listed.name.clone(),
            sums: record.sums(),
        };
        let by = writer(review.campaign());
        review.append(sealed, now(), &by).map_err(explain)?;
        return Ok(Some(Sealed {
            record: listed.path.clone(),
            principal: record.review().reviewer.principal.raw().to_owned(),
            key_fingerprint: record.key().fingerprint.clone(),
            key: record.key().openssh(),
        }));
    }
    Ok(None)
}

/// Seals `review`: writes the attestation, the record and its signature, judges the record as an auditor
/// would, and closes the review.
pub(crate) fn seal_review(
    context: &Context,
    review: &mut Review,
    sealing: &Sealing<'_>,
    signer: &dyn Signer,
    tell: &mut (dyn FnMut(Step<'_>) + Send),
) -> anyhow::Result<Sealed> {
    if let Some(sealed) = resume(context, review, sealing.out)? {
        let last = review.campaign().entries().last();
        tell(Step::Written(last.expect("a review has entries")));
        return Ok(sealed);
    }
    let (by, at) = (writer(review.campaign()), now());
    let waivers = ready(review.campaign(), sealing, at)?;
    let words = words(review.campaign(), &waivers, sealing.principal, at)?;
    if sealing
        .confirmed
        .is_some_and(|confirmed| confirmed != words)
    {
        return Err(failure(
            "the review changed after the attestation was shown",
            "read it again and confirm it again",
        ));
    }
    tell(Step::Doing("writing the attestation"));
    for event in waivers {
        let entry = review.append(event, at, &by).map_err(explain)?;
        tell(Step::Written(&entry));
    }
    let attested = Event::Attested(Box::new(Attested {
        statement: words,
        principal: Raw::from(sealing.principal),
        progress: review.campaign().progress(),
    }));
    let entry = review.append(attested, at, &by).map_err(explain)?;
    tell(Step::Written(&entry));

    let public = signer.public();
    let sealed_at = now();
    let seal = Seal {
        record_id: record_id(sealed_at.ms(), random()?),
        sealed_at,
        key_fingerprint: public.fingerprint.clone(),
        key_type: public.key_type.clone(),
        tool: Tool {
            name: "muster".to_owned(),
            version: version(),
        },
        salts: Salts(Digest(random()?)),
    };
    let folder = sealing
        .out
        .map_or_else(|| context.store.records_folder(), Path::to_owned);
    // A name has at most 64 characters, and the day and a number follow.
    let review_name: String = review.campaign().opened().review.chars().take(48).collect();
    let name = free_name(&folder, &format!("{review_name}-{}", sealed_at.day()));
    tell(Step::Doing(WRITING));
    let items = thousands(review.campaign().snapshot().len() as u64);
    let telling = Telling::new(tell);
    let written = review.write_record_telling(
        &name,
        sealing.out,
        seal,
        &|done| telling.now_and_then(|| format!("{WRITING}: {} of {items} items", thousands(done))),
        &mut |sums| {
            telling.at_once("waiting for the signature: if your key wants a touch, touch it");
            sign(signer, signing::NAMESPACE_REVIEW, sums)
        },
    );
    let written = written.map_err(explain)?;

    telling.at_once(verify::CHECKING);
    let verdict = verify::judge(&written.path, None, &|bytes| {
        telling.now_and_then(|| verify::how_far(bytes));
    })?;
    if verdict.exit_code() != 0 {
        return Err(failure(
            format!(
                "the record at {} does not verify: {}",
                written.path.display(),
                verdict
            ),
            "the review stays open and nothing in it is lost; please report this",
        ));
    }
    let entry = review
        .append(
            Event::Sealed {
                record: name,
                sums: written.sums,
            },
            now(),
            &by,
        )
        .map_err(explain)?;
    tell(Step::Written(&entry));
    Ok(Sealed {
        record: written.path,
        principal: sealing.principal.to_owned(),
        key_fingerprint: public.fingerprint.clone(),
        key: public.openssh.clone(),
    })
}

/// Signs `message`, and makes sure that the answer is a signature of exactly this key: an agent or a changed key file
/// may answer with another one.
pub(crate) fn sign(signer: &dyn Signer, namespace: &str, message: &[u8]) -> anyhow::Result<String> {
    let signature = signer.sign(namespace, message)?;
    let key = verify::signing_key(&signature, namespace, message)?;
    let public = signer.public();
    anyhow::ensure!(
        (&key.fingerprint, &key.key_type) == (&public.fingerprint, &public.key_type),
        "the key that was chosen is {}, and {} signed",
        public.fingerprint,
        key.fingerprint
    );
    Ok(signature)
}

/// Whether the review can be sealed as `sealing` says; the answer is the waivers that are written on the way.
pub(super) fn ready(
    campaign: &Campaign,
    sealing: &Sealing<'_>,
    at: Timestamp,
) -> anyhow::Result<Vec<Event>> {
    if let Some(record) = campaign.sealed() {
        return Err(failure(
            format!("the review is sealed already, as {record}"),
            "a sealed record never changes; begin a new review with muster snapshot",
        ));
    }
    check_principal(sealing.principal)?;
    let flags = check::check(campaign, at);
    let reason = |flag: &Flag| {
        let told = sealing.waive.iter().find(|(rule, _)| *rule == flag.rule);
        let reason = Raw::from(told?.1.as_str());
        (flag.is_open() && !reason.is_blank()).then_some(reason)
    };
    let open = flags
        .iter()
        .filter(|flag| flag.stops() && reason(flag).is_none());
    let open: Vec<&Flag> = open.collect();
    if !open.is_empty() {
        return Err(refused(campaign, &open));
    }
    let waived = flags
        .iter()
        .filter_map(|flag| Some(flag.waive(reason(flag)?)));
    Ok(waived.collect())
}

/// Which flags stop the signature, and what to do about them.
fn refused(campaign: &Campaign, open: &[&Flag]) -> anyhow::Error {
    let told: Vec<String> = open.iter().map(|flag| flag.words()).collect();
    let name = &campaign.opened().review;
    let undecided = open.iter().any(|flag| flag.rule == Rule::Undecided);
    let also = if undecided {
        ", for undecided items also --allow-undecided REASON here"
    } else {
        ""
    };
    failure(
        told.join("; "),
        format!(
            "muster review {name} to settle it, or say why it may stand: muster check {name} --waive FLAG --reason REASON{also}"
        ),
    )
}

/// The statement as it is once `waivers` are written.
pub(super) fn words(
    campaign: &Campaign,
    waivers: &[Event],
    principal: &str,
    at: Timestamp,
) -> anyhow::Result<String> {
    let with = with(campaign, waivers, at)?;
    let campaign = with.as_ref().unwrap_or(campaign);
    Ok(statement(campaign, principal, &check::check(campaign, at)))
}

/// Whether the auditor's list of signers can name `principal`.
pub(crate) fn check_principal(principal: &str) -> anyhow::Result<()> {
    if principal.is_empty()
        || principal
            .chars()
            .any(|c| c.is_whitespace() || "\"',!*?".contains(c))
        // A line of that list which begins so is a comment, and two names may look the same.
        || principal.starts_with('#')
        || Raw::from(principal).has_hidden()
    {
        return Err(failure(
            "the one who signs is named by one plain word",
            "use an e-mail address, as the auditor's list of signers has it",
        ));
    }
    Ok(())
}

/// `name`, or `name.2` and so on when it is taken: a record is never written over.
fn free_name(folder: &Path, name: &str) -> String {
    let names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}.{n}")));
    names
        .into_iter()
        .find(|name| folder.join(name).symlink_metadata().is_err())
        .expect("numbers do not end")
}

/// A UUID of version 7 (RFC 9562): the time in its first 48 bits, then random ones.
fn record_id(ms: i64, random: [u8; 10]) -> String {
    let ms = u64::try_from(ms).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let id = u128::from_be_bytes(bytes);
    let part = |shift: u32, digits: u32| id >> shift & ((1 << (4 * digits)) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_is_a_uuid_of_version_7() {
        assert_eq!(
            record_id(0x0193_511e_7c00, [0xff; 10]),
            "0193511e-7c00-7fff-bfff-ffffffffffff"
        );
        assert_eq!(
            record_id(0, [0; 10]),
            "00000000-0000-7000-8000-000000000000"
        );
    }
}
