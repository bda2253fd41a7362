//! Rasters become Cloud Optimized GeoTIFFs; read back by another library than the one that packs their cells.

use std::io::Cursor;
use std::time::Duration;

use felt_sandbox::Sandbox;
use serde_json::json;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::encoder::colortype::{self, ColorType};
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, Predictor, TiffEncoder, TiffValue};
use tiff::tags::Tag;

use crate::client::{RELIEF, direct_link, export, get};

const GDAL_METADATA: Tag = Tag::Unknown(42112);

type Image = Decoder<Cursor<Vec<u8>>>;

/// What the direct link of a raster gives, and the custom export, which is the same.
async fn exported(tiff: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("m")).unwrap();
    std::fs::write(folder.path().join("m/r.tif"), tiff).unwrap();
    let builder = Sandbox::builder()
        .data(folder.path())
        .job_time(Duration::ZERO);
    let sandbox = builder.start().await.unwrap();
    let direct = get(&direct_link(&sandbox, "m/layers/r"), &[]).body;
    let (name, archived) = export(&sandbox, "m/layers/r", "geotiff", json!([]));
    assert_eq!(name, "r.tif");
    assert!(direct == archived);
    direct
}

/// A striped file with tags as GDAL writes them, directories behind the data.
fn striped<C: ColorType>(
    width: u32,
    height: u32,
    cells: &[C::Inner],
    packing: Compression,
) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut encoder = encoder.with_compression(packing);
    if packing != Compression::Uncompressed
        && C::SAMPLE_FORMAT[0] != tiff::tags::SampleFormat::IEEEFP
    {
        encoder = encoder.with_predictor(Predictor::Horizontal);
    }
    let mut image = encoder.new_image::<C>(width, height).unwrap();
    image.rows_per_strip(7).unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[0.25, 0.25, 0.0][..])
        .unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 10.0, 50.0, 0.0][..])
        .unwrap();
    tags.write_tag(
        Tag::GeoKeyDirectoryTag,
        &[1_u16, 1, 0, 1, 2048, 0, 1, 4326][..],
    )
    .unwrap();
    tags.write_tag(GDAL_METADATA, "<GDALMetadata></GDALMetadata>")
        .unwrap();
    tags.write_tag(Tag::GdalNodata, "-9999").unwrap();
    image.write_data(cells).unwrap();
    bytes.into_inner()
}

fn open(bytes: &[u8]) -> Image {
    Decoder::new(Cursor::new(bytes.to_vec())).unwrap()
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    let mut cells = open(bytes).read_image().unwrap();
    cells.as_buffer(0).as_bytes().to_vec()
}

/// The tags that say where on earth the raster is, and what its cells mean.
fn meaning(image: &mut Image) -> Vec<Option<Value>> {
    let tags = [
        Tag::ModelPixelScaleTag,
        Tag::ModelTiepointTag,
        Tag::GeoKeyDirectoryTag,
        GDAL_METADATA,
        Tag::GdalNodata,
        Tag::BitsPerSample,
        Tag::SampleFormat,
        Tag::PhotometricInterpretation,
        Tag::SamplesPerPixel,
    ];
    tags.map(|tag| image.find_tag(tag).unwrap()).into()
}

/// Checks what makes a file cloud optimized, and gives the sizes of its images.
fn sizes(bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut image = open(bytes);
    let (mut sizes, mut directories, mut data) = (vec![], vec![], vec![]);
    loop {
        directories.push(image.ifd_pointer().unwrap().0);
        data.push(image.get_tag_u64_vec(Tag::TileOffsets).unwrap());
        let subfile: Option<u32> = image.find_tag_unsigned(Tag::NewSubfileType).unwrap();
        assert_eq!(subfile.unwrap_or(0), u32::from(!sizes.is_empty()));
        assert_eq!(image.get_chunk_type(), ChunkType::Tile);
        let (width, height) = image.chunk_dimensions();
        assert!(width % 16 == 0 && height % 16 == 0);
        sizes.push(image.dimensions().unwrap());
        if !image.more_images() {
            break;
        }
        image.next_image().unwrap();
    }
    assert_eq!(directories[0], 8);
    assert!(directories.is_sorted());
    // All directories, then the tiles of the smallest image, and of the raster itself at last.
    let tiles: Vec<u64> = data.iter().rev().flatten().copied().collect();
    assert!(tiles.is_sorted() && directories.last() < tiles.first());
    sizes
}

fn ramp(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|i| i.wrapping_mul(2_654_435_761) >> 7)
}

async fn survives<C: ColorType>(cells: &[C::Inner], packing: Compression)
where
    [C::Inner]: TiffValue,
{
    let source = striped::<C>(530, 45, cells, packing);
    let made = exported(&source).await;
    assert_eq!(sizes(&made), [(530, 45), (265, 23)]);
    assert!(pixels(&made) == pixels(&source));
    assert_eq!(meaning(&mut open(&made)), meaning(&mut open(&source)));
}

