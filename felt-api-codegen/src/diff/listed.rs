//! Listed values: which there are, in which order, and whether they are listed at all.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::restyled::restyled;
use super::rules;
use super::rust;
use super::sides::Part;
use super::values::kind;
use super::words::{shown, shown_or};
use super::{RustEffect, WireEffect};
use crate::names::variant_names;

use WireEffect::{Breaks, Safe};

impl<'a> Comparison<'a, '_> {
    pub fn listed_values(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.get("enum"), new.get("enum"));
        let (was, is) = match (was, is) {
            (Some(was), Some(is)) => (was, is),
            (None, None) => return,
            (was, _) => return self.listing(old, new, was.is_some(), site),
        };
        let (was, is) = (was.elements(), is.elements());
        let names = |parts: &[Part<'_>]| parts.iter().map(name).collect::<HashSet<_>>();
        let (old_names, new_names) = (names(&was), names(&is));
        let is_gone = |part: &&Part<'a>| !new_names.contains(&name(part));
        let is_new = |part: &&Part<'a>| !old_names.contains(&name(part));
        let renamed = renamed(&was, &is);
        for added in is.iter().filter(is_new) {
            let value = added.value.as_str();
            let mut verdict = added_value(old, new, added.value, site);
            let mut what = format!("the value {}", shown(added.value));
            let mut rule = rules::ENUM_VALUE_ADDED;
            if let Some(was) = value.and_then(|value| renamed.get(value)) {
                what += &format!(" was {}", shown(&Value::from(*was)));
                let why = "installed clients can send the old value, and it is refused";
                verdict.request = say(Breaks, why);
                verdict.rust = renamed_value(new, site);
                rule = rules::ENUM_VALUE_RENAMED;
            }
            self.now(rule, &added.pointer, what, site, verdict);
        }
        let stays: HashSet<&str> = renamed.values().copied().collect();
        let is_renamed = |part: &&Part<'_>| {
            part.value
                .as_str()
                .is_some_and(|value| stays.contains(value))
        };
        for removed in was.iter().filter(is_gone).filter(|part| !is_renamed(part)) {
            let verdict = removed_value(new, removed.value, site);
            let at = &removed.pointer;
            let what = format!("the value {}", shown(removed.value));
            self.gone(rules::ENUM_VALUE_REMOVED, at, what, site, verdict);
        }
        // By the old names, and without null, which is no variant.
        let old_name = |part: &Part<'a>| {
            let was = part.value.as_str().and_then(|value| renamed.get(value));
            was.map_or_else(|| name(part), |was| Value::from(*was).to_string())
        };
        let is_said = |part: &&Part<'_>| !part.value.is_null();
        let now: Vec<_> = is.iter().filter(is_said).map(old_name).collect();
        let left: HashSet<_> = now.iter().collect();
        let before = was.iter().filter(is_said).map(name);
        let before = before.filter(|name| left.contains(name));
        if !before.eq(now.iter().filter(|name| old_names.contains(*name)).cloned()) {
            self.values_reordered(old, new, site);
        }
    }

    /// The order of the values makes a difference in Rust alone, and only where something is made of the list.
    fn values_reordered(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let is_made = site.is_generated && site.instead_of.is_none();
        if !is_made || !is_closed(old) || !is_closed(new) {
            return;
        }
        let rust = if is_rust_enum(new) {
            let why = "variants are greater or less than others in this order (`Ord`), and are cast to numbers by it";
            site.typed(RustEffect::Behaviour, why)
        } else {
            site.typed(RustEffect::None, "the type takes the same values")
        };
        let verdict = Verdict::both(Safe, "the same values are allowed", rust);
        let (at, what) = (format!("{}/enum", new.pointer), "the order of the values");
        let rule = rules::ENUM_VALUES_REORDERED;
        self.now(rule, &at, what.to_string(), site, verdict);
    }

    /// Values that were not listed are, or the other way round.
    fn listing(&mut self, old: &Part<'_>, new: &Part<'_>, was: bool, site: &Site) {
        let opened = opened(if was { old } else { new });
        let rust = site.typed(RustEffect::None, &opened);
        if was {
            let response = if is_closed(old) {
                say(Breaks, "installed clients read the listed values only")
            } else {
                (Safe, opened)
            };
            let verdict = Verdict {
                request: say(Safe, "what was sent before is allowed"),
                response,
                rust,
            };
            let at = format!("{}/enum", old.pointer);
            let what = "any value is allowed".to_string();
            self.gone(rules::ENUM_REMOVED, &at, what, site, verdict);
        } else {
            let verdict = Verdict {
                request: say(Breaks, "a value that is not listed is refused"),
                response: say(Safe, "installed clients read other values, too"),
                rust,
            };
            let at = format!("{}/enum", new.pointer);
            let what = format!(
                "only {} is allowed",
                shown_or(new.value.get("enum"), "nothing")
            );
            self.now(rules::ENUM_ADDED, &at, what, site, verdict);
        }
    }
}

