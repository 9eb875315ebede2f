//! [`Filtering`]: typing a filter: what it shows at once, where it is mistaken, how it may go on.

use ratatui::{
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    layout::{Areas, bottom},
    reason::prompt,
    review::{Place, Review},
};
use crate::{
    domain::{
        campaign::Campaign,
        filter::{Completion, Error, Part, complete},
        text::SafeText,
    },
    tui::{
        theme::Look,
        widget::{
            field::Field,
            pen::Pen,
            text::{self, count},
        },
    },
};

/// What stands before the filter while it is typed.
const PROMPT: &str = " / ";

/// A filter that is being typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filtering {
    /// Its text.
    pub(super) field: Field,
    /// The place to come back to.
    pub(super) from: Place,
    /// What Tab put in, until something is typed.
    tab: Option<Tab>,
    /// Whether Tab found nothing to put in.
    stuck: bool,
}

/// A completion one goes through.
#[derive(Debug, Clone, PartialEq)]
struct Tab {
    /// What was typed.
    typed: String,
    completion: Completion,
    /// The candidate that is put in.
    at: usize,
}

impl Filtering {
    /// Begins with `text`; `from` is the place to come back to.
    pub(super) fn new(text: &str, from: Place) -> Self {
        Self {
            field: Field::of(text),
            from,
            tab: None,
            stuck: false,
        }
    }

    /// Puts in the first way to go on, then the next, or the one before.
    pub(super) fn complete(&mut self, campaign: &Campaign, back: bool) {
        let tab = if let Some(mut tab) = self.tab.take() {
            let many = tab.completion.candidates.len();
            let steps = if back { many - 1 } else { 1 };
            tab.at = (tab.at + steps) % many;
            tab
        } else {
            let typed = self.field.text().to_owned();
            let completion = complete(&typed, typed.chars().count(), campaign);
            let Some(last) = completion.candidates.len().checked_sub(1) else {
                self.stuck = true;
                return;
            };
            Tab {
                typed,
                completion,
                at: if back { last } else { 0 },
            }
        };
        self.field = Field::of(&tab.completion.apply(&tab.typed, tab.at));
        self.tab = Some(tab);
    }

    /// Goes back to what was typed before Tab; the answer is whether Tab put something in.
    pub(super) fn uncomplete(&mut self) -> bool {
        let tab = self.tab.take();
        if let Some(tab) = &tab {
            self.field = Field::of(&tab.typed);
        }
        tab.is_some()
    }

    /// Something was typed: what Tab put in stays.
    pub(super) fn typed(&mut self) {
        self.tab = None;
        self.stuck = false;
    }

    /// Draws the line that is typed and what there is to say about it; the answer is where the cursor goes.
    pub(super) fn draw(
        &self,
        review: &Review,
        areas: &Areas,
        body: Rect,
        pen: &mut Pen<'_>,
    ) -> Option<(u16, u16)> {
        let look = pen.look();
        let error = review.desk.filter_error.as_ref();
        match (&self.tab, error) {
            (Some(tab), _) => tab.draw(&mut pen.on(areas.toast)),
            (None, _) if self.stuck => {
                let said = "nothing is known that could stand here";
                say(said, look.theme.warning, body, pen);
            }
            (None, Some(error)) => {
                let said = format!(
                    "column {}: {} ({})",
                    error.column,
                    error.message,
                    still(review)
                );
                say(&said, look.theme.error, body, pen);
            }
            (None, None) => {
                let shown = review.queue.items(&review.campaign) as u64;
                let shown = format!("{} shown", count(shown, "item", "items"));
                if let Some(told) = review.queue.told() {
                    say(&format!("{shown}; {told}"), look.theme.warning, body, pen);
                } else {
                    let mut toast = pen.on(areas.toast);
                    toast.clear();
                    toast.line(0, &Line::styled(format!(" {shown}"), look.theme.dim));
                }
            }
        }
        // The filter is typed where it stands afterwards: in the header's last row.
        let row = Rect {
            y: areas.header.bottom().saturating_sub(1),
            height: 1,
            ..areas.header
        };
        let mut row = pen.on(row);
        let at = prompt(&mut row, 0, PROMPT, &self.field);
        if let (None, Some(error)) = (&self.tab, error) {
            self.underline(error, &mut row);
        }
        at
    }

