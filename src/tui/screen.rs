//! The screens: each with its state, what keys do to it, and how it is drawn.

pub(crate) mod ask;
mod breakdown;
pub(crate) mod bulk;
pub(crate) mod card;
pub(crate) mod commands;
pub(crate) mod filter;
pub(crate) mod frame;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod layout;
pub(crate) mod loading;
pub(crate) mod marks;
pub(crate) mod order;
pub(crate) mod panels;
pub(crate) mod path;
pub(crate) mod preview;
pub(crate) mod queue;
pub(crate) mod reason;
pub(crate) mod review;
pub(crate) mod selection;
pub(crate) mod sign_off;
pub(crate) mod views;
pub(crate) mod why;
