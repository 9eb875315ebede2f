//! [`Card`]: the selected account or team with its items, and below them, dimmed, what it has through teams.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    frame::gutter,
    order::{Group, Key},
    queue::Queue,
    review::Review,
};
use crate::{
    domain::{
        access::{Access, Derived},
        account::Fact,
        campaign::Campaign,
        decision::{Decision, Slot},
        earlier::Delta,
        grant::{Entitlement, Holder},
        items::Item,
        signal::Rule,
        snapshot::Snapshot,
        view::Grouping,
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
    /// An item of the group itself.
    Own(Item),
    /// The derived access at this place of [`Card::derived`].
    Derived(usize),
}

/// The rows of one group, made when it is selected.
#[derive(Debug, Default)]
pub(crate) struct Card {
    made_for: Option<(Key, u64)>,
    /// The items of the group that are shown, in order.
    pub(crate) items: Vec<Item>,
    /// Whether derived access stands below them: it is of one account.
    one_holder: bool,
    /// The subject whose derived access is known.
    reached_by: Option<usize>,
    /// What the account of the selected row has through its teams.
    pub(crate) derived: Vec<Derived>,
}

impl Card {
    /// Makes the rows of the group `key`, unless they are there already.
    pub(crate) fn select(&mut self, queue: &Queue, key: Key) {
        let made_for = (key, queue.version());
        if self.made_for == Some(made_for) {
            return;
        }
        self.items.clear();
        let members = queue.members(key).iter();
        self.items.extend(members.filter(|item| queue.shows(*item)));
        self.one_holder = queue.grouping() == Grouping::Account;
        self.made_for = Some(made_for);
    }

    /// Finds what the account of `subject` has through its teams, unless it is known already.
    pub(crate) fn reach(&mut self, campaign: &Campaign, access: &Access, subject: Option<usize>) {
        if self.reached_by == subject {
            return;
        }
        let snapshot = campaign.snapshot();
        let holder = subject.map(|subject| snapshot.subjects()[subject].holder);
        self.derived = match holder {
            Some(Holder::Account(account)) => access.derived(snapshot, account),
            Some(Holder::Everyone(_) | Holder::Team(_)) | None => Vec::new(),
        };
        self.reached_by = subject;
    }

    /// Takes the rows away.
    pub(crate) fn empty(&mut self) {
        *self = Self::default();
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        // Whatever a filter chooses to decide on, what an account reaches is always told whole.
        let derived = if self.one_holder {
            self.derived.len()
        } else {
            0
        };
        self.items.len() + derived
    }

    /// What stands in row `row`.
    pub(crate) fn get(&self, row: usize) -> Option<Row> {
        match self.items.get(row) {
            Some(item) => Some(Row::Own(*item)),
            None => (row < self.len()).then(|| Row::Derived(row - self.items.len())),
        }
    }

    /// The row of `item`.
    pub(crate) fn row(&self, item: Item) -> Option<usize> {
        self.items.iter().position(|it| *it == item)
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
    let Some(key) = review.desk.group else {
        pen.rule(0, &Line::default());
        draw_nothing(review, pen);
        return None;
    };
    let group = review.queue.group(&review.campaign, key);
    pen.rule(0, &title(review, group, look.theme.strong));
    pen.line(
        1,
        &Line::styled(format!(" {}", about(review, key, group)), look.theme.dim),
    );
    let columns = Columns::of(pen.width(), group, review.campaign.earlier().is_some());
    columns.head(pen, 2);
    let head = usize::from(HEAD);
    let height = pen.height().saturating_sub(head);
    let card = &review.card;
    let top = scrolled(review.desk.card_top, review.desk.row, card.len(), height);
    for place in top..card.len().min(top + height) {
        if let Some(row) = card.get(place) {
            draw_row(review, pen, &columns, head + place - top, place, row);
        }
    }
    if card.len() == 0 {
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

/// The group's place in the queue, its name and its state.
pub(crate) fn title(review: &Review, group: Group, style: Style) -> Line<'static> {
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let place = review.queue_row().map_or(String::new(), |row| {
        format!(
            "{}/{}  ",
            text::number(row as u64 + 1),
            text::number(review.queue.len() as u64)
        )
    });
    let mut title = Line::from(Span::raw(place));
    let name = phrase::of_group(snapshot, group);
    title.spans.push(Span::styled(name, style));
    let Group::Holder(holder) = group else {
        return title;
    };
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

fn about(review: &Review, key: Key, group: Group) -> String {
    let campaign = &review.campaign;
    let snapshot = campaign.snapshot();
    let dot = review.look.glyphs.dot;
    let mut about = Vec::new();
    let (decided, all) = review.queue.tally(campaign, key);
    let left = all - decided;
    about.push(format!(
        "{}, {left} left",
        count(u64::from(all), "item", "items")
    ));
    let holder = match group {
        Group::Holder(holder) => holder,
        group => {
            about.extend(told(snapshot, group).map(str::to_owned));
            return about.join(&format!(" {dot} "));
        }
    };
    match holder {
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

/// What has to be known about a group that is no holder.
fn told(snapshot: &Snapshot, group: Group) -> Option<&'static str> {
    let known = |fact: Fact<bool>| fact == Fact::Known(true);
    match group {
        Group::Project(project) => {
            let project = snapshot.project(project);
            match (known(project.private), known(project.archived)) {
                (true, true) => Some("private, archived"),
                (true, false) => Some("private"),
                (false, true) => Some("archived"),
                (false, false) => None,
            }
        }
        Group::Team(team) => {
            let team = snapshot.team(team);
            match (known(team.disbanded), known(team.archived)) {
                (true, _) => Some("disbanded"),
                (false, true) => Some("archived"),
                (false, false) => Some("who is in it, and what it holds"),
            }
        }
        Group::Rest(Grouping::Team) => {
            Some("what is neither a membership of a team nor held by one")
        }
        Group::Rest(_) => Some("what is no role in a project"),
        Group::Holder(_)
        | Group::Role(_)
        | Group::Leads
        | Group::Members
        | Group::SignIn
        | Group::All => None,
    }
}

/// Where each column begins and how wide it is; what does not fit is left out, but never decision, target
/// and role.
#[derive(Debug)]
struct Columns {
    number: usize,
    /// What the item is beside the previous record, where there is one.
    delta: usize,
    /// Who holds it, where that differs from row to row.
    holder: usize,
    kind: usize,
    target: usize,
    role: usize,
    signals: usize,
    /// How many signals there are, where their names have no room.
    flag: usize,
}

/// Cells for cursor and mark, and for the decision with a blank after it.
const GUTTER: usize = 2;
const DECISION: usize = 2;

impl Columns {
    fn of(width: usize, group: Group, compared: bool) -> Self {
        let one_holder = matches!(group, Group::Holder(_));
        let kind = match group {
            Group::Project(_) | Group::Leads | Group::Members | Group::SignIn => false,
            Group::Role(_) => width >= 80,
            _ => width >= if one_holder { 50 } else { 70 },
        };
        let number = if one_holder && width >= 60 { 5 } else { 0 };
        let delta = if compared && width >= 30 { 2 } else { 0 };
        let kind = if kind { 8 } else { 0 };
        let rest = width.saturating_sub(GUTTER + DECISION + number + delta + kind);
        let signals = if rest >= 56 {
            (rest * 2 / 5).min(rest - 40)
        } else {
            0
        };
        let flag = if signals == 0 { FLAG.min(rest) } else { 0 };
        let rest = rest - signals - flag;
        // In parts of the room that is left.
        let (holder, target, role) = match group {
            Group::Holder(_) => (0, rest * 3 / 5, rest - rest * 3 / 5),
            Group::Project(_) => (rest * 3 / 5, 0, rest - rest * 3 / 5),
            Group::Role(_) | Group::Leads | Group::Members => (rest / 2, rest - rest / 2, 0),
            Group::SignIn => (rest, 0, 0),
            Group::Team(_) | Group::Rest(_) | Group::All => {
                let (holder, target) = (rest * 2 / 5, rest * 7 / 20);
                (holder, target, rest - holder - target)
            }
        };
        Self {
            number,
            delta,
            holder,
            kind,
            target,
            role,
            signals,
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
            (self.holder, "Holder"),
            (self.kind, "Kind"),
            (self.target, "Target"),
            (self.role, "Role"),
            (self.signals, "Signals"),
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
    let marked = own && review.is_marked(place, item);
    gutter(pen, line, here, marked);
    let mut at = GUTTER;
    if columns.number > 0 && own {
        let first = snapshot.subjects()[snapshot.subject_of(item)].first;
        pen.cell(
            at,
            line,
            columns.number,
            &format!("{:>4} ", item.0 - first.0 + 1),
            // Fewer changes of colour in the row that each step draws anew.
            if here {
                look.theme.text
            } else {
                look.theme.dim
            },
        );
    }
    at += columns.number;
    let (sign, style) = sign(review, item, own);
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
    if columns.holder > 0 {
        let name = phrase::holder(snapshot, snapshot.grant(item).holder);
        pen.cell(at, line, columns.holder.saturating_sub(1), &name, text);
        at += columns.holder;
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
    let blank = usize::from(columns.signals > 0);
    pen.cell(
        at,
        line,
        columns.role.saturating_sub(blank),
        &phrase::role(snapshot, item),
        text,
    );
    at += columns.role;
    if columns.flag > 0 && own && !review.is_saving(item) {
        let flag = flag(campaign, item);
        let room = text::width(&flag).min(columns.flag);
        let at = at + columns.flag - room;
        pen.cell(at, line, room, &flag, look.theme.warning);
    }
    if columns.signals > 0 {
        let (signals, style) = signals(review, row, item, columns.signals);
        let style = match (own, here) {
            (_, true) => look.theme.text,
            (true, false) => style,
            (false, false) => look.theme.dim,
        };
        pen.cell(at, line, columns.signals, &signals, style);
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

/// The sign of what is recorded about an item, or about to be.
fn sign(review: &Review, item: Item, own: bool) -> (&'static str, Style) {
    let (glyphs, theme) = (&review.look.glyphs, &review.look.theme);
    let slot = review.campaign.slot(item);
    if !own {
        (glyphs.derived, theme.dim)
    } else if review.is_saving(item) {
        (glyphs.saving, theme.warning)
    } else if review.is_moved_back(item) {
        (glyphs.undone, theme.warning)
    } else {
        (glyphs.slot(slot), theme.slot(slot))
    }
}

/// Decided rows stand back a little.
fn quiet(slot: Slot, text: Style, dim: Style) -> Style {
    if slot.decision.is_some() { dim } else { text }
}

/// Cells for [`flag`] with a blank before it.
const FLAG: usize = 6;

/// How many signals say yes, and how many cannot be told: `!2?1`.
fn flag(campaign: &Campaign, item: Item) -> String {
    let Some(signals) = campaign.signals_made() else {
        return String::new();
    };
    let sign = |sign: &str, n: usize| match n {
        0 => String::new(),
        n => format!("{sign}{n}"),
    };
    let yes = sign("!", signals.telling(item).count());
    format!("{yes}{}", sign("?", signals.unread_of(item).count()))
}

/// The signals of a row by name, as many as have room; of derived access the way to it.
fn signals(review: &Review, row: Row, item: Item, room: usize) -> (String, Style) {
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
        // The header says that they are being worked out.
        Row::Own(_) if campaign.signals_made().is_none() => {
            (review.look.glyphs.ellipsis.to_owned(), theme.dim)
        }
        Row::Own(_) => {
            let signals = campaign.signals();
            let mut words: Vec<String> = Vec::new();
            if snapshot.implicit(item) {
                words.push("implicit: acknowledge".to_owned());
            }
            let yes = signals.of_item(item).filter(|rule| *rule != Rule::Unread);
            words.extend(yes.map(|rule| rule.words().to_owned()));
            if let Some(also) = review
                .card
                .also(campaign, item)
                .filter(|_| review.card.one_holder)
            {
                let way = phrase::path(snapshot, &also.path, review.look.glyphs.upward);
                let also = format!("also via {way}");
                let told = words
                    .iter_mut()
                    .find(|word| *word == Rule::Duplicate.words());
                match told {
                    Some(told) => *told = also,
                    None => words.push(also),
                }
            }
            if campaign.note(item).is_some() {
                words.push("note".to_owned());
            }
            let unknown = match signals.unread_of(item).count() {
                0 => String::new(),
                n => format!("?{n}"),
            };
            let words = phrase::fitting(&words, room.saturating_sub(2 + unknown.len() + 1));
            let bang = if words.is_empty() { "" } else { "! " };
            let blank = if words.is_empty() || unknown.is_empty() {
                ""
            } else {
                " "
            };
            (format!("{bang}{words}{blank}{unknown}"), theme.warning)
        }
    }
}
