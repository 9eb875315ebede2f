//! [`Place`]: the organization a person means.

use super::{Context, Hint as _, failure, snapshot::eprint_line};
use crate::{
    config::connections::{Connection, Connections},
    domain::text::SafeText,
    space::{Address, BadAddress},
};

/// The organization a person means, and how it is connected.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Where it answers.
    pub(crate) address: Address,
    /// The connection to it, when there is one.
    pub(crate) connection: Option<Connection>,
}

impl Place {
    /// Finds what `text` means: an address or subdomain, or the name of a connected organization.
    ///
    /// A connection's address comes first: what a server calls itself must not stand in for another one.
    pub(crate) fn find(context: &Context, text: &str) -> anyhow::Result<Self> {
        let place = Self::look_up(context, text)?;
        if let Some(connection) = place
            .connection
            .as_ref()
            .filter(|_| !place.by_address(text))
        {
            let name = SafeText::of(&connection.organization);
            eprint_line(&format!("{name} is connected at {}", connection.url));
        }
        Ok(place)
    }

    /// Whether `text` is its address, not its name.
    fn by_address(&self, text: &str) -> bool {
        text.parse::<Address>()
            .is_ok_and(|address| address == self.address)
    }

    /// The same without a word.
    pub(crate) fn look_up(context: &Context, text: &str) -> anyhow::Result<Self> {
        let known = connections(context)?;
        let parsed = text.parse::<Address>();
        if let Ok(address) = &parsed {
            let url = address.to_string();
            if let Some(connection) = known.iter().find(|known| known.url == url) {
                return Ok(Self {
                    address: address.clone(),
                    connection: Some(connection.clone()),
                });
            }
        }
        let wanted = text.trim().to_lowercase();
        let named = known
            .iter()
            .filter(|known| known.organization.to_lowercase() == wanted)
            .collect::<Vec<_>>();
        match named[..] {
            [] => Ok(Self {
                address: parsed.map_err(|error| explain(&error))?,
                connection: None,
            }),
            [connection] => Ok(Self {
                address: connection.url.parse().map_err(|error| explain(&error))?,
                connection: Some(connection.clone()),
            }),
            _ => {
                let urls: Vec<&str> = named.iter().map(|known| known.url.as_str()).collect();
                Err(failure(
                    format!("several connections are called {}", SafeText::of(text)),
                    format!("name the address: {}", urls.join(" or ")),
                ))
            }
        }
    }
}

/// The connected organizations.
pub(crate) fn connections(context: &Context) -> anyhow::Result<Vec<Connection>> {
    Connections::new(&context.places.config)
        .all()
        .hint("correct the file or remove it, and connect again; it holds no secret")
}

/// An address that cannot be used, with its next step.
fn explain(error: &BadAddress) -> anyhow::Error {
    failure(
        error.to_string(),
        "give the address people open Space at, such as https://space.example.com, or the subdomain in the cloud, such as acme",
    )
}
