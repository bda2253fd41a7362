//! `one-way-requirements`: what goes one way only is required on that way only, as OpenAPI has it.
//! `shared-requirements`: what each of several alternatives requires, the whole does.
//! `loose-requirements`: which properties are required together with which others, no type can say.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::alternatives::alternatives_last;
use super::changed;
use super::open::schemas;
use super::wrappers::described_references;
use crate::document::{is_word, parts_of_all};
use crate::preflight::costly;
use crate::reach::{flagged, received, sent};

pub(super) fn one_way_requirements(spec: &mut Value) -> Vec<String> {
    let received: BTreeSet<_> = received(spec).into_iter().collect();
    let mut only_sent: BTreeSet<_> = sent(spec).into_iter().collect();
    for pointer in &received {
        only_sent.remove(pointer);
    }
    let mut loose = Vec::new();
    for (schemas, flag) in [(&received, "writeOnly"), (&only_sent, "readOnly")] {
        for pointer in schemas {
            let parts = parts_of_all(spec, pointer);
            let names = flagged(spec, &parts, flag);
            // What an answer has too stays as it is there.
            for part in parts {
                if !names.is_empty() && schemas.contains(&part) {
                    loose.push((part, names.clone()));
                }
            }
        }
    }
    let mut touched = BTreeSet::new();
    for (pointer, names) in loose {
        let schema = spec.pointer_mut(&pointer).and_then(Value::as_object_mut);
        if schema.is_some_and(|schema| no_longer_required(schema, &names)) {
            touched.insert(pointer);
        }
    }
    touched.into_iter().collect()
}

/// False if none of them was.
pub(super) fn no_longer_required(
    schema: &mut Map<String, Value>,
    names: &BTreeSet<String>,
) -> bool {
    let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else {
        return false;
    };
    let before = required.len();
    required.retain(|name| !name.as_str().is_some_and(|name| names.contains(name)));
    let is_changed = required.len() < before;
    // OpenAPI 3.0 knows no empty list here.
    if is_changed && required.is_empty() {
        schema.shift_remove("required");
    }
    is_changed
}

/// Of what two alternatives require typify makes something that neither has, since the other is excluded.
pub(super) fn shared_requirements(spec: &mut Value) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, |schema| {
        let any = no_longer_shared(schema, "anyOf");
        no_longer_shared(schema, "oneOf") || any
    })
}

fn no_longer_shared(schema: &mut Map<String, Value>, key: &str) -> bool {
    let Some(lists) = requirements(schema, key) else {
        return false;
    };
    let mut shared = lists.into_iter();
    let first = shared.next().unwrap_or_default();
    let shared = shared.fold(first, |all, list| &all & &list);
    if shared.is_empty() {
        return false;
    }
    let branches = schema.get_mut(key).and_then(Value::as_array_mut);
    for branch in branches.into_iter().flatten() {
        if let Some(branch) = branch.as_object_mut() {
            no_longer_required(branch, &shared);
        }
    }
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        for name in shared {
            if !required.iter().any(|one| *one == name) {
                required.push(Value::String(name));
            }
        }
    }
    true
}

/// What each of several alternatives requires, if it says nothing else.
fn requirements(schema: &Map<String, Value>, key: &str) -> Option<Vec<BTreeSet<String>>> {
    let says_more = |(key, value): (&String, &Value)| {
        key != "required" && !is_word(key) && !(key == "type" && value == "object")
    };
    let mut lists = Vec::new();
    for branch in schema.get(key)?.as_array()? {
        if branch.as_object()?.iter().any(says_more) {
            return None;
        }
        let mut names = BTreeSet::new();
        for name in branch.get("required")?.as_array()? {
            names.insert(name.as_str()?.to_string());
        }
        lists.push(names);
    }
    (!lists.is_empty()).then_some(lists)
}

