//! `accounts.jsonl`, `resources.jsonl`, `grants.jsonl` ⇄ [`Snapshot`].
//!
//! Line *n* of `grants.jsonl` is item *n*. A fact is its value; `null` means that Space said there is none; what
//! Space did not say is left out and named in `unknown`. `ev` is the number of the server's answer a line was
//! read from.

mod accounts;
mod facts;
mod grants;
mod places;
mod quick;
mod read;
mod resources;

use std::io::{self, Write};

pub use read::{check_ids, read, read_early};

use crate::domain::snapshot::Snapshot;

/// The longest line that is read.
pub const LINE_LIMIT: u64 = 1 << 20;

/// How much is printed before it is written.
const BLOCK: usize = 1 << 17;

/// Writes `accounts.jsonl`.
///
/// # Errors
/// When `out` fails.
pub fn write_accounts(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    blocks(snapshot.accounts(), out, accounts::line)
}

/// Writes `resources.jsonl`: the organization, then teams, projects and roles.
///
/// # Errors
/// When `out` fails.
pub fn write_resources(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let organization = [snapshot.organization()];
    blocks(organization, out, resources::organization)?;
    blocks(snapshot.teams(), out, |line, team| {
        resources::team(line, snapshot, team);
    })?;
    blocks(snapshot.projects(), out, resources::project)?;
    blocks(snapshot.roles(), out, resources::role)
}

/// Writes `grants.jsonl`.
///
/// # Errors
/// When `out` fails.
pub fn write_grants(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    blocks(snapshot.grants(), out, |line, grant| {
        grants::line(line, snapshot, grant);
    })
}

/// Prints a line for each entry and writes them in large pieces.
fn blocks<T>(
    list: impl IntoIterator<Item = T>,
    out: &mut dyn Write,
    print: impl Fn(&mut String, T),
) -> io::Result<()> {
    let mut block = String::with_capacity(BLOCK);
    for entry in list {
        let before = block.len();
        print(&mut block, entry);
        // What is written can be read again.
        if block.len().saturating_sub(before) as u64 > LINE_LIMIT {
            let long = format!("one line is longer than {LINE_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, long));
        }
        if block.len() >= BLOCK {
            out.write_all(block.as_bytes())?;
            block.clear();
        }
    }
    out.write_all(block.as_bytes())
}

#[cfg(test)]
mod tests;
