//! Which key means what, once: footer, help, commands and the keys themselves come from [`TABLES`].

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Moment};
use crate::domain::view::{By, Grouping};

/// Which keys count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Context {
    /// Queue and items.
    Review,
    /// Choosing a reason for a revoke.
    Reason,
    /// Typing a line.
    Words,
    /// Particulars of an item, and how derived access can be removed.
    Path,
    /// A yes-or-no question.
    Ask,
    /// A bulk that is confirmed by typing.
    Count,
    /// What exactly is marked.
    Peek,
    /// A table that was edited and not taken.
    Table,
    /// The why panel over the whole screen.
    Why,
    /// All changes.
    History,
    /// All keys.
    Help,
    /// Commands by name.
    Commands,
    /// What differs between two moments, or a part of it.
    Compared,
    /// Something over that.
    ComparedSheet,
    /// Typing a filter.
    Filter,
    /// Choosing a view, a grouping or an order.
    Views,
    /// Sign-off.
    SignOff,
    /// After sign-off.
    Sealed,
    /// Fetching.
    Loading,
    /// Fetching failed.
    Failed,
    /// The address of an organization that is connected.
    Organization,
    /// Its token, or an application's client credentials.
    Credentials,
    /// Trying what they may read.
    Trying,
    /// What they may read.
    Found,
    /// Where they are kept.
    Keep,
    /// Connected, and a first review may begin.
    Begin,
    /// Connected.
    Connected,
    /// How a token is made.
    Guide,
    /// The events of a replay.
    Replay,
    /// A sheet over them.
    ReplaySheet,
    /// The screens of the review in a replay, besides their own keys.
    Inside,
}

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A character, whatever the keyboard needs for it.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// Another key.
    Code(KeyCode),
    /// Another key with Shift.
    Shift(KeyCode),
    /// Two characters, one after the other.
    Two(char, char),
}

impl Key {
    fn is(self, key: KeyEvent) -> bool {
        let others =
            KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.modifiers.intersects(others) {
            return false;
        }
        match self {
            Self::Char(c) => !ctrl && key.code == KeyCode::Char(c),
            Self::Ctrl(c) => ctrl && key.code == KeyCode::Char(c),
            Self::Code(code) => !ctrl && key.code == code,
            Self::Shift(code) => {
                !ctrl && key.modifiers.contains(KeyModifiers::SHIFT) && key.code == code
            }
            Self::Two(..) => false,
        }
    }

    /// What it is called in hints.
    pub(crate) fn label(self) -> String {
        match self {
            Self::Char(' ') => "space".to_owned(),
            Self::Char(c) => c.to_string(),
            Self::Ctrl(c) => format!("^{c}"),
            Self::Two(first, second) => format!("{first}{second}"),
            Self::Shift(code) => format!("Shift-{}", Self::Code(code).label()),
            Self::Code(code) => match code {
                KeyCode::Up => "Up".to_owned(),
                KeyCode::Down => "Down".to_owned(),
                KeyCode::Left => "Left".to_owned(),
                KeyCode::Right => "Right".to_owned(),
                KeyCode::PageUp => "PgUp".to_owned(),
                KeyCode::PageDown => "PgDn".to_owned(),
                KeyCode::BackTab => "Shift-Tab".to_owned(),
                KeyCode::F(n) => format!("F{n}"),
                other => format!("{other:?}"),
            },
        }
    }
}

/// One meaning and its keys.
#[derive(Debug)]
pub(crate) struct Binding {
    /// What it means.
    pub(crate) action: Action,
    /// The keys, the one to show first.
    pub(crate) keys: &'static [Key],
    /// Its name as a command; empty for what is no command.
    pub(crate) name: &'static str,
    /// A word or two for the footer; empty keeps it out.
    pub(crate) hint: &'static str,
    /// A sentence for help and commands.
    pub(crate) help: &'static str,
}

