//! [`Queue`]: the accounts and teams to go through, all or those a filter shows.

use ratatui::text::{Line, Span};

use super::{frame::gutter, marks::Marks, review::Review};
use crate::{
    domain::{
        campaign::Campaign,
        filter::{Filter, Part},
        grant::Holder,
        items::{Item, ItemSet},
        snapshot::Snapshot,
    },
    tui::{
        phrase,
        widget::{
            pen::{Pen, scrolled},
            text::{self, number},
        },
    },
};

/// Which subjects stand in the queue, and which of their items are shown.
///
/// A filter's answer is kept as it was when the filter was typed, so a row does not vanish under the cursor
/// when it is decided.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// What is put up for decision, when that is not everything.
    scope: Option<Shown>,
    /// What a filter chose of it.
    shown: Option<Shown>,
    /// Counts up with each change.
    version: u64,
}

#[derive(Debug)]
struct Shown {
    text: String,
    /// The parts of the filter.
    parts: Vec<Part>,
    /// What there is to say about its answer.
    told: Option<String>,
    items: Marks,
    /// Positions in the snapshot's subjects, rising.
    subjects: Vec<u32>,
}

impl Shown {
    fn of(campaign: &Campaign, text: &str, items: &ItemSet) -> Self {
        let mut runs = items.runs().peekable();
        let mut subjects: Vec<u32> = Vec::new();
        for (position, subject) in (0..).zip(campaign.snapshot().subjects()) {
            while runs.next_if(|(_, last)| *last < subject.first).is_some() {}
            if runs.peek().is_some_and(|(first, _)| *first < subject.end) {
                subjects.push(position);
            }
        }
        Self {
            text: text.to_owned(),
            parts: Vec::new(),
            told: None,
            items: Marks::from(items),
            subjects,
        }
    }
}

impl Queue {
    /// Shows everything that `campaign` puts up for decision.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        let scoped = campaign.out_of_scope() > 0;
        Self {
            scope: scoped.then(|| Shown::of(campaign, "", campaign.items())),
            ..Self::default()
        }
    }

    /// What is shown, when that is not everything.
    fn chosen(&self) -> Option<&Shown> {
        self.shown.as_ref().or(self.scope.as_ref())
    }

    /// Shows only what `filter` matches, of which the text is `text`.
    pub(crate) fn show(&mut self, campaign: &Campaign, text: &str, filter: &Filter) {
        let items = filter.select(campaign);
        self.shown = Some(Shown {
            parts: filter.parts().to_vec(),
            told: filter.remark(campaign, items.is_empty()),
            ..Shown::of(campaign, text, &items)
        });
        self.version += 1;
    }

    /// The parts of the filter that must all hold.
    pub(crate) fn parts(&self) -> &[Part] {
        self.shown.as_ref().map_or(&[], |shown| &shown.parts)
    }

    /// What there is to say about the filter's answer: why it is empty, or how its words were taken.
    pub(crate) fn told(&self) -> Option<&str> {
        self.shown.as_ref()?.told.as_deref()
    }

    /// Shows everything again.
    pub(crate) fn show_all(&mut self) {
        if self.shown.take().is_some() {
            self.version += 1;
        }
    }

    /// The filter, when there is one.
    pub(crate) fn filter(&self) -> Option<&str> {
        self.shown.as_ref().map(|shown| shown.text.as_str())
    }

    /// Counts up with each change of what is shown.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether `item` is shown.
    pub(crate) fn shows(&self, item: Item) -> bool {
        self.chosen().is_none_or(|shown| shown.items.contains(item))
    }

    /// How many subjects are shown.
    pub(crate) fn len(&self, campaign: &Campaign) -> usize {
        match self.chosen() {
            Some(shown) => shown.subjects.len(),
            None => campaign.snapshot().subjects().len(),
        }
    }

    /// How many items are shown.
    pub(crate) fn items(&self, campaign: &Campaign) -> usize {
        self.chosen()
            .map_or(campaign.snapshot().len(), |shown| shown.items.len())
    }

    /// How many of `marks` are not shown.
    pub(crate) fn hidden(&self, marks: &Marks) -> usize {
        self.chosen()
            .map_or(0, |shown| marks.len() - marks.shared(&shown.items))
    }

    /// Takes those out of `items` that are not shown.
    pub(crate) fn only_shown(&self, items: &mut Marks) {
        if let Some(shown) = self.chosen() {
            items.keep_only(&shown.items);
        }
    }

    /// The items that are shown.
    pub(crate) fn all(&self, campaign: &Campaign) -> Marks {
        match self.chosen() {
            Some(shown) => shown.items.clone(),
            None => Marks::from(campaign.items()),
        }
    }

    /// The subject in row `row`.
    pub(crate) fn subject(&self, campaign: &Campaign, row: usize) -> Option<usize> {
        match self.chosen() {
            Some(shown) => shown.subjects.get(row).map(|position| *position as usize),
            None => (row < campaign.snapshot().subjects().len()).then_some(row),
        }
    }

    /// The row of `subject`, or of the next one that is shown; `Err` when it is not shown itself.
    pub(crate) fn row(&self, subject: usize) -> Result<usize, usize> {
        match self.chosen() {
            Some(shown) => shown
                .subjects
                .binary_search_by_key(&subject, |position| *position as usize),
            None => Ok(subject),
        }
    }
}

