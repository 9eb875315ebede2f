//! Keys in, screens out.

mod compared;
mod deciding;
pub(in crate::tui) mod fixture;
mod looks;
mod moving;
mod selecting;
mod signing;
