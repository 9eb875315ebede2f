//! What is drawn over a replay: the prompts, a bulk as its reviewer saw it, and what differs between two moments.

use ratatui::{layout::Rect, text::Line};

use super::State;
use crate::{
    domain::{
        campaign::replay::Difference,
        decision::{Decision, Slot},
    },
    tui::{
        action::Action,
        phrase,
        screen::{
            bulk::Bulk,
            frame::gutter,
            help::Help,
            layout::{Shape, centered},
            review::moved,
        },
        widget::{
            field::Field,
            pen::{Pen, scrolled},
            prompt,
            text::{count, number},
        },
    },
};

/// Something over the replay that has the keys.
#[derive(Debug)]
pub(super) enum Sheet {
    /// The moment to go to.
    GoTo(Field),
    /// A filter of events.
    Filter(Field),
    Bulk(BulkSeen),
    Differ(Differ),
    Help(Help),
}

/// A bulk as it was previewed.
#[derive(Debug)]
pub(super) struct BulkSeen {
    title: String,
    lines: Vec<Line<'static>>,
    top: usize,
}

/// What differs between two moments.
#[derive(Debug)]
pub(super) struct Differ {
    from: u32,
    to: u32,
    rows: Vec<Difference>,
    row: usize,
    top: usize,
}

/// The widest that a bulk is told.
const WIDE: u16 = 96;

impl State {
    /// Shows the bulk that is the event of this moment.
    pub(super) fn open_bulk(&mut self) {
        let at = self.replay.at();
        let entry = self.replay.end().entry(at);
        let Some((_, decided)) = entry.and_then(crate::domain::journal::Entry::decided) else {
            self.refuse("this entry is no bulk");
            return;
        };
        if !decided.chosen.is_bulk() {
            self.refuse("this entry is no bulk: its items were decided by themselves");
            return;
        }
        let decided = decided.clone();
        let title = format!(
            "bulk at entry {}: {}, as it was before",
            number(u64::from(at)),
            phrase::to_do(decided.change)
        );
        self.playing = None;
        let wide = usize::from(self.size.0.min(WIDE)).saturating_sub(4);
        // Its reviewer saw the moment before.
        self.replay.seek(at - 1);
        let lines = Bulk::seen(self.replay.campaign(), &decided, &self.look, wide);
        self.replay.seek(at);
        self.sheet = Some(Sheet::Bulk(BulkSeen {
            title,
            lines,
            top: 0,
        }));
    }

    /// The screen has another size.
    pub(super) fn resize_sheet(&mut self) {
        if matches!(self.sheet, Some(Sheet::Bulk(_))) {
            self.open_bulk();
        }
    }

    /// Shows what differs between the marked event and this one.
    pub(super) fn open_differ(&mut self) {
        let at = self.replay.at();
        match self.mark {
            None => self.refuse("mark an entry with m, go to another one, then press d"),
            Some(mark) if mark == at => self.refuse("this entry is the marked one; go to another"),
            Some(mark) => {
                self.playing = None;
                let (from, to) = (mark.min(at), mark.max(at));
                let rows = self.replay.differences(from, to);
                self.replay.seek(at);
                self.sheet = Some(Sheet::Differ(Differ {
                    from,
                    to,
                    rows,
                    row: 0,
                    top: 0,
                }));
            }
        }
    }

    pub(super) fn act_on_sheet(&mut self, action: Action) {
        let page = usize::from(self.size.1.saturating_sub(8)).max(1);
        match (&mut self.sheet, action) {
            (_, Action::Cancel) => {
                self.sheet = None;
                self.said = super::Said::default();
            }
            (Some(Sheet::GoTo(field)), Action::Accept) => {
                let moment = self.replay.moment(field.trimmed());
                match moment {
                    Ok(to) => {
                        self.sheet = None;
                        self.said = super::Said::default();
                        self.seek(to);
                    }
                    Err(error) => self.refuse(format!("{error}; {}", error.hint())),
                }
            }
            (Some(Sheet::Filter(field)), Action::Accept) => {
                let text = field.trimmed().to_owned();
                self.said = super::Said::default();
                match self.filter(&text) {
                    Ok(()) => self.sheet = None,
                    Err(why) => self.refuse(why),
                }
            }
            (Some(Sheet::Bulk(bulk)), action) => {
                bulk.top = moved(bulk.top, bulk.lines.len(), page, action);
            }
            (Some(Sheet::Differ(differ)), action) => {
                differ.row = moved(differ.row, differ.rows.len(), page, action);
                differ.top = scrolled(differ.top, differ.row, differ.rows.len(), page);
            }
            (Some(Sheet::Help(help)), action) => help.go(action, self.size),
            _ => {}
        }
    }

