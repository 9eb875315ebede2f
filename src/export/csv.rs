//! Comma separated values as RFC 4180 has them: CRLF, quotes doubled, UTF-8.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, `12e5` for a number and `MAR1` for a
//! date. Text from outside that could be one of those gets an apostrophe in front. The exact text is in the record.

use std::io::{self, Write};

use super::{
    Source,
    table::{Cell, Column, Table},
};

/// The columns at the end of each row that say where it is from.
const ORIGIN: [Column; 2] = [
    Column {
        name: "record",
        width: 20,
    },
    Column {
        name: "record_sha256sums",
        width: 66,
    },
];

/// Writes `table` of `source` with a first row of names; `progress` is told how many rows are written.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write(
    out: &mut dyn Write,
    source: &Source<'_>,
    table: &impl Table,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut line = String::new();
    for column in table.columns().iter().chain(&ORIGIN) {
        separate(&mut line);
        line.push_str(column.name);
    }
    line.push_str("\r\n");
    out.write_all(line.as_bytes())?;
    let mut origin = String::new();
    for text in [&source.review.record_id, &source.sums.to_string()] {
        origin.push(',');
        field(&mut origin, &Cell::text(text));
    }
    origin.push_str("\r\n");
    let mut written = 0;
    table.rows(|cells| {
        line.clear();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            field(&mut line, cell);
        }
        line.push_str(&origin);
        written += 1;
        progress(written);
        out.write_all(line.as_bytes())
    })
}

/// A row of these cells alone.
pub(crate) fn row(cells: &[Cell]) -> String {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        field(&mut line, cell);
    }
    line.push_str("\r\n");
    line
}

fn separate(line: &mut String) {
    if !line.is_empty() {
        line.push(',');
    }
}

fn field(line: &mut String, cell: &Cell) {
    let text = cell.words();
    let guard = matches!(cell, Cell::Text(_)) && is_taken(&text);
    if !guard && !text.contains(['"', ',', '\r', '\n', ' ', '\'']) {
        line.push_str(&text);
        return;
    }
    line.push('"');
    if guard {
        line.push('\'');
    }
    for c in text.chars() {
        if c == '"' {
            line.push('"');
        }
        line.push(c);
    }
    line.push('"');
}

/// Whether a spreadsheet could take it for something else than text.
fn is_taken(text: &str) -> bool {
    is_formula(text) || is_value(text)
}

/// Whether a spreadsheet could calculate with it. Some skip blanks and some know the full-width signs.
fn is_formula(text: &str) -> bool {
    text.trim_start().starts_with([
        '=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// Whether it looks like a number, a date, a time or a truth: then a spreadsheet would show another text.
fn is_value(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "", "e", "am", "pm", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct",
        "nov", "dec",
    ];
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return true;
    }
    if !text.contains(|c: char| c.is_numeric()) {
        return false;
    }
    let letters: String = text
        .chars()
        .filter(|c| !c.is_numeric() && !"-+./:, ".contains(*c))
        .flat_map(char::to_lowercase)
        .collect();
    // Months are known in full as well.
    let months = [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    WORDS.contains(&letters.as_str()) || months.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_calculate_is_only_text() {
        for (text, written) in [
            ("=1+2", "\"'=1+2\""),
            (" =1+2", "\"' =1+2\""),
            ("+49 30", "\"'+49 30\""),
            ("-", "\"'-\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("Ada, \"A\"", "\"Ada, \"\"A\"\"\""),
            ("74615089505095466095", "\"'74615089505095466095\""),
            ("7461e89505", "\"'7461e89505\""),
            ("1-2", "\"'1-2\""),
            ("MAR1", "\"'MAR1\""),
            ("3 March", "\"'3 March\""),
            ("12:30 pm", "\"'12:30 pm\""),
            ("TRUE", "\"'TRUE\""),
            ("2h0Hnc1Kd9Lp", "2h0Hnc1Kd9Lp"),
            ("Team 7", "\"Team 7\""),
            ("plain", "plain"),
            ("会計", "会計"),
            ("", ""),
        ] {
            let mut line = String::new();
            field(&mut line, &Cell::text(text));
            assert_eq!(line, written, "{text}");
        }
        let mut line = String::new();
        field(&mut line, &Cell::text("a\r\nb\tc"));
        assert!(!line.contains(['\r', '\n', '\t']), "{line}");
    }
}
