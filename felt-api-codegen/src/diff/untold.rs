//! What differs and no rule has told of: better said like this than not at all.

use serde_json::{Map, Value};

use super::comparison::{Comparison, Site, Verdict};
use super::reach::Reach;
use super::rules;
use super::sides::{Part, Side, as_object, bare};
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::{reference, target};

const SOMETHING: &str = "something that no rule sees: compare by hand";

const UNSEEN: &str = "it is nothing that is looked at, or of a shape that no spec has";

/// Members that hold parts.
const WITHIN: [&str; 10] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "content",
    "headers",
    "items",
    "not",
    "oneOf",
    "properties",
    "schema",
];

/// So deep headers are looked at for what they refer to. None goes deeper, but in a circle.
const DEEPEST: usize = 4;

impl<'a> Comparison<'a, '_> {
    /// The specs differ in something that nothing looks at.
    pub fn unexplained(&mut self) {
        let verdict = verdict(self.old.is_made_as(self.new));
        let what = SOMETHING.to_string();
        let site = Site::new(Reach::REQUEST);
        self.now(rules::OTHER_CHANGED, "", what, &site, verdict);
    }

    /// Compares two parts, and says so if they differ and nothing is found, whatever the members `apart` say, which are
    /// looked at elsewhere.
    pub fn told(
        &mut self,
        (old, new): (&Part<'a>, &Part<'a>),
        apart: &[&str],
        site: &Site,
        compare: impl FnOnce(&mut Self),
    ) {
        let before = self.count();
        compare(self);
        if old.value == new.value {
            return;
        }
        let (was, is) = (
            self.was(&as_object(old.value)),
            self.is(&as_object(new.value)),
        );
        if was == is {
            return;
        }
        let made = |part: &Part<'_>| part.made.map(bare);
        let is_made_as = made(old) == made(new);
        let (Value::Object(was), Value::Object(is)) = (was, is) else {
            if self.count() > before {
                return;
            }
            let what = SOMETHING.to_string();
            let verdict = verdict(is_made_as);
            return self.now(rules::OTHER_CHANGED, &new.pointer, what, site, verdict);
        };
        let others = is.keys().filter(|key| !was.contains_key(*key));
        for key in was.keys().chain(others) {
            let is_told = apart.contains(&key.as_str()) || self.is_told(before, (old, new), key);
            if was.get(key) == is.get(key) || is_told {
                continue;
            }
            let what = format!(
                "{}, in a way that no rule sees: compare by hand",
                quoted(key)
            );
            let (rule, verdict) = (rules::OTHER_CHANGED, verdict(is_made_as));
            match (old.get(key), new.get(key)) {
                (_, Some(at)) => self.now(rule, &at.pointer, what, site, verdict),
                (Some(at), None) => self.gone(rule, &at.pointer, what, site, verdict),
                (None, None) => self.now(rule, &new.pointer, what, site, verdict),
            }
        }
    }

    /// Whether something was found since that may be about a member of two parts.
    fn is_told(&self, before: usize, (old, new): (&Part<'a>, &Part<'a>), key: &str) -> bool {
        let mut found = self
            .found_since(before)
            .iter()
            .map(|one| one.pointer.as_str());
        // What is in these is asked for itself.
        if WITHIN.contains(&key) {
            return found.next().is_some();
        }
        let is_about = |at: &str| match key {
            "exclusiveMaximum" => at == "maximum",
            "exclusiveMinimum" => at == "minimum",
            "required" => at == "properties",
            _ => false,
        };
        let place =
            |side: &Side<'_>, part: &Part<'_>| side.flattened.real(side.spec, &part.pointer);
        let places = [place(self.old, old), place(self.new, new)];
        found.any(|pointer| {
            let at = places
                .iter()
                .filter_map(|place| pointer.strip_prefix(place.as_str()));
            // What another name begins with is another place.
            let mut at = at.filter(|at| at.is_empty() || at.starts_with('/'));
            at.any(|at| {
                let at = at.split('/').nth(1).unwrap_or("");
                at.is_empty() || at == key || is_about(at)
            })
        })
    }

    /// What a part of the old spec means, with the new names of schemas.
    fn was(&self, value: &Value) -> Value {
        let name = |pointer: &str| self.renamed.get(pointer).cloned();
        bare(&inlined(self.old.spec, value, &name))
    }

    /// What a part of the new spec means.
    fn is(&self, value: &Value) -> Value {
        bare(&inlined(self.new.spec, value, &|_| None))
    }
}

fn verdict(is_made_as: bool) -> Verdict {
    let rust = match is_made_as {
        true => (RustEffect::None, "the same code is made of it".to_string()),
        false => (RustEffect::Behaviour, "compare the code".to_string()),
    };
    Verdict::both(WireEffect::Care, UNSEEN, rust)
}

/// A part with headers in the place of references to them, as they are compared, and the new names of schemas. Other
/// references are compared as they stand, or were followed before.
pub(super) fn inlined(
    spec: &Value,
    value: &Value,
    renamed: &dyn Fn(&str) -> Option<String>,
) -> Value {
    inlined_until(spec, value, renamed, DEEPEST)
}

fn inlined_until(
    spec: &Value,
    value: &Value,
    renamed: &dyn Fn(&str) -> Option<String>,
    deepest: usize,
) -> Value {
    let within = |value: &Value| inlined_until(spec, value, renamed, deepest);
    let to = reference(value).and_then(|to| to.strip_prefix('#'));
    if let Some(to) = to.filter(|to| to.starts_with("/components/headers/"))
        && deepest > 0
        && let Some(part) = target(spec, to).and_then(|to| spec.pointer(&to))
    {
        return inlined_until(spec, part, renamed, deepest - 1);
    }
    match value {
        Value::Object(map) => {
            let mut map: Map<_, _> = map
                .iter()
                .map(|(key, value)| (key.clone(), within(value)))
                .collect();
            if let Some(now) = to.and_then(renamed) {
                map.insert("$ref".to_string(), Value::String(format!("#{now}")));
            }
            Value::Object(map)
        }
        Value::Array(list) => list.iter().map(within).collect(),
        value => value.clone(),
    }
}
