//! What an overlay does, rule by rule of the standard.

use serde_json::json;

use super::*;

fn overlay(version: &str, actions: Value) -> Result<Overlay, Error> {
    let info = json!({"title": "t", "version": "1"});
    let document = json!({"overlay": version, "info": info, "x-mine": 1, "actions": actions});
    Overlay::parse(&document, "a.overlay.yaml")
}

/// What becomes of a document, and what was touched.
fn applied(version: &str, action: Value, mut spec: Value) -> Result<(Value, Vec<String>), String> {
    let overlay = overlay(version, json!([action])).map_err(|error| error.to_string())?;
    let applied = overlay
        .apply(&mut spec)
        .map_err(|error| error.to_string())?;
    Ok((spec, applied[0].touched.clone()))
}

fn after(version: &str, action: Value, spec: Value) -> Value {
    applied(version, action, spec).unwrap().0
}

#[test]
fn objects_are_merged_arrays_joined_and_values_replaced() {
    for version in ["1.0.0", "1.0.17", "1.1.0"] {
        let spec =
            json!({"a": {"kept": 1, "value": 1, "list": [1], "deep": {"x": 1, "y": null}}, "b": 2});
        let update = json!({"value": "two", "list": [2, 3], "deep": {"x": true, "y": 5, "z": []}, "new": {}});
        let merged = after(version, json!({"target": "$.a", "update": update}), spec);
        let wanted = json!({"a": {"kept": 1, "value": "two", "list": [1, 2, 3],
            "deep": {"x": true, "y": 5, "z": []}, "new": {}}, "b": 2});
        assert_eq!(merged, wanted);
    }
    // The root is a node like any other, and order is kept.
    let merged = after(
        "1.0.0",
        json!({"target": "$", "update": {"c": 1}}),
        json!({"z": 1, "b": 2}),
    );
    assert_eq!(merged.to_string(), r#"{"z":1,"b":2,"c":1}"#);
}

#[test]
fn an_array_gets_an_entry_or_several() {
    let entry = json!({"target": "$.a", "update": {"n": 1}});
    for version in ["1.0.0", "1.1.0"] {
        assert_eq!(
            after(version, entry.clone(), json!({"a": [0]})),
            json!({"a": [0, {"n": 1}]})
        );
    }
    let several = json!({"target": "$.a", "update": [1, 2]});
    assert_eq!(
        after("1.1.0", several.clone(), json!({"a": [0]})),
        json!({"a": [0, 1, 2]})
    );
    let message = applied("1.0.0", several, json!({"a": [0]})).unwrap_err();
    assert!(message.contains("version 1.1.0"), "{message}");
}

#[test]
fn values_are_targets_since_1_1() {
    let action = json!({"target": "$.a.b", "update": "new"});
    assert_eq!(
        after("1.1.0", action.clone(), json!({"a": {"b": "old"}})),
        json!({"a": {"b": "new"}})
    );
    assert!(applied("1.0.0", action, json!({"a": {"b": "old"}})).is_err());
}

#[test]
fn what_is_removed_is_the_only_thing_that_goes() {
    let spec = json!({"l": [0, 1, {"d": true}, 3, {"d": true, "in": {"d": true}}], "m": {"a/b": 1, "c~d": 2}});
    let removed = |target: &str| {
        let action = json!({"target": target, "remove": true});
        applied("1.1.0", action, spec.clone()).unwrap()
    };
    let (left, touched) = removed("$.l[?@.d]");
    assert_eq!(left["l"], json!([0, 1, 3]));
    assert_eq!(touched, ["/l/2", "/l/4"]);
    // What holds another that is selected too.
    assert_eq!(removed("$..[?@.d]").0["l"], json!([0, 1, 3]));
    assert_eq!(removed("$.l[0, 1, 3]").0["l"].as_array().unwrap().len(), 2);
    let (left, touched) = removed("$.m[\"a/b\", 'c~d']");
    assert_eq!(
        (left["m"].clone(), touched),
        (
            json!({}),
            vec!["/m/a~1b".to_string(), "/m/c~0d".to_string()]
        )
    );
    assert!(
        applied(
            "1.1.0",
            json!({"target": "$", "remove": true}),
            spec.clone()
        )
        .is_err()
    );
}

#[test]
fn a_copy_has_one_source() {
    let spec = json!({"paths": {"/a": {"get": {"x": 1}}, "/b": {"put": 1}}});
    let copy = |source: &str, target: &str| {
        applied(
            "1.1.0",
            json!({"target": target, "copy": source}),
            spec.clone(),
        )
    };
    let (copied, _) = copy("$.paths['/a']", "$.paths['/b']").unwrap();
    assert_eq!(copied["paths"]["/b"], json!({"put": 1, "get": {"x": 1}}));
    assert!(
        copy("$.paths.*", "$.paths['/b']")
            .unwrap_err()
            .contains("selects 2")
    );
    assert!(
        copy("$.nothing", "$.paths")
            .unwrap_err()
            .contains("selects 0")
    );
    assert_eq!(
        copy("$.nothing", "$.nowhere").unwrap().1,
        Vec::<String>::new()
    );
}

#[test]
fn of_several_changes_one_counts_and_none_is_none() {
    let spec = json!({"a": {"x": 1}, "b": {"y": 1}});
    let a = vec!["/a".to_string()];
    for (action, wanted, wanted_touched) in [
        (
            json!({"target": "$.a", "remove": true, "update": {"z": 1}, "copy": "$.b"}),
            json!({"b": {"y": 1}}),
            a.clone(),
        ),
        (
            json!({"target": "$.a", "remove": false, "copy": "$.b"}),
            json!({"a": {"x": 1, "y": 1}, "b": {"y": 1}}),
            a,
        ),
        (
            json!({"target": "$.a", "description": "a reminder"}),
            spec.clone(),
            Vec::new(),
        ),
    ] {
        let (found, touched) = applied("1.1.0", action, spec.clone()).unwrap();
        assert_eq!((found, touched), (wanted, wanted_touched));
    }
}

#[test]
fn what_is_of_no_use_is_told() {
    use Idle::{SaysNothingNew, SelectsNothing};
    let spec = json!({"a": {"x": 1, "l": ["one", "two"], "n": null}, "b": {"x": 2}, "c": {"x": 1}});
    for (action, touched, idle) in [
        (
            json!({"target": "$.d", "update": {}}),
            &[][..],
            Some(SelectsNothing),
        ),
        (
            json!({"target": "$.d", "remove": true}),
            &[],
            Some(SelectsNothing),
        ),
        (
            json!({"target": "$.d", "description": "a reminder"}),
            &[],
            Some(SelectsNothing),
        ),
        (
            json!({"target": "$.a", "description": "a reminder"}),
            &[],
            None,
        ),
        (json!({"target": "$.a", "remove": true}), &["/a"], None),
        (
            json!({"target": "$.a", "update": {}}),
            &[],
            Some(SaysNothingNew),
        ),
        (
            json!({"target": "$.a", "update": {"x": 1, "n": null}}),
            &[],
            Some(SaysNothingNew),
        ),
        (
            json!({"target": "$.a.x", "update": 1}),
            &[],
            Some(SaysNothingNew),
        ),
        (
            json!({"target": "$.a", "copy": "$.c"}),
            &[],
            Some(SaysNothingNew),
        ),
        (json!({"target": "$.a", "update": {"x": 2}}), &["/a"], None),
        // One of several is enough.
        (
            json!({"target": "$['a', 'b']", "update": {"x": 1}}),
            &["/b"],
            None,
        ),
        // A list gets what it is given, also if that is there.
        (
            json!({"target": "$.a.l", "update": "two"}),
            &["/a/l"],
            Some(SaysNothingNew),
        ),
        (
            json!({"target": "$.a", "update": {"l": ["two", "one"]}}),
            &["/a"],
            Some(SaysNothingNew),
        ),
        (
            json!({"target": "$.a.l", "update": ["two", "three"]}),
            &["/a/l"],
            None,
        ),
        (
            json!({"target": "$.a", "update": {"l": ["two"], "x": 2}}),
            &["/a"],
            None,
        ),
        (
            json!({"target": "$.a.l", "update": []}),
            &[],
            Some(SaysNothingNew),
        ),
    ] {
        let overlay = overlay("1.1.0", json!([action])).unwrap();
        let applied = overlay.apply(&mut spec.clone()).unwrap();
        assert_eq!(applied[0].touched, touched, "{action}");
        assert_eq!(applied[0].idle, idle, "{action}");
    }
}

#[test]
fn paths_have_all_functions_of_rfc_9535() {
    let spec = json!({"a": [{"id": "ab"}, {"id": "b"}, {"id": "xab"}]});
    for (filter, wanted) in [
        ("match(@.id, 'a.*')", &["/a/0"][..]),
        ("search(@.id, 'a.')", &["/a/0", "/a/2"]),
        ("length(@.id) == 1 && count(@.*) == 1", &["/a/1"]),
        ("value(@.id) == 'b'", &["/a/1"]),
    ] {
        let action = json!({"target": format!("$.a[?{filter}]"), "update": {"x": 1}});
        assert_eq!(applied("1.0.0", action, spec.clone()).unwrap().1, wanted);
    }
}

#[test]
fn actions_follow_each_other_and_one_that_selects_nothing_is_told() {
    let actions = json!([
        {"target": "$.a", "remove": true},
        {"target": "$.a", "update": {"x": 1}, "description": "why"},
        {"target": "$", "update": {"a": {"y": 1}}},
    ]);
    let mut spec = json!({"a": {"old": 1}});
    let applied = overlay("1.0.0", actions).unwrap().apply(&mut spec).unwrap();
    assert_eq!(spec, json!({"a": {"y": 1}}));
    let touched: Vec<usize> = applied
        .iter()
        .map(|applied| applied.touched.len())
        .collect();
    assert_eq!(touched, [1, 0, 1]);
    assert_eq!(applied[1].to_string(), "a.overlay.yaml, action 2 ($.a)");
    assert_eq!(applied[1].description.as_deref(), Some("why"));
}

#[test]
fn what_does_not_fit_is_an_error_at_its_place() {
    for (version, action, spec, wanted) in [
        (
            "1.0.0",
            json!({"target": "$.a", "update": 1}),
            json!({"a": {}}),
            "/a cannot be merged: primitive values into objects",
        ),
        (
            "1.0.0",
            json!({"target": "$.a", "update": {"b": {"c": []}}}),
            json!({"a": {"b": {"c": {}}}}),
            "/a/b/c cannot be merged: arrays into objects",
        ),
        (
            "1.1.0",
            json!({"target": "$.*", "update": {}}),
            json!({"a": {}, "b": []}),
            "different kinds of nodes: arrays, objects",
        ),
        (
            "1.1.0",
            json!({"target": "$.a", "update": {}}),
            json!({"a": "x"}),
            "objects into primitive values",
        ),
    ] {
        let message = applied(version, action, spec).unwrap_err();
        assert!(
            message.starts_with("a.overlay.yaml, action 1 ($.") && message.contains(wanted),
            "{message}"
        );
    }
    let action = json!({"target": "$", "update": 3});
    assert_eq!(
        applied("1.1.0", action, json!({})).unwrap_err(),
        "a.overlay.yaml, action 1 ($): the document cannot be merged: primitive values into objects"
    );
}

#[test]
fn what_is_no_overlay_is_refused() {
    let mut said = String::new();
    let action = json!({"target": "$", "update": {}});
    let info = json!({"title": "t", "version": "1"});
    for document in [
        json!([]),
        json!({"actions": [action], "info": info}),
        json!({"overlay": "1.2.0", "actions": [action], "info": info}),
        json!({"overlay": 1.0, "actions": [action], "info": info}),
        json!({"overlay": "1.0", "actions": [action], "info": info}),
        json!({"overlay": "1.0.0", "actions": [action]}),
        json!({"overlay": "1.0.0", "actions": [action], "info": {"title": "t", "version": 1}}),
        json!({"overlay": "1.0.0", "actions": [], "info": info}),
        json!({"overlay": "1.0.0", "action": [action], "info": info}),
        json!({"overlay": "1.0.0", "actions": ["$"], "info": info}),
        json!({"overlay": "1.0.0", "actions": [{"update": {}}], "info": info}),
        json!({"overlay": "1.0.0", "actions": [action, {"target": "a.b", "update": {}}], "info": info}),
        json!({"overlay": "1.0.0", "actions": [{"target": "$[", "update": {}}], "info": info}),
        json!({"overlay": "1.0.0", "actions": [{"target": "$", "remove": "yes"}], "info": info}),
        json!({"overlay": "1.0.0", "actions": [{"target": "$", "copy": "$.a"}], "info": info}),
        json!({"overlay": "1.1.0", "actions": [{"target": "$", "updates": {}}], "info": info}),
        json!({"overlay": "1.1.0", "actions": [{"target": "$", "update": {}, "copy": "$.a"}], "info": info}),
        json!({"overlay": "1.0.0", "actions": [action], "info": info, "extends": 3}),
        json!({"overlay": "1.0.0", "actions": [action], "info": "t"}),
        json!({"overlay": "1.0.0", "actions": [action], "info": {"title": "t", "version": "1", "description": "d"}}),
        json!({"overlay": "1.1.0", "actions": [action], "info": {"title": "t", "version": "1", "description": 1}}),
        json!({"overlay": "1.1.0", "actions": [action], "info": {"title": "t", "version": "1", "name": "n"}}),
        json!({"overlay": "1.0.0", "actions": [action, {"target": "$.a", "update": {}}, action], "info": info}),
    ] {
        let error = Overlay::parse(&document, "a.overlay.yaml").unwrap_err();
        said.push_str(&format!("{error}\n"));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn what_the_standard_allows_is_taken() {
    let document = json!({
        "overlay": "1.1.0",
        "info": {"title": "t", "version": "1", "description": "d", "x-mine": 1},
        "extends": "./a.yaml",
        // Not the same: the second finds what the first has made.
        "actions": [{"target": "$", "update": {"a": {}}}, {"target": "$.a", "update": {"a": {}}}],
    });
    assert!(Overlay::parse(&document, "a.overlay.yaml").is_ok());
}
