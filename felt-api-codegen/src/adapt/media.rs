//! `body-schemas`: a body that says no more than its media type has the schema of it. `empty-heads`: what answers a
//! HEAD has none.

use serde_json::{Value, json};

use crate::document::{Kind, is_error_status, join, nodes, operations, resolve};
use crate::preflight::is_plain_string;

pub(super) fn body_schemas(spec: &mut Value) -> Vec<String> {
    let mut found = Vec::new();
    for node in nodes(Kind::Document, spec) {
        if !matches!(node.kind, Kind::RequestBody | Kind::Response) {
            continue;
        }
        let content = node.value.get("content").and_then(Value::as_object);
        for (name, media) in content.into_iter().flatten().filter(|it| it.1.is_object()) {
            let given = media.get("schema");
            let essence = name.split(';').next().unwrap_or(name);
            let is_sent = node.kind == Kind::RequestBody;
            let wanted = match essence {
                "application/json" if given.is_none() => json!({}),
                "application/octet-stream" if is_sent => {
                    json!({"type": "string", "format": "binary"})
                }
                "text/plain" | "text/x-markdown" if is_sent => json!({"type": "string"}),
                _ => continue,
            };
            let format = wanted.get("format").and_then(Value::as_str);
            if !given.is_some_and(|given| is_plain_string(spec, given, format)) {
                let media = join(&join(&node.pointer, "content"), name);
                found.push((media, wanted));
            }
        }
    }
    for (pointer, schema) in &found {
        if let Some(media) = spec.pointer_mut(pointer).and_then(Value::as_object_mut) {
            media.insert("schema".to_string(), schema.clone());
        }
    }
    found.into_iter().map(|(pointer, _)| pointer).collect()
}

/// A client that waits for the body of an answer to HEAD would fail on each.
pub(super) fn empty_heads(spec: &mut Value) -> Vec<String> {
    let mut found = Vec::new();
    let all = operations(spec).into_iter();
    for operation in all.filter(|operation| operation.pointer.ends_with("/head")) {
        let responses = operation.value.get("responses").and_then(Value::as_object);
        let responses = responses.into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| !is_error_status(status)) {
            let Some(response) = resolve(spec, response).and_then(Value::as_object) else {
                continue;
            };
            let mut empty = response.clone();
            if empty.shift_remove("content").is_some() {
                let responses = join(&operation.pointer, "responses");
                found.push((join(&responses, status), Value::Object(empty)));
            }
        }
    }
    for (pointer, response) in &found {
        if let Some(place) = spec.pointer_mut(pointer) {
            *place = response.clone();
        }
    }
    found.into_iter().map(|(pointer, _)| pointer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_a_head_has_no_body() {
        let full = json!({"description": "a", "headers": {}, "content": {"application/json": {"schema": {}}}});
        let shared = json!({"$ref": "#/components/responses/Full"});
        let answers = json!({"200": full, "201": shared, "204": {"description": "b"}, "4XX": full});
        let mut spec = json!({
            "paths": {"/a": {"get": {"responses": answers}, "head": {"responses": answers}}},
            "components": {"responses": {"Full": full}},
        });
        let touched = empty_heads(&mut spec);
        let at = |status: &str| format!("/paths/~1a/head/responses/{status}");
        assert_eq!(touched, ["200", "201"].map(at));
        let empty = json!({"description": "a", "headers": {}});
        let item = &spec["paths"]["/a"];
        assert_eq!(
            item["head"]["responses"],
            json!({"200": empty, "201": empty, "204": {"description": "b"}, "4XX": full})
        );
        assert_eq!(item["get"]["responses"], answers);
        assert_eq!(spec["components"]["responses"]["Full"], full);
        assert!(empty_heads(&mut spec).is_empty());
    }

    #[test]
    fn json_is_any_json_and_what_is_sent_is_bytes_or_text() {
        let text = json!({"schema": {"type": "string", "maxLength": 9}});
        let content = json!({
            "application/json": {}, "application/octet-stream": {}, "text/plain; charset=utf-8": text,
            "application/x-www-form-urlencoded": {}, "text/html": {},
        });
        let mut spec = json!({"components": {
            "requestBodies": {"A": {"content": content}},
            "responses": {"A": {"description": "a", "content": content}},
        }});
        let touched = body_schemas(&mut spec);
        let at = |section: &str, name: &str| format!("/components/{section}/A/content/{name}");
        assert_eq!(
            touched,
            [
                at("responses", "application~1json"),
                at("requestBodies", "application~1json"),
                at("requestBodies", "application~1octet-stream"),
                at("requestBodies", "text~1plain; charset=utf-8"),
            ]
        );
        let schema = |place: &str| spec.pointer(place).unwrap()["schema"].clone();
        assert_eq!(schema(&touched[0]), json!({}));
        assert_eq!(
            schema(&touched[2]),
            json!({"type": "string", "format": "binary"})
        );
        assert_eq!(schema(&touched[3]), json!({"type": "string"}));
        assert!(body_schemas(&mut spec).is_empty());
    }
}
