//! Fragments of one spec become one document; what two of them say differently is an error.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::document::join;
use crate::error::Error;
use crate::load::Kind;
use crate::visible;

mod words;

use words::Words;

/// A part of a spec, and where a person finds it.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub place: String,
    pub spec: Value,
    /// The name of the file that it is, or takes the place of.
    pub file: String,
}

impl Fragment {
    pub(crate) fn new(place: String, spec: Value) -> Self {
        let file = Path::new(&place).file_name().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        Self { place, spec, file }
    }

    /// Whether an overlay for the file of this name is for it. From `layers.md` comes `layers.json`.
    pub(crate) fn is(&self, file: &str) -> bool {
        let own = Path::new(&self.file);
        self.file == file
            || Kind::of(own) == Some(Kind::Page) && own.file_stem() == Path::new(file).file_stem()
    }
}

/// The keys of a document that come first, in the order that specs are customarily written in.
const ORDER: [&str; 7] = [
    "openapi",
    "info",
    "servers",
    "security",
    "tags",
    "paths",
    "components",
];

/// Refuses what progenitor cannot read, before anything else is said about it.
pub(crate) fn check_version(fragment: &Fragment) -> Result<(), Error> {
    let (key, version) = match (fragment.spec.get("openapi"), fragment.spec.get("swagger")) {
        (Some(Value::String(version)), _) if version.starts_with("3.0.") => return Ok(()),
        (Some(version), _) => ("openapi", version),
        (None, Some(version)) => ("swagger", version),
        (None, None) => {
            return Err(Error::new(format!(
                "{}: not an OpenAPI document: it has no `openapi` key; only specs belong here",
                fragment.place
            )));
        }
    };
    Err(Error::new(format!(
        "{}: `{key}` is {version}, but progenitor takes OpenAPI 3.0.x only (a string like \"3.0.3\"): \
         convert the spec to it",
        fragment.place
    )))
}

/// The union of the fragments. What two of them define equally (in whatever order of keys) is there
/// once. Words define nothing: where fragments differ in descriptions, summaries, examples and links to more
/// documentation, in `info`, or in whether a server's empty `variables` are there, the longer are taken, or else the
/// first in the alphabet. Of the versions of the API and of OpenAPI the highest is taken, since what stands behind the
/// second point of the latter makes no difference to tools. All keys are sorted, so that the result does not depend on the order of the fragments; only
/// the top level keeps the customary order. Lists stay as they are, but for the tags.
pub(crate) fn merge(fragments: Vec<Fragment>) -> Result<Value, Error> {
    let mut merged = Value::Object(Map::new());
    let mut places = HashMap::new();
    let mut words = Words::default();
    for mut fragment in fragments {
        check_version(&fragment)?;
        name_tags(&mut fragment.spec);
        words.take(&mut fragment.spec);
        let place = &fragment.place;
        unite(&mut merged, fragment.spec, "", place, &mut places)?;
    }
    words.put_back(&mut merged);
    sort(&mut merged);
    list_tags(&mut merged);
    let Value::Object(mut left) = merged else {
        return Ok(merged);
    };
    let mut ordered = Map::new();
    for key in ORDER {
        if let Some((key, value)) = left.shift_remove_entry(key) {
            ordered.insert(key, value);
        }
    }
    ordered.extend(left);
    Ok(Value::Object(ordered))
}

/// Whether two objects at this pointer are united key by key; elsewhere they have to be equal.
fn is_united(pointer: &str) -> bool {
    let mut keys = pointer.split('/').skip(1);
    let depth = match keys.next() {
        None => return true,
        Some("paths" | "components") => 2,
        Some("info" | "tags") => 1,
        Some(_) => 0,
    };
    keys.count() < depth
}

