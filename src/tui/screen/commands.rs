//! [`Commands`]: every command by its name, narrowed down while it is typed.

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{frame::gutter, layout::bottom, reason::prompt, review::moved};
use crate::tui::{
    action::Action,
    keymap::{self, ALIASES, Binding, SAVES},
    widget::{
        field::Field,
        pen::{Pen, scrolled},
    },
};

/// A command that is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Commands {
    field: Field,
    row: usize,
    /// Whether the row was chosen with the arrows.
    chose: bool,
}

impl Commands {
    /// The commands whose name or sentence has what was typed, names that begin with it first.
    fn found(&self) -> Vec<&'static Binding> {
        let typed = self.field.trimmed().to_lowercase();
        if self.saves() {
            return Vec::new();
        }
        let alias = ALIASES.iter().find(|(word, _)| *word == typed);
        let means = |binding: &Binding| alias.is_some_and(|(_, action)| binding.action == *action);
        let mut found: Vec<&Binding> = keymap::commands()
            .filter(|binding| {
                means(binding)
                    || binding.name.contains(&typed)
                    || binding.help.to_lowercase().contains(&typed)
            })
            .collect();
        found.sort_by_key(|binding| {
            (
                !means(binding),
                !binding.name.starts_with(&typed),
                !binding.name.contains(&typed),
            )
        });
        found
    }

    /// The selected command.
    pub(super) fn chosen(&self) -> Option<Action> {
        let action = self.found().get(self.row)?.action;
        // Enter by itself decides nothing: what is run has to be named or chosen.
        self.points().then_some(action)
    }

    /// Whether a row is the selected one.
    fn points(&self) -> bool {
        self.chose || !self.field.trimmed().is_empty()
    }

    /// Whether what was typed asks to save.
    pub(super) fn saves(&self) -> bool {
        SAVES.contains(&self.field.trimmed())
    }

    pub(super) fn go(&mut self, action: Action) {
        if !self.points() && action == Action::Down {
            // The first step goes to the first row.
            self.chose = true;
            return;
        }
        self.chose = true;
        self.row = moved(self.row, self.found().len(), 8, action);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        self.row = 0;
        self.chose = false;
        self.field.key(key)
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.row = 0;
        self.chose = false;
        self.field.insert(text);
    }

    /// Draws it at the bottom of the screen; the answer is where typing goes in.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let found = self.found();
        let area = bottom(pen.area(), 100, found.len().clamp(1, 12) + 3);
        let mut pen = pen.on(area);
        let inside = pen.frame("Commands");
        let mut pen = pen.on(inside);
        let height = pen.height().saturating_sub(1);
        let top = scrolled(0, self.row, found.len(), height);
        for (place, binding) in found.iter().skip(top).take(height).enumerate() {
            let here = self.points() && top + place == self.row;
            gutter(&mut pen, place, here, false);
            let line = Line::from(vec![
                Span::styled(format!("{:<17}", binding.name), look.theme.strong),
                Span::styled(format!("{:<7}", keymap::way(binding)), look.theme.key),
                Span::raw(binding.help),
            ]);
            pen.line_at(2, place, &line);
            if here {
                pen.tint(place, look.theme.cursor);
            }
        }
        if self.saves() {
            let saved = "everything is saved as soon as it is decided";
            pen.line(0, &Line::styled(saved, look.theme.text));
        } else if found.is_empty() {
            pen.line(
                0,
                &Line::styled("no command has that in its name", look.theme.warning),
            );
        }
        let at = prompt(&mut pen, height, ":", &self.field);
        if !self.points() {
            let hint = "type a name, or choose with the arrows";
            pen.line_at(3, height, &Line::styled(hint, look.theme.dim));
        }
        at
    }
}
