//! Rules about schemas.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use super::Finding;
use crate::document::{Kind, join, nodes, reference, target};

/// What is its own part. References alone have no end, or make a Rust type without a size; where schemas
/// are merged, typify writes what is referred to into the place of the reference, again without end.
pub(super) fn circles(spec: &Value) -> Vec<Finding> {
    let circular = nodes(Kind::Document, spec).into_iter().filter(|node| {
        let is_merged = node.kind == Kind::Schema && is_merged(node.value);
        is_alias_of_itself(spec, &node.pointer)
            || (is_merged && is_merged_into_itself(spec, &node.pointer))
    });
    let found = circular.map(|node| {
        let why = "this is made of itself, by references alone or with `allOf`, `anyOf` and `oneOf`";
        let fix = "let one step of the circle be a property or an item that is a `$ref` to a named schema";
        Finding::new("reference-circle", node.pointer, why, fix)
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

pub(super) fn types(spec: &Value) -> Vec<Finding> {
    let mut found = same_names(spec);
    for node in nodes(Kind::Document, spec)
        .iter()
        .filter(|node| node.kind == Kind::Schema)
    {
        if let Some(kind) = node.value.get("type").and_then(Value::as_str)
            && !matches!(
                kind,
                "array" | "boolean" | "integer" | "number" | "object" | "string"
            )
        {
            let why = format!("`{kind}` is no type");
            let fix = "write array, boolean, integer, number, object or string; `nullable: true` for null";
            found.push(Finding::new(
                "schema-type",
                join(&node.pointer, "type"),
                why,
                fix,
            ));
        }
        for (flag, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if node.value.get(flag) == Some(&Value::Bool(true)) && node.value.get(bound).is_none() {
                let why = format!("`{flag}` says how to take `{bound}`, which is missing");
                let fix = "add the bound, or leave the flag out";
                found.push(Finding::new(
                    "schema-bound",
                    join(&node.pointer, flag),
                    why,
                    fix,
                ));
            }
        }
    }
    found
}

/// Names of schemas that become one Rust type, which then is there twice.
fn same_names(spec: &Value) -> Vec<Finding> {
    let schemas = spec
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let mut types: BTreeMap<String, &String> = BTreeMap::new();
    let mut found = Vec::new();
    for name in schemas.into_iter().flat_map(|schemas| schemas.keys()) {
        let rust = name
            .replace('\'', "")
            .replace(|c: char| !c.is_alphanumeric(), "-")
            .to_pascal_case();
        if let Some(other) = types.insert(rust.clone(), name) {
            let why = format!("`{name}` makes a Rust type `{rust}`, as `{other}` does");
            let pointer = join("/components/schemas", name);
            found.push(Finding::new(
                "schema-name-clash",
                pointer,
                why,
                "rename one of the two",
            ));
        }
    }
    found
}
