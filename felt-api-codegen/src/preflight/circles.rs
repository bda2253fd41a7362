//! The rule about what is made of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::merges::endless;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, Node, reference, target};

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
    let circular: BTreeSet<&str> = [
        aliases(parts),
        merged(parts),
        parts_of_parts(parts),
        endless(parts.spec, &parts.nodes),
    ]
    .concat()
    .into_iter()
    .collect();
    let found = circular.into_iter().map(|pointer| {
        let why = "this is made of itself, by references alone or with `allOf`, `anyOf` and `oneOf`";
        let fix = "let one step of the circle be a property or an item that is a `$ref` to a named schema";
        Finding::new(&REFERENCE_CIRCLE, pointer, why, fix)
    });
    found.collect()
}

fn aliases<'a>(parts: &'a Parts<'_>) -> Vec<&'a str> {
    let ways = parts.nodes.iter().filter_map(|node| {
        let to = alias(node.value)?.strip_prefix('#')?;
        Some((node.pointer.clone(), vec![to.to_string()]))
    });
    let circular = in_circles(ways.collect());
    let nodes = parts.nodes.iter().map(|node| node.pointer.as_str());
    nodes
        .filter(|pointer| circular.contains(*pointer))
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
    let mut ways = BTreeMap::new();
    let mut named = BTreeSet::new();
    for node in parts.schemas() {
        let made_of: Vec<_> = match reference(node.value).and_then(|to| to.strip_prefix('#')) {
            Some(to) => {
                named.insert(to);
                vec![to.to_string()]
            }
            None => Kind::Schema
                .children(node.value)
                .into_iter()
                .filter(|child| is_part(&child.pointer))
                .map(|child| node.pointer.clone() + &child.pointer)
                .collect(),
        };
        ways.insert(node.pointer.clone(), made_of);
    }
    let circular = in_circles(ways);
    named
        .into_iter()
        .filter(|pointer| circular.contains(*pointer))
        .collect()
}

/// Whether typify merges the parts of a schema into one: several that all hold, or some beside what the
/// schema says itself.
pub(super) fn is_merged(schema: &Value) -> bool {
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

fn merged<'a>(parts: &'a Parts<'_>) -> Vec<&'a str> {
    let is_start = |node: &&Node<'_>| node.kind == Kind::Schema && is_merged(node.value);
    let starts = || parts.nodes.iter().filter(is_start);
    // Whether what a reference leads to is written in its place, or named.
    let mut open: Vec<_> = starts().map(|node| (node.pointer.clone(), true)).collect();
    let mut ways = BTreeMap::new();
    while let Some(step) = open.pop() {
        if ways.contains_key(&step) {
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
        ways.insert(step, next);
    }
    let circular = in_circles(ways);
    let is_circular =
        |pointer: &str| [true, false].map(|flag| circular.contains(&(pointer.to_string(), flag)));
    starts()
        .map(|node| node.pointer.as_str())
        .filter(|pointer| is_circular(pointer).contains(&true))
        .collect()
}

/// What a schema holds, and whether that is written out.
fn below(spec: &Value, pointer: &str, is_written_out: bool) -> Vec<(String, bool)> {
    let Some(schema) = spec.pointer(pointer) else {
        return Vec::new();
    };
    let is_written_out = is_written_out || is_merged(schema);
    let children = Kind::Schema.children(schema).into_iter();
    children
        .map(|child| {
            (
                pointer.to_string() + &child.pointer,
                is_part(&child.pointer) && is_written_out,
            )
        })
        .collect()
}

/// From where one comes back to where one was.
fn in_circles<T: Ord + Clone>(ways: BTreeMap<T, Vec<T>>) -> BTreeSet<T> {
    // What leads to nothing but ends is in no circle, and what nothing but such things lead to is not either.
    let ways = turned(&without_ends(ways));
    let ways = without_ends(ways);
    let comes_back = |start: &&T| {
        let mut seen = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(at) = open.pop() {
            let next = ways.get(at).map_or([].as_slice(), Vec::as_slice);
            if next.contains(start) {
                return true;
            }
            open.extend(next.iter().filter(|one| seen.insert(*one)));
        }
        false
    };
    ways.keys().filter(comes_back).cloned().collect()
}

/// What leads to a circle.
pub(super) fn without_ends<T: Ord + Clone>(mut ways: BTreeMap<T, Vec<T>>) -> BTreeMap<T, Vec<T>> {
    let back = turned(&ways);
    let mut count: BTreeMap<T, usize> = BTreeMap::new();
    let mut ends = Vec::new();
    for (from, to) in &ways {
        let known = to.iter().filter(|one| ways.contains_key(*one)).count();
        count.insert(from.clone(), known);
        if known == 0 {
            ends.push(from.clone());
        }
    }
    while let Some(end) = ends.pop() {
        for from in back.get(&end).into_iter().flatten() {
            if let Some(count) = count.get_mut(from) {
                *count -= 1;
                if *count == 0 {
                    ends.push(from.clone());
                }
            }
        }
        ways.remove(&end);
    }
    ways
}

fn turned<T: Ord + Clone>(ways: &BTreeMap<T, Vec<T>>) -> BTreeMap<T, Vec<T>> {
    let mut back: BTreeMap<T, Vec<T>> = BTreeMap::new();
    for (from, to) in ways {
        for one in to.iter().filter(|one| ways.contains_key(*one)) {
            back.entry(one.clone()).or_default().push(from.clone());
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_circle_or_from_one_to_another_is_in_none() {
        let ways = [
            ("a", vec!["b", "b"]),
            ("z", vec!["b"]),
            ("b", vec!["c", "end"]),
            ("c", vec!["b", "d"]),
            ("d", vec!["e"]),
            ("e", vec!["e", "nowhere"]),
            ("end", vec![]),
        ];
        assert_eq!(
            in_circles(BTreeMap::from(ways)),
            BTreeSet::from(["b", "c", "e"])
        );
    }
}
