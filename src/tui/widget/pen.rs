//! [`Pen`]: draws text into a part of the screen and never beyond it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::text;
use crate::tui::theme::Look;

/// Draws into one area. Rows and columns count from the area's corner; what lies outside is left out.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: &'a Look,
}

impl<'a> Pen<'a> {
    /// Draws into `area`, as far as the screen has it.
    pub(crate) fn new(buffer: &'a mut Buffer, area: Rect, look: &'a Look) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, look }
    }

    /// Draws into another part of the screen.
    pub(crate) fn on(&mut self, area: Rect) -> Pen<'_> {
        Pen::new(self.buffer, area, self.look)
    }

    /// Where it draws.
    pub(crate) fn area(&self) -> Rect {
        self.area
    }

    /// Columns there are.
    pub(crate) fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    /// Rows there are.
    pub(crate) fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Colours and glyphs.
    pub(crate) fn look(&self) -> &'a Look {
        self.look
    }

    /// Draws `line` in row `row`, cut where the area ends.
    pub(crate) fn line(&mut self, row: usize, line: &Line<'_>) {
        self.line_at(0, row, line);
    }

    /// Draws `line` in row `row` from column `column`, cut where the area ends.
    pub(crate) fn line_at(&mut self, column: usize, row: usize, line: &Line<'_>) {
        let mut column = column;
        let spans = &line.spans;
        for (place, span) in spans.iter().enumerate() {
            let room = self.width().saturating_sub(column);
            let rest: usize = spans[place + 1..]
                .iter()
                .map(|span| text::width(&span.content))
                .sum();
            // Only the span that runs out of room ends with an ellipsis.
            let fits = text::width(&span.content) <= room;
            let ellipsis = if fits && rest > 0 {
                ""
            } else {
                self.look.glyphs.ellipsis
            };
            let short = text::cut(&span.content, room, ellipsis);
            self.put(column, row, &short, line.style.patch(span.style));
            column += text::width(&short);
        }
    }

    /// Draws `text` in exactly `room` cells.
    pub(crate) fn cell(
        &mut self,
        column: usize,
        row: usize,
        room: usize,
        text: &str,
        style: Style,
    ) {
        let room = room.min(self.width().saturating_sub(column));
        let text = text::fit(text, room, self.look.glyphs.ellipsis);
        self.put(column, row, &text, style);
    }

    /// Draws `line` so that it ends in the last column, with a blank before it; the answer is where it begins.
    pub(crate) fn right(&mut self, row: usize, line: &Line<'_>) -> usize {
        let wide: usize = line
            .spans
            .iter()
            .map(|span| text::width(&span.content))
            .sum();
        let from = self.width().saturating_sub(wide);
        self.line_at(from, row, line);
        from
    }

    /// Draws a rule with a title in it.
    pub(crate) fn rule(&mut self, row: usize, title: &Line<'_>) {
        let look = self.look;
        let rule = look.glyphs.rule.repeat(self.width());
        self.put(0, row, &rule, look.theme.rule);
        if title.spans.is_empty() {
            return;
        }
        let mut titled = Line::from(Span::raw(" "));
        titled.spans.extend(title.spans.iter().cloned());
        titled.spans.push(Span::raw(" "));
        let room = self.width().saturating_sub(4);
        let area = Rect {
            x: self.area.x.saturating_add(2),
            width: u16::try_from(room).unwrap_or(0),
            ..self.area
        };
        if room > 0 {
            self.on(area).line(row, &titled);
        }
    }

    /// Draws a vertical rule in column `column` over all rows.
    pub(crate) fn divider(&mut self, column: usize) {
        let look = self.look;
        for row in 0..self.height() {
            self.put(column, row, look.glyphs.divider, look.theme.rule);
        }
    }

    /// Gives all cells of row `row` a style over the one they have.
    pub(crate) fn tint(&mut self, row: usize, style: Style) {
        if row < self.height() {
            let row = Rect {
                y: self.area.y + u16::try_from(row).unwrap_or(0),
                height: 1,
                ..self.area
            };
            self.buffer.set_style(row, style);
        }
    }

    /// Gives `wide` cells of row `row`, from column `column`, a style over the one they have.
    pub(crate) fn tint_part(&mut self, row: usize, column: usize, wide: usize, style: Style) {
        let end = (column + wide).min(self.width());
        if row < self.height() && column < end {
            let part = Rect {
                x: self.area.x + u16::try_from(column).unwrap_or(0),
                y: self.area.y + u16::try_from(row).unwrap_or(0),
                width: u16::try_from(end - column).unwrap_or(0),
                height: 1,
            };
            self.buffer.set_style(part, style);
        }
    }

    /// Empties the area.
    pub(crate) fn clear(&mut self) {
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// Draws a frame around the area with a title; the answer is what is inside.
    pub(crate) fn frame(&mut self, title: &str) -> Rect {
        self.clear();
        let look = self.look;
        let (wide, high) = (self.width(), self.height());
        if wide < 4 || high < 3 {
            return Rect {
                width: 0,
                height: 0,
                ..self.area
            };
        }
        let glyphs = &look.glyphs;
        let bar = glyphs.rule.repeat(wide - 2);
        self.put(
            0,
            0,
            &format!("{}{bar}{}", glyphs.corners[0], glyphs.corners[1]),
            look.theme.rule,
        );
        self.put(
            0,
            high - 1,
            &format!("{}{bar}{}", glyphs.corners[2], glyphs.corners[3]),
            look.theme.rule,
        );
        for row in 1..high - 1 {
            self.put(0, row, glyphs.side, look.theme.rule);
            self.put(wide - 1, row, glyphs.side, look.theme.rule);
        }
        let title = text::cut(&format!(" {title} "), wide - 4, glyphs.ellipsis);
        self.put(2, 0, &title, look.theme.strong);
        Rect {
            x: self.area.x + 2,
            y: self.area.y + 1,
            width: self.area.width - 4,
            height: self.area.height - 2,
        }
    }

    fn put(&mut self, column: usize, row: usize, text: &str, style: Style) {
        if row >= self.height() || column >= self.width() {
            return;
        }
        let (Ok(x), Ok(y)) = (u16::try_from(column), u16::try_from(row)) else {
            return;
        };
        let room = self.width() - column;
        let (x, y) = (self.area.x + x, self.area.y + y);
        let (end, _) = self.buffer.set_stringn(x, y, text, room, style);
        if end > x
            && text::right_to_left(text)
            && let Some(last) = self.buffer.cell_mut((end - 1, y))
        {
            // On terminals that reorder, keeps the next column from being pulled into this one.
            let symbol = format!("{}\u{200e}", last.symbol());
            last.set_symbol(&symbol);
        }
    }
}

/// The first row to show so that row `cursor` of `rows` is among `height` rows, moving as little as possible.
pub(crate) fn scrolled(top: usize, cursor: usize, rows: usize, height: usize) -> usize {
    let height = height.max(1);
    let top = top.min(rows.saturating_sub(height));
    top.min(cursor).max((cursor + 1).saturating_sub(height))
}
