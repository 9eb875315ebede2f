//! Selecting: marks, ranges, all that is shown; and getting them back.

use crate::{
    domain::{items::Item, view::Grouping},
    tui::{
        action::Action,
        screen::{
            card::Row,
            marks::Marks,
            order::{self, Key},
            review::{Pane, Range, Review, Tone},
        },
        widget::text::count,
    },
};

/// What is counted of the marks, so that a frame need not.
#[derive(Debug, Default)]
pub(super) struct Marking {
    /// How many items are marked or in the range that is being made, and how many marks the filter hides.
    counted: (usize, usize),
    /// For each key whether an item of it is marked; not for accounts and teams, whose items are neighbours.
    groups: Vec<bool>,
    made_for: Option<(u64, Grouping)>,
}

impl Review {
    /// Whether the item in row `row` is marked, or in the range that is being made.
    pub(in crate::tui::screen) fn is_marked(&self, row: usize, item: Item) -> bool {
        self.selection.marks().contains(item)
            || match self.desk.range {
                None => false,
                Some(Range::Items(from)) => {
                    (from.min(self.desk.row)..=from.max(self.desk.row)).contains(&row)
                }
                Some(Range::Groups(_)) => {
                    self.desk.group.is_some_and(|group| self.is_in_range(group))
                }
            }
    }

    /// Whether an item of a group is marked, or it is in the range that is being made.
    pub(in crate::tui::screen) fn has_marks(&self, key: Key) -> bool {
        let marked = match self.queue.grouping() {
            Grouping::Account => {
                let subject = self.campaign.snapshot().subjects()[key.index()];
                self.selection.marks().between(subject.first, subject.end) > 0
            }
            _ => self.marking.groups.get(key.index()).is_some_and(|it| *it),
        };
        marked || self.is_in_range(key)
    }

    /// Counts what is marked.
    pub(super) fn count_marks(&mut self) {
        let marks = self.selection.marks();
        // A range counts as marked while it is made, and lies within what is shown.
        let range = if self.desk.range.is_some() {
            let range = self.range_items();
            range.len() - range.shared(marks)
        } else {
            0
        };
        self.marking.counted = (marks.len() + range, self.queue.hidden(marks));
        let grouping = self.queue.grouping();
        let made_for = Some((self.selection.version(), grouping));
        if grouping == Grouping::Account || self.marking.made_for == made_for {
            return;
        }
        let snapshot = self.campaign.snapshot();
        let mut groups = vec![false; order::keys(snapshot, grouping)];
        order::each(
            snapshot,
            grouping,
            crate::domain::items::ItemSet::from(marks).iter(),
            |key, _| {
                groups[key.index()] = true;
            },
        );
        self.marking.groups = groups;
        self.marking.made_for = made_for;
    }

    /// The rows of the queue in a range of groups.
    fn rows_of_range(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let Some(Range::Groups(from)) = self.desk.range else {
            return None;
        };
        let (Ok(from), Some(to)) = (self.queue.row(from), self.queue_row()) else {
            return None;
        };
        Some(from.min(to)..=from.max(to))
    }

    /// Whether a group is in the range of groups that is being made.
    fn is_in_range(&self, key: Key) -> bool {
        self.rows_of_range()
            .is_some_and(|rows| self.queue.row(key).is_ok_and(|row| rows.contains(&row)))
    }

    /// The items in the range that is being made.
    fn range_items(&self) -> Marks {
        let mut items = Marks::default();
        match self.desk.range {
            None => {}
            Some(Range::Items(from)) => {
                let end = from.max(self.desk.row) + 1;
                let own = &self.card.items;
                for item in &own[from.min(self.desk.row).min(own.len())..end.min(own.len())] {
                    items.insert(*item);
                }
            }
            Some(Range::Groups(_)) => {
                for row in self.rows_of_range().into_iter().flatten() {
                    if let Some(key) = self.queue.key(row) {
                        self.queue.put(key, &mut items);
                    }
                }
            }
        }
        items
    }

    /// How many items are marked, and how many of those the filter hides.
    pub(in crate::tui::screen) fn marked(&self) -> (usize, usize) {
        self.marking.counted
    }

    /// Marks or unmarks the item under the cursor, or all items of the group, and moves on.
    pub(super) fn mark(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match (self.desk.pane, self.selected()) {
            (Pane::Card, Some(Row::Own(item))) => {
                self.selection.toggle(item);
                self.say_marked("");
                if self.desk.row + 1 < self.card.items.len() {
                    self.desk.row += 1;
                }
            }
            (Pane::Card, Some(Row::Derived(_))) => {
                self.refuse(
                    "access through a team is no item of its own; Enter shows where it comes from",
                );
            }
            (Pane::Queue, _) => {
                let Some(group) = self.desk.group else {
                    self.refuse("there is no item here");
                    return;
                };
                let mut items = Marks::default();
                self.queue.put(group, &mut items);
                self.selection.toggle_all(&items);
                self.say_marked("");
                self.go(Action::Down);
            }
            (Pane::Card, None) => self.refuse("there is no item here"),
        }
    }

    /// Begins a range of items at the cursor, or ends a range and marks what is in it.
    pub(super) fn range(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match (self.desk.pane, self.selected()) {
            (Pane::Card, Some(Row::Own(_))) => {
                self.desk.range = Some(Range::Items(self.desk.row));
            }
            (Pane::Queue, _) => self.range_of_groups(),
            _ => self.refuse("a range begins on an item"),
        }
    }

    /// Begins a range of whole groups, or ends a range and marks what is in it.
    pub(super) fn range_of_groups(&mut self) {
        if self.desk.range.is_some() {
            self.end_range();
            return;
        }
        match self.desk.group {
            Some(group) => self.desk.range = Some(Range::Groups(group)),
            None => self.refuse("there is nothing to begin a range with"),
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
