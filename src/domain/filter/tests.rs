mod reference;

use super::*;
use crate::domain::{
    account::{Fact, TwoFactor},
    decision::{Change, Decision},
    fixture::{acme, after, campaign, entry, item, scoped, under},
    items::Item,
    journal::{Chosen, Decided, Event, LeftOut},
    policy::{Pattern, Policy},
    text::Raw,
};

/// The items of `campaign` that `filter` chooses, as `holder: role`.
fn chosen_of(campaign: &Campaign, filter: &str) -> Vec<String> {
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let snapshot = campaign.snapshot();
    let say = |item: Item| {
        let holder = snapshot.holder_label(snapshot.grant(item).holder);
        format!("{}: {}", holder.raw(), snapshot.role_label(item).raw())
    };
    filter.select(campaign).iter().map(say).collect()
}

fn chosen(filter: &str) -> Vec<String> {
    chosen_of(&campaign(&acme().snapshot()), filter)
}

/// A review of Acme with three more people. Eve signed in a year ago, Fay 90 days ago, Gus never; of nobody else it is
/// known. Eve's membership began in 2024 and ends soon, Fay's begins soon, that of Gus ended.
fn timed() -> Campaign {
    let mut org = acme();
    let time = |text: &str| Fact::Known(text.parse().expect("a time"));
    org.account("Eve", "Zorn", |it| {
        it.last_sign_in = time("2025-03-31T08:00:00Z");
        it.two_factor = Fact::Known(TwoFactor::NotSetUp);
        it.joined = Fact::Known("2024-02-29".parse().expect("a day"));
    })
    .account("Fay", "Young", |it| {
        it.last_sign_in = time("2025-12-31T09:00:00Z");
        it.two_factor = Fact::Known(TwoFactor::Active);
        it.joined = Fact::Known("2027-01-01".parse().expect("a day"));
    })
    .account("Gus", "Xu", |it| {
        it.last_sign_in = Fact::Absent;
        it.joined = Fact::Unknown;
    })
    .join("Eve", "Payments", |it| {
        it.since = time("2024-01-01T00:00:00Z");
        it.till = time("2026-04-10T00:00:00Z");
    })
    .join("Fay", "Engineering", |it| {
        it.since = time("2026-05-01T00:00:00Z");
        it.till = Fact::Unknown;
    })
    .join("Gus", "Engineering", |it| {
        it.since = Fact::Unknown;
        it.till = time("2025-06-30T00:00:00Z");
        it.pending = Fact::Known(true);
    });
    campaign(&org.snapshot())
}

/// Those of Eve, Fay and Gus with an item that `filter` chooses, by their first letters.
fn who(filter: &str) -> String {
    let all = chosen_of(&timed(), filter);
    let of = |name: &&str| all.iter().any(|item| item.starts_with(*name));
    ["Eve", "Fay", "Gus"]
        .iter()
        .filter(|name| of(name))
        .map(|name| &name[..1])
        .collect()
}

#[test]
fn words_are_looked_for_in_every_name_without_case_or_accents() {
    assert_eq!(
        chosen("OKAFOR pay"),
        ["Ben Ôkafor: Team Member", "Ben Ôkafor: Project Admin"]
    );
    assert_eq!(chosen("\"keller\" lead"), ["Ada Keller: Team Lead"]);
    assert_eq!(chosen("nobody"), [""; 0]);
    assert_eq!(chosen("").len(), acme().snapshot().len());
}

#[test]
fn a_field_looks_only_where_it_says() {
    assert_eq!(
        chosen("account:ben role:\"project admin\""),
        ["Ben Ôkafor: Project Admin"]
    );
    assert_eq!(
        chosen("Project:pay"),
        [
            "Ben Ôkafor: Project Admin",
            "Cleo Gast: External",
            "Payments: Project Member"
        ]
    );
    assert_eq!(
        chosen("team:payments"),
        [
            "Ada Keller: Team Lead",
            "Ben Ôkafor: Team Member",
            "Payments: Project Member"
        ]
    );
    assert_eq!(
        chosen("role:lead|external"),
        ["Ada Keller: Team Lead", "Cleo Gast: External"]
    );
    assert_eq!(chosen("org-role:admin"), ["Ada Keller: System Admin"]);
    assert_eq!(
        chosen("role:admin"),
        ["Ada Keller: System Admin", "Ben Ôkafor: Project Admin"]
    );
}

