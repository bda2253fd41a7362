//! Rules about request bodies.

use serde_json::Value;

use super::values::{DEEPEST, is_scalar};
use super::{Finding, Parts, Rule, Severity};
use crate::document::{is_word, join, list, members, parts_of_all, resolve, target};

pub(crate) static FORM_NESTED: Rule = Rule {
    name: "form-nested",
    severity: Severity::Warning,
    text: "A form (application/x-www-form-urlencoded) has a property that is a list or an object; or \
           it is one of several things, and one of them is no object. A form is flat: every call \
           that gives such a thing fails before it is sent, and if the form requires it, every \
           call does. Make it a string, into which callers write what the server expects, \
           or send JSON if the server takes it.",
    before: "application/x-www-form-urlencoded:\n  schema:\n    type: object\n    properties: {tags: {type: array, items: {type: string}}}",
    after: "application/x-www-form-urlencoded:\n  schema:\n    type: object\n    properties: {tags: {type: string, description: Tags with commas between them}}",
};

pub(crate) static MEDIA_ENCODING: Rule = Rule {
    name: "media-encoding",
    severity: Severity::Refused,
    text: "A body has an `encoding`, which says how its parts are sent. progenitor panics on it. \
           Leave it out if the server takes the usual one too.",
    before: "application/x-www-form-urlencoded:\n  schema: {type: object}\n  encoding: {tags: {explode: false}}",
    after: "application/x-www-form-urlencoded:\n  schema: {type: object}",
};

pub(crate) static MEDIA_SCHEMA: Rule = Rule {
    name: "media-schema",
    severity: Severity::Refused,
    text: "A body that has to be typed, since it is sent or is JSON, has no schema. progenitor \
           refuses or panics. Give it one; {} is any JSON.",
    before: "application/json: {}",
    after: "application/json: {schema: {}}",
};

pub(crate) static OPTIONAL_BODY: Rule = Rule {
    name: "optional-body",
    severity: Severity::Warning,
    text: "A request body is optional (`required` is false, or not there, which says the same). \
           progenitor makes it an argument that has to be given. If the server always needs it, \
           as with most that only forget to say so, say so; otherwise callers have to send the \
           least that its schema allows.",
    before: "requestBody:\n  content: {application/json: {schema: {type: object}}}",
    after: "requestBody:\n  required: true\n  content: {application/json: {schema: {type: object}}}",
};

pub(crate) static REQUEST_MEDIA_TYPE: Rule = Rule {
    name: "request-media-type",
    severity: Severity::Refused,
    text: "A request body is of a type that progenitor does not send: multipart, XML and others. \
           It takes application/json, application/x-www-form-urlencoded, text/plain, \
           text/x-markdown and application/octet-stream. Make it one of these if the server takes \
           it, or leave the operation out of the spec and send it by hand.",
    before: "requestBody:\n  content: {multipart/form-data: {schema: {type: object}}}",
    after: "requestBody:\n  content: {application/json: {schema: {type: object}}}",
};

pub(crate) static REQUEST_MEDIA_TYPES: Rule = Rule {
    name: "request-media-types",
    severity: Severity::Refused,
    text: "A request body may be of several types, none of which is JSON (with JSON among them, \
           that is taken). progenitor panics. Keep one.",
    before: "content:\n  text/plain: {schema: {type: string}}\n  text/x-markdown: {schema: {type: string}}",
    after: "content:\n  text/plain: {schema: {type: string}}",
};

pub(crate) static REQUEST_SCHEMA: Rule = Rule {
    name: "request-schema",
    severity: Severity::Refused,
    text: "A request body of text or bytes is described by more than a plain string. progenitor \
           hands such a body on as it is, and refuses any schema but {type: string} for text and \
           {type: string, format: binary} for bytes. Or a form is no object: it has names and \
           values, so that every call fails before it is sent.",
    before: "text/plain: {schema: {type: string, maxLength: 10}}",
    after: "text/plain: {schema: {type: string}}",
};

pub(super) fn requests(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let spec = parts.spec;
    for operation in &parts.operations {
        let Some(body) = target(spec, &join(&operation.pointer, "requestBody")) else {
            continue;
        };
        found.extend(optional(spec, &body));
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
                &REQUEST_MEDIA_TYPES,
                pointer.clone(),
                why,
                "keep one of them",
            ));
        }
        for (name, media) in content {
            let pointer = join(&pointer, name);
            if essence(name) == "application/x-www-form-urlencoded" {
                found.extend(form(spec, &join(&pointer, "schema")));
            }
            found.extend(
                refused_request(spec, name, media)
                    .map(|(rule, why, fix)| Finding::new(rule, pointer, why, fix)),
            );
        }
    }
    found
}

/// A media type without its parameters.
fn essence(name: &str) -> &str {
    name.split(';').next().unwrap_or(name)
}

