//! [`EventFilter`]: one line of text chooses entries of a journal, on the screens and on the command line alike.
//!
//! Terms about the entry itself, `actor:`, `event:`, `entry:` and `at:`, and terms about items as [`Filter`] has them, stand
//! side by side, and all must hold. An entry is chosen by its items when one of them is chosen; what is asked of items
//! is what is so after the last entry.

use super::{
    super::{
        campaign::Campaign,
        decision::{Change, Decision},
        items::ItemSet,
        journal::{Chosen, Entry, Event},
        words::nearest,
    },
    Error, Filter,
    fold::fold,
    reader::{Reader, Value},
    when::{Numbers, When},
};
use crate::domain::account::Fact;

/// The fields about an entry itself, each with its meaning.
pub const EVENT_FIELDS: &[(&str, &str)] = &[
    ("actor", "who wrote the entry"),
    ("event", "what happened, such as event:revoke"),
    ("entry", "the entry's number, as in entry:40..90"),
    ("at", "when it was written: a date, as in at:>2026-08-10"),
];

macro_rules! words {
    ($($name:ident $word:literal $help:literal,)*) => {
        /// What may have happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Word { $($name),* }

        const WORDS: &[(&str, Word)] = &[$(($word, Word::$name)),*];

        /// The words that may follow `event:`, each with its meaning.
        pub const EVENT_WORDS: &[(&str, &str)] = &[$(($word, $help)),*];
    };
}

words! {
    Opened "opened" "the review was opened",
    Keep "keep" "items were kept",
    Revoke "revoke" "items were revoked",
    Acknowledge "acknowledge" "items were acknowledged",
    Later "later" "items were bookmarked for later",
    Clear "clear" "items were made undecided again",
    Decided "decided" "any of keep, revoke and acknowledge",
    Bulk "bulk" "several items in one act",
    Carried "carried" "carried over from before a refresh",
    AsBefore "as-before" "kept as the previous record kept them",
    Drift "drift" "reopened because they changed between the snapshots",
    Undone "undone" "a change was taken back",
    Redone "redone" "a change was made again",
    TakenBack "taken-back" "a change that does not stand after the last entry",
    Noted "noted" "a note was written or removed",
    Waived "waived" "a red flag was waived",
    SelfReview "self-review" "deciding on own access was allowed",
    Attested "attested" "the attestation was confirmed",
    Sealed "sealed" "the record was made",
}

impl Word {
    fn holds(self, campaign: &Campaign, entry: &Entry) -> bool {
        let event = &entry.event;
        let decided = entry.decided().map(|(_, decided)| decided);
        let change = |change| decided.is_some_and(|decided| decided.change == change);
        let chosen = |like: fn(&Chosen) -> bool| decided.is_some_and(|it| like(&it.chosen));
        match self {
            Self::Opened => matches!(event, Event::Opened(_)),
            Self::Keep => change(Change::Decide(Decision::Keep)),
            Self::Revoke => change(Change::Decide(Decision::Revoke)),
            Self::Acknowledge => change(Change::Decide(Decision::Acknowledge)),
            Self::Later => change(Change::Later),
            Self::Clear => change(Change::Clear),
            Self::Decided => {
                decided.is_some_and(|decided| matches!(decided.change, Change::Decide(_)))
            }
            Self::Bulk => chosen(Chosen::is_bulk),
            Self::Carried => chosen(|chosen| matches!(chosen, Chosen::Carried { .. })),
            Self::AsBefore => chosen(|chosen| matches!(chosen, Chosen::AsBefore { .. })),
            Self::Drift => chosen(|chosen| matches!(chosen, Chosen::Drift)),
            Self::Undone => matches!(event, Event::Undone { .. }),
            Self::Redone => matches!(event, Event::Redone { .. }),
            Self::TakenBack => event.is_change() && !campaign.stands(entry.seq),
            Self::Noted => matches!(event, Event::Noted { .. }),
            Self::Waived => matches!(event, Event::Waived(_)),
            Self::SelfReview => matches!(event, Event::SelfReviewAllowed { .. }),
            Self::Attested => matches!(event, Event::Attested(_)),
            Self::Sealed => matches!(event, Event::Sealed { .. }),
        }
    }
}

/// A filter of entries that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    terms: Vec<Term>,
    items: Filter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    /// One of these is so.
    any: Vec<Asked>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Actor { folded: String, whole: bool },
    Event(Word),
    Entry(Numbers),
    At(When),
}

