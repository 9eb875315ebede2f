//! Where the parts of a replay go at each size, and the parts around the lists.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{Pane, SPEEDS, State, events};
use crate::{
    domain::{decision::Decision, journal::Event, text::SafeText},
    tui::{
        screen::{
            frame,
            layout::{Shape, take_bottom, take_left, take_top},
        },
        widget::{pen::Pen, text::number},
    },
};

/// Where the parts go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Areas {
    /// What is known of where the journal comes from.
    banner: Rect,
    /// What is shown, and the moment.
    head: Rect,
    pub(super) timeline: Rect,
    pub(super) list: Option<Rect>,
    divider: Option<Rect>,
    pub(super) beside: Option<Rect>,
    about: Option<Rect>,
    /// Between timeline and the last line said.
    body: Rect,
    said: Rect,
    footer: Rect,
    /// Where the screens of the review go.
    pub(super) inside: Rect,
    /// The line above them.
    strip: Rect,
}

impl State {
    pub(super) fn areas(&self) -> Areas {
        let (wide, high) = self.size;
        let shape = Shape::of(self.size);
        let mut areas = Areas::default();
        let mut rest = Rect::new(0, 0, wide, high);
        let banner = self.proof.banner(self.size).len();
        areas.banner = take_top(&mut rest, u16::try_from(banner).unwrap_or(1));
        areas.inside = rest;
        areas.strip = take_top(&mut areas.inside, 1);
        let small = shape <= Shape::One;
        areas.head = take_top(&mut rest, if small { 1 } else { 2 });
        areas.timeline = take_top(&mut rest, if small { 1 } else { 2 });
        areas.footer = take_bottom(&mut rest, if shape == Shape::Full { 2 } else { 1 });
        areas.said = take_bottom(&mut rest, 1);
        areas.body = rest;
        match shape {
            Shape::Tiny | Shape::One => match self.pane {
                Pane::Events => areas.list = Some(rest),
                Pane::Beside => areas.beside = Some(rest),
            },
            Shape::Narrow => {
                areas.about = (rest.height >= 10).then(|| take_bottom(&mut rest, 4));
                if rest.height >= 8 {
                    let below = rest.height * 2 / 5;
                    areas.beside = Some(take_bottom(&mut rest, below));
                    areas.list = Some(rest);
                } else {
                    match self.pane {
                        Pane::Events => areas.list = Some(rest),
                        Pane::Beside => areas.beside = Some(rest),
                    }
                }
            }
            Shape::Wide | Shape::Full => {
                areas.about = Some(take_bottom(&mut rest, 6));
                areas.list = Some(take_left(&mut rest, wide * 11 / 20));
                areas.divider = Some(take_left(&mut rest, 1));
                areas.beside = Some(rest);
            }
        }
        areas
    }

