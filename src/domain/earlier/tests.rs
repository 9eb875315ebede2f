use std::sync::Arc;

use super::*;
use crate::domain::{
    account::{Fact, Kind},
    bulk::Bulk,
    campaign::Refusal,
    decision::Change,
    filter::Filter,
    fixture::{Org, after, campaign, entry, item, lenient, now, under},
    journal::{Decided, Event, LeftOut},
    seal::{Effort, statement},
};

fn org() -> Org {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Okafor", |_| {})
        .team("Payments", None, |_| {})
        .project("Pay")
        .project("Lab");
    org
}

fn decide(campaign: &mut Campaign, change: Change, items: &[Item], chosen: Chosen) {
    let event = Event::Decided(Decided {
        change,
        items: items.iter().copied().collect(),
        reason: matches!(change, Change::Decide(Decision::Revoke)).then(|| Raw::from("too high")),
        chosen,
        left_out: LeftOut::default(),
    });
    campaign
        .apply(entry(campaign.next_seq(), event))
        .expect("it may happen");
}

const KEEP: Change = Change::Decide(Decision::Keep);
const REVOKE: Change = Change::Decide(Decision::Revoke);

/// The quarter before: some kept together, one kept and two revoked alone, the rest undecided.
fn quarter() -> Campaign {
    let mut org = org();
    org.account("Cleo", "Gast", |it| it.kind = Kind::Collaborator)
        .account("Eve", "Neu", |_| {})
        .account("Fay", "Alt", |_| {})
        .join("Ben", "Payments", |_| {})
        .join("Eve", "Payments", |_| {})
        .account_role("Ben", Some("Pay"), "project:admin")
        .account_role("Cleo", Some("Pay"), "project:external")
        .account_role("Fay", Some("Pay"), "project:member")
        .team_role("Payments", Some("Pay"), "project:member");
    let snapshot = org.snapshot();
    let mut campaign = under(&snapshot, lenient());
    let at = |holder, resource, role| item(&snapshot, holder, resource, role);
    let together = [
        at("Ben", "Acme", "Can sign in"),
        at("Ben", "Payments", "Team Member"),
        at("Cleo", "Acme", "Can sign in"),
        at("Fay", "Pay", "Project Member"),
    ];
    let filter = Chosen::Filter(Raw::from("is:undecided"));
    decide(&mut campaign, KEEP, &together, filter);
    let cleo = at("Cleo", "Pay", "External");
    decide(&mut campaign, KEEP, &[cleo], Chosen::Single);
    let high = [
        at("Ben", "Pay", "Project Admin"),
        at("Eve", "Payments", "Team Member"),
        at("Eve", "Acme", "Can sign in"),
    ];
    decide(&mut campaign, REVOKE, &high, Chosen::Marked);
    campaign
}

/// The quarter after: Cleo is suspended, Eve was deactivated and joined the team anew, Fay is gone, Gil is new.
fn next() -> Arc<Snapshot> {
    let mut org = org();
    org.account("Cleo", "Gast", |it| {
        it.kind = Kind::Collaborator;
        it.suspended = Fact::Known(true);
    })
    .account("Eve", "Neu", |it| it.archived = Fact::Known(true))
    .account("Gil", "Neu", |_| {})
    .join("Ben", "Payments", |_| {})
    .join("Eve", "Payments", |it| it.id = "made-anew".into())
    .account_role("Ben", Some("Pay"), "project:admin")
    .account_role("Cleo", Some("Pay"), "project:external")
    .account_role("Gil", Some("Pay"), "project:member")
    .team_role("Payments", Some("Pay"), "project:member");
    org.snapshot()
}

/// `Ben, Payments, Team Member: unchanged, kept by entry 2`.
fn told(earlier: &Earlier, snapshot: &Snapshot) -> Vec<String> {
    let items = everything(snapshot);
    let items = items
        .iter()
        .filter(|item| !snapshot.implicit(*item))
        .map(|item| {
            let holder = snapshot.holder_label(snapshot.grant(item).holder);
            let first = holder.raw().split(' ').next().unwrap_or_default();
            let (resource, role) = (snapshot.resource_label(item), snapshot.role_label(item));
            let past = earlier.lot(item).map_or(String::new(), |lot| {
                let what: Vec<&str> = lot.what.iter().map(|what| what.word()).collect();
                format!("({}), {}", what.join(" "), of(lot.was))
            });
            let delta = earlier.delta(item).word();
            format!("{first}, {}, {}: {delta}{past}", resource.raw(), role.raw())
        });
    items.collect()
}

