//! What a token may read, permission by permission.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    LINE,
    message::{Found, Row},
};
use crate::{
    domain::rights::{Holding, Right},
    tui::{
        theme::Look,
        widget::{pen::Pen, text},
    },
};

/// Where the name of a permission begins.
const NAME: usize = 16;

/// Everything that was found out, in lines.
pub(super) fn lines(found: &Found, look: &Look, wide: usize) -> Vec<Line<'static>> {
    let theme = &look.theme;
    let mut lines = Vec::new();
    let wide = wide.saturating_sub(2).min(LINE);
    let mut put = |column: usize, text: &str, style: Style| {
        for line in text::wrap(text, wide.saturating_sub(column)) {
            let line = format!("{:column$}{line}", "");
            lines.push(Line::styled(line, style));
        }
    };
    let name = format!("{} at {}", found.organization, found.url);
    put(1, &name, theme.strong);
    put(1, found.owner.as_str(), theme.text);
    put(1, found.expiry.as_str(), theme.text);
    for warning in &found.warnings {
        put(1, &format!("! {warning}"), theme.warning);
    }
    put(1, "", theme.text);
    put(1, &summary(&found.rights), theme.strong);
    for row in &found.rights {
        put_right(row, look, wide, &mut lines);
    }
    lines
}

fn put_right(row: &Row, look: &Look, wide: usize, lines: &mut Vec<Line<'static>>) {
    let (theme, glyphs) = (&look.theme, &look.glyphs);
    let Right {
        permission,
        holding,
    } = &row.right;
    let (sign, style) = match holding {
        Holding::Shown | Holding::Said => (glyphs.keep, theme.keep),
        Holding::Missing(_) => (glyphs.revoke, theme.revoke),
        Holding::Unclear(_) => ("?", theme.warning),
    };
    let mut first = vec![
        Span::styled(format!(" {sign} {:<11}  ", holding.word()), style),
        Span::styled(permission.title(), theme.strong),
    ];
    if *holding == Holding::Said {
        first.push(Span::styled("  as the server says", theme.dim));
    }
    lines.push(Line::from(first));
    let (why, without) = match holding {
        Holding::Shown | Holding::Said => return,
        Holding::Missing(why) => (why, "without it"),
        Holding::Unclear(why) => (why, "if it is missing"),
    };
    for (label, text) in [
        ("because", why.safe().as_str()),
        (without, permission.costs()),
        ("grant it", row.grant.as_str()),
    ] {
        let text = format!("{label}: {text}");
        let room = wide.saturating_sub(NAME);
        for line in text::wrap(&text, room) {
            lines.push(Line::raw(format!("{:NAME$}{line}", "")));
        }
    }
}

/// How many permissions are there.
fn summary(rows: &[Row]) -> String {
    let number = |word| {
        let of = rows.iter().filter(|row| row.right.holding.word() == word);
        of.count()
    };
    let granted = rows.iter().filter(|row| row.right.holding.is_granted());
    let mut parts = vec![format!(
        "{} of {} permissions granted",
        granted.count(),
        rows.len()
    )];
    for (word, told) in [("missing", "missing"), ("cannot tell", "cannot be told")] {
        let n = number(word);
        if n > 0 {
            parts.push(format!("{n} {told}"));
        }
    }
    format!("{}:", parts.join(", "))
}

/// Draws them from line `top`; the answer is where the cursor goes.
pub(super) fn draw(found: &Found, top: usize, pen: &mut Pen<'_>) -> (u16, u16) {
    let look = pen.look();
    let lines = lines(found, look, pen.width());
    let high = pen.height().saturating_sub(1);
    let top = top.min(lines.len().saturating_sub(high));
    for (row, line) in lines.iter().skip(top).take(high).enumerate() {
        pen.line(row, line);
    }
    let more = lines.len().saturating_sub(top + high);
    if more > 0 {
        let more = text::count(more as u64, "more line", "more lines");
        let text = format!(" {more}: PgDn");
        pen.line(high, &Line::styled(text, look.theme.warning));
    }
    let area = pen.area();
    (area.x, area.y)
}
