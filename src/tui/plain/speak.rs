//! The sentences of a review by lines. What is not known is said to be unknown, never left out as if it were
//! not so.

use std::collections::BTreeSet;

use crate::domain::{
    access::{Access, Certainty},
    account::{Account, Fact, Kind, State, TwoFactor},
    campaign::{Campaign, Refusal},
    check::{Flag, Severity},
    decision::{Change, Decision},
    earlier,
    grant::{Entitlement, Holder, Membership, Standing},
    items::{Item, ItemSet},
    journal::{Chosen, Event},
    provenance::Completeness,
    remains::{self, Remains},
    snapshot::{Snapshot, TeamIx},
    text::{Raw, SafeText},
    time::Timestamp,
};

/// How many of a longer list are spoken.
const SPOKEN: usize = 10;

pub(super) const HELP: [&str; 15] = [
    "keep, or keep and a reason: the grant stays.",
    "revoke: the grant goes. What stays reachable is said first, then a reason is asked.",
    "acknowledge: an implicit grant was seen.",
    "keep rest, revoke rest, acknowledge rest: all that is undecided of this account, after you type how many.",
    "later: leave it undecided with a bookmark. clear: take decision and bookmark away.",
    "why: how it is reached, what a revoke means, what was decided and noted.",
    "note, or note and a text: write a note.",
    "next: the next undecided item. back: the item before. item and a number: that item. again: hear it again.",
    "account next, account previous: another account.",
    "filter and words, such as filter is:undecided project:pay: only those items. filter alone: all. help filter: more.",
    "undo, redo: take the last change back, make it again. There is no limit.",
    "status: how far the review is.",
    "check: the red flags an auditor looks for. waive and the name of one: let it stand, with a reason.",
    "sign off: close the review and sign it.",
    "quit: leave. Everything you decided is on disk.",
];

pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub(super) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn items(number: usize) -> String {
    count(number as u64, "item", "items")
}

/// A name as it may be spoken, or the id where no name is known.
fn name(name: &Raw, id: &str) -> SafeText {
    if name.raw().is_empty() {
        SafeText::of(id)
    } else {
        name.safe()
    }
}

fn team(snapshot: &Snapshot, ix: TeamIx) -> SafeText {
    let team = snapshot.team(ix);
    name(&team.name, &team.id)
}

pub(super) fn holder(snapshot: &Snapshot, holder: Holder) -> String {
    match holder {
        Holder::Team(ix) => format!("team {}", team(snapshot, ix)),
        Holder::Account(_) => snapshot.holder_label(holder).safe().to_string(),
        Holder::Everyone(_) => snapshot
            .holder_label(holder)
            .safe()
            .to_string()
            .to_lowercase(),
    }
}

pub(super) fn opening(campaign: &Campaign) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let mut sentences = vec![
        format!(
            "Review {} of {}, as of {} UTC.",
            SafeText::of(&campaign.opened().review),
            snapshot.organization().name.safe(),
            campaign.as_of().minute()
        ),
        progress(campaign),
    ];
    sentences.extend(refreshed(campaign));
    let opened = campaign.opened();
    let provenance = &opened.provenance;
    if let Some(scope) = &opened.scope {
        sentences.push(format!(
            "It is scoped: only {} is put up for decision, {} outside.",
            scope.safe(),
            count(campaign.out_of_scope(), "item is", "items are")
        ));
    }
    sentences.extend(
        earlier::compared(campaign)
            .into_iter()
            .map(|(label, line)| format!("{} {line}.", capital(label))),
    );
    if opened.completeness() == Completeness::Partial {
        sentences.push("The snapshot is partial. What could not be read:".to_owned());
        sentences.extend(
            provenance
                .gaps
                .iter()
                .map(|gap| format!("{}: {}.", gap.missing.safe(), gap.reason.safe())),
        );
    }
    if let Some(record) = campaign.sealed() {
        sentences.push(format!(
            "It is sealed as {}. Nothing in it changes any more.",
            SafeText::of(record)
        ));
    }
    sentences.push("Say help to hear what you can say.".to_owned());
    sentences
}

/// That the review goes on over a new snapshot, when it does.
fn refreshed(campaign: &Campaign) -> Option<String> {
    let previous = campaign.opened().previous?;
    let reopened = campaign
        .entries()
        .iter()
        .filter(|entry| campaign.stands(entry.seq))
        .filter_map(|entry| entry.decided())
        .find(|(_, decided)| decided.chosen == Chosen::Drift);
    let reopened = reopened.map_or(String::new(), |(_, decided)| {
        format!(
            " {} reopened by drift; undo brings the decisions on them back.",
            items(decided.items.len())
        )
    });
    Some(format!(
        "It was refreshed: decisions are carried over from the snapshot of {} UTC.{reopened}",
        previous.as_of.minute()
    ))
}

