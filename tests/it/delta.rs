//! The second quarter: a review that is compared with the signed record of the first.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use muster::{
    demo::{self, Roles},
    domain::{
        campaign::Campaign,
        decision::Decision,
        earlier::Delta,
        grant::Holder,
        items::Item,
        journal::{Chosen, How},
        text::Raw,
        time::Timestamp,
    },
    store::Store,
};
use serde_json::Value;

use crate::{
    program::{Ended, Home, have, new_key},
    resume::Running,
};

const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

fn with_review<T>(home: &Home, name: &str, look: impl FnOnce(&Campaign) -> T) -> T {
    let review = Store::new(home.data()).look(name).expect("a review");
    look(review.campaign())
}

/// A home with a key, and the record of a first quarter in which everything was decided that may be.
pub(crate) struct Quarter {
    pub(crate) home: Home,
    pub(crate) running: Running,
    key: String,
    pub(crate) record: PathBuf,
    /// Login name, team: revoked, removed and made again.
    pub(crate) anew: (String, String),
    /// Login name, project: revoked and still there.
    pub(crate) there: (String, String),
    /// Login name, team: kept and removed.
    pub(crate) removed: (String, String),
    /// Login name: kept and suspended.
    pub(crate) suspended: String,
    /// Login name, project: not there before.
    pub(crate) added: (String, String),
}

fn name(state: &demo::State, account: demo::AccountIx) -> String {
    state.accounts()[account as usize].username.to_string()
}

impl Quarter {
    /// `None` where there is no `ssh-keygen`.
    pub(crate) fn first() -> Option<Self> {
        if !have(&["ssh-keygen"]) {
            return None;
        }
        let (home, running) = (Home::new(), Running::new());
        let key = new_key(&home, "id_test").display().to_string();
        let mut this = Self {
            home,
            running,
            key,
            record: PathBuf::new(),
            anew: Default::default(),
            there: Default::default(),
            removed: Default::default(),
            suspended: String::new(),
            added: Default::default(),
        };
        this.snapshot("q1", &[]).good();
        let accounts = this.choose();
        for (filter, verb) in [
            ("is:implicit".to_owned(), &["--acknowledge"][..]),
            (
                format!("account:{} team:\"{}\"", this.anew.0, this.anew.1),
                &["--revoke", "--reason", "changed teams"],
            ),
            (
                format!("account:{} project:\"{}\"", this.there.0, this.there.1),
                &["--revoke", "--reason", "role too high"],
            ),
            (
                format!("account:{} is:account", this.suspended),
                &["--keep", "--reason", "asked the lead"],
            ),
            ("is:undecided -is:implicit -is:own".to_owned(), &["--keep"]),
        ] {
            let arguments = [&["decide", "q1", "--where", &filter], verb].concat();
            this.home.run(&arguments).good();
        }
        this.record = this.seal("q1");
        this.change(accounts);
        Some(this)
    }

    /// Finds who things happen to; the answer is what `change` needs.
    fn choose(&mut self) -> [demo::AccountIx; 5] {
        let state = self.running.server.state();
        let reviewer = state.account(state.reviewer()).expect("an account");
        let active = |account: demo::AccountIx| {
            let one = &state.accounts()[account as usize];
            account != reviewer
                && one.suspended_at.is_none()
                && !one.archived
                && one.left_at.is_none()
        };
        let plain = |one: &&demo::Membership| {
            !one.archived && !one.pending && one.till.is_none() && active(one.member)
        };
        let mut used = BTreeSet::new();
        let mut memberships = state.memberships().iter().filter(plain);
        let mut membership = || {
            let one = memberships
                .find(|one| used.insert(one.member))
                .expect("one");
            (one.member, one.team)
        };
        let (anew, removed, suspended) = (membership(), membership(), membership());
        let (place, there) = state
            .projects()
            .iter()
            .find_map(|project| {
                let mut people = project.people.iter().map(|one| one.holder);
                let free = people.find(|one| active(*one) && !used.contains(one))?;
                Some((project, free))
            })
            .expect("somebody on a project");
        used.insert(there);
        let project = &state.projects()[0];
        let added = (0..60)
            .find(|account| {
                active(*account)
                    && !used.contains(account)
                    && !project.people.iter().any(|one| one.holder == *account)
            })
            .expect("an account outside the project");
        let team = |team: demo::TeamIx| state.teams()[team as usize].name.to_string();
        self.anew = (name(&state, anew.0), team(anew.1));
        self.removed = (name(&state, removed.0), team(removed.1));
        self.suspended = name(&state, suspended.0);
        self.there = (name(&state, there), place.name.to_string());
        self.added = (name(&state, added), project.name.to_string());
        [anew.0, removed.0, suspended.0, there, added]
    }

