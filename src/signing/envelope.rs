//! SSHSIG, the envelope of `ssh-keygen -Y sign`: what is signed, and how the signature is written down.
//! The format is OpenSSH's `PROTOCOL.sshsig`.

use sha2::{Digest, Sha512};
use ssh_encoding::base64::{Base64, Encoding};

use super::Error;

const MAGIC: &[u8] = b"SSHSIG";
const HASH: &[u8] = b"sha512";

/// The width of an armored line, the same as `ssh-keygen` writes.
const WIDTH: usize = 70;

/// The bytes that the key signs, for `message` in `namespace`.
pub(super) fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut data = MAGIC.to_vec();
    put_string(&mut data, namespace.as_bytes());
    put_string(&mut data, b"");
    put_string(&mut data, HASH);
    put_string(&mut data, &Sha512::digest(message));
    data
}

/// Writes a signature down. `key` and `signature` are in the form of the SSH protocol, the latter with its
/// algorithm in front.
pub(super) fn armor(key: &[u8], namespace: &str, signature: &[u8]) -> Result<String, Error> {
    match signature_algorithm(signature) {
        Some(b"ssh-rsa") => return Err(Error::Unusable("it rests on SHA-1")),
        Some(_) => {}
        None => return Err(Error::Unusable("it is damaged")),
    }
    let mut blob = MAGIC.to_vec();
    blob.extend(1u32.to_be_bytes());
    put_string(&mut blob, key);
    put_string(&mut blob, namespace.as_bytes());
    put_string(&mut blob, b"");
    put_string(&mut blob, HASH);
    put_string(&mut blob, signature);
    let text = Base64::encode_string(&blob);
    let mut armored = String::from("-----BEGIN SSH SIGNATURE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(WIDTH));
        armored.push_str(line);
        armored.push('\n');
        rest = after;
    }
    armored.push_str("-----END SSH SIGNATURE-----\n");
    Ok(armored)
}

/// Appends a `string` of the SSH protocol: a length and that many bytes.
pub(super) fn put_string(to: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("what is signed or sent here is small");
    to.extend(length.to_be_bytes());
    to.extend(bytes);
}

fn signature_algorithm(signature: &[u8]) -> Option<&[u8]> {
    let (length, rest) = signature.split_first_chunk::<4>()?;
    rest.get(..u32::from_be_bytes(*length) as usize)
}
