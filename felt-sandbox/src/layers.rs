//! The maps and their layers: the built-in ones, and those of a folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use crate::artifact::Artifact;
use crate::builder::Error;
use crate::vector::Vector;

/// A layer and what it holds.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) id: String,
    pub(crate) content: Content,
    /// The file behind the direct link, made when it is asked for and not there.
    pub(crate) direct: Mutex<Weak<Artifact>>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Vector(Vector),
    Raster(Raster),
}

/// Where a raster's bytes are.
#[derive(Debug)]
pub(crate) enum Raster {
    BuiltIn(&'static [u8]),
    File(PathBuf),
}

/// A file or folder in the data folder that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it, with the line or the feature where that is known.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// All layers, by the ids of their maps and their own.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    maps: BTreeMap<String, BTreeMap<String, Arc<Layer>>>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Catalog {
    /// The built-in map, and what the folder has.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let mut catalog = Self::default();
        if let Some(folder) = folder {
            catalog.read(folder)?;
        }
        if !catalog.maps.contains_key("demo") {
            catalog.add_demo()?;
        }
        Ok(catalog)
    }

    /// The layers of a map, or `None` if there is no such map.
    pub(crate) fn map(&self, map: &str) -> Option<&BTreeMap<String, Arc<Layer>>> {
        self.maps.get(map)
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
        for (id, content) in [
            ("countries", countries),
            ("cities", cities),
            ("relief", relief),
        ] {
            self.add("demo", id, content);
        }
        Ok(())
    }

    fn add(&mut self, map: &str, id: &str, content: Content) {
        let layer = Arc::new(Layer {
            id: id.to_owned(),
            content,
            direct: Mutex::default(),
        });
        self.maps
            .entry(map.to_owned())
            .or_default()
            .insert(id.to_owned(), layer);
    }

    fn skip(&mut self, path: &Path, reason: impl Into<String>) {
        self.skipped.push(Skipped {
            path: path.to_owned(),
            reason: reason.into(),
        });
    }

    fn read(&mut self, folder: &Path) -> Result<(), Error> {
        let maps = entries(folder)
            .map_err(|e| Error::new(format!("the data folder {}: {e}", folder.display())))?;
        for path in maps {
            if !path.is_dir() {
                self.skip(
                    &path,
                    "a layer's file lies in a folder that is named for its map",
                );
                continue;
            }
            match path
                .file_name()
                .and_then(|name| name.to_str())
                .filter(|name| is_id(name))
            {
                Some(map) => self.read_map(&path, map),
                None => self.skip(
                    &path,
                    format!("a folder's name is its map's id, which {ID_RULE}"),
                ),
            }
        }
        Ok(())
    }

    fn read_map(&mut self, folder: &Path, map: &str) {
        let files = match entries(folder) {
            Ok(files) => files,
            Err(e) => return self.skip(folder, e.to_string()),
        };
        // A map without layers is a map.
        self.maps.entry(map.to_owned()).or_default();
        for path in files {
            if path.is_dir() {
                self.skip(&path, "folders within a map's folder are not read");
                continue;
            }
            let extension = path
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or_default()
                .to_ascii_lowercase();
            let read = match extension.as_str() {
                "geojson" => read_vector,
                "tif" | "tiff" => read_raster,
                _ => {
                    self.skip(&path, "a layer's file ends in .geojson, .tif or .tiff");
                    continue;
                }
            };
            let Some(id) = path
                .file_stem()
                .and_then(|name| name.to_str())
                .filter(|name| is_id(name))
            else {
                self.skip(
                    &path,
                    format!(
                        "a file's name before the extension is its layer's id, which {ID_RULE}"
                    ),
                );
                continue;
            };
            if self
                .maps
                .get(map)
                .is_some_and(|layers| layers.contains_key(id))
            {
                self.skip(
                    &path,
                    format!("the map has a layer {id} from another file already"),
                );
                continue;
            }
            match read(&path) {
                Ok(content) => self.add(map, id, content),
                Err(reason) => self.skip(&path, reason),
            }
        }
    }
}

const ID_RULE: &str = "is 1 to 64 of A-Z, a-z, 0-9, _ and -";

fn is_id(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
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

fn read_vector(path: &Path) -> Result<Content, String> {
    let bytes = fs::read(path).map_err(|e| e.to_string())?;
    Vector::parse(&bytes).map(Content::Vector)
}

fn read_raster(path: &Path) -> Result<Content, String> {
    let mut magic = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match (read, &magic) {
        // Classic TIFF and BigTIFF, in either byte order.
        (Ok(()), b"II\x2A\0" | b"MM\0\x2A" | b"II\x2B\0" | b"MM\0\x2B") => {
            // A relative path would break if the program changed its folder.
            let path = std::path::absolute(path).map_err(|e| e.to_string())?;
            Ok(Content::Raster(Raster::File(path)))
        }
        (Err(e), _) if e.kind() != std::io::ErrorKind::UnexpectedEof => Err(e.to_string()),
        _ => Err("not a TIFF: its first four bytes are not those of one".to_owned()),
    }
}
