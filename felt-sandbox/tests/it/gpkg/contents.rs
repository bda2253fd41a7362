//! What a layer becomes: rows, columns, geometries.

use felt_sandbox::Sandbox;
use geozero::ToWkt;
use geozero::geojson::GeoJson;
use geozero::wkb::GpkgWkb;
use rusqlite::types::Value as Sql;
use serde_json::{Value, json};

use super::{Gpkg, envelope};
use crate::client::{COUNTRIES, collection, direct_link, export, folder, get, sandbox};

#[tokio::test]
async fn countries_are_all_there() {
    let sandbox = sandbox().await;
    let direct = get(&direct_link(&sandbox, "demo/layers/countries"), &[]).body;
    let (name, exported) = export(&sandbox, "demo/layers/countries", "gpkg", json!([]));
    assert_eq!(name, "countries.gpkg");
    let source: Value = serde_json::from_str(COUNTRIES).unwrap();
    let source = source["features"].as_array().unwrap();
    assert_eq!(source.len(), 177);
    for bytes in [direct, exported] {
        let gpkg = Gpkg::new(&bytes);
        let named = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        let columns = [
            named("fid", "INTEGER"),
            named("geom", "MULTIPOLYGON"),
            named("pop_est", "REAL"),
            named("continent", "TEXT"),
            named("name", "TEXT"),
            named("iso_a3", "TEXT"),
            named("gdp_md_est", "INTEGER"),
        ];
        assert_eq!(gpkg.columns("countries"), columns);
        assert_eq!(gpkg.geometry_type(), ("MULTIPOLYGON".to_owned(), 0));
        let contents = "SELECT data_type, identifier, srs_id, min_x, min_y, max_x, max_y FROM gpkg_contents \
                        WHERE table_name = 'countries'";
        let contents = gpkg.all(contents, |row| {
            [0, 1, 2, 3, 4, 5, 6].map(|i| row.get::<_, Sql>(i).unwrap())
        });
        let [features, countries] =
            ["features", "countries"].map(|text| Sql::Text(text.to_owned()));
        let extent = [-180.0, -90.0, 180.0, 83.6451].map(Sql::Real);
        let [min_x, min_y, max_x, max_y] = extent;
        assert_eq!(
            contents,
            [[
                features,
                countries,
                Sql::Integer(4326),
                min_x,
                min_y,
                max_x,
                max_y
            ]]
        );

        let rows = gpkg.all("SELECT * FROM countries ORDER BY fid", |row| {
            let blob: Vec<u8> = row.get(1).unwrap();
            let attributes = json!({
                "pop_est": row.get::<_, f64>(2).unwrap(),
                "continent": row.get::<_, String>(3).unwrap(),
                "name": row.get::<_, String>(4).unwrap(),
                "iso_a3": row.get::<_, String>(5).unwrap(),
                "gdp_md_est": row.get::<_, i64>(6).unwrap(),
            });
            (row.get::<_, i64>(0).unwrap(), attributes, blob)
        });
        assert_eq!(rows.len(), 177);
        for ((fid, attributes, blob), (index, country)) in
            rows.into_iter().zip(source.iter().enumerate())
        {
            assert_eq!(usize::try_from(fid).unwrap(), index + 1);
            assert_eq!(attributes, country["properties"]);
            let mut geometry = country["geometry"].clone();
            if geometry["type"] == "Polygon" {
                geometry =
                    json!({ "type": "MultiPolygon", "coordinates": [geometry["coordinates"]] });
            }
            let expected = GeoJson(&geometry.to_string()).to_wkt().unwrap();
            let [min_x, max_x, min_y, max_y] = envelope(&blob);
            assert_eq!(GpkgWkb(blob).to_wkt().unwrap(), expected);
            let positions: Vec<&Value> = geometry["coordinates"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|polygon| polygon.as_array().unwrap())
                .flat_map(|ring| ring.as_array().unwrap())
                .collect();
            let of = |axis: usize| {
                positions
                    .iter()
                    .map(move |position| position[axis].as_f64().unwrap())
            };
            assert_eq!(
                (of(0).reduce(f64::min), of(0).reduce(f64::max)),
                (Some(min_x), Some(max_x))
            );
            assert_eq!(
                (of(1).reduce(f64::min), of(1).reduce(f64::max)),
                (Some(min_y), Some(max_y))
            );
        }
    }
}

#[tokio::test]
async fn points_stay_points_and_filters_hold() {
    let sandbox = sandbox().await;
    let gpkg = Gpkg::new(&export(&sandbox, "demo/layers/cities", "gpkg", json!([])).1);
    assert_eq!(gpkg.geometry_type(), ("POINT".to_owned(), 0));
    assert_eq!(gpkg.one::<i64>("SELECT count(*) FROM cities"), 243);
    let one = json!([["name", "eq", "Vaduz"]]);
    let gpkg = Gpkg::new(&export(&sandbox, "demo/layers/cities", "gpkg", one).1);
    assert_eq!(
        gpkg.wkt("cities"),
        [Some("POINT(9.5167 47.1337)".to_owned())]
    );
    assert_eq!(gpkg.one::<f64>("SELECT max_x FROM gpkg_contents"), 9.5167);
    let gpkg = Gpkg::new(&export(&sandbox, "demo/layers/cities", "gpkg", json!([false])).1);
    assert_eq!(gpkg.one::<i64>("SELECT count(*) FROM cities"), 0);
    assert_eq!(gpkg.geometry_type().0, "POINT");
}

