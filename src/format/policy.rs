//! `policy.toml` ⇄ [`Policy`].
//!
//! A person writes this file, so it is read strictly, and every complaint names the line and the column. What the file
//! leaves out is as in the default. The default belongs to [`SCHEMA`] and never changes with it, because reviews that
//! were opened once are judged by it for ever.

use std::{collections::BTreeSet, fmt::Write as _, ops::Range, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Error, Problem, canonical, record::POLICY};
use crate::domain::{
    policy::{Pattern, Policy},
    signal::Rule,
    text::Raw,
    words,
};

/// The version of the file, and of what is true when the file says nothing.
pub const SCHEMA: &str = "muster-policy/1";

/// The largest size of the file, in bytes.
pub const LIMIT: u64 = 64 << 10;

/// The longest pattern or reason, in characters.
const TEXT_LIMIT: usize = 200;
/// The most patterns for privileged roles.
const PATTERNS_LIMIT: usize = 200;
/// A hundred years.
const DAYS_LIMIT: u64 = 36_500;

/// The tables of the file with their keys.
const TABLES: [(&str, &[&str]); 5] = [
    ("privileged", &["roles", "keep-needs-reason"]),
    ("age", &["sign-in-days", "snapshot-days"]),
    ("bulk", &["keep-leaves-out", "typed-above"]),
    ("reasons", &["revoke", "keep"]),
    (
        "pace",
        &["median-seconds", "bulk-percent", "all-kept-items"],
    ),
];

/// A policy with the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    bytes: Vec<u8>,
    policy: Arc<Policy>,
}

impl PolicyFile {
    /// Reads `bytes`, and keeps them as they are.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, Wrong> {
        let policy = Arc::new(parse(&bytes)?);
        Ok(Self { bytes, policy })
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What they say.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }
}

impl Default for PolicyFile {
    /// The built-in policy, written in full.
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            bytes: print(&policy).into_bytes(),
            policy: Arc::new(policy),
        }
    }
}

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct Wrong {
    /// The line, from 1.
    pub line: u64,
    /// The character in it, from 1.
    pub column: u64,
    /// What is wrong.
    pub problem: Problem,
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        let problem = match wrong.problem {
            Problem::Malformed(why) => {
                Problem::Malformed(format!("column {}: {why}", wrong.column))
            }
            problem => problem,
        };
        problem.at(POLICY, wrong.line)
    }
}

/// Reads a policy.
///
/// # Errors
/// When the bytes are not such a file, with the place.
pub fn parse(bytes: &[u8]) -> Result<Policy, Wrong> {
    let text = Reader::text(bytes, LIMIT)?;
    let reader = Reader { text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        reader.wrong(at, error.message())
    })?;
    reader.policy(table.get_ref())
}

/// The text of a policy, with comments that explain every key.
pub fn print(policy: &Policy) -> String {
    let mut out = String::new();
    let patterns = policy.privileged_roles.iter().map(Pattern::text);
    let rules = policy.bulk_keep_leaves_out.iter().map(|rule| rule.name());
    let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    let pace = policy.pace;
    write!(
        out,
        "\
# The rules of an access review. What is left out here is as in the default, which `muster policy --default` prints.
# A review keeps the policy it was opened under, and its record holds this file.
schema = \"{SCHEMA}\"

[privileged]
# Roles that count as privileged by their name, besides those that Space itself makes so: whole names, `*` for any
# characters; case and accents do not count.
roles = {roles}
# Whether keeping a privileged grant needs a reason.
keep-needs-reason = {needs_reason}

[age]
# An account that has not signed in for more than so many days is told to be unused.
sign-in-days = {sign_in}
# A snapshot that is older than so many days is stale.
snapshot-days = {snapshot}

[bulk]
# What is taken out of a bulk keep, to be decided one by one: items of which one of these signals is so, or of which it
# could not be read. Your own access is taken out in any case. The signals are
# {signals}.
keep-leaves-out = {rules}
# Up to so many items are kept together after a simple yes; for more, their number is typed.
typed-above = {typed}

[reasons]
# What is offered when a reason is asked for, at most {reasons} each; any other can be typed.
revoke = {revoke}
keep = {keep}

[pace]
# What is pointed out before the signature: decisions in less than this median time, a larger share of items decided in
# bulk, and that every item was kept when there are at least so many.
median-seconds = {median}
bulk-percent = {percent}
all-kept-items = {all_kept}
",
        roles = list(patterns),
        needs_reason = policy.privileged_keep_needs_reason,
        sign_in = policy.sign_in_days,
        snapshot = policy.snapshot_days,
        signals = wrapped(&known, "\n# "),
        rules = list(rules),
        typed = policy.bulk_typed_above,
        reasons = Policy::REASONS,
        revoke = list(policy.revoke_reasons.iter().map(String::as_str)),
        keep = list(policy.keep_reasons.iter().map(String::as_str)),
        median = pace.median_seconds,
        percent = pace.bulk_percent,
        all_kept = pace.all_kept_items,
    )
    .expect("a string takes any text");
    out
}

