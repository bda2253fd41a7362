//! Defaults: where one is filled in, and which types have one.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::rules;
use super::rust;
use super::sides::Part;
use super::words::shown;
use super::wrapping::{filled, wrapped};
use super::{RustEffect, WireEffect};

use WireEffect::{Care, Safe};

/// What serde makes of an optional property with a default: a field that is never left out.
pub(super) const SENT: &str = "its default is sent wherever a caller sets nothing else, so that an update resets what the server has";

impl Comparison<'_, '_> {
    pub fn defaults(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (was, is) = (old.said("default"), new.said("default"));
        let mut rust = default_in_rust(old, new, site);
        if site.reach.request && site.is_left_out_otherwise && filled(old) != filled(new) {
            let what = match filled(new) {
                true => SENT,
                false => {
                    "it is left out wherever a caller sets nothing, so that an update leaves what the server has"
                }
            };
            rust.1 = format!("{}; {what}", rust.1);
        }
        let sends = if site.is_named {
            "installed clients fill in no default of a component: where it is left out, they get the server's"
        } else if site.may_be_absent {
            "installed clients leave it out, and get the server's default"
        } else {
            "installed clients fill in the default that they know"
        };
        let reads = match site.is_named {
            true => "installed clients fill in no default of a component",
            false => "installed clients fill in the default that they know, if any",
        };
        match (was, is) {
            (None, Some(is)) => {
                let verdict = Verdict::both(Safe, "what is left out is filled in", rust);
                let what = format!("the default is {}", shown(is.value));
                self.now(rules::DEFAULT_ADDED, &is.pointer, what, site, verdict);
            }
            (Some(was), None) => {
                let request = match site.is_always_sent {
                    true => say(Safe, "installed clients send it in any case"),
                    false => say(Care, "what is left out may be something else now"),
                };
                let verdict = Verdict {
                    request,
                    response: say(Safe, reads),
                    rust,
                };
                let what = format!("the default was {}", shown(was.value));
                self.gone(rules::DEFAULT_REMOVED, &was.pointer, what, site, verdict);
            }
            (Some(was), Some(is)) if was.value != is.value => {
                let verdict = Verdict {
                    request: say(Care, sends),
                    response: say(Safe, reads),
                    rust,
                };
                let (was, at) = (shown(was.value), is.pointer);
                let what = format!("the default was {was} and is {}", shown(is.value));
                self.now(rules::DEFAULT_CHANGED, &at, what, site, verdict);
            }
            _ => {}
        }
    }
}

/// What it does in Rust that a default comes, goes or changes.
pub(super) fn default_in_rust(old: &Part<'_>, new: &Part<'_>, site: &Site) -> Why<RustEffect> {
    let name = |part: &Part<'_>| rust::type_of(part.made);
    let is_object = |part: &Part<'_>| name(part).contains("struct of its own");
    // An object keeps its own default, also where it is wrapped.
    let has_within = |part: &Part<'_>| {
        let default = innermost(part).and_then(|made| made.get("default"));
        is_object(part) && default.is_some_and(|default| !default.is_null())
    };
    // Of a component that is an object it makes nothing, unless it is said of what wraps one.
    let is_kept = |part: &Part<'_>| {
        let is_named = name(part).contains("of its own") && !name(part).starts_with("Option<");
        let is_merged = rust::is_merged(&name(part));
        let is_bare = is_object(part) && site.is_named && part.wrapped().is_none();
        (filled(part) || has_within(part)) && is_named && !is_merged && !is_bare
    };
    let has_own = |part: &Part<'_>| {
        is_kept(part) || (is_object(part) && rust::has_default(innermost(part), true))
    };
    if [old, new]
        .iter()
        .all(|part| !filled(part) && !has_within(part))
    {
        let why = "the generator makes nothing of it: it is null, empty, or no value of its schema";
        return site.typed(RustEffect::None, why);
    }
    if !is_kept(old) && !is_kept(new) && !site.fills_default {
        let why = match site.is_named {
            true => "a component's default is filled in nowhere",
            false => "a default is filled in for optional properties alone",
        };
        return site.typed(RustEffect::None, why);
    }
    match (has_own(old), has_own(new)) {
        (true, false) => site.typed(RustEffect::Breaks, "the type has no `Default` any more"),
        (false, true) => site.typed(RustEffect::Additive, "the type has a `Default`"),
        _ => {
            let changes = match (site.fills_default, is_kept(old) || is_kept(new)) {
                (true, true) => {
                    "what its `Default` gives changes, and what is filled in where the property is absent"
                }
                (true, false) => "what is filled in where the property is absent changes",
                (false, _) => "what its `Default` gives changes",
            };
            let same = format!("the type is the same; {changes}");
            site.typed(RustEffect::Behaviour, &same)
        }
    }
}

/// What is made of the schema that is wrapped in the end.
fn innermost<'a>(part: &Part<'a>) -> Option<&'a Value> {
    let mut made = part.made;
    while let Some(only) = made.and_then(wrapped) {
        made = Some(only);
    }
    made
}
