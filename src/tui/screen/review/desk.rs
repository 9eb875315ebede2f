//! [`Desk`]: what is selected, open and said, and the words for it.

use std::sync::Arc;

use super::editing::Mistakes;
use crate::{
    domain::{decision::Change, filter, items::ItemSet},
    tui::{
        keymap::{self, Context},
        screen::{
            ask::Ask,
            bulk::Bulk,
            commands::Commands,
            filter::Filtering,
            help::Help,
            history::History,
            order::Key,
            path::PathSheet,
            preview::Preview,
            reason::{Note, Reason},
            sign_off::SignOff,
            views::{NameSheet, ViewsSheet},
            why::WhySheet,
        },
    },
};

/// What is selected, open and said: everything that a key can change at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Desk {
    /// Which pane has the keys.
    pub(in crate::tui::screen) pane: Pane,
    /// The selected group of the queue.
    pub(in crate::tui::screen) group: Option<Key>,
    /// The selected row of the card.
    pub(in crate::tui::screen) row: usize,
    /// The first row of the queue and of the card that is shown.
    pub(in crate::tui::screen) queue_top: usize,
    pub(in crate::tui::screen) card_top: usize,
    /// Where a range began.
    pub(in crate::tui::screen) range: Option<Range>,
    /// A key that needs another one.
    pub(in crate::tui::screen) prefix: Option<Prefix>,
    /// The last thing said.
    pub(in crate::tui::screen) toast: Toast,
    /// The sheets over the review, the top one last.
    pub(in crate::tui::screen) sheets: Vec<Sheet>,
    /// Where the filter cannot be understood, and why.
    pub(in crate::tui::screen) filter_error: Option<filter::Error>,
    /// Items that an undo changed.
    pub(super) moved_back: Arc<ItemSet>,
    /// Count up with each change of what is shown and of what is marked.
    pub(super) shown: u64,
    pub(super) marked: u64,
    /// Counts up when a view was counted.
    pub(super) counted: u64,
}

/// A key that means something only together with the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(in crate::tui::screen) key: char,
    /// When what may follow is shown; `None` once it is.
    pub(super) until: Option<u64>,
}

impl Prefix {
    /// How long a key waits for the next one before what may follow is shown.
    const QUIET_MS: u64 = 300;

    pub(super) fn of(key: char, now_ms: u64) -> Self {
        Self {
            key,
            until: Some(now_ms + Self::QUIET_MS),
        }
    }

    /// Whether what may follow is shown.
    pub(in crate::tui::screen) fn is_told(self) -> bool {
        self.until.is_none()
    }

    /// What is said when another key followed.
    pub(super) fn unknown(self, context: Context) -> String {
        let known: Vec<String> = keymap::following(context, self.key)
            .map(|(key, _)| format!("{}{key}", self.key))
            .collect();
        format!(
            "{} needs another key: {}; ? explains them",
            self.key,
            known.join(" ")
        )
    }
}

/// Where a range began that is being made; it ends at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// At this row of the selected group.
    Items(usize),
    /// At a group of the queue.
    Groups(Key),
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pane {
    /// The groups.
    Queue,
    /// The items of one of them.
    Card,
}

/// One line that tells what happened last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// What kind of thing it was.
    pub(in crate::tui::screen) tone: Tone,
    /// In words.
    pub(in crate::tui::screen) text: String,
    /// Whether it can be taken back.
    pub(in crate::tui::screen) undo: bool,
}

/// What kind of thing a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something plain.
    Plain,
    /// A change of items.
    Changed(Change),
    /// Something that was not done, and why.
    Refused,
}

/// Something drawn over the review that has the keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sheet {
    Reason(Reason),
    Note(Note),
    Path(PathSheet),
    Ask(Ask),
    Bulk(Box<Bulk>),
    /// What exactly is marked.
    Peek(Preview),
    /// What is wrong in a table that was edited.
    Table(Mistakes),
    Why(WhySheet),
    History(History),
    Help(Help),
    Commands(Commands),
    Filter(Filtering),
    Views(ViewsSheet),
    Name(NameSheet),
    SignOff(Box<SignOff>),
    /// The record is written.
    Sealed(SealedPage),
}

/// A record that was just written: where it is, and the line by which an auditor knows its signer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SealedPage {
    pub(crate) record: String,
    pub(crate) signer: String,
}
