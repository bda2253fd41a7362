//! Archives that are made to do harm, or are broken: nothing of them is left.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use felt_download::{Content, Error, ErrorKind, FixedLink, ZipLimits, extract};

use crate::raw_zip::{DESCRIPTOR, ENCRYPTED, Entry, SYMLINK, UTF_8, bomb, deflated, stored, zip};
use crate::scripted::{Answer, Scripted};
use crate::{download, names};

/// Every path below a folder, sorted. Links are not followed.
fn everything(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            found.push(entry.path().display().to_string());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Extracts deep in a folder of which everything has to be as it was before.
fn refused_by(archive: &[u8], limits: &ZipLimits) -> Error {
    let outside = tempfile::tempdir().unwrap();
    let parent = outside.path().join("a/b/c");
    fs::create_dir_all(&parent).unwrap();
    fs::write(outside.path().join("a/b/other"), b"other").unwrap();
    fs::write(parent.join("a.zip"), archive).unwrap();
    let before = everything(outside.path());
    let error = extract(parent.join("a.zip"), parent.join("out"), limits).unwrap_err();
    assert_eq!(everything(outside.path()), before, "{error}");
    assert_eq!(
        fs::read(outside.path().join("a/b/other")).unwrap(),
        b"other"
    );
    error
}

/// What is said about an archive of which nothing comes out.
#[track_caller]
fn refused(entries: &[Entry], said: &str) {
    let error = refused_by(&zip(entries), &ZipLimits::default());
    assert_eq!(error.kind(), ErrorKind::Content, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

/// The same, from a server: also if another entry is wanted.
async fn refused_on_the_way(entries: &[Entry], said: &str) {
    let server = Scripted::always(Answer::bytes(zip(entries))).await;
    let link = FixedLink::new(server.url("/a.zip"));
    let folder = tempfile::tempdir().unwrap();
    let error = download(&link)
        .content(Content::OneFile {
            extensions: vec!["csv".to_string()],
        })
        .to_path(folder.path().join("out.csv"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Content, "{error}");
    assert!(error.to_string().contains(said), "{error}");
    // Nobody could go on with it, since the server names no validator.
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn names_that_lead_elsewhere() {
    for (name, said) in [
        ("/tmp/felt-escape.txt", "absolute"),
        ("//host/share/escape.txt", "absolute"),
        ("../escape.txt", "leads out"),
        ("a/../../escape.txt", "leads out"),
        ("../../../../escape/", "leads out"),
        ("..\\escape.txt", "backslash"),
        ("\\escape.txt", "backslash"),
        ("C:\\escape.txt", "backslash"),
        ("C:/escape.txt", "drive letter"),
        ("c:escape.txt", "drive letter"),
        ("escape.txt\0.csv", "control character"),
        ("a//escape.txt", "empty segment"),
        ("./escape.txt", "empty segment"),
        ("a /escape.txt", "dot or a space"),
        ("escape.txt.", "dot or a space"),
        ("ab:stream", "<>:"),
        ("aux/escape.txt", "device"),
        ("", "no name"),
    ] {
        let entries = [stored("good.csv", b"good"), stored(name, b"bad")];
        refused(&entries, said);
        // Where the name is no path, Windows has no say.
        if !["dot or a space", "<>:", "device"].contains(&said) {
            refused_on_the_way(&entries, said).await;
        }
    }
    let mut lying = stored(b"caf\x82.csv", b"");
    lying.flags = UTF_8;
    refused(&[lying], "not UTF-8");
}

#[test]
fn a_name_is_shown_short_and_plain() {
    let name = format!("\u{1b}]0;{}", "x".repeat(500));
    let error = refused_by(&zip(&[stored(name, b"")]), &ZipLimits::default()).to_string();
    assert!(error.starts_with("\\u{1b}]0;xxx"), "{error}");
    assert!(error.len() < 200 && !error.contains('\u{1b}'), "{error}");
}

#[tokio::test]
async fn a_link_and_a_file_through_it() {
    let mut link = stored("link", b"..");
    link.mode = SYMLINK;
    let entries = [link, stored("link/escape.csv", b"bad")];
    refused(&entries, "link in the archive is a symbolic link");
    refused_on_the_way(&entries, "symbolic link").await;
    let mut device = stored("tape", b"");
    device.mode = 0o020_666;
    refused(&[device], "neither a file nor a folder");
    let mut folder = stored("a/", b"content");
    refused(&[folder.clone()], "content of its own");
    folder.mode = 0o100_644;
    refused(&[folder], "the other way round");
}

#[tokio::test]
async fn two_at_one_place() {
    let file = |name: &str| stored(name, b"x");
    for (one, two, said) in [
        ("a.csv", "a.csv", "two entries of the same name"),
        ("roads.csv", "ROADS.csv", "upper and lower case"),
        ("É.csv", "é.csv", "upper and lower case"),
        ("a/x.csv", "A/y.csv", "upper and lower case"),
        ("a", "a/b.csv", "the name of another"),
        ("a/b.csv", "a", "the name of another"),
        ("a", "a/", "the name of another"),
        ("a/b.csv", "a/b.csv/c.csv", "the name of another"),
    ] {
        let two = if two.ends_with('/') {
            stored(two, b"")
        } else {
            file(two)
        };
        refused(&[file(one), two.clone()], said);
        refused_on_the_way(&[file(one), two], said).await;
    }
}

#[test]
fn entries_that_share_bytes() {
    let first = stored("a.csv", &[b'x'; 100]);
    let mut same = stored("b.csv", &[b'x'; 100]);
    same.at = Some(0);
    refused(&[first.clone(), same], "a.csv and b.csv overlap");
    // The next entry's header as content, quoted.
    let second = stored("b.csv", &[b'x'; 100]);
    let mut quoting = stored("a.csv", b"");
    (quoting.size, quoting.compressed) = (50, 50);
    refused(&[quoting, second], "a.csv and b.csv overlap");
    // Up to, and in, the directory.
    let mut into = stored("a.csv", b"");
    (into.size, into.compressed) = (10, 10);
    refused(&[into], "a.csv in the archive overlaps its directory");
    let mut inside = stored("b.csv", b"x");
    let mut holding = stored("a.csv", b"");
    // A local header, the name and one byte.
    holding.comment = zip(&[inside.clone()]).into_iter().take(36).collect();
    // Behind two local headers with names, the byte, and the directory's first header with its name.
    inside.at = Some(2 * 35 + 1 + 46 + 5);
    refused(
        &[holding, inside],
        "b.csv in the archive overlaps its directory",
    );
}

/// Readers that search find one archive, and those that do as the offsets say another, or none.
#[test]
fn an_archive_behind_something_else() {
    let bytes = [&b"PK\x03\x04 something"[..], &zip(&[stored("a.csv", b"x")])].concat();
    let error = refused_by(&bytes, &ZipLimits::default());
    assert_eq!(error.kind(), ErrorKind::Content);
}

#[tokio::test]
async fn ten_gigabytes_of_ten_megabytes() {
    let begun = Instant::now();
    let each = bomb("zeros.csv", 200);
    assert!(each.data.len() < 5_000_000, "{}", each.data.len());
    let bombs: Vec<Entry> = (0..3)
        .map(|number| {
            let name = format!("{number}.csv").into_bytes();
            Entry {
                name,
                ..each.clone()
            }
        })
        .collect();
    let said = "10.0 GB together, which is more than 200 times its own size";
    refused(&bombs, said);
    refused_on_the_way(&bombs, said).await;
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_bomb_that_says_it_is_small() {
    let begun = Instant::now();
    let mut small = bomb("zeros.csv", 200);
    small.size = 1000;
    refused(&[small.clone()], "zeros.csv in the archive is damaged");
    refused_on_the_way(&[small], "damaged").await;
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn sizes_that_lie() {
    let text = b"some text, and more ".repeat(100);
    for lie in [1, 1999, 2001, 4000] {
        let mut entry = deflated("a.csv", &text);
        entry.size = lie;
        refused(&[entry.clone()], "a.csv in the archive is damaged");
        refused_on_the_way(&[entry], "damaged").await;
    }
    let mut impossible = deflated("a.csv", &text);
    impossible.size = impossible.compressed * 1032 + 1;
    refused(
        &[impossible],
        "more bytes than its compressed data can hold",
    );
    let mut other = stored("a.csv", &text);
    other.size -= 1;
    refused(&[other], "not compressed, and has another size");
    let mut short = deflated("a.csv", &text);
    short.compressed -= 5;
    refused(&[short], "damaged");
    let mut wrong = stored("a.csv", &text);
    wrong.crc ^= 1;
    refused(&[wrong], "damaged");
}

#[tokio::test]
async fn what_cannot_be_read() {
    let mut secret = stored("a.csv", b"secret");
    secret.flags = ENCRYPTED;
    refused(&[secret.clone()], "a.csv in the archive is encrypted");
    refused_on_the_way(&[secret], "encrypted").await;
    // Bzip2, LZMA, Zstandard, and AES's own.
    for method in [12, 14, 93, 99, 1000] {
        let mut packed = stored("a.csv", b"x");
        packed.method = method;
        refused(&[packed], "compressed in a way that cannot be read");
    }
}

#[test]
fn archives_that_were_cut_off() {
    let mut streamed = deflated("b.csv", &b"text".repeat(100));
    streamed.flags = DESCRIPTOR;
    let whole = zip(&[stored("a.csv", b"some text"), streamed]);
    for length in (4..whole.len()).step_by(3).chain([whole.len() - 1]) {
        let error = refused_by(&whole[..length], &ZipLimits::default());
        assert_eq!(error.kind(), ErrorKind::Content, "{length}: {error}");
    }
    // A piece out of the middle.
    let cut = [&whole[..40], &whole[60..]].concat();
    let error = refused_by(&cut, &ZipLimits::default());
    assert_eq!(error.kind(), ErrorKind::Content, "{error}");
}

#[test]
fn limits_are_kept() {
    let archive = zip(&[stored("a.csv", &[b'x'; 60]), stored("b/c.csv", &[b'y'; 40])]);
    let most = ZipLimits::default()
        .entries(3)
        .entry_bytes(60)
        .total_bytes(100);
    for (limits, said) in [
        (most.clone().entries(1), "more than 1 files and folders"),
        // The folder counts.
        (most.clone().entries(2), "more than 2 files and folders"),
        (
            most.clone().entry_bytes(59),
            "a.csv in the archive has 60 bytes",
        ),
        (most.clone().total_bytes(99), "100 bytes together, and 99"),
    ] {
        let error = refused_by(&archive, &limits);
        assert_eq!(error.kind(), ErrorKind::Content);
        assert!(error.to_string().contains(said), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    fs::write(&path, archive).unwrap();
    let done = extract(&path, folder.path().join("out"), &most).unwrap();
    assert_eq!(done.bytes, 100);

    // 272 MB of 265 KB.
    let zeros = zip(&[bomb("zeros.csv", 17)]);
    let small = most.entry_bytes(u64::MAX).total_bytes(u64::MAX).ratio(900);
    let error = refused_by(&zeros, &small);
    assert!(error.to_string().contains("900 times"), "{error}");
}

/// The number of entries has 16 bits, and some archivers let it run over.
#[test]
fn entries_that_the_end_does_not_count_are_not_left_out_silently() {
    for (entries, counted) in [(1, 0), (2, 1), (100, 5)] {
        let all: Vec<Entry> = (0..entries).map(|n| stored(format!("{n}"), b"")).collect();
        let mut archive = zip(&all);
        // 22 bytes at the end, of which the two numbers begin at the eighth (APPNOTE 4.3.16).
        let end = archive.len() - 22;
        let number = u16::to_le_bytes(counted);
        archive[end + 8..end + 12].copy_from_slice(&[number, number].concat());
        let error = refused_by(&archive, &ZipLimits::default());
        assert_eq!(error.kind(), ErrorKind::Content, "{error}");
        assert!(
            error.to_string().contains("holds more than it says"),
            "{error}"
        );
    }
}

/// A whole archive in front of another: which of them a reader finds depends on the reader.
#[test]
fn two_archives_in_one_file() {
    let first = zip(&[stored("good", b"good")]);
    let mut second = zip(&[Entry {
        at: Some(u32::try_from(first.len()).unwrap()),
        ..stored("evil", b"evil")
    }]);
    // Where the directory begins (APPNOTE 4.3.16).
    let end = second.len() - 22;
    let at = u32::from_le_bytes(second[end + 16..end + 20].try_into().unwrap());
    let at = at + u32::try_from(first.len()).unwrap();
    second[end + 16..end + 20].copy_from_slice(&at.to_le_bytes());
    let error = refused_by(&[first, second].concat(), &ZipLimits::default());
    assert!(
        error
            .to_string()
            .contains("does not begin with its first entry"),
        "{error}"
    );
}

/// The same without adjusted offsets, which lead into the first one; and what follows the end.
#[test]
fn bytes_that_belong_to_no_entry() {
    let good = zip(&[stored("good", b"good")]);
    let evil = zip(&[stored("evil", b"evil")]);
    for archive in [[&good[..], &evil].concat(), [&good[..], b"x"].concat()] {
        let error = refused_by(&archive, &ZipLimits::default());
        assert_eq!(error.kind(), ErrorKind::Content, "{error}");
    }
}

#[test]
fn names_that_some_systems_take_for_one() {
    for (one, other) in [
        ("ασ", "ΑΣ"),
        ("ας", "ασ"),
        ("straße", "STRASSE"),
        ("s", "ſ"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("K", "\u{212a}"),
        ("stra\u{df}e", "STRA\u{1e9e}E"),
    ] {
        let entries = [one, other].map(|name| Entry {
            flags: UTF_8,
            ..stored(name, b"")
        });
        refused(&entries, "differs from");
    }
    refused(&[stored("a".repeat(256), b"")], "255 bytes");
}
