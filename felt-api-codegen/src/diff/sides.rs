//! One of the two specs: as it was written, as it is generated from, and who reaches what in it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::flattened::Flattened;
use super::reach::{Reach, reach};
use super::serialization::usual_setting;
use super::untold::inlined;
use super::variants::is_flattened;
use super::wrapping::{says_something, wrapped, wrapper};
use crate::document::{
    Kind, METHODS, is_error_status, join, may_be_null, nodes, operations, reference, resolve,
    target, unescaped,
};

/// A part of a spec.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub pointer: String,
    pub value: &'a Value,
    /// What became of it in the spec that code is generated from; none if that is without it.
    pub made: Option<&'a Value>,
}

impl<'a> Part<'a> {
    pub fn get(&self, key: &str) -> Option<Part<'a>> {
        Some(Part {
            pointer: join(&self.pointer, key),
            value: self.value.get(key)?,
            made: self.made.and_then(|made| made.get(key)),
        })
    }

    /// Whether the two say the same, and the same is made of them.
    pub fn is_same_as(&self, other: &Part<'_>) -> bool {
        self.value == other.value && self.made == other.made
    }

    /// The elements, if it is a list.
    pub fn elements(&self) -> Vec<Part<'a>> {
        let list = self.value.as_array().map_or(&[][..], Vec::as_slice);
        let elements = list.iter().enumerate();
        let elements = elements.map(|(index, value)| Part {
            pointer: format!("{}/{index}", self.pointer),
            value,
            made: self.made.and_then(|made| made.get(index)),
        });
        elements.collect()
    }

    /// The keys, if it is an object.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let object = self.value.as_object();
        object.into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// The names of the properties that it requires.
    pub fn required(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = self.value.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    /// What stands at this key, if it is text.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_str)
    }

    /// The schema that is all there is of this one, and the key that it stands at (see [`wrapper`]).
    pub fn wrapped(&self) -> Option<(&'static str, Part<'a>)> {
        let (key, index) = wrapper(self.value)?;
        let only = Part {
            pointer: format!("{}/{key}/{index}", self.pointer),
            value: self.value.get(key)?.get(index)?,
            made: self.made.and_then(wrapped),
        };
        Some((key, only))
    }

    /// What is said of a schema at this key, also of one that it wraps. Nothing is said beside a `$ref`.
    pub fn said(&self, key: &str) -> Option<Part<'a>> {
        let own = self.get(key).filter(|_| reference(self.value).is_none());
        own.or_else(|| self.wrapped()?.1.said(key))
    }

    /// Whether `true` is said at this key: here, in what this wraps, or in words beside that.
    pub fn says(&self, key: &str) -> bool {
        let is_true = |value: &Value| value.get(key) == Some(&Value::Bool(true));
        let parts = self.value.get("allOf").and_then(Value::as_array);
        let mut words = parts
            .into_iter()
            .flatten()
            .filter(|part| !says_something(part));
        reference(self.value).is_none()
            && (is_true(self.value)
                || self
                    .wrapped()
                    .is_some_and(|(_, only)| words.any(is_true) || only.says(key)))
    }

    /// Whether `true` stands at this key.
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }
}

/// One of the two specs.
pub(super) struct Side<'a> {
    pub spec: &'a Value,
    adapted: &'a Value,
    /// For each shared part that is referred to, by pointer.
    reach: HashMap<String, Reach>,
    pub flattened: &'a Flattened,
    /// What a schema requires without describing it, since another part of an `allOf` does.
    required_elsewhere: HashSet<&'a str>,
}

impl<'a> Side<'a> {
    pub fn new(spec: &'a Value, adapted: &'a Value, flattened: &'a Flattened) -> Self {
        Self {
            spec,
            adapted,
            flattened,
            reach: reach(spec),
            required_elsewhere: required_elsewhere(adapted),
        }
    }

    /// Whether the property at this pointer may be required by another schema than the one that describes it.
    pub fn is_required_elsewhere(&self, pointer: &str) -> bool {
        let property = pointer.rsplit_once("/properties/");
        property.is_some_and(|(_, name)| self.required_elsewhere.contains(unescaped(name).as_str()))
    }

