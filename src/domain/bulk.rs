//! [`Bulk`]: many items to be changed in one act, after what must not be changed so was taken out.

use std::collections::BTreeMap;

use super::{
    bits::Bits,
    campaign::{Campaign, Refusal},
    decision::{Change, Decision},
    items::{Item, ItemSet},
    journal::{Chosen, Decided, LeftOut},
    signal::Rule,
    text::Raw,
};

/// A choice of items as it was when somebody asked to change all of them: each is in exactly one of the three parts.
///
/// What policy takes out is decided one by one: there is no way to put it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// What is to be done.
    pub change: Change,
    /// The items that change.
    pub items: ItemSet,
    /// What policy takes out.
    pub left_out: LeftOut,
    /// What the change cannot be made to.
    pub unfit: Vec<(Unfit, ItemSet)>,
}

/// Why `rule` takes an item out, in words.
pub fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Own => "your own access, another reviewer decides",
        Rule::Privileged => "a privileged role",
        Rule::External => "held by an external account",
        Rule::Guest => "held by a guest",
        Rule::Hidden => "hidden characters in a name",
        Rule::LookAlike => "a name that looks like another",
        Rule::Changed => "changed since the previous record",
        rule => rule.words(),
    }
}

/// Why a change cannot be made to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// It is not put up for decision.
    OutOfScope,
    /// An implicit grant is only acknowledged, a stored one only kept or revoked.
    OtherKind,
    /// It is decided already.
    Decided,
    /// There is nothing to clear.
    Bare,
}

impl Unfit {
    /// In words, for `change`.
    pub fn words(self, change: Change) -> &'static str {
        match (self, change) {
            (Self::OutOfScope, _) => "outside the scope of this review",
            (Self::OtherKind, Change::Decide(Decision::Acknowledge)) => {
                "stored grants, keep or revoke them"
            }
            (Self::OtherKind, _) => "implicit, only acknowledged",
            (Self::Decided, Change::Later) => "decided already, to be cleared first",
            (Self::Decided, _) => "decided already",
            (Self::Bare, _) => "undecided already",
        }
    }
}

impl Bulk {
    /// Freezes `choice` for `change`. What is decided already is decided anew only when `redecide` says so.
    ///
    /// What is chosen alone is decided by itself: policy takes nothing out.
    pub fn of(campaign: &Campaign, change: Change, choice: &ItemSet, redecide: bool) -> Self {
        Self::taken(campaign, change, choice, redecide, choice.len() == 1)
    }

    /// What is undecided and unchanged since the previous record kept it, to be kept as before; see
    /// [`Chosen::AsBefore`]. Nobody looks at it, so policy takes out what it takes out of many.
    pub fn as_before(campaign: &Campaign) -> Self {
        let unchanged = |item: &Item| {
            let earlier = campaign.earlier();
            earlier.is_some_and(|earlier| earlier.as_before(*item))
                && campaign.slot(*item).decision.is_none()
        };
        let choice = campaign.items().iter().filter(unchanged).collect();
        let keep = Change::Decide(Decision::Keep);
        Self::taken(campaign, keep, &choice, false, false)
    }

    /// Freezes a part of a choice whose other parts are changed in other ways. Even one item is not alone then.
    pub fn part(campaign: &Campaign, change: Change, choice: &ItemSet) -> Self {
        Self::taken(campaign, change, choice, true, false)
    }

    fn taken(
        campaign: &Campaign,
        change: Change,
        choice: &ItemSet,
        redecide: bool,
        alone: bool,
    ) -> Self {
        let mut items = Vec::new();
        let mut taken: BTreeMap<Rule, Vec<Item>> = BTreeMap::new();
        let mut unfit: BTreeMap<Unfit, Vec<Item>> = BTreeMap::new();
        for item in choice.iter() {
            if let Some(why) = misfit(campaign, change, item, redecide) {
                unfit.entry(why).or_default().push(item);
            } else if let Some(rule) = exception(campaign, change, item)
                && (!alone || campaign.may(change, item).is_err())
            {
                taken.entry(rule).or_default().push(item);
            } else {
                items.push(item);
            }
        }
        Self {
            change,
            items: items.into_iter().collect(),
            left_out: taken
                .into_iter()
                .map(|(rule, items)| (rule, items.into_iter().collect()))
                .collect(),
            unfit: unfit
                .into_iter()
                .map(|(why, items)| (why, items.into_iter().collect()))
                .collect(),
        }
    }
}

