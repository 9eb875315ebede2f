//! What the filter language is, told once: for the command line, the help on the screen and the one in lines.

use super::field::{FIELDS, STATES};
use crate::domain::signal::Rule;

/// A line of help: what is written, and what it means. A title has no meaning.
pub type Line = (&'static str, &'static str);

const TERMS: &[Line] = &[
    (
        "word",
        "in any name around the item; case and accents do not matter. A word that no name has finds its letters in \
         order in one name, from the beginning of a word",
    ),
    ("field:value", "only in that field; fields are below"),
    (
        "\"two words\"",
        "quotes keep together; \"\" in them is one quote",
    ),
    ("a|b", "either value, as in role:owner|admin"),
    ("=name", "the whole name, not a part of it, as in team:=Pay"),
    ("a b", "both; the same as a and b"),
    ("a or b", "either; and binds more closely than or"),
    ("( )", "a group, as in (is:left or is:suspended) role:admin"),
    ("-a !a not a", "turned around: -team:pay, not (a or b)"),
    (
        ">2025-06",
        "after that month; also < <= >=, and 2024..2025-06-30 from and to. A date is a day, a month or a year",
    ),
    (
        ">90d",
        "more than 90 whole days before the snapshot; w is 7 days, m 30, y 365; +30d is ahead",
    ),
    (
        "unknown",
        "what could not be read is neither true nor false: signin:>90d and -signin:>90d both leave it out; \
         signin:unknown and signal:no-2fa? ask for it. Only is: tells what is known, so -is:active has the unknown too",
    ),
];

/// The whole language.
pub fn help() -> Vec<Line> {
    let mut lines = vec![("Terms of a filter", "")];
    lines.extend(TERMS);
    lines.push(("Fields of a filter", ""));
    lines.extend(FIELDS);
    lines.push(("States for is:", ""));
    lines.extend(STATES);
    lines.push(("Signals for signal:", ""));
    lines.extend(Rule::ALL.map(|rule| (rule.name(), rule.help())));
    lines
}
