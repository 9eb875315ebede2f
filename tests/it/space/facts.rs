//! What is so, one fact a line: as a snapshot says it, and as the server's own state says it.

use muster::{
    demo::{Roles, State},
    domain::{
        grant::{Entitlement, GrantId, Holder},
        resource::RoleKind,
        snapshot::Snapshot,
    },
};

/// Everything a snapshot says, one fact a line.
pub(crate) fn facts(snapshot: &Snapshot) -> Vec<String> {
    let mut facts = Vec::new();
    for account in snapshot.accounts() {
        facts.push(format!(
            "account {:?} {:?} {:?} {:?} {:?} {:?} archived={:?} left={:?} suspended={:?} {:?} joined={:?} {:?} \
             seen={:?} hr={:?} listed={}",
            account.id.0,
            account.username.raw(),
            account.first_name.raw(),
            account.last_name.raw(),
            account.email.known().map(|email| email.raw().to_owned()),
            account.kind,
            account.archived.known(),
            account.left_at.known(),
            account.suspended.known(),
            account.suspended_at.known(),
            account.joined.known(),
            account.two_factor.known(),
            account.last_sign_in.known(),
            account.external_id.known().map(|id| id.raw().to_owned()),
            account.listed,
        ));
    }
    for team in snapshot.teams() {
        let parent = team
            .parent
            .map(|parent| snapshot.team(parent).id.to_string());
        facts.push(format!(
            "team {:?} {:?} above={parent:?} archived={:?} disbanded={:?} {:?} listed={}",
            team.id,
            team.name.raw(),
            team.archived.known(),
            team.disbanded.known(),
            team.disbanded_at.known(),
            team.listed,
        ));
    }
    for project in snapshot.projects() {
        facts.push(format!(
            "project {:?} {:?} {:?} private={:?} archived={:?}",
            project.id,
            project.key.raw(),
            project.name.raw(),
            project.private.known(),
            project.archived.known(),
        ));
    }
    for grant in snapshot.grants() {
        let holder = match grant.holder {
            Holder::Everyone(audience) => format!("{audience:?}"),
            Holder::Account(account) => snapshot.account(account).id.0.to_string(),
            Holder::Team(team) => snapshot.team(team).id.to_string(),
        };
        let what = match grant.entitlement {
            Entitlement::SignIn => "sign-in".to_owned(),
            Entitlement::OrganizationRole(role) => {
                let role = snapshot.role(role);
                format!("{} {:?} {:?}", role.key, role.name.raw(), role.kind)
            }
            Entitlement::ProjectRole(project, role) => {
                let role = snapshot.role(role);
                let project = &snapshot.project(project).id;
                format!(
                    "{project} {} {:?} {:?}",
                    role.key,
                    role.name.raw(),
                    role.kind
                )
            }
            Entitlement::Membership(membership) => {
                let membership = snapshot.membership(membership);
                format!(
                    "membership {} of {} as {:?} lead={:?} pending={:?} archived={:?} {:?}..{:?}",
                    membership.id,
                    snapshot.team(membership.team).id,
                    membership
                        .position
                        .known()
                        .map(|position| position.raw().to_owned()),
                    membership.lead.known(),
                    membership.pending.known(),
                    membership.archived.known(),
                    membership.since.known(),
                    membership.till.known(),
                )
            }
        };
        facts.push(format!("grant {} {holder} {what}", grant.id));
    }
    facts.sort();
    facts
}

/// What a grant is, in Space's ids.
#[derive(Clone, Copy)]
pub(super) enum Held<'a> {
    SignIn {
        account: &'a str,
    },
    Membership {
        membership: &'a str,
    },
    OrganizationRole {
        holder: HolderId<'a>,
        role: &'a str,
    },
    Implicit {
        role: &'a str,
    },
    ProjectRole {
        holder: HolderId<'a>,
        project: &'a str,
        role_key: &'a str,
    },
}

#[derive(Clone, Copy)]
pub(super) enum HolderId<'a> {
    Account(&'a str),
    Team(&'a str),
}

impl HolderId<'_> {
    fn parts(&self) -> [&str; 2] {
        match self {
            Self::Account(id) => ["account", id],
            Self::Team(id) => ["team", id],
        }
    }
}

impl Held<'_> {
    /// The id of the grant, spelt out once more: the parts in their order.
    pub(super) fn id(self, organization: &str) -> GrantId {
        let derive = |parts: &[&str]| GrantId::derive(organization, parts);
        match self {
            Self::SignIn { account } => derive(&["sign-in", account]),
            Self::Membership { membership } => derive(&["membership", membership]),
            Self::Implicit { role } => derive(&["implicit", &format!("org:{role}")]),
            Self::OrganizationRole { holder, role } => {
                let [kind, id] = holder.parts();
                derive(&["org-role", kind, id, &format!("org:{role}")])
            }
            Self::ProjectRole {
                holder,
                project,
                role_key,
            } => {
                let [kind, id] = holder.parts();
                derive(&["project-role", kind, id, project, role_key])
            }
        }
    }
}

