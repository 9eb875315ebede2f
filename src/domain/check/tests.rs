use std::sync::Arc;

use super::*;
use crate::domain::{
    account::Kind,
    campaign::{Campaign, Refusal, Terms},
    decision::{Change, Decision},
    fixture::{Org, acme, entry, item, lenient, now, provenance},
    items::Item,
    journal::{Chosen, Decided, Event, How, LeftOut, Opened},
    policy::Policy,
    provenance::Gap,
    resource::RoleKind,
};

const KEEP: Change = Change::Decide(Decision::Keep);
const REVOKE: Change = Change::Decide(Decision::Revoke);

/// A review in which things happen.
struct Run {
    campaign: Campaign,
    at: Timestamp,
}

impl Run {
    fn of(org: &Org) -> Self {
        Self::under(org, Policy::default(), |_| {})
    }

    fn under(org: &Org, policy: Policy, change: impl FnOnce(&mut Opened)) -> Self {
        let snapshot = org.snapshot();
        let mut opened = Opened {
            items: snapshot.len() as u64,
            accounts: snapshot.accounts().len() as u64,
            ..Opened::clone(crate::domain::fixture::campaign(&snapshot).opened())
        };
        change(&mut opened);
        let terms = Terms {
            policy: Arc::new(policy),
            ..Terms::default()
        };
        let first = entry(1, Event::Opened(Box::new(opened)));
        Self {
            campaign: Campaign::open(snapshot, terms, first).expect("it opens"),
            at: now(),
        }
    }

    fn after(&mut self, ms: i64) -> &mut Self {
        self.at = Timestamp::from_ms(self.at.ms() + ms).expect("a time");
        self
    }

    fn try_to(&mut self, event: Event) -> Result<(), Refusal> {
        let entry = entry(self.campaign.next_seq(), event);
        let at = self.at;
        self.campaign.apply(Entry { at, ..entry })
    }

    fn happens(&mut self, event: Event) -> &mut Self {
        self.try_to(event).expect("it may happen");
        self
    }

    fn decide(
        &mut self,
        change: Change,
        items: impl IntoIterator<Item = Item>,
        reason: Option<&str>,
        chosen: Chosen,
    ) -> &mut Self {
        self.happens(Event::Decided(Decided {
            change,
            items: items.into_iter().collect(),
            reason: reason.map(Raw::from),
            chosen,
            left_out: LeftOut::default(),
        }))
    }

    fn keep(&mut self, item: Item) -> &mut Self {
        self.decide(KEEP, [item], None, Chosen::Single)
    }

    fn revoke(&mut self, item: Item) -> &mut Self {
        self.decide(REVOKE, [item], Some("unused"), Chosen::Single)
    }

    fn item(&self, holder: &str, resource: &str, role: &str) -> Item {
        item(self.campaign.snapshot(), holder, resource, role)
    }

    /// What a rule says: `no`, or how many items it is true of, of how many nobody can tell, and how much there is.
    fn says(&self, rule: Rule) -> String {
        match find(&self.campaign, rule, self.at) {
            None => "no".to_owned(),
            Some(flag) => format!(
                "{} {} of {}, {}",
                flag.items.len(),
                flag.unknown.len(),
                flag.count,
                flag.severity.word()
            ),
        }
    }

    fn facts(&self, rule: Rule) -> String {
        find(&self.campaign, rule, self.at).map_or_else(String::new, |flag| flag.facts)
    }

    fn flag(&self, rule: Rule) -> Flag {
        find(&self.campaign, rule, self.at).expect("it is there")
    }
}

/// Ada reviews; Ben has `n` projects.
fn many(n: usize) -> Org {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Okafor", |_| {});
    for place in 0..n {
        let name = format!("p{place:03}");
        org.project(&name)
            .account_role("Ben", Some(&name), "project:member");
    }
    org
}

/// The projects of Ben.
fn projects(run: &Run) -> Vec<Item> {
    let snapshot = run.campaign.snapshot();
    let items = run.campaign.items().iter();
    items
        .filter(|item| snapshot.resource_label(*item).raw().starts_with('p'))
        .collect()
}

