//! The rule about what typify would write out until nobody waits for it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::circles::is_merged;
use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, Node, list, nodes, target};

#[cfg(test)]
mod tests;

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
const MOST: f64 = 1_500.0;

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
    let nodes: Vec<_> = nodes
        .iter()
        .filter(|node| node.kind == Kind::Schema)
        .collect();
    let numbers = nodes.iter().enumerate();
    let numbers = numbers.map(|(number, node)| (node.pointer.as_str(), number));
    let numbers: HashMap<_, _> = numbers.collect();
    let number = |pointer: &str| numbers.get(target(spec, pointer)?.as_str()).copied();
    let schemas: Vec<_> = nodes.iter().map(|node| Schema::new(node, number)).collect();
    let mut costs = Costs {
        schemas: &schemas,
        known: HashMap::new(),
    };
    let merged = nodes.iter().enumerate();
    let merged = merged.filter(|(_, node)| is_merged(node.value));
    merged
        .filter(|(number, _)| costs.of(&[*number]).whole() > MOST)
        .map(|(_, node)| node.pointer.clone())
        .collect()
}

/// What of a schema is merged, by the numbers of what that is.
struct Schema {
    all_of: Vec<usize>,
    lists: Vec<List>,
    /// What it has under which name.
    named: Vec<(String, usize)>,
}

struct List {
    branches: Vec<usize>,
    is_any: bool,
}

impl Schema {
    fn new(node: &Node<'_>, number: impl Fn(&str) -> Option<usize>) -> Self {
        let listed = |key: &str| -> Vec<usize> {
            let indices = 0..list(node.value, key).len();
            let pointers = indices.map(|index| format!("{}/{key}/{index}", node.pointer));
            pointers.filter_map(|pointer| number(&pointer)).collect()
        };
        let mut lists = Vec::new();
        for key in ["anyOf", "oneOf"] {
            let (branches, is_any) = (listed(key), key == "anyOf");
            if !branches.is_empty() {
                lists.push(List { branches, is_any });
            }
        }
        let mut named = Vec::new();
        for child in Kind::Schema.children(node.value) {
            let child = child.pointer;
            let keyword = child.split('/').nth(1).unwrap_or_default();
            if matches!(keyword, "additionalProperties" | "items" | "properties")
                && let Some(number) = number(&(node.pointer.clone() + &child))
            {
                named.push((child, number));
            }
        }
        Self {
            all_of: listed("allOf"),
            lists,
            named,
        }
    }
}

/// What becomes of parts that are merged one after the other.
#[derive(Clone, Copy)]
struct Cost {
    /// How many alternatives there are.
    alternatives: f64,
    /// What it costs to look at one of them.
    each: f64,
    /// How many lists of alternatives that was.
    lists: usize,
}

impl Cost {
    const NOTHING: Self = Self {
        alternatives: 1.0,
        each: PART,
        lists: 0,
    };

    const ENDLESS: Self = Self {
        alternatives: 1.0,
        each: f64::INFINITY,
        lists: 0,
    };

    fn whole(self) -> f64 {
        self.alternatives * self.each
    }

    /// Each alternative is one of what it was before, with this, and without what any other one is.
    fn merged(&mut self, times: usize) {
        if self.alternatives > 1.0 {
            let times = i32::try_from(times).unwrap_or(i32::MAX);
            self.each = self.each.max(1.0) * self.alternatives.powi(times);
        }
    }
}

/// What schemas that hold together have under one name: their numbers, in order.
type Named<'a> = BTreeMap<&'a str, Vec<usize>>;

/// Adds a number in its place. False if it is there.
fn add(number: usize, numbers: &mut Vec<usize>) -> bool {
    let place = numbers.binary_search(&number);
    if let Err(place) = place {
        numbers.insert(place, number);
    }
    place.is_err()
}

/// What is merged, in typify's order.
enum Item<'a> {
    Schema(usize),
    List(&'a List),
    /// All of a schema has been seen.
    End(usize),
}

