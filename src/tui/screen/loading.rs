//! [`Loading`]: fetching, how far it is, and what to do when it failed.

use ratatui::text::{Line, Span};

use super::frame::footer;
use crate::{
    domain::text::SafeText,
    tui::{
        keymap::Context,
        message,
        widget::{
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// Fetching goes on, or it failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Loading {
    /// How far it is.
    pub(crate) progress: message::Loading,
    /// Whether it was asked to stop.
    pub(crate) stopping: bool,
    /// Why it failed, and what to do.
    pub(crate) failed: Option<(SafeText, SafeText)>,
}

impl Loading {
    /// Which keys count.
    pub(crate) fn context(&self) -> Context {
        if self.failed.is_some() {
            Context::Failed
        } else {
            Context::Loading
        }
    }

    /// Draws it over the whole screen.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let wide = pen.width().saturating_sub(4).min(76);
        pen.line(0, &Line::styled(" muster", look.theme.strong));
        let mut row = pen.height() / 3;
        let mut put = |pen: &mut Pen<'_>, line: Line<'_>| {
            pen.line_at(2, row, &line);
            row += 1;
        };
        if let Some((error, hint)) = &self.failed {
            for line in text::wrap(error.as_str(), wide) {
                put(pen, Line::styled(line, look.theme.error));
            }
            put(pen, Line::default());
            for line in text::wrap(hint.as_str(), wide) {
                put(pen, Line::raw(line));
            }
        } else {
            let progress = &self.progress;
            let what = SafeText::of(&progress.what);
            let doing = match (progress.what.is_empty(), self.stopping) {
                (_, true) => "Stopping".to_owned(),
                (true, false) => "Opening".to_owned(),
                (false, false) => capital(what.as_str()),
            };
            let rows = match progress.total {
                _ if progress.what.is_empty() => String::new(),
                Some(total) => format!("  {} of {}", number(progress.done), number(total)),
                None if progress.done == 0 => String::new(),
                None => format!("  {}", number(progress.done)),
            };
            put(
                pen,
                Line::from(vec![
                    Span::styled(doing, look.theme.strong),
                    Span::raw(rows),
                ]),
            );
            if let Some(total) = progress.total.filter(|total| *total > 0) {
                put(
                    pen,
                    Line::styled(
                        bar(progress.done, total, wide, look.glyphs.bar),
                        look.theme.keep,
                    ),
                );
            } else {
                put(pen, Line::default());
            }
            let mut counts = vec![count(progress.requests, "request", "requests")];
            if progress.retries > 0 {
                counts.push(format!("{} repeated", number(progress.retries)));
            }
            if progress.requests > 0 {
                put(pen, Line::styled(counts.join(", "), look.theme.dim));
            }
            if let Some(wait) = progress.wait_ms {
                let seconds = wait.div_ceil(1000);
                let text = format!(
                    "The server asked to wait: {}.",
                    count(seconds, "second", "seconds")
                );
                put(pen, Line::styled(text, look.theme.warning));
            }
        }
        if let Some(last) = pen.height().checked_sub(1) {
            footer(pen, last, self.context(), None, false);
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// A bar of `wide` cells.
pub(super) fn bar(done: u64, total: u64, wide: usize, signs: [&str; 2]) -> String {
    let wide = wide as u64;
    let full = done
        .min(total)
        .saturating_mul(wide)
        .checked_div(total)
        .unwrap_or(0);
    let times = |n: u64| usize::try_from(n).unwrap_or(0);
    format!(
        "{}{}",
        signs[0].repeat(times(full)),
        signs[1].repeat(times(wide - full))
    )
}
