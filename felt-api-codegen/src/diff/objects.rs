//! Properties, and whether there may be others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::defaults::SENT;
use super::requirements::{is_required_otherwise, required_in_rust, requires};
use super::rules;
use super::rust::{self, Field};
use super::sides::Part;
use super::texts::Text;
use super::values::kind;
use super::words::quoted;
use super::wrapping::says_something;
use super::{RustEffect, WireEffect};
use crate::document::join;

use WireEffect::{Breaks, Care, Safe};

const OPENED: &str =
    "installed clients pass over properties that they do not know (`open-responses`)";

const AMONG_OTHERS: &str = "installed clients read it as one of the other properties";

pub(super) const KEPT: &str =
    "the field that keeps other properties comes, goes or has another type";

/// Of two of these no value is both. An integer is a number, too.
const KINDS: [&[&str]; 5] = [
    &["integer", "number"],
    &["string"],
    &["boolean"],
    &["array"],
    &["object"],
];

/// What becomes of requests without a property that they have to have. A server that knows a default may fill it in.
pub(super) fn left_out(has_default: bool, who: &str) -> Why<WireEffect> {
    match has_default {
        true => {
            let why = format!(
                "{who}: look whether the server fills in the default or refuses such a request"
            );
            (Care, why)
        }
        false => (Breaks, format!("{who}, and are refused")),
    }
}

/// Whether properties that are not listed may come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Further {
    Any,
    Typed,
    None,
}

fn further(schema: Option<&Value>) -> Further {
    match schema.and_then(|schema| schema.get("additionalProperties")) {
        None | Some(Value::Bool(true)) => Further::Any,
        Some(Value::Bool(false)) => Further::None,
        Some(_) => Further::Typed,
    }
}

/// Whether other properties are anything, however that is said.
pub(super) fn takes_any(part: &Part<'_>) -> bool {
    let schema = part.value.get("additionalProperties");
    match schema {
        None | Some(Value::Bool(true)) => true,
        Some(schema) => schema.is_object() && !says_something(schema),
    }
}

