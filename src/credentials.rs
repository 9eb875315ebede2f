//! Secrets that are kept elsewhere: in the system's keyring, or with a [`program`] that hands one out.
//!
//! The keyring is what the platform has: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! A keyring can be missing, locked or frozen. Every call runs in a thread of its own and is given up after
//! five seconds; nothing ever falls back to a plain file.

pub(crate) mod program;

use std::{sync::mpsc, thread, time::Duration};

use keyring::v1::Entry;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// The name under which all of ours stand in the keyring.
const SERVICE: &str = "muster";

/// How long a keyring may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Why the keyring did not help. The texts never hold a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such secret.
    #[error("the system keyring has no {0}")]
    Missing(String),
    /// The keyring is there and locked, or the person refused to unlock it.
    #[error("the system keyring is locked, or unlocking it was refused")]
    Locked,
    /// There is no keyring service.
    #[error("there is no system keyring to reach: {0}")]
    Unreachable(String),
    /// The keyring did not answer in time.
    #[error("the system keyring did not answer within {} seconds", LIMIT.as_secs())]
    Frozen,
    /// What the keyring holds is not text.
    #[error("what the system keyring holds as {0} is not text")]
    NotText(String),
}

/// Keeps `secret` under `name`, replacing what was there.
pub(crate) fn keep(name: &str, secret: &SecretString) -> Result<(), Error> {
    let bytes = Zeroizing::new(secret.expose_secret().as_bytes().to_vec());
    with_entry(name, move |entry| entry.set_secret(&bytes))
}

/// Whether the keyring keeps what it is given: tries it with something that is no secret.
pub(crate) fn try_out() -> Result<(), Error> {
    const TRIAL: &str = "trial";
    keep(TRIAL, &SecretString::from("nothing"))?;
    remove(TRIAL)
}

/// The secret kept under `name`.
pub(crate) fn find(name: &str) -> Result<SecretString, Error> {
    let bytes = Zeroizing::new(with_entry(name, Entry::get_secret)?);
    let text = str::from_utf8(&bytes).map_err(|_| Error::NotText(name.to_owned()))?;
    Ok(SecretString::from(text.to_owned()))
}

/// Removes the secret kept under `name`.
pub(crate) fn remove(name: &str) -> Result<(), Error> {
    with_entry(name, Entry::delete_credential)
}

/// What the keyring calls the personal token for the organization at `url`.
pub(crate) fn token_name(url: &str) -> String {
    format!("token of {url}")
}

/// What the keyring calls the client secret of an application for the organization at `url`.
pub(crate) fn client_secret_name(url: &str) -> String {
    format!("client secret of {url}")
}

/// Calls the keyring in a thread and waits no longer than [`LIMIT`]. A thread that hangs in a frozen
/// keyring is left behind; it holds nothing that anyone waits for.
fn with_entry<T: Send + 'static>(
    name: &str,
    call: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let (answer, answers) = mpsc::channel();
    let wanted = name.to_owned();
    let asked = wanted.clone();
    thread::spawn(move || {
        let result = Entry::new(SERVICE, &asked)
            .and_then(|entry| call(&entry))
            .map_err(|error| explain(error, &asked));
        // Nobody listens any more once the limit has passed.
        let _ = answer.send(result);
    });
    match answers.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(_) => Err(Error::Frozen),
    }
}

/// Says what went wrong without ever printing an error that may carry the secret itself.
fn explain(error: keyring::v1::Error, name: &str) -> Error {
    use keyring::v1::Error as Keyring;
    match error {
        Keyring::NoEntry => Error::Missing(name.to_owned()),
        Keyring::NoStorageAccess(_) => Error::Locked,
        Keyring::BadEncoding(_) => Error::NotText(name.to_owned()),
        Keyring::PlatformFailure(cause) => Error::Unreachable(cause.to_string()),
        Keyring::NoDefaultStore => Error::Unreachable(match keyring::v1::Entry::store_status() {
            Err(Keyring::PlatformFailure(cause)) => cause.to_string(),
            Ok(()) | Err(_) => "no store for secrets is set up".to_owned(),
        }),
        // Other variants may quote what they were given.
        _ => Error::Unreachable("it refused the request".to_owned()),
    }
}
