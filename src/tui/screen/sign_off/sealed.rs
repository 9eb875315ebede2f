//! The last page: where the record is, and how anybody verifies it.

use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::text::SafeText,
    tui::{
        screen::review::{Review, SealedPage},
        widget::{pen::Pen, text},
    },
};

/// What is shown once the record is written: where it is, and how anybody verifies it.
pub(in crate::tui::screen) fn draw_sealed(
    review: &Review,
    page: &SealedPage,
    pen: &mut Pen<'_>,
) -> (u16, u16) {
    pen.clear();
    let look = pen.look();
    pen.rule(0, &Line::styled("Sealed", look.theme.strong));
    let path = quoted(&page.record);
    let principal = quoted(SafeText::of(&review.principal).as_str());
    let mut row = 2;
    let wide = pen.width().saturating_sub(4);
    let mut put = |pen: &mut Pen<'_>, label: &str, lines: &[String]| {
        for line in text::wrap(label, wide) {
            pen.line_at(1, row, &Line::raw(line));
            row += 1;
        }
        for line in lines.iter().flat_map(|line| text::wrap(line, wide)) {
            pen.line_at(3, row, &Line::styled(line, look.theme.strong));
            row += 1;
        }
        row += 1;
    };
    let written = "The record is written and its signature was checked. It is here:";
    put(pen, written, std::slice::from_ref(&page.record));
    let line = "The line for the auditor's list of signers (ALLOWED_SIGNERS):";
    put(pen, line, &[SafeText::of(&page.signer).to_string()]);
    let command = format!("muster verify {path} --allowed-signers ALLOWED_SIGNERS");
    put(pen, "Verify it:", &[command]);
    put(
        pen,
        "Verify it without muster:",
        &[
            format!("cd {path}"),
            "sha256sum -c SHA256SUMS".to_owned(),
            format!("ssh-keygen -Y verify -f ALLOWED_SIGNERS -I {principal} \\"),
            "-n muster-review -s SHA256SUMS.reviewer.sig < SHA256SUMS".to_owned(),
        ],
    );
    let area: Rect = pen.area();
    (area.x, area.y)
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
