//! PMTiles, read back by what the specification says, and the tiles with another library than the one that wrote
//! them.

mod archive;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use felt_sandbox::Sandbox;
use geo_types::Geometry;
use serde_json::{Value, json};

use self::archive::{Archive, attributes, degrees};
use crate::client::{CITIES, COUNTRIES, collection, export, folder, sandbox};

fn source(geojson: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(geojson).unwrap();
    value["features"].as_array().unwrap().clone()
}

fn open(sandbox: &Sandbox, layer: &str, filters: Value) -> Archive {
    let (name, bytes) = export(sandbox, layer, "pmtiles", filters);
    assert_eq!(
        name,
        format!("{}.pmtiles", layer.rsplit('/').next().unwrap())
    );
    Archive::new(bytes)
}

#[tokio::test]
async fn every_city_is_where_it_was_with_its_name() {
    let sandbox = sandbox().await;
    let archive = open(&sandbox, "demo/layers/cities", json!([]));
    let zoom = archive.deepest();
    let mut found = HashMap::new();
    for (tile, feature) in archive.zoom(zoom) {
        let Geometry::MultiPoint(points) = &feature.geometry else {
            panic!("{:?}", feature.geometry);
        };
        let at = points.0[0].0;
        // In the tile itself, and so in no other.
        assert!((0..4096).contains(&at.x) && (0..4096).contains(&at.y));
        let before = found.insert(attributes(feature)["name"].clone(), degrees(zoom, tile, at));
        assert_eq!(before, None);
    }
    assert_eq!(found.len(), 243);
    let step = 360.0 / 4096.0 / f64::from(1_u32 << zoom);
    for city in source(CITIES) {
        let at = found[&city["properties"]["name"]];
        for axis in [0, 1] {
            let expected = city["geometry"]["coordinates"][axis].as_f64().unwrap();
            // Rounded to the grid of zoom 14 first, and then to the tile's.
            assert!((at[axis] - expected).abs() <= 0.75 * step, "{city}: {at:?}");
        }
    }
    assert_eq!(archive.zoom(0).count(), 243);
    let layers = json!([{ "id": "cities", "description": "", "minzoom": 0, "maxzoom": zoom,
        "fields": { "name": "String" } }]);
    assert_eq!(archive.metadata["vector_layers"], layers);
    for (name, value) in [("type", "overlay"), ("format", "pbf"), ("name", "cities")] {
        assert_eq!(archive.metadata[name], value);
    }
    let stats = json!({ "layerCount": 1, "layers": [{ "layer": "cities", "count": 243, "attributeCount": 1,
        "attributes": [{ "attribute": "name", "type": "string", "values": [] }] }] });
    assert_eq!(archive.metadata["tilestats"], stats);
    let again = export(&sandbox, "demo/layers/cities", "pmtiles", json!([])).1;
    assert!(again == archive.bytes, "the same layer gave other bytes");
}

#[tokio::test]
async fn every_country_is_there_with_its_attributes() {
    let sandbox = sandbox().await;
    // Opening it checks the rings.
    let archive = open(&sandbox, "demo/layers/countries", json!([]));
    let expected: BTreeSet<String> = source(COUNTRIES)
        .iter()
        .map(|country| {
            let attributes = country["properties"].as_object().unwrap().clone();
            let attributes: BTreeMap<_, _> = attributes.into_iter().collect();
            serde_json::to_string(&attributes).unwrap()
        })
        .collect();
    let found: BTreeSet<String> = archive
        .zoom(archive.deepest())
        .map(|(_, country)| serde_json::to_string(&attributes(country)).unwrap())
        .collect();
    assert_eq!(found.len(), 177);
    assert_eq!(found, expected);
    assert!(archive.zoom(0).count() > 150);
    let stats = &archive.metadata["tilestats"]["layers"][0];
    assert_eq!(stats["geometry"], "Polygon");
    let gdp = json!({ "attribute": "gdp_md_est", "type": "number", "values": [], "min": 16, "max": 21_433_226 });
    assert_eq!(stats["attributes"][4], gdp);
}

