//! [`SignOff`]: what was decided and how, what is missing, who signs with which key, and the words that are signed.

mod facts;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use secrecy::SecretString;

use facts::Facts;

use super::review::{Review, SealedPage, Sheet};
use crate::{
    domain::{
        seal::statement,
        text::{Raw, SafeText},
    },
    tui::{
        action::Action,
        effect::{Effect, SealRequest},
        widget::{
            field::Field,
            pen::{Pen, scrolled},
            text::{self, count},
        },
    },
};

/// The sign-off screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignOff {
    principal: Field,
    passphrase: Field,
    reason: Field,
    confirm: Field,
    /// Which key signs.
    key: usize,
    at: Place,
    top: usize,
    said: Option<String>,
    /// Why sealing failed the last time.
    pub(super) failed: Option<String>,
    facts: Facts,
}

/// One line that is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Principal,
    Key,
    Passphrase,
    Reason,
    Confirm,
}

/// What may be typed as the name of who signs.
const ONE_WORD: &str = "one word, such as your e-mail address";

/// Why `name` cannot be the name of who signs: the auditor's list of signers has one word for each, and some signs
/// mean something else there.
fn misnamed(name: &str) -> Option<String> {
    let wrong = name.is_empty()
        || name.starts_with('#')
        || name
            .chars()
            .any(|c| c.is_whitespace() || "\"',!*?".contains(c))
        || Raw::from(name).has_hidden();
    wrong.then(|| format!("say who signs in {ONE_WORD}: no blanks, quotes, commas or ! * ? #"))
}

/// Columns from which on a field tells beside its name what goes in.
const WIDE: u16 = 80;

/// How far the page scrolls at most; beyond its end nothing more is shown.
const SCROLL: usize = 1_000;

impl SignOff {
    /// Opens the screen and asks for the keys there are.
    pub(super) fn open(review: &mut Review, effects: &mut Vec<Effect>) {
        if let Some(reason) = review.closed() {
            review.refuse(reason);
            return;
        }
        if !review.pending.is_empty() {
            review.refuse("still saving; try again in a moment");
            return;
        }
        let sign_off = Self {
            principal: Field::of(&review.principal),
            passphrase: Field::default(),
            reason: Field::default(),
            confirm: Field::default(),
            key: 0,
            at: Place::Principal,
            top: 0,
            said: None,
            failed: None,
            facts: Facts::of(review),
        };
        review.keys = None;
        review.desk.sheets.push(Sheet::SignOff(Box::new(sign_off)));
        effects.push(Effect::ListKeys);
    }

    fn places(&self, review: &Review) -> Vec<Place> {
        let mut places = vec![Place::Principal, Place::Key];
        let key = review.keys.as_ref().and_then(|keys| keys.get(self.key));
        places.extend(
            key.is_some_and(|key| key.needs_passphrase)
                .then_some(Place::Passphrase),
        );
        places.extend((review.campaign.progress().undecided > 0).then_some(Place::Reason));
        places.push(Place::Confirm);
        places
    }

    fn with(review: &mut Review, change: impl FnOnce(&mut Self, &Review)) {
        if let Some(Sheet::SignOff(mut sign_off)) = review.desk.sheets.pop() {
            change(&mut sign_off, review);
            review.desk.sheets.push(Sheet::SignOff(sign_off));
        }
    }

