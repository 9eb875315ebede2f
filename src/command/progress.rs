//! A line on stderr that tells how far something is.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::mpsc::RecvTimeoutError,
    time::Duration,
};

use super::elapsed_ms;
use crate::domain::text::SafeText;

/// How often it is told how far a long piece of work is.
const TICK: Duration = Duration::from_millis(300);

/// A line on stderr that tells how far something is: redrawn in place on a terminal, else a new line now
/// and then.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    terminal: bool,
    last: Option<(u64, String)>,
    width: usize,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            last: None,
            width: 0,
        }
    }

    /// Shows `line`; `what` is its subject, whose change is always worth a new line. `now_ms` is any
    /// clock that does not go back.
    pub(crate) fn show(&mut self, now_ms: u64, what: &str, line: &str) {
        let pause = if self.terminal { 100 } else { 2_000 };
        if self
            .last
            .as_ref()
            .is_some_and(|(at, last)| now_ms < at + pause && (self.terminal || last == what))
        {
            return;
        }
        self.last = Some((now_ms, what.to_owned()));
        let line = SafeText::of(line);
        let mut err = io::stderr().lock();
        // Progress is talk: when stderr is gone there is nobody to talk to.
        let _ = if self.terminal {
            let padded = format!("{:<width$}", line.as_str(), width = self.width);
            self.width = line.as_str().chars().count();
            write!(err, "\r{padded}").and_then(|()| err.flush())
        } else {
            writeln!(err, "{line}")
        };
    }

    /// Does `work` and tells all the while how far it is: `what`, and what `told` says.
    pub(crate) fn during<T>(
        &mut self,
        what: &str,
        told: impl Fn() -> String + Sync,
        work: impl FnOnce() -> T,
    ) -> T {
        let (over, end) = std::sync::mpsc::channel::<()>();
        let (line, told) = (&mut *self, &told);
        let result = std::thread::scope(|scope| {
            scope.spawn(move || {
                // The end of the work, or of a panic in it, drops the other side.
                while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    line.show(elapsed_ms(), what, &format!("{what} {}", told()));
                }
            });
            let result = work();
            drop(over);
            result
        });
        self.finish();
        result
    }

    /// Ends the line, so that what follows stands on its own.
    pub(crate) fn finish(&mut self) {
        if self.terminal && self.width > 0 {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r{:width$}\r", "", width = self.width).and_then(|()| err.flush());
            self.width = 0;
        }
    }
}
