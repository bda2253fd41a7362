//! `allOf`, `oneOf`, `anyOf`, `not` and the discriminator.

use std::collections::HashMap;

use super::comparison::{Comparison, Site, Verdict, say};
use super::rules;
use super::schemas::last;
use super::sides::{Part, canonical};
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::reference;

use WireEffect::{Breaks, Care, Safe};

impl<'a> Comparison<'a, '_> {
    pub fn composition(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        for key in ["allOf", "oneOf", "anyOf"] {
            let of = |part: &Part<'a>| part.get(key).map(|all| all.elements()).unwrap_or_default();
            self.branches(key, &of(old), &of(new), site);
        }
        if old.value.get("discriminator") != new.value.get("discriminator") {
            let why = "a server may tell the branches apart otherwise";
            let rust = "the generator takes no notice of it: branches are tried in turn";
            let rust = (RustEffect::None, rust.to_string());
            let verdict = Verdict::both(Care, why, rust);
            let what = "how the branches are told apart".to_string();
            let at = &new.pointer;
            self.now(rules::DISCRIMINATOR_CHANGED, at, what, site, verdict);
        }
        if old.value.get("not") != new.value.get("not") {
            let why = "what is excluded changed: compare by hand";
            let rust = (RustEffect::Behaviour, "compare the code".to_string());
            let verdict = Verdict::both(Care, why, rust);
            let what = "what is excluded".to_string();
            self.now(rules::NOT_CHANGED, &new.pointer, what, site, verdict);
        }
    }

    fn branches(&mut self, key: &str, old: &[Part<'a>], new: &[Part<'a>], site: &Site) {
        let pairs = self.pairs(old, new);
        let inner = site.inner();
        for (old_index, new_index) in &pairs {
            if let (Some(old), Some(new)) = (old.get(*old_index), new.get(*new_index)) {
                self.schemas(old, new, &inner);
            }
        }
        let (added_rule, removed_rule) = match key {
            "allOf" => (rules::ALL_OF_ADDED, rules::ALL_OF_REMOVED),
            "oneOf" => (rules::ONE_OF_ADDED, rules::ONE_OF_REMOVED),
            _ => (rules::ANY_OF_ADDED, rules::ANY_OF_REMOVED),
        };
        for (index, part) in new.iter().enumerate() {
            if !pairs.iter().any(|(_, paired)| *paired == index) {
                let what = format!("{} as well", named(part));
                let verdict = added(key);
                self.now(added_rule, &part.pointer, what, site, verdict);
            }
        }
        for (index, part) in old.iter().enumerate() {
            if !pairs.iter().any(|(paired, _)| *paired == index) {
                let verdict = removed(key);
                self.gone(removed_rule, &part.pointer, named(part), site, verdict);
            }
        }
        let in_order = pairs
            .iter()
            .zip(pairs.iter().skip(1))
            .all(|(a, b)| a.1 < b.1);
        if !in_order
            && key != "allOf"
            && let Some((parent, _)) = new.first().and_then(|part| part.pointer.rsplit_once('/'))
        {
            // A plain type gives a variant its name as well; a single property does not any more
            // (`open-alternatives`).
            let is_named = |part: &Part<'_>| {
                let is_plain = matches!(
                    part.text("type"),
                    Some("string" | "integer" | "number" | "boolean")
                );
                let is_titled =
                    reference(part.value).is_some() || part.value.get("title").is_some();
                is_titled || is_plain
            };
            let rust = if old.iter().all(is_named) {
                let why = "of the branches that fit a value, the first is taken";
                (RustEffect::Behaviour, why.to_string())
            } else {
                let why = "variants without a name of their own are numbered in this order";
                (RustEffect::Breaks, why.to_string())
            };
            let why = "what is allowed is the same";
            let verdict = Verdict::both(Safe, why, rust);
            let what = format!("the branches of the {}", quoted(key));
            self.now(rules::BRANCHES_REORDERED, parent, what, site, verdict);
        }
    }

    /// Which branch was which, by position; in the order of the old ones. Equal ones first, then those
    /// of one name; what is left over is paired in order if as many are gone as have come.
    fn pairs(&mut self, old: &[Part<'a>], new: &[Part<'a>]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let mut old_left: Vec<usize> = (0..old.len()).collect();
        let mut new_left: Vec<usize> = (0..new.len()).collect();
        let keys: [fn(&Part<'_>) -> Option<String>; 2] = [
            |part| Some(canonical(part.value)),
            |part| part.text("title").map(str::to_string),
        ];
        for key in keys {
            let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
            for index in new_left.iter().rev() {
                if let Some(key) = new.get(*index).and_then(key) {
                    by_key.entry(key).or_default().push(*index);
                }
            }
            old_left.retain(|index| {
                let key = old.get(*index).and_then(key);
                let found = key.and_then(|key| by_key.get_mut(&key)?.pop());
                pairs.extend(found.map(|found| (*index, found)));
                found.is_none()
            });
            new_left.retain(|index| !pairs.iter().any(|(_, paired)| paired == index));
        }
        // A schema that was renamed is the same branch.
        old_left.retain(|index| {
            let was = old.get(*index).and_then(|part| reference(part.value));
            let found = new_left.iter().position(|index| {
                let is = new.get(*index).and_then(|part| reference(part.value));
                matches!((was, is), (Some(was), Some(is)) if self.is_renamed(was, is))
            });
            if let Some(found) = found {
                pairs.push((*index, new_left.remove(found)));
            }
            found.is_none()
        });
        if old_left.len() == new_left.len() {
            pairs.extend(old_left.into_iter().zip(new_left));
        }
        pairs.sort_unstable();
        pairs
    }

    fn is_renamed(&self, old: &str, new: &str) -> bool {
        let (old, new) = (old.strip_prefix('#'), new.strip_prefix('#'));
        old.and_then(|old| self.renamed.get(old))
            .map(String::as_str)
            == new
    }
}

fn named(part: &Part<'_>) -> String {
    match (reference(part.value), part.text("title")) {
        (Some(reference), _) => quoted(last(reference)),
        (None, Some(title)) => quoted(title),
        (None, None) => "a schema without a name".to_string(),
    }
}

fn added(key: &str) -> Verdict {
    let (request, response, rust) = match key {
        "allOf" => (
            say(Breaks, "a value has to match this one, too"),
            say(Safe, "what comes matches what came before"),
            "the type takes in another schema",
        ),
        _ => (
            say(Safe, "what was sent before is allowed"),
            say(
                Breaks,
                "installed clients cannot read a value of this branch",
            ),
            "the enum gets a variant: a `match` without `_` no longer compiles",
        ),
    };
    Verdict {
        request,
        response,
        rust: (RustEffect::Breaks, rust.to_string()),
    }
}

fn removed(key: &str) -> Verdict {
    let (request, response, rust) = match key {
        "allOf" => (
            say(Safe, "less is asked for"),
            say(Breaks, "installed clients may miss what this one asked for"),
            "the type no longer takes in this schema",
        ),
        _ => (
            say(Breaks, "installed clients can send it, and it is refused"),
            say(Safe, "a value of this branch no longer comes"),
            "the enum loses a variant",
        ),
    };
    Verdict {
        request,
        response,
        rust: (RustEffect::Breaks, rust.to_string()),
    }
}
