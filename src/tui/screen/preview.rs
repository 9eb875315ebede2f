//! [`Preview`]: what exactly is chosen, before anything is done to it: counts, what is left out and why, a sample, and
//! the whole list below.

use std::sync::Arc;

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{breakdown::Breakdown, layout::centered, review::moved};
use crate::{
    domain::{
        bulk,
        campaign::Campaign,
        items::{Item, ItemSet},
        journal::LeftOut,
        signal::{Rule, Value},
    },
    tui::{
        action::Action,
        phrase,
        theme::Look,
        widget::{
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// Items shown as a sample, spread evenly over the whole.
const SAMPLE: usize = 5;

/// How many roles, projects and teams are named.
const NAMED: usize = 4;

/// So many lines of the lists are told where they cannot be scrolled for ever.
const LISTED: usize = 500;

/// The widest a preview gets.
const WIDE: u16 = 100;

/// Cells for the name of a fact.
pub(super) const LABEL: usize = 11;

/// A frozen set of items, and what is told about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preview {
    facts: Arc<Vec<(&'static str, String, Weight)>>,
    /// What has to be known at once: what cannot be seen, what was left out.
    notes: Arc<Vec<String>>,
    items: Arc<ItemSet>,
    left_out: Arc<Vec<(Rule, ItemSet)>>,
    /// How often another sample was asked for, and the one that is shown.
    draws: usize,
    sample: Vec<Item>,
    /// The first line that is shown.
    top: usize,
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Warning,
}

impl Preview {
    /// Tells `facts` and `notes` about `items`, then what can be counted; `left_out` was taken out of the choice.
    pub(super) fn of(
        campaign: &Campaign,
        items: Arc<ItemSet>,
        left_out: &[&LeftOut],
        facts: Vec<(&'static str, String)>,
        notes: Vec<String>,
    ) -> Self {
        let breakdown = Breakdown::of(campaign, &items);
        let mut rules: Vec<(Rule, ItemSet)> = Vec::new();
        for (rule, items) in left_out.iter().flat_map(|left_out| left_out.iter()) {
            match rules.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, all)) => *all = all.or(items),
                None => rules.push((rule, items.clone())),
            }
        }
        let plain = |(label, text)| (label, text, Weight::Plain);
        let mut all: Vec<_> = facts.into_iter().map(plain).collect();
        all.push(("size", breakdown.size(), Weight::Plain));
        if !rules.is_empty() {
            all.push(("left out", told_left_out(&rules), Weight::Warning));
        }
        let unusual = breakdown.unusual();
        if !unusual.is_empty() {
            all.push(("among them", unusual.to_owned(), Weight::Warning));
        }
        all.extend(
            breakdown
                .told(campaign.snapshot(), NAMED)
                .into_iter()
                .map(plain),
        );
        Self {
            facts: Arc::new(all),
            notes: Arc::new(notes),
            sample: sample(&items, 0),
            items,
            left_out: Arc::new(rules),
            draws: 0,
            top: 0,
        }
    }

    /// Shows another sample.
    pub(super) fn another_sample(&mut self) {
        self.draws += 1;
        self.sample = sample(&self.items, self.draws);
        self.top = 0;
    }

    /// Scrolls.
    pub(super) fn go(
        &mut self,
        campaign: &Campaign,
        look: &Look,
        action: Action,
        size: (u16, u16),
    ) {
        let wide = usize::from(size.0.min(WIDE)).saturating_sub(4);
        let page = usize::from(size.1).saturating_sub(9).max(1);
        let rows = self.rows(&self.head(campaign, look, wide));
        // The last row is shown at the end of a page, not at its start.
        let last = rows.saturating_sub(page);
        self.top = moved(self.top.min(last), last + 1, page, action);
    }

    /// Draws it in a frame with room for `below` more rows; the answer is the inside of the frame, and the first of those
    /// rows.
    pub(super) fn draw(
        &self,
        campaign: &Campaign,
        title: &str,
        below: usize,
        pen: &mut Pen<'_>,
    ) -> (Rect, usize) {
        let look = pen.look();
        let wide = usize::from(pen.area().width.min(WIDE)).saturating_sub(4);
        let head = self.head(campaign, look, wide);
        let rows = self.rows(&head);
        let area = centered(pen.area(), WIDE, rows + below + 3);
        let mut pen = pen.on(area);
        let inside = pen.frame(title);
        let mut pen = pen.on(inside);
        // What stands below is never pushed out.
        let room = pen.height().saturating_sub(below + 1);
        let top = self.top.min(rows.saturating_sub(room));
        for (row, line) in self
            .window(campaign, look, &head, top, room)
            .iter()
            .enumerate()
        {
            pen.line(row, line);
        }
        let hidden = rows.saturating_sub(top + room) as u64;
        if hidden > 0 || top > 0 {
            let more = match hidden {
                0 => "the end".to_owned(),
                n => format!("{} below", count(n, "more line", "more lines")),
            };
            let more = format!("{more}; Up Down PgDn scroll, Tab another sample ");
            pen.right(room, &Line::styled(more, look.theme.dim));
        }
        (inside, room + 1)
    }

    /// All that is told, and the first of the lists.
    pub(super) fn seen(&self, campaign: &Campaign, look: &Look, wide: usize) -> Vec<Line<'static>> {
        let head = self.head(campaign, look, wide);
        let rows = self.rows(&head).min(head.len() + LISTED);
        self.window(campaign, look, &head, 0, rows)
    }

    fn rows(&self, head: &[Line<'_>]) -> usize {
        let lists = self.left_out.iter().map(|(_, items)| items.len() + 2);
        head.len() + lists.sum::<usize>() + self.items.len() + 2
    }

    /// Everything before the lists.
    fn head(&self, campaign: &Campaign, look: &Look, wide: usize) -> Vec<Line<'static>> {
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (label, value, weight) in self.facts.iter() {
            let style = match weight {
                Weight::Plain => look.theme.text,
                Weight::Warning => look.theme.warning,
            };
            let parts = text::wrap(value, wide.saturating_sub(LABEL));
            for (row, part) in parts.into_iter().enumerate() {
                let label = if row == 0 { *label } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("{label:<LABEL$}"), look.theme.dim),
                    Span::styled(part, style),
                ]));
            }
            if *label == "size" {
                // Right after the size, so that it is seen at any height.
                for note in self.notes.iter() {
                    lines.extend(
                        text::wrap(&format!("! {note}"), wide)
                            .into_iter()
                            .map(|line| Line::styled(line, look.theme.warning)),
                    );
                }
            }
        }
        lines.push(Line::default());
        let title = format!(
            "sample: {} of {}, spread over all",
            self.sample.len(),
            number(self.items.len() as u64)
        );
        lines.push(Line::styled(title, look.theme.dim));
        lines.extend(self.sample.iter().map(|item| row(campaign, look, *item)));
        lines
    }

    /// The lines from `top` on, at most `room`.
    fn window(
        &self,
        campaign: &Campaign,
        look: &Look,
        head: &[Line<'static>],
        top: usize,
        room: usize,
    ) -> Vec<Line<'static>> {
        let mut lines: Vec<Line<'static>> = head.iter().skip(top).take(room).cloned().collect();
        let mut at = head.len();
        let left_out = self.left_out.iter().map(|(rule, items)| {
            let n = number(items.len() as u64);
            let title = format!("{n} left out: {}", bulk::words(*rule));
            (title, items, look.theme.warning, Some(*rule))
        });
        let n = number(self.items.len() as u64);
        let all = (format!("all {n}"), &*self.items, look.theme.dim, None);
        for (title, items, style, rule) in left_out.chain([all]) {
            let skip = (top + lines.len()).saturating_sub(at);
            let section = section(campaign, look, (title, style), items, rule, skip);
            lines.extend(section.take(room - lines.len()));
            at += items.len() + 2;
        }
        lines
    }
}