    pub(super) fn act(review: &mut Review, action: Action, effects: &mut Vec<Effect>) {
        if review.sealing.is_some() {
            return;
        }
        if action == Action::Cancel {
            review.desk.sheets.pop();
            return;
        }
        let mut sign = false;
        Self::with(review, |this, review| {
            let places = this.places(review);
            let at = places
                .iter()
                .position(|place| *place == this.at)
                .unwrap_or(0);
            let leaves = matches!(action, Action::NextField | Action::Down | Action::Accept);
            if leaves && this.at == Place::Principal {
                this.said = misnamed(this.principal.trimmed());
                if this.said.is_some() {
                    return;
                }
            }
            match action {
                Action::NextField | Action::Down => {
                    this.at = places[(at + 1).min(places.len() - 1)];
                }
                Action::PreviousField | Action::Up => this.at = places[at.saturating_sub(1)],
                Action::PageDown => this.top = (this.top + 5).min(SCROLL),
                Action::PageUp => this.top = this.top.saturating_sub(5),
                Action::First => this.top = 0,
                Action::Accept if this.at == Place::Confirm => {
                    // Enter on an empty line does nothing.
                    sign = !this.confirm.is_empty();
                }
                Action::Accept => this.at = places[(at + 1).min(places.len() - 1)],
                _ => {}
            }
        });
        if sign {
            Self::sign(review, effects);
        }
    }

    /// Signs, when everything is filled in and the review's name was typed.
    fn sign(review: &mut Review, effects: &mut Vec<Effect>) {
        let name = review.campaign.opened().review.clone();
        let mut request = None;
        Self::with(review, |this, review| {
            let keys = review.keys.as_deref().unwrap_or(&[]);
            let undecided = review.campaign.progress().undecided;
            let said = if let Some(wrong) = misnamed(this.principal.trimmed()) {
                this.at = Place::Principal;
                Some(wrong)
            } else if keys.is_empty() {
                this.at = Place::Key;
                Some("there is no key to sign with".to_owned())
            } else if undecided > 0 && this.reason.trimmed().is_empty() {
                this.at = Place::Reason;
                Some(format!(
                    "say why {} left undecided",
                    count(undecided, "item is", "items are")
                ))
            } else if this.confirm.trimmed() != name {
                Some(format!(
                    "type the review's name exactly: {}",
                    SafeText::of(&name)
                ))
            } else {
                None
            };
            if said.is_none() {
                let key = this.key.min(keys.len() - 1);
                let principal = this.principal.trimmed().to_owned();
                request = Some(SealRequest {
                    key,
                    passphrase: keys[key]
                        .needs_passphrase
                        .then(|| SecretString::from(this.passphrase.text())),
                    undecided_reason: (undecided > 0).then(|| this.reason.trimmed().to_owned()),
                    statement: statement(&review.campaign, &principal),
                    principal,
                });
                // What was filled in stays, so that it can be tried again at once when sealing fails.
                this.failed = None;
            }
            this.said = said;
        });
        if let Some(request) = request {
            review.principal.clone_from(&request.principal);
            review.sealing = Some(SafeText::of("attesting"));
            effects.push(Effect::Seal(Box::new(request)));
        }
    }

    pub(super) fn typed(review: &mut Review, key: KeyEvent, _effects: &mut Vec<Effect>) -> bool {
        if review.sealing.is_some() {
            return false;
        }
        let mut taken = false;
        Self::with(review, |this, review| {
            let keys = review.keys.as_ref().map_or(0, Vec::len);
            taken = match (this.at, key.code) {
                (Place::Key, KeyCode::Right | KeyCode::Char(' ')) => {
                    this.key = (this.key + 1).min(keys.saturating_sub(1));
                    this.passphrase.clear();
                    true
                }
                (Place::Key, KeyCode::Left) => {
                    this.key = this.key.saturating_sub(1);
                    this.passphrase.clear();
                    true
                }
                (Place::Key, KeyCode::Char(c)) => {
                    let digit = c
                        .to_digit(10)
                        .and_then(|digit| (digit as usize).checked_sub(1));
                    if let Some(chosen) = digit.filter(|digit| *digit < keys) {
                        this.key = chosen;
                        this.passphrase.clear();
                    }
                    true
                }
                _ => this.field().is_some_and(|field| field.key(key)),
            };
            if taken {
                this.said = None;
            }
        });
        taken
    }

