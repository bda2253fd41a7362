//! Whether a TIFF is a Cloud Optimized GeoTIFF, by what OGC 21-026 and GDAL's validator ask for.

use std::io::{Read, Seek, SeekFrom};

use tiff::TiffResult;
use tiff::decoder::Decoder;
use tiff::tags::Tag;

/// Up to this width and height an image needs neither tiles nor overviews.
pub(super) const SMALL: u32 = 512;

/// What GDAL writes behind the header: how long the block is that tells of the file's layout.
const GHOST: &[u8] = b"GDAL_STRUCTURAL_METADATA_SIZE=";

/// The images of a file, in the order of their directories.
pub(super) struct Images {
    list: Vec<Image>,
    /// Where the first directory may be.
    start: u64,
}

struct Image {
    directory: u64,
    width: u32,
    height: u32,
    tiled: bool,
    /// Bits of NewSubfileType.
    subfile: u32,
    /// Where its first cells are.
    data: Option<u64>,
}

impl Image {
    fn is_overview(&self) -> bool {
        self.subfile == 1
    }

    fn is_large(&self) -> bool {
        self.width > SMALL || self.height > SMALL
    }
}

impl Images {
    pub(super) fn read<R: Read + Seek>(tiff: &mut Decoder<R>) -> TiffResult<Self> {
        let mut list = Vec::new();
        loop {
            let (width, height) = tiff.dimensions()?;
            let tiles: Option<Vec<u64>> = tiff.find_tag_unsigned_vec(Tag::TileOffsets)?;
            let tiled = tiles.is_some();
            let offsets = match tiles {
                Some(tiles) => tiles,
                None => tiff
                    .find_tag_unsigned_vec(Tag::StripOffsets)?
                    .unwrap_or_default(),
            };
            list.push(Image {
                directory: tiff.ifd_pointer().map_or(0, |at| at.0),
                width,
                height,
                tiled,
                subfile: tiff.find_tag_unsigned(Tag::NewSubfileType)?.unwrap_or(0),
                // Tiles that are left out have none.
                data: offsets.into_iter().find(|&offset| offset != 0),
            });
            if !tiff.more_images() {
                break;
            }
            tiff.next_image()?;
        }
        let start = behind_ghost(tiff)?;
        Ok(Self { list, start })
    }

    /// Whether there is more than one image and its overviews.
    pub(super) fn has_others(&self) -> bool {
        self.list.iter().skip(1).any(|image| !image.is_overview())
    }

    pub(super) fn are_cloud_optimized(&self) -> bool {
        let Some((full, others)) = self.list.split_first() else {
            return false;
        };
        let overviews: Vec<&Image> = others.iter().filter(|image| image.is_overview()).collect();
        let mut sized = vec![full];
        sized.extend(&overviews);
        let directories: Vec<u64> = self.list.iter().map(|image| image.directory).collect();
        let data: Vec<u64> = sized.iter().filter_map(|image| image.data).collect();
        full.directory == self.start
            && (!full.is_large() || !overviews.is_empty())
            && sized.iter().all(|image| image.tiled || !image.is_large())
            && sized.is_sorted_by(|a, b| a.width > b.width || a.height > b.height)
            && directories.is_sorted_by(|a, b| a < b)
            && data.is_sorted_by(|a, b| a > b)
            && directories.last() < data.last()
    }
}

/// Where the first directory is to be: behind the header, and behind GDAL's block if there is one.
fn behind_ghost<R: Read + Seek>(tiff: &mut Decoder<R>) -> TiffResult<u64> {
    let reader = tiff.inner();
    reader.seek(SeekFrom::Start(2))?;
    let mut version = [0; 2];
    reader.read_exact(&mut version)?;
    let header = if version.contains(&43) { 16 } else { 8 };
    reader.seek(SeekFrom::Start(header))?;
    // "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n", and as many bytes.
    let mut block = Vec::new();
    reader.take(43).read_to_end(&mut block)?;
    let size = block
        .strip_prefix(GHOST)
        .and_then(|rest| rest.get(..6))
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
    Ok(match size {
        Some(size) => (header + 43 + size).next_multiple_of(2),
        None => header,
    })
}
