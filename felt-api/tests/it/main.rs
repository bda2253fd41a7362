//! The facade against the sandbox, whatever features it is built with: with `--no-default-features`
//! the committed client is used, and archives are not opened.
// A test that panics has failed, as it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any_filter;
mod examples;
mod filters;

use std::time::Duration;

use felt_api::{Client, Format};
use felt_sandbox::Sandbox;

async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .job_time(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.token())
        .build()
        .unwrap();
    (sandbox, client)
}

#[tokio::test]
async fn a_direct_link_gives_a_file() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let layer = client.layer("demo", "relief").unwrap();
    let link = layer.export_link().await.unwrap();
    let path = folder.path().join("relief.tif");
    let done = link.download().to_path(&path).await.unwrap();
    assert_eq!(done.path, path);
    assert_eq!(done.bytes, 99_804);
    assert!(std::fs::read(&path).unwrap().starts_with(b"II"));
}

#[tokio::test]
async fn a_custom_export_gives_its_archive() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let target = felt_api::reserve(folder.path().join("cities.zip"), false).unwrap();
    let layer = client.layer("demo", "cities").unwrap();
    let export = layer.export(Format::Csv).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let download = finished.download().keep_archive();
    let done = download.to_target(target).await.unwrap();
    assert!(std::fs::read(done.path).unwrap().starts_with(b"PK\x03\x04"));
}

#[tokio::test]
async fn an_archive_is_opened_or_named() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let layer = client.layer("demo", "cities").unwrap();
    let export = layer.export(Format::Csv).start().await.unwrap();
    let finished = export.wait().await.unwrap();
    let path = folder.path().join("cities.csv");
    let result = finished.download().to_path(&path).await;
    if cfg!(feature = "zip") {
        result.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 244);
    } else {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), felt_api::ErrorKind::UnexpectedContent);
        assert!(error.to_string().contains("feature `zip`"), "{error}");
        assert_eq!(error.export(), Some(finished.handle()));
        // It is kept, and the way that the message names is a short one.
        assert!(error.kept().is_some(), "{error}");
        let archive = finished.download().keep_archive();
        let done = archive.to_path(&path).await.unwrap();
        assert_eq!(Some(done.bytes), error.kept());
        assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
