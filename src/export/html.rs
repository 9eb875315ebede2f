//! One page that holds everything and needs nothing: no scripts, no addresses it loads from, and it prints well.

mod charts;

use std::io::{self, Write};

use super::{
    Source, completeness, crosswalk,
    flags::Flags,
    items::Items,
    removal::Removals,
    signals::Told,
    standing::{self, Standing},
    table::{Cell, Table},
};
use crate::domain::{check::Rule, remains::Remains, text::SafeText, words::number};

/// The columns of the decisions that the page shows, by name; CSV and the workbook have all.
const SHOWN: [&str; 13] = [
    "item",
    "holder",
    "username",
    "account_state",
    "resource_type",
    "resource",
    "role",
    "decision",
    "reason",
    "note",
    "signals",
    "decided_at",
    "chosen",
];

const STYLE: &str = include_str!("html/page.css");

/// How the record is verified without any program of ours, in words that fit every record.
const BY_HAND: &str = "In the folder of the record, with a list of allowed signers that somebody keeps who does not review:";

/// The first steps by hand, with stock tools.
pub(super) const STEPS: &str = "WHO=$(jq -r .reviewer.principal review.json)\n\
     ssh-keygen -Y verify -f /path/to/allowed_signers -I \"$WHO\" -n muster-review \\\n  \
     -s SHA256SUMS.reviewer.sig < SHA256SUMS\n\
     sha256sum --strict -c SHA256SUMS";

/// Writes the page of `source`; `progress` is told how many rows are written.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write(
    out: &mut dyn Write,
    source: &Source<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let review = source.review;
    opening(out, source)?;
    counts(out, source)?;
    contents(out)?;
    section(out, "summary", "Summary")?;
    pairs(out, source.facts)?;
    section(out, "reviewer", "Reviewer")?;
    pairs(out, &reviewer(source))?;
    section(out, "attestation", "Attestation")?;
    writeln!(
        out,
        "<blockquote>{}</blockquote>",
        escape(SafeText::of(&review.attestation).as_str())
    )?;
    section(out, "completeness", "Completeness")?;
    pairs(out, &completeness::of(source.campaign))?;
    let campaign = source.campaign;
    section(out, "flags", "Red flags and waivers")?;
    flags(out, &Flags::found(campaign))?;
    section(out, "signals", "Signals")?;
    out.write_all(
        b"<p>Facts beside the items, found by rules. A signal never decides. What could not be read is counted as \
          unknown.</p>\n",
    )?;
    let signals = [
        "signal",
        "what",
        "items",
        "unknown",
        "kept",
        "revoked",
        "acknowledged",
        "undecided",
    ];
    table(out, &Told { campaign }, &signals, &mut |_| {})?;
    section(out, "effort", "When and how it was decided")?;
    charts::over_time(out, source.campaign)?;
    charts::by_role(out, source.campaign)?;

    let removals = Removals::new(source.campaign, source.items);
    section(
        out,
        "revokes",
        &format!("Revokes ({})", number(removals.len())),
    )?;
    let mut written = 0;
    let mut progress = |_| {
        written += 1;
        progress(written);
    };
    let wanted = [
        "step",
        "item",
        "operation",
        "holder",
        "username",
        "resource",
        "role",
        "reason",
        "still_reaches",
        "link",
    ];
    table(out, &removals, &wanted, &mut progress)?;
    let items = Items::new(campaign, source.items);
    section(out, "standing", "What the revokes leave standing")?;
    left_standing(out, source, items.left(), &mut progress)?;
    section(
        out,
        "decisions",
        &format!("All decisions ({})", number(items.len())),
    )?;
    table(out, &items, &SHOWN, &mut progress)?;
    section(out, "controls", "What controls ask for, and where it is")?;
    controls(out, source)?;
    section(out, "verify", "How to verify the record")?;
    writeln!(
        out,
        "<p>{}</p>\n<pre>{}</pre>\n<p>README.txt in the folder tells every step, down to single answers of the server. \
         The SHA-256 of SHA256SUMS must be <code>{}</code>.</p>\n</body>\n</html>",
        BY_HAND,
        escape(STEPS),
        source.sums
    )
}

/// The style that prints the id of the record on each page; nothing for an id that could be anything else than text there.
fn footer(record: &str) -> String {
    if !record
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-')
    {
        return String::new();
    }
    format!(
        "@page {{ @bottom-left {{ content: \"record {record}\"; font: 9px system-ui, sans-serif; color: #5b6167; }} }}\n"
    )
}

