//! [`Proof`]: what is known of where a journal comes from, in words for anybody.

use crate::{domain::text::SafeText, tui::widget::text};

/// What is known of the journal that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The record is good, and the auditor's list has its signer, in this line.
    Known(usize),
    /// The record is good, and nobody says whose key signed it.
    SignerUnknown,
    /// The record is not what it claims to be; why.
    Bad(SafeText),
    /// Nobody can tell; why.
    NotTold(SafeText),
    /// It is no record but a review in progress.
    Unsigned,
}

impl Proof {
    /// What stands on every screen when nothing proves what is shown: in few words, and whole.
    fn warning(&self) -> Option<(&'static str, String)> {
        Some(match self {
            Self::Known(_) => return None,
            Self::SignerUnknown => (
                "UNPROVEN: nobody vouches for the key",
                "NOT PROVEN WHO SIGNED THIS: nothing was changed since it was signed, but anybody can make a key and sign with it. Open it with --allowed-signers FILE, your own list of who may sign.".to_owned(),
            ),
            Self::Bad(why) => (
                "DO NOT RELY ON THIS: checks failed",
                format!("DO NOT RELY ON THIS: it is not what was signed, so what you see may have been changed or made up. What failed: {why}"),
            ),
            Self::NotTold(why) => (
                "UNPROVEN: it could not be checked",
                format!("NOT PROVEN: it could not be told whether this is genuine, so do not rely on it. Why: {why}"),
            ),
            Self::Unsigned => (
                "NOT SIGNED: a review in progress",
                "NOT SIGNED: this is a review in progress. Nobody has confirmed what you see, and it may still change.".to_owned(),
            ),
        })
    }

    /// The same in lines for a screen of this size; empty when everything is proven.
    pub(super) fn banner(&self, (wide, high): (u16, u16)) -> Vec<String> {
        let Some((short, whole)) = self.warning() else {
            return Vec::new();
        };
        // A sign, and blanks around.
        let room = usize::from(wide).saturating_sub(4);
        if wide < 60 || high < 16 {
            return vec![short.to_owned()];
        }
        let most = if high < 30 { 2 } else { 3 };
        let mut lines = text::wrap(&whole, room);
        if lines.len() > most {
            // The screen cuts what is too much; what matters stands first.
            let rest = lines.split_off(most - 1).join(" ");
            lines.push(rest);
        }
        lines
    }

    /// What was checked, for the header: whether it is good, and in words.
    pub(super) fn told(&self) -> (bool, String) {
        match self {
            Self::Known(line) => (true, format!("signer known, line {line} of the list")),
            Self::SignerUnknown => (false, "signed, signer unknown".to_owned()),
            Self::Bad(_) => (false, "checks failed".to_owned()),
            Self::NotTold(_) => (false, "could not be checked".to_owned()),
            Self::Unsigned => (false, "not signed".to_owned()),
        }
    }
}
