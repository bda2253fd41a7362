//! Folders of layers.

use std::collections::BTreeMap;

use felt_sandbox::Sandbox;
use serde_json::json;

use crate::client::{
    CITIES, RELIEF, call, collection, create, direct_link, export, folder, get, wait,
};

async fn on(folder: &tempfile::TempDir) -> Sandbox {
    let builder = Sandbox::builder()
        .data(folder.path())
        .job_time(std::time::Duration::ZERO);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn what_can_be_used_is_used_and_the_rest_is_listed() {
    let point = |x: f64, y: f64| json!({ "type": "Point", "coordinates": [x, y] });
    let good = collection(&[(point(1.0, 2.0), json!({ "a": 1 }))]);
    let metres = collection(&[
        (point(1.0, 2.0), json!({})),
        (point(500_000.0, 4_649_776.0), json!({})),
    ]);
    let crs = r#"{"type":"FeatureCollection","features":[],
        "crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}}"#;
    let folder = folder(&[
        ("m/good.geojson", &good),
        ("m/UPPER.GEOJSON", &good),
        ("m/.hidden", "x"),
        (
            "m/broken.geojson",
            "{\n\"type\": \"FeatureCollection\",\n\"features\": [}",
        ),
        (
            "m/single.geojson",
            r#"{"type":"Feature","geometry":null,"properties":null}"#,
        ),
        ("m/metres.geojson", &metres),
        ("m/crs.geojson", crs),
        ("m/fake.tif", "hello"),
        ("m/short.tiff", "II"),
        ("m/with space.geojson", &good),
        ("m/notes.txt", ""),
        ("m/sub/layer.geojson", &good),
        ("bad.map/good.geojson", &good),
        ("top.geojson", &good),
        ("empty/.keep", ""),
    ]);
    std::fs::write(folder.path().join("m/raster.tiff"), RELIEF).unwrap();
    std::fs::write(folder.path().join("m/good.tif"), RELIEF).unwrap();
    let sandbox = on(&folder).await;

    let skipped: BTreeMap<String, &str> = sandbox
        .skipped()
        .iter()
        .map(|skipped| {
            assert!(
                skipped
                    .to_string()
                    .starts_with(skipped.path.to_str().unwrap())
            );
            let path = skipped.path.strip_prefix(folder.path()).unwrap();
            (path.to_str().unwrap().to_owned(), skipped.reason.as_str())
        })
        .collect();
    let expected = [
        ("bad.map", "map's id"),
        ("m/broken.geojson", "line 3"),
        ("m/crs.geojson", "WGS 84"),
        ("m/fake.tif", "not a TIFF"),
        ("m/good.tif", "already"),
        ("m/metres.geojson", "line 1: feature 1 "),
        ("m/notes.txt", ".geojson"),
        ("m/short.tiff", "not a TIFF"),
        ("m/single.geojson", "only a FeatureCollection"),
        ("m/sub", "folders"),
        ("m/with space.geojson", "layer's id"),
        ("top.geojson", "named for its map"),
    ];
    assert_eq!(
        skipped.keys().map(String::as_str).collect::<Vec<_>>(),
        expected.map(|(path, _)| path)
    );
    for (path, reason) in expected {
        assert!(skipped[path].contains(reason), "{path}: {}", skipped[path]);
    }

    for layer in ["m/layers/good", "m/layers/UPPER", "demo/layers/cities"] {
        direct_link(&sandbox, layer);
    }
    assert_eq!(
        get(&direct_link(&sandbox, "m/layers/raster"), &[]).body,
        RELIEF
    );
    let (name, content) = export(&sandbox, "m/layers/raster", "geotiff", json!([]));
    assert_eq!((name.as_str(), content.as_slice()), ("raster.tif", RELIEF));
    let answer = call(&sandbox, "GET", "maps/empty/layers/x/get_export_link", b"");
    assert_eq!(answer.source("NotFoundError")["parameter"], "layer_id");
}

#[tokio::test]
async fn a_demo_of_ones_own_replaces_the_built_in_one() {
    let folder = folder(&[("demo/mine.geojson", CITIES)]);
    let sandbox = on(&folder).await;
    direct_link(&sandbox, "demo/layers/mine");
    let answer = call(
        &sandbox,
        "GET",
        "maps/demo/layers/countries/get_export_link",
        b"",
    );
    assert_eq!(answer.source("NotFoundError")["parameter"], "layer_id");
}

#[tokio::test]
async fn layers_come_change_and_go_while_it_runs() {
    let one = |name: &str| collection(&[(json!(null), json!({ "name": name }))]);
    let folder = folder(&[("m/first.geojson", &one("a"))]);
    let sandbox = on(&folder).await;
    let csv = |layer: &str| String::from_utf8(export(&sandbox, layer, "csv", json!([])).1).unwrap();
    let reason = |layer: &str| {
        let path = format!("maps/{layer}/get_export_link");
        let answer = call(&sandbox, "GET", &path, b"");
        assert_eq!(answer.status, 404, "{layer}");
        answer.json("NotFoundError")["errors"][0]["detail"].to_string()
    };
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    assert!(csv("m/layers/first").contains("a,"));

    assert!(!reason("m/layers/second").contains("cannot be used"));
    write("m/second.geojson", &one("b"));
    assert!(csv("m/layers/second").contains("b,"));
    reason("n/layers/other");
    write("n/other.geojson", &one("c"));
    assert!(csv("n/layers/other").contains("c,"));

    write("m/first.geojson", &one("longer"));
    assert!(csv("m/layers/first").contains("longer,"));
    write("m/first.geojson", "{\n{");
    let told = reason("m/layers/first");
    assert!(
        told.contains("first.geojson") && told.contains("line 2"),
        "{told}"
    );
    std::fs::remove_file(folder.path().join("m/first.geojson")).unwrap();
    assert!(!reason("m/layers/first").contains("cannot be used"));
    assert!(csv("m/layers/second").contains("b,"));
}

#[tokio::test]
async fn what_cannot_be_produced_fails() {
    // SQLite has no room for so many columns.
    let wide: serde_json::Map<_, _> = (0..2_500).map(|i| (format!("c{i}"), json!(i))).collect();
    let folder = folder(&[("m/wide.geojson", &collection(&[(json!(null), wide.into())]))]);
    let sandbox = on(&folder).await;

    let id = create(
        &sandbox,
        "m/layers/wide",
        &json!({ "output_format": "gpkg" }),
    );
    assert_eq!(wait(&sandbox, "m/layers/wide", &id)["status"], "failed");
    let answer = call(&sandbox, "GET", "maps/m/layers/wide/get_export_link", b"");
    assert_eq!(answer.status, 500);
    answer.json("InternalServerError");
    // In a format with room enough it works.
    assert_eq!(
        export(&sandbox, "m/layers/wide", "csv", json!([])).0,
        "wide.csv"
    );
}

/// A pipe would be read for ever.
#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_named_and_not_opened() {
    let folder = folder(&[("m/good.geojson", CITIES)]);
    for name in ["pipe.geojson", "pipe.tif"] {
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path().join("m").join(name))
            .status();
        assert!(made.unwrap().success());
    }
    let sandbox = on(&folder).await;
    let reasons: Vec<_> = sandbox
        .skipped()
        .iter()
        .map(|skipped| skipped.reason.as_str())
        .collect();
    assert_eq!(reasons, ["it is no regular file"; 2]);
    direct_link(&sandbox, "m/layers/good");
}
