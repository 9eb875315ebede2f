//! A secret from a program that a person names: `pass`, `op`, `vault`.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where a program is asked for a secret"
)]

use std::{
    io::{self, Read as _},
    process::{Command, ExitStatus, Stdio},
};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest output that is looked at.
const LIMIT: u64 = 64 << 10;

/// Why a program gave no secret. The texts never hold what it printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It could not be started.
    #[error("the token command cannot be run")]
    Start(#[source] io::Error),
    /// It ended with an error.
    #[error("the token command failed: {0}")]
    Failed(ExitStatus),
    /// It printed nothing on its first line.
    #[error("the token command printed nothing on its first line")]
    Nothing,
    /// It printed something that is no text.
    #[error("what the token command printed is not text")]
    NotText,
}

/// Runs `command` in the system's shell and takes the first line it prints.
///
/// It sees the terminal, for it may have to ask for a passphrase, but none of the variables in `hidden`.
pub(crate) fn ask(command: &str, hidden: &[&str]) -> Result<SecretString, Error> {
    let mut shell = if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.arg("/C");
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.arg("-c");
        shell
    };
    for name in hidden {
        shell.env_remove(name);
    }
    let mut child = shell
        .arg(command)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::Start)?;
    // Room for all of it from the start: a growing buffer would leave copies behind.
    let mut printed = Zeroizing::new(Vec::with_capacity(1 << 17));
    let mut output = child.stdout.take().expect("it is piped").take(LIMIT);
    let read = output.read_to_end(&mut printed);
    drop(output);
    let status = child.wait().map_err(Error::Start)?;
    read.map_err(Error::Start)?;
    // Who prints more than is looked at is told so by the pipe, and may take that for an error.
    if !status.success() && (printed.len() as u64) < LIMIT {
        return Err(Error::Failed(status));
    }
    let first = printed.split(|byte| *byte == b'\n').next();
    let first = str::from_utf8(first.unwrap_or_default()).map_err(|_| Error::NotText)?;
    match first.trim() {
        "" => Err(Error::Nothing),
        secret => Ok(SecretString::from(secret.to_owned())),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_first_line_of_a_command_is_the_secret() {
        for (command, secret) in [
            ("printf 'abc\\nlogin: ada\\n'", Some("abc")),
            ("printf ' abc \\r\\n'", Some("abc")),
            ("printf abc", Some("abc")),
            ("echo abc | tr a-z A-Z", Some("ABC")),
            ("printf '\\nabc\\n'", None),
            ("true", None),
            ("echo abc; exit 3", None),
            ("exec no-such-program-anywhere 2>/dev/null", None),
            ("printf '\\377\\n'", None),
        ] {
            let given = ask(command, &[]);
            let text = given.as_ref().ok().map(ExposeSecret::expose_secret);
            assert_eq!(text, secret, "{command}");
            if let Err(error) = given {
                assert!(!format!("{error} {error:?}").contains("abc"), "{command}");
            }
        }
    }

    #[test]
    fn the_command_does_not_see_hidden_variables() {
        let command = "printf '%s' \"${PATH:+path} ${HOME:-hidden}\"";
        let given = ask(command, &["HOME"]).expect("it prints");
        assert_eq!(given.expose_secret(), "path hidden");
    }
}
