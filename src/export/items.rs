//! [`Items`]: a row for each item, with what was decided about it.

use crate::domain::{
    account::Fact,
    campaign::Campaign,
    decision::Decision,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    journal::Chosen,
    remains::{self, Remains},
    signal,
};

use super::table::{Cell, Column, Table, column};

/// The columns, which only grow to the right.
pub(crate) const COLUMNS: &[Column] = &[
    column("item", 9),
    column("item_id", 26),
    column("holder_type", 10),
    column("holder", 28),
    column("username", 20),
    column("email", 28),
    column("holder_id", 16),
    column("account_kind", 14),
    column("account_state", 12),
    column("last_sign_in", 20),
    column("two_factor", 11),
    column("resource_type", 12),
    column("resource", 28),
    column("resource_id", 16),
    column("role", 22),
    column("privileged", 10),
    column("since", 20),
    column("until", 20),
    column("membership", 11),
    column("decision", 12),
    column("later", 6),
    column("reason", 30),
    column("note", 30),
    column("decided_at", 20),
    column("decided_by", 16),
    column("chosen", 14),
    column("together_with", 13),
    column("entry", 8),
    column("signals", 30),
    column("signals_unknown", 24),
    column("flags", 24),
    column("remains", 18),
];

/// A row for each of some items of a campaign.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    campaign: &'a Campaign,
    /// Which items, in the order of their numbers.
    chosen: &'a ItemSet,
    /// What the revokes among them leave standing.
    left: Remains,
}

impl<'a> Items<'a> {
    /// The rows of `items`.
    pub(crate) fn new(campaign: &'a Campaign, items: &'a ItemSet) -> Self {
        let left = Remains::of(campaign, &revoked(campaign, items));
        Self {
            campaign,
            chosen: items,
            left: left.map_or_else(Remains::default, |left| *left),
        }
    }

    /// What the revokes among them leave standing.
    pub(crate) fn left(&self) -> &Remains {
        &self.left
    }
}

impl Table for Items<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.chosen.len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        self.chosen.iter().try_for_each(|item| take(self.row(item)))
    }
}

impl Items<'_> {
    /// What is known about `item`, one of them, in the order of the columns.
    pub(crate) fn row(&self, item: Item) -> Vec<Cell> {
        let mut row = self::row(self.campaign, item);
        let signals = self.campaign.signals();
        // What is not read has a column of its own.
        let yes = signals
            .of_item(item)
            .filter(|rule| *rule != signal::Rule::Unread);
        row.push(names(yes.map(signal::Rule::name)));
        row.push(names(signals.unread_of(item).map(signal::Rule::name)));
        let flags = self.campaign.attested_flags().unwrap_or_default().iter();
        let flags = flags.filter(|flag| flag.items.contains(item) || flag.unknown.contains(item));
        row.push(names(flags.map(|flag| flag.rule.name())));
        row.push(self.remains(item).into());
        row
    }

    /// What a revoke leaves standing, in a word or two.
    fn remains(&self, item: Item) -> Option<&'static str> {
        let revoked = self.campaign.slot(item).decision == Some(Decision::Revoke);
        revoked.then(|| {
            if self.left.standing.contains(item) {
                "still reached"
            } else if self.left.unsure.contains(item) {
                "may be reached"
            } else if remains::is_moot(self.campaign, item) {
                "account deactivated"
            } else {
                "nothing"
            }
        })
    }
}

/// Names of ours in one cell.
fn names(names: impl Iterator<Item = &'static str>) -> Cell {
    let names: Vec<&str> = names.collect();
    match &names[..] {
        [] => Cell::Empty,
        names => Cell::text(&names.join(", ")),
    }
}

/// What is known about `item` apart from what follows from others.
fn row(campaign: &Campaign, item: Item) -> Vec<Cell> {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    let mut row = Vec::with_capacity(COLUMNS.len());
    row.push(Cell::Number(item.number()));
    row.push(Cell::text(&grant.id.to_string()));
    holder(campaign, grant.holder, &mut row);
    let (kind, id) = resource(campaign, item);
    row.push(kind.into());
    row.push(Cell::raw(snapshot.resource_label(item)));
    row.push(Cell::text(id));
    row.push(Cell::raw(&snapshot.role_label(item)));
    row.push(privileged(campaign, grant.entitlement).into());
    let membership = match grant.entitlement {
        Entitlement::Membership(membership) => Some(snapshot.membership(membership)),
        _ => None,
    };
    row.push(membership.map_or(Cell::Empty, |membership| {
        fact(&membership.since, |at| (*at).into())
    }));
    row.push(membership.map_or(Cell::Empty, |membership| {
        fact(&membership.till, |at| (*at).into())
    }));
    row.push(
        membership
            .map(|membership| membership.standing(campaign.as_of()).word())
            .into(),
    );
    decision(campaign, item, &mut row);
    row
}

