//! Parameters. The generator makes arguments of them, in the order of the path and then of their names,
//! so that one more breaks every call, and one that was renamed in the path breaks none.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::reach::Reach;
use super::rules;
use super::rust;
use super::sides::{Part, Side};
use super::texts::Text;
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::is_ignored;
use crate::names::method_name;

use WireEffect::{Breaks, Care, Safe};

/// A parameter, and where the list that holds it has it.
struct Found<'a> {
    listed: Part<'a>,
    part: Part<'a>,
}

impl Found<'_> {
    /// What it is called in a report. One of the path is not one of all its operations, where some have it already.
    fn told(&self, operation: &Part<'_>) -> String {
        let what = format!("the {}", titled(&self.part));
        if self
            .listed
            .pointer
            .starts_with(&format!("{}/", operation.pointer))
        {
            return what;
        }
        let (_, method) = operation.pointer.rsplit_once('/').unwrap_or_default();
        let name = operation.text("operationId").unwrap_or(method);
        format!("{what}, for {}", quoted(name))
    }
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
pub(super) fn identity(parameter: &Value) -> [Option<&Value>; 3] {
    ["$ref", "in", "name"].map(|key| parameter.get(key))
}

/// The arguments in their order: those of the path, the query, and the headers, each by their names in the spec.
fn order(parameters: &BTreeMap<Key, Found<'_>>) -> Vec<String> {
    let places = ["path", "query", "header"];
    let of = |place: &'static str| {
        let here = parameters
            .iter()
            .filter(move |((other, _), _)| other == place);
        let names = here.filter_map(|(_, found)| found.part.text("name"));
        let mut names: Vec<_> = names.filter(|name| !is_ignored(place, name)).collect();
        names.sort_unstable();
        names
    };
    let names = places.into_iter().flat_map(of);
    names.map(method_name).collect()
}

/// The name of the argument for a parameter; none if there is none.
fn argument_name(part: &Part<'_>) -> Option<String> {
    part.text("name")
        .filter(|_| !is_part_ignored(part))
        .map(method_name)
}

