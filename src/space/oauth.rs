//! [`Application`]: an application of Space that asks for access tokens with its client credentials.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::{self, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::{sync::MutexGuard, time::Instant};
use url::Url;
use zeroize::Zeroizing;

use super::error::Error;
use crate::domain::text::SafeText;

/// How long before its end a token is renewed, when it lasts that long.
const MARGIN: Duration = Duration::from_secs(60);

/// A secret shorter than this is not looked for in answers: it would be found in innocent places.
const SHORTEST: usize = 8;

/// An application with its client credentials. A token it was given is kept until shortly before its end.
pub struct Application {
    client_id: String,
    secret: SecretString,
    current: tokio::sync::Mutex<Current>,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What a client shows to the server.
#[derive(Debug)]
pub(crate) enum Credential {
    /// One token for good.
    Token(Access),
    /// Tokens for a time.
    Application(Application),
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(crate) struct Access(Arc<(SecretString, HeaderValue)>);

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}

/// The token in use, and when it is time for another one.
#[derive(Debug, Default)]
pub(crate) struct Current {
    access: Option<Access>,
    /// As the server told; `None` when it did not.
    lasts: Option<Duration>,
    renew_at: Option<Instant>,
}

impl Access {
    /// A token as it was copied or given.
    pub(crate) fn new(token: SecretString) -> Result<Self, Error> {
        let secret = token.expose_secret();
        if secret.is_empty() {
            return Err(Error::BadToken { what: "empty" });
        }
        let blank = |byte: u8| byte.is_ascii_whitespace() || !byte.is_ascii();
        if secret.bytes().any(blank) {
            return Err(Error::BadToken {
                what: "no token: it holds blanks, line breaks or characters beyond ASCII",
            });
        }
        let value = Zeroizing::new(format!("Bearer {secret}"));
        let mut authorization =
            HeaderValue::try_from(value.as_str()).map_err(|_| Error::BadToken {
                what: "no token: it holds control characters",
            })?;
        authorization.set_sensitive(true);
        Ok(Self(Arc::new((token, authorization))))
    }

    /// The header that shows it, marked as sensitive.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.0.1.clone()
    }

    pub(crate) fn secret(&self) -> &str {
        self.0.0.expose_secret()
    }

    /// A server or proxy that repeats the token in an answer does not get it into any file.
    pub(crate) fn blot_out(&self, body: &mut [u8]) {
        blot_out(self.secret(), body);
    }
}

impl Credential {
    /// Blots the client secret out of an answer.
    pub(crate) fn blot_out(&self, body: &mut [u8]) {
        if let Self::Application(application) = self {
            blot_out(application.secret.expose_secret(), body);
        }
    }

    /// Takes a token that the server refused out of use; `false` when there can be no other.
    pub(crate) async fn retire(&self, access: &Access) -> bool {
        let Self::Application(application) = self else {
            return false;
        };
        let mut current = application.current.lock().await;
        let same = |known: &Access| Arc::ptr_eq(&known.0, &access.0);
        // Another request may have renewed it meanwhile; that one is tried, then.
        if current.access.as_ref().is_some_and(same) {
            *current = Current::default();
        }
        true
    }
}

impl Current {
    /// The token, when it lasts for another request.
    pub(crate) fn lasting(&self, now: Instant) -> Option<Access> {
        let over = self.renew_at.is_some_and(|renew_at| renew_at <= now);
        self.access.clone().filter(|_| !over)
    }

    /// Takes a new token into use. It is good for one request, however short it lasts.
    pub(crate) fn renew(&mut self, given: Given, now: Instant) -> Access {
        self.lasts = given.lasts;
        self.renew_at = given
            .lasts
            .and_then(|lasts| now.checked_add(lasts.saturating_sub(MARGIN.min(lasts / 2))));
        self.access.insert(given.access).clone()
    }
}

