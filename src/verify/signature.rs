//! The signature of a record: an SSHSIG, read strictly and checked over exact bytes.
//!
//! What OpenSSH leaves open is closed here. There is one way to write a signature down. A FIDO key must say
//! that somebody touched it. RSA signs with SHA-2 and has at least 2,048 bits.

use ring::signature as rsa;
use ssh_encoding::{
    Decode, Encode,
    base64::{Base64, Encoding},
};
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature, SshSig, public::KeyData};

/// The largest signature file that is read. Real ones have 300 to 1,500 bytes.
pub const MAX_SIZE: u64 = 16 * 1024;

/// The key that made a good signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// `SHA256:…`, as `ssh-keygen -l` shows it. A certificate has the fingerprint of its key.
    pub fingerprint: String,
    /// The type in OpenSSH's words, such as `ssh-ed25519`.
    pub key_type: String,
    /// For a FIDO key: whether its PIN or a finger was checked too, beyond the touch.
    pub user_verified: Option<bool>,
    pub(super) key: KeyData,
}

impl SigningKey {
    /// Type and key in base64, as in a list of signers.
    pub fn openssh(&self) -> String {
        let blob = self.key.encode_vec().unwrap_or_default();
        format!("{} {}", self.key_type, Base64::encode_string(&blob))
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is wrong; in words.
    #[error("{0}")]
    Bad(String),
    /// It is of a kind that is not understood here; in words.
    #[error("{0}")]
    Unsupported(String),
}

/// Checks that `armored` is a signature of `message` for `namespace`, and tells whose.
///
/// # Errors
/// When it is not, or when it is of a kind that is not understood.
pub fn check(armored: &[u8], namespace: &str, message: &[u8]) -> Result<SigningKey, Fault> {
    let envelope = parse(armored)?;
    if envelope.namespace() != namespace {
        return Err(Fault::Bad(format!(
            "the signature was made for another purpose: its namespace is not {namespace}"
        )));
    }
    let key = match envelope.public_key() {
        KeyData::Certificate(certificate) => certificate.public_key(),
        key => key,
    };
    check_key(key, &envelope, message)?;
    // A key begins with the name of its type.
    let blob = envelope.public_key().encode_vec().unwrap_or_default();
    Ok(SigningKey {
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        key_type: String::decode(&mut blob.as_slice()).unwrap_or_default(),
        user_verified: touched(key, envelope.signature())?,
        key: envelope.public_key().clone(),
    })
}

fn check_key(key: &KeyData, envelope: &SshSig, message: &[u8]) -> Result<(), Fault> {
    let wrong = || Fault::Bad("the signature does not fit the signed bytes".to_owned());
    let (namespace, hash, signature) = (
        envelope.namespace(),
        envelope.hash_alg(),
        envelope.signature(),
    );
    match (key, signature.algorithm()) {
        (
            KeyData::Rsa(key),
            Algorithm::Rsa {
                hash: Some(algorithm),
            },
        ) => {
            let (Some(n), Some(e)) = (key.n().as_positive_bytes(), key.e().as_positive_bytes())
            else {
                return Err(wrong());
            };
            if n.len() < 256 {
                return Err(Fault::Bad(
                    "the signature was made with an RSA key of less than 2,048 bits".to_owned(),
                ));
            }
            let parameters = match algorithm {
                HashAlg::Sha256 => &rsa::RSA_PKCS1_2048_8192_SHA256,
                HashAlg::Sha512 => &rsa::RSA_PKCS1_2048_8192_SHA512,
                _ => return Err(wrong()),
            };
            let key = rsa::RsaPublicKeyComponents { n, e };
            let data = SshSig::signed_data(namespace, hash, message).map_err(|_| wrong())?;
            key.verify(parameters, &data, signature.as_bytes())
                .map_err(|_| wrong())
        }
        (KeyData::Rsa(_), _) => Err(Fault::Bad(
            "the signature rests on SHA-1, which is broken".to_owned(),
        )),
        (
            KeyData::Ed25519(_)
            | KeyData::Ecdsa(_)
            | KeyData::SkEd25519(_)
            | KeyData::SkEcdsaSha2NistP256(_),
            _,
        ) => {
            // For a certificate, the envelope is judged as if it carried the bare key.
            SshSig::new(key.clone(), namespace, hash, signature.clone())
                .and_then(|bare| PublicKey::from(key.clone()).verify(namespace, message, &bare))
                .map_err(|_| wrong())
        }
        _ => Err(Fault::Unsupported(format!(
            "signatures by keys of type {} are not supported",
            key.algorithm()
        ))),
    }
}

/// For a FIDO key, refuses a signature that nobody touched the key for; the answer is whether it checked the
/// person too. OpenSSH does not enforce the touch when it verifies.
fn touched(key: &KeyData, signature: &Signature) -> Result<Option<bool>, Fault> {
    if !matches!(key, KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_)) {
        return Ok(None);
    }
    // The signature ends with one byte of flags and four bytes of a counter.
    let bytes = signature.as_bytes();
    let flags = bytes
        .len()
        .checked_sub(5)
        .and_then(|at| bytes.get(at))
        .copied()
        .unwrap_or_default();
    if flags & 1 == 0 {
        return Err(Fault::Bad(
            "the security key signed without being touched".to_owned(),
        ));
    }
    Ok(Some(flags & 4 != 0))
}

