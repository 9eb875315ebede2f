//! [`Scope`]: which grants of a snapshot a campaign puts up for decision.
//!
//! A scope is a line of terms, written like a filter: `team:Payments project:PAY state:active`. Several values of one
//! field are alternatives; different fields must all hold. Names, keys and ids match whole, without case and accents:
//! half a name would quietly choose more. One that names nothing would quietly choose less, so that is an error.
//!
//! The snapshot stays whole: what somebody reaches through a team outside the scope is known all the same.

use std::collections::BTreeMap;

use super::{
    account::{Fact, State},
    filter::{Reader, fold, nearness},
    grant::{Entitlement, Holder, Standing},
    items::{Item, ItemSet},
    snapshot::Snapshot,
    text::SafeText,
    time::Timestamp,
};

/// A scope that was understood. Whether its names are there is known when it meets a snapshot: see [`Scope::select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    terms: Vec<(Field, Vec<Value>)>,
}

/// Why a scope is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column} of the scope)")]
pub struct Error {
    /// The character it begins at, from 1.
    pub column: usize,
    /// What is wrong, with what would be right.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    column: usize,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Team,
    Project,
    Role,
    State,
}

/// The fields of a scope, each with its meaning.
pub const FIELDS: &[(&str, &str)] = &[
    (
        "team",
        "what its members hold, those of the teams below it too, and what these teams hold",
    ),
    ("project", "roles on the project, of accounts and of teams"),
    (
        "role",
        "grants of the role, or of Team Lead, Team Member, Can sign in",
    ),
    (
        "state",
        "what accounts in this state hold: active, suspended, left, future, unknown",
    ),
];

/// The words that may follow `state:`.
const STATES: [(&str, State); 5] = [
    ("active", State::Active),
    ("suspended", State::Suspended),
    ("left", State::Left),
    ("future", State::Future),
    ("unknown", State::Unknown),
];

/// Roles that are no role of Space's, as screens name them.
const SIGN_IN: &str = "Can sign in";
const LEAD: &str = "Team Lead";
const MEMBER: &str = "Team Member";

/// How many near names an error lists.
const NEAR: usize = 5;

/// Among how many names near ones are looked for: enough for any organization, and soon done.
const LOOKED_AT: usize = 100_000;

impl Scope {
    /// Understands `text`.
    ///
    /// # Errors
    /// With the place and what would be right. Names are not looked at: that takes a snapshot.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut terms: Vec<(Field, Vec<Value>)> = Vec::new();
        let mut rest = Reader::new(text);
        while rest.more() {
            let field = field(&mut rest)?;
            let values = rest.values().map_err(|error| Error {
                column: error.column,
                message: error.message,
            })?;
            let values = values.into_iter();
            let values: Vec<Value> = values
                .map(|value| Value {
                    column: value.column,
                    text: value.text,
                })
                .collect();
            if field == Field::State {
                values
                    .iter()
                    .try_for_each(|value| state(value).map(|_| ()))?;
            }
            match terms.iter_mut().find(|(known, _)| *known == field) {
                Some((_, all)) => all.extend(values),
                None => terms.push((field, values)),
            }
        }
        if terms.is_empty() {
            return Err(Error {
                column: 1,
                message: "a scope names a team, a project, a role or a state".to_owned(),
            });
        }
        Ok(Self { terms })
    }

    /// The items of `snapshot` that it puts up for decision, as of `now`.
    ///
    /// # Errors
    /// When a name is that of nothing, with near ones, or when nothing is left to decide.
    pub fn select(&self, snapshot: &Snapshot, now: Timestamp) -> Result<ItemSet, Error> {
        let tests: Vec<Test> = self
            .terms
            .iter()
            .map(|(field, values)| Test::of(*field, values, snapshot, now))
            .collect::<Result<_, Error>>()?;
        let items: ItemSet = (0..snapshot.len())
            .map(|index| {
                Item(u32::try_from(index).expect("a snapshot has fewer than four billion items"))
            })
            .filter(|item| tests.iter().all(|test| test.holds(snapshot, *item)))
            .collect();
        if items.is_empty() {
            return Err(Error {
                column: 1,
                message: "no grant is in it, so there would be nothing to review".to_owned(),
            });
        }
        Ok(items)
    }
}

fn field(rest: &mut Reader) -> Result<Field, Error> {
    let known = || {
        let fields: Vec<String> = FIELDS
            .iter()
            .map(|(field, _)| format!("{field}:"))
            .collect();
        fields.join(" ")
    };
    let column = rest.column();
    let Some((column, word)) = rest.field() else {
        let message = format!("a field is missing; the fields are {}", known());
        return Err(Error { column, message });
    };
    match word.as_str() {
        "team" => Ok(Field::Team),
        "project" => Ok(Field::Project),
        "role" => Ok(Field::Role),
        "state" => Ok(Field::State),
        _ => {
            let message = format!("a scope has no field {word}:; the fields are {}", known());
            Err(Error { column, message })
        }
    }
}

fn state(value: &Value) -> Result<State, Error> {
    let word = fold(&value.text);
    let known = STATES.iter().find(|(name, _)| *name == word);
    known.map(|(_, state)| *state).ok_or_else(|| {
        let all: Vec<&str> = STATES.iter().map(|(name, _)| *name).collect();
        Error {
            column: value.column,
            message: format!("there is no state {}; try {}", value.text, all.join(", ")),
        }
    })
}

/// A term with its answer for each thing it may name.
enum Test {
    /// By account and by team.
    Held(Vec<bool>, Vec<bool>),
    Project(Vec<bool>),
    Role {
        roles: Vec<bool>,
        sign_in: bool,
        lead: bool,
        member: bool,
    },
}

