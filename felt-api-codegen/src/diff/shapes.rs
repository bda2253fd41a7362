//! Another schema in the place of one: what of the shape changed, to be told where it stands.

use std::collections::BTreeSet;

use serde_json::Value;

use super::WireEffect;
use super::comparison::{Comparison, Site, Why, say};
use super::objects::takes_any;
use super::requirements::requires;
use super::rust;
use super::schemas::last;
use super::sides::Part;
use super::texts::sent_as_list;
use super::values::{kind, wordless};
use super::words::quoted;
use super::wrapping::is_remark;
use crate::document::{is_nullable, keys, list, reference, resolve};
use crate::preflight::constant;

use WireEffect::{Breaks, Care, Safe};

/// So many properties are named; of the others the number is told.
const NAMED: usize = 6;

/// What has become of a shape: in words, and what that means on the wire.
pub(super) struct Reshaped {
    pub what: String,
    pub request: Why<WireEffect>,
    pub response: Why<WireEffect>,
}

/// Where a schema stands in another one: beside which other branches, or as what a list holds.
enum Place<'v> {
    Branch(&'static str, Vec<&'v Value>),
    Item,
}

impl<'a> Comparison<'a, '_> {
    /// What another schema in this place means, where there is nothing in the two that can be compared.
    pub fn reshaped(&self, old: &Part<'a>, new: &Part<'a>, site: &Site) -> Option<Reshaped> {
        let (was, is) = (self.old.resolved(old)?, self.new.resolved(new)?);
        if let Some(enclosed) = self.enclosed((old, &was), (new, &is), site) {
            return Some(enclosed);
        }
        // Parts of an `allOf` may make the same object, and what stands alone in another schema the same value.
        let all = (kind(was.value), kind(is.value));
        let may_be_one = matches!(all, ("object", "allOf") | ("allOf", "object"))
            || was.wrapped().is_some()
            || is.wrapped().is_some();
        if all.0 != all.1 && !may_be_one {
            let (request, response) = self.of_other_kind(&was, &is, site);
            return Some(Reshaped {
                what: kinds(&was, &is),
                request,
                response,
            });
        }
        unlike(&was, &is)
    }

    /// What stood here is a branch of alternatives now, or an item of a list; or the other way round. Both are given
    /// as they stand here, and as what they refer to.
    pub fn enclosed(
        &self,
        (old, was): (&Part<'a>, &Part<'a>),
        (new, is): (&Part<'a>, &Part<'a>),
        site: &Site,
    ) -> Option<Reshaped> {
        let same = |old: &Value, new: &Value| self.is_same_schema(old, new);
        let is_now = |inner: &Part<'_>| place(is.value, |part| same(inner.value, part));
        if let Some(place) = is_now(old).or_else(|| is_now(was)) {
            return Some(self.goes_into(&place, (old, was), is, site));
        }
        let was_in = |inner: &Part<'_>| place(was.value, |part| same(part, inner.value));
        let place = was_in(new).or_else(|| was_in(is))?;
        let (what, request, response) = match place {
            Place::Branch(key, _) => (
                format!("one branch of {} that stood here", told(key)),
                say(
                    Breaks,
                    "installed clients can send other branches, which are refused",
                ),
                say(Safe, "what comes is of a branch that came before, too"),
            ),
            Place::Item => (
                "an item of the list that stood here".to_string(),
                say(Breaks, "installed clients send a list, and are refused"),
                say(
                    Breaks,
                    "installed clients read a list, and fail on one that is none",
                ),
            ),
        };
        Some(Reshaped {
            what,
            request,
            response,
        })
    }

    fn goes_into(
        &self,
        place: &Place<'_>,
        (old, was): (&Part<'_>, &Part<'_>),
        is: &Part<'_>,
        site: &Site,
    ) -> Reshaped {
        let reads_anything = rust::type_of(old.made) == rust::ANY;
        let fails = |why: &str| match reads_anything {
            true => say(Safe, "installed clients read anything here"),
            false => say(Breaks, why),
        };
        match place {
            Place::Branch(key, others) => Reshaped {
                what: format!("{}, of which {} is a branch", told(key), one(old)),
                request: match *key == "anyOf" || self.all(others, |it| excludes(was.value, it)) {
                    true => say(Safe, "what was sent before is one of the alternatives"),
                    false => say(
                        Care,
                        "what was sent before is one of the alternatives, and refused if it fits another one, too",
                    ),
                },
                response: match !reads_anything && self.all(others, |it| is_read_as(was, it)) {
                    true => say(
                        Care,
                        "installed clients read this branch alone, and of the others what they have of it",
                    ),
                    false => {
                        fails("installed clients read this branch alone, and fail on the others")
                    }
                },
            },
            Place::Item => Reshaped {
                what: format!("a list of {}", one(old)),
                request: site
                    .reach
                    .text
                    .and_then(|text| sent_as_list(was.value, is.value, text))
                    .unwrap_or_else(|| {
                        say(Breaks, "installed clients send no list, and are refused")
                    }),
                response: fails("installed clients read one value, and fail on a list"),
            },
        }
    }

    /// Whether the two are one schema, by its name or by what it says.
    fn is_same_schema(&self, old: &Value, new: &Value) -> bool {
        if let (Some(was), Some(is)) = (reference(old), reference(new)) {
            return self.is_known_as(was, is);
        }
        match (resolve(self.old.spec, old), resolve(self.new.spec, new)) {
            (Some(was), Some(is)) => {
                let said = wordless(was);
                !said.is_empty() && said == wordless(is)
            }
            _ => false,
        }
    }

    /// Whether something is so of all these branches of the new spec.
    fn all(&self, branches: &[&Value], is_so: impl Fn(&Value) -> bool) -> bool {
        let mut ends = branches.iter().map(|one| resolve(self.new.spec, one));
        ends.all(|end| end.is_some_and(&is_so))
    }
}