#[tokio::test]
async fn what_does_not_pass_the_filter_is_in_no_tile() {
    let sandbox = sandbox().await;
    let filters = json!([["continent", "eq", "Africa"], ["pop_est", "gt", 5e7]]);
    let archive = open(&sandbox, "demo/layers/countries", filters);
    let mut found = BTreeSet::new();
    for (_, features) in &archive.tiles {
        found.extend(
            features
                .iter()
                .map(|one| attributes(one)["name"].to_string()),
        );
    }
    let passes = |p: &Value| p["continent"] == "Africa" && p["pop_est"].as_f64().unwrap() > 5e7;
    let expected: BTreeSet<_> = source(COUNTRIES)
        .iter()
        .filter(|country| passes(&country["properties"]))
        .map(|country| country["properties"]["name"].to_string())
        .collect();
    assert_eq!(found, expected);
    let [west, _, east, _] = archive.bounds();
    assert!(west > -20.0 && east < 52.0);

    // One tile, with a layer and nothing in it.
    let nothing = open(&sandbox, "demo/layers/countries", json!([false]));
    assert_eq!(nothing.tiles.len(), 1);
    assert_eq!(nothing.zoom(0).count(), 0);
    let fields = &nothing.metadata["vector_layers"][0]["fields"];
    assert_eq!(
        (&fields["pop_est"], &fields["name"]),
        (&json!("Number"), &json!("String"))
    );
}

async fn with(layers: &[(&str, &str)]) -> (Sandbox, tempfile::TempDir) {
    let folder = folder(layers);
    let builder = Sandbox::builder().data(folder.path());
    let sandbox = builder.job_time(std::time::Duration::ZERO).start().await;
    (sandbox.unwrap(), folder)
}

#[tokio::test]
async fn every_kind_of_geometry_and_value_is_kept() {
    let point = json!({ "type": "Point", "coordinates": [5, 50, 7] });
    let line = json!({ "type": "LineString", "coordinates": [[6, 50], [6, 51]] });
    let square =
        json!({ "type": "Polygon", "coordinates": [[[7, 50], [8, 50], [8, 51], [7, 50]]] });
    let tie = json!({ "type": "MultiPolygon", "coordinates": [[[[1, 50], [2, 51], [2, 50], [1, 51], [1, 50]]]] });
    let across = json!({ "type": "LineString", "coordinates": [[179, 50], [181, 50]] });
    let speck = json!({ "type": "Polygon", "coordinates": [[[3, 50], [3, 50], [3, 50], [3, 50]]] });
    let all = json!({ "type": "GeometryCollection", "geometries": [point, line, square] });
    let values = json!({ "text": "ü", "flag": true, "up": 18_446_744_073_709_551_615_u64, "down": -7, "half": 0.5,
        "whole": 3.0, "list": [1, { "a": null }], "none": null, "": "unnamed" });
    let source = collection(&[
        (all, values),
        (tie, json!({ "k": "tie" })),
        (across, json!({ "k": "across" })),
        (speck, json!({ "k": "speck" })),
        (
            json!({ "type": "Point", "coordinates": [0, 89] }),
            json!({ "k": "polar" }),
        ),
        (
            json!({ "type": "MultiPoint", "coordinates": [] }),
            json!({ "k": "empty" }),
        ),
        (json!(null), json!({ "k": "null" })),
    ]);
    let ids = ["7", "-1", "1.5", "\"x\"", "null", "0"];
    let source = ids.iter().fold(source, |source, id| {
        source.replacen("\"Feature\",", &format!("\"Feature\" ,\"id\":{id},"), 1)
    });
    let (sandbox, _folder) = with(&[("m/mixed.geojson", &source)]).await;
    let archive = open(&sandbox, "m/layers/mixed", json!([]));

    let deepest: Vec<_> = archive.zoom(archive.deepest()).collect();
    let kinds: BTreeSet<_> = deepest
        .iter()
        .filter(|(_, one)| one.id == Some(7))
        .map(|(_, one)| match one.geometry {
            Geometry::MultiPoint(_) => "points",
            Geometry::LineString(_) => "line",
            Geometry::MultiPolygon(_) => "polygons",
            _ => "something else",
        })
        .collect();
    assert_eq!(kinds, BTreeSet::from(["points", "line", "polygons"]));
    let expected = json!({ "text": "ü", "flag": true, "up": 18_446_744_073_709_551_615_u64, "down": -7, "half": 0.5,
        "whole": 3.0, "list": "[1,{\"a\":null}]", "": "unnamed" });
    let mut kept = BTreeSet::new();
    for (_, feature) in &deepest {
        let attributes = attributes(feature);
        match attributes.get("k") {
            Some(k) => {
                assert_eq!(feature.id, None);
                kept.insert(k.as_str().unwrap().to_owned());
            }
            None => assert_eq!(json!(attributes), expected),
        }
    }
    assert_eq!(
        kept,
        BTreeSet::from(["across", "speck", "tie"].map(str::to_owned))
    );
    // It goes on at the other edge of the world.
    let line = |one: &&(_, &mvt_reader::feature::Feature<i32>)| {
        attributes(one.1).get("k") == Some(&json!("across"))
    };
    let columns: BTreeSet<u32> = deepest.iter().filter(line).map(|((x, _), _)| *x).collect();
    let last = (1 << archive.deepest()) - 1;
    assert!(
        columns.contains(&0) && columns.contains(&last),
        "{columns:?}"
    );
    assert_eq!(archive.bounds()[..3], [-180.0, 50.0, 180.0]);
}