#[tokio::test]
async fn cells_of_every_type_stay_the_same() {
    let gray = 530 * 45;
    let deflate = Compression::Deflate(DeflateLevel::Fast);
    let bytes: Vec<u8> = ramp(3 * gray).map(|i| i as u8).collect();
    survives::<colortype::Gray8>(&bytes[..530 * 45], Compression::Packbits).await;
    survives::<colortype::RGB8>(&bytes, Compression::Uncompressed).await;
    survives::<colortype::RGB8>(&bytes, Compression::Lzw).await;
    let cells: Vec<u16> = ramp(gray).map(|i| i as u16).collect();
    survives::<colortype::Gray16>(&cells, deflate).await;
    let cells: Vec<i8> = ramp(gray).map(|i| i as i8).collect();
    survives::<colortype::GrayI8>(&cells, Compression::Lzw).await;
    let cells: Vec<i16> = ramp(gray).map(|i| i as i16).collect();
    survives::<colortype::GrayI16>(&cells, deflate).await;
    let cells: Vec<u32> = ramp(gray).collect();
    survives::<colortype::Gray32>(&cells, Compression::Lzw).await;
    let cells: Vec<i32> = ramp(gray).map(|i| i as i32).collect();
    survives::<colortype::GrayI32>(&cells, Compression::Uncompressed).await;
    let cells: Vec<u64> = ramp(gray).map(|i| u64::from(i) << 31).collect();
    survives::<colortype::Gray64>(&cells, Compression::Uncompressed).await;
    let cells: Vec<f32> = ramp(gray).map(|i| i as f32 / 7.0).collect();
    survives::<colortype::Gray32Float>(&cells, Compression::Lzw).await;
    let cells: Vec<f64> = ramp(gray).map(|i| f64::from(i) / 7.0).collect();
    survives::<colortype::Gray64Float>(&cells, deflate).await;
}

#[tokio::test]
async fn overviews_are_halves_and_hold_cells_of_the_raster() {
    let (width, height) = (1_030, 2_050);
    let cells: Vec<u16> = ramp(width * height).map(|i| i as u16).collect();
    let source = striped::<colortype::Gray16>(width, height, &cells, Compression::Uncompressed);
    let made = exported(&source).await;
    let halves = [(1030, 2050), (515, 1025), (258, 513), (129, 257)];
    assert_eq!(sizes(&made), halves);
    // What was made is one, and passes.
    assert!(exported(&made).await == made);
    let mut image = open(&made);
    for (level, (columns, _)) in halves.into_iter().enumerate() {
        image.seek_to_image(level).unwrap();
        assert_eq!(
            image.get_tag_ascii_string(Tag::GdalNodata).unwrap(),
            "-9999"
        );
        let DecodingResult::U16(found) = image.read_image().unwrap() else {
            panic!("not u16");
        };
        for (at, cell) in (0..).zip(found) {
            let (x, y) = ((at % columns) << level, (at / columns) << level);
            assert_eq!(cell, cells[(y * width + x) as usize], "{level} {at}");
        }
    }
}

