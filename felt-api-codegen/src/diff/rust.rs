//! What Rust type the generator gives a schema, as far as a caller sees it: only the outermost layer,
//! since what is inside is compared in its own place.

use serde_json::Value;

use super::names::type_name;
use super::numbers::{integer, listed, number};
use super::schemas::last;
use super::variants::is_told_alone;
use super::wrapping::{is_remark, wrapped};
use crate::document::{is_nullable, keys, reference};

/// Text that is a type of its own, since the length is checked.
const CHECKED: &str = "a type of its own around `String`";

/// The type of a value in this place. `made` is the schema in the spec that code is generated from.
pub(super) fn type_of(made: Option<&Value>) -> String {
    let Some(schema) = made else {
        return String::new();
    };
    let bare = bare(schema);
    if is_optional(schema, &bare) && !bare.starts_with("Option<") {
        format!("Option<{bare}>")
    } else {
        bare
    }
}

/// The type of a field, and what serde does where the property is absent.
pub(super) struct Field {
    pub name: String,
    /// Whether a client leaves out the property when it has nothing to say.
    pub may_be_absent: bool,
    /// Whether a client understands what comes without the property.
    pub bears_absence: bool,
}

/// The field for a property of the object `made`; none if no code is made of it.
pub(super) fn field(made: Option<&Value>, property: &str) -> Option<Field> {
    let object = made?;
    let schema = object.get("properties").and_then(|all| all.get(property));
    let schema = schema.unwrap_or(&Value::Null);
    let name = type_of(Some(schema));
    let has_none = ["Option<", "Vec<", "Map<"]
        .iter()
        .any(|empty| name.starts_with(empty));
    // A list of values that differ counts as no list here, though its type is one.
    let mut list = schema;
    while let Some(only) = wrapped(list) {
        list = only;
    }
    let is_set = name == "Vec<_>" && list.get("uniqueItems") == Some(&Value::Bool(true));
    if is_required(Some(object), property) {
        return Some(Field {
            bears_absence: name.starts_with("Option<"),
            may_be_absent: false,
            name,
        });
    }
    // A null is no default for openapiv3, and beside a `$ref` there is none.
    let default = schema.get("default").filter(|default| !default.is_null());
    let default = default.filter(|_| reference(schema).is_none() && !is_merged(&name));
    let is_empty = |default: &Value| {
        default.is_null()
            || default.as_array().is_some_and(Vec::is_empty)
            || default.as_object().is_some_and(serde_json::Map::is_empty)
    };
    Some(match default {
        Some(default) => Field {
            may_be_absent: has_none && !is_set && is_empty(default),
            bears_absence: true,
            name,
        },
        None if has_none && !is_set => Field {
            may_be_absent: true,
            bears_absence: true,
            name,
        },
        None => Field {
            may_be_absent: true,
            bears_absence: true,
            name: format!("Option<{name}>"),
        },
    })
}

/// Whether the object `made` requires a property.
pub(super) fn is_required(made: Option<&Value>, property: &str) -> bool {
    let required = made.and_then(|object| object.get("required")?.as_array());
    required.is_some_and(|all| all.iter().any(|name| name == property))
}

/// Whether the struct that is made of an object has a `Default`: where every field has one, and nothing
/// else is kept. Of the default of a component that is an object nothing is made.
pub(super) fn has_default(made: Option<&Value>, is_component: bool) -> bool {
    let Some(object) = made else {
        return false;
    };
    let default = object.get("default").filter(|_| !is_component);
    let required = object.get("required").and_then(Value::as_array);
    let keeps_others = object
        .get("additionalProperties")
        .is_some_and(Value::is_object);
    default.is_some() || (required.is_none_or(Vec::is_empty) && !keeps_others)
}

