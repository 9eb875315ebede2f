//! The items that are marked as text, one line an item with a verb to change, and what was made of it.

use std::fmt::Write as _;

use super::{
    phrase,
    screen::marks::Marks,
    widget::text::{self, count, number},
};
use crate::domain::{
    campaign::Campaign,
    decision::{Change, Decision},
    items::{Item, ItemSet},
    text::{Raw, SafeText},
};

/// The most items that are put into a table. More are decided by filters.
pub(crate) const MOST_ITEMS: usize = 20_000;

/// The most decisions that differ in verb or reason: each is an entry of the journal and an undo.
pub(crate) const MOST_ROWS: usize = 100;

/// How many mistakes are told at once.
const MISTAKES: usize = 5;

/// What stands in the first column of a line that is left alone.
const LEAVE: &str = "-";

/// Items that are decided alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is done to them.
    pub(crate) change: Change,
    /// Why.
    pub(crate) reason: Option<Raw>,
    /// Which ones.
    pub(crate) items: ItemSet,
}

/// Writes `items` as a table in which nothing is decided.
pub(crate) fn write(campaign: &Campaign, items: &ItemSet) -> String {
    let opened = campaign.opened();
    let mut text = format!(
        "# {} of the review {}, as of {} UTC\n{HEAD}",
        count(items.len() as u64, "item", "items"),
        column(&opened.review),
        campaign.as_of().minute()
    );
    let snapshot = campaign.snapshot();
    for item in items.iter() {
        let slot = campaign.slot(item);
        let now = match (slot.decision, slot.later) {
            (Some(decision), _) => decision.past(),
            (None, true) => "later",
            (None, false) => "undecided",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{LEAVE:<11} {:>7} | {now:<12} | {} | {} | {} |",
            item.number(),
            padded(&phrase::holder(snapshot, snapshot.grant(item).holder), 28),
            padded(&phrase::target(snapshot, item), 28),
            padded(&phrase::role(snapshot, item), 20),
        );
    }
    text
}

const HEAD: &str = "\
#
# Change the first word of a line:
#   keep          the grant stays
#   revoke        the grant goes; write the reason after the last bar
#   acknowledge   an implicit grant was seen
#   later         a bookmark, still undecided
#   clear         decision and bookmark are taken away
#   -             nothing is done
# Only that word, the number beside it and the reason after the last bar count.
# The names are there to read; what is changed in them is ignored. A line that is
# taken out does nothing. The lines may stand in any order.
# Save and leave the editor to go on: what you chose is shown and counted, and
# you confirm it by typing. Leave every line as it is to do nothing.
#
# verb          item | now          | account or team              | resource                     | role                 | reason
";

/// A name as it may stand in a column.
fn column(name: &str) -> String {
    SafeText::of(name).as_str().replace('|', "¦")
}

/// A name as it may stand in a column, in at least so many cells.
fn padded(name: &str, cells: usize) -> String {
    let name = column(name);
    let blanks = cells.saturating_sub(text::width(&name));
    name + &" ".repeat(blanks)
}

/// Reads a table of `items` back: what is to be done, in the order of the lines.
///
/// # Errors
/// With a sentence for each of the first lines that are not understood. Nothing of the table counts then.
pub(crate) fn read(
    campaign: &Campaign,
    items: &ItemSet,
    text: &str,
) -> Result<Vec<Choice>, Vec<String>> {
    let mut seen = Marks::default();
    let mut rows: Vec<(Change, Option<Raw>, Vec<Item>)> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    // Some editors put a mark before the first character.
    let text = text.trim_start_matches('\u{feff}');
    for (place, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = row(line).and_then(|row| {
            let item = place_in(items, row.number)?;
            if seen.contains(item) {
                return Err(format!("item {} stands here a second time", row.number));
            }
            seen.insert(item);
            Ok((item, row))
        });
        match read {
            Ok((_, Row { change: None, .. })) => {}
            Ok((
                item,
                Row {
                    change: Some(change),
                    reason,
                    ..
                },
            )) => {
                let change = fitting(campaign, change, item);
                let alike =
                    |row: &(Change, Option<Raw>, Vec<Item>)| row.0 == change && row.1 == reason;
                match rows.iter().rposition(alike) {
                    Some(at) => rows[at].2.push(item),
                    None if rows.len() == MOST_ROWS => {
                        wrong.push(format!(
                            "line {}: there are more than {MOST_ROWS} different decisions; use fewer reasons, or do it in parts",
                            number(place as u64 + 1)
                        ));
                        break;
                    }
                    None => rows.push((change, reason, vec![item])),
                }
            }
            Err(why) => wrong.push(format!("line {}: {why}", number(place as u64 + 1))),
        }
    }
    if wrong.is_empty() {
        let choices = rows.into_iter().map(|(change, reason, items)| Choice {
            change,
            reason,
            items: items.into_iter().collect(),
        });
        return Ok(choices.collect());
    }
    let more = wrong.len().saturating_sub(MISTAKES);
    wrong.truncate(MISTAKES);
    if more > 0 {
        wrong.push(format!(
            "and {}",
            count(more as u64, "more line", "more lines")
        ));
    }
    Err(wrong)
}