/// A file in the order of bytes that machines seldom have, with one strip for each plane.
fn by_hand(tags: &[(u16, &[u16])], planes: &[&[u8]]) -> Vec<u8> {
    let lens: Vec<u16> = planes.iter().map(|plane| plane.len() as u16).collect();
    let starts = (0..lens.len()).map(|plane| 8 + lens[..plane].iter().sum::<u16>());
    let starts: Vec<u16> = starts.collect();
    let mut tags = tags.to_vec();
    tags.extend([(273, &starts[..]), (279, &lens[..])]);
    tags.sort();
    let data = planes.concat();
    let mut bytes = b"MM\0\x2A".to_vec();
    bytes.extend((8 + data.len() as u32).to_be_bytes());
    bytes.extend(data);
    let mut behind = bytes.len() + 2 + 12 * tags.len() + 4;
    let mut values = vec![];
    bytes.extend((tags.len() as u16).to_be_bytes());
    for (tag, numbers) in tags {
        let mut value: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect();
        bytes.extend([tag.to_be_bytes(), 3_u16.to_be_bytes()].concat());
        bytes.extend((numbers.len() as u32).to_be_bytes());
        if value.len() > 4 {
            bytes.extend((behind as u32).to_be_bytes());
            behind += value.len();
            values.extend(value);
        } else {
            value.resize(4, 0);
            bytes.extend(value);
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(values);
    bytes
}

#[tokio::test]
async fn planes_stay_planes_whatever_the_order_of_bytes() {
    let plane = |seed: u16| (0..520 * 30).map(move |i: u16| i.wrapping_mul(seed));
    let stored = |seed| plane(seed).flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let tags: [(u16, &[u16]); 9] = [
        (256, &[520]),
        (257, &[30]),
        (258, &[16, 16]),
        (259, &[1]),
        (262, &[1]),
        (277, &[2]),
        (278, &[30]),
        (284, &[2]),
        (338, &[0]),
    ];
    let made = exported(&by_hand(&tags, &[&stored(7), &stored(11)])).await;
    assert_eq!(sizes(&made), [(520, 30), (260, 15)]);
    let mut image = open(&made);
    assert_eq!(
        image.get_tag_u16_vec(Tag::PlanarConfiguration).unwrap(),
        [2]
    );
    assert_eq!(image.get_tag_u16_vec(Tag::ExtraSamples).unwrap(), [0]);
    // Two tiles for each plane, of which the second has 8 columns.
    for (chunk, seed, start, columns) in [
        (0, 7, 0, 512),
        (1, 7, 512, 8),
        (2, 11, 0, 512),
        (3, 11, 512, 8),
    ] {
        let DecodingResult::U16(found) = image.read_chunk(chunk).unwrap() else {
            panic!("not u16");
        };
        let all: Vec<u16> = plane(seed).collect();
        let rows = all.chunks(520).flat_map(|row| &row[start..start + columns]);
        // Of later planes the reader also gives the rows that fill the tile up.
        assert!(found.iter().take(columns * 30).eq(rows), "{chunk}");
    }
}

#[tokio::test]
async fn colours_keep_their_list() {
    let cells: Vec<u8> = ramp(520 * 30).map(|i| i as u8).collect();
    let colours: Vec<u16> = ramp(3 * 256).map(|i| i as u16).collect();
    let tags: [(u16, &[u16]); 7] = [
        (256, &[520]),
        (257, &[30]),
        (258, &[8]),
        (259, &[1]),
        (262, &[3]),
        (278, &[30]),
        (320, &colours),
    ];
    let mut made = exported(&by_hand(&tags, &[&cells])).await;
    let mut image = open(&made);
    for level in 0..2 {
        image.seek_to_image(level).unwrap();
        assert_eq!(image.get_tag_u16_vec(Tag::ColorMap).unwrap(), colours);
        assert_eq!(image.get_tag_u32(Tag::Predictor).unwrap(), 1);
    }
    // The reader takes no list of colours, but the numbers as grays.
    let entry = made
        .windows(4)
        .position(|bytes| bytes == [6, 1, 3, 0])
        .unwrap();
    made[entry + 8] = 1;
    assert!(pixels(&made) == cells);
}

#[tokio::test]
async fn what_is_cloud_optimized_passes_byte_for_byte() {
    assert!(exported(RELIEF).await == RELIEF);
}

#[tokio::test]
async fn a_small_file_only_has_its_directory_put_first() {
    let source = striped::<colortype::Gray8>(1, 1, &[7], Compression::Uncompressed);
    let made = exported(&source).await;
    assert_eq!(sizes(&made), [(1, 1)]);
    assert!(pixels(&made) == [7]);
}

#[tokio::test]
async fn what_is_not_all_there_is_named() {
    // One that is cut off, one that is nothing behind its first bytes, and one that leads to itself.
    let cells: Vec<u8> = ramp(530 * 45).map(|i| i as u8).collect();
    let whole = striped::<colortype::Gray8>(530, 45, &cells, Compression::Uncompressed);
    let mut endless = whole[..8].to_vec();
    endless[4..8].copy_from_slice(&8_u32.to_le_bytes());
    endless.extend([0, 0, 8, 0, 0, 0]);
    for broken in [
        &whole[..whole.len() - 60],
        b"II\x2A\0\xFF\xFF\xFF\xFF",
        &endless,
    ] {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("m/raster.tif");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, broken).unwrap();
        let sandbox = Sandbox::builder().data(data.path()).start().await.unwrap();
        let [skipped] = sandbox.skipped() else {
            panic!("{:?}", sandbox.skipped());
        };
        let reason = &skipped.reason;
        assert!(
            reason.contains("at byte ") || reason.contains("in a circle"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_passes_as_it_is() {
    let cells: Vec<u8> = ramp(530 * 45).map(|i| i as u8).collect();
    let whole = striped::<colortype::Gray8>(530, 45, &cells, Compression::Uncompressed);
    // A compression that nobody knows.
    let mut unknown = whole.clone();
    let entry = unknown
        .windows(4)
        .position(|bytes| bytes == [3, 1, 3, 0])
        .unwrap();
    unknown[entry + 8..entry + 10].copy_from_slice(&[0xFF, 0xFE]);
    assert!(exported(&unknown).await == unknown);
}
