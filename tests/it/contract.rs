//! The documented contract of the calls in use, cut to `tests/contract.json`: what a request may ask and what an answer
//! may look like.
//!
//! [`check_request`] and [`check_answer`] serve both sides: the embedded organization is held to the contract by them,
//! and so is every client that is recorded talking to it.

mod asked;
mod tests;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use self::asked::{Asked, Sub, parse_fields};

#[derive(Deserialize)]
struct Contract {
    calls: Vec<Call>,
    types: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Call {
    method: String,
    path: String,
    #[serde(default)]
    in_path: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    body: BTreeMap<String, String>,
    answer: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Type {
    class_name: Option<String>,
    extends: Option<String>,
    #[serde(default, rename = "abstract")]
    is_abstract: bool,
    #[serde(default)]
    subtypes: Vec<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    extensions: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    forms: Vec<String>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let contract = serde_json::from_str(include_str!("../contract.json"));
    contract.expect("the contract reads")
});

/// Whether every part of a request is documented: its parameters with their types, each name in `$fields` down to
/// the last, and the members of the body.
///
/// `path` follows `/api/http/` or has it; `path` and `query` are as sent.
pub(crate) fn check_request(
    method: &str,
    path: &str,
    query: &str,
    body: &str,
) -> Result<(), String> {
    let call = call(method, path)?;
    for (name, value) in pairs(query) {
        if name == "$fields" {
            CONTRACT.may_ask(&call.answer, &parse_fields(&value)?, "$fields")?;
            continue;
        }
        let of = call.query.get(&name);
        let of = of.ok_or_else(|| format!("{} has no parameter {name}", call.path))?;
        let of = of.trim_end_matches('?');
        let of = inside(of, "array").unwrap_or(of);
        CONTRACT.may_be_text(of, &value, &name)?;
    }
    for (name, of) in &call.query {
        if !of.ends_with('?') && pairs(query).all(|(given, _)| given != *name) {
            return Err(format!("{} needs the parameter {name}", call.path));
        }
    }
    if call.body.is_empty() {
        return match body {
            "" => Ok(()),
            _ => Err(format!("{} takes no body", call.path)),
        };
    }
    let body: Value = serde_json::from_str(body).map_err(|error| format!("the body: {error}"))?;
    let body = body.as_object().ok_or("the body is no object")?;
    let mut names = body.keys();
    if let Some(name) = names.find(|name| !call.body.contains_key(*name)) {
        return Err(format!("{} has no {name} in its body", call.path));
    }
    for (name, of) in &call.body {
        match body.get(name) {
            Some(value) => CONTRACT.may_be_sent(of.trim_end_matches('?'), value, name)?,
            None if of.ends_with('?') => {}
            None => return Err(format!("{} needs {name} in its body", call.path)),
        }
    }
    Ok(())
}

/// Whether an answer has the documented shape and holds what the request asked for, no more and no less.
pub(crate) fn check_answer(
    method: &str,
    path: &str,
    query: &str,
    json: &Value,
) -> Result<(), String> {
    let call = call(method, path)?;
    let asked = pairs(query).find(|(name, _)| name == "$fields");
    let asked = match asked {
        Some((_, text)) => parse_fields(&text)?,
        None => Asked::everything(),
    };
    CONTRACT.may_come(&call.answer, json, &[&asked], call.path.as_str())
}

fn call(method: &str, path: &str) -> Result<&'static Call, String> {
    let path = path
        .split_once("api/http/")
        .map_or(path, |(_, after)| after);
    let given: Vec<String> = path.split('/').map(decode).collect();
    let fits = |call: &&Call| {
        let wanted: Vec<&str> = call.path.split('/').collect();
        call.method == method
            && wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| {
                let Some((before, name)) = wanted.split_once('{') else {
                    return wanted == given;
                };
                let of = &call.in_path[name.trim_end_matches('}')];
                let value = given.strip_prefix(before);
                value.is_some_and(|value| CONTRACT.may_be_text(of, value, name).is_ok())
            })
    };
    let fitting = CONTRACT.calls.iter().filter(fits);
    // Where a word of the path could also be an identifier, it is the word.
    let best = fitting.min_by_key(|call| call.in_path.len());
    best.ok_or_else(|| format!("there is no call {method} {path}"))
}

impl Contract {
    fn object(&self, name: &str) -> Option<&Type> {
        let found = self.types.get(name)?;
        let plain = found.values.is_empty() && found.forms.is_empty();
        plain.then_some(found)
    }

    /// The documented field, with those of the types above and, for asking, of all subtypes.
    fn field(&self, of: &str, name: &str) -> Option<&str> {
        let found = self.types.get(of)?;
        let own = found
            .fields
            .get(name)
            .or_else(|| found.extensions.get(name));
        own.map(String::as_str)
            .or_else(|| self.field(found.extends.as_deref()?, name))
    }

    fn field_to_ask(&self, of: &str, name: &str) -> Option<&str> {
        let in_subtypes = || {
            let mut subtypes = self.types.get(of)?.subtypes.iter();
            subtypes.find_map(|subtype| self.field(subtype, name))
        };
        self.field(of, name).or_else(in_subtypes)
    }

