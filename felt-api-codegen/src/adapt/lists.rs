//! `plain-lists`: of alternatives that are one list in Rust, none differs in that it has nothing twice.

use std::collections::BTreeSet;

use serde_json::Value;

use super::open::schemas;
use crate::document::reference;

/// typify makes the same Rust type of a list and of one that has nothing twice, and of two alternatives that differ
/// in that two conversions from it.
pub(super) fn plain_lists(spec: &mut Value) -> Vec<String> {
    let mut touched = BTreeSet::new();
    for pointer in schemas(spec) {
        for key in ["anyOf", "oneOf"] {
            let at = format!("{pointer}/{key}");
            let Some(branches) = spec.pointer_mut(&at).and_then(Value::as_array_mut) else {
                continue;
            };
            let shapes: Vec<_> = branches.iter().map(shape).collect();
            for (index, branch) in branches.iter_mut().enumerate() {
                let is_twice = shapes
                    .iter()
                    .filter(|shape| Some(*shape) == shapes.get(index))
                    .count()
                    > 1;
                if is_twice && no_longer_unique(branch) {
                    touched.insert(format!("{at}/{index}"));
                }
            }
        }
    }
    touched.into_iter().collect()
}

/// Where what a list or a map is made of stands.
const WITHIN: [&str; 2] = ["items", "additionalProperties"];

/// What of a schema its Rust type shows, if it is a list or a map without a name.
fn shape(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return name.to_string();
    }
    if let Some([only]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return shape(only);
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("");
    let within = WITHIN.iter().filter_map(|key| schema.get(*key));
    within.fold(kind.to_string(), |outer, inner| {
        outer + " of " + &shape(inner)
    })
}

/// False if nothing was to be there once only.
fn no_longer_unique(schema: &mut Value) -> bool {
    let Some(map) = schema.as_object_mut() else {
        return false;
    };
    let is_unique = map.get("uniqueItems") == Some(&Value::Bool(true));
    let mut is_changed = is_unique && map.shift_remove("uniqueItems").is_some();
    let only = map.get_mut("allOf").and_then(Value::as_array_mut);
    if let Some([only]) = only.map(Vec::as_mut_slice) {
        is_changed |= no_longer_unique(only);
    }
    for key in WITHIN {
        is_changed |= map.get_mut(key).is_some_and(no_longer_unique);
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alternatives_that_are_one_list_in_rust_do_not_differ_in_repeats() {
        let list = |items: Value| json!({"type": "array", "items": items});
        let set = |items: Value| json!({"type": "array", "items": items, "uniqueItems": true});
        let map = |values: Value| json!({"type": "object", "additionalProperties": values});
        let text = json!({"type": "string"});
        let mail = json!({"type": "string", "format": "email"});
        let number = json!({"type": "number"});
        let mut spec = json!({"components": {"schemas": {
            "A": {"oneOf": [list(text.clone()), set(mail.clone()), set(number.clone())]},
            "B": {"anyOf": [map(set(set(text.clone()))), map(list(set(text.clone()))), {"type": "string"}]},
            "C": {"oneOf": [{"allOf": [set(text.clone())]}, list(text.clone())]},
            "D": {"oneOf": [set(text.clone()), list(number)]},
            "E": set(text.clone()),
        }}});
        let before = spec.clone();
        let at = |below: &str| format!("/components/schemas/{below}");
        assert_eq!(
            plain_lists(&mut spec),
            [
                at("A/oneOf/1"),
                at("B/anyOf/0"),
                at("B/anyOf/1"),
                at("C/oneOf/0")
            ]
        );
        let (schemas, before) = (
            &spec["components"]["schemas"],
            &before["components"]["schemas"],
        );
        assert_eq!(schemas["A"]["oneOf"][1], list(mail));
        let lists = map(list(list(text.clone())));
        assert_eq!(
            schemas["B"],
            json!({"anyOf": [lists, lists, {"type": "string"}]})
        );
        assert_eq!(schemas["C"]["oneOf"][0], json!({"allOf": [list(text)]}));
        for name in ["D", "E"] {
            assert_eq!(schemas[name], before[name]);
        }
        assert!(plain_lists(&mut spec).is_empty());
    }
}
