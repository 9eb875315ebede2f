//! Signatures, both ways against the real `ssh-keygen` and `ssh-agent`.

use std::{
    io::{Read, Write},
    time::Duration,
};

use muster::{
    signing::{Error, NAMESPACE_REVIEW, agent::Agent, key_file, new_key, ssh_keygen},
    verify::signature,
};
use secrecy::SecretString;

use crate::ssh_tools::{Keys, PRINCIPAL, RunningAgent, have};

const MESSAGE: &[u8] = b"0123  accounts.jsonl\n";

const KINDS: [&str; 6] = [
    "ed25519",
    "ecdsa-256",
    "ecdsa-256-short",
    "ecdsa-384",
    "ecdsa-521",
    "rsa-3072",
];

/// Both verifiers accept the signature, and neither accepts anything that is a little different.
fn both_accept(keys: &Keys, name: &str, signature: &str) {
    let allowed = format!("{PRINCIPAL} {}\n", keys.public(name));
    let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect(name);
    assert!(key.fingerprint.starts_with("SHA256:"), "{name}");
    let theirs = |principal, namespace, message| {
        keys.ssh_keygen_accepts(&allowed, principal, namespace, signature, message)
    };
    assert!(theirs(PRINCIPAL, NAMESPACE_REVIEW, MESSAGE), "{name}");
    assert!(
        !theirs("bob@example.org", NAMESPACE_REVIEW, MESSAGE),
        "{name}"
    );

    let (other, changed) = ("muster-approve", b"0124  accounts.jsonl\n");
    assert!(!theirs(PRINCIPAL, other, MESSAGE), "{name}");
    assert!(!theirs(PRINCIPAL, NAMESPACE_REVIEW, changed), "{name}");
    assert!(signature::check(signature.as_bytes(), other, MESSAGE).is_err());
    assert!(signature::check(signature.as_bytes(), NAMESPACE_REVIEW, changed).is_err());
}

#[test]
fn a_key_file_of_any_kind_signs_and_both_verifiers_agree() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    for name in KINDS.into_iter().chain(["rsa-3072-pem"]) {
        let signer = key_file::load(&keys.path(name), None).expect(name);
        assert_eq!(signer.public().openssh, keys.public(name));
        let signature = signer.sign(NAMESPACE_REVIEW, MESSAGE).expect(name);
        both_accept(&keys, name, &signature);
        let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect(name);
        assert_eq!(key.fingerprint, signer.public().fingerprint, "{name}");
        assert_eq!(key.key_type, signer.public().key_type, "{name}");
    }
}

#[test]
fn a_signature_that_ssh_keygen_made_is_accepted() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    for name in KINDS {
        let signature = keys.ssh_keygen_signs(name, NAMESPACE_REVIEW, MESSAGE);
        both_accept(&keys, name, &signature);
    }
}

#[test]
fn an_ed25519_key_file_signs_exactly_as_ssh_keygen_does() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let signer = key_file::load(&keys.path("ed25519"), None).expect("the test key");
    assert_eq!(
        signer.sign(NAMESPACE_REVIEW, MESSAGE).expect("a signature"),
        keys.ssh_keygen_signs("ed25519", NAMESPACE_REVIEW, MESSAGE)
    );
}

#[test]
fn keys_in_ssh_agent_sign_and_both_verifiers_agree() {
    if !have("ssh-keygen") || !have("ssh-agent") || !have("ssh-add") {
        return;
    }
    let keys = Keys::new();
    let agent = RunningAgent::start();
    for name in KINDS {
        agent.add(&keys.path(name));
    }
    let identities = Agent::connect(&agent.socket())
        .and_then(|agent| agent.identities())
        .expect("the agent answers");
    // The Ed25519 key comes twice, the second time as a certificate.
    assert_eq!(identities.len(), KINDS.len() + 1);
    for identity in identities {
        let public = identity.public().clone();
        let signer = identity.signer();
        let signature = signer.sign(NAMESPACE_REVIEW, MESSAGE).expect("a signature");
        let bare = KINDS
            .iter()
            .find(|name| keys.public(name) == public.openssh);
        if let Some(name) = bare {
            assert_eq!(public.comment, "test key, not secret");
            both_accept(&keys, name, &signature);
        } else {
            let key = signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE)
                .expect("a certificate's signature");
            assert_eq!(key.key_type, "ssh-ed25519-cert-v01@openssh.com");
            let bare = key_file::load(&keys.path("ed25519"), None).expect("the test key");
            assert_eq!(key.fingerprint, bare.public().fingerprint);
        }
    }
}

