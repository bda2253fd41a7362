//! An `allOf` of plain objects as the one object that the generator makes of it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::comparison::{Comparison, Site, Verdict};
use super::rules;
use super::sides::{Part, Side};
use super::values::kind;
use super::wrapping::IN_ANY_OF;
use super::{RustEffect, WireEffect};
use crate::document::{Kind, is_word, join, nodes, parts_of_all};

/// The objects that stand in several parts of an `allOf`, by the pointer to the whole.
#[derive(Default)]
pub(super) struct Flattened {
    /// What each says, and what code is made of.
    objects: HashMap<String, (Value, Value)>,
    /// Where a property of one really stands.
    places: HashMap<String, String>,
}

impl Flattened {
    pub fn of(spec: &Value, adapted: &Value) -> Self {
        let mut found = Self::default();
        for node in nodes(Kind::Document, spec) {
            if node.kind != Kind::Schema || kind(node.value) != "allOf" {
                continue;
            }
            let said = flat(spec, &node.pointer);
            let (Some((said, places)), Some((made, _))) = (said, flat(adapted, &node.pointer))
            else {
                continue;
            };
            found.places.extend(places);
            found.objects.insert(node.pointer, (said, made));
        }
        found
    }

    fn at(&self, pointer: &str) -> Option<Part<'_>> {
        let (said, made) = self.objects.get(pointer)?;
        Some(Part {
            pointer: pointer.to_string(),
            value: said,
            made: Some(made),
        })
    }

    /// Where something really stands: a pointer into such an object leads nowhere.
    pub fn real(&self, spec: &Value, pointer: &str) -> String {
        let mut at = pointer.to_string();
        let steps = pointer.match_indices('/').map(|(index, _)| index);
        let mut ends: Vec<_> = steps.chain([pointer.len()]).collect();
        while let Some(end) = ends.pop() {
            let (start, rest) = pointer.split_at(end);
            if let Some(place) = self.places.get(start) {
                at = format!("{place}{rest}");
                break;
            }
        }
        while spec.pointer(&at).is_none() {
            let Some((start, _)) = at.rsplit_once('/') else {
                break;
            };
            at = start.to_string();
        }
        at
    }
}

/// The object, and where its properties stand; none if there is more to a part, or two say something else of a
/// property.
fn flat(spec: &Value, pointer: &str) -> Option<(Value, Vec<(String, String)>)> {
    let parts = parts_of_all(spec, pointer);
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut places = Vec::new();
    for at in &parts {
        let part = spec.pointer(at)?.as_object()?;
        for (key, value) in part {
            match key.as_str() {
                "properties" => {
                    for (name, property) in value.as_object()? {
                        let known = properties.insert(name.clone(), property.clone());
                        known.is_none_or(|known| known == *property).then_some(())?;
                        let own = join(&format!("{pointer}/properties"), name);
                        places.push((own, join(&format!("{at}/properties"), name)));
                    }
                }
                "required" => required.extend(value.as_array()?.iter().cloned()),
                "type" if value == "object" => {}
                "allOf" => {}
                "readOnly" | "writeOnly" => return None,
                word if is_word(word) => {}
                _ => return None,
            }
        }
    }
    // What is said of no property tells nothing of its field.
    let names = required.iter().filter_map(Value::as_str);
    let is_all_told = names.into_iter().all(|name| properties.contains_key(name));
    (is_all_told && !properties.is_empty()).then_some(())?;
    let whole = spec.pointer(parts.first()?)?.as_object()?;
    let words = whole.iter().filter(|(key, _)| is_word(key));
    let mut object: Map<_, _> = words
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    object.insert("type".to_string(), json!("object"));
    object.insert("properties".to_string(), Value::Object(properties));
    if !required.is_empty() {
        object.insert("required".to_string(), Value::Array(required));
    }
    Some((Value::Object(object), places))
}

impl<'a> Side<'a> {
    /// The object that is made of an `allOf`, if it is one of plain objects.
    fn flattened(&self, part: &Part<'a>) -> Option<Part<'a>> {
        part.made.and(self.flattened.at(&part.pointer))
    }
}

impl<'a> Comparison<'a, '_> {
    /// An object on one side whose properties stand in the parts of an `allOf` on the other: both as objects.
    pub fn flattened(
        &mut self,
        old: &Part<'a>,
        new: &Part<'a>,
        site: &Site,
    ) -> Option<(Part<'a>, Part<'a>)> {
        let (flat, now) = match (kind(old.value), kind(new.value)) {
            ("object", "allOf") => ((old.clone(), self.new.flattened(new)?), "now"),
            ("allOf", "object") => ((self.old.flattened(old)?, new.clone()), "no longer"),
            _ => return None,
        };
        let rust = match new.pointer.contains("/anyOf/") {
            true => (RustEffect::Breaks, IN_ANY_OF.to_string()),
            false => {
                let site = Site {
                    types: None,
                    ..site.clone()
                };
                site.named(RustEffect::None, "the parts of an `allOf` make one type")
            }
        };
        let why = "what differs in the properties is listed where they stand";
        let verdict = Verdict::both(WireEffect::Safe, why, rust);
        let what = format!("the properties stand {now} in parts of an `allOf`");
        self.now(rules::WRAPPING_CHANGED, &new.pointer, what, site, verdict);
        Some(flat)
    }
}
