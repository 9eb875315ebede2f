//! The frame around every screen: where the parts go at each size, header, toast line and footer.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    card, loading, queue,
    review::{Pane, Review, Sheet, Tone},
};
use crate::{
    domain::{decision::Change, provenance::Completeness},
    tui::{
        action::Action,
        keymap::{self, Context},
        phrase,
        theme::Look,
        widget::{
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// What the screen is large enough for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Nothing: below 40 by 10.
    Tiny,
    /// One item at a time.
    One,
    /// One pane at a time.
    Narrow,
    /// Queue, items, why and what was done last beside each other.
    Wide,
    /// Also who else has the same access.
    Full,
}

impl Shape {
    /// By columns and rows.
    pub(crate) fn of((wide, high): (u16, u16)) -> Self {
        match (wide, high) {
            (..40, _) | (_, ..10) => Self::Tiny,
            (..60, _) | (_, ..16) => Self::One,
            (..100, _) | (_, ..30) => Self::Narrow,
            (..180, _) | (_, ..45) => Self::Wide,
            _ => Self::Full,
        }
    }
}

/// Where the parts of the review go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) bar: Option<Rect>,
    pub(super) banner: Option<Rect>,
    pub(super) queue: Option<Rect>,
    pub(super) card: Option<Rect>,
    /// The one item, where there is room for no more.
    pub(super) one: Option<Rect>,
    pub(super) why: Option<Rect>,
    pub(super) recent: Option<Rect>,
    pub(super) others: Option<Rect>,
    pub(super) dividers: [Option<Rect>; 2],
    /// Everything between header and toast line, for sheets that cover it.
    pub(super) body: Rect,
    pub(super) toast: Rect,
    pub(super) footer: Rect,
}

/// Where the parts go on a screen of this size.
pub(super) fn areas((wide, high): (u16, u16), review: &Review) -> Areas {
    let shape = Shape::of((wide, high));
    let mut areas = Areas::default();
    if shape == Shape::Tiny {
        return areas;
    }
    let row = |y: u16, height: u16| Rect {
        x: 0,
        y,
        width: wide,
        height,
    };
    let mut top = if shape == Shape::One { 1 } else { 2 };
    areas.header = row(0, top);
    if shape >= Shape::Wide {
        areas.bar = Some(row(top, 1));
        top += 1;
    }
    if banner(review).is_some() {
        areas.banner = Some(row(top, 1));
        top += 1;
    }
    let foot = if shape == Shape::Full { 2 } else { 1 };
    areas.footer = row(high - foot, foot);
    areas.toast = row(high - foot - 1, 1);
    let bottom = high - foot - 1;
    let body = row(top, bottom - top);
    areas.body = body;
    match shape {
        Shape::Tiny => {}
        Shape::One | Shape::Narrow if review.desk.pane == Pane::Queue => areas.queue = Some(body),
        Shape::One => areas.one = Some(body),
        Shape::Narrow => {
            // What is decided on comes first; the why panel takes rows only when enough are left.
            let why = match high {
                ..19 => 0,
                19..22 => 3,
                22..27 => 5,
                _ => 7,
            };
            areas.card = Some(Rect {
                height: body.height - why,
                ..body
            });
            areas.why = (why > 0).then_some(Rect {
                y: bottom - why,
                height: why,
                ..body
            });
        }
        Shape::Wide | Shape::Full => {
            let left = (wide / 3).clamp(32, 44);
            areas.queue = Some(Rect {
                width: left,
                ..body
            });
            areas.dividers[0] = Some(Rect {
                x: left,
                width: 1,
                ..body
            });
            let from = left + 1;
            let full = shape == Shape::Full;
            let right = if full { wide * 3 / 10 } else { 0 };
            let middle = wide - from - if full { right + 1 } else { 0 };
            let middle = Rect {
                x: from,
                width: middle,
                ..body
            };
            if full {
                areas.dividers[1] = Some(Rect {
                    x: middle.right(),
                    width: 1,
                    ..body
                });
                let right = Rect {
                    x: middle.right() + 1,
                    width: right,
                    ..body
                };
                let others = 14.min(body.height / 3);
                let why = body.height * 3 / 5;
                areas.card = Some(Rect {
                    height: body.height - others,
                    ..middle
                });
                areas.others = Some(Rect {
                    y: bottom - others,
                    height: others,
                    ..middle
                });
                areas.why = Some(Rect {
                    height: why,
                    ..right
                });
                areas.recent = Some(Rect {
                    y: right.y + why,
                    height: body.height - why,
                    ..right
                });
            } else {
                let recent = 6.min(body.height / 5);
                let why = 11.min(body.height * 2 / 5);
                areas.card = Some(Rect {
                    height: body.height - recent - why,
                    ..middle
                });
                areas.why = Some(Rect {
                    y: bottom - recent - why,
                    height: why,
                    ..middle
                });
                areas.recent = Some(Rect {
                    y: bottom - recent,
                    height: recent,
                    ..middle
                });
            }
        }
    }
    areas
}

/// What stands before the filter while it is typed.
const FILTER: &str = " / ";

/// What stands under the header for as long as it is true.
fn banner(review: &Review) -> Option<String> {
    if let Some(reason) = &review.broken {
        return Some(format!(
            "NOTHING MORE CAN BE WRITTEN: {reason}. What was saved is safe; q leaves."
        ));
    }
    if review.campaign.sealed().is_some() {
        return Some("SEALED: nothing in this review changes any more".to_owned());
    }
    review
        .read_only
        .as_ref()
        .map(|reason| format!("READ-ONLY: {reason}"))
}

/// Draws a review; the answer is where the terminal's cursor goes.
pub(crate) fn draw(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let full = pen.area();
    let areas = areas((full.width, full.height), review);
    header(review, &mut pen.on(areas.header));
    if let Some(area) = areas.bar {
        let progress = review.campaign.progress();
        let bar = loading::bar(
            progress.decided(),
            progress.items,
            usize::from(area.width),
            look.glyphs.bar,
        );
        pen.on(area).line(0, &Line::styled(bar, look.theme.keep));
    }
    if let (Some(area), Some(text)) = (areas.banner, banner(review)) {
        pen.on(area)
            .line(0, &Line::styled(format!(" {text}"), look.theme.error));
    }
    let mut cursor = None;
    for divider in areas.dividers.into_iter().flatten() {
        pen.on(divider).divider(0);
    }
    if let Some(area) = areas.queue {
        let at = queue::draw(review, &mut pen.on(area));
        cursor = if review.queue_has_keys() { at } else { cursor };
    }
    if let Some(area) = areas.card {
        let at = card::draw(review, &mut pen.on(area));
        cursor = if review.card_has_keys() { at } else { cursor };
    }
    if let Some(area) = areas.one {
        cursor = draw_one(review, &mut pen.on(area)).or(cursor);
    }
    if let Some(area) = areas.why {
        let mut pen = pen.on(area);
        pen.rule(0, &Line::styled("why", look.theme.strong));
        let under = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        review.why.draw(&mut pen.on(under), 0);
    }
    if let Some(area) = areas.others {
        draw_others(review, &mut pen.on(area));
    }
    if let Some(area) = areas.recent {
        draw_recent(review, &mut pen.on(area));
    }
    toast(review, &mut pen.on(areas.toast));
    let mut hints = pen.on(areas.footer);
    let context = review.context();
    let marked = (review.marked().0 > 0).then_some(review.marked().0);
    footer(&mut hints, 0, context, marked, review.closed().is_some());
    for sheet in &review.desk.sheets {
        cursor = draw_sheet(review, &areas, sheet, pen).or(cursor);
    }
    cursor
}

fn draw_sheet(
    review: &Review,
    areas: &Areas,
    sheet: &Sheet,
    pen: &mut Pen<'_>,
) -> Option<(u16, u16)> {
    let look = pen.look();
    // A sheet may take the toast line; on the smallest screens, where it has its own keys, the footer too.
    let body = Rect {
        height: areas.body.height + areas.toast.height,
        ..areas.body
    };
    let all = match review.shape() {
        Shape::One => Rect {
            height: body.height + areas.footer.height,
            ..body
        },
        _ => body,
    };
    match sheet {
        Sheet::Reason(reason) => reason.draw(&mut pen.on(all)),
        Sheet::Note(note) => note.draw(&mut pen.on(areas.toast)),
        Sheet::Path(path) => path.draw(&mut pen.on(all)),
        Sheet::Ask(ask) => {
            let mut pen = pen.on(areas.toast);
            pen.clear();
            let yes = Line::from(vec![
                Span::styled("y", look.theme.key),
                Span::raw(" yes  "),
                Span::styled("Esc", look.theme.key),
                Span::raw(" no "),
            ]);
            let from = pen.right(0, &yes);
            let question = format!(" {}", ask.question);
            pen.cell(0, 0, from.saturating_sub(1), &question, look.theme.strong);
            let at = text::width(&question).min(from.saturating_sub(1));
            Some((areas.toast.x + u16::try_from(at).ok()?, areas.toast.y))
        }
        Sheet::Bulk(bulk) => bulk.draw(&review.campaign, &mut pen.on(body)),
        Sheet::Why(why) => why.draw(review, &mut pen.on(areas.body)),
        Sheet::History(history) => history.draw(&review.campaign, &mut pen.on(areas.body)),
        Sheet::Help(help) => help.draw(&mut pen.on(body)),
        Sheet::Commands(commands) => commands.draw(&mut pen.on(body)),
        Sheet::Filter(filter) => {
            let field = &filter.field;
            let mut toast = pen.on(areas.toast);
            toast.clear();
            if let Some((column, message)) = &review.desk.filter_error {
                let said = format!(" column {column}: {message}");
                toast.line(0, &Line::styled(said, look.theme.error));
            } else {
                let shown = review.queue.items(&review.campaign) as u64;
                let said = format!(" {} shown", count(shown, "item", "items"));
                toast.line(0, &Line::styled(said, look.theme.dim));
            }
            // The filter is typed where it stands afterwards: in the header's last row.
            let header = areas.header;
            let row = Rect {
                y: header.bottom().saturating_sub(1),
                height: 1,
                ..header
            };
            let mut row = pen.on(row);
            let at = super::reason::prompt(&mut row, 0, FILTER, field);
            if let Some((column, _)) = &review.desk.filter_error {
                let place = text::width(
                    &field
                        .text()
                        .chars()
                        .take(column.saturating_sub(1))
                        .collect::<String>(),
                );
                let wrong: String = field
                    .text()
                    .chars()
                    .skip(column.saturating_sub(1))
                    .collect();
                let wrong = crate::domain::text::SafeText::of(&wrong);
                row.line_at(
                    FILTER.len() + place,
                    0,
                    &Line::styled(wrong.as_str(), look.theme.error),
                );
            }
            at
        }
        Sheet::SignOff(sign_off) => sign_off.draw(review, &mut pen.on(all)),
        Sheet::Sealed(record) => super::sign_off::draw_sealed(review, record, &mut pen.on(body)),
    }
}

/// Organization, review, reviewer; how far it is and whether it is saved; what is shown.
fn header(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    let dot = look.glyphs.dot;
    let campaign = &review.campaign;
    let opened = campaign.opened();
    let progress = campaign.progress();
    let wide = pen.width();
    let percent = (progress.decided() * 100)
        .checked_div(progress.items)
        .unwrap_or(100);
    let saved = if review.pending.is_empty() {
        Span::styled("saved", look.theme.dim)
    } else {
        let text = format!("{} saving {}", look.glyphs.saving, review.pending.len());
        Span::styled(text, look.theme.warning)
    };
    let mut right = vec![Span::raw(format!(
        " {}/{} {dot} {percent}% {dot} ",
        number(progress.decided()),
        number(progress.items)
    ))];
    if wide >= 100 {
        let glyphs = &look.glyphs;
        let mut part = |sign: &str, n: u64, style| {
            right.push(Span::styled(format!("{sign}{} ", number(n)), style));
        };
        part(glyphs.keep, progress.kept, look.theme.keep);
        part(glyphs.revoke, progress.revoked, look.theme.revoke);
        part(
            glyphs.acknowledge,
            progress.acknowledged,
            look.theme.acknowledge,
        );
        part(glyphs.later, progress.later, look.theme.later);
        right.push(Span::raw(format!("{dot} ")));
    }
    right.push(saved);
    right.push(Span::raw(" "));
    let from = pen.right(0, &Line::from(right));
    let organization = campaign.snapshot().organization().name.safe();
    let review_name = crate::domain::text::SafeText::of(&opened.review);
    let mut left = format!(" {organization} {dot} {review_name}");
    if wide >= 70 {
        left = format!("{left} {dot} {}", opened.reviewer.safe());
    }
    let area = pen.area();
    let room = Rect {
        width: u16::try_from(from).unwrap_or(0),
        height: 1.min(area.height),
        ..area
    };
    pen.on(room).line(0, &Line::styled(left, look.theme.strong));
    if pen.height() < 2 {
        // One row only: what is missing is told before who reviews.
        if let Some(partial) = partial(review) {
            pen.on(room)
                .line(0, &Line::styled(format!(" {partial}  "), look.theme.error));
        }
        return;
    }
    let (marked, hidden) = review.marked();
    let shown = format!(
        "{} {dot} {} ",
        count(review.queue.len(campaign) as u64, "holder", "holders"),
        count(review.queue.items(campaign) as u64, "item", "items"),
    );
    let mut right = vec![Span::styled(shown, look.theme.dim)];
    if marked > 0 {
        let hidden = if hidden > 0 {
            format!(" ({} hidden)", number(hidden as u64))
        } else {
            String::new()
        };
        let marked = format!("{dot} {} marked{hidden} ", number(marked as u64));
        right.push(Span::styled(marked, look.theme.mark));
    }
    let from = pen.right(1, &Line::from(right));
    let mut left = vec![Span::raw(" ")];
    if let Some(partial) = partial(review) {
        left.push(Span::styled(format!("{partial} {dot} "), look.theme.error));
    }
    match review.queue.filter() {
        Some(filter) => {
            let filter = crate::domain::text::SafeText::of(filter);
            left.push(Span::styled(format!("/ {filter}"), look.theme.strong));
            left.push(Span::styled(
                format!(" {dot} as of {}", campaign.as_of().minute()),
                look.theme.dim,
            ));
        }
        None => left.push(Span::styled(
            format!("as of {}", campaign.as_of().minute()),
            look.theme.dim,
        )),
    }
    if review.desk.range.is_some() {
        left.push(Span::styled(
            format!(" {dot} range: v ends it"),
            look.theme.mark,
        ));
    }
    let area = pen.area();
    let row = Rect {
        y: area.y + 1,
        height: 1,
        width: u16::try_from(from.saturating_sub(1)).unwrap_or(0),
        ..area
    };
    pen.on(row).line(0, &Line::from(left));
}

/// What is said on every screen when not everything could be read.
fn partial(review: &Review) -> Option<String> {
    let provenance = &review.campaign.opened().provenance;
    (provenance.completeness() == Completeness::Partial).then(|| {
        format!(
            "PARTIAL: {}",
            count(provenance.gaps.len() as u64, "gap", "gaps")
        )
    })
}

/// The last effect, and how to take it back.
fn toast(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    let toast = &review.desk.toast;
    let mut from = pen.width();
    if toast.undo && review.campaign.undoable().is_some() {
        let hint = Line::from(vec![
            Span::styled("u", look.theme.key),
            Span::raw(" undo  "),
            Span::styled("U", look.theme.key),
            Span::raw(" history "),
        ]);
        from = pen.right(0, &hint);
    }
    let (sign, style) = match toast.tone {
        Tone::Plain => (Span::raw(""), look.theme.text),
        Tone::Refused => (Span::styled("! ", look.theme.warning), look.theme.warning),
        Tone::Changed(change) => {
            let mut sign = change_sign(look, change);
            sign.content = format!("{} ", sign.content).into();
            (sign, look.theme.text)
        }
    };
    let area = pen.area();
    let room = Rect {
        width: u16::try_from(from.saturating_sub(1)).unwrap_or(0),
        ..area
    };
    pen.on(room).line(
        0,
        &Line::from(vec![
            Span::raw(" "),
            sign,
            Span::styled(toast.text.as_str(), style),
        ]),
    );
}

/// The sign of a change.
pub(super) fn change_sign(look: &Look, change: Change) -> Span<'static> {
    match change {
        Change::Decide(decision) => Span::styled(
            look.glyphs.decision(decision),
            look.theme.decision(decision),
        ),
        Change::Later => Span::styled(look.glyphs.later, look.theme.later),
        Change::Clear => Span::styled(look.glyphs.undecided, look.theme.text),
    }
}

