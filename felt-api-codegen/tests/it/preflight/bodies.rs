//! The rules about bodies, schemas and shapes.

use felt_api_codegen::{generate, preflight};
use serde_json::{Value, json};

use super::{GET, POST, breaks, found, good_with, put};

#[test]
fn request_bodies() {
    let (content, at) = ("/components/requestBodies/B/content", |name: &str| {
        format!("/components/requestBodies/B/content/{name}")
    });
    let json_type = json!({"schema": {}});
    breaks(
        "request-media-types",
        &[(
            content,
            json!({"application/json": json_type, "text/plain": {"schema": {"type": "string"}}}),
            content,
        )],
    );
    for name in ["multipart/form-data", "application/xml", "Application/JSON"] {
        breaks(
            "request-media-type",
            &[(
                content,
                json!({name: json_type}),
                &at(&name.replace('/', "~1")),
            )],
        );
    }
    breaks(
        "media-schema",
        &[(
            content,
            json!({"application/json": {}}),
            &at("application~1json"),
        )],
    );
    breaks(
        "media-encoding",
        &[(
            content,
            json!({"application/json; v=1": {"schema": {}, "encoding": {"a": {}}}}),
            &at("application~1json; v=1"),
        )],
    );
    breaks(
        "request-schema",
        &[
            (
                content,
                json!({"application/octet-stream": {"schema": {"type": "string"}}}),
                &at("application~1octet-stream"),
            ),
            (
                content,
                json!({"text/plain": {"schema": {"$ref": "#/components/schemas/C"}}}),
                &at("text~1plain"),
            ),
        ],
    );
    for good in [
        json!({}),
        json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary", "description": "d"}}}),
        json!({"text/x-markdown": {"schema": {"type": "string", "nullable": false}}}),
    ] {
        let spec = good_with(content, &good);
        assert_eq!(preflight(&spec), [], "{good}");
        generate(&spec).unwrap();
    }
}

#[test]
fn responses() {
    let (responses, json) = (
        &format!("{GET}/responses"),
        |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}}),
    );
    let empty = json!({"description": ""});
    let bytes = json!({"description": "", "content": {"a/b": {}}});
    let a = json(json!({"$ref": "#/components/schemas/A"}));
    breaks(
        "success-types",
        &[
            (responses, json!({"200": a, "204": empty}), responses),
            (
                responses,
                json!({"200": a, "2XX": json(json!({"type": "string"}))}),
                responses,
            ),
            (responses, json!({"101": empty, "200": bytes}), responses),
            (
                responses,
                json!({"200": {"$ref": "#/components/responses/A"}, "201": empty}),
                responses,
            ),
        ],
    );
    breaks(
        "error-types",
        &[
            (
                responses,
                json!({"200": a, "404": a, "500": empty}),
                responses,
            ),
            (
                responses,
                json!({"2XX": a, "4XX": bytes, "default": empty}),
                responses,
            ),
        ],
    );
    assert_eq!(
        found(responses, json!({"200": a, "404": bytes, "default": empty})).len(),
        2
    );
    breaks(
        "media-schema",
        &[(
            responses,
            json!({"200": {"description": "", "content": {"application/json": {}}}}),
            &format!("{GET}/responses/200/content/application~1json"),
        )],
    );
    breaks(
        "media-encoding",
        &[(
            "/components/responses/A/content/application~1json/encoding",
            json!({"a": {}}),
            "/components/responses/A/content/application~1json",
        )],
    );
    for good in [
        json!({"200": a, "default": a}),
        json!({"2XX": a, "default": empty}),
        json!({"200": json(json!({"type": "string"})), "201": json(json!({"type": "string", "description": "d"}))}),
        json!({"default": bytes}),
        json!({}),
    ] {
        let spec = good_with(responses, &good);
        assert_eq!(preflight(&spec), [], "{good}");
        generate(&spec).unwrap();
    }
}

#[test]
fn schemas() {
    let at = |below: &str| format!("/components/schemas/C/{below}");
    breaks(
        "schema-type",
        &[
            (&at("type"), json!("file"), &at("type")),
            (
                &at("additionalProperties"),
                json!({"type": "null"}),
                &at("additionalProperties/type"),
            ),
        ],
    );
    breaks(
        "schema-bound",
        &[
            (
                &at("exclusiveMinimum"),
                json!(true),
                &at("exclusiveMinimum"),
            ),
            (
                &at("exclusiveMaximum"),
                json!(true),
                &at("exclusiveMaximum"),
            ),
        ],
    );
    breaks(
        "schema-name-clash",
        &[("/components/schemas/c", json!({}), "/components/schemas/c")],
    );
}

#[test]
fn shapes() {
    let schema = "/components/schemas/C";
    for (pointer, value, at) in [
        ("/info/title", json!(1), "/info"),
        ("/tags", json!({}), "/tags"),
        ("/components/links", json!([]), "/components"),
        (schema, json!(true), schema),
        (
            schema,
            json!({"type": ["string", "null"]}),
            &format!("{schema}/type"),
        ),
        (
            schema,
            json!({"oneOf": [{"items": {"exclusiveMinimum": 5}}]}),
            &format!("{schema}/oneOf/0/items/exclusiveMinimum"),
        ),
        (
            "/components/responses/A/description",
            Value::Null,
            "/components/responses/A",
        ),
        (&format!("{GET}/responses"), Value::Null, GET),
        (&format!("{GET}/tags"), json!("t"), &format!("{GET}/tags")),
        (
            &format!("{POST}/parameters"),
            json!([{"in": "body", "name": "b", "schema": {}}]),
            &format!("{POST}/parameters/0/in"),
        ),
        (
            &format!("{POST}/parameters"),
            json!([{"in": "query", "name": "b"}]),
            &format!("{POST}/parameters/0"),
        ),
    ] {
        breaks("shape", &[(pointer, value, at)]);
    }
}

#[test]
fn a_fault_deep_within_schemas_is_found_at_once_and_everything_is_found_together() {
    let mut deep = json!({"type": 1});
    for _ in 0..40 {
        deep = json!({"items": deep});
    }
    let mut spec = good_with("/components/schemas/C", &deep);
    put(&mut spec, &format!("{GET}/operationId"), Value::Null);
    let pointers: Vec<_> = preflight(&spec)
        .into_iter()
        .map(|finding| finding.pointer)
        .collect();
    let deep = format!("/components/schemas/C{}/type", "/items".repeat(40));
    assert_eq!(pointers, [deep, GET.to_string()]);
    assert!(
        generate(&spec)
            .unwrap_err()
            .to_string()
            .contains("/items/type (shape): ")
    );
}
