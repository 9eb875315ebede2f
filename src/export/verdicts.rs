//! What verifying records said, as one page that holds everything and needs nothing.

use std::io::{self, Write};

use super::html::{escape, head, pairs, section};
use crate::domain::{
    text::SafeText,
    words::{count, number},
};

/// The page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// How many records there are of each verdict, in a line.
    pub(crate) counts: &'a str,
    /// What was asked: the level, the time of the key, by which program.
    pub(crate) asked: &'a [(&'static str, SafeText)],
    /// The records in the order in which they were named.
    pub(crate) records: &'a [Record<'a>],
    /// Which record follows which, in lines.
    pub(crate) chain: &'a [String],
    /// What does not fit between the records, in lines.
    pub(crate) problems: &'a [String],
}

/// One record, judged. All text is safe to show.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Where it is.
    pub(crate) place: &'a str,
    /// `good`, `intact`, `bad` or `could not tell`.
    pub(crate) word: &'a str,
    /// The verdict in a line.
    pub(crate) verdict: &'a str,
    /// A label and a text each.
    pub(crate) facts: &'a [(&'static str, SafeText)],
    /// Each check: its name, what it checks, and what came of it.
    pub(crate) checks: Vec<(String, &'static str, &'static str)>,
    /// Everything that is wrong and named.
    pub(crate) findings: &'a [String],
    /// How much more is wrong.
    pub(crate) more: u64,
    /// The digest of `SHA256SUMS`.
    pub(crate) sums: Option<&'a str>,
}

/// Writes the page.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let records = count(page.records.len() as u64, "record", "records");
    let title = format!("Verification of {records}");
    head(out, &title, "")?;
    writeln!(
        out,
        "<h1>{title}</h1>\n<p class=\"verdict\">{}</p>\n<p class=\"origin\">This page repeats what a program said. \
         What counts is the signed record, and that anybody can judge it again.</p>",
        escape(page.counts)
    )?;
    pairs(out, page.asked)?;
    section(out, "records", "Records")?;
    out.write_all(
        b"<table class=\"rows\">\n<thead><tr><th scope=\"col\">record</th><th scope=\"col\">verdict</th>\
          <th scope=\"col\">in words</th></tr></thead>\n<tbody>\n",
    )?;
    for (number, one) in (1..).zip(page.records) {
        writeln!(
            out,
            "<tr data-verdict=\"{}\"><td><a href=\"#record-{number}\"><bdi>{}</bdi></a></td><td class=\"{}\">{}</td><td>{}</td></tr>",
            escape(one.word),
            escape(one.place),
            class(one.word),
            escape(one.word),
            escape(one.verdict)
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")?;
    if page.records.len() > 1 {
        chain(out, page)?;
    }
    for (number, one) in (1..).zip(page.records) {
        record(out, number, one)?;
    }
    digests(out, page)?;
    section(out, "by-hand", "How to check by hand")?;
    writeln!(
        out,
        "<p>In the folder of a record, with a list of allowed signers that somebody keeps who does not review, and \
         never with one from the record:</p>\n<pre>{}</pre>\n<p>README.txt in the folder tells every further step. \
         Take instructions from where you got the program, too: who forges a record can forge what it says about \
         itself.</p>\n</body>\n</html>",
        escape(super::html::STEPS)
    )
}

/// What an outcome looks like; nothing is told by colour alone.
fn class(word: &str) -> &'static str {
    match word {
        "bad" | "failed" => "revoke",
        "could not tell" | "not reached" => "undecided",
        _ => "",
    }
}

fn chain(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    section(out, "chain", "Which record follows which")?;
    if page.chain.is_empty() {
        out.write_all(b"<p>No record can be trusted so far.</p>\n")?;
    } else {
        writeln!(out, "<pre>{}</pre>", escape(&page.chain.join("\n")))?;
    }
    if page.problems.is_empty() {
        return out.write_all(b"<p>Nothing between them contradicts, and none is missing.</p>\n");
    }
    list(out, page.problems)
}

fn list(out: &mut dyn Write, lines: &[String]) -> io::Result<()> {
    out.write_all(b"<ul>\n")?;
    for line in lines {
        writeln!(out, "<li>{}</li>", escape(line))?;
    }
    out.write_all(b"</ul>\n")
}

fn record(out: &mut dyn Write, at: usize, one: &Record<'_>) -> io::Result<()> {
    section(out, &format!("record-{at}"), one.place)?;
    writeln!(out, "<p class=\"verdict\">{}</p>", escape(one.verdict))?;
    if !one.findings.is_empty() {
        list(out, one.findings)?;
    }
    if one.more > 0 {
        writeln!(out, "<p>And {} more.</p>", number(one.more))?;
    }
    out.write_all(
        b"<table class=\"rows\">\n<thead><tr><th scope=\"col\">check</th><th scope=\"col\">what it says</th>\
          <th scope=\"col\">outcome</th></tr></thead>\n<tbody>\n",
    )?;
    for (name, words, outcome) in &one.checks {
        writeln!(
            out,
            "<tr data-check=\"{0}\" data-outcome=\"{2}\"><td>{0}</td><td>{1}</td><td class=\"{3}\">{2}</td></tr>",
            escape(name),
            escape(words),
            escape(outcome),
            class(outcome)
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")?;
    if one.facts.is_empty() {
        return Ok(());
    }
    pairs(out, one.facts)
}

fn digests(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    section(out, "digests", "SHA-256 of each SHA256SUMS")?;
    out.write_all(b"<pre>")?;
    for one in page.records {
        let sums = one.sums.unwrap_or("not known to be what was signed");
        writeln!(out, "{}  {}", escape(sums), escape(one.place))?;
    }
    out.write_all(b"</pre>\n")
}
