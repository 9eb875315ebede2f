//! [`Last`]: what was stored, and how it goes on.

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{
    Rows,
    message::{Connected, Effect},
};
use crate::{
    domain::text::SafeText,
    tui::{
        screen::frame::gutter,
        widget::{field::Field, pen::Pen, text},
    },
};

/// The last screen.
#[derive(Debug)]
pub(super) struct Last {
    connected: Connected,
    name: Field,
    refused: Option<SafeText>,
}

impl Last {
    pub(super) fn of(connected: Connected) -> Self {
        Self {
            connected,
            name: Field::default(),
            refused: None,
        }
    }

    /// Whether the first review can begin from here.
    pub(super) fn can_begin(&self) -> bool {
        self.connected.begin.is_ok()
    }

    pub(super) fn typed(&mut self, key: KeyEvent) {
        if self.name.key(key) {
            self.refused = None;
        }
    }

    /// Begins, if it was said with what name.
    pub(super) fn accept(&mut self) -> Option<Effect> {
        let name = self.name.trimmed();
        (self.can_begin() && !name.is_empty()).then(|| Effect::Begin(name.to_owned()))
    }

    pub(super) fn refused(&mut self, why: SafeText) {
        self.refused = Some(why);
    }

    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        const LABEL: &str = "Name it, such as 2026-q4: ";
        let theme = &pen.look().theme;
        let mut rows = Rows::new(pen, 1);
        rows.text(1, self.connected.kept.as_str(), theme.text);
        rows.gap();
        let mut cursor = None;
        match &self.connected.begin {
            Ok(()) => {
                rows.text(
                    1,
                    "Read the organization now, for your first review:",
                    theme.text,
                );
                gutter(rows.pen, rows.row, true, false);
                let room = rows.pen.width().saturating_sub(2 + LABEL.len());
                let (typed, wide) = self.name.shown(room);
                rows.line(
                    1,
                    &Line::from(vec![
                        Span::styled(LABEL, theme.strong),
                        Span::styled(typed, theme.text),
                    ]),
                );
                cursor = rows.place(1 + text::width(LABEL) + wide);
                if let Some(why) = &self.refused {
                    rows.alert(why.as_str(), theme.error);
                }
                rows.gap();
                rows.text(1, "Or later, with options such as --scope:", theme.text);
            }
            Err(why) => {
                rows.alert(why.as_str(), theme.warning);
                rows.gap();
                rows.text(1, "To read the organization for a review:", theme.text);
            }
        }
        rows.text(3, self.connected.next.as_str(), theme.strong);
        cursor
    }
}
