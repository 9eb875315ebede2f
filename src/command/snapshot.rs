//! `muster snapshot`: an organization is read once and becomes a review that is ready to decide.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Context, count, elapsed_ms, failure, now, place::Place, progress::ProgressLine,
    thousands, token, version,
};
use crate::{
    config,
    domain::{
        Digest,
        account::AccountId,
        campaign::Campaign,
        journal::{Entry, Event, Opened},
        provenance::{Evidence, Provenance},
        scope::{self, Scope},
        text::{Raw, SafeText},
    },
    format::evidence::{self, Body},
    space::{self, Client, ClientOptions, Earlier, Fetched, Progress},
    store::{self, Draft, Review, Store},
};

/// What is done when everything was read.
pub(crate) const WRITING: &str = "writing the snapshot";

/// What to read, and as what to keep it.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) organization: String,
    pub(crate) source: token::Source,
    pub(crate) reviewer: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) concurrency: usize,
    /// Throw away what an interrupted reading left.
    pub(crate) fresh: bool,
    /// Which grants are put up for decision; empty is all.
    pub(crate) scope: Vec<String>,
    pub(crate) evidence: Evidence,
    pub(crate) json: bool,
}

/// Reads the organization and makes the review.
pub(crate) fn snapshot(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let scope = (!options.scope.is_empty()).then(|| options.scope.join(" "));
    // What is wrong in itself is told before anything is read.
    if let Some(scope) = &scope {
        Scope::parse(scope).map_err(|error| bad_scope(&error))?;
    }
    let place = Place::find(context, &options.organization)?;
    if place.address.to_string() != options.organization {
        eprint_line(&format!("organization: {}", place.address));
    }
    let client_options = ClientOptions {
        extra_roots: extra_roots(options.ca_file.as_deref())?,
        ..client_options(options.concurrency)
    };
    let client = token::client(&place, &options.source, client_options)?;
    let mut line = ProgressLine::new();
    let request = Request {
        name: &options.name,
        reviewer: options.reviewer.as_deref(),
        going_on: match options.evidence {
            Evidence::Full if options.fresh => GoingOn::No,
            Evidence::Full => GoingOn::With(&eprint_line),
            // Without the answers there is nothing to go on from, and nothing of them is to be left.
            Evidence::Hashes | Evidence::None => GoingOn::Never,
        },
        scope: scope.as_deref(),
        evidence: options.evidence,
    };
    let cancel = CancellationToken::new();
    let review = runtime()?.block_on(async {
        let interrupted = cancel.clone();
        let waiting = tokio::spawn(async move {
            // Without a handler for the interrupt the program just ends, which loses nothing either.
            if tokio::signal::ctrl_c().await.is_ok() {
                interrupted.cancel();
            }
        });
        let mut show =
            |progress: &Progress| line.show(elapsed_ms(), progress.what, &describe(progress));
        let review = read(&context.store, &client, request, cancel.clone(), &mut show).await;
        waiting.abort();
        review
    });
    line.finish();
    let review = review?;
    let campaign = review.campaign();
    if options.json {
        return Ok(Answer::done(format!(
            "{}\n",
            super::status::as_json(campaign)
        )));
    }
    Ok(Answer::done(summary(context, &options.name, campaign)))
}

/// A runtime for the network.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// How the client behaves; the rest is its own defaults.
pub(crate) fn client_options(concurrency: usize) -> ClientOptions {
    ClientOptions {
        concurrency,
        ..ClientOptions::default()
    }
}

/// The authorities in the file of `--ca-file`, when it was given.
pub(crate) fn extra_roots(file: Option<&Path>) -> anyhow::Result<Vec<Vec<u8>>> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let wrong = |why: String| {
        failure(
            format!(
                "the authorities in {} cannot be used: {why}",
                file.display()
            ),
            "--ca-file takes certificates in PEM: -----BEGIN CERTIFICATE-----",
        )
    };
    let pem = config::read_text(file, 4 << 20).map_err(|error| wrong(error.to_string()))?;
    space::authorities(pem.as_bytes()).map_err(|error| wrong(error.to_string()))
}

/// What a review made from a snapshot is called and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    /// The reviewer's login name, when it is not the token's owner.
    pub(crate) reviewer: Option<&'a str>,
    pub(crate) going_on: GoingOn<'a>,
    /// Which grants are put up for decision, instead of all.
    pub(crate) scope: Option<&'a str>,
    /// What is kept of the raw answers.
    pub(crate) evidence: Evidence,
}

/// What an interrupted reading of the same name is worth.
#[derive(Clone, Copy)]
pub(crate) enum GoingOn<'a> {
    /// Nothing; nor will this one leave anything.
    Never,
    /// What it left is thrown away.
    No,
    /// Its answers are used, and told about in lines.
    With(&'a (dyn Fn(&str) + Sync)),
}

impl std::fmt::Debug for GoingOn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Never => "Never",
            Self::No => "No",
            Self::With(_) => "With",
        })
    }
}

/// How long the answers of an interrupted reading are good for.
const GOOD_FOR_MS: i64 = 24 * 60 * 60 * 1000;

