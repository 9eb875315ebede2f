//! [`Facts`]: what is told before the signature.

use std::collections::BTreeMap;

use crate::{
    domain::{
        access::Derived,
        campaign::Campaign,
        decision::Decision,
        earlier,
        grant::{Entitlement, Holder},
        items::Item,
        origin::origin,
        provenance::Completeness,
        seal::{Effort, statement},
        snapshot::ProjectIx,
        text::SafeText,
    },
    tui::{
        phrase,
        screen::review::Review,
        widget::text::{self, count, number},
    },
};

/// What takes a pass over the whole review to know; counted when sign-off opens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    effort: Effort,
    standing: Standing,
    compared: Vec<(&'static str, String)>,
}

/// Revokes that leave the access standing by another way.
#[derive(Debug, Clone, PartialEq, Default)]
struct Standing {
    items: u64,
    sample: Vec<Item>,
}

/// Lines that are told, each with whether it wants attention.
struct Told {
    wide: usize,
    lines: Vec<(bool, String)>,
}

impl Told {
    fn add(&mut self, warns: bool, text: &str) {
        // Two cells for the sign, two more for lines that go on.
        for (place, line) in text::wrap(text, self.wide.saturating_sub(4))
            .into_iter()
            .enumerate()
        {
            let sign = match (place, warns) {
                (0, true) => "! ",
                (0, false) => "  ",
                _ => "    ",
            };
            self.lines.push((warns, format!("{sign}{line}")));
        }
    }
}

impl Facts {
    /// Counts them.
    pub(super) fn of(review: &Review) -> Self {
        Self {
            effort: Effort::of(&review.campaign),
            standing: Standing::of(review),
            compared: earlier::compared(&review.campaign),
        }
    }

    /// The words that are signed and what stands behind them, in lines of at most `wide` cells.
    pub(super) fn told(
        &self,
        review: &Review,
        principal: &str,
        wide: usize,
    ) -> Vec<(bool, String)> {
        let campaign = &review.campaign;
        let mut told = Told {
            wide,
            lines: Vec::new(),
        };
        // Until somebody is named, the place for the name is shown.
        let principal = if principal.is_empty() {
            "…"
        } else {
            principal
        };
        let statement = statement(campaign, principal);
        told.add(false, SafeText::of(&statement).as_str());
        told.add(false, "");
        self.tell_counts(campaign, &mut told);
        tell_completeness(campaign, &mut told);
        self.tell_standing(campaign, &mut told);
        self.tell_effort(&mut told);
        for (label, line) in &self.compared {
            told.add(false, &format!("{label} {line}"));
        }
        tell_origin(campaign, &mut told);
        told.lines
    }

    fn tell_counts(&self, campaign: &Campaign, told: &mut Told) {
        let progress = campaign.progress();
        told.add(
            false,
            &format!(
                "{} of {}: {} kept, {} revoked, {} acknowledged",
                number(progress.decided()),
                count(progress.items, "item is decided", "items are decided"),
                number(progress.kept),
                number(progress.revoked),
                number(progress.acknowledged),
            ),
        );
        if progress.undecided > 0 {
            let later = match progress.later {
                0 => String::new(),
                later => format!(", {} of them left for later", number(later)),
            };
            let undecided = count(progress.undecided, "item is", "items are");
            told.add(
                true,
                &format!("{undecided} undecided{later}: they count as not reviewed, never as kept"),
            );
        }
        if self.effort.own_undecided > 0 {
            let own = count(self.effort.own_undecided, "item is", "items are");
            told.add(
                true,
                &format!("{own} your own access: another reviewer decides"),
            );
        }
        if campaign.opened().reviewer_account.is_none() {
            told.add(
                true,
                "nobody told which account is yours, so your own access was not set apart",
            );
        }
        if let Some(reason) = campaign.self_review() {
            told.add(
                true,
                &format!("deciding on your own access was allowed: {}", reason.safe()),
            );
        }
    }

