//! `plain-strings`: no type that needs a crate which the client does not have.

use serde_json::{Map, Value};

use super::changed;
use super::open::schemas;

/// The formats of strings for which typify uses types of the crates `chrono` and `uuid`.
const FOREIGN: [&str; 3] = ["date", "date-time", "uuid"];

pub(super) fn plain_strings(spec: &mut Value) -> Vec<String> {
    let places = schemas(spec);
    changed(spec, places, make_plain)
}

/// False if there was nothing to take away.
fn make_plain(schema: &mut Map<String, Value>) -> bool {
    if schema.get("type").is_some_and(|kind| kind != "string") {
        return false;
    }
    let format = schema.get("format").and_then(Value::as_str);
    let format = format.is_some_and(|format| FOREIGN.contains(&format))
        && schema.shift_remove("format").is_some();
    // `pattern` needs the crate `regress`.
    let pattern = schema.get("pattern").is_some_and(Value::is_string)
        && schema.shift_remove("pattern").is_some();
    format || pattern
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_needs_other_crates_becomes_a_string_wherever_it_is() {
        let mut spec = json!({
            "paths": {"/a": {"get": {"parameters": [
                {"in": "query", "name": "since", "schema": {"type": "string", "format": "date"}},
            ]}}},
            "components": {"schemas": {"A": {"properties": {
                "at": {"type": "string", "format": "date-time", "nullable": true},
                "id": {"format": "uuid"},
                "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                "felt": {"type": "string", "format": "felt_id"},
                "pattern": {"type": "object"},
                "count": {"type": "integer", "format": "int64"},
            }}}},
        });
        let touched = plain_strings(&mut spec);
        assert_eq!(
            touched,
            [
                "/components/schemas/A/properties/at",
                "/components/schemas/A/properties/id",
                "/components/schemas/A/properties/code",
                "/paths/~1a/get/parameters/0/schema",
            ]
        );
        assert_eq!(
            spec["components"]["schemas"]["A"]["properties"],
            json!({
                "at": {"type": "string", "nullable": true},
                "id": {},
                "code": {"type": "string", "maxLength": 5},
                "felt": {"type": "string", "format": "felt_id"},
                "pattern": {"type": "object"},
                "count": {"type": "integer", "format": "int64"},
            })
        );
        assert!(plain_strings(&mut spec).is_empty());
    }
}
