use super::*;
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Terms},
        items::Item,
        signal,
    },
    format::{Problem, canonical::is_hidden, merkle::Salts, sample},
};

fn review() -> Review {
    let seal = Seal {
        record_id: "0193511e-7c00-7000-8000-000000000000".into(),
        sealed_at: sample::at(99_000),
        key_fingerprint: "SHA256:7yLs".into(),
        key_type: "ssh-ed25519".into(),
        tool: Tool {
            name: "muster".into(),
            version: "0.1.0".into(),
        },
        salts: Salts(Digest::of(b"salt")),
    };
    let contents = Contents {
        journal_entries: 12,
        journal_head: Digest::of(b"head"),
        merkle_root: Digest::of(b"root"),
        policy: Digest::of(b"policy"),
        bytes: vec![(README, 1), (ACCOUNTS, 2)],
    };
    Review::of(&sample::campaign(), seal, contents).expect("it is attested")
}

fn decisions(campaign: &Campaign) -> Vec<String> {
    let mut decisions = Decisions::new(campaign);
    let items = 0..u32::try_from(campaign.snapshot().len()).expect("a small sample");
    items
        .map(|item| {
            let mut line = String::new();
            decisions.line(Item(item), &mut line);
            line
        })
        .collect()
}

#[test]
fn review_json_survives_and_has_one_text() {
    let review = review();
    let text = review.print();
    assert_eq!(Review::parse(text.as_bytes()).expect("own text"), review);
    assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)));
    for (from, to, newer) in [
        ("\"accounts\":3", "\"accounts\":03", false),
        ("\"accounts\":3,", "\"accounts\":3,\"accounts\":3,", false),
        ("\"accounts\":3,\n", "\"accounts\":3,", false),
        (
            "\"completeness\":\"partial\"",
            "\"completeness\":\"full\"",
            false,
        ),
        ("\"as_of\":\"2026-09-21", "\"as_of\":\"2026-09-22", false),
        (
            "\"README.txt\":1",
            "\"README.txt\":1,\"README.txt\":1",
            false,
        ),
        ("\"previous\":null", "\"previous\":null,\"x\":1", false),
        ("\"previous\":null", "\"previous\":\"x\"", false),
        ("\"README.txt\":1", "\"policy.json\":1", true),
        ("muster-review/1", "muster-review/2", true),
    ] {
        assert!(text.contains(from), "{from}\n{text}");
        let error = Review::parse(text.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert_eq!(error.is_newer(), newer, "{to}: {error}");
    }
}

#[test]
fn review_json_names_the_record_it_was_compared_with_and_counts_what_was_kept_as_before() {
    let mut review = review();
    review.previous = Some(sample::previous_record());
    review.effort.as_before = 412;
    let text = review.print();
    assert_eq!(Review::parse(text.as_bytes()).expect("own text"), review);
    for part in [
        "\"as_before\":412,\"active_ms\"",
        "\"previous\":{\"record\":\"0188\",\"sums\":\"",
        "\"principal\":\"bob@example.org\",\"key_fingerprint\":\"SHA256:7yLs\",\"verdict\":\"good, signer unknown\"}",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for (from, to) in [
        ("good, signer unknown", "bad"),
        ("\"as_before\":412", "\"as_before\":0"),
    ] {
        Review::parse(text.replacen(from, to, 1).as_bytes()).expect_err(to);
    }
}

#[test]
fn every_flipped_bit_of_review_json_gives_another_review_or_none() {
    let review = review();
    let text = review.print().into_bytes();
    for bit in 0..text.len() * 8 {
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(read) = Review::parse(&flipped) {
            assert_ne!(read, review, "bit {bit}");
        }
    }
}

#[test]
fn a_revoke_that_leaves_a_way_open_says_which() {
    let campaign = sample::campaign();
    let lines = decisions(&campaign);
    let revoked: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("\"revoke\""))
        .collect();
    // Ada's two project roles go, and she still has one through her team; Cyd's one leaves nothing.
    assert_eq!(revoked.len(), 3);
    let ending = |end: &str| revoked.iter().filter(|line| line.ends_with(end)).count();
    let way = r#""standing":["Payments \"core\" as Project Member via Payments ‹ Engineering (not certain)"]}"#;
    assert_eq!(ending(&format!("{way}\n")), 2, "{revoked:#?}");
    let none: Vec<_> = revoked
        .iter()
        .filter(|line| line.ends_with(",\"standing\":[]}\n"))
        .collect();
    assert_eq!(none.len(), 1, "{revoked:#?}");
    assert!(none[0].contains("\"reason\":\"nobody knows them\","));
    assert!(
        revoked
            .iter()
            .all(|line| !line.chars().any(|c| c != '\n' && is_hidden(c)))
    );
}

