//! [`Guide`]: how the token is made in Space, and the keys.

use ratatui::text::{Line, Span};

use super::LINE;
use crate::{
    domain::rights::Permission,
    tui::{
        action::Action,
        keymap::{self, ALWAYS, Context},
        screen::review::moved,
        theme::Theme,
        widget::{pen::Pen, text},
    },
};

/// The guide over the whole screen.
#[derive(Debug, Default)]
pub(super) struct Guide {
    top: usize,
}

/// Which keys are listed under which title.
const SECTIONS: &[(&str, Context)] = &[
    ("Organization", Context::Organization),
    ("Token", Context::Credentials),
    ("While it is tried", Context::Trying),
    ("What it may read", Context::Found),
    ("Where it is kept", Context::Keep),
    ("Connected", Context::Begin),
];

/// Cells for the keys.
const KEYS: usize = 18;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Title,
    Text,
}

impl Guide {
    pub(super) fn go(&mut self, action: Action, size: (u16, u16)) {
        let page = usize::from(size.1.saturating_sub(2)).max(1);
        let lines = all(usize::from(size.0)).len();
        let last = lines.saturating_sub(page);
        self.top = moved(self.top, last + 1, page, action);
    }

    /// Draws it over the whole area; the answer is where the cursor goes.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> (u16, u16) {
        let look = pen.look();
        let lines = all(pen.width());
        let height = pen.height().saturating_sub(1);
        let top = self.top.min(lines.len().saturating_sub(height));
        let shown = if lines.len() > height {
            let last = lines.len().min(top + height);
            let (dot, all) = (look.glyphs.dot, lines.len());
            format!("  {dot} {all} lines, these are {}-{last}", top + 1)
        } else {
            String::new()
        };
        let title = Line::from(vec![
            Span::styled("Guide", look.theme.strong),
            Span::styled(shown, look.theme.dim),
        ]);
        pen.rule(0, &title);
        for (row, line) in lines.iter().skip(top).take(height).enumerate() {
            pen.line(row + 1, &styled(line, &look.theme));
        }
        let area = pen.area();
        (area.x, area.y)
    }
}

/// Draws how the token is made, beside what is filled in.
pub(super) fn draw_beside(pen: &mut Pen<'_>) {
    let look = pen.look();
    for (row, line) in making(pen.width()).iter().enumerate() {
        pen.line(row, &styled(line, &look.theme));
    }
}

fn styled<'l>((kind, text): &'l (Kind, String), theme: &Theme) -> Line<'l> {
    let style = match kind {
        Kind::Title => theme.strong,
        Kind::Text => theme.text,
    };
    Line::styled(text.as_str(), style)
}

/// How the token is made, and the keys.
fn all(wide: usize) -> Vec<(Kind, String)> {
    let mut lines = making(wide);
    for (title, context) in SECTIONS {
        lines.push((Kind::Text, String::new()));
        lines.push((Kind::Title, format!(" Keys: {title}")));
        keys(context.bindings(), wide, &mut lines);
    }
    lines.push((Kind::Text, String::new()));
    lines.push((Kind::Title, " Keys: everywhere".to_owned()));
    keys(ALWAYS, wide, &mut lines);
    lines
}

fn keys(bindings: &[keymap::Binding], wide: usize, lines: &mut Vec<(Kind, String)>) {
    for binding in bindings {
        let room = wide.saturating_sub(KEYS + 1).max(10);
        let mut label = keymap::labels(binding);
        for part in text::wrap(binding.help, room) {
            lines.push((Kind::Text, format!("   {label:<15}{part}")));
            label.clear();
        }
    }
}

/// How a token is made in Space.
fn making(wide: usize) -> Vec<(Kind, String)> {
    let wide = wide.min(LINE);
    let mut lines = vec![(Kind::Title, " How to make the token in Space".to_owned())];
    let mut put = |column: usize, text: &str| {
        for line in text::wrap(text, wide.saturating_sub(column + 1)) {
            lines.push((Kind::Text, format!("{:column$}{line}", "")));
        }
    };
    put(1, "1. Preferences, Personal Tokens, New personal token.");
    let limited = "2. A name, an expiry date after the review's end, Limited access.";
    put(1, limited);
    put(1, "3. Global permissions, exactly these:");
    for permission in Permission::ALL {
        put(5, permission.title());
    }
    put(1, "4. Copy it: Space shows it once.");
    put(1, "");
    let last = "The last permission also allows changing roles; muster never does. Without it, organization roles such \
                as System Admin are named as a gap. A token can do no more than its owner.";
    put(1, last);
    put(1, "");
    let application = "An application does as well: the same permissions under Authorization, the client credentials flow \
                       under Authentication. It has no account, so the reviewer is named when the organization is read.";
    put(1, application);
    lines
}