#[tokio::test]
async fn geometry_types_are_as_narrow_as_they_can_be() {
    let point = json!({ "type": "Point", "coordinates": [1, 2] });
    let high = json!({ "type": "Point", "coordinates": [1, 2, 3] });
    let points = json!({ "type": "MultiPoint", "coordinates": [[3, 4], [5, 6]] });
    let line = json!({ "type": "LineString", "coordinates": [[1, 2], [3, 4]] });
    let lines = json!({ "type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]] });
    let both = json!({ "type": "GeometryCollection", "geometries": [point, line] });
    let empty = json!({ "type": "Polygon", "coordinates": [] });
    /// Geometries, the type and the rule for heights of their table, and what is read back.
    type Case<'a> = (&'a [&'a Value], &'a str, i64, &'a [Option<&'a str>]);
    let cases: [Case; 9] = [
        (&[], "GEOMETRY", 0, &[]),
        (&[&json!(null)], "GEOMETRY", 0, &[None]),
        (&[&point, &empty], "POINT", 0, &[Some("POINT(1 2)"), None]),
        (
            &[&point, &points],
            "MULTIPOINT",
            0,
            &[Some("MULTIPOINT(1 2)"), Some("MULTIPOINT(3 4,5 6)")],
        ),
        (
            &[&lines, &line],
            "MULTILINESTRING",
            0,
            &[Some("MULTILINESTRING((1 2,3 4))"); 2],
        ),
        (
            &[&point, &line],
            "GEOMETRY",
            0,
            &[Some("POINT(1 2)"), Some("LINESTRING(1 2,3 4)")],
        ),
        (
            &[&both],
            "GEOMETRYCOLLECTION",
            0,
            &[Some("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))")],
        ),
        (&[&high], "POINT", 1, &[Some("POINT(1 2 3)")]),
        (
            &[&high, &point],
            "POINT",
            2,
            &[Some("POINT(1 2 3)"), Some("POINT(1 2)")],
        ),
    ];
    for (geometries, kind, z, wkt) in cases {
        let features: Vec<_> = geometries
            .iter()
            .map(|&geometry| (geometry.clone(), json!({})))
            .collect();
        let folder = folder(&[("m/l.geojson", &collection(&features))]);
        let sandbox = Sandbox::builder()
            .data(folder.path())
            .start()
            .await
            .unwrap();
        let gpkg = Gpkg::new(&get(&direct_link(&sandbox, "m/layers/l"), &[]).body);
        assert_eq!(gpkg.geometry_type(), (kind.to_owned(), z), "{geometries:?}");
        let found = gpkg.wkt("l");
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, wkt, "{geometries:?}");
    }
}

#[tokio::test]
async fn names_and_types_of_columns() {
    let first = json!({ "FID": 7, "fid": 8, "geom": "x", "Geom": 1.5, "": 1, "q\"uo'te": 2, "nul\u{0}": 3, "a b;--": 4,
        "NAME": 5, "name": 6 });
    let second = json!({ "flag": true, "mixed": 1, "nothing": null, "list": [1], "half": 1,
        "big": 18_446_744_073_709_551_615_u64 });
    let third = json!({ "flag": false, "mixed": "1", "half": 0.5, "list": { "a": 1 }, "big": 1 });
    let source = collection(&[
        (json!(null), first),
        (json!(null), second),
        (json!(null), third),
    ]);
    let folder = folder(&[
        ("m/gpkg_contents.geojson", &source),
        ("m/a-1.geojson", &source),
    ]);
    let sandbox = Sandbox::builder()
        .data(folder.path())
        .start()
        .await
        .unwrap();
    // A name that GeoPackage keeps for itself is not taken from it.
    for (id, table) in [("gpkg_contents", "layer_gpkg_contents"), ("a-1", "a-1")] {
        let gpkg = Gpkg::new(&get(&direct_link(&sandbox, &format!("m/layers/{id}")), &[]).body);
        let columns = gpkg.columns(table);
        let columns: Vec<(&str, &str)> = columns
            .iter()
            .map(|(name, kind)| (name.as_str(), kind.as_str()))
            .collect();
        let expected = [
            ("fid", "INTEGER"),
            ("geom", "GEOMETRY"),
            ("FID_2", "INTEGER"),
            ("fid_3", "INTEGER"),
            ("geom_2", "TEXT"),
            ("Geom_3", "REAL"),
            ("column", "INTEGER"),
            ("q\"uo'te", "INTEGER"),
            ("nul_", "INTEGER"),
            ("a b;--", "INTEGER"),
            ("NAME", "INTEGER"),
            ("name_2", "INTEGER"),
            ("flag", "BOOLEAN"),
            ("mixed", "TEXT"),
            ("nothing", "TEXT"),
            ("list", "TEXT"),
            ("half", "REAL"),
            ("big", "TEXT"),
        ];
        assert_eq!(columns, expected);
        let text = |text: &str| Sql::Text(text.to_owned());
        let rows = gpkg.all(
            &format!("SELECT flag, mixed, \"nothing\", list, half, big FROM \"{table}\""),
            |row| [0, 1, 2, 3, 4, 5].map(|i| row.get::<_, Sql>(i).unwrap()),
        );
        let [null, one, half] = [Sql::Null, Sql::Integer(1), Sql::Real(0.5)];
        assert_eq!(rows[0], [(); 6].map(|()| Sql::Null));
        let second = [
            one,
            text("1"),
            null.clone(),
            text("[1]"),
            Sql::Real(1.0),
            text("18446744073709551615"),
        ];
        assert_eq!(rows[1], second);
        assert_eq!(
            rows[2],
            [
                Sql::Integer(0),
                text("1"),
                null,
                text("{\"a\":1}"),
                half,
                text("1")
            ]
        );
        assert_eq!(
            gpkg.one::<i64>(&format!("SELECT fid_3 FROM \"{table}\" WHERE fid = 1")),
            8
        );
    }
}
