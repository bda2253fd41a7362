//! The strips or tiles of any TIFF, unpacked.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};

use flate2::bufread::ZlibDecoder;
use tiff::decoder::Decoder;
use weezl::BitOrder;

use super::Stop;
use super::cells::Cells;
use super::predictor;
use super::tags::{Packing, Tags};

/// Larger chunks, packed or not, are not held in memory.
const MAX_CHUNK: u64 = 128 << 20;

/// Writes all cells to a file, in this machine's order of bytes.
pub(super) fn unpack<R: Read + Seek>(
    tiff: &mut Decoder<R>,
    tags: &Tags,
    cells: &Cells,
    out: &mut File,
) -> Result<(), Stop> {
    let packing = &tags.packing;
    let size = u64::from(packing.chunk_width)
        .checked_mul(u64::from(packing.chunk_height))
        .and_then(|size| size.checked_mul(cells.pixel() as u64));
    if size.is_none_or(|size| size == 0 || size > MAX_CHUNK) {
        return Err(Stop::AsItIs);
    }
    // Small enough for any machine, as was just seen.
    let (width, height) = (packing.chunk_width as usize, packing.chunk_height as usize);
    let mut places = packing.offsets.iter().zip(&packing.sizes);
    for plane in 0..cells.planes {
        for y in (0..cells.height).step_by(height) {
            for x in (0..cells.width).step_by(width) {
                let (&offset, &size) = places.next().ok_or(Stop::AsItIs)?;
                // Padding is left where it is. Strips end with the raster, tiles do not.
                let rows = height.min(cells.height - y);
                let reader = tiff.inner();
                reader
                    .seek(SeekFrom::Start(offset))
                    .map_err(|_| Stop::AsItIs)?;
                let line = width * cells.pixel();
                let mut chunk = inflate(reader, size, packing.compression, line * rows)?;
                for row in chunk.chunks_exact_mut(line) {
                    if !as_numbers(row, packing, cells) {
                        return Err(Stop::AsItIs);
                    }
                }
                place(&chunk, line, cells, out, (plane, x, y)).map_err(Stop::Disk)?;
            }
        }
    }
    Ok(())
}

/// As many bytes of a chunk as are asked for.
fn inflate(
    reader: &mut impl Read,
    size: u64,
    compression: u16,
    len: usize,
) -> Result<Vec<u8>, Stop> {
    // A size of 0 means that the tile was left out. What that stands for differs.
    if size == 0 || size > MAX_CHUNK {
        return Err(Stop::AsItIs);
    }
    let packed = BufReader::new(reader.take(size));
    let mut chunk = Vec::new();
    let read = match compression {
        1 => packed.take(len as u64).read_to_end(&mut chunk),
        8 | 32946 => ZlibDecoder::new(packed)
            .take(len as u64)
            .read_to_end(&mut chunk),
        5 => lzw(packed, len, &mut chunk),
        32773 => pack_bits(packed, len, &mut chunk),
        _ => return Err(Stop::AsItIs),
    };
    match read {
        Ok(_) if chunk.len() == len => Ok(chunk),
        _ => Err(Stop::AsItIs),
    }
}

fn lzw(mut packed: impl BufRead, len: usize, chunk: &mut Vec<u8>) -> std::io::Result<usize> {
    chunk.resize(len, 0);
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut written = 0;
    // It stops where the output is full, since the end of the codes need not be reached.
    while let Some(rest) = chunk.get_mut(written..).filter(|rest| !rest.is_empty()) {
        let step = decoder.decode_bytes(packed.fill_buf()?, rest);
        packed.consume(step.consumed_in);
        written += step.consumed_out;
        step.status.map_err(std::io::Error::other)?;
        if step.consumed_in == 0 && step.consumed_out == 0 {
            break;
        }
    }
    chunk.truncate(written);
    Ok(written)
}

/// PackBits: a byte tells how many bytes follow as they are, or how often the next one is repeated.
fn pack_bits(packed: impl BufRead, len: usize, chunk: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut bytes = packed.bytes();
    while chunk.len() < len
        && let Some(head) = bytes.next().transpose()?
    {
        match head {
            0..128 => {
                for byte in bytes.by_ref().take(usize::from(head) + 1) {
                    chunk.push(byte?);
                }
            }
            // Nothing, by the specification.
            128 => {}
            _ => {
                let byte = bytes.next().transpose()?.unwrap_or_default();
                chunk.resize(chunk.len() + 257 - usize::from(head), byte);
            }
        }
    }
    chunk.truncate(len);
    Ok(chunk.len())
}

/// Makes numbers of a row as it was stored; `false` if it cannot.
fn as_numbers(row: &mut [u8], packing: &Packing, cells: &Cells) -> bool {
    // The predictor for floats has an order of bytes of its own.
    if !packing.native && packing.predictor != 3 {
        row.chunks_exact_mut(cells.bytes).for_each(<[u8]>::reverse);
    }
    predictor::undo(packing.predictor, row, cells.samples, cells.bytes)
}

/// Writes a chunk's rows to where they belong.
fn place(
    chunk: &[u8],
    line: usize,
    cells: &Cells,
    out: &mut File,
    (plane, x, y): (usize, usize, usize),
) -> std::io::Result<()> {
    let used = line.min((cells.width - x) * cells.pixel());
    if used == cells.width * cells.pixel() && used == line {
        out.seek(SeekFrom::Start(cells.offset(plane, x, y)))?;
        return out.write_all(chunk);
    }
    for (row, line) in chunk.chunks_exact(line).enumerate() {
        out.seek(SeekFrom::Start(cells.offset(plane, x, y + row)))?;
        out.write_all(&line[..used])?;
    }
    Ok(())
}
