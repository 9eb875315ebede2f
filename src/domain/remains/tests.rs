use super::*;
use crate::domain::{
    fixture::{Org, acme, item, now},
    grant::Membership,
};
use proptest::prelude::*;

/// What is left of `revoked`, as a person would say it: what of whom, through whose grants, how surely.
fn left(org: &Org, revoked: &[(&str, &str, &str)]) -> Vec<String> {
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let revoked: ItemSet = revoked
        .iter()
        .map(|(holder, resource, role)| item(&snapshot, holder, resource, role))
        .collect();
    let say = |item: Item| {
        format!(
            "{} of {}, {}",
            snapshot.role_label(item).raw(),
            snapshot.resource_label(item).raw(),
            snapshot.holder_label(snapshot.grant(item).holder).raw()
        )
    };
    let mut left = Vec::new();
    ways(&snapshot, &access, &revoked, |item, ways| {
        for way in ways {
            left.push(format!(
                "{} <- {} {:?}",
                say(item),
                say(way.item),
                way.certainty
            ));
        }
    });
    left
}

fn archived(membership: &mut Membership) {
    membership.archived = Fact::Known(true);
}

#[test]
fn a_role_is_still_reached_by_another_role_and_through_teams() {
    let mut org = acme();
    org.account_role("Ben", Some("Lab"), "project:admin")
        .account_role("Ben", Some("Lab"), "project:member");
    assert_eq!(
        left(&org, &[("Ben", "Lab", "Project Admin")]),
        [
            "Project Admin of Lab, Ben Ôkafor <- Project Member of Lab, Ben Ôkafor Now",
            "Project Admin of Lab, Ben Ôkafor <- Project Member of Lab, Engineering Now",
        ]
    );
    // What goes in the same act is no way.
    let both = [
        ("Ben", "Lab", "Project Admin"),
        ("Ben", "Lab", "Project Member"),
        ("Engineering", "Lab", "Project Member"),
    ];
    assert_eq!(left(&org, &both), [""; 0]);
    // Without the membership nothing leads there.
    let leaves = [
        ("Ben", "Pay", "Project Admin"),
        ("Ben", "Payments", "Team Member"),
    ];
    assert_eq!(left(&org, &leaves), [""; 0]);
}

#[test]
fn nothing_is_reached_by_an_account_that_is_deactivated() {
    let gone = [
        ("Ben", "Acme", "Can sign in"),
        ("Ben", "Pay", "Project Admin"),
    ];
    assert_eq!(left(&acme(), &gone), [""; 0]);
}

#[test]
fn who_is_in_a_team_below_stays_a_member_of_the_team_above() {
    let mut org = acme();
    org.join("Ben", "Engineering", |_| {})
        .join("Cleo", "Engineering", |_| {});
    assert_eq!(
        left(&org, &[("Ben", "Engineering", "Team Member")]),
        ["Team Member of Engineering, Ben Ôkafor <- Team Member of Payments, Ben Ôkafor Now"]
    );
    assert_eq!(
        left(&org, &[("Cleo", "Engineering", "Team Member")]),
        [""; 0]
    );
    assert_eq!(left(&org, &[("Ben", "Payments", "Team Member")]), [""; 0]);
}

#[test]
fn what_a_team_loses_it_may_have_from_the_team_above() {
    let mut org = acme();
    org.team_role("Engineering", Some("Pay"), "project:admin");
    assert_eq!(
        left(&org, &[("Payments", "Pay", "Project Member")]),
        ["Project Member of Pay, Payments <- Project Admin of Pay, Engineering Now"]
    );
}

#[test]
fn what_may_not_count_is_told_as_such() {
    let mut org = acme();
    org.account_role("Dan", Some("Lab"), "project:member")
        .join("Cleo", "Payments", archived);
    // Dan is in a disbanded team that holds it.
    assert_eq!(
        left(&org, &[("Dan", "Lab", "Project Member")]),
        ["Project Member of Lab, Dan Alt <- Project Member of Lab, Attic Unknown"]
    );
    // A membership that is over leads nowhere.
    assert_eq!(left(&org, &[("Cleo", "Pay", "External")]), [""; 0]);
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let role = item(&snapshot, "Dan", "Lab", "Project Member");
    let remains = Remains::of(&snapshot, &access, &role.into()).expect("something may remain");
    assert_eq!(
        (
            remains.standing.len(),
            remains.unsure.len(),
            remains.count()
        ),
        (0, 1, 1)
    );
}

