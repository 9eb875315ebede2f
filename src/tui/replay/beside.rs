//! [`Beside`]: what an event is about, in the state of the moment.

use ratatui::text::Line;

use super::Pane;
use crate::{
    domain::{
        campaign::{Campaign, replay::Replay},
        items::{Item, ItemSet},
        journal::{Entry, Event},
    },
    tui::{
        action::Action,
        phrase,
        screen::{frame::gutter, review::moved},
        widget::{
            pen::{Pen, scrolled},
            text::{self, count, number},
        },
    },
};

/// The items beside an event: those of the account or team it is about, or, where it is about several, its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Beside {
    /// The items that the event is about.
    touched: ItemSet,
    /// The position of the one account or team they are of.
    subject: Option<usize>,
    /// The selected row, and the first one that is shown.
    row: usize,
    top: usize,
}

impl Beside {
    /// What belongs beside the event at the moment that is shown; it stays where it is when that is the same account.
    pub(super) fn of(replay: &Replay, before: &Self) -> Self {
        let campaign = replay.campaign();
        let entry = campaign.entries().last();
        let touched = entry.map(|entry| campaign.touched(entry).into_owned());
        let touched = touched.unwrap_or_default();
        let snapshot = campaign.snapshot();
        let one = match (touched.first(), touched.last()) {
            (Some(first), Some(last)) => {
                let subject = snapshot.subject_of(first);
                (subject == snapshot.subject_of(last)).then_some(subject)
            }
            _ => None,
        };
        let row = match (one, touched.first()) {
            (Some(subject), Some(first)) => {
                (first.0 - snapshot.subjects()[subject].first.0) as usize
            }
            _ => 0,
        };
        let same = one.is_some() && one == before.subject;
        Self {
            touched,
            subject: one,
            row,
            top: if same { before.top } else { 0 },
        }
    }

    fn rows(&self, campaign: &Campaign) -> usize {
        match self.subject {
            Some(subject) => {
                let subject = &campaign.snapshot().subjects()[subject];
                (subject.end.0 - subject.first.0) as usize
            }
            None => self.touched.len(),
        }
    }

    /// The items of the rows from `row` on.
    fn items<'a>(&'a self, campaign: &Campaign, row: usize) -> Box<dyn Iterator<Item = Item> + 'a> {
        match self.subject {
            Some(subject) => {
                let subject = &campaign.snapshot().subjects()[subject];
                Box::new((subject.first.0..subject.end.0).skip(row).map(Item))
            }
            None => Box::new(self.touched.iter().skip(row)),
        }
    }

    /// The selected item.
    pub(super) fn item(&self, campaign: &Campaign) -> Option<Item> {
        self.items(campaign, self.row).next()
    }

    pub(super) fn go(&mut self, campaign: &Campaign, action: Action, height: usize) {
        let rows = self.rows(campaign);
        self.row = moved(self.row, rows, height.max(1), action);
        self.top = scrolled(self.top, self.row, rows, height);
    }

    /// Draws it; the answer is where the cursor row is.
    pub(super) fn draw(
        &self,
        replay: &Replay,
        pane: Pane,
        pen: &mut Pen<'_>,
    ) -> Option<(u16, u16)> {
        let look = pen.look();
        let campaign = replay.campaign();
        let snapshot = campaign.snapshot();
        let at = number(u64::from(replay.at()));
        let title = match self.subject {
            Some(subject) => {
                let holder = snapshot.subjects()[subject].holder;
                format!("{} after entry {at}", phrase::holder(snapshot, holder))
            }
            None if self.touched.is_empty() => format!("After entry {at}"),
            None => format!(
                "{} after entry {at}",
                count(self.touched.len() as u64, "item", "items")
            ),
        };
        pen.rule(0, &Line::styled(title, look.theme.strong));
        if self.touched.is_empty() {
            let words = campaign
                .entries()
                .last()
                .map_or(String::new(), |entry| about(campaign, entry));
            let wide = pen.width().saturating_sub(2);
            for (row, line) in text::wrap(&words, wide).into_iter().enumerate() {
                pen.line(row + 1, &Line::raw(format!(" {line}")));
            }
            return None;
        }
        let height = pen.height().saturating_sub(1);
        let rows = self.rows(campaign);
        let top = scrolled(self.top, self.row, rows, height);
        for (place, item) in self.items(campaign, top).take(height).enumerate() {
            let here = top + place == self.row;
            self.draw_row(campaign, item, here, pane, place + 1, pen);
        }
        let row = u16::try_from(self.row.checked_sub(top)? + 1).ok()?;
        let area = pen.area();
        (pane == Pane::Beside && row < area.height).then_some((area.x, area.y + row))
    }

    fn draw_row(
        &self,
        campaign: &Campaign,
        item: Item,
        here: bool,
        pane: Pane,
        line: usize,
        pen: &mut Pen<'_>,
    ) {
        let look = pen.look();
        let snapshot = campaign.snapshot();
        let slot = campaign.slot(item);
        let mine = self.touched.contains(item);
        gutter(
            pen,
            line,
            here && pane == Pane::Beside,
            mine && self.subject.is_some(),
        );
        pen.cell(2, line, 1, look.glyphs.slot(slot), look.theme.slot(slot));
        let by = match campaign.deciding_entry(item) {
            Some((entry, decided)) => {
                let way = if decided.chosen.is_bulk() {
                    "bulk"
                } else {
                    "by"
                };
                format!(" {way} {} ", number(u64::from(entry.seq)))
            }
            None if campaign.items().contains(item) => " undecided ".to_owned(),
            None => " out of scope ".to_owned(),
        };
        let by = if pen.width() < 36 { String::new() } else { by };
        let from = pen.right(line, &Line::styled(by, look.theme.dim));
        let what = match self.subject {
            Some(_) => phrase::item(snapshot, item),
            None => format!(
                "{} {} {}",
                phrase::holder(snapshot, snapshot.grant(item).holder),
                look.glyphs.dot,
                phrase::item(snapshot, item)
            ),
        };
        let style = if mine {
            look.theme.text
        } else {
            look.theme.dim
        };
        let mut column = 4;
        if pen.width() >= 50 {
            pen.cell(column, line, 8, phrase::kind(snapshot, item), style);
            column += 8;
        }
        pen.cell(column, line, from.saturating_sub(column), &what, style);
        if here && pane == Pane::Beside {
            pen.tint(line, look.theme.cursor);
        }
    }
}

/// What an event about no items says.
fn about(campaign: &Campaign, entry: &Entry) -> String {
    match &entry.event {
        Event::Attested(attested) => {
            // It may have any length and any characters.
            crate::domain::text::SafeText::of(&attested.statement).to_string()
        }
        Event::Opened(opened) => format!(
            "{}, by {}; {}, {}. {}",
            phrase::entry(campaign, entry),
            opened.reviewer.safe(),
            count(opened.accounts, "account", "accounts"),
            campaign.complete(),
            crate::domain::text::SafeText::of(&opened.tool),
        ),
        _ => phrase::entry(campaign, entry),
    }
}
