//! [`fetch`]: everything a review needs, from Space to a [`Snapshot`].
//!
//! What cannot be read becomes a gap, never an empty list.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    client::Client,
    error::Error,
    wire::{self, Told},
};
use crate::domain::{
    account::AccountId,
    provenance::{Endpoint, Gap},
    resource::Organization,
    rights::Right,
    snapshot::Snapshot,
    text::Raw,
    time::Timestamp,
};

mod calls;
mod convert;
mod earlier;
mod fields;
mod kept;
mod ledger;
mod participants;
mod population;
mod request;
mod roles;
mod session;
mod sight;

pub use earlier::Earlier;
pub use kept::{BadAnswer, Kept};

use calls::Call;
use fields::Unasked;
use ledger::Notes;
use participants::Participants;
use population::Population;
pub(crate) use request::encode;
use request::request;
use roles::organization_roles;
use session::{List, Reading, Row, Session};
use sight::Sight;

/// How often a wait that the server asked for is told anew.
const COUNTDOWN: Duration = Duration::from_millis(500);

/// What is done once everything was read; how far it is are seconds.
const ORDERING: &str = "putting what was read in order, second";

/// How far a fetch is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// What is read now: "accounts", "participants of projects".
    pub what: &'static str,
    /// How many of them were read.
    pub done: u64,
    /// How many there are, when the server told.
    pub total: Option<u64>,
    /// Requests sent over all, repeats included.
    pub requests: u64,
    /// Requests sent again over all.
    pub retries: u64,
    /// How long all requests wait because the server asked for it.
    pub wait_ms: Option<u64>,
}

/// One answer that was used or that refused something, as it came: the evidence of a snapshot. Those of a
/// list that changed meanwhile and was read again are among them; failures that passed are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its number, from 1, in order of arrival; what was read from it has it as `source`.
    pub number: u32,
    /// When it came, by this machine's clock.
    pub at: Timestamp,
    /// `GET`, or `POST` for the one call that reads by it.
    pub method: &'static str,
    /// The whole URL. It never holds the token.
    pub url: String,
    /// What a `POST` sent.
    pub request_body: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The server's `Date` header.
    pub date: Option<String>,
    /// The body after decompression, byte for byte; only a token in it would be blotted out.
    pub body: Vec<u8>,
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// Accounts, resources and grants.
    pub snapshot: Snapshot,
    /// When reading began, by the caller's clock.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The server's clock at its first answer.
    pub server_began: Option<Timestamp>,
    /// The server's clock at its last answer.
    pub server_ended: Option<Timestamp>,
    /// Whom the token belongs to; `None` when the server does not say.
    pub reader: Option<Reader>,
    /// What the token may read, as far as this fetch shows it.
    pub rights: Vec<Right>,
    /// What was called and what came of it, in order.
    pub endpoints: Vec<Endpoint>,
    /// What is missing, in order.
    pub gaps: Vec<Gap>,
}

/// Whom a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A person.
    Account {
        /// The id of the account.
        account: AccountId,
        /// Its login name.
        username: Raw,
    },
    /// An application.
    Application {
        /// Its id.
        id: Box<str>,
        /// Its name.
        name: Raw,
    },
}

impl Reader {
    fn id(&self) -> &str {
        match self {
            Self::Account { account, .. } => &account.0,
            Self::Application { id, .. } => id,
        }
    }
}

/// Reads everything a review needs.
///
/// Answers are handed to `answers` in order of their numbers; when its taker is slow, reading slows down,
/// when it is gone, reading stops. `cancel` stops it at once. It fails when the organization or its accounts
/// cannot be read at all, when the token is refused, or when the server cannot be reached; any other call
/// that fails becomes a gap. Whatever came before an error was handed on whole.
pub async fn fetch(
    client: &Client,
    progress: &(dyn Fn(Progress) + Sync),
    answers: mpsc::Sender<Answer>,
    clock: &(dyn Fn() -> Timestamp + Sync),
    cancel: CancellationToken,
) -> Result<Fetched, Error> {
    go_on(client, None, progress, answers, clock, cancel).await
}

