//! Operations: which of the old ones is which of the new ones, and what is said about each as a whole.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict};
use super::reach::Reach;
use super::rules;
use super::servers::addresses;
use super::sides::{Part, Side};
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::{METHODS, Operation, join, operations};
use crate::names::method_name;

use WireEffect::{Breaks, Safe};

/// An operation's place, whatever its path parameters are called.
fn place(operation: &Operation<'_>) -> (String, String) {
    (method(operation).to_string(), template(operation.path))
}

fn method<'o>(operation: &'o Operation<'_>) -> &'o str {
    let (_, method) = operation.pointer.rsplit_once('/').unwrap_or_default();
    method
}

/// The path without the names of its parameters.
fn template(path: &str) -> String {
    let mut bare = String::new();
    let mut is_name = false;
    for c in path.chars() {
        is_name = (is_name || c == '{') && c != '}';
        if !is_name || c == '{' {
            bare.push(c);
        }
    }
    bare
}

/// The names of a path's parameters, in order.
fn placeholders(path: &str) -> Vec<&str> {
    let pieces = path.split('{').skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once('}')?.0))
        .collect()
}

fn id<'o>(operation: &Operation<'o>) -> Option<&'o str> {
    operation.value.get("operationId")?.as_str()
}

fn title(operation: &Operation<'_>) -> String {
    quoted(&format!(
        "{} {}",
        method(operation).to_uppercase(),
        operation.path
    ))
}

/// An old operation and a new one.
type Pair<'p, 's> = (&'p Operation<'s>, &'p Operation<'s>);

/// Which of the new operations each of the old ones is: that in its place, or else that with its operationId.
fn pairs<'p, 's>(old: &'p [Operation<'s>], new: &'p [Operation<'s>]) -> Vec<Pair<'p, 's>> {
    let mut by_place: HashMap<_, Vec<&Operation<'_>>> = HashMap::new();
    let mut by_id: HashMap<_, &Operation<'_>> = HashMap::new();
    for operation in new.iter().rev() {
        by_place
            .entry(place(operation))
            .or_default()
            .push(operation);
        by_id.extend(id(operation).map(|id| (id, operation)));
    }
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for operation in old {
        let here = by_place.get_mut(&place(operation));
        // Of paths that differ in nothing but names, the one with the same names.
        let found = here.and_then(|here| {
            let same = here.iter().position(|other| other.path == operation.path);
            same.map(|same| here.remove(same)).or_else(|| here.pop())
        });
        match found {
            Some(found) => pairs.push((operation, found)),
            None => left.push(operation),
        }
    }
    let mut taken = pointers(&pairs);
    for operation in left {
        let moved = id(operation).and_then(|id| by_id.get(id).copied());
        if let Some(moved) = moved.filter(|moved| taken.insert(moved.pointer.as_str())) {
            pairs.push((operation, moved));
        }
    }
    pairs
}

/// Where the new ones of pairs stand.
fn pointers<'p>(pairs: &[Pair<'p, '_>]) -> HashSet<&'p str> {
    pairs.iter().map(|(_, new)| new.pointer.as_str()).collect()
}

/// Where the operations stand that are in both specs, and their paths: in the old one, and in the new one.
pub(super) fn places(old: &Value, new: &Value) -> HashMap<String, String> {
    let (old, new) = (operations(old), operations(new));
    let mut places = HashMap::new();
    for (old, new) in pairs(&old, &new) {
        let path = |operation: &Operation<'_>| join("/paths", operation.path);
        places.insert(path(old), path(new));
        places.insert(old.pointer.clone(), new.pointer.clone());
    }
    places
}

