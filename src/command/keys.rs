//! Finding a key to sign with, and getting it ready.

use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::SecretString;

use super::{Hint as _, failure};
use crate::{
    config::{self, Places},
    credentials,
    signing::{
        self, Signer,
        agent::{Agent, Identity},
        key_file, new_key,
    },
};

/// A key that can sign, and what a person calls it.
#[derive(Debug)]
pub(crate) struct Found {
    /// The agent's comment or the file's path; not safe to show as it is.
    pub(crate) label: String,
    /// Where it is, in words.
    pub(crate) place: &'static str,
    /// `SHA256:…`; empty for a key that is yet to be made.
    pub(crate) fingerprint: String,
    /// Whether a passphrase has to be asked for.
    pub(crate) needs_passphrase: bool,
    /// Whether a key stood here before that is gone, so that this will be another one.
    pub(crate) lost: bool,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Agent(Identity),
    File(PathBuf),
    Own,
    ThrowAway,
}

/// A key made for one signature; dropping it deletes it.
struct ThrowAway {
    signer: Box<dyn Signer>,
    _folder: tempfile::TempDir,
}

impl Signer for ThrowAway {
    fn public(&self) -> &signing::PublicKeyInfo {
        self.signer.public()
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, signing::Error> {
        self.signer.sign(namespace, message)
    }
}

/// All keys there are, best first: ssh-agent, the usual key file, the key muster makes.
pub(crate) fn all(places: &Places, demo: bool) -> Vec<Found> {
    let mut keys = Vec::new();
    if demo {
        keys.push(throw_away());
    }
    keys.extend(from_agent().unwrap_or_default());
    let usual = places.usual_key();
    if usual.is_file() {
        keys.push(from_file(&usual));
    }
    keys.push(own(places));
    keys
}

/// The keys of a running ssh-agent.
pub(crate) fn from_agent() -> anyhow::Result<Vec<Found>> {
    let socket = config::agent_socket().ok_or_else(|| {
        failure(
            "no ssh-agent is running",
            "start one and ssh-add your key, or use --key FILE or --new-key",
        )
    })?;
    let identities = Agent::connect(&socket)?.identities()?;
    let found = identities.into_iter().map(|identity| Found {
        label: identity.public().comment.clone(),
        place: "ssh-agent",
        fingerprint: identity.public().fingerprint.clone(),
        needs_passphrase: false,
        lost: false,
        source: Source::Agent(identity),
    });
    Ok(found.collect())
}

/// A key file, whatever its kind.
pub(crate) fn from_file(path: &Path) -> Found {
    let loaded = key_file::load(path, None);
    Found {
        label: path.display().to_string(),
        place: "key file",
        fingerprint: loaded.as_ref().map_or_else(
            |_| String::new(),
            |signer| signer.public().fingerprint.clone(),
        ),
        needs_passphrase: matches!(loaded, Err(signing::Error::NeedsPassphrase { .. })),
        lost: false,
        source: Source::File(path.to_owned()),
    }
}

/// The key muster makes, made already or not.
pub(crate) fn own(places: &Places) -> Found {
    let path = places.own_key();
    let made = path.is_file();
    // Only a keyring that answers can hold the passphrase; otherwise a person has to.
    let (keyring, lost) = match credentials::find(&secret_name(&path)) {
        Ok(_) => (true, !made),
        Err(credentials::Error::Missing(_)) => (!made, false),
        Err(_) => (false, false),
    };
    let shown = path.display();
    Found {
        label: match (made, lost) {
            (true, _) => shown.to_string(),
            (false, false) => format!("make an Ed25519 key, {shown}"),
            (false, true) => format!("make another Ed25519 key, {shown}; the one before is gone"),
        },
        place: "muster's key",
        fingerprint: String::new(),
        needs_passphrase: !keyring,
        lost,
        source: Source::Own,
    }
}

fn throw_away() -> Found {
    Found {
        label: "a throw-away key, made now and deleted after".to_owned(),
        place: "for the demo",
        fingerprint: String::new(),
        needs_passphrase: false,
        lost: false,
        source: Source::ThrowAway,
    }
}

/// The key of the demo's story.
pub(crate) fn throw_away_signer() -> anyhow::Result<Box<dyn Signer>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("key");
    new_key::create(
        &path,
        new_key::Protection::Unencrypted,
        "throw-away key of the demo",
    )?;
    Ok(Box::new(ThrowAway {
        signer: key_file::load(&path, None)?,
        _folder: folder,
    }))
}

