//! Where the parts of the review go at each size of the screen.

use ratatui::layout::Rect;

use super::review::{Pane, Review};
use crate::domain::view::Grouping;

/// What the screen is large enough for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Nothing: below 40 by 10.
    Tiny,
    /// One item at a time.
    One,
    /// One pane at a time.
    Narrow,
    /// Queue, items, why and what was done last beside each other.
    Wide,
    /// Also who else has the same access.
    Full,
}

impl Shape {
    /// By columns and rows.
    pub(crate) fn of((wide, high): (u16, u16)) -> Self {
        match (wide, high) {
            (..40, _) | (_, ..10) => Self::Tiny,
            (..60, _) | (_, ..16) => Self::One,
            (..100, _) | (_, ..30) => Self::Narrow,
            (..180, _) | (_, ..45) => Self::Wide,
            _ => Self::Full,
        }
    }
}

/// Where the parts of the review go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Areas {
    /// Organization, progress, what is shown.
    pub(super) header: Rect,
    /// The progress bar.
    pub(super) bar: Option<Rect>,
    /// Why nothing can be decided.
    pub(super) banner: Option<Rect>,
    /// The groups.
    pub(super) queue: Option<Rect>,
    /// The views that can be chosen.
    pub(super) views: Option<Rect>,
    /// The items of one of them.
    pub(super) card: Option<Rect>,
    /// The one item, where there is room for no more.
    pub(super) one: Option<Rect>,
    /// What is known about the selected item.
    pub(super) why: Option<Rect>,
    /// What was done last.
    pub(super) recent: Option<Rect>,
    /// Who else has the same access.
    pub(super) others: Option<Rect>,
    /// Between the columns.
    pub(super) dividers: [Option<Rect>; 2],
    /// Everything between header and toast line, for sheets that cover it.
    pub(super) body: Rect,
    /// The last effect.
    pub(super) toast: Rect,
    /// The keys.
    pub(super) footer: Rect,
}

/// Where the parts go on a screen of this size.
pub(super) fn areas((wide, high): (u16, u16), review: &Review) -> Areas {
    let shape = Shape::of((wide, high));
    let mut areas = Areas::default();
    if shape == Shape::Tiny {
        return areas;
    }
    let mut rest = Rect::new(0, 0, wide, high);
    areas.header = take_top(&mut rest, if shape == Shape::One { 1 } else { 2 });
    areas.bar = (shape >= Shape::Wide).then(|| take_top(&mut rest, 1));
    let banner = u16::try_from(review.banner(wide).len()).unwrap_or(1);
    areas.banner = (banner > 0).then(|| take_top(&mut rest, banner));
    areas.footer = take_bottom(&mut rest, if shape == Shape::Full { 2 } else { 1 });
    areas.toast = take_bottom(&mut rest, 1);
    areas.body = rest;
    match shape {
        Shape::Tiny => {}
        Shape::One | Shape::Narrow if review.desk.pane == Pane::Queue => areas.queue = Some(rest),
        Shape::One => areas.one = Some(rest),
        Shape::Narrow => {
            // What is decided on comes first; the why panel takes rows only when enough are left.
            let why = match high {
                ..19 => 0,
                19..22 => 3,
                22..27 => 5,
                _ => 7,
            };
            areas.why = (why > 0).then(|| take_bottom(&mut rest, why));
            areas.card = Some(rest);
        }
        Shape::Wide | Shape::Full => {
            // A queue of one row has little to tell.
            let queue = match (review.queue.grouping(), shape) {
                (Grouping::Flat, Shape::Wide) => 24,
                _ => (wide / 3).clamp(32, 44),
            };
            let mut left = take_left(&mut rest, queue);
            if shape == Shape::Full {
                let views = u16::try_from(review.views.all().len()).unwrap_or(u16::MAX);
                areas.views = Some(take_bottom(
                    &mut left,
                    views.saturating_add(1).min(high / 3),
                ));
            }
            areas.queue = Some(left);
            areas.dividers[0] = Some(take_left(&mut rest, 1));
            if shape == Shape::Wide {
                areas.recent = Some(take_bottom(&mut rest, 6));
                areas.why = Some(take_bottom(&mut rest, 11));
                areas.card = Some(rest);
                return areas;
            }
            let mut right = rest;
            rest = take_left(&mut right, rest.width - wide * 3 / 10 - 1);
            areas.dividers[1] = Some(take_left(&mut right, 1));
            areas.others = Some(take_bottom(&mut rest, 14));
            areas.card = Some(rest);
            let recent = right.height * 2 / 5;
            areas.recent = Some(take_bottom(&mut right, recent));
            areas.why = Some(right);
        }
    }
    areas
}

pub(crate) fn take_top(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    let taken = Rect {
        height: rows,
        ..*rest
    };
    rest.y += rows;
    rest.height -= rows;
    taken
}

pub(crate) fn take_bottom(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    rest.height -= rows;
    Rect {
        y: rest.bottom(),
        height: rows,
        ..*rest
    }
}

pub(crate) fn take_left(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    let taken = Rect {
        width: columns,
        ..*rest
    };
    rest.x += columns;
    rest.width -= columns;
    taken
}

/// An area of at most this size in the middle of `area`.
pub(crate) fn centered(area: Rect, wide: u16, high: usize) -> Rect {
    let (width, height) = fitting(area, wide, high);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// An area of at most this size at the bottom of `area`.
pub(super) fn bottom(area: Rect, wide: u16, high: usize) -> Rect {
    let (width, height) = fitting(area, wide, high);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.bottom() - height,
        width,
        height,
    }
}

fn fitting(area: Rect, wide: u16, high: usize) -> (u16, u16) {
    (
        area.width.min(wide),
        area.height.min(u16::try_from(high).unwrap_or(u16::MAX)),
    )
}