    pub(super) fn paste(review: &mut Review, text: &str, _effects: &mut Vec<Effect>) {
        if review.sealing.is_some() {
            return;
        }
        Self::with(review, |this, _| {
            if this.at == Place::Confirm {
                this.said = Some("a paste confirms nothing; type the review's name".to_owned());
            } else if let Some(field) = this.field() {
                field.insert(text);
            }
        });
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.at {
            Place::Principal => Some(&mut self.principal),
            Place::Passphrase => Some(&mut self.passphrase),
            Place::Reason => Some(&mut self.reason),
            Place::Confirm => Some(&mut self.confirm),
            Place::Key => None,
        }
    }

    /// Draws it; the answer is where typing goes in.
    pub(super) fn draw(&self, review: &Review, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        pen.clear();
        let look = pen.look();
        let full = pen.area();
        pen.rule(0, &Line::styled("Sign-off", look.theme.strong));
        // A row for each field, for each key one; around the focus when there is no room for all of them.
        let keys = review.keys.as_ref().map_or(1, |keys| keys.len().max(1));
        let rows: Vec<(Place, usize)> = self
            .places(review)
            .into_iter()
            .flat_map(|place| {
                (0..if place == Place::Key { keys } else { 1 }).map(move |row| (place, row))
            })
            .collect();
        let focus = (
            self.at,
            if self.at == Place::Key {
                self.key.min(keys - 1)
            } else {
                0
            },
        );
        let focused = rows.iter().position(|row| *row == focus).unwrap_or(0);
        let high = rows.len().min(8).min(pen.height().saturating_sub(3) / 2);
        let from = scrolled(0, focused, rows.len(), high);
        let body = pen.height().saturating_sub(high + 3);
        let principal = match self.principal.trimmed() {
            "" => look.glyphs.ellipsis,
            principal => principal,
        };
        let lines = self.facts.told(review, principal, pen.width().min(110));
        let top = self.top.min(lines.len().saturating_sub(body));
        for (row, (warns, line)) in lines.iter().skip(top).take(body).enumerate() {
            let style = if *warns {
                look.theme.warning
            } else {
                look.theme.text
            };
            pen.line(row + 1, &Line::styled(line.as_str(), style));
        }
        let more = lines.len().saturating_sub(top + body);
        let title = if more > 0 {
            format!("{more} more lines: PgDn")
        } else {
            "who signs".to_owned()
        };
        pen.rule(1 + body, &Line::styled(title, look.theme.dim));
        let mut cursor = None;
        for (row, (place, part)) in rows.into_iter().skip(from).take(high).enumerate() {
            let here = (place, part) == focus;
            let at = self.draw_field(review, pen, 2 + body + row, (place, part), here);
            if here {
                let x = full.x + u16::try_from(at).ok()?.min(full.width.saturating_sub(1));
                cursor = Some((x, full.y + u16::try_from(2 + body + row).ok()?));
            }
        }
        let (said, style) = match (&review.sealing, &self.said, &self.failed) {
            (Some(what), _, _) => (format!("{} {what}", look.glyphs.saving), look.theme.strong),
            (_, Some(said), _) => (said.clone(), look.theme.error),
            (_, _, Some(failed)) => (
                format!("not sealed: {failed}; decisions are untouched"),
                look.theme.error,
            ),
            _ if self.at == Place::Principal && full.width < WIDE => {
                (ONE_WORD.to_owned(), look.theme.dim)
            }
            // Where the footer is covered, its keys stand here.
            _ if full.height < 10 => (
                "Enter next, at the end sign  Esc back".to_owned(),
                look.theme.dim,
            ),
            _ => (String::new(), look.theme.text),
        };
        pen.line(2 + body + high, &Line::styled(format!(" {said}"), style));
        cursor.filter(|(_, y)| *y < full.bottom())
    }

