//! What `felt-api-codegen diff` tells of the client that the new spec will make.

use serde_json::{Value, json};

use crate::command::{NOTHING, folder, run, text};

#[test]
fn what_the_generator_will_say_of_the_new_one_is_told_beforehand() {
    let action = |path: &str| {
        format!("  - target: $.paths['/{path}'].get\n    update: {{summary: {path}}}\n")
    };
    let actions = ["kept", "gone", "corrected", "on_another_page"].map(action);
    let overlay = "overlay: 1.0.0\ninfo: {title: O, version: 1.0.0}\nactions:\n";
    let get = |path: &str, more: &str| {
        format!("  /{path}: {{get: {{{more}responses: {{'200': {{description: ''}}}}}}}}\n")
    };
    let head = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n";
    let old = ["kept", "gone", "corrected"];
    let old = old.map(|path| get(path, &format!("operationId: {path}, ")));
    let skipped = "{name: q, in: query, schema: {type: string, if: {}}}";
    let new = get(
        "kept",
        &format!("operationId: kept, parameters: [{skipped}], "),
    ) + &get("corrected", "operationId: corrected, summary: corrected, ");
    let refused = |count: u32| {
        let paths = (0..count).map(|number| get(&format!("r{number}"), ""));
        head.to_string() + &new + &paths.collect::<String>()
    };
    let dir = folder(&[
        ("openapi/a.yaml", &format!("{head}{}", old.concat())),
        (
            "openapi/b.overlay.yaml",
            &(overlay.to_string() + &actions.concat()),
        ),
        ("warned.yaml", &refused(0)),
        ("refused.yaml", &refused(2)),
        ("much-refused.yaml", &refused(20)),
    ]);
    let mut told = String::new();
    for (new, format) in [
        ("warned.yaml", "text"),
        ("refused.yaml", "text"),
        ("refused.yaml", "markdown"),
        ("refused.yaml", "json"),
        ("much-refused.yaml", "text"),
        ("much-refused.yaml", "markdown"),
    ] {
        let arguments = ["diff", "openapi/a.yaml", new, "--format", format];
        let output = run(dir.path(), &arguments, b"");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        let said = text(&output.stdout);
        // The rest is the subject of others.
        let said = match format {
            "text" => said.split_once("differences.\n").unwrap().1.to_string(),
            "markdown" => said.split_once("### Breaks").unwrap().0.to_string(),
            _ => {
                let mut report: Value = serde_json::from_str(said).unwrap();
                report["differences"] = json!([]);
                format!("{report:#}\n")
            }
        };
        told += &format!("$ {}\n{said}\n", arguments.join(" "));
    }
    insta::assert_snapshot!("diff_report_outlook", told);
    // What was warned of before is not new; what is refused still is.
    let output = run(dir.path(), &["diff", "warned.yaml", "warned.yaml"], b"");
    assert_eq!(text(&output.stdout), NOTHING);
    let output = run(dir.path(), &["diff", "refused.yaml", "refused.yaml"], b"");
    assert!(text(&output.stdout).contains("\nNo client can be generated from the new spec:\n"));
    let arguments = [
        "diff",
        "warned.yaml",
        "much-refused.yaml",
        "--format",
        "json",
    ];
    let output = run(dir.path(), &arguments, b"");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["refused"].as_array().unwrap().len(), 20);
}

