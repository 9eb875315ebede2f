//! Any moment of a journal on the screen: a set of screens of its own in the same loop.
//!
//! It only looks, by construction: [`State`] holds the journal and nothing that could write, and there is no
//! [`Effect`] it could ask for. What is known of where the journal comes from ([`Proof`]) stands on every screen.

mod beside;
mod events;
mod inside;
mod keys;
mod proof;
mod sheet;
mod timeline;
mod view;

pub(crate) use proof::Proof;

use ratatui::Frame;

use self::{beside::Beside, events::Chosen, sheet::Sheet, timeline::Timeline};
use super::{
    message::Input,
    runtime::{Exit, Request, Screens},
    screen::review::Review,
    theme::Look,
    widget::{pen::scrolled, text::number},
};
use crate::domain::{campaign::replay::Replay, text::SafeText, time::Timestamp};

/// There is nothing that these screens could ask for.
#[derive(Debug)]
pub(crate) enum Effect {}

/// What is shown, and what is known of it.
#[derive(Debug)]
pub(crate) struct Start {
    /// The journal, at the moment to begin with.
    pub(crate) replay: Replay,
    /// Where it comes from.
    pub(crate) proof: Proof,
    /// Who approved it, in words, when somebody did.
    pub(crate) approved: Option<SafeText>,
    /// A filter of entries to begin with, which was understood.
    pub(crate) filter: Option<String>,
}

/// Everything the screens know.
#[derive(Debug)]
pub(crate) struct State {
    dirty: bool,
    look: Look,
    size: (u16, u16),
    request: Option<Request>,
    exit: Option<Exit>,
    replay: Replay,
    proof: Proof,
    /// Who approved it, in words.
    approved: Option<SafeText>,
    /// The entries that a filter chooses, when there is one.
    chosen: Option<Chosen>,
    /// An event to compare with.
    mark: Option<u32>,
    pane: Pane,
    /// The first row of the list that is shown.
    top: usize,
    beside: Beside,
    playing: Option<Playing>,
    /// The place in [`SPEEDS`].
    speed: usize,
    sheet: Option<Sheet>,
    /// A key that needs another one.
    prefix: Option<char>,
    said: Said,
    timeline: Timeline,
    /// The first event of each session.
    sessions: Vec<u32>,
    /// The screens of the review, once they were opened.
    review: Option<Box<Review>>,
    /// Whether they are shown.
    inside: bool,
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Events,
    Beside,
}

/// The journal goes on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Playing {
    /// When the next events come.
    due_ms: u64,
}

/// What was said last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Said {
    text: String,
    refused: bool,
}

/// Events a second.
const SPEEDS: [u64; 7] = [1, 2, 5, 20, 100, 1000, 10_000];

/// No oftener than this are events shown while they go on by themselves.
const SHOWN_MS: u64 = 50;

/// Why nothing is decided here.
const READ_ONLY: &str = "read-only: this is a replay";

impl State {
    /// Begins at the moment that `start` shows.
    pub(crate) fn new(look: Look, start: Start) -> Self {
        let sessions = timeline::sessions(start.replay.end());
        let mut state = Self {
            dirty: true,
            look,
            size: (0, 0),
            request: None,
            exit: None,
            replay: start.replay,
            proof: start.proof,
            approved: start.approved,
            chosen: None,
            mark: None,
            pane: Pane::Events,
            top: 0,
            beside: Beside::default(),
            playing: None,
            speed: 1,
            sheet: None,
            prefix: None,
            said: Said::default(),
            timeline: Timeline::default(),
            sessions,
            review: None,
            inside: false,
        };
        if let Some(text) = start.filter
            && let Err(why) = state.filter(&text)
        {
            state.refuse(why);
        }
        state.arrived();
        state
    }

    fn say(&mut self, text: impl Into<String>) {
        self.said = Said {
            text: text.into(),
            refused: false,
        };
    }