fn unite(
    target: &mut Value,
    source: Value,
    pointer: &str,
    place: &str,
    places: &mut HashMap<String, String>,
) -> Result<(), Error> {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) if is_united(pointer) => {
            for (key, value) in source {
                let pointer = join(pointer, &key);
                match target.get_mut(&key) {
                    Some(target) => unite(target, value, &pointer, place, places)?,
                    None => {
                        places.insert(pointer, place.to_string());
                        target.insert(key, value);
                    }
                }
            }
            Ok(())
        }
        (target, source) if *target == source => Ok(()),
        (target, source) if pointer == "/openapi" => {
            let patch = |version: &Value| {
                let patch = version.as_str()?.strip_prefix("3.0.")?;
                patch.parse::<u32>().ok()
            };
            if patch(&source) > patch(target) {
                *target = source;
            }
            Ok(())
        }
        (target, source) => Err(conflict(pointer, target, &source, place, places)),
    }
}

fn conflict(
    pointer: &str,
    first: &Value,
    second: &Value,
    place: &str,
    places: &HashMap<String, String>,
) -> Error {
    // What a fragment brought first is noted at the top of what it brought.
    let mut above = pointer;
    let first_place = loop {
        match (places.get(above), above.rfind('/')) {
            (Some(place), _) => break place.as_str(),
            (None, Some(end)) => above = above.get(..end).unwrap_or(""),
            (None, None) => break "an earlier part",
        }
    };
    let difference = difference(first, second, pointer);
    let at = if difference == pointer {
        String::new()
    } else {
        format!(" (first difference: {difference})")
    };
    let message = format!(
        "{pointer} is defined differently in {first_place} and in {place}{at}: one spec can hold only \
         one of the two, so make them equal or rename one"
    );
    // Names of the spec are in it.
    Error::conflict([first_place, place], visible::line(&message))
}

/// The pointer to the first thing in which two values differ.
fn difference(first: &Value, second: &Value, pointer: &str) -> String {
    let (Value::Object(first), Value::Object(second)) = (first, second) else {
        return pointer.to_string();
    };
    let keys = first.keys().chain(second.keys()).map(String::as_str);
    let mut keys: Vec<&str> = keys.collect();
    keys.sort();
    for key in keys {
        match (first.get(key), second.get(key)) {
            (Some(first), Some(second)) if first == second => {}
            (Some(first), Some(second)) => return difference(first, second, &join(pointer, key)),
            _ => return join(pointer, key),
        }
    }
    pointer.to_string()
}

/// Tags are a list whose elements have names: as a map they merge like everything else.
fn name_tags(spec: &mut Value) {
    let Some(Value::Array(tags)) = spec.get("tags") else {
        return;
    };
    let named: Option<Map<_, _>> = tags
        .iter()
        .map(|tag| Some((tag.get("name")?.as_str()?.to_string(), tag.clone())))
        .collect();
    // A tag without a name, or two of one name in one list: left as it is, and refused later.
    let named = named.filter(|named| tags.iter().all(|tag| named.values().any(|one| one == tag)));
    if let (Some(named), Some(tags)) = (named, spec.get_mut("tags")) {
        *tags = Value::Object(named);
    }
}

