//! What is answered: statuses, and the headers of each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bodies::{makes_types, returned};
use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::reach::Reach;
use super::rules;
use super::sides::{Part, is_success};
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::document::join;

use WireEffect::{Breaks, Care, Safe};

impl<'a> Comparison<'a, '_> {
    pub fn responses(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let (Some(was), Some(is)) = (old.get("responses"), new.get("responses")) else {
            let site = Site::new(Reach::RESPONSE);
            return self.others(old, new, &|key| key != "responses", &site);
        };
        let errors_alike = error_type(&was) == error_type(&is);
        let results = (results(&was), results(&is));
        for status in is.keys().filter(|status| !status.starts_with("x-")) {
            let Some(after) = response(&is, status) else {
                continue;
            };
            let Some(before) = response(&was, status) else {
                let success = is_success(is.value, status);
                let mut verdict = added(status, success, errors_alike, &results);
                if verdict.rust.0 == RustEffect::None && success && makes_types(&after) {
                    let why = "types are made of what is in it, though no method gives them";
                    verdict.rust = (RustEffect::Additive, why.to_string());
                }
                let rule = match is_success(is.value, status) {
                    true => rules::RESPONSE_ADDED,
                    false => rules::ERROR_RESPONSE_ADDED,
                };
                let site = Site::new(Reach::RESPONSE);
                let what = format!("the status {}", quoted(status));
                self.now(rule, &after.pointer, what, &site, verdict);
                continue;
            };
            let success = is_success(was.value, status) || is_success(is.value, status);
            if self.old.resolved(&before).is_none() || self.new.resolved(&after).is_none() {
                self.leads_nowhere(&was, &is, status, &Site::new(Reach::RESPONSE));
            }
            let here = match success {
                true => Reach::of_success(status),
                false => Reach::ERROR,
            };
            self.response(&before, &after, here);
        }
        for status in was.keys().filter(|status| !status.starts_with("x-")) {
            if is.value.get(status).is_some() {
                continue;
            }
            let success = is_success(was.value, status);
            let rule = match success {
                true => rules::RESPONSE_REMOVED,
                false => rules::ERROR_RESPONSE_REMOVED,
            };
            let mut verdict = removed(status, success, errors_alike, &results);
            if verdict.rust.0 == RustEffect::None
                && success
                && response(&was, status).is_some_and(|before| makes_types(&before))
            {
                let why = "types that were made of what is in it are gone";
                verdict.rust = (RustEffect::Breaks, why.to_string());
            }
            let others = is.keys().filter(|other| is_success(is.value, other));
            if success && others.into_iter().any(|other| cover(status, other)) {
                let why = "it may still come, or another status instead, which installed clients may not know";
                verdict.response = say(Care, why);
            }
            let at = join(&was.pointer, status);
            let site = Site::new(Reach::RESPONSE);
            let what = format!("the status {}", quoted(status));
            self.gone(rule, &at, what, &site, verdict);
        }
        let alone = |all: &Part<'a>, others: &Part<'a>| {
            let mut statuses = all.keys().filter(|status| {
                !status.starts_with("x-")
                    && is_success(all.value, status)
                    && others.value.get(status).is_none()
            });
            let status = statuses.next().filter(|_| statuses.next().is_none())?;
            Some((Reach::of_success(status), response(all, status)?))
        };
        // The same answer with another status.
        if let (Some((was_read, before)), Some((is_read, after))) =
            (alone(&was, &is), alone(&is, &was))
        {
            let here = match was_read.response {
                true => is_read,
                false => was_read,
            };
            self.response(&before, &after, here);
        }
        let known = |key: &str| !key.starts_with("x-");
        self.others(&was, &is, &known, &Site::new(Reach::RESPONSE));
    }

    fn response(&mut self, old: &Part<'a>, new: &Part<'a>, here: Reach) {
        let (Some(old), Some(new)) = (self.old.resolved(old), self.new.resolved(new)) else {
            return;
        };
        if !self.is_first(&old, &new) {
            return;
        }
        let shared = self
            .old
            .reach(&old.pointer)
            .and(self.new.reach(&new.pointer));
        let reach = here.and(shared);
        let site = Site {
            is_generated: reach.response || reach.unread,
            ..Site::new(reach)
        };
        self.told((&old, &new), &[], &site, |it| {
            it.two_responses(&old, &new, &site)
        });
    }

    fn two_responses(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        for key in ["description", "links"] {
            let rule = rules::RESPONSE_DESCRIBED_OTHERWISE;
            self.words(old, new, (key, "the words about the response", rule), site);
        }
        self.headers(old, new, site);
        self.contents(old, new, site);
        let known = |key: &str| matches!(key, "description" | "links" | "headers" | "content");
        self.others(old, new, &known, site);
    }

    fn headers(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.get("headers"), new.get("headers"));
        let unread = "our clients hand on headers without reading them";
        let verdict = |wire: WireEffect, why: &str| {
            let rust = (
                RustEffect::None,
                "the generator makes nothing of headers".to_string(),
            );
            Verdict::both(wire, why, rust)
        };
        for name in is.iter().flat_map(Part::keys) {
            let Some(header) = is.as_ref().and_then(|is| is.get(name)) else {
                continue;
            };
            let rule = match was.as_ref().and_then(|was| was.get(name)) {
                None => rules::RESPONSE_HEADER_ADDED,
                Some(before) => {
                    let values = (self.old.resolved(&before), self.new.resolved(&header));
                    let value = |part: Option<Part<'a>>| part.map(|part| part.value);
                    if value(values.0) == value(values.1) {
                        continue;
                    }
                    rules::RESPONSE_HEADER_CHANGED
                }
            };
            let verdict = verdict(Safe, unread);
            self.now(rule, &header.pointer, quoted(name), site, verdict);
        }
        let was_only = |name: &&str| is.as_ref().is_none_or(|is| is.value.get(*name).is_none());
        for name in was.iter().flat_map(Part::keys).filter(was_only) {
            if let Some(header) = was.as_ref().and_then(|was| was.get(name)) {
                let why = "a program that looks for it among the headers misses it";
                let verdict = verdict(Care, why);
                let rule = rules::RESPONSE_HEADER_REMOVED;
                self.gone(rule, &header.pointer, quoted(name), site, verdict);
            }
        }
    }
}

