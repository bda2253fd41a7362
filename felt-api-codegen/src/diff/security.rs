//! What a request has to be authorized with: any of some ways, each of which may be several schemes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::reach::Reach;
use super::rules;
use super::sides::Part;
use super::words::quoted;
use super::{RustEffect, WireEffect};

use WireEffect::{Breaks, Safe};

/// A way to authorize: where it stands, and the scopes of each scheme that it asks for.
struct Way<'a> {
    pointer: String,
    schemes: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl Way<'_> {
    /// Whether it asks for no more than the other one does.
    fn is_within(&self, other: &Way<'_>) -> bool {
        let mut schemes = self.schemes.iter();
        schemes.all(|(name, scopes)| {
            let others = other.schemes.get(name);
            others.is_some_and(|others| scopes.is_subset(others))
        })
    }

    /// Whether it asks for the same schemes, for whatever scopes.
    fn has_schemes_of(&self, other: &Way<'_>) -> bool {
        self.schemes.keys().eq(other.schemes.keys())
    }

    /// What it is called in a report.
    fn told(&self) -> String {
        let schemes = self.schemes.iter().map(|(name, scopes)| {
            let scopes: Vec<_> = scopes.iter().map(|scope| quoted(scope)).collect();
            match scopes.as_slice() {
                [] => quoted(name),
                scopes => format!("{} ({})", quoted(name), scopes.join(", ")),
            }
        });
        match schemes.collect::<Vec<_>>().as_slice() {
            [] => "no authorization".to_string(),
            schemes => schemes.join(" with "),
        }
    }
}

/// The ways to authorize requests, each of which is enough. No way named means: none is needed.
fn ways<'a>(part: &Part<'a>, document: &Part<'a>) -> Vec<Way<'a>> {
    let own = part.get("security");
    // What an operation takes over is told where the operation is.
    let inherited = own.is_none().then(|| part.pointer.clone());
    let listed = own.or_else(|| document.get("security"));
    let elements = listed.as_ref().map(Part::elements).unwrap_or_default();
    let mut found: Vec<_> = elements
        .into_iter()
        .map(|element| {
            let schemes = element.value.as_object().into_iter().flatten();
            let schemes = schemes.map(|(name, scopes)| {
                let scopes = scopes.as_array().into_iter().flatten();
                (name.as_str(), scopes.filter_map(Value::as_str).collect())
            });
            let schemes = schemes.collect();
            let pointer = inherited.clone().unwrap_or(element.pointer);
            Way { pointer, schemes }
        })
        .collect();
    if found.is_empty() {
        let pointer = listed.map_or_else(|| part.pointer.clone(), |listed| listed.pointer);
        let schemes = BTreeMap::new();
        found.push(Way { pointer, schemes });
    }
    found
}

impl<'a> Comparison<'a, '_> {
    /// The ways to authorize a request. An operation without a word on it has those of the document.
    pub fn security(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let mut was = ways(old, &self.old.document());
        let is = ways(new, &self.new.document());
        for way in &mut was {
            let schemes = std::mem::take(&mut way.schemes).into_iter();
            let named = |(name, scopes)| (self.schemes.get(name).copied().unwrap_or(name), scopes);
            way.schemes = schemes.map(named).collect();
        }
        let without = |these: &[Way<'a>], way: &Way<'a>| {
            these.iter().all(|other| other.schemes != way.schemes)
        };
        let mut gone: Vec<_> = was.iter().filter(|way| without(&is, way)).collect();
        let mut added: Vec<_> = is.iter().filter(|way| without(&was, way)).collect();
        // One that is all there is of the same schemes on either side asks for other scopes.
        let pairs: Vec<_> = gone
            .iter()
            .filter_map(|before| {
                let count = gone.iter().filter(|way| way.has_schemes_of(before)).count();
                let mut same = added.iter().filter(|way| way.has_schemes_of(before));
                let (way, others) = (same.next()?, same.next());
                (count == 1 && others.is_none()).then_some((*before, *way))
            })
            .collect();
        for (before, way) in pairs {
            gone.retain(|way| !way.has_schemes_of(before));
            added.retain(|other| !other.has_schemes_of(way));
            self.scopes(before, way, &is);
        }
        let site = Site::new(Reach::REQUEST);
        for way in added {
            let verdict = Verdict::both(
                Safe,
                "the old ways are listed apart if they are gone",
                rust(),
            );
            self.now(
                rules::SECURITY_ADDED,
                &way.pointer,
                way.told(),
                &site,
                verdict,
            );
        }
        for way in gone {
            let (wire, why) = without_way(way, &is);
            let verdict = Verdict::both(wire, &why, rust());
            self.gone(
                rules::SECURITY_REMOVED,
                &way.pointer,
                way.told(),
                &site,
                verdict,
            );
        }
    }

    /// What one way asks for, of which the other ones may ask less.
    fn scopes(&mut self, before: &Way<'a>, way: &Way<'a>, is: &[Way<'a>]) {
        let site = Site::new(Reach::REQUEST);
        for (name, scopes) in &way.schemes {
            let Some(old) = before.schemes.get(name) else {
                continue;
            };
            for scope in scopes.difference(old) {
                let (wire, why) = match without_way(before, is) {
                    (Breaks, _) => say(Breaks, "tokens without this scope are refused"),
                    safe => safe,
                };
                let verdict = Verdict::both(wire, &why, rust());
                let what = format!("{} for {}", quoted(scope), quoted(name));
                let rule = rules::SECURITY_SCOPE_ADDED;
                self.now(rule, &way.pointer, what, &site, verdict);
            }
            for scope in old.difference(scopes) {
                let verdict = Verdict::both(Safe, "less is asked for", rust());
                let what = format!("{} for {}", quoted(scope), quoted(name));
                let rule = rules::SECURITY_SCOPE_REMOVED;
                self.gone(rule, &before.pointer, what, &site, verdict);
            }
        }
    }
}

/// What becomes of requests that are authorized in a way that is no longer named, where these are.
fn without_way(way: &Way<'_>, is: &[Way<'_>]) -> Why<WireEffect> {
    let enough = is.iter().filter(|other| other.is_within(way));
    let enough: Vec<_> = enough.collect();
    if enough.iter().any(|other| other.schemes.is_empty()) {
        let why = "none is needed, and one that comes does no harm";
        return say(Safe, why);
    }
    if let Some(other) = enough.first() {
        let why = format!("less is asked for: {} is enough", other.told());
        return (Safe, why);
    }
    if way.schemes.is_empty() {
        return say(Breaks, "requests without authorization are refused");
    }
    let why = "requests that are authorized in this way are refused";
    say(Breaks, why)
}

fn rust() -> Why<RustEffect> {
    let why = "who makes the HTTP client authorizes its requests";
    say(RustEffect::None, why)
}
