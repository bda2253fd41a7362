//! The archive that a custom export arrives in.

use std::fs::File;
use std::io;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// From this size on the entry needs the fields of zip64. Deflate can add a little, hence not the full 4 GiB.
const LARGE: u64 = 0xF000_0000;

/// Packs a file into an archive, as its only entry.
pub(crate) fn write(source: &Path, entry: &str, archive: &Path) -> Result<(), String> {
    let failed = |e: io::Error| super::cannot_write(&e);
    let mut source = File::open(source).map_err(failed)?;
    let size = source.metadata().map_err(failed)?.len();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(size >= LARGE)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(File::create(archive).map_err(failed)?);
    zip.start_file(entry, options).map_err(|e| e.to_string())?;
    io::copy(&mut source, &mut zip).map_err(failed)?;
    zip.finish().map_err(|e| e.to_string())?;
    Ok(())
}