/// A response, with what was made of it: a lone `default` is called `2XX` there.
fn response<'a>(responses: &Part<'a>, status: &str) -> Option<Part<'a>> {
    let mut response = responses.get(status)?;
    if status == "default" && is_success(responses.value, status) {
        response.made = responses.made.and_then(|made| made.get("2XX"));
    }
    Some(response)
}

/// What a method may give for its successes: bytes, where none is said.
fn results(responses: &Part<'_>) -> BTreeSet<String> {
    let made = responses.made.and_then(Value::as_object);
    let taken = made
        .into_iter()
        .flatten()
        .filter(|(status, _)| is_taken(status));
    let mut results: BTreeSet<_> = taken
        .filter_map(|(status, made)| {
            let key = match responses.value.get(status) {
                Some(_) => status,
                None => "default",
            };
            let mut response = response(responses, key)?;
            response.made = Some(made);
            let given = returned(&response);
            Some(match (status.as_str(), given.as_str()) {
                ("101", "nothing" | "bytes") => "a connection".to_string(),
                _ => given,
            })
        })
        .collect();
    if results.is_empty() {
        results.insert("bytes".to_string());
    }
    results
}

/// Whether a generated method takes a status for a success. Others, redirects among them, are none, and no
/// documented errors.
pub(super) fn is_taken(status: &str) -> bool {
    status == "101" || status.starts_with('2') || status == "default"
}

/// Whether the method's errors come with a body: they do as soon as any error is documented.
fn error_type(responses: &Part<'_>) -> bool {
    responses.made.is_some_and(|made| made.get("4XX").is_some())
}

/// Whether one of two statuses is a range that the other is in.
fn cover(a: &str, b: &str) -> bool {
    let ranges = |range: &str, status: &str| {
        let is_of = |class: &str| status.starts_with(class) && !status.ends_with("XX");
        range == "default" || range.strip_suffix("XX").is_some_and(is_of)
    };
    ranges(a, b) || ranges(b, a)
}

fn rust_of_status(
    status: &str,
    success: bool,
    errors_alike: bool,
    (was, is): &(BTreeSet<String>, BTreeSet<String>),
) -> Why<RustEffect> {
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(" or ");
    // `default` stands for errors, too.
    let is_error = !success || status == "default";
    match success {
        true if was != is => {
            let why = format!("the method gave {} and gives {}", list(was), list(is));
            (RustEffect::Breaks, why)
        }
        _ if is_error && !errors_alike => {
            let why = "whether any error is documented decides between `Error<()>` and `Error<ByteStream>`";
            (RustEffect::Breaks, why.to_string())
        }
        true if is_taken(status) => {
            let why = "the method takes another set of statuses for a success";
            (RustEffect::Behaviour, why.to_string())
        }
        true => (RustEffect::None, UNEXPECTED.to_string()),
        false => {
            let why = "errors are bytes with a status, however many are documented (`raw-error-responses`)";
            (RustEffect::None, why.to_string())
        }
    }
}

pub(super) const UNEXPECTED: &str =
    "the method takes no such status for a success, and gives `Error::UnexpectedResponse`";
const HANDED_ON: &str =
    "our clients hand on errors as bytes, whatever they are (`raw-error-responses`)";

fn added(
    status: &str,
    success: bool,
    errors_alike: bool,
    results: &(BTreeSet<String>, BTreeSet<String>),
) -> Verdict {
    let (wire, why) = if success {
        (
            Care,
            "installed clients report a status that they do not know as an error",
        )
    } else {
        (Safe, HANDED_ON)
    };
    Verdict::both(
        wire,
        why,
        rust_of_status(status, success, errors_alike, results),
    )
}

fn removed(
    status: &str,
    success: bool,
    errors_alike: bool,
    results: &(BTreeSet<String>, BTreeSet<String>),
) -> Verdict {
    let (wire, why) = match success {
        true if is_taken(status) => (
            Breaks,
            "installed clients may report what comes instead as an error",
        ),
        true => (
            Care,
            "installed clients report it as an error, and may report so what comes instead",
        ),
        false => (Safe, HANDED_ON),
    };
    Verdict::both(
        wire,
        why,
        rust_of_status(status, success, errors_alike, results),
    )
}
