//! Parameters. The generator makes arguments of them, in the order of the path and then of their names,
//! so that one more breaks every call, and one that was renamed in the path breaks none.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, say};
use super::reach::Reach;
use super::rules;
use super::rust;
use super::sides::{Part, Side};
use super::words::{quoted, shown_or};
use super::{RustEffect, WireEffect};
use crate::document::is_ignored;

use WireEffect::{Breaks, Care, Safe};

/// A parameter, and where the list that holds it has it.
struct Found<'a> {
    listed: Part<'a>,
    part: Part<'a>,
}

/// Where a parameter stands, and its name.
type Key = (String, String);

/// The parameters of an operation, those of its path among them.
fn all<'a>(side: &Side<'a>, operation: &Part<'a>) -> BTreeMap<Key, Found<'a>> {
    let item = operation.pointer.rsplit_once('/');
    let item = item.and_then(|(item, _)| side.at(item));
    let mut found = BTreeMap::new();
    for list in [item.as_ref(), Some(operation)].into_iter().flatten() {
        let Some(list) = list.get("parameters") else {
            continue;
        };
        let made = list.made.and_then(Value::as_array);
        for mut listed in list.elements() {
            // Some are gone from what code is made of, so that the others stand elsewhere there.
            let mut others = made.into_iter().flatten();
            let same = others.find(|made| identity(made) == identity(listed.value));
            let is_whole = made.map(Vec::len) == list.value.as_array().map(Vec::len);
            listed.made = same.or(listed.made.filter(|_| is_whole));
            let Some(part) = side.resolved(&listed) else {
                continue;
            };
            let text = |key| part.text(key).unwrap_or("").to_string();
            let (place, mut name) = (text("in"), text("name"));
            if place == "header" {
                name.make_ascii_lowercase();
            }
            found.insert((place, name), Found { listed, part });
        }
    }
    found
}

const IGNORED: &str = "clients set this header by themselves, and OpenAPI takes no notice of such a parameter (`plain-parameters`)";

/// Whether no argument is made of a parameter.
fn is_part_ignored(part: &Part<'_>) -> bool {
    let text = |key| part.text(key).unwrap_or("");
    is_ignored(text("in"), text("name"))
}

/// What a list has a parameter by once: what it refers to, or its place and name.
fn identity(parameter: &Value) -> [Option<&Value>; 3] {
    ["$ref", "in", "name"].map(|key| parameter.get(key))
}

/// The names in the order of the arguments: those of the path, the query, and the headers.
fn order(parameters: &BTreeMap<Key, Found<'_>>) -> Vec<String> {
    let places = ["path", "query", "header"];
    let of = |place: &'static str| {
        let keys = parameters.keys();
        keys.filter(move |(other, name)| other == place && !is_ignored(place, name))
    };
    let names = places.into_iter().flat_map(of);
    names.map(|(_, name)| name.clone()).collect()
}

