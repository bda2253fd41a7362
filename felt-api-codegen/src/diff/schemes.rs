//! Security schemes: what is sent by each of them, whatever it is called.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::WireEffect;
use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::document::unseen;
use super::reach::Reach;
use super::rules;
use super::sides::{Part, Side};
use super::words::quoted;

use WireEffect::{Breaks, Care, Safe};

/// The security schemes, by name.
fn schemes<'a>(side: &Side<'a>, document: &Part<'a>) -> HashMap<&'a str, Part<'a>> {
    let all = document.get("components");
    let all = all.and_then(|all| all.get("securitySchemes"));
    let names = all.iter().flat_map(Part::keys);
    let scheme = |name| Some((name, side.resolved(&all.as_ref()?.get(name)?)?));
    names.filter_map(scheme).collect()
}

/// What a scheme says but for words. Names of headers and of ways to authorize in HTTP are the same in any case.
fn bare(scheme: &Value) -> Map<String, Value> {
    let mut bare = scheme.as_object().cloned().unwrap_or_default();
    bare.retain(|key, _| {
        !key.starts_with("x-") && !matches!(key.as_str(), "description" | "bearerFormat")
    });
    let is_header = bare.get("in").and_then(Value::as_str) == Some("header");
    for key in ["name", "scheme"] {
        if let Some(Value::String(name)) = bare.get_mut(key).filter(|_| is_header || key != "name")
        {
            name.make_ascii_lowercase();
        }
    }
    bare
}

/// Where a scheme has its secret, and how it is announced there, where that is told.
fn sent(scheme: &Value) -> Option<(String, String, Option<String>)> {
    let scheme = bare(scheme);
    let text = |key: &str| scheme.get(key)?.as_str().map(str::to_string);
    let [header, name] = ["header", "authorization"].map(str::to_string);
    Some(match text("type")?.as_str() {
        "apiKey" => (text("in")?, text("name")?, None),
        "http" => (header, name, text("scheme")),
        "oauth2" | "openIdConnect" => (header, name, Some("bearer".to_string())),
        _ => return None,
    })
}

/// What becomes of requests that are authorized by a scheme that is another one now.
fn authorized(old: &Value, new: &Value) -> Why<WireEffect> {
    let look = "look whether requests are still authorized as they were";
    let (Some(was), Some(is)) = (sent(old), sent(new)) else {
        return say(Care, look);
    };
    let is_same_place = (&was.0, &was.1) == (&is.0, &is.1);
    match (&was.2, &is.2) {
        _ if !is_same_place => say(
            Breaks,
            "what authorizes a request is looked for in another place",
        ),
        (Some(was), Some(is)) if was != is => say(
            Breaks,
            "requests are authorized in another way, and refused as they were",
        ),
        _ if bare(old) == bare(new) => say(Safe, "what is sent is the same"),
        _ => say(Care, look),
    }
}

impl<'a> Comparison<'a, '_> {
    /// Finds the schemes that have another name and are the same, where there is but one that they can be.
    pub fn find_renamed_schemes(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let (was, is) = (schemes(self.old, old), schemes(self.new, new));
        let gone: Vec<_> = was
            .iter()
            .filter(|(name, _)| !is.contains_key(*name))
            .collect();
        let added: Vec<_> = is
            .iter()
            .filter(|(name, _)| !was.contains_key(*name))
            .collect();
        for (name, part) in &gone {
            let is_it = |other: &Part<'_>| bare(other.value) == bare(part.value);
            let mut same = added.iter().filter(|(_, other)| is_it(other));
            let is_alone = gone.iter().filter(|(_, other)| is_it(other)).count() == 1;
            if let (Some((now, _)), None, true) = (same.next(), same.next(), is_alone) {
                self.schemes.insert(name, now);
            }
        }
    }

    /// Whether an old scheme has this name now.
    pub fn is_new_scheme_name(&self, name: &str) -> bool {
        self.schemes.values().any(|now| *now == name)
    }

    pub fn scheme_renamed(&mut self, name: &str, now: &Part<'_>) {
        let is = self.schemes.get(name).copied().unwrap_or(name);
        let what = format!("{} was {}", quoted(is), quoted(name));
        let why = "names of schemes are not sent, and what is sent is the same";
        let verdict = Verdict::both(Safe, why, unseen());
        let site = Site::new(Reach::REQUEST);
        let rule = rules::SECURITY_SCHEME_CHANGED;
        self.now(rule, &now.pointer, what, &site, verdict);
    }

    /// The same name on both sides.
    pub fn security_scheme(&mut self, old: &Part<'a>, new: &Part<'a>, what: String) {
        // What leads nowhere is compared as it stands.
        let was = self.old.resolved(old).unwrap_or_else(|| old.clone());
        let is = self.new.resolved(new).unwrap_or_else(|| new.clone());
        if was.value != is.value {
            let (wire, why) = authorized(was.value, is.value);
            let verdict = Verdict::both(wire, &why, unseen());
            let site = Site::new(Reach::REQUEST);
            let rule = rules::SECURITY_SCHEME_CHANGED;
            self.now(rule, &new.pointer, what, &site, verdict);
        }
    }
}
