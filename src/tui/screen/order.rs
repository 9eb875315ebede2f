//! [`Order`]: which items stand together, and in which order; made once for a grouping and a sort.
//!
//! An order is a permutation of all items of the snapshot and the stretches of it that are groups. It is kept as it was
//! made, so nothing moves under the cursor while decisions are made.

use std::cmp::Reverse;

use crate::{
    domain::{
        account::Fact,
        campaign::Campaign,
        grant::{Entitlement, Holder},
        items::Item,
        snapshot::{ProjectIx, RoleIx, Snapshot, TeamIx},
        view::{By, Grouping, Sort},
    },
    tui::phrase,
};

/// A group: the position of its account or team among the subjects, of its team, project or role in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) u32);

impl Key {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    fn at(index: usize) -> Self {
        Self(u32::try_from(index).expect("a snapshot has fewer than four billion of anything"))
    }
}

/// What a group stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// What one holder has.
    Holder(Holder),
    /// Memberships of a team, and what the team holds.
    Team(TeamIx),
    /// Roles in a project.
    Project(ProjectIx),
    /// A role of the organization or of projects.
    Role(RoleIx),
    /// Memberships of teams that lead.
    Leads,
    /// Memberships of teams that do not.
    Members,
    /// The right to sign in.
    SignIn,
    /// What is of no team, or of no project.
    Rest(Grouping),
    /// Everything.
    All,
}

/// How many groups of roles are none of the snapshot's.
const OTHER_ROLES: usize = 3;

/// The group of an item.
pub(super) fn key(snapshot: &Snapshot, grouping: Grouping, item: Item) -> Key {
    let grant = snapshot.grant(item);
    match (grouping, grant.entitlement) {
        (Grouping::Account, _) => Key::at(snapshot.subject_of(item)),
        (Grouping::Flat, _) => Key(0),
        (Grouping::Team, Entitlement::Membership(ix)) => Key(snapshot.membership(ix).team.0),
        (Grouping::Team, _) => match grant.holder {
            Holder::Team(team) => Key(team.0),
            Holder::Account(_) | Holder::Everyone(_) => Key::at(snapshot.teams().len()),
        },
        (Grouping::Project, Entitlement::ProjectRole(project, _)) => Key(project.0),
        (Grouping::Project, _) => Key::at(snapshot.projects().len()),
        (
            Grouping::Role,
            Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role),
        ) => Key(role.0),
        (Grouping::Role, Entitlement::Membership(ix)) => {
            let lead = snapshot.membership(ix).lead == Fact::Known(true);
            Key::at(snapshot.roles().len() + usize::from(!lead))
        }
        (Grouping::Role, Entitlement::SignIn) => Key::at(snapshot.roles().len() + 2),
    }
}

/// What the group of this key stands for.
pub(super) fn group(snapshot: &Snapshot, grouping: Grouping, key: Key) -> Group {
    let at = key.index();
    match grouping {
        Grouping::Account => Group::Holder(snapshot.subjects()[at].holder),
        Grouping::Flat => Group::All,
        Grouping::Team if at < snapshot.teams().len() => Group::Team(TeamIx(key.0)),
        Grouping::Project if at < snapshot.projects().len() => Group::Project(ProjectIx(key.0)),
        Grouping::Team | Grouping::Project => Group::Rest(grouping),
        Grouping::Role => match at.checked_sub(snapshot.roles().len()) {
            None => Group::Role(RoleIx(key.0)),
            Some(0) => Group::Leads,
            Some(1) => Group::Members,
            Some(_) => Group::SignIn,
        },
    }
}

/// How many keys a grouping has, with items or without.
pub(super) fn keys(snapshot: &Snapshot, grouping: Grouping) -> usize {
    match grouping {
        Grouping::Account => snapshot.subjects().len(),
        Grouping::Team => snapshot.teams().len() + 1,
        Grouping::Project => snapshot.projects().len() + 1,
        Grouping::Role => snapshot.roles().len() + OTHER_ROLES,
        Grouping::Flat => 1,
    }
}

/// All items in groups, and the groups in order.
#[derive(Debug)]
pub(crate) struct Order {
    pub(super) grouping: Grouping,
    pub(super) sort: Sort,
    /// The items, group after group; `None` when they stand as in the snapshot.
    items: Option<Vec<u32>>,
    /// The groups that have items.
    stretches: Vec<Stretch>,
    /// For each key its row.
    rows: Vec<u32>,
}

/// Where the items of a group stand.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    key: Key,
    first: u32,
    end: u32,
}

