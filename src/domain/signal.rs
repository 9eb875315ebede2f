//! [`Signals`]: facts beside an item, each found by a [`Rule`] and one of yes, no or unknown. A signal never decides.
//!
//! A rule looks at the snapshot, the policy, and what the previous record decided, and at nothing else. So whoever has
//! a record finds the same signals again. A rule that would find another answer for the same record is another version
//! of it.

mod holder;
mod membership;
mod name;
mod past;
mod path;
mod risk;
mod role;

use super::{
    bits::{Answer, Bits},
    campaign::Campaign,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    snapshot::Snapshot,
};
use name::Names;

macro_rules! rules {
    ($($rule:ident $name:literal $words:literal $help:literal,)*) => {
        /// What is looked for in an item.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $help] $rule),* }

        impl Rule {
            /// All rules, the weightiest first.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$rule),*];

            /// The name in files and filters.
            pub fn name(self) -> &'static str {
                match self { $(Self::$rule => $name),* }
            }

            /// What is so when it says yes, in few words.
            pub fn words(self) -> &'static str {
                match self { $(Self::$rule => $words),* }
            }

            /// How a filter asks for what it cannot tell: its name with a question mark.
            pub(super) fn asked(self) -> &'static str {
                match self { $(Self::$rule => concat!($name, "?")),* }
            }

            /// What it looks for, in a line.
            pub fn help(self) -> &'static str {
                match self { $(Self::$rule => $help),* }
            }
        }
    };
}

// A rule is added here, in a module of its family, and in `Signals::told`. Records list all rules, so it takes a new
// version of their format.
rules! {
    Own "own" "your own access" "the reviewer's own access",
    StillHere "still-here" "revoked before, still here" "revoked in the previous record, and here",
    Privileged "privileged" "privileged" "a role that gives control over others' access",
    PrivateAdmin "private-admin" "admin of a private project" "a privileged role in a private project",
    Left "left" "left" "held by a deactivated account",
    Suspended "suspended" "suspended" "held by a suspended account",
    External "external" "external" "held by an external collaborator or a guest",
    Guest "guest" "guest" "held by a guest",
    Hidden "hidden" "hidden characters" "a name with characters that cannot be seen or that act on a terminal",
    LookAlike "look-alike" "look-alike name" "a name that looks like another one, or mixes scripts in a word",
    New "new" "new" "not in the previous record",
    Changed "changed" "changed" "not as it was in the previous record",
    NoSignIn "no-sign-in" "no sign-in for long" "held by an account without a sign-in for longer than the policy says",
    NoTwoFactor "no-2fa" "no 2FA" "held by an account without two-factor authentication",
    Disbanded "disbanded" "disbanded team" "of, or held by, a team that is disbanded or archived",
    Expired "expired" "ended" "a membership that is over",
    Future "future" "not begun" "a membership that has not begun",
    Pending "pending" "waits for approval" "a membership that waits for an approval",
    Duplicate "duplicate" "reached another way too" "a role that is also held through a team",
    Alone "alone" "alone in the team" "a role that nobody else in the holder's teams was given",
    Unread "unread" "not all was read" "something that one of the rules asks for could not be read",
}

