//! What the server answers to a call: one function a call, found by method and path.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    faults::Fault,
    fields::{BatchPlan, Frame, Plan},
    ids::{self, Kind as IdKind},
    json::Json,
    objects::{SHIPPED_ROLES, View},
    request::{Query, Refusal, not_an_identifier, team},
    schema::{self, Type},
    state::{
        Account, AccountIx, FIRST_CUSTOM_ROLE, Membership, Participant, ProjectIx, ROLES_A_PROJECT,
        Roles, TeamIx,
    },
};
use crate::domain::{account::Kind, grant::Audience};

/// One call.
pub(super) struct Call<'r> {
    pub(super) view: View<'r>,
    pub(super) query: Query,
    pub(super) body: &'r [u8],
    pub(super) settings: &'r Settings,
}

/// How the server behaves where the documentation leaves it open.
pub(super) struct Settings {
    pub(super) largest_page: usize,
    pub(super) list_implicit_holders: bool,
    pub(super) list_archived_projects: bool,
    pub(super) ignore_unknown_fields: bool,
}

/// The rows of a list, by their places.
enum Rows {
    /// All of so many.
    All(usize),
    /// Only these.
    Some(Vec<u32>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Some(rows) => rows.len(),
        }
    }

    fn at(&self, place: usize) -> u32 {
        match self {
            Self::All(_) => u32::try_from(place).expect("lists are shorter than 2^32"),
            Self::Some(rows) => rows[place],
        }
    }
}

