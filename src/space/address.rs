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

    /// Reads what a person typed or pasted. Without a scheme it is `https`, on this machine `http`. What
    /// follows `/api/http` is cut, so the URL of an API call will do.
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadAddress::Empty);
        }
        let with_scheme = if text.contains("://") {
            text.to_owned()
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
        let path = url.path();
        let path = path.find("/api/http/").map_or(path, |at| &path[..at]);
        let path = path.strip_suffix("/api/http").unwrap_or(path);
        let path = format!("{}/", path.trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self { base: url })
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

    /// Whether it is on this machine, where no proxy stands in between.
    pub(crate) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.base)
    }

    /// Whether a path stands behind the host.
    pub(crate) fn has_prefix(&self) -> bool {
        self.base.path() != "/"
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
