//! [`Population`]: what was read so far, growing into a snapshot.

use std::collections::BTreeMap;

use super::{
    calls::Call,
    convert::{MembershipRow, ParticipantRow, TeamRow},
    ledger::{Ledger, count},
};
use crate::{
    domain::{
        account::{Account, AccountId, Fact},
        grant::{Audience, Entitlement, Grant, GrantId, Holder, Membership},
        resource::{Organization, Project, Role, RoleKind, Team},
        snapshot::{self, AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, Snapshot, TeamIx},
        text::Raw,
    },
    space::wire::{PermissionRole, ProjectRole, Told},
};

/// What was read so far. Lists may arrive in any order: whatever a grant names before its list is there
/// gets a place that the list fills later.
#[derive(Debug)]
pub(crate) struct Population {
    organization: Organization,
    accounts: Table<Account>,
    teams: Table<Team>,
    projects: Table<Project>,
    roles: Table<Role>,
    memberships: Table<Membership>,
    /// Holder, what is held, and the number of the answer it was read from.
    grants: Vec<(Holder, Entitlement, u32)>,
}

/// Rows and where each id stands.
#[derive(Debug)]
struct Table<T> {
    places: BTreeMap<Box<str>, usize>,
    rows: Vec<T>,
}

impl<T> Table<T> {
    fn new() -> Self {
        Self {
            places: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// The place of `id`; a new one gets what `make` makes.
    fn place(&mut self, id: &str, make: impl FnOnce() -> T) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.rows.len();
        self.rows.push(make());
        self.places.insert(id.into(), place);
        place
    }
}

/// A project whose participants are to be read.
#[derive(Debug, Clone)]
pub(crate) struct ProjectName {
    pub(crate) id: Box<str>,
    pub(crate) label: String,
}

/// An organization role whose holders are to be read.
#[derive(Debug, Clone)]
pub(crate) struct RoleName {
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
}

impl Population {
    pub(crate) fn new(organization: Organization) -> Self {
        Self {
            organization,
            accounts: Table::new(),
            teams: Table::new(),
            projects: Table::new(),
            roles: Table::new(),
            memberships: Table::new(),
            grants: Vec::new(),
        }
    }

    /// Takes the account list.
    pub(crate) fn list_accounts(&mut self, accounts: Vec<Account>) {
        for account in accounts {
            let place = self.account(&account.id.0.clone());
            self.accounts.rows[place.index()] = account;
        }
    }

    /// Takes the team list.
    pub(crate) fn list_teams(&mut self, teams: Vec<TeamRow>) {
        for TeamRow { mut team, parent } in teams {
            team.parent = parent.map(|parent| self.team(&parent));
            let place = self.team(&team.id.clone());
            self.teams.rows[place.index()] = team;
        }
    }

    /// Takes the membership list.
    pub(crate) fn list_memberships(&mut self, memberships: Vec<MembershipRow>) {
        for row in memberships {
            let MembershipRow {
                mut membership,
                account,
                team,
                source,
            } = row;
            membership.team = self.team(&team);
            let holder = Holder::Account(self.account(&account));
            let id = membership.id.clone();
            let known = self.memberships.rows.len();
            let place = self.memberships.place(&id, || membership.clone());
            if place == known {
                let entitlement = Entitlement::Membership(MembershipIx::at(place));
                self.grant(holder, entitlement, source);
            } else {
                self.memberships.rows[place] = membership;
            }
        }
    }

    /// Takes the project list, and tells the projects in it.
    pub(crate) fn list_projects(&mut self, projects: Vec<Project>) -> Vec<ProjectName> {
        for project in projects {
            let id = project.id.clone();
            let place = self.projects.place(&id, || project.clone());
            self.projects.rows[place] = project;
        }
        let projects = self.projects.rows.iter();
        projects
            .map(|project| ProjectName {
                id: project.id.clone(),
                label: match project_label(project.name.raw(), project.key.raw()) {
                    label if label.is_empty() => project.id.to_string(),
                    label => label,
                },
            })
            .collect()
    }

