//! Records as JSON: [`View`] writes the fields that a plan names, as far as the caller may read them.

use super::{
    Token,
    faults::{Bend, Fault},
    fields::Frame,
    ids::{self, Kind as IdKind},
    json::Json,
    request::Caller,
    state::{
        Account, AccountIx, FIRST_CUSTOM_ROLE, Participant, ProjectIx, ROLES_A_PROJECT, Roles,
        State, TeamIx,
    },
};
use crate::domain::{
    account::{Kind, TwoFactor},
    time::Timestamp,
};

/// The organization as one caller sees it at one time.
pub(super) struct View<'r> {
    pub(super) state: &'r State,
    pub(super) caller: &'r Caller,
    pub(super) bend: &'r Bend,
    pub(super) now: Timestamp,
    /// The address of the server.
    pub(super) url: &'r str,
}

/// A role in the answer to `permission-roles/get`.
pub(super) struct RoleView<'s> {
    pub(super) id: String,
    pub(super) custom: bool,
    pub(super) code: Option<&'s str>,
    pub(super) name: &'s str,
    pub(super) description: &'s str,
    pub(super) editable: bool,
}

/// Rights as Space writes them.
fn scope(rights: &[String]) -> String {
    let plain = |right: &&String| !right.contains(':') && *right != "**";
    let global = |right: &String| {
        if plain(&right) {
            format!("global:{right}")
        } else {
            right.clone()
        }
    };
    rights.iter().map(global).collect::<Vec<_>>().join(" ")
}

