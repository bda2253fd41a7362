//! What a file is, and whether it is whole, told by its bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Whether an SQLite file has the size that its header says (File Format, 1.3), where the header says
/// that it counts.
pub fn has_all_pages(mut file: &File) -> io::Result<bool> {
    let mut header = [0; 100];
    file.rewind()?;
    let read = file.take(100).read(&mut header)?;
    if Signature::of(&header) != Some(Signature::Sqlite) {
        return Ok(true);
    }
    if read < header.len() {
        return Ok(false);
    }
    let number = |at: usize| {
        let bytes = header.iter().skip(at).take(4);
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let page_size = match number(16) >> 16 {
        // It has 16 bits, and 1 stands for the one size that they cannot hold.
        1 => 65_536,
        size => size,
    };
    let counts = number(24) == number(92);
    Ok(!counts || file.metadata()?.len() >= page_size * number(28))
}

/// Whether the last byte that is no white space is a `}`, if it is among the last few.
pub fn ends_with_brace(mut file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(64)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let last = end.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    Ok(last.is_none_or(|byte| *byte == b'}'))
}

/// What the first bytes of a file say it is, in words for a message.
pub fn describe(head: &[u8]) -> &'static str {
    match Signature::of(head) {
        Some(Signature::Sqlite) => "a GeoPackage",
        Some(Signature::Tiff) => "a GeoTIFF",
        Some(Signature::Pmtiles) => "a PMTiles archive",
        Some(Signature::Zip) => "a zip archive",
        None if head.is_empty() => "an empty file",
        None if is_markup(head) => "an HTML or XML page",
        None => "something else",
    }
}

/// A type of file that its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// SQLite, and so GeoPackage.
    Sqlite,
    /// TIFF and BigTIFF, and so GeoTIFF.
    Tiff,
    /// PMTiles.
    Pmtiles,
    /// A zip archive (APPNOTE 4.3.7; the second form is an empty archive's).
    Zip,
}

impl Signature {
    /// What a file that begins like this is, if its first bytes tell.
    pub fn of(head: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Signature); 8] = [
            (b"SQLite format 3\0", Signature::Sqlite),
            (b"II*\0", Signature::Tiff),
            (b"MM\0*", Signature::Tiff),
            // BigTIFF, for files over 4 GiB.
            (b"II+\0", Signature::Tiff),
            (b"MM\0+", Signature::Tiff),
            (b"PMTiles", Signature::Pmtiles),
            (b"PK\x03\x04", Signature::Zip),
            (b"PK\x05\x06", Signature::Zip),
        ];
        SIGNATURES
            .iter()
            .find(|(magic, _)| head.starts_with(magic))
            .map(|(_, signature)| *signature)
    }
}

/// Whether this is the beginning of what servers say instead of sending a file: nothing, a page, an
/// error in JSON.
pub fn is_message(head: &[u8]) -> bool {
    head.is_empty() || is_markup(head) || is_error(head)
}

/// An object that begins as an API's error does, and no GeoJSON.
fn is_error(head: &[u8]) -> bool {
    let text: String = String::from_utf8_lossy(head).split_whitespace().collect();
    ["{\"error\"", "{\"errors\"", "{\"message\""]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// What error pages are written in: a tag, a declaration or a comment at the very beginning.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match head.trim_ascii_start() {
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'!' | b'?'),
        _ => false,
    }
}
