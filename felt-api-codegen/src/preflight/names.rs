//! Rules about names that become one in Rust.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{join, keys, list, reference};
use crate::names::{TAKEN_TYPES, field_name, type_name};

pub(crate) static PROPERTY_CLASH: Rule = Rule {
    name: "property-clash",
    severity: Severity::Refused,
    text: "Two properties of a schema make one field in Rust (fooBar and foo_bar; also those that \
           come together by allOf), or a property is called `extra` beside additionalProperties \
           with a schema, for which typify has a field of that name. The code would not compile. \
           Leave one out of the spec; if additionalProperties is there, it is still received, \
           among these.",
    before: "type: object\nproperties:\n  fooBar: {type: string}\n  foo_bar: {type: string}",
    after: "type: object\nproperties:\n  foo_bar: {type: string}",
};

pub(crate) static SCHEMA_NAME_CLASH: Rule = Rule {
    name: "schema-name-clash",
    severity: Severity::Refused,
    text: "The names of two schemas make one type name in Rust: they differ in case or in signs \
           only, so that the type would be there twice. Or a name makes one that hides a type \
           which generated code needs itself: String, Default, Ok or Err. Rename one, and what \
           refers to it.",
    before: "schemas:\n  map_layer: {type: object}\n  MapLayer: {type: string}",
    after: "schemas:\n  map_layer: {type: object}\n  MapLayerName: {type: string}",
};

/// Names of schemas that become one Rust type, which then is there twice.
pub(super) fn schemas(parts: &Parts<'_>) -> Vec<Finding> {
    let mut types: HashMap<String, &str> = HashMap::new();
    let mut found = Vec::new();
    for name in keys(parts.spec.pointer("/components/schemas")) {
        let rust = type_name(name);
        if TAKEN_TYPES.contains(&rust.as_str()) {
            let why = format!(
                "`{name}` makes a Rust type `{rust}`, which hides the one that generated code means"
            );
            let pointer = join("/components/schemas", name);
            found.push(Finding::new(&SCHEMA_NAME_CLASH, pointer, why, "rename it"));
        }
        if let Some(other) = types.insert(rust.clone(), name) {
            let why = format!("`{name}` makes a Rust type `{rust}`, as `{other}` does");
            let pointer = join("/components/schemas", name);
            found.push(Finding::new(
                &SCHEMA_NAME_CLASH,
                pointer,
                why,
                "rename one of the two",
            ));
        }
    }
    found
}

pub(super) fn properties(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // The same names come again in all that is made of a schema.
    let mut made: HashMap<&str, String> = HashMap::new();
    // What is referred to is looked at where it is.
    for node in parts
        .schemas()
        .filter(|node| reference(node.value).is_none())
    {
        let (names, has_extra) = fields(parts, &node.pointer);
        let mut fields: HashMap<String, &str> = HashMap::new();
        if has_extra && !names.is_empty() {
            fields.insert("extra".to_string(), "additionalProperties");
        }
        for name in names {
            let field = made.entry(name).or_insert_with(|| field_name(name));
            if let Some(other) = fields.insert(field.clone(), name) {
                let why = format!("`{name}` makes a field `{field}`, as `{other}` does");
                found.push(Finding::new(
                    &PROPERTY_CLASH,
                    node.pointer.as_str(),
                    why,
                    "leave one of the two out",
                ));
            }
        }
    }
    found
}

/// The names of all properties that one struct gets: a schema's own, and those of the parts that are
/// merged into it; and whether it keeps others.
fn fields<'a>(parts: &Parts<'a>, pointer: &str) -> (BTreeSet<&'a str>, bool) {
    let mut names = BTreeSet::new();
    let mut has_extra = false;
    for part in parts.all_of(pointer) {
        let schema = part.value;
        names.extend(keys(schema.get("properties")).map(String::as_str));
        for name in list(schema, "required") {
            names.extend(name.as_str());
        }
        let further = schema.get("additionalProperties");
        has_extra |= further.is_some_and(Value::is_object);
    }
    (names, has_extra)
}
