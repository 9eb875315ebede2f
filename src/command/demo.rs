//! `muster demo`: the embedded organization, reviewed like a real one.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    sync::Arc,
};

use secrecy::SecretString;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Context, elapsed_ms, loading, policy,
    previous::{self, Previous},
    progress::ProgressLine,
    review::{self, Session},
    snapshot::{self, Request},
};
use crate::{
    demo::{Server, State},
    domain::provenance::Evidence,
    format::policy::PolicyFile,
    space::{Client, Progress},
    store::Review,
};

mod story;

pub(crate) use crate::demo::Size;

/// How to show it.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) size: Size,
    pub(crate) fresh: bool,
    pub(crate) plain: bool,
    /// The rules a new review is opened under, instead of those in the config folder or the built-in ones.
    pub(crate) policy: Option<PathBuf>,
    /// The sealed record of an earlier demo; the review is then of the next quarter.
    pub(crate) previous: previous::Options,
}

/// What is read, and how it becomes a review.
#[derive(Clone, Copy)]
struct Reading<'a> {
    size: Size,
    policy: &'a PolicyFile,
    previous: Option<&'a Arc<Previous>>,
}

/// Only serves the organization, until interrupted.
pub(crate) fn serve(size: Size, port: u16) -> anyhow::Result<Answer> {
    snapshot::runtime()?.block_on(async {
        let server = start(State::of(size), port).await?;
        let mut out = io::stdout();
        writeln!(
            out,
            "{}",
            json!({
                "url": server.url(),
                "token": server.token(),
                "client_id": APPLICATION,
                "client_secret": APPLICATIONS_SECRET,
            })
        )?;
        out.flush()?;
        tokio::signal::ctrl_c().await?;
        Ok(Answer::silent())
    })
}

/// The client id of the application that the demo server knows.
const APPLICATION: &str = "demo-application";

/// Its client secret, which is no secret.
const APPLICATIONS_SECRET: &str = "demo-client-secret";

/// An application with every right, whose access tokens last ten minutes.
fn application() -> crate::demo::Application {
    crate::demo::Application {
        name: "Access reviews".to_owned(),
        id: APPLICATION.to_owned(),
        secret: APPLICATIONS_SECRET.to_owned(),
        rights: vec!["**".to_owned()],
        expires_in: 600,
        calls: None,
    }
}

async fn start(state: State, port: u16) -> anyhow::Result<Server> {
    Server::start(
        state,
        crate::demo::Options {
            port,
            now: super::now(),
            applications: vec![application()],
            ..crate::demo::Options::default()
        },
    )
    .await
    .map_err(|error| {
        super::failure(
            format!("cannot listen on port {port} of 127.0.0.1: {error}"),
            "take another --port, or 0 for a free one",
        )
    })
}

/// Opens the latest demo review of this size, or makes one; without a terminal the story tells itself.
pub(crate) fn demo(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let policy = policy::choose(context, options.policy.as_deref())?;
    let previous = Previous::named(&options.previous)?;
    let terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    if !terminal && !options.plain {
        let reading = Reading {
            size: options.size,
            policy: &policy,
            previous: previous.as_ref(),
        };
        return story::tell(context, reading);
    }
    if !review::plain_wanted(options.plain) {
        let places = context.clone();
        let (size, fresh) = (options.size, options.fresh);
        return review::screens(context, move |effects, messages| {
            let (finding, after) = (places.clone(), previous.clone());
            let found = review::unless_stopped(effects, move || {
                find(&finding, size, fresh, after.as_deref())
            })?;
            let review = match found {
                None => None,
                Some(Place::Open(review)) => Some(*review),
                Some(Place::New(name)) => {
                    loading::read(effects, messages, async |cancel, tell| {
                        let reading = Reading {
                            size,
                            policy: &policy,
                            previous: previous.as_ref(),
                        };
                        read(&places, reading, &name, cancel, tell).await
                    })?
                }
            };
            Ok(review.map(|review| Session::of(review, Some(again(size)))))
        });
    }
    let review = match find(context, options.size, options.fresh, previous.as_deref())? {
        Place::Open(review) => *review,
        Place::New(name) => {
            let mut line = ProgressLine::new();
            let mut show = |progress: &Progress| {
                line.show(elapsed_ms(), progress.what, &snapshot::describe(progress));
            };
            let reading = read(
                context,
                Reading {
                    size: options.size,
                    policy: &policy,
                    previous: previous.as_ref(),
                },
                &name,
                CancellationToken::new(),
                &mut show,
            );
            let review = snapshot::runtime()?.block_on(reading);
            line.finish();
            review?
        }
    };
    review::lines(context, Session::of(review, Some(again(options.size))))
}