/// As [`fetch`], with the answers of a reading that was interrupted: lists that it finished are not asked for again.
/// New answers are numbered after those. Who the token belongs to is always asked.
///
/// # Errors
/// [`Error::NotTheSame`] when the answers are not of this organization and this token's owner.
pub async fn go_on(
    client: &Client,
    earlier: Option<Earlier>,
    progress: &(dyn Fn(Progress) + Sync),
    answers: mpsc::Sender<Answer>,
    clock: &(dyn Fn() -> Timestamp + Sync),
    cancel: CancellationToken,
) -> Result<Fetched, Error> {
    let session = Session::new(client, progress, clock, answers, earlier);
    let began = session.now();
    let read = {
        let mut work = Box::pin(read_all(&session));
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Error::Cancelled),
                () = client.held() => session.show(),
                // While all requests wait nothing else tells how long that still takes.
                () = tokio::time::sleep(COUNTDOWN), if client.wait().is_some() => session.show(),
                read = &mut work => break read?,
            }
        }
    };
    let ended = session.now();
    let (server_began, server_ended) = session.server_time();
    let mut shown = session.shown();
    let mut ledger = session.into_ledger();
    read.sight.note(&mut ledger);
    let rights = read.sight.rights(&ledger);
    // A million grants take a moment, in which whoever waits is still told something and can stop.
    let population = read.population;
    let mut ordering = tokio::task::spawn_blocking(move || {
        let snapshot = population.finish(&mut ledger);
        (snapshot, ledger)
    });
    let since = tokio::time::Instant::now();
    (shown.what, shown.total, shown.wait_ms) = (ORDERING, None, None);
    let (snapshot, ledger) = loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Error::Cancelled),
            done = &mut ordering => break done.expect("putting lists in order does not panic"),
            () = tokio::time::sleep(COUNTDOWN) => {
                shown.done = since.elapsed().as_secs();
                progress(shown.clone());
            }
        }
    };
    let snapshot = snapshot.map_err(|error| Error::Protocol {
        url: client.address().to_string(),
        what: error.to_string(),
    })?;
    let (endpoints, gaps) = ledger.close();
    Ok(Fetched {
        snapshot,
        began,
        ended,
        server_began,
        server_ended,
        reader: read.reader,
        rights,
        endpoints,
        gaps,
    })
}

/// Reads everything again from the answers that were kept of a fetch: what comes of it is what came of the fetch, as far
/// as every answer was kept. Requests that were never answered left nothing; how often each call was sent is not told.
///
/// # Errors
/// When the answers do not show an organization, or are of no fetch at all.
pub fn again(kept: &Kept, progress: &(dyn Fn(Progress) + Sync)) -> Result<Fetched, Error> {
    let none = || Error::NotTheSame {
        why: "there are no answers",
    };
    let (began, ended) = kept.times().ok_or_else(none)?;
    let clock = || ended;
    let session = Session::again(kept, progress, &clock);
    let read = read_all(&session).now_or_never();
    let read = read.expect("what was kept is there at once")?;
    let (server_began, server_ended) = session.server_time();
    let mut ledger = session.into_ledger();
    read.sight.note(&mut ledger);
    let rights = read.sight.rights(&ledger);
    let snapshot = read.population.finish(&mut ledger);
    let snapshot = snapshot.map_err(|error| Error::Protocol {
        url: kept.address().to_string(),
        what: error.to_string(),
    })?;
    let (endpoints, gaps) = ledger.close();
    Ok(Fetched {
        snapshot,
        began,
        ended,
        server_began,
        server_ended,
        reader: read.reader,
        rights,
        endpoints,
        gaps,
    })
}

struct Read {
    population: Population,
    reader: Option<Reader>,
    sight: Sight,
}

async fn read_all(session: &Session<'_>) -> Result<Read, Error> {
    let organization = organization(session).await?;
    let reader = reader(session).await?;
    if let Some(earlier) = session.earlier() {
        let client = session.client_id();
        same(earlier, &organization, reader.as_ref(), client)?;
    }
    let population = Mutex::new(Population::new(organization));
    let (sight, (), (), (), restricted, ()) = tokio::try_join!(
        Sight::ask(session, reader.as_ref()),
        accounts(session, &population),
        teams_and_memberships(session, &population),
        projects(session, &population),
        restricted_projects(session),
        organization_roles(session, &population),
    )?;
    blind_spots(session, &lock(&population), &restricted);
    Ok(Read {
        population: population
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
        reader,
        sight,
    })
}

