//! What is accepted as evidence, and what is not.

mod allowed_signers;
mod approval;
mod attacks;
mod files;
mod hostile;
mod record;
mod sealed;
mod signature;
mod vectors;

pub(crate) use vectors::allowed_signers;