    /// Draws one field or one key in row `row`; the answer is the column where typing goes in.
    fn draw_field(
        &self,
        review: &Review,
        pen: &mut Pen<'_>,
        row: usize,
        (place, part): (Place, usize),
        here: bool,
    ) -> usize {
        let look = pen.look();
        let style = if here || self.at == place {
            look.theme.strong
        } else {
            look.theme.dim
        };
        super::frame::gutter(pen, row, here, false);
        if place != Place::Key {
            let (label, (typed, at)) = self.shown(review, place, pen.width());
            let column = 1 + text::width(&label) + at;
            pen.line_at(
                1,
                row,
                &Line::from(vec![Span::styled(label, style), Span::raw(typed)]),
            );
            return column;
        }
        let label = Span::styled(if part == 0 { "Key: " } else { "     " }, style);
        let Some(key) = review.keys.as_ref().and_then(|keys| keys.get(part)) else {
            let text = if review.keys.is_some() {
                "none was found"
            } else {
                "looking for keys"
            };
            pen.line_at(1, row, &Line::from(vec![label, Span::raw(text)]));
            return 6;
        };
        let chosen = part == self.key;
        let sign = if chosen { look.glyphs.keep } else { " " };
        let style = if chosen {
            look.theme.strong
        } else {
            look.theme.text
        };
        let fingerprint = SafeText::of(&key.fingerprint);
        let line = Line::from(vec![
            label,
            Span::styled(format!("{sign} {} {}  ", part + 1, key.label), style),
            Span::styled(format!("{} {fingerprint}", key.place), look.theme.dim),
        ]);
        pen.line_at(1, row, &line);
        6
    }

    fn shown(&self, review: &Review, place: Place, wide: usize) -> (String, (String, usize)) {
        let name = SafeText::of(&review.campaign.opened().review);
        let label = match place {
            Place::Principal if wide >= usize::from(WIDE) => format!("Signed by ({ONE_WORD}): "),
            Place::Principal => "Signed by: ".to_owned(),
            Place::Key => "Key: ".to_owned(),
            Place::Passphrase => "Passphrase of the key: ".to_owned(),
            Place::Reason => "Why items are left undecided: ".to_owned(),
            Place::Confirm => format!("Type {name} and Enter to sign: "),
        };
        let room = wide.saturating_sub(1 + text::width(&label));
        let shown = match place {
            Place::Principal => self.principal.shown(room),
            Place::Passphrase => self.passphrase.masked(room),
            Place::Reason => self.reason.shown(room),
            Place::Confirm | Place::Key => self.confirm.shown(room),
        };
        (label, shown)
    }
}

/// What is shown once the record is written: where it is, and how anybody verifies it.
pub(super) fn draw_sealed(review: &Review, page: &SealedPage, pen: &mut Pen<'_>) -> (u16, u16) {
    pen.clear();
    let look = pen.look();
    pen.rule(0, &Line::styled("Sealed", look.theme.strong));
    let path = quoted(&page.record);
    let principal = quoted(SafeText::of(&review.principal).as_str());
    let mut row = 2;
    let wide = pen.width().saturating_sub(4);
    let mut put = |pen: &mut Pen<'_>, label: &str, lines: &[String]| {
        for line in text::wrap(label, wide) {
            pen.line_at(1, row, &Line::raw(line));
            row += 1;
        }
        for line in lines.iter().flat_map(|line| text::wrap(line, wide)) {
            pen.line_at(3, row, &Line::styled(line, look.theme.strong));
            row += 1;
        }
        row += 1;
    };
    let written = "The record is written and its signature was checked. It is here:";
    put(pen, written, std::slice::from_ref(&page.record));
    let line = "The line for the auditor's list of signers (ALLOWED_SIGNERS):";
    put(pen, line, &[SafeText::of(&page.signer).to_string()]);
    let command = format!("muster verify {path} --allowed-signers ALLOWED_SIGNERS");
    put(pen, "Verify it:", &[command]);
    put(
        pen,
        "Verify it without muster:",
        &[
            format!("cd {path}"),
            "sha256sum -c SHA256SUMS".to_owned(),
            format!("ssh-keygen -Y verify -f ALLOWED_SIGNERS -I {principal} \\"),
            "-n muster-review -s SHA256SUMS.reviewer.sig < SHA256SUMS".to_owned(),
        ],
    );
    let area: Rect = pen.area();
    (area.x, area.y)
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
