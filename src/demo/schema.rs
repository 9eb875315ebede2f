//! The types of the API that the server speaks, with their documented fields.
//!
//! Own fields come with `*`; extension fields only when they are asked for by name.

/// A type of the API.
pub(super) struct Type {
    /// Its name in the documentation.
    pub(super) name: &'static str,
    /// Its fields, in the order in which they are sent.
    pub(super) fields: &'static [Field],
}

/// One field of a [`Type`].
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) of: Of,
    /// Whether it is sent only when asked for by name.
    pub(super) extension: bool,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// Text, a number, a time, or a list of such.
    Plain,
    /// Objects of this type, or lists of them.
    Objects(&'static Type),
    /// Objects that this organization never has.
    Nothing,
}

impl Type {
    /// Whether objects of it carry an id, which is always sent and is all that `*` shows of them inside others.
    pub(super) fn is_record(&self) -> bool {
        self.fields.first().is_some_and(|field| field.name == "id")
    }

    /// The documented field called `name`.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn own(name: &'static str, of: Of) -> Field {
    Field {
        name,
        of,
        extension: false,
    }
}

const fn extension(name: &'static str, of: Of) -> Field {
    Field {
        name,
        of,
        extension: true,
    }
}

use Of::{Nothing, Objects, Plain};

/// `OrganizationRecord`.
pub(super) static ORGANIZATION: Type = Type {
    name: "OrganizationRecord",
    fields: &[
        own("id", Plain),
        own("orgId", Plain),
        own("name", Plain),
        own("slogan", Plain),
        own("logoId", Plain),
        own("onboardingRequired", Plain),
        own("allowDomainsEdit", Plain),
        own("createdAt", Plain),
        own("createdWithNavigationV2", Plain),
        own("timezone", Nothing),
        own("orgSize", Plain),
        own("orgIndustry", Plain),
        own("sendAnonymousDataAgreementAccepted", Plain),
        own("marketplaceEnabled", Plain),
        own("slackWorkspace", Plain),
    ],
};

/// `OrgDomainDTO`.
pub(super) static DOMAIN: Type = Type {
    name: "OrgDomainDTO",
    fields: &[
        own("domain", Plain),
        own("expireAt", Plain),
        own("orgUrl", Plain),
        own("codeOrgUrl", Plain),
    ],
};

/// `TDMemberProfile`.
pub(super) static PROFILE: Type = Type {
    name: "TDMemberProfile",
    fields: &[
        own("id", Plain),
        own("username", Plain),
        own("name", Objects(&PROFILE_NAME)),
        own("speaksEnglish", Plain),
        own("smallAvatar", Plain),
        own("avatar", Plain),
        own("profilePicture", Plain),
        own("languages", Nothing),
        own("archived", Plain),
        own("notAMember", Plain),
        own("suspended", Plain),
        own("suspendedAt", Plain),
        own("joined", Plain),
        own("leftAt", Plain),
        own("external", Plain),
        own("externalLight", Plain),
        extension("about", Plain),
        extension("absences", Nothing),
        extension("accessSuspended", Plain),
        extension("accessSuspendedAt", Plain),
        extension("avatarCropSquare", Nothing),
        extension("birthday", Plain),
        extension("customFields", Nothing),
        extension("emails", Objects(&EMAIL)),
        extension("externalId", Plain),
        extension("folderWithChildren", Nothing),
        extension("gender", Plain),
        extension("left", Plain),
        extension("links", Plain),
        extension("locationHistory", Nothing),
        extension("locations", Nothing),
        extension("logins", Objects(&LOGIN)),
        extension("managers", Objects(&PROFILE)),
        extension("membershipHistory", Objects(&MEMBERSHIP)),
        extension("memberships", Objects(&MEMBERSHIP)),
        extension("messengers", Plain),
        extension("onboardingRequired", Plain),
        extension("phones", Plain),
        extension("showBannerOnLandingPage", Plain),
        extension("showBannerOnProjectPage", Plain),
        extension("showBannerOnTeamDirectoryHomePage", Plain),
        extension("status", Plain),
        extension("topics", Nothing),
        extension("unapprovedMemberships", Objects(&MEMBERSHIP)),
    ],
};

