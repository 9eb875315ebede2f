//! [`Session`]: one fetch. Every answer passes through here: it is numbered, handed on as evidence, counted.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use super::{
    Answer, Earlier, Kept, Progress,
    calls::Call,
    fields::{Fields, Then, Unasked},
    kept::One,
    ledger::{Ledger, Notes, Size, count},
    request::{encode, request},
};
use crate::{
    domain::time::Timestamp,
    space::{
        address::Address,
        client::{Client, Received, Request, read_kept},
        error::Error,
        page::{End, PageEnd, Step, Walk},
        wire::{self, Batch, Told},
    },
};

/// How often a list is read that keeps changing.
const READINGS: u32 = 3;

/// How many calls may fail for good before the server counts as broken.
const FAILURES: u32 = 5;

/// Who is asked.
#[derive(Clone, Copy)]
enum Source<'a> {
    Server(&'a Client),
    /// What a server said before.
    Kept(&'a Kept),
}

/// One fetch.
pub(crate) struct Session<'a> {
    source: Source<'a>,
    progress: &'a (dyn Fn(Progress) + Sync),
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    answers: mpsc::Sender<Answer>,
    /// What an interrupted reading left.
    earlier: Option<Earlier>,
    /// The number of the last answer. It is held while an answer is handed on, so they go in order.
    number: tokio::sync::Mutex<u32>,
    ledger: Mutex<Ledger>,
    shown: Mutex<Progress>,
    /// The server's clock at its first and at its last answer.
    server_time: Mutex<(Option<Timestamp>, Option<Timestamp>)>,
    failures: AtomicU32,
    fields: Mutex<Fields>,
    /// Requests and retries of the client before this fetch.
    before: (u64, u64),
}

/// What one call was answered.
pub(crate) struct Answered<T> {
    /// The number of the answer.
    pub(crate) number: u32,
    /// What it says.
    pub(crate) value: T,
    /// What was not asked for, because the server does not know it.
    pub(crate) unasked: Unasked,
}

/// The answer to one call, or why only this call failed.
pub(crate) type Asked<T> = Result<Answered<T>, Error>;

/// A list to be read.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) call: Call,
    /// What follows `/api/http/`.
    pub(crate) path: String,
    /// What progress calls it; `None` when it is one of many.
    pub(crate) what: Option<&'static str>,
}

/// A list as it was read.
pub(crate) struct Reading<T> {
    /// The rows, in no order, some perhaps more than once.
    pub(crate) rows: Vec<T>,
    /// What they do not tell.
    pub(crate) notes: Notes,
    /// Why the rest is missing.
    pub(crate) refused: Option<Error>,
    /// Why some may be missing, although nothing was refused.
    pub(crate) short: Option<String>,
}

/// A row with what tells it apart.
pub(crate) trait Row: for<'a> Deserialize<'a> {
    fn id(&self) -> Option<&str>;
}

impl<'a> Session<'a> {
    /// One fetch over again, from what was answered.
    pub(crate) fn again(
        kept: &'a Kept,
        progress: &'a (dyn Fn(Progress) + Sync),
        clock: &'a (dyn Fn() -> Timestamp + Sync),
    ) -> Self {
        // Nothing new is answered, so nobody takes it.
        let (answers, _) = mpsc::channel(1);
        Self {
            source: Source::Kept(kept),
            progress,
            clock,
            answers,
            earlier: None,
            number: tokio::sync::Mutex::new(0),
            ledger: Mutex::default(),
            shown: Mutex::default(),
            server_time: Mutex::new(kept.server_times()),
            failures: AtomicU32::new(0),
            fields: Mutex::default(),
            before: (0, 0),
        }
    }

    pub(crate) fn new(
        client: &'a Client,
        progress: &'a (dyn Fn(Progress) + Sync),
        clock: &'a (dyn Fn() -> Timestamp + Sync),
        answers: mpsc::Sender<Answer>,
        earlier: Option<Earlier>,
    ) -> Self {
        let last = earlier.as_ref().map_or(0, Earlier::last);
        let server_began = earlier.as_ref().and_then(Earlier::server_began);
        Self {
            source: Source::Server(client),
            progress,
            clock,
            answers,
            earlier,
            number: tokio::sync::Mutex::new(last),
            ledger: Mutex::default(),
            shown: Mutex::default(),
            server_time: Mutex::new((server_began, None)),
            failures: AtomicU32::new(0),
            fields: Mutex::default(),
            before: (client.requests(), client.retries()),
        }
    }