struct Costs<'a> {
    schemas: &'a [Schema],
    known: HashMap<Vec<usize>, Cost>,
}

impl<'a> Costs<'a> {
    fn of(&mut self, together: &[usize]) -> Cost {
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

    fn look(&mut self, together: &[usize]) -> Cost {
        let Some(items) = self.items(together) else {
            return Cost::ENDLESS;
        };
        let mut cost = Cost::NOTHING;
        let mut named = Named::new();
        for item in &items {
            match item {
                Item::Schema(number) => {
                    cost.merged(1);
                    cost.each += PART + self.shared(&named, &[*number]);
                    self.name(*number, &mut named);
                }
                Item::List(list) => self.choose(list, &named, &mut cost),
                Item::End(_) => {}
            }
            if cost.whole() > MOST {
                break;
            }
        }
        cost
    }

    /// One of a list of alternatives is merged with what is there.
    fn choose(&mut self, list: &List, named: &Named<'_>, cost: &mut Cost) {
        let count = list.branches.len();
        let mut most = Cost::NOTHING;
        for branch in &list.branches {
            let mut one = self.of(&[*branch]);
            one.each += self.shared(named, &self.parts(*branch));
            one.merged(count - 1);
            if one.whole() > most.whole() {
                most = one;
            }
        }
        cost.merged(count + 1);
        let lists = cost.lists + most.lists;
        if lists == 0 {
            cost.each += most.each + PART * count as f64;
        } else {
            cost.each = cost.each.max(1.0) * most.whole().max(1.0);
        }
        // What is not any of several is looked at once for each of them.
        if list.is_any && lists > 1 {
            cost.each *= cost.each.sqrt();
        }
        cost.lists = lists + 1;
        cost.alternatives = count as f64;
    }

    /// What it costs to merge what these have under the names of what is there.
    fn shared(&mut self, named: &Named<'_>, parts: &[usize]) -> f64 {
        let mut own = Named::new();
        for part in parts {
            self.name(*part, &mut own);
        }
        let mut cost = 0.0;
        for (name, own) in own {
            let Some(mut together) = named.get(name).cloned() else {
                continue;
            };
            for number in own {
                add(number, &mut together);
            }
            if together.len() > 1 {
                cost += self.of(&together).whole();
            }
        }
        cost
    }

    /// Adds what a schema has under a name of its own.
    fn name(&self, number: usize, named: &mut Named<'a>) {
        let own = self.schemas.get(number).map(|schema| schema.named.iter());
        for (name, value) in own.into_iter().flatten() {
            add(*value, named.entry(name).or_default());
        }
    }

    /// A schema, the parts of its `allOf`, and theirs, each once.
    fn parts(&self, number: usize) -> Vec<usize> {
        let mut open = vec![number];
        let mut found = Vec::new();
        while let Some(number) = open.pop() {
            if add(number, &mut found) {
                let schema = self.schemas.get(number);
                open.extend(
                    schema
                        .map(|schema| schema.all_of.iter())
                        .into_iter()
                        .flatten(),
                );
            }
        }
        found
    }

    /// What is merged of these, as often as it is; none if that is too much.
    fn items(&self, together: &[usize]) -> Option<Vec<Item<'a>>> {
        let mut open: Vec<_> = together
            .iter()
            .rev()
            .map(|one| Item::Schema(*one))
            .collect();
        let mut found = Vec::new();
        let mut within = HashSet::new();
        while let Some(item) = open.pop() {
            match item {
                Item::List(_) => found.push(item),
                Item::End(number) => drop(within.remove(&number)),
                // What is its own part has a rule of its own.
                Item::Schema(number) if within.insert(number) => {
                    open.push(Item::End(number));
                    let schema = self.schemas.get(number)?;
                    open.extend(schema.lists.iter().rev().map(Item::List));
                    open.extend(schema.all_of.iter().rev().map(|part| Item::Schema(*part)));
                    found.push(item);
                }
                Item::Schema(_) => {}
            }
            if found.len() > MOST_PARTS {
                return None;
            }
        }
        Some(found)
    }
}
