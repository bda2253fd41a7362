//! Edits that nobody chose, and a spec of many operations.

use std::time::{Duration, Instant};

use felt_api_codegen::{Difference, SpecSide, adapt, diff, load, preflight};
use serde_json::{Map, Value, json};

use super::authored::edits;
use super::{corpus, lines};

/// A small generator of numbers: the same ones in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// Pointers to everything in a value.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_string());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Does to a spec what an author does, or what none would.
pub fn edit(spec: &mut Value, numbers: &mut Numbers) -> String {
    let mut all = Vec::new();
    pointers(spec, "", &mut all);
    let edits = all.iter().flat_map(|at| {
        let found = edits(at, spec.pointer(at).unwrap());
        found.into_iter().map(move |new| (at, new))
    });
    let edits: Vec<_> = edits.collect();
    if edits.is_empty() || numbers.below(2) == 0 {
        return edit_blindly(spec, numbers);
    }
    let (at, value) = edits[numbers.below(edits.len())].clone();
    *spec.pointer_mut(at).unwrap() = value;
    at.clone()
}

/// Takes something away, puts something else there, or adds something.
fn edit_blindly(spec: &mut Value, numbers: &mut Numbers) -> String {
    let mut all = Vec::new();
    pointers(spec, "", &mut all);
    let at = all[numbers.below(all.len())].clone();
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(1),
        json!("other"),
        json!("integer"),
        json!([]),
        json!({}),
        json!(["a", "b"]),
        json!({"type": "integer", "minimum": 1}),
        json!({"type": "string", "maxLength": 3, "nullable": true}),
        json!({"type": "string", "enum": ["a", "b"], "default": "a"}),
        json!({"type": "array", "items": {"type": "string", "format": "uuid"}, "uniqueItems": true}),
        json!({"type": "object", "title": "Other", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}),
        json!({"$ref": "#/components/schemas/Thing"}),
        json!({"$ref": "#/nowhere"}),
        json!([{"type": "number"}, {"type": "object", "properties": {"a": {}}}]),
        json!({"in": "query", "name": "new", "schema": {}}),
    ];
    let value = values[numbers.below(values.len())].clone();
    let keys = [
        "type",
        "nullable",
        "enum",
        "required",
        "properties",
        "allOf",
        "oneOf",
        "anyOf",
        "items",
        "default",
        "$ref",
        "x-own",
        "unheard-of",
        "description",
        "parameters",
        "responses",
        "maximum",
        "format",
        "title",
        "additionalProperties",
        "uniqueItems",
        "maxLength",
        "minItems",
        "a",
        "200",
    ];
    let key = keys[numbers.below(keys.len())];
    match (numbers.below(3), at.rsplit_once('/')) {
        (0, Some((parent, key))) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            match spec.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(&key)),
                Value::Array(list) => drop(list.remove(key.parse().unwrap())),
                _ => {}
            }
        }
        (1, _) => match spec.pointer_mut(&at).unwrap() {
            Value::Object(map) => drop(map.insert(key.to_string(), value)),
            Value::Array(list) => list.push(value),
            other => *other = value,
        },
        _ => *spec.pointer_mut(&at).unwrap() = value,
    }
    at
}

/// Whether code could be made of it. What is of a shape that no spec has is told apart, but not by a
/// rule; a null that openapiv3 bears is such a thing, too.
fn is_sound(spec: &Value) -> bool {
    let mut adapted = spec.clone();
    adapt(&mut adapted);
    preflight(&adapted).is_empty() && !spec.to_string().contains("null")
}

#[test]
fn random_edits_are_found_and_never_panic() {
    let mut numbers = Numbers(7);
    let mut specs: Vec<_> = corpus()
        .into_iter()
        .flat_map(|case| [case.old, case.new])
        .collect();
    specs.push(load(&crate::pipeline::openapi()).unwrap());
    let mut found = 0;
    let mut unseen = Vec::new();
    for spec in &specs {
        for _ in 0..4 {
            let mut edited = spec.clone();
            let at = edit(&mut edited, &mut numbers);
            let differences = diff(spec, &edited);
            for one in &differences {
                let side = if one.side == SpecSide::Old {
                    spec
                } else {
                    &edited
                };
                assert!(
                    side.pointer(&one.pointer).is_some(),
                    "{}",
                    lines(&differences)
                );
            }
            let back = diff(&edited, spec);
            // Nothing at all is said of specs only that mean the same.
            assert_eq!(differences.is_empty(), back.is_empty());
            let is_seen = |found: &[Difference]| found.iter().any(|one| !one.pointer.is_empty());
            if is_seen(&differences) && is_seen(&back) {
                found += 1;
            } else if !differences.is_empty() && is_sound(spec) && is_sound(&edited) {
                unseen.push(format!("{at}: {spec} {edited}"));
            }
        }
    }
    assert!(found > 500, "{found}");
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

/// A spec of so many operations, each with three schemas of its own, that refer to each other.
fn large(operations: usize, kind: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for n in 0..operations {
        let next = (n + 1) % operations;
        let to = |name: &str, n: usize| json!({"$ref": format!("#/components/schemas/{name}{n}")});
        let json = |schema: Value| json!({"application/json": {"schema": schema}});
        let body = json!({"content": json(to("Request", n)), "required": true});
        paths.insert(format!("/things/{n}/{{id}}"), json!({"post": {
            "operationId": format!("thing_{n}"),
            "parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}],
            "requestBody": body,
            "responses": {
                "200": {"description": "ok", "content": json(to("Answer", n))},
                "404": {"description": "no", "content": json(to("Problem", n))},
            },
        }}));
        let object = |more: Value| {
            json!({"type": "object", "properties": {
                "id": {"type": "string"}, "count": {"type": kind}, "more": more,
                "tags": {"type": "array", "items": {"type": "string"}},
            }})
        };
        schemas.insert(format!("Request{n}"), object(to("Request", next)));
        schemas.insert(format!("Answer{n}"), object(to("Answer", next)));
        schemas.insert(
            format!("Problem{n}"),
            object(json!({"oneOf": [to("Answer", n), to("Request", n)]})),
        );
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "T", "version": "1"},
        "paths": paths, "components": {"schemas": schemas},
    })
}

#[test]
fn time_grows_with_the_size() {
    let took = |operations| {
        let (old, new) = (large(operations, "integer"), large(operations, "string"));
        let start = Instant::now();
        let found = diff(&old, &new);
        assert_eq!(found.len(), 3 * operations);
        start.elapsed()
    };
    let (small, much) = (took(100), took(800));
    // Eight times the operations. What grew with their square would take 64 times as long.
    assert!(
        much < small * 30 + Duration::from_millis(100),
        "{small:?}, {much:?}"
    );
}
