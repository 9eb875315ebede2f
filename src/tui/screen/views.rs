//! [`Views`]: the views that can be chosen, with how many items each shows; and the sheet on which view, grouping and
//! order are chosen.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    frame::gutter,
    layout::centered,
    queue::arranged,
    reason::prompt,
    review::{Review, moved},
};
use crate::{
    domain::{
        campaign::Campaign,
        text::SafeText,
        view::{By, Grouping, Sort, View},
    },
    tui::{
        action::Action,
        keymap::{self, Context},
        theme::Look,
        widget::{
            field::Field,
            pen::{Pen, scrolled},
            text::{self, number},
        },
    },
};

/// Up to so many items all views are counted at once; beyond, one after the other while nothing else is to be done.
const AT_ONCE: usize = 20_000;

/// How long after a change the views of a large review are counted again.
const QUIET_MS: u64 = 300;

/// The views that can be chosen.
#[derive(Debug, Default)]
pub(crate) struct Views {
    /// Those that are always there, then the reviewer's own.
    all: Vec<View>,
    /// How many are always there.
    built_in: usize,
    /// Why the reviewer's own could not be read.
    pub(super) wrong: Option<SafeText>,
    /// For each view how many items it shows, and after how many entries that was so.
    counts: Vec<Option<(u64, usize)>>,
    /// When the next one is counted.
    due: Option<u64>,
    /// The time as it was told last.
    clock_ms: u64,
}

impl Views {
    /// The views that are always there, and these.
    pub(super) fn of(own: Vec<View>, wrong: Option<SafeText>) -> Self {
        let mut all = View::all_built_in();
        let built_in = all.len();
        all.extend(own);
        Self {
            counts: vec![None; all.len()],
            all,
            built_in,
            wrong,
            due: None,
            clock_ms: 0,
        }
    }

    /// All of them, in order.
    pub(super) fn all(&self) -> &[View] {
        &self.all
    }

    /// One of the reviewer's own.
    fn own(&self, place: usize) -> Option<&View> {
        self.all[self.built_in..].get(place.checked_sub(self.built_in)?)
    }

    /// Which one looks as `view` does.
    pub(super) fn like(&self, view: &View) -> Option<usize> {
        self.all.iter().position(|it| it.looks_as(view))
    }

    /// How many items a view shows, once they are counted.
    fn count(&self, place: usize) -> Option<u64> {
        self.counts[place].map(|(n, _)| n)
    }

    /// Tells the time.
    pub(super) fn at(&mut self, now_ms: u64) {
        self.clock_ms = now_ms;
    }

    /// When there is something to count.
    pub(super) fn due(&self) -> Option<u64> {
        self.due
    }

    fn stale(&self, campaign: &Campaign) -> Option<usize> {
        let now = campaign.entries().len();
        let mut counts = self.counts.iter();
        counts.position(|count| count.is_none_or(|(_, then)| then != now))
    }

    fn recount(&mut self, campaign: &Campaign, place: usize) {
        let n = match self.all[place].parsed() {
            Ok(filter) => filter.select(campaign).len() as u64,
            Err(_) => 0,
        };
        self.counts[place] = Some((n, campaign.entries().len()));
    }

    /// Sees to it that the counts are those of now, at once or soon.
    pub(super) fn settle(&mut self, campaign: &Campaign) {
        if campaign.snapshot().len() <= AT_ONCE {
            while let Some(place) = self.stale(campaign) {
                self.recount(campaign, place);
            }
        } else if self.due.is_none() && self.stale(campaign).is_some() {
            self.due = Some(self.clock_ms + QUIET_MS);
        }
    }

    /// Counts one view when it is time to; whether it did.
    pub(super) fn pass_time(&mut self, campaign: &Campaign, now_ms: u64) -> bool {
        self.clock_ms = now_ms;
        if self.due.is_none_or(|due| now_ms < due) {
            return false;
        }
        let stale = self.stale(campaign);
        if let Some(place) = stale {
            self.recount(campaign, place);
        }
        self.due = self.stale(campaign).map(|_| now_ms + 1);
        stale.is_some()
    }
}

