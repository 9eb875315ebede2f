//! The population files read back into a [`Snapshot`].

use std::{collections::HashMap, io::BufRead};

use serde::Deserialize;

use super::{
    LINE_LIMIT,
    facts::{Member, Reader, value},
    grants::{self, AUDIENCES, audience_word},
    kind_word,
    resources::{self, Line},
    two_factor_word,
};
use crate::{
    domain::{
        account::{Account, AccountId, Kind, TwoFactor},
        grant::{Entitlement, Grant, GrantId, Holder, Membership},
        snapshot::{AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, Snapshot, TeamIx},
        text::Raw,
    },
    format::{
        Error, Problem,
        canonical::{self, Lines, Text},
        record,
    },
};

/// Reads the three population files.
///
/// Everything must stand in a snapshot's order, every pointer must lead somewhere, and the id of each grant must
/// be the one that its content gives.
///
/// # Errors
/// The file and line at fault.
pub fn read(
    accounts: impl BufRead,
    resources: impl BufRead,
    grants: impl BufRead,
) -> Result<Snapshot, Error> {
    let mut parts = read_resources(resources)?;
    parts.accounts = read_accounts(accounts)?;
    read_grants(&mut parts, grants)?;
    Ok(Snapshot::from_ordered(parts)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFields<'a> {
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

fn read_accounts(input: impl BufRead) -> Result<Vec<Account>, Error> {
    let mut lines = Lines::new(record::ACCOUNTS, input, LINE_LIMIT);
    let mut accounts = Vec::new();
    while let Some(line) = lines.next()? {
        match account(line) {
            Ok(account) => accounts.push(account),
            Err(problem) => return Err(lines.error(problem)),
        }
    }
    Ok(accounts)
}

fn account(line: &[u8]) -> Result<Account, Problem> {
    const KINDS: [Kind; 4] = [Kind::Member, Kind::Collaborator, Kind::Guest, Kind::Unknown];
    const TWO_FACTOR: [TwoFactor; 3] =
        [TwoFactor::Active, TwoFactor::Inactive, TwoFactor::NotSetUp];
    let fields: AccountFields<'_> = canonical::object(line)?;
    let instant = |text: &Text<'_>| canonical::instant(text);
    let mut facts = Reader::new(&fields.unknown);
    let account = Account {
        id: AccountId((&*fields.id).into()),
        username: Raw::from(&*fields.username),
        first_name: Raw::from(&*fields.first_name),
        last_name: Raw::from(&*fields.last_name),
        kind: value(&fields.kind, &KINDS, kind_word)?,
        email: facts.text("email", &fields.email)?,
        archived: facts.truth("archived", &fields.archived)?,
        left_at: facts.read("left_at", &fields.left_at, instant)?,
        suspended: facts.truth("suspended", &fields.suspended)?,
        suspended_at: facts.read("suspended_at", &fields.suspended_at, instant)?,
        joined: facts.read("joined", &fields.joined, |text| canonical::day(text))?,
        two_factor: facts.read("two_factor", &fields.two_factor, |text| {
            value(text, &TWO_FACTOR, two_factor_word)
        })?,
        last_sign_in: facts.read("last_sign_in", &fields.last_sign_in, instant)?,
        external_id: facts.text("external_id", &fields.external_id)?,
        listed: fields.listed,
        source: fields.ev,
    };
    facts.end()?;
    Ok(account)
}

/// Reads the resources; accounts and grants are still missing in the answer.
fn read_resources(input: impl BufRead) -> Result<Parts, Error> {
    let mut lines = Lines::new(record::RESOURCES, input, LINE_LIMIT);
    let (mut organization, mut teams, mut parents) = (None, Vec::new(), Vec::new());
    let (mut projects, mut roles) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next()? {
        let line = match resources::parse(line) {
            Ok(line) => line,
            Err(problem) => return Err(lines.error(problem)),
        };
        // One text for one population: the types stand in this order.
        let early = match &line {
            Line::Organization(_) => organization.is_some(),
            Line::Team(..) => organization.is_none() || !(projects.is_empty() && roles.is_empty()),
            Line::Project(_) => organization.is_none() || !roles.is_empty(),
            Line::Role(_) => organization.is_none(),
        };
        if early {
            let problem = "the order is: one organization, teams, projects, roles";
            return Err(lines.error(Problem::malformed(problem)));
        }
        match line {
            Line::Organization(line) => organization = Some(line),
            Line::Team(team, parent) => {
                teams.push(team);
                parents.push((lines.number(), parent));
            }
            Line::Project(project) => projects.push(project),
            Line::Role(role) => roles.push(role),
        }
    }
    let organization = organization.ok_or_else(|| {
        Problem::malformed("the organization is missing").at(record::RESOURCES, 1)
    })?;
    let places: HashMap<Box<str>, TeamIx> = teams
        .iter()
        .enumerate()
        .map(|(place, team)| (team.id.clone(), TeamIx::at(place)))
        .collect();
    for (team, (line, parent)) in teams.iter_mut().zip(parents) {
        if let Some(parent) = parent {
            let place = places.get(&parent).copied();
            team.parent =
                Some(place.ok_or_else(|| absent("team", &parent).at(record::RESOURCES, line))?);
        }
    }
    Ok(Parts {
        organization,
        accounts: Vec::new(),
        teams,
        projects,
        roles,
        memberships: Vec::new(),
        grants: Vec::new(),
    })
}

fn absent(what: &str, id: &str) -> Problem {
    Problem::malformed(format!("there is no {what} `{id}`"))
}

/// Where the accounts and resources stand, by their ids.
struct Places<'a> {
    accounts: HashMap<&'a str, AccountIx>,
    /// The accounts in their order: the next grant is mostly of the same account or the next one.
    ordered: &'a [Account],
    guess: usize,
    teams: HashMap<&'a str, TeamIx>,
    projects: HashMap<&'a str, ProjectIx>,
    roles: HashMap<&'a str, (RoleIx, &'a str)>,
}

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