/// `TDProfileName`.
pub(super) static PROFILE_NAME: Type = Type {
    name: "TDProfileName",
    fields: &[own("firstName", Plain), own("lastName", Plain)],
};

/// `TDProfileEmail`.
pub(super) static EMAIL: Type = Type {
    name: "TDProfileEmail",
    fields: &[
        own("id", Plain),
        own("email", Plain),
        own("blocked", Plain),
        own("verified", Plain),
    ],
};

/// `ESProfileLogin`.
pub(super) static LOGIN: Type = Type {
    name: "ESProfileLogin",
    fields: &[
        own("identifier", Plain),
        own("authModule", Objects(&AUTH_MODULE)),
        own("details", Objects(&LOGIN_DETAILS)),
        own("access", Objects(&ACCESS)),
    ],
};

/// `ESAuthModule`.
pub(super) static AUTH_MODULE: Type = Type {
    name: "ESAuthModule",
    fields: &[
        own("id", Plain),
        own("key", Plain),
        own("name", Plain),
        own("ordinal", Plain),
        own("enabled", Plain),
        own("iconDataURI", Plain),
        own("settings", Nothing),
    ],
};

/// `ESProfileLoginDetails`.
pub(super) static LOGIN_DETAILS: Type = Type {
    name: "ESProfileLoginDetails",
    fields: &[
        own("className", Plain),
        own("passwordChangeRequest", Plain),
        own("login", Plain),
        own("firstName", Plain),
        own("lastName", Plain),
        own("email", Plain),
        own("emailVerified", Plain),
        own("avatarUrl", Plain),
        own("organizations", Plain),
        own("allEmails", Nothing),
        own("hubAuthModuleLogin", Plain),
    ],
};

/// `AccessRecord`.
pub(super) static ACCESS: Type = Type {
    name: "AccessRecord",
    fields: &[
        own("time", Plain),
        own("address", Plain),
        own("userAgent", Plain),
    ],
};

/// `TDTeam`.
pub(super) static TEAM: Type = Type {
    name: "TDTeam",
    fields: &[
        own("id", Plain),
        own("name", Plain),
        own("description", Plain),
        own("parent", Objects(&TEAM)),
        own("emails", Plain),
        own("channelId", Plain),
        own("archived", Plain),
        own("disbanded", Plain),
        own("disbandedAt", Plain),
        own("externalId", Plain),
        own("defaultManager", Objects(&PROFILE)),
        extension("customFields", Nothing),
        extension("memberships", Objects(&MEMBERSHIP)),
    ],
};

/// `TDMembership`.
pub(super) static MEMBERSHIP: Type = Type {
    name: "TDMembership",
    fields: &[
        own("id", Plain),
        own("member", Objects(&PROFILE)),
        own("team", Objects(&TEAM)),
        own("role", Objects(&POSITION)),
        own("lead", Plain),
        own("manager", Objects(&PROFILE)),
        own("since", Plain),
        own("till", Plain),
        own("activeSince", Plain),
        own("activeTill", Plain),
        own("requiresApproval", Plain),
        own("archived", Plain),
        own("editFor", Objects(&MEMBERSHIP)),
        own("pendingEdit", Objects(&MEMBERSHIP)),
        own("approver", Objects(&PROFILE)),
        own("customFields", Nothing),
    ],
};

/// `TDRole`.
pub(super) static POSITION: Type = Type {
    name: "TDRole",
    fields: &[
        own("id", Plain),
        own("name", Plain),
        own("parent", Objects(&POSITION)),
        own("archived", Plain),
    ],
};