/// Reads an armored signature. There is exactly one text for one signature, apart from the length of its lines.
fn parse(armored: &[u8]) -> Result<SshSig, Fault> {
    let bad = |why: &str| Fault::Bad(format!("this is not an SSH signature: {why}"));
    if armored.is_empty() {
        return Err(bad("the file is empty"));
    }
    if armored.len() as u64 > MAX_SIZE {
        return Err(bad("the file is too large"));
    }
    let text = std::str::from_utf8(armored).map_err(|_| bad("it is not text"))?;
    let body = text
        .strip_prefix("-----BEGIN SSH SIGNATURE-----\n")
        .and_then(|text| text.strip_suffix("\n-----END SSH SIGNATURE-----\n"))
        .ok_or_else(|| bad("its first or last line is wrong"))?;
    let lines: Vec<&str> = body.split('\n').collect();
    let width = lines[0].len();
    let (last, full) = lines
        .split_last()
        .expect("splitting gives one part at least");
    if full.iter().any(|line| line.len() != width) || !(1..=width).contains(&last.len()) {
        return Err(bad("its lines are of unequal length"));
    }
    let blob = Base64::decode_vec(&lines.concat()).map_err(|_| bad("it is not in base64"))?;
    let mut rest = blob.as_slice();
    let envelope = SshSig::decode(&mut rest).map_err(|error| match error {
        ssh_key::Error::Version { number } => unknown_version(number),
        ssh_key::Error::AlgorithmUnknown | ssh_key::Error::AlgorithmUnsupported { .. } => {
            bad("its key, hash or algorithm is not one that SSH signatures use")
        }
        _ => bad("its content is damaged"),
    })?;
    let again = envelope.encode_vec().unwrap_or_default();
    if !rest.is_empty() || again != blob {
        return Err(bad("it could be written down in another way"));
    }
    if envelope.version() != SshSig::VERSION {
        return Err(unknown_version(envelope.version()));
    }
    if !envelope.reserved().is_empty() {
        return Err(Fault::Unsupported(
            "the signature carries something that this version does not know".to_owned(),
        ));
    }
    match envelope.hash_alg() {
        HashAlg::Sha256 | HashAlg::Sha512 => Ok(envelope),
        _ => Err(bad("its hash is not SHA-256 or SHA-512")),
    }
}

fn unknown_version(version: u32) -> Fault {
    Fault::Unsupported(format!(
        "the signature's format has version {version}, known is 1"
    ))
}
