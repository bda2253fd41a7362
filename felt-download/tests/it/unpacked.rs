//! Archives that are as they should, and what `extract` makes of them.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use felt_download::{ErrorKind, Extracted, ZipLimits, extract};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::names;
use crate::raw_zip::{DESCRIPTOR, UTF_8, deflated, stored, zip};

/// Extracts to the folder `out` in `folder`.
fn unpack(folder: &Path, archive: &[u8]) -> Extracted {
    let path = folder.join("a.zip");
    fs::write(&path, archive).unwrap();
    extract(path, folder.join("out"), &ZipLimits::default()).unwrap()
}

#[test]
fn everything_comes_out_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o777);
    writer.add_directory("empty", options).unwrap();
    let text = b"name\n".repeat(100_000);
    for (name, content) in [
        ("a/b/c.csv", &text[..]),
        ("a/empty.csv", b""),
        ("z.csv", b"z"),
    ] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    let done = unpack(folder.path(), &writer.finish().unwrap().into_inner());

    let out = folder.path().join("out");
    assert_eq!(done.folder, out);
    assert_eq!(done.bytes, 500_001);
    let files: Vec<(PathBuf, u64)> = done.files.into_iter().map(|f| (f.path, f.bytes)).collect();
    let wanted = [("a/b/c.csv", 500_000), ("a/empty.csv", 0), ("z.csv", 1)];
    assert_eq!(files, wanted.map(|(name, size)| (name.into(), size)));
    assert_eq!(names(&out), ["a", "empty", "z.csv"]);
    assert_eq!(fs::read(out.join("a/b/c.csv")).unwrap(), text);
    assert_eq!(fs::read(out.join("a/empty.csv")).unwrap(), b"");
    assert!(names(&out.join("empty")).is_empty());
    assert_eq!(names(folder.path()), ["a.zip", "out"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::create_dir(folder.path().join("usual")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&out), mode(&folder.path().join("usual")));
        // Not what the archive says.
        assert_eq!(mode(&out.join("z.csv")) & 0o111, 0);
    }
}

#[test]
fn an_archive_of_nothing_is_an_empty_folder_if_it_begins_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let done = unpack(folder.path(), &zip(&[]));
    assert_eq!((done.files.len(), done.bytes), (0, 0));
    assert!(names(&done.folder).is_empty());
}

/// As those are that are made while they are sent: the sizes stand behind the data.
/// What GDAL writes by default (SOZip): behind an entry there is an index that the directory leaves out.
#[test]
fn what_the_directory_leaves_out_stays_out() {
    let index = zip(&[stored(".roads.gpkg.sozip.idx", b"an index")]);
    // The local header with its data, without the directory and the end.
    let index = &index[..30 + 21 + 8];
    let mut roads = stored("roads.gpkg", b"roads");
    roads.data.extend(index);
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("roads.gpkg.zip");
    fs::write(&archive, zip(&[roads])).unwrap();
    let out = folder.path().join("out");
    extract(&archive, &out, &ZipLimits::default()).unwrap();
    assert_eq!(names(&out), ["roads.gpkg"]);
    assert_eq!(fs::read(out.join("roads.gpkg")).unwrap(), b"roads");
}

#[test]
fn streamed_entries_come_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut streamed = deflated("a.csv", &b"some text ".repeat(1000));
    streamed.flags = DESCRIPTOR;
    let mut other = stored("b.csv", b"PK\x07\x08");
    other.flags = DESCRIPTOR;
    let done = unpack(folder.path(), &zip(&[streamed, other]));
    assert_eq!(done.bytes, 10_004);
    assert_eq!(fs::read(done.folder.join("b.csv")).unwrap(), b"PK\x07\x08");
}

#[test]
fn names_in_both_code_pages_are_right_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let old = stored(b"caf\x82.csv", b"437");
    let mut new = stored("thé.csv", b"utf-8");
    new.flags = UTF_8;
    // As many archivers write it, without saying so.
    let unsaid = stored("où/é.csv", b"unsaid");
    let done = unpack(folder.path(), &zip(&[old, new, unsaid]));
    assert_eq!(names(&done.folder), ["café.csv", "où", "thé.csv"]);
    assert_eq!(fs::read(done.folder.join("café.csv")).unwrap(), b"437");
    assert_eq!(fs::read(done.folder.join("où/é.csv")).unwrap(), b"unsaid");
}

#[test]
fn folders_may_be_named_after_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut named = stored("a/", b"");
    named.mode = 0o040_755;
    let mut file = stored("a/b/c.csv", b"x");
    file.mode = 0o100_600;
    let done = unpack(folder.path(), &zip(&[file, named]));
    assert_eq!(done.files.len(), 1);
    assert_eq!(fs::read(done.folder.join("a/b/c.csv")).unwrap(), b"x");
}

#[test]
fn what_is_there_already_stays() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("a.zip");
    fs::write(&archive, zip(&[stored("a.csv", b"new")])).unwrap();
    let make = |to: &str| extract(&archive, folder.path().join(to), &ZipLimits::default());

    fs::write(folder.path().join("file"), b"old").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let mut taken = vec!["file", "empty", "a.zip"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        taken.push("link");
    }
    for to in &taken {
        assert_eq!(make(to).unwrap_err().kind(), ErrorKind::FileExists, "{to}");
    }
    for to in ["no/out", "file/out", "..", "/"] {
        assert_eq!(make(to).unwrap_err().kind(), ErrorKind::Folder, "{to}");
    }
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"old");
    assert!(names(&folder.path().join("empty")).is_empty());
    assert_eq!(names(folder.path()).len(), taken.len());
    // A name that leaves no room for more in it.
    assert!(make(&"n".repeat(250)).is_ok());
}

#[test]
fn what_is_no_archive_is_not_extracted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roads.csv");
    for bare in [&b"name\r\n"[..], b"", b"PK"] {
        fs::write(&path, bare).unwrap();
        let error = extract(&path, folder.path().join("out"), &ZipLimits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content);
        assert!(error.to_string().contains("nothing to extract"), "{error}");
    }
    let missing = extract(
        folder.path().join("no.zip"),
        folder.path().join("out"),
        &ZipLimits::default(),
    );
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::Disk);
    assert_eq!(names(folder.path()), ["roads.csv"]);
}
