//! A line that asks for something.

use ratatui::text::{Line, Span};

use super::{field::Field, pen::Pen, text};

/// Draws `name` and what is typed behind it; the answer is where typing goes in.
pub(crate) fn draw(name: &str, field: &Field, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
    pen.clear();
    let name = format!(" {name}");
    let (typed, wide) = field.shown(pen.width().saturating_sub(text::width(&name)));
    let at = text::width(&name) + wide;
    let strong = pen.look().theme.strong;
    let line = Line::from(vec![Span::styled(name, strong), Span::raw(typed)]);
    pen.line(0, &line);
    let area = pen.area();
    Some((area.x + u16::try_from(at).ok()?, area.y))
}
