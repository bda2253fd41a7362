//! What an archive tells of itself: the metadata of PMTiles, with what TileJSON has for vector tiles, and the numbers
//! of the header.

use serde_json::{Map, Value, json};

use super::grid::MAX_LATITUDE;
use crate::geometry::Bounds;
use crate::vector::{ColumnKind, Vector};

/// The metadata as JSON. Attributes are those of the whole layer, whatever a filter lets through.
pub(super) fn metadata(layer: &Vector, id: &str, deepest: u8) -> String {
    let fields: Map<String, Value> = layer
        .columns
        .iter()
        .map(|column| (column.name.clone(), type_name(column.kind).into()))
        .collect();
    json!({
        "name": id,
        "description": format!("{id}, exported by felt-sandbox"),
        "type": "overlay",
        "format": "pbf",
        "version": "1",
        "generator": concat!("felt-sandbox ", env!("CARGO_PKG_VERSION")),
        "vector_layers": [{
            "id": id,
            "description": "",
            "minzoom": 0,
            "maxzoom": deepest,
            "fields": fields,
        }],
    })
    .to_string()
}

fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean => "Boolean",
        ColumnKind::Integer | ColumnKind::Real => "Number",
        ColumnKind::Null | ColumnKind::Text => "String",
    }
}

/// Bounds without an area, of a single point for example, are taken for a mistake by some readers. In degrees: the
/// least that the header can tell is a tenth of it.
const LEAST_WIDTH: f64 = 1e-6;

/// What of some bounds is on the map: the whole width, if they reach over the antimeridian. Without any it is the
/// whole map.
pub(super) fn on_the_map(bounds: Option<Bounds>) -> Bounds {
    let world = Bounds {
        min: [-180.0, -MAX_LATITUDE],
        max: [180.0, MAX_LATITUDE],
    };
    let Some(Bounds { min, max }) = bounds else {
        return world;
    };
    let longitudes = if min[0] < -180.0 || max[0] > 180.0 {
        [-180.0, 180.0]
    } else {
        [min[0], max[0]]
    };
    let [west, east] = with_width(longitudes, 180.0);
    let [south, north] = with_width([min[1], max[1]], MAX_LATITUDE);
    Bounds {
        min: [west, south],
        max: [east, north],
    }
}

fn with_width([min, max]: [f64; 2], limit: f64) -> [f64; 2] {
    let [min, max] = [min, max].map(|at| at.clamp(-limit, limit));
    if max - min < LEAST_WIDTH {
        // At the limit there is room on one side only.
        let min = min.min(limit - LEAST_WIDTH);
        [min, min + LEAST_WIDTH]
    } else {
        [min, max]
    }
}

/// The zoom at which the bounds are about as large as a tile.
pub(super) fn overview(bounds: Bounds, deepest: u8) -> u8 {
    let widest = (bounds.max[0] - bounds.min[0]).max(bounds.max[1] - bounds.min[1]);
    (0..deepest)
        .find(|&zoom| 360.0 / f64::from(1_u32 << (zoom + 1)) < widest)
        .unwrap_or(deepest)
}
