//! Rules about the document: its version, its references and its paths.

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::join;

pub(crate) static OPENAPI_VERSION: Rule = Rule {
    name: "openapi-version",
    severity: Severity::Refused,
    text: "The document is not OpenAPI 3.0. progenitor reads 3.0.x only: 2.0 (Swagger) names \
           everything differently, and 3.1 is JSON Schema of another draft, with types as lists \
           and numbers where 3.0 has flags. Ask the vendor for 3.0, or convert the document with \
           a tool made for that.",
    before: "openapi: 3.1.0",
    after: "openapi: 3.0.3",
};

pub(crate) static REFERENCE: Rule = Rule {
    name: "reference",
    severity: Severity::Refused,
    text: "A $ref leads nowhere, into another file, or to a place where progenitor does not look: \
           it takes the last part of it for a name among the components, and panics if there is \
           none. Write what is referred to below components, and refer to it there. (References \
           to other places of the document are made into such ones before.)",
    before: "schema:\n  $ref: pets.json#/Pet",
    after: "schema:\n  $ref: '#/components/schemas/Pet'",
};

pub(crate) static PATH: Rule = Rule {
    name: "path",
    severity: Severity::Refused,
    text: "A path does not begin with a slash, so that its operations would be left out without a \
           word; or its braces do not pair. Write each parameter as {name}, and no other braces.",
    before: "/pets/{id:\n  get: {operationId: get_pet}",
    after: "/pets/{id}:\n  get: {operationId: get_pet}",
};

pub(crate) static PATH_ITEM_REFERENCE: Rule = Rule {
    name: "path-item-reference",
    severity: Severity::Refused,
    text: "A path item is a $ref. progenitor panics on it. Put the path item itself there.",
    before: "/pets:\n  $ref: '#/paths/~1animals'",
    after: "/pets:\n  get: {operationId: list_pets}",
};

pub(super) fn version(parts: &Parts<'_>) -> Vec<Finding> {
    let version = parts.spec.get("openapi");
    if version
        .and_then(Value::as_str)
        .is_some_and(|version| version.trim().starts_with("3.0."))
    {
        return Vec::new();
    }
    let Some(version) = version else {
        return Vec::new();
    };
    let why = format!("the version is {version}");
    let fix = "progenitor takes OpenAPI 3.0.x only: convert the spec to it";
    vec![Finding::new(&OPENAPI_VERSION, "/openapi", why, fix)]
}

/// A reference has to lead to a component of the kind that is wanted: progenitor takes the last part of
/// it for a name there, whatever comes before, and panics if there is none.
pub(super) fn references(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in &parts.nodes {
        let Some(reference) = node.value.get("$ref") else {
            continue;
        };
        let Some(section) = node.kind.section() else {
            // A path item that is a reference has a rule of its own.
            continue;
        };
        let place = format!("#/components/{section}/");
        let fix = format!("make it {place}NAME, and define NAME there");
        let why = match reference.as_str() {
            None => format!("`$ref` is {reference}, not a string"),
            Some("") => "`$ref` is empty".to_string(),
            Some(text) if !text.starts_with('#') => {
                format!("`{text}` is in another file, and only this document is read")
            }
            Some(text) => match text.strip_prefix(&place) {
                Some(name) if name.contains('/') => format!("`{text}` is within a component"),
                Some(name)
                    if parts
                        .spec
                        .pointer(&join(&format!("/components/{section}"), name))
                        .is_some() =>
                {
                    continue;
                }
                Some(_) => format!("`{text}` is not defined"),
                None => format!("`{text}` is not where such a thing is looked for"),
            },
        };
        found.push(Finding::new(&REFERENCE, node.pointer.as_str(), why, fix));
    }
    found
}

pub(super) fn paths(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, item) in parts
        .spec
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if path.starts_with("x-") {
            continue;
        }
        let pointer = join("/paths", path);
        if !path.starts_with('/') {
            let why =
                "the path does not begin with a slash, so that its operations would be left out";
            found.push(Finding::new(
                &PATH,
                pointer.clone(),
                why,
                "begin it with a slash",
            ));
        }
        if item.get("$ref").is_some() {
            let why = "progenitor takes no path item that is a reference";
            found.push(Finding::new(
                &PATH_ITEM_REFERENCE,
                pointer,
                why,
                "put the path item itself here",
            ));
        }
    }
    found
}