    fn refuse(&mut self, text: impl Into<String>) {
        self.said = Said {
            text: text.into(),
            refused: true,
        };
    }

    /// The time of the event that is shown.
    fn at_time(&self) -> Timestamp {
        let last = self.replay.campaign().entries().last();
        last.expect("a journal has a first entry").at
    }

    /// Shows another moment.
    fn seek(&mut self, to: u32) {
        self.replay.seek(to);
        self.arrived();
    }

    /// Brings everything up to date that follows from the moment.
    fn arrived(&mut self) {
        self.beside = Beside::of(&self.replay, &self.beside);
        if self.inside
            && let Some(review) = &mut self.review
        {
            review.show(self.replay.campaign().clone());
        }
        self.settle();
    }

    /// Brings everything up to date that follows from the size and the selection.
    fn settle(&mut self) {
        let areas = self.areas();
        let height = |area: Option<ratatui::layout::Rect>| {
            area.map_or(0, |area| usize::from(area.height.saturating_sub(1)))
        };
        let rows = self.rows();
        self.top = scrolled(self.top, rows.here(), rows.len(), height(areas.list));
        self.beside.go(
            self.replay.campaign(),
            super::action::Action::Redraw,
            height(areas.beside),
        );
        let wide = usize::from(areas.timeline.width).saturating_sub(8);
        if self.timeline.wide() != wide {
            self.timeline = Timeline::of(self.replay.end(), wide);
        }
    }

    /// Goes on while it plays. When time has gone by, no more is made up for than a second.
    fn play(&mut self, now_ms: u64) {
        let Some(playing) = self.playing.filter(|playing| now_ms >= playing.due_ms) else {
            return;
        };
        let speed = SPEEDS[self.speed];
        let apart = (1000 / speed).max(SHOWN_MS);
        let late = (now_ms - playing.due_ms).min(1000);
        let events = ((apart + late) * speed / 1000).max(1);
        let mut to = self.replay.at();
        match &self.chosen {
            None => to = to.saturating_add(u32::try_from(events).unwrap_or(u32::MAX)),
            Some(chosen) => {
                let next = chosen.entries.partition_point(|seq| *seq <= to);
                let events = usize::try_from(events).unwrap_or(usize::MAX);
                let last = chosen.entries.len().saturating_sub(1);
                let place = next.saturating_add(events - 1).min(last);
                to = chosen.entries.get(place).map_or(to, |seq| to.max(*seq));
            }
        }
        let to = to.min(self.replay.last());
        let ended = to == self.replay.at() || to == self.replay.last();
        self.seek(to);
        if ended {
            self.playing = None;
            self.say(format!("this is the end, entry {}", number(u64::from(to))));
        } else {
            self.playing = Some(Playing {
                due_ms: now_ms + apart,
            });
        }
    }
}

impl Screens for State {
    type Message = Input;
    type Effect = Effect;

    fn update(&mut self, message: Input, now_ms: u64) -> Vec<Effect> {
        self.dirty = true;
        match message {
            Input::Key(key) => self.key(key, now_ms),
            Input::Mouse(mouse) => self.mouse(mouse, now_ms),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(wide, high) => self.resize((wide, high)),
            Input::Deadline => {
                let before = self.deadline_ms();
                self.play(now_ms);
                if let Some(review) = &mut self.review {
                    review.pass_time(now_ms);
                }
                self.dirty = before != self.deadline_ms();
            }
        }
        Vec::new()
    }

    fn view(&self, frame: &mut Frame<'_>) {
        self.draw(frame);
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    fn deadline_ms(&self) -> Option<u64> {
        let inside = self.review.as_ref().filter(|_| self.inside);
        let prefix = inside.and_then(|review| review.deadline_ms());
        self.playing
            .map(|playing| playing.due_ms)
            .into_iter()
            .chain(prefix)
            .min()
    }

    fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    fn finished(&self) -> Option<Exit> {
        self.exit
    }
}

#[cfg(test)]
mod tests;