#[tokio::test]
async fn tiles_stay_small_until_the_deepest_zoom_has_everything() {
    let points: Vec<_> = (0..6_000_u32)
        .map(|i| {
            let at = [f64::from(i % 200) / 100.0, f64::from(i / 200) / 100.0];
            (
                json!({ "type": "Point", "coordinates": at }),
                json!({ "n": i, "name": format!("{i:0>150}") }),
            )
        })
        .collect();
    let squares: Vec<_> = (0..1_000_u32)
        .map(|i| {
            let [x, y] = [i % 60, i / 60].map(|at| f64::from(at) / 1000.0);
            let ring = [
                [x, y],
                [x + 5e-4, y],
                [x + 5e-4, y + 5e-4],
                [x, y + 5e-4],
                [x, y],
            ];
            (
                json!({ "type": "Polygon", "coordinates": [ring] }),
                json!({ "n": i }),
            )
        })
        .collect();
    let layers = [
        ("m/points.geojson", collection(&points)),
        ("m/squares.geojson", collection(&squares)),
    ];
    let (sandbox, _folder) = with(
        &layers
            .each_ref()
            .map(|(path, layer)| (*path, layer.as_str())),
    )
    .await;

    let archive = open(&sandbox, "m/layers/points", json!([]));
    let first = archive.zoom(0).count();
    assert!((2_000..4_500).contains(&first), "{first}");
    let numbers = |archive: &Archive| {
        let zoom = archive.zoom(archive.deepest());
        zoom.map(|(_, one)| attributes(one)["n"].as_u64())
            .collect::<BTreeSet<_>>()
            .len()
    };
    assert_eq!(numbers(&archive), 6_000);

    // From afar all of them are a dot, or one on each side of a line between dots.
    let archive = open(&sandbox, "m/layers/squares", json!([]));
    assert!((1..=4).contains(&archive.zoom(0).count()));
    assert_eq!(numbers(&archive), 1_000);
}

#[tokio::test]
async fn tangled_and_boundless_shapes_come_to_an_end() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 24)
    };
    let mut ring: Vec<_> = (0..2_000)
        .map(|_| [random() * 300.0 - 150.0, random() * 140.0 - 70.0])
        .collect();
    ring.push(ring[0]);
    let tangle = json!({ "type": "Polygon", "coordinates": [ring] });
    let world = json!({ "type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]] });
    let layers = [
        (
            "m/tangle.geojson",
            collection(&[(tangle, json!({ "k": 1 }))]),
        ),
        ("m/world.geojson", collection(&[(world, json!({ "k": 1 }))])),
    ];
    let (sandbox, _folder) = with(
        &layers
            .each_ref()
            .map(|(path, layer)| (*path, layer.as_str())),
    )
    .await;
    let tangle = open(&sandbox, "m/layers/tangle", json!([]));
    assert_eq!(tangle.zoom(0).count(), 1);
    let world = open(&sandbox, "m/layers/world", json!([]));
    // Every tile is the same, and there once.
    assert_eq!(
        world.tiles.len(),
        (0..=world.deepest())
            .map(|zoom| 1 << (2 * zoom))
            .sum::<usize>()
    );
    let Geometry::MultiPolygon(all) = &world.zoom(0).next().unwrap().1.geometry else {
        panic!("no polygon");
    };
    let corners: Vec<_> = all.0[0]
        .exterior()
        .lines()
        .map(|line| line.start.x.abs())
        .collect();
    assert!(corners.iter().all(|&x| x == 64 || x == 4160));
}
