//! User access reviews of one organization in `JetBrains` Space, in a terminal, with a signed record.
//!
//! The modules in reading order. `domain`, `format`, `verify` and `export` are the pure core: they have no clock,
//! no randomness and no input or output of their own. Everything that touches the world stands outside
//! them, and `command` introduces the parts to each other. `ARCHITECTURE.md` tells the rest.

pub mod domain;
pub mod format;
pub mod verify;

mod export;

pub mod demo;
pub mod space;
pub mod store;

mod cli;
mod command;
mod config;
mod credentials;
pub mod signing;
mod tui;

#[cfg(test)]
mod fuzz;

pub use cli::run;
