//! CSV as RFC 4180 has it: the attributes, then `longitude` and `latitude` if the layer has only points, then the
//! geometry as WKT in `wkt`. Null is an empty field.

use std::collections::BTreeSet;
use std::io::Write;

use csv::{Terminator, WriterBuilder};
use serde_json::Value;
use wkt::Wkt;

use super::Names;
use crate::filter::Filter;
use crate::geometry::{Geometry, Kind};
use crate::vector::Vector;

pub(crate) fn write(
    layer: &Vector,
    filters: &[Filter],
    out: &mut impl Write,
) -> Result<(), String> {
    let failed = |e: csv::Error| e.to_string();
    let mut csv = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let points = layer.kinds == BTreeSet::from([Kind::Point]);

    let mut names = Names::default();
    let mut header = Vec::with_capacity(layer.columns.len() + 3);
    for column in &layer.columns {
        // The attributes keep their names, even those that differ in case only; ours give way.
        names.unique(&column.name);
        header.push(column.name.clone());
    }
    if points {
        header.push(names.unique("longitude"));
        header.push(names.unique("latitude"));
    }
    header.push(names.unique("wkt"));
    csv.write_record(&header).map_err(failed)?;

    for feature in layer.select(filters) {
        let mut record: Vec<String> = layer
            .columns
            .iter()
            .map(|column| text(feature.attribute(&column.name)))
            .collect();
        let geometry = feature.parsed_geometry()?;
        if points {
            let (x, y) = geometry.as_ref().and_then(position).unwrap_or_default();
            record.extend([x, y]);
        }
        record.push(
            geometry
                .map(|geometry| geometry.wkt.to_string())
                .unwrap_or_default(),
        );
        csv.write_record(&record).map_err(failed)?;
    }
    csv.flush().map_err(|e| super::cannot_write(&e))
}

/// Strings as they are, lists and objects as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn position(geometry: &Geometry) -> Option<(String, String)> {
    match &geometry.wkt {
        Wkt::Point(point) => point.coord().map(|at| (at.x.to_string(), at.y.to_string())),
        _ => None,
    }
}
