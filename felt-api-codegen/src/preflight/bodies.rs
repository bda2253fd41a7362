//! Rules about request bodies and responses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Finding;
use super::operations::is_status;
use crate::document::{Operation, is_error_status, join, operations, reference, resolve, target};

pub(super) fn requests(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in operations(spec) {
        let Some(body) = target(spec, &join(&operation.pointer, "requestBody")) else {
            continue;
        };
        let pointer = join(&body, "content");
        let Some(content) = spec.pointer(&pointer).and_then(Value::as_object) else {
            continue;
        };
        if content.len() > 1 {
            let types: Vec<_> = content.keys().map(|name| format!("`{name}`")).collect();
            let why = format!(
                "the body may be {}, and progenitor takes one type",
                types.join(" or ")
            );
            found.push(Finding::new(
                "request-media-types",
                pointer.clone(),
                why,
                "keep one of them",
            ));
        }
        for (name, media) in content {
            let pointer = join(&pointer, name);
            found.extend(
                refused_request(spec, name, media)
                    .map(|(rule, why, fix)| Finding::new(rule, pointer, why, fix)),
            );
        }
    }
    found
}

/// Why progenitor takes no such body: the rule, the reason, what to do.
fn refused_request(
    spec: &Value,
    name: &str,
    media: &Value,
) -> Option<(&'static str, String, &'static str)> {
    let Some(schema) = media.get("schema") else {
        return Some((
            "media-schema",
            "the body has no schema".to_string(),
            "give it one",
        ));
    };
    let essence = name.split(';').next().unwrap_or(name);
    match essence {
        "application/json" | "application/x-www-form-urlencoded" => {
            let has_encoding = media
                .get("encoding")
                .and_then(Value::as_object)
                .is_some_and(|all| !all.is_empty());
            has_encoding.then(|| {
                (
                    "media-encoding",
                    "progenitor knows no `encoding`".to_string(),
                    "leave it out",
                )
            })
        }
        "application/octet-stream" => (!is_plain_string(spec, schema, Some("binary"))).then(|| {
            let why = "the body is bytes, but its schema is not a plain string of format `binary`"
                .to_string();
            (
                "request-schema",
                why,
                "make it {\"type\": \"string\", \"format\": \"binary\"}",
            )
        }),
        "text/plain" | "text/x-markdown" => (!is_plain_string(spec, schema, None)).then(|| {
            let why = "the body is text, but its schema is not a plain string".to_string();
            ("request-schema", why, "make it {\"type\": \"string\"}")
        }),
        _ => {
            let why = format!("progenitor sends no bodies of the type `{name}`");
            let fix = "make it application/json, application/x-www-form-urlencoded, text/plain or \
                       application/octet-stream, or leave the operation out";
            Some(("request-media-type", why, fix))
        }
    }
}

/// A string of this format with nothing that restricts it.
fn is_plain_string(spec: &Value, schema: &Value, format: Option<&str>) -> bool {
    let Some(schema) = resolve(spec, schema).and_then(Value::as_object) else {
        return false;
    };
    let says_nothing = |key: &str| {
        matches!(
            key,
            "description"
                | "title"
                | "example"
                | "deprecated"
                | "externalDocs"
                | "readOnly"
                | "writeOnly"
        )
    };
    let is_plain = |(key, value): (&String, &Value)| match key.as_str() {
        "type" => value == "string",
        "format" => value.as_str() == format,
        "nullable" => value == &Value::Bool(false),
        key => says_nothing(key) || key.starts_with("x-"),
    };
    schema.contains_key("type")
        && schema.contains_key("format") == format.is_some()
        && schema.iter().all(is_plain)
}

pub(super) fn responses(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in operations(spec) {
        let Some(responses) = operation.value.get("responses").and_then(Value::as_object) else {
            continue;
        };
        found.extend(refused_responses(spec, &operation, responses));
        for (rule, what, counts) in [
            ("success-types", "success", is_success as fn(&str) -> bool),
            ("error-types", "error", is_error_status),
        ] {
            found.extend(several(spec, &operation, responses, counts).map(|kinds| {
                let why = format!(
                    "progenitor gives an operation one {what} type, and there are several: {kinds}"
                );
                Finding::new(
                    rule,
                    join(&operation.pointer, "responses"),
                    why,
                    "give all of them the same content, or keep one",
                )
            }));
        }
    }
    found
}

