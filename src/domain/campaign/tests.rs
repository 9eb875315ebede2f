use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    fixture::{acme, campaign, entry, item, lenient, under, waive},
    journal::{Chosen, LeftOut},
    signal,
};

fn decided(change: Change, items: impl IntoIterator<Item = Item>, reason: Option<&str>) -> Event {
    Event::Decided(Decided {
        change,
        items: items.into_iter().collect(),
        reason: reason.map(Raw::from),
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    })
}

fn next(campaign: &mut Campaign, event: Event) -> Result<(), Refusal> {
    let entry = entry(campaign.next_seq(), event);
    campaign.apply(entry)
}

const KEEP: Change = Change::Decide(Decision::Keep);
const REVOKE: Change = Change::Decide(Decision::Revoke);
const ACKNOWLEDGE: Change = Change::Decide(Decision::Acknowledge);

#[test]
fn a_change_that_may_not_happen_is_refused_and_changes_nothing() {
    let snapshot = acme().snapshot();
    let implicit = item(&snapshot, "Every member", "Acme", "Member");
    let own = item(&snapshot, "Ada", "Payments", "Team Lead");
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let outside = Item(u32::try_from(snapshot.len()).expect("few"));
    for (event, refusal) in [
        (decided(REVOKE, [ben], None), Refusal::NoReason),
        (decided(REVOKE, [ben], Some("  ")), Refusal::EmptyReason),
        (
            decided(REVOKE, [ben], Some("\u{200b}\u{2800}")),
            Refusal::EmptyReason,
        ),
        (decided(KEEP, [own], None), Refusal::OwnAccess(own.number())),
        (
            decided(KEEP, [own, ben], None),
            Refusal::OwnAccess(own.number()),
        ),
        (
            decided(KEEP, [implicit], None),
            Refusal::OnlyAcknowledge(implicit.number()),
        ),
        (
            decided(ACKNOWLEDGE, [ben], None),
            Refusal::NotImplicit(ben.number()),
        ),
        (decided(KEEP, [], None), Refusal::NoItems),
        (
            decided(KEEP, [outside], None),
            Refusal::NoSuchItem(outside.number()),
        ),
        (Event::Undone { entry: 1 }, Refusal::NothingToUndo),
        (Event::Redone { entry: 1 }, Refusal::NothingToRedo),
        (
            Event::SelfReviewAllowed {
                reason: Raw::from(" "),
            },
            Refusal::EmptyReason,
        ),
        (
            Event::Noted {
                item: outside,
                text: Raw::from("x"),
            },
            Refusal::NoSuchItem(outside.number()),
        ),
        (
            Event::Sealed {
                record: "r".to_owned(),
                sums: crate::domain::Digest([0; 32]),
            },
            Refusal::NotAttested,
        ),
    ] {
        let mut campaign = campaign(&snapshot);
        let before = campaign.progress();
        assert_eq!(next(&mut campaign, event), Err(refusal));
        assert_eq!((campaign.progress(), campaign.entries().len()), (before, 1));
    }
}

/// A keep of `items` from which policy took `left_out`.
fn bulk(items: &[Item], left_out: &[(signal::Rule, &[Item])], chosen: Chosen) -> Event {
    let rules = left_out.iter();
    Event::Decided(Decided {
        change: KEEP,
        items: items.iter().copied().collect(),
        reason: None,
        chosen,
        left_out: rules
            .map(|(rule, items)| (*rule, items.iter().copied().collect()))
            .collect(),
    })
}

#[test]
fn what_is_left_out_belongs_to_a_bulk_and_to_one_rule_and_is_not_decided_in_it() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let own = item(&snapshot, "Ada", "Payments", "Team Lead");
    let dan = item(&snapshot, "Dan", "Attic", "Team Member");
    let outside = Item(u32::try_from(snapshot.len()).expect("few"));
    let (owns, privileged) = (signal::Rule::Own, signal::Rule::Privileged);
    for (event, wrong) in [
        (
            bulk(
                &[dan],
                &[(privileged, &[ben]), (owns, &[own])],
                Chosen::Marked,
            ),
            None,
        ),
        (
            bulk(&[dan], &[(privileged, &[dan])], Chosen::Marked),
            Some(dan),
        ),
        (
            bulk(
                &[dan],
                &[(privileged, &[ben]), (owns, &[ben])],
                Chosen::Marked,
            ),
            Some(ben),
        ),
        (
            bulk(&[dan], &[(privileged, &[ben, outside])], Chosen::Marked),
            Some(outside),
        ),
        (
            bulk(&[dan], &[(privileged, &[ben])], Chosen::Single),
            Some(ben),
        ),
    ] {
        let refusal = wrong.map_or(Ok(()), |item| Err(Refusal::NotLeftOut(item.number())));
        assert_eq!(
            next(&mut campaign(&snapshot), event.clone()),
            refusal,
            "{event:?}"
        );
    }
}

