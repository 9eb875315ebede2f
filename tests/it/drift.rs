//! A new snapshot of an open review: what changed is shown, decided items that did not change stay decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use muster::{
    demo::{self, Roles},
    domain::{
        campaign::Campaign,
        decision::Decision,
        grant::{GrantId, Holder},
        items::Item,
        time::Timestamp,
    },
    store::Store,
};
use serde_json::Value;

use crate::{
    program::{Ended, Home, have, new_key},
    resume::Running,
};

/// The review as it stands on disk.
fn with_review<T>(home: &Home, look: impl FnOnce(&Campaign) -> T) -> T {
    let review = Store::new(home.data()).look("q4").expect("a review");
    look(review.campaign())
}

fn items(campaign: &Campaign) -> impl Iterator<Item = Item> + use<> {
    (0..u32::try_from(campaign.snapshot().len()).expect("few")).map(Item)
}

/// What is decided, by grant; reasons too.
fn decisions(campaign: &Campaign) -> BTreeMap<GrantId, (Option<Decision>, Option<String>)> {
    let told = |item: Item| {
        let reason = campaign
            .deciding_entry(item)
            .and_then(|(_, decided)| decided.reason.clone());
        let reason = reason.map(|reason| reason.raw().to_owned());
        (
            campaign.snapshot().grant(item).id,
            (campaign.slot(item).decision, reason),
        )
    };
    items(campaign).map(told).collect()
}

/// Decides everything that may be decided, in several ways.
fn decide_all(home: &Home) {
    for arguments in [
        &["--where", "is:implicit", "--acknowledge"][..],
        &[
            "--where",
            "is:external is:undecided -is:implicit",
            "--revoke",
            "--reason",
            "no longer needed",
        ],
        &["--where", "is:undecided -is:implicit", "--keep"],
    ] {
        home.run(&[&["decide", "q4"], arguments].concat()).good();
    }
    home.keep_left_out("q4");
}

/// Changes the organization in every way that matters; what the drift must be, by login name and team.
struct Changes {
    suspended: String,
    removed: (String, String),
    added: (String, String),
    new_admin: (String, String),
}

fn change(running: &Running) -> Changes {
    let mut state = running.server.state_mut();
    let reviewer = state.account(state.reviewer()).expect("an account");
    let name = |state: &demo::State, account: demo::AccountIx| {
        state.accounts()[account as usize].username.to_string()
    };
    let plain = |one: &&demo::Membership| {
        !one.archived && !one.pending && one.till.is_none() && one.member != reviewer
    };
    let removed = *state.memberships().iter().find(plain).expect("one");
    let suspended = {
        let others = |one: &&demo::Membership| one.member != removed.member;
        let mut members = state.memberships().iter().filter(plain).filter(others);
        let active = members.find(|one| {
            let account = &state.accounts()[one.member as usize];
            account.suspended_at.is_none() && !account.archived && account.left_at.is_none()
        });
        active.expect("one").member
    };
    let team =
        |state: &demo::State, team: demo::TeamIx| state.teams()[team as usize].name.to_string();
    let added = (0..60)
        .find(|account| {
            ![reviewer, removed.member, suspended].contains(account)
                && state
                    .memberships_of(*account)
                    .all(|one| one.team != removed.team)
        })
        .expect("an account outside the team");
    let admin = (0..60)
        .find(|account| {
            ![reviewer, removed.member, suspended, added].contains(account)
                && !state.projects()[0]
                    .people
                    .iter()
                    .any(|one| one.holder == *account)
        })
        .expect("an account outside the project");
    let changes = Changes {
        suspended: name(&state, suspended),
        removed: (name(&state, removed.member), team(&state, removed.team)),
        added: (name(&state, added), team(&state, removed.team)),
        new_admin: (name(&state, admin), state.projects()[0].name.to_string()),
    };
    assert!(state.remove_membership(removed.member, removed.team));
    state.add_membership(added, removed.team, "Engineer");
    state.change_person(0, admin, Roles::ADMIN, Roles::default());
    let long_ago: Timestamp = "2026-01-01T00:00:00.000Z".parse().expect("a time");
    state.change_account(suspended, |account| account.suspended_at = Some(long_ago));
    changes
}