/// Words in lines, which `feed` separates.
fn wrapped(words: &[&str], feed: &str) -> String {
    let lines: Vec<String> = words.chunks(10).map(|line| line.join(", ")).collect();
    lines.join(&format!(",{feed}"))
}

/// A list of strings, each on a line of its own.
fn list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut out = String::from("[");
    for text in texts {
        out.push_str("\n  ");
        // JSON writes a string as TOML reads it: the same quotes, the same escapes.
        canonical::text(&mut out, text);
        out.push(',');
    }
    if out.len() > 1 {
        out.push('\n');
    }
    out.push(']');
    out
}

type Value<'t> = Spanned<DeValue<'t>>;

/// A text that is being read, to tell places in it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
}

impl Reader<'_> {
    /// A file of at most `limit` bytes as text in which nothing is hidden.
    pub(super) fn text(bytes: &[u8], limit: u64) -> Result<&str, Wrong> {
        let start = |problem| Wrong {
            line: 1,
            column: 1,
            problem,
        };
        if bytes.len() as u64 > limit {
            return Err(start(Problem::TooLong(limit)));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let before = String::from_utf8_lossy(before);
                return Err(Reader { text: &before }.wrong(before.len(), "this is not UTF-8"));
            }
        };
        Reader { text }.nothing_hidden()?;
        Ok(text)
    }

    fn place(self, at: usize, problem: Problem) -> Wrong {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1);
        Wrong {
            line: count(before.matches('\n').count()),
            column: count(line.chars().count()),
            problem,
        }
    }

    pub(super) fn wrong(self, at: usize, why: impl std::fmt::Display) -> Wrong {
        self.place(at, Problem::malformed(why))
    }

    /// A file that anybody may print must not act on a terminal.
    fn nothing_hidden(self) -> Result<(), Wrong> {
        let mut chars = self.text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let feed = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
            if canonical::is_hidden(c) && !matches!(c, '\n' | '\t') && !feed {
                let why = format!(
                    "the character U+{:04X} cannot be seen and does not belong here",
                    u32::from(c)
                );
                return Err(self.wrong(at, why));
            }
        }
        Ok(())
    }

    fn policy(self, root: &DeTable<'_>) -> Result<Policy, Wrong> {
        let schema = root.iter().find(|(key, _)| &**key.get_ref() == "schema");
        let Some((_, schema)) = schema else {
            return Err(self.wrong(0, format!("schema = \"{SCHEMA}\" is missing")));
        };
        // A later version may have any other key, so this is the first thing to know.
        match schema.get_ref().as_str() {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with("muster-policy/") => {
                return Err(self.place(
                    schema.span().start,
                    Problem::newer(format!("it has schema {other}")),
                ));
            }
            _ => {
                let why = format!("the schema is not \"{SCHEMA}\"");
                return Err(self.wrong(schema.span().start, why));
            }
        }
        self.known_keys(root)?;
        let mut policy = Policy::default();
        for (table, value) in root {
            let Some(keys) = value.get_ref().as_table() else {
                continue;
            };
            for (key, value) in keys {
                self.set(&mut policy, table.get_ref(), key.get_ref(), value)?;
            }
        }
        Ok(policy)
    }

    fn set(
        self,
        policy: &mut Policy,
        table: &str,
        key: &str,
        value: &Value<'_>,
    ) -> Result<(), Wrong> {
        match (table, key) {
            ("privileged", "roles") => {
                let patterns = self.texts(value, PATTERNS_LIMIT)?;
                policy.privileged_roles = patterns.iter().map(|it| Pattern::from(&**it)).collect();
            }
            ("privileged", "keep-needs-reason") => {
                let said = value.get_ref().as_bool();
                policy.privileged_keep_needs_reason = said
                    .ok_or_else(|| self.wrong(value.span().start, "true or false belongs here"))?;
            }
            ("age", "sign-in-days") => policy.sign_in_days = self.number(value, 1..DAYS_LIMIT)?,
            ("age", "snapshot-days") => policy.snapshot_days = self.number(value, 1..DAYS_LIMIT)?,
            ("bulk", "keep-leaves-out") => policy.bulk_keep_leaves_out = self.rules(value)?,
            ("bulk", "typed-above") => {
                policy.bulk_typed_above = self.number(value, 1..1_000_000)?;
            }
            ("reasons", "revoke") => policy.revoke_reasons = self.texts(value, Policy::REASONS)?,
            ("reasons", "keep") => policy.keep_reasons = self.texts(value, Policy::REASONS)?,
            ("pace", "median-seconds") => {
                policy.pace.median_seconds = self.number(value, 0..3_600)?;
            }
            ("pace", "bulk-percent") => policy.pace.bulk_percent = self.number(value, 0..100)?,
            ("pace", "all-kept-items") => {
                policy.pace.all_kept_items = self.number(value, 1..u64::from(u32::MAX))?;
            }
            _ => unreachable!("`known_keys` knows no other"),
        }
        Ok(())
    }

    /// Refuses the first key that nothing is known of.
    fn known_keys(self, root: &DeTable<'_>) -> Result<(), Wrong> {
        let mut unknown: Vec<(Range<usize>, String)> = Vec::new();
        for (name, value) in root {
            let known = TABLES.iter().find(|(table, _)| *table == name.get_ref());
            match (known, value.get_ref().as_table()) {
                (None, _) if name.get_ref() == "schema" => {}
                (None, _) => unknown.push((name.span(), unknown_key("", name.get_ref()))),
                (Some((table, _)), None) => {
                    let why = format!("{table} is a table: its keys stand below [{table}]");
                    unknown.push((name.span(), why));
                }
                (Some((table, keys)), Some(found)) => {
                    for key in found.keys() {
                        if !keys.contains(&&**key.get_ref()) {
                            unknown.push((key.span(), unknown_key(table, key.get_ref())));
                        }
                    }
                }
            }
        }
        match unknown.into_iter().min_by_key(|(span, _)| span.start) {
            Some((span, why)) => Err(self.wrong(span.start, why)),
            None => Ok(()),
        }
    }

    fn number<N: TryFrom<u64>>(
        self,
        value: &Value<'_>,
        Range { start, end }: Range<u64>,
    ) -> Result<N, Wrong> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|it| u64::from_str_radix(it.as_str(), it.radix()).ok());
        let number = number.filter(|number| (start..=end).contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| {
            let why = format!("a whole number from {start} to {end} belongs here");
            self.wrong(value.span().start, why)
        })
    }

    /// A list of up to `most` texts, none of them blank or there twice.
    fn texts(self, value: &Value<'_>, most: usize) -> Result<Vec<String>, Wrong> {
        let mut texts: Vec<String> = Vec::new();
        for entry in self.list(value)? {
            let wrong = |why: String| self.wrong(entry.span().start, why);
            let text = entry.get_ref().as_str();
            let text = text.ok_or_else(|| wrong("a text in quotes belongs here".to_owned()))?;
            if Raw::from(text).is_blank() {
                return Err(wrong("this text is blank".to_owned()));
            }
            if text.chars().any(canonical::is_hidden) {
                return Err(wrong(
                    "this text has a character that cannot be seen".to_owned(),
                ));
            }
            if text.chars().count() > TEXT_LIMIT {
                return Err(wrong(format!(
                    "this text is longer than {TEXT_LIMIT} characters"
                )));
            }
            if texts.iter().any(|known| known == text) {
                return Err(wrong(format!("\"{text}\" is there twice")));
            }
            if texts.len() >= most {
                return Err(wrong(format!("there are more than {most}")));
            }
            texts.push(text.to_owned());
        }
        Ok(texts)
    }

    fn rules(self, value: &Value<'_>) -> Result<BTreeSet<Rule>, Wrong> {
        let mut rules = BTreeSet::new();
        for entry in self.list(value)? {
            let wrong = |why: String| self.wrong(entry.span().start, why);
            let name = entry.get_ref().as_str();
            let name =
                name.ok_or_else(|| wrong("a signal's name in quotes belongs here".to_owned()))?;
            let Some(rule) = Rule::named(name) else {
                let names = Rule::ALL.map(Rule::name);
                let meant = match words::nearest(name, names) {
                    Some(meant) => format!("the nearest is \"{meant}\""),
                    None => format!("the signals are {}", names.join(", ")),
                };
                return Err(wrong(format!("there is no signal \"{name}\"; {meant}")));
            };
            if !rules.insert(rule) {
                return Err(wrong(format!("\"{name}\" is there twice")));
            }
        }
        Ok(rules)
    }

    fn list<'v, 't>(self, value: &'v Value<'t>) -> Result<&'v [Value<'t>], Wrong> {
        let list = value.get_ref().as_array();
        let list = list
            .ok_or_else(|| self.wrong(value.span().start, "a list belongs here: [\"…\", \"…\"]"))?;
        Ok(list)
    }
}

/// Why `key` cannot stand in `table`, and what was probably meant.
fn unknown_key(table: &str, key: &str) -> String {
    let place = |table: &str| match table {
        "" => "outside the tables".to_owned(),
        table => format!("in [{table}]"),
    };
    let here = place(table);
    let elsewhere = TABLES.iter().find(|(_, keys)| keys.contains(&key));
    if let Some((other, _)) = elsewhere {
        return format!("there is no key `{key}` {here}; it belongs into [{other}]");
    }
    let known = match TABLES.iter().find(|(name, _)| *name == table) {
        Some((_, keys)) => keys.to_vec(),
        None => TABLES.iter().map(|(name, _)| *name).collect(),
    };
    let everywhere = TABLES.iter().flat_map(|(_, keys)| keys.iter().copied());
    let meant = words::nearest(key, known.iter().copied());
    match meant.or_else(|| words::nearest(key, everywhere)) {
        Some(meant) => format!("there is no key `{key}` {here}; the nearest is `{meant}`"),
        None => format!(
            "there is no key `{key}` {here}; there are {}",
            known.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests;