    /// Whether the project list has a project with this key.
    pub(crate) fn project_keys(&self) -> std::collections::BTreeSet<&str> {
        let projects = self.projects.rows.iter();
        projects.map(|project| project.key.raw()).collect()
    }

    /// Takes the roles of the organization, and tells those whose holders have to be asked for. The others
    /// are held by everybody of a kind, which is one grant each.
    pub(crate) fn list_roles(&mut self, roles: Vec<(PermissionRole, u32)>) -> Vec<RoleName> {
        let mut explicit = Vec::new();
        for (role, source) in roles {
            let Told::Value(id) = role.role_id.clone() else {
                continue;
            };
            let name: Box<str> = role.name.get().map_or_else(|| id.clone(), Clone::clone);
            let implicit = is_implicit(&role);
            let kind = match role.kind.get().map(|kind| &**kind) {
                _ if implicit => RoleKind::OrganizationImplicit,
                Some("PREDEFINED") => RoleKind::OrganizationPredefined,
                _ => RoleKind::OrganizationCustom,
            };
            let known = self.roles.rows.len();
            let ix = self.role(&format!("org:{id}"), &name, kind, source);
            if ix.index() != known {
                continue;
            }
            if implicit {
                let audience = audience(&name, role.code.get().map_or("", |code| code));
                let holder = Holder::Everyone(audience);
                self.grant(holder, Entitlement::OrganizationRole(ix), source);
            } else {
                explicit.push(RoleName { id, name });
            }
        }
        explicit
    }

    /// Takes accounts that hold an organization role.
    pub(crate) fn role_accounts(&mut self, role: &str, accounts: &[(Box<str>, u32)]) {
        for (id, source) in accounts {
            let holder = Holder::Account(self.account(id));
            self.organization_role(role, holder, *source);
        }
    }

    /// Takes teams that hold an organization role.
    pub(crate) fn role_teams(&mut self, role: &str, teams: &[(Box<str>, u32)]) {
        for (id, source) in teams {
            let holder = Holder::Team(self.team(id));
            self.organization_role(role, holder, *source);
        }
    }

    fn organization_role(&mut self, role: &str, holder: Holder, source: u32) {
        let ix = self.role(
            &format!("org:{role}"),
            role,
            RoleKind::OrganizationCustom,
            source,
        );
        self.grant(holder, Entitlement::OrganizationRole(ix), source);
    }

    /// Takes accounts with roles on a project.
    pub(crate) fn project_accounts(&mut self, project: &str, rows: &[ParticipantRow]) {
        for row in rows {
            let holder = Holder::Account(self.account(&row.id));
            self.project_roles(project, holder, row);
        }
    }

    /// Takes teams with roles on a project.
    pub(crate) fn project_teams(&mut self, project: &str, rows: &[ParticipantRow]) {
        for row in rows {
            let holder = Holder::Team(self.team(&row.id));
            self.project_roles(project, holder, row);
        }
    }

    fn project_roles(&mut self, project: &str, holder: Holder, row: &ParticipantRow) {
        let place = *self
            .projects
            .places
            .get(project)
            .expect("participants are read of listed projects only");
        for role in &row.roles {
            let (key, name, kind) = project_role(role);
            let ix = self.role(&key, &name, kind, row.source);
            let entitlement = Entitlement::ProjectRole(ProjectIx::at(place), ix);
            self.grant(holder, entitlement, row.source);
        }
    }

    /// Names a role that a project made; it was met under its id before.
    pub(crate) fn name_project_role(&mut self, id: &str, name: &str, source: u32) {
        if let Some(place) = self.roles.places.get(&*format!("project:role:{id}")) {
            let role = &mut self.roles.rows[*place];
            role.name = Raw::from(name);
            role.source = source;
        }
    }

    fn account(&mut self, id: &str) -> AccountIx {
        let stub = || Account::unlisted(AccountId(id.into()));
        AccountIx::at(self.accounts.place(id, stub))
    }

    fn team(&mut self, id: &str) -> TeamIx {
        let stub = || Team {
            id: id.into(),
            name: Raw::default(),
            parent: None,
            archived: Fact::Unknown,
            disbanded: Fact::Unknown,
            disbanded_at: Fact::Unknown,
            listed: false,
            source: 0,
        };
        TeamIx::at(self.teams.place(id, stub))
    }

