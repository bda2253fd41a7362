//! What typify calls the variants of an enum that is made of alternatives.

use heck::{ToKebabCase, ToPascalCase};
use serde_json::Value;

use super::rust;
use super::schemas::last;
use super::wrapping::wrapped;
use crate::document::{is_nullable, reference, resolve};
use crate::names::type_name;
use crate::preflight::{constant, tag};

/// What the variants for the branches under `key` are called after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variants {
    /// The values or properties that tell the branches apart.
    Content,
    /// The branches: their titles, and what they refer to; or their number.
    Branches(Vec<String>),
}

/// The variants that are made of the alternatives `made`; none if there is only one of them, of which
/// no enum is made.
pub(super) fn variants(made: &Value, key: &str) -> Option<Variants> {
    let branches = made.get(key)?.as_array()?;
    if branches.len() < 2 {
        return None;
    }
    let is_told = is_told_by_constant(made, key, branches);
    if is_told || branches.iter().all(is_tagged_from_outside) {
        return Some(Variants::Content);
    }
    let numbered = || {
        let all = 0..branches.len();
        all.map(|index| format!("Variant{index}")).collect()
    };
    let names: Option<Vec<_>> = branches.iter().map(name).collect();
    let names = names.and_then(without_prefix).unwrap_or_else(numbered);
    Some(Variants::Branches(names))
}

/// Whether serde would tell an only alternative by its only property, or by a constant in one: typify makes an
/// enum with one variant of it.
pub(super) fn is_told_alone(only: &Value) -> bool {
    if let Some(within) = wrapped(only) {
        return is_told_alone(within);
    }
    let properties = only.get("properties").and_then(Value::as_object);
    let mut names = properties.into_iter().flat_map(|map| map.keys());
    is_plain_object(only)
        && (is_single(only)
            || names.any(|name| constant(only, name).is_some() && is_bare(only, name)))
}

/// Whether each branch is an object with a constant of its own in one property.
fn is_told_by_constant(made: &Value, key: &str, branches: &[Value]) -> bool {
    let Some(name) = tag(made, key) else {
        return false;
    };
    let mut values: Vec<_> = branches
        .iter()
        .filter_map(|one| constant(one, name))
        .collect();
    values.sort_unstable();
    values.dedup();
    values.len() == branches.len()
        && branches
            .iter()
            .all(|one| is_plain_object(one) && is_bare(one, name))
}

/// Whether typify makes a struct of an `anyOf`, with a field for each alternative: of objects two of which can
/// hold together.
pub(super) fn is_flattened(spec: &Value, made: &Value) -> bool {
    let branches = made.get("anyOf").and_then(Value::as_array);
    let resolved = branches
        .into_iter()
        .flatten()
        .map(|branch| resolve(spec, branch));
    let Some(objects) = resolved.collect::<Option<Vec<_>>>() else {
        return false;
    };
    let requires_known = |a: &Value, b: &Value| {
        let required = a.get("required").and_then(Value::as_array);
        let mut names = required.into_iter().flatten().filter_map(Value::as_str);
        let known = b.get("properties").and_then(Value::as_object);
        names.all(|name| {
            known.is_some_and(|known| known.contains_key(name)) && constant(a, name).is_none()
        })
    };
    let is_object = |object: &Value| object.get("type") == Some(&Value::from("object"));
    let holds_with = |(index, a): (usize, &&Value)| {
        let mut others = objects.iter().skip(index + 1);
        others.any(|b| requires_known(a, b) && requires_known(b, a))
    };
    objects.iter().all(|object| is_object(object)) && objects.iter().enumerate().any(holds_with)
}

/// Whether nothing but its values is said of a property.
fn is_bare(branch: &Value, name: &str) -> bool {
    let property = branch.get("properties").and_then(|all| all.get(name));
    let checks = ["format", "maxLength", "minLength", "pattern"];
    property.is_some_and(|property| {
        !is_nullable(property) && checks.iter().all(|key| property.get(key).is_none())
    })
}

/// Whether it has one property, and requires one.
fn is_single(branch: &Value) -> bool {
    let properties = branch.get("properties").and_then(Value::as_object);
    let required = branch.get("required").and_then(Value::as_array);
    properties.is_some_and(|properties| properties.len() == 1)
        && required.is_some_and(|required| required.len() == 1)
}

/// Whether serde would tell it by its only property, or by being the text that it is.
fn is_tagged_from_outside(branch: &Value) -> bool {
    let list = |key: &str| branch.get(key).and_then(Value::as_array);
    let is_text = matches!(
        branch.get("type").and_then(Value::as_str),
        None | Some("string")
    ) && list("enum").is_some_and(|values| values.iter().all(Value::is_string))
        && branch.get("format").is_none()
        && !is_nullable(branch);
    is_text || (is_single(branch) && is_plain_object(branch))
}

