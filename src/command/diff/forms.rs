//! The differences as text, lines of JSON, and CSV.

use std::{collections::BTreeMap, io};

use serde_json::json;

use super::{Form, Told};
use crate::{
    command::{elapsed_ms, json_line, out::Out, progress::ProgressLine, thousands},
    domain::{
        compared::{Change, Compared, Field, Kind, Row, counts},
        items::Item,
        words::count,
    },
    export::{csv, table::Cell},
    tui::phrase::compared as phrase,
};

/// How many rows of a kind people are shown.
const LISTED: usize = 40;

/// The columns of CSV, which only grow to the right.
const COLUMNS: [&str; 12] = [
    "kind", "change", "id", "what", "field", "from", "to", "detail", "old_item", "new_item", "old",
    "new",
];

/// One row in words.
pub(crate) struct Line {
    /// `account`, `team`, `project`, `role`, `grant` or `revoke`.
    pub(crate) kind: &'static str,
    /// `added`, `removed`, `changed`, `unknown`, or what became of a revoke.
    pub(crate) change: &'static str,
    pub(crate) id: String,
    pub(crate) what: String,
    /// What differs, before and after; for a revoke, by which way it is still reached.
    pub(crate) detail: String,
    fields: Vec<Field>,
    remark: String,
    old: Option<Item>,
    new: Option<Item>,
}

impl Line {
    pub(crate) fn of(compared: &Compared<'_>, row: &Row) -> Self {
        let fields = compared.fields(row);
        let remark = phrase::remark(compared, row);
        let parts = fields.iter().map(|field| phrase::field(field, "→"));
        let parts: Vec<String> = parts
            .chain((!remark.is_empty()).then(|| remark.clone()))
            .collect();
        Self {
            kind: row.kind.word(),
            change: row.said.word(),
            id: phrase::id(compared, row),
            what: phrase::what(compared, row),
            detail: parts.join(", "),
            fields,
            remark,
            old: row.old_item(),
            new: row.new_item(),
        }
    }
}

