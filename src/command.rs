//! A subcommand is a function: options in, an [`Answer`] out. Here the parts that may not know each other
//! are introduced: the Space client to the store, the store to the screens, keys to the record.

use std::{fmt, path::PathBuf, time::Instant};

use crate::{
    config::Places,
    domain::{
        campaign::{Campaign, Refusal},
        journal::Event,
        text::Raw,
        time::Timestamp,
    },
    format::canonical,
    store::Store,
};

pub(crate) use crate::domain::words::{count, number as thousands};

pub(crate) mod approve;
pub(crate) mod check;
pub(crate) mod connect;
pub(crate) mod connections;
pub(crate) mod decide;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod disclose;
mod editor;
pub(crate) mod export;
pub(crate) mod home;
mod keys;
pub(crate) mod live;
mod loading;
pub(crate) mod log;
mod out;
mod place;
pub(crate) mod policy;
pub(crate) mod previous;
mod progress;
mod record;
mod refresh;
pub(crate) mod replay;
pub(crate) mod review;
pub(crate) mod sample;
pub(crate) mod seal;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod verify;
pub(crate) mod views;

/// What every subcommand needs.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The data folder that was named, when it is not the usual one.
    named: Option<PathBuf>,
    /// Where things live.
    pub(crate) places: Places,
    /// The reviews and the records.
    pub(crate) store: Store,
}

impl Context {
    /// Finds the usual places; `data` replaces the data folder.
    pub(crate) fn new(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let places =
            Places::find(data.clone()).hint("set HOME, or name a folder with --data-dir")?;
        Ok(Self {
            named: data,
            store: Store::new(places.data.clone()),
            places,
        })
    }
}

impl Context {
    /// A command that goes on from here, as a person would type it: with the data folder that was named.
    pub(crate) fn again(&self, command: &str) -> String {
        match &self.named {
            Some(folder) => format!("muster --data-dir {} {command}", folder.display()),
            None => format!("muster {command}"),
        }
    }
}

/// What a subcommand has to say on stdout, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The text, complete with its last line feed.
    pub(crate) text: String,
    /// 0 done or yes, 1 no, 2 could not tell.
    pub(crate) code: u8,
}

impl Answer {
    /// Done, with `text` to print.
    pub(crate) fn done(text: String) -> Self {
        Self { text, code: 0 }
    }

    /// Done; everything was said already.
    pub(crate) fn silent() -> Self {
        Self::done(String::new())
    }
}

/// A next step, carried in the chain of an error and printed on a line of its own.
#[derive(Debug)]
pub(crate) struct Hinted {
    /// The next step.
    pub(crate) hint: String,
    /// What was typed and, in a line below, where it is wrong. Both may be shown as they are.
    pub(crate) pointed: Option<[String; 2]>,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint)
    }
}

impl std::error::Error for Hinted {}

/// An error with a next step.
#[derive(Debug)]
struct WithHint {
    sentence: String,
    hint: Hinted,
}

impl fmt::Display for WithHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for WithHint {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.hint)
    }
}

/// An error of `sentence` whose next step is `hint`.
pub(crate) fn failure(sentence: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(WithHint {
        sentence: sentence.into(),
        hint: Hinted {
            hint: hint.into(),
            pointed: None,
        },
    })
}

/// The same, with a place in what was typed.
pub(crate) fn failure_at(
    pointed: [String; 2],
    sentence: impl Into<String>,
    hint: impl Into<String>,
) -> anyhow::Error {
    anyhow::Error::new(WithHint {
        sentence: sentence.into(),
        hint: Hinted {
            hint: hint.into(),
            pointed: Some(pointed),
        },
    })
}

/// `error` and all its causes in one sentence.
pub(crate) fn sentences(error: &anyhow::Error) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for cause in error
        .chain()
        .filter(|cause| !cause.is::<Hinted>())
        .map(ToString::to_string)
    {
        // A cause that repeats what was said adds nothing.
        if !sentences.last().is_some_and(|last| last.contains(&cause)) {
            sentences.push(cause);
        }
    }
    sentences.join(": ")
}

/// The next step that `error` carries, if it does.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<&str> {
    let mut hints = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<Hinted>());
    hints.next().map(|hinted| hinted.hint.as_str())
}

/// Puts the next step on an error.
pub(crate) trait Hint<T> {
    /// The same, with `hint` as the next step.
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Hint<T> for Result<T, E> {
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| failure(sentences(&error.into()), hint))
    }
}

/// What a person allowed on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exceptions {
    /// Decide although the snapshot is partial.
    pub(crate) partial: bool,
    /// Decide on one's own access, for this reason.
    pub(crate) self_review: Option<String>,
}

/// This moment, by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks for the time of day"
)]
pub(crate) fn now() -> Timestamp {
    let ms = chrono::Utc::now().timestamp_millis();
    Timestamp::from_ms(ms).expect("the clock shows a year before 10000")
}

/// Milliseconds since the program first asked; never goes back.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks for elapsed time"
)]
pub(crate) fn elapsed_ms() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Who writes the entries of a review: its reviewer.
pub(crate) fn writer(campaign: &Campaign) -> Raw {
    campaign.opened().reviewer.clone()
}

/// `campaign` as it would be with `events`, written at `at`; nothing is written. `None` when there are none.
pub(crate) fn with(
    campaign: &Campaign,
    events: &[Event],
    at: Timestamp,
) -> Result<Option<Campaign>, Refusal> {
    if events.is_empty() {
        return Ok(None);
    }
    let mut campaign = campaign.clone();
    for event in events {
        let entry = campaign.next(event.clone(), at, writer(&campaign));
        campaign.apply(entry)?;
    }
    Ok(Some(campaign))
}

/// `answer` as one line of JSON that is safe to show: names may come from anybody, and a terminal obeys more than JSON
/// must escape.
pub(crate) fn json_line(answer: &serde_json::Value) -> String {
    let mut line = canonical::shown(&answer.to_string());
    line.push('\n');
    line
}

/// The version of this program and its build, as records tell it: what it was built for, how, and, where whoever
/// built it said so in `MUSTER_BUILD`, from what.
pub(crate) fn version() -> String {
    let how = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let from = option_env!("MUSTER_BUILD").filter(|from| !from.is_empty());
    let from = from.map_or_else(String::new, |from| format!(".{from}"));
    format!("{}+{os}.{arch}.{how}{from}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_is_safe_to_show_and_loses_nothing() {
        let name = "a\u{9b}31m\u{202e}b\u{1b}[2J\u{e0001}\u{7f} Ô\"\n";
        let answer = serde_json::json!({ "name": name });
        let line = json_line(&answer);
        assert!(
            !line
                .trim_end_matches('\n')
                .chars()
                .any(canonical::is_hidden),
            "{line:?}"
        );
        let again: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(again, answer);
    }
}
