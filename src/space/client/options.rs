//! [`ClientOptions`]: how a client behaves.

use std::time::Duration;

/// How a [`Client`](super::Client) behaves. The defaults suit a server across the internet.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Requests in flight at a time, over all lists.
    pub concurrency: usize,
    /// Rows asked for in one page.
    pub page_size: u32,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the server may stay silent, before the answer and between its parts.
    pub request_timeout: Duration,
    /// The largest answer in bytes, after decompression.
    pub answer_limit: usize,
    /// How often a request is sent at most.
    pub tries: u32,
    /// The wait before the second try; it doubles from try to try.
    pub backoff: Duration,
    /// The longest such wait.
    pub backoff_limit: Duration,
    /// The longest wait the server may ask for; beyond it reading stops with an error.
    pub longest_wait: Duration,
    /// Certificates of authorities to trust besides those of this system, in DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// What the client calls itself.
    pub user_agent: String,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            concurrency: 8,
            page_size: 100,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            answer_limit: 64 << 20,
            tries: 6,
            backoff: Duration::from_millis(250),
            backoff_limit: Duration::from_secs(15),
            longest_wait: Duration::from_secs(600),
            extra_roots: Vec::new(),
            user_agent: concat!("muster/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
