//! [`Standing`]: a row for each revoke that leaves the access standing, or may, once all revokes are carried out.

use crate::domain::{
    access::Certainty,
    account::Fact,
    campaign::Campaign,
    grant::Holder,
    items::{Item, ItemSet},
    remains::{self, Remains, Way},
    text::SafeText,
    words::{count, number},
};

use super::{
    items::{resource, revoked},
    table::{Cell, Column, Table, column},
};

const COLUMNS: &[Column] = &[
    column("item", 9),
    column("item_id", 26),
    column("holder", 28),
    column("username", 20),
    column("resource_type", 12),
    column("resource", 28),
    column("role", 22),
    column("remains", 18),
    column("just_as_much", 12),
    column("through", 60),
    column("through_items", 20),
    column("reason", 30),
];

/// How many ways a row names.
const WAYS: usize = 10;

/// The revokes among some items that leave the access standing, or may.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    campaign: &'a Campaign,
    revoked: ItemSet,
    len: u64,
}

impl<'a> Standing<'a> {
    /// Those among `items`.
    pub(crate) fn new(campaign: &'a Campaign, items: &ItemSet) -> Self {
        let revoked = revoked(campaign, items);
        let mut len = 0;
        remains::ways(campaign, &revoked, |_, ways| {
            len += u64::from(!ways.is_empty());
        });
        Self {
            campaign,
            revoked,
            len,
        }
    }
}

impl Table for Standing<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        let mut taken = Ok(());
        remains::ways(self.campaign, &self.revoked, |item, ways| {
            if taken.is_ok() && !ways.is_empty() {
                taken = take(row(self.campaign, item, ways));
            }
        });
        taken
    }
}

fn row(campaign: &Campaign, item: Item, ways: &[Way]) -> Vec<Cell> {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    let reason = campaign.deciding_entry(item);
    let reason = reason.and_then(|(_, decided)| decided.reason.as_ref());
    let mut through: Vec<String> = ways
        .iter()
        .take(WAYS)
        .map(|way| words(campaign, item, *way))
        .collect();
    let more = ways.len().saturating_sub(WAYS);
    if more > 0 {
        through.push(format!("{} more", number(more as u64)));
    }
    let by: ItemSet = ways.iter().map(|way| way.item).collect();
    vec![
        Cell::Number(item.number()),
        Cell::text(&grant.id.to_string()),
        Cell::raw(&snapshot.holder_label(grant.holder)),
        match grant.holder {
            Holder::Account(account) => Cell::raw(&snapshot.account(account).username),
            Holder::Team(_) | Holder::Everyone(_) => Cell::Empty,
        },
        resource(campaign, item).0.into(),
        Cell::raw(snapshot.resource_label(item)),
        Cell::raw(&snapshot.role_label(item)),
        state(ways).into(),
        just_as_much(campaign, item, ways).into(),
        Cell::text(&through.join("; ")),
        Cell::text(&super::events::numbers(&by)),
        reason.map_or(Cell::Empty, Cell::raw),
    ]
}

fn state(ways: &[Way]) -> &'static str {
    if ways.iter().any(|way| way.certainty == Certainty::Now) {
        "still reached"
    } else {
        "may be reached"
    }
}

/// Whether some way gives all that `item` gave.
fn just_as_much(campaign: &Campaign, item: Item, ways: &[Way]) -> &'static str {
    let gives = ways
        .iter()
        .map(|way| remains::gives_as_much(campaign.snapshot(), item, *way));
    let surest = |one, other| match (one, other) {
        (Fact::Known(true), _) | (_, Fact::Known(true)) => Fact::Known(true),
        (Fact::Known(false), Fact::Known(false)) => Fact::Known(false),
        _ => Fact::Unknown,
    };
    match gives.reduce(surest) {
        Some(Fact::Known(true)) => "yes",
        Some(Fact::Known(false)) | None => "no",
        Some(Fact::Unknown | Fact::Absent) => "unknown",
    }
}

/// `Payments as Project Member through Engineering`.
fn words(campaign: &Campaign, item: Item, way: Way) -> String {
    let snapshot = campaign.snapshot();
    let holder = snapshot.grant(way.item).holder;
    let through = if holder == snapshot.grant(item).holder {
        " directly".to_owned()
    } else {
        format!(" through {}", snapshot.holder_label(holder).raw())
    };
    let doubt = match way.certainty {
        Certainty::Now => "",
        Certainty::NotYet => " (not yet)",
        Certainty::Unknown => " (not certain)",
    };
    format!(
        "{} as {}{through}{doubt}",
        snapshot.resource_label(way.item).raw(),
        snapshot.role_label(way.item).raw()
    )
}

/// What all revokes together leave standing, and whom they touch, a label and a text each.
pub(crate) fn summary(left: &Remains) -> Vec<(&'static str, SafeText)> {
    let mut rows = Vec::new();
    let mut row = |label, n: usize, one, many| {
        if n > 0 {
            rows.push((label, SafeText::of(&count(n as u64, one, many))));
        }
    };
    row(
        "still reached",
        left.standing.len(),
        "revoke leaves the access standing by another way",
        "revokes leave the access standing by another way",
    );
    row(
        "may be reached",
        left.unsure.len(),
        "revoke may leave the access standing",
        "revokes may leave the access standing",
    );
    row(
        "goes along",
        left.along.len(),
        "role of a team goes with a membership",
        "roles of teams go with memberships",
    );
    if let Some(what) = left.others.words() {
        let n = count(left.others.count(), "account reaches", "accounts reach");
        let text = format!("{n} something through a team that a revoke takes it from: {what}");
        rows.push(("others", SafeText::of(&text)));
    }
    rows
}
