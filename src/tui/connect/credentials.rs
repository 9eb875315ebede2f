//! [`Form`]: the token or the client credentials of an application, and trying what they open.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Rows,
    message::{Attempt, Credentials, Effect, Refusal, Trying},
    organization::looks_secret,
};
use crate::{
    domain::text::SafeText,
    tui::{
        action::Action,
        screen::frame::gutter,
        widget::{
            field::Field,
            pen::Pen,
            secret::Secret,
            text::{self, count, number},
        },
    },
};

/// What is filled in.
#[derive(Debug)]
pub(super) struct Form {
    kind: Kind,
    at: Place,
    token: Secret,
    client_id: Field,
    client_secret: Secret,
    said: Option<&'static str>,
    /// How far the calls are, while they are made.
    pub(super) trying: Option<Trying>,
    /// Whether they were asked to stop.
    pub(super) stopping: bool,
    /// Why the calls failed.
    pub(super) failed: Option<Refusal>,
}

/// What opens the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Application,
}

/// One line that is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Kind,
    Token,
    ClientId,
    ClientSecret,
}

impl Place {
    fn label(self) -> &'static str {
        match self {
            Self::Kind => "With: ",
            Self::Token => "Token: ",
            Self::ClientId => "Client id: ",
            Self::ClientSecret => "Client secret: ",
        }
    }
}

impl Form {
    pub(super) fn of(client_id: Option<&str>) -> Self {
        let (kind, at) = match client_id {
            None => (Kind::Token, Place::Token),
            Some(_) => (Kind::Application, Place::ClientSecret),
        };
        Self {
            kind,
            at,
            token: Secret::default(),
            client_id: Field::of(client_id.unwrap_or_default()),
            client_secret: Secret::default(),
            said: None,
            trying: None,
            stopping: false,
            failed: None,
        }
    }

