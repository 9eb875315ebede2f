use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::*;
use crate::domain::{
    account::{Fact, Kind},
    decision::Decision,
    fixture::{Org, campaign, entry, now, under},
    journal::How,
    policy::Policy,
};

/// What may differ between two snapshots of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is there or not by itself"
)]
struct World {
    ben_leads: bool,
    bens_time_is_over: bool,
    dan_is_in_attic: bool,
    cleo_is_suspended: bool,
    attic_is_archived: bool,
    eve_is_there: bool,
    payments_is_below_lab: bool,
}

fn world() -> impl Strategy<Value = World> {
    prop::array::uniform7(any::<bool>()).prop_map(|[a, b, c, d, e, f, g]| World {
        ben_leads: a,
        bens_time_is_over: b,
        dan_is_in_attic: c,
        cleo_is_suspended: d,
        attic_is_archived: e,
        eve_is_there: f,
        payments_is_below_lab: g,
    })
}

fn all(snapshot: &Snapshot) -> ItemSet {
    items(snapshot).collect()
}

fn snapshot(world: World) -> Arc<Snapshot> {
    let above = if world.payments_is_below_lab {
        "Labs"
    } else {
        "Engineering"
    };
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Okafor", |_| {})
        .account("Cleo", "Gast", |it| {
            it.kind = Kind::Collaborator;
            it.suspended = Fact::Known(world.cleo_is_suspended);
        })
        .account("Dan", "Alt", |_| {})
        .team("Engineering", None, |_| {})
        .team("Labs", None, |_| {})
        .team("Payments", Some(above), |_| {})
        .team("Attic", None, |it| {
            it.archived = Fact::Known(world.attic_is_archived);
        })
        .project("Pay")
        .project("Lab")
        .join("Ada", "Payments", |it| it.lead = Fact::Known(true))
        .join("Ben", "Payments", |it| {
            it.lead = Fact::Known(world.ben_leads);
            if world.bens_time_is_over {
                it.till = Fact::Known("2026-01-01T00:00:00Z".parse().expect("a time"));
            }
        })
        .account_role("Ben", Some("Pay"), "project:admin")
        .account_role("Cleo", Some("Pay"), "project:external")
        .team_role("Payments", Some("Pay"), "project:member")
        .team_role("Attic", Some("Lab"), "project:member");
    if world.dan_is_in_attic {
        org.join("Dan", "Attic", |_| {});
    }
    if world.eve_is_there {
        org.account("Eve", "Neu", |_| {})
            .join("Eve", "Payments", |_| {});
    }
    org.snapshot()
}

/// What must be found, by holder and resource, told from the worlds alone.
fn expected(old: World, new: World) -> BTreeMap<(&'static str, &'static str), Vec<Aspect>> {
    let mut found = BTreeMap::new();
    let mut differs = |is: bool, holder, resource, what| {
        if is {
            found
                .entry((holder, resource))
                .or_insert_with(Vec::new)
                .push(what);
        }
    };
    differs(
        old.ben_leads != new.ben_leads,
        "Ben",
        "Payments",
        Aspect::Lead,
    );
    differs(
        old.bens_time_is_over != new.bens_time_is_over,
        "Ben",
        "Payments",
        Aspect::Dates,
    );
    let suspended = old.cleo_is_suspended != new.cleo_is_suspended;
    differs(suspended, "Cleo", "Acme", Aspect::Holder);
    differs(suspended, "Cleo", "Pay", Aspect::Holder);
    let archived = old.attic_is_archived != new.attic_is_archived;
    differs(archived, "Attic", "Lab", Aspect::Team);
    let stays = old.dan_is_in_attic && new.dan_is_in_attic;
    differs(archived && stays, "Dan", "Attic", Aspect::Team);
    let moved = old.payments_is_below_lab != new.payments_is_below_lab;
    differs(moved, "Ada", "Payments", Aspect::Team);
    differs(moved, "Ben", "Payments", Aspect::Team);
    differs(moved, "Payments", "Pay", Aspect::Team);
    differs(
        moved && old.eve_is_there && new.eve_is_there,
        "Eve",
        "Payments",
        Aspect::Team,
    );
    found
}

fn names(snapshot: &Snapshot, item: Item) -> (String, String) {
    let holder = snapshot.holder_label(snapshot.grant(item).holder);
    let first = holder
        .raw()
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_owned();
    (first, snapshot.resource_label(item).raw().to_owned())
}

/// What is said about an item, without when.
type Said = (Option<Decision>, bool, Option<String>, Option<String>);

fn said(campaign: &Campaign, item: Item) -> Said {
    let slot = campaign.slot(item);
    let reason = campaign
        .deciding_entry(item)
        .and_then(|(_, decided)| decided.reason.as_ref());
    let note = campaign.note(item);
    (
        slot.decision,
        slot.later,
        reason.map(|reason| reason.raw().to_owned()),
        note.map(|note| note.raw().to_owned()),
    )
}

