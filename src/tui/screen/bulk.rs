//! [`Bulk`]: changes of many items, shown before they are made and confirmed by typing how many they are.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{
    ask::GUARD_MS,
    preview::{LABEL, Preview},
    reason::remains,
    review::Plan,
};
use crate::{
    domain::{
        campaign::Campaign,
        decision::{Change, Decision},
        items::ItemSet,
        journal::{Chosen, Decided},
    },
    tui::{
        action::Action,
        phrase,
        theme::Look,
        widget::{
            field::Field,
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// What is typed to confirm a change of `n` items, `revoked` of which are revoked.
pub(super) fn wanted(n: usize, revoked: usize) -> String {
    match revoked {
        0 => n.to_string(),
        revoked if revoked == n => format!("revoke {n}"),
        revoked => format!("{n} revoke {revoked}"),
    }
}

/// Whether `plan` is confirmed by typing: every revoke, and what is more than the policy takes a simple yes for.
pub(super) fn typed(campaign: &Campaign, plan: &Plan) -> bool {
    plan.change == Change::Decide(Decision::Revoke)
        || plan.items.len() as u64 > campaign.policy().bulk_typed_above
}

/// Changes of many items that wait to be confirmed together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bulk {
    /// One entry of the journal each.
    plans: Vec<Plan>,
    preview: Preview,
    field: Field,
    said: Option<String>,
    /// Until when keys are dropped.
    pub(super) guard: Option<u64>,
}

impl Bulk {
    /// Previews `plans`; no item is in two of them.
    pub(super) fn of(campaign: &Campaign, plans: Vec<Plan>, now_ms: u64) -> Self {
        let items = match &plans[..] {
            [plan] => Arc::clone(&plan.items),
            plans => {
                let sets = plans.iter().map(|plan| &plan.items);
                Arc::new(sets.fold(ItemSet::default(), |all, items| all.or(items)))
            }
        };
        let left_out: Vec<_> = plans.iter().map(|plan| &*plan.left_out).collect();
        let notes = plans.iter().flat_map(|plan| {
            let remains = remains(campaign, plan.change, &plan.items);
            plan.notes.clone().into_iter().chain(remains)
        });
        let notes = notes.collect();
        let preview = Preview::of(campaign, items, &left_out, facts(campaign, &plans), notes);
        Self {
            preview,
            plans,
            field: Field::default(),
            said: None,
            guard: Some(now_ms + GUARD_MS),
        }
    }

    /// What a change showed its reviewer when `campaign` was as it is, in lines of `wide` cells.
    pub(in crate::tui) fn seen(
        campaign: &Campaign,
        decided: &Decided,
        look: &Look,
        wide: usize,
    ) -> Vec<Line<'static>> {
        let plan = Plan {
            change: decided.change,
            items: Arc::new(decided.items.clone()),
            reason: decided.reason.clone(),
            chosen: decided.chosen.clone(),
            left_out: Arc::new(decided.left_out.clone()),
            notes: Vec::new(),
        };
        let typed = typed(campaign, &plan);
        let bulk = Self::of(campaign, vec![plan], 0);
        let mut lines = bulk.preview.seen(campaign, look, wide);
        let confirmed = if typed {
            format!("on the screen by typing {}", bulk.wanted())
        } else {
            "on the screen by y".to_owned()
        };
        lines.push(Line::default());
        lines.push(Line::from(vec![
            Span::styled(format!("{:<LABEL$}", "confirmed"), look.theme.dim),
            Span::raw(confirmed),
        ]));
        lines
    }

    /// What has to be typed.
    fn wanted(&self) -> String {
        let count = |plans: &mut dyn Iterator<Item = &Plan>| -> usize {
            plans.map(|plan| plan.items.len()).sum()
        };
        let revoke = Change::Decide(Decision::Revoke);
        let revoked = count(&mut self.plans.iter().filter(|plan| plan.change == revoke));
        wanted(count(&mut self.plans.iter()), revoked)
    }

    /// The plans, when what was typed is right.
    pub(super) fn confirmed(&mut self) -> Option<Vec<Plan>> {
        if self.field.is_empty() {
            return None;
        }
        if self.field.trimmed() == self.wanted() {
            return Some(self.plans.clone());
        }
        self.said = Some(format!("type exactly: {}", self.wanted()));
        None
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        self.said = None;
        self.field.key(key)
    }

    /// Scrolls, or shows another sample.
    pub(super) fn go(
        &mut self,
        campaign: &Campaign,
        look: &Look,
        action: Action,
        size: (u16, u16),
    ) {
        if action == Action::OtherSample {
            self.preview.another_sample();
        } else {
            self.preview.go(campaign, look, action, size);
        }
    }

    pub(super) fn refuse_paste(&mut self) {
        self.said = Some("a paste confirms nothing; type it".to_owned());
    }

    /// Draws it; the answer is where typing goes in.
    pub(super) fn draw(&self, campaign: &Campaign, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let what = match &self.plans[..] {
            [plan] => phrase::to_do(plan.change),
            _ => "several decisions",
        };
        let title = format!("{what} in bulk: nothing is decided yet");
        let (inside, row) = self.preview.draw(campaign, &title, 1, pen);
        let mut pen = pen.on(inside);
        if let Some(said) = &self.said {
            let above = row.checked_sub(1)?;
            pen.cell(0, above, pen.width(), said, look.theme.error);
        }
        let prompt = if self.guard.is_some() {
            format!("Type {} and Enter {}", self.wanted(), look.glyphs.ellipsis)
        } else {
            format!("Type {} and Enter, Esc cancels: ", self.wanted())
        };
        let (typed, wide) = self
            .field
            .shown(pen.width().saturating_sub(text::width(&prompt)));
        let at = text::width(&prompt) + wide;
        pen.line(
            row,
            &Line::from(vec![
                Span::styled(prompt, look.theme.strong),
                Span::raw(typed),
            ]),
        );
        Some((
            inside.x + u16::try_from(at).ok()?,
            inside.y + u16::try_from(row).ok()?,
        ))
    }
}

/// How the items were chosen, what is done to which, and why.
fn facts(campaign: &Campaign, plans: &[Plan]) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(plan) = plans.first() {
        facts.push(("chosen", chosen(campaign, plan)));
    }
    if let [plan] = plans {
        if let Some(reason) = &plan.reason {
            facts.push(("reason", reason.safe().to_string()));
        }
        return facts;
    }
    for plan in plans {
        let reason = plan.reason.as_ref();
        let reason = reason.map_or(String::new(), |reason| format!(": {}", reason.safe()));
        let items = count(plan.items.len() as u64, "item", "items");
        facts.push((phrase::to_do(plan.change), format!("{items}{reason}")));
    }
    let entries = number(plans.len() as u64);
    let undo = format!("each line above is one journal entry: {entries} undos take all of it back");
    facts.push(("undo", undo));
    facts
}

/// How the items of a plan were chosen, in words.
fn chosen(campaign: &Campaign, plan: &Plan) -> String {
    let snapshot = campaign.snapshot();
    match (&plan.chosen, plan.items.first()) {
        (Chosen::RestOfSubject, Some(first)) => {
            let holder = phrase::holder(snapshot, snapshot.grant(first).holder);
            format!("what is undecided of {holder}")
        }
        (chosen, _) => phrase::chosen(chosen),
    }
}
