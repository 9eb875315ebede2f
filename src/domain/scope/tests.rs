use proptest::prelude::*;

use super::*;
use crate::domain::{
    account::{Account, Fact},
    campaign::Refusal,
    decision::{Change, Decision},
    filter::Filter,
    fixture::{Org, acme, entry, item, now, scoped},
    grant::Membership,
    journal::{Chosen, Decided, Event, LeftOut},
    seal::statement,
    text::Raw,
};

/// The fixture, with more of everything that a scope can name.
fn org() -> Org {
    let mut org = acme();
    org.account("Eva", "Früh", |it: &mut Account| {
        it.suspended = Fact::Known(true);
    })
    .account("Fin", "Unknown", |it: &mut Account| {
        it.archived = Fact::Unknown;
    })
    .team("Cards", Some("Payments"), |_| {})
    .join("Eva", "Cards", |_| {})
    .join("Fin", "Cards", |it: &mut Membership| {
        it.archived = Fact::Unknown;
    })
    .join("Cleo", "Cards", |it: &mut Membership| {
        it.archived = Fact::Known(true);
    })
    .account_role("Cleo", Some("Lab"), "project:admin");
    org
}

/// What `scope` puts up for decision, as holder: role on resource.
fn chosen(scope: &str) -> Result<Vec<String>, String> {
    let snapshot = org().snapshot();
    let items = Scope::parse(scope)
        .and_then(|scope| scope.select(&snapshot, now()))
        .map_err(|error| error.to_string())?;
    let text = |item: Item| {
        let holder = snapshot.holder_label(snapshot.grant(item).holder);
        let first = holder
            .raw()
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        let (role, resource) = (snapshot.role_label(item), snapshot.resource_label(item));
        format!("{first}: {} on {}", role.raw(), resource.raw())
    };
    Ok(items.iter().map(text).collect())
}

#[test]
fn a_scope_puts_up_what_it_names() {
    let lab_team = "Engineering: Project Member on Lab";
    let pay_team = "Payments: Project Member on Pay";
    let ada = [
        "Ada: Can sign in on Acme",
        "Ada: System Admin on Acme",
        "Ada: Team Lead on Payments",
    ];
    let ben = [
        "Ben: Can sign in on Acme",
        "Ben: Team Member on Payments",
        "Ben: Project Admin on Pay",
    ];
    let eva = ["Eva: Can sign in on Acme", "Eva: Team Member on Cards"];
    let fin = ["Fin: Can sign in on Acme", "Fin: Team Member on Cards"];
    let cards = [&eva[..], &fin[..]].concat();
    let payments = [&ada[..], &ben[..], &cards[..], &[pay_team]].concat();
    let engineering = [&ada[..], &ben[..], &cards[..], &[lab_team, pay_team]].concat();
    let cleo_lab = "Cleo: Project Admin on Lab";
    for (scope, expected) in [
        // Members of the team and of those below, and what the teams themselves hold. Cleo's membership ended; whether
        // Fin's did is unknown.
        ("team:Cards", cards.clone()),
        ("team:Payments", payments.clone()),
        ("team:engineering", engineering.clone()),
        ("team:PÄYMENTS", payments.clone()),
        (
            "project:Pay",
            vec![ben[2], "Cleo: External on Pay", pay_team],
        ),
        // By key, by id, as alternatives in either way of writing.
        (
            "project:LAB|pay",
            vec![
                ben[2],
                cleo_lab,
                "Cleo: External on Pay",
                "Attic: Project Member on Lab",
                lab_team,
                pay_team,
            ],
        ),
        (
            "project:lab project:pay role:\"Project Admin\"",
            vec![ben[2], cleo_lab],
        ),
        ("role:\"project admin\" team:Payments", vec![ben[2]]),
        ("role:project:external", vec!["Cleo: External on Pay"]),
        ("role:\"team lead\"", vec![ada[2]]),
        ("role:Member", vec!["Every: Member on Acme"]),
        ("state:suspended", eva.to_vec()),
        (
            "state:left",
            vec!["Dan: Can sign in on Acme", "Dan: Team Member on Attic"],
        ),
        ("state:unknown|suspended", [&eva[..], &fin[..]].concat()),
        ("team:Payments state:active project:pay", vec![ben[2]]),
    ] {
        let mut expected = expected;
        let mut found = chosen(scope).unwrap_or_else(|error| panic!("{scope}: {error}"));
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{scope}");
    }
}

