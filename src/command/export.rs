//! `muster export`: what a record says, for spreadsheets, other programs and print.

use std::{
    io::{self, IsTerminal as _, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use super::{
    Answer, count, elapsed_ms, failure,
    out::{self, Out},
    progress::ProgressLine,
    record,
};
use crate::{
    domain::words::number,
    export::{Source, csv, events::Events, html, items::Items, json, removal::Removals, xlsx},
};

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) record: PathBuf,
    pub(crate) format: Format,
    pub(crate) rows: Rows,
    pub(crate) out: Option<PathBuf>,
    pub(crate) filter: Option<String>,
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Xlsx,
    Html,
    Json,
}

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// An item each.
    Decisions,
    /// An operation in Space each.
    Revokes,
    /// An entry of the journal each.
    Events,
}

/// Writes what was asked for to a file or to stdout.
pub(crate) fn export(options: &Options) -> anyhow::Result<Answer> {
    if options.format == Format::Xlsx && options.out.is_none() && io::stdout().is_terminal() {
        return Err(failure(
            "a workbook is not for a terminal",
            "name a file with --out",
        ));
    }
    if options.format == Format::Html && options.rows != Rows::Decisions {
        return Err(failure(
            "the page has decisions, revokes and how they came about; it is not made of a part",
            "leave --revokes and --events out, or take another --format",
        ));
    }
    if options.filter.is_some() && options.rows == Rows::Events {
        return Err(failure(
            "a filter chooses items, and --events has a row for each entry",
            "leave --where or --events out",
        ));
    }
    out::free(options.out.as_deref())?;
    let (good, items) = record::open_some(
        &options.record,
        options.allowed_signers.as_deref(),
        options.filter.as_deref(),
    )?;
    let campaign = good.record.campaign();
    let facts = good.record.facts();
    let source = Source {
        campaign,
        review: good.record.review(),
        sums: good.record.sums(),
        verdict: &good.verdict,
        facts: &facts,
        items: &items,
        filter: options.filter.as_deref(),
    };
    let rows = out::write(options.out.as_deref(), |out| write(out, &source, options))?;
    if let (Some(out), Some(rows)) = (&options.out, rows) {
        super::snapshot::eprint_line(&format!(
            "wrote {} to {}; {}",
            count(rows, "row", "rows"),
            out.display(),
            good.verdict
        ));
    }
    Ok(Answer::silent())
}

fn write(mut out: Out<'_>, source: &Source<'_>, options: &Options) -> io::Result<u64> {
    let told = Mutex::new(Told {
        line: ProgressLine::new(),
        rows: 0,
        bytes: 0,
    });
    let out = &mut Counted {
        out: &mut out,
        told: &told,
    };
    let mut progress = |written: u64| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.rows = written;
        // Asking the clock costs more than a row.
        if written.is_multiple_of(4096) {
            told.show();
        }
    };
    match options.rows {
        Rows::Decisions => match options.format {
            Format::Csv => {
                let items = Items::new(source.campaign, source.items);
                csv::write(out, source, &items, &mut progress)?;
            }
            Format::Json => json::write_all(out, source, &mut progress)?,
            Format::Html => html::write(out, source, &mut progress)?,
            Format::Xlsx => {
                xlsx::write(out, source, &mut progress).map_err(io::Error::other)?;
            }
        },
        Rows::Revokes => {
            let rows = Removals::new(source.campaign, source.items);
            part(out, source, options.format, "Revokes", &rows, &mut progress)?;
        }
        Rows::Events => {
            let rows = Events {
                campaign: source.campaign,
            };
            part(out, source, options.format, "Journal", &rows, &mut progress)?;
        }
    }
    let mut told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    told.line.finish();
    Ok(told.rows)
}

/// How far the writing is.
struct Told {
    line: ProgressLine,
    rows: u64,
    bytes: u64,
}

impl Told {
    fn show(&mut self) {
        let written = match self.bytes >> 20 {
            0 => String::new(),
            megabytes => format!(", {} MB written", number(megabytes)),
        };
        let rows = format!("{} rows{written}", number(self.rows));
        self.line.show(elapsed_ms(), "export", &rows);
    }
}

/// Tells how many bytes went through: a workbook is written only when all its rows are made.
struct Counted<'a, W> {
    out: &'a mut W,
    told: &'a Mutex<Told>,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.bytes >> 20;
        told.bytes += written as u64;
        if told.bytes >> 20 != before {
            told.show();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn part(
    out: &mut (impl Write + Send),
    source: &Source<'_>,
    format: Format,
    name: &str,
    rows: &impl crate::export::table::Table,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    match format {
        Format::Csv => csv::write(out, source, rows, progress),
        Format::Json => json::write(out, source, rows, progress),
        Format::Xlsx => {
            xlsx::write_table(out, source, name, rows, progress).map_err(io::Error::other)
        }
        Format::Html => unreachable!("refused before anything was read"),
    }
}
