//! What arrives is what the layer holds, in every format, by either way.

use std::path::PathBuf;

use felt_api::{Client, Format};
use geo_types::{Geometry, MultiPolygon};
use serde_json::Value;
use tempfile::TempDir;

use crate::readers::{self, Feature};
use crate::{client_of, sandbox};

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
async fn folders_get_files_named_after_the_layer_or_all_of_the_archive() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let layer = client.layer("demo", "cities").unwrap();
    let export = layer.export(Format::Geojson).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let link = layer.export_link().await.unwrap();

    let done = finished.download().to_folder(folder.path()).await.unwrap();
    assert_eq!(done.path, folder.path().join("cities.geojson"));
    assert_eq!(readers::geojson(&done.path).len(), 243);
    let again = finished.download().skip_existing(true);
    assert!(again.to_folder(folder.path()).await.unwrap().skipped);
    let archive = finished.download().keep_archive();
    let done = archive.to_folder(folder.path()).await.unwrap();
    assert_eq!(done.path, folder.path().join("cities.zip"));
    assert!(std::fs::read(&done.path).unwrap().starts_with(b"PK"));
    let done = link.download().to_folder(folder.path()).await.unwrap();
    assert_eq!(done.path, folder.path().join("cities.gpkg"));

    let unpacked = folder.path().join("unpacked");
    let done = finished.download().extract_to(&unpacked).await.unwrap();
    assert_eq!(done.files.len(), 1);
    assert_eq!(
        readers::geojson(&unpacked.join("cities.geojson")).len(),
        243
    );
    // A bare file is all there is in the folder.
    let bare = folder.path().join("bare");
    link.download().extract_to(&bare).await.unwrap();
    assert_eq!(readers::geopackage(&bare.join("cities.gpkg")).len(), 243);
}

/// Storage breaks, and then is gone: what has arrived is told, and the next client goes on from there, over a link of
/// its own.
#[tokio::test]
async fn a_part_is_gone_on_with_by_another_client() {
    use felt_sandbox::faults::{Effect, Operation, Rule};
    const AT: u64 = 1_000;
    let broken = Rule::new(Effect::Reset { at: Some(AT) }).calls(1..=1);
    let gone = Rule::new(Effect::Status {
        code: 404,
        headers: [].into(),
        body: None,
    });
    let rules = [broken, gone.calls(2..=2)].map(|rule| rule.on(Operation::Download));
    let sandbox = felt_sandbox::Sandbox::builder()
        .job_time(std::time::Duration::ZERO)
        .faults(rules)
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cities.geojson");
    let layer = client_of(&sandbox).layer("demo", "cities").unwrap();
    let export = layer.export(Format::Geojson).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let error = finished.download().to_path(&path).await.unwrap_err();
    assert_eq!(error.kept(), Some(AT), "{error}");
    assert_eq!(error.export(), Some(export.handle()));

    let resumed = client_of(&sandbox).resume(export.handle().clone());
    let finished = resumed.wait().await.unwrap();
    finished.download().to_path(&path).await.unwrap();
    assert_eq!(readers::geojson(&path).len(), 243);
    let requests = sandbox.requests();
    let downloads: Vec<_> = requests
        .iter()
        .filter(|request| request.operation == Some(Operation::Download))
        .collect();
    let ranges: Vec<_> = downloads
        .iter()
        .map(|request| request.headers.get("range").map(String::as_str))
        .collect();
    assert_eq!(ranges, [None, Some("bytes=1000-"), Some("bytes=1000-")]);
    // The token never reaches the storage, nor does any header that is not needed there.
    const NEEDED: [&str; 6] = [
        "accept",
        "accept-encoding",
        "host",
        "if-range",
        "range",
        "user-agent",
    ];
    for request in downloads {
        assert!(!request.authorization, "{request:?}");
        for name in request.headers.keys() {
            assert!(NEEDED.contains(&name.as_str()), "{name}");
        }
    }
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
