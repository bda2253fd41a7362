//! The archive that the tiles go into.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use ::pmtiles::{
    CallerKey, PmTilesStreamWriter, PmTilesWriter, PmtError, TileCoord, TileId, TileType,
};
use twox_hash::XxHash3_128;

use super::grid::Tile;
use super::metadata::overview;
use crate::format::cannot_write;
use crate::geometry::Bounds;

/// Where the header has the place of the leaf directories.
const LEAVES: u64 = 40;

/// Tiles of one zoom with the same bytes. Across zooms they are kept apart, since the writer would make one run of
/// them, of which GDAL and `pmtiles verify` see the first zoom only.
type Content = (u8, u128);

/// An archive that is being written.
pub(super) struct Archive {
    writer: PmTilesStreamWriter<File, CallerKey<Content>>,
    /// The first and the last zoom that there is a tile of.
    zooms: Option<(u8, u8)>,
    bounds: Bounds,
}

impl Archive {
    pub(super) fn create(path: &Path, bounds: Bounds, metadata: String) -> Result<Self, String> {
        let file = File::create(path).map_err(|e| cannot_write(&e))?;
        let writer = PmTilesWriter::new(TileType::Mvt)
            .metadata(metadata)
            .dedup_by_key();
        Ok(Self {
            writer: writer.create(file).map_err(|e| failed(&e))?,
            zooms: None,
            bounds,
        })
    }

    /// Adds a tile. They come in the order of their [`place`]s.
    pub(super) fn add(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), String> {
        let (first, _) = self.zooms.unwrap_or((tile.zoom, tile.zoom));
        self.zooms = Some((first, tile.zoom));
        let content = (tile.zoom, XxHash3_128::oneshot(bytes));
        let added = self.writer.add_tile(coord(tile)?, bytes, Some(content));
        added.map_err(|e| failed(&e))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.zooms.is_none()
    }

    pub(super) fn finish(mut self, path: &Path) -> Result<(), String> {
        let (first, last) = self.zooms.unwrap_or_default();
        let [[west, south], [east, north]] = [self.bounds.min, self.bounds.max];
        self.writer.set_zoom_range(first, last);
        self.writer.set_bounds(west, south, east, north);
        let (longitude, latitude) = ((west + east) / 2.0, (south + north) / 2.0);
        let zoom = overview(self.bounds, last).max(first);
        self.writer.set_center(longitude, latitude, zoom);
        self.writer.finalize().map_err(|e| failed(&e))?;
        place_leaves(path).map_err(|e| cannot_write(&e))
    }
}

/// Without leaf directories the writer gives 0 as their place, which `pmtiles verify` takes for an error. Where they
/// would be is the end of the file.
fn place_leaves(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut place = [0; 8];
    file.seek(SeekFrom::Start(LEAVES))?;
    file.read_exact(&mut place)?;
    if place == [0; 8] {
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(LEAVES))?;
        file.write_all(&end.to_le_bytes())?;
    }
    Ok(())
}

/// The tile's place in a clustered archive: zoom by zoom, and within one along Hilbert's curve.
pub(super) fn place(tile: Tile) -> Result<u64, String> {
    Ok(TileId::from(coord(tile)?).value())
}

fn coord(tile: Tile) -> Result<TileCoord, String> {
    TileCoord::new(tile.zoom, tile.x, tile.y).map_err(|e| failed(&e))
}

fn failed(error: &PmtError) -> String {
    format!("the PMTiles archive could not be written: {error}")
}
