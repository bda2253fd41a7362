//! The rule about what typify would write out until nobody waits for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::circles::is_merged;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, Node, join, nodes, parts_of_all, target};

pub(crate) static MERGE_COST: Rule = Rule {
    name: "merge-cost",
    severity: Severity::Refused,
    text: "Too much holds together: several lists of alternatives in one allOf, alternatives within \
           alternatives beside properties, or parts that are made of the same parts over and over. \
           typify writes out every choice, and for each again what it excludes: a third list takes \
           seconds, a fourth minutes, a fifth more memory than there is. Two lists of three \
           alternatives, or three of two, are taken. List the alternatives in one oneOf, or make \
           all of it properties that are not required. (Of an adapted spec, lists that only \
           say what is required are gone where they would be too many.)",
    before: "allOf:\n- oneOf: [{$ref: '#/components/schemas/A1'}, {$ref: '#/components/schemas/A2'}]\n- oneOf: [{$ref: '#/components/schemas/B1'}, {$ref: '#/components/schemas/B2'}]\n- oneOf: [{$ref: '#/components/schemas/C1'}, {$ref: '#/components/schemas/C2'}]\n- oneOf: [{$ref: '#/components/schemas/D1'}, {$ref: '#/components/schemas/D2'}]",
    after: "type: object\nproperties:\n  a: {oneOf: [{$ref: '#/components/schemas/A1'}, {$ref: '#/components/schemas/A2'}]}\n  b: {oneOf: [{$ref: '#/components/schemas/B1'}, {$ref: '#/components/schemas/B2'}]}",
};

/// What a schema may cost. At this, typify takes some tenths of a second.
const MOST: f64 = 300.0;

/// What it costs to merge one part more, where that is not done again for each alternative.
const PART: f64 = 0.02;

/// How many sets of schemas are looked at, and how many parts in one.
const MOST_SETS: usize = 20_000;
const MOST_PARTS: usize = 2_000;

pub(super) fn costs(parts: &Parts<'_>) -> Vec<Finding> {
    let found = costly_of(parts.spec, &parts.nodes).into_iter();
    found
        .map(|pointer| {
            let why = "so much holds together here that typify would not come to an end in writing out every choice";
            let fix = "list the alternatives in one `oneOf`, or make them properties that are not required";
            Finding::new(&MERGE_COST, pointer, why, fix)
        })
        .collect()
}

/// Pointers to the schemas that cost too much.
pub(crate) fn costly(spec: &Value) -> Vec<String> {
    costly_of(spec, &nodes(Kind::Document, spec))
}

fn costly_of(spec: &Value, nodes: &[Node<'_>]) -> Vec<String> {
    let mut costs = Costs {
        spec,
        known: HashMap::new(),
    };
    let merged = nodes
        .iter()
        .filter(|node| node.kind == Kind::Schema && is_merged(node.value));
    merged
        .map(|node| node.pointer.clone())
        .filter(|pointer| costs.of(std::slice::from_ref(pointer)).whole() > MOST)
        .collect()
}

/// What becomes of parts that are merged one after the other.
#[derive(Clone, Copy)]
struct Cost {
    /// How many alternatives there are.
    alternatives: f64,
    /// What it costs to look at one of them.
    each: f64,
}

impl Cost {
    const NOTHING: Self = Self {
        alternatives: 1.0,
        each: PART,
    };

    const ENDLESS: Self = Self {
        alternatives: 1.0,
        each: f64::INFINITY,
    };

    fn whole(self) -> f64 {
        self.alternatives * self.each
    }

    /// Each alternative is one of what it was before, with this, and without what any other one is.
    fn merged(&mut self, times: usize) {
        if self.alternatives > 1.0 {
            self.each *= self
                .alternatives
                .powi(i32::try_from(times).unwrap_or(i32::MAX));
        }
    }
}

struct Costs<'a> {
    spec: &'a Value,
    known: HashMap<Vec<String>, Cost>,
}

/// What schemas that hold together have under one name.
type Named = BTreeMap<String, BTreeSet<String>>;

/// What is merged, in typify's order.
enum Item {
    Schema(String),
    List(String, usize),
    /// All of a schema has been seen.
    End(String),
}

