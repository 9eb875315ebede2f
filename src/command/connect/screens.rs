//! Connecting on screens: carries out what they ask for, and answers.

use secrecy::SecretString;
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::{Duration, interval},
};

use super::{
    super::{
        Answer, Context, Exceptions, hint_of, loading, now,
        place::Place,
        policy,
        review::{self, Session},
        sentences, snapshot,
    },
    Options, Report, Secret, client, connection, keep, nothing_sent, prompts,
};
use crate::{
    config::{
        self,
        connections::{Connection, Kind},
    },
    credentials,
    domain::{
        provenance::Evidence,
        rights::{Holding, Permission},
        text::SafeText,
    },
    format::policy::PolicyFile,
    space::{self, Client, Owner, Rights},
    tui::{
        self,
        connect::{
            Start,
            message::{
                At, Attempt, Begin, Connected, Credentials, Effect, Keep, Message, Refusal, Trying,
                Understood,
            },
        },
        runtime::Exit,
    },
};

/// How often it is told how far the calls are.
const TELL: Duration = Duration::from_millis(100);

/// Leads a person from the address to a connected organization, and on to the first review if they like.
pub(super) fn connect(context: &Context, options: Options) -> anyhow::Result<Answer> {
    let roots = snapshot::extra_roots(options.ca_file.as_deref())?;
    let (messages, inbox) = mpsc::unbounded_channel();
    let (outbox, effects) = mpsc::unbounded_channel();
    let guide = Guide {
        context: context.clone(),
        roots,
        messages,
        sent: false,
        tried: None,
        done: None,
        begin: None,
    };
    let worker = std::thread::spawn(move || guide.carry_out(effects));
    let start = Start {
        organization: options.organization,
        client_id: options.client_id,
    };
    let exit = tui::connect(config::variable, &start, outbox, inbox)?;
    // The channel is closed now, so the worker ends when what it is at is through.
    let guide = worker
        .join()
        .map_err(|_| anyhow::anyhow!("the part that connects failed"))??;
    if let Exit::Signal(signal) = exit {
        // As a shell tells of a program that a signal ended.
        return Ok(Answer {
            code: u8::try_from(128 + signal).unwrap_or(2),
            ..Answer::silent()
        });
    }
    match guide {
        Guide {
            begin: Some(wanted),
            tried: Some(tried),
            done,
            ..
        } => {
            // What was found out stays above, in the terminal.
            prompts::say(&done.unwrap_or_default().0);
            read_and_review(context, wanted, tried)
        }
        Guide {
            done: Some((found, next)),
            ..
        } => Ok(Answer::done(found + &next)),
        Guide { sent: false, .. } => Err(nothing_sent()),
        Guide { .. } => Err(super::failure(
            "nothing was connected and nothing was kept",
            "run muster connect again when you are ready",
        )),
    }
}

/// What is to be read once the screens are gone.
struct Wanted {
    name: String,
    reviewer: Option<String>,
    policy: PolicyFile,
}

/// Reads the organization as the review that is `wanted` and opens it, all on screens.
fn read_and_review(context: &Context, wanted: Wanted, tried: Tried) -> anyhow::Result<Answer> {
    let places = context.clone();
    let (name, client) = (wanted.name.clone(), tried.client);
    let answer = review::screens(context, move |effects, messages| {
        let request = snapshot::Request {
            name: &wanted.name,
            policy: &wanted.policy,
            reviewer: wanted.reviewer.as_deref(),
            // What an interrupted reading of this name left is gone on with, as `muster snapshot` does.
            going_on: snapshot::GoingOn::With(&|_| ()),
            scope: None,
            evidence: Evidence::Full,
            beside: false,
            previous: None,
        };
        let review = loading::read(effects, messages, async |cancel, tell| {
            snapshot::read(&places.store, &client, request, cancel, tell).await
        })?;
        review
            .map(|review| Session::begin(&places, review, false, &Exceptions::default()))
            .transpose()
    })?;
    let read = context.store.review_folder(&name);
    if !read.is_ok_and(|folder| folder.exists()) {
        let url = &tried.connection.url;
        let again = context.again(&format!("snapshot {name} --org {url}"));
        snapshot::eprint_line(&format!(
            "Stopped. What was read is kept for a day; go on with: {again}"
        ));
    }
    Ok(answer)
}

/// What was tried last, and what came of it.
struct Tried {
    place: Place,
    secret: Secret,
    client: Client,
    rights: Rights,
    connection: Connection,
}

