//! [`Earlier`]: the answers of a reading that was interrupted, so that finished lists are not asked for again.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::{
    domain::time::Timestamp,
    format::evidence,
    space::{address::Address, client::Request},
};

use super::session::{server_time, withheld};

/// The answers of a reading that was interrupted. They are kept compressed: there can be a million rows in them.
#[derive(Debug)]
pub struct Earlier {
    address: Address,
    answers: BTreeMap<(Box<str>, Option<Box<str>>), Kept>,
    last: u32,
    server_began: Option<Timestamp>,
    elsewhere: bool,
    client: Option<String>,
}

#[derive(Debug)]
struct Kept {
    number: u32,
    body: Box<[u8]>,
}

impl Earlier {
    /// No answers yet, of the organization at `address`.
    pub fn of(address: &Address) -> Self {
        Self {
            address: address.clone(),
            answers: BTreeMap::new(),
            last: 0,
            server_began: None,
            elsewhere: false,
            client: None,
        }
    }

    /// Notes the client id of the application that was answered, when it was one.
    #[must_use]
    pub fn read_by(mut self, client_id: Option<&str>) -> Self {
        self.client = client_id.map(str::to_owned);
        self
    }

    /// The client id of the application that was answered.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// Takes one answer; they come in order of their numbers. Of two to the same question the later one counts.
    pub fn take(&mut self, answer: &evidence::Answer) {
        if self.last == 0 {
            self.server_began = answer.date.as_deref().and_then(server_time);
        }
        self.last = self.last.max(answer.number);
        self.elsewhere |= !answer
            .url
            .starts_with(self.address.call("", "").as_str().trim_end_matches('?'));
        let key = (
            answer.url.as_str().into(),
            answer.request.as_deref().map(Into::into),
        );
        // A refusal may have been lifted since; it is asked for again.
        let body = match &answer.body {
            evidence::Body::Whole(body) if answer.status == 200 => {
                zstd::bulk::compress(body, 1).ok()
            }
            evidence::Body::Whole(_) | evidence::Body::Digest(_) => None,
        };
        match body {
            Some(body) => {
                let body = body.into();
                let number = answer.number;
                self.answers.insert(key, Kept { number, body });
            }
            None => {
                self.answers.remove(&key);
            }
        }
    }

    /// The number of the last answer.
    pub(super) fn last(&self) -> u32 {
        self.last
    }

    /// The server's clock at the first answer.
    pub(super) fn server_began(&self) -> Option<Timestamp> {
        self.server_began
    }

    /// Whether some answer came from another address.
    pub(super) fn is_of_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// What was answered to `request`, the number of that answer, and in how many objects of it something was withheld.
    pub(super) fn answer<T: DeserializeOwned>(&self, request: &Request) -> Option<(u32, T, u64)> {
        let url = self.address.call(&request.path, &request.query);
        let key = (url.as_str().into(), request.body.as_deref().map(Into::into));
        let kept = self.answers.get(&key)?;
        let body = zstd::decode_all(&*kept.body).ok()?;
        let said = serde_json::from_slice(&body).ok()?;
        Some((kept.number, said, withheld(&body)))
    }
}
