//! [`Review`]: the campaign on the desk: queue, items, why, and the sheets over them.
//!
//! It owns the campaign and what is remembered about it between two messages. A change goes out as an
//! [`Effect::Append`]; the campaign takes it in when [`Review::appended`] is told that it is on disk.

mod before;
mod decide;
mod keys;
mod mouse;
mod moving;
mod selecting;

pub(crate) use decide::Plan;
pub(in crate::tui) use moving::moved;

use std::{collections::VecDeque, sync::Arc};

use crate::{
    domain::{
        access::Access,
        campaign::Campaign,
        decision::Change,
        filter,
        items::{Item, ItemSet},
        journal::{Entry, Event},
        snapshot::TeamIx,
        text::{Raw, SafeText},
        time::Timestamp,
    },
    tui::{
        effect::Effect,
        keymap::{self, Context},
        message::{KeyChoice, Opened},
        phrase,
        runtime::Exit,
        theme::Look,
        widget::{
            pen::scrolled,
            text::{self, count},
        },
    },
};

use super::{
    ask::Ask,
    bulk::Bulk,
    card::{Card, Row},
    commands::Commands,
    filter::Filtering,
    help::Help,
    history::History,
    layout::{Shape, areas},
    path::PathSheet,
    queue::Queue,
    reason::{Note, Reason},
    selection::Selection,
    sign_off::SignOff,
    why::{Why, WhySheet},
};

/// One review, open on the screen.
#[derive(Debug)]
pub(crate) struct Review {
    /// The review as its journal tells it.
    pub(super) campaign: Campaign,
    /// Who reaches what through teams.
    pub(super) access: Access,
    /// The time, as far as it is known here: when the review was opened, or the last entry was written.
    pub(super) now: Timestamp,
    /// Colours and glyphs.
    pub(super) look: Look,
    /// Columns and rows of the screen.
    pub(super) size: (u16, u16),
    /// What is selected, open and said.
    pub(in crate::tui) desk: Desk,
    /// The subjects that are shown.
    pub(super) queue: Queue,
    /// The rows of the selected subject.
    pub(super) card: Card,
    /// What is known about the selected row.
    pub(super) why: Why,
    /// Items that were marked.
    selection: Selection,
    /// Why nothing can be decided here.
    pub(super) read_only: Option<SafeText>,
    /// Why nothing more can be written.
    pub(super) broken: Option<SafeText>,
    /// What was sent to the disk and is not yet there, oldest first.
    pub(super) pending: VecDeque<Event>,
    /// What to do as soon as everything is saved.
    wishes: VecDeque<Wish>,
    /// How many changes the wishes took back so far.
    taken_back: u32,
    /// The last change and its reason, for repeating.
    last: Option<(Change, Option<Raw>)>,
    /// The principal to offer at sign-off.
    pub(super) principal: String,
    /// Signing keys, when they were listed.
    pub(super) keys: Option<Vec<KeyChoice>>,
    /// How far sealing is, while it goes on.
    pub(super) sealing: Option<SafeText>,
    /// Where to go when everything is saved.
    leaving: Option<Exit>,
    /// Set when the loop may end.
    pub(in crate::tui) exit: Option<Exit>,
    /// The deciding key pressed last, and when it was.
    burst: (Option<char>, VecDeque<u64>),
    /// The team whose members were counted last.
    counted: Option<(TeamIx, usize)>,
}

/// What is selected, open and said: everything that a key can change at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Desk {
    /// Which pane has the keys.
    pub(super) pane: Pane,
    /// The selected subject: its position in the snapshot.
    pub(super) subject: Option<usize>,
    /// The selected row of the card.
    pub(super) row: usize,
    /// The first row of the queue and of the card that is shown.
    pub(super) queue_top: usize,
    pub(super) card_top: usize,
    /// Where a range began.
    pub(super) range: Option<Range>,
    /// A key that needs another one.
    pub(super) prefix: Option<Prefix>,
    /// The last thing said.
    pub(super) toast: Toast,
    /// The sheets over the review, the top one last.
    pub(super) sheets: Vec<Sheet>,
    /// Where the filter cannot be understood, and why.
    pub(super) filter_error: Option<filter::Error>,
    /// Items that an undo changed.
    moved_back: Arc<ItemSet>,
    /// Count up with each change of what is shown and of what is marked.
    shown: u64,
    marked: u64,
}

