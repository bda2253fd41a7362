//! `felt schema`

use felt_api::Filter;
use schemars::schema_for;

use crate::args::SchemaOf;
use crate::events::Line;
use crate::failure::Failure;
use crate::manifest::Row;

/// A JSON Schema, indented.
pub fn of(what: SchemaOf) -> Result<String, Failure> {
    let schema = match what {
        SchemaOf::Events => schema_for!(Line<'static>),
        SchemaOf::Filter => schema_for!(Filter),
        SchemaOf::Manifest => schema_for!(Vec<Row>),
    };
    serde_json::to_string_pretty(&schema).map_err(|error| Failure::Local(error.to_string()))
}
