//! [`Field`]: what can stand before a colon, and the words that can stand behind some of them.

use crate::domain::{account::State, check, decision::Decision, earlier::Delta, signal};

macro_rules! fields {
    ($($field:ident $word:literal $help:literal,)*) => {
        /// What a term looks at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $(#[doc = $help] $field),* }

        impl Field {
            pub(super) const ALL: &[(&str, Field)] = &[$(($word, Field::$field)),*];
        }

        /// The fields, each with its meaning.
        pub const FIELDS: &[(&str, &str)] = &[$(($word, $help)),*];
    };
}

// A field is added here. One whose values are words has them in `Field::words`, and says in `Word` what each asks.
fields! {
    Is "is" "a state, such as is:undecided",
    Account "account" "the holder's name, login name, e-mail address or id",
    Team "team" "the team that is joined, or that holds the grant",
    Project "project" "the project's name or key",
    Role "role" "the role, or Team Lead, Team Member, Can sign in",
    OrgRole "org-role" "the role, where it is one of the organization",
    Kind "kind" "what is held: account (can sign in), organization, team, project",
    State "state" "the holder's account: active, suspended, left, future, unknown",
    TwoFactor "2fa" "the holder's two-factor sign-in: on, off, unknown",
    SignIn "signin" "when the holder last signed in: a date, an age, never, unknown",
    Joined "joined" "the holder's first day in the organization: a date or an age",
    Since "since" "when the membership of a team began: a date, an age, none, unknown",
    Until "until" "when the membership of a team ends or ended; +30d is ahead; none, unknown",
    Signal "signal" "what a rule says about the item, as in signal:no-2fa; signal:no-2fa? where it cannot tell",
    Item "item" "the item's number, as in item:12..40",
    Open "open" "how many undecided items the holder has, as in open:>10",
    Delta "delta" "what the item is beside the previous record; unknown without one",
    Was "was" "what the previous record decided about the item",
    Reason "reason" "the reason of the decision",
    Note "note" "the note on the item",
    Flag "flag" "a red flag, as muster check names it: flag:removes-nothing",
}

/// A word behind a colon, and what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Is(Is),
    Kind(Kind),
    State(State),
    /// On, off; `None` is unknown.
    TwoFactor(Option<bool>),
    Delta(Delta),
    /// `None` is undecided.
    Was(Option<Decision>),
    Flag(check::Rule),
    /// The rule says yes.
    Signal(signal::Rule),
    /// The rule cannot tell.
    NoSignal(signal::Rule),
}