    fn places(&self) -> &'static [Place] {
        match self.kind {
            Kind::Token => &[Place::Kind, Place::Token],
            Kind::Application => &[Place::Kind, Place::ClientId, Place::ClientSecret],
        }
    }

    /// The next line, or the one before; at an end, the same.
    fn beside(&self, down: bool) -> Place {
        let places = self.places();
        let at = places.iter().position(|place| *place == self.at);
        let at = at.unwrap_or(0);
        places[if down {
            (at + 1).min(places.len() - 1)
        } else {
            at.saturating_sub(1)
        }]
    }

    /// Takes a key that means something; what is asked for at `url` in the end.
    pub(super) fn act(&mut self, action: Action, url: &str) -> Option<Effect> {
        match action {
            Action::Accept if Some(&self.at) == self.places().last() => return self.submit(url),
            Action::Accept | Action::NextField | Action::Down => self.at = self.beside(true),
            Action::PreviousField | Action::Up => self.at = self.beside(false),
            _ => {}
        }
        None
    }

    /// Everything that is filled in, to be tried.
    fn submit(&mut self, url: &str) -> Option<Effect> {
        let credentials = match self.kind {
            Kind::Token if self.token.is_blank() => {
                self.said = Some("paste or type the token first");
                return None;
            }
            Kind::Token => Credentials::Token(self.token.secret()),
            Kind::Application if self.client_id.trimmed().is_empty() => {
                self.said = Some("the client id is empty");
                self.at = Place::ClientId;
                return None;
            }
            Kind::Application if self.client_secret.is_blank() => {
                self.said = Some("paste or type the client secret first");
                return None;
            }
            Kind::Application => Credentials::Application {
                client_id: self.client_id.trimmed().to_owned(),
                secret: self.client_secret.secret(),
            },
        };
        self.said = None;
        self.failed = None;
        self.stopping = false;
        self.trying = Some(Trying::default());
        Some(Effect::Try(Box::new(Attempt {
            url: url.to_owned(),
            credentials,
        })))
    }

    pub(super) fn typed(&mut self, key: KeyEvent) {
        let taken = match self.at {
            Place::Kind => match key.code {
                KeyCode::Char('1') | KeyCode::Left => self.choose(Kind::Token),
                KeyCode::Char('2') | KeyCode::Right => self.choose(Kind::Application),
                KeyCode::Char(' ') => self.choose(match self.kind {
                    Kind::Token => Kind::Application,
                    Kind::Application => Kind::Token,
                }),
                _ => false,
            },
            Place::Token => self.token.key(key),
            Place::ClientId => self.client_id.key(key),
            Place::ClientSecret => self.client_secret.key(key),
        };
        if taken {
            self.said = None;
        }
    }

    fn choose(&mut self, kind: Kind) -> bool {
        self.kind = kind;
        self.failed = None;
        true
    }

    pub(super) fn paste(&mut self, pasted: &SecretString) {
        self.said = match self.at {
            Place::Kind => Some("go to the line it belongs to and paste again"),
            Place::Token => self.token.paste(pasted).err(),
            Place::ClientSecret => self.client_secret.paste(pasted).err(),
            // What is not taken in is not shown either.
            Place::ClientId if looks_secret(pasted.expose_secret()) => {
                Some("that is too long for a client id; the secret goes on the next line")
            }
            Place::ClientId => {
                self.client_id.insert(pasted.expose_secret().trim());
                None
            }
        };
    }

    /// The calls were stopped.
    pub(super) fn stopped(&mut self) {
        if self.trying.is_some() {
            self.ended();
            self.said = Some("stopped; nothing was kept");
        }
    }

    /// The calls have come to an end.
    pub(super) fn ended(&mut self) {
        self.trying = None;
        self.stopping = false;
    }

    /// Wipes what is secret.
    pub(super) fn forget(&mut self) {
        self.token.clear();
        self.client_secret.clear();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.token.is_blank() && self.client_secret.is_blank()
    }

    pub(super) fn draw(
        &self,
        pen: &mut Pen<'_>,
        url: &str,
        keyring: Option<&Result<(), SafeText>>,
    ) -> Option<(u16, u16)> {
        let theme = &pen.look().theme;
        let mut rows = Rows::new(pen, 0);
        rows.value(1, ("For ", theme.text), (url, theme.strong));
        rows.gap();
        let mut cursor = None;
        for place in self.places() {
            let here = *place == self.at && self.trying.is_none();
            let column = self.draw_place(&mut rows, *place, here);
            if here {
                cursor = rows.place(column);
            }
        }
        rows.gap();
        if let Some(trying) = &self.trying {
            draw_trying(trying, self.stopping, &mut rows);
            return cursor;
        }
        if let Some(said) = self.said {
            rows.alert(said, theme.error);
            rows.gap();
        }
        if let Some(failed) = &self.failed {
            rows.refusal(failed);
            rows.gap();
        }
        let about = match self.kind {
            Kind::Token => {
                "In Space: Preferences, Personal Tokens, New personal token, Limited access; F1 lists the permissions to \
                 tick. What you paste or type is not shown; a paste replaces what is there."
            }
            Kind::Application => {
                "In Space: Extensions, the application, Authentication, with the client credentials flow on; F1 lists the \
                 permissions it needs. The secret is not shown; a paste replaces what is there."
            }
        };
        rows.text(1, about, theme.dim);
        rows.gap();
        let tries = "Enter tries what it may read, by small calls that change nothing. Nothing is kept before you say so.";
        rows.text(1, tries, theme.dim);
        if let Some(Err(why)) = keyring {
            rows.gap();
            let text = format!("It could not be kept here, only used until muster ends: {why}.");
            rows.alert(&text, theme.warning);
        }
        cursor
    }

    /// Draws one line; the answer is the column where typing goes in.
    fn draw_place(&self, rows: &mut Rows<'_, '_>, place: Place, here: bool) -> usize {
        let look = rows.pen.look();
        let theme = &look.theme;
        let label = place.label();
        let style = if here { theme.strong } else { theme.dim };
        gutter(rows.pen, rows.row, here, false);
        let mut line = vec![Span::styled(label, style)];
        let room = rows.pen.width().saturating_sub(2 + label.len());
        let secret = |secret: &Secret| {
            let count = match secret.count() as u64 {
                0 => "nothing yet, and never shown".to_owned(),
                n => format!("{}, not shown", count(n, "character", "characters")),
            };
            let room = room.saturating_sub(text::width(&count) + 2).min(40);
            let stars = "*".repeat(secret.count().min(room));
            let wide = text::width(&stars);
            let shown = vec![
                Span::styled(stars, theme.text),
                Span::styled(format!("  {count}"), theme.dim),
            ];
            (shown, wide)
        };
        let (shown, wide) = match place {
            Place::Kind => {
                let mut spans = Vec::new();
                for (kind, text) in [
                    (Kind::Token, "1 a personal token"),
                    (Kind::Application, "2 an application"),
                ] {
                    let (sign, style) = if kind == self.kind {
                        (look.glyphs.keep, theme.strong)
                    } else {
                        (" ", theme.text)
                    };
                    spans.push(Span::styled(format!("{sign} {text}   "), style));
                }
                (spans, 0)
            }
            Place::Token => secret(&self.token),
            Place::ClientSecret => secret(&self.client_secret),
            Place::ClientId => {
                let (typed, wide) = self.client_id.shown(room);
                (vec![Span::styled(typed, theme.text)], wide)
            }
        };
        line.extend(shown);
        rows.line(1, &Line::from(line));
        1 + label.len() + wide
    }
}

fn draw_trying(trying: &Trying, stopping: bool, rows: &mut Rows<'_, '_>) {
    let look = rows.pen.look();
    let theme = &look.theme;
    let what = if stopping {
        "Stopping"
    } else {
        "Trying what it may read"
    };
    let mut counts = vec![count(trying.requests, "request", "requests")];
    if trying.retries > 0 {
        counts.push(format!("{} repeated", number(trying.retries)));
    }
    rows.line(
        1,
        &Line::from(vec![
            Span::styled(format!("{} {what}", look.glyphs.saving), theme.strong),
            Span::raw(format!("  {}", counts.join(", "))),
        ]),
    );
    if let Some(wait) = trying.wait_ms {
        let seconds = count(wait.div_ceil(1000), "second", "seconds");
        let text = format!("The server asked to wait: {seconds}.");
        rows.text(3, &text, theme.warning);
    }
}