#[test]
fn a_name_of_nothing_is_refused_with_the_names_like_it() {
    for (scope, expected) in [
        (
            "team:Paymentz",
            "there is no team Paymentz; there is Payments (at column 6 of the scope)",
        ),
        (
            "team:pay",
            "there is no team pay; there is Payments (at column 6 of the scope)",
        ),
        (
            "team:Cards|Nowhere",
            "there is no team Nowhere, nor one with a name like it (at column 12 of the scope)",
        ),
        (
            "project:pya",
            "there is no project pya; there is Pay (at column 9 of the scope)",
        ),
        (
            "project:lap",
            "there is no project lap; there is Lab (at column 9 of the scope)",
        ),
        (
            "role:admin",
            "there is no role admin; there is Project Admin, System Admin (at column 6 of the scope)",
        ),
        (
            "state:gone",
            "there is no state gone; try active, suspended, left, future, unknown (at column 7 of the scope)",
        ),
        (
            "is:left",
            "a scope has no field is:; the fields are team: project: role: state: (at column 1 of the scope)",
        ),
        (
            "-team:Cards",
            "a scope has no field -team:; the fields are team: project: role: state: (at column 1 of the scope)",
        ),
        (
            "team:Cards Payments",
            "a field is missing; the fields are team: project: role: state: (at column 12 of the scope)",
        ),
        ("team:", "a value is missing (at column 6 of the scope)"),
        (
            "team:\"Cards",
            "the closing quote is missing (at column 6 of the scope)",
        ),
        (
            "",
            "a scope names a team, a project, a role or a state (at column 1 of the scope)",
        ),
        (
            "state:future",
            "no grant is in it, so there would be nothing to review (at column 1 of the scope)",
        ),
        (
            "team:Cards project:Pay",
            "no grant is in it, so there would be nothing to review (at column 1 of the scope)",
        ),
    ] {
        assert_eq!(chosen(scope), Err(expected.to_owned()), "{scope}");
    }
}

#[test]
fn nothing_outside_a_scope_is_decided_or_counted() {
    let snapshot = org().snapshot();
    let mut campaign = scoped(&snapshot, Some("team:Payments state:active")).expect("it opens");
    let inside = item(&snapshot, "Ben", "Pay", "Project Admin");
    let outside = item(&snapshot, "Cleo", "Pay", "External");
    let keep = Change::Decide(Decision::Keep);
    let decide = |change, items| {
        Event::Decided(Decided {
            change,
            items,
            reason: None,
            chosen: Chosen::Marked,
            left_out: LeftOut::default(),
        })
    };
    assert_eq!(campaign.progress().items, 6);
    assert_eq!(campaign.out_of_scope(), snapshot.len() as u64 - 6);
    assert_eq!(campaign.may(keep, inside), Ok(()));
    let refused = Err(Refusal::OutOfScope(outside.number()));
    for change in [keep, Change::Later, Change::Clear] {
        assert_eq!(campaign.may(change, outside), refused);
        let both = [inside, outside].into_iter().collect();
        assert_eq!(campaign.check(&decide(change, both), now()), refused);
    }
    let note = Event::Noted {
        item: outside,
        text: Raw::from("look here"),
    };
    assert_eq!(campaign.check(&note, now()), refused);
    // A filter chooses among what is put up.
    let all = Filter::parse("project:pay").expect("a filter");
    assert_eq!(all.select(&campaign), inside.into());
    let nothing = Filter::parse("").expect("a filter");
    assert_eq!(nothing.select(&campaign), *campaign.items());
    let words = statement(&campaign, "ada@example.com", &[]);
    let expected = " 6 items: 0 to keep, 0 to revoke, 0 acknowledged. 6 items are left undecided and do not count as \
                    kept. Only what is in the scope team:Payments state:active was put up for decision; 14 items are \
                    outside it and not reviewed.";
    assert!(words.contains(expected), "{words}");
    let event = decide(keep, inside.into());
    campaign.apply(entry(2, event)).expect("it may happen");
    assert_eq!(
        (campaign.progress().kept, campaign.progress().undecided),
        (1, 5)
    );
}

