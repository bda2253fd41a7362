//! The spatial index: it finds what lies in a rectangle, and stays true when others write to the table.

use felt_sandbox::Sandbox;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Row};
use serde_json::json;

use super::{Gpkg, envelope};
use crate::client::{collection, direct_link, folder, get, sandbox};

/// An id and its rectangle: min and max of x, then of y.
type Entry = (i64, [f64; 4]);

fn entries(db: &Connection, table: &str) -> Vec<Entry> {
    let sql = format!("SELECT * FROM \"rtree_{table}_geom\" ORDER BY id");
    let read = |row: &Row| {
        Ok((
            row.get(0)?,
            [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?],
        ))
    };
    let mut statement = db.prepare(&sql).unwrap();
    let rows = statement.query_map((), read).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn it_encloses_every_geometry_closely() {
    let sandbox = sandbox().await;
    let gpkg = Gpkg::new(&get(&direct_link(&sandbox, "demo/layers/countries"), &[]).body);
    let envelopes = gpkg.all("SELECT geom FROM countries ORDER BY fid", |row| {
        envelope(&row.get::<_, Vec<u8>>(0).unwrap())
    });
    let entries = entries(&gpkg.db, "countries");
    assert_eq!(entries.len(), 177);
    for ((_, found), exact) in entries.into_iter().zip(envelopes) {
        for (side, (found, exact)) in found.into_iter().zip(exact).enumerate() {
            // Single precision, rounded outwards: a minimum down, a maximum up.
            let outwards = if side % 2 == 0 {
                exact - found
            } else {
                found - exact
            };
            assert!((0.0..5e-5).contains(&outwards), "{found} for {exact}");
        }
    }
}

#[tokio::test]
async fn it_finds_what_lies_in_a_rectangle() {
    let sandbox = sandbox().await;
    let gpkg = Gpkg::new(&get(&direct_link(&sandbox, "demo/layers/cities"), &[]).body);
    let inside = |[min_x, max_x, min_y, max_y]: [f64; 4]| {
        let indexed = format!(
            "SELECT id FROM rtree_cities_geom WHERE maxx >= {min_x} AND minx <= {max_x} AND maxy >= {min_y} \
             AND miny <= {max_y} ORDER BY id"
        );
        let indexed = gpkg.all(&indexed, |row| row.get::<_, i64>(0).unwrap());
        let all = gpkg.all("SELECT fid, geom FROM cities ORDER BY fid", |row| {
            (
                row.get::<_, i64>(0).unwrap(),
                envelope(&row.get::<_, Vec<u8>>(1).unwrap()),
            )
        });
        let searched: Vec<i64> = all
            .into_iter()
            .filter(|(_, [x, _, y, _])| (min_x..=max_x).contains(x) && (min_y..=max_y).contains(y))
            .map(|(fid, _)| fid)
            .collect();
        assert_eq!(indexed, searched);
        indexed.len()
    };
    assert_eq!(inside([-180.0, 180.0, -90.0, 90.0]), 243);
    let europe = inside([-10.0, 40.0, 35.0, 70.0]);
    assert!(europe > 20 && europe < 100, "{europe}");
    assert_eq!(inside([-30.0, -29.0, -50.0, -49.0]), 0);
}

/// The functions that whoever writes to a GeoPackage with an index has to bring.
fn bring_functions(db: &Connection) {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (place, name) in ["ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"]
        .into_iter()
        .enumerate()
    {
        let side = move |call: &mut Context| Ok(envelope(&call.get::<Vec<u8>>(0)?)[place]);
        db.create_scalar_function(name, 1, flags, side).unwrap();
    }
    let is_empty = |call: &mut Context| {
        Ok(call
            .get::<Option<Vec<u8>>>(0)?
            .map(|blob| blob[3] & 0b1_0000 != 0))
    };
    db.create_scalar_function("ST_IsEmpty", 1, flags, is_empty)
        .unwrap();
}

#[tokio::test]
async fn it_stays_true_when_the_table_changes() {
    let point = |x: i32, y: i32| json!({ "type": "Point", "coordinates": [x, y] });
    let features = [
        (point(1, 2), json!({})),
        (json!(null), json!({})),
        (point(3, 4), json!({})),
    ];
    let data = folder(&[("m/p-1.geojson", &collection(&features))]);
    let sandbox = Sandbox::builder().data(data.path()).start().await.unwrap();
    let bytes = get(&direct_link(&sandbox, "m/layers/p-1"), &[]).body;
    Gpkg::new(&bytes);
    let path = data.path().join("changed.gpkg");
    std::fs::write(&path, bytes).unwrap();
    let db = Connection::open(path).unwrap();
    bring_functions(&db);

    let at = |fid: i64, x: f64, y: f64| (fid, [x, x, y, y]);
    let (first, third) = (at(1, 1.0, 2.0), at(3, 3.0, 4.0));
    let steps: [(&str, &[Entry]); 9] = [
        ("SELECT 1 WHERE 0", &[first, third]),
        (
            "INSERT INTO \"p-1\" SELECT 4, geom FROM \"p-1\" WHERE fid = 1",
            &[first, third, at(4, 1.0, 2.0)],
        ),
        (
            "INSERT INTO \"p-1\" VALUES (5, NULL)",
            &[first, third, at(4, 1.0, 2.0)],
        ),
        (
            "UPDATE \"p-1\" SET geom = (SELECT geom FROM \"p-1\" WHERE fid = 3) WHERE fid = 4",
            &[first, third, at(4, 3.0, 4.0)],
        ),
        (
            "UPDATE \"p-1\" SET geom = (SELECT geom FROM \"p-1\" WHERE fid = 1) WHERE fid = 2",
            &[first, at(2, 1.0, 2.0), third, at(4, 3.0, 4.0)],
        ),
        (
            "UPDATE \"p-1\" SET geom = NULL WHERE fid = 4",
            &[first, at(2, 1.0, 2.0), third],
        ),
        (
            "UPDATE \"p-1\" SET fid = 9 WHERE fid = 2",
            &[first, third, at(9, 1.0, 2.0)],
        ),
        (
            "UPDATE \"p-1\" SET fid = 8, geom = NULL WHERE fid = 9",
            &[first, third],
        ),
        ("DELETE FROM \"p-1\" WHERE fid IN (1, 8)", &[third]),
    ];
    for (sql, expected) in steps {
        db.execute_batch(sql).unwrap();
        assert_eq!(entries(&db, "p-1"), expected, "{sql}");
    }
    assert_eq!(
        db.query_row("SELECT rtreecheck('rtree_p-1_geom')", (), |row| row
            .get::<_, String>(0))
            .unwrap(),
        "ok"
    );
}
