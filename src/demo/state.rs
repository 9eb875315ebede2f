//! [`State`]: everything the embedded organization consists of.

mod index;
mod record;

use std::{borrow::Cow, collections::BTreeSet};

use self::index::{Grouped, Index};
pub use self::record::{
    Account, CustomRole, Membership, OrganizationRole, Participant, Project, Roles, Team,
};
use super::ids::{self, Kind as IdKind};
use crate::domain::time::Timestamp;

/// Text of a record; generated organizations share most of theirs.
pub type Text = Cow<'static, str>;

/// The place of an account in [`State::accounts`].
pub type AccountIx = u32;
/// The place of a team in [`State::teams`].
pub type TeamIx = u32;
/// The place of a project in [`State::projects`].
pub type ProjectIx = u32;

/// An organization with its accounts, teams, projects and roles.
///
/// Records refer to each other by their place in the lists. Removing a record keeps all others reachable.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) reviewer: Text,
    pub(super) positions: Vec<Text>,
    pub(super) accounts: Vec<Account>,
    pub(super) teams: Vec<Team>,
    pub(super) memberships: Vec<Membership>,
    pub(super) roles: Vec<OrganizationRole>,
    pub(super) projects: Vec<Project>,
    pub(super) index: Index,
    /// Grows with every change.
    pub(super) version: u64,
}

impl State {
    /// The accounts, in the order in which they are listed.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The teams, in the order in which they are listed.
    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    /// The memberships, in the order in which they are listed.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// The roles of the whole organization.
    pub fn roles(&self) -> &[OrganizationRole] {
        &self.roles
    }

    /// The projects, in the order in which they are listed.
    pub fn projects(&self) -> &[Project] {
        &self.projects
    }

    /// Makes it another organization, which has the same in it.
    pub fn become_another(&mut self, id: &str, name: &str) {
        (self.id, self.name) = (id.to_owned().into(), name.to_owned().into());
        self.changed();
    }

    /// The name of the organization.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The login name of the account whose token reviews.
    pub fn reviewer(&self) -> &str {
        &self.reviewer
    }

    /// The position of a membership.
    pub fn position(&self, membership: &Membership) -> &str {
        &self.positions[usize::from(membership.position)]
    }

    /// The address of an account.
    pub fn email(&self, account: &Account) -> String {
        match &account.email {
            Some(email) => email.to_string(),
            None => format!("{}@example.com", account.username),
        }
    }

    /// The id of an account, as the server sends it.
    pub fn account_id(&self, account: AccountIx) -> String {
        ids::id(IdKind::Account, account)
    }

    /// The id of a team, as the server sends it.
    pub fn team_id(&self, team: TeamIx) -> String {
        ids::id(IdKind::Team, team)
    }

    /// The id of a project, as the server sends it.
    pub fn project_id(&self, project: ProjectIx) -> String {
        ids::id(IdKind::Project, project)
    }

    /// The id of a membership, as the server sends it.
    pub fn membership_id(&self, membership: &Membership) -> String {
        ids::id(IdKind::Membership, membership.serial)
    }

    /// The id of an organization role by its place in [`State::roles`], as the server sends it.
    pub fn role_id(&self, role: u32) -> String {
        ids::id(IdKind::OrganizationRole, role)
    }

    /// The id of a project's own role, as the server sends it.
    pub fn custom_role_id(&self, project: ProjectIx, number: usize) -> String {
        let number = number.min(Roles::MOST_CUSTOM);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        ids::id(
            IdKind::ProjectRole,
            project * ROLES_A_PROJECT + FIRST_CUSTOM_ROLE + number,
        )
    }