impl Rule {
    /// The version of what it looks for.
    pub fn version(self) -> u32 {
        1
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What a rule says about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// It is so.
    Yes,
    /// It is not.
    No,
    /// What it takes to tell could not be read.
    Unknown,
}

impl From<Option<bool>> for Value {
    fn from(told: Option<bool>) -> Self {
        match told {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// How many items a rule says yes to, and about how many it cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// It is so.
    pub yes: u64,
    /// It cannot be told.
    pub unknown: u64,
}

/// What every rule says about every item of a snapshot. A million items take a few megabytes.
#[derive(Debug)]
pub struct Signals {
    /// By the order of the rules.
    answers: Vec<Answer>,
    /// The rules that say yes to any item at all.
    ever_yes: Vec<Rule>,
    /// The rules that cannot tell about some item because it was not read.
    ever_unread: Vec<Rule>,
    names: Names,
}

impl Signals {
    /// Asks all rules about all items of the snapshot, whatever is put up for decision.
    pub(super) fn of(campaign: &Campaign) -> Self {
        let snapshot = campaign.snapshot();
        let names = Names::of(snapshot);
        let mut answers = by_parts(campaign, &names);
        let (duplicate, alone) = path::answers(snapshot, campaign.as_of());
        answers[Rule::Duplicate as usize] = duplicate;
        answers[Rule::Alone as usize] = alone;
        for rule in past::RULES {
            answers[rule as usize] = past::answer(campaign, rule);
        }
        let mut unread = Bits::none(snapshot.len());
        for rule in Rule::ALL.into_iter().filter(|rule| rule.is_read()) {
            if let Some(unknown) = &answers[rule as usize].unknown {
                unread = unread.or(unknown);
            }
        }
        answers[Rule::Unread as usize] = unread.into();
        let all = || Rule::ALL.into_iter();
        let yes = |rule: &Rule| !answers[*rule as usize].yes.is_none();
        let unread = |rule: &Rule| rule.is_read() && answers[*rule as usize].unknown.is_some();
        Self {
            ever_yes: all().filter(yes).collect(),
            ever_unread: all().filter(unread).collect(),
            answers,
            names,
        }
    }

    /// What a rule says about an item.
    pub fn value(&self, rule: Rule, item: Item) -> Value {
        self.answer(rule).get(item).into()
    }

    /// The rules that say yes to an item, the weightiest first.
    pub fn of_item(&self, item: Item) -> impl Iterator<Item = Rule> + '_ {
        let yes = move |rule: &Rule| self.answer(*rule).yes.get(item);
        self.ever_yes.iter().copied().filter(yes)
    }

    /// The rules that cannot tell about an item because something was not read, the weightiest first.
    pub fn unread_of(&self, item: Item) -> impl Iterator<Item = Rule> + '_ {
        let unknown = move |rule: &Rule| self.answer(*rule).get(item).is_none();
        self.ever_unread.iter().copied().filter(unknown)
    }

    /// The items that a rule says yes to.
    pub fn yes(&self, rule: Rule) -> ItemSet {
        self.answer(rule).yes.items()
    }

    /// The items about which a rule cannot tell.
    pub fn unknown(&self, rule: Rule) -> ItemSet {
        let unknown = self.answer(rule).unknown.as_ref();
        unknown.map_or_else(ItemSet::default, Bits::items)
    }

    /// How many of `items` each rule says yes to, and about how many it cannot tell, in the order of the rules.
    pub fn counts(&self, items: &ItemSet) -> Vec<(Rule, Count)> {
        let len = self.answers[0].yes.len();
        self.counts_in(&Bits::of(items, len))
    }

    pub(super) fn counts_in(&self, items: &Bits) -> Vec<(Rule, Count)> {
        let count = |rule: Rule| {
            let answer = self.answer(rule);
            let unknown = answer.unknown.as_ref();
            let count = Count {
                yes: answer.yes.shared(items),
                unknown: unknown.map_or(0, |unknown| unknown.shared(items)),
            };
            (rule, count)
        };
        Rule::ALL.map(count).into()
    }

    pub(super) fn answer(&self, rule: Rule) -> &Answer {
        &self.answers[rule as usize]
    }

    /// What a rule looked at in an item, in words that are safe to show: `last sign-in 2026-01-03, 217 days before the
    /// snapshot; policy: 90`. Empty where there is nothing more to say than its name.
    pub fn told(&self, campaign: &Campaign, rule: Rule, item: Item) -> String {
        match rule {
            Rule::Own => past::own(campaign),
            Rule::New | Rule::Changed | Rule::StillHere => past::told(campaign, rule, item),
            Rule::Privileged | Rule::PrivateAdmin => role::told(campaign, rule, item),
            Rule::Left
            | Rule::Suspended
            | Rule::External
            | Rule::Guest
            | Rule::NoSignIn
            | Rule::NoTwoFactor => holder::told(campaign, rule, item),
            Rule::Hidden => Names::hidden(campaign.snapshot(), item),
            Rule::LookAlike => self.names.look_alike(campaign.snapshot(), item),
            Rule::Disbanded | Rule::Expired | Rule::Future | Rule::Pending => {
                membership::told(campaign, rule, item)
            }
            Rule::Duplicate | Rule::Alone => path::told(campaign, rule, item),
            Rule::Unread => {
                let unknown: Vec<&str> = self.unread_of(item).map(Rule::name).collect();
                unknown.join(", ")
            }
        }
    }
}

impl Rule {
    /// Whether it looks at what was read from the server, so that an unknown means that something was not read.
    pub(super) fn is_read(self) -> bool {
        !matches!(
            self,
            Self::Own | Self::New | Self::Changed | Self::StillHere | Self::Unread
        )
    }
}

/// What some rules say about one thing: never both at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Values {
    yes: u32,
    unknown: u32,
}

