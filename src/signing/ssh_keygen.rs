//! Keys of every other kind: `ssh-keygen -Y sign` does the work, as it does for git.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use ssh_key::PublicKey;

use super::{Error, PublicKeyInfo, Signer};
use crate::domain::text::SafeText;

/// A signer that runs `ssh-keygen` on the key file `path`.
///
/// It never asks for a passphrase, for the terminal may be showing something else: an encrypted key belongs
/// into ssh-agent.
///
/// # Errors
/// When `ssh-keygen` is missing or cannot read the key.
pub fn load(path: &Path) -> Result<Box<dyn Signer>, Error> {
    load_with(OsStr::new("ssh-keygen"), path)
}

/// The same with another program in place of `ssh-keygen`.
///
/// # Errors
/// When the program is missing or cannot read the key.
pub fn load_with(program: &OsStr, path: &Path) -> Result<Box<dyn Signer>, Error> {
    let mut signer = KeyFile {
        program: program.to_owned(),
        path: path.to_owned(),
        public: PublicKeyInfo {
            openssh: String::new(),
            fingerprint: String::new(),
            key_type: String::new(),
            comment: String::new(),
        },
    };
    let output = signer.run(&["-y", "-f"], Stdio::null())?;
    let line = String::from_utf8_lossy(&output.stdout);
    let key = PublicKey::from_openssh(line.trim()).ok();
    let public = key.and_then(|key| {
        let comment = key.comment().as_str_lossy().to_owned();
        PublicKeyInfo::of_key(&key, &comment)
    });
    signer.public = public.ok_or_else(|| signer.failed("it printed no public key"))?;
    Ok(Box::new(signer))
}

struct KeyFile {
    program: OsString,
    path: PathBuf,
    public: PublicKeyInfo,
}

impl Signer for KeyFile {
    fn public(&self) -> &PublicKeyInfo {
        &self.public
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        // A file, not a pipe: `ssh-keygen` may stop before it has read all of a pipe.
        let mut input = tempfile::tempfile().map_err(input_failed)?;
        input
            .write_all(message)
            .and_then(|()| input.rewind())
            .map_err(input_failed)?;
        let output = self.run(&["-Y", "sign", "-n", namespace, "-f"], input.into())?;
        String::from_utf8(output.stdout)
            .ok()
            .filter(|text| text.starts_with("-----BEGIN SSH SIGNATURE-----\n"))
            .ok_or_else(|| self.failed("it printed no signature"))
    }
}

impl KeyFile {
    /// Runs the program with `arguments` and the key file's path.
    fn run(&self, arguments: &[&str], input: Stdio) -> Result<Output, Error> {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg(&self.path)
            // Whatever asks a question gets no answer, instead of writing over the screen.
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("LC_ALL", "C")
            // A key needs no access to Space.
            .env_remove("SPACE_TOKEN")
            .stdin(input)
            .output()
            .map_err(|source| Error::NoSshKeygen { source })?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("incorrect passphrase") {
            return Err(Error::NeedsAgent {
                path: self.path.clone(),
            });
        }
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        Err(self.failed(last.unwrap_or("it gave no reason").trim()))
    }

    fn failed(&self, said: &str) -> Error {
        Error::SshKeygen {
            path: self.path.clone(),
            said: SafeText::of(said).to_string(),
        }
    }
}

fn input_failed(source: io::Error) -> Error {
    Error::Write {
        path: std::env::temp_dir(),
        source,
    }
}
