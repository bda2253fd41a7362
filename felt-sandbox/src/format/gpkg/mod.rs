//! GeoPackage 1.3 (OGC 12-128r17): one feature table, named after the layer, with a spatial index.

mod rtree;

use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Transaction, params, params_from_iter};
use serde_json::Value;
use wkb::Endianness;
use wkb::writer::{WriteOptions, write_geometry};

use self::rtree::Index;
use super::Names;
use crate::filter::Filter;
use crate::geometry::{Bounds, Geometry, Kind};
use crate::vector::{Column, ColumnKind, Feature, Vector};

/// The tables of every GeoPackage (C.1 to C.4), with the rows of reference systems that each must have.
const SCHEMA: &str = r#"
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'Cartesian coordinates in an unknown system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'geographic coordinates in an unknown system'),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]', 'longitude and latitude in degrees on the WGS 84 ellipsoid');
"#;

pub(crate) fn write(
    layer: &Vector,
    id: &str,
    filters: &[Filter],
    path: &Path,
) -> Result<(), String> {
    fill(layer, id, filters, path).map_err(|failure| match failure {
        Failure::Sqlite(e) => format!("the GeoPackage could not be written: {e}"),
        Failure::Geometry(reason) => reason,
    })
}

enum Failure {
    Sqlite(rusqlite::Error),
    Geometry(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Geometry(reason)
    }
}

fn fill(layer: &Vector, id: &str, filters: &[Filter], path: &Path) -> Result<(), Failure> {
    let mut db = Connection::open(path)?;
    // "GPKG" and version 1.3.0. The file is thrown away if anything fails, so that no journal is needed.
    db.execute_batch(
        "PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300; PRAGMA foreign_keys = ON; \
         PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;",
    )?;
    let transaction = db.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    let table = table_name(id);
    let kind = layer_kind(layer);
    create_table(&transaction, &table, type_name(kind), &layer.columns)?;
    transaction.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?1, 'features', ?2, 4326)",
        params![table, id],
    )?;
    transaction.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', ?2, 4326, ?3, 0)",
        params![table, type_name(kind), z_rule(layer)],
    )?;
    let extent = insert(&transaction, &table, layer, kind, filters)?;
    rtree::keep_true(&transaction, &table)?;
    if let Some(extent) = extent {
        let [min_x, min_y] = extent.min;
        let [max_x, max_y] = extent.max;
        transaction.execute(
            "UPDATE gpkg_contents SET min_x = ?2, min_y = ?3, max_x = ?4, max_y = ?5 WHERE table_name = ?1",
            params![table, min_x, min_y, max_x, max_y],
        )?;
    }
    transaction.commit()?;
    db.close().map_err(|(_, e)| Failure::Sqlite(e))
}

/// The layer's id, unless SQLite or GeoPackage keeps such names for itself.
fn table_name(id: &str) -> String {
    let lower = id.to_ascii_lowercase();
    if ["gpkg_", "sqlite_", "rtree_"]
        .iter()
        .any(|prefix| lower.starts_with(prefix))
    {
        format!("layer_{id}")
    } else {
        id.to_owned()
    }
}

/// The one kind that fits all geometries; `None` is any. Of a kind and its multiple the multiple is taken.
fn layer_kind(layer: &Vector) -> Option<Kind> {
    let mut kinds = layer.kinds.iter().copied();
    let first = kinds.next()?;
    kinds.try_fold(first, |so_far, kind| {
        (so_far.multi() == kind.multi()).then(|| kind.multi())
    })
}

fn type_name(kind: Option<Kind>) -> &'static str {
    match kind {
        None => "GEOMETRY",
        Some(Kind::Point) => "POINT",
        Some(Kind::LineString) => "LINESTRING",
        Some(Kind::Polygon) => "POLYGON",
        Some(Kind::MultiPoint) => "MULTIPOINT",
        Some(Kind::MultiLineString) => "MULTILINESTRING",
        Some(Kind::MultiPolygon) => "MULTIPOLYGON",
        Some(Kind::GeometryCollection) => "GEOMETRYCOLLECTION",
    }
}

