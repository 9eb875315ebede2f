//! [`Field`]: what of something differs, before and after.

use super::Kind;
use crate::domain::{
    account::{Account, Fact},
    grant::{Entitlement, Holder},
    items::Item,
    resource::{Project, Role, RoleKind},
    snapshot::{AccountIx, MembershipIx, ProjectIx, RoleIx, Snapshot, TeamIx},
    text::{Raw, SafeText},
    time::Timestamp,
};

/// One value that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What it was.
    pub from: SafeText,
    /// What it is.
    pub to: SafeText,
}

/// A snapshot and the time it speaks of.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) snapshot: &'a Snapshot,
    as_of: Timestamp,
}

impl<'a> Side<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, as_of: Timestamp) -> Self {
        Self { snapshot, as_of }
    }
}

/// Notes what differs. Without a list to put them in it only notes that something does.
#[derive(Default)]
pub(super) struct Differ<'f> {
    fields: Option<&'f mut Vec<Field>>,
    /// Something differs.
    pub(super) known: bool,
    /// One of both does not tell something that the other one tells.
    pub(super) unknown: bool,
}

const UNKNOWN: &str = "unknown";

impl<'f> Differ<'f> {
    /// Puts each field into `fields`.
    pub(super) fn telling(fields: &'f mut Vec<Field>) -> Self {
        Self {
            fields: Some(fields),
            ..Self::default()
        }
    }

    fn put(&mut self, name: &'static str, known: bool, words: impl FnOnce() -> [SafeText; 2]) {
        *(if known {
            &mut self.known
        } else {
            &mut self.unknown
        }) = true;
        if let Some(fields) = &mut self.fields {
            let [from, to] = words();
            fields.push(Field { name, from, to });
        }
    }

    fn text(&mut self, name: &'static str, one: &Raw, other: &Raw) {
        if one != other {
            self.put(name, true, || [one.safe(), other.safe()]);
        }
    }

    /// Two words of ours, of which one may say that it is unknown.
    fn word(&mut self, name: &'static str, one: &'static str, other: &'static str) {
        if one != other {
            let known = one != UNKNOWN && other != UNKNOWN;
            self.put(name, known, || [SafeText::of(one), SafeText::of(other)]);
        }
    }

    fn fact<T: PartialEq>(
        &mut self,
        name: &'static str,
        one: &Fact<T>,
        other: &Fact<T>,
        words: impl Fn(&T) -> SafeText,
    ) {
        if one == other {
            return;
        }
        let told = |fact: &Fact<T>| match fact {
            Fact::Known(value) => words(value),
            Fact::Absent => SafeText::of("none"),
            Fact::Unknown => SafeText::of(UNKNOWN),
        };
        let known = !one.is_unknown() && !other.is_unknown();
        self.put(name, known, || [told(one), told(other)]);
    }

    fn yes_or_no(&mut self, name: &'static str, one: Fact<bool>, other: Fact<bool>) {
        self.fact(name, &one, &other, |yes| {
            SafeText::of(if *yes { "yes" } else { "no" })
        });
    }

    /// Whether both are told of by the list they belong to; where one is not, nothing else about it is known.
    fn listed(&mut self, name: &'static str, one: bool, other: bool) -> bool {
        let word = |listed| if listed { "told" } else { UNKNOWN };
        self.word(name, word(one), word(other));
        one && other
    }
}

fn shown(value: &impl std::fmt::Display) -> SafeText {
    SafeText::of(&value.to_string())
}

