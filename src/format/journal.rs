//! Journal line ⇄ [`Entry`], with the chain of digests.
//!
//! The last member of a line, `h`, is the SHA-256 of the line without `,"h":"…"`, line feed included; `prev` is
//! the `h` of the line before, and zeros in the first. An entry has exactly one text: a line that says the same in
//! another way is refused.

mod fields;

use std::io::BufRead;

use super::{
    Error, Problem, SCHEMA,
    canonical::{self, Lines, Object},
    record,
};
use crate::domain::{
    Digest,
    campaign::Progress,
    journal::{Attested, Chosen, Decided, Entry, Event, Opened, Previous, PreviousRecord},
    provenance::{self, Endpoint, Gap, Provenance},
    remains::Remains,
    rights::Right,
    text::Raw,
    time::Timestamp,
};

/// What stands as `prev` in the first line.
pub const START: Digest = Digest([0; 32]);

/// The longest line that is written or read.
pub const LINE_LIMIT: u64 = 64 << 20;

/// The line of `entry`, line feed included, and its `h`. `prev` is the `h` of the line before.
pub fn line(entry: &Entry, prev: Digest) -> (String, Digest) {
    let mut line = body(entry, prev);
    let digest = Digest::of(line.as_bytes());
    line.truncate(line.len().saturating_sub("}\n".len()));
    line.push_str(TAIL_BEGIN);
    canonical::hex(&mut line, &digest.0);
    line.push_str(TAIL_END);
    (line, digest)
}

const TAIL_BEGIN: &str = ",\"h\":\"";
const TAIL_END: &str = "\"}\n";
const TAIL: usize = TAIL_BEGIN.len() + 64 + TAIL_END.len();

/// Reads one line; `prev` is the `h` of the line before. The answer has the `h` of this one.
///
/// # Errors
/// When the line is damaged, does not follow, is not understood, or is not the text that [`line()`] gives its entry.
pub fn parse(line: &[u8], prev: Digest) -> Result<(Entry, Digest), Problem> {
    let (entry, claimed, digest) = parse_alone(line)?;
    if claimed == prev {
        Ok((entry, digest))
    } else {
        Err(Problem::Unchained)
    }
}

/// Reads one line without knowing what stands before it; the answer has its `prev` and its `h`.
///
/// # Errors
/// As [`parse`], apart from the chain.
pub fn parse_alone(line: &[u8]) -> Result<(Entry, Digest, Digest), Problem> {
    if !line.ends_with(b"\n") {
        return Err(Problem::CutShort);
    }
    if line.len() as u64 > LINE_LIMIT {
        return Err(Problem::TooLong(LINE_LIMIT));
    }
    let (start, tail) = line
        .len()
        .checked_sub(TAIL)
        .and_then(|at| line.split_at_checked(at))
        .ok_or_else(no_digest)?;
    let digest: Digest = tail
        .strip_prefix(TAIL_BEGIN.as_bytes())
        .and_then(|tail| tail.strip_suffix(TAIL_END.as_bytes()))
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .ok_or_else(no_digest)?;
    let mut body = Vec::with_capacity(start.len().saturating_add(2));
    body.extend_from_slice(start);
    body.extend_from_slice(b"}\n");
    if Digest::of(&body) != digest {
        return Err(Problem::Damaged);
    }
    let (entry, prev) = fields::entry(&body)?;
    if self::body(&entry, prev).as_bytes() != body {
        return Err(Problem::OtherText);
    }
    Ok((entry, prev, digest))
}

fn no_digest() -> Problem {
    Problem::malformed("it does not end with its digest `h`")
}

/// Reads a journal line by line and keeps the chain.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    head: Digest,
    bytes: u64,
}

impl<R: BufRead> Reader<R> {
    /// Begins at the first line of `input`.
    pub fn new(input: R) -> Self {
        Self {
            lines: Lines::new(record::JOURNAL, input, LINE_LIMIT),
            head: START,
            bytes: 0,
        }
    }

    /// The next entry; `None` after the last.
    ///
    /// # Errors
    /// When its line is not whole or does not follow the one before. [`Reader::bytes`] then still ends before it.
    #[expect(clippy::should_implement_trait, reason = "like `Lines::next`")]
    pub fn next(&mut self) -> Result<Option<Entry>, Error> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let length = line.len() as u64;
        match parse(line, self.head) {
            Ok((entry, digest)) => {
                self.head = digest;
                self.bytes = self.bytes.saturating_add(length);
                Ok(Some(entry))
            }
            Err(problem) => Err(self.lines.error(problem)),
        }
    }

    /// The `h` of the last entry that was read.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// How many bytes the entries take that were read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// An error about the line that was read last.
    pub fn error(&self, problem: Problem) -> Error {
        self.lines.error(problem)
    }
}

