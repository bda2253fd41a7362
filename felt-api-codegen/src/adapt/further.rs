//! `further-properties`: what a schema says that there may be beside its properties is kept.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::open::schemas;
use crate::document::{keys, list, parts_of_all};
use crate::names::field_name;

/// typify takes `true` for what every schema means that does not say otherwise, and `{}` for what is meant.
pub(super) fn further_properties(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    touched.retain(|pointer| spec.pointer(pointer).is_some_and(says_more));
    if touched.is_empty() {
        return touched;
    }
    let excluded = excluded(spec);
    touched.retain(|pointer| !excluded.contains(pointer));
    for pointer in &touched {
        if let Some(schema) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            schema.insert("additionalProperties".to_string(), json!({}));
        }
    }
    touched
}

/// Whether it says that there may be more than its properties.
fn says_more(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    schema.get("additionalProperties") == Some(&json!(true))
        && properties.is_some_and(|properties| !properties.is_empty())
}

/// What has a property of the name that the rest is kept under; what is merged with more, where typify merges each
/// property of the others with the rest, too, and may be led back; and objects that may hold together, each of which
/// would keep what is the other's, and write it twice.
fn excluded(spec: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for pointer in schemas(spec) {
        let Some(schema) = spec.pointer(&pointer) else {
            continue;
        };
        let has_extra = keys(schema.get("properties")).any(|name| field_name(name) == "extra");
        let parts = parts_of_all(spec, &pointer);
        if has_extra || parts.len() > 1 {
            found.extend(parts);
        }
        for index in 0..list(schema, "anyOf").len() {
            found.extend(parts_of_all(spec, &format!("{pointer}/anyOf/{index}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_beside_the_properties_is_kept() {
        let open = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "additionalProperties": true});
        let kept = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "additionalProperties": {}});
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut spec = json!({"components": {"schemas": {
            "Open": open("a"), "Map": {"type": "object", "additionalProperties": true}, "Extra": open("Extra"),
            "Part": open("b"), "Whole": {"allOf": [to("Part"), {"properties": {"extra": {}}}]},
            "Either": {"anyOf": [to("Branch"), open("d")]}, "Branch": open("c"),
        }}});
        let before = spec.clone();
        assert_eq!(further_properties(&mut spec), ["/components/schemas/Open"]);
        assert_eq!(spec["components"]["schemas"]["Open"], kept("a"));
        for name in ["Map", "Extra", "Part", "Either", "Branch"] {
            assert_eq!(
                spec["components"]["schemas"][name],
                before["components"]["schemas"][name]
            );
        }
        assert!(further_properties(&mut spec).is_empty());
    }
}