impl EventFilter {
    /// Understands `text`. An empty text matches every entry.
    ///
    /// # Errors
    /// With the place and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let chars: Vec<char> = text.chars().collect();
        // What is asked of items keeps its place, so that a mistake in it is pointed at where it stands.
        let mut about_items = chars.clone();
        let (mut terms, mut or) = (Vec::new(), None);
        for (from, to) in pieces(&chars) {
            let piece: String = chars[from..to].iter().collect();
            let (negated, sign) = match piece.chars().next() {
                Some('-' | '!') => (true, 1),
                _ => (false, 0),
            };
            let unsigned: String = piece.chars().skip(sign).collect();
            if piece.eq_ignore_ascii_case("or") {
                or = or.or(Some(from + 1));
            }
            if let Some(any) = term(&unsigned).map_err(|error| error.moved(from + sign))? {
                terms.push(Term { negated, any });
                about_items[from..to].fill(' ');
            }
        }
        if let (Some(column), false) = (or, terms.is_empty()) {
            let message = "put parentheses around what stands beside this or: terms about entries and terms about items are not alternatives of each other";
            return Err(Error::at(column, message).over(2));
        }
        let about_items: String = about_items.into_iter().collect();
        let items = Filter::parse(&about_items).map_err(|error| hint(&about_items, error))?;
        Ok(Self { terms, items })
    }

    /// Whether it matches every entry because nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.items.is_empty()
    }

    /// The numbers of the entries of `campaign` for which it holds, rising.
    pub fn select(&self, campaign: &Campaign) -> Vec<u32> {
        let items = (!self.items.is_empty()).then(|| self.items.select(campaign));
        let entries = campaign.entries().iter();
        entries
            .filter(|entry| {
                let holds = |term: &Term| {
                    let mut any = term.any.iter();
                    any.any(|asked| asked.holds(campaign, entry)) != term.negated
                };
                self.terms.iter().all(holds)
                    && items
                        .as_ref()
                        .is_none_or(|items| meet(&campaign.touched(entry), items))
            })
            .map(|entry| entry.seq)
            .collect()
    }
}

/// Whether the two have an item in common.
fn meet(one: &ItemSet, other: &ItemSet) -> bool {
    match (one.first(), one.last()) {
        (Some(first), Some(last)) if first == last => other.contains(first),
        (Some(_), Some(_)) => !one.and(other).is_empty(),
        _ => false,
    }
}

impl Asked {
    fn holds(&self, campaign: &Campaign, entry: &Entry) -> bool {
        match self {
            Self::Actor { folded, whole } => {
                let by = fold(entry.by.raw());
                if *whole {
                    by == *folded
                } else {
                    by.contains(folded.as_str())
                }
            }
            Self::Event(word) => word.holds(campaign, entry),
            Self::Entry(numbers) => numbers.contain(u64::from(entry.seq)),
            Self::At(when) => {
                let last = campaign.entries().last().map_or(entry.at, |last| last.at);
                when.holds(Fact::Known(entry.at.ms()), last) == Some(true)
            }
        }
    }
}

/// What stands between blanks, outside quotes and parentheses: from which character to which.
fn pieces(chars: &[char]) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let (mut from, mut quoted, mut open) = (None, false, 0_usize);
    for (at, c) in chars.iter().enumerate() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && !quoted && open == 0 {
            pieces.extend(from.take().map(|from| (from, at)));
        } else {
            from = from.or(Some(at));
        }
    }
    pieces.extend(from.map(|from| (from, chars.len())));
    pieces
}

/// The alternatives of a term about entries; `None` when it is about something else.
fn term(text: &str) -> Result<Option<Vec<Asked>>, Error> {
    let mut reader = Reader::grouping(text);
    let Some((_, field)) = reader.field() else {
        return Ok(None);
    };
    let one: fn(&Value) -> Result<Vec<Asked>, Error> = match field.as_str() {
        "actor" => |value| {
            Ok(vec![Asked::Actor {
                folded: fold(&value.text),
                whole: value.whole,
            }])
        },
        "event" => |value| event(value).map(|word| vec![Asked::Event(word)]),
        "entry" => |value| {
            let numbers = Numbers::parse(value)?;
            Ok(numbers.into_iter().map(Asked::Entry).collect())
        },
        "at" => |value| When::parse(value).map(|when| vec![Asked::At(when)]),
        _ => return Ok(None),
    };
    let values = reader.values()?;
    if reader.more() {
        return Err(Error::at(
            reader.column(),
            "a space is missing before what follows",
        ));
    }
    let any: Vec<Vec<Asked>> = values.iter().map(one).collect::<Result<_, _>>()?;
    Ok(Some(any.concat()))
}

fn event(value: &Value) -> Result<Word, Error> {
    let typed = value.text.to_lowercase();
    let known = WORDS.iter().find(|(word, _)| *word == typed);
    known.map(|(_, word)| *word).ok_or_else(|| {
        let words = WORDS.iter().map(|(word, _)| *word);
        let meant = nearest(&typed, words.clone());
        let all: Vec<&str> = words.collect();
        let message = match meant {
            Some(meant) => format!("nothing that happens has this name; did you mean {meant}?"),
            None => format!(
                "nothing that happens has this name; there are {}",
                all.join(", ")
            ),
        };
        Error::of(value, message)
    })
}

