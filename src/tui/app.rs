//! [`State`]: what the screens are about; routes messages to them.

use ratatui::Frame;

use super::{
    action::Action,
    effect::Effect,
    keymap,
    message::Message,
    runtime::{Exit, Request, Screens},
    screen::{frame, layout::Shape, loading::Loading, review::Review},
    theme::Look,
    widget::pen::Pen,
};
use crate::domain::text::SafeText;

/// Everything the screens know.
#[derive(Debug)]
pub(crate) struct State {
    /// Whether something changed since the last [`view`]; the loop sets it to `false` when it has drawn.
    pub(crate) dirty: bool,
    look: Look,
    size: (u16, u16),
    phase: Phase,
    request: Option<Request>,
    exit: Option<Exit>,
}

#[derive(Debug)]
enum Phase {
    Loading(Loading),
    Review(Box<Review>),
}

impl State {
    /// Begins with the loading screen.
    pub(crate) fn new(look: Look, size: (u16, u16)) -> Self {
        Self {
            dirty: true,
            look,
            size,
            phase: Phase::Loading(Loading::default()),
            request: None,
            exit: None,
        }
    }

    /// When [`Message::Deadline`] is wanted, in the milliseconds of `update`'s `now_ms`.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        match &self.phase {
            Phase::Loading(_) => None,
            Phase::Review(review) => review.deadline_ms(),
        }
    }

    /// How the screens ended, once they have.
    pub(crate) fn finished(&self) -> Option<Exit> {
        self.exit
    }

    /// The review as it is on the screen.
    #[cfg(test)]
    pub(crate) fn campaign(&self) -> &crate::domain::campaign::Campaign {
        match &self.phase {
            Phase::Review(review) => review.campaign(),
            Phase::Loading(_) => panic!("nothing is opened yet"),
        }
    }

    /// The items that are shown; `None` while a filter is mistaken.
    #[cfg(test)]
    pub(crate) fn shown(&self) -> Option<crate::domain::items::ItemSet> {
        match &self.phase {
            Phase::Review(review) => review.shown(),
            Phase::Loading(_) => None,
        }
    }

    /// What the loop is asked for, once.
    pub(crate) fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }
}

impl Screens for State {
    type Message = Message;
    type Effect = Effect;

    fn update(&mut self, message: Message, now_ms: u64) -> Vec<Effect> {
        update(self, message, now_ms)
    }

    fn view(&self, frame: &mut Frame<'_>) {
        view(self, frame);
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    fn deadline_ms(&self) -> Option<u64> {
        self.deadline_ms()
    }

    fn take_request(&mut self) -> Option<Request> {
        self.take_request()
    }

    fn finished(&self) -> Option<Exit> {
        self.finished()
    }
}

/// Takes a message in. `now_ms` is a clock that only goes forward.
pub(crate) fn update(state: &mut State, message: Message, now_ms: u64) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Message::Resize(wide, high) = message {
        state.dirty |= state.size != (wide, high);
        state.size = (wide, high);
        if let Phase::Review(review) = &mut state.phase {
            review.resize(state.size);
        }
        return effects;
    }
    match &mut state.phase {
        Phase::Loading(loading) => {
            let before = loading.clone();
            let opened = update_loading(
                loading,
                message,
                &mut state.exit,
                &mut state.request,
                &mut effects,
            );
            state.dirty |= *loading != before;
            if let Some(opened) = opened {
                state.phase = Phase::Review(Box::new(Review::open(
                    *opened,
                    state.look.clone(),
                    state.size,
                )));
                state.dirty = true;
                effects.push(Effect::Prepare);
            }
        }
        Phase::Review(review) => {
            let before = review.desk.clone();
            let always = update_review(review, message, now_ms, &mut state.request, &mut effects);
            state.dirty |= always || review.desk != before || !effects.is_empty();
            state.exit = review.exit;
        }
    }
    state.dirty |= state.request == Some(Request::Redraw);
    effects
}

fn update_loading(
    loading: &mut Loading,
    message: Message,
    exit: &mut Option<Exit>,
    request: &mut Option<Request>,
    effects: &mut Vec<Effect>,
) -> Option<Box<super::message::Opened>> {
    match message {
        Message::Key(key) => match keymap::meaning(loading.context(), key) {
            Some(Action::Cancel) if !loading.stopping => {
                loading.stopping = true;
                effects.push(Effect::CancelLoading);
            }
            Some(Action::Back) => *exit = Some(Exit::Quit),
            Some(Action::Quit) => {
                if loading.failed.is_none() {
                    effects.push(Effect::CancelLoading);
                }
                *exit = Some(Exit::Quit);
            }
            Some(Action::Suspend) => *request = Some(Request::Suspend),
            Some(Action::Redraw) => *request = Some(Request::Redraw),
            _ => {}
        },
        Message::Loading(progress) => loading.progress = progress,
        Message::LoadingFailed { error, hint } => loading.failed = Some((error, hint)),
        Message::Broken(error) => loading.failed = Some((error, SafeText::default())),
        // A failure stays to be read.
        Message::Stopped if loading.failed.is_none() => *exit = Some(Exit::Quit),
        Message::Opened(opened) => return Some(opened),
        _ => {}
    }
    None
}

/// The answer is whether something changed for sure, apart from what is on the desk.
fn update_review(
    review: &mut Review,
    message: Message,
    now_ms: u64,
    request: &mut Option<Request>,
    effects: &mut Vec<Effect>,
) -> bool {
    match message {
        Message::Key(key) => *request = review.key(key, now_ms, effects),
        Message::Mouse(mouse) => review.mouse(mouse, now_ms, effects),
        Message::Paste(text) => review.paste(&text, effects),
        Message::Deadline => review.pass_time(now_ms),
        Message::Appended(entry) => {
            effects.extend(review.appended(*entry));
            return true;
        }
        Message::Refused(reason) => {
            effects.extend(review.refused(&reason));
            return true;
        }
        Message::Broken(reason) => {
            review.broke(&reason);
            return true;
        }
        Message::Prepared => {
            review.prepared();
            return true;
        }
        Message::Edited(text) => {
            review.edited(text, now_ms);
            *request = Some(Request::TakeBack);
            return true;
        }
        Message::Keys(keys) => {
            review.listed(keys);
            return true;
        }
        Message::Sealing(what) => {
            review.sealing(what);
            return true;
        }
        Message::Sealed { record, signer } => {
            review.sealed(&record, signer);
            return true;
        }
        Message::SealFailed(reason) => {
            review.seal_failed(&reason);
            return true;
        }
        Message::Views { own, done } => {
            review.views_changed(own, &done);
            return true;
        }
        Message::ViewsFailed(why) => {
            review.views_failed(&why);
            return true;
        }
        Message::Resize(..)
        | Message::Loading(_)
        | Message::LoadingFailed { .. }
        | Message::Stopped
        | Message::Opened(_) => {}
    }
    false
}

/// Draws the state.
pub(crate) fn view(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), area, &state.look);
    if Shape::of((area.width, area.height)) == Shape::Tiny {
        frame::draw_tiny(&mut pen);
        return;
    }
    let cursor = match &state.phase {
        Phase::Loading(loading) => {
            loading.draw(&mut pen);
            None
        }
        Phase::Review(review) => frame::draw(review, &mut pen),
    };
    if let Some((x, y)) = cursor.filter(|(x, y)| *x < area.right() && *y < area.bottom()) {
        frame.set_cursor_position((x, y));
    }
}
