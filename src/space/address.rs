//! [`Address`]: where a Space organization answers.

use std::{fmt, net::IpAddr, str::FromStr};

use url::{Host, Url};

use crate::domain::text::SafeText;

/// The address of one Space organization: scheme, host, port and path prefix, and nothing secret.
///
/// It is `https`, or `http` on this machine alone, so a token never travels unprotected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The server; its path ends with a slash.
    base: Url,
}

/// Why a text is not the address of a Space organization.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing was typed.
    #[error("the address is empty")]
    Empty,
    /// It cannot be read as a URL.
    #[error("{text} is not an address: {why}")]
    NotUrl {
        /// What was typed, without what might be a password.
        text: SafeText,
        /// What the reader stumbled over.
        why: String,
    },
    /// A scheme other than `https` and `http`.
    #[error("{scheme} is not a way to reach Space; the address starts with https://")]
    Scheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// `http` to another machine.
    #[error("http would send the token to {host} unprotected; only https is allowed there")]
    Unprotected {
        /// The host.
        host: String,
    },
    /// A name or password stands before the host.
    #[error("the address carries a name or password before the host; leave that out")]
    UserInfo,
    /// There is a `?`.
    #[error("the address carries a query after ?; leave that out")]
    Query,
    /// There is a `#`.
    #[error("the address carries a fragment after #; leave that out")]
    Fragment,
}

impl FromStr for Address {
    type Err = BadAddress;

    /// Reads what a person typed or pasted.
    ///
    /// A bare word is a subdomain in the cloud: `acme` is `https://acme.jetbrains.space`. Without a scheme it
    /// is `https`, on this machine `http`. A link to a page of Space or to an API call is cut back to where
    /// the organization answers. What an address means shows in its text; show it before using it.
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadAddress::Empty);
        }
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else if is_subdomain(text) {
            format!("https://{text}{CLOUD}")
        } else {
            let https = format!("https://{text}");
            match Url::parse(&https) {
                Ok(url) if is_this_machine(&url) => format!("http://{text}"),
                _ => https,
            }
        };
        let mut url = Url::parse(&with_scheme).map_err(|error| BadAddress::NotUrl {
            text: without_userinfo(text),
            why: error.to_string(),
        })?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(BadAddress::Scheme {
                scheme: SafeText::of(url.scheme()).to_string(),
            });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::UserInfo);
        }
        let path = if let Some(base) = base_path(url.path()).map(str::to_owned) {
            // A link into Space: what its query and fragment say is about that page.
            url.set_query(None);
            url.set_fragment(None);
            base
        } else {
            url.path().to_owned()
        };
        if url.query().is_some() {
            return Err(BadAddress::Query);
        }
        if url.fragment().is_some() {
            return Err(BadAddress::Fragment);
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            return Err(BadAddress::Unprotected {
                host: url.host_str().unwrap_or_default().to_owned(),
            });
        }
        let path = format!("{}/", path.trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self { base: url })
    }
}

/// What follows the subdomain of an organization in the cloud.
const CLOUD: &str = ".jetbrains.space";

/// Whether it is one word that can be a subdomain; this machine's own name is none.
fn is_subdomain(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.eq_ignore_ascii_case("localhost")
}

/// Where the path of a link into Space can be cut: in front of an API call, or of a page that is known.
/// `None` when nothing is recognized.
fn base_path(path: &str) -> Option<&str> {
    if let Some(at) = path.find("/api/http/") {
        return Some(&path[..at]);
    }
    if let Some(base) = path.strip_suffix("/api/http") {
        return Some(base);
    }
    let mut at = 0;
    while let Some(start) = path[at..].find('/').map(|slash| at + slash) {
        let mut segments = path[start + 1..].split('/');
        let first = segments.next().unwrap_or_default();
        let second = segments.next().unwrap_or_default();
        if is_page(first, second) {
            return Some(&path[..start]);
        }
        at = start + 1;
    }
    None
}

/// Whether a page of Space begins with these two segments of a path.
fn is_page(first: &str, second: &str) -> bool {
    let key =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    match first {
        "m" | "im" | "manage" | "extensions" => !second.is_empty(),
        "p" => second.starts_with(|c: char| c.is_ascii_uppercase()) && second.bytes().all(key),
        "oauth" => matches!(second, "token" | "auth" | "login" | "signup"),
        _ => false,
    }
}