/// What the server gave.
#[derive(Debug)]
pub(crate) struct Given {
    access: Access,
    lasts: Option<Duration>,
}

/// The answer of the token endpoint, good or bad.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: serde_json::Value,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

impl Application {
    /// An application as Space knows it.
    pub fn new(client_id: &str, secret: SecretString) -> Result<Self, Error> {
        let odd =
            |byte: u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || !byte.is_ascii();
        if client_id.is_empty() || client_id.contains(':') || client_id.bytes().any(odd) {
            return Err(Error::BadClient {
                what: "the client id is empty or holds a colon, blanks or characters beyond ASCII",
            });
        }
        let text = secret.expose_secret();
        if text.is_empty() || text.bytes().any(odd) {
            return Err(Error::BadClient {
                what: "the client secret is empty or holds blanks or characters beyond ASCII",
            });
        }
        Ok(Self {
            client_id: client_id.to_owned(),
            secret,
            current: tokio::sync::Mutex::default(),
        })
    }

    /// Its client id.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// How long the token in use lasts from its start, as the server told.
    pub(crate) async fn lasts(&self) -> Option<Duration> {
        self.current.lock().await.lasts
    }

    pub(crate) async fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().await
    }

    /// The request for a token, with everything that the application may.
    pub(crate) fn request(&self, http: &reqwest::Client, url: Url) -> reqwest::RequestBuilder {
        http.post(url)
            .basic_auth(&self.client_id, Some(self.secret.expose_secret()))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=**")
    }

    /// Judges the answer of the token endpoint.
    pub(crate) fn judge(
        &self,
        url: &Url,
        status: reqwest::StatusCode,
        mut body: Zeroizing<Vec<u8>>,
    ) -> Result<Given, Error> {
        let url = url.to_string();
        blot_out(self.secret.expose_secret(), &mut body);
        let answer = serde_json::from_slice::<Answer>(&body);
        if !status.is_success() {
            let text = answer.ok().and_then(|it| it.error_description.or(it.error));
            let text = text.map_or_else(
                || format!("HTTP status {}", status.as_u16()),
                |text| SafeText::of(&text.chars().take(300).collect::<String>()).to_string(),
            );
            return Err(if status.is_server_error() {
                Error::Unavailable {
                    url,
                    tries: 1,
                    text,
                }
            } else {
                Error::ClientRefused { url, text }
            });
        }
        let odd = |what: &str| Error::Protocol {
            url: url.clone(),
            what: what.to_owned(),
        };
        // What the parser would say could quote the token.
        let answer = answer.map_err(|_| odd("it is no answer to a request for a token"))?;
        let token = answer.access_token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| odd("it has no access token"))?;
        let seconds = match &answer.expires_in {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64(),
        };
        Ok(Given {
            access: Access::new(SecretString::from(token))?,
            lasts: seconds.map(Duration::from_secs),
        })
    }
}

