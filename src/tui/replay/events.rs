//! The events of a journal, oldest first, all or those a filter chooses.

use ratatui::text::{Line, Span};

use super::{Pane, State};
use crate::{
    domain::{
        filter::EventFilter,
        journal::{Entry, Event},
    },
    tui::{
        phrase,
        screen::frame::{change_sign, gutter},
        widget::{
            pen::{Pen, scrolled},
            text::{self, number},
        },
    },
};

/// The events that a filter chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) text: String,
    /// Their numbers, rising.
    pub(super) entries: Vec<u32>,
}

/// The rows of the list: the chosen events and, wherever that is, the one that is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    chosen: Option<&'a [u32]>,
    last: u32,
    at: u32,
    /// How many of the chosen ones lie before.
    before: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn of(chosen: Option<&'a [u32]>, last: u32, at: u32) -> Self {
        Self {
            chosen,
            last,
            at,
            before: chosen.map_or(0, |chosen| chosen.partition_point(|seq| *seq < at)),
        }
    }

    /// Whether the event that is shown is not one of the chosen.
    fn astray(&self) -> bool {
        self.chosen
            .is_some_and(|chosen| chosen.get(self.before) != Some(&self.at))
    }

    pub(super) fn len(&self) -> usize {
        match self.chosen {
            None => self.last as usize,
            Some(chosen) => chosen.len() + usize::from(self.astray()),
        }
    }

    /// The row of the event that is shown.
    pub(super) fn here(&self) -> usize {
        match self.chosen {
            None => self.at as usize - 1,
            Some(_) => self.before,
        }
    }

    /// The event in a row.
    pub(super) fn entry(&self, row: usize) -> Option<u32> {
        let Some(chosen) = self.chosen else {
            let seq = u32::try_from(row).ok()?.checked_add(1)?;
            return (seq <= self.last).then_some(seq);
        };
        match (self.astray(), row.cmp(&self.before)) {
            (true, std::cmp::Ordering::Equal) => Some(self.at),
            (true, std::cmp::Ordering::Greater) => chosen.get(row - 1).copied(),
            _ => chosen.get(row).copied(),
        }
    }

    /// The chosen event after the one that is shown, and the one before it.
    pub(super) fn next(&self) -> Option<u32> {
        self.entry(self.here() + 1)
    }

    pub(super) fn previous(&self) -> Option<u32> {
        self.entry(self.here().checked_sub(1)?)
    }
}

impl State {
    /// The rows of the list.
    pub(super) fn rows(&self) -> Rows<'_> {
        let chosen = self.chosen.as_ref().map(|chosen| chosen.entries.as_slice());
        Rows::of(chosen, self.replay.last(), self.replay.at())
    }

    /// Shows only the events that `text` chooses; an empty one shows all again.
    ///
    /// # Errors
    /// Where it cannot be understood.
    pub(super) fn filter(&mut self, text: &str) -> Result<(), String> {
        let filter = EventFilter::parse(text).map_err(|error| error.to_string())?;
        self.chosen = (!filter.is_empty()).then(|| Chosen {
            entries: filter.select(self.replay.end()),
            text: text.trim().to_owned(),
        });
        if let Some(chosen) = &self.chosen {
            self.say(match chosen.entries.len() {
                0 => "no entry is so; Esc shows all again".to_owned(),
                _ => "n and N go to the next and the previous of them, Esc shows all again"
                    .to_owned(),
            });
        }
        self.settle();
        Ok(())
    }
}

/// Draws the list; the answer is where the cursor row is.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let rows = state.rows();
    let mut title = vec![Span::styled("Entries", look.theme.strong)];
    if let Some(chosen) = &state.chosen {
        let many = number(chosen.entries.len() as u64);
        let shown = crate::domain::text::SafeText::of(&chosen.text);
        title.push(Span::raw(format!(
            " {} {many} of {}",
            look.glyphs.dot,
            number(u64::from(state.replay.last()))
        )));
        title.push(Span::styled(
            format!(" {} {shown}", look.glyphs.dot),
            look.theme.mark,
        ));
    }
    pen.rule(0, &Line::from(title));
    let height = pen.height().saturating_sub(1);
    let here = rows.here();
    let top = scrolled(state.top, here, rows.len(), height);
    for place in 0..height {
        let Some(seq) = rows.entry(top + place) else {
            break;
        };
        if let Some(entry) = state.replay.end().entry(seq) {
            draw_row(state, entry, top + place == here, place + 1, pen);
        }
    }
    let row = u16::try_from(here.checked_sub(top)? + 1).ok()?;
    let area = pen.area();
    (row < area.height).then_some((area.x, area.y + row))
}

