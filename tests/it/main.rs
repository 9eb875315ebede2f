//! The program as a person meets it.

mod signing;
mod ssh_tools;
mod verify;
