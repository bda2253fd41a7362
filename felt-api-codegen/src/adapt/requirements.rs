//! `one-way-requirements`: what goes one way only is required on that way only, as OpenAPI has it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::parts_of_all;
use crate::reach::{flagged, received, sent};

pub(super) fn one_way_requirements(spec: &mut Value) -> Vec<String> {
    let received: BTreeSet<_> = received(spec).into_iter().collect();
    let only_sent: BTreeSet<_> = sent(spec)
        .into_iter()
        .filter(|pointer| !received.contains(pointer))
        .collect();
    let mut loose = Vec::new();
    for (schemas, flag) in [(&received, "writeOnly"), (&only_sent, "readOnly")] {
        for pointer in schemas {
            let parts = parts_of_all(spec, pointer);
            let names = flagged(spec, &parts, flag);
            // What an answer has too stays as it is there.
            let own = parts.into_iter().filter(|part| schemas.contains(part));
            loose.extend(
                own.filter(|_| !names.is_empty())
                    .map(|part| (part, names.clone())),
            );
        }
    }
    let mut touched = BTreeSet::new();
    for (pointer, names) in loose {
        let schema = spec.pointer_mut(&pointer).and_then(Value::as_object_mut);
        if schema.is_some_and(|schema| no_longer_required(schema, &names)) {
            touched.insert(pointer);
        }
    }
    touched.into_iter().collect()
}

/// False if none of them was.
pub(super) fn no_longer_required(
    schema: &mut serde_json::Map<String, Value>,
    names: &BTreeSet<String>,
) -> bool {
    let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else {
        return false;
    };
    let before = required.len();
    required.retain(|name| !name.as_str().is_some_and(|name| names.contains(name)));
    let is_changed = required.len() < before;
    // OpenAPI 3.0 knows no empty list here.
    if is_changed && required.is_empty() {
        schema.shift_remove("required");
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_only_sent_is_not_required_of_answers_nor_the_other_way_round() {
        let body = |name: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
        let properties = json!({
            "id": {"type": "string", "readOnly": true}, "name": {"type": "string"},
            "password": {"$ref": "#/components/schemas/Secret"},
        });
        let all = json!(["id", "name", "password"]);
        let mut spec = json!({
            "paths": {"/a": {
                "get": {"responses": {"200": body("Answer")}},
                "post": {"requestBody": body("Request"), "responses": {"200": body("Both"), "404": body("Problem")}},
                "put": {"requestBody": body("Both"), "responses": {}},
            }},
            "components": {"schemas": {
                "Secret": {"type": "string", "writeOnly": true},
                "Answer": {"allOf": [{"properties": properties}, {"required": ["password"]}]},
                "Request": {"properties": properties, "required": all},
                "Both": {"properties": properties, "required": all},
                "Problem": {"properties": properties, "required": all},
            }},
        });
        let at = |name: &str| format!("/components/schemas/{name}");
        assert_eq!(
            one_way_requirements(&mut spec),
            [at("Answer/allOf/1"), at("Both"), at("Request")]
        );
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["Answer"]["allOf"][1], json!({}));
        assert_eq!(schemas["Request"]["required"], json!(["name", "password"]));
        assert_eq!(schemas["Both"]["required"], json!(["id", "name"]));
        assert_eq!(schemas["Problem"]["required"], all);
        assert!(one_way_requirements(&mut spec).is_empty());
    }
}