/// Where a part stands in a schema that says nothing but that: as a branch of alternatives, or as the items of a list.
fn place(outer: &Value, is_it: impl Fn(&Value) -> bool) -> Option<Place<'_>> {
    for key in ["oneOf", "anyOf"] {
        let Some(branches) = outer.get(key).and_then(Value::as_array) else {
            continue;
        };
        let mut keys = outer.as_object()?.keys();
        if !keys.all(|other| other == key || is_remark(other)) {
            return None;
        }
        let own = branches.iter().position(is_it)?;
        let others = branches.iter().enumerate();
        let others = others.filter(|(index, _)| *index != own);
        return Some(Place::Branch(key, others.map(|(_, other)| other).collect()));
    }
    let items = outer.get("items").filter(|_| kind(outer) == "array");
    items.filter(|items| is_it(items)).map(|_| Place::Item)
}

fn told(key: &str) -> String {
    let article = if key == "oneOf" { "a" } else { "an" };
    format!("{article} `{key}`")
}

fn named<'v>(schema: &'v Value, name: &str) -> Option<&'v Value> {
    schema.get("properties")?.get(name)
}

fn listed(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("enum")?.as_array()
}

/// Whether what clients send as the one schema can be told never to fit the other one.
fn excludes(sent: &Value, other: &Value) -> bool {
    let (was, is) = (kind(sent), kind(other));
    let is_plain = |kind: &str| {
        matches!(
            kind,
            "object" | "array" | "string" | "integer" | "number" | "boolean"
        )
    };
    if !is_plain(was) || !is_plain(is) || (is_nullable(sent) && is_nullable(other)) {
        return false;
    }
    if was != is {
        let is_said = other.get("type").is_some() || other.get("enum").is_some();
        return is_said && !matches!((was, is), ("integer", "number") | ("number", "integer"));
    }
    if let (Some(sent), Some(other)) = (listed(sent), listed(other)) {
        return !sent.iter().any(|value| other.contains(value));
    }
    let required = |schema| list(schema, "required").iter().filter_map(Value::as_str);
    let is_closed = |schema: &Value| schema.get("additionalProperties") == Some(&false.into());
    let sends_known = is_closed(sent) || sent.get("additionalProperties").is_none();
    // What is read only may be required of responses alone.
    let is_asked = |name: &str| {
        let property = named(other, name).and_then(|property| property.get("readOnly"));
        property != Some(&Value::Bool(true))
    };
    let lacks = |name: &str| sends_known && named(sent, name).is_none() && is_asked(name);
    let differs = |name: &str| {
        let constants = (constant(sent, name), constant(other, name));
        matches!(constants, (Some(was), Some(is)) if was != is)
    };
    let refuses = |name: &str| is_closed(other) && named(other, name).is_none();
    was == "object"
        && (required(other).any(|name| lacks(name) || differs(name)) || required(sent).any(refuses))
}

