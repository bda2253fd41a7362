//! `absent-is-null`: a server that leaves out what is null is understood. `nullable-alternatives`: objects that may
//! hold together, or be null.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::alternatives::is_of_values;
use super::open::schemas;
use super::requirements::no_longer_required;
use crate::document::{list, members, reference, resolve};
use crate::reach::{received, sent};

pub(super) fn absent_is_null(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    // What is not required is left out where it is sent, and a request that requires a null has to say it.
    let sent: BTreeSet<_> = sent(spec).into_iter().collect();
    let only_received = received(spec).into_iter();
    for pointer in only_received.filter(|pointer| !sent.contains(pointer)) {
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

/// Of objects that may hold together typify makes a struct of all, which is never null: if one of them may be, the
/// whole may.
pub(super) fn nullable_alternatives(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    // From within: what is whole there is one of several here.
    touched.reverse();
    touched.retain(|pointer| is_told_within(spec, pointer) && tell_of_whole(spec, pointer));
    touched
}

fn is_told_within(spec: &Value, pointer: &str) -> bool {
    let Some(schema) = spec.pointer(pointer) else {
        return false;
    };
    // What is referred to may be null elsewhere, too.
    let inline = list(schema, "anyOf").iter();
    let mut inline = inline.filter(|one| reference(one).is_none());
    // Beside a type or parts of its own it is none of these.
    let is_alone = ["type", "allOf", "oneOf", "properties", "nullable"]
        .iter()
        .all(|key| schema.get(*key).is_none());
    is_alone && !is_of_values(spec, schema) && inline.any(|one| is_nullable(spec, one))
}

fn tell_of_whole(spec: &mut Value, pointer: &str) -> bool {
    let schema = spec.pointer_mut(pointer).and_then(Value::as_object_mut);
    schema.is_some_and(|schema| {
        schema.insert("nullable".to_string(), json!(true));
        let list = schema.get_mut("anyOf").and_then(Value::as_array_mut);
        for one in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            one.shift_remove("nullable");
        }
        true
    })
}

fn is_nullable(spec: &Value, schema: &Value) -> bool {
    resolve(spec, schema).is_some_and(|schema| schema.get("nullable") == Some(&json!(true)))
}

/// The names of the properties that may be null.
fn nullable(spec: &Value, schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, property) in members(schema.get("properties")) {
        if is_nullable(spec, property) {
            found.insert(name.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_too_keeps_what_it_requires() {
        let body = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Both"}}}});
        let both =
            json!({"required": ["a"], "properties": {"a": {"type": "string", "nullable": true}}});
        let mut spec = json!({
            "paths": {"/a": {"put": {"requestBody": body, "responses": {"200": body}}}},
            "components": {"schemas": {"Both": both}},
        });
        assert!(absent_is_null(&mut spec).is_empty());
        assert_eq!(spec["components"]["schemas"]["Both"], both);
    }

    #[test]
    fn objects_of_which_one_may_be_null_may_all_be() {
        let (thing, empty) = (
            json!({"type": "object"}),
            json!({"type": "object", "nullable": true}),
        );
        let (text, to) = (
            json!({"type": "string", "nullable": true}),
            json!({"$ref": "#/components/schemas/Null"}),
        );
        let mut spec = json!({"components": {"schemas": {
            "Null": empty, "Inline": {"anyOf": [thing, empty]}, "Referred": {"anyOf": [to, thing]},
            "Values": {"anyOf": [text, thing]}, "None": {"anyOf": [thing, thing]},
            "Typed": {"type": "object", "anyOf": [thing, empty]}, "One": {"oneOf": [thing, empty]},
        }}});
        let before = spec.clone();
        let touched = nullable_alternatives(&mut spec);
        assert_eq!(touched, ["/components/schemas/Inline"]);
        let schemas = &spec["components"]["schemas"];
        assert_eq!(
            schemas["Inline"],
            json!({"anyOf": [thing, thing], "nullable": true})
        );
        assert!(nullable_alternatives(&mut spec.clone()).is_empty());
        for name in ["Null", "Referred", "Values", "None", "Typed", "One"] {
            assert_eq!(schemas[name], before["components"]["schemas"][name]);
        }
    }

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