impl<'a> Comparison<'a, '_> {
    pub fn operations(&mut self) {
        let (old, new) = (operations(self.old.spec), operations(self.new.spec));
        let pairs = pairs(&old, &new);
        let is: HashSet<_> = pairs.iter().map(|(old, _)| &old.pointer).collect();
        for operation in old.iter().filter(|old| !is.contains(&old.pointer)) {
            self.removed(operation);
        }
        let was = pointers(&pairs);
        for operation in &new {
            if !was.contains(operation.pointer.as_str()) {
                self.added(operation);
            }
        }
        for (old, new) in pairs {
            if place(old) != place(new) {
                self.moved(old, new);
            }
            self.pair(old, new);
        }
        self.path_items();
    }

    fn added(&mut self, operation: &Operation<'_>) {
        let rust = match id(operation) {
            Some(id) => format!("there is a method `{}`", method_name(id)),
            None => "it has no operationId, without which there is no method".to_string(),
        };
        let rust = (RustEffect::Additive, rust);
        let verdict = Verdict::both(Safe, "no installed client calls it", rust);
        let what = title(operation);
        let site = Site::new(Reach::REQUEST);
        self.now(
            rules::OPERATION_ADDED,
            &operation.pointer,
            what,
            &site,
            verdict,
        );
    }

    fn removed(&mut self, operation: &Operation<'_>) {
        let rust = match id(operation) {
            Some(id) => format!("there is no method `{}` any more", method_name(id)),
            None => "its method is gone".to_string(),
        };
        let rust = (RustEffect::Breaks, rust);
        let verdict = Verdict::both(Breaks, "installed clients get an error for it", rust);
        let what = title(operation);
        let site = Site::new(Reach::REQUEST);
        self.gone(
            rules::OPERATION_REMOVED,
            &operation.pointer,
            what,
            &site,
            verdict,
        );
    }

    fn moved(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let rust = "the method calls another place; what it takes is compared apart".to_string();
        let rust = (RustEffect::Behaviour, rust);
        let (wire, why) = if self.is_called_as_before(old, new) {
            let why =
                "with the servers' addresses, which changed as well, it comes out where it was";
            (Safe, why)
        } else {
            (Breaks, "installed clients call the old place")
        };
        let verdict = Verdict::both(wire, why, rust);
        let what = format!("{} was {}", title(new), title(old));
        let site = Site::new(Reach::REQUEST);
        self.now(rules::OPERATION_MOVED, &new.pointer, what, &site, verdict);
    }

    /// Whether the addresses are the same, of which servers and paths have other parts.
    fn is_called_as_before(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let of = |side: &Side<'a>, operation: &Operation<'_>| {
            let part = side.at(&operation.pointer);
            let path = template(operation.path);
            part.map(|part| addresses(side, &part, &path))
                .unwrap_or_default()
        };
        let (was, is) = (of(self.old, old), of(self.new, new));
        method(old) == method(new) && !was.is_empty() && was.is_subset(&is)
    }

    fn pair(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let parts = (self.old.at(&old.pointer), self.new.at(&new.pointer));
        let (Some(old_part), Some(new_part)) = parts else {
            return;
        };
        if id(old) != id(new) {
            self.renamed(old, new);
        }
        let site = Site::new(Reach::REQUEST);
        for key in ["summary", "description", "tags", "externalDocs"] {
            let words = "the words about the operation";
            let rule = rules::OPERATION_DESCRIBED_OTHERWISE;
            self.words(&old_part, &new_part, (key, words, rule), &site);
        }
        self.deprecation(&old_part, &new_part, "operation", &site);
        let (old_names, new_names) = (placeholders(old.path), placeholders(new.path));
        let renamed: HashMap<_, _> = if old_names.len() == new_names.len() {
            old_names.into_iter().zip(new_names).collect()
        } else {
            HashMap::new()
        };
        self.parameters(&old_part, &new_part, &renamed);
        self.request_bodies(&old_part, &new_part);
        self.responses(&old_part, &new_part);
        if old_part.get("security").is_some() || new_part.get("security").is_some() {
            self.security(&old_part, &new_part);
        }
        if self.old.own(&old_part, "servers").is_some()
            || self.new.own(&new_part, "servers").is_some()
        {
            self.servers(&old_part, &new_part);
        }
        self.callbacks(&old_part, &new_part, &site);
        let known = |key: &str| {
            matches!(
                key,
                "operationId"
                    | "summary"
                    | "description"
                    | "tags"
                    | "externalDocs"
                    | "deprecated"
                    | "parameters"
                    | "requestBody"
                    | "responses"
                    | "security"
                    | "servers"
                    | "callbacks"
            )
        };
        self.others(&old_part, &new_part, &known, &site);
    }

    fn renamed(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let method = |operation: &Operation<'_>| id(operation).map(method_name);
        let name = |id: Option<&str>| id.map_or("no operationId".to_string(), quoted);
        let rust = if method(old) == method(new) {
            (RustEffect::None, "the method has the same name".to_string())
        } else {
            let name =
                |operation| method(operation).map_or("none".to_string(), |name| quoted(&name));
            let why = format!(
                "the method was {} and is {}, and types that are called after it follow",
                name(old),
                name(new)
            );
            (RustEffect::Breaks, why)
        };
        let what = format!("{} was {}", name(id(new)), name(id(old)));
        let verdict = Verdict::both(Safe, "operationIds are not sent", rust);
        let at = match id(new) {
            Some(_) => join(&new.pointer, "operationId"),
            None => new.pointer.clone(),
        };
        let site = Site::new(Reach::REQUEST);
        self.now(rules::OPERATION_RENAMED, &at, what, &site, verdict);
    }

    fn callbacks(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (was, is) = (old.get("callbacks"), new.get("callbacks"));
        if was.as_ref().map(|part| part.value) == is.as_ref().map(|part| part.value) {
            return;
        }
        let why = "the server calls them: look at what answers";
        let rust = "the generator makes nothing of them".to_string();
        let verdict = Verdict::both(WireEffect::Care, why, (RustEffect::None, rust));
        let what = "what the server calls".to_string();
        match (was, is) {
            (Some(was), None) => {
                self.gone(rules::CALLBACKS_CHANGED, &was.pointer, what, site, verdict);
            }
            (_, Some(is)) => self.now(rules::CALLBACKS_CHANGED, &is.pointer, what, site, verdict),
            (None, None) => {}
        }
    }

    /// Reports words that changed, for people only.
    pub fn words(
        &mut self,
        old: &Part<'_>,
        new: &Part<'_>,
        (key, of, rule): (&str, &str, &'static str),
        site: &Site,
    ) {
        let what = || format!("{of}: {}", quoted(key));
        match (old.get(key), new.get(key)) {
            (Some(was), Some(is)) if was.value == is.value => {}
            (_, Some(is)) => self.now(rule, &is.pointer, what(), site, Verdict::words_only()),
            (Some(was), None) => self.gone(rule, &was.pointer, what(), site, Verdict::words_only()),
            (None, None) => {}
        }
    }

    /// What is said about a path as a whole, apart from its operations and parameters.
    fn path_items(&mut self) {
        let by_template: HashMap<String, Part<'a>> = items(self.old).collect();
        let site = Site::new(Reach::REQUEST);
        for (template, new) in items(self.new) {
            let Some(old) = by_template.get(&template) else {
                continue;
            };
            for key in ["summary", "description"] {
                let rule = rules::OPERATION_DESCRIBED_OTHERWISE;
                self.words(old, &new, (key, "the words about the path", rule), &site);
            }
            let known = |key: &str| {
                METHODS.contains(&key)
                    || matches!(key, "summary" | "description" | "servers" | "parameters")
            };
            self.others(old, &new, &known, &site);
        }
    }
}

/// The paths, by their templates.
fn items<'a>(side: &Side<'a>) -> impl Iterator<Item = (String, Part<'a>)> + use<'a> {
    let paths = side.document().get("paths");
    let keys = paths.clone().into_iter().flat_map(|paths| paths.keys());
    keys.filter_map(move |path| {
        let item = paths.as_ref()?.get(path)?;
        Some((template(path), item))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_whatever_their_parameters_are_called() {
        assert_eq!(template("/a/{id}/b/{c}.json"), "/a/{}/b/{}.json");
        assert_eq!(template("/a}{b"), "/a}{");
        assert_eq!(placeholders("/a/{id}/b/{c}.json/{"), ["id", "c"]);
    }
}
