//! What OGC 12-128r17 (GeoPackage 1.3) requires of a file with one feature table and a spatial index, by the numbers
//! of its requirements. Requirements for readers, tiles, attributes and extensions that are not used do not apply.

use super::Gpkg;

/// Types of Table 1 that columns may have here, beside the geometry's.
const TYPES: [&str; 4] = ["BOOLEAN", "INTEGER", "REAL", "TEXT"];

/// Each type of Annex G, with its number in WKB.
const GEOMETRIES: [(&str, u32); 8] = [
    ("GEOMETRY", 0),
    ("POINT", 1),
    ("LINESTRING", 2),
    ("POLYGON", 3),
    ("MULTIPOINT", 4),
    ("MULTILINESTRING", 5),
    ("MULTIPOLYGON", 6),
    ("GEOMETRYCOLLECTION", 7),
];

/// The columns of a table as SQLite tells them: name, type, not null, default, place in the primary key.
const SPATIAL_REF_SYS: &str = "srs_name TEXT 1 - 0, srs_id INTEGER 1 - 1, organization TEXT 1 - 0, \
    organization_coordsys_id INTEGER 1 - 0, definition TEXT 1 - 0, description TEXT 0 - 0";
const CONTENTS: &str = "table_name TEXT 1 - 1, data_type TEXT 1 - 0, identifier TEXT 0 - 0, description TEXT 0 '' 0, \
    last_change DATETIME 1 strftime('%Y-%m-%dT%H:%M:%fZ','now') 0, min_x DOUBLE 0 - 0, min_y DOUBLE 0 - 0, \
    max_x DOUBLE 0 - 0, max_y DOUBLE 0 - 0, srs_id INTEGER 0 - 0";
const GEOMETRY_COLUMNS: &str = "table_name TEXT 1 - 1, column_name TEXT 1 - 2, geometry_type_name TEXT 1 - 0, \
    srs_id INTEGER 1 - 0, z TINYINT 1 - 0, m TINYINT 1 - 0";
const EXTENSIONS: &str = "table_name TEXT 0 - 0, column_name TEXT 0 - 0, extension_name TEXT 1 - 0, \
    definition TEXT 1 - 0, scope TEXT 1 - 0";

pub fn check(gpkg: &Gpkg) {
    file(gpkg);
    reference_systems(gpkg);
    let table = contents(gpkg);
    let kind = geometry_column(gpkg, &table);
    feature_table(gpkg, &table, &kind);
    geometries(gpkg, &table, &kind);
    index(gpkg, &table);
}

/// 1, 2, 6 and 7: a sound SQLite 3 file that says what it is, without dangling references.
fn file(gpkg: &Gpkg) {
    // Opening it was 1; the extension of 3 is the sandbox's tests' to check.
    assert_eq!(gpkg.one::<i64>("PRAGMA application_id"), 0x4750_4B47);
    assert_eq!(gpkg.one::<i64>("PRAGMA user_version"), 10_300);
    assert_eq!(gpkg.one::<String>("PRAGMA integrity_check"), "ok");
    assert_eq!(gpkg.all("PRAGMA foreign_key_check", |_| ()).len(), 0);
}

/// 10 to 12: the reference systems that must be there, which are all that are used.
fn reference_systems(gpkg: &Gpkg) {
    assert_eq!(definition(gpkg, "gpkg_spatial_ref_sys"), SPATIAL_REF_SYS);
    let rows = gpkg.all(
        "SELECT srs_id || ' ' || organization || ' ' || organization_coordsys_id || ' ' || substr(definition, 1, 15) \
         FROM gpkg_spatial_ref_sys ORDER BY srs_id",
        |row| row.get::<_, String>(0).unwrap(),
    );
    let expected = [
        "-1 NONE -1 undefined",
        "0 NONE 0 undefined",
        "4326 EPSG 4326 GEOGCS[\"WGS 84\"",
    ];
    assert_eq!(rows, expected);
}

/// 13 to 18: the one row of contents, of a table that exists, with a time and an extent. Gives the table's name.
fn contents(gpkg: &Gpkg) -> String {
    assert_eq!(definition(gpkg, "gpkg_contents"), CONTENTS);
    let tables = gpkg.all(
        "SELECT c.table_name, c.last_change FROM gpkg_contents c JOIN sqlite_master m ON m.name = c.table_name \
         WHERE m.type = 'table' AND c.data_type = 'features' AND c.srs_id = 4326",
        |row| (row.get::<_, String>(0).unwrap(), row.get::<_, String>(1).unwrap()),
    );
    assert_eq!(tables.len(), 1);
    assert_eq!(gpkg.one::<i64>("SELECT count(*) FROM gpkg_contents"), 1);
    let (table, changed) = &tables[0];
    assert!(shape(changed) == "0000-00-00T00:00:00.000Z", "{changed}");
    table.clone()
}

fn shape(time: &str) -> String {
    time.replace(|c: char| c.is_ascii_digit(), "0")
}

