//! Answers that are not what they say, and files that are not what was left: no wrong file comes of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use felt_download::{Error, ErrorKind, Finished, FixedLink};
use felt_sandbox::faulty::{Asked, Content, Fault, Options, Storage};

use crate::resume::{is, storage};
use crate::{download, names};

const SIZE: u64 = 500_000;
const BROKEN: u64 = 200_000;

fn content() -> Content {
    Content::pattern(17, SIZE)
}

async fn fetch(storage: &Storage, path: &Path) -> Result<Finished, Error> {
    let link = FixedLink::new(storage.url());
    let download = download(&link).stall_timeout(Duration::from_millis(300));
    download.to_path(path).await
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    path.with_file_name(format!("out.bin{suffix}"))
}

/// A part of the file, as a process leaves it that has given up.
async fn leave_a_part(storage: &Storage, path: &Path) {
    let error = fetch(storage, path).await.unwrap_err();
    assert_eq!(error.kept(), Some(BROKEN), "{error}");
}

/// The rest of the file, with more or other headers and another body.
fn rest(headers: &[(&str, &str)], body: Vec<u8>) -> Fault {
    let range = format!("bytes {BROKEN}-{}/{SIZE}", SIZE - 1);
    let etag = content().etag();
    let mut all = vec![("ETag", etag.as_str()), ("Content-Range", range.as_str())];
    all.extend(headers);
    let headers = all
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Fault::Status {
        status: 206,
        headers: headers.collect(),
        body,
    }
}

#[tokio::test]
async fn an_answer_that_lies_about_its_body_is_not_in_the_file() {
    let length = (SIZE - BROKEN) as usize;
    let one_chunk = |body: Vec<u8>| {
        let size = format!("{:x}\r\n", body.len());
        [size.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()
    };
    for (what, lie) in [
        // As long as what was sent before, then it ends: nothing but the length of the file tells.
        ("short", Fault::NoLengthTruncateAt(5_000)),
        (
            "long",
            rest(
                &[("Transfer-Encoding", "chunked")],
                one_chunk(vec![b'x'; length + 5_000]),
            ),
        ),
        (
            "multipart",
            rest(
                &[("Content-Type", "multipart/byteranges; boundary=x")],
                vec![b'x'; length],
            ),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let storage = storage(&content(), vec![Fault::ResetAt(BROKEN), lie]);
        fetch(&storage, &path).await.unwrap();
        assert!(is(&path, &content()), "{what}");
        assert_eq!(names(folder.path()), ["out.bin"]);
    }
}

#[tokio::test]
async fn codings_that_were_not_asked_for_are_refused_wherever_they_stand() {
    for headers in [
        vec![
            ("Content-Encoding", "identity"),
            ("Content-Encoding", "gzip"),
        ],
        vec![("Transfer-Encoding", "gzip, chunked")],
    ] {
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let encoded = Fault::Status {
            status: 200,
            headers: headers.collect(),
            body: b"5\r\nhello\r\n0\r\n\r\n".to_vec(),
        };
        let storage = storage(&content(), vec![encoded]);
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&storage, &folder.path().join("out.bin"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content, "{error}");
        assert!(error.to_string().contains("gzip"), "{error}");
        assert!(names(folder.path()).is_empty());
    }
}

/// Another program takes the part for its own.
#[tokio::test]
async fn what_has_taken_the_parts_place_is_not_published() {
    let storage = storage(&content(), vec![]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let part = beside(&path, ".part");
    let looked = AtomicU32::new(0);
    let theirs = part.clone();
    let link = FixedLink::new(storage.url());
    let error = download(&link)
        // Once while it arrives, and once more when all of it has.
        .check_head(move |_| {
            if looked.fetch_add(1, Ordering::Relaxed) == 1 {
                fs::remove_file(&theirs).unwrap();
                fs::write(&theirs, "theirs").unwrap();
            }
            Ok(())
        })
        .to_path(&path)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.kept()),
        (ErrorKind::Disk, None),
        "{error}"
    );
    assert!(error.to_string().contains("removed or replaced"), "{error}");
    assert_eq!(names(folder.path()), ["out.bin.part"]);
    assert_eq!(fs::read(part).unwrap(), b"theirs");
}

/// What may be left of a sidecar when the power fails: the download starts over.
#[tokio::test]
async fn a_sidecar_that_did_not_reach_the_disk_blocks_nobody() {
    for left in [Vec::new(), vec![0; 200]] {
        let storage = storage(&content(), vec![Fault::ResetAt(BROKEN), Fault::Refuse(404)]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        leave_a_part(&storage, &path).await;
        fs::write(beside(&path, ".part.json"), left).unwrap();
        fetch(&storage, &path).await.unwrap();
        assert!(is(&path, &content()));
        assert_eq!(storage.asked()[2].range(), None);
        assert_eq!(names(folder.path()), ["out.bin"]);
    }
}

#[tokio::test]
async fn what_was_added_to_a_part_is_cut_off() {
    let storage = storage(&content(), vec![Fault::ResetAt(BROKEN), Fault::Refuse(404)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    leave_a_part(&storage, &path).await;
    let part = beside(&path, ".part");
    let longer = [fs::read(&part).unwrap(), vec![b'x'; 2 * SIZE as usize]].concat();
    fs::write(&part, longer).unwrap();
    fetch(&storage, &path).await.unwrap();
    assert!(is(&path, &content()));
    assert_eq!(storage.asked()[2].range(), Some((BROKEN, None)));
}

#[tokio::test]
async fn what_is_kept_of_another_file_is_not_told_as_ours() {
    let faults = vec![
        Fault::ResetAt(BROKEN),
        Fault::Refuse(404),
        Fault::Refuse(404),
    ];
    let storage = storage(&content(), faults);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    leave_a_part(&storage, &path).await;
    let link = FixedLink::new(format!("{}&other=1", storage.url()));
    let error = download(&link).to_path(&path).await.unwrap_err();
    assert_eq!((error.kind(), error.kept()), (ErrorKind::Refused, None));
    // Nothing has come to replace it.
    fetch(&storage, &path).await.unwrap();
    assert_eq!(storage.asked()[3].range(), Some((BROKEN, None)));
}

/// Each answer brings a little more than the last before it breaks off, and none can be gone on with.
#[tokio::test]
async fn progress_that_is_thrown_away_each_time_has_an_end() {
    let storage = Storage::with_script(content(), Options::default(), |asked: &Asked| {
        Some(Fault::Status {
            status: 200,
            headers: vec![("Content-Length".to_owned(), SIZE.to_string())],
            body: vec![b'x'; 1_000 + 10 * asked.number],
        })
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&storage, &folder.path().join("out.bin"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    assert_eq!(storage.asked().len(), 5);
}

/// The same with validators, one or one each time: what is thrown away is the whole that came before.
#[tokio::test]
async fn wholes_that_get_a_little_longer_each_time_have_an_end() {
    for changes in [false, true] {
        let script = move |asked: &Asked| {
            let mut body = vec![0; 10_000 + 1_000 * asked.number];
            content().read_at(0, &mut body);
            let etag = if changes { asked.number } else { 0 };
            Some(Fault::Status {
                status: 200,
                headers: vec![
                    ("ETag".to_string(), format!("\"{etag}\"")),
                    ("Content-Length".to_string(), SIZE.to_string()),
                    ("Connection".to_string(), "close".to_string()),
                ],
                body,
            })
        };
        let storage = Storage::with_script(content(), Options::default(), script).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&storage, &folder.path().join("out.bin"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
        // One, and what the attempts that are allowed give up for another.
        assert_eq!(storage.asked().len(), 6, "{error}");
    }
}
