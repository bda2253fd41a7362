//! The few changes without which progenitor panics, or the client breaks in service.

use std::fmt;

use serde_json::{Map, Value};

use crate::visible;

mod alternatives;
mod bounds;
mod defaults;
mod enums;
mod errors;
mod further;
mod lists;
mod media;
mod nullable;
mod open;
mod references;
mod requests;
mod requirements;
mod strings;
mod text;
mod titles;
mod words;
mod wrappers;

/// A change that [`adapt`] makes, and what it touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the change is called.
    pub name: &'static str,
    /// Why it is made.
    pub reason: &'static str,
    /// JSON pointers to what was changed, sorted. Empty if there was nothing to change.
    pub touched: Vec<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&report(self.name, Some(self.reason), &self.touched))
    }
}

/// What was done, why, and where, in lines.
pub(crate) fn report(what: &str, why: Option<&str>, touched: &[String]) -> String {
    let places = match touched.len() {
        0 => "nothing to change".to_string(),
        1 => "1 place".to_string(),
        places => format!("{places} places"),
    };
    let why = why.map_or(String::new(), |why| format!(" ({why})"));
    let mut report = visible::line(&format!("{what}: {places}{why}"));
    for pointer in touched {
        report.push_str(&format!("\n  {}", visible::line(pointer)));
    }
    report
}

/// A function that changes the spec, and says where.
type Step = fn(&mut Value) -> Vec<String>;

/// Of these places, those at which an object stands that something is changed in.
fn changed(
    spec: &mut Value,
    mut places: Vec<String>,
    change: fn(&mut Map<String, Value>) -> bool,
) -> Vec<String> {
    places.retain(|place| {
        let object = spec.pointer_mut(place).and_then(Value::as_object_mut);
        object.is_some_and(change)
    });
    places
}

