//! What cannot be tried from outside: archives of more than 4 GiB, writers that count, and folders that
//! are not empty.

use std::fs::File;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::sync::atomic::AtomicBool;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::extract::{all, one_file};
use super::limits::ZipLimits;
use crate::ErrorKind;

/// A header's fields up to and with its name's and extra field's lengths, without place (APPNOTE 4.3.7;
/// in the directory, 4.3.12, the rest follows).
fn common(crc: u32, size: u32, name: &str, extra: u16) -> Vec<u8> {
    let name = u16::try_from(name.len()).unwrap();
    [
        [45, 0, 0, 0, 0x21].map(u16::to_le_bytes).concat(),
        [crc, size, size].map(u32::to_le_bytes).concat(),
        [name, extra].map(u16::to_le_bytes).concat(),
    ]
    .concat()
}

/// The extra field of zip64: sizes, or a place (APPNOTE 4.5.3).
fn zip64(values: &[u64]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let length = u16::try_from(bytes.len()).unwrap();
    [&1u16.to_le_bytes(), &length.to_le_bytes(), &bytes[..]].concat()
}

/// 5 GiB of zeros, of which the disk keeps none, and behind them the content `small`.
fn five_gigabytes() -> File {
    const BIG: u64 = 5 << 30;
    const MAX: u32 = u32::MAX;
    let (crc, zeros) = (0x7545_ea13, 0x193838c3);
    let extra = zip64(&[BIG, BIG]);
    let mut file = tempfile::tempfile().unwrap();
    let big = [
        b"PK\x03\x04",
        &common(zeros, MAX, "big.tif", 20)[..],
        b"big.tif",
        &extra,
    ]
    .concat();
    file.write_all(&big).unwrap();
    let at = file.seek(SeekFrom::Current(BIG as i64)).unwrap();
    let small = [
        b"PK\x03\x04",
        &common(crc, 5, "small.csv", 0)[..],
        b"small.csv",
        b"small",
    ];
    file.write_all(&small.concat()).unwrap();

    let directory = file.stream_position().unwrap();
    let rest = |at: u32| [vec![0; 10], at.to_le_bytes().to_vec()].concat();
    let made_by = 45u16.to_le_bytes();
    let place = zip64(&[at]);
    for part in [
        [
            b"PK\x01\x02",
            &made_by[..],
            &common(zeros, MAX, "big.tif", 20)[..],
        ]
        .concat(),
        [&rest(0)[..], b"big.tif", &extra].concat(),
        [
            b"PK\x01\x02",
            &made_by[..],
            &common(crc, 5, "small.csv", 12)[..],
        ]
        .concat(),
        [&rest(MAX)[..], b"small.csv", &place].concat(),
    ] {
        file.write_all(&part).unwrap();
    }
    let end = file.stream_position().unwrap();
    // APPNOTE 4.3.14 to 4.3.16.
    for part in [
        [
            b"PK\x06\x06",
            &44u64.to_le_bytes()[..],
            &[45, 0, 45, 0],
            &[0; 8],
        ]
        .concat(),
        [2, 2, end - directory, directory]
            .map(u64::to_le_bytes)
            .concat(),
        [
            b"PK\x06\x07",
            &[0; 4][..],
            &end.to_le_bytes(),
            &[1, 0, 0, 0],
        ]
        .concat(),
        [b"PK\x05\x06", &[0xff; 16][..], &[0, 0]].concat(),
    ] {
        file.write_all(&part).unwrap();
    }
    file
}

#[test]
fn a_small_entry_behind_four_gigabytes() {
    let file = five_gigabytes();
    let mut out = Vec::new();
    let csv = ["csv".to_string()];
    let limits = ZipLimits::default();
    let bytes = one_file(&file, &csv, &mut out, &limits, None).unwrap();
    assert_eq!((bytes, &out[..]), (5, &b"small"[..]));
    let error = one_file(&file, &csv, &mut out, &limits.entry_bytes(1 << 32), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "big.tif in the archive has 5.3 GB, and 4.2 GB are allowed"
    );
}

/// Counts what is written, and takes no room for it.
struct Counting(u64);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_entry_of_more_than_four_gigabytes() {
    let mut out = Counting(0);
    let tif = ["tif".to_string()];
    let limits = ZipLimits::default();
    let bytes = one_file(&five_gigabytes(), &tif, &mut out, &limits, None).unwrap();
    assert_eq!((bytes, out.0), (5 << 30, 5 << 30));
}

#[test]
fn what_is_given_up_stops() {
    let folder = tempfile::tempdir().unwrap();
    let error = all(
        &says(1_000_000),
        folder.path(),
        &ZipLimits::default(),
        &AtomicBool::new(true),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

/// A megabyte of zeros in `a.csv`, of which the directory says that they are so many.
fn says(size: u32) -> File {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file("a.csv", SimpleFileOptions::default())
        .unwrap();
    writer.write_all(&vec![0; 1_000_000]).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    let directory = bytes
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    bytes[directory + 24..directory + 28].copy_from_slice(&size.to_le_bytes());
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

/// Counts, and is full after so many.
struct Counter {
    written: usize,
    room: usize,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written + bytes.len() > self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_more_is_written_than_was_said() {
    for (size, room, wanted) in [
        (1_000_000, usize::MAX, None),
        (999_999, usize::MAX, Some(ErrorKind::Content)),
        (1_000_001, usize::MAX, Some(ErrorKind::Content)),
        (100_000, usize::MAX, Some(ErrorKind::Content)),
        (0, usize::MAX, Some(ErrorKind::Content)),
        (1_000_000, 500_000, Some(ErrorKind::Disk)),
    ] {
        let mut out = Counter { written: 0, room };
        let csv = ["csv".to_string()];
        let limits = ZipLimits::default();
        let done = one_file(&says(size), &csv, &mut out, &limits, None);
        assert_eq!(done.err().map(|error| error.kind()), wanted, "{size}");
        assert!(out.written <= size as usize, "{size}: {}", out.written);
    }
}

/// The folder is ours, and yet nothing in it is written to, nor through it.
#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let theirs = outside.path().join("theirs.csv");
    std::fs::write(&theirs, b"theirs").unwrap();
    for (link, to, name) in [
        ("a.csv", theirs.as_path(), "a.csv"),
        ("folder", outside.path(), "folder/a.csv"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        symlink(to, folder.path().join(link)).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        file.write_all(&bytes).unwrap();
        let never = AtomicBool::new(false);
        let error = all(&file, folder.path(), &ZipLimits::default(), &never).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disk, "{error}");
    }
    assert_eq!(std::fs::read(&theirs).unwrap(), b"theirs");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}