impl Places<'_> {
    fn account(&mut self, id: &str) -> Result<AccountIx, Problem> {
        for near in [self.guess, self.guess.saturating_add(1)] {
            if self
                .ordered
                .get(near)
                .is_some_and(|account| &*account.id.0 == id)
            {
                self.guess = near;
                return Ok(AccountIx::at(near));
            }
        }
        let found = self
            .accounts
            .get(id)
            .copied()
            .ok_or_else(|| absent("account", id))?;
        self.guess = found.index();
        Ok(found)
    }

    fn team(&self, id: &str) -> Result<TeamIx, Problem> {
        self.teams
            .get(id)
            .copied()
            .ok_or_else(|| absent("team", id))
    }

    fn project(&self, id: &str) -> Result<ProjectIx, Problem> {
        self.projects
            .get(id)
            .copied()
            .ok_or_else(|| absent("project", id))
    }

    /// The role with this key. The name beside it is for people; it must be the role's own.
    fn role(&self, key: &str, name: &str) -> Result<RoleIx, Problem> {
        match self.roles.get(key) {
            Some((ix, known)) if *known == name => Ok(*ix),
            Some((_, known)) => Err(Problem::malformed(format!(
                "role `{key}` is called `{known}`, not `{name}`"
            ))),
            None => Err(absent("role", key)),
        }
    }
}

fn read_grants(parts: &mut Parts, input: impl BufRead) -> Result<(), Error> {
    let mut places = Places {
        accounts: places(
            &parts.accounts,
            |account| &account.id.0,
            |at, _| AccountIx::at(at),
        ),
        ordered: &parts.accounts,
        guess: 0,
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
    };
    let mut lines = Lines::new(record::GRANTS, input, LINE_LIMIT);
    while let Some(line) = lines.next()? {
        let next = MembershipIx::at(parts.memberships.len());
        let (id, holder, what, source) = match grant(line, &mut places) {
            Ok(grant) => grant,
            Err(problem) => return Err(lines.error(problem)),
        };
        let entitlement = match what {
            What::Membership(membership) => {
                parts.memberships.push(membership);
                Entitlement::Membership(next)
            }
            What::Other(entitlement) => entitlement,
        };
        if GrantId::of(parts, holder, entitlement) != id {
            return Err(lines.error(Problem::malformed(
                "its id is not the one its content gives",
            )));
        }
        if u32::try_from(parts.grants.len()).is_err() {
            return Err(lines.error(Problem::malformed("there are too many grants")));
        }
        parts.grants.push(Grant {
            id,
            holder,
            entitlement,
            source,
        });
    }
    Ok(())
}

