//! Going from item to item and from group to group.

use crate::{
    domain::{
        decision::Slot,
        grant::Holder,
        items::{Item, ItemSet},
        journal::Event,
    },
    tui::{
        action::Action,
        screen::{
            card::Row,
            layout::areas,
            order::Key,
            review::{Pane, Range, Review, Toast, Tone},
        },
    },
};

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Forth,
    Back,
}

impl Review {
    /// Selects a group and its first row.
    pub(super) fn select_group(&mut self, group: Option<Key>) {
        if self.desk.group != group {
            self.desk.group = group;
            self.desk.row = 0;
            self.desk.card_top = 0;
            if matches!(self.desk.range, Some(Range::Items(_))) {
                self.desk.range = None;
            }
        }
        self.make_card();
    }

    /// Makes the rows of the selected group.
    pub(super) fn make_card(&mut self) {
        match self.desk.group {
            Some(group) => self.card.select(&self.queue, group),
            None => self.card.empty(),
        }
        let subject = self.subject();
        self.card.reach(&self.campaign, &self.access, subject);
    }

    /// Selects an item, when it is shown.
    pub(super) fn select_item(&mut self, item: Item) -> bool {
        if !self.queue.shows(item) {
            return false;
        }
        self.select_group(Some(self.queue.key_of(&self.campaign, item)));
        if let Some(row) = self.card.row(item) {
            self.desk.row = row;
        }
        true
    }

    /// Goes to where the review was left: the undecided item after the one decided last.
    pub(super) fn resume(&mut self) {
        let last = self
            .campaign
            .entries()
            .iter()
            .rev()
            .find_map(|entry| match &entry.event {
                Event::Decided(decided) if self.campaign.stands(entry.seq) => decided.items.last(),
                _ => None,
            });
        match last {
            Some(item) => {
                self.select_item(item);
                if let Some(next) = self.undecided(Some(item), Way::Forth, true) {
                    self.select_item(next);
                }
            }
            None => {
                if let Some(first) = self.undecided(None, Way::Forth, false) {
                    self.select_item(first);
                }
            }
        }
    }

    /// Moves in the pane that has the keys.
    pub(super) fn go(&mut self, action: Action) {
        let areas = areas(self.size, self);
        let page = |area: Option<ratatui::layout::Rect>, head: u16| {
            area.map_or(1, |area| {
                usize::from(area.height.saturating_sub(head)).max(1)
            })
        };
        match self.desk.pane {
            Pane::Queue => {
                let rows = self.queue.len();
                let row = self.queue_row().unwrap_or(0);
                let row = moved(row, rows, page(areas.queue, 1), action);
                self.select_group(self.queue.key(row));
            }
            Pane::Card => {
                let page = page(areas.card, super::super::card::HEAD);
                if action == Action::Down && self.desk.row + 1 >= self.card.len() {
                    let next = self.queue_row().map_or(0, |row| row + 1);
                    let noun = self.queue.grouping().noun();
                    let text = match self.queue.key(next) {
                        Some(_) => {
                            format!("this is the last row: ] goes on to the next {noun}")
                        }
                        None => format!("this is the last row of the last {noun}"),
                    };
                    self.say(Tone::Plain, text);
                }
                self.desk.row = moved(self.desk.row, self.card.len(), page, action);
            }
        }
    }

    /// Goes to the next or previous group that is shown.
    pub(super) fn go_group(&mut self, way: Way) {
        let Some(row) = self.queue_row() else {
            return;
        };
        let row = match way {
            Way::Forth => row + 1,
            Way::Back => row.wrapping_sub(1),
        };
        match self.queue.key(row) {
            Some(group) => self.select_group(Some(group)),
            None => self.refuse(match way {
                Way::Forth => "this is the last of the queue",
                Way::Back => "this is the first of the queue",
            }),
        }
    }

    /// Goes to the next or previous undecided item, over the end of the queue if need be.
    pub(super) fn go_undecided(&mut self, way: Way) {
        let from = self.here();
        let found = self
            .undecided(from, way, false)
            .map(|item| (item, ""))
            .or_else(|| {
                let text = match way {
                    Way::Forth => "went on from the top of the queue",
                    Way::Back => "went on from the end of the queue",
                };
                self.undecided(None, way, false).map(|item| (item, text))
            })
            .or_else(|| {
                self.undecided(from, way, true)
                    .or_else(|| self.undecided(None, way, true))
                    .map(|item| (item, "only what was left for later is undecided"))
            });
        if let Some((item, text)) = found {
            self.select_item(item);
            self.desk.pane = Pane::Card;
            if !text.is_empty() {
                self.say(Tone::Plain, text.to_owned());
            }
        } else {
            let text = match self.queue.filter() {
                Some(_) => "everything the filter shows is decided, or on its way to the disk",
                None if self.campaign.progress().undecided > 0 && self.pending.is_empty() => {
                    "what is left is your own access: another reviewer decides; S signs off"
                }
                None => "everything is decided; S signs off",
            };
            self.say(Tone::Plain, text.to_owned());
        }
    }

