//! What the previous record decided, in lines for people: the same on every screen, before every signature.

use super::{Act, Delta, Earlier, Was};
use crate::domain::{
    bulk::Bulk,
    campaign::Campaign,
    decision::Decision,
    items::Item,
    journal::{How, PreviousRecord},
    text::SafeText,
    words::{count, number},
};

/// The record that a review is compared with, and what came of it: a label and a text each, safe to show. Nothing when
/// no record was named.
pub fn compared(campaign: &Campaign) -> Vec<(&'static str, String)> {
    let Some((record, earlier)) = named(campaign) else {
        return Vec::new();
    };
    let counts = earlier.counts(campaign.items());
    let gaps = campaign.opened().provenance.gaps.len() as u64;
    let hidden = if gaps > 0 && !earlier.gone().is_empty() {
        " or could not be read"
    } else {
        ""
    };
    let mut lines = vec![
        (
            "compared with",
            format!(
                "{}, sealed {} UTC by {}, {}",
                name(record),
                record.sealed_at.minute(),
                record.principal.safe(),
                if record.signer_known {
                    "signer known"
                } else {
                    "signer unknown"
                }
            ),
        ),
        (
            "since then",
            format!(
                "{} new, {} changed, {} back, {} unchanged; {} gone{hidden}",
                number(counts.new),
                number(counts.changed),
                number(counts.back),
                number(counts.unchanged),
                number(earlier.gone().len() as u64),
            ),
        ),
    ];
    let (kept, more) = (campaign.kept_as_before(), Bulk::as_before(campaign));
    let (open, alone) = (more.items.len() as u64, more.left_out.len() as u64);
    if kept > 0 || open > 0 || alone > 0 {
        let alone = match alone {
            0 => String::new(),
            n => format!("; {} to be decided one by one", number(n)),
        };
        lines.push((
            "as before",
            format!(
                "{} kept as before, not looked at one by one; {} more unchanged and kept last time{alone}",
                count(kept, "item is", "items are"),
                number(open)
            ),
        ));
    }
    lines
}

/// What an item is beside the previous record: `changed since 2026-q3: role, holder`. Nothing when no record was named.
pub fn since(campaign: &Campaign, item: Item) -> Option<String> {
    let (record, earlier) = named(campaign)?;
    let name = name(record);
    let Some(lot) = earlier.lot(item) else {
        return Some(format!("new since {name}"));
    };
    let what: Vec<&str> = lot.what.iter().map(|what| what.word()).collect();
    let what = what.join(", ");
    let also = |what: String| match &*what {
        "" => String::new(),
        what => format!(", and changed: {what}"),
    };
    Some(match (lot.delta, lot.was.decision) {
        (Delta::New, _) => format!("new since {name}"),
        (Delta::Changed, _) => format!("changed since {name}: {what}"),
        (Delta::Unchanged, _) => format!("unchanged since {name}"),
        (Delta::Back, Some(Decision::Revoke)) => {
            format!("revoked in {name} and still here{}", also(what))
        }
        (Delta::Back, _) => format!("gone after {name} and here again{}", also(what)),
    })
}

/// What the previous record decided about an item, and how: `2026-q3: kept by aroy on 2026-08-14 in a bulk of 412: still
/// in the team`. Nothing when it is new, or no record was named.
pub fn was(campaign: &Campaign, item: Item) -> Option<String> {
    let (record, earlier) = named(campaign)?;
    let lot = earlier.lot(item)?;
    Some(format!("{}: {}", name(record), decided(earlier, lot.was)))
}

/// `kept by aroy on 2026-08-14 in a bulk of 412: still in the team`.
pub fn decided(earlier: &Earlier, was: Was) -> String {
    let act = was.entry.and_then(|entry| earlier.act(entry));
    let (Some(decision), Some(act)) = (was.decision, act) else {
        return "left undecided".to_owned();
    };
    let reason = act
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!(": {}", reason.safe()));
    format!(
        "{} by {} on {}{}{reason}",
        decision.past(),
        act.by.safe(),
        act.at.day(),
        how(act, was.again)
    )
}

fn how(act: &Act, again: u32) -> String {
    let together = number(act.together);
    match act.how {
        How::Single => String::new(),
        How::Bulk if act.together == 1 => String::new(),
        How::Bulk => format!(" in a bulk of {together}"),
        How::AsBefore if again > 1 => format!(
            " as before, in a bulk of {together}, {again} records in a row without a look of its own"
        ),
        How::AsBefore => format!(" as before, in a bulk of {together}, without a look of its own"),
    }
}

fn named(campaign: &Campaign) -> Option<(&PreviousRecord, &Earlier)> {
    campaign
        .opened()
        .previous_record
        .as_ref()
        .zip(campaign.earlier())
}

fn name(record: &PreviousRecord) -> SafeText {
    SafeText::of(&record.review)
}
