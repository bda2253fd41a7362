//! What a part of an `allOf` asks of a value, or tells of it, that the rest does not.

use std::collections::BTreeMap;

use super::WireEffect;
use super::comparison::{Comparison, Why, say};
use super::objects::{left_out, takes_any};
use super::rust;
use super::sides::{Part, Side};
use crate::document::{is_word, parts_of_all};

use WireEffect::{Breaks, Care, Safe};

const ELSEWHERE: &str = "what it named is named by another part, too";

/// An object, as far as its properties tell what it is: its own, and those of the parts of its `allOf`.
struct Told<'a> {
    /// What is said of each, if anything, and whether it is required.
    properties: BTreeMap<&'a str, (Option<Part<'a>>, bool)>,
    /// Whether there is more to it than that.
    is_more: bool,
}

impl<'a> Told<'a> {
    fn of(side: &Side<'a>, whole: &Part<'a>) -> Self {
        let parts = parts_of_all(side.spec, &whole.pointer);
        let mut told = Self {
            properties: BTreeMap::new(),
            // What leads nowhere may ask for anything.
            is_more: parts.is_empty(),
        };
        for part in parts.iter().filter_map(|pointer| side.at(pointer)) {
            let says_more = |key: &str| match key {
                "allOf" | "properties" | "required" => false,
                "type" => part.text(key) != Some("object"),
                "additionalProperties" => !takes_any(&part),
                key => !is_word(key),
            };
            told.is_more |= part.keys().any(says_more);
            let properties = part.get("properties");
            for name in properties.iter().flat_map(Part::keys) {
                let described = properties.as_ref().and_then(|all| all.get(name));
                let described = described.and_then(|property| side.resolved(&property));
                let known = told.properties.entry(name).or_default();
                known.0 = known.0.take().or(described);
            }
            for name in part.required() {
                told.properties.entry(name).or_default().1 = true;
            }
        }
        told
    }

    fn requires(&self, name: &str) -> bool {
        self.properties.get(name).is_some_and(|known| known.1)
    }

    /// Whether both say something of a property, and not the same.
    fn differs_from(&self, other: &Self) -> bool {
        let mut names = self.properties.keys();
        names.any(|name| match (self.describes(name), other.describes(name)) {
            (Some(own), Some(other)) => own.value != other.value,
            _ => false,
        })
    }

    fn describes(&self, name: &str) -> Option<&Part<'a>> {
        self.properties.get(name)?.0.as_ref()
    }
}

impl<'a> Comparison<'a, '_> {
    /// What a part more means for requests with an old value.
    pub fn asked_by_part(&self, old: &Part<'a>, part: &Part<'a>) -> Why<WireEffect> {
        let (known, told) = (Told::of(self.old, old), Told::of(self.new, part));
        if told.is_more {
            return say(Breaks, "a value has to match this one, too");
        }
        let is = |name: &str, flag: &str| told.describes(name).is_some_and(|one| one.says(flag));
        let is_asked =
            |name: &&str| told.requires(name) && !known.requires(name) && !is(name, "readOnly");
        let asked: Vec<_> = told.properties.keys().copied().filter(is_asked).collect();
        if !asked.is_empty() {
            let default = |name: &&str| told.describes(name)?.said("default");
            let is_filled = asked.iter().all(|name| default(name).is_some());
            return left_out(
                is_filled,
                "installed clients need not send what it requires",
            );
        }
        if told.differs_from(&known) {
            return say(
                Care,
                "it says more of properties that are sent already: compare by hand what it refuses",
            );
        }
        if known.is_more || rust::type_of(old.made).contains("Map<") {
            return say(
                Care,
                "installed clients may send what it names as something else",
            );
        }
        say(
            Safe,
            "installed clients do not send what it names, and need not",
        )
    }

    /// What a part less means for requests and for responses.
    pub fn left_by_part(
        &self,
        part: &Part<'a>,
        new: &Part<'a>,
    ) -> (Why<WireEffect>, Why<WireEffect>) {
        let (told, left) = (Told::of(self.old, part), Told::of(self.new, new));
        if told.is_more {
            let why = "installed clients may miss what this one asked for";
            return (say(Safe, "less is asked for"), say(Breaks, why));
        }
        let is_needed = |name: &str| {
            let may_be_null = told.describes(name).is_some_and(|one| one.says("nullable"));
            told.requires(name) && !left.requires(name) && !may_be_null
        };
        let mut names = told.properties.keys();
        let is_all_elsewhere = names.all(|name| left.describes(name).is_some());
        let response = if told.properties.keys().any(|name| is_needed(name)) {
            let why = "installed clients cannot read an answer without what it required";
            say(Breaks, why)
        } else if told.differs_from(&left) {
            let why = "it said more of properties that are left: compare by hand what may come now";
            say(Care, why)
        } else if is_all_elsewhere {
            say(Safe, ELSEWHERE)
        } else {
            let why = "installed clients read nothing from now on of what it named";
            say(Care, why)
        };
        let request = match is_all_elsewhere {
            true => say(Safe, ELSEWHERE),
            false => {
                let why = "the server may refuse what it named, or take no notice";
                say(Care, why)
            }
        };
        (request, response)
    }
}
