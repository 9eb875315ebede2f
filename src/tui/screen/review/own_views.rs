//! The reviewer's own views: saved from the screen, renamed and deleted.

use crate::{
    domain::{
        text::SafeText,
        view::{self, View},
    },
    tui::{
        effect::{Effect, ViewChange},
        screen::{
            review::{Review, Sheet, Tone},
            views::{NameSheet, Naming, Views},
        },
        widget::field::Field,
    },
};

impl Review {
    /// Asks for the name of a view.
    pub(super) fn name_view(&mut self, of: Naming) {
        let field = match &of {
            Naming::New => Field::default(),
            Naming::Old(name) => Field::of(name),
        };
        self.desk.sheets.push(Sheet::Name(NameSheet {
            of,
            field,
            said: None,
        }));
    }

    /// A name was typed: sends the change out, unless the name cannot be one.
    pub(super) fn named_view(&mut self, effects: &mut Vec<Effect>) {
        let Some(Sheet::Name(sheet)) = self.desk.sheets.last_mut() else {
            return;
        };
        let (of, name) = (sheet.of.clone(), sheet.field.trimmed().to_owned());
        if let Some(why) = view::misnamed(&name) {
            sheet.said = Some(why);
            return;
        }
        let change = match of {
            Naming::New => ViewChange::Save(View {
                name,
                ..self.view()
            }),
            Naming::Old(from) => ViewChange::Rename { from, to: name },
        };
        effects.push(Effect::Views(change));
        self.desk.sheets.pop();
        self.say(Tone::Plain, "writing your views".to_owned());
    }

    /// The views were changed.
    pub(in crate::tui) fn views_changed(&mut self, own: Vec<View>, done: &SafeText) {
        self.views = Views::of(own, None);
        let shown = self.views.like(&self.view());
        let last = self.views.all().len() - 1;
        if let Some(Sheet::Views(sheet)) = self.desk.sheets.last_mut() {
            sheet.row = shown.unwrap_or(sheet.row.min(last));
        }
        self.say(Tone::Plain, done.to_string());
        self.settle();
    }

    /// The views are as they were.
    pub(in crate::tui) fn views_failed(&mut self, why: &SafeText) {
        self.refuse(format!("your views are as they were: {why}"));
        self.settle();
    }
}
