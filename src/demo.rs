//! The embedded organization: a [`Server`] on loopback, in the process, that speaks the Space API.
//!
//! It holds a [`State`], which can be looked at and changed while it serves, and does wrong what its [`Faults`] say. It
//! is what `muster demo` reviews and what the tests of everything that talks to Space talk to.

mod faults;
mod fields;
mod generate;
mod ids;
mod json;
mod oauth;
mod objects;
mod quarter;
mod request;
mod routes;
mod schema;
mod serve;
mod state;
mod story;

use std::{
    fmt, io,
    net::Ipv4Addr,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::{net::TcpListener, task::JoinHandle};

pub use self::{
    faults::{Fault, Faults, When},
    state::{
        Account, AccountIx, CustomRole, Membership, OrganizationRole, Participant, Project,
        ProjectIx, Roles, State, Team, TeamIx, Text,
    },
};
use crate::domain::time::Timestamp;

/// The secret of the reviewer's own token.
const REVIEWERS_TOKEN: &str = "demo-token-of-the-reviewer";

/// What the reviewer's token may do: everything that a review of access asks for.
const REVIEW_RIGHTS: &[&str] = &[
    "Profile.View",
    "Profile.View.Basic",
    "Profile.ViewAllGuests",
    "Profile.Memberships.View",
    "Team.View",
    "Permissions.View",
    "Project.View",
    "Project.ViewPrivate",
    "Roles.View",
    "Superadmin",
    "AuthModule.Manage",
];

/// How large an embedded organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// About 60 accounts, written by hand to tell a story.
    S,
    /// 1,000 accounts and 10,000 grants.
    M,
    /// 100,000 accounts and 1,000,000 grants.
    L,
}

/// The text is not one of the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a size: s, m or l")]
pub struct NotASize;

impl FromStr for Size {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        match text {
            "s" | "S" => Ok(Self::S),
            "m" | "M" => Ok(Self::M),
            "l" | "L" => Ok(Self::L),
            _ => Err(NotASize),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S => "s",
            Self::M => "m",
            Self::L => "l",
        })
    }
}

impl State {
    /// The organization of this size; the same each time.
    pub fn of(size: Size) -> Self {
        match size {
            Size::S => story::halden(),
            Size::M => generate::organization(&generate::MEDIUM),
            Size::L => generate::organization(&generate::LARGE),
        }
    }
}

/// How a server behaves where nothing else is said.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port; 0 takes any that is free.
    pub port: u16,
    /// A path before `/api/http`, such as `/space`; empty for none.
    pub prefix: String,
    /// The time by which accounts count as past or future.
    pub now: Timestamp,
    /// The longest page; a longer one that is asked for is cut.
    pub largest_page: usize,
    /// Tokens besides the reviewer's.
    pub tokens: Vec<Token>,
    /// Applications that may ask for access tokens.
    pub applications: Vec<Application>,
    /// Whether implicit roles list everybody they cover.
    pub list_implicit_holders: bool,
    /// Whether the list of projects has archived ones.
    pub list_archived_projects: bool,
    /// Whether unknown names in `$fields` are passed over instead of refused.
    pub ignore_unknown_fields: bool,
    /// What it does not have yet.
    pub older: Older,
}

/// What an older server does not have yet.
#[derive(Debug, Clone, Default)]
pub struct Older {
    /// Calls, which are then not found.
    pub calls: Vec<When>,
    /// Fields, by the name of their type: unknown names in `$fields`.
    pub fields: Vec<(&'static str, &'static str)>,
    /// Whether the refusal of an unknown name does not say which name it is.
    pub vague: bool,
}

impl Older {
    /// A server of June 2022: no calls about who takes part in projects, and fewer fields.
    pub fn of_2022() -> Self {
        Self {
            calls: vec![When::path("projects/*/people")],
            fields: vec![
                ("TDMemberProfile", "accessSuspended"),
                ("TDMemberProfile", "accessSuspendedAt"),
                ("TDMemberProfile", "externalLight"),
                ("TDMemberProfile", "status"),
                ("RoleDTO", "membersEditable"),
                ("RoleDTO", "rightsEditable"),
            ],
            vague: false,
        }
    }

