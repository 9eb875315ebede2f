//! `muster review`: one review on the screen, or as plain lines.

use std::{
    io::{self, IsTerminal as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{
    Answer, Context, Exceptions, count, editor, failure,
    keys::{self, Found},
    now,
    progress::ProgressLine,
    seal::{self, Sealing},
    snapshot::eprint_line,
    thousands, writer,
};
use crate::{
    config,
    domain::{
        campaign::Campaign,
        journal::{Entry, Event},
        provenance::Completeness,
        text::{Raw, SafeText},
    },
    store::{self, Review},
    tui::{
        self,
        effect::{Effect, SealRequest},
        message::{KeyChoice, Message, NotTaken, Opened},
        plain::PlainExit,
        runtime::Exit,
    },
};

/// How to review.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) plain: bool,
    pub(crate) read_only: bool,
    pub(crate) exceptions: Exceptions,
}

/// Opens a review to look at it; nothing will be written, so nobody is in the way.
pub(crate) fn look(context: &Context, name: &str) -> anyhow::Result<Review> {
    context.store.look(name).map_err(explain)
}

/// Opens a review to decide in it, with what `exceptions` allow.
pub(crate) fn work(
    context: &Context,
    name: &str,
    exceptions: &Exceptions,
) -> anyhow::Result<Review> {
    let mut review = open(context, name)?;
    if let Some(sealed) = seal::resume(context, &mut review, None)? {
        seal::tell_resumed(&sealed);
    }
    if let Some(refusal) = partial(review.campaign(), exceptions) {
        return Err(failure(refusal, PARTIAL_HINT));
    }
    allow_self_review(&mut review, exceptions)?;
    Ok(review)
}

/// Opens a review to write in it.
pub(crate) fn open(context: &Context, name: &str) -> anyhow::Result<Review> {
    let read = AtomicU64::new(0);
    let open = || context.store.open_telling(name, now(), &read);
    let review = if io::stderr().is_terminal() {
        let megabytes = || read.load(Ordering::Relaxed) / 1_000_000;
        let told = || format!("{} MB read", thousands(megabytes()));
        ProgressLine::new().during("opening the review", told, open)
    } else {
        open()
    };
    let review = review.map_err(explain)?;
    if let Some(notice) = review.recovered() {
        eprint_line(&format!("note: {notice}"));
    }
    if let Some(holder) = review.held_by() {
        return Err(failure(
            format!("the review {name} is open elsewhere: {holder}"),
            "close it there, or look at it with --read-only",
        ));
    }
    Ok(review)
}

/// An error of the store with its next step.
pub(crate) fn explain(error: store::Error) -> anyhow::Error {
    match error.hint() {
        Some(hint) => failure(super::sentences(&error.into()), hint),
        None => error.into(),
    }
}

const PARTIAL_HINT: &str = "`muster status` lists what is missing; take a new snapshot with more permissions, or decide anyway with --partial";

/// Why a partial snapshot is not decided on without being allowed to.
fn partial(campaign: &Campaign, exceptions: &Exceptions) -> Option<String> {
    let missing = campaign.opened().completeness() == Completeness::Partial;
    (missing && !exceptions.partial).then(|| {
        format!(
            "the snapshot of {} is partial: {} things could not be read",
            campaign.opened().review,
            campaign.opened().provenance.gaps.len()
        )
    })
}

/// Writes the exception that `exceptions` make for the reviewer's own access, unless there is one.
pub(crate) fn allow_self_review(
    review: &mut Review,
    exceptions: &Exceptions,
) -> anyhow::Result<()> {
    if let Some(event) = self_review(review.campaign(), exceptions.self_review.as_deref()) {
        let by = writer(review.campaign());
        review.append(event, now(), &by).map_err(explain)?;
    }
    Ok(())
}

/// `campaign` as it would be with an exception for the reviewer's own access; nothing is written. `None` when
/// that would change nothing.
pub(crate) fn with_self_review(
    campaign: &Campaign,
    reason: Option<&str>,
) -> anyhow::Result<Option<Campaign>> {
    let event = self_review(campaign, reason);
    Ok(super::with(campaign, event.as_slice(), now())?)
}

fn self_review(campaign: &Campaign, reason: Option<&str>) -> Option<Event> {
    let reason = reason.filter(|_| campaign.self_review().is_none())?;
    Some(Event::SelfReviewAllowed {
        reason: Raw::from(reason),
    })
}

/// Reviews as `options` say.
pub(crate) fn review(context: &Context, options: Options) -> anyhow::Result<Answer> {
    if plain_wanted(options.plain) {
        let mut review = open_as(context, &options)?;
        review.check_rest().map_err(explain)?;
        let session = Session::begin(context, review, options.read_only, &options.exceptions)?;
        return lines(context, session);
    }
    let places = context.clone();
    screens(context, move |effects, _| {
        unless_stopped(effects, move || {
            let review = open_as(&places, &options)?;
            Session::begin(&places, review, options.read_only, &options.exceptions)
        })
    })
}

/// Opens the review early: what is left to be checked is checked while the first screen is read.
fn open_as(context: &Context, options: &Options) -> anyhow::Result<Review> {
    let review = if options.read_only {
        context.store.look_early(&options.name)
    } else {
        context.store.open_early(&options.name, now())
    };
    review.map_err(explain)
}

/// Why nothing can be decided in this review, if so.
fn closed(review: &Review, look_only: bool) -> Option<String> {
    if let Some(record) = review.campaign().sealed() {
        return Some(format!("the review is sealed as {record}"));
    }
    if let Some(holder) = review.held_by() {
        // True for as long as this is shown, whatever the other process does meanwhile.
        return Some(format!(
            "it was open {holder} when it was opened here; open it again to decide"
        ));
    }
    look_only.then(|| "opened to look only".to_owned())
}

/// Whether lines are wanted, or all that is possible here.
pub(crate) fn plain_wanted(asked: bool) -> bool {
    asked || config::is_dumb() || !io::stdout().is_terminal() || !io::stdin().is_terminal()
}

/// A review that was opened for somebody.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) review: Review,
    pub(crate) read_only: Option<String>,
    /// Why nothing more could be written, once that was so.
    broken: Option<String>,
    /// For a demo, the command that opens it again; it is offered a throw-away key.
    pub(crate) demo: Option<String>,
}

