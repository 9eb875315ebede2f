//! [`TokenFacts`]: when a token ends and how far it reaches, when the server tells.

use serde::Deserialize;

use super::{Owner, Tried, call, get};
use crate::{
    domain::{text::Raw, time::Timestamp},
    space::{
        client::Client,
        error::Error,
        wire::{Batch, Leaf, Told},
    },
};

/// What the server tells about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Its name, when it is known which one it is.
    pub name: Option<Raw>,
    /// When it ends.
    pub expires: Expiry,
    /// Whether it may do everything its owner may.
    pub unrestricted: Option<bool>,
}

/// When a token ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiry {
    /// At this moment.
    At(Timestamp),
    /// Never.
    Never,
    /// The server gives tokens for so many seconds; another is asked for before the end.
    Renewed(Option<u64>),
    /// The server does not tell; why.
    NotTold(Raw),
}

/// `ESPersonalToken` and `ESApplicationPermanentToken`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Token {
    name: Told<Box<str>>,
    scope: Told<Box<str>>,
    expires: Told<Timestamp>,
    last_access: Told<LastAccess>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LastAccess {
    time: Told<Timestamp>,
}

impl Leaf for LastAccess {
    fn from_object<'de, A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
    }
}

fn not_told(why: impl Into<Raw>) -> TokenFacts {
    TokenFacts {
        name: None,
        expires: Expiry::NotTold(why.into()),
        unrestricted: None,
    }
}

/// Asks for the tokens of the owner and finds the one in use. `began` is the server's clock at its first answer.
pub(super) async fn facts(
    client: &Client,
    owner: &Owner,
    began: Option<Timestamp>,
) -> Result<TokenFacts, Error> {
    if let Some(lasts) = client.lasts().await {
        return Ok(TokenFacts {
            name: None,
            expires: Expiry::Renewed(lasts.map(|lasts| lasts.as_secs())),
            unrestricted: None,
        });
    }
    let paths = match owner {
        Owner::Account { id, .. } => vec![
            "team-directory/profiles/me/permanent-tokens".to_owned(),
            format!(
                "team-directory/profiles/id:{}/permanent-tokens",
                crate::space::fetch::encode(id)
            ),
        ],
        Owner::Application { .. } => vec!["applications/me/permanent-tokens".to_owned()],
        Owner::Unknown(_) => return Ok(not_told("it does not tell whose token it is")),
    };
    let query = "$top=100&$fields=next,totalCount,data(id,name,scope,expires,lastAccess(time))";
    let mut refused = None;
    for path in paths {
        match call::<Batch<Token>>(client, &get(&path, query)).await? {
            Tried::Answered(batch) => return Ok(choose(batch, began)),
            Tried::Denied(why) | Tried::Odd(why) => {
                refused.get_or_insert(why);
            }
        }
    }
    Ok(not_told(refused.unwrap_or_default()))
}

/// Finds the token in use among those of its owner: the only one, or the only one that was used since `began`.
fn choose(batch: Batch<Token>, began: Option<Timestamp>) -> TokenFacts {
    let Told::Value(mut tokens) = batch.data else {
        let why = batch.errors.reason("data");
        return not_told(why.unwrap_or("the answer holds no list"));
    };
    let many = batch.total_count.value().unwrap_or(tokens.len() as u64);
    if tokens.len() > 1 || many > 1 {
        // The header that tells the server's clock has seconds, what is compared with it has more.
        let used = |token: &Token| {
            let at = token.last_access.get().and_then(|access| access.time.get());
            at.is_some_and(|at| began.is_some_and(|began| at.ms() >= began.ms()))
        };
        tokens.retain(used);
    }
    let token = match (tokens.pop(), tokens.is_empty()) {
        (Some(token), true) => token,
        (None, true) if many == 0 => return not_told("it lists no token"),
        _ => {
            return not_told(format!(
                "it lists {many} tokens and not which of them this is"
            ));
        }
    };
    TokenFacts {
        name: token.name.value().map(|name| Raw::from(&*name)),
        expires: match token.expires {
            Told::Value(at) => Expiry::At(at),
            Told::Null => Expiry::Never,
            Told::Missing | Told::Odd => Expiry::NotTold(Raw::from("it withholds the end")),
        },
        unrestricted: token
            .scope
            .get()
            .map(|scope| scope.split_ascii_whitespace().any(|part| part == "**")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(json: &str) -> String {
        let batch = serde_json::from_str(json).expect("JSON");
        let facts = choose(batch, "2026-11-01T09:00:00.000Z".parse().ok());
        let name = facts
            .name
            .map_or_else(|| "?".to_owned(), |name| name.raw().to_owned());
        let expires = match facts.expires {
            Expiry::At(at) => at.to_string(),
            Expiry::NotTold(why) => why.raw().to_owned(),
            other => format!("{other:?}"),
        };
        format!("{name}, {expires}, {:?}", facts.unrestricted)
    }

    #[test]
    fn the_token_in_use_is_told_from_the_owners_others() {
        let used = r#""lastAccess":{"time":{"timestamp":1793523600001}}"#;
        let old = r#""lastAccess":{"time":{"iso":"2026-10-01T00:00:00.000Z"}}"#;
        let end = r#""expires":{"iso":"2027-01-01T00:00:00.000Z"}"#;
        for (data, told) in [
            (
                format!(r#"{{"name":"a","scope":"**",{end}}}"#),
                "a, 2027-01-01T00:00:00.000Z, Some(true)",
            ),
            (
                r#"{"name":"a","scope":"global:Team.View","expires":null}"#.to_owned(),
                "a, Never, Some(false)",
            ),
            (
                r#"{"name":"a","scope":{},"expires":[]}"#.to_owned(),
                "a, it withholds the end, None",
            ),
            (
                format!(
                    r#"{{"name":"a",{old}}},{{"name":"b","expires":null,{used}}},{{"name":"c"}}"#
                ),
                "b, Never, None",
            ),
            (
                format!(r#"{{"name":"a",{used}}},{{"name":"b",{used}}}"#),
                "?, it lists 2 tokens and not which of them this is, None",
            ),
            (
                format!(r#"{{"name":"a",{old}}},{{"name":"b"}}"#),
                "?, it lists 2 tokens and not which of them this is, None",
            ),
            (String::new(), "?, it lists no token, None"),
        ] {
            assert_eq!(chosen(&format!(r#"{{"data":[{data}]}}"#)), told, "{data}");
        }
        assert_eq!(
            chosen(r#"{"totalCount":7,"data":[{"name":"a"}]}"#),
            "?, it lists 7 tokens and not which of them this is, None"
        );
        for json in ["{}", r#"{"data":null}"#, r#"{"data":"x"}"#] {
            assert_eq!(chosen(json), "?, the answer holds no list, None");
        }
    }
}