async fn organization(session: &Session<'_>) -> Result<Organization, Error> {
    let not_space = |url: String, what: String| Error::NotSpace {
        url,
        what,
        prefixed: session.address().has_prefix(),
    };
    session.report("organization", 0, None);
    let asked = session
        .object::<Told<wire::Organization>>(Call::Organization, "organization", None)
        .await?;
    let url = session.address().call("organization", "").into();
    match asked {
        Ok(Told::Value(organization)) => match organization.id {
            Told::Value(id) => Ok(Organization {
                name: Raw::from(organization.name.get().map_or(&*id, |name| name)),
                id,
                url: session.address().to_string().into(),
            }),
            _ => Err(not_space(url, "the organization has no id".to_owned())),
        },
        Ok(_) => Err(not_space(url, "the organization is no object".to_owned())),
        // Every Space server has this call. One that has not, or answers it otherwise, is none.
        Err(error @ Error::Refused { code: None, .. }) => Err(not_space(url, error.reason())),
        Err(error) if error.is_not_found() => Err(not_space(url, error.reason())),
        Err(Error::Protocol { url, what }) => Err(not_space(url, what)),
        Err(error) => Err(error),
    }
}

/// Whether an interrupted reading was of this organization, with a token of the same owner: another one may see
/// more or less.
fn same(
    earlier: &Earlier,
    organization: &Organization,
    reader: Option<&Reader>,
    client_id: Option<&str>,
) -> Result<(), Error> {
    let not = |why| Err(Error::NotTheSame { why });
    if earlier.is_of_elsewhere() {
        return not("it was read from another address");
    }
    let asked = request(
        Call::Organization,
        Unasked::nothing(Call::Organization),
        "organization",
        "",
        None,
    );
    let then = earlier.answer::<Told<wire::Organization>>(&asked);
    let then = then.and_then(|(_, then, _)| then.value()?.id.value());
    if then.as_deref() != Some(&*organization.id) {
        return not("it was read from another organization");
    }
    let Some(reader) = reader else {
        // The server does not say who it is. Client credentials are those of one application all the same.
        return match (client_id, earlier.client_id()) {
            (Some(now), Some(then)) if now == then => Ok(()),
            _ => not("nobody can tell whose token it is"),
        };
    };
    let (call, path) = match reader {
        Reader::Account { .. } => (Call::Me, ME),
        Reader::Application { .. } => (Call::Application, APPLICATION),
    };
    let asked = request(call, Unasked::nothing(call), path, "", None);
    let then = earlier.answer::<Told<wire::Pointer>>(&asked);
    let then = then.and_then(|(_, then, _)| then.value()?.id.value());
    match then.as_deref() {
        Some(then) if then == reader.id() => Ok(()),
        Some(_) => not("it was read with a token of somebody else"),
        // Then it was the other kind of token, or the server did not say whose it was.
        None => not("it was read with a token of somebody else, or nobody can tell whose"),
    }
}

const ME: &str = "team-directory/profiles/me";
const APPLICATION: &str = "applications/me";

/// Whom the token belongs to. An application has no account, and the server then refuses to tell one.
async fn reader(session: &Session<'_>) -> Result<Option<Reader>, Error> {
    let asked = session
        .object::<Told<wire::Profile>>(Call::Me, ME, None)
        .await?;
    if let Ok(Told::Value(profile)) = asked
        && let Told::Value(id) = profile.id
    {
        let username = profile.username.get().map_or("", |name| name);
        return Ok(Some(Reader::Account {
            account: AccountId(id.into()),
            username: Raw::from(username),
        }));
    }
    let asked = session
        .object::<Told<wire::Application>>(Call::Application, APPLICATION, None)
        .await?;
    let Ok(Told::Value(application)) = asked else {
        return Ok(None);
    };
    let name = application.name.value();
    Ok(application.id.value().map(|id| Reader::Application {
        name: Raw::from(name.as_deref().unwrap_or(&id)),
        id,
    }))
}

fn whole(call: Call, path: &str, what: &'static str) -> List {
    List {
        call,
        path: path.to_owned(),
        what: Some(what),
    }
}

async fn accounts(session: &Session<'_>, population: &Mutex<Population>) -> Result<(), Error> {
    let list = whole(Call::Accounts, "team-directory/profiles", "accounts");
    let mut reading = session.list(&list, convert::account).await?;
    match reading.refused.take() {
        Some(refused) if reading.rows.is_empty() => return Err(refused),
        Some(refused) => session.ledger().gap(
            Call::Accounts,
            "Some accounts could not be read",
            refused.reason(),
        ),
        None => {}
    }
    if let Some(short) = reading.short {
        session
            .ledger()
            .gap(Call::Accounts, "Some accounts may be missing", short);
    }
    convert::forget_what_was_passed_over(&mut reading.rows, &mut reading.notes);
    session.ledger().note(Call::Accounts, reading.notes);
    lock(population).list_accounts(reading.rows);
    Ok(())
}

