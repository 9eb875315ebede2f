//! Calls about permission roles, and what they permit.

use super::{Call, profiles::Presence};
use crate::{
    demo::{
        ids::{self, Kind as IdKind},
        objects::SHIPPED_ROLES,
        request::{Refusal, not_an_identifier},
        schema,
        state::{AccountIx, FIRST_CUSTOM_ROLE, ProjectIx, ROLES_A_PROJECT, Roles, TeamIx, Text},
    },
    domain::{account::Kind, grant::Audience},
};

impl Call<'_> {
    pub(super) fn roles(&self) -> Result<Vec<u8>, Refusal> {
        let body = self.json_body()?;
        let context = body["contextIdentifier"]
            .as_str()
            .ok_or_else(|| Refusal::invalid("contextIdentifier is missing"))?;
        let roles = match context.strip_prefix("project:") {
            Some(identifier) => {
                let view = &self.view;
                let ix = view.caller.project(view.state, identifier, view.now)?;
                view.roles_of_project(ix)
            }
            None if context == "global" => {
                self.view.caller.require("Superadmin")?;
                self.view.organization_roles()
            }
            None => return Err(not_an_identifier("permission context", context)),
        };
        self.list(&schema::ROLE, roles, |out, frame, role| {
            self.view.role(out, frame, &role);
        })
    }

    /// The accounts and teams that hold a role directly.
    pub(super) fn role_holders(&self, id: &str) -> Result<(Vec<AccountIx>, Vec<TeamIx>), Refusal> {
        let state = self.view.state;
        if let Some((project, number)) = self.project_role(id) {
            let caller = self.view.caller;
            caller.require_projects()?;
            if !caller.sees(state, project, self.view.now) {
                return Err(Refusal::not_found("Role"));
            }
            return Ok(self.project_role_holders(project, number));
        }
        let role = ids::serial(IdKind::OrganizationRole, id)
            .and_then(|at| state.roles.get(at as usize))
            .ok_or_else(|| Refusal::not_found("Role"))?;
        self.view.caller.require("Superadmin")?;
        let profiles = match role.implicit {
            Some(audience) if self.settings.list_implicit_holders => {
                let accounts = (0..).zip(&state.accounts);
                let covered = accounts.filter(|(_, account)| match audience {
                    Audience::Members => account.kind == Kind::Member,
                    Audience::Externals => account.kind != Kind::Member,
                    Audience::Unknown => false,
                });
                covered.map(|(ix, _)| ix).collect()
            }
            Some(_) => Vec::new(),
            None => role.profiles.clone(),
        };
        Ok((profiles, role.teams.clone()))
    }

    pub(super) fn project_role(&self, id: &str) -> Option<(ProjectIx, RoleNumber)> {
        let serial = ids::serial(IdKind::ProjectRole, id)?;
        let (project, number) = (serial / ROLES_A_PROJECT, serial % ROLES_A_PROJECT);
        let record = self.view.state.projects.get(project as usize)?;
        if let Some(shipped) = SHIPPED_ROLES.get(number as usize) {
            return Some((project, RoleNumber::Shipped(shipped.held)));
        }
        let custom = number.checked_sub(FIRST_CUSTOM_ROLE)? as usize;
        (custom < record.custom_roles.len()).then_some((project, RoleNumber::Custom(custom)))
    }

    fn project_role_holders(
        &self,
        project: ProjectIx,
        number: RoleNumber,
    ) -> (Vec<AccountIx>, Vec<TeamIx>) {
        let state = self.view.state;
        let (role, kind) = match number {
            RoleNumber::Custom(number) => (Roles::custom(number), None),
            RoleNumber::Shipped(Some(held)) => held,
            RoleNumber::Shipped(None) => return (Vec::new(), Vec::new()),
        };
        let is_kind =
            |ix: &AccountIx| kind.is_none_or(|kind| state.accounts[*ix as usize].kind == kind);
        let mut profiles = self.people_with(project, role);
        profiles.retain(is_kind);
        let teams = state.projects[project as usize].teams.iter();
        let teams = teams.filter(|one| kind.is_none() && one.roles.has(role));
        (profiles, teams.map(|one| one.holder).collect())
    }

    pub(super) fn check_permission(&self) -> Result<bool, Refusal> {
        let view = &self.view;
        let body = self.json_body()?;
        let text = |name: &str| {
            let value = body[name].as_str();
            value.ok_or_else(|| Refusal::invalid(format!("{name} is missing")))
        };
        let right = text("uniqueRightCode")?;
        let principal = text("principal")?;
        let project = match body["target"]["className"].as_str() {
            Some("ProjectPermissionTarget") => {
                let identifier = body["target"]["project"].as_str().unwrap_or_default();
                Some(view.caller.project(view.state, identifier, view.now)?)
            }
            Some(
                "GlobalPermissionTarget"
                | "TeamPermissionTarget"
                | "ProfilePermissionTarget"
                | "ChannelPermissionTarget",
            ) => None,
            _ => return Err(Refusal::invalid("target is no permission target")),
        };
        if principal == "application:me" && view.caller.application.is_some() {
            let sees = |ix| view.caller.sees(view.state, ix, view.now);
            return Ok(view.caller.may(right) && project.is_none_or(sees));
        }
        let identifier = principal
            .strip_prefix("profile:")
            .ok_or_else(|| not_an_identifier("principal", principal))?;
        let account = view.caller.profile(view.state, identifier)?;
        if view.caller.me != Some(account) {
            return Ok(self.account_may(account, right, project));
        }
        // A token can never do more than it was given.
        let sees = |ix| right != "Project.View" || view.caller.sees(view.state, ix, view.now);
        Ok(view.caller.may(right) && project.is_none_or(sees))
    }

    /// Whether an account has a right by its roles, its own and those of its teams.
    fn account_may(&self, ix: AccountIx, right: &str, project: Option<ProjectIx>) -> bool {
        let (state, now) = (self.view.state, self.view.now);
        let account = &state.accounts[ix as usize];
        let suspended = account.suspended_at.is_some_and(|at| at <= now);
        if suspended || !matches!(self.presence(account), Presence::Current) {
            return false;
        }
        let covers = |rights: &[Text]| rights.iter().any(|one| one == "*" || one == right);
        let member = account.kind == Kind::Member;
        let teams = state.effective_teams(ix, now);
        let by_organization = state.roles.iter().any(|role| {
            let held = match role.implicit {
                Some(Audience::Members) => member,
                Some(Audience::Externals) => !member,
                Some(Audience::Unknown) => false,
                None => {
                    role.profiles.contains(&ix)
                        || role.teams.iter().any(|team| teams.contains(team))
                }
            };
            held && covers(&role.rights)
        });
        let by_project = project.is_some_and(|project| {
            let project = &state.projects[project as usize];
            let people = project.people.iter().filter(|one| one.holder == ix);
            let through = project
                .teams
                .iter()
                .filter(|one| teams.contains(&one.holder));
            let roles = people
                .chain(through)
                .fold(Roles::default(), |all, one| all.and(one.roles));
            let mut customs = roles
                .customs()
                .filter_map(|number| project.custom_roles.get(number));
            right == "Project.View" && roles != Roles::default()
                || roles.has(Roles::ADMIN) && !right.starts_with("Profile.")
                || roles.has(Roles::MEMBER) && MEMBER_RIGHTS.contains(&right)
                || customs.any(|role| covers(&role.rights))
        });
        by_organization || by_project
    }
}

/// Which role of a project an id names.
#[derive(Clone, Copy)]
pub(super) enum RoleNumber {
    Shipped(Option<(Roles, Option<Kind>)>),
    Custom(usize),
}

/// What Project Member allows, of the rights a review may ask about.
const MEMBER_RIGHTS: &[&str] = &[
    "Project.View",
    "VcsRepository.Read",
    "VcsRepository.Write",
    "Project.Issues.View",
    "Project.Issues.Create",
    "Project.CodeReview.View",
    "Project.CodeReview.Create",
    "PackageRepository.Read",
];