/// A key without items has no row.
const NOWHERE: u32 = u32::MAX;

impl Order {
    /// Puts the items of `campaign` in order.
    pub(super) fn of(campaign: &Campaign, grouping: Grouping, sort: Sort) -> Self {
        let snapshot = campaign.snapshot();
        let groups = ranked(campaign, grouping, sort);
        let mut rows = vec![NOWHERE; keys(snapshot, grouping)];
        let (items, stretches) = if grouping == Grouping::Account {
            let subjects = snapshot.subjects();
            let stretch = |key: &Key| Stretch {
                key: *key,
                first: subjects[key.index()].first.0,
                end: subjects[key.index()].end.0,
            };
            (None, groups.iter().map(stretch).collect())
        } else {
            let (items, stretches) = together(campaign, grouping, sort, &groups);
            (Some(items), stretches)
        };
        for (row, stretch) in (0..).zip(&stretches) {
            rows[stretch.key.index()] = row;
        }
        Self {
            grouping,
            sort,
            items,
            stretches,
            rows,
        }
    }

    /// No groups at all.
    pub(super) fn none(grouping: Grouping, sort: Sort) -> Self {
        Self {
            grouping,
            sort,
            items: None,
            stretches: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.stretches.len()
    }

    /// The group in row `row`.
    pub(super) fn key(&self, row: usize) -> Option<Key> {
        self.stretches.get(row).map(|stretch| stretch.key)
    }

    /// The row of a group, when it has items.
    pub(super) fn row(&self, key: Key) -> Option<usize> {
        let row = *self.rows.get(key.index())?;
        (row != NOWHERE).then_some(row as usize)
    }

    /// The items of the group in row `row`.
    pub(super) fn items(&self, row: usize) -> Members<'_> {
        let Some(stretch) = self.stretches.get(row) else {
            return Members::Run(Item(0), Item(0));
        };
        match &self.items {
            None => Members::Run(Item(stretch.first), Item(stretch.end)),
            Some(items) => Members::List(&items[stretch.first as usize..stretch.end as usize]),
        }
    }

    /// All items with their groups, in order.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(Key, Vec<u32>)> {
        let rows = 0..self.len();
        let group = |row| {
            let members = self.items(row);
            let items = (0..members.len()).map(|at| members.get(at).0).collect();
            (self.stretches[row].key, items)
        };
        rows.map(group).collect()
    }
}

/// The items of a group, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Members<'a> {
    /// From the first on and before the end.
    Run(Item, Item),
    /// These.
    List(&'a [u32]),
}

