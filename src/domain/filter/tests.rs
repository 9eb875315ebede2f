use super::*;
use crate::domain::fixture::{acme, campaign};

/// The items that `filter` chooses, as `holder: role`.
fn chosen(filter: &str) -> Vec<String> {
    let campaign = campaign(&acme().snapshot());
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let snapshot = campaign.snapshot();
    let say = |item: Item| {
        let holder = snapshot.holder_label(snapshot.grant(item).holder);
        format!("{}: {}", holder.raw(), snapshot.role_label(item).raw())
    };
    filter.select(&campaign).iter().map(say).collect()
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
        chosen("project:pay"),
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
    assert_eq!(
        chosen("is:external -role:external"),
        ["Cleo Gast: Can sign in"]
    );
    assert_eq!(
        chosen("is:team !team:attic"),
        ["Engineering: Project Member", "Payments: Project Member"]
    );
    assert_eq!(chosen("is:kept|revoked"), [""; 0]);
}

#[test]
fn an_error_points_at_the_column_and_says_what_would_be_right() {
    for (text, column, part) in [
        ("is:kepd", 4, "kept"),
        ("ada is:kept|revokd", 13, "revoked"),
        ("ada proj:pay", 5, "project:"),
        ("role:", 6, "a value is missing"),
        ("role:\"open", 6, "closing quote"),
        ("\"a\"b", 4, "a space is missing"),
        ("a -", 4, "a value is missing"),
        ("is:", 4, "a value is missing"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_fail_badly(text in "\\PC{0,30}") {
        if let Err(error) = Filter::parse(&text) {
            proptest::prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
    }
}