    fn tell_standing(&self, campaign: &Campaign, told: &mut Told) {
        if self.standing.items == 0 {
            return;
        }
        let revokes = count(self.standing.items, "revoke leaves", "revokes leave");
        told.add(
            true,
            &format!("{revokes} the access standing by another way:"),
        );
        for item in &self.standing.sample {
            told.add(
                false,
                &format!("- {}", phrase::item_of(campaign.snapshot(), *item)),
            );
        }
        let more = self.standing.items - self.standing.sample.len() as u64;
        if more > 0 {
            told.add(false, &format!("- and {} more", number(more)));
        }
    }

    fn tell_effort(&self, told: &mut Told) {
        let effort = &self.effort;
        let Some((first, last)) = effort.first.zip(effort.last) else {
            return;
        };
        let pace = effort.median_ms.map_or(String::new(), |ms| {
            format!(
                ", {}.{} s between two changes in the median",
                ms / 1000,
                ms % 1000 / 100
            )
        });
        told.add(
            false,
            &format!(
                "decided from {} to {}: {}, {} decided in bulk{}{pace}",
                first.minute(),
                last.minute(),
                count(effort.changes, "change", "changes"),
                count(effort.in_bulk, "item", "items"),
                effort.as_before_words(),
            ),
        );
    }
}

fn tell_completeness(campaign: &Campaign, told: &mut Told) {
    let opened = campaign.opened();
    let warns = opened.completeness() != Completeness::Full;
    told.add(warns, &format!("completeness {}", campaign.complete()));
    for gap in &opened.provenance.gaps {
        told.add(false, &format!("- {}", gap.words()));
    }
}

/// How the snapshot was read, which is in the record too.
fn tell_origin(campaign: &Campaign, told: &mut Told) {
    for (label, line) in origin(campaign) {
        told.add(false, &format!("{label}: {line}"));
    }
}

impl Standing {
    /// Looks at every account that has a revoke, once.
    fn of(review: &Review) -> Self {
        let (campaign, access) = (&review.campaign, &review.access);
        let snapshot = campaign.snapshot();
        let mut standing = Self::default();
        let revoked = |item: Item| campaign.slot(item).decision == Some(Decision::Revoke);
        for (position, subject) in snapshot.subjects().iter().enumerate() {
            let Holder::Account(account) = subject.holder else {
                continue;
            };
            if campaign.decided_of(position) == 0 || !subject.items().any(revoked) {
                continue;
            }
            // If the account itself goes, nothing is reached any more.
            let gone = |item: Item| {
                revoked(item) && snapshot.grant(item).entitlement == Entitlement::SignIn
            };
            if subject.items().any(gone) {
                continue;
            }
            let mut reached: BTreeMap<Target, u64> = BTreeMap::new();
            let derived: Vec<Derived> = access.derived(snapshot, account);
            let through = derived
                .iter()
                .filter(|derived| !revoked(derived.item) && !revoked(derived.membership))
                .map(|derived| derived.item);
            for item in subject
                .items()
                .filter(|item| !revoked(*item))
                .chain(through)
            {
                if let Some(target) = target(campaign, item) {
                    *reached.entry(target).or_default() += 1;
                }
            }
            for item in subject.items().filter(|item| revoked(*item)) {
                if target(campaign, item).is_some_and(|target| reached.contains_key(&target)) {
                    standing.items += 1;
                    if standing.sample.len() < 8 {
                        standing.sample.push(item);
                    }
                }
            }
        }
        standing
    }
}

/// What a role is a role of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Organization,
    Project(ProjectIx),
}

fn target(campaign: &Campaign, item: Item) -> Option<Target> {
    match campaign.snapshot().grant(item).entitlement {
        Entitlement::ProjectRole(project, _) => Some(Target::Project(project)),
        Entitlement::OrganizationRole(_) => Some(Target::Organization),
        Entitlement::SignIn | Entitlement::Membership(_) => None,
    }
}
