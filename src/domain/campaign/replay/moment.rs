//! Moments as people write them: the number of an entry, a day, a time.

use super::{
    super::super::{
        text::SafeText,
        time::{Day, Timestamp},
    },
    Replay,
};

/// Why a text names no moment of a journal. What it says is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMoment {
    /// The number is not that of an entry.
    #[error("there is no entry {number}")]
    NoEntry {
        /// The number.
        number: u64,
        /// The number of the last entry.
        last: u32,
    },
    /// The review did not exist yet.
    #[error("nothing had happened by {text}")]
    TooEarly {
        /// What was written.
        text: SafeText,
        /// When the review was opened.
        opened: Timestamp,
    },
    /// It is neither.
    #[error("{0} is neither the number of an entry nor a time")]
    Neither(SafeText),
}

impl NoMoment {
    /// What would be right.
    pub fn hint(&self) -> String {
        match self {
            Self::NoEntry { last, .. } => format!("the journal has the entries 1 to {last}"),
            Self::TooEarly { opened, .. } => {
                format!("the review was opened at {} UTC", opened.minute())
            }
            Self::Neither(_) => {
                "write 41, 2026-08-11, \"2026-08-11 14:00\" or 2026-08-11T14:00:58Z (UTC)"
                    .to_owned()
            }
        }
    }
}

impl Replay {
    /// The entry that `text` names: its number, or the last one at a time or a day.
    ///
    /// # Errors
    /// Why it names none, with what would be right.
    pub fn moment(&self, text: &str) -> Result<u32, NoMoment> {
        let text = text.trim();
        if let Ok(number) = text.parse::<u64>() {
            let last = self.last();
            let entry = u32::try_from(number).ok();
            return entry
                .filter(|entry| (1..=last).contains(entry))
                .ok_or(NoMoment::NoEntry { number, last });
        }
        let day_end = |day: Day| Timestamp::from_ms(day.start().ms() + 24 * 60 * 60 * 1000 - 1);
        let minute = || {
            let (day, clock) = text.split_once([' ', 'T'])?;
            let clock = clock.trim_end_matches('Z');
            let full = if clock.len() == 5 { ":59.999" } else { ".999" };
            format!("{day}T{clock}{full}Z").parse::<Timestamp>().ok()
        };
        let time = text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<Day>().ok().and_then(day_end))
            .or_else(minute)
            .ok_or_else(|| NoMoment::Neither(SafeText::of(text)))?;
        match self.end().entries().first().map(|entry| entry.at) {
            Some(opened) if time < opened => Err(NoMoment::TooEarly {
                text: SafeText::of(text),
                opened,
            }),
            _ => Ok(self.at_time(time)),
        }
    }
}