#[test]
fn the_accounts_behind_a_team_are_counted_once() {
    let mut org = acme();
    org.join("Cleo", "Engineering", |_| {})
        .join("Cleo", "Payments", |_| {});
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let of = |holder, resource, role| item(&snapshot, holder, resource, role);
    let both: ItemSet = [
        of("Engineering", "Lab", "Project Member"),
        of("Payments", "Pay", "Project Member"),
    ]
    .into_iter()
    .collect();
    let remains = Remains::of(&snapshot, &access, &both).expect("others are touched");
    assert_eq!((remains.others, remains.count()), (3, 0));
    let own = of("Cleo", "Pay", "External").into();
    let remains = Remains::of(&snapshot, &access, &own).expect("a team has it, too");
    assert_eq!(
        remains.through,
        [(
            of("Cleo", "Pay", "External"),
            of("Payments", "Pay", "Project Member").into()
        )]
    );
    let nothing = of("Ada", "Acme", "System Admin").into();
    assert_eq!(Remains::of(&snapshot, &access, &nothing), None);
}

#[test]
fn many_items_are_counted_and_not_named() {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .team("All", None, |_| {});
    org.join("Ada", "All", |_| {});
    for place in 0..=NAMED {
        let name = format!("p{place:02}");
        org.project(&name)
            .account_role("Ada", Some(&name), "project:member")
            .team_role("All", Some(&name), "project:member");
    }
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let named = |n: usize| {
        let items =
            (0..n).map(|place| item(&snapshot, "Ada", &format!("p{place:02}"), "Project Member"));
        let remains = Remains::of(&snapshot, &access, &items.collect()).expect("all remain");
        (remains.count(), remains.through.len())
    };
    assert_eq!(named(NAMED), (NAMED as u64, NAMED));
    assert_eq!(named(NAMED + 1), (NAMED as u64 + 1, 0));
}

#[test]
fn a_way_gives_as_much_less_or_nobody_knows() {
    let mut org = acme();
    org.custom("project:role:1", RoleKind::ProjectCustom)
        .account_role("Cleo", Some("Lab"), "project:admin")
        .account_role("Cleo", Some("Lab"), "project:member")
        .account_role("Cleo", Some("Lab"), "project:external")
        .account_role("Cleo", Some("Lab"), "project:role:1");
    let snapshot = org.snapshot();
    let of = |role| item(&snapshot, "Cleo", "Lab", role);
    for (revoked, left, expected) in [
        ("Project Admin", "Project Member", Fact::Known(false)),
        ("Project Admin", "External", Fact::Known(false)),
        ("Project Admin", "project:role:1", Fact::Unknown),
        ("Project Member", "Project Admin", Fact::Known(true)),
        ("Project Member", "External", Fact::Known(false)),
        ("Project Member", "project:role:1", Fact::Unknown),
        ("External", "Project Member", Fact::Unknown),
        ("project:role:1", "Project Admin", Fact::Known(true)),
        ("project:role:1", "Project Member", Fact::Unknown),
        ("project:role:1", "project:role:1", Fact::Known(true)),
    ] {
        let way = |certainty| Way {
            item: of(left),
            certainty,
        };
        let gives = |certainty| gives_as_much(&snapshot, of(revoked), way(certainty));
        assert_eq!(gives(Certainty::Now), expected, "{revoked}, {left}");
        let unsure = match expected {
            Fact::Known(true) => Fact::Unknown,
            expected => expected,
        };
        assert_eq!(gives(Certainty::NotYet), unsure, "{revoked}, {left}");
    }
}