impl Field {
    /// Its word.
    pub(super) fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, field)| *field == self);
        found.map_or("", |(word, _)| word)
    }

    /// The words it takes, each with what it asks and its meaning; empty when it takes anything else.
    pub(super) fn words(self) -> Vec<(&'static str, Word, &'static str)> {
        match self {
            Self::Is => {
                let all = Is::ALL.iter();
                all.map(|(word, is, help)| (*word, Word::Is(*is), *help))
                    .collect()
            }
            Self::Kind => {
                let all = Kind::ALL.iter();
                all.map(|(word, kind, help)| (*word, Word::Kind(*kind), *help))
                    .collect()
            }
            Self::State => {
                let all = STATES_OF_ACCOUNTS.iter();
                all.map(|(word, state, help)| (*word, Word::State(*state), *help))
                    .collect()
            }
            Self::TwoFactor => vec![
                ("on", Word::TwoFactor(Some(true)), "set up and required"),
                (
                    "off",
                    Word::TwoFactor(Some(false)),
                    "switched off or never set up",
                ),
                ("unknown", Word::TwoFactor(None), "the server did not tell"),
            ],
            Self::Delta => {
                let help = |delta| match delta {
                    Delta::New => "not in it",
                    Delta::Changed => "something differs that a decision may rest on",
                    Delta::Unchanged => "nothing differs",
                    Delta::Back => "revoked in it and here, or gone in between",
                };
                let all = Delta::ALL.into_iter();
                all.map(|delta| (delta.word(), Word::Delta(delta), help(delta)))
                    .collect()
            }
            Self::Was => vec![
                ("keep", Word::Was(Some(Decision::Keep)), "kept"),
                ("revoke", Word::Was(Some(Decision::Revoke)), "revoked"),
                (
                    "acknowledge",
                    Word::Was(Some(Decision::Acknowledge)),
                    "seen, where nobody can remove it",
                ),
                ("undecided", Word::Was(None), "left open"),
                ("none", Word::Delta(Delta::New), "not in it"),
            ],
            Self::Flag => {
                let all = check::Rule::ALL.iter();
                all.map(|rule| (rule.name(), Word::Flag(*rule), rule.title()))
                    .collect()
            }
            Self::Signal => {
                let yes = |rule: signal::Rule| (rule.name(), Word::Signal(rule), rule.help());
                let unknown = |rule: signal::Rule| {
                    let help = "that could not be told";
                    (rule.asked(), Word::NoSignal(rule), help)
                };
                let all = signal::Rule::ALL.into_iter();
                all.clone().map(yes).chain(all.map(unknown)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What one of its words is called.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Signal => "signal",
            Self::Is | Self::State => "state",
            Self::Flag => "flag",
            _ => "value",
        }
    }
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Account,
    Organization,
    Team,
    Project,
}

impl Kind {
    const ALL: &[(&str, Self, &str)] = &[
        ("account", Self::Account, "the right to sign in"),
        (
            "organization",
            Self::Organization,
            "a role of the organization",
        ),
        ("team", Self::Team, "membership of a team"),
        ("project", Self::Project, "a role in a project"),
    ];
}

const STATES_OF_ACCOUNTS: &[(&str, State, &str)] = &[
    ("active", State::Active, "can sign in"),
    (
        "suspended",
        State::Suspended,
        "locked until somebody lifts the lock",
    ),
    ("left", State::Left, "deactivated"),
    ("future", State::Future, "has not joined yet"),
    (
        "unknown",
        State::Unknown,
        "the server did not say enough to tell",
    ),
];

macro_rules! states {
    ($($name:ident $word:literal $help:literal,)*) => {
        /// A state of an item, of its decision or of its holder. Each asks for what is known, so there is no unknown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Is { $(#[doc = $help] $name),* }

        impl Is {
            const ALL: &[(&str, Is, &str)] = &[$(($word, Is::$name, $help)),*];
        }

        /// The words that may follow `is:`, each with its meaning.
        pub const STATES: &[(&str, &str)] = &[$(($word, $help)),*];
    };
}

states! {
    Undecided "undecided" "no decision yet, bookmarked or not",
    Pending "pending" "the same as undecided",
    Decided "decided" "kept, revoked or acknowledged",
    Kept "kept" "decided to stay",
    Revoked "revoked" "decided to go",
    Acknowledged "acknowledged" "implicit and seen",
    Later "later" "bookmarked for later, still undecided",
    Bulk "bulk" "decided or bookmarked with others in one act",
    Implicit "implicit" "a grant nobody can remove",
    Own "own" "the reviewer's own access",
    Noted "noted" "has a note",
    Exception "exception" "policy took it out of a bulk, and it is still undecided",
    Account "account" "the right to sign in",
    Privileged "privileged" "a role known to give control over others' access",
    Lead "lead" "leads the team",
    Ended "ended" "a membership that is over",
    Unapproved "unapproved" "a membership that waits for approval",
    Upcoming "upcoming" "a membership that has not begun",
    TeamHeld "team" "held by a team",
    Member "member" "held by a member of the organization",
    External "external" "held by a collaborator or guest",
    Collaborator "collaborator" "held by an external collaborator",
    Guest "guest" "held by a guest",
    Active "active" "held by an account that can sign in",
    Suspended "suspended" "held by a suspended account",
    Left "left" "held by a deactivated account",
    Future "future" "held by an account that has not joined yet",
    Unlisted "unlisted" "held by an account that the list of accounts lacks",
    Unknown "unknown" "something about the holder could not be read",
}
