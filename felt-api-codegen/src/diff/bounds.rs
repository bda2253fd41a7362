//! Bounds: how large, long or many, which pattern, and whether items differ.

use std::cmp::Ordering;

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, say};
use super::listed::{LISTED, lists_the_same};
use super::numbers::fits;
use super::rules;
use super::rust;
use super::sides::Part;
use super::words::{quoted, shown, shown_or};
use super::{RustEffect, WireEffect};

use WireEffect::{Breaks, Care, Safe};

/// Bounds, what excludes them from what is allowed, and which way is tighter.
const BOUNDS: [(&str, Option<&str>, Ordering); 8] = [
    ("maximum", Some("exclusiveMaximum"), Ordering::Less),
    ("minimum", Some("exclusiveMinimum"), Ordering::Greater),
    ("maxLength", None, Ordering::Less),
    ("minLength", None, Ordering::Greater),
    ("maxItems", None, Ordering::Less),
    ("minItems", None, Ordering::Greater),
    ("maxProperties", None, Ordering::Less),
    ("minProperties", None, Ordering::Greater),
];

const REFUSED: &str = "values that were allowed are refused";
const ALLOWED: &str = "what was sent before is allowed";
const LESS_COMES: &str = "installed clients read what comes, and more than that";

pub(super) const FITS: &str = "all that may come fits the type that installed clients read";

/// Which way a schema changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Tighter,
    Looser,
    /// Neither allows all that the other does.
    Other,
}

