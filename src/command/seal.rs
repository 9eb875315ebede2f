//! `muster seal`: attest, sign, write the record, check it.

use std::{
    fs,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde_json::json;

use super::{
    Answer, Context, Hint as _, count, failure,
    keys::{self, Found, random},
    now,
    snapshot::eprint_line,
    verify, version, writer,
};
use crate::{
    domain::{
        campaign::Campaign,
        earlier,
        journal::{Attested, Entry, Event},
        origin::origin,
        seal::{Effort, statement},
        text::{Raw, SafeText},
    },
    format::record::{Seal, Tool},
    signing::{self, Signer},
    store::{Review, Store},
    verify::Verdict,
};

/// How to seal from the command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) principal: String,
    pub(crate) key: Key,
    pub(crate) passphrase_stdin: bool,
    pub(crate) out: Option<PathBuf>,
    pub(crate) undecided_reason: Option<String>,
    pub(crate) attest: bool,
    pub(crate) json: bool,
}

/// Which key was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// The agent's only key, else the usual file.
    Usual,
    File(PathBuf),
    Agent(Option<String>),
    New,
}

/// What is to be sealed, apart from the review and the key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealing<'a> {
    pub(crate) principal: &'a str,
    pub(crate) undecided_reason: Option<&'a str>,
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

/// A record that was made.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) record: PathBuf,
    principal: String,
    key_fingerprint: String,
    /// The public key, as in a list of signers.
    key: String,
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
    let mut records = context.store.records().map_err(super::review::explain)?;
    if let Some(out) = out {
        records.extend(Store::records_in(out).map_err(super::review::explain)?);
    }
    for listed in records.iter().filter(|listed| listed.is_of(review)) {
        // A record that does not verify is no reason not to make a good one.
        let verdict = verify::judge(&listed.path, None)?;
        let Verdict::Good { record, .. } = verdict else {
            continue;
        };
        let sealed = Event::Sealed {
            record: listed.name.clone(),
            sums: record.sums(),
        };
        let by = writer(review.campaign());
        review
            .append(sealed, now(), &by)
            .map_err(super::review::explain)?;
        return Ok(Some(Sealed {
            record: listed.path.clone(),
            principal: record.review().reviewer.principal.raw().to_owned(),
            key_fingerprint: record.key().fingerprint.clone(),
            key: record.key().openssh(),
        }));
    }
    Ok(None)
}

/// Says that a review was closed with a record that was there already.
pub(crate) fn tell_resumed(sealed: &Sealed) {
    eprint_line(&format!(
        "note: the record {} was signed before the program stopped; the review is closed with it now",
        sealed.record.display()
    ));
}

/// The line of the auditor's list by which `principal` may sign with `key`, which is in OpenSSH's form.
pub(crate) fn signer_line(principal: &str, key: &str) -> String {
    format!(
        "{principal} namespaces=\"{}\" {key}",
        signing::NAMESPACE_REVIEW
    )
}

/// Seals `review`: writes the attestation, the record and its signature, judges the record as an auditor
/// would, and closes the review.
pub(crate) fn seal_review(
    context: &Context,
    review: &mut Review,
    sealing: &Sealing<'_>,
    signer: &dyn Signer,
    tell: &mut dyn FnMut(Step<'_>),
) -> anyhow::Result<Sealed> {
    if let Some(sealed) = resume(context, review, sealing.out)? {
        let last = review.campaign().entries().last();
        tell(Step::Written(last.expect("a review has entries")));
        return Ok(sealed);
    }
    ready(review.campaign(), sealing)?;
    let by = writer(review.campaign());
    let words = statement(review.campaign(), sealing.principal);
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
    let attested = Event::Attested(Box::new(Attested {
        statement: words,
        principal: Raw::from(sealing.principal),
        progress: review.campaign().progress(),
        undecided_reason: sealing
            .undecided_reason
            .filter(|_| review.campaign().progress().undecided > 0)
            .map(Raw::from),
    }));
    let entry = review
        .append(attested, now(), &by)
        .map_err(super::review::explain)?;
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
    };
    let folder = sealing
        .out
        .map_or_else(|| context.store.records_folder(), Path::to_owned);
    // A name has at most 64 characters, and the day and a number follow.
    let review_name: String = review.campaign().opened().review.chars().take(48).collect();
    let name = free_name(&folder, &format!("{review_name}-{}", sealed_at.day()));
    tell(Step::Doing("writing the record"));
    let written = review.write_record(&name, sealing.out, seal, &mut |sums| {
        tell(Step::Doing(
            "waiting for the signature: if your key wants a touch, touch it",
        ));
        sign(signer, sums)
    });
    let written = written.map_err(super::review::explain)?;

    tell(Step::Doing("checking the record"));
    let verdict = verify::judge(&written.path, None)?;
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
        .map_err(super::review::explain)?;
    tell(Step::Written(&entry));
    Ok(Sealed {
        record: written.path,
        principal: sealing.principal.to_owned(),
        key_fingerprint: public.fingerprint.clone(),
        key: public.openssh.clone(),
    })
}

