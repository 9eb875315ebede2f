//! `muster snapshot` on an open review: what changed since, and the review over the new snapshot.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{Answer, Context, count, failure, now, seal, snapshot::eprint_line, thousands};
use crate::{
    domain::{
        account::Fact,
        campaign::Campaign,
        decision::Decision,
        drift::{self, Drift},
        grant::Entitlement,
        items::{Item, ItemSet},
        journal::Previous,
        provenance::Provenance,
        scope::Scope,
        snapshot::Snapshot,
        text::{Raw, SafeText},
    },
    format::policy::PolicyFile,
    store::{Draft, Review},
};

/// How many items of a kind are listed for people; scripts get all.
const LISTED: usize = 40;

/// The review of this name, when there is one; it must be open and free.
pub(super) fn open_review(context: &Context, name: &str) -> anyhow::Result<Option<Review>> {
    if !context.store.has(name) {
        return Ok(None);
    }
    let mut review = super::review::open(context, name)?;
    if let Some(sealed) = seal::resume(context, &mut review, None)? {
        seal::tell_resumed(&sealed);
    }
    match review.campaign().sealed() {
        None => Ok(Some(review)),
        Some(record) => Err(failure(
            format!("the review {name} is sealed as {record}, and nothing in it changes any more"),
            "give the new snapshot another name",
        )),
    }
}

/// What was said on the command line about an open review must be so already: its reviewer and its scope stay.
pub(super) fn stays(
    old: &Review,
    reviewer: Option<&str>,
    scope: Option<&str>,
) -> anyhow::Result<()> {
    let opened = old.campaign().opened();
    if reviewer.is_some_and(|reviewer| reviewer != opened.reviewer.raw()) {
        return Err(failure(
            format!(
                "{} is the reviewer of {}, and stays it",
                opened.reviewer.safe(),
                old.name()
            ),
            "leave --reviewer out, or give the new snapshot another name",
        ));
    }
    let before = opened.scope.as_ref();
    if scope.is_some_and(|scope| before.is_none_or(|before| before.raw() != scope)) {
        let scope = before.map_or_else(
            || "no scope".to_owned(),
            |before| format!("the scope {}", before.safe()),
        );
        return Err(failure(
            format!("the review {} has {scope}, and keeps it", old.name()),
            "leave --scope out, or give the new snapshot another name",
        ));
    }
    Ok(())
}

/// The items of the new snapshot that the scope of `old` puts up for decision.
fn put_up(old: &Review, new: &Fresh) -> anyhow::Result<ItemSet> {
    let snapshot = &new.snapshot;
    let Some(scope) = &old.campaign().opened().scope else {
        return Ok(items(snapshot).collect());
    };
    Scope::parse(scope.raw())
        .and_then(|scope| scope.select(snapshot, new.provenance.ended))
        .map_err(|error| {
            failure(
                format!(
                    "the scope of {} does not fit what was read now: {error}",
                    old.name()
                ),
                "the review is as it was; give the new snapshot another name and a scope of its own",
            )
        })
}

fn items(snapshot: &Snapshot) -> impl Iterator<Item = Item> + use<> {
    (0..snapshot.len() as u64).filter_map(|index| u32::try_from(index).ok().map(Item))
}

/// A new snapshot beside an open review.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) policy: PolicyFile,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) provenance: Provenance,
}

/// What a person said about the drift, or could say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// It was given on the command line.
    Given,
    /// Nobody can be asked: the drift is only shown.
    None,
    /// A person is asked.
    Ask,
}

impl Consent {
    /// From the command line and the terminal.
    pub(super) fn of(refresh: bool, json: bool) -> Self {
        match refresh {
            true => Self::Given,
            false if json || !io::stdin().is_terminal() || !io::stderr().is_terminal() => {
                Self::None
            }
            false => Self::Ask,
        }
    }
}

/// What changed since an open review was made, and what that means for its decisions.
pub(super) struct Refresh<'a> {
    old: &'a Review,
    new: &'a Fresh,
    drift: Drift,
    json: bool,
}

impl<'a> Refresh<'a> {
    /// Compares the two.
    pub(super) fn of(old: &'a Review, new: &'a Fresh, json: bool) -> anyhow::Result<Self> {
        let campaign = old.campaign();
        let (before, after) = (
            campaign.snapshot().organization(),
            new.snapshot.organization(),
        );
        if before.id != after.id {
            return Err(failure(
                format!(
                    "the review {} is of {} at {}, and this is {} at {}",
                    old.name(),
                    before.name.safe(),
                    SafeText::of(&before.url),
                    after.name.safe(),
                    SafeText::of(&after.url)
                ),
                "give the snapshot of another organization another name",
            ));
        }
        let drift = Drift::between(
            (campaign.snapshot(), campaign.as_of(), campaign.items()),
            (&new.snapshot, new.provenance.ended, &put_up(old, new)?),
        );
        Ok(Self {
            old,
            new,
            drift,
            json,
        })
    }

