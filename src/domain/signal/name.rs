//! Rules about names: what hides in them, and which ones look alike.
//!
//! Which names look alike follows from tables of Unicode. They belong to the version of the rule: the crate that has
//! them stays at one version, and whoever changes that makes a new version of the rule.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use unicode_security::{mixed_script::AugmentedScriptSet, skeleton};

use super::{Rule, Values};
use crate::domain::{
    grant::{Entitlement, Holder},
    items::Item,
    snapshot::{AccountIx, ProjectIx, RoleIx, Snapshot, TeamIx},
    text::Raw,
};

/// What the rules say about each name, and what the look-alikes look like.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) accounts: Vec<Values>,
    pub(super) teams: Vec<Values>,
    pub(super) projects: Vec<Values>,
    pub(super) roles: Vec<Values>,
    /// For each name that looks like another one, that one; `None` where its own letters are mixed.
    alike: BTreeMap<Named, Option<Named>>,
}

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Account(AccountIx),
    /// An account by its login name, which is compared with login names alone.
    Login(AccountIx),
    Team(TeamIx),
    Project(ProjectIx),
    Role(RoleIx),
}

impl Named {
    fn name(self, snapshot: &Snapshot) -> Raw {
        match self {
            Self::Account(ix) => snapshot.account(ix).label(),
            Self::Login(ix) => snapshot.account(ix).username.clone(),
            Self::Team(ix) => snapshot.team(ix).name.clone(),
            Self::Project(ix) => snapshot.project(ix).name.clone(),
            Self::Role(ix) => snapshot.role(ix).name.clone(),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Login(_) => "login name",
            Self::Team(_) => "team",
            Self::Project(_) => "project",
            Self::Role(_) => "role",
        }
    }

    fn is_login(self) -> bool {
        matches!(self, Self::Login(_))
    }
}

impl Names {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut alike = look_alikes(snapshot);
        let mut values = |named: Named, read: bool| {
            let mut values = Values::default();
            let name = named.name(snapshot);
            values.put(Rule::Hidden, read.then(|| name.has_hidden()));
            if mixes_scripts(name.raw()) {
                alike.entry(named).or_insert(None);
            }
            values.put(Rule::LookAlike, read.then(|| alike.contains_key(&named)));
            values
        };
        let accounts = snapshot.accounts().iter().enumerate();
        let accounts = accounts.map(|(at, account)| {
            let ix = AccountIx::at(at);
            let login = values(Named::Login(ix), account.listed);
            login.or(values(Named::Account(ix), account.listed))
        });
        let accounts = accounts.collect();
        let teams = snapshot.teams().iter().enumerate();
        let teams = teams.map(|(at, team)| values(Named::Team(TeamIx::at(at)), team.listed));
        let teams = teams.collect();
        let projects = 0..snapshot.projects().len();
        let projects = projects.map(|at| values(Named::Project(ProjectIx::at(at)), true));
        let projects = projects.collect();
        let roles = 0..snapshot.roles().len();
        let roles = roles.map(|at| values(Named::Role(RoleIx::at(at)), true));
        let roles = roles.collect();
        Self {
            accounts,
            teams,
            projects,
            roles,
            alike,
        }
    }

    /// The names around an item in which something hides.
    pub(super) fn hidden(snapshot: &Snapshot, item: Item) -> String {
        let hiding = around(snapshot, item).into_iter().filter_map(|named| {
            let name = named.name(snapshot);
            name.has_hidden()
                .then(|| format!("{} {}", named.noun(), name.safe()))
        });
        let hiding: Vec<String> = hiding.collect();
        if hiding.is_empty() {
            "a name was not read".to_owned()
        } else {
            hiding.join(", ")
        }
    }

    /// The names around an item that look like others, with those.
    pub(super) fn look_alike(&self, snapshot: &Snapshot, item: Item) -> String {
        let alike = around(snapshot, item).into_iter().filter_map(|named| {
            let other = self.alike.get(&named)?;
            let name = format!("{} {}", named.noun(), named.name(snapshot).safe());
            Some(match other {
                Some(other) => {
                    let other_name = other.name(snapshot);
                    format!("{name} looks like {} {}", other.noun(), other_name.safe())
                }
                None => format!("{name} mixes scripts in a word"),
            })
        });
        let alike: Vec<String> = alike.collect();
        if alike.is_empty() {
            "a name was not read".to_owned()
        } else {
            alike.join(", ")
        }
    }
}

