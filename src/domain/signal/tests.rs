use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    access::{Access, Certainty},
    account::{Account, Fact, Kind, TwoFactor},
    decision::{Change, Decision},
    fixture::{self, Org, acme, after, campaign, entry, item, now, under},
    grant::{Membership, Standing},
    journal::{Chosen, Decided, Event, LeftOut},
    policy::{Pattern, Policy},
    resource::{Role, RoleKind, Team},
    text::Raw,
    time::Timestamp,
};

fn time(text: &str) -> Fact<Timestamp> {
    Fact::Known(text.parse().expect(text))
}

/// What a rule says about the account item of Ben, changed as told, and what it looked at.
fn of_ben(rule: Rule, change: impl FnOnce(&mut Account)) -> (Value, String) {
    let mut org = Org::new();
    org.account("Ben", "Okafor", change);
    let snapshot = org.snapshot();
    said(&campaign(&snapshot), rule, "Ben", "Acme", "Can sign in")
}

/// The same about an item by the names of its holder, resource and role.
fn said(
    campaign: &Campaign,
    rule: Rule,
    holder: &str,
    resource: &str,
    given: &str,
) -> (Value, String) {
    let item = item(campaign.snapshot(), holder, resource, given);
    let signals = campaign.signals();
    (
        signals.value(rule, item),
        signals.told(campaign, rule, item),
    )
}

fn check((value, told): (Value, String), expected: Value, words: &str) {
    assert_eq!((value, &*told), (expected, words));
}

use Value::{No, Unknown, Yes};

#[test]
fn kinds_of_users_are_told_apart() {
    for (kind, external, guest) in [
        (Kind::Member, No, No),
        (Kind::Collaborator, Yes, No),
        (Kind::Guest, Yes, Yes),
        (Kind::Unknown, Unknown, Unknown),
    ] {
        assert_eq!(of_ben(Rule::External, |it| it.kind = kind).0, external);
        assert_eq!(of_ben(Rule::Guest, |it| it.kind = kind).0, guest);
    }
    let (_, told) = of_ben(Rule::External, |it| it.kind = Kind::Guest);
    assert_eq!(told, "the holder is a guest");
}

#[test]
fn an_account_that_left_or_is_suspended_is_told_with_the_day() {
    for (archived, left_at, expected, words) in [
        (Fact::Known(false), Fact::Absent, No, "deactivated"),
        (Fact::Known(true), Fact::Absent, Yes, "deactivated"),
        (
            Fact::Known(true),
            Fact::Unknown,
            Yes,
            "when it is deactivated was not told",
        ),
        (
            Fact::Known(false),
            time("2026-03-31T09:00:00Z"),
            Yes,
            "deactivated 2026-03-31",
        ),
        (
            Fact::Known(false),
            time("2026-03-31T09:00:00.001Z"),
            No,
            "deactivated 2026-03-31",
        ),
        (
            Fact::Unknown,
            Fact::Absent,
            Unknown,
            "whether it is deactivated was not told",
        ),
        (
            Fact::Known(false),
            Fact::Unknown,
            Unknown,
            "when it is deactivated was not told",
        ),
    ] {
        let found = of_ben(Rule::Left, |it| {
            (it.archived, it.left_at) = (archived, left_at);
        });
        check(found, expected, words);
    }
    for (suspended, at, expected, words) in [
        (Fact::Known(true), Fact::Unknown, Yes, "suspended"),
        (Fact::Known(false), Fact::Unknown, No, "suspended"),
        (
            Fact::Known(true),
            time("2026-01-01T00:00:00Z"),
            Yes,
            "suspended since 2026-01-01",
        ),
        (
            Fact::Known(true),
            time("2027-01-01T00:00:00Z"),
            No,
            "suspended since 2027-01-01",
        ),
        (
            Fact::Unknown,
            Fact::Absent,
            Unknown,
            "whether it is suspended was not told",
        ),
    ] {
        let found = of_ben(Rule::Suspended, |it| {
            (it.suspended, it.suspended_at) = (suspended, at);
        });
        check(found, expected, words);
    }
}

