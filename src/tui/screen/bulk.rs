//! [`Bulk`]: the preview of a change of many items, confirmed by typing how many they are.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::text::{Line, Span};

use super::{ask::GUARD_MS, layout::centered, reason::remains, review::Plan};
use crate::{
    domain::{
        account::Fact,
        campaign::Campaign,
        decision::{Change, Decision},
        grant::{Entitlement, Holder},
        items::Item,
        journal::{Chosen, Decided},
    },
    tui::{
        phrase,
        theme::Look,
        unusual,
        widget::{
            field::Field,
            pen::Pen,
            text::{self, count, number},
        },
    },
};

/// Items shown as a sample, spread evenly over the whole.
const SAMPLE: usize = 5;

/// What is typed to confirm `change` of `n` items.
pub(super) fn wanted(change: Change, n: usize) -> String {
    match change {
        Change::Decide(Decision::Revoke) => format!("revoke {n}"),
        _ => n.to_string(),
    }
}

/// Whether `plan` is confirmed by typing: every revoke, and what is more than the policy takes a simple yes for.
pub(super) fn typed(campaign: &Campaign, plan: &Plan) -> bool {
    plan.change == Change::Decide(Decision::Revoke)
        || plan.items.len() as u64 > campaign.policy().bulk_typed_above
}

/// A change of many items that waits to be confirmed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bulk {
    plan: Plan,
    facts: Vec<(&'static str, String)>,
    sample: Vec<Item>,
    field: Field,
    said: Option<String>,
    /// Until when keys are dropped.
    pub(super) guard: Option<u64>,
}

impl Bulk {
    /// Previews `plan`.
    pub(super) fn of(campaign: &Campaign, plan: Plan, now_ms: u64) -> Self {
        let all = plan.items.len();
        let step = all.div_ceil(SAMPLE).max(1);
        Self {
            facts: facts(campaign, &plan),
            sample: plan.items.iter().step_by(step).take(SAMPLE).collect(),
            field: Field::default(),
            said: None,
            guard: Some(now_ms + GUARD_MS),
            plan,
        }
    }

    /// What a change showed its reviewer when `campaign` was as it is, in lines of `wide` cells.
    pub(in crate::tui) fn seen(
        campaign: &Campaign,
        decided: &Decided,
        look: &Look,
        wide: usize,
    ) -> Vec<Line<'static>> {
        let plan = Plan {
            change: decided.change,
            items: Arc::new(decided.items.clone()),
            reason: decided.reason.clone(),
            chosen: decided.chosen.clone(),
            notes: Vec::new(),
        };
        let typed = typed(campaign, &plan);
        let bulk = Self::of(campaign, plan, 0);
        let mut lines = bulk.lines(campaign, look, wide);
        let confirmed = if typed {
            format!("on the screen by typing {}", bulk.wanted())
        } else {
            "on the screen by y".to_owned()
        };
        lines.push(Line::default());
        lines.push(Line::from(vec![
            Span::styled(format!("{:<LABEL$}", "confirmed"), look.theme.dim),
            Span::raw(confirmed),
        ]));
        lines
    }

    /// What has to be typed.
    fn wanted(&self) -> String {
        wanted(self.plan.change, self.plan.items.len())
    }

    /// The plan, when what was typed is right.
    pub(super) fn confirmed(&mut self) -> Option<Plan> {
        if self.field.is_empty() {
            return None;
        }
        if self.field.trimmed() == self.wanted() {
            return Some(self.plan.clone());
        }
        self.said = Some(format!("type exactly: {}", self.wanted()));
        None
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        self.said = None;
        self.field.key(key)
    }

    pub(super) fn refuse_paste(&mut self) {
        self.said = Some("a paste confirms nothing; type it".to_owned());
    }

    /// Draws it; the answer is where typing goes in.
    pub(super) fn draw(&self, campaign: &Campaign, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let wide = usize::from(pen.area().width).min(90).saturating_sub(4);
        let lines = self.lines(campaign, look, wide);
        let area = centered(pen.area(), 90, lines.len() + 5);
        let mut pen = pen.on(area);
        let inside = pen.frame(&format!(
            "{} in bulk: nothing is decided yet",
            phrase::to_do(self.plan.change)
        ));
        let mut pen = pen.on(inside);
        let height = pen.height();
        // The line that is typed stands last and is never pushed out.
        let body = height.saturating_sub(2);
        for (row, line) in lines.iter().take(body).enumerate() {
            pen.line(row, line);
        }
        let said = self.said.clone().unwrap_or_default();
        pen.line(
            height.saturating_sub(2),
            &Line::styled(said, look.theme.error),
        );
        let prompt = if self.guard.is_some() {
            format!("Type {} and Enter {}", self.wanted(), look.glyphs.ellipsis)
        } else {
            format!("Type {} and Enter, Esc cancels: ", self.wanted())
        };
        let row = height.checked_sub(1)?;
        let (typed, wide) = self
            .field
            .shown(pen.width().saturating_sub(text::width(&prompt)));
        let at = text::width(&prompt) + wide;
        pen.line(
            row,
            &Line::from(vec![
                Span::styled(prompt, look.theme.strong),
                Span::raw(typed),
            ]),
        );
        Some((
            inside.x + u16::try_from(at).ok()?,
            inside.y + u16::try_from(row).ok()?,
        ))
    }
}

