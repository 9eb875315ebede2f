//! What is accepted as evidence, and what is not.

mod allowed_signers;
mod attacks;
mod record;
mod signature;
mod vectors;