/// The keys that count now, as many as fit; where there are more, the way to all of them stands last.
pub(super) fn footer(
    pen: &mut Pen<'_>,
    row: usize,
    context: Context,
    marked: Option<usize>,
    closed: bool,
) {
    let look = pen.look();
    let bindings = context.bindings();
    let review = context == Context::Review;
    let last = if review { "? keys " } else { "" };
    let rows = pen.height().saturating_sub(row);
    let mut at = 1;
    let mut line = row;
    for binding in bindings {
        if binding.hint.is_empty() || (closed && binding.action.decides()) {
            continue;
        }
        let acts_on_marks = matches!(
            binding.action,
            Action::Keep | Action::Later | Action::Revoke | Action::Repeat
        );
        let many = marked
            .filter(|_| acts_on_marks && review)
            .map_or(String::new(), |n| format!(" {}", number(n as u64)));
        let key = keymap::label(binding);
        let hint = format!(" {}{many}", binding.hint.replace('…', look.glyphs.asks));
        let need = text::width(&key) + text::width(&hint);
        let end = pen.width().saturating_sub(if line + 1 == row + rows {
            last.len() + 1
        } else {
            0
        });
        if at + need > end {
            if line + 1 >= row + rows {
                break;
            }
            line += 1;
            at = 1;
        }
        let spans = vec![
            Span::styled(key, look.theme.key),
            Span::styled(hint, look.theme.text),
        ];
        pen.line_at(at, line, &Line::from(spans));
        at += need + 2;
    }
    if review {
        let row = row + rows.saturating_sub(1);
        let more = vec![Span::styled("?", look.theme.key), Span::raw(" keys ")];
        pen.right(row, &Line::from(more));
    }
}

