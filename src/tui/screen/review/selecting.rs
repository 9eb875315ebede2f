//! Selecting: marks, ranges, all that is shown; and getting them back.

use crate::{
    domain::items::Item,
    tui::{
        action::Action,
        screen::{
            card::Row,
            marks::Marks,
            review::{Pane, Range, Review, Tone},
        },
        widget::text::count,
    },
};

impl Review {
    /// Whether an item is marked, or in the range that is being made.
    pub(in crate::tui::screen) fn is_marked(&self, item: Item) -> bool {
        self.selection.marks().contains(item) || self.in_range(item)
    }

    /// Whether an item of the subject at `position` is marked, or it is in the range that is being made.
    pub(in crate::tui::screen) fn has_marks(&self, position: usize) -> bool {
        let subject = self.campaign.snapshot().subjects()[position];
        self.selection.marks().between(subject.first, subject.end) > 0
            || self.rows_of_range().is_some_and(|rows| {
                self.queue
                    .row(position)
                    .is_ok_and(|row| rows.contains(&row))
            })
    }

    /// The rows of the queue in a range of subjects.
    fn rows_of_range(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let Some(Range::Subjects(from)) = self.desk.range else {
            return None;
        };
        let (Ok(from), Some(to)) = (self.queue.row(from), self.queue_row()) else {
            return None;
        };
        Some(from.min(to)..=from.max(to))
    }

    fn in_range(&self, item: Item) -> bool {
        match (self.desk.range, self.selected()) {
            (Some(Range::Items(from)), Some(Row::Own(to))) => {
                (from.min(to)..=from.max(to)).contains(&item)
            }
            (Some(Range::Subjects(_)), _) => {
                let subject = self.campaign.snapshot().subject_of(item);
                let row = self.queue.row(subject);
                self.queue.shows(item)
                    && row.is_ok_and(|row| {
                        self.rows_of_range().is_some_and(|rows| rows.contains(&row))
                    })
            }
            _ => false,
        }
    }

    /// The items in the range that is being made.
    fn range_items(&self) -> Marks {
        let mut items = Marks::default();
        match self.desk.range {
            None => {}
            Some(Range::Items(_)) => {
                for row in &self.card.rows[..self.card.own] {
                    if let Row::Own(item) = row
                        && self.in_range(*item)
                    {
                        items.insert(*item);
                    }
                }
            }
            Some(Range::Subjects(_)) => {
                let subjects = self.campaign.snapshot().subjects();
                for row in self.rows_of_range().into_iter().flatten() {
                    if let Some(position) = self.queue.subject(&self.campaign, row) {
                        items.insert_run(subjects[position].first, subjects[position].end);
                    }
                }
                self.queue.only_shown(&mut items);
            }
        }
        items
    }

    /// How many items are marked, and how many of those the filter hides.
    pub(in crate::tui::screen) fn marked(&self) -> (usize, usize) {
        let marks = self.selection.marks();
        // A range counts as marked while it is made, and lies within what is shown.
        let range = self.range_items();
        let range = range.len() - range.shared(marks);
        (marks.len() + range, self.queue.hidden(marks))
    }

    /// Marks or unmarks the item under the cursor, or all items of the account, and moves on.
    pub(super) fn mark(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match (self.desk.pane, self.selected()) {
            (Pane::Card, Some(Row::Own(item))) => {
                self.selection.toggle(item);
                self.say_marked("");
                if self.desk.row + 1 < self.card.own {
                    self.desk.row += 1;
                }
            }
            (Pane::Card, Some(Row::Derived(_))) => {
                self.refuse(
                    "access through a team is no item of its own; Enter shows where it comes from",
                );
            }
            (Pane::Queue, _) if self.subject().is_some() => {
                self.desk.range = self.subject().map(Range::Subjects);
                let items = self.range_items();
                self.desk.range = None;
                self.selection.toggle_all(&items);
                self.say_marked("");
                self.go(Action::Down);
            }
            _ => self.refuse("there is no item here"),
        }
    }

    /// Begins a range of items at the cursor, or ends a range and marks what is in it.
    pub(super) fn range(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match (self.desk.pane, self.selected()) {
            (Pane::Card, Some(Row::Own(item))) => self.desk.range = Some(Range::Items(item)),
            (Pane::Queue, _) => self.range_of_subjects(),
            _ => self.refuse("a range begins on an item"),
        }
    }

    /// Begins a range of whole accounts and teams, or ends a range and marks what is in it.
    pub(super) fn range_of_subjects(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match self.subject() {
            Some(subject) => self.desk.range = Some(Range::Subjects(subject)),
            None => self.refuse("there is no account here"),
        }
    }

    /// Moves by one row; a range begins there first when none is being made.
    pub(super) fn extend(&mut self, way: Action) {
        if self.desk.range.is_none() {
            self.range();
        }
        if self.desk.range.is_some() {
            self.go(way);
        }
    }

    /// Marks what is in the range.
    pub(super) fn end_range(&mut self) {
        if self.desk.range.is_none() {
            return;
        }
        let items = self.range_items();
        self.desk.range = None;
        self.selection.add(&items);
        self.say_marked("");
    }

    /// Marks everything that is shown.
    pub(super) fn mark_all(&mut self) {
        self.desk.range = None;
        let shown = self.queue.all(&self.campaign);
        self.selection.add_answer(self.queue.filter(), &shown);
        self.say_marked("; a, s, d and c act on all of them, - unmarks");
    }

    /// Marks what is shown and not marked, and unmarks what is.
    pub(super) fn invert_marks(&mut self) {
        self.end_range();
        let shown = self.queue.all(&self.campaign);
        self.selection.invert(&shown);
        self.say_marked("");
    }

    /// Takes all marks away when a key asks for it.
    pub(super) fn unmark(&mut self) {
        self.unmark_all();
        self.say_marked("");
    }

    /// Takes all marks away.
    pub(super) fn unmark_all(&mut self) {
        self.desk.range = None;
        self.selection.clear();
    }

    /// Marks again what was marked before.
    pub(super) fn restore_marks(&mut self) {
        self.desk.range = None;
        if self.selection.restore() {
            self.say_marked(", as they were before");
        } else {
            self.refuse("nothing was marked before");
        }
    }

    /// Says how many items are marked now, and how many of them cannot be seen.
    fn say_marked(&mut self, more: &str) {
        let hidden = match self.queue.hidden(self.selection.marks()) as u64 {
            0 => String::new(),
            n => format!(
                " ({} hidden by the filter)",
                crate::domain::words::number(n)
            ),
        };
        let text = match self.selection.marks().len() as u64 {
            0 => "nothing is marked".to_owned(),
            n => format!("{} marked{hidden}{more}", count(n, "item is", "items are")),
        };
        self.say(Tone::Plain, text);
    }
}