#[test]
fn every_rule_has_a_name_a_clause_and_a_way_out() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(Rule::find(rule.name()), Some(*rule));
        assert!(!rule.clauses().is_empty() && !rule.to_do().is_empty());
        assert!(rule.version() > 0);
    }
}

#[test]
fn undecided_items_are_named_until_each_is_decided() {
    let mut run = Run::under(&many(1), lenient(), |_| {});
    assert_eq!(run.says(Rule::Undecided), "4 0 of 4, stops");
    assert_eq!(
        run.facts(Rule::Undecided),
        "4 of 4 items are undecided, 1 of them your own access, which another reviewer decides"
    );
    let own = run.item("Ada", "Acme", "Can sign in");
    run.happens(Event::SelfReviewAllowed {
        reason: Raw::from("alone"),
    });
    let implicit = run.item("Every member", "Acme", "Member");
    run.decide(
        Change::Decide(Decision::Acknowledge),
        [implicit],
        None,
        Chosen::Single,
    );
    let rest = run.campaign.items().iter().filter(|item| *item != implicit);
    let rest: Vec<Item> = rest.collect();
    run.decide(KEEP, rest, None, Chosen::Marked);
    assert_eq!(run.says(Rule::Undecided), "no");
    run.decide(Change::Clear, [own], None, Chosen::Single)
        .decide(Change::Later, [own], None, Chosen::Single);
    assert_eq!(run.says(Rule::Undecided), "1 0 of 1, stops");
}

#[test]
fn own_access_that_was_decided_is_waived_by_the_exception_that_allowed_it() {
    let mut run = Run::of(&acme());
    let own = run.item("Ada", "Payments", "Team Lead");
    assert_eq!(run.says(Rule::SelfReview), "no");
    run.happens(Event::SelfReviewAllowed {
        reason: Raw::from("the only admin"),
    });
    assert_eq!(run.says(Rule::SelfReview), "no", "nothing was decided yet");
    run.keep(own);
    assert_eq!(run.says(Rule::SelfReview), "1 0 of 1, stops");
    let flag = run.flag(Rule::SelfReview);
    assert!(!flag.is_open() && !flag.stops());
    let waiver = flag.waiver.expect("the exception");
    assert_eq!(
        (waiver.reason.raw(), waiver.entry, waiver.covers),
        ("the only admin", 2, true)
    );
    // When nobody knows whose account it is, nobody can tell.
    let unknown = Run::under(&acme(), Policy::default(), |it| it.reviewer_account = None);
    assert_eq!(unknown.says(Rule::SelfReview), "0 0 of 1, look");
}

#[test]
fn a_grant_that_may_be_privileged_needs_a_reason_where_the_policy_asks_for_one() {
    let mut org = acme();
    org.custom("project:role:1", RoleKind::ProjectCustom)
        .account_role("Ben", Some("Lab"), "project:role:1")
        .account_role("Ben", Some("Pay"), "project:member");
    let asks = || Policy {
        privileged_keep_needs_reason: true,
        ..lenient()
    };
    for (policy, reason, note, said) in [
        (lenient(), None, None, "no"),
        (asks(), None, None, "0 1 of 1, look"),
        (asks(), Some("builds it"), None, "no"),
        (asks(), None, Some("builds it"), "no"),
    ] {
        let mut run = Run::under(&org, policy, |_| {});
        let custom = run.item("Ben", "Lab", "project:role:1");
        let items = [custom, run.item("Ben", "Pay", "Project Member")];
        run.decide(KEEP, items, reason, Chosen::Marked);
        if let Some(text) = note.map(Raw::from) {
            run.happens(Event::Noted { item: custom, text });
        }
        assert_eq!(run.says(Rule::NoReason), said, "{reason:?} {note:?}");
    }
    // What is known to be privileged is not kept without one in the first place.
    let mut run = Run::under(&org, asks(), |_| {});
    let admin = run.item("Ben", "Pay", "Project Admin");
    let keep = Event::Decided(Decided {
        change: KEEP,
        items: admin.into(),
        reason: None,
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    });
    assert_eq!(
        run.try_to(keep),
        Err(Refusal::KeepNeedsReason(admin.number()))
    );
}

