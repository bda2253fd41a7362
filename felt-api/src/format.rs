//! The formats that a layer can be exported to.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

/// A format that a custom export can have: `CustomExportParams.output_format` of the vendor's
/// [Layer Exports](https://developers.felt.com/rest-api/api-reference/layers/layer-exports) page.
///
/// As text it is the vendor's name: `csv`, `gpkg`, `geojson`, `geotiff`, `pmtiles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    pub const ALL: [Self; 5] = [
        Self::Csv,
        Self::Gpkg,
        Self::Geojson,
        Self::Geotiff,
        Self::Pmtiles,
    ];

    /// The vendor's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Gpkg => "gpkg",
            Self::Geojson => "geojson",
            Self::Geotiff => "geotiff",
            Self::Pmtiles => "pmtiles",
        }
    }

    /// The extensions that its files have, without dot, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &["csv"],
            Self::Gpkg => &["gpkg"],
            Self::Geojson => &["geojson", "json"],
            Self::Geotiff => &["tif", "tiff"],
            Self::Pmtiles => &["pmtiles"],
        }
    }

    /// The format of files with this extension (without dot, in any case), if it says one.
    ///
    /// ```
    /// use felt_api::Format;
    /// assert_eq!(Format::from_extension("TIF"), Some(Format::Geotiff));
    /// assert_eq!(Format::from_extension("zip"), None);
    /// ```
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| {
            format
                .extensions()
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        })
    }

    /// Whether a file that begins like this may be of this format: false only for what is surely
    /// something else, since not every format has a signature.
    pub(crate) fn may_begin_with(self, head: &[u8]) -> bool {
        if head.is_empty() || is_markup(head) {
            return false;
        }
        match Signature::of(head) {
            Some(signature) => self.signature() == Some(signature),
            None => !is_error(head),
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

    /// Whether a file has the end that it says or must have; asked where no server has said how long
    /// it is. Not every format says: a CSV or a GeoTIFF that is cut off then is not found out.
    pub(crate) fn is_whole(self, file: &File) -> bool {
        match self {
            Self::Gpkg => has_all_pages(file).unwrap_or(true),
            Self::Geojson => ends_with_brace(file).unwrap_or(true),
            Self::Csv | Self::Geotiff | Self::Pmtiles => true,
        }
    }
}

/// The size of an SQLite file by its header (File Format, 1.3), where the header says that it counts.
fn has_all_pages(mut file: &File) -> io::Result<bool> {
    let mut header = [0; 100];
    file.rewind()?;
    let read = file.take(100).read(&mut header)?;
    if Signature::of(&header) != Some(Signature::Sqlite) {
        return Ok(true);
    }
    if read < header.len() {
        return Ok(false);
    }
    let number = |at: usize| {
        let bytes = header.iter().skip(at).take(4);
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let page_size = match number(16) >> 16 {
        // It has 16 bits, and 1 stands for the one size that they cannot hold.
        1 => 65_536,
        size => size,
    };
    let counts = number(24) == number(92);
    Ok(!counts || file.metadata()?.len() >= page_size * number(28))
}

/// The last byte that is no white space, if it is among the last few.
fn ends_with_brace(mut file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(64)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let last = end.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    Ok(last.is_none_or(|byte| *byte == b'}'))
}

/// What the first bytes of a file say it is, in words for a message.
pub(crate) fn describe(head: &[u8]) -> &'static str {
    match Signature::of(head) {
        Some(Signature::Sqlite) => "a GeoPackage",
        Some(Signature::Tiff) => "a GeoTIFF",
        Some(Signature::Pmtiles) => "a PMTiles archive",
        Some(Signature::Zip) => "a zip archive",
        None if head.is_empty() => "an empty file",
        None if is_markup(head) => "an HTML or XML page",
        None => "something else",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signature {
    Sqlite,
    Tiff,
    Pmtiles,
    Zip,
}

impl Signature {
    fn of(head: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Signature); 8] = [
            (b"SQLite format 3\0", Signature::Sqlite),
            (b"II*\0", Signature::Tiff),
            (b"MM\0*", Signature::Tiff),
            // BigTIFF, for files over 4 GiB.
            (b"II+\0", Signature::Tiff),
            (b"MM\0+", Signature::Tiff),
            (b"PMTiles", Signature::Pmtiles),
            (b"PK\x03\x04", Signature::Zip),
            (b"PK\x05\x06", Signature::Zip),
        ];
        SIGNATURES
            .iter()
            .find(|(magic, _)| head.starts_with(magic))
            .map(|(_, signature)| *signature)
    }
}

/// An object that begins as an API's error does, and no GeoJSON.
fn is_error(head: &[u8]) -> bool {
    let text: String = String::from_utf8_lossy(head).split_whitespace().collect();
    ["{\"error\"", "{\"errors\"", "{\"message\""]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// What error pages are written in: a tag, a declaration or a comment at the very beginning.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match head.trim_ascii_start() {
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'!' | b'?'),
        _ => false,
    }
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
    /// [`ErrorKind::InvalidInput`] for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!(
                        "format {text:?} is unknown: use csv, gpkg, geojson, geotiff or pmtiles"
                    ),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_serde_agree() {
        for format in Format::ALL {
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
            for format in Format::ALL {
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