/// A key that means something only together with the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(super) key: char,
    /// When what may follow is shown; `None` once it is.
    until: Option<u64>,
}

impl Prefix {
    /// How long a key waits for the next one before what may follow is shown.
    const QUIET_MS: u64 = 300;

    fn of(key: char, now_ms: u64) -> Self {
        Self {
            key,
            until: Some(now_ms + Self::QUIET_MS),
        }
    }

    /// Whether what may follow is shown.
    pub(super) fn is_told(self) -> bool {
        self.until.is_none()
    }

    /// What is said when another key followed.
    fn unknown(self, context: Context) -> String {
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
    /// At an item of the selected subject.
    Items(Item),
    /// At a subject of the queue.
    Subjects(usize),
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pane {
    /// Accounts and teams.
    Queue,
    /// The items of one of them.
    Card,
}

/// One line that tells what happened last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// What kind of thing it was.
    pub(super) tone: Tone,
    /// In words.
    pub(super) text: String,
    /// Whether it can be taken back.
    pub(super) undo: bool,
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
    Why(WhySheet),
    History(History),
    Help(Help),
    Commands(Commands),
    Filter(Filtering),
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

/// What to do when nothing more can be written.
const AGAIN: &str = "see to the disk, leave with q and open the review again";

/// Something to do once everything is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Undo,
    Redo,
    /// Take back every change after this entry.
    UndoTo(u32),
}

/// `text` in at most `rows` lines of `room` cells; the last one keeps what is too much, for the screen to cut.
fn first_lines(text: &str, room: usize, rows: usize) -> Vec<String> {
    let mut lines = text::wrap(text, room);
    if lines.len() > rows {
        let rest = lines.split_off(rows - 1).join(" ");
        lines.push(rest);
    }
    lines
}

impl Review {
    /// Puts a review on the desk, at the place where it was left.
    pub(crate) fn open(opened: Opened, look: Look, size: (u16, u16)) -> Self {
        let campaign = opened.campaign;
        let access = Access::of(campaign.snapshot(), campaign.as_of());
        let last = campaign
            .entries()
            .iter()
            .rev()
            .find_map(|entry| match &entry.event {
                Event::Decided(decided) if campaign.stands(entry.seq) => {
                    Some((decided.change, decided.reason.clone()))
                }
                _ => None,
            });
        let mut review = Self {
            access,
            now: opened.now,
            look,
            size,
            desk: Desk {
                pane: Pane::Card,
                subject: None,
                row: 0,
                queue_top: 0,
                card_top: 0,
                range: None,
                prefix: None,
                toast: Toast {
                    tone: Tone::Plain,
                    text: String::new(),
                    undo: false,
                },
                sheets: Vec::new(),
                filter_error: None,
                moved_back: Arc::default(),
                shown: 0,
                marked: 0,
            },
            queue: Queue::of(&campaign),
            card: Card::default(),
            why: Why::default(),
            selection: Selection::default(),
            read_only: opened.read_only,
            broken: None,
            pending: VecDeque::new(),
            wishes: VecDeque::new(),
            taken_back: 0,
            last,
            principal: opened.principal,
            keys: None,
            sealing: None,
            leaving: None,
            exit: None,
            burst: (None, VecDeque::new()),
            counted: None,
            campaign,
        };
        review.select_subject(review.queue.subject(&review.campaign, 0));
        review.resume();
        if let Some(notice) = opened.notice {
            review.say(Tone::Plain, notice.to_string());
        }
        review.settle();
        review
    }

    /// Says something in the line above the footer.
    pub(super) fn say(&mut self, tone: Tone, text: String) {
        self.desk.toast = Toast {
            tone,
            text,
            undo: false,
        };
    }

    /// Says why something is not done.
    pub(super) fn refuse(&mut self, text: impl Into<String>) {
        self.say(Tone::Refused, text.into());
    }