impl Call<'_> {
    /// The answer to the call of `method` and `path`, which follows `/api/http/`.
    pub(super) fn answer(&self, method: &str, path: &[&str]) -> Result<Vec<u8>, Refusal> {
        match (method, path) {
            ("GET", ["organization"]) => self.one(&schema::ORGANIZATION, |out, frame| {
                self.view.organization(out, frame);
            }),
            ("GET", ["organization", "domains"]) => {
                self.list(&schema::DOMAIN, [()], |out, frame, ()| {
                    self.view.domain(out, frame);
                })
            }
            ("GET", ["team-directory", rest @ ..]) => self.team_directory(rest),
            ("GET", ["projects", rest @ ..]) => self.projects(rest),
            ("POST", ["permission-roles", "get"]) => self.roles(),
            ("GET", ["permission-roles", role, "profiles"]) => {
                let holders = self.role_holders(role)?.0;
                self.profile_list(holders)
            }
            ("GET", ["permission-roles", role, "teams"]) => {
                let holders = self.role_holders(role)?.1;
                self.list(&schema::TEAM, holders, |out, frame, ix| {
                    self.view.team(out, frame, ix);
                })
            }
            ("POST", ["permissions", "check-permission"]) => {
                let allowed = self.check_permission()?;
                Ok(allowed.to_string().into_bytes())
            }
            _ => Err(no_such_call(method, path)),
        }
    }

    fn team_directory(&self, path: &[&str]) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        match path {
            ["profiles"] => self.profiles(),
            ["profiles", profile] => {
                let ix = match profile.strip_prefix("email:") {
                    Some(email) => {
                        view.caller.require("Profile.View")?;
                        self.profile_by_email(email)?
                    }
                    None => view.caller.profile(view.state, profile)?,
                };
                if view.caller.me != Some(ix) {
                    view.caller.require("Profile.View")?;
                }
                self.one(&schema::PROFILE, |out, frame| view.profile(out, frame, ix))
            }
            ["teams"] => self.teams(),
            ["teams", identifier] => {
                view.caller.require("Team.View")?;
                let ix = team(view.state, identifier)?;
                self.one(&schema::TEAM, |out, frame| view.team(out, frame, ix))
            }
            ["teams", id, "direct-members"] => {
                let ix = view.state.team_of_id(id);
                let ix = ix.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
                let query = self.query.get("query").unwrap_or_default().to_lowercase();
                let places = view.state.team_membership_places(ix).iter();
                let live = places
                    .map(|at| &view.state.memberships[*at as usize])
                    .filter(|one| one.counts(view.now))
                    .map(|one| one.member)
                    .filter(|member| self.is_named(*member, &query));
                self.profile_page(&Rows::Some(live.collect()))
            }
            ["memberships"] => self.memberships(),
            ["memberships", identifier] => {
                view.caller.require("Profile.Memberships.View")?;
                let at = self.membership_of(identifier)?;
                let at = at.ok_or_else(|| Refusal::not_found("Membership"))?;
                self.one(&schema::MEMBERSHIP, |out, frame| {
                    view.membership(out, frame, at);
                })
            }
            _ => Err(no_such_call("GET", path)),
        }
    }

    // Profiles.

    fn profiles(&self) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        view.caller.require("Profile.View")?;
        let past = self.query.flag("reportPastMembers", false)?;
        let future = self.query.flag("reportFutureMembers", false)?;
        let current = self.query.flag("reportCurrentMembers", true)?;
        let me_on_top = self.query.flag("meOnTop", false)?;
        let (members, externals) = match self.query.get("orgRelation") {
            None | Some("MEMBER") => (true, false),
            Some("GUEST") => (false, true),
            Some("ANY") => (true, true),
            Some(other) => return Err(no_value("orgRelation", other)),
        };
        let by_name = match self.query.get("order") {
            None | Some("DEFAULT") => false,
            Some("FULL_NAME") => true,
            Some(other) => return Err(no_value("order", other)),
        };
        let text = self.query.get("query").unwrap_or_default().to_lowercase();
        let asked = self.asked_profiles()?;
        let team = self.asked_team("teamId")?;
        let position = self.query.get("roleId").map(position_of_id);
        let everywhere = self.query.get("locationId").is_none();
        let all_guests = view.caller.may("Profile.ViewAllGuests");

        let everything = [
            past, future, current, members, externals, all_guests, everywhere,
        ]
        .iter()
        .all(|yes| *yes);
        let no_filter = text.is_empty() && asked.is_none() && team.is_none() && position.is_none();
        let total = view.state.accounts.len();
        if everything && no_filter && !me_on_top && !by_name {
            return self.profile_page(&Rows::All(total));
        }

        let known = (!all_guests).then(|| self.known_externals());
        let wanted = |ix: &AccountIx| {
            let account = &view.state.accounts[*ix as usize];
            let external = account.kind != Kind::Member;
            let timely = match self.presence(account) {
                Presence::Past => past,
                Presence::Future => future,
                Presence::Current => current,
            };
            timely
                && everywhere
                && (if external { externals } else { members })
                && !(external && known.as_ref().is_some_and(|known| !known.contains(ix)))
                && asked.as_ref().is_none_or(|asked| asked.contains(ix))
                && self.is_named(*ix, &text)
                && (team.is_none() && position.is_none()
                    || view.state.memberships_of(*ix).any(|one| {
                        one.counts(view.now)
                            && team.as_ref().is_none_or(|teams| teams.contains(&one.team))
                            && position.is_none_or(|wanted| wanted == Some(one.position))
                    }))
        };
        let mut rows: Vec<AccountIx> = (0..).take(total).filter(wanted).collect();
        if by_name {
            rows.sort_by_cached_key(|ix| {
                let account = &view.state.accounts[*ix as usize];
                format!("{} {}", account.first_name, account.last_name)
            });
        }
        if me_on_top {
            rows.sort_by_key(|ix| view.caller.me != Some(*ix));
        }
        self.profile_page(&Rows::Some(rows))
    }

    fn presence(&self, account: &Account) -> Presence {
        let now = self.view.now;
        if account.archived || account.left_at.is_some_and(|at| at <= now) {
            Presence::Past
        } else if account.joined.is_some_and(|day| day.start() > now) {
            Presence::Future
        } else {
            Presence::Current
        }
    }

    fn is_named(&self, ix: AccountIx, query: &str) -> bool {
        if query.is_empty() {
            return true;
        }
        let account = &self.view.state.accounts[ix as usize];
        let names = [&account.first_name, &account.last_name, &account.username];
        names.iter().any(|name| name.to_lowercase().contains(query))
            || self
                .view
                .state
                .email(account)
                .to_lowercase()
                .contains(query)
    }

    fn asked_profiles(&self) -> Result<Option<BTreeSet<AccountIx>>, Refusal> {
        let identifiers: Vec<&str> = self.query.all("profiles").collect();
        match identifiers.len() {
            0 => return Ok(None),
            1..=100 => {}
            _ => return Err(Refusal::invalid("profiles takes 100 identifiers at most")),
        }
        let profile = |identifier: &&str| self.view.caller.profile(self.view.state, identifier);
        identifiers
            .iter()
            .map(profile)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn asked_team(&self, name: &str) -> Result<Option<BTreeSet<TeamIx>>, Refusal> {
        let Some(id) = self.query.get(name) else {
            return Ok(None);
        };
        let team = self.view.state.team_of_id(id);
        let team = team.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
        Ok(Some(self.view.state.with_teams_below(team)))
    }

    /// The external users who share a project with the caller.
    fn known_externals(&self) -> BTreeSet<AccountIx> {
        let state = self.view.state;
        let Some(me) = self.view.caller.me else {
            return BTreeSet::new();
        };
        let teams = state.effective_teams(me, self.view.now);
        let shared = state.projects.iter().filter(|project| {
            project.people.iter().any(|one| one.holder == me)
                || project.teams.iter().any(|one| teams.contains(&one.holder))
        });
        let people = shared.flat_map(|project| &project.people);
        people.map(|one| one.holder).collect()
    }

    fn profile_by_email(&self, email: &str) -> Result<AccountIx, Refusal> {
        let verified = self.query.flag("verified", true)?;
        let state = self.view.state;
        let mut accounts = (0..).zip(&state.accounts);
        let found = accounts.find(|(_, account)| {
            (account.email_verified || !verified) && state.email(account) == email
        });
        found
            .map(|(ix, _)| ix)
            .ok_or_else(|| Refusal::not_found("Profile"))
    }

    // Teams and memberships.

    fn teams(&self) -> Result<Vec<u8>, Refusal> {
        self.view.caller.require("Team.View")?;
        let archived = self.query.flag("withArchived", false)?;
        let query = self.query.get("query").unwrap_or_default().to_lowercase();
        let teams = (0..).zip(&self.view.state.teams);
        let wanted = teams.filter(|(_, team)| {
            (archived || !team.archived) && team.name.to_lowercase().contains(&query)
        });
        let rows = Rows::Some(wanted.map(|(ix, _)| ix).collect());
        self.page(&schema::TEAM, &rows, |out, frame, ix, _| {
            self.view.team(out, frame, ix);
        })
    }

    fn memberships(&self) -> Result<Vec<u8>, Refusal> {
        let state = self.view.state;
        self.view.caller.require("Profile.Memberships.View")?;
        let archived = self.query.flag("withArchived", false)?;
        let direct = self.query.flag("directTeams", false)?;
        self.query.flag("directRoles", false)?;
        let pending = self.query.maybe_flag("requiresApproval")?;
        let (since, till) = (self.query.instant("since")?, self.query.instant("till")?);
        let identifiers = self.query.all("identifiers");
        let places: Vec<Option<u32>> = identifiers
            .map(|identifier| self.membership_of(identifier))
            .collect::<Result<_, _>>()?;
        let profiles = self.query.all("profiles");
        let profiles: Vec<AccountIx> = profiles
            .map(|identifier| self.view.caller.profile(state, identifier))
            .collect::<Result<_, _>>()?;
        let mut teams = BTreeSet::new();
        for id in self.query.all("teams") {
            let team = state.team_of_id(id);
            let team = team.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
            if direct {
                teams.insert(team);
            } else {
                teams.extend(state.with_teams_below(team));
            }
        }
        let positions: Vec<Option<u16>> = self.query.all("roles").map(position_of_id).collect();

        let wanted = |one: &Membership| {
            (archived || !one.archived)
                && pending.is_none_or(|pending| pending == one.pending)
                && since.is_none_or(|since| one.till.is_none_or(|till| till >= since))
                && till.is_none_or(|till| one.since.is_none_or(|since| since <= till))
                && (teams.is_empty() || teams.contains(&one.team))
                && (profiles.is_empty() || profiles.contains(&one.member))
                && (positions.is_empty() || positions.contains(&Some(one.position)))
        };
        let unfiltered = pending.is_none()
            && (since, till) == (None, None)
            && teams.is_empty()
            && positions.is_empty();
        let all = || 0..u32::try_from(state.memberships.len()).expect("fewer than 2^32");
        let fits = |at: &u32| wanted(&state.memberships[*at as usize]);
        let rows = if !places.is_empty() {
            Rows::Some(places.into_iter().flatten().filter(fits).collect())
        } else if !profiles.is_empty() {
            let of_them = profiles.iter().flat_map(|ix| state.membership_places(*ix));
            Rows::Some(of_them.copied().filter(fits).collect())
        } else if unfiltered {
            match state.live_memberships() {
                Some(live) if !archived => {
                    return self.membership_page(live.len(), |place| live[place]);
                }
                _ => Rows::All(state.memberships.len()),
            }
        } else {
            Rows::Some(all().filter(fits).collect())
        };
        self.membership_page(rows.len(), |place| rows.at(place))
    }

    fn membership_of(&self, identifier: &str) -> Result<Option<u32>, Refusal> {
        let id = identifier.strip_prefix("id:");
        let id = id.ok_or_else(|| not_an_identifier("membership", identifier))?;
        Ok(self.view.state.membership_of_id(id))
    }

    fn membership_page(&self, total: usize, at: impl Fn(usize) -> u32) -> Result<Vec<u8>, Refusal> {
        self.page_of(&schema::MEMBERSHIP, total, |out, frame, place, _| {
            self.view.membership(out, frame, at(place));
        })
    }

    // Projects.

    fn projects(&self, path: &[&str]) -> Result<Vec<u8>, Refusal> {
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

    fn people_with(&self, project: ProjectIx, role: Roles) -> Vec<AccountIx> {
        let people = self.view.state.projects[project as usize].people.iter();
        let with = people.filter(|one| one.roles.has(role));
        with.map(|one| one.holder).collect()
    }

    // Permission roles.

    fn roles(&self) -> Result<Vec<u8>, Refusal> {
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
    fn role_holders(&self, id: &str) -> Result<(Vec<AccountIx>, Vec<TeamIx>), Refusal> {
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

    fn project_role(&self, id: &str) -> Option<(ProjectIx, RoleNumber)> {
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

    // Permissions.

    fn check_permission(&self) -> Result<bool, Refusal> {
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
        let covers =
            |rights: &[super::state::Text]| rights.iter().any(|one| one == "*" || one == right);
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

    // Answers.

    fn json_body(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(self.body).map_err(|_| Refusal {
            status: 400,
            code: "request-error",
            text: "The body is not JSON".to_owned(),
        })
    }

    fn plan(&self, of: &'static Type) -> Result<Plan, Refusal> {
        Plan::of(self.query.fields(), of, self.settings.ignore_unknown_fields)
            .map_err(Refusal::invalid)
    }

    fn one(
        &self,
        of: &'static Type,
        write: impl FnOnce(&mut Json, Frame<'_>),
    ) -> Result<Vec<u8>, Refusal> {
        let plan = self.plan(of)?;
        let mut out = Json::default();
        write(&mut out, Frame::outermost(&plan));
        finish(out)
    }

    fn list<T>(
        &self,
        of: &'static Type,
        rows: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Json, Frame<'_>, T),
    ) -> Result<Vec<u8>, Refusal> {
        let plan = self.plan(of)?;
        let mut out = Json::default();
        out.list(rows, |out, row| write(out, Frame::outermost(&plan), row));
        finish(out)
    }

    fn profile_list(&self, rows: Vec<AccountIx>) -> Result<Vec<u8>, Refusal> {
        self.list(&schema::PROFILE, rows, |out, frame, ix| {
            self.view.profile(out, frame, ix);
        })
    }

    fn profile_page(&self, rows: &Rows) -> Result<Vec<u8>, Refusal> {
        self.page(&schema::PROFILE, rows, |out, frame, ix, _| {
            self.view.profile(out, frame, ix);
        })
    }

    fn page(
        &self,
        of: &'static Type,
        rows: &Rows,
        write: impl Fn(&mut Json, Frame<'_>, u32, bool),
    ) -> Result<Vec<u8>, Refusal> {
        self.page_of(of, rows.len(), |out, frame, place, first| {
            write(out, frame, rows.at(place), first);
        })
    }

    /// One page of a list of `total` rows; `write` is given the place of a row and whether it is the page's first.
    fn page_of(
        &self,
        of: &'static Type,
        total: usize,
        write: impl Fn(&mut Json, Frame<'_>, usize, bool),
    ) -> Result<Vec<u8>, Refusal> {
        let lenient = self.settings.ignore_unknown_fields;
        let plan = BatchPlan::of(self.query.fields(), of, lenient).map_err(Refusal::invalid)?;
        let skip = self.query.number("$skip", 0)?;
        let top = self
            .query
            .number("$top", 100)?
            .min(self.settings.largest_page);

        let bend = self.view.bend;
        let hidden = bend.hidden.min(total);
        let total = total - hidden;
        // Behind the end nothing is bent, so that every list ends.
        let overlap = if skip < total { bend.overlap() } else { 0 };
        let mut begin = skip.saturating_sub(overlap).min(total);
        let mut end = begin.saturating_add(top).min(total);
        let next = if bend.has(&Fault::NextRepeats) {
            skip
        } else {
            end.max(skip)
        };
        if bend.has(&Fault::RepeatPage) && skip < total {
            begin = begin.saturating_sub(top);
            end = begin.saturating_add(top).min(total);
        }

        let mut out = Json::default();
        out.open(b'{');
        if plan.next && !bend.has(&Fault::NextMissing) {
            out.key("next");
            out.text(&next.to_string());
        }
        if plan.total {
            out.key("totalCount");
            out.maybe(
                Some(total).filter(|_| !bend.has(&Fault::NoTotal)),
                |out, total| {
                    out.number(total);
                },
            );
        }
        if let Some(plan) = &plan.data {
            out.key("data");
            out.list(begin..end, |out, place| {
                write(out, Frame::outermost(plan), place + hidden, place == begin);
            });
        }
        out.close(b'}');
        finish(out)
    }
}

/// Whether an account is in the organization at a time.
enum Presence {
    Past,
    Current,
    Future,
}

/// Which role of a project an id names.
#[derive(Clone, Copy)]
enum RoleNumber {
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

fn position_of_id(id: &str) -> Option<u16> {
    ids::serial(IdKind::Position, id).and_then(|at| at.try_into().ok())
}

fn no_value(parameter: &str, value: &str) -> Refusal {
    Refusal::invalid(format!("'{value}' is not a value of {parameter}"))
}

fn no_such_call(method: &str, path: &[&str]) -> Refusal {
    Refusal::not_found(&format!("{method} {}", path.join("/")))
}

fn finish(out: Json) -> Result<Vec<u8>, Refusal> {
    out.finish().ok_or_else(|| Refusal {
        status: 413,
        code: "payload-too-large",
        text: "The answer would be too large".to_owned(),
    })
}