    /// How many grants a review of everything meets: one sign-in an account, the listed memberships, the direct
    /// holders of organization roles, each pair of participant and role in a project, and one for every
    /// implicit role.
    pub fn grant_count(&self) -> usize {
        let listed = |membership: &&Membership| !membership.archived;
        let holders = |role: &OrganizationRole| match role.implicit {
            Some(_) => 1,
            None => role.profiles.len() + role.teams.len(),
        };
        let pairs = |project: &Project| {
            let participants = project.people.iter().chain(&project.teams);
            participants.map(|one| one.roles.count()).sum::<usize>()
        };
        self.accounts.len()
            + self.memberships.iter().filter(listed).count()
            + self.roles.iter().map(holders).sum::<usize>()
            + self.projects.iter().map(pairs).sum::<usize>()
    }

    /// The account with this login name.
    pub fn account(&self, username: &str) -> Option<AccountIx> {
        let name_of = |at: &AccountIx| &*self.accounts[*at as usize].username;
        let found = self
            .index
            .by_username
            .binary_search_by(|at| name_of(at).cmp(username));
        found.ok().map(|at| self.index.by_username[at])
    }

    /// The team with this name.
    pub fn team(&self, name: &str) -> Option<TeamIx> {
        place(&self.teams, |team| team.name == name)
    }

    /// The project with this key.
    pub fn project(&self, key: &str) -> Option<ProjectIx> {
        place(&self.projects, |project| project.key == key)
    }

    /// The memberships of an account, archived ones too.
    pub fn memberships_of(&self, account: AccountIx) -> impl Iterator<Item = &Membership> {
        let places = self.index.of_account.of(account);
        places.iter().map(|at| &self.memberships[*at as usize])
    }

    /// The teams an account is in at `now`, with the teams above them.
    pub fn effective_teams(&self, account: AccountIx, now: Timestamp) -> BTreeSet<TeamIx> {
        let mut teams = BTreeSet::new();
        for membership in self.memberships_of(account) {
            let mut next = membership.counts(now).then_some(membership.team);
            while let Some(team) = next {
                if !teams.insert(team) {
                    break;
                }
                next = self.teams[team as usize].parent;
            }
        }
        teams
    }

    pub(super) fn account_of_id(&self, id: &str) -> Option<AccountIx> {
        below(ids::serial(IdKind::Account, id)?, self.accounts.len())
    }

    pub(super) fn team_of_id(&self, id: &str) -> Option<TeamIx> {
        below(ids::serial(IdKind::Team, id)?, self.teams.len())
    }

    pub(super) fn project_of_id(&self, id: &str) -> Option<ProjectIx> {
        below(ids::serial(IdKind::Project, id)?, self.projects.len())
    }

    pub(super) fn membership_of_id(&self, id: &str) -> Option<u32> {
        let serial = ids::serial(IdKind::Membership, id)?;
        let at = self
            .memberships
            .binary_search_by_key(&serial, |one| one.serial);
        u32::try_from(at.ok()?).ok()
    }

    /// Removes a membership and returns whether there was one.
    pub fn remove_membership(&mut self, account: AccountIx, team: TeamIx) -> bool {
        let before = self.memberships.len();
        self.memberships
            .retain(|one| (one.member, one.team) != (account, team));
        self.changed();
        self.memberships.len() < before
    }

    /// Makes an account a member of a team, without end.
    pub fn add_membership(&mut self, account: AccountIx, team: TeamIx, position: &str) {
        let position = self.position_called(position);
        let serial = self.memberships.last().map_or(0, |last| last.serial + 1);
        self.memberships.push(Membership {
            serial,
            member: account,
            team,
            position,
            lead: false,
            pending: false,
            archived: false,
            since: None,
            till: None,
        });
        self.changed();
    }

    /// Gives roles in a project to an account, or takes them.
    pub fn change_person(
        &mut self,
        project: ProjectIx,
        account: AccountIx,
        add: Roles,
        remove: Roles,
    ) {
        change(
            &mut self.projects[project as usize].people,
            account,
            add,
            remove,
        );
        self.version += 1;
    }

