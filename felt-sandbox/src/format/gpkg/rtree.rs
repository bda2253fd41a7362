//! The spatial index: the extension `gpkg_rtree_index` (Annex F.3), which GIS software looks for.

use rusqlite::{Statement, Transaction, params};

use super::quoted;
use crate::geometry::Bounds;

/// The table of extensions (2.3.2), which only a GeoPackage that uses one has.
const EXTENSIONS: &str = "
CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);";

/// What keeps the index true when others change the table, as version 1.3 words it. The functions ST_* are theirs to
/// bring: plain SQLite has none, and cannot insert into the table from then on.
const TRIGGERS: &str = r#"
CREATE TRIGGER "<r>_insert" AFTER INSERT ON "<t>"
  WHEN (new."geom" NOT NULL AND NOT ST_IsEmpty(NEW."geom"))
BEGIN
  INSERT OR REPLACE INTO "<r>" VALUES (NEW."fid",
    ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"), ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "<r>_update1" AFTER UPDATE OF "geom" ON "<t>"
  WHEN OLD."fid" = NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom"))
BEGIN
  INSERT OR REPLACE INTO "<r>" VALUES (NEW."fid",
    ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"), ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "<r>_update2" AFTER UPDATE OF "geom" ON "<t>"
  WHEN OLD."fid" = NEW."fid" AND (NEW."geom" ISNULL OR ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "<r>" WHERE id = OLD."fid";
END;
CREATE TRIGGER "<r>_update3" AFTER UPDATE ON "<t>"
  WHEN OLD."fid" != NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "<r>" WHERE id = OLD."fid";
  INSERT OR REPLACE INTO "<r>" VALUES (NEW."fid",
    ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"), ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "<r>_update4" AFTER UPDATE ON "<t>"
  WHEN OLD."fid" != NEW."fid" AND (NEW."geom" ISNULL OR ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "<r>" WHERE id IN (OLD."fid", NEW."fid");
END;
CREATE TRIGGER "<r>_delete" AFTER DELETE ON "<t>"
  WHEN old."geom" NOT NULL
BEGIN
  DELETE FROM "<r>" WHERE id = OLD."fid";
END;
"#;

/// The index of a table's geometries while the table is filled.
pub(super) struct Index<'db> {
    insert: Statement<'db>,
}

impl<'db> Index<'db> {
    /// An empty index, and the row that tells of it.
    pub(super) fn create(db: &'db Transaction, table: &str) -> Result<Self, rusqlite::Error> {
        let name = quoted(&name(table));
        db.execute_batch(EXTENSIONS)?;
        db.execute(
            "INSERT INTO gpkg_extensions VALUES (?1, 'geom', 'gpkg_rtree_index', \
             'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
            [table],
        )?;
        db.execute_batch(&format!(
            "CREATE VIRTUAL TABLE {name} USING rtree(id, minx, maxx, miny, maxy)"
        ))?;
        let insert = db.prepare(&format!("INSERT INTO {name} VALUES (?1, ?2, ?3, ?4, ?5)"))?;
        Ok(Self { insert })
    }

    /// Notes where a feature is. SQLite stores single precision, rounded outwards.
    pub(super) fn add(&mut self, fid: i64, bounds: Bounds) -> Result<(), rusqlite::Error> {
        let Bounds { min, max } = bounds;
        self.insert
            .execute(params![fid, min[0], max[0], min[1], max[1]])?;
        Ok(())
    }
}

/// Makes the triggers. Before the table is full they would only be in the way.
pub(super) fn keep_true(db: &Transaction, table: &str) -> Result<(), rusqlite::Error> {
    let escaped = |name: &str| name.replace('"', "\"\"");
    db.execute_batch(
        &TRIGGERS
            .replace("<r>", &escaped(&name(table)))
            .replace("<t>", &escaped(table)),
    )
}

fn name(table: &str) -> String {
    format!("rtree_{table}_geom")
}
