//! Edits that nobody chose, and a spec of many operations.

use std::time::{Duration, Instant};

use felt_api_codegen::{Difference, SpecSide, adapt, diff, load, preflight};
use serde_json::{Map, Value, json};

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

/// What an author could write instead of a part of a spec.
fn edits(at: &str, old: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let Some(map) = old.as_object() else {
        let list = old.as_array().filter(|list| list.len() > 1);
        let lists = ["Of", "/enum", "/required", "/parameters"];
        if let Some(list) = list.filter(|_| lists.iter().any(|end| at.ends_with(end))) {
            found.push(list.iter().rev().cloned().collect());
        }
        if let Some(list) = old.as_array().filter(|_| at.ends_with("/enum")) {
            let values = list.iter().map(|value| value.as_str().map(restyled));
            found.extend(values.collect::<Option<Value>>());
        }
        return found;
    };
    let parent = at.rsplit('/').nth(1).unwrap_or("");
    let mut with = |key: &str, value: Value| {
        let mut new = old.clone();
        match map.get(key) == Some(&value) {
            true => drop(new.as_object_mut().unwrap().remove(key)),
            false => new[key] = value,
        }
        found.push(new);
    };
    let word = |key: &str| map.get(key).and_then(Value::as_str);
    let composed = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find(|key| map.contains_key(**key));
    if at.is_empty() {
        with("servers", json!([{"url": "https://other"}]));
        with("security", json!([{"key": []}]));
        with("tags", json!([{"name": "a"}]));
    } else if map.contains_key("operationId") {
        with("deprecated", json!(true));
        with("security", json!([{"key": []}]));
        with("servers", json!([{"url": "https://other"}]));
        with("summary", json!("Other"));
        with(
            "parameters",
            json!([{"in": "query", "name": "new", "schema": {"type": "string"}}]),
        );
    } else if map.contains_key("in") && map.contains_key("name") {
        with("required", json!(true));
        with("deprecated", json!(true));
        with("style", json!("form"));
        with("name", json!("renamed"));
        with("name", json!(restyled(word("name").unwrap_or(""))));
    } else if parent == "responses" || at.ends_with("/requestBody") {
        let schema = map
            .get("content")
            .and_then(|content| content.as_object()?.values().next());
        let media = schema
            .cloned()
            .unwrap_or(json!({"schema": {"type": "string"}}));
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "application/geo+json",
            "application/x-www-form-urlencoded",
            "application/octet-stream",
            "text/csv",
        ] {
            with("content", json!({kind: media}));
        }
        with(
            "content",
            json!({"text/csv": media, "application/json": media}),
        );
        with("content", json!({}));
    } else if parent == "post" && at.ends_with("/responses") {
        found.extend(moved(map));
    } else if map.contains_key("$ref") && !at.contains("/parameters/") {
        found.push(json!({"allOf": [old], "description": "other"}));
        found.push(json!({"allOf": [old, {"readOnly": true}]}));
        found.push(json!({"oneOf": [old], "title": "Title"}));
        found.push(json!({"anyOf": [old], "default": "a"}));
    } else if composed.is_some() || matches!(word("type"), Some(kind) if kind != "apiKey") {
        with("title", json!("Title"));
        with("title", json!("Other title"));
        with("nullable", json!(true));
        with("readOnly", json!(true));
        with("writeOnly", json!(true));
        with("deprecated", json!(true));
        with("description", json!("other"));
        with("discriminator", json!({"propertyName": "kind"}));
        for (key, value) in of_kind(word("type").unwrap_or(""), old) {
            with(key, value);
        }
        if let Some(list) = composed.and_then(|key| Some((key, map.get(*key)?.as_array()?))) {
            let with_more = |more: Value| list.1.iter().cloned().chain([more]).collect();
            with(list.0, with_more(json!({"type": "boolean"})));
            with(
                list.0,
                with_more(json!({"type": "string", "title": "More"})),
            );
            with(list.0, list.1.iter().skip(1).cloned().collect());
            with(list.0, with_more(json!({"description": "words"})));
            let object = json!({"type": "object", "properties": {"further": {"type": "string"}}});
            with(list.0, with_more(object));
        }
        found.extend(renamed(map));
        for (key, other) in [("oneOf", "anyOf"), ("anyOf", "oneOf")] {
            if composed == Some(&key) {
                let mut new = map.clone();
                let branches = new.remove(key).unwrap();
                new.insert(other.to_string(), branches);
                found.push(Value::Object(new));
            }
        }
        if composed.is_none() {
            let mut untyped = old.clone();
            untyped.as_object_mut().unwrap().remove("type");
            found.push(untyped);
        }
        found.push(json!({"oneOf": [old]}));
        found.push(json!({"anyOf": [old]}));
        found.push(json!({"allOf": [old, {"description": "words"}]}));
        found.extend(split(map));
        found.push(json!({"allOf": [old]}));
        found.push(json!({"oneOf": [old, {"type": "boolean"}]}));
        found.push(json!({"type": "array", "items": old}));
        found.push(json!({"type": "object", "additionalProperties": old}));
    }
    found
}