pub(super) fn progress(campaign: &Campaign) -> String {
    let progress = campaign.progress();
    let later = match progress.later {
        0 => String::new(),
        later => format!(", {later} of them for later"),
    };
    format!(
        "{} decided of {}: {} kept, {} revoked, {} acknowledged. {} undecided{later}.",
        progress.decided(),
        count(progress.items, "item", "items"),
        progress.kept,
        progress.revoked,
        progress.acknowledged,
        progress.undecided,
    )
}

/// A red flag: what it is, and what settles it or why it may stand.
pub(super) fn flag(flag: &Flag) -> Vec<String> {
    let means = match flag.severity {
        Severity::Stops => "stops signing",
        Severity::Look => "is to be looked at",
    };
    let mut sentences = vec![format!(
        "The flag {} {means}. {}.",
        flag.rule.name(),
        capital(&flag.facts)
    )];
    sentences.push(match &flag.waiver {
        Some(waiver) if waiver.covers => format!("It is waived: {}.", waiver.reason.safe()),
        Some(waiver) => format!(
            "It was waived and has grown since, so it is open again. The reason was: {}.",
            waiver.reason.safe()
        ),
        None => format!("To settle it: {}.", flag.rule.to_do()),
    });
    sentences
}

/// Who holds the items that follow.
pub(super) fn subject(campaign: &Campaign, position: usize) -> String {
    let snapshot = campaign.snapshot();
    let subject = snapshot.subjects()[position];
    let shown = |end: usize| {
        (0..end)
            .filter(|position| campaign.items_of(*position) > 0)
            .count()
    };
    let place = format!(
        "{} of {}",
        shown(position + 1),
        shown(snapshot.subjects().len())
    );
    let who = match subject.holder {
        Holder::Everyone(_) => format!(
            "Group {place}. {}.",
            snapshot.holder_label(subject.holder).safe()
        ),
        Holder::Account(ix) => {
            format!(
                "Account {place}. {}",
                account(snapshot.account(ix), campaign.as_of())
            )
        }
        Holder::Team(ix) => {
            let fields = snapshot.team(ix);
            let above = fields
                .parent
                .map(|parent| format!(", below {}", team(snapshot, parent)));
            let archived = told(
                fields.archived,
                "archived",
                "whether it is archived is unknown",
            );
            let disbanded = told(
                fields.disbanded,
                "disbanded",
                "whether it is disbanded is unknown",
            );
            let unlisted = (!fields.listed).then(|| ", not in the list of teams".to_owned());
            let remarks: String = [above, archived, disbanded, unlisted]
                .into_iter()
                .flatten()
                .collect();
            format!("Team {place}. {}{remarks}.", team(snapshot, ix))
        }
    };
    let all = campaign.items_of(position) as usize;
    let undecided = all - campaign.decided_of(position) as usize;
    format!("{who} {}, {undecided} undecided.", capital(&items(all)))
}

/// `, word` when the fact holds, `, unknown` when nobody can tell.
fn told(fact: Fact<bool>, word: &str, unknown: &str) -> Option<String> {
    match fact {
        Fact::Known(true) => Some(format!(", {word}")),
        Fact::Known(false) | Fact::Absent => None,
        Fact::Unknown => Some(format!(", {unknown}")),
    }
}

fn account(account: &Account, now: Timestamp) -> String {
    let mut parts = vec![account.label().safe().to_string()];
    if !account.listed {
        parts.push("not in the list of accounts, so nothing else is known about it".to_owned());
        return format!("{}.", parts.join(", "));
    }
    parts.push(format!("login name {}", account.username.safe()));
    if let Fact::Known(email) = &account.email {
        parts.push(email.safe().to_string());
    }
    let kind = match account.kind {
        Kind::Member => "member",
        Kind::Collaborator => "external collaborator",
        Kind::Guest => "guest",
        Kind::Unknown => "kind of user unknown",
    };
    parts.push(kind.to_owned());
    let state = match account.state(now) {
        State::Active => "active",
        State::Suspended => "suspended",
        State::Left => "deactivated",
        State::Future => "not yet joined",
        State::Unknown => "whether it is active is unknown",
    };
    parts.push(state.to_owned());
    let two_factor = match account.two_factor {
        Fact::Known(TwoFactor::Active) => "two-factor sign-in active",
        Fact::Known(TwoFactor::Inactive) => "two-factor sign-in switched off",
        Fact::Known(TwoFactor::NotSetUp) | Fact::Absent => "no two-factor sign-in",
        Fact::Unknown => "two-factor sign-in unknown",
    };
    parts.push(two_factor.to_owned());
    parts.push(match account.last_sign_in {
        Fact::Known(at) => format!("last sign-in {}", at.day()),
        Fact::Absent => "never signed in".to_owned(),
        Fact::Unknown => "last sign-in unknown".to_owned(),
    });
    format!("{}.", parts.join(", "))
}