/// One line as it was understood.
struct Row {
    change: Option<Change>,
    number: u64,
    reason: Option<Raw>,
}

fn row(line: &str) -> Result<Row, String> {
    // The reason is the last column and may hold bars itself.
    let mut columns = line.splitn(6, '|');
    let mut words = columns.next().unwrap_or_default().split_whitespace();
    let (Some(verb), Some(number), None) = (words.next(), words.next(), words.next()) else {
        return Err("it does not begin with a verb and an item number".to_owned());
    };
    let change = match verb {
        LEAVE => None,
        "keep" => Some(Change::Decide(Decision::Keep)),
        "revoke" => Some(Change::Decide(Decision::Revoke)),
        "acknowledge" => Some(Change::Decide(Decision::Acknowledge)),
        "later" => Some(Change::Later),
        "clear" => Some(Change::Clear),
        other => {
            return Err(format!(
                "there is no verb {}; use keep, revoke, acknowledge, later, clear or -",
                SafeText::of(other).truncate(20)
            ));
        }
    };
    let number = number.parse().map_err(|_| {
        let number = SafeText::of(number).truncate(20);
        format!("{number} is not an item number")
    })?;
    let columns: Vec<&str> = columns.collect();
    let reason = match &columns[..] {
        [.., reason] if columns.len() == 5 => reason.trim(),
        _ => {
            return Err("the bars between the columns are not all there".to_owned());
        }
    };
    let reason = (!reason.is_empty()).then(|| Raw::from(reason));
    match (change, &reason) {
        (Some(Change::Decide(Decision::Revoke)), None) => {
            Err("a revoke needs a reason after the last bar".to_owned())
        }
        (None, Some(_)) => Err("there is a reason but no verb".to_owned()),
        _ => Ok(Row {
            change,
            number,
            reason,
        }),
    }
}

/// The item with this number, when it is one of `items`.
fn place_in(items: &ItemSet, number: u64) -> Result<Item, String> {
    let item = number.checked_sub(1).and_then(|at| u32::try_from(at).ok());
    item.map(Item)
        .filter(|item| items.contains(*item))
        .ok_or_else(|| format!("item {number} was not among those of the table"))
}