    /// The journal that is carried over.
    pub(super) fn previous(&self) -> Previous {
        Previous {
            head: self.old.head(),
            entries: self.campaign().next_seq() - 1,
            as_of: self.campaign().as_of(),
        }
    }

    fn campaign(&self) -> &'a Campaign {
        self.old.campaign()
    }

    /// Whether the review is to be refreshed; shows the drift to whoever is asked.
    pub(super) fn agreed(
        &self,
        consent: Consent,
        read_line: impl FnOnce() -> Option<String>,
    ) -> anyhow::Result<bool> {
        match consent {
            Consent::Given => return Ok(true),
            Consent::None => return Ok(false),
            Consent::Ask => {}
        }
        self.as_text().lines().for_each(eprint_line);
        let question = format!("Refresh the review {}? [y/N] ", self.old.name());
        let mut err = io::stderr().lock();
        write!(err, "{}", SafeText::of(&question)).and_then(|()| err.flush())?;
        drop(err);
        let said = read_line().unwrap_or_default();
        Ok(matches!(said.trim(), "y" | "Y" | "yes"))
    }

    /// Makes the review over the new snapshot.
    pub(super) fn make(
        &self,
        draft: Draft,
        stop: &dyn Fn() -> bool,
        first: impl FnOnce(Provenance) -> crate::domain::journal::Entry,
    ) -> anyhow::Result<Review> {
        let campaign = self.campaign();
        let by = super::writer(campaign);
        let snapshot = Arc::clone(&self.new.snapshot);
        let made = draft.replace(
            self.old,
            snapshot,
            self.new.provenance.clone(),
            stop,
            first,
            |new| drift::carry(campaign, &self.drift, new, now(), &by),
        );
        made.map_err(super::review::explain)
    }

    /// What to print at the end.
    pub(super) fn answer(&self, context: &Context, refreshed: bool, told: bool) -> Answer {
        let text = if self.json {
            super::json_line(&self.as_json(refreshed))
        } else {
            let shown = if told { String::new() } else { self.as_text() };
            let name = self.old.name();
            let end = if refreshed {
                format!(
                    "The review is refreshed. Next: {}\n",
                    context.again(&format!("review {name}"))
                )
            } else {
                "Nothing was changed. With --refresh the review goes on over the new snapshot.\n"
                    .to_owned()
            };
            shown + &end
        };
        Answer {
            text,
            code: u8::from(!refreshed),
        }
    }

    /// How many decisions and bookmarks stay, and how many are asked again.
    fn decisions(&self) -> (u64, u64) {
        let campaign = self.campaign();
        let stands = |item: Item| {
            let slot = campaign.slot(item);
            slot.decision.is_some() || slot.later
        };
        let changed = self.drift.changed.iter();
        let changed = changed
            .map(|changed| changed.before)
            .filter(|item| stands(*item));
        let mut reopened: Vec<Item> = changed.chain(self.unreasoned()).collect();
        reopened.sort_unstable();
        reopened.dedup();
        let reopened = reopened.len() as u64;
        let all = campaign
            .items()
            .iter()
            .filter(|item| stands(*item) && self.drift.place(*item).is_some());
        (all.count() as u64 - reopened, reopened)
    }

    /// Items that were kept without a reason where the new policy wants one.
    fn unreasoned(&self) -> Vec<Item> {
        let (campaign, policy) = (self.campaign(), self.new.policy.policy());
        if !policy.privileged_keep_needs_reason {
            return Vec::new();
        }
        let roles = self.new.snapshot.roles().iter();
        let privileged: Vec<bool> = roles
            .map(|role| policy.privileged(role) == Fact::Known(true))
            .collect();
        let role = |item: Item| match self.new.snapshot.grant(item).entitlement {
            Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => Some(role),
            Entitlement::SignIn | Entitlement::Membership(_) => None,
        };
        let wants = |before: &Item| {
            campaign.slot(*before).decision == Some(Decision::Keep)
                && campaign
                    .deciding_entry(*before)
                    .is_some_and(|(_, decided)| decided.reason.is_none())
                && self
                    .drift
                    .place(*before)
                    .and_then(role)
                    .is_some_and(|role| privileged[role.index()])
        };
        campaign.items().iter().filter(wants).collect()
    }

    fn as_text(&self) -> String {
        let (old, new) = (self.campaign().snapshot(), &self.new.snapshot);
        let (stay, reopened) = self.decisions();
        let scope = self.campaign().opened().scope.as_ref();
        let mut text = format!(
            "Since the snapshot of {} UTC{}:\n",
            self.campaign().as_of().minute(),
            scope.map_or(String::new(), |scope| format!(
                ", in the scope {}",
                scope.safe()
            ))
        );
        if self.drift.is_empty() {
            text.push_str("  nothing changed that a decision rests on\n");
        }
        list(&mut text, "new", '+', self.drift.new.len(), || {
            self.drift.new.iter().map(|item| label(new, item))
        });
        list(&mut text, "gone", '-', self.drift.gone.len(), || {
            self.drift.gone.iter().map(|item| label(old, item))
        });
        list(&mut text, "changed", '~', self.drift.changed.len(), || {
            self.drift.changed.iter().map(|changed| {
                let what: Vec<&str> = changed.what.iter().map(|what| what.word()).collect();
                let was = match self.campaign().slot(changed.before).decision {
                    Some(decision) => format!("; was {}", decision.past()),
                    None => String::new(),
                };
                format!("{} ({}{was})", label(new, changed.item), what.join(", "))
            })
        });
        let gaps = self.new.provenance.gaps.len() as u64;
        if gaps > 0 {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  PARTIAL: {} could not be read, so what is gone may only be hidden",
                count(gaps, "thing", "things")
            );
        }
        if self.new.policy != *self.old.policy() {
            text.push_str("  another policy\n");
        }
        let _ = writeln!(
            text,
            "  {} unchanged; {} carried over, {} to be decided again",
            count(self.drift.unchanged, "item", "items"),
            count(stay, "decision is", "decisions are"),
            thousands(reopened),
        );
        text
    }

    fn as_json(&self, refreshed: bool) -> Value {
        let campaign = self.campaign();
        let (old, new) = (campaign.snapshot(), &self.new.snapshot);
        let (stay, reopened) = self.decisions();
        let changed = self.drift.changed.iter().map(|changed| {
            let mut value = as_json(new, changed.item);
            value["what"] = changed.what.iter().map(|what| what.word()).collect();
            value["was"] = campaign
                .slot(changed.before)
                .decision
                .map(crate::domain::decision::Decision::word)
                .into();
            value
        });
        json!({
            "review": self.old.name(),
            "refreshed": refreshed,
            "scope": campaign.opened().scope.as_ref().map(Raw::raw),
            "as_of_before": campaign.as_of().to_string(),
            "as_of": self.new.provenance.ended.to_string(),
            "new": self.drift.new.iter().map(|item| as_json(new, item)).collect::<Vec<_>>(),
            "gone": self.drift.gone.iter().map(|item| as_json(old, item)).collect::<Vec<_>>(),
            "changed": changed.collect::<Vec<_>>(),
            "policy_changed": self.new.policy != *self.old.policy(),
            "unchanged": self.drift.unchanged,
            "decisions_carried": stay,
            "decisions_reopened": reopened,
            "gaps": self.new.provenance.gaps.len(),
        })
    }
}