    /// Moves on after a decision on `item`: to the next undecided one, or by one row when it was decided before.
    pub(super) fn advance(&mut self, item: Item, before: Slot) {
        if before.decision.is_some() {
            if self.desk.row + 1 < self.card.items.len() {
                self.desk.row += 1;
            }
            return;
        }
        if let Some(next) = self.undecided(Some(item), Way::Forth, false) {
            self.select_item(next);
        }
    }

    /// The item the cursor is at, or the one at the end of the group for a derived row.
    fn here(&self) -> Option<Item> {
        match self.selected()? {
            Row::Own(item) => Some(item),
            Row::Derived(_) => {
                let members = self.queue.members(self.desk.group?);
                Some(members.get(members.len().checked_sub(1)?))
            }
        }
    }

    /// The next undecided item that is shown and may be decided, after `from` or from the end, in the order of the
    /// queue. Bookmarked ones count only `with_later`.
    ///
    /// Groups without one are passed over by their counts, so going through a whole review costs one pass.
    pub(super) fn undecided(&self, from: Option<Item>, way: Way, with_later: bool) -> Option<Item> {
        let campaign = &self.campaign;
        let wanted = |item: &Item| {
            let slot = campaign.slot(*item);
            slot.decision.is_none()
                && (with_later || !slot.later)
                && self.queue.shows(*item)
                && (campaign.self_review().is_some() || !campaign.is_own(*item))
                && !self.is_saving(*item)
        };
        let rows = self.queue.len();
        // The row to begin with, and the item there to begin after.
        let (start, from) = match from {
            Some(from) => match self.queue.row(self.queue.key_of(campaign, from)) {
                Ok(row) => (row, Some(from)),
                Err(row) if way == Way::Forth => (row, None),
                Err(row) => (row.checked_sub(1)?, None),
            },
            None if way == Way::Forth => (0, None),
            None => (rows.checked_sub(1)?, None),
        };
        let look = |row: usize| {
            let group = self.queue.key(row)?;
            let (decided, all) = self.queue.tally(campaign, group);
            if decided == all {
                return None;
            }
            let members = self.queue.members(group);
            let place = from.filter(|_| row == start);
            let place = place.and_then(|from| members.place(from));
            match way {
                Way::Forth => (place.map_or(0, |place| place + 1)..members.len())
                    .map(|at| members.get(at))
                    .find(wanted),
                Way::Back => (0..place.unwrap_or(members.len()))
                    .rev()
                    .map(|at| members.get(at))
                    .find(wanted),
            }
        };
        match way {
            Way::Forth => (start..rows).find_map(look),
            Way::Back => (0..=start.min(rows.checked_sub(1)?)).rev().find_map(look),
        }
    }

    /// Goes to what change `seq` did, after it was taken back or made again.
    pub(super) fn go_to_change(&mut self, seq: u32, mut text: String) {
        let (items, first) = match self.campaign.entry(seq).map(|entry| &entry.event) {
            Some(Event::Decided(decided)) => (decided.items.clone(), decided.items.first()),
            Some(Event::Noted { item, .. }) => (ItemSet::from(*item), Some(*item)),
            _ => (ItemSet::default(), None),
        };
        if let Some(first) = first {
            if self.select_item(first) {
                self.desk.pane = Pane::Card;
            } else {
                let name =
                    crate::tui::phrase::holder(self.campaign.snapshot(), self.holder_of(first));
                text = format!("{text} (outside the filter: {name}; Esc clears the filter)");
            }
        }
        self.desk.moved_back = std::sync::Arc::new(items);
        self.desk.toast = Toast {
            tone: Tone::Plain,
            text,
            undo: true,
        };
    }

    fn holder_of(&self, item: Item) -> Holder {
        self.campaign.snapshot().grant(item).holder
    }
}

/// Row `row` of `rows` after moving by `action`, with pages of `page` rows.
pub(in crate::tui) fn moved(row: usize, rows: usize, page: usize, action: Action) -> usize {
    let row = match action {
        Action::Up => row.saturating_sub(1),
        Action::Down => row + 1,
        Action::HalfUp => row.saturating_sub(page.div_ceil(2)),
        Action::HalfDown => row + page.div_ceil(2),
        Action::PageUp => row.saturating_sub(page),
        Action::PageDown => row + page,
        Action::First => 0,
        Action::Last => usize::MAX,
        _ => row,
    };
    row.min(rows.saturating_sub(1))
}
