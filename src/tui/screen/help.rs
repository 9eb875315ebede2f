//! [`Help`]: all keys, from the keymap.

use ratatui::text::{Line, Span};

use super::review::moved;
use crate::{
    domain::filter,
    tui::{
        action::Action,
        keymap::{self, ALWAYS, Binding, Context, MOVES},
        widget::{pen::Pen, text},
    },
};

/// The list of keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Help {
    top: usize,
}

/// Which keys are listed under which title.
const SECTIONS: &[(&str, Context)] = &[
    ("Review", Context::Review),
    ("Reason for a decision", Context::Reason),
    ("Access through a team", Context::Path),
    ("History", Context::History),
    ("View, group, sort", Context::Views),
    ("Filter", Context::Filter),
    ("Sign-off", Context::SignOff),
];

/// Cells for the keys.
fn keys_room(width: usize) -> usize {
    22.min(width * 2 / 5)
}

impl Help {
    pub(super) fn go(&mut self, action: Action, size: (u16, u16)) {
        let page = usize::from(size.1.saturating_sub(5)).max(1);
        let lines = lines(usize::from(size.0)).len();
        let last = lines.saturating_sub(page);
        self.top = match action {
            Action::Last => last,
            Action::Down => (self.top + 1).min(last),
            action => moved(self.top, last + 1, page, action),
        };
    }

    /// Draws it over the whole area; the answer is where the cursor goes.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> (u16, u16) {
        pen.clear();
        let look = pen.look();
        let lines = lines(pen.width());
        let height = pen.height().saturating_sub(1);
        let top = self.top.min(lines.len().saturating_sub(height));
        let shown = if lines.len() > height {
            format!(
                "  j k scroll {} {} lines, these are {}-{}",
                look.glyphs.dot,
                lines.len(),
                top + 1,
                lines.len().min(top + height),
            )
        } else {
            String::new()
        };
        let title = Line::from(vec![
            Span::styled("Keys", look.theme.strong),
            Span::styled(shown, look.theme.dim),
        ]);
        pen.rule(0, &title);
        let room = keys_room(pen.width());
        for (row, (keys, help)) in lines.iter().skip(top).take(height).enumerate() {
            let line = if keys.is_empty() && !help.starts_with(' ') {
                Line::styled(format!(" {help}"), look.theme.strong)
            } else {
                Line::from(vec![
                    Span::styled(
                        text::fit(&format!("   {keys}"), room, look.glyphs.ellipsis),
                        look.theme.key,
                    ),
                    Span::raw(help.trim_start().to_owned()),
                ])
            };
            pen.line(row + 1, &line);
        }
        let area = pen.area();
        (area.x, area.y)
    }
}

/// Keys and sentences; a title has no keys, a line that goes on begins with a blank.
fn lines(width: usize) -> Vec<(String, String)> {
    let room = width.saturating_sub(keys_room(width) + 1).max(10);
    let mut lines = Vec::new();
    let explain = |lines: &mut Vec<(String, String)>, keys: String, help: &str| {
        let mut keys = Some(keys);
        for part in text::wrap(help, room) {
            lines.push((keys.take().unwrap_or_default(), format!(" {part}")));
        }
    };
    let mut add = |title: &str, bindings: &[&[Binding]]| {
        lines.push((String::new(), title.to_owned()));
        for binding in bindings.iter().copied().flatten() {
            explain(&mut lines, keymap::labels(binding), binding.help);
        }
    };
    for (place, (title, context)) in SECTIONS.iter().enumerate() {
        add(title, &[context.bindings()]);
        if place == 0 {
            add("Moving", &[MOVES]);
            add("Everywhere", &[ALWAYS]);
        }
    }
    for (written, meaning) in filter::help() {
        if meaning.is_empty() {
            lines.push((String::new(), written.to_owned()));
        } else {
            explain(&mut lines, written.to_owned(), meaning);
        }
    }
    lines
}
