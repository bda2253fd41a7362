//! Produced files, and producing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::task;

use crate::format::{self, Format, cannot_write};
use crate::id;
use crate::layers::{Content, Layer};
use crate::request;
use crate::shelf::Shelf;

/// A file that can be downloaded. It is deleted when it leaves the shelf.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) path: PathBuf,
    /// The last segment of its address: `parsed.gpkg`, `parsed.tiff` or `Felt-Export.zip`.
    pub(crate) name: &'static str,
    /// The first segment of its address.
    pub(crate) uuid: String,
    pub(crate) media_type: &'static str,
    /// Without quotes. Random, since a file never changes under its address.
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
    pub(crate) size: u64,
}

impl Drop for Artifact {
    fn drop(&mut self) {
        // If it stays, the folder that it lies in is removed with the sandbox.
        let _ = fs::remove_file(&self.path);
    }
}

/// Where files are produced, a few at a time.
#[derive(Debug)]
pub(crate) struct Workshop {
    folder: PathBuf,
    shelf: Arc<Shelf>,
    /// Producing is work for the processor and the disk: more at once would not be faster.
    places: Arc<Semaphore>,
    /// Who asks for a direct link is waiting, and does not stand in the queue of the exports.
    direct: Arc<Semaphore>,
}

/// What is to be produced.
#[derive(Debug)]
pub(crate) enum Order {
    /// What the direct link gives: a bare GeoPackage or GeoTIFF.
    Direct,
    /// An archive with one file in it.
    Archive(Format, Arc<RawValue>),
}

impl Workshop {
    pub(crate) fn new(folder: PathBuf, shelf: Arc<Shelf>) -> Self {
        Self {
            folder,
            shelf,
            places: Arc::new(Semaphore::new(2)),
            direct: Arc::new(Semaphore::new(1)),
        }
    }

    /// Produces a file, off the threads that answer requests, and puts it on the shelf.
    pub(crate) async fn produce(
        &self,
        layer: Arc<Layer>,
        order: Order,
    ) -> Result<Arc<Artifact>, String> {
        // Never closed, so never an error; without a place it would only be slower.
        let places = match order {
            Order::Direct => &self.direct,
            Order::Archive(..) => &self.places,
        };
        let place = Arc::clone(places).acquire_owned().await.ok();
        let folder = self.folder.clone();
        let made = task::spawn_blocking(move || {
            let _place = place;
            make(&folder, &layer, &order)
        });
        match made.await {
            Ok(made) => made.map(|made| self.shelf.put(made)),
            Err(e) => Err(e.to_string()),
        }
    }
}

fn make(folder: &Path, layer: &Layer, order: &Order) -> Result<Artifact, String> {
    let uuid = id::uuid().map_err(|e| e.to_string())?;
    let etag = id::hex().map_err(|e| e.to_string())?;
    let (format, filters, name, media_type) = match (order, &layer.content) {
        (Order::Archive(format, filters), _) => (
            *format,
            request::filters(filters)?,
            "Felt-Export.zip",
            "application/zip",
        ),
        (Order::Direct, Content::Vector(_)) => (
            Format::Gpkg,
            Vec::new(),
            "parsed.gpkg",
            Format::Gpkg.media_type(),
        ),
        (Order::Direct, Content::Raster(_)) => (
            Format::Geotiff,
            Vec::new(),
            "parsed.tiff",
            Format::Geotiff.media_type(),
        ),
    };
    // Until it is whole it is a guard, so that what fails leaves nothing behind.
    let bare = tempfile::Builder::new()
        .prefix("bare-")
        .tempfile_in(folder)
        .map_err(|e| cannot_write(&e))?;
    format::write(layer, format, &filters, bare.path())?;
    let whole = match order {
        Order::Direct => bare,
        Order::Archive(..) => {
            let archive = tempfile::Builder::new()
                .prefix("archive-")
                .tempfile_in(folder)
                .map_err(|e| cannot_write(&e))?;
            let entry = format!("{}.{}", layer.id, format.extension());
            format::zip::write(bare.path(), &entry, archive.path())?;
            archive
        }
    };
    let path = folder.join(&uuid);
    whole.persist(&path).map_err(|e| cannot_write(&e.error))?;
    let size = fs::metadata(&path).map_err(|e| cannot_write(&e))?.len();
    Ok(Artifact {
        path,
        name,
        uuid,
        media_type,
        etag,
        modified: SystemTime::now(),
        size,
    })
}
