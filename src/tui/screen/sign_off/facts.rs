//! [`Facts`]: what is told before the signature.

use crate::{
    domain::{
        campaign::Campaign,
        check::{self, Flag},
        earlier,
        origin::origin,
        provenance::Completeness,
        remains::Remains,
        seal::{Effort, statement},
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
    /// The red flags.
    pub(super) flags: Vec<Flag>,
    /// What all revokes together leave standing, and whom they touch.
    remains: Option<Box<Remains>>,
    compared: Vec<(&'static str, String)>,
}

/// How many revokes that leave something standing are named.
const NAMED: usize = 8;

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
            flags: check::check(&review.campaign, review.now),
            remains: Remains::of_all(&review.campaign),
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
        let statement = statement(campaign, principal, &self.flags);
        told.add(false, SafeText::of(&statement).as_str());
        told.add(false, "");
        tell_counts(campaign, &mut told);
        self.tell_flags(&mut told);
        tell_completeness(campaign, &mut told);
        self.tell_remains(campaign, &mut told);
        self.tell_effort(&mut told);
        for (label, line) in &self.compared {
            told.add(false, &format!("{label} {line}"));
        }
        tell_origin(campaign, &mut told);
        told.lines
    }

    fn tell_flags(&self, told: &mut Told) {
        for flag in &self.flags {
            told.add(flag.is_open(), &flag.line());
            let answers = format!("  answers {}", flag.rule.clauses().join(", "));
            if flag.is_open() {
                told.add(
                    false,
                    &format!("{answers}. To settle it: {}", flag.rule.to_do()),
                );
            } else {
                told.add(false, &answers);
            }
        }
    }

    fn tell_remains(&self, campaign: &Campaign, told: &mut Told) {
        let Some(remains) = &self.remains else {
            return;
        };
        let snapshot = campaign.snapshot();
        if let Some(what) = remains.others.words() {
            let others = count(remains.others.count(), "account reaches", "accounts reach");
            told.add(
                false,
                &format!("{others} something through a team that a revoke takes it from: {what}"),
            );
        }
        if !remains.along.is_empty() {
            let along = count(
                remains.along.len() as u64,
                "role of a team",
                "roles of teams",
            );
            told.add(false, &format!("leaving teams takes along {along}"));
        }
        for (items, leave, leaves) in [
            (&remains.standing, "revoke leaves", "revokes leave"),
            (&remains.unsure, "revoke may leave", "revokes may leave"),
        ] {
            if items.is_empty() {
                continue;
            }
            let revokes = count(items.len() as u64, leave, leaves);
            told.add(
                true,
                &format!("{revokes} the access standing by another way:"),
            );
            for item in items.iter().take(NAMED) {
                told.add(false, &format!("- {}", phrase::item_of(snapshot, item)));
            }
            let more = items.len().saturating_sub(NAMED) as u64;
            if more > 0 {
                told.add(false, &format!("- and {} more", number(more)));
            }
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

fn tell_counts(campaign: &Campaign, told: &mut Told) {
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
    if let Some(reason) = campaign.self_review() {
        told.add(
            true,
            &format!("deciding on your own access was allowed: {}", reason.safe()),
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
