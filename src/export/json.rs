//! One JSON document: what the rows are from, then the rows, one a line, members named as the columns.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use serde_json::{Map, Value, json};

use crate::format::canonical;

use super::{
    Source,
    crosswalk::{self, Held},
    table::{Cell, Table},
};

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
    let head = json!({
        "schema": "muster-export/1",
        "derived": source.origin(),
        "record": source.review.record_id,
        "record_sha256sums": source.sums.to_string(),
        "verdict": source.verdict,
        "filter": source.filter,
        "crosswalk": crosswalk::of(source).iter().map(|row| json!({
            "evidence": row.evidence,
            "clauses": row.clauses,
            "covered": match row.held { Held::Yes(_) => "yes", Held::Partly(_) => "partly", Held::No(_) => "no" },
            "where": row.held.words(),
        })).collect::<Vec<_>>(),
    });
    let head = head.to_string();
    let open = head.strip_suffix('}').expect("an object ends with a brace");
    out.write_all(safe(open).as_bytes())?;
    out.write_all(b",\"rows\":[")?;
    let mut written = 0;
    table.rows(|cells| {
        let row: Map<String, Value> = table
            .columns()
            .iter()
            .zip(&cells)
            .map(|(column, cell)| (column.name.to_owned(), value(cell)))
            .collect();
        out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
        out.write_all(safe(&Value::Object(row).to_string()).as_bytes())?;
        written += 1;
        progress(written);
        Ok::<(), io::Error>(())
    })?;
    out.write_all(b"\n]}\n")
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Number(number) => (*number).into(),
        other => other.words().into(),
    }
}

/// JSON that is safe to show on a terminal: hidden characters can only be inside texts, and are escaped there.
fn safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if canonical::is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}
