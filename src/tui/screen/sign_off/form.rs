//! The sign-off screen as it is drawn: what is told, and under it a row for each thing to fill in.

use ratatui::text::{Line, Span};

use super::{ONE_WORD, Place, SignOff, WIDE};
use crate::{
    domain::{
        check::{Flag, Rule},
        text::SafeText,
    },
    tui::{
        screen::{frame::gutter, review::Review},
        widget::{
            field::Field,
            pen::{Pen, scrolled},
            text,
        },
    },
};

impl SignOff {
    /// Draws it; the answer is where typing goes in.
    pub(in crate::tui::screen) fn draw(
        &self,
        review: &Review,
        pen: &mut Pen<'_>,
    ) -> Option<(u16, u16)> {
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
            _ if let Some(flag) = self.flag() => (about(flag, pen.width()), look.theme.text),
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
        gutter(pen, row, here, false);
        if let Place::Flag(rule) = place
            && !here
        {
            if let Some(flag) = self.facts.flags.iter().find(|flag| flag.rule == rule) {
                let style = if flag.stops() {
                    look.theme.warning
                } else {
                    style
                };
                let typed = self.whys.get(&rule).map_or("", Field::trimmed);
                let told = if flag.stops() && !typed.is_empty() {
                    // It counts only once it is written down.
                    let typed = SafeText::of(typed);
                    format!("{}: typed, Enter here writes it down: {typed}", rule.name())
                } else {
                    shown(flag)
                };
                pen.line_at(1, row, &Line::styled(told, style));
            }
            return 1;
        }
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
            Place::Flag(rule) => self.asks(rule),
            Place::Confirm => format!("Type {name} and Enter to sign: "),
        };
        let room = wide.saturating_sub(1 + text::width(&label));
        let shown = match place {
            Place::Principal => self.principal.shown(room),
            Place::Passphrase => self.passphrase.masked(room),
            Place::Flag(rule) => self
                .whys
                .get(&rule)
                .map_or_else(|| (String::new(), 0), |why| why.shown(room)),
            Place::Confirm | Place::Key => self.confirm.shown(room),
        };
        (label, shown)
    }

    /// What stands before the words that are typed for a flag.
    fn asks(&self, rule: Rule) -> String {
        let flag = self.facts.flags.iter().find(|flag| flag.rule == rule);
        let waived = flag.is_some_and(|flag| !flag.is_open());
        let again = if waived { "again, " } else { "" };
        format!("! {}, {again}why it may stand: ", rule.name())
    }
}

/// What is told about the flag that has the focus, in one row.
fn about(flag: &Flag, wide: usize) -> String {
    let items = if flag.all().is_empty() {
        ""
    } else {
        "  ^o shows them"
    };
    let facts = match &flag.waiver {
        Some(waiver) if waiver.covers => format!("waived: {}", waiver.reason.safe()),
        Some(_) => format!("it grew since it was waived: {}", flag.facts),
        None => flag.facts.clone(),
    };
    let room = wide.saturating_sub(text::width(items) + 1);
    format!("{}{items}", text::cut(&facts, room, "…"))
}

/// A flag that has not the focus, in one row.
fn shown(flag: &Flag) -> String {
    let sign = if flag.stops() { "!" } else { " " };
    let name = flag.rule.name();
    match &flag.waiver {
        Some(waiver) if waiver.covers => format!("{sign} {name}: waived: {}", waiver.reason.safe()),
        _ => format!("{sign} {name}: {}", flag.facts),
    }
}
