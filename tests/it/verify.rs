//! What is accepted as evidence, and what is not.

mod allowed_signers;
mod approval;
mod attacks;
mod deep;
mod files;
mod hostile;
mod many;
mod record;
mod revoked_keys;
mod sealed;
mod signature;
mod unproven;
mod vectors;

pub(crate) use files::Files;
pub(crate) use vectors::{allowed_signers, signers};