/// Reads everything, keeps the raw answers, and makes the review `request` names.
pub(crate) async fn read(
    store: &Store,
    client: &Client,
    request: Request<'_>,
    cancel: CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> anyhow::Result<Review> {
    let (mut draft, earlier) = begin(store, client, request)?;
    let mut fetched = fetch(&mut draft, client, request, earlier, &cancel, progress).await;
    if let (Err(Stop::Client(space::Error::NotTheSame { why })), GoingOn::With(talk)) =
        (&fetched, request.going_on)
    {
        talk(&format!("starting over: {why}"));
        draft.start_over(now()).map_err(super::review::explain)?;
        fetched = fetch(&mut draft, client, request, None, &cancel, progress).await;
    }
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(stop) => return Err(kept(stop.into(), &draft)),
    };
    make(draft, fetched, request, cancel, progress).await
}

/// Begins to keep the answers; with those of an interrupted reading when they can still be used.
fn begin(
    store: &Store,
    client: &Client,
    request: Request<'_>,
) -> anyhow::Result<(Draft, Option<Earlier>)> {
    let now = now();
    let mut earlier = Earlier::of(client.address());
    let draft = match request.going_on {
        GoingOn::Never => store.draft(request.name, now),
        GoingOn::No | GoingOn::With(_) => {
            store.resume(request.name, now, &mut |answer| earlier.take(answer))
        }
    };
    let mut draft = draft.map_err(super::review::explain)?;
    let Some(last) = draft.last() else {
        return Ok((draft, None));
    };
    let age = now.ms() - draft.began().ms();
    if let GoingOn::With(talk) = request.going_on {
        if (0..=GOOD_FOR_MS).contains(&age) {
            talk(&format!(
                "going on from {} UTC: {} here",
                last.minute(),
                answers_are(draft.answers())
            ));
            return Ok((draft, Some(earlier)));
        }
        talk("starting over: what was read before is more than a day old");
    }
    draft.start_over(now).map_err(super::review::explain)?;
    Ok((draft, None))
}

fn answers_are(n: u32) -> String {
    let are = if n == 1 { "is" } else { "are" };
    format!("{} {are}", count(u64::from(n), "answer", "answers"))
}

/// `error` with the word that the same command goes on from here, when it does.
fn kept(error: anyhow::Error, draft: &Draft) -> anyhow::Error {
    if !draft.stays() {
        return error;
    }
    let kept = format!(
        "{} kept for a day: the same command goes on from there, with --fresh it starts over",
        answers_are(draft.answers())
    );
    let hint = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<super::Hinted>());
    let hint = hint.map_or_else(|| kept.clone(), |hint| format!("{}; {kept}", hint.hint));
    failure(super::sentences(&error), hint)
}

/// Why reading stopped.
enum Stop {
    Client(space::Error),
    Store(store::Error),
}

impl From<Stop> for anyhow::Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Client(error) => explain(error),
            Stop::Store(error) => super::review::explain(error),
        }
    }
}

