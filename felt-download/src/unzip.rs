//! The one file of an archive.

use std::fs::File;
use std::io::{self, BufReader, Write};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::{Error, ErrorKind};

/// Writes the one entry of `archive` that has one of the extensions to `out`; returns its bytes.
///
/// An entry's name is never used as a path. Blocks.
pub(crate) fn one_file(
    archive: &File,
    extensions: &[String],
    out: &mut impl Write,
) -> Result<u64, Error> {
    let mut archive = open(archive)?;
    let mut found = Vec::new();
    // The usual extension first: beside a `.geojson` a `.json` is something else.
    for extension in extensions {
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(broken)?;
            if entry.is_file() && has_extension(&entry.name().map_err(broken)?, extension) {
                found.push(index);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    let [index] = found.as_slice() else {
        return Err(not_one(&archive, extensions, found.len()));
    };
    let mut entry = archive.by_index(*index).map_err(broken)?;
    // The reader checks the CRC at the entry's end: what is copied whole is what was packed.
    io::copy(&mut entry, out).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            broken(ZipError::Io(source))
        }
        _ => Error::new(ErrorKind::Disk, "cannot unpack the archive").with_source(source),
    })
}

/// Reads the archive's directory, which stands at its end. Blocks.
pub(crate) fn open(archive: &File) -> Result<ZipArchive<BufReader<&File>>, Error> {
    ZipArchive::new(BufReader::new(archive)).map_err(broken)
}

fn has_extension(name: &str, wanted: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // Not data: what macOS packs beside each file, and hidden files.
    if name.starts_with("__MACOSX/") || file.starts_with('.') {
        return false;
    }
    file.rsplit_once('.')
        .is_some_and(|(stem, extension)| !stem.is_empty() && wanted.eq_ignore_ascii_case(extension))
}

fn not_one(archive: &ZipArchive<BufReader<&File>>, extensions: &[String], found: usize) -> Error {
    const SHOWN: usize = 8;
    let wanted = extensions.join(" or .");
    let mut names: Vec<String> = archive
        .file_names()
        .take(SHOWN)
        .map(|name| match name {
            Ok(name) => name
                .chars()
                .take(80)
                .collect::<String>()
                .escape_debug()
                .to_string(),
            Err(_) => "a name that cannot be read".to_string(),
        })
        .collect();
    if archive.len() > SHOWN {
        names.push(format!("and {} more", archive.len() - SHOWN));
    }
    let names = if names.is_empty() {
        "nothing".to_string()
    } else {
        names.join(", ")
    };
    let count = match found {
        0 => format!("no .{wanted} file"),
        several => format!("{several} .{wanted} files"),
    };
    Error::new(
        ErrorKind::Content,
        format!(
            "the archive holds {count} where one was expected (it holds {names}): keep the archive instead"
        ),
    )
}

fn broken(source: ZipError) -> Error {
    Error::new(
        ErrorKind::Content,
        "the archive that arrived cannot be read",
    )
    .with_source(source)
}