fn of(was: Was) -> String {
    let word = was.decision.map_or("undecided", Decision::past);
    let entry = was
        .entry
        .map_or(String::new(), |entry| format!(" by {entry}"));
    let again = match was.again {
        0 => String::new(),
        n => format!(" again {n}"),
    };
    format!("{word}{entry}{again}")
}

fn gone(earlier: &Earlier) -> Vec<String> {
    let gone = earlier.gone().iter();
    gone.map(|gone| {
        let [holder, resource, role] = [&gone.holder, &gone.resource, &gone.role].map(Raw::raw);
        format!("{holder}, {resource}, {role}: {}", of(gone.was))
    })
    .collect()
}

#[test]
fn every_item_is_new_changed_unchanged_or_back_and_what_went_is_listed() {
    let (previous, snapshot) = (quarter(), next());
    let earlier = Earlier::of(&previous, &snapshot, now());
    assert_eq!(
        told(&earlier, &snapshot),
        [
            "Ada, Acme, Can sign in: unchanged(), undecided",
            "Ben, Acme, Can sign in: unchanged(), kept by 2",
            "Ben, Payments, Team Member: unchanged(), kept by 2",
            "Ben, Pay, Project Admin: back(), revoked by 4",
            "Cleo, Acme, Can sign in: changed(holder), kept by 2",
            "Cleo, Pay, External: changed(holder), kept by 3",
            "Eve, Acme, Can sign in: changed(holder), revoked by 4",
            "Eve, Payments, Team Member: back(holder), revoked by 4",
            "Gil, Acme, Can sign in: new",
            "Gil, Pay, Project Member: new",
            "Payments, Pay, Project Member: unchanged(), undecided",
        ]
    );
    assert_eq!(
        gone(&earlier),
        [
            "Fay Alt, Acme, Can sign in: undecided",
            "Fay Alt, Pay, Project Member: kept by 2"
        ]
    );
    let acts = earlier.acts().iter();
    let acts: Vec<_> = acts
        .map(|act| (act.entry, act.how, act.together, act.reason.is_some()))
        .collect();
    assert_eq!(
        acts,
        [
            (2, How::Bulk, 4, false),
            (3, How::Single, 1, false),
            (4, How::Bulk, 3, true)
        ]
    );
    let items = everything(&snapshot);
    let counts = earlier.counts(&items);
    let sum: u64 = Delta::ALL.into_iter().map(|delta| counts.of(delta)).sum();
    assert_eq!((counts.back, sum), (2, items.len() as u64));
}

#[test]
fn a_later_snapshot_of_the_same_review_keeps_what_the_record_decided() {
    let (previous, snapshot) = (quarter(), next());
    let earlier = Earlier::of(&previous, &snapshot, now());
    let same = earlier.moved((&snapshot, now()), (&snapshot, now()));
    assert_eq!(same, earlier);
    // Fay is here again, Cleo is as before and still counts as changed, Ben's revoke was carried out meanwhile.
    let mut org = org();
    org.account("Cleo", "Gast", |it| it.kind = Kind::Collaborator)
        .account("Eve", "Neu", |_| {})
        .account("Fay", "Alt", |_| {})
        .join("Ben", "Payments", |it| it.lead = Fact::Known(true))
        .join("Eve", "Payments", |it| {
            it.id = "made-anew".into();
            it.archived = Fact::Known(true);
        })
        .account_role("Cleo", Some("Pay"), "project:external");
    let later = org.snapshot();
    let moved = earlier.moved((&snapshot, now()), (&later, now()));
    assert_eq!(
        told(&moved, &later),
        [
            "Ada, Acme, Can sign in: unchanged(), undecided",
            "Ben, Acme, Can sign in: unchanged(), kept by 2",
            "Ben, Payments, Team Lead: changed(lead), kept by 2",
            "Cleo, Acme, Can sign in: changed(holder), kept by 2",
            "Cleo, Pay, External: changed(holder), kept by 3",
            "Eve, Acme, Can sign in: back(holder), revoked by 4",
            "Eve, Payments, Team Member: changed(standing holder), revoked by 4",
            "Fay, Acme, Can sign in: back(), undecided",
        ]
    );
    assert_eq!(
        gone(&moved),
        [
            "Ben Okafor, Pay, Project Admin: revoked by 4",
            "Fay Alt, Pay, Project Member: kept by 2",
            "Payments, Pay, Project Member: undecided",
        ]
    );
}

