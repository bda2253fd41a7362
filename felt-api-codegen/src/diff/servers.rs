//! Where requests are sent to. Clients are given one base URL by who makes them, for all operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::reach::Reach;
use super::rules;
use super::sides::{Part, Side};
use super::words::shown_or;
use super::{RustEffect, WireEffect};

use WireEffect::{Care, Safe};

/// A server, and where it stands for who is asked about.
struct Server<'a> {
    pointer: String,
    value: &'a Value,
}

/// The servers of the document or an operation, by address. Without a word on them, an operation has those of
/// its path or else the document, and is where they are told.
fn by_url<'a>(side: &Side<'a>, part: &Part<'a>) -> BTreeMap<&'a str, Server<'a>> {
    let own = part.get("servers");
    let inherited = own.is_none().then(|| part.pointer.clone());
    let listed = own
        .or_else(|| side.own(part, "servers"))
        .or_else(|| side.document().get("servers"));
    let servers = listed.map(|all| all.elements()).unwrap_or_default();
    let servers = servers.into_iter().map(|server| {
        let url = server.text("url").unwrap_or("");
        let pointer = inherited.clone().unwrap_or(server.pointer);
        let value = server.value;
        (url, Server { pointer, value })
    });
    servers.collect()
}

/// Where an operation with this path is called, for each of its servers.
pub(super) fn addresses<'a>(side: &Side<'a>, operation: &Part<'a>, path: &str) -> BTreeSet<String> {
    let urls = by_url(side, operation).into_keys();
    urls.map(|url| format!("{}{path}", url.trim_end_matches('/')))
        .collect()
}

impl<'a> Comparison<'a, '_> {
    /// The servers of the document or an operation.
    pub fn servers(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let site = Site::new(Reach::REQUEST);
        let (was, is) = (by_url(self.old, old), by_url(self.new, new));
        let rust = || {
            let why = "the base URL is an argument of the client, and no server is generated";
            say(RustEffect::None, why)
        };
        let told = |server: &Server<'_>| shown_or(server.value.get("url"), "without one");
        for (url, server) in &is {
            let (rule, (wire, why)) = match was.get(url) {
                None if was.is_empty() && !new.pointer.is_empty() => {
                    let why = "installed clients call it at the base URL that they were given: look whether it answers";
                    (rules::SERVER_ADDED, say(Care, why))
                }
                None => {
                    let why = "the old addresses are listed apart if they are gone";
                    (rules::SERVER_ADDED, say(Safe, why))
                }
                Some(before) if before.value != server.value => {
                    let wire = with_variables(before.value, server.value);
                    (rules::SERVER_CHANGED, wire)
                }
                Some(_) => continue,
            };
            let verdict = Verdict::both(wire, &why, rust());
            self.now(rule, &server.pointer, told(server), &site, verdict);
        }
        for (url, server) in &was {
            if !is.contains_key(url) {
                let why = "installed clients keep the base URL that they were given: look whether it answers";
                let verdict = Verdict::both(Care, why, rust());
                let rule = rules::SERVER_REMOVED;
                self.gone(rule, &server.pointer, told(server), &site, verdict);
            }
        }
    }
}

/// What it does that a server of the same address has other variables, or other words.
fn with_variables(old: &Value, new: &Value) -> Why<WireEffect> {
    let variables = old.get("variables").and_then(Value::as_object);
    let now = |name: &str| new.get("variables")?.get(name);
    let mut variables = variables.into_iter().flatten();
    if variables.all(|(name, old)| now(name).is_some_and(|new| takes_all(old, new))) {
        return say(Safe, "the addresses are the same, or more");
    }
    let why = "installed clients keep the base URL that they were given, which may be one of those that are gone: \
               look whether it answers";
    say(Care, why)
}

/// Whether a variable still has all the values that it could have, where they are known.
fn takes_all(old: &Value, new: &Value) -> bool {
    let listed = |variable: &Value| -> Option<BTreeSet<String>> {
        let values = variable.get("enum")?.as_array()?.iter();
        Some(values.map(Value::to_string).collect())
    };
    match (listed(old), listed(new)) {
        (Some(was), Some(is)) => was.is_subset(&is),
        (Some(_), None) => true,
        (None, None) => old.get("default") == new.get("default"),
        (None, Some(_)) => false,
    }
}
