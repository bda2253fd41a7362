//! What an archive tells of itself: the metadata of PMTiles, with what TileJSON has for vector tiles, and the numbers
//! of the header.

use serde_json::{Map, Value, json};

use super::grid::MAX_LATITUDE;
use crate::geometry::{Bounds, Kind};
use crate::vector::{Column, ColumnKind, Vector};

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
        "tilestats": { "layerCount": 1, "layers": [tilestats(layer, id)] },
    })
    .to_string()
}

/// What readers take the exact types of attributes and geometries from. The format is that of Mapbox's
/// `geojson-stats`.
fn tilestats(layer: &Vector, id: &str) -> Value {
    let attributes: Vec<Value> = layer
        .columns
        .iter()
        .map(|column| {
            let mut attribute = json!({
                "attribute": column.name,
                "type": type_name(column.kind).to_lowercase(),
                "values": [],
            });
            if let Some([min, max]) = range(layer, column) {
                attribute["min"] = min;
                attribute["max"] = max;
            }
            attribute
        })
        .collect();
    let mut stats = json!({
        "layer": id,
        "count": layer.features.len(),
        "attributeCount": attributes.len(),
        "attributes": attributes,
    });
    let mut kinds = layer.kinds.iter().copied();
    let first = kinds.next();
    let geometry = match first.filter(|first| kinds.all(|kind| kind.multi() == first.multi())) {
        Some(Kind::MultiPoint) => "Point",
        Some(Kind::LineString | Kind::MultiLineString) => "LineString",
        Some(Kind::Polygon | Kind::MultiPolygon) => "Polygon",
        // There is no name for a mixture. And of single points GDAL would make multipoints, if it were told.
        _ => return stats,
    };
    stats["geometry"] = geometry.into();
    stats
}

/// The least and the greatest number of a column of numbers: as integers only if all are.
fn range(layer: &Vector, column: &Column) -> Option<[Value; 2]> {
    let values = layer
        .features
        .iter()
        .map(|feature| feature.attribute(&column.name));
    match column.kind {
        ColumnKind::Integer => {
            let numbers = || values.clone().filter_map(Value::as_i64);
            Some([numbers().min()?.into(), numbers().max()?.into()])
        }
        ColumnKind::Real => {
            let numbers = || values.clone().filter_map(Value::as_f64);
            let [min, max] = [numbers().reduce(f64::min)?, numbers().reduce(f64::max)?];
            Some([min.into(), max.into()])
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(min: [f64; 2], max: [f64; 2]) -> ([f64; 2], [f64; 2]) {
        let bounds = on_the_map(Some(Bounds { min, max }));
        (bounds.min, bounds.max)
    }

    #[test]
    fn bounds_are_on_the_map_and_have_an_area() {
        let world = ([-180.0, -MAX_LATITUDE], [180.0, MAX_LATITUDE]);
        let nothing = on_the_map(None);
        assert_eq!((nothing.min, nothing.max), world);
        assert_eq!(shown([-200.0, -90.0], [-170.0, 90.0]), world);
        assert_eq!(shown([1.0, 2.0], [3.0, 4.0]), ([1.0, 2.0], [3.0, 4.0]));
        for at in [[5.0, 6.0], [180.0, 90.0], [-180.0, -90.0]] {
            let (min, max) = shown(at, at);
            assert!(min[0] < max[0] && min[1] < max[1]);
            assert!(max[0] <= 180.0 && max[1] <= MAX_LATITUDE);
        }
    }

    #[test]
    fn an_overview_shows_all_of_it() {
        let square = |size| Bounds {
            min: [0.0; 2],
            max: [size; 2],
        };
        assert_eq!(overview(square(80.0), 9), 2);
        assert_eq!(overview(square(1e-6), 9), 9);
        assert_eq!(overview(on_the_map(None), 9), 0);
    }
}