impl<'a> Comparison<'a, '_> {
    /// `renamed` has the new names of the path's parameters, by the old ones.
    pub fn parameters(&mut self, old: &Part<'a>, new: &Part<'a>, renamed: &HashMap<&str, &str>) {
        let operations = (old, new);
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
                    } else if old.part.text("name") != new.part.text("name") {
                        self.header_recased(&old.part, &new.part, keeps_order);
                    }
                    pairs.push((old.part, new.part));
                }
                None => left.push((place, name, old)),
            }
        }
        for (place, name, old) in left {
            if let Some(key) = is.keys().find(|(_, other)| *other == name).cloned()
                && let Some(new) = is.remove(&key)
            {
                self.parameter_moved(&new.part, &name, (&place, &key.0), keeps_order);
                pairs.push((old.part, new.part));
                continue;
            }
            let argument = argument_name(&old.part);
            let mut others = is
                .iter()
                .filter(|((other, _), _)| *other == place && place != "path");
            let same =
                others.find(|(_, new)| argument.is_some() && argument_name(&new.part) == argument);
            match same
                .map(|(key, _)| key.clone())
                .and_then(|key| is.remove(&key))
            {
                Some(new) => {
                    self.parameter_restyled(&old.part, &new.part, keeps_order);
                    pairs.push((old.part, new.part));
                }
                None => self.parameter_removed(&old, operations.0),
            }
        }
        for new in is.values() {
            self.parameter_added(new, operations.1);
        }
        for (old, new) in pairs {
            if self.is_first(&old, &new) {
                let site = Site::new(Reach::REQUEST);
                self.told((&old, &new), &["in", "name"], &site, |it| {
                    it.parameter(&old, &new)
                });
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
            let rust = match method_name(was) == method_name(is) {
                true => (RustEffect::None, "the argument has the same name"),
                false => (
                    RustEffect::Behaviour,
                    "the argument has another name, which callers do not write; the type of one that \
                     checks its value is called after it",
                ),
            };
            let wire = say(Safe, "the value alone is sent");
            (what, wire, rust)
        };
        let verdict = Verdict {
            request: wire,
            response: say(Safe, "it is not received"),
            rust: (rust.0, rust.1.to_string()),
        };
        let site = Site::new(Reach::REQUEST);
        self.now(rules::PARAMETER_RENAMED, &new.pointer, what, &site, verdict);
    }

    /// A header by the same name in another case.
    fn header_recased(&mut self, old: &Part<'_>, new: &Part<'_>, keeps_order: bool) {
        let why = "the header is written so from now on, which is the same to a server";
        let verdict = Verdict {
            request: say(Safe, "names of headers are the same in any case"),
            response: say(Safe, "it is not received"),
            rust: in_order(keeps_order, why),
        };
        self.by_another_name(old, new, verdict);
    }

    /// A parameter by a name in another style, of which the same argument is made.
    fn parameter_restyled(&mut self, old: &Part<'_>, new: &Part<'_>, keeps_order: bool) {
        let request = if new.is("required") {
            say(
                Breaks,
                "installed clients send the old name, and are refused without the new one",
            )
        } else {
            say(
                Care,
                "installed clients send the old name: the server may refuse that, or take no notice",
            )
        };
        let verdict = Verdict {
            request,
            response: say(Safe, "it is not received"),
            rust: in_order(
                keeps_order,
                "the argument stays, and is sent by the new name",
            ),
        };
        self.by_another_name(old, new, verdict);
    }

    fn by_another_name(&mut self, old: &Part<'_>, new: &Part<'_>, verdict: Verdict) {
        let was = quoted(old.text("name").unwrap_or("?"));
        let what = format!("the {} was {was}", titled(new));
        let site = Site {
            is_generated: !is_part_ignored(new),
            ..Site::new(Reach::REQUEST)
        };
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
        let rust = in_order(keeps_order, "the argument is where it was among the others");
        let why = "installed clients send it in the old place";
        let verdict = Verdict::both(Breaks, why, rust);
        let site = Site::new(Reach::REQUEST);
        self.now(rules::PARAMETER_MOVED, &new.pointer, what, &site, verdict);
    }

    fn parameter_added(&mut self, new: &Found<'_>, operation: &Part<'_>) {
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
        let what = new.told(operation);
        let site = Site::new(Reach::REQUEST);
        self.now(rule, &new.listed.pointer, what, &site, verdict);
    }

    fn parameter_removed(&mut self, old: &Found<'_>, operation: &Part<'_>) {
        let why = "installed clients send it: the server may refuse that, or take no notice";
        let rust = if is_part_ignored(&old.part) {
            (RustEffect::None, IGNORED.to_string())
        } else {
            let why = "the method loses an argument, so that every call has to change";
            (RustEffect::Breaks, why.to_string())
        };
        let verdict = Verdict::both(Care, why, rust);
        let what = old.told(operation);
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
        if old.get("schema").is_some() && new.get("schema").is_some() {
            let text = Some(Text::of(new.value));
            let reach = site.reach.sent_as(text);
            self.schema_at(old, new, "schema", &Site { reach, ..site });
        } else {
            self.content_or_none(old, new, &site);
        }
    }
}

/// What it does in Rust that arguments are sent otherwise, if they stay in their places.
fn in_order(keeps_order: bool, why: &str) -> Why<RustEffect> {
    match keeps_order {
        true => say(RustEffect::Behaviour, why),
        false => {
            let why = "the arguments are in another order: calls do not compile, or mix them up";
            say(RustEffect::Breaks, why)
        }
    }
}

fn titled(part: &Part<'_>) -> String {
    let text = |key| part.text(key).unwrap_or("?");
    format!("{} parameter {}", text("in"), quoted(text("name")))
}
