//! `muster snapshot`: an organization is read once and becomes a review that is ready to decide.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Context, count, elapsed_ms, failure, now,
    place::Place,
    policy,
    previous::{self, Previous},
    progress::ProgressLine,
    refresh::{self, Consent, Fresh, Refresh},
    thousands, token, version,
};
use crate::{
    config,
    domain::{
        Digest,
        account::AccountId,
        campaign::Campaign,
        earlier,
        journal::{self, Entry, Event, Opened, PreviousRecord},
        provenance::{Evidence, Provenance, Reader},
        scope::{self, Scope},
        snapshot::Snapshot,
        text::{Raw, SafeText},
    },
    format::{
        evidence::{self, Body},
        policy::PolicyFile,
    },
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
    /// The rules the review is opened under, instead of those in the config folder or the built-in ones.
    pub(crate) policy: Option<PathBuf>,
    /// The sealed record that the review is compared with.
    pub(crate) previous: previous::Options,
    /// Take the new snapshot into an open review without asking.
    pub(crate) refresh: bool,
    pub(crate) json: bool,
}

/// Reads the organization and makes the review.
pub(crate) fn snapshot(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let scope = (!options.scope.is_empty()).then(|| options.scope.join(" "));
    // What is wrong in itself is told before anything is read.
    if let Some(scope) = &scope {
        Scope::parse(scope).map_err(|error| bad_scope(&error))?;
    }
    let previous = Previous::named(&options.previous)?;
    let place = Place::find(context, &options.organization)?;
    if place.address.to_string() != options.organization {
        eprint_line(&format!("organization: {}", place.address));
    }
    let client_options = ClientOptions {
        extra_roots: extra_roots(options.ca_file.as_deref())?,
        ..client_options(options.concurrency)
    };
    let client = token::client(&place, &options.source, client_options)?;
    let old = refresh::open_review(context, &options.name)?;
    if let Some(old) = &old {
        refresh::stays(old, options.reviewer.as_deref(), scope.as_deref())?;
        previous::stays(old, previous.as_deref())?;
    } else if previous.is_none() {
        let command = format!("snapshot {} --org {}", options.name, place.address);
        previous::tell_of_others(context, &place.address.to_string(), &command);
    }
    // A review keeps its policy, unless somebody says otherwise.
    let policy = match &old {
        Some(old) if options.policy.is_none() => old.policy().clone(),
        _ => policy::choose(context, options.policy.as_deref())?,
    };
    let mut line = ProgressLine::new();
    let request = Request {
        policy: &policy,
        beside: old.is_some(),
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
        previous: previous.as_ref(),
    };
    let cancel = CancellationToken::new();
    let runtime = runtime()?;
    let interrupted = cancel.clone();
    let waiting = runtime.spawn(async move {
        // Without a handler for the interrupt the program just ends, which loses nothing either.
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let mut show =
        |progress: &Progress| line.show(elapsed_ms(), progress.what, &describe(progress));
    if let Some(old) = old {
        let gathered = gather(&context.store, &client, request, &cancel, &mut show);
        let gathered = runtime.block_on(gathered);
        line.finish();
        let (draft, fetched) = gathered?;
        let read = (draft, fetched, previous.as_deref());
        let answer = over(context, &old, read, options, &cancel, &runtime);
        // A question that was interrupted still has its reader waiting for a line.
        runtime.shutdown_background();
        return answer;
    }
    let review = read(&context.store, &client, request, cancel.clone(), &mut show);
    let review = runtime.block_on(review);
    waiting.abort();
    line.finish();
    let review = review?;
    let campaign = review.campaign();
    if options.json {
        return Ok(Answer::done(super::json_line(&super::status::as_json(
            &review,
        ))));
    }
    Ok(Answer::done(summary(context, &options.name, campaign)))
}

/// What becomes of an open review over a new snapshot of its organization.
fn over(
    context: &Context,
    old: &Review,
    (mut draft, fetched, previous): (Draft, Fetched, Option<&Previous>),
    options: &Options,
    cancel: &CancellationToken,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<Answer> {
    let opened = old.campaign().opened();
    // Reading came to its end: whatever is said now, the next time reads anew.
    draft.give_up();
    let provenance = provenance(&draft, &fetched, options.evidence);
    let fresh = Fresh {
        policy: draft.policy().clone(),
        snapshot: Arc::new(fetched.snapshot),
        provenance,
    };
    let mut line = ProgressLine::new();
    let since = elapsed_ms();
    let seconds = || format!("· {} s", (elapsed_ms() - since) / 1000);
    let refresh = line.during("comparing with the open review", seconds, || {
        Refresh::of(old, &fresh, options.json)
    })?;
    let consent = Consent::of(options.refresh, options.json);
    let told = consent == Consent::Ask;
    let agreed = refresh.agreed(consent, || {
        runtime.block_on(async {
            let line = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                io::stdin().read_line(&mut line).map(|_| line)
            });
            tokio::select! {
                line = line => line.ok()?.ok(),
                () = cancel.cancelled() => None,
            }
        })
    })?;
    if !agreed {
        return Ok(refresh.answer(context, false, told));
    }
    let as_of = fresh.provenance.ended;
    let compared = previous::after_refresh(previous, old.campaign(), &fresh.snapshot, as_of)?;
    let previous_record = compared.map(|(record, earlier)| {
        draft.set_earlier(earlier);
        record
    });
    let first = first_entry(Opening {
        previous_record,
        name: old.name().to_owned(),
        reviewer: opened.reviewer.clone(),
        account: opened.reviewer_account.clone(),
        items: fresh.snapshot.len() as u64,
        accounts: fresh.snapshot.accounts().len() as u64,
        scope: opened.scope.clone(),
        previous: Some(refresh.previous()),
    });
    let (written, total) = (draft.lines(), thousands(lines_of(&fresh.snapshot)));
    let lines = || format!("{}/{total}", thousands(written.load(Ordering::Relaxed)));
    line.during(WRITING, lines, || {
        refresh.make(draft, &|| cancel.is_cancelled(), first)
    })?;
    Ok(refresh.answer(context, true, told))
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
    /// The rules the review is opened under.
    pub(crate) policy: &'a PolicyFile,
    /// The reviewer's login name, when it is not the token's owner.
    pub(crate) reviewer: Option<&'a str>,
    pub(crate) going_on: GoingOn<'a>,
    /// Which grants are put up for decision, instead of all.
    pub(crate) scope: Option<&'a str>,
    /// What is kept of the raw answers.
    pub(crate) evidence: Evidence,
    /// The record that the review is compared with.
    pub(crate) previous: Option<&'a Arc<Previous>>,
    /// Whether there is a review of this name, which the new one may replace.
    pub(crate) beside: bool,
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
    let (draft, fetched) = gather(store, client, request, &cancel, progress).await?;
    make(draft, fetched, request, cancel, progress).await
}

/// Reads everything and keeps the raw answers; goes on with those of an interrupted reading.
async fn gather(
    store: &Store,
    client: &Client,
    request: Request<'_>,
    cancel: &CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> anyhow::Result<(Draft, Fetched)> {
    let (mut draft, earlier) = begin(store, client, request)?;
    draft.set_policy(request.policy.clone());
    let mut fetched = fetch(&mut draft, client, request, earlier, cancel, progress).await;
    if let (Err(Stop::Client(space::Error::NotTheSame { why })), GoingOn::With(talk)) =
        (&fetched, request.going_on)
    {
        talk(&format!("starting over: {why}"));
        start_over(&mut draft, client)?;
        fetched = fetch(&mut draft, client, request, None, cancel, progress).await;
    }
    match fetched {
        Ok(fetched) => Ok((draft, fetched)),
        Err(stop) => Err(kept(stop.into(), &draft)),
    }
}

/// Throws away what came so far.
fn start_over(draft: &mut Draft, client: &Client) -> anyhow::Result<()> {
    draft
        .start_over(now())
        .and_then(|()| draft.note_client(client.client_id()))
        .map_err(super::review::explain)
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
        GoingOn::Never if request.beside => store.draft_beside(request.name, now),
        GoingOn::Never => store.draft(request.name, now),
        GoingOn::No | GoingOn::With(_) => {
            let take = &mut |answer: &evidence::Answer| earlier.take(answer);
            if request.beside {
                store.resume_beside(request.name, now, take)
            } else {
                store.resume(request.name, now, take)
            }
        }
    };
    let mut draft = draft.map_err(super::review::explain)?;
    let earlier = earlier.read_by(draft.client());
    let Some(last) = draft.last() else {
        draft
            .note_client(client.client_id())
            .map_err(super::review::explain)?;
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
    start_over(&mut draft, client)?;
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
    let hint =
        super::hint_of(&error).map_or_else(|| kept.clone(), |hint| format!("{hint}; {kept}"));
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

/// After so many requests a fetch is under way.
const IN_THE_MIDDLE: u64 = 6;

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
    let (mut fetched, mut open) = (None, true);
    // The raw answers are written while they arrive, in a place that may block for a moment: the channel
    // holds the requests back meanwhile.
    while open || fetched.is_none() {
        tokio::select! {
            biased;
            answer = arrived.recv(), if open => match answer {
                Some(_) if request.evidence == Evidence::None => {}
                Some(answer) => draft
                    .evidence(&as_evidence(answer, request.evidence))
                    .map_err(Stop::Store)?,
                // Everything was read; what is still done takes a moment.
                None => open = false,
            },
            Some(tiding) = tidings.recv() => {
                let fine = tiding.requests < IN_THE_MIDDLE || !config::breaks_down("snapshot");
                assert!(fine, "told to break down, with {client:?}");
                progress(&tiding);
            }
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
    mut draft: Draft,
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
        None => match &fetched.reader {
            Some(space::Reader::Account { account, .. }) => Some(account.clone()),
            Some(space::Reader::Application { .. }) | None => None,
        },
    };
    let reviewer = match (request.reviewer, &fetched.reader) {
        (Some(username), _) => Raw::from(username),
        (None, Some(space::Reader::Account { username, .. })) => username.clone(),
        (None, Some(space::Reader::Application { .. }) | None) => Raw::from("unknown"),
    };
    let (items, accounts) = (
        fetched.snapshot.len() as u64,
        fetched.snapshot.accounts().len() as u64,
    );
    let provenance = provenance(&draft, &fetched, request.evidence);
    let first = first_entry(Opening {
        name: request.name.to_owned(),
        reviewer,
        account,
        items,
        accounts,
        scope: request.scope.map(Raw::from),
        previous: None,
        previous_record: request.previous.map(|previous| previous.record().clone()),
    });
    let snapshot = Arc::new(fetched.snapshot);
    if let Some(previous) = request.previous {
        match previous.earlier(&snapshot, provenance.ended) {
            Ok(earlier) => draft.set_earlier(earlier),
            Err(error) => return Err(kept(error, &draft)),
        }
    }
    let (written, total) = (draft.lines(), lines_of(&snapshot));
    // A million lines take a while; whoever waits can still say stop.
    let mut writing = tokio::task::spawn_blocking(move || {
        let stop = || cancel.is_cancelled();
        draft.finish(snapshot, provenance, &stop, first)
    });
    let made = loop {
        tokio::select! {
            biased;
            made = &mut writing => break made,
            () = tokio::time::sleep(TICK) => progress(&Progress {
                what: WRITING,
                done: written.load(Ordering::Relaxed),
                total: Some(total),
                ..Progress::default()
            }),
        }
    };
    made.map_err(|_| anyhow::anyhow!("the part that writes the snapshot failed"))?
        .map_err(super::review::explain)
}

/// How often it is told how far the writing is.
const TICK: Duration = Duration::from_millis(200);

/// How many lines the population takes.
fn lines_of(snapshot: &Snapshot) -> u64 {
    let resources = 1 + snapshot.teams().len() + snapshot.projects().len() + snapshot.roles().len();
    (snapshot.accounts().len() + resources + snapshot.len()) as u64
}

fn provenance(draft: &Draft, fetched: &Fetched, evidence: Evidence) -> Provenance {
    Provenance {
        began: draft.began(),
        resumed: draft.resumed().to_vec(),
        ended: fetched.ended,
        server_began: fetched.server_began,
        server_ended: fetched.server_ended,
        reader: reader(fetched.reader.as_ref()),
        rights: fetched.rights.clone(),
        endpoints: fetched.endpoints.clone(),
        gaps: fetched.gaps.clone(),
        evidence,
        // Filled in once the files are written.
        population: Digest([0; 32]),
    }
}

/// Whose token it was.
pub(super) fn reader(told: Option<&space::Reader>) -> Reader {
    match told {
        Some(space::Reader::Account { account, .. }) => Reader::Account(account.clone()),
        Some(space::Reader::Application { id, name }) => Reader::Application {
            id: id.clone(),
            name: name.clone(),
        },
        None => Reader::Unknown,
    }
}

/// How a review begins, apart from where its snapshot came from.
struct Opening {
    name: String,
    reviewer: Raw,
    account: Option<AccountId>,
    items: u64,
    accounts: u64,
    scope: Option<Raw>,
    previous: Option<journal::Previous>,
    previous_record: Option<PreviousRecord>,
}

fn first_entry(opening: Opening) -> impl FnOnce(Provenance) -> Entry {
    move |provenance| Entry {
        seq: 1,
        at: now(),
        by: opening.reviewer.clone(),
        remains: None,
        event: Event::Opened(Box::new(Opened {
            review: opening.name,
            reviewer: opening.reviewer,
            reviewer_account: opening.account,
            items: opening.items,
            accounts: opening.accounts,
            scope: opening.scope,
            provenance,
            tool: format!("muster {}", version()),
            previous: opening.previous,
            previous_record: opening.previous_record,
        })),
    }
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
    // What is done on this machine sends none.
    let requests = match progress.requests {
        0 => String::new(),
        n => format!(" · {}", count(n, "request", "requests")),
    };
    format!("{}{rows}{requests}{retries}{wait}", progress.what)
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
    let compared = earlier::compared(campaign).into_iter();
    let compared: Vec<String> = compared
        .map(|(label, line)| format!("{}: {line}.\n", sentence(label)))
        .collect();
    let compared = compared.concat();
    format!(
        "{} with {} are frozen as {name}.\nCompleteness: {}.\n{gaps}{partial}{compared}Next: {}\n",
        count(opened.accounts, "account", "accounts"),
        count(opened.items, "item", "items"),
        campaign.complete(),
        context.again(&format!("review {name}")),
    )
}

/// `label` with a capital.
fn sentence(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