    /// Why nothing can be decided, when that is so.
    pub(super) fn closed(&self) -> Option<String> {
        if self.broken.is_some() {
            return Some(format!("nothing more is recorded; {AGAIN}"));
        }
        if let Some(record) = self.campaign.sealed() {
            return Some(format!(
                "the review is sealed as {}; nothing in it changes any more",
                SafeText::of(record)
            ));
        }
        if self.sealing.is_some() {
            return Some("the record is being made; nothing changes meanwhile".to_owned());
        }
        self.read_only
            .as_ref()
            .map(|reason| format!("read-only: {reason}"))
    }

    /// What stands under the header for as long as it is true, in lines for a screen of `wide` columns.
    pub(super) fn banner(&self, wide: u16) -> Vec<String> {
        let room = usize::from(wide).saturating_sub(2);
        // On the smallest screens the item needs the rows.
        let rows = if self.shape() == Shape::One { 1 } else { 2 };
        if let Some(reason) = &self.broken {
            let mut lines = first_lines(
                &format!("NOTHING MORE CAN BE WRITTEN: {reason}"),
                room,
                if rows > 1 { 3 } else { 1 },
            );
            // However long the cause is, the way on is never cut off.
            let on = "What was saved is safe: leave with q and reopen the review.";
            let on = if text::width(on) <= room {
                on
            } else {
                "Leave with q and reopen the review."
            };
            lines.push(on.to_owned());
            return lines;
        }
        if self.campaign.sealed().is_some() {
            let sealed = "SEALED: nothing in this review changes any more";
            return first_lines(sealed, room, 1);
        }
        match &self.read_only {
            Some(reason) => first_lines(&format!("READ-ONLY: {reason}"), room, rows),
            None => Vec::new(),
        }
    }

    /// Sends an event to the disk, unless the review does not allow it; the answer is whether it was sent.
    pub(super) fn send(&mut self, event: Event, effects: &mut Vec<Effect>) -> bool {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return false;
        }
        if let Err(refusal) = self.campaign.check(&event, self.now) {
            self.refuse(refusal.to_string());
            return false;
        }
        if let Event::Decided(decided) = &event {
            let text = phrase::decided(self.campaign.snapshot(), decided);
            self.say(Tone::Changed(decided.change), format!("saving: {text}"));
            self.last = Some((decided.change, decided.reason.clone()));
        }
        self.desk.moved_back = Arc::default();
        self.pending.push_back(event.clone());
        effects.push(Effect::Append(event));
        true
    }

