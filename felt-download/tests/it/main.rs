//! Downloads from a real server on loopback, to a real disk.
// A test that panics has failed, as it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../tests/it/scripted.rs"]
mod scripted;

mod connections;
#[cfg(target_os = "linux")]
mod durable;
mod folders;
#[cfg(feature = "zip")]
mod hostile;
mod killed;
mod links;
mod next_call;
mod paths;
#[cfg(feature = "zip")]
mod raw_zip;
mod resume;
mod settings;
mod storms;
mod transfers;
#[cfg(feature = "zip")]
mod unpacked;
mod untrue;
#[cfg(feature = "zip")]
mod zips;

use std::time::Duration;

use felt_download::{ConnectOptions, Download, LinkSource, StorageClient};

/// A download that does not wait long between attempts.
fn download(source: &dyn LinkSource) -> Download<'_> {
    let delay = Duration::from_millis(1);
    Download::new(
        &StorageClient::new(&ConnectOptions::default()).unwrap(),
        source,
    )
    .attempts(4, delay, delay)
}

/// The names in a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