fn list_tags(spec: &mut Value) {
    if let Some(tags) = spec.get_mut("tags")
        && let Value::Object(named) = tags
    {
        let named = std::mem::take(named);
        *tags = Value::Array(named.into_iter().map(|(_, tag)| tag).collect());
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort);
        }
        Value::Array(list) => list.iter_mut().for_each(sort),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fragment(place: &str, mut spec: Value) -> Fragment {
        spec["openapi"] = json!("3.0.0");
        Fragment::new(place.to_string(), spec)
    }

    fn merged(specs: &[Value]) -> Result<Value, String> {
        let fragments = specs.iter().enumerate();
        let fragments =
            fragments.map(|(n, spec)| fragment(&format!("part {}", n + 1), spec.clone()));
        merge(fragments.collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn methods_of_one_path_and_components_of_every_kind_are_united() {
        let merged = merged(&[
            json!({"paths": {"/a": {"post": 1}}, "components": {"links": {"z": 1}}}),
            json!({"paths": {"/a": {"get": 2}}, "components": {"links": {"b": 1}, "x-own": 3}}),
        ])
        .unwrap();
        assert_eq!(merged["paths"], json!({"/a": {"get": 2, "post": 1}}));
        assert_eq!(
            merged["components"],
            json!({"links": {"b": 1, "z": 1}, "x-own": 3})
        );
    }

    #[test]
    fn order_is_customary_at_the_top_and_sorted_below_but_lists_keep_theirs() {
        let merged = merged(&[
            json!({"x-b": 1, "components": {}, "tags": [{"name": "z"}], "paths": {}, "x-a": 1,
                   "info": {"version": "1", "title": "t"}}),
            json!({"tags": [{"name": "b"}, {"name": "z"}], "servers": [{"url": "2"}, {"url": "1"}]}),
        ])
        .unwrap();
        assert_eq!(
            merged.to_string(),
            r#"{"openapi":"3.0.0","info":{"title":"t","version":"1"},"servers":[{"url":"2"},{"url":"1"}],"tags":[{"name":"b"},{"name":"z"}],"paths":{},"components":{},"x-a":1,"x-b":1}"#
        );
    }

    #[test]
    fn the_same_twice_is_fine_in_another_order_of_keys() {
        let merged = merged(&[
            json!({"components": {"schemas": {"A": {"type": "object", "title": "A"}}}}),
            json!({"components": {"schemas": {"A": {"title": "A", "type": "object"}}}}),
        ])
        .unwrap();
        assert_eq!(
            merged["components"]["schemas"]["A"].to_string(),
            r#"{"title":"A","type":"object"}"#
        );
    }

    #[test]
    fn the_highest_patch_version_is_that_of_all() {
        for (versions, highest) in [
            (["3.0.0", "3.0.3", "3.0.1"], "3.0.3"),
            (["3.0.10", "3.0.9", "3.0.0"], "3.0.10"),
            (["3.0.0-rc1", "3.0.0", "3.0.0"], "3.0.0"),
        ] {
            for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
                let fragments = order.map(|index| {
                    let spec = json!({"openapi": versions[index]});
                    Fragment::new(index.to_string(), spec)
                });
                let merged = merge(fragments.to_vec()).unwrap();
                assert_eq!(merged["openapi"], highest);
            }
        }
    }

    #[test]
    fn a_conflict_names_the_pointer_the_two_places_and_the_difference() {
        let schema = |kind| json!({"components": {"schemas": {"A": {"type": kind}, "B": {}}}});
        let message = merged(&[schema("object"), json!({}), schema("string")]).unwrap_err();
        assert!(
            message.starts_with(
                "/components/schemas/A is defined differently in part 1 and in part 3"
            ),
            "{message}"
        );
        assert!(
            message.contains("(first difference: /components/schemas/A/type)"),
            "{message}"
        );
    }

    #[test]
    fn one_thing_in_two_ways_is_refused_wherever_it_is() {
        for (pointer, first, second) in [
            (
                "/paths/~1a/get",
                json!({"paths": {"/a": {"get": 1}}}),
                json!({"paths": {"/a": {"get": 2}}}),
            ),
            (
                "/tags/a",
                json!({"tags": [{"name": "a"}]}),
                json!({"tags": [{"name": "a", "x-a": "d"}]}),
            ),
            (
                "/servers",
                json!({"servers": [{"url": "1"}]}),
                json!({"servers": []}),
            ),
            ("/x-a", json!({"x-a": {"b": 1}}), json!({"x-a": {"c": 1}})),
            (
                "/components/schemas",
                json!({"components": {"schemas": {}}}),
                json!({"components": {"schemas": []}}),
            ),
        ] {
            let message = merged(&[first, second]).unwrap_err();
            assert!(
                message.starts_with(&format!("{pointer} is defined differently")),
                "{message}"
            );
        }
    }

    #[test]
    fn only_3_0_is_taken() {
        for (spec, said) in [
            (json!({"openapi": "3.1.0"}), "`openapi` is \"3.1.0\""),
            (json!({"openapi": 3.0}), "`openapi` is 3.0"),
            (json!({"swagger": "2.0"}), "`swagger` is \"2.0\""),
            (json!({}), "no `openapi` key"),
        ] {
            let place = "here".to_string();
            let message = check_version(&Fragment::new(place, spec))
                .unwrap_err()
                .to_string();
            assert!(
                message.starts_with("here: ") && message.contains(said),
                "{message}"
            );
        }
    }
}