/// What an item is, and what was decided about it.
pub(super) fn item(campaign: &Campaign, item: Item) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let subject = snapshot.subjects()[snapshot.subject_of(item)];
    let put_up = |end: Item| campaign.items().within(subject.first, end);
    let place = put_up(Item(item.0 + 1));
    let mut sentences = vec![
        format!(
            "Item {}, {place} of {}.",
            item.number(),
            put_up(subject.end)
        ),
        what(campaign, item),
    ];
    if let Entitlement::Membership(ix) = snapshot.grant(item).entitlement {
        sentences.extend(membership(snapshot.membership(ix), campaign.as_of()));
    }
    if snapshot.implicit(item) {
        sentences.push("It is implicit: nobody can remove it, so it is acknowledged.".to_owned());
    }
    if campaign.is_own(item) {
        sentences.push(match campaign.self_review() {
            Some(_) => "It is your own access, on which an exception lets you decide.".to_owned(),
            None => "It is your own access: another reviewer decides on it.".to_owned(),
        });
    }
    if hides(snapshot, item) {
        sentences.push("A name here has hidden characters, shown as their codes.".to_owned());
    }
    sentences.extend(earlier::since(campaign, item).map(|since| format!("{}.", capital(&since))));
    sentences.extend(decided(campaign, item));
    if let Some(note) = campaign.note(item) {
        sentences.push(format!("Note: {}.", note.safe()));
    }
    sentences
}

/// Resource, role and what is out of the ordinary about them.
fn what(campaign: &Campaign, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let role = snapshot.role_label(item).safe();
    let privileged = |role| match campaign.policy().privileged(snapshot.role(role)) {
        Fact::Known(true) => ", privileged",
        Fact::Known(false) | Fact::Absent => "",
        Fact::Unknown => ", whose rights were not read",
    };
    match snapshot.grant(item).entitlement {
        Entitlement::SignIn => {
            format!(
                "The account itself: it can sign in to {}.",
                snapshot.resource_label(item).safe()
            )
        }
        Entitlement::OrganizationRole(ix) => {
            format!(
                "Organization {}, role {role}{}.",
                snapshot.resource_label(item).safe(),
                privileged(ix)
            )
        }
        Entitlement::Membership(ix) => {
            format!(
                "Team {}, as {role}.",
                team(snapshot, snapshot.membership(ix).team)
            )
        }
        Entitlement::ProjectRole(project, ix) => {
            let project = snapshot.project(project);
            let private = told(
                project.private,
                "a private project",
                "whether the project is private is unknown",
            );
            let archived = told(
                project.archived,
                "an archived project",
                "whether the project is archived is unknown",
            );
            format!(
                "Project {}, role {role}{}{}{}.",
                name(&project.name, &project.id),
                privileged(ix),
                private.unwrap_or_default(),
                archived.unwrap_or_default()
            )
        }
    }
}

fn membership(membership: &Membership, now: Timestamp) -> Option<String> {
    let day = |fact: Fact<Timestamp>| {
        fact.known()
            .map(|at| format!(" on {}", at.day()))
            .unwrap_or_default()
    };
    match membership.standing(now) {
        Standing::Live => membership
            .till
            .known()
            .map(|at| format!("It ends on {}.", at.day())),
        Standing::Pending => Some("It waits for an approval.".to_owned()),
        Standing::Future => Some(format!("It starts{}.", day(membership.since))),
        Standing::Ended => Some(format!("It ended{}.", day(membership.till))),
        Standing::Unknown => Some("Whether it counts now is unknown.".to_owned()),
    }
}