impl Tried {
    fn report(&self) -> Report<'_> {
        Report {
            connection: &self.connection,
            rights: &self.rights,
            again: self.place.connection.is_some(),
            now: now(),
        }
    }

    /// What the first review needs to begin from here.
    fn begin(&self) -> Begin {
        let unread = self.rights.rights.iter().any(|right| {
            right.permission == Permission::Profiles && matches!(right.holding, Holding::Missing(_))
        });
        if unread {
            let why = "Accounts cannot be read with this token, so there is nothing to review yet.";
            return Begin::Not(SafeText::of(why));
        }
        match self.rights.owner {
            Owner::Account { .. } => Begin::Named,
            Owner::Application { .. } | Owner::Unknown(_) => Begin::WithReviewer,
        }
    }

    /// What is stored where, in sentences, and the command that goes on.
    fn kept(&self, context: &Context, wanted: Keep) -> (String, String) {
        let report = self.report();
        let next = report.next(context);
        match (wanted, &self.secret.kind) {
            (Keep::Keyring, _) => (report.kept(), next),
            (Keep::Session, Kind::Token) => (
                "Nothing was stored: the token is known only until muster ends.".to_owned(),
                format!("{next} --token-stdin"),
            ),
            (Keep::Session, Kind::Application { .. }) => (
                "Nothing was stored: the client secret is known only until muster ends. Later, use a permanent token \
                 of the application."
                    .to_owned(),
                format!("{next} --token-stdin"),
            ),
        }
    }
}

/// Carries out what the screens ask for.
struct Guide {
    context: Context,
    /// Authorities to trust besides those of the system.
    roots: Vec<Vec<u8>>,
    messages: UnboundedSender<Message>,
    /// Whether anything was sent to a server.
    sent: bool,
    tried: Option<Tried>,
    /// What there is to say once it is connected: what was found and kept, and the next step.
    done: Option<(String, String)>,
    /// The review that is to begin.
    begin: Option<Wanted>,
}

impl Guide {
    /// One after the other, until the screens are gone.
    fn carry_out(mut self, mut effects: UnboundedReceiver<Effect>) -> anyhow::Result<Self> {
        let runtime = snapshot::runtime()?;
        runtime.block_on(async {
            while let Some(effect) = effects.recv().await {
                match effect {
                    Effect::Understand(typed) => self.understand(typed),
                    Effect::TryKeyring => self.try_keyring(),
                    Effect::Try(attempt) => self.attempt(*attempt, &mut effects).await,
                    // What was to be stopped has ended already.
                    Effect::Stop => self.send(Message::Stopped),
                    Effect::Connect(keep) => self.connect(keep).await,
                    Effect::Begin { name, reviewer } => self.begin(name, reviewer),
                }
            }
        });
        // A keyring that hangs is not waited for.
        runtime.shutdown_background();
        Ok(self)
    }

    /// Sends to the screens. When they are gone nobody waits for the message.
    fn send(&self, message: Message) {
        let _ = self.messages.send(message);
    }

    fn understand(&self, typed: String) {
        let meaning = match Place::look_up(&self.context, &typed) {
            Ok(place) => Ok(understood(&place)),
            Err(error) => Err(refusal(&error, At::Organization)),
        };
        self.send(Message::Understood { typed, meaning });
    }

