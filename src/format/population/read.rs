//! The population files read back into a [`Snapshot`].

use std::{
    collections::HashMap,
    io::{BufRead, Read},
};

use super::{
    LINE_LIMIT, accounts,
    grants::{self, GrantLine, PackedMembership, What},
    places::{Finder, Places, absent},
    quick,
    resources::{self, Line},
};
use crate::{
    domain::{
        account::Account,
        grant::{Entitlement, Grant, GrantId, Membership},
        snapshot::{MembershipIx, Parts, Snapshot, TeamIx},
        text::Pack,
    },
    format::{
        Error, Problem,
        blocks::{self, Block, Blocks},
        canonical::{self, Lines},
        crew::{self, Crew},
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
    accounts: impl Read + Send,
    resources: impl BufRead,
    grants: impl Read + Send,
    crew: &dyn Crew,
) -> Result<Snapshot, Error> {
    let parts = read_parts(accounts, resources, grants, crew)?;
    check_derived(&parts, crew)?;
    Ok(Snapshot::from_ordered(parts)?)
}

/// As [`read`], but leaves to [`check_ids`] what is to be checked about the ids of grants. That takes a third of the time,
/// and nobody has to see a wrong id before it is found.
///
/// # Errors
/// As [`read`].
pub fn read_early(
    accounts: impl Read + Send,
    resources: impl BufRead,
    grants: impl Read + Send,
    crew: &dyn Crew,
) -> Result<Snapshot, Error> {
    let parts = read_parts(accounts, resources, grants, crew)?;
    Ok(Snapshot::from_ordered_early(parts)?)
}

/// Checks what [`read_early`] left: that the id of each grant is the one its content gives, and that none is there twice.
///
/// # Errors
/// The line at fault.
pub fn check_ids(snapshot: &Snapshot, crew: &dyn Crew) -> Result<(), Error> {
    check_derived(snapshot.parts(), crew)?;
    Ok(snapshot.check_unique()?)
}

fn read_parts(
    accounts: impl Read + Send,
    resources: impl BufRead,
    grants: impl Read + Send,
    crew: &dyn Crew,
) -> Result<Parts, Error> {
    let mut parts = read_resources(resources)?;
    parts.accounts = read_accounts(accounts, crew)?;
    (parts.grants, parts.memberships) = read_grants(&parts, grants, crew)?;
    Ok(parts)
}

/// Checks that the id of each grant is the one its content gives.
fn check_derived(parts: &Parts, crew: &dyn Crew) -> Result<(), Error> {
    /// How many are checked by one hand at a time.
    const PIECE: usize = 1 << 14;
    let pieces: Vec<&[Grant]> = parts.grants.chunks(PIECE).collect();
    let wrong = crew::each(crew, pieces.len(), |number| {
        let mut grants = pieces.get(number)?.iter();
        let at = grants
            .position(|grant| GrantId::of(parts, grant.holder, grant.entitlement) != grant.id)?;
        Some(number.saturating_mul(PIECE).saturating_add(at))
    });
    match wrong.into_iter().flatten().next() {
        None => Ok(()),
        Some(at) => {
            let problem = Problem::malformed("its id is not the one its content gives");
            Err(problem.at(record::GRANTS, (at as u64).saturating_add(1)))
        }
    }
}

fn read_accounts(input: impl Read + Send, crew: &dyn Crew) -> Result<Vec<Account>, Error> {
    let mut accounts = Vec::new();
    blocks::in_order(
        crew,
        Blocks::new(record::ACCOUNTS, input, LINE_LIMIT),
        |error| error,
        |block: &Block| {
            let (mut pack, mut lines) = (Pack::default(), Vec::new());
            for (number, line) in block.lines() {
                let line = accounts::parse(line?, &mut pack);
                lines.push(line.map_err(|problem| block.error(number, problem))?);
            }
            let packed = pack.finish();
            let accounts = lines.into_iter().map(|line| line.account(&packed));
            Ok(accounts.collect::<Vec<Account>>())
        },
        |more| {
            accounts.extend(more);
            Ok(())
        },
    )?;
    accounts.shrink_to_fit();
    Ok(accounts)
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

/// The grants of one block. Their memberships are counted from its start.
#[derive(Default)]
struct Grants {
    grants: Vec<Grant>,
    memberships: Vec<Membership>,
}

fn read_grants(
    parts: &Parts,
    input: impl Read + Send,
    crew: &dyn Crew,
) -> Result<(Vec<Grant>, Vec<Membership>), Error> {
    let places = Places::of(parts);
    let mut all = Grants::default();
    blocks::in_order(
        crew,
        Blocks::new(record::GRANTS, input, LINE_LIMIT),
        |error| error,
        |block: &Block| grants_of(&places, block),
        |more: Grants| {
            let before = all.memberships.len();
            all.memberships.extend(more.memberships);
            all.grants.extend(more.grants.into_iter().map(|mut grant| {
                if let Entitlement::Membership(ix) = &mut grant.entitlement {
                    *ix = MembershipIx::at(before.saturating_add(ix.index()));
                }
                grant
            }));
            if u32::try_from(all.grants.len()).is_err() {
                let problem = Problem::malformed("there are too many grants");
                return Err(problem.at(record::GRANTS, all.grants.len() as u64));
            }
            Ok(())
        },
    )?;
    all.grants.shrink_to_fit();
    all.memberships.shrink_to_fit();
    Ok((all.grants, all.memberships))
}

fn grants_of(places: &Places<'_>, block: &Block) -> Result<Grants, Error> {
    let mut finder = places.finder();
    let (mut pack, mut memberships) = (Pack::default(), Vec::new());
    let mut grants = Vec::new();
    let (whole, mut at) = (block.text(), 0usize);
    for (number, line) in block.lines() {
        let line = line?;
        let end = at.saturating_add(line.len());
        let text = whole.and_then(|text| text.get(at..end));
        at = end;
        let grant = grant(&mut finder, line, text, &mut pack, &mut memberships);
        grants.push(grant.map_err(|problem| block.error(number, problem))?);
    }
    let packed = pack.finish();
    let memberships = memberships.into_iter();
    Ok(Grants {
        grants,
        memberships: memberships.map(|one| one.membership(&packed)).collect(),
    })
}

/// The grant of a line, of which `text` is the text where it is known.
fn grant<'l>(
    finder: &mut Finder<'_, '_>,
    line: &'l [u8],
    text: Option<&'l str>,
    pack: &mut Pack,
    memberships: &mut Vec<PackedMembership>,
) -> Result<Grant, Problem> {
    let fields: grants::Fields<'_>;
    let line: GrantLine<'_> = if let Some(line) = text.and_then(quick::grant) {
        line
    } else {
        fields = canonical::object(line)?;
        fields.line()?
    };
    let holder = finder.holder(&line)?;
    let entitlement = match line.what {
        What::Membership(membership) => {
            let team = finder.team(membership.team)?;
            let ix = MembershipIx::at(memberships.len());
            memberships.push(membership.pack(team, pack));
            Entitlement::Membership(ix)
        }
        What::SignIn => Entitlement::SignIn,
        What::Role { project, key, name } => {
            let role = finder.role(key, name)?;
            match project {
                Some(project) => Entitlement::ProjectRole(finder.project(project)?, role),
                None => Entitlement::OrganizationRole(role),
            }
        }
    };
    Ok(Grant {
        id: line.id,
        holder,
        entitlement,
        source: line.source,
    })
}
