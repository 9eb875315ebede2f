//! What things are called on the screens: holders, items, paths, facts and changes, in words.

pub(crate) mod compared;

use crate::domain::{
    access::{Certainty, Remaining},
    account::{Account, Fact, Kind, State, TwoFactor},
    campaign::Campaign,
    decision::{Change, Decision},
    earlier::Delta,
    grant::{Entitlement, Holder, Membership, Standing},
    items::Item,
    journal::{Chosen, Decided, Entry, Event},
    resource::RoleKind,
    signal::Rule,
    snapshot::{Snapshot, TeamIx},
    text::{Raw, SafeText},
    time::Timestamp,
    view::Grouping,
};

use super::screen::order::Group;
use super::widget::text::{self, count, number};

/// Text from outside as it may be shown.
fn safe(raw: &Raw) -> String {
    raw.safe().as_str().to_owned()
}

/// What a holder is called.
pub(crate) fn holder(snapshot: &Snapshot, holder: Holder) -> String {
    match holder {
        Holder::Everyone(_) | Holder::Account(_) => safe(&snapshot.holder_label(holder)),
        Holder::Team(team) => format!("team {}", team_name(snapshot, team)),
    }
}

/// What a group of items is called: what kind of thing it is, where that is not told by the name, and the name.
pub(crate) fn group(snapshot: &Snapshot, group: Group) -> (&'static str, String) {
    let word = |word: &str| ("role", word.to_owned());
    match group {
        Group::Holder(of) => ("", holder(snapshot, of)),
        Group::Team(team) => ("team", team_name(snapshot, team)),
        Group::Project(project) => ("project", safe(&snapshot.project(project).name)),
        Group::Role(role) => ("role", safe(&snapshot.role(role).name)),
        Group::Leads => word("Team Lead"),
        Group::Members => word("Team Member"),
        Group::SignIn => word("Can sign in"),
        Group::Rest(Grouping::Team) => ("", "no team".to_owned()),
        Group::Rest(_) => ("", "no project".to_owned()),
        Group::All => ("", "all items".to_owned()),
    }
}

/// A group in a sentence: `role Project Admin`, `Dmitri Okafor`.
pub(crate) fn of_group(snapshot: &Snapshot, of: Group) -> String {
    match group(snapshot, of) {
        ("", name) => name,
        (kind, name) => format!("{kind} {name}"),
    }
}

/// The part of a filter that chooses the items of a group; `None` where everything is in it.
pub(crate) fn filter_of(snapshot: &Snapshot, group: Group) -> Option<String> {
    let whole =
        |field: &str, name: &str| Some(format!("{field}:=\"{}\"", name.replace('"', "\"\"")));
    match group {
        Group::Holder(Holder::Account(account)) => {
            whole("account", &snapshot.account(account).id.0)
        }
        Group::Holder(Holder::Team(team)) => {
            let name = whole("team", snapshot.team(team).name.raw());
            name.map(|name| format!("{name} is:team"))
        }
        Group::Holder(Holder::Everyone(_)) => Some("is:implicit".to_owned()),
        Group::Team(team) => whole("team", snapshot.team(team).name.raw()),
        Group::Project(project) => whole("project", snapshot.project(project).key.raw()),
        Group::Role(role) => whole("role", snapshot.role(role).name.raw()),
        Group::Leads => whole("role", "Team Lead"),
        Group::Members => whole("role", "Team Member"),
        Group::SignIn => Some("kind:account".to_owned()),
        Group::Rest(Grouping::Team) => Some("-kind:team -is:team".to_owned()),
        Group::Rest(_) => Some("-kind:project".to_owned()),
        Group::All => None,
    }
}

/// A team's name, or its id where the name is not known.
pub(crate) fn team_name(snapshot: &Snapshot, team: TeamIx) -> String {
    let team = snapshot.team(team);
    if team.name.raw().is_empty() {
        SafeText::of(&team.id).to_string()
    } else {
        safe(&team.name)
    }
}

/// Whether a name holds characters that cannot be seen or that act on a terminal.
pub(crate) fn hides_characters(raw: &Raw) -> bool {
    raw.safe().as_str() != raw.raw()
}