#[test]
fn an_equals_sign_asks_for_the_whole_name() {
    assert_eq!(chosen("role:=member"), ["Every member: Member"]);
    assert_eq!(
        chosen("role:=\"team member\" account:=ben"),
        ["Ben Ôkafor: Team Member"]
    );
    assert_eq!(chosen("account:=be"), [""; 0]);
    assert_eq!(chosen("role:\"=member\""), [""; 0]);
}

#[test]
fn a_state_is_a_fact_about_the_item_or_its_holder() {
    assert_eq!(chosen("is:implicit"), ["Every member: Member"]);
    assert_eq!(
        chosen("is:own -is:account -is:privileged"),
        ["Ada Keller: Team Lead"]
    );
    assert_eq!(
        chosen("is:left"),
        ["Dan Alt: Can sign in", "Dan Alt: Team Member"]
    );
    assert_eq!(chosen("state:left kind:team"), ["Dan Alt: Team Member"]);
    assert_eq!(
        chosen("is:external -role:external"),
        ["Cleo Gast: Can sign in"]
    );
    assert_eq!(
        chosen("is:team !team:attic"),
        ["Engineering: Project Member", "Payments: Project Member"]
    );
    assert_eq!(chosen("is:kept|revoked"), [""; 0]);
    assert_eq!(chosen("is:lead"), ["Ada Keller: Team Lead"]);
    assert_eq!(
        chosen("kind:organization"),
        ["Every member: Member", "Ada Keller: System Admin"]
    );
    assert_eq!(who("is:upcoming"), "F");
    assert_eq!(who("is:ended"), "G");
}

#[test]
fn a_signal_is_asked_for_by_the_name_of_its_rule() {
    assert_eq!(who("signal:no-sign-in"), "E");
    assert_eq!(who("signal:no-sign-in? kind:account"), "G");
    // What cannot be told is neither.
    assert_eq!(who("-signal:no-sign-in kind:account"), "F");
    assert_eq!(who("signal:no-2fa|expired"), "EG");
    assert_eq!(
        chosen("signal:privileged"),
        ["Ada Keller: System Admin", "Ben Ôkafor: Project Admin"]
    );
    assert_eq!(
        chosen("signal:privileged").len(),
        chosen("is:privileged").len()
    );
    let error = Filter::parse("signal:no-2fe").expect_err("no such signal");
    assert!(error.message.contains("no-2fa"), "{error}");
    let policy = Policy {
        privileged_roles: vec![Pattern::from("*external*")],
        ..Policy::default()
    };
    let wide = under(&acme().snapshot(), policy);
    for filter in [
        "is:privileged kind:project",
        "signal:privileged kind:project",
    ] {
        let found = chosen_of(&wide, filter);
        assert_eq!(found, ["Ben Ôkafor: Project Admin", "Cleo Gast: External"]);
    }
}

#[test]
fn and_or_not_and_parentheses_join_terms() {
    let same = |one: &str, other: &str| {
        assert_eq!(chosen(one), chosen(other), "{one} / {other}");
        assert!(!chosen(one).is_empty(), "{one}");
    };
    same("account:ben and role:admin", "account:ben role:admin");
    same("account:ben or account:dan", "account:ben|dan");
    same("not account:ben", "-account:ben");
    same("NOT (account:ben OR is:left)", "-account:ben -is:left");
    same("-(account:ben or is:left)", "-account:ben -is:left");
    // `and` binds more closely than `or`.
    same(
        "account:ada role:lead or account:ben role:admin",
        "(account:ada role:lead) or (account:ben and role:admin)",
    );
    same("not not role:lead", "role:lead");
    same("(((role:lead)))", "role:lead");
    // Quoted, they are words; in a value, they are text; and a parenthesis that is closed in a value belongs to it.
    assert_eq!(chosen("\"or\" lead or \"and\""), [""; 0]);
    assert_eq!(chosen("role:or"), [""; 0]);
    assert_eq!(chosen("(role:f(x))"), [""; 0]);
}

