//! What a raster's cells are, and how they lie when nothing is packed.

use super::Stop;
use super::tags::Tags;

/// With more bytes of cells than this the file could outgrow the offsets of a classic TIFF.
const MAX_BYTES: u64 = 2 << 30;

/// The raster's cells: plane after plane, in each row after row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bands, if each has a plane; otherwise 1.
    pub(super) planes: usize,
    /// Numbers in a cell of a plane.
    pub(super) samples: usize,
    /// Bytes of a number.
    pub(super) bytes: usize,
    pub(super) float: bool,
    /// Whether the numbers stand for colours in a list, so that their differences mean nothing.
    pub(super) palette: bool,
}

impl Cells {
    pub(super) fn of(tags: &Tags) -> Result<Self, Stop> {
        let one = |tag, default| match tags.get(tag) {
            Some(field) => field.shorts().and_then(|values| values.first().copied()),
            None => Some(default),
        };
        let (Some(samples), Some(planar), Some(photometric), Some(format), Some(bits)) = (
            one(277, 1),
            one(284, 1),
            one(262, 1),
            one(339, 1),
            one(258, 1),
        ) else {
            return Err(Stop::AsItIs);
        };
        let same = |tag, first| {
            tags.shorts(tag)
                .is_none_or(|all| all.iter().all(|&other| other == first))
        };
        let float = match (format, bits) {
            (1 | 2, 8 | 16 | 32 | 64) => false,
            (3, 32 | 64) => true,
            // Packed bits, half floats, complex numbers.
            _ => return Err(Stop::AsItIs),
        };
        // YCbCr has cells of its own kind.
        if samples == 0 || photometric == 6 || !same(339, format) || !same(258, bits) {
            return Err(Stop::AsItIs);
        }
        let (planes, samples) = match planar {
            1 => (1, usize::from(samples)),
            2 => (usize::from(samples), 1),
            _ => return Err(Stop::AsItIs),
        };
        let size = |size: u32| usize::try_from(size).map_err(|_| Stop::AsItIs);
        let cells = Self {
            width: size(tags.width)?,
            height: size(tags.height)?,
            planes,
            samples,
            bytes: usize::from(bits / 8),
            float,
            palette: photometric == 3,
        };
        let total = [u64::from(tags.width), u64::from(tags.height)]
            .into_iter()
            .try_fold((cells.planes * cells.pixel()) as u64, u64::checked_mul);
        if total.is_none_or(|total| total > MAX_BYTES) {
            return Err(Stop::AsItIs);
        }
        Ok(cells)
    }

    /// Bytes of a cell of a plane.
    pub(super) fn pixel(&self) -> usize {
        self.samples * self.bytes
    }

    /// Where a cell is.
    pub(super) fn offset(&self, plane: usize, x: usize, y: usize) -> u64 {
        (((plane * self.height + y) * self.width + x) * self.pixel()) as u64
    }

    /// What makes such cells small: 2 is differences, 3 the same for floats, 1 nothing.
    pub(super) fn predictor(&self) -> u16 {
        match (self.float, self.bytes) {
            (true, _) => 3,
            (false, 1 | 2 | 4) if !self.palette => 2,
            // Few readers know differences of 64 bits.
            (false, _) => 1,
        }
    }
}