/// Signs `sums`, and makes sure that the answer is a signature of exactly this key: an agent or a changed key file
/// may answer with another one.
fn sign(signer: &dyn Signer, sums: &[u8]) -> anyhow::Result<String> {
    let signature = signer.sign(signing::NAMESPACE_REVIEW, sums)?;
    let key = verify::signing_key(&signature, sums)?;
    let public = signer.public();
    anyhow::ensure!(
        (&key.fingerprint, &key.key_type) == (&public.fingerprint, &public.key_type),
        "the key that was chosen is {}, and {} signed",
        public.fingerprint,
        key.fingerprint
    );
    Ok(signature)
}

/// Whether the review can be sealed as `sealing` says.
fn ready(campaign: &Campaign, sealing: &Sealing<'_>) -> anyhow::Result<()> {
    if let Some(record) = campaign.sealed() {
        return Err(failure(
            format!("the review is sealed already, as {record}"),
            "a sealed record never changes; begin a new review with muster snapshot",
        ));
    }
    check_principal(sealing.principal)?;
    let no_reason = sealing
        .undecided_reason
        .is_none_or(|reason| Raw::from(reason).is_blank());
    if campaign.progress().undecided > 0 && no_reason {
        let name = &campaign.opened().review;
        return Err(failure(
            undecided_words(campaign),
            format!("muster review {name}, or say why they stay open: --allow-undecided REASON"),
        ));
    }
    Ok(())
}