#[test]
fn filters_ask_what_is_new_and_what_was_decided() {
    let snapshot = next();
    let compared = after(&snapshot, &quarter());
    let chosen = |campaign: &Campaign, text: &str| {
        let filter = Filter::parse(text).expect(text);
        filter.select(campaign).len()
    };
    let all = snapshot.len();
    for (text, n) in [
        ("delta:new", 2),
        ("delta:changed", 3),
        ("delta:back", 2),
        ("delta:new|changed|back|unchanged", all),
        ("-delta:unchanged", 7),
        ("was:none", 2),
        ("was:keep", 4),
        ("was:revoke", 3),
        ("was:revoke delta:back", 2),
        ("was:keep|revoke|acknowledge|undecided", all - 2),
        ("delta:unchanged was:keep is:undecided", 2),
    ] {
        assert_eq!(chosen(&compared, text), n, "{text}");
    }
    // Without a record nobody knows.
    let alone = campaign(&snapshot);
    for text in ["delta:new", "-delta:new", "was:none", "-was:none"] {
        assert_eq!(chosen(&alone, text), 0, "{text}");
    }
    for (text, near) in [("delta:nwe", "new"), ("was:kept", "keep")] {
        let error = Filter::parse(text).expect_err(text).to_string();
        assert!(error.contains(near), "{error}");
    }
}

fn as_before(items: ItemSet, record: &str) -> Event {
    Event::Decided(Decided {
        change: KEEP,
        items,
        reason: None,
        chosen: Chosen::AsBefore {
            record: record.to_owned(),
        },
        left_out: LeftOut::default(),
    })
}

#[test]
fn only_what_was_kept_and_is_unchanged_is_kept_as_before_and_only_once() {
    let snapshot = next();
    let mut campaign = after(&snapshot, &quarter());
    let at = |holder, resource, role| item(&snapshot, holder, resource, role);
    let ben = [
        at("Ben", "Acme", "Can sign in"),
        at("Ben", "Payments", "Team Member"),
    ];
    assert_eq!(Bulk::as_before(&campaign).items, ben.into_iter().collect());
    let cleo = at("Cleo", "Pay", "External");
    let gil = at("Gil", "Pay", "Project Member");
    let admin = at("Ben", "Pay", "Project Admin");
    for item in [cleo, gil, admin] {
        assert_eq!(
            campaign.check(&as_before(item.into(), "0188"), now()),
            Err(Refusal::NotAsBefore(item.number()))
        );
    }
    assert_eq!(
        campaign.check(&as_before(ben[0].into(), "0187"), now()),
        Err(Refusal::OtherRecord("0187".to_owned()))
    );
    decide(&mut campaign, REVOKE, &ben[..1], Chosen::Single);
    // What was decided here is never replaced by what was decided before.
    assert_eq!(
        campaign.check(&as_before(ben[0].into(), "0188"), now()),
        Err(Refusal::NotAsBefore(ben[0].number()))
    );
    let rest = Bulk::as_before(&campaign).items;
    assert_eq!(rest, ben[1].into());
    let next = entry(campaign.next_seq(), as_before(rest, "0188"));
    campaign.apply(next).expect("it may happen");
    assert!(Bulk::as_before(&campaign).items.is_empty());
}

#[test]
fn a_review_without_a_previous_record_keeps_nothing_as_before() {
    let snapshot = next();
    let campaign = campaign(&snapshot);
    assert!(Bulk::as_before(&campaign).items.is_empty());
    let member = item(&snapshot, "Ben", "Payments", "Team Member");
    assert!(matches!(
        campaign.check(&as_before(member.into(), "0188"), now()),
        Err(Refusal::OtherRecord(_))
    ));
}

#[test]
fn it_is_told_how_many_records_in_a_row_kept_an_item_because_the_one_before_did() {
    let snapshot = next();
    let mut campaign = after(&snapshot, &quarter());
    let member = item(&snapshot, "Ben", "Payments", "Team Member");
    for again in 1..4 {
        let items = Bulk::as_before(&campaign).items;
        assert!(items.contains(member));
        let next = entry(campaign.next_seq(), as_before(items, "0188"));
        campaign.apply(next).expect("it may happen");
        campaign = after(&snapshot, &campaign);
        let earlier = campaign.earlier().expect("it was named");
        assert_eq!(earlier.lot(member).expect("known").was.again, again);
    }
    decide(&mut campaign, KEEP, &[member], Chosen::Single);
    let campaign = after(&snapshot, &campaign);
    let earlier = campaign.earlier().expect("it was named");
    assert_eq!(earlier.lot(member).expect("known").was.again, 0);
}

