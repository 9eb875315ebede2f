//! How much a signal weighs when items are put in order by risk. It orders a screen and decides nothing.

use super::{Rule, Signals};
use crate::domain::{
    items::{Item, ItemSet},
    snapshot::Snapshot,
};

impl Rule {
    /// What a yes adds to the risk of an item. A private project's admin is privileged as well, and a guest is external
    /// as well; both count.
    pub fn weight(self) -> u8 {
        match self {
            Self::StillHere | Self::Privileged => 8,
            Self::Left | Self::Suspended | Self::External | Self::Hidden | Self::LookAlike => 4,
            Self::PrivateAdmin
            | Self::NoSignIn
            | Self::NoTwoFactor
            | Self::Disbanded
            | Self::Expired => 2,
            Self::Guest
            | Self::New
            | Self::Changed
            | Self::Future
            | Self::Pending
            | Self::Duplicate
            | Self::Alone
            | Self::Unread => 1,
            // Another reviewer decides on it.
            Self::Own => 0,
        }
    }
}

impl Signals {
    /// The risk of each item: the weights of the signals that say yes, added up.
    pub fn risks(&self, snapshot: &Snapshot) -> Vec<u8> {
        let mut risks = vec![0u8; snapshot.len()];
        for rule in &self.ever_yes {
            for (first, last) in self.answer(*rule).yes.items().runs() {
                for risk in &mut risks[first.index()..=last.index()] {
                    *risk = risk.saturating_add(rule.weight());
                }
            }
        }
        risks
    }

    /// The items to which a signal worth a look says yes.
    pub fn telling_items(&self) -> ItemSet {
        let rules = self.ever_yes.iter().filter(|rule| rule.tells());
        let all = rules.map(|rule| self.answer(*rule).yes.clone());
        let all = all.reduce(|all, one| all.or(&one));
        all.map_or_else(ItemSet::default, |all| all.items())
    }

    /// The signals worth a look that say yes to an item: all but [`Rule::Own`] and [`Rule::Unread`].
    pub fn telling(&self, item: Item) -> impl Iterator<Item = Rule> + '_ {
        self.of_item(item).filter(|rule| rule.tells())
    }
}

impl Rule {
    /// Whether a yes says something about the grant, not about who looks or what could be read.
    pub fn tells(self) -> bool {
        !matches!(self, Self::Own | Self::Unread)
    }
}
