//! [`rights`]: whose token it is, when it ends, and permission by permission what it may read.
//!
//! Each permission is tried by the smallest call that needs it. Where no call needs it alone, the server is
//! asked for its word. What neither shows cannot be told, which is an answer too.

use serde::de::DeserializeOwned;

use super::{
    client::{Client, Request},
    error::Error,
    wire::{self, Batch, Pointer, Told},
};
use crate::domain::{
    rights::{Permission, Right},
    text::Raw,
    time::Timestamp,
};

mod seen;
mod tokens;

pub(super) use seen::{Outcome, Seen};
pub use tokens::{Expiry, TokenFacts};

/// Whom a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A person.
    Account {
        /// The id of the account.
        id: Box<str>,
        /// The login name.
        username: Raw,
        /// First and last name.
        name: Raw,
    },
    /// An application.
    Application {
        /// Its name.
        name: Raw,
    },
    /// The server does not tell; why.
    Unknown(Raw),
}

/// What was found out about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The id of the organization.
    pub organization_id: Box<str>,
    /// Its name.
    pub organization: Raw,
    /// Whom the token belongs to.
    pub owner: Owner,
    /// When it ends and how far it reaches.
    pub token: TokenFacts,
    /// Every permission of [`Permission::ALL`], in that order.
    pub rights: Vec<Right>,
}

/// Tries what the token of `client` may read.
///
/// It fails when the server cannot be reached, is no Space server, or refuses the token. Whatever else goes
/// wrong is about one permission and cannot be told.
pub async fn rights(client: &Client) -> Result<Rights, Error> {
    let (organization_id, organization, began) = organization(client).await?;
    let owner = owner(client).await?;
    let (token, calls, words) = tokio::try_join!(
        tokens::facts(client, &owner, began),
        Calls::make(client),
        Words::ask(client, &owner),
    )?;
    let rights = calls.seen().rights(|permission| words.of(permission));
    Ok(Rights {
        organization_id,
        organization,
        owner,
        token,
        rights,
    })
}

/// What came of a small call.
#[derive(Debug)]
enum Tried<T> {
    Answered(T),
    /// The permission is missing.
    Denied(String),
    /// Neither.
    Odd(String),
}

/// Calls once. Errors are those after which nothing else will work either.
async fn call<T: DeserializeOwned>(client: &Client, request: &Request) -> Result<Tried<T>, Error> {
    Ok(match client.exchange::<T>(request).await.result {
        Ok(answer) => Tried::Answered(answer),
        Err(error) if error.is_denied() => Tried::Denied(error.reason()),
        Err(error) if error.is_gap() => Tried::Odd(error.reason()),
        Err(Error::NotSpace { what, .. }) => Tried::Odd(what),
        Err(error) => return Err(error),
    })
}

fn get(path: &str, query: &str) -> Request {
    Request {
        path: path.to_owned(),
        query: query.to_owned(),
        body: None,
    }
}

fn post(path: &str, query: &str, body: &serde_json::Value) -> Request {
    Request {
        body: Some(body.to_string()),
        ..get(path, query)
    }
}

/// Id and name of the organization, and the server's clock.
async fn organization(client: &Client) -> Result<(Box<str>, Raw, Option<Timestamp>), Error> {
    let request = get("organization", "$fields=id,name");
    let exchange = client.exchange::<Told<wire::Organization>>(&request).await;
    let date = exchange.received.as_ref().and_then(|it| it.date.as_deref());
    let began = date
        .and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
        .and_then(|date| Timestamp::from_ms(date.timestamp_millis()));
    let not_space = |what: String| Error::NotSpace {
        url: client.address().call("organization", "").into(),
        what,
        prefixed: client.address().has_prefix(),
    };
    match exchange.result {
        Ok(Told::Value(organization)) => match organization.id {
            Told::Value(id) => {
                let name = organization.name.value().unwrap_or_else(|| id.clone());
                Ok((id, Raw::from(&*name), began))
            }
            _ => Err(not_space("the organization has no id".to_owned())),
        },
        Ok(_) => Err(not_space("the organization is no object".to_owned())),
        // Every Space server has this call. One that has not, or answers it otherwise, is none.
        Err(error @ Error::Refused { code: None, .. }) => Err(not_space(error.reason())),
        Err(error) if error.is_not_found() => Err(not_space(error.reason())),
        Err(Error::Protocol { what, .. }) => Err(not_space(what)),
        Err(error) => Err(error),
    }
}

async fn owner(client: &Client) -> Result<Owner, Error> {
    let me = get(
        "team-directory/profiles/me",
        "$fields=id,username,name(firstName,lastName)",
    );
    let why = match call::<Told<wire::Profile>>(client, &me).await? {
        Tried::Answered(Told::Value(profile)) => {
            if let Told::Value(id) = profile.id {
                let part = |part: Told<Box<str>>| part.value().unwrap_or_default();
                let name = profile.name.value().unwrap_or_default();
                let name = format!("{} {}", part(name.first_name), part(name.last_name));
                return Ok(Owner::Account {
                    id,
                    username: Raw::from(&*part(profile.username)),
                    name: Raw::from(name.trim()),
                });
            }
            "the server names no account".to_owned()
        }
        Tried::Answered(_) => "the server names no account".to_owned(),
        Tried::Denied(why) | Tried::Odd(why) => why,
    };
    let me = get("applications/me", "$fields=id,name,clientId");
    Ok(match call::<Told<wire::Application>>(client, &me).await? {
        Tried::Answered(Told::Value(wire::Application {
            name: Told::Value(name),
            ..
        })) => Owner::Application {
            name: Raw::from(&*name),
        },
        _ => Owner::Unknown(Raw::from(why)),
    })
}