impl Members<'_> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Run(first, end) => end.index() - first.index(),
            Self::List(items) => items.len(),
        }
    }

    pub(super) fn get(self, at: usize) -> Item {
        match self {
            Self::Run(first, _) => {
                Item(first.0 + u32::try_from(at).expect("a place in a snapshot"))
            }
            Self::List(items) => Item(items[at]),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Item> {
        (0..self.len()).map(move |at| self.get(at))
    }

    /// Where an item stands.
    pub(super) fn place(self, item: Item) -> Option<usize> {
        match self {
            Self::Run(first, end) => {
                (first <= item && item < end).then(|| item.index() - first.index())
            }
            Self::List(items) => items.iter().position(|it| *it == item.0),
        }
    }
}

/// How a group stands by its last sign-in: what is known, then what is not, then what no account holds.
type Seen = (u8, i64);

const UNTOLD: Seen = (1, 0);
const NOBODY: Seen = (2, 0);

/// When the holder last signed in.
fn seen(snapshot: &Snapshot, holder: Holder) -> Seen {
    match holder {
        Holder::Account(ix) => match &snapshot.account(ix).last_sign_in {
            Fact::Known(at) => (0, at.ms()),
            // Never is longer ago than any time.
            Fact::Absent => (0, i64::MIN),
            Fact::Unknown => UNTOLD,
        },
        Holder::Team(_) | Holder::Everyone(_) => NOBODY,
    }
}

/// `keys` by what each is worth, those with the same worth as they stood. The first part of a worth is not turned
/// around.
fn sorted<W: Ord + Copy>(keys: &mut [Key], reversed: bool, worth: impl Fn(Key) -> (u8, W)) {
    keys.sort_by(|one, other| {
        let (one, other) = (worth(*one), worth(*other));
        one.0.cmp(&other.0).then_with(|| {
            if reversed {
                other.1.cmp(&one.1)
            } else {
                one.1.cmp(&other.1)
            }
        })
    });
}

/// All keys of a grouping in order. What is of no team or project stands last, whatever the order.
fn ranked(campaign: &Campaign, grouping: Grouping, sort: Sort) -> Vec<Key> {
    let snapshot = campaign.snapshot();
    let mut keys: Vec<Key> = (0..keys(snapshot, grouping)).map(Key::at).collect();
    if grouping == Grouping::Role {
        // Roles stand by their keys in a snapshot, and people know them by name.
        keys.sort_by_cached_key(|key| {
            let (kind, name) = phrase::group(snapshot, group(snapshot, grouping, *key));
            (name.to_lowercase(), kind, *key)
        });
    }
    let last = |key: Key| u8::from(matches!(group(snapshot, grouping, key), Group::Rest(_)));
    if sort.by == By::Name {
        if sort.reversed {
            keys.reverse();
        }
        sorted(&mut keys, false, |key| (last(key), ()));
        return keys;
    }
    let items = || (0..snapshot.len()).map(|at| Item(Key::at(at).0));
    match sort.by {
        By::Name => {}
        By::Risk => {
            let risks = campaign.signals().risks(snapshot);
            let mut worth = vec![(0u8, 0u64); keys.len()];
            each(snapshot, grouping, items(), |key, item| {
                let risk = risks[item.index()];
                let (most, sum) = &mut worth[key.index()];
                *most = risk.max(*most);
                *sum += u64::from(risk);
            });
            sorted(&mut keys, sort.reversed, |key| {
                (last(key), Reverse(worth[key.index()]))
            });
        }
        By::SignIn => {
            let mut worth = vec![NOBODY; keys.len()];
            each(snapshot, grouping, items(), |key, item| {
                let seen = seen(snapshot, snapshot.grant(item).holder);
                let worth = &mut worth[key.index()];
                *worth = seen.min(*worth);
            });
            sorted(&mut keys, sort.reversed, |key| {
                let (place, at) = worth[key.index()];
                (last(key) * (NOBODY.0 + 1) + place, at)
            });
        }
        By::Open => {
            let mut open = vec![0u32; keys.len()];
            each(snapshot, grouping, items(), |key, item| {
                let undecided = campaign.slot(item).decision.is_none();
                open[key.index()] += u32::from(undecided && campaign.items().contains(item));
            });
            sorted(&mut keys, sort.reversed, |key| {
                (last(key), Reverse(open[key.index()]))
            });
        }
    }
    keys
}

/// Tells `tell` each item with its group. A holder's items are neighbours, so its group is not looked for.
pub(super) fn each(
    snapshot: &Snapshot,
    grouping: Grouping,
    items: impl Iterator<Item = Item>,
    mut tell: impl FnMut(Key, Item),
) {
    let subjects = snapshot.subjects();
    let mut at = 0;
    for item in items {
        let key = if grouping == Grouping::Account {
            if subjects[at].end <= item || item < subjects[at].first {
                at = snapshot.subject_of(item);
            }
            Key::at(at)
        } else {
            key(snapshot, grouping, item)
        };
        tell(key, item);
    }
}

/// The items put together, group after group, and where each group stands.
fn together(
    campaign: &Campaign,
    grouping: Grouping,
    sort: Sort,
    groups: &[Key],
) -> (Vec<u32>, Vec<Stretch>) {
    let snapshot = campaign.snapshot();
    let mut sizes = vec![0u32; groups.len()];
    let every = (0..snapshot.len()).map(|at| Item(Key::at(at).0));
    each(snapshot, grouping, every, |key, _| {
        sizes[key.index()] += 1;
    });
    let mut next = vec![0u32; groups.len()];
    let mut stretches = Vec::new();
    let mut first = 0;
    for key in groups {
        let size = sizes[key.index()];
        next[key.index()] = first;
        if size > 0 {
            let end = first + size;
            stretches.push(Stretch {
                key: *key,
                first,
                end,
            });
            first = end;
        }
    }
    let mut items = vec![0; snapshot.len()];
    let mut put = |item: u32| {
        let next = &mut next[key(snapshot, grouping, Item(item)).index()];
        items[*next as usize] = item;
        *next += 1;
    };
    match sort.by {
        By::Risk => by_risk(campaign, sort.reversed).into_iter().for_each(put),
        _ => {
            // Within a group the holders stand as they do in a queue by account.
            for holder in ranked(campaign, Grouping::Account, sort) {
                let subject = snapshot.subjects()[holder.index()];
                (subject.first.0..subject.end.0).for_each(&mut put);
            }
        }
    }
    (items, stretches)
}

/// All items by their risk, the riskiest first; those with the same risk as they stand in the snapshot.
fn by_risk(campaign: &Campaign, reversed: bool) -> Vec<u32> {
    let risks = campaign.signals().risks(campaign.snapshot());
    let worth = |risk: u8| usize::from(if reversed { risk } else { u8::MAX - risk });
    let mut next = [0usize; 257];
    for risk in &risks {
        next[worth(*risk) + 1] += 1;
    }
    for place in 1..next.len() {
        next[place] += next[place - 1];
    }
    let mut items = vec![0; risks.len()];
    for (item, risk) in (0..).zip(&risks) {
        let next = &mut next[worth(*risk)];
        items[*next] = item;
        *next += 1;
    }
    items
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{
            account::Fact,
            decision::{Change, Decision},
            fixture::{Org, campaign, entry},
            items::ItemSet,
            journal::{Chosen, Decided, Event, LeftOut},
        },
        tui::tests::fixture::{acme, begun},
    };

    fn sorts() -> impl Iterator<Item = Sort> {
        let sort = |by| [false, true].map(|reversed| Sort { by, reversed });
        By::ALL.into_iter().flat_map(sort)
    }

    fn names(campaign: &Campaign, grouping: Grouping, by: By, reversed: bool) -> Vec<String> {
        let order = Order::of(campaign, grouping, Sort { by, reversed });
        let snapshot = campaign.snapshot();
        let groups = order.all().into_iter();
        let name = |(key, _)| phrase::of_group(snapshot, group(snapshot, grouping, key));
        groups.map(name).collect()
    }

    #[test]
    fn each_item_stands_once_in_its_group_whatever_the_order() {
        let snapshot = acme();
        let campaign = begun(&snapshot, Vec::new());
        for grouping in Grouping::ALL {
            let mut as_named: Option<BTreeMap<Key, usize>> = None;
            for sort in sorts() {
                let order = Order::of(&campaign, grouping, sort);
                let all = order.all();
                let mut items: Vec<u32> = all.iter().flat_map(|(_, it)| it.clone()).collect();
                items.sort_unstable();
                let every: Vec<u32> = (0..u32::try_from(snapshot.len()).expect("few")).collect();
                assert_eq!(items, every, "{grouping:?} {sort:?}");
                for (row, (of, items)) in all.iter().enumerate() {
                    assert_eq!(order.row(*of), Some(row));
                    assert!(!items.is_empty());
                    for (place, item) in items.iter().enumerate() {
                        assert_eq!(key(&snapshot, grouping, Item(*item)), *of);
                        assert_eq!(order.items(row).place(Item(*item)), Some(place));
                    }
                }
                let sizes = all.into_iter().map(|(key, it)| (key, it.len())).collect();
                assert_eq!(
                    *as_named.get_or_insert_with(|| BTreeMap::clone(&sizes)),
                    sizes
                );
            }
        }
    }

    #[test]
    fn roles_stand_by_name_and_what_is_of_no_project_stands_last_both_ways() {
        let campaign = begun(&acme(), Vec::new());
        assert_eq!(
            names(&campaign, Grouping::Role, By::Name, false),
            [
                "role Can sign in",
                "role External",
                "role Member",
                "role Project Admin",
                "role Project Member",
                "role System Admin",
                "role Team Lead",
                "role Team Member",
            ]
        );
        for (grouping, last) in [
            (Grouping::Project, "no project"),
            (Grouping::Team, "no team"),
        ] {
            for sort in sorts() {
                let names = names(&campaign, grouping, sort.by, sort.reversed);
                assert_eq!(names.last().map(String::as_str), Some(last), "{sort:?}");
            }
        }
        let mut forth = names(&campaign, Grouping::Project, By::Name, false);
        let back = names(&campaign, Grouping::Project, By::Name, true);
        forth.pop();
        forth.reverse();
        assert_eq!(forth, back[..back.len() - 1]);
    }

    /// Accounts that signed in on some day, never, or nobody knows when.
    fn signed_in() -> Campaign {
        let at = |text: &str| Fact::Known(text.parse().expect("a time"));
        let mut org = Org::new();
        org.account("Ada", "A", |it| {
            it.last_sign_in = at("2026-03-01T00:00:00Z");
        })
        .account("Ben", "B", |it| it.last_sign_in = Fact::Unknown)
        .account("Cleo", "C", |it| it.last_sign_in = Fact::Absent)
        .account("Dan", "D", |it| {
            it.last_sign_in = at("2025-03-01T00:00:00Z");
        })
        .account("Eva", "E", |it| it.last_sign_in = Fact::Unknown)
        .team("Crew", None, |_| {})
        .project("Pay")
        .account_role("Ada", Some("Pay"), "project:admin")
        .account_role("Dan", Some("Pay"), "project:member")
        .team_role("Crew", Some("Pay"), "project:member");
        begun(&org.snapshot(), Vec::new())
    }

    #[test]
    fn never_is_before_any_day_and_unknown_after_all_that_is_known_both_ways() {
        let campaign = signed_in();
        let names = |reversed| names(&campaign, Grouping::Account, By::SignIn, reversed);
        let known = ["Cleo C", "Dan D", "Ada A"];
        let rest = ["Ben B", "Eva E"];
        for (reversed, known) in [(false, known), (true, ["Ada A", "Dan D", "Cleo C"])] {
            let found = names(reversed);
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            assert_eq!(found[..3], known, "{reversed}");
            assert_eq!(found[3..5], rest, "{reversed}");
            // Nobody signs in as a team, or as everybody.
            assert!(
                !found[5..].iter().any(|name| known.contains(name)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_riskiest_stands_first_and_equals_stand_as_in_the_snapshot() {
        let campaign = signed_in();
        let risks = campaign.signals().risks(campaign.snapshot());
        for (reversed, way) in [(false, -1), (true, 1)] {
            let sort = Sort {
                by: By::Risk,
                reversed,
            };
            let [(_, items)] = &Order::of(&campaign, Grouping::Flat, sort).all()[..] else {
                panic!("one group");
            };
            let worth = |item: &u32| (i32::from(risks[*item as usize]) * way, *item);
            assert!(items.is_sorted_by_key(worth), "{items:?}");
        }
        let accounts = names(&campaign, Grouping::Account, By::Risk, false);
        assert_eq!(
            accounts[0], "Ada A",
            "she is the project's admin: {accounts:?}"
        );
    }

    #[test]
    fn the_order_by_open_items_stays_as_it_was_made() {
        let mut campaign = signed_in();
        let by_open = |campaign: &Campaign| names(campaign, Grouping::Account, By::Open, false);
        let before = by_open(&campaign);
        assert_eq!(before[0], "Ada A");
        let snapshot = std::sync::Arc::clone(campaign.snapshot());
        let dan = snapshot
            .subjects()
            .iter()
            .find(|it| phrase::holder(&snapshot, it.holder) == "Dan D")
            .expect("he is there");
        let decided = Decided {
            change: Change::Decide(Decision::Keep),
            items: dan.items().collect::<ItemSet>(),
            reason: None,
            chosen: Chosen::Marked,
            left_out: LeftOut::default(),
        };
        let next = entry(campaign.next_seq(), Event::Decided(decided));
        campaign.apply(next).expect("it may happen");
        let after = by_open(&campaign);
        let place = |names: &[String]| names.iter().position(|name| name == "Dan D");
        assert!(place(&before) < place(&after), "{before:?} {after:?}");
    }

    proptest! {
        #[test]
        fn any_organization_is_put_in_order_whole(
            accounts in prop::collection::vec((0u8..4, 0u8..3), 1..12),
            grouping in prop::sample::select(Grouping::ALL.to_vec()),
            sort in prop::sample::select(sorts().collect::<Vec<_>>()),
        ) {
            let mut org = Org::new();
            org.team("T0", None, |_| {}).team("T1", Some("T0"), |_| {});
            org.project("P0").project("P1");
            for (place, (roles, teams)) in accounts.iter().enumerate() {
                let name = format!("a{place}");
                org.account(&name, "X", |_| {});
                for role in 0..*roles {
                    let project = format!("P{}", role % 2);
                    let role = ["project:admin", "project:member"][usize::from(role / 2)];
                    org.account_role(&name, Some(&project), role);
                }
                for team in 0..*teams {
                    org.join(&name, &format!("T{team}"), |_| {});
                }
            }
            let snapshot = org.snapshot();
            let campaign = campaign(&snapshot);
            let order = Order::of(&campaign, grouping, sort);
            let again = Order::of(&campaign, grouping, sort);
            prop_assert_eq!(order.all(), again.all());
            let mut items: Vec<u32> = order.all().into_iter().flat_map(|(_, it)| it).collect();
            items.sort_unstable();
            prop_assert!(items.into_iter().eq(0..u32::try_from(snapshot.len()).expect("few")));
        }
    }
}