impl<'a> Comparison<'a, '_> {
    /// `renamed` has the new names of the path's parameters, by the old ones.
    pub fn parameters(&mut self, old: &Part<'a>, new: &Part<'a>, renamed: &HashMap<&str, &str>) {
        let mut was = all(self.old, old);
        let mut is = all(self.new, new);
        let keeps_order = order(&was) == order(&is);
        let mut pairs = Vec::new();
        let mut left = Vec::new();
        for ((place, name), old) in std::mem::take(&mut was) {
            let now = match renamed.get(name.as_str()) {
                Some(now) if place == "path" => (*now).to_string(),
                _ => name.clone(),
            };
            match is.remove(&(place.clone(), now.clone())) {
                Some(new) => {
                    if now != name {
                        let was_other = renamed.contains_key(now.as_str());
                        self.parameter_renamed(&new.part, (&name, &now), was_other);
                    }
                    pairs.push((old.part, new.part));
                }
                None => left.push((place, name, old)),
            }
        }
        for (place, name, old) in left {
            let elsewhere = is.keys().find(|(_, other)| *other == name).cloned();
            match elsewhere.and_then(|key| Some((key.0.clone(), is.remove(&key)?))) {
                Some((now, new)) => {
                    self.parameter_moved(&new.part, &name, (&place, &now), keeps_order);
                    pairs.push((old.part, new.part));
                }
                None => self.parameter_removed(&old),
            }
        }
        for new in is.values() {
            self.parameter_added(new);
        }
        for (old, new) in pairs {
            if self.is_first(&old, &new) {
                self.parameter(&old, &new);
            }
        }
    }

    /// `was_other` if the old path has a parameter of this name in another place.
    fn parameter_renamed(&mut self, new: &Part<'_>, (was, is): (&str, &str), was_other: bool) {
        let (what, wire, rust) = if was_other {
            let what = format!(
                "the path parameter {} stands where {} stood",
                quoted(is),
                quoted(was)
            );
            let why = "installed clients send the value of the other one here, if it is not the name alone that \
                       has changed: look at what the server does";
            let rust = "the arguments change places: calls go on to compile, and mix them up";
            (what, say(Care, why), (RustEffect::Breaks, rust))
        } else {
            let what = format!("the path parameter {} was {}", quoted(is), quoted(was));
            let rust = "the argument has another name, which callers do not write; the type of one that \
                        checks its value is called after it";
            let wire = say(Safe, "the value alone is sent");
            (what, wire, (RustEffect::Behaviour, rust))
        };
        let verdict = Verdict {
            request: wire,
            response: say(Safe, "it is not received"),
            rust: (rust.0, rust.1.to_string()),
        };
        let site = Site::new(Reach::REQUEST);
        self.now(rules::PARAMETER_RENAMED, &new.pointer, what, &site, verdict);
    }

    fn parameter_moved(
        &mut self,
        new: &Part<'_>,
        name: &str,
        (was, is): (&str, &str),
        keeps_order: bool,
    ) {
        let what = format!("{} was in the {was} and is in the {is}", quoted(name));
        let rust = if keeps_order {
            let why = "the argument is where it was among the others";
            (RustEffect::Behaviour, why.to_string())
        } else {
            let why = "the arguments are in another order: calls do not compile, or mix them up";
            (RustEffect::Breaks, why.to_string())
        };
        let why = "installed clients send it in the old place";
        let verdict = Verdict::both(Breaks, why, rust);
        let site = Site::new(Reach::REQUEST);
        self.now(rules::PARAMETER_MOVED, &new.pointer, what, &site, verdict);
    }

    fn parameter_added(&mut self, new: &Found<'_>) {
        let is_required = new.part.is("required");
        let is_ignored = is_part_ignored(&new.part);
        let (rule, wire) = if is_required && is_ignored {
            (rules::PARAMETER_ADDED_REQUIRED, say(Care, IGNORED))
        } else if is_required {
            let why = "installed clients do not send it, and are refused";
            (rules::PARAMETER_ADDED_REQUIRED, say(Breaks, why))
        } else {
            let why = "installed clients do not send it, and need not";
            (rules::PARAMETER_ADDED_OPTIONAL, say(Safe, why))
        };
        let argument = rust::argument(new.part.made);
        let rust = if is_ignored {
            (RustEffect::None, IGNORED.to_string())
        } else {
            let why = format!(
                "the method gets an argument ({argument}), so that every call has to change"
            );
            (RustEffect::Breaks, why)
        };
        let verdict = Verdict {
            request: wire,
            response: say(Safe, "it is not received"),
            rust,
        };
        let what = format!("the {}", titled(&new.part));
        let site = Site::new(Reach::REQUEST);
        self.now(rule, &new.listed.pointer, what, &site, verdict);
    }

    fn parameter_removed(&mut self, old: &Found<'_>) {
        let why = "installed clients send it: the server may refuse that, or take no notice";
        let rust = if is_part_ignored(&old.part) {
            (RustEffect::None, IGNORED.to_string())
        } else {
            let why = "the method loses an argument, so that every call has to change";
            (RustEffect::Breaks, why.to_string())
        };
        let verdict = Verdict::both(Care, why, rust);
        let what = format!("the {}", titled(&old.part));
        let site = Site::new(Reach::REQUEST);
        let at = &old.listed.pointer;
        self.gone(rules::PARAMETER_REMOVED, at, what, &site, verdict);
    }

    fn parameter(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let types = (rust::argument(old.made), rust::argument(new.made));
        let site = Site {
            types: Some(types),
            may_be_absent: !old.is("required"),
            is_generated: !is_part_ignored(new),
            ..Site::new(Reach::REQUEST)
        };
        let what = || format!("the {}", titled(new));
        let names = (old.text("name"), new.text("name"));
        if new.text("in") == Some("header") && names.0 != names.1 {
            let why = "the header is written so from now on, which is the same to a server";
            let rust = (RustEffect::Behaviour, why.to_string());
            let verdict = Verdict::both(Safe, "names of headers are the same in any case", rust);
            let what = format!("the {} was {}", titled(new), quoted(names.0.unwrap_or("?")));
            self.now(rules::PARAMETER_RENAMED, &new.pointer, what, &site, verdict);
        }
        if old.is("required") != new.is("required") {
            let rust = site.typed(RustEffect::Behaviour, "the argument has the same type");
            let (rule, wire, why) = if new.is("required") {
                let why = "installed clients may leave it out, and are refused";
                (rules::PARAMETER_BECAME_REQUIRED, Breaks, why)
            } else {
                let why = "installed clients send it, as they may";
                (rules::PARAMETER_BECAME_OPTIONAL, Safe, why)
            };
            let verdict = Verdict::both(wire, why, rust);
            self.now(rule, &new.pointer, what(), &site, verdict);
        }
        self.serialization(old, new, &site);
        for key in ["description", "example", "examples"] {
            let rule = rules::PARAMETER_DESCRIBED_OTHERWISE;
            self.words(
                old,
                new,
                (key, "the words about the parameter", rule),
                &site,
            );
        }
        self.deprecation(old, new, "parameter", &site);
        if old.get("schema").is_some() && new.get("schema").is_some() {
            self.schema_at(old, new, "schema", &site);
        } else {
            self.content_or_none(old, new, &site);
        }
        let known = |key: &str| {
            matches!(
                key,
                "name"
                    | "in"
                    | "required"
                    | "description"
                    | "example"
                    | "examples"
                    | "deprecated"
                    | "schema"
                    | "content"
                    | "style"
                    | "explode"
                    | "allowReserved"
                    | "allowEmptyValue"
            )
        };
        self.others(old, new, &known, &site);
    }

    fn serialization(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let is_moved = old.text("in") != new.text("in");
        for key in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            // Elsewhere other styles are usual.
            let is_said = old.get(key).is_some() || new.get(key).is_some();
            if is_moved && !is_said {
                continue;
            }
            let (was, is) = (setting(old, key), setting(new, key));
            if was == is {
                continue;
            }
            let (was, is) = (
                shown_or(was.as_ref(), "missing"),
                shown_or(is.as_ref(), "missing"),
            );
            let what = format!("{} was {was} and is {is}", quoted(key));
            let wire = match key {
                "allowReserved" => say(Safe, "our clients encode reserved characters in any case"),
                "allowEmptyValue" => say(Care, "the server may refuse an empty value"),
                _ => say(Breaks, "installed clients write the value in the old way"),
            };
            let rust = match key {
                "style" => "the generator knows the plain styles only: `preflight` says so",
                "explode" => {
                    "the generator takes no notice of it: look whether it writes lists as asked"
                }
                _ => "the generator takes no notice of it",
            };
            let verdict = Verdict {
                request: wire,
                response: say(Safe, "it is not received"),
                rust: (RustEffect::None, rust.to_string()),
            };
            let rule = rules::PARAMETER_SERIALIZED_OTHERWISE;
            self.now(rule, &new.pointer, what, site, verdict);
        }
    }

    /// A schema on one side at most: `content`, or nothing.
    fn content_or_none(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let value = |part: &Part<'a>| {
            let keys = ["schema", "content"].map(|key| part.value.get(key));
            keys.into_iter().flatten().next()
        };
        let rust = site.typed(
            RustEffect::Behaviour,
            "the generator knows no `content` here",
        );
        let why = "installed clients write the value in the old way";
        let (rule, what) = match (value(old), value(new)) {
            (None, Some(_)) => (rules::SCHEMA_APPEARED, "what the parameter may be"),
            (Some(_), None) => (rules::SCHEMA_VANISHED, "what the parameter may be"),
            (was, is) if was != is => {
                let what = "the type in which the parameter is written";
                (rules::PARAMETER_SERIALIZED_OTHERWISE, what)
            }
            _ => return,
        };
        let verdict = Verdict::both(Care, why, rust);
        self.now(rule, &new.pointer, what.to_string(), site, verdict);
    }
}

fn titled(part: &Part<'_>) -> String {
    let text = |key| part.text(key).unwrap_or("?");
    format!("{} parameter {}", text("in"), quoted(text("name")))
}

/// A setting of how a parameter is written, where it is not said, too.
fn setting(part: &Part<'_>, key: &str) -> Option<Value> {
    let set = part.value.get(key).cloned();
    set.or_else(|| Some(usual_setting(part.value, key)))
}

/// What holds of a parameter that does not say how it is written.
pub(super) fn usual_setting(parameter: &Value, key: &str) -> Value {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let is_form = matches!(text("in"), Some("query" | "cookie"));
    match key {
        "style" if is_form => "form".into(),
        "style" => "simple".into(),
        "explode" => text("style")
            .map_or(is_form, |style| style == "form")
            .into(),
        _ => false.into(),
    }
}