pub(super) fn loose_requirements(spec: &mut Value) -> Vec<String> {
    let mut touched = schemas(spec);
    touched.retain(|pointer| {
        let any = no_longer_loose(spec, pointer, "anyOf", |_, _| true);
        let one = no_longer_loose(spec, pointer, "oneOf", excludes_too_much);
        any || one
    });
    // Where one of them has to be, typify's types say so; but there may be too many.
    for whole in costly(spec) {
        for pointer in parts_of_all(spec, &whole) {
            if no_longer_loose(spec, &pointer, "oneOf", |_, _| true) {
                touched.push(pointer);
            }
        }
    }
    // What says nothing any more makes no second type of what stands beside it, and comes before alternatives.
    if !touched.is_empty() {
        touched.extend(described_references(spec));
        touched.extend(alternatives_last(spec));
    }
    touched
}

/// Whether typify makes an alternative without a value, or without what may be there: it takes all that the others
/// require for excluded, where only all of that together is.
fn excludes_too_much(schema: &Map<String, Value>, lists: &[BTreeSet<String>]) -> bool {
    if lists.len() > 1 && lists.iter().any(|list| list.len() > 1) {
        return true;
    }
    let mut seen: BTreeSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    !lists.iter().flatten().all(|name| seen.insert(name))
}

