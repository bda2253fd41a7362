//! The maps and their layers: the built-in ones, and those of a folder, which is looked into whenever a layer is asked
//! for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::task;

use crate::builder::Error;
use crate::layers::{Content, Layer, Raster, Skipped};
use crate::vector::Vector;

/// All layers, by the ids of their maps and their own.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    folder: Option<PathBuf>,
    /// The map `demo`, unless the folder has one.
    demo: BTreeMap<String, Arc<Layer>>,
    /// What the folder's files held when they were read.
    files: Mutex<BTreeMap<PathBuf, Known>>,
    /// Held while a file is read.
    reading: Mutex<()>,
}

/// A file that was read.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    layer: Result<Arc<Layer>, String>,
}

/// As long as it is the same, so is the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp(Option<SystemTime>, u64);

/// Why there is no layer.
#[derive(Debug)]
pub(crate) enum Missing {
    Map,
    Layer,
    /// There is a file for it that cannot be used.
    Unusable(String),
}

impl Catalog {
    /// The built-in map, and what the folder has; and what of it cannot be used.
    pub(crate) fn load(folder: Option<&Path>) -> Result<(Self, Vec<Skipped>), Error> {
        let mut catalog = Self {
            // A relative path would break if the program changed its folder.
            folder: folder
                .map(std::path::absolute)
                .transpose()
                .map_err(|e| Error::new(format!("the data folder: {e}")))?,
            ..Self::default()
        };
        catalog.add_demo()?;
        let mut skipped = Vec::new();
        if let Some(folder) = folder {
            catalog.read(folder, &mut skipped)?;
        }
        Ok((catalog, skipped))
    }

    /// The layer as its file is now.
    pub(crate) async fn find(self: &Arc<Self>, map: &str, id: &str) -> Result<Arc<Layer>, Missing> {
        if let Some(folder) = &self.folder
            && is_id(map)
        {
            let (catalog, id) = (Arc::clone(self), id.to_owned());
            let folder = folder.join(map);
            // Off the threads that answer requests: a layer may be large.
            let found = task::spawn_blocking(move || {
                let files = entries(&folder).ok()?;
                Some(catalog.layer_of(&files, &id))
            });
            // It panicked, or there is no such folder.
            if let Ok(Some(found)) = found.await {
                return found;
            }
        }
        match map {
            "demo" => self.demo.get(id).cloned().ok_or(Missing::Layer),
            _ => Err(Missing::Map),
        }
    }

    fn layer_of(&self, files: &[PathBuf], id: &str) -> Result<Arc<Layer>, Missing> {
        let mut unusable = None;
        for path in files {
            if layer_id(path).as_deref() == Ok(id) && path.is_file() {
                match self.layer(path, id) {
                    Ok(layer) => return Ok(layer),
                    Err(reason) => {
                        let name = path.file_name().unwrap_or_default().display();
                        unusable.get_or_insert(format!("{name}: {reason}"));
                    }
                }
            }
        }
        Err(unusable.map_or(Missing::Layer, Missing::Unusable))
    }

    /// What is in a file, read anew if it has changed.
    fn layer(&self, path: &Path, id: &str) -> Result<Arc<Layer>, String> {
        let stamp = Stamp::of(&fs::metadata(path).map_err(|e| e.to_string())?);
        let known = || {
            let known = self.files().get(path).cloned();
            known.filter(|known| known.stamp == stamp)
        };
        if let Some(known) = known() {
            return known.layer;
        }
        // One at a time: a layer may take much memory while it is read, and those who wait want the same.
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known() {
            return known.layer;
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let read = Content::reader(&extension).ok_or(EXTENSION_RULE)?;
        let layer = read(path).map(|content| Arc::new(Layer::new(id, content)));
        let known = Known {
            stamp,
            layer: layer.clone(),
        };
        let mut files = self.files();
        // Nobody asks for what is gone, and it is held in memory.
        files.retain(|path, _| path.exists());
        files.insert(path.to_owned(), known);
        layer
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Known>> {
        // Nothing that is done under the lock is left half done by a panic.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_demo(&mut self) -> Result<(), Error> {
        let vector = |bytes| {
            Vector::parse(bytes)
                .map(Content::Vector)
                .map_err(Error::new)
        };
        let countries = vector(include_bytes!("../data/countries.geojson"))?;
        let cities = vector(include_bytes!("../data/cities.geojson"))?;
        let relief = Content::Raster(Raster::BuiltIn(include_bytes!("../data/relief.tif")));
        let layers = [
            ("countries", countries),
            ("cities", cities),
            ("relief", relief),
        ];
        self.demo = layers
            .map(|(id, content)| (id.to_owned(), Arc::new(Layer::new(id, content))))
            .into();
        Ok(())
    }

    /// Reads all layers of the folder, so that what cannot be used is known before anybody asks for it.
    fn read(&self, folder: &Path, skipped: &mut Vec<Skipped>) -> Result<(), Error> {
        let mut skip = |path: &Path, reason: String| {
            skipped.push(Skipped {
                path: path.to_owned(),
                reason,
            });
        };
        let maps = entries(folder)
            .map_err(|e| Error::new(format!("the data folder {}: {e}", folder.display())))?;
        for map in maps {
            if !map.is_dir() {
                skip(
                    &map,
                    "a layer's file lies in a folder that is named for its map".to_owned(),
                );
                continue;
            }
            if !map
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(is_id)
            {
                skip(
                    &map,
                    format!("a folder's name is its map's id, which {ID_RULE}"),
                );
                continue;
            }
            match entries(&map) {
                Ok(files) => self.read_map(&files, &mut skip),
                Err(e) => skip(&map, e.to_string()),
            }
        }
        Ok(())
    }

    fn read_map(&self, files: &[PathBuf], skip: &mut impl FnMut(&Path, String)) {
        let mut found = BTreeSet::new();
        for path in files {
            if path.is_dir() {
                skip(
                    path,
                    "folders within a map's folder are not read".to_owned(),
                );
                continue;
            }
            let id = match layer_id(path) {
                Ok(id) => id,
                Err(reason) => {
                    skip(path, reason);
                    continue;
                }
            };
            if found.contains(&id) {
                skip(
                    path,
                    format!("the map has a layer {id} from another file already"),
                );
                continue;
            }
            // By its absolute path, as it is found later.
            let read = std::path::absolute(path)
                .map_err(|e| e.to_string())
                .and_then(|path| self.layer(&path, &id));
            match read {
                Ok(_) => {
                    found.insert(id);
                }
                Err(reason) => skip(path, reason),
            }
        }
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self(found.modified().ok(), found.len())
    }
}

const EXTENSION_RULE: &str = "a layer's file ends in .geojson, .tif or .tiff";

const ID_RULE: &str = "is 1 to 64 of A-Z, a-z, 0-9, _ and -";

fn is_id(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The id of the layer that a file holds, by its name.
fn layer_id(path: &Path) -> Result<String, String> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    if Content::reader(&extension).is_none() {
        return Err(EXTENSION_RULE.to_owned());
    }
    match path.file_stem().and_then(|name| name.to_str()) {
        Some(id) if is_id(id) => Ok(id.to_owned()),
        _ => Err(format!(
            "a file's name before the extension is its layer's id, which {ID_RULE}"
        )),
    }
}

/// What is in a folder, in a fixed order, without hidden files.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}
