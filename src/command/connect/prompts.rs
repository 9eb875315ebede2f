//! Connecting by lines and prompts, or unattended.

use std::io::{self, BufRead as _, Write as _};

use super::{
    super::{Context, failure, place::Place, sentences, snapshot::eprint_line, token},
    Options, Secret, choices, nothing_sent,
};
use crate::{config::connections::Kind, credentials};

/// A line of talk on stderr; several are fine.
pub(super) fn say(lines: &str) {
    for line in lines.lines() {
        eprint_line(line);
    }
}

/// The organization that is named, or that a `person` says when asked.
pub(super) fn place(context: &Context, options: &Options, person: bool) -> anyhow::Result<Place> {
    match &options.organization {
        Some(text) => {
            let place = Place::find(context, text)?;
            say(&format!("Organization: {}", place.address));
            if person && !confirm("Is that right?")? {
                return Err(nothing_sent());
            }
            Ok(place)
        }
        None if person => ask_place(context),
        None => Err(failure(
            "no organization was named",
            "name it: muster connect ORG --token-stdin; ORG is a subdomain, a host or a URL",
        )),
    }
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
            return Err(nothing_sent());
        };
        match Place::find(context, &text) {
            Ok(place) => {
                say(&format!("This is read as {}", place.address));
                if confirm("Is that right?")? {
                    return Ok(place);
                }
            }
            Err(error) => say(&sentences(&error)),
        }
    }
}

const ABOUT_TOKEN: &str = "
2 of 3 - token
In Space: Preferences, Personal Tokens, New; choose Limited access and tick the permissions that
muster connect --help lists. The token is not shown here and is kept only in the system keyring.";

/// The secret from where it is said to be, or that a `person` types when asked.
pub(super) fn secret(options: &Options, person: bool) -> anyhow::Result<Secret> {
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