impl<'a> Comparison<'a, '_> {
    pub fn objects(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.get("properties"), new.get("properties"));
        let has = |all: &Option<Part<'a>>, name: &str| {
            all.as_ref()
                .is_some_and(|all| all.value.get(name).is_some())
        };
        let restyled = self.restyled_properties(old, new);
        for name in is.iter().flat_map(Part::keys) {
            if let Some(was) = restyled.get(name) {
                self.property_renamed(old, new, (was, name), site);
                continue;
            }
            if !has(&was, name) && !requires(old, name) {
                self.property_added(old, new, name, site);
            } else {
                self.requirement(old, new, name, site);
            }
            if !has(&was, name) && requires(old, name) {
                self.property_schema(old, new, name, site);
            }
        }
        let told: BTreeSet<&str> = restyled.values().copied().collect();
        let left = was.iter().flat_map(Part::keys);
        for name in left.filter(|name| !told.contains(name)) {
            if !has(&is, name) && !requires(new, name) {
                self.property_removed(old, new, name, site);
            } else if !has(&is, name) {
                self.requirement(old, new, name, site);
                self.property_schema(old, new, name, site);
            }
        }
        // What is required need not be described.
        let names: BTreeSet<_> = new.required().chain(old.required()).collect();
        for name in names {
            if has(&was, name) || has(&is, name) || told.contains(name) {
                continue;
            }
            match restyled.get(name) {
                Some(was) => self.property_renamed(old, new, (was, name), site),
                None => self.requirement(old, new, name, site),
            }
        }
        for name in is.iter().flat_map(Part::keys) {
            if let (Some(was), Some(is)) = (&was, &is)
                && let (Some(old_property), Some(new_property)) = (was.get(name), is.get(name))
                && !old_property.is_same_as(&new_property)
            {
                let site = property_site(old, new, (name, name), site);
                self.schemas(&old_property, &new_property, &site);
            }
        }
        self.made_required_otherwise(old, new, site);
        self.further_properties(old, new, site);
    }

    fn property_added(&mut self, old: &Part<'a>, new: &Part<'a>, name: &str, site: &Site) {
        let verdict = self.with_property(old, new, name, site);
        let (rule, what) = match requires(new, name) {
            true => (rules::PROPERTY_ADDED_REQUIRED, "required"),
            false => (rules::PROPERTY_ADDED_OPTIONAL, "optional"),
        };
        let at = join(&format!("{}/properties", new.pointer), name);
        let what = format!("the {what} property {}", quoted(name));
        self.now(rule, &at, what, site, verdict);
    }

    /// What it means that there is one more property.
    pub fn with_property(
        &self,
        old: &Part<'a>,
        new: &Part<'a>,
        name: &str,
        site: &Site,
    ) -> Verdict {
        let property = new.get("properties").and_then(|all| all.get(name));
        let property = property.and_then(|property| self.new.resolved(&property));
        let is = |flag: &str| {
            property
                .as_ref()
                .is_some_and(|property| property.says(flag))
        };
        let is_as_others =
            |property: &Part<'_>| old.value.get("additionalProperties") == Some(property.value);
        let is_as_others = property.as_ref().is_some_and(is_as_others);
        let is_map = rust::type_of(old.made).contains("Map<");
        let response = match further(old.made) {
            _ if is("writeOnly") => say(Safe, "it is written only, and does not come"),
            Further::Any if is_map => say(Safe, AMONG_OTHERS),
            Further::Any => say(Safe, OPENED),
            Further::Typed if is_as_others => say(Safe, AMONG_OTHERS),
            Further::Typed => say(
                Care,
                "installed clients read it as one of the further properties, which have a type",
            ),
            Further::None => say(Breaks, "installed clients take the listed properties only"),
        };
        let sends_others = is_map || further(old.made) == Further::Typed;
        let is_required = requires(new, name);
        let request = if is_required && is("readOnly") {
            say(Safe, "it is read only, and not asked for")
        } else if is_required {
            let is_filled = property.is_some_and(|property| property.said("default").is_some());
            left_out(is_filled, "installed clients do not send it")
        } else if sends_others && !is_as_others {
            let why = "installed clients send other properties, too, and may send one of this name that is of another type";
            say(Care, why)
        } else {
            say(Safe, "installed clients do not send it, and need not")
        };
        let why = "the struct gets a field: struct literals, and patterns that name all fields, no \
                   longer compile";
        let mut rust = site.typed(RustEffect::Breaks, why);
        let field = rust::field(new.made, name);
        if !is_required && site.reach.request && field.is_some_and(|field| !field.may_be_absent) {
            rust.1 = format!("{}; {SENT}", rust.1);
        }
        Verdict {
            request,
            response,
            rust,
        }
    }

    fn property_removed(&mut self, old: &Part<'a>, new: &Part<'a>, name: &str, site: &Site) {
        let verdict = self.without_property(old, new, name, site);
        let at = join(&format!("{}/properties", old.pointer), name);
        let what = format!("the property {}", quoted(name));
        self.gone(rules::PROPERTY_REMOVED, &at, what, site, verdict);
    }

    /// What it means that there is a property less.
    pub fn without_property(
        &self,
        old: &Part<'a>,
        new: &Part<'a>,
        name: &str,
        site: &Site,
    ) -> Verdict {
        let request = if further(Some(new.value)) == Further::None {
            say(Breaks, "installed clients can send it, and it is refused")
        } else if self.is_other_than_further(old, new, name) {
            let why =
                "installed clients can send it, and it is none of what other properties may be";
            say(Breaks, why)
        } else {
            say(
                Care,
                "installed clients may send it: the server may refuse that, or take no notice",
            )
        };
        let needs = rust::field(old.made, name).is_some_and(|field| !field.bears_absence);
        let response = if needs {
            say(Breaks, "installed clients cannot read an answer without it")
        } else {
            say(Care, "installed clients read nothing here from now on")
        };
        let rust = site.typed(RustEffect::Breaks, "the struct loses the field");
        Verdict {
            request,
            response,
            rust,
        }
    }

    /// Whether no value of a property that is gone is one of those that others may have now.
    fn is_other_than_further(&self, old: &Part<'a>, new: &Part<'a>, name: &str) -> bool {
        let property = old.get("properties").and_then(|all| all.get(name));
        let property = property.and_then(|property| self.old.resolved(&property));
        let others = new.get("additionalProperties");
        let others = others.and_then(|others| self.new.resolved(&others));
        let of = |part: &Part<'_>| KINDS.iter().position(|one| one.contains(&kind(part.value)));
        property
            .zip(others)
            .is_some_and(|(was, is)| of(&was).zip(of(&is)).is_some_and(|(was, is)| was != is))
    }

    /// A property is required by both, and described by one of them.
    fn property_schema(&mut self, old: &Part<'a>, new: &Part<'a>, name: &str, site: &Site) {
        let inner = property_site(old, new, (name, name), site);
        let rust = inner.typed(RustEffect::None, "the field takes any value in any case");
        let described = |part: &Part<'a>| part.get("properties").and_then(|all| all.get(name));
        let what = format!("what the property {} may be", quoted(name));
        match (described(old), described(new)) {
            (None, Some(is)) => {
                let verdict = Verdict {
                    request: say(Care, "what was sent before may be refused"),
                    response: say(Safe, "installed clients read anything here"),
                    rust,
                };
                self.now(rules::SCHEMA_APPEARED, &is.pointer, what, site, verdict);
            }
            (Some(was), None) => {
                let verdict = Verdict {
                    request: say(Safe, "what was sent before is allowed"),
                    response: say(Breaks, "installed clients read what the schema said"),
                    rust,
                };
                self.gone(rules::SCHEMA_VANISHED, &was.pointer, what, site, verdict);
            }
            _ => {}
        }
    }

    fn further_properties(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let key = "additionalProperties";
        let (was, is) = (further(Some(old.value)), further(Some(new.value)));
        let is_map = |part: &Part<'_>| rust::type_of(part.made).contains("Map<");
        if takes_any(old) && takes_any(new) {
            let is_same = further(old.made) == further(new.made) || is_map(old) && is_map(new);
            let rust = match is_same {
                true => site.typed(RustEffect::None, "the type is the same"),
                false => site.typed(RustEffect::Breaks, KEPT),
            };
            // Said or not, it means the same.
            if was == is && rust.0 == RustEffect::None || old.value.get(key) == new.value.get(key) {
                return;
            }
            let verdict = Verdict::both(Safe, "others may be anything in any case", rust);
            let what = "whether other properties are said to be anything".to_string();
            let at = &new.pointer;
            return self.now(rules::FURTHER_PROPERTIES_TYPED, at, what, site, verdict);
        }
        if was == Further::Typed && is == Further::Typed {
            let reach = site.reach.within(Text::in_object);
            let inner = Site {
                reach,
                ..site.inner()
            };
            return self.schema_at(old, new, key, &inner);
        }
        if was == is {
            return;
        }
        let kept = old.made.and_then(|made| made.get(key));
        let is_kept = further(old.made) == Further::Typed;
        let is_plain = !is_kept && rust::type_of(old.made).contains("a struct of its own");
        let (rule, what, request, response) = match (was, is) {
            (_, Further::None) => {
                let request = if is_plain {
                    say(Safe, "installed clients send no other properties")
                } else {
                    say(Breaks, "other properties that were allowed are refused")
                };
                let what = "no other properties are allowed";
                let response = say(Safe, "installed clients need no other properties");
                (rules::FURTHER_PROPERTIES_CLOSED, what, request, response)
            }
            (Further::None, Further::Any) => {
                let response = match further(old.made) {
                    Further::None => say(Breaks, "installed clients fail on other properties"),
                    _ => say(Safe, OPENED),
                };
                let what = "other properties are allowed";
                let request = say(Safe, "what was sent before is allowed");
                (rules::FURTHER_PROPERTIES_OPENED, what, request, response)
            }
            _ => {
                let what = if is == Further::Typed {
                    "other properties have a schema"
                } else {
                    "other properties have no schema any more"
                };
                let request = match (was, is_plain) {
                    (Further::Any, false) => say(Breaks, "other properties may be refused"),
                    (Further::Any, true) => say(Safe, "installed clients send no other properties"),
                    _ => say(Safe, "installed clients send nothing that is refused"),
                };
                let response = match further(old.made) {
                    Further::Typed if !kept.is_some_and(says_something) => {
                        say(Safe, "installed clients take anything for other properties")
                    }
                    Further::Typed => say(
                        Breaks,
                        "installed clients read properties of this schema only",
                    ),
                    Further::None => say(Breaks, "installed clients fail on other properties"),
                    Further::Any => say(Safe, OPENED),
                };
                (rules::FURTHER_PROPERTIES_TYPED, what, request, response)
            }
        };
        let (old_made, new_made) = (further(old.made), further(new.made));
        let rust = match (old_made, new_made) {
            (a, b) if a == b && !is_kept => {
                let why = "the code takes other properties in any case (`open-responses`)";
                site.typed(RustEffect::None, why)
            }
            (Further::Typed, _) | (_, Further::Typed) => site.typed(RustEffect::Breaks, KEPT),
            _ => site.typed(
                RustEffect::Behaviour,
                "whether reading such a value refuses other properties changes",
            ),
        };
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        let what = what.to_string();
        match (old.get(key), new.get(key)) {
            (_, Some(new)) => self.now(rule, &new.pointer, what, site, verdict),
            (Some(old), None) => self.gone(rule, &old.pointer, what, site, verdict),
            (None, None) => {}
        }
    }
}