/// Cells for the name of a fact.
const LABEL: usize = 11;

impl Bulk {
    /// What is told before the line that is typed, the weightiest first.
    fn lines(&self, campaign: &Campaign, look: &Look, wide: usize) -> Vec<Line<'static>> {
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (place, (label, value)) in self.facts.iter().enumerate() {
            let style = match *label {
                UNUSUAL | AFTERWARDS => look.theme.warning,
                _ => look.theme.text,
            };
            for (row, part) in text::wrap(value, wide.saturating_sub(LABEL))
                .into_iter()
                .enumerate()
            {
                let label = if row == 0 { *label } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("{label:<LABEL$}"), look.theme.dim),
                    Span::styled(part, style),
                ]));
            }
            if place == 1 {
                // Right after the size, so that it is seen at any height.
                for note in &self.plan.notes {
                    lines.push(Line::styled(format!("! {note}"), look.theme.warning));
                }
            }
        }
        lines.push(Line::default());
        let sampled = format!(
            "sample {} of {}",
            self.sample.len(),
            number(self.plan.items.len() as u64)
        );
        lines.push(Line::styled(sampled, look.theme.dim));
        for item in &self.sample {
            let slot = campaign.slot(*item);
            let sign = Span::styled(
                format!(" {} ", look.glyphs.slot(slot)),
                look.theme.slot(slot),
            );
            lines.push(Line::from(vec![
                sign,
                Span::raw(phrase::item_of(campaign.snapshot(), *item)),
            ]));
        }
        lines
    }
}

/// What stands before what is out of the ordinary.
const UNUSUAL: &str = "among them";
/// What stands before what revokes leave standing.
const AFTERWARDS: &str = "if gone";

