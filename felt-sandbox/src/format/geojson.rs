//! GeoJSON as RFC 7946 has it: no `crs`, rings by the right-hand rule, else geometries and attributes as they were read.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::winding;
use crate::filter::Filter;
use crate::geometry::Kind;
use crate::vector::Vector;

/// A feature's members in the order in which one reads them.
#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    properties: Option<&'a Map<String, Value>>,
    geometry: Option<Cow<'a, RawValue>>,
}

pub(crate) fn write(
    layer: &Vector,
    filters: &[Filter],
    out: &mut impl Write,
) -> Result<(), String> {
    let failed = |e: std::io::Error| super::cannot_write(&e);
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")
        .map_err(failed)?;
    // Where there are none, as in a layer of points, nothing has to be looked into.
    let rings = layer.kinds.iter().any(|kind| {
        matches!(
            kind,
            Kind::Polygon | Kind::MultiPolygon | Kind::GeometryCollection
        )
    });
    let mut separator: &[u8] = b"\n";
    for feature in layer.select(filters) {
        out.write_all(separator).map_err(failed)?;
        separator = b",\n";
        let geometry = match feature.geometry.as_deref() {
            Some(geometry) if rings => {
                Some(winding::by_the_rule(geometry).map_err(|e| e.to_string())?)
            }
            geometry => geometry.map(Cow::Borrowed),
        };
        let feature = Feature {
            r#type: "Feature",
            // It is a string or a number (3.2), or nothing that a reader would take.
            id: feature
                .id
                .as_ref()
                .filter(|id| id.is_string() || id.is_number()),
            properties: feature.properties.as_ref(),
            geometry,
        };
        serde_json::to_writer(&mut *out, &feature).map_err(|e| e.to_string())?;
    }
    out.write_all(b"\n]}\n").map_err(failed)
}
