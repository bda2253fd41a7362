//! What arrives is what the layer holds, in every format, by either way.

use std::path::PathBuf;

use felt_api::{Client, Format};
use geo_types::{Geometry, MultiPolygon};
use serde_json::Value;
use tempfile::TempDir;

use crate::readers::{self, Feature};
use crate::sandbox;

/// Exports a layer of the demo map to a file.
async fn export(client: &Client, layer: &str, format: Format) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let layer = client.layer("demo", layer).unwrap();
    let export = layer.export(format).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let done = finished.download().to_path(&path).await.unwrap();
    assert_eq!(done.bytes, std::fs::metadata(&path).unwrap().len());
    (folder, path)
}

async fn direct(client: &Client, layer: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let link = client
        .layer("demo", layer)
        .unwrap()
        .export_link()
        .await
        .unwrap();
    link.download().to_path(&path).await.unwrap();
    (folder, path)
}

/// GeoPackage columns have one geometry type and one number type each.
fn as_in_a_table(mut features: Vec<Feature>) -> Vec<Feature> {
    for feature in &mut features {
        if let Geometry::Polygon(one) = &feature.geometry {
            feature.geometry = MultiPolygon(vec![one.clone()]).into();
        }
        for value in feature.properties.values_mut() {
            if let Some(number) = value.as_f64() {
                *value = number.into();
            }
        }
    }
    features
}

#[tokio::test]
async fn geojson() {
    let (_sandbox, client) = sandbox().await;
    for (layer, count) in [("countries", 177), ("cities", 243)] {
        let (_folder, path) = export(&client, layer, Format::Geojson).await;
        let features = readers::geojson(&path);
        assert_eq!(features.len(), count);
        assert_eq!(
            features,
            readers::geojson(&readers::sample(&format!("{layer}.geojson")))
        );
    }
}

#[tokio::test]
async fn geopackage() {
    let (_sandbox, client) = sandbox().await;
    for (layer, count) in [("countries", 177), ("cities", 243)] {
        let sample = as_in_a_table(readers::geojson(&readers::sample(&format!(
            "{layer}.geojson"
        ))));
        for (_folder, path) in [
            export(&client, layer, Format::Gpkg).await,
            direct(&client, layer).await,
        ] {
            let features = readers::geopackage(&path);
            assert_eq!(features.len(), count);
            assert_eq!(as_in_a_table(features), sample);
        }
    }
}

#[tokio::test]
async fn csv() {
    let (_sandbox, client) = sandbox().await;
    for (layer, count) in [("countries", 177), ("cities", 243)] {
        let (_folder, path) = export(&client, layer, Format::Csv).await;
        let records = readers::csv(&std::fs::read_to_string(&path).unwrap());
        let (header, rows) = records.split_first().unwrap();
        assert_eq!(rows.len(), count);
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        let sample = readers::geojson(&readers::sample(&format!("{layer}.geojson")));
        for (row, feature) in rows.iter().zip(&sample) {
            assert_eq!(row.len(), header.len());
            for (name, value) in &feature.properties {
                let field = &row[column(name)];
                match value {
                    Value::Null => assert_eq!(field, ""),
                    Value::String(text) => assert_eq!(field, text),
                    Value::Number(number) => {
                        assert_eq!(field.parse::<f64>().unwrap(), number.as_f64().unwrap());
                    }
                    other => panic!("{other}"),
                }
            }
            if let Geometry::Point(point) = &feature.geometry {
                assert_eq!(row[column("longitude")].parse::<f64>().unwrap(), point.x());
                assert_eq!(row[column("latitude")].parse::<f64>().unwrap(), point.y());
            }
        }
        assert!(rows.iter().all(|row| {
            row.iter()
                .any(|field| field.contains("POINT") || field.contains("POLYGON"))
        }));
    }
}

#[tokio::test]
async fn geotiff() {
    let (_sandbox, client) = sandbox().await;
    for (_folder, path) in [
        export(&client, "relief", Format::Geotiff).await,
        direct(&client, "relief").await,
    ] {
        assert_eq!(readers::geotiff(&path), ((360, 180), 174_703_306));
    }
}

#[tokio::test]
async fn the_archive_that_it_arrives_in() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cities.zip");
    let layer = client.layer("demo", "cities").unwrap();
    let export = layer.export(Format::Geojson).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    finished
        .download()
        .keep_archive()
        .to_path(&path)
        .await
        .unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(archive.len(), 1);
    let mut entry = archive.by_index(0).unwrap();
    let inside = folder.path().join("cities.geojson");
    std::io::copy(&mut entry, &mut std::fs::File::create(&inside).unwrap()).unwrap();
    assert_eq!(readers::geojson(&inside).len(), 243);
}

#[tokio::test]
async fn a_writer_gets_the_file_and_not_the_archive() {
    let (_sandbox, client) = sandbox().await;
    let layer = client.layer("demo", "cities").unwrap();
    let export = layer.export(Format::Csv).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let mut out = Vec::new();
    let bytes = finished.download().to_writer(&mut out).await.unwrap();
    assert_eq!(bytes, out.len() as u64);
    assert_eq!(readers::csv(&String::from_utf8(out).unwrap()).len(), 244);
}
