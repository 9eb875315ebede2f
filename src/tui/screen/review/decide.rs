//! Deciding: one item, the rest of a subject, what is marked; undo and redo.

use std::sync::Arc;

use crate::{
    domain::{
        bulk::{Bulk, words},
        campaign::Refusal,
        decision::{Change, Decision},
        items::{Item, ItemSet},
        journal::{Chosen, Decided, Event, LeftOut},
        text::Raw,
    },
    tui::{
        effect::Effect,
        phrase,
        screen::{
            ask::Ask,
            bulk::{Bulk as BulkSheet, typed},
            card::Row,
            path::PathSheet,
            preview::Preview,
            reason::Reason,
            review::{Pane, Review, Sheet, saving::Wish},
        },
        widget::text::{count, number},
    },
};

/// A change that is yet to be confirmed: its items are frozen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What is done.
    pub(in crate::tui::screen) change: Change,
    /// To which items.
    pub(in crate::tui::screen) items: Arc<ItemSet>,
    /// Why.
    pub(in crate::tui::screen) reason: Option<Raw>,
    /// How they were chosen.
    pub(in crate::tui::screen) chosen: Chosen,
    /// What policy took out of the choice.
    pub(in crate::tui::screen) left_out: Arc<LeftOut>,
    /// What else has to be known about the choice: what the change cannot be made to, what cannot be seen.
    pub(in crate::tui::screen) notes: Vec<String>,
}

impl Plan {
    /// A change of one item by itself.
    pub(in crate::tui::screen) fn single(change: Change, item: Item, reason: Option<Raw>) -> Self {
        Self {
            change,
            items: Arc::new(ItemSet::from(item)),
            reason,
            chosen: Chosen::Single,
            left_out: Arc::default(),
            notes: Vec::new(),
        }
    }

    fn event(&self) -> Event {
        Event::Decided(Decided {
            change: self.change,
            items: ItemSet::clone(&self.items),
            reason: self.reason.clone(),
            chosen: self.chosen.clone(),
            left_out: LeftOut::clone(&self.left_out),
        })
    }
}

