//! How an OpenAPI 3.0 document is put together: which part of it holds which other parts, and what a
//! `$ref` points to. Every step that looks for something in a spec looks through this.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// The operations of a path item, in the order in which progenitor takes them.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A part of a document that has parts of its own, or that may be a `$ref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Header,
    Schema,
}

impl Kind {
    /// The map below `components` to which a `$ref` in the place of such a part has to point.
    pub fn section(self) -> Option<&'static str> {
        match self {
            Kind::Parameter => Some("parameters"),
            Kind::RequestBody => Some("requestBodies"),
            Kind::Response => Some("responses"),
            Kind::Header => Some("headers"),
            Kind::Schema => Some("schemas"),
            Kind::Document | Kind::PathItem | Kind::Operation => None,
        }
    }

    /// The least that is valid as such a part.
    pub fn least(self) -> Value {
        match self {
            Kind::Document => {
                json!({"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": {}})
            }
            Kind::Operation => json!({"responses": {}}),
            Kind::Parameter => json!({"in": "query", "name": "", "schema": {}}),
            Kind::Response => json!({"description": ""}),
            Kind::Header => json!({"schema": {}}),
            Kind::PathItem | Kind::RequestBody | Kind::Schema => json!({}),
        }
    }

    /// The parts that `value` directly holds, each with its pointer relative to `value`.
    pub fn children(self, value: &Value) -> Vec<(String, Kind)> {
        let mut found = Vec::new();
        if reference(value).is_some() {
            return found;
        }
        match self {
            Kind::Document => {
                for kind in [
                    Kind::Schema,
                    Kind::Response,
                    Kind::Parameter,
                    Kind::RequestBody,
                    Kind::Header,
                ] {
                    if let Some(section) = kind.section() {
                        entries(value, &format!("/components/{section}"), kind, &mut found);
                    }
                }
                entries(value, "/paths", Kind::PathItem, &mut found);
            }
            Kind::PathItem => {
                elements(value, "/parameters", Kind::Parameter, &mut found);
                for method in METHODS {
                    one(value, &format!("/{method}"), Kind::Operation, &mut found);
                }
            }
            Kind::Operation => {
                elements(value, "/parameters", Kind::Parameter, &mut found);
                one(value, "/requestBody", Kind::RequestBody, &mut found);
                entries(value, "/responses", Kind::Response, &mut found);
                for name in keys(value.get("callbacks")) {
                    let callback = join("/callbacks", name);
                    entries(value, &callback, Kind::PathItem, &mut found);
                }
            }
            Kind::Parameter | Kind::Header => {
                one(value, "/schema", Kind::Schema, &mut found);
                content(value, &mut found);
            }
            Kind::RequestBody => content(value, &mut found),
            Kind::Response => {
                entries(value, "/headers", Kind::Header, &mut found);
                content(value, &mut found);
            }
            Kind::Schema => {
                entries(value, "/properties", Kind::Schema, &mut found);
                for key in ["/allOf", "/anyOf", "/oneOf"] {
                    elements(value, key, Kind::Schema, &mut found);
                }
                for key in ["/items", "/not"] {
                    one(value, key, Kind::Schema, &mut found);
                }
                if value
                    .get("additionalProperties")
                    .is_some_and(Value::is_object)
                {
                    one(value, "/additionalProperties", Kind::Schema, &mut found);
                }
            }
        }
        found
    }
}

fn keys(value: Option<&Value>) -> impl Iterator<Item = &String> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
}

fn one(value: &Value, pointer: &str, kind: Kind, found: &mut Vec<(String, Kind)>) {
    if value.pointer(pointer).is_some() {
        found.push((pointer.to_string(), kind));
    }
}

fn elements(value: &Value, pointer: &str, kind: Kind, found: &mut Vec<(String, Kind)>) {
    let length = value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    found.extend((0..length).map(|index| (format!("{pointer}/{index}"), kind)));
}

fn entries(value: &Value, pointer: &str, kind: Kind, found: &mut Vec<(String, Kind)>) {
    // In a map of properties or components a name may start with `x-`; in these it is an extension.
    let extensions =
        matches!(kind, Kind::PathItem | Kind::Response) && !pointer.starts_with("/components");
    for name in keys(value.pointer(pointer)) {
        if !(extensions && name.starts_with("x-")) {
            found.push((join(pointer, name), kind));
        }
    }
}

fn content(value: &Value, found: &mut Vec<(String, Kind)>) {
    for media_type in keys(value.get("content")) {
        let schema = join(&join("/content", media_type), "schema");
        one(value, &schema, Kind::Schema, found);
    }
}

/// A part of a document, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub kind: Kind,
    pub pointer: String,
    pub value: &'a Value,
}

/// `value` and all parts of it, each part before its own parts; the pointers are relative to `value`.
/// `$ref`s are not followed: what they point to has its own place.
pub(crate) fn nodes(kind: Kind, value: &Value) -> Vec<Node<'_>> {
    let mut found = vec![Node {
        kind,
        pointer: String::new(),
        value,
    }];
    let mut next = 0;
    while let Some(node) = found.get(next).cloned() {
        next += 1;
        for (pointer, kind) in node.kind.children(node.value) {
            if let Some(value) = node.value.pointer(&pointer) {
                found.push(Node {
                    kind,
                    pointer: node.pointer.clone() + &pointer,
                    value,
                });
            }
        }
    }
    found
}