/// How many items, of whom, with which roles, on what, and what is out of the ordinary among them.
fn facts(campaign: &Campaign, plan: &Plan) -> Vec<(&'static str, String)> {
    let snapshot = campaign.snapshot();
    let (mut accounts, mut teams, mut before) = (0u64, 0u64, None);
    // Counted by position first: a bulk may hold a million items, and names are made only once each.
    let mut by_role = vec![0u64; snapshot.roles().len()];
    let mut by_team = vec![0u64; snapshot.teams().len()];
    let mut by_project = vec![0u64; snapshot.projects().len()];
    let (mut sign_ins, mut leads, mut joined, mut organization) = (0u64, 0u64, 0u64, 0u64);
    for item in plan.items.iter() {
        let grant = snapshot.grant(item);
        if before != Some(grant.holder) {
            before = Some(grant.holder);
            match grant.holder {
                Holder::Account(_) => accounts += 1,
                Holder::Team(_) => teams += 1,
                Holder::Everyone(_) => {}
            }
        }
        match grant.entitlement {
            Entitlement::SignIn => {
                sign_ins += 1;
                organization += 1;
            }
            Entitlement::OrganizationRole(role) => {
                by_role[role.index()] += 1;
                organization += 1;
            }
            Entitlement::Membership(ix) => {
                let membership = snapshot.membership(ix);
                if membership.lead == Fact::Known(true) {
                    leads += 1;
                } else {
                    joined += 1;
                }
                by_team[membership.team.index()] += 1;
            }
            Entitlement::ProjectRole(project, role) => {
                by_role[role.index()] += 1;
                by_project[project.index()] += 1;
            }
        }
    }
    let mut roles = vec![
        ("Can sign in".to_owned(), sign_ins),
        ("Team Lead".to_owned(), leads),
        ("Team Member".to_owned(), joined),
    ];
    for (role, n) in snapshot.roles().iter().zip(by_role).filter(|(_, n)| *n > 0) {
        roles.push((role.name.safe().to_string(), n));
    }
    let mut targets = vec![(
        snapshot.organization().name.safe().to_string(),
        organization,
    )];
    let teams_named = snapshot.teams().iter().map(|team| &team.name).zip(by_team);
    let projects_named = snapshot
        .projects()
        .iter()
        .map(|project| &project.name)
        .zip(by_project);
    for (name, n) in teams_named.chain(projects_named).filter(|(_, n)| *n > 0) {
        targets.push((name.safe().to_string(), n));
    }
    let mut facts = vec![
        ("chosen", chosen(campaign, plan)),
        (
            "size",
            format!(
                "{}{}",
                count(plan.items.len() as u64, "item", "items"),
                of(&[(accounts, "account", "accounts"), (teams, "team", "teams")])
            ),
        ),
    ];
    let unusual = unusual::told(campaign, &plan.items);
    if !unusual.is_empty() {
        facts.push((UNUSUAL, unusual));
    }
    for told in remains(campaign, plan.change, &plan.items) {
        facts.push((AFTERWARDS, told));
    }
    if let Some(reason) = &plan.reason {
        facts.push(("reason", reason.safe().to_string()));
    }
    facts.push(("by role", top(roles)));
    facts.push(("by target", top(targets)));
    facts
}

/// How the items were chosen, in words.
fn chosen(campaign: &Campaign, plan: &Plan) -> String {
    let snapshot = campaign.snapshot();
    match &plan.chosen {
        Chosen::Filter(text) => format!("all that match {}", text.safe()),
        Chosen::AsBefore { .. } => {
            "what is unchanged since the previous record kept it; it is not looked at one by one"
                .to_owned()
        }
        Chosen::RestOfSubject => {
            let first = plan.items.first().map(|item| snapshot.grant(item).holder);
            let name = first.map_or(String::new(), |holder| phrase::holder(snapshot, holder));
            format!("what is undecided of {name}")
        }
        Chosen::Marked | Chosen::Single | Chosen::Carried { .. } | Chosen::Drift => {
            "what is marked".to_owned()
        }
    }
}

/// ` of 3 accounts, 1 team`, without what there is none of.
fn of(counts: &[(u64, &str, &str)]) -> String {
    let there = counts.iter().filter(|(n, ..)| *n > 0);
    let there: Vec<String> = there.map(|(n, one, many)| count(*n, one, many)).collect();
    if there.is_empty() {
        String::new()
    } else {
        format!(" of {}", there.join(", "))
    }
}

/// The four commonest, and how many more there are.
fn top(mut counts: Vec<(String, u64)>) -> String {
    counts.retain(|(_, n)| *n > 0);
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let more = counts.len().saturating_sub(4);
    let mut text: Vec<String> = counts
        .iter()
        .take(4)
        .map(|(name, n)| format!("{name} {}", number(*n)))
        .collect();
    if more > 0 {
        text.push(format!("{} more", number(more as u64)));
    }
    text.join(", ")
}
