//! What typify merges without end: where two parts that hold together have a property of one name, it writes
//! both into one, with what they refer to, which may lead back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::circles::is_merged;
use super::graph::Graph;
use crate::document::{Kind, Node, join, list, parts_of_all, reference, target};

/// Pointers to schemas of which one type is made.
type Together = BTreeSet<String>;

/// How many sets of alternatives are looked at in one schema: lists of lists of them may make very many.
const MOST: usize = 64;

/// How many sets of schemas are followed.
const MOST_SETS: usize = 20_000;

/// The merged schemas that lead to what has no end.
pub(super) fn endless<'a>(spec: &Value, nodes: &'a [Node<'_>]) -> Vec<&'a str> {
    // What comes to an end however it is followed needs no further look.
    let mut ways = Graph::new();
    for node in nodes.iter().filter(|node| node.kind == Kind::Schema) {
        ways.add(node.pointer.clone(), held(node));
    }
    let leads_back = ways.without_ends();
    let mut starts: Vec<&str> = Vec::new();
    let mut open = Vec::new();
    for node in nodes.iter().filter(|node| node.kind == Kind::Schema) {
        if is_merged(node.value) && leads_back.contains(&node.pointer) {
            starts.push(&node.pointer);
            open.push(alone(&node.pointer));
        }
    }
    let mut ways = Graph::new();
    while let Some(together) = open.pop() {
        if ways.len() < MOST_SETS && !ways.contains(&together) {
            let next = within(spec, &together);
            open.extend(next.iter().cloned());
            ways.add(together, next);
        }
    }
    let endless = ways.without_ends();
    starts.retain(|pointer| endless.contains(&alone(pointer)));
    starts
}

fn alone(pointer: &str) -> Together {
    Together::from([pointer.to_string()])
}

/// What a schema refers to, or holds.
fn held(node: &Node<'_>) -> Vec<String> {
    match reference(node.value).and_then(|to| to.strip_prefix('#')) {
        Some(to) => vec![to.to_string()],
        None => Kind::Schema
            .children(node.value)
            .into_iter()
            .map(|child| node.pointer.clone() + &child.pointer)
            .collect(),
    }
}

/// What types are made of within the one that is made of these, but for those that have a name.
fn within(spec: &Value, together: &Together) -> Vec<Together> {
    let is_alone = together.len() == 1;
    let is_merged = |pointer: &String| spec.pointer(pointer).is_some_and(is_merged);
    let mut found = Vec::new();
    if is_alone && !together.iter().any(is_merged) {
        for pointer in together {
            let schema = spec.pointer(pointer);
            let children = schema.map_or_else(Vec::new, |schema| Kind::Schema.children(schema));
            for child in children {
                let child = pointer.clone() + &child.pointer;
                if target(spec, &child).as_ref() == Some(&child) {
                    found.push(alone(&child));
                }
            }
        }
        return found;
    }
    for parts in alternatives(spec, together) {
        // Of what excludes each other nothing is made.
        let mut types = BTreeSet::new();
        for part in &parts {
            types.extend(
                spec.pointer(part)
                    .and_then(|part| part.get("type")?.as_str()),
            );
        }
        if types.len() < 2 {
            found.extend(merged(spec, &parts));
        }
    }
    found
}

/// The parts that hold together, once for each alternative that one of them has.
fn alternatives(spec: &Value, together: &Together) -> Vec<Together> {
    let mut found = Vec::new();
    let mut open = vec![(together.clone(), BTreeSet::new())];
    while let Some((some, mut chosen)) = open.pop() {
        let mut parts = Together::new();
        for pointer in &some {
            parts.extend(parts_of_all(spec, pointer));
        }
        let Some((count, list)) = alternatives_of(spec, &parts, &chosen) else {
            found.push(parts);
            continue;
        };
        chosen.insert(list.clone());
        for index in 0..count {
            if found.len() + open.len() < MOST {
                let mut more = parts.clone();
                more.insert(format!("{list}/{index}"));
                open.push((more, chosen.clone()));
            }
        }
    }
    found
}

/// The first list of alternatives that a part has and that is not chosen from yet, and how many there are.
fn alternatives_of(spec: &Value, parts: &Together, chosen: &Together) -> Option<(usize, String)> {
    for part in parts {
        for key in ["anyOf", "oneOf"] {
            let place = join(part, key);
            let count = spec.pointer(part).map_or(0, |part| list(part, key).len());
            if count > 0 && !chosen.contains(&place) {
                return Some((count, place));
            }
        }
    }
    None
}

/// What is made of what these parts hold under one name.
fn merged(spec: &Value, parts: &Together) -> Vec<Together> {
    let mut named: BTreeMap<String, Together> = BTreeMap::new();
    let mut further = Vec::new();
    for part in parts {
        let Some(schema) = spec.pointer(part) else {
            continue;
        };
        for Node { pointer: child, .. } in Kind::Schema.children(schema) {
            let pointer = part.clone() + &child;
            let keyword = child.split('/').nth(1).unwrap_or_default();
            if keyword == "additionalProperties" {
                further.push((part, pointer.clone()));
            }
            if matches!(keyword, "additionalProperties" | "items" | "properties") {
                named.entry(child).or_default().insert(pointer);
            }
        }
    }
    // What has no name in one part is what every name in another has to be, too.
    for (part, pointer) in further {
        for (child, together) in &mut named {
            let own = part.clone() + child;
            if child.starts_with("/properties/") && !together.contains(&own) {
                together.insert(pointer.clone());
            }
        }
    }
    let mut made = Vec::new();
    for together in named.into_values() {
        let mut ends = Together::new();
        for pointer in &together {
            ends.extend(target(spec, pointer));
        }
        // One that is referred to has a type of its own.
        let is_named = ends.len() == 1 && ends.is_disjoint(&together);
        if !is_named {
            made.push(ends);
        }
    }
    made
}