/// One item over the whole body, where there is room for no more.
fn draw_one(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let Some((row, position)) = review.selected().zip(review.subject()) else {
        pen.line(
            0,
            &Line::styled(" Nothing to show. Esc clears the filter.", look.theme.text),
        );
        return None;
    };
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    pen.line(0, &card::title(review, position, look.theme.strong));
    let (item, own) = match row {
        card::Row::Own(item) => (item, true),
        card::Row::Derived(derived) => (review.card.derived[derived].item, false),
    };
    let slot = campaign.slot(item);
    let place = format!("{}/{}", review.desk.row + 1, review.card.rows.len());
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
    let mark = if own && review.is_marked(item) {
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
fn draw_others(review: &Review, pen: &mut Pen<'_>) {
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
fn draw_recent(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    pen.rule(0, &Line::styled("recent", look.theme.strong));
    let campaign = &review.campaign;
    let height = pen.height().saturating_sub(1);
    for (place, entry) in campaign.entries().iter().rev().take(height).enumerate() {
        let sign = match &entry.event {
            crate::domain::journal::Event::Decided(decided) => change_sign(look, decided.change),
            crate::domain::journal::Event::Undone { .. } => {
                Span::styled(look.glyphs.undone, look.theme.dim)
            }
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

/// The sign of the cursor row and the mark, in the first two columns.
pub(super) fn gutter(pen: &mut Pen<'_>, row: usize, here: bool, marked: bool) {
    let look = pen.look();
    if here {
        pen.cell(0, row, 1, look.glyphs.cursor, look.theme.strong);
    }
    if marked {
        pen.cell(1, row, 1, look.glyphs.mark, look.theme.mark);
    }
}

/// An area of at most this size in the middle of `area`.
pub(super) fn centered(area: Rect, wide: u16, high: usize) -> Rect {
    let (wide, high) = (
        area.width.min(wide),
        area.height.min(u16::try_from(high).unwrap_or(u16::MAX)),
    );
    Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + (area.height - high) / 2,
        width: wide,
        height: high,
    }
}

/// An area of at most this size at the bottom of `area`.
pub(super) fn bottom(area: Rect, wide: u16, high: usize) -> Rect {
    let (wide, high) = (
        area.width.min(wide),
        area.height.min(u16::try_from(high).unwrap_or(u16::MAX)),
    );
    Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.bottom() - high,
        width: wide,
        height: high,
    }
}

/// What is shown on a screen too small for anything.
pub(crate) fn draw_tiny(pen: &mut Pen<'_>) {
    let times = pen.look().glyphs.times;
    let need = format!("review needs 40{times}10");
    let size = format!("this is {}{times}{}", pen.width(), pen.height());
    for (row, line) in [
        &need,
        &size,
        "your decisions are saved",
        "Q quit, or make it larger",
    ]
    .iter()
    .enumerate()
    {
        pen.line(row, &Line::raw(*line));
    }
}
