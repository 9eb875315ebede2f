//! What keys and pastes do in a review and in the sheets over it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use crate::{
    domain::{
        decision::{Change, Decision},
        view::{Grouping, Sort, View},
    },
    tui::{
        action::Action,
        effect::{Effect, ViewChange},
        keymap::{self, Context},
        phrase,
        runtime::{Exit, Request},
        screen::{
            ask::{Ask, Then},
            card::Row,
            commands::Commands,
            filter::Filtering,
            help::Help,
            history::History,
            layout::Shape,
            path::PathSheet,
            reason::{Note, Reason},
            review::{Pane, Prefix, Review, Sheet, Tone, moving::Way},
            sign_off::SignOff,
            views::{Naming, ViewsSheet},
            why::WhySheet,
        },
        widget::field::Field,
    },
};

/// The same deciding key may come this often within [`BURST_MS`].
const BURST: usize = 6;
const BURST_MS: u64 = 300;

/// So many bytes are copied at most; terminals drop what is much longer.
const COPIED: usize = 4096;

impl Review {
    /// Which keys count now.
    pub(crate) fn context(&self) -> Context {
        match self.desk.sheets.last() {
            None => Context::Review,
            Some(Sheet::Reason(reason)) if reason.words.is_some() => Context::Words,
            Some(Sheet::Reason(_)) => Context::Reason,
            Some(Sheet::Note(_) | Sheet::Name(_)) => Context::Words,
            Some(Sheet::Path(_)) => Context::Path,
            Some(Sheet::Ask(_)) => Context::Ask,
            Some(Sheet::Bulk(_)) => Context::Count,
            Some(Sheet::Peek(_)) => Context::Peek,
            Some(Sheet::Table(_)) => Context::Table,
            Some(Sheet::Why(_)) => Context::Why,
            Some(Sheet::History(_)) => Context::History,
            Some(Sheet::Help(_)) => Context::Help,
            Some(Sheet::Commands(_)) => Context::Commands,
            Some(Sheet::Filter(_)) => Context::Filter,
            Some(Sheet::Views(_)) => Context::Views,
            Some(Sheet::SignOff(_)) => Context::SignOff,
            Some(Sheet::Sealed(_)) => Context::Sealed,
        }
    }

