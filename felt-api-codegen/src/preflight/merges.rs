//! What typify merges without end: where two parts that hold together have a property of one name, it writes
//! both into one, with what they refer to, which may lead back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::circles::{is_merged, without_ends};
use crate::document::{Kind, Node, join, parts_of_all, reference, target};

/// Pointers to schemas of which one type is made.
type Together = BTreeSet<String>;

/// How many sets of alternatives are looked at in one schema: lists of lists of them may make very many.
const MOST: usize = 64;

/// How many sets of schemas are followed.
const MOST_SETS: usize = 20_000;

/// The merged schemas that lead to what has no end.
pub(super) fn endless<'a>(spec: &Value, nodes: &'a [Node<'_>]) -> Vec<&'a str> {
    let schemas = || nodes.iter().filter(|node| node.kind == Kind::Schema);
    // What comes to an end however it is followed needs no further look.
    let leads_back = without_ends(
        schemas()
            .map(|node| (node.pointer.clone(), held(node)))
            .collect(),
    );
    let starts = || {
        let merged = schemas().filter(|node| is_merged(node.value));
        merged.filter(|node| leads_back.contains_key(&node.pointer))
    };
    let alone = |pointer: &str| Together::from([pointer.to_string()]);
    let mut open: Vec<_> = starts().map(|node| alone(&node.pointer)).collect();
    let mut ways: BTreeMap<Together, Vec<Together>> = BTreeMap::new();
    while let Some(together) = open.pop() {
        if ways.len() < MOST_SETS && !ways.contains_key(&together) {
            let next = within(spec, &together);
            open.extend(next.iter().cloned());
            ways.insert(together, next);
        }
    }
    let endless = without_ends(ways);
    starts()
        .map(|node| node.pointer.as_str())
        .filter(|pointer| endless.contains_key(&alone(pointer)))
        .collect()
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
            let inline = children
                .into_iter()
                .map(|child| pointer.clone() + &child.pointer)
                .filter(|child| target(spec, child).as_ref() == Some(child));
            found.extend(inline.map(|child| Together::from([child])));
        }
        return found;
    }
    for parts in alternatives(spec, together) {
        // Of what excludes each other nothing is made.
        let schemas = parts.iter().filter_map(|part| spec.pointer(part));
        let types: BTreeSet<_> = schemas
            .filter_map(|schema| schema.get("type")?.as_str())
            .collect();
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
        let parts: Together = some
            .iter()
            .flat_map(|pointer| parts_of_all(spec, pointer))
            .collect();
        let lists = parts
            .iter()
            .flat_map(|part| ["anyOf", "oneOf"].map(|key| join(part, key)));
        let lists: Vec<_> = lists
            .filter(|list| !chosen.contains(list))
            .filter_map(|list| Some((spec.pointer(&list)?.as_array()?.len(), list)))
            .collect();
        let Some((count, list)) = lists.into_iter().find(|(count, _)| *count > 0) else {
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
    let made = named.into_values().filter_map(|together| {
        let ends: Together = together
            .iter()
            .filter_map(|pointer| target(spec, pointer))
            .collect();
        // One that is referred to has a type of its own.
        let is_named = ends.len() == 1 && ends.is_disjoint(&together);
        (!is_named).then_some(ends)
    });
    made.collect()
}