fn json_media(response: &Value) -> Option<(&String, &Value)> {
    let mut content = response.get("content")?.as_object()?.iter();
    content.find(|(name, _)| *name == "application/json" || name.starts_with("application/json;"))
}

fn refused_responses(
    spec: &Value,
    operation: &Operation<'_>,
    responses: &Map<String, Value>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for status in responses.keys() {
        let pointer = join(&join(&operation.pointer, "responses"), status);
        let Some(pointer) = target(spec, &pointer) else {
            continue;
        };
        let Some((name, media)) = spec.pointer(&pointer).and_then(json_media) else {
            continue;
        };
        let pointer = join(&join(&pointer, "content"), name);
        if media.get("schema").is_none() {
            found.push(Finding::new(
                "media-schema",
                pointer.clone(),
                "the JSON has no schema",
                "give it one; {} is any JSON",
            ));
        }
        if media
            .get("encoding")
            .and_then(Value::as_object)
            .is_some_and(|all| !all.is_empty())
        {
            found.push(Finding::new(
                "media-encoding",
                pointer,
                "progenitor knows no `encoding`",
                "leave it out",
            ));
        }
    }
    found
}

fn is_success(status: &str) -> bool {
    status == "default" || status == "101" || status.starts_with('2')
}

/// The statuses that count, with what each answers; none if that is all the same.
fn several(
    spec: &Value,
    operation: &Operation<'_>,
    responses: &Map<String, Value>,
    counts: fn(&str) -> bool,
) -> Option<String> {
    let mut kinds = BTreeMap::new();
    for (status, response) in responses
        .iter()
        .filter(|(status, _)| counts(status) && is_status(status))
    {
        if let Some(response) = resolve(spec, response) {
            // A websocket's `default` is taken for the 101 that it should be.
            let is_upgrade = status == "101"
                || (status == "default" && operation.value.get("x-dropshot-websocket").is_some());
            kinds.insert(status.as_str(), Answer::of(response, is_upgrade));
        }
    }
    // Beside nothing but a range of successes, progenitor drops the default: it is never reached.
    let is_range = |status: &str| status.eq_ignore_ascii_case("2xx");
    if kinds.len() == 2 && kinds.keys().any(|status| is_range(status)) {
        kinds.remove("default");
    }
    let mut different: Vec<&Answer> = kinds.values().collect();
    different.dedup();
    if different.len() < 2 {
        return None;
    }
    let listed: Vec<_> = kinds
        .iter()
        .map(|(status, answer)| format!("{status} is {answer}"))
        .collect();
    Some(listed.join(", "))
}

/// What progenitor makes of a response.
#[derive(PartialEq)]
enum Answer {
    Type(Value),
    Bytes,
    Nothing,
    Upgrade,
}

impl Answer {
    fn of(response: &Value, is_upgrade: bool) -> Self {
        let has_content = response
            .get("content")
            .and_then(Value::as_object)
            .is_some_and(|all| !all.is_empty());
        match json_media(response) {
            Some((_, media)) => {
                let mut schema = media.get("schema").cloned().unwrap_or_default();
                if let Some(schema) = schema.as_object_mut() {
                    // What only a person reads makes no other type.
                    for key in ["description", "example", "deprecated", "externalDocs"] {
                        schema.shift_remove(key);
                    }
                }
                Answer::Type(schema)
            }
            None if is_upgrade => Answer::Upgrade,
            None if has_content => Answer::Bytes,
            None => Answer::Nothing,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Type(schema) => match reference(schema).and_then(|to| to.rsplit('/').next()) {
                Some(name) => write!(f, "`{name}`"),
                None => f.write_str("an inline schema"),
            },
            Answer::Bytes => f.write_str("bytes"),
            Answer::Nothing => f.write_str("empty"),
            Answer::Upgrade => f.write_str("a websocket"),
        }
    }
}
