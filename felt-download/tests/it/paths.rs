//! Targets that cannot be, or must not be touched.

use std::fs;
use std::path::Path;

use felt_download::{ErrorKind, FixedLink, Target};

use crate::scripted::{Answer, Scripted};
use crate::{download, names};

/// Downloads `new` to the path; the number of requests that were made for it, too.
async fn fetch(path: &Path, overwrite: bool) -> (Result<u64, ErrorKind>, usize) {
    let server = Scripted::always(Answer::bytes("new")).await;
    let link = FixedLink::new(server.url("/"));
    let result = download(&link).overwrite(overwrite).to_path(path).await;
    let result = result.map(|done| done.bytes).map_err(|error| error.kind());
    (result, server.requests().len())
}

#[tokio::test]
async fn a_file_that_is_there_stays_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    fs::write(&path, "old").unwrap();
    assert_eq!(fetch(&path, false).await, (Err(ErrorKind::FileExists), 0));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fetch(&path, true).await, (Ok(3), 1));
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["out.gpkg"]);
}

#[tokio::test]
async fn a_file_that_comes_while_downloading_stays_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let server = Scripted::always(Answer::bytes("new")).await;
    let link = FixedLink::new(server.url("/"));
    let theirs = path.clone();
    let error = download(&link)
        .on_progress(move |_| fs::write(&theirs, "theirs").unwrap())
        .to_path(&path)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileExists);
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert_eq!(names(folder.path()), ["out.gpkg"]);
}

#[tokio::test]
async fn folders_that_are_not_there_or_not_folders() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [
        folder.path().join("none/out.gpkg"),
        folder.path().join("none/none/out.gpkg"),
        file.join("out.gpkg"),
        folder.path().to_path_buf(),
        folder.path().join("out.gpkg/"),
        folder.path().join(".."),
        "".into(),
        "/".into(),
    ] {
        for overwrite in [false, true] {
            let error = Target::reserve(&path, overwrite).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Folder, "{path:?}: {error}");
            assert_eq!(fetch(&path, overwrite).await, (Err(ErrorKind::Folder), 0));
        }
    }
    assert_eq!(names(folder.path()), ["file"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_dangling_symlink_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert_eq!(fetch(&path, false).await, (Err(ErrorKind::FileExists), 0));
    assert_eq!(names(folder.path()), ["out.gpkg"]);
}

/// What lies where a part would be, and is none, stays; and nothing is sent.
#[tokio::test]
async fn what_is_not_ours_stays_whatever_its_name_is() {
    for theirs in ["out.gpkg.part", "out.gpkg.part.file", "out.gpkg.part.json"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(theirs), "theirs").unwrap();
        let path = folder.path().join("out.gpkg");
        for overwrite in [false, true] {
            assert_eq!(fetch(&path, overwrite).await, (Err(ErrorKind::InTheWay), 0));
            assert_eq!(fs::read(folder.path().join(theirs)).unwrap(), b"theirs");
            assert_eq!(names(folder.path()), [theirs]);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn no_part_is_written_through_a_link() {
    for part in ["out.gpkg.part", "out.gpkg.part.json"] {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("theirs");
        fs::write(&theirs, "theirs").unwrap();
        std::os::unix::fs::symlink(&theirs, folder.path().join(part)).unwrap();
        let path = folder.path().join("out.gpkg");
        assert_eq!(fetch(&path, false).await, (Err(ErrorKind::InTheWay), 0));
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), [part, "theirs"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let link = folder.path().join("link.gpkg");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        for overwrite in [false, true] {
            let refused = (Err(ErrorKind::InTheWay), 0);
            assert_eq!(fetch(path, overwrite).await, refused);
        }
    }
    assert_eq!(names(folder.path()), ["link.gpkg", "out.gpkg"]);
}

/// What is refused keeps what says whose the rest is.
#[tokio::test]
async fn a_refusal_does_not_disown_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let part = folder.path().join("out.gpkg.part");
    fs::create_dir(&part).unwrap();
    fs::write(folder.path().join("out.gpkg.part.file"), "left").unwrap();
    fs::write(
        folder.path().join("out.gpkg.part.json"),
        "{\"felt_download\": 1}\n",
    )
    .unwrap();
    assert_eq!(fetch(&path, false).await, (Err(ErrorKind::InTheWay), 0));
    assert_eq!(names(folder.path()).len(), 3);
    fs::remove_dir(&part).unwrap();
    assert_eq!(fetch(&path, false).await, (Ok(3), 1));
    assert_eq!(names(folder.path()), ["out.gpkg"]);
}

#[tokio::test]
async fn a_name_with_no_room_for_the_parts_is_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    for length in [250, 255] {
        let path = folder.path().join("x".repeat(length));
        assert_eq!(fetch(&path, false).await, (Err(ErrorKind::Disk), 0));
    }
    assert!(names(folder.path()).is_empty());
}

/// Nobody, root neither, can make a file there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told_before_anything_is_sent() {
    let path = Path::new("/proc/felt-download-test.gpkg");
    let error = Target::reserve(path, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disk);
    let said = error.to_string();
    assert!(said.contains("cannot create a file in /proc"), "{said}");
    assert_eq!(fetch(path, false).await, (Err(ErrorKind::Disk), 0));
}

#[tokio::test]
async fn one_place_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let held = Target::reserve(&path, false).unwrap();
    assert_eq!(held.path(), path);
    assert_eq!(fetch(&path, false).await, (Err(ErrorKind::Busy), 0));
    assert_eq!(
        names(folder.path()),
        ["out.gpkg.part", "out.gpkg.part.json"]
    );
    drop(held);
    assert!(names(folder.path()).is_empty());
    assert_eq!(fetch(&path, false).await, (Ok(3), 1));
}

#[tokio::test]
async fn two_downloads_to_one_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let server = Scripted::always(Answer::bytes("half").declaring(8).then_silence()).await;
    let link = FixedLink::new(server.url("/"));
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let first = download(&link)
        .on_progress(move |progress| {
            if progress.bytes == 4
                && let Some(tell) = tell.lock().unwrap().take()
            {
                tell.send(()).unwrap();
            }
        })
        .to_path(&path);
    let second = async {
        told.await.unwrap();
        assert_eq!(fetch(&path, false).await, (Err(ErrorKind::Busy), 0));
        names(folder.path())
    };
    tokio::select! {
        done = first => panic!("{done:?}"),
        names = second => {
            assert_eq!(names, ["out.gpkg.part", "out.gpkg.part.json"], "the first one's stay");
        }
    }
}

/// SIGKILL leaves both; what was linked to in the meantime is not emptied.
#[tokio::test]
async fn a_part_that_a_killed_process_left_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    let part = folder.path().join("out.gpkg.part");
    fs::write(&part, "a longer rest of an earlier run").unwrap();
    fs::write(
        folder.path().join("out.gpkg.part.json"),
        "{\"felt_download\": 1}\n",
    )
    .unwrap();
    fs::hard_link(&part, folder.path().join("kept")).unwrap();
    assert_eq!(fetch(&path, false).await, (Ok(3), 1));
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(folder.path().join("kept")).unwrap().len(), 31);
    assert_eq!(names(folder.path()), ["kept", "out.gpkg"]);
}

#[tokio::test]
async fn a_sidecar_that_was_not_finished_is_taken_over_as_well() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out.gpkg.part.json"), "").unwrap();
    assert_eq!(
        fetch(&folder.path().join("out.gpkg"), false).await,
        (Ok(3), 1)
    );
    assert_eq!(names(folder.path()), ["out.gpkg"]);
}
