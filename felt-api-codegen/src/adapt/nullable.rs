//! `absent-is-null`: a server that leaves out what is null is understood.

use serde_json::Value;

use super::open::reachable;
use crate::document::resolve;

pub(super) fn absent_is_null(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for pointer in reachable(spec) {
        let names: Vec<String> = spec
            .pointer(&pointer)
            .map(|schema| nullable(spec, schema))
            .unwrap_or_default();
        let Some(schema) = spec.pointer_mut(&pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else {
            continue;
        };
        let before = required.len();
        required.retain(|name| !names.iter().any(|nullable| name == nullable));
        if required.len() == before {
            continue;
        }
        // OpenAPI 3.0 knows no empty list here.
        if required.is_empty() {
            schema.shift_remove("required");
        }
        touched.push(pointer);
    }
    touched
}

/// The names of the properties that may be null.
fn nullable(spec: &Value, schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| {
            let property = resolve(spec, property);
            property.is_some_and(|property| property.get("nullable") == Some(&Value::Bool(true)))
        })
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_may_be_null_in_a_response_may_be_absent() {
        let schema = json!({
            "type": "object",
            "required": ["url", "id", "link"],
            "properties": {
                "url": {"type": "string", "nullable": true},
                "id": {"type": "string"},
                "link": {"$ref": "#/components/schemas/Link"},
            },
        });
        let mut spec = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Answer"}
            }}}}}}},
            "components": {"schemas": {
                "Answer": schema, "Request": schema, "Link": {"nullable": true},
                "All": {"required": ["a"], "properties": {"a": {"nullable": true}}},
            }},
        });
        spec["components"]["schemas"]["Answer"]["properties"]["all"] =
            json!({"$ref": "#/components/schemas/All"});
        let touched = absent_is_null(&mut spec);
        assert_eq!(
            touched,
            ["/components/schemas/All", "/components/schemas/Answer"]
        );
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["Answer"]["required"], json!(["id"]));
        assert_eq!(schemas["Request"]["required"], json!(["url", "id", "link"]));
        assert_eq!(schemas["All"].get("required"), None);
        assert!(absent_is_null(&mut spec).is_empty());
    }
}
