//! What a spec says without defining anything: two fragments may say it differently.
//!
//! Each page has a title of its own, and describes in its own words a schema that others have too.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::sort;
use crate::document::{Kind, join, keys, list, nodes, unescaped};

/// What no part of a spec is defined by. A schema's title names a type.
const WORDS: [&str; 5] = [
    "description",
    "example",
    "examples",
    "externalDocs",
    "summary",
];

/// The words of fragments, by their pointers.
#[derive(Default)]
pub(super) struct Words(BTreeMap<String, Value>);

impl Words {
    /// Takes the words out of a fragment. Of several in one place the best is kept, whichever came first.
    pub fn take(&mut self, spec: &mut Value) {
        for pointer in pointers(spec) {
            let Some(mut word) = removed(spec, &pointer) else {
                continue;
            };
            sort(&mut word);
            match self.0.get(&pointer) {
                Some(kept) if rank(&pointer, kept) >= rank(&pointer, &word) => {}
                _ => {
                    self.0.insert(pointer, word);
                }
            }
        }
    }

    /// Puts them back where they were.
    pub fn put_back(self, spec: &mut Value) {
        for (pointer, word) in self.0 {
            if let Some((part, key)) = pointer.rsplit_once('/')
                && let Some(Value::Object(part)) = spec.pointer_mut(part)
            {
                part.insert(unescaped(key), word);
            }
        }
    }
}

fn removed(spec: &mut Value, pointer: &str) -> Option<Value> {
    let (part, key) = pointer.rsplit_once('/')?;
    let part = spec.pointer_mut(part)?.as_object_mut()?;
    part.shift_remove(&unescaped(key))
}

/// The best is the highest version of the API; of other words the longest, or else the first in the alphabet.
fn rank(pointer: &str, word: &Value) -> (Vec<u64>, usize, Reverse<String>) {
    let text = word.to_string();
    let version = match pointer {
        "/info/version" => {
            let numbers = text.split(|c: char| !c.is_ascii_digit());
            numbers.filter_map(|number| number.parse().ok()).collect()
        }
        _ => Vec::new(),
    };
    (version, text.chars().count(), Reverse(text))
}

/// Where the words of a fragment are, whose tags are a map by now.
fn pointers(spec: &Value) -> Vec<String> {
    let mut found = members(spec, "/info");
    found.extend(members(spec, "/components/examples"));
    let mut parts: Vec<String> = Vec::new();
    for section in ["/tags", "/components/links", "/components/securitySchemes"] {
        parts.extend(members(spec, section));
    }
    for node in nodes(Kind::Document, spec) {
        let below = |name| members(spec, &format!("{}/{name}", node.pointer));
        match node.kind {
            Kind::Document | Kind::PathItem | Kind::Operation => {
                let servers = servers(node.value, &node.pointer);
                for server in &servers {
                    let variables = format!("{server}/variables");
                    match spec.pointer(&variables).and_then(Value::as_object) {
                        // As good as none.
                        Some(none) if none.is_empty() => found.push(variables),
                        _ => parts.extend(members(spec, &variables)),
                    }
                }
                parts.extend(servers);
            }
            Kind::Parameter | Kind::Header | Kind::RequestBody => parts.extend(below("content")),
            Kind::Response => {
                parts.extend(below("content"));
                parts.extend(below("links"));
            }
            Kind::Schema => {}
        }
        parts.push(node.pointer);
    }
    for part in parts {
        let words = WORDS.map(|word| format!("{part}/{word}"));
        found.extend(words.into_iter().filter(|it| spec.pointer(it).is_some()));
    }
    found
}

fn servers(value: &Value, pointer: &str) -> Vec<String> {
    let indices = 0..list(value, "servers").len();
    indices
        .map(|index| format!("{pointer}/servers/{index}"))
        .collect()
}

