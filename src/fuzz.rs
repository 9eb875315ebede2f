//! Whatever a server, a file or a person may put before a parser: plain functions over bytes, which neither panic nor
//! take what they would not have written themselves.
//!
//! The tests run each of them on seeded changes of good input. `MUSTER_FUZZ_ROUNDS=1000000 cargo test fuzz` runs longer,
//! `MUSTER_FUZZ_SEED=7` elsewhere; what fails is printed as a byte string, to be put under `FOUND`. The functions take
//! any bytes, so a coverage-guided fuzzer can call them as they are.

mod change;

use crate::{
    domain::{
        Digest,
        earlier::Earlier,
        filter::{EventFilter, Filter},
        grant::GrantId,
        items::ItemSet,
        scope::Scope,
        text::Raw,
        time::{Day, Timestamp},
    },
    format::{crew::Alone, earlier, evidence, journal, policy, population, record, sample},
    signing::NAMESPACE_REVIEW,
    space,
    verify::{allowed_signers::AllowedSigners, signature},
};

/// A parser, what it takes as it is, and the function that is called with anything.
struct Target {
    name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    /// Whether it took them.
    call: fn(&[u8]) -> bool,
}

const TARGETS: &[Target] = &[
    Target {
        name: "journal",
        seeds: || lines(include_bytes!("../tests/vectors/good/journal.jsonl")),
        call: journal,
    },
    Target {
        name: "review.json",
        seeds: || vec![include_bytes!("../tests/vectors/good/review.json").to_vec()],
        call: review,
    },
    Target {
        name: "accounts",
        seeds: || vec![ACCOUNTS.to_vec()],
        call: accounts,
    },
    Target {
        name: "resources",
        seeds: || vec![RESOURCES.to_vec()],
        call: resources,
    },
    Target {
        name: "grants",
        seeds: || vec![GRANTS.to_vec()],
        call: grants,
    },
    Target {
        name: "earlier",
        seeds: earlier_lines,
        call: earlier,
    },
    Target {
        name: "evidence",
        seeds: evidence_lines,
        call: evidence,
    },
    Target {
        name: "compressed evidence",
        seeds: || vec![include_bytes!("../tests/vectors/good/evidence.jsonl.zst").to_vec()],
        call: compressed,
    },
    Target {
        name: "sums",
        seeds: || {
            vec![
                include_bytes!("../tests/vectors/good/SHA256SUMS").to_vec(),
                include_bytes!("../tests/vectors/good/opened.sums").to_vec(),
            ]
        },
        call: sums,
    },
    Target {
        name: "signature",
        seeds: || vec![SIGNATURE.to_vec()],
        call: signature,
    },
    Target {
        name: "allowed signers",
        seeds: || vec![SIGNERS.to_vec()],
        call: signers,
    },
    Target {
        name: "policy",
        seeds: || vec![include_bytes!("../tests/vectors/good/policy.toml").to_vec()],
        call: policy,
    },
    Target {
        name: "filter",
        seeds: || lines(FILTERS),
        call: filter,
    },
    Target {
        name: "words",
        seeds: || lines(WORDS),
        call: words,
    },
    Target {
        name: "Space's answers",
        seeds: || vec![PAGE.to_vec()],
        call: space::any_answer,
    },
    Target {
        name: "addresses",
        seeds: || lines(ADDRESSES),
        call: address,
    },
];

const ACCOUNTS: &[u8] = include_bytes!("../tests/vectors/good/accounts.jsonl");
const RESOURCES: &[u8] = include_bytes!("../tests/vectors/good/resources.jsonl");
const GRANTS: &[u8] = include_bytes!("../tests/vectors/good/grants.jsonl");
const SIGNATURE: &[u8] = include_bytes!("../tests/vectors/good/SHA256SUMS.reviewer.sig");
const SIGNED: &[u8] = include_bytes!("../tests/vectors/good/SHA256SUMS");

const SIGNERS: &[u8] = b"# who may sign\n\
    anna@example.org namespaces=\"muster-review\",valid-after=\"20250101Z\",valid-before=\"203001010000\" ssh-ed25519 \
    AAAAC3NzaC1lZDI1NTE5AAAAIN5Wn2pPcbRzHdnp3Rg1Vl8Rgd3F0k0HTMc5dCpTdPJ8 her key\n\
    *@example.org,!bob@example.org cert-authority ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= x\n\
    \"a b\" ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n";

const FILTERS: &[u8] = "team:\"Payments\" (is:undecided or signin:>90d) -kind:external\n\
    since:2023-01..2024-06 role:admin|owner not (is:kept and was:revoke)\n\
    signal:no-2fa? flag:gaps delta:new state:active 会計 é\n\
    items:1-4,9 org-role:\"System Admin\" privileged:yes\n"
    .as_bytes();

