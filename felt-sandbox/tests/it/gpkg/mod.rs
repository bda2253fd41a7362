//! GeoPackages, read back with SQL, and their geometries with another library than the one that wrote them.

mod contents;
mod index;
mod requirements;

use geozero::wkb::GpkgWkb;
use geozero::{CoordDimensions, ToWkt};
use rusqlite::{Connection, OpenFlags, Row};

/// A GeoPackage on disk, open for reading.
struct Gpkg {
    db: Connection,
    _folder: tempfile::TempDir,
}

impl Gpkg {
    /// Opens it and checks what the standard requires of each.
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.gpkg");
        std::fs::write(&path, bytes).unwrap();
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let gpkg = Self {
            db,
            _folder: folder,
        };
        requirements::check(&gpkg);
        gpkg
    }

    fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.db.query_row(sql, (), |row| row.get(0)).unwrap()
    }

    fn all<T>(&self, sql: &str, read: impl Fn(&Row) -> T) -> Vec<T> {
        let mut statement = self.db.prepare(sql).unwrap();
        statement
            .query_map((), |row| Ok(read(row)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    /// The table's columns with their types.
    fn columns(&self, table: &str) -> Vec<(String, String)> {
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
        self.all(&sql, |row| (row.get(0).unwrap(), row.get(1).unwrap()))
    }

    /// The type of the geometries, and the rule for heights.
    fn geometry_type(&self) -> (String, i64) {
        let sql = "SELECT geometry_type_name, z FROM gpkg_geometry_columns";
        let row = |row: &Row| Ok((row.get(0)?, row.get(1)?));
        self.db.query_row(sql, (), row).unwrap()
    }

    /// Every geometry as WKT, in order of fid.
    fn wkt(&self, table: &str) -> Vec<Option<String>> {
        self.all(
            &format!("SELECT geom FROM \"{table}\" ORDER BY fid"),
            |row| {
                let blob: Option<Vec<u8>> = row.get(0).unwrap();
                blob.map(|blob| GpkgWkb(blob).to_wkt_ndim(CoordDimensions::xyz()).unwrap())
            },
        )
    }
}

/// The envelope in a geometry's header: min and max of x, then of y.
fn envelope(blob: &[u8]) -> [f64; 4] {
    [0, 1, 2, 3].map(|i| f64::from_le_bytes(blob[8 + 8 * i..16 + 8 * i].try_into().unwrap()))
}
