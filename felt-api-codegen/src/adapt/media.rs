//! `body-schemas`: a body that says no more than its media type has the schema of it.

use serde_json::{Value, json};

use crate::document::{Kind, join, nodes};
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

#[cfg(test)]
mod tests {
    use super::*;

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
