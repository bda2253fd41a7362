//! `null-keywords`, `single-values`, `no-exclusions`, `typed-formats` and `wide-numbers`: what is said in words that the
//! generator does not have, or takes for less than they say.

use serde_json::{Map, Value};

use super::changed;
use super::open::schemas;
use crate::document::may_be_null;

pub(super) fn null_keywords(spec: &mut Value) -> Vec<String> {
    each(spec, |schema| {
        let before = schema.len();
        schema.retain(|key, value| !value.is_null() || may_be_null(key));
        schema.len() < before
    })
}

pub(super) fn single_values(spec: &mut Value) -> Vec<String> {
    each(spec, |schema| {
        if schema.contains_key("enum") {
            return false;
        }
        let Some(value) = schema.shift_remove("const") else {
            return false;
        };
        schema.insert("enum".to_string(), Value::Array(vec![value]));
        true
    })
}

pub(super) fn no_exclusions(spec: &mut Value) -> Vec<String> {
    each(spec, |schema| {
        let excluded = schema.get("not").and_then(Value::as_object);
        // What excludes everything is a mistake, which the preflight tells.
        let is_meant = excluded.is_some_and(|excluded| !excluded.is_empty());
        is_meant && schema.shift_remove("not").is_some()
    })
}

pub(super) fn typed_formats(spec: &mut Value) -> Vec<String> {
    each(spec, |schema| {
        let kind = schema.get("type").and_then(Value::as_str);
        let is_loose = !matches!(kind, Some("integer" | "number" | "string"));
        let is_format = schema.get("format").is_some_and(Value::is_string);
        is_loose && is_format && schema.shift_remove("format").is_some()
    })
}

pub(super) fn wide_numbers(spec: &mut Value) -> Vec<String> {
    each(spec, |schema| {
        let is_number = schema.get("type").is_some_and(|kind| kind == "number");
        let is_narrow = schema.get("format").is_some_and(|format| format == "float");
        is_number && is_narrow && schema.shift_remove("format").is_some()
    })
}

fn each(spec: &mut Value, change: fn(&mut Map<String, Value>) -> bool) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, change)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_format_goes_with_its_type() {
        let mut spec = json!({"components": {"schemas": {
            "A": {"format": "int32"}, "B": {"type": "object", "format": "date"}, "C": {"type": "integer", "format": "int32"},
            "D": {"type": "object", "properties": {"format": {"type": "string", "format": "felt"}}},
        }}});
        assert_eq!(
            typed_formats(&mut spec),
            ["/components/schemas/A", "/components/schemas/B"]
        );
        assert_eq!(
            spec["components"]["schemas"]["B"],
            json!({"type": "object"})
        );
        assert!(typed_formats(&mut spec).is_empty());
    }

    #[test]
    fn a_number_is_as_wide_as_it_comes() {
        let number = |format: &str| json!({"type": "number", "format": format});
        let mut spec = json!({"components": {"schemas": {
            "A": number("float"), "B": number("double"), "C": {"type": "string", "format": "float"},
        }}});
        assert_eq!(wide_numbers(&mut spec), ["/components/schemas/A"]);
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["A"], json!({"type": "number"}));
        assert_eq!(schemas["B"], number("double"));
        assert!(wide_numbers(&mut spec).is_empty());
    }

    #[test]
    fn a_keyword_that_says_null_goes_and_a_null_that_is_meant_stays() {
        let meant =
            json!({"type": null, "default": null, "example": null, "const": null, "x-a": null});
        let mut spec = json!({"components": {"schemas": {
            "A": {"type": "object", "required": null, "properties": {"minimum": {"minimum": null}}},
            "B": meant, "C": {"properties": {"required": {"type": "string"}}},
        }}});
        let at = |below: &str| format!("/components/schemas/{below}");
        assert_eq!(
            null_keywords(&mut spec),
            [at("A"), at("A/properties/minimum")]
        );
        let schemas = &spec["components"]["schemas"];
        assert_eq!(
            schemas["A"],
            json!({"type": "object", "properties": {"minimum": {}}})
        );
        assert_eq!(schemas["B"], meant);
        assert!(null_keywords(&mut spec).is_empty());
    }

    #[test]
    fn a_constant_is_an_enum_of_one_value_and_exclusions_go() {
        let mut spec = json!({"components": {"schemas": {
            "A": {"properties": {"const": {"const": "a"}, "not": {"type": "string", "not": {"enum": ["x"]}}}},
            "B": {"const": 1, "enum": [1]}, "C": {"not": {}}, "D": {"not": {"not": {"const": 1}}},
        }}});
        let at = |below: &str| format!("/components/schemas/{below}");
        assert_eq!(
            single_values(&mut spec),
            [at("A/properties/const"), at("D/not/not")]
        );
        assert_eq!(no_exclusions(&mut spec), [at("D"), at("A/properties/not")]);
        assert_eq!(
            spec["components"]["schemas"],
            json!({
                "A": {"properties": {"const": {"enum": ["a"]}, "not": {"type": "string"}}},
                "B": {"const": 1, "enum": [1]}, "C": {"not": {}}, "D": {},
            })
        );
        assert!(single_values(&mut spec).is_empty() && no_exclusions(&mut spec).is_empty());
    }
}