    /// Gives roles in a project to a team, or takes them.
    pub fn change_team(&mut self, project: ProjectIx, team: TeamIx, add: Roles, remove: Roles) {
        change(
            &mut self.projects[project as usize].teams,
            team,
            add,
            remove,
        );
        self.version += 1;
    }

    /// Changes one account.
    pub fn change_account(&mut self, account: AccountIx, change: impl FnOnce(&mut Account)) {
        change(&mut self.accounts[account as usize]);
        self.changed();
    }

    /// Changes one organization role.
    pub fn change_role(&mut self, role: u32, change: impl FnOnce(&mut OrganizationRole)) {
        change(&mut self.roles[role as usize]);
        self.version += 1;
    }

    /// The number of a position's name, which is added when it is new.
    pub(super) fn position_called(&mut self, name: &str) -> u16 {
        let known = self.positions.iter().position(|known| known == name);
        let at = known.unwrap_or_else(|| {
            self.positions.push(Text::Owned(name.to_owned()));
            self.positions.len() - 1
        });
        u16::try_from(at).expect("an organization has few positions")
    }

    /// Brings the index up to date.
    pub(super) fn changed(&mut self) {
        self.version += 1;
        let mut by_username: Vec<AccountIx> = (0..).take(self.accounts.len()).collect();
        by_username.sort_by_key(|at| &*self.accounts[*at as usize].username);
        let live = |(at, one): (u32, &Membership)| (!one.archived).then_some(at);
        let mut live_memberships: Vec<u32> =
            (0u32..).zip(&self.memberships).filter_map(live).collect();
        if live_memberships.len() == self.memberships.len() {
            live_memberships = Vec::new();
        }
        let members = self.memberships.iter();
        self.index = Index {
            by_username,
            live_memberships,
            of_account: Grouped::new(self.accounts.len(), members.clone().map(|one| one.member)),
            of_team: Grouped::new(self.teams.len(), members.map(|one| one.team)),
        };
    }

    /// The listed memberships; `None` when that is all of them.
    pub(super) fn live_memberships(&self) -> Option<&[u32]> {
        let live = &self.index.live_memberships;
        (!live.is_empty()).then_some(live)
    }

    /// The places of an account's memberships.
    pub(super) fn membership_places(&self, account: AccountIx) -> &[u32] {
        self.index.of_account.of(account)
    }

    /// The places of a team's memberships.
    pub(super) fn team_membership_places(&self, team: TeamIx) -> &[u32] {
        self.index.of_team.of(team)
    }

    /// The team and all teams below it.
    pub(super) fn with_teams_below(&self, team: TeamIx) -> BTreeSet<TeamIx> {
        let mut teams = BTreeSet::from([team]);
        loop {
            let more = (0u32..).zip(&self.teams).filter_map(|(at, one)| {
                (teams.contains(&one.parent?) && !teams.contains(&at)).then_some(at)
            });
            let more: Vec<TeamIx> = more.collect();
            if more.is_empty() {
                return teams;
            }
            teams.extend(more);
        }
    }
}

/// How many role ids belong to one project.
pub(super) const ROLES_A_PROJECT: u32 = 32;
/// Where the roles that a project made begin among them.
pub(super) const FIRST_CUSTOM_ROLE: u32 = 8;

/// The place, if the list has it.
fn below(place: u32, length: usize) -> Option<u32> {
    ((place as usize) < length).then_some(place)
}

fn place<T>(records: &[T], is: impl Fn(&T) -> bool) -> Option<u32> {
    let at = records.iter().position(is)?;
    u32::try_from(at).ok()
}

fn change(participants: &mut Vec<Participant>, holder: u32, add: Roles, remove: Roles) {
    let at = participants.iter().position(|one| one.holder == holder);
    let at = at.unwrap_or_else(|| {
        let roles = Roles::default();
        participants.push(Participant { holder, roles });
        participants.len() - 1
    });
    let roles = participants[at].roles.and(add).without(remove);
    if roles == Roles::default() {
        participants.remove(at);
    } else {
        participants[at].roles = roles;
    }
}
