//! Signals: facts beside an item, each found by a [`Rule`]. A signal never decides.

/// What is looked for in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Held by an external collaborator or a guest.
    External,
    /// Held by a guest.
    Guest,
    /// Held by an account that was deactivated.
    Left,
    /// Held by an account that is suspended.
    Suspended,
    /// Held by an account without two-factor authentication.
    NoTwoFactor,
    /// Held by an account that has not signed in for long.
    NoSignIn,
    /// A role that gives control over others' access.
    Privileged,
    /// The admin role of a private project.
    PrivateAdmin,
    /// A membership that is over.
    Expired,
    /// A membership that has not begun.
    Future,
    /// A membership that waits for an approval.
    Pending,
    /// Of, or held by, a team that was dissolved.
    Disbanded,
    /// What it gives is also reached another way.
    Duplicate,
    /// Nobody else in the holder's teams has this role.
    Alone,
    /// A name with characters that cannot be seen or that act on a terminal.
    Hidden,
    /// A name that looks like another one.
    LookAlike,
    /// Not there in the last signed record.
    New,
    /// Not the same as in the last signed record.
    Changed,
    /// Revoked in the last signed record, and still there.
    StillHere,
    /// The reviewer's own access.
    Own,
    /// Something about it could not be read.
    Unread,
}

impl Rule {
    /// All rules, in the order in which they are told.
    pub const ALL: [Self; 21] = [
        Self::Privileged,
        Self::PrivateAdmin,
        Self::StillHere,
        Self::Left,
        Self::Suspended,
        Self::External,
        Self::Guest,
        Self::NoTwoFactor,
        Self::NoSignIn,
        Self::Hidden,
        Self::LookAlike,
        Self::New,
        Self::Changed,
        Self::Alone,
        Self::Duplicate,
        Self::Expired,
        Self::Future,
        Self::Pending,
        Self::Disbanded,
        Self::Own,
        Self::Unread,
    ];

    /// The name in files and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Guest => "guest",
            Self::Left => "left",
            Self::Suspended => "suspended",
            Self::NoTwoFactor => "no-2fa",
            Self::NoSignIn => "no-sign-in",
            Self::Privileged => "privileged",
            Self::PrivateAdmin => "private-admin",
            Self::Expired => "expired",
            Self::Future => "future",
            Self::Pending => "pending",
            Self::Disbanded => "disbanded",
            Self::Duplicate => "duplicate",
            Self::Alone => "alone",
            Self::Hidden => "hidden",
            Self::LookAlike => "look-alike",
            Self::New => "new",
            Self::Changed => "changed",
            Self::StillHere => "still-here",
            Self::Own => "own",
            Self::Unread => "unread",
        }
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}