impl Told<'_> {
    /// Writes everything in a form, and answers how many rows it has.
    pub(super) fn write(&self, form: Form, out: Out<'_>) -> io::Result<u64> {
        match form {
            Form::Text => self.text(out),
            Form::Json => self.json(out),
            Form::Csv => self.csv(out),
        }
    }

    /// Calls `take` with each row; shows how far it is.
    fn each(&self, mut take: impl FnMut(Line) -> io::Result<()>) -> io::Result<u64> {
        let mut progress = ProgressLine::new();
        let all: usize = self.rows.iter().map(Vec::len).sum();
        let mut written = 0;
        for row in self.rows.iter().flatten() {
            take(Line::of(self.compared, row))?;
            written += 1;
            // Asking the clock costs more than a row.
            if written % 4096 == 0 {
                let text = format!(
                    "writing {} of {} rows",
                    thousands(written),
                    thousands(all as u64)
                );
                progress.show(elapsed_ms(), "writing", &text);
            }
        }
        progress.finish();
        Ok(written)
    }

    fn json(&self, out: Out<'_>) -> io::Result<u64> {
        let side = |subject: &crate::command::record::Subject| {
            let opened = subject.campaign().opened();
            json!({
                "review": opened.review,
                "as_of": subject.campaign().as_of().to_string(),
                "standing": subject.standing(),
                "origin": subject.origin(),
                "complete": opened.completeness().word(),
                "gaps": opened.provenance.gaps.iter().map(crate::domain::provenance::Gap::words).collect::<Vec<_>>(),
            })
        };
        let head = json!({
            "kind": "compared",
            "old": side(self.subjects[0]),
            "new": side(self.subjects[1]),
            "filter": self.filter,
        });
        out.write_all(json_line(&head).as_bytes())?;
        let rows = self.each(|line| {
            let fields = line.fields.iter().map(|field| {
                json!({
                    "field": field.name,
                    "from": field.from.as_str(),
                    "to": field.to.as_str(),
                })
            });
            let line = json_line(&json!({
                "kind": line.kind,
                "change": line.change,
                "id": line.id,
                "what": line.what,
                "detail": line.detail,
                "fields": fields.collect::<Vec<_>>(),
                "old_item": line.old.map(Item::number),
                "new_item": line.new.map(Item::number),
            }));
            out.write_all(line.as_bytes())
        })?;
        let totals: BTreeMap<&str, _> = Kind::ALL
            .iter()
            .zip(self.rows)
            .map(|(kind, rows)| (kind.plural(), counts(rows)))
            .collect();
        let last = json!({
            "kind": "totals",
            "totals": totals,
            "grants_unchanged": self.compared.unchanged,
        });
        out.write_all(json_line(&last).as_bytes())?;
        Ok(rows)
    }

    fn csv(&self, out: Out<'_>) -> io::Result<u64> {
        out.write_all(csv::row(&COLUMNS.map(Cell::Word)).as_bytes())?;
        let origins = self.subjects.map(|subject| Cell::text(&subject.origin()));
        let mut rows = 0;
        self.each(|line| {
            let mut row = |field: [Cell; 3]| {
                let [name, from, to] = field;
                let [old, new] = origins.clone();
                rows += 1;
                csv::row(&[
                    line.kind.into(),
                    line.change.into(),
                    Cell::text(&line.id),
                    Cell::text(&line.what),
                    name,
                    from,
                    to,
                    match line.remark.as_str() {
                        "" => Cell::Empty,
                        remark => Cell::text(remark),
                    },
                    line.old.map(Item::number).into(),
                    line.new.map(Item::number).into(),
                    old,
                    new,
                ])
            };
            if line.fields.is_empty() {
                let row = row([Cell::Empty, Cell::Empty, Cell::Empty]);
                return out.write_all(row.as_bytes());
            }
            for field in &line.fields {
                let row = row([
                    Cell::Word(field.name),
                    field.from.clone().into(),
                    field.to.clone().into(),
                ]);
                out.write_all(row.as_bytes())?;
            }
            Ok(())
        })?;
        Ok(rows)
    }

    fn text(&self, out: Out<'_>) -> io::Result<u64> {
        for line in self.sides() {
            writeln!(out, "{line}")?;
        }
        for (kind, rows) in Kind::ALL.iter().zip(self.rows) {
            let totals = totals(*kind, rows);
            writeln!(out, "\n{}: {totals}", title(*kind))?;
            for row in rows.iter().take(LISTED) {
                let line = Line::of(self.compared, row);
                let detail = match line.detail.as_str() {
                    "" => String::new(),
                    detail => format!(" ({detail})"),
                };
                writeln!(out, "  {:<12} {}{detail}", line.change, line.what)?;
            }
            let more = rows.len().saturating_sub(LISTED) as u64;
            if more > 0 {
                let more = count(more, "more", "more");
                writeln!(out, "  and {more}; --format csv and --json list all")?;
            }
        }
        writeln!(out, "\ntotals")?;
        for (kind, rows) in Kind::ALL.iter().zip(self.rows) {
            writeln!(out, "  {:<9} {}", kind.plural(), totals(*kind, rows))?;
        }
        let unchanged = thousands(self.compared.unchanged);
        writeln!(out, "  {unchanged} grants are the same in both")?;
        Ok(self.rows.iter().map(|rows| rows.len() as u64).sum())
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Revoke => "revokes of the older one",
        kind => kind.plural(),
    }
}

/// How many rows say what: of what can differ always three numbers.
fn totals(kind: Kind, rows: &[Row]) -> String {
    let counts = counts(rows);
    if kind == Kind::Revoke {
        let parts = counts
            .iter()
            .map(|(word, n)| format!("{} {word}", thousands(*n)));
        let parts: Vec<String> = parts.collect();
        return if parts.is_empty() {
            "none".to_owned()
        } else {
            parts.join(", ")
        };
    }
    let parts = Change::ALL.iter().filter_map(|change| {
        let n = counts.get(change.word()).copied().unwrap_or(0);
        let told = n > 0 || *change != Change::Unknown;
        told.then(|| format!("{} {}", thousands(n), change.word()))
    });
    parts.collect::<Vec<_>>().join(", ")
}