/// An organization made of numbers: a tree of teams, who is in which, and who has which role on which project.
fn made(parents: &[usize], joined: &[(usize, usize)], roles: &[(bool, usize, usize, bool)]) -> Org {
    let mut org = Org::new();
    for account in 0..4 {
        org.account(&format!("A{account}"), "X", |_| {});
    }
    for (team, parent) in parents.iter().enumerate() {
        let parent = (team > 0).then(|| format!("T{}", parent % team.max(1)));
        org.team(&format!("T{team}"), parent.as_deref(), |_| {});
    }
    for project in 0..3 {
        org.project(&format!("P{project}"));
    }
    let (mut teams, mut held) = (Vec::new(), Vec::new());
    for (account, team) in joined {
        let pair = (account % 4, team % parents.len());
        if !teams.contains(&pair) {
            teams.push(pair);
            org.join(&format!("A{}", pair.0), &format!("T{}", pair.1), |_| {});
        }
    }
    for (of_team, holder, project, admin) in roles {
        let holder = if *of_team {
            holder % parents.len()
        } else {
            holder % 4
        };
        let key = (*of_team, holder, project % 3, *admin);
        if held.contains(&key) {
            continue;
        }
        held.push(key);
        let role = if *admin {
            "project:admin"
        } else {
            "project:member"
        };
        let project = format!("P{}", project % 3);
        if *of_team {
            org.team_role(&format!("T{holder}"), Some(&project), role);
        } else {
            org.account_role(&format!("A{holder}"), Some(&project), role);
        }
    }
    org
}

proptest! {
    #[test]
    fn a_single_revoke_leaves_what_the_ways_of_the_account_lead_to(
        parents in prop::collection::vec(0usize..5, 1..6),
        joined in prop::collection::vec((0usize..4, 0usize..6), 0..8),
        roles in prop::collection::vec((any::<bool>(), 0usize..6, 0usize..3, any::<bool>()), 0..12),
    ) {
        let snapshot = made(&parents, &joined, &roles).snapshot();
        let access = Access::of(&snapshot, now());
        for index in 0..snapshot.len() {
            let item = Item(u32::try_from(index).expect("few"));
            let grant = snapshot.grant(item);
            if !matches!(grant.holder, Holder::Account(_))
                || !matches!(grant.entitlement, Entitlement::ProjectRole(..))
            {
                continue;
            }
            let mut expected: Vec<Item> = access
                .remaining(&snapshot, item)
                .into_iter()
                .map(|remaining| remaining.item)
                .collect();
            expected.sort_unstable();
            expected.dedup();
            ways(&snapshot, &access, &item.into(), |_, ways| {
                let found: Vec<Item> = ways.iter().map(|way| way.item).collect();
                assert_eq!(found, expected);
            });
        }
    }

    #[test]
    fn who_leaves_several_teams_loses_what_nothing_else_leads_to(
        parents in prop::collection::vec(0usize..5, 1..6),
        joined in prop::collection::vec((0usize..4, 0usize..6), 0..8),
        leaves in any::<u8>(),
    ) {
        let snapshot = made(&parents, &joined, &[]).snapshot();
        let access = Access::of(&snapshot, now());
        let all = (0..snapshot.len()).map(|index| Item(u32::try_from(index).expect("few")));
        let memberships = all.filter(|item| {
            matches!(snapshot.grant(*item).entitlement, Entitlement::Membership(_))
        });
        let revoked: ItemSet = memberships
            .enumerate()
            .filter(|(place, _)| leaves >> (place % 8) & 1 == 1)
            .map(|(_, item)| item)
            .collect();
        // By the definition: a team is still reached when a membership stays whose team is it or stands below it.
        ways(&snapshot, &access, &revoked, |item, ways| {
            let Entitlement::Membership(ix) = snapshot.grant(item).entitlement else {
                panic!("only memberships go");
            };
            let team = snapshot.membership(ix).team;
            let subject = snapshot.subjects()[snapshot.subject_of(item)];
            let stays = subject.items().filter(|other| {
                let Entitlement::Membership(ix) = snapshot.grant(*other).entitlement else {
                    return false;
                };
                let mut at = Some(snapshot.membership(ix).team);
                while let Some(above) = at.filter(|at| *at != team) {
                    at = snapshot.team(above).parent;
                }
                at.is_some() && !revoked.contains(*other)
            });
            let found: Vec<Item> = ways.iter().map(|way| way.item).collect();
            assert_eq!(found, stays.collect::<Vec<_>>());
        });
    }
}
