//! Lists of revoked keys: ours and `ssh-keygen` say the same of each.

use std::process::{Command, Stdio};

use muster::{
    format::record::NAMESPACE,
    signing::key_file,
    verify::{revoked_keys::RevokedKeys, signature},
};

use crate::ssh_tools::{Keys, PRINCIPAL, have, owner_only};

const MESSAGE: &[u8] = b"what was signed\n";

/// Signatures by keys of every kind; those of `certified` carry the certificate that goes with the key.
fn signature(keys: &Keys, name: &str) -> String {
    match name {
        "certified" => {
            let key = std::fs::read(keys.path("ed25519")).expect("a test key");
            owner_only(&keys.write("ed25519-cert", key));
            keys.ssh_keygen_signs("ed25519-cert", NAMESPACE, MESSAGE)
        }
        name => {
            let signer = key_file::load(&keys.path(name), None).expect("a test key");
            signer.sign(NAMESPACE, MESSAGE).expect("a signature")
        }
    }
}

/// Whether the real `ssh-keygen` accepts a signature by the key when `list` names revoked ones.
fn theirs(keys: &Keys, signature: &str, list: &[u8], revoked: bool) -> bool {
    let allowed = [
        "ed25519",
        "ed25519-other",
        "ecdsa-256",
        "ecdsa-384",
        "ecdsa-521",
        "rsa-3072",
    ];
    let mut lines: Vec<String> = allowed
        .iter()
        .map(|name| format!("{PRINCIPAL} {}\n", keys.public(name)))
        .collect();
    lines.push(format!("* cert-authority {}\n", keys.public("authority")));
    let lines = lines.concat();
    let (allowed, sig) = (keys.write("allowed", lines), keys.write("sig", signature));
    let (message, list) = (keys.write("message", MESSAGE), keys.write("revoked", list));
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-I", PRINCIPAL, "-n", NAMESPACE, "-f"]);
    command.arg(allowed).arg("-s").arg(sig);
    if revoked {
        command.arg("-r").arg(list);
    }
    let message = std::fs::File::open(message).expect("a file of ours");
    let output = command.stdin(Stdio::from(message)).output();
    output.expect("ssh-keygen starts").status.success()
}

