use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        check::Rule,
        decision::{Change, Decision},
        items::{Item, ItemSet},
        journal::{How, LeftOut, Waived},
        remains::{Others, Remains},
        signal,
        text::Raw,
    },
    format::{canonical::is_hidden, sample},
};

fn written(entries: &[Entry]) -> Vec<String> {
    let mut head = START;
    let mut lines = Vec::new();
    for entry in entries {
        let (line, digest) = line(entry, head);
        lines.push(line);
        head = digest;
    }
    lines
}

fn entries() -> Vec<Entry> {
    let campaign = sample::campaign();
    let mut entries: Vec<Entry> = campaign
        .entries()
        .iter()
        .map(|entry| Entry::clone(entry))
        .collect();
    entries.push(sample::entry(
        campaign.next_seq(),
        Event::Sealed {
            record: "acme-2026-q4".into(),
            sums: Digest::of(b"sums"),
        },
    ));
    entries
}

#[test]
fn every_kind_of_entry_survives_its_line() {
    let entries = entries();
    let text = written(&entries).concat();
    let mut reader = Reader::new(text.as_bytes());
    for entry in &entries {
        assert_eq!(reader.next().expect("own line").as_ref(), Some(entry));
    }
    assert_eq!(reader.next().expect("the end"), None);
    assert_eq!(reader.bytes(), text.len() as u64);
    assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)), "{text}");
}

#[test]
fn a_line_is_readable() {
    let entry = sample::entry(
        41,
        sample::decide(
            Change::Decide(Decision::Revoke),
            &[17, 40, 41, 42],
            Some("left"),
            Chosen::Marked,
        ),
    );
    let (line, digest) = line(&entry, START);
    let zeros = START.to_string();
    assert_eq!(
        line,
        format!(
            "{{\"seq\":41,\"prev\":\"{zeros}\",\"at\":\"2026-09-21T14:14:01.000Z\",\"by\":\"bob\",\"op\":\"revoke\",\
             \"items\":\"17,40-42\",\"count\":4,\"reason\":\"left\",\"chosen\":\"marked\",\"h\":\"{digest}\"}}\n"
        )
    );
}

#[test]
fn every_flipped_bit_of_a_line_is_noticed() {
    let mut head = START;
    for entry in entries() {
        let (line, digest) = line(&entry, head);
        for bit in 0..line.len() * 8 {
            let mut flipped = line.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(&flipped, head).is_err(), "bit {bit} of {line}");
        }
        for cut in 0..line.len() {
            assert_eq!(parse(&line.as_bytes()[..cut], head), Err(Problem::CutShort));
        }
        head = digest;
    }
}

/// A line whose digest fits, whatever it says.
fn rehashed(body: &str) -> String {
    let start = body.strip_suffix("}\n").expect("an object");
    format!("{start},\"h\":\"{}\"}}\n", Digest::of(body.as_bytes()))
}

#[test]
fn a_line_that_says_the_same_in_another_way_is_refused() {
    let entry = sample::entry(
        2,
        sample::decide(Change::Later, &[1, 3], None, Chosen::Single),
    );
    let body = body(&entry, START);
    assert_eq!(
        parse(rehashed(&body).as_bytes(), START)
            .expect("unchanged")
            .0,
        entry
    );
    let other = |from: &str, to: &str| {
        assert!(body.contains(from), "{from}");
        parse(rehashed(&body.replacen(from, to, 1)).as_bytes(), START)
    };
    for (from, to) in [
        ("\"seq\":2", "\"seq\": 2"),
        ("\"bob\"", "\"\\u0062ob\""),
        ("\"count\":2", "\"count\":3"),
        ("\"count\":2", "\"count\":2,\"reason\":null"),
        ("\"count\":2", "\"count\":2,\"entry\":1"),
        (
            "\"op\":\"later\",\"items\":\"1,3\"",
            "\"items\":\"1,3\",\"op\":\"later\"",
        ),
    ] {
        assert_eq!(other(from, to), Err(Problem::OtherText), "{to}");
    }
    for (from, to) in [
        ("\"1,3\"", "\"3,1\""),
        ("\"1,3\"", "\"0\""),
        ("\"seq\":2", "\"seq\":2,\"seq\":2"),
        ("\"seq\":2", "\"seq\":-2"),
        ("\"count\":2", "\"count\":2,\"more\":1"),
        ("\"op\":\"later\"", "\"op\":\"keep\",\"chosen\":1"),
        ("\"op\":\"later\"", "\"op\":\"undo\""),
    ] {
        assert!(
            matches!(other(from, to), Err(Problem::Malformed(_))),
            "{to}"
        );
    }
    assert_eq!(
        parse(line(&entry, START).0.as_bytes(), Digest::of(b"other")),
        Err(Problem::Unchained)
    );
}

