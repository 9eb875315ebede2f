//! JSON as Space sends it. Its names stop here.
//!
//! Nothing is taken for granted: fields may be missing, null, of another shape or new, and none of that
//! makes the rest of an answer unreadable. What came is told apart with [`Told`].

use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess},
};

mod told;

use told::object;
pub(crate) use told::{Leaf, Told, Withheld};

use crate::domain::time::{Day, Timestamp};

/// Whether `error` came of a body that ends too early: every answer ends with a bracket.
pub(crate) fn is_cut_short(error: &serde_json::Error, body: &[u8]) -> bool {
    let whole = matches!(body.trim_ascii_end().last(), Some(b'}' | b']'));
    error.is_eof() || (error.is_syntax() && !whole)
}

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound = "T: for<'a> Deserialize<'a>")]
pub(crate) struct Batch<T> {
    #[serde(default)]
    pub(crate) next: Told<Box<str>>,
    #[serde(default)]
    pub(crate) total_count: Told<u64>,
    #[serde(default)]
    pub(crate) data: Told<Vec<T>>,
    #[serde(default, rename = "$errors")]
    pub(crate) errors: Withheld,
}

object! {
    /// A pointer to a record: an object with an `id`.
    Pointer { id: Told<Box<str>>, }
}

object! {
    /// `OrganizationRecord`.
    Organization { id: Told<Box<str>>, name: Told<Box<str>>, }
}

object! {
    /// `ESApp`.
    Application { id: Told<Box<str>>, name: Told<Box<str>>, }
}

object! {
    /// `TDMemberProfile`.
    Profile {
        id: Told<Box<str>>,
        username: Told<Box<str>>,
        name: Told<PersonName>,
        emails: Told<Vec<Email>>,
        archived: Told<bool>,
        left_at: Told<Timestamp>,
        joined: Told<Day>,
        external: Told<bool>,
        external_light: Told<bool>,
        access_suspended: Told<bool>,
        access_suspended_at: Told<Timestamp>,
        external_id: Told<Box<str>>,
        status: Told<Box<str>>,
        logins: Told<Vec<Login>>,
    }
}

object! {
    /// `TDProfileName`.
    PersonName { first_name: Told<Box<str>>, last_name: Told<Box<str>>, }
}

object! {
    /// `TDProfileEmail`.
    Email { email: Told<Box<str>>, }
}

object! {
    /// `ESProfileLogin`.
    Login { access: Told<Access>, }
}

object! {
    /// `AccessRecord`.
    Access { time: Told<Timestamp>, }
}

object! {
    /// `TDTeam`.
    Team {
        id: Told<Box<str>>,
        name: Told<Box<str>>,
        archived: Told<bool>,
        disbanded: Told<bool>,
        disbanded_at: Told<Day>,
        parent: Told<Pointer>,
    }
}

object! {
    /// `TDMembership`.
    Membership {
        id: Told<Box<str>>,
        lead: Told<bool>,
        archived: Told<bool>,
        requires_approval: Told<bool>,
        since: Told<Day>,
        till: Told<Day>,
        active_since: Told<Timestamp>,
        active_till: Told<Timestamp>,
        member: Told<Pointer>,
        team: Told<Pointer>,
        role: Told<Position>,
    }
}

object! {
    /// `TDRole`, a job title.
    Position { name: Told<Box<str>>, }
}

object! {
    /// `PRProject`.
    Project {
        id: Told<Box<str>>,
        key: Told<ProjectKey>,
        name: Told<Box<str>>,
        private: Told<bool>,
        archived: Told<bool>,
    }
}

/// `ProjectKey`: an object with the key, or the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectKey(pub(crate) Box<str>);

impl Leaf for ProjectKey {
    fn from_text(value: &str) -> Option<Self> {
        Some(Self(value.strip_prefix("key:").unwrap_or(value).into()))
    }
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut found = None;
        while let Some(name) = object.next_key::<Box<str>>()? {
            if &*name == "key" {
                found = object.next_value::<Told<Box<str>>>()?.value();
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found.map(Self))
    }
}

object! {
    /// `PRPrivateProject`.
    PrivateProject { key: Told<ProjectKey>, name: Told<Box<str>>, access_allowed: Told<bool>, }
}

object! {
    /// `ParticipantOnProject` or `ParticipantTeamOnProject`.
    Participant { profile: Told<Pointer>, team: Told<Pointer>, roles: Told<Vec<Told<ProjectRole>>>, }
}

/// `ProjectRoleApi`, by its class name; or `ProjectRoleIn` as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProjectRole {
    Admin,
    Member,
    External,
    /// A role of the project's own, by its id.
    Custom(Box<str>),
    /// A class that this version does not know.
    Unknown(Box<str>),
}

