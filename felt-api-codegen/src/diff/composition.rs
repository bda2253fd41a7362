//! `allOf`, `oneOf`, `anyOf`, `not` and the discriminator.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, say};
use super::rules;
use super::rust;
use super::schemas::{last, takes_title};
use super::sides::Part;
use super::variants::{Variants, variants};
use super::words::quoted;
use super::wrapping::says_something;
use super::{RustEffect, WireEffect};
use crate::document::reference;

use WireEffect::{Breaks, Care, Safe};

impl<'a> Comparison<'a, '_> {
    pub fn composition(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        for key in ["allOf", "oneOf", "anyOf"] {
            self.branches(key, old, new, site);
        }
        self.discriminator(old, new, site);
        if old.value.get("not") != new.value.get("not") {
            let why = "what is excluded changed: compare by hand";
            let is_kept = |part: &Part<'_>| part.made.is_some_and(|made| made.get("not").is_some());
            let rust = if is_kept(old) || is_kept(new) {
                (RustEffect::Behaviour, "compare the code".to_string())
            } else {
                let why = "no type is made of what it excludes (`no-exclusions`)";
                (RustEffect::None, why.to_string())
            };
            let verdict = Verdict::both(Care, why, rust);
            let what = "what is excluded".to_string();
            self.now(rules::NOT_CHANGED, &new.pointer, what, site, verdict);
        }
    }

    pub fn discriminator(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        if old.value.get("discriminator") != new.value.get("discriminator") {
            let why = "a server may tell the branches apart otherwise";
            let rust = "the generator takes no notice of it: branches are tried in turn";
            let rust = (RustEffect::None, rust.to_string());
            let verdict = Verdict::both(Care, why, rust);
            let what = "how the branches are told apart".to_string();
            let at = &new.pointer;
            self.now(rules::DISCRIMINATOR_CHANGED, at, what, site, verdict);
        }
    }

    fn branches(&mut self, key: &str, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let variants = (made_variants(old, key), made_variants(new, key));
        let stays = |part: &Part<'_>| part.made.is_some_and(|made| made.get(key).is_some());
        let stays_any = key == "anyOf" && (stays(old) || stays(new));
        let (old_part, new_part) = (old, new);
        let (old, new) = (&elements(old, key), &elements(new, key));
        if key == "allOf" {
            self.words_in_all(old_part, new_part, site);
        }
        // What is said beside the one schema that there is was compared as said of the whole.
        let is_key = |wrapped: Option<(&str, Part<'_>)>| wrapped.is_some_and(|it| it.0 == key);
        let is_wrapping = is_key(old_part.wrapped()) && is_key(new_part.wrapped());
        let pairs = self.pairs(key, old, new);
        let is_same_enum = variants.0 == variants.1 && holds_the_same(old, new);
        let renamed = match is_same_enum {
            true => Vec::new(),
            false => renamed(&pairs, &variants),
        };
        self.told_apart(key, &variants, new_part, site);
        let is_told_by_content = variants.0 == Some(Variants::Content) && variants.0 == variants.1;
        for (old_index, new_index) in &pairs {
            if let (Some(old), Some(new)) = (old.get(*old_index), new.get(*new_index)) {
                let own = renamed.iter().find(|(index, _)| index == old_index);
                let variants = own.or(renamed.first());
                let inner = Site {
                    is_named: is_told_by_content,
                    variants: variants.map(|(_, names)| names.clone()),
                    is_told: is_wrapping,
                    is_merged: key == "allOf" && !is_wrapping,
                    types: site.types.clone().filter(|_| is_wrapping),
                    ..site.inner()
                };
                self.schemas(old, new, &inner);
            }
        }
        let is_flattened =
            key == "anyOf" && self.old.is_flattened(old_part) && self.new.is_flattened(new_part);
        let (added_rule, removed_rule) = match key {
            "allOf" => (rules::ALL_OF_ADDED, rules::ALL_OF_REMOVED),
            "oneOf" => (rules::ONE_OF_ADDED, rules::ONE_OF_REMOVED),
            _ => (rules::ANY_OF_ADDED, rules::ANY_OF_REMOVED),
        };
        for (index, part) in new.iter().enumerate() {
            if !pairs.iter().any(|(_, paired)| *paired == index) {
                let what = named(part, key);
                let mut verdict = added(key, is_flattened);
                if key == "allOf" {
                    verdict.request = self.asked_by_part(old_part, part);
                }
                self.now(added_rule, &part.pointer, what, site, verdict);
            }
        }
        for (index, part) in old.iter().enumerate() {
            if !pairs.iter().any(|(paired, _)| *paired == index) {
                let mut verdict = removed(key, is_flattened);
                if key == "allOf" {
                    (verdict.request, verdict.response) = self.left_by_part(part, new_part);
                }
                self.gone(removed_rule, &part.pointer, named(part, key), site, verdict);
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
            let rust = match renamed.first() {
                _ if stays_any => {
                    let why = "fields or variants for the branches of an `anyOf` may be numbered in their order";
                    (RustEffect::Breaks, why.to_string())
                }
                Some((_, (was, is))) => {
                    let why = format!("the variant {} is called {}", quoted(was), quoted(is));
                    (RustEffect::Breaks, why)
                }
                None if is_same_enum => {
                    let why = "the variants hold the same types in this order, too";
                    (RustEffect::None, why.to_string())
                }
                None => {
                    let why = "of the branches that fit a value, the first is taken";
                    (RustEffect::Behaviour, why.to_string())
                }
            };
            let why = "what is allowed is the same";
            let verdict = Verdict::both(Safe, why, rust);
            let what = format!("the branches of the {}", quoted(key));
            self.now(rules::BRANCHES_REORDERED, parent, what, site, verdict);
        }
    }

    /// Parts of an `allOf` that are words alone: they ask for nothing.
    fn words_in_all(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let words = |part: &Part<'a>| {
            let all = part.get("allOf").map(|all| all.elements());
            let mut words = all.unwrap_or_default();
            words.retain(|part| !says_something(part.value));
            words.into_iter().map(|part| part.value).collect::<Vec<_>>()
        };
        if words(old) == words(new) {
            return;
        }
        let mut verdict = Verdict::words_only();
        if takes_title(old, new, site) {
            let why = "beside words in the `allOf` no type is called after the title, so that its name changes";
            verdict.rust = (RustEffect::Breaks, why.to_string());
        }
        let what = "the words in the `allOf`".to_string();
        let at = new
            .get("allOf")
            .map_or(new.pointer.clone(), |all| all.pointer);
        self.now(rules::DESCRIPTION_CHANGED, &at, what, site, verdict);
    }

    /// Says so if variants are called after something else.
    fn told_apart(
        &mut self,
        key: &str,
        variants: &(Option<Variants>, Option<Variants>),
        new: &Part<'a>,
        site: &Site,
    ) {
        let (Some(was), Some(is)) = variants else {
            return;
        };
        let by_content = |variants: &Variants| *variants == Variants::Content;
        if by_content(was) == by_content(is) {
            return;
        }
        let after = |variants: &Variants| match variants {
            Variants::Content => "what tells the branches apart",
            Variants::Branches(_) => "the branches",
        };
        let why = format!(
            "variants were called after {} and are called after {}",
            after(was),
            after(is)
        );
        let what = format!(
            "the branches of the {} are told apart otherwise",
            quoted(key)
        );
        let on_the_wire = "what differs in the branches is listed where it stands";
        let verdict = Verdict::both(Safe, on_the_wire, (RustEffect::Breaks, why));
        let at = format!("{}/{key}", new.pointer);
        self.now(rules::TYPE_CHANGED, &at, what, site, verdict);
    }
}

