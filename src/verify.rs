//! verify
pub mod allowed_signers;
pub mod signature;