    /// Underlines what is wrong in the line, as far as it is in sight.
    fn underline(&self, error: &Error, row: &mut Pen<'_>) {
        let width = |from: usize, many: usize| {
            let part: String = self.field.text().chars().skip(from).take(many).collect();
            text::width(SafeText::of(&part).as_str())
        };
        let room = row.width().saturating_sub(text::width(PROMPT));
        let (_, seen) = self.field.shown(room);
        let hidden = width(0, usize::MAX).saturating_sub(seen);
        let first = width(0, error.column - 1);
        let end = first + width(error.column - 1, error.width).max(1);
        let (first, end) = (first.max(hidden), end.max(hidden));
        let style = row.look().theme.error.add_modifier(Modifier::UNDERLINED);
        row.tint_part(0, text::width(PROMPT) + first - hidden, end - first, style);
    }
}

/// What is on the screen while the text is mistaken.
fn still(review: &Review) -> String {
    match review.queue.filter() {
        Some(filter) => format!("showing the last good filter: {}", SafeText::of(filter)),
        None => "showing everything".to_owned(),
    }
}

/// Says something over the end of the body, in as many lines as it takes.
fn say(said: &str, style: ratatui::style::Style, body: Rect, pen: &mut Pen<'_>) {
    let wide = pen.area().width;
    let mut lines = text::wrap(said, usize::from(wide).saturating_sub(2));
    // What is shown stays in sight, too.
    lines.truncate(usize::from(body.height / 2).max(1));
    let mut pen = pen.on(bottom(body, wide, lines.len()));
    pen.clear();
    for (row, line) in lines.into_iter().enumerate() {
        pen.line(row, &Line::styled(format!(" {line}"), style));
    }
}

impl Tab {
    /// Draws the candidates in a line, the one that is put in among them.
    fn draw(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        pen.clear();
        let candidates = &self.completion.candidates;
        let place = format!(" {}/{} ", self.at + 1, candidates.len());
        let from = pen.right(0, &Line::styled(place, look.theme.dim));
        let meaning = SafeText::of(&candidates[self.at].meaning).to_string();
        let meaning = text::cut(&meaning, from / 3, look.glyphs.ellipsis);
        let names: Vec<String> = candidates
            .iter()
            .map(|candidate| SafeText::of(&candidate.text).simple().to_string())
            .map(|name| text::cut(&name, from / 2, look.glyphs.ellipsis))
            .collect();
        // As many before it as leave it in sight.
        let room = from.saturating_sub(text::width(&meaning) + 4);
        let mut first = self.at;
        let mut used = text::width(&names[self.at]);
        while first > 0 && used + 2 + text::width(&names[first - 1]) <= room {
            first -= 1;
            used += 2 + text::width(&names[first]);
        }
        let mut spans = vec![Span::raw(" ")];
        for (at, name) in names.into_iter().enumerate().skip(first) {
            if at == self.at {
                spans.push(Span::styled(name, look.theme.cursor));
                spans.push(Span::styled(format!(" {meaning}  "), look.theme.dim));
            } else {
                spans.push(Span::raw(format!("{name}  ")));
            }
        }
        let area = pen.area();
        let room = Rect {
            width: u16::try_from(from.saturating_sub(1)).unwrap_or(0),
            ..area
        };
        pen.on(room).line(0, &Line::from(spans));
    }
}

/// The parts of a filter, one chip each; those that exclude look different, and begin with what excludes.
pub(super) fn chips(parts: &[Part], look: &Look) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled("/", look.theme.strong)];
    for part in parts {
        let style = if part.negated {
            look.theme.warning
        } else {
            look.theme.strong
        };
        spans.push(Span::styled(" [", look.theme.rule));
        spans.push(Span::styled(SafeText::of(&part.text).to_string(), style));
        spans.push(Span::styled("]", look.theme.rule));
    }
    spans
}