#[test]
fn an_encrypted_key_asks_for_its_passphrase() {
    let keys = Keys::new();
    let path = keys.path("ed25519-encrypted");
    assert!(matches!(
        key_file::load(&path, None),
        Err(Error::NeedsPassphrase { .. })
    ));
    let wrong = SecretString::from("wrong horse");
    assert!(matches!(
        key_file::load(&path, Some(&wrong)),
        Err(Error::WrongPassphrase { .. })
    ));
    let right = SecretString::from("correct horse");
    let signer = key_file::load(&path, Some(&right)).expect("the right passphrase");
    let signature = signer.sign(NAMESPACE_REVIEW, MESSAGE).expect("a signature");
    signature::check(signature.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("it verifies");
}

#[test]
fn a_file_that_cannot_sign_says_what_it_is() {
    let keys = Keys::new();
    let check = |path: &std::path::Path, expected: &str| {
        let error = key_file::load(path, None)
            .err()
            .expect(expected)
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(&keys.path("ed25519.pub"), "is a public key");
    check(&keys.path("ed25519-cert.pub"), "is a public key");
    check(&keys.path("nothing"), "cannot read");
    check(keys.folder(), "cannot read");
    check(&keys.path("ecdsa-256-encrypted"), "ssh-add");
    check(&keys.write("text", "hello"), "does not begin like one");
    check(&keys.write("bytes", [0xff; 100]), "does not begin like one");
    check(&keys.write("empty", ""), "it is empty");
    check(&keys.write("large", vec![b'-'; 1 << 20]), "cannot read");
    check(
        &keys.write("ppk", "PuTTY-User-Key-File-3: ssh-ed25519\n"),
        "PuTTY",
    );
    if have("ssh-keygen") {
        let damaged =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
        let damaged = keys.write("damaged", damaged);
        crate::ssh_tools::owner_only(&damaged);
        check(&damaged, "ssh-keygen could not use the key");
    }
}

#[test]
fn a_key_that_needs_ssh_keygen_says_so_when_it_is_missing() {
    let keys = Keys::new();
    let missing = keys.path("no-such-program");
    let error = ssh_keygen::load_with(missing.as_os_str(), &keys.path("rsa-3072"));
    assert!(matches!(error, Err(Error::NoSshKeygen { .. })));
}

#[test]
fn a_new_key_is_encrypted_private_and_never_overwrites() {
    let keys = Keys::new();
    let path = keys.path("new");
    let passphrase = SecretString::from("a long passphrase");
    let created = new_key::create(
        &path,
        new_key::Protection::Passphrase(&passphrase),
        "muster\n",
    )
    .expect("a new key");
    assert!(matches!(
        key_file::load(&path, None),
        Err(Error::NeedsPassphrase { .. })
    ));
    let signer = key_file::load(&path, Some(&passphrase)).expect("its passphrase");
    assert_eq!(signer.public().openssh, created.openssh);
    assert_eq!(keys.public("new"), created.openssh);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path)
            .expect("the key")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = std::fs::read(&path).expect("the key");
    let again = new_key::create(&path, new_key::Protection::Unencrypted, "");
    assert!(matches!(again, Err(Error::Exists { .. })));
    assert_eq!(std::fs::read(&path).expect("the key"), before);

    let empty = SecretString::from("");
    let refused = new_key::create(&keys.path("x"), new_key::Protection::Passphrase(&empty), "");
    assert!(matches!(refused, Err(Error::EmptyPassphrase)));

    let plain = keys.path("plain");
    new_key::create(&plain, new_key::Protection::Unencrypted, "mine").expect("a new key");
    let signature = key_file::load(&plain, None)
        .and_then(|signer| signer.sign(NAMESPACE_REVIEW, MESSAGE))
        .expect("a signature");
    if have("ssh-keygen") {
        both_accept(&keys, "plain", &signature);
        // OpenSSH opens the encrypted one with the same passphrase.
        let output = std::process::Command::new("ssh-keygen")
            .args(["-y", "-P", "a long passphrase", "-f"])
            .arg(&path)
            .output()
            .expect("ssh-keygen runs");
        assert!(output.status.success(), "{output:?}");
    }
}

/// An agent that answers each connection with the same bytes and then hangs up, unless it is to hold on.
#[cfg(unix)]
fn odd_agent(folder: &std::path::Path, answer: Vec<u8>, hold: bool) -> std::path::PathBuf {
    scripted_agent(folder, move |_| answer.clone(), hold)
}

/// The same with an answer for each kind of request.
#[cfg(unix)]
pub(crate) fn scripted_agent(
    folder: &std::path::Path,
    answer: impl Fn(u8) -> Vec<u8> + Send + 'static,
    hold: bool,
) -> std::path::PathBuf {
    let socket = folder.join("odd-agent");
    let _ = std::fs::remove_file(&socket);
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    std::thread::spawn(move || {
        let mut open = Vec::new();
        while let Ok((mut talk, _)) = listener.accept() {
            let mut length = [0; 4];
            if talk.read_exact(&mut length).is_ok() {
                let mut body = vec![0; u32::from_be_bytes(length) as usize];
                let _ = talk.read_exact(&mut body);
                let kind = body.first().copied().unwrap_or_default();
                let _ = talk.write_all(&answer(kind));
            }
            if hold {
                open.push(talk);
            }
        }
    });
    socket
}

#[cfg(unix)]
#[test]
fn an_agent_that_misbehaves_is_told_apart() {
    let keys = Keys::new();
    let frame = |body: &[u8]| {
        let length = u32::try_from(body.len()).expect("short");
        [&length.to_be_bytes(), body].concat()
    };
    let check = |answer: Vec<u8>, hold, expected: &str| {
        let socket = odd_agent(keys.folder(), answer, hold);
        let wait = Duration::from_millis(if hold { 50 } else { 60_000 });
        let agent = Agent::with_waits(&socket, wait, wait).expect("it listens");
        let error = agent.identities().expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(frame(&[5]), false, "refused");
    check(frame(&[99]), false, "not a list of keys");
    check(frame(&[12, 0, 0, 0, 1]), false, "cut short");
    check(
        frame(&[12, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]),
        false,
        "cut short",
    );
    check(frame(&[12, 0, 0, 4, 1]), false, "1,024 keys");
    check(vec![0xff, 0xff, 0xff, 0xff], false, "unreasonable size");
    check(vec![0, 0, 0, 0], false, "unreasonable size");
    check(vec![0, 0, 0, 9, 12], false, "cut short");
    check(Vec::new(), false, "cut short");
    check(Vec::new(), true, "no answer");
    check(vec![0, 0, 0, 9, 12], true, "no answer");

    let nobody = keys.path("nobody");
    let error = Agent::connect(&nobody).expect_err("nobody listens");
    assert!(
        error.to_string().contains("no ssh-agent answers"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn keys_of_an_agent_that_cannot_sign_a_record_are_left_out() {
    let keys = Keys::new();
    let string = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("short");
        [&length.to_be_bytes(), bytes].concat()
    };
    let unknown = [string(b"ssh-future"), string(b"key")].concat();
    let body = [
        vec![12, 0, 0, 0, 2],
        string(&unknown),
        string(b"of the future"),
        string(b"not a key"),
        string(b"damaged"),
    ]
    .concat();
    let socket = odd_agent(keys.folder(), string(&body), false);
    let agent = Agent::connect(&socket).expect("it listens");
    assert!(agent.identities().expect("a list").is_empty());
}

#[cfg(unix)]
#[test]
fn a_signature_that_an_agent_should_not_make_is_refused() {
    let keys = Keys::new();
    let string = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("short");
        [&length.to_be_bytes(), bytes].concat()
    };
    let rsa = keys.public("rsa-3072");
    let rsa = ssh_key::PublicKey::from_openssh(&rsa).expect("the test key");
    let rsa = rsa.to_bytes().expect("the test key");
    let list = [vec![12, 0, 0, 0, 1], string(&rsa), string(b"an old agent")].concat();
    let sha1 = [string(b"ssh-rsa"), string(&[1; 384])].concat();
    for (answer, expected) in [
        ([vec![14], string(&sha1)].concat(), "SHA-1"),
        ([vec![14], string(b"")].concat(), "damaged"),
        (vec![14, 0, 0, 0, 9], "cut short"),
        (vec![5], "refused"),
        (vec![99], "not a signature"),
    ] {
        let (list, answer) = (string(&list), string(&answer));
        let script = move |kind| {
            if kind == 11 {
                list.clone()
            } else {
                answer.clone()
            }
        };
        let socket = scripted_agent(keys.folder(), script, false);
        let identities = Agent::connect(&socket).and_then(|agent| agent.identities());
        let identity = identities.expect("a list").pop().expect("a key");
        let error = identity.signer().sign(NAMESPACE_REVIEW, MESSAGE);
        let error = error.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_review_is_signed_for_the_purpose_that_records_are_verified_for() {
    assert_eq!(NAMESPACE_REVIEW, muster::format::record::NAMESPACE);
}
