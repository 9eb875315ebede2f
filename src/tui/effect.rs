//! [`Effect`]: everything a screen may ask for. `command` carries it out and answers with a
//! [`Message`](super::message::Message).

use secrecy::SecretString;

use crate::domain::{journal::Event, view::View};

/// What a screen asks for. It never touches the state: its result comes back as a message.
#[derive(Debug)]
pub(crate) enum Effect {
    /// The review is on the screen: check the rest of it and make what takes longer. Answered with `Prepared`, and with
    /// `Broken` when something is wrong.
    Prepare,
    /// Write this event. Answered, in order, with `Appended`, `Refused` or `Broken`.
    Append(Event),
    /// Look for signing keys. Answered with `Keys`.
    ListKeys,
    /// Attest, sign and write the record. Answered with `Appended` for each entry this writes, then `Sealed`
    /// or `SealFailed`.
    Seal(Box<SealRequest>),
    /// Change the reviewer's own views. Answered with `Views` or `ViewsFailed`.
    Views(ViewChange),
    /// Let the person edit this text. The terminal is lent for it. Answered with `Edited`.
    Edit(String),
    /// Stop fetching; what was fetched so far is given up.
    CancelLoading,
}

/// A change of the reviewer's own views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ViewChange {
    /// Keep this one, instead of the one of the same name.
    Save(View),
    /// Call one otherwise.
    Rename {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Take the one of this name away.
    Delete(String),
}

/// What the sign-off screen confirmed.
#[derive(Debug)]
pub(crate) struct SealRequest {
    /// Which of the keys that were listed.
    pub(crate) key: usize,
    /// For a key file that asks for one.
    pub(crate) passphrase: Option<SecretString>,
    /// Who signs, as the auditor's list of signers names them.
    pub(crate) principal: String,
    /// The statement as it was shown and confirmed.
    pub(crate) statement: String,
}