impl Session {
    /// Begins to work on a review with what `exceptions` allow, or only to look at it.
    pub(crate) fn begin(
        context: &Context,
        mut review: Review,
        look_only: bool,
        exceptions: &Exceptions,
    ) -> anyhow::Result<Self> {
        if !look_only && review.held_by().is_none() {
            seal::resume(context, &mut review, None)?;
        }
        let mut read_only = closed(&review, look_only);
        if read_only.is_none() {
            read_only = partial(review.campaign(), exceptions)
                .map(|why| format!("{why}; open it with --partial to decide"));
        }
        if read_only.is_none() {
            allow_self_review(&mut review, exceptions)?;
        }
        Ok(Self {
            review,
            read_only,
            broken: None,
            demo: None,
        })
    }

    /// A session in which everything is allowed that the journal allows.
    pub(crate) fn of(review: Review, demo: Option<String>) -> Self {
        Self {
            read_only: closed(&review, false),
            broken: None,
            review,
            demo,
        }
    }

    /// What the screens need to begin.
    pub(crate) fn opened(&self, context: &Context) -> Message {
        let (views, wrong) = super::views::own(context);
        Message::Opened(Box::new(Opened {
            campaign: self.review.campaign().clone(),
            read_only: self.read_only.as_deref().map(SafeText::of),
            notice: self.review.recovered().map(SafeText::of),
            principal: config::mail_address().unwrap_or_default(),
            now: now(),
            views,
            views_wrong: wrong.as_deref().map(SafeText::of),
        }))
    }
}

/// Shows the screens at once, while `begin` makes the session they are about; `None` when it was stopped there.
pub(crate) fn screens(
    context: &Context,
    begin: impl FnOnce(
        &mut UnboundedReceiver<Effect>,
        &UnboundedSender<Message>,
    ) -> anyhow::Result<Option<Session>>
    + Send
    + 'static,
) -> anyhow::Result<Answer> {
    let (messages, inbox) = mpsc::unbounded_channel();
    let (outbox, mut effects) = mpsc::unbounded_channel();
    let places = context.clone();
    let worker = std::thread::spawn(move || -> anyhow::Result<Option<Session>> {
        let opened = begin(&mut effects, &messages);
        let Ok(Some(session)) = opened else {
            send(&messages, Message::Stopped);
            // The screens would take an early end for a failure.
            while effects.blocking_recv().is_some() {}
            return opened;
        };
        send(&messages, session.opened(&places));
        Ok(Some(carry_out(&places, session, effects, &messages)))
    });
    let exit = tui::run(config::variable, outbox, inbox)?;
    // The channel is closed now, so the worker ends when the last write is through.
    let session = worker
        .join()
        .map_err(|_| anyhow::anyhow!("the part that writes decisions failed"))??;
    Ok(session.map_or_else(Answer::silent, |session| farewell(context, exit, &session)))
}

