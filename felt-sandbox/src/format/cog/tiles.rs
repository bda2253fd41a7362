//! The raster at several sizes, in tiles.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::cells::Cells;
use super::check::SMALL;
use super::directory::{Directory, TILE_BYTE_COUNTS, TILE_OFFSETS};
use super::predictor;
use super::tags::Tags;

/// Width and height of a tile.
const TILE: usize = 512;

/// What an overview needs of the tags: bits, photometry, samples, planes, colours, extra samples, sample format, nodata.
const OF_OVERVIEWS: [u16; 8] = [258, 262, 277, 284, 320, 338, 339, 42113];

const DEFLATE: u16 = 8;

/// The raster at one size.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Every how many cells one is taken: cells that there are, so that what means no data or a class stays that.
    step: usize,
}

/// The raster itself, then halves of it until one is small.
pub(super) fn levels(cells: &Cells) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut step = 1;
    loop {
        let level = Level {
            width: cells.width.div_ceil(step),
            height: cells.height.div_ceil(step),
            step,
        };
        let small = level.width.max(level.height) <= SMALL as usize;
        levels.push(level);
        if small {
            return levels;
        }
        step *= 2;
    }
}

impl Level {
    /// Width and height of its tiles. A single column of tiles that are just as wide as the level looks like strips to
    /// validators (rio-cogeo's does not ask for the height), so that two are made of it.
    pub(super) fn edge(&self) -> usize {
        if self.width == TILE && self.height > TILE {
            TILE / 2
        } else {
            TILE
        }
    }

    /// Its directory, in which the places of tiles are still to be filled in.
    pub(super) fn directory(&self, tags: &Tags, cells: &Cells) -> Directory {
        let mut directory = Directory::default();
        for (tag, field) in tags.all() {
            if self.step == 1 || OF_OVERVIEWS.contains(&tag) {
                directory.put(tag, field);
            }
        }
        if self.step > 1 {
            directory.longs(254, &[1]);
        }
        directory.longs(256, &[self.width as u32]);
        directory.longs(257, &[self.height as u32]);
        directory.short(259, DEFLATE);
        directory.short(317, cells.predictor());
        let edge = self.edge();
        directory.short(322, edge as u16);
        directory.short(323, edge as u16);
        let count = cells.planes * self.width.div_ceil(edge) * self.height.div_ceil(edge);
        directory.longs(TILE_OFFSETS, &vec![0; count]);
        directory.longs(TILE_BYTE_COUNTS, &vec![0; count]);
        directory
    }

    /// A tile, packed. What is beyond the raster is zero.
    pub(super) fn tile(
        &self,
        cells: &Cells,
        unpacked: &mut File,
        plane: usize,
        x: usize,
        y: usize,
    ) -> io::Result<Vec<u8>> {
        let (pixel, edge) = (cells.pixel(), self.edge());
        let columns = edge.min(self.width - x);
        let rows = edge.min(self.height - y);
        // As far as the last of the cells that are taken.
        let mut source = vec![0; ((columns - 1) * self.step + 1) * pixel];
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        for row in 0..edge {
            let mut line = vec![0; edge * pixel];
            if row < rows {
                let at = cells.offset(plane, x * self.step, (y + row) * self.step);
                unpacked.seek(SeekFrom::Start(at))?;
                unpacked.read_exact(&mut source)?;
                let taken = source.chunks(pixel * self.step);
                for (cell, source) in line.chunks_exact_mut(pixel).zip(taken) {
                    cell.copy_from_slice(&source[..pixel]);
                }
            }
            predictor::apply(cells.predictor(), &mut line, cells.samples, cells.bytes);
            packed.write_all(&line)?;
        }
        packed.finish()
    }
}
