//! [`Reason`]: why something is revoked or kept, by a key other than the one that began it; and [`Note`].

use ratatui::text::{Line, Span};

use super::{
    bulk::{typed, wanted},
    layout::bottom,
    review::{Plan, Review, Sheet},
};
use crate::{
    domain::{
        access::{Access, Certainty},
        bulk::words,
        campaign::Campaign,
        decision::{Change, Decision},
        grant::{Entitlement, Holder},
        items::{Item, ItemSet},
        journal::Event,
        remains::{self, Remains},
        text::Raw,
    },
    tui::{
        action::Action,
        effect::Effect,
        phrase,
        widget::{
            field::Field,
            pen::Pen,
            text::{self, count},
        },
    },
};

/// A change that waits for its reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reason {
    plan: Plan,
    /// Reasons that one digit gives.
    offered: Vec<String>,
    /// What is changed.
    what: String,
    /// What stays reachable, and what goes too.
    told: Vec<String>,
    /// The reason that is being typed.
    pub(super) words: Option<Field>,
}

impl Reason {
    /// Asks for the reason of `plan`, and tells what it does.
    pub(super) fn of(review: &mut Review, plan: Plan) -> Self {
        let single = plan.items.first().filter(|_| plan.items.len() == 1);
        let snapshot = std::sync::Arc::clone(review.campaign.snapshot());
        let (what, told) = if let Some(item) = single {
            let told = match plan.change {
                Change::Decide(Decision::Revoke) => consequences(review, item),
                _ => Vec::new(),
            };
            (phrase::item_of(&snapshot, item), told)
        } else {
            let rules = plan.left_out.iter();
            let mut told: Vec<String> = rules
                .map(|(rule, items)| {
                    let items = count(items.len() as u64, "item", "items");
                    format!("{items} left out by policy: {}", words(rule))
                })
                .chain(plan.notes.clone())
                .collect();
            told.extend(remains(&review.campaign, plan.change, &plan.items));
            let then = if typed(&review.campaign, &plan) {
                let revoke = plan.change == Change::Decide(Decision::Revoke);
                let n = plan.items.len();
                format!(
                    "; then you will type `{}`",
                    wanted(n, if revoke { n } else { 0 })
                )
            } else {
                String::new()
            };
            told.push(format!("one reason for all{then}"));
            (count(plan.items.len() as u64, "item", "items"), told)
        };
        let offered = review.campaign.policy().reasons(plan.change).to_vec();
        Self {
            plan,
            offered,
            what,
            told,
            words: None,
        }
    }

    pub(super) fn act(review: &mut Review, action: Action, now_ms: u64, effects: &mut Vec<Effect>) {
        let Some(Sheet::Reason(reason)) = review.desk.sheets.last_mut() else {
            return;
        };
        let (plan, why) = match (action, &mut reason.words) {
            (Action::OwnWords, words @ None) => {
                *words = Some(Field::default());
                return;
            }
            (Action::Pick(place), None) => match reason.offered.get(usize::from(place)) {
                Some(why) => (reason.plan.clone(), why.clone()),
                None => return,
            },
            (Action::Accept, Some(field)) if !field.trimmed().is_empty() => {
                (reason.plan.clone(), field.trimmed().to_owned())
            }
            _ => return,
        };
        review.reasoned(plan, &why, now_ms, effects);
    }

    /// Draws it at the bottom of the screen; the answer is where typing goes in.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let full = pen.area();
        let wide = usize::from(full.width).min(100).saturating_sub(4);
        let mut lines: Vec<Line<'_>> = Vec::new();
        for line in text::wrap(&self.what, wide) {
            lines.push(Line::styled(line, look.theme.strong));
        }
        for told in &self.told {
            for (place, line) in text::wrap(told, wide.saturating_sub(2))
                .into_iter()
                .enumerate()
            {
                let sign = if place == 0 { "! " } else { "  " };
                lines.push(Line::styled(format!("{sign}{line}"), look.theme.warning));
            }
        }
        let two = wide >= 66 || full.height < 16;
        let reasons = if two {
            self.offered.len().div_ceil(2)
        } else {
            self.offered.len()
        };
        let high = lines.len() + 1 + reasons + 1;
        let area = bottom(full, 100, high + 2);
        let mut pen = pen.on(area);
        let inside = pen.frame(match self.plan.change {
            Change::Decide(Decision::Revoke) => "Revoke: why?",
            _ => "Keep what is privileged: why?",
        });
        let mut pen = pen.on(inside);
        let height = pen.height();
        // Reasons and the last line stay, whatever the sheet has to tell.
        let room = height.saturating_sub(reasons + 1);
        if lines.len() > room {
            lines.truncate(room);
            if let Some(last) = lines.last_mut() {
                // What is left out is told in the why panel and on larger screens.
                let cut = format!("{last}{}", " ".repeat(wide));
                let cut = text::cut(&cut, wide, look.glyphs.ellipsis);
                *last = Line::styled(cut, last.style);
            }
        }
        for (row, line) in lines.iter().enumerate() {
            pen.line(row, line);
        }
        let last = height.checked_sub(1)?;
        let from = last.saturating_sub(reasons);
        for (place, reason) in self.offered.iter().enumerate() {
            let half = if two { wide / 2 } else { wide };
            let (column, row) = (place / reasons * half, from + place % reasons);
            pen.cell(column, row, 1, &(place + 1).to_string(), look.theme.key);
            pen.cell(
                column + 2,
                row,
                half.saturating_sub(3),
                reason,
                look.theme.text,
            );
        }
        match &self.words {
            None => {
                let hint = Line::from(vec![
                    Span::styled("/", look.theme.key),
                    Span::raw(" type a reason   "),
                    Span::styled("Esc", look.theme.key),
                    Span::raw(" cancel"),
                ]);
                pen.line(last, &hint);
                Some((inside.x, inside.y + u16::try_from(from).ok()?))
            }
            Some(field) => prompt(&mut pen, last, "Reason: ", field),
        }
    }
}

