//! Layers, and the files they are read from.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Weak;

use tokio::sync::Mutex;

use crate::artifact::Artifact;
use crate::tiff;
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

impl Layer {
    pub(crate) fn new(id: &str, content: Content) -> Self {
        Self {
            id: id.to_owned(),
            content,
            direct: Mutex::default(),
        }
    }
}

/// Reads the content of a file, or says what is wrong with it.
type Reader = fn(&Path) -> Result<Content, String>;

impl Content {
    /// How the content of files with this extension is read, if it is one of a layer.
    pub(crate) fn reader(extension: &str) -> Option<Reader> {
        match extension.to_ascii_lowercase().as_str() {
            "geojson" => Some(read_vector),
            "tif" | "tiff" => Some(read_raster),
            _ => None,
        }
    }
}

fn read_vector(path: &Path) -> Result<Content, String> {
    let mut bytes = Vec::new();
    open(path)?
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    Vector::parse(&bytes).map(Content::Vector)
}

fn read_raster(path: &Path) -> Result<Content, String> {
    tiff::check(open(path)?)?;
    // A relative path would break if the program changed its folder.
    let path = std::path::absolute(path).map_err(|e| e.to_string())?;
    Ok(Content::Raster(Raster::File(path)))
}

/// A pipe would never end, and a device may not.
fn open(path: &Path) -> Result<fs::File, String> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::File::open(path).map_err(|e| e.to_string()),
        Ok(_) => Err("it is no regular file".to_owned()),
        Err(e) => Err(e.to_string()),
    }
}
