//! [`Kept`]: the raw answers of a reading, from which its population can be read again.
//!
//! The same code reads them that read the server: it asks here instead. So whoever compares what comes of it with what
//! a record says needs no second reader of Space's JSON.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use url::Url;

use crate::{
    domain::time::Timestamp,
    format::evidence,
    space::{address::Address, client::Received, error::Error},
};

/// The raw answers of a reading. They are kept compressed: there can be a million rows in them.
#[derive(Debug)]
pub struct Kept {
    address: Address,
    /// When reading went on for the last time after it had been interrupted.
    resumed: Option<Timestamp>,
    answers: BTreeMap<Question, Vec<One>>,
    /// The fields that were asked for; a few texts, each shared by thousands of answers.
    fields: BTreeSet<Arc<str>>,
    began: Option<Timestamp>,
    ended: Option<Timestamp>,
    server_began: Option<Timestamp>,
    server_ended: Option<Timestamp>,
    /// How many bytes may still be looked at. An honest answer is looked at once.
    left: AtomicU64,
}

/// What was asked, apart from which page and which fields of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    url: Box<str>,
    body: Option<Box<str>>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct One {
    pub(super) number: u32,
    /// The `$skip` of its request.
    pub(super) skip: Option<Box<str>>,
    /// The `$fields` of its request.
    pub(super) fields: Arc<str>,
    /// Whether it came before the last interruption.
    pub(super) before: bool,
    status: u16,
    length: u64,
    body: Box<[u8]>,
}

/// Why an answer cannot belong to a reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// It came from somewhere else.
    #[error("it came from another address than {0}")]
    Elsewhere(String),
    /// There is no body to read.
    #[error("its body was not kept")]
    NoBody,
    /// It cannot be held.
    #[error("it cannot be compressed")]
    Compress,
}

impl Kept {
    /// No answers yet, of the organization at `address`. Reading it went on at `resumed` for the last time, if it had
    /// been interrupted.
    pub fn of(address: &Address, resumed: Option<Timestamp>) -> Self {
        Self {
            address: address.clone(),
            resumed,
            answers: BTreeMap::new(),
            fields: BTreeSet::new(),
            began: None,
            ended: None,
            server_began: None,
            server_ended: None,
            // Small answers may be asked for more than once.
            left: AtomicU64::new(64 << 20),
        }
    }

    /// Takes one answer; they come in order of their numbers.
    pub fn take(&mut self, answer: &evidence::Answer) -> Result<(), BadAnswer> {
        let evidence::Body::Whole(body) = &answer.body else {
            return Err(BadAnswer::NoBody);
        };
        let elsewhere = || BadAnswer::Elsewhere(self.address.to_string());
        let base = self.address.call("", "");
        let mut url = Url::parse(&answer.url).map_err(|_| elsewhere())?;
        if !url.as_str().starts_with(base.as_str()) {
            return Err(elsewhere());
        }
        let (mut skip, mut fields) = (None, String::new());
        for (name, value) in url.query_pairs() {
            match &*name {
                "$skip" => skip = Some(Box::from(&*value)),
                "$fields" => fields = value.into_owned(),
                _ => {}
            }
        }
        url.set_query(None);
        let fields = if let Some(known) = self.fields.get(fields.as_str()) {
            Arc::clone(known)
        } else {
            let fields: Arc<str> = fields.into();
            self.fields.insert(Arc::clone(&fields));
            fields
        };
        let date = answer.date.as_deref().and_then(super::session::server_time);
        if self.began.is_none() {
            self.began = Some(answer.at);
            self.server_began = date;
        }
        self.ended = Some(answer.at);
        self.server_ended = date.or(self.server_ended);
        let length = body.len() as u64;
        *self.left.get_mut() += 2 * length;
        let one = One {
            number: answer.number,
            skip,
            fields,
            before: self.resumed.is_some_and(|resumed| answer.at < resumed),
            status: answer.status,
            length,
            body: zstd::bulk::compress(body, 1)
                .map_err(|_| BadAnswer::Compress)?
                .into(),
        };
        let question = Question {
            url: String::from(url).into(),
            body: answer.request.as_deref().map(Into::into),
        };
        self.answers.entry(question).or_default().push(one);
        Ok(())
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// When the first answer came and when the last, by the clock of whoever asked.
    pub(super) fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.began.zip(self.ended)
    }

    /// The server's clock at the first answer and at the last.
    pub(super) fn server_times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.server_began, self.server_ended)
    }

    /// All answers to a question, in order, whatever page and fields were asked for.
    pub(super) fn all(&self, path: &str, body: Option<&str>) -> &[One] {
        let question = Question {
            url: String::from(self.address.call(path, "")).into(),
            body: body.map(Into::into),
        };
        self.answers.get(&question).map_or(&[], Vec::as_slice)
    }

    /// An answer as it came.
    ///
    /// # Errors
    /// When answers were looked at so often that no honest reading can have done so.
    pub(super) fn received(&self, path: &str, one: &One) -> Result<Received, Error> {
        let url: String = self.address.call(path, "").into();
        let wrong = |what: &str| Error::Protocol {
            url: url.clone(),
            what: what.to_owned(),
        };
        let left = self.left.load(Ordering::Relaxed);
        let Some(left) = left.checked_sub(one.length) else {
            return Err(Error::NotTheSame {
                why: "its answers lead to one another again and again",
            });
        };
        self.left.store(left, Ordering::Relaxed);
        let capacity = usize::try_from(one.length).unwrap_or(usize::MAX);
        let body = zstd::bulk::decompress(&one.body, capacity)
            .map_err(|_| wrong("it cannot be unpacked again"))?;
        Ok(Received {
            method: "GET",
            url,
            request_body: None,
            status: one.status,
            date: None,
            body,
        })
    }
}
