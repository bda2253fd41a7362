//! The rule about what is made of itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, reference, target};

pub(crate) static REFERENCE_CIRCLE: Rule = Rule {
    name: "reference-circle",
    severity: Severity::Refused,
    text: "A schema is made of itself by references alone, or with allOf, anyOf and oneOf that \
           have to be merged: progenitor follows it without end, and overflows the stack. A \
           schema may well hold itself, as a property or an item: let one step of the circle be \
           such a one.",
    before: "Pet:\n  allOf:\n  - {$ref: '#/components/schemas/Pet'}\n  - {type: object, properties: {name: {type: string}}}",
    after: "Pet:\n  type: object\n  properties:\n    name: {type: string}\n    parent: {$ref: '#/components/schemas/Pet'}",
};

/// What is its own part. References alone have no end, or make a Rust type without a size; where schemas
/// are merged, typify writes what is referred to into the place of the reference, again without end.
pub(super) fn circles(parts: &Parts<'_>) -> Vec<Finding> {
    let spec = parts.spec;
    let circular = parts.nodes.iter().filter(|node| {
        let is_merged = node.kind == Kind::Schema && is_merged(node.value);
        is_alias_of_itself(spec, &node.pointer)
            || (is_merged && is_merged_into_itself(spec, &node.pointer))
    });
    let found = circular.map(|node| {
        let why = "this is made of itself, by references alone or with `allOf`, `anyOf` and `oneOf`";
        let fix = "let one step of the circle be a property or an item that is a `$ref` to a named schema";
        Finding::new(&REFERENCE_CIRCLE, node.pointer.as_str(), why, fix)
    });
    found.collect()
}

/// Where an alias leads: a `$ref`, also as the only part of an `allOf`.
fn alias(spec: &Value, pointer: &str) -> Option<String> {
    let schema = spec.pointer(pointer)?;
    let wrapped = schema
        .get("allOf")
        .and_then(Value::as_array)
        .filter(|parts| parts.len() == 1);
    let wrapped = wrapped
        .filter(|_| !is_merged(schema))
        .and_then(|parts| parts.first());
    let to = reference(schema).or_else(|| reference(wrapped?))?;
    Some(to.strip_prefix('#')?.to_string())
}

fn is_alias_of_itself(spec: &Value, start: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut pointer = start.to_string();
    while let Some(next) = alias(spec, &pointer) {
        if next == start {
            return true;
        }
        if !seen.insert(next.clone()) {
            return false;
        }
        pointer = next;
    }
    false
}

const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Whether typify merges the parts of a schema into one: several that all hold, or some beside what the
/// schema says itself.
fn is_merged(schema: &Value) -> bool {
    let count = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    };
    let says = [
        "type",
        "properties",
        "additionalProperties",
        "items",
        "enum",
        "not",
    ];
    let own = says
        .iter()
        .filter(|key| schema.get(**key).is_some())
        .count();
    let kinds = COMBINED.iter().filter(|key| count(key) > 0).count();
    count("allOf") > 1 || kinds > 1 || (kinds == 1 && own > 0)
}

fn is_merged_into_itself(spec: &Value, start: &str) -> bool {
    // Whether what a reference leads to is written in its place, or named.
    let mut open = vec![(start.to_string(), true)];
    let mut seen = BTreeSet::new();
    while let Some((pointer, is_written_out)) = open.pop() {
        let Some(pointer) = target(spec, &pointer).filter(|end| is_written_out || *end == pointer)
        else {
            continue;
        };
        if pointer == start && !seen.is_empty() {
            return true;
        }
        let Some(schema) = spec
            .pointer(&pointer)
            .filter(|_| seen.insert((pointer.clone(), is_written_out)))
        else {
            continue;
        };
        for (child, _) in Kind::Schema.children(schema) {
            let is_part = COMBINED
                .iter()
                .any(|key| child.starts_with(&format!("/{key}/")));
            open.push((
                pointer.clone() + &child,
                is_part && (is_written_out || is_merged(schema)),
            ));
        }
    }
    false
}
