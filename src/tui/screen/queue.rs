//! [`Queue`]: the groups to go through: accounts and teams, projects or roles, all or those a filter shows.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::{
    frame::gutter,
    marks::Marks,
    order::{self, Group, Key, Members, Order},
    review::Review,
};
use crate::{
    domain::{
        campaign::Campaign,
        filter::{Filter, Part},
        grant::Holder,
        items::{Item, ItemSet},
        signal::{Count, Rule},
        snapshot::Snapshot,
        view::{By, Grouping, Sort},
    },
    tui::{
        phrase,
        theme::Look,
        widget::{
            pen::{Pen, scrolled},
            text::{self, number},
        },
    },
};

/// Which groups stand in the queue, and which of their items are shown.
///
/// A filter's answer is kept as it was when the filter was typed, and an order as it was made, so a row neither
/// vanishes nor moves under the cursor when it is decided.
#[derive(Debug)]
pub(crate) struct Queue {
    order: Arc<Order>,
    /// Orders that were made before, the one used last at the end.
    kept: Vec<Arc<Order>>,
    /// For each key how many of its items are decided, and how many are put up; for accounts and teams the campaign
    /// counts itself.
    tally: Vec<(u32, u32)>,
    /// What is put up for decision, when that is not everything.
    scope: Option<Shown>,
    /// What a filter chose of it.
    shown: Option<Shown>,
    /// Items with a signal that says yes, among those that are put up for decision.
    telling: Marks,
    /// For each key how many of those it has; for accounts and teams they are counted where they stand.
    told: Vec<u32>,
    /// How many of the items that are shown each signal says yes to, the weightiest first.
    signals: Vec<(Rule, Count)>,
    /// Counts up with each change.
    version: u64,
}

/// Orders that are kept besides the one in use. A million items take four megabytes each.
const KEPT: usize = 3;

#[derive(Debug)]
struct Shown {
    text: String,
    /// The parts of the filter.
    parts: Vec<Part>,
    /// What there is to say about its answer.
    told: Option<String>,
    items: Marks,
    /// Rows of the order, rising.
    rows: Vec<u32>,
}

impl Shown {
    fn of(order: &Order, text: &str, items: &ItemSet) -> Self {
        let mut shown = Self {
            text: text.to_owned(),
            parts: Vec::new(),
            told: None,
            items: Marks::from(items),
            rows: Vec::new(),
        };
        shown.find_rows(order);
        shown
    }

    /// Finds the groups that have items which are shown.
    fn find_rows(&mut self, order: &Order) {
        let items = &self.items;
        let has = |row: &u32| match order.items(*row as usize) {
            Members::Run(first, end) => items.between(first, end) > 0,
            members @ Members::List(_) => members.iter().any(|item| items.contains(item)),
        };
        let all = 0..u32::try_from(order.len()).expect("no more groups than items");
        self.rows = all.filter(has).collect();
    }
}

/// The items with a signal that says yes, among those that are put up for decision; none before the signals are made.
fn telling(campaign: &Campaign) -> Marks {
    let mut telling = match campaign.signals_made() {
        Some(signals) => Marks::from(&signals.telling_items()),
        None => Marks::default(),
    };
    if campaign.out_of_scope() > 0 {
        telling.keep_only(&Marks::from(campaign.items()));
    }
    telling
}

