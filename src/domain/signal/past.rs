//! Rules about what the previous record decided, and about the reviewer.

use super::Rule;
use crate::domain::{
    bits::{Answer, Bits},
    campaign::Campaign,
    decision::Decision,
    earlier::{Delta, Earlier},
    items::Item,
};

pub(super) const RULES: [Rule; 3] = [Rule::StillHere, Rule::New, Rule::Changed];

/// Without a previous record nobody can tell.
pub(super) fn answer(campaign: &Campaign, rule: Rule) -> Answer {
    let len = campaign.snapshot().len();
    let Some(earlier) = campaign.earlier() else {
        let mut all = Bits::none(len);
        all.put(0, len);
        return Answer::new(Bits::none(len), all);
    };
    let mut yes = Bits::none(len);
    for item in (0..).map(Item).take(len) {
        if says(earlier, rule, item) {
            yes.set(item, true);
        }
    }
    yes.into()
}

fn says(earlier: &Earlier, rule: Rule, item: Item) -> bool {
    let Some(lot) = earlier.lot(item) else {
        return rule == Rule::New;
    };
    match rule {
        Rule::StillHere => lot.delta == Delta::Back && lot.was.decision == Some(Decision::Revoke),
        // What came back may have changed too.
        Rule::Changed => !lot.what.is_empty(),
        _ => false,
    }
}

pub(super) fn told(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let (Some(earlier), Some(record)) = (campaign.earlier(), &campaign.opened().previous_record)
    else {
        return "there is no previous record to compare with".to_owned();
    };
    let since = format!("the record of {} UTC", record.as_of.minute());
    let lot = earlier.lot(item);
    match (rule, lot) {
        (Rule::Changed, Some(lot)) => {
            let what: Vec<&str> = lot.what.iter().map(|what| what.word()).collect();
            format!("{} since {since}", what.join(", "))
        }
        (Rule::StillHere, Some(lot)) => {
            let act = lot.was.entry.and_then(|entry| earlier.act(entry));
            let when = act.map_or_else(String::new, |act| {
                let reason = act.reason.as_ref();
                let reason = reason.map_or_else(String::new, |why| format!(": {}", why.safe()));
                format!(" {} by {}{reason}", act.at.day(), act.by.safe())
            });
            format!("revoked{when}")
        }
        _ => format!("not in {since}"),
    }
}

pub(super) fn own(campaign: &Campaign) -> String {
    match campaign.own_account() {
        None => "which account is the reviewer's is not known".to_owned(),
        Some(_) => String::new(),
    }
}