impl ProjectRole {
    fn of(class: &str, role: Option<Box<str>>) -> Self {
        match (class, role) {
            ("ProjectAdminRoleApi", _) => Self::Admin,
            ("ProjectMemberRoleApi", _) => Self::Member,
            ("ProjectExternalRoleApi", _) => Self::External,
            ("ProjectCustomRoleApi" | "", Some(role)) => {
                Self::Custom(role.strip_prefix("role:").unwrap_or(&role).into())
            }
            ("", None) => Self::Unknown("unnamed".into()),
            (class, _) => Self::Unknown(class.into()),
        }
    }
}

impl Leaf for ProjectRole {
    fn from_text(value: &str) -> Option<Self> {
        Some(match value {
            "admin" => Self::Admin,
            "member" => Self::Member,
            "external" => Self::External,
            other => match other.strip_prefix("role:") {
                Some(id) => Self::Custom(id.into()),
                None => Self::Unknown(other.into()),
            },
        })
    }
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default, rename_all = "camelCase")]
        struct Shape {
            class_name: Told<Box<str>>,
            role: Told<RoleId>,
        }
        let shape = Shape::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        let class = shape.class_name.value().unwrap_or_default();
        let role = shape.role.value().map(|role| role.0);
        Ok(Some(Self::of(&class, role)))
    }
}

/// The id of a permission role, as text or as an object around it.
struct RoleId(Box<str>);

impl Leaf for RoleId {
    fn from_text(value: &str) -> Option<Self> {
        (!value.is_empty()).then(|| Self(value.into()))
    }
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default, rename_all = "camelCase")]
        struct Shape {
            id: Told<Box<str>>,
            role_id: Told<Box<str>>,
            role: Told<Box<str>>,
        }
        let shape = Shape::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        let id = shape.id.value().or(shape.role_id.value());
        Ok(id.or(shape.role.value()).map(Self))
    }
}

object! {
    /// `RoleDTO`, a permission role.
    PermissionRole {
        role_id: Told<Box<str>>,
        #[serde(rename = "type")]
        kind: Told<Box<str>>,
        code: Told<Box<str>>,
        name: Told<Box<str>>,
        members_editable: Told<bool>,
    }
}

object! {
    /// The body of an answer that is an error.
    Failure {
        error: Told<Box<str>>,
        #[serde(rename = "error_description")]
        error_description: Told<Box<str>>,
    }
}

