//! [`Why`]: everything known about the selected row, as labelled lines.

use ratatui::text::Line;

use super::{
    card::Row,
    layout::Shape,
    reason::{some, standing},
    review::Review,
};
use crate::{
    domain::{
        access::Derived,
        account::{Account, Fact},
        earlier,
        grant::{Entitlement, Holder},
        items::Item,
    },
    tui::{
        action::Action,
        phrase,
        screen::review::moved,
        widget::{
            pen::Pen,
            text::{self, count},
        },
    },
};

/// What is known about the selected row; made when the selection or the journal changes.
#[derive(Debug, Default)]
pub(crate) struct Why {
    made_for: Option<(Row, usize, usize, bool)>,
    /// Label and text, the weightiest first.
    pub(super) lines: Vec<(&'static str, String)>,
    /// Other items that give access to the same; looked for only where there is room to show them.
    pub(super) others: Vec<Item>,
}

/// How many other holders are looked for.
const OTHERS: usize = 16;

impl Why {
    /// Brings it up to date.
    pub(super) fn settle(review: &mut Review) {
        let Some((row, subject)) = review.selected().zip(review.subject()) else {
            review.why = Self::default();
            return;
        };
        let full = review.shape() == Shape::Full;
        let key = (row, subject, review.campaign.entries().len(), full);
        if review.why.made_for == Some(key) {
            return;
        }
        let lines = match row {
            Row::Own(item) => of_item(review, item),
            Row::Derived(derived) => of_derived(review, derived),
        };
        let others = if full {
            others(review, row)
        } else {
            Vec::new()
        };
        review.why = Self {
            made_for: Some(key),
            lines,
            others,
        };
    }

    /// The lines as they fit into `width`, labels in their own column.
    fn wrapped(&self, width: usize) -> Vec<(&'static str, String)> {
        let room = width.saturating_sub(LABEL + 1);
        let mut wrapped = Vec::new();
        for (label, value) in &self.lines {
            for (place, line) in text::wrap(value, room).into_iter().enumerate() {
                wrapped.push((if place == 0 { *label } else { "" }, line));
            }
        }
        wrapped
    }

    /// Draws as many lines as fit, from line `from`.
    pub(super) fn draw(&self, pen: &mut Pen<'_>, from: usize) {
        let look = pen.look();
        let lines = self.wrapped(pen.width());
        let height = pen.height();
        let from = from.min(lines.len().saturating_sub(height));
        let more = lines.len().saturating_sub(from + height);
        for (row, (label, value)) in lines.iter().skip(from).take(height).enumerate() {
            let last = more > 0 && row + 1 == height;
            let end = if last {
                let more = format!(" w {more} more ");
                pen.right(row, &Line::styled(more, look.theme.dim))
            } else {
                pen.width()
            };
            let decided = *label == "Decided";
            let style = if decided {
                look.theme.strong
            } else {
                look.theme.text
            };
            let room = end.saturating_sub(LABEL);
            pen.cell(1, row, LABEL - 1, label, look.theme.dim);
            pen.cell(LABEL, row, room, value, style);
        }
    }
}

const LABEL: usize = 10;

/// The why panel over the whole screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WhySheet {
    /// The first line that is shown.
    pub(super) top: usize,
}

impl WhySheet {
    pub(super) fn go(&mut self, action: Action, lines: usize, size: (u16, u16)) {
        let page = usize::from(size.1.saturating_sub(6)).max(1);
        // Lines may be broken into several rows; a few more steps do no harm.
        self.top = moved(
            self.top,
            (lines * 2).saturating_sub(page).max(1),
            page,
            action,
        );
    }

    pub(super) fn draw(&self, review: &Review, pen: &mut Pen<'_>) -> (u16, u16) {
        let area = pen.area();
        let inside = pen.frame("Why");
        review.why.draw(&mut pen.on(inside), self.top);
        (area.x, area.y)
    }
}