impl Comparison<'_, '_> {
    pub fn bounds(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        for (key, exclusive, tighter) in BOUNDS {
            let limit = |part: &Part<'_>| {
                let is_excluded = exclusive.is_some_and(|exclusive| part.is(exclusive));
                (part.value.get(key).cloned(), is_excluded)
            };
            let ((was, was_excluded), (is, is_excluded)) = (limit(old), limit(new));
            if was == is && (was_excluded == is_excluded) {
                continue;
            }
            let (rule, way) = match (&was, &is) {
                (None, Some(_)) => (rules::BOUND_ADDED, Way::Tighter),
                (Some(_), None) => (rules::BOUND_REMOVED, Way::Looser),
                (Some(was), Some(is)) => {
                    let order = number(is).partial_cmp(&number(was));
                    let is_tighter = match order {
                        Some(Ordering::Equal) => is_excluded,
                        order => order == Some(tighter),
                    };
                    if is_tighter {
                        (rules::BOUND_TIGHTENED, Way::Tighter)
                    } else {
                        (rules::BOUND_LOOSENED, Way::Looser)
                    }
                }
                // To exclude a bound that is not there says nothing.
                (None, None) => continue,
            };
            let but = |excluded: bool| if excluded { " (excluded)" } else { "" };
            let what = format!(
                "{} was {}{} and is {}{}",
                quoted(key),
                shown_or(was.as_ref(), "missing"),
                but(was_excluded),
                shown_or(is.as_ref(), "missing"),
                but(is_excluded),
            );
            let checks = matches!(key, "maxLength" | "minLength");
            self.bound(rule, (old, new), (key, what), (way, checks), site);
        }
        self.multiple(old, new, site);
        self.pattern(old, new, site);
        self.unique_items(old, new, site);
    }

    /// Reports a bound. `checks` says whether generated types may check it where they are read.
    fn bound(
        &mut self,
        rule: &'static str,
        (old, new): (&Part<'_>, &Part<'_>),
        (key, what): (&str, String),
        (way, checks): (Way, bool),
        site: &Site,
    ) {
        let is_checked = checks && rust::checks_length(old.made);
        let holds = |value: &Value| [old, new].iter().all(|part| is_within(part, key, value));
        let listed = lists_the_same(old, new, holds);
        let request = match way {
            _ if listed => say(Safe, LISTED),
            Way::Tighter => say(Breaks, REFUSED),
            Way::Looser => say(Safe, ALLOWED),
            Way::Other => say(Care, "values that were allowed may be refused"),
        };
        let response = match way {
            _ if listed => say(Safe, LISTED),
            Way::Tighter => say(Safe, LESS_COMES),
            _ if is_checked => say(
                Breaks,
                "installed clients check it, and fail on what it excluded",
            ),
            _ if site.is_type_changed() && fits(new.value, &rust::type_of(old.made)) => {
                say(Safe, FITS)
            }
            _ if site.is_type_changed() && key != "uniqueItems" => {
                let was = rust::type_of(old.made);
                say(Breaks, &format!("installed clients read it as {was}"))
            }
            _ => say(Safe, "installed clients do not check it"),
        };
        let rust = if checks && (is_checked || rust::checks_length(new.made)) {
            let why = "the type checks it, and is made of other values than before";
            site.typed(RustEffect::Behaviour, why)
        } else if key == "uniqueItems" && site.is_left_out_otherwise {
            let why = "the type is the same, and whether an empty list is left out changes";
            site.typed(RustEffect::Behaviour, why)
        } else {
            site.typed(RustEffect::None, "the type does not depend on it")
        };
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        match (old.get(key), new.get(key)) {
            (Some(old), None) => self.gone(rule, &old.pointer, what, site, verdict),
            (_, Some(new)) => self.now(rule, &new.pointer, what, site, verdict),
            (None, None) => self.now(rule, &new.pointer, what, site, verdict),
        }
    }

    fn multiple(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let key = "multipleOf";
        let (was, is) = (old.value.get(key), new.value.get(key));
        if was == is {
            return;
        }
        let divides = |a: &Value, b: &Value| {
            let (a, b) = (number(a), number(b));
            (b / a).fract() == 0.0
        };
        let way = match (was, is) {
            (None, _) => Way::Tighter,
            (_, None) => Way::Looser,
            (Some(was), Some(is)) if divides(was, is) => Way::Tighter,
            (Some(was), Some(is)) if divides(is, was) => Way::Looser,
            _ => Way::Other,
        };
        let (was, is) = (shown_or(was, "missing"), shown_or(is, "missing"));
        let what = format!("{} was {was} and is {is}", quoted(key));
        let rule = rules::MULTIPLE_CHANGED;
        self.bound(rule, (old, new), (key, what), (way, false), site);
    }

    fn pattern(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let key = "pattern";
        // Most are taken away (`plain-strings`).
        let is_kept = |part: &Part<'_>| part.made.is_some_and(|made| made.get(key).is_some());
        let checks = is_kept(old) || is_kept(new);
        let (was, is) = (old.value.get(key), new.value.get(key));
        let (rule, way, what) = match (was, is) {
            (None, Some(is)) => {
                let what = format!("the pattern is {}", shown(is));
                (rules::PATTERN_ADDED, Way::Tighter, what)
            }
            (Some(was), None) => {
                let what = format!("the pattern was {}", shown(was));
                (rules::PATTERN_REMOVED, Way::Looser, what)
            }
            (Some(was), Some(is)) if was != is => {
                let what = format!("the pattern was {} and is {}", shown(was), shown(is));
                (rules::PATTERN_CHANGED, Way::Other, what)
            }
            _ => return,
        };
        self.bound(rule, (old, new), (key, what), (way, checks), site);
    }

    fn unique_items(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let key = "uniqueItems";
        if old.is(key) == new.is(key) {
            return;
        }
        let (rule, way, what) = if new.is(key) {
            let what = "the items have to differ";
            (rules::UNIQUE_ITEMS_ADDED, Way::Tighter, what)
        } else {
            let what = "items may be equal";
            (rules::UNIQUE_ITEMS_REMOVED, Way::Looser, what)
        };
        let what = (key, what.to_string());
        self.bound(rule, (old, new), what, (way, false), site);
    }
}

/// Whether a listed value is within a bound, as far as it can be told.
fn is_within(schema: &Part<'_>, key: &str, value: &Value) -> bool {
    let Some(bound) = schema.value.get(key) else {
        return true;
    };
    let size = match (key, value) {
        ("maxLength" | "minLength", Value::String(text)) => text.chars().count() as f64,
        ("maximum" | "minimum" | "multipleOf", Value::Number(_)) => number(value),
        _ => return false,
    };
    let bound = number(bound);
    match key {
        "multipleOf" => (size / bound).fract() == 0.0,
        "maximum" | "maxLength" => {
            size < bound || (size <= bound && !schema.is("exclusiveMaximum"))
        }
        _ => size > bound || (size >= bound && !schema.is("exclusiveMinimum")),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
