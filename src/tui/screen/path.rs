//! [`PathSheet`]: where derived access comes from, and which stored grant would take it away.

use ratatui::text::{Line, Span};

use super::{
    layout::centered,
    reason::some,
    review::{Plan, Review, Sheet},
};
use crate::{
    domain::{
        decision::{Change, Decision},
        grant::Holder,
        items::Item,
    },
    tui::{
        phrase,
        widget::{
            pen::Pen,
            text::{self, count},
        },
    },
};

/// Access an account has through a team.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PathSheet {
    title: String,
    told: Vec<String>,
    ways: Vec<(Item, String)>,
}

impl PathSheet {
    /// Tells where the derived access in the selected card comes from.
    pub(super) fn of(review: &Review, derived: usize) -> Option<Self> {
        let campaign = &review.campaign;
        let snapshot = campaign.snapshot();
        let Holder::Account(account) = snapshot.subjects()[review.subject()?].holder else {
            return None;
        };
        let place = derived;
        let derived = review.card.derived.get(place)?;
        let upward = review.look.glyphs.upward;
        let name = phrase::holder(snapshot, Holder::Account(account));
        let path = phrase::path(snapshot, &derived.path, upward);
        let [leave, take] = review.access.ways_to_remove(snapshot, account, derived);
        let also = if leave.also.is_empty() {
            "nothing else goes with it".to_owned()
        } else {
            format!(
                "these go too: {}",
                some(leave.also.iter().map(|item| phrase::item(snapshot, *item)))
            )
        };
        let decided = |item: Item| match campaign.slot(item).decision {
            Some(decision) => format!(" ({} in this review)", decision.past()),
            None if !campaign.items().contains(item) => {
                " (outside the scope of this review)".to_owned()
            }
            None => String::new(),
        };
        let ways = vec![
            (
                leave.item,
                format!(
                    "{name} leaves team {}{}; {also}",
                    phrase::target(snapshot, leave.item),
                    decided(leave.item)
                ),
            ),
            (
                take.item,
                format!(
                    "{} loses the role{}; {} it",
                    phrase::holder(snapshot, snapshot.grant(take.item).holder),
                    decided(take.item),
                    count(take.accounts as u64, "account loses", "accounts lose")
                ),
            ),
        ];
        let others = review
            .card
            .other_ways(campaign, review.subject()?, place, upward);
        let others = if others.is_empty() {
            String::new()
        } else {
            format!(
                " Also {}: that stays when only one way goes.",
                some(others.into_iter())
            )
        };
        Some(Self {
            title: phrase::item(snapshot, derived.item),
            told: vec![
                format!(
                    "{name} has this via team {path}{}.{others}",
                    phrase::certainty(derived.certainty)
                ),
                "It is not stored with the account, so there is nothing to keep here. To take it away, revoke one of \
                 the stored grants it comes from:"
                    .to_owned(),
            ],
            ways,
        })
    }

    /// Goes on to revoke the stored grant of one way.
    pub(super) fn pick(review: &mut Review, way: usize) {
        let Some(Sheet::Path(sheet)) = review.desk.sheets.last() else {
            return;
        };
        let Some((item, _)) = sheet.ways.get(way) else {
            return;
        };
        let item = *item;
        if let Some(reason) = review.closed() {
            review.refuse(reason);
            return;
        }
        let revoke = Change::Decide(Decision::Revoke);
        if let Err(refusal) = review.campaign.may(revoke, item) {
            review.refuse(refusal.to_string());
            return;
        }
        review.ask_reason(Plan::single(revoke, item, None));
    }

    /// Draws it; the answer is where the cursor goes.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let wide = usize::from(pen.area().width).min(90).saturating_sub(4);
        let mut ways: Vec<Line<'_>> = Vec::new();
        for (place, (_, way)) in self.ways.iter().enumerate() {
            let wrapped = text::wrap(way, wide.saturating_sub(2));
            for (row, line) in wrapped.into_iter().enumerate() {
                let key = if row == 0 {
                    (place + 1).to_string()
                } else {
                    String::new()
                };
                let key = Span::styled(format!("{key:<2}"), look.theme.key);
                ways.push(Line::from(vec![key, Span::raw(line)]));
            }
        }
        let mut lines: Vec<Line<'_>> = Vec::new();
        for told in &self.told {
            lines.extend(text::wrap(told, wide).into_iter().map(Line::from));
        }
        lines.push(Line::default());
        // Where it is tight, the ways matter more than the explanation.
        let room = pen.height().saturating_sub(2 + ways.len());
        lines.truncate(room);
        let first = lines.len();
        lines.extend(ways);
        let area = centered(pen.area(), 90, lines.len() + 2);
        let mut pen = pen.on(area);
        let inside = pen.frame(&self.title);
        let mut pen = pen.on(inside);
        for (row, line) in lines.iter().enumerate() {
            pen.line(row, line);
        }
        Some((inside.x, inside.y + u16::try_from(first).ok()?))
    }
}
