//! Where the parts go at each size, and how they are drawn.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Sheet, State};
use crate::{
    domain::{
        compared::{Change, Kind, Row, Said},
        outcome::Outcome,
        text::SafeText,
    },
    tui::{
        phrase::compared as words,
        screen::{
            frame::{self, gutter},
            layout::{Shape, take_bottom, take_left, take_top},
        },
        theme::Look,
        widget::{
            pen::Pen,
            prompt,
            text::{self, number},
        },
    },
};

/// Where the parts go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Areas {
    warning: Option<Rect>,
    head: Rect,
    parts: Rect,
    pub(super) list: Rect,
    divider: Option<Rect>,
    particulars: Option<Rect>,
    /// Everything between the parts and what was said last.
    body: Rect,
    said: Rect,
    footer: Rect,
}

impl State<'_> {
    pub(super) fn areas(&self) -> Areas {
        let (wide, high) = self.size;
        let shape = Shape::of(self.size);
        let mut rest = Rect::new(0, 0, wide, high);
        let warning = !self.warning.is_empty();
        let mut areas = Areas {
            warning: warning.then(|| take_top(&mut rest, 1)),
            head: take_top(&mut rest, 1),
            parts: take_top(&mut rest, 1),
            footer: take_bottom(&mut rest, 1),
            said: take_bottom(&mut rest, 1),
            body: rest,
            ..Areas::default()
        };
        match shape {
            Shape::Tiny | Shape::One | Shape::Narrow => {}
            Shape::Wide => areas.particulars = Some(take_bottom(&mut rest, 11)),
            Shape::Full => {
                let list = take_left(&mut rest, wide * 11 / 20);
                areas.divider = Some(take_left(&mut rest, 1));
                areas.particulars = Some(rest);
                rest = list;
            }
        }
        areas.list = rest;
        areas
    }

    /// How many rows the list shows; its title takes one.
    pub(super) fn list_height(&self) -> usize {
        usize::from(self.areas().list.height.saturating_sub(1))
    }

    /// Cells for the lines of a sheet.
    pub(super) fn sheet_width(&self) -> usize {
        usize::from(self.size.0).saturating_sub(2)
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let full = frame.area();
        let mut pen = Pen::new(frame.buffer_mut(), full, &self.look);
        if Shape::of(self.size) == Shape::Tiny {
            draw_tiny(self.size, &mut pen);
            return;
        }
        let areas = self.areas();
        if let Some(area) = areas.warning {
            let line = Line::styled(format!(" ! {}", self.warning), self.look.theme.error);
            pen.on(area).line(0, &line);
        }
        self.draw_head(&mut pen.on(areas.head));
        self.draw_parts(&mut pen.on(areas.parts));
        let mut cursor = self.draw_list(&mut pen.on(areas.list));
        if let Some(area) = areas.divider {
            pen.on(area).divider(0);
        }
        if let Some(area) = areas.particulars {
            let mut pen = pen.on(area);
            let wide = pen.width().saturating_sub(2);
            self.draw_lines("Particulars", &self.particulars(wide), 0, &mut pen);
        }
        self.draw_said(&mut pen.on(areas.said));
        frame::footer(&mut pen.on(areas.footer), 0, self.context(), None, false);
        match &self.sheet {
            None => {}
            Some(Sheet::Filter(field)) => {
                if self.said.refused {
                    // The line that is typed takes the place of what was said.
                    let above = Rect {
                        y: areas.said.y.saturating_sub(1),
                        ..areas.said
                    };
                    let mut pen = pen.on(above);
                    pen.clear();
                    self.draw_said(&mut pen);
                }
                cursor = prompt::draw("filter: ", field, &mut pen.on(areas.said));
            }
            Some(Sheet::Particulars { top }) => {
                let mut pen = pen.on(areas.body);
                pen.clear();
                let lines = self.particulars(self.sheet_width());
                cursor = Some(self.draw_lines("Particulars", &lines, *top, &mut pen));
            }
            Some(Sheet::Sides { top }) => {
                let mut pen = pen.on(areas.body);
                pen.clear();
                let lines = self.compared_lines(self.sheet_width());
                cursor = Some(self.draw_lines("What is compared", &lines, *top, &mut pen));
            }
            Some(Sheet::Help(help)) => cursor = Some(help.draw(&mut pen.on(areas.body))),
        }
        if let Some((x, y)) = cursor.filter(|(x, y)| *x < full.right() && *y < full.bottom()) {
            frame.set_cursor_position((x, y));
        }
    }

    /// Organization, what is compared as of when, and the filter.
    fn draw_head(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let (dot, arrow) = (look.glyphs.dot, look.glyphs.becomes);
        let (old, new) = (self.compared.older(), self.compared.newer());
        let name = |campaign: &crate::domain::campaign::Campaign| {
            let review = SafeText::of(&campaign.opened().review);
            let as_of = campaign.as_of();
            if pen.width() >= 100 {
                format!("{review} as of {} UTC", as_of.minute())
            } else {
                format!("{review} {}", as_of.day())
            }
        };
        let (name_old, name_new) = (name(old), name(new));
        let organization = new.snapshot().organization().name.safe();
        let mut right = 0;
        if let Some((filter, _)) = &self.chosen {
            let room = pen.width() / 3;
            let filter = text::cut(SafeText::of(filter).as_str(), room, look.glyphs.ellipsis);
            let filter = Line::styled(format!(" /{filter} "), look.theme.mark);
            right = pen.width() - pen.right(0, &filter);
        }
        let room = pen.width().saturating_sub(right);
        let text = format!(" {organization} {dot} {name_old} {arrow} {name_new}");
        let text = text::cut(&text, room, look.glyphs.ellipsis);
        pen.line(0, &Line::styled(text, look.theme.strong));
    }

    /// The parts with the number of their rows; the one that is shown stands in brackets.
    fn draw_parts(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let all = self.all();
        let label = |place: usize, kind: Kind| {
            let rows = number(all[place].len() as u64);
            let label = format!("{} {} {rows}", place + 1, kind.plural());
            if place == self.part {
                format!("[{label}]")
            } else {
                format!(" {label} ")
            }
        };
        let kinds = || Kind::ALL.into_iter().enumerate();
        let mut shown: Vec<String> = kinds().map(|(place, kind)| label(place, kind)).collect();
        if shown.iter().map(|label| text::width(label)).sum::<usize>() > pen.width() {
            let brief = kinds().map(|(place, kind)| {
                if place == self.part {
                    label(place, kind)
                } else {
                    format!(" {} ", place + 1)
                }
            });
            shown = brief.collect();
        }
        let spans: Vec<Span<'_>> = shown
            .into_iter()
            .enumerate()
            .map(|(place, label)| {
                let style = match (place == self.part, all[place].is_empty()) {
                    (true, _) => look.theme.selected,
                    (false, true) => look.theme.dim,
                    (false, false) => look.theme.text,
                };
                Span::styled(label, style)
            })
            .collect();
        pen.line(0, &Line::from(spans));
    }

    fn draw_list(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let rows = self.rows();
        let totals = self.totals[self.part].iter();
        let totals: Vec<String> = totals
            .map(|(word, n)| format!("{} {word}", number(*n as u64)))
            .collect();
        let title = match self.kind() {
            Kind::Revoke => "Revokes of the older one".to_owned(),
            kind => {
                let plural = kind.plural();
                format!("{}{}", plural[..1].to_uppercase(), &plural[1..])
            }
        };
        let mut title = vec![Span::styled(title, look.theme.strong)];
        if !totals.is_empty() {
            let totals = totals.join(", ");
            title.push(Span::raw(format!(" {} {totals}", look.glyphs.dot)));
        }
        pen.rule(0, &Line::from(title));
        if rows.is_empty() {
            let text = match (&self.chosen, self.kind()) {
                (Some(_), _) => " the filter chooses nothing here",
                (None, Kind::Revoke) => " nothing was revoked",
                (None, _) => " nothing differs",
            };
            pen.line(1, &Line::styled(text, look.theme.dim));
            return None;
        }
        let list = self.lists[self.part];
        let shown = rows.iter().enumerate().skip(list.top);
        for (line, (place, row)) in shown.take(pen.height().saturating_sub(1)).enumerate() {
            self.draw_row(row, place == list.row, line + 1, pen);
        }
        let line = u16::try_from(list.row.checked_sub(list.top)? + 1).ok()?;
        let area = pen.area();
        (line < area.height).then_some((area.x, area.y + line))
    }

    fn draw_row(&self, row: &Row, here: bool, line: usize, pen: &mut Pen<'_>) {
        let look = pen.look();
        gutter(pen, line, here, false);
        let (sign, style) = sign(row.said, look);
        pen.cell(2, line, 2, sign, style);
        let mut column = 4;
        if pen.width() >= 60 {
            pen.cell(column, line, 13, row.said.word(), style);
            column += 13;
        }
        let fields = self.compared.fields(row);
        let fields = fields
            .iter()
            .map(|field| words::field(field, look.glyphs.becomes));
        let remark = words::remark(self.compared, row);
        let detail: Vec<String> = fields
            .chain((!remark.is_empty()).then_some(remark))
            .collect();
        let mut text = vec![Span::raw(words::what(self.compared, row))];
        if !detail.is_empty() {
            let detail = format!("  {}", detail.join(", "));
            text.push(Span::styled(detail, look.theme.dim));
        }
        pen.line_at(column, line, &Line::from(text));
        if here {
            pen.tint(line, look.theme.cursor);
        }
    }

    fn draw_lines(
        &self,
        title: &str,
        lines: &[Line<'_>],
        top: usize,
        pen: &mut Pen<'_>,
    ) -> (u16, u16) {
        let height = pen.height().saturating_sub(1);
        let top = top.min(lines.len().saturating_sub(height));
        let more = lines.len().saturating_sub(top + height);
        let mut spans = vec![Span::styled(title.to_owned(), self.look.theme.strong)];
        if more > 0 {
            let dot = self.look.glyphs.dot;
            let more = format!(" {dot} {} more below", number(more as u64));
            spans.push(Span::styled(more, self.look.theme.dim));
        }
        pen.rule(0, &Line::from(spans));
        for (row, line) in lines.iter().skip(top).take(height).enumerate() {
            pen.line_at(1, row + 1, line);
        }
        let area = pen.area();
        (area.x, area.y)
    }

    fn draw_said(&self, pen: &mut Pen<'_>) {
        let theme = &pen.look().theme;
        let line = match (&self.said.text, self.said.refused) {
            (text, true) => Line::styled(format!(" ! {text}"), theme.warning),
            (text, false) => Line::raw(format!(" {text}")),
        };
        pen.line(0, &line);
    }
}

/// The sign of what a row says, and its colour; the word stands beside it where there is room.
fn sign(said: Said, look: &Look) -> (&'static str, Style) {
    let theme = &look.theme;
    match said {
        Said::Change(Change::Added) => ("+", theme.keep),
        Said::Change(Change::Removed) => ("-", theme.revoke),
        Said::Change(Change::Changed) => ("~", theme.later),
        Said::Change(Change::Unknown) | Said::Outcome(Outcome::NotSeen) => ("?", theme.warning),
        Said::Outcome(Outcome::Gone | Outcome::HolderGone) => (look.glyphs.keep, theme.keep),
        Said::Outcome(_) => ("!", theme.error),
    }
}

fn draw_tiny((wide, high): (u16, u16), pen: &mut Pen<'_>) {
    let times = pen.look().glyphs.times;
    let lines = [
        format!("diff needs 40{times}10"),
        format!("this is {wide}{times}{high}"),
        "Q quit, or make it larger".to_owned(),
    ];
    for (row, line) in lines.into_iter().enumerate() {
        pen.line(row, &Line::raw(line));
    }
}
