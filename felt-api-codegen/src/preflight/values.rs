//! Rules about what parameters may be: they are written as text.

use serde_json::Value;

use super::parameters::{Parameter, of};
use super::{Finding, Parts, Rule, Severity};
use crate::document::{is_nullable, list, resolve};

pub(crate) static HEADER_NAME: Rule = Rule {
    name: "header-name",
    severity: Severity::Refused,
    text: "The name of a header parameter has signs that no header may have. The generated method \
           would panic when it is called. Correct the name.",
    before: "in: header\nname: request id",
    after: "in: header\nname: request-id",
};

pub(crate) static PARAMETER_EXPLODE: Rule = Rule {
    name: "parameter-explode",
    severity: Severity::Warning,
    text: "A list in the query is to be written as one value (explode: false: ids=1,2). \
           progenitor does not look at that, and repeats the parameter (ids=1&ids=2). If the \
           server does not take that, make the parameter a string, into which callers write the \
           commas.",
    before: "in: query\nname: ids\nexplode: false\nschema: {type: array, items: {type: string}}",
    after: "in: query\nname: ids\nschema: {type: string, description: Ids with commas between them}",
};

pub(crate) static PARAMETER_TYPE: Rule = Rule {
    name: "parameter-type",
    severity: Severity::Refused,
    text: "A parameter in a path or a header is a list, an object, or any value, or may be null. \
           progenitor writes such parameters by `to_string()`, which these types do not have, or \
           which puts quotes around them. Make it a string, a number or a boolean.",
    before: "in: path\nname: ids\nrequired: true\nschema: {type: array, items: {type: string}}",
    after: "in: path\nname: ids\nrequired: true\nschema: {type: string}",
};

pub(crate) static QUERY_NESTED: Rule = Rule {
    name: "query-nested",
    severity: Severity::Warning,
    text: "A query parameter is a list of lists or of objects, or an object with such things in \
           it, or any JSON ({}), which may be such a thing. A query is flat: every call that \
           gives the parameter so fails when the request is built. Make it a string, into which callers write what the server expects.",
    before: "in: query\nname: filters\nschema: {type: array, items: {type: object}}",
    after: "in: query\nname: filters\nschema: {type: string, description: JSON}",
};

pub(super) fn values(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in &parts.operations {
        for parameter in of(parts.spec, operation) {
            found.extend(look(parts.spec, &parameter));
        }
    }
    found
}

fn look(spec: &Value, parameter: &Parameter<'_>) -> Option<Finding> {
    let name = parameter.name;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if parameter.place == "header" && (name.is_empty() || !name.chars().all(is_token)) {
        let why = format!("no header can be called `{name}`");
        return Some(Finding::new(
            &HEADER_NAME,
            parameter.pointer.as_str(),
            why,
            "correct the name",
        ));
    }
    let schema = parameter.value.get("schema")?;
    match parameter.place {
        "path" | "header" if !is_plain(spec, schema, DEEPEST) => {
            let why = format!(
                "`{name}` is written as text, and may be something else than a string, a number or a boolean"
            );
            let fix = "make it one of these";
            Some(Finding::new(
                &PARAMETER_TYPE,
                parameter.pointer.as_str(),
                why,
                fix,
            ))
        }
        "query" => {
            let schema = resolve(spec, schema)?;
            let kind = schema.get("type").and_then(Value::as_str);
            let nested = |why: &str| {
                let why = format!("`{name}` {why}, and a query is flat");
                let pointer = parameter.pointer.as_str();
                Finding::new(&QUERY_NESTED, pointer, why, "make it a string")
            };
            if is_any(schema) {
                return Some(nested("may be any JSON, a list or an object too"));
            }
            let parts: Vec<&Value> = match kind {
                Some("array") => schema.get("items").into_iter().collect(),
                Some("object") => schema.get("properties")?.as_object()?.values().collect(),
                _ => return None,
            };
            if !parts.iter().all(|part| is_scalar(spec, part, DEEPEST)) {
                return Some(nested("has lists or objects in it"));
            }
            let has_any = |part: &&Value| resolve(spec, part).is_some_and(is_any);
            if parts.iter().any(has_any) {
                return Some(nested("may have lists or objects in it"));
            }
            let is_one = parameter.value.get("explode") == Some(&Value::Bool(false));
            (is_one && kind == Some("array")).then(|| {
                let why = format!(
                    "`{name}` is to be one value, and progenitor repeats it for each element"
                );
                let fix = "make it a string if the server does not take that";
                Finding::new(&PARAMETER_EXPLODE, parameter.pointer.as_str(), why, fix)
            })
        }
        _ => None,
    }
}

/// Whether typify makes any JSON of it.
fn is_any(schema: &Value) -> bool {
    let says = [
        "type",
        "enum",
        "allOf",
        "anyOf",
        "oneOf",
        "properties",
        "items",
        "additionalProperties",
        "required",
        "minLength",
        "maxLength",
    ];
    schema.is_object() && says.iter().all(|key| schema.get(*key).is_none())
}

/// How deep a schema is looked into.
pub(super) const DEEPEST: usize = 16;

/// Whether every value can be written as it is, and read as what it was.
fn is_plain(spec: &Value, schema: &Value, depth: usize) -> bool {
    let Some(schema) = resolve(spec, schema).filter(|_| depth > 0) else {
        return false;
    };
    if is_nullable(schema) {
        return false;
    }
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        return matches!(kind, "string" | "integer" | "number" | "boolean");
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().all(Value::is_string);
    }
    let mut lists = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(*key)?.as_array());
    match lists.next() {
        Some(list) => list.iter().all(|part| is_plain(spec, part, depth - 1)),
        // From these typify concludes that it is a string.
        None => ["minLength", "maxLength"]
            .iter()
            .any(|key| schema.get(*key).is_some()),
    }
}

/// Whether there is no list and no object in it, as far as it says.
pub(super) fn is_scalar(spec: &Value, schema: &Value, depth: usize) -> bool {
    let Some(schema) = resolve(spec, schema).filter(|_| depth > 0) else {
        return true;
    };
    let kind = schema.get("type").and_then(Value::as_str);
    !matches!(kind, Some("array" | "object"))
        && schema.get("properties").is_none()
        && list(schema, "allOf")
            .iter()
            .all(|part| is_scalar(spec, part, depth - 1))
}
