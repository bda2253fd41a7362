//! Which properties have to be there, as the specs say and as adapt makes it.

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::objects::left_out;
use super::rules;
use super::rust::{self, Field};
use super::sides::Part;
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::join;

use WireEffect::{Breaks, Safe};

pub(super) fn requires(part: &Part<'_>, name: &str) -> bool {
    rust::is_required(Some(part.value), name)
}

/// Where a property stands, or where it is required without being described.
pub(super) fn place(part: &Part<'_>, name: &str) -> String {
    match part.value.get("properties").and_then(|all| all.get(name)) {
        Some(_) => join(&format!("{}/properties", part.pointer), name),
        None => format!("{}/required", part.pointer),
    }
}

impl<'a> Comparison<'a, '_> {
    /// Whether a property that both have is required.
    pub fn requirement(&mut self, old: &Part<'a>, new: &Part<'a>, name: &str, site: &Site) {
        let (was, is) = (requires(old, name), requires(new, name));
        if was == is {
            return;
        }
        let fields = (rust::field(old.made, name), rust::field(new.made, name));
        let always_sent = fields.0.as_ref().is_some_and(|field| !field.may_be_absent);
        let bears_absence = fields.0.as_ref().is_none_or(|field| field.bears_absence);
        let rust = required_in_rust(old, new, name, site);
        let what = format!("the property {}", quoted(name));
        if is {
            let property = new.get("properties").and_then(|all| all.get(name));
            let property = property.and_then(|property| self.new.resolved(&property));
            let says = |flag: &str| {
                property
                    .as_ref()
                    .is_some_and(|property| property.says(flag))
            };
            let request = if says("readOnly") {
                say(Safe, "it is read only, and not asked for")
            } else if always_sent {
                say(Safe, "installed clients always send it")
            } else {
                let is_filled = property.is_some_and(|property| property.said("default").is_some());
                left_out(
                    is_filled,
                    "installed clients leave it out when they have none",
                )
            };
            let verdict = Verdict {
                request,
                response: say(Safe, "installed clients can do without, and need not"),
                rust,
            };
            let at = place(new, name);
            self.now(rules::PROPERTY_BECAME_REQUIRED, &at, what, site, verdict);
        } else {
            let response = if bears_absence {
                say(Safe, "installed clients read nothing where it is absent")
            } else {
                say(Breaks, "installed clients cannot read an answer without it")
            };
            let verdict = Verdict {
                request: say(Safe, "installed clients send it, as they may"),
                response,
                rust,
            };
            let is_described = new.value.get("properties").and_then(|all| all.get(name));
            if is_described.is_some() {
                let at = place(new, name);
                self.now(rules::PROPERTY_BECAME_OPTIONAL, &at, what, site, verdict);
            } else {
                let at = place(old, name);
                self.gone(rules::PROPERTY_BECAME_OPTIONAL, &at, what, site, verdict);
            }
        }
    }

    /// What adapt makes of the same words, by who reaches them and by what is said of the properties elsewhere.
    pub fn made_required_otherwise(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        for name in old.required() {
            let property = |part: &Part<'a>| part.get("properties").and_then(|all| all.get(name));
            // Where the property itself may be null now, or goes one way only, it is said of that.
            let is_said = match (property(old), property(new)) {
                (Some(was), Some(is)) => ["nullable", "readOnly", "writeOnly"]
                    .iter()
                    .any(|key| was.says(key) != is.says(key)),
                (None, None) => false,
                _ => true,
            };
            if is_said || !is_required_otherwise(old, new, name) {
                continue;
            }
            let now = match rust::is_required(new.made, name) {
                true => "has to be there",
                false => "may be absent",
            };
            let what = format!(
                "the property {} {now} in the code (`absent-is-null`, `one-way-requirements`)",
                quoted(name)
            );
            let rust = required_in_rust(old, new, name, site);
            let verdict = Verdict::both(Safe, "the spec says the same", rust);
            let at = place(new, name);
            self.now(rules::ADAPTED_OTHERWISE, &at, what, site, verdict);
        }
    }
}

/// Whether adapt makes it so that a property has to be there on one side only, where the specs say the same.
pub(super) fn is_required_otherwise(old: &Part<'_>, new: &Part<'_>, name: &str) -> bool {
    let made = |part: &Part<'_>| rust::is_required(part.made, name);
    let both = old.made.is_some() && new.made.is_some();
    both && requires(old, name) == requires(new, name) && made(old) != made(new)
}

/// What it does in Rust that a property has to be there, or need not, on one side only.
pub(super) fn required_in_rust(
    old: &Part<'_>,
    new: &Part<'_>,
    name: &str,
    site: &Site,
) -> Why<RustEffect> {
    let fields = (rust::field(old.made, name), rust::field(new.made, name));
    let described = |part: &Part<'_>| {
        part.value
            .get("properties")
            .and_then(|all| all.get(name))
            .cloned()
    };
    let has_default = |part: &Part<'_>| rust::has_default(part.made, site.is_named);
    let is_elsewhere = described(old).is_none() && described(new).is_none();
    let has_field = |part: &Part<'_>| {
        let described = part.made.and_then(|made| made.get("properties")?.get(name));
        described.is_some() || rust::is_required(part.made, name)
    };
    match &fields {
        _ if is_elsewhere && new.pointer.contains("/allOf/") => {
            let why = "the field is that of the schema which describes it, and changes between `T` \
                           and `Option<T>`";
            (RustEffect::Breaks, why.to_string())
        }
        _ if has_field(old) != has_field(new) => {
            let why = match has_field(new) {
                true => "the struct gets a field, which nothing is said of",
                false => "the struct loses the field, which nothing was said of",
            };
            (RustEffect::Breaks, why.to_string())
        }
        (Some(old_field), Some(new_field)) if old_field.name != new_field.name => {
            let why = format!("the field was {} and is {}", old_field.name, new_field.name);
            (RustEffect::Breaks, why)
        }
        _ if rust::is_required(old.made, name) == rust::is_required(new.made, name) => {
            let why = "what may be null may be absent, too (`absent-is-null`)";
            (RustEffect::None, why.to_string())
        }
        _ if has_default(old) && !has_default(new) => {
            let why = "the field has the same type, but the struct has no `Default` any more";
            (RustEffect::Breaks, why.to_string())
        }
        (was, is) => {
            let gains = match has_default(new) && !has_default(old) {
                true => "; the struct has a `Default`",
                false => "",
            };
            let left_out = |field: &Option<Field>| field.as_ref().map(|one| one.may_be_absent);
            let now = match (left_out(was), left_out(is)) {
                (Some(false), Some(true)) => {
                    "it is left out from now on when there is nothing in it"
                }
                (Some(true), Some(false)) => {
                    "it is written from now on also when there is nothing in it"
                }
                _ if rust::is_required(new.made, name) => {
                    "it has to be there when such a value is read"
                }
                _ => "its default is filled in where it is absent",
            };
            let why = format!("the field has the same type; {now}{gains}");
            (RustEffect::Behaviour, why)
        }
    }
}