    /// Takes an entry in that is on disk.
    pub(crate) fn appended(&mut self, entry: Entry) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.pending.front() == Some(&entry.event) {
            self.pending.pop_front();
        }
        self.now = self.now.max(entry.at);
        if let Err(refusal) = self.campaign.apply(entry) {
            self.broke(&SafeText::of(&format!(
                "the journal went another way: {refusal}"
            )));
            return effects;
        }
        let last = self.campaign.entries().last().map(Arc::clone);
        self.tell(&last.expect("an entry was applied"));
        if self.pending.is_empty() {
            self.wish(&mut effects);
        }
        self.settled_pending();
        self.settle();
        SignOff::check(self);
        effects
    }

    /// Tells what an entry did, and goes there when it took something back.
    fn tell(&mut self, entry: &Entry) {
        let text = phrase::entry(&self.campaign, entry);
        let tone = match &entry.event {
            Event::Decided(decided) => Tone::Changed(decided.change),
            _ => Tone::Plain,
        };
        match &entry.event {
            Event::Undone { entry } => self.go_to_change(*entry, text),
            Event::Redone { entry } => {
                self.go_to_change(*entry, text);
                // It stands again, and shows what it is.
                self.desk.moved_back = Arc::default();
            }
            Event::Decided(_) | Event::Noted { .. } | Event::Waived(_) => {
                self.desk.toast = Toast {
                    tone,
                    text,
                    undo: true,
                };
            }
            Event::Opened(_)
            | Event::SelfReviewAllowed { .. }
            | Event::Attested(_)
            | Event::Sealed { .. } => {
                self.say(tone, text);
            }
        }
    }

    /// An event was not written.
    pub(crate) fn refused(&mut self, reason: &SafeText) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.pending.pop_front();
        self.refuse(format!("not recorded: {reason}"));
        SignOff::refused(self, reason);
        if self.pending.is_empty() {
            self.wish(&mut effects);
        }
        self.settled_pending();
        self.settle();
        effects
    }

    /// Nothing more can be written.
    pub(crate) fn broke(&mut self, reason: &SafeText) {
        // What follows a failure only says that there was one.
        self.broken.get_or_insert_with(|| reason.clone());
        self.pending.clear();
        self.wishes.clear();
        self.sealing = None;
        // The reason stands on the screen from now on.
        self.refuse(format!("not recorded; {AGAIN}"));
        self.settled_pending();
        self.settle();
    }

    fn settled_pending(&mut self) {
        if self.pending.is_empty() && self.leaving.is_some() {
            self.exit = self.leaving;
        }
    }

    /// Does the next thing that waited for everything to be saved.
    fn wish(&mut self, effects: &mut Vec<Effect>) {
        while self.pending.is_empty() {
            match self.wishes.pop_front() {
                None => return,
                Some(Wish::Undo) => self.undo_one(effects),
                Some(Wish::Redo) => self.redo_one(effects),
                Some(Wish::UndoTo(seq)) => {
                    if self.campaign.changes_after(seq) > 0 {
                        self.undo_one(effects);
                        if self.pending.is_empty() {
                            // It was refused, and the reason is told.
                            self.taken_back = 0;
                            return;
                        }
                        self.taken_back += 1;
                        self.wishes.push_front(Wish::UndoTo(seq));
                    } else {
                        let changes = count(u64::from(self.taken_back), "change", "changes");
                        self.taken_back = 0;
                        self.say(
                            Tone::Plain,
                            format!("took back {changes}; ^r makes them again one by one"),
                        );
                    }
                }
            }
        }
    }

    fn undo_one(&mut self, effects: &mut Vec<Effect>) {
        match self.campaign.undoable().map(|entry| entry.seq) {
            Some(entry) => _ = self.send(Event::Undone { entry }, effects),
            None => self.refuse("there is nothing to undo"),
        }
    }

    fn redo_one(&mut self, effects: &mut Vec<Effect>) {
        match self.campaign.redoable().map(|entry| entry.seq) {
            Some(entry) => _ = self.send(Event::Redone { entry }, effects),
            None => self.refuse("there is nothing to redo"),
        }
    }

    /// Leaves as soon as everything is saved; asked twice, at once.
    pub(super) fn leave(&mut self, exit: Exit) {
        if self.pending.is_empty() && self.sealing.is_none() || self.leaving.is_some() {
            self.exit = Some(exit);
            return;
        }
        self.leaving = Some(exit);
        self.say(
            Tone::Plain,
            if self.sealing.is_some() {
                "the record is being made; the same key again leaves anyway".to_owned()
            } else {
                "saving; the same key again leaves at once".to_owned()
            },
        );
    }

    /// Signing keys were listed.
    pub(crate) fn listed(&mut self, keys: Vec<KeyChoice>) {
        self.keys = Some(keys);
    }

    /// Sealing goes on.
    pub(crate) fn sealing(&mut self, what: SafeText) {
        self.sealing = Some(what);
    }

    /// The record is written.
    pub(crate) fn sealed(&mut self, record: &std::path::Path, signer: String) {
        self.sealing = None;
        self.desk.sheets = vec![Sheet::Sealed(SealedPage {
            record: SafeText::of(&record.to_string_lossy()).to_string(),
            signer,
        })];
        if self.leaving.is_some() {
            self.exit = self.leaving;
        }
    }

    /// Sealing failed.
    pub(crate) fn seal_failed(&mut self, reason: &SafeText) {
        self.sealing = None;
        self.leaving = None;
        for sheet in &mut self.desk.sheets {
            if let Sheet::SignOff(sign_off) = sheet {
                sign_off.failed = Some(reason.to_string());
            }
        }
        self.refuse(format!("not sealed: {reason}; decisions are untouched"));
    }

    /// The screen has another size.
    pub(crate) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.settle();
    }

    /// The selected subject.
    pub(super) fn subject(&self) -> Option<usize> {
        self.desk.subject
    }

    /// The row of the selected subject in the queue.
    pub(super) fn queue_row(&self) -> Option<usize> {
        self.queue.row(self.desk.subject?).ok()
    }

    /// The selected row of the card.
    pub(super) fn selected(&self) -> Option<Row> {
        self.card.rows.get(self.desk.row).copied()
    }

    /// Whether keys act on the queue.
    pub(super) fn queue_has_keys(&self) -> bool {
        self.desk.pane == Pane::Queue
    }

    /// Whether keys act on the items.
    pub(super) fn card_has_keys(&self) -> bool {
        self.desk.pane == Pane::Card
    }

    /// Whether an item is on its way to the disk.
    pub(super) fn is_saving(&self, item: Item) -> bool {
        self.pending.iter().any(|event| match event {
            Event::Decided(decided) => decided.items.contains(item),
            _ => false,
        })
    }

    /// Whether an undo changed an item just now.
    pub(super) fn is_moved_back(&self, item: Item) -> bool {
        self.desk.moved_back.contains(item)
    }

    /// How many accounts are members of a team or of one below it.
    pub(super) fn members(&mut self, team: TeamIx) -> usize {
        match self.counted {
            Some((counted, members)) if counted == team => members,
            _ => {
                let members = self.access.members(self.campaign.snapshot(), team).len();
                self.counted = Some((team, members));
                members
            }
        }
    }

    /// Brings everything that follows from the selection up to date: rows, scrolling, the why panel.
    pub(super) fn settle(&mut self) {
        match self.desk.subject {
            Some(subject) => self
                .card
                .select(&self.campaign, &self.access, &self.queue, subject),
            None => self.card.empty(),
        }
        self.desk.row = self.desk.row.min(self.card.rows.len().saturating_sub(1));
        let areas = areas(self.size, self);
        if let (Some(area), Some(row)) = (areas.queue, self.queue_row()) {
            let height = usize::from(area.height.saturating_sub(1));
            self.desk.queue_top = scrolled(
                self.desk.queue_top,
                row,
                self.queue.len(&self.campaign),
                height,
            );
        }
        if let Some(area) = areas.card {
            let height = usize::from(area.height.saturating_sub(super::card::HEAD));
            self.desk.card_top = scrolled(
                self.desk.card_top,
                self.desk.row,
                self.card.rows.len(),
                height,
            );
        }
        self.desk.shown = self.queue.version();
        self.desk.marked = self.selection.version();
        Why::settle(self);
    }

    /// Until when keys confirm nothing.
    fn guard(&self) -> Option<u64> {
        match self.desk.sheets.last()? {
            Sheet::Ask(ask) => ask.guard,
            Sheet::Bulk(bulk) => bulk.guard,
            _ => None,
        }
    }

    /// When time alone changes what is shown: a guard has passed, or a prefix is explained.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        let prefix = self.desk.prefix.and_then(|prefix| prefix.until);
        self.guard().into_iter().chain(prefix).min()
    }

    /// Lets go of guards whose time has come.
    pub(in crate::tui) fn pass_time(&mut self, now_ms: u64) {
        if let Some(prefix) = &mut self.desk.prefix
            && prefix.until.is_some_and(|until| now_ms >= until)
        {
            prefix.until = None;
        }
        let guard = match self.desk.sheets.last_mut() {
            Some(Sheet::Ask(ask)) => &mut ask.guard,
            Some(Sheet::Bulk(bulk)) => &mut bulk.guard,
            _ => return,
        };
        if guard.is_some_and(|until| now_ms >= until) {
            *guard = None;
        }
    }

    /// The items that are shown; `None` while a filter is mistaken.
    #[cfg(test)]
    pub(in crate::tui) fn shown(&self) -> Option<ItemSet> {
        let shown = self.queue.all(&self.campaign);
        self.desk
            .filter_error
            .is_none()
            .then(|| ItemSet::from(&shown))
    }

    /// What the screen is large enough for.
    pub(super) fn shape(&self) -> Shape {
        Shape::of(self.size)
    }
}
