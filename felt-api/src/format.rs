//! The formats that a layer can be exported to.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;

use felt_download::signature::{self, Signature};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A format that a custom export can have: `CustomExportParams.output_format` of the vendor's
/// [Layer Exports](https://developers.felt.com/rest-api/api-reference/layers/layer-exports) page.
///
/// As text it is the vendor's name: `csv`, `gpkg`, `geojson`, `geotiff`, `pmtiles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// OGC GeoPackage.
    Gpkg,
    /// GeoJSON.
    Geojson,
    /// GeoTIFF, for raster layers.
    Geotiff,
    /// PMTiles.
    Pmtiles,
}

impl Format {
    /// All of them, in the vendor's order.
    pub const ALL: &[Self] = &[
        Self::Csv,
        Self::Gpkg,
        Self::Geojson,
        Self::Geotiff,
        Self::Pmtiles,
    ];

    /// The vendor's name for it.
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The extension that its files usually have, without dot.
    pub fn extension(self) -> &'static str {
        self.extensions().first().copied().unwrap_or_default()
    }

    /// The extensions that its files have, without dot, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        self.facts().extensions
    }

    /// The media type, as registered with IANA; GeoTIFF's is that of OGC 19-008r4.
    pub fn media_type(self) -> &'static str {
        self.facts().media_type
    }

    /// Whether it is a format for vector layers.
    pub fn is_vector(self) -> bool {
        self != Self::Geotiff
    }

    /// Whether it is a format for raster layers. PMTiles holds tiles of either kind, and the vendor does
    /// not say for which layers it is offered: it is both here.
    pub fn is_raster(self) -> bool {
        matches!(self, Self::Geotiff | Self::Pmtiles)
    }

    fn facts(self) -> Facts {
        let (name, extensions, media_type): (_, &[_], _) = match self {
            Self::Csv => ("csv", &["csv"], "text/csv"),
            Self::Gpkg => ("gpkg", &["gpkg"], "application/geopackage+sqlite3"),
            Self::Geojson => ("geojson", &["geojson", "json"], "application/geo+json"),
            Self::Geotiff => (
                "geotiff",
                &["tif", "tiff"],
                "image/tiff; application=geotiff",
            ),
            Self::Pmtiles => ("pmtiles", &["pmtiles"], "application/vnd.pmtiles"),
        };
        Facts {
            name,
            extensions,
            media_type,
        }
    }

    fn signature(self) -> Option<Signature> {
        match self {
            Self::Csv | Self::Geojson => None,
            Self::Gpkg => Some(Signature::Sqlite),
            Self::Geotiff => Some(Signature::Tiff),
            Self::Pmtiles => Some(Signature::Pmtiles),
        }
    }

    /// The format that a file's name says, by its extension (in any case), if it says one.
    ///
    /// ```
    /// use felt_api::Format;
    /// assert_eq!(Format::from_path("maps/relief.TIF"), Some(Format::Geotiff));
    /// assert_eq!(Format::from_path("maps/relief"), None);
    /// ```
    pub fn from_path(path: impl AsRef<Path>) -> Option<Self> {
        Self::from_extension(path.as_ref().extension()?.to_str()?)
    }

    /// The format of files with this extension (without dot, in any case), if it says one.
    ///
    /// ```
    /// use felt_api::Format;
    /// assert_eq!(Format::from_extension("TIF"), Some(Format::Geotiff));
    /// assert_eq!(Format::from_extension("zip"), None);
    /// ```
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| {
            format
                .extensions()
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        })
    }

    /// Whether a file that begins like this may be of this format: false only for what is surely
    /// something else, since not every format has a signature.
    pub(crate) fn may_begin_with(self, head: &[u8]) -> bool {
        match Signature::of(head) {
            Some(signature) => self.signature() == Some(signature),
            None => !signature::is_message(head),
        }
    }

    /// Whether a file has the end that it says or must have; asked where no server has said how long
    /// it is. Not every format says: a CSV or a GeoTIFF that is cut off then is not found out.
    pub(crate) fn is_whole(self, file: &File) -> bool {
        match self {
            Self::Gpkg => signature::has_all_pages(file).unwrap_or(true),
            Self::Geojson => signature::ends_with_brace(file).unwrap_or(true),
            Self::Csv | Self::Geotiff | Self::Pmtiles => true,
        }
    }
}

