//! `value-alternatives`: what may be one of several, and is not an object in each, is exactly one of them.
//! `open-alternatives`: an object with one property stays open for more.
//! `alternatives-last`: what has alternatives comes after what has none.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::open::schemas;
use crate::document::{join, list, resolve, target};
use crate::preflight::tag;
use crate::reach::received;

pub(super) fn value_alternatives(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    touched.retain(|pointer| {
        let schema = spec.pointer(pointer);
        schema.is_some_and(|schema| is_of_values(spec, schema))
    });
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

/// With each part that follows, typify looks at every alternative again, and at what all others are.
pub(super) fn alternatives_last(spec: &mut Value) -> Vec<String> {
    let having = having_alternatives(spec);
    let mut touched = Vec::new();
    // From within: the way to what is within goes by the numbers that are changed.
    for pointer in schemas(spec).into_iter().rev() {
        let list = join(&pointer, "allOf");
        let count = spec.pointer(&list).and_then(Value::as_array);
        let count = count.map_or(0, Vec::len);
        let mut is_last = Vec::new();
        for index in 0..count {
            let end = target(spec, &format!("{list}/{index}"));
            is_last.push(end.is_some_and(|end| having.contains(&end)));
        }
        if !is_last.is_sorted()
            && let Some(parts) = spec.pointer_mut(&list).and_then(Value::as_array_mut)
        {
            let mut last = Vec::new();
            for (part, is_last) in std::mem::take(parts).into_iter().zip(is_last) {
                match is_last {
                    true => last.push(part),
                    false => parts.push(part),
                }
            }
            parts.extend(last);
            touched.push(list);
        }
    }
    touched
}

/// Pointers to the schemas that have alternatives, or parts that do.
fn having_alternatives(spec: &Value) -> HashSet<String> {
    let mut part_of: HashMap<String, Vec<String>> = HashMap::new();
    let mut open = Vec::new();
    for pointer in schemas(spec) {
        let list = |key: &str| spec.pointer(&pointer)?.get(key)?.as_array();
        if list("anyOf").is_some() || list("oneOf").is_some() {
            open.push(pointer.clone());
        }
        for index in 0..list("allOf").map_or(0, Vec::len) {
            if let Some(part) = target(spec, &format!("{pointer}/allOf/{index}")) {
                part_of.entry(part).or_default().push(pointer.clone());
            }
        }
    }
    let mut found = HashSet::new();
    while let Some(pointer) = open.pop() {
        open.extend(part_of.remove(&pointer).unwrap_or_default());
        found.insert(pointer);
    }
    found
}

/// Whether one of several alternatives is no object.
pub(super) fn is_of_values(spec: &Value, schema: &Value) -> bool {
    let list = list(schema, "anyOf");
    schema.get("oneOf").is_none()
        && list.len() > 1
        && !list.iter().all(|one| is_object(spec, one, DEEPEST))
}

/// typify takes objects that require their one property for an enum of serde's, beside whose tag nothing may
/// stand; with a least count of properties, which is no less than what they require, it does not. It panics if what
/// they require is another property than the one that they have.
pub(super) fn open_alternatives(spec: &mut Value) -> Vec<String> {
    let received: BTreeSet<_> = received(spec).into_iter().collect();
    let mut touched = Vec::new();
    for pointer in schemas(spec) {
        let Some(schema) = spec.pointer(&pointer) else {
            continue;
        };
        for key in ["anyOf", "oneOf"] {
            let count = list(schema, key).len();
            let is_open = received.contains(&pointer) && count > 1 && tag(schema, key).is_none();
            for index in 0..count {
                let branch = alone(spec, format!("{pointer}/{key}/{index}"));
                let single = spec.pointer(&branch).and_then(Single::of);
                if single == Some(Single::Other) || (is_open && single == Some(Single::Own)) {
                    touched.push(branch);
                }
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

/// What stands there, or is the only part of the `allOf` that does.
fn alone(spec: &Value, mut pointer: String) -> String {
    while let Some(all) = spec
        .pointer(&pointer)
        .and_then(|it| it.get("allOf")?.as_array())
        && all.len() == 1
    {
        pointer += "/allOf/0";
    }
    pointer
}

/// An object with one property that requires one.
#[derive(PartialEq)]
enum Single {
    Own,
    Other,
}

impl Single {
    fn of(branch: &Value) -> Option<Self> {
        let properties = branch.get("properties").and_then(Value::as_object)?;
        let required = branch.get("required").and_then(Value::as_array)?;
        let is_single =
            properties.len() == 1 && required.len() == 1 && branch.get("minProperties").is_none();
        let name = required.first().and_then(Value::as_str)?;
        let single = match properties.contains_key(name) {
            true => Single::Own,
            false => Single::Other,
        };
        is_single.then_some(single)
    }
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
    fn what_requires_another_property_than_its_own_stays_open() {
        let other = json!({"type": "object", "required": ["b"], "properties": {"a": {}}});
        let own = json!({"type": "object", "required": ["a"], "properties": {"a": {}}});
        let mut spec = json!({"components": {"schemas": {
            "A": {"oneOf": [other, own]}, "B": {"anyOf": [{"allOf": [other]}]}, "C": other,
        }}});
        let touched = open_alternatives(&mut spec);
        let at = |below: &str| format!("/components/schemas/{below}");
        assert_eq!(touched, [at("A/oneOf/0"), at("B/anyOf/0/allOf/0")]);
        assert_eq!(spec["components"]["schemas"]["C"], other);
        assert!(open_alternatives(&mut spec).is_empty());
    }

    #[test]
    fn what_has_alternatives_comes_last() {
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let (one, either) = (
            json!({"type": "object"}),
            json!({"oneOf": [{"type": "object"}]}),
        );
        let within = |parts: Value| json!({"allOf": parts});
        let mut spec = json!({"components": {"schemas": {
            "Either": either,
            "A": within(json!([to("Either"), one, within(json!([either, one])), to("One")])),
            "B": within(json!([one, to("A")])), "One": one,
        }}});
        let touched = alternatives_last(&mut spec);
        let at = |below: &str| format!("/components/schemas/A/{below}");
        assert_eq!(touched, [at("allOf/2/allOf"), at("allOf")]);
        let made = within(json!([
            one,
            to("One"),
            to("Either"),
            within(json!([one, either]))
        ]));
        assert_eq!(spec["components"]["schemas"]["A"], made);
        assert!(alternatives_last(&mut spec).is_empty());
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
