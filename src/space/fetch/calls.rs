//! [`Call`]: the calls a snapshot is made of, and what each asks for.

/// The calls a snapshot is made of, in the order in which a snapshot lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Organization,
    Me,
    Application,
    Permission,
    Accounts,
    Teams,
    Memberships,
    Projects,
    PrivateProjects,
    ProjectAccounts,
    ProjectTeams,
    OlderAdmins,
    OlderMembers,
    Roles,
    RoleAccounts,
    RoleTeams,
    ProjectRoles,
}

/// What one call asks and how people call what it lists.
pub(crate) struct Particulars {
    /// Method and path, with `{…}` for what varies.
    pub(crate) name: &'static str,
    /// The query without paging and fields; for a `POST` what its body says.
    pub(crate) parameters: &'static str,
    /// The fields of one row that every server has.
    pub(crate) fields: &'static str,
    /// One row, for people.
    pub(crate) noun: &'static str,
    /// Further fields, the newest first. A server that does not know them is read without.
    pub(crate) optional: &'static [Optional],
}

/// Fields that a server may be too old to have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Optional {
    /// As they are asked for.
    pub(crate) asked: &'static str,
    /// Their names in an answer.
    pub(crate) names: &'static [&'static str],
    /// What is not known without them.
    pub(crate) label: &'static str,
    /// They help to judge, but say nothing about who has what: their lack alone is no gap.
    pub(crate) context: bool,
}

const fn optional(
    asked: &'static str,
    names: &'static [&'static str],
    label: &'static str,
) -> Optional {
    Optional {
        asked,
        names,
        label,
        context: false,
    }
}

const ACCOUNT: &[Optional] = &[
    optional(
        "accessSuspended,accessSuspendedAt",
        &["accessSuspended", "accessSuspendedAt"],
        "Whether accounts are suspended",
    ),
    optional(
        "externalLight",
        &["externalLight"],
        "Whether external users are collaborators or guests",
    ),
    optional("status", &["status"], "The two-factor status of accounts"),
    optional("external", &["external"], "Whether accounts are external"),
    optional("externalId", &["externalId"], "The outside ids of accounts"),
    Optional {
        context: true,
        ..optional(
            "logins(access(time))",
            &["logins"],
            "The last sign-in of accounts",
        )
    },
    optional("emails(email)", &["emails"], "E-mail addresses of accounts"),
];

const TEAM: &[Optional] = &[
    optional("disbandedAt", &["disbandedAt"], "When teams were disbanded"),
    optional("disbanded", &["disbanded"], "Whether teams are disbanded"),
];

const MEMBERSHIP: &[Optional] = &[
    optional(
        "activeSince,activeTill",
        &["activeSince", "activeTill"],
        "The exact start and end of team memberships",
    ),
    optional(
        "requiresApproval",
        &["requiresApproval"],
        "Whether team memberships wait for approval",
    ),
];

const ROLE: &[Optional] = &[
    optional(
        "membersEditable",
        &["membersEditable"],
        "Whether organization roles are held by everybody of a kind",
    ),
    Optional {
        context: true,
        ..optional("code", &["code"], "The codes of roles")
    },
];

const PRIVATE_PROJECT: &[Optional] = &[optional(
    "accessAllowed",
    &["accessAllowed"],
    "Which restricted projects this token may open",
)];

impl Call {
    /// What it asks.
    #[expect(clippy::too_many_lines, reason = "a table of calls")]
    pub(crate) fn particulars(self) -> Particulars {
        let of = |name, parameters, fields, noun| Particulars {
            name,
            parameters,
            fields,
            noun,
            optional: match self {
                Self::Accounts => ACCOUNT,
                Self::Teams => TEAM,
                Self::Memberships => MEMBERSHIP,
                Self::Roles => ROLE,
                Self::PrivateProjects => PRIVATE_PROJECT,
                _ => &[],
            },
        };
        match self {
            Self::Organization => of("GET organization", "", "id,name", "organization"),
            Self::Me => of(
                "GET team-directory/profiles/me",
                "",
                "id,username",
                "account",
            ),
            Self::Application => of("GET applications/me", "", "id,name", "application"),
            Self::Permission => of(
                "POST permissions/check-permission",
                "uniqueRightCode=Profile.ViewAllGuests, Project.ViewPrivate, Project.View and Permissions.View",
                "",
                "permission",
            ),
            // `verified` of e-mails is too new to be asked for: some servers do not know it.
            Self::Accounts => of(
                "GET team-directory/profiles",
                "orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true",
                "id,username,name(firstName,lastName),archived,leftAt,joined",
                "account",
            ),
            Self::Teams => of(
                "GET team-directory/teams",
                "withArchived=true",
                "id,name,archived,parent(id)",
                "team",
            ),
            Self::Memberships => of(
                "GET team-directory/memberships",
                "withArchived=false",
                "id,lead,archived,since,till,member(id),team(id),role(name)",
                "membership",
            ),
            Self::Projects => of(
                "GET projects",
                "",
                "id,key(key),name,private,archived",
                "project",
            ),
            Self::PrivateProjects => of(
                "GET projects/private-projects",
                "",
                "key(key),name",
                "restricted project",
            ),
            Self::ProjectAccounts => of(
                "GET projects/{project}/people/members",
                "",
                "profile(id),roles(role)",
                "account on projects",
            ),
            Self::ProjectTeams => of(
                "GET projects/{project}/people/teams",
                "",
                "team(id),roles(role)",
                "team on projects",
            ),
            Self::OlderAdmins => of(
                "GET projects/{project}/access/admins",
                "",
                "id",
                "administrator of projects",
            ),
            Self::OlderMembers => of(
                "GET projects/{project}/access/member-profiles",
                "includingAdmins=false",
                "id",
                "member of projects",
            ),
            Self::Roles => of(
                "POST permission-roles/get",
                "contextIdentifier=global",
                "roleId,type,name",
                "organization role",
            ),
            Self::RoleAccounts => of(
                "GET permission-roles/{roleId}/profiles",
                "",
                "id",
                "account holder of roles",
            ),
            Self::RoleTeams => of(
                "GET permission-roles/{roleId}/teams",
                "",
                "id",
                "team holder of roles",
            ),
            Self::ProjectRoles => of(
                "POST permission-roles/get",
                "contextIdentifier=project:id:{project}",
                "roleId,type,name",
                "project role",
            ),
        }
    }
}
