//! Rules about schemas, each by itself.

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{is_nullable, join};
use crate::names::variant_names;

pub(crate) static ARRAY_LENGTH: Rule = Rule {
    name: "array-length",
    severity: Severity::Refused,
    text: "An array has a fixed length (minItems and maxItems are equal) of more than 32. typify \
           makes a Rust array of it, and serde has no such arrays: the code would not compile. \
           Leave one of the two out. (In responses both are taken away before.)",
    before: "type: array\nitems: {type: number}\nminItems: 100\nmaxItems: 100",
    after: "type: array\nitems: {type: number}\nminItems: 100",
};

pub(crate) static ENUM_CLASH: Rule = Rule {
    name: "enum-clash",
    severity: Severity::Refused,
    text: "Two values of an enumeration make one variant in Rust: asc and ASC, < and >, or the \
           same twice. typify panics. (An adapted spec has a plain string there, which tells the \
           values in its description.)",
    before: "type: string\nenum: [asc, ASC]",
    after: "type: string\nenum: [asc]",
};

pub(crate) static ENUM_TYPE: Rule = Rule {
    name: "enum-type",
    severity: Severity::Refused,
    text: "The values of an enumeration do not have its type, or without a type have several, or \
           there is only null beside alternatives or parts. typify refuses or panics, or makes \
           types without values. Correct the type or the values; what may be null is nullable: \
           true.",
    before: "type: integer\nenum: ['1', '2']",
    after: "type: string\nenum: ['1', '2']",
};

pub(crate) static IGNORED_KEYWORD: Rule = Rule {
    name: "ignored-keyword",
    severity: Severity::Warning,
    text: "A schema has a keyword of JSON Schema that OpenAPI 3.0 does not have \
           (patternProperties, if, prefixItems and so on), or one that belongs to another type \
           than its own (properties of a string). The parser of progenitor skips it without a \
           word, so that the type is wider than the schema means, or lacks what stands there. Say \
           it in the words of OpenAPI 3.0 (additionalProperties, oneOf), or correct the type. Or \
           it says additionalProperties: true beside properties, which typify takes for no more \
           than what every schema means: what comes beside the properties is dropped. {} keeps \
           it. (An adapted spec has that wherever it can be had.)",
    before: "type: object\npatternProperties: {'^x-': {type: string}}",
    after: "type: object\nadditionalProperties: {type: string}",
};

pub(crate) static SCHEMA_BOUND: Rule = Rule {
    name: "schema-bound",
    severity: Severity::Refused,
    text: "A schema says exclusiveMinimum: true or exclusiveMaximum: true without the bound that \
           it is about. progenitor panics. Add the bound, or leave the flag out.",
    before: "type: integer\nexclusiveMinimum: true",
    after: "type: integer\nminimum: 0\nexclusiveMinimum: true",
};

pub(crate) static SCHEMA_TYPE: Rule = Rule {
    name: "schema-type",
    severity: Severity::Refused,
    text: "A schema has a type that OpenAPI 3.0 does not have, as file (of 2.0) and null (of \
           3.1). progenitor panics; a null without quotes it takes for no type. A file is {type: string, format: binary}; what may be null is \
           nullable: true.",
    before: "type: file",
    after: "type: string\nformat: binary",
};

pub(crate) static UNTYPED: Rule = Rule {
    name: "untyped",
    severity: Severity::Refused,
    text: "A schema has bounds but no type. Of bounds of numbers typify makes nothing and panics, \
           and if the schema may be null, progenitor guesses an array, whatever the bounds are \
           about. Say the type.",
    before: "minimum: 3",
    after: "type: number\nminimum: 3",
};

/// The types of OpenAPI 3.0.
pub(super) const KINDS: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

pub(super) fn types(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in parts.schemas() {
        let is = |flag: &str| node.value.get(flag) == Some(&Value::Bool(true));
        let has = |key: &str| node.value.get(key).is_some();
        let kind = node.value.get("type").and_then(Value::as_str);
        let mut add = |rule, below: &str, why: String, fix| {
            let pointer = if below.is_empty() {
                node.pointer.clone()
            } else {
                join(&node.pointer, below)
            };
            found.push(Finding::new(rule, pointer, why, fix));
        };
        if let Some(kind) = kind
            && !KINDS.contains(&kind)
        {
            let fix = "write array, boolean, integer, number, object or string; `nullable: true` for null";
            add(&SCHEMA_TYPE, "type", format!("`{kind}` is no type"), fix);
        }
        if node.value.get("type").is_some_and(Value::is_null) {
            let fix = "write `nullable: true` beside the type that it has otherwise";
            add(&SCHEMA_TYPE, "type", "null is no type".to_string(), fix);
        }
        for (flag, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if is(flag) && !has(bound) {
                let why = format!("`{flag}` says how to take `{bound}`, which is missing");
                add(
                    &SCHEMA_BOUND,
                    flag,
                    why,
                    "add the bound, or leave the flag out",
                );
            }
        }
        let length = |key: &str| node.value.get(key).and_then(Value::as_u64);
        if length("minItems") == length("maxItems")
            && length("minItems").is_some_and(|length| length > 32)
        {
            let why =
                "typify makes an array of fixed length of this, and serde has none of more than 32"
                    .to_string();
            add(&ARRAY_LENGTH, "", why, "leave minItems or maxItems out");
        }
        let any = |keys: &[&str]| keys.iter().any(|key| has(key));
        let is_of_numbers = any(&["minimum", "maximum", "multipleOf"]);
        let is_of_strings = any(&["minLength", "maxLength", "pattern"]);
        if kind.is_none() && (is_of_numbers || (is("nullable") && is_of_strings)) {
            let why = "this has bounds and no type, of which the generator makes something else"
                .to_string();
            add(&UNTYPED, "", why, "add the type");
        }
    }
    found
}