/// A table of bindings: action, keys, command name, footer hint, sentence.
macro_rules! keys {
    ($($action:expr, [$($key:expr),+], $name:literal, $hint:literal, $help:literal;)+) => {
        &[$(Binding { action: $action, keys: &[$($key),+], name: $name, hint: $hint, help: $help }),+]
    };
}

use Key::{Char, Code, Ctrl, Shift, Two};

const ESC: Key = Code(KeyCode::Esc);
const ENTER: Key = Code(KeyCode::Enter);

/// All keys, by where they count. The order is the order of footer and help.
pub(crate) const TABLES: &[(Context, &[Binding])] = &[
    (Context::Review, REVIEW),
    (Context::Reason, REASON),
    (Context::Words, WORDS),
    (Context::Path, PATH),
    (Context::Ask, ASK),
    (Context::Count, COUNT),
    (Context::Peek, PEEK),
    (Context::Table, TABLE),
    (Context::Why, WHY),
    (Context::History, HISTORY),
    (Context::Help, HELP),
    (Context::Commands, COMMANDS),
    (Context::Filter, FILTER),
    (Context::Views, VIEWS),
    (Context::SignOff, SIGN_OFF),
    (Context::Sealed, SEALED),
    (Context::Loading, LOADING),
    (Context::Failed, FAILED),
    (Context::Organization, ORGANIZATION),
    (Context::Credentials, CREDENTIALS),
    (Context::Trying, TRYING),
    (Context::Found, FOUND),
    (Context::Keep, KEEP),
    (Context::Begin, BEGIN),
    (Context::Connected, CONNECTED),
    (Context::Guide, GUIDE),
    (Context::Compared, COMPARED),
    (Context::ComparedSheet, COMPARED_SHEET),
    (Context::Replay, REPLAY),
    (Context::ReplaySheet, REPLAY_SHEET),
    (Context::Inside, INSIDE),
];

const REVIEW: &[Binding] = keys! {
    Action::Keep, [Char('a')], "keep", "keep", "keep the grant, or acknowledge an implicit one";
    Action::Later, [Char('s')], "later", "later", "leave it undecided with a bookmark";
    Action::Revoke, [Char('d')], "revoke", "revoke…", "revoke the grant; a reason is asked for";
    Action::Why, [Char('w')], "why", "why", "everything known about the item, over the whole screen";
    Action::NextGroup, [Char(']')], "next-group", "next", "to the next account, team, project or role of the queue";
    Action::PreviousGroup, [Char('[')], "previous-group", "", "to the one before";
    Action::OtherPane, [Code(KeyCode::Tab), Code(KeyCode::BackTab)], "queue", "queue", "from the items to the queue and back";
    Action::Filter, [Char('/')], "filter", "filter", "show only what matches; the language is explained below";
    Action::Views, [Char('o')], "views", "view", "choose a view by its digit, group by account, team, project or role, sort; save what is shown as a view";
    Action::Repeat, [Char('.')], "repeat", "repeat", "the last decision again, with its reason";
    Action::Clear, [Char('c')], "clear", "", "take decision and bookmark away";
    Action::AsBefore, [Char('B')], "as-before", "", "show what is unchanged since the previous record kept it; again, keep it as before. Column S: N new, C changed, = unchanged, B back";
    Action::KeepRest, [Char('A')], "keep-rest", "keep rest", "keep what is undecided and shown of this account, team, project or role";
    Action::RevokeRest, [Char('D')], "revoke-rest", "", "revoke what is undecided and shown of it";
    Action::Mark, [Char(' ')], "mark", "mark", "mark the item, in the queue the whole group; a, s, d and c then act on all marked";
    Action::Undo, [Char('u'), Char('z')], "undo", "undo", "take the last change back";
    Action::NextUndecided, [Char('n')], "next", "next undecided", "to the next undecided item";
    Action::Redo, [Ctrl('r'), Char('Z')], "redo", "", "make the change again that was taken back";
    Action::SignOff, [Char('S')], "sign-off", "sign off", "seal the review: state, sign and write the record";
    Action::PreviousUndecided, [Char('N')], "previous", "", "to the previous undecided item";
    Action::Range, [Char('v')], "range", "range", "begin a range of items, and end it";
    Action::RangeOfGroups, [Char('V')], "range-of-groups", "", "begin a range of whole groups of the queue, and end it";
    Action::ExtendDown, [Shift(KeyCode::Down)], "", "", "a range from here to the next row, or one row more of it";
    Action::ExtendUp, [Shift(KeyCode::Up)], "", "", "a range from here to the row before, or one row more of it";
    Action::MarkAll, [Char('*')], "mark-all", "mark all", "mark everything the filter shows, besides what is marked";
    Action::UnmarkAll, [Char('-')], "unmark-all", "", "take all marks away; gm brings them back";
    Action::Peek, [Char('p')], "peek", "", "show what exactly is marked: counts, a sample, the whole list";
    Action::Edit, [Char('E')], "edit", "", "decide what is marked, else what is shown, as lines in your editor ($VISUAL, $EDITOR); confirmed afterwards";
    Action::Exceptions, [Char('X')], "exceptions", "", "show what policy left out of bulks, to be decided one by one";
    Action::InvertMarks, [Char('~')], "invert-marks", "", "mark what is shown and unmarked, unmark what is shown and marked";
    Action::RestoreMarks, [Two('g', 'm')], "restore-marks", "", "mark again what was marked before it was decided or unmarked";
    Action::History, [Char('U')], "history", "history", "all changes; go back to any of them";
    Action::Note, [Char('m')], "note", "note", "write a note on the item";
    Action::Copy, [Char('y')], "copy", "", "copy the item to the terminal's clipboard: its id and what it is, in a line";
    Action::Open, [ENTER, Char('l'), Code(KeyCode::Right)], "open", "", "into the group, or the particulars of the item; never decides";
    Action::Out, [Char('h'), Code(KeyCode::Left)], "out", "", "out to the queue";
    Action::Commands, [Char(':'), Ctrl('p')], "", "commands", "run a command by its name";
    Action::Cancel, [ESC], "", "", "peel one layer: range, marks, filter, then group and sort";
    Action::Help, [Char('?'), Code(KeyCode::F(1))], "help", "", "all keys";
    Action::Back, [Char('q')], "back", "", "leave the review; every decision is on disk";
};

