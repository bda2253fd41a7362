//! `open-responses` and `open-enums`: what a server may add must not break a client.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::changed;
use crate::document::{Kind, has_one_value, join, nodes, target};
use crate::reach::{parts, received};

pub(super) fn open_responses(spec: &mut Value) -> Vec<String> {
    let places = received(spec);
    changed(spec, places, |schema| {
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        is_closed && schema.shift_remove("additionalProperties").is_some()
    })
}

pub(super) fn open_enums(spec: &mut Value) -> Vec<String> {
    let mut places = received(spec);
    let constants = branch_constants(spec, &places);
    places.retain(|pointer| !constants.contains(pointer));
    changed(spec, places, open_enum)
}

/// Makes an enum what it restricts. False if the schema is no enum.
fn open_enum(schema: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(values)) = schema.get("enum") else {
        return false;
    };
    let (nulls, known): (Vec<_>, Vec<_>) = values.iter().cloned().partition(Value::is_null);
    if known.is_empty() {
        return false;
    }
    if !schema.contains_key("type") && known.iter().all(Value::is_string) {
        schema.insert("type".to_string(), json!("string"));
    }
    if !nulls.is_empty() && schema.contains_key("type") {
        schema.insert("nullable".to_string(), Value::Bool(true));
    }
    known_values(schema, &known);
    true
}

/// Takes an enum away, and tells its values in the description.
pub(super) fn known_values(schema: &mut Map<String, Value>, values: &[Value]) {
    let values: Vec<_> = values
        .iter()
        .map(|value| match value.as_str() {
            Some(text) => format!("`{text}`"),
            None => format!("`{value}`"),
        })
        .collect();
    let known = format!("Known values: {}.", values.join(", "));
    let description = match schema
        .get("description")
        .and_then(Value::as_str)
        .map(str::trim)
    {
        Some(description) if !description.is_empty() => format!("{description}\n\n{known}"),
        _ => known,
    };
    schema.shift_remove("enum");
    schema.insert("description".to_string(), Value::String(description));
}

/// Pointers to all schemas, each before its parts.
pub(super) fn schemas(spec: &Value) -> Vec<String> {
    let schemas = nodes(Kind::Document, spec).into_iter();
    let schemas = schemas.filter(|node| node.kind == Kind::Schema);
    schemas.map(|node| node.pointer).collect()
}