    /// The document itself.
    pub fn document(&self) -> Part<'a> {
        Part {
            pointer: String::new(),
            value: self.spec,
            made: Some(self.adapted),
        }
    }

    /// The part at a pointer.
    pub fn at(&self, pointer: &str) -> Option<Part<'a>> {
        Some(Part {
            pointer: pointer.to_string(),
            value: self.spec.pointer(pointer)?,
            made: self.adapted.pointer(pointer),
        })
    }

    /// What an operation, its path, or the document itself says at this key, and nobody above them.
    pub fn own(&self, part: &Part<'a>, key: &str) -> Option<Part<'a>> {
        let item = || self.at(part.pointer.rsplit_once('/')?.0)?.get(key);
        part.get(key).or_else(item)
    }

    /// Whether there is an operation that takes over what the document says at this key, or none at all.
    pub fn is_taken_over(&self, key: &str) -> bool {
        let mut operations = operations(self.spec).into_iter().peekable();
        operations.peek().is_none()
            || operations.any(|operation| {
                let part = self.at(&operation.pointer);
                part.is_some_and(|part| self.own(&part, key).is_none())
            })
    }

    /// The part itself, or what it refers to in the end; none if that leads nowhere.
    pub fn resolved(&self, part: &Part<'a>) -> Option<Part<'a>> {
        if reference(part.value).is_none() {
            return Some(part.clone());
        }
        self.at(&self.target(part)?)
    }

    /// The pointer to which a reference leads in the end.
    pub fn target(&self, part: &Part<'a>) -> Option<String> {
        target(self.spec, reference(part.value)?.strip_prefix('#')?)
    }

    /// The part with what is made of it, where that is a reference to a component that was made for it
    /// (`deep-references`).
    pub fn with_component(&self, part: &Part<'a>) -> Part<'a> {
        let mut part = part.clone();
        if reference(part.value).is_none() {
            part.made = part.made.and_then(|made| resolve(self.adapted, made));
        }
        part
    }

    /// Whether what code is made of means the same on both sides.
    pub fn is_made_as(&self, other: &Self) -> bool {
        meaning(&self.generated()) == meaning(&other.generated())
    }

    /// What code is made of, without what the generator takes no notice of.
    fn generated(&self) -> Value {
        let mut spec = self.adapted.clone();
        let operations = operations(self.adapted).into_iter();
        let places = operations.map(|operation| operation.pointer);
        for place in places.chain([String::new()]) {
            if let Some(Value::Object(place)) = spec.pointer_mut(&place) {
                place.retain(|key, _| !matches!(key.as_str(), "security" | "servers"));
            }
        }
        spec
    }

    /// Whether one struct is made of the alternatives of a part (see [`is_flattened`]).
    pub fn is_flattened(&self, part: &Part<'_>) -> bool {
        part.made
            .is_some_and(|made| is_flattened(self.adapted, made))
    }

    pub fn reach(&self, pointer: &str) -> Reach {
        self.reach.get(pointer).copied().unwrap_or_default()
    }
}

fn required_elsewhere(spec: &Value) -> HashSet<&str> {
    let schemas = nodes(Kind::Document, spec).into_iter();
    let schemas = schemas.filter(|node| node.kind == Kind::Schema);
    let names = schemas.flat_map(|node| {
        let required = node.value.get("required").and_then(Value::as_array);
        let described = node.value.get("properties");
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        names.filter(move |name| described.is_none_or(|all| all.get(*name).is_none()))
    });
    names.collect()
}

/// Whether the response is one that the generated method returns as its result. `default` is, where
/// nothing else could be.
pub(super) fn is_success(responses: &Value, status: &str) -> bool {
    let others = || {
        let statuses = responses.as_object().into_iter().flat_map(Map::keys);
        let mut statuses = statuses.filter(|key| !key.starts_with("x-"));
        statuses.all(|key| is_error_status(key))
    };
    !is_error_status(status) || (status == "default" && others())
}

/// The same text for equal values, whatever the order of their keys.
pub(super) fn canonical(value: &Value) -> String {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}

/// The same value for specs that mean the same: no order, nothing that is empty, no reference to a header, and said of
/// each operation what is said of several at once.
pub(super) fn meaning(spec: &Value) -> Value {
    let mut spec = inlined(spec, spec, &|_| None);
    let usual = ["security", "servers"].map(|key| (key, spec.get(key).cloned()));
    let mut are_told = false;
    let items = spec.get_mut("paths").and_then(Value::as_object_mut);
    for item in items.into_iter().flat_map(Map::values_mut) {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let shared = item.get("parameters").and_then(Value::as_array).cloned();
        let servers = item.get("servers").cloned();
        let mut operations: Vec<_> = item
            .iter_mut()
            .filter(|(key, _)| METHODS.contains(&key.as_str()))
            .filter_map(|(_, operation)| operation.as_object_mut())
            .collect();
        for operation in &mut operations {
            for (key, value) in &usual {
                let own = servers.as_ref().filter(|_| *key == "servers");
                if let (false, Some(value)) = (operation.contains_key(*key), own.or(value.as_ref()))
                {
                    operation.insert((*key).to_string(), value.clone());
                }
            }
            if let Some(shared) = &shared {
                let own = operation
                    .entry("parameters")
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Some(own) = own.as_array_mut() {
                    own.extend(shared.iter().cloned());
                }
            }
        }
        if !operations.is_empty() {
            item.shift_remove("parameters");
            item.shift_remove("servers");
            are_told = true;
        }
    }
    if let Some(spec) = spec.as_object_mut().filter(|_| are_told) {
        spec.retain(|key, _| !usual.iter().any(|(usual, _)| key == usual));
    }
    bare(&spec)
}

/// A part without order, and without what is empty or holds in any case.
pub(super) fn bare(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            let is_parameter = map.get("in").is_some_and(Value::is_string);
            let is_usual = |key: &str, of: &Value| {
                let is_style = is_parameter && matches!(key, "style" | "explode");
                is_usual(key, of) || (is_style && *of == usual_setting(value, key))
            };
            // No authorization is the only way, or no way is named: it comes to the same.
            let needs_none = |key: &str, of: &Value| {
                let ways = of.as_array().into_iter().flatten();
                key == "security" && of.is_array() && ways.into_iter().all(is_empty)
            };
            let said = map
                .iter()
                .filter(|(key, value)| !is_usual(key, value) && !needs_none(key, value));
            let entries = said.map(|(key, value)| (key.clone(), bare(&plain(key, value))));
            Value::Object(entries.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(bare).collect();
            list.sort_by_cached_key(canonical);
            Value::Array(list)
        }
        // A whole number, with a point or without.
        Value::Number(number) => match number.as_f64() {
            Some(same) if same.fract() == 0.0 && same.abs() < 1e15 => same.into(),
            _ => value.clone(),
        },
        value => value.clone(),
    }
}

/// A member with schemas said in one way, and nothing required twice.
fn plain<'a>(key: &str, value: &'a Value) -> Cow<'a, Value> {
    let said = match (key, value) {
        ("properties", Value::Object(all)) => all
            .iter()
            .map(|(name, schema)| (name.clone(), as_object(schema)))
            .collect(),
        ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
            branches.iter().map(as_object).collect()
        }
        ("items", schema) => as_object(schema),
        ("required", Value::Array(names)) => {
            let mut seen = Vec::new();
            for name in names {
                if !seen.contains(name) {
                    seen.push(name.clone());
                }
            }
            Value::Array(seen)
        }
        _ => return Cow::Borrowed(value),
    };
    Cow::Owned(said)
}

/// A schema as an object, also where it says that anything may come.
pub(super) fn as_object(schema: &Value) -> Value {
    match schema {
        Value::Bool(true) => Value::Object(Map::new()),
        schema => schema.clone(),
    }
}

/// Whether a member says what holds without it.
fn is_usual(key: &str, value: &Value) -> bool {
    match key {
        // A keyword that says null says nothing (`null-keywords`).
        _ if value.is_null() => !may_be_null(key) && key != "value",
        "additionalProperties" => value == &Value::Bool(true),
        "allowEmptyValue" | "allowReserved" | "deprecated" | "exclusiveMaximum"
        | "exclusiveMinimum" | "nullable" | "readOnly" | "required" | "uniqueItems"
        | "writeOnly" => value == &Value::Bool(false),
        _ => false,
    }
}
