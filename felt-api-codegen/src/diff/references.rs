//! `$ref`s to schemas: one instead of another, or instead of a schema that stands in its place.

use std::collections::BTreeMap;

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::names::{is_called_as, type_name};
use super::rules;
use super::rust;
use super::schemas::last;
use super::shapes::{Reshaped, difference};
use super::sides::Part;
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::{is_word, reference};

use WireEffect::{Care, Safe};

impl<'a> Comparison<'a, '_> {
    /// A `$ref` on both sides.
    pub fn references(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (reference(old.value), reference(new.value));
        let site = &site.made_of(old, new);
        if !self.is_same(was.unwrap_or(""), is.unwrap_or("")) {
            self.exchange(old, new, site);
        }
        if old.value != new.value {
            // OpenAPI 3.0 takes no notice of it, and nor does the generator.
            let site = Site {
                is_generated: false,
                ..site.clone()
            };
            if !site.is_null_told {
                self.nullable_beside(old, new, &site);
            }
            let is_said = |key: &str| is_word(key) && !key.starts_with("x-");
            let known = |key: &str| matches!(key, "$ref" | "nullable") || is_said(key);
            let words = |part: &Part<'a>| {
                let said = part.keys().filter(|key| is_said(key));
                said.map(|key| (key, part.value.get(key)))
                    .collect::<BTreeMap<_, _>>()
            };
            if words(old) != words(new) {
                let (rule, what) = (rules::DESCRIPTION_CHANGED, "the words beside the `$ref`");
                let verdict = Verdict::words_only();
                self.now(rule, &new.pointer, what.to_string(), &site, verdict);
            }
            self.others(old, new, &known, &site);
        }
    }

    /// A vendor who says `nullable` beside a `$ref` means it, though OpenAPI 3.0 takes no notice of it.
    fn nullable_beside(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        if old.is("nullable") == new.is("nullable") {
            return;
        }
        let target = self.old.resolved(old).and_then(|target| target.made);
        let reads_null = reads_null(target, site);
        let (rule, what, response) = if !new.is("nullable") {
            let response = say(Safe, "installed clients need no null");
            (rules::BECAME_NOT_NULLABLE, "is never null", response)
        } else if reads_null {
            let response = say(Safe, "installed clients read null as nothing here");
            (rules::BECAME_NULLABLE, "may be null", response)
        } else {
            let why = "OpenAPI 3.0 takes no notice of it there: look whether the server does, since installed clients \
                       fail on null here";
            (rules::BECAME_NULLABLE, "may be null", say(Care, why))
        };
        let verdict = Verdict {
            request: say(Safe, "installed clients send no null here"),
            response,
            rust: (
                RustEffect::None,
                "the generator takes no notice of it".to_string(),
            ),
        };
        let what = format!("{what}, as is said beside the `$ref`");
        self.now(rule, &new.pointer, what, site, verdict);
    }

    /// Whether one of two specs says `nullable` beside a `$ref`, and the other one where it counts, around the `$ref`:
    /// tells of it, since what is meant has not changed.
    pub fn null_said_otherwise(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) -> bool {
        let refers = |part: &Part<'a>| reference(part.value).is_some();
        let is_around = |part: &Part<'a>| {
            let only = part.wrapped();
            only.is_some_and(|(_, only)| refers(&only) && !only.is("nullable"))
        };
        let counts = refers(old) && is_around(new);
        let is_it = counts || is_around(old) && refers(new);
        if !is_it || !old.is("nullable") || !new.is("nullable") {
            return false;
        }
        let reads_null = reads_null(old.made, site);
        let (rule, what, request, response) = if counts {
            let response = match reads_null {
                true => say(Safe, "installed clients read null as nothing here"),
                false => say(
                    Care,
                    "it was said where OpenAPI 3.0 takes no notice of it: look whether null came before, since \
                     installed clients fail on it",
                ),
            };
            let request = say(Safe, "what was sent before is allowed");
            let what = "may be null, as was said beside the `$ref`";
            (rules::BECAME_NULLABLE, what, request, response)
        } else {
            let request = match site.may_be_absent {
                true => say(Safe, "installed clients leave it out rather than send null"),
                false => say(
                    Care,
                    "OpenAPI 3.0 takes no notice of it there: look whether the server still takes null",
                ),
            };
            let response = say(Safe, "installed clients need no null");
            let what = "is said to be null beside the `$ref` only";
            (rules::BECAME_NOT_NULLABLE, what, request, response)
        };
        let verdict = Verdict {
            request,
            response,
            rust: site.named(RustEffect::None, "the type is the same"),
        };
        self.now(rule, &new.pointer, what.to_string(), site, verdict);
        true
    }

    /// One `$ref` instead of another: said here, and what differs between the two is looked at later,
    /// when all names are known.
    fn exchange(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let name = |part: &Part<'_>| quoted(last(reference(part.value).unwrap_or("")));
        let what = format!("{} instead of {}", name(new), name(old));
        let (old_type, new_type) = (type_of_reference(old), type_of_reference(new));
        let rust = if old_type == new_type {
            (RustEffect::None, "the type has the same name".to_string())
        } else {
            let why = format!("the type here was `types::{old_type}` and is `types::{new_type}`");
            (RustEffect::Breaks, why)
        };
        if let Some(reshaped) = self.reshaped(old, new, site) {
            return self.stands_instead(
                rules::REFERENCE_CHANGED,
                what,
                reshaped,
                (new, site),
                rust,
            );
        }
        let targets = (self.old.resolved(old), self.new.resolved(new));
        let what = match &targets {
            (Some(old), Some(new)) => with_difference(what, old, new),
            _ => what,
        };
        let why = "names are not sent; what differs between the two is listed where it stands";
        let (wire, why) = nowhere(&targets).unwrap_or((Safe, why));
        let verdict = Verdict::both(wire, why, rust);
        self.now(rules::REFERENCE_CHANGED, &new.pointer, what, site, verdict);
        if let (Some(old), Some(new)) = targets {
            self.exchanged.push((old, new, site.reach));
        }
    }

    /// Says of another schema in this place what of its shape is otherwise.
    fn stands_instead(
        &mut self,
        rule: &'static str,
        what: String,
        reshaped: Reshaped,
        (new, site): (&Part<'a>, &Site),
        rust: Why<RustEffect>,
    ) {
        let what = format!("{what}: {}", reshaped.what);
        let verdict = Verdict {
            request: reshaped.request,
            response: reshaped.response,
            rust,
        };
        self.now(rule, &new.pointer, what, site, verdict);
    }

    /// A `$ref` on one side, and a schema that stands in its place on the other.
    pub fn reference_or_not(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site, was: bool) {
        let site = &site.made_of(old, new);
        let named = if was { old } else { new };
        let name = last(reference(named.value).unwrap_or(""));
        let ends = (self.old.resolved(old), self.new.resolved(new));
        let moved = match &ends {
            (Some(component), Some(place)) if was => is_called_as(place, component, site),
            (Some(place), Some(component)) => is_called_as(place, component, site),
            _ => false,
        };
        let why = "where it is written is not sent; what differs in it is listed apart";
        let rust = if moved {
            let why = "the type is called after the title, which is the same name";
            (RustEffect::None, why.to_string())
        } else {
            (
                RustEffect::Breaks,
                format!(
                    "the type here {} called `types::{}`",
                    if was { "is no longer" } else { "is now" },
                    type_name(name)
                ),
            )
        };
        let rule = match was {
            true => rules::REFERENCE_REMOVED,
            false => rules::REFERENCE_ADDED,
        };
        if !moved && let Some(reshaped) = self.reshaped(old, new, site) {
            let what = match was {
                true => format!("another schema stands here instead of {}", quoted(name)),
                false => format!("{} instead of another schema that stood here", quoted(name)),
            };
            return self.stands_instead(rule, what, reshaped, (new, site), rust);
        }
        let what = match was {
            true => format!("the schema stands here instead of in {}", quoted(name)),
            false => format!("{} instead of a schema that stood here", quoted(name)),
        };
        let what = match &ends {
            (Some(old), Some(new)) => with_difference(what, old, new),
            _ => what,
        };
        let (wire, why) = nowhere(&ends).unwrap_or((Safe, why));
        let verdict = Verdict::both(wire, why, rust);
        self.now(rule, &new.pointer, what, site, verdict);
        let (Some(old), Some(new)) = ends else {
            return;
        };
        let mut inner = site.exchanged(&old, &new);
        if moved {
            inner.is_generated = site.is_generated;
            inner.is_named = true;
            // Whether there is an `Option` around it was looked at.
            let bare = |part: &Part<'_>| {
                let name = rust::type_of(part.made);
                name.strip_prefix("Option<")
                    .map_or(name.clone(), |rest| rest.trim_end_matches('>').to_string())
            };
            let is_same = bare(&old) == bare(&new);
            inner.types = site
                .types
                .as_ref()
                .filter(|_| is_same)
                .map(|(_, is)| (is.clone(), is.clone()));
            if site.is_generated {
                let component = if was { &old } else { &new };
                self.moved.insert(component.pointer.clone());
            }
        }
        if self.is_first(&old, &new) {
            self.schemas(&old, &new, &inner);
        }
    }
}

/// Whether installed clients read null where this is made.
fn reads_null(made: Option<&Value>, site: &Site) -> bool {
    let own = rust::type_of(made);
    let mut types = site.types.iter().map(|(was, _)| was).chain([&own]);
    types.any(|name| name.starts_with("Option<") || name == rust::ANY)
}

/// What becomes of what cannot be compared, since a `$ref` of one side has nothing that it leads to.
fn nowhere(ends: &(Option<Part<'_>>, Option<Part<'_>>)) -> Option<(WireEffect, &'static str)> {
    match ends {
        (Some(_), Some(_)) => None,
        (_, None) => Some((Care, "it leads nowhere: look at what is meant")),
        (None, Some(_)) => Some((Care, "the old one leads nowhere: look at what was meant")),
    }
}

/// What is said of a schema in the place of another one, and in what the two differ.
fn with_difference(what: String, old: &Part<'_>, new: &Part<'_>) -> String {
    match difference(old, new) {
        Some(difference) => format!("{what}: {difference}"),
        None => what,
    }
}

fn type_of_reference(part: &Part<'_>) -> String {
    type_name(last(reference(part.value).unwrap_or("")))
}