#[test]
fn what_policy_left_out_is_found_until_it_is_decided_or_the_bulk_is_taken_back() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let own = item(&snapshot, "Ada", "Payments", "Team Lead");
    let dan = item(&snapshot, "Dan", "Attic", "Team Member");
    let mut campaign = campaign(&snapshot);
    let left = |campaign: &Campaign| campaign.left_out().iter().collect::<Vec<_>>();
    let event = bulk(
        &[dan],
        &[
            (signal::Rule::Privileged, &[ben]),
            (signal::Rule::Own, &[own]),
        ],
        Chosen::Table,
    );
    next(&mut campaign, event).expect("it may happen");
    let mut both = vec![ben, own];
    both.sort_unstable();
    assert_eq!(left(&campaign), both);
    next(&mut campaign, decided(KEEP, [ben], None)).expect("one by one");
    assert_eq!(left(&campaign), [own]);
    for (event, expected) in [
        (Event::Undone { entry: 3 }, both.clone()),
        (Event::Undone { entry: 2 }, vec![]),
        (Event::Redone { entry: 2 }, both),
    ] {
        next(&mut campaign, event).expect("it may happen");
        assert_eq!(left(&campaign), expected);
    }
}

#[test]
fn own_access_is_decided_only_after_an_exception_with_its_reason() {
    let snapshot = acme().snapshot();
    let own = item(&snapshot, "Ada", "Payments", "Team Lead");
    let mut campaign = campaign(&snapshot);
    next(
        &mut campaign,
        Event::SelfReviewAllowed {
            reason: Raw::from("the only reviewer"),
        },
    )
    .expect("it has a reason");
    next(&mut campaign, decided(KEEP, [own], None)).expect("the exception allows it");
    assert_eq!(campaign.slot(own).decision, Some(Decision::Keep));
}

#[test]
fn later_is_still_undecided() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let mut campaign = campaign(&snapshot);
    next(&mut campaign, decided(Change::Later, [ben], None)).expect("later");
    assert_eq!(
        (campaign.progress().undecided, campaign.progress().later),
        (campaign.progress().items, 1)
    );
    next(&mut campaign, decided(KEEP, [ben], None)).expect("keep");
    assert_eq!(
        (campaign.progress().kept, campaign.progress().later),
        (1, 0)
    );
    assert_eq!(
        next(&mut campaign, decided(Change::Later, [ben], None)),
        Err(Refusal::LaterIsUndecided(ben.number()))
    );
}

#[test]
fn an_attestation_states_what_was_decided_and_a_later_change_voids_it() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let mut campaign = campaign(&snapshot);
    let attest = |progress| {
        Event::Attested(Box::new(Attested {
            statement: "I reviewed".to_owned(),
            principal: Raw::from("ada@example.com"),
            progress,
        }))
    };
    let progress = campaign.progress();
    assert_eq!(
        next(&mut campaign, attest(progress)),
        Err(Refusal::OpenFlag("undecided")),
        "undecided items are hidden"
    );
    waive(&mut campaign);
    let kept = Progress {
        kept: progress.items,
        undecided: 0,
        ..progress
    };
    assert_eq!(
        next(&mut campaign, attest(kept)),
        Err(Refusal::FalseAttestation),
        "undecided counted as kept"
    );
    next(&mut campaign, attest(progress)).expect("it is true");
    assert!(campaign.attested().is_some());
    next(&mut campaign, decided(KEEP, [ben], None)).expect("keep");
    assert!(campaign.attested().is_none());

    let progress = campaign.progress();
    next(&mut campaign, attest(progress)).expect("it is true");
    let sealed = Event::Sealed {
        record: "q1-record".to_owned(),
        sums: crate::domain::Digest([0; 32]),
    };
    next(&mut campaign, sealed).expect("it is attested");
    assert_eq!(
        next(&mut campaign, decided(KEEP, [ben], None)),
        Err(Refusal::Sealed("q1-record".to_owned()))
    );
}