/// The first items of others on the same project or team, or with the same role of the organization.
fn others(review: &Review, row: Row) -> Vec<Item> {
    let snapshot = review.campaign.snapshot();
    let item = match row {
        Row::Own(item) => item,
        Row::Derived(derived) => review.card.derived[derived].item,
    };
    let entitlement = snapshot.grant(item).entitlement;
    // For derived access that is not the holder of the grant.
    let holder = review
        .subject()
        .map(|position| snapshot.subjects()[position].holder);
    let same = |other: Entitlement| match (entitlement, other) {
        (Entitlement::ProjectRole(one, _), Entitlement::ProjectRole(other, _)) => one == other,
        (Entitlement::OrganizationRole(one), Entitlement::OrganizationRole(other)) => one == other,
        (Entitlement::Membership(one), Entitlement::Membership(other)) => {
            snapshot.membership(one).team == snapshot.membership(other).team
        }
        _ => false,
    };
    let grants = snapshot.grants().iter().zip(0u32..);
    grants
        .filter(|(grant, _)| Some(grant.holder) != holder && same(grant.entitlement))
        .map(|(_, place)| Item(place))
        .take(OTHERS)
        .collect()
}

fn of_item(review: &mut Review, item: Item) -> Vec<(&'static str, String)> {
    let upward = review.look.glyphs.upward;
    let snapshot = std::sync::Arc::clone(review.campaign.snapshot());
    let grant = *snapshot.grant(item);
    let mut lines = vec![("What", what(review, item))];
    lines.extend(decided(review, item).map(|decided| ("Decided", decided)));
    lines.extend(earlier::since(&review.campaign, item).map(|since| ("Since", since)));
    lines.extend(earlier::was(&review.campaign, item).map(|was| ("History", was)));
    let dates = dates(review, item);
    if !dates.is_empty() {
        lines.push(("Dates", dates));
    }
    match grant.holder {
        Holder::Everyone(_) => lines.push((
            "Held",
            "by everyone it covers, without being named".to_owned(),
        )),
        Holder::Team(team) => {
            let members = review.members(team);
            let reach = count(members as u64, "account reaches", "accounts reach");
            lines.push(("Held", format!("by the team: {reach} it through the team")));
        }
        Holder::Account(account) => {
            lines.push(("Held", "directly: stored with the account".to_owned()));
            let standing = standing(&review.campaign, &review.access, item, upward);
            if !standing.is_empty() {
                lines.push(("If gone", standing.join("; ")));
            }
            if matches!(grant.entitlement, Entitlement::Membership(_)) {
                let through: Vec<&Derived> = review
                    .card
                    .derived
                    .iter()
                    .filter(|derived| derived.membership == item)
                    .collect();
                let names = some(
                    through
                        .iter()
                        .map(|derived| phrase::item(&snapshot, derived.item)),
                );
                if !through.is_empty() {
                    lines.push(("Gives", names));
                }
                let lost = review.access.lost_by_leaving(&snapshot, account, item);
                if lost.len() < through.len() {
                    lines.push(("", format!("{} of these only this way", lost.len())));
                }
            }
        }
    }
    let facts = phrase::facts(&review.campaign, item);
    if !facts.is_empty() {
        lines.push(("Facts", facts.join(", ")));
    }
    lines.extend(signals(review, item));
    if let Some(note) = review.campaign.note(item) {
        lines.push(("Note", note.safe().to_string()));
    }
    if let Holder::Account(account) = grant.holder {
        lines.push(("Account", about_account(snapshot.account(account), review)));
    }
    let source = match grant.source {
        0 => String::new(),
        source => format!(", read from answer {source}"),
    };
    lines.push((
        "Item",
        format!("number {}, id {}{source}", item.number(), grant.id),
    ));
    lines
}

fn of_derived(review: &mut Review, derived: usize) -> Vec<(&'static str, String)> {
    let upward = review.look.glyphs.upward;
    let snapshot = std::sync::Arc::clone(review.campaign.snapshot());
    let derived = review.card.derived[derived].clone();
    let path = phrase::path(&snapshot, &derived.path, upward);
    let mut lines = vec![
        ("What", what(review, derived.item)),
        (
            "Path",
            format!("via team {path}{}", phrase::certainty(derived.certainty)),
        ),
    ];
    lines.extend(decided(review, derived.item).map(|decided| ("Decided", decided)));
    if let Entitlement::Membership(ix) = snapshot.grant(derived.membership).entitlement {
        let membership = snapshot.membership(ix);
        lines.extend(
            membership
                .since
                .known()
                .map(|since| ("Dates", format!("in the team since {}", since.day()))),
        );
        lines.extend(
            phrase::standing(membership, review.campaign.as_of()).map(|standing| ("", standing)),
        );
    }
    lines.push((
        "Held",
        "not by the account: Enter shows the stored grants it comes from".to_owned(),
    ));
    let facts = phrase::facts(&review.campaign, derived.item);
    if !facts.is_empty() {
        lines.push(("Facts", facts.join(", ")));
    }
    lines
}