fn apply(campaign: &mut Campaign, event: Event) -> Result<(), Refusal> {
    campaign.apply(entry(campaign.next_seq(), event))
}

/// Carries over as a refresh does.
fn refreshed(old: &Campaign, drift: &Drift, new: &Arc<Snapshot>) -> Campaign {
    let opened = campaign(new);
    carry(old, drift, opened, now(), &Raw::from("ada")).expect("it was just opened")
}

#[test]
fn a_keep_without_a_reason_is_left_behind_where_the_new_policy_wants_one() {
    let snapshot = crate::domain::fixture::acme().snapshot();
    let mut old = campaign(&snapshot);
    let ben = |role| crate::domain::fixture::item(&snapshot, "Ben", "Pay", role);
    let (admin, lead) = (ben("Project Admin"), item_of_cleo(&snapshot));
    for (item, reason) in [(admin, None), (lead, None)] {
        let decided = Decided {
            change: Change::Decide(Decision::Keep),
            items: item.into(),
            reason,
            chosen: Chosen::Single,
            left_out: LeftOut::default(),
        };
        apply(&mut old, Event::Decided(decided)).expect("it may be kept");
    }
    let all = all(&snapshot);
    let drift = Drift::between((&snapshot, now(), &all), (&snapshot, now(), &all));
    let policy = Policy {
        privileged_keep_needs_reason: true,
        ..Policy::default()
    };
    let opened = under(&snapshot, policy);
    let new = carry(&old, &drift, opened, now(), &Raw::from("ada")).expect("it was just opened");
    assert_eq!(new.slot(admin).decision, None);
    assert_eq!(new.slot(lead).decision, Some(Decision::Keep));
    // With a reason it outlives the policy.
    let kept = Decided {
        change: Change::Decide(Decision::Keep),
        items: admin.into(),
        reason: Some(Raw::from("leads it")),
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    };
    apply(&mut old, Event::Decided(kept)).expect("it may be kept");
    let opened = under(&snapshot, Policy::clone(new.policy()));
    let new = carry(&old, &drift, opened, now(), &Raw::from("ada")).expect("it was just opened");
    assert_eq!(new.slot(admin).decision, Some(Decision::Keep));
}

fn item_of_cleo(snapshot: &Snapshot) -> Item {
    crate::domain::fixture::item(snapshot, "Cleo", "Pay", "External")
}

fn clear_reopens(campaign: &Campaign) -> Option<&Decided> {
    let (_, decided) = campaign.undoable().and_then(Entry::decided)?;
    (decided.chosen == Chosen::Drift).then_some(decided)
}

