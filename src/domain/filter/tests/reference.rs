//! The same language answered the slow way: each item asked for itself, from the words of the help.

use std::{fmt::Write as _, sync::Arc};

use proptest::{prelude::*, sample::select};

use super::super::{Filter, STATES, fold};
use crate::domain::{
    account::{Account, Fact, Kind, State, TwoFactor},
    campaign::Campaign,
    decision::{Change, Decision},
    fixture::{Org, entry, now, scoped},
    grant::{Entitlement, Holder, Membership, Standing},
    items::{Item, ItemSet},
    journal::{Chosen, Decided, Event, LeftOut},
    resource::{RoleKind, Team},
    signal::Rule,
    snapshot::Snapshot,
    text::Raw,
    time::Timestamp,
};

/// A filter as its words are meant.
#[derive(Debug, Clone)]
enum Meant {
    /// Texts, each with whether it is the whole name.
    Text(Option<&'static str>, Vec<(&'static str, bool)>),
    Words(&'static str, Vec<&'static str>),
    Time(&'static str, Vec<Time>),
    Number(&'static str, &'static str, u64),
    Not(Box<Meant>),
    And(Vec<Meant>),
    Or(Vec<Meant>),
}

#[derive(Debug, Clone)]
enum Time {
    Word(&'static str),
    /// A comparison with a number of days, ahead or not.
    Age(&'static str, bool, i64),
    /// A comparison with a day.
    Day(&'static str, &'static str),
}

const SIGNS: [&str; 5] = ["", "<", "<=", ">", ">="];
const NAMES: [&str; 14] = [
    "a", "ben", "OKAFOR", "pay", "lab", "team", "member", "admin", "acme", "é", "bokfr", "zzz",
    "会", "or",
];
const DAYS: [&str; 5] = [
    "2024-01-01",
    "2025-12-31",
    "2026-03-31",
    "2026-04-01",
    "2027-01-01",
];

fn compare<T: PartialOrd>(sign: &str, one: &T, other: &T) -> bool {
    match sign {
        "" => one == other,
        "<" => one < other,
        "<=" => one <= other,
        ">" => one > other,
        _ => one >= other,
    }
}

fn any(told: &[Option<bool>]) -> Option<bool> {
    if told.contains(&Some(true)) {
        Some(true)
    } else if told.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// An operator stands in quotes when it is a word.
fn quoted(text: &str) -> bool {
    text == "or"
}

impl Meant {
    fn text(&self) -> String {
        let values = |field: &str, values: Vec<String>| format!("{field}:{}", values.join("|"));
        match self {
            Self::Text(field, texts) => {
                let one = |(text, whole): &(&str, bool)| {
                    let sign = if *whole { "=" } else { "" };
                    let quote = if quoted(text) { "\"" } else { "" };
                    format!("{sign}{quote}{text}{quote}")
                };
                let texts: Vec<String> = texts.iter().map(one).collect();
                match field {
                    Some(field) => values(field, texts),
                    None => texts.join("|"),
                }
            }
            Self::Words(field, words) => {
                values(field, words.iter().map(|word| (*word).to_owned()).collect())
            }
            Self::Time(field, times) => {
                let one = |time: &Time| match time {
                    Time::Word(word) => (*word).to_owned(),
                    Time::Age(sign, ahead, days) => {
                        format!("{sign}{}{days}d", if *ahead { "+" } else { "" })
                    }
                    Time::Day(sign, day) => format!("{sign}{day}"),
                };
                values(field, times.iter().map(one).collect())
            }
            Self::Number(field, sign, n) => format!("{field}:{sign}{n}"),
            Self::Not(meant) => match &**meant {
                Self::Not(_) => format!("not {}", meant.text()),
                Self::And(_) | Self::Or(_) => format!("!({})", meant.text()),
                _ => format!("-{}", meant.text()),
            },
            Self::And(all) => Self::joined(all, " "),
            Self::Or(all) => Self::joined(all, " OR "),
        }
    }

    fn joined(all: &[Self], between: &str) -> String {
        let mut text = String::new();
        for (place, one) in all.iter().enumerate() {
            let between = if place > 0 { between } else { "" };
            let _ = match one {
                Self::And(_) | Self::Or(_) => write!(text, "{between}({})", one.text()),
                _ => write!(text, "{between}{}", one.text()),
            };
        }
        text
    }

    fn holds(&self, campaign: &Campaign, item: Item, negated: bool) -> Option<bool> {
        let each = |all: &[Self]| -> Vec<Option<bool>> {
            let all = all.iter();
            all.map(|one| one.holds(campaign, item, negated)).collect()
        };
        match self {
            Self::Not(meant) => meant.holds(campaign, item, true).map(|holds| !holds),
            Self::And(all) => {
                let not = |told: &Option<bool>| told.map(|told| !told);
                let none: Vec<_> = each(all).iter().map(not).collect();
                any(&none).map(|told| !told)
            }
            Self::Or(all) => any(&each(all)),
            Self::Text(field, texts) => Some(text_holds(campaign, item, *field, texts, negated)),
            Self::Words(field, words) => {
                let words = words.iter();
                let told = words.map(|word| word_holds(campaign, item, field, word));
                any(&told.collect::<Vec<_>>())
            }
            Self::Time(field, times) => {
                let Some(fact) = time(campaign.snapshot(), item, field) else {
                    return Some(false);
                };
                let told = times.iter().map(|time| time_holds(fact, time));
                any(&told.collect::<Vec<_>>())
            }
            Self::Number("item", sign, n) => Some(compare(sign, &item.number(), n)),
            Self::Number(_, sign, n) => {
                let snapshot = campaign.snapshot();
                let holder = snapshot.grant(item).holder;
                let open = campaign.items().iter().filter(|other| {
                    let undecided = campaign.slot(*other).decision.is_none();
                    undecided && snapshot.grant(*other).holder == holder
                });
                Some(compare(sign, &(open.count() as u64), n))
            }
        }
    }
}

const EVERYONE: [&str; 3] = ["everyone", "every member", "every external user"];

/// The names around an item that a field looks at.
fn names(snapshot: &Snapshot, item: Item, field: &str) -> Vec<String> {
    let grant = snapshot.grant(item);
    let team = |team: &Team| vec![fold(team.name.raw())];
    match (field, grant.holder, grant.entitlement) {
        ("account", Holder::Account(ix), _) => account_names(snapshot.account(ix)),
        ("account", Holder::Everyone(_), _) => EVERYONE.map(str::to_owned).into(),
        ("team", Holder::Team(ix), _) => team(snapshot.team(ix)),
        ("team", _, Entitlement::Membership(ix)) => {
            team(snapshot.team(snapshot.membership(ix).team))
        }
        ("project", _, Entitlement::ProjectRole(ix, _)) => {
            let project = snapshot.project(ix);
            vec![fold(project.name.raw()), fold(project.key.raw())]
        }
        ("role", ..) | ("org-role", _, Entitlement::OrganizationRole(_)) => {
            vec![fold(snapshot.role_label(item).raw())]
        }
        ("organization", _, Entitlement::SignIn | Entitlement::OrganizationRole(_)) => {
            vec![fold(snapshot.organization().name.raw())]
        }
        _ => vec![],
    }
}

fn account_names(account: &Account) -> Vec<String> {
    let label = account.label();
    let names = [label.raw(), account.username.raw()].map(fold);
    names.into_iter().chain(addresses(account)).collect()
}

fn addresses(account: &Account) -> [String; 2] {
    let email = account.email.known().map_or("", |email| email.raw());
    [email, &account.id.0].map(fold)
}

fn text_holds(
    campaign: &Campaign,
    item: Item,
    field: Option<&str>,
    texts: &[(&str, bool)],
    negated: bool,
) -> bool {
    let snapshot = campaign.snapshot();
    let hit = |name: &String| {
        texts.iter().any(|(text, whole)| {
            let text = fold(text);
            if *whole {
                *name == text
            } else {
                name.contains(&text)
            }
        })
    };
    let all = ["account", "team", "project", "role", "organization"];
    let around: Vec<String> = match field {
        Some("note") => {
            let note = campaign.note(item).into_iter();
            note.map(|note| fold(note.raw())).collect()
        }
        Some("reason") => {
            let decided = campaign.deciding_entry(item);
            let reason = decided.and_then(|(_, decided)| decided.reason.as_ref());
            reason
                .into_iter()
                .map(|reason| fold(reason.raw()))
                .collect()
        }
        Some(field) => names(snapshot, item, field),
        None => {
            let all = all.iter();
            all.flat_map(|field| names(snapshot, item, field)).collect()
        }
    };
    if around.iter().any(&hit) {
        return true;
    }
    // Letters apart, where no name in the snapshot has the word.
    let [(text, false)] = texts else { return false };
    let short = fold(text).chars().count() < 3;
    if field.is_some() || negated || quoted(text) || short || everything(snapshot).iter().any(hit) {
        return false;
    }
    let mut known_by: Vec<String> = all[1..]
        .iter()
        .flat_map(|field| names(snapshot, item, field))
        .collect();
    match snapshot.grant(item).holder {
        Holder::Account(ix) => {
            known_by.extend(account_names(snapshot.account(ix)).into_iter().take(2));
        }
        Holder::Everyone(_) => known_by.extend(EVERYONE.map(str::to_owned)),
        Holder::Team(_) => {}
    }
    known_by.iter().any(|name| apart(name, &fold(text)))
}

/// Every name that there is.
fn everything(snapshot: &Snapshot) -> Vec<String> {
    let mut all: Vec<String> = snapshot.accounts().iter().flat_map(account_names).collect();
    all.extend(snapshot.teams().iter().map(|team| fold(team.name.raw())));
    for project in snapshot.projects() {
        all.extend([fold(project.name.raw()), fold(project.key.raw())]);
    }
    all.extend(snapshot.roles().iter().map(|role| fold(role.name.raw())));
    all.push(fold(snapshot.organization().name.raw()));
    let others = ["can sign in", "team lead", "team member"];
    all.extend(
        EVERYONE
            .iter()
            .chain(&others)
            .map(|name| (*name).to_owned()),
    );
    all
}

fn apart(name: &str, text: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    (0..name.len()).any(|start| {
        let begins = start == 0 || !name[start - 1].is_alphanumeric() || name[start] >= '\u{2e80}';
        let mut rest = name[start..].iter();
        begins
            && text.starts_with(name[start])
            && text.chars().all(|letter| rest.any(|c| *c == letter))
    })
}

fn account(snapshot: &Snapshot, item: Item) -> Option<&Account> {
    match snapshot.grant(item).holder {
        Holder::Account(ix) => Some(snapshot.account(ix)),
        _ => None,
    }
}

fn membership(snapshot: &Snapshot, item: Item) -> Option<&Membership> {
    match snapshot.grant(item).entitlement {
        Entitlement::Membership(ix) => Some(snapshot.membership(ix)),
        _ => None,
    }
}

fn word_holds(campaign: &Campaign, item: Item, field: &str, word: &str) -> Option<bool> {
    let snapshot = campaign.snapshot();
    if field == "kind" {
        return Some(match snapshot.grant(item).entitlement {
            Entitlement::SignIn => word == "account",
            Entitlement::OrganizationRole(_) => word == "organization",
            Entitlement::Membership(_) => word == "team",
            Entitlement::ProjectRole(..) => word == "project",
        });
    }
    if field == "is" {
        return Some(state_holds(campaign, item, word));
    }
    let Some(account) = account(snapshot, item) else {
        return Some(false);
    };
    match (field, account.state(now()), account.two_factor) {
        ("state", State::Unknown, _) => (word == "unknown").then_some(true),
        ("state", state, _) => Some(word == state_word(state)),
        (_, _, Fact::Absent | Fact::Unknown) => (word == "unknown").then_some(true),
        (_, _, Fact::Known(TwoFactor::Active)) => Some(word == "on"),
        (_, _, Fact::Known(_)) => Some(word == "off"),
    }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Suspended => "suspended",
        State::Left => "left",
        State::Future => "future",
        State::Unknown => "unknown",
    }
}

fn state_holds(campaign: &Campaign, item: Item, word: &str) -> bool {
    let snapshot = campaign.snapshot();
    let account = account(snapshot, item);
    let slot = campaign.slot(item);
    let membership = membership(snapshot, item);
    let standing = |is| membership.is_some_and(|membership| membership.standing(now()) == is);
    let kind = |kinds: &[Kind]| account.is_some_and(|account| kinds.contains(&account.kind));
    let state = |is| account.is_some_and(|account| account.state(now()) == is);
    match word {
        "undecided" | "pending" => slot.decision.is_none(),
        "decided" => slot.decision.is_some(),
        "kept" => slot.decision == Some(Decision::Keep),
        "revoked" => slot.decision == Some(Decision::Revoke),
        "acknowledged" => slot.decision == Some(Decision::Acknowledge),
        "later" => slot.later,
        "bulk" => {
            let deciding = campaign.deciding_entry(item);
            deciding.is_some_and(|(_, decided)| decided.chosen.is_bulk())
        }
        "implicit" => snapshot.implicit(item),
        "own" => campaign.is_own(item),
        "noted" => campaign.note(item).is_some(),
        "exception" => campaign.is_left_out(item),
        "account" => snapshot.grant(item).entitlement == Entitlement::SignIn,
        "privileged" => match snapshot.grant(item).entitlement {
            Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => matches!(
                snapshot.role(role).kind,
                RoleKind::ProjectAdmin | RoleKind::OrganizationPredefined
            ),
            _ => false,
        },
        "lead" => membership.is_some_and(|membership| membership.lead == Fact::Known(true)),
        "ended" => standing(Standing::Ended),
        "unapproved" => standing(Standing::Pending),
        "upcoming" => standing(Standing::Future),
        "team" => matches!(snapshot.grant(item).holder, Holder::Team(_)),
        "member" => kind(&[Kind::Member]),
        "external" => kind(&[Kind::Collaborator, Kind::Guest]),
        "collaborator" => kind(&[Kind::Collaborator]),
        "guest" => kind(&[Kind::Guest]),
        "unlisted" => account.is_some_and(|account| !account.listed),
        "unknown" => kind(&[Kind::Unknown]) || state(State::Unknown),
        "active" => state(State::Active),
        "suspended" => state(State::Suspended),
        "left" => state(State::Left),
        "future" => state(State::Future),
        _ => panic!("is:{word} has no meaning here"),
    }
}

fn time(snapshot: &Snapshot, item: Item, field: &str) -> Option<Fact<Timestamp>> {
    match field {
        "signin" => Some(account(snapshot, item)?.last_sign_in),
        "joined" => Some(match account(snapshot, item)?.joined {
            Fact::Known(day) => Fact::Known(day.start()),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => Fact::Unknown,
        }),
        "since" => Some(membership(snapshot, item)?.since),
        _ => Some(membership(snapshot, item)?.till),
    }
}

fn time_holds(fact: Fact<Timestamp>, time: &Time) -> Option<bool> {
    match (time, fact) {
        (Time::Word("unknown"), fact) => Some(fact == Fact::Unknown),
        (_, Fact::Unknown) => None,
        (Time::Word(_), fact) => Some(fact == Fact::Absent),
        (_, Fact::Absent) => Some(false),
        (Time::Day(sign, day), Fact::Known(at)) => {
            Some(compare(sign, &at.day().to_string(), &(*day).to_owned()))
        }
        (Time::Age(sign, ahead, days), Fact::Known(at)) => {
            let way = if *ahead { 1 } else { -1 };
            let passed = (at.ms() - now().ms()) * way;
            let right_way = if *ahead { passed > 0 } else { passed >= 0 };
            Some(right_way && compare(sign, &passed.div_euclid(86_400_000), days))
        }
    }
}

fn fact<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Fact<T>> {
    prop_oneof![
        2 => value.prop_map(Fact::Known),
        1 => Just(Fact::Absent),
        1 => Just(Fact::Unknown)
    ]
}

fn moment() -> impl Strategy<Value = Fact<Timestamp>> {
    let times = [
        "2023-12-31T23:59:59.999Z",
        "2024-01-01T00:00:00Z",
        "2025-12-31T09:00:00Z",
        "2025-12-31T09:00:00.001Z",
        "2026-03-31T08:59:59Z",
        "2026-03-31T09:00:00Z",
        "2026-04-01T09:00:00Z",
        "2027-01-01T00:00:00Z",
    ];
    fact(select(times.to_vec()).prop_map(|text| text.parse().expect("a time")))
}

fn yes_or_no() -> impl Strategy<Value = Fact<bool>> {
    fact(proptest::bool::ANY)
}

/// Team, since, till, lead, pending.
type Joining = (
    usize,
    Fact<Timestamp>,
    Fact<Timestamp>,
    Fact<bool>,
    Fact<bool>,
);

#[derive(Debug, Clone)]
struct Person {
    sign_in: Fact<Timestamp>,
    two_factor: Fact<TwoFactor>,
    archived: Fact<bool>,
    suspended: Fact<bool>,
    joined: Fact<&'static str>,
    listed: bool,
    kind: Kind,
    teams: Vec<Joining>,
    /// Project and role; one role more is one of the organization.
    roles: Vec<(usize, usize)>,
}

prop_compose! {
    fn person()(
        sign_in in moment(),
        two_factor in fact(select(vec![TwoFactor::Active, TwoFactor::Inactive, TwoFactor::NotSetUp])),
        archived in yes_or_no(),
        suspended in yes_or_no(),
        joined in fact(select(DAYS.to_vec())),
        listed in proptest::bool::ANY,
        kind in select(vec![Kind::Member, Kind::Collaborator, Kind::Guest, Kind::Unknown]),
        teams in prop::collection::vec((0usize..3, moment(), moment(), yes_or_no(), yes_or_no()), 0..3),
        roles in prop::collection::btree_set((0usize..3, 0usize..4), 0..4),
    ) -> Person {
        let roles = roles.into_iter().collect();
        Person { sign_in, two_factor, archived, suspended, joined, listed, kind, teams, roles }
    }
}

const TEAMS: [&str; 3] = ["Payments", "Ben's team", "会計"];
const PROJECTS: [&str; 3] = ["Pay", "Lab", "Admin tools"];
const ROLES: [&str; 3] = ["project:admin", "project:member", "project:external"];

fn organization(people: Vec<Person>, held: &[(usize, usize, usize)]) -> Arc<Snapshot> {
    let mut org = Org::new();
    for team in TEAMS {
        org.team(team, None, |_| {});
    }
    for project in PROJECTS {
        org.project(project);
    }
    let names = [
        ("Ada", "Keller"),
        ("Ben", "Ôkafor"),
        ("Cléo", "Paylab"),
        ("会", "計"),
    ];
    for (person, (first, last)) in people.into_iter().zip(names) {
        org.account(first, last, |it| {
            (it.last_sign_in, it.two_factor) = (person.sign_in, person.two_factor);
            (it.archived, it.suspended) = (person.archived, person.suspended);
            (it.kind, it.listed) = (person.kind, person.listed);
            it.joined = match person.joined {
                Fact::Known(day) => Fact::Known(day.parse().expect("a day")),
                Fact::Absent => Fact::Absent,
                Fact::Unknown => Fact::Unknown,
            };
        });
        let mut joined = Vec::new();
        for (team, since, till, lead, pending) in person.teams {
            if !joined.contains(&team) {
                joined.push(team);
                org.join(first, TEAMS[team], |it| {
                    (it.since, it.till, it.lead, it.pending) = (since, till, lead, pending);
                });
            }
        }
        for (project, role) in person.roles {
            match ROLES.get(role) {
                Some(role) => _ = org.account_role(first, Some(PROJECTS[project]), role),
                None if project == 0 => _ = org.account_role(first, None, "org:admin"),
                None => {}
            }
        }
    }
    for (team, project, role) in held {
        org.team_role(TEAMS[*team], Some(PROJECTS[*project]), ROLES[*role]);
    }
    org.snapshot()
}

/// An organization, what was decided in it, and whether only a part of it is reviewed.
fn campaign() -> impl Strategy<Value = Campaign> {
    let held = prop::collection::btree_set((0usize..3, 0usize..3, 0usize..3), 0..5);
    let index = any_index;
    let acts = prop::collection::vec((0usize..6, index(), index()), 0..6);
    let people = prop::collection::vec(person(), 2..5);
    (people, held, acts, proptest::bool::ANY).prop_map(|(people, held, acts, part)| {
        let held: Vec<_> = held.into_iter().collect();
        let snapshot = organization(people, &held);
        let part = part.then_some("role:\"Project Member\"|Member|\"Can sign in\"");
        let mut campaign = scoped(&snapshot, part).expect("it opens");
        for (what, one, other) in acts {
            act(&mut campaign, what, one, other);
        }
        campaign
    })
}

fn any_index() -> impl Strategy<Value = prop::sample::Index> {
    proptest::arbitrary::any::<prop::sample::Index>()
}

/// Does something, when it may be done.
fn act(campaign: &mut Campaign, what: usize, one: prop::sample::Index, other: prop::sample::Index) {
    let all: Vec<Item> = campaign.items().iter().collect();
    let (one, other) = (all[one.index(all.len())], all[other.index(all.len())]);
    let decided = |change, reason: Option<&str>, chosen| {
        let mut items: ItemSet = [one, other].into_iter().collect();
        let mut left_out = LeftOut::default();
        if chosen == Chosen::Marked && one != other {
            // As if policy had taken the other one out.
            left_out = [(Rule::Privileged, ItemSet::from(other))]
                .into_iter()
                .collect();
            items = ItemSet::from(one);
        }
        Event::Decided(Decided {
            change,
            items,
            reason: reason.map(Raw::from),
            chosen,
            left_out,
        })
    };
    let event = match what {
        0 => decided(Change::Decide(Decision::Keep), None, Chosen::Marked),
        1 => decided(
            Change::Decide(Decision::Revoke),
            Some("of Ben's team"),
            Chosen::Single,
        ),
        2 => decided(
            Change::Later,
            Some("ask a lab"),
            Chosen::Filter(Raw::from("x")),
        ),
        3 => decided(Change::Clear, Some("member"), Chosen::Single),
        4 => Event::Noted {
            item: one,
            text: Raw::from("Pay ADMIN"),
        },
        _ => match campaign.undoable() {
            Some(entry) => Event::Undone { entry: entry.seq },
            None => return,
        },
    };
    // What is refused did not happen.
    let _ = campaign.apply(entry(campaign.next_seq(), event));
}

fn meant() -> impl Strategy<Value = Meant> {
    let name = (select(NAMES.to_vec()), prop::bool::weighted(0.1));
    let fields = [
        None,
        None,
        Some("account"),
        Some("team"),
        Some("project"),
        Some("role"),
        Some("org-role"),
        Some("note"),
        Some("reason"),
    ];
    let text = (select(fields.to_vec()), prop::collection::vec(name, 1..3))
        .prop_map(|(field, texts)| Meant::Text(field, texts));
    let all: Vec<(&'static str, Vec<&'static str>)> = vec![
        ("is", STATES.iter().map(|(word, _)| *word).collect()),
        ("kind", vec!["account", "organization", "team", "project"]),
        (
            "state",
            vec!["active", "suspended", "left", "future", "unknown"],
        ),
        ("2fa", vec!["on", "off", "unknown"]),
    ];
    let words = select(all).prop_flat_map(|(field, words)| {
        prop::collection::vec(select(words), 1..3).prop_map(move |words| Meant::Words(field, words))
    });
    let signs = || select(SIGNS.to_vec());
    let days = select(vec![0, 1, 89, 90, 91, 365]);
    let time = prop_oneof![
        select(vec!["unknown", "never", "none"]).prop_map(Time::Word),
        (signs(), proptest::bool::ANY, days)
            .prop_map(|(sign, ahead, days)| Time::Age(sign, ahead, days)),
        (signs(), select(DAYS.to_vec())).prop_map(|(sign, day)| Time::Day(sign, day)),
    ];
    let time_fields = select(vec!["signin", "joined", "since", "until"]);
    let time = (time_fields, prop::collection::vec(time, 1..3))
        .prop_map(|(field, times)| Meant::Time(field, times));
    let number = (select(vec!["item", "open"]), signs(), 0u64..8)
        .prop_map(|(field, sign, n)| Meant::Number(field, sign, n));
    prop_oneof![text, words, time, number].prop_recursive(4, 12, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|meant| Meant::Not(Box::new(meant))),
            several().prop_map(Meant::And),
            several().prop_map(Meant::Or),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_filter_chooses_what_its_words_say_item_by_item(campaign in campaign(), meant in meant()) {
        let text = meant.text();
        let filter = Filter::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let expected: ItemSet = campaign
            .items()
            .iter()
            .filter(|item| meant.holds(&campaign, *item, false) == Some(true))
            .collect();
        prop_assert_eq!(filter.select(&campaign), expected, "{}", text);
    }
}