/// Whether the auditor's list of signers can name `principal`.
fn check_principal(principal: &str) -> anyhow::Result<()> {
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

/// What is undecided, and whose it is.
fn undecided_words(campaign: &Campaign) -> String {
    let own = Effort::of(campaign).own_undecided;
    let whose = if own > 0 {
        format!(", {own} of them your own access, which another reviewer decides")
    } else {
        String::new()
    };
    let undecided = count(campaign.progress().undecided, "item is", "items are");
    format!("{undecided} undecided{whose}")
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

/// Seals as the command line says.
pub(crate) fn seal(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let mut review = super::review::open(context, &options.name)?;
    if let Some(sealed) = resume(context, &mut review, options.out.as_deref())? {
        tell_resumed(&sealed);
        return Ok(told(context, &sealed, options.json));
    }
    let mut undecided_reason = options.undecided_reason.clone();
    if undecided_reason.is_none()
        && review.campaign().progress().undecided > 0
        && !options.attest
        && io::stdin().is_terminal()
    {
        let left = undecided_words(review.campaign());
        undecided_reason = ask(&format!("{left}. Why do they stay open"))?;
    }
    let mut sealing = Sealing {
        principal: &options.principal,
        undecided_reason: undecided_reason.as_deref(),
        confirmed: None,
        out: options.out.as_deref(),
    };
    ready(review.campaign(), &sealing)?;
    let passphrase = passphrase(options)?;
    let found = choose(context, &options.key)?;
    if found.lost {
        eprint_line(
            "note: a key was made here before and is gone; this is another one, which the auditor's list of signers does not have",
        );
    }
    let words = statement(review.campaign(), &options.principal);
    show(review.campaign(), &words);
    if !options.attest && !confirm(&options.name)? {
        return Err(failure(
            "the attestation was not confirmed; nothing was sealed",
            "in a script, confirm it with --attest",
        ));
    }
    sealing.confirmed = Some(&words);
    let passphrase = match passphrase {
        None if found.needs_passphrase && io::stdin().is_terminal() => Some(SecretString::from(
            rpassword::prompt_password("Passphrase of the key (not shown): ")?,
        )),
        passphrase => passphrase,
    };
    let signer = found.signer(&context.places, passphrase.as_ref())?;
    let sealed = seal_review(context, &mut review, &sealing, &*signer, &mut tell_doing)?;
    Ok(told(context, &sealed, options.json))
}

fn told(context: &Context, sealed: &Sealed, as_json: bool) -> Answer {
    let record = sealed.record.display().to_string();
    let (principal, fingerprint, key) = (&sealed.principal, &sealed.key_fingerprint, &sealed.key);
    if as_json {
        let answer = json!({
            "record": record,
            "principal": principal,
            "key_fingerprint": fingerprint,
            "key": key,
        });
        return Answer::done(super::json_line(&answer));
    }
    let record = SafeText::of(&record);
    let line = signer_line(principal, key);
    Answer::done(format!(
        "{record}\n\nsigned by {principal} with {fingerprint}\nThe line for the auditor's list of signers:\n  {line}\nNext: {}\n",
        context.again(&format!("verify {record}"))
    ))
}

/// Asks for everything that sealing needs, as lines, and seals. `None`: the person left it.
pub(crate) fn ask_and_seal(
    context: &Context,
    review: &mut Review,
    keys: &[Found],
) -> anyhow::Result<Option<Answer>> {
    let progress = review.campaign().progress();
    let principal = loop {
        let Some(principal) = ask("Who signs: one word, such as your e-mail address")? else {
            return Ok(None);
        };
        match check_principal(&principal) {
            Ok(()) => break principal,
            Err(error) => eprint_line(&super::sentences(&error)),
        }
    };
    let mut undecided_reason = None;
    if progress.undecided > 0 {
        let left = undecided_words(review.campaign());
        undecided_reason = ask(&format!("{left}. Why do they stay open"))?;
        if undecided_reason.is_none() {
            return Ok(None);
        }
    }
    for (place, key) in keys.iter().enumerate() {
        let (number, place, fingerprint) = (place + 1, key.place, &key.fingerprint);
        eprint_line(&format!("{number}  {}, {place} {fingerprint}", key.label));
    }
    let found = loop {
        let Some(number) = ask("Which key signs: its number")? else {
            return Ok(None);
        };
        let place = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        match place.and_then(|place| keys.get(place)) {
            Some(found) => break found,
            None => eprint_line(&format!("There are keys 1 to {}.", keys.len())),
        }
    };
    let words = statement(review.campaign(), &principal);
    show(review.campaign(), &words);
    let name = review.campaign().opened().review.clone();
    match ask(&format!(
        "Type the review's name to confirm and sign ({name})"
    ))? {
        Some(typed) if typed == name => {}
        _ => return Ok(None),
    }
    let passphrase = if found.needs_passphrase {
        Some(SecretString::from(rpassword::prompt_password(
            "Passphrase of the key (not shown): ",
        )?))
    } else {
        None
    };
    let signer = found.signer(&context.places, passphrase.as_ref())?;
    let sealing = Sealing {
        principal: &principal,
        undecided_reason: undecided_reason.as_deref(),
        confirmed: Some(&words),
        out: None,
    };
    let sealed = seal_review(context, review, &sealing, &*signer, &mut tell_doing)?;
    Ok(Some(told(context, &sealed, false)))
}

/// Says on stderr what is being done.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is called as sealing calls back"
)]
fn tell_doing(step: Step<'_>) {
    if let Step::Doing(what) = step {
        eprint_line(what);
    }
}