fn decided(campaign: &Campaign, item: Item) -> Option<String> {
    let (entry, change) = campaign.deciding_entry(item)?;
    let reason = change
        .reason
        .as_ref()
        .map(|reason| format!(", because: {}", reason.safe()));
    let others = match change.items.len() {
        1 => String::new(),
        number => format!(", together with {} more", number - 1),
    };
    let what = match campaign.slot(item).decision {
        Some(decision) => capital(decision.past()),
        None => "Bookmarked for later".to_owned(),
    };
    Some(format!(
        "{what} by {} at {} UTC{others}{}.",
        entry.by.safe(),
        entry.at.minute(),
        reason.unwrap_or_default()
    ))
}

fn hides(snapshot: &Snapshot, item: Item) -> bool {
    snapshot.resource_label(item).has_hidden()
        || snapshot.role_label(item).has_hidden()
        || snapshot
            .holder_label(snapshot.grant(item).holder)
            .has_hidden()
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Now => "",
        Certainty::NotYet => ", not yet",
        Certainty::Unknown => ", though whether that counts now is unknown",
    }
}

/// `Pay as Project Member`
fn reached(snapshot: &Snapshot, item: Item) -> String {
    format!(
        "{} as {}",
        snapshot.resource_label(item).safe(),
        snapshot.role_label(item).safe()
    )
}

/// `, through team Payments, which is below Engineering`
fn path(snapshot: &Snapshot, path: &[TeamIx]) -> String {
    match path {
        [] => ", by a grant of its own".to_owned(),
        [first, above @ ..] => {
            let above = above
                .iter()
                .map(|ix| format!(", which is below {}", team(snapshot, *ix)));
            format!(
                ", through team {}{}",
                team(snapshot, *first),
                above.collect::<String>()
            )
        }
    }
}

/// The first of a list, and how many more there are.
fn some_of(sentences: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = sentences.len().saturating_sub(SPOKEN);
    let more = (more > 0).then(|| format!("And {more} more."));
    sentences.take(SPOKEN).chain(more).collect()
}

/// What `change` leaves standing and whom it touches when it revokes `items`; nothing for any other change.
pub(super) fn remains(campaign: &Campaign, change: Change, items: &ItemSet) -> Vec<String> {
    if change != Change::Decide(Decision::Revoke) {
        return Vec::new();
    }
    let snapshot = campaign.snapshot();
    let remains = Remains::of(campaign, items);
    let words = remains.map_or_else(Vec::new, |remains| {
        remains.words(|item| reached(snapshot, item))
    });
    words
        .into_iter()
        .map(|words| format!("{}.", capital(&words)))
        .collect()
}

/// What a revoke of an item would mean: what goes with it and what stays reachable.
pub(super) fn consequences(campaign: &Campaign, access: &Access, item: Item) -> Vec<String> {
    let snapshot = campaign.snapshot();
    if remains::is_moot(campaign, item) {
        return vec![
            "A revoke takes nothing else: the account is deactivated in this review.".to_owned(),
        ];
    }
    let grant = snapshot.grant(item);
    let who = holder(snapshot, grant.holder);
    match (grant.holder, grant.entitlement) {
        (Holder::Everyone(_), _) => vec!["Nobody can remove it.".to_owned()],
        (Holder::Team(ix), _) => {
            let remains = Remains::of(campaign, &item.into());
            let others = remains.map(|remains| remains.others).unwrap_or_default();
            let what = match others.words() {
                Some(what) => format!(": {what}"),
                None => String::new(),
            };
            vec![format!(
                "A revoke takes it from the whole team: {} it through team {}{what}.",
                count(others.count(), "account reaches", "accounts reach"),
                team(snapshot, ix)
            )]
        }
        (Holder::Account(_), Entitlement::SignIn) => {
            let others = snapshot
                .subject_of_holder(grant.holder)
                .map_or(0, |subject| subject.len() - 1);
            vec![format!(
                "A revoke deactivates the account of {who}, which has {} besides.",
                items(others)
            )]
        }
        (Holder::Account(account), Entitlement::Membership(_)) => {
            let lost = access.lost_by_leaving(snapshot, account, item);
            if lost.is_empty() {
                return vec![format!("Leaving the team takes nothing else from {who}.")];
            }
            let mut sentences = vec![format!("Leaving the team also takes from {who}:")];
            // The same access may come by several grants; it is named once.
            let mut seen = BTreeSet::new();
            let lost: Vec<String> = lost
                .into_iter()
                .map(|item| format!("{}.", reached(snapshot, item)))
                .filter(|sentence| seen.insert(sentence.clone()))
                .collect();
            sentences.extend(some_of(lost.into_iter()));
            sentences
        }
        (Holder::Account(_), Entitlement::OrganizationRole(_) | Entitlement::ProjectRole(..)) => {
            let remaining = access.remaining(snapshot, item);
            if remaining.is_empty() {
                return vec![format!(
                    "After a revoke, {who} does not reach it in another way."
                )];
            }
            some_of(remaining.into_iter().map(|remaining| {
                format!(
                    "After a revoke, {who} still reaches {}{}{}.",
                    reached(snapshot, remaining.item),
                    path(snapshot, &remaining.path),
                    certainty(remaining.certainty)
                )
            }))
        }
    }
}