/// Every change: name, reason, and what does it.
const STEPS: [(&str, &str, Step); 35] = [
    (
        "null-keywords",
        "a keyword that says null says nothing, and not every check takes it so",
        words::null_keywords,
    ),
    (
        "deep-references",
        "progenitor finds what is referred to among the components only",
        references::deep_references,
    ),
    (
        "described-references",
        "typify makes a second type of a reference that is described beside it",
        wrappers::described_references,
    ),
    (
        "nullable-alternatives",
        "of objects that may hold together typify makes one that is never null, even if one of them may be",
        nullable::nullable_alternatives,
    ),
    (
        "nullable-uses",
        "typify makes two types of one name of alternatives that may be null",
        wrappers::nullable_uses,
    ),
    (
        "single-values",
        "OpenAPI 3.0 has no `const`, and the generator would skip it",
        words::single_values,
    ),
    (
        "no-exclusions",
        "typify has no types that are anything but another",
        words::no_exclusions,
    ),
    (
        "typed-formats",
        "typify panics on a format without a type that has formats",
        words::typed_formats,
    ),
    (
        "wide-numbers",
        "a `float` is read as infinite if it is too large for Rust's `f32`, and infinity is written as null",
        words::wide_numbers,
    ),
    (
        "one-request-type",
        "progenitor sends one type of body, and panics if there are more",
        requests::one_request_type,
    ),
    (
        "body-schemas",
        "progenitor wants a schema for JSON, and of bytes and text that are sent no other than the usual one",
        media::body_schemas,
    ),
    (
        "raw-error-responses",
        "progenitor takes one error type per operation, and one that is parsed loses status and headers \
         when a proxy answers something else",
        errors::raw_error_responses,
    ),
    (
        "empty-heads",
        "what answers a HEAD has no body, and a client that waits for one fails",
        media::empty_heads,
    ),
    (
        "open-responses",
        "a closed schema makes a client fail on every field that the server adds",
        open::open_responses,
    ),
    (
        "open-enums",
        "a closed enum makes a client fail on every value that the server adds",
        open::open_enums,
    ),
    (
        "open-bounds",
        "a bound makes a client fail on every value that the server allows later",
        bounds::open_bounds,
    ),
    (
        "idle-bounds",
        "rustc warns of a comparison that is always true",
        bounds::idle_bounds,
    ),
    (
        "shared-requirements",
        "typify takes what another alternative requires for excluded, also if each requires it",
        requirements::shared_requirements,
    ),
    (
        "absent-is-null",
        "a required value that may be null makes a client fail when the server leaves it out",
        nullable::absent_is_null,
    ),
    (
        "one-way-requirements",
        "what is required and goes one way only makes a client fail, or send what is not its own, on the other",
        requirements::one_way_requirements,
    ),
    (
        "plain-strings",
        "dates, UUIDs and patterns would become types of crates that the client does not have",
        strings::plain_strings,
    ),
    (
        "plain-enums",
        "typify panics on values that make one Rust name or have several types, and cannot compare objects",
        enums::plain_enums,
    ),
    (
        "alternatives-last",
        "with each part of an `allOf` that follows, typify looks at all alternatives again, which has no end",
        alternatives::alternatives_last,
    ),
    (
        "loose-requirements",
        "typify makes types that exclude each other of what is required, and leaves the rest out, or does not end",
        requirements::loose_requirements,
    ),
    (
        "value-alternatives",
        "typify makes a struct of `anyOf`, which no string, number or list can be read into",
        alternatives::value_alternatives,
    ),
    (
        "open-alternatives",
        "of an object with one property typify makes a type beside which nothing may stand",
        alternatives::open_alternatives,
    ),
    (
        "plain-lists",
        "typify makes one type of a list and of one without repeats, and of alternatives two conversions from it",
        lists::plain_lists,
    ),
    (
        "further-properties",
        "typify drops what may be there beside the properties, unless it is told what that is",
        further::further_properties,
    ),
    (
        "plain-parameters",
        "text is never null, and OpenAPI ignores the headers that a client sets by itself",
        requests::plain_parameters,
    ),
    (
        "fitting-defaults",
        "typify refuses a default that its own schema does not allow",
        defaults::fitting_defaults,
    ),
    (
        "whole-defaults",
        "of what a default leaves out typify makes nothing, whatever the property's own default",
        defaults::whole_defaults,
    ),
    (
        "distinct-titles",
        "typify takes two schemas with one title for one type",
        titles::distinct_titles,
    ),
    (
        "branch-titles",
        "typify names what is in alternatives that a property tells apart as if it were in one",
        titles::branch_titles,
    ),
    (
        "plain-text",
        "rustc refuses lone carriage returns, and signs that turn the direction of text, in comments",
        text::plain_text,
    ),
    (
        "plain-version",
        "the client sends the version in a header, and panics if it has signs that no header may have",
        text::plain_version,
    ),
];