const REASON: &[Binding] = keys! {
    Action::Pick(0), [Char('1'), Char('2'), Char('3'), Char('4'), Char('5'), Char('6'), Char('7'), Char('8'), Char('9')], "", "take that reason", "revoke or keep for that reason";
    Action::OwnWords, [Char('/')], "", "type a reason", "type a reason of your own";
    Action::Cancel, [ESC], "", "cancel", "change nothing";
};

const WORDS: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "take it", "take what was typed";
    Action::Cancel, [ESC], "", "cancel", "change nothing";
};

const PATH: &[Binding] = keys! {
    Action::Pick(0), [Char('1'), Char('2')], "", "revoke that grant…", "go on to revoke that stored grant; a reason is asked for";
    Action::Cancel, [ESC, Char('q'), Code(KeyCode::Left)], "", "close", "close the sheet";
};

const ASK: &[Binding] = keys! {
    Action::Yes, [Char('y')], "", "yes", "do it";
    Action::Cancel, [ESC, Char('n'), Char('q')], "", "no", "do nothing";
};

const COUNT: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "confirm", "confirm what was typed";
    Action::OtherSample, [Code(KeyCode::Tab)], "", "another sample", "show other items of those that are chosen";
    Action::Cancel, [ESC], "", "cancel", "decide nothing";
};

const PEEK: &[Binding] = keys! {
    Action::OtherSample, [Code(KeyCode::Tab)], "", "another sample", "show other items of those that are marked";
    Action::Cancel, [ESC, Char('p'), Char('q'), Code(KeyCode::Left)], "", "close", "close the sheet";
};

const TABLE: &[Binding] = keys! {
    Action::Edit, [Char('E')], "", "edit it again", "open the editor again with the text as it is";
    Action::Cancel, [ESC, Char('q')], "", "drop it", "forget the text; nothing is decided";
};