/// What `key` is called in what code is made of: an `anyOf` may have become a `oneOf`
/// (`value-alternatives`).
fn made_key<'k>(part: &Part<'_>, key: &'k str) -> &'k str {
    let has = |key: &str| part.made.is_some_and(|made| made.get(key).is_some());
    match key == "anyOf" && !has(key) && part.value.get("oneOf").is_none() {
        true => "oneOf",
        false => key,
    }
}

fn elements<'a>(part: &Part<'a>, key: &str) -> Vec<Part<'a>> {
    let Some(mut all) = part.get(key) else {
        return Vec::new();
    };
    all.made = part.made.and_then(|made| made.get(made_key(part, key)));
    let mut elements = all.elements();
    if key == "allOf" {
        // Words alone are no branch, and not always there in what code is made of.
        elements.retain(|part| says_something(part.value));
        let made = all.made.and_then(Value::as_array).into_iter().flatten();
        let mut made: Vec<_> = made.filter(|made| says_something(made)).collect();
        if made.len() == elements.len() {
            // What has alternatives comes last there (`alternatives-last`).
            let mut others = Vec::new();
            for element in &mut elements {
                let own = outline(element.value);
                match made.iter().position(|made| outline(made) == own) {
                    Some(index) => element.made = Some(made.remove(index)),
                    None => others.push(element),
                }
            }
            for (element, made) in others.into_iter().zip(made) {
                element.made = Some(made);
            }
        }
    }
    elements
}