/// All that has a name and that an item is about.
fn around(snapshot: &Snapshot, item: Item) -> Vec<Named> {
    let grant = snapshot.grant(item);
    let mut around = match grant.holder {
        Holder::Everyone(_) => Vec::new(),
        Holder::Account(ix) => vec![Named::Account(ix), Named::Login(ix)],
        Holder::Team(ix) => vec![Named::Team(ix)],
    };
    match grant.entitlement {
        Entitlement::SignIn => {}
        Entitlement::OrganizationRole(role) => around.push(Named::Role(role)),
        Entitlement::Membership(ix) => around.push(Named::Team(snapshot.membership(ix).team)),
        Entitlement::ProjectRole(project, role) => {
            around.extend([Named::Project(project), Named::Role(role)]);
        }
    }
    around
}

/// For each name that looks like another one without being the same, one of those.
fn look_alikes(snapshot: &Snapshot) -> BTreeMap<Named, Option<Named>> {
    let accounts = || (0..snapshot.accounts().len()).map(AccountIx::at);
    let listed = |ix: &AccountIx| snapshot.account(*ix).listed;
    let all = accounts()
        .filter(listed)
        .flat_map(|ix| [Named::Account(ix), Named::Login(ix)])
        .chain((0..snapshot.teams().len()).map(|at| Named::Team(TeamIx::at(at))))
        .chain((0..snapshot.projects().len()).map(|at| Named::Project(ProjectIx::at(at))))
        .chain((0..snapshot.roles().len()).map(|at| Named::Role(RoleIx::at(at))));
    // Names are many and few look alike, so only a short form of each is kept.
    let skeletons = Skeletons::new();
    let mut short: Vec<(bool, u64, Named)> = Vec::new();
    for named in all {
        let name = named.name(snapshot);
        if !name.is_blank() {
            let mut hasher = DefaultHasher::new();
            skeletons.of(name.raw()).hash(&mut hasher);
            short.push((named.is_login(), hasher.finish(), named));
        }
    }
    short.sort_unstable();
    let mut alike = BTreeMap::new();
    for group in short.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        if group.len() > 1 {
            let names = group
                .iter()
                .map(|(.., named)| (*named, named.name(snapshot)));
            alike_in(&skeletons, &names.collect::<Vec<_>>(), &mut alike);
        }
    }
    alike
}

fn alike_in(
    skeletons: &Skeletons,
    names: &[(Named, Raw)],
    alike: &mut BTreeMap<Named, Option<Named>>,
) {
    // Those with one short form nearly always have one skeleton.
    let mut by_skeleton: BTreeMap<String, Vec<&(Named, Raw)>> = BTreeMap::new();
    for entry in names {
        let skeleton = skeletons.of(entry.1.raw());
        by_skeleton.entry(skeleton).or_default().push(entry);
    }
    for group in by_skeleton.into_values() {
        let [first, rest @ ..] = &group[..] else {
            continue;
        };
        let Some(other) = rest.iter().find(|entry| entry.1 != first.1) else {
            continue;
        };
        for (named, name) in &group {
            let like = if *name == first.1 { other.0 } else { first.0 };
            alike.insert(*named, Some(like));
        }
    }
}

/// What is left of a name when letters that look alike are one letter; blanks in a row are one blank.
struct Skeletons {
    /// Of the characters of ASCII, of which nearly all names are made.
    ascii: Vec<String>,
}

impl Skeletons {
    fn new() -> Self {
        let ascii =
            (0..128).map(|c: u8| skeleton(char::from(c).encode_utf8(&mut [0; 4])).collect());
        Self {
            ascii: ascii.collect(),
        }
    }

    fn of(&self, name: &str) -> String {
        let mut out = String::with_capacity(name.len() + 4);
        if name.is_ascii() {
            for word in name.split_ascii_whitespace() {
                for byte in word.bytes() {
                    out.push_str(&self.ascii[usize::from(byte)]);
                }
                out.push(' ');
            }
        } else {
            let whole: String = skeleton(name).collect();
            for word in whole.split_whitespace() {
                out.push_str(word);
                out.push(' ');
            }
        }
        out
    }
}

/// Whether a word has letters of several scripts that are not written together.
fn mixes_scripts(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    let mixed = |word: &str| {
        if !AugmentedScriptSet::for_str(word).is_empty() {
            return false;
        }
        // Chinese, Japanese and Korean take Latin letters into their words.
        let others: String = word.chars().filter(|c| !c.is_ascii()).collect();
        let others = AugmentedScriptSet::for_str(&others);
        !(others.hanb || others.jpan || others.kore)
    };
    name.split(|c: char| !c.is_alphanumeric()).any(mixed)
}
