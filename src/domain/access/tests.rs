use super::*;
use crate::domain::{
    fixture::{Org, acme, item, now},
    grant::Membership,
};

fn account(snapshot: &Snapshot, name: &str) -> AccountIx {
    let ix = snapshot
        .accounts()
        .iter()
        .position(|it| it.first_name.raw() == name)
        .expect(name);
    AccountIx::at(ix)
}

/// What `name` has through teams, as a person would say it.
fn derived(org: &Org, name: &str) -> Vec<String> {
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let say = |it: &Derived| {
        let path: Vec<&str> = it
            .path
            .iter()
            .map(|team| snapshot.team(*team).name.raw())
            .collect();
        let (role, resource) = (
            snapshot.role_label(it.item),
            snapshot.resource_label(it.item),
        );
        format!(
            "{} of {} via {} {:?}",
            role.raw(),
            resource.raw(),
            path.join(" ‹ "),
            it.certainty
        )
    };
    access
        .derived(&snapshot, account(&snapshot, name))
        .iter()
        .map(say)
        .collect()
}

#[test]
fn a_member_has_what_the_team_and_every_team_above_it_hold() {
    assert_eq!(
        derived(&acme(), "Ben"),
        [
            "Project Member of Pay via Payments Now",
            "Project Member of Lab via Payments ‹ Engineering Now"
        ]
    );
    assert_eq!(derived(&acme(), "Cleo"), [""; 0]);
}

#[test]
fn a_disbanded_team_makes_the_path_unknown_not_gone() {
    assert_eq!(
        derived(&acme(), "Dan"),
        ["Project Member of Lab via Attic Unknown"]
    );
    let mut org = acme();
    org.team("Below", Some("Attic"), |_| {})
        .join("Cleo", "Below", |_| {});
    assert_eq!(
        derived(&org, "Cleo"),
        ["Project Member of Lab via Below ‹ Attic Unknown"]
    );
}

#[test]
fn a_membership_counts_by_its_dates_and_its_approval() {
    type Change = fn(&mut Membership, Fact<Timestamp>);
    let at = |text: &str| Fact::Known(text.parse().expect("a time"));
    let cases: [(Change, &str, Option<&str>); 6] = [
        (
            |it, _| it.pending = Fact::Known(true),
            "2026-01-01T00:00:00Z",
            Some("NotYet"),
        ),
        (
            |it, at| it.since = at,
            "2031-01-01T00:00:00Z",
            Some("NotYet"),
        ),
        (|it, at| it.till = at, "2026-03-31T09:00:00Z", None),
        (|it, at| it.till = at, "2026-03-31T09:00:01Z", Some("Now")),
        (
            |it, _| it.archived = Fact::Known(true),
            "2026-01-01T00:00:00Z",
            None,
        ),
        (
            |it, _| it.pending = Fact::Unknown,
            "2026-01-01T00:00:00Z",
            Some("Unknown"),
        ),
    ];
    for (change, time, certainty) in cases {
        let mut org = acme();
        org.join("Cleo", "Payments", |it| change(it, at(time)));
        let expected: Vec<String> = certainty.map_or(vec![], |certainty| {
            vec![
                format!("Project Member of Pay via Payments {certainty}"),
                format!("Project Member of Lab via Payments ‹ Engineering {certainty}"),
            ]
        });
        assert_eq!(derived(&org, "Cleo"), expected);
    }
}

#[test]
fn a_revoke_that_leaves_access_standing_says_through_what() {
    let snapshot = acme().snapshot();
    let access = Access::of(&snapshot, now());
    let direct = item(&snapshot, "Ben", "Pay", "Project Admin");
    let via_team = item(&snapshot, "Payments", "Pay", "Project Member");
    let remaining = access.remaining(&snapshot, direct);
    assert_eq!(
        remaining
            .iter()
            .map(|it| (it.item, it.path.len()))
            .collect::<Vec<_>>(),
        [(via_team, 1)]
    );
    let cleo = item(&snapshot, "Cleo", "Pay", "External");
    assert_eq!(access.remaining(&snapshot, cleo), []);
    assert_eq!(access.remaining(&snapshot, via_team), []);
}

#[test]
fn leaving_a_team_takes_only_what_no_other_team_gives() {
    let mut org = acme();
    org.join("Ben", "Engineering", |_| {});
    let snapshot = org.snapshot();
    let access = Access::of(&snapshot, now());
    let (ben, payments) = (
        account(&snapshot, "Ben"),
        item(&snapshot, "Ben", "Payments", "Team Member"),
    );
    let pay = item(&snapshot, "Payments", "Pay", "Project Member");
    assert_eq!(access.lost_by_leaving(&snapshot, ben, payments), [pay]);

    let lab = access
        .derived(&snapshot, ben)
        .into_iter()
        .find(|it| it.path.len() == 2)
        .expect("via Payments ‹ Engineering");
    let [leave, take] = access.ways_to_remove(&snapshot, ben, &lab);
    assert_eq!((leave.item, leave.also), (payments, vec![pay]));
    assert_eq!(
        (take.item, take.accounts),
        (item(&snapshot, "Engineering", "Lab", "Project Member"), 2)
    );
}

#[test]
fn a_team_tree_that_runs_in_a_circle_ends() {
    use crate::domain::{
        resource::Team,
        snapshot::{Parts, Snapshot},
    };
    let template = acme().snapshot();
    let team = |id: &str, parent| Team {
        id: id.into(),
        parent: Some(TeamIx(parent)),
        ..template.teams()[0].clone()
    };
    let parts = Parts {
        organization: template.organization().clone(),
        accounts: vec![],
        teams: vec![team("one", 1), team("two", 0)],
        projects: vec![],
        roles: vec![],
        memberships: vec![],
        grants: vec![],
    };
    let snapshot = Snapshot::assemble(parts).expect("a circle is kept as it came");
    assert_eq!(upwards(&snapshot, TeamIx(0)).len(), 2);
}

#[test]
fn the_steps_of_all_ways_are_known_before_they_are_made() {
    let snapshot = acme().snapshot();
    let access = Access::of(&snapshot, now());
    let mut some = false;
    for account in (0..snapshot.accounts().len()).map(AccountIx::at) {
        let derived = access.derived(&snapshot, account);
        let made: usize = derived.iter().map(|it| it.path.len()).sum();
        assert!(made as u64 <= access.steps(&snapshot, account));
        some |= made > 0;
    }
    assert!(some);
}