#[test]
fn a_privileged_external_is_not_kept_without_a_word() {
    let mut org = acme();
    org.account("Gus", "Guest", |it| it.kind = Kind::Guest)
        .account("Una", "Known", |it| it.kind = Kind::Unknown)
        .custom("project:role:1", RoleKind::ProjectCustom)
        .account_role("Gus", Some("Lab"), "project:admin")
        .account_role("Cleo", Some("Lab"), "project:role:1")
        .account_role("Una", Some("Lab"), "project:admin");
    let rule = Rule::ExternalPrivileged;
    let mut run = Run::of(&org);
    let gus = run.item("Gus", "Lab", "Project Admin");
    run.keep(run.item("Ben", "Pay", "Project Admin"));
    run.keep(run.item("Cleo", "Pay", "External"));
    assert_eq!(run.says(rule), "no", "members, and roles of no weight");
    run.keep(gus);
    assert_eq!(run.says(rule), "1 0 of 1, stops");
    run.keep(run.item("Cleo", "Lab", "project:role:1"));
    run.keep(run.item("Una", "Lab", "Project Admin"));
    assert_eq!(run.says(rule), "1 2 of 3, stops");
    run.happens(Event::Noted {
        item: gus,
        text: Raw::from("runs the lab for us"),
    });
    assert_eq!(run.says(rule), "0 2 of 2, look");
    run.happens(Event::Noted {
        item: gus,
        text: Raw::from(""),
    });
    assert_eq!(run.says(rule), "1 2 of 3, stops");
    run.decide(KEEP, [gus], Some("runs the lab"), Chosen::Single);
    assert_eq!(run.says(rule), "0 2 of 2, look");
    run.revoke(gus);
    assert_eq!(run.says(rule), "0 2 of 2, look");
}

#[test]
fn a_revoke_that_removes_nothing_is_found_when_all_are_made() {
    let rule = Rule::RemovesNothing;
    let mut org = acme();
    org.account_role("Ben", Some("Lab"), "project:member")
        .account_role("Dan", Some("Lab"), "project:member")
        .account_role("Cleo", Some("Lab"), "project:admin")
        .join("Cleo", "Engineering", |_| {});
    let mut run = Run::of(&org);
    let lab = |run: &Run, who: &str| run.item(who, "Lab", "Project Member");
    // An administrator who stays a member has less.
    run.revoke(run.item("Cleo", "Lab", "Project Admin"));
    run.revoke(run.item("Ben", "Pay", "Project Admin"));
    assert_eq!(run.says(rule), "no");
    run.revoke(lab(&run, "Ben"));
    assert_eq!(run.says(rule), "1 0 of 1, stops");
    // Dan's other way leads through a team that was dissolved.
    run.revoke(lab(&run, "Dan"));
    assert_eq!(run.says(rule), "1 1 of 2, stops");
    // Without the team's grant Ben loses it, too.
    run.revoke(lab(&run, "Engineering"));
    assert_eq!(run.says(rule), "0 1 of 1, look");
    run.happens(Event::Undone {
        entry: run.campaign.next_seq() - 1,
    });
    run.revoke(run.item("Ben", "Acme", "Can sign in"));
    assert_eq!(run.says(rule), "0 1 of 1, look");
}

#[test]
fn what_could_not_be_read_is_named() {
    let gap = |missing: &str| Gap {
        call: "GET projects".to_owned(),
        missing: Raw::from(missing),
        reason: Raw::from("403"),
    };
    assert_eq!(Run::of(&acme()).says(Rule::Gaps), "no");
    let gaps = ["a", "b", "c\u{202e}", "d"].map(gap);
    let run = Run::under(&acme(), Policy::default(), |it| {
        it.provenance.gaps = gaps.into();
    });
    assert_eq!(run.says(Rule::Gaps), "0 0 of 4, stops");
    let facts = run.facts(Rule::Gaps);
    assert!(
        facts.starts_with("4 things could not be read: a, b, c") && facts.ends_with(" and 1 more"),
        "{facts}"
    );
    assert!(!facts.contains('\u{202e}'));
}

