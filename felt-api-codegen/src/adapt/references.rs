//! `deep-references`: what is referred to somewhere within the document becomes a component.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::document::{Kind, Node, is_component, join, keys, nodes, reference, target, unescaped};
use crate::names::type_name;

/// What is moved may itself refer to such a place.
const ROUNDS: usize = 8;

pub(super) fn deep_references(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for _ in 0..ROUNDS {
        let found = round(spec);
        if found.is_empty() {
            break;
        }
        touched.extend(found);
    }
    touched
}

/// A reference that does not lead to a component, and where it leads in the end.
struct Deep {
    from: String,
    kind: Kind,
    to: String,
}

/// What becomes a component, and of which name.
struct Move {
    to: String,
    kind: Kind,
    name: String,
}

fn round(spec: &mut Value) -> Vec<String> {
    let found = deep(spec);
    let mut moves: Vec<Move> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut touched = Vec::new();
    for Deep { from, kind, to } in found {
        let Some(section) = kind.section() else {
            continue;
        };
        let component = if is_component(&to, section) {
            to
        } else {
            if !numbers.contains_key(&to) {
                let taken = moves.iter().filter(|other| other.kind == kind);
                let taken: Vec<_> = taken.map(|other| other.name.clone()).collect();
                let name = free_name(spec, section, &to, &taken);
                numbers.insert(to.clone(), moves.len());
                moves.push(Move {
                    to: to.clone(),
                    kind,
                    name,
                });
            }
            match numbers.get(&to).and_then(|number| moves.get(*number)) {
                Some(known) if known.kind == kind => {
                    join(&format!("/components/{section}"), &known.name)
                }
                _ => continue,
            }
        };
        if let Some(place) = spec.pointer_mut(&from) {
            *place = json!({"$ref": format!("#{component}")});
            touched.push(from);
        }
    }
    let known = kinds(&nodes(Kind::Document, spec));
    // What is within another such place is taken out of it first.
    moves.sort_by(|a, b| (b.to.len(), &a.to).cmp(&(a.to.len(), &b.to)));
    for Move { to, kind, name } in moves {
        let (Some(section), Some(place)) = (kind.section(), spec.pointer_mut(&to)) else {
            continue;
        };
        // A place of which the document knows nothing is left as it is.
        let value = if known.get(&to) == Some(&kind) {
            let component = join(&format!("/components/{section}"), &name);
            std::mem::replace(place, json!({"$ref": format!("#{component}")}))
        } else {
            place.clone()
        };
        for key in ["components", section] {
            let parent = if key == section { "/components" } else { "" };
            if let Some(parent) = spec.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent
                    .entry(key)
                    .or_insert_with(|| Value::Object(Map::new()));
            }
        }
        let components = spec.pointer_mut(&format!("/components/{section}"));
        if let Some(components) = components.and_then(Value::as_object_mut) {
            components.insert(name, value);
        }
    }
    touched
}