/// Takes alternatives away that say nothing but what is required.
fn no_longer_loose(
    spec: &mut Value,
    pointer: &str,
    key: &str,
    is_idle: fn(&Map<String, Value>, &[BTreeSet<String>]) -> bool,
) -> bool {
    let schema = spec.pointer_mut(pointer).and_then(Value::as_object_mut);
    schema.is_some_and(|schema| {
        let lists = requirements(schema, key);
        let is_loose = lists.is_some_and(|lists| is_idle(schema, &lists));
        is_loose && schema.shift_remove(key).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_sent_is_not_required_of_answers_nor_the_other_way_round() {
        let body = |name: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
        let properties = json!({
            "id": {"type": "string", "readOnly": true}, "name": {"type": "string"},
            "password": {"$ref": "#/components/schemas/Secret"},
        });
        let all = json!(["id", "name", "password"]);
        let mut spec = json!({
            "paths": {"/a": {
                "get": {"responses": {"200": body("Answer")}},
                "post": {"requestBody": body("Request"), "responses": {"200": body("Both"), "404": body("Problem")}},
                "put": {"requestBody": body("Both"), "responses": {}},
            }},
            "components": {"schemas": {
                "Secret": {"type": "string", "writeOnly": true},
                "Answer": {"allOf": [{"properties": properties}, {"required": ["password"]}]},
                "Request": {"properties": properties, "required": all},
                "Both": {"properties": properties, "required": all},
                "Problem": {"properties": properties, "required": all},
            }},
        });
        let at = |name: &str| format!("/components/schemas/{name}");
        assert_eq!(
            one_way_requirements(&mut spec),
            [at("Answer/allOf/1"), at("Both"), at("Request")]
        );
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["Answer"]["allOf"][1], json!({}));
        assert_eq!(schemas["Request"]["required"], json!(["name", "password"]));
        assert_eq!(schemas["Both"]["required"], json!(["id", "name"]));
        assert_eq!(schemas["Problem"]["required"], all);
        assert!(one_way_requirements(&mut spec).is_empty());
    }

    #[test]
    fn what_each_alternative_requires_the_whole_does() {
        let either = |key: &str, lists: Value| {
            let branches = lists.as_array().unwrap().iter();
            let branches: Vec<_> = branches.map(|list| json!({"required": list})).collect();
            json!({"type": "object", key: branches})
        };
        let mut typed = either("oneOf", json!([["a", "c"], ["b", "c"]]));
        typed["oneOf"][0]["type"] = json!("object");
        typed["oneOf"][1]["title"] = json!("T");
        typed["required"] = json!(["c"]);
        let mut tagged = either("oneOf", json!([["k", "a"], ["k"]]));
        tagged["oneOf"][0]["properties"] = json!({"k": {"enum": ["x"]}});
        let mut spec = json!({"components": {"schemas": {
            "One": either("oneOf", json!([["a", "c", "d"], ["d", "b", "c"]])),
            "Any": either("anyOf", json!([["a", "c"], ["c"]])),
            "Typed": typed, "Tagged": tagged,
            "None": either("oneOf", json!([["a"], ["b"]])),
        }}});
        let before = spec.clone();
        let touched = shared_requirements(&mut spec);
        let at = |name: &str| format!("/components/schemas/{name}");
        assert_eq!(touched, ["One", "Any", "Typed"].map(at));
        let schemas = &spec["components"]["schemas"];
        assert_eq!(
            schemas["One"],
            json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "required": ["c", "d"]})
        );
        assert_eq!(
            schemas["Any"],
            json!({"type": "object", "anyOf": [{"required": ["a"]}, {}], "required": ["c"]})
        );
        assert_eq!(
            schemas["Typed"]["oneOf"],
            json!([{"type": "object", "required": ["a"]}, {"title": "T", "required": ["b"]}])
        );
        assert_eq!(schemas["Typed"]["required"], json!(["c"]));
        for name in ["Tagged", "None"] {
            assert_eq!(schemas[name], before["components"]["schemas"][name]);
        }
        assert!(shared_requirements(&mut spec).is_empty());
    }

    #[test]
    fn alternatives_that_typify_would_find_to_exclude_themselves_or_too_much_go() {
        let one = |lists: [&[&str]; 2], own: &[&str]| json!({"required": own, "oneOf": lists.map(|list| json!({"required": list}))});
        let mut spec = json!({"components": {"schemas": {
            "A": one([&["a", "b"], &["b", "c"]], &[]), "B": one([&["a"], &["b"]], &["a"]),
            "C": one([&["a"], &["b", "c"]], &["d"]), "D": one([&["a"], &["b"]], &["d"]),
        }}});
        let touched = loose_requirements(&mut spec);
        assert_eq!(
            touched,
            ["A", "B", "C"].map(|name| format!("/components/schemas/{name}"))
        );
        assert_eq!(
            spec["components"]["schemas"]["B"],
            json!({"required": ["a"]})
        );
    }

    #[test]
    fn what_only_requires_goes() {
        let mut spec = json!({"components": {"schemas": {
            "A": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "B": {"anyOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {}}}]},
            "C": {"anyOf": []},
        }}});
        let before = spec.clone();
        assert_eq!(loose_requirements(&mut spec), ["/components/schemas/A"]);
        assert_eq!(
            spec["components"]["schemas"]["A"],
            json!({"type": "object"})
        );
        for name in ["B", "C"] {
            assert_eq!(
                spec["components"]["schemas"][name],
                before["components"]["schemas"][name]
            );
        }
    }

    #[test]
    fn what_only_requires_goes_where_there_are_too_many_choices() {
        let list = |number: usize| {
            let of = |name: char| json!({"required": [format!("{name}{number}")]});
            json!({"oneOf": [of('x'), of('y')]})
        };
        let all = |count| json!({"allOf": (0..count).map(list).collect::<Vec<_>>()});
        let (few, other) = (
            json!({"$ref": "#/components/schemas/Few"}),
            json!({"oneOf": [{"type": "object"}]}),
        );
        let mut spec = json!({"components": {"schemas": {
            "Few": all(2), "Many": all(5), "Mixed": {"allOf": [all(5), few, other]},
        }}});
        spec["components"]["schemas"]["Mixed"]["allOf"][0]["allOf"][0] = other.clone();
        let touched = loose_requirements(&mut spec);
        let at = |place: &str| format!("/components/schemas/{place}");
        let many = [0, 1, 2, 3, 4].map(|index| at(&format!("Many/allOf/{index}")));
        assert_eq!(touched[..5], many);
        assert!(touched.contains(&at("Mixed/allOf/0/allOf")), "{touched:?}");
        let schemas = &spec["components"]["schemas"];
        assert_eq!(schemas["Many"], json!({"allOf": [{}, {}, {}, {}, {}]}));
        assert!(loose_requirements(&mut spec).is_empty());
    }
}
