//! The formats that a layer is written in.

mod cog;
pub(crate) mod csv;
pub(crate) mod geojson;
pub(crate) mod gpkg;
pub(crate) mod pmtiles;
mod winding;
pub(crate) mod zip;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Write};
use std::path::Path;

use crate::filter::Filter;
use crate::layers::{Content, Layer, Raster};

/// A format that this sandbox can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Gpkg,
    Geojson,
    Geotiff,
    Pmtiles,
}

impl Format {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "csv" => Self::Csv,
            "gpkg" => Self::Gpkg,
            "geojson" => Self::Geojson,
            "geotiff" => Self::Geotiff,
            "pmtiles" => Self::Pmtiles,
            _ => return None,
        })
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Gpkg => "gpkg",
            Self::Geojson => "geojson",
            Self::Geotiff => "tif",
            Self::Pmtiles => "pmtiles",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Gpkg => "application/geopackage+sqlite3",
            Self::Geojson => "application/geo+json",
            Self::Geotiff => "image/tiff",
            Self::Pmtiles => "application/vnd.pmtiles",
        }
    }
}

/// Writes a layer, or what of it passes the filters, into an empty file.
pub(crate) fn write(
    layer: &Layer,
    format: Format,
    filters: &[Filter],
    path: &Path,
) -> Result<(), String> {
    match (&layer.content, format) {
        (Content::Raster(Raster::BuiltIn(bytes)), Format::Geotiff) => {
            cog::write(Cursor::new(bytes), path)
        }
        (Content::Raster(Raster::File(source)), Format::Geotiff) => match File::open(source) {
            Ok(file) => cog::write(file, path),
            Err(e) => Err(format!("{}: {e}", source.display())),
        },
        (Content::Vector(vector), Format::Gpkg) => gpkg::write(vector, &layer.id, filters, path),
        (Content::Vector(vector), Format::Pmtiles) => {
            pmtiles::write(vector, &layer.id, filters, path)
        }
        (Content::Vector(vector), Format::Csv | Format::Geojson) => {
            let file = File::create(path).map_err(|e| cannot_write(&e))?;
            let mut out = BufWriter::new(file);
            if format == Format::Csv {
                csv::write(vector, filters, &mut out)?;
            } else {
                geojson::write(vector, filters, &mut out)?;
            }
            out.flush().map_err(|e| cannot_write(&e))
        }
        // Requests for these are refused, so that nobody sees this.
        (Content::Vector(_), Format::Geotiff) | (Content::Raster(_), _) => {
            Err("the format does not fit the layer".to_owned())
        }
    }
}

/// What is told of a disk that is full, or worse.
pub(crate) fn cannot_write(error: &io::Error) -> String {
    format!("the file could not be written: {error}")
}

/// Column names that differ in more than case, as SQL and many readers of CSV need it: a number is added to what
/// came later.
#[derive(Debug, Default)]
struct Names(HashSet<String>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.0.insert(candidate.to_lowercase()) {
            candidate = format!("{name}_{number}");
            number += 1;
        }
        candidate
    }
}
