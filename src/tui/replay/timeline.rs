//! [`Timeline`]: how many events there were when, with pauses, bulks and the sign-off, in the columns of a screen.

use ratatui::text::{Line, Span};

use crate::{
    domain::{
        campaign::Campaign,
        journal::{Entry, Event},
        time::Timestamp,
    },
    tui::widget::{
        pen::Pen,
        text::{self, number},
    },
};

/// So long without an event is a pause: what follows is another session.
const PAUSE_MS: i64 = 30 * 60 * 1000;

/// How many bulks are remembered for their labels, the largest.
const BULKS: usize = 32;

/// The journal over time. It is made anew when the screen has another width.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Timeline {
    first_ms: i64,
    last_ms: i64,
    columns: Vec<Column>,
    most: u32,
    /// Where the largest bulks are, with their sizes; the largest first.
    bulks: Vec<(usize, usize)>,
    signed: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Column {
    events: u32,
    pause: bool,
}

/// The first entry of each session.
pub(super) fn sessions(campaign: &Campaign) -> Vec<u32> {
    let entries = campaign.entries();
    let later = entries.windows(2).filter(|pair| pause(&pair[0], &pair[1]));
    let later = later.map(|pair| pair[1].seq);
    entries
        .first()
        .map(|first| first.seq)
        .into_iter()
        .chain(later)
        .collect()
}

fn pause(before: &Entry, after: &Entry) -> bool {
    after.at.ms() - before.at.ms() >= PAUSE_MS
}

impl Timeline {
    /// The journal of `campaign` in `wide` columns.
    pub(super) fn of(campaign: &Campaign, wide: usize) -> Self {
        let entries = campaign.entries();
        let times = entries.iter().map(|entry| entry.at.ms());
        let mut timeline = Self {
            // A clock may have been set back.
            first_ms: times.clone().min().unwrap_or(0),
            last_ms: times.max().unwrap_or(0),
            columns: vec![Column::default(); wide],
            ..Self::default()
        };
        if wide == 0 {
            return timeline;
        }
        let mut bulks = Vec::new();
        let mut before: Option<(usize, &Entry)> = None;
        for entry in entries {
            let column = timeline.column(entry.at);
            timeline.columns[column].events += 1;
            if let Some((from, earlier)) = before
                && pause(earlier, entry)
                && from < column
            {
                for column in &mut timeline.columns[from + 1..column] {
                    column.pause = true;
                }
            }
            before = Some((column, entry));
            match &entry.event {
                Event::Decided(decided) if decided.chosen.is_bulk() => {
                    bulks.push((column, decided.items.len()));
                }
                Event::Attested(_) | Event::Sealed { .. } => timeline.signed = Some(column),
                _ => {}
            }
        }
        bulks.sort_by_key(|(column, size)| (std::cmp::Reverse(*size), *column));
        bulks.truncate(BULKS);
        timeline.bulks = bulks;
        timeline.most = timeline
            .columns
            .iter()
            .map(|it| it.events)
            .max()
            .unwrap_or(0);
        timeline
    }

    /// The columns it was made for.
    pub(super) fn wide(&self) -> usize {
        self.columns.len()
    }

    fn column(&self, at: Timestamp) -> usize {
        let last = self.columns.len().saturating_sub(1);
        let (passed, all) = (
            i128::from(at.ms()) - i128::from(self.first_ms),
            i128::from(self.last_ms) - i128::from(self.first_ms),
        );
        let column = (passed * last as i128).checked_div(all).unwrap_or(0);
        usize::try_from(column).unwrap_or(0).min(last)
    }

    /// Draws it with the place of `at`; `share` is how much of the journal lies before, in percent. With a second row,
    /// what happened is written below.
    pub(super) fn draw(&self, at: Timestamp, share: u64, pen: &mut Pen<'_>) {
        let look = pen.look();
        let glyphs = &look.glyphs;
        let here = self.column(at);
        let mut bar = vec![Span::styled(
            format!(" {}", glyphs.span[0]),
            look.theme.rule,
        )];
        for (place, column) in self.columns.iter().enumerate() {
            let levels = glyphs.levels.len();
            let sign = match column.events {
                0 if column.pause => glyphs.rule,
                0 => " ",
                events => {
                    let level = (events as usize * levels).div_ceil(self.most.max(1) as usize);
                    glyphs.levels[level.clamp(1, levels) - 1]
                }
            };
            bar.push(if place == here && pen.height() < 2 {
                Span::styled(glyphs.here, look.theme.strong)
            } else if place == here {
                Span::styled(
                    if sign == " " { glyphs.rule } else { sign },
                    look.theme.warning,
                )
            } else if column.events == 0 {
                Span::styled(sign, look.theme.rule)
            } else {
                Span::styled(sign, look.theme.keep)
            });
        }
        bar.push(Span::styled(
            format!("{} {share}%", glyphs.span[1]),
            look.theme.rule,
        ));
        pen.line(0, &Line::from(bar));
        if pen.height() > 1 {
            self.draw_labels(here, pen);
        }
    }

    /// Writes below the columns what is there, as far as there is room: the place first.
    fn draw_labels(&self, here: usize, pen: &mut Pen<'_>) {
        let look = pen.look();
        let wide = self.columns.len();
        let mut taken = vec![false; wide];
        let mut put = |pen: &mut Pen<'_>, column: usize, label: &str, style| {
            let cells = text::width(label);
            // Behind its column, or before it at the right end.
            let from = if column + cells <= wide {
                column
            } else {
                (column + 1).saturating_sub(cells)
            };
            let around = from.saturating_sub(1)..(from + cells + 1).min(wide);
            let fits = from + cells <= wide && taken[around].iter().all(|taken| !taken);
            if fits {
                taken[from..from + cells].fill(true);
                pen.line_at(from + 2, 1, &Line::styled(label.to_owned(), style));
            }
            fits
        };
        let glyph = look.glyphs.here;
        let label = if here + 7 <= wide {
            format!("{glyph} here")
        } else {
            format!("here {glyph}")
        };
        put(pen, here, &label, look.theme.strong);
        if let Some(column) = self.signed {
            let _ = put(pen, column, "sign-off", look.theme.text)
                || put(pen, column, "S", look.theme.text);
        }
        let day = |ms| Timestamp::from_ms(ms).map_or(String::new(), |at| at.day().to_string());
        put(pen, 0, &day(self.first_ms), look.theme.dim);
        for (column, size) in &self.bulks {
            let bulk = format!("bulk {}", number(*size as u64));
            let _ = put(pen, *column, &bulk, look.theme.text)
                || put(pen, *column, "b", look.theme.text);
        }
        if wide > 0 {
            put(pen, wide - 1, &day(self.last_ms), look.theme.dim);
        }
    }
}