/// In a word, what kind of grant an item is.
pub(crate) fn kind(snapshot: &Snapshot, item: Item) -> &'static str {
    match snapshot.grant(item).entitlement {
        Entitlement::SignIn => "account",
        Entitlement::OrganizationRole(_) => "org",
        Entitlement::Membership(_) => "team",
        Entitlement::ProjectRole(..) => "project",
    }
}

/// What an item gives access to.
pub(crate) fn target(snapshot: &Snapshot, item: Item) -> String {
    match snapshot.grant(item).entitlement {
        Entitlement::Membership(ix) => team_name(snapshot, snapshot.membership(ix).team),
        _ => safe(snapshot.resource_label(item)),
    }
}

/// Which role an item gives.
pub(crate) fn role(snapshot: &Snapshot, item: Item) -> String {
    safe(&snapshot.role_label(item))
}

/// An item without its holder: `atlas-billing / Project Admin`.
pub(crate) fn item(snapshot: &Snapshot, item: Item) -> String {
    format!("{} / {}", target(snapshot, item), role(snapshot, item))
}

/// An item with its holder: `atlas-billing / Project Admin of Dmitri Okafor`.
pub(crate) fn item_of(snapshot: &Snapshot, at: Item) -> String {
    format!(
        "{} of {}",
        item(snapshot, at),
        holder(snapshot, snapshot.grant(at).holder)
    )
}

/// A way through teams: `Payments ‹ Engineering`.
pub(crate) fn path(snapshot: &Snapshot, path: &[TeamIx], upward: &str) -> String {
    let names: Vec<String> = path.iter().map(|team| team_name(snapshot, *team)).collect();
    names.join(&format!(" {upward} "))
}

/// What stays reachable: `Payments as Project Member via team Engineering`.
pub(crate) fn remaining(snapshot: &Snapshot, remaining: &Remaining, upward: &str) -> String {
    let what = format!(
        "{} as {}",
        target(snapshot, remaining.item),
        role(snapshot, remaining.item)
    );
    let way = if remaining.path.is_empty() {
        "directly".to_owned()
    } else {
        format!("via team {}", path(snapshot, &remaining.path, upward))
    };
    format!("{what} {way}{}", certainty(remaining.certainty))
}

/// What follows a path that does not surely lead there now.
pub(crate) fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Now => "",
        Certainty::NotYet => " (not yet)",
        Certainty::Unknown => " (may not count)",
    }
}

/// What kind of user an account is.
pub(crate) fn account_kind(account: &Account) -> &'static str {
    match account.kind {
        Kind::Member => "member",
        Kind::Collaborator => "external collaborator",
        Kind::Guest => "guest",
        Kind::Unknown => "kind unknown",
    }
}

/// Whether an account can act.
pub(crate) fn account_state(account: &Account, now: Timestamp) -> &'static str {
    match account.state(now) {
        State::Active => "active",
        State::Suspended => "suspended",
        State::Left => "left (deactivated)",
        State::Future => "not yet joined",
        State::Unknown => "state unknown",
    }
}

/// In few words, what is out of the ordinary about a holder; empty for an active member.
pub(crate) fn remarks(snapshot: &Snapshot, holder: Holder, now: Timestamp) -> Vec<&'static str> {
    match holder {
        Holder::Everyone(_) => vec!["implicit"],
        Holder::Account(ix) => {
            let account = snapshot.account(ix);
            let kind = match account.kind {
                Kind::Member => None,
                Kind::Collaborator => Some("external"),
                Kind::Guest => Some("guest"),
                Kind::Unknown => Some("kind unknown"),
            };
            let state = match account.state(now) {
                State::Active => None,
                // The queue has little room.
                State::Left => Some("left"),
                _ => Some(account_state(account, now)),
            };
            if account.listed {
                kind.into_iter().chain(state).collect()
            } else {
                vec!["not listed"]
            }
        }
        Holder::Team(ix) => {
            let team = snapshot.team(ix);
            let mut remarks = vec!["team"];
            remarks.extend((team.archived == Fact::Known(true)).then_some("archived"));
            remarks.extend((team.disbanded == Fact::Known(true)).then_some("disbanded"));
            remarks.extend((!team.listed).then_some("not listed"));
            remarks
        }
    }
}

