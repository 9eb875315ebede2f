//! What a request says: path, query, body, and who sends it.

use std::collections::BTreeSet;

use super::state::{AccountIx, ProjectIx, State, TeamIx};
use crate::domain::time::Timestamp;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: "validation-error",
            text: text.into(),
        }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self {
            status: 404,
            code: "not-found",
            text: format!("{what} is not found"),
        }
    }

    pub(super) fn denied(right: &str) -> Self {
        Self {
            status: 403,
            code: "permission-denied",
            text: format!("The permission {right} is required"),
        }
    }

    pub(super) fn unauthorized(text: &str) -> Self {
        Self {
            status: 401,
            code: "authentication-required",
            text: text.to_owned(),
        }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let body = serde_json::json!({"error": self.code, "error_description": self.text});
        body.to_string().into_bytes()
    }
}

/// Decodes `%41` and, in a query, `+`. Bytes that are no UTF-8 are replaced.
pub(super) fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text
            .get(at + 1..at + 3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 3;
                continue;
            }
            (b'+', _) if plus => decoded.push(b' '),
            _ => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true), decode(value, true))
        });
        Self(decoded.collect())
    }

    /// The value of a parameter; an empty one counts as left out.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that can be repeated.
    pub(super) fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(Refusal::invalid(format!(
                "{name} is neither true nor false"
            ))),
        }
    }

    pub(super) fn maybe_flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(_) => self.flag(name, false).map(Some),
        }
    }

    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<u32>()
                .map(|number| number as usize)
                .map_err(|_| Refusal::invalid(format!("{name} is not a whole number"))),
        }
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.get(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| Refusal::invalid(format!("{name} is not a time")))
            })
            .transpose()
    }

    pub(super) fn fields(&self) -> &str {
        self.get("$fields").unwrap_or("*")
    }
}

/// What a token may do: permission codes, globally or in one project.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights(BTreeSet<String>);

impl Rights {
    /// Reads `Team.View`, `global:Team.View`, `project:key:FW:Project.View` and `**`.
    pub(super) fn new(rights: &[String]) -> Self {
        let plain = |right: &String| right.strip_prefix("global:").unwrap_or(right).to_owned();
        Self(rights.iter().map(plain).collect())
    }

    pub(super) fn globally(&self, right: &str) -> bool {
        self.0.contains("**") || self.0.contains(right)
    }

    fn in_project(&self, state: &State, project: ProjectIx, right: &str) -> bool {
        let key = &state.projects[project as usize].key;
        let id = state.project_id(project);
        self.0.contains(&format!("project:key:{key}:{right}"))
            || self.0.contains(&format!("project:id:{id}:{right}"))
    }

    fn in_any_project(&self, right: &str) -> bool {
        let mut projects = self.0.iter().filter(|one| one.starts_with("project:"));
        projects.any(|one| one.ends_with(&format!(":{right}")))
    }
}

/// Who sends a request.
#[derive(Debug)]
pub(super) struct Caller {
    /// The account of a personal token; an application has none.
    pub(super) me: Option<AccountIx>,
    /// Client id and name of the application that asked for the token.
    pub(super) application: Option<(String, String)>,
    pub(super) rights: Rights,
}

impl Caller {
    pub(super) fn may(&self, right: &str) -> bool {
        self.rights.globally(right)
    }

    pub(super) fn require(&self, right: &str) -> Result<(), Refusal> {
        if self.may(right) {
            Ok(())
        } else {
            Err(Refusal::denied(right))
        }
    }

    /// Whether it may see projects at all.
    pub(super) fn require_projects(&self) -> Result<(), Refusal> {
        if self.may("Project.View") || self.rights.in_any_project("Project.View") {
            Ok(())
        } else {
            Err(Refusal::denied("Project.View"))
        }
    }

    /// Whether it can open a project: a private one only as a participant, an administrator, or with the right in
    /// just that project.
    pub(super) fn sees(&self, state: &State, project: ProjectIx, now: Timestamp) -> bool {
        let open = !state.projects[project as usize].private || self.may("Superadmin");
        self.may("Project.View") && (open || self.participates(state, project, now))
            || self.rights.in_project(state, project, "Project.View")
    }

    /// Whether it sees every project, so that none has to be looked at.
    pub(super) fn sees_all_projects(&self) -> bool {
        self.may("Project.View") && self.may("Superadmin")
    }

    fn participates(&self, state: &State, project: ProjectIx, now: Timestamp) -> bool {
        let Some(me) = self.me else { return false };
        let project = &state.projects[project as usize];
        let teams = state.effective_teams(me, now);
        project.people.iter().any(|one| one.holder == me)
            || project.teams.iter().any(|one| teams.contains(&one.holder))
    }

    /// The account that an identifier names.
    pub(super) fn profile(&self, state: &State, identifier: &str) -> Result<AccountIx, Refusal> {
        let found = match identifier.split_once(':') {
            Some(("id", id)) => state.account_of_id(id),
            Some(("username", name)) => state.account(name),
            Some(("externalId", id)) => {
                let is =
                    |account: &super::state::Account| account.external_id.as_deref() == Some(id);
                state
                    .accounts
                    .iter()
                    .position(is)
                    .and_then(|at| u32::try_from(at).ok())
            }
            None if identifier == "me" => self.me,
            _ => return Err(not_an_identifier("profile", identifier)),
        };
        found.ok_or_else(|| Refusal::not_found(&format!("Profile {identifier}")))
    }

    /// The project that an identifier names, if the caller can open it.
    pub(super) fn project(
        &self,
        state: &State,
        identifier: &str,
        now: Timestamp,
    ) -> Result<ProjectIx, Refusal> {
        self.require_projects()?;
        let found = match identifier.split_once(':') {
            Some(("id", id)) => state.project_of_id(id),
            Some(("key", key)) => state.project(key),
            _ => return Err(not_an_identifier("project", identifier)),
        };
        found
            .filter(|project| self.sees(state, *project, now))
            .ok_or_else(|| Refusal::not_found(&format!("Project {identifier}")))
    }
}

/// The team that an identifier names.
pub(super) fn team(state: &State, identifier: &str) -> Result<TeamIx, Refusal> {
    let found = match identifier.split_once(':') {
        Some(("id", id)) => state.team_of_id(id),
        Some(("name", name)) => state.team(name),
        Some(("externalId", _)) => None,
        _ => return Err(not_an_identifier("team", identifier)),
    };
    found.ok_or_else(|| Refusal::not_found(&format!("Team {identifier}")))
}

pub(super) fn not_an_identifier(of: &str, text: &str) -> Refusal {
    Refusal::invalid(format!("'{text}' does not identify a {of}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once_and_keeps_repeated_names() {
        let query = Query::parse("%24fields=id%2Cname&teams=a&teams=b+c&x=%e2%82%ac%zz&y&z=");
        assert_eq!(query.fields(), "id,name");
        assert_eq!(query.all("teams").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(query.get("x"), Some("€%zz"));
        assert_eq!(query.get("y"), None);
        assert_eq!(decode("id%3Aa+b", false), "id:a+b");
        assert_eq!(decode("%", false), "%");
        assert_eq!(decode("%é", false), "%é");
    }
}
