//! Whether a TIFF is all there: its directories, and the strips and tiles that they name (TIFF 6.0; BigTIFF).

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// More directories than this are a loop, or nothing that is a map.
const MOST_DIRECTORIES: usize = 1000;
/// More strips or tiles in one.
const MOST_CHUNKS: u64 = 1 << 24;

const OFFSETS: [u16; 2] = [273, 324];
const COUNTS: [u16; 2] = [279, 325];

/// Fails with what is wrong, and at which byte.
pub(crate) fn check(file: File) -> Result<(), String> {
    let length = file.metadata().map_err(|e| e.to_string())?.len();
    let mut walk = Walk {
        file: BufReader::new(file),
        length,
        little: true,
        big: false,
    };
    let mut next = walk.header()?;
    for _ in 0..MOST_DIRECTORIES {
        if next == 0 {
            return Ok(());
        }
        next = walk.directory(next)?;
    }
    Err(format!(
        "it has more than {MOST_DIRECTORIES} directories, or they lead in a circle"
    ))
}

struct Walk {
    file: BufReader<File>,
    length: u64,
    little: bool,
    /// Whether offsets have eight bytes.
    big: bool,
}

/// Values of one tag: where they are, how many, and of how many bytes each.
#[derive(Clone, Copy)]
struct Values {
    at: u64,
    count: u64,
    size: u64,
}

impl Walk {
    fn bytes<const N: usize>(&mut self, at: u64, what: &str) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.within(at, N as u64, what)?;
        self.file
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|e| format!("{what} at byte {at}: {e}"))?;
        if !self.little {
            bytes.reverse();
        }
        Ok(bytes)
    }

    fn short(&mut self, at: u64, what: &str) -> Result<u16, String> {
        self.bytes(at, what).map(u16::from_le_bytes)
    }

    /// An offset or a count, as long as this file has them.
    fn word(&mut self, at: u64, what: &str) -> Result<u64, String> {
        match self.big {
            true => self.bytes(at, what).map(u64::from_le_bytes),
            false => self.bytes(at, what).map(u32::from_le_bytes).map(u64::from),
        }
    }

    fn within(&self, at: u64, size: u64, what: &str) -> Result<(), String> {
        match at.checked_add(size) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(format!(
                "cut off, or no TIFF: {what} of {size} bytes at byte {at} is not in its {} bytes",
                self.length
            )),
        }
    }

    /// Where the first directory is.
    fn header(&mut self) -> Result<u64, String> {
        let magic: [u8; 4] = self.bytes(0, "the header").map_err(|_| no_tiff())?;
        (self.little, self.big) = match &magic {
            b"II\x2A\0" => (true, false),
            b"MM\0\x2A" => (false, false),
            b"II\x2B\0" => (true, true),
            b"MM\0\x2B" => (false, true),
            _ => return Err(no_tiff()),
        };
        let at = if self.big { 8 } else { 4 };
        self.word(at, "the header")
    }

    /// Looks at a directory, and gives the place of the next; 0 if there is none.
    fn directory(&mut self, at: u64) -> Result<u64, String> {
        let word = if self.big { 8 } else { 4 };
        let what = "the directory";
        let (entries, first) = match self.big {
            true => (self.bytes(at, what).map(u64::from_le_bytes)?, at + 8),
            false => (u64::from(self.short(at, what)?), at + 2),
        };
        let size = 4 + 2 * word;
        self.within(
            first,
            entries.saturating_mul(size).saturating_add(word),
            what,
        )?;
        let (mut offsets, mut counts) = (None, None);
        for entry in (0..entries).map(|number| first + number * size) {
            let tag = self.short(entry, what)?;
            let kind = self.short(entry + 2, what)?;
            let count = self.word(entry + 4, what)?;
            let Some(each) = size_of(kind) else { continue };
            let place = entry + 4 + word;
            let bytes = count.saturating_mul(each);
            let at = match bytes <= word {
                true => place,
                false => self.word(place, what)?,
            };
            self.within(at, bytes, &format!("the value of tag {tag}"))?;
            let values = Values {
                at,
                count,
                size: each,
            };
            if OFFSETS.contains(&tag) {
                offsets = Some(values);
            } else if COUNTS.contains(&tag) {
                counts = Some(values);
            }
        }
        if let (Some(offsets), Some(counts)) = (offsets, counts) {
            self.chunks(offsets, counts)?;
        }
        self.word(first + entries * size, what)
    }

    /// Each strip or tile lies in the file; one that is left out has no bytes.
    fn chunks(&mut self, offsets: Values, counts: Values) -> Result<(), String> {
        if offsets.count > MOST_CHUNKS {
            return Err(format!(
                "it has {} strips or tiles, which no map has",
                offsets.count
            ));
        }
        for number in 0..offsets.count.min(counts.count) {
            let at = self.value(offsets, number)?;
            let size = self.value(counts, number)?;
            if size > 0 {
                self.within(at, size, &format!("strip or tile {number}"))?;
            }
        }
        Ok(())
    }

    fn value(&mut self, values: Values, number: u64) -> Result<u64, String> {
        let at = values.at + number * values.size;
        let what = "an offset";
        match values.size {
            2 => self.short(at, what).map(u64::from),
            4 => self.bytes(at, what).map(u32::from_le_bytes).map(u64::from),
            _ => self.bytes(at, what).map(u64::from_le_bytes),
        }
    }
}

