//! Colours and glyphs by meaning. Nothing is told by colour alone: a glyph or a word always stands beside it.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::decision::{Decision, Slot};

/// How the screens look on this terminal. The loop decides it once and passes it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Colours.
    pub(crate) theme: Theme,
    /// Signs.
    pub(crate) glyphs: Glyphs,
}

/// Which colours the terminal may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colors {
    /// None: bold, underlined and reversed only. For `NO_COLOR` and terminals without colour.
    None,
    /// The sixteen that every colour terminal has.
    Sixteen,
    /// All.
    Full,
}

impl Look {
    /// The look for `colors`; `ascii` keeps to signs that every terminal and font has.
    pub(crate) fn new(colors: Colors, ascii: bool) -> Self {
        Self {
            theme: Theme::new(colors),
            glyphs: if ascii {
                Glyphs::ascii()
            } else {
                Glyphs::unicode()
            },
        }
    }
}

/// Styles by meaning. Each works on dark and on light ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Theme {
    /// Ordinary text.
    pub(crate) text: Style,
    /// What matters less.
    pub(crate) dim: Style,
    /// Names and titles.
    pub(crate) strong: Style,
    /// Rules and frames.
    pub(crate) rule: Style,
    /// Kept.
    pub(crate) keep: Style,
    /// Revoked.
    pub(crate) revoke: Style,
    /// Acknowledged.
    pub(crate) acknowledge: Style,
    /// Bookmarked.
    pub(crate) later: Style,
    /// Wants attention.
    pub(crate) warning: Style,
    /// Went wrong.
    pub(crate) error: Style,
    /// Marked for a bulk.
    pub(crate) mark: Style,
    /// Keys in hints.
    pub(crate) key: Style,
    /// The row that keys act on.
    pub(crate) cursor: Style,
    /// The selected row of a list that does not have the keys.
    pub(crate) selected: Style,
}

impl Theme {
    fn new(colors: Colors) -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        let mono = Self {
            text: plain,
            dim: plain,
            strong: bold,
            rule: plain,
            keep: plain,
            revoke: bold,
            acknowledge: plain,
            later: plain,
            warning: bold,
            error: bold,
            mark: underlined,
            key: bold,
            cursor: plain.add_modifier(Modifier::REVERSED),
            selected: underlined,
        };
        // Blue and vermilion of Okabe and Ito: told apart with any colour vision, and readable on black and on white.
        let (keep, revoke, warning, grey) = match colors {
            Colors::None => return mono,
            Colors::Sixteen => (Color::Blue, Color::Red, Color::Magenta, Color::DarkGray),
            Colors::Full => (
                Color::Rgb(0x00, 0x86, 0xd1),
                Color::Rgb(0xd5, 0x5e, 0x00),
                Color::Rgb(0xb0, 0x6a, 0x96),
                Color::Rgb(0x80, 0x80, 0x80),
            ),
        };
        Self {
            dim: if colors == Colors::Full {
                plain.fg(grey)
            } else {
                dim
            },
            rule: plain.fg(grey),
            keep: plain.fg(keep),
            revoke: bold.fg(revoke),
            acknowledge: plain.fg(keep),
            later: plain.fg(grey),
            warning: plain.fg(warning),
            error: bold.fg(revoke),
            mark: bold.fg(keep),
            key: bold,
            ..mono
        }
    }

    /// The style of what is recorded about an item.
    pub(crate) fn slot(&self, slot: Slot) -> Style {
        match slot.decision {
            Some(decision) => self.decision(decision),
            None if slot.later => self.later,
            None => self.text,
        }
    }

    /// The style of a decision.
    pub(crate) fn decision(&self, decision: Decision) -> Style {
        match decision {
            Decision::Keep => self.keep,
            Decision::Revoke => self.revoke,
            Decision::Acknowledge => self.acknowledge,
        }
    }
}