#[test]
fn ages_count_from_the_time_of_the_snapshot_in_whole_days() {
    for (filter, expected) in [
        ("signin:365d", "E"),
        ("signin:>364d", "E"),
        ("signin:>365d", ""),
        ("signin:>=1y", "E"),
        ("signin:90d", "F"),
        ("signin:<90d", ""),
        ("signin:<=90d", "F"),
        ("signin:90d..400d", "EF"),
        ("signin:13w..", "E"),
        ("signin:..3m", "F"),
        ("signin:never", "G"),
        ("signin:never|>200d", "EG"),
        ("joined:>1d", "E"),
        ("joined:+0d..", "F"),
        ("joined:<+300d", "F"),
        ("joined:>+300d", ""),
        ("until:<=+30d", "E"),
        ("until:>0d", "G"),
        ("since:>+1w", "F"),
    ] {
        assert_eq!(
            who(&format!("({filter}) account:eve|fay|gus")),
            expected,
            "{filter}"
        );
    }
}

#[test]
fn dates_are_days_months_and_years() {
    for (filter, expected) in [
        ("signin:2025-03-31", "E"),
        ("signin:2025-03", "E"),
        ("signin:2025", "EF"),
        ("signin:<2025-03-31", ""),
        ("signin:<=2025-03-31", "E"),
        ("signin:>2025-03-31", "F"),
        ("signin:>2025-12", ""),
        ("signin:>=2025-12", "F"),
        ("signin:2025-04..2025-12", "F"),
        ("signin:..2025-04", "E"),
        ("signin:2025-04..", "F"),
        ("joined:2024-02-29", "E"),
        ("since:<2025-01-01", "E"),
        ("until:2026-04-10", "E"),
        ("until:none", ""),
        ("until:>9998", ""),
        ("joined:>9999", ""),
    ] {
        assert_eq!(
            who(&format!("({filter}) account:eve|fay|gus")),
            expected,
            "{filter}"
        );
    }
    assert_eq!(
        chosen("since:none"),
        [
            "Ada Keller: Team Lead",
            "Ben Ôkafor: Team Member",
            "Dan Alt: Team Member"
        ]
    );
}

#[test]
fn what_nobody_knows_is_neither_true_nor_false() {
    // Nobody knows when Ben signed in, and what he holds is in neither answer.
    let all = |filter: &str| chosen_of(&timed(), filter);
    let of_ben = |filter: &str| all(filter).iter().any(|item| item.starts_with("Ben"));
    for filter in [
        "signin:>90d",
        "-signin:>90d",
        "not (signin:>90d or signin:<=90d)",
        "signin:never",
        "-signin:never",
        "2fa:on",
        "-2fa:on",
        "2fa:off",
    ] {
        assert!(!of_ben(filter), "{filter}");
    }
    for filter in [
        "signin:unknown",
        "signin:>90d|unknown",
        "-(signin:>90d is:left)",
        "signin:>90d or account:ben",
        "2fa:unknown",
        "-2fa:on|off or 2fa:unknown",
    ] {
        assert!(of_ben(filter), "{filter}");
    }
    // What has no such fact is not so: a team does not sign in.
    assert!(all("-signin:>90d").contains(&"Payments: Project Member".to_owned()));
    assert!(!all("signin:unknown").contains(&"Payments: Project Member".to_owned()));
    assert_eq!(who("2fa:off"), "E");
    assert_eq!(who("2fa:on"), "F");
    assert_eq!(who("since:unknown"), "G");
    assert_eq!(who("-since:<2025 kind:team"), "F");
}