    fn role(&mut self, key: &str, name: &str, kind: RoleKind, source: u32) -> RoleIx {
        let make = || Role {
            key: key.into(),
            name: Raw::from(name),
            kind,
            source,
        };
        RoleIx::at(self.roles.place(key, make))
    }

    fn grant(&mut self, holder: Holder, entitlement: Entitlement, source: u32) {
        self.grants.push((holder, entitlement, source));
    }

    /// Freezes what was read; the gaps tell of accounts and teams that grants name and no list has.
    pub(crate) fn finish(mut self, ledger: &mut Ledger) -> Result<Snapshot, snapshot::Error> {
        let listed = self.accounts.rows.iter().enumerate();
        let listed = listed.filter(|(_, account)| account.listed);
        self.grants.extend(listed.map(|(place, account)| {
            let holder = Holder::Account(AccountIx::at(place));
            (holder, Entitlement::SignIn, account.source)
        }));
        let accounts = self.accounts.rows.iter();
        let unlisted = accounts.filter(|account| !account.listed);
        unlisted_gap(
            ledger,
            Call::Accounts,
            unlisted.map(|account| &*account.id.0),
        );
        let unlisted = self.teams.rows.iter().filter(|team| !team.listed);
        unlisted_gap(ledger, Call::Teams, unlisted.map(|team| &*team.id));
        let mut parts = Parts {
            organization: self.organization,
            accounts: self.accounts.rows,
            teams: self.teams.rows,
            projects: self.projects.rows,
            roles: self.roles.rows,
            memberships: self.memberships.rows,
            grants: Vec::new(),
        };
        let grant = |(holder, entitlement, source)| Grant {
            id: GrantId::of(&parts, holder, entitlement),
            holder,
            entitlement,
            source,
        };
        let mut grants: Vec<Grant> = self.grants.into_iter().map(grant).collect();
        // A list that was read twice, or that names something twice, still makes one grant of it.
        grants.sort_by_key(|grant| (grant.id, grant.source));
        grants.dedup_by_key(|grant| grant.id);
        parts.grants = grants;
        Snapshot::assemble(parts)
    }
}

fn unlisted_gap<'a>(ledger: &mut Ledger, call: Call, ids: impl Iterator<Item = &'a str>) {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return;
    }
    let who = count(ids.len() as u64, call.particulars().noun);
    let more = if ids.len() > 5 { " and others" } else { "" };
    ids.truncate(5);
    let ids = ids.join(", ");
    let missing = format!("{who} ({ids}{more}) could not be read, only what they hold");
    ledger.gap(call, missing, "something names them, but the list does not");
}

/// What a person calls a project: its name and its key.
pub(crate) fn project_label(name: &str, key: &str) -> String {
    match (name.is_empty(), key.is_empty()) {
        (false, false) => format!("{name} ({key})"),
        (false, true) => name.to_owned(),
        (true, _) => key.to_owned(),
    }
}

/// Whether a role follows from being in the organization. Servers before mid-2022 do not say; there the
/// names that Space ships decide.
fn is_implicit(role: &PermissionRole) -> bool {
    match role.members_editable {
        Told::Value(editable) => !editable,
        Told::Missing | Told::Null | Told::Odd => {
            let shipped = role.kind.get().is_some_and(|kind| &**kind == "PREDEFINED");
            let name = role.name.get().map_or("", |name| name);
            shipped && matches!(name, "Member" | "External User")
        }
    }
}

fn audience(name: &str, code: &str) -> Audience {
    let says = |word| {
        [name, code]
            .iter()
            .any(|text| text.to_ascii_lowercase().contains(word))
    };
    if says("external") {
        Audience::Externals
    } else if says("member") {
        Audience::Members
    } else {
        Audience::Unknown
    }
}