/// An operation that progenitor makes a method of.
#[derive(Clone, Debug)]
pub(crate) struct Operation<'a> {
    pub pointer: String,
    pub path: &'a str,
    pub value: &'a Value,
}

/// The operations of the document's own paths (callbacks have none that a client calls).
pub(crate) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for path in keys(document.get("paths")).filter(|path| path.starts_with('/')) {
        let pointer = join("/paths", path);
        let Some(item) = document.pointer(&pointer) else {
            continue;
        };
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let pointer = join(&pointer, method);
                found.push(Operation {
                    pointer,
                    path,
                    value,
                });
            }
        }
    }
    found
}

/// What `value` refers to, if it is a reference.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref").and_then(Value::as_str)
}

/// The pointer to what stands at `pointer` once every `$ref` on the way is followed; none if one
/// leads nowhere, or round in a circle.
pub(crate) fn target(document: &Value, pointer: &str) -> Option<String> {
    let mut pointer = pointer.to_string();
    // One of the places passed, further along each time that the way has doubled: it is passed again in a circle.
    let mut mark = pointer.clone();
    let mut steps = 0_usize;
    while let Some(reference) = reference(document.pointer(&pointer)?) {
        pointer = reference.strip_prefix('#')?.to_string();
        if pointer == mark {
            return None;
        }
        steps += 1;
        if steps.is_power_of_two() {
            mark.clone_from(&pointer);
        }
    }
    Some(pointer)
}

/// `value`, or what it refers to; none if that is nowhere.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match reference(value) {
        None => Some(value),
        Some(reference) => document.pointer(&target(document, reference.strip_prefix('#')?)?),
    }
}

/// Pointers to what stands at `pointer`, to the parts of its `allOf`, and to theirs, each once.
pub(crate) fn parts_of_all(document: &Value, pointer: &str) -> Vec<String> {
    let mut open = vec![pointer.to_string()];
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while let Some(pointer) = open.pop() {
        let Some(pointer) = target(document, &pointer).filter(|end| seen.insert(end.clone()))
        else {
            continue;
        };
        let count = document
            .pointer(&pointer)
            .and_then(|schema| schema.get("allOf")?.as_array())
            .map_or(0, Vec::len);
        open.extend(
            (0..count)
                .rev()
                .map(|index| format!("{pointer}/allOf/{index}")),
        );
        found.push(pointer);
    }
    found
}

/// What a step of a pointer stands for, without the escapes that `join` makes.
pub(crate) fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Whether a keyword of a schema says nothing about values.
pub(crate) fn is_word(key: &str) -> bool {
    const WORDS: [&str; 8] = [
        "deprecated",
        "description",
        "example",
        "externalDocs",
        "readOnly",
        "title",
        "writeOnly",
        "xml",
    ];
    WORDS.contains(&key) || key.starts_with("x-")
}

/// Whether a parameter is a header that a client sets by itself: OpenAPI says that those are ignored.
pub(crate) fn is_ignored(place: &str, name: &str) -> bool {
    const OWN: [&str; 3] = ["accept", "authorization", "content-type"];
    place == "header" && OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a response's key stands for errors. `default` does: it is what the statuses that are not
/// listed answer.
pub(crate) fn is_error_status(status: &str) -> bool {
    status == "default" || status.starts_with(['4', '5'])
}

/// A JSON pointer one step longer.
pub(crate) fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_named_like_a_keyword_or_an_extension_is_a_property() {
        let schema =
            json!({"properties": {"$ref": {}, "x-a": {}, "items": {"example": {"items": {}}}}});
        let found = Kind::Schema.children(&schema);
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["/properties/$ref", "/properties/x-a", "/properties/items"]
        );
    }

    #[test]
    fn a_reference_is_followed_to_its_end_and_a_circle_is_not() {
        let document = json!({
            "a": {"$ref": "#/b"}, "b": {"$ref": "#/c~1d"}, "c/d": {"end": true},
            "e": {"$ref": "#/f"}, "f": {"$ref": "#/e"}, "g": {"$ref": "other.json#/a"},
            "i": {"$ref": "#/j"}, "j": {"$ref": "#/k"}, "k": {"$ref": "#/l"}, "l": {"$ref": "#/j"}, "m": {"$ref": "#/m"},
        });
        assert_eq!(target(&document, "/a").as_deref(), Some("/c~1d"));
        for lost in ["/e", "/g", "/h", "/i", "/m"] {
            assert_eq!(target(&document, lost), None, "{lost}");
        }
    }

    #[test]
    fn every_place_of_a_schema_is_a_node() {
        let document = json!({
            "paths": {"/a": {
                "parameters": [{"schema": {}}],
                "get": {
                    "requestBody": {"content": {"a/b": {"schema": {"not": {}}}}},
                    "responses": {"200": {"headers": {"h": {"schema": {}}}, "content": {"a/b": {"schema": {"items": {}}}}}},
                    "callbacks": {"c": {"{$url}": {"post": {"parameters": [{"schema": {}}]}}}},
                },
            }},
            "components": {"schemas": {"s": {"additionalProperties": {"oneOf": [{}]}}}},
        });
        let schemas = nodes(Kind::Document, &document)
            .into_iter()
            .filter(|node| node.kind == Kind::Schema);
        assert_eq!(schemas.count(), 10);
    }
}
