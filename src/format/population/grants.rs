//! A line of `grants.jsonl`.

use serde::Deserialize;

use super::facts::{Facts, Member};
use crate::{
    domain::{
        grant::{Audience, Entitlement, Grant, Holder},
        snapshot::{RoleIx, Snapshot},
    },
    format::canonical::{Object, Text},
};

pub(super) const SIGN_IN: &str = "sign-in";
pub(super) const MEMBERSHIP: &str = "membership";
pub(super) const ORGANIZATION_ROLE: &str = "organization-role";
pub(super) const PROJECT_ROLE: &str = "project-role";

pub(super) const AUDIENCES: [Audience; 3] =
    [Audience::Members, Audience::Externals, Audience::Unknown];

pub(super) fn audience_word(audience: Audience) -> &'static str {
    match audience {
        Audience::Members => "members",
        Audience::Externals => "externals",
        Audience::Unknown => "unknown",
    }
}

pub(super) fn line(out: &mut String, snapshot: &Snapshot, grant: &Grant) {
    let kind = match grant.entitlement {
        Entitlement::SignIn => SIGN_IN,
        Entitlement::Membership(_) => MEMBERSHIP,
        Entitlement::OrganizationRole(_) => ORGANIZATION_ROLE,
        Entitlement::ProjectRole(..) => PROJECT_ROLE,
    };
    let object = Object::begin(out)
        .hex("id", &grant.id.0)
        .plain("kind", kind);
    let object = match grant.holder {
        Holder::Everyone(audience) => object.plain("everyone", audience_word(audience)),
        Holder::Account(ix) => object.text("account", &snapshot.account(ix).id.0),
        Holder::Team(ix) => object.text("team", &snapshot.team(ix).id),
    };
    let with_role = |object: Object<'_>, ix: RoleIx| {
        let role = snapshot.role(ix);
        object
            .text("role", &role.key)
            .text("role_name", role.name.raw())
            .number("ev", grant.source)
            .end_line();
    };
    match grant.entitlement {
        Entitlement::SignIn => object.number("ev", grant.source).end_line(),
        Entitlement::OrganizationRole(role) => with_role(object, role),
        Entitlement::ProjectRole(project, role) => {
            with_role(object.text("project", &snapshot.project(project).id), role);
        }
        Entitlement::Membership(ix) => {
            let membership = snapshot.membership(ix);
            let object = object
                .text("team", &snapshot.team(membership.team).id)
                .text("membership", &membership.id);
            Facts::new(object)
                .truth("lead", membership.lead)
                .text("position", &membership.position)
                .plain("since", membership.since)
                .plain("till", membership.till)
                .truth("pending", membership.pending)
                .truth("archived", membership.archived)
                .end()
                .number("ev", grant.source)
                .end_line();
        }
    }
}

/// The members of a line. Which ones must be there depends on `kind`; `team` is the holder of a role, and what a
/// membership is of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) everyone: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) account: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) project: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) role: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) role_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) team: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) membership: Option<Text<'a>>,
    #[serde(default)]
    pub(super) lead: Member<bool>,
    #[serde(borrow, default)]
    pub(super) position: Member<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) since: Member<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) till: Member<Text<'a>>,
    #[serde(default)]
    pub(super) pending: Member<bool>,
    #[serde(default)]
    pub(super) archived: Member<bool>,
    #[serde(borrow, default)]
    pub(super) unknown: Option<Vec<Text<'a>>>,
    pub(super) ev: u32,
}
