//! Every rule of the preflight, with a spec that breaks it and nothing else.

use felt_api_codegen::{generate, preflight};
use serde_json::{Value, json};

mod bodies;

/// A spec that uses much of what is allowed, and breaks no rule.
fn good() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "x-own": 1,
        "tags": [{"name": "t"}],
        "paths": {
            "x-own": 1,
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "operationId": "getA",
                    "parameters": [{"in": "query", "name": "q", "style": "form", "schema": {"type": "string"}}],
                    "responses": {
                        "200": {"$ref": "#/components/responses/A"},
                        "201": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                        "304": {"description": ""},
                        "4XX": {"description": "", "content": {"*/*": {}}},
                        "x-own": 1,
                    },
                    "callbacks": {},
                },
            },
            "/b": {"post": {
                "operationId": "make_b",
                "requestBody": {"$ref": "#/components/requestBodies/B"},
                "responses": {"204": {"description": ""}},
            }},
        },
        "components": {
            "parameters": {"Id": {"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}},
            "requestBodies": {"B": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}},
            "responses": {"A": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
            "schemas": {
                "A": {"type": "object", "properties": {
                    "next": {"$ref": "#/components/schemas/A"},
                    "wrapped": {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true},
                    "either": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]},
                    "example": {"type": "string", "example": {"$ref": 1, "type": "x"}},
                }},
                "B": {"allOf": [
                    {"$ref": "#/components/schemas/C"},
                    {"type": "object", "properties": {"parent": {"$ref": "#/components/schemas/B"}}},
                ]},
                "C": {"type": "object", "properties": {"$ref": {"type": "string"}}},
            },
        },
    })
}

const GET: &str = "/paths/~1a~1{id}/get";
const POST: &str = "/paths/~1b/post";

/// The rules and pointers that are found once `value` is put at `pointer`.
fn found(pointer: &str, value: Value) -> Vec<(&'static str, String)> {
    let mut spec = good();
    put(&mut spec, pointer, value);
    let findings = preflight(&spec).into_iter();
    findings
        .map(|finding| (finding.rule, finding.pointer))
        .collect()
}

/// Puts a value there; null takes away what is there.
fn put(spec: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    let parent = spec.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(&key).unwrap();
    } else {
        parent.insert(key, value);
    }
}

fn good_with(pointer: &str, value: &Value) -> Value {
    let mut spec = good();
    put(&mut spec, pointer, value.clone());
    spec
}

fn breaks(rule: &'static str, cases: &[(&str, Value, &str)]) {
    for (pointer, value, at) in cases {
        assert_eq!(
            found(pointer, value.clone()),
            [(rule, at.to_string())],
            "{pointer} = {value}"
        );
    }
}

fn parameter(value: Value) -> Value {
    json!([value])
}

#[test]
fn a_good_spec_passes_and_is_generated() {
    assert_eq!(preflight(&good()), []);
    generate(&good()).unwrap();
}

#[test]
fn version() {
    breaks(
        "openapi-version",
        &[
            ("/openapi", json!("3.1.0"), "/openapi"),
            ("/openapi", json!("3.0"), "/openapi"),
        ],
    );
}

#[test]
fn missing() {
    breaks(
        "missing",
        &[
            ("/openapi", Value::Null, "/openapi"),
            ("/info", Value::Null, "/info"),
            ("/info/title", Value::Null, "/info/title"),
            ("/info/version", Value::Null, "/info/version"),
            ("/paths", Value::Null, "/paths"),
        ],
    );
    let rules: Vec<_> = preflight(&json!({}))
        .into_iter()
        .map(|finding| finding.pointer)
        .collect();
    assert_eq!(rules, ["/info", "/openapi", "/paths"]);
}