async fn teams_and_memberships(
    session: &Session<'_>,
    population: &Mutex<Population>,
) -> Result<(), Error> {
    let list = whole(Call::Teams, "team-directory/teams", "teams");
    let teams = async {
        let reading = session.list(&list, convert::team).await?;
        let rows = taken(session, Call::Teams, reading, "Teams", "Some teams");
        lock(population).list_teams(rows);
        Ok::<_, Error>(())
    };
    let list = whole(
        Call::Memberships,
        "team-directory/memberships",
        "team memberships",
    );
    let memberships = async {
        let reading = session.list(&list, convert::membership).await?;
        let (all, some) = ("Team memberships", "Some team memberships");
        let rows = taken(session, Call::Memberships, reading, all, some);
        lock(population).list_memberships(rows);
        Ok(())
    };
    tokio::try_join!(teams, memberships).map(|_| ())
}

/// The rows of a reading; a gap for what is missing: `all` of it, or `some`.
fn taken<T>(
    session: &Session<'_>,
    call: Call,
    reading: Reading<T>,
    all: &str,
    some: &str,
) -> Vec<T> {
    session.ledger().note(call, reading.notes);
    if let Some(refused) = reading.refused {
        let which = if reading.rows.is_empty() { all } else { some };
        let missing = format!("{which} could not be read");
        session.ledger().gap(call, missing, refused.reason());
    }
    if let Some(short) = reading.short {
        session
            .ledger()
            .gap(call, format!("{some} may be missing"), short);
    }
    reading.rows
}

async fn projects(session: &Session<'_>, population: &Mutex<Population>) -> Result<(), Error> {
    let list = whole(Call::Projects, "projects", "projects");
    let reading = session.list(&list, convert::project).await?;
    let (all, some) = (
        "Projects and who takes part in them",
        "Some projects and who takes part in them",
    );
    let rows = taken(session, Call::Projects, reading, all, some);
    let projects = lock(population).list_projects(rows);
    let total = projects.len();
    let participants = Participants::new(session, population, total);
    let mut projects = projects.into_iter();
    let mut pending = FuturesUnordered::new();
    for project in projects.by_ref().take(session.concurrency()) {
        pending.push(participants.read(project));
    }
    while let Some(read) = pending.next().await {
        read?;
        if let Some(project) = projects.next() {
            pending.push(participants.read(project));
        }
    }
    Ok(())
}

/// The restricted projects of the organization, as far as the token may know of them.
async fn restricted_projects(session: &Session<'_>) -> Result<Vec<wire::PrivateProject>, Error> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "rows of other lists can be unusable"
    )]
    fn keep(row: wire::PrivateProject, _: u32, _: &mut Notes) -> Option<wire::PrivateProject> {
        Some(row)
    }
    let read = session.array(
        Call::PrivateProjects,
        "projects/private-projects",
        None,
        keep,
    );
    match read.await? {
        Ok(projects) => Ok(projects),
        Err(refused) => {
            let missing = "Whether there are restricted projects that this token cannot open could not be read";
            session
                .ledger()
                .gap(Call::PrivateProjects, missing, refused.reason());
            Ok(Vec::new())
        }
    }
}

/// A restricted project that is not in the project list is a blind spot. The two lists share no ids, so
/// they are matched by key.
fn blind_spots(
    session: &Session<'_>,
    population: &Population,
    restricted: &[wire::PrivateProject],
) {
    let listed = population.project_keys();
    for project in restricted {
        let key = project.key.get().map_or("", |key| &key.0);
        if !key.is_empty() && listed.contains(key) {
            continue;
        }
        let label = population::project_label(project.name.get().map_or("", |name| name), key);
        let reason = match project.access_allowed {
            Told::Value(true) => "the project is restricted and not in the project list",
            _ => "the project is restricted and this token may not open it",
        };
        let missing = format!("Who takes part in the project {label} could not be read");
        session.ledger().gap(Call::PrivateProjects, missing, reason);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Row for wire::Profile {
    fn id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }
}

impl Row for wire::Team {
    fn id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }
}

impl Row for wire::Membership {
    fn id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }
}

impl Row for wire::Project {
    fn id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }
}

impl Row for wire::PermissionRole {
    fn id(&self) -> Option<&str> {
        self.role_id.get().map(|id| &**id)
    }
}

impl Row for wire::PrivateProject {
    fn id(&self) -> Option<&str> {
        self.key.get().map(|key| &*key.0)
    }
}

impl Row for wire::Participant {
    fn id(&self) -> Option<&str> {
        let who = self.team.get().or(self.profile.get())?;
        who.id.get().map(|id| &**id)
    }
}
