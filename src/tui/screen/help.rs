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
    about: About,
    top: usize,
}

/// Which screens the keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// Those of a review.
    #[default]
    Review,
    /// Those of a replay.
    Replay,
    /// Those of a comparison.
    Compared,
}

/// Which keys are listed under which title.
const SECTIONS: &[(&str, Context)] = &[
    ("Review", Context::Review),
    ("Reason for a decision", Context::Reason),
    ("Access through a team", Context::Path),
    ("Before a bulk", Context::Count),
    ("What is marked", Context::Peek),
    (
        "After the editor, when its text is not taken",
        Context::Table,
    ),
    ("History", Context::History),
    ("View, group, sort", Context::Views),
    ("Filter", Context::Filter),
    ("Sign-off", Context::SignOff),
];

/// The same for a replay.
const REPLAY: &[(&str, Context)] = &[
    ("Replay", Context::Replay),
    (
        "Looking inside, besides the keys of a review",
        Context::Inside,
    ),
];

/// The same for a comparison.
const COMPARED: &[(&str, Context)] = &[
    ("What differs", Context::Compared),
    ("Particulars", Context::ComparedSheet),
];

/// Cells for the keys.
fn keys_room(width: usize) -> usize {
    22.min(width * 2 / 5)
}

impl Help {
    /// The keys of some screens.
    pub(crate) fn of(about: About) -> Self {
        Self { about, top: 0 }
    }

    pub(crate) fn go(&mut self, action: Action, size: (u16, u16)) {
        let page = usize::from(size.1.saturating_sub(5)).max(1);
        let lines = lines(self.about, usize::from(size.0)).len();
        let last = lines.saturating_sub(page);
        self.top = match action {
            Action::Last => last,
            Action::Down => (self.top + 1).min(last),
            action => moved(self.top, last + 1, page, action),
        };
    }

    /// Draws it over the whole area; the answer is where the cursor goes.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>) -> (u16, u16) {
        pen.clear();
        let look = pen.look();
        let lines = lines(self.about, pen.width());
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
fn lines(about: About, width: usize) -> Vec<(String, String)> {
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
    let sections = match about {
        About::Review => SECTIONS,
        About::Replay => REPLAY,
        About::Compared => COMPARED,
    };
    for (place, (title, context)) in sections.iter().enumerate() {
        add(title, &[context.bindings()]);
        if place == 0 {
            add("Moving", &[MOVES]);
            add("Everywhere", &[ALWAYS]);
        }
    }
    if about == About::Replay {
        let title = |text: &str| (String::new(), text.to_owned());
        lines.push(title(
            "Terms of a filter of entries, besides those of items",
        ));
        for (field, meaning) in filter::EVENT_FIELDS {
            explain(&mut lines, format!("{field}:"), meaning);
        }
        lines.push(title("Words for event:"));
        for (word, meaning) in filter::EVENT_WORDS {
            explain(&mut lines, (*word).to_owned(), meaning);
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
