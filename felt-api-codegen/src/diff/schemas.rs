//! Two schemas in one place: `$ref`s, titles, and what each of the other files looks at.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict};
use super::names::type_name;
use super::rules;
use super::rust;
use super::sides::Part;
use super::texts::Text;
use super::variants::names_items;
use super::words::{quoted, shown_or};
use super::wrapping::{is_all, is_put_together_otherwise, title};
use super::{RustEffect, WireEffect};
use crate::document::reference;

/// What stands where there is no schema: anything may come.
static ANYTHING: Value = Value::Bool(true);

impl<'a> Comparison<'a, '_> {
    /// Compares what stands at a key that holds a schema. Without one, anything may come.
    pub fn schema_at(&mut self, old: &Part<'a>, new: &Part<'a>, key: &str, site: &Site) {
        let anything = |part: &Part<'a>| Part {
            pointer: part.pointer.clone(),
            value: &ANYTHING,
            made: part.made.map(|_| &ANYTHING),
        };
        let of = |part: &Part<'a>| part.get(key).unwrap_or_else(|| anything(part));
        match (old.get(key), new.get(key)) {
            (None, None) => {}
            _ => self.schemas(&of(old), &of(new), site),
        }
    }

    pub fn schemas(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        if old.is_same_as(new) && reference(old.value).is_none() {
            return;
        }
        // What is said beside a schema that stands alone in another one is told of either of them.
        if site.is_told || old.wrapped().is_some() || new.wrapped().is_some() {
            return self.two_schemas(old, new, site);
        }
        self.told((old, new), &[], site, |it| it.two_schemas(old, new, site));
    }

    fn two_schemas(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.wrapped(), new.wrapped());
        match (&was, &is) {
            (Some((key, _)), Some((other, _))) if key != other => {
                return self.wrapping(old, new, site);
            }
            (Some((key, only)), None) if is_all(only, new, key) => {
                return self.wrapping(old, new, site);
            }
            (None, Some((key, only))) if is_all(only, old, key) => {
                return self.wrapping(old, new, site);
            }
            _ => {}
        }
        let refers = |part: &Part<'_>| reference(part.value).is_some();
        match (refers(old), refers(new)) {
            (false, false) => self.inline_schemas(old, new, site),
            (true, true) => self.references(old, new, site),
            (was, _) => self.reference_or_not(old, new, site, was),
        }
    }

    /// Two schemas that stand where they are compared.
    pub fn inline_schemas(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        // The same words may be made into different code, by who reaches them.
        let mut site = site.made_of(old, new);
        let names = |part: &Part<'_>| part.made.is_some_and(|made| reference(made).is_some());
        let (was_named, is_named) = (names(old), names(new));
        let types = (rust::type_of(old.made), rust::type_of(new.made));
        let (old, new) = &(self.old.with_component(old), self.new.with_component(new));
        let flat = self.flattened(old, new, &site);
        let is_flat = flat.is_some();
        let (old, new) = match &flat {
            Some((old, new)) => (old, new),
            None => (old, new),
        };
        // Both are made components that are called after their place.
        let types = match was_named && is_named || is_flat {
            true => (rust::type_of(old.made), rust::type_of(new.made)),
            false => types,
        };
        site.is_named |= was_named && is_named;
        if is_flat {
            site.types = None;
        }
        site.types = Some(site.types.take().unwrap_or(types));
        let is_put_together = is_put_together_otherwise(old, new);
        if is_put_together {
            site.types = None;
        }
        self.title(old, new, &site);
        if !site.is_told {
            self.remarks(old, new, &site);
        }
        if is_put_together {
            return self.put_together(old, new, &site);
        }
        if self.kinds_differ(old, new, &site) {
            return;
        }
        self.format(old, new, &site);
        self.listed_values(old, new, &site);
        if !site.is_told {
            self.nullable(old, new, &site);
            self.defaults(old, new, &site);
        }
        self.bounds(old, new, &site);
        self.objects(old, new, &site);
        self.composition(old, new, &site);
        let is_list = |part: &Part<'_>| matches!(part.text("type"), None | Some("array"));
        let items = Site {
            is_generated: site.is_generated && is_list(old) && is_list(new),
            reach: site.reach.within(Text::in_list),
            ..site.inner()
        };
        self.schema_at(old, new, "items", &items);
        self.remaining(old, new, &site);
        if was_named != is_named && old.made.is_some() && new.made.is_some() {
            let what = "it is a component in the code on one side only, since something refers to it (`deep-references`)";
            let rust = site.typed(RustEffect::Breaks, "the type is made elsewhere");
            let verdict = Verdict::both(WireEffect::Safe, "the spec says the same", rust);
            let what = what.to_string();
            self.now(rules::ADAPTED_OTHERWISE, &new.pointer, what, &site, verdict);
        }
        self.adapted(old, new, &site);
    }

    fn title(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let titles = (old.value.get("title"), new.value.get("title"));
        if titles.0 == titles.1 {
            return;
        }
        let what = format!(
            "the title was {} and is {}",
            shown_or(titles.0, "missing"),
            shown_or(titles.1, "missing")
        );
        let rust = if takes_title(old, new, site) {
            let why = "the type is called after the title, as it has no other name, so that its name changes";
            (RustEffect::Breaks, why.to_string())
        } else {
            site.named(RustEffect::None, "no type is called after it")
        };
        let verdict = Verdict::both(WireEffect::Safe, "it is not sent", rust);
        self.now(rules::TITLE_CHANGED, &new.pointer, what, site, verdict);
    }

    /// What is for people: descriptions, examples, deprecation; and who may write.
    pub fn remarks(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        for key in ["description", "example", "externalDocs"] {
            let (was, is) = (old.said(key), new.said(key));
            if was.map(|part| part.value) != is.map(|part| part.value) {
                let what = format!("the {key} of the schema");
                let verdict = Verdict::words_only();
                let at = &new.pointer;
                self.now(rules::DESCRIPTION_CHANGED, at, what, site, verdict);
            }
        }
        self.deprecation(old, new, "schema", site);
        for key in ["readOnly", "writeOnly"] {
            if old.says(key) != new.says(key) {
                let now = if new.says(key) {
                    "is now"
                } else {
                    "is no longer"
                };
                let why = if key == "readOnly" {
                    "a server ignores or refuses what is read-only in a request, and may ask for what is not"
                } else {
                    "a server leaves out what is write-only"
                };
                let (less, rust) = match &site.required_otherwise {
                    Some((less, why)) => (*less, why.as_str()),
                    None => (RustEffect::None, "the property is required as it was"),
                };
                let rust = site.typed(less, rust);
                let verdict = Verdict::both(WireEffect::Care, why, rust);
                let what = format!("the value {now} `{key}`");
                self.now(rules::ACCESS_CHANGED, &new.pointer, what, site, verdict);
            }
        }
    }

    /// `deprecated`, of whatever can be.
    pub fn deprecation(&mut self, old: &Part<'_>, new: &Part<'_>, of: &str, site: &Site) {
        if old.says("deprecated") == new.says("deprecated") {
            return;
        }
        let rust = "the generator takes no notice of it".to_string();
        let (rule, what, wire, why) = if new.says("deprecated") {
            let why = "it works, and the vendor means to take it away";
            (rules::DEPRECATED, "is deprecated", WireEffect::Care, why)
        } else {
            let (rule, why) = (rules::NO_LONGER_DEPRECATED, "it works as before");
            (rule, "is no longer deprecated", WireEffect::Safe, why)
        };
        let verdict = Verdict::both(wire, why, (RustEffect::None, rust));
        let what = format!("the {of} {what}");
        self.now(rule, &new.pointer, what, site, verdict);
    }

    /// Members that no rule is for.
    fn remaining(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        const KNOWN: [&str; 33] = [
            "additionalProperties",
            "allOf",
            "anyOf",
            "default",
            "deprecated",
            "description",
            "discriminator",
            "enum",
            "example",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "externalDocs",
            "format",
            "items",
            "maximum",
            "maxItems",
            "maxLength",
            "maxProperties",
            "minimum",
            "minItems",
            "minLength",
            "minProperties",
            "multipleOf",
            "not",
            "nullable",
            "oneOf",
            "pattern",
            "properties",
            "readOnly",
            "required",
            "title",
            "type",
            "uniqueItems",
        ];
        let known = |key: &str| key == "writeOnly" || KNOWN.contains(&key);
        self.others(old, new, &known, site);
    }

    /// Says of a part that cannot be compared that it changed.
    pub fn leads_nowhere(&mut self, old: &Part<'_>, new: &Part<'_>, key: &str, site: &Site) {
        self.others(old, new, &|other| other != key, site);
    }

    /// Compares all members that are not known: extensions, and whatever else there may be.
    pub fn others(
        &mut self,
        old: &Part<'_>,
        new: &Part<'_>,
        known: &dyn Fn(&str) -> bool,
        site: &Site,
    ) {
        let added = new.keys().filter(|key| old.value.get(key).is_none());
        for key in old.keys().chain(added) {
            let (was, is) = (old.get(key), new.get(key));
            if known(key) || was.as_ref().map(|p| p.value) == is.as_ref().map(|p| p.value) {
                continue;
            }
            let (rule, wire, why) = if key.starts_with("x-") {
                let why = "an extension: look whether something of yours reads it";
                (rules::EXTENSION_CHANGED, WireEffect::Safe, why)
            } else {
                let why = "no rule is for it: look at it";
                (rules::OTHER_CHANGED, WireEffect::Care, why)
            };
            let rust = if key.starts_with("x-rust-") {
                let why = "the generator may name a type after it".to_string();
                (RustEffect::Behaviour, why)
            } else {
                (
                    RustEffect::None,
                    "the generator does not read it".to_string(),
                )
            };
            let what = format!("{} {}", quoted(key), how(was.is_some(), is.is_some()));
            let verdict = Verdict::both(wire, why, rust);
            match (was, is) {
                (_, Some(is)) => self.now(rule, &is.pointer, what, site, verdict),
                (Some(was), None) => self.gone(rule, &was.pointer, what, site, verdict),
                (None, None) => {}
            }
        }
    }
}

/// Whether a type is called after a title that is there on one side only, or another.
pub(super) fn takes_title(old: &Part<'_>, new: &Part<'_>, site: &Site) -> bool {
    let names = |part: &Part<'_>| rust::is_named(part.made) || names_items(part.made);
    let title = |part: &Part<'_>| part.made.and_then(title)?.as_str().map(type_name);
    !site.is_named && !site.is_merged && (names(old) || names(new)) && title(old) != title(new)
}

fn how(was: bool, is: bool) -> &'static str {
    match (was, is) {
        (false, _) => "is new",
        (true, true) => "changed",
        (true, false) => "is gone",
    }
}

/// The last step of a reference: the name of what it refers to.
pub(super) fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}
