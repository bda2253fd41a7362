//! GeoJSON as RFC 7946 has it: no `crs`, geometries and attributes as they were read.

use std::io::Write;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::filter::Filter;
use crate::vector::Vector;

/// A feature's members in the order in which one reads them.
#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    properties: Option<&'a Map<String, Value>>,
    geometry: Option<&'a RawValue>,
}

pub(crate) fn write(
    layer: &Vector,
    filters: &[Filter],
    out: &mut impl Write,
) -> Result<(), String> {
    let failed = |e: std::io::Error| super::cannot_write(&e);
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")
        .map_err(failed)?;
    let mut separator: &[u8] = b"\n";
    for feature in layer.select(filters) {
        out.write_all(separator).map_err(failed)?;
        separator = b",\n";
        let feature = Feature {
            r#type: "Feature",
            id: feature.id.as_ref(),
            properties: feature.properties.as_ref(),
            geometry: feature.geometry.as_deref(),
        };
        serde_json::to_writer(&mut *out, &feature).map_err(|e| e.to_string())?;
    }
    out.write_all(b"\n]}\n").map_err(failed)
}
