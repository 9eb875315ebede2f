//! Panels beside the items: the one item of the smallest screens, other holders, what was done last.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{card, frame::change_sign, review::Review};
use crate::{
    domain::journal::Event,
    tui::{phrase, widget::pen::Pen},
};

/// One item over the whole body, where there is room for no more.
pub(super) fn draw_one(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let Some((row, group)) = review.selected().zip(review.desk.group) else {
        pen.line(
            0,
            &Line::styled(" Nothing to show. Esc clears the filter.", look.theme.text),
        );
        return None;
    };
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let group = review.queue.group(campaign, group);
    pen.line(0, &card::title(review, group, look.theme.strong));
    let (item, own) = match row {
        card::Row::Own(item) => (item, true),
        card::Row::Derived(derived) => (review.card.derived[derived].item, false),
    };
    let slot = campaign.slot(item);
    let place = format!("{}/{}", review.desk.row + 1, review.card.len());
    let state = if review.is_saving(item) {
        "saving".to_owned()
    } else {
        match (slot.decision, slot.later) {
            (Some(decision), _) => decision.past().to_owned(),
            (None, true) => "undecided, for later".to_owned(),
            (None, false) => "undecided".to_owned(),
        }
    };
    let state = if own {
        state
    } else {
        "through a team".to_owned()
    };
    let mark = if own && review.is_marked(review.desk.row, item) {
        format!("{} marked  ", look.glyphs.mark)
    } else {
        String::new()
    };
    let sign = if own {
        look.glyphs.slot(slot)
    } else {
        look.glyphs.derived
    };
    let head = Line::from(vec![
        Span::raw(format!(
            "{} {mark}{place}  {}  ",
            look.glyphs.cursor,
            phrase::kind(snapshot, item)
        )),
        Span::styled(format!("{sign} {state}"), look.theme.slot(slot)),
    ]);
    pen.line(1, &head);
    pen.line(
        2,
        &Line::styled(
            format!("  {}", phrase::target(snapshot, item)),
            look.theme.strong,
        ),
    );
    pen.line(
        3,
        &Line::styled(
            format!("  {}", phrase::role(snapshot, item)),
            look.theme.strong,
        ),
    );
    let area = pen.area();
    if area.height > 4 {
        let under = Rect {
            y: area.y + 4,
            height: area.height - 4,
            ..area
        };
        review.why.draw(&mut pen.on(under), 0);
    }
    Some((area.x, area.y + 1))
}

/// Who else has the same access.
pub(super) fn draw_others(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    pen.rule(
        0,
        &Line::styled("same target, other holders", look.theme.strong),
    );
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let items = &review.why.others;
    for (place, item) in items
        .iter()
        .take(pen.height().saturating_sub(1))
        .enumerate()
    {
        let slot = campaign.slot(*item);
        pen.cell(
            2,
            place + 1,
            1,
            look.glyphs.slot(slot),
            look.theme.slot(slot),
        );
        let name = phrase::holder(snapshot, snapshot.grant(*item).holder);
        let half = pen.width().saturating_sub(5) / 2;
        pen.cell(4, place + 1, half.saturating_sub(1), &name, look.theme.text);
        pen.cell(
            4 + half,
            place + 1,
            half,
            &phrase::role(snapshot, *item),
            look.theme.dim,
        );
    }
    if items.is_empty() {
        let nobody = "  no other holder has something stored on it";
        pen.line(1, &Line::styled(nobody, look.theme.dim));
    }
}

/// What was done last, newest first.
pub(super) fn draw_recent(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    pen.rule(0, &Line::styled("recent", look.theme.strong));
    let campaign = &review.campaign;
    let height = pen.height().saturating_sub(1);
    for (place, entry) in campaign.entries().iter().rev().take(height).enumerate() {
        let sign = match &entry.event {
            Event::Decided(decided) => change_sign(look, decided.change),
            Event::Undone { .. } => Span::styled(look.glyphs.undone, look.theme.dim),
            _ => Span::raw(" "),
        };
        let line = Line::from(vec![
            Span::styled(format!(" {} ", entry.at.clock()), look.theme.dim),
            sign,
            Span::raw(format!(" {}", phrase::entry(campaign, entry))),
        ]);
        pen.line(place + 1, &line);
    }
}
