//! Rules about which of several alternatives a value is taken for.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::intersections::flatten;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{has_one_value, join, list, members, resolve};
use crate::reach::received;

pub(crate) static CLOSED_ALTERNATIVES: Rule = Rule {
    name: "closed-alternatives",
    severity: Severity::Warning,
    text: "An answer is one of several objects, each of which says by a constant which it is. Once \
           the server adds another, installed clients cannot read an answer that has one. If the \
           server may do that, let a last alternative take any object.",
    before: "oneOf:\n- {type: object, required: [kind], properties: {kind: {enum: [a]}}}\n- {type: object, required: [kind], properties: {kind: {enum: [b]}}}",
    after: "oneOf:\n- {type: object, required: [kind], properties: {kind: {enum: [a]}}}\n- {type: object, required: [kind], properties: {kind: {enum: [b]}}}\n- {type: object}",
};

pub(crate) static ONE_OF_ORDER: Rule = Rule {
    name: "one-of-order",
    severity: Severity::Warning,
    text: "An alternative of a oneOf takes every value of a later one, since it requires nothing, or \
           nothing that the later one does not always have. typify tries them in order and takes \
           the first that fits, so that the later one never arrives, and what only it has is lost. \
           Require in each alternative what it always has, or put the widest last.",
    before: "oneOf:\n- {type: object, properties: {a: {type: string}}}\n- {type: object, properties: {b: {type: string}}}",
    after: "oneOf:\n- {type: object, required: [a], properties: {a: {type: string}}}\n- {type: object, properties: {b: {type: string}}}",
};

/// What an object may be, with the parts of its `allOf`.
struct Object<'a> {
    properties: HashMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
    /// Whether what it does not list is refused.
    is_closed: bool,
    /// Whether what it does not list is kept.
    is_map: bool,
}

impl<'a> Object<'a> {
    /// None if it is something else, or has alternatives of its own.
    fn of(spec: &'a Value, schema: &'a Value) -> Option<Self> {
        let mut parts = Vec::new();
        flatten(spec, schema, &mut parts);
        let has = |key: &str| parts.iter().any(|part| part.get(key).is_some());
        let is_object = has("properties")
            || parts
                .iter()
                .any(|part| part.get("type").is_some_and(|kind| kind == "object"));
        if !is_object || has("anyOf") || has("oneOf") {
            return None;
        }
        let mut object = Self {
            properties: HashMap::new(),
            required: BTreeSet::new(),
            is_closed: false,
            is_map: false,
        };
        for part in parts {
            for (name, value) in members(part.get("properties")) {
                object.properties.insert(name, value);
            }
            for name in list(part, "required") {
                object.required.extend(name.as_str());
            }
            let further = part.get("additionalProperties");
            object.is_closed |= further == Some(&Value::Bool(false));
            object.is_map |= further.is_some_and(Value::is_object);
        }
        Some(object)
    }

    fn has_constant(&self, spec: &Value) -> bool {
        let mut values = self.properties.values();
        values.any(|value| has_one_value(spec, value))
    }

    /// The first property of the other one that this does not keep.
    fn loses(&self, other: &Self) -> Option<&'a str> {
        // A single property is the name of the alternative, if that is all there is.
        if self.is_map || self.required.is_empty() {
            return None;
        }
        let names = other.properties.keys().copied();
        names
            .filter(|name| !self.properties.contains_key(name))
            .min()
    }

    /// Whether every value of the other one fits, as far as it shows.
    fn takes(&self, spec: &Value, other: &Self, depth: usize) -> bool {
        !self.is_closed
            && self.required.is_subset(&other.required)
            && self.properties.iter().all(|(name, value)| {
                let theirs = other.properties.get(name);
                theirs.is_none_or(|theirs| takes(spec, value, theirs, depth))
            })
    }
}

/// How deep properties are compared.
const DEEPEST: usize = 4;

fn takes(spec: &Value, schema: &Value, other: &Value, depth: usize) -> bool {
    let (Some(schema), Some(other)) = (resolve(spec, schema), resolve(spec, other)) else {
        return false;
    };
    if depth == 0 {
        return true;
    }
    let values = |schema: &'_ Value| schema.get("enum").and_then(Value::as_array).cloned();
    let is_listed = match (values(schema), values(other)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(known), Some(theirs)) => theirs.iter().all(|value| known.contains(value)),
    };
    let kind = |schema: &'_ Value| Some(schema.get("type")?.as_str()?.to_string());
    let is_of_kind = match (kind(schema).as_deref(), kind(other).as_deref()) {
        (Some("number"), Some("integer")) => true,
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let below = match (schema.get("items"), other.get("items")) {
        (Some(items), Some(theirs)) => takes(spec, items, theirs, depth - 1),
        _ => true,
    };
    let within = match (Object::of(spec, schema), Object::of(spec, other)) {
        (Some(schema), Some(other)) => schema.takes(spec, &other, depth - 1),
        _ => true,
    };
    is_listed && is_of_kind && below && within
}

