use super::*;
use crate::domain::policy::Pace;

/// The complaint about a file that ends in `lines`, after the line of the schema.
fn complaint(lines: &str) -> String {
    match parse(format!("schema = \"{SCHEMA}\"\n{lines}").as_bytes()) {
        Ok(policy) => panic!("taken as {policy:?}"),
        Err(wrong) => wrong.to_string(),
    }
}

#[test]
fn a_policy_survives_its_text() {
    let other = Policy {
        privileged_roles: vec![Pattern::from("*\"Owner\\*"), Pattern::from("Größe")],
        privileged_keep_needs_reason: true,
        sign_in_days: 1,
        snapshot_days: 36_500,
        bulk_keep_leaves_out: BTreeSet::new(),
        bulk_typed_above: 1_000_000,
        revoke_reasons: vec![],
        keep_reasons: vec!["it's \"needed\"".to_owned()],
        pace: Pace {
            median_seconds: 0,
            bulk_percent: 100,
            all_kept_items: 4_294_967_295,
        },
    };
    for policy in [Policy::default(), other] {
        let text = print(&policy);
        assert_eq!(parse(text.as_bytes()), Ok(policy), "{text}");
    }
}

#[test]
fn what_a_policy_leaves_out_is_the_same_for_ever() {
    let least = format!("schema = \"{SCHEMA}\"");
    assert_eq!(parse(least.as_bytes()), Ok(Policy::default()));
    insta::assert_snapshot!(print(&Policy::default()));
}

#[test]
fn a_part_of_a_policy_leaves_the_rest_as_it_is() {
    let text = format!(
        "schema = \"{SCHEMA}\"\r\n[age]\r\nsign-in-days = 0x1e # thirty\r\nsnapshot-days = 1_000\r\n"
    );
    let expected = Policy {
        sign_in_days: 30,
        snapshot_days: 1000,
        ..Policy::default()
    };
    assert_eq!(parse(text.as_bytes()), Ok(expected));
}

#[test]
fn a_complaint_names_the_place_and_what_was_meant() {
    for (lines, expected) in [
        (
            "[age]\n  sign-in-day = 3",
            "line 3, column 3: there is no key `sign-in-day` in [age]; the nearest is `sign-in-days`",
        ),
        (
            "sign-in-days = 3",
            "line 2, column 1: there is no key `sign-in-days` outside the tables; it belongs into [age]",
        ),
        (
            "[ages]",
            "line 2, column 2: there is no key `ages` outside the tables; the nearest is `age`",
        ),
        (
            "[pace]\nzzzzzzzzzzz = 3",
            "line 3, column 1: there is no key `zzzzzzzzzzz` in [pace]; there are median-seconds, bulk-percent, \
             all-kept-items",
        ),
        (
            "age = 3",
            "line 2, column 1: age is a table: its keys stand below [age]",
        ),
        (
            "[age]\nsign-in-days = 0",
            "line 3, column 16: a whole number from 1 to 36500 belongs here",
        ),
        (
            "[age]\nsign-in-days = \"9\"",
            "line 3, column 16: a whole number from 1 to 36500 belongs here",
        ),
        (
            "[age]\nsign-in-days = -9",
            "line 3, column 16: a whole number from 1 to 36500 belongs here",
        ),
        (
            "[privileged]\nkeep-needs-reason = \"yes\"",
            "line 3, column 21: true or false belongs here",
        ),
        (
            "[bulk]\nkeep-leaves-out = [\n  \"external\",\n  \"privilege\"]",
            "line 5, column 3: there is no signal \"privilege\"; the nearest is \"privileged\"",
        ),
        (
            "[bulk]\nkeep-leaves-out = [\"own\", \"own\"]",
            "line 3, column 27: \"own\" is there twice",
        ),
        (
            "[reasons]\nrevoke = \"gone\"",
            "line 3, column 10: a list belongs here: [\"…\", \"…\"]",
        ),
        (
            "[reasons]\nkeep = [\" \"]",
            "line 3, column 9: this text is blank",
        ),
        (
            "[reasons]\nkeep = [\"\\u202ea\"]",
            "line 3, column 9: this text has a character that cannot be seen",
        ),
        (
            "[reasons]\nkeep = [\"a\u{202e}\"]",
            "line 3, column 11: the character U+202E cannot be seen and does not belong here",
        ),
        (
            "[reasons]\nkeep = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"é\"]",
            "line 3, column 45: there are more than 9",
        ),
        (
            "[age]\nsign-in-days = 3\nsign-in-days = 3",
            "line 4, column 1: duplicate key",
        ),
        ("[age", "line 2, column 5: unclosed table, expected `]`"),
    ] {
        assert_eq!(complaint(lines), expected);
    }
}

#[test]
fn a_file_that_is_no_policy_is_refused() {
    for (bytes, expected) in [
        (
            &b""[..],
            "line 1, column 1: schema = \"muster-policy/1\" is missing",
        ),
        (
            b"schema = 1",
            "line 1, column 10: the schema is not \"muster-policy/1\"",
        ),
        (b"# \xc3\xa9\n\xff", "line 2, column 1: this is not UTF-8"),
        (
            b"schema = \"muster-policy/2\"\nnew = 1",
            "line 1, column 10: it was written by a newer version of muster: it has schema muster-policy/2",
        ),
    ] {
        let found = parse(bytes).expect_err(expected).to_string();
        assert_eq!(found, expected);
    }
    let long = vec![b'#'; 64 * 1024 + 1];
    assert!(parse(&long).is_err());
    let newer = parse(b"schema = \"muster-policy/2\"").expect_err("newer");
    assert!(Error::from(newer).is_newer());
    let deep = format!("schema = \"{SCHEMA}\"\na = {}", "[".repeat(60_000));
    assert!(parse(deep.as_bytes()).is_err());
}
