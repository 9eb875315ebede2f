//! Calls about projects and who takes part in them.

use super::{Call, Rows, no_such_call, roles::RoleNumber};
use crate::demo::{
    request::{Refusal, not_an_identifier},
    schema::{self, Type},
    state::{AccountIx, Participant, ProjectIx, Roles},
};

impl Call<'_> {
    pub(super) fn projects(&self, path: &[&str]) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        let project = |identifier: &str| view.caller.project(view.state, identifier, view.now);
        match path {
            [] => self.project_list(),
            ["private-projects"] => self.private_projects(),
            [identifier] => {
                let ix = project(identifier)?;
                self.one(&schema::PROJECT, |out, frame| view.project(out, frame, ix))
            }
            [identifier, "people", "members"] => {
                let ix = project(identifier)?;
                let people = &view.state.projects[ix as usize].people;
                self.participants(&schema::PARTICIPANT, ix, people, |holder, query| {
                    self.is_named(holder, query)
                })
            }
            [identifier, "people", "teams"] => {
                let ix = project(identifier)?;
                let teams = &view.state.projects[ix as usize].teams;
                self.participants(&schema::PARTICIPANT_TEAM, ix, teams, |holder, query| {
                    let name = &view.state.teams[holder as usize].name;
                    name.to_lowercase().contains(query)
                })
            }
            [identifier, "access", "admins"] => {
                let ix = project(identifier)?;
                self.profile_list(self.people_with(ix, Roles::ADMIN))
            }
            [identifier, "access", "member-profiles"] => {
                let ix = project(identifier)?;
                let admins = self.query.flag("includingAdmins", false)?;
                let query = self.query.get("query").unwrap_or_default().to_lowercase();
                let people = view.state.projects[ix as usize].people.iter();
                let wanted = people.filter(|one| {
                    (one.roles.has(Roles::MEMBER) || admins && one.roles.has(Roles::ADMIN))
                        && self.is_named(one.holder, &query)
                });
                self.profile_page(&Rows::Some(wanted.map(|one| one.holder).collect()))
            }
            _ => Err(no_such_call("GET", path)),
        }
    }

    fn project_list(&self) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        view.caller.require_projects()?;
        let term = self.query.get("term").unwrap_or_default().to_lowercase();
        // Nothing here is tagged or starred.
        let unmarked =
            self.query.get("tag").is_none() && self.query.maybe_flag("starred")? != Some(true);
        let sees_all = view.caller.sees_all_projects();
        let projects = (0..).zip(&view.state.projects);
        let wanted = projects.filter(|(ix, project)| {
            unmarked
                && (self.settings.list_archived_projects || !project.archived)
                && (project.name.to_lowercase().contains(&term)
                    || project.key.to_lowercase().contains(&term))
                && (sees_all || view.caller.sees(view.state, *ix, view.now))
        });
        let rows = Rows::Some(wanted.map(|(ix, _)| ix).collect());
        self.page(&schema::PROJECT, &rows, |out, frame, ix, _| {
            view.project(out, frame, ix);
        })
    }

    fn private_projects(&self) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        let lists_all = view.caller.may("Project.ViewPrivate");
        if !lists_all {
            view.caller.require_projects()?;
        }
        let projects = (0..).zip(&view.state.projects);
        let wanted = projects.filter(|(ix, project)| {
            project.private && (lists_all || view.caller.sees(view.state, *ix, view.now))
        });
        let wanted = wanted.map(|(ix, _)| ix);
        self.list(&schema::PRIVATE_PROJECT, wanted, |out, frame, ix| {
            view.private_project(out, frame, ix);
        })
    }

    fn participants(
        &self,
        of: &'static Type,
        project: ProjectIx,
        all: &[Participant],
        is_named: impl Fn(u32, &str) -> bool,
    ) -> Result<Vec<u8>, Refusal> {
        let role = self.asked_role(project)?;
        let query = self.query.get("query").unwrap_or_default().to_lowercase();
        let mut filtered = Vec::new();
        let rows = if role.is_none() && query.is_empty() {
            all
        } else {
            let wanted = all.iter().filter(|one| {
                role.is_none_or(|role| role != Roles::default() && one.roles.has(role))
                    && is_named(one.holder, &query)
            });
            filtered.extend(wanted);
            &filtered
        };
        self.page_of(of, rows.len(), |out, frame, place, first| {
            self.view
                .participant(out, frame, project, rows[place], first);
        })
    }

    /// The role that a list of participants is limited to; none at all when the project does not have it.
    fn asked_role(&self, project: ProjectIx) -> Result<Option<Roles>, Refusal> {
        let Some(text) = self.query.get("role") else {
            return Ok(None);
        };
        Ok(Some(match text {
            "admin" => Roles::ADMIN,
            "member" => Roles::MEMBER,
            "external" => Roles::EXTERNAL,
            _ => {
                let id = text.strip_prefix("role:");
                let id = id.ok_or_else(|| not_an_identifier("project role", text))?;
                match self.project_role(id) {
                    Some((at, RoleNumber::Custom(number))) if at == project => {
                        Roles::custom(number)
                    }
                    _ => Roles::default(),
                }
            }
        }))
    }

    pub(super) fn people_with(&self, project: ProjectIx, role: Roles) -> Vec<AccountIx> {
        let people = self.view.state.projects[project as usize].people.iter();
        let with = people.filter(|one| one.roles.has(role));
        with.map(|one| one.holder).collect()
    }
}
