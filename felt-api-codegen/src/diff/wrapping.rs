//! The same schema, put together otherwise: alone in an `allOf`, `oneOf` or `anyOf`, or with its properties in
//! other parts of an `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict};
use super::defaults::default_in_rust;
use super::rules;
use super::rust;
use super::schemas::takes_title;
use super::sides::{Part, canonical};
use super::{RustEffect, WireEffect};
use crate::document::{is_word, reference};

/// What says nothing about the kind of a value.
pub(super) const REMARKS: [&str; 8] = [
    "default",
    "deprecated",
    "description",
    "example",
    "externalDocs",
    "nullable",
    "readOnly",
    "writeOnly",
];

/// Whether a keyword may stand beside branches, and says nothing of values. A title is one of these, since typify takes
/// no notice of it there.
pub(super) fn is_remark(key: &str) -> bool {
    matches!(key, "discriminator" | "title") || REMARKS.contains(&key) || key.starts_with("x-")
}

/// What is said of a branch that is the same, and written otherwise.
pub(super) const IN_ANY_OF: &str =
    "whether the branches of an `anyOf` make a struct or an enum may depend on it";

/// Whether a schema says something about values, and is not words alone.
pub(super) fn says_something(schema: &Value) -> bool {
    !schema
        .as_object()
        .is_some_and(|map| map.keys().all(|key| is_word(key)))
}

/// Where the schema is that says all there is to say: the only branch of an `allOf`, `oneOf` or `anyOf`, but
/// for words, with nothing beside it but remarks. So one says more about what a `$ref` names.
pub(super) fn wrapper(schema: &Value) -> Option<(&'static str, usize)> {
    let map = schema.as_object()?;
    let is_key = |key: &&str| map.contains_key(*key);
    let key = ["allOf", "oneOf", "anyOf"].into_iter().find(is_key)?;
    let is_remark = |other: &String| other == key || is_remark(other);
    let list = map.get(key)?.as_array()?;
    let says = |(_, branch): &(usize, &Value)| key != "allOf" || says_something(branch);
    let mut branches = list.iter().enumerate().filter(says);
    match (branches.next(), branches.next()) {
        (Some((index, _)), None) if map.keys().all(is_remark) => Some((key, index)),
        _ => None,
    }
}

/// The schema that is all there is of this one.
pub(super) fn wrapped(schema: &Value) -> Option<&Value> {
    let (key, index) = wrapper(schema)?;
    schema.get(key)?.get(index)
}

/// The title that a type is called after: that of a schema which stands alone in another one, unless there
/// are words beside it, with which typify merges it.
pub(super) fn title(made: &Value) -> Option<&Value> {
    match wrapper(made) {
        Some((key, index)) if made.get(key)?.as_array()?.len() == 1 => {
            title(made.get(key)?.get(index)?)
        }
        _ => made.get("title").filter(|_| reference(made).is_none()),
    }
}

/// Whether what a schema wraps is the whole of another one, and not a branch of it.
pub(super) fn is_all(only: &Part<'_>, other: &Part<'_>, key: &str) -> bool {
    other.value.get(key).is_none() || only.value.get(key).is_some()
}

/// Whether a default is filled in. A list or map is empty where it is absent, without one.
pub(super) fn filled(part: &Part<'_>) -> bool {
    let made = part.made.filter(|made| reference(made).is_none());
    let is_empty = |default: &Value| {
        let is_list = default.as_array().is_some_and(Vec::is_empty);
        is_list || default.as_object().is_some_and(serde_json::Map::is_empty)
    };
    let is_usual = |default: &Value| {
        let name = rust::type_of(made);
        let is_set = made.is_some_and(|made| made.get("uniqueItems") == Some(&Value::Bool(true)));
        is_empty(default) && !is_set && (name.starts_with("Vec<") || name.starts_with("Map<"))
    };
    let default = made.and_then(|made| made.get("default"));
    default.is_some_and(|default| !default.is_null() && !is_usual(default))
}

impl<'a> Comparison<'a, '_> {
    /// One of two schemas stands alone in an `allOf`, `oneOf` or `anyOf`, or each in another one.
    pub fn wrapping(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let types = (rust::type_of(old.made), rust::type_of(new.made));
        let mut site = site.clone();
        site.types = Some(site.types.take().unwrap_or(types));
        let (was, is) = (old.wrapped(), new.wrapped());
        let of_one = |key: &str| {
            let article = if key == "oneOf" { "a" } else { "an" };
            format!("{article} `{key}` of one")
        };
        let what = match (&was, &is) {
            (Some((was, _)), Some((is, _))) => {
                format!(
                    "the schema stands in {} instead of {}",
                    of_one(is),
                    of_one(was)
                )
            }
            (Some((key, _)), None) => format!("the schema stands in {} no longer", of_one(key)),
            (None, Some((key, _))) => format!("the schema stands in {} now", of_one(key)),
            (None, None) => return,
        };
        let rust = if takes_title(old, new, &site) {
            let why = "the type is called after the title in one of the two specs alone, so that its name changes";
            (RustEffect::Breaks, why.to_string())
        } else {
            match site.named(RustEffect::None, "the type is that of the schema in it") {
                (RustEffect::None, _) if filled(old) != filled(new) => {
                    default_in_rust(old, new, &site)
                }
                rust => rust,
            }
        };
        let verdict = Verdict::both(WireEffect::Safe, "it says the same", rust);
        self.now(rules::WRAPPING_CHANGED, &new.pointer, what, &site, verdict);
        self.remarks(old, new, &site);
        site.is_null_told = self.null_said_otherwise(old, new, &site);
        if !site.is_null_told {
            self.nullable(old, new, &site);
        }
        self.defaults(old, new, &site);
        self.discriminator(old, new, &site);
        let known = |key: &str| !key.starts_with("x-");
        self.others(old, new, &known, &site);
        let only = |wrapped: Option<(&'static str, Part<'a>)>, whole: &Part<'a>| {
            wrapped.map_or_else(|| whole.clone(), |(_, only)| only)
        };
        site.is_told = true;
        self.schemas(&only(was, old), &only(is, new), &site);
    }

    /// The same properties stand in other parts of an `allOf`.
    pub fn put_together(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let what = "the properties stand in other parts of an `allOf`".to_string();
        let rust = if takes_title(old, new, site) {
            let why = "the type is called after the title in one of the two specs alone, so that its name changes";
            (RustEffect::Breaks, why.to_string())
        } else if new.pointer.contains("/anyOf/") {
            (RustEffect::Breaks, IN_ANY_OF.to_string())
        } else {
            let why = "the parts of an `allOf` make one type";
            (RustEffect::None, why.to_string())
        };
        let verdict = Verdict::both(WireEffect::Safe, "it says the same", rust);
        self.now(rules::WRAPPING_CHANGED, &new.pointer, what, site, verdict);
        let known = |key: &str| !key.starts_with("x-");
        self.others(old, new, &known, site);
    }
}