/// Notes what differs between the two things of `kind` at these positions.
pub(super) fn compare(
    kind: Kind,
    sides: &[Side<'_>; 2],
    (old, new): (u32, u32),
    differ: &mut Differ<'_>,
) {
    let [one, other] = sides;
    match kind {
        Kind::Account => account(sides, AccountIx(old), AccountIx(new), differ),
        Kind::Team => {
            let names = ["name", "team above", "archived", "disbanded", "particulars"];
            team(sides, TeamIx(old), TeamIx(new), names, differ);
        }
        Kind::Project => {
            let ix = (ProjectIx(old), ProjectIx(new));
            let (one, other) = (one.snapshot.project(ix.0), other.snapshot.project(ix.1));
            differ.text("key", &one.key, &other.key);
            project(one, other, ["name", "private", "archived"], differ);
        }
        Kind::Role => {
            let ix = (RoleIx(old), RoleIx(new));
            let (one, other) = (one.snapshot.role(ix.0), other.snapshot.role(ix.1));
            role(one, other, ["name", "kind"], differ);
        }
        Kind::Grant | Kind::Revoke => grant(sides, Item(old), Item(new), differ),
    }
}

fn account(sides: &[Side<'_>; 2], old: AccountIx, new: AccountIx, differ: &mut Differ<'_>) {
    let [one, other] = [
        sides[0].snapshot.account(old),
        sides[1].snapshot.account(new),
    ];
    if !differ.listed("particulars", one.listed, other.listed) {
        return;
    }
    differ.text("login name", &one.username, &other.username);
    let names = |account: &Account| (account.first_name.clone(), account.last_name.clone());
    if names(one) != names(other) {
        differ.put("name", true, || [one.label().safe(), other.label().safe()]);
    }
    differ.fact("e-mail", &one.email, &other.email, Raw::safe);
    differ.word("kind", one.kind.word(), other.kind.word());
    let state = |account: &Account, side: &Side<'_>| account.state(side.as_of).word();
    differ.word("state", state(one, &sides[0]), state(other, &sides[1]));
    differ.fact("joined", &one.joined, &other.joined, shown);
    differ.fact("2FA", &one.two_factor, &other.two_factor, |it| {
        SafeText::of(it.word())
    });
    differ.fact(
        "outside id",
        &one.external_id,
        &other.external_id,
        Raw::safe,
    );
}

fn team(
    sides: &[Side<'_>; 2],
    old: TeamIx,
    new: TeamIx,
    names: [&'static str; 5],
    differ: &mut Differ<'_>,
) {
    let [one, other] = [sides[0].snapshot.team(old), sides[1].snapshot.team(new)];
    if !differ.listed(names[4], one.listed, other.listed) {
        return;
    }
    differ.text(names[0], &one.name, &other.name);
    let above = |side: usize, team: Option<TeamIx>| team.map(|ix| sides[side].snapshot.team(ix));
    let (before, after) = (above(0, one.parent), above(1, other.parent));
    if before.map(|team| &team.id) != after.map(|team| &team.id) {
        let name = |team: Option<&crate::domain::resource::Team>| {
            team.map_or_else(|| SafeText::of("none"), |team| team.name.safe())
        };
        differ.put(names[1], true, || [name(before), name(after)]);
    }
    differ.yes_or_no(names[2], one.archived, other.archived);
    differ.yes_or_no(names[3], one.disbanded, other.disbanded);
}

fn project(one: &Project, other: &Project, names: [&'static str; 3], differ: &mut Differ<'_>) {
    differ.text(names[0], &one.name, &other.name);
    differ.yes_or_no(names[1], one.private, other.private);
    differ.yes_or_no(names[2], one.archived, other.archived);
}

fn role(one: &Role, other: &Role, names: [&'static str; 2], differ: &mut Differ<'_>) {
    differ.text(names[0], &one.name, &other.name);
    differ.word(names[1], role_kind(one.kind), role_kind(other.kind));
}

fn role_kind(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::OrganizationPredefined => "of the organization, predefined",
        RoleKind::OrganizationCustom => "of the organization, its own",
        RoleKind::OrganizationImplicit => "of the organization, implicit",
        RoleKind::ProjectAdmin => "project administrator",
        RoleKind::ProjectMember => "project member",
        RoleKind::ProjectExternal => "external in a project",
        RoleKind::ProjectCustom => "of a project, its own",
        RoleKind::ProjectUnknown => UNKNOWN,
    }
}

/// What a decision about a grant may rest on, as [`drift`](crate::domain::drift) has it.
fn grant(sides: &[Side<'_>; 2], old: Item, new: Item, differ: &mut Differ<'_>) {
    let [one, other] = [sides[0].snapshot, sides[1].snapshot];
    let (before, after) = (one.grant(old), other.grant(new));
    match (before.entitlement, after.entitlement) {
        (Entitlement::SignIn, Entitlement::SignIn) => {}
        (Entitlement::Membership(before), Entitlement::Membership(after)) => {
            membership(sides, before, after, differ);
        }
        (Entitlement::OrganizationRole(before), Entitlement::OrganizationRole(after)) => {
            role(one.role(before), other.role(after), ROLE, differ);
        }
        (
            Entitlement::ProjectRole(project_before, before),
            Entitlement::ProjectRole(project_after, after),
        ) => {
            role(one.role(before), other.role(after), ROLE, differ);
            let names = ["project", "project private", "project archived"];
            let (before, after) = (one.project(project_before), other.project(project_after));
            project(before, after, names, differ);
        }
        _ => differ.text("role", &one.role_label(old), &other.role_label(new)),
    }
    match (before.holder, after.holder) {
        (Holder::Account(before), Holder::Account(after)) => {
            let (before, after) = (one.account(before), other.account(after));
            if before.id != after.id {
                differ.put("holder", true, || {
                    [before.label().safe(), after.label().safe()]
                });
            }
            if !differ.listed("holder", before.listed, after.listed) {
                return;
            }
            differ.word("holder kind", before.kind.word(), after.kind.word());
            let state = |account: &Account, side: &Side<'_>| account.state(side.as_of).word();
            let states = (state(before, &sides[0]), state(after, &sides[1]));
            differ.word("holder state", states.0, states.1);
        }
        (Holder::Team(before), Holder::Team(after)) => {
            let names = [
                "holder",
                "team above the holder",
                "holder archived",
                "holder disbanded",
                "holder",
            ];
            team(sides, before, after, names, differ);
        }
        (before, after) => {
            if before != after {
                differ.put("holder", true, || {
                    [
                        one.holder_label(before).safe(),
                        other.holder_label(after).safe(),
                    ]
                });
            }
        }
    }
}

const ROLE: [&str; 2] = ["role", "role kind"];

fn membership(
    sides: &[Side<'_>; 2],
    old: MembershipIx,
    new: MembershipIx,
    differ: &mut Differ<'_>,
) {
    let [one, other] = [
        sides[0].snapshot.membership(old),
        sides[1].snapshot.membership(new),
    ];
    differ.fact("position", &one.position, &other.position, Raw::safe);
    differ.yes_or_no("lead", one.lead, other.lead);
    differ.fact("since", &one.since, &other.since, shown);
    differ.fact("until", &one.till, &other.till, shown);
    differ.yes_or_no("waits for approval", one.pending, other.pending);
    differ.yes_or_no("archived", one.archived, other.archived);
    // The same dates may have come or passed meanwhile.
    let standings = (
        one.standing(sides[0].as_of).word(),
        other.standing(sides[1].as_of).word(),
    );
    differ.word("membership", standings.0, standings.1);
    let names = [
        "team",
        "team above",
        "team archived",
        "team disbanded",
        "team",
    ];
    team(sides, one.team, other.team, names, differ);
}
