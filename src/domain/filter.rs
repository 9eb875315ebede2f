//! The filter language: one line of text chooses items, on the screen and on the command line alike.
//!
//! Terms stand side by side and all must hold. A term is a word, which is looked for in every name around
//! an item; `field:value`; or either with `-` or `!` in front, which turns it around. Quotes keep words
//! together, `|` separates alternatives: `role:"project admin"|owner -is:kept`. Case and accents do not
//! matter.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    account::{Fact, Kind, State},
    campaign::Campaign,
    decision::Decision,
    grant::{Entitlement, Holder},
    items::{Item, ItemSet},
    snapshot::Snapshot,
};

/// A filter that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

/// Where a filter cannot be understood, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column} of the filter)")]
pub struct Error {
    /// The character it begins at, from 1.
    pub column: usize,
    /// What is wrong, with what would be right.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// Any name around the item has one of these texts, which are folded.
    Text(Field, Vec<String>),
    Is(Vec<Is>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Any,
    Account,
    Team,
    Project,
    Role,
}

macro_rules! states {
    ($($name:ident $word:literal $help:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Is { $($name),* }

        impl Is {
            const ALL: &[(&str, Is)] = &[$(($word, Is::$name)),*];
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
    Implicit "implicit" "a grant nobody can remove",
    Own "own" "the reviewer's own access",
    Noted "noted" "has a note",
    Account "account" "the right to sign in",
    Privileged "privileged" "a role known to give control over others' access",
    TeamHeld "team" "held by a team",
    External "external" "held by a collaborator or guest",
    Collaborator "collaborator" "held by an external collaborator",
    Guest "guest" "held by a guest",
    Active "active" "held by an account that can sign in",
    Suspended "suspended" "held by a suspended account",
    Left "left" "held by a deactivated account",
    Future "future" "held by an account that has not joined yet",
    Unknown "unknown" "something about the holder could not be read",
}

/// The fields that take a text, each with its meaning.
pub const FIELDS: &[(&str, &str)] = &[
    ("is", "a state, such as is:undecided"),
    (
        "account",
        "the holder's name, login name, e-mail address or id",
    ),
    ("team", "the team that is joined, or that holds the grant"),
    ("project", "the project's name or key"),
    ("role", "the role, or Team Lead, Team Member, Can sign in"),
];

impl Filter {
    /// Understands `text`. An empty text matches everything.
    ///
    /// # Errors
    /// With the place and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut terms = Vec::new();
        let mut rest = Reader::new(text);
        while rest.more() {
            terms.push(rest.term()?);
        }
        Ok(Self { terms })
    }

    /// Whether it matches everything because nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// All items that `campaign` puts up for decision and for which it holds.
    pub fn select(&self, campaign: &Campaign) -> ItemSet {
        let snapshot = campaign.snapshot();
        if self.terms.is_empty() {
            return campaign.items().clone();
        }
        // Names are looked at once each, then every item asks only whether its names matched.
        let prepared: Vec<Prepared<'_>> = self
            .terms
            .iter()
            .map(|term| Prepared::of(term, snapshot))
            .collect();
        let items = campaign.items().iter();
        items
            .filter(|item| prepared.iter().all(|term| term.holds(campaign, *item)))
            .collect()
    }
}

/// A line of terms, read from its start. Scopes are written the same way.
pub(super) struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
        }
    }

    /// Whether another term follows.
    pub(super) fn more(&mut self) -> bool {
        self.skip_spaces();
        self.peek().is_some()
    }

    /// The character that is read next, from 1.
    pub(super) fn column(&self) -> usize {
        self.at + 1
    }

