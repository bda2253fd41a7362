//! Rules about what is sent in another way than it is received.

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, list, members, parts_of_all, target};
use crate::reach::{flagged, parts, sent, sent_by};

pub(crate) static UPDATE_ABSENT: Rule = Rule {
    name: "update-absent",
    severity: Severity::Warning,
    text: "The body of an update (a PATCH, a PUT, or a POST whose body requires nothing) has a \
           property that may be left out, and typify does not tell what is left out from what is \
           null or empty: it sends neither null nor an empty list or map. What has a default is \
           the other way round: it is always sent, and sets what the caller did not think of. \
           Make a property {} (any JSON) that has to be sent as null or empty, and leave the \
           default out. (A POST that creates something may mean nothing else by what is left \
           out; then there is nothing to do.)",
    before: "patch:\n  requestBody:\n    content:\n      application/json:\n        schema:\n          type: object\n          properties:\n            note: {type: string, nullable: true}\n            size: {type: integer, default: 10}",
    after: "patch:\n  requestBody:\n    content:\n      application/json:\n        schema:\n          type: object\n          properties:\n            note: {description: a string or null}\n            size: {type: integer}",
};

pub(crate) static READ_ONLY_REQUIRED: Rule = Rule {
    name: "read-only-required",
    severity: Severity::Warning,
    text: "A request body requires a property that is readOnly: OpenAPI means it to be required of \
           answers only, and servers may refuse it, but in Rust callers have to give it. (Where a \
           schema is in no answer, an adapted spec does not require it.) Have a schema for \
           requests that does not have it.",
    before: "Pet:\n  type: object\n  required: [id]\n  properties: {id: {type: string, readOnly: true}, name: {type: string}}",
    after: "Pet:\n  type: object\n  required: [id]\n  properties: {id: {type: string, readOnly: true}, name: {type: string}}\nNewPet:\n  type: object\n  properties: {name: {type: string}}",
};

pub(super) fn read_only(parts: &Parts<'_>) -> Vec<Finding> {
    let spec = parts.spec;
    let mut found = Vec::new();
    for pointer in sent(spec) {
        let all = parts_of_all(spec, &pointer);
        let names = flagged(spec, &all, "readOnly");
        for part in all.iter().filter(|_| !names.is_empty()) {
            let required = spec.pointer(part).map(|part| list(part, "required"));
            let mut required = required
                .unwrap_or_default()
                .iter()
                .filter_map(Value::as_str);
            if let Some(name) = required.find(|name| names.contains(*name)) {
                let why = format!("`{name}` is `readOnly`, and callers have to send it");
                let fix = "have a schema for requests without it";
                found.push(Finding::new(&READ_ONLY_REQUIRED, part.as_str(), why, fix));
            }
        }
    }
    found
}

pub(super) fn updates(parts: &Parts<'_>) -> Vec<Finding> {
    let spec = parts.spec;
    let mut found = Vec::new();
    for pointer in sent_by(spec, &|operation| is_update(spec, operation)) {
        let Some(schema) = spec.pointer(&pointer) else {
            continue;
        };
        let required = list(schema, "required");
        let is_required = |name: &str| required.iter().any(|one| one == name);
        let mut why = Vec::new();
        for lost in [Lost::Null, Lost::Empty, Lost::Absence] {
            let mut names = Vec::new();
            for (name, property) in members(schema.get("properties")) {
                if !is_required(name) && Lost::of(property) == Some(lost) {
                    names.push(format!("`{name}`"));
                }
            }
            if !names.is_empty() {
                why.push(format!("{}: {}", lost.told(), names.join(", ")));
            }
        }
        if !why.is_empty() {
            let fix = "make what has to be null or empty `{}`, and leave defaults out";
            found.push(Finding::new(&UPDATE_ABSENT, pointer, why.join("; "), fix));
        }
    }
    found
}

/// Whether what is left out of the body stays as it was, as far as that shows: some servers take updates by POST.
fn is_update(spec: &Value, operation: &str) -> bool {
    match operation.rsplit('/').next() {
        Some("patch" | "put") => true,
        Some("post") => requires_nothing(spec, &format!("{operation}/requestBody")),
        _ => false,
    }
}

/// Whether a body is an object of which everything may be left out.
fn requires_nothing(spec: &Value, body: &str) -> bool {
    let Some(body) = target(spec, body) else {
        return false;
    };
    let mut all = Vec::new();
    for schema in parts(spec, &body, Kind::RequestBody) {
        for part in parts_of_all(spec, &schema) {
            all.extend(spec.pointer(&part));
        }
    }
    let may_ask = ["anyOf", "oneOf", "required"];
    all.iter().any(|part| part.get("properties").is_some())
        && !all
            .iter()
            .any(|part| may_ask.iter().any(|key| !list(part, key).is_empty()))
}

/// What cannot be sent of a property that may be left out.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    Null,
    Empty,
    Absence,
}

impl Lost {
    /// None if everything can. What is referred to is a type of its own, which is left out as a whole.
    fn of(property: &Value) -> Option<Self> {
        let get = |key: &str| property.get(key).filter(|value| !value.is_null());
        let kind = get("type").and_then(Value::as_str);
        let is_sent = match get("default") {
            None => false,
            Some(Value::Array(list)) => !list.is_empty(),
            Some(default) => !default.is_object(),
        };
        let is_list = kind == Some("array") && get("uniqueItems") != Some(&Value::Bool(true));
        let may_be_empty = get("minItems").is_none_or(|least| *least == 0)
            && get("minProperties").is_none_or(|least| *least == 0);
        // What says nothing else may be null anyway.
        let is_typed = ["type", "enum", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| get(key).is_some());
        let is_nullable = is_typed && get("nullable") == Some(&Value::Bool(true));
        let is_closed = get("additionalProperties") == Some(&Value::Bool(false));
        let is_map = kind == Some("object") && get("properties").is_none() && !is_closed;
        match () {
            () if is_sent => Some(Lost::Absence),
            () if is_nullable => Some(Lost::Null),
            () if (is_list || is_map) && may_be_empty => Some(Lost::Empty),
            () => None,
        }
    }

    fn told(self) -> &'static str {
        match self {
            Lost::Null => "cannot be sent as null",
            Lost::Empty => "cannot be sent empty",
            Lost::Absence => "sent with its default if the caller says nothing",
        }
    }
}
