//! [`Keeping`]: where the token is kept, and what came of it.

use ratatui::text::{Line, Span};

use super::{
    Rows,
    message::{Effect, Found, Keep, Refusal},
};
use crate::{
    domain::text::SafeText,
    tui::{action::Action, screen::frame::gutter, widget::pen::Pen},
};

/// Where it is kept.
#[derive(Debug)]
pub(super) struct Keeping {
    choice: Keep,
    /// Whether a person chose; until then it is the first that works.
    chosen: bool,
    /// Whether the system keyring keeps what it is given, once that is known.
    pub(super) keyring: Option<Result<(), SafeText>>,
    /// Whether it is being kept right now.
    pub(super) busy: bool,
    failed: Option<Refusal>,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            choice: Keep::Keyring,
            chosen: false,
            keyring: None,
            busy: false,
            failed: None,
        }
    }
}

impl Keeping {
    /// Takes what came of trying the keyring.
    pub(super) fn tried(&mut self, keyring: Result<(), SafeText>) {
        if keyring.is_err() && !self.chosen {
            self.choice = Keep::Session;
        }
        self.keyring = Some(keyring);
    }

    /// Nothing was stored.
    pub(super) fn failed(&mut self, refusal: Refusal) {
        self.busy = false;
        self.failed = Some(refusal);
    }

    pub(super) fn act(&mut self, action: Action) -> Option<Effect> {
        if self.busy {
            return None;
        }
        let choice = match action {
            Action::Accept => {
                self.busy = true;
                self.failed = None;
                return Some(Effect::Connect(self.choice));
            }
            Action::Pick(0) | Action::Up | Action::First => Keep::Keyring,
            Action::Pick(1) | Action::Down | Action::Last => Keep::Session,
            _ => return None,
        };
        self.choice = choice;
        self.chosen = true;
        self.failed = None;
        None
    }

    pub(super) fn draw(&self, pen: &mut Pen<'_>, found: &Found) -> (u16, u16) {
        let look = pen.look();
        let theme = &look.theme;
        let mut rows = Rows::new(pen, 0);
        let name = format!("{} at {}", found.organization, found.url);
        rows.text(1, &name, theme.strong);
        if self.busy {
            let text = format!("{} Connecting", look.glyphs.saving);
            rows.text(1, &text, theme.strong);
        } else if let Some(failed) = &self.failed {
            rows.refusal(failed);
        }
        rows.gap();
        let mut cursor = None;
        for (keep, title, about) in [
            (
                Keep::Keyring,
                "1 In the system keyring",
                "Commands of muster take it from there without asking. `muster disconnect` removes it.",
            ),
            (
                Keep::Session,
                "2 Nowhere: only until muster ends",
                "Nothing is stored. The first review can be read now; later you give it each time with --token-command, \
                 --token-stdin or SPACE_TOKEN.",
            ),
        ] {
            let here = self.choice == keep;
            gutter(rows.pen, rows.row, here, false);
            let (sign, style) = if here {
                (look.glyphs.keep, theme.strong)
            } else {
                (" ", theme.text)
            };
            let title = Span::styled(format!("{sign} {title}"), style);
            rows.line(1, &Line::from(title));
            if here {
                cursor = rows.place(1);
            }
            rows.text(5, about, theme.dim);
        }
        rows.gap();
        match &self.keyring {
            None => {
                let text = format!(
                    "{} Trying whether the system keyring keeps anything",
                    look.glyphs.saving
                );
                rows.text(1, &text, theme.dim);
            }
            Some(Ok(())) => rows.text(
                1,
                "The system keyring was tried: it keeps what it is given.",
                theme.text,
            ),
            Some(Err(why)) => {
                rows.alert(&format!("It keeps nothing: {why}."), theme.warning);
                let text = "Unlock or start it and choose 1, or go on with 2. There is no plain file to fall back to.";
                rows.text(3, text, theme.text);
            }
        }
        let area = rows.pen.area();
        cursor.unwrap_or((area.x, area.y))
    }
}
