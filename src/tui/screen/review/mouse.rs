//! Clicks and the wheel.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::tui::{
    action::Action,
    effect::Effect,
    screen::{
        card::HEAD,
        layout::areas,
        review::{Pane, Review},
    },
    widget::pen::scrolled,
};

/// Rows one turn of the wheel moves.
const NOTCH: usize = 3;

impl Review {
    /// The mouse selects and scrolls; it never decides.
    pub(crate) fn mouse(&mut self, mouse: MouseEvent, now_ms: u64, effects: &mut Vec<Effect>) {
        let at = Position::new(mouse.column, mouse.row);
        let action = match mouse.kind {
            MouseEventKind::ScrollUp => Action::Up,
            MouseEventKind::ScrollDown => Action::Down,
            MouseEventKind::Down(MouseButton::Left) => {
                if self.desk.sheets.is_empty() {
                    self.click(at);
                    self.settle();
                }
                return;
            }
            _ => return,
        };
        if !self.desk.sheets.is_empty() {
            let code = if action == Action::Up {
                KeyCode::Up
            } else {
                KeyCode::Down
            };
            for _ in 0..NOTCH {
                _ = self.key(KeyEvent::from(code), now_ms, effects);
            }
            return;
        }
        let areas = areas(self.size, self);
        let pane = self.desk.pane;
        if areas.queue.is_some_and(|area| area.contains(at)) {
            self.desk.pane = Pane::Queue;
        } else if areas.card.is_some_and(|area| area.contains(at)) {
            self.desk.pane = Pane::Card;
        }
        for _ in 0..NOTCH {
            self.go(action);
        }
        // The wheel moves what is under it and leaves the keys where they are.
        self.desk.pane = pane;
        self.settle();
    }

    fn click(&mut self, at: Position) {
        let areas = areas(self.size, self);
        let row = |area: Option<Rect>, head: u16| {
            let area = area.filter(|area| area.contains(at))?;
            (at.y - area.y)
                .checked_sub(head)
                .map(|row| (usize::from(row), usize::from(area.height - head)))
        };
        if let Some((row, height)) = row(areas.queue, 1) {
            let rows = self.queue.len();
            let top = scrolled(
                self.desk.queue_top,
                self.queue_row().unwrap_or(0),
                rows,
                height,
            );
            if let Some(group) = self.queue.key(top + row) {
                self.select_group(Some(group));
                self.desk.pane = Pane::Queue;
            }
        } else if let Some((row, height)) = row(areas.card, HEAD) {
            let top = scrolled(self.desk.card_top, self.desk.row, self.card.len(), height);
            if top + row < self.card.len() {
                self.desk.row = top + row;
                self.desk.pane = Pane::Card;
            }
        }
    }
}