#[test]
fn a_scope_that_names_nothing_opens_no_review() {
    let snapshot = org().snapshot();
    let refusal = scoped(&snapshot, Some("team:Paymentz")).expect_err("a typo");
    assert!(matches!(refusal, Refusal::BadScope(_)), "{refusal}");
    assert_eq!(
        refusal.to_string(),
        "the scope is not taken: there is no team Paymentz; there is Payments (at column 6 of the scope)"
    );
}

#[test]
fn a_deep_tree_of_teams_is_walked_once() {
    let mut org = Org::new();
    org.team("T0", None, |_| {});
    for n in 1..900 {
        org.team(&format!("T{n}"), Some(&format!("T{}", n - 1)), |_| {});
    }
    org.account("Ada", "Keller", |_| {})
        .join("Ada", "T899", |_| {});
    let snapshot = org.snapshot();
    let items = |scope: &str| {
        let scope = Scope::parse(scope).expect("a scope");
        scope.select(&snapshot, now()).map(|items| items.len())
    };
    assert_eq!(items("team:T0"), Ok(2));
    assert_eq!(items("team:T899"), Ok(2));
}

#[test]
fn a_scope_of_very_many_names_is_soon_answered() {
    let mut org = Org::new();
    for n in 0..2_000 {
        org.project(&format!("P{n}"));
    }
    org.account("Ada", "Keller", |_| {})
        .account_role("Ada", Some("P7"), "project:member");
    let snapshot = org.snapshot();
    let names: Vec<String> = (0..200_000).map(|n| format!("p{}", n % 2_000)).collect();
    let select = |names: &str| {
        let scope = Scope::parse(&format!("project:{names}")).expect("a scope");
        scope.select(&snapshot, now())
    };
    assert_eq!(select(&names.join("|")).map(|items| items.len()), Ok(1));
    let error = select(&format!("{}|x", names.join("|"))).expect_err("there is no x");
    assert!(
        error.message.starts_with("there is no project x"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn progress_counts_exactly_what_is_in_the_scope(
        scope in prop::sample::select(vec![
            "team:Payments", "team:Engineering", "project:pay", "role:\"Project Member\"", "state:active",
            "state:active|unknown team:cards", "project:lab role:\"Project Admin\"|\"Project Member\"",
        ]),
        choices in prop::collection::vec((0u32..30, 0usize..4), 0..40),
    ) {
        let snapshot = org().snapshot();
        let mut campaign = scoped(&snapshot, Some(scope)).expect("it opens");
        let inside = campaign.items().clone();
        for (at, what) in choices {
            let change = [
                Change::Decide(Decision::Keep), Change::Decide(Decision::Revoke), Change::Later, Change::Clear,
            ][what];
            let decided = Decided {
                change,
                items: Item(at).into(),
                reason: Some(Raw::from("because")),
                chosen: Chosen::Single,
                left_out: LeftOut::default(),
            };
            let taken = campaign.apply(entry(campaign.next_seq(), Event::Decided(decided)));
            prop_assert!(taken.is_err() || inside.contains(Item(at)));
        }
        let progress = campaign.progress();
        let count = |test: &dyn Fn(Item) -> bool| inside.iter().filter(|item| test(*item)).count() as u64;
        let has = |decision| count(&|item| campaign.slot(item).decision == decision);
        prop_assert_eq!(progress.items, inside.len() as u64);
        prop_assert_eq!(progress.kept, has(Some(Decision::Keep)));
        prop_assert_eq!(progress.revoked, has(Some(Decision::Revoke)));
        prop_assert_eq!(progress.undecided, has(None));
        prop_assert_eq!(progress.later, count(&|item| campaign.slot(item).later));
        for (position, subject) in snapshot.subjects().iter().enumerate() {
            let put_up = subject.items().filter(|item| inside.contains(*item)).count();
            prop_assert_eq!(campaign.items_of(position) as usize, put_up);
            prop_assert!(campaign.decided_of(position) <= campaign.items_of(position));
        }
    }
}
