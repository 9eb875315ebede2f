//! A line of `resources.jsonl` each for an organization, team, project or role.

use serde::Deserialize;

use super::facts::{Facts, Member, Reader, value};
use crate::{
    domain::{
        resource::{Organization, Project, Role, RoleKind, Team},
        snapshot::Snapshot,
        text::Raw,
    },
    format::{
        Problem,
        canonical::{self, Object, Text},
    },
};

pub(super) fn organization(out: &mut String, organization: &Organization) {
    Object::begin(out)
        .plain("type", "organization")
        .text("id", &organization.id)
        .text("name", organization.name.raw())
        .text("url", &organization.url)
        .end_line();
}

pub(super) fn team(out: &mut String, snapshot: &Snapshot, team: &Team) {
    let object = Object::begin(out)
        .plain("type", "team")
        .text("id", &team.id)
        .text("name", team.name.raw())
        .maybe_text(
            "parent",
            team.parent.map(|parent| &*snapshot.team(parent).id),
        );
    Facts::new(object)
        .truth("archived", team.archived)
        .truth("disbanded", team.disbanded)
        .plain("disbanded_at", team.disbanded_at)
        .end()
        .truth("listed", team.listed)
        .number("ev", team.source)
        .end_line();
}

pub(super) fn project(out: &mut String, project: &Project) {
    let object = Object::begin(out)
        .plain("type", "project")
        .text("id", &project.id)
        .text("key", project.key.raw())
        .text("name", project.name.raw());
    Facts::new(object)
        .truth("private", project.private)
        .truth("archived", project.archived)
        .end()
        .number("ev", project.source)
        .end_line();
}

pub(super) fn role(out: &mut String, role: &Role) {
    Object::begin(out)
        .plain("type", "role")
        .text("key", &role.key)
        .text("name", role.name.raw())
        .plain("kind", role_kind_word(role.kind))
        .number("ev", role.source)
        .end_line();
}

const ROLE_KINDS: [RoleKind; 8] = [
    RoleKind::OrganizationPredefined,
    RoleKind::OrganizationCustom,
    RoleKind::OrganizationImplicit,
    RoleKind::ProjectAdmin,
    RoleKind::ProjectMember,
    RoleKind::ProjectExternal,
    RoleKind::ProjectCustom,
    RoleKind::ProjectUnknown,
];

fn role_kind_word(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::OrganizationPredefined => "organization-predefined",
        RoleKind::OrganizationCustom => "organization-custom",
        RoleKind::OrganizationImplicit => "organization-implicit",
        RoleKind::ProjectAdmin => "project-admin",
        RoleKind::ProjectMember => "project-member",
        RoleKind::ProjectExternal => "project-external",
        RoleKind::ProjectCustom => "project-custom",
        RoleKind::ProjectUnknown => "project-unknown",
    }
}

/// What a line of `resources.jsonl` says.
pub(super) enum Line {
    Organization(Organization),
    /// A team, and the id of the one above it, which may stand further down.
    Team(Team, Option<Box<str>>),
    Project(Project),
    Role(Role),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationFields<'a> {
    #[serde(borrow, rename = "type")]
    _type: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamFields<'a> {
    #[serde(borrow, rename = "type")]
    _type: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    parent: Member<Text<'a>>,
    #[serde(default)]
    archived: Member<bool>,
    #[serde(default)]
    disbanded: Member<bool>,
    #[serde(borrow, default)]
    disbanded_at: Member<Text<'a>>,
    #[serde(borrow)]
    unknown: Vec<Text<'a>>,
    listed: bool,
    ev: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFields<'a> {
    #[serde(borrow, rename = "type")]
    _type: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    private: Member<bool>,
    #[serde(default)]
    archived: Member<bool>,
    #[serde(borrow)]
    unknown: Vec<Text<'a>>,
    ev: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFields<'a> {
    #[serde(borrow, rename = "type")]
    _type: Text<'a>,
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    ev: u32,
}

/// Reads one line. The type stands first, so that it is known what else to expect.
pub(super) fn parse(line: &[u8]) -> Result<Line, Problem> {
    let kind = line
        .strip_prefix(br#"{"type":""#)
        .and_then(|rest| rest.split(|byte| *byte == b'"').next())
        .ok_or_else(|| Problem::malformed("a resource begins with its `type`"))?;
    match kind {
        b"organization" => {
            let fields: OrganizationFields<'_> = canonical::object(line)?;
            Ok(Line::Organization(Organization {
                id: fields.id.into(),
                name: Raw::from(&*fields.name),
                url: fields.url.into(),
            }))
        }
        b"team" => parse_team(&canonical::object(line)?),
        b"project" => parse_project(&canonical::object(line)?),
        b"role" => {
            let fields: RoleFields<'_> = canonical::object(line)?;
            Ok(Line::Role(Role {
                key: fields.key.into(),
                name: Raw::from(&*fields.name),
                kind: value(&fields.kind, &ROLE_KINDS, role_kind_word)?,
                source: fields.ev,
            }))
        }
        other => Err(Problem::newer(format!(
            "nothing is known of a resource `{}`",
            String::from_utf8_lossy(other)
        ))),
    }
}

fn parse_team(fields: &TeamFields<'_>) -> Result<Line, Problem> {
    let parent = match &fields.parent {
        Member::Value(id) => Some((&**id).into()),
        Member::Null => None,
        Member::Missing => return Err(Problem::malformed("`parent` is missing")),
    };
    let mut facts = Reader::new(&fields.unknown);
    let team = Team {
        id: (&*fields.id).into(),
        name: Raw::from(&*fields.name),
        parent: None,
        archived: facts.truth("archived", &fields.archived)?,
        disbanded: facts.truth("disbanded", &fields.disbanded)?,
        disbanded_at: facts.read("disbanded_at", &fields.disbanded_at, |text| {
            canonical::day(text)
        })?,
        listed: fields.listed,
        source: fields.ev,
    };
    facts.end()?;
    Ok(Line::Team(team, parent))
}

fn parse_project(fields: &ProjectFields<'_>) -> Result<Line, Problem> {
    let mut facts = Reader::new(&fields.unknown);
    let project = Project {
        id: (&*fields.id).into(),
        key: Raw::from(&*fields.key),
        name: Raw::from(&*fields.name),
        private: facts.truth("private", &fields.private)?,
        archived: facts.truth("archived", &fields.archived)?,
        source: fields.ev,
    };
    facts.end()?;
    Ok(Line::Project(project))
}
