//! Rules about responses.

use serde_json::{Map, Value};

use super::operations::is_status;
use super::requests::{MEDIA_ENCODING, MEDIA_SCHEMA};
use super::{Finding, Parts, Rule, Severity};
use crate::document::{Operation, is_error_status, join, keys, reference, resolve, target};

pub(crate) static ERROR_TYPES: Rule = Rule {
    name: "error-types",
    severity: Severity::Refused,
    text: "The error responses of an operation have several types. progenitor gives an operation \
           one error type and panics (`response_types.len() <= 1`). Specs that were adapted never \
           have this, since there all errors arrive as bytes; otherwise give all of them the same \
           content.",
    before: "404: {description: gone, content: {application/json: {schema: {type: string}}}}\n500: {description: sorry}",
    after: "404: {description: gone}\n500: {description: sorry}",
};

pub(crate) static REDIRECT: Rule = Rule {
    name: "redirect",
    severity: Severity::Warning,
    text: "An operation answers with nothing but a redirect. progenitor knows no such answers: a \
           client that follows redirects, as reqwest's do unless told otherwise, hands on what \
           comes from where it is led, as bytes, and one that does not takes the redirect for an \
           error. Document the answer at the end of the redirect; to see the redirect itself, \
           give the client a policy that follows none, and look at the unexpected response.",
    before: "responses:\n  302: {description: the file is elsewhere}",
    after: "responses:\n  200: {description: the file, content: {application/octet-stream: {schema: {type: string, format: binary}}}}",
};

pub(crate) static RESPONSE_MEDIA_TYPE: Rule = Rule {
    name: "response-media-type",
    severity: Severity::Warning,
    text: "A success is JSON by another name than application/json (application/vnd.api+json, \
           text/json). progenitor types only that one; this arrives as a stream of bytes, and the \
           schema is not looked at. Write application/json if the server answers to it. Or it is \
           of other types beside JSON, which the client never asks for: keep those that are \
           needed in an operation of their own.",
    before: "content: {application/vnd.api+json: {schema: {type: object}}}",
    after: "content: {application/json: {schema: {type: object}}}",
};

pub(crate) static SUCCESS_TYPES: Rule = Rule {
    name: "success-types",
    severity: Severity::Refused,
    text: "The success responses of an operation have several types: 200 with JSON beside 204 \
           with nothing, say. progenitor gives an operation one success type and panics \
           (`response_types.len() <= 1`). Keep the one that matters; the others then arrive as \
           unexpected responses, with their status.",
    before: "200: {description: a, content: {application/json: {schema: {type: string}}}}\n204: {description: b}",
    after: "200: {description: a, content: {application/json: {schema: {type: string}}}}",
};

pub(super) fn responses(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let spec = parts.spec;
    for operation in &parts.operations {
        let Some(responses) = operation.value.get("responses").and_then(Value::as_object) else {
            continue;
        };
        found.extend(refused_responses(spec, operation, responses));
        found.extend(redirects(operation, responses));
        for (rule, what, counts) in [
            (&SUCCESS_TYPES, "success", is_success as fn(&str) -> bool),
            (&ERROR_TYPES, "error", is_error_status),
        ] {
            found.extend(several(spec, operation, responses, counts).map(|kinds| {
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
        let Some(response) = spec.pointer(&pointer) else {
            continue;
        };
        let Some((name, media)) = json_media(response) else {
            found.extend(
                is_success(status)
                    .then(|| by_another_name(&pointer, response))
                    .flatten(),
            );
            continue;
        };
        let others = other_types(response, name);
        if is_success(status) && !others.is_empty() {
            let why = format!(
                "progenitor asks for `{name}` alone, so that {} never comes",
                others.join(" or ")
            );
            let fix = "leave it out, or keep it in an operation of its own";
            found.push(Finding::new(
                &RESPONSE_MEDIA_TYPE,
                join(&pointer, "content"),
                why,
                fix,
            ));
        }
        let pointer = join(&join(&pointer, "content"), name);
        if media.get("schema").is_none() {
            found.push(Finding::new(
                &MEDIA_SCHEMA,
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
                &MEDIA_ENCODING,
                pointer,
                "progenitor knows no `encoding`",
                "leave it out",
            ));
        }
    }
    found
}

/// What stands beside JSON.
fn other_types(response: &Value, json: &str) -> Vec<String> {
    let names = keys(response.get("content"));
    names
        .filter(|name| *name != json)
        .map(|name| format!("`{name}`"))
        .collect()
}

/// An operation whose answers are redirects.
fn redirects(operation: &Operation<'_>, responses: &Map<String, Value>) -> Option<Finding> {
    let mut redirects = responses.keys().filter(|status| status.starts_with('3'));
    let status = redirects.find(|status| *status != "304")?;
    let has_success = responses.keys().any(|status| is_success(status));
    (!has_success).then(|| {
        let why =
            format!("the only answer is {status}, which a client follows, or takes for an error");
        let fix = "document what comes where it leads";
        Finding::new(&REDIRECT, join(&operation.pointer, "responses"), why, fix)
    })
}

/// JSON that progenitor does not take for JSON.
fn by_another_name(pointer: &str, response: &Value) -> Option<Finding> {
    let content = response.get("content")?.as_object()?;
    let is_json = |name: &&String| {
        let essence = name
            .split(';')
            .next()
            .unwrap_or(name)
            .trim()
            .to_ascii_lowercase();
        essence.ends_with("+json") || essence.ends_with("/json")
    };
    let name = content.keys().find(is_json)?;
    let why = format!("progenitor does not take `{name}` for JSON, so that this arrives as bytes");
    let fix = "write application/json if the server answers to it";
    let pointer = join(&join(pointer, "content"), name);
    Some(Finding::new(&RESPONSE_MEDIA_TYPE, pointer, why, fix))
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
    let mut kinds = Vec::new();
    for (status, response) in responses
        .iter()
        .filter(|(status, _)| counts(status) && is_status(status))
    {
        if let Some(response) = resolve(spec, response) {
            // A websocket's `default` is taken for the 101 that it should be.
            let is_upgrade = status == "101"
                || (status == "default" && operation.value.get("x-dropshot-websocket").is_some());
            kinds.push((status.as_str(), Answer::of(response, is_upgrade)));
        }
    }
    // Beside nothing but a range of successes, progenitor drops the default: it is never reached.
    let is_range = |status: &str| status.eq_ignore_ascii_case("2xx");
    if kinds.len() == 2 && kinds.iter().any(|(status, _)| is_range(status)) {
        kinds.retain(|(status, _)| *status != "default");
    }
    let (_, first) = kinds.first()?;
    if kinds.iter().all(|(_, answer)| answer == first) {
        return None;
    }
    let mut listed: Vec<_> = kinds
        .iter()
        .map(|(status, answer)| format!("{status} is {answer}"))
        .collect();
    listed.sort();
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