#[test]
fn what_was_decided_said_and_numbered_can_be_asked() {
    let mut campaign = campaign(&acme().snapshot());
    let snapshot = std::sync::Arc::clone(campaign.snapshot());
    let ben = |resource, role| item(&snapshot, "Ben", resource, role);
    let decide = |items: &[Item], change, reason: Option<&str>, chosen| {
        Event::Decided(Decided {
            change,
            items: items.iter().copied().collect(),
            reason: reason.map(Raw::from),
            chosen,
            left_out: LeftOut::default(),
        })
    };
    let (sign_in, admin) = (ben("Acme", "Can sign in"), ben("Pay", "Project Admin"));
    let cleo = item(&snapshot, "Cleo", "Pay", "External");
    for (seq, event) in [
        decide(
            &[sign_in],
            Change::Decide(Decision::Keep),
            None,
            Chosen::Single,
        ),
        decide(
            &[admin],
            Change::Decide(Decision::Revoke),
            Some("Não usado"),
            Chosen::Single,
        ),
        decide(&[cleo], Change::Later, Some("ask Cleo"), Chosen::Marked),
        Event::Noted {
            item: admin,
            text: Raw::from("Ticket ACC-7"),
        },
    ]
    .into_iter()
    .enumerate()
    {
        let seq = u32::try_from(seq + 2).expect("few");
        campaign.apply(entry(seq, event)).expect("it may happen");
    }
    for (filter, expected) in [
        ("is:kept", "Ben Ôkafor: Can sign in"),
        ("reason:\"nao usado\"", "Ben Ôkafor: Project Admin"),
        ("reason:ask", "Cleo Gast: External"),
        ("note:acc-7", "Ben Ôkafor: Project Admin"),
        ("is:noted", "Ben Ôkafor: Project Admin"),
        ("is:bulk", "Cleo Gast: External"),
        (
            "account:ben open:1",
            "Ben Ôkafor: Can sign in, Ben Ôkafor: Team Member, Ben Ôkafor: Project Admin",
        ),
        (
            "account:cleo open:>1 item:1..",
            "Cleo Gast: Can sign in, Cleo Gast: External",
        ),
    ] {
        assert_eq!(
            chosen_of(&campaign, filter).join(", "),
            expected,
            "{filter}"
        );
    }
    let numbers = |filter: &str| {
        let filter = Filter::parse(filter).expect(filter);
        filter.select(&campaign).to_string()
    };
    assert_eq!(numbers("item:3..5|9"), "3-5,9");
    assert_eq!(numbers("item:2,4-5"), "2,4-5");
    assert_eq!(numbers("-item:>2"), "1-2");
    assert_eq!(numbers("item:0|99999999999"), "");
}

#[test]
fn a_word_that_no_name_has_is_taken_by_its_letters() {
    let letters = |text: &str| {
        let filter = Filter::parse(text).expect(text);
        (chosen(text), filter.loose(&campaign(&acme().snapshot())))
    };
    let (items, loose) = letters("bokfr admin");
    assert_eq!(items, ["Ben Ôkafor: Project Admin"]);
    assert_eq!(loose, ["bokfr"]);
    // The first letter begins a word, and all are in one name.
    assert_eq!(letters("kfr").1, ["kfr"]);
    assert_eq!(letters("kfr").0, [""; 0]);
    assert_eq!(letters("okfr").0.len(), 3);
    // Not where a name has it, where it is quoted, in a field, one of several, short, or what is excluded.
    for text in [
        "okafor",
        "\"bokfr\"",
        "account:bokfr",
        "bokfr|x",
        "bk",
        "=bokfr",
        "-bokfr",
        "not (bokfr or x)",
    ] {
        assert_eq!(letters(text).1, [""; 0], "{text}");
    }
    assert_eq!(letters("-bokfr").0.len(), acme().snapshot().len());
}

