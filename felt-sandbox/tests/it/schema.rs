//! The vendor's specification, unchanged, and as much of OpenAPI 3.0 as its answers use. A JSON Schema library would not
//! know `nullable`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

pub static SPEC: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../openapi/layer-exports.json")).unwrap()
});

fn schema(name: &str) -> &'static Value {
    let schema = &SPEC["components"]["schemas"][name];
    assert!(schema.is_object(), "no schema {name}");
    schema
}

/// The schema of an operation's answer with this status, by its name. Panics if the status is not documented for an
/// operation; what is none has no schema.
pub fn documented(method: &str, path: &str, status: u16) -> Option<&'static str> {
    let paths = SPEC["paths"].as_object().unwrap();
    let (template, operations) = paths.iter().find(|(template, _)| fits(path, template))?;
    let operation = operations.get(method.to_ascii_lowercase())?;
    let response = &operation["responses"][status.to_string()];
    assert!(
        response.is_object(),
        "{method} {template} has no documented {status}"
    );
    let schema = &response["content"]["application/json"]["schema"]["$ref"];
    Some(schema.as_str().unwrap().rsplit('/').next().unwrap())
}

fn fits(path: &str, template: &str) -> bool {
    let (mut path, mut template) = (path.split('/'), template.split('/'));
    loop {
        match (path.next(), template.next()) {
            (None, None) => return true,
            (Some(have), Some(want)) if have == want || want.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Panics if the value does not fit the schema of this name.
pub fn check(value: &Value, schema: &str) {
    let problems = problems_of(value, schema);
    assert!(problems.is_empty(), "not a {schema}: {problems:?}\n{value}");
}

/// What does not fit the schema of this name.
pub fn problems_of(value: &Value, schema: &str) -> Vec<String> {
    problems(value, self::schema(schema), "")
}

fn problems(value: &Value, schema: &Value, at: &str) -> Vec<String> {
    const KNOWN: [&str; 11] = [
        "$ref",
        "additionalProperties",
        "description",
        "enum",
        "format",
        "items",
        "nullable",
        "properties",
        "required",
        "title",
        "type",
    ];
    let keys: BTreeSet<&str> = schema
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert!(
        keys.is_subset(&KNOWN.into()),
        "a keyword that is not checked: {keys:?}"
    );
    if let Some(name) = schema["$ref"].as_str() {
        return problems(value, self::schema(name.rsplit('/').next().unwrap()), at);
    }
    if value.is_null() && schema["nullable"] == true {
        return Vec::new();
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("a type that is not checked: {other}"),
        None => true,
    };
    if !fits {
        return vec![format!("{at}: not of type {}", schema["type"])];
    }
    let mut found = Vec::new();
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{at}: not one of {allowed:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => found.extend(problems(member, schema, &format!("{at}/{name}"))),
            None if schema["additionalProperties"] == false => {
                found.push(format!("{at}: {name} is too much"))
            }
            None => {}
        }
    }
    if let Some(schema) = schema.get("items") {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(problems(item, schema, &format!("{at}/{index}")));
        }
    }
    found
}

#[test]
fn the_check_finds_what_is_wrong() {
    use serde_json::json;
    let status = |value: Value| problems_of(&value, "CustomExportRequestStatus").len();
    let good =
        json!({ "export_id": "x", "status": "failed", "download_url": null, "filters": [1] });
    assert_eq!(status(good.clone()), 0);
    for (name, value) in [
        ("export_id", json!(null)),
        ("status", json!("done")),
        ("download_url", json!(1)),
        ("filters", json!(null)),
        ("more", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(status(bad), 1, "{name}");
    }
    assert_eq!(status(json!({ "export_id": "x" })), 3);
    let error = json!({ "errors": [{ "title": "", "detail": "", "source": {} }] });
    assert_eq!(
        problems_of(&error, "JsonErrorResponse"),
        ["/errors/0/source: \"pointer\" is missing"]
    );
}

#[test]
fn operations_are_found_by_their_paths() {
    let find = |method, path| documented(method, &format!("/api/v2/maps/m/layers/l/{path}"), 200);
    assert_eq!(find("GET", "get_export_link"), Some("ExportLink"));
    assert_eq!(find("POST", "custom_export"), Some("CustomExportResponse"));
    assert_eq!(
        find("GET", "custom_exports/e"),
        Some("CustomExportRequestStatus")
    );
    assert_eq!(find("PUT", "custom_export"), None);
    assert_eq!(find("GET", "custom_exports/e/x"), None);
}