    /// Draws everything.
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let full = frame.area();
        // The screen may have another size already than was told.
        let areas = self.areas();
        let mut pen = Pen::new(frame.buffer_mut(), full, &self.look);
        for (row, line) in self.proof.banner(self.size).iter().enumerate() {
            let sign = if row == 0 { "!" } else { " " };
            let line = Line::styled(format!(" {sign} {line}"), self.look.theme.error);
            pen.on(areas.banner).line(row, &line);
        }
        let cursor = if Shape::of(self.size) == Shape::Tiny {
            draw_tiny(self.size, &mut pen.on(areas.inside));
            None
        } else if self.inside && self.sheet.is_none() {
            self.draw_strip(&mut pen.on(areas.strip));
            match &self.review {
                Some(review) if Shape::of(self.inside_size()) > Shape::Tiny => {
                    self.draw_inside(review, areas.inside, frame)
                }
                _ => {
                    let mut pen = pen.on(areas.inside);
                    pen.line(0, &Line::raw(" the screens of the review need more rows"));
                    pen.line(1, &Line::raw(" q goes back to the entries"));
                    None
                }
            }
        } else {
            self.draw_events(&areas, &mut pen)
        };
        if let Some((x, y)) = cursor.filter(|(x, y)| *x < full.right() && *y < full.bottom()) {
            frame.set_cursor_position((x, y));
        }
    }

    fn draw_events(&self, areas: &Areas, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        self.draw_head(&mut pen.on(areas.head));
        let (at, last) = (u64::from(self.replay.at()), u64::from(self.replay.last()));
        self.timeline
            .draw(self.at_time(), at * 100 / last, &mut pen.on(areas.timeline));
        let mut cursor = None;
        if let Some(area) = areas.list {
            cursor = events::draw(self, &mut pen.on(area));
        }
        if let Some(area) = areas.divider {
            pen.on(area).divider(0);
        }
        if let Some(area) = areas.beside {
            let there = self.beside.draw(&self.replay, self.pane, &mut pen.on(area));
            cursor = there.or(cursor.filter(|_| self.pane == Pane::Events));
        }
        if let Some(area) = areas.about {
            events::draw_about(self, &mut pen.on(area));
        }
        self.draw_said(&mut pen.on(areas.said));
        frame::footer(&mut pen.on(areas.footer), 0, self.context(), None, false);
        match &self.sheet {
            Some(sheet) => self.draw_sheet(sheet, areas.body, areas.said, pen),
            None => cursor,
        }
    }

    /// Organization and review, what was checked; the moment and how far the review is then.
    fn draw_head(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let glyphs = &look.glyphs;
        let dot = glyphs.dot;
        let end = self.replay.end();
        let (at, last) = (u64::from(self.replay.at()), u64::from(self.replay.last()));
        let progress = self.replay.campaign().progress();
        let time = self.at_time();
        let mut counts = Vec::new();
        for (decision, n) in [
            (Decision::Keep, progress.kept),
            (Decision::Revoke, progress.revoked),
            (Decision::Acknowledge, progress.acknowledged),
        ] {
            let name = if pen.width() >= 76 {
                format!("{} ", decision.past())
            } else {
                glyphs.decision(decision).to_owned()
            };
            let style = look.theme.decision(decision);
            counts.push(Span::styled(format!("  {name}{}", number(n)), style));
        }
        let open = if pen.width() >= 76 {
            format!(
                "  undecided {} ({} for later) ",
                number(progress.undecided),
                number(progress.later)
            )
        } else {
            format!("  {}{} ", glyphs.undecided, number(progress.undecided))
        };
        counts.push(Span::raw(open));
        if pen.height() < 2 {
            let from = pen.right(0, &Line::from(counts));
            let moment = format!(" {}/{} {}", number(at), number(last), time.clock());
            pen.cell(0, 0, from, &moment, look.theme.strong);
            return;
        }
        let (proven, told) = self.proof.told();
        let sign = if proven { glyphs.keep } else { "!" };
        let style = if proven {
            look.theme.keep
        } else {
            look.theme.error
        };
        let mut found = Vec::new();
        if pen.width() >= 100 {
            // Whoever signed, the entries hold together; otherwise nothing would be shown.
            let chain = format!(" {} chain {}/{}", glyphs.keep, number(last), number(last));
            found.push(Span::raw(format!("{chain} {dot}")));
        }
        found.push(Span::styled(format!(" {sign} {told} "), style));
        let attested = end
            .entries()
            .iter()
            .rfind(|entry| matches!(entry.event, Event::Attested(_)));
        if let Some(entry) = attested.filter(|_| pen.width() >= 130) {
            found.push(Span::raw(format!("{dot} attested {} ", entry.at.day())));
        }
        let from = pen.right(0, &Line::from(found));
        let title = format!(
            " REPLAY, read-only {dot} {} {dot} {}",
            end.snapshot().organization().name.safe(),
            SafeText::of(&end.opened().review),
        );
        pen.cell(0, 0, from, &title, look.theme.strong);
        let from = pen.right(1, &Line::from(counts));
        let mut moment = vec![
            Span::styled(
                format!(" entry {} of {}", number(at), number(last)),
                look.theme.strong,
            ),
            Span::raw(format!("  {} {} UTC", time.day(), time.clock())),
        ];
        if self.playing.is_some() {
            let speed = format!("  playing, {} a second", number(SPEEDS[self.speed]));
            moment.push(Span::styled(speed, look.theme.mark));
        }
        if let Some(mark) = self.mark {
            let mark = format!("  {} {}", glyphs.mark, number(u64::from(mark)));
            moment.push(Span::styled(mark, look.theme.mark));
        }
        let area = pen.area();
        let room = Rect {
            y: area.y + 1,
            height: 1,
            width: u16::try_from(from).unwrap_or(0),
            ..area
        };
        pen.on(room).line(0, &Line::from(moment));
    }

    /// Above the screens of the review: the moment, and the way on and back.
    fn draw_strip(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let keys = vec![
            Span::styled(" <", look.theme.key),
            Span::raw(" "),
            Span::styled(">", look.theme.key),
            Span::raw(" step  "),
            Span::styled("q", look.theme.key),
            Span::raw(" back "),
        ];
        let from = pen.right(0, &Line::from(keys));
        let time = self.at_time();
        let (at, last) = (u64::from(self.replay.at()), u64::from(self.replay.last()));
        let moment = if pen.width() < 60 {
            format!(" REPLAY {}/{}", number(at), number(last))
        } else {
            format!(
                " REPLAY, read-only {} after entry {} of {}, {} {} UTC",
                look.glyphs.dot,
                number(at),
                number(last),
                time.day(),
                time.clock()
            )
        };
        pen.cell(0, 0, from, &moment, look.theme.strong);
    }

    fn draw_said(&self, pen: &mut Pen<'_>) {
        let look = pen.look();
        let line = match (&self.said.text, self.said.refused) {
            (text, true) => Line::styled(format!(" ! {text}"), look.theme.warning),
            (text, false) => Line::raw(format!(" {text}")),
        };
        pen.line(0, &line);
    }
}

/// What is shown on a screen too small for anything but the banner.
fn draw_tiny((wide, high): (u16, u16), pen: &mut Pen<'_>) {
    let times = pen.look().glyphs.times;
    let lines = [
        format!("replay needs 40{times}10"),
        format!("this is {wide}{times}{high}"),
        "Q quit, or make it larger".to_owned(),
    ];
    for (row, line) in lines.into_iter().enumerate() {
        pen.line(row, &Line::raw(line));
    }
}