/// Key, name and kind of a role on a project.
fn project_role(role: &ProjectRole) -> (String, String, RoleKind) {
    let built_in = |key: &str, name: &str, kind| (key.to_owned(), name.to_owned(), kind);
    match role {
        ProjectRole::Admin => built_in("project:admin", "Project Admin", RoleKind::ProjectAdmin),
        ProjectRole::Member => {
            built_in("project:member", "Project Member", RoleKind::ProjectMember)
        }
        ProjectRole::External => {
            built_in("project:external", "External", RoleKind::ProjectExternal)
        }
        ProjectRole::Custom(id) => (
            format!("project:role:{id}"),
            id.to_string(),
            RoleKind::ProjectCustom,
        ),
        ProjectRole::Unknown(class) => (
            format!("project:unknown:{class}"),
            format!("Unknown role ({class})"),
            RoleKind::ProjectUnknown,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population() -> Population {
        Population::new(Organization {
            id: "o".into(),
            name: Raw::from("Halden"),
            url: "https://halden.example".into(),
        })
    }

    #[test]
    fn a_role_that_follows_from_being_there_is_one_grant_to_everybody() {
        let implicit = |audience| (RoleKind::OrganizationImplicit, Some(audience));
        for (json, (kind, audience)) in [
            (
                r#"{"name":"Member","type":"PREDEFINED","membersEditable":false}"#,
                implicit(Audience::Members),
            ),
            (
                r#"{"name":"Member","type":"PREDEFINED","membersEditable":null}"#,
                implicit(Audience::Members),
            ),
            (
                r#"{"name":"External User","type":"PREDEFINED"}"#,
                implicit(Audience::Externals),
            ),
            (
                r#"{"name":"Mitglied","code":"GlobalMember","membersEditable":false}"#,
                implicit(Audience::Members),
            ),
            (
                r#"{"name":"Automation Service","type":"PREDEFINED","membersEditable":false}"#,
                implicit(Audience::Unknown),
            ),
            (
                r#"{"name":"Member","type":"PREDEFINED","membersEditable":true}"#,
                (RoleKind::OrganizationPredefined, None),
            ),
            (
                r#"{"name":"Member","type":"CUSTOM"}"#,
                (RoleKind::OrganizationCustom, None),
            ),
            (
                r#"{"name":"System Admin","type":"PREDEFINED"}"#,
                (RoleKind::OrganizationPredefined, None),
            ),
        ] {
            let mut role: PermissionRole = serde_json::from_str(json).expect(json);
            role.role_id = Told::Value("r".into());
            let mut population = population();
            let explicit = population.list_roles(vec![(role.clone(), 1), (role, 1)]);
            assert_eq!(explicit.len(), usize::from(audience.is_none()), "{json}");
            let snapshot = population
                .finish(&mut Ledger::default())
                .expect("it is sound");
            assert_eq!(snapshot.roles()[0].kind, kind, "{json}");
            let holders: Vec<_> = snapshot.grants().iter().map(|grant| grant.holder).collect();
            let expected: Vec<_> = audience.into_iter().map(Holder::Everyone).collect();
            assert_eq!(holders, expected, "{json}");
        }
    }

    #[test]
    fn what_is_listed_twice_is_there_once() {
        let mut population = population();
        let account = || Account {
            listed: true,
            ..Account::unlisted(AccountId("a".into()))
        };
        let rows = |role| {
            [ParticipantRow {
                id: "a".into(),
                roles: vec![ProjectRole::Admin, ProjectRole::Admin, role],
                source: 3,
            }]
        };
        population.project_accounts_of_new("p", &rows(ProjectRole::Member));
        population.project_accounts_of_new("p", &rows(ProjectRole::Admin));
        population.list_accounts(vec![account(), account()]);
        let mut ledger = Ledger::default();
        let snapshot = population.finish(&mut ledger).expect("it is sound");
        assert_eq!(snapshot.accounts().len(), 1);
        // Signing in, administering, taking part.
        assert_eq!(snapshot.len(), 3);
        assert_eq!(ledger.close().1, []);
    }

    impl Population {
        fn project_accounts_of_new(&mut self, id: &str, rows: &[ParticipantRow]) {
            self.list_projects(vec![Project {
                id: id.into(),
                key: Raw::from("P"),
                name: Raw::from("P"),
                private: Fact::Known(false),
                archived: Fact::Known(false),
                source: 1,
            }]);
            self.project_accounts(id, rows);
        }
    }
}
