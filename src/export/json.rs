//! One JSON document: what the rows are from, then lists of rows, a row a line, members named as the columns.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::format::canonical::shown;

use super::{
    Source, completeness, crosswalk,
    flags::Flags,
    items::Items,
    signals::Told,
    standing::{self, Standing},
    table::{Cell, Table},
};

/// Writes the decisions of `source`, what was found about them and what revokes leave standing; `progress` is told how
/// many rows are written.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write_all(
    out: &mut dyn Write,
    source: &Source<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let campaign = source.campaign;
    let items = Items::new(campaign, source.items);
    let standing = Standing::new(campaign, source.items);
    let mut head = head(source);
    head["completeness"] = pairs(&completeness::of(campaign));
    head["revokes_leave"] = pairs(&standing::summary(items.left()));
    begin(out, &head)?;
    let mut written = 0;
    let mut progress = |_| {
        written += 1;
        progress(written);
    };
    list(out, "flags", &Flags::all(campaign), &mut |_| {})?;
    list(out, "signals", &Told { campaign }, &mut |_| {})?;
    list(out, "left_standing", &standing, &mut progress)?;
    list(out, "rows", &items, &mut progress)?;
    out.write_all(b"}\n")
}

/// Writes `table` of `source`; `progress` is told how many rows are written.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write(
    out: &mut dyn Write,
    source: &Source<'_>,
    table: &impl Table,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    begin(out, &head(source))?;
    list(out, "rows", table, progress)?;
    out.write_all(b"}\n")
}

/// What the rows are from.
fn head(source: &Source<'_>) -> Value {
    json!({
        "schema": "muster-export/1",
        "derived": source.origin(),
        "record": source.review.record_id,
        "record_sha256sums": source.sums.to_string(),
        "verdict": source.verdict,
        "filter": source.filter,
        "crosswalk": crosswalk::of(source).iter().map(|row| json!({
            "n": row.number,
            "evidence": row.evidence,
            "clauses": row.clauses,
            "covered": row.held.word(),
            "where": row.held.words(),
            "places": row.places,
        })).collect::<Vec<_>>(),
    })
}

fn pairs(rows: &[(&'static str, crate::domain::text::SafeText)]) -> Value {
    let pair =
        |(label, text): &(&str, crate::domain::text::SafeText)| json!([label, text.as_str()]);
    rows.iter().map(pair).collect()
}

/// Writes the members of `head` and leaves the object open.
fn begin(out: &mut dyn Write, head: &Value) -> io::Result<()> {
    let head = head.to_string();
    let open = head.strip_suffix('}').expect("an object ends with a brace");
    out.write_all(shown(open).as_bytes())
}

/// Adds the member `name` with the rows of `table`.
fn list(
    out: &mut dyn Write,
    name: &str,
    table: &impl Table,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    write!(out, ",\"{name}\":[")?;
    let mut written = 0;
    table.rows(|cells| {
        let row: Map<String, Value> = table
            .columns()
            .iter()
            .zip(&cells)
            .map(|(column, cell)| (column.name.to_owned(), value(cell)))
            .collect();
        out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
        out.write_all(shown(&Value::Object(row).to_string()).as_bytes())?;
        written += 1;
        progress(written);
        Ok::<(), io::Error>(())
    })?;
    out.write_all(b"\n]")
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Number(number) => (*number).into(),
        other => other.words().into(),
    }
}
