//! [`Places`]: where accounts and resources stand, by their ids.

use std::collections::HashMap;

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
    accounts: HashMap<&'a str, AccountIx>,
    /// The accounts in their order: the next grant is mostly of the same account or the next one.
    ordered: &'a [Account],
    teams: HashMap<&'a str, TeamIx>,
    projects: HashMap<&'a str, ProjectIx>,
    roles: HashMap<&'a str, (RoleIx, &'a str)>,
}

/// Looks places up for one grant after the other.
pub(super) struct Finder<'a> {
    places: &'a Places<'a>,
    /// Where the last account was.
    near: usize,
    /// The last role: most grants are of one of a few.
    role: Option<(&'a str, &'a str, RoleIx)>,
}

/// The places of one kind of thing.
fn places<'a, T, P>(
    list: &'a [T],
    id: impl Fn(&'a T) -> &'a str,
    place: impl Fn(usize, &'a T) -> P,
) -> HashMap<&'a str, P> {
    let places = list.iter().enumerate();
    places
        .map(|(at, entry)| (id(entry), place(at, entry)))
        .collect()
}

/// That there is no such thing.
pub(super) fn absent(what: &str, id: &str) -> Problem {
    Problem::malformed(format!("there is no {what} `{id}`"))
}

impl<'a> Places<'a> {
    /// The places of everything but grants.
    pub(super) fn of(parts: &'a Parts) -> Self {
        Self {
            accounts: places(
                &parts.accounts,
                |account| &account.id.0,
                |at, _| AccountIx::at(at),
            ),
            ordered: &parts.accounts,
            teams: places(&parts.teams, |team| &team.id, |at, _| TeamIx::at(at)),
            projects: places(
                &parts.projects,
                |project| &project.id,
                |at, _| ProjectIx::at(at),
            ),
            roles: places(
                &parts.roles,
                |role| &role.key,
                |at, role| (RoleIx::at(at), role.name.raw()),
            ),
        }
    }

    /// Looks places up from here on.
    pub(super) fn finder(&'a self) -> Finder<'a> {
        Finder {
            places: self,
            near: 0,
            role: None,
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
        for near in [self.near, self.near.saturating_add(1)] {
            let account = self.places.ordered.get(near);
            if account.is_some_and(|account| &*account.id.0 == id) {
                self.near = near;
                return Ok(AccountIx::at(near));
            }
        }
        let found = self.places.accounts.get(id).copied();
        let found = found.ok_or_else(|| absent("account", id))?;
        self.near = found.index();
        Ok(found)
    }

    pub(super) fn team(&self, id: &str) -> Result<TeamIx, Problem> {
        let found = self.places.teams.get(id).copied();
        found.ok_or_else(|| absent("team", id))
    }

    pub(super) fn project(&self, id: &str) -> Result<ProjectIx, Problem> {
        let found = self.places.projects.get(id).copied();
        found.ok_or_else(|| absent("project", id))
    }

    /// The role with this key. The name beside it is for people; it must be the role's own.
    pub(super) fn role(&mut self, key: &str, name: &str) -> Result<RoleIx, Problem> {
        if let Some((last, its_name, ix)) = self.role
            && (last, its_name) == (key, name)
        {
            return Ok(ix);
        }
        match self.places.roles.get_key_value(key) {
            Some((key, (ix, known))) if *known == name => {
                self.role = Some((key, known, *ix));
                Ok(*ix)
            }
            Some((_, (_, known))) => Err(Problem::malformed(format!(
                "role `{key}` is called `{known}`, not `{name}`"
            ))),
            None => Err(absent("role", key)),
        }
    }
}
