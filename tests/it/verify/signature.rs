//! Signatures that are not what they seem.

use muster::{
    signing::{NAMESPACE_REVIEW, key_file},
    verify::signature::{self, Fault},
};
use ssh_encoding::{
    Encode,
    base64::{Base64, Encoding},
};
use ssh_key::{HashAlg, PrivateKey, SshSig};

use crate::ssh_tools::{Keys, PRINCIPAL, have};

const MESSAGE: &[u8] = b"0123  accounts.jsonl\n";

fn good(keys: &Keys) -> String {
    key_file::load(&keys.path("ed25519"), None)
        .and_then(|signer| signer.sign(NAMESPACE_REVIEW, MESSAGE))
        .expect("a signature")
}

fn refused(signature: &[u8], expected: &str) {
    match signature::check(signature, NAMESPACE_REVIEW, MESSAGE) {
        Err(Fault::Bad(why) | Fault::Unsupported(why)) => {
            assert!(why.contains(expected), "{why}");
        }
        Ok(key) => panic!("accepted, by {}", key.fingerprint),
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes(), bytes].concat()
}

/// Writes an envelope down, whatever is in it.
fn armor(version: u32, key: &[u8], reserved: &[u8], hash: &str, signature: &[u8]) -> String {
    let blob = [
        b"SSHSIG".to_vec(),
        version.to_be_bytes().to_vec(),
        string(key),
        string(NAMESPACE_REVIEW.as_bytes()),
        string(reserved),
        string(hash.as_bytes()),
        string(signature),
    ]
    .concat();
    let body = Base64::encode_string(&blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")
}

#[test]
fn a_signature_has_one_text_apart_from_its_line_length() {
    let keys = Keys::new();
    let text = good(&keys);
    let lines: Vec<&str> = text.lines().collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    let body = lines[1..lines.len() - 1].concat();
    let long = format!("{first}\n{body}\n{last}\n");
    signature::check(long.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("one long line");

    refused(b"", "empty");
    refused(&vec![b'a'; 16 * 1024 + 1], "too large");
    refused(b"\xff", "not text");
    for changed in [
        format!("\n{text}"),
        format!("{text}\n"),
        format!("{text}x"),
        text.trim_end().to_owned(),
        text.replace('\n', "\r\n"),
        text.replace("SSH SIGNATURE", "PGP SIGNATURE"),
    ] {
        refused(changed.as_bytes(), "first or last line");
    }
    for changed in [
        format!("{first}\n\n{body}\n{last}\n"),
        format!("{first}\n{}\n{}\n{last}\n", &body[..4], &body[4..]),
        format!("{first}\n{body}\n\n{last}\n"),
    ] {
        refused(changed.as_bytes(), "unequal length");
    }
    refused(long.replacen("\nU", "\n U", 1).as_bytes(), "base64");
}

#[test]
fn an_envelope_that_says_more_or_less_than_it_should_is_refused() {
    let keys = Keys::new();
    let text = std::fs::read(keys.path("ed25519")).expect("the test key");
    let key = PrivateKey::from_openssh(text).expect("the test key");
    let made = key
        .sign(NAMESPACE_REVIEW, HashAlg::Sha512, MESSAGE)
        .expect("a signature");
    let public = key.public_key().key_data().encode_vec().expect("a key");
    let bytes = made.signature().encode_vec().expect("a signature");
    signature::check(
        armor(1, &public, b"", "sha512", &bytes).as_bytes(),
        NAMESPACE_REVIEW,
        MESSAGE,
    )
    .expect("nothing is wrong with this one");

    let check = |text: String, expected: &str| refused(text.as_bytes(), expected);
    check(armor(2, &public, b"", "sha512", &bytes), "version 2");
    check(armor(0, &public, b"", "sha512", &bytes), "version 0");
    check(
        armor(1, &public, b"more", "sha512", &bytes),
        "does not know",
    );
    check(armor(1, &public, b"", "sha1", &bytes), "damaged");
    check(armor(1, &public, b"", "sha256", &bytes), "does not fit");
    check(armor(1, b"", b"", "sha512", &bytes), "damaged");
    check(armor(1, &public, b"", "sha512", b""), "damaged");
    let more = [public.as_slice(), b"x"].concat();
    check(armor(1, &more, b"", "sha512", &bytes), "another way");
    // Another key than the one that signed.
    let other = std::fs::read(keys.path("ed25519-other")).expect("the test key");
    let other = PrivateKey::from_openssh(other).expect("the test key");
    let other = other.public_key().key_data().encode_vec().expect("a key");
    check(armor(1, &other, b"", "sha512", &bytes), "does not fit");
}

#[test]
fn an_rsa_signature_with_sha_1_is_refused() {
    let keys = Keys::new();
    let public = ssh_key::PublicKey::from_openssh(&keys.public("rsa-3072")).expect("the key");
    let public = public.key_data().encode_vec().expect("a key");
    let signature = [string(b"ssh-rsa"), string(&[1; 384])].concat();
    refused(
        armor(1, &public, b"", "sha512", &signature).as_bytes(),
        "SHA-1",
    );
}

#[test]
fn a_short_rsa_key_is_refused() {
    let modulus = [vec![0, 0xff], vec![0xff; 127]].concat();
    let public = [string(b"ssh-rsa"), string(&[1, 0, 1]), string(&modulus)].concat();
    let signature = [string(b"rsa-sha2-512"), string(&[1; 128])].concat();
    refused(
        armor(1, &public, b"", "sha512", &signature).as_bytes(),
        "2,048 bits",
    );
}

/// A FIDO key in software: what it signs is the same as in a token.
fn security_key(keys: &Keys, flags: u8) -> (String, String) {
    let text = std::fs::read(keys.path("ed25519")).expect("the test key");
    let key = PrivateKey::from_openssh(text).expect("the test key");
    let raw = *key
        .key_data()
        .ed25519()
        .expect("an Ed25519 key")
        .public
        .as_ref();
    let public = [
        string(b"sk-ssh-ed25519@openssh.com"),
        string(&raw),
        string(b"ssh:"),
    ]
    .concat();
    let data = SshSig::signed_data(NAMESPACE_REVIEW, HashAlg::Sha512, MESSAGE).expect("data");
    let sha256 = |bytes: &[u8]| muster::domain::Digest::of(bytes).0;
    let trailer = [flags, 0, 0, 0, 7];
    let token_signs = [&sha256(b"ssh:")[..], &trailer, &sha256(&data)].concat();
    let private = key
        .key_data()
        .ed25519()
        .expect("an Ed25519 key")
        .private
        .to_bytes();
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&private).expect("a key");
    let made = pair.sign(&token_signs);
    let signature = [
        string(b"sk-ssh-ed25519@openssh.com"),
        string(made.as_ref()),
        trailer.to_vec(),
    ]
    .concat();
    let line = format!(
        "sk-ssh-ed25519@openssh.com {}",
        Base64::encode_string(&public)
    );
    (line, armor(1, &public, b"", "sha512", &signature))
}

#[test]
fn a_security_key_must_have_been_touched() {
    let keys = Keys::new();
    for (flags, user_verified) in [(1, false), (5, true)] {
        let (_, text) = security_key(&keys, flags);
        let key = signature::check(text.as_bytes(), NAMESPACE_REVIEW, MESSAGE).expect("touched");
        assert_eq!(key.user_verified, Some(user_verified));
        assert_eq!(key.key_type, "sk-ssh-ed25519@openssh.com");
    }
    let (line, text) = security_key(&keys, 0);
    refused(text.as_bytes(), "without being touched");
    if have("ssh-keygen") {
        // This is why it is checked here.
        let list = format!("{PRINCIPAL} {line}\n");
        assert!(keys.ssh_keygen_accepts(&list, PRINCIPAL, NAMESPACE_REVIEW, &text, MESSAGE));
    }
}

#[test]
fn no_changed_signature_is_accepted_and_none_causes_a_panic() {
    let keys = Keys::new();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).expect("below fits")
    };
    for name in ["ed25519", "ecdsa-256"] {
        let signer = PrivateKey::from_openssh(std::fs::read(keys.path(name)).expect(name));
        let made = signer
            .expect(name)
            .sign(NAMESPACE_REVIEW, HashAlg::Sha512, MESSAGE)
            .expect(name);
        let blob = made.encode_vec().expect(name);
        for _ in 0..4000 {
            let mut changed = blob.clone();
            for _ in 0..=random(3) {
                let at = random(changed.len());
                match random(4) {
                    0 => changed[at] ^= 1 << random(8),
                    1 => changed.truncate(at.max(1)),
                    2 => changed.insert(at, u8::try_from(random(256)).expect("a byte")),
                    _ => changed[at] = u8::try_from(random(256)).expect("a byte"),
                }
            }
            if changed == blob {
                continue;
            }
            let body = Base64::encode_string(&changed);
            let text =
                format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n");
            assert!(
                signature::check(text.as_bytes(), NAMESPACE_REVIEW, MESSAGE).is_err(),
                "{text}"
            );
        }
    }
}