/// Does `work` beside the screens; `None` when they do not wait for it. It is then left to end with the program,
/// so it must be nothing that an end would harm.
pub(crate) fn unless_stopped<T: Send + 'static>(
    effects: &mut UnboundedReceiver<Effect>,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<Option<T>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let working = runtime.spawn_blocking(work);
    let done = runtime.block_on(async {
        tokio::select! {
            done = working => Some(done),
            () = stopped(effects) => None,
        }
    });
    runtime.shutdown_background();
    match done {
        Some(Ok(done)) => done.map(Some),
        Some(Err(_)) => Err(anyhow::anyhow!("the part that opens reviews failed")),
        None => Ok(None),
    }
}

/// Waits until the screens ask to stop, or are gone.
pub(crate) async fn stopped(effects: &mut UnboundedReceiver<Effect>) {
    while !matches!(effects.recv().await, None | Some(Effect::CancelLoading)) {}
}

/// What is said when the screens are gone.
pub(crate) fn farewell(context: &Context, exit: Exit, session: &Session) -> Answer {
    let campaign = session.review.campaign();
    let (progress, name) = (campaign.progress(), &campaign.opened().review);
    if let Some(why) = &session.broken {
        eprint_line(&format!("error: {why}"));
    }
    if let Some(record) = campaign.sealed() {
        let record = context.store.records_folder().join(record);
        eprint_line(&format!(
            "{name} is sealed. Next: {}",
            context.again(&format!("verify {}", record.display()))
        ));
    } else {
        let review = || format!("review {name}");
        let next = context.again(&session.demo.clone().unwrap_or_else(review));
        eprint_line(&format!(
            "{} of {} decided, all on disk. Go on with: {next}",
            thousands(progress.decided()),
            count(progress.items, "item", "items"),
        ));
    }
    Answer {
        code: match (exit, &session.broken) {
            // As a shell tells of a program that a signal ended.
            (Exit::Signal(signal), _) => u8::try_from(128 + signal).unwrap_or(2),
            (Exit::Quit, Some(_)) => 2,
            (Exit::Quit, None) => 0,
        },
        ..Answer::silent()
    }
}

/// Carries out what the screens ask for, in order, until they are gone.
pub(crate) fn carry_out(
    context: &Context,
    mut session: Session,
    mut effects: UnboundedReceiver<Effect>,
    messages: &UnboundedSender<Message>,
) -> Session {
    let mut listed: Vec<Found> = Vec::new();
    while let Some(effect) = effects.blocking_recv() {
        match effect {
            Effect::Prepare => prepare(&mut session, messages),
            Effect::Append(event) => match append(&mut session, event) {
                Ok(entry) => send(messages, Message::Appended(Box::new(Entry::clone(&entry)))),
                Err(Failed::Refused(why)) => send(messages, Message::Refused(SafeText::of(&why))),
                Err(Failed::Broken(why)) => {
                    send(messages, Message::Broken(SafeText::of(&why)));
                    let last = || format!("the last decision was not recorded: {why}");
                    session.broken.get_or_insert_with(last);
                }
            },
            Effect::ListKeys => {
                listed = keys::all(&context.places, session.demo.is_some());
                send(messages, Message::Keys(listed.iter().map(choice).collect()));
            }
            Effect::Seal(request) => {
                let told = seal_from_screen(context, &mut session, &listed, &request, messages);
                if let Err(error) = told {
                    send(
                        messages,
                        Message::SealFailed(SafeText::of(&super::sentences(&error))),
                    );
                }
            }
            Effect::Views(change) => {
                let told = match super::views::change(context, &change) {
                    Ok(done) => Message::Views {
                        own: super::views::own(context).0,
                        done: SafeText::of(&done),
                    },
                    Err(why) => Message::ViewsFailed(SafeText::of(&why)),
                };
                send(messages, told);
            }
            Effect::Edit(text) => {
                let edited = editor::edit(&context.places.data, &text).map_err(not_taken);
                send(messages, Message::Edited(edited));
            }
            Effect::CancelLoading => {}
        }
    }
    session
}