const WHY: &[Binding] = keys! {
    Action::Cancel, [ESC, Char('w'), Char('q'), Code(KeyCode::Left)], "", "close", "close the panel";
};

const HISTORY: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "undo back to here", "take back every change after this one, after asking";
    Action::Undo, [Char('u')], "", "undo one", "take the last change back";
    Action::Redo, [Ctrl('r')], "", "redo", "make the change again that was taken back";
    Action::Cancel, [ESC, Char('q'), Char('U')], "", "close", "close the history";
};

const HELP: &[Binding] = keys! {
    Action::Cancel, [ESC, Char('q'), Char('?'), Code(KeyCode::F(1))], "", "close", "close this help";
};

const COMMANDS: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "run", "run the command";
    Action::Cancel, [ESC], "", "close", "run nothing";
};

const FILTER: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "keep the filter", "go on with what the filter shows";
    Action::NextField, [Code(KeyCode::Tab)], "", "complete", "put in a field, a value or a name that may stand here; again for the next one";
    Action::PreviousField, [Code(KeyCode::BackTab)], "", "", "put in the one before";
    Action::Cancel, [ESC], "", "clear it", "back to what was typed before Tab; then show everything again";
};

const VIEWS: &[Binding] = keys! {
    Action::Pick(0), [Char('1'), Char('2'), Char('3'), Char('4'), Char('5'), Char('6'), Char('7'), Char('8'), Char('9'), Char('0')], "", "that view", "look at that view";
    Action::Accept, [ENTER], "", "", "look at the selected view";
    Action::Group(Grouping::Account), [Char('a')], "group-by-account", "", "put together by the account or team that holds it, as at first";
    Action::Group(Grouping::Team), [Char('t')], "group-by-team", "", "by the team that is joined, or that holds it; what is of no team stands at the end";
    Action::Group(Grouping::Project), [Char('p')], "group-by-project", "", "by the project; what is of no project stands at the end";
    Action::Group(Grouping::Role), [Char('r')], "group-by-role", "", "by the role; Team Lead, Team Member and Can sign in count as roles";
    Action::Group(Grouping::Flat), [Char('f')], "flat", "", "not put together: one row an item";
    Action::SortBy(By::Name), [Char('N')], "sort-by-name", "", "by name; the key of the order that is on turns it around";
    Action::SortBy(By::Risk), [Char('R')], "sort-by-risk", "", "by the weights of the signals that say yes; a group stands by its riskiest item";
    Action::SortBy(By::SignIn), [Char('L')], "sort-by-sign-in", "", "by the last sign-in: never, then the longest ago; unknown after all that is known";
    Action::SortBy(By::Open), [Char('O')], "sort-by-open", "", "by how many items are undecided, as they are now; it stays so until asked again";
    Action::Refresh, [Char('.')], "refresh", "anew", "filter and order anew, as things are now";
    Action::SaveView, [Char('s')], "save-view", "save…", "keep what is shown as a view of your own; its name is asked for";
    Action::RenameView, [Char('e')], "", "rename…", "call the selected view of your own otherwise";
    Action::DeleteView, [Char('x')], "", "delete…", "take the selected view of your own away, after asking";
    Action::Cancel, [ESC, Char('o'), Char('q')], "", "close", "change nothing";
};

const SIGN_OFF: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "next, sign at the end", "go to the next field; in the last one, sign";
    Action::NextField, [Code(KeyCode::Tab), Code(KeyCode::Down)], "", "next field", "go to the next field";
    Action::PreviousField, [Code(KeyCode::BackTab), Code(KeyCode::Up)], "", "previous field", "go to the previous field";
    Action::Items, [Ctrl('o')], "", "items of the flag", "go to the items of the red flag";
    Action::PageDown, [Code(KeyCode::PageDown)], "", "scroll", "scroll the page down";
    Action::PageUp, [Code(KeyCode::PageUp)], "", "", "scroll the page up";
    Action::Cancel, [ESC], "", "back to the review", "go back; nothing is signed";
};

