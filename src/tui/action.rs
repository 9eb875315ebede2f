//! [`Action`]: everything a key can mean.

use crate::domain::view::{By, Grouping};

/// What a key means. `keymap` tells which key, and what it is called in footer, help and commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// From the queue to the items, from an item to its particulars. Never decides.
    Open,
    /// From the items to the queue.
    Out,
    /// To the other pane.
    OtherPane,
    /// To the group after this one.
    NextGroup,
    /// To the group before this one.
    PreviousGroup,
    /// To the next item that is undecided.
    NextUndecided,
    /// To the previous item that is undecided.
    PreviousUndecided,

    /// Keep, or acknowledge an implicit grant.
    Keep,
    /// Bookmark.
    Later,
    /// Begin to revoke; a reason is asked for.
    Revoke,
    /// The last decision again, with its reason.
    Repeat,
    /// Take decision and bookmark away.
    Clear,
    /// Keep what is undecided of the group.
    KeepRest,
    /// Shows what is unchanged since the previous record kept it, then keeps it.
    AsBefore,
    /// Begin to revoke what is undecided of the group.
    RevokeRest,
    /// Write a note.
    Note,

    /// Mark or unmark the item and move on.
    Mark,
    /// Begin or end a range of items.
    Range,
    /// Begin or end a range of groups.
    RangeOfGroups,
    /// Make a range one row longer upwards.
    ExtendUp,
    /// Make a range one row longer downwards.
    ExtendDown,
    /// Mark all that the filter shows.
    MarkAll,
    /// Take all marks away.
    UnmarkAll,
    /// Mark what is shown and unmarked, unmark what is shown and marked.
    InvertMarks,
    /// Mark again what was marked before.
    RestoreMarks,
    /// Show exactly what is marked.
    Peek,
    /// Show what policy left out of bulks.
    Exceptions,
    /// Decide what is marked, or else what is shown, line by line in an editor.
    Edit,

    /// Take the last change back.
    Undo,
    /// Make the change again that was taken back.
    Redo,
    /// Show all changes.
    History,

    /// Choose a view, a grouping or an order.
    Views,
    /// Put items together otherwise.
    Group(Grouping),
    /// Put them in another order, or turn it around.
    SortBy(By),
    /// Filter and order anew, as things are now.
    Refresh,
    /// Keep what is shown as a view.
    SaveView,
    /// Call a view otherwise.
    RenameView,
    /// Take a view away.
    DeleteView,

    /// Put the item into the terminal's clipboard.
    Copy,
    /// Type a filter.
    Filter,
    /// Run a command by its name.
    Commands,
    /// The why panel over the whole screen.
    Why,
    /// Sign off.
    SignOff,
    /// All keys.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell continues it.
    Suspend,
    /// Leave the review.
    Back,
    /// Leave the program.
    Quit,

    /// Peel one layer: sheet, range, marks, filter.
    Cancel,
    /// Take what was typed or chosen.
    Accept,
    /// Say yes to a question.
    Yes,
    /// Choose the entry with this digit.
    Pick(u8),
    /// Type one's own words instead.
    OwnWords,
    /// To the next field.
    NextField,
    /// To the previous field.
    PreviousField,
    /// The items of a red flag.
    Items,
    /// Show another sample of what is chosen.
    OtherSample,

    /// What is done with the moments of a replay.
    Replay(Moment),
}

/// What is done with the moments of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Moment {
    /// To the next event.
    Next,
    /// To the event before.
    Previous,
    /// To the first event after the next pause.
    NextSession,
    /// To the first event after the last pause.
    PreviousSession,
    /// To the next event that the filter chooses.
    NextChosen,
    /// To the one before.
    PreviousChosen,
    /// Go on by itself, or stop.
    Play,
    /// More events a second.
    Faster,
    /// Fewer.
    Slower,
    /// Type an event or a time.
    GoTo,
    /// Mark the event to compare with.
    Mark,
    /// What differs between the marked event and this one.
    Differ,
    /// The bulk as its reviewer saw it.
    Bulk,
    /// Only the events about the item.
    OnlyItem,
}

impl Action {
    /// Whether it changes what is recorded, or begins to. A key held down never does that twice.
    pub(crate) fn decides(self) -> bool {
        matches!(
            self,
            Self::Keep
                | Self::Later
                | Self::Revoke
                | Self::Repeat
                | Self::Clear
                | Self::KeepRest
                | Self::AsBefore
                | Self::RevokeRest
                | Self::Edit
                | Self::Note
                | Self::Undo
                | Self::Redo
                | Self::SignOff
                | Self::Yes
                | Self::Pick(_)
        )
    }
}