type List<T> = Tried<Batch<T>>;

/// The calls that each need a permission.
struct Calls {
    profiles: List<wire::Profile>,
    guests: List<Pointer>,
    memberships: List<Pointer>,
    teams: List<Pointer>,
    projects: List<Pointer>,
    /// Who takes part in the first project, when there is one.
    participants: Option<List<serde::de::IgnoredAny>>,
    roles: Tried<Told<Vec<serde::de::IgnoredAny>>>,
}

impl Calls {
    async fn make(client: &Client) -> Result<Self, Error> {
        const IDS: &str = "$top=1&$fields=totalCount,data(id)";
        let profiles = get(
            "team-directory/profiles",
            "$top=1&$fields=totalCount,data(id,username,name(firstName,lastName))",
        );
        let guests = get(
            "team-directory/profiles",
            &format!("orgRelation=GUEST&{IDS}"),
        );
        let memberships = get("team-directory/memberships", IDS);
        let teams = get("team-directory/teams", IDS);
        let projects = get("projects", IDS);
        let global = serde_json::json!({"contextIdentifier": "global"});
        let roles = post("permission-roles/get", "$fields=roleId", &global);
        let (profiles, guests, memberships, teams, projects, roles) = tokio::try_join!(
            call(client, &profiles),
            call(client, &guests),
            call(client, &memberships),
            call(client, &teams),
            call::<Batch<Pointer>>(client, &projects),
            call(client, &roles),
        )?;
        let first = match &projects {
            Tried::Answered(batch) => batch.data.get().and_then(|rows| rows.first()),
            _ => None,
        };
        let participants = match first.and_then(|project| project.id.get()) {
            Some(id) => {
                let path = format!("projects/id:{}/people/members", super::fetch::encode(id));
                let request = get(&path, "$top=1&$fields=totalCount,data(roles)");
                Some(call(client, &request).await?)
            }
            None => None,
        };
        Ok(Self {
            profiles,
            guests,
            memberships,
            teams,
            projects,
            participants,
            roles,
        })
    }

    /// What they show.
    fn seen(&self) -> Seen {
        Seen {
            profiles: of_list(&self.profiles),
            names: self.names(),
            guests: of_list(&self.guests),
            memberships: of_list(&self.memberships),
            teams: of_list(&self.teams),
            projects: of_list(&self.projects),
            participants: match &self.participants {
                None => Outcome::Unasked,
                Some(Tried::Answered(_)) => Outcome::Answered,
                Some(Tried::Denied(why)) => Outcome::Denied(why.clone()),
                Some(Tried::Odd(why)) => Outcome::Odd(why.clone()),
            },
            roles: match &self.roles {
                Tried::Answered(Told::Value(_)) => Outcome::Answered,
                Tried::Answered(_) => {
                    Outcome::Odd("the server's answer is no list of roles".to_owned())
                }
                Tried::Denied(why) => Outcome::Denied(why.clone()),
                Tried::Odd(why) => Outcome::Odd(why.clone()),
            },
        }
    }

    fn names(&self) -> Outcome {
        let rows = match &self.profiles {
            Tried::Answered(batch) => batch.data.get(),
            _ => None,
        };
        let Some(profile) = rows.and_then(|rows| rows.first()) else {
            return Outcome::Unasked;
        };
        let withheld = ["username", "name"]
            .iter()
            .find_map(|field| profile.errors.reason(field));
        match (withheld, &profile.username, &profile.name) {
            (Some(why), ..) => Outcome::Denied(why.to_owned()),
            (None, Told::Value(_), Told::Value(_)) => Outcome::Answered,
            (None, ..) => Outcome::Unasked,
        }
    }
}

fn of_list<T>(list: &List<T>) -> Outcome {
    match list {
        Tried::Answered(batch) => match (&batch.data, batch.errors.reason("data")) {
            (Told::Value(_), _) => Outcome::Answered,
            (_, Some(why)) => Outcome::Denied(why.to_owned()),
            (_, None) => Outcome::Odd("the server's answer holds no list".to_owned()),
        },
        Tried::Denied(why) => Outcome::Denied(why.clone()),
        Tried::Odd(why) => Outcome::Odd(why.clone()),
    }
}

/// The server's word on each permission.
struct Words(Vec<(Permission, Option<bool>)>);

impl Words {
    async fn ask(client: &Client, owner: &Owner) -> Result<Self, Error> {
        let principal = match owner {
            Owner::Account { .. } => "profile:me",
            Owner::Application { .. } => "application:me",
            Owner::Unknown(_) => return Ok(Self(Vec::new())),
        };
        let ask = |permission: Permission| async move {
            let body = serde_json::json!({
                "principal": principal,
                "uniqueRightCode": permission.code(),
                "target": {"className": "GlobalPermissionTarget"},
            });
            let request = post("permissions/check-permission", "", &body);
            let word = match call::<Told<bool>>(client, &request).await? {
                Tried::Answered(word) => word.value(),
                Tried::Denied(_) | Tried::Odd(_) => None,
            };
            Ok::<_, Error>((permission, word))
        };
        let words = Permission::ALL.map(ask);
        futures_util::future::try_join_all(words).await.map(Self)
    }

    fn of(&self, permission: Permission) -> Option<bool> {
        let word = self.0.iter().find(|(known, _)| *known == permission);
        word.and_then(|(_, word)| *word)
    }
}