fn kinds(nodes: &[Node<'_>]) -> HashMap<String, Kind> {
    let kinds = nodes.iter().map(|node| (node.pointer.clone(), node.kind));
    kinds.collect()
}

fn deep(spec: &Value) -> Vec<Deep> {
    let all = nodes(Kind::Document, spec);
    let kinds = kinds(&all);
    let found = all.iter().filter_map(|node| {
        let section = node.kind.section()?;
        let pointer = decoded(reference(node.value)?.strip_prefix("#/")?)?;
        if is_component(&pointer, section) && spec.pointer(&pointer).is_some() {
            return None;
        }
        let to = target(spec, &pointer)?;
        let is_fit = kinds.get(&to).is_none_or(|kind| *kind == node.kind);
        let is_object = spec.pointer(&to).is_some_and(Value::is_object);
        (is_fit && is_object && !to.is_empty()).then(|| Deep {
            from: node.pointer.clone(),
            kind: node.kind,
            to,
        })
    });
    found.collect()
}

/// A pointer as it stands in a URL: `{` may be written as `%7B`.
fn decoded(pointer: &str) -> Option<String> {
    let mut bytes = vec![b'/'];
    let mut rest = pointer.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A name for what stands there, that no component of the section has.
fn free_name(spec: &Value, section: &str, pointer: &str, taken: &[String]) -> String {
    let names = keys(spec.pointer(&format!("/components/{section}")));
    let taken: Vec<_> = names.chain(taken).map(|name| type_name(name)).collect();
    let title = spec
        .pointer(pointer)
        .and_then(|value| value.get("title")?.as_str());
    let name = match title.map(type_name).filter(|title| !taken.contains(title)) {
        Some(title) => title,
        None => type_name(&place(spec, pointer)),
    };
    let mut free = name.clone();
    let mut number = 2;
    while taken.contains(&free) {
        free = format!("{name}{number}");
        number += 1;
    }
    free
}

/// What a place is called: the names on the way to it, without the words that every spec has.
fn place(spec: &Value, pointer: &str) -> String {
    const WORDS: [&str; 14] = [
        "components",
        "schemas",
        "properties",
        "paths",
        "content",
        "schema",
        "allOf",
        "anyOf",
        "oneOf",
        "application~1json",
        "parameters",
        "responses",
        "definitions",
        "$defs",
    ];
    let mut words: Vec<String> = Vec::new();
    let mut so_far = String::new();
    for step in pointer.split('/').skip(1) {
        so_far += &format!("/{step}");
        let id = spec
            .pointer(&so_far)
            .and_then(|value| value.get("operationId")?.as_str());
        match (id, step) {
            (Some(id), _) => words = vec![id.to_string()],
            (None, "items") => words.push("item".to_string()),
            (None, step) if !WORDS.contains(&step) => words.push(unescaped(step)),
            _ => {}
        }
    }
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_referred_to_in_the_middle_of_something_becomes_a_component() {
        let answer = |schema: Value| json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}});
        let mut list = answer(json!({"type": "array", "items": {"type": "object"}}));
        list["operationId"] = json!("list_a");
        let deep = "#/paths/~1a~1%7Bid%7D/get/responses/200/content/application~1json/schema";
        let mut spec = json!({
            "paths": {
                "/a/{id}": {"get": list},
                "/b": {"get": answer(json!({"$ref": deep})), "put": answer(json!({"$ref": format!("{deep}/items")}))},
                "/c": {"get": {"responses": {"200": {"$ref": "#/paths/~1b/get/responses/200"}}}},
            },
            "components": {"schemas": {
                "A": {"properties": {"tree": {"title": "Tree", "properties": {
                    "children": {"items": {"$ref": "#/components/schemas/A/properties/tree"}},
                }}}},
                "B": {"$ref": "#/definitions/Old"},
                "C": {"$ref": "#/components/schemas/D/properties/none"},
            }},
            "definitions": {"Old": {"type": "string"}},
        });
        let touched = deep_references(&mut spec);
        assert_eq!(touched.len(), 5, "{touched:?}");
        let schemas = &spec["components"]["schemas"];
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        assert_eq!(schemas["A"]["properties"]["tree"], to("Tree"));
        assert_eq!(
            schemas["Tree"]["properties"]["children"]["items"],
            to("Tree")
        );
        assert_eq!(
            schemas["ListA200"],
            json!({"type": "array", "items": to("ListA200Item")})
        );
        assert_eq!(schemas["B"], to("Old"));
        assert_eq!(schemas["Old"], json!({"type": "string"}));
        let content = |path: &str, method: &str| {
            spec["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
                .clone()
        };
        assert_eq!(content("/a/{id}", "get"), to("ListA200"));
        assert_eq!(content("/b", "put"), to("ListA200Item"));
        assert_eq!(
            spec["paths"]["/c"]["get"]["responses"]["200"],
            spec["paths"]["/b"]["get"]["responses"]["200"]
        );
        assert!(deep_references(&mut spec).is_empty());
    }
}
