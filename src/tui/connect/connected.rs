//! [`Last`]: what was stored, and how it goes on.

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{
    Rows,
    message::{Begin, Connected, Effect},
};
use crate::{
    domain::text::SafeText,
    tui::{
        action::Action,
        screen::frame::gutter,
        widget::{field::Field, pen::Pen, text},
    },
};

/// The last screen.
#[derive(Debug)]
pub(super) struct Last {
    connected: Connected,
    name: Field,
    reviewer: Field,
    at: Place,
    said: Option<SafeText>,
}

/// One line that is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    Reviewer,
}

impl Place {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "Name it, such as 2026-q4: ",
            Self::Reviewer => "Login name of the reviewer: ",
        }
    }
}

impl Last {
    pub(super) fn of(connected: Connected) -> Self {
        Self {
            connected,
            name: Field::default(),
            reviewer: Field::default(),
            at: Place::Name,
            said: None,
        }
    }

    /// Whether the first review can begin from here.
    pub(super) fn can_begin(&self) -> bool {
        !matches!(self.connected.begin, Begin::Not(_))
    }

    fn places(&self) -> &'static [Place] {
        match self.connected.begin {
            Begin::Not(_) => &[],
            Begin::Named => &[Place::Name],
            Begin::WithReviewer => &[Place::Name, Place::Reviewer],
        }
    }

    pub(super) fn typed(&mut self, key: KeyEvent) {
        let field = match self.at {
            Place::Name => &mut self.name,
            Place::Reviewer => &mut self.reviewer,
        };
        if field.key(key) {
            self.said = None;
        }
    }

    /// Takes a key that means something; begins, if everything is filled in.
    pub(super) fn act(&mut self, action: Action) -> Option<Effect> {
        let last = *self.places().last()?;
        match action {
            Action::Accept if self.at == last => return self.submit(),
            Action::Accept | Action::NextField | Action::Down => self.at = last,
            Action::PreviousField | Action::Up => self.at = Place::Name,
            _ => {}
        }
        None
    }

    fn submit(&mut self) -> Option<Effect> {
        let reviewer = match self.connected.begin {
            Begin::WithReviewer => Some(self.reviewer.trimmed().to_owned()),
            Begin::Named | Begin::Not(_) => None,
        };
        let empty = match (self.name.trimmed(), reviewer.as_deref()) {
            ("", _) => Some((Place::Name, "the review has no name yet; Esc leaves")),
            (_, Some("")) => Some((Place::Reviewer, "say who reviews; Esc leaves")),
            _ => None,
        };
        if let Some((place, said)) = empty {
            self.at = place;
            self.said = Some(SafeText::of(said));
            return None;
        }
        Some(Effect::Begin {
            name: self.name.trimmed().to_owned(),
            reviewer,
        })
    }

    /// The name cannot be that of a review.
    pub(super) fn refused(&mut self, why: SafeText) {
        self.at = Place::Name;
        self.said = Some(why);
    }

    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let theme = &pen.look().theme;
        let mut rows = Rows::new(pen, 1);
        rows.text(1, self.connected.kept.as_str(), theme.text);
        rows.gap();
        let mut cursor = None;
        if let Begin::Not(why) = &self.connected.begin {
            rows.alert(why.as_str(), theme.warning);
            rows.gap();
            let text = "To read the organization for a review:";
            rows.text(1, text, theme.text);
        } else {
            let text = "Read the organization now, for your first review:";
            rows.text(1, text, theme.text);
            for place in self.places() {
                let here = *place == self.at;
                let (field, label) = match place {
                    Place::Name => (&self.name, place.label()),
                    Place::Reviewer => (&self.reviewer, place.label()),
                };
                let style = if here { theme.strong } else { theme.dim };
                gutter(rows.pen, rows.row, here, false);
                let room = rows.pen.width().saturating_sub(2 + label.len());
                let (typed, wide) = field.shown(room);
                let line = vec![Span::styled(label, style), Span::styled(typed, theme.text)];
                rows.line(1, &Line::from(line));
                if here {
                    cursor = rows.place(1 + text::width(label) + wide);
                }
            }
            if let Some(said) = &self.said {
                rows.alert(said.as_str(), theme.error);
            }
            rows.gap();
            rows.text(1, "Or later, with options such as --scope:", theme.text);
        }
        rows.text(3, self.connected.next.as_str(), theme.strong);
        cursor
    }
}
