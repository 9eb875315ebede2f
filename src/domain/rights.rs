//! [`Right`]: what a token may read of what a review needs, and how that is known.

use super::{text::Raw, words::count};

/// What a review of access needs to read, as Space's setup pages call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// View memberships.
    Memberships,
    /// View all external users.
    ExternalUsers,
    /// View member profiles.
    Profiles,
    /// View member profile basic info.
    BasicInfo,
    /// View permissions granted to other members.
    GrantedPermissions,
    /// View teams.
    Teams,
    /// View project details.
    Projects,
    /// List restricted projects.
    RestrictedProjects,
    /// Grant permissions to other members.
    OrganizationRoles,
}

impl Permission {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Memberships,
        Self::ExternalUsers,
        Self::Profiles,
        Self::BasicInfo,
        Self::GrantedPermissions,
        Self::Teams,
        Self::Projects,
        Self::RestrictedProjects,
        Self::OrganizationRoles,
    ];

    /// Its name on the pages of Space where tokens and roles are set up.
    pub fn title(self) -> &'static str {
        match self {
            Self::Memberships => "View memberships",
            Self::ExternalUsers => "View all external users",
            Self::Profiles => "View member profiles",
            Self::BasicInfo => "View member profile basic info",
            Self::GrantedPermissions => "View permissions granted to other members",
            Self::Teams => "View teams",
            Self::Projects => "View project details",
            Self::RestrictedProjects => "List restricted projects",
            Self::OrganizationRoles => "Grant permissions to other members",
        }
    }

    /// Its code in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Memberships => "Profile.Memberships.View",
            Self::ExternalUsers => "Profile.ViewAllGuests",
            Self::Profiles => "Profile.View",
            Self::BasicInfo => "Profile.View.Basic",
            Self::GrantedPermissions => "Permissions.View",
            Self::Teams => "Team.View",
            Self::Projects => "Project.View",
            Self::RestrictedProjects => "Project.ViewPrivate",
            Self::OrganizationRoles => "Superadmin",
        }
    }

    /// The one with this code in the API.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// What a review lacks without it.
    pub fn costs(self) -> &'static str {
        match self {
            Self::Memberships => {
                "who is in which team is missing, and with it all access inherited through teams"
            }
            Self::ExternalUsers => {
                "external collaborators and guests who share no project with the token's owner are missing"
            }
            Self::Profiles => "accounts cannot be read, so there is no snapshot at all",
            Self::BasicInfo => "accounts may show without their names",
            Self::GrantedPermissions => {
                "the server may withhold roles of other members; a snapshot names each as a gap"
            }
            Self::Teams => "teams are missing, and with them all access inherited through teams",
            Self::Projects => "projects, and who takes part in them with which role, are missing",
            Self::RestrictedProjects => {
                "restricted projects that the token cannot open are missing, and not even their names are told"
            }
            Self::OrganizationRoles => {
                "organization roles such as System Admin, and who holds them, are missing"
            }
        }
    }
}

/// Whether the token has a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    /// A call that needs it succeeded.
    Shown,
    /// The server says so; there is no call that shows it.
    Said,
    /// It has not; the reason in the server's words or ours.
    Missing(Raw),
    /// Cannot tell; why.
    Unclear(Raw),
}

impl Holding {
    /// The word in files and on screens.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Shown | Self::Said => "granted",
            Self::Missing(_) => "missing",
            Self::Unclear(_) => "cannot tell",
        }
    }

    /// Whether the token has it.
    pub fn is_granted(&self) -> bool {
        matches!(self, Self::Shown | Self::Said)
    }

    /// What shows that it is granted: a call, or only the server's word.
    pub fn shown_by(&self) -> Option<&'static str> {
        match self {
            Self::Shown => Some("call"),
            Self::Said => Some("server's word"),
            Self::Missing(_) | Self::Unclear(_) => None,
        }
    }

    /// Why it is not granted, or why nobody can tell.
    pub fn why(&self) -> Option<&Raw> {
        match self {
            Self::Shown | Self::Said => None,
            Self::Missing(why) | Self::Unclear(why) => Some(why),
        }
    }
}

/// One permission and whether the token has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Which.
    pub permission: Permission,
    /// Whether.
    pub holding: Holding,
}

impl Right {
    /// Whether the token has it, how that is known, and what it costs when it has not: one line, safe to show.
    pub fn words(&self) -> String {
        let title = self.permission.title();
        let costs = self.permission.costs();
        match &self.holding {
            Holding::Shown => format!("granted: {title} (a call that needs it was answered)"),
            Holding::Said => format!("granted: {title} (the server says so; no call shows it)"),
            Holding::Missing(why) => {
                format!("missing: {title}: {}; without it: {costs}", why.safe())
            }
            Holding::Unclear(why) => {
                format!(
                    "cannot tell: {title}: {}; if it is missing: {costs}",
                    why.safe()
                )
            }
        }
    }
}

/// What a token may read, in one line: what is missing by name, and what nobody can tell.
pub fn summary(rights: &[Right]) -> String {
    let granted = rights.iter().filter(|right| right.holding.is_granted());
    let mut text = format!(
        "{} of {} granted",
        granted.count(),
        count(rights.len() as u64, "permission", "permissions")
    );
    for word in ["missing", "cannot tell"] {
        let of = rights.iter().filter(|right| right.holding.word() == word);
        let names: Vec<&str> = of.map(|right| right.permission.title()).collect();
        if !names.is_empty() {
            text = format!("{text}; {word}: {}", names.join(", "));
        }
    }
    text
}