/// Whether installed clients that read an object can read one of another branch as that: they need nothing of it, and
/// what both have is the same.
fn is_read_as(read: &Part<'_>, other: &Value) -> bool {
    let are_objects = kind(read.value) == "object" && kind(other) == "object";
    let is_map = other
        .get("additionalProperties")
        .is_some_and(Value::is_object);
    let bears = |name: &String| {
        let field = rust::field(read.made, name);
        let same = named(other, name).is_none_or(|is| {
            named(read.value, name).is_some_and(|was| wordless(was) == wordless(is))
        });
        same && field.is_none_or(|field| field.bears_absence)
    };
    let reads_null = rust::type_of(read.made).starts_with("Option<");
    let is_null_read = reads_null || !is_nullable(other);
    are_objects && !is_map && takes_any(read) && is_null_read && properties(read).iter().all(bears)
}

/// A schema by its name, if it has one.
fn one(part: &Part<'_>) -> String {
    reference(part.value).map_or("what stood here".to_string(), |name| quoted(last(name)))
}

fn kinds(old: &Part<'_>, new: &Part<'_>) -> String {
    format!("was {} and is {}", kind(old.value), kind(new.value))
}

fn properties(part: &Part<'_>) -> BTreeSet<String> {
    keys(part.value.get("properties")).cloned().collect()
}

/// What one object in the place of another means with which it has no property in common; none where they can be
/// compared property by property.
fn unlike(old: &Part<'_>, new: &Part<'_>) -> Option<Reshaped> {
    let (was, is) = (properties(old), properties(new));
    let are_objects = kind(old.value) == "object" && kind(new.value) == "object";
    let are_open = takes_any(old) && takes_any(new);
    if !are_objects || !are_open || was.is_empty() || is.is_empty() || !was.is_disjoint(&is) {
        return None;
    }
    let is_read_only = |name: &str| {
        let property = new.get("properties").and_then(|all| all.get(name));
        property.is_some_and(|property| property.says("readOnly"))
    };
    let asks = is
        .iter()
        .any(|name| requires(new, name) && !is_read_only(name));
    let needs =
        |name: &String| rust::field(old.made, name).is_some_and(|field| !field.bears_absence);
    let none = "it has no property in common with the one that was here";
    let care = |why: &str| (Care, format!("{none}: {why}"));
    let breaks = |why: &str| (Breaks, format!("{none}: {why}"));
    Some(Reshaped {
        what: difference(old, new)?,
        request: match asks {
            true => breaks("installed clients do not send what it requires, and are refused"),
            false => care("the server may refuse what installed clients send, or take no notice"),
        },
        response: match was.iter().any(needs) {
            true => {
                breaks("installed clients cannot read an answer without what that one required")
            }
            false => care("installed clients read nothing of it"),
        },
    })
}

/// In what two objects differ, in a few words: properties that are gone, new, or of another kind.
pub(super) fn difference(old: &Part<'_>, new: &Part<'_>) -> Option<String> {
    if kind(old.value) != "object" || kind(new.value) != "object" {
        return None;
    }
    let (was, is) = (properties(old), properties(new));
    let property = |part: &Part<'_>, name: &str| {
        let value = part.value.get("properties")?.get(name)?;
        Some(reference(value).map_or(kind(value).to_string(), |name| quoted(last(name))))
    };
    let changed = was.intersection(&is).filter_map(|name| {
        let (was, is) = (property(old, name)?, property(new, name)?);
        (was != is).then(|| format!("{} is {is} instead of {was}", quoted(name)))
    });
    let list = |before: &str, names: &mut dyn Iterator<Item = String>| {
        let all: Vec<_> = names.collect();
        let more = all.len().saturating_sub(NAMED);
        let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>();
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!all.is_empty()).then(|| format!("{before}{}{more}", named.join(", ")))
    };
    let quoted = |name: &String| quoted(name);
    let pieces = [
        list("without ", &mut was.difference(&is).map(quoted)),
        list("with ", &mut is.difference(&was).map(quoted)),
        list("", &mut changed.into_iter()),
    ];
    let pieces: Vec<_> = pieces.into_iter().flatten().collect();
    (!pieces.is_empty()).then(|| pieces.join("; "))
}