/// By what a part of an `allOf` is known in what code is made of: what it refers to, whether it has alternatives, and
/// its properties.
fn outline(part: &Value) -> (Option<&str>, bool, Vec<&String>) {
    let has = |key: &&str| part.get(*key).is_some();
    let has_alternatives = ["oneOf", "anyOf"].iter().any(has);
    let properties = part.get("properties").and_then(Value::as_object);
    let mut names: Vec<_> = properties.into_iter().flat_map(|all| all.keys()).collect();
    names.sort_unstable();
    (reference(part), has_alternatives, names)
}

fn made_variants(part: &Part<'_>, key: &str) -> Option<Variants> {
    match made_key(part, key) {
        "allOf" => None,
        key => variants(part.made?, key),
    }
}

/// The variants that get another name: the position of the old branch, and the names.
fn renamed(
    pairs: &[(usize, usize)],
    variants: &(Option<Variants>, Option<Variants>),
) -> Vec<(usize, (String, String))> {
    let (Some(Variants::Branches(old)), Some(Variants::Branches(new))) = variants else {
        return Vec::new();
    };
    let names = pairs.iter().filter_map(|(was, is)| {
        let (before, after) = (old.get(*was)?, new.get(*is)?);
        (before != after).then(|| (*was, (before.clone(), after.clone())))
    });
    names.collect()
}

/// Whether the branches make the same types one by one, none of which has a name of its own or holds what is not told.
fn holds_the_same(old: &[Part<'_>], new: &[Part<'_>]) -> bool {
    let types = |parts: &[Part<'_>]| {
        let plain = |part: &Part<'_>| {
            let made = part.made.filter(|made| reference(made).is_none());
            let name = rust::type_of(Some(made?));
            (!rust::is_named(made) && !name.contains("_>")).then_some(name)
        };
        parts.iter().map(plain).collect::<Option<Vec<_>>>()
    };
    let was = types(old);
    was.is_some() && was == types(new)
}

fn named(part: &Part<'_>, key: &str) -> String {
    let kind = if key == "allOf" { "part" } else { "branch" };
    match (reference(part.value), part.text("title")) {
        (Some(reference), _) => format!("the {kind} {}", quoted(last(reference))),
        (None, Some(title)) => format!("the {kind} {}", quoted(title)),
        (None, None) => format!("a {kind} without a name"),
    }
}

fn added(key: &str, is_flattened: bool) -> Verdict {
    let (request, response, rust) = match key {
        "allOf" => (
            say(Breaks, "a value has to match this one, too"),
            say(Safe, "what comes matches what came before"),
            "the type takes in another schema",
        ),
        _ if is_flattened => (
            say(Safe, "what was sent before is allowed"),
            say(
                Safe,
                "installed clients read of it what the other branches have",
            ),
            "the struct gets a field: struct literals, and patterns that name all fields, no longer \
             compile",
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

fn removed(key: &str, is_flattened: bool) -> Verdict {
    let (request, response, rust) = match key {
        "allOf" => (
            say(Safe, "less is asked for"),
            say(Breaks, "installed clients may miss what this one asked for"),
            "the type no longer takes in this schema",
        ),
        _ if is_flattened => (
            say(Breaks, "installed clients can send it, and it is refused"),
            say(
                Safe,
                "installed clients read nothing of this branch from now on",
            ),
            "the struct loses a field",
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