#[test]
fn what_was_warned_of_is_not_new_where_it_stands_elsewhere() {
    let skipped = r#"{"type": "object", "properties": {"b": {"type": "string", "if": {}}}}"#;
    let spec = |path: &str, name: &str, more: &str| {
        let parameter = r#"{"name": "q", "in": "query", "schema": {"type": "string", "if": {}}}"#;
        let body = format!(
            r##"{{"application/json": {{"schema": {{"$ref": "#/components/schemas/{name}"}}}}}}"##
        );
        let responses = format!(r#"{{"200": {{"description": "", "content": {body}}}}}"#);
        let get = format!(
            r#"{{"operationId": "a", "parameters": [{parameter}{more}], "responses": {responses}}}"#
        );
        let item = format!(
            r#"{{"parameters": [{}], "get": {get}}}"#,
            parameter.replace("\"q", "\"r")
        );
        let paths = format!(r#"{{"{path}": {item}}}"#);
        let schemas = format!(r#"{{"{name}": {skipped}}}"#);
        let info = r#"{"title": "T", "version": "1"}"#;
        format!(
            r#"{{"openapi": "3.0.0", "info": {info}, "paths": {paths}, "components": {{"schemas": {schemas}}}}}"#
        )
    };
    let another = r#", {"name": "s", "in": "query", "schema": {"type": "string", "if": {}}}"#;
    let dir = folder(&[
        ("old.json", &spec("/a", "A", "")),
        ("moved.json", &spec("/b", "B", "")),
        ("more.json", &spec("/b", "B", another)),
    ]);
    let warnings = |old: &str, new: &str| {
        let output = run(dir.path(), &["diff", old, new, "--format", "json"], b"");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = report["warnings"].as_array().unwrap();
        let pointer = |one: &Value| one["pointer"].as_str().unwrap().to_string();
        warnings.iter().map(pointer).collect::<Vec<_>>()
    };
    assert_eq!(warnings("old.json", "moved.json"), [""; 0]);
    assert_eq!(warnings("moved.json", "old.json"), [""; 0]);
    let new = warnings("old.json", "more.json");
    assert!(!new.is_empty());
    for pointer in new {
        assert!(
            pointer.starts_with("/paths/~1b/get/parameters/1/"),
            "{pointer}"
        );
    }
}

#[test]
fn what_was_warned_of_is_not_new_where_it_stands_elsewhere_in_a_list() {
    let skipped = |name: &str| json!({"title": name, "type": "string", "if": {}});
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": skipped(name)});
    let spec = |parameters: &[Value], branches: &[Value]| {
        let schema = json!({"type": "array", "items": {"oneOf": branches}});
        let responses = json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}});
        let get = json!({"operationId": "a", "parameters": parameters, "responses": responses});
        let info = json!({"title": "T", "version": "1"});
        json!({"openapi": "3.0.0", "info": info, "paths": {"/a": {"get": get}}}).to_string()
    };
    let integer = json!({"type": "integer", "title": "n"});
    let limit = json!({"name": "limit", "in": "query", "schema": integer});
    let mut changed = parameter("q");
    changed["required"] = json!(true);
    let dir = folder(&[
        (
            "old.json",
            &spec(
                &[parameter("q")],
                &[skipped("s"), json!({"type": "boolean"})],
            ),
        ),
        (
            "new.json",
            &spec(
                &[limit, changed.clone()],
                &[integer.clone(), skipped("s"), json!({"type": "boolean"})],
            ),
        ),
        (
            "more.json",
            &spec(
                &[parameter("p"), parameter("q")],
                &[skipped("s"), json!({"type": "boolean"})],
            ),
        ),
        (
            "twice.json",
            &spec(&[parameter("q")], &[skipped("s"), skipped("s")]),
        ),
        (
            "twice-among-others.json",
            &spec(
                std::slice::from_ref(&changed),
                &[integer, skipped("s"), skipped("s")],
            ),
        ),
        (
            "twice-changed.json",
            &spec(&[changed], &[skipped("s"), skipped("s")]),
        ),
    ]);
    let warnings = |old: &str, new: &str| {
        let output = run(dir.path(), &["diff", old, new, "--format", "json"], b"");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = report["warnings"].as_array().unwrap().iter();
        let told = warnings.map(|one| format!("{} {}", one["rule"], one["pointer"]));
        told.collect::<Vec<_>>()
    };
    assert_eq!(warnings("old.json", "new.json"), [""; 0]);
    assert_eq!(
        warnings("old.json", "more.json"),
        [r#""ignored-keyword" "/paths/~1a/get/parameters/0/schema/if""#]
    );
    // Equal ones stay where they are, or are followed one by one.
    assert_eq!(warnings("twice.json", "twice-changed.json"), [""; 0]);
    assert_eq!(warnings("twice.json", "twice-among-others.json"), [""; 0]);
}
