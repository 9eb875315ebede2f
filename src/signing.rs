//! [`Signer`]: a message in, a detached SSH signature out.
//!
//! A record is signed with a key the reviewer already has: one that ssh-agent holds ([`agent`]), an Ed25519
//! key file ([`key_file`]), or any other key file by way of `ssh-keygen` ([`ssh_keygen`]). For someone who has
//! none, [`new_key`] makes one. The result is always an SSHSIG, which `ssh-keygen -Y verify` understands.
#![allow(
    clippy::disallowed_methods,
    reason = "keys are read here, and ssh-keygen is run here"
)]

pub mod agent;
pub mod key_file;
pub mod new_key;
pub mod ssh_keygen;

mod envelope;

use std::{io, path::PathBuf, time::Duration};

use ssh_encoding::{
    Decode, Encode,
    base64::{Base64, Encoding},
};
use ssh_key::{HashAlg, PublicKey, public::KeyData};

/// What a reviewer's signature is for. A signature made for something else is never taken for one.
pub const NAMESPACE_REVIEW: &str = "muster-review";

/// What an approver's signature is for.
pub const NAMESPACE_APPROVE: &str = "muster-approve";

/// Something that can sign.
pub trait Signer: Send {
    /// The public half of the key.
    fn public(&self) -> &PublicKeyInfo;

    /// Signs `message` for `namespace`; the answer is an armored SSHSIG that ends with a line feed.
    ///
    /// It may wait for a person: a key can ask for a touch, an agent for a confirmation.
    ///
    /// # Errors
    /// When the key cannot be used, or its holder refuses.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error>;
}

/// The public half of a key, in words for people and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyInfo {
    /// Type and key in base64, as in a `.pub` file and in a list of signers; without a comment.
    pub openssh: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it. A certificate has the fingerprint of its key.
    pub fingerprint: String,
    /// The type in OpenSSH's words, such as `ssh-ed25519`.
    pub key_type: String,
    /// The comment beside the key, exactly as it was found; clean it before it is shown.
    pub comment: String,
}

impl PublicKeyInfo {
    /// Reads a key in the form that agents and signatures carry. `None`: it is damaged.
    fn of_blob(blob: &[u8], comment: &str) -> Option<Self> {
        let key = PublicKey::from_bytes(blob).ok()?;
        let fingerprint = match key.key_data() {
            KeyData::Certificate(certificate) => {
                certificate.public_key().fingerprint(HashAlg::Sha256)
            }
            data => data.fingerprint(HashAlg::Sha256),
        };
        let key_type = String::decode(&mut &*blob).ok()?;
        Some(Self {
            openssh: format!("{key_type} {}", Base64::encode_string(blob)),
            fingerprint: fingerprint.to_string(),
            key_type,
            comment: comment.to_owned(),
        })
    }

    fn of_key(key: &PublicKey, comment: &str) -> Option<Self> {
        Self::of_blob(&key.key_data().encode_vec().ok()?, comment)
    }
}

/// Why a key cannot be used or a signature was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No agent listens there.
    #[error("no ssh-agent answers at {}", socket.display())]
    NoAgent {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The agent listens but does not answer.
    #[error("ssh-agent gave no answer within {} seconds", waited.as_secs())]
    AgentSilent {
        /// How long it had.
        waited: Duration,
    },
    /// The agent answered with something else than the protocol allows.
    #[error("ssh-agent answered with something that is not understood: {0}")]
    AgentProtocol(&'static str),
    /// The agent said no: the key is gone, locked, or its holder did not confirm.
    #[error("ssh-agent refused: the agent is locked, the key is gone, or nobody confirmed its use")]
    AgentRefused,
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The new key's file is already there.
    #[error("{} is already there; a key is never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The key is encrypted: ask for the passphrase and try again.
    #[error("the key {} needs a passphrase", path.display())]
    NeedsPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open the key.
    #[error("this passphrase does not open the key {}", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// An empty passphrase was given for a new key.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// Encrypted, and not of the kind that is opened here.
    #[error(
        "the key {} is encrypted and not an OpenSSH Ed25519 key; add it to ssh-agent first: ssh-add {}",
        path.display(),
        path.display()
    )]
    NeedsAgent {
        /// The file.
        path: PathBuf,
    },
    /// A public key, a certificate or a list was given.
    #[error("{} is a public key; the private key beside it signs", path.display())]
    IsPublicKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a private key in a form that OpenSSH reads: {why}", path.display())]
    NotAPrivateKey {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// `ssh-keygen` cannot be started.
    #[error("this kind of key needs ssh-keygen, and it cannot be started")]
    NoSshKeygen {
        /// What the system said.
        source: io::Error,
    },
    /// `ssh-keygen` ran and failed.
    #[error("ssh-keygen could not use the key {}: {said}", path.display())]
    SshKeygen {
        /// The file.
        path: PathBuf,
        /// Its last words, safe to show.
        said: String,
    },
    /// No randomness is to be had.
    #[error("the system gives no random bytes for a new key")]
    NoRandomness,
    /// The key would make a signature that no verifier accepts.
    #[error("the key made an unusable signature: {0}")]
    Unusable(&'static str),
}