/// Makes a binary list with the real `ssh-keygen` from `spec`, of certificates of `authority` if any.
fn krl(keys: &Keys, spec: &str, authority: Option<&str>) -> Vec<u8> {
    let spec = keys.write("spec", spec);
    let out = keys.path("krl");
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-k", "-f"]).arg(&out);
    if let Some(authority) = authority {
        command
            .arg("-s")
            .arg(keys.path(&format!("{authority}.pub")));
    }
    let made = command.arg(spec).output().expect("ssh-keygen starts");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(out).expect("a list")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of lists")]
fn ours_and_ssh_keygen_say_the_same_of_revoked_keys() {
    if !have("ssh-keygen") {
        return;
    }
    let keys = Keys::new();
    let certified = Command::new("ssh-keygen")
        .args(["-q", "-s"])
        .arg(keys.path("authority"))
        .args(["-I", "laptop of anna", "-n", PRINCIPAL, "-z", "42"])
        .arg(keys.path("ed25519.pub"))
        .status();
    assert!(certified.expect("ssh-keygen starts").success());
    let signers = [
        "ed25519",
        "ed25519-other",
        "ecdsa-256",
        "rsa-3072",
        "certified",
    ];
    let signatures: Vec<_> = signers.map(|name| (name, signature(&keys, name))).into();
    let certificate = {
        let key = signature::check(signatures[4].1.as_bytes(), NAMESPACE, MESSAGE);
        assert!(key.expect("a good signature").key_type.contains("cert"));
        let shown = Command::new("ssh-keygen")
            .args(["-L", "-f"])
            .arg(keys.path("ed25519-cert.pub"))
            .output()
            .expect("ssh-keygen starts");
        String::from_utf8(shown.stdout).expect("text")
    };
    let field = |name: &str| {
        let line = certificate
            .lines()
            .find(|line| line.trim().starts_with(name));
        let value = line.and_then(|line| line.split_once(": ")).expect(name).1;
        value.trim().trim_matches('"').to_owned()
    };
    let (serial, id) = (field("Serial"), field("Key ID"));
    let public = |name: &str| format!("{}\n", keys.public(name));
    let sha256 = |name: &str| {
        let shown = Command::new("ssh-keygen")
            .args(["-l", "-f"])
            .arg(keys.path(&format!("{name}.pub")))
            .output()
            .expect("ssh-keygen starts");
        let shown = String::from_utf8(shown.stdout).expect("text");
        shown.split(' ').nth(1).expect("a fingerprint").to_owned()
    };
    let lists: Vec<(String, Vec<u8>)> = vec![
        ("an empty list".into(), b"\n# nothing\n".to_vec()),
        ("a key".into(), public("ed25519").into_bytes()),
        (
            "keys with comments and blanks".into(),
            format!(
                "# lost\n\n \t{} laptop of anna\n{}",
                keys.public("rsa-3072"),
                public("ecdsa-384")
            )
            .into_bytes(),
        ),
        ("an authority".into(), public("authority").into_bytes()),
        (
            "a certificate".into(),
            std::fs::read(keys.path("ed25519-cert.pub")).expect("a file"),
        ),
        (
            "a binary list of keys".into(),
            krl(&keys, &(public("ed25519") + &public("ecdsa-256")), None),
        ),
        (
            "of digests".into(),
            krl(&keys, &format!("sha256: {}", public("ed25519-other")), None),
        ),
        (
            "of old digests".into(),
            krl(&keys, &format!("sha1: {}", public("rsa-3072")), None),
        ),
        (
            "of fingerprints".into(),
            krl(&keys, &format!("hash: {}\n", sha256("ecdsa-256")), None),
        ),
        (
            "of a serial".into(),
            krl(&keys, &format!("serial: {serial}\n"), Some("authority")),
        ),
        (
            "of a range".into(),
            krl(&keys, "serial: 1-100\n", Some("authority")),
        ),
        (
            "of scattered serials".into(),
            krl(
                &keys,
                "serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 8\nserial: 42\nserial: 43\nserial: 45\n",
                Some("authority"),
            ),
        ),
        (
            "of another serial".into(),
            krl(&keys, "serial: 4711\n", Some("authority")),
        ),
        (
            "of an id".into(),
            krl(&keys, &format!("id: {id}\n"), Some("authority")),
        ),
        (
            "of an id of another authority".into(),
            krl(&keys, &format!("id: {id}\n"), Some("rsa-3072")),
        ),
        (
            "of a certified key".into(),
            krl(&keys, &public("ed25519"), Some("authority")),
        ),
    ];
    let mut revoked = 0;
    for (what, list) in &lists {
        let ours = RevokedKeys::parse(list).unwrap_or_else(|error| panic!("{what}: {error}"));
        for (name, signature) in &signatures {
            assert!(
                theirs(&keys, signature, b"", false),
                "{name} is a good signer"
            );
            let key = signature::check(signature.as_bytes(), NAMESPACE, MESSAGE);
            let ours = ours.revokes(&key.expect("a good signature")).is_none();
            let theirs = theirs(&keys, signature, list, true);
            assert_eq!(ours, theirs, "{what}: {name} (serial {serial}, id {id})");
            revoked += u32::from(!ours);
        }
    }
    assert!(revoked > 10, "{revoked}");
    // Cut anywhere, a binary list is damaged, and neither takes it.
    let whole = &lists[5].1;
    for cut in (0..whole.len()).step_by(7) {
        let ours = RevokedKeys::parse(&whole[..cut]);
        // The head alone is a list of nothing; an end between two sections cannot be told.
        assert!(
            ours.is_err() || cut == 0 || ours == Ok(RevokedKeys::default()),
            "cut at {cut}"
        );
    }
}
