//! [`Message`]: everything that can happen.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::domain::{
    campaign::Campaign, journal::Entry, text::SafeText, time::Timestamp, view::View,
};

/// What the terminal and the clock bring to any screens. It has no `Debug`: a paste may be a secret.
pub(crate) enum Input {
    /// A key was pressed; releases never arrive.
    Key(KeyEvent),
    /// The mouse was clicked or its wheel turned.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// A deadline that the screens asked for has come.
    Deadline,
}

impl From<Input> for Message {
    fn from(input: Input) -> Self {
        match input {
            Input::Key(key) => Self::Key(key),
            Input::Mouse(mouse) => Self::Mouse(mouse),
            Input::Paste(text) => Self::Paste(text),
            Input::Resize(columns, rows) => Self::Resize(columns, rows),
            Input::Deadline => Self::Deadline,
        }
    }
}

/// Everything that can happen to the screens of a review.
#[derive(Debug)]
pub(crate) enum Message {
    /// A key was pressed; releases never arrive.
    Key(KeyEvent),
    /// The mouse was clicked or its wheel turned.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// A deadline that the state asked for has come.
    Deadline,

    /// Fetching goes on.
    Loading(Loading),
    /// Fetching failed; the sentence and the next step.
    LoadingFailed { error: SafeText, hint: SafeText },
    /// Fetching or opening has ended without a review, as it was asked to or because it failed.
    Stopped,
    /// The review is there.
    Opened(Box<Opened>),

    /// The entry is on disk: only now it counts.
    Appended(Box<Entry>),
    /// The event was not written, because the review does not allow it.
    Refused(SafeText),
    /// Nothing more can be written: the disk failed. What was acknowledged is safe.
    Broken(SafeText),
    /// What takes longer to make for a large review is made: its signals.
    Prepared,

    /// The text that was to be edited, as it is now, or why it is not taken.
    Edited(Result<String, NotTaken>),

    /// Signing keys that were found, best first.
    Keys(Vec<KeyChoice>),
    /// Sealing goes on: what is being done, such as "waiting for your key: touch it".
    Sealing(SafeText),
    /// The record is written and its signature checked. `signer` is the line for the auditor's list of signers.
    Sealed { record: PathBuf, signer: String },
    /// Sealing failed; decisions are untouched.
    SealFailed(SafeText),

    /// The reviewer's own views as they are now, and what was done.
    Views { own: Vec<View>, done: SafeText },
    /// The reviewer's own views are as they were.
    ViewsFailed(SafeText),
}

/// How far fetching is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loading {
    /// What is done now: "fetching accounts", "writing the snapshot".
    pub(crate) what: String,
    /// Rows read of that.
    pub(crate) done: u64,
    /// Rows there are, when the server told.
    pub(crate) total: Option<u64>,
    /// Requests answered over all.
    pub(crate) requests: u64,
    /// Requests repeated over all.
    pub(crate) retries: u64,
    /// How long the server asked to wait, when it did.
    pub(crate) wait_ms: Option<u64>,
}

/// A review that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The review as its journal tells it.
    pub(crate) campaign: Campaign,
    /// Why nothing can be decided here: another process has the review open, it is sealed, it was replayed.
    pub(crate) read_only: Option<SafeText>,
    /// Something to say once, such as a torn last line that was dropped.
    pub(crate) notice: Option<SafeText>,
    /// The principal to offer at sign-off.
    pub(crate) principal: String,
    /// When it was opened.
    pub(crate) now: Timestamp,
    /// The reviewer's own views.
    pub(crate) views: Vec<View>,
    /// Why those could not be read.
    pub(crate) views_wrong: Option<SafeText>,
}

/// Why a text that was to be edited is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotTaken {
    /// In words.
    pub(crate) why: SafeText,
    /// The text, when something in it was changed.
    pub(crate) text: Option<String>,
}

/// A key that can sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyChoice {
    /// What it is called: the agent's comment or the file's path.
    pub(crate) label: SafeText,
    /// Where it is: "ssh-agent", "key file", "new key".
    pub(crate) place: &'static str,
    /// `SHA256:…`; empty for a key that is yet to be made.
    pub(crate) fingerprint: String,
    /// Whether a passphrase has to be asked for.
    pub(crate) needs_passphrase: bool,
}
