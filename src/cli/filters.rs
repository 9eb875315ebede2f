//! The filter language in the help of a command.

use std::fmt::Write as _;

use crate::domain::filter;

/// Cells for what is written, and for a whole line.
const LEFT: usize = 15;
const WIDE: usize = 80;

/// The filter language, followed by `more`.
pub(super) fn explained(more: &str) -> String {
    let mut text = String::new();
    for (written, meaning) in filter::help() {
        // Writing to a string cannot fail.
        let _ = if meaning.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(text, "{gap}{}:", written.trim_end_matches(':'))
        } else {
            entry(&mut text, written, meaning)
        };
    }
    text.push('\n');
    text.push_str(more);
    text
}

/// What a filter of entries asks beside what is asked of items, followed by `more`.
pub(super) fn events_explained(more: &str) -> String {
    let mut text = String::from(
        "A filter of entries has terms about entries and terms about items, as\n`muster decide --help` explains them; all must hold. An entry is chosen by its\nitems as they are after the last entry. A - in front turns a term around.\n\nTerms about entries:\n",
    );
    let fields = filter::EVENT_FIELDS.iter();
    for (field, meaning) in fields {
        // Writing to a string cannot fail.
        let _ = entry(&mut text, &format!("{field}:"), meaning);
    }
    text.push_str("\nWords for event:\n");
    for (word, meaning) in filter::EVENT_WORDS {
        let _ = entry(&mut text, word, meaning);
    }
    text.push('\n');
    text.push_str(more);
    text
}

/// Writes one line, and further ones where its meaning is long.
fn entry(text: &mut String, written: &str, meaning: &str) -> std::fmt::Result {
    let mut line = format!("  {written:<LEFT$}");
    for word in meaning.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDE {
            writeln!(text, "{}", line.trim_end())?;
            line = " ".repeat(LEFT + 2);
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(text, "{}", line.trim_end())
}