/// Two-factor authentication of an account, in words.
pub(crate) fn two_factor(account: &Account) -> &'static str {
    match account.two_factor {
        Fact::Known(TwoFactor::Active) => "2FA active",
        Fact::Known(TwoFactor::Inactive) => "2FA off",
        Fact::Known(TwoFactor::NotSetUp) => "no 2FA",
        Fact::Absent => "no 2FA told",
        Fact::Unknown => "2FA unknown",
    }
}

/// When an account last signed in.
pub(crate) fn last_sign_in(account: &Account) -> String {
    match account.last_sign_in {
        Fact::Known(at) => format!("last sign-in {}", at.day()),
        Fact::Absent => "never signed in".to_owned(),
        Fact::Unknown => "last sign-in unknown".to_owned(),
    }
}

/// Whether a membership counts, when it does not simply.
pub(crate) fn standing(membership: &Membership, now: Timestamp) -> Option<String> {
    let day = |fact: &Fact<Timestamp>| fact.known().map(|at| at.day().to_string());
    match membership.standing(now) {
        Standing::Live => day(&membership.till).map(|day| format!("until {day}")),
        Standing::Pending => Some("waits for approval".to_owned()),
        Standing::Future => Some(
            day(&membership.since).map_or("starts later".to_owned(), |day| format!("starts {day}")),
        ),
        Standing::Ended => {
            Some(day(&membership.till).map_or("ended".to_owned(), |day| format!("ended {day}")))
        }
        Standing::Unknown => Some("standing unknown".to_owned()),
    }
}

/// In few words, what is worth knowing about an item, the weightiest first.
pub(crate) fn facts(campaign: &Campaign, at: Item) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let mut facts: Vec<String> = Vec::new();
    if campaign.is_own(at) {
        facts.push("your own access".to_owned());
    }
    facts.extend(since(campaign, at).map(str::to_owned));
    match snapshot.grant(at).entitlement {
        Entitlement::SignIn => {}
        Entitlement::OrganizationRole(role) => {
            let role = snapshot.role(role);
            let privileged = campaign.policy().privileged(role);
            facts.extend(privilege(role.kind, privileged).map(str::to_owned));
            if hides_characters(&role.name) {
                facts.push("hidden characters".to_owned());
            }
        }
        Entitlement::Membership(ix) => {
            let membership = snapshot.membership(ix);
            let team = snapshot.team(membership.team);
            facts.extend(standing(membership, campaign.as_of()));
            facts
                .extend((team.disbanded == Fact::Known(true)).then(|| "disbanded team".to_owned()));
            facts.extend((team.archived == Fact::Known(true)).then(|| "archived team".to_owned()));
            facts.extend((!team.listed).then(|| "team not listed".to_owned()));
            if hides_characters(&team.name) {
                facts.push("hidden characters".to_owned());
            }
        }
        Entitlement::ProjectRole(project, role) => {
            let (project, role) = (snapshot.project(project), snapshot.role(role));
            let privileged = campaign.policy().privileged(role);
            facts.extend(privilege(role.kind, privileged).map(str::to_owned));
            facts.extend(
                (project.archived == Fact::Known(true)).then(|| "archived project".to_owned()),
            );
            facts.extend((project.private == Fact::Known(true)).then(|| "private".to_owned()));
            if hides_characters(&project.name) || hides_characters(&role.name) {
                facts.push("hidden characters".to_owned());
            }
        }
    }
    facts
}

/// One sign for what an item is beside the previous record; the word stands in the facts and under `w`.
pub(crate) fn delta(delta: Delta) -> &'static str {
    match delta {
        Delta::New => "N",
        Delta::Changed => "C",
        Delta::Unchanged => "=",
        Delta::Back => "B",
    }
}

