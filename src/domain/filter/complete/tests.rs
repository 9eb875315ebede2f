use super::*;
use crate::domain::{
    decision::{Change, Decision},
    filter::Filter,
    fixture::{acme, campaign, entry, item, scoped},
    journal::{Chosen, Decided, LeftOut},
    text::Raw,
};

/// What `text` may become when it is completed at its end, each whole.
fn becomes_in(campaign: &Campaign, text: &str) -> Vec<String> {
    let completion = complete(text, text.chars().count(), campaign);
    let places = 0..completion.candidates.len();
    places.map(|place| completion.apply(text, place)).collect()
}

fn becomes(text: &str) -> Vec<String> {
    becomes_in(&campaign(&acme().snapshot()), text)
}

#[test]
fn fields_and_their_words_are_completed() {
    assert_eq!(becomes("ro"), ["role:"]);
    assert_eq!(becomes("ada -ro"), ["ada -role:"]);
    assert_eq!(becomes("not (ac")[0], "not (account:");
    assert_eq!(becomes("x S")[..3], ["x state:", "x signin:", "x since:"]);
    assert_eq!(
        becomes("is:un"),
        ["is:undecided", "is:unapproved", "is:unlisted", "is:unknown"]
    );
    assert_eq!(becomes("IS:kept|re"), ["IS:kept|revoked"]);
    assert_eq!(becomes("2fa:o"), ["2fa:on", "2fa:off"]);
    assert_eq!(becomes("was:k"), ["was:keep"]);
    assert_eq!(
        becomes("signin:>"),
        ["signin:>90d", "signin:>180d", "signin:>365d"]
    );
    // A state or a name can be begun without its field.
    assert_eq!(becomes("revo"), ["is:revoked"]);
    assert_eq!(becomes("payments"), ["team:Payments"]);
    let all = becomes("");
    assert_eq!(all.len(), FIELDS.len());
    assert_eq!(
        becomes("is:left "),
        all.iter()
            .map(|field| format!("is:left {field}"))
            .collect::<Vec<_>>()
    );
    for text in [
        "is:left",
        "role:\"x\"",
        "nope:x",
        "a|b",
        "item:",
        "\"a\"b c:d",
    ] {
        let all = becomes(text);
        assert!(all.is_empty() || all == [text], "{text}: {all:?}");
    }
}

#[test]
fn names_come_by_how_they_begin_and_then_by_use_and_are_quoted_where_needed() {
    assert_eq!(
        becomes("role:"),
        [
            "role:\"Can sign in\"",
            "role:\"Project Member\"",
            "role:\"Team Member\"",
            "role:External",
            "role:Member",
            "role:\"Project Admin\"",
            "role:\"System Admin\"",
            "role:\"Team Lead\"",
        ]
    );
    assert_eq!(
        becomes("role:mem"),
        [
            "role:Member",
            "role:\"Project Member\"",
            "role:\"Team Member\""
        ]
    );
    assert_eq!(becomes("role:\"project a"), ["role:\"Project Admin\""]);
    assert_eq!(becomes("role:=sys"), ["role:=\"System Admin\""]);
    assert_eq!(becomes("role:x|\"sys"), ["role:x|\"System Admin\""]);
    assert_eq!(
        becomes("org-role:"),
        ["org-role:Member", "org-role:\"System Admin\""]
    );
    assert_eq!(
        becomes("team:"),
        ["team:Payments", "team:Attic", "team:Engineering"]
    );
    assert_eq!(becomes("project:l"), ["project:Lab"]);
    assert_eq!(becomes("account:OK"), ["account:\"Ben Ôkafor\""]);
    // In the middle of a text, what stands behind is left alone.
    let campaign = campaign(&acme().snapshot());
    let completion = complete("role:sys is:own", 8, &campaign);
    assert_eq!(completion.range, 5..8);
    assert_eq!(
        completion.apply("role:sys is:own", 0),
        "role:\"System Admin\" is:own"
    );
    assert_eq!(completion.candidates[0].meaning, "1 item");
}

#[test]
fn only_what_is_reviewed_counts() {
    let campaign = scoped(&acme().snapshot(), Some("project:Pay")).expect("it opens");
    let completion = complete("role:project", 12, &campaign);
    let meanings = completion
        .candidates
        .iter()
        .map(|it| format!("{}: {}", it.text, it.meaning));
    assert_eq!(
        meanings.collect::<Vec<_>>(),
        ["\"Project Admin\": 1 item", "\"Project Member\": 1 item"]
    );
}

#[test]
fn reasons_that_were_given_are_completed() {
    let mut campaign = campaign(&acme().snapshot());
    let ben = item(campaign.snapshot(), "Ben", "Pay", "Project Admin");
    let revoke = Event::Decided(Decided {
        change: Change::Decide(Decision::Revoke),
        items: ben.into(),
        reason: Some(Raw::from("not used")),
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    });
    campaign.apply(entry(2, revoke)).expect("it may happen");
    assert_eq!(becomes_in(&campaign, "reason:n"), ["reason:\"not used\""]);
}

#[test]
fn a_completed_name_chooses_what_has_it_whatever_is_in_the_name() {
    let mut org = acme();
    let names = [
        "a \"b\" c",
        "\"",
        "=x",
        "(a",
        "a|b",
        "x)",
        "\u{202e}nimda",
        "ad\u{200b}min",
        "esc\u{1b}[31mape",
        "会計",
        "or",
        "-a",
        "a\u{a0}b",
        "\n",
    ];
    for name in names {
        org.project(name)
            .account_role("Ben", Some(name), "project:member");
    }
    let campaign = campaign(&org.snapshot());
    for name in names {
        let folded = fold(name);
        if folded.is_empty() {
            continue;
        }
        let typed: String = seen(name).chars().take(1).collect();
        let typed = format!("project:=\"{}", typed.replace('"', "\"\""));
        let all = becomes_in(&campaign, &typed);
        let texts: Vec<&String> = all
            .iter()
            .filter(|text| Filter::parse(text).is_ok())
            .collect();
        assert_eq!(texts.len(), all.len(), "{all:?}");
        let chosen = texts.iter().any(|text| {
            let items = Filter::parse(text)
                .expect("parsed before")
                .select(&campaign);
            let has_name = |item| fold(campaign.snapshot().resource_label(item).raw()) == folded;
            !items.is_empty() && items.iter().all(has_name)
        });
        assert!(chosen, "{name:?} by {typed}: {all:?}");
    }
}

proptest::proptest! {
    #[test]
    fn every_completion_of_any_text_has_its_place_in_it(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "(", ")", " ", "-", "|", "\"", "=", ":", "or", "is:", "le", "role:", "pro", "会", "\u{301}", "team:", "a",
            ]),
            0..16,
        ),
        cursor in 0usize..20,
    ) {
        let text = parts.concat();
        let campaign = campaign(&acme().snapshot());
        let completion = complete(&text, cursor, &campaign);
        let long = text.chars().count();
        proptest::prop_assert!(completion.range.start <= completion.range.end && completion.range.end <= long);
        for place in 0..completion.candidates.len() {
            let _ = completion.apply(&text, place);
        }
    }
}
