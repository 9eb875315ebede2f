//! The program and its parts as a person or another program meets them.

mod contract;
mod demo;
mod signing;
mod ssh_tools;
mod verify;
mod space;
//! The program as a person meets it.

#![allow(
    clippy::disallowed_methods,
    reason = "tests stand outside the program and its layers"
)]

#[cfg(unix)]
mod pty;
#[cfg(unix)]
mod terminal;
mod tidy;
