//! Whether openapiv3 takes the document, part by part: asked about the whole, it says neither where
//! the fault is nor, if that is deep within schemas, anything in reasonable time (each level is tried
//! twice).

use openapiv3::{Header, OpenAPI, Operation, Parameter, PathItem, RequestBody, Response, Schema};
use serde_json::{Value, json};

use super::{Finding, Rule, Severity};
use crate::document::{Kind, Node, join, nodes, reference};

pub(crate) static MISSING: Rule = Rule {
    name: "missing",
    severity: Severity::Refused,
    text: "The document lacks one of the things that each has to have: openapi, info with title \
           and version, and paths, which may be empty. The parser of progenitor refuses it.",
    before: "openapi: 3.0.3\ninfo: {title: Pets}\npaths: {}",
    after: "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}",
};

pub(crate) static SHAPE: Rule = Rule {
    name: "shape",
    severity: Severity::Refused,
    text: "A part of the document is not of the shape that OpenAPI 3.0 gives it, so that the \
           parser of progenitor refuses the whole. Frequent are things of OpenAPI 3.1 (types as a \
           list, exclusiveMinimum as a number), a response without a description, and numbers \
           that should be strings, as a version in YAML without quotes.",
    before: "type: [string, 'null']",
    after: "type: string\nnullable: true",
};

/// Every part of the document that is missing, or that openapiv3 refuses.
pub(crate) fn shape(spec: &Value) -> Vec<Finding> {
    faults_of(spec, &nodes(Kind::Document, spec))
}

pub(super) fn faults_of(spec: &Value, nodes: &[Node<'_>]) -> Vec<Finding> {
    let mut found = missing(spec);
    for node in nodes {
        found.extend(faults(node));
    }
    found
}

fn missing(spec: &Value) -> Vec<Finding> {
    let is_missing = |pointer: &&str| {
        let parent = pointer
            .rfind('/')
            .and_then(|end| pointer.get(..end))
            .unwrap_or("");
        spec.pointer(pointer).is_none() && spec.pointer(parent).is_some_and(Value::is_object)
    };
    let pointers = [
        "/openapi",
        "/info",
        "/info/title",
        "/info/version",
        "/paths",
    ]
    .into_iter();
    let found = pointers.filter(is_missing);
    found
        .map(|pointer| Finding::new(&MISSING, pointer, "this is not there", "add it"))
        .collect()
}

fn faults(node: &Node<'_>) -> Vec<Finding> {
    if reference(node.value).is_some() {
        return Vec::new();
    }
    let bare = without_parts(node);
    let Some(error) = refused(node.kind, &bare) else {
        return Vec::new();
    };
    // The least that is valid, plus one key at a time, shows which key it is.
    let mut found = Vec::new();
    for (key, value) in bare.as_object().into_iter().flatten() {
        let mut probe = node.kind.least();
        if let Some(probe) = probe.as_object_mut() {
            probe.insert(key.clone(), value.clone());
        }
        if let Some(error) = refused(node.kind, &probe) {
            found.push(finding(join(&node.pointer, key), error));
        }
    }
    if found.is_empty() {
        found.push(finding(node.pointer.clone(), error));
    }
    found
}

fn finding(pointer: String, error: String) -> Finding {
    let why = format!("this is not what OpenAPI 3.0 has here: {error}");
    Finding::new(&SHAPE, pointer, why, "correct it")
}

/// The value with the least in the place of each part that is looked at by itself.
fn without_parts(node: &Node<'_>) -> Value {
    let mut bare = node.value.clone();
    for child in node.kind.children(node.value) {
        if let Some(part) = bare.pointer_mut(&child.pointer) {
            *part = match child.kind.section() {
                Some(_) => json!({"$ref": "#/"}),
                None => child.kind.least(),
            };
        }
    }
    if node.kind == Kind::Document {
        // What is missing has been told already.
        let least = node.kind.least();
        add_missing(&mut bare, &least);
        if let (Some(info), Some(least)) = (bare.get_mut("info"), least.get("info")) {
            add_missing(info, least);
        }
    }
    bare
}

fn add_missing(value: &mut Value, least: &Value) {
    if let (Some(value), Some(least)) = (value.as_object_mut(), least.as_object()) {
        for (key, part) in least {
            value.entry(key).or_insert_with(|| part.clone());
        }
    }
}

/// What openapiv3 says against the value.
fn refused(kind: Kind, value: &Value) -> Option<String> {
    let value = value.clone();
    let error = match kind {
        Kind::Document => serde_json::from_value::<OpenAPI>(value).err(),
        Kind::PathItem => serde_json::from_value::<PathItem>(value).err(),
        Kind::Operation => serde_json::from_value::<Operation>(value).err(),
        Kind::Parameter => serde_json::from_value::<Parameter>(value).err(),
        Kind::RequestBody => serde_json::from_value::<RequestBody>(value).err(),
        Kind::Response => serde_json::from_value::<Response>(value).err(),
        Kind::Header => serde_json::from_value::<Header>(value).err(),
        Kind::Schema => serde_json::from_value::<Schema>(value).err(),
    };
    error.map(|error| error.to_string())
}
