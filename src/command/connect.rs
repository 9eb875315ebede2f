//! `muster connect`: an organization's address and token are tried, explained, and kept for later.

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use secrecy::SecretString;

use self::report::Report;
use super::{
    Answer, Context, Hint as _, failure, now, place::Place, review::plain_wanted, snapshot, token,
};
use crate::{
    config::{
        self,
        connections::{Connection, Connections, Kind},
    },
    credentials,
    domain::text::SafeText,
    space::{self, Address, Application, Client, ClientOptions, Owner, Rights},
};

mod prompts;
mod report;
mod screens;

/// What to connect, and with what.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) organization: Option<String>,
    pub(crate) source: token::Source,
    /// Connect as this application, with its client secret.
    pub(crate) client_id: Option<String>,
    /// The client secret is the first line of standard input.
    pub(crate) client_secret_stdin: bool,
    /// Authorities to trust besides those of the system.
    pub(crate) ca_file: Option<PathBuf>,
    /// Lines and prompts instead of screens.
    pub(crate) plain: bool,
    pub(crate) json: bool,
}

impl Options {
    /// Whether there is something to ask, and a terminal with room for screens to ask it on.
    fn guided(&self) -> bool {
        let given = self.source.stdin
            || self.source.command.is_some()
            || self.client_secret_stdin
            || config::token().is_some();
        !given && !self.json && !plain_wanted(self.plain)
    }
}

/// What is kept: one secret, and what it is called.
struct Secret {
    secret: SecretString,
    kind: Kind,
}

/// Connects: asks for what is missing when there is a terminal, tries the token, and keeps it.
pub(crate) fn connect(context: &Context, options: Options) -> anyhow::Result<Answer> {
    if options.guided() {
        return screens::connect(context, options);
    }
    by_lines(context, &options)
}

fn by_lines(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let place = prompts::place(context, options, person)?;
    let secret = prompts::secret(options, person)?;
    let url = place.address.to_string();
    prompts::say(&format!("Trying what the token may read at {url}"));
    let roots = snapshot::extra_roots(options.ca_file.as_deref())?;
    let client = client(place.address.clone(), &secret, roots).map_err(snapshot::explain)?;
    let rights = snapshot::runtime()?
        .block_on(space::rights(&client))
        .map_err(snapshot::explain)?;
    let connection = connection(&place, &rights, &secret.kind);
    let report = Report {
        connection: &connection,
        rights: &rights,
        again: place.connection.is_some(),
        now: now(),
    };
    if let Err(error) = keep(context, &place, &connection, &secret.secret) {
        // What was found out is worth reading all the same.
        if !options.json {
            prompts::say(report.findings().trim_end());
        }
        return Err(error);
    }
    Ok(Answer::done(if options.json {
        super::json_line(&report.json())
    } else {
        report.text(context)
    }))
}

fn nothing_sent() -> anyhow::Error {
    failure(
        "nothing was connected and nothing was sent",
        "run muster connect again when you are ready",
    )
}

/// What is left without a keyring.
fn choices() -> String {
    format!(
        "unlock or start the system keyring and connect again, or {}",
        token::WITHOUT_KEYRING
    )
}

/// A client that shows `secret` at `address` and trusts `roots` besides the system's.
fn client(address: Address, secret: &Secret, roots: Vec<Vec<u8>>) -> Result<Client, space::Error> {
    let token = secret.secret.clone();
    let options = ClientOptions {
        extra_roots: roots,
        ..ClientOptions::default()
    };
    match &secret.kind {
        Kind::Token => Client::new(address, token, options),
        Kind::Application { client_id } => Application::new(client_id, token)
            .and_then(|application| Client::of_application(address, application, options)),
    }
}

/// How the organization at `place` is connected once its secret is kept.
fn connection(place: &Place, rights: &Rights, kind: &Kind) -> Connection {
    Connection {
        url: place.address.to_string(),
        organization: rights.organization.raw().to_owned(),
        organization_id: rights.organization_id.to_string(),
        who: who(rights),
        kind: kind.clone(),
        connected_at: now().to_string(),
    }
}

fn who(rights: &Rights) -> Option<String> {
    match &rights.owner {
        Owner::Account { username, .. } => Some(username.raw().to_owned()),
        Owner::Application { name } => Some(name.raw().to_owned()),
        Owner::Unknown(_) => None,
    }
}

/// What the keyring calls the secret of a connection.
pub(crate) fn secret_name(connection: &Connection) -> String {
    match connection.kind {
        Kind::Token => credentials::token_name(&connection.url),
        Kind::Application { .. } => credentials::client_secret_name(&connection.url),
    }
}

/// Keeps the secret in the keyring, then the connection in the list.
fn keep(
    context: &Context,
    place: &Place,
    connection: &Connection,
    secret: &SecretString,
) -> anyhow::Result<()> {
    context
        .places
        .make_config()
        .hint("the list of connections is kept in the config folder")?;
    let name = secret_name(connection);
    let what = match connection.kind {
        Kind::Token => "token",
        Kind::Application { .. } => "client secret",
    };
    credentials::keep(&name, secret).map_err(|error| {
        let sentence = format!("the {what} was not kept, and nothing was stored: {error}");
        match connection.kind {
            Kind::Token => failure(sentence, choices()),
            Kind::Application { .. } => failure(
                sentence,
                "unlock or start the system keyring and connect again, or use a permanent token of the application with --token-command CMD, --token-stdin or SPACE_TOKEN",
            ),
        }
    })?;
    if let Err(error) = Connections::new(&context.places.config).keep(connection.clone()) {
        // A secret that no connection tells of must not stay behind.
        if place.connection.is_none() {
            let _ = credentials::remove(&name);
        }
        return Err(error).hint("nothing was connected; make the config folder writable");
    }
    // Another kind of secret for the same address has had its day. If it cannot be removed, it is replaced
    // or removed by the next connect or disconnect.
    if let Some(before) = &place.connection {
        let before = secret_name(before);
        if before != name {
            let _ = credentials::remove(&before);
        }
    }
    Ok(())
}

/// Text from outside on one line of an answer.
fn safe(text: &str) -> SafeText {
    SafeText::of(text)
}
