use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        account::{Account, AccountId, Fact},
        snapshot::Parts,
        text::Raw,
    },
    format::{
        canonical::{self, is_hidden},
        crew::Alone,
        record, sample,
    },
};

fn files(snapshot: &Snapshot) -> [String; 3] {
    let text = |write: fn(&Snapshot, &mut dyn Write) -> io::Result<()>| {
        let mut out = Vec::new();
        write(snapshot, &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    };
    [
        text(write_accounts),
        text(write_resources),
        text(write_grants),
    ]
}

fn read_files(files: &[String; 3]) -> Result<Snapshot, crate::format::Error> {
    let [accounts, resources, grants] = files;
    read(
        accounts.as_bytes(),
        resources.as_bytes(),
        grants.as_bytes(),
        &Alone,
    )
}

#[test]
fn a_snapshot_survives_its_files_and_nothing_hidden_comes_out() {
    let snapshot = sample::snapshot();
    let files = files(&snapshot);
    assert_eq!(read_files(&files).expect("own files"), snapshot);
    assert!(!files.concat().chars().any(|c| c != '\n' && is_hidden(c)));
}

#[test]
fn a_grant_line_says_who_has_what() {
    let [accounts, resources, grants] = files(&sample::snapshot());
    for (file, expected) in [
        (
            &accounts,
            r#""last_sign_in":"2026-09-21T14:13:19.995Z","unknown":["external_id"],"listed":true,"ev":1}"#,
        ),
        (
            &resources,
            r#"{"type":"team","id":"t2","name":"Payments","parent":"t1","archived":false,"disbanded":null,"unknown":["disbanded_at"],"listed":true,"ev":2}"#,
        ),
        (
            &resources,
            r#"{"type":"role","key":"project:admin","name":"Project Admin","kind":"project-admin","ev":3}"#,
        ),
        (&grants, r#""kind":"sign-in","account":"b1","ev":5}"#),
        (
            &grants,
            r#""kind":"organization-role","everyone":"members","role":"org:2","role_name":"Member","ev":5}"#,
        ),
        (
            &grants,
            r#""kind":"project-role","team":"t1","project":"p1","role":"project:member","role_name":"Project Member","ev":5}"#,
        ),
        (
            &grants,
            r#""kind":"membership","account":"a1","team":"t2","membership":"m1","lead":true,"position":"Chief \u202ereenigne","since":"2026-09-21T14:13:19.000Z","till":null,"archived":false,"unknown":["pending"],"ev":5}"#,
        ),
    ] {
        assert!(
            file.lines().any(|line| line.ends_with(expected)),
            "{expected}\nnot in\n{file}"
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_changed_population_is_refused_with_file_and_line() {
    let whole = files(&sample::snapshot());
    let [accounts, resources, grants] = [0, 1, 2];
    for (file, from, to, expected) in [
        (
            accounts,
            "\"listed\":true",
            "\"listed\":true,\"listed\":true",
            "accounts.jsonl, line 1: duplicate field `listed` in column",
        ),
        (
            accounts,
            "\"listed\":true",
            "\"listed\":true,\"x\\u001b\":1",
            "unknown field",
        ),
        (
            accounts,
            "\"unknown\":[\"external_id\"]",
            "\"unknown\":[]",
            "`external_id` is neither there nor next",
        ),
        (
            accounts,
            "\"unknown\":[\"external_id\"]",
            "\"unknown\":[\"external_id\",\"external_id\"]",
            "`unknown` names",
        ),
        (
            accounts,
            "\"not-set-up\"",
            "\"passkey\"",
            "newer version of muster: nothing is known of `passkey`",
        ),
        (accounts, ".995Z", ".9950Z", "is not a time"),
        (accounts, "2024-02-29", "2024-2-29", "is not a day"),
        (
            accounts,
            "{\"id\":\"a1\"",
            " {\"id\":\"a1\"",
            "not one JSON object",
        ),
        (accounts, "\"a1\"", "\"a2\"", "there is no account `a1`"),
        (
            resources,
            "\"parent\":\"t1\"",
            "\"parent\":\"t9\"",
            "resources.jsonl, line 3: there is no team `t9`",
        ),
        (
            resources,
            "\"type\":\"role\"",
            "\"type\":\"robot\"",
            "nothing is known of a resource `robot`",
        ),
        (
            resources,
            "{\"type\":\"organization\",",
            "{\"type\":\"team\",",
            "unknown field",
        ),
        (
            resources,
            "\"org1\"",
            "\"org2\"",
            "grants.jsonl, line 1: its id is not the one its content gives",
        ),
        (
            grants,
            "\"role_name\":\"Project Admin\"",
            "\"role_name\":\"Project Member\"",
            "is called",
        ),
        (
            grants,
            "\"kind\":\"sign-in\"",
            "\"kind\":\"membership\"",
            "its fields are not those of a grant",
        ),
        (
            grants,
            "\"kind\":\"sign-in\"",
            "\"kind\":\"sign-in\",\"lead\":null",
            "its fields are not those",
        ),
        (
            grants,
            "\"kind\":\"sign-in\"",
            "\"kind\":\"magic\"",
            "nothing is known of a grant `magic`",
        ),
        (
            grants,
            "\"account\":\"b1\",\"ev\"",
            "\"account\":\"a1\",\"ev\"",
            "its id is not the one",
        ),
        (grants, "\"ev\":5}", "\"ev\":5.0}", "invalid type"),
    ] {
        let mut files = whole.clone();
        assert!(files[file].contains(from), "{from}");
        files[file] = files[file].replacen(from, to, 1);
        let error = read_files(&files).expect_err(to).to_string();
        assert!(error.contains(expected), "{to}: {error}");
        assert!(!error.chars().any(char::is_control), "{error}");
    }
    let mut swapped = whole.clone();
    let mut lines: Vec<&str> = whole[grants].split_inclusive('\n').collect();
    lines.swap(1, 2);
    swapped[grants] = lines.concat();
    let error = read_files(&swapped).expect_err("order").to_string();
    assert!(
        error.contains("is not where it belongs in the order"),
        "{error}"
    );
    for file in 0..3 {
        let mut cut = whole.clone();
        cut[file].pop();
        assert!(
            read_files(&cut)
                .expect_err("cut")
                .to_string()
                .ends_with("it is cut short")
        );
    }
}

#[test]
fn a_snapshot_that_is_read_early_has_its_ids_still_to_be_checked() {
    let whole = files(&sample::snapshot());
    let early = |[accounts, resources, grants]: &[String; 3]| {
        read_early(
            accounts.as_bytes(),
            resources.as_bytes(),
            grants.as_bytes(),
            &Alone,
        )
    };
    let snapshot = early(&whole).expect("own files");
    assert_eq!(snapshot, sample::snapshot());
    check_ids(&snapshot, &Alone).expect("own ids");
    for line in 1..=snapshot.len() {
        let mut wrong = whole.clone();
        let mut lines: Vec<String> = whole[2].split_inclusive('\n').map(str::to_owned).collect();
        let digit = lines[line - 1].as_bytes()[7];
        let other = if digit == b'0' { "1" } else { "0" };
        lines[line - 1].replace_range(7..8, other);
        wrong[2] = lines.concat();
        let snapshot = early(&wrong).expect("a well-formed line");
        let error = check_ids(&snapshot, &Alone).expect_err("another id");
        assert_eq!(
            error.to_string(),
            format!("grants.jsonl, line {line}: its id is not the one its content gives")
        );
        let error = read_files(&wrong).expect_err("another id").to_string();
        assert!(
            error.ends_with("its id is not the one its content gives"),
            "{error}"
        );
    }
}

#[test]
fn a_name_too_long_to_be_read_again_is_not_written() {
    let mut parts = sample::parts();
    parts.organization.name = Raw::from("\u{7f}".repeat(200_000));
    let snapshot = Snapshot::assemble(parts).expect("a snapshot");
    let error = write_resources(&snapshot, &mut io::sink()).expect_err("too long");
    assert_eq!(error.to_string(), "one line is longer than 1048576 bytes");
}

#[test]
fn every_flipped_bit_gives_another_snapshot_or_none() {
    let snapshot = sample::snapshot();
    let whole = files(&snapshot);
    for file in 0..3 {
        for bit in 0..whole[file].len() * 8 {
            let mut bytes = whole.clone().map(String::into_bytes);
            bytes[file][bit / 8] ^= 1 << (bit % 8);
            let [accounts, resources, grants] = &bytes;
            if let Ok(read) = read(&accounts[..], &resources[..], &grants[..], &Alone) {
                // The case of a digit in an escape can differ; what was read does not then, and the digest of the
                // file is what tells.
                let changed =
                    read != snapshot || bytes[file].eq_ignore_ascii_case(whole[file].as_bytes());
                assert!(
                    changed,
                    "{} bit {bit}",
                    [record::ACCOUNTS, record::RESOURCES, record::GRANTS][file]
                );
            }
        }
    }
}

/// Ordinary lines.
const ACCOUNTS: &[&str] = &[
    "{\"id\":\"BQmzPObLzng\",\"username\":\"olga.bauer\",\"first_name\":\"Zoë\",\"last_name\":\"Bauer\",\"kind\":\"member\",\"email\":\"olga.bauer@example.com\",\"archived\":false,\"left_at\":null,\"suspended\":true,\"suspended_at\":\"2024-02-29T23:59:59.999Z\",\"joined\":\"2019-06-23\",\"two_factor\":\"not-set-up\",\"last_sign_in\":\"2022-05-08T09:50:39.891Z\",\"external_id\":\"H-24777\",\"unknown\":[],\"listed\":true,\"ev\":2166}\n",
    "{\"id\":\"\",\"username\":\"\",\"first_name\":\"\",\"last_name\":\"\",\"kind\":\"guest\",\"email\":null,\"archived\":null,\"left_at\":null,\"suspended\":null,\"suspended_at\":null,\"joined\":null,\"two_factor\":null,\"last_sign_in\":null,\"external_id\":null,\"unknown\":[],\"listed\":false,\"ev\":0}\n",
];
const GRANTS: &[&str] = &[
    "{\"id\":\"8e3b6e7ecd6eb29ec36067fd\",\"kind\":\"organization-role\",\"everyone\":\"members\",\"role\":\"org:7P6y\",\"role_name\":\"Member\",\"ev\":4}\n",
    "{\"id\":\"8e3b6e7ecd6eb29ec36067fd\",\"kind\":\"organization-role\",\"account\":\"7P6y\",\"role\":\"org:7P6y\",\"role_name\":\"Admin\",\"ev\":4}\n",
    "{\"id\":\"5a15a273b03ef19290b129ec\",\"kind\":\"membership\",\"account\":\"B3eT\",\"team\":\"Baez\",\"membership\":\"GGc5\",\"lead\":false,\"position\":\"Controller\",\"since\":\"2023-01-17T11:18:32.638Z\",\"till\":null,\"pending\":false,\"archived\":true,\"unknown\":[],\"ev\":828}\n",
    "{\"id\":\"40a2b5fecf779a9c7dca377e\",\"kind\":\"project-role\",\"account\":\"Ee5F\",\"project\":\"CVf0\",\"role\":\"project:member\",\"role_name\":\"Project Member\",\"ev\":3922}\n",
    "{\"id\":\"e411fd04449eca14469e9bee\",\"kind\":\"project-role\",\"team\":\"KQom\",\"project\":\"JrDP\",\"role\":\"project:member\",\"role_name\":\"Project Member\",\"ev\":3323}\n",
    "{\"id\":\"e411fd04449eca14469e9bee\",\"kind\":\"sign-in\",\"account\":\"KQom\",\"ev\":4294967295}\n",
];

/// Whether the line is taken without a detour; then it must say the same with one.
fn says_the_same(grant: bool, line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else {
        return false;
    };
    if grant {
        let Some(quick) = quick::grant(text) else {
            return false;
        };
        let fields: grants::Fields<'_> = canonical::object(line).expect("a line that was taken");
        assert_eq!(fields.line().as_ref(), Ok(&quick));
    } else {
        let Some(quick) = quick::account(text) else {
            return false;
        };
        let fields: accounts::Fields<'_> = canonical::object(line).expect("a line that was taken");
        assert_eq!(fields.line().as_ref(), Ok(&quick));
    }
    true
}

#[test]
fn a_line_that_is_read_without_a_detour_says_the_same_with_one() {
    let [accounts, _, grants] = files(&sample::snapshot());
    for (grant, file, ordinary) in [(false, accounts, ACCOUNTS), (true, grants, GRANTS)] {
        for line in ordinary {
            assert!(says_the_same(grant, line.as_bytes()), "{line}");
        }
        let lines = ordinary.iter().copied();
        for line in lines.chain(file.split_inclusive('\n')) {
            says_the_same(grant, line.as_bytes());
            for bit in 0..line.len() * 8 {
                let mut line = line.as_bytes().to_vec();
                line[bit / 8] ^= 1 << (bit % 8);
                says_the_same(grant, &line);
                line.remove(bit / 8);
                says_the_same(grant, &line);
            }
        }
    }
}

fn fact<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Fact<T>> {
    value.prop_flat_map(|value| {
        prop::sample::select(vec![Fact::Known(value), Fact::Absent, Fact::Unknown])
    })
}

prop_compose! {
    fn any_account()(
        [id, username, first, last] in any::<[String; 4]>(),
        email in fact(any::<String>().prop_map(Raw::from)),
        [archived, suspended] in [fact(any::<bool>()), fact(any::<bool>())],
        [left_at, suspended_at] in [fact((0i64..1 << 41).prop_map(sample::at)), fact((0i64..1 << 41).prop_map(sample::at))],
        joined in fact((0i64..1 << 41).prop_map(|ms| sample::at(ms).day())),
        listed in any::<bool>(), source in any::<u32>(),
    ) -> Account {
        Account {
            username: Raw::from(username), first_name: Raw::from(first), last_name: Raw::from(last),
            email, archived, suspended, left_at, suspended_at, joined, listed, source,
            ..Account::unlisted(AccountId(id.into()))
        }
    }
}

proptest! {
    #[test]
    fn any_accounts_survive_their_file(mut accounts in prop::collection::vec(any_account(), 0..8)) {
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts.dedup_by(|one, other| one.id == other.id);
        let parts = Parts { accounts, memberships: Vec::new(), grants: Vec::new(), ..sample::parts() };
        let snapshot = Snapshot::assemble(parts).expect("a snapshot");
        let files = files(&snapshot);
        prop_assert!(!files.concat().chars().any(|c| c != '\n' && is_hidden(c)));
        prop_assert_eq!(read_files(&files).expect("own files"), snapshot);
    }
}