/// Of the branches of a `oneOf`, one that takes what is meant for a later one: why, and what to do.
pub(super) fn hidden(spec: &Value, branches: &[&Value]) -> Option<(String, &'static str)> {
    if let Some(index) = takes_all(spec, branches) {
        let why = format!(
            "alternative {index} requires nothing, so that it takes every value of later ones"
        );
        return Some((why, "require what it always has, or put it last"));
    }
    let objects: Vec<_> = branches
        .iter()
        .map(|branch| Object::of(spec, branch))
        .collect();
    for (index, one) in objects.iter().enumerate() {
        for (later, other) in objects.iter().enumerate().skip(index + 1) {
            if let (Some(one), Some(other)) = (one, other)
                && let Some(lost) = one.loses(other)
                && one.takes(spec, other, DEEPEST)
            {
                let why = format!(
                    "alternative {index} requires nothing that alternative {later} does not have, so that it \
                     takes its values, and `{lost}` is lost"
                );
                return Some((why, "put the one that requires more first"));
            }
        }
    }
    None
}

fn is_object(branch: &Value) -> bool {
    branch.get("type").is_some_and(|kind| kind == "object") || branch.get("properties").is_some()
}

/// Whether a branch says no more than that it is an object.
pub(super) fn is_any_object(branch: &Value) -> bool {
    is_object(branch)
        && ["properties", "required", "allOf", "anyOf", "oneOf"]
            .iter()
            .all(|key| branch.get(*key).is_none())
}

/// The first branch that takes every object, and is not the last one that is an object.
fn takes_all(spec: &Value, branches: &[&Value]) -> Option<usize> {
    let has = |branch: &Value, key: &str| branch.get(key).is_some();
    let takes_all = |branch: &Value| {
        let mut properties = members(branch.get("properties"));
        let constants = properties.any(|(_, value)| has(value, "enum"));
        let is_combined = ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| has(branch, key));
        let is_open = branch.get("additionalProperties") != Some(&Value::Bool(false));
        is_object(branch)
            && is_open
            && list(branch, "required").is_empty()
            && !constants
            && !is_combined
    };
    let index = branches.iter().position(|branch| takes_all(branch))?;
    let (one, later) = branches.get(index..)?.split_first()?;
    later
        .iter()
        .any(|branch| is_object(branch) && may_be_in(spec, one, branch))
        .then_some(index)
}

/// Whether an object that requires nothing takes the values of another one, as far as these are told.
fn may_be_in(spec: &Value, one: &Value, other: &Value) -> bool {
    fn further(schema: &Value) -> Option<&Value> {
        schema
            .get("additionalProperties")
            .filter(|further| further.is_object())
    }
    let Some(kept) = further(one) else {
        return true;
    };
    let known = one.get("properties").and_then(Value::as_object);
    let mut unknown = Vec::new();
    for (name, value) in members(other.get("properties")) {
        if known.is_none_or(|known| !known.contains_key(name)) {
            unknown.push(value);
        }
    }
    unknown.extend(further(other));
    let is_any = kept.as_object().is_some_and(|kept| kept.is_empty());
    let is_taken = |value: &&Value| takes(spec, kept, value, DEEPEST);
    is_any || (!unknown.is_empty() && unknown.iter().all(is_taken))
}

/// Alternatives in answers that are all told by constants.
pub(super) fn closed(parts: &Parts<'_>) -> Vec<Finding> {
    let spec = parts.spec;
    let mut found = Vec::new();
    for pointer in received(spec) {
        for key in ["anyOf", "oneOf"] {
            let pointer = join(&pointer, key);
            let list = spec.pointer(&pointer).and_then(Value::as_array);
            let Some(list) = list.filter(|list| list.len() > 1) else {
                continue;
            };
            let mut objects = list
                .iter()
                .filter_map(|branch| Object::of(spec, branch))
                .peekable();
            if objects.peek().is_some() && objects.all(|object| object.has_constant(spec)) {
                let why = "an answer with another kind than these cannot be read";
                let fix = "add `{\"type\": \"object\"}` as the last one if the server may add more";
                found.push(Finding::new(&CLOSED_ALTERNATIVES, pointer, why, fix));
            }
        }
    }
    found
}