/// What is taken where values are listed, and nothing is made of the list.
fn opened(part: &Part<'_>) -> String {
    let every = match kind(part.value) {
        "string" => "text",
        "integer" => "integer",
        "number" => "number",
        _ => "value",
    };
    format!(
        "every {every} is taken, since values may be added to what comes in responses (`open-enums`)"
    )
}

pub(super) const LISTED: &str = "the listed values decide what is allowed, and are the same";

/// Whether the same values are listed by both in whatever order, all of which are allowed besides.
pub(super) fn lists_the_same(
    old: &Part<'_>,
    new: &Part<'_>,
    allowed: impl Fn(&Value) -> bool,
) -> bool {
    let values = |part: &Part<'_>| {
        let mut values = part.value.get("enum")?.as_array()?.clone();
        values.sort_by_cached_key(Value::to_string);
        Some(values)
    };
    let (was, is) = (values(old), values(new));
    was == is && is.is_some_and(|values| values.iter().all(allowed))
}

/// Whether generated clients take the listed values only.
fn is_closed(part: &Part<'_>) -> bool {
    part.made.is_some_and(|made| made.get("enum").is_some())
}

fn is_rust_enum(part: &Part<'_>) -> bool {
    rust::type_of(part.made).contains("an enum of its own")
}

fn name(part: &Part<'_>) -> String {
    part.value.to_string()
}

/// The values of which the same variants are made, in another style: the old one by the new one.
fn renamed<'a>(was: &[Part<'a>], is: &[Part<'a>]) -> HashMap<&'a str, &'a str> {
    let variants = |parts: &[Part<'a>]| {
        let said = parts.iter().filter(|part| !part.value.is_null());
        let texts: Option<Vec<&str>> = said.map(|part| part.value.as_str()).collect();
        let texts = texts?;
        let names = variant_names(&texts)?;
        Some(texts.into_iter().zip(names).collect::<HashMap<_, _>>())
    };
    let (Some(was), Some(is)) = (variants(was), variants(is)) else {
        return HashMap::new();
    };
    let gone = was.keys().filter(|value| !is.contains_key(*value));
    let come = is.keys().filter(|value| !was.contains_key(*value));
    let variant = |value: &str| was.get(value).or_else(|| is.get(value)).cloned();
    restyled(gone.copied(), come.copied(), variant)
}

fn renamed_value(new: &Part<'_>, site: &Site) -> Why<RustEffect> {
    match is_closed(new) {
        true => site.typed(
            RustEffect::Behaviour,
            "the variant stays, and stands for the new value",
        ),
        false => site.typed(RustEffect::None, &opened(new)),
    }
}

const NULL: &str = "null is no variant: the value is an `Option`";

fn added_value(old: &Part<'_>, new: &Part<'_>, value: &Value, site: &Site) -> Verdict {
    let response = if is_closed(old) {
        let why = "installed clients read the listed values only, and fail on this one";
        (Breaks, why.to_string())
    } else {
        (Safe, opened(old))
    };
    let opened = opened(new);
    let rust = match (is_closed(new), is_rust_enum(new)) {
        (false, _) => (RustEffect::None, opened.as_str()),
        (true, true) if value.is_null() => (RustEffect::None, NULL),
        (true, true) => {
            let why = "the enum has a variant more: a `match` without `_` no longer compiles";
            (RustEffect::Breaks, why)
        }
        (true, false) => (RustEffect::Behaviour, "the type takes this value, too"),
    };
    Verdict {
        request: (Safe, "what was sent before is allowed".to_string()),
        response,
        rust: site.typed(rust.0, rust.1),
    }
}

fn removed_value(new: &Part<'_>, value: &Value, site: &Site) -> Verdict {
    let opened = opened(new);
    let rust = match (is_closed(new), is_rust_enum(new)) {
        (false, _) => (RustEffect::None, opened.as_str()),
        (true, true) if value.is_null() => (RustEffect::None, NULL),
        (true, true) => (RustEffect::Breaks, "the enum loses this variant"),
        (true, false) => (RustEffect::Behaviour, "the type refuses this value"),
    };
    let request = "installed clients can send it, and it is refused";
    Verdict {
        request: (Breaks, request.to_string()),
        response: (Safe, "a value that no longer comes".to_string()),
        rust: site.typed(rust.0, rust.1),
    }
}
