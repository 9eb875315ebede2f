//! [`Flags`]: a row for each red flag that was looked for: what there was of it when the review was attested, and why it
//! may stand.

use crate::domain::{
    campaign::Campaign,
    check::{Flag, Rule, Severity},
};

use super::{
    events::numbers,
    table::{Cell, Column, Table, column},
};

const COLUMNS: &[Column] = &[
    column("flag", 20),
    column("version", 8),
    column("what", 36),
    column("state", 12),
    column("severity", 9),
    column("count", 9),
    column("facts", 70),
    column("items", 30),
    column("items_unknown", 30),
    column("waived_because", 40),
    column("waived_at", 20),
    column("waived_by", 16),
    column("waived_entry", 8),
    column("clauses", 50),
];

/// A row for each of some rules.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    campaign: &'a Campaign,
    rules: Vec<Rule>,
}

impl<'a> Flags<'a> {
    /// All that is looked for, what was not found as well.
    pub(crate) fn all(campaign: &'a Campaign) -> Self {
        let rules = Rule::ALL.to_vec();
        Self { campaign, rules }
    }

    /// What was found.
    pub(crate) fn found(campaign: &'a Campaign) -> Self {
        let rules = flags(campaign).iter().map(|flag| flag.rule).collect();
        Self { campaign, rules }
    }

    /// The rules that have no row.
    pub(crate) fn absent(&self) -> impl Iterator<Item = Rule> + '_ {
        let rules = Rule::ALL.iter().copied();
        rules.filter(|rule| !self.rules.contains(rule))
    }
}

/// The red flags there were when it was attested.
fn flags(campaign: &Campaign) -> &[Flag] {
    campaign.attested_flags().unwrap_or_default()
}

impl Table for Flags<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.rules.len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        self.rules.iter().try_for_each(|rule| {
            let flag = flags(self.campaign).iter().find(|flag| flag.rule == *rule);
            take(row(self.campaign, *rule, flag))
        })
    }
}

fn row(campaign: &Campaign, rule: Rule, flag: Option<&Flag>) -> Vec<Cell> {
    let waiver = flag.and_then(|flag| flag.waiver.as_ref());
    let entry = waiver.and_then(|waiver| campaign.entry(waiver.entry));
    let state = match flag {
        None => "not found",
        Some(flag) if !flag.is_open() => "waived",
        Some(flag) if flag.severity == Severity::Look => "to look at",
        Some(_) => "open",
    };
    let severity = flag.map_or(rule.severity(), |flag| flag.severity);
    vec![
        rule.name().into(),
        Cell::Number(rule.version().into()),
        rule.title().into(),
        state.into(),
        severity.word().into(),
        flag.map_or(Cell::Number(0), |flag| flag.count.into()),
        flag.map_or(Cell::Empty, |flag| Cell::text(&flag.facts)),
        flag.map_or(Cell::Empty, |flag| Cell::text(&numbers(&flag.items))),
        flag.map_or(Cell::Empty, |flag| Cell::text(&numbers(&flag.unknown))),
        waiver.map_or(Cell::Empty, |waiver| Cell::raw(&waiver.reason)),
        entry.map(|entry| entry.at).into(),
        entry.map_or(Cell::Empty, |entry| Cell::raw(&entry.by)),
        entry.map(|entry| u64::from(entry.seq)).into(),
        Cell::text(&rule.clauses().join("; ")),
    ]
}
