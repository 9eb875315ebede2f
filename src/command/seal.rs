//! `muster seal`: attest, sign, write the record, check it.

mod key;
mod prompt;
mod record;

pub(crate) use key::{Key, choose, passphrase};
pub(crate) use prompt::typed;
pub(crate) use record::{Sealed, Sealing, Step, check_principal, resume, seal_review, sign};

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde_json::json;

use prompt::ask;

use super::{Answer, Context, Hint as _, failure, keys::Found, now, snapshot::eprint_line, with};
use crate::{
    domain::{
        campaign::Campaign,
        check::{self, Rule},
        journal::Event,
        seal::statement,
        text::SafeText,
        time::Timestamp,
    },
    signing::{self, Signer},
    store::Review,
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

/// Seals as the command line says.
pub(crate) fn seal(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let mut review = super::review::open(context, &options.name)?;
    if let Some(sealed) = resume(context, &mut review, options.out.as_deref())? {
        tell_resumed(&sealed);
        return Ok(told(context, &sealed, options.json));
    }
    let at = now();
    let reason = options.undecided_reason.clone();
    let mut waive: Vec<(Rule, String)> = reason
        .map(|reason| (Rule::Undecided, reason))
        .into_iter()
        .collect();
    if !options.attest && io::stdin().is_terminal() {
        // Whoever leaves it is told what stops the signature.
        prompt::ask_why(&check::check(review.campaign(), at), &mut waive)?;
    }
    let mut sealing = Sealing {
        principal: &options.principal,
        waive: &waive,
        confirmed: None,
        out: options.out.as_deref(),
    };
    let waivers = record::ready(review.campaign(), &sealing, at)?;
    let passphrase = passphrase(options.passphrase_stdin, options.attest, "--attest")?;
    let found = choose(context, &options.key)?;
    let words = told_before(review.campaign(), &waivers, &options.principal, at)?;
    let question = "Type the review's name to confirm and sign";
    if !options.attest && !typed(question, &options.name)? {
        return Err(failure(
            "the attestation was not confirmed; nothing was sealed",
            "in a script, confirm it with --attest",
        ));
    }
    sealing.confirmed = Some(&words);
    let signer = ready_key(context, &found, passphrase)?;
    let sealed = seal_review(context, &mut review, &sealing, &*signer, &mut tell_doing)?;
    Ok(told(context, &sealed, options.json))
}

/// Gets the key ready to sign; a person is asked for its passphrase.
pub(crate) fn ready_key(
    context: &Context,
    found: &Found,
    passphrase: Option<SecretString>,
) -> anyhow::Result<Box<dyn Signer>> {
    let passphrase = match passphrase {
        None if found.needs_passphrase && io::stdin().is_terminal() => Some(SecretString::from(
            rpassword::prompt_password("Passphrase of the key (not shown): ")?,
        )),
        passphrase => passphrase,
    };
    found.signer(&context.places, passphrase.as_ref())
}

/// Shows what will be signed once `waivers` are written; the answer is the statement.
fn told_before(
    campaign: &Campaign,
    waivers: &[Event],
    principal: &str,
    at: Timestamp,
) -> anyhow::Result<String> {
    let with = with(campaign, waivers, at)?;
    let campaign = with.as_ref().unwrap_or(campaign);
    let flags = check::check(campaign, at);
    let words = statement(campaign, principal, &flags);
    prompt::show(campaign, &flags, &words);
    Ok(words)
}

/// Asks for everything that sealing needs, as lines, and seals. `None`: the person left it.
pub(crate) fn ask_and_seal(
    context: &Context,
    review: &mut Review,
    keys: &[Found],
) -> anyhow::Result<Option<Answer>> {
    let principal = loop {
        let Some(principal) = ask("Who signs: one word, such as your e-mail address")? else {
            return Ok(None);
        };
        match record::check_principal(&principal) {
            Ok(()) => break principal,
            Err(error) => eprint_line(&super::sentences(&error)),
        }
    };
    let (at, mut waive) = (now(), Vec::new());
    if !prompt::ask_why(&check::check(review.campaign(), at), &mut waive)? {
        return Ok(None);
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
    let mut sealing = Sealing {
        principal: &principal,
        waive: &waive,
        confirmed: None,
        out: None,
    };
    let waivers = record::ready(review.campaign(), &sealing, at)?;
    let words = told_before(review.campaign(), &waivers, &principal, at)?;
    sealing.confirmed = Some(&words);
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
    let sealed = seal_review(context, review, &sealing, &*signer, &mut tell_doing)?;
    Ok(Some(told(context, &sealed, false)))
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
    let line = reviewer_line(principal, key);
    Answer::done(format!(
        "{record}\n\nsigned by {principal} with {fingerprint}\nThe line for the auditor's list of signers:\n  {line}\nNext: {}\n",
        context.again(&format!("verify {record}"))
    ))
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

/// Says that a review was closed with a record that was there already.
pub(crate) fn tell_resumed(sealed: &Sealed) {
    eprint_line(&format!(
        "note: the record {} was signed before the program stopped; the review is closed with it now",
        sealed.record.display()
    ));
}

/// The line of the auditor's list by which `principal` may sign as a reviewer with `key`, which is in OpenSSH's form.
pub(crate) fn reviewer_line(principal: &str, key: &str) -> String {
    signer_line(principal, signing::NAMESPACE_REVIEW, key)
}

/// The line of the auditor's list by which `principal` may sign for `namespace` with `key`, which is in OpenSSH's form.
pub(crate) fn signer_line(principal: &str, namespace: &str, key: &str) -> String {
    format!("{principal} namespaces=\"{namespace}\" {key}")
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