/// Everything there is to say about an item: what a revoke means, what its holder reaches through teams,
/// and where it was read.
pub(super) fn why(campaign: &Campaign, access: &Access, item: Item) -> Vec<String> {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    let mut sentences = consequences(campaign, access, item);
    if let Entitlement::Membership(ix) = grant.entitlement {
        let membership = snapshot.membership(ix);
        sentences.push(match membership.since {
            Fact::Known(at) => format!("A member since {}.", at.day()),
            Fact::Absent => "No start is given.".to_owned(),
            Fact::Unknown => "The start is unknown.".to_owned(),
        });
        if let Fact::Known(position) = &membership.position {
            sentences.push(format!("Position: {}.", position.safe()));
        }
    }
    if let Holder::Account(account) = grant.holder {
        let derived = access.derived(snapshot, account);
        if derived.is_empty() {
            sentences.push("It reaches nothing through teams.".to_owned());
        } else {
            sentences.push(format!(
                "Through teams it reaches {}:",
                count(derived.len() as u64, "thing", "things")
            ));
            sentences.extend(some_of(derived.into_iter().map(|derived| {
                format!(
                    "{}{}{}.",
                    reached(snapshot, derived.item),
                    path(snapshot, &derived.path),
                    certainty(derived.certainty)
                )
            })));
        }
    }
    let signals = crate::tui::phrase::signals(campaign, item).into_iter();
    sentences.extend(signals.map(|signal| format!("{}.", capital(&signal))));
    sentences.push(format!("Grant {}.", grant.id));
    sentences.extend(earlier::was(campaign, item).map(|was| format!("Last time, {was}.")));
    sentences.push(
        decided(campaign, item).unwrap_or_else(|| "Nothing was decided about it yet.".to_owned()),
    );
    sentences
}

/// What was just done to an item.
pub(super) fn done(change: Change) -> String {
    match change {
        Change::Decide(decision) => capital(decision.past()),
        Change::Later => "Left for later, undecided".to_owned(),
        Change::Clear => "Cleared, undecided again".to_owned(),
    }
}

/// How much of the subject is left.
pub(super) fn left(campaign: &Campaign, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let position = snapshot.subject_of(item);
    let subject = snapshot.subjects()[position];
    let left = (campaign.items_of(position) - campaign.decided_of(position)) as usize;
    format!(
        "{} left of {}.",
        capital(&items(left)),
        holder(snapshot, subject.holder)
    )
}

/// An earlier change, as it is named when it is taken back.
pub(super) fn change(snapshot: &Snapshot, event: &Event) -> String {
    let of = |item: Item| {
        format!(
            "{} of {}",
            reached(snapshot, item),
            holder(snapshot, snapshot.grant(item).holder)
        )
    };
    match event {
        Event::Decided(decided) => {
            let what = match (decided.items.first(), decided.items.len()) {
                (Some(item), 1) => of(item),
                (_, number) => items(number),
            };
            match decided.change {
                Change::Decide(Decision::Keep) => format!("keep {what}"),
                Change::Decide(Decision::Revoke) => format!("revoke {what}"),
                Change::Decide(Decision::Acknowledge) => format!("acknowledge {what}"),
                Change::Later => format!("leave {what} for later"),
                Change::Clear => format!("clear {what}"),
            }
        }
        Event::Noted { item, .. } => format!("the note on {}", of(*item)),
        Event::Waived(waived) => format!("the waiver of the flag {}", waived.flag.name()),
        _ => "a change".to_owned(),
    }
}

pub(super) fn refusal(refusal: &Refusal) -> String {
    if let Refusal::OnlyAcknowledge(number) = refusal {
        return format!(
            "Item {number} is an implicit grant: nobody can remove it. Say acknowledge to acknowledge it."
        );
    }
    format!(
        "{}.",
        capital(&SafeText::of(&refusal.to_string()).to_string())
    )
}
