//! Cloud Optimized GeoTIFF (OGC 21-026): tiles, overviews, and all directories before the data.
//!
//! A file that is one already is passed on as it is. Of any other one is made, cell by cell the same; what this cannot
//! read whole is passed on too, since a good TIFF is better than none.

mod cells;
mod check;
mod chunks;
mod directory;
mod predictor;
mod tags;
mod tiles;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tiff::TiffError;
use tiff::decoder::Decoder;

use self::cells::Cells;
use self::check::Images;
use self::directory::Directory;
use self::tags::Tags;
use self::tiles::Level;

/// Why no Cloud Optimized GeoTIFF is made.
#[derive(Debug)]
enum Stop {
    /// The file holds something that would get lost, or cannot be read.
    AsItIs,
    Disk(io::Error),
}

impl From<TiffError> for Stop {
    fn from(_: TiffError) -> Self {
        Self::AsItIs
    }
}

/// Writes a TIFF into an empty file, as a Cloud Optimized GeoTIFF if it can be one.
pub(crate) fn write<R: Read + Seek>(mut source: R, path: &Path) -> Result<(), String> {
    let failed = |e: io::Error| super::cannot_write(&e);
    let mut out = File::create(path).map_err(failed)?;
    // Where the result will lie there is room, or there is none for it either.
    let folder = path.parent().unwrap_or(Path::new("."));
    match make(&mut source, &mut out, folder) {
        Ok(()) => return Ok(()),
        Err(Stop::Disk(e)) => return Err(failed(e)),
        Err(Stop::AsItIs) => {}
    }
    out.set_len(0).map_err(failed)?;
    out.rewind().map_err(failed)?;
    source.rewind().map_err(failed)?;
    io::copy(&mut source, &mut out).map_err(failed)?;
    Ok(())
}

fn make<R: Read + Seek>(source: R, out: &mut File, folder: &Path) -> Result<(), Stop> {
    let mut tiff = Decoder::new(source)?;
    let images = Images::read(&mut tiff)?;
    // Pages and masks would get lost.
    if images.are_cloud_optimized() || images.has_others() {
        return Err(Stop::AsItIs);
    }
    tiff.seek_to_image(0)?;
    let tags = Tags::read(&mut tiff)?;
    let cells = Cells::of(&tags)?;
    let mut unpacked = tempfile::tempfile_in(folder).map_err(Stop::Disk)?;
    chunks::unpack(&mut tiff, &tags, &cells, &mut unpacked)?;

    let levels = tiles::levels(&cells);
    let mut directories: Vec<Directory> = levels
        .iter()
        .map(|level| level.directory(&tags, &cells))
        .collect();
    let head = 8 + directories.iter().map(Directory::len).sum::<usize>();
    // The smallest level comes first: it is what is looked at first.
    let mut end = u32::try_from(head).map_err(|_| Stop::AsItIs)?;
    out.seek(SeekFrom::Start(u64::from(end)))
        .map_err(Stop::Disk)?;
    for (level, directory) in levels.iter().zip(&mut directories).rev() {
        end = write_tiles(level, &cells, &mut unpacked, out, end, directory)?;
    }
    out.rewind().map_err(Stop::Disk)?;
    out.write_all(&directory::head(&directories))
        .map_err(Stop::Disk)
}

/// Writes a level's tiles from an offset on, notes where they are, and gives the offset behind them.
fn write_tiles(
    level: &Level,
    cells: &Cells,
    unpacked: &mut File,
    out: &mut File,
    mut end: u32,
    directory: &mut Directory,
) -> Result<u32, Stop> {
    let (mut offsets, mut sizes) = (Vec::new(), Vec::new());
    for plane in 0..cells.planes {
        for y in (0..level.height).step_by(level.edge()) {
            for x in (0..level.width).step_by(level.edge()) {
                let tile = level
                    .tile(cells, unpacked, plane, x, y)
                    .map_err(Stop::Disk)?;
                let size = u32::try_from(tile.len()).map_err(|_| Stop::AsItIs)?;
                offsets.push(end);
                sizes.push(size);
                end = end.checked_add(size).ok_or(Stop::AsItIs)?;
                out.write_all(&tile).map_err(Stop::Disk)?;
            }
        }
    }
    directory.longs(directory::TILE_OFFSETS, &offsets);
    directory.longs(directory::TILE_BYTE_COUNTS, &sizes);
    Ok(end)
}