pub(super) fn enums(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in parts.schemas() {
        let Some(values) = node.value.get("enum").and_then(Value::as_array) else {
            continue;
        };
        let pointer = join(&node.pointer, "enum");
        let is_combined = ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| node.value.get(*key).is_some());
        if is_combined && !values.is_empty() && values.iter().all(Value::is_null) {
            let why = "null is the only value, and none of the parts".to_string();
            let fix = "write `nullable: true` instead if it may be null";
            found.push(Finding::new(&ENUM_TYPE, pointer, why, fix));
            continue;
        }
        let is_nullable = is_nullable(node.value);
        let values: Vec<_> = values
            .iter()
            .filter(|value| !(is_nullable && value.is_null()))
            .collect();
        let kinds = node
            .value
            .get("type")
            .and_then(Value::as_str)
            .map_or_else(|| values.first().map(|value| kind(value)), Some);
        let misfit = values
            .iter()
            .find(|value| !kinds.is_none_or(|kind| fits(value, kind)));
        if let (Some(value), Some(kind)) = (misfit, kinds) {
            let why = format!("`{value}` is among the values, and not of the type {kind}");
            found.push(Finding::new(
                &ENUM_TYPE,
                pointer,
                why,
                "correct the type or the values",
            ));
            continue;
        }
        let strings: Vec<_> = values.iter().filter_map(|value| value.as_str()).collect();
        if variant_names(&strings).is_none() {
            let why = format!("two of the values make one variant: {}", strings.join(", "));
            let fix = "make it a plain string that tells its values in the description";
            found.push(Finding::new(&ENUM_CLASH, pointer, why, fix));
        }
    }
    found
}

/// What type a value has.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value has a type.
pub(crate) fn fits(value: &Value, wanted: &str) -> bool {
    match wanted {
        "integer" => value.is_i64() || value.is_u64(),
        _ => kind(value) == wanted,
    }
}

/// What a later JSON Schema has, and the parser skips.
const LATER: [&str; 17] = [
    "$defs",
    "const",
    "contains",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// What only one type has.
const OWN: [(&str, &str); 3] = [
    ("additionalProperties", "object"),
    ("items", "array"),
    ("properties", "object"),
];

pub(super) fn keywords(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in parts.schemas() {
        for keyword in LATER
            .iter()
            .filter(|keyword| node.value.get(**keyword).is_some())
        {
            let why = format!("OpenAPI 3.0 has no `{keyword}`, and the generator skips it");
            let fix = "say it in the words of OpenAPI 3.0";
            found.push(Finding::new(
                &IGNORED_KEYWORD,
                join(&node.pointer, keyword),
                why,
                fix,
            ));
        }
        let further = node.value.get("additionalProperties");
        let properties = node.value.get("properties").and_then(Value::as_object);
        if further == Some(&Value::Bool(true)) && properties.is_some_and(|all| !all.is_empty()) {
            let why = "what comes beside the properties is dropped";
            let fix = "write `{}` instead if it has to be kept";
            let pointer = join(&node.pointer, "additionalProperties");
            found.push(Finding::new(&IGNORED_KEYWORD, pointer, why, fix));
        }
        let Some(kind) = node.value.get("type").and_then(Value::as_str) else {
            continue;
        };
        let is_known = KINDS.contains(&kind);
        let of_others = OWN
            .iter()
            .filter(|_| is_known)
            .filter(|(keyword, owner)| *owner != kind && node.value.get(*keyword).is_some());
        for (keyword, owner) in of_others {
            let why =
                format!("`{keyword}` belongs to the type {owner}, and this is of the type {kind}");
            let fix = "correct the type";
            found.push(Finding::new(
                &IGNORED_KEYWORD,
                join(&node.pointer, keyword),
                why,
                fix,
            ));
        }
    }
    found
}
