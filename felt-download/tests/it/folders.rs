//! Downloads of which only the folder is given, and archives that become one.

use std::fs;
use std::sync::atomic::Ordering;

use felt_download::{ErrorKind, FixedLink};
use felt_sandbox::faulty::{self, Fault, Options, Storage};

use crate::resume::Links;
use crate::{download, names};

/// A host that serves these bytes, and names them.
fn storage(bytes: &[u8], file_name: Option<&str>, faults: Vec<Fault>) -> Storage {
    let options = Options {
        file_name: file_name.map(str::to_string),
        ..Options::default()
    };
    Storage::with_script(faulty::Content::bytes(bytes), options, move |asked| {
        faults.get(asked.number).cloned()
    })
    .unwrap()
}

#[tokio::test]
async fn the_server_names_the_file_safely() {
    for (said, name) in [
        (Some("roads.gpkg"), "roads.gpkg"),
        (Some("../../.ssh/authorized_keys"), "authorized_keys"),
        (Some("C:\\\\evil?.csv"), "evil_.csv"),
        (Some("..."), "file.bin"),
        // What is in the link.
        (None, "file.bin"),
    ] {
        let storage = storage(b"content", said, vec![]);
        let folder = tempfile::tempdir().unwrap();
        let link = FixedLink::new(storage.url());
        let done = download(&link).to_folder(folder.path()).await.unwrap();
        assert_eq!(done.path, folder.path().join(name));
        assert_eq!(names(folder.path()), [name]);
        assert_eq!(fs::read(done.path).unwrap(), b"content");
    }
}

#[tokio::test]
async fn the_caller_names_it_better_and_nothing_is_asked_for_that() {
    let storage = storage(b"content", Some("server.bin"), vec![]);
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(storage.url());
    for skipped in [false, true] {
        let download = download(&link)
            .file_name("a/layer.gpkg")
            .skip_existing(true);
        let done = download.to_folder(folder.path()).await.unwrap();
        assert_eq!(done.path, folder.path().join("layer.gpkg"));
        assert_eq!((done.skipped, storage.asked().len()), (skipped, 1));
    }
    let error = download(&link)
        .file_name("..")
        .to_folder(folder.path())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSetting);
}

