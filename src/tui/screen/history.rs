//! [`History`]: every entry of the journal, newest first, and going back to any of them.

use ratatui::text::{Line, Span};

use super::{
    ask::Ask,
    frame::gutter,
    review::{Review, Sheet, moved},
};
use crate::{
    domain::{
        campaign::Campaign,
        journal::{Entry, Event},
    },
    tui::{
        action::Action,
        phrase,
        widget::{
            pen::{Pen, scrolled},
            text::{count, number},
        },
    },
};

/// All changes, the selected one by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    seq: u32,
    top: usize,
}

impl History {
    /// Opens at the newest entry.
    pub(super) fn of(campaign: &Campaign) -> Self {
        Self {
            seq: campaign.next_seq() - 1,
            top: 0,
        }
    }

    fn row(&self, campaign: &Campaign) -> usize {
        campaign.entries().len().saturating_sub(self.seq as usize)
    }

    pub(super) fn go(&mut self, campaign: &Campaign, action: Action, size: (u16, u16)) {
        let rows = campaign.entries().len();
        let page = usize::from(size.1).saturating_sub(7).max(1);
        let row = moved(self.row(campaign), rows, page, action);
        self.seq =
            u32::try_from(rows - row).expect("a journal has fewer than four billion entries");
        self.top = scrolled(self.top, row, rows, page);
    }

    /// Asks whether to take back everything after the selected entry.
    pub(super) fn accept(review: &mut Review, now_ms: u64) {
        let Some(Sheet::History(history)) = review.desk.sheets.last() else {
            return;
        };
        let seq = history.seq;
        if let Some(reason) = review.closed() {
            review.refuse(reason);
            return;
        }
        if !review.pending.is_empty() {
            review.refuse("still saving; try again in a moment");
            return;
        }
        let campaign = &review.campaign;
        let changes = campaign.changes_after(seq);
        if changes == 0 {
            review.refuse("no change after this one stands: there is nothing to take back");
            return;
        }
        let changes = count(changes as u64, "change", "changes");
        let question = format!("take back {changes} after {seq}? Nothing was sent to the server");
        review
            .desk
            .sheets
            .push(Sheet::Ask(Ask::undo_to(question, seq, now_ms)));
    }

    /// Draws it over the whole area; the answer is where the cursor row is.
    pub(super) fn draw(&self, campaign: &Campaign, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        pen.clear();
        let standing = campaign.undoable().map_or(0, |entry| entry.seq);
        let title = format!(
            "History {} {}",
            look.glyphs.dot,
            count(campaign.entries().len() as u64, "entry", "entries")
        );
        pen.rule(0, &Line::styled(title, look.theme.strong));
        pen.line(
            1,
            &Line::styled("      #  time                what", look.theme.dim),
        );
        let rows = campaign.entries().len();
        let height = pen.height().saturating_sub(2);
        let at = self.row(campaign);
        let top = scrolled(self.top, at, rows, height);
        for place in 0..height.min(rows.saturating_sub(top)) {
            let row = top + place;
            let entry = &campaign.entries()[rows - 1 - row];
            draw_row(
                campaign,
                pen,
                place + 2,
                entry,
                row == at,
                entry.seq == standing,
            );
        }
        let area = pen.area();
        Some((
            area.x,
            area.y + u16::try_from(at.checked_sub(top)? + 2).ok()?,
        ))
    }
}

fn draw_row(
    campaign: &Campaign,
    pen: &mut Pen<'_>,
    line: usize,
    entry: &Entry,
    here: bool,
    last: bool,
) {
    let look = pen.look();
    gutter(pen, line, here, false);
    let change = matches!(entry.event, Event::Decided(_) | Event::Noted { .. });
    let undone = change && !campaign.stands(entry.seq);
    let style = if undone || !change {
        look.theme.dim
    } else {
        look.theme.text
    };
    let sign = match &entry.event {
        Event::Decided(decided) => super::frame::change_sign(look, decided.change),
        Event::Undone { .. } => Span::styled(look.glyphs.undone, look.theme.dim),
        _ => Span::raw(" "),
    };
    let mut spans = vec![
        Span::styled(
            format!(
                "{:>6}  {}  ",
                number(u64::from(entry.seq)),
                entry.at.minute()
            ),
            look.theme.dim,
        ),
        sign,
        Span::styled(format!(" {}", phrase::entry(campaign, entry)), style),
    ];
    if undone {
        spans.push(Span::styled("  (undone)", look.theme.dim));
    } else if last {
        spans.push(Span::styled("  u takes this back", look.theme.dim));
    }
    pen.line_at(1, line, &Line::from(spans));
    if here {
        pen.tint(line, look.theme.cursor);
    }
}