/// Login name of the holder and name of the resource of each item in a list.
fn listed(home: &Home, list: &Value) -> Vec<(String, String)> {
    let rows = list.as_array().expect("a list");
    let by_label: BTreeMap<String, String> = with_review(home, |campaign| {
        let accounts = campaign.snapshot().accounts().iter();
        accounts
            .map(|one| (one.label().raw().to_owned(), one.username.raw().to_owned()))
            .collect()
    });
    let text = |row: &Value, name: &str| row[name].as_str().expect(name).to_owned();
    rows.iter()
        .map(|row| {
            (
                by_label[&text(row, "holder")].clone(),
                text(row, "resource"),
            )
        })
        .collect()
}

fn grants_of(campaign: &Campaign, username: &str) -> Vec<GrantId> {
    let snapshot = campaign.snapshot();
    items(campaign)
        .filter(|item| match snapshot.grant(*item).holder {
            Holder::Account(account) => snapshot.account(account).username.raw() == username,
            _ => false,
        })
        .map(|item| snapshot.grant(item).id)
        .collect()
}

fn files_of_the_review(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let folder = home.data().join("reviews/q4");
    let files = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"));
    files
        .filter(|entry| entry.path().is_file() && entry.file_name() != "lock")
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a name");
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one review from start to end")]
fn an_open_review_goes_on_over_a_new_snapshot_and_its_record_verifies() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    decide_all(&home);
    let before = with_review(&home, decisions);
    let decided_at = with_review(&home, |campaign| {
        items(campaign)
            .filter_map(|item| {
                Some((
                    campaign.snapshot().grant(item).id,
                    campaign.deciding_entry(item)?.0.at,
                ))
            })
            .collect::<BTreeMap<_, _>>()
    });
    let made = change(&running);

    // Without consent nothing made.
    let untouched = files_of_the_review(&home);
    let shown = running.snapshot(&home, &["--json"]);
    assert_eq!(shown.code, Some(1), "{}", shown.err);
    assert_eq!(files_of_the_review(&home), untouched);
    let drift = shown.json();
    assert_eq!(drift["refreshed"], false);
    assert_eq!(listed(&home, &drift["gone"]), vec![made.removed.clone()]);
    let mut expected = vec![made.added.clone(), made.new_admin.clone()];
    let mut new = listed(&home, &drift["new"]);
    expected.sort();
    new.sort();
    assert_eq!(new, expected);
    let suspended = with_review(&home, |campaign| grants_of(campaign, &made.suspended));
    let reopened: Vec<String> = drift["changed"]
        .as_array()
        .expect("a list")
        .iter()
        .inspect(|row| {
            assert_eq!(row["what"], serde_json::json!(["holder"]), "{row}");
            assert!(row["was"].is_string(), "{row}");
        })
        .map(|row| row["grant"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(
        reopened,
        suspended
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    );
    assert_eq!(drift["decisions_reopened"], suspended.len());
    let text = running.snapshot(&home, &[]);
    assert_eq!(text.code, Some(1));
    for part in [
        "2 items new",
        "1 item gone",
        "(holder; was ",
        "With --refresh",
    ] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }

    let refreshed = running
        .snapshot(&home, &["--refresh", "--json"])
        .good()
        .json();
    assert_eq!(refreshed["refreshed"], true);
    assert_eq!(refreshed["changed"], drift["changed"]);
    let after = with_review(&home, decisions);
    assert_eq!(after.len(), running.server.state().grant_count());
    for (id, told) in &after {
        match before.get(id) {
            Some(said) if !suspended.contains(id) => assert_eq!(told, said),
            _ => assert_eq!(told, &(None, None)),
        }
    }
    // The time of the decision is that of the decision, not of the refresh.
    with_review(&home, |campaign| {
        for item in items(campaign).filter(|item| campaign.slot(*item).decision.is_some()) {
            let (_, decided) = campaign.deciding_entry(item).expect("decided");
            let id = campaign.snapshot().grant(item).id;
            let muster::domain::journal::Chosen::Carried { at, .. } = &decided.chosen else {
                panic!("{decided:?}");
            };
            assert_eq!(*at, decided_at[&id]);
        }
    });
    // What was before is kept inside and is no review of its own.
    let earlier = home.data().join("reviews/q4/earlier");
    for (name, bytes) in &untouched {
        assert_eq!(
            &fs::read(earlier.join(name)).expect("a file"),
            bytes,
            "{name}"
        );
    }
    let list = home.run(&[]).good().out;
    assert_eq!(list.matches("  q4 ").count(), 1, "{list}");
    let status = home.run(&["status", "q4"]).good().out;
    assert!(status.contains("refreshed     "), "{status}");
    let greeted = home
        .run_with(&["review", "q4", "--plain"], "help\nquit\n")
        .good()
        .out;
    for part in [
        "It was refreshed: decisions are carried over from the snapshot of ",
        " reopened by drift; undo brings the decisions on them back.",
    ] {
        assert!(greeted.contains(part), "{part}: {greeted}");
    }

    // One undo brings the decisions on changed items back.
    home.run_with(&["review", "q4", "--plain"], "undo\nquit\n")
        .good();
    let undone = with_review(&home, decisions);
    for (id, told) in &undone {
        assert_eq!(told, before.get(id).unwrap_or(&(None, None)));
    }
    if !have(&["ssh-keygen"]) {
        return;
    }
    let key = new_key(&home, "id_test").display().to_string();
    let record = home
        .run(&[
            "seal",
            "q4",
            "--allow-undecided",
            "pilot",
            "--attest",
            "--key",
            &key,
            "--principal",
            "rosa@example.com",
            "--json",
        ])
        .good()
        .json()["record"]
        .as_str()
        .expect("a path")
        .to_owned();
    let verdict = home.run(&["verify", &record]).good().out;
    assert!(verdict.contains("refreshed "), "{verdict}");
    let verdict = home.run(&["verify", &record, "--json"]).good().json();
    let told = home.run(&["status", "q4", "--json"]).good().json();
    for name in [
        "refreshed",
        "as_of_before",
        "resumed",
        "read_from",
        "rights",
    ] {
        assert_eq!(verdict[name], told[name], "{name}");
        assert!(!verdict[name].is_null(), "{name}: {verdict}");
    }
    // The record's summary names the journal that was carried over, by the head of its last entry.
    let before = fs::read_to_string(earlier.join("journal.jsonl")).expect("a journal");
    let end = before.lines().last().expect("an entry");
    let end: Value = serde_json::from_str(end).expect("JSON");
    let review = fs::read_to_string(format!("{record}/review.json")).expect("a file");
    let review: Value = serde_json::from_str(&review).expect("JSON");
    assert_eq!(review["previous_journal"]["head"], end["h"]);
    assert_eq!(review["previous_journal"]["entries"], end["seq"]);
    assert_eq!(review["previous_journal"]["as_of"], told["as_of_before"]);
    // What was read is told by its digests: they are those that the record lists, raw answers and all.
    let sums = fs::read_to_string(format!("{record}/opened.sums")).expect("a file");
    for (name, digest) in told["files"].as_object().expect("names") {
        let digest = digest.as_str().expect("text");
        assert!(sums.contains(&format!("{digest}  {name}")), "{sums}");
        assert!(status.contains(&format!("{digest} {name}")), "{status}");
    }
    assert!(told["files"]["evidence.jsonl.zst"].is_string(), "{told}");
    let sealed = running.snapshot(&home, &["--refresh"]);
    assert_eq!(sealed.code, Some(2));
    assert!(sealed.err.contains("is sealed as"), "{}", sealed.err);
}

#[test]
fn a_review_can_be_refreshed_again_and_again() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    decide_all(&home);
    let before = with_review(&home, decisions);
    for earlier in ["earlier", "earlier/earlier", "earlier/earlier/earlier"] {
        let refreshed = running
            .snapshot(&home, &["--refresh", "--json"])
            .good()
            .json();
        assert_eq!(
            (&refreshed["new"], &refreshed["changed"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        assert_eq!(with_review(&home, decisions), before);
        assert!(
            home.data()
                .join("reviews/q4")
                .join(earlier)
                .join("journal.jsonl")
                .is_file()
        );
    }
}

#[test]
fn a_review_is_not_refreshed_with_another_organization_at_the_same_address() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    decide_all(&home);
    let untouched = files_of_the_review(&home);
    let before = running.server.state().name().to_owned();
    let other = "Another Company";
    running.server.state_mut().become_another("0ther", other);
    for arguments in [&["--refresh"][..], &["--refresh", "--json"], &[]] {
        let ended = running.snapshot(&home, arguments);
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        for part in [
            format!("the review q4 is of {before} at "),
            format!("and this is {other} at "),
            "another name".to_owned(),
        ] {
            assert!(ended.err.contains(&part), "{part}: {}", ended.err);
        }
        assert_eq!(files_of_the_review(&home), untouched);
    }
    // Nothing of it is left to go on from; under a name of its own it is a review.
    running.server.state_mut().become_another("1tself", &before);
    let url = running.server.url();
    let arguments = ["snapshot", "q5", "--org", &url, "--token-stdin"];
    let ended = home.run_with(&arguments, running.server.token()).good();
    assert!(!ended.err.contains("going on"), "{}", ended.err);
}

#[test]
fn a_refresh_that_is_killed_leaves_the_review_and_goes_on() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    decide_all(&home);
    let untouched = files_of_the_review(&home);
    let mut child = running.stuck_at(&home, 35);
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    running.server.faults().clear();
    assert_eq!(files_of_the_review(&home), untouched);
    let ended: Ended = running.snapshot(&home, &["--refresh", "--json"]).good();
    assert!(ended.err.contains("going on from "), "{}", ended.err);
    let status = home.run(&["status", "q4", "--json"]).good().json();
    assert_eq!(
        status["resumed"].as_array().map(Vec::len),
        Some(1),
        "{status}"
    );
}

#[test]
fn the_reviewer_of_an_open_review_stays() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    let untouched = files_of_the_review(&home);
    let other = {
        let state = running.server.state();
        let mut names = state.accounts().iter().map(|one| one.username.to_string());
        names
            .find(|name| name != state.reviewer())
            .expect("another")
    };
    let ended = running.snapshot(&home, &["--refresh", "--reviewer", &other]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("is the reviewer of q4, and stays it"),
        "{}",
        ended.err
    );
    assert_eq!(files_of_the_review(&home), untouched);
    let left = fs::read_dir(home.data().join("reviews"))
        .expect("a folder")
        .count();
    assert_eq!(left, 1, "nothing is left beside the review");
}

