//! What an author does to a spec.

use serde_json::{Map, Value, json};

/// What an author could write instead of a part of a spec.
pub fn edits(at: &str, old: &Value) -> Vec<Value> {
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