#[test]
fn whatever_follows_an_attestation_makes_it_void() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let attest = |campaign: &Campaign| {
        Event::Attested(Box::new(Attested {
            statement: "I reviewed".to_owned(),
            principal: Raw::from("ada@example.com"),
            progress: campaign.progress(),
        }))
    };
    let sealed = || Event::Sealed {
        record: "q1-record".to_owned(),
        sums: crate::domain::Digest([0; 32]),
    };
    let mut begun = campaign(&snapshot);
    // What is decided later only makes less of what was waived.
    waive(&mut begun);
    next(&mut begun, decided(KEEP, [ben], None)).expect("keep");
    next(&mut begun, decided(Change::Clear, [ben], None)).expect("clear");
    let cleared = begun.next_seq() - 1;
    next(&mut begun, Event::Undone { entry: cleared }).expect("the last change");
    for event in [
        decided(
            Change::Later,
            [item(&snapshot, "Cleo", "Pay", "External")],
            None,
        ),
        Event::Noted {
            item: ben,
            text: Raw::from("seen"),
        },
        Event::Redone { entry: cleared },
        Event::SelfReviewAllowed {
            reason: Raw::from("alone"),
        },
    ] {
        let mut campaign = begun.clone();
        let attestation = attest(&campaign);
        next(&mut campaign, attestation).expect("it is true");
        next(&mut campaign, event.clone()).expect("it may happen");
        assert!(campaign.attested().is_none(), "{event:?}");
        assert_eq!(next(&mut campaign, sealed()), Err(Refusal::NotAttested));
        // Attested again, and once more, it can be sealed.
        for _ in 0..2 {
            let attestation = attest(&campaign);
            next(&mut campaign, attestation).expect("it is true");
        }
        next(&mut campaign, sealed()).expect("it is attested");
    }
}

#[test]
fn a_change_that_was_made_again_stands_since_it_was_made_again() {
    let snapshot = acme().snapshot();
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let mut campaign = campaign(&snapshot);
    for event in [
        decided(KEEP, [ben], None),
        decided(REVOKE, [ben], Some("unused")),
        Event::Undone { entry: 3 },
        Event::Redone { entry: 3 },
    ] {
        next(&mut campaign, event).expect("it may happen");
    }
    let after: Vec<usize> = (1..=5).map(|seq| campaign.changes_after(seq)).collect();
    assert_eq!(after, [2, 1, 1, 1, 0]);
}

#[test]
fn what_is_privileged_is_kept_with_a_reason_when_the_policy_says_so() {
    let snapshot = acme().snapshot();
    let admin = item(&snapshot, "Ben", "Pay", "Project Admin");
    let member = item(&snapshot, "Ben", "Payments", "Team Member");
    let policy = Policy {
        privileged_keep_needs_reason: true,
        ..lenient()
    };
    let mut strict = under(&snapshot, policy);
    let refused = Err(Refusal::KeepNeedsReason(admin.number()));
    assert_eq!(
        next(&mut strict, decided(KEEP, [member, admin], None)),
        refused
    );
    assert_eq!(
        next(&mut strict, decided(KEEP, [admin], Some(" "))),
        Err(Refusal::EmptyReason)
    );
    for event in [
        decided(KEEP, [member], None),
        decided(KEEP, [member, admin], Some("leads it")),
        decided(Change::Clear, [admin], None),
        decided(Change::Later, [admin], None),
    ] {
        assert_eq!(next(&mut strict, event.clone()), Ok(()), "{event:?}");
    }
    let mut lenient = campaign(&snapshot);
    assert_eq!(next(&mut lenient, decided(KEEP, [admin], None)), Ok(()));
}

#[test]
fn a_journal_opens_once_over_its_own_snapshot() {
    let snapshot = acme().snapshot();
    let first = Entry::clone(campaign(&snapshot).entry(1).expect("it is open"));
    let mut again = campaign(&snapshot);
    let second = Entry {
        seq: 2,
        ..first.clone()
    };
    assert_eq!(again.apply(second), Err(Refusal::NotOpening));
    let mut other = acme();
    other
        .project("More")
        .account_role("Ben", Some("More"), "project:member");
    assert!(matches!(
        Campaign::open(other.snapshot(), Terms::default(), first),
        Err(Refusal::OtherSnapshot { .. })
    ));
}