    /// The field of the next term, with its column, when it has one.
    pub(super) fn field(&mut self) -> Option<(usize, String)> {
        let start = self.at;
        let word: String = self.chars[start..]
            .iter()
            .take_while(|c| c.is_alphanumeric() || **c == '-')
            .collect();
        let colon = start + word.chars().count();
        if word.is_empty() || self.chars.get(colon) != Some(&':') {
            return None;
        }
        self.at = colon + 1;
        Some((start + 1, word))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn term(&mut self) -> Result<Term, Error> {
        let negated = matches!(self.peek(), Some('-' | '!'));
        self.at += usize::from(negated);
        let Some((column, word)) = self.field() else {
            return Ok(Term {
                negated,
                test: Test::Text(Field::Any, self.folded()?),
            });
        };
        let field = match word.as_str() {
            "is" => {
                return Ok(Term {
                    negated,
                    test: Test::Is(self.states()?),
                });
            }
            "account" => Field::Account,
            "team" => Field::Team,
            "project" => Field::Project,
            "role" => Field::Role,
            _ => {
                let known: Vec<String> = FIELDS
                    .iter()
                    .map(|(field, _)| format!("{field}:"))
                    .collect();
                let message = format!(
                    "there is no field {word}:; the fields are {}",
                    known.join(" ")
                );
                return Err(Error { column, message });
            }
        };
        Ok(Term {
            negated,
            test: Test::Text(field, self.folded()?),
        })
    }

    /// The alternatives up to the next space, each folded.
    fn folded(&mut self) -> Result<Vec<String>, Error> {
        let values = self.values()?.into_iter();
        Ok(values.map(|(_, value)| fold(&value)).collect())
    }

    fn states(&mut self) -> Result<Vec<Is>, Error> {
        let state = |(column, word): (usize, String)| {
            let word = fold(&word);
            let known = Is::ALL
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, is)| *is);
            known.ok_or_else(|| {
                let close = Is::ALL
                    .iter()
                    .map(|(name, _)| *name)
                    .filter(|name| name.starts_with(word.chars().next().unwrap_or(' ')));
                let close: Vec<&str> = close.collect();
                let known: Vec<&str> = Is::ALL.iter().map(|(name, _)| *name).collect();
                let offer = if close.is_empty() { known } else { close };
                Error {
                    column,
                    message: format!("there is no state is:{word}; try {}", offer.join(", ")),
                }
            })
        };
        self.values()?.into_iter().map(state).collect()
    }

    /// The alternatives up to the next space, each with its column.
    pub(super) fn values(&mut self) -> Result<Vec<(usize, String)>, Error> {
        let mut values = Vec::new();
        loop {
            let column = self.at + 1;
            let value: String = if self.peek() == Some('"') {
                self.at += 1;
                let quoted: String = self.chars[self.at..]
                    .iter()
                    .take_while(|c| **c != '"')
                    .collect();
                self.at += quoted.chars().count();
                if self.peek().is_none() {
                    return Err(Error {
                        column,
                        message: "the closing quote is missing".to_owned(),
                    });
                }
                self.at += 1;
                quoted
            } else {
                let plain: String = self.chars[self.at..]
                    .iter()
                    .take_while(|c| !c.is_whitespace() && **c != '|')
                    .collect();
                self.at += plain.chars().count();
                plain
            };
            if value.is_empty() {
                return Err(Error {
                    column,
                    message: "a value is missing".to_owned(),
                });
            }
            values.push((column, value));
            match self.peek() {
                Some('|') => self.at += 1,
                Some(c) if !c.is_whitespace() => {
                    return Err(Error {
                        column: self.at + 1,
                        message: "a space is missing after the quote".to_owned(),
                    });
                }
                _ => return Ok(values),
            }
        }
    }
}

/// Text as filters compare it: without case, accents and compatibility forms.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The names in a snapshot, folded once.
#[derive(Debug)]
pub(super) struct Index {
    accounts: Vec<String>,
    teams: Vec<String>,
    projects: Vec<String>,
    roles: Vec<String>,
    organization: String,
}

impl Index {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        // A line feed separates names, so that no match runs from one into the next.
        let account = |account: &super::account::Account| {
            let email = account.email.known().map_or("", |email| email.raw());
            fold(
                &[
                    account.label().raw(),
                    account.username.raw(),
                    email,
                    &account.id.0,
                ]
                .join("\n"),
            )
        };
        Self {
            accounts: snapshot.accounts().iter().map(account).collect(),
            teams: snapshot
                .teams()
                .iter()
                .map(|team| fold(team.name.raw()))
                .collect(),
            projects: snapshot
                .projects()
                .iter()
                .map(|project| fold(&[project.name.raw(), project.key.raw()].join("\n")))
                .collect(),
            roles: snapshot
                .roles()
                .iter()
                .map(|role| fold(role.name.raw()))
                .collect(),
            organization: fold(snapshot.organization().name.raw()),
        }
    }
}

/// A term with its answer for each name.
enum Prepared<'t> {
    Text {
        negated: bool,
        field: Field,
        hits: Hits,
    },
    Is {
        negated: bool,
        states: &'t [Is],
    },
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "an answer for each name that is always there"
)]
struct Hits {
    accounts: Vec<bool>,
    teams: Vec<bool>,
    projects: Vec<bool>,
    roles: Vec<bool>,
    organization: bool,
    everyone: bool,
    sign_in: bool,
    lead: bool,
    member: bool,
}