#[test]
fn the_ways_left_open_are_told_in_the_same_words_for_ever() {
    use crate::domain::{
        account::Fact,
        decision::Change,
        fixture::{acme, campaign, entry, item},
        journal::Chosen,
    };

    let mut org = acme();
    org.account("Eva", "Zwei", |_| {})
        .account_role("Eva", Some("Pay"), "project:admin")
        .account_role("Eva", Some("Pay"), "project:member")
        .account_role("Eva", None, "org:admin");
    for n in 10..34 {
        let team = format!("T{n}");
        org.team(&team, Some("Payments"), |it| {
            it.disbanded = Fact::Known(n == 11);
        });
        org.join("Eva", &team, |it| it.pending = Fact::Known(n == 12));
    }
    let snapshot = org.snapshot();
    let mut campaign = campaign(&snapshot);
    let [admin, everywhere] = [("Pay", "Project Admin"), ("Acme", "System Admin")]
        .map(|(resource, role)| item(&snapshot, "Eva", resource, role));
    for (seq, item) in [(2, admin), (3, everywhere)] {
        let revoke = Change::Decide(crate::domain::decision::Decision::Revoke);
        let event = sample::decide(revoke, &[item.number()], Some("left"), Chosen::Single);
        campaign.apply(entry(seq, event)).expect("it may happen");
    }
    let lines = decisions(&campaign);
    let standing = |item: Item| {
        let line: serde_json::Value = serde_json::from_str(&lines[item.index()]).expect("JSON");
        let texts = line["standing"].as_array().expect("a list").clone();
        let text = |it: &serde_json::Value| it.as_str().expect("a text").to_owned();
        texts.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(standing(everywhere), [""; 0]);
    let ways = standing(admin);
    assert_eq!(
        ways[..5],
        [
            "Pay as Project Member directly",
            "Pay as Project Member via T10 ‹ Payments",
            "Pay as Project Member via T11 ‹ Payments (not certain)",
            "Pay as Project Member via T12 ‹ Payments (not yet)",
            "Pay as Project Member via T13 ‹ Payments",
        ]
    );
    assert_eq!((ways.len(), &*ways[20]), (21, "5 more"));
}

#[test]
fn every_item_has_its_line_and_an_undecided_one_is_never_kept() {
    let campaign = sample::campaign();
    let lines = decisions(&campaign);
    let count = |word: &str| {
        lines
            .iter()
            .filter(|line| line.contains(&format!("\"decision\":\"{word}\"")))
            .count() as u64
    };
    let progress = campaign.progress();
    assert_eq!(count("keep"), progress.kept);
    assert_eq!(count("revoke"), progress.revoked);
    assert_eq!(count("acknowledge"), progress.acknowledged);
    assert_eq!(count("undecided"), progress.undecided);
    assert!(
        lines[0].contains(r#""decision":"acknowledge","entry":2,"note":"ask \"Ada\"\n\u007f"}"#),
        "{}",
        lines[0]
    );
    let untouched = lines
        .iter()
        .find(|line| line.contains("undecided"))
        .expect("Bob's own");
    assert!(
        untouched.contains("\"decision\":\"undecided\",\"entry\":null"),
        "{untouched}"
    );
}

#[test]
fn a_line_names_the_signals_of_its_item_and_review_json_counts_them() {
    let campaign = sample::campaign();
    let lines = decisions(&campaign);
    let pay = lines.iter().position(|line| line.contains("private-admin"));
    let pay = pay.expect("an admin of a private project");
    assert!(
        lines[pay].contains(r#""signals":["privileged","private-admin","no-2fa"],"#),
        "{}",
        lines[pay]
    );
    let all = |rule: signal::Rule, member: &str| {
        let quoted = format!("\"{}\"", rule.name());
        let names = |line: &&String| {
            let Some((_, rest)) = line.split_once(&format!("\"{member}\":[")) else {
                return false;
            };
            let (names, _) = rest.split_once(']').expect("a list ends");
            names.split(',').any(|name| name == quoted)
        };
        lines.iter().filter(names).count() as u64
    };
    let signals = review().signals;
    assert_eq!(signals.len(), signal::Rule::ALL.len());
    for (rule, count) in signals {
        // What is not read is named in full; that nobody knows the past is said once.
        match rule {
            signal::Rule::Unread => {}
            signal::Rule::New | signal::Rule::Changed | signal::Rule::StillHere => {
                assert_eq!((count.yes, count.unknown), (0, lines.len() as u64));
            }
            rule => {
                let found = (all(rule, "signals"), all(rule, "unknown"));
                assert_eq!((count.yes, count.unknown), found, "{rule:?}");
            }
        }
    }
    let text = review().print();
    for (old, new) in [
        (
            "\"rule\":\"guest\",\"version\":1",
            "\"rule\":\"guest\",\"version\":2",
        ),
        ("\"rule\":\"guest\"", "\"rule\":\"ghost\""),
    ] {
        let error = Review::parse(text.replacen(old, new, 1).as_bytes()).expect_err(new);
        assert!(error.is_newer(), "{error}");
    }
}

#[test]
fn the_names_are_sorted_and_each_has_a_limit() {
    assert!(LISTED.is_sorted() && POPULATION.is_sorted());
    let beside = APPROVED.iter().chain([&SUMS, &SIGNATURE]);
    for name in LISTED.iter().chain(&OPTIONAL).chain(beside) {
        assert!(limit(name).is_some(), "{name}");
        assert!(README_TEXT.contains(name), "{name}");
    }
    assert_eq!(limit("../journal.jsonl"), None);
    assert!(README_TEXT.is_ascii() && README_TEXT.lines().all(|line| line.len() <= 80));
}

#[test]
fn a_record_of_a_newer_version_says_so() {
    let line = format!("{}  policy.json\n", Digest::of(b""));
    let error = parse_sums(line.as_bytes()).expect_err("an unknown file");
    assert!(error.is_newer(), "{error}");
    assert!(matches!(
        error,
        Error::Line {
            line: 1,
            problem: Problem::Newer(_),
            ..
        }
    ));
}

#[test]
fn ways_that_would_not_fit_into_memory_are_noticed_before_they_are_followed() {
    use crate::domain::{
        account::AccountId,
        decision::{Change, Decision},
        grant::{Entitlement, Grant, GrantId, Holder},
        journal::Chosen,
        resource::Project,
        snapshot::{MembershipIx, ProjectIx, RoleIx, Snapshot, TeamIx},
        text::Raw,
    };
    use std::sync::Arc;

    // One account is in one team many times, and the team has a role in as many projects.
    let of = |many: u32| {
        let mut parts = sample::parts();
        parts.grants.clear();
        let (project, membership) = (parts.projects[0].clone(), parts.memberships[0].clone());
        parts.memberships.clear();
        parts.projects = (0..many)
            .map(|n| Project {
                id: format!("{n:07}").into(),
                name: Raw::from(format!("{n:07}")),
                ..project.clone()
            })
            .collect();
        let ada = Holder::Account(crate::domain::snapshot::AccountIx(0));
        let mut held = vec![(ada, Entitlement::ProjectRole(ProjectIx(0), RoleIx(2)))];
        for n in 0..many {
            parts.memberships.push(crate::domain::grant::Membership {
                id: format!("{n:07}").into(),
                team: TeamIx(0),
                ..membership.clone()
            });
            held.push((ada, Entitlement::Membership(MembershipIx(n))));
            let role = Entitlement::ProjectRole(ProjectIx(n), RoleIx(3));
            held.push((Holder::Team(TeamIx(0)), role));
        }
        for (holder, entitlement) in held {
            let id = GrantId::of(&parts, holder, entitlement);
            let source = 1;
            parts.grants.push(Grant {
                id,
                holder,
                entitlement,
                source,
            });
        }
        let snapshot = Arc::new(Snapshot::assemble(parts).expect("a snapshot"));
        let first = sample::entry(1, sample::opened(&snapshot, sample::provenance()));
        let mut campaign =
            Campaign::open(Arc::clone(&snapshot), Terms::default(), first).expect("it opens");
        let ada = snapshot
            .find_account(&AccountId("a1".into()).0)
            .expect("Ada");
        let item = snapshot
            .grants()
            .iter()
            .position(|grant| {
                grant.holder == Holder::Account(ada)
                    && matches!(grant.entitlement, Entitlement::ProjectRole(..))
            })
            .expect("her own role");
        let before = Decisions::new(&campaign).steps();
        let revoke = Change::Decide(Decision::Revoke);
        let event = sample::decide(revoke, &[item as u64 + 1], Some("left"), Chosen::Single);
        campaign
            .apply(sample::entry(2, event))
            .expect("it may happen");
        (before, Decisions::new(&campaign).steps())
    };
    assert_eq!(of(10), (Some(0), Some(110)));
    assert_eq!(of(2100), (Some(0), None));
}

#[test]
fn what_stands_is_worked_out_once_for_all_roles_on_one_resource() {
    use crate::domain::{
        decision::{Change, Decision},
        grant::{Entitlement, Grant, GrantId, Holder},
        journal::Chosen,
        resource::{Role, RoleKind},
        snapshot::{AccountIx, ProjectIx, RoleIx, Snapshot},
        text::Raw,
    };
    use std::sync::Arc;

    // One account has thousands of roles on one project, and all of them go but one.
    let many = 30_000;
    let mut parts = sample::parts();
    parts.grants.clear();
    parts.memberships.clear();
    parts.roles = (0..many)
        .map(|n| Role {
            key: format!("project:role:{n:07}").into(),
            name: Raw::from(format!("Role {n}")),
            kind: RoleKind::ProjectCustom,
            source: 1,
        })
        .collect();
    let ada = Holder::Account(AccountIx(0));
    for n in 0..many {
        let entitlement = Entitlement::ProjectRole(ProjectIx(0), RoleIx(n));
        parts.grants.push(Grant {
            id: GrantId::of(&parts, ada, entitlement),
            holder: ada,
            entitlement,
            source: 1,
        });
    }
    let snapshot = Arc::new(Snapshot::assemble(parts).expect("a snapshot"));
    let first = sample::entry(1, sample::opened(&snapshot, sample::provenance()));
    let mut campaign = Campaign::open(snapshot, Terms::default(), first).expect("it opens");
    let gone: Vec<u64> = (1..u64::from(many)).collect();
    let revoke = Change::Decide(Decision::Revoke);
    let event = sample::decide(revoke, &gone, Some("unused"), Chosen::Marked);
    campaign
        .apply(sample::entry(2, event))
        .expect("it may happen");
    let lines = decisions(&campaign);
    let (last, revoked) = lines.split_last().expect("many lines");
    assert!(last.contains("undecided"), "{last}");
    let stands = "\"standing\":[\"Payments \\\"core\\\" as Role 29999 directly\"]}\n";
    assert!(revoked.iter().all(|line| line.ends_with(stands)));
}
