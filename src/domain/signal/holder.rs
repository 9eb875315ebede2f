//! Rules about the account that holds an item.

use super::{Rule, Values};
use crate::domain::{
    account::{Account, Fact, Kind, TwoFactor},
    campaign::Campaign,
    grant::Holder,
    items::Item,
    snapshot::AccountIx,
    time::Timestamp,
    words::count,
};

pub(super) fn of_account(campaign: &Campaign, ix: AccountIx) -> Values {
    let (account, as_of) = (campaign.snapshot().account(ix), campaign.as_of());
    let mut values = Values::default();
    values.put(
        Rule::External,
        kind(account, &[Kind::Collaborator, Kind::Guest]),
    );
    values.put(Rule::Guest, kind(account, &[Kind::Guest]));
    values.put(Rule::Left, left(account, as_of));
    values.put(Rule::Suspended, suspended(account, as_of));
    values.put(Rule::NoTwoFactor, no_two_factor(account));
    let limit = campaign.policy().sign_in_days;
    values.put(Rule::NoSignIn, no_sign_in(account, as_of, limit));
    let own = campaign.own_account();
    values.put(Rule::Own, own.map(|own| own == ix));
    values
}

fn kind(account: &Account, kinds: &[Kind]) -> Option<bool> {
    (account.kind != Kind::Unknown).then(|| kinds.contains(&account.kind))
}

fn left(account: &Account, as_of: Timestamp) -> Option<bool> {
    let gone = |at: &Timestamp| *at <= as_of;
    if account.archived == Fact::Known(true) || account.left_at.known().is_some_and(gone) {
        return Some(true);
    }
    (!account.archived.is_unknown() && !account.left_at.is_unknown()).then_some(false)
}

fn suspended(account: &Account, as_of: Timestamp) -> Option<bool> {
    match account.suspended {
        // A time ahead announces the lock.
        Fact::Known(true) => Some(account.suspended_at.known().is_none_or(|at| *at <= as_of)),
        Fact::Known(false) | Fact::Absent => Some(false),
        Fact::Unknown => None,
    }
}

fn no_two_factor(account: &Account) -> Option<bool> {
    match account.two_factor {
        Fact::Known(TwoFactor::Active) => Some(false),
        Fact::Known(TwoFactor::Inactive | TwoFactor::NotSetUp) => Some(true),
        // Nothing was told.
        Fact::Absent | Fact::Unknown => None,
    }
}

/// Whether the last sign-in, or the first day of an account that never signed in, is more than `limit` days ago.
fn no_sign_in(account: &Account, as_of: Timestamp, limit: u32) -> Option<bool> {
    let long_ago = |at: Timestamp| days(at, as_of) > i64::from(limit);
    match (account.last_sign_in, account.joined) {
        (Fact::Known(at), _) => Some(long_ago(at)),
        (Fact::Absent, Fact::Known(day)) => Some(long_ago(day.start())),
        (Fact::Absent, Fact::Absent) => Some(true),
        (Fact::Absent, Fact::Unknown) | (Fact::Unknown, _) => None,
    }
}

/// Whole days from `at` to `as_of`.
fn days(at: Timestamp, as_of: Timestamp) -> i64 {
    (as_of.ms() - at.ms()).div_euclid(24 * 60 * 60 * 1000)
}

pub(super) fn told(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let Holder::Account(ix) = campaign.snapshot().grant(item).holder else {
        return String::new();
    };
    let account = campaign.snapshot().account(ix);
    if !account.listed {
        return "the list of accounts lacks the holder".to_owned();
    }
    match rule {
        Rule::Left => match (account.left_at, account.archived) {
            (Fact::Known(at), _) => format!("deactivated {}", at.day()),
            (_, Fact::Unknown) => "whether it is deactivated was not told".to_owned(),
            (Fact::Unknown, _) => "when it is deactivated was not told".to_owned(),
            (Fact::Absent, _) => "deactivated".to_owned(),
        },
        Rule::Suspended => match (account.suspended, account.suspended_at) {
            (Fact::Unknown, _) => "whether it is suspended was not told".to_owned(),
            (_, Fact::Known(at)) => format!("suspended since {}", at.day()),
            _ => "suspended".to_owned(),
        },
        Rule::External | Rule::Guest => match account.kind {
            Kind::Member => "the holder is a member",
            Kind::Collaborator => "the holder is an external collaborator",
            Kind::Guest => "the holder is a guest",
            Kind::Unknown => "what kind of user the holder is was not told",
        }
        .to_owned(),
        Rule::NoTwoFactor => match account.two_factor {
            Fact::Known(TwoFactor::Active) => "set up and required",
            Fact::Known(TwoFactor::Inactive) => "set up once, switched off",
            Fact::Known(TwoFactor::NotSetUp) => "never set up",
            Fact::Absent | Fact::Unknown => "whether it is set up was not told",
        }
        .to_owned(),
        _ => signed_in(account, campaign),
    }
}

fn signed_in(account: &Account, campaign: &Campaign) -> String {
    let limit = campaign.policy().sign_in_days;
    let before = |at: Timestamp| {
        let days = u64::try_from(days(at, campaign.as_of())).unwrap_or(0);
        let days = count(days, "day", "days");
        format!("{days} before the snapshot; policy: {limit}")
    };
    match (account.last_sign_in, account.joined) {
        (Fact::Known(at), _) => format!("last sign-in {}, {}", at.day(), before(at)),
        (Fact::Unknown, _) => "the last sign-in was not told".to_owned(),
        (Fact::Absent, Fact::Known(day)) => {
            format!("never signed in, joined {day}, {}", before(day.start()))
        }
        (Fact::Absent, Fact::Absent) => "never signed in, without a first day".to_owned(),
        (Fact::Absent, Fact::Unknown) => "never signed in; the first day was not told".to_owned(),
    }
}
