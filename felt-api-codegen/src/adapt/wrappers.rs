//! `described-references`: a reference that is described is a reference still. `nullable-uses`: what may be null is
//! told where it is used.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::changed;
use super::nullable::nullable_alternatives;
use super::open::schemas;
use crate::document::{Kind, is_nullable, is_word, join, list, members, nodes, reference, target};

pub(super) fn described_references(spec: &mut Value) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, unwrap)
}

/// The words that stand beside a reference in `allOf` move to what holds it, and never over what stands there.
fn unwrap(schema: &mut Map<String, Value>) -> bool {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
        return false;
    };
    let says_nothing = |part: &Value| {
        part.as_object()
            .is_some_and(|it| it.keys().all(|key| is_word(key)))
    };
    let (words, values): (Vec<_>, Vec<_>) = parts
        .iter()
        .cloned()
        .partition(|part| reference(part).is_none() && says_nothing(part));
    let [only] = values.as_slice() else {
        return false;
    };
    if words.is_empty() || reference(only).is_none() {
        return false;
    }
    schema.insert("allOf".to_string(), Value::Array(values));
    for part in words {
        for (key, value) in part.as_object().into_iter().flatten() {
            // A title would be the name of a type, and there is none.
            if key != "title" {
                schema.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    true
}

/// How often it is looked whether a use is one of several alternatives, which makes the whole of these null.
const ROUNDS: usize = 8;

pub(super) fn nullable_uses(spec: &mut Value) -> Vec<String> {
    let mut touched = BTreeSet::new();
    for _ in 0..ROUNDS {
        let uses = told_where_used(spec);
        if uses.is_empty() {
            break;
        }
        touched.extend(uses);
        touched.extend(nullable_alternatives(spec));
    }
    touched.into_iter().collect()
}

fn told_where_used(spec: &mut Value) -> Vec<String> {
    let mut components = Vec::new();
    for (name, schema) in members(spec.pointer("/components/schemas")) {
        if is_twice(schema) {
            components.push(join("/components/schemas", name));
        }
    }
    let mut uses = Vec::new();
    for node in nodes(Kind::Document, spec) {
        let to = reference(node.value).and_then(|it| target(spec, it.strip_prefix('#')?));
        if node.kind == Kind::Schema && to.is_some_and(|to| components.contains(&to)) {
            uses.extend(holder(spec, node.pointer));
        }
    }
    for pointer in &components {
        if let Some(schema) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            schema.shift_remove("nullable");
        }
    }
    for pointer in &uses {
        match spec.pointer_mut(pointer) {
            Some(schema) if reference(schema).is_some() => {
                *schema = json!({"nullable": true, "allOf": [schema.take()]});
            }
            Some(Value::Object(schema)) => {
                schema.insert("nullable".to_string(), json!(true));
            }
            _ => {}
        }
    }
    [components, uses].concat()
}

/// What is null where the reference at this pointer is: the reference, or what says the same as it. None if what else
/// is in `allOf` is not null.
fn holder(spec: &Value, pointer: String) -> Option<String> {
    let Some(whole) = pointer.strip_suffix("/allOf/0") else {
        let is_part = pointer
            .rsplit_once('/')
            .is_some_and(|it| it.0.ends_with("/allOf"));
        return (!is_part).then_some(pointer);
    };
    let parts = spec.pointer(whole)?.get("allOf")?.as_array()?;
    (parts.len() == 1).then(|| whole.to_string())
}

/// Whether typify makes two types of one name: that of what may be null, and that of what is in it.
fn is_twice(schema: &Value) -> bool {
    let count = |key: &str| list(schema, key).len();
    let is_combined = count("allOf") > 1 || count("anyOf") > 0 || count("oneOf") > 0;
    is_nullable(schema) && is_combined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(schemas: Value) -> Value {
        json!({"components": {"schemas": schemas}})
    }

    #[test]
    fn words_beside_a_reference_go_to_what_holds_it() {
        let name = json!({"$ref": "#/components/schemas/Name"});
        let said = json!({"description": "The name.", "title": "T", "x-a": 1, "deprecated": true});
        let mut adapted = spec(json!({"Name": {"type": "string"}, "A": {"properties": {
            "plain": {"allOf": [name, said]},
            "first": {"allOf": [said, name], "description": "First.", "nullable": true},
            "alone": {"allOf": [name]},
            "two": {"allOf": [name, name, said]},
            "more": {"allOf": [name, {"description": "d", "nullable": true}]},
            "inline": {"allOf": [{"type": "string"}, said]},
            "empty": {"allOf": [name, {}]},
        }}}));
        let before = adapted.clone();
        let at = |name: &str| format!("/components/schemas/A/properties/{name}");
        let touched = described_references(&mut adapted);
        assert_eq!(touched, ["plain", "first", "empty"].map(at));
        let made = |name: &str| adapted.pointer(&at(name)).unwrap().clone();
        assert_eq!(
            made("plain"),
            json!({"allOf": [name], "description": "The name.", "x-a": 1, "deprecated": true})
        );
        assert_eq!(made("first")["description"], "First.");
        assert_eq!(made("empty"), json!({"allOf": [name]}));
        for other in ["alone", "two", "more", "inline"] {
            assert_eq!(Some(&made(other)), before.pointer(&at(other)));
        }
        assert!(described_references(&mut adapted).is_empty());
    }

    #[test]
    fn what_may_be_null_is_told_where_it_is_used() {
        let either = json!({"nullable": true, "oneOf": [{"type": "string"}, {"type": "integer"}]});
        let use_ = json!({"$ref": "#/components/schemas/Either"});
        let mut adapted = spec(json!({
            "Either": either, "Plain": {"nullable": true, "type": "object"},
            "Alias": use_, "All": {"allOf": [use_, {"type": "string"}]},
            "Same": {"allOf": [use_], "description": "d"},
            "List": {"type": "array", "items": {"$ref": "#/components/schemas/Alias"}},
            "Other": {"properties": {"plain": {"$ref": "#/components/schemas/Plain"}}},
        }));
        let touched = nullable_uses(&mut adapted);
        let at = |name: &str| format!("/components/schemas/{name}");
        assert_eq!(touched, ["Alias", "Either", "List/items", "Same"].map(at));
        let schemas = &adapted["components"]["schemas"];
        assert_eq!(schemas["Either"].get("nullable"), None);
        assert_eq!(schemas["Alias"], json!({"nullable": true, "allOf": [use_]}));
        assert_eq!(schemas["All"], json!({"allOf": [use_, {"type": "string"}]}));
        assert_eq!(
            schemas["Same"],
            json!({"allOf": [use_], "description": "d", "nullable": true})
        );
        assert_eq!(schemas["List"]["items"]["nullable"], true);
        assert!(nullable_uses(&mut adapted).is_empty());
    }

    #[test]
    fn what_may_be_null_within_alternatives_is_told_of_the_whole() {
        let object = json!({"type": "object"});
        let inner =
            json!({"nullable": true, "oneOf": [object, {"type": "object", "required": ["a"]}]});
        let mut adapted = spec(json!({
            "Inner": inner, "Outer": {"anyOf": [{"$ref": "#/components/schemas/Inner"}, object]},
            "User": {"properties": {"outer": {"$ref": "#/components/schemas/Outer"}}},
        }));
        nullable_uses(&mut adapted);
        let schemas = &adapted["components"]["schemas"];
        assert_eq!(schemas["Outer"].get("nullable"), None);
        assert_eq!(schemas["Outer"]["anyOf"][0].get("nullable"), None);
        assert_eq!(schemas["User"]["properties"]["outer"]["nullable"], true);
        assert!(nullable_uses(&mut adapted).is_empty());
        assert!(nullable_alternatives(&mut adapted).is_empty());
    }
}
