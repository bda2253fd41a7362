//! `plain-enums`: enumerations that make no Rust type are made into what they restrict.

use serde_json::{Value, json};

use super::open::{known_values, schemas};
use crate::names::variant_names;

pub(super) fn plain_enums(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    touched.retain(|pointer| spec.pointer_mut(pointer).is_some_and(make_plain));
    touched
}

/// False if there was nothing to change.
fn make_plain(schema: &mut Value) -> bool {
    let before = schema.clone();
    let Some(map) = schema.as_object_mut() else {
        return false;
    };
    let Some(Value::Array(list)) = map.get("enum") else {
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
        return !has_null && map.shift_remove("enum").is_some();
    }
    if has_null {
        map.insert("nullable".to_string(), Value::Bool(true));
    }
    // typify compares with the values, and the types that it makes of objects cannot be compared.
    if values
        .iter()
        .any(|value| value.is_object() || value.is_array())
    {
        known_values(map, &values);
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
    if !map.contains_key("type") {
        match kind {
            // Beside null, progenitor does not find out by itself.
            Some(kind) if has_null || map.get("nullable") == Some(&Value::Bool(true)) => {
                map.insert("type".to_string(), json!(kind));
            }
            Some(_) => {}
            None => {
                known_values(map, &values);
                return true;
            }
        }
    }
    let strings: Vec<_> = values.iter().filter_map(Value::as_str).collect();
    if strings.len() == values.len() && variant_names(&strings).is_none() {
        map.insert("type".to_string(), json!("string"));
        known_values(map, &values);
        return true;
    }
    map.insert("enum".to_string(), Value::Array(values));
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
            let mut schema = given.clone();
            assert!(make_plain(&mut schema), "{given}");
            assert_eq!(schema, made);
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
            let mut schema = given.clone();
            assert!(!make_plain(&mut schema), "{given}");
            assert_eq!(schema, given);
        }
    }
}
