//! Deciding what is marked, or what is shown, as lines of a table in an editor, and what is wrong with the lines.

use std::sync::Arc;

use ratatui::text::Line;

use crate::{
    domain::{bulk::Bulk, items::ItemSet, journal::Chosen},
    tui::{
        effect::Effect,
        message::NotTaken,
        runtime::Request,
        screen::{
            layout::centered,
            review::{Plan, Review, Sheet, Tone},
        },
        table::{self, Choice},
        widget::{
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// Why a text was not taken, such as lines that were not understood, and the whole of it for another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistakes {
    items: Arc<ItemSet>,
    text: Arc<String>,
    told: Vec<String>,
}

impl Mistakes {
    /// Draws them; the answer is where the cursor goes.
    pub(in crate::tui::screen) fn draw(&self, pen: &mut Pen<'_>) -> (u16, u16) {
        let look = pen.look();
        let wide = usize::from(pen.area().width.min(90)).saturating_sub(4);
        let mut lines: Vec<Line<'_>> = Vec::new();
        for told in &self.told {
            let told = text::wrap(told, wide).into_iter();
            lines.extend(told.map(|line| Line::styled(line, look.theme.warning)));
        }
        lines.push(Line::default());
        let rest = "Nothing is decided. E opens the editor again with the text as you left it, Esc drops it.";
        lines.extend(text::wrap(rest, wide).into_iter().map(Line::from));
        let area = centered(pen.area(), 90, lines.len() + 2);
        let mut pen = pen.on(area);
        let inside = pen.frame("the text is not taken");
        let mut pen = pen.on(inside);
        for (row, line) in lines.iter().enumerate() {
            pen.line(row, line);
        }
        (inside.x, inside.y)
    }
}

impl Review {
    /// Opens what is marked, or else what is shown, in an editor; or the text that was not taken again.
    pub(super) fn edit(&mut self, effects: &mut Vec<Effect>) -> Option<Request> {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return None;
        }
        if let Some(Sheet::Table(mistakes)) = self.desk.sheets.last() {
            // It stays open: an editor that cannot be run must not cost the text.
            let (items, text) = (Arc::clone(&mistakes.items), String::clone(&mistakes.text));
            return Some(self.lend(items, text, effects));
        }
        self.end_range();
        let marked = self.selection.marks();
        let shown;
        let chosen = if marked.is_empty() {
            shown = self.queue.all(&self.campaign);
            &shown
        } else {
            marked
        };
        let most = number(table::MOST_ITEMS as u64);
        if chosen.is_empty() {
            self.refuse("nothing is marked and nothing is shown: there is nothing to edit");
            return None;
        }
        if chosen.len() > table::MOST_ITEMS {
            self.refuse(format!(
                "{} are too many for an editor, which takes {most}: mark fewer or filter further, or decide them with a, s, d or c",
                count(chosen.len() as u64, "item", "items")
            ));
            return None;
        }
        let items = Arc::new(ItemSet::from(chosen));
        let text = table::write(&self.campaign, &items);
        Some(self.lend(items, text, effects))
    }

    fn lend(&mut self, items: Arc<ItemSet>, text: String, effects: &mut Vec<Effect>) -> Request {
        self.editing = Some(items);
        self.say(Tone::Plain, "editing".to_owned());
        effects.push(Effect::Edit(text));
        Request::Lend
    }

    /// The editor is closed: what was chosen goes on to be confirmed.
    pub(crate) fn edited(&mut self, text: Result<String, NotTaken>, now_ms: u64) {
        self.say(Tone::Plain, String::new());
        let Some(items) = self.editing.take() else {
            return;
        };
        let again = matches!(self.desk.sheets.last(), Some(Sheet::Table(_)));
        if again && !matches!(text, Err(NotTaken { text: None, .. })) {
            self.desk.sheets.pop();
        }
        match text {
            Err(NotTaken { why, text }) => {
                self.refuse(format!("nothing is decided: {why}"));
                if let Some(text) = text {
                    self.desk.sheets.push(Sheet::Table(Mistakes {
                        items,
                        text: Arc::new(text),
                        told: vec![why.to_string()],
                    }));
                }
            }
            Ok(text) => {
                let choices = table::read(&self.campaign, &items, &text);
                match choices.and_then(|choices| self.plans(choices)) {
                    Ok(plans) if plans.is_empty() => {
                        self.say(Tone::Plain, "every line was left as it was".to_owned());
                    }
                    Ok(plans) => self.preview(plans, now_ms),
                    Err(told) => self.desk.sheets.push(Sheet::Table(Mistakes {
                        items,
                        text: Arc::new(text),
                        told,
                    })),
                }
            }
        }
        self.settle();
    }

    /// What is to be done, one entry of the journal each; `Err` tells why something cannot be.
    fn plans(&self, choices: Vec<Choice>) -> Result<Vec<Plan>, Vec<String>> {
        let together = choices
            .iter()
            .map(|choice| choice.items.len())
            .sum::<usize>()
            > 1;
        let chosen = !choices.is_empty();
        let (mut plans, mut nothing, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for choice in choices {
            let bulk = if together {
                Bulk::part(&self.campaign, choice.change, &choice.items)
            } else {
                Bulk::of(&self.campaign, choice.change, &choice.items, true)
            };
            // What remains of each verb is told with the others; what does not remain as well.
            match self.plan(bulk, choice.reason, Chosen::Table) {
                Ok(plan) => {
                    if self.wants_reason(&plan) {
                        let refusal = self.campaign.wants_reason(plan.change, &plan.items);
                        let refusal = refusal.map_or(String::new(), |refusal| refusal.to_string());
                        wrong.push(format!("{refusal}; write it after the last bar"));
                    }
                    plans.push(plan);
                }
                Err(why) => nothing.push(why),
            }
        }
        if let Some(first) = plans.first_mut() {
            first.notes.splice(0..0, nothing);
        } else if chosen {
            wrong.extend(nothing);
        }
        if wrong.is_empty() {
            Ok(plans)
        } else {
            Err(wrong)
        }
    }
}
