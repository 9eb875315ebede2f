//! [`Organization`]: the address, and what it is understood as while it is typed.

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Rows,
    message::{Effect, Refusal, Understood},
};
use crate::tui::{
    screen::frame::gutter,
    widget::{field::Field, pen::Pen, text},
};

/// The line that is typed, and what it means.
#[derive(Debug)]
pub(super) struct Organization {
    typed: Field,
    /// What that was understood as last.
    meaning: Option<Result<Understood, Refusal>>,
    /// Whether the next screen waits for what was typed last to be understood.
    waiting: bool,
    /// Whether an address that is none is told: it is not while somebody has only begun to type it.
    tell: bool,
    said: Option<&'static str>,
    /// Why calling this address failed.
    pub(super) failed: Option<Refusal>,
}

/// What is said about a token in the wrong place.
const TOKEN: &str =
    "that looks like a token, not like an address; it is asked for on the next screen";

/// Whether `text` looks like a token or another secret: no host has a part that long.
pub(super) fn looks_secret(text: &str) -> bool {
    const LONGEST: usize = 63;
    let text = text.trim();
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    host.split(['.', ':', '@'])
        .any(|part| part.chars().count() > LONGEST)
}

impl Organization {
    pub(super) fn of(text: &str) -> Self {
        Self {
            typed: Field::of(text),
            meaning: None,
            waiting: false,
            tell: !text.is_empty(),
            said: None,
            failed: None,
        }
    }

    /// The address, when what was typed means one.
    pub(super) fn url(&self) -> Option<&str> {
        match &self.meaning {
            Some(Ok(understood)) => Some(&understood.url),
            _ => None,
        }
    }

    /// What is to be understood.
    pub(super) fn ask(&mut self) -> Option<Effect> {
        self.waiting = false;
        self.said = None;
        self.failed = None;
        let typed = self.typed.trimmed();
        if typed.is_empty() || looks_secret(typed) {
            self.meaning = None;
            self.said = looks_secret(typed).then_some(TOKEN);
            return None;
        }
        Some(Effect::Understand(typed.to_owned()))
    }

    /// Takes a key; what is to be understood after it.
    pub(super) fn typed(&mut self, key: KeyEvent) -> Option<Effect> {
        if self.typed.key(key) {
            self.ask()
        } else {
            None
        }
    }

    /// Takes a pasted address in; what is to be understood after it.
    pub(super) fn paste(&mut self, text: &SecretString) -> Option<Effect> {
        let text = text.expose_secret().trim();
        // What is not taken in is not shown either.
        if looks_secret(text) {
            self.said = Some(TOKEN);
            return None;
        }
        self.typed.insert(text);
        self.tell = true;
        self.ask()
    }

    /// Goes on, if what was typed means an organization; the answer is whether it does. While nobody knows yet, the
    /// next screen waits.
    pub(super) fn accept(&mut self) -> bool {
        self.tell = true;
        match &self.meaning {
            Some(Ok(_)) => true,
            Some(Err(_)) => false,
            None => {
                self.waiting = self.said.is_none() && !self.typed.trimmed().is_empty();
                false
            }
        }
    }

    /// Takes the answer; whether the next screen was waiting for it.
    pub(super) fn understood(&mut self, typed: &str, meaning: Result<Understood, Refusal>) -> bool {
        if typed != self.typed.trimmed() {
            return false;
        }
        let go_on = self.waiting && meaning.is_ok();
        self.waiting = false;
        self.meaning = Some(meaning);
        go_on
    }

    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        const LABEL: &str = "Organization: ";
        let look = pen.look();
        let theme = &look.theme;
        let room = pen.width().saturating_sub(2 + LABEL.len());
        let (typed, wide) = if looks_secret(self.typed.text()) {
            self.typed.masked(room)
        } else {
            self.typed.shown(room)
        };
        gutter(pen, 1, true, false);
        let mut rows = Rows::new(pen, 1);
        let line = Line::from(vec![
            Span::styled(LABEL, theme.strong),
            Span::styled(typed, theme.text),
        ]);
        rows.line(1, &line);
        let cursor = rows.place(1 + text::width(LABEL) + wide);
        rows.gap();
        if let Some(failed) = &self.failed {
            rows.refusal(failed);
            rows.gap();
        }
        match (&self.meaning, self.said) {
            (_, Some(said)) => {
                rows.alert(said, theme.error);
                rows.gap();
            }
            (Some(Ok(understood)), None) => {
                draw_understood(understood, &mut rows);
                rows.gap();
            }
            (Some(Err(refusal)), None) if self.tell => {
                rows.refusal(refusal);
                rows.gap();
            }
            // Somebody may just have begun to type.
            (Some(Err(refusal)), None) => {
                rows.text(1, &format!("No address yet: {}", refusal.why), theme.dim);
                rows.gap();
            }
            (None, None) => {}
        }
        let about = "Type a subdomain in the cloud (acme), a host with port and path where it has them \
                     (space.example.com:8443/space), or paste any link copied from Space. The name of a connected \
                     organization does as well.";
        rows.text(1, about, theme.dim);
        rows.gap();
        let promise =
            "Nothing is sent before you have given a token on the next screen. muster only reads.";
        rows.text(1, promise, theme.dim);
        cursor
    }
}

fn draw_understood(understood: &Understood, rows: &mut Rows<'_, '_>) {
    let theme = &rows.pen.look().theme;
    rows.value(
        1,
        ("This is read as  ", theme.text),
        (&understood.url, theme.strong),
    );
    let connection = if understood.encrypted {
        "https, encrypted"
    } else {
        "http, not encrypted: it stays on your own machine"
    };
    let prefix = match understood.prefix.as_str() {
        "" => "none",
        prefix => prefix,
    };
    let port = understood.port.to_string();
    for (label, value) in [
        ("connection", connection),
        ("host", &understood.host),
        ("port", &port),
        ("path prefix", prefix),
        ("first call", &understood.call),
    ] {
        let label = format!("{label:<13}");
        rows.value(3, (&label, theme.dim), (value, theme.text));
    }
    if let Some(connected) = &understood.connected {
        rows.text(3, connected.as_str(), theme.warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_from_an_address() {
        let token = format!("eyJhbGciOiJSUzUxMiJ9.{}.sig", "a".repeat(80));
        let secret = "0123456789abcdef".repeat(4);
        for (text, secret) in [
            (token.as_str(), true),
            (&secret, true),
            (&format!(" {token}\n"), true),
            ("acme", false),
            ("space.example.com:8443/space", false),
            (
                "https://acme.jetbrains.space/p/FW/repositories/a-very-long-name-of-a-repository-that-goes-on-and-on-and-on",
                false,
            ),
            (
                "https://h.example/?q=0123456789012345678901234567890123456789012345678901234567890123456789",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(looks_secret(text), secret, "{text}");
        }
    }
}
