//! `distinct-titles`: a title that another schema has already names no type. `branch-titles`: what is in
//! alternatives is named after the alternative that it is in.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::document::{Kind, is_component, join, keys, list, nodes, reference};
use crate::names::{TAKEN_TYPES, type_name};
use crate::preflight::{constant, same, tag, type_names};

pub(super) fn distinct_titles(spec: &mut Value) -> Vec<String> {
    let mut components = BTreeSet::new();
    for name in keys(spec.pointer("/components/schemas")) {
        components.insert(type_name(name));
    }
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut touched = Vec::new();
    let nodes = nodes(Kind::Document, spec);
    for (number, node) in nodes.iter().enumerate() {
        // A component is called by its name, whatever its title; what may be null in it is a type of its own, called by
        // the title.
        let is_called_by_key = is_component(&node.pointer, "schemas")
            && node.value.get("nullable") != Some(&json!(true));
        if node.kind != Kind::Schema || is_called_by_key || !makes_types(node.value) {
            continue;
        }
        let Some(title) = node.value.get("title").and_then(Value::as_str) else {
            continue;
        };
        let name = type_name(title);
        let other = first.get(&name).and_then(|number| nodes.get(*number));
        let is_taken = components.contains(&name)
            || TAKEN_TYPES.contains(&name.as_str())
            || other.is_some_and(|other| !same(other.value, node.value));
        if is_taken {
            touched.push(node.pointer.clone());
        } else {
            first.entry(name).or_insert(number);
        }
    }
    for pointer in &touched {
        if let Some(schema) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            schema.shift_remove("title");
        }
    }
    touched
}

pub(super) fn branch_titles(spec: &mut Value) -> Vec<String> {
    let names = type_names(spec);
    let mut titles = Vec::new();
    for node in nodes(Kind::Document, spec) {
        for key in ["anyOf", "oneOf"] {
            let tag = tag(node.value, key).filter(|_| node.kind == Kind::Schema);
            let Some(tag) = tag else { continue };
            let list = list(node.value, key);
            let base = names.get(&node.pointer).map_or("", String::as_str);
            for (index, branch) in list.iter().enumerate() {
                let properties = branch.get("properties").and_then(Value::as_object);
                for (name, value) in properties
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| *name != tag)
                {
                    let others = list
                        .iter()
                        .filter_map(|other| other.get("properties")?.get(name));
                    let is_alone = others.into_iter().all(|other| same(other, value));
                    if is_alone || value.get("title").is_some() || !makes_types(value) {
                        continue;
                    }
                    let title = type_name(&format!(
                        "{base}-{}-{name}",
                        constant(branch, tag).unwrap_or("")
                    ));
                    let pointer = format!("{}/{key}/{index}/properties", node.pointer);
                    titles.push((join(&pointer, name), title));
                }
            }
        }
    }
    for (pointer, title) in &titles {
        if let Some(schema) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            schema.insert("title".to_string(), json!(title));
        }
    }
    titles.into_iter().map(|(pointer, _)| pointer).collect()
}

/// Whether the schema is more than a plain string, number or boolean.
fn makes_types(schema: &Value) -> bool {
    let kind = schema.get("type").and_then(Value::as_str);
    let is_scalar = matches!(kind, Some("boolean" | "integer" | "number" | "string"));
    let says = [
        "enum",
        "minLength",
        "maxLength",
        "pattern",
        "allOf",
        "anyOf",
        "oneOf",
    ];
    reference(schema).is_none() && (!is_scalar || says.iter().any(|key| schema.get(*key).is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_in_two_alternatives_is_named_after_them() {
        let branch = |kind: &str, data: Value| {
            json!({"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string", "enum": [kind]}, "data": data, "note": {"type": "object"},
            }})
        };
        let of = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        let mut spec = json!({"components": {"schemas": {
            "Event": {"oneOf": [branch("made", of("x")), branch("gone", of("y"))]},
            "Same": {"oneOf": [branch("made", of("x")), branch("gone", of("x"))]},
            "Loose": {"oneOf": [of("x"), of("y")]},
        }}});
        let data = |index| format!("/components/schemas/Event/oneOf/{index}/properties/data");
        assert_eq!(branch_titles(&mut spec), [data(0), data(1)]);
        assert_eq!(spec.pointer(&data(0)).unwrap()["title"], "EventMadeData");
        assert_eq!(spec.pointer(&data(1)).unwrap()["title"], "EventGoneData");
        assert!(branch_titles(&mut spec).is_empty());
    }

    #[test]
    fn the_first_keeps_its_title_and_equal_ones_too() {
        let one =
            json!({"title": "Thing", "type": "object", "properties": {"a": {"type": "string"}}});
        let mut told = one.clone();
        told["description"] = json!("The same, told otherwise.");
        let other =
            json!({"title": "thing", "type": "object", "properties": {"b": {"type": "string"}}});
        let as_component = json!({"title": "Comp", "type": "object"});
        let as_ours = json!({"title": "string", "type": "string", "enum": ["a"]});
        let plain = json!({"title": "Comp", "type": "string"});
        let mut spec = json!({"components": {"schemas": {
            "A": {"title": "Thing", "properties": {"one": one, "other": other, "told": told}},
            "B": {"properties": {"as": as_component, "ours": as_ours, "plain": plain}},
            "comp": {"type": "object"},
        }}});
        let touched = distinct_titles(&mut spec);
        let at = |below: &str| format!("/components/schemas/{below}");
        assert_eq!(
            touched,
            [
                at("A/properties/other"),
                at("B/properties/as"),
                at("B/properties/ours")
            ]
        );
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["A"]["title"], "Thing");
        assert_eq!(schemas["A"]["properties"]["one"], one);
        assert_eq!(schemas["A"]["properties"]["told"], told);
        assert_eq!(schemas["A"]["properties"]["other"].get("title"), None);
        assert_eq!(schemas["B"]["properties"]["plain"], plain);
        assert!(distinct_titles(&mut spec).is_empty());
    }
}
