//! Lists of signers, judged by us and by the real `ssh-keygen`.

use muster::{
    signing::NAMESPACE_REVIEW,
    verify::{
        allowed_signers::{AllowedSigners, Answer},
        signature,
    },
};

use crate::ssh_tools::{Keys, PRINCIPAL, have};

const MESSAGE: &[u8] = b"signed\n";

/// Asks both about `list` and a signature by the key `name`, at a time given in OpenSSH's form.
fn ask(keys: &Keys, name: &str, list: &str, time: &str, zone: &str) -> (Answer, bool) {
    let signature = keys.ssh_keygen_signs(name, NAMESPACE_REVIEW, MESSAGE);
    let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect(name);
    let at = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%d%H%M%SZ").expect(time);
    let at = muster::domain::time::Timestamp::from_ms(at.and_utc().timestamp_millis());
    let at = at.expect("a year we know");
    let ours = AllowedSigners::parse(list.as_bytes());
    let ours = ours.may_sign(PRINCIPAL, NAMESPACE_REVIEW, &key, at);
    let theirs = keys.ssh_keygen_accepts_at(
        list,
        PRINCIPAL,
        NAMESPACE_REVIEW,
        &signature,
        MESSAGE,
        Some((time, zone)),
    );
    (ours, theirs)
}

#[test]
fn a_list_of_signers_means_what_it_means_to_ssh_keygen() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let own = keys.public("ed25519");
    let other = keys.public("ed25519-other");
    let principals = [
        "anna@example.org",
        "Anna@example.org",
        "*@example.org",
        "*",
        "?nna@example.org",
        "bob@example.org,anna@example.org",
        "*@example.org,!anna@example.org",
        "!anna@example.org,*",
        "!bob@example.org",
        "anna",
        "\"anna@example.org\"",
        "\"bob@example.org,anna@example.org\"",
        "\"anna@example.org",
        "anna@example.org,",
        "  anna@example.org",
        "#anna@example.org",
    ];
    let options = [
        "",
        "namespaces=\"muster-review\" ",
        "NameSpaces=\"muster-*,git\" ",
        "namespaces=\"git\" ",
        "namespaces=\"*,!muster-review\" ",
        "namespaces=muster-review ",
        "namespaces=\"muster-review ",
        "namespaces=\"muster-review\",namespaces=\"git\" ",
        "namespaces=\"\" ",
        "valid-after=\"20260331Z\" ",
        "valid-after=\"20260331120000Z\" ",
        "valid-after=\"20260331120001Z\" ",
        "valid-before=\"20260331120000Z\" ",
        "valid-before=\"20260331115959Z\" ",
        "valid-before=\"202603311200Z\" ",
        "valid-after=\"20250101Z\",valid-before=\"20260701Z\" ",
        "valid-after=\"20250101Z\",valid-before=\"20260101Z\" ",
        "valid-after=\"20260701Z\",valid-before=\"20250101Z\" ",
        "valid-after=\"2026\" ",
        "valid-after=\"20261301Z\" ",
        "valid-after=20250101Z ",
        "namespaces=\"muster-review\",valid-after=\"20250101Z\" ",
        "namespaces=\"muster-review\", ",
        "namespaces=\"muster-review\" valid-after=\"20250101Z\" ",
        "cert-authority ",
        "CERT-AUTHORITY,namespaces=\"muster-review\" ",
        "no-touch-required ",
        "unknown=\"x\" ",
        ", ",
    ];
    let now = "20260331120000Z";
    let check = |list: &str| {
        let (ours, theirs) = ask(&keys, "ed25519", list, now, "UTC");
        assert_eq!(
            matches!(ours, Answer::Yes { .. }),
            theirs,
            "{list:?}: {ours:?}"
        );
    };
    for principals in principals {
        check(&format!("{principals} {own}\n"));
        check(&format!("{principals}\t{own} a comment\r\n"));
    }
    for options in options {
        check(&format!("{PRINCIPAL} {options}{own}\n"));
        // A line that cannot be read or does not allow it leaves the next one alone.
        check(&format!(
            "# a list\n\n{PRINCIPAL} {options}{own}\n{PRINCIPAL} {own}"
        ));
        check(&format!("{PRINCIPAL} {options}{other}\n"));
    }
    check("");
    check(PRINCIPAL);
    check(&format!("{PRINCIPAL} ssh-ed25519\n"));
    check(&format!("{PRINCIPAL} {}\n", &own[..own.len() - 8]));
    check(&own);
    check(&format!(
        "{PRINCIPAL} {}\n",
        own.replace("ssh-ed25519", "ssh-rsa")
    ));
    check(&format!("{PRINCIPAL} {other}\n{PRINCIPAL} {own}\n"));
}