/// The same words in another style: `map_id` and `mapId`, `a` and `A`.
fn restyled(name: &str) -> String {
    match name.split_once('_') {
        Some((first, rest)) => first.to_string() + &capital(rest),
        None if name.chars().skip(1).any(char::is_uppercase) => {
            let apart = |c: char| match c.is_uppercase() {
                true => format!("_{}", c.to_lowercase()),
                false => c.to_string(),
            };
            name.chars().map(apart).collect()
        }
        None if name.starts_with(char::is_uppercase) => name.to_lowercase(),
        None => capital(name),
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// An object whose properties are called the same in another style: each of them, and all.
fn renamed(object: &Map<String, Value>) -> Vec<Value> {
    let properties = object.get("properties").and_then(Value::as_object);
    let names: Vec<_> = properties.into_iter().flat_map(Map::keys).collect();
    let with = |now: &dyn Fn(&String) -> String| {
        let mut new = object.clone();
        let renamed = properties.into_iter().flatten();
        let renamed = renamed.map(|(name, value)| (now(name), value.clone()));
        new.insert("properties".to_string(), Value::Object(renamed.collect()));
        if let Some(list) = object.get("required").and_then(Value::as_array) {
            let list = list.iter().filter_map(Value::as_str);
            new["required"] = list.map(|name| now(&name.to_string())).collect();
        }
        Value::Object(new)
    };
    let one = |chosen: &&String| {
        let chosen = *chosen;
        with(&|name| {
            if name == chosen {
                restyled(name)
            } else {
                name.clone()
            }
        })
    };
    let mut found: Vec<_> = names.iter().map(one).collect();
    if !names.is_empty() {
        found.push(with(&|name| restyled(name)));
    }
    found
}

/// The same answers with other statuses, and one more.
fn moved(responses: &Map<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for now in ["201", "302", "404", "default"] {
        for status in responses.keys().filter(|status| *status != now) {
            let mut moved = responses.clone();
            let response = moved.remove(status).unwrap();
            moved.insert(now.to_string(), response.clone());
            found.push(Value::Object(moved.clone()));
            moved.insert(status.clone(), response);
            found.push(Value::Object(moved));
        }
    }
    found
}

/// An object with each of its properties in a part of an `allOf`, and one with a property more that is read only.
fn split(object: &Map<String, Value>) -> Vec<Value> {
    let properties = object.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return Vec::new();
    };
    let mut rest = object.clone();
    rest.remove("properties");
    let part = |(name, property): (&String, &Value)| json!({"type": "object", "properties": {name: property}});
    let parts: Vec<_> = properties.iter().map(part).collect();
    rest.insert("allOf".to_string(), json!(parts));
    rest.remove("type");
    let mut more = object.clone();
    more["properties"]["id"] = json!({"type": "string", "readOnly": true});
    more.insert("required".to_string(), json!(["id"]));
    vec![Value::Object(rest), Value::Object(more)]
}

/// What can be said of values of a type.
fn of_kind(kind: &str, schema: &Value) -> Vec<(&'static str, Value)> {
    match kind {
        "string" => vec![
            ("format", json!("uri")),
            ("format", json!("date-time")),
            ("format", json!("ipv4")),
            ("enum", json!(["a", "b"])),
            ("enum", json!(["a", "b", "c"])),
            ("default", json!("a")),
            ("maxLength", json!(9)),
            ("pattern", json!("^a")),
            ("type", json!("integer")),
        ],
        "integer" => vec![
            ("format", json!("int32")),
            ("format", json!("int64")),
            ("format", json!("uint8")),
            ("enum", json!([1, 2])),
            ("enum", json!([1, 2, 3])),
            ("default", json!(1)),
            ("minimum", json!(0)),
            ("minimum", json!(1)),
            ("maximum", json!(9)),
            ("multipleOf", json!(2)),
            ("type", json!("number")),
        ],
        "number" => vec![
            ("format", json!("float")),
            ("format", json!("double")),
            ("enum", json!([1.5, 2.5])),
            ("default", json!(1.5)),
            ("maximum", json!(9)),
            ("type", json!("integer")),
        ],
        "array" => vec![
            ("uniqueItems", json!(true)),
            ("default", json!([])),
            ("minItems", json!(2)),
            ("maxItems", json!(2)),
            (
                "items",
                json!({"type": "object", "properties": {"b": {"type": "string"}}}),
            ),
        ],
        "object" => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let names: Vec<_> = properties.into_iter().flat_map(Map::keys).collect();
            let mut found = vec![
                ("required", json!(names)),
                ("required", json!(names.iter().take(1).collect::<Vec<_>>())),
                ("required", json!(names.iter().skip(1).collect::<Vec<_>>())),
                ("additionalProperties", json!(false)),
                ("additionalProperties", json!({"type": "string"})),
                ("default", json!({})),
                ("minProperties", json!(1)),
            ];
            if let Some(properties) = properties {
                let mut more = properties.clone();
                more.insert(
                    "more".to_string(),
                    json!({"type": "object", "properties": {"c": {}}}),
                );
                found.push(("properties", Value::Object(more)));
            }
            found
        }
        _ => vec![],
    }
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
