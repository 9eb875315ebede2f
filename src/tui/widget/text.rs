//! Measuring and cutting text by the cells it takes on a screen.
//!
//! Everything counts in grapheme clusters. Clusters whose width terminals disagree about (emoji joined or
//! modified by invisible characters) are shown by their first character, so columns stay aligned.

pub(crate) use crate::domain::words::{count, number};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// One cluster as it is drawn, and the cells it takes.
fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|cluster| {
        let base = cluster.chars().next().unwrap_or(' ');
        if risky(cluster, base) {
            (&cluster[..base.len_utf8()], base.width().unwrap_or(0))
        } else {
            (cluster, cluster.width())
        }
    })
}

fn risky(cluster: &str, base: char) -> bool {
    cluster.len() > base.len_utf8()
        && !base.is_alphabetic()
        && cluster.chars().any(|c| {
            matches!(
                c,
                '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'
            )
        })
}

/// The cells `text` takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    clusters(text).map(|(_, width)| width).sum()
}

/// `text` in at most `room` cells; when something is left out, it ends with `ellipsis`, one cell wide.
pub(crate) fn cut(text: &str, room: usize, ellipsis: &str) -> String {
    if width(text) <= room {
        return clusters(text).map(|(cluster, _)| cluster).collect();
    }
    if room == 0 {
        return String::new();
    }
    let mut left = room - 1;
    let mut short = String::new();
    for (cluster, width) in clusters(text) {
        if width > left {
            break;
        }
        left -= width;
        short.push_str(cluster);
    }
    short.push_str(ellipsis);
    short
}

/// `text` in exactly `room` cells: cut, or followed by blanks.
pub(crate) fn fit(text: &str, room: usize, ellipsis: &str) -> String {
    let mut short = cut(text, room, ellipsis);
    let blanks = room.saturating_sub(width(&short));
    short.extend(std::iter::repeat_n(' ', blanks));
    short
}

/// `text` in lines of at most `room` cells, broken between words where that is possible.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        if used > 0 && used + 1 + wide > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for (cluster, wide) in clusters(word) {
            // What is wider than a whole line is shown by what it begins with.
            let base = cluster.chars().next().filter(|_| wide > room);
            let wide = base.map_or(wide, |base| base.width().unwrap_or(0));
            if used + wide > room && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            match base {
                Some(base) => line.push(base),
                None => line.push_str(cluster),
            }
            used += wide;
        }
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Whether `text` has letters that are read from right to left.
pub(crate) fn right_to_left(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_names_are_cut_between_characters_and_say_so() {
        for (text, room, expected) in [
            ("atlas-ledger", 12, "atlas-ledger"),
            ("atlas-ledger", 6, "atlas…"),
            ("会計レポート", 6, "会計…"),
            ("会計レポート", 7, "会計レ…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("👩‍👩‍👧 family", 9, "👩 family"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, room, "…"), expected, "{text} in {room}");
        }
        assert_eq!(fit("会", 5, "…"), "会   ");
    }

    proptest! {
        #[test]
        fn text_never_takes_more_cells_than_it_is_given(text in "\\PC{0,40}", room in 0usize..30) {
            prop_assert!(width(&cut(&text, room, "…")) <= room);
            prop_assert_eq!(width(&fit(&text, room, "…")), room);
            for line in wrap(&text, room.max(2)) {
                // One character can be wider than any line.
                let one = line.graphemes(true).count() == 1;
                prop_assert!(width(&line) <= room.max(2) || one);
            }
        }
    }
}