    /// Where it reads.
    pub(crate) fn address(&self) -> &'a Address {
        match self.source {
            Source::Server(client) => client.address(),
            Source::Kept(kept) => kept.address(),
        }
    }

    /// How many requests may be under way at once.
    pub(crate) fn concurrency(&self) -> usize {
        match self.source {
            Source::Server(client) => client.options().concurrency,
            Source::Kept(_) => 1,
        }
    }

    /// The client id of the application it reads as, when it has client credentials.
    pub(crate) fn client_id(&self) -> Option<&'a str> {
        match self.source {
            Source::Server(client) => client.client_id(),
            Source::Kept(_) => None,
        }
    }

    pub(crate) fn earlier(&self) -> Option<&Earlier> {
        self.earlier.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// What was called and what is missing; fields that the server does not know among it.
    pub(crate) fn into_ledger(self) -> Ledger {
        let ledger = self.ledger.into_inner();
        let mut ledger = ledger.unwrap_or_else(PoisonError::into_inner);
        let fields = lock(&self.fields);
        for context in [false, true] {
            let groups = fields.all().filter(|(_, group)| group.context == context);
            for (call, group) in groups {
                ledger.unasked(call, group);
            }
        }
        drop(fields);
        ledger
    }

    /// The server's clock at its first and at its last answer.
    pub(crate) fn server_time(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        *lock(&self.server_time)
    }

    /// Tells how far reading is: `done` rows of `what`.
    pub(crate) fn report(&self, what: &'static str, done: u64, total: Option<u64>) {
        {
            let mut shown = lock(&self.shown);
            shown.what = what;
            shown.done = done;
            shown.total = total;
        }
        self.show();
    }

    /// How far reading was when it was last told.
    pub(crate) fn shown(&self) -> Progress {
        lock(&self.shown).clone()
    }

    /// Tells again how far reading is, with the requests and the waiting of now.
    pub(crate) fn show(&self) {
        let progress = {
            let mut shown = lock(&self.shown);
            if let Source::Server(client) = self.source {
                let wait = client.wait();
                shown.requests = client.requests().saturating_sub(self.before.0);
                shown.retries = client.retries().saturating_sub(self.before.1);
                shown.wait_ms =
                    wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            }
            shown.clone()
        };
        (self.progress)(progress);
    }

    /// Asks, with fewer fields if the server does not know some. The outer error ends the fetch, the inner one
    /// is about this call alone.
    async fn ask<T: DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
        paging: &str,
        body: Option<String>,
    ) -> Result<Asked<T>, Error> {
        let client = match self.source {
            Source::Server(client) => client,
            Source::Kept(kept) => {
                let answers = kept.all(path, body.as_deref());
                return self.recall(kept, call, path, answers.last());
            }
        };
        loop {
            let unasked = lock(&self.fields).unasked(call);
            let request = request(call, unasked, path, paging, body.clone());
            let asked = self.ask_once(client, call, &request).await?;
            let then = match &asked {
                Ok(_) => lock(&self.fields).answered(call, unasked),
                Err(refused) => match refused.objection() {
                    Some(words) => lock(&self.fields).refused(call, unasked, words),
                    None => Then::Take,
                },
            };
            if then == Then::Take {
                return Ok(asked.map(|(number, value)| Answered {
                    number,
                    value,
                    unasked,
                }));
            }
        }
    }

    /// What was answered before, judged as it was then.
    fn recall<T: DeserializeOwned>(
        &self,
        kept: &Kept,
        call: Call,
        path: &str,
        answer: Option<&One>,
    ) -> Result<Asked<T>, Error> {
        let Some(one) = answer else {
            let error = no_answer(kept, path);
            let mut ledger = self.ledger();
            ledger.sent(call, 1, true, 0);
            ledger.failed(call, &error);
            return Ok(Err(error));
        };
        let received = kept.received(path, one)?;
        let withheld = withheld(&received.body);
        let said = read_kept(received);
        {
            let mut ledger = self.ledger();
            ledger.sent(call, 1, said.is_err(), withheld);
            if let Err(error) = &said {
                ledger.failed(call, error);
            }
        }
        let unasked = Unasked::of_query(call, &one.fields);
        match said {
            Ok(value) => {
                // What the server does not know was found out by its refusals, of which the last answer is free.
                lock(&self.fields).settle(call, unasked);
                Ok(Ok(Answered {
                    number: one.number,
                    value,
                    unasked,
                }))
            }
            Err(error) if error.is_gap() => {
                // A server that objects in the end was asked for everything again.
                let unasked = match error.objection() {
                    Some(_) => Unasked::nothing(call),
                    None => unasked,
                };
                lock(&self.fields).settle(call, unasked);
                Ok(Err(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a list was asked for, where only what was answered is read again.
    pub(crate) fn was_answered(&self, path: &str) -> Option<bool> {
        match self.source {
            Source::Server(_) => None,
            Source::Kept(kept) => Some(!kept.all(path, None).is_empty()),
        }
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        client: &Client,
        call: Call,
        request: &Request,
    ) -> Result<Result<(u32, T), Error>, Error> {
        let exchange = client.exchange(request).await;
        let received = exchange.received.as_ref();
        let withheld = received.map_or(0, |received| withheld(&received.body));
        {
            let mut ledger = self.ledger();
            ledger.sent(call, exchange.tries, exchange.result.is_err(), withheld);
            if let Err(error) = &exchange.result {
                ledger.failed(call, error);
            }
        }
        let number = match exchange.received {
            Some(received) => self.hand_on(received).await?,
            None => 0,
        };
        match exchange.result {
            Ok(value) => Ok(Ok((number, value))),
            Err(error @ Error::Unavailable { .. }) => {
                // One call may be broken; when many are, the server is.
                if self.failures.fetch_add(1, Ordering::Relaxed) < FAILURES {
                    Ok(Err(error))
                } else {
                    Err(error)
                }
            }
            Err(error) if error.is_gap() => Ok(Err(error)),
            Err(Error::Unauthorized { url, text }) => {
                let text = match *self.number.lock().await {
                    0 => text,
                    read => format!("{text}, after {}", count(read.into(), "answer")),
                };
                Err(Error::Unauthorized { url, text })
            }
            Err(error) => Err(error),
        }
    }

    /// Numbers an answer and hands it on. A slow taker slows the reading down.
    async fn hand_on(&self, received: Received) -> Result<u32, Error> {
        let mut number = self.number.lock().await;
        *number += 1;
        let date = received.date.as_deref().and_then(server_time);
        {
            let mut time = lock(&self.server_time);
            if *number == 1 {
                time.0 = date;
            }
            time.1 = date.or(time.1);
        }
        let answer = Answer {
            number: *number,
            at: self.now(),
            method: received.method,
            url: received.url,
            request_body: received.request_body,
            status: received.status,
            date: received.date,
            body: received.body,
        };
        // Nobody takes the answers any more: whoever started the fetch has gone.
        self.answers
            .send(answer)
            .await
            .map_err(|_| Error::Cancelled)?;
        Ok(*number)
    }

    /// Whether the server does not know this field of a call.
    pub(crate) fn is_unasked(&self, call: Call, field: &str) -> bool {
        lock(&self.fields).unasked(call).has(field)
    }

    /// Asks for one object.
    pub(crate) async fn object<T: DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
        body: Option<String>,
    ) -> Result<Result<T, Error>, Error> {
        let asked = self.ask(call, path, "", body).await?;
        if asked.is_ok() {
            self.ledger().read(
                call,
                Size {
                    pages: 1,
                    rows: 1,
                    distinct: 1,
                    total: None,
                },
            );
        }
        Ok(asked.map(|answered| answered.value))
    }

    /// Asks for a list that comes in one piece.
    pub(crate) async fn array<W: Row + wire::Leaf, T>(
        &self,
        call: Call,
        path: &str,
        body: Option<String>,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
    ) -> Result<Result<Vec<T>, Error>, Error> {
        let all_fields = lock(&self.fields).unasked(call);
        let asked_before = request(call, all_fields, path, "", body.clone());
        let earlier = self.earlier();
        let asked = match earlier.and_then(|earlier| earlier.answer(&asked_before)) {
            Some((number, value, withheld)) => {
                self.ledger().sent(call, 1, false, withheld);
                Ok(Answered {
                    number,
                    value,
                    unasked: all_fields,
                })
            }
            None => self.ask::<Told<Vec<Told<W>>>>(call, path, "", body).await?,
        };
        let (number, unasked, rows) = match asked {
            Ok(Answered {
                number,
                value: Told::Value(rows),
                unasked,
            }) => (number, unasked, rows),
            Ok(_) => return Ok(Err(self.not_a_list(call, path))),
            Err(refused) => return Ok(Err(refused)),
        };
        let all = rows.len();
        let rows: Vec<W> = rows.into_iter().filter_map(Told::value).collect();
        if rows.len() < all {
            return Ok(Err(self.not_a_list(call, path)));
        }
        let distinct: BTreeSet<_> = rows.iter().map(Row::id).collect();
        let size = Size {
            pages: 1,
            rows: all as u64,
            distinct: distinct.len() as u64,
            total: None,
        };
        drop(distinct);
        let mut notes = Notes::default();
        notes.unasked(unasked);
        let rows = rows
            .into_iter()
            .filter_map(|row| convert(row, number, &mut notes))
            .collect();
        {
            let mut ledger = self.ledger();
            ledger.read(call, size);
            ledger.note(call, notes);
        }
        self.show();
        Ok(Ok(rows))
    }

    fn not_a_list(&self, call: Call, path: &str) -> Error {
        let error = Error::Protocol {
            url: self.address().call(path, "").into(),
            what: "it is no list".to_owned(),
        };
        self.ledger().failed(call, &error);
        error
    }

    /// Reads a paged list, again when it changed meanwhile.
    pub(crate) async fn list<W: Row, T>(
        &self,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
    ) -> Result<Reading<T>, Error> {
        if let Source::Kept(kept) = self.source {
            return self.list_again(kept, list, convert);
        }
        let (mut rows, mut notes) = (Vec::new(), Notes::default());
        let mut reading = 0;
        let mut earlier = self.read_earlier(list, convert);
        loop {
            reading += 1;
            let mut once = match earlier.take() {
                Some(once) => once,
                None => self.read_once(list, convert, reading == 1).await?,
            };
            let short = match (&once.refused, &once.end) {
                (None, End::Short(reason)) => Some(reason.clone()),
                _ => None,
            };
            if short.is_some() && reading < READINGS {
                // Nothing that was seen is lost, should no reading be whole.
                rows.append(&mut once.rows);
                notes.add_all(once.notes);
                continue;
            }
            let mut ledger = self.ledger();
            ledger.read(
                list.call,
                Size {
                    pages: once.walk.pages(),
                    rows: once.walk.rows(),
                    distinct: once.walk.distinct(),
                    total: once.walk.total(),
                },
            );
            if short.is_some() || once.refused.is_some() {
                // The last reading comes last, so that its rows count where others differ.
                rows.append(&mut once.rows);
                notes.add_all(once.notes);
            } else {
                rows = once.rows;
                notes = once.notes;
            }
            return Ok(Reading {
                rows,
                notes,
                refused: once.refused,
                short,
            });
        }
    }

    /// A list as an interrupted reading left it, when that has all of it by the rule that ends any reading.
    fn read_earlier<W: Row, T>(
        &self,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
    ) -> Option<Once<T>> {
        let earlier = self.earlier()?;
        let unasked = lock(&self.fields).unasked(list.call);
        let mut once = Once::new();
        let mut skip: Option<Box<str>> = None;
        let mut first = 0;
        let mut withheld = Vec::new();
        loop {
            let paging = self.paging(skip.as_deref());
            let request = request(list.call, unasked, &list.path, &paging, None);
            let (number, batch, errors) = earlier.answer::<Batch<W>>(&request)?;
            withheld.push(errors);
            // A page from before the first one is of a reading that was given up.
            if number < first {
                return None;
            }
            first = if first == 0 { number } else { first };
            let page = once.take(Page::of(number, unasked, batch)?, convert);
            match once.walk.turn(page.end()) {
                Step::Next(next) => skip = Some(next),
                Step::End(End::Whole) => break,
                Step::End(End::Short(_)) => return None,
            }
        }
        once.end = End::Whole;
        for errors in withheld {
            self.ledger().sent(list.call, 1, false, errors);
        }
        self.report_list(list, &once.walk);
        Some(once)
    }

    /// A list as the answers that were kept have it, by the rules by which it was read.
    fn list_again<W: Row, T>(
        &self,
        kept: &Kept,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
    ) -> Result<Reading<T>, Error> {
        let all = kept.all(&list.path, None);
        // Every reading begins with the first page. What an interrupted reading left counts only when it is all there is.
        let begins = |at: &usize| all[*at].skip.is_none();
        let starts: Vec<usize> = (0..all.len()).filter(begins).collect();
        let ends = starts.iter().skip(1).copied().chain([all.len()]);
        let readings: Vec<&[One]> = starts
            .iter()
            .zip(ends)
            .map(|(start, end)| &all[*start..end])
            .collect();
        let now = readings.iter().position(|pages| !pages[0].before);
        let readings = &readings[now.unwrap_or(readings.len().saturating_sub(1))..];
        // A first page that is asked for again with other fields was a question for what the server knows.
        let real = |(at, pages): &(usize, &&[One])| {
            let next = readings.get(at + 1);
            next.is_none_or(|next| next[0].fields == pages[0].fields)
        };
        let (mut rows, mut notes) = (Vec::new(), Notes::default());
        let mut latest: Option<Once<T>> = None;
        for (_, pages) in readings.iter().enumerate().filter(real) {
            let out_of_turn = latest.is_none();
            let mut once = self.read_again(kept, list, convert, pages, out_of_turn)?;
            if pages[0].before && !once.is_whole() {
                let in_turn = self.read_again(kept, list, convert, pages, false)?;
                once = if in_turn.is_whole() { in_turn } else { once };
            }
            if let Some(mut earlier) = latest.replace(once) {
                rows.append(&mut earlier.rows);
                notes.add_all(earlier.notes);
            }
        }
        let mut once = if let Some(once) = latest {
            once
        } else {
            let mut none = Once::new();
            none.refused = self.recall::<()>(kept, list.call, &list.path, None)?.err();
            none
        };
        self.report_list(list, &once.walk);
        let short = match (&once.refused, &once.end) {
            (None, End::Short(reason)) => Some(reason.clone()),
            _ => None,
        };
        self.ledger().read(
            list.call,
            Size {
                pages: once.walk.pages(),
                rows: once.walk.rows(),
                distinct: once.walk.distinct(),
                total: once.walk.total(),
            },
        );
        if once.is_whole() {
            (rows, notes) = (once.rows, once.notes);
        } else {
            rows.append(&mut once.rows);
            notes.add_all(once.notes);
        }
        Ok(Reading {
            rows,
            notes,
            refused: once.refused,
            short,
        })
    }

    /// One reading of a list over again; `out_of_turn` when its pages may have been asked for all at once.
    fn read_again<W: Row, T>(
        &self,
        kept: &Kept,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
        pages: &[One],
        out_of_turn: bool,
    ) -> Result<Once<T>, Error> {
        let mut once = Once::new();
        let mut missing = BTreeSet::new();
        let (mut stride, mut in_place) = (None, true);
        let mut step = None;
        for one in pages {
            let asked = self.recall::<Batch<W>>(kept, list.call, &list.path, Some(one))?;
            let page = match self.page_of(list, asked) {
                Ok(page) => once.take(page, convert),
                Err(refused) => {
                    once.refused = Some(refused);
                    continue;
                }
            };
            match (&step, stride, one.skip.as_deref()) {
                (None, ..) => {
                    step = Some(once.walk.turn(page.end()));
                    if let Some((rows, offsets)) = once.walk.offsets(page.end())
                        && out_of_turn
                        && offsets.len() > 1
                    {
                        stride = Some(rows);
                        missing.extend(offsets);
                    }
                }
                (_, Some(stride), skip) => {
                    let offset = skip.and_then(|skip| skip.parse().ok());
                    in_place &= offset.is_some_and(|offset| {
                        missing.remove(&offset) && once.walk.turn_at(offset, stride, page.end())
                    });
                }
                (Some(Step::Next(next)), None, Some(skip)) if **next == *skip => {
                    step = Some(once.walk.turn(page.end()));
                }
                _ => in_place = false,
            }
        }
        let broken = match (&step, stride) {
            (_, Some(_)) => in_place && !missing.is_empty(),
            (Some(Step::Next(_)), None) => in_place,
            _ => false,
        };
        if broken && once.refused.is_none() {
            once.refused = Some(no_answer(kept, &list.path));
        }
        once.end = match step {
            _ if !in_place => End::Short("the list kept changing while it was read".to_owned()),
            Some(Step::End(end)) if stride.is_none() => end,
            _ => once.walk.end(),
        };
        Ok(once)
    }

    async fn read_once<W: Row, T>(
        &self,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
        out_of_turn: bool,
    ) -> Result<Once<T>, Error> {
        let mut once = Once::new();
        let mut step = match self.page::<W>(list, None).await? {
            Ok(page) => {
                let first = once.take(page, convert);
                self.report_list(list, &once.walk);
                let step = once.walk.turn(first.end());
                match once.walk.offsets(first.end()) {
                    Some((stride, offsets)) if out_of_turn && offsets.len() > 1 => {
                        self.read_offsets(list, convert, &mut once, stride, offsets)
                            .await?;
                        return Ok(once);
                    }
                    _ => step,
                }
            }
            Err(refused) => {
                once.refused = Some(refused);
                return Ok(once);
            }
        };
        loop {
            let skip = match step {
                Step::Next(skip) => skip,
                Step::End(end) => {
                    once.end = end;
                    return Ok(once);
                }
            };
            match self.page::<W>(list, Some(&skip)).await? {
                Ok(page) => {
                    let page = once.take(page, convert);
                    self.report_list(list, &once.walk);
                    step = once.walk.turn(page.end());
                }
                Err(refused) => {
                    once.refused = Some(refused);
                    return Ok(once);
                }
            }
        }
    }

    /// Reads all pages after the first at once, as far as there are places in flight.
    async fn read_offsets<W: Row, T>(
        &self,
        list: &List,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
        once: &mut Once<T>,
        stride: u64,
        offsets: Vec<u64>,
    ) -> Result<(), Error> {
        let mut offsets = offsets.into_iter();
        let mut pending = FuturesUnordered::new();
        for offset in offsets.by_ref().take(self.concurrency()) {
            pending.push(self.page_at::<W>(list, offset));
        }
        let mut in_place = true;
        while let Some((offset, page)) = pending.next().await {
            match page? {
                Ok(page) => {
                    let page = once.take(page, convert);
                    self.report_list(list, &once.walk);
                    in_place &= once.walk.turn_at(offset, stride, page.end());
                }
                Err(refused) => once.refused = Some(refused),
            }
            // Pages on their way are still taken: they were asked for and are counted.
            if in_place
                && once.refused.is_none()
                && let Some(offset) = offsets.next()
            {
                pending.push(self.page_at::<W>(list, offset));
            }
        }
        once.end = if in_place {
            once.walk.end()
        } else {
            End::Short("the list kept changing while it was read".to_owned())
        };
        Ok(())
    }

    async fn page_at<W: Row>(
        &self,
        list: &List,
        offset: u64,
    ) -> (u64, Result<Result<Page<W>, Error>, Error>) {
        let skip = offset.to_string();
        (offset, self.page(list, Some(&skip)).await)
    }

    /// How a page is asked for, apart from its fields.
    fn paging(&self, skip: Option<&str>) -> String {
        let Source::Server(client) = self.source else {
            return String::new();
        };
        let top = client.options().page_size;
        match skip {
            Some(skip) => format!("$skip={}&$top={top}", encode(skip)),
            None => format!("$top={top}"),
        }
    }

    async fn page<W: Row>(
        &self,
        list: &List,
        skip: Option<&str>,
    ) -> Result<Result<Page<W>, Error>, Error> {
        let paging = self.paging(skip);
        let asked = self.ask::<Batch<W>>(list.call, &list.path, &paging, None);
        Ok(self.page_of(list, asked.await?))
    }

    /// The page in what was answered.
    fn page_of<W: Row>(&self, list: &List, asked: Asked<Batch<W>>) -> Result<Page<W>, Error> {
        let (number, batch, unasked) = match asked {
            Ok(Answered {
                number,
                value,
                unasked,
            }) => (number, value, unasked),
            Err(refused) => return Err(refused),
        };
        let Told::Value(rows) = batch.data else {
            let url = self.address().call(&list.path, "").into();
            let error = match batch.errors.reason("data") {
                Some(reason) => Error::Refused {
                    url,
                    status: 200,
                    code: None,
                    text: reason.to_owned(),
                },
                None => Error::Protocol {
                    url,
                    what: "it has no list named data".to_owned(),
                },
            };
            self.ledger().failed(list.call, &error);
            return Err(error);
        };
        Ok(Page {
            number,
            unasked,
            rows,
            next: batch.next.value(),
            total: batch.total_count.value(),
        })
    }

    fn report_list(&self, list: &List, walk: &Walk) {
        match list.what {
            Some(what) => self.report(what, walk.distinct(), walk.total()),
            None => self.show(),
        }
    }
}

/// One page and its rows.
struct Page<W> {
    number: u32,
    unasked: Unasked,
    rows: Vec<W>,
    next: Option<Box<str>>,
    total: Option<u64>,
}

impl<W: Row> Page<W> {
    /// The page in an answer; `None` when it has no rows to tell.
    fn of(number: u32, unasked: Unasked, batch: Batch<W>) -> Option<Self> {
        Some(Self {
            number,
            unasked,
            rows: batch.data.value()?,
            next: batch.next.value(),
            total: batch.total_count.value(),
        })
    }
}

/// The end of a page whose rows were taken.
struct Taken {
    next: Option<Box<str>>,
    total: Option<u64>,
    rows: usize,
}

impl Taken {
    fn end(&self) -> PageEnd<'_> {
        PageEnd {
            next: self.next.as_deref(),
            total: self.total,
            rows: self.rows,
        }
    }
}

/// A list, read once from start to end.
struct Once<T> {
    walk: Walk,
    rows: Vec<T>,
    notes: Notes,
    refused: Option<Error>,
    end: End,
}

impl<T> Once<T> {
    fn new() -> Self {
        Self {
            walk: Walk::default(),
            rows: Vec::new(),
            notes: Notes::default(),
            refused: None,
            end: End::Whole,
        }
    }

    /// Whether everything the server told of was seen.
    fn is_whole(&self) -> bool {
        self.refused.is_none() && self.end == End::Whole
    }

    fn take<W: Row>(
        &mut self,
        page: Page<W>,
        convert: fn(W, u32, &mut Notes) -> Option<T>,
    ) -> Taken {
        self.walk.see(page.rows.iter().map(Row::id));
        let taken = Taken {
            next: page.next,
            total: page.total,
            rows: page.rows.len(),
        };
        let (notes, number) = (&mut self.notes, page.number);
        notes.unasked(page.unasked);
        let rows = page.rows.into_iter();
        self.rows
            .extend(rows.filter_map(|row| convert(row, number, notes)));
        taken
    }
}

/// What stands for an answer that never came, or that nobody kept.
fn no_answer(kept: &Kept, path: &str) -> Error {
    Error::Unavailable {
        url: kept.address().call(path, "").into(),
        tries: 1,
        text: "no answer was kept".to_owned(),
    }
}

/// The time in a `Date` header.
pub(super) fn server_time(date: &str) -> Option<Timestamp> {
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
    Timestamp::from_ms(date.timestamp_millis())
}

/// How many objects of an answer have `$errors` that say something. In a string the quotes would be escaped, so the
/// bytes are looked for as they are.
pub(super) fn withheld(body: &[u8]) -> u64 {
    const KEY: &[u8] = b"\"$errors\"";
    let mut found = 0;
    let mut rest = body;
    while let Some(at) = rest.windows(KEY.len()).position(|bytes| bytes == KEY) {
        rest = &rest[at + KEY.len()..];
        let mut next = rest.iter().filter(|byte| !byte.is_ascii_whitespace());
        let value = [next.next(), next.next(), next.next()];
        let empty = matches!(value, [_, Some(b'['), Some(b']')] | [_, Some(b'n'), _]);
        found += u64::from(value[0] == Some(&b':') && !empty);
    }
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_with_withheld_fields_are_counted_at_any_depth() {
        for (body, expected) in [
            (r#"{"id":"1"}"#, 0),
            (r#"{"id":"1","$errors":[{"fields":["email"]}]}"#, 1),
            (
                r#"{"data":[{"$errors" : [ {}]},{"name":{"$errors":[{}]},"$errors":[{}]}]}"#,
                3,
            ),
            (
                r#"{"$errors":[],"a":{"$errors":null},"b":{"$errors":[ ]}}"#,
                0,
            ),
            (r#"{"name":"\"$errors\":[{}]","of":"$errors"}"#, 0),
            (r#""$errors""#, 0),
        ] {
            assert_eq!(withheld(body.as_bytes()), expected, "{body}");
        }
    }
}