/// `PRProject`.
pub(super) static PROJECT: Type = Type {
    name: "PRProject",
    fields: &[
        own("id", Plain),
        own("key", Objects(&PROJECT_KEY)),
        own("name", Plain),
        own("private", Plain),
        own("description", Plain),
        own("icon", Plain),
        own("latestRepositoryActivity", Plain),
        own("createdAt", Plain),
        own("archived", Plain),
        extension("adminProfiles", Objects(&PROFILE)),
        extension("adminTeams", Objects(&TEAM)),
        extension("boards", Nothing),
        extension("bundles", Nothing),
        extension("collaboratorsProfiles", Objects(&PROFILE)),
        extension("collaboratorsTeams", Objects(&TEAM)),
        extension("daysInWeek", Plain),
        extension("enable", Plain),
        extension("featurePins", Nothing),
        extension("features", Nothing),
        extension("featuresUsage", Nothing),
        extension("format", Plain),
        extension("guestProfiles", Objects(&PROFILE)),
        extension("hoursInDay", Plain),
        extension("memberProfiles", Objects(&PROFILE)),
        extension("memberTeams", Objects(&TEAM)),
        extension("members", Nothing),
        extension("packages", Nothing),
        extension("personalFeaturePins", Nothing),
        extension("repos", Nothing),
        extension("tags", Plain),
        extension("team", Objects(&TEAM)),
        extension("teams", Objects(&TEAM)),
        extension("trackers", Nothing),
        extension("type", Plain),
    ],
};

/// `ProjectKey`.
pub(super) static PROJECT_KEY: Type = Type {
    name: "ProjectKey",
    fields: &[own("key", Plain)],
};

/// `PRPrivateProject`.
pub(super) static PRIVATE_PROJECT: Type = Type {
    name: "PRPrivateProject",
    fields: &[
        own("key", Objects(&PROJECT_KEY)),
        own("name", Plain),
        own("accessAllowed", Plain),
        own("admins", Objects(&PROFILE)),
    ],
};

/// `ParticipantOnProject`.
pub(super) static PARTICIPANT: Type = Type {
    name: "ParticipantOnProject",
    fields: &[
        own("profile", Objects(&PROFILE)),
        own("roles", Objects(&PROJECT_ROLE)),
    ],
};

/// `ParticipantTeamOnProject`.
pub(super) static PARTICIPANT_TEAM: Type = Type {
    name: "ParticipantTeamOnProject",
    fields: &[
        own("team", Objects(&TEAM)),
        own("roles", Objects(&PROJECT_ROLE)),
    ],
};

/// `ProjectRoleApi`.
pub(super) static PROJECT_ROLE: Type = Type {
    name: "ProjectRoleApi",
    fields: &[own("className", Plain), own("role", Plain)],
};

/// `RoleDTO`.
pub(super) static ROLE: Type = Type {
    name: "RoleDTO",
    fields: &[
        own("roleId", Plain),
        own("type", Plain),
        own("code", Plain),
        own("name", Plain),
        own("description", Plain),
        own("membersEditable", Plain),
        own("rightsEditable", Plain),
    ],
};

/// `ESPersonalToken`.
pub(super) static PERSONAL_TOKEN: Type = Type {
    name: "ESPersonalToken",
    fields: &[
        own("id", Plain),
        own("name", Plain),
        own("profile", Objects(&PROFILE)),
        own("scope", Plain),
        own("created", Plain),
        own("expires", Plain),
        own("lastAccess", Objects(&ACCESS)),
    ],
};

/// `ESApp`, as far as an application is told of itself.
pub(super) static APPLICATION: Type = Type {
    name: "ESApp",
    fields: &[
        own("id", Plain),
        own("clientId", Plain),
        own("name", Plain),
        own("email", Plain),
        own("picture", Plain),
        own("createdAt", Plain),
        own("kind", Plain),
    ],
};