/// Keeping an implicit grant is acknowledging it, as with the key.
fn fitting(campaign: &Campaign, change: Change, item: Item) -> Change {
    match change {
        Change::Decide(Decision::Keep) if campaign.snapshot().implicit(item) => {
            Change::Decide(Decision::Acknowledge)
        }
        change => change,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::tests::fixture::{acme, begun};

    const KEEP: Change = Change::Decide(Decision::Keep);
    const REVOKE: Change = Change::Decide(Decision::Revoke);

    fn all() -> (Campaign, ItemSet) {
        let campaign = begun(&acme(), Vec::new());
        let items = campaign.items().clone();
        (campaign, items)
    }

    #[test]
    fn a_table_that_nobody_changed_does_nothing_and_hides_nothing() {
        let (campaign, items) = all();
        let text = write(&campaign, &items);
        assert_eq!(read(&campaign, &items, &text), Ok(Vec::new()));
        for line in text.lines() {
            assert_eq!(SafeText::of(line).as_str(), line);
        }
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.clone().count(), items.len());
        for line in lines {
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
    }

    #[test]
    fn verbs_numbers_and_reasons_count_and_nothing_else() {
        let (campaign, items) = all();
        let text = "\
            # later 9 | a comment\n\
            \n\
            keep 5 |||||\n\
            revoke 6 | whatever | another name | x | y | left | in May \n\
            later 7 | | | | |\n\
            keep 8 | | | | | asked Eva\n\
            clear 9 |||||   \n\
            keep 10 |||||\n\
            - 11 |||||\n\
            keep 1 |||||\n\
            revoke 12 ||||| left | in May\n";
        let choice = |change, reason: Option<&str>, numbers: &[u32]| Choice {
            change,
            reason: reason.map(Raw::from),
            items: numbers.iter().map(|n| Item(n - 1)).collect(),
        };
        assert_eq!(
            read(&campaign, &items, text),
            Ok(vec![
                choice(KEEP, None, &[5, 10]),
                choice(REVOKE, Some("left | in May"), &[6, 12]),
                choice(Change::Later, None, &[7]),
                choice(KEEP, Some("asked Eva"), &[8]),
                choice(Change::Clear, None, &[9]),
                choice(Change::Decide(Decision::Acknowledge), None, &[1]),
            ])
        );
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_and_nothing_counts() {
        let (campaign, _) = all();
        let items = ItemSet::range(Item(4), Item(9));
        for (text, why) in [
            (
                "keep 5 |||||\nkeap 6 |||||",
                "line 2: there is no verb keap",
            ),
            ("keep |||||", "line 1: it does not begin with a verb and"),
            (
                "keep 5 6 |||||",
                "line 1: it does not begin with a verb and",
            ),
            ("keep five |||||", "line 1: five is not an item number"),
            ("keep 4 |||||", "line 1: item 4 was not among those"),
            ("keep 0 |||||", "line 1: item 0 was not among those"),
            ("keep 10 |||||", "line 1: item 10 was not among those"),
            ("keep 99999999999 |||||", "line 1: item 99999999999 was not"),
            (
                "keep 5 |||||\n\n- 5 |||||",
                "line 3: item 5 stands here a second",
            ),
            ("revoke 5 |||||", "line 1: a revoke needs a reason"),
            ("revoke 5 ||||| \u{a0} ", "line 1: a revoke needs a reason"),
            ("- 5 ||||| left", "line 1: there is a reason but no verb"),
            ("revoke 5 | left", "line 1: the bars between the columns"),
            ("keep 5", "line 1: the bars between the columns"),
            ("\u{1b}[2J 5 |||||", "line 1: there is no verb ␛[2J"),
        ] {
            let wrong = read(&campaign, &items, text).expect_err(text);
            assert!(
                wrong.len() == 1 && wrong[0].starts_with(why),
                "{text}: {wrong:?}"
            );
        }
        let many = "oops\n".repeat(9);
        let wrong = read(&campaign, &items, &many).expect_err("nine mistakes");
        assert_eq!((wrong.len(), &*wrong[5]), (6, "and 4 more lines"));
    }

    #[test]
    fn too_many_different_decisions_are_refused() {
        let (campaign, items) = (
            begun(&crate::tui::tests::fixture::many(200), Vec::new()),
            300,
        );
        let items = ItemSet::range(Item(0), Item(items)).and(campaign.items());
        let lines = items
            .iter()
            .map(|item| format!("later {0} ||||| because {0}", item.number()));
        let text = lines.collect::<Vec<_>>().join("\n");
        let wrong = read(&campaign, &items, &text).expect_err("one reason each");
        assert!(
            wrong[0].starts_with("line 101: there are more than 100 different"),
            "{wrong:?}"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_without_a_panic(text in "(keep|revoke|-|later)? ?[0-9]{0,3} ?\\PC{0,20}(\n.{0,9})?") {
            let (campaign, items) = all();
            let _ = read(&campaign, &items, &text);
        }
    }
}
