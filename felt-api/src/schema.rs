//! JSON Schema for the types whose JSON form is written by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::{ExportHandle, Filter, Format};

impl JsonSchema for ExportHandle {
    fn schema_name() -> Cow<'static, str> {
        "ExportHandle".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let id = "[A-Za-z0-9_-]{1,64}";
        let formats: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        let formats = formats.join("|");
        json_schema!({
            "description": "What it takes to find an export again: MAP/LAYER/EXPORT:FORMAT.",
            "type": "string",
            "pattern": format!("^{id}/{id}/{id}:({formats})$"),
        })
    }
}

impl JsonSchema for Filter {
    fn schema_name() -> Cow<'static, str> {
        "Filter".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let filter = generator.subschema_for::<Self>();
        let name = json_schema!({ "type": "string", "minLength": 1 });
        let scalar = json_schema!({ "type": ["string", "number", "boolean", "null"] });
        let list = json_schema!({ "type": "array", "items": scalar });
        let compare = ["lt", "gt", "le", "ge", "eq", "ne", "cn", "nc", "is", "isnt"];
        let three = |left: &Schema, middle: &[&str], right: &Schema| {
            let items = json!([left, { "enum": middle }, right]);
            json!({ "type": "array", "prefixItems": items, "items": false, "minItems": 3 })
        };
        json_schema!({
            "description": "A filter in Felt Style Language.",
            "anyOf": [
                { "type": ["boolean", "null"] },
                three(&name, &compare, &scalar),
                three(&name, &["in", "ni"], &list),
                three(&filter, &["and", "or"], &filter),
            ],
        })
    }
}