proptest! {
    #[test]
    fn exactly_the_decisions_of_unchanged_items_outlive_a_refresh_and_one_undo_brings_the_others_back(
        before in world(), after in world(), own in any::<bool>(),
        acts in prop::collection::vec((prop::collection::vec(0..20_u32, 1..6), 0..6_u8), 0..12),
    ) {
        let (one, other) = (snapshot(before), snapshot(after));
        let mut old = campaign(&one);
        if own {
            apply(&mut old, Event::SelfReviewAllowed { reason: Raw::from("alone") }).expect("a reason");
        }
        for (n, (items, kind)) in acts.into_iter().enumerate() {
            let items = items.into_iter().map(Item).collect::<ItemSet>();
            let first = items.first().expect("one");
            let event = match kind {
                0 => Event::Noted { item: first, text: Raw::from(format!("note {n}")) },
                _ => Event::Decided(Decided {
                    change: match kind {
                        1 => Change::Decide(Decision::Acknowledge),
                        2 => Change::Decide(Decision::Revoke),
                        3 => Change::Later,
                        4 => Change::Clear,
                        _ => Change::Decide(Decision::Keep),
                    },
                    items,
                    reason: Some(Raw::from(format!("reason {n}"))),
                    chosen: Chosen::Marked,
                    left_out: LeftOut::default(),
                }),
            };
            // What may not happen is no part of the review.
            let _ = apply(&mut old, event);
        }

        let drift = Drift::between((&one, now(), &all(&one)), (&other, now(), &all(&other)));
        let found: BTreeMap<_, _> = drift.changed.iter()
            .map(|changed| (names(&other, changed.item), changed.what.clone())).collect();
        let expected: BTreeMap<_, _> = expected(before, after).into_iter()
            .map(|((holder, resource), what)| ((holder.to_owned(), resource.to_owned()), what)).collect();
        prop_assert_eq!(&found, &expected);
        let ids = |snapshot: &Snapshot, items: &ItemSet| items.iter().map(|item| names(snapshot, item)).collect::<Vec<_>>();
        let eve = |there| if there { vec![("Eve".to_owned(), "Acme".to_owned()), ("Eve".to_owned(), "Payments".to_owned())] } else { vec![] };
        let dan = |there| if there { vec![("Dan".to_owned(), "Attic".to_owned())] } else { vec![] };
        prop_assert_eq!(ids(&other, &drift.new), [dan(!before.dan_is_in_attic && after.dan_is_in_attic), eve(!before.eve_is_there && after.eve_is_there)].concat());
        prop_assert_eq!(ids(&one, &drift.gone), [dan(before.dan_is_in_attic && !after.dan_is_in_attic), eve(before.eve_is_there && !after.eve_is_there)].concat());
        prop_assert_eq!(drift.unchanged, (other.len() - drift.changed.len() - drift.new.len()) as u64);
        prop_assert_eq!(drift.is_empty(), before == after);

        let mut new = refreshed(&old, &drift, &other);
        let changed: ItemSet = drift.changed.iter().map(|changed| changed.item).collect();
        let place = |item| items(&one).find(|before| drift.place(*before) == Some(item));
        for item in items(&other) {
            let told = said(&new, item);
            match place(item).map(|before| said(&old, before)) {
                None => prop_assert_eq!(told, (None, false, None, None)),
                Some(said) if changed.contains(item) => prop_assert_eq!(told, (None, false, None, said.3)),
                Some(said) => prop_assert_eq!(told, said),
            }
        }
        prop_assert_eq!(new.self_review(), old.self_review());
        // Who looks at the journal sees when it was decided first.
        for item in items(&other).filter(|item| new.slot(*item).decision.is_some()) {
            let (was, _) = old.deciding_entry(place(item).expect("it was there")).expect("decided");
            let (_, is) = new.deciding_entry(item).expect("decided");
            prop_assert_eq!(&is.chosen, &Chosen::Carried { entry: was.seq, at: was.at, how: How::Bulk });
        }
        if let Some(decided) = clear_reopens(&new) {
            prop_assert!(decided.items.iter().all(|item| changed.contains(item)));
            let undone = new.undoable().expect("it is there").seq;
            apply(&mut new, Event::Undone { entry: undone }).expect("the last change");
        }
        for item in items(&other) {
            if let Some(before) = place(item) {
                prop_assert_eq!(said(&new, item), said(&old, before));
            }
        }

        // A second refresh over the same snapshot keeps the first times.
        let same = Drift::between((&other, now(), &all(&other)), (&other, now(), &all(&other)));
        prop_assert!(same.is_empty());
        let again = refreshed(&new, &same, &other);
        for item in items(&other) {
            prop_assert_eq!(said(&again, item), said(&new, item));
            if let (Some((_, one)), Some((_, other))) = (new.deciding_entry(item), again.deciding_entry(item)) {
                let at = |decided: &Decided| match decided.chosen {
                    Chosen::Carried { at, .. } => Some(at),
                    _ => None,
                };
                prop_assert!(at(one).is_some() && at(one) == at(other));
            }
        }
    }
}

#[test]
fn a_date_that_passed_between_the_snapshots_is_a_change() {
    let world = World {
        ben_leads: false,
        bens_time_is_over: true,
        dan_is_in_attic: true,
        cleo_is_suspended: false,
        attic_is_archived: false,
        eve_is_there: false,
        payments_is_below_lab: false,
    };
    let snapshot = snapshot(world);
    let every = all(&snapshot);
    let earlier = "2025-12-31T00:00:00Z".parse().expect("a time");
    let drift = Drift::between((&snapshot, earlier, &every), (&snapshot, now(), &every));
    let what: Vec<_> = drift
        .changed
        .iter()
        .map(|changed| changed.what.clone())
        .collect();
    assert_eq!(what, [[Aspect::Dates]]);
}

#[test]
fn what_is_not_put_up_for_decision_is_no_drift() {
    let world = World {
        ben_leads: false,
        bens_time_is_over: false,
        dan_is_in_attic: true,
        cleo_is_suspended: false,
        attic_is_archived: false,
        eve_is_there: false,
        payments_is_below_lab: false,
    };
    let one = snapshot(world);
    let other = snapshot(World {
        ben_leads: true,
        eve_is_there: true,
        cleo_is_suspended: true,
        ..world
    });
    let of = |snapshot: &Snapshot, holders: &[&str]| -> ItemSet {
        items(snapshot)
            .filter(|item| holders.contains(&names(snapshot, *item).0.as_str()))
            .collect()
    };
    let (before, after) = (of(&one, &["Ada", "Ben"]), of(&other, &["Ben", "Cleo"]));
    let drift = Drift::between((&one, now(), &before), (&other, now(), &after));
    let changed: Vec<_> = drift
        .changed
        .iter()
        .map(|changed| names(&other, changed.item))
        .collect();
    assert_eq!(changed, [("Ben".to_owned(), "Payments".to_owned())]);
    // What left the scope is gone from the review, and what came into it is new.
    assert_eq!(drift.gone, of(&one, &["Ada"]));
    assert_eq!(drift.new, of(&other, &["Cleo"]));
    assert_eq!(drift.unchanged, of(&other, &["Ben"]).len() as u64 - 1);
    for item in items(&one) {
        let both = names(&one, item).0 == "Ben";
        assert_eq!(drift.place(item).is_some(), both);
    }
}
