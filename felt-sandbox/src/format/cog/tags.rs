//! The tags of a TIFF's first image, as they are.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use tiff::decoder::Decoder;
use tiff::tags::{ByteOrder, Tag, ValueBuffer};

use super::Stop;
use super::directory::Field;

/// Tags whose values are offsets, which lead nowhere in another file: SubIFDs, Exif, GPS.
const POINTERS: [u16; 3] = [330, 34665, 34853];

/// More than this is no description of a raster.
const MAX_VALUES: u64 = 16 << 20;

/// The tags that do not tell of strips, tiles and their packing.
pub(super) struct Tags {
    kept: BTreeMap<u16, Field>,
    /// How the chunks are packed.
    pub(super) packing: Packing,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// How cells are cut into chunks, and packed.
pub(super) struct Packing {
    pub(super) compression: u16,
    pub(super) predictor: u16,
    pub(super) chunk_width: u32,
    pub(super) chunk_height: u32,
    pub(super) offsets: Vec<u64>,
    pub(super) sizes: Vec<u64>,
    /// Whether numbers are in the order of bytes that this machine has.
    pub(super) native: bool,
}

impl Tags {
    pub(super) fn read<R: Read + Seek>(tiff: &mut Decoder<R>) -> Result<Self, Stop> {
        let (width, height) = tiff.dimensions()?;
        let packing = Packing::read(tiff, width, height)?;
        let mut ifd = tiff.image_ifd();
        let entries: Vec<_> = ifd
            .directory()
            .iter()
            .map(|(tag, entry)| (tag, entry.count()))
            .collect();
        let mut kept = BTreeMap::new();
        for (tag, count) in entries {
            let number = tag.to_u16();
            if POINTERS.contains(&number) || count > MAX_VALUES {
                return Err(Stop::AsItIs);
            }
            if is_packing(number) {
                continue;
            }
            let mut value = ValueBuffer::empty(tiff::tags::Type::BYTE);
            if ifd.find_tag_buf(tag, &mut value)?.is_some() {
                value.set_byte_order(ByteOrder::native());
                kept.insert(number, Field::of(&value).ok_or(Stop::AsItIs)?);
            }
        }
        Ok(Self {
            kept,
            packing,
            width,
            height,
        })
    }

    pub(super) fn get(&self, tag: u16) -> Option<&Field> {
        self.kept.get(&tag)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (u16, &Field)> {
        self.kept.iter().map(|(tag, field)| (*tag, field))
    }

    /// The numbers of a tag of SHORTs.
    pub(super) fn shorts(&self, tag: u16) -> Option<Vec<u16>> {
        self.get(tag).and_then(Field::shorts)
    }
}

/// Tags that are written anew: the size and the packing of the image, and its place among others.
fn is_packing(tag: u16) -> bool {
    matches!(tag, 254..=257 | 259 | 266 | 273 | 278 | 279 | 317 | 322..=325)
}

impl Packing {
    fn read<R: Read + Seek>(tiff: &mut Decoder<R>, width: u32, height: u32) -> Result<Self, Stop> {
        // Bits from the right have not been seen in a raster for decades.
        if tiff.find_tag_unsigned::<u16>(Tag::FillOrder)?.unwrap_or(1) != 1 {
            return Err(Stop::AsItIs);
        }
        let tile_width = tiff.find_tag_unsigned::<u32>(Tag::TileWidth)?;
        let (chunk_width, chunk_height, offsets, sizes) = match tile_width {
            Some(tile_width) => (
                tile_width,
                tiff.get_tag_unsigned(Tag::TileLength)?,
                Tag::TileOffsets,
                Tag::TileByteCounts,
            ),
            None => {
                let rows = tiff.find_tag_unsigned(Tag::RowsPerStrip)?.unwrap_or(height);
                (
                    width,
                    rows.min(height),
                    Tag::StripOffsets,
                    Tag::StripByteCounts,
                )
            }
        };
        Ok(Self {
            compression: tiff.find_tag_unsigned(Tag::Compression)?.unwrap_or(1),
            predictor: tiff.find_tag_unsigned(Tag::Predictor)?.unwrap_or(1),
            chunk_width,
            chunk_height,
            offsets: tiff.find_tag_unsigned_vec(offsets)?.ok_or(Stop::AsItIs)?,
            sizes: tiff.find_tag_unsigned_vec(sizes)?.ok_or(Stop::AsItIs)?,
            native: tiff.byte_order() == ByteOrder::native(),
        })
    }
}
