//! [`Places`]: where accounts and resources stand, by their ids.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

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
    /// The accounts in their order: the next grant is mostly of the same account or the next one.
    ordered: &'a [Account],
    /// Their ids, once one is asked for that is not near.
    accounts: OnceLock<Ids<'a>>,
    /// Near which account a block of grants ended last.
    reached: AtomicUsize,
    teams: Ids<'a>,
    projects: Ids<'a>,
    roles: Ids<'a>,
    role_names: Vec<&'a str>,
}

/// Looks places up for one grant after the other.
pub(super) struct Finder<'p, 'a> {
    places: &'p Places<'a>,
    /// Where the last account was.
    near: usize,
    /// How many accounts from there on are looked at first.
    far: usize,
}

/// A block of grants is about so many accounts that the one after the next begins within them.
const FAR: usize = 1 << 10;

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

/// A short id in words, the last of which holds its end again, and its length.
type Key = ([u64; 3], u32);

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

/// An id of at most 24 bytes as a key.
fn key(id: &str) -> Option<Key> {
    let bytes = id.as_bytes();
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let end = bytes.last_chunk();
    let words = match bytes.len() {
        0..8 => {
            let mut few = [0; 8];
            for (to, from) in few.iter_mut().zip(bytes) {
                *to = *from;
            }
            [u64::from_le_bytes(few), 0, 0]
        }
        8..=16 => [word(bytes.first_chunk()), 0, word(end)],
        17..=24 => {
            let middle = bytes.get(8..).and_then(<[u8]>::first_chunk);
            [word(bytes.first_chunk()), word(middle), word(end)]
        }
        _ => return None,
    };
    Some((words, u32::try_from(bytes.len()).ok()?))
}

/// The steps in a table of this size that a key may stand in.
fn steps((words, _): Key, table: usize) -> Range<usize> {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let number = words.iter().fold(0u64, |number, word| {
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
            ordered: &parts.accounts,
            accounts: OnceLock::new(),
            reached: AtomicUsize::new(0),
            teams: Ids::of(&parts.teams, |team| &team.id),
            projects: Ids::of(&parts.projects, |project| &project.id),
            roles: Ids::of(&parts.roles, |role| &role.key),
            role_names: parts.roles.iter().map(|role| role.name.raw()).collect(),
        }
    }

    /// Looks places up from here on.
    pub(super) fn finder(&self) -> Finder<'_, 'a> {
        Finder {
            places: self,
            near: self.reached.load(Ordering::Relaxed),
            far: FAR,
        }
    }
}

impl Finder<'_, '_> {
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
        let places = self.places;
        let is = |account: &Account| &*account.id.0 == id;
        let mut ahead = places.ordered.iter().skip(self.near).take(self.far);
        self.far = 2;
        let found = if let Some(steps) = ahead.position(is) {
            Some(self.near.saturating_add(steps))
        } else {
            let ids = || Ids::of(places.ordered, |account| &account.id.0);
            places.accounts.get_or_init(ids).get(id)
        };
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

impl Drop for Finder<'_, '_> {
    fn drop(&mut self) {
        // Only a hint where to begin to look.
        self.places.reached.store(self.near, Ordering::Relaxed);
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
    fn ids_that_differ_only_in_their_length_are_told_apart() {
        for letter in ["\0", "a"] {
            let ids: Vec<String> = (0..60).map(|length| letter.repeat(length)).collect();
            check(&ids);
        }
    }

    #[test]
    fn an_id_that_differs_in_any_byte_is_another_one() {
        for length in 0..40 {
            let id = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"[..length].to_owned();
            let places = Ids::of(std::slice::from_ref(&id), |id| id.as_str());
            assert_eq!(places.get(&id), Some(0));
            for at in 0..length {
                let mut other = id.clone();
                other.replace_range(at..=at, "_");
                assert_eq!(places.get(&other), None);
            }
        }
    }
}