impl View<'_> {
    /// One object: every field of the plan that may be read, and `$errors` for the others.
    fn object(
        &self,
        out: &mut Json,
        frame: Frame<'_>,
        may_read: impl Fn(&str) -> bool,
        mut field: impl FnMut(&mut Json, &str, Frame<'_>),
    ) {
        if !out.open(b'{') {
            return;
        }
        let mut denied = Vec::new();
        for entry in &frame.plan.entries {
            let name = entry.field.name;
            if self.bend.denies(frame.plan.of.name, name) || !may_read(name) {
                denied.push(name);
                continue;
            }
            out.key(name);
            if self.bend.nulls(frame.plan.of.name, name) {
                out.null();
                continue;
            }
            field(out, name, frame.inside(entry));
        }
        if self.bend.has(&Fault::MoreFields) {
            out.key("sinceTomorrow");
            out.list([()], |out, ()| {
                out.open(b'{');
                out.key("className");
                out.text("Tomorrow.Kind");
                out.close(b'}');
            });
        }
        if !denied.is_empty() {
            let quoted: Vec<String> = denied.iter().map(|name| format!("'{name}'")).collect();
            let message = format!("Could not access following fields: {}.", quoted.join(", "));
            out.key("$errors");
            out.list([()], |out, ()| {
                out.open(b'{');
                out.key("className");
                out.text("HA_InlineError.InaccessibleFields");
                out.key("fields");
                out.list(&denied, |out, name| out.text(name));
                out.key("message");
                out.text(&message);
                out.close(b'}');
            });
        }
        out.close(b'}');
    }

    pub(super) fn organization(&self, out: &mut Json, frame: Frame<'_>) {
        let everything = |_: &str| true;
        self.object(out, frame, everything, |out, name, _| match name {
            "id" | "orgId" => out.text(&self.state.id),
            "name" => out.text(&self.state.name),
            "createdAt" => out.number(1_551_686_400_000_i64),
            "orgIndustry" => out.text("Manufacturing"),
            "onboardingRequired" | "allowDomainsEdit" => out.bool(false),
            _ => out.null(),
        });
    }

    pub(super) fn domain(&self, out: &mut Json, frame: Frame<'_>) {
        let host = self.url.split("://").last().unwrap_or_default();
        let everything = |_: &str| true;
        self.object(out, frame, everything, |out, name, _| match name {
            "domain" => out.text(host),
            "orgUrl" => out.text(self.url),
            _ => out.null(),
        });
    }

    pub(super) fn personal_token(
        &self,
        out: &mut Json,
        frame: Frame<'_>,
        owner: AccountIx,
        number: usize,
        token: &Token,
    ) {
        let everything = |_: &str| true;
        self.object(out, frame, everything, |out, name, frame| match name {
            "id" => out.text(&format!("token{number}")),
            "name" => out.text(&token.name),
            "profile" => self.profile(out, frame, owner),
            "scope" => out.text(&scope(&token.rights)),
            "created" => out.instant(Timestamp::from_ms(0).expect("1970 is in range")),
            "expires" => out.maybe(token.expires, Json::instant),
            _ => out.null(),
        });
    }

    pub(super) fn application(&self, out: &mut Json, frame: Frame<'_>, id: &str, name: &str) {
        let everything = |_: &str| true;
        self.object(out, frame, everything, |out, field, _| match field {
            "id" | "clientId" => out.text(id),
            "name" => out.text(name),
            _ => out.null(),
        });
    }

    pub(super) fn profile(&self, out: &mut Json, frame: Frame<'_>, ix: AccountIx) {
        let account = &self.state.accounts[ix as usize];
        let may_read = |name: &str| self.may_read_of_profile(ix, name);
        self.object(out, frame, may_read, |out, name, frame| {
            if !self.profile_basics(out, name, frame, ix, account) {
                self.profile_extras(out, name, frame, ix, account);
            }
        });
    }

    fn may_read_of_profile(&self, ix: AccountIx, name: &str) -> bool {
        let own = self.caller.me == Some(ix);
        match name {
            "id" => true,
            "username" | "name" => {
                own || self.caller.may("Profile.View.Basic") || self.caller.may("Profile.View")
            }
            "logins" => own || self.caller.me.is_some() && self.caller.may("AuthModule.Manage"),
            "memberships" | "membershipHistory" | "unapprovedMemberships" => {
                own || self.caller.may("Profile.Memberships.View")
            }
            _ => own || self.caller.may("Profile.View"),
        }
    }

    /// Writes one of the fields that `*` covers; `false` when `name` is another.
    fn profile_basics(
        &self,
        out: &mut Json,
        name: &str,
        frame: Frame<'_>,
        ix: AccountIx,
        account: &Account,
    ) -> bool {
        let suspended = account.suspended_at;
        match name {
            "id" => out.text(&self.state.account_id(ix)),
            "username" => out.text(&account.username),
            "name" => self.profile_name(out, frame, account),
            "speaksEnglish" => out.bool(true),
            "smallAvatar" | "avatar" | "profilePicture" => out.null(),
            "languages" => out.list([(); 0], |_, ()| {}),
            "archived" => out.bool(account.archived),
            "notAMember" => out.bool(false),
            "suspended" => out.bool(suspended.is_some()),
            "suspendedAt" => out.maybe(suspended, Json::instant),
            "joined" => out.maybe(account.joined, Json::day),
            "leftAt" => out.maybe(account.left_at, Json::instant),
            "external" => out.bool(account.kind != Kind::Member),
            "externalLight" => out.bool(account.kind == Kind::Guest),
            _ => return false,
        }
        true
    }

    fn profile_extras(
        &self,
        out: &mut Json,
        name: &str,
        frame: Frame<'_>,
        ix: AccountIx,
        account: &Account,
    ) {
        let now = self.now;
        match name {
            "accessSuspended" => out.bool(account.suspended_at.is_some()),
            "accessSuspendedAt" => out.maybe(account.suspended_at, Json::instant),
            "emails" => out.list([()], |out, ()| self.email(out, frame, ix, account)),
            "externalId" => out.maybe(account.external_id.as_deref(), Json::text),
            "left" => out.maybe(account.left_at.map(Timestamp::day), Json::day),
            "logins" => out.list(account.last_sign_in, |out, at| {
                self.login(out, frame, account, at);
            }),
            "memberships" => self.memberships_of(out, frame, ix, |one| {
                !one.archived && !one.pending && one.till.is_none_or(|till| till > now)
            }),
            "membershipHistory" => self.memberships_of(out, frame, ix, |one| {
                one.archived || one.till.is_some_and(|till| till <= now)
            }),
            "unapprovedMemberships" => {
                self.memberships_of(out, frame, ix, |one| one.pending && !one.archived);
            }
            "onboardingRequired" => out.bool(account.last_sign_in.is_none()),
            "status" => out.text(match account.two_factor {
                TwoFactor::Active => "ACTIVE",
                TwoFactor::Inactive => "INACTIVE",
                TwoFactor::NotSetUp => "NOT_SETUP",
            }),
            "customFields" => {
                out.open(b'{');
                out.close(b'}');
            }
            "absences" | "links" | "locationHistory" | "locations" | "managers" | "messengers"
            | "phones" | "topics" => out.list([(); 0], |_, ()| {}),
            _ => out.null(),
        }
    }

    fn profile_name(&self, out: &mut Json, frame: Frame<'_>, account: &Account) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, _| match name {
                "firstName" => out.text(&account.first_name),
                _ => out.text(&account.last_name),
            },
        );
    }

    fn email(&self, out: &mut Json, frame: Frame<'_>, ix: AccountIx, account: &Account) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, _| match name {
                "id" => out.text(&ids::id(IdKind::Email, ix)),
                "email" => out.text(&self.state.email(account)),
                "verified" => out.bool(account.email_verified),
                _ => out.null(),
            },
        );
    }

    fn login(&self, out: &mut Json, frame: Frame<'_>, account: &Account, at: Timestamp) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, frame| match name {
                "identifier" => out.text(&account.username),
                "authModule" => self.object(
                    out,
                    frame,
                    |_| true,
                    |out, name, _| match name {
                        "id" => out.text(&ids::id(IdKind::AuthModule, 0)),
                        "key" => out.text("Saml"),
                        "name" => out.text("Company SSO"),
                        "ordinal" => out.number(0),
                        "enabled" => out.bool(true),
                        "settings" => {
                            out.open(b'{');
                            out.key("className");
                            out.text("ES_HiddenAuthModuleSettings");
                            out.close(b'}');
                        }
                        _ => out.null(),
                    },
                ),
                "details" => self.object(
                    out,
                    frame,
                    |_| true,
                    |out, name, _| match name {
                        "className" => out.text("ES_DefaultProfileLoginDetails"),
                        "login" => out.text(&account.username),
                        "firstName" => out.text(&account.first_name),
                        "lastName" => out.text(&account.last_name),
                        "email" => out.text(&self.state.email(account)),
                        "emailVerified" => out.bool(account.email_verified),
                        _ => out.null(),
                    },
                ),
                "access" => self.object(
                    out,
                    frame,
                    |_| true,
                    |out, name, _| match name {
                        "time" => out.instant(at),
                        "address" => out.text("192.0.2.10"),
                        _ => out.text("Mozilla/5.0"),
                    },
                ),
                _ => out.null(),
            },
        );
    }

    fn memberships_of(
        &self,
        out: &mut Json,
        frame: Frame<'_>,
        ix: AccountIx,
        wanted: impl Fn(&super::state::Membership) -> bool,
    ) {
        let places = self.state.membership_places(ix).iter().copied();
        let wanted = places.filter(|at| wanted(&self.state.memberships[*at as usize]));
        out.list(wanted, |out, at| self.membership(out, frame, at));
    }

    pub(super) fn team(&self, out: &mut Json, frame: Frame<'_>, ix: TeamIx) {
        let team = &self.state.teams[ix as usize];
        let may_read = |name: &str| match name {
            "id" | "name" => true,
            "memberships" => self.caller.may("Profile.Memberships.View"),
            _ => self.caller.may("Team.View"),
        };
        self.object(out, frame, may_read, |out, name, frame| match name {
            "id" => out.text(&self.state.team_id(ix)),
            "name" => out.text(&team.name),
            "description" => out.text(&team.description),
            "parent" => out.maybe(team.parent, |out, parent| self.team(out, frame, parent)),
            "emails" => out.list([(); 0], |_, ()| {}),
            "archived" => out.bool(team.archived),
            "disbanded" => out.bool(team.disbanded_at.is_some()),
            "disbandedAt" => out.maybe(team.disbanded_at, Json::day),
            "customFields" => {
                out.open(b'{');
                out.close(b'}');
            }
            "memberships" => {
                let places = self.state.team_membership_places(ix).iter().copied();
                let live = places.filter(|at| !self.state.memberships[*at as usize].archived);
                out.list(live, |out, at| self.membership(out, frame, at));
            }
            _ => out.null(),
        });
    }

    pub(super) fn membership(&self, out: &mut Json, frame: Frame<'_>, at: u32) {
        let one = &self.state.memberships[at as usize];
        self.object(
            out,
            frame,
            |_| true,
            |out, name, frame| match name {
                "id" => out.text(&self.state.membership_id(one)),
                "member" => self.profile(out, frame, one.member),
                "team" => self.team(out, frame, one.team),
                "role" => self.position(out, frame, one.position),
                "lead" => out.bool(one.lead),
                "since" => out.maybe(one.since.map(Timestamp::day), Json::day),
                "till" => out.maybe(one.till.map(Timestamp::day), Json::day),
                "activeSince" => out.maybe(one.since, Json::instant),
                "activeTill" => out.maybe(one.till, Json::instant),
                "requiresApproval" => out.bool(one.pending),
                "archived" => out.bool(one.archived),
                "customFields" => {
                    out.open(b'{');
                    out.close(b'}');
                }
                _ => out.null(),
            },
        );
    }

    fn position(&self, out: &mut Json, frame: Frame<'_>, position: u16) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, _| match name {
                "id" => out.text(&ids::id(IdKind::Position, u32::from(position))),
                "name" => out.text(&self.state.positions[usize::from(position)]),
                "archived" => out.bool(false),
                _ => out.null(),
            },
        );
    }

    pub(super) fn project(&self, out: &mut Json, frame: Frame<'_>, ix: ProjectIx) {
        let project = &self.state.projects[ix as usize];
        let people = |out: &mut Json, frame: Frame<'_>, role: Roles| {
            let with = project.people.iter().filter(|one| one.roles.has(role));
            out.list(with, |out, one| self.profile(out, frame, one.holder));
        };
        let teams = |out: &mut Json, frame: Frame<'_>, role: Roles| {
            let with = project.teams.iter().filter(|one| one.roles.has(role));
            out.list(with, |out, one| self.team(out, frame, one.holder));
        };
        self.object(
            out,
            frame,
            |_| true,
            |out, name, frame| match name {
                "id" => out.text(&self.state.project_id(ix)),
                "key" if self.bend.has(&Fault::OtherShapes) => out.text(&project.key),
                "key" => self.object(out, frame, |_| true, |out, _, _| out.text(&project.key)),
                "name" => out.text(&project.name),
                "private" => out.bool(project.private),
                "description" => out.text(&project.description),
                "latestRepositoryActivity" => out.maybe(project.active_at, Json::instant),
                "createdAt" => out.maybe(project.created_at, Json::instant),
                "archived" => out.bool(project.archived),
                "adminProfiles" => people(out, frame, Roles::ADMIN),
                "adminTeams" => teams(out, frame, Roles::ADMIN),
                "memberProfiles" => people(out, frame, Roles::MEMBER),
                "memberTeams" => teams(out, frame, Roles::MEMBER),
                "guestProfiles" => people(out, frame, Roles::EXTERNAL),
                "daysInWeek" => out.number(5),
                "hoursInDay" => out.number(8),
                "enable" => out.bool(true),
                "format" => out.text("DAYS"),
                "type" => out.text("ATTACHED"),
                "boards"
                | "bundles"
                | "collaboratorsProfiles"
                | "collaboratorsTeams"
                | "packages"
                | "repos"
                | "tags"
                | "trackers" => out.list([(); 0], |_, ()| {}),
                _ => out.null(),
            },
        );
    }

    pub(super) fn private_project(&self, out: &mut Json, frame: Frame<'_>, ix: ProjectIx) {
        let project = &self.state.projects[ix as usize];
        self.object(
            out,
            frame,
            |_| true,
            |out, name, frame| match name {
                "key" if self.bend.has(&Fault::OtherShapes) => out.text(&project.key),
                "key" => self.object(out, frame, |_| true, |out, _, _| out.text(&project.key)),
                "name" => out.text(&project.name),
                "accessAllowed" => out.bool(self.caller.sees(self.state, ix, self.now)),
                _ => {
                    let admins = project
                        .people
                        .iter()
                        .filter(|one| one.roles.has(Roles::ADMIN));
                    out.list(admins, |out, one| self.profile(out, frame, one.holder));
                }
            },
        );
    }

    /// A person or a team with its roles in a project. `first` tells that it is the first of its page.
    pub(super) fn participant(
        &self,
        out: &mut Json,
        frame: Frame<'_>,
        project: ProjectIx,
        one: Participant,
        first: bool,
    ) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, frame| match name {
                "profile" => self.profile(out, frame, one.holder),
                "team" => self.team(out, frame, one.holder),
                _ => {
                    let unknown = self.bend.unknown_role().filter(|_| first);
                    let classes =
                        project_roles(one.roles).chain(unknown.map(|class| (class, None)));
                    out.list(classes, |out, (class, number)| {
                        let role = number.map(|number| self.state.custom_role_id(project, number));
                        let other = self.bend.has(&Fault::OtherShapes);
                        project_role(out, frame, class, role.as_deref(), other);
                    });
                }
            },
        );
    }

    pub(super) fn role(&self, out: &mut Json, frame: Frame<'_>, role: &RoleView<'_>) {
        self.object(
            out,
            frame,
            |_| true,
            |out, name, _| match name {
                "roleId" => out.text(&role.id),
                "type" => out.text(if role.custom { "CUSTOM" } else { "PREDEFINED" }),
                "code" => out.maybe(role.code, Json::text),
                "name" => out.text(role.name),
                "description" => out.text(role.description),
                "membersEditable" => out.bool(role.editable),
                _ => out.bool(role.custom),
            },
        );
    }

    /// The roles of the whole organization.
    pub(super) fn organization_roles(&self) -> Vec<RoleView<'_>> {
        let roles = (0..).zip(&self.state.roles);
        let view = roles.map(|(at, role)| RoleView {
            id: self.state.role_id(at),
            custom: role.code.is_none(),
            code: role.code.as_deref(),
            name: &role.name,
            description: &role.description,
            editable: role.implicit.is_none(),
        });
        view.collect()
    }

    /// The roles of a project: those that every project has, then its own.
    pub(super) fn roles_of_project(&self, project: ProjectIx) -> Vec<RoleView<'_>> {
        let role_id =
            |number: u32| ids::id(IdKind::ProjectRole, project * ROLES_A_PROJECT + number);
        let shipped = (0..).zip(SHIPPED_ROLES).map(|(number, shipped)| RoleView {
            id: role_id(number),
            custom: false,
            code: Some(shipped.code),
            name: shipped.name,
            description: "",
            editable: shipped.held.is_some(),
        });
        let custom = &self.state.projects[project as usize].custom_roles;
        let custom = (FIRST_CUSTOM_ROLE..).zip(custom);
        let custom = custom.map(|(number, role)| RoleView {
            id: role_id(number),
            custom: true,
            code: None,
            name: &role.name,
            description: "",
            editable: true,
        });
        shipped.chain(custom).collect()
    }
}

