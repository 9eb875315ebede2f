//! A review that is compared with the signed record before.

use std::sync::Arc;

use super::fixture::Run;
use crate::{
    domain::{
        account::Fact,
        campaign::Campaign,
        decision::{Change, Decision},
        fixture::{acme, after, campaign, entry, item},
        items::ItemSet,
        journal::{Chosen, Decided, Event, LeftOut},
        snapshot::Snapshot,
        text::Raw,
    },
    tui::theme::{Colors, Look},
};

/// The quarter before: Ben's two items kept together, and his role in the project revoked.
fn before() -> Campaign {
    let snapshot = acme().snapshot();
    let mut campaign = campaign(&snapshot);
    let at = |resource, role| item(&snapshot, "Ben", resource, role);
    let kept = [at("Acme", "Can sign in"), at("Payments", "Team Member")];
    let admin = at("Pay", "Project Admin");
    for (decision, items, reason, chosen) in [
        (
            Decision::Keep,
            kept.into_iter().collect::<ItemSet>(),
            "still in the team",
            Chosen::Marked,
        ),
        (
            Decision::Revoke,
            admin.into(),
            "role too high",
            Chosen::Single,
        ),
    ] {
        let decided = Decided {
            change: Change::Decide(decision),
            items,
            reason: Some(Raw::from(reason)),
            chosen,
            left_out: LeftOut::default(),
        };
        let next = entry(campaign.next_seq(), Event::Decided(decided));
        campaign.apply(next).expect("it may happen");
    }
    campaign
}

/// This quarter: Ben has one project more, and Cleo is suspended.
pub(super) fn now() -> (Arc<Snapshot>, Campaign) {
    let mut org = acme();
    org.project("Vault")
        .account_role("Ben", Some("Vault"), "project:member")
        .change_account("Cleo", |it| it.suspended = Fact::Known(true));
    let snapshot = org.snapshot();
    let campaign = after(&snapshot, &before());
    (snapshot, campaign)
}

pub(super) fn run(size: (u16, u16)) -> Run {
    Run::open(now().1, size, Look::new(Colors::Full, false), None)
}

#[test]
fn each_item_has_a_sign_for_what_it_is_beside_the_previous_record() {
    for size in [(80, 24), (120, 40), (40, 10)] {
        let mut run = run(size);
        run.press("/ b e n enter");
        insta::assert_snapshot!(format!("compared_{}x{}", size.0, size.1), run.screen());
    }
}

#[test]
fn what_was_decided_before_stands_beside_the_item() {
    let mut run = run((120, 40));
    run.press("/ d e l t a : b a c k enter w");
    let screen = run.screen();
    for part in [
        "revoked in q0 and still here",
        "q0: revoked by ada on 2026-03-31: role too high",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    run.press("esc esc / w a s : k e e p enter w");
    let screen = run.screen();
    for part in [
        "unchanged since q0",
        "q0: kept by ada on 2026-03-31 in a bulk of 2: still in the team",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
}

#[test]
fn sign_off_tells_what_it_was_compared_with() {
    let mut run = run((120, 40));
    run.press("S");
    let screen = run.screen();
    for part in [
        "compared with q0, sealed 2026-03-31 09:00 UTC by ada@example.com, signer known",
        "since then 1 new, ",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
}

#[test]
fn what_is_unchanged_and_was_kept_is_shown_and_then_kept_in_one_act() {
    let mut run = run((120, 40));
    run.press("B");
    let screen = run.screen();
    assert!(
        screen.contains("2 items are unchanged since q0 kept them; B again"),
        "{screen}"
    );
    assert_eq!(run.sent, []);
    run.press("B");
    let screen = run.screen();
    assert!(
        screen.contains("2 items as before, not looked at one by one"),
        "{screen}"
    );
    run.tell(crate::tui::message::Message::Deadline);
    run.press("y");
    let [Event::Decided(decided)] = &run.sent[..] else {
        panic!("{:?}", run.sent)
    };
    assert_eq!(decided.items.len(), 2);
    assert_eq!(
        decided.chosen,
        Chosen::AsBefore {
            record: "0188".to_owned()
        }
    );
    run.press("esc B");
    let screen = run.screen();
    assert!(
        screen.contains("nothing that is undecided is unchanged since q0 kept it"),
        "{screen}"
    );
}

#[test]
fn a_review_without_a_previous_record_keeps_nothing_as_before() {
    let mut run = Run::of(&super::fixture::acme(), (120, 40));
    run.press("B");
    let screen = run.screen();
    assert!(
        screen.contains("this review is not compared with a record"),
        "{screen}"
    );
    assert_eq!(run.sent, []);
}