/// 0: heights are prohibited, 1: each geometry has them, 2: some do.
fn z_rule(layer: &Vector) -> i64 {
    match (layer.with_z, layer.without_z) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

fn create_table(
    db: &Transaction,
    table: &str,
    geometry_type: &str,
    columns: &[Column],
) -> Result<(), rusqlite::Error> {
    let mut sql = format!(
        "CREATE TABLE {} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {geometry_type}",
        quoted(table)
    );
    let mut names = Names::default();
    names.unique("fid");
    names.unique("geom");
    for column in columns {
        // SQLite takes no text with a NUL, and a column without a name is no use to anyone.
        let name = column.name.replace('\0', "_");
        let name = names.unique(if name.is_empty() { "column" } else { &name });
        let kind = match column.kind {
            ColumnKind::Boolean => "BOOLEAN",
            ColumnKind::Integer => "INTEGER",
            ColumnKind::Real => "REAL",
            ColumnKind::Null | ColumnKind::Text => "TEXT",
        };
        sql.push_str(&format!(", {} {kind}", quoted(&name)));
    }
    sql.push(')');
    db.execute(&sql, ())?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Inserts what passes the filters into table and index, and gives the extent of it.
fn insert(
    db: &Transaction,
    table: &str,
    layer: &Vector,
    kind: Option<Kind>,
    filters: &[Filter],
) -> Result<Option<Bounds>, Failure> {
    let mut extent: Option<Bounds> = None;
    // By position, so that no name is needed a second time; the first column numbers itself.
    let marks = ", ?".repeat(layer.columns.len() + 1);
    let mut statement = db.prepare(&format!(
        "INSERT INTO {} VALUES (NULL{marks})",
        quoted(table)
    ))?;
    let mut index = Index::create(db, table)?;
    for feature in layer.select(filters) {
        let geometry = feature.parsed_geometry()?.map(|geometry| {
            if kind == Some(geometry.kind.multi()) {
                geometry.into_multi()
            } else {
                geometry
            }
        });
        let geom = match &geometry {
            Some(geometry) => Sql::Blob(blob(geometry)?),
            None => Sql::Null,
        };
        let row =
            std::iter::once(geom).chain(layer.columns.iter().map(|column| cell(feature, column)));
        let fid = statement.insert(params_from_iter(row))?;
        if let Some(geometry) = &geometry {
            index.add(fid, geometry.bounds)?;
            match &mut extent {
                Some(extent) => extent.extend(geometry.bounds),
                None => extent = Some(geometry.bounds),
            }
        }
    }
    Ok(extent)
}

/// A StandardGeoPackageBinary (2.1.3): a header with the envelope, then WKB.
fn blob(geometry: &Geometry) -> Result<Vec<u8>, String> {
    const VERSION_1: u8 = 0;
    const LITTLE_ENDIAN_WITH_XY_ENVELOPE: u8 = 0b0000_0011;
    let Bounds { min, max } = geometry.bounds;
    let mut blob = Vec::from(*b"GP");
    blob.extend([VERSION_1, LITTLE_ENDIAN_WITH_XY_ENVELOPE]);
    blob.extend(4326_i32.to_le_bytes());
    for bound in [min[0], max[0], min[1], max[1]] {
        blob.extend(bound.to_le_bytes());
    }
    let options = WriteOptions {
        endianness: Endianness::LittleEndian,
    };
    write_geometry(&mut blob, &geometry.wkt, &options).map_err(|e| e.to_string())?;
    Ok(blob)
}

fn cell(feature: &Feature, column: &Column) -> Sql {
    let value = feature.attribute(&column.name);
    match (value, column.kind) {
        (Value::Null, _) => Sql::Null,
        (Value::Bool(flag), ColumnKind::Boolean) => Sql::Integer(i64::from(*flag)),
        (Value::Number(number), ColumnKind::Integer) => {
            number.as_i64().map_or(Sql::Null, Sql::Integer)
        }
        (Value::Number(number), ColumnKind::Real) => number.as_f64().map_or(Sql::Null, Sql::Real),
        (Value::String(text), _) => Sql::Text(text.clone()),
        (other, _) => Sql::Text(other.to_string()),
    }
}
