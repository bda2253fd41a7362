//! Directories of a TIFF, as bytes.

use std::collections::BTreeMap;

use tiff::tags::ValueBuffer;

pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTE_COUNTS: u16 = 325;

const SHORT: u16 = 3;
const LONG: u16 = 4;
/// The last of the types that a classic TIFF has: DOUBLE, and IFD, which is an offset.
const DOUBLE: u16 = 12;

/// A tag's value, in the order of bytes that this machine has.
#[derive(Clone)]
pub(super) struct Field {
    kind: u16,
    count: u32,
    bytes: Vec<u8>,
}

impl Field {
    /// `None` if a classic TIFF cannot hold it.
    pub(super) fn of(value: &ValueBuffer) -> Option<Self> {
        Some(Self {
            kind: Some(value.data_type().to_u16()).filter(|kind| *kind <= DOUBLE)?,
            count: u32::try_from(value.count()).ok()?,
            bytes: value.as_bytes().to_vec(),
        })
    }

    pub(super) fn shorts(&self) -> Option<Vec<u16>> {
        let (values, _) = self.bytes.as_chunks();
        (self.kind == SHORT).then(|| {
            values
                .iter()
                .map(|&value| u16::from_ne_bytes(value))
                .collect()
        })
    }

    /// Values of up to 4 bytes stand in the entry, others behind the directory, at even offsets.
    fn len_behind(&self) -> usize {
        match self.bytes.len() {
            0..=4 => 0,
            len => len.next_multiple_of(2),
        }
    }
}

/// One directory: tags by number, as they have to be.
#[derive(Default)]
pub(super) struct Directory(BTreeMap<u16, Field>);

impl Directory {
    pub(super) fn put(&mut self, tag: u16, field: &Field) {
        self.0.insert(tag, field.clone());
    }

    pub(super) fn short(&mut self, tag: u16, value: u16) {
        let bytes = value.to_ne_bytes().to_vec();
        self.0.insert(
            tag,
            Field {
                kind: SHORT,
                count: 1,
                bytes,
            },
        );
    }

    /// The values are tiles of a file whose offsets fit in 32 bits, and so does their number.
    pub(super) fn longs(&mut self, tag: u16, values: &[u32]) {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        self.0.insert(
            tag,
            Field {
                kind: LONG,
                count,
                bytes,
            },
        );
    }

    /// Bytes that it takes, with the values behind it.
    pub(super) fn len(&self) -> usize {
        self.len_of_entries() + self.0.values().map(Field::len_behind).sum::<usize>()
    }

    fn len_of_entries(&self) -> usize {
        2 + 12 * self.0.len() + 4
    }

    fn write(&self, out: &mut Vec<u8>, last: bool) {
        let next = out.len() + self.len();
        let mut behind = out.len() + self.len_of_entries();
        let mut values = Vec::new();
        // Fewer than 65,536, since each has a number of its own.
        out.extend((self.0.len() as u16).to_ne_bytes());
        for (tag, field) in &self.0 {
            out.extend(tag.to_ne_bytes());
            out.extend(field.kind.to_ne_bytes());
            out.extend(field.count.to_ne_bytes());
            if field.len_behind() == 0 {
                let mut value = field.bytes.clone();
                value.resize(4, 0);
                out.extend(value);
            } else {
                out.extend((behind as u32).to_ne_bytes());
                behind += field.len_behind();
                values.extend(&field.bytes);
                values.resize(values.len().next_multiple_of(2), 0);
            }
        }
        let next = if last { 0 } else { next };
        out.extend((next as u32).to_ne_bytes());
        out.extend(values);
    }
}

/// The header, and the directories one after the other. Whoever calls knows that it is not too long for offsets.
pub(super) fn head(directories: &[Directory]) -> Vec<u8> {
    let mut out = if cfg!(target_endian = "little") {
        b"II".to_vec()
    } else {
        b"MM".to_vec()
    };
    out.extend(42_u16.to_ne_bytes());
    out.extend(8_u32.to_ne_bytes());
    for (index, directory) in directories.iter().enumerate() {
        directory.write(&mut out, index + 1 == directories.len());
    }
    out
}