impl Costs<'_> {
    fn of(&mut self, together: &[String]) -> Cost {
        if let Some(known) = self.known.get(together) {
            return *known;
        }
        if self.known.len() >= MOST_SETS {
            return Cost::ENDLESS;
        }
        // What leads back to itself has a rule of its own.
        self.known.insert(together.to_vec(), Cost::NOTHING);
        let cost = self.look(together);
        self.known.insert(together.to_vec(), cost);
        cost
    }

    fn look(&mut self, together: &[String]) -> Cost {
        let Some(items) = self.items(together) else {
            return Cost::ENDLESS;
        };
        let mut cost = Cost::NOTHING;
        let mut named = Named::new();
        for item in &items {
            if let Item::Schema(pointer) = item {
                cost.merged(1);
                cost.each += PART + self.shared(&named, &[pointer.clone()]);
                self.name(pointer, &mut named);
            } else if let Item::List(list, count) = item {
                self.choose(list, *count, &named, &mut cost);
            }
            if cost.whole() > MOST {
                break;
            }
        }
        cost
    }

    /// One of a list of alternatives is merged with what is there.
    fn choose(&mut self, list: &str, count: usize, named: &Named, cost: &mut Cost) {
        let mut most = Cost::NOTHING;
        for index in 0..count {
            let branch = format!("{list}/{index}");
            let mut one = self.of(std::slice::from_ref(&branch));
            one.each += self.shared(named, &parts_of_all(self.spec, &branch));
            one.merged(count - 1);
            if one.whole() > most.whole() {
                most = one;
            }
        }
        cost.merged(count + 1);
        // What is not any of several is looked at once for each of them.
        if list.ends_with("/anyOf") && (cost.alternatives > 1.0 || most.alternatives > 1.0) {
            cost.each *= cost.each.max(1.0).max(most.whole().powi(2));
        }
        if cost.alternatives > 1.0 || most.alternatives > 1.0 {
            cost.each = cost.each.max(1.0) * most.whole().max(1.0);
        } else {
            cost.each += most.each + PART * count as f64;
        }
        cost.alternatives = count as f64;
    }

    /// What it costs to merge what this has under the names of what is there.
    fn shared(&mut self, named: &Named, parts: &[String]) -> f64 {
        let mut own = Named::new();
        for part in parts {
            self.name(part, &mut own);
        }
        let both = own.into_iter().filter_map(|(name, own)| {
            let together: Vec<_> = named.get(&name)?.union(&own).cloned().collect();
            (together.len() > 1).then_some(together)
        });
        let both: Vec<_> = both.collect();
        both.iter().map(|together| self.of(together).whole()).sum()
    }

    /// Adds what a schema has under a name of its own.
    fn name(&self, pointer: &str, named: &mut Named) {
        let pointer = target(self.spec, pointer).unwrap_or_default();
        let children = self
            .spec
            .pointer(&pointer)
            .map_or_else(Vec::new, |schema| Kind::Schema.children(schema));
        for (child, _) in children {
            let keyword = child.split('/').nth(1).unwrap_or_default();
            if matches!(keyword, "additionalProperties" | "items" | "properties")
                && let Some(end) = target(self.spec, &(pointer.clone() + &child))
            {
                named.entry(child).or_default().insert(end);
            }
        }
    }

    /// What is merged of these; none if that is too much.
    fn items(&self, together: &[String]) -> Option<Vec<Item>> {
        let mut open: Vec<_> = together.iter().rev().cloned().map(Item::Schema).collect();
        let mut found = Vec::new();
        let mut within = HashSet::new();
        while let Some(item) = open.pop() {
            let pointer = match item {
                Item::Schema(pointer) => target(self.spec, &pointer),
                Item::List(..) => {
                    found.push(item);
                    continue;
                }
                Item::End(pointer) => {
                    within.remove(&pointer);
                    continue;
                }
            };
            // What is its own part has a rule of its own.
            let Some(pointer) = pointer.filter(|end| within.insert(end.clone())) else {
                continue;
            };
            open.push(Item::End(pointer.clone()));
            let schema = self.spec.pointer(&pointer)?;
            let count = |key: &str| {
                schema
                    .get(key)
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len)
            };
            for key in ["oneOf", "anyOf"].into_iter().filter(|key| count(key) > 0) {
                open.push(Item::List(join(&pointer, key), count(key)));
            }
            let parts = (0..count("allOf")).rev();
            open.extend(parts.map(|index| Item::Schema(format!("{pointer}/allOf/{index}"))));
            found.push(Item::Schema(pointer));
            if found.len() > MOST_PARTS {
                return None;
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
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
        let part =
            |number| json!({"type": "object", "properties": {"p": list("oneOf", number, 2)}});
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
}
