//! [`Removals`]: what to do in Space to carry the revokes out, one row an operation.
//!
//! The addresses lead to the page of the account or the project, which are documented; Space has no documented address
//! of the very place where a grant is taken away.

use std::{collections::HashMap, fmt::Write as _};

use crate::{
    domain::{
        campaign::Campaign,
        grant::{Entitlement, Holder},
        items::{Item, ItemSet},
        snapshot::ProjectIx,
        text::SafeText,
    },
    format::record::Decisions,
};

use super::{
    items::resource,
    table::{Cell, Column, Table, column},
};

const COLUMNS: &[Column] = &[
    column("step", 7),
    column("item", 9),
    column("item_id", 26),
    column("operation", 56),
    column("holder", 28),
    column("username", 20),
    column("resource_type", 12),
    column("resource", 28),
    column("role", 22),
    column("reason", 30),
    column("still_reaches", 44),
    column("link", 50),
];

/// The operations that carry out the revokes among some items.
#[derive(Debug)]
pub(crate) struct Removals<'a> {
    campaign: &'a Campaign,
    items: ItemSet,
    /// For each holder of a revoked role on a project: the last of them, when none of its roles there stays.
    last: HashMap<(Holder, ProjectIx), Option<Item>>,
}

impl<'a> Removals<'a> {
    /// The operations for the revokes among `items`.
    pub(crate) fn new(campaign: &'a Campaign, items: &ItemSet) -> Self {
        let items = super::items::revoked(campaign, items);
        let snapshot = campaign.snapshot();
        let mut last: HashMap<(Holder, ProjectIx), Option<Item>> = HashMap::new();
        let on_project = |item: Item| {
            let grant = snapshot.grant(item);
            match grant.entitlement {
                Entitlement::ProjectRole(project, _) => Some((grant.holder, project)),
                _ => None,
            }
        };
        for item in items.iter() {
            if let Some(place) = on_project(item) {
                last.insert(place, Some(item));
            }
        }
        for item in all(campaign) {
            if !items.contains(item)
                && let Some(place) = on_project(item)
                && let Some(known) = last.get_mut(&place)
            {
                *known = None;
            }
        }
        Self {
            campaign,
            items,
            last,
        }
    }

    fn operation(&self, item: Item) -> &'static str {
        let grant = self.campaign.snapshot().grant(item);
        match (grant.entitlement, grant.holder) {
            (Entitlement::SignIn, _) => "deactivate the account",
            (Entitlement::Membership(_), _) => "remove the account from the team",
            (Entitlement::OrganizationRole(_), _) => "remove the holder from the organization role",
            (Entitlement::ProjectRole(project, _), holder) => {
                if self.last.get(&(holder, project)) == Some(&Some(item)) {
                    "take the last role in the project away, and the participant with it"
                } else {
                    "take the role in the project away"
                }
            }
        }
    }

    fn link(&self, item: Item) -> String {
        let snapshot = self.campaign.snapshot();
        let grant = snapshot.grant(item);
        let server = snapshot.organization().url.trim_end_matches('/');
        match (grant.entitlement, grant.holder) {
            (Entitlement::ProjectRole(project, _), _) => {
                format!(
                    "{server}/p/{}",
                    segment(snapshot.project(project).key.raw())
                )
            }
            (_, Holder::Account(account)) => {
                format!(
                    "{server}/m/{}",
                    segment(snapshot.account(account).username.raw())
                )
            }
            _ => server.to_owned(),
        }
    }
}

impl Table for Removals<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.items.len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        let snapshot = self.campaign.snapshot();
        let mut decisions = Decisions::new(self.campaign);
        for (step, item) in (1..).zip(self.items.iter()) {
            let grant = snapshot.grant(item);
            let username = match grant.holder {
                Holder::Account(account) => Cell::raw(&snapshot.account(account).username),
                Holder::Team(_) | Holder::Everyone(_) => Cell::Empty,
            };
            let reason = self.campaign.deciding_entry(item);
            let reason = reason.and_then(|(_, decided)| decided.reason.as_ref());
            take(vec![
                Cell::Number(step),
                Cell::Number(item.number()),
                Cell::text(&grant.id.to_string()),
                self.operation(item).into(),
                Cell::raw(&snapshot.holder_label(grant.holder)),
                username,
                resource(self.campaign, item).0.into(),
                Cell::raw(snapshot.resource_label(item)),
                Cell::raw(&snapshot.role_label(item)),
                reason.map_or(Cell::Empty, Cell::raw),
                match decisions.standing(item).join("; ") {
                    none if none.is_empty() => Cell::Empty,
                    ways => Cell::text(&ways),
                },
                Cell::Text(SafeText::of(&self.link(item))),
            ])?;
        }
        Ok(())
    }
}

/// All items, put up for decision or not.
fn all(campaign: &Campaign) -> impl Iterator<Item = Item> + use<> {
    let end = u32::try_from(campaign.snapshot().len()).expect("items are counted in 32 bits");
    (0..end).map(Item)
}

/// A part of an address, percent-encoded.
fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
