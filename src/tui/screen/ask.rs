//! [`Ask`]: a question in the line above the footer, answered by `y` or not at all.

use super::review::Plan;
use crate::domain::text::SafeText;

/// How long after a confirmation opens keys are dropped, so that what was typed ahead confirms nothing.
pub(crate) const GUARD_MS: u64 = 250;

/// A yes-or-no question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    /// The question.
    pub(super) question: String,
    /// What a yes does.
    pub(super) then: Then,
    /// Until when keys are dropped.
    pub(super) guard: Option<u64>,
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Then {
    /// Carries a change out.
    CarryOut(Box<Plan>),
    /// Takes back every change after this entry.
    UndoTo(u32),
    /// Takes the reviewer's own view of this name away.
    DeleteView(String),
}

impl Ask {
    /// Asks before a change.
    pub(super) fn plan(question: String, plan: Plan, now_ms: u64) -> Self {
        Self {
            question,
            then: Then::CarryOut(Box::new(plan)),
            guard: Some(now_ms + GUARD_MS),
        }
    }

    /// Asks before a view is taken away.
    pub(super) fn delete_view(name: String, now_ms: u64) -> Self {
        Self {
            question: format!("delete the view {}?", SafeText::of(&name)),
            then: Then::DeleteView(name),
            guard: Some(now_ms + GUARD_MS),
        }
    }

    /// Asks before going back to an entry.
    pub(super) fn undo_to(question: String, seq: u32, now_ms: u64) -> Self {
        Self {
            question,
            then: Then::UndoTo(seq),
            guard: Some(now_ms + GUARD_MS),
        }
    }
}