/// What of a form cannot be written as `name=value`.
fn form(spec: &Value, pointer: &str) -> Vec<Finding> {
    let parts = parts_of_all(spec, pointer);
    let mut found = form_of(spec, &parts, &REQUEST_SCHEMA);
    // Others of them may do.
    for part in parts {
        for key in ["anyOf", "oneOf"] {
            let list = join(&part, key);
            let count = spec
                .pointer(&list)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                let parts = parts_of_all(spec, &format!("{list}/{index}"));
                found.extend(form_of(spec, &parts, &FORM_NESTED));
            }
        }
    }
    found
}

/// The same of parts that hold together; `rule` is what is broken if nothing can be sent.
fn form_of(spec: &Value, parts: &[String], rule: &'static Rule) -> Vec<Finding> {
    let mut found = Vec::new();
    let schemas = || {
        parts
            .iter()
            .filter_map(|part| Some((part, spec.pointer(part)?)))
    };
    let is_required = |name: &str| {
        let says = |schema: &Value| list(schema, "required").iter().any(|one| one == name);
        schemas().any(|(_, schema)| says(schema))
    };
    for (part, schema) in schemas() {
        let kind = schema.get("type").and_then(Value::as_str);
        if let Some(kind) = kind.filter(|kind| *kind != "object") {
            let why = format!("a form has names and values, and this is of the type {kind}");
            found.push(Finding::new(rule, part.as_str(), why, "make it an object"));
        }
        for (name, property) in members(schema.get("properties")) {
            if is_scalar(spec, property, DEEPEST) {
                continue;
            }
            let fails = match is_required(name) {
                true => ", so that every call fails",
                false => "",
            };
            let why = format!("`{name}` is a list or an object, and a form is flat{fails}");
            let pointer = join(&join(part, "properties"), name);
            found.push(Finding::new(&FORM_NESTED, pointer, why, "make it a string"));
        }
        let further = schema
            .get("additionalProperties")
            .filter(|further| further.is_object());
        if further.is_some_and(|further| !is_scalar(spec, further, DEEPEST)) {
            let why = "the values are lists or objects, and a form is flat";
            let pointer = join(part, "additionalProperties");
            found.push(Finding::new(
                &FORM_NESTED,
                pointer,
                why,
                "make them strings",
            ));
        }
    }
    found
}

/// A body that callers may leave out.
fn optional(spec: &Value, pointer: &str) -> Option<Finding> {
    let body = spec.pointer(pointer)?;
    let has_content = !body.get("content")?.as_object()?.is_empty();
    let is_optional = body.get("required") != Some(&Value::Bool(true));
    (has_content && is_optional).then(|| {
        let why = "the body is optional, and progenitor makes it an argument that has to be given";
        let fix = "say `required: true` if the server needs it; otherwise send the least that its schema allows";
        Finding::new(&OPTIONAL_BODY, pointer, why, fix)
    })
}

/// Why progenitor takes no such body: the rule, the reason, what to do.
fn refused_request(
    spec: &Value,
    name: &str,
    media: &Value,
) -> Option<(&'static Rule, String, &'static str)> {
    let Some(schema) = media.get("schema") else {
        return Some((
            &MEDIA_SCHEMA,
            "the body has no schema".to_string(),
            "give it one",
        ));
    };
    match essence(name) {
        "application/json" | "application/x-www-form-urlencoded" => {
            let has_encoding = media
                .get("encoding")
                .and_then(Value::as_object)
                .is_some_and(|all| !all.is_empty());
            has_encoding.then(|| {
                (
                    &MEDIA_ENCODING,
                    "progenitor knows no `encoding`".to_string(),
                    "leave it out",
                )
            })
        }
        "application/octet-stream" => (!is_plain_string(spec, schema, Some("binary"))).then(|| {
            let why = "the body is bytes, but its schema is not a plain string of format `binary`"
                .to_string();
            (
                &REQUEST_SCHEMA,
                why,
                "make it {\"type\": \"string\", \"format\": \"binary\"}",
            )
        }),
        "text/plain" | "text/x-markdown" => (!is_plain_string(spec, schema, None)).then(|| {
            let why = "the body is text, but its schema is not a plain string".to_string();
            (&REQUEST_SCHEMA, why, "make it {\"type\": \"string\"}")
        }),
        _ => {
            let why = format!("progenitor sends no bodies of the type `{name}`");
            let fix = "make it application/json, application/x-www-form-urlencoded, text/plain or \
                       application/octet-stream, or leave the operation out";
            Some((&REQUEST_MEDIA_TYPE, why, fix))
        }
    }
}

/// A string of this format with nothing that restricts it.
pub(crate) fn is_plain_string(spec: &Value, schema: &Value, format: Option<&str>) -> bool {
    let Some(schema) = resolve(spec, schema).and_then(Value::as_object) else {
        return false;
    };
    let is_plain = |(key, value): (&String, &Value)| match key.as_str() {
        "type" => value == "string",
        "format" => value.as_str() == format,
        "nullable" => value == &Value::Bool(false),
        key => is_word(key),
    };
    schema.contains_key("type")
        && schema.contains_key("format") == format.is_some()
        && schema.iter().all(is_plain)
}
