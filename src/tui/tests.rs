//! Keys in, screens out.

mod deciding;
pub(in crate::tui) mod fixture;
mod looks;
mod moving;
mod selecting;
mod signing;