#[test]
fn a_scoped_review_keeps_its_scope_and_only_what_is_in_it_is_carried_over() {
    let (home, running) = (Home::new(), Running::new());
    let scoped = ["--scope", "state:active"];
    running.snapshot(&home, &scoped).good();
    home.run(&["decide", "q4", "--where", "is:undecided -is:own", "--keep"])
        .good();
    let before = with_review(&home, decisions);
    let put_up = |home: &Home| {
        with_review(home, |campaign| {
            let grant = |item| campaign.snapshot().grant(item).id;
            campaign.items().iter().map(grant).collect::<BTreeSet<_>>()
        })
    };
    let in_scope = put_up(&home);
    let made = change(&running);
    let suspended = with_review(&home, |campaign| grants_of(campaign, &made.suspended));
    assert!(suspended.iter().all(|grant| in_scope.contains(grant)));

    // Another scope is another review.
    let untouched = files_of_the_review(&home);
    let other = running.snapshot(&home, &["--refresh", "--scope", "state:left"]);
    assert_eq!(other.code, Some(2));
    for part in [
        "the review q4 has the scope state:active, and keeps it",
        "leave --scope out, or give the new snapshot another name",
    ] {
        assert!(other.err.contains(part), "{part}: {}", other.err);
    }
    assert_eq!(files_of_the_review(&home), untouched);

    // Said again or left out, it is the same; evidence is as asked now.
    let shown = running.snapshot(&home, &[&scoped[..], &["--json"]].concat());
    assert_eq!(shown.code, Some(1), "{}", shown.err);
    let arguments = ["--refresh", "--evidence", "none", "--json"];
    let drift = running.snapshot(&home, &arguments).good().json();
    assert_eq!(drift["scope"], "state:active");
    let ids = |list: &str| -> BTreeSet<String> {
        let rows = drift[list].as_array().expect("a list").iter();
        rows.map(|row| row["grant"].as_str().expect("an id").to_owned())
            .collect()
    };
    let now_in_scope = put_up(&home);
    let named = |ids: BTreeSet<&GrantId>| -> BTreeSet<String> {
        ids.into_iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        ids("gone"),
        named(in_scope.difference(&now_in_scope).collect())
    );
    assert_eq!(
        ids("new"),
        named(now_in_scope.difference(&in_scope).collect())
    );
    assert!(suspended.iter().all(|grant| !now_in_scope.contains(grant)));
    let after = with_review(&home, decisions);
    let changed = ids("changed");
    for (grant, told) in &after {
        let stays = in_scope.contains(grant)
            && now_in_scope.contains(grant)
            && !changed.contains(&grant.to_string());
        let expected = if stays { &before[grant] } else { &(None, None) };
        assert_eq!(told, expected, "{grant}");
    }
    let status = home.run(&["status", "q4", "--json"]).good().json();
    assert_eq!(status["scope"], "state:active");
    assert_eq!(status["completeness"], "scoped");
    assert_eq!(status["evidence"], "none");
}