#[test]
fn two_factor_that_was_not_told_is_unknown() {
    for (fact, expected, words) in [
        (Fact::Known(TwoFactor::Active), No, "set up and required"),
        (
            Fact::Known(TwoFactor::Inactive),
            Yes,
            "set up once, switched off",
        ),
        (Fact::Known(TwoFactor::NotSetUp), Yes, "never set up"),
        (Fact::Absent, Unknown, "whether it is set up was not told"),
        (Fact::Unknown, Unknown, "whether it is set up was not told"),
    ] {
        check(
            of_ben(Rule::NoTwoFactor, |it| it.two_factor = fact),
            expected,
            words,
        );
    }
}

#[test]
fn a_sign_in_is_long_ago_after_the_days_of_the_policy() {
    let day = |text: &str| Fact::Known(text.parse().expect(text));
    for (last, joined, expected, words) in [
        (
            time("2025-12-31T09:00:00Z"),
            Fact::Absent,
            No,
            "last sign-in 2025-12-31, 90 days before the snapshot; policy: 90",
        ),
        (
            time("2025-12-30T09:00:00Z"),
            Fact::Absent,
            Yes,
            "last sign-in 2025-12-30, 91 days before the snapshot; policy: 90",
        ),
        (
            time("2026-04-30T09:00:00Z"),
            Fact::Absent,
            No,
            "last sign-in 2026-04-30, 0 days before the snapshot; policy: 90",
        ),
        (
            Fact::Unknown,
            Fact::Absent,
            Unknown,
            "the last sign-in was not told",
        ),
        (
            Fact::Absent,
            day("2026-03-30"),
            No,
            "never signed in, joined 2026-03-30, 1 day before the snapshot; policy: 90",
        ),
        (
            Fact::Absent,
            day("2020-01-01"),
            Yes,
            "never signed in, joined 2020-01-01, 2 281 days before the snapshot; policy: 90",
        ),
        (
            Fact::Absent,
            Fact::Absent,
            Yes,
            "never signed in, without a first day",
        ),
        (
            Fact::Absent,
            Fact::Unknown,
            Unknown,
            "never signed in; the first day was not told",
        ),
    ] {
        let found = of_ben(Rule::NoSignIn, |it| {
            (it.last_sign_in, it.joined) = (last, joined);
        });
        check(found, expected, words);
    }
    let mut org = Org::new();
    org.account("Ben", "Okafor", |it| {
        it.last_sign_in = time("2026-03-01T09:00:00Z");
    });
    let policy = Policy {
        sign_in_days: 29,
        ..Policy::default()
    };
    let found = said(
        &under(&org.snapshot(), policy),
        Rule::NoSignIn,
        "Ben",
        "Acme",
        "Can sign in",
    );
    check(
        found,
        Yes,
        "last sign-in 2026-03-01, 30 days before the snapshot; policy: 29",
    );
}

#[test]
fn privileged_is_what_space_and_the_policy_say() {
    let mut org = acme();
    org.custom_role("project:role:1", "Code Owner", RoleKind::ProjectCustom)
        .account_role("Cleo", Some("Lab"), "project:role:1");
    let snapshot = org.snapshot();
    let plain = campaign(&snapshot);
    check(
        said(&plain, Rule::Privileged, "Ben", "Pay", "Project Admin"),
        Yes,
        "Space gives Project Admin control over others' access",
    );
    check(
        said(&plain, Rule::Privileged, "Cleo", "Lab", "Code Owner"),
        Unknown,
        "the rights of Code Owner were not read",
    );
    assert_eq!(
        said(&plain, Rule::Privileged, "Cleo", "Pay", "External").0,
        No
    );
    check(
        said(&plain, Rule::Privileged, "Ben", "Acme", "Can sign in"),
        No,
        "",
    );
    let policy = Policy {
        privileged_roles: vec![Pattern::from("*owner")],
        ..Policy::default()
    };
    check(
        said(
            &under(&snapshot, policy),
            Rule::Privileged,
            "Cleo",
            "Lab",
            "Code Owner",
        ),
        Yes,
        "Code Owner is one of the privileged roles of the policy: *owner",
    );
}