/// The same facts from the server's own state, without HTTP, JSON or a client.
pub(crate) fn truth(state: &State, organization: &str) -> Vec<String> {
    let mut facts = Vec::new();
    let id = |held: Held<'_>| held.id(organization);
    for (ix, account) in (0..).zip(state.accounts()) {
        let account_id = state.account_id(ix);
        facts.push(format!(
            "account {account_id:?} {:?} {:?} {:?} {:?} {:?} archived={:?} left={:?} suspended={:?} {:?} \
             joined={:?} {:?} seen={:?} hr={:?} listed=true",
            &*account.username,
            &*account.first_name,
            &*account.last_name,
            Some(state.email(account)),
            account.kind,
            Some(account.archived),
            account.left_at.as_ref(),
            Some(account.suspended_at.is_some()),
            account.suspended_at.as_ref(),
            account.joined.as_ref(),
            Some(account.two_factor),
            account.last_sign_in.as_ref(),
            account.external_id.as_ref().map(ToString::to_string),
        ));
        let held = Held::SignIn {
            account: &account_id,
        };
        facts.push(format!("grant {} {account_id} sign-in", id(held)));
    }
    for (ix, team) in (0..).zip(state.teams()) {
        facts.push(format!(
            "team {:?} {:?} above={:?} archived={:?} disbanded={:?} {:?} listed=true",
            state.team_id(ix),
            &*team.name,
            team.parent.map(|parent| state.team_id(parent)),
            Some(team.archived),
            Some(team.disbanded_at.is_some()),
            team.disbanded_at.as_ref(),
        ));
    }
    for membership in state
        .memberships()
        .iter()
        .filter(|membership| !membership.archived)
    {
        let membership_id = state.membership_id(membership);
        let held = Held::Membership {
            membership: &membership_id,
        };
        facts.push(format!(
            "grant {} {} membership {membership_id} of {} as {:?} lead={:?} pending={:?} archived={:?} {:?}..{:?}",
            id(held),
            state.account_id(membership.member),
            state.team_id(membership.team),
            Some(state.position(membership).to_owned()),
            Some(membership.lead),
            Some(membership.pending),
            Some(false),
            membership.since.as_ref(),
            membership.till.as_ref(),
        ));
    }
    facts.extend(truth_of_roles(state, organization));
    facts.extend(truth_of_projects(state, organization));
    facts.sort();
    facts
}

fn holder_id(account: bool, id: &str) -> HolderId<'_> {
    if account {
        HolderId::Account(id)
    } else {
        HolderId::Team(id)
    }
}

fn role_lines(state: &State, project: u32, roles: Roles) -> Vec<(String, String, RoleKind)> {
    let built_in = [
        (
            Roles::ADMIN,
            "project:admin",
            "Project Admin",
            RoleKind::ProjectAdmin,
        ),
        (
            Roles::MEMBER,
            "project:member",
            "Project Member",
            RoleKind::ProjectMember,
        ),
        (
            Roles::EXTERNAL,
            "project:external",
            "External",
            RoleKind::ProjectExternal,
        ),
    ];
    let built_in = built_in.into_iter().filter(|one| roles.has(one.0));
    let mut lines: Vec<_> = built_in
        .map(|(_, key, name, kind)| (key.to_owned(), name.to_owned(), kind))
        .collect();
    for number in roles.customs() {
        let key = format!("project:role:{}", state.custom_role_id(project, number));
        let name = state.projects()[project as usize].custom_roles[number]
            .name
            .to_string();
        lines.push((key, name, RoleKind::ProjectCustom));
    }
    lines
}

fn truth_of_roles(state: &State, organization: &str) -> Vec<String> {
    let mut facts = Vec::new();
    let id = |held: Held<'_>| held.id(organization);
    for (ix, role) in (0..).zip(state.roles()) {
        let role_id = state.role_id(ix);
        let name = &*role.name;
        if let Some(audience) = role.implicit {
            facts.push(format!(
                "grant {} {audience:?} org:{role_id} {name:?} {:?}",
                id(Held::Implicit { role: &role_id }),
                RoleKind::OrganizationImplicit
            ));
            continue;
        }
        let kind = match role.code {
            Some(_) => RoleKind::OrganizationPredefined,
            None => RoleKind::OrganizationCustom,
        };
        let accounts = role.profiles.iter().map(|ix| (true, state.account_id(*ix)));
        let teams = role.teams.iter().map(|ix| (false, state.team_id(*ix)));
        for (account, holder) in accounts.chain(teams) {
            let held = Held::OrganizationRole {
                holder: holder_id(account, &holder),
                role: &role_id,
            };
            facts.push(format!(
                "grant {} {holder} org:{role_id} {name:?} {kind:?}",
                id(held)
            ));
        }
    }
    facts
}

fn truth_of_projects(state: &State, organization: &str) -> Vec<String> {
    let mut facts = Vec::new();
    let id = |held: Held<'_>| held.id(organization);
    for (ix, project) in (0..).zip(state.projects()) {
        let project_id = state.project_id(ix);
        facts.push(format!(
            "project {project_id:?} {:?} {:?} private={:?} archived={:?}",
            &*project.key,
            &*project.name,
            Some(project.private),
            Some(project.archived),
        ));
        let people = project
            .people
            .iter()
            .map(|one| (true, state.account_id(one.holder), one.roles));
        let teams = project
            .teams
            .iter()
            .map(|one| (false, state.team_id(one.holder), one.roles));
        for (account, holder, roles) in people.chain(teams) {
            for (key, name, kind) in role_lines(state, ix, roles) {
                let held = Held::ProjectRole {
                    holder: holder_id(account, &holder),
                    project: &project_id,
                    role_key: &key,
                };
                facts.push(format!(
                    "grant {} {holder} {project_id} {key} {name:?} {kind:?}",
                    id(held)
                ));
            }
        }
    }
    facts
}
