//! What is on its way to the disk: events that are sent, entries that come back, and what waits for them.

use std::sync::Arc;

use crate::{
    domain::{
        items::ItemSet,
        journal::{Entry, Event},
        text::SafeText,
    },
    tui::{
        effect::Effect,
        message::KeyChoice,
        phrase,
        runtime::Exit,
        screen::{
            review::{AGAIN, Review, SealedPage, Sheet, Toast, Tone},
            sign_off::SignOff,
            why::Why,
        },
        widget::text::count,
    },
};

/// Something to do once everything is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Undo,
    Redo,
    /// Take back every change after this entry.
    UndoTo(u32),
}

impl Review {
    /// Sends an event to the disk, unless the review does not allow it; the answer is whether it was sent.
    pub(in crate::tui::screen) fn send(&mut self, event: Event, effects: &mut Vec<Effect>) -> bool {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return false;
        }
        if let Err(refusal) = self.campaign.check(&event, self.now) {
            self.refuse(refusal.to_string());
            return false;
        }
        if let Event::Decided(decided) = &event {
            let text = phrase::decided(self.campaign.snapshot(), decided);
            self.say(Tone::Changed(decided.change), format!("saving: {text}"));
            self.last = Some((decided.change, decided.reason.clone()));
        }
        self.desk.moved_back = Arc::default();
        self.pending.push_back(event.clone());
        effects.push(Effect::Append(event));
        true
    }

    /// Takes an entry in that is on disk.
    pub(crate) fn appended(&mut self, entry: Entry) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.pending.front() == Some(&entry.event) {
            self.pending.pop_front();
        }
        self.now = self.now.max(entry.at);
        let touched = self.touched(&entry.event);
        self.queue.uncount(&self.campaign, &touched);
        let applied = self.campaign.apply(entry);
        self.queue.recount(&self.campaign, &touched);
        if let Err(refusal) = applied {
            self.broke(&SafeText::of(&format!(
                "the journal went another way: {refusal}"
            )));
            return effects;
        }
        let last = self.campaign.entries().last().map(Arc::clone);
        self.tell(&last.expect("an entry was applied"));
        if self.pending.is_empty() {
            self.wish(&mut effects);
        }
        self.settled_pending();
        self.settle();
        SignOff::check(self);
        effects
    }

    /// The items that an event changes.
    fn touched(&self, event: &Event) -> ItemSet {
        match event {
            Event::Decided(decided) => decided.items.clone(),
            Event::Undone { entry } | Event::Redone { entry } => {
                match self.campaign.entry(*entry).map(|entry| &entry.event) {
                    Some(Event::Decided(decided)) => decided.items.clone(),
                    _ => ItemSet::default(),
                }
            }
            _ => ItemSet::default(),
        }
    }

    /// Tells what an entry did, and goes there when it took something back.
    fn tell(&mut self, entry: &Entry) {
        let text = phrase::entry(&self.campaign, entry);
        let tone = match &entry.event {
            Event::Decided(decided) => Tone::Changed(decided.change),
            _ => Tone::Plain,
        };
        match &entry.event {
            Event::Undone { entry } => self.go_to_change(*entry, text),
            Event::Redone { entry } => {
                self.go_to_change(*entry, text);
                // It stands again, and shows what it is.
                self.desk.moved_back = Arc::default();
            }
            Event::Decided(_) | Event::Noted { .. } | Event::Waived(_) => {
                self.desk.toast = Toast {
                    tone,
                    text,
                    undo: true,
                };
            }
            Event::Opened(_)
            | Event::SelfReviewAllowed { .. }
            | Event::Attested(_)
            | Event::Sealed { .. } => {
                self.say(tone, text);
            }
        }
    }

    /// An event was not written.
    pub(crate) fn refused(&mut self, reason: &SafeText) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.pending.pop_front();
        self.refuse(format!("not recorded: {reason}"));
        SignOff::refused(self, reason);
        if self.pending.is_empty() {
            self.wish(&mut effects);
        }
        self.settled_pending();
        self.settle();
        effects
    }

    /// What takes longer to make is made.
    pub(crate) fn prepared(&mut self) {
        self.queue.prepared(&self.campaign);
        self.why = Why::default();
        self.settle();
    }

    /// Nothing more can be written.
    pub(crate) fn broke(&mut self, reason: &SafeText) {
        // What follows a failure only says that there was one.
        self.broken.get_or_insert_with(|| reason.clone());
        self.pending.clear();
        self.wishes.clear();
        self.sealing = None;
        // The reason stands on the screen from now on.
        self.refuse(format!("not recorded; {AGAIN}"));
        self.settled_pending();
        self.settle();
    }

    fn settled_pending(&mut self) {
        if self.pending.is_empty() && self.leaving.is_some() {
            self.exit = self.leaving;
        }
    }

    /// Does the next thing that waited for everything to be saved.
    pub(super) fn wish(&mut self, effects: &mut Vec<Effect>) {
        while self.pending.is_empty() {
            match self.wishes.pop_front() {
                None => return,
                Some(Wish::Undo) => self.undo_one(effects),
                Some(Wish::Redo) => self.redo_one(effects),
                Some(Wish::UndoTo(seq)) => {
                    if self.campaign.changes_after(seq) > 0 {
                        self.undo_one(effects);
                        if self.pending.is_empty() {
                            // It was refused, and the reason is told.
                            self.taken_back = 0;
                            return;
                        }
                        self.taken_back += 1;
                        self.wishes.push_front(Wish::UndoTo(seq));
                    } else {
                        let changes = count(u64::from(self.taken_back), "change", "changes");
                        self.taken_back = 0;
                        self.say(
                            Tone::Plain,
                            format!("took back {changes}; ^r makes them again one by one"),
                        );
                    }
                }
            }
        }
    }

    pub(super) fn undo_one(&mut self, effects: &mut Vec<Effect>) {
        match self.campaign.undoable().map(|entry| entry.seq) {
            Some(entry) => _ = self.send(Event::Undone { entry }, effects),
            None => self.refuse("there is nothing to undo"),
        }
    }

    pub(super) fn redo_one(&mut self, effects: &mut Vec<Effect>) {
        match self.campaign.redoable().map(|entry| entry.seq) {
            Some(entry) => _ = self.send(Event::Redone { entry }, effects),
            None => self.refuse("there is nothing to redo"),
        }
    }

    /// Leaves as soon as everything is saved; asked twice, at once.
    pub(in crate::tui::screen) fn leave(&mut self, exit: Exit) {
        if self.pending.is_empty() && self.sealing.is_none() || self.leaving.is_some() {
            self.exit = Some(exit);
            return;
        }
        self.leaving = Some(exit);
        self.say(
            Tone::Plain,
            if self.sealing.is_some() {
                "the record is being made; the same key again leaves anyway".to_owned()
            } else {
                "saving; the same key again leaves at once".to_owned()
            },
        );
    }

    /// Signing keys were listed.
    pub(crate) fn listed(&mut self, keys: Vec<KeyChoice>) {
        self.keys = Some(keys);
    }

    /// Sealing goes on.
    pub(crate) fn sealing(&mut self, what: SafeText) {
        self.sealing = Some(what);
    }

    /// The record is written.
    pub(crate) fn sealed(&mut self, record: &std::path::Path, signer: String) {
        self.sealing = None;
        self.desk.sheets = vec![Sheet::Sealed(SealedPage {
            record: SafeText::of(&record.to_string_lossy()).to_string(),
            signer,
        })];
        if self.leaving.is_some() {
            self.exit = self.leaving;
        }
    }

    /// Sealing failed.
    pub(crate) fn seal_failed(&mut self, reason: &SafeText) {
        self.sealing = None;
        self.leaving = None;
        for sheet in &mut self.desk.sheets {
            if let Sheet::SignOff(sign_off) = sheet {
                sign_off.failed = Some(reason.to_string());
            }
        }
        self.refuse(format!("not sealed: {reason}; decisions are untouched"));
    }
}
