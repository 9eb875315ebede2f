//! [`Secret`]: one line that a person types or pastes and nobody sees.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// The most bytes a secret has. There is room for them from the start: a text that grows leaves copies behind.
const LIMIT: usize = 8 << 10;

/// One line of input that is never shown, copied or printed.
pub(crate) struct Secret {
    text: Zeroizing<String>,
}

impl Default for Secret {
    fn default() -> Self {
        Self {
            text: Zeroizing::new(String::with_capacity(LIMIT)),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Whether there is nothing but blanks in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// How many characters it has.
    pub(crate) fn count(&self) -> usize {
        self.text.chars().count()
    }

    /// The secret, without blanks around it, for whoever sends it.
    pub(crate) fn secret(&self) -> SecretString {
        SecretString::from(self.text.trim())
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        // What it held is wiped when it goes.
        *self = Self::default();
    }

    /// Puts what was pasted in place of what is there: nobody can see where something was to go in.
    ///
    /// What cannot be a secret is not taken in; the answer says why.
    pub(crate) fn paste(&mut self, pasted: &SecretString) -> Result<(), &'static str> {
        let pasted = pasted.expose_secret().trim();
        if pasted.is_empty() {
            return Err("there was nothing in what was pasted");
        }
        if pasted.len() > LIMIT {
            return Err("what was pasted is too long to be a token");
        }
        if pasted.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("what was pasted has blanks or line breaks inside; copy the token alone");
        }
        self.clear();
        self.text.push_str(pasted);
        Ok(())
    }

    /// Takes a key; the answer is whether it was one for a line.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if ctrl => self.clear(),
            KeyCode::Char('h') if ctrl => _ = self.text.pop(),
            KeyCode::Char(c)
                if !key
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                if !c.is_control() && self.text.len() + c.len_utf8() <= LIMIT {
                    self.text.push(c);
                }
            }
            KeyCode::Backspace => _ = self.text.pop(),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pasted(text: &str) -> (Secret, Result<(), &'static str>) {
        let mut secret = Secret::default();
        secret.key(KeyEvent::from(KeyCode::Char('x')));
        let taken = secret.paste(&SecretString::from(text));
        (secret, taken)
    }

    #[test]
    fn a_paste_is_trimmed_and_replaces_what_was_there() {
        let (secret, taken) = pasted(" eyJ.abc\r\n");
        assert_eq!(taken, Ok(()));
        assert_eq!(secret.secret().expose_secret(), "eyJ.abc");
        assert_eq!(secret.count(), 7);
    }

    #[test]
    fn a_paste_that_is_no_secret_changes_nothing() {
        for (text, why) in [
            (" \n ", "nothing in what"),
            ("Bearer abc", "blanks or line breaks"),
            ("abc\nlogin: ada", "blanks or line breaks"),
            ("a\u{1b}b", "blanks or line breaks"),
            (&"x".repeat(LIMIT + 1), "too long"),
        ] {
            let (secret, taken) = pasted(text);
            assert!(taken.is_err_and(|said| said.contains(why)), "{text:.20}");
            assert_eq!(secret.secret().expose_secret(), "x");
        }
    }

    #[test]
    fn a_secret_never_moves_to_a_larger_place_and_never_prints() {
        let mut secret = Secret::default();
        let place = secret.text.as_ptr();
        for _ in 0..2 * LIMIT {
            secret.key(KeyEvent::from(KeyCode::Char('é')));
        }
        assert_eq!(secret.text.as_ptr(), place);
        assert_eq!(secret.count(), LIMIT / 2);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