/// The sample of `items` that is shown after `draws` others.
fn sample(items: &ItemSet, draws: usize) -> Vec<Item> {
    let step = items.len().div_ceil(SAMPLE).max(1);
    let from = draws * step.div_ceil(3) % step;
    items.iter_from(from).step_by(step).collect()
}

/// A list with a blank line and a title before it, without its first `skip` lines.
fn section(
    campaign: &Campaign,
    look: &Look,
    (title, style): (String, Style),
    items: &ItemSet,
    rule: Option<Rule>,
    skip: usize,
) -> impl Iterator<Item = Line<'static>> {
    let head = [Line::default(), Line::styled(title, style)];
    head.into_iter()
        .skip(skip)
        .chain(items.iter_from(skip.saturating_sub(2)).map(move |item| {
            let mut line = row(campaign, look, item);
            let why = rule.map_or_else(String::new, |rule| why(campaign, rule, item));
            if !why.is_empty() {
                line.push_span(Span::styled(format!("  {why}"), look.theme.dim));
            }
            line
        }))
}

/// An item with what is recorded about it now.
fn row(campaign: &Campaign, look: &Look, item: Item) -> Line<'static> {
    let slot = campaign.slot(item);
    let sign = format!(" {} ", look.glyphs.slot(slot));
    Line::from(vec![
        Span::styled(sign, look.theme.slot(slot)),
        Span::raw(phrase::item_of(campaign.snapshot(), item)),
    ])
}

/// What `rule` looked at in an item that it takes out.
fn why(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let signals = campaign.signals();
    match signals.value(rule, item) {
        Value::Unknown if rule != Rule::Own => "could not be read".to_owned(),
        _ => signals.told(campaign, rule, item),
    }
}

/// What policy left out, in one sentence.
fn told_left_out(rules: &[(Rule, ItemSet)]) -> String {
    let all: usize = rules.iter().map(|(_, items)| items.len()).sum();
    let each: Vec<String> = rules
        .iter()
        .map(|(rule, items)| format!("{} {}", number(items.len() as u64), bulk::words(*rule)))
        .collect();
    format!(
        "{} by policy: {}. They stay as they are; X shows them, to be decided one by one",
        number(all as u64),
        each.join("; ")
    )
}
