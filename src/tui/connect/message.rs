//! [`Message`]: everything that can happen while an organization is connected, and [`Effect`]: everything these
//! screens may ask for.

use crossterm::event::KeyEvent;
use secrecy::SecretString;

use crate::{
    domain::{rights::Right, text::SafeText},
    tui::message::Input,
};

/// Everything that can happen to the screens.
#[derive(Debug)]
pub(crate) enum Message {
    /// A key was pressed; releases never arrive.
    Key(KeyEvent),
    /// Text was pasted. It may be a token, whatever the screen is about.
    Paste(SecretString),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Something that these screens do not need.
    Nothing,

    /// What `typed` means as an organization.
    Understood {
        typed: String,
        meaning: Result<Understood, Refusal>,
    },
    /// Whether the system keyring keeps what it is given; why not.
    Keyring(Result<(), SafeText>),
    /// The calls go on.
    Trying(Trying),
    /// The calls have ended, as they were asked to.
    Stopped,
    /// The calls failed before anything was found out.
    TryFailed(Refusal),
    /// What was found out.
    Found(Box<Found>),
    /// The organization is connected.
    Connected(Connected),
    /// It is not; nothing was stored.
    KeepFailed(Refusal),
    /// Everything is ready to read the organization.
    Begun,
    /// The name cannot be that of a review.
    NameRefused(SafeText),
}

impl From<Input> for Message {
    fn from(input: Input) -> Self {
        match input {
            Input::Key(key) => Self::Key(key),
            Input::Paste(text) => Self::Paste(SecretString::from(text)),
            Input::Resize(columns, rows) => Self::Resize(columns, rows),
            Input::Mouse(_) | Input::Deadline => Self::Nothing,
        }
    }
}

/// What a screen asks for.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Tell what this means as an organization. Nothing is sent. Answered with `Understood`.
    Understand(String),
    /// Tell whether the system keyring keeps what it is given. Answered with `Keyring`.
    TryKeyring,
    /// Try what the token may read. Answered with `Trying` now and then, at last with `Found`, `TryFailed` or
    /// `Stopped`.
    Try(Box<Attempt>),
    /// Stop trying.
    Stop,
    /// Connect the organization that was tried last. Answered with `Connected` or `KeepFailed`.
    Connect(Keep),
    /// Read the organization, once these screens are gone, as the review of this name. Answered with `Begun` or
    /// `NameRefused`.
    Begin {
        name: String,
        /// The login name of who reviews, when the token does not tell.
        reviewer: Option<String>,
    },
}

/// What is tried, and where.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The address as it was shown.
    pub(crate) url: String,
    /// What is shown there.
    pub(crate) credentials: Credentials,
}

/// What opens an organization.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// A token.
    Token(SecretString),
    /// The client credentials of an application.
    Application {
        client_id: String,
        secret: SecretString,
    },
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the system keyring.
    Keyring,
    /// Nowhere: it is known until the program ends.
    Session,
}

/// How what was typed is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Understood {
    /// The address, as it is shown and used.
    pub(crate) url: String,
    /// Whether what is sent is encrypted; without that, it is this machine.
    pub(crate) encrypted: bool,
    /// The host.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// The path before everything that is called; empty for none.
    pub(crate) prefix: String,
    /// The first thing that will be called.
    pub(crate) call: String,
    /// How it is connected already.
    pub(crate) connected: Option<SafeText>,
}

/// A no, with the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong.
    pub(crate) why: SafeText,
    /// What to do.
    pub(crate) hint: SafeText,
    /// Where it is done.
    pub(crate) at: At,
}

/// Where something has to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// At the address of the organization.
    Organization,
    /// At the token or the client credentials.
    Credentials,
}

/// How far the calls are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trying {
    /// Requests sent so far.
    pub(crate) requests: u64,
    /// Those that were sent again.
    pub(crate) retries: u64,
    /// How long the server asked to wait, when it did.
    pub(crate) wait_ms: Option<u64>,
}

/// What was found out about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What the organization calls itself.
    pub(crate) organization: SafeText,
    /// Where it is.
    pub(crate) url: String,
    /// Whose token it is, in sentences.
    pub(crate) owner: SafeText,
    /// When it ends, in a sentence.
    pub(crate) expiry: SafeText,
    /// What to mind about it.
    pub(crate) warnings: Vec<SafeText>,
    /// Permission by permission.
    pub(crate) rights: Vec<Row>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which, and whether the token has it.
    pub(crate) right: Right,
    /// Where in Space it is granted.
    pub(crate) grant: SafeText,
}

/// An organization that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connected {
    /// What was stored, in sentences.
    pub(crate) kept: SafeText,
    /// The command that goes on from here.
    pub(crate) next: SafeText,
    /// Whether the first review can begin at once.
    pub(crate) begin: Begin,
}

/// What the first review needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A name.
    Named,
    /// A name, and who reviews: the token belongs to no account.
    WithReviewer,
    /// It cannot begin; why.
    Not(SafeText),
}