#[test]
fn a_review_of_everything_is_not_refreshed_into_a_scoped_one() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    let untouched = files_of_the_review(&home);
    let ended = running.snapshot(&home, &["--refresh", "--scope", "state:active"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .err
            .contains("the review q4 has no scope, and keeps it"),
        "{}",
        ended.err
    );
    assert_eq!(files_of_the_review(&home), untouched);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_drift_is_shown_and_only_a_yes_refreshes() {
    let (home, running) = (Home::new(), Running::new());
    running.snapshot(&home, &[]).good();
    decide_all(&home);
    change(&running);
    let untouched = files_of_the_review(&home);
    for (said, code) in [("n\r", 1), ("\r", 1), ("\x03", 1), ("y\r", 0)] {
        let url = running.server.url();
        let mut command = portable_pty::CommandBuilder::new(crate::program::MUSTER);
        command.args(["snapshot", "q4", "--org", &url]);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("MUSTER_DATA_DIR", home.data());
        command.env("SPACE_TOKEN", running.server.token());
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        let mut terminal = crate::terminal::Terminal::start(command, 120, 100);
        terminal.wait_for("Refresh the review q4? [y/N]");
        let screen = terminal.screen();
        assert!(screen.contains("1 item gone"), "{screen}");
        terminal.press(said);
        let status = terminal.wait_for_exit();
        assert_eq!(status.exit_code(), code, "{said:?}: {}", terminal.screen());
        assert_eq!(files_of_the_review(&home) == untouched, code == 1);
    }
}
