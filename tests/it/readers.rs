//! Readers of the formats, other than what wrote them.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use geo_types::Geometry;
use geozero::ToGeo;
use geozero::wkb::GpkgWkb;
use serde_json::{Map, Value};

/// A feature, whatever format it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    pub geometry: Geometry<f64>,
    pub properties: Map<String, Value>,
}

/// The file of a layer that the sandbox has built in.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("felt-sandbox/data")
        .join(name)
}

pub fn geojson(path: &Path) -> Vec<Feature> {
    let text = std::fs::read_to_string(path).unwrap();
    let collection =
        geojson::FeatureCollection::try_from(text.parse::<geojson::GeoJson>().unwrap());
    collection
        .unwrap()
        .features
        .into_iter()
        .map(|feature| Feature {
            geometry: feature.geometry.unwrap().try_into().unwrap(),
            properties: feature.properties.unwrap_or_default(),
        })
        .collect()
}

/// The one layer of a GeoPackage, with what the standard requires around it.
pub fn geopackage(path: &Path) -> Vec<Feature> {
    let magic: Vec<u8> = std::fs::read(path).unwrap().into_iter().take(72).collect();
    assert_eq!(&magic[..16], b"SQLite format 3\0");
    assert_eq!(&magic[68..], b"GPKG", "the application id (requirement 2)");
    let db =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let text = |sql: &str| {
        db.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(
        text(
            "SELECT group_concat(srs_id) FROM (SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1)"
        ),
        "-1,0,4326"
    );
    let table = text("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'");
    let geometry = text("SELECT column_name FROM gpkg_geometry_columns WHERE srs_id = 4326");
    let extent: [f64; 4] = db
        .query_row(
            "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents",
            [],
            |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
        )
        .unwrap();

    let mut statement = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let names: Vec<String> = statement.column_names().map(ToString::to_string).collect();
    let mut rows = statement.query([]).unwrap();
    let mut features = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let mut properties = Map::new();
        let mut shape = None;
        for (index, name) in names.iter().enumerate() {
            use rusqlite::types::ValueRef;
            let value = match row.get_ref(index).unwrap() {
                ValueRef::Blob(blob) if *name == geometry => {
                    shape = Some(geopackage_geometry(blob));
                    continue;
                }
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => std::str::from_utf8(text).unwrap().into(),
                ValueRef::Blob(_) => panic!("a blob in {name}"),
            };
            if name != "fid" {
                properties.insert(name.clone(), value);
            }
        }
        let geometry = shape.unwrap();
        for_each_point(&geometry, &mut |x, y| {
            assert!(extent[0] <= x && x <= extent[2] && extent[1] <= y && y <= extent[3]);
        });
        features.push(Feature {
            geometry,
            properties,
        });
    }
    features
}

/// The header of OGC 12-128r17, 2.1.3, then WKB.
fn geopackage_geometry(blob: &[u8]) -> Geometry<f64> {
    assert_eq!(&blob[..3], b"GP\0");
    assert_eq!(
        blob[3] & 0b0011_0001,
        1,
        "little-endian, not empty, not extended"
    );
    assert_eq!(blob[4..8], 4326_i32.to_le_bytes());
    GpkgWkb(blob.to_vec()).to_geo().unwrap()
}

pub fn for_each_point(geometry: &Geometry<f64>, see: &mut impl FnMut(f64, f64)) {
    let mut polygon = |polygon: &geo_types::Polygon<f64>| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings
            .flat_map(|ring| &ring.0)
            .for_each(|point| see(point.x, point.y));
    };
    match geometry {
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(many) => many.iter().for_each(polygon),
        Geometry::Point(point) => see(point.x(), point.y()),
        other => panic!("not in the samples: {other:?}"),
    }
}

/// RFC 4180, strictly: CRLF behind each record, quotes doubled in quoted fields and nowhere else.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut field = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (before, after) = quoted.split_once('"').expect("an end of the quotes");
                field.push_str(before);
                quoted = after;
                match quoted.strip_prefix('"') {
                    Some(after) => {
                        field.push('"');
                        quoted = after;
                    }
                    None => break,
                }
            }
            rest = quoted;
        } else {
            let end = rest
                .find([',', '\r', '\n', '"'])
                .expect("an end of the record");
            field.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        record.push(field);
        if let Some(next) = rest.strip_prefix(',') {
            rest = next;
        } else {
            rest = rest.strip_prefix("\r\n").expect("CRLF or a comma");
            records.push(std::mem::take(&mut record));
        }
    }
    assert!(record.is_empty(), "the last record ends with CRLF");
    records
}

/// Size, and the sum of all cells, of a GeoTIFF of 16-bit integers.
pub fn geotiff(path: &Path) -> ((u32, u32), i64) {
    let file = BufReader::new(File::open(path).unwrap());
    let mut decoder = tiff::decoder::Decoder::new(file).unwrap();
    let size = decoder.dimensions().unwrap();
    let tiff::decoder::DecodingResult::I16(cells) = decoder.read_image().unwrap() else {
        panic!("not cells of int16");
    };
    (size, cells.iter().map(|cell| i64::from(*cell)).sum())
}
