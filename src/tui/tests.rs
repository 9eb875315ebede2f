//! Keys in, screens out.

mod deciding;
mod fixture;
mod looks;
mod moving;
mod selecting;
mod signing;
