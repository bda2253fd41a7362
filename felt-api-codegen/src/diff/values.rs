//! What a schema says of a value: its type, and whether it may be null.

use serde_json::{Map, Value};

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::defaults::default_in_rust;
use super::rules;
use super::rust;
use super::sides::Part;
use super::texts::sent_as_text;
use super::variants::variants;
use super::words::{quoted, shown_or};
use super::wrapping::IN_ANY_OF;
use super::{RustEffect, WireEffect};
use crate::document::{is_nullable, is_word};

use WireEffect::{Breaks, Care, Safe};

impl Site {
    /// What a difference does in Rust that shows in the type, if it shows anywhere: otherwise `less`.
    pub fn typed(&self, less: RustEffect, why: &str) -> Why<RustEffect> {
        match &self.types {
            Some((was, is)) if was != is && !was.is_empty() && !is.is_empty() => {
                (RustEffect::Breaks, format!("{was} becomes {is}"))
            }
            _ => (less, why.to_string()),
        }
    }

    /// What a difference does in Rust that may change a name, too.
    pub fn named(&self, less: RustEffect, why: &str) -> Why<RustEffect> {
        let typed = self.typed(less, why);
        match &self.variants {
            Some((was, is)) if typed.0 != RustEffect::Breaks => {
                let why = format!("the variant {} is called {}", quoted(was), quoted(is));
                (RustEffect::Breaks, why)
            }
            _ => typed,
        }
    }

    /// For types that are the same by whichever of two keywords they are made.
    fn with_one_key(&self) -> Self {
        let one = |name: &String| name.replace("`anyOf`", "`oneOf`");
        let types = self.types.as_ref().map(|(was, is)| (one(was), one(is)));
        Self {
            types,
            ..self.clone()
        }
    }

    pub fn is_type_changed(&self) -> bool {
        self.types.as_ref().is_some_and(|(was, is)| was != is)
    }
}

/// What kind of value a schema is about, or how it is put together.
pub(super) fn kind(schema: &Value) -> &str {
    for key in ["oneOf", "anyOf", "allOf"] {
        if schema.get(key).is_some() {
            return key;
        }
    }
    match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => "several types",
        None => rust::unsaid_kind(schema)
            .or_else(|| listed_kind(schema))
            .unwrap_or("anything"),
    }
}

fn is_composed(kind: &str) -> bool {
    matches!(kind, "oneOf" | "anyOf" | "allOf")
}

/// Of what branches code is made.
fn branches<'a>(part: &Part<'a>) -> [Option<&'a Value>; 3] {
    ["oneOf", "anyOf", "allOf"].map(|key| part.made?.get(key))
}

/// A choice by whichever keyword, without words.
fn choice(schema: &Value) -> Value {
    let mut said = wordless(schema);
    if !said.contains_key("oneOf")
        && let Some(branches) = said.shift_remove("anyOf")
    {
        said.insert("oneOf".to_string(), branches);
    }
    Value::Object(said)
}

/// A schema without words.
pub(super) fn wordless(schema: &Value) -> Map<String, Value> {
    let mut said = schema.as_object().cloned().unwrap_or_default();
    said.retain(|key, _| !is_word(key));
    said
}

/// Whether code is made of the same, but for whether the type is said.
fn is_same_but_type(old: Option<&Value>, new: Option<&Value>) -> bool {
    let rest = |made: Option<&Value>| {
        let mut made = made.cloned().unwrap_or_default();
        if let Some(said) = made.as_object_mut() {
            said.retain(|key, _| key != "type" && !is_word(key));
        }
        made
    };
    rest(old) == rest(new)
}

/// What kind of values are listed, if they are.
fn listed_kind(schema: &Value) -> Option<&'static str> {
    let values = schema.get("enum")?.as_array()?;
    let of = |is: fn(&Value) -> bool| {
        let mut said = values.iter().filter(|value| !value.is_null());
        !values.is_empty() && said.all(is)
    };
    let is_integer = |value: &Value| value.is_i64() || value.is_u64();
    Some(match () {
        () if values.is_empty() => return None,
        () if values.iter().all(Value::is_null) => "null",
        () if of(Value::is_string) => "string",
        () if of(is_integer) => "integer",
        () if of(Value::is_number) => "number",
        () if of(Value::is_boolean) => "boolean",
        () => "listed values",
    })
}