/// The line without `h`.
fn body(entry: &Entry, prev: Digest) -> String {
    let mut out = String::with_capacity(512);
    let object = Object::begin(&mut out)
        .number("seq", entry.seq)
        .plain("prev", prev)
        .plain("at", entry.at)
        .text("by", entry.by.raw());
    let object = match &entry.event {
        Event::Opened(opened) => self::opened(object.plain("op", "open"), opened),
        Event::Decided(decided) => {
            self::decided(object.plain("op", decided.change.word()), decided)
        }
        Event::Undone { entry } => object.plain("op", "undo").number("entry", *entry),
        Event::Redone { entry } => object.plain("op", "redo").number("entry", *entry),
        Event::Noted { item, text } => object
            .plain("op", "note")
            .number("item", item.number())
            .text("text", text.raw()),
        Event::SelfReviewAllowed { reason } => object
            .plain("op", "self-review")
            .text("reason", reason.raw()),
        Event::Waived(waived) => object
            .plain("op", "waive")
            .plain("flag", waived.flag.name())
            .plain("items", &waived.items)
            .number("count", waived.count)
            .text("reason", waived.reason.raw()),
        Event::Attested(attested) => self::attested(object.plain("op", "attest"), attested),
        Event::Sealed { record, sums } => object
            .plain("op", "seal")
            .text("record", record)
            .plain("sums", sums),
    };
    // Written only where there is something to tell.
    let object = match &entry.remains {
        None => object,
        Some(remains) => object.object("remains", |object| self::remains(object, remains)),
    };
    object.end_line();
    out
}

fn remains<'a>(object: Object<'a>, remains: &Remains) -> Object<'a> {
    object
        .plain("standing", &remains.standing)
        .plain("unsure", &remains.unsure)
        .array("through", &remains.through, |out, (item, ways)| {
            Object::begin(out)
                .number("item", item.number())
                .plain("by", ways)
                .end();
        })
        .plain("along", &remains.along)
        .object("others", |object| {
            object
                .number("lose", remains.others.lose)
                .number("keep", remains.others.keep)
                .number("unsure", remains.others.unsure)
        })
}

fn opened<'a>(object: Object<'a>, opened: &Opened) -> Object<'a> {
    let object = object
        .number("schema", SCHEMA)
        .text("review", &opened.review)
        .text("reviewer", opened.reviewer.raw())
        .maybe_text(
            "reviewer_account",
            opened.reviewer_account.as_ref().map(|id| &*id.0),
        )
        .number("accounts", opened.accounts)
        .number("grants", opened.items)
        .maybe_text(
            "scope",
            opened.scope.as_ref().map(crate::domain::text::Raw::raw),
        )
        .text("tool", &opened.tool)
        .object("snapshot", |object| provenance(object, &opened.provenance));
    // These two are written only where there is one.
    let object = match &opened.previous_record {
        None => object,
        Some(record) => object.object("previous_record", |object| previous_record(object, record)),
    };
    match &opened.previous {
        None => object,
        Some(previous) => object.object("previous_journal", |object| {
            previous_journal(object, previous)
        }),
    }
}

/// The members that name the journal before a refresh; `review.json` has the same.
pub(super) fn previous_journal<'a>(object: Object<'a>, previous: &Previous) -> Object<'a> {
    object
        .plain("head", previous.head)
        .number("entries", previous.entries)
        .plain("as_of", previous.as_of)
}

/// The members that name an earlier record; `review.json` has the same.
pub(super) fn previous_record<'a>(object: Object<'a>, record: &PreviousRecord) -> Object<'a> {
    object
        .text("record", &record.record)
        .plain("sums", record.sums)
        .text("review", &record.review)
        .plain("as_of", record.as_of)
        .plain("sealed_at", record.sealed_at)
        .text("principal", record.principal.raw())
        .text("key_fingerprint", &record.key_fingerprint)
        .plain(
            "verdict",
            if record.signer_known {
                SIGNER_KNOWN
            } else {
                SIGNER_UNKNOWN
            },
        )
}

/// The words for what was found when an earlier record was verified. One that is not good is never named.
const SIGNER_KNOWN: &str = "good, signer known";
const SIGNER_UNKNOWN: &str = "good, signer unknown";