/// Makes each change that generated clients need, in place. All are reported, also those that found
/// nothing to do; a spec that has them already is not changed again.
///
/// - `null-keywords`: a keyword of a schema that says null goes (`default` and `type` stay).
/// - `deep-references`: what is referred to in the middle of something becomes a component of its own.
/// - `described-references`: words that stand beside a reference in `allOf` move to the schema that holds it.
/// - `nullable-alternatives`: where one of several objects in `anyOf` may be null, the whole may.
/// - `nullable-uses`: a component of `allOf`, `anyOf` or `oneOf` that is `nullable` is so where it is used.
/// - `single-values`: `const` becomes an `enum` of one value.
/// - `no-exclusions`: `not` goes; it only says what else a value must not be.
/// - `typed-formats`: `format` goes where the type is no string or number.
/// - `wide-numbers`: the format `float` goes.
/// - `one-request-type`: of several types of a request body JSON stays, if it is among them.
/// - `body-schemas`: JSON without a schema is any JSON; request bodies that are bytes or text have the plain schema of
///   these, whatever else theirs says.
/// - `raw-error-responses`: the error responses of an operation (4xx, 5xx, `default`) become `4XX` and
///   `5XX` with any content, so that they arrive as a stream of bytes with status and headers. Where
///   `default` is the only response, it is the success too, and is kept as `2XX`.
/// - `empty-heads`: the success responses of a HEAD have no `content`.
/// - `open-responses`: `additionalProperties: false` goes from every schema that a success response
///   reaches.
/// - `open-enums`: an `enum` that a success response reaches goes, and its values are told in the
///   description. A constant that tells the branches of a `oneOf` or `anyOf` apart stays.
/// - `open-bounds`: least and most of anything go from every schema that a success response reaches.
/// - `idle-bounds`: a `minLength` of 0 goes.
/// - `shared-requirements`: of alternatives that say nothing but `required`, what all require is required of the whole.
/// - `absent-is-null`: what a success response requires, but may be null, is no longer required, unless a request
///   body requires it too.
/// - `one-way-requirements`: what is required but `writeOnly` is no longer required in schemas that a success
///   response reaches, nor what is `readOnly` in those that request bodies alone reach.
/// - `plain-strings`: the formats `date`, `date-time` and `uuid` go, and `pattern`.
/// - `plain-enums`: enumerations of which no Rust type can be made (values that differ in case or signs
///   only, of several types, with null, objects and lists, none at all) become what they restrict.
/// - `alternatives-last`: in `allOf`, parts that have alternatives come after those that have none.
/// - `loose-requirements`: `anyOf` whose branches say nothing but `required` goes; a `oneOf` like that goes where
///   typify would have too many choices to write out, or makes none of them, since two require the same.
/// - `value-alternatives`: `anyOf` with a branch that is no object becomes `oneOf`.
/// - `open-alternatives`: where one of several objects comes in a success response, and each has one
///   property, `minProperties: 1` keeps typify from making a closed type of them; and from panicking where what
///   one of them requires is not that property.
/// - `plain-lists`: `uniqueItems` goes from alternatives that are the same list in Rust without it.
/// - `further-properties`: `additionalProperties: true` beside properties becomes `{}`, which means the same.
/// - `plain-parameters`: path and header parameters are not `nullable`; header parameters called
///   `Accept`, `Authorization` and `Content-Type` go.
/// - `fitting-defaults`: a `default` that is no value of its schema goes, or a number that typify would write as
///   another alternative than the one that it is of.
/// - `whole-defaults`: a `default` that is an object gets the defaults of the properties that it leaves out.
/// - `distinct-titles`: the `title` of an inline schema goes if another schema has it, so that it is named
///   after its place.
/// - `branch-titles`: where alternatives have properties of one name with different schemas, these get a
///   `title` made of the alternative's constant.
/// - `plain-text`: in descriptions, summaries and titles lines end with a line feed, and the signs that turn the
///   direction of text go.
/// - `plain-version`: the signs of `info.version` that no header may have become `-`.
pub fn adapt(spec: &mut Value) -> Vec<Change> {
    STEPS
        .iter()
        .map(|&(name, reason, step)| {
            let mut touched = step(spec);
            touched.sort();
            Change {
                name,
                reason,
                touched,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_finds_nothing_changes_and_touches_nothing() {
        for spec in [
            json!({}),
            json!([]),
            json!({"paths": {"/a": {"get": {"responses": {"200": {}}}}}}),
        ] {
            let mut adapted = spec.clone();
            let changes = adapt(&mut adapted);
            assert_eq!(adapted, spec);
            assert_eq!(changes.len(), STEPS.len());
            assert!(changes.iter().all(|change| change.touched.is_empty()));
        }
    }

    #[test]
    fn a_change_reads_as_lines() {
        let mut change = Change {
            name: "a",
            reason: "b",
            touched: Vec::new(),
        };
        assert_eq!(change.to_string(), "a: nothing to change (b)");
        change.touched = vec!["/c".to_string()];
        assert_eq!(change.to_string(), "a: 1 place (b)\n  /c");
    }
}
