//! The program and its parts as a person or another program meets them.
#![allow(
    clippy::disallowed_methods,
    reason = "tests stand outside the program and its layers"
)]

mod approve;
mod auditor;
mod by_hand;
#[cfg(unix)]
mod check;
mod compare;
mod connect;
mod contract;
mod delta;
mod demo;
mod disclose;
mod drift;
#[cfg(unix)]
mod editor;
mod export;
mod keyring;
mod kill;
mod policy;
mod program;
#[cfg(unix)]
mod pty;
#[cfg(unix)]
mod replay;
mod resume;
mod review;
mod rights;
mod scope;
mod seal;
mod signing;
mod space;
mod ssh_tools;
#[cfg(unix)]
mod story;
#[cfg(unix)]
mod terminal;
mod tidy;
mod trouble;
mod verify;
mod views;