#[test]
fn a_snapshot_is_old_after_the_days_of_the_policy() {
    const DAY: i64 = 86_400_000;
    for (age, said) in [
        (0, "no"),
        (15 * DAY - 1, "no"),
        (15 * DAY, "0 0 of 15, stops"),
        (40 * DAY, "0 0 of 40, stops"),
        (-1, "0 0 of 1, look"),
    ] {
        let mut run = Run::of(&acme());
        run.after(age);
        assert_eq!(run.says(Rule::Stale), said, "{age}");
    }
}

#[test]
fn a_review_that_keeps_everything_is_pointed_out_from_some_size_on() {
    for (n, revoke, said) in [
        (49, false, "no"),
        (50, false, "50 0 of 50, look"),
        (50, true, "no"),
    ] {
        let mut run = Run::of(&many(n));
        let projects = projects(&run);
        run.decide(KEEP, projects.clone(), None, Chosen::Marked);
        if revoke {
            run.revoke(projects[0]);
        }
        assert_eq!(run.says(Rule::AllKept), said, "{n} {revoke}");
    }
}

#[test]
fn the_share_that_was_decided_together_is_measured() {
    for (n, single, said) in [
        (49, 0, "no"),
        (60, 0, "60 0 of 60, look"),
        (60, 11, "49 0 of 49, look"),
        (60, 12, "no"),
    ] {
        let mut run = Run::of(&many(n));
        let projects = projects(&run);
        run.decide(KEEP, projects.clone(), None, Chosen::Marked);
        for item in projects.into_iter().take(single) {
            run.after(5000).keep(item);
        }
        assert_eq!(run.says(Rule::BulkShare), said, "{n} {single}");
    }
    let mut run = Run::of(&many(60));
    let at = run.at;
    let carried = |how| Chosen::Carried { entry: 2, at, how };
    let projects = projects(&run);
    run.decide(KEEP, projects.clone(), None, carried(How::Bulk));
    assert_eq!(run.says(Rule::BulkShare), "60 0 of 60, look");
    run.decide(KEEP, projects, None, carried(How::Single));
    assert_eq!(run.says(Rule::BulkShare), "no");
}

#[test]
fn the_pace_of_single_decisions_is_measured() {
    for (n, gap, said) in [
        (30, 1999, "no"),
        (31, 1999, "30 0 of 30, look"),
        (31, 2000, "no"),
        (31, 6 * 60 * 1000, "no"),
    ] {
        let mut run = Run::of(&many(n));
        for item in projects(&run) {
            run.after(gap).keep(item);
        }
        assert_eq!(run.says(Rule::Pace), said, "{n} {gap}");
    }
    // Many at once are no pace, and a clock that was set back tells none.
    let mut run = Run::of(&many(40));
    for item in projects(&run) {
        run.after(1).decide(KEEP, [item], None, Chosen::Marked);
    }
    assert_eq!(run.says(Rule::Pace), "no");
    for item in projects(&run) {
        run.after(1).keep(item);
    }
    let first = projects(&run)[0];
    run.after(-60_000).keep(first);
    assert_eq!(run.says(Rule::Pace), "0 0 of 1, look");
}

#[test]
fn hundreds_of_decisions_at_one_instant_are_pointed_out() {
    for (n, gap, said) in [
        (99, 0, "no"),
        (100, 0, "100 0 of 100, look"),
        (100, 1, "no"),
    ] {
        let mut run = Run::of(&many(n));
        for item in projects(&run) {
            run.after(gap).keep(item);
        }
        assert_eq!(run.says(Rule::SameInstant), said, "{n} {gap}");
    }
    let mut run = Run::of(&many(120));
    let projects = projects(&run);
    run.decide(KEEP, projects.clone(), None, Chosen::Marked);
    assert_eq!(run.says(Rule::SameInstant), "120 0 of 120, look");
    run.after(1000).decide(
        Change::Clear,
        projects[..30].iter().copied(),
        None,
        Chosen::Marked,
    );
    assert_eq!(run.says(Rule::SameInstant), "no");
}

