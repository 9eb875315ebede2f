//! A line of `accounts.jsonl`.

use serde::Deserialize;

use super::{
    facts::{Facts, Member, Reader, value},
    quick,
};
use crate::{
    domain::{
        account::{Account, AccountId, Fact, Kind, TwoFactor},
        text::{Pack, Packed, Place, Raw},
        time::{Day, Timestamp},
    },
    format::{
        Problem,
        canonical::{self, Object, Text},
    },
};

pub(super) const KINDS: [Kind; 4] = [Kind::Member, Kind::Collaborator, Kind::Guest, Kind::Unknown];
pub(super) const TWO_FACTOR: [TwoFactor; 3] =
    [TwoFactor::Active, TwoFactor::Inactive, TwoFactor::NotSetUp];

pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Member => "member",
        Kind::Collaborator => "collaborator",
        Kind::Guest => "guest",
        Kind::Unknown => "unknown",
    }
}

pub(super) fn two_factor_word(two_factor: TwoFactor) -> &'static str {
    match two_factor {
        TwoFactor::Active => "active",
        TwoFactor::Inactive => "inactive",
        TwoFactor::NotSetUp => "not-set-up",
    }
}

pub(super) fn line(out: &mut String, account: &Account) {
    let object = Object::begin(out)
        .text("id", &account.id.0)
        .text("username", account.username.raw())
        .text("first_name", account.first_name.raw())
        .text("last_name", account.last_name.raw())
        .plain("kind", kind_word(account.kind));
    Facts::new(object)
        .text("email", &account.email)
        .truth("archived", account.archived)
        .plain("left_at", account.left_at)
        .truth("suspended", account.suspended)
        .plain("suspended_at", account.suspended_at)
        .plain("joined", account.joined)
        .word("two_factor", account.two_factor, two_factor_word)
        .plain("last_sign_in", account.last_sign_in)
        .text("external_id", &account.external_id)
        .end()
        .truth("listed", account.listed)
        .number("ev", account.source)
        .end_line();
}

/// What a line says, with texts of type `T`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AccountLine<T> {
    pub(super) id: T,
    pub(super) username: T,
    pub(super) first_name: T,
    pub(super) last_name: T,
    pub(super) kind: Kind,
    pub(super) email: Fact<T>,
    pub(super) archived: Fact<bool>,
    pub(super) left_at: Fact<Timestamp>,
    pub(super) suspended: Fact<bool>,
    pub(super) suspended_at: Fact<Timestamp>,
    pub(super) joined: Fact<Day>,
    pub(super) two_factor: Fact<TwoFactor>,
    pub(super) last_sign_in: Fact<Timestamp>,
    pub(super) external_id: Fact<T>,
    pub(super) listed: bool,
    pub(super) source: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    username: Text<'a>,
    #[serde(borrow)]
    first_name: Text<'a>,
    #[serde(borrow)]
    last_name: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    email: Member<Text<'a>>,
    #[serde(default)]
    archived: Member<bool>,
    #[serde(borrow, default)]
    left_at: Member<Text<'a>>,
    #[serde(default)]
    suspended: Member<bool>,
    #[serde(borrow, default)]
    suspended_at: Member<Text<'a>>,
    #[serde(borrow, default)]
    joined: Member<Text<'a>>,
    #[serde(borrow, default)]
    two_factor: Member<Text<'a>>,
    #[serde(borrow, default)]
    last_sign_in: Member<Text<'a>>,
    #[serde(borrow, default)]
    external_id: Member<Text<'a>>,
    #[serde(borrow)]
    unknown: Vec<Text<'a>>,
    listed: bool,
    ev: u32,
}

/// Reads a line; its texts go into `pack`.
pub(super) fn parse(line: &[u8], pack: &mut Pack) -> Result<AccountLine<Place>, Problem> {
    if let Some(line) = std::str::from_utf8(line).ok().and_then(quick::account) {
        return Ok(line.pack(pack));
    }
    let fields: Fields<'_> = canonical::object(line)?;
    Ok(fields.line()?.pack(pack))
}

impl Fields<'_> {
    pub(super) fn line(&self) -> Result<AccountLine<&str>, Problem> {
        let instant = |text: &Text<'_>| canonical::instant(text);
        let mut facts = Reader::new(&self.unknown);
        let line = AccountLine {
            id: &*self.id,
            username: &*self.username,
            first_name: &*self.first_name,
            last_name: &*self.last_name,
            kind: value(&self.kind, &KINDS, kind_word)?,
            email: facts.text("email", &self.email)?,
            archived: facts.truth("archived", &self.archived)?,
            left_at: facts.read("left_at", &self.left_at, instant)?,
            suspended: facts.truth("suspended", &self.suspended)?,
            suspended_at: facts.read("suspended_at", &self.suspended_at, instant)?,
            joined: facts.read("joined", &self.joined, |text| canonical::day(text))?,
            two_factor: facts.read("two_factor", &self.two_factor, |text| {
                value(text, &TWO_FACTOR, two_factor_word)
            })?,
            last_sign_in: facts.read("last_sign_in", &self.last_sign_in, instant)?,
            external_id: facts.text("external_id", &self.external_id)?,
            listed: self.listed,
            source: self.ev,
        };
        facts.end()?;
        Ok(line)
    }
}

impl<T> AccountLine<T> {
    /// The same with other texts. `common` texts are those that many accounts share.
    fn map<U>(self, mut text: impl FnMut(T, bool) -> U) -> AccountLine<U> {
        AccountLine {
            id: text(self.id, false),
            username: text(self.username, false),
            first_name: text(self.first_name, true),
            last_name: text(self.last_name, true),
            kind: self.kind,
            email: self.email.map(|email| text(email, false)),
            archived: self.archived,
            left_at: self.left_at,
            suspended: self.suspended,
            suspended_at: self.suspended_at,
            joined: self.joined,
            two_factor: self.two_factor,
            last_sign_in: self.last_sign_in,
            external_id: self.external_id.map(|id| text(id, false)),
            listed: self.listed,
            source: self.source,
        }
    }
}

impl AccountLine<&str> {
    fn pack(self, pack: &mut Pack) -> AccountLine<Place> {
        self.map(|text, common| {
            if common {
                pack.add_common(text)
            } else {
                pack.add(text)
            }
        })
    }
}

impl AccountLine<Place> {
    /// The account, with its texts out of `packed`.
    pub(super) fn account(self, packed: &Packed) -> Account {
        let line = self.map(|place, _| Raw::from(packed.get(place)));
        Account {
            id: AccountId(line.id.into()),
            username: line.username,
            first_name: line.first_name,
            last_name: line.last_name,
            kind: line.kind,
            email: line.email,
            archived: line.archived,
            left_at: line.left_at,
            suspended: line.suspended,
            suspended_at: line.suspended_at,
            joined: line.joined,
            two_factor: line.two_factor,
            last_sign_in: line.last_sign_in,
            external_id: line.external_id,
            listed: line.listed,
            source: line.source,
        }
    }
}