/// Whether typify looks at what is in an object.
fn is_plain_object(branch: &Value) -> bool {
    let is_closed_or_unsaid = matches!(
        branch.get("additionalProperties"),
        None | Some(Value::Bool(false))
    );
    is_closed_or_unsaid
        && !is_nullable(branch)
        && branch.get("minProperties").is_none()
        && branch.get("maxProperties").is_none()
}

/// What a branch is called by itself, if anything.
fn name(branch: &Value) -> Option<String> {
    if let Some(reference) = reference(branch) {
        return Some(type_name(last(reference)));
    }
    if let Some(title) = branch.get("title").and_then(Value::as_str) {
        return Some(type_name(title));
    }
    // What may be null is an `Option`, which has no name.
    if is_nullable(branch) {
        return None;
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if let Some(list) = branch.get(key).and_then(Value::as_array) {
            return match list.as_slice() {
                [only] => name(only),
                _ => None,
            };
        }
    }
    let kind = branch.get("type").and_then(Value::as_str)?;
    let format = branch.get("format").and_then(Value::as_str);
    Some(type_name(&format.unwrap_or(kind).to_pascal_case()))
}

/// The names without the words that all of them begin with; none if they do not tell the branches apart
/// then.
fn without_prefix(names: Vec<String>) -> Option<Vec<String>> {
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort();
    sorted.dedup();
    if sorted.len() < names.len() {
        return None;
    }
    let common = |a: String, b: String| {
        let (a, b) = (a.to_kebab_case(), b.to_kebab_case());
        let words = a.split('-').zip(b.split('-')).take_while(|(a, b)| a == b);
        let words: Vec<_> = words.map(|(word, _)| word).collect();
        words.join("-").to_pascal_case()
    };
    let prefix = names.iter().cloned().reduce(common)?;
    let rest = |name: &String| name.get(prefix.len()..).map(str::to_string);
    let rest: Option<Vec<_>> = names.iter().map(rest).collect();
    rest.filter(|names| !names.iter().any(String::is_empty))
}

/// Whether a type that is made of what a list holds is called after the list's title.
pub(super) fn names_items(list: Option<&Value>) -> bool {
    let Some(list) = list.filter(|list| list.get("type") == Some(&Value::from("array"))) else {
        return false;
    };
    list.get("items").is_some_and(takes_name)
}

/// Whether a type in a schema is called after where it stands.
pub(super) fn takes_name(schema: &Value) -> bool {
    if reference(schema).is_some() {
        return false;
    }
    let bare = rust::type_of(Some(schema));
    if bare.contains("Map<") {
        let values = schema.get("additionalProperties");
        return values.is_some_and(takes_name);
    }
    if schema.get("title").is_some() {
        return false;
    }
    rust::is_named(Some(schema)) || schema.get("items").is_some_and(takes_name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(branches: Value) -> Vec<String> {
        match variants(&json!({"oneOf": branches}), "oneOf") {
            Some(Variants::Branches(names)) => names,
            other => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn variants_are_called_as_typify_calls_them() {
        let text = json!({"type": "string"});
        for (branches, expected) in [
            (json!([text, {"type": "integer"}]), ["String", "Integer"]),
            (
                json!([{"type": "string", "format": "uri"}, {"type": "integer", "format": "int32"}]),
                ["Uri", "Int32"],
            ),
            (
                json!([text, {"type": "string", "title": "my title"}]),
                ["String", "MyTitle"],
            ),
            (json!([text, text]), ["Variant0", "Variant1"]),
            (
                json!([text, {"type": "integer", "nullable": true}]),
                ["Variant0", "Variant1"],
            ),
            (
                json!([{"$ref": "#/components/schemas/foo_a"}, {"$ref": "#/components/schemas/FooBar"}]),
                ["A", "Bar"],
            ),
            (
                json!([{"$ref": "#/components/schemas/Foo"}, {"$ref": "#/components/schemas/FooBar"}]),
                ["Variant0", "Variant1"],
            ),
            (
                json!([{"allOf": [{"$ref": "#/components/schemas/A"}]}, text]),
                ["A", "String"],
            ),
        ] {
            assert_eq!(names(branches.clone()), expected, "{branches}");
        }
        assert_eq!(
            names(json!([{"enum": ["a"]}, {"enum": ["b"]}])),
            ["Some(Content)"]
        );
        assert_eq!(names(json!([text])), ["None"]);
    }

    #[test]
    fn a_list_names_what_has_no_name_in_it() {
        let object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let titled =
            json!({"type": "object", "title": "A", "properties": {"a": {"type": "string"}}});
        let list = |items: &Value| json!({"type": "array", "items": items});
        assert!(names_items(Some(&list(&object))));
        assert!(names_items(Some(&list(&list(&object)))));
        assert!(names_items(Some(&list(
            &json!({"type": "object", "additionalProperties": object})
        ))));
        assert!(!names_items(Some(&list(&titled))));
        assert!(!names_items(Some(&list(&json!({"type": "string"})))));
        assert!(!names_items(Some(&object)));
    }
}