    /// A server of 2021: no permission roles either.
    pub fn of_2021() -> Self {
        let mut older = Self::of_2022();
        older.calls.push(When::path("permission-roles"));
        older
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            prefix: String::new(),
            // 2026-11-01: what the story calls future lies years after, what it calls past before.
            now: Timestamp::from_ms(1_793_491_200_000).expect("a year in range"),
            largest_page: 100,
            tokens: Vec::new(),
            applications: Vec::new(),
            list_implicit_holders: false,
            list_archived_projects: true,
            ignore_unknown_fields: false,
            older: Older::default(),
        }
    }
}

/// A token that the server accepts.
#[derive(Debug, Clone, Default)]
pub struct Token {
    /// What is sent as bearer.
    pub secret: String,
    /// The login name of its owner, who is `me`; an application has none.
    pub me: Option<String>,
    /// What it may do: `Team.View`, `global:Team.View`, `project:key:FW:Project.View`, or `**` for all.
    pub rights: Vec<String>,
    /// Whether it is over.
    pub expired: bool,
    /// What its owner calls it.
    pub name: String,
    /// When it ends, as its owner is told.
    pub expires: Option<Timestamp>,
}

/// An application that asks for access tokens with its client credentials.
#[derive(Debug, Clone, Default)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
    /// What it may do, as for a [`Token`].
    pub rights: Vec<String>,
    /// How many seconds an access token lasts, by the clock of [`Server::pass`].
    pub expires_in: u64,
    /// How many calls an access token is good for; `None` for any number.
    pub calls: Option<u32>,
}

/// An access token that was given to an application.
#[derive(Debug)]
struct Issued {
    secret: String,
    application: usize,
    ends_at: u64,
    calls: Option<u32>,
}

/// The access tokens that were given out, and the clock by which they end.
#[derive(Debug, Default)]
struct Desk {
    issued: Vec<Issued>,
    seconds: u64,
}

/// A request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path, still encoded.
    pub path: String,
    /// The query, still encoded.
    pub query: String,
    /// The body.
    pub body: String,
}

/// A Space server on loopback. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What the server and its connections share.
#[derive(Debug)]
struct Shared {
    state: RwLock<State>,
    faults: Faults,
    seen: Mutex<Vec<Request>>,
    desk: Mutex<Desk>,
    options: Options,
    url: String,
}

impl Server {
    /// Starts to serve `state` on 127.0.0.1, within the runtime of the caller.
    pub async fn start(state: State, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let url = format!("http://{}{}", listener.local_addr()?, options.prefix);
        let shared = Arc::new(Shared {
            state: RwLock::new(state),
            faults: Faults::default(),
            seen: Mutex::default(),
            desk: Mutex::default(),
            options,
            url: url.clone(),
        });
        let accepting = tokio::spawn(serve::accept(listener, Arc::clone(&shared)));
        Ok(Self {
            url,
            shared,
            accepting,
        })
    }

    /// The address of the organization, without a slash at the end.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The token of [`State::reviewer`], with every right that a review needs.
    pub fn token(&self) -> &str {
        REVIEWERS_TOKEN
    }

    /// The organization as it is now. Requests that change it wait until this is dropped.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state()
    }

    /// The organization, to be changed. Requests wait until this is dropped.
    pub fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.shared
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What it does wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Lets so many seconds pass for access tokens; nothing else goes by this clock, and it stands otherwise.
    pub fn pass(&self, seconds: u64) {
        self.shared.desk().seconds += seconds;
    }

    /// Every access token that was given out so far.
    pub fn issued(&self) -> Vec<String> {
        let desk = self.shared.desk();
        desk.issued.iter().map(|one| one.secret.clone()).collect()
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.seen().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The connections are tasks of this one and end with it.
        self.accepting.abort();
    }
}

impl Shared {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<Request>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