#[test]
fn a_scope_and_what_is_kept_of_the_answers_have_one_text() {
    use crate::domain::provenance::Evidence;

    let snapshot = sample::snapshot();
    for (scope, evidence) in [
        (None, Evidence::Full),
        (
            Some("team:\"Payments \u{202e}core\" state:active"),
            Evidence::Hashes,
        ),
        (Some("role:x"), Evidence::None),
    ] {
        let mut provenance = sample::provenance();
        provenance.evidence = evidence;
        let Event::Opened(mut opened) = sample::opened(&snapshot, provenance) else {
            panic!("it opens");
        };
        opened.scope = scope.map(Raw::from);
        let entry = sample::entry(1, Event::Opened(opened));
        let (line, _) = line(&entry, START);
        let expected = format!("\"evidence\":\"{}\"", evidence.word());
        assert!(line.contains(&expected), "{line}");
        assert_eq!(line.contains("\"scope\":null"), scope.is_none(), "{line}");
        let read = parse(line.as_bytes(), START).expect("own line");
        assert_eq!(read.0, entry);
        let body = line.split(",\"h\":").next().expect("a body").to_owned() + "}\n";
        let other = body.replace(&expected, "\"evidence\":\"some\"");
        let error = parse(rehashed(&other).as_bytes(), START).expect_err("another word");
        assert!(matches!(error, Problem::Newer(_)), "{error}");
        let without = body.replace("\"scope\":null,", "");
        let same = parse(rehashed(&without).as_bytes(), START);
        assert_eq!(same.is_ok(), scope.is_some(), "one text for one value");
    }
}

#[test]
fn a_line_of_a_newer_version_says_so() {
    let later = body(
        &sample::entry(2, sample::decide(Change::Later, &[1], None, Chosen::Single)),
        START,
    );
    let open = body(&entries()[0], START);
    let kept = body(&entries()[2], START);
    for (body, from, to) in [
        (&kept, "\"privileged\":", "\"too-quiet\":"),
        (&later, "\"op\":\"later\"", "\"op\":\"delegate\""),
        (
            &later,
            "\"op\":\"later\"",
            "\"op\":\"delegate\",\"to\":\"x\"",
        ),
        (&open, "\"schema\":1", "\"schema\":2"),
        (&open, "\"schema\":1", "\"schema\":2,\"policy\":{}"),
    ] {
        let line = rehashed(&body.replacen(from, to, 1));
        let problem = parse(line.as_bytes(), START).expect_err(to);
        assert!(problem.is_newer(), "{to}: {problem}");
    }
}

#[test]
fn what_policy_left_out_has_one_text() {
    let kept = body(&entries()[2], START);
    let left_out = r#","left_out":{"external":"9","own":"7-8","privileged":"3,5"}"#;
    assert!(kept.contains(left_out), "{kept}");
    for other in [
        r#","left_out":{}"#,
        r#","left_out":{"external":"","own":"7-8","privileged":"3,5"}"#,
        r#","left_out":{"own":"7-8","external":"9","privileged":"3,5"}"#,
        r#","left_out":{"external":"9","own":"7-8","own":"7-8","privileged":"3,5"}"#,
        r#","left_out":{"external":"9","own":"7-8","privileged":"3,5",}"#,
        r#","left_out":null"#,
    ] {
        let line = rehashed(&kept.replace(left_out, other));
        assert!(parse(line.as_bytes(), START).is_err(), "{other}");
    }
}

