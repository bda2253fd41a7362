//! What is answered: statuses, and the headers of each.

use std::collections::BTreeSet;

use super::bodies::returned;
use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::rules;
use super::sides::{Part, Reach, is_success};
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
                let verdict = added(is_success(is.value, status), errors_alike, &results);
                let rule = match is_success(is.value, status) {
                    true => rules::RESPONSE_ADDED,
                    false => rules::ERROR_RESPONSE_ADDED,
                };
                let site = Site::new(Reach::RESPONSE);
                self.now(rule, &after.pointer, quoted(status), &site, verdict);
                continue;
            };
            let success = is_success(was.value, status) || is_success(is.value, status);
            if self.old.resolved(&before).is_none() || self.new.resolved(&after).is_none() {
                self.leads_nowhere(&was, &is, status, &Site::new(Reach::RESPONSE));
            }
            self.response(&before, &after, success);
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
            let mut verdict = removed(success, errors_alike, &results);
            let others = is.keys().filter(|other| is_success(is.value, other));
            if success && others.into_iter().any(|other| cover(status, other)) {
                let why = "installed clients may not know the status, or read it as what this was";
                verdict.response = say(Care, why);
            }
            let at = join(&was.pointer, status);
            let site = Site::new(Reach::RESPONSE);
            self.gone(rule, &at, quoted(status), &site, verdict);
        }
        let alone = |all: &Part<'a>, others: &Part<'a>| {
            let mut statuses = all.keys().filter(|status| {
                !status.starts_with("x-")
                    && is_success(all.value, status)
                    && others.value.get(status).is_none()
            });
            let status = statuses.next().filter(|_| statuses.next().is_none())?;
            response(all, status)
        };
        // The same answer with another status.
        if let (Some(before), Some(after)) = (alone(&was, &is), alone(&is, &was)) {
            self.response(&before, &after, true);
        }
        let known = |key: &str| !key.starts_with("x-");
        self.others(&was, &is, &known, &Site::new(Reach::RESPONSE));
    }

    fn response(&mut self, old: &Part<'a>, new: &Part<'a>, success: bool) {
        let (Some(old), Some(new)) = (self.old.resolved(old), self.new.resolved(new)) else {
            return;
        };
        if !self.is_first(&old, &new) {
            return;
        }
        let here = if success {
            Reach::RESPONSE
        } else {
            Reach::ERROR
        };
        let shared = self
            .old
            .reach(&old.pointer)
            .and(self.new.reach(&new.pointer));
        let reach = here.and(shared);
        let site = Site {
            is_generated: reach.response,
            ..Site::new(reach)
        };
        for key in ["description", "links"] {
            let rule = rules::RESPONSE_DESCRIBED_OTHERWISE;
            self.words(
                &old,
                &new,
                (key, "the words about the response", rule),
                &site,
            );
        }
        self.headers(&old, &new, &site);
        self.contents(&old, &new, &site);
        let known = |key: &str| matches!(key, "description" | "links" | "headers" | "content");
        self.others(&old, &new, &known, &site);
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

/// What a method may give for its successes.
fn results(responses: &Part<'_>) -> BTreeSet<String> {
    let statuses = responses
        .keys()
        .filter(|status| is_success(responses.value, status));
    let statuses = statuses.filter(|status| !status.starts_with("x-"));
    statuses
        .filter_map(|status| Some(returned(&response(responses, status)?)))
        .collect()
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
    success: bool,
    errors_alike: bool,
    (was, is): &(BTreeSet<String>, BTreeSet<String>),
) -> Why<RustEffect> {
    let list = |all: &BTreeSet<String>| match all.len() {
        0 => "no success".to_string(),
        _ => all.iter().cloned().collect::<Vec<_>>().join(" or "),
    };
    match (success, errors_alike) {
        (true, _) if was != is => {
            let why = format!("the method gave {} and gives {}", list(was), list(is));
            (RustEffect::Breaks, why)
        }
        (true, _) => {
            let why = "the method takes another set of statuses for a success";
            (RustEffect::Behaviour, why.to_string())
        }
        (false, true) => {
            let why = "errors are bytes with a status, however many are documented (`raw-error-responses`)";
            (RustEffect::None, why.to_string())
        }
        (false, false) => {
            let why = "whether any error is documented decides between `Error<()>` and `Error<ByteStream>`";
            (RustEffect::Breaks, why.to_string())
        }
    }
}

fn added(
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
        (
            Safe,
            "our clients hand on errors as bytes, whatever they are (`raw-error-responses`)",
        )
    };
    Verdict::both(wire, why, rust_of_status(success, errors_alike, results))
}

fn removed(
    success: bool,
    errors_alike: bool,
    results: &(BTreeSet<String>, BTreeSet<String>),
) -> Verdict {
    let (wire, why) = if success {
        (
            Breaks,
            "what comes instead may be no success for installed clients",
        )
    } else {
        (
            Safe,
            "our clients hand on errors as bytes, whatever they are (`raw-error-responses`)",
        )
    };
    Verdict::both(wire, why, rust_of_status(success, errors_alike, results))
}