/// To ask for the name is as hard as to ask for the file.
#[tokio::test]
async fn the_name_is_asked_for_again() {
    let faults = vec![Fault::Refuse(503), Fault::Refuse(403), Fault::Reset];
    let storage = storage(b"content", Some("roads.csv"), faults);
    let folder = tempfile::tempdir().unwrap();
    let links = Links::of(&storage);
    let done = download(&links).to_folder(folder.path()).await.unwrap();
    assert_eq!(done.path, folder.path().join("roads.csv"));
    assert!(links.given.load(Ordering::SeqCst) >= 2);
    for (fault, kind) in [
        (Fault::Refuse(404), ErrorKind::Refused),
        (Fault::Refuse(403), ErrorKind::Refused),
        (Fault::Refuse(500), ErrorKind::Interrupted),
        (Fault::RedirectToSelf, ErrorKind::Refused),
    ] {
        let storage = self::storage(b"content", None, vec![fault; 100]);
        let links = Links::of(&storage);
        let error = download(&links).to_folder(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[cfg(feature = "zip")]
mod archives {
    use felt_download::{Content, ZipLimits};

    use super::*;
    use crate::raw_zip::{deflated, stored, zip};

    fn archive() -> Vec<u8> {
        let big = b"name,value\r\n".repeat(20_000);
        zip(&[
            deflated("roads/roads.csv", &big),
            stored("roads/readme.txt", &[b'x'; 50_000]),
        ])
    }

    #[tokio::test]
    async fn the_one_file_of_an_archive_is_named_after_it() {
        let bytes = zip(&[stored("a/b.csv", b"content")]);
        let storage = storage(&bytes, Some("Felt-Export.zip"), vec![]);
        let folder = tempfile::tempdir().unwrap();
        let link = FixedLink::new(storage.url());
        let done = download(&link)
            .content(Content::OneFile {
                extensions: vec!["csv".to_string()],
            })
            .to_folder(folder.path())
            .await
            .unwrap();
        assert_eq!(done.path, folder.path().join("Felt-Export.csv"));
        assert_eq!(fs::read(done.path).unwrap(), b"content");
    }

    #[tokio::test]
    async fn an_archive_becomes_a_folder() {
        // It breaks, and a process ends, in between.
        let faults = vec![Fault::ResetAt(20_000), Fault::Refuse(404)];
        let storage = storage(&archive(), None, faults);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let link = FixedLink::new(storage.url());
        let error = download(&link).extract_to(&out).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.kept()),
            (ErrorKind::Refused, Some(20_000))
        );
        assert_eq!(names(folder.path()), ["out.part", "out.part.json"]);
        // An empty folder is as good as none; and what a process that was killed has left is removed.
        fs::create_dir(&out).unwrap();
        fs::create_dir_all(folder.path().join("out.part.dir/roads")).unwrap();
        let done = download(&link)
            .extract_to(folder.path().join("out/"))
            .await
            .unwrap();
        assert_eq!(done.folder, out);
        assert_eq!((done.files.len(), done.bytes), (2, 290_000));
        assert_eq!(names(&out.join("roads")), ["readme.txt", "roads.csv"]);
        assert_eq!(names(folder.path()), ["out"]);
        assert_eq!(storage.asked()[2].range(), Some((20_000, None)));
    }

    #[tokio::test]
    async fn a_folder_that_only_looks_like_ours_stays() {
        let storage = storage(&archive(), None, vec![]);
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("out.part.dir");
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("thesis.txt"), "precious").unwrap();
        let link = FixedLink::new(storage.url());
        let error = download(&link)
            .extract_to(folder.path().join("out"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InTheWay, "{error}");
        assert!(
            error.to_string().contains("out.part.dir is in the way"),
            "{error}"
        );
        assert!(storage.asked().is_empty());
        assert_eq!(names(folder.path()), ["out.part.dir"]);
        assert_eq!(names(&theirs), ["thesis.txt"]);
    }

    #[tokio::test]
    async fn an_archive_that_only_limits_refuse_is_kept() {
        let storage = storage(&archive(), None, vec![]);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let link = FixedLink::new(storage.url());
        let error = download(&link)
            .zip_limits(ZipLimits::default().total_bytes(1_000))
            .extract_to(&out)
            .await
            .unwrap_err();
        let whole = archive().len() as u64;
        assert_eq!(
            (error.kind(), error.kept()),
            (ErrorKind::Content, Some(whole))
        );
        assert_eq!(names(folder.path()), ["out.part", "out.part.json"]);
        assert_eq!(
            download(&link).extract_to(&out).await.unwrap().bytes,
            290_000
        );
        assert_eq!(storage.bytes_sent(), whole);
    }

    /// What comes out of an archive lies beside it for a while, and is no smaller.
    #[tokio::test]
    async fn room_is_needed_for_the_archive_and_what_comes_out_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let free = fs4::statvfs(folder.path()).unwrap().available_space();
        let total = free / 4 * 3;
        let head = &archive()[..100];
        let answer = |status, more: &[(&str, String)]| {
            let etag = ("ETag", "\"e\"".to_owned());
            let headers = more.iter().chain([&etag]);
            Fault::Status {
                status,
                headers: headers
                    .map(|(name, value)| (name.to_string(), value.clone()))
                    .collect(),
                body: head.to_vec(),
            }
        };
        let whole = answer(200, &[("Content-Length", total.to_string())]);
        let range = format!("bytes 100-{}/{total}", total - 1);
        let length = (total - 100).to_string();
        let rest = answer(206, &[("Content-Length", length), ("Content-Range", range)]);
        let faults = vec![whole.clone(), whole, Fault::Refuse(404), rest];
        let storage = storage(&archive(), None, faults);
        let link = FixedLink::new(storage.url());
        let out = folder.path().join("out.csv");
        let unpacked = || {
            download(&link).content(Content::OneFile {
                extensions: vec!["csv".to_string()],
            })
        };
        let error = unpacked().to_path(&out).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.kept()),
            (ErrorKind::Disk, None),
            "{error}"
        );
        assert!(error.to_string().contains("are needed"), "{error}");
        assert!(names(folder.path()).is_empty());

        // The archive by itself would fit; what is there of it counts in the next call as well.
        let kept = download(&link)
            .stall_timeout(std::time::Duration::from_millis(200))
            .to_path(&out)
            .await
            .unwrap_err();
        assert_eq!(kept.kept(), Some(100), "{kept}");
        let error = unpacked().to_path(&out).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.kept()),
            (ErrorKind::Disk, Some(100)),
            "{error}"
        );
        assert!(error.to_string().contains("are needed"), "{error}");
        assert_eq!(storage.asked().len(), 4);
    }

    #[tokio::test]
    async fn a_kept_archive_is_named_as_one() {
        let storage = storage(&archive(), None, vec![]);
        let folder = tempfile::tempdir().unwrap();
        let link = FixedLink::new(storage.url());
        let download = download(&link).file_name("roads.csv").keep_archive();
        let done = download.to_folder(folder.path()).await.unwrap();
        assert_eq!(done.path, folder.path().join("roads.zip"));
        assert_eq!(fs::read(done.path).unwrap(), archive());
    }

    #[tokio::test]
    async fn a_folder_is_never_replaced() {
        let storage = storage(&archive(), None, vec![]);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let link = FixedLink::new(storage.url());
        fs::write(&out, "a file").unwrap();
        let refused = download(&link).overwrite(true).extract_to(&out).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::FileExists);
        fs::remove_file(&out).unwrap();
        fs::create_dir(&out).unwrap();
        fs::write(out.join("theirs"), "theirs").unwrap();
        let refused = download(&link).overwrite(true).extract_to(&out).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::FileExists);
        let skipped = download(&link).skip_existing(true).extract_to(&out).await;
        assert!(skipped.unwrap().skipped);
        assert!(storage.asked().is_empty());
        assert_eq!(names(&out), ["theirs"]);
        // One that comes while it is downloaded stays as well, and the archive is kept.
        fs::remove_dir_all(&out).unwrap();
        let theirs = out.clone();
        let error = download(&link)
            .on_progress(move |progress| {
                if progress.total == Some(progress.bytes) {
                    fs::create_dir_all(&theirs).unwrap();
                    fs::write(theirs.join("theirs"), "theirs").unwrap();
                }
            })
            .extract_to(&out)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileExists);
        assert_eq!(error.kept(), Some(archive().len() as u64));
        assert_eq!(names(folder.path()), ["out", "out.part", "out.part.json"]);
    }

    #[tokio::test]
    async fn a_bare_file_is_all_there_is_in_the_folder() {
        for (given, name) in [(Some("layer.csv"), "layer.csv"), (None, "parsed.csv")] {
            let storage = storage(b"name\r\n", Some("parsed.csv"), vec![]);
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("out");
            let link = FixedLink::new(storage.url());
            let mut download = download(&link);
            if let Some(given) = given {
                download = download.file_name(given);
            }
            let done = download.extract_to(&out).await.unwrap();
            assert_eq!((done.files.len(), done.bytes), (1, 6));
            assert_eq!(done.files[0].path.to_str(), Some(name));
            assert_eq!(names(&out), [name]);
            assert_eq!(fs::read(out.join(name)).unwrap(), b"name\r\n");
            assert_eq!(names(folder.path()), ["out"]);
        }
    }

    #[tokio::test]
    async fn what_must_not_come_out_leaves_only_the_archive() {
        for entries in [
            vec![stored("good", b"x"), stored("../evil", b"x")],
            vec![stored("a", b"x"), stored("A", b"y")],
        ] {
            let archive = zip(&entries);
            let storage = storage(&archive, None, vec![]);
            let folder = tempfile::tempdir().unwrap();
            let link = FixedLink::new(storage.url());
            let error = download(&link)
                .extract_to(folder.path().join("out"))
                .await
                .unwrap_err();
            // Another program may have use for it.
            let kept = Some(archive.len() as u64);
            assert_eq!((error.kind(), error.kept()), (ErrorKind::Content, kept));
            assert_eq!(names(folder.path()), ["out.part", "out.part.json"]);
            assert_eq!(fs::read(folder.path().join("out.part")).unwrap(), archive);
        }
    }
}
