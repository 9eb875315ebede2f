//! The screens of the review at the moment that is shown: queue, items, why. They are the same screens, and decide nothing.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::{Frame, buffer::Buffer, layout::Rect};

use super::{READ_ONLY, State};
use crate::tui::{
    action::{Action, Moment},
    effect::Effect,
    keymap::{self, Context},
    runtime::Exit,
    screen::{frame, layout::Shape, review::Review},
    widget::pen::Pen,
};

impl State {
    /// The rows and columns that the review has.
    pub(super) fn inside_size(&self) -> (u16, u16) {
        let area = self.areas().inside;
        (area.width, area.height)
    }

    /// Opens the review as it was, at the item under the cursor.
    pub(super) fn open_review(&mut self) {
        self.playing = None;
        let size = self.inside_size();
        if Shape::of(size) == Shape::Tiny {
            self.refuse("the screens of the review need more rows; make it larger");
            return;
        }
        let item = self.beside.item(self.replay.campaign());
        let campaign = self.replay.campaign().clone();
        if let Some(review) = &mut self.review {
            review.resize(size);
            review.show(campaign);
        } else {
            let review = Review::replayed(campaign, READ_ONLY, self.look.clone(), size);
            self.review = Some(Box::new(review));
        }
        self.inside = true;
        if let (Some(review), Some(item)) = (&mut self.review, item) {
            review.go_to(item);
        }
    }

    pub(super) fn key_inside(&mut self, key: KeyEvent, now_ms: u64) {
        let size = self.inside_size();
        let Some(review) = &mut self.review else {
            self.inside = false;
            return;
        };
        let context = review.context();
        let meaning = keymap::meaning(context, key);
        // Where the review is not shown, none of its keys count.
        let hidden = Shape::of(size) == Shape::Tiny;
        if hidden || context == Context::Review {
            match (meaning, keymap::meaning(Context::Inside, key)) {
                (_, Some(Action::Replay(Moment::Next))) => {
                    let to = self.replay.at() + 1;
                    return self.step_inside(Some(to).filter(|to| *to <= self.replay.last()));
                }
                (_, Some(Action::Replay(Moment::Previous))) => {
                    let to = self.replay.at() - 1;
                    return self.step_inside(Some(to).filter(|to| *to > 0));
                }
                (Some(Action::Back), _) => {
                    self.inside = false;
                    self.said = super::Said::default();
                    self.settle();
                    return;
                }
                (Some(Action::Quit), _) if hidden => {
                    self.exit = Some(Exit::Quit);
                    return;
                }
                _ if hidden => return,
                _ => {}
            }
        }
        let mut effects = Vec::new();
        self.request = review.key(key, now_ms, &mut effects);
        if let Some(exit) = review.exit.take() {
            self.exit = Some(exit);
        }
        refuse(review, &effects);
    }

    fn step_inside(&mut self, to: Option<u32>) {
        match (to, &mut self.review) {
            (Some(to), _) => self.seek(to),
            (None, Some(review)) => review.tell_refused("there is no entry beyond this one"),
            (None, None) => {}
        }
    }

    pub(super) fn mouse_inside(&mut self, mouse: MouseEvent, now_ms: u64) {
        let area = self.areas().inside;
        if let (Some(review), Some(row)) = (&mut self.review, mouse.row.checked_sub(area.y)) {
            let mut effects = Vec::new();
            review.mouse(MouseEvent { row, ..mouse }, now_ms, &mut effects);
            refuse(review, &effects);
        }
    }

    /// Draws the review below what stands above it; the answer is where the cursor goes.
    pub(super) fn draw_inside(
        &self,
        review: &Review,
        area: Rect,
        frame: &mut Frame<'_>,
    ) -> Option<(u16, u16)> {
        // It draws from the corner of its own screen.
        let own = Rect::new(0, 0, area.width, area.height);
        let mut buffer = Buffer::empty(own);
        let mut pen = Pen::new(&mut buffer, own, &self.look);
        let cursor = frame::draw(review, &mut pen);
        let screen = frame.buffer_mut();
        for y in 0..own.height {
            for x in 0..own.width {
                if let (Some(cell), Some(drawn)) = (
                    screen.cell_mut((area.x + x, area.y + y)),
                    buffer.cell((x, y)),
                ) {
                    *cell = drawn.clone();
                }
            }
        }
        cursor.map(|(x, y)| (area.x + x, area.y + y))
    }
}

/// What the screens ask for goes nowhere: nobody would carry it out. Nothing of the journal is ever among it.
fn refuse(review: &mut Review, asked: &[Effect]) {
    let writes = |effect: &Effect| matches!(effect, Effect::Append(_) | Effect::Seal(_));
    debug_assert!(!asked.iter().any(writes), "a replay asked for {asked:?}");
    if !asked.is_empty() {
        review.tell_refused(READ_ONLY);
    }
}