/// An object whose properties may stand in several parts of an `allOf`, brought together.
#[derive(Default, PartialEq)]
struct Merged<'v> {
    properties: BTreeMap<&'v str, String>,
    required: BTreeSet<&'v str>,
    references: BTreeSet<&'v str>,
    /// What is said of the whole besides.
    besides: BTreeMap<&'v str, &'v Value>,
}

impl<'v> Merged<'v> {
    /// None if it is more than an object with properties, or not all of its parts can be told.
    fn of(schema: &'v Value) -> Option<Self> {
        let mut merged = Self::default();
        merged.take(schema, true)?;
        let is_lone = merged.properties.is_empty() && merged.required.is_empty();
        (!is_lone || merged.references.len() > 1).then_some(merged)
    }

    fn take(&mut self, schema: &'v Value, is_whole: bool) -> Option<()> {
        if let Some(reference) = reference(schema) {
            self.references.insert(reference);
            return Some(());
        }
        for (key, value) in schema.as_object()? {
            match key.as_str() {
                "allOf" => {
                    for part in value.as_array()? {
                        self.take(part, false)?;
                    }
                }
                "properties" => {
                    for (name, property) in value.as_object()? {
                        let is_known = self.properties.insert(name, canonical(property)).is_some();
                        (!is_known).then_some(())?;
                    }
                }
                "required" => {
                    let names = value.as_array()?.iter().map(Value::as_str);
                    self.required.extend(names.collect::<Option<Vec<_>>>()?);
                }
                "type" if value == "object" => drop(self.besides.insert("type", value)),
                "default" | "nullable" if is_whole => drop(self.besides.insert(key, value)),
                "default" | "nullable" => return None,
                "title" => {}
                word if REMARKS.contains(&word) || word.starts_with("x-") => {}
                _ => return None,
            }
        }
        Some(())
    }
}

/// What stands in which part of an `allOf`, by name.
fn layout(schema: &Value) -> (Option<BTreeSet<&str>>, Vec<BTreeSet<&str>>) {
    let mut parts = vec![schema];
    let mut whole = None;
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(part) = parts.get(next).copied() {
        next += 1;
        let list = |key: &str| {
            part.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let properties = part.get("properties").and_then(Value::as_object);
        let names = properties
            .into_iter()
            .flat_map(|map| map.keys().map(String::as_str));
        let required = list("required").filter_map(Value::as_str);
        let says: BTreeSet<_> = names.chain(required).chain(reference(part)).collect();
        if whole.is_none() {
            whole = Some(says);
        } else {
            found.extend((!says.is_empty()).then_some(says));
        }
        parts.extend(list("allOf"));
    }
    found.sort();
    (whole, found)
}

/// Whether two objects have the same properties, in other parts of an `allOf`.
pub(super) fn is_put_together_otherwise(old: &Part<'_>, new: &Part<'_>) -> bool {
    let same = |old: &Value, new: &Value| {
        let merged = Merged::of(old);
        merged.is_some() && merged == Merged::of(new)
    };
    let is_same_made = match (old.made, new.made) {
        (Some(old), Some(new)) => same(old, new),
        (None, None) => true,
        _ => false,
    };
    layout(old.value) != layout(new.value) && is_same_made && same(old.value, new.value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_alone_is_the_whole() {
        let text = json!({"type": "string", "title": "Inner"});
        for (schema, expected) in [
            (json!({"allOf": [text]}), Some(("allOf", 0))),
            (
                json!({"oneOf": [text], "description": "d", "title": "T"}),
                Some(("oneOf", 0)),
            ),
            (
                json!({"allOf": [{"description": "d"}, text]}),
                Some(("allOf", 1)),
            ),
            (json!({"anyOf": [{"description": "d"}, text]}), None),
            (json!({"allOf": [text], "type": "string"}), None),
            (json!({"allOf": [{"description": "d"}]}), None),
            (text.clone(), None),
        ] {
            assert_eq!(wrapper(&schema), expected, "{schema}");
        }
        let named = |schema: Value| title(&schema).cloned();
        assert_eq!(
            named(json!({"allOf": [text], "title": "T"})),
            Some(json!("Inner"))
        );
        assert_eq!(
            named(json!({"allOf": [text, {}], "title": "T"})),
            Some(json!("T"))
        );
        assert_eq!(named(json!({"allOf": [text, {}]})), None);
    }
}
