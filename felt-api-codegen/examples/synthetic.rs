//! Writes a made-up spec with so many operations: `cargo run --example synthetic -- 50 > spec.json`. Tests
//! and `bench/generate.py` use it. The same number gives the same bytes.

use serde_json::{Map, Value, json};

fn main() {
    let operations = std::env::args().nth(1).and_then(|count| count.parse().ok());
    match operations {
        Some(operations) => println!("{:#}", spec(operations)),
        None => eprintln!("usage: synthetic OPERATIONS"),
    }
}

/// Collections of things that are listed, made, read, changed and removed; three schemas for each operation.
pub fn spec(operations: usize) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for index in 0..operations.div_ceil(5) {
        let name = format!("Thing{index}");
        let left = operations - index * 5;
        let [all, one] = [
            format!("/api/v2/things{index}"),
            format!("/api/v2/things{index}/{{thing_id}}"),
        ];
        let made = operation(index);
        let methods = [
            (&all, "get"),
            (&all, "post"),
            (&one, "get"),
            (&one, "patch"),
            (&one, "delete"),
        ];
        for ((path, method), operation) in methods.into_iter().zip(made).take(left) {
            let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
            item[method] = operation;
        }
        // A thing may hold the one before, and every tenth one itself.
        let other = if index % 10 == 0 { index } else { index - 1 };
        add_schemas(&mut schemas, &name, &format!("Thing{other}"));
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn to(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// The operations of a collection, in the order in which a small spec takes them.
fn operation(index: usize) -> [Value; 5] {
    let name = format!("Thing{index}");
    let body = |schema: &str| json!({"required": true, "content": {"application/json": {"schema": to(schema)}}});
    let ok = |schema: Value| json!({"description": "ok", "content": {"application/json": {"schema": schema}}});
    let refused = ok(to(&format!("{name}Error")));
    let id =
        json!({"in": "path", "name": "thing_id", "required": true, "schema": {"type": "string"}});
    let query = |name: &str, schema: Value| json!({"in": "query", "name": name, "schema": schema});
    let make = |verb: &str, parameters: Value, success: (&str, Value)| {
        json!({
            "operationId": format!("{verb}_thing{index}"),
            "summary": format!("{verb} things of the kind {index}"),
            "description": "What a person reads about it.\n\nIn two paragraphs.",
            "tags": ["Things"],
            "parameters": parameters,
            "responses": {success.0: success.1, "404": refused, "422": refused, "500": {"description": "sorry"}},
        })
    };
    let list = json!([
        query(
            "page",
            json!({"type": "integer", "minimum": 1, "default": 1})
        ),
        query(
            "order",
            json!({"type": "string", "enum": ["name", "created_at", "-name", "-created_at"]})
        ),
        query("ids", json!({"type": "array", "items": {"type": "string"}})),
        query("archived", json!({"type": "boolean", "nullable": true})),
    ]);
    let mut create = make("create", json!([]), ("201", ok(to(&name))));
    create["requestBody"] = body(&format!("{name}Create"));
    let mut update = make("update", json!([id]), ("200", ok(to(&name))));
    update["requestBody"] = body(&format!("{name}Update"));
    [
        make("list", list, ("200", ok(to(&format!("{name}Page"))))),
        create,
        make("show", json!([id]), ("200", ok(to(&name)))),
        update,
        make(
            "delete",
            json!([id]),
            ("204", json!({"description": "gone"})),
        ),
    ]
}

/// Fifteen schemas of a collection.
fn add_schemas(schemas: &mut Map<String, Value>, name: &str, other: &str) {
    let text = json!({"type": "string"});
    let mut add = |end: &str, schema: Value| schemas.insert(format!("{name}{end}"), schema);
    let of = |end: &str| to(&format!("{name}{end}"));
    add(
        "",
        json!({
            "title": name, "type": "object", "additionalProperties": false,
            "required": ["id", "name", "status", "url"],
            "properties": {
                "id": text, "name": text,
                "url": {"type": "string", "nullable": true},
                "created_at": {"type": "string", "format": "date-time"},
                "status": of("Status"),
                "visibility": {"type": "string", "enum": ["public", "private", ""], "nullable": true},
                "parent": to(other),
                "view": {"title": format!("{name}View"), "type": "object", "properties": {
                    "center": {"title": format!("{name}Center"), "type": "object", "properties": {
                        "lat": {"type": "number"}, "lng": {"type": "number"},
                    }},
                    "zoom": {"type": "number", "default": 3.5},
                }},
                "style": of("Style"),
                "tags": {"type": "array", "items": text},
                "metadata": {"type": "object", "additionalProperties": of("Value")},
                "owner": {"allOf": [of("Person")], "nullable": true},
            },
        }),
    );
    add(
        "Create",
        json!({"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 100},
            "visibility": {"type": "string", "enum": ["public", "private"], "default": "private"},
            "settings": of("Settings"),
            "layers": {"type": "array", "items": {"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string", "enum": ["vector", "raster"]},
                "options": {"type": "object", "properties": {"depth": {"type": "integer", "default": 4}}},
            }}},
        }}),
    );
    add(
        "Update",
        json!({"allOf": [of("Create"), {"type": "object", "properties": {"name": text}}]}),
    );
    add(
        "Page",
        json!({"type": "object", "required": ["data"], "properties": {
            "data": {"type": "array", "items": to(name)},
            "next": {"type": "string", "nullable": true},
        }}),
    );
    add(
        "Status",
        json!({"type": "string", "enum": ["draft", "ready", "failed"]}),
    );
    add(
        "Style",
        json!({"oneOf": [of("Fill"), of("Line"), {"type": "string"}]}),
    );
    add(
        "Fill",
        json!({"type": "object", "required": ["fill"], "properties": {"fill": text, "opacity": {"type": "number"}}}),
    );
    add(
        "Line",
        json!({"type": "object", "required": ["width"], "properties": {"width": {"type": "number"}, "dash": {"type": "array", "items": {"type": "number"}}}}),
    );
    add(
        "Value",
        json!({"anyOf": [text, {"type": "number"}, {"type": "boolean"}]}),
    );
    add(
        "Person",
        json!({"type": "object", "properties": {"id": text, "email": {"type": "string", "nullable": true}}}),
    );
    add(
        "Settings",
        json!({"type": "object", "properties": {
            "locked": {"type": "boolean", "default": false},
            "limit": {"type": "integer", "format": "int32", "minimum": 0, "default": 10},
            "filter": of("Filter"),
        }}),
    );
    add(
        "Filter",
        json!({"oneOf": [{"type": "boolean"}, {"type": "array", "items": of("Filter")}]}),
    );
    add(
        "Event",
        json!({"oneOf": [
            {"type": "object", "required": ["type", "at"], "properties": {"type": {"type": "string", "enum": ["made"]}, "at": text}},
            {"type": "object", "required": ["type", "by"], "properties": {"type": {"type": "string", "enum": ["gone"]}, "by": of("Person")}},
        ]}),
    );
    add(
        "History",
        json!({"type": "object", "properties": {"events": {"type": "array", "items": of("Event")}}}),
    );
    add(
        "Error",
        json!({"type": "object", "properties": {"errors": {"type": "array", "items": {
            "type": "object", "properties": {"title": text, "source": {"type": "object", "properties": {"pointer": text}}},
        }}}}),
    );
}
