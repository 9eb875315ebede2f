//! A review at a moment of its journal: the same screens, to look at.

use super::{Pane, Review, Tone};
use crate::{
    domain::{campaign::Campaign, items::Item, text::SafeText},
    tui::{message::Opened, theme::Look},
};

impl Review {
    /// Puts a review on the desk as it was at a moment. Nothing can be decided; `why` is the answer to every key that would.
    pub(in crate::tui) fn replayed(
        campaign: Campaign,
        why: &'static str,
        look: Look,
        size: (u16, u16),
    ) -> Self {
        let now = campaign
            .entries()
            .last()
            .map_or(campaign.as_of(), |last| last.at);
        // Nobody else makes them here.
        campaign.signals();
        let mut review = Self::open(
            Opened {
                campaign,
                read_only: Some(SafeText::of(why)),
                notice: None,
                principal: String::new(),
                now,
                views: Vec::new(),
                views_wrong: None,
            },
            look,
            size,
        );
        review.replayed = Some(why);
        review.settle();
        review
    }

    /// Shows another moment of the same review.
    pub(in crate::tui) fn show(&mut self, campaign: Campaign) {
        self.now = campaign.entries().last().map_or(self.now, |last| last.at);
        self.campaign = campaign;
        self.say(Tone::Plain, String::new());
        self.settle();
    }

    /// Selects an item, whatever a filter shows.
    pub(in crate::tui) fn go_to(&mut self, item: Item) {
        if !self.select_item(item) {
            self.filter("");
            self.select_item(item);
        }
        self.desk.pane = Pane::Card;
        self.settle();
    }

    /// Says why something is not done.
    pub(in crate::tui) fn tell_refused(&mut self, text: &str) {
        self.refuse(text);
    }
}
