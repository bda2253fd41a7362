//! `one-request-type` and `plain-parameters`: what is sent, sent in the one way that progenitor knows.

use serde_json::{Value, json};

use super::changed;
use crate::document::{Kind, is_ignored, join, nodes, resolve};

/// Of several types JSON is taken.
pub(super) fn one_request_type(spec: &mut Value) -> Vec<String> {
    let mut places = Vec::new();
    for node in nodes(Kind::Document, spec) {
        if node.kind == Kind::RequestBody {
            places.push(join(&node.pointer, "content"));
        }
    }
    changed(spec, places, |content| {
        let has_json = content.contains_key("application/json");
        let is_several = content.len() > 1;
        if has_json && is_several {
            content.retain(|name, _| name == "application/json");
        }
        has_json && is_several
    })
}

pub(super) fn plain_parameters(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    let mut lists = Vec::new();
    for node in nodes(Kind::Document, spec) {
        if matches!(node.kind, Kind::PathItem | Kind::Operation) {
            lists.push(join(&node.pointer, "parameters"));
        }
    }
    for pointer in lists {
        let list = spec.pointer(&pointer).and_then(Value::as_array);
        let kept: Vec<_> = list
            .into_iter()
            .flatten()
            .filter(|parameter| !is_reserved(resolve(spec, parameter)))
            .cloned()
            .collect();
        if list.is_some_and(|list| list.len() > kept.len())
            && let Some(place) = spec.pointer_mut(&pointer)
        {
            *place = Value::Array(kept);
            touched.push(pointer);
        }
    }
    let mut schemas = Vec::new();
    for node in nodes(Kind::Document, spec) {
        let place = node.value.get("in").and_then(Value::as_str);
        if node.kind == Kind::Parameter && matches!(place, Some("path" | "header")) {
            schemas.push(join(&node.pointer, "schema"));
        }
    }
    for pointer in schemas {
        let schema = spec.pointer_mut(&pointer).and_then(Value::as_object_mut);
        // Text is never null; a header that is optional may be left out.
        if let Some(schema) = schema
            && schema.get("nullable") == Some(&json!(true))
        {
            schema.shift_remove("nullable");
            touched.push(pointer);
        }
    }
    touched
}

fn is_reserved(parameter: Option<&Value>) -> bool {
    let text = |key: &str| parameter.and_then(|parameter| parameter.get(key)?.as_str());
    is_ignored(text("in").unwrap_or(""), text("name").unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_where_there_is_a_choice() {
        let two =
            json!({"application/json": {"schema": {}}, "multipart/form-data": {"schema": {}}});
        let other = json!({"text/plain": {}, "text/x-markdown": {}});
        let mut spec = json!({
            "paths": {"/a": {"post": {"requestBody": {"content": two}}, "put": {"requestBody": {"content": other}}}},
            "components": {"requestBodies": {"B": {"content": two}}},
        });
        let touched = one_request_type(&mut spec);
        assert_eq!(
            touched,
            [
                "/components/requestBodies/B/content",
                "/paths/~1a/post/requestBody/content"
            ]
        );
        let json = json!({"application/json": {"schema": {}}});
        assert_eq!(spec["paths"]["/a"]["post"]["requestBody"]["content"], json);
        assert_eq!(spec["paths"]["/a"]["put"]["requestBody"]["content"], other);
        assert!(one_request_type(&mut spec).is_empty());
    }

    #[test]
    fn headers_that_the_client_sets_go_and_text_is_never_null() {
        let header = |name: &str| json!({"in": "header", "name": name, "schema": {"type": "string", "nullable": true}});
        let mut spec = json!({
            "paths": {"/a": {"get": {"parameters": [
                header("Accept"), header("X-A"), {"$ref": "#/components/parameters/T"},
                {"in": "query", "name": "accept", "schema": {"nullable": true}},
            ]}}},
            "components": {"parameters": {"T": header("content-TYPE")}},
        });
        let touched = plain_parameters(&mut spec);
        assert_eq!(
            touched,
            [
                "/paths/~1a/get/parameters",
                "/components/parameters/T/schema",
                "/paths/~1a/get/parameters/0/schema",
            ]
        );
        assert_eq!(
            spec["paths"]["/a"]["get"]["parameters"],
            json!([
                {"in": "header", "name": "X-A", "schema": {"type": "string"}},
                {"in": "query", "name": "accept", "schema": {"nullable": true}},
            ])
        );
        assert!(plain_parameters(&mut spec).is_empty());
    }
}
