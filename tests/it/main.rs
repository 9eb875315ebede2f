//! The program as a person meets it.

mod signing;
mod ssh_tools;
mod verify;
//! The program and its parts as a person or another program meets them.

mod demo;
