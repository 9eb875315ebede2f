//! [`Events`]: a row for each entry of the journal.

use crate::domain::{
    campaign::Campaign,
    items::ItemSet,
    journal::{Chosen, Entry, Event},
};

use super::{
    items::chosen,
    table::{Cell, Column, Table, column},
};

const COLUMNS: &[Column] = &[
    column("entry", 8),
    column("at", 24),
    column("by", 16),
    column("event", 20),
    column("change", 12),
    column("items", 9),
    column("item_numbers", 30),
    column("reason", 30),
    column("chosen", 14),
    column("filter", 30),
    column("stands", 7),
    column("about", 40),
    column("left_out", 40),
];

/// How many runs of neighbours a cell names.
const RUNS: usize = 50;

/// A row for each entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events<'a> {
    /// The review.
    pub(crate) campaign: &'a Campaign,
}

impl Table for Events<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn len(&self) -> u64 {
        self.campaign.entries().len() as u64
    }

    fn rows<E>(&self, mut take: impl FnMut(Vec<Cell>) -> Result<(), E>) -> Result<(), E> {
        for entry in self.campaign.entries() {
            let mut row = vec![
                Cell::Number(entry.seq.into()),
                entry.at.into(),
                Cell::raw(&entry.by),
            ];
            what(self.campaign, entry, &mut row);
            row.push(left_out(entry));
            take(row)?;
        }
        Ok(())
    }
}

/// What policy took out of the choice, rule by rule.
fn left_out(entry: &Entry) -> Cell {
    let rules = entry.decided().into_iter().flat_map(|(_, decided)| {
        let rules = decided.left_out.iter();
        rules.map(|(rule, items)| format!("{}: {}", rule.name(), numbers(items)))
    });
    let rules: Vec<String> = rules.collect();
    if rules.is_empty() {
        return Cell::Empty;
    }
    Cell::text(&rules.join("; "))
}

fn what(campaign: &Campaign, entry: &Entry, row: &mut Vec<Cell>) {
    let (seq, remains) = (entry.seq, entry.remains.as_ref());
    let standing = |seq| {
        Cell::from(if campaign.stands(seq) {
            "yes"
        } else {
            "taken back"
        })
    };
    let mut simple = |event: &'static str, reason: Cell, about: Cell| {
        row.push(event.into());
        row.extend([Cell::Empty, Cell::Empty, Cell::Empty, reason]);
        row.extend([Cell::Empty, Cell::Empty, Cell::Empty, about]);
    };
    match &entry.event {
        Event::Decided(decided) => {
            row.push("decided".into());
            row.push(decided.change.word().into());
            row.push(Cell::Number(decided.items.len() as u64));
            row.push(Cell::text(&numbers(&decided.items)));
            row.push(decided.reason.as_ref().map_or(Cell::Empty, Cell::raw));
            row.push(chosen(&decided.chosen).into());
            row.push(match &decided.chosen {
                Chosen::Filter(text) => Cell::raw(text),
                _ => Cell::Empty,
            });
            row.push(standing(seq));
            row.push(remains.map_or(Cell::Empty, |remains| {
                Cell::text(&remains.words(|item| item.number().to_string()).join("; "))
            }));
        }
        Event::Noted { item, text } => {
            row.push("noted".into());
            row.extend([Cell::Empty, Cell::Number(1)]);
            row.push(Cell::text(&item.number().to_string()));
            row.extend([Cell::Empty, Cell::Empty, Cell::Empty]);
            row.push(standing(seq));
            row.push(Cell::raw(text));
        }
        Event::Opened(opened) => simple(
            "opened",
            Cell::Empty,
            Cell::text(&format!("{} items, {}", opened.items, opened.tool)),
        ),
        Event::Undone { entry } => simple("undone", Cell::Empty, about(*entry)),
        Event::Redone { entry } => simple("redone", Cell::Empty, about(*entry)),
        Event::SelfReviewAllowed { reason } => {
            simple("own access allowed", Cell::raw(reason), Cell::Empty);
        }
        Event::Waived(waived) => {
            row.push("flag waived".into());
            row.push(Cell::Empty);
            row.push(Cell::Number(waived.items.len() as u64));
            row.push(Cell::text(&numbers(&waived.items)));
            row.push(Cell::raw(&waived.reason));
            row.extend([Cell::Empty, Cell::Empty]);
            row.push(standing(seq));
            row.push(Cell::text(waived.flag.name()));
        }
        Event::Attested(attested) => {
            simple("attested", Cell::Empty, Cell::text(&attested.statement));
        }
        Event::Sealed { record, .. } => simple("sealed", Cell::Empty, Cell::text(record)),
    }
}

fn about(entry: u32) -> Cell {
    Cell::text(&format!("entry {entry}"))
}

/// The numbers of items, neighbours as `3-7`.
pub(crate) fn numbers(items: &ItemSet) -> String {
    let mut words: Vec<String> = items
        .runs()
        .take(RUNS)
        .map(|(first, last)| match (first.number(), last.number()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        })
        .collect();
    let more = items.runs().count().saturating_sub(RUNS);
    if more > 0 {
        words.push(format!("and {more} more runs"));
    }
    words.join(" ")
}