fn draw_row(state: &State, entry: &Entry, here: bool, line: usize, pen: &mut Pen<'_>) {
    let look = pen.look();
    let shown = state.replay.campaign();
    let marked = state.mark == Some(entry.seq);
    gutter(pen, line, here, marked);
    let to_come = entry.seq > state.replay.at();
    let taken_back = !to_come && entry.event.is_change() && !shown.stands(entry.seq);
    let style = if to_come || taken_back {
        look.theme.dim
    } else {
        look.theme.text
    };
    let wide = pen.width();
    let digits = number(u64::from(state.replay.last())).len().max(3);
    let mut column = 2;
    let seq = format!("{:>digits$} ", number(u64::from(entry.seq)));
    pen.cell(column, line, digits + 1, &seq, look.theme.dim);
    column += digits + 1;
    let time = match wide {
        ..46 => String::new(),
        46..70 => entry.at.clock(),
        _ => format!("{} {}", entry.at.day(), entry.at.clock()),
    };
    if !time.is_empty() {
        pen.cell(column, line, text::width(&time), &time, look.theme.dim);
        column += text::width(&time) + 1;
    }
    if wide >= 60 {
        let who = if wide >= 90 { 14 } else { 9 };
        pen.cell(column, line, who, entry.by.safe().as_str(), style);
        column += who + 1;
    }
    let sign = match &entry.event {
        Event::Decided(decided) => change_sign(look, decided.change),
        Event::Undone { .. } => Span::styled(look.glyphs.undone, look.theme.dim),
        _ => Span::raw(" "),
    };
    pen.line_at(column, line, &Line::from(sign));
    column += 2;
    let words = phrase::entry(state.replay.end(), entry);
    let words = if taken_back {
        format!("(taken back) {words}")
    } else {
        words
    };
    pen.line_at(column, line, &Line::styled(words, style));
    if here {
        let has_keys = state.pane == Pane::Events;
        pen.tint(
            line,
            if has_keys {
                look.theme.cursor
            } else {
                look.theme.selected
            },
        );
    }
}

/// What is known of the event that is shown.
pub(super) fn draw_about(state: &State, pen: &mut Pen<'_>) {
    let look = pen.look();
    let end = state.replay.end();
    let at = state.replay.at();
    let Some(entry) = end.entry(at) else { return };
    pen.rule(
        0,
        &Line::styled(
            format!("entry {}", number(u64::from(at))),
            look.theme.strong,
        ),
    );
    let mut facts = vec![
        format!("{} {} UTC", entry.at.day(), entry.at.clock()),
        format!("by {}", entry.by.safe()),
    ];
    if let Some(before) = at.checked_sub(1).and_then(|seq| end.entry(seq)) {
        facts.push(after(entry.at.ms() - before.at.ms()));
    }
    if let Some((_, decided)) = entry
        .decided()
        .filter(|(_, decided)| decided.chosen.is_bulk())
    {
        let items = text::count(decided.items.len() as u64, "item", "items");
        facts.push(format!("a bulk of {items}, b shows it"));
    }
    if entry.event.is_change() && !end.stands(at) {
        facts.push("taken back later, it does not count at the end".to_owned());
    }
    let facts = format!(" {}", facts.join(&format!(" {} ", look.glyphs.dot)));
    pen.line(1, &Line::styled(facts, look.theme.dim));
    let mut words = phrase::entry(end, entry);
    if let (Event::Attested(_), Some(approved)) = (&entry.event, &state.approved) {
        words = format!("{words}; {approved}");
    }
    let wide = pen.width().saturating_sub(2);
    for (row, line) in text::wrap(&words, wide).into_iter().enumerate() {
        pen.line(row + 2, &Line::raw(format!(" {line}")));
    }
}

/// How long after the event before.
fn after(ms: i64) -> String {
    let seconds = ms.div_euclid(1000);
    match seconds {
        ..0 => "the clock was set back before it".to_owned(),
        0 => "less than a second after the one before".to_owned(),
        1..120 => format!("{seconds} s after the one before"),
        120..7200 => format!("{} min after the one before", seconds / 60),
        7200..172_800 => format!("{} h after the one before", seconds / 3600),
        _ => format!("{} days after the one before", seconds / 86_400),
    }
}