/// The pointers to what an object holds.
fn members(spec: &Value, pointer: &str) -> Vec<String> {
    let keys = keys(spec.pointer(pointer));
    keys.map(|key| join(pointer, key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::merge::{Fragment, merge};

    /// What comes of two fragments in either order, which is the same.
    fn merged(first: &Value, second: &Value) -> Result<Value, String> {
        let fragment = |place: &str, spec: &Value| {
            let mut spec = spec.clone();
            spec["openapi"] = json!("3.0.0");
            Fragment::new(place.to_string(), spec)
        };
        let (first, second) = (fragment("a", first), fragment("b", second));
        let merged = merge(vec![first.clone(), second.clone()]).map_err(|error| error.to_string());
        if let Ok(merged) = &merged {
            let turned = merge(vec![second, first]).unwrap();
            assert_eq!(merged.to_string(), turned.to_string());
        }
        merged
    }

    #[test]
    fn words_are_one_wherever_they_are_and_the_longer_ones_are_kept() {
        let response = |word: &str| {
            json!({
                "description": word, "headers": {"h": {"description": word, "schema": {}}},
                "content": {"a/b": {"schema": {"description": word}, "example": {word: 1}, "examples": {"e": {"value": word}}}},
                "links": {"l": {"operationId": "o", "description": word}},
            })
        };
        let server = |word: &str| json!({"url": "/{v}", "description": word, "variables": {"v": {"default": "1", "description": word}}});
        let spec = |word: &str| {
            json!({
                "info": {"title": word, "description": word, "contact": {"name": word}, "x-logo": word},
                "externalDocs": {"url": word},
                "servers": [server(word)],
                "tags": [{"name": "t", "description": word, "externalDocs": {"url": word}}],
                "paths": {"/a": {
                    "summary": word, "description": word,
                    "servers": [server(word)],
                    "parameters": [{"name": "p", "in": "query", "description": word, "schema": {"example": word}}],
                    "post": {
                        "summary": word, "description": word, "externalDocs": {"url": word}, "servers": [server(word)],
                        "requestBody": {"description": word, "content": {"a/b": {"example": word}}},
                        "responses": {"200": response(word)},
                    },
                }},
                "components": {
                    "schemas": {"A/B": {"description": word, "properties": {"a": {"externalDocs": {"url": word}}}}},
                    "responses": {"R": response(word)},
                    "examples": {"E": {"value": word}},
                    "links": {"L": {"description": word}},
                    "securitySchemes": {"S": {"type": "http", "description": word}},
                },
            })
        };
        let merged = merged(&spec("short"), &spec("longer")).unwrap().to_string();
        assert!(!merged.contains("short"), "{merged}");
    }

    #[test]
    fn what_is_said_in_one_fragment_only_stays() {
        let server = |rest: Value| {
            let mut server = json!({"url": "/"});
            server
                .as_object_mut()
                .unwrap()
                .extend(rest.as_object().unwrap().clone());
            json!({"servers": [server]})
        };
        let merged = merged(
            &server(json!({"variables": {}})),
            &server(json!({"description": "d"})),
        );
        assert_eq!(
            merged.unwrap()["servers"],
            json!([{"description": "d", "url": "/", "variables": {}}])
        );
    }

    #[test]
    fn of_words_the_longer_of_versions_the_higher_is_kept() {
        for (first, second, key) in [
            ("Maps", "Layers", "title"),
            ("b", "a", "title"),
            ("1.9", "1.10", "version"),
            ("1.10.1", "2.0", "version"),
            ("2", "2.0", "version"),
        ] {
            let info = |word: &str| json!({"info": {key: word}});
            let merged = merged(&info(first), &info(second)).unwrap();
            assert_eq!(merged["info"][key], second);
        }
    }

    #[test]
    fn what_is_only_called_so_defines_something() {
        let schema = |schema: Value| json!({"components": {"schemas": {"A": schema}}});
        for (first, second) in [
            (
                schema(json!({"properties": {"description": {"type": "string"}}})),
                schema(json!({"properties": {"description": {"type": "integer"}}})),
            ),
            (
                schema(json!({"properties": {"example": {}}})),
                schema(json!({"properties": {}})),
            ),
            (
                schema(json!({"default": {"description": "a"}})),
                schema(json!({"default": {"description": "b"}})),
            ),
            (
                schema(json!({"enum": [{"example": "a"}]})),
                schema(json!({"enum": [{"example": "b"}]})),
            ),
            (schema(json!({"title": "A"})), schema(json!({"title": "B"}))),
            (
                json!({"servers": [{"url": "/", "variables": {"description": {"default": "a"}}}]}),
                json!({"servers": [{"url": "/", "variables": {"description": {"default": "b"}}}]}),
            ),
            (
                json!({"paths": {"/a": {"get": {"responses": {"200": {"headers": {"example": {"schema": {}}}}}}}}}),
                json!({"paths": {"/a": {"get": {"responses": {"200": {"headers": {}}}}}}}),
            ),
        ] {
            let refused = merged(&first, &second).unwrap_err();
            assert!(
                refused.contains(" is defined differently in a and in b"),
                "{refused}"
            );
        }
        let named = schema(json!({"properties": {"description": {"description": "d"}}}));
        assert_eq!(
            merged(&named, &named).unwrap()["components"],
            named["components"]
        );
    }
}
