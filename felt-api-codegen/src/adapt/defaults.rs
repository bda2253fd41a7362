//! `fitting-defaults`: a default that the schema itself does not allow, or that Rust code cannot have, says nothing.
//! `whole-defaults`: a default object has what its properties have by default.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::changed;
use super::open::schemas;
use crate::document::resolve;
use crate::preflight::fits;

pub(super) fn fitting_defaults(spec: &mut Value) -> Vec<String> {
    let mut places = schemas(spec);
    places.retain(|pointer| {
        let schema = spec.pointer(pointer);
        schema.is_some_and(|schema| {
            let default = schema.get("default").filter(|default| !default.is_null());
            default.is_some_and(|default| !is_allowed(spec, schema, default, Numbers::Own))
        })
    });
    changed(spec, places, |schema| {
        schema.shift_remove("default").is_some()
    })
}

pub(super) fn whole_defaults(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for pointer in schemas(spec) {
        let Some(schema) = spec.pointer(&pointer) else {
            continue;
        };
        let Some(default) = schema.get("default") else {
            continue;
        };
        let mut whole = default.clone();
        fill(spec, schema, &mut whole, DEEPEST);
        if whole == *default || !is_allowed(spec, schema, &whole, Numbers::Own) {
            continue;
        }
        if let Some(schema) = spec.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            schema.insert("default".to_string(), whole);
            touched.push(pointer);
        }
    }
    touched
}

/// Adds the defaults of properties that a value does not have.
fn fill(spec: &Value, schema: &Value, value: &mut Value, depth: usize) {
    let properties = resolve(spec, schema).and_then(|schema| schema.get("properties")?.as_object());
    let (Some(properties), Some(map), true) = (properties, value.as_object_mut(), depth > 0) else {
        return;
    };
    for (name, property) in properties {
        let default = property.get("default").filter(|default| !default.is_null());
        if let (Some(default), false) = (default, map.contains_key(name)) {
            map.insert(name.clone(), default.clone());
        }
        if let Some(value) = map.get_mut(name) {
            fill(spec, property, value, depth - 1);
        }
    }
}

/// How deep a value is looked into.
const DEEPEST: usize = 32;

/// Which numbers a value may have.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    /// Those that the schemas allow.
    Own,
    /// Any: where typify writes a default down, it looks at no number.
    Any,
}

/// Whether typify takes the value for one of the schema's, and can write it down.
fn is_allowed(spec: &Value, schema: &Value, value: &Value, numbers: Numbers) -> bool {
    is_allowed_at(spec, schema, value, numbers, DEEPEST)
}

fn is_allowed_at(
    spec: &Value,
    schema: &Value,
    value: &Value,
    numbers: Numbers,
    depth: usize,
) -> bool {
    let Some(schema) = resolve(spec, schema).filter(|_| depth > 0) else {
        return false;
    };
    let get = |key: &str| schema.get(key);
    if value.is_null() {
        return get("nullable") == Some(&Value::Bool(true));
    }
    let list = |key: &str| get(key).and_then(Value::as_array);
    let below_as = |schema: &Value, value: &Value, numbers: Numbers| {
        is_allowed_at(spec, schema, value, numbers, depth - 1)
    };
    let below = |schema: &Value, value: &Value| below_as(schema, value, numbers);
    // Of several, typify writes a value as the first one that it takes it for.
    let is_one = |all: &Vec<Value>| match numbers {
        Numbers::Any => all.iter().any(|schema| below(schema, value)),
        Numbers::Own => all
            .iter()
            .find(|schema| below_as(schema, value, Numbers::Any))
            .is_some_and(|schema| below(schema, value)),
    };
    let kind = get("type").and_then(Value::as_str);
    let kind = match numbers {
        Numbers::Any if kind == Some("integer") => Some("number"),
        _ => kind.or_else(|| implied(schema)),
    };
    kind.is_none_or(|kind| fits(value, kind))
        && list("enum").is_none_or(|values| values.is_empty() || values.contains(value))
        && list("allOf").is_none_or(|all| all.iter().all(|schema| below(schema, value)))
        && ["anyOf", "oneOf"]
            .iter()
            .all(|key| list(key).is_none_or(is_one))
        && match value {
            Value::String(text) => is_allowed_text(schema, text),
            Value::Number(_) if numbers == Numbers::Any => true,
            Value::Number(number) => is_allowed_number(schema, number.as_f64().unwrap_or(f64::NAN)),
            Value::Array(items) => {
                let is_set = get("uniqueItems") == Some(&Value::Bool(true));
                let repeats = |(index, item): (usize, &Value)| {
                    items.iter().take(index).any(|other| other == item)
                };
                let bound = |key: &str| get(key).and_then(Value::as_u64);
                let length = items.len() as u64;
                get("items").is_none_or(|schema| items.iter().all(|item| below(schema, item)))
                    && !(is_set && items.iter().enumerate().any(repeats))
                    && bound("minItems").is_none_or(|least| length >= least)
                    && bound("maxItems").is_none_or(|most| length <= most)
            }
            Value::Object(map) => {
                let properties = get("properties").and_then(Value::as_object);
                let further = get("additionalProperties").filter(|further| further.is_object());
                let is_map = properties.is_none() && further.is_none();
                let fits = |(name, value): (&String, &Value)| {
                    let property = properties
                        .and_then(|properties| properties.get(name))
                        .or(further);
                    property.map_or(is_map, |schema| below(schema, value))
                };
                let required = list("required")
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                map.iter().all(fits) && required.into_iter().all(|name| map.contains_key(name))
            }
            _ => true,
        }
}