impl Address {
    /// The URL of the API call `path`, such as `team-directory/profiles`, with `query` behind it.
    pub(crate) fn call(&self, path: &str, query: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}api/http/{path}", self.base.path()));
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// Where an application asks for an access token.
    pub(crate) fn token_endpoint(&self) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}oauth/token", self.base.path()));
        url
    }

    /// Whether it is on this machine, where no proxy stands in between.
    pub(crate) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.base)
    }

    /// Whether a path stands behind the host.
    pub(crate) fn has_prefix(&self) -> bool {
        !self.prefix().is_empty()
    }

    /// The path behind the host, such as `/space`; empty when there is none.
    pub(crate) fn prefix(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }

    /// The host as it is called: a name beyond ASCII in its encoded form.
    pub(crate) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The port, also where it goes without saying.
    pub(crate) fn port(&self) -> u16 {
        self.base.port_or_known_default().unwrap_or_default()
    }

    /// Whether what is sent there is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// What was typed, without anything that stands before an `@`.
fn without_userinfo(text: &str) -> SafeText {
    SafeText::of(text.rsplit_once('@').map_or(text, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_a_person_types_it() {
        for (typed, shown) in [
            (
                "https://acme.jetbrains.space",
                "https://acme.jetbrains.space",
            ),
            (
                " https://ACME.jetbrains.space/ ",
                "https://acme.jetbrains.space",
            ),
            ("acme.jetbrains.space", "https://acme.jetbrains.space"),
            (
                "https://git.example:8443/space/",
                "https://git.example:8443/space",
            ),
            ("git.example:8443/space", "https://git.example:8443/space"),
            ("http://127.0.0.1:8084", "http://127.0.0.1:8084"),
            ("http://127.9.9.9:1/x", "http://127.9.9.9:1/x"),
            ("127.0.0.1:8084", "http://127.0.0.1:8084"),
            ("http://[::1]:8084/", "http://[::1]:8084"),
            ("http://localhost:80", "http://localhost"),
            (
                "https://h.example/p/api/http/organization",
                "https://h.example/p",
            ),
            ("https://h.example/api/http", "https://h.example"),
            ("acme", "https://acme.jetbrains.space"),
            (" Acme-2 ", "https://acme-2.jetbrains.space"),
            ("localhost", "http://localhost"),
            ("space:8443", "https://space:8443"),
            ("space/", "https://space"),
            (
                "https://acme.jetbrains.space/m/ada.kern",
                "https://acme.jetbrains.space",
            ),
            (
                "https://acme.jetbrains.space/p/FW/repositories/core?line=3#L3",
                "https://acme.jetbrains.space",
            ),
            (
                "git.example:8443/space/p/WEB-2",
                "https://git.example:8443/space",
            ),
            ("https://h.example/p/m/ada?tab=teams", "https://h.example/p"),
            (
                "https://h.example/p/api/http/projects/key:FW?$fields=id",
                "https://h.example/p",
            ),
            ("https://h.example/x/oauth/token", "https://h.example/x"),
            (
                "https://acme.jetbrains.space/extensions/installedApplications/app?id=1",
                "https://acme.jetbrains.space",
            ),
            ("https://h.example/m", "https://h.example/m"),
            ("https://h.example/team", "https://h.example/team"),
            ("https://h.example/manage/", "https://h.example/manage"),
            ("https://h.example/p/web", "https://h.example/p/web"),
            ("https://h.example/steam/", "https://h.example/steam"),
        ] {
            let address: Address = typed.parse().expect(typed);
            assert_eq!(address.to_string(), shown);
            assert_eq!(
                address.call("organization", "").to_string(),
                format!("{shown}/api/http/organization")
            );
        }
    }

    #[test]
    fn an_address_that_would_leak_or_mislead_is_refused() {
        let host = "evil.example".to_owned();
        for (typed, error) in [
            ("", BadAddress::Empty),
            (
                "http://evil.example",
                BadAddress::Unprotected { host: host.clone() },
            ),
            (
                "http://127.0.0.1.evil.example",
                BadAddress::Unprotected {
                    host: "127.0.0.1.evil.example".into(),
                },
            ),
            (
                "http://localhost.evil.example",
                BadAddress::Unprotected {
                    host: "localhost.evil.example".into(),
                },
            ),
            (
                "ftp://evil.example",
                BadAddress::Scheme {
                    scheme: "ftp".into(),
                },
            ),
            ("https://ada:pass@evil.example", BadAddress::UserInfo),
            ("https://ada:pass@evil.example/m/ada", BadAddress::UserInfo),
            (
                "http://evil.example/p/FW",
                BadAddress::Unprotected { host: host.clone() },
            ),
            ("https://evil.example/space?a=b", BadAddress::Query),
            ("https://ada@evil.example", BadAddress::UserInfo),
            ("https://evil.example/?a=b", BadAddress::Query),
            ("https://evil.example/#a", BadAddress::Fragment),
        ] {
            assert_eq!(typed.parse::<Address>(), Err(error), "{typed}");
        }
        let error = "https://ada:hunter2@exa mple"
            .parse::<Address>()
            .expect_err("a space");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