    /// What happens to the organization between the quarters.
    fn change(&self, [anew, removed, suspended, _, added]: [demo::AccountIx; 5]) {
        let mut state = self.running.server.state_mut();
        let again = state.team(&self.anew.1).expect("a team");
        assert!(state.remove_membership(anew, again));
        state.add_membership(anew, again, "Engineer");
        let team = state.team(&self.removed.1).expect("a team");
        assert!(state.remove_membership(removed, team));
        let long_ago: Timestamp = "2026-01-01T00:00:00.000Z".parse().expect("a time");
        state.change_account(suspended, |account| account.suspended_at = Some(long_ago));
        state.change_person(0, added, Roles::ADMIN, Roles::default());
    }

    pub(crate) fn snapshot(&self, name: &str, more: &[&str]) -> Ended {
        let url = self.running.server.url();
        let arguments = [&["snapshot", name, "--org", &url, "--token-stdin"], more].concat();
        self.home.run_with(&arguments, self.running.server.token())
    }

    /// A snapshot that is compared with the first quarter.
    pub(crate) fn second(&self, more: &[&str]) -> Ended {
        let record = self.record.display().to_string();
        self.snapshot("q2", &[&["--previous", &record], more].concat())
    }

    pub(crate) fn seal(&self, name: &str) -> PathBuf {
        let arguments = [
            "seal",
            name,
            "--allow-undecided",
            "another reviewer decides on my own access",
            "--attest",
            "--key",
            &self.key,
            "--principal",
            "rosa@example.com",
            "--json",
        ];
        let answer = self.home.run(&arguments).good().json();
        PathBuf::from(answer["record"].as_str().expect("a path"))
    }

    fn status(&self, name: &str) -> Value {
        self.home.run(&["status", name, "--json"]).good().json()
    }