/// In few words, what is worth knowing about an item beside the previous record.
fn since(campaign: &Campaign, at: Item) -> Option<&'static str> {
    let earlier = campaign.earlier()?;
    let was = earlier.lot(at).and_then(|lot| lot.was.decision);
    match earlier.delta(at) {
        Delta::New => Some("new"),
        Delta::Changed => Some("changed"),
        Delta::Unchanged => None,
        Delta::Back if was == Some(Decision::Revoke) => Some("revoked before, still here"),
        Delta::Back => Some("was gone"),
    }
}

fn privilege(kind: RoleKind, privileged: Fact<bool>) -> Option<&'static str> {
    match (kind, privileged) {
        (RoleKind::OrganizationImplicit, _) => Some("implicit: acknowledge"),
        (_, Fact::Known(true)) => Some("privileged"),
        (_, Fact::Known(false)) => None,
        (_, Fact::Absent | Fact::Unknown) => Some("rights not read"),
    }
}

/// The signals of an item, each with what its rule looked at, and which ones nobody can tell. What is new or changed
/// cannot be told of any item without a previous record, so that is passed over.
pub(crate) fn signals(campaign: &Campaign, item: Item) -> Vec<String> {
    let signals = campaign.signals();
    let told = |rule: Rule| {
        let inputs = signals.told(campaign, rule, item);
        let colon = if inputs.is_empty() { "" } else { ": " };
        format!("{colon}{inputs}")
    };
    // What was not read is told rule by rule.
    let yes = signals.of_item(item).filter(|rule| *rule != Rule::Unread);
    let yes = yes.map(|rule| format!("{}{}", rule.words(), told(rule)));
    let unknown = signals
        .unread_of(item)
        .map(|rule| format!("unknown whether {}{}", rule.words(), told(rule)));
    yes.chain(unknown).collect()
}

/// As many of `words` as fit into `room` cells, and how many more there are: `privileged, external +2`. One is always
/// told, as far as it fits.
pub(crate) fn fitting(words: &[String], room: usize) -> String {
    let more = |told: usize| match words.len() - told {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let told = (1..=words.len()).rev().find(|told| {
        let text = words[..*told].join(", ");
        text::width(&text) + more(*told).len() <= room
    });
    let told = told.unwrap_or(1).min(words.len());
    format!("{}{}", words[..told].join(", "), more(told))
}

/// What a change does, as something done: `kept`, `bookmarked`.
pub(crate) fn done(change: Change) -> &'static str {
    match change {
        Change::Decide(decision) => decision.past(),
        Change::Later => "bookmarked for later",
        Change::Clear => "cleared",
    }
}

/// What a change does, as a thing to do: `keep`, `bookmark`.
pub(crate) fn to_do(change: Change) -> &'static str {
    match change {
        Change::Decide(decision) => decision.word(),
        Change::Later => "bookmark",
        Change::Clear => "clear",
    }
}

/// A change of items as a sentence without a full stop: `revoked atlas-billing / Admin of Dmitri Okafor: unused`.
pub(crate) fn decided(snapshot: &Snapshot, change: &Decided) -> String {
    let reason = change
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!(": {}", safe(reason)));
    let items = count(change.items.len() as u64, "item", "items");
    let (were, matches) = match change.items.len() {
        1 => ("was", "matches"),
        _ => ("were", "match"),
    };
    let what = match (&change.chosen, change.items.first()) {
        (Chosen::Single, Some(first)) if change.items.len() == 1 => item_of(snapshot, first),
        (Chosen::Single | Chosen::Marked, _) => format!("{items} that {were} marked"),
        (Chosen::RestOfSubject, Some(first)) => {
            format!(
                "{items} of {}",
                holder(snapshot, snapshot.grant(first).holder)
            )
        }
        (Chosen::RestOfSubject | Chosen::Carried { .. }, None) => items,
        (Chosen::Filter(text), _) => format!("{items} that {matches} {}", safe(text)),
        (
            Chosen::Adjusted {
                filter,
                added,
                removed,
            },
            _,
        ) => format!(
            "{items} that {matches} {} ({})",
            safe(filter),
            adjusted(*added, *removed)
        ),
        (Chosen::Table, _) => format!("{items} in a table"),
        (Chosen::Carried { at, .. }, Some(first)) => {
            let what = if change.items.len() == 1 {
                item_of(snapshot, first)
            } else {
                items
            };
            format!("{what}, carried over from {} UTC", at.minute())
        }
        (Chosen::AsBefore { .. }, _) => {
            format!("{items} as before: unchanged since the previous record kept them")
        }
        (Chosen::Drift, _) => {
            return format!("reopened by drift: {items} changed between the snapshots");
        }
    };
    let out = match change.left_out.len() as u64 {
        0 => String::new(),
        n => format!("; {} left out by policy", number(n)),
    };
    format!("{} {what}{reason}{out}", done(change.change))
}