/// What is known of a format.
struct Facts {
    name: &'static str,
    extensions: &'static [&'static str],
    media_type: &'static str,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// The vendor's name, exactly.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| {
                Error::invalid(format!(
                    "format {text:?} is unknown: use csv, gpkg, geojson, geotiff or pmtiles"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_serde_agree() {
        for format in Format::ALL.iter().copied() {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            assert_eq!(
                serde_json::to_value(format).unwrap(),
                serde_json::Value::from(format.as_str())
            );
            for extension in format.extensions() {
                assert_eq!(Format::from_extension(extension), Some(format));
            }
        }
        assert!("shp".parse::<Format>().is_err());
        assert!("GPKG".parse::<Format>().is_err());
    }

    #[test]
    fn what_is_known_of_each() {
        for format in Format::ALL.iter().copied() {
            assert!(format.is_vector() || format.is_raster(), "{format}");
            assert!(format.media_type().contains('/'), "{format}");
            let path = Path::new("a.b").with_extension(format.extension());
            assert_eq!(Format::from_path(path), Some(format));
        }
        for (path, format) in [
            ("/x/roads.JSON", Some(Format::Geojson)),
            ("roads.gpkg.zip", None),
            ("csv", None),
            (".csv", None),
            ("", None),
        ] {
            assert_eq!(Format::from_path(path), format, "{path}");
        }
    }

    #[test]
    fn first_bytes_tell_what_a_file_is_not() {
        let table = [
            (&b"SQLite format 3\0\x10\0"[..], vec![Format::Gpkg]),
            (b"II*\0\x08\0\0\0", vec![Format::Geotiff]),
            (b"MM\0+\0\x08", vec![Format::Geotiff]),
            (b"PMTiles\x03", vec![Format::Pmtiles]),
            (b"PK\x03\x04....", vec![]),
            (b"\n<!DOCTYPE html>", vec![]),
            (b"\xEF\xBB\xBF<?xml version", vec![]),
            (b"<Error>", vec![]),
            (b"", vec![]),
            (b"{\"error\":\"internal\"}", vec![]),
            // Nothing that is known: nothing that is known to be wrong.
            (b"\xEF\xBB\xBF {\"type\":", Format::ALL.to_vec()),
            (b"name,wkt\r\n", Format::ALL.to_vec()),
            (b"<5,>7\r\n", Format::ALL.to_vec()),
        ];
        for (head, expected) in table {
            for format in Format::ALL.iter().copied() {
                let may = format.may_begin_with(head);
                assert_eq!(may, expected.contains(&format), "{format}: {head:?}");
            }
        }
    }

    #[test]
    fn the_end_that_a_file_says_it_has() {
        use std::io::Write;
        let whole = |format: Format, bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            format.is_whole(&file)
        };
        // Two pages of 512 bytes, and a counter that is as old as the count.
        let mut sqlite = [0; 1024];
        sqlite[..16].copy_from_slice(b"SQLite format 3\0");
        (sqlite[16], sqlite[31], sqlite[27], sqlite[95]) = (2, 2, 7, 7);
        assert!(whole(Format::Gpkg, &sqlite));
        for cut in [16, 50, 99, 100, 1023] {
            assert!(!whole(Format::Gpkg, &sqlite[..cut]), "{cut}");
        }
        sqlite[95] = 6;
        assert!(
            whole(Format::Gpkg, &sqlite[..1023]),
            "the count is out of date"
        );
        assert!(whole(Format::Geojson, b"{\"a\": {}}\n "));
        assert!(!whole(Format::Geojson, b"{\"a\": [1"));
        assert!(whole(Format::Csv, b"a"));
    }
}
