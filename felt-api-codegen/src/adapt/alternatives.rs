//! `value-alternatives`: what may be one of several, and is not an object in each, is exactly one of them.
//! `open-alternatives`: an object with one property stays open for more.
//! `loose-requirements`: which properties are required together with which others, no type can say.

use serde_json::{Value, json};

use super::open::schemas;
use crate::document::resolve;
use crate::preflight::tag;
use crate::reach::received;

pub(super) fn value_alternatives(spec: &mut Value) -> Vec<String> {
    let touched: Vec<_> = schemas(spec)
        .into_iter()
        .filter(|pointer| {
            spec.pointer(pointer)
                .is_some_and(|schema| is_of_values(spec, schema))
        })
        .collect();
    // From within: the way to what is within goes by the name that is changed.
    for pointer in touched.iter().rev() {
        let schema = spec.pointer_mut(pointer).and_then(Value::as_object_mut);
        if let Some(schema) = schema
            && let Some(list) = schema.shift_remove("anyOf")
        {
            schema.insert("oneOf".to_string(), list);
        }
    }
    touched
}

pub(super) fn loose_requirements(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    touched.retain(|pointer| {
        let schema = spec.pointer_mut(pointer).and_then(Value::as_object_mut);
        schema.is_some_and(|schema| {
            let list = schema.get("anyOf").and_then(Value::as_array);
            let only_requires = |one: &Value| {
                let keys = one.as_object().map(|map| map.keys());
                keys.is_some_and(|mut keys| keys.len() == 1 && keys.all(|key| key == "required"))
            };
            let is_loose =
                list.is_some_and(|list| !list.is_empty() && list.iter().all(only_requires));
            is_loose && schema.shift_remove("anyOf").is_some()
        })
    });
    touched
}

fn is_of_values(spec: &Value, schema: &Value) -> bool {
    let list = schema.get("anyOf").and_then(Value::as_array);
    schema.get("oneOf").is_none()
        && list.is_some_and(|list| {
            list.len() > 1 && !list.iter().all(|one| is_object(spec, one, DEEPEST))
        })
}

/// typify takes objects that require their one property for an enum of serde's, beside whose tag nothing may
/// stand; with a least count of properties, which is no less than what they require, it does not.
pub(super) fn open_alternatives(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for pointer in received(spec) {
        let Some(schema) = spec.pointer(&pointer) else {
            continue;
        };
        for key in ["anyOf", "oneOf"] {
            let list = schema
                .get(key)
                .and_then(Value::as_array)
                .filter(|list| list.len() > 1);
            if let (Some(list), None) = (list, tag(schema, key)) {
                let single = list
                    .iter()
                    .enumerate()
                    .filter(|(_, branch)| is_single(branch));
                touched.extend(single.map(|(index, _)| format!("{pointer}/{key}/{index}")));
            }
        }
    }
    for pointer in &touched {
        if let Some(branch) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            branch.insert("minProperties".to_string(), json!(1));
        }
    }
    touched
}

/// An object with one property, which is required.
fn is_single(branch: &Value) -> bool {
    let properties = branch.get("properties").and_then(Value::as_object);
    let required = branch.get("required").and_then(Value::as_array);
    properties.is_some_and(|properties| properties.len() == 1)
        && required.is_some_and(|required| required.len() == 1)
        && branch.get("minProperties").is_none()
}

/// How deep a schema is looked into.
const DEEPEST: usize = 16;

/// Whether it is an object, and nothing else. Where a schema is restricted (`required`), its parts are
/// restrictions too.
fn is_object(spec: &Value, schema: &Value, depth: usize) -> bool {
    let Some(schema) = resolve(spec, schema).filter(|_| depth > 0) else {
        return false;
    };
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    let has = |key: &str| schema.get(key).is_some();
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => kind == "object",
        None => {
            has("properties")
                || has("required")
                || has("additionalProperties")
                || list("allOf")
                    .is_some_and(|all| all.iter().any(|one| is_object(spec, one, depth - 1)))
                || ["anyOf", "oneOf"].iter().any(|key| {
                    list(key)
                        .is_some_and(|all| all.iter().all(|one| is_object(spec, one, depth - 1)))
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_one_property_stays_open() {
        let one = |name: &str| json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}}});
        let constant = |value: &str| json!({"type": "object", "required": ["k"], "properties": {"k": {"enum": [value]}}});
        let mut spec = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Answer"}
            }}}}}}},
            "components": {"schemas": {
                "Answer": {"oneOf": [one("a"), one("b"), {"$ref": "#/components/schemas/Tagged"}]},
                "Tagged": {"oneOf": [constant("a"), constant("b")]},
                "Request": {"oneOf": [one("a"), one("b")]},
            }},
        });
        let touched = open_alternatives(&mut spec);
        assert_eq!(
            touched,
            [0, 1].map(|index| format!("/components/schemas/Answer/oneOf/{index}"))
        );
        assert_eq!(spec.pointer(&touched[0]).unwrap()["minProperties"], 1);
        assert!(open_alternatives(&mut spec).is_empty());
    }

    #[test]
    fn what_only_requires_goes() {
        let mut spec = json!({"components": {"schemas": {
            "A": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "B": {"anyOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {}}}]},
            "C": {"anyOf": []},
        }}});
        let before = spec.clone();
        assert_eq!(loose_requirements(&mut spec), ["/components/schemas/A"]);
        assert_eq!(
            spec["components"]["schemas"]["A"],
            json!({"type": "object"})
        );
        for name in ["B", "C"] {
            assert_eq!(
                spec["components"]["schemas"][name],
                before["components"]["schemas"][name]
            );
        }
    }

    #[test]
    fn only_alternatives_of_objects_stay() {
        let object = json!({"type": "object"});
        let mut spec = json!({"components": {"schemas": {
            "A": {"anyOf": [{"type": "string"}, {"type": "string", "maxLength": 3}]},
            "B": {"anyOf": [{"$ref": "#/components/schemas/C"}, object]},
            "C": {"allOf": [object, {"required": ["a"]}]},
            "D": {"anyOf": [object, {}]},
            "E": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "F": {"anyOf": [{"type": "string"}]},
        }}});
        let before = spec.clone();
        let touched = value_alternatives(&mut spec);
        assert_eq!(touched, ["/components/schemas/A", "/components/schemas/D"]);
        let (schemas, before) = (
            &spec["components"]["schemas"],
            &before["components"]["schemas"],
        );
        assert_eq!(schemas["A"], json!({"oneOf": before["A"]["anyOf"]}));
        for name in ["B", "C", "E", "F"] {
            assert_eq!(schemas[name], before[name]);
        }
        assert!(value_alternatives(&mut spec).is_empty());
    }
}
