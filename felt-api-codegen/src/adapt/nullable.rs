//! `absent-is-null`: a server that leaves out what is null is understood.

use std::collections::BTreeSet;

use serde_json::Value;

use super::requirements::no_longer_required;
use crate::document::resolve;
use crate::reach::received;

pub(super) fn absent_is_null(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for pointer in received(spec) {
        let names = spec
            .pointer(&pointer)
            .map(|schema| nullable(spec, schema))
            .unwrap_or_default();
        let schema = spec.pointer_mut(&pointer).and_then(Value::as_object_mut);
        if schema.is_some_and(|schema| no_longer_required(schema, &names)) {
            touched.push(pointer);
        }
    }
    touched
}

/// The names of the properties that may be null.
fn nullable(spec: &Value, schema: &Value) -> BTreeSet<String> {
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
