//! `earlier.jsonl`: what the previous record decided about the items of this review. It is there only when a record was
//! named, and the journal's first entry names it.
//!
//! First the acts of the record's journal, by entry number: when, who, how, of how many items, why. Then items of this
//! review, by their number, that have the same past: what they are now, what differs, what was decided, by which entry,
//! and how many records in a row kept them because the one before did. Items that no line names are new. Last what the
//! record had and this review has not.

use std::io::{self, BufRead, Write};

use serde::Deserialize;

use super::{
    Error, Problem,
    canonical::{self, Lines, Object, Text},
    journal, record,
};
use crate::domain::{
    decision::Decision,
    drift::Aspect,
    earlier::{Act, Builder, Delta, Earlier, Gone, Lot, Was},
    items::ItemSet,
    snapshot::Snapshot,
    text::Raw,
};

/// The longest line that is written or read.
pub const LINE_LIMIT: u64 = journal::LINE_LIMIT;

/// Writes the file.
///
/// # Errors
/// When `out` fails.
pub fn write(earlier: &Earlier, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    let mut put = |line: &mut String| {
        // What is written can be read again.
        if line.len() as u64 > LINE_LIMIT {
            let long = format!("one line is longer than {LINE_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, long));
        }
        out.write_all(line.as_bytes())?;
        line.clear();
        Ok(())
    };
    for act in earlier.acts() {
        self::act(&mut line, act);
        put(&mut line)?;
    }
    for (lot, items) in earlier.lots() {
        self::lot(&mut line, lot, &items);
        put(&mut line)?;
    }
    for gone in earlier.gone() {
        self::gone(&mut line, gone);
        put(&mut line)?;
    }
    Ok(())
}

/// Reads the file of a review of `snapshot`. The same content has one text.
///
/// # Errors
/// The line at fault.
pub fn read(input: impl BufRead, snapshot: &Snapshot) -> Result<Earlier, Error> {
    let mut lines = Lines::new(record::EARLIER, input, LINE_LIMIT);
    let mut builder = Builder::new(snapshot);
    while let Some(line) = lines.next()? {
        if let Err(problem) = read_line(line, &mut builder) {
            return Err(lines.error(problem));
        }
    }
    let made = builder.finish();
    made.map_err(|error| lines.error(Problem::malformed(error)))
}

fn act(out: &mut String, act: &Act) {
    Object::begin(out)
        .number("act", act.entry)
        .plain("at", act.at)
        .text("by", act.by.raw())
        .plain("how", act.how.word())
        .number("together", act.together)
        .some_text("reason", act.reason.as_ref().map(Raw::raw))
        .end_line();
}

fn lot(out: &mut String, lot: &Lot, items: &ItemSet) {
    let object = Object::begin(out)
        .plain("items", items)
        .number("count", items.len() as u64)
        .plain("delta", lot.delta.word());
    let object = if lot.what.is_empty() {
        object
    } else {
        object.array("what", &lot.what, |out, what| {
            canonical::text(out, what.word());
        })
    };
    was(object, lot.was).end_line();
}

fn gone(out: &mut String, gone: &Gone) {
    let object = Object::begin(out)
        .hex("gone", &gone.id.0)
        .text("holder", gone.holder.raw())
        .text("resource", gone.resource.raw())
        .text("role", gone.role.raw());
    was(object, gone.was).end_line();
}

fn was(object: Object<'_>, was: Was) -> Object<'_> {
    let object = object.plain("was", was.decision.map_or(UNDECIDED, Decision::word));
    object
        .some_number("entry", was.entry)
        .some_number("again", (was.again > 0).then_some(was.again))
}

const UNDECIDED: &str = "undecided";

/// All members that any line can have. Which ones belong together is found by printing the line again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    act: Option<u32>,
    #[serde(borrow)]
    at: Option<Text<'a>>,
    #[serde(borrow)]
    by: Option<Text<'a>>,
    #[serde(borrow)]
    how: Option<Text<'a>>,
    together: Option<u64>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    items: Option<Text<'a>>,
    #[serde(rename = "count")]
    _count: Option<u64>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    #[serde(borrow, default)]
    what: Vec<Text<'a>>,
    #[serde(borrow)]
    gone: Option<Text<'a>>,
    #[serde(borrow)]
    holder: Option<Text<'a>>,
    #[serde(borrow)]
    resource: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    was: Option<Text<'a>>,
    entry: Option<u32>,
    again: Option<u32>,
}

fn read_line(line: &[u8], builder: &mut Builder<'_>) -> Result<(), Problem> {
    let fields: Fields<'_> = canonical::object(line)?;
    let mut again = String::with_capacity(line.len());
    let mut same = |print: &dyn Fn(&mut String)| {
        print(&mut again);
        if again.as_bytes() == line {
            Ok(())
        } else {
            Err(Problem::OtherText)
        }
    };
    let added = if let Some(items) = &fields.items {
        let (items, lot): (ItemSet, Lot) =
            (items.parse().map_err(Problem::malformed)?, fields.lot()?);
        same(&|out| self::lot(out, &lot, &items))?;
        builder.lot(lot, &items)
    } else if let Some(id) = &fields.gone {
        let gone = Gone {
            id: id.parse().map_err(Problem::malformed)?,
            holder: raw("holder", fields.holder.as_ref())?,
            resource: raw("resource", fields.resource.as_ref())?,
            role: raw("role", fields.role.as_ref())?,
            was: fields.was()?,
        };
        same(&|out| self::gone(out, &gone))?;
        builder.gone(gone)
    } else {
        let act = fields.act()?;
        same(&|out| self::act(out, &act))?;
        builder.act(act)
    };
    added.map_err(Problem::malformed)
}

impl Fields<'_> {
    fn act(&self) -> Result<Act, Problem> {
        Ok(Act {
            entry: need("act", self.act)?,
            at: canonical::instant(need("at", self.at.as_deref())?)?,
            by: raw("by", self.by.as_ref())?,
            how: journal::how(need("how", self.how.as_deref())?)?,
            together: need("together", self.together)?,
            reason: self.reason.as_ref().map(|reason| Raw::from(&**reason)),
        })
    }

    fn lot(&self) -> Result<Lot, Problem> {
        let delta = need("delta", self.delta.as_ref())?;
        let known = Delta::ALL
            .into_iter()
            .find(|known| known.word() == &**delta);
        let aspect = |word: &Text<'_>| {
            let known = Aspect::ALL
                .into_iter()
                .find(|known| known.word() == &**word);
            known.ok_or_else(|| unknown("a difference", word))
        };
        Ok(Lot {
            delta: known.ok_or_else(|| unknown("items that are", delta))?,
            what: self.what.iter().map(aspect).collect::<Result<_, _>>()?,
            was: self.was()?,
        })
    }

    fn was(&self) -> Result<Was, Problem> {
        let word = need("was", self.was.as_ref())?;
        let known = [Decision::Keep, Decision::Revoke, Decision::Acknowledge];
        let decision = known.into_iter().find(|known| known.word() == &**word);
        if decision.is_none() && &**word != UNDECIDED {
            return Err(unknown("a decision", word));
        }
        Ok(Was {
            decision,
            entry: self.entry,
            again: self.again.unwrap_or(0),
        })
    }
}

