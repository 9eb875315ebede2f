//! Which key signs.

use std::{
    io::{self, BufRead as _},
    path::PathBuf,
};

use secrecy::SecretString;

use crate::{
    command::{
        Context, failure,
        keys::{self, Found},
        snapshot::eprint_line,
    },
    domain::text::SafeText,
};

/// Which key was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// The agent's only key, else the usual file.
    Usual,
    File(PathBuf),
    Agent(Option<String>),
    New,
}

/// The passphrase from standard input, when it is to come from there. What is signed must be `confirmed` otherwise then,
/// which `flag` does.
pub(crate) fn passphrase(
    from_stdin: bool,
    confirmed: bool,
    flag: &str,
) -> anyhow::Result<Option<SecretString>> {
    if !from_stdin {
        return Ok(None);
    }
    if !confirmed {
        return Err(failure(
            "standard input cannot give the passphrase and confirm what is signed",
            format!("add {flag}"),
        ));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Some(SecretString::from(
        line.trim_end_matches(['\r', '\n']).to_owned(),
    )))
}

/// Finds the key that was asked for.
pub(crate) fn choose(context: &Context, key: &Key) -> anyhow::Result<Found> {
    let found = find(context, key)?;
    if found.lost {
        eprint_line(
            "note: a key was made here before and is gone; this is another one, which the auditor's list of signers does not have",
        );
    }
    Ok(found)
}

fn find(context: &Context, key: &Key) -> anyhow::Result<Found> {
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
