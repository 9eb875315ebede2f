//! `muster demo`: the embedded organization, reviewed like a real one.

use std::io::{self, IsTerminal as _, Write as _};

use secrecy::SecretString;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Context, elapsed_ms,
    progress::ProgressLine,
    review::{self, Session},
    snapshot::{self, Request},
};
use crate::{
    config,
    demo::{Server, State},
    domain::text::SafeText,
    space::{Client, Progress},
    store::Review,
    tui::{
        self,
        effect::Effect,
        message::{Loading, Message},
    },
};

mod story;

pub(crate) use crate::demo::Size;

/// How to show it.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) size: Size,
    pub(crate) fresh: bool,
    pub(crate) plain: bool,
}

/// Only serves the organization, until interrupted.
pub(crate) fn serve(size: Size, port: u16) -> anyhow::Result<Answer> {
    snapshot::runtime()?.block_on(async {
        let server = start(size, port).await?;
        let mut out = io::stdout();
        writeln!(
            out,
            "{}",
            json!({"url": server.url(), "token": server.token()})
        )?;
        out.flush()?;
        tokio::signal::ctrl_c().await?;
        Ok(Answer::silent())
    })
}

async fn start(size: Size, port: u16) -> anyhow::Result<Server> {
    let state = State::of(size);
    Server::start(
        state,
        crate::demo::Options {
            port,
            now: super::now(),
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
    let terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    if !terminal && !options.plain {
        return story::tell(context, options.size);
    }
    let place = find(context, options)?;
    let plain = review::plain_wanted(options.plain);
    match place {
        Place::Open(review) => {
            let session = Session::of(*review, true);
            if plain {
                review::lines(context, session)
            } else {
                screens(context, Beginning::Open(Box::new(session)))
            }
        }
        Place::New(name) if plain => {
            let mut line = ProgressLine::new();
            let review = snapshot::runtime()?.block_on(async {
                read(
                    context,
                    options.size,
                    &name,
                    CancellationToken::new(),
                    &mut |progress| {
                        line.show(elapsed_ms(), progress.what, &snapshot::describe(progress));
                    },
                )
                .await
            });
            line.finish();
            review::lines(context, Session::of(review?, true))
        }
        Place::New(name) => screens(
            context,
            Beginning::Read {
                size: options.size,
                name,
            },
        ),
    }
}

enum Place {
    Open(Box<Review>),
    New(String),
}

/// The latest review that is still open, or the next free name.
fn find(context: &Context, options: &Options) -> anyhow::Result<Place> {
    let base = base_name("demo", options.size);
    let latest = latest(context, &base)?;
    if let Some(name) = latest.as_ref().filter(|_| !options.fresh) {
        let review = context
            .store
            .open(name, super::now())
            .map_err(review::explain)?;
        if review.campaign().sealed().is_none() {
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
    size: Size,
    name: &str,
    cancel: CancellationToken,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> anyhow::Result<Review> {
    progress(&Progress {
        what: "setting up the organization",
        ..Progress::default()
    });
    let server = start(size, 0).await?;
    let address = server.url().parse()?;
    let token = SecretString::from(server.token().to_owned());
    let client =
        Client::new(address, token, snapshot::client_options(8)).map_err(snapshot::explain)?;
    snapshot::read(
        &context.store,
        &client,
        Request {
            name,
            reviewer: None,
        },
        cancel,
        progress,
    )
    .await
}

enum Beginning {
    Open(Box<Session>),
    Read { size: Size, name: String },
}

fn screens(context: &Context, beginning: Beginning) -> anyhow::Result<Answer> {
    let (messages, inbox) = mpsc::unbounded_channel();
    let (outbox, mut effects) = mpsc::unbounded_channel();
    let worker_context = context.clone();
    let worker = std::thread::spawn(move || -> anyhow::Result<Option<Session>> {
        let session = match beginning {
            Beginning::Open(session) => *session,
            Beginning::Read { size, name } => {
                let read = snapshot::runtime()?.block_on(read_for_screens(
                    &worker_context,
                    size,
                    &name,
                    &mut effects,
                    &messages,
                ));
                match read {
                    Ok(Some(review)) => Session::of(review, true),
                    Ok(None) => {
                        outlast(effects);
                        return Ok(None);
                    }
                    Err(error) => {
                        let hint = error
                            .chain()
                            .find_map(|cause| cause.downcast_ref::<super::Hinted>());
                        review::send(
                            &messages,
                            Message::LoadingFailed {
                                error: SafeText::of(&super::sentences(&error)),
                                hint: SafeText::of(
                                    hint.map_or("leave with q and try again", |hinted| {
                                        &hinted.hint
                                    }),
                                ),
                            },
                        );
                        outlast(effects);
                        return Ok(None);
                    }
                }
            }
        };
        review::send(&messages, session.opened());
        Ok(Some(review::carry_out(
            &worker_context,
            session,
            effects,
            &messages,
        )))
    });
    let exit = tui::run(config::variable, outbox, inbox)?;
    let session = worker
        .join()
        .map_err(|_| anyhow::anyhow!("the part that writes decisions failed"))??;
    Ok(session.map_or_else(Answer::silent, |session| {
        review::farewell(context, exit, &session)
    }))
}

/// Waits until the screens are gone; they would take an early end for a failure.
fn outlast(mut effects: mpsc::UnboundedReceiver<Effect>) {
    while effects.blocking_recv().is_some() {}
}

/// Takes the snapshot while the loading screen shows; `None` when it was stopped there.
async fn read_for_screens(
    context: &Context,
    size: Size,
    name: &str,
    effects: &mut mpsc::UnboundedReceiver<Effect>,
    messages: &mpsc::UnboundedSender<Message>,
) -> anyhow::Result<Option<Review>> {
    let cancel = CancellationToken::new();
    let mut tell =
        |progress: &Progress| review::send(messages, Message::Loading(loading(progress)));
    let reading = read(context, size, name, cancel.clone(), &mut tell);
    tokio::pin!(reading);
    loop {
        tokio::select! {
            result = &mut reading => return match result {
                Err(_) if cancel.is_cancelled() => Ok(None),
                result => result.map(Some),
            },
            effect = effects.recv(), if !cancel.is_cancelled() => match effect {
                // The screens are gone, or asked for it.
                None | Some(Effect::CancelLoading) => cancel.cancel(),
                Some(Effect::Append(_) | Effect::ListKeys | Effect::Seal(_)) => {}
            },
        }
    }
}

fn loading(progress: &Progress) -> Loading {
    Loading {
        what: progress.what.to_owned(),
        done: progress.done,
        total: progress.total,
        requests: progress.requests,
        retries: progress.retries,
        wait_ms: progress.wait_ms,
    }
}
