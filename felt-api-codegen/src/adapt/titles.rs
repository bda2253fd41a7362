//! `distinct-titles`: a title that another schema has already names no type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Kind, nodes, reference};
use crate::names::{TAKEN_TYPES, type_name};
use crate::preflight::same;

pub(super) fn distinct_titles(spec: &mut Value) -> Vec<String> {
    let components = spec
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let components: BTreeSet<_> = components
        .into_iter()
        .flat_map(|schemas| schemas.keys().map(|name| type_name(name)))
        .collect();
    let mut first: BTreeMap<String, &Value> = BTreeMap::new();
    let mut touched = Vec::new();
    for node in nodes(Kind::Document, spec) {
        if node.kind != Kind::Schema || is_component(&node.pointer) || !makes_types(node.value) {
            continue;
        }
        let Some(title) = node.value.get("title").and_then(Value::as_str) else {
            continue;
        };
        let name = type_name(title);
        let is_taken = components.contains(&name)
            || TAKEN_TYPES.contains(&name.as_str())
            || first
                .get(&name)
                .is_some_and(|other| !same(other, node.value));
        if is_taken {
            touched.push(node.pointer);
        } else {
            first.entry(name).or_insert(node.value);
        }
    }
    for pointer in &touched {
        if let Some(schema) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            schema.shift_remove("title");
        }
    }
    touched
}

/// A component is called by its name, whatever its title.
fn is_component(pointer: &str) -> bool {
    let name = pointer.strip_prefix("/components/schemas/");
    name.is_some_and(|name| !name.contains('/'))
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