const SEALED: &[Binding] = keys! {
    Action::Cancel, [ESC, ENTER], "", "look at the review", "look at the sealed review; nothing in it changes";
    Action::Back, [Char('q')], "", "back", "leave the review";
};

const LOADING: &[Binding] = keys! {
    Action::Cancel, [ESC, Char('q')], "", "stop", "stop fetching";
};

const FAILED: &[Binding] = keys! {
    Action::Back, [Char('q'), ESC], "", "back", "leave";
};

const ORGANIZATION: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "go on", "go on to the token; nothing is sent";
    Action::Help, [Code(KeyCode::F(1))], "", "how to", "how the token is made, and all keys";
    Action::Cancel, [ESC], "", "leave", "leave; nothing is connected";
};

const CREDENTIALS: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "next, then try it", "go to the next line; in the last one, try what may be read";
    Action::NextField, [Code(KeyCode::Tab), Code(KeyCode::Down)], "", "next line", "go to the next line";
    Action::PreviousField, [Code(KeyCode::BackTab), Code(KeyCode::Up)], "", "", "go to the previous line; in the first one, 1 and 2 choose";
    Action::Help, [Code(KeyCode::F(1))], "", "how to", "how the token is made, and all keys";
    Action::Cancel, [ESC], "", "back", "go back to the organization; what was typed stays";
};

const TRYING: &[Binding] = keys! {
    Action::Cancel, [ESC], "", "stop", "stop; what was typed stays";
};

const FOUND: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "go on", "go on and choose where it is kept";
    Action::PageDown, [Code(KeyCode::PageDown), Char(' ')], "", "scroll", "a page down";
    Action::PageUp, [Code(KeyCode::PageUp)], "", "", "a page up";
    Action::Help, [Code(KeyCode::F(1)), Char('?')], "", "how to", "how the token is made, and all keys";
    Action::Cancel, [ESC], "", "back", "go back and try another token; nothing is kept";
};

const KEEP: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "connect", "connect the organization, and keep the token there or nowhere";
    Action::Pick(0), [Char('1'), Char('2')], "", "choose", "choose where it is kept";
    Action::Help, [Code(KeyCode::F(1)), Char('?')], "", "how to", "how the token is made, and all keys";
    Action::Cancel, [ESC], "", "back", "go back to what it may read; nothing is kept";
};

const BEGIN: &[Binding] = keys! {
    Action::Accept, [ENTER], "", "read it and review", "in the last line, read the organization as the review of this name, and open it";
    Action::NextField, [Code(KeyCode::Tab), Code(KeyCode::Down)], "", "", "go to the next line";
    Action::PreviousField, [Code(KeyCode::BackTab), Code(KeyCode::Up)], "", "", "go to the previous line";
    Action::Help, [Code(KeyCode::F(1))], "", "how to", "how the token is made, and all keys";
    Action::Cancel, [ESC], "", "leave", "leave; the organization is connected";
};

const CONNECTED: &[Binding] = keys! {
    Action::Back, [ENTER, ESC, Char('q')], "", "leave", "leave; the organization is connected";
};

const GUIDE: &[Binding] = keys! {
    Action::PageDown, [Code(KeyCode::PageDown), Char(' ')], "", "scroll", "a page down";
    Action::Cancel, [ESC, Code(KeyCode::F(1)), Char('q'), Char('?')], "", "close", "close this guide";
};

