//! [`Places`]: where accounts and resources stand, by their ids.

use std::{collections::HashMap, ops::Range};

use super::{
    facts::value,
    grants::{AUDIENCES, GrantLine, HolderId, audience_word},
};
use crate::{
    domain::{
        account::Account,
        grant::Holder,
        snapshot::{AccountIx, Parts, ProjectIx, RoleIx, TeamIx},
    },
    format::Problem,
};

/// Where the accounts and resources stand, by their ids.
pub(super) struct Places<'a> {
    accounts: Ids<'a>,
    /// The accounts in their order: the next grant is mostly of the same account or the next one.
    ordered: &'a [Account],
    teams: Ids<'a>,
    projects: Ids<'a>,
    roles: Ids<'a>,
    role_names: Vec<&'a str>,
}

/// Looks places up for one grant after the other.
pub(super) struct Finder<'a> {
    places: &'a Places<'a>,
    /// Where the last account was.
    near: usize,
}

/// The places of one kind of thing, by id.
///
/// A million grants name some thousand things, so that looking one up has to be quick, and whoever wrote the ids may have
/// chosen them to make it slow. Nearly all ids are short and stand within a few steps of where a cheap number of them
/// points; the others stand in a map that no choice of ids makes slow.
struct Ids<'a> {
    table: Vec<Step>,
    others: HashMap<&'a str, usize>,
}

/// A short id and its place. Nothing is behind a pointer: that would be another wait for the memory.
#[derive(Clone, Copy)]
struct Step {
    key: Key,
    place: u32,
}

/// A short id with its length, in words.
type Key = [u64; 3];

/// How many steps of the table one id may stand in.
const STEPS: usize = 8;

/// No place.
const FREE: u32 = u32::MAX;

impl<'a> Ids<'a> {
    fn of<T>(list: &'a [T], id: impl Fn(&'a T) -> &'a str) -> Self {
        let free = Step {
            key: Key::default(),
            place: FREE,
        };
        let size = list.len().saturating_mul(2).next_power_of_two();
        let mut this = Self {
            table: vec![free; size.saturating_add(STEPS)],
            others: HashMap::new(),
        };
        for (place, id) in list.iter().map(id).enumerate() {
            if this.put(id, place).is_none() {
                this.others.insert(id, place);
            }
        }
        this
    }

    /// Puts an id into the table, when it can stand there.
    fn put(&mut self, id: &str, place: usize) -> Option<()> {
        let (key, place) = (key(id)?, u32::try_from(place).ok()?);
        let steps = steps(key, self.table.len());
        let mut steps = self.table.get_mut(steps)?.iter_mut();
        *steps.find(|step| step.place == FREE)? = Step { key, place };
        Some(())
    }

    fn get(&self, id: &str) -> Option<usize> {
        if let Some(key) = key(id) {
            for step in self.table.get(steps(key, self.table.len()))? {
                if step.place == FREE {
                    return None;
                }
                if step.key == key {
                    return Some(step.place as usize);
                }
            }
        }
        self.others.get(id).copied()
    }
}

/// A short id as a key.
fn key(id: &str) -> Option<Key> {
    let mut bytes = [0; 24];
    bytes.get_mut(..id.len())?.copy_from_slice(id.as_bytes());
    // What is behind an id tells it from the same with zeros behind it.
    let last = bytes.last_mut().filter(|_| id.len() < 24)?;
    *last = u8::try_from(id.len()).ok()?;
    let (words, _) = bytes.as_chunks();
    Some([0, 1, 2].map(|at: usize| words.get(at).map_or(0, |word| u64::from_le_bytes(*word))))
}

/// The steps in a table of this size that a key may stand in.
fn steps(key: Key, table: usize) -> Range<usize> {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let number = key.iter().fold(0u64, |number, word| {
        (number.rotate_left(23) ^ word).wrapping_mul(ODD)
    });
    // The size is a power of two, and a few steps more. The best bits of the number are the highest.
    let size = table.saturating_sub(STEPS) as u64;
    let first = usize::try_from((number >> 32) & size.saturating_sub(1)).unwrap_or(0);
    first..first.saturating_add(STEPS)
}

