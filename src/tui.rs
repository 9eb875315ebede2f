//! The screens: state, update, view.
//!
//! [`State`](app::State) owns the campaign and a stack of screens. `update` takes a [`Message`](message::Message), changes the
//! state and may ask for [`Effect`](effect::Effect)s; it does no input or output and cannot fail. `view` draws. The loop
//! in [`runtime`] waits for input, for messages from whoever carries effects out, and for deadlines; it draws
//! only when something changed. [`mod@connect`], [`mod@replay`] and [`mod@compare`] are sets of screens of their own in the same loop. [`plain`] is the same review as lines and prompts.

pub(crate) mod action;
pub(crate) mod app;
pub(crate) mod compare;
pub(crate) mod connect;
pub(crate) mod effect;
pub(crate) mod keymap;
pub(crate) mod message;
pub(crate) mod phrase;
pub(crate) mod plain;
pub(crate) mod replay;
pub(crate) mod runtime;
pub(crate) mod screen;
mod signals;
mod table;
pub(crate) mod terminal;
pub(crate) mod theme;
mod unusual;
pub(crate) mod widget;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Shows the screens of a review in the terminal until a person leaves them. `variable` reads the environment.
///
/// # Errors
/// When the terminal cannot be used, or nobody carries effects out any more.
pub(crate) fn run(
    variable: impl Fn(&str) -> Option<String>,
    effects: UnboundedSender<effect::Effect>,
    messages: UnboundedReceiver<message::Message>,
) -> Result<runtime::Exit, runtime::Error> {
    let look = terminal::Look::of(variable);
    // The loop tells the size before the first frame.
    let mut state = app::State::new(theme(look), (0, 0));
    runtime::run(&mut state, look, effects, messages)
}

/// Shows the screens that connect an organization, likewise.
///
/// # Errors
/// As [`run`].
pub(crate) fn connect(
    variable: impl Fn(&str) -> Option<String>,
    start: &connect::Start,
    effects: UnboundedSender<connect::message::Effect>,
    messages: UnboundedReceiver<connect::message::Message>,
) -> Result<runtime::Exit, runtime::Error> {
    let look = terminal::Look::of(variable);
    let mut state = connect::State::new(theme(look), start);
    runtime::run(&mut state, look, effects, messages)
}

/// Shows a journal at any of its moments, to look at.
///
/// # Errors
/// As [`run`].
pub(crate) fn replay(
    variable: impl Fn(&str) -> Option<String>,
    start: replay::Start,
) -> Result<runtime::Exit, runtime::Error> {
    let look = terminal::Look::of(variable);
    let mut state = replay::State::new(theme(look), start);
    look_only(&mut state, look)
}

/// Shows what differs between two moments, to look at.
///
/// # Errors
/// As [`run`].
pub(crate) fn compare(
    variable: impl Fn(&str) -> Option<String>,
    start: compare::Start<'_>,
) -> Result<runtime::Exit, runtime::Error> {
    let look = terminal::Look::of(variable);
    let mut state = compare::State::new(theme(look), start);
    look_only(&mut state, look)
}

/// Runs screens that ask for nothing and that nobody but the terminal tells anything.
fn look_only<S: runtime::Screens>(
    state: &mut S,
    look: terminal::Look,
) -> Result<runtime::Exit, runtime::Error> {
    // Both channels stay open.
    let (effects, _asked) = tokio::sync::mpsc::unbounded_channel();
    let (_told, messages) = tokio::sync::mpsc::unbounded_channel();
    runtime::run(state, look, effects, messages)
}

/// Colours and signs for this terminal.
fn theme(look: terminal::Look) -> theme::Look {
    let colors = match (look.colour, look.deep_colour) {
        (false, _) => theme::Colors::None,
        (true, false) => theme::Colors::Sixteen,
        (true, true) => theme::Colors::Full,
    };
    theme::Look::new(colors, !look.unicode)
}

#[cfg(test)]
pub(crate) mod tests;