/// What typify concludes of a schema that has no type, but something that one type has.
fn implied(schema: &Value) -> Option<&'static str> {
    const OWN: [(&str, &[&str]); 3] = [
        (
            "object",
            &["additionalProperties", "properties", "required"],
        ),
        ("array", &["items", "maxItems", "minItems", "uniqueItems"]),
        ("string", &["maxLength", "minLength", "pattern"]),
    ];
    let says = |key: &str| {
        let value = schema.get(key);
        let is_empty = value.is_some_and(|value| *value == json!({}) || *value == json!([]));
        value.is_some() && (!is_empty || key == "additionalProperties")
    };
    let is_combined = ["allOf", "anyOf", "enum", "oneOf"]
        .iter()
        .any(|key| says(key));
    let mut kinds = OWN
        .iter()
        .filter(|(_, keys)| keys.iter().any(|key| says(key)));
    let first = kinds.next().filter(|_| !is_combined)?;
    // Of keywords of several types it concludes nothing.
    kinds.next().is_none().then_some(first.0)
}

fn is_allowed_text(schema: &Value, text: &str) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    let length = text.chars().count() as u64;
    let is_address = match schema.get("format").and_then(Value::as_str) {
        Some("ip") => text.parse::<IpAddr>().is_ok(),
        Some("ipv4") => text.parse::<Ipv4Addr>().is_ok(),
        Some("ipv6") => text.parse::<Ipv6Addr>().is_ok(),
        _ => true,
    };
    is_address
        && bound("minLength").is_none_or(|least| length >= least)
        && bound("maxLength").is_none_or(|most| length <= most)
}