const REPLAY: &[Binding] = keys! {
    Action::Replay(Moment::Next), [Char('.'), Code(KeyCode::Right), Char('l')], "", "next", "to the next entry, whatever the filter shows";
    Action::Replay(Moment::Previous), [Char(','), Code(KeyCode::Left), Char('h')], "", "before", "to the entry before";
    Action::Replay(Moment::Play), [Char(' ')], "", "play", "go on by itself, or stop";
    Action::Replay(Moment::GoTo), [Char('t'), Char(':')], "", "go to", "to an entry or a time: 41, 2026-08-11, 2026-08-11 14:00 (UTC)";
    Action::Open, [ENTER, Char('o')], "", "look inside", "the screens of the review as it was then, at the item; < and > step there, q comes back";
    Action::Filter, [Char('/')], "", "filter", "show only the entries that match; explained below";
    Action::Replay(Moment::Bulk), [Char('b')], "", "bulk", "the bulk of this entry as its reviewer saw it";
    Action::Replay(Moment::Mark), [Char('m')], "", "mark", "mark this entry to compare another one with it";
    Action::Replay(Moment::Differ), [Char('d')], "", "differences", "what differs between the marked entry and this one";
    Action::OtherPane, [Code(KeyCode::Tab), Code(KeyCode::BackTab)], "", "items", "from the entries to the items beside them and back";
    Action::Replay(Moment::NextSession), [Char('>')], "", "", "to the first entry after the next pause of half an hour";
    Action::Replay(Moment::PreviousSession), [Char('<')], "", "", "to the first entry after the last such pause";
    Action::Replay(Moment::NextChosen), [Char('n')], "", "", "to the next entry that the filter chooses";
    Action::Replay(Moment::PreviousChosen), [Char('N')], "", "", "to the one before";
    Action::Replay(Moment::OnlyItem), [Char('i')], "", "", "only the entries about the item under the cursor, or the first of the entry";
    Action::Replay(Moment::Faster), [Char('+'), Char('=')], "", "", "more entries a second";
    Action::Replay(Moment::Slower), [Char('-')], "", "", "fewer entries a second";
    Action::Cancel, [ESC], "", "", "peel one layer: playing, filter, mark";
    Action::Help, [Char('?'), Code(KeyCode::F(1))], "", "", "all keys";
    Action::Back, [Char('q')], "", "leave", "leave; nothing was changed";
};

const REPLAY_SHEET: &[Binding] = keys! {
    Action::Cancel, [ESC, Char('q'), Char('b'), Char('d')], "", "close", "close the sheet";
};

const COMPARED: &[Binding] = keys! {
    Action::Open, [ENTER], "", "particulars", "all that is known of the row: each value before and after, what was decided";
    Action::NextField, [Code(KeyCode::Tab), Code(KeyCode::Right), Char('l')], "", "next part", "to the next part: accounts, teams, projects, roles, grants, revokes";
    Action::PreviousField, [Code(KeyCode::BackTab), Code(KeyCode::Left), Char('h')], "", "", "to the part before";
    Action::Pick(0), [Char('1'), Char('2'), Char('3'), Char('4'), Char('5'), Char('6')], "", "", "to that part";
    Action::Filter, [Char('/')], "", "filter", "only the grants and revokes that match in the older or the newer one, and what they name; explained below";
    Action::NextGroup, [Char(']')], "", "", "to the first row of the next kind of change";
    Action::PreviousGroup, [Char('[')], "", "", "to the first row of the kind of change before";
    Action::Why, [Char('w')], "", "what is compared", "what is compared: which records or reviews, as of when, who signed, what could not be read";
    Action::Cancel, [ESC], "", "", "take the filter away";
    Action::Help, [Char('?'), Code(KeyCode::F(1))], "", "keys", "all keys";
    Action::Back, [Char('q')], "", "leave", "leave; nothing was changed";
};

const COMPARED_SHEET: &[Binding] = keys! {
    Action::Cancel, [ESC, Char('q'), Char('w'), Code(KeyCode::Left)], "", "close", "close the sheet";
};

const INSIDE: &[Binding] = keys! {
    Action::Replay(Moment::Next), [Char('>')], "", "", "to the next entry";
    Action::Replay(Moment::Previous), [Char('<')], "", "", "to the entry before";
};

