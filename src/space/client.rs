//! [`Client`]: one request and its answer, with token, time limits, retries and the rate limit.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Method, StatusCode,
    header::{self, HeaderMap, HeaderValue},
    redirect,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};
use url::Url;

use super::{
    address::Address,
    error::Error,
    wire::{Failure, Told, is_cut_short},
};
use crate::domain::text::SafeText;

/// How a [`Client`] behaves. The defaults suit a server across the internet.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Requests in flight at a time, over all lists.
    pub concurrency: usize,
    /// Rows asked for in one page.
    pub page_size: u32,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the server may stay silent, before the answer and between its parts.
    pub request_timeout: Duration,
    /// The largest answer in bytes, after decompression.
    pub answer_limit: usize,
    /// How often a request is sent at most.
    pub tries: u32,
    /// The wait before the second try; it doubles from try to try.
    pub backoff: Duration,
    /// The longest such wait.
    pub backoff_limit: Duration,
    /// The longest wait the server may ask for; beyond it reading stops with an error.
    pub longest_wait: Duration,
    /// What the client calls itself.
    pub user_agent: String,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            concurrency: 8,
            page_size: 100,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            answer_limit: 64 << 20,
            tries: 6,
            backoff: Duration::from_millis(250),
            backoff_limit: Duration::from_secs(15),
            longest_wait: Duration::from_secs(600),
            user_agent: concat!("muster/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// A client of one Space organization. It only reads.
///
/// The token is sent to the address it was made for and to nothing else: redirects are not followed. When
/// the server asks one request to wait, all of them wait.
pub struct Client {
    http: reqwest::Client,
    address: Address,
    authorization: HeaderValue,
    token: SecretString,
    options: ClientOptions,
    in_flight: Semaphore,
    hold: Mutex<Option<Instant>>,
    /// Rung when a hold begins.
    held: Notify,
    /// The highest epoch the server told: it then answers with nothing older.
    epoch: AtomicU64,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    retries: AtomicU64,
    answered: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A request: what is read, never what is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// What follows `/api/http/`, percent-encoded.
    pub(crate) path: String,
    /// The query, percent-encoded.
    pub(crate) query: String,
    /// A JSON body makes it a `POST`.
    pub(crate) body: Option<String>,
}

/// What came back, byte for byte after decompression.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) request_body: Option<String>,
    pub(crate) status: u16,
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Exchange<T> {
    /// How often it was sent.
    pub(crate) tries: u32,
    /// The last answer, when one came whole.
    pub(crate) received: Option<Received>,
    pub(crate) result: Result<T, Error>,
}

/// One try that gave no usable answer.
enum Trouble {
    /// Nothing else will come of it.
    Final(Error, Option<Received>),
    /// Another try may do; the error is for when there is none left.
    Again(Error),
    /// As `Again`, but there was not even a connection.
    NoConnection(Error),
    /// As `Again`; the server asks all to wait.
    Wait(Option<Duration>),
}

impl Client {
    /// A client for the organization at `address`, which shows `token` there.
    pub fn new(
        address: Address,
        token: SecretString,
        options: ClientOptions,
    ) -> Result<Self, Error> {
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
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {secret}")).map_err(|_| Error::BadToken {
                what: "no token: it holds control characters",
            })?;
        authorization.set_sensitive(true);
        // Fails only when there is one already, which will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            .connect_timeout(options.connect_timeout)
            .redirect(redirect::Policy::none())
            .gzip(true)
            .referer(false);
        if address.is_this_machine() {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::Setup {
            why: causes(&error.without_url()),
        })?;
        Ok(Self {
            http,
            address,
            authorization,
            token,
            in_flight: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            hold: Mutex::new(None),
            held: Notify::new(),
            epoch: AtomicU64::new(0),
            counts: Counts::default(),
            options,
        })
    }

    /// Where it reads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How it behaves.
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Requests sent so far, repeats included.
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Requests sent again so far.
    pub fn retries(&self) -> u64 {
        self.counts.retries.load(Ordering::Relaxed)
    }

    /// How long all requests still wait because the server asked for it.
    pub fn wait(&self) -> Option<Duration> {
        let until = (*self.hold.lock().unwrap_or_else(PoisonError::into_inner))?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Waits until the server asks to wait.
    pub(crate) async fn held(&self) {
        self.held.notified().await;
    }

    /// Sends `request` until it is answered, refused, or has failed too often.
    pub(crate) async fn exchange<T: DeserializeOwned>(&self, request: &Request) -> Exchange<T> {
        let mut tries = 0;
        let mut failures = 0;
        let mut answered = self.counts.answered.load(Ordering::Relaxed);
        loop {
            let permit = self.turn().await;
            tries += 1;
            self.counts.requests.fetch_add(1, Ordering::Relaxed);
            if tries > 1 {
                self.counts.retries.fetch_add(1, Ordering::Relaxed);
            }
            let attempt = self.attempt(request).await;
            drop(permit);
            let trouble = match attempt.and_then(|received| self.read(received)) {
                Ok((value, received)) => {
                    self.counts.answered.fetch_add(1, Ordering::Relaxed);
                    return Exchange {
                        tries,
                        received: Some(received),
                        result: Ok(value),
                    };
                }
                Err(trouble) => *trouble,
            };
            let stop = |error, received| Exchange {
                tries,
                received,
                result: Err(error),
            };
            failures += 1;
            let backoff = self.backoff(failures);
            match trouble {
                Trouble::Final(error, received) => return stop(error, received),
                Trouble::Again(error) => {
                    if failures >= self.options.tries {
                        return stop(with_tries(error, tries), None);
                    }
                    tokio::time::sleep(backoff).await;
                }
                Trouble::NoConnection(error) => {
                    // A wrong host shows at once; only one that was right before is worth a wait.
                    let known = self.counts.answered.load(Ordering::Relaxed) > 0;
                    if failures >= if known { self.options.tries } else { 2 } {
                        return stop(error, None);
                    }
                    tokio::time::sleep(backoff).await;
                }
                Trouble::Wait(asked) => {
                    // While others get through, being told to wait is no failure of this request.
                    let now = self.counts.answered.load(Ordering::Relaxed);
                    if std::mem::replace(&mut answered, now) != now {
                        failures = 1;
                    }
                    let too_long = asked.is_some_and(|wait| wait > self.options.longest_wait);
                    if too_long || failures >= self.options.tries {
                        let url = self.url_without_query(request);
                        return stop(Error::RateLimited { url, wait: asked }, None);
                    }
                    self.hold_all(asked.unwrap_or_default().max(backoff));
                }
            }
        }
    }

    /// Waits for the end of a hold and for one of the places in flight.
    async fn turn(&self) -> tokio::sync::SemaphorePermit<'_> {
        loop {
            if let Some(wait) = self.wait() {
                tokio::time::sleep(wait).await;
            }
            let permit = self.in_flight.acquire().await;
            let permit = permit.expect("nobody closes the semaphore");
            // A hold may have begun while this one stood in line.
            if self.wait().is_none() {
                return permit;
            }
        }
    }

    fn hold_all(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        if hold.is_none_or(|hold| hold < until) {
            *hold = Some(until);
            drop(hold);
            self.held.notify_one();
        }
    }

    fn backoff(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        let wait = self.options.backoff.saturating_mul(factor);
        wait.min(self.options.backoff_limit)
    }

    /// Sends `request` once and takes the whole answer.
    async fn attempt(&self, request: &Request) -> Result<Received, Box<Trouble>> {
        let url = self.address.call(&request.path, &request.query);
        let method = if request.body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut sent = self
            .http
            .request(method, url.clone())
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, "application/json");
        let epoch = self.epoch.load(Ordering::Relaxed);
        if epoch > 0 {
            sent = sent.header("epoch", epoch);
        }
        if let Some(body) = &request.body {
            sent = sent
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let deadline = Instant::now() + self.options.request_timeout.saturating_mul(10);
        let mut response = self.in_time(&url, deadline, sent.send()).await?;
        let status = response.status();
        self.note_epoch(response.headers());
        let wait = retry_after(response.headers());
        let busy = status == StatusCode::SERVICE_UNAVAILABLE && wait.is_some();
        if status == StatusCode::TOO_MANY_REQUESTS || busy {
            return Err(Trouble::Wait(wait).into());
        }
        if status.is_redirection() {
            let target = response.headers().get(header::LOCATION);
            let target = target.and_then(|target| target.to_str().ok());
            let error = elsewhere(&url, target, self.address.has_prefix());
            return Err(Trouble::Final(error, None).into());
        }
        let html = is_html(response.headers());
        let date = response.headers().get(header::DATE);
        let date = date.and_then(|date| date.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = self.in_time(&url, deadline, response.chunk()).await? {
            if body.len() + chunk.len() > self.options.answer_limit {
                let error = Error::TooLarge {
                    url: without_query(&url),
                    limit: self.options.answer_limit,
                };
                return Err(Trouble::Final(error, None).into());
            }
            body.extend_from_slice(&chunk);
        }
        self.blot_out_token(&mut body);
        if status.is_success()
            && let Some(what) = what_else(html, &body)
        {
            let error = Error::NotSpace {
                url: without_query(&url),
                what: what.to_owned(),
                prefixed: self.address.has_prefix(),
            };
            return Err(Trouble::Final(error, None).into());
        }
        Ok(Received {
            method: if request.body.is_some() {
                "POST"
            } else {
                "GET"
            },
            url: url.into(),
            request_body: request.body.clone(),
            status: status.as_u16(),
            date,
            body,
        })
    }

    /// Waits for a part of an answer, but not for ever.
    async fn in_time<T>(
        &self,
        url: &Url,
        deadline: Instant,
        part: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, Box<Trouble>> {
        let limit = deadline.min(Instant::now() + self.options.request_timeout);
        let unreachable = |why| Error::Unreachable {
            url: without_query(url),
            why,
        };
        match tokio::time::timeout_at(limit, part).await {
            Ok(Ok(part)) => Ok(part),
            Ok(Err(error)) => {
                let connected = !error.is_connect();
                let error = unreachable(causes(&error.without_url()));
                let trouble = if connected {
                    Trouble::Again(error)
                } else {
                    Trouble::NoConnection(error)
                };
                Err(trouble.into())
            }
            Err(_) => {
                let error = unreachable("the server is silent".to_owned());
                Err(Trouble::Again(error).into())
            }
        }
    }

    /// Judges an answer that came whole.
    fn read<T: DeserializeOwned>(&self, received: Received) -> Result<(T, Received), Box<Trouble>> {
        let url = received
            .url
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned();
        if !(200..300).contains(&received.status) {
            return Err(self.judge_failure(url, received).into());
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
    fn judge_failure(&self, url: String, received: Received) -> Trouble {
        let status = received.status;
        let failure: Failure = serde_json::from_slice::<Told<Failure>>(&received.body)
            .ok()
            .and_then(Told::value)
            .unwrap_or_default();
        let code = failure.error.value().map(|code| self.said(&code));
        let text = failure.error_description.value().unwrap_or_default();
        let text = match (text.is_empty(), &code) {
            (false, _) => self.said(&text),
            (true, Some(code)) => code.clone(),
            (true, None) => format!("HTTP status {status}"),
        };
        match (code.as_deref(), status) {
            (Some("authentication-required"), _) | (None, 401) => {
                Trouble::Final(Error::Unauthorized { url, text }, None)
            }
            (Some("rate-limited"), _) => Trouble::Wait(None),
            (Some("internal-server-error"), _) | (None, 500..) => {
                Trouble::Again(Error::Unavailable {
                    url,
                    tries: 1,
                    text,
                })
            }
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

    /// The server's words, safe to show, of bearable length, and without the token.
    fn said(&self, text: &str) -> String {
        let text = text.replace(self.token.expose_secret(), "[token]");
        let text: String = text.chars().take(300).collect();
        SafeText::of(&text).to_string()
    }

    /// A server or proxy that repeats the token in an answer does not get it into any file.
    fn blot_out_token(&self, body: &mut [u8]) {
        let token = self.token.expose_secret().as_bytes();
        if token.len() < 8 || body.len() < token.len() {
            return;
        }
        let mut at = 0;
        while let Some(found) = body[at..]
            .windows(token.len())
            .position(|window| window == token)
        {
            at += found + token.len();
            body[at - token.len()..at].fill(b'*');
        }
    }

    fn note_epoch(&self, headers: &HeaderMap) {
        let epoch = headers.get("epoch").and_then(|epoch| epoch.to_str().ok());
        if let Some(epoch) = epoch.and_then(|epoch| epoch.trim().parse().ok()) {
            self.epoch.fetch_max(epoch, Ordering::Relaxed);
        }
    }

    fn url_without_query(&self, request: &Request) -> String {
        self.address.call(&request.path, "").into()
    }
}

fn with_tries(error: Error, tries: u32) -> Error {
    match error {
        Error::Unavailable { url, text, .. } => Error::Unavailable { url, tries, text },
        other => other,
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

fn elsewhere(url: &Url, target: Option<&str>, prefixed: bool) -> Error {
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

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
}

/// What came, when it is no JSON object or list; one that is cut short still counts as one.
fn what_else(html: bool, body: &[u8]) -> Option<&'static str> {
    match body.trim_ascii_start().first() {
        _ if html => Some("a web page came instead"),
        Some(b'<') => Some("a web page came instead"),
        Some(b'{' | b'[') | None => None,
        Some(_) => Some("something else than JSON came instead"),
    }
}

/// `Retry-After`: seconds, or an HTTP date, which the server's own `Date` is compared with.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let asked = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(asked).ok()?;
    let now = chrono::DateTime::parse_from_rfc2822(text(header::DATE)?).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}

/// An error and what is behind it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !line.ends_with(&cause_text) {
            line.push_str(": ");
            line.push_str(&cause_text);
        }
        source = cause.source();
    }
    SafeText::of(&line).to_string()
}

#[cfg(test)]
mod tests;