/// A role that every project has.
pub(super) struct ShippedRole {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// Which role its holders have, and of which kind they are; `None` when nobody is named.
    pub(super) held: Option<(Roles, Option<Kind>)>,
}

/// The roles that every project has, in the order of their numbers.
pub(super) static SHIPPED_ROLES: &[ShippedRole] = &[
    ShippedRole {
        code: "project-admin",
        name: "Project Admin",
        held: Some((Roles::ADMIN, None)),
    },
    ShippedRole {
        code: "project-member",
        name: "Project Member",
        held: Some((Roles::MEMBER, None)),
    },
    ShippedRole {
        code: "organization-member",
        name: "Organization Member",
        held: None,
    },
    ShippedRole {
        code: "external-collaborator",
        name: "Collaborator",
        held: Some((Roles::EXTERNAL, Some(Kind::Collaborator))),
    },
    ShippedRole {
        code: "external-guest",
        name: "Guest",
        held: Some((Roles::EXTERNAL, Some(Kind::Guest))),
    },
    ShippedRole {
        code: "automation-service",
        name: "Automation Service",
        held: None,
    },
];

/// The classes of a set of project roles, custom ones with their number.
fn project_roles<'c>(roles: Roles) -> impl Iterator<Item = (&'c str, Option<usize>)> {
    let shipped = [
        (Roles::ADMIN, "ProjectAdminRoleApi"),
        (Roles::MEMBER, "ProjectMemberRoleApi"),
        (Roles::EXTERNAL, "ProjectExternalRoleApi"),
    ];
    let held = move |(role, class)| roles.has(role).then_some((class, None));
    let customs = roles.customs();
    shipped
        .into_iter()
        .filter_map(held)
        .chain(customs.map(|number| ("ProjectCustomRoleApi", Some(number))))
}

fn project_role(out: &mut Json, frame: Frame<'_>, class: &str, role: Option<&str>, other: bool) {
    if !out.open(b'{') {
        return;
    }
    for entry in &frame.plan.entries {
        match (entry.field.name, role) {
            ("className", _) => {
                out.key("className");
                out.text(class);
            }
            ("role", Some(role)) => {
                out.key("role");
                if other {
                    out.open(b'{');
                    out.key("className");
                    out.text("PermissionRoleIdentifier.Id");
                    out.key("id");
                    out.text(role);
                    out.close(b'}');
                } else {
                    out.text(role);
                }
            }
            _ => {}
        }
    }
    out.close(b'}');
}