fn blot_out(secret: &str, body: &mut [u8]) {
    let secret = secret.as_bytes();
    if secret.len() < SHORTEST || body.len() < secret.len() {
        return;
    }
    let mut at = 0;
    while let Some(found) = body[at..]
        .windows(secret.len())
        .position(|window| window == secret)
    {
        at += found + secret.len();
        body[at - secret.len()..at].fill(b'*');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application() -> Application {
        Application::new("client-1", "secret-of-client".into()).expect("an application")
    }

    fn judge(status: u16, body: &str) -> Result<Given, Error> {
        let url = "https://acme.example/oauth/token".parse().expect("a URL");
        let status = status.try_into().expect("a status");
        let body = Zeroizing::new(body.as_bytes().to_vec());
        application().judge(&url, status, body)
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        let now = Instant::now();
        let seconds = Duration::from_secs;
        for (lasts, renewed) in [(600, 540), (120, 60), (60, 30), (1, 1), (0, 0)] {
            let mut current = Current::default();
            assert!(current.lasting(now).is_none());
            let body = format!(r#"{{"access_token":"t-12345678","expires_in":{lasts}}}"#);
            let given = judge(200, &body).expect("a token");
            assert_eq!(current.renew(given, now).secret(), "t-12345678");
            assert!(current.lasting(now + seconds(renewed)).is_none(), "{lasts}");
            if let Some(before) = renewed.checked_sub(1) {
                assert!(current.lasting(now + seconds(before)).is_some(), "{lasts}");
            }
        }
        for forever in ["null", "\"soon\"", "-5", "1e99", "18446744073709551615"] {
            let body = format!(r#"{{"access_token":"t","expires_in":{forever}}}"#);
            let mut current = Current::default();
            let _ = current.renew(judge(200, &body).expect("a token"), now);
            assert!(
                current.lasting(now + seconds(1 << 30)).is_some(),
                "{forever}"
            );
        }
    }

    #[test]
    fn an_answer_without_a_token_is_explained_and_tells_no_secret() {
        for (status, body, part) in [
            (
                401,
                r#"{"error":"invalid_client","error_description":"no secret-of-client"}"#,
                "no ****",
            ),
            (
                400,
                r#"{"error":"unsupported_grant_type"}"#,
                "unsupported_grant_type",
            ),
            (403, "<html>", "HTTP status 403"),
            (503, "", "failed 1 times: HTTP status 503"),
            (200, "{}", "no access token"),
            (200, r#"{"access_token":""}"#, "no access token"),
            (
                200,
                r#"{"access_token":["secret-of-client"]}"#,
                "no answer to a request",
            ),
            (200, "[]", "no access token"),
            (200, r#"{"access_token":"two words"}"#, "blanks"),
        ] {
            let error = judge(status, body).expect_err(body);
            let shown = format!("{error} {error:?}");
            assert!(error.to_string().contains(part), "{error}");
            assert!(
                !shown.contains("secret-of-client") && error.hint().is_some(),
                "{shown}"
            );
        }
        assert!(!format!("{:?}", application()).contains("secret-of-client"));
    }

    #[test]
    fn nothing_that_holds_a_secret_shows_it() {
        let secrets = ["token-of-somebody", "token-of-the-hour", "secret-of-client"];
        let access = Access::new(secrets[0].into()).expect("a token");
        let body = format!(r#"{{"access_token":"{}","expires_in":600}}"#, secrets[1]);
        let given = judge(200, &body).expect("a token");
        let mut current = Current::default();
        let shown_given = format!("{given:?} {given:#?}");
        let renewed = current.renew(given, Instant::now());
        let application = application();
        let sent = application.request(
            &reqwest::Client::new(),
            "https://acme.example/oauth/token".parse().expect("a URL"),
        );
        let answer = format!("{:?}", access.authorization());
        let with_token = Credential::Token(access.clone());
        let with_application = Credential::Application(application);
        for shown in [
            shown_given,
            answer,
            format!("{access:?} {renewed:?} {:?}", renewed.authorization()),
            format!("{current:?} {current:#?}"),
            format!("{with_token:?} {with_token:#?}"),
            format!("{with_application:?} {with_application:#?}"),
            format!("{sent:?} {sent:#?}"),
        ] {
            let told = secrets.iter().find(|secret| shown.contains(**secret));
            assert_eq!(told, None, "{shown}");
            // `Basic` credentials are base64 of both.
            assert!(!shown.contains("Y2xpZW50LTE6"), "{shown}");
        }
    }

    #[test]
    fn credentials_that_cannot_be_sent_are_refused() {
        for (id, secret) in [
            ("", "s"),
            ("a:b", "s"),
            ("a b", "s"),
            ("é", "s"),
            ("a", ""),
            ("a", "s s"),
        ] {
            let refused = Application::new(id, secret.into());
            assert!(
                matches!(refused, Err(Error::BadClient { .. })),
                "{id} {secret}"
            );
        }
    }
}
