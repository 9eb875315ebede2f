//! A new Ed25519 key for a reviewer who has none.

use std::{
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use ssh_key::{
    LineEnding, PrivateKey,
    getrandom::SysRng,
    private::{Ed25519Keypair, KeypairData},
    rand_core::TryRng,
};
use zeroize::Zeroizing;

use super::{Error, PublicKeyInfo};

/// How a new key file is kept from others.
#[derive(Debug, Clone, Copy)]
pub enum Protection<'a> {
    /// Encrypted with this passphrase.
    Passphrase(&'a SecretString),
    /// Not encrypted: whoever can read the file can sign. Only when a person asked for it.
    Unencrypted,
}

/// Makes a key and writes it to `path`, its public half to `path` with `.pub` appended.
///
/// Only the owner can read the private key. Nothing is ever overwritten.
///
/// # Errors
/// When either file is there already or cannot be written, or the passphrase is empty.
pub fn create(
    path: &Path,
    protection: Protection<'_>,
    comment: &str,
) -> Result<PublicKeyInfo, Error> {
    let mut public_path = OsString::from(path);
    public_path.push(".pub");
    let public_path = PathBuf::from(public_path);
    for path in [path, &public_path] {
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: path.to_owned(),
            });
        }
    }
    let mut seed = Zeroizing::new([0; 32]);
    SysRng
        .try_fill_bytes(&mut *seed)
        .map_err(|_| Error::NoRandomness)?;
    let comment: String = comment
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let unusable = |_| Error::Unusable("the new key cannot be written down");
    let data = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
    let mut key = PrivateKey::new(data, comment.as_str()).map_err(unusable)?;
    if let Protection::Passphrase(passphrase) = protection {
        if passphrase.expose_secret().is_empty() {
            return Err(Error::EmptyPassphrase);
        }
        key = key
            .encrypt(&mut SysRng, passphrase.expose_secret())
            .map_err(|_| Error::NoRandomness)?;
    }
    let public = PublicKeyInfo::of_key(key.public_key(), &comment)
        .ok_or(Error::Unusable("the new key cannot be written down"))?;
    let text = key.to_openssh(LineEnding::LF).map_err(unusable)?;
    write(path, text.as_bytes())?;
    write(
        &public_path,
        format!("{} {comment}\n", public.openssh).as_bytes(),
    )?;
    Ok(public)
}

/// Writes a file that only the owner can read, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Error::Exists {
                path: path.to_owned(),
            })
        }
        Err(error) => Err(failed(error.error)),
    }
}