impl Bulk {
    /// Whether nothing was chosen at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.left_out.is_empty() && self.unfit.is_empty()
    }

    /// The change of the items that remain.
    pub fn decided(self, reason: Option<Raw>, chosen: Chosen) -> Decided {
        Decided {
            change: self.change,
            items: self.items,
            reason,
            chosen,
            left_out: self.left_out,
        }
    }
}

/// Why `change` cannot be made to `item` at all; own access apart, which policy takes out.
fn misfit(campaign: &Campaign, change: Change, item: Item, redecide: bool) -> Option<Unfit> {
    let slot = campaign.slot(item);
    match (campaign.may(change, item), change) {
        (Err(Refusal::OutOfScope(_)), _) => Some(Unfit::OutOfScope),
        (Err(Refusal::LaterIsUndecided(_)), _) => Some(Unfit::Decided),
        (Err(Refusal::OwnAccess(_)) | Ok(()), Change::Decide(_))
            if slot.decision.is_some() && !redecide =>
        {
            Some(Unfit::Decided)
        }
        (Ok(()), Change::Clear) if slot.decision.is_none() && !slot.later => Some(Unfit::Bare),
        (Err(Refusal::OwnAccess(_)) | Ok(()), _) => None,
        (Err(_), _) => Some(Unfit::OtherKind),
    }
}

/// What policy takes out of many items that are kept together, each under the first rule that holds. It stays the same
/// for the whole review.
#[derive(Debug)]
pub(super) struct Exceptions {
    /// The weightiest rule first; no item is in two.
    rules: Vec<(Rule, Bits)>,
    all: Bits,
}

impl Exceptions {
    /// Asks the signals. What could not be read counts as if it were so; a rule that has nothing to compare with, no
    /// previous record or no known reviewer, takes nothing out.
    pub(super) fn of(campaign: &Campaign) -> Self {
        let wanted = &campaign.policy().bulk_keep_leaves_out;
        let mut all = Bits::none(campaign.snapshot().len());
        let mut rules = Vec::new();
        for rule in Rule::ALL.into_iter().filter(|rule| wanted.contains(rule)) {
            let answer = campaign.signals().answer(rule);
            let mut holds = answer.yes.clone();
            if let (true, Some(unknown)) = (rule.is_read(), &answer.unknown) {
                holds = holds.or(unknown);
            }
            let holds = holds.without(&all);
            all = all.or(&holds);
            rules.push((rule, holds));
        }
        Self { rules, all }
    }

    fn rule(&self, item: Item) -> Option<Rule> {
        let holds = |(rule, items): &(Rule, Bits)| items.get(item).then_some(*rule);
        self.rules.iter().find_map(holds)
    }

    /// The first of `items` that is taken out, and why.
    pub(super) fn among(&self, items: &ItemSet) -> Option<(Item, Rule)> {
        if self.all.shared(&Bits::of(items, self.all.len())) == 0 {
            return None;
        }
        items.iter().find_map(|item| Some((item, self.rule(item)?)))
    }
}