/// What the rules say about an item, with what they looked at; then what they could not tell.
fn signals(review: &Review, item: Item) -> Vec<(&'static str, String)> {
    if review.campaign.signals_made().is_none() {
        return vec![("Signals", "being worked out".to_owned())];
    }
    let told = phrase::signals(&review.campaign, item).into_iter();
    let labels = std::iter::once("Signals").chain(std::iter::repeat(""));
    labels.zip(told).collect()
}

/// What the grant is, in full.
fn what(review: &Review, item: Item) -> String {
    let snapshot = review.campaign.snapshot();
    let role = phrase::role(snapshot, item);
    let target = phrase::target(snapshot, item);
    match snapshot.grant(item).entitlement {
        Entitlement::SignIn => format!("the account itself: it can sign in to {target}"),
        Entitlement::OrganizationRole(_) => format!("{role} of the organization {target}"),
        Entitlement::Membership(ix) => {
            let membership = snapshot.membership(ix);
            let mut path = vec![membership.team];
            while let Some(parent) = snapshot.team(path[path.len() - 1]).parent {
                if path.contains(&parent) {
                    break;
                }
                path.push(parent);
            }
            let position = match &membership.position {
                Fact::Known(position) => format!(" as {}", position.safe()),
                _ => String::new(),
            };
            format!(
                "{role} of {}{position}",
                phrase::path(snapshot, &path, review.look.glyphs.upward)
            )
        }
        Entitlement::ProjectRole(project, _) => {
            format!(
                "{role} of project {target} ({})",
                snapshot.project(project).key.safe()
            )
        }
    }
}

/// The entry of this review that decided the item, when one did.
fn decided(review: &Review, item: Item) -> Option<String> {
    let campaign = &review.campaign;
    let (entry, decided) = campaign.deciding_entry(item)?;
    let done = match campaign.slot(item).decision {
        Some(decision) => decision.past(),
        None => "left for later",
    };
    let bulk = if decided.chosen.is_bulk() {
        format!(", one of {}", decided.items.len())
    } else {
        String::new()
    };
    let reason = decided
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!(": {}", reason.safe()));
    Some(format!(
        "{done} {} by {}{bulk}{reason}",
        entry.at.minute(),
        entry.by.safe()
    ))
}

fn dates(review: &Review, item: Item) -> String {
    let snapshot = review.campaign.snapshot();
    let mut dates = Vec::new();
    let grant = snapshot.grant(item);
    if let Entitlement::Membership(ix) = grant.entitlement {
        let membership = snapshot.membership(ix);
        dates.extend(
            membership
                .since
                .known()
                .map(|at| format!("in the team since {}", at.day())),
        );
        dates.extend(phrase::standing(membership, review.campaign.as_of()));
    }
    if let Holder::Account(account) = grant.holder {
        let account = snapshot.account(account);
        dates.extend(account.joined.known().map(|day| format!("joined {day}")));
        dates.extend(
            account
                .suspended_at
                .known()
                .map(|at| format!("suspended from {}", at.day())),
        );
        dates.extend(
            account
                .left_at
                .known()
                .map(|at| format!("left {}", at.day())),
        );
        dates.push(phrase::last_sign_in(account));
    }
    if let Entitlement::Membership(ix) = grant.entitlement {
        let team = snapshot.team(snapshot.membership(ix).team);
        dates.extend(
            team.disbanded_at
                .known()
                .map(|day| format!("team disbanded {day}")),
        );
    }
    dates.join(", ")
}

fn about_account(account: &Account, review: &Review) -> String {
    let mut about = vec![
        account.username.safe().to_string(),
        phrase::account_state(account, review.campaign.as_of()).to_owned(),
        phrase::account_kind(account).to_owned(),
        phrase::two_factor(account).to_owned(),
    ];
    about.extend(account.email.known().map(|email| email.safe().to_string()));
    about.extend(
        account
            .external_id
            .known()
            .map(|id| format!("external id {}", id.safe())),
    );
    if !account.listed {
        about.push("not in the account list".to_owned());
    }
    about.retain(|part| !part.is_empty());
    about.join(", ")
}
