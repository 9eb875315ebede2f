//! All that is known of one row, in lines.

use ratatui::text::Line;

use super::State;
use crate::{
    domain::{campaign::Campaign, compared::Row, items::Item},
    tui::{
        phrase::{self, compared as words},
        widget::text::{self, number},
    },
};

impl State<'_> {
    /// The particulars of the row under the cursor, in lines of at most `wide` cells.
    pub(super) fn particulars(&self, wide: usize) -> Vec<Line<'static>> {
        self.row().map_or_else(Vec::new, |row| self.told(row, wide))
    }

    fn told(&self, row: &Row, wide: usize) -> Vec<Line<'static>> {
        let (theme, arrow) = (&self.look.theme, self.look.glyphs.becomes);
        let mut lines = Vec::new();
        let mut put = |name: &str, value: &str| {
            let mut name = name.to_owned();
            for part in text::wrap(value, wide.saturating_sub(11)) {
                lines.push(Line::raw(format!("{name:<10} {part}")));
                name.clear();
            }
        };
        put(row.kind.word(), &words::what(self.compared, row));
        put("is", words::said(row.said));
        let remark = words::remark(self.compared, row);
        if !remark.is_empty() {
            put("", &remark);
        }
        for field in self.compared.fields(row) {
            put("changed", &words::field(&field, arrow));
        }
        put("id", &words::id(self.compared, row));
        let (old, new) = (self.compared.older(), self.compared.newer());
        for (name, campaign, item) in [
            ("older", old, row.old_item()),
            ("newer", new, row.new_item()),
        ] {
            if let Some(item) = item {
                put(name, &decided(campaign, item));
            }
        }
        for line in lines.iter_mut().take(1) {
            line.style = theme.strong;
        }
        lines
    }

    /// What is compared, in lines of at most `wide` cells.
    pub(super) fn compared_lines(&self, wide: usize) -> Vec<Line<'static>> {
        let lines = self.sides.iter().flat_map(|line| {
            // A line that goes on is told by its blanks.
            let blanks = line.len() - line.trim_start().len();
            let parts = text::wrap(line, wide.saturating_sub(blanks + 2));
            let parts = parts.into_iter().enumerate();
            parts.map(move |(at, part)| {
                let more = if at > 0 { 2 } else { 0 };
                Line::raw(format!("{}{part}", " ".repeat(blanks + more)))
            })
        });
        let unchanged = format!(
            "{} grants are the same in both",
            number(self.compared.unchanged)
        );
        lines.chain([Line::raw(unchanged)]).collect()
    }
}

/// Which item it is in a review, and what was decided there.
fn decided(campaign: &Campaign, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let which = format!(
        "item {}, {}",
        number(item.number()),
        phrase::item_of(snapshot, item)
    );
    let decision = campaign.slot(item).decision;
    let entry = campaign.deciding_entry(item).zip(decision);
    match entry {
        Some(((entry, decided), decision)) => {
            let reason = decided
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| format!(": {}", reason.safe()));
            format!(
                "{which}; {} by {} on {}{reason}",
                decision.past(),
                entry.by.safe(),
                entry.at.day()
            )
        }
        None => format!("{which}; not decided"),
    }
}