impl Found {
    /// Gets the key ready to sign.
    pub(crate) fn signer(
        &self,
        places: &Places,
        passphrase: Option<&SecretString>,
    ) -> anyhow::Result<Box<dyn Signer>> {
        let signer = match &self.source {
            Source::Agent(identity) => identity.clone().signer(),
            Source::File(path) => file_signer(path, passphrase)?,
            Source::Own => own_signer(places, passphrase)?,
            Source::ThrowAway => throw_away_signer()?,
        };
        if !self.fingerprint.is_empty() && self.fingerprint != signer.public().fingerprint {
            return Err(failure(
                format!(
                    "{} is another key now than the one that was chosen, {}",
                    self.label, self.fingerprint
                ),
                "choose the key again",
            ));
        }
        Ok(signer)
    }
}

fn file_signer(path: &Path, passphrase: Option<&SecretString>) -> anyhow::Result<Box<dyn Signer>> {
    match key_file::load(path, passphrase) {
        Err(error @ signing::Error::NeedsPassphrase { .. }) => {
            Err(error).hint("give it with --passphrase-stdin, or ssh-add the key and use --agent")
        }
        other => Ok(other?),
    }
}

/// The key muster made, or makes now. Its passphrase is random and kept in the system keyring, unless a
/// person gives one.
fn own_signer(places: &Places, typed: Option<&SecretString>) -> anyhow::Result<Box<dyn Signer>> {
    const WITHOUT: &str =
        "give a passphrase of your own with --passphrase-stdin, or sign with --key or --agent";
    let path = places.own_key();
    let shown = path.display();
    let name = secret_name(&path);
    if path.is_file() {
        let passphrase = match typed {
            Some(typed) => Ok(typed.clone()),
            None => credentials::find(&name),
        };
        let other = format!(
            "bring back the keyring it was kept in, or sign with --key or --agent; to begin with another key, move {shown} and {shown}.pub away"
        );
        return match passphrase {
            Err(error @ credentials::Error::Missing(_)) => Err(error).hint(other),
            passphrase => key_file::load(&path, Some(&passphrase.hint(WITHOUT)?)).hint(other),
        };
    }
    let public = path.with_extension("pub");
    if public.symlink_metadata().is_ok() {
        return Err(failure(
            format!("the key {shown} is gone, and {} is there", public.display()),
            "bring the key back from a backup; to begin with another key, move the .pub file away",
        ));
    }
    places.make_config()?;
    let passphrase = match (typed, credentials::find(&name)) {
        (Some(typed), _) => typed.clone(),
        // Whoever brings back the key that was here before can still open it.
        (None, Ok(known)) => known,
        (None, Err(credentials::Error::Missing(_))) => {
            let random = random_passphrase()?;
            // First the passphrase, then the key: a key that nobody can open must not stay behind.
            credentials::keep(&name, &random).hint(WITHOUT)?;
            random
        }
        (None, Err(error)) => return Err(error).hint(WITHOUT),
    };
    new_key::create(
        &path,
        new_key::Protection::Passphrase(&passphrase),
        "muster",
    )?;
    Ok(key_file::load(&path, Some(&passphrase))?)
}

/// What the keyring calls the passphrase of the key at `path`.
fn secret_name(path: &Path) -> String {
    format!("passphrase of {}", path.display())
}

fn random_passphrase() -> anyhow::Result<SecretString> {
    let bytes: [u8; 32] = random()?;
    Ok(SecretString::from(crate::domain::Digest(bytes).to_string()))
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| failure("the system gives no random numbers", "try again"))?;
    Ok(bytes)
}
