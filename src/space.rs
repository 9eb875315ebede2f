//! Client of one Space organization: from its address and a token to a snapshot of who has access to what.
//!
//! It only reads. [`rights()`] tries what a token may read. [`fetch()`] asks for every list with bounded concurrency, checks that each was read whole,
//! and turns Space's JSON into the domain's words; what could not be read becomes a gap.

mod address;
mod client;
mod error;
mod fetch;
mod oauth;
mod page;
mod rights;
mod trust;
mod wire;

#[cfg(test)]
pub(crate) use wire::any_answer;

pub use address::{Address, BadAddress};
pub use client::{Client, ClientOptions};
pub use error::Error;
pub use fetch::{Answer, BadAnswer, Earlier, Fetched, Kept, Progress, Reader, again, fetch, go_on};
pub use oauth::Application;
pub use rights::{Expiry, Owner, Rights, TokenFacts, rights};
pub use trust::{BadAuthorities, authorities};