/// Whether the values are listed, and all of them are text.
fn lists_text(schema: &Value) -> bool {
    listed_kind(schema) == Some("string")
}

impl<'a> Comparison<'a, '_> {
    /// Says so if two schemas are about different things, so that nothing else of them can be compared.
    pub fn kinds_differ(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) -> bool {
        let (was, is) = (kind(old.value), kind(new.value));
        if was == is {
            self.type_unsaid(old, new, site);
            return false;
        }
        let (request, response) = match self.enclosed((old, old), (new, new), site) {
            Some(enclosed) => (enclosed.request, enclosed.response),
            None => self.of_other_kind(old, new, site),
        };
        let rust = if [was, is].contains(&"several types") {
            (RustEffect::Breaks, "no type is made of several".to_string())
        } else if self.is_same_choice(old, new) {
            site.with_one_key()
                .typed(RustEffect::None, "the same type is made of the branches")
        } else if is_composed(was) && is_composed(is) && branches(old) != branches(new) {
            let why = "the type has the same name, and is put together otherwise";
            site.typed(RustEffect::Breaks, why)
        } else if is_composed(was) && is_composed(is) && site.variants.is_none() {
            let default = |made: Option<&Value>| made.and_then(|made| made.get("default").cloned());
            match site.typed(RustEffect::None, "the same type is made of the branches") {
                (RustEffect::None, _) if default(old.made) != default(new.made) => {
                    default_in_rust(old, new, site)
                }
                rust => rust,
            }
        } else if rust::type_of(old.made) == rust::type_of(new.made)
            && (!rust::is_named(new.made) || is_same_but_type(old.made, new.made))
        {
            site.named(RustEffect::None, "the same type is made of it")
        } else {
            site.named(RustEffect::Behaviour, "the type has the same name")
        };
        let what = format!("was {was} and is {is}");
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        self.now(rules::TYPE_CHANGED, &new.pointer, what, site, verdict);
        true
    }

    /// What it means on the wire that two schemas are about different things.
    pub fn of_other_kind(
        &self,
        old: &Part<'a>,
        new: &Part<'a>,
        site: &Site,
    ) -> (Why<WireEffect>, Why<WireEffect>) {
        let (was, is) = (kind(old.value), kind(new.value));
        let other = || say(Breaks, "a value of the one type is none of the other");
        let (request, response) = match (was, is) {
            ("oneOf", "anyOf") if choice(old.value) == choice(new.value) => (
                say(Safe, "what fits exactly one branch is allowed still"),
                say(
                    Care,
                    "what comes may fit several branches, of which installed clients take the first",
                ),
            ),
            ("anyOf", "oneOf") if choice(old.value) == choice(new.value) => (
                say(Care, "a value that fits several branches is refused now"),
                say(Safe, "what fits exactly one branch came before, too"),
            ),
            _ if is_composed(was) || is_composed(is) => {
                let why = "it is put together otherwise: compare by hand what is allowed";
                (say(Care, why), say(Care, why))
            }
            ("integer", "number") => (
                say(Safe, "every integer is a number"),
                say(
                    Breaks,
                    "installed clients read integers, and a fraction fails",
                ),
            ),
            ("number", "integer") => (
                say(Breaks, "a fraction that was allowed is refused"),
                say(Safe, "every integer is a number"),
            ),
            (_, "anything") => (
                say(Safe, "what was sent before is allowed"),
                say(Breaks, "installed clients read the old type only"),
            ),
            ("anything", _) => (
                say(Breaks, "what was allowed before may be refused"),
                say(Safe, "installed clients read anything here"),
            ),
            _ => (other(), other()),
        };
        let items = new.get("items").and_then(|items| self.new.resolved(&items));
        let items = items.map(|items| items.value);
        let request = match (request, site.reach.text) {
            ((Breaks, why), Some(text)) => {
                sent_as_text(old.value, new.value, items, text).unwrap_or((Breaks, why))
            }
            (request, _) => request,
        };
        let reads_anything = rust::type_of(old.made) == rust::ANY;
        let response = match response {
            (Breaks, _) if reads_anything => say(Safe, "installed clients read anything here"),
            response => response,
        };
        (request, response)
    }

    /// Whether the same code is made of a `oneOf` and an `anyOf`: of the same branches, no two of which can hold
    /// together.
    fn is_same_choice(&self, old: &Part<'_>, new: &Part<'_>) -> bool {
        let variants = |part: &Part<'_>| {
            let mut keys = ["oneOf", "anyOf"].into_iter();
            keys.find_map(|key| variants(part.made?, key))
        };
        let (was, is) = (old.made.map(choice), new.made.map(choice));
        let is_same = was.is_some() && was == is && variants(old) == variants(new);
        is_same && !self.old.is_flattened(old) && !self.new.is_flattened(new)
    }

    /// The same kind of value, whether or not it is said so.
    fn type_unsaid(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (was, is) = (old.value.get("type"), new.value.get("type"));
        if was == is {
            return;
        }
        let (wire, why) = if lists_text(old.value) && lists_text(new.value) {
            (Safe, "what is listed is text in any case")
        } else {
            let why = "what else is said is about the same kind of value; without a `type`, others are allowed, too";
            (Care, why)
        };
        let rust = if new.pointer.contains("/anyOf/") {
            (RustEffect::Breaks, IN_ANY_OF.to_string())
        } else {
            site.named(RustEffect::None, "the same type is made of it")
        };
        let verdict = Verdict::both(wire, why, rust);
        let (was, is) = (shown_or(was, "missing"), shown_or(is, "missing"));
        let what = format!("the type was {was} and is {is}");
        self.now(rules::TYPE_CHANGED, &new.pointer, what, site, verdict);
    }

    pub fn nullable(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (was, is) = (old.says("nullable"), new.says("nullable"));
        if was == is {
            return;
        }
        let was_required = self.old.is_required_elsewhere(&old.pointer);
        let reads_null = rust::type_of(old.made).starts_with("Option<")
            || site
                .types
                .as_ref()
                .is_some_and(|(old, _)| old.starts_with("Option<") || old == rust::ANY);
        // A component of alternatives is not null itself: that is told where it is used.
        let made = if is { new.made } else { old.made };
        let stays = made.is_some_and(is_nullable);
        let is_moved = made.is_some() && !stays;
        let is_alternative = new.pointer.rsplit('/').nth(1) == Some("anyOf");
        let (rust, why) = if is_moved && site.is_named {
            let why = "where it is referred to, the type is an `Option` on one side only";
            (RustEffect::Breaks, why)
        } else if is_moved && is_alternative {
            let why = "the type of all alternatives is an `Option` on one side only";
            (RustEffect::Breaks, why)
        } else if was_required || self.new.is_required_elsewhere(&new.pointer) {
            let why = "another part of an `allOf` requires it, so that the field is an `Option` on one side only";
            (RustEffect::Breaks, why)
        } else {
            (RustEffect::None, "the type is the same")
        };
        let rust = site.named(rust, why);
        let (rule, what, request, response) = if is {
            let response = if reads_null && !was_required {
                say(Safe, "installed clients read null as nothing here")
            } else {
                say(Breaks, "installed clients fail on null here")
            };
            let request = say(Safe, "what was sent before is allowed");
            (rules::BECAME_NULLABLE, "may be null", request, response)
        } else {
            let request = if site.may_be_absent {
                say(Safe, "installed clients leave it out rather than send null")
            } else {
                say(Breaks, "a null that was allowed is refused")
            };
            let response = say(Safe, "installed clients need no null");
            let what = "is never null";
            (rules::BECAME_NOT_NULLABLE, what, request, response)
        };
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        self.now(rule, &new.pointer, what.to_string(), site, verdict);
    }
}