fn is_allowed_number(schema: &Value, number: f64) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let is = |flag: &str| schema.get(flag) == Some(&Value::Bool(true));
    let is_integer = schema.get("type").is_some_and(|kind| kind == "integer");
    let width = match schema
        .get("format")
        .and_then(Value::as_str)
        .filter(|_| is_integer)
    {
        Some("int8") => (f64::from(i8::MIN), f64::from(i8::MAX)),
        Some("uint8") => (0.0, f64::from(u8::MAX)),
        Some("int16") => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Some("uint16") => (0.0, f64::from(u16::MAX)),
        Some("int" | "int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some("uint" | "uint32") => (0.0, f64::from(u32::MAX)),
        Some("uint64") => (0.0, u64::MAX as f64),
        _ if is_integer => (i64::MIN as f64, i64::MAX as f64),
        _ => (f64::MIN, f64::MAX),
    };
    (width.0..=width.1).contains(&number)
        && bound("minimum")
            .is_none_or(|least| number > least || (number == least && !is("exclusiveMinimum")))
        && bound("maximum")
            .is_none_or(|most| number < most || (number == most && !is("exclusiveMaximum")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_are_no_values_go_and_others_stay() {
        let allowed = [
            json!({"type": "string", "default": "a"}),
            json!({"type": "string", "default": null}),
            json!({"type": "string", "enum": ["a"], "default": "a"}),
            json!({"type": "integer", "minimum": 1, "maximum": 3, "default": 3}),
            json!({"type": "number", "default": 1}),
            json!({"allOf": [{"$ref": "#/components/schemas/E"}], "default": "e"}),
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}], "default": 1}),
            json!({"type": "array", "items": {"type": "string"}, "default": ["a"]}),
            json!({"type": "object", "default": {"any": 1}}),
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "default": {"a": "b"}}),
            json!({"type": "object", "additionalProperties": {"type": "string"}, "default": {"a": "b"}}),
            json!({"type": "string", "format": "ipv4", "default": "127.0.0.1"}),
            json!({"oneOf": [{"type": "integer"}, {"type": "number"}], "default": 1}),
            json!({"oneOf": [{"type": "number"}, {"type": "integer"}], "default": 1.5}),
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "default": "1.5"}),
            json!({"items": {"type": "string"}, "default": ["a"]}),
            json!({"minLength": 1, "default": "a"}),
            json!({"properties": {}, "required": [], "default": "a"}),
        ];
        let refused = [
            json!({"type": "string", "default": 1}),
            json!({"type": "integer", "default": "1"}),
            json!({"type": "integer", "default": 1.5}),
            json!({"type": "integer", "format": "int32", "default": 3000000000u64}),
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "default": 1}),
            json!({"type": "string", "enum": ["a"], "default": "b"}),
            json!({"type": "string", "maxLength": 1, "default": "ab"}),
            json!({"allOf": [{"$ref": "#/components/schemas/E"}], "default": "f"}),
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}], "default": true}),
            json!({"type": "array", "items": {"type": "string"}, "default": [1]}),
            json!({"type": "array", "uniqueItems": true, "default": [1, 1]}),
            json!({"type": "array", "items": {"type": "string"}, "default": "a"}),
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "default": {}}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "default": {"b": 1}}),
            json!({"type": "string", "format": "ipv4", "default": "here"}),
            json!({"oneOf": [{"type": "integer"}, {"type": "number"}], "default": 1.5}),
            json!({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}, {"type": "number"}], "default": -1}),
            json!({"oneOf": [
                {"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "number"}},
            ], "default": [1.5]}),
            json!({"required": ["q"], "default": []}),
            json!({"items": {"type": "string"}, "default": "a"}),
            json!({"minLength": 1, "default": 1}),
            json!({"properties": {"a": {}}, "default": null, "allOf": []}),
        ];
        for (schemas, goes) in [
            (allowed.as_slice(), false),
            (&refused[..refused.len() - 1], true),
        ] {
            for schema in schemas {
                let mut spec =
                    json!({"components": {"schemas": {"E": {"enum": ["e"]}, "S": schema}}});
                assert_eq!(
                    fitting_defaults(&mut spec).len(),
                    usize::from(goes),
                    "{schema}"
                );
                assert_eq!(
                    spec["components"]["schemas"]["S"].get("default").is_none(),
                    goes
                );
            }
        }
    }

    #[test]
    fn a_default_object_has_the_defaults_of_its_properties() {
        let named = |default: Value| json!({"type": "string", "default": default});
        let inner = json!({"type": "object", "properties": {"c": named(json!("z"))}});
        let mut spec = json!({"components": {"schemas": {
            "S": {"type": "object", "default": {"a": "x", "i": {}}, "properties": {
                "a": named(json!("y")), "b": named(json!("z")), "i": {"$ref": "#/components/schemas/I"},
                "n": {"type": "string"},
            }},
            "I": inner,
        }}});
        assert_eq!(whole_defaults(&mut spec), ["/components/schemas/S"]);
        assert_eq!(
            spec["components"]["schemas"]["S"]["default"],
            json!({"a": "x", "i": {"c": "z"}, "b": "z"})
        );
        assert!(whole_defaults(&mut spec).is_empty());
    }
}