/// The sections by their ids, as links.
fn contents(out: &mut dyn Write) -> io::Result<()> {
    let links = [
        ("summary", "Summary"),
        ("reviewer", "Reviewer"),
        ("attestation", "Attestation"),
        ("completeness", "Completeness"),
        ("flags", "Red flags"),
        ("signals", "Signals"),
        ("effort", "When and how"),
        ("revokes", "Revokes"),
        ("standing", "Left standing"),
        ("decisions", "All decisions"),
        ("controls", "Controls"),
        ("verify", "How to verify"),
    ];
    let links = links.map(|(id, title)| format!("<a href=\"#{id}\">{title}</a>"));
    writeln!(out, "<nav>{}</nav>", links.join(" "))
}

/// Who decided and signed, a label and a text each.
fn reviewer(source: &Source<'_>) -> Vec<(&'static str, SafeText)> {
    let reviewer = &source.review.reviewer;
    let own = match &source.review.self_review {
        None => "refused to the reviewer; no exception was made".to_owned(),
        Some(reason) => format!("an exception was made: {}", reason.safe()),
    };
    vec![
        ("signs as", reviewer.principal.safe()),
        ("name in Space", reviewer.name.safe()),
        (
            "account",
            SafeText::of(reviewer.account.as_deref().unwrap_or("not known")),
        ),
        ("key", SafeText::of(&reviewer.key_fingerprint)),
        ("kind of key", SafeText::of(&reviewer.key_type)),
        ("own access", SafeText::of(&own)),
    ]
}

/// What was found, with why it may stand, and what else was looked for.
fn flags(out: &mut dyn Write, flags: &Flags<'_>) -> io::Result<()> {
    out.write_all(
        b"<p>What auditors look for, as it was when the review was attested. What stops the signature is settled or \
          waived with a reason.</p>\n",
    )?;
    let wanted = [
        "flag",
        "what",
        "state",
        "facts",
        "items",
        "items_unknown",
        "waived_because",
        "waived_at",
        "waived_by",
        "clauses",
    ];
    table(out, flags, &wanted, &mut |_| {})?;
    let others: Vec<&str> = flags.absent().map(Rule::title).collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<p>Looked for and not found: {}.</p>",
        escape(&others.join(", "))
    )
}

/// Which revokes remove less than they say, and whom they touch.
fn left_standing(
    out: &mut dyn Write,
    source: &Source<'_>,
    left: &Remains,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    out.write_all(
        b"<p>Once all revokes are carried out and nothing else changes. Access may be reached by another role, through a \
          team, or through a team below.</p>\n",
    )?;
    let summary = standing::summary(left);
    if !summary.is_empty() {
        pairs(out, &summary)?;
    }
    let wanted = [
        "item",
        "holder",
        "username",
        "resource_type",
        "resource",
        "role",
        "remains",
        "just_as_much",
        "through",
        "reason",
    ];
    let standing = Standing::new(source.campaign, source.items);
    table(out, &standing, &wanted, progress)
}

/// How any page begins; `title` is escaped, `style` is what the page has beyond that of all.
pub(super) fn head(out: &mut dyn Write, title: &str, style: &str) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n"
    )
}

pub(super) fn section(out: &mut dyn Write, id: &str, title: &str) -> io::Result<()> {
    writeln!(out, "<h2 id=\"{id}\">{}</h2>", escape(title))
}

/// What was reviewed, what verifying it said, and what the page is made of.
fn opening(out: &mut dyn Write, source: &Source<'_>) -> io::Result<()> {
    let review = source.review;
    let title = escape(SafeText::of(&review.title).as_str());
    let organization = escape(review.organization.name.safe().as_str());
    let footer = footer(&review.record_id);
    head(
        out,
        &format!("Access review {title} of {organization}"),
        &footer,
    )?;
    write!(
        out,
        "<h1>Access review {title}</h1>\n<p class=\"of\">{organization}</p>\n\
         <p class=\"verdict\">{}</p>\n<p class=\"origin\">{}</p>\n",
        escape(source.verdict),
        escape(&source.origin()),
    )?;
    if let Some(filter) = source.filter {
        writeln!(
            out,
            "<p class=\"origin\">Only the {} items that the filter <code>{}</code> chooses are listed below; the summary is of the whole record.</p>",
            number(source.items.len() as u64),
            escape(SafeText::of(filter).as_str())
        )?;
    }
    Ok(())
}

