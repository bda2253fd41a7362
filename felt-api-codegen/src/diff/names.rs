//! Named schemas: which of the old ones is which of the new ones, and what Rust calls them.

use std::collections::{BTreeMap, HashMap};

use heck::ToPascalCase;
use serde_json::{Map, Value};

use super::comparison::{Comparison, Site, Verdict};
use super::reach::Reach;
use super::rules;
use super::rust;
use super::schemas::last;
use super::sides::{Part, Side};
use super::words::quoted;
use super::wrapping::title;
use super::{RustEffect, WireEffect};
use crate::document::{join, unescaped};

const SCHEMAS: &str = "/components/schemas";

/// What is said of a component that stands in its place on the other side.
const MOVED: &str = "a type of this name is made on both sides, by a title on one of them";

/// The pointer that a `$ref` says.
fn pointer(reference: &str) -> &str {
    reference.strip_prefix('#').unwrap_or(reference)
}

/// The name of the type that is made of a schema's name.
pub(super) fn type_name(schema: &str) -> String {
    schema
        .replace('\'', "")
        .replace(|c: char| !c.is_alphanumeric(), "-")
        .to_pascal_case()
}

/// Whether the type of a schema that stands in its place is called after its title as that of a component is.
pub(super) fn is_called_as(place: &Part<'_>, component: &Part<'_>, site: &Site) -> bool {
    let is_optional = |name: &str| name.starts_with("Option<");
    let is_same_around = match &site.types {
        Some((was, is)) => is_optional(was) == is_optional(is),
        None => !is_optional(&rust::type_of(place.made)),
    };
    // Of the default of a component nothing is made.
    let is_plain = |part: &Part<'_>| rust::is_named(part.made) && part.said("default").is_none();
    let name = component.pointer.strip_prefix(SCHEMAS);
    let name = name.and_then(|name| name.strip_prefix('/'));
    let own = place.made.and_then(title).and_then(Value::as_str);
    is_plain(place)
        && is_plain(component)
        && is_same_around
        && !is_optional(&rust::type_of(component.made))
        && !site.is_merged
        && matches!((own, name), (Some(own), Some(name)) if type_name(own) == type_name(&unescaped(name)))
}

fn named<'s>(side: &Side<'s>) -> impl Iterator<Item = &'s String> + use<'s> {
    let schemas = side.spec.pointer(SCHEMAS).and_then(Value::as_object);
    schemas.into_iter().flat_map(Map::keys)
}

