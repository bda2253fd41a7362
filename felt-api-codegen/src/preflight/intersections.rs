//! The rule about schemas that hold together and exclude each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::schemas::{KINDS, fits};
use super::{Finding, Parts, Rule, Severity};
use crate::document::{join, list, members, resolve};

pub(crate) static ALL_OF_EMPTY: Rule = Rule {
    name: "all-of-empty",
    severity: Severity::Refused,
    text: "The parts of an allOf, or what stands beside alternatives and every one of them, \
           exclude each other: a string and an object, a property that is a string in one and a \
           number in the other, a number and an integer (which typify takes for no number), no \
           common value, a part that is closed by additionalProperties: false and another that \
           has more properties, or properties that are not what another part says of all that it \
           does not name (additionalProperties: {type: object}). typify merges them into a type \
           without values, or leaves the property out, without a word. Correct the part that is \
           wrong; of closed parts, close the whole instead.",
    before: "allOf:\n- {type: object, properties: {id: {type: string}}}\n- {type: object, properties: {id: {type: integer}}}",
    after: "allOf:\n- {type: object, properties: {id: {type: string}}}\n- {type: object, properties: {name: {type: string}}}",
};

/// How deep conflicts of properties are looked for.
const DEEPEST: usize = 8;

pub(super) fn intersections(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut conflicts = Conflicts {
        spec: parts.spec,
        known: HashMap::new(),
    };
    let fix = "correct the part that is wrong";
    for node in parts.schemas() {
        let has = |key: &str| node.value.get(key).is_some();
        if !["allOf", "anyOf", "oneOf"].iter().any(|key| has(key)) {
            continue;
        }
        let mut all = Vec::new();
        flatten(parts.spec, node.value, &mut all);
        if has("allOf")
            && let Some(why) = conflicts.of(&all, DEEPEST)
        {
            let pointer = join(&node.pointer, "allOf");
            found.push(Finding::new(&ALL_OF_EMPTY, pointer, why, fix));
        } else if let Some(why) = conflicts.with_alternatives(&all) {
            found.push(Finding::new(&ALL_OF_EMPTY, &*node.pointer, why, fix));
        }
    }
    found
}

/// Adds a schema and the parts of its `allOf`, and theirs, each once.
pub(super) fn flatten<'a>(spec: &'a Value, schema: &'a Value, all: &mut Vec<&'a Value>) {
    let mut seen: HashSet<*const Value> = all.iter().map(|one| std::ptr::from_ref(*one)).collect();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        let Some(schema) = resolve(spec, schema) else {
            continue;
        };
        if !seen.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        all.push(schema);
        open.extend(list(schema, "allOf").iter().rev());
    }
}

/// Looks for schemas that exclude each other. What is asked again of the same ones is not looked for again:
/// their properties may lead back to them.
struct Conflicts<'a> {
    spec: &'a Value,
    known: HashMap<Vec<*const Value>, Option<String>>,
}

impl<'a> Conflicts<'a> {
    /// Why no value fits all.
    fn of(&mut self, all: &[&'a Value], depth: usize) -> Option<String> {
        // One alone has its own place.
        if all.len() < 2 {
            return None;
        }
        let key: Vec<_> = all.iter().map(|one| std::ptr::from_ref(*one)).collect();
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        self.known.insert(key.clone(), None);
        let conflict = types(all)
            .or_else(|| values(all))
            .or_else(|| closed(all))
            .or_else(|| self.properties(all, depth));
        self.known.insert(key, conflict.clone());
        conflict
    }

    /// Why no value fits all and one of their alternatives.
    fn with_alternatives(&mut self, all: &[&'a Value]) -> Option<String> {
        for key in ["anyOf", "oneOf"] {
            for schema in all {
                if let Some(why) = self.with_each(all, list(schema, key)) {
                    return Some(format!("whichever of its alternatives: {why}"));
                }
            }
        }
        None
    }

    /// Why no value fits all and the first of these; none if one fits with any of them.
    fn with_each(&mut self, all: &[&'a Value], list: &'a [Value]) -> Option<String> {
        let mut first = None;
        for branch in list {
            let mut with = all.to_vec();
            flatten(self.spec, branch, &mut with);
            let why = self.of(&with, DEEPEST)?;
            first.get_or_insert(why);
        }
        first
    }

    fn properties(&mut self, all: &[&'a Value], depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let mut named: BTreeMap<&str, Vec<&'a Value>> = BTreeMap::new();
        for schema in all {
            for (name, value) in properties(schema) {
                named.entry(name).or_default().push(value);
            }
        }
        for schema in all {
            let further = schema.get("additionalProperties");
            let Some(further) = further.filter(|further| further.is_object()) else {
                continue;
            };
            let own = schema.get("properties").and_then(Value::as_object);
            let is_own = |name: &str| own.is_some_and(|own| own.contains_key(name));
            let others = named.iter_mut().filter(|(name, _)| !is_own(name));
            others.for_each(|(_, values)| values.push(further));
        }
        named
            .into_iter()
            .filter(|(_, all)| all.len() > 1)
            .find_map(|(name, values)| {
                let mut all = Vec::new();
                for value in values {
                    flatten(self.spec, value, &mut all);
                }
                let why = self.of(&all, depth)?;
                Some(format!("of the property `{name}`, {why}"))
            })
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(schema.get("properties"))
}

/// The types that the schemas say.
fn kinds(all: &[&Value]) -> impl Iterator<Item = &'static str> {
    // One of no known type has a rule of its own.
    all.iter().filter_map(|schema| {
        let kind = schema.get("type")?.as_str()?;
        KINDS.into_iter().find(|known| *known == kind)
    })
}

fn types(all: &[&Value]) -> Option<String> {
    let mut kinds = kinds(all);
    let first = kinds.next()?;
    let other = kinds.find(|kind| *kind != first)?;
    if matches!(
        (first, other),
        ("integer", "number") | ("number", "integer")
    ) {
        let why = "one part is of the type number, another of the type integer, which typify takes for no number";
        return Some(why.to_string());
    }
    Some(format!(
        "one part is of the type {first}, another of the type {other}"
    ))
}

fn values(all: &[&Value]) -> Option<String> {
    let mut lists = all
        .iter()
        .filter_map(|schema| schema.get("enum")?.as_array());
    let mut common: Vec<&Value> = lists.next()?.iter().collect();
    for list in lists {
        common.retain(|value| list.contains(value));
        if common.is_empty() {
            return Some("the parts list values, and have none in common".to_string());
        }
    }
    let kind = kinds(all).next()?;
    let is_one = |value: &&Value| value.is_null() || fits(value, kind);
    (!common.is_empty() && !common.iter().any(is_one))
        .then(|| format!("one part lists values, of which none is of the type {kind} of another"))
}

fn closed(all: &[&Value]) -> Option<String> {
    let is_closed = |schema: &&&Value| schema.get("additionalProperties") == Some(&json!(false));
    let mut closed = all.iter().filter(is_closed).peekable();
    closed.peek()?;
    let mut names = BTreeSet::new();
    for schema in all {
        for (name, _) in properties(schema) {
            names.insert(name.as_str());
        }
    }
    let name = closed.find_map(|schema| {
        let has = |name: &str| properties(schema).any(|(own, _)| own == name);
        let is_all = properties(schema).count() == names.len();
        names.iter().find(|name| !is_all && !has(name))
    })?;
    Some(format!(
        "one part has `{name}`, another is closed and does not have it"
    ))
}
