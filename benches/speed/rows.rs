//! The rows of the table.

mod fetch;
mod filter;
mod journal;
mod keys;
mod open;
mod record;
mod rest;

use std::path::Path;

use super::{
    Bench,
    ground::{Home, MUSTER, NAME},
    table::Table,
    terminal::Terminal,
};

/// Something that is measured.
pub(crate) struct Row {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// Measures it and adds it to the table.
    pub(crate) measure: fn(&Bench, &mut Table) -> anyhow::Result<()>,
}

/// All rows in the order of the table.
pub(crate) const ALL: &[Row] = &[
    Row {
        name: "open",
        measure: open::measure,
    },
    Row {
        name: "keys",
        measure: keys::measure,
    },
    Row {
        name: "filter",
        measure: filter::measure,
    },
    Row {
        name: "decide",
        measure: journal::single,
    },
    Row {
        name: "bulk",
        measure: journal::bulk,
    },
    Row {
        name: "seal",
        measure: record::seal,
    },
    Row {
        name: "verify",
        measure: record::verify,
    },
    Row {
        name: "fetch",
        measure: fetch::measure,
    },
    Row {
        name: "memory",
        measure: rest::memory,
    },
    Row {
        name: "idle",
        measure: rest::idle,
    },
];

/// The names of all rows.
pub(crate) fn names() -> String {
    let names: Vec<&str> = ALL.iter().map(|row| row.name).collect();
    names.join(", ")
}

/// muster with the review open in a terminal, as soon as it can be decided on.
fn review(home: &Home) -> anyhow::Result<Terminal> {
    let mut terminal = Terminal::start(Path::new(MUSTER), &["review", NAME], &home.environment())?;
    terminal.since_start("the review", is_full)?;
    // What is prepared behind the first screen is ready after a moment.
    terminal.settle(std::time::Duration::from_millis(1500));
    Ok(terminal)
}

/// Whether the screen is the review's: holders, items, keys.
fn is_full(screen: &str) -> bool {
    screen.contains("Queue") && screen.contains("a keep") && screen.contains("1/")
}

/// What anybody may decide on.
const ORDINARY: &str = "is:undecided -is:own -is:implicit";