/// Reads `bytes` as every kind of answer that there is; whether it can be one.
#[cfg(test)]
pub(crate) fn any_answer(bytes: &[u8]) -> bool {
    fn page<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> bool {
        match serde_json::from_slice::<Batch<T>>(bytes) {
            Ok(page) => page.data.get().is_some_and(|data| !data.is_empty()),
            Err(error) => is_cut_short(&error, bytes) && bytes.is_empty(),
        }
    }
    let failure = serde_json::from_slice::<Told<Failure>>(bytes).is_ok();
    let organization = serde_json::from_slice::<Organization>(bytes).is_ok();
    let application = serde_json::from_slice::<Application>(bytes).is_ok();
    let pages = [
        page::<Profile>(bytes),
        page::<Team>(bytes),
        page::<Membership>(bytes),
        page::<Project>(bytes),
        page::<PermissionRole>(bytes),
        page::<Told<ProjectRole>>(bytes),
    ];
    pages == [true; 6] && (failure || organization || application)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'a> Deserialize<'a>>(json: &str) -> T {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn a_time_is_read_in_every_shape() {
        let noon: Timestamp = "2020-10-21T16:30:00.000Z".parse().expect("a time");
        for json in [
            r#"{"iso":"2020-10-21T16:30:00.000Z","timestamp":1603297800000}"#,
            r#"{"timestamp":1603297800000,"year":2020}"#,
            r#"{"iso":"2020-10-21T16:30:00Z"}"#,
            r#""2020-10-21T18:30:00+02:00""#,
            "1603297800000",
        ] {
            assert_eq!(read::<Told<Timestamp>>(json), Told::Value(noon), "{json}");
        }
        let day: Day = "2020-10-21".parse().expect("a day");
        for json in [
            r#"{"iso":"2020-10-21"}"#,
            r#"{"iso":"2020-10-21","timestamp":1603238400000,"day":21}"#,
            r#""2020-10-21""#,
            r#"{"timestamp":1603297800000}"#,
        ] {
            assert_eq!(read::<Told<Day>>(json), Told::Value(day), "{json}");
        }
        for json in [
            r#""soon""#,
            "{}",
            "[]",
            "true",
            "1.5",
            "99999999999999999999",
        ] {
            assert_eq!(read::<Told<Timestamp>>(json), Told::Odd, "{json}");
        }
        assert_eq!(read::<Told<Timestamp>>("null"), Told::Null);
    }

    #[test]
    fn a_project_role_is_read_in_every_shape() {
        for (json, role) in [
            (r#"{"className":"ProjectAdminRoleApi"}"#, ProjectRole::Admin),
            (
                r#"{"className":"ProjectMemberRoleApi","role":null}"#,
                ProjectRole::Member,
            ),
            (
                r#"{"className":"ProjectExternalRoleApi"}"#,
                ProjectRole::External,
            ),
            (
                r#"{"className":"ProjectCustomRoleApi","role":"r7"}"#,
                ProjectRole::Custom("r7".into()),
            ),
            (
                r#"{"role":{"className":"X","id":"r7"},"className":"ProjectCustomRoleApi"}"#,
                ProjectRole::Custom("r7".into()),
            ),
            (r#""role:r7""#, ProjectRole::Custom("r7".into())),
            (r#""admin""#, ProjectRole::Admin),
            (
                r#"{"className":"ProjectOwnerRoleApi","role":"r7"}"#,
                ProjectRole::Unknown("ProjectOwnerRoleApi".into()),
            ),
            (
                r#"{"className":"ProjectCustomRoleApi"}"#,
                ProjectRole::Unknown("ProjectCustomRoleApi".into()),
            ),
        ] {
            assert_eq!(read::<Told<ProjectRole>>(json), Told::Value(role), "{json}");
        }
    }

    #[test]
    fn a_withheld_field_is_told_from_an_empty_one() {
        let profile: Profile = read(
            r#"{"id":"a","className":"TD_MemberProfile","archived":"maybe","new":[{}],"leftAt":null,
              "$errors":[{"className":"HA_InlineError.InaccessibleFields","fields":["logins"],"message":"no"}]}"#,
        );
        assert_eq!(profile.archived, Told::Odd);
        assert_eq!(profile.left_at, Told::Null);
        assert_eq!(profile.logins, Told::Missing);
        assert_eq!(profile.errors.reason("logins"), Some("no"));
        assert_eq!(profile.errors.reason("emails"), None);
        for json in [
            r#"{"$errors":[{"className":"HA_InlineError.Other"}]}"#,
            r#"{"$errors":["nothing for you"]}"#,
            r#"{"$errors":"nothing for you"}"#,
        ] {
            assert!(
                read::<Profile>(json).errors.reason("emails").is_some(),
                "{json}"
            );
        }
    }

    /// A page as a server sends it, with something of each kind.
    const PAGE: &str = r#"{"next":"2","totalCount":2,"data":[{"id":"a","username":"ada","name":{"firstName":"A",
        "lastName":"K"},"emails":[{"email":"a@example.com"}],"archived":false,"leftAt":{"iso":"2023-09-30T16:00:00.000Z",
        "timestamp":1696089600000},"joined":{"iso":"2019-05-02"},"external":true,"status":"ACTIVE","logins":[{"access":
        {"time":{"timestamp":1}}}],"$errors":[{"fields":["x"],"message":"m"}]},{"id":7}],"more":[[{}],null,1.5e3]}"#;

    #[test]
    fn a_damaged_answer_is_read_or_refused_but_never_breaks_the_reader() {
        let page: Batch<Profile> = read(PAGE);
        assert_eq!(page.data.get().map(Vec::len), Some(2));
        for at in 0..PAGE.len() {
            if let Some(cut) = PAGE.get(..at) {
                let error =
                    serde_json::from_str::<Batch<Profile>>(cut).expect_err("it is cut short");
                assert!(is_cut_short(&error, cut.as_bytes()), "cut at {at}: {error}");
            }
            for other in [
                b'"', b'{', b'}', b'[', b',', b'9', b'-', b'\\', b' ', 0, 0xff,
            ] {
                let mut bytes = PAGE.as_bytes().to_vec();
                bytes[at] = other;
                let _ = serde_json::from_slice::<Batch<Profile>>(&bytes);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_value_is_taken_for_any_field(value in any_json()) {
            for field in ["id", "name", "emails", "archived", "leftAt", "joined", "logins", "$errors"] {
                let json = serde_json::json!({ "data": [{ (field): value }] }).to_string();
                let read = serde_json::from_str::<Batch<Profile>>(&json);
                // An element of a list may be too odd for the list; the answer is then refused as a whole.
                proptest::prop_assert!(read.is_ok() || matches!(field, "emails" | "logins"), "{json}");
            }
        }
    }

    fn any_json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        let keys =
            "id|iso|timestamp|fields|message|className|firstName|email|access|time|[a-z]{1,4}";
        leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map(keys, inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
