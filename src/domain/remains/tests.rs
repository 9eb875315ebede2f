use super::*;
use crate::domain::{
    decision::Change,
    fixture::{Org, acme, campaign, entry, item},
    grant::{Entitlement, Membership},
    items::Item,
    journal::{Chosen, Decided, Event, LeftOut},
    text::Raw,
};
use proptest::prelude::*;

/// What is left of `revoked`, as a person would say it: what of whom, through whose grants, how surely.
fn left(org: &Org, revoked: &[(&str, &str, &str)]) -> Vec<String> {
    let campaign = campaign(&org.snapshot());
    let snapshot = campaign.snapshot();
    let revoked: ItemSet = revoked
        .iter()
        .map(|(holder, resource, role)| item(snapshot, holder, resource, role))
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
    ways(&campaign, &revoked, |item, ways| {
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
    let campaign = campaign(&org.snapshot());
    let snapshot = campaign.snapshot();
    let role = item(snapshot, "Dan", "Lab", "Project Member");
    let remains = Remains::of(&campaign, &role.into()).expect("something may remain");
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
    let campaign = campaign(&org.snapshot());
    let snapshot = campaign.snapshot();
    let of = |holder, resource, role| item(snapshot, holder, resource, role);
    let both: ItemSet = [
        of("Engineering", "Lab", "Project Member"),
        of("Payments", "Pay", "Project Member"),
    ]
    .into_iter()
    .collect();
    let remains = Remains::of(&campaign, &both).expect("others are touched");
    let others = Others {
        lose: 3,
        ..Others::default()
    };
    assert_eq!((remains.others, remains.count()), (others, 0));
    let own = of("Cleo", "Pay", "External").into();
    let remains = Remains::of(&campaign, &own).expect("a team has it, too");
    assert_eq!(
        remains.through,
        [(
            of("Cleo", "Pay", "External"),
            of("Payments", "Pay", "Project Member").into()
        )]
    );
    let nothing = of("Ada", "Acme", "System Admin").into();
    assert_eq!(Remains::of(&campaign, &nothing), None);
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
    let campaign = campaign(&org.snapshot());
    let snapshot = campaign.snapshot();
    let named = |n: usize| {
        let items =
            (0..n).map(|place| item(snapshot, "Ada", &format!("p{place:02}"), "Project Member"));
        let remains = Remains::of(&campaign, &items.collect()).expect("all remain");
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

fn revoke(items: &ItemSet) -> Event {
    Event::Decided(Decided {
        change: Change::Decide(Decision::Revoke),
        items: items.clone(),
        reason: Some(Raw::from("left")),
        chosen: Chosen::Marked,
        left_out: LeftOut::default(),
    })
}

#[test]
fn what_else_is_revoked_in_the_review_is_no_way() {
    let mut org = acme();
    org.account_role("Ben", Some("Lab"), "project:member");
    let snapshot = org.snapshot();
    let of = |holder, resource, role| item(&snapshot, holder, resource, role);
    let role: ItemSet = of("Ben", "Lab", "Project Member").into();
    let through = |campaign: &Campaign| {
        let remains = campaign.remains(&revoke(&role));
        remains.map(|remains| remains.through[0].1.clone())
    };
    let team = of("Engineering", "Lab", "Project Member");
    assert_eq!(through(&campaign(&snapshot)), Some(team.into()));
    for before in [
        ("Ben", "Acme", "Can sign in"),
        ("Ben", "Payments", "Team Member"),
        ("Engineering", "Lab", "Project Member"),
    ] {
        let mut campaign = campaign(&snapshot);
        let gone = revoke(&of(before.0, before.1, before.2).into());
        let next = entry(campaign.next_seq(), gone);
        campaign.apply(next).expect("it may be revoked");
        assert_eq!(through(&campaign), None, "{before:?}");
    }
}

#[test]
fn what_goes_with_a_membership_is_named_unless_it_is_moot() {
    let snapshot = acme().snapshot();
    let mut campaign = campaign(&snapshot);
    let of = |holder, resource, role| item(&snapshot, holder, resource, role);
    let leaves = revoke(&of("Ben", "Payments", "Team Member").into());
    let along: ItemSet = [
        of("Payments", "Pay", "Project Member"),
        of("Engineering", "Lab", "Project Member"),
    ]
    .into_iter()
    .collect();
    let remains = campaign.remains(&leaves).expect("something goes along");
    assert_eq!(remains.along, along);
    assert_eq!(
        remains.words(|item| snapshot.resource_label(item).raw().to_owned()),
        ["leaving takes along 2 roles of teams: Lab, Pay"]
    );
    let deactivated = revoke(&of("Ben", "Acme", "Can sign in").into());
    let next = entry(campaign.next_seq(), deactivated);
    campaign.apply(next).expect("it may be revoked");
    assert_eq!(campaign.remains(&leaves), None);
}

#[test]
fn of_those_who_reach_it_through_a_team_some_keep_it() {
    let mut org = acme();
    org.join("Cleo", "Payments", |_| {});
    let snapshot = org.snapshot();
    let campaign = campaign(&snapshot);
    let of = |holder, resource, role| item(&snapshot, holder, resource, role);
    let taken = revoke(&of("Payments", "Pay", "Project Member").into());
    let remains = campaign.remains(&taken).expect("others are touched");
    // Ben has another role on it, Cleo is there as an external, Ada has nothing else.
    let kept = Others {
        lose: 1,
        keep: 2,
        unsure: 0,
    };
    assert_eq!(remains.others, kept);
    assert_eq!(
        remains.others.words().as_deref(),
        Some("1 loses it, 2 keep it by another way")
    );
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
        let campaign = campaign(&snapshot);
        let access = campaign.access();
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
            ways(&campaign, &item.into(), |_, ways| {
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
        let campaign = campaign(&snapshot);
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
        ways(&campaign, &revoked, |item, ways| {
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

    #[test]
    fn what_remains_is_what_a_plain_model_says(
        parents in prop::collection::vec(0usize..5, 1..6),
        joined in prop::collection::vec((0usize..4, 0usize..6), 0..10),
        roles in prop::collection::vec((any::<bool>(), 0usize..6, 0usize..3, any::<bool>()), 0..14),
        before in prop::collection::vec(0u8..4, 64),
    ) {
        let snapshot = made(&parents, &joined, &roles).snapshot();
        let mut campaign = campaign(&snapshot);
        let chosen = |campaign: &Campaign, wanted: u8| -> ItemSet {
            let all = snapshot.grants().iter().zip(0..).map(|(_, item)| Item(item));
            let may = |item: &Item| campaign.may(Change::Decide(Decision::Revoke), *item).is_ok();
            all.filter(may).filter(|item| before[item.index() % 64] == wanted).collect()
        };
        let (earlier, now) = (chosen(&campaign, 0), chosen(&campaign, 1));
        if !earlier.is_empty() {
            let next = entry(campaign.next_seq(), revoke(&earlier));
            campaign.apply(next).expect("it may be revoked");
        }
        let told = Remains::of(&campaign, &now).map_or_else(Remains::default, |remains| *remains);
        prop_assert_eq!(told, model::remains(&snapshot, &earlier.or(&now), &now));
    }
}

/// The same worked out plainly, where every membership counts.
mod model {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::snapshot::{AccountIx, Snapshot, TeamIx};

    fn all(snapshot: &Snapshot) -> impl Iterator<Item = Item> {
        (0..snapshot.len()).map(|index| Item(u32::try_from(index).expect("few")))
    }

    fn of(snapshot: &Snapshot, holder: Holder) -> impl Iterator<Item = Item> {
        all(snapshot).filter(move |item| snapshot.grant(*item).holder == holder)
    }

    fn upwards(snapshot: &Snapshot, team: TeamIx) -> Vec<TeamIx> {
        let above = |team: &TeamIx| snapshot.team(*team).parent;
        std::iter::successors(Some(team), above).collect()
    }

    /// The team of a membership and those above it.
    fn led(snapshot: &Snapshot, item: Item) -> Vec<TeamIx> {
        match snapshot.grant(item).entitlement {
            Entitlement::Membership(ix) => upwards(snapshot, snapshot.membership(ix).team),
            _ => Vec::new(),
        }
    }

    fn deactivated(snapshot: &Snapshot, account: AccountIx, gone: &ItemSet) -> bool {
        of(snapshot, Holder::Account(account)).any(|item| {
            snapshot.grant(item).entitlement == Entitlement::SignIn && gone.contains(item)
        })
    }

    /// All grants that give `holder` something, its memberships too.
    fn held(snapshot: &Snapshot, holder: Holder, gone: &ItemSet) -> BTreeSet<Item> {
        let mut held = BTreeSet::new();
        let mut teams = BTreeSet::new();
        match holder {
            Holder::Account(account) if deactivated(snapshot, account, gone) => {}
            Holder::Account(_) => {
                for item in of(snapshot, holder).filter(|item| !gone.contains(*item)) {
                    held.insert(item);
                    teams.extend(led(snapshot, item));
                }
            }
            Holder::Team(team) => teams.extend(upwards(snapshot, team)),
            Holder::Everyone(_) => {}
        }
        for team in teams {
            held.extend(of(snapshot, Holder::Team(team)).filter(|item| !gone.contains(*item)));
        }
        held
    }

    /// Whether `way` leads to what `item` gives.
    fn same(snapshot: &Snapshot, item: Item, way: Item) -> bool {
        match (
            snapshot.grant(item).entitlement,
            snapshot.grant(way).entitlement,
        ) {
            (Entitlement::ProjectRole(one, _), Entitlement::ProjectRole(other, _)) => one == other,
            (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => {
                one == other
            }
            (Entitlement::Membership(one), Entitlement::Membership(_)) => {
                led(snapshot, way).contains(&snapshot.membership(one).team)
            }
            _ => false,
        }
    }

    pub(super) fn remains(snapshot: &Snapshot, gone: &ItemSet, now: &ItemSet) -> Remains {
        let mut remains = Remains::default();
        let ways = now.iter().map(|item| {
            let held = held(snapshot, snapshot.grant(item).holder, gone);
            let ways = held.into_iter().filter(|way| same(snapshot, item, *way));
            (item, ways.collect::<ItemSet>())
        });
        remains.through = ways.filter(|(_, ways)| !ways.is_empty()).collect();
        remains.standing = remains.through.iter().map(|(item, _)| *item).collect();
        if remains.through.len() > NAMED {
            remains.through.clear();
        }
        let mut along = BTreeSet::new();
        for index in 0..snapshot.accounts().len() {
            let account = AccountIx::at(index);
            let holder = Holder::Account(account);
            if deactivated(snapshot, account, gone) {
                continue;
            }
            let after = held(snapshot, holder, gone);
            let stay = of(snapshot, holder).filter(|item| !gone.contains(*item));
            let stay: BTreeSet<TeamIx> = stay.flat_map(|item| led(snapshot, item)).collect();
            let left = of(snapshot, holder).filter(|item| now.contains(*item));
            for team in left.flat_map(|item| led(snapshot, item)) {
                if !stay.contains(&team) {
                    let holds = of(snapshot, Holder::Team(team));
                    along.extend(holds.filter(|item| !gone.contains(*item)));
                }
            }
            let taken = stay
                .iter()
                .flat_map(|team| of(snapshot, Holder::Team(*team)));
            let taken: Vec<Item> = taken.filter(|item| now.contains(*item)).collect();
            if taken.is_empty() {
                continue;
            }
            let keeps = |item: &Item| after.iter().any(|way| same(snapshot, *item, *way));
            if taken.iter().all(keeps) {
                remains.others.keep += 1;
            } else {
                remains.others.lose += 1;
            }
        }
        remains.along = along.into_iter().collect();
        remains
    }
}