#[test]
fn a_removed_or_moved_line_breaks_the_chain() {
    let lines = written(&entries());
    for gone in 0..lines.len() - 1 {
        let mut rest = lines.clone();
        rest.remove(gone);
        let text = rest.concat();
        let mut reader = Reader::new(text.as_bytes());
        let error = loop {
            match reader.next() {
                Ok(entry) => assert!(entry.is_some(), "a missing line goes unnoticed"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(
            error.starts_with(&format!(
                "journal.jsonl, line {}: it does not follow",
                gone + 1
            )),
            "{error}"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "stock tools are the judge here")]
#[test]
fn a_digest_can_be_checked_with_sed_and_sha256sum() {
    let text = written(&entries()).concat();
    let line = text.lines().nth(2).expect("three entries");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("journal.jsonl"), &text).expect("a file");
    let shell = std::process::Command::new("sh")
        .args([
            "-c",
            r#"sed -n '3{s/,"h":"[0-9a-f]*"}$/}/;p}' journal.jsonl | sha256sum"#,
        ])
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    let sum = String::from_utf8(shell.stdout).expect("text");
    let digest = sum.split(' ').next().expect("a digest");
    assert!(
        digest.len() == 64 && line.ends_with(&format!("\"h\":\"{digest}\"}}")),
        "{line}\n{sum}"
    );
}

fn any_event() -> impl Strategy<Value = Event> {
    let text = || any::<String>().prop_map(Raw::from);
    let some_items = || {
        prop::collection::vec(0u32..5000, 1..50)
            .prop_map(|items| items.into_iter().map(Item).collect::<ItemSet>())
    };
    let items = some_items();
    let rule = prop::sample::select(signal::Rule::ALL.to_vec());
    let left_out = prop::collection::vec((rule, some_items()), 0..4)
        .prop_map(|sets| sets.into_iter().collect::<LeftOut>());
    let change = prop::sample::select(vec![
        Change::Decide(Decision::Keep),
        Change::Decide(Decision::Revoke),
        Change::Decide(Decision::Acknowledge),
        Change::Later,
        Change::Clear,
    ]);
    let chosen = prop_oneof![
        Just(Chosen::Single),
        Just(Chosen::RestOfSubject),
        Just(Chosen::Marked),
        text().prop_map(Chosen::Filter),
        (text(), any::<u32>(), any::<u32>()).prop_map(|(filter, added, removed)| {
            Chosen::Adjusted {
                filter,
                added,
                removed,
            }
        }),
        Just(Chosen::Table),
        (
            any::<u32>(),
            0..1_000_000i64,
            prop::sample::select(How::ALL.to_vec())
        )
            .prop_map(|(entry, ms, how)| {
                Chosen::Carried {
                    entry,
                    at: sample::at(ms),
                    how,
                }
            }),
        any::<String>().prop_map(|record| Chosen::AsBefore { record }),
        Just(Chosen::Drift),
    ];
    prop_oneof![
        (change, items, prop::option::of(text()), chosen, left_out).prop_map(
            |(change, items, reason, chosen, left_out)| {
                Event::Decided(Decided {
                    change,
                    items,
                    reason,
                    chosen,
                    left_out,
                })
            }
        ),
        any::<u32>().prop_map(|entry| Event::Undone { entry }),
        any::<u32>().prop_map(|entry| Event::Redone { entry }),
        (0..u32::MAX, text()).prop_map(|(item, text)| Event::Noted {
            item: Item(item),
            text
        }),
        text().prop_map(|reason| Event::SelfReviewAllowed { reason }),
        (
            prop::sample::select(Rule::ALL),
            prop::collection::vec(0u32..5000, 0..50),
            any::<u64>(),
            text()
        )
            .prop_map(
                |(flag, items, count, reason)| Event::Waived(Box::new(Waived {
                    flag,
                    items: items.into_iter().map(Item).collect(),
                    count,
                    reason,
                }))
            ),
        (any::<String>(), text(), any::<[u64; 6]>()).prop_map(
            |(statement, principal, [items, kept, revoked, acknowledged, undecided, later])| {
                Event::Attested(Box::new(Attested {
                    statement,
                    principal,
                    progress: Progress {
                        items,
                        kept,
                        revoked,
                        acknowledged,
                        undecided,
                        later,
                    },
                }))
            }
        ),
        (any::<String>(), any::<[u8; 32]>()).prop_map(|(record, sums)| Event::Sealed {
            record,
            sums: Digest(sums)
        }),
    ]
}

fn any_items() -> impl Strategy<Value = ItemSet> {
    prop::collection::vec(0u32..90, 0..9).prop_map(|items| items.into_iter().map(Item).collect())
}

fn any_remains() -> impl Strategy<Value = Box<Remains>> {
    let through = prop::collection::vec((0u32..90, any_items()), 0..3);
    let others = (0u64..9, 0u64..9, any::<u64>());
    (any_items(), any_items(), through, any_items(), others).prop_map(
        |(standing, unsure, through, along, (lose, keep, unsure_others))| {
            let through = through.into_iter();
            Box::new(Remains {
                standing,
                unsure,
                through: through.map(|(item, by)| (Item(item), by)).collect(),
                along,
                others: Others {
                    lose,
                    keep,
                    unsure: unsure_others,
                },
            })
        },
    )
}

proptest! {
    #[test]
    fn any_entry_survives_its_line(
        seq in any::<u32>(), by in any::<String>(), event in any_event(), prev in any::<[u8; 32]>(),
        remains in prop::option::of(any_remains()),
    ) {
        let entry = Entry { seq, at: sample::at(0), by: Raw::from(by), event, remains };
        let (line, digest) = line(&entry, Digest(prev));
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert!(!line.trim_end_matches('\n').chars().any(is_hidden));
        prop_assert_eq!(parse(line.as_bytes(), Digest(prev)), Ok((entry, digest)));
    }
}

#[test]
fn what_a_refresh_carries_over_has_one_text() {
    let snapshot = std::sync::Arc::new(sample::snapshot());
    let Event::Opened(mut opened) = sample::opened(&snapshot, sample::provenance()) else {
        panic!("it opens a review");
    };
    opened.previous_record = Some(sample::previous_record());
    opened.previous = Some(crate::domain::journal::Previous {
        head: Digest::of(b"before"),
        entries: 41,
        as_of: sample::at(7),
    });
    let change = |chosen| {
        let keep = Change::Decide(Decision::Keep);
        sample::decide(keep, &[1, 2], None, chosen)
    };
    let at = sample::at(3);
    for (event, part) in [
        (
            Event::Opened(opened.clone()),
            "},\"previous_record\":{\"record\":\"0188\",\"sums\":\"",
        ),
        (
            Event::Opened(opened),
            "\"verdict\":\"good, signer unknown\"},\"previous_journal\":{\"head\":\"",
        ),
        (
            change(Chosen::Carried {
                entry: 41,
                at,
                how: How::Bulk,
            }),
            "\"count\":2,\"chosen\":\"carried\",\"from\":41,\"from_at\":\"2026-09-21T14:13:20.003Z\",\"how\":\"bulk\",",
        ),
        (
            change(Chosen::AsBefore {
                record: "0193".into(),
            }),
            "\"chosen\":\"as-before\",\"record\":\"0193\",",
        ),
        (change(Chosen::Drift), "\"chosen\":\"drift\","),
    ] {
        let entry = sample::entry(1, event);
        let (line, head) = line(&entry, START);
        assert!(line.contains(part), "{line}");
        assert_eq!(
            parse(line.as_bytes(), START).expect("its own text"),
            (entry, head)
        );
    }
}