#[test]
fn a_waiver_is_for_the_flag_as_it_was_seen() {
    let mut run = Run::of(&many(3));
    let rule = Rule::Undecided;
    let projects = projects(&run);
    run.keep(projects[0]);
    let seen = run.flag(rule);
    assert!(seen.stops());
    run.happens(seen.waive(Raw::from("next quarter")));
    assert!(!run.flag(rule).is_open());
    // It shrinks: what was said is still for all of it.
    run.keep(projects[1]);
    assert!(!run.flag(rule).is_open());
    // It grows: not any more.
    run.decide(Change::Clear, [projects[0]], None, Chosen::Single);
    let grown = run.flag(rule);
    assert!(grown.stops());
    let waiver = grown.waiver.as_ref().expect("what was said is still told");
    assert_eq!(
        (waiver.reason.raw(), waiver.covers, waiver.count),
        ("next quarter", false, seen.count)
    );
    assert!(
        grown.line().contains("grew since it was waived"),
        "{}",
        grown.line()
    );
    // It can be waived again, and one undo takes that back.
    run.happens(grown.waive(Raw::from("this one, too")));
    assert!(!run.flag(rule).is_open());
    let entry = run.campaign.next_seq() - 1;
    run.happens(Event::Undone { entry });
    assert!(run.flag(rule).stops());
    run.happens(Event::Redone { entry });
    assert_eq!(
        run.flag(rule)
            .waiver
            .map(|waiver| (waiver.entry, waiver.covers)),
        Some((entry, true))
    );
}

#[test]
fn nothing_is_waived_that_is_not_there_as_it_is() {
    let mut run = Run::of(&many(3));
    let seen = run.flag(Rule::Undecided);
    let blank = seen.waive(Raw::from(" \u{200b}"));
    assert_eq!(run.try_to(blank), Err(Refusal::EmptyReason));
    let gaps = Event::Waived(Box::new(Waived {
        flag: Rule::Gaps,
        items: ItemSet::default(),
        count: 1,
        reason: Raw::from("none"),
    }));
    assert_eq!(run.try_to(gaps), Err(Refusal::NoSuchFlag("gaps")));
    let ahead = seen.waive(Raw::from("all of it"));
    run.keep(projects(&run)[0]);
    assert_eq!(run.try_to(ahead), Err(Refusal::OtherFlag("undecided")));
    let mut more = run.flag(Rule::Undecided);
    more.count += 1;
    assert_eq!(
        run.try_to(more.waive(Raw::from("more"))),
        Err(Refusal::OtherFlag("undecided"))
    );
}

#[test]
fn a_waived_age_is_that_of_the_day() {
    const DAY: i64 = 86_400_000;
    let mut run = Run::of(&acme());
    run.after(20 * DAY);
    let seen = run.flag(Rule::Stale);
    run.happens(seen.waive(Raw::from("the source is gone")));
    assert!(!run.after(DAY / 2).flag(Rule::Stale).is_open());
    assert!(run.after(DAY / 2).flag(Rule::Stale).stops());
}

#[test]
fn what_is_outside_the_scope_raises_no_flag() {
    let run = Run::under(&acme(), Policy::default(), |it| {
        it.scope = Some(Raw::from("project:Pay"));
    });
    let flag = run.flag(Rule::Undecided);
    assert_eq!(flag.count, run.campaign.progress().items);
    assert!(
        flag.items
            .iter()
            .all(|item| run.campaign.items().contains(item))
    );
}

#[test]
fn a_flag_that_only_may_be_so_never_stops_the_signature() {
    let run = Run::under(&acme(), Policy::default(), |it| {
        it.reviewer_account = None;
        it.provenance = provenance();
    });
    let flag = run.flag(Rule::SelfReview);
    assert!(flag.is_open() && !flag.stops());
}
