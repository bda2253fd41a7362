//! Whether two schemas silently become one type: each object gets a property of its own, and that has to be
//! found in the code.

use felt_api_codegen::{Severity, adapt, generate, preflight};
use serde_json::{Map, Value, json};

/// What people read makes no difference; the rest of a schema is what it is.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let read = ["default", "description", "nullable", "title"];
            let kept = map
                .iter()
                .filter(|(key, value)| !read.contains(&key.as_str()) || value.is_object());
            Value::Object(
                kept.map(|(key, value)| (key.clone(), bare(value)))
                    .collect(),
            )
        }
        Value::Array(list) => Value::Array(list.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// Marks every schema that lists properties; what it was before is pushed to `found`. A part of an `allOf`
/// is not marked itself: a closed part beside it would forbid that.
fn mark(value: &mut Value, is_part: bool, found: &mut Vec<Value>) {
    let before = bare(value);
    let Value::Object(map) = value else {
        if let Value::Array(list) = value {
            list.iter_mut().for_each(|one| mark(one, is_part, found));
        }
        return;
    };
    let is_object =
        map.get("type").is_none_or(|kind| kind == "object") && map.get("$ref").is_none();
    for (key, part) in map.iter_mut() {
        match (key.as_str(), part) {
            ("content" | "paths" | "properties" | "responses" | "schemas", Value::Object(all)) => {
                all.values_mut().for_each(|one| mark(one, false, found));
            }
            ("allOf", part) => mark(part, true, found),
            (
                "additionalProperties"
                | "anyOf"
                | "components"
                | "delete"
                | "get"
                | "items"
                | "oneOf"
                | "parameters"
                | "patch"
                | "post"
                | "put"
                | "requestBody"
                | "schema",
                part,
            ) => mark(part, false, found),
            _ => {}
        }
    }
    if let (true, false, Some(Value::Object(properties))) =
        (is_object, is_part, map.get_mut("properties"))
    {
        properties.insert(
            format!("marker_{}_", found.len()),
            json!({"type": "boolean"}),
        );
        found.push(before);
    }
}

/// The schemas of which there is nothing in the code, although none like them is.
pub fn lost(spec: &Value) -> Vec<Value> {
    let mut marked = spec.clone();
    let mut found = Vec::new();
    mark(&mut marked, false, &mut found);
    let Ok(code) = generate(&marked) else {
        return Vec::new();
    };
    let is_there = |number: &usize| code.contains(&format!("marker_{number}_"));
    let there: Vec<_> = (0..found.len()).filter(is_there).collect();
    let lost = (0..found.len()).filter(|number| !is_there(number));
    let lost = lost.filter(|number| !there.iter().any(|other| found[*other] == found[*number]));
    lost.map(|number| found[number].clone()).collect()
}

/// What stands in the way of nothing.
pub fn passes(spec: &Value) -> bool {
    preflight(spec)
        .iter()
        .all(|finding| finding.severity != Severity::Refused)
}

#[test]
fn a_lost_schema_is_found() {
    let of = |name: &str| json!({"title": "Thing", "type": "object", "properties": {name: {"type": "string"}}});
    let mut schemas = Map::new();
    schemas.insert(
        "A".to_string(),
        json!({"type": "object", "properties": {"x": of("a"), "y": of("b"), "z": of("a")}}),
    );
    let mut spec = json!({
        "openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {},
        "components": {"schemas": schemas},
    });
    assert_eq!(lost(&spec), [bare(&of("b"))]);
    adapt(&mut spec);
    assert!(lost(&spec).is_empty());
}

#[test]
fn none_of_the_corpus_is_lost() {
    let mut specs = crate::corpus::specs();
    specs.insert("fifty".to_string(), crate::compiled::synthetic::spec(50));
    for (name, mut spec) in specs {
        adapt(&mut spec);
        if passes(&spec) {
            assert_eq!(lost(&spec), Vec::<Value>::new(), "{name}");
        }
    }
}