impl<'a> Comparison<'a, '_> {
    fn was_there(&self, name: &str) -> bool {
        self.old.spec.pointer(&join(SCHEMAS, name)).is_some()
    }

    fn is_there(&self, name: &str) -> bool {
        self.new.spec.pointer(&join(SCHEMAS, name)).is_some()
    }

    /// Finds the schemas that have another name and the same content. Where two are alike nobody can
    /// tell which is which, so that their places have to.
    pub fn find_renamed(&mut self) {
        let gone = named(self.old).filter(|name| !self.is_there(name));
        let come = named(self.new).filter(|name| !self.was_there(name));
        let (gone, come) = (by_content(self.old, gone), by_content(self.new, come));
        for (content, old) in gone {
            if let (Some(old), Some(Some(new))) = (old, come.get(&content)) {
                let new = join(SCHEMAS, new);
                self.taken.insert(new.clone());
                self.renamed.insert(join(SCHEMAS, &old), new);
            }
        }
    }

    /// Whether two pointers are known to lead to one schema, or not to.
    fn is_known(&self, was: &str, is: &str) -> Option<bool> {
        match self.renamed.get(was) {
            Some(renamed) => Some(renamed == is),
            None => (was == is).then_some(true),
        }
    }

    /// Whether two `$ref`s name one schema, as far as is known by now.
    pub fn is_known_as(&self, old: &str, new: &str) -> bool {
        self.is_known(pointer(old), pointer(new)) == Some(true)
    }

    /// Whether two `$ref`s name one schema. In the place of one that is gone, one that is new is it under
    /// another name.
    pub fn is_same(&mut self, old: &str, new: &str) -> bool {
        let (was, is) = (pointer(old), pointer(new));
        if let Some(is_same) = self.is_known(was, is) {
            return is_same;
        }
        let is_schema = |pointer: &str| pointer.starts_with(SCHEMAS);
        let can_be = is_schema(was)
            && is_schema(is)
            && self.old.spec.pointer(was).is_some()
            && self.new.spec.pointer(was).is_none()
            && self.new.spec.pointer(is).is_some()
            && self.old.spec.pointer(is).is_none()
            && !self.taken.contains(is);
        if can_be {
            self.taken.insert(is.to_string());
            self.renamed.insert(was.to_string(), is.to_string());
        }
        can_be
    }

    /// Compares the named schemas, each with what it was before.
    pub fn named_schemas(&mut self) {
        let names: Vec<_> = named(self.old).map(|name| join(SCHEMAS, name)).collect();
        // Comparing may tell of further renames: those that are not found yet wait.
        let (known, mut gone): (Vec<_>, Vec<_>) = names
            .into_iter()
            .partition(|pointer| self.new.spec.pointer(pointer).is_some());
        for pointer in known {
            self.named_pair(&pointer, &pointer);
        }
        loop {
            let (found, left): (Vec<_>, Vec<_>) = gone
                .into_iter()
                .partition(|pointer| self.renamed.contains_key(pointer));
            gone = left;
            if found.is_empty() {
                break;
            }
            for old in found {
                if let Some(new) = self.renamed.get(&old).cloned() {
                    self.renamed_pair(&old, &new);
                }
            }
        }
        for pointer in gone {
            self.schema_gone(&pointer);
        }
        let added: Vec<_> = named(self.new)
            .filter(|name| !self.was_there(name))
            .map(|name| join(SCHEMAS, name))
            .filter(|pointer| !self.taken.contains(pointer))
            .collect();
        for pointer in added {
            self.schema_added(&pointer);
        }
        while let Some((old, new, reach)) = self.exchanged.pop() {
            let is_pair = self.is_same(&old.pointer, &new.pointer);
            if !is_pair && self.is_first(&old, &new) {
                let site = Site::new(reach).exchanged(&old, &new);
                self.schemas(&old, &new, &site);
            }
        }
    }

    fn reach(&self, old: &str, new: &str) -> Reach {
        self.old.reach(old).and(self.new.reach(new))
    }

    fn named_pair(&mut self, old: &str, new: &str) {
        let site = Site {
            is_named: true,
            ..Site::new(self.reach(old, new))
        };
        if let (Some(old), Some(new)) = (self.old.at(old), self.new.at(new))
            && self.is_first(&old, &new)
        {
            self.schemas(&old, &new, &site);
        }
    }

    fn renamed_pair(&mut self, old: &str, new: &str) {
        let (was, is) = (type_name(last(old)), type_name(last(new)));
        let rust = if was == is {
            (RustEffect::None, "the type has the same name".to_string())
        } else {
            let why = format!("`types::{was}` is called `types::{is}`");
            (RustEffect::Breaks, why)
        };
        let what = format!("{} was {}", quoted(last(new)), quoted(last(old)));
        let site = Site::new(self.reach(old, new));
        let verdict = Verdict::both(WireEffect::Safe, "names of schemas are not sent", rust);
        self.now(rules::SCHEMA_RENAMED, new, what, &site, verdict);
        self.named_pair(old, new);
    }

    fn schema_gone(&mut self, pointer: &str) {
        let name = last(pointer);
        let what = format!("the schema {}", quoted(name));
        let rust = match self.moved.contains(pointer) {
            true => (RustEffect::None, MOVED.to_string()),
            false => {
                let why = format!("there is no `types::{}` any more", type_name(name));
                (RustEffect::Breaks, why)
            }
        };
        let why = "what was sent or received by it is listed where it is";
        let verdict = Verdict::both(WireEffect::Safe, why, rust);
        let site = Site::new(self.old.reach(pointer));
        self.gone(rules::SCHEMA_REMOVED, pointer, what, &site, verdict);
    }

    fn schema_added(&mut self, pointer: &str) {
        let name = last(pointer);
        let what = format!("the schema {}", quoted(name));
        let rust = match self.moved.contains(pointer) {
            true => (RustEffect::None, MOVED.to_string()),
            false => {
                let why = format!("there is a `types::{}`", type_name(name));
                (RustEffect::Additive, why)
            }
        };
        let why = "what is sent or received by it is listed where it is";
        let verdict = Verdict::both(WireEffect::Safe, why, rust);
        let site = Site::new(self.new.reach(pointer));
        self.now(rules::SCHEMA_ADDED, pointer, what, &site, verdict);
    }
}

/// The schemas of these names by what they say; no name where two say the same.
fn by_content<'n>(
    side: &Side<'_>,
    names: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Option<String>> {
    let mut found: HashMap<String, Option<String>> = HashMap::new();
    for name in names {
        let Some(Part { value, .. }) = side.at(&join(SCHEMAS, name)) else {
            continue;
        };
        let own = format!("#{}", join(SCHEMAS, name));
        let content = content(value, &own).to_string();
        found
            .entry(content)
            .and_modify(|known| *known = None)
            .or_insert(Some(name.clone()));
    }
    // Schemas that say next to nothing are alike by chance.
    found.retain(|content, _| content.len() > "{\"type\":\"string\"}".len());
    found.into_iter().collect()
}

/// What a schema says, whatever the order of its keys and whatever it is called itself.
fn content(value: &Value, own: &str) -> Value {
    match value {
        Value::Object(map) => {
            let said = map.iter().filter(|(key, value)| {
                !matches!(key.as_str(), "description" | "title" | "example") || value.is_object()
            });
            let mut said: Map<_, _> = said
                .map(|(key, value)| (key.clone(), content(value, own)))
                .collect();
            said.sort_keys();
            Value::Object(said)
        }
        Value::Array(list) => list.iter().map(|value| content(value, own)).collect(),
        Value::String(text) if text == own => Value::String(String::new()),
        value => value.clone(),
    }
}
