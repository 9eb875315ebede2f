//! The frame around every screen: where the parts go at each size, header, toast line and footer.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    card, filter,
    layout::{Areas, Shape, areas, bottom},
    loading, panels, queue,
    review::{Range, Review, Sheet, Tone},
    views,
};
use crate::{
    domain::{decision::Change, signal::Rule, text::SafeText, view::Grouping},
    tui::{
        action::Action,
        keymap::{self, Context},
        theme::Look,
        widget::{
            pen::Pen,
            text::{self, count, number},
        },
    },
};

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
    if let Some(area) = areas.banner {
        for (row, text) in review.banner(full.width).iter().enumerate() {
            pen.on(area)
                .line(row, &Line::styled(format!(" {text}"), look.theme.error));
        }
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
        cursor = panels::draw_one(review, &mut pen.on(area)).or(cursor);
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
    if let Some(area) = areas.views {
        views::draw_panel(review, &mut pen.on(area));
    }
    if let Some(area) = areas.others {
        panels::draw_others(review, &mut pen.on(area));
    }
    if let Some(area) = areas.recent {
        panels::draw_recent(review, &mut pen.on(area));
    }
    toast(review, &mut pen.on(areas.toast));
    let mut hints = pen.on(areas.footer);
    let context = review.context();
    let marked = (review.marked().0 > 0).then_some(review.marked().0);
    footer(&mut hints, 0, context, marked, review.closed().is_some());
    for sheet in &review.desk.sheets {
        cursor = draw_sheet(review, &areas, sheet, pen).or(cursor);
    }
    if let Some(prefix) = review.desk.prefix.filter(|prefix| prefix.is_told()) {
        draw_following(context, prefix.key, covered(&areas), pen);
    }
    cursor
}

/// What may follow a key that needs another one.
fn draw_following(context: Context, first: char, area: Rect, pen: &mut Pen<'_>) {
    let look = pen.look();
    let lines: Vec<Line<'_>> = keymap::following(context, first)
        .map(|(key, binding)| {
            Line::from(vec![
                Span::styled(format!("{first}{key}"), look.theme.key),
                Span::raw(format!("  {}", binding.help)),
            ])
        })
        .chain([Line::from(vec![
            Span::styled("Esc", look.theme.key),
            Span::raw(" nothing"),
        ])])
        .collect();
    let area = bottom(area, 78, lines.len() + 2);
    let mut pen = pen.on(area);
    let inside = pen.frame(&first.to_string());
    let mut pen = pen.on(inside);
    for (row, line) in lines.iter().enumerate() {
        pen.line(row, line);
    }
}

fn draw_sheet(
    review: &Review,
    areas: &Areas,
    sheet: &Sheet,
    pen: &mut Pen<'_>,
) -> Option<(u16, u16)> {
    let look = pen.look();
    // On the smallest screens a sheet with its own keys takes the footer, too.
    let body = covered(areas);
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
        Sheet::Peek(preview) => {
            let title = "marked, as of now; nothing is decided here";
            let (inside, _) = preview.draw(&review.campaign, title, 0, &mut pen.on(body));
            Some((inside.x, inside.y))
        }
        Sheet::Table(mistakes) => Some(mistakes.draw(&mut pen.on(body))),
        Sheet::Why(why) => Some(why.draw(review, &mut pen.on(areas.body))),
        Sheet::History(history) => history.draw(&review.campaign, &mut pen.on(areas.body)),
        Sheet::Help(help) => Some(help.draw(&mut pen.on(body))),
        Sheet::Commands(commands) => commands.draw(&mut pen.on(body)),
        Sheet::Views(views) => views.draw(review, &mut pen.on(body)),
        Sheet::Name(name) => name.draw(&mut pen.on(areas.toast)),
        Sheet::Filter(filter) => filter.draw(review, areas, body, pen),
        Sheet::SignOff(sign_off) => sign_off.draw(review, &mut pen.on(all)),
        Sheet::Sealed(page) => Some(super::sign_off::draw_sealed(
            review,
            page,
            &mut pen.on(body),
        )),
    }
}

/// Where a sheet goes: it may take the toast line.
fn covered(areas: &Areas) -> Rect {
    Rect {
        height: areas.body.height + areas.toast.height,
        ..areas.body
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
    let review_name = SafeText::of(&opened.review);
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
        if let Some(incomplete) = incomplete(review, from) {
            let incomplete = format!(" {incomplete}  ");
            pen.on(room)
                .line(0, &Line::styled(incomplete, look.theme.error));
        }
        return;
    }
    shown(review, pen);
}

