//! [`Commands`]: every command by its name, narrowed down while it is typed.

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{frame::gutter, layout::bottom, reason::prompt, review::moved};
use crate::tui::{
    action::Action,
    keymap::{self, Binding},
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
}

impl Commands {
    /// The commands whose name or sentence has what was typed, names that begin with it first.
    fn found(&self) -> Vec<&'static Binding> {
        let typed = self.field.trimmed().to_lowercase();
        let mut found: Vec<&Binding> = keymap::commands()
            .filter(|binding| {
                binding.name.contains(&typed) || binding.help.to_lowercase().contains(&typed)
            })
            .collect();
        found.sort_by_key(|binding| {
            (
                !binding.name.starts_with(&typed),
                !binding.name.contains(&typed),
            )
        });
        found
    }

    /// The selected command.
    pub(super) fn chosen(&self) -> Option<Action> {
        let action = self.found().get(self.row)?.action;
        // Enter by itself decides nothing: what changes something has to be named.
        (!self.field.is_empty() || !action.decides()).then_some(action)
    }

    pub(super) fn go(&mut self, action: Action) {
        self.row = moved(self.row, self.found().len(), 8, action);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        self.row = 0;
        self.field.key(key)
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.row = 0;
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
            let here = top + place == self.row;
            gutter(&mut pen, place, here, false);
            let line = Line::from(vec![
                Span::styled(format!("{:<17}", binding.name), look.theme.strong),
                Span::styled(format!("{:<7}", keymap::label(binding)), look.theme.key),
                Span::raw(binding.help),
            ]);
            pen.line_at(2, place, &line);
            if here {
                pen.tint(place, look.theme.cursor);
            }
        }
        if found.is_empty() {
            pen.line(
                0,
                &Line::styled("no command has that in its name", look.theme.warning),
            );
        }
        prompt(&mut pen, height, ":", &self.field)
    }
}
