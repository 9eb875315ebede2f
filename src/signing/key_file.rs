//! Keys in files. An OpenSSH Ed25519 key is opened and used here; any other key is left to `ssh-keygen`.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};
use ssh_encoding::Encode;
use ssh_key::{Algorithm, HashAlg, PrivateKey};
use zeroize::Zeroizing;

use super::{Error, PublicKeyInfo, Signer, envelope::armor, ssh_keygen};

/// No private key is larger.
const MAX_SIZE: u64 = 64 * 1024;

/// A signer for the private key in `path`.
///
/// `passphrase` is for an encrypted Ed25519 key and is not looked at otherwise.
///
/// # Errors
/// [`Error::NeedsPassphrase`] when the key is encrypted and none was given, [`Error::WrongPassphrase`] when it
/// does not fit; others say why the file cannot be used.
pub fn load(path: &Path, passphrase: Option<&SecretString>) -> Result<Box<dyn Signer>, Error> {
    let text = read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    match kind(&text) {
        Kind::OpenSsh => {}
        Kind::OtherPrivate { encrypted: false } => return ssh_keygen::load(path),
        Kind::OtherPrivate { encrypted: true } => {
            return Err(Error::NeedsAgent {
                path: path.to_owned(),
            });
        }
        Kind::Public => {
            return Err(Error::IsPublicKey {
                path: path.to_owned(),
            });
        }
        Kind::Foreign(why) => {
            return Err(Error::NotAPrivateKey {
                path: path.to_owned(),
                why: why.to_owned(),
            });
        }
    }
    let Ok(key) = PrivateKey::from_openssh(&*text) else {
        // Sound keys of other kinds are misread at times; damaged ones are named by `ssh-keygen`.
        return ssh_keygen::load(path);
    };
    let ed25519 = key.public_key().algorithm() == Algorithm::Ed25519;
    match (ed25519, key.is_encrypted(), passphrase) {
        (false, false, _) => ssh_keygen::load(path),
        (false, true, _) => Err(Error::NeedsAgent {
            path: path.to_owned(),
        }),
        (true, false, _) => Ed25519File::boxed(path, key),
        (true, true, None) => Err(Error::NeedsPassphrase {
            path: path.to_owned(),
        }),
        (true, true, Some(passphrase)) => match key.decrypt(passphrase.expose_secret()) {
            Ok(key) => Ed25519File::boxed(path, key),
            Err(ssh_key::Error::Crypto) => Err(Error::WrongPassphrase {
                path: path.to_owned(),
            }),
            Err(error) => Err(Error::NotAPrivateKey {
                path: path.to_owned(),
                why: error.to_string(),
            }),
        },
    }
}

/// An Ed25519 key that was read from a file.
struct Ed25519File {
    key: PrivateKey,
    public: PublicKeyInfo,
}

impl Ed25519File {
    fn boxed(path: &Path, key: PrivateKey) -> Result<Box<dyn Signer>, Error> {
        let comment = key.comment().as_str_lossy().to_owned();
        let public = PublicKeyInfo::of_key(key.public_key(), &comment).ok_or_else(|| {
            Error::NotAPrivateKey {
                path: path.to_owned(),
                why: "its public half is damaged".to_owned(),
            }
        })?;
        Ok(Box::new(Self { key, public }))
    }
}

impl Signer for Ed25519File {
    fn public(&self) -> &PublicKeyInfo {
        &self.public
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        let unusable = |_| Error::Unusable("the key is damaged");
        let signature = self.key.sign(namespace, HashAlg::Sha512, message);
        let signature = signature.map_err(unusable)?;
        let bytes = signature.signature().encode_vec();
        let key = self.key.public_key().key_data().encode_vec();
        let wire = |_| Error::Unusable("the key is damaged");
        armor(&key.map_err(wire)?, namespace, &bytes.map_err(wire)?)
    }
}

/// What a file looks like.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// A private key in OpenSSH's own form.
    OpenSsh,
    /// A private key in another form that `ssh-keygen` reads.
    OtherPrivate { encrypted: bool },
    /// A public key or a certificate.
    Public,
    /// Nothing that OpenSSH reads; what it is instead.
    Foreign(&'static str),
}

fn kind(text: &str) -> Kind {
    let first = text.trim_start().lines().next().unwrap_or_default().trim();
    let word = first.split_whitespace().next().unwrap_or_default();
    if first == "-----BEGIN OPENSSH PRIVATE KEY-----" {
        Kind::OpenSsh
    } else if first.starts_with("-----BEGIN ") && first.ends_with("PRIVATE KEY-----") {
        Kind::OtherPrivate {
            encrypted: text.contains("ENCRYPTED"),
        }
    } else if first.starts_with("-----BEGIN ") || first.starts_with("---- BEGIN SSH2 PUBLIC") {
        Kind::Public
    } else if first.starts_with("PuTTY-User-Key-File") {
        Kind::Foreign("it is in PuTTY's form, which puttygen can export to OpenSSH's")
    } else if ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|start| word.starts_with(start))
    {
        Kind::Public
    } else if text.is_empty() {
        Kind::Foreign("it is empty")
    } else {
        Kind::Foreign("it does not begin like one")
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(io::Error::other("too large for a key"));
    }
    let text = std::str::from_utf8(&bytes);
    // What is not text is no key; the caller then says so.
    Ok(Zeroizing::new(text.unwrap_or("?").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_first_line() {
        let check = |text, expected| assert_eq!(kind(text), expected, "{text}");
        check("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", Kind::OpenSsh);
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            Kind::OtherPrivate { encrypted: false },
        );
        check(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII",
            Kind::OtherPrivate { encrypted: true },
        );
        check("ssh-ed25519 AAAA someone", Kind::Public);
        check("sk-ssh-ed25519@openssh.com AAAA", Kind::Public);
        check("-----BEGIN CERTIFICATE-----\n", Kind::Public);
        check("", Kind::Foreign("it is empty"));
        check("hello", Kind::Foreign("it does not begin like one"));
    }
}
