//! Two schemas in one place: `$ref`s, titles, and what each of the other files looks at.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict};
use super::names::type_name;
use super::rules;
use super::rust;
use super::sides::Part;
use super::variants::names_items;
use super::words::{quoted, shown_or};
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
        let wraps = |part: &Part<'_>| rust::wrapped(part.value).is_some();
        let has_all = |part: &Part<'_>| part.value.get("allOf").is_some();
        if wraps(old) != wraps(new) && has_all(old) != has_all(new) {
            return self.wrapping(old, new, site, wraps(old));
        }
        let refers = |part: &Part<'_>| reference(part.value).is_some();
        match (refers(old), refers(new)) {
            (false, false) => self.inline_schemas(old, new, site),
            (true, true) => self.references(old, new, site),
            (was, _) => self.reference_or_not(old, new, site, was),
        }
    }

    /// One of two schemas stands in an `allOf` of one.
    fn wrapping(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site, was: bool) {
        let types = (rust::type_of(old.made), rust::type_of(new.made));
        let mut site = site.clone();
        site.types = Some(site.types.take().unwrap_or(types));
        let what = if was { "no longer" } else { "now" };
        let what = format!("the schema stands in an `allOf` of one {what}");
        let rust = site.named(RustEffect::None, "the type is that of the schema in it");
        let verdict = Verdict::both(WireEffect::Safe, "it says the same", rust);
        self.now(rules::WRAPPING_CHANGED, &new.pointer, what, &site, verdict);
        self.remarks(old, new, &site);
        self.nullable(old, new, &site);
        self.defaults(old, new, &site);
        let known = |key: &str| !key.starts_with("x-");
        self.others(old, new, &known, &site);
        let only = |part: &Part<'a>| {
            let all = part.get("allOf").map(|all| all.elements());
            all.and_then(|all| all.into_iter().next())
        };
        let (old, new) = if was {
            (only(old), Some(new.clone()))
        } else {
            (Some(old.clone()), only(new))
        };
        if let (Some(old), Some(new)) = (old, new) {
            self.schemas(&old, &new, &site.inner());
        }
    }

    fn references(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (reference(old.value), reference(new.value));
        if !self.is_same(was.unwrap_or(""), is.unwrap_or("")) {
            self.exchange(old, new, site);
        }
        if old.value != new.value {
            // OpenAPI 3.0 takes no notice of it, and nor does the generator.
            let site = Site {
                is_generated: false,
                ..site.clone()
            };
            self.others(old, new, &|key| key == "$ref", &site);
        }
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
        let why = "only the name; what differs between the two is listed where it stands";
        let verdict = Verdict::both(WireEffect::Safe, why, rust);
        self.now(rules::REFERENCE_CHANGED, &new.pointer, what, site, verdict);
        let targets = (self.old.resolved(old), self.new.resolved(new));
        if let (Some(old), Some(new)) = targets {
            self.exchanged.push((old, new, site.reach));
        }
    }

    fn reference_or_not(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site, was: bool) {
        let named = if was { old } else { new };
        let name = last(reference(named.value).unwrap_or(""));
        let why = "only where it is written; what differs in it is listed apart";
        let rust = (
            RustEffect::Breaks,
            format!(
                "the type here {} called `types::{}`",
                if was { "is no longer" } else { "is now" },
                type_name(name)
            ),
        );
        let verdict = Verdict::both(WireEffect::Safe, why, rust);
        let (rule, what) = if was {
            let what = format!("the schema stands here instead of in {}", quoted(name));
            (rules::REFERENCE_REMOVED, what)
        } else {
            let what = format!("{} instead of a schema that stood here", quoted(name));
            (rules::REFERENCE_ADDED, what)
        };
        self.now(rule, &new.pointer, what, site, verdict);
        if let (Some(old), Some(new)) = (self.old.resolved(old), self.new.resolved(new))
            && self.is_first(&old, &new)
        {
            let site = site.exchanged(&old);
            self.schemas(&old, &new, &site);
        }
    }

    /// Two schemas that stand where they are compared.
    pub fn inline_schemas(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let mut site = site.clone();
        // The same words may be made into different code, by who reaches them.
        site.is_generated &= old.made.is_some() || new.made.is_some();
        let types = (rust::type_of(old.made), rust::type_of(new.made));
        site.types = Some(site.types.take().unwrap_or(types));
        self.title(old, new, &site);
        self.remarks(old, new, &site);
        if self.kinds_differ(old, new, &site) {
            return;
        }
        self.format(old, new, &site);
        self.nullable(old, new, &site);
        self.listed_values(old, new, &site);
        self.defaults(old, new, &site);
        self.bounds(old, new, &site);
        self.objects(old, new, &site);
        self.composition(old, new, &site);
        self.schema_at(old, new, "items", &site.inner());
        self.remaining(old, new, &site);
        self.adapted(old, new, &site);
    }

    /// The same words are made into different code if responses reach them on one side only.
    fn adapted(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (Some(was), Some(is)) = (old.made, new.made) else {
            return;
        };
        let stays = |key: &str| {
            let said = [old.value, new.value].map(|value| value.get(key));
            let made = [was, is].map(|made| made.get(key));
            said[0] == said[1] && made[0] != made[1]
        };
        // What became nullable is reported as that.
        let same_properties = old.value.get("properties") == new.value.get("properties");
        let default = (rust::has_default(Some(was)), rust::has_default(Some(is)));
        let (name, rust) = if stays("enum") {
            (
                "open-enums",
                site.typed(RustEffect::Breaks, "the type changes"),
            )
        } else if stays("additionalProperties") {
            let why = "whether reading such a value refuses other properties changes";
            ("open-responses", site.typed(RustEffect::Behaviour, why))
        } else if stays("required") && same_properties {
            let why = "whether a property may be absent that may be null changes";
            let rust = match default {
                (true, false) => RustEffect::Breaks,
                (false, true) => RustEffect::Additive,
                _ => RustEffect::Behaviour,
            };
            ("absent-is-null", (rust, why.to_string()))
        } else {
            return;
        };
        let size = |made: &Value, key| made.get(key).map_or(0, |value| value.to_string().len());
        let keys = ["enum", "additionalProperties", "required"];
        let is_opened = keys.iter().any(|key| size(is, key) < size(was, key));
        let what = if name == "absent-is-null" {
            // Who reaches it may have changed, or whether what it refers to may be null.
            let than = if is_opened { "more" } else { "fewer" };
            format!(
                "{than} of its properties may now be absent in a response, as they may be null (`{name}`)"
            )
        } else if is_opened {
            format!("open now, since responses reach it (`{name}`)")
        } else {
            format!("no longer open, since no response reaches it (`{name}`)")
        };
        let verdict = Verdict::both(WireEffect::Safe, "the spec says the same", rust);
        let at = &new.pointer;
        self.now(rules::ADAPTED_OTHERWISE, at, what, site, verdict);
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
        let names = |made| rust::is_named(made) || names_items(made);
        let names_a_type = !site.is_named && (names(old.made) || names(new.made));
        let rust = if names_a_type {
            let why = "types of schemas that stand in their place are called after the title";
            (RustEffect::Breaks, why.to_string())
        } else {
            site.named(RustEffect::None, "no type is called after it")
        };
        let verdict = Verdict::both(WireEffect::Safe, "it is not sent", rust);
        self.now(rules::TITLE_CHANGED, &new.pointer, what, site, verdict);
    }

    /// What is for people: descriptions, examples, deprecation; and who may write.
    fn remarks(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        for key in ["description", "example", "externalDocs"] {
            if old.value.get(key) != new.value.get(key) {
                let what = format!("the {key} of the schema");
                let verdict = Verdict::words_only();
                let at = &new.pointer;
                self.now(rules::DESCRIPTION_CHANGED, at, what, site, verdict);
            }
        }
        self.deprecation(old, new, "schema", site);
        for key in ["readOnly", "writeOnly"] {
            if old.is(key) != new.is(key) {
                let now = if new.is(key) {
                    "is now"
                } else {
                    "is no longer"
                };
                let why = if key == "readOnly" {
                    "a server ignores or refuses what is read-only in a request, and may ask for what is not"
                } else {
                    "a server leaves out what is write-only"
                };
                let rust = "the generator takes no notice of it".to_string();
                let verdict = Verdict::both(WireEffect::Care, why, (RustEffect::None, rust));
                let what = format!("the value {now} `{key}`");
                self.now(rules::ACCESS_CHANGED, &new.pointer, what, site, verdict);
            }
        }
    }

    /// `deprecated`, of whatever can be.
    pub fn deprecation(&mut self, old: &Part<'_>, new: &Part<'_>, of: &str, site: &Site) {
        if old.is("deprecated") == new.is("deprecated") {
            return;
        }
        let rust = "the generator takes no notice of it".to_string();
        let (rule, what, wire, why) = if new.is("deprecated") {
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

fn type_of_reference(part: &Part<'_>) -> String {
    type_name(last(reference(part.value).unwrap_or("")))
}
