//! A workbook: summary, completeness, red flags, signals, decisions, revokes, what those leave standing, entries and the
//! crosswalk, a sheet each.
//!
//! Text is written as text, so nothing calculates. Rows go to temporary files as they are made, so that a million of
//! them need little memory; what does not fit on one sheet goes on on the next.

use std::io::Write;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};

use super::{
    Source, completeness, crosswalk,
    events::Events,
    flags::Flags,
    items::Items,
    removal::Removals,
    signals::Told,
    standing::{self, Standing},
    table::{Cell, Column, Table},
};
use crate::domain::text::SafeText;

/// How many rows fit on a sheet below its first.
const ROWS: u64 = 1_048_575;

/// How many characters fit into a cell.
const CHARACTERS: usize = 32_767;

/// Makes the workbook of `source`; `progress` is told how many rows are written.
///
/// # Errors
/// When a temporary file or `out` cannot be written.
pub(crate) fn write(
    out: &mut (dyn Write + Send),
    source: &Source<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<(), XlsxError> {
    let looks = Looks::new();
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new()
        .set_title(&source.review.title)
        .set_comment(source.origin());
    // The workbook of a record is the same whenever it is made.
    if let Ok(sealed) = ExcelDateTime::from_timestamp(source.review.sealed_at.ms().div_euclid(1000))
    {
        properties = properties.set_creation_datetime(&sealed);
    }
    workbook.set_properties(&properties);

    let mut summary = vec![("derived", SafeText::of(&source.origin()))];
    summary.push(("verdict", SafeText::of(source.verdict)));
    summary.extend(source.facts.iter().cloned());
    if let Some(filter) = source.filter {
        summary.push(("filter", SafeText::of(filter)));
    }
    summary.push(("attestation", SafeText::of(&source.review.attestation)));
    let decisions = Items::new(source.campaign, source.items);
    summary.extend(standing::summary(decisions.left()));
    pairs(&mut workbook, "Summary", &summary, &looks)?;
    pairs(
        &mut workbook,
        "Completeness",
        &completeness::of(source.campaign),
        &looks,
    )?;

    let mut written = 0;
    let mut progress = |_| {
        written += 1;
        progress(written);
    };
    let campaign = source.campaign;
    let flags = Flags::all(campaign);
    table(&mut workbook, "Red flags", &flags, &looks, &mut |_| {})?;
    let signals = Told { campaign };
    table(&mut workbook, "Signals", &signals, &looks, &mut |_| {})?;
    table(
        &mut workbook,
        "Decisions",
        &decisions,
        &looks,
        &mut progress,
    )?;
    let removals = Removals::new(campaign, source.items);
    table(&mut workbook, "Revokes", &removals, &looks, &mut progress)?;
    let left = Standing::new(campaign, source.items);
    table(&mut workbook, "Left standing", &left, &looks, &mut progress)?;
    let events = Events { campaign };
    table(&mut workbook, "Journal", &events, &looks, &mut progress)?;
    controls(&mut workbook, source, &looks)?;
    workbook.save_to_writer(out)
}

/// Makes a workbook of one table with the summary before it.
///
/// # Errors
/// As [`write()`].
pub(crate) fn write_table(
    out: &mut (dyn Write + Send),
    source: &Source<'_>,
    name: &str,
    rows: &impl Table,
    progress: &mut dyn FnMut(u64),
) -> Result<(), XlsxError> {
    let looks = Looks::new();
    let mut workbook = Workbook::new();
    let summary = vec![
        ("derived", SafeText::of(&source.origin())),
        ("verdict", SafeText::of(source.verdict)),
    ];
    pairs(&mut workbook, "Summary", &summary, &looks)?;
    table(&mut workbook, name, rows, &looks, progress)?;
    workbook.save_to_writer(out)
}

struct Looks {
    head: Format,
    time: Format,
    day: Format,
    text: Format,
    long: Format,
}

impl Looks {
    fn new() -> Self {
        Self {
            head: Format::new().set_bold(),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            text: Format::new().set_num_format("@"),
            long: Format::new()
                .set_num_format("@")
                .set_text_wrap()
                .set_align(FormatAlign::Top),
        }
    }
}

fn pairs(
    workbook: &mut Workbook,
    name: &str,
    rows: &[(&'static str, SafeText)],
    looks: &Looks,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    sheet.set_column_width(0, 22)?;
    sheet.set_column_width(1, 110)?;
    head(sheet, &["what", "value"], looks)?;
    for (row, (label, value)) in (1..).zip(rows) {
        sheet.write_string_with_format(row, 0, *label, &looks.text)?;
        sheet.write_string_with_format(row, 1, fitting(value.as_str()), &looks.long)?;
    }
    Ok(())
}

fn controls(workbook: &mut Workbook, source: &Source<'_>, looks: &Looks) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name("Controls")?;
    for (column, width) in [(0, 5), (1, 46), (2, 46), (3, 9), (4, 90), (5, 60)] {
        sheet.set_column_width(column, width)?;
    }
    head(
        sheet,
        &["n", "evidence", "clauses", "covered", "where", "places"],
        looks,
    )?;
    sheet.autofilter(0, 0, crosswalk::ROWS_LEN, 5)?;
    for (row, line) in (1..).zip(crosswalk::of(source)) {
        sheet.write_number(row, 0, line.number)?;
        sheet.write_string_with_format(row, 1, line.evidence, &looks.long)?;
        sheet.write_string_with_format(row, 2, line.clauses, &looks.long)?;
        sheet.write_string_with_format(row, 3, line.held.word(), &looks.text)?;
        sheet.write_string_with_format(row, 4, fitting(line.held.words()), &looks.long)?;
        sheet.write_string_with_format(row, 5, line.places.join("\n"), &looks.long)?;
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, names: &[&str], looks: &Looks) -> Result<(), XlsxError> {
    for (column, name) in (0..).zip(names) {
        sheet.write_string_with_format(0, column, *name, &looks.head)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn table(
    workbook: &mut Workbook,
    name: &str,
    rows: &impl Table,
    looks: &Looks,
    progress: &mut dyn FnMut(u64),
) -> Result<(), XlsxError> {
    let columns = rows.columns();
    let mut sheet = begin(workbook, name, columns, rows.len().min(ROWS), looks)?;
    let (mut at, mut part, mut done) = (0, 1, 0);
    rows.rows(|cells| {
        if at == ROWS {
            part += 1;
            at = 0;
            let name = format!("{name} {part}");
            sheet = begin(
                workbook,
                &name,
                columns,
                (rows.len() - done).min(ROWS),
                looks,
            )?;
        }
        at += 1;
        done += 1;
        let line = u32::try_from(at).expect("a sheet has fewer rows than that");
        let sheet = workbook.worksheet_from_index(sheet)?;
        for (column, cell) in (0..).zip(&cells) {
            write_cell(sheet, line, column, cell, looks)?;
        }
        progress(done);
        Ok::<(), XlsxError>(())
    })
}

/// The position of a new sheet with its first row.
fn begin(
    workbook: &mut Workbook,
    name: &str,
    columns: &[Column],
    rows: u64,
    looks: &Looks,
) -> Result<usize, XlsxError> {
    let position = workbook.worksheets().len();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, column.width)?;
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let last = u32::try_from(rows).expect("a sheet has fewer rows than that");
    let width = u16::try_from(columns.len() - 1).expect("there are few columns");
    sheet.autofilter(0, 0, last, width)?;
    head(sheet, &names, looks)?;
    Ok(position)
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    looks: &Looks,
) -> Result<(), XlsxError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers here are counts, far below 2^53"
    )]
    match cell {
        Cell::Empty => {}
        Cell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Time(time) => match ExcelDateTime::from_timestamp(time.ms().div_euclid(1000)) {
            Ok(value) => {
                sheet.write_datetime_with_format(row, column, &value, &looks.time)?;
            }
            // A spreadsheet knows no time before 1900.
            Err(_) => {
                sheet.write_string_with_format(row, column, time.to_string(), &looks.text)?;
            }
        },
        Cell::Day(day) => {
            let seconds = day.start().ms().div_euclid(1000);
            match ExcelDateTime::from_timestamp(seconds) {
                Ok(value) => {
                    sheet.write_datetime_with_format(row, column, &value, &looks.day)?;
                }
                Err(_) => {
                    sheet.write_string_with_format(row, column, day.to_string(), &looks.text)?;
                }
            }
        }
        Cell::Word(word) => {
            sheet.write_string_with_format(row, column, *word, &looks.text)?;
        }
        Cell::Text(text) => {
            sheet.write_string_with_format(row, column, fitting(text.as_str()), &looks.text)?;
        }
    }
    Ok(())
}

/// The text as far as a cell can hold it.
fn fitting(text: &str) -> String {
    if text.encode_utf16().count() <= CHARACTERS {
        return text.to_owned();
    }
    let mut left = CHARACTERS - 40;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            let fits = left >= c.len_utf16();
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect();
    cut.push_str("… (cut; the record has all of it)");
    cut
}