impl Test {
    fn of(
        field: Field,
        values: &[Value],
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<Self, Error> {
        match field {
            Field::Team => {
                let teams = snapshot.teams().iter();
                let names = teams.map(|team| [team.name.raw(), &*team.id]);
                let tops = chosen("team", values, names)?;
                let teams = with_teams_below(snapshot, &tops);
                let accounts = members(snapshot, &teams, now);
                Ok(Self::Held(accounts, teams))
            }
            Field::Project => {
                let projects = snapshot.projects().iter();
                let names =
                    projects.map(|project| [project.name.raw(), project.key.raw(), &*project.id]);
                Ok(Self::Project(chosen("project", values, names)?))
            }
            Field::Role => {
                let roles = snapshot.roles().iter();
                let names = roles.map(|role| [role.name.raw(), &*role.key]);
                let others = [SIGN_IN, LEAD, MEMBER].map(|name| [name, name]);
                let mut roles = chosen("role", values, names.chain(others))?;
                let others = roles.split_off(snapshot.roles().len());
                Ok(Self::Role {
                    roles,
                    sign_in: others[0],
                    lead: others[1],
                    member: others[2],
                })
            }
            Field::State => {
                let states: Vec<State> = values.iter().map(state).collect::<Result<_, _>>()?;
                let accounts = snapshot.accounts().iter();
                let accounts = accounts.map(|account| states.contains(&account.state(now)));
                Ok(Self::Held(
                    accounts.collect(),
                    vec![false; snapshot.teams().len()],
                ))
            }
        }
    }

    fn holds(&self, snapshot: &Snapshot, item: Item) -> bool {
        let grant = snapshot.grant(item);
        match self {
            Self::Held(accounts, teams) => match grant.holder {
                Holder::Account(ix) => accounts[ix.index()],
                Holder::Team(ix) => teams[ix.index()],
                Holder::Everyone(_) => false,
            },
            Self::Project(projects) => {
                matches!(grant.entitlement, Entitlement::ProjectRole(ix, _) if projects[ix.index()])
            }
            Self::Role {
                roles,
                sign_in,
                lead,
                member,
            } => match grant.entitlement {
                Entitlement::SignIn => *sign_in,
                Entitlement::Membership(ix)
                    if snapshot.membership(ix).lead == Fact::Known(true) =>
                {
                    *lead
                }
                Entitlement::Membership(_) => *member,
                Entitlement::OrganizationRole(ix) | Entitlement::ProjectRole(_, ix) => {
                    roles[ix.index()]
                }
            },
        }
    }
}

/// For each of `names`, whether a value is one of them; every value has to be one of something.
fn chosen<'a, const N: usize>(
    what: &str,
    values: &[Value],
    names: impl Iterator<Item = [&'a str; N]> + Clone,
) -> Result<Vec<bool>, Error> {
    // Looked up, not compared one by one: a hostile record may name as many as it likes.
    let mut wanted: BTreeMap<String, bool> = BTreeMap::new();
    for value in values {
        wanted.insert(fold(&value.text), false);
    }
    let hits = names.clone().map(|names| {
        let mut hit = false;
        for name in names {
            if let Some(met) = wanted.get_mut(&fold(name)) {
                (hit, *met) = (true, true);
            }
        }
        hit
    });
    let hits = hits.collect();
    let missing = values.iter().find(|value| !wanted[&fold(&value.text)]);
    match missing {
        None => Ok(hits),
        Some(missing) => Err(Error {
            column: missing.column,
            message: unknown(what, &missing.text, names),
        }),
    }
}

/// That nothing has this name, and what has a name like it.
fn unknown<'a, const N: usize>(
    what: &str,
    text: &str,
    names: impl Iterator<Item = [&'a str; N]>,
) -> String {
    let wanted = fold(text);
    let mut near: Vec<(usize, &str)> = names
        .take(LOOKED_AT)
        .filter_map(|names| {
            let nearest = names
                .iter()
                .filter_map(|name| nearness(&wanted, &fold(name)))
                .min()?;
            Some((nearest, names[0]))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    let near = near.into_iter().take(NEAR);
    let near: Vec<String> = near
        .map(|(_, name)| SafeText::of(name).to_string())
        .collect();
    if near.is_empty() {
        format!("there is no {what} {text}, nor one with a name like it")
    } else {
        format!("there is no {what} {text}; there is {}", near.join(", "))
    }
}

/// The named teams and every team below them.
fn with_teams_below(snapshot: &Snapshot, named: &[bool]) -> Vec<bool> {
    let mut known: Vec<Option<bool>> = named.iter().map(|named| named.then_some(true)).collect();
    let mut way = Vec::new();
    for start in 0..known.len() {
        let mut at = Some(start);
        let found = loop {
            let Some(team) = at else { break false };
            if let Some(known) = known[team] {
                break known;
            }
            way.push(team);
            at = snapshot.teams()[team]
                .parent
                .map(super::snapshot::TeamIx::index);
        };
        for team in way.drain(..) {
            known[team] = Some(found);
        }
    }
    known.into_iter().map(|known| known == Some(true)).collect()
}

/// The accounts with a membership of `teams` that has not ended. What nobody can tell does not put anybody out of a
/// review.
fn members(snapshot: &Snapshot, teams: &[bool], now: Timestamp) -> Vec<bool> {
    let mut accounts = vec![false; snapshot.accounts().len()];
    for grant in snapshot.grants() {
        if let (Holder::Account(account), Entitlement::Membership(ix)) =
            (grant.holder, grant.entitlement)
        {
            let membership = snapshot.membership(ix);
            if teams[membership.team.index()] && membership.standing(now) != Standing::Ended {
                accounts[account.index()] = true;
            }
        }
    }
    accounts
}

#[cfg(test)]
mod tests;