    fn may_ask(&self, of: &str, asked: &Asked, at: &str) -> Result<(), String> {
        let of = of.trim_end_matches('?');
        if let Some(of) = inside(of, "Batch") {
            for (name, sub) in &asked.names {
                match (name.as_str(), sub) {
                    ("next" | "totalCount" | "data", Sub::Default) => {}
                    ("data", Sub::List(list)) => self.may_ask(of, list, "data")?,
                    _ => return Err(format!("{at}: a batch has no {name}")),
                }
            }
            return Ok(());
        }
        let of = inside(of, "array").or(inside(of, "map")).unwrap_or(of);
        for (name, sub) in &asked.names {
            if name == "className" {
                continue;
            }
            let field = self.field_to_ask(of, name);
            let field = field.ok_or_else(|| format!("{at}: {of} has no field {name}"))?;
            if let Sub::List(list) = sub {
                self.may_ask(field, list, &format!("{at}.{name}"))?;
            }
        }
        Ok(())
    }

    /// Whether `text` can stand in a path, a query or a body for a value of this type.
    fn may_be_text(&self, of: &str, text: &str, at: &str) -> Result<(), String> {
        let good = match of {
            "string" => true,
            "int" => text.parse::<u32>().is_ok(),
            "bool" => matches!(text, "true" | "false"),
            "datetime" => is_instant(text),
            "date" => is_day(text),
            _ => match self.types.get(of) {
                Some(found) if !found.values.is_empty() => {
                    found.values.iter().any(|value| value == text)
                }
                Some(found) if !found.forms.is_empty() => {
                    found.forms.iter().any(|form| self.has_form(form, text))
                }
                _ => false,
            },
        };
        if good {
            Ok(())
        } else {
            Err(format!("{at}: '{text}' is no {of}"))
        }
    }

    fn has_form(&self, form: &str, text: &str) -> bool {
        let Some((before, parameter)) = form.split_once('<') else {
            return form == text;
        };
        text.strip_prefix(before)
            .is_some_and(|value| match parameter {
                "project>" => self.may_be_text("ProjectIdentifier", value, "").is_ok(),
                "profile>" => self.may_be_text("ProfileIdentifier", value, "").is_ok(),
                _ => !value.is_empty(),
            })
    }

    fn may_be_sent(&self, of: &str, value: &Value, at: &str) -> Result<(), String> {
        if let Some(text) = value.as_str() {
            return self.may_be_text(of, text, at);
        }
        let object = value
            .as_object()
            .ok_or_else(|| format!("{at} is no {of}"))?;
        let of = self.class(of, object, at)?;
        for (name, value) in object.iter().filter(|(name, _)| *name != "className") {
            let field = self.field(of, name);
            let field = field.ok_or_else(|| format!("{at}: {of} has no field {name}"))?;
            self.may_be_sent(field.trim_end_matches('?'), value, name)?;
        }
        Ok(())
    }

