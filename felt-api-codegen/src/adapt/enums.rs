//! `plain-enums`: enumerations that make no Rust type are made into what they restrict.

use serde_json::{Map, Value, json};

use super::changed;
use super::open::{known_values, schemas};
use crate::names::variant_names;

pub(super) fn plain_enums(spec: &mut Value) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, make_plain)
}

/// False if there was nothing to change.
fn make_plain(schema: &mut Map<String, Value>) -> bool {
    let before = schema.clone();
    let Some(Value::Array(list)) = schema.get("enum") else {
        return false;
    };
    let mut values: Vec<Value> = Vec::new();
    for value in list {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    // What lists null may be null, even if it does not say so otherwise.
    let has_null = values.contains(&Value::Null);
    values.retain(|value| !value.is_null());
    if values.is_empty() {
        // The parser of progenitor takes an empty list for none.
        return !has_null && schema.shift_remove("enum").is_some();
    }
    if has_null {
        schema.insert("nullable".to_string(), Value::Bool(true));
    }
    // typify compares with the values, and the types that it makes of objects cannot be compared.
    if values
        .iter()
        .any(|value| value.is_object() || value.is_array())
    {
        known_values(schema, &values);
        return true;
    }
    let are = |is: fn(&Value) -> bool| values.iter().all(is);
    let kind = match () {
        () if are(Value::is_string) => Some("string"),
        () if are(|value| value.is_i64() || value.is_u64()) => Some("integer"),
        () if are(Value::is_number) => Some("number"),
        () if are(Value::is_boolean) => Some("boolean"),
        () => None,
    };
    if !schema.contains_key("type") {
        match kind {
            // Beside null, progenitor does not find out by itself.
            Some(kind) if has_null || schema.get("nullable") == Some(&Value::Bool(true)) => {
                schema.insert("type".to_string(), json!(kind));
            }
            Some(_) => {}
            None => {
                known_values(schema, &values);
                return true;
            }
        }
    }
    let strings: Vec<_> = values.iter().filter_map(Value::as_str).collect();
    if strings.len() == values.len() && variant_names(&strings).is_none() {
        schema.insert("type".to_string(), json!("string"));
        known_values(schema, &values);
        return true;
    }
    schema.insert("enum".to_string(), Value::Array(values));
    *schema != before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_values_make_a_plain_type_that_tells_them() {
        for (given, made) in [
            (
                json!({"type": "string", "enum": ["asc", "ASC"]}),
                json!({"type": "string", "description": "Known values: `asc`, `ASC`."}),
            ),
            (
                json!({"enum": ["<", ">"], "description": "How."}),
                json!({"type": "string", "description": "How.\n\nKnown values: `<`, `>`."}),
            ),
            (
                json!({"enum": ["a", 1]}),
                json!({"description": "Known values: `a`, `1`."}),
            ),
            (
                json!({"type": "string", "enum": ["a", "b", "a"]}),
                json!({"type": "string", "enum": ["a", "b"]}),
            ),
            (
                json!({"type": "string", "enum": ["a", null]}),
                json!({"type": "string", "enum": ["a"], "nullable": true}),
            ),
            (
                json!({"enum": [1, 2, null]}),
                json!({"type": "integer", "enum": [1, 2], "nullable": true}),
            ),
            (
                json!({"type": "object", "enum": [{"a": 1}]}),
                json!({"type": "object", "description": "Known values: `{\"a\":1}`."}),
            ),
            (
                json!({"type": "string", "enum": []}),
                json!({"type": "string"}),
            ),
        ] {
            let mut schema = given.as_object().unwrap().clone();
            assert!(make_plain(&mut schema), "{given}");
            assert_eq!(Value::Object(schema.clone()), made);
            assert!(!make_plain(&mut schema), "{given}");
        }
    }

    #[test]
    fn others_stay() {
        for given in [
            json!({"type": "string", "enum": ["a", ""]}),
            json!({"type": "string", "enum": ["a-b", "ab"]}),
            json!({"type": "integer", "enum": [1, 2]}),
            json!({"type": "integer", "enum": ["1"]}),
            json!({"enum": [null]}),
            json!({"enum": {"type": "string"}}),
        ] {
            let mut schema = given.as_object().unwrap().clone();
            assert!(!make_plain(&mut schema), "{given}");
            assert_eq!(Value::Object(schema), given);
        }
    }
}
