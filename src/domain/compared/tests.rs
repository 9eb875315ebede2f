use super::*;
use crate::domain::{
    account::{Fact, TwoFactor},
    decision::Change as Deciding,
    drift::Drift,
    filter::Filter,
    fixture::{Org, acme, campaign, entry, item, provenance},
    journal::{Chosen, Decided, Event, LeftOut, Opened},
    provenance::Gap,
    resource::RoleKind,
    text::Raw,
};
use std::sync::Arc;

/// Ada and Ben in a team and on two projects, with what `change` makes of it.
fn org(change: impl FnOnce(&mut Org)) -> Arc<Snapshot> {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Ok", |_| {})
        .team("Pay", None, |_| {})
        .project("Ledger")
        .project("Bills")
        .custom_role("project:role:1", "Reader", RoleKind::ProjectCustom)
        .account_role("Ada", Some("Bills"), "project:role:1")
        .account_role("Ada", Some("Ledger"), "project:admin");
    change(&mut org);
    org.snapshot()
}

fn with_gaps(snapshot: &Arc<Snapshot>, calls: &[&str]) -> Campaign {
    let mut campaign = campaign(snapshot);
    let mut opened: Opened = campaign.opened().clone();
    opened.provenance = provenance();
    opened.provenance.gaps = calls
        .iter()
        .map(|call| Gap {
            call: (*call).to_owned(),
            missing: Raw::from("something"),
            reason: Raw::from("refused"),
        })
        .collect();
    let terms = campaign.terms().clone();
    let first = entry(1, Event::Opened(Box::new(opened)));
    campaign = Campaign::open(Arc::clone(snapshot), terms, first).expect("it opens");
    campaign
}

/// Each row as `kind word what`, each field behind it.
fn told(compared: &Compared<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for row in compared.rows().iter().flatten() {
        let (snapshot, at) = match (row.new, row.old) {
            (Some(at), _) if row.kind != Kind::Revoke => (compared.newer().snapshot(), at),
            (_, at) => (compared.older().snapshot(), at.expect("one has it")),
        };
        let what = match row.kind {
            Kind::Account => snapshot.accounts()[at as usize].label(),
            Kind::Team => snapshot.teams()[at as usize].name.clone(),
            Kind::Project => snapshot.projects()[at as usize].name.clone(),
            Kind::Role => snapshot.roles()[at as usize].name.clone(),
            Kind::Grant | Kind::Revoke => snapshot.resource_label(Item(at)).clone(),
        };
        let mut line = format!("{} {} {}", row.kind.word(), row.said.word(), what.raw());
        for field in compared.fields(row) {
            line = format!("{line}; {}: {} > {}", field.name, field.from, field.to);
        }
        told.push(line);
    }
    told
}

#[test]
fn what_was_added_removed_and_changed_is_told_with_each_value_before_and_after() {
    let old = org(|org| {
        org.join("Ben", "Pay", |_| {});
    });
    let new = {
        let mut org = Org::new();
        org.account("Ada", "Keller", |it| {
            it.two_factor = Fact::Known(TwoFactor::Active);
            it.suspended = Fact::Known(true);
        })
        .account("Cyd", "New", |_| {})
        .team("Pay", None, |it| it.disbanded = Fact::Known(true))
        .project("Ledger")
        .project_with("Bills", |it| it.private = Fact::Known(true))
        .custom_role("project:role:1", "Writer", RoleKind::ProjectCustom)
        .account_role("Ada", Some("Bills"), "project:role:1")
        .account_role("Ada", Some("Bills"), "project:member");
        org.snapshot()
    };
    let (old, new) = (campaign(&old), campaign(&new));
    let compared = Compared::of(&old, &new);
    insta::assert_snapshot!(told(&compared).join("\n"));
    let same = Compared::of(&old, &old);
    assert!(same.is_empty());
    assert_eq!(same.unchanged, old.snapshot().len() as u64);
}

#[test]
fn what_one_side_could_not_read_was_neither_added_nor_removed() {
    let (less, more) = (
        org(|_| {}),
        org(|org| {
            org.account("Cyd", "New", |_| {})
                .join("Ben", "Pay", |_| {})
                .account_role("Ben", Some("Bills"), "project:member")
                .account_role("Ben", None, "org:admin");
        }),
    );
    // The calls with gaps, and how many rows of accounts and of grants cannot be told.
    for (calls, accounts, grants) in [
        (&[][..], 0, 0),
        (&["GET team-directory/profiles"], 1, 1),
        (&["GET team-directory/memberships"], 0, 1),
        (&["GET projects/{project}/people/members"], 0, 1),
        (&["POST permission-roles/get"], 0, 2),
        (&["GET projects", "GET team-directory/memberships"], 0, 2),
        (&["POST permissions/check-permission"], 1, 4),
        (&["GET something/new"], 1, 4),
    ] {
        let whole = campaign(&more);
        let partial = with_gaps(&less, calls);
        for (compared, word) in [
            (Compared::of(&whole, &partial), "removed"),
            (Compared::of(&partial, &whole), "added"),
        ] {
            let [of_accounts, .., of_grants, _] = compared.rows();
            let unknown = |rows: &[Row]| counts(rows).get("unknown").copied().unwrap_or(0);
            assert_eq!(unknown(of_accounts), accounts, "{calls:?}");
            assert_eq!(unknown(of_grants), grants, "{calls:?}");
            let rest = counts(of_grants).get(word).copied().unwrap_or(0);
            assert_eq!(rest + grants, 4, "{calls:?}");
        }
    }
}

