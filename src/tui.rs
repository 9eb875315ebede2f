//! The screens: state, update, view.
//!
//! `State` owns the campaign and a stack of screens. `update` takes a [`Message`](message::Message), changes the
//! state and may ask for [`Effect`](effect::Effect)s; it does no input or output and cannot fail. `view` draws. The loop
//! in `runtime` waits for input, for messages from whoever carries effects out, and for deadlines; it draws
//! only when something changed.

pub(crate) mod effect;
pub(crate) mod message;
pub(crate) mod plain;
pub(crate) mod runtime;
mod signals;
pub(crate) mod terminal;
