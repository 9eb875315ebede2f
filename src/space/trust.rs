//! Authorities that a person trusts besides those of the system.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Why a file does not name authorities to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAuthorities {
    /// It has no certificate in PEM.
    #[error("it holds no certificate in PEM")]
    None,
    /// One of its certificates cannot be read.
    #[error("certificate {number} in it cannot be read")]
    Unreadable {
        /// Which one, from 1.
        number: usize,
    },
}

/// The certificates of a PEM file, in DER, for [`ClientOptions::extra_roots`](super::ClientOptions). Whatever
/// stands between them, such as a private key or text, is passed over.
pub fn authorities(pem: &[u8]) -> Result<Vec<Vec<u8>>, BadAuthorities> {
    let mut roots = Vec::new();
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let number = roots.len() + 1;
        let unreadable = || BadAuthorities::Unreadable { number };
        let certificate = certificate.map_err(|_| unreadable())?;
        roots.push(certificate.to_vec());
        store.add(certificate).map_err(|_| unreadable())?;
    }
    if roots.is_empty() {
        return Err(BadAuthorities::None);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        let names = vec!["authority.example".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("it is made");
        made.cert.pem()
    }

    #[test]
    fn a_file_may_hold_several_authorities_and_text_between_them() {
        let pem = format!("The first\n{}\nThe second\n{}", authority(), authority());
        assert_eq!(authorities(pem.as_bytes()).map(|roots| roots.len()), Ok(2));
    }

    #[test]
    fn a_file_without_authorities_is_refused() {
        let damaged = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let second = format!("{}{other}", authority());
        let unreadable = |number| Err(BadAuthorities::Unreadable { number });
        for (pem, expected) in [
            ("", Err(BadAuthorities::None)),
            ("\u{0}\u{1}", Err(BadAuthorities::None)),
            (damaged, unreadable(1)),
            (other, unreadable(1)),
            (&second, unreadable(2)),
        ] {
            assert_eq!(authorities(pem.as_bytes()), expected, "{pem}");
        }
    }
}
