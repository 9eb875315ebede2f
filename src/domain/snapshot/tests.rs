use proptest::prelude::*;

use super::*;
use crate::domain::{
    fixture::acme,
    grant::{GrantId, Holder},
};

/// The same parts with every list turned by `by` places and all indices following.
fn turned(parts: &Parts, by: usize) -> Parts {
    fn turn<T: Clone>(list: &[T], by: usize) -> Vec<T> {
        let mut list = list.to_vec();
        let length = list.len();
        if length > 0 {
            list.rotate_left(by % length);
        }
        list
    }
    let place = |index: u32, length: usize| {
        u32::try_from((index as usize + length - by % length) % length).expect("few")
    };
    let mut new = Parts {
        organization: parts.organization.clone(),
        accounts: turn(&parts.accounts, by),
        teams: turn(&parts.teams, by),
        projects: turn(&parts.projects, by),
        roles: turn(&parts.roles, by),
        memberships: turn(&parts.memberships, by),
        grants: turn(&parts.grants, by),
    };
    let team = |ix: TeamIx| TeamIx(place(ix.0, parts.teams.len()));
    for entry in &mut new.teams {
        entry.parent = entry.parent.map(team);
    }
    for entry in &mut new.memberships {
        entry.team = team(entry.team);
    }
    for grant in &mut new.grants {
        grant.holder = match grant.holder {
            Holder::Everyone(audience) => Holder::Everyone(audience),
            Holder::Account(ix) => Holder::Account(AccountIx(place(ix.0, parts.accounts.len()))),
            Holder::Team(ix) => Holder::Team(team(ix)),
        };
        let role = |ix: RoleIx| RoleIx(place(ix.0, parts.roles.len()));
        grant.entitlement = match grant.entitlement {
            Entitlement::SignIn => Entitlement::SignIn,
            Entitlement::OrganizationRole(ix) => Entitlement::OrganizationRole(role(ix)),
            Entitlement::Membership(ix) => {
                Entitlement::Membership(MembershipIx(place(ix.0, parts.memberships.len())))
            }
            Entitlement::ProjectRole(project, ix) => Entitlement::ProjectRole(
                ProjectIx(place(project.0, parts.projects.len())),
                role(ix),
            ),
        };
    }
    new
}

proptest! {
    #[test]
    fn the_same_population_makes_the_same_snapshot_in_whatever_order_it_came(by in 0usize..30) {
        let snapshot = acme().snapshot();
        let again = Snapshot::assemble(turned(&snapshot.parts, by)).expect("the same parts");
        prop_assert_eq!(&again, &*snapshot);
        prop_assert!(Snapshot::from_ordered(again.parts).is_ok());
    }
}

#[test]
fn what_is_there_twice_or_points_nowhere_is_no_snapshot() {
    let sound = acme().snapshot().parts.clone();
    let twice = |change: fn(&mut Parts)| {
        let mut parts = sound.clone();
        change(&mut parts);
        Snapshot::assemble(parts)
    };
    assert!(matches!(
        twice(|it| it.accounts.push(it.accounts[0].clone())),
        Err(Error::Twice {
            what: "account",
            ..
        })
    ));
    assert!(matches!(
        twice(|it| it.grants.push(it.grants[0])),
        Err(Error::Twice { what: "grant", .. })
    ));
    let same_id = twice(|it| it.grants[1].id = it.grants[0].id);
    assert!(matches!(same_id, Err(Error::Twice { what: "grant", .. })));
    let nowhere = twice(|it| it.grants[1].holder = Holder::Account(AccountIx(99)));
    assert!(matches!(
        nowhere,
        Err(Error::Dangling { what: "grant", .. })
    ));
    let unused = twice(|it| it.memberships.push(it.memberships[0].clone()));
    assert!(matches!(
        unused,
        Err(Error::Dangling {
            what: "membership",
            ..
        })
    ));
}

#[test]
fn a_file_in_another_order_is_refused() {
    let sound = acme().snapshot().parts.clone();
    let mut parts = sound.clone();
    parts.grants.swap(1, 2);
    assert!(matches!(
        Snapshot::from_ordered(parts),
        Err(Error::Disorder { what: "grant", .. })
    ));
    let mut parts = sound;
    parts.accounts.swap(0, 1);
    assert!(matches!(
        Snapshot::from_ordered(parts),
        Err(Error::Disorder {
            what: "account",
            ..
        })
    ));
}

#[test]
fn a_holder_finds_its_items_and_an_item_its_holder() {
    let snapshot = acme().snapshot();
    for (position, subject) in snapshot.subjects().iter().enumerate() {
        assert_eq!(snapshot.subject_of_holder(subject.holder), Some(subject));
        for item in subject.items() {
            assert_eq!(snapshot.subject_of(item), position);
            assert_eq!(snapshot.grant(item).holder, subject.holder);
        }
    }
    assert_eq!(
        snapshot.subjects().iter().map(Subject::len).sum::<usize>(),
        snapshot.len()
    );
    let unused = Holder::Team(TeamIx(99));
    assert_eq!(snapshot.subject_of_holder(unused), None);
}

#[test]
fn a_grants_id_depends_on_every_part_and_on_where_each_ends() {
    let id = |parts: &[&str]| GrantId::derive("org", parts);
    assert_ne!(id(&["ab", "c"]), id(&["a", "bc"]));
    assert_ne!(id(&["a"]), GrantId::derive("other", &["a"]));
    assert_eq!(
        id(&["sign-in", "1a2B"]).to_string(),
        "d30b5bab7e4a68d88cd25c28"
    );
}

/// Teams of which each stands below the one before.
fn chain(length: u32) -> Vec<Team> {
    let one = acme().snapshot().teams()[0].clone();
    let team = |n: u32| Team {
        id: format!("{n:07}").into(),
        parent: n.checked_sub(1).map(TeamIx),
        ..one.clone()
    };
    (0..length).map(team).collect()
}

#[test]
fn a_team_stands_below_a_thousand_others_at_most() {
    let limit = u32::try_from(DEPTH_LIMIT).expect("a small number");
    assert_eq!(pointers::check_depth(&chain(limit + 1)), Ok(()));
    for length in [limit + 2, 100_000] {
        let deep = chain(length);
        let first = Err(Error::TooDeep {
            position: DEPTH_LIMIT + 2,
        });
        assert_eq!(pointers::check_depth(&deep), first);
        let mut reversed = deep;
        reversed.reverse();
        for team in &mut reversed {
            team.parent = team.parent.map(|parent| TeamIx(length - 1 - parent.0));
        }
        let last = Err(Error::TooDeep {
            position: reversed.len() - DEPTH_LIMIT - 1,
        });
        assert_eq!(pointers::check_depth(&reversed), last);
    }
    // A circle is odd, and not deep.
    let mut circle = chain(300);
    circle[0].parent = Some(TeamIx(299));
    assert_eq!(pointers::check_depth(&circle), Ok(()));
    circle[0].parent = Some(TeamIx(0));
    assert_eq!(pointers::check_depth(&circle), Ok(()));
    let mut circle = chain(100_000);
    circle[0].parent = Some(TeamIx(99_999));
    assert!(matches!(
        pointers::check_depth(&circle),
        Err(Error::TooDeep { .. })
    ));
}
