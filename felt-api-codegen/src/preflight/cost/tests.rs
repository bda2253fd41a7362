use serde_json::{Map, json};

use super::*;

fn spec(schemas: impl IntoIterator<Item = (String, Value)>) -> Value {
    json!({"components": {"schemas": Map::from_iter(schemas)}})
}

fn to(name: impl std::fmt::Display) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn one(name: impl std::fmt::Display) -> Value {
    let name = name.to_string();
    json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}}})
}

fn list(key: &str, number: usize, count: usize) -> Value {
    let branches: Vec<_> = (0..count)
        .map(|index| one(format!("p{number}_{index}")))
        .collect();
    json!({key: branches})
}

/// So many lists of so many alternatives in one `allOf`.
fn lists(key: &str, lists: usize, count: usize) -> Value {
    let all: Vec<_> = (0..lists).map(|number| list(key, number, count)).collect();
    spec([("F".to_string(), json!({"allOf": all}))])
}

#[test]
fn what_typify_would_multiply_costs_too_much() {
    for (key, number, count, is_much) in [
        ("oneOf", 1, 100, false),
        ("oneOf", 2, 3, false),
        ("oneOf", 3, 2, false),
        ("oneOf", 2, 4, true),
        ("oneOf", 4, 2, true),
        ("oneOf", 40, 2, true),
        ("anyOf", 2, 2, false),
        ("anyOf", 3, 2, true),
    ] {
        let found = costly(&lists(key, number, count));
        assert_eq!(!found.is_empty(), is_much, "{key} {number} {count}");
    }
}

#[test]
fn alternatives_within_alternatives_cost_too_much_if_they_are_merged() {
    let nested = |depth: usize, has_more: bool| {
        let level = |level: usize| {
            let branches = [to(format!("X{}", level + 1)), to(format!("Y{}", level + 1))];
            let mut schema = json!({"oneOf": branches});
            if level == depth {
                schema = one(format!("z{level}"));
            } else if has_more {
                schema["properties"] = json!({"own": {"type": "string"}});
            }
            ["X", "Y"].map(|name| (format!("{name}{level}"), schema.clone()))
        };
        spec((0..=depth).flat_map(level))
    };
    assert!(costly(&nested(30, false)).is_empty());
    assert!(costly(&nested(4, true)).is_empty());
    let found = costly(&nested(30, true));
    assert!(found.contains(&"/components/schemas/X0".to_string()));
    assert!(!found.contains(&"/components/schemas/X27".to_string()));
}

#[test]
fn parts_made_of_the_same_parts_over_and_over_cost_too_much() {
    let level = |level: usize| {
        let parts = [
            to(format!("A{}", level + 1)),
            to(format!("B{}", level + 1)),
            one(level),
        ];
        ["A", "B"].map(|name| (format!("{name}{level}"), json!({"allOf": parts})))
    };
    let found = costly(&spec((0..40).flat_map(level)));
    assert!(found.contains(&"/components/schemas/A0".to_string()));
    assert!(!found.contains(&"/components/schemas/A37".to_string()));
    // A long chain is none.
    let level = |level: usize| {
        let parts = [to(format!("A{}", level + 1)), one(level)];
        (format!("A{level}"), json!({"allOf": parts}))
    };
    assert!(costly(&spec((0..300).map(level))).is_empty());
}

#[test]
fn a_property_of_several_parts_costs_what_is_merged_in_it() {
    let part = |number| json!({"type": "object", "properties": {"p": list("oneOf", number, 2)}});
    let all = |count| {
        spec([(
            "F".to_string(),
            json!({"allOf": (0..count).map(part).collect::<Vec<_>>()}),
        )])
    };
    assert!(costly(&all(3)).is_empty());
    assert_eq!(costly(&all(6)), ["/components/schemas/F"]);
    // What leads back to itself has a rule of its own.
    let circle = json!({"type": "object", "properties": {"p": {"allOf": [to("F"), to("G")]}}});
    let circle = ["F", "G"].map(|name| (name.to_string(), circle.clone()));
    assert!(costly(&spec(circle)).len() < 3);
}