/// Keys that move in every list.
pub(crate) const MOVES: &[Binding] = keys! {
    Action::Up, [Code(KeyCode::Up), Char('k')], "", "", "one row up";
    Action::Down, [Code(KeyCode::Down), Char('j')], "", "", "one row down; after the last item, ] goes on to the next group";
    Action::PageUp, [Code(KeyCode::PageUp), Ctrl('b')], "", "", "a page up";
    Action::PageDown, [Code(KeyCode::PageDown), Ctrl('f')], "", "", "a page down";
    Action::HalfUp, [Ctrl('u')], "", "", "half a page up";
    Action::HalfDown, [Ctrl('d')], "", "", "half a page down";
    Action::First, [Code(KeyCode::Home), Two('g', 'g')], "", "", "to the first row";
    Action::Last, [Code(KeyCode::End), Char('G')], "", "", "to the last row";
};

/// Keys that count everywhere.
pub(crate) const ALWAYS: &[Binding] = keys! {
    Action::Quit, [Ctrl('c'), Char('Q')], "quit", "", "leave the program; every decision is on disk";
    Action::Suspend, [Ctrl('z')], "suspend", "", "stop the program until the shell continues it";
    Action::Redraw, [Ctrl('l')], "redraw", "", "draw everything anew";
};

impl Context {
    /// Whether letters are typed into a line here.
    pub(crate) fn types(self) -> bool {
        matches!(
            self,
            Self::Words
                | Self::Count
                | Self::Commands
                | Self::Filter
                | Self::SignOff
                | Self::Organization
                | Self::Credentials
                | Self::Begin
        )
    }

    /// Its own keys.
    pub(crate) fn bindings(self) -> &'static [Binding] {
        TABLES
            .iter()
            .find(|(context, _)| *context == self)
            .map_or(&[], |(_, bindings)| bindings)
    }
}

/// All that counts in `context`, its own keys first.
fn counting(context: Context) -> impl Iterator<Item = &'static Binding> {
    let moves = MOVES.iter().filter(move |binding| {
        // Where letters are typed, only keys that are no letters move.
        !context.types() || matches!(binding.keys[0], Key::Code(_))
    });
    context.bindings().iter().chain(moves).chain(ALWAYS)
}

/// The character of `key`, when it needs another one in `context`.
pub(crate) fn begins(context: Context, key: KeyEvent) -> Option<char> {
    if context.types() {
        return None;
    }
    let mut keys = counting(context).flat_map(|binding| binding.keys);
    keys.find_map(|bound| match bound {
        Key::Two(first, _) => Key::Char(*first).is(key).then_some(*first),
        _ => None,
    })
}

/// What may follow `first` in `context`.
pub(crate) fn following(
    context: Context,
    first: char,
) -> impl Iterator<Item = (char, &'static Binding)> {
    counting(context).flat_map(move |binding| {
        let keys = binding.keys.iter();
        keys.filter_map(move |key| match key {
            Key::Two(begin, second) if *begin == first => Some((*second, binding)),
            _ => None,
        })
    })
}

/// What `key` means in `context` after `first`. Leaving and stopping work at any time.
pub(crate) fn sequence(context: Context, first: char, key: KeyEvent) -> Option<Action> {
    following(context, first)
        .find(|(second, _)| Key::Char(*second).is(key))
        .map(|(_, binding)| binding.action)
        .or_else(|| {
            let mut always = ALWAYS.iter();
            let always = always.find(|binding| binding.keys.iter().any(|bound| bound.is(key)));
            always.map(|binding| binding.action)
        })
}

/// What `key` means in `context`.
pub(crate) fn meaning(context: Context, key: KeyEvent) -> Option<Action> {
    counting(context).find_map(|binding| {
        let place = binding.keys.iter().position(|bound| {
            bound.is(key) && (!context.types() || !matches!(bound, Key::Char(_)))
        })?;
        Some(match binding.action {
            Action::Pick(_) => Action::Pick(u8::try_from(place).unwrap_or(u8::MAX)),
            action => action,
        })
    })
}