#[test]
fn what_is_kept_as_before_is_counted_apart_and_attested_in_plain_words() {
    let snapshot = next();
    let mut campaign = after(&snapshot, &quarter());
    let apply = |campaign: &mut Campaign, event: Event| {
        let next = entry(campaign.next_seq(), event);
        campaign.apply(next).expect("it may happen");
    };
    assert!(!statement(&campaign, "ada", &[]).contains("one by one"));
    let items = Bulk::as_before(&campaign).items;
    let first = items.first().expect("two");
    let last = campaign.next_seq();
    apply(&mut campaign, as_before(items, "0188"));
    let effort = Effort::of(&campaign);
    assert_eq!(
        (effort.changes, effort.in_bulk, effort.as_before),
        (1, 0, 2)
    );
    assert!(
        statement(&campaign, "ada", &[]).contains(
            " 2 of the items to keep were not looked at one by one: they are unchanged since the record of q0, sealed \
             2026-03-31 09:00 UTC, kept them. "
        ),
        "{}",
        statement(&campaign, "ada", &[])
    );
    // Looking at one of them takes it out, and taking that back puts it in again.
    decide(&mut campaign, KEEP, &[first], Chosen::Single);
    assert_eq!(campaign.kept_as_before(), 1);
    assert!(statement(&campaign, "ada", &[]).contains(" 1 of the items to keep was not looked at"));
    apply(&mut campaign, Event::Undone { entry: last + 1 });
    assert_eq!(campaign.kept_as_before(), 2);
    apply(&mut campaign, Event::Undone { entry: last });
    assert_eq!(campaign.kept_as_before(), 0);
    apply(&mut campaign, Event::Redone { entry: last });
    apply(&mut campaign, Event::Redone { entry: last + 1 });
    assert_eq!(campaign.kept_as_before(), 1);
    decide(&mut campaign, Change::Clear, &[first], Chosen::Single);
    assert_eq!(Effort::of(&campaign).as_before, 1);
}

type Edit<'a> = &'a dyn Fn(&mut Parts);
type Parts = (Vec<Act>, Vec<(Lot, ItemSet)>, Vec<Gone>);

/// The parts as they would be stored.
fn parts(earlier: &Earlier) -> Parts {
    let lots = earlier.lots().into_iter();
    (
        earlier.acts().to_vec(),
        lots.map(|(lot, items)| (lot.clone(), items)).collect(),
        earlier.gone().to_vec(),
    )
}

fn assemble((acts, lots, gone): Parts, snapshot: &Snapshot) -> Result<Earlier, Error> {
    let mut builder = Builder::new(snapshot);
    acts.into_iter().try_for_each(|act| builder.act(act))?;
    lots.into_iter()
        .try_for_each(|(lot, items)| builder.lot(lot, &items))?;
    gone.into_iter().try_for_each(|gone| builder.gone(gone))?;
    builder.finish()
}

#[test]
fn stored_parts_make_the_same_again_and_have_one_order() {
    let (previous, snapshot) = (quarter(), next());
    let earlier = Earlier::of(&previous, &snapshot, now());
    assert_eq!(assemble(parts(&earlier), &snapshot).as_ref(), Ok(&earlier));
    let refused = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts(&earlier);
        change(&mut parts);
        assemble(parts, &snapshot).expect_err("it is not so")
    };
    let end = Item(u32::try_from(snapshot.len()).expect("few"));
    let first = |lot: usize| earlier.lots()[lot].1.first().expect("a lot has items");
    let cases: [(Edit<'_>, Error); 10] = [
        (&|parts| parts.0.swap(0, 1), Error::ActOrder(2)),
        (
            &|parts| {
                parts.0.remove(0);
            },
            Error::NoAct(2),
        ),
        (
            &|parts| {
                let more = Act {
                    entry: 9,
                    ..parts.0[0].clone()
                };
                parts.0.push(more);
            },
            Error::IdleAct(9),
        ),
        (
            &|parts| parts.1.swap(0, 1),
            Error::LotOrder(first(0).number()),
        ),
        (
            &|parts| {
                let last = parts.1.len() - 1;
                parts.1[last].1 = end.into();
            },
            Error::BadItem(end.number()),
        ),
        (
            &|parts| parts.1[1].1 = [first(0), first(1)].into_iter().collect(),
            Error::LotOrder(first(0).number()),
        ),
        (
            &|parts| parts.1[1].0 = parts.1[0].0.clone(),
            Error::LotOrder(first(1).number()),
        ),
        (
            &|parts| parts.1[0].0.what = vec![Aspect::Role],
            Error::Impossible(first(0).number(), "what differs does not make it that"),
        ),
        (
            &|parts| parts.2.swap(0, 1),
            Error::GoneOrder(earlier.gone()[0].id),
        ),
        (
            &|parts| parts.2[1].id = snapshot.grants()[0].id,
            Error::NotGone(snapshot.grants()[0].id),
        ),
    ];
    for (change, error) in cases {
        assert_eq!(refused(change), error);
    }
}
