//! [`Items`]: a row for each item, with what was decided about it.

use crate::domain::{
    account::{Account, Fact, Kind, State, TwoFactor},
    campaign::Campaign,
    decision::Decision,
    grant::{Entitlement, Holder, Membership, Standing},
    items::{Item, ItemSet},
    journal::Chosen,
    time::Timestamp,
};

use super::table::{Cell, Column, Table};

const fn column(name: &'static str, width: u8) -> Column {
    Column { name, width }
}

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
];

/// A row for each of some items of a campaign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Items<'a> {
    /// The review.
    pub(crate) campaign: &'a Campaign,
    /// The items, in the order of their numbers.
    pub(crate) items: &'a ItemSet,
}

impl Table for Items<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.items.len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        self.items
            .iter()
            .try_for_each(|item| take(row(self.campaign, item)))
    }
}

/// What is known about `item`, in the order of the columns.
pub(crate) fn row(campaign: &Campaign, item: Item) -> Vec<Cell> {
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
            .map(|membership| standing(membership, campaign.as_of()))
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
            row.push(kind(account).into());
            row.push(state(account, campaign.as_of()).into());
            row.push(match &account.last_sign_in {
                Fact::Absent => "never".into(),
                known => fact(known, |at| (*at).into()),
            });
            row.push(fact(&account.two_factor, |two_factor| {
                match two_factor {
                    TwoFactor::Active => "on",
                    TwoFactor::Inactive => "off",
                    TwoFactor::NotSetUp => "never set up",
                }
                .into()
            }));
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

fn kind(account: &Account) -> &'static str {
    match account.kind {
        Kind::Member => "member",
        Kind::Collaborator => "external",
        Kind::Guest => "guest",
        Kind::Unknown => "unknown",
    }
}

fn state(account: &Account, now: Timestamp) -> &'static str {
    match account.state(now) {
        State::Active => "active",
        State::Suspended => "suspended",
        State::Left => "left",
        State::Future => "future",
        State::Unknown => "unknown",
    }
}

fn standing(membership: &Membership, now: Timestamp) -> &'static str {
    match membership.standing(now) {
        Standing::Live => "live",
        Standing::Pending => "pending",
        Standing::Future => "future",
        Standing::Ended => "ended",
        Standing::Unknown => "unknown",
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