const WORDS: &[u8] = "1,3-5,4294967295\n\
    2026-10-01T08:10:07.000Z\n2026-02-29\n\
    1adb0d5a6f8e4c0f9a3b1c2d\n\
    3e37db1489357ca2229c99fd0cc19499167063ed5192b5d4ce3c7c1c5d94be6a\n\
    a\u{202e}b\u{200b}\u{1b}[31m\u{9b}c\u{e0041}\u{301} 👩‍👩‍👧 会計\n"
    .as_bytes();

const ADDRESSES: &[u8] = "acme\nacme.jetbrains.space\nhttps://space.example.org:8443/p/key?x=1#y\n\
    http://[::1]:8080/base/\nhttps://user:pass@example.org\nhttps://bücher.example/\n"
    .as_bytes();

/// A page with something of each kind.
const PAGE: &[u8] =
    br#"{"next":"2","totalCount":2,"data":[{"id":"a","username":"ada","name":{"firstName":"A",
    "lastName":"K"},"emails":[{"email":"a@example.com"}],"archived":false,"leftAt":{"iso":"2023-09-30T16:00:00.000Z",
    "timestamp":1696089600000},"joined":{"iso":"2019-05-02"},"external":true,"status":"ACTIVE","logins":[{"access":
    {"time":{"timestamp":1}}}],"$errors":[{"fields":["x"],"message":"m"}],"key":{"key":"PAY"},"parent":{"id":"p"},
    "since":"2024-01-01","till":null,"lead":true,"member":{"id":"m"},"team":{"id":"t"},"role":{"name":"Dev"}}]}"#;

/// The lines, each with its line feed.
fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn journal(bytes: &[u8]) -> bool {
    // The digest is made to fit, so that what stands behind it is reached.
    let mut fitting = bytes.to_vec();
    if let Some(at) = fitting.windows(6).rposition(|six| six == b",\"h\":\"") {
        fitting.truncate(at);
        let digest = Digest::of(&[&fitting, &b"}\n"[..]].concat());
        fitting.extend_from_slice(format!(",\"h\":\"{digest}\"}}\n").as_bytes());
    }
    let mut taken = false;
    for bytes in [bytes, &fitting] {
        if let Ok((entry, prev, digest)) = journal::parse_alone(bytes) {
            let (line, again) = journal::line(&entry, prev);
            assert_eq!(line.as_bytes(), bytes);
            assert_eq!(again, digest);
            taken = true;
        }
    }
    let mut reader = journal::Reader::new(bytes);
    while let Ok(Some(_)) = reader.next() {}
    assert!(reader.bytes() <= bytes.len() as u64);
    taken
}

fn review(bytes: &[u8]) -> bool {
    let parsed = record::Review::parse(bytes);
    assert!(
        parsed
            .as_ref()
            .is_ok_and(|review| review.print().as_bytes() == bytes)
            || parsed.is_err()
    );
    parsed.is_ok()
}

fn population(accounts: &[u8], resources: &[u8], grants: &[u8]) -> bool {
    let read = |files: &[Vec<u8>; 3]| {
        let [accounts, resources, grants] = files;
        let snapshot = population::read(&accounts[..], &resources[..], &grants[..], &Alone).ok()?;
        let mut out = [Vec::new(), Vec::new(), Vec::new()];
        let [first, second, third] = &mut out;
        population::write_accounts(&snapshot, first).expect("memory takes it");
        population::write_resources(&snapshot, second).expect("memory takes it");
        population::write_grants(&snapshot, third).expect("memory takes it");
        Some(out)
    };
    // These files have one text when they are written, and are read with others too: each line is signed as it stands.
    let Some(written) = read(&[accounts.to_vec(), resources.to_vec(), grants.to_vec()]) else {
        return false;
    };
    assert_eq!(read(&written).as_ref(), Some(&written));
    true
}

fn accounts(bytes: &[u8]) -> bool {
    [&b""[..], GRANTS]
        .map(|grants| population(bytes, RESOURCES, grants))
        .contains(&true)
}

fn resources(bytes: &[u8]) -> bool {
    [&b""[..], GRANTS]
        .map(|grants| population(ACCOUNTS, bytes, grants))
        .contains(&true)
}

fn grants(bytes: &[u8]) -> bool {
    population(ACCOUNTS, RESOURCES, bytes)
}

fn earlier(bytes: &[u8]) -> bool {
    let campaign = sample::campaign();
    let Ok(earlier) = earlier::read(bytes, campaign.snapshot()) else {
        return false;
    };
    let mut out = Vec::new();
    earlier::write(&earlier, &mut out).expect("memory takes it");
    assert!(earlier::read(&*out, campaign.snapshot()).is_ok_and(|again| again == earlier));
    true
}

/// What the sample's own decisions are to a review that follows.
fn earlier_lines() -> Vec<Vec<u8>> {
    let campaign = sample::campaign();
    let earlier = Earlier::of(&campaign, campaign.snapshot(), campaign.as_of());
    let mut out = Vec::new();
    earlier::write(&earlier, &mut out).expect("memory takes it");
    vec![out]
}