/// A line from a person; an empty one means that they leave it.
fn ask(question: &str) -> anyhow::Result<Option<String>> {
    let mut err = io::stderr().lock();
    write!(err, "{question} (an empty line goes back): ")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let answer = line.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

fn passphrase(options: &Options) -> anyhow::Result<Option<SecretString>> {
    if !options.passphrase_stdin {
        return Ok(None);
    }
    if !options.attest {
        return Err(failure(
            "standard input cannot give the passphrase and confirm the attestation",
            "add --attest",
        ));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Some(SecretString::from(
        line.trim_end_matches(['\r', '\n']).to_owned(),
    )))
}

fn choose(context: &Context, key: &Key) -> anyhow::Result<Found> {
    match key {
        Key::File(path) => Ok(keys::from_file(path)),
        Key::New => Ok(keys::own(&context.places)),
        Key::Agent(fingerprint) => from_agent(keys::from_agent()?, fingerprint.as_deref()),
        Key::Usual => {
            let agent = keys::from_agent().unwrap_or_default();
            let file = context.places.usual_key();
            if !agent.is_empty() {
                return from_agent(agent, None);
            }
            if file.is_file() {
                return Ok(keys::from_file(&file));
            }
            Err(failure(
                format!(
                    "there is no key to sign with: no key in ssh-agent, and no {}",
                    file.display()
                ),
                "name one with --key FILE, or let muster make one with --new-key",
            ))
        }
    }
}

fn from_agent(mut keys: Vec<Found>, fingerprint: Option<&str>) -> anyhow::Result<Found> {
    let known = |keys: &[Found]| {
        let lines: Vec<String> = keys
            .iter()
            .map(|key| format!("{} {}", key.fingerprint, SafeText::of(&key.label)))
            .collect();
        lines.join(", ")
    };
    match fingerprint {
        Some(fingerprint) => match keys.iter().position(|key| key.fingerprint == fingerprint) {
            Some(at) => Ok(keys.swap_remove(at)),
            None => Err(failure(
                format!("ssh-agent has no key {fingerprint}"),
                format!("it has: {}", known(&keys)),
            )),
        },
        None if keys.len() == 1 => Ok(keys.swap_remove(0)),
        None if keys.is_empty() => Err(failure(
            "ssh-agent has no keys",
            "add one with ssh-add, or use --key FILE or --new-key",
        )),
        None => Err(failure(
            format!("ssh-agent has {} keys", keys.len()),
            format!("choose one with --agent FINGERPRINT: {}", known(&keys)),
        )),
    }
}

/// Shows what is about to be signed. It is talk, so it goes to stderr.
fn show(campaign: &Campaign, words: &str) {
    let effort = Effort::of(campaign);
    let provenance = &campaign.opened().provenance;
    eprint_line(&format!("completeness: {}", campaign.complete()));
    for gap in &provenance.gaps {
        eprint_line(&format!("gap: {}", gap.words()));
    }
    for (label, line) in earlier::compared(campaign)
        .into_iter()
        .chain(origin(campaign))
    {
        eprint_line(&format!("{label}: {line}"));
    }
    let median = effort.median_ms.map_or_else(String::new, |ms| {
        format!(
            ", {}.{} s between two in the median",
            ms / 1000,
            ms % 1000 / 100
        )
    });
    eprint_line(&format!(
        "effort: {}, {} decided in bulk{}{median}",
        count(effort.changes, "change that stands", "changes that stand"),
        count(effort.in_bulk, "item", "items"),
        effort.as_before_words(),
    ));
    eprint_line(&format!("attestation: {words}"));
}

/// Asks a person to type the review's name.
fn confirm(name: &str) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut err = io::stderr().lock();
    write!(err, "Type the review's name to confirm and sign ({name}): ")?;
    err.flush()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim() == name)
}

/// Writes a small file next to a record. The story does it; nothing of a record is ever written so.
#[expect(
    clippy::disallowed_methods,
    reason = "a file of the demo's auditor, not one of ours to keep"
)]
pub(crate) fn write_beside(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.hint(format!("cannot write {}", path.display()))
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
