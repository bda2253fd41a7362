//! The rule about what is made of itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::graph::Graph;
use super::merges::endless;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, list, reference, target};

pub(crate) static REFERENCE_CIRCLE: Rule = Rule {
    name: "reference-circle",
    severity: Severity::Refused,
    text: "A schema is made of itself by references alone, or with allOf, anyOf and oneOf: \
           progenitor follows it without end where they have to be merged, and where not, the \
           client does when it reads a value. Both overflow the stack. A schema may well hold \
           itself, as a property or an item: let one step of the circle be such a one, and let no \
           other part that it is merged with say more of that property.",
    before: "Pet:\n  allOf:\n  - {$ref: '#/components/schemas/Pet'}\n  - {type: object, properties: {name: {type: string}}}",
    after: "Pet:\n  type: object\n  properties:\n    name: {type: string}\n    parent: {$ref: '#/components/schemas/Pet'}",
};

/// What is its own part. References alone have no end, or make a Rust type without a size; where schemas
/// are merged, typify writes what is referred to into the place of the reference, again without end; and
/// to see which alternative a value is, serde tries them without end.
pub(super) fn circles(parts: &Parts<'_>) -> Vec<Finding> {
    let mut circular = BTreeSet::new();
    circular.extend(aliases(parts));
    circular.extend(merged(parts));
    circular.extend(parts_of_parts(parts));
    circular.extend(endless(parts.spec, &parts.nodes));
    let mut found = Vec::new();
    for pointer in circular {
        let why =
            "this is made of itself, by references alone or with `allOf`, `anyOf` and `oneOf`";
        let fix = "let one step of the circle be a property or an item that is a `$ref` to a named schema";
        found.push(Finding::new(&REFERENCE_CIRCLE, pointer, why, fix));
    }
    found
}

fn aliases<'a>(parts: &'a Parts<'_>) -> Vec<&'a str> {
    let mut ways = Graph::new();
    for node in &parts.nodes {
        if let Some(to) = alias(node.value).and_then(|to| to.strip_prefix('#')) {
            ways.add(node.pointer.clone(), vec![to.to_string()]);
        }
    }
    let circular = ways.in_circles();
    let pointers = parts.nodes.iter().map(|node| &node.pointer);
    pointers
        .filter(|pointer| circular.contains(pointer))
        .map(String::as_str)
        .collect()
}

/// Where an alias leads: a `$ref`, also as the only part of an `allOf`.
fn alias(schema: &Value) -> Option<&str> {
    let wrapped = || match schema.get("allOf")?.as_array()?.as_slice() {
        [part] if !is_merged(schema) => reference(part),
        _ => None,
    };
    reference(schema).or_else(wrapped)
}

const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Whether what is there is a part of a schema, and not within it.
fn is_part(child: &str) -> bool {
    let keyword = child.split('/').nth(1);
    keyword.is_some_and(|keyword| COMBINED.contains(&keyword))
}

/// What is referred to, and made of itself by references and alternatives.
fn parts_of_parts<'a>(parts: &'a Parts<'_>) -> Vec<&'a str> {
    let mut ways = Graph::new();
    let mut named = Vec::new();
    for node in parts.schemas() {
        let made_of: Vec<_> = match reference(node.value).and_then(|to| to.strip_prefix('#')) {
            Some(to) => {
                named.push(to);
                vec![to.to_string()]
            }
            None => Kind::Schema
                .children(node.value)
                .into_iter()
                .filter(|child| is_part(&child.pointer))
                .map(|child| node.pointer.clone() + &child.pointer)
                .collect(),
        };
        ways.add(node.pointer.clone(), made_of);
    }
    let circular = ways.in_circles();
    named.retain(|pointer| circular.contains(&pointer.to_string()));
    named
}

/// Whether typify merges the parts of a schema into one: several that all hold, or some beside what the
/// schema says itself.
pub(super) fn is_merged(schema: &Value) -> bool {
    let count = |key: &str| list(schema, key).len();
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

fn merged<'a>(parts: &'a Parts<'_>) -> Vec<&'a str> {
    let mut starts: Vec<&str> = Vec::new();
    // Whether what a reference leads to is written in its place, or named.
    let mut open = Vec::new();
    for node in parts.schemas().filter(|node| is_merged(node.value)) {
        starts.push(&node.pointer);
        open.push((node.pointer.clone(), true));
    }
    let mut ways = Graph::new();
    while let Some(step) = open.pop() {
        if ways.contains(&step) {
            continue;
        }
        let (pointer, is_written_out) = &step;
        let end = target(parts.spec, pointer).filter(|end| *is_written_out || end == pointer);
        let next = match end {
            Some(end) if end != *pointer => vec![(end, true)],
            Some(end) => below(parts.spec, &end, *is_written_out),
            None => Vec::new(),
        };
        open.extend(next.iter().cloned());
        ways.add(step, next);
    }
    let circular = ways.in_circles();
    starts.retain(|pointer| {
        let steps = [true, false].map(|is_written_out| (pointer.to_string(), is_written_out));
        steps.iter().any(|step| circular.contains(step))
    });
    starts
}

/// What a schema holds, and whether that is written out.
fn below(spec: &Value, pointer: &str, is_written_out: bool) -> Vec<(String, bool)> {
    let Some(schema) = spec.pointer(pointer) else {
        return Vec::new();
    };
    let is_written_out = is_written_out || is_merged(schema);
    let mut found = Vec::new();
    for child in Kind::Schema.children(schema) {
        let is_written_out = is_part(&child.pointer) && is_written_out;
        found.push((pointer.to_string() + &child.pointer, is_written_out));
    }
    found
}