#[test]
fn what_matches_nothing_is_explained_by_what_is_near() {
    let why = |text: &str| {
        let filter = Filter::parse(text).expect(text);
        let campaign = campaign(&acme().snapshot());
        assert!(filter.select(&campaign).is_empty(), "{text}");
        filter.why_nothing(&campaign).join("; ")
    };
    for (text, expected) in [
        ("role:admn", "no role `admn`; did you mean `admin`?"),
        (
            "ada team:paymetns",
            "no team `paymetns`; did you mean `payments`?",
        ),
        (
            "role:\"projekt admin\"",
            "no role `projekt admin`; did you mean `project admin`?",
        ),
        ("account:=be", "no account is called `be`"),
        ("okafro", "no name has `okafro`; did you mean `okafor`?"),
        ("qqqq", "no name has `qqqq`"),
        ("-role:zzz role:zzz", "no role `zzz`"),
        ("is:revoked account:ada", "nothing matches is:revoked"),
        (
            "account:ada is:left",
            "each part matches something, and nothing matches all of them",
        ),
        ("\"\u{202e}zzz\"", "no name has `‹U+202E›zzz`"),
        (
            "account:everyone is:left",
            "each part matches something, and nothing matches all of them",
        ),
        ("is:kept", ""),
    ] {
        assert_eq!(why(text), expected, "{text}");
    }
}

#[test]
fn what_the_previous_record_tells_can_be_asked() {
    let mut before = campaign(&acme().snapshot());
    let snapshot = std::sync::Arc::clone(before.snapshot());
    let ben = item(&snapshot, "Ben", "Pay", "Project Admin");
    let keep = Event::Decided(Decided {
        change: Change::Decide(Decision::Keep),
        items: ben.into(),
        reason: None,
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    });
    before.apply(entry(2, keep)).expect("it may happen");
    let mut org = acme();
    org.project("New")
        .account_role("Ben", Some("New"), "project:member");
    let after = after(&org.snapshot(), &before);
    assert_eq!(
        chosen_of(&after, "delta:new"),
        ["Ben Ôkafor: Project Member"]
    );
    assert_eq!(chosen_of(&after, "was:keep"), ["Ben Ôkafor: Project Admin"]);
    let known = chosen_of(&after, "was:undecided or was:keep");
    assert_eq!(known.len(), acme().snapshot().len());
    assert_eq!(
        chosen_of(&after, "-delta:unchanged"),
        ["Ben Ôkafor: Project Member"]
    );
    // Without a previous record nobody knows.
    assert_eq!(
        chosen("delta:new or -delta:new or was:keep or -was:keep"),
        [""; 0]
    );
}

#[test]
fn only_what_is_reviewed_is_chosen() {
    let campaign = scoped(&acme().snapshot(), Some("project:Lab")).expect("it opens");
    assert_eq!(
        chosen_of(&campaign, "-account:ben"),
        chosen_of(&campaign, "")
    );
    assert_eq!(chosen_of(&campaign, "").len(), 2);
}

#[test]
fn the_parts_of_a_filter_are_told_one_by_one() {
    let parts = |text: &str| -> Vec<String> {
        let filter = Filter::parse(text).expect(text);
        let sign = |part: &Part| if part.negated { "not " } else { "" };
        filter
            .parts()
            .iter()
            .map(|part| format!("{}<{}>", sign(part), part.text))
            .collect()
    };
    assert_eq!(
        parts("is:left  -role:a|\"b c\" and (x or y) not z"),
        [
            "<is:left>",
            "not <-role:a|\"b c\">",
            "<(x or y)>",
            "not <not z>"
        ]
    );
    assert_eq!(parts(" a or -b c "), ["<a or -b c>"]);
    assert_eq!(parts(""), [""; 0]);
}