/// Makes what takes longer for a large review, and checks what was left to be checked. What is decided meanwhile waits to
/// be written.
fn prepare(session: &mut Session, messages: &UnboundedSender<Message>) {
    let snapshot = Arc::clone(session.review.campaign().snapshot());
    // The first letter of a filter need not wait for it.
    std::thread::spawn(move || snapshot.prepare_filters());
    session.review.campaign().signals();
    send(messages, Message::Prepared);
    if let Err(error) = session.review.check_rest().map_err(explain) {
        let why = super::sentences(&error);
        send(messages, Message::Broken(SafeText::of(&why)));
        session.broken.get_or_insert(why);
    }
}

enum Failed {
    Refused(String),
    Broken(String),
}

fn append(session: &mut Session, event: Event) -> Result<Arc<Entry>, Failed> {
    if let Some(why) = &session.read_only {
        return Err(Failed::Refused(why.clone()));
    }
    let by = writer(session.review.campaign());
    session
        .review
        .append(event, now(), &by)
        .map_err(|error| match error {
            store::Error::Refused(refusal) => Failed::Refused(refusal.to_string()),
            other => Failed::Broken(super::sentences(&other.into())),
        })
}

fn seal_from_screen(
    context: &Context,
    session: &mut Session,
    listed: &[Found],
    request: &SealRequest,
    messages: &UnboundedSender<Message>,
) -> anyhow::Result<()> {
    if let Some(why) = &session.read_only {
        anyhow::bail!("{why}");
    }
    let found = listed
        .get(request.key)
        .ok_or_else(|| failure("the key is not there any more", "choose one again"))?;
    send(
        messages,
        Message::Sealing(SafeText::of("getting the key ready")),
    );
    let signer = found.signer(&context.places, request.passphrase.as_ref())?;
    let sealing = Sealing {
        principal: &request.principal,
        waive: &[],
        confirmed: Some(&request.statement),
        out: None,
    };
    let mut tell = |step: seal::Step<'_>| match step {
        seal::Step::Doing(what) => send(messages, Message::Sealing(SafeText::of(what))),
        seal::Step::Written(entry) => send(messages, Message::Appended(Box::new(entry.clone()))),
    };
    let sealed = seal::seal_review(context, &mut session.review, &sealing, &*signer, &mut tell)?;
    session.read_only = closed(&session.review, false);
    send(
        messages,
        Message::Sealed {
            record: sealed.record,
            signer: seal::reviewer_line(&request.principal, &signer.public().openssh),
        },
    );
    Ok(())
}

fn not_taken(mut error: editor::Error) -> NotTaken {
    let text = error.take_text();
    NotTaken {
        why: SafeText::of(&super::sentences(&error.into())),
        text,
    }
}

fn choice(found: &Found) -> KeyChoice {
    KeyChoice {
        label: SafeText::of(&found.label),
        place: found.place,
        fingerprint: found.fingerprint.clone(),
        needs_passphrase: found.needs_passphrase,
    }
}

/// Sends to the screens. When they are gone nobody waits for the message.
pub(crate) fn send(messages: &UnboundedSender<Message>, message: Message) {
    let _ = messages.send(message);
}

/// The same review as lines and prompts.
pub(crate) fn lines(context: &Context, mut session: Session) -> anyhow::Result<Answer> {
    if let Some(notice) = session.review.recovered() {
        eprint_line(&format!("note: {notice}"));
    }
    if let Some(why) = &session.read_only {
        eprint_line(&format!("note: {why}; nothing can be decided"));
    }
    let mut place = tui::plain::Place::new(session.read_only.clone(), now());
    loop {
        let mut campaign = session.review.campaign().clone();
        let exit = tui::plain::review(
            &mut campaign,
            &mut io::stdin().lock(),
            &mut io::stdout(),
            &mut |event| {
                append(&mut session, event)
                    .map(|entry| Entry::clone(&entry))
                    .map_err(|failed| match failed {
                        Failed::Refused(why) | Failed::Broken(why) => why,
                    })
            },
            &mut place,
        );
        let exit = match exit {
            // `| head`: whoever read has enough, and every decision is on disk.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => PlainExit::Quit,
            exit => exit?,
        };
        if exit == PlainExit::Quit {
            return Ok(farewell(context, Exit::Quit, &session));
        }
        if let Some(why) = &session.read_only {
            eprint_line(why);
            continue;
        }
        let keys = keys::all(&context.places, session.demo.is_some());
        match seal::ask_and_seal(context, &mut session.review, &keys) {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => eprint_line("Nothing was sealed. The review goes on."),
            Err(error) => eprint_line(&format!(
                "Not sealed: {}. The review goes on.",
                super::sentences(&error)
            )),
        }
    }
}
