//! Which schemas come in answers, and which are sent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{Kind, is_error_status, members, operations, resolve, target};

/// Pointers to all schemas that the success responses of any operation reach.
pub(crate) fn received(spec: &Value) -> Vec<String> {
    reached(spec, &|_, pointer, kind| {
        let status = pointer.strip_prefix("/responses/");
        kind == Kind::Response && status.is_some_and(|status| !is_error_status(status))
    })
}

/// Pointers to all schemas that the request bodies of any operation reach.
pub(crate) fn sent(spec: &Value) -> Vec<String> {
    reached(spec, &|_, _, kind| kind == Kind::RequestBody)
}

/// The same of those operations that count, asked with the pointer of each.
pub(crate) fn sent_by(spec: &Value, counts: &dyn Fn(&str) -> bool) -> Vec<String> {
    reached(spec, &|operation, _, kind| {
        kind == Kind::RequestBody && counts(operation)
    })
}

/// What is reached from the parts of operations that count: asked with the pointer of the operation, that of
/// the part below it, and what it is.
fn reached(spec: &Value, counts: &dyn Fn(&str, &str, Kind) -> bool) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    for operation in operations(spec) {
        for part in Kind::Operation.children(operation.value) {
            if !counts(&operation.pointer, &part.pointer, part.kind) {
                continue;
            }
            let Some(pointer) = target(spec, &(operation.pointer.clone() + &part.pointer)) else {
                continue;
            };
            open.extend(parts(spec, &pointer, part.kind));
        }
    }
    let mut found = BTreeSet::new();
    while let Some(pointer) = open.pop() {
        let Some(pointer) = target(spec, &pointer) else {
            continue;
        };
        if found.insert(pointer.clone()) {
            open.extend(parts(spec, &pointer, Kind::Schema));
        }
    }
    found.into_iter().collect()
}

/// Pointers to the schemas that the part at `pointer` directly holds.
pub(crate) fn parts(spec: &Value, pointer: &str, kind: Kind) -> Vec<String> {
    let children = spec
        .pointer(pointer)
        .map(|value| kind.children(value))
        .unwrap_or_default();
    let schemas = children
        .into_iter()
        .filter(|child| child.kind == Kind::Schema);
    schemas
        .map(|child| pointer.to_string() + &child.pointer)
        .collect()
}

/// The properties of these schemas that go one way only: `flag` is `readOnly` or `writeOnly`.
pub(crate) fn flagged(spec: &Value, parts: &[String], flag: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in parts {
        let properties = spec.pointer(part).and_then(|part| part.get("properties"));
        for (name, property) in members(properties) {
            let property = resolve(spec, property);
            if property.is_some_and(|property| property.get(flag) == Some(&Value::Bool(true))) {
                found.insert(name.clone());
            }
        }
    }
    found
}