    fn try_keyring(&self) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let keyring = credentials::try_out();
            let keyring = keyring.map_err(|error| SafeText::of(&error.to_string()));
            // The screens may be gone.
            let _ = messages.send(Message::Keyring(keyring));
        });
    }

    async fn attempt(&mut self, attempt: Attempt, effects: &mut UnboundedReceiver<Effect>) {
        self.tried = None;
        let (place, secret) = match self.prepare(attempt) {
            Ok(prepared) => prepared,
            Err(error) => {
                self.send(Message::TryFailed(refusal(&error, At::Organization)));
                return;
            }
        };
        let client = client(place.address.clone(), &secret, self.roots.clone());
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                self.send(Message::TryFailed(explain(error)));
                return;
            }
        };
        self.sent = true;
        let Some(rights) = self.ask(&client, effects).await else {
            self.send(Message::Stopped);
            return;
        };
        match rights {
            Err(error) => self.send(Message::TryFailed(explain(error))),
            Ok(rights) => {
                let tried = Tried {
                    connection: connection(&place, &rights, &secret.kind),
                    place,
                    secret,
                    client,
                    rights,
                };
                let found = tried.report().shown();
                self.tried = Some(tried);
                self.send(Message::Found(Box::new(found)));
            }
        }
    }

    fn prepare(&self, attempt: Attempt) -> anyhow::Result<(Place, Secret)> {
        let place = Place::look_up(&self.context, &attempt.url)?;
        let (secret, kind): (SecretString, Kind) = match attempt.credentials {
            Credentials::Token(token) => (token, Kind::Token),
            Credentials::Application { client_id, secret } => {
                (secret, Kind::Application { client_id })
            }
        };
        Ok((place, Secret { secret, kind }))
    }

    /// Makes the calls and tells how far they are; `None` when they were stopped.
    async fn ask(
        &self,
        client: &Client,
        effects: &mut UnboundedReceiver<Effect>,
    ) -> Option<Result<Rights, space::Error>> {
        let rights = space::rights(client);
        tokio::pin!(rights);
        let mut tick = interval(TELL);
        let mut told = None;
        loop {
            tokio::select! {
                biased;
                effect = effects.recv() => match effect {
                    None | Some(Effect::Stop) => return None,
                    // While this goes on, the screens ask for nothing else.
                    Some(_) => {}
                },
                rights = &mut rights => return Some(rights),
                _ = tick.tick() => {
                    let trying = Trying {
                        requests: client.requests(),
                        retries: client.retries(),
                        wait_ms: client.wait().map(in_seconds),
                    };
                    if told.as_ref() != Some(&trying) {
                        self.send(Message::Trying(trying.clone()));
                        told = Some(trying);
                    }
                }
            }
        }
    }

    async fn connect(&mut self, wanted: Keep) {
        let Some(tried) = self.tried.take() else {
            return;
        };
        let context = self.context.clone();
        // The keyring may take its time.
        let kept = tokio::task::spawn_blocking(move || {
            let kept = match wanted {
                Keep::Keyring => keep(
                    &context,
                    &tried.place,
                    &tried.connection,
                    &tried.secret.secret,
                ),
                Keep::Session => Ok(()),
            };
            (tried, kept)
        });
        let Ok((tried, kept)) = kept.await else {
            return;
        };
        if let Err(error) = kept {
            self.send(Message::KeepFailed(refusal(&error, At::Credentials)));
        } else {
            let (kept, next) = tried.kept(&self.context, wanted);
            let found = format!("{}\n{kept}\n", tried.report().findings());
            self.done = Some((found, format!("Next: {next}\n")));
            let name = tried.rights.organization.safe();
            let place = format!("{name} at {} is connected. {kept}", tried.connection.url);
            self.send(Message::Connected(Connected {
                kept: SafeText::of(&place),
                next: SafeText::of(&next),
                begin: tried.begin(),
            }));
        }
        self.tried = Some(tried);
    }

    fn begin(&mut self, name: String, reviewer: Option<String>) {
        match self.ready(&name) {
            Ok(policy) => {
                self.begin = Some(Wanted {
                    name,
                    reviewer,
                    policy,
                });
                self.send(Message::Begun);
            }
            Err(error) => {
                let why = SafeText::of(&sentences(&error));
                self.send(Message::NameRefused(why));
            }
        }
    }

    /// The rules for a new review of this name, when there can be one.
    fn ready(&self, name: &str) -> anyhow::Result<PolicyFile> {
        let folder = self.context.store.review_folder(name)?;
        anyhow::ensure!(
            !folder.exists(),
            "there is a review {name} already; take another name"
        );
        policy::choose(&self.context, None)
    }
}

/// Milliseconds, in whole seconds: nobody wants to see them tick.
fn in_seconds(wait: Duration) -> u64 {
    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    ms.div_ceil(1000).saturating_mul(1000)
}

fn understood(place: &Place) -> Understood {
    let address = &place.address;
    let connected = place.connection.as_ref().map(|connection| {
        let who = connection
            .who
            .as_deref()
            .unwrap_or("somebody the server does not tell");
        let text = format!(
            "{} is connected there already, with the {} of {who}; a new one takes its place.",
            connection.organization,
            connection.kind.word(),
        );
        SafeText::of(&text)
    });
    Understood {
        url: address.to_string(),
        encrypted: address.is_encrypted(),
        host: address.host().to_owned(),
        port: address.port(),
        prefix: address.prefix().to_owned(),
        call: address.call("organization", "").to_string(),
        connected,
    }
}

fn refusal(error: &anyhow::Error, at: At) -> Refusal {
    Refusal {
        why: SafeText::of(&sentences(error)),
        hint: SafeText::of(hint_of(error).unwrap_or_default()),
        at,
    }
}

/// What a failed call means: whether it is the address that has to be corrected, or the token.
fn explain(error: space::Error) -> Refusal {
    let at = match error {
        space::Error::Unreachable { .. }
        | space::Error::Certificate { .. }
        | space::Error::NotSpace { .. }
        | space::Error::Protocol { .. }
        | space::Error::TooLarge { .. } => At::Organization,
        _ => At::Credentials,
    };
    refusal(&snapshot::explain(error), at)
}
