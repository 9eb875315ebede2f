//! `accounts.jsonl`, `resources.jsonl`, `grants.jsonl` ⇄ [`Snapshot`].
//!
//! Line *n* of `grants.jsonl` is item *n*. A fact is its value; `null` means that Space said there is none; what
//! Space did not say is left out and named in `unknown`. `ev` is the number of the server's answer a line was
//! read from.

mod facts;
mod grants;
mod read;
mod resources;

use std::io::{self, Write};

pub use read::read;

use super::canonical::Object;
use crate::domain::{
    account::{Account, Kind, TwoFactor},
    snapshot::Snapshot,
};
use facts::Facts;

/// The longest line that is read.
pub const LINE_LIMIT: u64 = 1 << 20;

/// How much is printed before it is written.
const BLOCK: usize = 1 << 17;

/// Writes `accounts.jsonl`.
///
/// # Errors
/// When `out` fails.
pub fn write_accounts(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    blocks(snapshot.accounts(), out, account_line)
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

fn account_line(out: &mut String, account: &Account) {
    let object = Object::begin(out)
        .text("id", &account.id.0)
        .text("username", account.username.raw())
        .text("first_name", account.first_name.raw())
        .text("last_name", account.last_name.raw())
        .plain("kind", kind_word(account.kind));
    Facts::new(object)
        .text("email", &account.email)
        .truth("archived", account.archived)
        .plain("left_at", account.left_at)
        .truth("suspended", account.suspended)
        .plain("suspended_at", account.suspended_at)
        .plain("joined", account.joined)
        .word("two_factor", account.two_factor, two_factor_word)
        .plain("last_sign_in", account.last_sign_in)
        .text("external_id", &account.external_id)
        .end()
        .truth("listed", account.listed)
        .number("ev", account.source)
        .end_line();
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Member => "member",
        Kind::Collaborator => "collaborator",
        Kind::Guest => "guest",
        Kind::Unknown => "unknown",
    }
}

fn two_factor_word(two_factor: TwoFactor) -> &'static str {
    match two_factor {
        TwoFactor::Active => "active",
        TwoFactor::Inactive => "inactive",
        TwoFactor::NotSetUp => "not-set-up",
    }
}

#[cfg(test)]
mod tests;