/// Choosing a view, a grouping or an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ViewsSheet {
    /// The selected view.
    pub(super) row: usize,
}

/// What a name that is typed is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Naming {
    /// What is shown now.
    New,
    /// The view of this name.
    Old(String),
}

/// A name for a view that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameSheet {
    pub(super) of: Naming,
    pub(super) field: Field,
    /// Why the name cannot be taken.
    pub(super) said: Option<String>,
}

impl NameSheet {
    /// Draws it in one line; the answer is where the cursor goes.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        pen.clear();
        if let Some(said) = &self.said {
            let said = Line::styled(format!(" {said} "), pen.look().theme.error);
            let from = pen.right(0, &said);
            let area = pen.area();
            let room = Rect {
                width: u16::try_from(from).unwrap_or(area.width),
                ..area
            };
            return prompt(&mut pen.on(room), 0, self.before(), &self.field);
        }
        prompt(pen, 0, self.before(), &self.field)
    }

    fn before(&self) -> &'static str {
        match self.of {
            Naming::New => " save this view as: ",
            Naming::Old(_) => " call it instead: ",
        }
    }
}

impl ViewsSheet {
    /// Begins at the view that is shown.
    pub(super) fn of(review: &Review) -> Self {
        Self {
            row: review.views.like(&review.view()).unwrap_or(0),
        }
    }

    pub(super) fn go(&mut self, action: Action, views: usize) {
        self.row = moved(self.row, views, 8, action);
    }

    /// The selected view, when it is one of the reviewer's own; else why not.
    pub(super) fn own<'v>(&self, views: &'v Views) -> Result<&'v View, String> {
        views.own(self.row).ok_or_else(|| {
            let name = views.all.get(self.row).map_or("it", |view| &view.name);
            format!("{name} is always there; only your own views are renamed and deleted")
        })
    }

    /// Draws it; the answer is where the cursor goes.
    pub(super) fn draw(&self, review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let views = &review.views;
        let wide = usize::from(pen.area().width).min(100).saturating_sub(4);
        let choices = choices(review, look, wide);
        let wrong = views.wrong.as_ref().map_or_else(Vec::new, |wrong| {
            let mut lines = text::wrap(wrong.as_str(), wide);
            lines.truncate(2);
            lines
        });
        let area = centered(
            pen.area(),
            100,
            views.all.len() + choices.len() + wrong.len() + 3,
        );
        let mut pen = pen.on(area);
        let inside = pen.frame("View, group, sort");
        let mut pen = pen.on(inside);
        let below = choices.len() + wrong.len();
        let rows = pen.height().saturating_sub(below).max(1);
        let top = scrolled(0, self.row, views.all.len(), rows);
        for place in 0..rows.min(views.all.len() - top) {
            draw_view(
                review,
                &mut pen,
                place,
                top + place,
                top + place == self.row,
            );
        }
        let from = pen.height().saturating_sub(below);
        for (row, line) in choices.iter().enumerate() {
            pen.line(from + row, line);
        }
        for (row, line) in wrong.iter().enumerate() {
            let line = Line::styled(line.as_str(), look.theme.error);
            pen.line(from + choices.len() + row, &line);
        }
        let row = u16::try_from(self.row.checked_sub(top)?).ok()?;
        (row < inside.height).then_some((inside.x, inside.y + row))
    }
}

/// The key that chooses the view at `place`.
fn digit(place: usize) -> Option<char> {
    match place {
        0..9 => char::from_digit(u32::try_from(place).ok()? + 1, 10),
        9 => Some('0'),
        _ => None,
    }
}