fn holder(campaign: &Campaign, holder: Holder, row: &mut Vec<Cell>) {
    let snapshot = campaign.snapshot();
    row.push(
        match holder {
            Holder::Everyone(_) => "everyone",
            Holder::Account(_) => "account",
            Holder::Team(_) => "team",
        }
        .into(),
    );
    row.push(Cell::raw(&snapshot.holder_label(holder)));
    match holder {
        Holder::Account(ix) => {
            let account = snapshot.account(ix);
            row.push(Cell::raw(&account.username));
            row.push(fact(&account.email, Cell::raw));
            row.push(Cell::text(&account.id.0));
            row.push(account.kind.word().into());
            row.push(account.state(campaign.as_of()).word().into());
            row.push(match &account.last_sign_in {
                Fact::Absent => "never".into(),
                known => fact(known, |at| (*at).into()),
            });
            row.push(fact(&account.two_factor, |it| it.word().into()));
        }
        Holder::Team(ix) => {
            row.extend([Cell::Empty, Cell::Empty]);
            row.push(Cell::text(&snapshot.team(ix).id));
            row.extend([Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]);
        }
        Holder::Everyone(_) => row.extend((0..7).map(|_| Cell::Empty)),
    }
}

fn decision(campaign: &Campaign, item: Item, row: &mut Vec<Cell>) {
    let slot = campaign.slot(item);
    row.push(decided(campaign, item).into());
    row.push(slot.later.then_some("later").into());
    let deciding = campaign.deciding_entry(item);
    let reason = deciding.and_then(|(_, decided)| decided.reason.as_ref());
    row.push(reason.map_or(Cell::Empty, Cell::raw));
    row.push(campaign.note(item).map_or(Cell::Empty, Cell::raw));
    match deciding.filter(|_| slot.decision.is_some()) {
        Some((entry, decided)) => {
            let at = match decided.chosen {
                Chosen::Carried { at, .. } => at,
                _ => entry.at,
            };
            row.push(at.into());
            row.push(Cell::raw(&entry.by));
            row.push(chosen(&decided.chosen).into());
            row.push(Cell::Number(decided.items.len() as u64));
            row.push(Cell::Number(entry.seq.into()));
        }
        None => row.extend((0..5).map(|_| Cell::Empty)),
    }
}

/// The word for what was decided about an item: `keep`, `revoke`, `acknowledge`, `undecided` or `out-of-scope`, as in
/// `decisions.jsonl`.
pub(crate) fn decided(campaign: &Campaign, item: Item) -> &'static str {
    match campaign.slot(item).decision {
        Some(decision) => decision.word(),
        None if campaign.items().contains(item) => "undecided",
        None => "out-of-scope",
    }
}

/// The items that were decided to go.
pub(crate) fn revoked(campaign: &Campaign, items: &ItemSet) -> ItemSet {
    items
        .iter()
        .filter(|item| campaign.slot(*item).decision == Some(Decision::Revoke))
        .collect()
}

/// How the items of a change were chosen, in a word.
pub(crate) fn chosen(chosen: &Chosen) -> &'static str {
    match chosen {
        Chosen::Single => "one by one",
        Chosen::RestOfSubject => "rest of account",
        Chosen::Marked => "marked",
        Chosen::Filter(_) => "by filter",
        Chosen::Adjusted { .. } => "by filter and by hand",
        Chosen::Table => "in a table",
        Chosen::Carried { .. } => "carried over",
        Chosen::AsBefore { .. } => "as before",
        Chosen::Drift => "changed",
    }
}

fn fact<T>(fact: &Fact<T>, words: impl FnOnce(&T) -> Cell) -> Cell {
    match fact {
        Fact::Known(value) => words(value),
        Fact::Absent => Cell::Empty,
        Fact::Unknown => "unknown".into(),
    }
}

fn privileged(campaign: &Campaign, entitlement: Entitlement) -> Option<&'static str> {
    let (Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role)) = entitlement
    else {
        return None;
    };
    Some(match campaign.snapshot().role(role).privileged() {
        Fact::Known(true) => "yes",
        Fact::Known(false) | Fact::Absent => "no",
        Fact::Unknown => "unknown",
    })
}

/// What an item is access to: what kind of thing, and Space's id of it.
pub(crate) fn resource(campaign: &Campaign, item: Item) -> (&'static str, &str) {
    let snapshot = campaign.snapshot();
    match snapshot.grant(item).entitlement {
        Entitlement::SignIn | Entitlement::OrganizationRole(_) => {
            ("organization", &snapshot.organization().id)
        }
        Entitlement::Membership(membership) => {
            let team = snapshot.membership(membership).team;
            ("team", &snapshot.team(team).id)
        }
        Entitlement::ProjectRole(project, _) => ("project", &snapshot.project(project).id),
    }
}