/// How items were chosen, in words.
pub(crate) fn chosen(chosen: &Chosen) -> String {
    match chosen {
        Chosen::Filter(text) => format!("all that match {}", safe(text)),
        Chosen::Adjusted {
            filter,
            added,
            removed,
        } => format!(
            "what matches {}, {}",
            safe(filter),
            adjusted(*added, *removed)
        ),
        Chosen::AsBefore { .. } => {
            "what is unchanged since the previous record kept it; it is not looked at one by one"
                .to_owned()
        }
        Chosen::Table => "line by line in a table".to_owned(),
        Chosen::RestOfSubject => "what is undecided of one account or team".to_owned(),
        Chosen::Marked | Chosen::Single | Chosen::Carried { .. } | Chosen::Drift => {
            "what is marked".to_owned()
        }
    }
}

/// What was changed by hand in a filter's answer: `2 unmarked by hand`.
pub(crate) fn adjusted(added: u32, removed: u32) -> String {
    let parts = [(added, "more marked"), (removed, "unmarked")];
    let there = parts.into_iter().filter(|(n, _)| *n > 0);
    let there: Vec<String> = there
        .map(|(n, what)| format!("{} {what}", number(u64::from(n))))
        .collect();
    format!("{} by hand", there.join(", "))
}

/// An entry as a sentence without a full stop.
pub(crate) fn entry(campaign: &Campaign, entry: &Entry) -> String {
    match &entry.event {
        Event::Opened(opened) => {
            let items = count(campaign.progress().items, "item", "items");
            let over = match &opened.scope {
                None => items,
                Some(_) => format!("{items} of {}", number(opened.items)),
            };
            let compared = match &opened.previous_record {
                None => String::new(),
                Some(record) => format!(", compared with {}", SafeText::of(&record.review)),
            };
            match &opened.previous {
                None => format!("opened over {over}{compared}"),
                Some(previous) => format!(
                    "refreshed over {over}{compared}; decisions are carried over from the snapshot of {} UTC",
                    previous.as_of.minute()
                ),
            }
        }
        Event::Decided(change) => decided(campaign.snapshot(), change),
        Event::Undone { entry } => format!("took back {entry}: {}", earlier(campaign, *entry)),
        Event::Redone { entry } => format!("made {entry} again: {}", earlier(campaign, *entry)),
        Event::Noted { item, text } if text.raw().is_empty() => {
            format!(
                "removed the note on {}",
                item_of(campaign.snapshot(), *item)
            )
        }
        Event::Noted { item, text } => format!(
            "noted on {}: {}",
            item_of(campaign.snapshot(), *item),
            safe(text)
        ),
        Event::SelfReviewAllowed { reason } => {
            format!("allowed deciding on own access: {}", safe(reason))
        }
        Event::Waived(waived) => format!(
            "waived the flag {}: {}",
            waived.flag.name(),
            safe(&waived.reason)
        ),
        Event::Attested(attested) => format!("attested as {}", safe(&attested.principal)),
        Event::Sealed { record, .. } => format!("sealed as {}", SafeText::of(record)),
    }
}

fn earlier(campaign: &Campaign, seq: u32) -> String {
    match campaign.entry(seq).map(|entry| &entry.event) {
        Some(Event::Decided(change)) => decided(campaign.snapshot(), change),
        Some(Event::Noted { item, .. }) => {
            format!("the note on {}", item_of(campaign.snapshot(), *item))
        }
        Some(Event::Waived(waived)) => format!("the waiver of the flag {}", waived.flag.name()),
        _ => number(u64::from(seq)),
    }
}
