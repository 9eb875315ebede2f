//! [`SignOff`]: what was decided and how, what is missing, who signs with which key, and the words that are signed.

mod facts;
mod form;
mod sealed;

pub(super) use sealed::draw_sealed;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use secrecy::SecretString;

use facts::Facts;

use super::review::{Review, Sheet};
use crate::{
    domain::{
        check::{self, Flag, Rule},
        seal::statement,
        text::{Raw, SafeText},
    },
    tui::{
        action::Action,
        effect::{Effect, SealRequest},
        widget::{field::Field, text::count},
    },
};

/// The sign-off screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignOff {
    principal: Field,
    passphrase: Field,
    /// Why each flag may stand, as far as it was typed.
    whys: BTreeMap<Rule, Field>,
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
    /// A red flag.
    Flag(Rule),
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
            whys: BTreeMap::new(),
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
        places.extend(self.facts.flags.iter().map(|flag| Place::Flag(flag.rule)));
        places.push(Place::Confirm);
        places
    }

    fn with(review: &mut Review, change: impl FnOnce(&mut Self, &Review)) {
        if let Some(Sheet::SignOff(mut sign_off)) = review.desk.sheets.pop() {
            change(&mut sign_off, review);
            review.desk.sheets.push(Sheet::SignOff(sign_off));
        }
    }

    /// Looks for the red flags again, after an entry was written.
    pub(super) fn check(review: &mut Review) {
        if !matches!(review.desk.sheets.last(), Some(Sheet::SignOff(_))) {
            return;
        }
        Self::with(review, |this, review| {
            this.facts.flags = check::check(&review.campaign, review.now);
            // What was said is written now.
            let waived = this.facts.flags.iter().filter(|flag| !flag.is_open());
            for flag in waived {
                this.whys.remove(&flag.rule);
            }
        });
    }

    /// A waiver was not written.
    pub(super) fn refused(review: &mut Review, reason: &SafeText) {
        if let Some(Sheet::SignOff(this)) = review.desk.sheets.last_mut() {
            this.said = Some(format!("not recorded: {reason}"));
        }
    }

    /// The flag that has the focus.
    fn flag(&self) -> Option<&Flag> {
        let Place::Flag(rule) = self.at else {
            return None;
        };
        self.facts.flags.iter().find(|flag| flag.rule == rule)
    }

    /// Goes to the items of the flag that has the focus.
    fn show_items(review: &mut Review) {
        let mut view = None;
        Self::with(review, |this, _| match this.flag() {
            None => this.said = Some("go to a red flag first".to_owned()),
            Some(flag) if flag.all().is_empty() => {
                this.said = Some(format!("{} is not about single items", flag.rule.name()));
            }
            Some(flag) => view = Some((flag.rule.name(), flag.all().len() as u64)),
        });
        if let Some((name, n)) = view {
            review.desk.sheets.pop();
            review.filter(&format!("flag:{name}"));
            let items = count(n, "item", "items");
            review.say(
                super::review::Tone::Plain,
                format!(
                    "{items} of the flag {name}; Esc shows everything, S goes back to sign-off"
                ),
            );
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
        if action == Action::Items {
            Self::show_items(review);
            return;
        }
        let (mut sign, mut waive) = (false, None);
        Self::with(review, |this, review| {
            // What was said is about what was there before this key; Enter on an empty line does nothing.
            if action != Action::Accept || this.at != Place::Confirm || !this.confirm.is_empty() {
                this.said = None;
            }
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
                Action::Accept => {
                    let why = match this.at {
                        Place::Flag(rule) => this.whys.get(&rule).map(Field::trimmed),
                        _ => None,
                    };
                    if let Some((flag, why)) = this.flag().zip(why.filter(|why| !why.is_empty())) {
                        waive = Some(flag.waive(Raw::from(why)));
                    }
                    this.at = places[(at + 1).min(places.len() - 1)];
                }
                _ => {}
            }
        });
        if let Some(event) = waive
            && !review.send(event, effects)
        {
            let reason = SafeText::of(&review.desk.toast.text);
            Self::refused(review, &reason);
        }
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
            let stops = this.facts.flags.iter().find(|flag| flag.stops());
            let said = if let Some(wrong) = misnamed(this.principal.trimmed()) {
                this.at = Place::Principal;
                Some(wrong)
            } else if keys.is_empty() {
                this.at = Place::Key;
                Some("there is no key to sign with".to_owned())
            } else if !review.pending.is_empty() {
                Some("still saving; try again in a moment".to_owned())
            } else if let Some(flag) = stops {
                let name = flag.rule.name();
                let said = format!("settle {name}, or say here why it may stand and press Enter");
                this.at = Place::Flag(flag.rule);
                Some(said)
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
                    statement: statement(&review.campaign, &principal, &this.facts.flags),
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
            Place::Flag(rule) => Some(self.whys.entry(rule).or_default()),
            Place::Confirm => Some(&mut self.confirm),
            Place::Key => None,
        }
    }
}