fn no_tiff() -> String {
    "not a TIFF: its first four bytes are not those of one".to_owned()
}

/// How many bytes a value of this type has; none for types that nobody knows.
fn size_of(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn checked(bytes: &[u8]) -> Result<(), String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        check(file)
    }

    const RELIEF: &[u8] = include_bytes!("../data/relief.tif");

    #[test]
    fn what_is_cut_off_is_told_with_the_byte() {
        assert_eq!(checked(RELIEF), Ok(()));
        for length in [8, 100, 200, 1000, 30_000, RELIEF.len() - 5] {
            let error = checked(&RELIEF[..length]).unwrap_err();
            assert!(error.contains("at byte "), "{length}: {error}");
            assert!(error.contains(&format!("its {length} bytes")), "{error}");
        }
        for no_tiff in [&b""[..], b"II", b"PK\x03\x04", b"II*\0"] {
            assert!(checked(no_tiff).is_err());
        }
    }

    /// One directory of one strip, in both orders and both sizes.
    #[test]
    fn each_kind_of_tiff_is_walked() {
        for big in [false, true] {
            for little in [false, true] {
                let number = |value: u64, size: usize| {
                    let mut bytes = value.to_le_bytes()[..size].to_vec();
                    if !little {
                        bytes.reverse();
                    }
                    bytes
                };
                let word = if big { 8 } else { 4 };
                let made = |next: u64, strip: u64| {
                    let mut bytes = if little {
                        b"II".to_vec()
                    } else {
                        b"MM".to_vec()
                    };
                    bytes.extend(number(if big { 43 } else { 42 }, 2));
                    if big {
                        bytes.extend([number(8, 2), number(0, 2)].concat());
                    }
                    let first = bytes.len() as u64 + word;
                    bytes.extend(number(first, word as usize));
                    bytes.extend(number(2, if big { 8 } else { 2 }));
                    for (tag, value) in [(273, strip), (279, 4)] {
                        bytes.extend([number(tag, 2), number(4, 2)].concat());
                        bytes.extend(number(1, word as usize));
                        let mut value = number(value, 4);
                        value.resize(word as usize, 0);
                        bytes.extend(value);
                    }
                    bytes.extend(number(if next == 1 { first } else { next }, word as usize));
                    bytes.extend(b"cell");
                    bytes
                };
                let end = made(0, 0).len() as u64;
                assert_eq!(checked(&made(0, end - 4)), Ok(()), "{big} {little}");
                assert!(
                    checked(&made(0, end - 3))
                        .unwrap_err()
                        .contains("strip or tile 0")
                );
                assert!(checked(&made(1, end - 4)).unwrap_err().contains("circle"));
                assert!(
                    checked(&made(end * 2, end - 4))
                        .unwrap_err()
                        .contains("the directory")
                );
            }
        }
    }
}