/// Draws a line that is typed into; the answer is where typing goes in.
pub(super) fn prompt(
    pen: &mut Pen<'_>,
    row: usize,
    label: &str,
    field: &Field,
) -> Option<(u16, u16)> {
    let look = pen.look();
    let (typed, wide) = field.shown(pen.width().saturating_sub(text::width(label)));
    let at = text::width(label) + wide;
    // Whatever stood in this row must not show through.
    pen.cell(0, row, pen.width(), "", look.theme.text);
    pen.line(
        row,
        &Line::from(vec![
            Span::styled(label, look.theme.strong),
            Span::raw(typed),
        ]),
    );
    let area = pen.area();
    Some((
        area.x + u16::try_from(at).ok()?,
        area.y + u16::try_from(row).ok()?,
    ))
}

/// What a revoke of `item` leaves standing and what goes with it.
pub(super) fn consequences(review: &mut Review, item: Item) -> Vec<String> {
    let snapshot = std::sync::Arc::clone(review.campaign.snapshot());
    let grant = snapshot.grant(item);
    let upward = review.look.glyphs.upward;
    if remains::is_moot(&review.campaign, item) {
        return vec!["nothing else counts: the account is deactivated in this review".to_owned()];
    }
    let mut told: Vec<String> = standing(&review.campaign, &review.access, item, upward);
    let remains = Remains::of(&review.campaign, &item.into());
    match (grant.holder, grant.entitlement) {
        (Holder::Account(_), Entitlement::SignIn) => {
            let subject = snapshot.subjects()[snapshot.subject_of(item)];
            let others = subject.len() - 1;
            told.push(format!(
                "the account is deactivated; its other {} stay stored and work again if it is reactivated",
                count(others as u64, "grant", "grants")
            ));
        }
        (Holder::Account(_), Entitlement::Membership(_)) => {
            told.extend(by_teams(&review.campaign, item));
            let lost = remains.map(|remains| remains.along).unwrap_or_default();
            if !lost.is_empty() {
                told.push(format!(
                    "also loses {}",
                    some(lost.iter().map(|item| phrase::item(&snapshot, item)))
                ));
            }
        }
        (Holder::Team(_), _) => {
            told.extend(by_teams(&review.campaign, item));
            let others = remains.map(|remains| remains.others).unwrap_or_default();
            let reach = "accounts reach it through this team";
            told.push(match others.words() {
                None => "no account reaches it through this team".to_owned(),
                Some(what) => format!(
                    "{}: {what}",
                    count(
                        others.count(),
                        "account reaches it through this team",
                        reach
                    )
                ),
            });
        }
        _ => {}
    }
    told
}

/// What `change` leaves standing and whom it touches when it revokes `items`; nothing for any other change.
pub(super) fn remains(campaign: &Campaign, change: Change, items: &ItemSet) -> Vec<String> {
    if change != Change::Decide(Decision::Revoke) {
        return Vec::new();
    }
    let snapshot = campaign.snapshot();
    let remains = Remains::of(campaign, items);
    remains.map_or_else(Vec::new, |remains| {
        remains.words(|item| phrase::item_of(snapshot, item))
    })
}

/// How a team, or who stays in a team below, still has what `item` gives.
fn by_teams(campaign: &Campaign, item: Item) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let mut told = Vec::new();
    remains::ways(campaign, &item.into(), |_, ways| {
        let names = some(ways.iter().map(|way| phrase::item_of(snapshot, way.item)));
        let sure = ways.iter().any(|way| way.certainty == Certainty::Now);
        let may = if sure { "" } else { "perhaps " };
        if !ways.is_empty() {
            told.push(format!("{may}still reached through {names}"));
        }
    });
    told
}

/// How the account still reaches what `item` gives, once it is revoked.
pub(super) fn standing(
    campaign: &Campaign,
    access: &Access,
    item: Item,
    upward: &str,
) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let remaining = access.remaining(snapshot, item);
    let shown = remaining.iter().take(3).map(|remaining| {
        let revoked = if campaign.slot(remaining.item).decision == Some(Decision::Revoke) {
            " (revoked in this review)"
        } else {
            ""
        };
        format!(
            "still reaches {}{revoked}",
            phrase::remaining(snapshot, remaining, upward)
        )
    });
    let mut told: Vec<String> = shown.collect();
    if remaining.len() > 3 {
        told.push(format!("and in {} more ways", remaining.len() - 3));
    }
    told
}

/// The first few of many names, each once, joined.
pub(super) fn some(names: impl Iterator<Item = String>) -> String {
    const FEW: usize = 4;
    // The same access may come by several grants; it is named once.
    let mut seen = std::collections::BTreeSet::new();
    let names: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    let text = names[..names.len().min(FEW)].join(", ");
    match names.len().saturating_sub(FEW) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// A note that is being written on an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(super) item: Item,
    pub(super) field: Field,
}

impl Note {
    pub(super) fn accept(review: &mut Review, effects: &mut Vec<Effect>) {
        let Some(Sheet::Note(note)) = review.desk.sheets.pop() else {
            return;
        };
        let old = review
            .campaign
            .note(note.item)
            .map_or("", |note| note.raw());
        if note.field.trimmed() != old {
            let text = Raw::from(note.field.trimmed());
            review.send(
                Event::Noted {
                    item: note.item,
                    text,
                },
                effects,
            );
        }
    }

    /// Draws it in the line above the footer; the answer is where typing goes in.
    pub(super) fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        prompt(pen, 0, " Note (empty removes it): ", &self.field)
    }
}