    /// The type that an object says it is, if it is `of` or one of its subtypes.
    fn class<'c>(
        &'c self,
        of: &'c str,
        object: &Map<String, Value>,
        at: &str,
    ) -> Result<&'c str, String> {
        let found = self.object(of);
        let found = found.ok_or_else(|| format!("{at}: the contract does not know {of}"))?;
        let Some(class) = object.get("className").and_then(Value::as_str) else {
            return if found.is_abstract {
                Err(format!("{at}: a {of} must carry className"))
            } else {
                Ok(of)
            };
        };
        let candidates = found.subtypes.iter().map(String::as_str).chain([of]);
        let mut same = candidates.filter(|name| {
            let documented = self.types[*name].class_name.as_deref();
            documented == Some(class)
        });
        same.next()
            .ok_or_else(|| format!("{at}: '{class}' is no class of {of}"))
    }

    /// `around` is what was asked of this value and of the objects around it, innermost last.
    fn may_come(&self, of: &str, value: &Value, around: &[&Asked], at: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{at}: {value} is no {what}"));
        if let Some(of) = of.strip_suffix('?') {
            return match value {
                Value::Null => Ok(()),
                _ => self.may_come(of, value, around, at),
            };
        }
        if let Some(of) = inside(of, "array") {
            let Some(elements) = value.as_array() else {
                return wrong("list");
            };
            for (place, element) in elements.iter().enumerate() {
                self.may_come(of, element, around, &format!("{at}[{place}]"))?;
            }
            return Ok(());
        }
        if inside(of, "map").is_some() {
            return if value.is_object() {
                Ok(())
            } else {
                wrong("map")
            };
        }
        if let Some(of) = inside(of, "Batch") {
            return self.batch_may_come(of, value, around, at);
        }
        match (of, value) {
            ("string", Value::String(_)) | ("bool", Value::Bool(_)) => return Ok(()),
            ("int" | "long", Value::Number(number)) if number.is_i64() => return Ok(()),
            ("date", Value::Object(date)) => {
                return match date.get("iso").and_then(Value::as_str) {
                    Some(iso) if is_day(iso) => Ok(()),
                    _ => wrong("date"),
                };
            }
            ("datetime", Value::Object(time)) => {
                let iso = time.get("iso").and_then(Value::as_str);
                let both = iso.is_some_and(is_instant)
                    && time.get("timestamp").is_some_and(Value::is_i64)
                    && time.len() == 2;
                return if both { Ok(()) } else { wrong("datetime") };
            }
            ("string" | "bool" | "int" | "long" | "date" | "datetime", _) => return wrong(of),
            _ => {}
        }
        match (self.object(of), value) {
            (None, Value::String(text)) => self.may_be_text(of, text, at),
            (_, Value::Object(object)) => self.object_may_come(of, object, around, at),
            _ => wrong(of),
        }
    }

    fn batch_may_come(
        &self,
        of: &str,
        value: &Value,
        around: &[&Asked],
        at: &str,
    ) -> Result<(), String> {
        let asked = around.last().expect("something was asked");
        let batch = value.as_object().ok_or(format!("{at}: no batch"))?;
        for (name, value) in batch {
            if asked.sub(name).is_none() && !asked.star {
                return Err(format!("{at}: {name} was not asked for"));
            }
            let good = match name.as_str() {
                "next" => value.as_str().is_some_and(|next| !next.is_empty()),
                "totalCount" => value.is_null() || value.is_u64(),
                "data" => true,
                _ => false,
            };
            if !good {
                return Err(format!("{at}: {value} is no {name} of a batch"));
            }
        }
        for name in ["next", "totalCount", "data"] {
            if (asked.star || asked.sub(name).is_some()) && !batch.contains_key(name) {
                return Err(format!("{at}: {name} is missing"));
            }
        }
        let Some(data) = batch.get("data") else {
            return Ok(());
        };
        let default = Asked::everything();
        let list = match asked.sub("data") {
            Some(Sub::List(list)) => list,
            _ => &default,
        };
        let around = [around, &[list]].concat();
        self.may_come(&format!("array<{of}>"), data, &around, at)
    }

    fn object_may_come(
        &self,
        of: &str,
        object: &Map<String, Value>,
        around: &[&Asked],
        at: &str,
    ) -> Result<(), String> {
        let asked = around.last().expect("something was asked");
        let of = self.class(of, object, at)?;
        let denied = denied(object, at)?;
        let own = |name: &str| {
            let own = self.types[of].fields.contains_key(name);
            let above = self.types[of].extends.as_deref();
            own || above.is_some_and(|above| self.types[above].fields.contains_key(name))
        };
        for (name, value) in object {
            if matches!(name.as_str(), "className" | "$errors") {
                continue;
            }
            let at = format!("{at}.{name}");
            let field = self.field(of, name);
            let field = field.ok_or_else(|| format!("{at}: {of} has no such field"))?;
            let sub = asked.sub(name);
            if sub.is_none() && !(asked.star && own(name)) && name != "id" {
                return Err(format!("{at} was not asked for"));
            }
            let default = Asked::everything();
            let around = match sub {
                Some(Sub::List(list)) => [around, &[list]].concat(),
                Some(Sub::Again(levels)) => around[..=around.len() - levels].to_vec(),
                _ => [around, &[&default]].concat(),
            };
            self.may_come(field, value, &around, &at)?;
        }
        let named = asked.names.iter().map(|(name, _)| name);
        for name in named.filter(|name| self.field(of, name).is_some()) {
            if !object.contains_key(name) && !denied.contains(&name.as_str()) {
                return Err(format!("{at}: {name} was asked for and is missing"));
            }
        }
        Ok(())
    }
}

/// The fields that an object's `$errors` name.
fn denied<'o>(object: &'o Map<String, Value>, at: &str) -> Result<Vec<&'o str>, String> {
    let mut denied = Vec::new();
    let errors = object.get("$errors").and_then(Value::as_array);
    for error in errors.into_iter().flatten() {
        if error["className"] != "HA_InlineError.InaccessibleFields"
            || !error["message"].is_string()
        {
            return Err(format!("{at}: {error} is no inline error"));
        }
        let fields = error["fields"].as_array().into_iter().flatten();
        denied.extend(fields.filter_map(Value::as_str));
    }
    match denied.iter().find(|name| object.contains_key(**name)) {
        Some(name) => Err(format!("{at}: {name} cannot be read and is there")),
        None => Ok(denied),
    }
}

fn inside<'t>(of: &'t str, generic: &str) -> Option<&'t str> {
    of.strip_prefix(generic)?
        .strip_prefix('<')?
        .strip_suffix('>')
}

fn is_day(text: &str) -> bool {
    text.parse::<muster::domain::time::Day>().is_ok()
}

fn is_instant(text: &str) -> bool {
    let instant = text.parse::<muster::domain::time::Timestamp>();
    instant.is_ok_and(|instant| instant.to_string() == text)
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned()
}

fn decode(segment: &str) -> String {
    // A plus sign means itself in a path.
    let pair = format!("x={}", segment.replace('+', "%2B"));
    pairs(&pair)
        .map(|(_, value)| value)
        .next()
        .unwrap_or_default()
}
