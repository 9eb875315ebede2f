//! What keys, the mouse and pastes do in a replay.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Pane, Playing, READ_ONLY, SPEEDS, State, sheet::Sheet};
use crate::tui::{
    action::{Action, Moment},
    keymap::{self, Context},
    runtime::{Exit, Request},
    screen::{
        help::{About, Help},
        layout::Shape,
        review::moved,
    },
    widget::{field::Field, text::number},
};

/// Rows one turn of the wheel moves.
const NOTCH: usize = 3;

impl State {
    /// Which keys count now.
    pub(super) fn context(&self) -> Context {
        match (&self.sheet, &self.review) {
            (Some(Sheet::GoTo(_) | Sheet::Filter(_)), _) => Context::Words,
            (Some(Sheet::Help(_)), _) => Context::Help,
            (Some(Sheet::Bulk(_) | Sheet::Differ(_)), _) => Context::ReplaySheet,
            (None, Some(review)) if self.inside => review.context(),
            (None, _) => Context::Replay,
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent, now_ms: u64) {
        if self.inside && self.sheet.is_none() {
            self.key_inside(key, now_ms);
            return;
        }
        let context = self.context();
        let prefix = self.prefix.take();
        let action = match prefix {
            Some(first) => keymap::sequence(context, first, key),
            None => keymap::meaning(context, key),
        };
        if Shape::of(self.size) == Shape::Tiny {
            match (action, key.code) {
                (Some(Action::Quit), _) | (_, KeyCode::Char('q')) => self.exit = Some(Exit::Quit),
                (Some(Action::Suspend), _) => self.request = Some(Request::Suspend),
                _ => {}
            }
            return;
        }
        if prefix.is_none()
            && let Some(first) = keymap::begins(context, key)
        {
            self.prefix = Some(first);
            return;
        }
        match action {
            Some(Action::Quit) => self.exit = Some(Exit::Quit),
            Some(Action::Suspend) => self.request = Some(Request::Suspend),
            Some(Action::Redraw) => self.request = Some(Request::Redraw),
            Some(action) if self.sheet.is_some() => self.act_on_sheet(action),
            Some(action) => self.act(action, key, now_ms),
            None => self.typed(key),
        }
    }

    fn act(&mut self, action: Action, key: KeyEvent, now_ms: u64) {
        self.said = super::Said::default();
        match action {
            Action::Replay(moment) => self.act_on_moment(moment, now_ms),
            Action::Filter => {
                let text = self
                    .chosen
                    .as_ref()
                    .map_or("", |chosen| chosen.text.as_str());
                self.sheet = Some(Sheet::Filter(Field::of(text)));
                self.playing = None;
            }
            Action::OtherPane => {
                self.pane = match self.pane {
                    Pane::Events => Pane::Beside,
                    Pane::Beside => Pane::Events,
                };
                self.settle();
            }
            Action::Open => self.open_review(),
            Action::Help => self.sheet = Some(Sheet::Help(Help::of(About::Replay))),
            // A key that is held down stops what it began to peel.
            Action::Cancel if key.kind != KeyEventKind::Repeat => self.peel(),
            Action::Back => self.exit = Some(Exit::Quit),
            action => self.go(action),
        }
    }

    fn act_on_moment(&mut self, moment: Moment, now_ms: u64) {
        let (at, last) = (self.replay.at(), self.replay.last());
        let there = |seq: Option<&u32>, otherwise: u32| seq.copied().unwrap_or(otherwise);
        match moment {
            Moment::Next => self.step_to(
                Some(at + 1).filter(|to| *to <= last),
                "this is the last entry",
            ),
            Moment::Previous => {
                self.step_to(Some(at - 1).filter(|to| *to > 0), "this is the first entry");
            }
            Moment::NextSession => {
                let next = self.sessions.partition_point(|seq| *seq <= at);
                let to = there(self.sessions.get(next), last);
                self.step_to(Some(to), "");
            }
            Moment::PreviousSession => {
                let here = self.sessions.partition_point(|seq| *seq < at);
                let to = there(here.checked_sub(1).and_then(|it| self.sessions.get(it)), 1);
                self.step_to(Some(to), "");
            }
            Moment::NextChosen | Moment::PreviousChosen if self.chosen.is_none() => {
                self.refuse("there is no filter; / sets one");
            }
            Moment::NextChosen => {
                let next = self.rows().next();
                self.step_to(next, "no entry of the filter follows");
            }
            Moment::PreviousChosen => {
                let previous = self.rows().previous();
                self.step_to(previous, "no entry of the filter stands before");
            }
            Moment::Play => {
                if self.playing.take().is_some() {
                    self.say("stopped");
                } else if at == last {
                    self.refuse("this is the last entry; Home goes to the first");
                } else {
                    self.playing = Some(Playing { due_ms: now_ms });
                    self.say(self.pace());
                }
            }
            Moment::Faster => self.set_speed(self.speed + 1),
            Moment::Slower => self.set_speed(self.speed.saturating_sub(1)),
            Moment::GoTo => {
                self.playing = None;
                self.sheet = Some(Sheet::GoTo(Field::default()));
            }
            Moment::Mark => {
                self.mark = Some(at).filter(|at| self.mark != Some(*at));
                self.say(match self.mark {
                    Some(at) => format!(
                        "entry {} is marked; go to another one and press d",
                        number(u64::from(at))
                    ),
                    None => "no entry is marked".to_owned(),
                });
            }
            Moment::Differ => self.open_differ(),
            Moment::Bulk => self.open_bulk(),
            Moment::OnlyItem => match self.beside.item(self.replay.campaign()) {
                Some(item) => {
                    let filtered = self.filter(&format!("item:{}", item.number()));
                    filtered.unwrap_or_else(|why| self.refuse(why));
                }
                None => self.refuse("this entry is about no item"),
            },
        }
    }

    fn step_to(&mut self, to: Option<u32>, otherwise: &str) {
        self.playing = None;
        match to {
            Some(to) => self.seek(to),
            None => self.refuse(otherwise),
        }
    }

    fn set_speed(&mut self, speed: usize) {
        self.speed = speed.min(SPEEDS.len() - 1);
        self.say(self.pace());
    }

    fn pace(&self) -> String {
        let speed = SPEEDS[self.speed];
        format!(
            "{}: {} {} a second; + and - change that, space stops",
            if self.playing.is_some() {
                "playing"
            } else {
                "speed"
            },
            number(speed),
            if speed == 1 { "entry" } else { "entries" }
        )
    }

    /// Moves in the pane that has the keys.
    fn go(&mut self, action: Action) {
        let areas = self.areas();
        match self.pane {
            Pane::Events => {
                let page = areas
                    .list
                    .map_or(1, |area| usize::from(area.height.saturating_sub(1)));
                let rows = self.rows();
                let row = moved(rows.here(), rows.len(), page.max(1), action);
                let to = rows.entry(row);
                self.playing = None;
                if let Some(to) = to.filter(|to| *to != self.replay.at()) {
                    self.seek(to);
                }
            }
            Pane::Beside => {
                let height = areas
                    .beside
                    .map_or(1, |area| usize::from(area.height.saturating_sub(1)));
                self.beside.go(self.replay.campaign(), action, height);
            }
        }
    }

    /// Esc: what plays, then the filter, then the mark.
    fn peel(&mut self) {
        if self.playing.take().is_some() {
            self.say("stopped");
        } else if self.chosen.take().is_some() {
            self.settle();
        } else if self.mark.take().is_none() {
            self.say("q leaves");
        }
    }

    /// A key that means nothing here: it is typed into a line, or it would decide if this were the review.
    fn typed(&mut self, key: KeyEvent) {
        match &mut self.sheet {
            Some(Sheet::GoTo(field) | Sheet::Filter(field)) => {
                field.key(key);
                self.said = super::Said::default();
            }
            Some(_) => {}
            None => {
                let decides = keymap::meaning(Context::Review, key).is_some_and(Action::decides);
                if decides {
                    self.refuse(READ_ONLY);
                }
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.sheet {
            Some(Sheet::GoTo(field) | Sheet::Filter(field)) => field.insert(text),
            Some(_) => {}
            None => match &mut self.review {
                Some(review) if self.inside => review.paste(text, &mut Vec::new()),
                _ => self.refuse("a paste does nothing; press / to filter by it"),
            },
        }
    }

    /// The mouse selects and scrolls.
    pub(super) fn mouse(&mut self, mouse: MouseEvent, now_ms: u64) {
        if self.inside && self.sheet.is_none() {
            self.mouse_inside(mouse, now_ms);
            return;
        }
        let areas = self.areas();
        let at = Position::new(mouse.column, mouse.row);
        let over = |area: Option<ratatui::layout::Rect>| area.is_some_and(|area| area.contains(at));
        let action = match mouse.kind {
            MouseEventKind::ScrollUp => Action::Up,
            MouseEventKind::ScrollDown => Action::Down,
            MouseEventKind::Down(MouseButton::Left) if self.sheet.is_none() && over(areas.list) => {
                let row = areas
                    .list
                    .and_then(|area| (mouse.row - area.y).checked_sub(1));
                let entry = row.and_then(|row| self.rows().entry(self.top + usize::from(row)));
                self.pane = Pane::Events;
                self.step_to(entry.or(Some(self.replay.at())), "");
                return;
            }
            _ => return,
        };
        if self.sheet.is_some() {
            for _ in 0..NOTCH {
                self.act_on_sheet(action);
            }
            return;
        }
        let pane = self.pane;
        self.pane = if over(areas.beside) {
            Pane::Beside
        } else {
            Pane::Events
        };
        for _ in 0..NOTCH {
            self.go(action);
        }
        self.pane = pane;
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        let inside = self.inside_size();
        if let Some(review) = &mut self.review {
            review.resize(inside);
        }
        self.settle();
        self.resize_sheet();
    }
}