/// Pointers to the properties with a single value that branches of a `oneOf` or `anyOf` have: without
/// them every value would be taken for the first branch.
fn branch_constants(spec: &Value, schemas: &[String]) -> BTreeSet<String> {
    let mut branches = Vec::new();
    for pointer in schemas {
        for key in ["oneOf", "anyOf"] {
            let count = spec
                .pointer(&join(pointer, key))
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            if count > 1 {
                branches.extend((0..count).map(|index| format!("{pointer}/{key}/{index}")));
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut constants = BTreeSet::new();
    while let Some(pointer) = branches.pop() {
        let Some(pointer) = target(spec, &pointer).filter(|pointer| seen.insert(pointer.clone()))
        else {
            continue;
        };
        for part in parts(spec, &pointer, Kind::Schema) {
            let below = part.get(pointer.len()..).unwrap_or("");
            if below.starts_with("/allOf/") {
                branches.push(part);
            } else if below.starts_with("/properties/") {
                let property = spec.pointer(&part);
                if property.is_some_and(|property| has_one_value(spec, property)) {
                    constants.extend(target(spec, &part));
                }
            }
        }
    }
    constants
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spec whose one operation answers `Answer` and takes `Request`.
    fn spec(schemas: Value) -> Value {
        json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}},
                "responses": {
                    "201": {"$ref": "#/components/responses/Made"},
                    "404": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
                },
            }}},
            "components": {
                "schemas": schemas,
                "responses": {
                    "Made": {"$ref": "#/components/responses/Created"},
                    "Created": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
                },
            },
        })
    }

    #[test]
    fn schemas_are_opened_wherever_a_success_response_leads() {
        let closed = || json!({"additionalProperties": false});
        let mut spec = spec(json!({
            "Answer": {
                "additionalProperties": false,
                "properties": {"inline": closed(), "again": {"$ref": "#/components/schemas/Answer"}},
                "allOf": [closed()], "anyOf": [closed()], "oneOf": [{"items": closed()}], "not": closed(),
            },
            "Request": closed(), "Problem": closed(),
        }));
        let touched = open_responses(&mut spec);
        let answer = "/components/schemas/Answer";
        let below = [
            "",
            "/allOf/0",
            "/anyOf/0",
            "/not",
            "/oneOf/0/items",
            "/properties/inline",
        ];
        assert_eq!(touched, below.map(|below| format!("{answer}{below}")));
        assert!(
            !spec["components"]["schemas"]["Answer"]
                .to_string()
                .contains("false")
        );
        assert_eq!(spec["components"]["schemas"]["Request"], closed());
        assert_eq!(spec["components"]["schemas"]["Problem"], closed());
    }

    #[test]
    fn a_schema_for_further_properties_stays_and_is_looked_into() {
        let mut spec =
            spec(json!({"Answer": {"additionalProperties": {"additionalProperties": false}}}));
        assert_eq!(
            open_responses(&mut spec),
            ["/components/schemas/Answer/additionalProperties"]
        );
        assert_eq!(
            spec["components"]["schemas"]["Answer"],
            json!({"additionalProperties": {}})
        );
    }

    #[test]
    fn references_in_a_circle_or_to_nowhere_end() {
        let mut spec = spec(json!({
            "Answer": {"$ref": "#/components/schemas/Again"},
            "Again": {"$ref": "#/components/schemas/Answer"},
        }));
        assert!(open_responses(&mut spec).is_empty());
        spec["components"]["schemas"] = json!({"Answer": {"$ref": "other.json#/a"}});
        assert!(open_enums(&mut spec).is_empty());
    }

    #[test]
    fn enums_of_strings_become_strings_that_tell_their_values() {
        for (given, made) in [
            (
                json!({"type": "string", "enum": ["b", "a"]}),
                json!({"type": "string", "description": "Known values: `b`, `a`."}),
            ),
            (
                json!({"enum": ["a"], "description": "How it went.\n"}),
                json!({"type": "string", "description": "How it went.\n\nKnown values: `a`."}),
            ),
            (
                json!({"type": "string", "nullable": true, "enum": ["a", null]}),
                json!({"type": "string", "nullable": true, "description": "Known values: `a`."}),
            ),
        ] {
            let mut spec =
                spec(json!({"Answer": {"properties": {"status": given}}, "Request": given}));
            assert_eq!(
                open_enums(&mut spec),
                ["/components/schemas/Answer/properties/status"]
            );
            assert_eq!(
                spec["components"]["schemas"]["Answer"]["properties"]["status"],
                made
            );
            assert_eq!(spec["components"]["schemas"]["Request"], given);
            assert!(open_enums(&mut spec).is_empty());
        }
    }

    #[test]
    fn other_enums_become_what_they_restrict_too() {
        for (given, made) in [
            (
                json!({"type": "integer", "enum": [1, 2]}),
                json!({"type": "integer", "description": "Known values: `1`, `2`."}),
            ),
            (
                json!({"enum": ["a", 1, null]}),
                json!({"description": "Known values: `a`, `1`."}),
            ),
            (json!({"enum": [null]}), json!({"enum": [null]})),
            (
                json!({"type": "string", "enum": []}),
                json!({"type": "string", "enum": []}),
            ),
        ] {
            let mut spec = spec(json!({"Answer": given}));
            let is_changed = given != made;
            assert_eq!(open_enums(&mut spec).len(), usize::from(is_changed));
            assert_eq!(spec["components"]["schemas"]["Answer"], made);
        }
    }

    #[test]
    fn constants_that_tell_branches_apart_stay() {
        let constant = |value| json!({"properties": {"kind": {"enum": [value]}, "mode": {"enum": ["x", "y"]}}});
        let mut spec = spec(json!({
            "Answer": {"oneOf": [constant("a"), {"allOf": [{"$ref": "#/components/schemas/B"}]}]},
            "B": constant("b"),
        }));
        let touched = open_enums(&mut spec);
        assert_eq!(
            touched,
            [
                "/components/schemas/Answer/oneOf/0/properties/mode",
                "/components/schemas/B/properties/mode"
            ]
        );
    }
}