    /// Draws the sheet over `body`, and the line of a prompt over `line`; the answer is where the cursor goes.
    pub(super) fn draw_sheet(
        &self,
        sheet: &Sheet,
        body: Rect,
        line: Rect,
        pen: &mut Pen<'_>,
    ) -> Option<(u16, u16)> {
        match sheet {
            Sheet::GoTo(field) => self.draw_prompt("go to entry or time: ", field, line, pen),
            Sheet::Filter(field) => self.draw_prompt("entries: ", field, line, pen),
            Sheet::Bulk(bulk) => {
                let area = centered(body, WIDE, bulk.lines.len() + 2);
                let mut pen = pen.on(area);
                let inside = pen.frame(&bulk.title);
                let mut pen = pen.on(inside);
                let top = bulk.top.min(bulk.lines.len().saturating_sub(pen.height()));
                for (row, line) in bulk.lines.iter().skip(top).take(pen.height()).enumerate() {
                    pen.line(row, line);
                }
                Some((inside.x, inside.y))
            }
            Sheet::Differ(differ) => self.draw_differ(differ, &mut pen.on(body)),
            Sheet::Help(help) => Some(help.draw(&mut pen.on(body))),
        }
    }

    fn draw_prompt(
        &self,
        name: &str,
        field: &Field,
        line: Rect,
        pen: &mut Pen<'_>,
    ) -> Option<(u16, u16)> {
        let look = pen.look();
        // A mistake stands in the row above, when there is one.
        let said = (self.said.refused && line.y > 0).then_some(&self.said.text);
        if let Some(said) = said {
            let above = Rect {
                y: line.y - 1,
                ..line
            };
            let mut pen = pen.on(above);
            pen.clear();
            pen.line(0, &Line::styled(format!(" ! {said}"), look.theme.warning));
        }
        prompt::draw(name, field, &mut pen.on(line))
    }

    fn draw_differ(&self, differ: &Differ, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        pen.clear();
        let title = format!(
            "{} between entry {} and entry {}",
            count(differ.rows.len() as u64, "item differs", "items differ"),
            number(u64::from(differ.from)),
            number(u64::from(differ.to)),
        );
        pen.rule(0, &Line::styled(title, look.theme.strong));
        let height = pen.height().saturating_sub(1);
        let snapshot = self.replay.end().snapshot();
        let small = Shape::of(self.size) == Shape::One;
        let top = scrolled(differ.top, differ.row, differ.rows.len(), height);
        for (place, row) in differ.rows.iter().skip(top).take(height).enumerate() {
            let (line, here) = (place + 1, top + place == differ.row);
            gutter(pen, line, here, false);
            let mut column = 2;
            if !small {
                let number = format!("{:>9}  ", number(row.item.number()));
                pen.cell(column, line, 11, &number, look.theme.dim);
                column += 11;
            }
            for (slot, room) in [(row.before, 14), (row.after, 14)] {
                let sign = look.glyphs.slot(slot);
                let room = if small { 2 } else { room };
                let words = if small {
                    sign.to_owned()
                } else {
                    format!("{sign} {}", word(slot))
                };
                pen.cell(column, line, room, &words, look.theme.slot(slot));
                column += room;
            }
            let what = phrase::item_of(snapshot, row.item);
            pen.line_at(column, line, &Line::raw(what));
            if here {
                pen.tint(line, look.theme.cursor);
            }
        }
        if differ.rows.is_empty() {
            pen.line(1, &Line::raw(" what was decided is the same at both"));
        }
        let area = pen.area();
        Some((
            area.x,
            area.y + u16::try_from(differ.row.checked_sub(top)? + 1).ok()?,
        ))
    }
}

fn word(slot: Slot) -> &'static str {
    match slot.decision {
        Some(decision) => Decision::past(decision),
        None if slot.later => "for later",
        None => "undecided",
    }
}
