//! `muster connections` and `muster disconnect`: which organizations are connected, and ending that.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    Answer, Context, Hint as _,
    connect::secret_name,
    failure,
    place::{self, Place},
    token,
};
use crate::{config::connections::Connections, credentials, domain::text::SafeText};

/// Lists the connected organizations.
pub(crate) fn connections(context: &Context, json: bool) -> anyhow::Result<Answer> {
    let known = place::connections(context)?;
    if json {
        let list = json!({ "connections": known });
        return Ok(Answer::done(super::json_line(&list)));
    }
    if known.is_empty() {
        return Ok(Answer::done(
            "No organization is connected.\nNext: muster connect\n".to_owned(),
        ));
    }
    let mut text = String::new();
    for connection in &known {
        let kind = connection.kind.word();
        let who = connection
            .who
            .as_deref()
            .unwrap_or("the server does not tell whose");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}  {}, {kind} of {}, since {} UTC",
            SafeText::of(&connection.url),
            SafeText::of(&connection.organization),
            SafeText::of(who),
            SafeText::of(connection.connected_at.get(..16).unwrap_or_default())
                .as_str()
                .replace('T', " "),
        );
    }
    text.push_str("The tokens are in the system keyring.\n");
    Ok(Answer::done(text))
}

/// Removes the secret from the keyring and the connection from the list. Exits with 1 when there was neither.
pub(crate) fn disconnect(context: &Context, text: &str) -> anyhow::Result<Answer> {
    let place = Place::find(context, text)?;
    let url = place.address.to_string();
    let names = match &place.connection {
        Some(connection) => vec![secret_name(connection)],
        // A secret may have outlived the list.
        None => vec![
            credentials::token_name(&url),
            credentials::client_secret_name(&url),
        ],
    };
    let mut removed = Vec::new();
    for name in names {
        match credentials::remove(&name) {
            Ok(()) => removed.push(name),
            Err(credentials::Error::Missing(_)) => {}
            Err(error) if place.connection.is_none() => {
                return Err(failure(
                    format!(
                        "{url} is not connected, and whether the keyring has a token for it cannot be told: {error}"
                    ),
                    "muster connections lists what is connected",
                ));
            }
            Err(error) => {
                return Err(failure(
                    format!(
                        "the token of {url} was not removed, and the connection stays: {error}"
                    ),
                    format!(
                        "unlock or start the system keyring and try again; until then you can {}",
                        token::WITHOUT_KEYRING
                    ),
                ));
            }
        }
    }
    if place.connection.is_some() {
        Connections::new(&context.places.config).remove(&url).hint(
            "the token is gone from the keyring; make the config folder writable and try again",
        )?;
    }
    let keyring = match removed.first() {
        Some(name) => format!("\"{name}\" was removed from the system keyring."),
        None => format!("The system keyring had no token for {url}."),
    };
    let valid = "In Space it stays valid until it is revoked there.";
    Ok(match (&place.connection, removed.is_empty()) {
        (Some(_), false) => Answer::done(format!("{url} is disconnected. {keyring}\n{valid}\n")),
        (Some(_), true) => Answer::done(format!("{url} is disconnected. {keyring}\n")),
        (None, false) => Answer::done(format!("{url} was not connected. {keyring}\n{valid}\n")),
        (None, true) => Answer {
            text: format!("{url} is not connected. {keyring}\n"),
            code: 1,
        },
    })
}