/// Where the schema of a property stands: whether it is required decides on its type, too.
pub(super) fn property_site(
    old: &Part<'_>,
    new: &Part<'_>,
    (was, is): (&str, &str),
    site: &Site,
) -> Site {
    let fields = (rust::field(old.made, was), rust::field(new.made, is));
    let may_be_absent =
        |field: &Option<Field>| field.as_ref().is_some_and(|field| field.may_be_absent);
    let may_be_absent = (may_be_absent(&fields.0), may_be_absent(&fields.1));
    let is_always_sent = fields.0.is_some() && !may_be_absent.0;
    let type_name = |field: Option<Field>| field.map(|field| field.name).unwrap_or_default();
    Site {
        types: Some((type_name(fields.0), type_name(fields.1))),
        required_otherwise: (was == is && is_required_otherwise(old, new, is))
            .then(|| required_in_rust(old, new, is, site)),
        fills_default: !rust::is_required(old.made, was) || !rust::is_required(new.made, is),
        may_be_absent: may_be_absent.0,
        is_always_sent,
        // Whether it is required now is said of that.
        is_left_out_otherwise: may_be_absent.0 != may_be_absent.1
            && rust::is_required(old.made, was) == rust::is_required(new.made, is),
        reach: site.reach.within(Text::in_object),
        ..site.inner()
    }
}