/// Why `item` is taken out when many get `change` together: own access always, the rest as policy says.
pub fn exception(campaign: &Campaign, change: Change, item: Item) -> Option<Rule> {
    let own = campaign.self_review().is_none() && campaign.is_own(item);
    match change {
        Change::Decide(_) if own => Some(Rule::Own),
        Change::Decide(Decision::Keep | Decision::Acknowledge) => campaign.exceptions().rule(item),
        Change::Decide(Decision::Revoke) | Change::Later | Change::Clear => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        account::Kind,
        fixture::{Org, campaign, entry},
        journal::Event,
    };

    const KEEP: Change = Change::Decide(Decision::Keep);
    const REVOKE: Change = Change::Decide(Decision::Revoke);

    fn org() -> Campaign {
        let mut org = Org::new();
        org.account("Ada", "Keller", |_| {})
            .account("Ben", "Ôkafor", |_| {})
            .account("Cleo", "Gast", |it| it.kind = Kind::Collaborator)
            .account("Zoe\u{200b}", "Hidden", |_| {})
            .project("Pay")
            .project("\u{202e}yaP")
            .account_role("Ada", Some("Pay"), "project:admin")
            .account_role("Ben", Some("Pay"), "project:admin")
            .account_role("Ben", Some("\u{202e}yaP"), "project:member")
            .account_role("Cleo", Some("Pay"), "project:external");
        campaign(&org.snapshot())
    }

    fn told(campaign: &Campaign, bulk: &Bulk) -> String {
        let snapshot = campaign.snapshot();
        let name = |item: Item| {
            let holder = snapshot.holder_label(snapshot.grant(item).holder);
            let holder = holder.raw().chars().take(3).collect::<String>();
            format!("{holder}:{}", snapshot.role_label(item).raw())
        };
        let names = |items: &ItemSet| items.iter().map(name).collect::<Vec<_>>().join(",");
        let mut told = vec![names(&bulk.items)];
        told.extend(
            bulk.left_out
                .iter()
                .map(|(rule, items)| format!("{} {}", rule.name(), names(items))),
        );
        told.extend(
            bulk.unfit
                .iter()
                .map(|(why, items)| format!("{why:?} {}", names(items))),
        );
        told.join(" | ")
    }

    #[test]
    fn a_keep_leaves_out_what_policy_says_each_item_once_and_a_revoke_only_own_access() {
        let campaign = org();
        let all = campaign.items();
        for (change, expected) in [
            (
                KEEP,
                "Ben:Can sign in | external Cle:Can sign in,Cle:External | \
                 hidden Ben:Project Member,Zoe:Can sign in | own Ada:Can sign in,Ada:Project Admin | \
                 privileged Ben:Project Admin | OtherKind Eve:Member",
            ),
            (
                REVOKE,
                "Ben:Can sign in,Ben:Project Admin,Ben:Project Member,Cle:Can sign in,Cle:External,Zoe:Can sign in | \
                 own Ada:Can sign in,Ada:Project Admin | OtherKind Eve:Member",
            ),
            (
                Change::Later,
                "Eve:Member,Ada:Can sign in,Ada:Project Admin,Ben:Can sign in,Ben:Project Admin,Ben:Project Member,\
                 Cle:Can sign in,Cle:External,Zoe:Can sign in",
            ),
            (
                Change::Clear,
                " | Bare Eve:Member,Ada:Can sign in,Ada:Project Admin,Ben:Can sign in,Ben:Project Admin,\
                 Ben:Project Member,Cle:Can sign in,Cle:External,Zoe:Can sign in",
            ),
        ] {
            let bulk = Bulk::of(&campaign, change, all, true);
            assert_eq!(told(&campaign, &bulk), expected, "{change:?}");
        }
    }

    #[test]
    fn own_access_goes_with_the_others_only_when_deciding_on_it_is_allowed_and_policy_lets_it() {
        let mut campaign = org();
        let allowed = Event::SelfReviewAllowed {
            reason: Raw::from("alone"),
        };
        campaign.apply(entry(2, allowed)).expect("it has a reason");
        let all = campaign.items();
        let keep = Bulk::of(&campaign, KEEP, all, true);
        assert!(told(&campaign, &keep).contains("own Ada:Can sign in"));
        let revoke = Bulk::of(&campaign, REVOKE, all, true);
        assert!(revoke.left_out.is_empty());
    }

    #[test]
    fn what_is_chosen_alone_is_decided_by_itself_but_never_own_access() {
        let campaign = org();
        for item in campaign.items().iter() {
            let bulk = Bulk::of(&campaign, KEEP, &ItemSet::from(item), true);
            assert_eq!(
                bulk.items.is_empty(),
                campaign.is_own(item) || campaign.snapshot().implicit(item)
            );
        }
    }

    #[test]
    fn what_is_decided_is_decided_anew_only_when_it_is_said() {
        let mut campaign = org();
        let all = campaign.items().clone();
        let bulk = Bulk::of(&campaign, KEEP, &all, false);
        let event = Event::Decided(
            bulk.clone()
                .decided(None, crate::domain::journal::Chosen::Marked),
        );
        campaign.apply(entry(2, event)).expect("it may happen");
        let again = Bulk::of(&campaign, KEEP, &all, false);
        assert!(again.items.is_empty());
        assert!(told(&campaign, &again).contains("Decided Ben:Can sign in"));
        assert_eq!(Bulk::of(&campaign, KEEP, &all, true).items, bulk.items);
    }
}
