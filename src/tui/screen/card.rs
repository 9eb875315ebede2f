//! [`Card`]: the selected account or team with its items, and below them, dimmed, what it has through teams.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{frame::gutter, queue::Queue, review::Review};
use crate::{
    domain::{
        access::{Access, Derived},
        campaign::Campaign,
        decision::{Decision, Slot},
        earlier::Delta,
        grant::{Entitlement, Holder},
        items::Item,
    },
    tui::{
        phrase,
        widget::{
            pen::{Pen, scrolled},
            text::{self, count},
        },
    },
};

/// One row of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// An item of the subject itself.
    Own(Item),
    /// The derived access at this place of [`Card::derived`].
    Derived(usize),
}

/// The rows of one subject, made when it is selected.
#[derive(Debug, Default)]
pub(crate) struct Card {
    made_for: Option<(usize, u64)>,
    /// The rows that are shown: own items, then derived access.
    pub(crate) rows: Vec<Row>,
    /// How many of the rows are own items.
    pub(crate) own: usize,
    /// What the account has through its teams.
    pub(crate) derived: Vec<Derived>,
}

impl Card {
    /// Makes the rows of `subject`, unless they are there already.
    pub(crate) fn select(
        &mut self,
        campaign: &Campaign,
        access: &Access,
        queue: &Queue,
        subject: usize,
    ) {
        let key = (subject, queue.version());
        if self.made_for == Some(key) {
            return;
        }
        let snapshot = campaign.snapshot();
        if self.made_for.is_none_or(|(before, _)| before != subject) {
            self.derived = match snapshot.subjects()[subject].holder {
                Holder::Account(account) => access.derived(snapshot, account),
                Holder::Everyone(_) | Holder::Team(_) => Vec::new(),
            };
        }
        self.rows.clear();
        let own = snapshot.subjects()[subject]
            .items()
            .filter(|item| queue.shows(*item));
        self.rows.extend(own.map(Row::Own));
        self.own = self.rows.len();
        // Whatever a filter chooses to decide on, what an account reaches is always told whole.
        self.rows.extend((0..self.derived.len()).map(Row::Derived));
        self.made_for = Some(key);
    }

    /// Takes the rows away.
    pub(crate) fn empty(&mut self) {
        *self = Self::default();
    }

    /// The row of `item`.
    pub(crate) fn row(&self, item: Item) -> Option<usize> {
        self.rows[..self.own]
            .binary_search_by_key(&item, |row| match row {
                Row::Own(item) => *item,
                Row::Derived(_) => Item(u32::MAX),
            })
            .ok()
    }

    /// Through which team the account has what `item` gives, too.
    fn also(&self, campaign: &Campaign, item: Item) -> Option<&Derived> {
        self.derived
            .iter()
            .find(|derived| same_target(campaign, item, derived.item))
    }

    /// The other ways by which the account reaches what the derived access at `place` gives, in words.
    pub(super) fn other_ways(
        &self,
        campaign: &Campaign,
        subject: usize,
        place: usize,
        upward: &str,
    ) -> Vec<String> {
        let snapshot = campaign.snapshot();
        let item = self.derived[place].item;
        let role = |item: Item| phrase::role(snapshot, item);
        let own = snapshot.subjects()[subject]
            .items()
            .filter(|own| same_target(campaign, item, *own));
        let own = own.map(|own| format!("directly as {}", role(own)));
        let derived = self.derived.iter().enumerate();
        let derived = derived
            .filter(|(other, derived)| *other != place && same_target(campaign, item, derived.item))
            .map(|(_, derived)| {
                let path = phrase::path(snapshot, &derived.path, upward);
                format!("via team {path} as {}", role(derived.item))
            });
        own.chain(derived).collect()
    }
}