/// 21 to 28 and 146: the one geometry column, which is as contents say. Gives its type.
fn geometry_column(gpkg: &Gpkg, table: &str) -> String {
    assert_eq!(definition(gpkg, "gpkg_geometry_columns"), GEOMETRY_COLUMNS);
    let rows = gpkg.all("SELECT * FROM gpkg_geometry_columns", |row| {
        let name: String = row.get(0).unwrap();
        let column: String = row.get(1).unwrap();
        assert_eq!((name.as_str(), column.as_str()), (table, "geom"));
        assert_eq!(row.get::<_, i64>(3).unwrap(), 4326);
        assert!([0, 1, 2].contains(&row.get::<_, i64>(4).unwrap()));
        assert_eq!(row.get::<_, i64>(5).unwrap(), 0);
        row.get::<_, String>(2).unwrap()
    });
    assert_eq!(rows.len(), 1);
    assert!(GEOMETRIES.iter().any(|(name, _)| *name == rows[0]));
    rows[0].clone()
}

/// 5 and 29 to 31: a primary key that numbers itself, one geometry column of the type that was said, and columns of
/// types that there are.
fn feature_table(gpkg: &Gpkg, table: &str, kind: &str) {
    let columns = gpkg.columns(table);
    assert_eq!(columns[0], ("fid".to_owned(), "INTEGER".to_owned()));
    assert_eq!(columns[1], ("geom".to_owned(), kind.to_owned()));
    for (name, kind) in &columns[2..] {
        assert!(TYPES.contains(&kind.as_str()), "{name} {kind}");
    }
    let sql: String = gpkg.one(&format!(
        "SELECT sql FROM sqlite_master WHERE name = '{table}'"
    ));
    assert!(sql.contains("fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"));
    for (name, kind) in columns {
        let quoted = name.replace('"', "\"\"");
        let stored = match kind.as_str() {
            "BOOLEAN" | "INTEGER" => "integer",
            "REAL" => "real",
            "TEXT" => "text",
            _ => "blob",
        };
        let other = format!(
            "SELECT count(*) FROM \"{table}\" WHERE typeof(\"{quoted}\") NOT IN ('null', '{stored}')"
        );
        assert_eq!(gpkg.one::<i64>(&other), 0, "{name} {kind}");
    }
}

/// 19, 20, 32, 33 and 152: blobs of version 1 in the table's reference system and of its type, not empty, in ISO's
/// WKB, with heights as the column's rule has it.
fn geometries(gpkg: &Gpkg, table: &str, kind: &str) {
    let z: i64 = gpkg.one("SELECT z FROM gpkg_geometry_columns");
    let sql = format!("SELECT geom FROM \"{table}\" WHERE geom NOT NULL");
    for blob in gpkg.all(&sql, |row| row.get::<_, Vec<u8>>(0).unwrap()) {
        // Little-endian, with an envelope of x and y, not empty and not extended.
        assert_eq!(blob[..4], *b"GP\x00\x03");
        assert_eq!(blob[4..8], 4326_i32.to_le_bytes());
        assert_eq!(blob[40], 1);
        let code = u32::from_le_bytes(blob[41..45].try_into().unwrap());
        let dimensions = code / 1000;
        assert!(
            dimensions == 0 && z != 1 || dimensions == 1 && z != 0,
            "{code}"
        );
        let found = GEOMETRIES[usize::try_from(code % 1000).unwrap()].0;
        assert!(kind == found || kind == "GEOMETRY", "{found} in {kind}");
    }
}

/// 58 to 64 and 75 to 77: the index is told of, has every geometry and nothing else, and triggers keep it so.
fn index(gpkg: &Gpkg, table: &str) {
    assert_eq!(definition(gpkg, "gpkg_extensions"), EXTENSIONS);
    let extensions = gpkg.all(
        "SELECT table_name || ' ' || column_name || ' ' || extension_name || ' ' || definition || ' ' || scope \
         FROM gpkg_extensions",
        |row| row.get::<_, String>(0).unwrap(),
    );
    let expected = format!(
        "{table} geom gpkg_rtree_index http://www.geopackage.org/spec120/#extension_rtree write-only"
    );
    assert_eq!(extensions, [expected]);
    assert_eq!(
        gpkg.one::<String>(&format!("SELECT rtreecheck('rtree_{table}_geom')")),
        "ok"
    );
    let columns: Vec<_> = gpkg.columns(&format!("rtree_{table}_geom"));
    let columns: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(columns, ["id", "minx", "maxx", "miny", "maxy"]);
    let numbers = |sql: String| gpkg.all(&sql, |row| row.get::<_, i64>(0).unwrap());
    assert_eq!(
        numbers(format!("SELECT id FROM \"rtree_{table}_geom\" ORDER BY id")),
        numbers(format!(
            "SELECT fid FROM \"{table}\" WHERE geom NOT NULL ORDER BY fid"
        ))
    );
    let triggers = gpkg.all(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
        |row| row.get::<_, String>(0).unwrap(),
    );
    let names = [
        "delete", "insert", "update1", "update2", "update3", "update4",
    ];
    assert_eq!(
        triggers,
        names.map(|name| format!("rtree_{table}_geom_{name}"))
    );
}

fn definition(gpkg: &Gpkg, table: &str) -> String {
    let columns = gpkg.all(
        &format!("SELECT name, type, \"notnull\", ifnull(dflt_value, '-'), pk FROM pragma_table_info('{table}')"),
        |row| {
            let [name, kind, default] = [0, 1, 3].map(|i| row.get::<_, String>(i).unwrap());
            let [not_null, key] = [2, 4].map(|i| row.get::<_, i64>(i).unwrap());
            format!("{name} {kind} {not_null} {default} {key}")
        },
    );
    columns.join(", ")
}