#[test]
fn a_time_without_a_zone_is_an_answer_only_where_every_zone_agrees() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let own = keys.public("ed25519");
    let check = |options: &str, expected: Option<bool>| {
        let list = format!("{PRINCIPAL} {options} {own}\n");
        for zone in ["UTC", "UTC-14", "UTC12"] {
            let (ours, theirs) = ask(&keys, "ed25519", &list, "20260331120000Z", zone);
            match expected {
                Some(true) => assert!(matches!(ours, Answer::Yes { .. }) && theirs, "{list}"),
                Some(false) => assert!(matches!(ours, Answer::No(_)) && !theirs, "{list}"),
                None => assert!(matches!(ours, Answer::CouldNotTell(_)), "{list}"),
            }
        }
    };
    check("valid-after=\"20260301\"", Some(true));
    check("valid-after=\"20260330\"", Some(true));
    check("valid-after=\"20260401\"", None);
    check("valid-after=\"20260403\"", Some(false));
    check("valid-before=\"20260331\"", None);
    check("valid-before=\"20260330\"", Some(false));
    check("valid-before=\"20260402\"", Some(true));
}

#[test]
fn a_certificate_that_the_list_may_allow_is_left_to_ssh_keygen() {
    if !have("ssh-keygen") || !have("ssh-agent") || !have("ssh-add") {
        return;
    }
    let keys = Keys::new();
    let agent = crate::ssh_tools::RunningAgent::start();
    agent.add(&keys.path("ed25519"));
    let identities = muster::signing::agent::Agent::connect(&agent.socket())
        .and_then(|agent| agent.identities())
        .expect("the agent answers");
    let certificate = identities
        .into_iter()
        .find(|identity| identity.public().key_type.contains("cert"))
        .expect("the certificate was added with the key");
    let signature = certificate
        .signer()
        .sign(NAMESPACE_REVIEW, MESSAGE)
        .expect("a signature");
    let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("good");
    let at = "2026-03-31T12:00:00Z".parse().expect("a time");
    let judge = |list: &str| {
        AllowedSigners::parse(list.as_bytes()).may_sign(PRINCIPAL, NAMESPACE_REVIEW, &key, at)
    };
    let list = format!(
        "*@example.org cert-authority {}\n",
        keys.public("authority")
    );
    assert!(matches!(judge(&list), Answer::CouldNotTell(_)));
    assert!(keys.ssh_keygen_accepts(&list, PRINCIPAL, NAMESPACE_REVIEW, &signature, MESSAGE));
    // Another authority, or the bare key, is not what signed.
    for list in [
        format!("* cert-authority {}\n", keys.public("ed25519-other")),
        format!("* {}\n", keys.public("ed25519")),
    ] {
        assert!(matches!(judge(&list), Answer::No(_)), "{list}");
        assert!(!keys.ssh_keygen_accepts(&list, PRINCIPAL, NAMESPACE_REVIEW, &signature, MESSAGE));
    }
}

#[test]
fn a_line_that_cannot_be_read_is_told() {
    let list =
        AllowedSigners::parse(b"# fine\n\nanna@example.org\nanna@example.org x\n\xff\xfe x\n");
    let problems: Vec<_> = list.problems().iter().map(|problem| problem.line).collect();
    assert_eq!(problems, [3, 4, 5]);
    assert!(list.is_empty());
}