impl Queue {
    /// Shows everything that `campaign` puts up for decision.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        let scoped = campaign.out_of_scope() > 0;
        let order = Order::of(campaign, Grouping::default(), Sort::default());
        let mut queue = Self {
            scope: scoped.then(|| Shown::of(&order, "", campaign.items())),
            order: Arc::new(order),
            kept: Vec::new(),
            tally: Vec::new(),
            shown: None,
            telling: telling(campaign),
            told: Vec::new(),
            signals: Vec::new(),
            version: 0,
        };
        queue.changed(campaign, campaign.items());
        queue
    }

    /// Takes in the signals, which are made now.
    pub(crate) fn prepared(&mut self, campaign: &Campaign) {
        self.telling = telling(campaign);
        self.count(campaign);
        let shown = self.chosen().map(|shown| ItemSet::from(&shown.items));
        self.changed(campaign, shown.as_ref().unwrap_or(campaign.items()));
    }

    /// What is shown, when that is not everything.
    fn chosen(&self) -> Option<&Shown> {
        self.shown.as_ref().or(self.scope.as_ref())
    }

    fn changed(&mut self, campaign: &Campaign, shown: &ItemSet) {
        let signals = campaign.signals_made();
        self.signals = signals.map_or_else(Vec::new, |signals| signals.counts(shown));
        self.version += 1;
    }

    /// Shows only what `filter` matches, of which the text is `text`.
    pub(crate) fn show(&mut self, campaign: &Campaign, text: &str, filter: &Filter) {
        let items = filter.select(campaign);
        self.shown = Some(Shown {
            parts: filter.parts().to_vec(),
            told: filter.remark(campaign, items.is_empty()),
            ..Shown::of(&self.order, text, &items)
        });
        self.changed(campaign, &items);
    }

    /// Puts the items together and in order as asked, as they are decided now.
    pub(crate) fn arrange(&mut self, campaign: &Campaign, grouping: Grouping, sort: Sort) {
        let asked = |order: &Arc<Order>| (order.grouping, order.sort) == (grouping, sort);
        let old = Arc::clone(&self.order);
        // How much is open changes with every decision.
        self.kept
            .retain(|order| !asked(order) && order.sort.by != By::Open);
        if old.sort.by != By::Open && old.len() > 0 {
            self.kept.push(Arc::clone(&old));
        }
        let found = self.kept.iter().position(asked);
        self.order = match found {
            Some(place) => self.kept.remove(place),
            None => Arc::new(Order::of(campaign, grouping, sort)),
        };
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
        if old.grouping != grouping {
            self.count(campaign);
        }
        for shown in self.scope.iter_mut().chain(&mut self.shown) {
            shown.find_rows(&self.order);
        }
        self.version += 1;
    }

    /// Forgets the order in use, so that it is made anew when it is asked for.
    pub(crate) fn forget(&mut self) {
        let order = &self.order;
        self.order = Arc::new(Order::none(order.grouping, order.sort));
    }

    /// Counts what is decided of each group, and what has signals.
    fn count(&mut self, campaign: &Campaign) {
        let (snapshot, grouping) = (campaign.snapshot(), self.order.grouping);
        self.tally.clear();
        self.told.clear();
        if grouping == Grouping::Account {
            return;
        }
        let keys = order::keys(snapshot, grouping);
        self.tally.resize(keys, (0, 0));
        self.told.resize(keys, 0);
        let (tally, told, telling) = (&mut self.tally, &mut self.told, &self.telling);
        order::each(snapshot, grouping, campaign.items().iter(), |key, item| {
            let (decided, all) = &mut tally[key.index()];
            *decided += u32::from(campaign.slot(item).decision.is_some());
            *all += 1;
            told[key.index()] += u32::from(telling.contains(item));
        });
    }

    /// Takes off what is decided of `items`, before an entry changes them; [`Queue::recount`] adds it again.
    pub(crate) fn uncount(&mut self, campaign: &Campaign, items: &ItemSet) {
        self.counted(campaign, items, |decided| *decided -= 1);
    }

    /// Adds what is decided of `items`, after an entry changed them.
    pub(crate) fn recount(&mut self, campaign: &Campaign, items: &ItemSet) {
        self.counted(campaign, items, |decided| *decided += 1);
    }

    fn counted(&mut self, campaign: &Campaign, items: &ItemSet, change: impl Fn(&mut u32)) {
        if self.tally.is_empty() {
            return;
        }
        let tally = &mut self.tally;
        let decided = items
            .iter()
            .filter(|item| campaign.slot(*item).decision.is_some());
        order::each(
            campaign.snapshot(),
            self.order.grouping,
            decided,
            |key, _| {
                change(&mut tally[key.index()].0);
            },
        );
    }

    /// How many items of a group are decided, and how many are put up for decision.
    pub(crate) fn tally(&self, campaign: &Campaign, key: Key) -> (u32, u32) {
        match self.grouping() {
            Grouping::Account => (
                campaign.decided_of(key.index()),
                campaign.items_of(key.index()),
            ),
            _ => self.tally[key.index()],
        }
    }

    /// How many items of a group have a signal that says yes.
    pub(crate) fn told_of(&self, campaign: &Campaign, key: Key) -> usize {
        match self.grouping() {
            Grouping::Account => {
                let subject = campaign.snapshot().subjects()[key.index()];
                self.telling.between(subject.first, subject.end)
            }
            _ => self.told[key.index()] as usize,
        }
    }

    /// How many of the items that are shown each signal says yes to, the weightiest first.
    pub(crate) fn signals(&self) -> &[(Rule, Count)] {
        &self.signals
    }

    /// What stands together.
    pub(crate) fn grouping(&self) -> Grouping {
        self.order.grouping
    }

    /// In which order.
    pub(crate) fn sort(&self) -> Sort {
        self.order.sort
    }

    /// The group of an item.
    pub(crate) fn key_of(&self, campaign: &Campaign, item: Item) -> Key {
        order::key(campaign.snapshot(), self.grouping(), item)
    }

    /// What a group stands for.
    pub(crate) fn group(&self, campaign: &Campaign, key: Key) -> Group {
        order::group(campaign.snapshot(), self.grouping(), key)
    }

    /// The items of a group, shown or not, in order.
    pub(super) fn members(&self, key: Key) -> Members<'_> {
        self.order.items(self.order.row(key).unwrap_or(usize::MAX))
    }

    /// Puts the items of a group that are shown into `marks`.
    pub(crate) fn put(&self, key: Key, marks: &mut Marks) {
        match (self.members(key), self.chosen()) {
            (Members::Run(first, end), None) => marks.insert_run(first, end),
            (members, _) => {
                let shown = members.iter().filter(|item| self.shows(*item));
                shown.for_each(|item| marks.insert(item));
            }
        }
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
    pub(crate) fn show_all(&mut self, campaign: &Campaign) {
        if self.shown.take().is_some() {
            self.changed(campaign, campaign.items());
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

    /// How many groups are shown.
    pub(crate) fn len(&self) -> usize {
        self.chosen()
            .map_or(self.order.len(), |shown| shown.rows.len())
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

    /// The items that are shown.
    pub(crate) fn all(&self, campaign: &Campaign) -> Marks {
        match self.chosen() {
            Some(shown) => shown.items.clone(),
            None => Marks::from(campaign.items()),
        }
    }

    /// The group in row `row`.
    pub(crate) fn key(&self, row: usize) -> Option<Key> {
        let row = match self.chosen() {
            Some(shown) => *shown.rows.get(row)? as usize,
            None => row,
        };
        self.order.key(row)
    }

    /// The row of a group, or of the next one that is shown; `Err` when it is not shown itself.
    pub(crate) fn row(&self, key: Key) -> Result<usize, usize> {
        let row = self.order.row(key);
        match (row, self.chosen()) {
            (None, _) => Err(0),
            (Some(row), None) => Ok(row),
            (Some(row), Some(shown)) => shown.rows.binary_search_by_key(&row, |row| *row as usize),
        }
    }
}

/// Draws the queue with a title; the answer is where the cursor row is.
pub(crate) fn draw(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let rows = review.queue.len();
    let at = review.queue_row();
    pen.rule(
        0,
        &Line::styled(title(review, pen.width()), look.theme.strong),
    );
    let height = pen.height().saturating_sub(1);
    let at = at?;
    let top = scrolled(review.desk.queue_top, at, rows, height);
    for place in 0..height.min(rows.saturating_sub(top)) {
        let row = top + place;
        if let Some(key) = review.queue.key(row) {
            draw_row(review, pen, place + 1, key, row == at);
        }
    }
    let place = u16::try_from(at.checked_sub(top)? + 1).ok()?;
    let area = pen.area();
    (place < area.height).then_some((area.x, area.y + place))
}

/// The place in the queue, and how it is put together and in order where that is not as usual.
fn title(review: &Review, wide: usize) -> String {
    let queue = &review.queue;
    let mut title = match review.queue_row() {
        Some(row) => format!(
            "Queue {}/{}",
            number(row as u64 + 1),
            number(queue.len() as u64)
        ),
        None => "Queue".to_owned(),
    };
    for part in arranged(queue.grouping(), queue.sort(), &review.look) {
        let longer = format!("{title} {} {part}", review.look.glyphs.dot);
        if text::width(&longer) + 6 > wide {
            break;
        }
        title = longer;
    }
    title
}

/// How things are put together and in order, where that is not as usual.
pub(super) fn arranged(grouping: Grouping, sort: Sort, look: &Look) -> Vec<String> {
    let by = match grouping {
        Grouping::Account => None,
        Grouping::Flat => Some("one row an item".to_owned()),
        grouping => Some(format!("by {}", grouping.noun())),
    };
    let order = (sort != Sort::default()).then(|| {
        let sign = look.glyphs.turned[usize::from(sort.reversed)];
        format!("{sign} {}", sort.by.word())
    });
    by.into_iter().chain(order).collect()
}

fn draw_row(review: &Review, pen: &mut Pen<'_>, place: usize, key: Key, here: bool) {
    let look = pen.look();
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let queue = &review.queue;
    let (decided, all) = queue.tally(campaign, key);
    let (sign, style) = if decided == 0 {
        (look.glyphs.undecided, look.theme.text)
    } else if decided < all {
        (look.glyphs.begun, look.theme.text)
    } else {
        (look.glyphs.keep, look.theme.keep)
    };
    gutter(pen, place, here, false);
    pen.cell(1, place, 1, sign, style);
    if review.has_marks(key) {
        pen.cell(2, place, 1, look.glyphs.mark, look.theme.mark);
    }
    let count = format!(" {:>5} ", format!("{decided}/{all}"));
    let told = match queue.told_of(campaign, key) {
        0 => String::new(),
        n => format!("!{n}"),
    };
    let told_room = 4.max(text::width(&told));
    let counted = text::width(&count) + told_room;
    let room = pen.width().saturating_sub(3 + counted);
    let group = queue.group(campaign, key);
    let (_, mut name) = phrase::group(snapshot, group);
    let mut remarks = Vec::new();
    if let Group::Holder(holder) = group {
        if let (Holder::Account(account), true) = (holder, has_namesake(snapshot, key.index())) {
            let login = snapshot.account(account).username.safe();
            name = format!("{name} ({login})");
        }
        remarks = phrase::remarks(snapshot, holder, campaign.as_of());
        // That it is a team stands before its name already.
        remarks.retain(|remark| *remark != "team");
    }
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
    let counts = vec![
        Span::styled(count, look.theme.dim),
        Span::styled(format!("{told:<told_room$}"), look.theme.warning),
    ];
    pen.right(place, &Line::from(counts));
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