/// The keys of `binding` for help: all of them.
pub(crate) fn labels(binding: &Binding) -> String {
    if let (Action::Pick(_), [first, .., last]) = (binding.action, binding.keys) {
        return format!("{}-{}", first.label(), last.label());
    }
    binding
        .keys
        .iter()
        .map(|key| key.label())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The key of `binding` for the footer.
pub(crate) fn label(binding: &Binding) -> String {
    match binding.action {
        Action::Pick(_) => labels(binding),
        _ => binding.keys[0].label(),
    }
}

/// The keys that run `binding` from the review: those of the sheet on which views are chosen come after its own.
pub(crate) fn way(binding: &Binding) -> String {
    let on_sheet =
        VIEWS.iter().any(|it| it.action == binding.action) && binding.action != Action::Cancel;
    let first = if on_sheet { "o" } else { "" };
    format!("{first}{}", label(binding))
}

/// Other words that are tried for a command, each with what it means.
pub(crate) const ALIASES: &[(&str, Action)] = &[
    ("seal", Action::SignOff),
    ("sign", Action::SignOff),
    ("sign off", Action::SignOff),
    ("signoff", Action::SignOff),
    ("q", Action::Quit),
    ("q!", Action::Quit),
    ("wq", Action::Quit),
    ("x", Action::Quit),
    ("exit", Action::Quit),
    ("?", Action::Help),
    ("next-account", Action::NextGroup),
    ("previous-account", Action::PreviousGroup),
    ("view", Action::Views),
    ("sort", Action::Views),
    ("group", Action::Views),
];

/// Words that would write a file elsewhere. Here every decision is on disk already.
pub(crate) const SAVES: &[&str] = &["w", "w!", "write", "save"];

/// Everything that can be run by its name, with the name.
pub(crate) fn commands() -> impl Iterator<Item = &'static Binding> {
    REVIEW
        .iter()
        .chain(VIEWS)
        .chain(ALWAYS)
        .filter(|binding| !binding.name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (context, bindings) in TABLES {
            let moves: &[Binding] = if context.types() { &[] } else { MOVES };
            let all: Vec<(Key, Action)> = bindings
                .iter()
                .chain(moves)
                .chain(ALWAYS)
                .flat_map(|binding| binding.keys.iter().map(|key| (*key, binding.action)))
                .collect();
            for (place, (key, action)) in all.iter().enumerate() {
                // The same meaning may be told twice: in a hint, and with the moves.
                let other = all[..place]
                    .iter()
                    .find(|(known, meant)| known == key && meant != action);
                assert!(other.is_none(), "{key:?} twice in {context:?}");
                if let Key::Two(first, _) = key {
                    let alone = all.iter().any(|(key, _)| *key == Key::Char(*first));
                    assert!(!alone, "{first} means something alone in {context:?}");
                }
            }
        }
    }

    #[test]
    fn two_keys_are_one_meaning_and_the_first_alone_is_none() {
        let key = |c| KeyEvent::from(KeyCode::Char(c));
        for (context, second, action) in [
            (Context::Review, 'g', Some(Action::First)),
            (Context::Review, 'm', Some(Action::RestoreMarks)),
            (Context::History, 'g', Some(Action::First)),
            (Context::History, 'm', None),
            (Context::Review, 'a', None),
            (Context::Review, 'Q', Some(Action::Quit)),
        ] {
            assert_eq!(meaning(context, key('g')), None);
            assert_eq!(begins(context, key('g')), Some('g'));
            assert_eq!(sequence(context, 'g', key(second)), action, "g{second}");
        }
        assert_eq!(begins(Context::Filter, key('g')), None);
    }

    #[test]
    fn ctrl_and_a_letter_never_decides() {
        for (context, _) in TABLES {
            for c in ' '..='~' {
                let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
                if let Some(action) = meaning(*context, key) {
                    assert!(
                        !action.decides() || action == Action::Redo,
                        "^{c} in {context:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn enter_never_decides() {
        for (context, _) in TABLES {
            if let Some(action) = meaning(*context, KeyEvent::from(KeyCode::Enter)) {
                assert!(!action.decides(), "{context:?}");
            }
        }
    }

    #[test]
    fn every_command_has_its_own_name_and_a_sentence() {
        let names: Vec<&str> = commands().map(|binding| binding.name).collect();
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name), "{name}");
        }
        assert!(commands().all(|binding| !binding.help.is_empty()));
    }
}
