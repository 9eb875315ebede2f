//! What is shown: by filter, together, and in which order; the place stays as far as it is shown.

use crate::{
    domain::{
        filter::Filter,
        items::{Item, ItemSet},
        journal::Chosen,
        text::{Raw, SafeText},
        view::{Grouping, Sort, View},
    },
    tui::{
        action::Action,
        phrase,
        screen::{
            card::Row,
            order::Key,
            review::{Pane, Plan, Review, Sheet, Tone},
            views::asked,
        },
        widget::text::count,
    },
};

/// Where the cursor is: the item, and the row of the queue for when there is none.
pub(in crate::tui::screen) type Place = (Option<Item>, usize);

impl Review {
    /// Shows what the filter that is being typed matches.
    pub(super) fn filter_typed(&mut self) {
        if let Some(Sheet::Filter(filter)) = self.desk.sheets.last() {
            let text = filter.field.text().to_owned();
            self.filter(&text);
        }
    }

    /// Shows what the filter text matches while it is typed; what cannot be understood leaves the view as it is.
    pub(in crate::tui::screen) fn filter(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            self.desk.filter_error = None;
            self.queue.show_all(&self.campaign);
        } else {
            match Filter::parse(text) {
                Ok(filter) => {
                    self.desk.filter_error = None;
                    self.queue.show(&self.campaign, text, &filter);
                }
                Err(error) => {
                    self.desk.filter_error = Some(error);
                    return;
                }
            }
        }
        self.keep_place();
    }

    /// What is shown, as a view without a name.
    pub(in crate::tui::screen) fn view(&self) -> View {
        View {
            name: String::new(),
            filter: self.queue.filter().unwrap_or_default().to_owned(),
            grouping: self.queue.grouping(),
            sort: self.queue.sort(),
        }
    }

    /// Does what was asked for on the sheet on which views are chosen, or by the name of the command.
    pub(super) fn look(&mut self, action: Action) {
        let sort = self.queue.sort();
        let told = match action {
            Action::Group(grouping) => {
                self.arrange(grouping, sort);
                grouping.help().to_owned()
            }
            Action::SortBy(by) => {
                let sort = asked(sort, by);
                self.arrange(self.queue.grouping(), sort);
                let turned = if sort.reversed { ", turned around" } else { "" };
                format!("{}{turned}", by.help())
            }
            _ => {
                let view = self.view();
                self.queue.forget();
                self.look_at(&view);
                "filtered and put in order anew".to_owned()
            }
        };
        self.say(Tone::Plain, told);
    }

    /// Looks at the view at `place` of those that can be chosen.
    pub(super) fn choose_view(&mut self, place: usize) {
        let Some(view) = self.views.all().get(place).cloned() else {
            self.refuse("there is no such view");
            return;
        };
        self.desk.sheets.clear();
        self.desk.pane = Pane::Card;
        self.look_at(&view);
        self.select_group(self.queue.key(0));
        self.desk.row = 0;
        if self.desk.filter_error.is_none() {
            let shown = count(self.queue.items(&self.campaign) as u64, "item", "items");
            let name = SafeText::of(&view.name);
            self.say(Tone::Plain, format!("{name}: {shown}"));
        }
    }

    /// Shows the items of a view as the view says.
    pub(in crate::tui::screen) fn look_at(&mut self, view: &View) {
        let place = self.place();
        self.queue.arrange(&self.campaign, view.grouping, view.sort);
        if view.filter.trim().is_empty() {
            self.desk.filter_error = None;
            self.queue.show_all(&self.campaign);
        } else {
            self.filter(&view.filter);
        }
        self.go_to_place(place);
    }

    /// Puts the items together and in order as asked, and stays where it is.
    pub(super) fn arrange(&mut self, grouping: Grouping, sort: Sort) {
        let place = self.place();
        self.queue.arrange(&self.campaign, grouping, sort);
        self.go_to_place(place);
    }

    /// After another filter: stays where it was as far as that is shown.
    fn keep_place(&mut self) {
        let place = self.place();
        self.go_to_place(place);
    }

    /// Goes to the item that was selected when it is shown; else to its group, or the next one that is.
    fn go_to_place(&mut self, (item, row): Place) {
        self.desk.range = None;
        if item.is_some_and(|item| self.select_item(item)) {
            return;
        }
        let rows = self.queue.len();
        let group = item.map(|item| self.queue.key_of(&self.campaign, item));
        let row = match group.map(|group| self.queue.row(group)) {
            Some(Ok(row) | Err(row)) => row,
            None => row,
        };
        self.select_group(self.queue.key(row.min(rows.saturating_sub(1))));
        self.desk.row = 0;
    }

    /// The place to come back to: while a filter is typed, the one from before.
    pub(super) fn place(&self) -> Place {
        if let Some(Sheet::Filter(filter)) = self.desk.sheets.last() {
            return filter.from;
        }
        let row = self.queue_row().unwrap_or(0);
        let item = match (self.selected(), self.desk.group) {
            (Some(Row::Own(item)), _) => Some(item),
            // Derived access belongs to the account whose items stand above it.
            (_, Some(group)) => {
                let members = self.queue.members(group);
                (members.len() > 0).then(|| members.get(0))
            }
            _ => None,
        };
        (item, row)
    }

    /// How what is undecided of a group is told to have been chosen: as a filter that chooses exactly it, where there is
    /// one.
    pub(super) fn rest_of(&self, group: Key, items: &[Item]) -> Chosen {
        if self.queue.grouping() == Grouping::Account {
            return Chosen::RestOfSubject;
        }
        let snapshot = self.campaign.snapshot();
        let group = self.queue.group(&self.campaign, group);
        let shown = self.queue.filter().map(|filter| format!("({filter})"));
        let undecided = "is:undecided".to_owned();
        let parts: Vec<String> = shown
            .into_iter()
            .chain(phrase::filter_of(snapshot, group))
            .chain([undecided])
            .collect();
        let text = parts.join(" ");
        // Two things may have one name, and a filter's answer is kept as it was when it was typed.
        let chosen: ItemSet = items.iter().copied().collect();
        match Filter::parse(&text) {
            Ok(filter) if filter.select(&self.campaign) == chosen => {
                Chosen::Filter(Raw::from(&*text))
            }
            _ => Chosen::Marked,
        }
    }

    /// Whether a plan was made of what is marked, and not of the rest of a group.
    pub(super) fn is_marked_choice(&self, plan: &Plan) -> bool {
        let marks = self.selection.marks();
        plan.chosen == self.selection.chosen()
            && !marks.is_empty()
            && plan.items.iter().all(|item| marks.contains(item))
    }
}