#[test]
fn a_value_that_one_side_does_not_tell_is_no_change() {
    let untold = org(|org| {
        org.change_account("Ada", |it| {
            it.email = Fact::Unknown;
            it.suspended = Fact::Unknown;
        });
    });
    let told_of = org(|_| {});
    let (old, new) = (campaign(&told_of), campaign(&untold));
    let told = told(&Compared::of(&old, &new));
    assert!(
        told.iter().all(|line| line.contains(" unknown ")),
        "{told:#?}"
    );
    assert!(told[0].contains("state: active > unknown"), "{told:#?}");
}

#[test]
fn a_grant_differs_exactly_where_drift_says_so() {
    let changes: [fn(&mut Org); 6] = [
        |_| {},
        |org| {
            org.change_account("Ada", |it| it.archived = Fact::Known(true));
        },
        |org| {
            org.join("Ben", "Pay", |it| it.lead = Fact::Known(true));
        },
        |org| {
            org.join("Ben", "Pay", |it| it.pending = Fact::Known(true));
        },
        |org| {
            org.join("Ben", "Pay", |it| {
                it.till = Fact::Known("2027-01-01T00:00:00Z".parse().expect("a time"));
            });
        },
        |org| {
            org.join("Ben", "Pay", |_| {})
                .team_role("Pay", Some("Bills"), "project:member");
        },
    ];
    let reviews: Vec<Campaign> = changes
        .iter()
        .map(|change| campaign(&org(change)))
        .collect();
    for old in &reviews {
        for new in &reviews {
            let drift = Drift::between(
                (old.snapshot(), old.as_of(), old.items()),
                (new.snapshot(), new.as_of(), new.items()),
            );
            let compared = Compared::of(old, new);
            let [.., grants, _] = compared.rows();
            let differ: Vec<(Option<u32>, Option<u32>)> = grants
                .iter()
                .filter(|row| row.said == Said::Change(Change::Changed))
                .map(|row| (row.old, row.new))
                .collect();
            let mut by_drift: Vec<(Option<u32>, Option<u32>)> = drift
                .changed
                .iter()
                .map(|changed| (Some(changed.before.0), Some(changed.item.0)))
                .collect();
            by_drift.sort_unstable_by_key(|(_, new)| *new);
            assert_eq!(differ, by_drift);
            assert_eq!(compared.unchanged, drift.unchanged);
        }
    }
}

#[test]
fn a_filter_chooses_grants_of_either_side_and_what_they_name() {
    let old = campaign(&acme().snapshot());
    let new = campaign(&org(|_| {}));
    let compared = Compared::of(&old, &new);
    let all: usize = compared.rows().iter().map(Vec::len).sum();
    let filter = |text: &str| Filter::parse(text).expect("a filter");
    let of = |text: &str| -> usize { compared.chosen(&filter(text)).iter().map(Vec::len).sum() };
    assert_eq!(of(""), all);
    assert!(of("project:bills") > 0 && of("project:bills") < all);
    assert_eq!(of("project:bills -project:bills"), 0);
    let [accounts, ..] = compared.chosen(&filter("project:bills"));
    assert!(accounts.iter().all(|row| row.new.is_some()), "{accounts:?}");
}

#[test]
fn the_revokes_that_are_not_carried_out_come_first() {
    let snapshot = org(|_| {});
    let mut old = campaign(&snapshot);
    let revoked: ItemSet = [
        item(&snapshot, "Ada", "Bills", "Reader"),
        item(&snapshot, "Ada", "Ledger", "Project Admin"),
    ]
    .into_iter()
    .collect();
    let decided = Decided {
        change: Deciding::Decide(Decision::Revoke),
        items: revoked,
        reason: Some(Raw::from("unused")),
        chosen: Chosen::Marked,
        left_out: LeftOut::default(),
    };
    let reason = Raw::from("the only one");
    old.apply(entry(2, Event::SelfReviewAllowed { reason }))
        .expect("it may");
    old.apply(entry(3, Event::Decided(decided)))
        .expect("it may");
    let mut later = Org::new();
    later
        .account("Ada", "Keller", |_| {})
        .account("Ben", "Ok", |_| {})
        .team("Pay", None, |_| {})
        .project("Ledger")
        .project("Bills")
        .account_role("Ada", Some("Ledger"), "project:admin");
    let later = later.snapshot();
    let words = |new: &Campaign| -> Vec<&str> {
        let compared = Compared::of(&old, new);
        compared.rows()[5]
            .iter()
            .map(|row| row.said.word())
            .collect()
    };
    assert_eq!(words(&campaign(&later)), ["still-there", "gone"]);
    // What could not be read may be there all the same.
    let partial = with_gaps(&later, &["GET projects/{project}/people/teams"]);
    assert_eq!(words(&partial), ["still-there", "not-seen"]);
}