impl Values {
    fn put(&mut self, rule: Rule, told: Option<bool>) {
        match told {
            Some(true) => self.yes |= rule.bit(),
            Some(false) => {}
            None => self.unknown |= rule.bit(),
        }
        self.unknown &= !self.yes;
    }

    fn clear(&mut self, rule: Rule) {
        self.yes &= !rule.bit();
        self.unknown &= !rule.bit();
    }

    fn get(self, rule: Rule) -> Option<bool> {
        (self.unknown & rule.bit() == 0).then_some(self.yes & rule.bit() != 0)
    }

    /// Either; a yes beside an unknown is a yes.
    fn or(self, other: Self) -> Self {
        let yes = self.yes | other.yes;
        Self {
            yes,
            unknown: (self.unknown | other.unknown) & !yes,
        }
    }
}

/// What the rules say that look at one holder, role, project, team or membership alone. Each of those is looked at once.
fn by_parts(campaign: &Campaign, names: &Names) -> Vec<Answer> {
    let snapshot = campaign.snapshot();
    let teams: Vec<Values> = snapshot
        .teams()
        .iter()
        .zip(&names.teams)
        .map(|(team, named)| named.or(membership::of_team(team)))
        .collect();
    let roles: Vec<Values> = snapshot
        .roles()
        .iter()
        .zip(&names.roles)
        .map(|(role, named)| named.or(role::of_role(role, campaign.policy())))
        .collect();
    let mut making = Making::new(snapshot);
    for subject in snapshot.subjects() {
        let held = match subject.holder {
            Holder::Everyone(_) => Values::default(),
            Holder::Account(ix) => names.accounts[ix.index()].or(holder::of_account(campaign, ix)),
            Holder::Team(ix) => teams[ix.index()],
        };
        for item in subject.items() {
            let mut values = held.or(match snapshot.grant(item).entitlement {
                Entitlement::SignIn => Values::default(),
                Entitlement::OrganizationRole(role) => roles[role.index()],
                Entitlement::Membership(ix) => {
                    let membership = snapshot.membership(ix);
                    let team = teams[membership.team.index()];
                    team.or(membership::of_membership(membership, campaign.as_of()))
                }
                Entitlement::ProjectRole(project, role) => {
                    let private = snapshot.project(project).private;
                    let role = role::in_project(roles[role.index()], private);
                    role.or(names.projects[project.index()])
                }
            });
            if values.get(Rule::Expired) == Some(true) {
                // What is over does not revive with its account.
                values.clear(Rule::Left);
                values.clear(Rule::Suspended);
            }
            making.put(item, values);
        }
    }
    making.done()
}

/// Answers that are made item by item.
struct Making {
    /// For each rule where it says yes, and where it cannot tell.
    answers: Vec<[Option<Bits>; 2]>,
    len: usize,
}

impl Making {
    fn new(snapshot: &Snapshot) -> Self {
        Self {
            answers: vec![[None, None]; Rule::ALL.len()],
            len: snapshot.len(),
        }
    }

    fn put(&mut self, item: Item, values: Values) {
        for (place, mut rest) in [values.yes, values.unknown].into_iter().enumerate() {
            while rest != 0 {
                let bits = &mut self.answers[rest.trailing_zeros() as usize][place];
                let len = self.len;
                bits.get_or_insert_with(|| Bits::none(len)).set(item, true);
                rest &= rest - 1;
            }
        }
    }

    fn done(self) -> Vec<Answer> {
        let len = self.len;
        let answers = self.answers.into_iter();
        let answer = |[yes, unknown]: [Option<Bits>; 2]| Answer {
            yes: yes.unwrap_or_else(|| Bits::none(len)),
            unknown,
        };
        answers.map(answer).collect()
    }
}

#[cfg(test)]
mod tests;