#[test]
fn an_admin_of_a_private_project_takes_both() {
    for (private, role, expected) in [
        (Fact::Known(true), "project:admin", Yes),
        (Fact::Known(true), "project:member", No),
        (Fact::Known(true), "custom", Unknown),
        (Fact::Known(false), "project:admin", No),
        (Fact::Known(false), "custom", No),
        (Fact::Unknown, "project:admin", Unknown),
        (Fact::Unknown, "project:member", No),
    ] {
        let mut org = Org::new();
        org.account("Ben", "Okafor", |_| {})
            .custom_role("custom", "Custom", RoleKind::ProjectCustom)
            .project_with("Pay", |it| it.private = private)
            .account_role("Ben", Some("Pay"), role);
        let campaign = campaign(&org.snapshot());
        let roles = campaign.snapshot().roles().iter();
        let name = roles.filter(|it| &*it.key == role).map(|it| it.name.raw());
        let name = name.collect::<String>();
        let (found, told) = said(&campaign, Rule::PrivateAdmin, "Ben", "Pay", &name);
        assert_eq!(found, expected, "{private:?} {role}");
        let words = match private {
            Fact::Known(true) => "Pay is private; ",
            Fact::Known(false) | Fact::Absent => "Pay is not private; ",
            Fact::Unknown => "whether Pay is private was not told; ",
        };
        assert!(told.starts_with(words), "{told}");
    }
}

#[test]
fn a_membership_is_over_ahead_or_waits() {
    type Case<'a> = (&'a dyn Fn(&mut Membership), [Value; 3], Rule, &'a str);
    let past = || time("2026-01-01T00:00:00Z");
    let ahead = || time("2026-12-31T00:00:00Z");
    let cases: [Case<'_>; 9] = [
        (&|_| {}, [No, No, No], Rule::Expired, "archived"),
        (
            &|it| it.till = past(),
            [Yes, No, No],
            Rule::Expired,
            "ended 2026-01-01",
        ),
        (
            &|it| it.till = ahead(),
            [No, No, No],
            Rule::Expired,
            "ended 2026-12-31",
        ),
        (
            &|it| it.archived = Fact::Known(true),
            [Yes, No, No],
            Rule::Expired,
            "archived",
        ),
        (
            &|it| it.till = Fact::Unknown,
            [Unknown, No, No],
            Rule::Expired,
            "when it ends was not told",
        ),
        (
            &|it| it.since = ahead(),
            [No, Yes, No],
            Rule::Future,
            "begins 2026-12-31",
        ),
        (
            &|it| it.since = Fact::Unknown,
            [No, Unknown, No],
            Rule::Future,
            "when it begins was not told",
        ),
        (
            &|it| it.pending = Fact::Known(true),
            [No, No, Yes],
            Rule::Pending,
            "nobody approved it yet",
        ),
        (
            &|it| it.pending = Fact::Unknown,
            [No, No, Unknown],
            Rule::Pending,
            "whether it was approved was not told",
        ),
    ];
    for (change, expected, rule, words) in cases {
        let mut org = Org::new();
        org.account("Ben", "Okafor", |_| {})
            .team("Payments", None, |_| {})
            .join("Ben", "Payments", change);
        let campaign = campaign(&org.snapshot());
        let found = [Rule::Expired, Rule::Future, Rule::Pending]
            .map(|rule| said(&campaign, rule, "Ben", "Payments", "Team Member").0);
        assert_eq!(found, expected, "{words}");
        let (_, told) = said(&campaign, rule, "Ben", "Payments", "Team Member");
        assert_eq!(told, words);
    }
    // What is over does not revive with its account.
    let mut org = Org::new();
    org.account("Dan", "Alt", |it| it.archived = Fact::Known(true))
        .team("Payments", None, |_| {})
        .join("Dan", "Payments", |it| it.till = past());
    let campaign = campaign(&org.snapshot());
    assert_eq!(
        said(&campaign, Rule::Left, "Dan", "Payments", "Team Member").0,
        No
    );
    assert_eq!(
        said(&campaign, Rule::Left, "Dan", "Acme", "Can sign in").0,
        Yes
    );
}

