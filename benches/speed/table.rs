//! [`Table`]: the promises and whether they are met.

use std::fmt;

use super::figure::Figure;

/// What a figure may come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Budget {
    /// So many times the peer's.
    Times(f64),
    /// So much, whatever the peer needs.
    Limit(f64),
    /// Less than the peer's.
    Ahead,
    /// Exactly the peer's.
    Exact,
    /// It is told, and promised nowhere.
    Told,
}

/// A figure and what it is held against.
#[derive(Debug)]
struct Line {
    what: String,
    figure: Figure,
    peer: Option<(String, Figure)>,
    budget: Budget,
}

/// The promises and whether they are met, printed as Markdown.
#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// Adds a figure that has a budget of its own.
    pub(crate) fn alone(&mut self, what: impl Into<String>, figure: Figure, budget: Budget) {
        self.lines.push(Line {
            what: what.into(),
            figure,
            peer: None,
            budget,
        });
    }

    /// Adds a figure beside that of a peer.
    pub(crate) fn beside(
        &mut self,
        what: impl Into<String>,
        figure: Figure,
        peer: impl Into<String>,
        of_peer: Figure,
        budget: Budget,
    ) {
        self.lines.push(Line {
            what: what.into(),
            figure,
            peer: Some((peer.into(), of_peer)),
            budget,
        });
    }
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        let (_, peer) = self.peer.as_ref()?;
        (!peer.is_empty() && peer.value() > 0.0).then(|| self.figure.value() / peer.value())
    }

    fn budget(&self) -> String {
        match self.budget {
            Budget::Times(times) => format!("≤ {times}×"),
            Budget::Limit(0.0) => "0".to_owned(),
            Budget::Limit(limit) => format!("≤ {limit}"),
            Budget::Ahead => "ahead".to_owned(),
            Budget::Exact => "the same".to_owned(),
            Budget::Told => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        let met = match (self.budget, self.ratio()) {
            (Budget::Told, _) => return "",
            (Budget::Limit(limit), _) => self.figure.value() <= limit,
            (Budget::Times(times), Some(ratio)) => ratio <= times,
            (Budget::Ahead, Some(ratio)) => ratio < 1.0,
            (Budget::Exact, Some(ratio)) => (ratio - 1.0).abs() < f64::EPSILON,
            (_, None) => return "not measured",
        };
        if met { "ok" } else { "**over**" }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | muster | against | it takes | ratio | budget | |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for line in &self.lines {
            let (peer, of_peer) = match &line.peer {
                Some((peer, figure)) => (peer.as_str(), figure.to_string()),
                None => ("", String::new()),
            };
            let ratio = line
                .ratio()
                .map_or_else(String::new, |ratio| format!("{ratio:.2}×"));
            writeln!(
                f,
                "| {} | {} | {peer} | {of_peer} | {ratio} | {} | {} |",
                line.what,
                line.figure,
                line.budget(),
                line.verdict()
            )?;
        }
        Ok(())
    }
}