/// Whether two items are roles on the same project, or both on the organization.
fn same_target(campaign: &Campaign, one: Item, other: Item) -> bool {
    let snapshot = campaign.snapshot();
    match (
        snapshot.grant(one).entitlement,
        snapshot.grant(other).entitlement,
    ) {
        (Entitlement::ProjectRole(one, _), Entitlement::ProjectRole(other, _)) => one == other,
        (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => one == other,
        _ => false,
    }
}

/// Rows above the items: the title, what the subject is, the names of the columns.
pub(crate) const HEAD: u16 = 3;

/// Draws the card; the answer is where the cursor row is.
pub(crate) fn draw(review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    let look = pen.look();
    let Some(subject) = review.subject() else {
        pen.rule(0, &Line::default());
        draw_nothing(review, pen);
        return None;
    };
    pen.rule(0, &title(review, subject, look.theme.strong));
    pen.line(
        1,
        &Line::styled(format!(" {}", about(review, subject)), look.theme.dim),
    );
    let columns = Columns::of(pen.width(), review.campaign.earlier().is_some());
    columns.head(pen, 2);
    let head = usize::from(HEAD);
    let height = pen.height().saturating_sub(head);
    let rows = &review.card.rows;
    let top = scrolled(review.desk.card_top, review.desk.row, rows.len(), height);
    for (place, row) in rows.iter().enumerate().skip(top).take(height) {
        draw_row(review, pen, &columns, head + place - top, place, *row);
    }
    if rows.is_empty() {
        pen.line(head, &Line::styled("   no items", look.theme.dim));
        return None;
    }
    let place = u16::try_from(review.desk.row.checked_sub(top)?).ok()? + HEAD;
    let area = pen.area();
    (place < area.height).then_some((area.x, area.y + place))
}

fn draw_nothing(review: &Review, pen: &mut Pen<'_>) {
    let look = pen.look();
    let text = match review.queue.filter() {
        Some(_) => match review.queue.told() {
            Some(told) => format!("Nothing matches the filter: {told} Esc shows everything again."),
            None => "Nothing matches the filter. Esc shows everything again.".to_owned(),
        },
        None => "There is nothing to review.".to_owned(),
    };
    for (row, line) in text::wrap(&text, pen.width().saturating_sub(2))
        .iter()
        .enumerate()
    {
        pen.line(row + 2, &Line::styled(format!(" {line}"), look.theme.text));
    }
}

/// The subject's place in the queue, its name and its state.
pub(crate) fn title(review: &Review, position: usize, style: Style) -> Line<'static> {
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let holder = snapshot.subjects()[position].holder;
    let place = review.queue_row().map_or(String::new(), |row| {
        format!(
            "{}/{}  ",
            text::number(row as u64 + 1),
            text::number(review.queue.len(campaign) as u64)
        )
    });
    let mut title = Line::from(Span::raw(place));
    title
        .spans
        .push(Span::styled(phrase::holder(snapshot, holder), style));
    match holder {
        Holder::Account(ix) => {
            let account = snapshot.account(ix);
            let login = account.username.safe();
            let dot = review.look.glyphs.dot;
            let state = phrase::account_state(account, campaign.as_of());
            let kind = phrase::account_kind(account);
            let listed = if account.listed {
                ""
            } else {
                "  not in the account list"
            };
            title.spans.push(Span::raw(format!(
                "  {login}  {state} {dot} {kind}{listed}"
            )));
        }
        Holder::Team(_) | Holder::Everyone(_) => {
            let remarks: Vec<&str> = phrase::remarks(snapshot, holder, campaign.as_of());
            let remarks = remarks
                .iter()
                .filter(|remark| **remark != "team")
                .copied()
                .collect::<Vec<_>>();
            if !remarks.is_empty() {
                title
                    .spans
                    .push(Span::raw(format!("  {}", remarks.join(", "))));
            }
        }
    }
    title
}

fn about(review: &Review, position: usize) -> String {
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let subject = snapshot.subjects()[position];
    let dot = review.look.glyphs.dot;
    let mut about = Vec::new();
    let all = campaign.items_of(position);
    let left = all - campaign.decided_of(position);
    about.push(format!(
        "{}, {left} left",
        count(u64::from(all), "item", "items")
    ));
    match subject.holder {
        Holder::Account(ix) => {
            let account = snapshot.account(ix);
            about.extend(account.joined.known().map(|day| format!("joined {day}")));
            about.extend(
                account
                    .left_at
                    .known()
                    .map(|at| format!("left {}", at.day())),
            );
            about.push(phrase::last_sign_in(account));
            about.push(phrase::two_factor(account).to_owned());
        }
        Holder::Team(ix) => {
            about.extend(
                snapshot
                    .team(ix)
                    .parent
                    .map(|parent| format!("below team {}", phrase::team_name(snapshot, parent))),
            );
            about
                .push("what a team holds, its members and those of teams below it have".to_owned());
        }
        Holder::Everyone(_) => {
            about.push("nobody can be taken out of it, so it is acknowledged".to_owned());
        }
    }
    about.join(&format!(" {dot} "))
}

/// Where each column begins and how wide it is; what does not fit is left out, but never decision, target
/// and role.
#[derive(Debug)]
struct Columns {
    number: usize,
    /// What the item is beside the previous record, where there is one.
    delta: usize,
    kind: usize,
    target: usize,
    role: usize,
    facts: usize,
    /// A sign that there are facts, where they have no column.
    flag: usize,
}

/// Cells for cursor and mark, and for the decision with a blank after it.
const GUTTER: usize = 2;
const DECISION: usize = 2;

impl Columns {
    fn of(width: usize, compared: bool) -> Self {
        let number = if width >= 60 { 5 } else { 0 };
        let delta = if compared && width >= 30 { 2 } else { 0 };
        let kind = if width >= 50 { 8 } else { 0 };
        let rest = width.saturating_sub(GUTTER + DECISION + number + delta + kind);
        let facts = if rest >= 56 {
            (rest * 2 / 5).min(rest - 40)
        } else {
            0
        };
        let flag = if facts == 0 { 2.min(rest) } else { 0 };
        let rest = rest - facts - flag;
        let target = rest * 3 / 5;
        Self {
            number,
            delta,
            kind,
            target,
            role: rest - target,
            facts,
            flag,
        }
    }

