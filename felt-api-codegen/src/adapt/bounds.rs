//! `open-bounds`: a bound that the server no longer keeps must not break a client. `idle-bounds`: one that every
//! value keeps is none.

use serde_json::{Value, json};

use super::changed;
use super::open::schemas;
use crate::reach::received;

/// What typify makes a type of that refuses other values.
const BOUNDS: [&str; 9] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
];

pub(super) fn open_bounds(spec: &mut Value) -> Vec<String> {
    let places = received(spec);
    changed(spec, places, |schema| {
        let before = schema.len();
        schema.retain(|key, _| !BOUNDS.contains(&key.as_str()));
        schema.len() < before
    })
}

pub(super) fn idle_bounds(spec: &mut Value) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, |schema| {
        let is_idle = schema.get("minLength") == Some(&json!(0));
        is_idle && schema.shift_remove("minLength").is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_in_responses_loses_its_bounds() {
        let bounded = json!({"type": "object", "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 9},
            "count": {"type": "integer", "minimum": 1},
            "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            "minimum": {"type": "string"},
        }});
        let mut spec = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Answer"}
            }}}}}}},
            "components": {"schemas": {"Answer": bounded, "Request": bounded}},
        });
        let touched = open_bounds(&mut spec);
        let at = |name: &str| format!("/components/schemas/Answer/properties/{name}");
        assert_eq!(touched, ["box", "count", "name"].map(at));
        let properties = &spec["components"]["schemas"]["Answer"]["properties"];
        assert_eq!(
            *properties,
            json!({
                "name": {"type": "string"}, "count": {"type": "integer"},
                "box": {"type": "array", "items": {"type": "number"}}, "minimum": {"type": "string"},
            })
        );
        assert_eq!(spec["components"]["schemas"]["Request"], bounded);
        assert!(open_bounds(&mut spec).is_empty());
    }

    #[test]
    fn a_bound_that_all_values_keep_goes() {
        let text = |least: i32| json!({"type": "string", "minLength": least, "maxLength": 9});
        let mut spec = json!({"components": {"schemas": {"A": text(0), "B": text(1)}}});
        assert_eq!(idle_bounds(&mut spec), ["/components/schemas/A"]);
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["A"], json!({"type": "string", "maxLength": 9}));
        assert_eq!(schemas["B"], text(1));
        assert!(idle_bounds(&mut spec).is_empty());
    }
}
