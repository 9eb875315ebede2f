//! [`Told`]: a row for each signal: how many items it is about, and what was decided on them.

use crate::domain::{
    campaign::Campaign,
    decision::Decision,
    signal::{Count, Rule},
};

use super::table::{Cell, Column, Table, column};

const COLUMNS: &[Column] = &[
    column("signal", 16),
    column("version", 8),
    column("what", 60),
    column("items", 10),
    column("unknown", 10),
    column("kept", 10),
    column("revoked", 10),
    column("acknowledged", 13),
    column("undecided", 10),
];

/// A row for each rule, over all items that were put up for decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// The review.
    pub(crate) campaign: &'a Campaign,
}

impl Table for Told<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        Rule::ALL.len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        let counts = self.campaign.signals().counts(self.campaign.items());
        counts
            .into_iter()
            .try_for_each(|(rule, count)| take(row(self.campaign, rule, count)))
    }
}

fn row(campaign: &Campaign, rule: Rule, count: Count) -> Vec<Cell> {
    let (mut kept, mut revoked, mut acknowledged, mut undecided) = (0, 0, 0, 0);
    for item in campaign.signals().yes(rule).and(campaign.items()).iter() {
        *match campaign.slot(item).decision {
            Some(Decision::Keep) => &mut kept,
            Some(Decision::Revoke) => &mut revoked,
            Some(Decision::Acknowledge) => &mut acknowledged,
            None => &mut undecided,
        } += 1;
    }
    vec![
        rule.name().into(),
        Cell::Number(rule.version().into()),
        rule.help().into(),
        Cell::Number(count.yes),
        Cell::Number(count.unknown),
        Cell::Number(kept),
        Cell::Number(revoked),
        Cell::Number(acknowledged),
        Cell::Number(undecided),
    ]
}
