//! A line of `grants.jsonl`.

use serde::Deserialize;

use super::facts::{Facts, Member, Reader};
use crate::{
    domain::{
        account::Fact,
        grant::{Audience, Entitlement, Grant, GrantId, Holder, Membership},
        snapshot::{RoleIx, Snapshot, TeamIx},
        text::{Pack, Packed, Place, Raw},
        time::Timestamp,
    },
    format::{
        Problem,
        canonical::{self, Object, Text},
    },
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

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GrantLine<'a> {
    pub(super) id: GrantId,
    pub(super) holder: HolderId<'a>,
    pub(super) what: What<'a>,
    pub(super) source: u32,
}

/// Who holds a grant, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HolderId<'a> {
    /// A word for whom.
    Everyone(&'a str),
    Account(&'a str),
    Team(&'a str),
}

/// What a grant is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    SignIn,
    Membership(MembershipLine<'a>),
    /// A role on the project with this id, else on the organization.
    Role {
        project: Option<&'a str>,
        key: &'a str,
        name: &'a str,
    },
}

/// The particulars of a membership.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MembershipLine<'a> {
    pub(super) team: &'a str,
    pub(super) id: &'a str,
    pub(super) lead: Fact<bool>,
    pub(super) position: Fact<&'a str>,
    pub(super) since: Fact<Timestamp>,
    pub(super) till: Fact<Timestamp>,
    pub(super) pending: Fact<bool>,
    pub(super) archived: Fact<bool>,
}

/// The particulars of a membership whose texts are in a pack.
#[derive(Debug)]
pub(super) struct PackedMembership {
    id: Place,
    team: TeamIx,
    lead: Fact<bool>,
    position: Fact<Place>,
    since: Fact<Timestamp>,
    till: Fact<Timestamp>,
    pending: Fact<bool>,
    archived: Fact<bool>,
}

impl MembershipLine<'_> {
    /// The particulars of the membership of `team`; its texts go into `pack`.
    pub(super) fn pack(self, team: TeamIx, pack: &mut Pack) -> PackedMembership {
        PackedMembership {
            id: pack.add(self.id),
            team,
            lead: self.lead,
            position: self.position.map(|text| pack.add_common(text)),
            since: self.since,
            till: self.till,
            pending: self.pending,
            archived: self.archived,
        }
    }
}

impl PackedMembership {
    /// The membership, with its texts out of `packed`.
    pub(super) fn membership(self, packed: &Packed) -> Membership {
        Membership {
            id: packed.get(self.id),
            team: self.team,
            lead: self.lead,
            position: self.position.map(|place| Raw::from(packed.get(place))),
            since: self.since,
            till: self.till,
            pending: self.pending,
            archived: self.archived,
        }
    }
}

/// The members of a line. Which ones must be there depends on `kind`; `team` is the holder of a role, and what a
/// membership is of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    everyone: Option<Text<'a>>,
    #[serde(borrow, default)]
    account: Option<Text<'a>>,
    #[serde(borrow, default)]
    project: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    team: Option<Text<'a>>,
    #[serde(borrow, default)]
    membership: Option<Text<'a>>,
    #[serde(default)]
    lead: Member<bool>,
    #[serde(borrow, default)]
    position: Member<Text<'a>>,
    #[serde(borrow, default)]
    since: Member<Text<'a>>,
    #[serde(borrow, default)]
    till: Member<Text<'a>>,
    #[serde(default)]
    pending: Member<bool>,
    #[serde(default)]
    archived: Member<bool>,
    #[serde(borrow, default)]
    unknown: Option<Vec<Text<'a>>>,
    ev: u32,
}

impl Fields<'_> {
    /// What the line says.
    pub(super) fn line(&self) -> Result<GrantLine<'_>, Problem> {
        let id = self.id.parse().map_err(Problem::malformed)?;
        let (holder, what) = match &*self.kind {
            MEMBERSHIP => self.membership()?,
            _ if self.has_facts() => return Err(self.unfit()),
            SIGN_IN => match self {
                Self {
                    account: Some(account),
                    team: None,
                    everyone: None,
                    project: None,
                    role: None,
                    role_name: None,
                    ..
                } => (HolderId::Account(account), What::SignIn),
                _ => return Err(self.unfit()),
            },
            ORGANIZATION_ROLE | PROJECT_ROLE => self.role()?,
            other => {
                return Err(Problem::newer(format!(
                    "nothing is known of a grant `{other}`"
                )));
            }
        };
        Ok(GrantLine {
            id,
            holder,
            what,
            source: self.ev,
        })
    }

    /// Whether it has members that only a membership has.
    fn has_facts(&self) -> bool {
        self.membership.is_some()
            || self.unknown.is_some()
            || !self.lead.is_missing()
            || !self.position.is_missing()
            || !self.since.is_missing()
            || !self.till.is_missing()
            || !self.pending.is_missing()
            || !self.archived.is_missing()
    }

    fn unfit(&self) -> Problem {
        Problem::malformed(format!(
            "its fields are not those of a grant `{}`",
            &*self.kind
        ))
    }

    fn role(&self) -> Result<(HolderId<'_>, What<'_>), Problem> {
        let holder = match (&self.everyone, &self.account, &self.team) {
            (Some(word), None, None) => HolderId::Everyone(word),
            (None, Some(id), None) => HolderId::Account(id),
            (None, None, Some(id)) => HolderId::Team(id),
            _ => return Err(self.unfit()),
        };
        let (Some(key), Some(name)) = (self.role.as_deref(), self.role_name.as_deref()) else {
            return Err(self.unfit());
        };
        let project = self.project.as_deref();
        if project.is_some() != (&*self.kind == PROJECT_ROLE) {
            return Err(self.unfit());
        }
        Ok((holder, What::Role { project, key, name }))
    }

    fn membership(&self) -> Result<(HolderId<'_>, What<'_>), Problem> {
        let Self {
            account: Some(account),
            team: Some(team),
            membership: Some(id),
            unknown: Some(unknown),
            everyone: None,
            project: None,
            role: None,
            role_name: None,
            ..
        } = self
        else {
            return Err(self.unfit());
        };
        let instant = |text: &Text<'_>| canonical::instant(text);
        let mut facts = Reader::new(unknown);
        let membership = MembershipLine {
            team,
            id,
            lead: facts.truth("lead", &self.lead)?,
            position: facts.text("position", &self.position)?,
            since: facts.read("since", &self.since, instant)?,
            till: facts.read("till", &self.till, instant)?,
            pending: facts.truth("pending", &self.pending)?,
            archived: facts.truth("archived", &self.archived)?,
        };
        facts.end()?;
        Ok((HolderId::Account(account), What::Membership(membership)))
    }
}
