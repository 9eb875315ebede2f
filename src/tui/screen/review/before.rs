//! What is unchanged since the previous record kept it: first shown, then kept in one act.

use crate::{
    domain::{bulk::Bulk, journal::Chosen},
    tui::{
        screen::review::{Pane, Review, Tone},
        widget::text::{count, number},
    },
};

/// The filter that shows it.
const SHOWN: &str = "delta:unchanged was:keep is:undecided";

impl Review {
    /// Shows what could be kept as before; when it is shown, goes on to keep it.
    pub(super) fn as_before(&mut self, now_ms: u64) {
        if let Some(reason) = self.closed() {
            self.refuse(reason);
            return;
        }
        let Some(previous) = self.campaign.opened().previous_record.clone() else {
            self.refuse("this review is not compared with a record: snapshot --previous does that");
            return;
        };
        let bulk = Bulk::as_before(&self.campaign);
        let review = crate::domain::text::SafeText::of(&previous.review);
        if bulk.is_empty() {
            self.refuse(format!(
                "nothing that is undecided is unchanged since {review} kept it"
            ));
        } else if self.queue.filter() == Some(SHOWN) {
            let chosen = Chosen::AsBefore {
                record: previous.record,
            };
            self.plan_bulk(bulk, None, chosen, now_ms);
        } else {
            self.filter(SHOWN);
            self.desk.pane = Pane::Card;
            self.desk.row = 0;
            let left_out = match bulk.left_out.len() as u64 {
                0 => String::new(),
                n => format!(", {} to be decided one by one", number(n)),
            };
            let items = count(bulk.items.len() as u64, "item is", "items are");
            self.say(
                Tone::Plain,
                format!(
                    "{items} unchanged since {review} kept them{left_out}; B again keeps all as before"
                ),
            );
        }
    }
}
