//! What an answer means: usable, refused, worth another try, or not from Space at all.

use std::time::Duration;

use reqwest::header::{self, HeaderMap};
use serde::de::DeserializeOwned;
use url::Url;

use super::{Client, Received, Trouble, connection::without_query};
use crate::{
    domain::text::SafeText,
    space::{
        error::Error,
        oauth::Credential,
        wire::{Failure, Told, is_cut_short},
    },
};

impl Client {
    /// Judges an answer that came whole.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        received: Received,
    ) -> Result<(T, Received), Box<Trouble>> {
        read(received, &|text| self.said(text))
    }

    /// The server's words, safe to show, of bearable length, and without the token.
    fn said(&self, text: &str) -> String {
        match &self.credential {
            Credential::Token(access) => bearable(&text.replace(access.secret(), "[token]")),
            // Its secrets were blotted out when the answer came.
            Credential::Application(_) => bearable(text),
        }
    }
}

/// What an answer says that was kept, judged as it was when it came.
pub(crate) fn read_kept<T: DeserializeOwned>(received: Received) -> Result<T, Error> {
    let url = url_of(&received);
    match read(received, &bearable).map_err(|trouble| *trouble) {
        Ok((value, _)) => Ok(value),
        Err(Trouble::Final(error, _) | Trouble::Again(error) | Trouble::NoConnection(error)) => {
            Err(error)
        }
        Err(Trouble::Wait(wait)) => Err(Error::RateLimited { url, wait }),
    }
}

fn url_of(received: &Received) -> String {
    let url = received.url.split('?').next();
    url.unwrap_or_default().to_owned()
}

fn bearable(text: &str) -> String {
    let text: String = text.chars().take(300).collect();
    SafeText::of(&text).to_string()
}

/// Judges an answer that came whole; `said` makes the server's words fit to show.
fn read<T: DeserializeOwned>(
    received: Received,
    said: &dyn Fn(&str) -> String,
) -> Result<(T, Received), Box<Trouble>> {
    let url = url_of(&received);
    if !(200..300).contains(&received.status) {
        return Err(judge_failure(url, received, said).into());
    }
    match serde_json::from_slice(&received.body) {
        Ok(value) => Ok((value, received)),
        Err(error) if is_cut_short(&error, &received.body) => {
            let text = "the answer is cut short".to_owned();
            Err(Trouble::Again(Error::Unavailable {
                url,
                tries: 1,
                text,
            })
            .into())
        }
        Err(error) => {
            let what = SafeText::of(&error.to_string()).to_string();
            let error = Error::Protocol { url, what };
            Err(Trouble::Final(error, Some(received)).into())
        }
    }
}

/// By the code in the body first, by the status second.
fn judge_failure(url: String, received: Received, said: &dyn Fn(&str) -> String) -> Trouble {
    let status = received.status;
    let failure: Failure = serde_json::from_slice::<Told<Failure>>(&received.body)
        .ok()
        .and_then(Told::value)
        .unwrap_or_default();
    let code = failure.error.value().map(|code| said(&code));
    let text = failure.error_description.value().unwrap_or_default();
    let text = match (text.is_empty(), &code) {
        (false, _) => said(&text),
        (true, Some(code)) => code.clone(),
        (true, None) => format!("HTTP status {status}"),
    };
    match (code.as_deref(), status) {
        (Some("authentication-required"), _) | (None, 401) => {
            Trouble::Final(Error::Unauthorized { url, text }, None)
        }
        (Some("rate-limited"), _) => Trouble::Wait(None),
        (Some("internal-server-error"), _) | (None, 500..) => Trouble::Again(Error::Unavailable {
            url,
            tries: 1,
            text,
        }),
        (Some(_), 401) => Trouble::Final(Error::Unauthorized { url, text }, None),
        (Some(code), 500..)
            if !matches!(code, "permission-denied" | "not-found" | "validation-error") =>
        {
            Trouble::Again(Error::Unavailable {
                url,
                tries: 1,
                text,
            })
        }
        _ => Trouble::Final(
            Error::Refused {
                url,
                status,
                code,
                text,
            },
            Some(received),
        ),
    }
}

pub(super) fn elsewhere(url: &Url, target: Option<&str>, prefixed: bool) -> Error {
    let target = target.and_then(|target| url.join(target).ok());
    let what = match target {
        Some(target) => format!(
            "it leads to {}, and a token is sent nowhere but to the address it was given for",
            SafeText::of(&target.origin().ascii_serialization())
        ),
        None => "it leads elsewhere without saying where".to_owned(),
    };
    Error::NotSpace {
        url: without_query(url),
        what,
        prefixed,
    }
}

pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
}

/// What came, when it is no JSON object or list; one that is cut short still counts as one.
pub(super) fn what_else(html: bool, body: &[u8]) -> Option<&'static str> {
    match body.trim_ascii_start().first() {
        _ if html => Some("a web page came instead"),
        Some(b'<') => Some("a web page came instead"),
        Some(b'{' | b'[') | None => None,
        Some(_) if is_a_word(body.trim_ascii()) => None,
        Some(_) => Some("something else than JSON came instead"),
    }
}

/// Whether it is one of the words of JSON, or the beginning of one.
fn is_a_word(body: &[u8]) -> bool {
    let mut words = [&b"true"[..], b"false", b"null"].into_iter();
    words.any(|word| word.starts_with(body))
}

/// `Retry-After`: seconds, or an HTTP date, which the server's own `Date` is compared with.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let asked = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(asked).ok()?;
    let now = chrono::DateTime::parse_from_rfc2822(text(header::DATE)?).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}
