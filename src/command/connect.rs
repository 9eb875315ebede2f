//! `muster connect`: an organization's address and token are tried, explained, and kept for later.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
};

use secrecy::SecretString;

use super::{Answer, Context, Hint as _, failure, now, place::Place, snapshot, token};
use crate::{
    config::connections::{Connection, Connections, Kind},
    credentials,
    domain::text::SafeText,
    space::{self, Address, Application, Client, ClientOptions, Owner, Rights},
};

mod report;

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
    pub(crate) json: bool,
}

/// What is kept: one secret, and what it is called.
struct Secret {
    secret: SecretString,
    kind: Kind,
}

/// Connects: asks for what is missing when there is a terminal, tries the token, and keeps it.
pub(crate) fn connect(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let place = match &options.organization {
        Some(text) => {
            let place = Place::find(context, text)?;
            say(&format!("Organization: {}", place.address));
            if person && !confirm("Is that right?")? {
                return Err(stopped());
            }
            place
        }
        None if person => ask_place(context)?,
        None => {
            return Err(failure(
                "no organization was named",
                "name it: muster connect ORG --token-stdin; ORG is a subdomain, a host or a URL",
            ));
        }
    };
    let secret = secret(options, person)?;
    let url = place.address.to_string();
    say(&format!("Trying what the token may read at {url}"));
    let client_options = ClientOptions {
        extra_roots: snapshot::extra_roots(options.ca_file.as_deref())?,
        ..ClientOptions::default()
    };
    let client = client(place.address.clone(), &secret, client_options)?;
    let rights = snapshot::runtime()?
        .block_on(space::rights(&client))
        .map_err(snapshot::explain)?;
    let connection = Connection {
        url: url.clone(),
        organization: rights.organization.raw().to_owned(),
        organization_id: rights.organization_id.to_string(),
        who: who(&rights, &secret.kind),
        kind: secret.kind.clone(),
        connected_at: now().to_string(),
    };
    let report = report::Report {
        connection: &connection,
        rights: &rights,
        again: place.connection.is_some(),
        now: now(),
    };
    if let Err(error) = keep(context, &place, &connection, &secret.secret) {
        // What was found out is worth reading all the same.
        if !options.json {
            say(report.findings().trim_end());
        }
        return Err(error);
    }
    Ok(Answer::done(if options.json {
        super::json_line(&report.json())
    } else {
        report.text()
    }))
}

/// A line of talk on stderr; several are fine.
fn say(lines: &str) {
    for line in lines.lines() {
        snapshot::eprint_line(line);
    }
}

fn stopped() -> anyhow::Error {
    failure(
        "nothing was connected and nothing was sent",
        "run muster connect again when you are ready",
    )
}

/// Asks on the terminal; `None` when there is nobody to answer.
fn ask(question: &str) -> anyhow::Result<Option<String>> {
    let mut err = io::stderr().lock();
    write!(err, "{question} ")?;
    err.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

fn confirm(question: &str) -> anyhow::Result<bool> {
    loop {
        let answer = ask(&format!("{question} [Y/n]"))?;
        match answer.map(|answer| answer.to_lowercase()).as_deref() {
            Some("" | "y" | "yes") => return Ok(true),
            Some("n" | "no") | None => return Ok(false),
            Some(_) => say("Please say y or n."),
        }
    }
}

const WELCOME: &str = "\
Welcome. This connects muster to one JetBrains Space organization, in three steps: its address, a token,
and a look at what the token may read. muster only reads. Ctrl-C leaves; nothing is kept before the end.

1 of 3 - organization
A subdomain in the cloud (acme), a host (space.example.com), or any link copied from Space.";

fn ask_place(context: &Context) -> anyhow::Result<Place> {
    say(WELCOME);
    loop {
        let Some(text) = ask("Organization:")? else {
            return Err(stopped());
        };
        match Place::find(context, &text) {
            Ok(place) => {
                say(&format!("This is read as {}", place.address));
                if confirm("Is that right?")? {
                    return Ok(place);
                }
            }
            Err(error) => say(&super::sentences(&error)),
        }
    }
}

const ABOUT_TOKEN: &str = "
2 of 3 - token
In Space: Preferences, Personal Tokens, New; choose Limited access and tick the permissions that
muster connect --help lists. The token is not shown here and is kept only in the system keyring.";

fn secret(options: &Options, person: bool) -> anyhow::Result<Secret> {
    if let Some(client_id) = &options.client_id {
        if !options.client_secret_stdin && !person {
            return Err(failure(
                "no client secret was given",
                "pipe it in with --client-secret-stdin",
            ));
        }
        return Ok(Secret {
            secret: token::from_stdin("Client secret (not shown): ", "client secret")?,
            kind: Kind::Application {
                client_id: client_id.clone(),
            },
        });
    }
    let secret = match token::given(&options.source)? {
        Some(token) => token,
        None if person => {
            can_keep()?;
            say(ABOUT_TOKEN);
            token::from_stdin("Token (not shown): ", "token")?
        }
        None => {
            return Err(failure(
                "no token was given",
                "pipe it in with --token-stdin, or use --token-command CMD or SPACE_TOKEN",
            ));
        }
    };
    Ok(Secret {
        secret,
        kind: Kind::Token,
    })
}

/// Fails when the keyring keeps nothing, before anybody types a token in vain.
fn can_keep() -> anyhow::Result<()> {
    credentials::try_out().map_err(|error| {
        failure(
            format!("a token could not be kept, so none is asked for: {error}"),
            choices(),
        )
    })
}

/// What is left without a keyring.
fn choices() -> String {
    format!(
        "unlock or start the system keyring and connect again, or {}",
        token::WITHOUT_KEYRING
    )
}

fn client(address: Address, secret: &Secret, options: ClientOptions) -> anyhow::Result<Client> {
    let token = secret.secret.clone();
    let client = match &secret.kind {
        Kind::Token => Client::new(address, token, options),
        Kind::Application { client_id } => Application::new(client_id, token)
            .and_then(|application| Client::of_application(address, application, options)),
    };
    client.map_err(snapshot::explain)
}

fn who(rights: &Rights, kind: &Kind) -> Option<String> {
    match (&rights.owner, kind) {
        (Owner::Account { username, .. }, _) => Some(username.raw().to_owned()),
        (Owner::Application { name }, _) => Some(name.raw().to_owned()),
        (Owner::Unknown(_), _) => None,
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