/// What a person does, for properties.
#[derive(Debug, Clone)]
enum Act {
    Change(Change, Vec<u32>),
    Note(u32, String),
    Undo,
    Redo,
}

fn act() -> impl Strategy<Value = Act> {
    let changes = prop::sample::select(vec![
        KEEP,
        REVOKE,
        ACKNOWLEDGE,
        Change::Later,
        Change::Clear,
    ]);
    prop_oneof![
        4 => (changes, prop::collection::vec(0u32..20, 1..6)).prop_map(|(change, items)| Act::Change(change, items)),
        1 => (0u32..20, "[a-b]{0,2}").prop_map(|(item, text)| Act::Note(item, text)),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
    ]
}

/// All that is recorded, as a naive model keeps it: whole copies.
type Model = (Vec<Slot>, BTreeMap<Item, Raw>, Progress);

fn model(campaign: &Campaign) -> Model {
    (
        campaign.slots.clone(),
        campaign.notes.clone(),
        campaign.progress,
    )
}

fn recount(campaign: &Campaign) -> (Progress, Vec<u32>) {
    let mut progress = Progress {
        items: campaign.slots.len() as u64,
        ..Progress::default()
    };
    campaign
        .slots
        .iter()
        .for_each(|slot| progress.count(*slot, 1));
    let decided = campaign.snapshot.subjects().iter().map(|subject| {
        subject
            .items()
            .filter(|item| campaign.slot(*item).decision.is_some())
            .count()
            .try_into()
            .expect("few")
    });
    (progress, decided.collect())
}

proptest! {
    #[test]
    fn undo_and_redo_restore_the_exact_state(acts in prop::collection::vec(act(), 0..40)) {
        let mut campaign = campaign(&acme().snapshot());
        let (mut past, mut future): (Vec<Model>, Vec<Model>) = (vec![], vec![]);
        for act in acts {
            let before = model(&campaign);
            match act {
                Act::Change(change, items) => {
                    if next(&mut campaign, decided(change, items.into_iter().map(Item), Some("why"))).is_ok() {
                        past.push(before);
                        future.clear();
                    } else {
                        prop_assert_eq!(&model(&campaign), &before);
                    }
                }
                Act::Note(item, text) => {
                    if next(&mut campaign, Event::Noted { item: Item(item), text: Raw::from(text) }).is_ok() {
                        past.push(before);
                        future.clear();
                    }
                }
                Act::Undo => match (campaign.undoable().map(|entry| entry.seq), past.pop()) {
                    (Some(entry), Some(expected)) => {
                        prop_assert_eq!(next(&mut campaign, Event::Undone { entry }), Ok(()));
                        prop_assert_eq!(&model(&campaign), &expected);
                        future.push(before);
                    }
                    (found, expected) => prop_assert!(found.is_none() && expected.is_none()),
                },
                Act::Redo => match (campaign.redoable().map(|entry| entry.seq), future.pop()) {
                    (Some(entry), Some(expected)) => {
                        prop_assert_eq!(next(&mut campaign, Event::Redone { entry }), Ok(()));
                        prop_assert_eq!(&model(&campaign), &expected);
                        past.push(before);
                    }
                    (found, expected) => prop_assert!(found.is_none() && expected.is_none()),
                },
            }
            prop_assert_eq!(recount(&campaign), (campaign.progress, campaign.decided.clone()));
        }

        // Folding in two halves is folding at once: a clone at any point goes on the same way.
        let entries: Vec<Entry> = campaign.entries().iter().map(|entry| Entry::clone(entry)).collect();
        let mut again = Campaign::open(Arc::clone(&campaign.snapshot), campaign.terms.clone(), entries[0].clone()).expect("it opened once");
        for (n, entry) in entries[1..].iter().enumerate() {
            if n == entries.len() / 2 {
                again = again.clone();
            }
            prop_assert!(again.apply(entry.clone()).is_ok());
        }
        prop_assert_eq!(model(&again), model(&campaign));
    }
}
