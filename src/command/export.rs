//! `muster export`: what a record says, for spreadsheets, other programs and print.
#![allow(
    clippy::disallowed_methods,
    reason = "the file that was asked for is made here"
)]

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{Answer, Hint as _, count, elapsed_ms, failure, progress::ProgressLine, record};
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
    if let Some(out) = options
        .out
        .as_deref()
        .filter(|out| out.symlink_metadata().is_ok())
    {
        return Err(failure(
            format!("{} is already there", out.display()),
            "nothing is overwritten; give another name to --out",
        ));
    }
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
    let Some(out) = &options.out else {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
        return match write(&mut out, &source, options).and_then(|rows| out.flush().map(|()| rows)) {
            Ok(_) => Ok(Answer::silent()),
            // Whoever read it has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Answer::silent()),
            Err(error) => Err(error).hint("the output is not complete"),
        };
    };
    let rows = to_file(out, &source, options)?;
    super::snapshot::eprint_line(&format!(
        "wrote {} to {}; {}",
        count(rows, "row", "rows"),
        out.display(),
        good.verdict
    ));
    Ok(Answer::silent())
}

/// Writes beside `out` and gives it the name once it is whole.
fn to_file(out: &Path, source: &Source<'_>, options: &Options) -> anyhow::Result<u64> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let cannot = |error: io::Error| {
        failure(
            format!("cannot write {}: {error}", out.display()),
            "nothing was left behind; name another file with --out",
        )
    };
    let file = tempfile::Builder::new()
        .prefix(".muster-export-")
        .tempfile_in(folder)
        .map_err(cannot)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    let rows = write(&mut writer, source, options).map_err(cannot)?;
    let file = writer
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    file.as_file().sync_all().map_err(cannot)?;
    file.persist_noclobber(out)
        .map_err(|error| cannot(error.error))?;
    Ok(rows)
}

fn write(out: &mut (impl Write + Send), source: &Source<'_>, options: &Options) -> io::Result<u64> {
    let told = Mutex::new(Told {
        line: ProgressLine::new(),
        rows: 0,
        bytes: 0,
    });
    let out = &mut Counted { out, told: &told };
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
