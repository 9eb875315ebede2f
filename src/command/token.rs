//! Where a token comes from: standard input, a program, the environment, the system keyring. It is never
//! taken from the arguments, and which source was used is always said.

use std::io::{self, BufRead as _, IsTerminal as _};

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Hint as _, failure, place::Place, snapshot::eprint_line};
use crate::{
    config::{self, connections::Kind},
    credentials::{self, program},
    space::{Application, Client, ClientOptions},
};

/// What was said on the command line about the token.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    /// It is the first line of standard input.
    pub(crate) stdin: bool,
    /// This program prints it.
    pub(crate) command: Option<String>,
}

/// The choices when there is no keyring to keep a token in.
pub(crate) const WITHOUT_KEYRING: &str = "give the token each time with --token-command CMD (pass, op, vault), --token-stdin or SPACE_TOKEN";

/// The token from the first source that is given: standard input, a program, the environment.
pub(crate) fn given(source: &Source) -> anyhow::Result<Option<SecretString>> {
    if source.stdin {
        let token = from_stdin("Token (not shown): ", "token")?;
        eprint_line("using the token from standard input");
        return Ok(Some(token));
    }
    if let Some(command) = &source.command {
        let token = program::ask(command, config::SECRET_VARIABLES).hint(
            "the command after --token-command prints the token on its first line and ends with 0",
        )?;
        eprint_line("using the token that --token-command printed");
        return Ok(Some(token));
    }
    let token = config::token();
    if token.is_some() {
        eprint_line(&format!("using the token from {}", config::TOKEN_VARIABLE));
    }
    Ok(token)
}

/// A client for `place`, with the token from the first source there is.
pub(crate) fn client(
    place: &Place,
    source: &Source,
    options: ClientOptions,
) -> anyhow::Result<Client> {
    let address = place.address.clone();
    let url = address.to_string();
    if let Some(token) = given(source)? {
        return Client::new(address, token, options).map_err(super::snapshot::explain);
    }
    let Some(connection) = &place.connection else {
        return Err(failure(
            "no token was given",
            format!(
                "connect once with muster connect {url}, or pipe the token in with --token-stdin, or use --token-command CMD or {}",
                config::TOKEN_VARIABLE
            ),
        ));
    };
    let client = match &connection.kind {
        Kind::Token => {
            let token = from_keyring(&credentials::token_name(&url), &url)?;
            eprint_line("using the token from the system keyring");
            Client::new(address, token, options)
        }
        Kind::Application { client_id } => {
            let secret = from_keyring(&credentials::client_secret_name(&url), &url)?;
            eprint_line("using the client secret from the system keyring");
            Application::new(client_id, secret)
                .and_then(|application| Client::of_application(address, application, options))
        }
    };
    client.map_err(super::snapshot::explain)
}

fn from_keyring(name: &str, url: &str) -> anyhow::Result<SecretString> {
    credentials::find(name).map_err(|error| {
        let hint = match error {
            credentials::Error::Missing(_) | credentials::Error::NotText(_) => {
                format!("connect again with muster connect {url}, or {WITHOUT_KEYRING}")
            }
            _ => format!("unlock or start the system keyring, or {WITHOUT_KEYRING}"),
        };
        failure(error.to_string(), hint)
    })
}

/// The first line of standard input; on a terminal it is asked for and not shown.
pub(crate) fn from_stdin(prompt: &str, what: &str) -> anyhow::Result<SecretString> {
    let input = io::stdin();
    let line = if input.is_terminal() {
        // Off before the question shows: what is pasted at once must not show either.
        #[cfg(unix)]
        let _silence = Silence::begin();
        Zeroizing::new(rpassword::prompt_password(prompt)?)
    } else {
        // Room for all of it from the start: a growing text would leave copies behind.
        let mut line = Zeroizing::new(String::with_capacity(8 << 10));
        io::Read::take(input.lock(), 8 << 10).read_line(&mut line)?;
        line
    };
    let secret = line.trim();
    if secret.is_empty() {
        return Err(failure(
            format!("the {what} is empty"),
            format!("put the {what} on the first line of standard input"),
        ));
    }
    Ok(SecretString::from(secret.to_owned()))
}

/// A terminal that does not show what is typed, until this is dropped.
#[cfg(unix)]
struct Silence(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Silence {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            // The one who asks turns it off again; this is only sooner.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &silent);
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.0 {
            // Without a terminal any more there is nothing to give back.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
