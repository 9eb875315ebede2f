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
    header::{self, HeaderMap},
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};
use url::Url;

use super::{
    address::Address,
    error::Error,
    oauth::{Access, Application, Credential},
};

mod answer;
mod connection;
mod options;

pub(crate) use answer::read_kept;
use answer::{elsewhere, is_html, retry_after, what_else};
use connection::without_query;
pub use options::ClientOptions;

/// A client of one Space organization. It only reads.
///
/// The token is sent to the address it was made for and to nothing else: redirects are not followed. When
/// the server asks one request to wait, all of them wait. An application's token is renewed before it expires.
pub struct Client {
    http: reqwest::Client,
    address: Address,
    credential: Credential,
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
        Self::with(address, Credential::Token(Access::new(token)?), options)
    }

    /// A client for the organization at `address`, which asks there for tokens as `application`.
    pub fn of_application(
        address: Address,
        application: Application,
        options: ClientOptions,
    ) -> Result<Self, Error> {
        Self::with(address, Credential::Application(application), options)
    }

    fn with(
        address: Address,
        credential: Credential,
        options: ClientOptions,
    ) -> Result<Self, Error> {
        let http = connection::connections(&address, &options)?;
        Ok(Self {
            http,
            address,
            credential,
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

    /// The client id of the application it reads as, when it has client credentials.
    pub fn client_id(&self) -> Option<&str> {
        match &self.credential {
            Credential::Token(_) => None,
            Credential::Application(application) => Some(application.client_id()),
        }
    }

    /// How long a token of an application lasts, when the server told; `None` for a token for good.
    pub(crate) async fn lasts(&self) -> Option<Option<Duration>> {
        match &self.credential {
            Credential::Token(_) => None,
            Credential::Application(application) => Some(application.lasts().await),
        }
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

    /// Sends `request` once and takes the whole answer. A token that the server gave for a time, and that it
    /// refuses before that time, is renewed once.
    async fn attempt(&self, request: &Request) -> Result<Received, Box<Trouble>> {
        let access = self.access().await?;
        let received = self.send(request, &access).await?;
        if received.status != 401 || !self.credential.retire(&access).await {
            return Ok(received);
        }
        let access = self.access().await?;
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        self.send(request, &access).await
    }

    /// The token to show; an application asks for one when it has none that lasts.
    async fn access(&self) -> Result<Access, Box<Trouble>> {
        let application = match &self.credential {
            Credential::Token(access) => return Ok(access.clone()),
            Credential::Application(application) => application,
        };
        let mut current = application.current().await;
        if let Some(access) = current.lasting(Instant::now()) {
            return Ok(access);
        }
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let url = self.address.token_endpoint();
        let asked = application.request(&self.http, url.clone());
        let (status, _, body) = self.deliver(&url, asked).await?;
        application
            .judge(&url, status, zeroize::Zeroizing::new(body))
            .map(|access| current.renew(access, Instant::now()))
            .map_err(|error| {
                Box::new(match error {
                    error @ Error::Unavailable { .. } => Trouble::Again(error),
                    error => Trouble::Final(error, None),
                })
            })
    }

    async fn send(&self, request: &Request, access: &Access) -> Result<Received, Box<Trouble>> {
        let url = self.address.call(&request.path, &request.query);
        let method = if request.body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut sent = self
            .http
            .request(method, url.clone())
            .header(header::AUTHORIZATION, access.authorization())
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
        let (status, date, mut body) = self.deliver(&url, sent).await?;
        access.blot_out(&mut body);
        self.credential.blot_out(&mut body);
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

    /// Sends what was put together and takes status, date and body of the answer.
    async fn deliver(
        &self,
        url: &Url,
        sent: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Option<String>, Vec<u8>), Box<Trouble>> {
        let deadline = Instant::now() + self.options.request_timeout.saturating_mul(10);
        let mut response = self.in_time(url, deadline, sent.send()).await?;
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
            let error = elsewhere(url, target, self.address.has_prefix());
            return Err(Trouble::Final(error, None).into());
        }
        let html = is_html(response.headers());
        let date = response.headers().get(header::DATE);
        let date = date.and_then(|date| date.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = self.in_time(url, deadline, response.chunk()).await? {
            if body.len() + chunk.len() > self.options.answer_limit {
                let error = Error::TooLarge {
                    url: without_query(url),
                    limit: self.options.answer_limit,
                };
                return Err(Trouble::Final(error, None).into());
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success()
            && let Some(what) = what_else(html, &body)
        {
            let error = Error::NotSpace {
                url: without_query(url),
                what: what.to_owned(),
                prefixed: self.address.has_prefix(),
            };
            return Err(Trouble::Final(error, None).into());
        }
        Ok((status, date, body))
    }

    /// Waits for a part of an answer, but not for ever.
    async fn in_time<T>(
        &self,
        url: &Url,
        deadline: Instant,
        part: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, Box<Trouble>> {
        let limit = deadline.min(Instant::now() + self.options.request_timeout);
        match tokio::time::timeout_at(limit, part).await {
            Ok(Ok(part)) => Ok(part),
            Ok(Err(error)) => Err(connection::trouble(url, error).into()),
            Err(_) => {
                let error = Error::Unreachable {
                    url: without_query(url),
                    why: "the server is silent".to_owned(),
                };
                Err(Trouble::Again(error).into())
            }
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

#[cfg(test)]
mod tests;
