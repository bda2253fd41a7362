//! Reading an archive's directory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;

use super::limits::ZipLimits;
use crate::{Error, ErrorKind};

/// An archive whose directory is known.
pub(super) type Archive<'a> = ZipArchive<BufReader<Metered<'a>>>;

/// Reads the archive's directory, which stands at its end. One for more entries than the limits allow is
/// not read to its end: all of it would be kept in memory. Blocks.
pub(super) fn open<'a>(archive: &'a File, limits: &ZipLimits) -> Result<Archive<'a>, Error> {
    // An entry takes 46 bytes and its name, twice or so (APPNOTE 4.3.12), and the search for the
    // directory reads 64 KiB, and a buffer for each place where it could be.
    const ENTRY: u64 = 1024;
    const SEARCH: u64 = 4 * 1024 * 1024;
    let most = limits.most_entries().saturating_mul(ENTRY);
    let left = Rc::new(Cell::new(most.saturating_add(SEARCH)));
    let reader = BufReader::new(Metered {
        archive,
        left: left.clone(),
    });
    // Offsets are what they say: nothing is guessed of what stands before the archive.
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let opened = ZipArchive::with_config(config, reader);
    if left.replace(u64::MAX) == 0 {
        return Err(Error::new(
            ErrorKind::Content,
            format!(
                "the archive's directory is too large for {} entries, which are allowed",
                limits.most_entries()
            ),
        ));
    }
    opened.map_err(broken)
}

/// Fails if the directory goes on behind the entries that it is said to have, or something follows the
/// archive's end. Entries would be left out silently: their number has 16 bits, which some archivers let run
/// over; and of two archives in one file another reader finds the other. Blocks.
pub(super) fn check_end(opened: &Archive<'_>, archive: &File) -> Result<(), Error> {
    // The end, with the longest comment, and what zip64 has before it.
    const LONGEST: u64 = 128 * 1024;
    let walk = || {
        let mut reader = BufReader::new(archive);
        // One of nothing is nothing but the end.
        let start = match opened.is_empty() {
            true => 0,
            false => opened.central_directory_start(),
        };
        reader.seek(SeekFrom::Start(start))?;
        for _ in 0..opened.len() {
            let mut header = [0; 46];
            reader.read_exact(&mut header)?;
            if !header.starts_with(b"PK\x01\x02") {
                return Ok(false);
            }
            // Behind it the name, the extra fields and the comment (APPNOTE 4.3.12).
            let lengths =
                [28, 30, 32].map(|at| i64::from(header[at]) + 256 * i64::from(header[at + 1]));
            reader.seek_relative(lengths.iter().sum())?;
        }
        let mut rest = Vec::new();
        reader.take(LONGEST).read_to_end(&mut rest)?;
        Ok(is_end(&rest).unwrap_or(false))
    };
    match walk().map_err(|source: io::Error| broken(source.into()))? {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Content,
            "the archive holds more than it says, or its directory is damaged: nothing was unpacked",
        )
        .spoilt()),
    }
}

/// Whether this is what follows the directory, to the last byte (APPNOTE 4.3.14 to 4.3.16).
fn is_end(rest: &[u8]) -> Option<bool> {
    let end = match rest.strip_prefix(b"PK\x06\x06") {
        Some(zip64) => {
            let (size, zip64) = zip64.split_first_chunk()?;
            let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
            let locator = zip64.get(size..)?.strip_prefix(b"PK\x06\x07")?;
            locator.get(16..)?
        }
        None => rest,
    };
    let comment = end.strip_prefix(b"PK\x05\x06")?.get(16..)?;
    let (length, comment) = comment.split_first_chunk()?;
    Some(comment.len() == usize::from(u16::from_le_bytes(*length)))
}

/// Whether the archive's directory is there, of however many entries. Blocks.
pub(crate) fn check_directory(archive: &File) -> Result<(), Error> {
    open(archive, &ZipLimits::default().entries(u64::MAX)).map(drop)
}

/// A file that ends after so many bytes, wherever they were read.
#[derive(Debug)]
pub(super) struct Metered<'a> {
    archive: &'a File,
    left: Rc<Cell<u64>>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        let read = self.archive.take(left).read(buffer)?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.archive.seek(to)
    }
}

/// What it means that an archive, or an entry of it, could not be read.
pub(super) fn broken(source: ZipError) -> Error {
    match source {
        ZipError::Io(source) if !is_about_content(&source) => {
            Error::new(ErrorKind::Disk, "cannot read the archive from the disk").with_source(source)
        }
        source => damaged().with_source(source),
    }
}

fn damaged() -> Error {
    Error::new(
        ErrorKind::Content,
        "the archive cannot be read: it is damaged, or not all there",
    )
    .spoilt()
}

/// Whether the bytes are wrong, and not the disk that they are on. `Other` is what names that cannot be
/// read are for the zip crate.
pub(super) fn is_about_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// An archive that is a directory and nothing else: of 65 534 entries without names, with comments
    /// of 100 bytes.
    fn directory() -> File {
        const COUNT: u16 = 65_534;
        let header = [
            &b"PK\x01\x02"[..],
            &[0; 28],
            &100u16.to_le_bytes(),
            &[0; 12],
            &[b'c'; 100],
        ];
        let mut bytes = header.concat().repeat(COUNT.into());
        let size = u32::try_from(bytes.len()).unwrap();
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([COUNT.to_le_bytes(), COUNT.to_le_bytes()].concat());
        bytes.extend(size.to_le_bytes());
        bytes.extend([0; 6]);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    #[test]
    fn a_directory_that_is_too_large_is_not_read() {
        let file = directory();
        assert!(open(&file, &ZipLimits::default()).is_ok());
        let error = open(&file, &ZipLimits::default().entries(1000)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content);
        assert_eq!(
            error.to_string(),
            "the archive's directory is too large for 1000 entries, which are allowed"
        );
    }
}
