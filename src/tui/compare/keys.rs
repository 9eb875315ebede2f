//! What keys, the mouse and pastes do.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Said, Sheet, State};
use crate::{
    domain::compared::Kind,
    tui::{
        action::Action,
        keymap::{self, Context},
        runtime::{Exit, Request},
        screen::{
            help::{About, Help},
            layout::Shape,
            review::moved,
        },
        widget::field::Field,
    },
};

/// Rows one turn of the wheel moves.
const NOTCH: usize = 3;

impl State<'_> {
    /// Which keys count now.
    pub(super) fn context(&self) -> Context {
        match &self.sheet {
            None => Context::Compared,
            Some(Sheet::Filter(_)) => Context::Words,
            Some(Sheet::Particulars { .. } | Sheet::Sides { .. }) => Context::ComparedSheet,
            Some(Sheet::Help(_)) => Context::Help,
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) {
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
            Some(action) => self.act(action),
            None => {
                if let Some(Sheet::Filter(field)) = &mut self.sheet {
                    field.key(key);
                    self.said = Said::default();
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        self.said = Said::default();
        match action {
            Action::Back => self.exit = Some(Exit::Quit),
            Action::Open => {
                if self.row().is_some() {
                    self.sheet = Some(Sheet::Particulars { top: 0 });
                } else {
                    self.refuse("there is no row here; Tab goes to the next part");
                }
            }
            Action::NextField => self.go_to_part((self.part + 1) % Kind::ALL.len()),
            Action::PreviousField => {
                self.go_to_part((self.part + Kind::ALL.len() - 1) % Kind::ALL.len());
            }
            Action::Pick(place) => self.go_to_part(usize::from(place)),
            Action::NextGroup => self.go_to_change(true),
            Action::PreviousGroup => self.go_to_change(false),
            Action::Filter => {
                let text = self.chosen.as_ref().map_or("", |(text, _)| text.as_str());
                self.sheet = Some(Sheet::Filter(Field::of(text)));
            }
            Action::Why => self.sheet = Some(Sheet::Sides { top: 0 }),
            Action::Help => self.sheet = Some(Sheet::Help(Help::of(About::Compared))),
            Action::Cancel => {
                if self.chosen.take().is_none() {
                    self.say("q leaves");
                }
                self.count();
                self.settle();
            }
            action => self.go(action),
        }
    }

    fn act_on_sheet(&mut self, action: Action) {
        let page = usize::from(self.size.1.saturating_sub(5)).max(1);
        let lines = match &self.sheet {
            Some(Sheet::Particulars { .. }) => self.particulars(self.sheet_width()).len(),
            Some(Sheet::Sides { .. }) => self.compared_lines(self.sheet_width()).len(),
            _ => 0,
        };
        let last = lines.saturating_sub(page);
        match (&mut self.sheet, action) {
            (_, Action::Cancel) => {
                self.sheet = None;
                self.said = Said::default();
            }
            (Some(Sheet::Filter(field)), Action::Accept) => {
                let text = field.trimmed().to_owned();
                match self.filter(&text) {
                    Ok(()) => self.sheet = None,
                    Err(why) => self.refuse(why),
                }
            }
            (Some(Sheet::Particulars { top } | Sheet::Sides { top }), action) => {
                *top = match action {
                    Action::Last => last,
                    action => moved(*top, last + 1, page, action),
                };
            }
            (Some(Sheet::Help(help)), action) => help.go(action, self.size),
            _ => {}
        }
    }

    fn go_to_part(&mut self, part: usize) {
        self.part = part.min(Kind::ALL.len() - 1);
        self.settle();
    }

    /// To the first row that says something else.
    fn go_to_change(&mut self, forward: bool) {
        let list = self.lists[self.part];
        let rows = self.rows();
        let Some(here) = rows.get(list.row) else {
            return;
        };
        let word = here.said.word();
        let other = if forward {
            let rest = rows[list.row..].iter();
            rest.take_while(|row| row.said.word() == word).count() + list.row
        } else {
            let first = |at: usize| {
                let before = rows[..at].iter().rev();
                let word = rows[at].said.word();
                at - before.take_while(|row| row.said.word() == word).count()
            };
            let first_here = first(list.row);
            if first_here == list.row && first_here > 0 {
                first(first_here - 1)
            } else {
                first_here
            }
        };
        if other < rows.len() && other != list.row {
            self.lists[self.part].row = other;
            self.settle();
        } else {
            self.refuse("no other kind of change stands there");
        }
    }

    fn go(&mut self, action: Action) {
        let (rows, page) = (self.rows().len(), self.list_height().max(1));
        let list = &mut self.lists[self.part];
        list.row = moved(list.row, rows, page, action);
        self.settle();
    }

    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.sheet {
            Some(Sheet::Filter(field)) => field.insert(text),
            Some(_) => {}
            None => self.refuse("a paste does nothing; press / to filter by it"),
        }
    }

    /// The mouse selects and scrolls.
    pub(super) fn mouse(&mut self, mouse: MouseEvent) {
        let action = match mouse.kind {
            MouseEventKind::ScrollUp => Action::Up,
            MouseEventKind::ScrollDown => Action::Down,
            MouseEventKind::Down(MouseButton::Left) if self.sheet.is_none() => {
                let list = self.areas().list;
                let at = Position::new(mouse.column, mouse.row);
                // The first row of the list is its title.
                let row = (mouse.row.saturating_sub(list.y)).checked_sub(1);
                if let Some(row) = row.filter(|_| list.contains(at)) {
                    let wanted = self.lists[self.part].top + usize::from(row);
                    if wanted < self.rows().len() {
                        self.lists[self.part].row = wanted;
                    }
                }
                self.settle();
                return;
            }
            _ => return,
        };
        for _ in 0..NOTCH {
            match self.sheet {
                Some(_) => self.act_on_sheet(action),
                None => self.go(action),
            }
        }
    }
}