/// Reads everything and keeps the raw answers.
async fn fetch(
    draft: &mut Draft,
    client: &Client,
    request: Request<'_>,
    earlier: Option<Earlier>,
    cancel: &CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Fetched, Stop> {
    let (answers, mut arrived) = mpsc::channel::<space::Answer>(64);
    let (told, mut tidings) = mpsc::unbounded_channel::<Progress>();
    let tell = move |progress: Progress| {
        // When nobody listens any more there is nobody to tell.
        let _ = told.send(progress);
    };
    let fetching = space::go_on(client, earlier, &tell, answers, &now, cancel.clone());
    tokio::pin!(fetching);
    let mut fetched = None;
    // The raw answers are written while they arrive, in a place that may block for a moment: the channel
    // holds the requests back meanwhile.
    loop {
        tokio::select! {
            biased;
            answer = arrived.recv() => match answer {
                Some(_) if request.evidence == Evidence::None => {}
                Some(answer) => draft
                    .evidence(&as_evidence(answer, request.evidence))
                    .map_err(Stop::Store)?,
                None if fetched.is_some() => break,
                None => {}
            },
            Some(tiding) = tidings.recv() => progress(&tiding),
            result = &mut fetching, if fetched.is_none() => {
                fetched = Some(result);
            }
        }
    }
    let fetched = fetched.expect("the loop ends when it is there");
    fetched.map_err(Stop::Client)
}

/// Makes the review of what was read.
async fn make(
    draft: Draft,
    fetched: Fetched,
    request: Request<'_>,
    cancel: CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> anyhow::Result<Review> {
    if let Some(scope) = request.scope {
        let chosen =
            Scope::parse(scope).and_then(|scope| scope.select(&fetched.snapshot, fetched.ended));
        if let Err(error) = chosen {
            return Err(kept(bad_scope(&error), &draft));
        }
    }
    progress(&Progress {
        what: WRITING,
        ..Progress::default()
    });
    let account = match request.reviewer {
        Some(username) => Some(find_reviewer(&fetched.snapshot, username)?),
        None => fetched.reader.as_ref().map(|reader| reader.account.clone()),
    };
    let reviewer = match (request.reviewer, &fetched.reader) {
        (Some(username), _) => Raw::from(username),
        (None, Some(reader)) => reader.username.clone(),
        (None, None) => Raw::from("unknown"),
    };
    let (items, accounts) = (
        fetched.snapshot.len() as u64,
        fetched.snapshot.accounts().len() as u64,
    );
    let provenance = Provenance {
        began: draft.began(),
        resumed: draft.resumed().to_vec(),
        ended: fetched.ended,
        server_began: fetched.server_began,
        server_ended: fetched.server_ended,
        reader: fetched.reader.map(|reader| reader.account),
        endpoints: fetched.endpoints,
        gaps: fetched.gaps,
        evidence: request.evidence,
        // Filled in once the files are written.
        population: Digest([0; 32]),
    };
    let name = request.name.to_owned();
    let scope = request.scope.map(Raw::from);
    let first = move |provenance| Entry {
        seq: 1,
        at: now(),
        by: reviewer.clone(),
        event: Event::Opened(Box::new(Opened {
            review: name,
            reviewer,
            reviewer_account: account,
            items,
            accounts,
            scope,
            provenance,
            tool: format!("muster {}", version()),
        })),
    };
    let snapshot = Arc::new(fetched.snapshot);
    // A million lines take a while; whoever waits can still say stop.
    tokio::task::spawn_blocking(move || {
        let stop = || cancel.is_cancelled();
        draft.finish(snapshot, provenance, &stop, first)
    })
    .await
    .map_err(|_| anyhow::anyhow!("the part that writes the snapshot failed"))?
    .map_err(super::review::explain)
}

fn find_reviewer(
    snapshot: &crate::domain::snapshot::Snapshot,
    username: &str,
) -> anyhow::Result<AccountId> {
    let found = snapshot
        .accounts()
        .iter()
        .find(|account| account.username.raw() == username);
    found.map(|account| account.id.clone()).ok_or_else(|| {
        failure(
            format!("no account has the login name {username}"),
            "give the login name as Space shows it under the person's name to --reviewer",
        )
    })
}

/// A scope that is not taken, with what a scope is.
fn bad_scope(error: &scope::Error) -> anyhow::Error {
    let fields: Vec<&str> = scope::FIELDS.iter().map(|(field, _)| *field).collect();
    failure(
        format!("the scope is not taken: {error}"),
        format!(
            "names match whole; fields are {}; `muster snapshot --help` explains scopes",
            fields.join(", ")
        ),
    )
}

fn as_evidence(answer: space::Answer, kept: Evidence) -> evidence::Answer {
    let body = match kept {
        Evidence::Full => Body::Whole(answer.body),
        Evidence::Hashes | Evidence::None => Body::Digest(Digest::of(&answer.body)),
    };
    evidence::Answer {
        number: answer.number,
        at: answer.at,
        method: answer.method.to_owned(),
        url: answer.url,
        request: answer.request_body,
        status: answer.status,
        date: answer.date,
        body,
    }
}

/// An error of the client with its next step.
pub(crate) fn explain(error: space::Error) -> anyhow::Error {
    match error.hint() {
        Some(hint) => failure(error.to_string(), hint),
        None => error.into(),
    }
}

/// A line of talk on stderr.
pub(crate) fn eprint_line(line: &str) {
    use io::Write as _;
    // Talk: when stderr is gone there is nobody to talk to.
    let _ = writeln!(io::stderr(), "{}", SafeText::of(line));
}

/// Progress in a line.
pub(crate) fn describe(progress: &Progress) -> String {
    let total = progress
        .total
        .map_or_else(String::new, |total| format!("/{}", thousands(total)));
    let rows = if progress.done > 0 || progress.total.is_some() {
        format!(" {}{total}", thousands(progress.done))
    } else {
        String::new()
    };
    let retries = if progress.retries > 0 {
        format!(" · {} repeated", progress.retries)
    } else {
        String::new()
    };
    let wait = progress.wait_ms.map_or_else(String::new, |ms| {
        format!(" · the server asks to wait {} s", ms.div_ceil(1000))
    });
    format!(
        "{}{rows} · {}{retries}{wait}",
        progress.what,
        count(progress.requests, "request", "requests")
    )
}

fn summary(context: &Context, name: &str, campaign: &Campaign) -> String {
    let opened = campaign.opened();
    let gaps = opened.provenance.gaps.iter();
    let gaps: Vec<String> = gaps.map(|gap| format!("  - {}\n", gap.words())).collect();
    let gaps = gaps.concat();
    let partial = if gaps.is_empty() {
        ""
    } else {
        "Deciding needs --partial, and the record will say so.\n"
    };
    format!(
        "{} with {} are frozen as {name}.\nCompleteness: {}.\n{gaps}{partial}Next: {}\n",
        count(opened.accounts, "account", "accounts"),
        count(opened.items, "item", "items"),
        campaign.complete(),
        context.again(&format!("review {name}")),
    )
}
