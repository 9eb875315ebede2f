//! Lists of signers, judged by us and by the real `ssh-keygen`.

use muster::{
    signing::NAMESPACE_REVIEW,
    verify::{
        allowed_signers::{AllowedSigners, Answer},
        signature,
    },
};

use ssh_encoding::base64::{Base64, Encoding};

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

/// Signs with the key `ed25519` as certified by `ssh-keygen` with these options.
fn certified(keys: &Keys, authority: &str, options: &[&str]) -> String {
    let output = std::process::Command::new("ssh-keygen")
        .args(["-q", "-I", "anna", "-s"])
        .arg(keys.path(authority))
        .args(options)
        .arg(keys.path("ed25519.pub"))
        .output()
        .expect("ssh-keygen runs");
    assert!(output.status.success(), "{output:?}");
    // Given the certificate's name, `ssh-keygen` puts it into the signature.
    let (bare, certified) = (keys.path("ed25519"), keys.path("certified"));
    std::fs::copy(bare, &certified).expect("a copy");
    std::fs::rename(
        keys.path("ed25519-cert.pub"),
        keys.path("certified-cert.pub"),
    )
    .expect("a name");
    std::fs::copy(keys.path("certified-cert.pub"), keys.path("certified.pub")).expect("a copy");
    keys.ssh_keygen_signs("certified", NAMESPACE_REVIEW, MESSAGE)
}

#[test]
fn a_certificate_means_what_it_means_to_ssh_keygen() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let always = "-V20200101:20990101";
    let certificates = [
        ("authority", vec!["-n", PRINCIPAL, always]),
        (
            "authority",
            vec!["-n", "bob@example.org,anna@example.org", always],
        ),
        ("authority", vec!["-n", "bob@example.org", always]),
        ("authority", vec!["-n", "*@example.org", always]),
        ("authority", vec![always]),
        ("authority", vec!["-n", PRINCIPAL]),
        ("authority", vec!["-n", PRINCIPAL, "-V20200101:20250101"]),
        ("authority", vec!["-n", PRINCIPAL, "-V20500101:20990101"]),
        ("authority", vec!["-h", "-n", PRINCIPAL, always]),
        ("ed25519-other", vec!["-n", PRINCIPAL, always]),
        ("ecdsa-384", vec!["-n", PRINCIPAL, always]),
    ];
    let authority = keys.public("authority");
    let lists = [
        format!("*@example.org cert-authority {authority}\n"),
        format!("bob@example.org cert-authority {authority}\n"),
        format!("* cert-authority,namespaces=\"git\" {authority}\n"),
        format!("* cert-authority,valid-before=\"20250101Z\" {authority}\n"),
        format!("* {authority}\n"),
        format!("* {}\n", keys.public("ed25519")),
        format!("* cert-authority {}\n", keys.public("ecdsa-384")),
    ];
    let mut good = 0;
    for (authority, options) in certificates {
        let signature = certified(&keys, authority, &options);
        let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE);
        let key = key.expect("the signature itself is good");
        assert_eq!(key.key_type, "ssh-ed25519-cert-v01@openssh.com");
        for list in &lists {
            let at = "2026-03-31T12:00:00Z".parse().expect("a time");
            let ours = AllowedSigners::parse(list.as_bytes());
            let ours = ours.may_sign(PRINCIPAL, NAMESPACE_REVIEW, &key, at);
            let theirs = keys.ssh_keygen_accepts_at(
                list,
                PRINCIPAL,
                NAMESPACE_REVIEW,
                &signature,
                MESSAGE,
                Some(("20260331120000Z", "UTC")),
            );
            let yes = matches!(ours, Answer::Yes { .. });
            assert_eq!(yes, theirs, "{list} {options:?}: {ours:?}");
            good += usize::from(yes);
        }
    }
    assert_eq!(good, 4);
}

#[test]
fn a_forged_certificate_is_refused() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let signature = certified(&keys, "authority", &["-n", "bob@example.org"]);
    // The same length, so that only the authority's signature can tell.
    let body: String = signature
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let mut blob = Base64::decode_vec(&body).expect("base64");
    let at = blob
        .windows(15)
        .position(|window| window == b"bob@example.org")
        .expect("the principal");
    blob[at..at + 15].copy_from_slice(b"eve@example.org");
    let forged = format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        Base64::encode_string(&blob)
    );
    let list = format!("* cert-authority {}\n", keys.public("authority"));
    let key = signature::check(forged.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("own key");
    let at = "2026-03-31T12:00:00Z".parse().expect("a time");
    let answer = AllowedSigners::parse(list.as_bytes()).may_sign(
        "eve@example.org",
        NAMESPACE_REVIEW,
        &key,
        at,
    );
    assert!(matches!(answer, Answer::No(_)), "{answer:?}");
    let accepted =
        keys.ssh_keygen_accepts(&list, "eve@example.org", NAMESPACE_REVIEW, &forged, MESSAGE);
    assert!(!accepted);
}

#[test]
fn a_certificate_of_an_rsa_authority_is_left_to_ssh_keygen() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let signature = certified(&keys, "rsa-3072", &["-n", PRINCIPAL]);
    let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("own key");
    let list = format!("* cert-authority {}\n", keys.public("rsa-3072"));
    let at = "2026-03-31T12:00:00Z".parse().expect("a time");
    let answer =
        AllowedSigners::parse(list.as_bytes()).may_sign(PRINCIPAL, NAMESPACE_REVIEW, &key, at);
    assert!(matches!(answer, Answer::CouldNotTell(_)), "{answer:?}");
    assert!(keys.ssh_keygen_accepts(&list, PRINCIPAL, NAMESPACE_REVIEW, &signature, MESSAGE));
}

#[test]
fn a_line_that_cannot_be_read_is_told() {
    let list =
        AllowedSigners::parse(b"# fine\n\nanna@example.org\nanna@example.org x\n\xff\xfe x\n");
    let problems: Vec<_> = list.problems().iter().map(|problem| problem.line).collect();
    assert_eq!(problems, [3, 4, 5]);
    assert!(list.is_empty());
}