/// Draws the queue with a title; the answer is where the cursor row is.
pub(crate) fn draw(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let campaign = &review.campaign;
    let rows = review.queue.len(campaign);
    let at = review.queue_row();
    let title = match at {
        Some(row) => format!("Queue {}/{}", number(row as u64 + 1), number(rows as u64)),
        None => "Queue".to_owned(),
    };
    pen.rule(0, &Line::styled(title, look.theme.strong));
    let height = pen.height().saturating_sub(1);
    let at = at?;
    let top = scrolled(review.desk.queue_top, at, rows, height);
    for place in 0..height.min(rows.saturating_sub(top)) {
        let row = top + place;
        if let Some(subject) = review.queue.subject(campaign, row) {
            draw_row(review, pen, place + 1, subject, row == at);
        }
    }
    let place = u16::try_from(at.checked_sub(top)? + 1).ok()?;
    let area = pen.area();
    (place < area.height).then_some((area.x, area.y + place))
}

fn draw_row(review: &Review, pen: &mut Pen<'_>, place: usize, position: usize, here: bool) {
    let look = pen.look();
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let subject = snapshot.subjects()[position];
    let (decided, all) = (campaign.decided_of(position), campaign.items_of(position));
    let (sign, style) = if decided == 0 {
        (look.glyphs.undecided, look.theme.text)
    } else if decided < all {
        (look.glyphs.begun, look.theme.text)
    } else {
        (look.glyphs.keep, look.theme.keep)
    };
    gutter(pen, place, here, false);
    pen.cell(1, place, 1, sign, style);
    if review.has_marks(position) {
        pen.cell(2, place, 1, look.glyphs.mark, look.theme.mark);
    }
    let count = format!(" {:>5} ", format!("{decided}/{all}"));
    let counted = text::width(&count);
    let room = pen.width().saturating_sub(3 + counted);
    let mut name = phrase::holder(snapshot, subject.holder);
    if let (Holder::Account(account), true) = (subject.holder, has_namesake(snapshot, position)) {
        let login = snapshot.account(account).username.safe();
        name = format!("{name} ({login})");
    }
    let remarks = phrase::remarks(snapshot, subject.holder, campaign.as_of());
    // That it is a team stands before its name already.
    let remarks: Vec<&str> = remarks
        .into_iter()
        .filter(|remark| *remark != "team")
        .collect();
    let remarks = text::cut(&remarks.join(", "), room / 2, look.glyphs.ellipsis);
    let remarks_room = text::width(&remarks);
    let name_room = room.saturating_sub(remarks_room + 1);
    let style = if here {
        look.theme.strong
    } else {
        look.theme.text
    };
    pen.cell(3, place, name_room, &name, style);
    pen.cell(
        3 + name_room + 1,
        place,
        remarks_room,
        &remarks,
        look.theme.dim,
    );
    pen.right(place, &Line::from(Span::styled(count, look.theme.dim)));
    if here {
        pen.tint(
            place,
            if review.queue_has_keys() {
                look.theme.cursor
            } else {
                look.theme.selected
            },
        );
    }
}

/// Whether an account beside it in the order has the same name.
fn has_namesake(snapshot: &Snapshot, position: usize) -> bool {
    let label = |position: usize| {
        let subject = snapshot.subjects().get(position)?;
        matches!(subject.holder, Holder::Account(_)).then(|| snapshot.holder_label(subject.holder))
    };
    let own = label(position);
    own.is_some() && (own == position.checked_sub(1).and_then(label) || own == label(position + 1))
}
