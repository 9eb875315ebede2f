//! [`Participants`]: who takes part in each project, by the calls of 2023 or by older ones.
//!
//! A server without the calls of 2023 still tells the roles of each project and who holds each, which says the
//! same. One without these either lists administrators and members only; what is missing then is a gap.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{
    calls::Call,
    convert::{self, ParticipantRow},
    lock,
    population::{Population, ProjectName},
    request::encode,
    roles::{is_told, permission_roles},
    session::{List, Session},
    taken,
};
use crate::space::{error::Error, wire};

/// Reads who takes part in projects.
pub(crate) struct Participants<'a> {
    session: &'a Session<'a>,
    population: &'a Mutex<Population>,
    /// Whether the server is known not to have the calls of 2023.
    older: AtomicBool,
    /// Whether it is told that only administrators and members are known.
    told: AtomicBool,
    done: AtomicUsize,
    total: usize,
}

impl<'a> Participants<'a> {
    pub(crate) fn new(
        session: &'a Session<'a>,
        population: &'a Mutex<Population>,
        total: usize,
    ) -> Self {
        Self {
            session,
            population,
            older: AtomicBool::new(false),
            told: AtomicBool::new(false),
            done: AtomicUsize::new(0),
            total,
        }
    }

    /// Reads one project.
    pub(crate) async fn read(&self, project: ProjectName) -> Result<(), Error> {
        // What is read again is read by the calls that were answered.
        let newer = self.session.was_answered(&members(&project));
        let older = newer.map_or_else(|| self.older.load(Ordering::Relaxed), |newer| !newer);
        if !older || !self.read_older(&project).await? {
            self.read_newer(&project).await?;
        }
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let (done, total) = (done as u64, self.total as u64);
        self.session
            .report("participants of projects", done, Some(total));
        Ok(())
    }