fn evidence(bytes: &[u8]) -> bool {
    let parsed = evidence::parse(bytes);
    if let Ok(answer) = &parsed {
        assert_eq!(evidence::line(answer).as_bytes(), bytes);
    }
    parsed.is_ok()
}

fn evidence_lines() -> Vec<Vec<u8>> {
    let stored = &include_bytes!("../tests/vectors/good/evidence.jsonl.zst")[..];
    let mut reader = evidence::Reader::new(stored).expect("there is memory");
    let mut lines = Vec::new();
    while let Some(answer) = reader.next().expect("it is stored") {
        lines.push(evidence::line(&answer).into_bytes());
    }
    lines
}

fn compressed(bytes: &[u8]) -> bool {
    let Ok(mut reader) = evidence::Reader::new(bytes) else {
        return false;
    };
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn sums(bytes: &[u8]) -> bool {
    let all = [record::parse_sums(bytes), record::parse_opened_sums(bytes)];
    for sums in all.iter().flatten() {
        assert_eq!(sums.print().as_bytes(), bytes);
    }
    all.iter().any(Result::is_ok)
}

fn signature(bytes: &[u8]) -> bool {
    let checked = signature::check(bytes, NAMESPACE_REVIEW, SIGNED);
    // Its armor may be folded in another way; nothing else of it may change.
    let plain = |armored: &[u8]| -> Vec<u8> {
        let kept = armored.iter().filter(|byte| !byte.is_ascii_whitespace());
        kept.copied().collect()
    };
    assert!(checked.is_err() || plain(bytes) == plain(SIGNATURE));
    checked.is_ok()
}

fn signers(bytes: &[u8]) -> bool {
    let list = AllowedSigners::parse(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').count();
    assert!(list.len() + list.problems().len() <= lines);
    !list.is_empty()
}

fn policy(bytes: &[u8]) -> bool {
    let Ok(policy) = policy::parse(bytes) else {
        return false;
    };
    let printed = policy::print(&policy);
    assert_eq!(policy::parse(printed.as_bytes()).ok(), Some(policy));
    true
}

fn filter(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let parsed = Filter::parse(text);
    if let Err(error) = &parsed {
        let [line, below] = error.pointed(text);
        assert!(!line.contains('\u{1b}') && below.contains('^'), "{line}");
    }
    let _ = EventFilter::parse(text);
    let _ = Scope::parse(text);
    parsed.is_ok()
}

fn words(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let mut taken = 0;
    if let Ok(items) = text.parse::<ItemSet>() {
        assert_eq!(items.to_string(), text);
        taken += 1;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time));
        taken += 1;
    }
    if let Ok(day) = text.parse::<Day>() {
        assert_eq!(day.to_string().parse::<Day>().ok(), Some(day));
        taken += 1;
    }
    if let Ok(id) = text.parse::<GrantId>() {
        assert_eq!(id.to_string(), text);
        taken += 1;
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
        taken += 1;
    }
    let safe = Raw::from(text).safe();
    assert!(!safe.as_str().contains(char::is_control), "{safe:?}");
    for width in [0, 1, 7, 80] {
        assert!(safe.truncate(width).width() <= width);
        assert!(safe.truncate_middle(width).width() <= width);
    }
    taken > 0
}

fn address(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let Ok(address) = text.parse::<space::Address>() else {
        return false;
    };
    let shown = address.to_string();
    assert_eq!(
        shown.parse::<space::Address>().ok(),
        Some(address),
        "{text}"
    );
    true
}

mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{TARGETS, change::Changes};

    /// How often each target is called, when nobody says otherwise.
    const ROUNDS: u32 = 1500;

    /// What once failed, by target.
    const FOUND: &[(&str, &[u8])] = &[];

    #[expect(
        clippy::disallowed_methods,
        reason = "who runs the tests may ask for more"
    )]
    fn set(name: &str) -> Option<u32> {
        std::env::var(name).ok()?.parse().ok()
    }

    #[test]
    fn no_bytes_break_a_parser_and_none_are_taken_that_it_would_not_write() {
        let rounds = set("MUSTER_FUZZ_ROUNDS").unwrap_or(ROUNDS);
        let seed = set("MUSTER_FUZZ_SEED").unwrap_or(1);
        for target in TARGETS {
            let call = |bytes: &[u8]| {
                let called = catch_unwind(AssertUnwindSafe(|| (target.call)(bytes)));
                called.unwrap_or_else(|_| {
                    let bytes = bytes.escape_ascii();
                    panic!("{} with seed {seed} on b\"{bytes}\"", target.name)
                })
            };
            let seeds = (target.seeds)();
            let good = seeds.iter().filter(|bytes| call(bytes)).count();
            assert!(good > 0, "{}: nothing good to change", target.name);
            for (_, bytes) in FOUND.iter().filter(|(name, _)| *name == target.name) {
                call(bytes);
            }
            let mut changes = Changes::new(seeds, seed);
            for _ in 0..rounds {
                call(changes.next());
            }
        }
    }
}