/// The type of an argument for a parameter.
pub(super) fn argument(made: Option<&Value>) -> String {
    let Some(parameter) = made else {
        return String::new();
    };
    let name = type_of(Some(parameter.get("schema").unwrap_or(&Value::Null)));
    let is_required = parameter.get("required") == Some(&Value::Bool(true));
    if is_required || name.starts_with("Option<") {
        name
    } else {
        format!("Option<{name}>")
    }
}

/// Whether values of a schema are checked for their length when they are made or read.
pub(super) fn checks_length(made: Option<&Value>) -> bool {
    type_of(made).contains(CHECKED)
}

/// Whether the type has a name of its own, that a caller can write.
pub(super) fn is_named(made: Option<&Value>) -> bool {
    type_of(made).contains("of its own")
}

/// Whether a type is merged of several parts: typify takes no notice of a default beside these.
pub(super) fn is_merged(name: &str) -> bool {
    name.contains("made of `allOf`")
}

fn is_optional(schema: &Value, bare: &str) -> bool {
    let has_null = || {
        let values = schema.get("enum").and_then(Value::as_array);
        values.is_some_and(|values| values.iter().any(Value::is_null))
    };
    let is_nullable = is_nullable(schema);
    // A JSON value may be null as it is, and a reference says nothing beside itself.
    reference(schema).is_none() && bare != ANY && (is_nullable || has_null())
}

pub(super) const ANY: &str = "serde_json::Value";

fn bare(schema: &Value) -> String {
    if let Some(reference) = reference(schema) {
        return format!("types::{}", type_name(last(reference)));
    }
    if let Some(only) = wrapped(schema)
        && (schema.get("allOf").is_some() || !is_told_alone(only))
    {
        return type_of(Some(only));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if schema.get(key).is_some() {
            let beside = beside(schema, key);
            return format!("a type of its own, made of `{key}`{beside}");
        }
    }
    let kind = schema.get("type").and_then(Value::as_str);
    let format = schema.get("format").and_then(Value::as_str);
    let values = schema.get("enum").and_then(Value::as_array);
    if let (Some(values), true) = (values, kind != Some("boolean")) {
        let is_text = values
            .iter()
            .all(|value| value.is_string() || value.is_null());
        if kind.is_none() && !values.is_empty() && values.iter().all(Value::is_null) {
            return "()".to_string();
        }
        if values.is_empty() {
            return "a type of its own that nothing fits".to_string();
        }
        return match (is_text, kind) {
            (true, Some("string") | None) => "an enum of its own".to_string(),
            (_, Some("integer")) => listed(integer(schema, format)),
            (_, Some("number")) => listed(number(format)),
            _ => "a type of its own that takes what is listed".to_string(),
        };
    }
    match kind {
        Some("string") => text(schema, format).to_string(),
        Some("integer") => integer(schema, format).to_string(),
        Some("number") => number(format).to_string(),
        Some("boolean") => "bool".to_string(),
        Some("array") => list(schema),
        Some("object") => object(schema),
        None => match unsaid_kind(schema) {
            Some("array") => list(schema),
            Some(_) => object(schema),
            None if has_length(schema) => CHECKED.to_string(),
            None => ANY.to_string(),
        },
        _ => ANY.to_string(),
    }
}

/// The type of a value that is told by what else is said of it.
pub(super) fn unsaid_kind(schema: &Value) -> Option<&'static str> {
    let says = |key: &&str| match schema.get(*key) {
        Some(Value::Object(map)) => *key != "properties" || !map.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(value) => !value.is_null(),
        None => false,
    };
    let of_objects = [
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
        "maxProperties",
    ];
    if of_objects.iter().any(says) {
        return Some("object");
    }
    let of_lists = ["items", "minItems", "maxItems", "uniqueItems"];
    of_lists.iter().any(says).then_some("array")
}

/// Whether a value that no type is said of is taken for text by its length. What may be null is not.
fn has_length(schema: &Value) -> bool {
    let says = |key: &&str| schema.get(*key).is_some_and(Value::is_u64);
    let may_be_null = is_nullable(schema);
    !may_be_null && ["minLength", "maxLength"].iter().any(says)
}