enum What {
    Membership(Membership),
    Other(Entitlement),
}

fn grant(line: &[u8], places: &mut Places<'_>) -> Result<(GrantId, Holder, What, u32), Problem> {
    let fields: grants::Fields<'_> = canonical::object(line)?;
    let id = fields.id.parse().map_err(Problem::malformed)?;
    let membership_fields = fields.membership.is_some()
        || fields.unknown.is_some()
        || !fields.lead.is_missing()
        || !fields.position.is_missing()
        || !fields.since.is_missing()
        || !fields.till.is_missing()
        || !fields.pending.is_missing()
        || !fields.archived.is_missing();
    let (holder, what) = match &*fields.kind {
        grants::MEMBERSHIP => match &fields {
            grants::Fields {
                account: Some(account),
                team: Some(team),
                membership: Some(id),
                unknown: Some(unknown),
                everyone: None,
                project: None,
                role: None,
                role_name: None,
                ..
            } => {
                let membership = membership(&fields, id, places.team(team)?, unknown)?;
                (
                    Holder::Account(places.account(account)?),
                    What::Membership(membership),
                )
            }
            _ => return Err(unfit(&fields)),
        },
        _ if membership_fields => return Err(unfit(&fields)),
        grants::SIGN_IN => match &fields {
            grants::Fields {
                account: Some(account),
                team: None,
                everyone: None,
                project: None,
                role: None,
                role_name: None,
                ..
            } => (
                Holder::Account(places.account(account)?),
                What::Other(Entitlement::SignIn),
            ),
            _ => return Err(unfit(&fields)),
        },
        grants::ORGANIZATION_ROLE | grants::PROJECT_ROLE => {
            let holder = match (&fields.everyone, &fields.account, &fields.team) {
                (Some(word), None, None) => {
                    Holder::Everyone(value(word, &AUDIENCES, audience_word)?)
                }
                (None, Some(id), None) => Holder::Account(places.account(id)?),
                (None, None, Some(id)) => Holder::Team(places.team(id)?),
                _ => return Err(unfit(&fields)),
            };
            let (Some(key), Some(name)) = (&fields.role, &fields.role_name) else {
                return Err(unfit(&fields));
            };
            let role = places.role(key, name)?;
            let entitlement = match (&fields.project, &*fields.kind) {
                (None, grants::ORGANIZATION_ROLE) => Entitlement::OrganizationRole(role),
                (Some(project), grants::PROJECT_ROLE) => {
                    Entitlement::ProjectRole(places.project(project)?, role)
                }
                _ => return Err(unfit(&fields)),
            };
            (holder, What::Other(entitlement))
        }
        other => {
            return Err(Problem::newer(format!(
                "nothing is known of a grant `{other}`"
            )));
        }
    };
    Ok((id, holder, what, fields.ev))
}

fn unfit(fields: &grants::Fields<'_>) -> Problem {
    Problem::malformed(format!(
        "its fields are not those of a grant `{}`",
        &*fields.kind
    ))
}

fn membership(
    fields: &grants::Fields<'_>,
    id: &str,
    team: TeamIx,
    unknown: &[Text<'_>],
) -> Result<Membership, Problem> {
    let instant = |text: &Text<'_>| canonical::instant(text);
    let mut facts = Reader::new(unknown);
    let membership = Membership {
        id: id.into(),
        team,
        lead: facts.truth("lead", &fields.lead)?,
        position: facts.text("position", &fields.position)?,
        since: facts.read("since", &fields.since, instant)?,
        till: facts.read("till", &fields.till, instant)?,
        pending: facts.truth("pending", &fields.pending)?,
        archived: facts.truth("archived", &fields.archived)?,
    };
    facts.end()?;
    Ok(membership)
}