    fn head(&self, pen: &mut Pen<'_>, row: usize) {
        let dim = pen.look().theme.dim;
        let mut at = GUTTER;
        let columns = [
            (self.number, "   #"),
            (DECISION, if self.kind > 0 { "D" } else { "" }),
            (self.delta, if self.kind > 0 { "S" } else { "" }),
            (self.kind, "Kind"),
            (self.target, "Target"),
            (self.role, "Role"),
            (self.facts, "Facts"),
        ];
        for (room, name) in columns {
            pen.cell(at, row, room, name, dim);
            at += room;
        }
    }
}

fn draw_row(
    review: &Review,
    pen: &mut Pen<'_>,
    columns: &Columns,
    line: usize,
    place: usize,
    row: Row,
) {
    let look = pen.look();
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let here = place == review.desk.row;
    let (item, own) = match row {
        Row::Own(item) => (item, true),
        Row::Derived(derived) => (review.card.derived[derived].item, false),
    };
    let slot = campaign.slot(item);
    let marked = own && review.is_marked(item);
    gutter(pen, line, here, marked);
    let mut at = GUTTER;
    if columns.number > 0 && own {
        let first = snapshot.subjects()[snapshot.subject_of(item)].first;
        pen.cell(
            at,
            line,
            columns.number,
            &format!("{:>4} ", item.0 - first.0 + 1),
            look.theme.dim,
        );
    }
    at += columns.number;
    let (sign, style) = if !own {
        (look.glyphs.derived, look.theme.dim)
    } else if review.is_saving(item) {
        (look.glyphs.saving, look.theme.warning)
    } else if review.is_moved_back(item) {
        (look.glyphs.undone, look.theme.warning)
    } else {
        (look.glyphs.slot(slot), look.theme.slot(slot))
    };
    pen.cell(at, line, 1, sign, style);
    at += DECISION;
    let text = if own {
        quiet(slot, look.theme.text, look.theme.dim)
    } else {
        look.theme.dim
    };
    if columns.delta > 0 {
        if let Some(earlier) = campaign.earlier().filter(|_| own) {
            let delta = earlier.delta(item);
            let style = match delta {
                Delta::Unchanged => look.theme.dim,
                _ => text,
            };
            pen.cell(at, line, 1, phrase::delta(delta), style);
        }
        at += columns.delta;
    }
    pen.cell(at, line, columns.kind, phrase::kind(snapshot, item), text);
    at += columns.kind;
    pen.cell(
        at,
        line,
        columns.target.saturating_sub(1),
        &phrase::target(snapshot, item),
        text,
    );
    at += columns.target;
    let blank = usize::from(columns.facts > 0);
    pen.cell(
        at,
        line,
        columns.role.saturating_sub(blank),
        &phrase::role(snapshot, item),
        text,
    );
    at += columns.role;
    if columns.flag > 0 && own && !review.is_saving(item) && !facts(review, row, item).0.is_empty()
    {
        pen.cell(at + columns.flag - 1, line, 1, "!", look.theme.warning);
    }
    if columns.facts > 0 {
        let (facts, style) = facts(review, row, item);
        pen.cell(
            at,
            line,
            columns.facts,
            &facts,
            if own { style } else { look.theme.dim },
        );
    }
    if here {
        pen.tint(
            line,
            if review.card_has_keys() {
                look.theme.cursor
            } else {
                look.theme.selected
            },
        );
    }
}

/// Decided rows stand back a little.
fn quiet(slot: Slot, text: Style, dim: Style) -> Style {
    if slot.decision.is_some() { dim } else { text }
}

/// What is worth knowing about a row, in few words.
fn facts(review: &Review, row: Row, item: Item) -> (String, Style) {
    let theme = &review.look.theme;
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    match row {
        Row::Derived(derived) => {
            let derived = &review.card.derived[derived];
            let path = phrase::path(snapshot, &derived.path, review.look.glyphs.upward);
            let certainty = phrase::certainty(derived.certainty);
            let gone = |item: Item| campaign.slot(item).decision == Some(Decision::Revoke);
            let revoked = if gone(derived.membership) || gone(derived.item) {
                ", revoked in this review"
            } else {
                ""
            };
            (format!("via {path}{certainty}{revoked}"), theme.dim)
        }
        Row::Own(_) if review.is_saving(item) => ("saving".to_owned(), theme.warning),
        Row::Own(_) => {
            let mut facts = phrase::facts(campaign, item);
            if let Some(also) = review.card.also(campaign, item) {
                facts.push(format!(
                    "also via {}",
                    phrase::path(snapshot, &also.path, review.look.glyphs.upward)
                ));
            }
            if campaign.note(item).is_some() {
                facts.push("note".to_owned());
            }
            if facts.is_empty() {
                return (String::new(), theme.text);
            }
            (format!("! {}", facts.join(", ")), theme.warning)
        }
    }
}