/// Says of a field that nobody knows that entries have fields, too.
fn hint(text: &str, error: Error) -> Error {
    let wrong: String = text.chars().skip(error.column - 1).collect();
    let word: String = wrong.chars().take_while(|c| *c != ':').collect();
    let fields = EVENT_FIELDS.iter().map(|(field, _)| *field);
    match nearest(&word, fields) {
        Some(field) if wrong.contains(':') => Error {
            message: format!("{}; of entries there is {field}:", error.message),
            ..error
        },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixture::{acme, campaign, entry},
        items::Item,
        journal::{Decided, LeftOut},
        text::Raw,
    };

    /// Entries 2 to 7: Ada keeps item 1, Bea revokes 2 and 3 in bulk, takes that back, notes on 1, keeps 3, bookmarks 4.
    fn told() -> Campaign {
        let mut campaign = campaign(&acme().snapshot());
        let own = campaign.own_account().is_some();
        let first = if own { 6 } else { 0 };
        let decided = |change, items: &[u32], chosen| {
            Event::Decided(Decided {
                change,
                items: items.iter().map(|item| Item(first + item)).collect(),
                reason: Some(Raw::from("why")),
                chosen,
                left_out: LeftOut::default(),
            })
        };
        let keep = Change::Decide(Decision::Keep);
        let events = [
            ("ada", decided(keep, &[0], Chosen::Single)),
            (
                "Béa",
                decided(Change::Decide(Decision::Revoke), &[1, 2], Chosen::Marked),
            ),
            ("Béa", Event::Undone { entry: 3 }),
            (
                "ada",
                Event::Noted {
                    item: Item(first),
                    text: Raw::from("ask"),
                },
            ),
            ("ada", decided(keep, &[2], Chosen::Single)),
            ("ada", decided(Change::Later, &[3], Chosen::Single)),
        ];
        for (by, event) in events {
            let mut next = entry(campaign.next_seq(), event);
            next.by = Raw::from(by);
            campaign.apply(next).expect("it may happen");
        }
        campaign
    }

    #[test]
    fn entries_are_chosen_by_what_they_are_and_by_their_items() {
        let campaign = told();
        let items: Vec<u64> = campaign
            .entry(3)
            .map(|entry| campaign.touched(entry).iter().map(Item::number).collect())
            .expect("an entry");
        let with = |text: &str| {
            let text = text
                .replace("$1", &(items[0] - 1).to_string())
                .replace("$2", &items[0].to_string())
                .replace("$3", &items[1].to_string());
            EventFilter::parse(&text)
                .map(|filter| filter.select(&campaign))
                .map_err(|error| format!("{}: {}", error.column, error.message))
        };
        for (text, expected) in [
            ("", vec![1, 2, 3, 4, 5, 6, 7]),
            ("actor:bea", vec![3, 4]),
            ("-actor:bea", vec![1, 2, 5, 6, 7]),
            ("actor:=be", vec![]),
            ("event:keep", vec![2, 6]),
            ("event:keep|later", vec![2, 6, 7]),
            ("event:bulk", vec![3]),
            ("event:taken-back", vec![3]),
            ("event:decided -event:taken-back", vec![2, 6]),
            ("entry:2..4 !actor:ada", vec![3, 4]),
            ("item:$2", vec![3, 4]),
            ("item:$3", vec![3, 4, 6]),
            ("item:$1 event:noted", vec![5]),
            ("(item:$1 or item:$3) actor:ada", vec![2, 5, 6]),
            ("item:$1 or item:$2", vec![2, 3, 4, 5]),
            ("is:later", vec![7]),
            ("at:2026", vec![1, 2, 3, 4, 5, 6, 7]),
            ("at:<2026", vec![]),
        ] {
            assert_eq!(with(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (text, column, says) in [
            ("actor:ada evnt:keep", 11, "event:"),
            ("event:revok", 7, "did you mean revoke"),
            ("item:1 event:", 14, "a value is missing"),
            ("item:1 or actor:ada", 8, "parentheses"),
            ("actor:ada is:nothing", 14, ""),
            ("-entry:x", 8, "not a number"),
            ("at:yesterday", 4, "not a date"),
            ("actor:\"ada", 7, "quote"),
        ] {
            let error = EventFilter::parse(text).expect_err(text);
            assert_eq!(error.column, column, "{text}: {}", error.message);
            assert!(error.message.contains(says), "{text}: {}", error.message);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_understood_or_refused(text in "\\PC{0,60}") {
            if let Err(error) = EventFilter::parse(&text) {
                proptest::prop_assert!(error.column <= text.chars().count() + 1);
            }
        }
    }
}
