//! The whole way against the sandbox: from ids to a file, and the errors that it really gives.

use std::time::Duration;

use felt_api::{Blame, Client, ErrorKind, ExportHandle, Format};
use felt_sandbox::Sandbox;
use serde_json::json;

use crate::{client_of, readers, sandbox};

#[tokio::test]
async fn a_handle_is_taken_up_by_a_second_client() {
    let sandbox = Sandbox::builder()
        .job_time(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    let handle = {
        let layer = client_of(&sandbox).layer("demo", "cities").unwrap();
        let export = layer.export(Format::Geojson).start().await.unwrap();
        assert_eq!(
            export.status().await.unwrap().state().as_str(),
            "in_progress"
        );
        serde_json::to_string(export.handle()).unwrap()
    };
    // All that is left is the text.
    let handle: ExportHandle = serde_json::from_str(&handle).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cities.geojson");
    let finished = client_of(&sandbox).resume(handle).wait().await.unwrap();
    finished.download().to_path(&path).await.unwrap();
    assert_eq!(
        readers::geojson(&path),
        readers::geojson(&readers::sample("cities.geojson"))
    );
}

#[tokio::test]
async fn filters_reach_the_server_and_come_back() {
    let (_sandbox, client) = sandbox().await;
    let filter = json!([
        ["continent", "eq", "Africa"],
        "and",
        ["pop_est", "gt", 50_000_000]
    ]);
    let export = client
        .layer("demo", "countries")
        .unwrap()
        .export(Format::Geojson)
        .filter(r#"continent = "Africa" and pop_est > 50000000"#.parse().unwrap())
        .start()
        .await
        .unwrap();
    let finished = export.wait().await.unwrap();
    assert_eq!(export.status().await.unwrap().filters(), [filter]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.geojson");
    finished.download().to_path(&path).await.unwrap();
    let expected: Vec<_> = readers::geojson(&readers::sample("countries.geojson"))
        .into_iter()
        .filter(|country| {
            country.properties["continent"] == "Africa"
                && country.properties["pop_est"].as_f64().unwrap() > 50e6
        })
        .collect();
    assert!(!expected.is_empty() && expected.len() < 177);
    assert_eq!(readers::geojson(&path), expected);
}

#[tokio::test]
async fn a_link_that_expired_is_renewed() {
    let sandbox = Sandbox::builder()
        .job_time(Duration::ZERO)
        .link_ttl(Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let client = client_of(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let layer = client.layer("demo", "cities").unwrap();
    let finished = layer
        .export(Format::Csv)
        .start()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let link = layer.export_link().await.unwrap();
    // The condition itself: both links are refused by now.
    let storage =
        felt_download::StorageClient::new(&felt_download::ConnectOptions::default()).unwrap();
    for url in [finished.download_url(), link.url()] {
        let fixed = felt_download::FixedLink::new(url);
        let refused = async || {
            let download = felt_download::Download::new(&storage, &fixed);
            download.to_writer(&mut tokio::io::sink()).await.is_err()
        };
        let expired = async {
            while !refused().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), expired)
            .await
            .unwrap();
    }
    finished
        .download()
        .to_path(folder.path().join("a.csv"))
        .await
        .unwrap();
    link.download()
        .to_path(folder.path().join("a.gpkg"))
        .await
        .unwrap();
    assert_eq!(
        readers::geopackage(&folder.path().join("a.gpkg")).len(),
        243
    );
}

#[tokio::test]
async fn errors_that_the_sandbox_gives() {
    let (sandbox, client) = sandbox().await;
    let stranger = Client::builder()
        .base_url(sandbox.base_url())
        .token("felt_pat_other")
        .build()
        .unwrap()
        .layer("demo", "cities")
        .unwrap();
    let header = Some(Blame::Header("authorization".into()));
    for error in [
        stranger.export_link().await.unwrap_err(),
        stranger.export(Format::Csv).start().await.unwrap_err(),
        stranger.export_status("e").await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Unauthorized, Some(401))
        );
        assert_eq!(error.details()[0].blames, header, "{error}");
    }

    for (map, layer, blamed) in [("nope", "cities", "map_id"), ("demo", "nope", "layer_id")] {
        let layer = client.layer(map, layer).unwrap();
        for error in [
            layer.export_link().await.unwrap_err(),
            layer.export(Format::Csv).start().await.unwrap_err(),
            layer.export_status("e").await.unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::NotFound, Some(404))
            );
            let expected = Some(Blame::Parameter(blamed.into()));
            assert_eq!(error.details()[0].blames, expected, "{error}");
        }
    }

    // Another layer's export is not this one's.
    let cities = client.layer("demo", "cities").unwrap();
    let countries = client.layer("demo", "countries").unwrap();
    let export = cities.export(Format::Csv).start().await.unwrap();
    let id = export.handle().export_id();
    cities.export_status(id).await.unwrap();
    let error = countries.export_status(id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let relief = client.layer("demo", "relief").unwrap();
    for (layer, format) in [
        (&cities, Format::Geotiff),
        (&relief, Format::Csv),
        (&relief, Format::Geojson),
        (&relief, Format::Gpkg),
        (&relief, Format::Pmtiles),
    ] {
        let error = layer.export(format).start().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Rejected, Some(422))
        );
        let expected = Some(Blame::Pointer("/output_format".into()));
        assert_eq!(error.details()[0].blames, expected, "{error}");
    }
}

#[tokio::test]
async fn a_file_in_the_way_stays() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cities.gpkg");
    std::fs::write(&path, "mine").unwrap();
    let link = client
        .layer("demo", "cities")
        .unwrap()
        .export_link()
        .await
        .unwrap();
    let error = link.download().to_path(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileExists);
    let error = felt_api::reserve(&path, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileExists);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    link.download()
        .overwrite(true)
        .to_path(&path)
        .await
        .unwrap();
    assert_eq!(readers::geopackage(&path).len(), 243);
    for missing in ["none/x.gpkg", "cities.gpkg/x.gpkg"] {
        let error = link
            .download()
            .to_path(folder.path().join(missing))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Folder);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn the_format_that_arrives_must_be_the_one_that_was_asked_for() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let link = client
        .layer("demo", "relief")
        .unwrap()
        .export_link()
        .await
        .unwrap();
    assert_eq!(link.format_hint(), Some(Format::Geotiff));
    let path = folder.path().join("relief.gpkg");
    let error = link
        .download_as(Format::Gpkg)
        .to_path(&path)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedContent, "{error}");
    let error = link
        .download()
        .keep_archive()
        .to_path(&path)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedContent, "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