/// The totals, large; each has an id of its own, so that a program can read it.
fn counts(out: &mut dyn Write, source: &Source<'_>) -> io::Result<()> {
    let counts = source.review.progress;
    out.write_all(b"<dl class=\"counts\">\n")?;
    for (id, label, count) in [
        ("items", "items", counts.items),
        ("kept", "kept", counts.kept),
        ("revoked", "revoked", counts.revoked),
        ("acknowledged", "acknowledged", counts.acknowledged),
        ("undecided", "undecided", counts.undecided),
    ] {
        writeln!(
            out,
            "<div><dt>{label}</dt><dd id=\"total-{id}\" data-count=\"{count}\">{}</dd></div>",
            number(count)
        )?;
    }
    out.write_all(b"</dl>\n")
}

pub(super) fn pairs(out: &mut dyn Write, rows: &[(&'static str, SafeText)]) -> io::Result<()> {
    out.write_all(b"<table class=\"pairs\">\n")?;
    for (label, text) in rows {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escape(label),
            escape(text.as_str())
        )?;
    }
    out.write_all(b"</table>\n")
}

fn table(
    out: &mut dyn Write,
    rows: &impl Table,
    wanted: &[&str],
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    if rows.is_empty() {
        return out.write_all(b"<p>None.</p>\n");
    }
    let places: Vec<usize> = wanted
        .iter()
        .filter_map(|name| {
            rows.columns()
                .iter()
                .position(|column| column.name == *name)
        })
        .collect();
    out.write_all(b"<table class=\"rows\">\n<thead><tr>")?;
    let mut written = 0;
    let mut line = String::new();
    rows.rows(|cells| {
        line.clear();
        if written == 0 {
            // A column of numbers has its name on the right, too.
            for place in &places {
                let name = rows.columns()[*place].name.replace('_', " ");
                let class = match cells[*place] {
                    Cell::Number(_) => " class=\"n\"",
                    _ => "",
                };
                for part in ["<th scope=\"col\"", class, ">", &name, "</th>"] {
                    line.push_str(part);
                }
            }
            line.push_str("</tr></thead>\n<tbody>\n");
        }
        line.push_str("<tr>");
        for place in &places {
            cell(&mut line, rows.columns()[*place].name, &cells[*place]);
        }
        line.push_str("</tr>\n");
        written += 1;
        progress(written);
        out.write_all(line.as_bytes())
    })?;
    out.write_all(b"</tbody>\n</table>\n")
}

fn cell(line: &mut String, column: &str, cell: &Cell) {
    let (class, text) = match (column, cell) {
        (_, Cell::Number(count)) => (" class=\"n\"", count.to_string()),
        (_, Cell::Time(time)) => (" class=\"t\"", time.minute()),
        ("decision", Cell::Word("revoke")) => (" class=\"w revoke\"", "revoke".to_owned()),
        ("decision", Cell::Word("undecided")) => (" class=\"w undecided\"", "undecided".to_owned()),
        (_, Cell::Word(word)) => (" class=\"w\"", (*word).to_owned()),
        (_, Cell::Empty) => (" class=\"w\"", String::new()),
        (_, other) => ("", other.words()),
    };
    // An address that comes from a server may name anything; only what a browser fetches by itself becomes a link.
    let text = escape(&text);
    let text = if text.starts_with("https://") || text.starts_with("http://") {
        format!("<a rel=\"noreferrer\" href=\"{text}\">{text}</a>")
    } else {
        text
    };
    for part in ["<td", class, "><bdi>", &text, "</bdi></td>"] {
        line.push_str(part);
    }
}

fn controls(out: &mut dyn Write, source: &Source<'_>) -> io::Result<()> {
    out.write_all(
        b"<table class=\"rows\">\n<thead><tr><th scope=\"col\">n</th><th scope=\"col\">evidence</th>\
          <th scope=\"col\">clauses</th><th scope=\"col\">covered</th><th scope=\"col\">where</th>\
          <th scope=\"col\">places</th></tr></thead>\n<tbody>\n",
    )?;
    for row in crosswalk::of(source) {
        writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td>{}</td><td>{}</td><td class=\"w\">{}</td><td>{}</td><td class=\"places\">{}</td></tr>",
            row.number,
            escape(row.evidence),
            escape(row.clauses),
            row.held.word(),
            escape(row.held.words()),
            escape(&row.places.join(" "))
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")
}

/// Text as a page shows it, in elements and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