    async fn read_newer(&self, project: &ProjectName) -> Result<(), Error> {
        let list = |call, path| List {
            call,
            path,
            what: None,
        };
        let teams = format!("projects/id:{}/people/teams", encode(&project.id));
        let (accounts, teams) = (
            list(Call::ProjectAccounts, members(project)),
            list(Call::ProjectTeams, teams),
        );
        let (accounts, teams) = tokio::try_join!(
            self.session.list(&accounts, convert::participant),
            self.session.list(&teams, convert::participant),
        )?;
        // A server that has neither call does not know them; what came of other projects does not matter here, so that
        // the outcome does not depend on which project was first.
        let unknown = |refused: &Option<Error>| refused.as_ref().is_some_and(Error::is_not_found);
        if unknown(&accounts.refused) && unknown(&teams.refused) && self.read_older(project).await?
        {
            self.older.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let label = &project.label;
        if let (Some(one), Some(_)) = (&accounts.refused, &teams.refused)
            && accounts.rows.is_empty()
            && teams.rows.is_empty()
        {
            let missing = format!("Who takes part in the project {label} could not be read");
            self.session
                .ledger()
                .gap(Call::ProjectAccounts, missing, one.reason());
            return Ok(());
        }
        let all = |who| format!("{who} with a role on the project {label}");
        let accounts = taken(
            self.session,
            Call::ProjectAccounts,
            accounts,
            &all("Accounts"),
            &all("Some accounts"),
        );
        let teams = taken(
            self.session,
            Call::ProjectTeams,
            teams,
            &all("Teams"),
            &all("Some teams"),
        );
        {
            let mut population = lock(self.population);
            population.project_accounts(&project.id, &accounts);
            population.project_teams(&project.id, &teams);
        }
        let rows = accounts.iter().chain(&teams);
        let custom: BTreeSet<&str> = rows
            .flat_map(|row| &row.roles)
            .filter_map(|role| match role {
                wire::ProjectRole::Custom(id) => Some(&**id),
                _ => None,
            })
            .collect();
        if custom.is_empty() {
            return Ok(());
        }
        self.name_roles(project, &custom).await
    }

    /// Asks for the names of the roles that a project made.
    async fn name_roles(
        &self,
        project: &ProjectName,
        custom: &BTreeSet<&str>,
    ) -> Result<(), Error> {
        let context = format!("project:id:{}", project.id);
        let read = permission_roles(self.session, Call::ProjectRoles, &context).await?;
        let mut unnamed = custom.clone();
        let reason = match read {
            Ok(roles) => {
                let mut population = lock(self.population);
                for (role, source) in &roles {
                    if let (Some(id), Some(name)) = (role.role_id.get(), role.name.get()) {
                        population.name_project_role(id, name, *source);
                        unnamed.remove(&**id);
                    }
                }
                "the project's list of roles does not have it".to_owned()
            }
            Err(refused) => refused.reason(),
        };
        for id in unnamed {
            let missing = format!(
                "The name of the role {id} of the project {} could not be read",
                project.label
            );
            self.session
                .ledger()
                .gap(Call::ProjectRoles, missing, reason.as_str());
        }
        Ok(())
    }

    /// Reads a project without the calls of 2023. `false`: the server has no other calls for it.
    async fn read_older(&self, project: &ProjectName) -> Result<bool, Error> {
        Ok(self.read_by_roles(project).await? || self.read_by_access(project).await?)
    }

    /// Reads who holds each role of a project, which says the same as the calls of 2023. `false`: the server
    /// does not list the project's roles.
    async fn read_by_roles(&self, project: &ProjectName) -> Result<bool, Error> {
        let context = format!("project:id:{}", project.id);
        let roles = permission_roles(self.session, Call::ProjectRoles, &context).await?;
        let Ok(roles) = roles else {
            return Ok(false);
        };
        for (role, source) in roles {
            let Some(id) = role.role_id.get() else {
                let missing = format!("A role of the project {} could not be read", project.label);
                let reason = "the server sent no id of it";
                self.session
                    .ledger()
                    .gap(Call::ProjectRoles, missing, reason);
                continue;
            };
            let name = role.name.get().map_or(&**id, |name| name);
            if !is_told(&role) {
                let label = &project.label;
                let missing =
                    format!("What the role {id} of the project {label} is could not be read");
                let reason = "the server sent no name or no type of it";
                self.session
                    .ledger()
                    .gap(Call::ProjectRoles, missing, reason);
            }
            let Some(held) = held_role(&role, id, name) else {
                continue;
            };
            self.role_holders(project, id, name, &held).await?;
            if matches!(held, wire::ProjectRole::Custom(_)) {
                lock(self.population).name_project_role(id, name, source);
            }
        }
        Ok(true)
    }

    async fn role_holders(
        &self,
        project: &ProjectName,
        id: &str,
        name: &str,
        held: &wire::ProjectRole,
    ) -> Result<(), Error> {
        let path = format!("permission-roles/{}", encode(id));
        let (accounts, teams) = (format!("{path}/profiles"), format!("{path}/teams"));
        let (accounts, teams) = tokio::try_join!(
            self.session
                .array(Call::RoleAccounts, &accounts, None, convert::profile_id),
            self.session
                .array(Call::RoleTeams, &teams, None, convert::profile_id),
        )?;
        let rows = |call, who, read: Result<Vec<(Box<str>, u32)>, Error>| match read {
            Ok(rows) => with_role(rows, held),
            Err(refused) => {
                let label = &project.label;
                let missing =
                    format!("{who} with the role {name} on the project {label} could not be read");
                let mut ledger = self.session.ledger();
                ledger.failed(Call::ProjectAccounts, &refused);
                ledger.gap(call, missing, refused.reason());
                Vec::new()
            }
        };
        let accounts = rows(Call::RoleAccounts, "Accounts", accounts);
        let teams = rows(Call::RoleTeams, "Teams", teams);
        let mut population = lock(self.population);
        population.project_accounts(&project.id, &accounts);
        population.project_teams(&project.id, &teams);
        Ok(())
    }

    /// Reads administrators and members of a project by the oldest calls. `false`: the server has not even
    /// those for it.
    async fn read_by_access(&self, project: &ProjectName) -> Result<bool, Error> {
        let path = format!("projects/id:{}/access", encode(&project.id));
        let admins = format!("{path}/admins");
        let admins = self
            .session
            .array(Call::OlderAdmins, &admins, None, convert::profile_id)
            .await?;
        let Ok(admins) = admins else {
            return Ok(false);
        };
        let list = List {
            call: Call::OlderMembers,
            path: format!("{path}/member-profiles"),
            what: None,
        };
        let members = self.session.list(&list, convert::profile_id).await?;
        let label = &project.label;
        let members = taken(
            self.session,
            Call::OlderMembers,
            members,
            &format!("Members of the project {label}"),
            &format!("Some members of the project {label}"),
        );
        {
            let mut population = lock(self.population);
            let admins = with_role(admins, &wire::ProjectRole::Admin);
            population.project_accounts(&project.id, &admins);
            let members = with_role(members, &wire::ProjectRole::Member);
            population.project_accounts(&project.id, &members);
        }
        if !self.told.swap(true, Ordering::Relaxed) {
            let reason =
                "the server only knows the older calls, which list administrators and members";
            let mut ledger = self.session.ledger();
            for missing in [
                "Roles of teams on projects could not be read",
                "Custom roles on projects could not be read",
                "External users of projects could not be read",
                "Whether a role on a project is held directly or through a team could not be read",
            ] {
                ledger.gap(Call::ProjectAccounts, missing, reason);
            }
        }
        Ok(true)
    }
}

/// The list of the accounts with roles on a project.
fn members(project: &ProjectName) -> String {
    format!("projects/id:{}/people/members", encode(&project.id))
}

fn with_role(rows: Vec<(Box<str>, u32)>, role: &wire::ProjectRole) -> Vec<ParticipantRow> {
    let rows = rows.into_iter().map(|(id, source)| ParticipantRow {
        id,
        roles: vec![role.clone()],
        source,
    });
    rows.collect()
}

/// What holders of a role of a project have there, in the words of the calls of 2023; `None` for roles that
/// nobody holds by name. Space names the roles it ships; their codes are not documented.
fn held_role(role: &wire::PermissionRole, id: &str, name: &str) -> Option<wire::ProjectRole> {
    let shipped = role.kind.get().is_some_and(|kind| &**kind == "PREDEFINED");
    match name {
        _ if !is_told(role) => Some(wire::ProjectRole::Unknown(id.into())),
        _ if !shipped => Some(wire::ProjectRole::Custom(id.into())),
        "Project Admin" => Some(wire::ProjectRole::Admin),
        "Project Member" => Some(wire::ProjectRole::Member),
        "Collaborator" | "Guest" | "External" | "External User" => {
            Some(wire::ProjectRole::External)
        }
        "Organization Member" | "Automation Service" => None,
        other => Some(wire::ProjectRole::Unknown(other.into())),
    }
}