impl Review {
    /// A key decides: what is marked, else the row under the cursor.
    pub(super) fn decide(
        &mut self,
        change: Change,
        reason: Option<Raw>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return;
        }
        self.end_range();
        if !self.selection.marks().is_empty() {
            self.decide_marked(change, reason, now_ms);
            return;
        }
        if self.desk.pane == Pane::Queue {
            self.refuse("the keys are in the queue: Enter goes to the items first");
            return;
        }
        match self.selected() {
            None => self.refuse("there is no item here"),
            Some(Row::Derived(derived)) => match change {
                Change::Decide(_) => self.open_path(derived),
                Change::Later | Change::Clear => {
                    self.refuse("access through a team is no item of its own; Enter shows where it comes from");
                }
            },
            Some(Row::Own(item)) => self.decide_one(change, item, reason, effects),
        }
    }

    fn decide_one(
        &mut self,
        change: Change,
        item: Item,
        reason: Option<Raw>,
        effects: &mut Vec<Effect>,
    ) {
        let change = self.fitting(change, item);
        if let Err(refusal) = self.campaign.may(change, item) {
            self.refuse(match refusal {
                Refusal::OnlyAcknowledge(number) => format!(
                    "item {number} is an implicit grant: nobody can remove it; press a to acknowledge it"
                ),
                refusal => refusal.to_string(),
            });
            return;
        }
        if change == Change::Clear
            && self.campaign.slot(item).decision.is_none()
            && !self.campaign.slot(item).later
        {
            self.refuse("there is nothing to clear");
            return;
        }
        let plan = Plan::single(change, item, reason);
        if self.wants_reason(&plan) {
            self.ask_reason(plan);
        } else {
            self.carry_out(&plan, effects);
        }
    }

    /// Keeping an implicit grant is acknowledging it.
    fn fitting(&self, change: Change, item: Item) -> Change {
        match change {
            Change::Decide(Decision::Keep | Decision::Acknowledge)
                if self.campaign.snapshot().implicit(item) =>
            {
                Change::Decide(Decision::Acknowledge)
            }
            Change::Decide(Decision::Acknowledge) => Change::Decide(Decision::Keep),
            change => change,
        }
    }

    /// The last change again.
    pub(super) fn repeat(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        match self.last.clone() {
            _ if self.closed().is_some() => self.refuse(self.closed().unwrap_or_default()),
            Some((change, reason)) => self.decide(change, reason, now_ms, effects),
            None => self.refuse("there is no decision to repeat yet"),
        }
    }

    /// Whether a reason has to be asked for first.
    pub(super) fn wants_reason(&self, plan: &Plan) -> bool {
        let wants = self.campaign.wants_reason(plan.change, &plan.items);
        plan.reason.is_none() && wants.is_some()
    }

    /// Opens the sheet that asks why.
    pub(in crate::tui::screen) fn ask_reason(&mut self, plan: Plan) {
        let reason = Reason::of(self, plan);
        self.desk.sheets.push(Sheet::Reason(reason));
    }

    /// Opens the sheet that tells where derived access comes from.
    pub(in crate::tui::screen) fn open_path(&mut self, derived: usize) {
        if let Some(sheet) = PathSheet::of(self, derived) {
            self.desk.sheets.push(Sheet::Path(sheet));
        }
    }

    /// A reason was given: what is single is done, what is not is confirmed first.
    pub(in crate::tui::screen) fn reasoned(
        &mut self,
        mut plan: Plan,
        reason: &str,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) {
        plan.reason = Some(Raw::from(reason));
        self.desk.sheets.clear();
        if plan.chosen.is_bulk() {
            self.confirm(plan, now_ms);
        } else {
            self.carry_out(&plan, effects);
        }
    }

    /// Does what was planned; the cursor moves on when it stood there.
    pub(in crate::tui::screen) fn carry_out(&mut self, plan: &Plan, effects: &mut Vec<Effect>) {
        let first = plan.items.first();
        let before = first.map(|item| self.campaign.slot(item));
        if !self.send(plan.event(), effects) {
            return;
        }
        if plan.chosen.is_bulk() {
            if self.is_marked_choice(plan) || plan.chosen == Chosen::Table {
                self.unmark_all();
            }
            if let Some(Row::Own(item)) = self.selected()
                && plan.items.contains(item)
                && let Some(next) = self.undecided(Some(item), super::moving::Way::Forth, false)
            {
                self.select_item(next);
            }
            return;
        }
        if let (Some(item), Some(before)) = (first, before)
            && self.selected() == Some(Row::Own(item))
            && plan.change != Change::Clear
        {
            self.advance(item, before);
        }
    }

    /// Decides what is undecided of the selected subject.
    pub(super) fn decide_rest(&mut self, decision: Decision, now_ms: u64) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return;
        }
        let Some(group) = self.desk.group else {
            self.refuse("there is nothing to decide");
            return;
        };
        let undecided =
            self.card.items.iter().copied().filter(|item| {
                self.campaign.slot(*item).decision.is_none() && !self.is_saving(*item)
            });
        let items: Vec<Item> = undecided.collect();
        if items.is_empty() {
            self.refuse("nothing is undecided here");
            return;
        }
        let snapshot = self.campaign.snapshot();
        let implicit = items.iter().all(|item| snapshot.implicit(*item));
        let change = match decision {
            Decision::Keep if implicit => Change::Decide(Decision::Acknowledge),
            decision => Change::Decide(decision),
        };
        let chosen = self.rest_of(group, &items);
        let bulk = Bulk::of(&self.campaign, change, &items.into_iter().collect(), true);
        self.plan_bulk(bulk, None, chosen, now_ms);
    }

    fn decide_marked(&mut self, change: Change, reason: Option<Raw>, now_ms: u64) {
        let marks = ItemSet::from(self.selection.marks());
        let snapshot = self.campaign.snapshot();
        let implicit = marks.iter().all(|item| snapshot.implicit(item));
        let change = match change {
            Change::Decide(Decision::Keep | Decision::Acknowledge) if implicit => {
                Change::Decide(Decision::Acknowledge)
            }
            Change::Decide(Decision::Acknowledge) => Change::Decide(Decision::Keep),
            change => change,
        };
        let chosen = self.selection.chosen();
        let bulk = Bulk::of(&self.campaign, change, &marks, true);
        self.plan_bulk(bulk, reason, chosen, now_ms);
    }

    /// Goes on to ask whether a frozen choice is decided.
    pub(super) fn plan_bulk(
        &mut self,
        bulk: Bulk,
        reason: Option<Raw>,
        chosen: Chosen,
        now_ms: u64,
    ) {
        let plan = match self.plan(bulk, reason, chosen) {
            Ok(plan) => plan,
            Err(why) => {
                self.refuse(why);
                return;
            }
        };
        if self.wants_reason(&plan) {
            self.ask_reason(plan);
        } else {
            self.confirm(plan, now_ms);
        }
    }

    /// What is to be done to what remains of a choice; `Err` tells why nothing remains.
    pub(super) fn plan(
        &self,
        bulk: Bulk,
        reason: Option<Raw>,
        chosen: Chosen,
    ) -> Result<Plan, String> {
        let change = bulk.change;
        let unfit = bulk.unfit.iter().map(|(why, items)| {
            let items = count(items.len() as u64, "item", "items");
            format!("{items} left alone: {}", why.words(change))
        });
        let mut notes: Vec<String> = unfit.collect();
        if bulk.items.is_empty() {
            let rules = bulk.left_out.iter().map(|(rule, items)| {
                let items = count(items.len() as u64, "item", "items");
                format!("{items} left out by policy: {}", words(rule))
            });
            let why: Vec<String> = rules.chain(notes).collect();
            let nothing = format!("there is nothing to {} together", phrase::to_do(change));
            return Err(if why.is_empty() {
                nothing
            } else {
                format!("{nothing}: {}", why.join("; "))
            });
        }
        let hidden = bulk.items.iter().filter(|item| !self.queue.shows(*item));
        let hidden = hidden.count();
        if hidden > 0 {
            let hidden = count(hidden as u64, "item is", "items are");
            notes.push(format!("{hidden} hidden by the filter"));
        }
        Ok(Plan {
            change,
            items: Arc::new(bulk.items),
            reason,
            chosen,
            left_out: Arc::new(bulk.left_out),
            notes,
        })
    }

    /// Asks in proportion: a yes for a few, the number typed for many and for every revoke.
    fn confirm(&mut self, plan: Plan, now_ms: u64) {
        if typed(&self.campaign, &plan) {
            self.preview(vec![plan], now_ms);
            return;
        }
        let n = plan.items.len() as u64;
        let items = match (&plan.chosen, self.desk.group) {
            (chosen, Some(group))
                if *chosen == Chosen::RestOfSubject
                    || matches!(chosen, Chosen::Filter(_) | Chosen::Marked)
                        && !self.is_marked_choice(&plan) =>
            {
                let group = self.queue.group(&self.campaign, group);
                let group = phrase::of_group(self.campaign.snapshot(), group);
                let shown = match self.queue.filter() {
                    Some(_) => " that the filter shows",
                    None => "",
                };
                format!("{} of {group}{shown}", count(n, "item", "items"))
            }
            (Chosen::AsBefore { .. }, _) => {
                let items = count(n, "item", "items");
                format!("{items} as before, not looked at one by one")
            }
            _ => count(n, "marked item", "marked items"),
        };
        let rules: Vec<&str> = plan.left_out.iter().map(|(rule, _)| rule.name()).collect();
        let left_out = (!rules.is_empty()).then(|| {
            let n = plan.left_out.len() as u64;
            format!("{} left out: {}", number(n), rules.join(", "))
        });
        let told: Vec<String> = left_out.into_iter().chain(plan.notes.clone()).collect();
        let told = match &told[..] {
            [] => String::new(),
            told => format!(" ({})", told.join("; ")),
        };
        let question = format!("{} {items}?{told}", phrase::to_do(plan.change));
        self.desk
            .sheets
            .push(Sheet::Ask(Ask::plan(question, plan, now_ms)));
    }

    /// Shows changes before they are made.
    pub(super) fn preview(&mut self, plans: Vec<Plan>, now_ms: u64) {
        let sheet = BulkSheet::of(&self.campaign, plans, now_ms);
        self.desk.sheets.push(Sheet::Bulk(Box::new(sheet)));
    }

    /// Makes changes that were confirmed together, one entry of the journal each.
    pub(super) fn carry_out_all(&mut self, plans: &[Plan], effects: &mut Vec<Effect>) {
        for plan in plans {
            self.carry_out(plan, effects);
        }
    }

    /// Shows exactly what is marked.
    pub(super) fn peek(&mut self) {
        self.end_range();
        let marks = self.selection.marks();
        if marks.is_empty() {
            self.refuse(
                "nothing is marked: space marks, v and V mark ranges, * marks all that is shown",
            );
            return;
        }
        let hidden = self.queue.hidden(marks);
        let mut notes = Vec::new();
        if hidden > 0 {
            let hidden = count(hidden as u64, "item is", "items are");
            notes.push(format!("{hidden} hidden by the filter"));
        }
        let preview = Preview::of(
            &self.campaign,
            Arc::new(ItemSet::from(marks)),
            &[],
            vec![("chosen", phrase::chosen(&self.selection.chosen()))],
            notes,
        );
        self.desk.sheets.push(Sheet::Peek(preview));
    }

    /// Shows what policy took out of bulks and nobody decided since.
    pub(super) fn exceptions(&mut self) {
        if self.campaign.left_out().is_empty() {
            self.refuse("policy has left nothing out of a bulk that is still undecided");
            return;
        }
        self.filter("is:exception");
        self.desk.pane = Pane::Card;
        self.desk.row = 0;
    }

    /// Takes the last change back, after what is on its way.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
        } else if self.pending.is_empty() {
            self.undo_one(effects);
        } else {
            self.wishes.push_back(Wish::Undo);
        }
    }

    /// Makes the last change again that was taken back.
    pub(super) fn redo(&mut self, effects: &mut Vec<Effect>) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
        } else if self.pending.is_empty() {
            self.redo_one(effects);
        } else {
            self.wishes.push_back(Wish::Redo);
        }
    }

    /// Takes back every change after entry `seq`.
    pub(super) fn undo_to(&mut self, seq: u32, effects: &mut Vec<Effect>) {
        self.wishes.push_back(Wish::UndoTo(seq));
        if self.pending.is_empty() {
            self.wish(effects);
        }
    }
}