    /// The items of an account, each with its resource.
    fn items_of(&self, review: &str, username: &str) -> BTreeMap<String, Vec<Item>> {
        with_review(&self.home, review, |campaign| {
            let snapshot = campaign.snapshot();
            let mut found: BTreeMap<String, Vec<Item>> = BTreeMap::new();
            for item in campaign.items().iter() {
                let of = match snapshot.grant(item).holder {
                    Holder::Account(account) => {
                        snapshot.account(account).username.raw() == username
                    }
                    _ => false,
                };
                if of {
                    let resource = snapshot.resource_label(item).raw().to_owned();
                    found.entry(resource).or_default().push(item);
                }
            }
            found
        })
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "two quarters from start to end")]
fn the_second_quarter_shows_what_is_new_and_keeps_the_rest_as_before() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    let home = &quarter.home;
    // Nobody named the record: it is only told about.
    let alone = quarter.snapshot("alone", &[]).good();
    let record = quarter.record.display().to_string();
    assert!(
        alone.err.contains(&format!("--previous {record}")),
        "{}",
        alone.err
    );
    let status = quarter.status("alone");
    assert_eq!(status["previous"], Value::Null);
    let none = home.run(&["decide", "alone", "--as-before"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("is not compared with"), "{}", none.err);
    let folder = home.data().join("reviews/alone");
    assert!(!folder.join("earlier.jsonl").exists());

    let made = quarter.second(&[]).good();
    assert!(made.err.contains("good, signer unknown"), "{}", made.err);
    assert!(
        made.out.contains("Compared with: q1, sealed "),
        "{}",
        made.out
    );
    let status = quarter.status("q2");
    let previous = &status["previous"];
    let number = |name: &str| previous[name].as_u64().expect(name);
    assert_eq!(previous["signer"], "unknown");
    assert_eq!(previous["principal"], "rosa@example.com");
    assert_eq!(number("new"), 1);
    // Everything that was revoked is here, one of it made again.
    assert_eq!(number("back"), quarter.status("q1")["revoked"]);
    assert_eq!(previous["gone"].as_array().map(Vec::len), Some(1));
    assert_eq!(previous["gone"][0]["resource"], quarter.removed.1.as_str());
    assert_eq!(previous["gone"][0]["was"], "keep");
    let suspended = quarter.items_of("q2", &quarter.suspended);
    let changed: usize = suspended.values().map(Vec::len).sum();
    assert_eq!(number("changed"), changed as u64);
    with_review(home, "q2", |campaign| {
        let earlier = campaign.earlier().expect("a record was named");
        let delta = |(who, what): &(String, String)| {
            let items = &quarter.items_of("q2", who)[what];
            let deltas: Vec<Delta> = items.iter().map(|item| earlier.delta(*item)).collect();
            (deltas, earlier.lot(items[0]).map(|lot| lot.was))
        };
        let (anew, was) = delta(&quarter.anew);
        assert_eq!(anew, [Delta::Back]);
        let was = was.expect("it was there");
        assert_eq!(was.decision, Some(Decision::Revoke));
        let act = earlier.act(was.entry.expect("decided")).expect("an act");
        assert_eq!(act.reason.as_ref().map(Raw::raw), Some("changed teams"));
        assert_eq!(act.how, How::Bulk);
        assert!(delta(&quarter.there).0.contains(&Delta::Back));
        assert_eq!(delta(&quarter.added), (vec![Delta::New], None));
    });
    let text = home.run(&["status", "q2"]).good().out;
    for part in [
        "compared with q1, sealed ",
        "since then    1 new, ",
        &format!(": {} / ", quarter.removed.1),
        ", kept by ",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }

    // What is unchanged and was kept is one act, and the record says so.
    let dry = home.run(&["decide", "q2", "--as-before", "--dry-run", "--json"]);
    let dry = dry.good().json();
    let all = number("may_be_kept_as_before");
    assert_eq!(dry["items"], all);
    assert_eq!(quarter.status("q2")["kept"], 0);
    let why = "nothing changed";
    let decided = home
        .run(&["decide", "q2", "--as-before", "--reason", why])
        .good();
    assert!(
        decided.out.contains(" items kept as before"),
        "{}",
        decided.out
    );
    let again = home.run(&["decide", "q2", "--as-before"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    let status = quarter.status("q2");
    assert_eq!(status["kept"], all);
    assert_eq!(status["previous"]["kept_as_before"], all);
    with_review(home, "q2", |campaign| {
        let earlier = campaign.earlier().expect("a record was named");
        for item in campaign.items().iter() {
            if let Some((_, decided)) = campaign.deciding_entry(item) {
                assert!(matches!(decided.chosen, Chosen::AsBefore { .. }));
                assert_eq!(earlier.delta(item), Delta::Unchanged);
            }
        }
    });
    let heard = home.run_with(&["review", "q2", "--plain"], "why\nquit\n");
    let heard = heard.good().out;
    for part in ["Compared with q1, sealed ", " since q1"] {
        assert!(heard.contains(part), "{part}\n{heard}");
    }

    home.run(&["decide", "q2", "--where", "is:implicit", "--acknowledge"])
        .good();
    let why = ["--reason", "the owner confirmed it"];
    home.keep_one_by_one("q2", "is:undecided -is:own", &why);
    let second = quarter.seal("q2");
    let verified = home
        .run(&["verify", &second.display().to_string(), "--json"])
        .good()
        .json();
    assert_eq!(verified["verdict"], "good");
    assert_eq!(verified["previous"]["kept_as_before"], all);
    let review: Value =
        serde_json::from_slice(&fs::read(second.join("review.json")).expect("a file"))
            .expect("JSON");
    assert_eq!(review["effort"]["as_before"], all);
    let sums = fs::read(quarter.record.join("SHA256SUMS")).expect("a file");
    let digest = muster::domain::Digest::of(&sums).to_string();
    assert_eq!(review["previous"]["sums"], digest.as_str());
    assert_eq!(review["previous"]["verdict"], "good, signer unknown");
    let attestation = review["attestation"].as_str().expect("a text");
    assert!(
        attestation.contains(&format!(
            " {all} of the items to keep were not looked at one by one: they are unchanged since the record of q1 \
             (signer unknown), sealed "
        )),
        "{attestation}"
    );
    let listed = fs::read_to_string(second.join("SHA256SUMS")).expect("a file");
    assert!(listed.contains("  earlier.jsonl\n"), "{listed}");

    // The third quarter knows that nobody looked in the second.
    let record = second.display().to_string();
    quarter.snapshot("q3", &["--previous", &record]).good();
    with_review(home, "q3", |campaign| {
        let earlier = campaign.earlier().expect("a record was named");
        let again: Vec<u32> = campaign
            .items()
            .iter()
            .filter_map(|item| earlier.lot(item))
            .map(|lot| lot.was.again)
            .collect();
        assert_eq!(
            again.iter().filter(|again| **again == 1).count() as u64,
            all
        );
    });
    tampering_is_noticed(home, &second);
}

/// Whatever is done to what the previous record decided, the record is bad.
fn tampering_is_noticed(home: &Home, record: &Path) {
    let verify = || home.run(&["verify", &record.display().to_string(), "--json"]);
    let path = record.join("earlier.jsonl");
    let earlier = fs::read_to_string(&path).expect("a file");
    let tampered = earlier.replacen("\"delta\":\"back\"", "\"delta\":\"unchanged\"", 1);
    assert_ne!(tampered, earlier);
    for (bytes, why) in [
        (Some(tampered), "size"),
        (
            Some(earlier.replacen("\"was\":\"keep\"", "\"was\":\"Keep\"", 1)),
            "digest",
        ),
        (None, "missing"),
    ] {
        match &bytes {
            Some(bytes) => fs::write(&path, bytes).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
        let verdict = verify();
        assert_eq!(verdict.code, Some(1), "{why}: {verdict:?}");
        let verdict = verdict.json();
        assert_eq!(verdict["file"], "earlier.jsonl", "{verdict}");
        let reason = verdict["reason"].as_str().expect("a reason");
        assert!(reason.contains(why), "{why}: {reason}");
    }
    fs::write(&path, &earlier).expect("written");
    verify().good();
    // One that was never compared has no place for it.
    let copy = home.path().join("bare");
    fs::create_dir(&copy).expect("a folder");
    for file in fs::read_dir(Path::new(RECORDS).join("good")).expect("a folder") {
        let file = file.expect("a file").path();
        fs::copy(&file, copy.join(file.file_name().expect("a name"))).expect("copied");
    }
    fs::write(copy.join("earlier.jsonl"), "").expect("written");
    let verdict = home.run(&["verify", &copy.display().to_string(), "--json"]);
    assert_eq!(verdict.code, Some(1));
    assert_eq!(verdict.json()["file"], "earlier.jsonl");
}

#[test]
fn a_review_that_is_compared_with_a_record_stays_so_when_it_is_refreshed() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    let home = &quarter.home;
    quarter.second(&[]).good();
    home.run(&["decide", "q2", "--as-before"]).good();
    let kept = quarter.status("q2")["kept"].as_u64().expect("a count");
    {
        // What was kept as before is suspended meanwhile; what was gone comes back.
        let mut state = quarter.running.server.state_mut();
        let gone = state.account(&quarter.removed.0).expect("an account");
        let long_ago: Timestamp = "2026-01-01T00:00:00.000Z".parse().expect("a time");
        state.change_account(gone, |account| account.suspended_at = Some(long_ago));
    }
    let changed = quarter.items_of("q2", &quarter.removed.0);
    let changed: Vec<Item> = changed.into_values().flatten().collect();
    // What policy left out was not kept, so there is nothing to ask again.
    let reopened = with_review(home, "q2", |campaign| {
        let kept = |item: &&Item| campaign.slot(**item).decision.is_some();
        changed.iter().filter(kept).count() as u64
    });
    let before = quarter.status("q2")["previous"].clone();
    quarter.snapshot("q2", &["--refresh"]).good();
    let status = quarter.status("q2");
    let previous = &status["previous"];
    assert_eq!(previous["sums"], before["sums"]);
    assert_eq!(previous["new"], before["new"]);
    assert_eq!(previous["back"], before["back"]);
    assert_eq!(previous["gone"], before["gone"]);
    let number = |of: &Value, name: &str| of[name].as_u64().expect(name);
    assert_eq!(
        number(previous, "changed"),
        number(&before, "changed") + changed.len() as u64
    );
    assert_eq!(number(&status, "kept"), kept - reopened);
    // What was carried over was not looked at for that.
    assert_eq!(number(previous, "kept_as_before"), kept - reopened);
    // Named again it is compared with the record itself, and with no other.
    quarter.second(&["--refresh"]).good();
    assert_eq!(quarter.status("q2")["previous"], *previous);
    let other = quarter.seal("q2").display().to_string();
    let q3 = ["--previous", &other];
    quarter.snapshot("q3", &q3).good();
    let refused = quarter.snapshot(
        "q3",
        &[
            "--refresh",
            "--previous",
            &quarter.record.display().to_string(),
        ],
    );
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("and stays so"), "{}", refused.err);
}

#[test]
fn a_signer_is_known_when_the_list_says_so() {
    let Some(quarter) = Quarter::first() else {
        return;
    };
    let public = fs::read_to_string(format!("{}.pub", quarter.key)).expect("a key");
    let list = quarter.home.path().join("signers");
    let list_path = list.display().to_string();
    let line = |who: &str| format!("{who} namespaces=\"muster-review\" {public}");
    fs::write(&list, line("eve@example.com")).expect("written");
    let refused = quarter.second(&["--allowed-signers", &list_path]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("is not taken: bad: "),
        "{}",
        refused.err
    );
    assert!(!quarter.home.data().join("reviews/q2").exists());
    fs::write(&list, line("rosa@example.com")).expect("written");
    quarter.second(&["--allowed-signers", &list_path]).good();
    assert_eq!(quarter.status("q2")["previous"]["signer"], "known");
}

#[test]
fn a_record_that_is_bad_or_of_another_organization_is_refused() {
    let running = Running::new();
    let home = Home::new();
    let url = running.server.url();
    for (record, why, asked) in [
        ("bad-decision-flipped", "is not taken: bad: ", false),
        ("nowhere", "cannot look into", false),
        ("good", "and this is Halden", true),
    ] {
        let before = running.server.requests().len();
        let path = Path::new(RECORDS).join(record).display().to_string();
        let arguments = [
            "snapshot",
            "q2",
            "--org",
            &url,
            "--token-stdin",
            "--previous",
            &path,
        ];
        let refused = home.run_with(&arguments, running.server.token());
        assert_eq!(refused.code, Some(2), "{record}: {refused:?}");
        assert!(refused.err.contains(why), "{record}: {}", refused.err);
        assert_eq!(running.server.requests().len() > before, asked, "{record}");
        assert!(!home.data().join("reviews/q2").exists());
    }
}

#[test]
fn the_demo_goes_on_in_the_next_quarter() {
    let home = Home::new();
    let first = home.run(&["demo"]).good().out;
    let next = first
        .lines()
        .find_map(|line| line.strip_prefix("The next quarter: muster "))
        .expect("it is offered");
    let arguments: Vec<&str> = next.split(' ').skip_while(|word| *word != "demo").collect();
    let second = home.run(&arguments).good().out;
    for part in [
        "previous  compared with demo-story, sealed ",
        "signer known",
        "previous  since then 1 new, ",
        "  as before\n",
        "verify    good: the signer is known",
    ] {
        assert!(second.contains(part), "{part}\n{second}");
    }
    let screen = home.run(&[&["demo", "--plain"], &arguments[1..]].concat());
    let heard = screen.good().out;
    assert!(
        heard.contains("Compared with demo-story, sealed "),
        "{heard}"
    );
    // Named again it is the same review, and without it too.
    for more in [&arguments[1..], &[]] {
        home.run(&[&["demo", "--plain"], more].concat()).good();
    }
    let reviews = home.run(&[]).good().out;
    assert!(!reviews.contains("demo.2"), "{reviews}");
}
