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

/// Fails if the directory goes on behind the entries that it is said to have. They would be left out
/// silently: the number has 16 bits, which some archivers let run over. Blocks.
pub(super) fn check_count(opened: &Archive<'_>, archive: &File) -> Result<(), Error> {
    const HEADER: &[u8] = b"PK\x01\x02";
    const ENDS: [&[u8]; 2] = [b"PK\x05\x06", b"PK\x06\x06"];
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
            // Behind it the name, the extra fields and the comment (APPNOTE 4.3.12).
            let [
                ..,
                n0,
                n1,
                e0,
                e1,
                c0,
                c1,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
            ] = header;
            let lengths = [[n0, n1], [e0, e1], [c0, c1]].map(u16::from_le_bytes);
            if !header.starts_with(HEADER) {
                return Ok(header.first_chunk().copied());
            }
            reader.seek_relative(lengths.map(i64::from).iter().sum())?;
        }
        let mut next = [0; 4];
        reader.read_exact(&mut next)?;
        Ok(Some(next))
    };
    match walk().map_err(|source: io::Error| broken(source.into()))? {
        Some(next) if ENDS.contains(&&next[..]) => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Content,
            "the archive holds more than it says, or its directory is damaged: nothing was unpacked",
        )
        .spoilt()),
    }
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