/// What stands beside the branches of a composed schema, and is merged into each.
fn beside(schema: &Value, key: &str) -> String {
    let keys = keys(Some(schema));
    let is_merged = |other: &&String| *other != key && !is_remark(other);
    let mut keys: Vec<_> = keys
        .filter(is_merged)
        .map(|key| format!(", `{key}`"))
        .collect();
    keys.sort();
    keys.concat()
}

fn text(schema: &Value, format: Option<&str>) -> &'static str {
    match format {
        Some("uuid") => return "uuid::Uuid",
        Some("date") => return "chrono::naive::NaiveDate",
        Some("date-time") => return "chrono::DateTime<Utc>",
        Some("ip") => return "std::net::IpAddr",
        Some("ipv4") => return "std::net::Ipv4Addr",
        Some("ipv6") => return "std::net::Ipv6Addr",
        _ => {}
    }
    let is_checked = ["minLength", "maxLength", "pattern"]
        .iter()
        .any(|key| schema.get(key).is_some_and(|bound| !bound.is_null()));
    if is_checked { CHECKED } else { "String" }
}

fn list(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).and_then(Value::as_u64);
    let is_unique = schema.get("uniqueItems");
    match (number("minItems"), number("maxItems")) {
        (Some(least), Some(most)) if least == most && most > 0 && is_unique.is_none() => {
            format!("[_; {most}]")
        }
        _ => "Vec<_>".to_string(),
    }
}

fn object(schema: &Value) -> String {
    let is_empty = |key: &str| match schema.get(key) {
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        _ => true,
    };
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if is_empty("properties") && is_empty("required") && !is_closed {
        "Map<String, _>".to_string()
    } else {
        "a struct of its own".to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_those_of_the_generator() {
        for (schema, expected) in [
            (json!({}), ANY),
            (json!({"nullable": true}), ANY),
            (json!({"type": "string", "format": "uri"}), "String"),
            (
                json!({"type": "string", "nullable": true}),
                "Option<String>",
            ),
            (json!({"type": "integer"}), "i64"),
            (json!({"type": "integer", "minimum": 0}), "u64"),
            (
                json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
                "NonZeroU64",
            ),
            (
                json!({"type": "integer", "minimum": 0, "maximum": 255}),
                "u8",
            ),
            (
                json!({"type": "integer", "format": "int32", "maximum": 9}),
                "i32",
            ),
            (
                json!({"type": "integer", "format": "uint8", "multipleOf": 2}),
                "u8",
            ),
            (
                json!({"type": "array", "minItems": 2, "maxItems": 2}),
                "[_; 2]",
            ),
            (
                json!({"type": "object", "additionalProperties": {}}),
                "Map<String, _>",
            ),
            (
                json!({"allOf": [{"type": "boolean"}], "nullable": true}),
                "Option<bool>",
            ),
            (
                json!({"$ref": "#/components/schemas/a_b", "nullable": true}),
                "types::AB",
            ),
        ] {
            assert_eq!(type_of(Some(&schema)), expected, "{schema}");
        }
    }

    #[test]
    fn a_default_makes_an_optional_property_a_plain_field() {
        let object = json!({"required": ["a"], "properties": {
            "a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string", "default": "x"},
            "d": {"type": "array"}, "e": {"type": "array", "uniqueItems": true},
        }});
        let field = |name| {
            let field = field(Some(&object), name).unwrap();
            (field.name, field.may_be_absent, field.bears_absence)
        };
        assert_eq!(field("a"), ("String".to_string(), false, false));
        assert_eq!(field("b"), ("Option<String>".to_string(), true, true));
        assert_eq!(field("c"), ("String".to_string(), false, true));
        assert_eq!(field("d"), ("Vec<_>".to_string(), true, true));
        assert_eq!(field("e"), ("Option<Vec<_>>".to_string(), true, true));
    }
}