impl<'t> Prepared<'t> {
    fn of(term: &'t Term, snapshot: &Snapshot) -> Self {
        let negated = term.negated;
        match &term.test {
            Test::Is(states) => Self::Is { negated, states },
            Test::Text(field, values) => {
                let hit = |name: &str| values.iter().any(|value| name.contains(value.as_str()));
                let hits = |names: &[String]| names.iter().map(|name| hit(name)).collect();
                let index = snapshot.index();
                let hits = Hits {
                    accounts: hits(&index.accounts),
                    teams: hits(&index.teams),
                    projects: hits(&index.projects),
                    roles: hits(&index.roles),
                    organization: hit(&index.organization),
                    everyone: hit("everyone every member every external user"),
                    sign_in: hit("can sign in"),
                    lead: hit("team lead"),
                    member: hit("team member"),
                };
                Self::Text {
                    negated,
                    field: *field,
                    hits,
                }
            }
        }
    }

    fn holds(&self, campaign: &Campaign, item: Item) -> bool {
        match self {
            Self::Text {
                negated,
                field,
                hits,
            } => hits.hold(campaign.snapshot(), *field, item) != *negated,
            Self::Is { negated, states } => {
                states.iter().any(|state| state.holds(campaign, item)) != *negated
            }
        }
    }
}

impl Hits {
    fn hold(&self, snapshot: &Snapshot, field: Field, item: Item) -> bool {
        let grant = snapshot.grant(item);
        let account = || match grant.holder {
            Holder::Account(ix) => self.accounts[ix.index()],
            Holder::Everyone(_) => self.everyone,
            Holder::Team(_) => false,
        };
        let team = || {
            let joined = match grant.entitlement {
                Entitlement::Membership(ix) => self.teams[snapshot.membership(ix).team.index()],
                _ => false,
            };
            joined || matches!(grant.holder, Holder::Team(ix) if self.teams[ix.index()])
        };
        let project = || matches!(grant.entitlement, Entitlement::ProjectRole(ix, _) if self.projects[ix.index()]);
        let role = || match grant.entitlement {
            Entitlement::SignIn => self.sign_in,
            Entitlement::Membership(ix) if snapshot.membership(ix).lead == Fact::Known(true) => {
                self.lead
            }
            Entitlement::Membership(_) => self.member,
            Entitlement::OrganizationRole(ix) | Entitlement::ProjectRole(_, ix) => {
                self.roles[ix.index()]
            }
        };
        let organization = || {
            self.organization
                && matches!(
                    grant.entitlement,
                    Entitlement::SignIn | Entitlement::OrganizationRole(_)
                )
        };
        match field {
            Field::Any => account() || team() || project() || role() || organization(),
            Field::Account => account(),
            Field::Team => team(),
            Field::Project => project(),
            Field::Role => role(),
        }
    }
}

impl Is {
    fn holds(self, campaign: &Campaign, item: Item) -> bool {
        let snapshot = campaign.snapshot();
        let grant = snapshot.grant(item);
        let slot = || campaign.slot(item);
        let account = match grant.holder {
            Holder::Account(ix) => Some(snapshot.account(ix)),
            Holder::Everyone(_) | Holder::Team(_) => None,
        };
        let kind = |kinds: &[Kind]| account.is_some_and(|account| kinds.contains(&account.kind));
        let state = |state| account.is_some_and(|account| account.state(campaign.as_of()) == state);
        match self {
            Self::Undecided | Self::Pending => slot().decision.is_none(),
            Self::Decided => slot().decision.is_some(),
            Self::Kept => slot().decision == Some(Decision::Keep),
            Self::Revoked => slot().decision == Some(Decision::Revoke),
            Self::Acknowledged => slot().decision == Some(Decision::Acknowledge),
            Self::Later => slot().later,
            Self::Implicit => snapshot.implicit(item),
            Self::Own => campaign.is_own(item),
            Self::Noted => campaign.note(item).is_some(),
            Self::Account => grant.entitlement == Entitlement::SignIn,
            Self::Privileged => match grant.entitlement {
                Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => {
                    snapshot.role(role).privileged() == Fact::Known(true)
                }
                Entitlement::SignIn | Entitlement::Membership(_) => false,
            },
            Self::TeamHeld => matches!(grant.holder, Holder::Team(_)),
            Self::External => kind(&[Kind::Collaborator, Kind::Guest]),
            Self::Collaborator => kind(&[Kind::Collaborator]),
            Self::Guest => kind(&[Kind::Guest]),
            Self::Active => state(State::Active),
            Self::Suspended => state(State::Suspended),
            Self::Left => state(State::Left),
            Self::Future => state(State::Future),
            Self::Unknown => kind(&[Kind::Unknown]) || state(State::Unknown),
        }
    }
}

#[cfg(test)]
mod tests;