/// The header's second row: what is missing, the filter, what is shown and what is marked.
fn shown(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    let dot = look.glyphs.dot;
    let campaign = &review.campaign;
    let (marked, hidden) = review.marked();
    // A filter's answer stays as it was when it was taken, whatever is decided since.
    let matched = match review.queue.filter() {
        Some(_) => " matched",
        None => "",
    };
    let shown = format!(
        "{}{}{matched} ",
        groups(review),
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
    if let Some(view) = review.views.like(&review.view()) {
        let view = SafeText::of(&review.views.all()[view].name);
        let view = format!(
            "{dot} view {} ",
            text::cut(view.as_str(), 24, look.glyphs.ellipsis)
        );
        right.push(Span::styled(view, look.theme.strong));
    }
    let from = pen.right(1, &Line::from(right));
    let mut left = vec![Span::raw(" ")];
    if let Some(incomplete) = incomplete(review, from) {
        let incomplete = format!("{incomplete} {dot} ");
        left.push(Span::styled(incomplete, look.theme.error));
    }
    let range = match review.desk.range {
        None => String::new(),
        Some(Range::Items(_)) => "range: v ends it".to_owned(),
        Some(Range::Groups(_)) => {
            format!("range of {}s: v ends it", review.queue.grouping().noun())
        }
    };
    if !range.is_empty() {
        left.push(Span::styled(format!("{range} {dot} "), look.theme.mark));
    }
    let as_of = format!("as of {}", campaign.as_of().minute());
    if review.queue.filter().is_some() {
        left.extend(filter::chips(review.queue.parts(), look));
        left.push(Span::styled(format!(" {dot} {as_of}"), look.theme.dim));
    } else {
        left.push(Span::styled(as_of, look.theme.dim));
    }
    let area = pen.area();
    let row = Rect {
        y: area.y + 1,
        height: 1,
        width: u16::try_from(from.saturating_sub(1)).unwrap_or(0),
        ..area
    };
    let left = Line::from(left);
    let used = left.width();
    pen.on(row).line(0, &left);
    let room = from.saturating_sub(used + 6);
    let signals = signals(review, room);
    if !signals.is_empty() {
        let wide = text::width(&signals);
        pen.cell(from - 3 - wide, 1, wide, &signals, look.theme.warning);
    }
}

/// How many of the items that are shown each signal says yes to, as many as have room, the weightiest first; and about
/// how many something could not be read.
fn signals(review: &Review, room: usize) -> String {
    if review.campaign.signals_made().is_none() {
        let told = "working out the signals";
        let fits = text::width(told) <= room;
        return if fits { told.to_owned() } else { String::new() };
    }
    let parts = review.queue.signals().iter();
    let told = parts.filter(|(rule, n)| n.yes > 0 && *rule != Rule::Own);
    let word = |rule: Rule| match rule {
        Rule::Unread => "unknown",
        rule => rule.words(),
    };
    let mut told: Vec<String> = told
        .map(|(rule, n)| format!("{} {}", word(*rule), number(n.yes)))
        .collect();
    let dot = format!(" {} ", review.look.glyphs.dot);
    // What could not be read stands last, and is left out last.
    let mut signals = review.queue.signals().iter();
    let unread = signals.any(|(rule, n)| *rule == Rule::Unread && n.yes > 0);
    let kept = usize::from(unread);
    while text::width(&told.join(&dot)) > room {
        let Some(last) = told.len().checked_sub(1 + kept) else {
            return String::new();
        };
        told.remove(last);
    }
    told.join(&dot)
}

/// How many groups are shown, with a dot; nothing where there is only one.
fn groups(review: &Review) -> String {
    let n = review.queue.len() as u64;
    let groups = match review.queue.grouping() {
        Grouping::Account => count(n, "holder", "holders"),
        Grouping::Team => count(n, "group by team", "groups by team"),
        Grouping::Project => count(n, "group by project", "groups by project"),
        Grouping::Role => count(n, "role", "roles"),
        Grouping::Flat => return String::new(),
    };
    format!("{groups} {} ", review.look.glyphs.dot)
}

/// What is said on every screen when not everything could be read, or not everything is reviewed.
fn incomplete(review: &Review, wide: usize) -> Option<String> {
    let look = &review.look;
    let opened = review.campaign.opened();
    let gaps = opened.provenance.gaps.len() as u64;
    let partial = (gaps > 0).then(|| format!("PARTIAL: {}", count(gaps, "gap", "gaps")));
    let scoped = opened.scope.as_ref().map(|scope| {
        let scope = format!("SCOPED: {}", scope.safe());
        text::cut(&scope, (wide / 2).max(16), look.glyphs.ellipsis)
    });
    let parts: Vec<String> = partial.into_iter().chain(scoped).collect();
    (!parts.is_empty()).then(|| parts.join(&format!(" {} ", look.glyphs.dot)))
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
pub(crate) fn change_sign(look: &Look, change: Change) -> Span<'static> {
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
pub(crate) fn footer(
    pen: &mut Pen<'_>,
    row: usize,
    context: Context,
    marked: Option<usize>,
    closed: bool,
) {
    let look = pen.look();
    let bindings = context.bindings();
    let review = matches!(context, Context::Review | Context::Replay);
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

/// The sign of the cursor row and the mark, in the first two columns.
pub(crate) fn gutter(pen: &mut Pen<'_>, row: usize, here: bool, marked: bool) {
    let look = pen.look();
    if here {
        pen.cell(0, row, 1, look.glyphs.cursor, look.theme.strong);
    }
    if marked {
        pen.cell(1, row, 1, look.glyphs.mark, look.theme.mark);
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