fn draw_view(review: &Review, pen: &mut Pen<'_>, line: usize, place: usize, here: bool) {
    let look = pen.look();
    let views = &review.views;
    let view = &views.all[place];
    let active = views.like(&review.view()) == Some(place);
    gutter(pen, line, here, false);
    let digit = digit(place).map_or(String::new(), |digit| digit.to_string());
    pen.cell(2, line, 1, &digit, look.theme.key);
    let style = if active {
        look.theme.strong
    } else {
        look.theme.text
    };
    let name = SafeText::of(&view.name).to_string();
    let count = match views.count(place) {
        Some(n) => number(n),
        None => look.glyphs.ellipsis.to_owned(),
    };
    let named = 28.min(pen.width().saturating_sub(14));
    pen.cell(4, line, named, &name, style);
    let counted = 9;
    let blank = counted - text::width(&count).min(counted);
    pen.cell(4 + named + blank, line, counted, &count, look.theme.text);
    let from = 4 + named + counted + 2;
    let filter = SafeText::of(&view.filter).to_string();
    let mut told: Vec<String> = Vec::new();
    if !filter.is_empty() {
        told.push(filter);
    }
    told.extend(arranged(view.grouping, view.sort, look));
    let told = told.join(&format!(" {} ", look.glyphs.dot));
    pen.cell(
        from,
        line,
        pen.width().saturating_sub(from),
        &told,
        look.theme.dim,
    );
    if here {
        pen.tint(line, look.theme.cursor);
    }
}

/// What can be chosen besides a view, in lines, with the keys; what is so now stands out.
fn choices(review: &Review, look: &Look, wide: usize) -> Vec<Line<'static>> {
    let (grouping, sort) = (review.queue.grouping(), review.queue.sort());
    let mut lines = Vec::new();
    let mut row = |label: &'static str, spans: Vec<(Vec<Span<'static>>, usize)>| {
        let mut line = vec![Span::styled(label, look.theme.dim)];
        let mut used = text::width(label);
        for (chip, room) in spans {
            if used + room > wide && used > text::width(label) {
                lines.push(Line::from(std::mem::take(&mut line)));
                used = 1;
                line.push(Span::raw(" "));
            }
            line.extend(chip);
            line.push(Span::raw("  "));
            used += room + 2;
        }
        lines.push(Line::from(line));
    };
    let chip = |action: Action, word: String, now: bool| {
        let key = Context::Views
            .bindings()
            .iter()
            .find(|binding| binding.action == action)
            .map_or(String::new(), keymap::label);
        let style = if now {
            look.theme.cursor
        } else {
            look.theme.text
        };
        let room = text::width(&key) + 1 + text::width(&word);
        let spans = vec![
            Span::styled(key, look.theme.key),
            Span::raw(" "),
            Span::styled(word, style),
        ];
        (spans, room)
    };
    let groups = Grouping::ALL.map(|it| {
        let word = it.word().to_owned();
        chip(Action::Group(it), word, it == grouping)
    });
    row("Group  ", groups.into());
    let orders = By::ALL.map(|by| {
        let now = sort.by == by;
        let sign = look.glyphs.turned[usize::from(sort.reversed)];
        let word = if now {
            format!("{} {sign}", by.word())
        } else {
            by.word().to_owned()
        };
        chip(Action::SortBy(by), word, now)
    });
    row("Sort   ", orders.into());
    lines
}

/// Draws the views with their counts, where there is room beside the review.
pub(super) fn draw_panel(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    let title = Line::from(vec![
        Span::styled("Views ", look.theme.strong),
        Span::styled("o", look.theme.key),
    ]);
    pen.rule(0, &title);
    let views = &review.views;
    let active = views.like(&review.view());
    let height = pen.height().saturating_sub(1);
    for (place, view) in views.all.iter().enumerate().take(height) {
        let digit = digit(place).map_or(String::new(), |digit| digit.to_string());
        let count = match views.count(place) {
            Some(n) => format!(" {} ", number(n)),
            None => format!(" {} ", look.glyphs.ellipsis),
        };
        let room = pen.width().saturating_sub(3 + text::width(&count));
        let style = if active == Some(place) {
            look.theme.strong
        } else {
            look.theme.text
        };
        pen.cell(1, place + 1, 1, &digit, look.theme.key);
        pen.cell(3, place + 1, room, SafeText::of(&view.name).as_str(), style);
        pen.right(place + 1, &Line::styled(count, look.theme.dim));
    }
}

/// The order that a key asks for: the same one again is turned around.
pub(super) fn asked(now: Sort, by: By) -> Sort {
    Sort {
        by,
        reversed: now.by == by && !now.reversed,
    }
}
