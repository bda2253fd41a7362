//! Zip archives byte by byte: also those that no archiver writes (APPNOTE 4.3.7 to 4.3.16).

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// The flags: bits of APPNOTE 4.4.4.
pub const ENCRYPTED: u16 = 1;
pub const DESCRIPTOR: u16 = 1 << 3;
pub const UTF_8: u16 = 1 << 11;

pub const DEFLATED: u16 = 8;

/// The mode that Info-ZIP gives a symbolic link.
pub const SYMLINK: u32 = 0o120_777;

/// An entry as it is written: any of it may be a lie.
#[derive(Clone)]
pub struct Entry {
    pub name: Vec<u8>,
    /// As it stands in the archive.
    pub data: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub mode: u32,
    pub crc: u32,
    /// What the directory says of `data`, and of what it was.
    pub compressed: u32,
    pub size: u32,
    pub comment: Vec<u8>,
    /// Where the directory says that the entry is, if not where it is.
    pub at: Option<u32>,
}

/// An entry that is stored, and a file.
pub fn stored(name: impl AsRef<[u8]>, content: &[u8]) -> Entry {
    let mut crc = Crc::new();
    crc.update(content);
    let size = content.len().try_into().unwrap();
    Entry {
        name: name.as_ref().to_vec(),
        data: content.to_vec(),
        method: 0,
        flags: 0,
        mode: 0,
        crc: crc.sum(),
        compressed: size,
        size,
        comment: Vec::new(),
        at: None,
    }
}

pub fn deflated(name: impl AsRef<[u8]>, content: &[u8]) -> Entry {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    with_deflated(stored(name, content), encoder.finish().unwrap())
}

fn with_deflated(entry: Entry, data: Vec<u8>) -> Entry {
    Entry {
        method: DEFLATED,
        compressed: data.len().try_into().unwrap(),
        data,
        ..entry
    }
}

/// So many times 16 MiB of zeros, of which one alone is compressed. The checksum is wrong.
pub fn bomb(name: &str, times: usize) -> Entry {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1 << 24]).unwrap();
    // It ends on a byte, and is not the last block.
    encoder.flush().unwrap();
    let mut data = encoder.get_ref().repeat(times);
    // A last block, with nothing in it.
    data.extend([3, 0]);
    let size = u32::try_from(times << 24).unwrap_or(u32::MAX - 1);
    Entry {
        size,
        ..with_deflated(stored(name, b""), data)
    }
}

pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let at = entry.at.unwrap_or(bytes.len().try_into().unwrap());
        let is_streamed = entry.flags & DESCRIPTOR != 0;
        let sizes = [entry.crc, entry.compressed, entry.size];
        let name = u16::try_from(entry.name.len()).unwrap();
        // The version that is needed, the flags, the method, and 1980-01-01.
        let common = [20, entry.flags, entry.method, 0, 0x21];

        bytes.extend(b"PK\x03\x04");
        bytes.extend(common.map(u16::to_le_bytes).concat());
        let early = if is_streamed { [0; 3] } else { sizes };
        bytes.extend(early.map(u32::to_le_bytes).concat());
        bytes.extend([name, 0].map(u16::to_le_bytes).concat());
        bytes.extend(&entry.name);
        bytes.extend(&entry.data);
        if is_streamed {
            bytes.extend(b"PK\x07\x08");
            bytes.extend(sizes.map(u32::to_le_bytes).concat());
        }

        directory.extend(b"PK\x01\x02");
        // Made by 2.0, on Unix.
        directory.extend(0x0314_u16.to_le_bytes());
        directory.extend(common.map(u16::to_le_bytes).concat());
        directory.extend(sizes.map(u32::to_le_bytes).concat());
        let comment = u16::try_from(entry.comment.len()).unwrap();
        directory.extend([name, 0, comment, 0, 0].map(u16::to_le_bytes).concat());
        directory.extend([entry.mode << 16, at].map(u32::to_le_bytes).concat());
        directory.extend(&entry.name);
        directory.extend(&entry.comment);
    }
    let [at, size] = [bytes.len(), directory.len()].map(|length| u32::try_from(length).unwrap());
    let count = u16::try_from(entries.len()).unwrap();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0, 0, count, count].map(u16::to_le_bytes).concat());
    bytes.extend([size, at].map(u32::to_le_bytes).concat());
    bytes.extend([0, 0]);
    bytes
}