#[test]
fn references() {
    let schema = "/components/schemas/A/properties/next";
    let to = |reference: &str| json!({"$ref": reference});
    breaks(
        "reference",
        &[
            (schema, to("#/components/schemas/D"), schema),
            (schema, to("#/components/responses/A"), schema),
            (
                schema,
                to("#/components/schemas/A/properties/example"),
                schema,
            ),
            (schema, to("other.json#/A"), schema),
            (schema, to("#"), schema),
            (schema, json!({"$ref": 1}), schema),
            (
                "/components/responses/A",
                to("#/components/responses/B"),
                "/components/responses/A",
            ),
            (
                "/components/requestBodies/B",
                to("#/components/schemas/B"),
                "/components/requestBodies/B",
            ),
        ],
    );
}

#[test]
fn reference_circles() {
    let a = json!({"$ref": "#/components/schemas/A"});
    let b = json!({"$ref": "#/components/schemas/B"});
    let more = json!({"type": "object", "properties": {"x": {"type": "string"}}});
    let at = "/components/schemas/A";
    let within = "/components/schemas/A/properties/next";
    breaks(
        "reference-circle",
        &[
            (at, a.clone(), at),
            (at, json!({"allOf": [a]}), at),
            (at, json!({"allOf": [a, more]}), at),
            (at, json!({"type": "object", "oneOf": [a]}), at),
            (within, json!({"allOf": [a, more]}), within),
            (at, json!({"anyOf": [a, {"type": "string"}]}), at),
            (at, json!({"oneOf": [{"type": "string"}, a]}), at),
        ],
    );
    let schemas = ["B", "C"].map(|name| format!("/components/schemas/{name}"));
    let either = json!({"anyOf": [b, {"type": "string"}]});
    assert_eq!(
        found(&schemas[1], either),
        schemas.clone().map(|pointer| ("reference-circle", pointer))
    );
    // A property, an item or a value in between takes another value.
    let either = json!({"oneOf": [
        {"type": "string"},
        {"type": "array", "items": b},
        {"type": "object", "required": ["b"], "properties": {"b": b}},
        {"type": "object", "additionalProperties": b},
    ]});
    assert_eq!(found("/components/schemas/B", either), []);
    // Of other components, progenitor would look for the end without end.
    let mut spec = good();
    let to = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    spec["components"]["headers"] = json!({"A": to("B"), "B": to("A")});
    let rules: Vec<_> = preflight(&spec)
        .into_iter()
        .map(|finding| (finding.rule, finding.pointer))
        .collect();
    assert_eq!(
        rules,
        ["A", "B"].map(|name| ("reference-circle", format!("/components/headers/{name}")))
    );
}

#[test]
fn paths() {
    let operation = json!({"get": {"operationId": "d", "responses": {}}});
    breaks(
        "path",
        &[
            ("/paths/d", operation.clone(), "/paths/d"),
            ("/paths/~1d{", operation.clone(), "/paths/~1d{"),
            ("/paths/~1d}", operation.clone(), "/paths/~1d}"),
            ("/paths/~1{}", operation.clone(), "/paths/~1{}"),
            ("/paths/~1}{d}", operation.clone(), "/paths/~1}{d}"),
            ("/paths/~1{a{b}", operation, "/paths/~1{a{b}"),
        ],
    );
    breaks(
        "path-item-reference",
        &[("/paths/~1d", json!({"$ref": "#/paths/~1b"}), "/paths/~1d")],
    );
}

#[test]
fn operation_ids() {
    let id = &format!("{GET}/operationId");
    breaks("operation-id", &[(id, Value::Null, GET)]);
    let second = &format!("{POST}/operationId");
    breaks(
        "operation-id-clash",
        &[
            (id, json!("new"), id),
            (id, json!("Post"), id),
            (second, json!("getA"), second),
            (second, json!("get-a"), second),
        ],
    );
}

#[test]
fn statuses() {
    for status in ["20", "2000", "20X", "XXX", "0XX", "ok"] {
        let at = format!("{GET}/responses/{status}");
        breaks("status", &[(&at, json!({"description": ""}), &at)]);
    }
}