/// Signs, each one cell wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glyphs {
    /// Nothing decided.
    pub(crate) undecided: &'static str,
    /// Kept; of a subject: all decided.
    pub(crate) keep: &'static str,
    /// Revoked.
    pub(crate) revoke: &'static str,
    /// Acknowledged.
    pub(crate) acknowledge: &'static str,
    /// Bookmarked.
    pub(crate) later: &'static str,
    /// Some of a subject decided.
    pub(crate) begun: &'static str,
    /// Being written to disk.
    pub(crate) saving: &'static str,
    /// The row with the cursor.
    pub(crate) cursor: &'static str,
    /// Marked.
    pub(crate) mark: &'static str,
    /// Taken back.
    pub(crate) undone: &'static str,
    /// Derived access.
    pub(crate) derived: &'static str,
    /// From a team to the team above it.
    pub(crate) upward: &'static str,
    /// Between facts.
    pub(crate) dot: &'static str,
    /// Something was left out.
    pub(crate) ellipsis: &'static str,
    /// After a key that asks for more; as wide as it likes.
    pub(crate) asks: &'static str,
    /// Between columns and rows.
    pub(crate) times: &'static str,
    /// A horizontal rule.
    pub(crate) rule: &'static str,
    /// Between columns.
    pub(crate) divider: &'static str,
    /// Beside a frame.
    pub(crate) side: &'static str,
    /// Corners of a frame: top left, top right, bottom left, bottom right.
    pub(crate) corners: [&'static str; 4],
    /// Done and open part of a progress bar.
    pub(crate) bar: [&'static str; 2],
    /// Before an order: as usual, and turned around.
    pub(crate) turned: [&'static str; 2],
    /// How many there are, from few to many.
    pub(crate) levels: [&'static str; 8],
    /// The ends of a span of time.
    pub(crate) span: [&'static str; 2],
    /// A place, from below.
    pub(crate) here: &'static str,
    /// From what was to what is.
    pub(crate) becomes: &'static str,
}

impl Glyphs {
    fn unicode() -> Self {
        Self {
            undecided: "·",
            keep: "✓",
            revoke: "✗",
            acknowledge: "◇",
            later: "»",
            begun: "◐",
            saving: "⟳",
            cursor: "▌",
            mark: "◆",
            undone: "↶",
            derived: "└",
            upward: "‹",
            dot: "·",
            ellipsis: "…",
            asks: "…",
            times: "×",
            rule: "─",
            divider: "│",
            side: "│",
            corners: ["┌", "┐", "└", "┘"],
            bar: ["█", "░"],
            turned: ["▾", "▴"],
            levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            span: ["├", "┤"],
            here: "▲",
            becomes: "→",
        }
    }

    fn ascii() -> Self {
        Self {
            undecided: ".",
            keep: "+",
            revoke: "x",
            acknowledge: "o",
            later: ">",
            begun: "%",
            saving: "~",
            cursor: "|",
            mark: "*",
            undone: "<",
            derived: "-",
            upward: "<",
            dot: "-",
            ellipsis: "~",
            asks: "...",
            times: "x",
            rule: "-",
            divider: "|",
            side: "|",
            corners: ["+", "+", "+", "+"],
            bar: ["#", "."],
            turned: ["v", "^"],
            levels: [".", ":", "-", "=", "+", "*", "%", "#"],
            span: ["|", "|"],
            here: "^",
            becomes: ">",
        }
    }

    /// The sign of what is recorded about an item.
    pub(crate) fn slot(&self, slot: Slot) -> &'static str {
        match slot.decision {
            Some(decision) => self.decision(decision),
            None if slot.later => self.later,
            None => self.undecided,
        }
    }

    /// The sign of a decision.
    pub(crate) fn decision(&self, decision: Decision) -> &'static str {
        match decision {
            Decision::Keep => self.keep,
            Decision::Revoke => self.revoke,
            Decision::Acknowledge => self.acknowledge,
        }
    }
}
