//! Rules about alternatives.

use std::collections::BTreeSet;

use serde_json::Value;

use super::intersections::flatten;
use super::order::{ONE_OF_ORDER, hidden, is_any_object};
use super::types::tag;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{
    Node, has_one_value, is_component, is_nullable, join, keys, list, reference, resolve,
};

pub(crate) static ANY_OF_OBJECTS: Rule = Rule {
    name: "any-of-objects",
    severity: Severity::Warning,
    text: "Objects that may hold together (anyOf), where typify makes something else of them. \
           Where they stand beside properties or within an allOf, or where each requires what the \
           other does not have, it takes them for ones that exclude each other: a value is taken \
           for the first that it fits, and what only another one has is lost. Otherwise it makes \
           a struct of all of them, which writes a property that two of them have twice, and which \
           is never null, even if one of them may be. List the \
           properties of all in one schema, none of them required; if they do exclude each other, \
           write oneOf.",
    before: "anyOf:\n- {type: object, required: [a], properties: {a: {type: string}}}\n- {type: object, required: [b], properties: {b: {type: string}}}",
    after: "type: object\nproperties: {a: {type: string}, b: {type: string}}",
};

pub(crate) static DISCRIMINATOR: Rule = Rule {
    name: "discriminator",
    severity: Severity::Warning,
    text: "A discriminator tells alternatives apart by a property, but the alternatives \
           themselves do not say which value is theirs; or there are no alternatives, since it \
           stands in what others are made of by allOf. progenitor does not look at \
           discriminators: a value is taken for the first alternative that it fits, or for the \
           common part alone, and the rest of it is lost. List the alternatives, give the property \
           in each an enum with its one value, and require it; then typify tells them apart by it.",
    before: "oneOf:\n- {type: object, properties: {kind: {type: string}}}\n- {type: object, properties: {kind: {type: string}, x: {type: number}}}\ndiscriminator: {propertyName: kind}",
    after: "oneOf:\n- {type: object, required: [kind], properties: {kind: {enum: [a]}}}\n- {type: object, required: [kind], properties: {kind: {enum: [b]}, x: {type: number}}}\ndiscriminator: {propertyName: kind}",
};

pub(crate) static NO_VALUE: Rule = Rule {
    name: "no-value",
    severity: Severity::Refused,
    text: "A schema has no value: an empty list of alternatives, an empty allOf or enum, or `not` \
           of everything. typify makes a type that cannot be, or panics; an empty enum it does not \
           see. List what may be there; {} is anything. (Of an adapted spec an empty enum is gone.)",
    before: "oneOf: []",
    after: "type: object",
};

pub(super) fn alternatives(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let values = used_as_values(parts);
    for node in parts.schemas() {
        for key in ["allOf", "anyOf", "enum", "oneOf"] {
            if node
                .value
                .get(key)
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty)
            {
                let why = format!("an empty `{key}` has no value");
                found.push(Finding::new(
                    &NO_VALUE,
                    join(&node.pointer, key),
                    why,
                    "list what may be there",
                ));
            }
        }
        let excluded = node.value.get("not").and_then(Value::as_object);
        if excluded.is_some_and(|excluded| excluded.is_empty()) {
            let why = "`not` of everything has no value";
            found.push(Finding::new(
                &NO_VALUE,
                join(&node.pointer, "not"),
                why,
                "take it away",
            ));
        }
        let is_combined = ["anyOf", "oneOf"]
            .iter()
            .any(|key| node.value.get(*key).is_some());
        if node.value.get("discriminator").is_some()
            && !is_combined
            && (!is_component(&node.pointer, "schemas") || values.contains(node.pointer.as_str()))
        {
            let why = "this tells no alternatives apart: what only they have is lost where one of them comes";
            let fix = "list them in a `oneOf` where one of them may come";
            found.push(Finding::new(
                &DISCRIMINATOR,
                join(&node.pointer, "discriminator"),
                why,
                fix,
            ));
        }
        for key in ["anyOf", "oneOf"] {
            let branches = list(node.value, key).iter();
            let branches: Vec<&Value> = branches
                .filter_map(|branch| resolve(parts.spec, branch))
                .collect();
            let pointer = join(&node.pointer, key);
            if let Some(property) = untold(parts.spec, node.value, &branches) {
                let why = format!(
                    "`{property}` is to tell the alternatives apart, and one of them does not say its value"
                );
                let fix = "give it an enum of one value in each, and require it";
                found.push(Finding::new(&DISCRIMINATOR, pointer, why, fix));
            } else if key == "anyOf"
                && let Some(why) = not_any(parts.spec, node, &branches)
            {
                let fix = "list the properties of all in one schema, or write `oneOf`";
                found.push(Finding::new(&ANY_OF_OBJECTS, pointer, why, fix));
            } else if key == "oneOf"
                && let Some((why, fix)) = hidden(parts.spec, &branches)
            {
                found.push(Finding::new(&ONE_OF_ORDER, pointer, why, fix));
            }
        }
    }
    found
}