#[test]
fn an_error_points_at_the_column_and_says_what_would_be_right() {
    for (text, column, width, part) in [
        ("is:kepd", 4, 4, "kept"),
        ("ada is:kept|revokd", 13, 6, "revoked"),
        ("kind:x", 6, 1, "organization"),
        ("2fa:yes", 5, 3, "on, off"),
        ("ada proj:pay", 5, 5, "project:"),
        ("roel:x", 1, 5, "did you mean role:?"),
        ("role:", 6, 1, "a value is missing"),
        ("role:=", 7, 1, "a value is missing"),
        ("role:\"open", 6, 5, "closing quote"),
        ("\"a\"b", 4, 1, "a space is missing"),
        ("a -", 4, 1, "a value is missing"),
        ("is:", 4, 1, "a value is missing"),
        ("a|", 3, 1, "a value is missing"),
        ("or a", 1, 2, "nothing stands before or"),
        ("a and or b", 7, 2, "nothing stands before or"),
        ("a or", 5, 1, "nothing follows or"),
        ("a not", 6, 1, "nothing follows not"),
        ("a and", 6, 1, "nothing follows and"),
        ("a (b c", 3, 1, "closing ) is missing"),
        ("a b) c", 4, 1, "no ( that this ) would close"),
        ("a ()", 4, 1, "nothing stands before this )"),
        ("(a)b", 4, 1, "a space is missing after the )"),
        ("(a)|b", 4, 1, "write or"),
        ("signin:soon", 8, 4, "not a date or an age"),
        ("signin:2025-13", 8, 7, "not a date or an age"),
        ("signin:2025-02-30", 8, 10, "not a date or an age"),
        ("signin:>9999999d", 8, 9, "not a date or an age"),
        ("since:2026..2025", 7, 10, "ends before it begins"),
        ("since:90d..30d", 7, 8, "ends before it begins"),
        ("since:2025..30d", 7, 9, "both ends"),
        ("item:x", 6, 1, "not a number"),
        ("item:9..3", 6, 4, "ends before it begins"),
        ("account:\"\u{200b}\"", 9, 3, "nothing in it"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(
            (error.column, error.width),
            (column, width),
            "{text}: {error}"
        );
        assert!(error.message.contains(part), "{text}: {error}");
    }
    let deep = format!("{}a", "(".repeat(1000));
    assert!(
        Filter::parse(&deep)
            .expect_err("deep")
            .message
            .contains("too many groups")
    );
    let deep = "not ".repeat(1000);
    assert!(
        Filter::parse(&deep)
            .expect_err("deep")
            .message
            .contains("too many groups")
    );
}

#[test]
fn a_mistake_is_underlined_below_wide_and_hidden_characters() {
    for (text, expected) in [
        ("ada is:x", "       ^"),
        ("会計 is:x|left", "        ^"),
        ("e\u{301}e is:kepd", "      ^^^^"),
        ("\u{202e}a is:x", "             ^"),
        ("a 会計:x", "  ^^^^^"),
        ("👩\u{200d}👩 is:x y", "      ^"),
        ("a or", "    ^"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        let [shown, line] = error.pointed(text);
        assert_eq!(shown, SafeText::of(text).to_string());
        assert_eq!(line, expected, "{text:?}: {shown}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_fail_badly(text in "\\PC{0,30}") {
        check_text(&text)?;
    }

    #[test]
    fn nothing_that_looks_like_a_filter_makes_it_fail_badly(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "(", ")", " ", " ", "-", "!", "|", "\"", "=", ":", "..", "<", ">", "or", "and", "not", "is:", "left",
                "since:", "2025", "-01", "90d", "+", "item:", "3", "a", "会", "\u{301}", "\u{200b}", "role:", "signin:",
            ]),
            0..24,
        )
    ) {
        check_text(&parts.concat())?;
    }
}

fn check_text(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    match Filter::parse(text) {
        Err(error) => {
            let long = text.chars().count();
            proptest::prop_assert!(error.column >= 1 && error.column <= long + 1, "{}", error);
            proptest::prop_assert!(error.column + error.width <= long + 2, "{}", error);
            let [shown, line] = error.pointed(text);
            proptest::prop_assert!(!shown.contains('\n') && line.trim_start().starts_with('^'));
        }
        Ok(filter) => {
            let campaign = campaign(&acme().snapshot());
            let items = filter.select(&campaign);
            proptest::prop_assert!(
                items
                    .last()
                    .is_none_or(|last| last.index() < campaign.snapshot().len())
            );
            proptest::prop_assert_eq!(filter.is_empty(), filter.parts().is_empty());
        }
    }
    Ok(())
}