#[test]
fn websockets() {
    breaks(
        "websocket",
        &[(&format!("{POST}/x-dropshot-websocket"), json!({}), POST)],
    );
}

#[test]
fn parameters() {
    let (own, first) = (
        &format!("{POST}/parameters"),
        &format!("{POST}/parameters/0"),
    );
    let schema = json!({"type": "string"});
    breaks(
        "parameter-cookie",
        &[(
            own,
            parameter(json!({"in": "cookie", "name": "c", "schema": schema})),
            first,
        )],
    );
    breaks(
        "parameter-content",
        &[(
            own,
            parameter(json!({"in": "query", "name": "c", "content": {"a/b": {}}})),
            first,
        )],
    );
    breaks(
        "parameter-style",
        &[
            (
                own,
                parameter(
                    json!({"in": "query", "name": "c", "style": "deepObject", "schema": schema}),
                ),
                first,
            ),
            (
                "/components/parameters/Id/style",
                json!("label"),
                "/components/parameters/Id",
            ),
        ],
    );
    breaks(
        "path-parameter-optional",
        &[
            (
                "/components/parameters/Id/required",
                json!(false),
                "/components/parameters/Id",
            ),
            (
                "/components/parameters/Id/required",
                Value::Null,
                "/components/parameters/Id",
            ),
        ],
    );
    breaks(
        "parameter-clash",
        &[
            (
                own,
                parameter(json!({"in": "query", "name": "Body", "schema": schema})),
                POST,
            ),
            (
                &format!("{GET}/parameters"),
                parameter(json!({"in": "query", "name": "id", "schema": schema})),
                GET,
            ),
        ],
    );
    breaks(
        "path-template",
        &[
            ("/paths/~1a~1{id}/parameters", Value::Null, GET),
            (
                own,
                parameter(json!({"in": "path", "name": "c", "required": true, "schema": schema})),
                POST,
            ),
        ],
    );
}

#[test]
fn long_chains_and_wide_circles_are_looked_through_once() {
    // Each is made of the next one. If all below was looked at in pairs, this would take minutes.
    let schemas = |last: &str| {
        let link = |number: usize| {
            let own =
                json!({"type": "object", "properties": {format!("p{number}"): {"type": "string"}}});
            let next = json!({"$ref": format!("#/components/schemas/N{}", number + 1)});
            (format!("N{number}"), json!({"allOf": [next, own]}))
        };
        let mut schemas: serde_json::Map<_, _> = (0..300).map(link).collect();
        let own = json!({"type": "object", "properties": {"p0": {"type": last}}});
        schemas.insert("N300".to_string(), own);
        Value::Object(schemas)
    };
    assert_eq!(
        found("/components/schemas", with_own(schemas("string"))),
        []
    );
    assert_eq!(
        found("/components/schemas", with_own(schemas("integer"))),
        [("all-of-empty", "/components/schemas/N0/allOf".to_string())]
    );
    // Each property leads back to the whole, in both parts.
    let part = |kind: &str| {
        let to_whole = |number| {
            (
                format!("p{number}"),
                json!({"$ref": "#/components/schemas/W"}),
            )
        };
        let mut properties: serde_json::Map<_, _> = (0..20).map(to_whole).collect();
        properties.insert("z".to_string(), json!({"type": kind}));
        json!({"type": "object", "properties": properties})
    };
    let whole = |kind| {
        json!({"W": {"allOf": [
        {"$ref": "#/components/schemas/X"}, {"$ref": "#/components/schemas/Y"},
    ]}, "X": part("string"), "Y": part(kind)})
    };
    assert_eq!(found("/components/schemas", with_own(whole("string"))), []);
    assert_eq!(
        found("/components/schemas", with_own(whole("integer"))),
        [("all-of-empty", "/components/schemas/W/allOf".to_string())]
    );
}

/// The schemas of a good spec, and these.
fn with_own(schemas: Value) -> Value {
    let mut all = good()["components"]["schemas"].take();
    let own = schemas.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(own);
    all
}