#[test]
fn a_disbanded_team_is_told_by_its_members_and_by_what_it_holds() {
    type Case = (fn(&mut Team), Value, &'static str);
    let cases: [Case; 4] = [
        (
            |it| it.disbanded = Fact::Absent,
            No,
            "whether Attic is disbanded or archived was not told",
        ),
        (
            |it| {
                it.disbanded = Fact::Known(true);
                it.disbanded_at = Fact::Known("2025-06-30".parse().expect("a day"));
            },
            Yes,
            "Attic was disbanded 2025-06-30",
        ),
        (
            |it| it.archived = Fact::Known(true),
            Yes,
            "Attic is archived",
        ),
        (
            |it| it.disbanded = Fact::Unknown,
            Unknown,
            "whether Attic is disbanded or archived was not told",
        ),
    ];
    for (change, expected, words) in cases {
        let mut org = Org::new();
        org.account("Ben", "Okafor", |_| {})
            .team("Attic", None, change)
            .project("Pay")
            .join("Ben", "Attic", |_| {})
            .team_role("Attic", Some("Pay"), "project:member");
        let campaign = campaign(&org.snapshot());
        for (holder, resource, role) in [
            ("Ben", "Attic", "Team Member"),
            ("Attic", "Pay", "Project Member"),
        ] {
            check(
                said(&campaign, Rule::Disbanded, holder, resource, role),
                expected,
                words,
            );
        }
    }
}

#[test]
fn a_role_that_a_team_gives_too_is_a_duplicate() {
    let mut org = acme();
    org.account_role("Ben", Some("Pay"), "project:member")
        .account_role("Ben", Some("Lab"), "project:member")
        .account_role("Cleo", Some("Pay"), "project:member")
        .team_role("Engineering", Some("Pay"), "project:member")
        .join("Cleo", "Attic", |_| {})
        .account_role("Cleo", Some("Lab"), "project:member");
    let campaign = campaign(&org.snapshot());
    for (holder, resource, role, expected, words) in [
        ("Ben", "Pay", "Project Member", Yes, "via team Payments"),
        (
            "Ben",
            "Lab",
            "Project Member",
            Yes,
            "via team Payments, below Engineering",
        ),
        ("Ben", "Pay", "Project Admin", No, ""),
        ("Cleo", "Pay", "Project Member", No, ""),
        // Nobody knows what a disbanded team still gives.
        (
            "Cleo",
            "Lab",
            "Project Member",
            Unknown,
            "via team Attic, which may not count",
        ),
        (
            "Payments",
            "Pay",
            "Project Member",
            Yes,
            "via team Engineering",
        ),
        ("Engineering", "Pay", "Project Member", No, ""),
        ("Ben", "Payments", "Team Member", No, ""),
    ] {
        check(
            said(&campaign, Rule::Duplicate, holder, resource, role),
            expected,
            words,
        );
    }
}

#[test]
fn who_is_alone_with_a_role_among_peers_is_told() {
    let mut org = Org::new();
    for name in ["Ada", "Ben", "Cleo", "Dan", "Eve", "Fay"] {
        org.account(name, "X", |_| {});
    }
    org.team("Payments", None, |_| {})
        .team("Pair", None, |_| {})
        .team("Odd", None, |_| {})
        .project("Pay")
        .project("Lab")
        .join("Ada", "Payments", |_| {})
        .join("Ben", "Payments", |_| {})
        .join("Cleo", "Payments", |_| {})
        .join("Dan", "Pair", |_| {})
        .join("Eve", "Pair", |_| {})
        .join("Cleo", "Odd", |it| it.till = Fact::Unknown)
        .account_role("Ada", Some("Pay"), "project:admin")
        .account_role("Ben", Some("Pay"), "project:admin")
        .account_role("Ben", Some("Lab"), "project:admin")
        .account_role("Cleo", Some("Pay"), "project:member")
        .account_role("Dan", Some("Lab"), "project:admin")
        .account_role("Fay", Some("Lab"), "project:admin");
    let campaign = campaign(&org.snapshot());
    for (holder, project, role, expected) in [
        ("Ada", "Pay", "Project Admin", No),
        ("Ben", "Lab", "Project Admin", Yes),
        // Whether one of the memberships counts is not known.
        ("Cleo", "Pay", "Project Member", Unknown),
        // Two are no team to compare with, and without a team there are no peers.
        ("Dan", "Lab", "Project Admin", No),
        ("Fay", "Lab", "Project Admin", No),
    ] {
        let (found, told) = said(&campaign, Rule::Alone, holder, project, role);
        assert_eq!(found, expected, "{holder} {project}");
        if expected == Yes {
            assert_eq!(told, "nobody else in Payments was given it");
        }
    }
    // Whoever's team holds the role is not alone with it.
    org.team_role("Payments", Some("Lab"), "project:admin");
    let campaign = fixture::campaign(&org.snapshot());
    assert_eq!(
        said(&campaign, Rule::Alone, "Ben", "Lab", "Project Admin").0,
        No
    );
}

#[test]
fn hard_names_are_flagged() {
    // The second letter of the first one is Cyrillic.
    for (name, hidden, alike) in [
        (
            "P\u{430}yments",
            No,
            "project P\u{430}yments looks like team Payments",
        ),
        (
            "Payments\u{202e}",
            Yes,
            "project Payments‹U+202E› looks like team Payments",
        ),
        (
            "Pay\u{200b}ments",
            Yes,
            "project Pay‹U+200B›ments looks like team Payments",
        ),
        ("\u{202e}stnemyaP", Yes, ""),
        (
            "Payments ",
            No,
            "project Payments  looks like team Payments",
        ),
        ("Рayroll", No, "project Рayroll mixes scripts in a word"),
        // Not compared with names that are the same, or differ only in case.
        ("Payments", No, ""),
        ("PAYMENTS", No, ""),
        // Scripts that are written together, and words in one script each.
        ("Tシャツ注文", No, ""),
        ("K팝", No, ""),
        ("Отдел IT", No, ""),
        ("Größe-2", No, ""),
        ("👩\u{200d}💻 Devs", No, ""),
    ] {
        let mut org = Org::new();
        org.account("Ben", "Okafor", |_| {})
            .team("Payments", None, |_| {})
            .project(name)
            .account_role("Ben", Some(name), "project:member");
        let campaign = campaign(&org.snapshot());
        let item = item(campaign.snapshot(), "Ben", name, "Project Member");
        let signals = campaign.signals();
        assert_eq!(signals.value(Rule::Hidden, item), hidden, "{name:?}");
        let found = signals.value(Rule::LookAlike, item);
        assert_eq!(found == Yes, !alike.is_empty(), "{name:?}: {found:?}");
        if found == Yes {
            assert_eq!(signals.told(&campaign, Rule::LookAlike, item), alike);
        }
    }
}

#[test]
fn accounts_that_look_alike_are_told_by_name_and_by_login_name() {
    let mut org = Org::new();
    org.account("Ann", "Bell", |it| it.username = Raw::from("abell"))
        .account("Ann2", "X", |it| {
            it.first_name = Raw::from("Ann");
            it.last_name = Raw::from("Be1l");
            it.username = Raw::from("abe11");
        })
        // A namesake is another person, not another name.
        .account("Bea", "Weiss", |_| {})
        .account("Bea2", "Weiss", |it| it.first_name = Raw::from("Bea"));
    let campaign = campaign(&org.snapshot());
    let (found, told) = said(
        &campaign,
        Rule::LookAlike,
        "Ann Bell",
        "Acme",
        "Can sign in",
    );
    assert_eq!(found, Yes);
    assert_eq!(
        told,
        "account Ann Bell looks like account Ann Be1l, login name abell looks like login name abe11"
    );
    assert_eq!(
        said(&campaign, Rule::LookAlike, "Bea", "Acme", "Can sign in").0,
        No
    );
}

#[test]
fn what_was_not_read_is_gathered_and_names_nobody_read_are_unknown() {
    let mut org = Org::new();
    org.account("Ben", "Okafor", |it| {
        it.last_sign_in = time("2026-03-01T09:00:00Z");
        it.two_factor = Fact::Known(TwoFactor::Active);
    })
    .account("Zed", "", |it| {
        let id = it.id.clone();
        *it = Account::unlisted(id);
    });
    let campaign = campaign(&org.snapshot());
    check(
        said(&campaign, Rule::Unread, "Ben", "Acme", "Can sign in"),
        No,
        "",
    );
    check(
        said(&campaign, Rule::Unread, "zed", "Acme", "Can sign in"),
        Yes,
        "left, suspended, external, guest, hidden, look-alike, no-sign-in, no-2fa",
    );
    let told = said(&campaign, Rule::External, "zed", "Acme", "Can sign in");
    check(told, Unknown, "the list of accounts lacks the holder");
    check(
        said(&campaign, Rule::Hidden, "zed", "Acme", "Can sign in"),
        Unknown,
        "a name was not read",
    );
}

#[test]
fn the_previous_record_tells_what_is_new_changed_and_still_here() {
    let snapshot = acme().snapshot();
    let mut previous = campaign(&snapshot);
    let revoked = item(&snapshot, "Ben", "Pay", "Project Admin");
    let event = Event::Decided(Decided {
        change: Change::Decide(Decision::Revoke),
        items: revoked.into(),
        reason: Some(Raw::from("left the team")),
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    });
    let entry = entry(previous.next_seq(), event);
    previous.apply(entry).expect("it may be revoked");
    let mut org = acme();
    org.account_role("Ben", Some("Lab"), "project:member");
    org.membership("Ben", "Payments", |it| it.lead = Fact::Known(true));
    let now = after(&org.snapshot(), &previous);
    check(
        said(&now, Rule::StillHere, "Ben", "Pay", "Project Admin"),
        Yes,
        "revoked 2026-03-31 by ada: left the team",
    );
    check(
        said(&now, Rule::New, "Ben", "Lab", "Project Member"),
        Yes,
        "not in the record of 2026-03-31 09:00 UTC",
    );
    check(
        said(&now, Rule::Changed, "Ben", "Payments", "Team Lead"),
        Yes,
        "lead since the record of 2026-03-31 09:00 UTC",
    );
    for rule in [Rule::StillHere, Rule::New, Rule::Changed] {
        assert_eq!(said(&now, rule, "Cleo", "Pay", "External").0, No);
        // Without a record to compare with, nobody can tell.
        check(
            said(&previous, rule, "Cleo", "Pay", "External"),
            Unknown,
            "there is no previous record to compare with",
        );
    }
}

#[test]
fn own_access_is_known_only_when_the_reviewer_is() {
    let snapshot = acme().snapshot();
    let known = campaign(&snapshot);
    assert_eq!(said(&known, Rule::Own, "Ada", "Acme", "Can sign in").0, Yes);
    assert_eq!(said(&known, Rule::Own, "Ben", "Acme", "Can sign in").0, No);
    let mut org = Org::new();
    org.account("Ben", "Okafor", |_| {});
    let nobody = campaign(&org.snapshot());
    check(
        said(&nobody, Rule::Own, "Ben", "Acme", "Can sign in"),
        Unknown,
        "which account is the reviewer's is not known",
    );
    assert_eq!(
        said(&nobody, Rule::Own, "Every member", "Acme", "Member").0,
        No
    );
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    for rule in Rule::ALL {
        assert_eq!(Rule::named(rule.name()), Some(rule));
        assert!(rule.version() > 0 && !rule.words().is_empty() && !rule.help().is_empty());
    }
    assert_eq!(Rule::named("nothing"), None);
    assert!(Rule::ALL.len() <= 32, "the bits of one word");
}

/// A small organization with anything in it.
#[derive(Debug, Clone)]
struct World {
    /// For each team the one above, below its own number, and whether it surely gives access.
    teams: Vec<(Option<u8>, bool)>,
    /// Account, team, and its standing.
    memberships: Vec<(u8, u8, u8)>,
    account_roles: Vec<(u8, u8, bool)>,
    team_roles: Vec<(u8, u8, bool)>,
    unknown: bool,
}

const ACCOUNTS: [&str; 4] = ["Ada", "Ben", "Cleo", "Dan"];
const PROJECTS: [&str; 2] = ["Lab", "Pay"];

fn world() -> impl Strategy<Value = World> {
    let teams = prop::collection::vec((any::<Option<u8>>(), prop::bool::weighted(0.8)), 1..6);
    let memberships = prop::collection::vec((0..4u8, any::<u8>(), 0..6u8), 0..12);
    let account_roles = prop::collection::vec((0..4u8, 0..2u8, any::<bool>()), 0..8);
    let team_roles = prop::collection::vec((any::<u8>(), 0..2u8, any::<bool>()), 0..8);
    (teams, memberships, account_roles, team_roles, any::<bool>()).prop_map(
        |(teams, memberships, account_roles, team_roles, unknown)| World {
            teams,
            memberships,
            account_roles,
            team_roles,
            unknown,
        },
    )
}

impl World {
    fn snapshot(&self) -> Arc<Snapshot> {
        let mut org = Org::new();
        for name in ACCOUNTS {
            org.account(name, "X", |it| {
                if self.unknown {
                    (it.kind, it.two_factor) = (Kind::Unknown, Fact::Unknown);
                }
            });
        }
        for project in PROJECTS {
            org.project(project);
        }
        let names: Vec<String> = (0..self.teams.len()).map(|at| format!("T{at}")).collect();
        for (at, (above, sure)) in self.teams.iter().enumerate() {
            let above = above
                .filter(|_| at > 0)
                .map(|above| &*names[usize::from(above) % at]);
            org.team(&names[at], above, |it| {
                if !sure {
                    it.archived = Fact::Unknown;
                }
            });
        }
        let name = |team: u8| &*names[usize::from(team) % names.len()];
        let mut seen = std::collections::BTreeSet::new();
        for &(account, team, standing) in &self.memberships {
            let (account, team) = (ACCOUNTS[usize::from(account)], name(team));
            if seen.insert(("member", account, team, false)) {
                org.join(account, team, |it| match standing {
                    0 => it.pending = Fact::Known(true),
                    1 => it.archived = Fact::Known(true),
                    2 => it.till = Fact::Unknown,
                    _ => {}
                });
            }
        }
        let key = |admin: bool| {
            if admin {
                "project:admin"
            } else {
                "project:member"
            }
        };
        for &(account, project, admin) in &self.account_roles {
            let (account, project) = (
                ACCOUNTS[usize::from(account)],
                PROJECTS[usize::from(project)],
            );
            if seen.insert(("account", account, project, admin)) {
                org.account_role(account, Some(project), key(admin));
            }
        }
        for &(team, project, admin) in &self.team_roles {
            let (team, project) = (name(team), PROJECTS[usize::from(project)]);
            if seen.insert(("team", team, project, admin)) {
                org.team_role(team, Some(project), key(admin));
            }
        }
        org.snapshot()
    }
}

/// Whether a direct role is also reached through a team, by following every path.
fn reached_too(snapshot: &Snapshot, access: &Access, item: Item) -> Value {
    let grant = snapshot.grant(item);
    let Holder::Account(account) = grant.holder else {
        return No;
    };
    let same = |other: Item| snapshot.grant(other).entitlement == grant.entitlement;
    let counts = |membership: Item| match snapshot.grant(membership).entitlement {
        Entitlement::Membership(ix) => matches!(
            snapshot.membership(ix).standing(now()),
            Standing::Live | Standing::Unknown
        ),
        _ => false,
    };
    let ways = access.derived(snapshot, account).into_iter();
    let ways: Vec<Certainty> = ways
        .filter(|way| same(way.item) && counts(way.membership))
        .map(|way| way.certainty)
        .collect();
    if ways.contains(&Certainty::Now) {
        Yes
    } else if ways.is_empty() {
        No
    } else {
        Unknown
    }
}

proptest! {
    #[test]
    fn every_item_gets_one_of_three_values_and_they_add_up(world in world()) {
        let snapshot = world.snapshot();
        let campaign = campaign(&snapshot);
        let signals = campaign.signals();
        for (rule, count) in signals.counts(campaign.items()) {
            let (yes, unknown) = (signals.yes(rule), signals.unknown(rule));
            prop_assert!(yes.and(&unknown).is_empty());
            prop_assert_eq!((count.yes, count.unknown), (yes.len() as u64, unknown.len() as u64));
            for item in campaign.items().iter() {
                let expected = match (yes.contains(item), unknown.contains(item)) {
                    (true, _) => Yes,
                    (_, true) => Unknown,
                    _ => No,
                };
                prop_assert_eq!(signals.value(rule, item), expected);
                prop_assert_eq!(signals.of_item(item).any(|it| it == rule), expected == Yes);
                // Whoever asks is told something, or that there is nothing more to say.
                let told = signals.told(&campaign, rule, item);
                prop_assert!(expected == No || rule == Rule::Own || !told.is_empty(), "{rule:?}");
            }
        }
    }

    #[test]
    fn a_duplicate_is_found_as_by_following_every_path(world in world()) {
        let snapshot = world.snapshot();
        let campaign = campaign(&snapshot);
        let access = Access::of(&snapshot, now());
        for item in campaign.items().iter() {
            let grant = snapshot.grant(item);
            let role = matches!(grant.entitlement, Entitlement::ProjectRole(..));
            if role && matches!(grant.holder, Holder::Account(_)) {
                let expected = reached_too(&snapshot, &access, item);
                prop_assert_eq!(campaign.signals().value(Rule::Duplicate, item), expected);
            }
        }
    }
}

#[test]
fn teams_in_a_circle_give_nothing_for_sure() {
    let mut org = Org::new();
    org.account("Ben", "Okafor", |_| {})
        .account("Cleo", "Gast", |_| {})
        .project("Pay")
        .team("A", None, |_| {})
        .team("B", Some("A"), |_| {})
        .team("C", Some("B"), |_| {})
        .team("D", None, |_| {})
        .below("A", "B")
        .join("Ben", "C", |_| {})
        .join("Cleo", "D", |_| {})
        .account_role("Ben", Some("Pay"), "project:member")
        .account_role("Cleo", Some("Pay"), "project:member")
        .team_role("A", Some("Pay"), "project:member");
    let campaign = campaign(&org.snapshot());
    let found = |holder: &str| said(&campaign, Rule::Duplicate, holder, "Pay", "Project Member").0;
    assert_eq!(
        (found("Ben"), found("A"), found("Cleo")),
        (Unknown, Unknown, No)
    );
}

#[test]
fn a_role_that_nobody_knows_is_not_known_to_be_privileged() {
    let role = Role {
        key: "project:unknown:X".into(),
        name: Raw::from("X"),
        kind: RoleKind::ProjectUnknown,
        source: 0,
    };
    let values = role::of_role(&role, &Policy::default());
    assert_eq!(values.get(Rule::Privileged), None);
}