    /// A key was pressed.
    pub(crate) fn key(
        &mut self,
        key: KeyEvent,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Option<Request> {
        self.views.at(now_ms);
        let guarded = self.guard().is_some_and(|until| now_ms < until);
        self.let_go(now_ms);
        let context = self.context();
        let prefix = self.desk.prefix.take();
        let action = match prefix {
            Some(prefix) => keymap::sequence(context, prefix.key, key),
            None => keymap::meaning(context, key),
        };
        if self.shape() == Shape::Tiny {
            // Nothing is decided that cannot be seen.
            match (action, key.code) {
                (Some(Action::Quit), _) | (_, KeyCode::Char('q' | 'Q')) => self.leave(Exit::Quit),
                (Some(Action::Suspend), _) => return Some(Request::Suspend),
                (Some(Action::Redraw), _) => return Some(Request::Redraw),
                _ => {}
            }
            return None;
        }
        if guarded && action != Some(Action::Quit) {
            // What was typed ahead cannot confirm anything.
            return None;
        }
        if prefix.is_none()
            && let Some(first) = keymap::begins(context, key)
        {
            self.desk.prefix = Some(Prefix::of(first, now_ms));
            return None;
        }
        if let Some(action) = action {
            if action.decides() && (key.kind == KeyEventKind::Repeat || self.held(key, now_ms)) {
                return None;
            }
            if context == Context::SignOff
                && key.kind == KeyEventKind::Repeat
                && action == Action::Accept
            {
                // The form stays filled in when sealing fails: a key that is held down must not try for ever.
                return None;
            }
            return self.act(action, now_ms, effects);
        }
        if let Some(prefix) = prefix {
            if key.code != KeyCode::Esc {
                self.refuse(prefix.unknown(context));
            }
            return None;
        }
        self.typed(key, effects);
        self.settle();
        None
    }

    /// Does what a key or a command means.
    fn act(&mut self, action: Action, now_ms: u64, effects: &mut Vec<Effect>) -> Option<Request> {
        if let (Some(Sheet::Commands(commands)), Action::Accept) = (self.desk.sheets.last(), action)
        {
            if commands.saves() {
                self.desk.sheets.pop();
                let saved = match self.pending.len() {
                    0 => "everything is saved".to_owned(),
                    n => format!("saving {n}; each decision is saved as it is made"),
                };
                self.say(Tone::Plain, saved);
                self.settle();
                return None;
            }
            let chosen = commands.chosen()?;
            self.desk.sheets.pop();
            return self.act(chosen, now_ms, effects);
        }
        match action {
            Action::Quit => self.leave(Exit::Quit),
            Action::Redraw => return Some(Request::Redraw),
            Action::Suspend => return Some(Request::Suspend),
            Action::Copy if self.desk.sheets.is_empty() => {
                let copied = self.copy();
                self.settle();
                return copied.map(Request::Copy);
            }
            Action::Edit => {
                let request = self.edit(effects);
                self.settle();
                return request;
            }
            _ if self.desk.sheets.is_empty() => self.act_on_review(action, now_ms, effects),
            _ => self.act_on_sheet(action, now_ms, effects),
        }
        self.settle();
        None
    }

    /// Whether this is a deciding key that is held down or bounces.
    fn held(&mut self, key: KeyEvent, now_ms: u64) -> bool {
        let KeyCode::Char(c) = key.code else {
            return false;
        };
        if self.burst.0 != Some(c) {
            self.burst = (Some(c), std::collections::VecDeque::new());
        }
        let times = &mut self.burst.1;
        let held = times.len() == BURST
            && times
                .front()
                .is_some_and(|first| now_ms.saturating_sub(*first) <= BURST_MS);
        if times.len() == BURST {
            times.pop_front();
        }
        times.push_back(now_ms);
        if held {
            self.refuse(format!(
                "{c} came seven times at once; it is stopped, wait a moment"
            ));
        }
        held
    }

    fn act_on_review(&mut self, action: Action, now_ms: u64, effects: &mut Vec<Effect>) {
        match action {
            Action::Up
            | Action::Down
            | Action::HalfUp
            | Action::HalfDown
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last => self.go(action),
            Action::Open => self.open_row(),
            Action::Out => self.desk.pane = Pane::Queue,
            Action::OtherPane => {
                self.desk.pane = match self.desk.pane {
                    Pane::Queue => Pane::Card,
                    Pane::Card => Pane::Queue,
                }
            }
            Action::NextGroup => self.go_group(Way::Forth),
            Action::PreviousGroup => self.go_group(Way::Back),
            Action::NextUndecided => self.go_undecided(Way::Forth),
            Action::PreviousUndecided => self.go_undecided(Way::Back),
            Action::Keep => self.decide(Change::Decide(Decision::Keep), None, now_ms, effects),
            Action::Later => self.decide(Change::Later, None, now_ms, effects),
            Action::Revoke => self.decide(Change::Decide(Decision::Revoke), None, now_ms, effects),
            Action::Clear => self.decide(Change::Clear, None, now_ms, effects),
            Action::Repeat => self.repeat(now_ms, effects),
            Action::AsBefore => self.as_before(now_ms),
            Action::KeepRest => self.decide_rest(Decision::Keep, now_ms),
            Action::RevokeRest => self.decide_rest(Decision::Revoke, now_ms),
            Action::Note => self.note(),
            Action::Mark => self.mark(),
            Action::Range => self.range(),
            Action::RangeOfGroups => self.range_of_groups(),
            Action::ExtendUp => self.extend(Action::Up),
            Action::ExtendDown => self.extend(Action::Down),
            Action::MarkAll => self.mark_all(),
            Action::UnmarkAll => self.unmark(),
            Action::InvertMarks => self.invert_marks(),
            Action::Peek => self.peek(),
            Action::Exceptions => self.exceptions(),
            Action::RestoreMarks => self.restore_marks(),
            Action::Undo => self.undo(effects),
            Action::Redo => self.redo(effects),
            Action::History => self
                .desk
                .sheets
                .push(Sheet::History(History::of(&self.campaign))),
            Action::Filter => {
                let text = self.queue.filter().unwrap_or("").to_owned();
                let filter = Filtering::new(&text, self.place());
                self.desk.sheets.push(Sheet::Filter(filter));
            }
            Action::Views => self.desk.sheets.push(Sheet::Views(ViewsSheet::of(self))),
            Action::Group(_) | Action::SortBy(_) | Action::Refresh => self.look(action),
            Action::SaveView => self.name_view(Naming::New),
            Action::Commands => self.desk.sheets.push(Sheet::Commands(Commands::default())),
            Action::Why => self.desk.sheets.push(Sheet::Why(WhySheet::default())),
            Action::Help => self.desk.sheets.push(Sheet::Help(Help::default())),
            Action::SignOff => SignOff::open(self, effects),
            Action::Back => self.leave(Exit::Quit),
            Action::Cancel => self.peel(),
            Action::Accept
            | Action::Yes
            | Action::Pick(_)
            | Action::OwnWords
            | Action::RenameView
            | Action::DeleteView
            | Action::Copy
            | Action::NextField
            | Action::PreviousField
            | Action::Items
            | Action::Replay(_)
            | Action::OtherSample
            | Action::Edit
            | Action::Redraw
            | Action::Suspend
            | Action::Quit => {}
        }
    }

    /// Enter: into the subject, or the particulars of the row. Never decides.
    fn open_row(&mut self) {
        match (self.desk.pane, self.selected()) {
            (Pane::Queue, _) => self.desk.pane = Pane::Card,
            (Pane::Card, Some(Row::Own(_))) => {
                self.desk.sheets.push(Sheet::Why(WhySheet::default()));
            }
            (Pane::Card, Some(Row::Derived(derived))) => self.open_path(derived),
            (Pane::Card, None) => {}
        }
    }

    /// The item under the cursor as a line to copy: its number, its id and what it is.
    fn copy(&mut self) -> Option<String> {
        let (Pane::Card, Some(Row::Own(item))) = (self.desk.pane, self.selected()) else {
            self.refuse("an item is copied: Enter or Tab goes to the items");
            return None;
        };
        let snapshot = self.campaign.snapshot();
        let (number, id) = (item.number(), snapshot.grant(item).id);
        let mut text = format!("item {number} {id}: {}", phrase::item_of(snapshot, item));
        let mut cut = "";
        if text.len() > COPIED {
            let end = (0..=COPIED).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            cut = ", as far as fits";
        }
        let told = format!("copied{cut}, if the terminal lets programs copy: {text}");
        self.say(Tone::Plain, told);
        Some(text)
    }

    fn note(&mut self) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return;
        }
        match (self.desk.pane, self.selected()) {
            (Pane::Card, Some(Row::Own(item))) => {
                let text = self.campaign.note(item).map_or("", |note| note.raw());
                let note = Note {
                    item,
                    field: Field::of(text),
                };
                self.desk.sheets.push(Sheet::Note(note));
            }
            _ => self.refuse("a note is written on an item"),
        }
    }

    /// Esc on the review: range, then marks, then the filter.
    fn peel(&mut self) {
        if self.desk.range.take().is_some() {
            return;
        }
        if !self.selection.marks().is_empty() {
            self.unmark();
        } else if self.queue.filter().is_some() {
            self.filter("");
        } else if !self.view().looks_as(&View::default()) {
            self.arrange(Grouping::default(), Sort::default());
        } else if self.shape() != Shape::Wide
            && self.shape() != Shape::Full
            && self.desk.pane == Pane::Queue
        {
            self.desk.pane = Pane::Card;
        }
    }

    fn act_on_sheet(&mut self, action: Action, now_ms: u64, effects: &mut Vec<Effect>) {
        let Some(sheet) = self.desk.sheets.last_mut() else {
            return;
        };
        match (sheet, action) {
            (
                Sheet::Reason(Reason {
                    words: words @ Some(_),
                    ..
                }),
                Action::Cancel,
            ) => *words = None,
            (Sheet::Filter(filter), Action::NextField | Action::PreviousField) => {
                filter.complete(&self.campaign, action == Action::PreviousField);
                self.filter_typed();
            }
            (Sheet::Filter(filter), Action::Cancel) => {
                if filter.uncomplete() {
                    self.filter_typed();
                } else {
                    self.filter("");
                    self.desk.sheets.pop();
                }
            }
            (Sheet::Filter(_), Action::Accept) => {
                // What was decided meanwhile may change the answer.
                self.filter_typed();
                if self.desk.filter_error.is_none() {
                    self.desk.sheets.pop();
                }
            }
            (Sheet::Name(_), Action::Accept) => self.named_view(effects),
            (Sheet::Views(_), Action::Cancel) => _ = self.desk.sheets.pop(),
            (Sheet::Views(_), Action::Pick(place)) => self.choose_view(usize::from(place)),
            (Sheet::Views(sheet), Action::Accept) => {
                let place = sheet.row;
                self.choose_view(place);
            }
            (Sheet::Views(_), Action::SaveView) => self.name_view(Naming::New),
            (Sheet::Views(sheet), Action::RenameView) => match sheet.own(&self.views) {
                Ok(view) => {
                    let name = view.name.clone();
                    self.name_view(Naming::Old(name));
                }
                Err(why) => self.refuse(why),
            },
            (Sheet::Views(sheet), Action::DeleteView) => match sheet.own(&self.views) {
                Ok(view) => {
                    let ask = Ask::delete_view(view.name.clone(), now_ms);
                    self.desk.sheets.push(Sheet::Ask(ask));
                }
                Err(why) => self.refuse(why),
            },
            (Sheet::Views(_), Action::Group(_) | Action::SortBy(_) | Action::Refresh) => {
                self.desk.sheets.clear();
                self.look(action);
            }
            (Sheet::Views(sheet), action) => sheet.go(action, self.views.all().len()),
            (Sheet::SignOff(_), _) => SignOff::act(self, action, effects),
            (Sheet::Sealed(_), Action::Back) => self.leave(Exit::Quit),
            (_, Action::Cancel) => {
                self.desk.sheets.pop();
            }
            (Sheet::Reason(_), _) => Reason::act(self, action, now_ms, effects),
            (Sheet::Note(_), Action::Accept) => Note::accept(self, effects),
            (Sheet::Path(_), Action::Pick(way)) => PathSheet::pick(self, usize::from(way)),
            (Sheet::Ask(ask), Action::Yes) => {
                let then = ask.then.clone();
                self.desk.sheets.clear();
                match then {
                    Then::CarryOut(plan) => self.carry_out(&plan, effects),
                    Then::UndoTo(seq) => self.undo_to(seq, effects),
                    Then::DeleteView(name) => {
                        effects.push(Effect::Views(ViewChange::Delete(name)));
                    }
                }
            }
            (Sheet::Bulk(bulk), Action::Accept) => {
                if let Some(plans) = bulk.confirmed() {
                    self.desk.sheets.clear();
                    self.carry_out_all(&plans, effects);
                }
            }
            (Sheet::Bulk(bulk), action) => bulk.go(&self.campaign, &self.look, action, self.size),
            (Sheet::Peek(preview), Action::OtherSample) => preview.another_sample(),
            (Sheet::Peek(preview), action) => {
                preview.go(&self.campaign, &self.look, action, self.size);
            }
            (Sheet::Commands(commands), action) => commands.go(action),
            (Sheet::History(_), Action::Undo) => self.undo(effects),
            (Sheet::History(_), Action::Redo) => self.redo(effects),
            (Sheet::History(_), Action::Accept) => History::accept(self, now_ms),
            (Sheet::History(history), action) => history.go(&self.campaign, action, self.size),
            (Sheet::Help(help), action) => help.go(action, self.size),
            (Sheet::Why(why), action) => why.go(action, self.why.lines.len(), self.size),
            _ => {}
        }
    }

    /// A key that means nothing by itself: it is typed into the sheet's line.
    fn typed(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let taken = match self.desk.sheets.last_mut() {
            Some(Sheet::Reason(Reason {
                words: Some(field), ..
            })) => field.key(key),
            Some(Sheet::Note(note)) => note.field.key(key),
            Some(Sheet::Name(name)) => name.field.key(key),
            Some(Sheet::Bulk(bulk)) => bulk.key(key),
            Some(Sheet::Commands(commands)) => commands.key(key),
            Some(Sheet::Filter(filter)) => {
                let taken = filter.field.key(key);
                if taken {
                    filter.typed();
                    self.filter_typed();
                }
                taken
            }
            Some(Sheet::SignOff(_)) => SignOff::typed(self, key, effects),
            _ => false,
        };
        _ = taken;
    }

    /// Text was pasted: it goes into a line of words, and never decides anything.
    pub(crate) fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        match self.desk.sheets.last_mut() {
            Some(Sheet::Reason(Reason {
                words: Some(field), ..
            })) => field.insert(text),
            Some(Sheet::Note(note)) => note.field.insert(text),
            Some(Sheet::Name(name)) => name.field.insert(text),
            Some(Sheet::Commands(commands)) => commands.paste(text),
            Some(Sheet::Filter(filter)) => {
                filter.field.insert(text);
                filter.typed();
                self.filter_typed();
            }
            Some(Sheet::SignOff(_)) => SignOff::paste(self, text, effects),
            Some(Sheet::Bulk(bulk)) => bulk.refuse_paste(),
            _ => self.say(
                Tone::Refused,
                "a paste decides nothing; press / to filter by it".to_owned(),
            ),
        }
        self.settle();
    }
}
