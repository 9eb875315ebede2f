//! [`Error`]: why Space could not be read, by what a caller can do about it.

use std::time::Duration;

/// Why Space could not be read. Each names the URL without its query; none can hold the token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer came: wrong host or port, no network, bad certificate, or a server that went silent.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// What was called.
        url: String,
        /// What went wrong, such as "connection refused".
        why: String,
    },
    /// The server does not prove to be the one that was called.
    #[error("the certificate of {url} is not accepted: {why}")]
    Certificate {
        /// What was called.
        url: String,
        /// What is wrong with it, such as "it has expired".
        why: String,
    },
    /// Something answers there, but it does not speak the Space API.
    #[error("{url} did not give a Space API answer: {what}")]
    NotSpace {
        /// What was called.
        url: String,
        /// What came instead.
        what: String,
        /// Whether the address has a path prefix, which may be wrong.
        prefixed: bool,
    },
    /// The token is wrong, expired or revoked.
    #[error("{url} refused the token: {text}")]
    Unauthorized {
        /// What was called.
        url: String,
        /// The server's words.
        text: String,
    },
    /// The server understood and said no.
    #[error("{url} refused: {text}")]
    Refused {
        /// What was called.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Space's code of the error, such as `permission-denied`.
        code: Option<String>,
        /// The server's words.
        text: String,
    },
    /// The server kept asking to wait.
    #[error("{url} allows no more requests for now{}", wait.map(|wait| format!(", for {} s", wait.as_secs())).unwrap_or_default())]
    RateLimited {
        /// What was called.
        url: String,
        /// How long it asked to wait, when it said so.
        wait: Option<Duration>,
    },
    /// The server kept failing or kept cutting its answer short.
    #[error("{url} failed {tries} times: {text}")]
    Unavailable {
        /// What was called.
        url: String,
        /// How often it was tried.
        tries: u32,
        /// The last failure.
        text: String,
    },
    /// The answer is larger than the limit.
    #[error("the answer of {url} is larger than {limit} bytes")]
    TooLarge {
        /// What was called.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is JSON, but not what the call is documented to give, or it leads elsewhere.
    #[error("the answer of {url} is not understood: {what}")]
    Protocol {
        /// What was called.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// The token cannot be sent.
    #[error("the token is {what}")]
    BadToken {
        /// `empty`, or what it holds that a token cannot hold.
        what: &'static str,
    },
    /// The server gives this application no token.
    #[error("{url} gave the application no token: {text}")]
    ClientRefused {
        /// What was called.
        url: String,
        /// The server's words.
        text: String,
    },
    /// The client credentials cannot be sent.
    #[error("{what}")]
    BadClient {
        /// What is wrong with them.
        what: &'static str,
    },
    /// No client could be made on this machine.
    #[error("cannot set up the connection: {why}")]
    Setup {
        /// What failed, such as reading this system's root certificates.
        why: String,
    },
    /// What an interrupted reading left is of something else.
    #[error("what was read before cannot be gone on with: {why}")]
    NotTheSame {
        /// What differs.
        why: &'static str,
    },
    /// The caller stopped it.
    #[error("stopped before everything was read")]
    Cancelled,
}

impl Error {
    /// The next step, in a sentence for a person.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreachable { .. } => {
                "check the host, the port and the network; a proxy is taken from HTTPS_PROXY"
            }
            Self::Certificate { .. } => {
                "if your company has its own authority, give its certificate with --ca-file FILE or \
                 MUSTER_CA_FILE; otherwise check the address, and ask who runs the server"
            }
            Self::NotSpace { prefixed: true, .. } => {
                "check the path behind the host: the API is expected at <address>/api/http/"
            }
            Self::NotSpace {
                prefixed: false, ..
            } => {
                "check the address: behind a shared host Space may need a path, as in https://host/space"
            }
            Self::Unauthorized { .. } => {
                "make a new personal token in Space under Preferences, Personal Tokens, and connect again"
            }
            Self::Refused { status, code, .. } => match (code.as_deref(), status) {
                (Some("permission-denied"), _) | (None, 403) => {
                    "ask an administrator of the organization for the permission to read this"
                }
                _ => "the server may be another version of Space than this program knows",
            },
            Self::RateLimited { .. } => "try again later, or with fewer requests at a time",
            Self::Unavailable { .. } => "the server has a problem; try again later",
            Self::TooLarge { .. } => "a proxy may answer in Space's place; check the address",
            Self::Protocol { .. } => {
                "the server may be another version of Space, or the address one that it left"
            }
            Self::BadToken { .. } => "copy the token again, without blanks or line breaks",
            Self::ClientRefused { .. } => {
                "check client id and client secret in Space under Extensions, the application, Authentication, and that its client credentials flow is on"
            }
            Self::BadClient { .. } => {
                "copy client id and client secret again from Space, without blanks or line breaks"
            }
            Self::Setup { .. } => "check this machine's root certificates",
            Self::NotTheSame { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }

    /// Whether only this call failed, so that the rest can still be read and this becomes a gap.
    pub(crate) fn is_gap(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Unavailable { .. }
                | Self::TooLarge { .. }
                | Self::Protocol { .. }
        )
    }

    /// Whether the server says that the permission is missing.
    pub(crate) fn is_denied(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => code
                .as_deref()
                .map_or(*status == 403, |code| code == "permission-denied"),
            _ => false,
        }
    }

    /// Whether the server answered and withheld what was asked for.
    pub(crate) fn is_withheld(&self) -> bool {
        matches!(self, Self::Refused { status: 200, .. })
    }

    /// Whether the server says that there is no such thing, or no such call.
    pub(crate) fn is_not_found(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => code
                .as_deref()
                .map_or(*status == 404, |code| code == "not-found"),
            _ => false,
        }
    }

    /// The server's words when it objects to what was asked: an older one does not know every field.
    pub(crate) fn objection(&self) -> Option<&str> {
        match self {
            Self::Refused {
                code: Some(code),
                text,
                ..
            } if code == "validation-error" => Some(text),
            _ => None,
        }
    }

    /// The reason in a gap: the server's own words where there are any.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Refused { text, .. } => text.clone(),
            Self::Unavailable { tries, text, .. } => format!("failed {tries} times: {text}"),
            Self::TooLarge { limit, .. } => format!("the answer is larger than {limit} bytes"),
            Self::Protocol { what, .. } => format!("the answer is not understood: {what}"),
            other => other.to_string(),
        }
    }
}
