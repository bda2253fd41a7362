//! How an OpenAPI 3.0 document is put together: which part of it holds which other parts, and what a
//! `$ref` points to. Every step that looks for something in a spec looks through this.

use std::collections::HashSet;

use serde_json::{Value, json};

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

    /// The parts that `value` directly holds; their pointers are relative to `value`.
    pub fn children(self, value: &Value) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        if reference(value).is_some() {
            return found;
        }
        let into = &mut found;
        match self {
            Kind::Document => {
                let components = value.get("components").unwrap_or(&Value::Null);
                for kind in [
                    Kind::Schema,
                    Kind::Response,
                    Kind::Parameter,
                    Kind::RequestBody,
                    Kind::Header,
                ] {
                    if let Some(section) = kind.section() {
                        let pointer = format!("/components/{section}");
                        entries(components.get(section), &pointer, kind, into);
                    }
                }
                entries(value.get("paths"), "/paths", Kind::PathItem, into);
            }
            Kind::PathItem => {
                elements(value, "parameters", Kind::Parameter, into);
                for method in METHODS {
                    one(value, method, Kind::Operation, into);
                }
            }
            Kind::Operation => {
                elements(value, "parameters", Kind::Parameter, into);
                one(value, "requestBody", Kind::RequestBody, into);
                entries(value.get("responses"), "/responses", Kind::Response, into);
                for (name, callback) in members(value.get("callbacks")) {
                    let pointer = join("/callbacks", name);
                    entries(Some(callback), &pointer, Kind::PathItem, into);
                }
            }
            Kind::Parameter | Kind::Header => {
                one(value, "schema", Kind::Schema, into);
                content(value, into);
            }
            Kind::RequestBody => content(value, into),
            Kind::Response => {
                entries(value.get("headers"), "/headers", Kind::Header, into);
                content(value, into);
            }
            Kind::Schema => {
                entries(value.get("properties"), "/properties", Kind::Schema, into);
                for key in ["allOf", "anyOf", "oneOf"] {
                    elements(value, key, Kind::Schema, into);
                }
                for key in ["items", "not"] {
                    one(value, key, Kind::Schema, into);
                }
                let further = "additionalProperties";
                if value.get(further).is_some_and(Value::is_object) {
                    one(value, further, Kind::Schema, into);
                }
            }
        }
        found
    }
}

/// What an object holds; nothing of anything else.
pub(crate) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The elements of the list that an object has at a key; none if there is none.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let list = value.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// Whether a schema itself says that it may be null.
pub(crate) fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

/// The keys of an object; none of anything else.
pub(crate) fn keys(value: Option<&Value>) -> impl Iterator<Item = &String> {
    members(value).map(|(key, _)| key)
}

fn one<'a>(value: &'a Value, key: &str, kind: Kind, found: &mut Vec<Node<'a>>) {
    if let Some(value) = value.get(key) {
        let pointer = format!("/{key}");
        found.push(Node {
            kind,
            pointer,
            value,
        });
    }
}

fn elements<'a>(value: &'a Value, key: &str, kind: Kind, found: &mut Vec<Node<'a>>) {
    for (index, value) in list(value, key).iter().enumerate() {
        let pointer = format!("/{key}/{index}");
        found.push(Node {
            kind,
            pointer,
            value,
        });
    }
}

fn entries<'a>(map: Option<&'a Value>, pointer: &str, kind: Kind, found: &mut Vec<Node<'a>>) {
    // In a map of properties or components a name may start with `x-`; in these it is an extension.
    let extensions =
        matches!(kind, Kind::PathItem | Kind::Response) && !pointer.starts_with("/components");
    for (name, value) in members(map) {
        if !(extensions && name.starts_with("x-")) {
            let pointer = join(pointer, name);
            found.push(Node {
                kind,
                pointer,
                value,
            });
        }
    }
}

fn content<'a>(value: &'a Value, found: &mut Vec<Node<'a>>) {
    for (media_type, media) in members(value.get("content")) {
        if let Some(value) = media.get("schema") {
            let pointer = join("/content", media_type) + "/schema";
            let kind = Kind::Schema;
            found.push(Node {
                kind,
                pointer,
                value,
            });
        }
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
        for mut child in node.kind.children(node.value) {
            child.pointer.insert_str(0, &node.pointer);
            found.push(child);
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
    let items = members(document.get("paths"));
    for (path, item) in items.filter(|(path, _)| path.starts_with('/')) {
        let pointer = join("/paths", path);
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
        let schema = document.pointer(&pointer);
        let count = schema.map_or(0, |schema| list(schema, "allOf").len());
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

/// Whether a pointer leads to a component of this section.
pub(crate) fn is_component(pointer: &str, section: &str) -> bool {
    let name = pointer.strip_prefix("/components/");
    let name = name.and_then(|rest| rest.strip_prefix(section)?.strip_prefix('/'));
    name.is_some_and(|name| !name.contains('/'))
}

/// Whether a schema, or what it refers to, lists one value.
pub(crate) fn has_one_value(document: &Value, schema: &Value) -> bool {
    resolve(document, schema).is_some_and(|schema| list(schema, "enum").len() == 1)
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

/// Whether a keyword of a schema may say null, or makes it no schema if it does.
pub(crate) fn may_be_null(key: &str) -> bool {
    const MEANT: [&str; 6] = ["const", "default", "example", "items", "not", "type"];
    MEANT.contains(&key) || key.starts_with("x-")
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
    let mut longer = String::with_capacity(pointer.len() + 1 + key.len());
    longer.push_str(pointer);
    longer.push('/');
    for character in key.chars() {
        match character {
            '~' => longer.push_str("~0"),
            '/' => longer.push_str("~1"),
            other => longer.push(other),
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_named_like_a_keyword_or_an_extension_is_a_property() {
        let schema =
            json!({"properties": {"$ref": {}, "x-a": {}, "items": {"example": {"items": {}}}}});
        let found = Kind::Schema.children(&schema);
        let pointers: Vec<_> = found.iter().map(|child| child.pointer.as_str()).collect();
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