/// That there is no such thing.
pub(super) fn absent(what: &str, id: &str) -> Problem {
    Problem::malformed(format!("there is no {what} `{id}`"))
}

impl<'a> Places<'a> {
    /// The places of everything but grants.
    pub(super) fn of(parts: &'a Parts) -> Self {
        Self {
            accounts: Ids::of(&parts.accounts, |account| &account.id.0),
            ordered: &parts.accounts,
            teams: Ids::of(&parts.teams, |team| &team.id),
            projects: Ids::of(&parts.projects, |project| &project.id),
            roles: Ids::of(&parts.roles, |role| &role.key),
            role_names: parts.roles.iter().map(|role| role.name.raw()).collect(),
        }
    }

    /// Looks places up from here on.
    pub(super) fn finder(&'a self) -> Finder<'a> {
        Finder {
            places: self,
            near: 0,
        }
    }
}

impl Finder<'_> {
    /// Who holds a grant.
    pub(super) fn holder(&mut self, line: &GrantLine<'_>) -> Result<Holder, Problem> {
        match line.holder {
            HolderId::Everyone(word) => {
                value(word, &AUDIENCES, audience_word).map(Holder::Everyone)
            }
            HolderId::Account(id) => self.account(id).map(Holder::Account),
            HolderId::Team(id) => self.team(id).map(Holder::Team),
        }
    }

    fn account(&mut self, id: &str) -> Result<AccountIx, Problem> {
        let is_at = |place: usize| {
            let account = self.places.ordered.get(place);
            account.is_some_and(|account| &*account.id.0 == id)
        };
        let next = self.near.saturating_add(1);
        if is_at(self.near) {
            return Ok(AccountIx::at(self.near));
        }
        let found = is_at(next).then_some(next);
        let found = found.or_else(|| self.places.accounts.get(id));
        self.near = found.ok_or_else(|| absent("account", id))?;
        Ok(AccountIx::at(self.near))
    }

    pub(super) fn team(&self, id: &str) -> Result<TeamIx, Problem> {
        let found = self.places.teams.get(id);
        found.map(TeamIx::at).ok_or_else(|| absent("team", id))
    }

    pub(super) fn project(&self, id: &str) -> Result<ProjectIx, Problem> {
        let found = self.places.projects.get(id);
        found
            .map(ProjectIx::at)
            .ok_or_else(|| absent("project", id))
    }

    /// The role with this key. The name beside it is for people; it must be the role's own.
    pub(super) fn role(&self, key: &str, name: &str) -> Result<RoleIx, Problem> {
        let found = self.places.roles.get(key);
        let found = found.ok_or_else(|| absent("role", key))?;
        match self.places.role_names.get(found) {
            Some(known) if *known != name => Err(Problem::malformed(format!(
                "role `{key}` is called `{known}`, not `{name}`"
            ))),
            _ => Ok(RoleIx::at(found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(ids: &[String]) {
        let places = Ids::of(ids, |id| id.as_str());
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(places.get(id), Some(place), "{id}");
        }
        for id in ["", "a", "none of them", "\0"] {
            let there = ids.iter().position(|known| known == id);
            assert_eq!(places.get(id), there);
        }
    }

    proptest! {
        #[test]
        fn every_id_is_found_where_it_stands(ids in prop::collection::btree_set(any::<String>(), 0..60)) {
            check(&ids.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn ids_that_all_point_to_one_place_are_found() {
        let size = 2 * 64 + STEPS;
        let same: Vec<String> = (0..)
            .map(|n: u32| n.to_string())
            .filter(|id| steps(key(id).expect("short"), size).start == 7)
            .take(64)
            .collect();
        let places = Ids::of(&same, |id| id.as_str());
        assert_eq!(places.others.len(), 64 - STEPS);
        check(&same);
    }

    #[test]
    fn ids_that_differ_only_in_what_is_behind_them_are_told_apart() {
        let long: Vec<String> = (0..30).map(|length| "\0".repeat(length)).collect();
        check(&long);
        let like = |last: u8| format!("{}{}", "\0".repeat(23), char::from(last));
        check(&[like(23), like(0), "\0".repeat(23)]);
    }
}
