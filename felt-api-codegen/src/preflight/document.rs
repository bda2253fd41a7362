//! Rules about the document: its version, its references and its paths.

use serde_json::Value;

use super::Finding;
use crate::document::{Kind, join, nodes};

pub(super) fn version(spec: &Value) -> Vec<Finding> {
    let version = spec.get("openapi");
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
    vec![Finding::new("openapi-version", "/openapi", why, fix)]
}

/// A reference has to lead to a component of the kind that is wanted: progenitor takes the last part of
/// it for a name there, whatever comes before, and panics if there is none.
pub(super) fn references(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in nodes(Kind::Document, spec) {
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
                    if spec
                        .pointer(&join(&format!("/components/{section}"), name))
                        .is_some() =>
                {
                    continue;
                }
                Some(_) => format!("`{text}` is not defined"),
                None => format!("`{text}` is not where such a thing is looked for"),
            },
        };
        found.push(Finding::new("reference", node.pointer, why, fix));
    }
    found
}

pub(super) fn paths(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, item) in spec
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
                "path",
                pointer.clone(),
                why,
                "begin it with a slash",
            ));
        }
        if item.get("$ref").is_some() {
            let why = "progenitor takes no path item that is a reference";
            found.push(Finding::new(
                "path-item-reference",
                pointer,
                why,
                "put the path item itself here",
            ));
        }
    }
    found
}