/// The pointers of what is referred to by more than an `allOf`: what comes there is a value of its own.
fn used_as_values<'a>(parts: &'a Parts<'_>) -> BTreeSet<&'a str> {
    let is_part = |pointer: &str| {
        pointer
            .rsplit_once('/')
            .is_some_and(|(list, _)| list.ends_with("/allOf"))
    };
    let references = parts.schemas().filter(|node| !is_part(&node.pointer));
    references
        .filter_map(|node| reference(node.value)?.strip_prefix('#'))
        .collect()
}

/// What typify makes of objects that may hold together, if that is something else.
fn not_any(spec: &Value, node: &Node<'_>, branches: &[&Value]) -> Option<&'static str> {
    if branches.len() < 2 || tag(node.value, "anyOf").is_some() {
        return None;
    }
    if is_merged(spec, node) {
        return Some(
            "typify merges this with what is around it, and takes the first alternative that fits",
        );
    }
    let has = |branch: &Value, name: &str| {
        let properties = branch.get("properties");
        properties.is_some_and(|properties| properties.get(name).is_some())
    };
    let requires_more = |a: &Value, b: &Value| {
        let mut required = list(a, "required").iter().filter_map(Value::as_str);
        required.any(|name| !has(b, name))
    };
    let share = |a: &Value, b: &Value| keys(a.get("properties")).any(|name| has(b, name));
    let (mut is_either, mut is_shared) = (false, false);
    for (index, a) in branches.iter().enumerate() {
        for b in branches.iter().skip(index + 1) {
            is_either |= requires_more(a, b) && requires_more(b, a);
            is_shared |= share(a, b);
        }
    }
    if is_either {
        return Some(
            "each requires what another does not have, so that typify takes the first alternative that fits",
        );
    }
    let may_be_null = |branch: &&Value| is_nullable(branch);
    if branches.iter().any(may_be_null) && !is_nullable(node.value) {
        return Some("one of them may be null, which the struct that typify makes of all is not");
    }
    is_shared.then_some("two of them have a property of one name, which typify writes twice")
}

/// Whether typify merges the alternatives of a schema with something else.
fn is_merged(spec: &Value, node: &Node<'_>) -> bool {
    let says = ["allOf", "properties", "required", "oneOf"];
    let is_part = node.pointer.rsplit_once('/').is_some_and(|(list, _)| {
        list.ends_with("/allOf")
            && spec
                .pointer(list)
                .and_then(Value::as_array)
                .is_some_and(|all| all.len() > 1)
    });
    is_part || says.iter().any(|key| node.value.get(*key).is_some())
}

/// The property that is to tell the branches apart, if one of them does not say its value.
fn untold<'a>(spec: &Value, schema: &'a Value, branches: &[&Value]) -> Option<&'a str> {
    let property = schema.get("discriminator")?.get("propertyName")?.as_str()?;
    let says = |branch: &&Value| {
        let mut all = Vec::new();
        flatten(spec, branch, &mut all);
        all.iter().any(|part| {
            let value = part.get("properties").and_then(|map| map.get(property));
            value.is_some_and(|value| has_one_value(spec, value))
        })
    };
    // What takes the kinds that are not known yet comes last, and says nothing.
    let known = match branches.split_last() {
        Some((last, known)) if is_any_object(last) => known,
        _ => branches,
    };
    (!known.iter().all(says)).then_some(property)
}
