//! [`Review`]: the campaign on the desk: queue, items, why, and the sheets over them.
//!
//! It owns the campaign and what is remembered about it between two messages. A change goes out as an
//! [`Effect::Append`](crate::tui::effect::Effect::Append); the campaign takes it in when [`Review::appended`] is told
//! that it is on disk.

mod before;
mod decide;
mod desk;
mod editing;
mod keys;
mod mouse;
mod moving;
mod own_views;
mod replayed;
mod saving;
mod selecting;
mod showing;

pub(in crate::tui::screen) use self::showing::Place;
pub(crate) use self::{
    decide::Plan,
    desk::{Desk, Pane, Prefix, Range, SealedPage, Sheet, Toast, Tone},
};
pub(in crate::tui) use moving::moved;

use std::{collections::VecDeque, sync::Arc};

use crate::{
    domain::{
        access::Access,
        campaign::Campaign,
        decision::Change,
        items::{Item, ItemSet},
        journal::Event,
        snapshot::TeamIx,
        text::{Raw, SafeText},
        time::Timestamp,
        view::Grouping,
    },
    tui::{
        message::{KeyChoice, Opened},
        runtime::Exit,
        theme::Look,
        widget::{pen::scrolled, text},
    },
};

use super::{
    card::{Card, Row},
    layout::{Shape, areas},
    queue::Queue,
    selection::Selection,
    views::Views,
    why::Why,
};
use saving::Wish;
use selecting::Marking;

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
    /// The groups that are shown.
    pub(super) queue: Queue,
    /// The rows of the selected group.
    pub(super) card: Card,
    /// What is known about the selected row.
    pub(super) why: Why,
    /// The views that can be chosen.
    pub(super) views: Views,
    /// Items that were marked.
    selection: Selection,
    /// What is counted of them when they or the groups change.
    marking: Marking,
    /// Why nothing can be decided here.
    pub(super) read_only: Option<SafeText>,
    /// The answer to every key that would decide, where this is a moment of a replay.
    replayed: Option<&'static str>,
    /// Why nothing more can be written.
    pub(super) broken: Option<SafeText>,
    /// The items of the table that is edited now.
    editing: Option<Arc<ItemSet>>,
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

/// What to do when nothing more can be written.
const AGAIN: &str = "see to the disk, leave with q and open the review again";

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
                group: None,
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
                counted: 0,
            },
            queue: Queue::of(&campaign),
            card: Card::default(),
            why: Why::default(),
            views: Views::of(opened.views, opened.views_wrong),
            selection: Selection::default(),
            marking: Marking::default(),
            read_only: opened.read_only,
            replayed: None,
            broken: None,
            editing: None,
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
        review.select_group(review.queue.key(0));
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
        if let Some(why) = self.replayed {
            return Some(why.to_owned());
        }
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
        // The moment and what is known of it stand above these screens.
        if self.replayed.is_some() {
            return Vec::new();
        }
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

    /// The screen has another size.
    pub(crate) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.settle();
    }

    /// The subject that the selected row is about: its position in the snapshot.
    pub(super) fn subject(&self) -> Option<usize> {
        let group = self.desk.group?;
        match self.queue.grouping() {
            Grouping::Account => Some(group.index()),
            _ => match self.selected()? {
                Row::Own(item) => Some(self.campaign.snapshot().subject_of(item)),
                Row::Derived(_) => None,
            },
        }
    }

    /// The row of the selected group in the queue.
    pub(super) fn queue_row(&self) -> Option<usize> {
        self.queue.row(self.desk.group?).ok()
    }

    /// The selected row of the card.
    pub(super) fn selected(&self) -> Option<Row> {
        self.card.get(self.desk.row)
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
        self.make_card();
        self.desk.row = self.desk.row.min(self.card.len().saturating_sub(1));
        self.count_marks();
        let areas = areas(self.size, self);
        if let (Some(area), Some(row)) = (areas.queue, self.queue_row()) {
            let height = usize::from(area.height.saturating_sub(1));
            self.desk.queue_top = scrolled(self.desk.queue_top, row, self.queue.len(), height);
        }
        if let Some(area) = areas.card {
            let height = usize::from(area.height.saturating_sub(super::card::HEAD));
            self.desk.card_top =
                scrolled(self.desk.card_top, self.desk.row, self.card.len(), height);
        }
        let choosing = matches!(self.desk.sheets.last(), Some(Sheet::Views(_)));
        if choosing || areas.views.is_some() {
            self.views.settle(&self.campaign);
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
        let deadlines = [self.guard(), prefix, self.views.due()];
        deadlines.into_iter().flatten().min()
    }

    /// Lets go of guards whose time has come.
    pub(in crate::tui) fn pass_time(&mut self, now_ms: u64) {
        self.desk.counted += u64::from(self.views.pass_time(&self.campaign, now_ms));
        self.let_go(now_ms);
    }

    /// The same when a key was pressed, which does not wait for anything to be counted.
    fn let_go(&mut self, now_ms: u64) {
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

    /// The review as its journal tells it.
    #[cfg(test)]
    pub(in crate::tui) fn campaign(&self) -> &Campaign {
        &self.campaign
    }

    /// The items that are shown; `None` while a filter is mistaken.
    #[cfg(test)]
    pub(in crate::tui) fn shown(&self) -> Option<crate::domain::items::ItemSet> {
        let shown = self.queue.all(&self.campaign);
        self.desk.filter_error.is_none().then(|| (&shown).into())
    }

    /// What the screen is large enough for.
    pub(super) fn shape(&self) -> Shape {
        Shape::of(self.size)
    }
}