fn need<T>(name: &str, member: Option<T>) -> Result<T, Problem> {
    member.ok_or_else(|| Problem::malformed(format!("`{name}` is missing")))
}

fn raw(name: &str, member: Option<&Text<'_>>) -> Result<Raw, Problem> {
    need(name, member).map(|text| Raw::from(&**text))
}

fn unknown(what: &str, word: &str) -> Problem {
    Problem::newer(format!("nothing is known of {what} `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{campaign::Campaign, items::Item},
        format::{canonical::is_hidden, sample},
    };

    /// What the sample's review would find about its own organization a moment later.
    fn earlier(campaign: &Campaign) -> Earlier {
        let mut parts = sample::parts();
        parts.projects[0].name = Raw::from("Payments");
        let (_, rest) = parts.grants.split_at(1);
        parts.grants = rest.to_vec();
        let snapshot = Snapshot::assemble(parts).expect("a snapshot");
        let early = Earlier::of(campaign, campaign.snapshot(), campaign.as_of());
        let moved = early.moved(
            (campaign.snapshot(), campaign.as_of()),
            (&snapshot, campaign.as_of()),
        );
        // Back over the sample, so that there are all kinds of lines.
        moved.moved(
            (&snapshot, campaign.as_of()),
            (campaign.snapshot(), campaign.as_of()),
        )
    }

    fn text(earlier: &Earlier) -> String {
        let mut out = Vec::new();
        write(earlier, &mut out).expect("a list takes any bytes");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_file_survives_and_has_one_text() {
        let campaign = sample::campaign();
        let mut parts = sample::parts();
        let went = parts.grants.pop().expect("the sample has grants");
        let fewer = Snapshot::assemble(parts).expect("a snapshot");
        for (earlier, snapshot) in [
            (earlier(&campaign), &**campaign.snapshot()),
            (Earlier::of(&campaign, &fewer, campaign.as_of()), &fewer),
        ] {
            let text = text(&earlier);
            assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)), "{text}");
            assert_eq!(read(text.as_bytes(), snapshot).expect("own text"), earlier);
        }
        let earlier = Earlier::of(&campaign, &fewer, campaign.as_of());
        assert_eq!(earlier.gone().len(), 1);
        assert_eq!(earlier.gone()[0].id, went.id);
    }

    #[test]
    fn the_lines_tell_what_was_decided_and_what_it_is_now() {
        let campaign = sample::campaign();
        let text = text(&earlier(&campaign));
        for part in [
            "{\"act\":3,\"at\":\"2026-09-21T14:13:23.000Z\",\"by\":\"bob\",\"how\":\"bulk\",\"together\":4}\n",
            "\"reason\":\"left the \\u200bteam\"}\n",
            "\"delta\":\"changed\",\"what\":[\"project\"],\"was\":\"",
            "\"delta\":\"back\",",
            "\"delta\":\"unchanged\",\"was\":\"undecided\"}\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn a_line_that_says_something_else_or_the_same_otherwise_is_refused() {
        let campaign = sample::campaign();
        let whole = text(&earlier(&campaign));
        let read = |text: &str| read(text.as_bytes(), campaign.snapshot());
        for (from, to, newer) in [
            ("{\"act\":", "{ \"act\":", false),
            ("\"together\":2", "\"together\":02", false),
            ("\"how\":\"bulk\"", "\"how\":\"guess\"", true),
            ("\"delta\":\"unchanged\"", "\"delta\":\"same\"", true),
            ("\"delta\":\"unchanged\"", "\"delta\":\"new\"", false),
            ("\"what\":[\"project\"]", "\"what\":[\"hat\"]", true),
            ("\"changed\",\"what\":[\"project\"]", "\"changed\"", false),
            ("\"was\":\"undecided\"", "\"was\":\"keep\"", false),
            ("\"was\":\"keep\"", "\"was\":\"given\"", true),
            ("\"count\":", "\"count\":1", false),
            ("\"by\":\"bob\",", "", false),
        ] {
            assert!(whole.contains(from), "{from}\n{whole}");
            let error = read(&whole.replacen(from, to, 1)).expect_err(to);
            assert_eq!(error.is_newer(), newer, "{to}: {error}");
        }
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for cut in 1..lines.len() {
            // Some line fewer is another past, or none.
            let fewer = [&lines[..cut - 1], &lines[cut..]].concat().concat();
            assert!(read(&fewer).ok() != read(&whole).ok(), "{cut}");
            assert!(read(&whole[..whole.len() - cut]).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_gives_another_past_or_none() {
        let campaign = sample::campaign();
        let earlier = earlier(&campaign);
        let text = text(&earlier).into_bytes();
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = read(&*flipped, campaign.snapshot()) {
                assert_ne!(read, earlier, "bit {bit}");
            }
        }
    }

    #[test]
    fn an_item_that_no_line_names_is_new() {
        let campaign = sample::campaign();
        let read = read(&b""[..], campaign.snapshot()).expect("nothing is known");
        assert_eq!(read.delta(Item(0)), Delta::New);
    }
}