/// The members that tell where a snapshot came from; `review.json` has the same.
pub(super) fn provenance<'a>(object: Object<'a>, provenance: &Provenance) -> Object<'a> {
    let object = object.plain("began", provenance.began);
    // Written only where it happened.
    let object = if provenance.resumed.is_empty() {
        object
    } else {
        object.array("resumed", provenance.resumed.iter().copied(), instant)
    };
    let object = object
        .plain("ended", provenance.ended)
        .maybe_plain("server_began", provenance.server_began)
        .maybe_plain("server_ended", provenance.server_ended)
        .maybe_text("reader", provenance.reader.account().map(|id| &*id.0));
    let object = match &provenance.reader {
        // Written only where it was one.
        provenance::Reader::Application { id, name } => object.object("application", |object| {
            object.text("id", id).text("name", name.raw())
        }),
        provenance::Reader::Account(_) | provenance::Reader::Unknown => object,
    };
    object
        .array("rights", &provenance.rights, right)
        .plain("population", provenance.population)
        .plain("evidence", provenance.evidence.word())
        .array("endpoints", &provenance.endpoints, endpoint)
        .array("gaps", &provenance.gaps, gap)
}

fn instant(out: &mut String, at: Timestamp) {
    canonical::text(out, &at.to_string());
}

fn right(out: &mut String, right: &Right) {
    Object::begin(out)
        .text("permission", right.permission.code())
        .text("state", right.holding.word())
        .some_text("shown_by", right.holding.shown_by())
        .some_text("why", right.holding.why().map(Raw::raw))
        .end();
}

fn endpoint(out: &mut String, endpoint: &Endpoint) {
    Object::begin(out)
        .text("call", &endpoint.call)
        .text("parameters", &endpoint.parameters)
        .number("requests", endpoint.requests)
        .number("pages", endpoint.pages)
        .number("rows", endpoint.rows)
        .number("distinct", endpoint.distinct)
        .maybe_number("server_total", endpoint.server_total)
        .number("retries", endpoint.retries)
        .number("refusals", endpoint.refusals)
        .number("errors", endpoint.errors)
        .end();
}

pub(super) fn gap(out: &mut String, gap: &Gap) {
    Object::begin(out)
        .text("call", &gap.call)
        .text("missing", gap.missing.raw())
        .text("reason", gap.reason.raw())
        .end();
}

fn decided<'a>(object: Object<'a>, decided: &Decided) -> Object<'a> {
    let object = object
        .plain("items", &decided.items)
        .number("count", decided.items.len() as u64)
        .some_text(
            "reason",
            decided
                .reason
                .as_ref()
                .map(super::super::domain::text::Raw::raw),
        );
    let object = match &decided.chosen {
        Chosen::Single => object,
        Chosen::RestOfSubject => object.plain("chosen", "rest"),
        Chosen::Marked => object.plain("chosen", "marked"),
        Chosen::Filter(filter) => object
            .plain("chosen", "filter")
            .text("filter", filter.raw()),
        Chosen::Adjusted {
            filter,
            added,
            removed,
        } => object
            .plain("chosen", "adjusted")
            .text("filter", filter.raw())
            .number("added", *added)
            .number("removed", *removed),
        Chosen::Table => object.plain("chosen", "table"),
        Chosen::Carried { entry, at, how } => object
            .plain("chosen", "carried")
            .number("from", *entry)
            .plain("from_at", at)
            .plain("how", how.word()),
        Chosen::AsBefore { record } => object.plain("chosen", "as-before").text("record", record),
        Chosen::Drift => object.plain("chosen", "drift"),
    };
    if decided.left_out.is_empty() {
        return object;
    }
    object.object("left_out", |object| {
        let rules = decided.left_out.iter();
        rules.fold(object, |object, (rule, items)| {
            object.plain(rule.name(), items)
        })
    })
}

fn attested<'a>(object: Object<'a>, attested: &Attested) -> Object<'a> {
    object
        .text("statement", &attested.statement)
        .text("principal", attested.principal.raw())
        .object("counts", |object| progress(object, attested.progress))
}

/// The members that count decisions; `review.json` has the same.
pub(super) fn progress(object: Object<'_>, progress: Progress) -> Object<'_> {
    object
        .number("grants", progress.items)
        .number("keep", progress.kept)
        .number("revoke", progress.revoked)
        .number("acknowledge", progress.acknowledged)
        .number("undecided", progress.undecided)
        .number("later", progress.later)
}

pub(super) use fields::{
    ApplicationFields, GapFields, PreviousFields, PreviousRecordFields, ProgressFields,
    ProvenanceFields, how,
};

#[cfg(test)]
mod tests;