/// The command that comes back to this demo.
fn again(size: Size) -> String {
    match size {
        Size::S => "demo".to_owned(),
        size => format!("demo --size {size}"),
    }
}

enum Place {
    Open(Box<Review>),
    New(String),
}

/// The latest review that is still open and compared with `previous`, where that was named, or the next free name.
fn find(
    context: &Context,
    size: Size,
    fresh: bool,
    previous: Option<&Previous>,
) -> anyhow::Result<Place> {
    let base = base_name("demo", size);
    let latest = latest(context, &base)?;
    if let Some(name) = latest.as_ref().filter(|_| !fresh) {
        let review = context
            .store
            .open(name, super::now())
            .map_err(review::explain)?;
        let compared = |previous: &Previous| {
            let named = review.campaign().opened().previous_record.as_ref();
            named.is_some_and(|named| named.sums == previous.record().sums)
        };
        if review.campaign().sealed().is_none() && previous.is_none_or(compared) {
            return Ok(Place::Open(Box::new(review)));
        }
    }
    Ok(Place::New(next_name(context, &base)?))
}

fn base_name(base: &str, size: Size) -> String {
    match size {
        Size::S => base.to_owned(),
        size => format!("{base}-{size}"),
    }
}

fn numbered(base: &str, n: usize) -> String {
    if n == 1 {
        base.to_owned()
    } else {
        format!("{base}.{n}")
    }
}

fn latest(context: &Context, base: &str) -> anyhow::Result<Option<String>> {
    let reviews = names(context)?;
    let mut latest = None;
    for name in (1..=reviews.len()).map(|n| numbered(base, n)) {
        if !reviews.contains(&name) {
            break;
        }
        latest = Some(name);
    }
    Ok(latest)
}

fn names(context: &Context) -> anyhow::Result<Vec<String>> {
    let listed = context.store.reviews().map_err(review::explain)?;
    Ok(listed.into_iter().map(|review| review.name).collect())
}

fn next_name(context: &Context, base: &str) -> anyhow::Result<String> {
    let reviews = names(context)?;
    let mut names = (1..=reviews.len() + 1).map(|n| numbered(base, n));
    Ok(names
        .find(|name| !reviews.contains(name))
        .expect("there is one name more than there are reviews"))
}

/// Serves the organization and takes a snapshot of it.
async fn read(
    context: &Context,
    reading: Reading<'_>,
    name: &str,
    cancel: CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> anyhow::Result<Review> {
    progress(&Progress {
        what: loading::SETTING_UP,
        ..Progress::default()
    });
    let mut state = State::of(reading.size);
    if reading.previous.is_some() {
        state.pass_a_quarter();
    }
    let server = start(state, 0).await?;
    let address = server.url().parse()?;
    let token = SecretString::from(server.token().to_owned());
    let client =
        Client::new(address, token, snapshot::client_options(8)).map_err(snapshot::explain)?;
    snapshot::read(
        &context.store,
        &client,
        Request {
            name,
            policy: reading.policy,
            reviewer: None,
            going_on: snapshot::GoingOn::Never,
            scope: None,
            evidence: Evidence::Full,
            previous: reading.previous,
            beside: false,
        },
        cancel,
        progress,
    )
    .await
}
