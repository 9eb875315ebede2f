//! How the connection is made: whom it trusts, whom it goes through, and what its failures mean.
//!
//! Only certificates that this system trusts are accepted, and those the caller adds. A proxy is taken from
//! `HTTPS_PROXY`, unless `NO_PROXY` excludes the host. `http` goes to this machine alone, and directly.

use std::io;

use reqwest::redirect;
use rustls::CertificateError;
use url::Url;

use super::{Address, ClientOptions, Trouble};
use crate::{domain::text::SafeText, space::error::Error};

/// The connections to `address`.
pub(super) fn connections(
    address: &Address,
    options: &ClientOptions,
) -> Result<reqwest::Client, Error> {
    // Fails only when there is one already, which will do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .redirect(redirect::Policy::none())
        .gzip(true)
        .referer(false);
    if address.is_this_machine() {
        http = http.no_proxy();
    }
    let setup = |error: reqwest::Error| Error::Setup {
        why: causes(&error.without_url()),
    };
    if address.call("", "").scheme() == "https" {
        let roots = options.extra_roots.iter();
        let roots: Result<Vec<_>, _> = roots
            .map(|root| reqwest::Certificate::from_der(root))
            .collect();
        http = http.https_only(true).tls_certs_merge(roots.map_err(setup)?);
    } else {
        // Nothing is encrypted on the way to this machine, so nobody has to be trusted: a system without
        // any root certificates will do.
        http = http.tls_certs_only([]);
    }
    http.build().map_err(setup)
}

/// What a failure of the connection means for the request.
pub(super) fn trouble(url: &Url, error: reqwest::Error) -> Trouble {
    let url = without_query(url);
    let error = error.without_url();
    if let Some(certificate) = bad_certificate(&error) {
        let why = in_words(certificate);
        return Trouble::Final(Error::Certificate { url, why }, None);
    }
    let connected = !error.is_connect();
    let why = causes(&error);
    if connected {
        Trouble::Again(Error::Unreachable { url, why })
    } else {
        Trouble::NoConnection(Error::Unreachable { url, why })
    }
}

/// What is wrong with the certificate of the server, when that is behind `error`.
fn bad_certificate<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a CertificateError> {
    if let Some(rustls::Error::InvalidCertificate(certificate)) = error.downcast_ref() {
        return Some(certificate);
    }
    // What an I/O error was made of is not its source, but the thing itself.
    let made_of = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match made_of {
        Some(inner) => bad_certificate(inner),
        None => error.source().and_then(bad_certificate),
    }
}

fn in_words(certificate: &CertificateError) -> String {
    match certificate {
        CertificateError::UnknownIssuer => {
            "no authority that this system trusts has issued it".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::BadSignature => "the authority it names has not signed it".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        other => SafeText::of(&other.to_string()).to_string(),
    }
}

pub(super) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// An error and what is behind it, in one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !line.ends_with(&cause_text) {
            line.push_str(": ");
            line.push_str(&cause_text);
        }
        source = cause.source();
    }
    SafeText::of(&line).to_string()
}