fn list<I: Iterator<Item = String>>(
    text: &mut String,
    what: &str,
    sign: char,
    all: usize,
    items: impl FnOnce() -> I,
) {
    if all == 0 {
        return;
    }
    let _ = writeln!(text, "  {} {what}", count(all as u64, "item", "items"));
    for item in items().take(LISTED) {
        let _ = writeln!(text, "    {sign} {item}");
    }
    if all > LISTED {
        let more = thousands((all - LISTED) as u64);
        let _ = writeln!(text, "    and {more} more; --json lists all");
    }
}

/// `Ben Okafor: Payments / Team Lead`.
fn label(snapshot: &Snapshot, item: Item) -> String {
    let holder = snapshot.holder_label(snapshot.grant(item).holder);
    let (resource, role) = (snapshot.resource_label(item), snapshot.role_label(item));
    format!("{}: {} / {}", holder.safe(), resource.safe(), role.safe())
}

fn as_json(snapshot: &Snapshot, item: Item) -> Value {
    let grant = snapshot.grant(item);
    json!({
        "item": item.number(),
        "grant": grant.id.to_string(),
        "holder": snapshot.holder_label(grant.holder).raw(),
        "resource": snapshot.resource_label(item).raw(),
        "role": snapshot.role_label(item).raw(),
    })
}
